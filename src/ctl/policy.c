/* SPDX-License-Identifier: GPL-2.0-or-later */
/* avicctl policy: what a domain asks of AVIC, by its metadata and by avicd.conf; and a change of the metadata. Needs no daemon. */
#include <getopt.h>
#include <stdio.h>

#include "avicd/dompolicy.h"
#include "avicd/report.h"
#include "avicd/util.h"
#include "ctl/ctl.h"
#include "ctl/hookline.h"
#include "ctl/policy.h"

#define URI_DEFAULT "qemu:///system"
#define PATIENCE_S  10 /* a libvirtd that hangs hangs for good; one that is busy with a hook is back in a second */

struct request {
	const char *uri, *domain;
	bool set;
	struct dompolicy_change change;
};

/* One of the two XMLs, and what follows from it. */
struct shown {
	const struct dompolicy_copy *copy;
	struct policy policy;
	bool requires;
	const char *remedies;
	enum policy_source remedies_from;
};

static bool bad_mode(const struct dompolicy_copy *c)
{
	return *c->mode && policy_mode_from_string(c->mode) == MODE_BAD;
}

static bool bad_remedy(const struct dompolicy_copy *c)
{
	return *c->remedy && policy_remedy_from_string(c->remedy) == DOMXML_REMEDY_BAD;
}

static bool bad_remedies(const struct dompolicy_copy *c)
{
	return *c->remedies && !policy_ladder_ok(c->remedies, true);
}

static bool bad(const struct dompolicy_copy *c)
{
	return bad_mode(c) || bad_remedy(c) || bad_remedies(c);
}

static void judge(const struct settings *s, const struct dompolicy *d, struct shown *shown)
{
	const struct dompolicy_copy *c = shown->copy;

	policy_of(&s->policies, d->name, d->uuid, *c->mode ? policy_mode_from_string(c->mode) : MODE_NONE,
		  *c->remedy ? policy_remedy_from_string(c->remedy) : DOMXML_REMEDY_NONE, &shown->policy);
	shown->requires = policy_requires(shown->policy.mode, d->vcpus, s->large_vcpus);
	shown->remedies =
		policy_ladder(&s->policies, d->name, d->uuid, c->remedies, s->remedies ?: "", &shown->remedies_from);
}

static bool same(const struct dompolicy_copy *a, const struct dompolicy_copy *b)
{
	return a->element == b->element && streq(a->mode, b->mode) && streq(a->remedy, b->remedy) &&
	       streq(a->remedies, b->remedies);
}

static void print_metadata(const char *label, const struct dompolicy_copy *c)
{
	_cleanup_text_ struct text t = {0};

	if (*c->mode)
		text_addf(&t, "mode=%s%s", c->mode, bad_mode(c) ? " (none of " POLICY_MODES ": ignored)" : "");
	if (*c->remedy)
		text_addf(&t, "%sremedy=%s%s", t.len ? " " : "", c->remedy,
			  bad_remedy(c) ? " (none of " POLICY_REMEDIES ": ignored)" : "");
	if (*c->remedies)
		text_addf(&t, "%sremedies=\"%s\"%s", t.len ? " " : "", c->remedies,
			  bad_remedies(c) ? " (no list of remedies: ignored)" : "");
	ctl_field(label, "%s",
		  t.len	       ? t.s
		  : c->element ? "avic:policy without mode, remedy and remedies"
			       : "no avic:policy");
}

static void print_sections(const struct settings *s, const struct dompolicy *d)
{
	_cleanup_text_ struct text t = {0};
	struct policy p;

	policy_of(&s->policies, d->name, d->uuid, MODE_NONE, DOMXML_REMEDY_NONE, &p);
	if (p.mode_section)
		text_addf(&t, "mode=%s by [domain %s], %s:%u", policy_mode_to_string(p.mode), p.mode_section->name,
			  p.mode_section->file, p.mode_section->line);
	if (p.remedy_section)
		text_addf(&t, "%sremedy=%s by [domain %s], %s:%u", t.len ? "; " : "", policy_remedy_to_string(p.remedy),
			  p.remedy_section->name, p.remedy_section->file, p.remedy_section->line);
	if (t.s)
		text_clean_inplace(t.s);
	ctl_field("avicd.conf", "%s", t.len ? t.s : "no section for it");
}

static void print_policy(const char *label, const struct settings *s, const struct dompolicy *d,
			 const struct shown *shown)
{
	_cleanup_text_ struct text t = {0};

	policy_say(&shown->policy, &t);
	text_addf(&t, "; remedies=\"%s\" by %s", shown->remedies,
		  shown->remedies_from == POLICY_METADATA  ? "its metadata"
		  : shown->remedies_from == POLICY_SECTION ? "a section"
							   : "default");
	if (shown->policy.mode == MODE_NONE)
		text_addf(&t, "; %s AVIC: %u vCPUs, large_vcpus=%u", shown->requires ? "requires" : "does not require",
			  d->vcpus, s->large_vcpus);
	if (t.s)
		text_clean_inplace(t.s);
	ctl_field(label, "%s", t.s ?: "");
}

static void print_text(const struct settings *s, const struct dompolicy *d, const struct shown *live,
		       const struct shown *config, json_object *word)
{
	bool both = live->copy->there && config->copy->there, one = !both || same(live->copy, config->copy);
	const struct shown *first = live->copy->there ? live : config;

	fputs(ctl_bold(), stdout);
	ctl_puts_clean(d->name, stdout);
	printf("%s: %s AVIC\n", ctl_normal(), first->requires ? "requires" : "does not require");
	ctl_field("UUID", "%s", d->uuid);
	ctl_field("Domain", "%s, %s", live->copy->there ? "running" : "off",
		  config->copy->there ? "persistent" : "transient");
	print_metadata(one ? "Metadata" : "Running", first->copy);
	if (!one)
		print_metadata("Next start", config->copy);
	print_sections(s, d);
	print_policy("In force", s, d, first);
	if (!one)
		print_policy("Then", s, d, config);
	hookline_print(word);
}

static json_object *metadata_json(const struct dompolicy_copy *c)
{
	json_object *o = c->there && c->element ? json_object_new_object() : NULL;

	if (o) {
		json_object_object_add(o, "mode", *c->mode ? json_object_new_string(c->mode) : NULL);
		json_object_object_add(o, "remedy", *c->remedy ? json_object_new_string(c->remedy) : NULL);
		json_object_object_add(o, "remedies", *c->remedies ? json_object_new_string(c->remedies) : NULL);
	}
	return o;
}

static json_object *shown_json(const struct shown *shown)
{
	json_object *o = NULL;

	if (shown->copy->there) {
		o = policy_json(&shown->policy);
		json_object_object_add(o, "requires", json_object_new_boolean(shown->requires));
		json_object_object_add(o, "remedies", json_object_new_string(shown->remedies));
		json_object_object_add(o, "remedies_from",
				       json_object_new_string(policy_source_to_string(shown->remedies_from)));
	}
	return o;
}

/* Into @o, which has the hook's word already. */
static void print_json(const struct settings *s, const struct dompolicy *d, const struct shown *live,
		       const struct shown *config, json_object *o)
{
	json_object *metadata = json_object_new_object(), *holds = json_object_new_object();
	struct policy p;

	policy_of(&s->policies, d->name, d->uuid, MODE_NONE, DOMXML_REMEDY_NONE, &p);
	json_object_object_add(o, "schema", json_object_new_string(REPORT_SCHEMA));
	json_object_object_add(o, "name", json_object_new_string(d->name));
	json_object_object_add(o, "uuid", json_object_new_string(d->uuid));
	json_object_object_add(o, "active", json_object_new_boolean(d->live.there));
	json_object_object_add(o, "persistent", json_object_new_boolean(d->config.there));
	json_object_object_add(o, "vcpus", d->vcpus ? json_object_new_int64(d->vcpus) : NULL);
	json_object_object_add(metadata, "live", metadata_json(&d->live));
	json_object_object_add(metadata, "config", metadata_json(&d->config));
	json_object_object_add(o, "metadata", metadata);
	json_object_object_add(o, "configuration", policy_json(&p));
	json_object_object_add(holds, "live", shown_json(live));
	json_object_object_add(holds, "config", shown_json(config));
	json_object_object_add(o, "policy", holds);
	ctl_print_json(o);
}

static int show(const struct dompolicy *d)
{
	_cleanup_(settings_done) struct settings s = {0};
	_cleanup_json_ json_object *o = json_object_new_object();
	struct shown live = {.copy = &d->live}, config = {.copy = &d->config};

	if (policy_settings(&s) < 0)
		return CTL_FAILED;
	judge(&s, d, &live);
	judge(&s, d, &config);
	json_object_object_add(o, "hook", hookline_read(d->uuid));
	if (ctl_options.json)
		print_json(&s, d, &live, &config, o);
	else
		print_text(&s, d, &live, &config, o);
	return bad(&d->live) || bad(&d->config) ? CTL_ATTENTION : CTL_OK;
}

static int failed(const struct request *rq, int r, const char *why)
{
	const char *what = rq->set ? "changed" : "read";

	switch (r) {
	case -ENOENT:
		return ctl_error("%s: no domain of %s; see: virsh -c %s list --all", rq->domain, rq->uri, rq->uri);
	case -EINVAL:
		return ctl_error("%s: %s; run avicctl on the host of the domain", rq->uri, why ?: "refused");
	case -ETIMEDOUT:
		return ctl_error("%s: %s does not answer within %d s, %s; see: systemctl status libvirtd virtqemud",
				 rq->domain, rq->uri, PATIENCE_S,
				 rq->set ? "and may make the change later" : "so nothing was read");
	case -ENOTCONN:
		return ctl_error("%s: cannot ask %s: %s; start libvirt, or give me another --connect", rq->domain,
				 rq->uri, why ?: "no connection");
	default:
		return ctl_error("%s: its metadata were not %s: %s; see: virsh -c %s metadata %s " DOMXML_POLICY_NS,
				 rq->domain, what, why ?: strerror(-r), rq->uri, rq->domain);
	}
}

/* "mode=WORD", "remedy=WORD" or "remedies=WORDS", each once. */
static int parse_change(const char *arg, struct dompolicy_change *c)
{
	if (startswith(arg, "mode=")) {
		if (c->mode != MODE_NONE)
			return ctl_usage("policy", "%s: mode is there twice", arg);
		c->mode = policy_mode_from_string(arg + strlen("mode="));
		return c->mode == MODE_BAD ? ctl_usage("policy", "%s: not one of " POLICY_MODES, arg) : CTL_OK;
	}
	if (startswith(arg, "remedy=")) {
		if (c->remedy != DOMXML_REMEDY_NONE)
			return ctl_usage("policy", "%s: remedy is there twice", arg);
		c->remedy = policy_remedy_from_string(arg + strlen("remedy="));
		return c->remedy == DOMXML_REMEDY_BAD ? ctl_usage("policy", "%s: not one of " POLICY_REMEDIES, arg)
						      : CTL_OK;
	}
	if (startswith(arg, "remedies=")) {
		const char *words = arg + strlen("remedies=");

		if (c->remedies)
			return ctl_usage("policy", "%s: remedies is there twice", arg);
		c->remedies = words;
		return *words && !policy_ladder_ok(words, true)
			       ? ctl_usage("policy", "%s: not a list of heal, migrate, restore, cold-reboot and report",
					   arg)
			       : CTL_OK;
	}
	return ctl_usage("policy", "%s: none of mode=WORD, remedy=WORD, remedies=WORDS", arg);
}

static int parse(struct request *rq, int argc, char *argv[])
{
	static const struct option options[] = {{"connect", required_argument, NULL, 'c'},
						{"unset", no_argument, NULL, 'u'},
						{0}};
	const char *uri = getenv("LIBVIRT_DEFAULT_URI"), *what;
	int c, r;

	rq->uri = uri && *uri ? uri : URI_DEFAULT;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		rq->change.unset |= c == 'u';
		if (c == 'c')
			rq->uri = optarg;
	}
	if (argc - optind < 2)
		return ctl_usage("policy", "policy needs get or set, and a domain");
	what = argv[optind++];
	if (!streq(what, "get") && !streq(what, "set"))
		return ctl_usage("policy", "policy %s: not one of get, set", what);
	rq->set = streq(what, "set");
	rq->domain = argv[optind++];
	if (!rq->set && (rq->change.unset || argv[optind]))
		return ctl_usage("policy", "policy get takes a domain alone; policy set is for changes");
	if (rq->change.unset && argv[optind])
		return ctl_usage("policy", "--unset takes mode, remedy and remedies away: none goes with it");
	if (rq->set && !rq->change.unset && !argv[optind])
		return ctl_usage("policy", "policy set needs mode=WORD, remedy=WORD, remedies=WORDS or --unset");
	for (; argv[optind]; optind++) {
		r = parse_change(argv[optind], &rq->change);
		if (r)
			return r;
	}
	return CTL_OK;
}

int verb_policy(int argc, char *argv[])
{
	_cleanup_free_ char *why = NULL;
	struct request rq = {0};
	struct dompolicy d;
	int r = parse(&rq, argc, argv);

	if (r)
		return r;
	r = rq.set ? dompolicy_set(rq.uri, rq.domain, &rq.change, PATIENCE_S * NSEC_PER_SEC, &d, &why)
		   : dompolicy_get(rq.uri, rq.domain, PATIENCE_S * NSEC_PER_SEC, &d, &why);
	return r < 0 ? failed(&rq, r, why) : show(&d);
}
