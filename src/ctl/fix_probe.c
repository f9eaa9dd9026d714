/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * avicctl fix probe: which of the known bugs does the running kernel have?
 *
 * A running avicd is asked, which keeps the probe's VMs out of what it tells. Without one we are root and look
 * ourselves.
 */
#include <stdio.h>

#include "avicd/advisory.h"
#include "avicd/btf.h"
#include "avicd/capability.h"
#include "avicd/probe.h"
#include "avicd/report.h"
#include "avicd/text.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/field.h"
#include "ctl/fix.h"

/* what a trace source must be told, and what no probe needs */
#define STORM_RATE 100
#define MAX_VMS	   64

/* The best source that opens; *why has a sentence for each that does not. */
static struct trace_source *open_source(const struct numbering *n, struct text *why)
{
	static const enum trace_kind kinds[] = {TRACE_BPF, TRACE_TRACEFS};
	const struct trace_settings settings = {.numbering = *n, .storm_rate = STORM_RATE, .max_vms = MAX_VMS};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		_cleanup_free_ char *one = NULL;
		struct trace_source *s;
		int r = trace_open(kinds[i], &settings, &s, &one);

		if (r >= 0)
			return s;
		text_addf(why, "%s%s", why->len ? "; " : "", one ?: strerror(-r));
	}
	return NULL;
}

static int probe_here(const struct host *host, json_object **ret)
{
	_cleanup_(trace_close_p) struct trace_source *source = NULL;
	_cleanup_text_ struct text why = {0};
	struct probe_answer answers[_PROBE_BUG_MAX];
	struct numbering numbering;
	struct probe_setup setup = {.numbering = &numbering, .host = host};
	int r;

	if (geteuid() != 0)
		return ctl_error(
			"avicd is not running, and without it only root can probe the kernel: run it with sudo");
	if (kernel_numbering(&numbering) < 0)
		numbering_from_line(LINE_NONE, &numbering);
	/* where AVIC is not in use no source is needed to say so */
	if (host->core.avic != TRI_NO)
		source = open_source(&numbering, &why);
	setup.source = source;
	setup.source_why = why.s;
	r = probe_run(&setup, answers);
	if (r < 0)
		return ctl_error("the kernel cannot be probed: %s", strerror(-r));
	*ret = report_probe(answers);
	return *ret ? CTL_OK : ctl_error("out of memory");
}

static const char *result_color(const char *result)
{
	if (streq(result, "vulnerable"))
		return ctl_red();
	return streq(result, "fixed") ? ctl_green() : ctl_yellow();
}

static bool has_result(json_object *probe, enum probe_bug b, enum probe_result result)
{
	return streq(field_text(field(probe, bug_info(b)->word), "result"), probe_result_to_string(result));
}

static void print_bug(json_object *probe, enum probe_bug b, const struct capability *c)
{
	const struct bug_info *info = bug_info(b);
	json_object *o = field(probe, info->word);
	const char *result = field_text(o, "result");
	_cleanup_text_ struct text t = {0};
	char says[PROBE_SAYS_MAX];

	printf("%-9s %s%-10s%s ", info->word, result_color(result), result, ctl_normal());
	text_addf(&t, "%s: %s", info->name, field_text(o, "why"));
	if (*probe_version_says(b, &c->host, c->version, says))
		text_addf(&t, "; %s", says);
	ctl_wrap(stdout, t.s ?: "", 21, 21, ctl_width());
}

static void print_remedy(json_object *probe)
{
	_cleanup_text_ struct text t = {0};
	bool any = false;

	for (int b = 0; b < _PROBE_BUG_MAX; b++) {
		const struct bug_info *info = bug_info((enum probe_bug)b);

		if (!has_result(probe, (enum probe_bug)b, PROBE_VULNERABLE))
			continue;
		text_addf(&t, "%s%s (%.12s)", any ? "; " : "", info->effect, advisory_of_probe(info->word)->commit);
		any = true;
	}
	if (!any)
		return;
	text_add(&t, ". Remedy: livepatch the host (avicctl fix deploy), or boot a kernel with these fixes. With "
		     "the livepatch VMs that are stuck have AVIC again after their next reset; else migrate or "
		     "power-cycle them.");
	putchar('\n');
	ctl_wrap(stdout, t.s ?: "", 0, 0, ctl_width());
}

static void print_json(json_object *probe, const struct capability *c, bool by_avicd)
{
	_cleanup_json_ json_object *o = json_object_new_object();
	json_object *says = json_object_new_object();

	json_object_object_add(o, "schema", json_object_new_string(REPORT_SCHEMA));
	json_object_object_add(o, "kernel_release", json_object_new_string(c->host.release));
	json_object_object_add(o, "by", json_object_new_string(by_avicd ? "avicd" : "avicctl"));
	json_object_object_add(o, "probe", json_object_get(probe));
	for (int b = 0; b < _PROBE_BUG_MAX; b++) {
		char buf[PROBE_SAYS_MAX];

		probe_version_says((enum probe_bug)b, &c->host, c->version, buf);
		json_object_object_add(says, bug_info((enum probe_bug)b)->word,
				       *buf ? json_object_new_string(buf) : NULL);
	}
	json_object_object_add(o, "version_says", says);
	ctl_print_json(o);
}

int fix_probe(const struct fix_request *rq _unused_)
{
	_cleanup_json_ json_object *probe = NULL;
	_cleanup_free_ char *text = NULL;
	struct capability c;
	bool by_avicd;
	int r;

	capability_read(&c);
	r = client_probe(&probe, &text);
	if (r < 0 && r != -ENOENT)
		return ctl_error("%s", text ?: strerror(-r));
	by_avicd = r >= 0;
	if (!by_avicd) {
		r = probe_here(&c.host, &probe);
		if (r)
			return r;
	}
	if (ctl_options.json) {
		print_json(probe, &c, by_avicd);
	} else {
		for (int b = 0; b < _PROBE_BUG_MAX; b++)
			print_bug(probe, (enum probe_bug)b, &c);
		if (!ctl_options.no_legend)
			print_remedy(probe);
	}
	for (int b = 0; b < _PROBE_BUG_MAX; b++)
		if (has_result(probe, (enum probe_bug)b, PROBE_VULNERABLE))
			return CTL_ATTENTION;
	return has_result(probe, PROBE_REBOOT, PROBE_FIXED) ? CTL_OK : CTL_UNKNOWN;
}
