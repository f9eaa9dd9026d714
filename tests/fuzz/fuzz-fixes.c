/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file of the catalogue: what is taken is within its limits, and says the same when it is written and read again. */
#include <assert.h>
#include <json-c/json.h>

#include "avicd/catalogue.h"
#include "fuzz.h"

static void problem(const char *file, unsigned line, const char *text, void *userdata)
{
	assert(file && *text && !strchr(text, '\n'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct advisory_host amd = {"amd", TRI_YES, TRI_YES, TRI_YES};
	_cleanup_free_ char *text = strndup((const char *)data, size);
	json_object *json = NULL, *again = NULL, *third = NULL, *last;
	char remedy[ADVISORY_REMEDY_MAX];
	struct advisory a, b;
	const char *s;

	if (!text)
		abort();
	if (catalogue_parse("x.json", text, strlen(text), problem, NULL, &a, &json) < 0)
		return 0;
	assert(streq(a.id, "x") && *a.title && *a.effect && *a.source && a.from.major > 0);
	assert(*advisory_remedy(&a, remedy));
	advisory_suggests(&a, "6.1.3", NULL, &amd);
	again = catalogue_json(&a);
	s = json_object_to_json_string(again);
	assert(catalogue_parse("x.json", s, strlen(s), NULL, NULL, &b, &third) == 0);
	last = catalogue_json(&b);
	assert(json_object_equal(again, last));
	json_object_put(json);
	json_object_put(again);
	json_object_put(third);
	json_object_put(last);
	return 0;
}
