/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Host facts, from the system roots of tests/data/sysroot. */
#include "kernel-facts.h"

#include "avicd/capability.h"
#include "avicd/file.h"
#include "avicd/text.h"
#include "avicd/host.h"
#include "tmpdir.h"

static void test_hosts(void **state)
{
	static const struct {
		const char *root, *release, *build_id, *module, *vendor, *why;
		bool kvm, dev, btf, tracefs, event;
		enum tristate avic, x2avic;
		int max_id;
	} rows[] = {
		{ "zen4", "6.12.95+deb12-amd64", "0123456789abcdef0123456789abcdef01234567", "kvm_amd", "amd", "avic=Y",
		  true, true, true, true, true, TRI_YES, TRI_YES, 511 },
		{ "zen5", "7.3.4+deb13-amd64", "", "kvm_amd", "amd", "avic=Y",
		  true, true, true, false, true, TRI_YES, TRI_YES, -1 },
		{ "zen3", "6.17.13+deb13-amd64", "", "kvm_amd", "amd", "firmware",
		  true, true, false, true, true, TRI_NO, TRI_NO, 254 },
		{ "intel", "6.1.0-50-amd64", "", "kvm_intel", "intel", "enable_apicv=Y",
		  true, true, true, true, true, TRI_YES, TRI_NO, -1 },
		{ "nokvm", "6.6.15-1-default", "", "", "amd", "kvm is not loaded",
		  false, false, false, true, false, TRI_UNKNOWN, TRI_NO, 254 },
		{ "pvm", "6.18.44", "48dc540c8b76393804ca8088dbfa7d42911a9444", "kvm_pvm", "amd", "neither",
		  true, true, true, false, true, TRI_UNKNOWN, TRI_NO, 254 },
		{ "old", "5.15.0-91-generic", "", "kvm_amd", "amd", "avic=Y",
		  true, true, false, false, false, TRI_YES, TRI_NO, 254 },
		{ "nothing-here", "", "", "", "", "kvm is not loaded",
		  false, false, false, false, false, TRI_UNKNOWN, TRI_UNKNOWN, -1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct host h;

		use_sysroot(rows[i].root);
		memset(&h, 0x5a, sizeof(h));
		host_read(&h);
		assert_string_equal(h.release, rows[i].release);
		assert_int_equal(strlen(h.boot_id), *rows[i].release ? 36 : 0);
		assert_string_equal(h.kvm_build_id, rows[i].build_id);
		assert_string_equal(h.vendor_module, rows[i].module);
		assert_string_equal(h.core.vendor, rows[i].vendor);
		assert_non_null(strstr(h.avic_why, rows[i].why));
		assert_int_equal(h.kvm_loaded, rows[i].kvm);
		assert_int_equal(h.dev_kvm, rows[i].dev);
		assert_int_equal(h.has_btf, rows[i].btf);
		assert_int_equal(h.has_tracefs, rows[i].tracefs);
		assert_int_equal(h.has_event, rows[i].event);
		assert_int_equal(h.core.avic, rows[i].avic);
		assert_int_equal(h.core.probe[PROBE_REBOOT].result, PROBE_UNPROVABLE);
		assert_int_equal(h.x2avic, rows[i].x2avic);
		assert_int_equal(h.max_id, rows[i].max_id);
	}
	unsetenv("AVICD_SYSROOT");
}

static void put(const char *root, const char *patch, const char *file, const char *value)
{
	char path[PATH_SIZE + 64];
	FILE *f;

	snprintf(path, sizeof(path), "mkdir -p '%s/sys/kernel/livepatch/%s'", root, patch);
	assert_int_equal(system(path), 0);
	snprintf(path, sizeof(path), "%s/sys/kernel/livepatch/%s/%s", root, patch, file);
	f = fopen(path, "we");
	assert_non_null(f);
	fputs(value, f);
	assert_int_equal(fclose(f), 0);
}

static void test_livepatches(void **state)
{
	const char *root = *state;
	char buf[64], small[8];

	assert_int_equal(setenv("AVICD_SYSROOT", root, 1), 0);
	host_livepatches(buf, sizeof(buf));
	assert_string_equal(buf, "");
	put(root, "zeta", "enabled", "1\n");
	put(root, "zeta", "transition", "0\n");
	put(root, "avicd_livepatch", "enabled", "1\n");
	put(root, "avicd_livepatch", "transition", "1\n");
	put(root, "off", "enabled", "0\n");
	put(root, "off", "transition", "0\n");
	host_livepatches(buf, sizeof(buf));
	assert_string_equal(buf, "avicd_livepatch~ zeta");
	host_livepatches(small, sizeof(small));
	assert_string_equal(small, "zeta");
	/* on its way out: its functions are still there */
	put(root, "avicd_livepatch", "enabled", "0\n");
	host_livepatches(buf, sizeof(buf));
	assert_string_equal(buf, "avicd_livepatch~ zeta");
	put(root, "avicd_livepatch", "transition", "0\n");
	host_livepatches(buf, sizeof(buf));
	assert_string_equal(buf, "zeta");
	unsetenv("AVICD_SYSROOT");
}

/* What other processors say does not count, and is not read: the file of a large host has megabytes. */
static void test_first_processor(void **state)
{
	static const char first[] = "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 17\n"
				    "model name\t: vmx\nflags\t\t: avicx svm xavic x2avic hypervisor\n\n";
	static const char other[] =
		"vendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 1\nflags\t\t: vmx avic\n\n";
	_cleanup_free_ char *proc = tmpdir_path(*state, "proc"), *path = tmpdir_path(*state, "proc/cpuinfo");
	_cleanup_text_ struct text t = {0};
	struct capability c;

	text_add(&t, first);
	for (int i = 0; i < 1000; i++)
		text_add(&t, other);
	assert_int_equal(t.error, 0);
	assert_int_equal(mkdir_p(proc, 0755), 0);
	assert_int_equal(file_write_atomic(path, t.s, t.len, 0644, false), 0);
	setenv("AVICD_SYSROOT", *state, 1);
	capability_read(&c);
	unsetenv("AVICD_SYSROOT");
	assert_string_equal(c.host.core.vendor, "amd");
	assert_int_equal(c.family, 25);
	assert_int_equal(c.model, 17);
	assert_int_equal(c.svm, TRI_YES);
	assert_int_equal(c.vmx, TRI_NO);
	assert_int_equal(c.avic, TRI_NO);
	assert_int_equal(c.x2avic, TRI_YES);
	assert_int_equal(c.host.x2avic, TRI_YES);
	assert_int_equal(c.guest, TRI_YES);
}

/* This machine, whatever it is: nothing fails, and what is said agrees with itself. */
static void test_this_host(void **state)
{
	struct host h;

	host_read(&h);
	assert_true(*h.release);
	assert_non_null(h.avic_why);
	assert_true(h.kvm_loaded || h.core.avic == TRI_UNKNOWN);
	assert_true(h.max_id == -1 || h.max_id == 254 || h.max_id == 511 || h.max_id == 4095);
	assert_true(strlen(h.kvm_build_id) % 2 == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hosts),
		cmocka_unit_test_setup_teardown(test_livepatches, tmpdir_setup, tmpdir_teardown),
		cmocka_unit_test_setup_teardown(test_first_processor, tmpdir_setup, tmpdir_teardown),
		cmocka_unit_test(test_this_host),
	};

	return cmocka_run_group_tests_name("host", tests, NULL, NULL);
}
