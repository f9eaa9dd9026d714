/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reports: their names, what is in them, that they are bounded whatever they are made of, and that only what is ours is read again. */
#include "avicd/bundle.h"
#include "avicd/text.h"
#include "report-fixture.h"

static struct host host = {.release = "6.1.0-50-amd64", .boot_id = BOOT_ID, .core = {.avic = TRI_YES, .vendor = "amd"}};
static const struct findings no_checks;
static struct report_host report_host = {
	.host = &host, .checks = &no_checks, .trace_source = "bpf", .version = "0.1.0"};

static json_object *at(json_object *o, const char *key)
{
	json_object *v;

	if (!json_object_object_get_ex(o, key, &v))
		fail_msg("%s is missing", key);
	return v;
}

static const char *text_at(json_object *o, const char *key)
{
	return json_object_get_string(at(o, key));
}

static json_object *make(struct tracker *t, struct vm *vm, const char *stack, const char *cmdline)
{
	json_object *o;

	fixture_reason(t, vm, REASON_APIC_ID_MODIFIED, AGO(123), CONDITION_STUCK, CAUSE_KERNEL_BUG);
	o = bundle_json(&(struct bundle){
		.tracker = t,
		.vm = vm,
		.host = &report_host,
		.sentence = "domain big (PID 10147): stuck",
		.stack = stack,
		.cmdline = cmdline,
		.now = NOW,
		.begun_us = 1795348984000000, /* 2026-11-22T12:03:04Z */
	});
	assert_non_null(o);
	return o;
}

/* ---- names ---- */

static void instances(void **state)
{
	static const struct {
		const char *uuid;
		bool managed;
		const char *instance;
	} rows[] = {
		{UUID_BIG, true, UUID_BIG},
		{"6BA7B810-9DAD-11D1-80B4-00C04FD430C8", true, UUID_BIG},
		/* its command line says so, and nobody else */
		{UUID_BIG, false, "pid-4711"},
		{"", true, "pid-4711"},
		{"../../../../etc/passwd", true, "pid-4711"},
		{"6ba7b810-9dad-11d1-80b4-00c04fd430c/", true, "pid-4711"},
	};
	char buf[BUNDLE_INSTANCE_MAX];
	struct vm vm;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		fixture_vm(&vm, 4711, "../x");
		vm.managed = rows[i].managed;
		snprintf(vm.domain.uuid, sizeof(vm.domain.uuid), "%s", rows[i].uuid);
		assert_string_equal(bundle_instance(&vm, buf), rows[i].instance);
	}
}

static void names(void **state)
{
	static const char *const others[] = {
		"",
		".",
		"..",
		".json",
		"-2026-11-22T12:03:04Z.json",
		"x-2026-11-22T12:03:04Z.json",
		"../x-2026-11-22T12:03:04Z.json",
		"pid--2026-11-22T12:03:04Z.json",
		"pid-1x-2026-11-22T12:03:04Z.json",
		"pid-12345678901-2026-11-22T12:03:04Z.json",
		"pid-4711-2026-11-22T12:03:04Z",
		"pid-4711-2026-11-22T12:03:04Z.jso",
		"pid-4711-2026-11-22 12:03:04Z.json",
		"pid-4711-2026-13-22T12:03:04Z.json",
		"pid-4711-2026-02-31T12:03:04Z.json",
		"pid-4711-1969-11-22T12:03:04Z.json",
		"pid-4711.json",
		".pid-4711-2026-11-22T12:03:04Z.json.AbCdEf",
	};
	char name[BUNDLE_NAME_MAX], link[BUNDLE_NAME_MAX], instance[BUNDLE_INSTANCE_MAX];
	uint64_t us;

	assert_string_equal(bundle_name(UUID_BIG, 1795348984999999, name), UUID_BIG "-2026-11-22T12:03:04Z.json");
	assert_int_equal(bundle_name_parse(name, instance, &us), 0);
	assert_string_equal(instance, UUID_BIG);
	assert_int_equal(us, 1795348984000000);
	assert_string_equal(bundle_link(instance, link), UUID_BIG ".json");
	assert_int_equal(bundle_link_parse(link, instance), 0);
	assert_string_equal(instance, UUID_BIG);
	assert_int_equal(bundle_link_parse(name, instance), -EINVAL);
	assert_int_equal(bundle_name_parse(bundle_name("pid-4711", UINT64_MAX, name), instance, &us), 0);
	assert_string_equal(instance, "pid-4711");
	assert_int_equal(bundle_link_parse("../x.json", instance), -EINVAL);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (bundle_name_parse(others[i], NULL, NULL) != -EINVAL)
			fail_msg("\"%s\" is taken for a report", others[i]);
}

/* ---- over ---- */

static void over(void **state)
{
	static const struct {
		enum condition condition;
		bool sticky, over;
	} rows[] = {
		{CONDITION_STUCK, true, false},	     {CONDITION_UNKNOWN, false, false},
		{CONDITION_SETTLING, false, false},  {CONDITION_TRANSIENT, true, false},
		{CONDITION_TRANSIENT, false, true},  {CONDITION_CONFIGURED, true, false},
		{CONDITION_CONFIGURED, false, true}, {CONDITION_ACTIVE, false, true},
		{CONDITION_OFF, false, false},
	};
	struct tracker t;
	struct vm vm;

	fixture_tracker(&t, LINE_6_0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		fixture_vm(&vm, 1, "big");
		fixture_reason(&t, &vm, rows[i].sticky ? REASON_APIC_ID_MODIFIED : REASON_IRQWIN, AGO(1),
			       CONDITION_UNKNOWN, CAUSE_UNKNOWN);
		vm.verdict.condition = rows[i].condition;
		assert_int_equal(bundle_over(&vm), rows[i].over);
	}
}

/* ---- what is in it ---- */

static void a_report(void **state)
{
	_cleanup_json_ json_object *o = NULL, *again = NULL;
	_cleanup_free_ char *text = NULL;
	struct bundle_head head;
	struct tracker t;
	struct vm vm;
	json_object *v;
	size_t len;

	fixture_tracker(&t, LINE_6_0);
	fixture_vm(&vm, 10147, "big");
	o = make(&t, &vm, "kvm_set_or_clear_apicv_inhibit+0x1/0x2 [kvm]\nkvm_vcpu_ioctl+0x3/0x4 [kvm]\n",
		 "BOOT_IMAGE=/vmlinuz root=secret kvm_amd.avic=1  amd_iommu=on quiet kvm.x=1\n");
	assert_string_equal(text_at(o, "schema"), "avicd-report/1");
	assert_string_equal(text_at(o, "instance"), UUID_BIG);
	assert_string_equal(text_at(o, "name"), "big");
	assert_string_equal(text_at(o, "begun_at"), "2026-11-22T12:03:04Z");
	assert_null(at(o, "ended_at"));
	assert_null(at(o, "lasted_seconds"));
	assert_null(at(o, "end"));
	assert_string_equal(text_at(o, "sentence"), "domain big (PID 10147): stuck");
	assert_string_equal(text_at(o, "cause"), "kernel-bug");
	assert_string_equal(text_at(o, "reason"), "APIC_ID_MODIFIED");
	assert_non_null(strstr(text_at(o, "remedy"), "livepatch the host"));
	assert_int_equal(json_object_array_length(at(o, "stack")), 2);
	assert_string_equal(json_object_get_string(json_object_array_get_idx(at(o, "stack"), 1)),
			    "kvm_vcpu_ioctl+0x3/0x4 [kvm]");
	v = at(o, "kernel");
	assert_string_equal(text_at(v, "release"), "6.1.0-50-amd64");
	assert_string_equal(json_object_to_json_string_ext(at(v, "parameters"), JSON_C_TO_STRING_PLAIN),
			    "[\"kvm_amd.avic=1\",\"amd_iommu=on\",\"kvm.x=1\"]");
	assert_string_equal(text_at(o, "journal"), "journalctl -u avicd DOMAIN_UUID=" UUID_BIG);
	assert_string_equal(text_at(at(o, "vm"), "condition"), "stuck");
	assert_string_equal(text_at(at(o, "host"), "boot_id"), BOOT_ID);
	assert_int_equal(bundle_text(o, &text, &len), 0);
	assert_int_equal(json_object_array_length(at(o, "cut")), 0);
	assert_int_equal(bundle_parse(text, len, &head, &again), 0);
	assert_false(head.ended);
	assert_true(vm_id_equal(&head.id, &vm.id));
	assert_string_equal(head.boot_id, BOOT_ID);

	assert_int_equal(bundle_end(again, &(struct bundle_ending){.event = "vm-recovered",
								   .sentence = "recovered",
								   .condition = "active",
								   .ended_us = 1795348990000000,
								   .lasted_ns = 6 * NSEC_PER_SEC}),
			 0);
	assert_string_equal(text_at(again, "ended_at"), "2026-11-22T12:03:10Z");
	assert_string_equal(json_object_to_json_string(at(again, "lasted_seconds")), "6.000");
	assert_string_equal(text_at(at(again, "end"), "event"), "vm-recovered");
	free_p(&text);
	json_p(&o);
	assert_int_equal(bundle_text(again, &text, &len), 0);
	assert_int_equal(bundle_parse(text, len, &head, &o), 0);
	assert_true(head.ended);
}

/* A VM of which nothing is known, on a host of which nothing is. */
static void little_is_known(void **state)
{
	_cleanup_json_ json_object *o = NULL;
	struct tracker t;
	struct vm vm;

	fixture_tracker(&t, LINE_6_17);
	fixture_vm(&vm, 4711, NULL);
	o = make(&t, &vm, NULL, NULL);
	assert_string_equal(text_at(o, "instance"), "pid-4711");
	assert_null(at(o, "name"));
	assert_null(at(o, "stack"));
	assert_null(at(at(o, "kernel"), "parameters"));
	assert_string_equal(text_at(o, "journal"), "journalctl -b -u avicd AVICD_PID=4711");
}

/* ---- bounds ---- */

static void hostile_and_bounded(void **state)
{
	static char why[1000], word[400];
	struct finding many[100];
	struct findings checks = {.list = many, .n = ARRAY_SIZE(many)};
	struct report_host full = report_host;
	_cleanup_json_ json_object *o = NULL, *again = NULL;
	_cleanup_text_ struct text stack = {0}, cmdline = {0};
	_cleanup_free_ char *text = NULL;
	struct bundle_head head;
	struct tracker t;
	struct vm vm;
	size_t len;

	memset(why, 'w', sizeof(why) - 1);
	memset(word, '\xff', sizeof(word) - 1);
	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = (struct finding){.id = "x", .check = "y", .grade = GRADE_FAIL, .why = why, .remedy = why};
	for (int i = 0; i < 1000; i++) {
		text_addf(&stack, "\x01%s\n", word);
		text_addf(&cmdline, "kvm%s ", word);
	}
	fixture_tracker(&t, LINE_6_0);
	fixture_vm(&vm, 4711, "../x");
	memcpy(vm.domain.name, "\xff\xfe\"\\</script>\n", sizeof("\xff\xfe\"\\</script>\n"));
	memset(vm.domain.uri, '"', sizeof(vm.domain.uri) - 1);
	vm.mask = UINT64_MAX;
	for (unsigned i = 0; i < REASON_BITS; i++)
		vm.reason[i].count = UINT64_MAX;
	full.checks = &checks;
	vm.verdict.headline = 4;
	vm.verdict.condition = CONDITION_STUCK;
	o = bundle_json(&(struct bundle){.tracker = &t,
					 .vm = &vm,
					 .host = &full,
					 .sentence = stack.s,
					 .stack = stack.s,
					 .cmdline = cmdline.s,
					 .now = NOW,
					 .begun_us = 1});
	assert_non_null(o);
	assert_int_equal(json_object_array_length(at(o, "stack")), 64);
	assert_int_equal(json_object_array_length(at(at(o, "kernel"), "parameters")), 32);
	assert_int_equal(bundle_text(o, &text, &len), 0);
	assert_true(len <= BUNDLE_MAX);
	assert_true(text_is_utf8(text, len));
	assert_string_equal(json_object_get_string(json_object_array_get_idx(at(o, "cut"), 0)), "host.findings");
	assert_null(at(at(o, "host"), "findings"));
	assert_int_equal(bundle_parse(text, len, &head, &again), 0);
	assert_string_equal(text_at(again, "name"), "\?\?\"\\</script>?");
	/* what does not fit however much is taken out */
	json_object_object_add(o, "cut", json_object_new_array());
	for (size_t i = 0; i < 100; i++)
		json_object_array_add(at(o, "cut"), json_object_new_string(why));
	free_p(&text);
	text = NULL;
	assert_int_equal(bundle_text(o, &text, &len), -EFBIG);
	assert_null(text);
}

#define HEAD "{\"schema\":\"avicd-report/1\",\"boot_id\":\"b\",\"cut\":[],"

static void not_ours(void **state)
{
	static const char *const texts[] = {
		"",
		"[]",
		"{}",
		"{\"schema\":\"avicd/1\",\"pid\":1,\"process_start_ns\":1,\"boot_id\":\"\",\"cut\":[]}",
		HEAD "\"pid\":0,\"process_start_ns\":1}",
		HEAD "\"pid\":4294967297,\"process_start_ns\":1}",
		HEAD "\"pid\":\"1\",\"process_start_ns\":1}",
		HEAD "\"pid\":1}",
		HEAD "\"pid\":1,\"process_start_ns\":1",
		HEAD "\"pid\":1,\"process_start_ns\":1,\"x\":\"\xff\"}",
		HEAD "\"pid\":1,\"process_start_ns\":1,\"x\":[[[[[[[[[[[[[[]]]]]]]]]]]]]]}",
	};
	struct bundle_head head;
	json_object *o = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (bundle_parse(texts[i], strlen(texts[i]), &head, &o) != -EBADMSG)
			fail_msg("believed: %s", texts[i]);
	assert_int_equal(bundle_parse(HEAD "\"pid\":1,\"process_start_ns\":1}\0x",
				      sizeof(HEAD "\"pid\":1,\"process_start_ns\":1}\0x"), &head, &o),
			 -EBADMSG);
	assert_int_equal(bundle_parse(HEAD "\"pid\":1,\"process_start_ns\":1,\"ended_at\":null}",
				      strlen(HEAD "\"pid\":1,\"process_start_ns\":1,\"ended_at\":null}"), &head, &o),
			 0);
	assert_false(head.ended);
	json_object_put(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(instances), cmocka_unit_test(names),		cmocka_unit_test(over),
		cmocka_unit_test(a_report),  cmocka_unit_test(little_is_known), cmocka_unit_test(hostile_and_bounded),
		cmocka_unit_test(not_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
