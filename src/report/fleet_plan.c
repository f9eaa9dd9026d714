/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The waves of a livepatch rollout: a canary of each kernel, 1 %, 10 %, the rest, over the hosts that have a bug and no
 * livepatch. Programs run it, so a name that could be taken for an option or for more than a name is left out, and said.
 */
#include <stdio.h>

#include "avicd/clock.h"
#include "report/fleet-private.h"

/* Where a wave ends, of a thousand hosts; the canaries come before. A wave stops when so many of its hosts have failed. */
static const struct {
	const char *name;
	unsigned until, stop_at;
	unsigned pause_s; /* before the next one begins: a bug of the patch needs time to show */
} waves[] = {
	{"canary", 0, 1, 3600},
	{"1%", 10, 1, 3600},
	{"10%", 110, 2, 1800},
	{"rest", 1000, 3, 0},
};

static bool is_plain(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:";

	return *name && *name != '-' && *name != '.' && name[strspn(name, letters)] == '\0';
}

static uint64_t spread_of(const char *s)
{
	uint64_t h = 0xcbf29ce484222325;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3;
	return h ^ h >> 29;
}

/* By a hash of the name: neighbours in a rack, which have names alike, do not meet in one wave. The same each time. */
static int by_spread(const void *a, const void *b)
{
	const char *x = member_word(*(json_object *const *)a, "host"),
		   *y = member_word(*(json_object *const *)b, "host");
	uint64_t h = spread_of(x), k = spread_of(y);

	return h == k ? strcmp(x, y) : h < k ? -1 : 1;
}

/* A canary first: by kernel, then the fewest VMs. */
static int by_kernel(const void *a, const void *b)
{
	json_object *x = *(json_object *const *)a, *y = *(json_object *const *)b;
	int r = strverscmp(member_word(x, "kernel_release"), member_word(y, "kernel_release"));

	if (r)
		return r;
	if (member_u64(x, "vms") != member_u64(y, "vms"))
		return member_u64(x, "vms") < member_u64(y, "vms") ? -1 : 1;
	return by_spread(a, b);
}

static int push_name(json_object *a, json_object *h)
{
	return json_push(a, json_object_new_string(member_word(h, "host")));
}

static int leave_out(json_object *left, json_object *h, const char *why)
{
	struct json_build b = json_build_begin();

	json_add_text(&b, "host", member_str(h, "host"));
	json_add_word(&b, "why", why);
	return json_push(left, json_build_end(&b));
}

/* Why not this host: NULL when it is to be patched, "" when there is nothing to do about it. */
static const char *refusal(json_object *h)
{
	const char *rollout = member_word(h, "rollout");

	if (member_tri(h, "answering") != TRI_YES)
		return "it does not answer";
	if (streq(rollout, rollout_to_string(ROLLOUT_FAILED)))
		return "the last try failed there: see avicctl fix status on it";
	if (streq(rollout, rollout_to_string(ROLLOUT_TRYING)))
		return "a livepatch is on its way there";
	if (!streq(rollout, rollout_to_string(ROLLOUT_NOT_PATCHED)))
		return "";
	return is_plain(member_word(h, "host")) ? NULL : "its name is none that a program could be given";
}

static json_object *wave_json(size_t w, json_object *hosts)
{
	struct json_build b = json_build_begin(), stop = json_build_begin();

	json_add_u64(&stop, "failed", waves[w].stop_at);
	json_add_word(&b, "name", waves[w].name);
	json_add_object(&b, "hosts", json_object_get(hosts));
	json_add_object(&b, "stop", json_build_end(&stop));
	json_add_u64(&b, "pause_seconds", waves[w].pause_s);
	return json_build_end(&b);
}

/* @todo is put into another order; its canaries become NULL. */
static int make_waves(json_object **todo, size_t n, json_object *ret)
{
	const char *kernel = NULL;
	_cleanup_json_ json_object *canary = json_object_new_array();
	size_t left = 0, done = 0;
	int r = canary ? 0 : -ENOMEM;

	if (n == 0)
		return r;
	qsort(todo, n, sizeof(*todo), by_kernel);
	for (size_t i = 0; r == 0 && i < n; i++) {
		const char *of = member_word(todo[i], "kernel_release");

		if (kernel && streq(kernel, of)) {
			todo[left++] = todo[i];
			continue;
		}
		kernel = of;
		r = push_name(canary, todo[i]);
	}
	r = r ?: json_push(ret, wave_json(0, canary));
	qsort(todo, left, sizeof(*todo), by_spread);
	for (size_t w = 1; r == 0 && w < ARRAY_SIZE(waves); w++) {
		_cleanup_json_ json_object *hosts = json_object_new_array();
		/* rounded up: a small fleet has its steps, too */
		const size_t end = MIN(left, (n * waves[w].until + 999) / 1000);

		for (r = hosts ? 0 : -ENOMEM; r == 0 && done < end; done++)
			r = push_name(hosts, todo[done]);
		if (r == 0 && json_object_array_length(hosts) > 0)
			r = json_push(ret, wave_json(w, hosts));
	}
	return r;
}

static json_object *words(const char *const *list)
{
	_cleanup_json_ json_object *a = json_object_new_array();

	for (; a && *list; list++)
		if (json_push(a, json_object_new_string(*list)) < 0)
			return NULL;
	return TAKE_PTR(a);
}

static json_object *numbers(const int *list, size_t n)
{
	_cleanup_json_ json_object *a = json_object_new_array();

	for (size_t i = 0; a && i < n; i++)
		if (json_push(a, json_object_new_int(list[i])) < 0)
			return NULL;
	return TAKE_PTR(a);
}

json_object *fleet_plan(json_object *report)
{
	static const char *const command[] = {"avicctl", "fix", "deploy", NULL};
	/* avicctl(1), EXIT STATUS: nothing to do counts as done; without harm: none for this kernel, lockdown, risk, busy, off */
	static const int ok[] = {0, 10}, skip[] = {11, 12, 15, 16, 17, 18};
	json_object *hosts = member(report, "hosts", json_type_array);
	_cleanup_json_ json_object *left = json_object_new_array(), *list = json_object_new_array();
	_cleanup_free_ json_object **todo = calloc(member_len(hosts) + 1, sizeof(json_object *));
	struct json_build b = json_build_begin();
	char at[32];
	size_t n = 0;

	if (!left || !list || !todo)
		b.failed = true;
	for (size_t i = 0; !b.failed && i < member_len(hosts); i++) {
		json_object *h = member_at(hosts, i);
		const char *why = h ? refusal(h) : "";

		if (!why)
			todo[n++] = h;
		else if (*why && leave_out(left, h, why) < 0)
			b.failed = true;
	}
	if (!b.failed && make_waves(todo, n, list) < 0)
		b.failed = true;
	json_add_word(&b, "schema", FLEET_PLAN_SCHEMA);
	json_add_word(&b, "written_at", format_wall(wall_us(), at));
	json_add_text(&b, "from", member_str(report, "written_at"));
	json_add_u64(&b, "hosts", n);
	json_add_object(&b, "command", words(command));
	json_add_object(&b, "exit_ok", numbers(ok, ARRAY_SIZE(ok)));
	json_add_object(&b, "exit_skip", numbers(skip, ARRAY_SIZE(skip)));
	json_add_object(&b, "waves", TAKE_PTR(list));
	json_add_object(&b, "left_out", TAKE_PTR(left));
	return json_build_end(&b);
}
