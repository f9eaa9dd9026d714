/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The report about one VM that is stuck.
 *
 * DOC: Theory of Operation
 *
 * It is made for somebody who was not there: support, or a kernel's maintainer. So it has what was said, the VM and the host as they were then, the
 * kernel's stack, and the command that prints the journal of this VM; avicd keeps no events of its own. What the host is told to all of
 * its users anyway is in it, and of the kernel's command line only what is about KVM and the IOMMU: a ticket travels.
 */
#include <assert.h>
#include <stdio.h>

#include "avicd/bundle.h"
#include "avicd/clock.h"
#include "avicd/text.h"
#include "report/json.h"

#define STACK_LINES 64
#define LINE_LEN    255
#define WORDS	    32

static_assert(CONDITION_OFF < CONDITION_STUCK && CONDITION_SETTLING < CONDITION_STUCK,
	      "those that tell nothing come first");

bool bundle_over(const struct vm *vm)
{
	const struct verdict *v = &vm->verdict;

	/* as for an episode, see tracker.h: it does not end where nothing can be seen of it */
	if (v->condition <= CONDITION_STUCK)
		return false;
	for (size_t i = 0; i < v->n; i++)
		if (v->reasons[i].cls == CLASS_STICKY)
			return false;
	return true;
}

static int push_text(json_object *list, const char *s, size_t n)
{
	char line[LINE_LEN + 1];

	snprintf(line, sizeof(line), "%.*s", (int)MIN(n, sizeof(line) - 1), s);
	/* a character that was cut in two as well */
	text_clean_inplace(line);
	return json_push(list, json_object_new_string(line));
}

/* NULL: -ENOMEM. */
static json_object *stack_json(const char *stack)
{
	_cleanup_json_ json_object *list = json_object_new_array();
	size_t lines = 0;

	for (const char *s = stack + strspn(stack, "\n"); list && *s && lines < STACK_LINES; lines++) {
		size_t n = strcspn(s, "\n");

		if (push_text(list, s, n) < 0)
			return NULL;
		s += n;
		s += strspn(s, "\n");
	}
	return TAKE_PTR(list);
}

static bool is_wanted(const char *word)
{
	static const char *const wanted[] = {"kvm",	    "avicd.",	"iommu",    "amd_iommu",
					     "intel_iommu", "intremap", "nox2apic", "x2apic"};

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		if (startswith(word, wanted[i]))
			return true;
	return false;
}

static json_object *parameters_json(const char *cmdline)
{
	_cleanup_json_ json_object *list = json_object_new_array();
	const char *blanks = " \t\n";
	size_t words = 0;

	for (const char *s = cmdline + strspn(cmdline, blanks); list && *s && words < WORDS;) {
		size_t n = strcspn(s, blanks);

		if (is_wanted(s)) {
			if (push_text(list, s, n) < 0)
				return NULL;
			words++;
		}
		s += n;
		s += strspn(s, blanks);
	}
	return TAKE_PTR(list);
}

static json_object *kernel_json(const struct bundle *b)
{
	struct json_build k = json_build_begin();

	json_add_text(&k, "release", b->host->host->release);
	if (b->cmdline)
		json_add_object(&k, "parameters", parameters_json(b->cmdline));
	else
		json_add_null(&k, "parameters");
	return json_build_end(&k);
}

static void add_journal(struct json_build *j, const struct vm *vm)
{
	char s[128];

	if (vm->managed && uuid_is_valid(vm->domain.uuid))
		snprintf(s, sizeof(s), "journalctl -u avicd DOMAIN_UUID=%s", vm->domain.uuid);
	else
		snprintf(s, sizeof(s), "journalctl -b -u avicd AVICD_PID=%d", (int)vm->id.tgid);
	json_add_word(j, "journal", s);
}

json_object *bundle_json(const struct bundle *b)
{
	const struct verdict *v = &b->vm->verdict;
	struct json_build j = json_build_begin();
	char instance[BUNDLE_INSTANCE_MAX], at[32], reason[BIT_NAME_MAX], remedy[REPORT_REMEDY_MAX];

	json_add_word(&j, "schema", BUNDLE_SCHEMA);
	json_add_word(&j, "version", b->host->version);
	json_add_word(&j, "instance", bundle_instance(b->vm, instance));
	json_add_text(&j, "name", b->vm->domain.name);
	json_add_object(&j, "pid", json_object_new_int(b->vm->id.tgid));
	json_add_u64(&j, "process_start_ns", b->vm->id.start);
	json_add_text(&j, "boot_id", b->host->host->boot_id);
	json_add_word(&j, "begun_at", format_wall(b->begun_us, at));
	json_add_null(&j, "ended_at");
	json_add_null(&j, "lasted_seconds");
	json_add_null(&j, "end");
	json_add_text(&j, "sentence", b->sentence);
	json_add_word(&j, "cause", v->cause == CAUSE_NONE ? NULL : cause_to_string(v->cause));
	json_add_word(&j, "reason",
		      v->headline < 0 ? NULL : bit_name(&b->tracker->numbering, (unsigned)v->headline, reason));
	json_add_text(&j, "remedy", report_remedy(b->tracker, b->vm, remedy));
	if (b->stack)
		json_add_object(&j, "stack", stack_json(b->stack));
	else
		json_add_null(&j, "stack");
	json_add_object(&j, "kernel", kernel_json(b));
	add_journal(&j, b->vm);
	json_add_object(&j, "cut", json_object_new_array());
	json_add_object(&j, "vm", report_vm(b->tracker, b->vm, b->now));
	json_add_object(&j, "host", report_host_json(b->tracker, b->host, b->now));
	return json_build_end(&j);
}

/* Instead of the null that is there, or of an earlier end. */
static int replace(json_object *o, const char *key, json_object *v)
{
	if (v && json_object_object_add(o, key, v) == 0)
		return 0;
	json_object_put(v);
	return -ENOMEM;
}

int bundle_end(json_object *o, const struct bundle_ending *e)
{
	struct json_build end = json_build_begin(), times = json_build_begin();
	_cleanup_json_ json_object *how = NULL, *when = NULL;
	char at[32];

	json_add_word(&end, "event", e->event);
	json_add_text(&end, "sentence", e->sentence);
	json_add_word(&end, "condition", e->condition);
	how = json_build_end(&end);
	json_add_word(&times, "ended_at", format_wall(e->ended_us, at));
	json_add_seconds(&times, "lasted_seconds", e->lasted_ns);
	when = json_build_end(&times);
	if (!how || !when)
		return -ENOMEM;
	json_object_object_foreach(when, key, v) if (replace(o, key, json_object_get(v)) < 0) return -ENOMEM;
	return replace(o, "end", TAKE_PTR(how));
}

static const char *print(json_object *o, size_t *ret_len)
{
	return json_object_to_json_string_length(o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE, ret_len);
}

/* 1: it was there, and is null now. */
static int cut(json_object *o, const char *from, const char *key)
{
	json_object *of = o, *v, *list;
	char what[64];

	if ((from && !json_object_object_get_ex(o, from, &of)) || !json_object_is_type(of, json_type_object) ||
	    !json_object_object_get_ex(of, key, &v) || !v || !json_object_object_get_ex(o, "cut", &list) ||
	    !json_object_is_type(list, json_type_array))
		return 0;
	if (json_object_object_add(of, key, NULL) < 0)
		return -ENOMEM;
	snprintf(what, sizeof(what), "%s%s%s", from ? from : "", from ? "." : "", key);
	return json_push(list, json_object_new_string(what)) < 0 ? -ENOMEM : 1;
}

int bundle_text(json_object *o, char **ret, size_t *ret_len)
{
	/* first what others know as well, last what only this file has */
	static const struct {
		const char *from, *key;
	} parts[] = {
		{"host", "findings"}, {"host", "livepatch"}, {"vm", "reasons"},
		{NULL, "host"},	      {NULL, "stack"},	     {NULL, "vm"},
	};
	size_t next = 0, len;
	const char *s;
	char *text;
	int r;

	while ((s = print(o, &len)) && len + 1 > BUNDLE_MAX) {
		if (next == ARRAY_SIZE(parts))
			return -EFBIG;
		r = cut(o, parts[next].from, parts[next].key);
		if (r < 0)
			return r;
		next++;
	}
	text = s ? malloc(len + 2) : NULL;
	if (!text)
		return -ENOMEM;
	memcpy(text, s, len);
	memcpy(text + len, "\n", 2);
	*ret_len = len + 1;
	*ret = text;
	return 0;
}

static json_object *member(json_object *o, const char *key, json_type type)
{
	json_object *v;

	return json_object_object_get_ex(o, key, &v) && json_object_is_type(v, type) ? v : NULL;
}

static int read_head(json_object *o, struct bundle_head *ret)
{
	json_object *schema = member(o, "schema", json_type_string), *pid = member(o, "pid", json_type_int),
		    *start = member(o, "process_start_ns", json_type_int),
		    *boot = member(o, "boot_id", json_type_string), *cuts = member(o, "cut", json_type_array);

	if (!schema || !pid || !start || !boot || !cuts || !streq(json_object_get_string(schema), BUNDLE_SCHEMA) ||
	    json_object_get_int64(pid) <= 0 || json_object_get_int64(pid) > INT32_MAX)
		return -EBADMSG;
	*ret = (struct bundle_head){
		.id = {json_object_get_int(pid), json_object_get_uint64(start)},
		.ended = !json_object_object_get_ex(o, "ended_at", &schema) || schema,
	};
	snprintf(ret->boot_id, sizeof(ret->boot_id), "%s", json_object_get_string(boot));
	return 0;
}

int bundle_parse(const char *s, size_t len, struct bundle_head *head, json_object **ret)
{
	_cleanup_tokener_ json_tokener *tok = NULL;
	_cleanup_json_ json_object *o = NULL;
	int r;

	if (len > BUNDLE_MAX || memchr(s, '\0', len))
		return -EBADMSG;
	tok = json_tokener_new_ex(12);
	if (!tok)
		return -ENOMEM;
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	o = json_tokener_parse_ex(tok, s, (int)len + 1);
	if (!o || !json_object_is_type(o, json_type_object))
		return -EBADMSG;
	r = read_head(o, head);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(o);
	return 0;
}
