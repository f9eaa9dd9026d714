/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What changed from one fleet report to the next, host by host. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "report/fleet-private.h"

/* Worse is more. Not answering is worse than anything that is known. */
static int badness(json_object *h)
{
	static const char *const order[] = {"ok", "off", "exposed", "degraded", "unknown"};
	const char *health = member_word(h, "health");

	if (member_tri(h, "answering") != TRI_YES)
		return ARRAY_SIZE(order);
	for (int i = 0; i < (int)ARRAY_SIZE(order); i++)
		if (streq(order[i], health))
			return i;
	return ARRAY_SIZE(order) - 1;
}

static const char *word_of(json_object *h)
{
	return member_tri(h, "answering") == TRI_YES ? member_word(h, "health") : "not answering";
}

static int by_host(const void *a, const void *b)
{
	return strcmp(member_word(*(json_object *const *)a, "host"), member_word(*(json_object *const *)b, "host"));
}

/* The hosts of a report by name. */
static json_object **sorted(json_object *report, size_t *ret_n)
{
	json_object *hosts = member(report, "hosts", json_type_array);
	json_object **v = calloc(member_len(hosts) + 1, sizeof(json_object *));
	size_t n = 0;

	for (size_t i = 0; v && i < member_len(hosts); i++)
		if (*member_word(member_at(hosts, i), "host"))
			v[n++] = member_at(hosts, i);
	if (v)
		qsort(v, n, sizeof(json_object *), by_host);
	*ret_n = n;
	return v;
}

static int note(json_object *array, json_object *h, const char *format, ...) _printf_(3, 4);
static int note(json_object *array, json_object *h, const char *format, ...)
{
	struct json_build b = json_build_begin();
	_cleanup_free_ char *text = NULL;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&text, format, ap) < 0) {
		text = NULL;
		b.failed = true;
	}
	va_end(ap);
	json_add_text(&b, "host", member_str(h, "host"));
	json_add_text(&b, "text", text);
	return json_push(array, json_build_end(&b));
}

struct diff {
	json_object *worse, *better, *came, *gone;
};

static int both(struct diff *d, json_object *then, json_object *now)
{
	const bool tell = member_tri(now, "answering") == TRI_YES && member_tri(then, "answering") == TRI_YES;
	uint64_t was = member_u64(then, "stuck"), is = member_u64(now, "stuck");
	int r = 0;

	if (badness(now) != badness(then))
		r = note(badness(now) > badness(then) ? d->worse : d->better, now, "%s, was %s", word_of(now),
			 word_of(then));
	/* a host that is silent says nothing of its VMs and its kernel */
	if (r == 0 && tell && was != is)
		r = note(is > was ? d->worse : d->better, now, "%" PRIu64 " VMs stuck, was %" PRIu64, is, was);
	if (r == 0 && tell && !streq(member_word(now, "rollout"), member_word(then, "rollout"))) {
		const bool good = streq(member_word(now, "rollout"), rollout_to_string(ROLLOUT_PATCHED)) ||
				  streq(member_word(now, "rollout"), rollout_to_string(ROLLOUT_NOT_NEEDED));
		const bool was_good = streq(member_word(then, "rollout"), rollout_to_string(ROLLOUT_PATCHED)) ||
				      streq(member_word(then, "rollout"), rollout_to_string(ROLLOUT_NOT_NEEDED));

		if (good != was_good)
			r = note(good ? d->better : d->worse, now, "livepatch: %s, was %s", member_word(now, "rollout"),
				 member_word(then, "rollout"));
	}
	return r;
}

static int walk(struct diff *d, json_object **a, size_t n_a, json_object **b, size_t n_b)
{
	size_t i = 0, k = 0;
	int r = 0;

	while (r == 0 && (i < n_a || k < n_b)) {
		int order = i == n_a ? 1 : k == n_b ? -1 : by_host(&a[i], &b[k]);

		if (order < 0)
			r = note(d->gone, a[i], "was %s", word_of(a[i]));
		else if (order > 0)
			r = note(d->came, b[k], "%s", word_of(b[k]));
		else
			r = both(d, a[i], b[k]);
		i += order <= 0;
		k += order >= 0;
	}
	return r;
}

int fleet_compare(json_object *earlier, json_object *report, json_object **ret)
{
	struct diff d = {json_object_new_array(), json_object_new_array(), json_object_new_array(),
			 json_object_new_array()};
	_cleanup_free_ json_object **a = NULL, **b = NULL;
	struct json_build o = json_build_begin();
	size_t n_a, n_b;
	int r = 0;

	if (!streq(member_word(earlier, "schema"), FLEET_SCHEMA))
		r = -EBADMSG;
	a = sorted(earlier, &n_a);
	b = sorted(report, &n_b);
	if (r == 0 && (!a || !b || !d.worse || !d.better || !d.came || !d.gone))
		r = -ENOMEM;
	if (r == 0)
		r = walk(&d, a, n_a, b, n_b);
	json_add_text(&o, "since", member_str(earlier, "written_at"));
	json_add_object(&o, "worse", d.worse);
	json_add_object(&o, "better", d.better);
	json_add_object(&o, "new", d.came);
	json_add_object(&o, "gone", d.gone);
	if (r < 0)
		o.failed = true;
	*ret = json_build_end(&o);
	return r < 0 ? r : *ret ? 0 : -ENOMEM;
}
