/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The livepatch: what the kernel says, kill switches, each refusal, and the table of outcomes. */
#include "livepatch-fixture.h"

#define ETC SYSCONFDIR "/avicd"

static void outcomes(void **state)
{
	for (unsigned o = 0; o < _OUTCOME_MAX; o++) {
		const struct outcome_info *info = outcome_info((enum livepatch_outcome)o);

		assert_true(info->word && info->text && *info->text);
		assert_int_equal(outcome_from_status(info->status), o);
		assert_int_equal(outcome_from_word(info->word), o);
		assert_int_not_equal(info->status, 2);
		assert_int_equal(info->error == NULL, o == OUTCOME_DONE);
	}
	assert_int_equal(outcome_from_status(2), OUTCOME_FAILED);
	assert_int_equal(outcome_from_status(139), OUTCOME_FAILED);
	assert_int_equal(outcome_from_word("wrong"), -EINVAL);
	assert_string_equal(outcome_info((enum livepatch_outcome)99)->word, "failed");
}

static void look(void **state)
{
	struct livepatch_state s;

	livepatch_look(&s);
	assert_string_equal(s.release, RELEASE);
	assert_string_equal(s.boot_id, BOOT);
	assert_string_equal(s.kvm_build_id, BUILD_ID);
	assert_true(s.has_livepatch && s.kvm_loaded && s.kvm_module == TRI_YES);
	assert_int_equal(s.function, TRI_YES);
	assert_true(s.vcpu_offset > 0 && s.regs_offset > 0);
	assert_false(s.patch.loaded || s.patch.patched || s.patch.enabled || s.patch.transition || s.heal_now);
	assert_false(s.lockdown || s.sig_enforce || s.modules_disabled || s.ftrace_disabled);
	assert_string_equal(s.patch.other, "");
	assert_int_equal(s.off, SWITCH_NONE);

	put("/sys/module/avicd_livepatch/parameters/heal_tgid", "");
	put("/sys/kernel/livepatch/avicd_livepatch/enabled", "1\n");
	put("/sys/kernel/livepatch/avicd_livepatch/transition", "1\n");
	put("/sys/kernel/livepatch/vendor/transition", "1\n");
	livepatch_look(&s);
	assert_true(s.patch.loaded && s.patch.patched && s.patch.enabled && s.patch.transition && s.heal_now);
	assert_string_equal(s.patch.other, "vendor");
}

/* A machine on which nothing can be read. */
static void look_at_nothing(void **state)
{
	struct livepatch_state s;

	setenv("AVICD_SYSROOT", "/nonexistent", 1);
	livepatch_look(&s);
	setenv("AVICD_SYSROOT", *state, 1);
	assert_int_equal(s.function, TRI_UNKNOWN);
	assert_int_equal(s.kvm_module, TRI_UNKNOWN);
	assert_int_equal(s.vcpu_offset, -1);
	assert_false(s.has_livepatch || s.kvm_loaded || s.patch.loaded);
}

static void function(void **state)
{
	static const struct {
		const char *kallsyms;
		enum tristate want;
	} rows[] = {
		{"", TRI_UNKNOWN},
		{"0 t " LIVEPATCH_FUNCTION "\n", TRI_UNKNOWN},
		{"0 t other\t[kvm]\n", TRI_NO},
		{"0 t " LIVEPATCH_FUNCTION ".isra.0\t[kvm]\n", TRI_NO},
		{"0 t x" LIVEPATCH_FUNCTION "\t[kvm]\n", TRI_NO},
		{"0 t " LIVEPATCH_FUNCTION "\t[kvm]\n0 t " LIVEPATCH_FUNCTION "\t[kvm]\n", TRI_NO},
		{"0 t " LIVEPATCH_FUNCTION "\t[kvm]", TRI_YES},
		{"\t[kvm]\n \t[kvm]\n0 \t[kvm]\n0 t\t[kvm]\n", TRI_NO},
	};
	struct livepatch_state s;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		put("/proc/kallsyms", rows[i].kallsyms);
		livepatch_look(&s);
		assert_int_equal(s.function, rows[i].want);
	}
}

static void switches(void **state)
{
	static const struct {
		const char *path, *text;
		enum livepatch_switch want;
	} rows[] = {
		{ETC "/avicd.conf", "[avicd]\nlivepatch = no\n", SWITCH_CONFIG},
		{ETC "/avicd.conf", "[avicd]\nlivepatch = maybe\n", SWITCH_CONFIG},
		{ETC "/avicd.conf", "[avicd]\nlivepatch =\n", SWITCH_CONFIG},
		{ETC "/avicd.conf", "[avicd]\nlivepatch = yes\nunknown = 1\n[other]\nlivepatch = no\n", SWITCH_NONE},
		{ETC "/avicd.conf", "[avicd]\nsettle = 3\n", SWITCH_NONE},
		{ETC "/avicd.conf.d/10.conf", "[avicd]\nlivepatch = off\n", SWITCH_CONFIG},
		/* which cannot be read as a file */
		{ETC "/avicd.conf/x", "", SWITCH_CONFIG},
		{ETC "/livepatch.disabled", "", SWITCH_FILE},
		{ETC "/livepatch.disabled/x", "", SWITCH_FILE},
		{"/proc/cmdline", "root=x avicd.livepatch=0\n", SWITCH_CMDLINE},
		{"/proc/cmdline", "avicd.livepatch=0 avicd.livepatch=1\n", SWITCH_NONE},
		{"/proc/cmdline", "avicd.livepatch=no", SWITCH_CMDLINE},
		{"/proc/cmdline", "avicd.livepatch=", SWITCH_CMDLINE},
		{"/proc/cmdline", "xavicd.livepatch=0 avicd.livepatch\n", SWITCH_NONE},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		put(rows[i].path, rows[i].text);
		assert_int_equal(livepatch_switch(), rows[i].want);
		assert_int_equal(*livepatch_switch_says(rows[i].want) == '\0', rows[i].want == SWITCH_NONE);
		drop(rows[i].path);
		drop(ETC "/avicd.conf");
		drop(ETC "/livepatch.disabled");
	}
	assert_int_equal(livepatch_switch(), SWITCH_NONE);
}

static void settings(void **state)
{
	_cleanup_free_ char *file = NULL, *want = tmpdir_path(*state, &(ETC "/livepatch.disabled")[1]), *own = NULL;

	assert_int_equal(livepatch_deadline(), 30 * NSEC_PER_SEC);
	put(ETC "/avicd.conf", "[avicd]\nlivepatch_deadline = 2min\n");
	assert_int_equal(livepatch_deadline(), 120 * NSEC_PER_SEC);
	put(ETC "/avicd.conf", "[avicd]\nlivepatch_deadline = 1h\n");
	assert_int_equal(livepatch_deadline(), 30 * NSEC_PER_SEC);
	assert_int_equal(livepatch_switch(), SWITCH_NONE);
	assert_int_equal(livepatch_disabled_file(&file), 0);
	assert_string_equal(file, want);
	setenv("CONFIGURATION_DIRECTORY", "/elsewhere:/x", 1);
	assert_int_equal(livepatch_disabled_file(&own), 0);
	unsetenv("CONFIGURATION_DIRECTORY");
	assert_string_equal(own, "/elsewhere/livepatch.disabled");
}

/* Each row is one thing that is otherwise than on the machine of the fixture. */
static void refusals(void **state)
{
	static const struct {
		const char *path, *text; /* NULL: the file is not there */
		enum livepatch_outcome want;
		const char *says;
	} rows[] = {
		{"/proc/cmdline", "avicd.livepatch=0", OUTCOME_SWITCHED_OFF, "command line"},
		{"/sys/module/kvm/initstate", NULL, OUTCOME_NO_PATCH, "built into"},
		{"/proc/kallsyms", "0 t other\t[kvm]\n", OUTCOME_NO_PATCH, "inlined"},
		{"/sys/kernel/btf/kvm", NULL, OUTCOME_NO_PATCH, "BTF"},
		{"/proc/sys/kernel/modules_disabled", "1\n", OUTCOME_LOCKDOWN, "modules_disabled"},
		{"/proc/sys/kernel/ftrace_enabled", "0\n", OUTCOME_FAILED, "sysctl kernel.ftrace_enabled=1"},
		{MODULE, NULL, OUTCOME_NO_PATCH, "avicctl fix build"},
		{MODULE, "no module", OUTCOME_FAILED, "no kernel module"},
		{"/proc/sys/kernel/osrelease", "6.1.0-2-amd64\n", OUTCOME_NO_PATCH,
		 "built for kernel \"" RELEASE "\", and this is 6.1.0-2-amd64"},
		{"/proc/sys/kernel/osrelease", "6.1.0-1-amd6\n", OUTCOME_NO_PATCH, "built for kernel"},
		{"/sys/kernel/security/lockdown", "none [integrity] confidentiality\n", OUTCOME_LOCKDOWN, "(lockdown)"},
		{"/sys/module/module/parameters/sig_enforce", "Y\n", OUTCOME_LOCKDOWN, "(module.sig_enforce)"},
		/* what cannot be seen is left to the kernel */
		{"/proc/kallsyms", NULL, OUTCOME_DONE, ""},
		{"/sys/kernel/security/lockdown", NULL, OUTCOME_DONE, ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(livepatch_module_done) struct livepatch_module m = {0};
		struct livepatch_state s;
		char why[LIVEPATCH_WHY_MAX];
		void *machine;
		int r;

		assert_int_equal(machine_setup(&machine), 0);
		put_good_module();
		if (rows[i].text)
			put(rows[i].path, rows[i].text);
		else
			drop(rows[i].path);
		livepatch_look(&s);
		r = livepatch_find_module(&s, &m);
		assert_int_equal(livepatch_allowed(&s, r == 0 ? &m : NULL, r, why), rows[i].want);
		assert_non_null(strstr(why, rows[i].says));
		assert_int_equal(*why == '\0', rows[i].want == OUTCOME_DONE);
		assert_null(strchr(why, '\n'));
		assert_int_equal(machine_teardown(&machine), 0);
		setenv("AVICD_SYSROOT", *state, 1);
	}
}

static void refusals_of_state(void **state)
{
	struct livepatch_module m = {.path = (char *)"m",
				     .name = (char *)LIVEPATCH_NAME,
				     .vermagic = (char *)RELEASE " SMP"};
	struct livepatch_state good, s;
	char why[LIVEPATCH_WHY_MAX];

	livepatch_look(&good);
	assert_int_equal(livepatch_allowed(&good, &m, 0, why), OUTCOME_DONE);
	s = good;
	s.has_livepatch = false;
	assert_int_equal(livepatch_allowed(&s, &m, 0, why), OUTCOME_NO_PATCH);
	assert_non_null(strstr(why, "CONFIG_LIVEPATCH"));
	assert_non_null(strstr(why, "Ksplice"));
	s = good;
	s.kvm_loaded = false;
	s.kvm_module = TRI_UNKNOWN;
	assert_int_equal(livepatch_allowed(&s, &m, 0, why), OUTCOME_NO_PATCH);
	assert_int_equal(livepatch_allowed(&good, NULL, -EPERM, why), OUTCOME_FAILED);
	assert_non_null(strstr(why, "others than root"));
	assert_int_equal(livepatch_allowed(&good, NULL, -EIO, why), OUTCOME_FAILED);
	assert_non_null(strstr(why, strerror(EIO)));
	m.name = (char *)"vendor_patch";
	assert_int_equal(livepatch_allowed(&good, &m, 0, why), OUTCOME_FAILED);
	assert_non_null(strstr(why, "vendor_patch"));
	m.name = (char *)"";
	assert_int_equal(livepatch_allowed(&good, &m, 0, why), OUTCOME_FAILED);
	m.name = (char *)LIVEPATCH_NAME;
	m.is_signed = true;
	s = good;
	s.lockdown = s.sig_enforce = true;
	assert_int_equal(livepatch_allowed(&s, &m, 0, why), OUTCOME_DONE);
	m.vermagic = (char *)"";
	assert_int_equal(livepatch_allowed(&good, &m, 0, why), OUTCOME_NO_PATCH);
	/* What is loaded already needs no file; but a kill switch holds. */
	s = good;
	s.patch.loaded = s.patch.patched = true;
	assert_int_equal(livepatch_allowed(&s, NULL, -ENOENT, why), OUTCOME_DONE);
	s.off = SWITCH_FILE;
	assert_int_equal(livepatch_allowed(&s, NULL, -ENOENT, why), OUTCOME_SWITCHED_OFF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outcomes),
		cmocka_unit_test_setup_teardown(look, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(look_at_nothing, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(function, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(switches, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(settings, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(refusals, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(refusals_of_state, machine_setup, machine_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
