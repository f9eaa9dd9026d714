/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of findings. */
#include <stdarg.h>
#include <stdio.h>

#include "avicd/finding.h"

static const char *const grades[_GRADE_MAX] = {
	[GRADE_PASS] = "PASS",	     [GRADE_INFO] = "INFO", [GRADE_WARN] = "WARN",
	[GRADE_UNKNOWN] = "UNKNOWN", [GRADE_FAIL] = "FAIL",
};

const char *grade_to_string(enum grade g)
{
	return grades[g];
}

int grade_from_string(const char *s)
{
	for (int g = 0; g < _GRADE_MAX; g++)
		if (streq(s, grades[g]))
			return g;
	return -EINVAL;
}

void findings_add(struct findings *f, const char *id, const char *check, enum grade g, const char *why, ...)
{
	struct finding *more = reallocarray(f->list, f->n + 1, sizeof(*more));
	va_list args;

	if (!more) {
		f->error = -ENOMEM;
		return;
	}
	f->list = more;
	more[f->n] = (struct finding){.id = id, .check = check, .grade = g};
	if (why) {
		va_start(args, why);
		if (vasprintf(&more[f->n].why, why, args) < 0) {
			more[f->n].why = NULL;
			f->error = -ENOMEM;
		}
		va_end(args);
	}
	f->n++;
}

void findings_remedy(struct findings *f, const char *remedy, ...)
{
	struct finding *last = f->n ? &f->list[f->n - 1] : NULL;
	va_list args;

	/* when there was no memory for the finding itself, the last one is another's */
	if (!last || f->error)
		return;
	free(last->remedy);
	va_start(args, remedy);
	if (vasprintf(&last->remedy, remedy, args) < 0) {
		last->remedy = NULL;
		f->error = -ENOMEM;
	}
	va_end(args);
}

enum grade findings_worst(const struct findings *f)
{
	enum grade worst = GRADE_PASS;

	for (size_t i = 0; i < f->n; i++)
		worst = MAX(worst, f->list[i].grade);
	return worst;
}

void findings_done(struct findings *f)
{
	for (size_t i = 0; i < f->n; i++) {
		free(f->list[i].why);
		free(f->list[i].remedy);
	}
	free(f->list);
	*f = (struct findings){0};
}
