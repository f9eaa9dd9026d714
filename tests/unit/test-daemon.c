/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parts of the daemon that need no kernel and no bus: the domain index, and which uevents matter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "daemon/index.h"
#include "daemon/manager.h"

/* uevents.c calls it; no test here gets so far */
void manager_kvm_changed(struct manager *m)
{
	fail();
}

#define UUID_A "aaaaaaaa-0000-4000-8000-000000000001"
#define UUID_B "aaaaaaaa-0000-4000-8000-000000000002"

static void put(struct hash *index, const char *uuid, const char *uri, const char *name, bool running)
{
	struct domain d = { .running = running, .active = true };

	snprintf(d.uuid, sizeof(d.uuid), "%s", uuid);
	snprintf(d.uri, sizeof(d.uri), "%s", uri);
	snprintf(d.name, sizeof(d.name), "%s", name);
	assert_int_equal(index_put(index, &d), 0);
}

static void index_finds_by_uuid_and_uri(void **state)
{
	struct hash index = {};

	put(&index, UUID_A, "qemu:///system", "a", true);
	put(&index, UUID_B, "qemu:///system", "b", true);
	assert_string_equal(index_get(&index, UUID_A, "qemu:///system")->domain.name, "a");
	assert_null(index_get(&index, UUID_A, "qemu:///session"));
	assert_null(index_best(&index, ""));
	put(&index, UUID_A, "qemu:///system", "renamed", true);
	assert_int_equal(index.n, 2);
	assert_string_equal(index_best(&index, UUID_A)->domain.name, "renamed");
	index_remove(&index, UUID_A, "qemu:///session");
	assert_non_null(index_best(&index, UUID_A));
	index_remove(&index, UUID_A, "qemu:///system");
	index_remove(&index, UUID_A, "qemu:///system");
	assert_null(index_best(&index, UUID_A));
	assert_int_equal(index.n, 1);
	index_done(&index);
}

static void index_prefers_the_one_that_runs(void **state)
{
	struct hash index = {};

	put(&index, UUID_A, "qemu:///system", "paused", false);
	put(&index, UUID_A, "qemu:///session", "runs", true);
	assert_string_equal(index_best(&index, UUID_A)->domain.name, "runs");
	index_forget(&index, "qemu:///session");
	assert_string_equal(index_best(&index, UUID_A)->domain.name, "paused");
	index_done(&index);
}

static void index_sweeps_what_was_not_named(void **state)
{
	struct hash index = {};
	char uuid[DOMAIN_UUID_MAX];

	for (unsigned i = 0; i < 1000; i++) {
		snprintf(uuid, sizeof(uuid), "aaaaaaaa-0000-4000-8000-%012x", i);
		put(&index, uuid, "qemu:///system", "x", true);
	}
	put(&index, UUID_A, "qemu:///session", "other", true);
	index_sweep(&index, "qemu:///system");
	assert_int_equal(index.n, 1000);
	/* named again: every third */
	for (unsigned i = 0; i < 1000; i += 3) {
		snprintf(uuid, sizeof(uuid), "aaaaaaaa-0000-4000-8000-%012x", i);
		put(&index, uuid, "qemu:///system", "x", true);
	}
	index_sweep(&index, "qemu:///system");
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(uuid, sizeof(uuid), "aaaaaaaa-0000-4000-8000-%012x", i);
		assert_int_equal(index_get(&index, uuid, "qemu:///system") != NULL, i % 3 == 0);
	}
	assert_non_null(index_get(&index, UUID_A, "qemu:///session"));
	index_sweep(&index, "qemu:///system");
	assert_int_equal(index.n, 1);
	index_done(&index);
}

/* As the kernel sends them: a header, then variables, each with its NUL. */
static const struct {
	const char *buf;
	size_t len;
	bool kvm;
} uevents[] = {
#define UEVENT(s, kvm) { s, sizeof(s), kvm }
	UEVENT("add@/module/kvm\0ACTION=add\0DEVPATH=/module/kvm\0SUBSYSTEM=module\0SEQNUM=1", true),
	UEVENT("add@/module/kvm_amd\0ACTION=add\0DEVPATH=/module/kvm_amd\0SUBSYSTEM=module\0SEQNUM=2", true),
	UEVENT("remove@/module/kvm_intel\0ACTION=remove\0DEVPATH=/module/kvm_intel\0SUBSYSTEM=module\0SEQNUM=3", true),
	UEVENT("remove@/module/kvm\0ACTION=remove\0DEVPATH=/module/kvm\0SUBSYSTEM=module\0SEQNUM=4", true),
	UEVENT("change@/devices/virtual/misc/kvm\0ACTION=change\0DEVPATH=/devices/virtual/misc/kvm\0EVENT=create\0PID=1", false),
	UEVENT("add@/module/nf_tables\0ACTION=add\0DEVPATH=/module/nf_tables\0SUBSYSTEM=module\0SEQNUM=5", false),
	UEVENT("remove@/module/nf_tables\0ACTION=remove\0DEVPATH=/module/nf_tables\0SUBSYSTEM=module\0SEQNUM=6", false),
	UEVENT("add@/devices/pci0000:00\0ACTION=add\0DEVPATH=/devices/pci0000:00\0SUBSYSTEM=pci\0SEQNUM=7", false),
	UEVENT("add@/x\0ACTION=add", false),
	{ "add", 3, false },
	{ "", 1, false },
};

static void uevents_are_told_apart(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(uevents); i++)
		assert_int_equal(uevent_is_kvm(uevents[i].buf, uevents[i].len), uevents[i].kvm);
	/* cut off in the middle of the variable that tells: not believed */
	assert_false(uevent_is_kvm("add@/module/kvm\0ACTION=add\0DEVPATH=/module/kvm", 42));
}

static void kernel_drops_what_is_not_for_us(void **state)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, fds), 0);
	assert_int_equal(uevents_filter(fds[1]), 0);
	for (size_t i = 0; i < ARRAY_SIZE(uevents); i++) {
		char buf[256];
		ssize_t n;

		send(fds[0], uevents[i].buf, uevents[i].len, 0);
		n = recv(fds[1], buf, sizeof(buf), MSG_DONTWAIT);
		assert_int_equal(n >= 0 ? (size_t)n : 0, uevents[i].kvm ? uevents[i].len : 0);
	}
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(index_finds_by_uuid_and_uri),   cmocka_unit_test(index_prefers_the_one_that_runs),
		cmocka_unit_test(index_sweeps_what_was_not_named), cmocka_unit_test(uevents_are_told_apart),
		cmocka_unit_test(kernel_drops_what_is_not_for_us),
	};

	return cmocka_run_group_tests_name("daemon", tests, NULL, NULL);
}
