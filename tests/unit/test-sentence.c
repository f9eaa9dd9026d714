/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The line that an operator reads, its level, and the journal fields that go with it. */
#include "report-fixture.h"

#define ID REASON_APIC_ID_MODIFIED

static char *say(const struct tracker *t, const struct action *a)
{
	char *s = NULL;

	assert_int_equal(report_sentence(t, a, NOW, &s), 0);
	assert_non_null(s);
	assert_null(strpbrk(s, "\n\r\t\033"));
	assert_null(strstr(s, "(null)"));
	assert_true(*s && s[strlen(s) - 1] != '.' && s[strlen(s) - 1] != ' ');
	return s;
}

static void expect(const struct tracker *t, const struct action *a, const char *want)
{
	_cleanup_free_ char *s = say(t, a);

	assert_string_equal(s, want);
}

static void expect_part(const struct tracker *t, const struct action *a, const char *part)
{
	_cleanup_free_ char *s = say(t, a);

	if (!strstr(s, part))
		fail_msg("'%s' is not in '%s'", part, s);
}

static void expect_no_part(const struct tracker *t, const struct action *a, const char *part)
{
	_cleanup_free_ char *s = say(t, a);

	if (strstr(s, part))
		fail_msg("'%s' is in '%s'", part, s);
}

static void stuck_by_cause_and_kernel(void **state)
{
	static const struct {
		enum kernel_line line;
		enum cause cause;
		const char *tail;
	} rows[] = {
		{LINE_6_0, CAUSE_UNKNOWN, "cause unknown; remedy: migrate the VM or power-cycle it"},
		{LINE_6_0, CAUSE_KERNEL_BUG,
		 "cause kernel-bug; remedy: livepatch the host (avicctl fix deploy), then reset, migrate or power-cycle the VM"},
		{LINE_6_0, CAUSE_GUEST,
		 "cause guest; remedy: update the guest's kernel or firmware, which writes APIC ids, then power-cycle "
		 "it"},
		{LINE_6_17, CAUSE_GUEST,
		 "cause guest; remedy: let the guest put its APIC ids back or use x2APIC: then this kernel lifts the "
		 "inhibit"},
		{LINE_6_17, CAUSE_UNKNOWN, "cause unknown; remedy: migrate the VM or power-cycle it"},
	};
	char want[512];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct tracker t;
		struct vm vm;
		struct action a = {.event = EVENT_VM_STUCK, .vm = &vm};

		fixture_tracker(&t, rows[i].line);
		fixture_vm(&vm, 10147, "big");
		fixture_reason(&t, &vm, ID, AGO(123), CONDITION_STUCK, rows[i].cause);
		snprintf(want, sizeof(want),
			 "domain big (PID 10147): stuck: APIC_ID_MODIFIED set for 2min 3s, since boot 1; %s",
			 rows[i].tail);
		expect(&t, &a, want);
	}
}

static void stuck_since(void **state)
{
	struct tracker t;
	struct vm vm;
	struct action a = {.event = EVENT_VM_STUCK, .vm = &vm};
	unsigned bit;

	fixture_tracker(&t, LINE_6_0);
	bit = (unsigned)t.numbering.bit[ID];

	/* the reset's own writes come a moment before the reset is counted: same boot */
	fixture_vm(&vm, 1, "a");
	fixture_reason(&t, &vm, ID, vm.boot_at - 100 * NSEC_PER_MSEC, CONDITION_STUCK, CAUSE_UNKNOWN);
	expect_part(&t, &a, "set for 5min, since boot 1;");
	vm.reason[bit].since = AGO(400);
	vm.boots = 7;
	expect_part(&t, &a, "since before boot 7;");
	vm.reason[bit].since_exact = false;
	expect_part(&t, &a, "set for at least 6min 40s, from before it was watched;");
	/* a clock that went back is no reason for nonsense */
	vm.reason[bit].since = NOW + 5;
	expect_part(&t, &a, "set for at least 0");
}

static void stuck_beside_others(void **state)
{
	struct tracker t;
	struct vm vm;
	struct action a = {.event = EVENT_VM_STUCK, .vm = &vm};

	fixture_tracker(&t, LINE_6_0);
	fixture_vm(&vm, 10147, "big");
	fixture_reason(&t, &vm, ID, AGO(61), CONDITION_STUCK, CAUSE_KERNEL_BUG);
	fixture_reason(&t, &vm, REASON_IRQWIN, AGO(0), CONDITION_UNKNOWN, CAUSE_NONE);
	expect_no_part(&t, &a, "IRQWIN");
	fixture_reason(&t, &vm, REASON_PIT_REINJ, AGO(3600), CONDITION_UNKNOWN, CAUSE_VM_CONFIG);
	expect_part(&t, &a, ", beside PIT_REINJ; cause kernel-bug; remedy: livepatch the host ");
	expect_part(&t, &a, "; for PIT_REINJ: <timer name='pit' tickpolicy='discard'/>");
}

static void stuck_by_a_bit_without_a_name(void **state)
{
	struct tracker t;
	struct vm vm;
	struct action a = {.event = EVENT_VM_STUCK, .vm = &vm};

	fixture_tracker(&t, LINE_6_17);
	fixture_vm(&vm, 10147, NULL);
	vm.mask = BIT64(20);
	vm.reason[20] = (struct reason_stats){.since = AGO(90), .since_exact = true, .count = 1};
	vm.verdict = (struct verdict){.condition = CONDITION_STUCK, .cause = CAUSE_UNKNOWN, .headline = 20, .n = 1};
	vm.verdict.reasons[0] = (struct reason_verdict){20, REASON_UNKNOWN, CLASS_STICKY, CAUSE_UNKNOWN, 0};
	expect(&t, &a,
	       "VM 10147 (qemu-system-x86): stuck: BIT(20) set for 1min 30s, since boot 1; cause unknown; "
	       "remedy: migrate the VM or power-cycle it; this version of avicd does not know the reason");
}

static void configured(void **state)
{
	static const struct {
		enum reason reason;
		const char *part;
	} rows[] = {
		{REASON_PIT_REINJ,
		 "PIT_REINJ keeps AVIC inhibited (vm-config); remedy: <timer name='pit' tickpolicy='discard'/>"},
		{REASON_HYPERV, "HYPERV keeps AVIC inhibited (vm-config); remedy: <hyperv><avic state='on'/></hyperv>"},
		{REASON_ABSENT, "kernel_irqchip=off"},
		{REASON_PHYSICAL_ID_TOO_BIG, "fewer vCPUs"},
	};
	struct tracker t;
	struct vm vm;
	struct action a = {.event = EVENT_VM_CONFIGURED, .vm = &vm};

	fixture_tracker(&t, LINE_6_17);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		fixture_vm(&vm, 10147, "big");
		fixture_reason(&t, &vm, rows[i].reason, AGO(61), CONDITION_CONFIGURED, CAUSE_VM_CONFIG);
		expect_part(&t, &a, rows[i].part);
	}
	fixture_reason(&t, &vm, REASON_HYPERV, AGO(61), CONDITION_UNKNOWN, CAUSE_VM_CONFIG);
	expect_part(&t, &a, "HYPERV|PHYSICAL_ID_TOO_BIG keep AVIC inhibited");
	snprintf(t.host.vendor, sizeof(t.host.vendor), "intel");
	expect_part(&t, &a, "keep APICv inhibited");
}

static void lives_of_a_vm(void **state)
{
	struct tracker t;
	struct vm vm;
	struct action a = {.vm = &vm};

	fixture_tracker(&t, LINE_6_0);
	fixture_vm(&vm, 4711, NULL);
	vm.verdict.condition = CONDITION_SETTLING;
	a.event = EVENT_VM_APPEARED;
	expect(&t, &a, "VM 4711 (qemu-system-x86): watched from now on, mask none, condition settling");
	vm.mask_seen = false;
	vm.verdict.condition = CONDITION_UNKNOWN;
	vm.verdict.why = "its state was not seen yet";
	expect(&t, &a,
	       "VM 4711 (qemu-system-x86): watched from now on, mask not known yet, condition unknown "
	       "(its state was not seen yet)");

	fixture_vm(&vm, 10147, "big");
	a.event = EVENT_VM_REBOOT;
	vm.boots = 2;
	expect(&t, &a, "domain big (PID 10147): guest reset, boot 2 begins");
	vm.boots_exact = false;
	expect(&t, &a, "domain big (PID 10147): guest reset, boot 2 begins (counted since it is watched)");
	fixture_reason(&t, &vm, ID, AGO(500), CONDITION_UNKNOWN, CAUSE_UNKNOWN);
	expect_part(&t, &a, ", with APIC_ID_MODIFIED still set");

	a.event = EVENT_EPISODE_BEGIN;
	a.bit = (unsigned)t.numbering.bit[ID];
	vm.episodes = 3;
	expect(&t, &a, "domain big (PID 10147): episode 3 begins: APIC_ID_MODIFIED set, mask APIC_ID_MODIFIED");

	fixture_vm(&vm, 10147, "big");
	vm.episodes = 3;
	a = (struct action){.event = EVENT_EPISODE_END, .vm = &vm, .duration = 123 * NSEC_PER_SEC};
	expect(&t, &a, "domain big (PID 10147): episode 3 ended after 2min 3s, mask none");
	a.event = EVENT_VM_RECOVERED;
	a.old_condition = CONDITION_STUCK;
	expect(&t, &a, "domain big (PID 10147): recovered: was stuck for 2min 3s, is active now, mask none");
	a.event = EVENT_VM_CONDITION;
	a.old_condition = CONDITION_SETTLING;
	expect(&t, &a, "domain big (PID 10147): condition active (was settling)");
	a.event = EVENT_STORM_END;
	expect(&t, &a, "domain big (PID 10147): storm over after 2min 3s");
	a = (struct action){.event = EVENT_DOMAIN_RENAMED, .vm = &vm, .detail = "small"};
	expect(&t, &a, "domain big (PID 10147): renamed from small");
	a = (struct action){.event = EVENT_VM_GONE, .vm = &vm, .detail = "process ended"};
	expect(&t, &a, "domain big (PID 10147): gone: process ended; watched for 1h");
	vm.verdict.condition = CONDITION_STUCK;
	expect(&t, &a, "domain big (PID 10147): gone: process ended; watched for 1h, was stuck for 4min 30s");
	a = (struct action){.event = EVENT_VM_AMBIGUOUS, .vm = &vm};
	vm.n_kvms = 3;
	expect_part(&t, &a, ": 3 VMs in this one process");
}

static void found_in_a_bad_state(void **state)
{
	struct tracker t;
	struct vm vm;
	struct action a = {.event = EVENT_VM_APPEARED, .vm = &vm};

	fixture_tracker(&t, LINE_6_0);
	fixture_vm(&vm, 10147, "big");
	fixture_reason(&t, &vm, REASON_PIT_REINJ, AGO(1), CONDITION_CONFIGURED, CAUSE_VM_CONFIG);
	expect_part(&t, &a, "mask PIT_REINJ, condition configured; cause vm-config; remedy: <timer");
	assert_int_equal(report_level(&t, &a), LOG_NOTICE);
}

static void storms(void **state)
{
	struct tracker t;
	struct vm vm;
	struct action a = {.event = EVENT_STORM_BEGIN, .vm = &vm};

	fixture_tracker(&t, LINE_6_0);
	fixture_vm(&vm, 10147, "big");
	expect_part(&t, &a,
		    ": storm: the mask changes more than 100 times a second; remedy: none while the guest boots");
	fixture_reason(&t, &vm, ID, AGO(61), CONDITION_STUCK, CAUSE_KERNEL_BUG);
	expect_part(&t, &a, "a second, because APIC_ID_MODIFIED is set; remedy: livepatch the host");
}

static void of_the_host(void **state)
{
	struct tracker t;
	struct vm vm;
	struct action a = {.event = EVENT_HEALTH, .detail = "ok"};

	fixture_tracker(&t, LINE_6_0);
	fixture_vm(&vm, 10147, "big");
	vm.verdict.condition = CONDITION_STUCK;
	assert_int_equal(hash_put(&t.vms, 10147, &vm), 0);
	t.health = HEALTH_DEGRADED;
	expect_part(&t, &a, "host health degraded (was ok): 1 of 1 VM stuck: big; remedy: ");
	t.health = HEALTH_EXPOSED;
	expect_part(&t, &a, "the kernel has a bug and no patch; remedy: livepatch the host (avicctl fix deploy), or boot a fixed kernel");
	t.host.probe[PROBE_REBOOT].result = PROBE_VULNERABLE;
	expect_part(&t, &a, "the kernel has the reboot bug and no patch: a guest that reboots out of x2APIC mode is ");
	t.host.probe[PROBE_DISABLED].result = PROBE_VULNERABLE;
	expect_part(&t, &a, "the kernel has the reboot bug and 1 more, and no patch: a guest that reboots ");
	t.health = HEALTH_OFF;
	expect_part(&t, &a, "; remedy: write 'options kvm_amd avic=1'");
	snprintf(t.host.vendor, sizeof(t.host.vendor), "intel");
	expect_part(&t, &a, "'options kvm_intel enable_apicv=1'");
	expect_no_part(&t, &a, "avic=1'");
	t.host.vendor[0] = '\0';
	expect_part(&t, &a, "; remedy: load kvm_amd with avic=1");
	hash_done(&t.vms);

	a = (struct action){.event = EVENT_PROBED, .detail = "version 6.1.3 suggests: vulnerable"};
	t.host.probe[PROBE_DISABLED].result = PROBE_FIXED;
	snprintf(t.host.probe[PROBE_LARGE_ID].why, PROBE_WHY_MAX, "no such id");
	expect(&t, &a, "kernel probed; it has the reboot bug (a guest that reboots out of x2APIC mode is inhibited until its VM ends); "
		       "it does not have the bug of disabled APICs; not proved: the bug of large vCPU ids (no such id); "
		       "version 6.1.3 suggests: vulnerable; remedy: livepatch the host (avicctl fix deploy), or boot a fixed kernel");
	assert_int_equal(report_level(&t, &a), LOG_WARNING);
	t.host.probe[PROBE_REBOOT].result = PROBE_FIXED;
	a.detail = NULL;
	expect(&t, &a, "kernel probed; it does not have the reboot bug, the bug of disabled APICs; "
		       "not proved: the bug of large vCPU ids (no such id)");
	assert_int_equal(report_level(&t, &a), LOG_NOTICE);

	a = (struct action){.event = EVENT_TRACE_UP, .detail = "tracefs"};
	expect(&t, &a, "VMs are watched through trace source tracefs");
	t.watch_has_snapshot = false;
	expect_part(&t, &a, "VMs that run already are unknown");
	a = (struct action){.event = EVENT_TRACE_DOWN, .detail = "kvm is not loaded; load kvm_amd or kvm_intel."};
	expect_part(&t, &a, "no trace source: kvm is not loaded; load kvm_amd or kvm_intel; every VM is unknown");
	a = (struct action){.event = EVENT_TRACE_LOST, .detail = "17 records"};
	expect_part(&t, &a, "trace records were lost: 17 records;");
	a = (struct action){.event = EVENT_LIBVIRT_UP, .detail = "qemu:///system"};
	expect(&t, &a, "libvirt qemu:///system: connected");
	a = (struct action){.event = EVENT_LIBVIRT_DOWN, .detail = "qemu:///system: no such file"};
	expect_part(&t, &a, "libvirt qemu:///system: no such file; not connected");
	a = (struct action){.event = EVENT_CONFIG, .detail = "reloaded"};
	expect(&t, &a, "configuration: reloaded");
}

/* Whatever the action lacks, there is one clean line. */
static void each_event_has_a_line(void **state)
{
	struct tracker t;
	struct vm vm;

	fixture_tracker(&t, LINE_6_0);
	for (int e = EVENT_NONE + 1; e < _EVENT_MAX; e++) {
		const bool of_vm = e <= EVENT_DOMAIN_RENAMED;
		struct action a = {.event = (enum event_id)e, .vm = of_vm ? &vm : NULL};
		_cleanup_free_ char *s = NULL;

		fixture_vm(&vm, 10147, "big");
		s = say(&t, &a);
		assert_true(!of_vm || startswith(s, "domain big (PID 10147): "));
		assert_in_range(report_level(&t, &a), LOG_WARNING, LOG_INFO);
	}
	for (int c = 0; c < _CONDITION_MAX; c++) {
		struct action a = {.event = EVENT_VM_CONDITION, .vm = &vm};

		vm.verdict.condition = (enum condition)c;
		expect_part(&t, &a, condition_to_string((enum condition)c));
	}
}

static void nonsense_is_refused(void **state)
{
	struct tracker t;
	char *s = NULL;

	fixture_tracker(&t, LINE_6_0);
	assert_int_equal(report_sentence(&t, &(struct action){.event = EVENT_NONE}, NOW, &s), -EINVAL);
	assert_int_equal(report_sentence(&t, &(struct action){.event = _EVENT_MAX}, NOW, &s), -EINVAL);
	assert_int_equal(report_sentence(&t, &(struct action){.event = EVENT_VM_STUCK}, NOW, &s), -EINVAL);
	assert_null(s);
}

static void levels(void **state)
{
	struct tracker t;
	struct vm vm;

	fixture_tracker(&t, LINE_6_0);
	fixture_vm(&vm, 1, "a");
#define LEVEL(e) report_level(&t, &(struct action){.event = (e), .vm = &vm})
	assert_int_equal(LEVEL(EVENT_VM_STUCK), LOG_WARNING);
	assert_int_equal(LEVEL(EVENT_VM_CONFIGURED), LOG_NOTICE);
	assert_int_equal(LEVEL(EVENT_VM_RECOVERED), LOG_NOTICE);
	assert_int_equal(LEVEL(EVENT_STORM_BEGIN), LOG_WARNING);
	assert_int_equal(LEVEL(EVENT_VM_APPEARED), LOG_INFO);
	assert_int_equal(LEVEL(EVENT_VM_GONE), LOG_INFO);
	assert_int_equal(LEVEL(EVENT_VM_REBOOT), LOG_INFO);
	assert_int_equal(LEVEL(EVENT_TRACE_LOST), LOG_WARNING);
	assert_int_equal(LEVEL(EVENT_LIBVIRT_DOWN), LOG_WARNING);
	for (int h = 0; h < _HEALTH_MAX; h++) {
		t.health = (enum health)h;
		assert_int_equal(LEVEL(EVENT_HEALTH),
				 h == HEALTH_DEGRADED || h == HEALTH_EXPOSED ? LOG_WARNING : LOG_NOTICE);
	}
	/* a boot that begins with a stuck bit is worth a second look, one of a badly configured VM is not */
	fixture_reason(&t, &vm, REASON_PIT_REINJ, AGO(61), CONDITION_SETTLING, CAUSE_VM_CONFIG);
	assert_int_equal(LEVEL(EVENT_VM_REBOOT), LOG_INFO);
	fixture_reason(&t, &vm, ID, AGO(61), CONDITION_SETTLING, CAUSE_UNKNOWN);
	assert_int_equal(LEVEL(EVENT_VM_REBOOT), LOG_NOTICE);
	vm.announced = false;
	assert_int_equal(LEVEL(EVENT_VM_GONE), LOG_DEBUG);
#undef LEVEL
}

static void names_are_data(void **state)
{
	static const struct {
		const char *name, *label;
	} rows[] = {
		{"big", "domain big"},
		{"web-01.example_org@dc+2", "domain web-01.example_org@dc+2"},
		{"zw\xc3\xb6lf", "domain zw\xc3\xb6lf"},
		{"-x", "domain -x"},
		{"..", "domain .."},
		{"%s%n", "domain \"%s%n\""},
		{"$(id)", "domain \"$(id)\""},
		{"x (PID 1): recovered", "domain \"x (PID 1): recovered\""},
		{"a\"b", "domain \"a'b\""},
		{"a\nb\033[31m", "domain \"a?b?[31m\""},
	};
	char label[REPORT_LABEL_MAX];
	struct tracker t;
	struct vm vm;

	fixture_tracker(&t, LINE_6_0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct action a = {.event = EVENT_VM_REBOOT, .vm = &vm};

		fixture_vm(&vm, 10147, rows[i].name);
		assert_string_equal(report_vm_label(&vm, label), rows[i].label);
		expect_part(&t, &a, rows[i].label);
	}
	/* the longest name, all of it quotes */
	fixture_vm(&vm, INT32_MAX, "");
	memset(vm.domain.name, '"', sizeof(vm.domain.name) - 1);
	assert_int_equal(strlen(report_vm_label(&vm, label)), strlen("domain \"\"") + DOMAIN_NAME_MAX - 1);
	/* the kernel cuts names of processes at 15 bytes, in the middle of a character too */
	fixture_vm(&vm, 4711, NULL);
	memcpy(vm.comm, "fourteen-bytes\xc3", sizeof("fourteen-bytes\xc3"));
	assert_string_equal(report_vm_label(&vm, label), "VM 4711 (\"fourteen-bytes?\")");
	vm.comm[0] = '\0';
	assert_string_equal(report_vm_label(&vm, label), "VM 4711");
	/* of a domain whose name is not known yet, the UUID is */
	memcpy(vm.domain.uuid, UUID_BIG, sizeof(UUID_BIG));
	assert_string_equal(report_vm_label(&vm, label), "domain " UUID_BIG);
	expect_part(&t, &(struct action){.event = EVENT_CONFIG, .detail = "a\nb\tc"}, "a?b?c");
}

static const char *field(const struct log_field *f, size_t n, const char *name)
{
	const char *value = NULL;

	for (size_t i = 0; i < n; i++)
		if (streq(f[i].name, name)) {
			assert_null(value);
			value = f[i].value;
		}
	return value;
}

static void fields_of_a_vm(void **state)
{
	struct log_field f[REPORT_FIELDS_MAX];
	struct report_field_store store;
	struct tracker t;
	struct vm vm;
	struct action a = {.event = EVENT_VM_STUCK, .vm = &vm, .old_condition = CONDITION_ACTIVE};
	size_t n;

	fixture_tracker(&t, LINE_6_0);
	fixture_vm(&vm, 10147, "big");
	fixture_reason(&t, &vm, ID, AGO(61), CONDITION_STUCK, CAUSE_KERNEL_BUG);
	n = report_fields(&t, &a, NOW, f, ARRAY_SIZE(f), &store);
#define FIELD(name, value) assert_string_equal(field(f, n, name), value)
	FIELD("AVICD_EVENT", "vm-stuck");
	FIELD("DOMAIN_UUID", UUID_BIG);
	FIELD("DOMAIN_NAME", "big");
	FIELD("AVICD_PID", "10147");
	FIELD("AVICD_CONDITION", "stuck");
	FIELD("AVICD_OLD_CONDITION", "active");
	FIELD("AVICD_CAUSE", "kernel-bug");
	FIELD("AVICD_MASK", "0x10");
	FIELD("AVICD_MASK_NAMES", "APIC_ID_MODIFIED");
	FIELD("AVICD_REASON", "APIC_ID_MODIFIED");
	FIELD("AVICD_BOOT", "1");
	FIELD("AVICD_URI", "qemu:///system");
	FIELD("AVICD_REMEDY", "livepatch the host (avicctl fix deploy), then reset, migrate or power-cycle the VM");
	assert_null(field(f, n, "AVICD_DURATION_USEC"));
	assert_null(field(f, n, "AVICD_HEALTH"));

	a = (struct action){.event = EVENT_EPISODE_END, .vm = &vm, .duration = 1500000};
	n = report_fields(&t, &a, NOW, f, ARRAY_SIZE(f), &store);
	FIELD("AVICD_DURATION_USEC", "1500");
	assert_null(field(f, n, "AVICD_OLD_CONDITION"));
	assert_null(field(f, n, "AVICD_REASON"));
	/* fewer places than fields */
	assert_int_equal(report_fields(&t, &a, NOW, f, 3, &store), 3);
	/* nothing of a domain where there is none */
	fixture_vm(&vm, 4711, NULL);
	vm.mask_seen = false;
	n = report_fields(&t, &a, NOW, f, ARRAY_SIZE(f), &store);
	assert_null(field(f, n, "DOMAIN_UUID"));
	assert_null(field(f, n, "DOMAIN_NAME"));
	assert_null(field(f, n, "AVICD_MASK"));
	assert_null(field(f, n, "AVICD_URI"));
}

static void fields_of_the_host(void **state)
{
	struct log_field f[REPORT_FIELDS_MAX];
	struct report_field_store store;
	struct tracker t;
	struct action a = {.event = EVENT_LIBVIRT_DOWN, .detail = "qemu+unix:///system?x=y: refused: really"};
	char huge[4096];
	size_t n;

	fixture_tracker(&t, LINE_6_0);
	t.health = HEALTH_DEGRADED;
	n = report_fields(&t, &a, NOW, f, ARRAY_SIZE(f), &store);
	FIELD("AVICD_EVENT", "libvirt-down");
	FIELD("AVICD_HEALTH", "degraded");
	FIELD("AVICD_URI", "qemu+unix:///system?x=y");
	FIELD("AVICD_DETAIL", "qemu+unix:///system?x=y: refused: really");
	memset(huge, 'u', sizeof(huge) - 1);
	huge[sizeof(huge) - 1] = '\0';
	a.detail = huge;
	n = report_fields(&t, &a, NOW, f, ARRAY_SIZE(f), &store);
	assert_int_equal(strlen(field(f, n, "AVICD_URI")), sizeof(store.uri) - 1);
	a.detail = NULL;
	n = report_fields(&t, &a, NOW, f, ARRAY_SIZE(f), &store);
	assert_null(field(f, n, "AVICD_URI"));
	assert_int_equal(report_fields(&t, &(struct action){.event = EVENT_NONE}, NOW, f, 1, &store), 0);
#undef FIELD
}

/* A remedy for a VM that settles, is unknown or well would be premature. */
static void no_remedy_without_a_finding(void **state)
{
	char buf[REPORT_REMEDY_MAX];
	struct tracker t;
	struct vm vm;

	fixture_tracker(&t, LINE_6_0);
	for (int c = 0; c < _CONDITION_MAX; c++) {
		const bool finding = c == CONDITION_STUCK || c == CONDITION_CONFIGURED || c == CONDITION_OFF;

		fixture_vm(&vm, 1, "a");
		fixture_reason(&t, &vm, ID, AGO(61), CONDITION_STUCK, CAUSE_UNKNOWN);
		vm.verdict.condition = (enum condition)c;
		assert_int_equal(*report_remedy(&t, &vm, buf) != '\0', finding);
	}
	/* every reason at once is cut, not overrun */
	fixture_vm(&vm, 1, "a");
	for (int i = 0; i < 40; i++) {
		if ((size_t)i < ARRAY_SIZE(vm.verdict.reasons))
			vm.verdict.reasons[vm.verdict.n++] = (struct reason_verdict){(unsigned)i, REASON_PIT_REINJ,
										     CLASS_CONFIG, CAUSE_VM_CONFIG, 0};
	}
	vm.verdict.condition = CONDITION_CONFIGURED;
	assert_int_equal(strlen(report_remedy(&t, &vm, buf)), sizeof(buf) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stuck_by_cause_and_kernel),
		cmocka_unit_test(stuck_since),
		cmocka_unit_test(stuck_beside_others),
		cmocka_unit_test(stuck_by_a_bit_without_a_name),
		cmocka_unit_test(configured),
		cmocka_unit_test(lives_of_a_vm),
		cmocka_unit_test(found_in_a_bad_state),
		cmocka_unit_test(storms),
		cmocka_unit_test(of_the_host),
		cmocka_unit_test(each_event_has_a_line),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(levels),
		cmocka_unit_test(names_are_data),
		cmocka_unit_test(fields_of_a_vm),
		cmocka_unit_test(fields_of_the_host),
		cmocka_unit_test(no_remedy_without_a_finding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
