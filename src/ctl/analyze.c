/* SPDX-License-Identifier: GPL-2.0-or-later */
/* avicctl analyze: judge a recorded trace. Needs neither daemon nor kernel. */
#include <getopt.h>
#include <stdio.h>

#include "avicd/report.h"
#include "ctl/analysis.h"
#include "ctl/ctl.h"

#define HOW_TO_RECORD "`trace-cmd record -e kvm:kvm_apicv_inhibit_changed -e kvm:kvm_write_tsc_offset`"

/* --numbering=RELEASE|auto; *ret_given: a release. */
static int read_numbering(const char *s, struct numbering *ret, bool *ret_given)
{
	enum kernel_line line = kernel_line_of(s);

	*ret_given = false;
	if (streq(s, "auto"))
		return CTL_OK;
	if (line < LINE_5_18)
		return ctl_usage("analyze",
				 "--numbering=%s: not auto, nor a kernel release of 5.18 or later, for example 6.1", s);
	numbering_from_line(line, ret);
	*ret_given = true;
	return CTL_OK;
}

static int report(const struct analysis *a)
{
	if (ctl_options.json) {
		_cleanup_json_ json_object *o = analysis_json(a);

		ctl_print_json(o);
	} else {
		ctl_pager();
		analysis_print(a);
	}
	return analysis_stuck(a) ? CTL_ATTENTION : CTL_OK;
}

static int analyze(const char *path, const struct numbering *numbering)
{
	const char *name = streq(path, "-") ? "standard input" : path;
	_cleanup_(trace_file_close_p) struct trace_file *f = NULL;
	_cleanup_free_ char *why = NULL;
	struct analysis a = {};
	int r = trace_file_open(path, &f, &why), status;

	if (r < 0)
		return ctl_error("%s", why ? why : strerror(-r));
	r = analysis_read(&a, f, name, numbering);
	if (r == 0) {
		status = report(&a);
	} else if (r == -ENODATA) {
		status = trace_file_skipped(f) ? ctl_error("%s: the records of kvm_apicv_inhibit_changed in it are "
							   "damaged; give me the tool's own output",
							   name)
					       : ctl_error("%s: no record of kvm_apicv_inhibit_changed in it; record "
							   "with " HOW_TO_RECORD,
							   name);
	} else if (r == -EBADMSG) {
		status = ctl_error("%s: damaged before the first record; give me the output of `trace-cmd report -R` "
				   "if that reads it",
				   name);
	} else {
		status = ctl_error("%s: %s", name, strerror(-r));
	}
	analysis_done(&a);
	return status;
}

int verb_analyze(int argc, char *argv[])
{
	static const struct option options[] = {{"numbering", required_argument, NULL, 'n'}, {0}};
	struct numbering numbering;
	bool given = false;
	int r;

	while (getopt_long(argc, argv, "", options, NULL) != -1) {
		r = read_numbering(optarg, &numbering, &given);
		if (r != CTL_OK)
			return r;
	}
	return analyze(argv[optind], given ? &numbering : NULL);
}
