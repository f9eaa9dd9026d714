/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The JSON documents, member by member, against their contract; and with every allocation failing once. */
#include <sys/stat.h>

#include "avicd/clock.h"
#include "avicd/file.h"
#include "report-fixture.h"

/* This program is linked with --wrap for these: the countdown makes one of them fail. 0: none fails. */
static unsigned fail_after;

#define FAILING(type, name, params, args, failure)   \
	type __real_##name params;                   \
	type __wrap_##name params;                   \
	type __wrap_##name params                    \
	{                                            \
		if (fail_after && --fail_after == 0) \
			return failure;              \
		return __real_##name args;           \
	}
FAILING(json_object *, json_object_new_object, (void), (), NULL)
FAILING(json_object *, json_object_new_array, (void), (), NULL)
FAILING(json_object *, json_object_new_string, (const char *s), (s), NULL)
FAILING(json_object *, json_object_new_uint64, (uint64_t v), (v), NULL)
FAILING(json_object *, json_object_new_int, (int32_t v), (v), NULL)
FAILING(json_object *, json_object_new_double, (double v), (v), NULL)
FAILING(json_object *, json_object_new_boolean, (json_bool v), (v), NULL)
FAILING(int, json_object_array_add, (json_object * o, json_object *v), (o, v), -1)
FAILING(int, json_object_object_add, (json_object * o, const char *k, json_object *v), (o, k, v), -1)
FAILING(int, json_object_object_add_ex, (json_object * o, const char *const k, json_object *const v, const unsigned f),
	(o, k, v, f), -1)

struct member {
	const char *key;
	json_type type;
	bool nullable;
};

/* Exactly these members, each of its type, or null where it may be. */
static void check_members(json_object *o, const struct member *m, size_t n)
{
	assert_non_null(o);
	for (size_t i = 0; i < n; i++) {
		json_object *v;

		if (!json_object_object_get_ex(o, m[i].key, &v))
			fail_msg("%s is missing", m[i].key);
		if (!v ? !m[i].nullable : json_object_get_type(v) != m[i].type)
			fail_msg("%s is %s", m[i].key, json_type_to_name(json_object_get_type(v)));
	}
	assert_int_equal(json_object_object_length(o), n);
}

static json_object *member(json_object *o, const char *key)
{
	json_object *v;

	if (!json_object_object_get_ex(o, key, &v))
		fail_msg("%s is missing", key);
	return v;
}

static const char *text_of(json_object *o, const char *key)
{
	return json_object_get_string(member(o, key));
}

static const struct member vm_members[] = {
	{"name", json_type_string, true},
	{"uuid", json_type_string, true},
	{"pid", json_type_int, false},
	{"comm", json_type_string, false},
	{"uri", json_type_string, true},
	{"managed", json_type_boolean, false},
	{"running", json_type_boolean, false},
	{"condition", json_type_string, false},
	{"condition_since", json_type_string, false},
	{"condition_seconds", json_type_double, false},
	{"cause", json_type_string, true},
	{"why", json_type_string, true},
	{"mask", json_type_int, false},
	{"mask_hex", json_type_string, false},
	{"mask_names", json_type_string, false},
	{"headline", json_type_string, true},
	{"remedies", json_type_array, false},
	{"reasons", json_type_array, false},
	{"boots", json_type_int, false},
	{"boots_exact", json_type_boolean, false},
	{"boot_since", json_type_string, true},
	{"episode_since", json_type_string, true},
	{"episodes", json_type_int, false},
	{"watched_seconds", json_type_double, false},
	{"inhibited_seconds", json_type_double, false},
	{"storm", json_type_boolean, false},
	{"storms", json_type_int, false},
	{"events", json_type_int, false},
	{"changes", json_type_int, false},
	{"ambiguous", json_type_boolean, false},
	{"kvms", json_type_int, false},
	{"vcpus_created", json_type_int, true},
	{"seen_since", json_type_string, false},
	{"created_at", json_type_string, true},
};

static const struct member reason_members[] = {
	{"name", json_type_string, false},	   {"bit", json_type_int, false},
	{"set", json_type_boolean, false},	   {"class", json_type_string, false},
	{"cause", json_type_string, true},	   {"since", json_type_string, true},
	{"since_exact", json_type_boolean, false}, {"seconds", json_type_double, false},
	{"count", json_type_int, false},	   {"inhibited_seconds", json_type_double, false},
	{"remedies", json_type_array, false},	   {"remedy", json_type_string, false},
	{"lifetime", json_type_string, false},
};

static const struct report_libvirt libvirts[] = {
	{"qemu:///system", true, NULL},
	{"qemu:///se\xffssion", false, "refused\n"},
};
static const struct trace_stats stats = {.events = 100, .lost = 2, .wakeups = 7};
static char none[] = "none", modprobe[] = "modprobe kvm_amd";
static struct finding two[] = {
	{.id = "iommu", .check = "for an IOMMU", .grade = GRADE_PASS},
	{.id = "kvm", .check = "for KVM", .grade = GRADE_FAIL, .why = none, .remedy = modprobe},
};
static const struct findings checks = {.list = two, .n = ARRAY_SIZE(two)};
static struct host host;
static struct report_host report_host;

static int setup(void **state)
{
	host = (struct host){
		.release = "6.1.0-50-amd64",
		.boot_id = BOOT_ID,
		.kvm_build_id = "00112233445566778899aabbccddeeff00112233",
		.x2avic = TRI_NO,
		.max_id = 254,
		.core = {.avic = TRI_YES, .vendor = "amd"},
		.avic_why = "kvm_amd has avic=Y",
	};
	report_host = (struct report_host){
		.checks = &checks,
		.libvirt = libvirts,
		.n_libvirt = ARRAY_SIZE(libvirts),
		.host = &host,
		.trace_source = "bpf",
		.stats = &stats,
		.version = "0.1.0",
		.resync_interval = 60 * NSEC_PER_SEC,
	};
	return 0;
}

static void a_vm(void **state)
{
	_cleanup_json_ json_object *o = NULL;
	json_object *reasons, *r;
	struct tracker t;
	char since[32];
	struct vm vm;

	fixture_tracker(&t, LINE_6_0);
	fixture_vm(&vm, 10147, "big");
	vm.created_vcpus = 512;
	fixture_reason(&t, &vm, REASON_APIC_ID_MODIFIED, AGO(123), CONDITION_STUCK, CAUSE_KERNEL_BUG);
	/* was set twice for 3 s in all, is not now */
	vm.reason[t.numbering.bit[REASON_IRQWIN]] = (struct reason_stats){.count = 2, .total = 3 * NSEC_PER_SEC};
	o = report_vm(&t, &vm, NOW);
	check_members(o, vm_members, ARRAY_SIZE(vm_members));
	assert_string_equal(text_of(o, "name"), "big");
	assert_string_equal(text_of(o, "uuid"), UUID_BIG);
	assert_int_equal(json_object_get_int(member(o, "pid")), 10147);
	assert_string_equal(text_of(o, "condition"), "stuck");
	assert_string_equal(text_of(o, "condition_since"), format_wall(wall_of(AGO(270)), since));
	assert_string_equal(json_object_to_json_string(member(o, "condition_seconds")), "270.000");
	assert_string_equal(text_of(o, "cause"), "kernel-bug");
	assert_int_equal(json_object_get_int(member(o, "mask")), 0x10);
	assert_string_equal(text_of(o, "mask_hex"), "0x10");
	assert_string_equal(text_of(o, "mask_names"), "APIC_ID_MODIFIED");
	assert_string_equal(text_of(o, "headline"), "APIC_ID_MODIFIED");
	assert_int_equal(json_object_get_int(member(o, "vcpus_created")), 512);
	assert_null(member(o, "episode_since"));

	reasons = member(o, "reasons");
	assert_int_equal(json_object_array_length(reasons), 2);
	r = json_object_array_get_idx(reasons, 0);
	check_members(r, reason_members, ARRAY_SIZE(reason_members));
	assert_string_equal(text_of(r, "name"), "APIC_ID_MODIFIED");
	assert_int_equal(json_object_get_int(member(r, "bit")), 4);
	assert_true(json_object_get_boolean(member(r, "set")));
	assert_string_equal(text_of(r, "class"), "sticky");
	assert_string_equal(text_of(r, "cause"), "kernel-bug");
	assert_string_equal(text_of(r, "since"), format_wall(wall_of(AGO(123)), since));
	assert_string_equal(json_object_to_json_string(member(r, "seconds")), "123.000");
	assert_string_equal(json_object_to_json_string(member(r, "inhibited_seconds")), "123.000");
	assert_string_equal(text_of(r, "remedy"), "livepatch the host (avicctl fix deploy), then reset, migrate or power-cycle the VM");
	r = json_object_array_get_idx(reasons, 1);
	check_members(r, reason_members, ARRAY_SIZE(reason_members));
	assert_string_equal(text_of(r, "name"), "IRQWIN");
	assert_false(json_object_get_boolean(member(r, "set")));
	assert_null(member(r, "cause"));
	assert_null(member(r, "since"));
	assert_string_equal(json_object_to_json_string(member(r, "seconds")), "0.000");
	assert_string_equal(json_object_to_json_string(member(r, "inhibited_seconds")), "3.000");
}

static void a_vm_of_which_little_is_known(void **state)
{
	_cleanup_json_ json_object *o = NULL;
	struct tracker t;
	struct vm vm;

	fixture_tracker(&t, LINE_6_17);
	fixture_vm(&vm, 4711, NULL);
	vm.mask_seen = vm.known = false;
	vm.boot_at = vm.created_at = vm.condition_at = 0;
	memset(vm.comm, 0xff, sizeof(vm.comm) - 1);
	vm.verdict.condition = CONDITION_UNKNOWN;
	vm.verdict.why = "its state was not seen yet";
	o = report_vm(&t, &vm, NOW);
	check_members(o, vm_members, ARRAY_SIZE(vm_members));
	assert_null(member(o, "name"));
	assert_null(member(o, "uuid"));
	assert_null(member(o, "uri"));
	assert_null(member(o, "cause"));
	assert_null(member(o, "headline"));
	assert_null(member(o, "boot_since"));
	assert_null(member(o, "created_at"));
	assert_null(member(o, "vcpus_created"));
	assert_string_equal(text_of(o, "mask_names"), "unknown");
	assert_string_equal(text_of(o, "why"), "its state was not seen yet");
}

/* Bits that have no name and no statistics. */
static void high_bits(void **state)
{
	_cleanup_json_ json_object *o = NULL;
	struct tracker t;
	struct vm vm;

	fixture_tracker(&t, LINE_6_17);
	fixture_vm(&vm, 4711, NULL);
	vm.mask = BIT64(63) | BIT64(20);
	vm.reason[20].count = 1;
	o = report_vm(&t, &vm, NOW);
	assert_string_equal(text_of(o, "mask_hex"), "0x8000000000100000");
	assert_string_equal(json_object_to_json_string(member(o, "mask")), "9223372036855824384");
	assert_int_equal(json_object_array_length(member(o, "reasons")), 1);
	check_members(json_object_array_get_idx(member(o, "reasons"), 0), reason_members, ARRAY_SIZE(reason_members));
}

static struct vm *add_vms(struct tracker *t, size_t n)
{
	struct vm *vms = calloc(n, sizeof(*vms));
	char name[32];

	assert_non_null(vms);
	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "vm%04zu", i);
		fixture_vm(&vms[i], (int32_t)(1000 + i), name);
		assert_int_equal(hash_put(&t->vms, 1000 + i, &vms[i]), 0);
	}
	return vms;
}

/* What another program reads from the file must be the document that was made, in one line. */
static json_object *write_and_parse(json_object *o)
{
	char dir[] = "/tmp/avicd-report.XXXXXX", path[64];
	_cleanup_free_ char *text = NULL;
	json_tokener *tok = json_tokener_new();
	json_object *parsed;
	struct stat st;
	size_t len;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/state.json", dir);
	assert_int_equal(report_write(path, o), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(file_read(path, 64 << 20, &text, &len), 0);
	assert_ptr_equal(strchr(text, '\n'), text + len - 1);
	assert_null(strstr(text, "\\/"));
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	parsed = json_tokener_parse_ex(tok, text, (int)len);
	assert_non_null(parsed);
	json_tokener_free(tok);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
	return parsed;
}

static const struct member avic_members[] = {
	{"effective", json_type_boolean, true}, {"why", json_type_string, false},
	{"x2avic", json_type_boolean, true},	{"max_id", json_type_int, true},
	{"vendor", json_type_string, false},
};

static void state_of_many(void **state)
{
	static const struct member members[] = {
		{"schema", json_type_string, false},	 {"written_at", json_type_string, false},
		{"boot_id", json_type_string, false},	 {"kernel_release", json_type_string, false},
		{"version", json_type_string, false},	 {"health", json_type_string, false},
		{"health_why", json_type_string, false}, {"trace_source", json_type_string, false},
		{"trace_why", json_type_string, true},	 {"numbering", json_type_object, false},
		{"avic", json_type_object, false},	 {"events", json_type_object, false},
		{"libvirt", json_type_array, false},	 {"counts", json_type_object, false},
		{"checks", json_type_object, false},	 {"resync_interval", json_type_double, false},
		{"vms", json_type_array, false},
	};
	_cleanup_json_ json_object *o = NULL, *read = NULL;
	struct tracker t;
	struct vm *vms;
	json_object *v;

	fixture_tracker(&t, LINE_6_0);
	vms = add_vms(&t, 1000);
	fixture_reason(&t, &vms[7], REASON_APIC_ID_MODIFIED, AGO(100), CONDITION_STUCK, CAUSE_UNKNOWN);
	memcpy(vms[8].domain.name, "\xff\xfe\"\\</script>\n", sizeof("\xff\xfe\"\\</script>\n"));
	t.health = HEALTH_DEGRADED;
	o = report_state(&t, &report_host, NOW);
	assert_non_null(o);
	read = write_and_parse(o);
	check_members(read, members, ARRAY_SIZE(members));
	assert_string_equal(text_of(read, "schema"), "avicd/1");
	assert_string_equal(text_of(read, "boot_id"), BOOT_ID);
	assert_string_equal(text_of(read, "health"), "degraded");
	assert_string_equal(text_of(read, "health_why"), "1 of 1000 VMs stuck: vm0007");
	check_members(member(read, "avic"), avic_members, ARRAY_SIZE(avic_members));
	v = member(member(read, "numbering"), "names");
	assert_string_equal(text_of(v, "4"), "APIC_ID_MODIFIED");
	assert_string_equal(text_of(v, "7"), "IRQWIN");
	v = member(read, "counts");
	assert_int_equal(json_object_object_length(v), _CONDITION_MAX);
	assert_int_equal(json_object_get_int(member(v, "stuck")), 1);
	assert_int_equal(json_object_get_int(member(v, "active")), 999);
	assert_int_equal(json_object_get_int(member(v, "unknown")), 0);
	v = member(read, "events");
	assert_int_equal(json_object_get_int(member(v, "seen")), 100);
	assert_int_equal(json_object_get_int(member(v, "lost")), 2);
	assert_int_equal(json_object_get_int(member(v, "wakeups")), 7);
	v = json_object_array_get_idx(member(read, "libvirt"), 1);
	assert_string_equal(text_of(v, "uri"), "qemu:///se?ssion");
	assert_string_equal(text_of(v, "why"), "refused?");
	assert_string_equal(json_object_to_json_string(member(read, "resync_interval")), "60.000");
	v = member(read, "vms");
	assert_int_equal(json_object_array_length(v), 1000);
	for (size_t i = 0; i < 1000; i++)
		check_members(json_object_array_get_idx(v, i), vm_members, ARRAY_SIZE(vm_members));
	hash_done(&t.vms);
	free(vms);
}

static void state_of_nothing(void **state)
{
	_cleanup_json_ json_object *o = NULL;
	struct tracker t;

	fixture_tracker(&t, LINE_NONE);
	t.watching = false;
	t.health = HEALTH_UNKNOWN;
	host = (struct host){.x2avic = TRI_UNKNOWN, .max_id = -1, .core.avic = TRI_UNKNOWN};
	report_host = (struct report_host){.host = &host,
					   .trace_source = "none",
					   .trace_why = "kvm is not loaded.",
					   .checks = &(struct findings){0}};
	o = report_state(&t, &report_host, NOW);
	assert_null(member(o, "boot_id"));
	assert_null(member(o, "version"));
	assert_null(member(member(o, "avic"), "effective"));
	assert_null(member(member(o, "avic"), "max_id"));
	assert_string_equal(text_of(o, "health_why"), "no trace source: kvm is not loaded");
	assert_string_equal(text_of(o, "trace_why"), "kvm is not loaded.");
}

static void host_file(void **state)
{
	static const struct member members[] = {
		{"schema", json_type_string, false},	   {"written_at", json_type_string, false},
		{"boot_id", json_type_string, false},	   {"kernel_release", json_type_string, false},
		{"kvm_build_id", json_type_string, false}, {"version", json_type_string, false},
		{"avic", json_type_object, false},	   {"probe", json_type_object, false},
		{"livepatch", json_type_object, false},	   {"checks", json_type_object, false},
		{"findings", json_type_array, false},	   {"health", json_type_string, false},
		{"health_why", json_type_string, false},   {"resync_interval", json_type_double, false},
	};
	_cleanup_json_ json_object *o = NULL, *read = NULL;
	struct tracker t;
	json_object *bug;

	fixture_tracker(&t, LINE_6_0);
	o = report_host_json(&t, &report_host, NOW);
	read = write_and_parse(o);
	check_members(read, members, ARRAY_SIZE(members));
	check_members(member(read, "avic"), avic_members, ARRAY_SIZE(avic_members));
	bug = member(member(read, "probe"), "reboot");
	assert_string_equal(text_of(bug, "result"), "unprovable");
	assert_non_null(member(bug, "why"));
	assert_null(member(bug, "at"));
	assert_string_equal(text_of(member(member(read, "probe"), "large-id"), "result"), "unprovable");
	json_object_put(read);
	json_object_put(o);
	t.host.probe[PROBE_DISABLED] =
		(struct probe_answer){.result = PROBE_VULNERABLE, .why = "seen", .at = 1700000000000000};
	o = report_host_json(&t, &report_host, NOW);
	read = write_and_parse(o);
	bug = member(member(read, "probe"), "disabled");
	assert_string_equal(text_of(bug, "result"), "vulnerable");
	assert_string_equal(text_of(bug, "why"), "seen");
	assert_string_equal(text_of(bug, "at"), "2023-11-14T22:13:20Z");
	assert_string_equal(text_of(member(read, "livepatch"), "state"), "none");
	assert_int_equal(json_object_get_int(member(member(read, "checks"), "PASS")), 1);
	assert_int_equal(json_object_get_int(member(member(read, "checks"), "FAIL")), 1);
	assert_int_equal(json_object_array_length(member(read, "findings")), 1);
	bug = json_object_array_get_idx(member(read, "findings"), 0);
	assert_string_equal(text_of(bug, "id"), "kvm");
	assert_string_equal(text_of(bug, "remedy"), "modprobe kvm_amd");
	assert_null(member(member(read, "livepatch"), "id"));
}

static void actions(void **state)
{
	static const struct member members[] = {
		{"event", json_type_string, false},	   {"at", json_type_string, false},
		{"sentence", json_type_string, false},	   {"vm", json_type_object, true},
		{"old_condition", json_type_string, true}, {"duration_seconds", json_type_double, true},
		{"reason", json_type_string, true},
	};
	static const struct member brief[] = {
		{"name", json_type_string, true},	 {"uuid", json_type_string, true},
		{"pid", json_type_int, false},		 {"condition", json_type_string, false},
		{"cause", json_type_string, true},	 {"mask_hex", json_type_string, false},
		{"mask_names", json_type_string, false}, {"boots", json_type_int, false},
	};
	struct tracker t;
	struct vm vm;

	fixture_tracker(&t, LINE_6_0);
	fixture_vm(&vm, 10147, "big");
	fixture_reason(&t, &vm, REASON_APIC_ID_MODIFIED, AGO(100), CONDITION_STUCK, CAUSE_UNKNOWN);
	for (int e = EVENT_NONE + 1; e < _EVENT_MAX; e++) {
		const bool of_vm = e <= EVENT_DOMAIN_RENAMED;
		struct action a = {.event = (enum event_id)e, .vm = of_vm ? &vm : NULL, .duration = 1500000000};
		_cleanup_json_ json_object *o = report_action(&t, &a, "a sentence", NOW);

		a.bit = 4;
		check_members(o, members, ARRAY_SIZE(members));
		assert_string_equal(text_of(o, "event"), event_desc(a.event)->word);
		assert_int_equal(member(o, "vm") != NULL, of_vm);
		if (of_vm)
			check_members(member(o, "vm"), brief, ARRAY_SIZE(brief));
		assert_int_equal(member(o, "old_condition") != NULL, e == EVENT_VM_STUCK || e == EVENT_VM_CONFIGURED ||
									     e == EVENT_VM_RECOVERED ||
									     e == EVENT_VM_CONDITION);
		if (e == EVENT_EPISODE_END || e == EVENT_STORM_END || e == EVENT_VM_RECOVERED)
			assert_string_equal(json_object_to_json_string(member(o, "duration_seconds")), "1.500");
		else
			assert_null(member(o, "duration_seconds"));
		if (e == EVENT_VM_STUCK)
			assert_string_equal(text_of(o, "reason"), "APIC_ID_MODIFIED");
	}
}

static void why_of_health(void **state)
{
	char why[REPORT_WHY_MAX], small[40];
	struct tracker t;
	struct vm *vms;

	fixture_tracker(&t, LINE_6_0);
#define WHY(h, text) assert_string_equal(report_health_why(&t, (h), why, sizeof(why)), text)
	WHY(NULL, "0 VMs watched, none stuck; whether the kernel has the reboot bug is not proved");
	t.host.probe[PROBE_REBOOT].result = PROBE_FIXED;
	WHY(NULL, "0 VMs watched, none stuck");
	t.health = HEALTH_UNKNOWN;
	WHY(NULL, "no VM was looked at yet");
	t.host.avic = TRI_UNKNOWN;
	WHY(&report_host, "kvm_amd has avic=Y");
	WHY(NULL, "it cannot be read whether AVIC is in use");
	t.watching = false;
	WHY(NULL, "no trace source");
	report_host.trace_why = "no kvm.";
	WHY(&report_host, "no trace source: no kvm");
	t.watching = true;
	t.host.avic = TRI_NO;
	t.health = HEALTH_OFF;
	WHY(NULL, "AVIC is not in use on this host");
	WHY(&report_host, "kvm_amd has avic=Y");
	t.health = HEALTH_EXPOSED;
	WHY(NULL, "the kernel has a bug and no patch");
	t.host.probe[PROBE_REBOOT].result = PROBE_VULNERABLE;
	WHY(NULL, "the kernel has the reboot bug and no patch: a guest that reboots out of x2APIC mode is inhibited "
		  "until its VM ends");

	vms = add_vms(&t, 512);
	t.health = HEALTH_OK;
	WHY(NULL, "512 VMs watched, none stuck");
	t.health = HEALTH_DEGRADED;
	WHY(NULL, "a VM is stuck");
	vms[3].verdict.condition = vms[100].verdict.condition = CONDITION_STUCK;
	memset(&vms[100].domain, 0, sizeof(vms[100].domain));
	WHY(NULL, "2 of 512 VMs stuck: vm0003, VM 1100");
	for (size_t i = 3; i < 12; i++)
		vms[i].verdict.condition = CONDITION_STUCK;
	memcpy(vms[100].domain.name, "a b", sizeof("a b"));
	WHY(NULL, "10 of 512 VMs stuck: \"a b\", vm0003, vm0004, vm0005, vm0006 and 5 more");
	for (size_t i = 0; i < 512; i++)
		vms[i].verdict.condition = CONDITION_UNKNOWN;
	t.health = HEALTH_UNKNOWN;
	WHY(NULL, "512 of 512 VMs not known: \"a b\", vm0000, vm0001, vm0002, vm0003 and 507 more");
#undef WHY
	/* names as long as names can be: as many as fit, never a part of one */
	for (size_t i = 0; i < 512; i++)
		memset(vms[i].domain.name, 'n', sizeof(vms[i].domain.name) - 1);
	report_health_why(&t, NULL, why, sizeof(why));
	assert_non_null(strstr(why, " and 511 more"));
	for (size_t size = 1; size <= sizeof(small); size++)
		assert_true(strlen(report_health_why(&t, NULL, small, size)) < size);
	hash_done(&t.vms);
	free(vms);
}

/* Whichever allocation fails: no document, no crash, and the leak checkers find nothing. */
static void no_memory(void **state)
{
	struct tracker t;
	struct vm *vms;
	unsigned n;

	fixture_tracker(&t, LINE_6_0);
	vms = add_vms(&t, 2);
	fixture_reason(&t, &vms[0], REASON_APIC_ID_MODIFIED, AGO(100), CONDITION_STUCK, CAUSE_UNKNOWN);
	for (unsigned what = 0; what < 3; what++) {
		struct action a = {.event = EVENT_VM_STUCK, .vm = &vms[0]};
		json_object *o = NULL;

		for (n = 1; !o; n++) {
			fail_after = n;
			o = what == 0	? report_state(&t, &report_host, NOW)
			    : what == 1 ? report_host_json(&t, &report_host, NOW)
					: report_action(&t, &a, "a sentence", NOW);
			/* made in full although a failure was due: that one would have been lost */
			assert_int_equal(o != NULL, fail_after != 0);
		}
		fail_after = 0;
		assert_true(n > 10);
		json_object_put(o);
	}
	assert_int_equal(report_write("/nonexistent/x", NULL), -ENOMEM);
	hash_done(&t.vms);
	free(vms);
}

static void cannot_write(void **state)
{
	_cleanup_json_ json_object *o = json_object_new_object();

	assert_int_equal(report_write("/nonexistent/state.json", o), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_vm, setup),
		cmocka_unit_test_setup(a_vm_of_which_little_is_known, setup),
		cmocka_unit_test_setup(high_bits, setup),
		cmocka_unit_test_setup(state_of_many, setup),
		cmocka_unit_test_setup(state_of_nothing, setup),
		cmocka_unit_test_setup(host_file, setup),
		cmocka_unit_test_setup(actions, setup),
		cmocka_unit_test_setup(why_of_health, setup),
		cmocka_unit_test_setup(no_memory, setup),
		cmocka_unit_test_setup(cannot_write, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
