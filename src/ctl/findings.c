/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How `host` and `check` print what they found. */
#include <json-c/json.h>
#include <stdio.h>

#include "avicd/text.h"
#include "ctl/ctl.h"
#include "ctl/findings.h"

static const char *color_of(enum grade g)
{
	switch (g) {
	case GRADE_PASS:
		return ctl_green();
	case GRADE_WARN:
	case GRADE_UNKNOWN:
		return ctl_yellow();
	case GRADE_FAIL:
		return ctl_red();
	default:
		return "";
	}
}

/* A remedy of several lines, of XML for example, stays as it is; one line is wrapped. */
static void print_remedy(const char *remedy)
{
	const char *end;

	if (!strchr(remedy, '\n')) {
		printf("    -> ");
		ctl_wrap(stdout, remedy, 7, 7, ctl_width());
		return;
	}
	for (; *remedy; remedy = *end ? end + 1 : end) {
		end = strchrnul(remedy, '\n');
		printf("       %.*s\n", (int)(end - remedy), remedy);
	}
}

void findings_print(const struct findings *f, const char *subject, bool quiet)
{
	size_t width = 0;

	for (size_t i = 0; i < f->n; i++)
		if (!quiet || f->list[i].grade >= GRADE_WARN)
			width = MAX(width, strlen(f->list[i].check));
	for (size_t i = 0; i < f->n; i++) {
		const struct finding *one = &f->list[i];
		const char *word = grade_to_string(one->grade);

		if (quiet && one->grade < GRADE_WARN)
			continue;
		printf("  %s: Checking %-*s : %s%s%s", subject, (int)width, one->check, color_of(one->grade), word,
		       ctl_normal());
		if (one->why) {
			_cleanup_text_ struct text why = {0};
			size_t used = 2 + strlen(subject) + strlen(": Checking ") + width + 3 + strlen(word) + 1;
			bool fits;

			text_addf(&why, "(%s)", one->why);
			fits = why.s && used + ctl_text_width(why.s, why.len) <= ctl_width();
			/* beside it, or, where that is too long, below it */
			fputs(fits ? " " : "\n    ", stdout);
			ctl_wrap(stdout, fits ? why.s : one->why, fits ? used : 4, fits ? used : 4, ctl_width());
		} else {
			putchar('\n');
		}
		if (one->remedy)
			print_remedy(one->remedy);
	}
}

int findings_exit(const struct findings *f)
{
	bool attention = false, unknown = false;

	if (f->error)
		return ctl_error("No memory: not everything was looked at");
	for (size_t i = 0; i < f->n; i++) {
		attention |= f->list[i].grade == GRADE_WARN || f->list[i].grade == GRADE_FAIL;
		unknown |= f->list[i].grade == GRADE_UNKNOWN;
	}
	return attention ? CTL_ATTENTION : unknown ? CTL_UNKNOWN : CTL_OK;
}
