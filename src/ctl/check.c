/* SPDX-License-Identifier: GPL-2.0-or-later */
/* avicctl check: will AVIC work for a domain, by its XML and this host? Needs no daemon. */
#include <getopt.h>
#include <stdio.h>

#include "avicd/clock.h"
#include "avicd/file.h"
#include "avicd/host.h"
#include "avicd/report.h"
#include "avicd/text.h"
#include "avicd/util.h"
#include "ctl/check.h"
#include "ctl/ctl.h"
#include "ctl/findings.h"
#include "ctl/policy.h"

#define URI_DEFAULT "qemu:///system"
#define TIMEOUT	    (10 * NSEC_PER_SEC)
#define TIMEOUT_MAX (3600 * NSEC_PER_SEC)

struct request {
	const char *uri;
	uint64_t timeout; /* of each answer of libvirt */
	bool hung;	  /* one did not come: the next domain would wait as long for nothing */
	bool quiet, live, fix;
	const char *output; /* NULL: a diff on stdout */
	struct preflight_host host;
	struct settings settings;
	const char *subject; /* "AVIC", or "APICv" on Intel */
};

void checked_done(struct checked *c)
{
	free(c->xml);
	domxml_done(&c->f);
	findings_done(&c->findings);
}

/* What comes out of the XML is there already; that a file elsewhere decides has to be said. */
static void add_sections(struct checked *c)
{
	const struct policy_section *s = c->policy.mode_section;

	if (s)
		findings_add(&c->findings, "policy-section", "for its policy in avicd.conf", GRADE_INFO,
			     "mode=%s by [domain %s], %s:%u", policy_mode_to_string(c->policy.mode), s->name, s->file,
			     s->line);
}

int checked_read(struct checked *c, const struct preflight_host *host)
{
	static const struct policies none;
	struct preflight_host h = *host;
	int r = domxml_read(c->xml, c->len, &c->f);

	if (r < 0)
		return r;
	policy_of(c->sections ?: &none, c->f.name, c->f.uuid, c->f.mode, c->f.remedy, &c->policy);
	h.mode = c->policy.mode;
	preflight_check(&c->f, &h, &c->findings);
	add_sections(c);
	preflight_predict(&c->f, &h, &c->prediction);
	c->verdict = preflight_verdict(&c->f, &c->findings, &c->prediction);
	return 0;
}

static void read_host(struct request *rq)
{
	struct host h;

	host_read(&h);
	preflight_host_unknown(&rq->host);
	rq->host.avic = h.core.avic;
	rq->host.x2avic = h.x2avic;
	rq->host.max_id = h.max_id;
	memcpy(rq->host.vendor, h.core.vendor, sizeof(rq->host.vendor));
	rq->host.line = kernel_line_of(h.release);
	rq->subject = streq(rq->host.vendor, "intel") ? "APICv" : "AVIC";
}

static bool is_file(const char *arg)
{
	return streq(arg, "-") || strchr(arg, '/') || access(arg, F_OK) == 0;
}

static int read_file(const char *path, char **ret, size_t *ret_len)
{
	bool standard = streq(path, "-");
	int r = file_read(standard ? "/dev/stdin" : path, DOMXML_MAX, ret, ret_len);

	if (r == -EFBIG)
		return ctl_error("%s: larger than %u MiB; give me the XML of one domain",
				 standard ? "standard input" : path, DOMXML_MAX >> 20);
	if (r < 0)
		return ctl_error("%s: %s; give me a readable file, a domain's name or -",
				 standard ? "standard input" : path, strerror(-r));
	return CTL_OK;
}

static int fetch(struct request *rq, const char *name, char **ret, size_t *ret_len)
{
	_cleanup_free_ char *why = NULL;
	char span[32];
	int r = -ETIMEDOUT;

	if (!rq->hung)
		r = domxml_fetch(rq->uri, name, rq->live, rq->timeout, ret, &rq->host.libvirt, &why);
	if (r == 0) {
		*ret_len = strlen(*ret);
		return CTL_OK;
	}
	if (r == -ENOENT)
		return ctl_error("%s: no such file, nor a domain of %s; see: virsh -c %s list --all", name, rq->uri,
				 rq->uri);
	if (r == -EINVAL)
		return ctl_error("%s: %s; the check is for this host, so run it there, or give me a file", rq->uri,
				 why ?: "refused");
	if (r == -ETIMEDOUT) {
		rq->hung = true;
		return ctl_error("%s: %s does not answer within %s; see whether it hangs, or give me a file", name,
				 rq->uri, format_duration(rq->timeout, span, sizeof(span)));
	}
	return ctl_error("%s: cannot ask %s: %s; start libvirt, or give me a file", name, rq->uri, why ?: strerror(-r));
}

static int check_one(struct request *rq, const char *arg, struct checked *ret)
{
	int r;

	rq->host.libvirt = 0;
	ret->sections = &rq->settings.policies;
	r = is_file(arg) ? read_file(arg, &ret->xml, &ret->len) : fetch(rq, arg, &ret->xml, &ret->len);
	if (r)
		return r;
	r = checked_read(ret, &rq->host);
	if (r == -EBADMSG)
		return ctl_error(
			"%s: not the XML of a domain, or damaged, or with a DTD; give me what `virsh dumpxml` prints",
			streq(arg, "-") ? "standard input" : arg);
	if (r < 0)
		return ctl_error("%s: %s", arg, strerror(-r));
	return CTL_OK;
}

static json_object *reasons_json(uint32_t set)
{
	json_object *o = json_object_new_array();

	for (int r = 0; o && r < _REASON_MAX; r++)
		if (set >> r & 1)
			json_object_array_add(o, json_object_new_string(reason_info(r)->name));
	return o;
}

static json_object *domain_json(const struct checked *c, const char *arg)
{
	json_object *o = json_object_new_object(), *list = report_findings(&c->findings, GRADE_PASS);

	json_object_object_add(o, "name", json_object_new_string(c->f.name));
	json_object_object_add(o, "uuid", *c->f.uuid ? json_object_new_string(c->f.uuid) : NULL);
	json_object_object_add(o, "source", json_object_new_string(arg));
	json_object_object_add(o, "verdict", json_object_new_string(preflight_verdict_to_string(c->verdict)));
	json_object_object_add(o, "predicted", reasons_json(c->prediction.sure));
	json_object_object_add(o, "predicted_guest", reasons_json(c->prediction.guest));
	json_object_object_add(o, "overridden", json_object_new_boolean(c->prediction.overridden));
	json_object_object_add(o, "policy", policy_json(&c->policy));
	json_object_object_add(o, "findings", list);
	return o;
}

/* What the verdict rests on: predicted reasons, else what failed. */
static void print_ground(const struct checked *c)
{
	uint32_t set = c->verdict == PREFLIGHT_DEPENDS ? c->prediction.guest : c->prediction.sure;
	const char *separator = ": ";

	if (c->verdict != PREFLIGHT_DEPENDS && c->verdict != PREFLIGHT_FAILS)
		return;
	for (int r = 0; r < _REASON_MAX; r++)
		if (set >> r & 1) {
			printf("%s%s", separator, reason_info(r)->name);
			separator = ", ";
		}
	for (size_t i = 0; !set && i < c->findings.n; i++)
		if (c->findings.list[i].grade == GRADE_FAIL) {
			printf("%s%s", separator, c->findings.list[i].id);
			separator = ", ";
		}
}

static void print_domain(const struct request *rq, const struct checked *c, const char *arg)
{
	static const char *const words[_PREFLIGHT_MAX] = {[PREFLIGHT_WORKS] = "ok",
							  [PREFLIGHT_DEPENDS] = "unknown",
							  [PREFLIGHT_UNKNOWN] = "unknown",
							  [PREFLIGHT_FAILS] = "degraded",
							  [PREFLIGHT_NOT_KVM] = "off"};

	fputs(ctl_bold(), stdout);
	ctl_puts_clean(*c->f.name ? c->f.name : arg, stdout);
	printf("%s: %s%s %s%s", ctl_normal(), ctl_color_of(words[c->verdict]), rq->subject,
	       preflight_verdict_phrase(c->verdict), ctl_normal());
	print_ground(c);
	putchar('\n');
	findings_print(&c->findings, rq->subject, rq->quiet);
}

/* The worst of several exit codes: an error, then attention, then what is not known. */
static int worse(int a, int b)
{
	static const int rank[] = {
		[CTL_OK] = 0, [CTL_UNKNOWN] = 1, [CTL_ATTENTION] = 2, [CTL_USAGE] = 3, [CTL_FAILED] = 3};

	return rank[b] > rank[a] ? b : a;
}

static int check_all(struct request *rq, char **args)
{
	_cleanup_json_ json_object *o = json_object_new_object();
	json_object *domains = json_object_new_array();
	bool first = true;
	int status = CTL_OK;

	json_object_object_add(o, "schema", json_object_new_string(REPORT_SCHEMA));
	json_object_object_add(o, "domains", domains);
	for (; *args; args++) {
		_cleanup_(checked_done) struct checked c = {0};
		int r = check_one(rq, *args, &c);

		if (r == CTL_OK && rq->fix) {
			r = check_correct(&c, &rq->host, *args, rq->output);
		} else if (r == CTL_OK) {
			r = findings_exit(&c.findings);
			if (ctl_options.json) {
				json_object_array_add(domains, domain_json(&c, *args));
			} else {
				if (!first)
					putchar('\n');
				print_domain(rq, &c, *args);
			}
			first = false;
		}
		status = worse(status, r);
	}
	if (ctl_options.json && !first)
		ctl_print_json(o);
	return status;
}

int verb_check(int argc, char *argv[])
{
	static const struct option options[] = {
		{"quiet", no_argument, NULL, 'q'},
		{"live", no_argument, NULL, 'l'},
		{"connect", required_argument, NULL, 'c'},
		{"fix", no_argument, NULL, 'f'},
		{"output", required_argument, NULL, 'o'},
		{"timeout", required_argument, NULL, 't'},
		{0},
	};
	const char *uri = getenv("LIBVIRT_DEFAULT_URI");
	struct request rq = {.uri = uri && *uri ? uri : URI_DEFAULT, .timeout = TIMEOUT};
	int c;

	while ((c = getopt_long(argc, argv, "qo:", options, NULL)) != -1) {
		rq.quiet |= c == 'q';
		rq.live |= c == 'l';
		rq.fix |= c == 'f';
		if (c == 'c')
			rq.uri = optarg;
		else if (c == 'o')
			rq.output = optarg;
		else if (c == 't' && (parse_duration(optarg, &rq.timeout) < 0 || rq.timeout < NSEC_PER_MSEC ||
				      rq.timeout > TIMEOUT_MAX))
			return ctl_usage("check", "--timeout=%s: not a time from 1ms to 1h", optarg);
	}
	if (rq.output && (!rq.fix || argc - optind != 1))
		return ctl_usage("check", "--output is for --fix of one domain");
	if (rq.fix && (rq.quiet || ctl_options.json))
		return ctl_usage("check", "--fix prints a diff: neither --quiet nor --json go with it");
	if (policy_settings(&rq.settings) < 0)
		return CTL_FAILED;
	read_host(&rq);
	rq.host.large_vcpus = rq.settings.large_vcpus;
	if (!ctl_options.json)
		ctl_pager();
	c = check_all(&rq, argv + optind);
	settings_done(&rq.settings);
	return c;
}
