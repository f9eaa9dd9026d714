/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernels of a catalogue's entry: which version began with the fault, which ones have the fix. */
#include "fix/reading.h"

static bool version(struct reading *r, json_object *v, const char *key, struct kernel_version *ret)
{
	if (kernel_version_parse(reading_plain(v), ret) >= 0 && ret->major > 0)
		return true;
	READING_BAD(r, key, "kernels.%s is not a version like 6.1.4", key);
	return false;
}

static void read_fixed(struct reading *r, json_object *v, struct advisory *a)
{
	size_t n = json_object_is_type(v, json_type_array) ? json_object_array_length(v) : SIZE_MAX;

	if (n > ADVISORY_FIXES) {
		READING_BAD(r, "fixed", "kernels.fixed is not a list of at most %d versions", ADVISORY_FIXES);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		struct kernel_version *f = &a->fixed[i];

		if (!version(r, json_object_array_get_idx(v, i), "fixed", f))
			return;
		for (size_t k = 0; k < i; k++)
			if (a->fixed[k].major == f->major && a->fixed[k].minor == f->minor)
				READING_BAD(r, "fixed", "kernels.fixed has two versions of %u.%u", f->major, f->minor);
		if (kernel_version_compare(f, &a->from) < 0 ||
		    (a->mainline.major && kernel_version_compare(f, &a->mainline) >= 0))
			READING_BAD(r, "fixed", "kernels.fixed: %u.%u.%u does not lie between first and mainline",
				    f->major, f->minor, f->patch);
	}
}

static void read_commits(struct reading *r, json_object *v, struct advisory *a)
{
	if (!json_object_is_type(v, json_type_object)) {
		READING_BAD(r, "commits", "kernels.commits is not an object: {\"6.1.4\": \"commit\"}");
		return;
	}
	json_object_object_foreach(v, key, value)
	{
		struct kernel_version of;
		size_t i = ADVISORY_FIXES;

		if (kernel_version_parse(key, &of) >= 0)
			for (i = 0; i < ADVISORY_FIXES; i++)
				if (a->fixed[i].major && kernel_version_compare(&a->fixed[i], &of) == 0)
					break;
		if (i == ADVISORY_FIXES || !reading_is_commit(reading_plain(value)))
			READING_BAD(r, "commits",
				    "kernels.commits: not a version of kernels.fixed and " READING_COMMIT);
		else
			a->commits[i] = reading_plain(value);
	}
}

void reading_kernels(struct reading *r, json_object *o, struct advisory *a)
{
	static const char *const known[] = {"first", "fixed", "mainline", "commits"};
	json_object *k = NULL, *v = NULL;

	if (!json_object_object_get_ex(o, "kernels", &k) || !json_object_is_type(k, json_type_object)) {
		READING_BAD(r, "kernels",
			    "kernels is missing: {\"first\": \"6.0\", \"fixed\": [\"6.1.4\"], \"mainline\": \"6.2\"}");
		return;
	}
	reading_unknown(r, k, known, ARRAY_SIZE(known));
	if (!json_object_object_get_ex(k, "first", &v)) {
		READING_BAD(r, "kernels", "kernels.first is missing: the first version that has the fault, like 6.0");
		return;
	}
	if (!version(r, v, "first", &a->from))
		return;
	if (json_object_object_get_ex(k, "mainline", &v) && version(r, v, "mainline", &a->mainline) &&
	    kernel_version_compare(&a->mainline, &a->from) <= 0)
		READING_BAD(r, "mainline", "kernels.mainline is not later than first");
	if (!r->error && json_object_object_get_ex(k, "fixed", &v))
		read_fixed(r, v, a);
	if (!r->error && json_object_object_get_ex(k, "commits", &v))
		read_commits(r, v, a);
}
