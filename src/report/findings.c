/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was found when something was looked at, as JSON. */
#include "avicd/report.h"
#include "report/json.h"

json_object *report_findings(const struct findings *f, enum grade from)
{
	json_object *array = json_object_new_array();

	for (size_t i = 0; array && i < f->n; i++) {
		const struct finding *one = &f->list[i];
		struct json_build b;
		json_object *o;

		if (one->grade < from)
			continue;
		b = json_build_begin();
		json_add_word(&b, "id", one->id);
		json_add_word(&b, "check", one->check);
		json_add_word(&b, "grade", grade_to_string(one->grade));
		/* words of the kernel command line are among it; what is in the remedy is ours */
		json_add_text(&b, "why", one->why);
		json_add_word(&b, "remedy", one->remedy);
		o = json_build_end(&b);
		if (!o || json_object_array_add(array, o) < 0) {
			json_object_put(o);
			json_object_put(array);
			return NULL;
		}
	}
	return array;
}

json_object *report_grades(const struct findings *f)
{
	struct json_build b = json_build_begin();
	unsigned n[_GRADE_MAX] = {0};

	for (size_t i = 0; i < f->n; i++)
		n[f->list[i].grade]++;
	for (int g = 0; g < _GRADE_MAX; g++)
		json_add_u64(&b, grade_to_string(g), n[g]);
	return json_build_end(&b);
}
