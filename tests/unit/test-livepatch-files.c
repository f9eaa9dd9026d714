/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of the livepatch: marks, also broken ones, and the module, also one that nobody should believe. */
#include "livepatch-fixture.h"

#include "avicd/sha256.h"

static void sha256(void **state)
{
	static const struct {
		size_t len; /* of "aaa..." */
		const char *sum;
	} rows[] = {
		{0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"},
		{56, "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a"},
		{64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"},
		{1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
	};
	_cleanup_free_ char *data = malloc(1000000);
	char sum[SHA256_TEXT];

	assert_non_null(data);
	memset(data, 'a', 1000000);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_string_equal(sha256_text(data, rows[i].len, sum), rows[i].sum);
	assert_string_equal(sha256_text("abc", 3, sum),
			    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void marks(void **state)
{
	struct livepatch_mark m;
	char why[LIVEPATCH_WHY_MAX];

	assert_int_equal(livepatch_mark_read(MARK_TRYING, &m), -ENOENT);
	assert_int_equal(livepatch_mark_remove(MARK_TRYING), 0);
	assert_false(livepatch_went_down(BOOT, why));
	put_mark(MARK_TRYING, BOOT, SUM);
	assert_int_equal(livepatch_mark_read(MARK_TRYING, &m), 0);
	assert_string_equal(m.kvm_build_id, BUILD_ID);
	assert_string_equal(m.boot_id, BOOT);
	assert_string_equal(m.module_sha256, SUM);
	assert_int_equal(m.at, 1700000000000000);
	assert_int_equal(livepatch_mark_read(MARK_VERIFIED, &m), -ENOENT);
	assert_false(livepatch_went_down(BOOT, why));
	assert_true(livepatch_went_down(OTHER, why));
	assert_non_null(strstr(why, "2023-11-14T22:13:20Z"));
	assert_non_null(strstr(why, "avicctl fix deploy"));
	/* of a machine that does not say which boot this is */
	assert_true(livepatch_went_down("", why));
	assert_int_equal(livepatch_mark_remove(MARK_TRYING), 0);
	assert_false(livepatch_went_down(OTHER, why));
	assert_int_equal(livepatch_mark_read((enum livepatch_mark_kind)7, &m), -EINVAL);
}

static void marks_that_cannot_be(void **state)
{
	struct livepatch_mark good = {.kvm_build_id = BUILD_ID, .boot_id = BOOT, .module_sha256 = SUM, .at = 1}, m;

	m = good;
	m.kvm_build_id[0] = '\0';
	assert_int_equal(livepatch_mark_write(MARK_VERIFIED, &m), -EINVAL);
	m = good;
	m.boot_id[3] = '"';
	assert_int_equal(livepatch_mark_write(MARK_VERIFIED, &m), -EINVAL);
	m = good;
	m.module_sha256[20] = '\0';
	assert_int_equal(livepatch_mark_write(MARK_VERIFIED, &m), -EINVAL);
	assert_int_equal(livepatch_mark_read(MARK_VERIFIED, &m), -ENOENT);
	assert_int_equal(livepatch_mark_write(MARK_VERIFIED, &good), 0);
}

static void broken_marks(void **state)
{
#define MARK(build, boot, sum, at) \
	"{\"kvm_build_id\":" build ",\"boot_id\":" boot ",\"module_sha256\":" sum ",\"at\":" at "}"
#define B "\"" BUILD_ID "\""
#define I "\"" BOOT "\""
#define S "\"" SUM "\""
	static const char *const bad[] = {
		"",
		"{",
		"null",
		"[]",
		"{}",
		"\xff",
		MARK(B, I, S, "1") "x",
		MARK("7", I, S, "1"),
		MARK("\"\"", I, S, "1"),
		MARK("\"../../x\"", I, S, "1"),
		MARK("\"" BUILD_ID "0\"", I, S, "1"),
		MARK(B, "\"x\"", S, "1"),
		MARK(B, "{}", S, "1"),
		MARK(B, I, "\"aa\"", "1"),
		MARK(B, I, "null", "1"),
		MARK(B, I, S, "-1"),
		MARK(B, I, S, "\"1\""),
		MARK(B, I, S, "[[[[[[[[]]]]]]]]"),
	};
	struct livepatch_mark m;
	char why[LIVEPATCH_WHY_MAX];
	char *large = calloc(1, 100001);

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		put("/var/lib/avicd/livepatch/trying", bad[i]);
		assert_int_equal(livepatch_mark_read(MARK_TRYING, &m), -EBADMSG);
		assert_true(livepatch_went_down(BOOT, why));
		assert_non_null(strstr(why, "avicctl fix deploy"));
		put("/var/lib/avicd/livepatch/verified", bad[i]);
		assert_int_equal(livepatch_mark_read(MARK_VERIFIED, &m), -EBADMSG);
	}
	put("/var/lib/avicd/livepatch/trying", MARK(B, I, S, "1"));
	assert_int_equal(livepatch_mark_read(MARK_TRYING, &m), 0);
	assert_non_null(large);
	memset(large, '[', 100000);
	put("/var/lib/avicd/livepatch/trying", large);
	free(large);
	assert_int_equal(livepatch_mark_read(MARK_TRYING, &m), -EBADMSG);
	put("/var/lib/avicd/livepatch/trying", "");
	drop("/var/lib/avicd/livepatch/trying");
	put("/var/lib/avicd/livepatch/trying/x", "");
	assert_int_equal(livepatch_mark_read(MARK_TRYING, &m), -EISDIR);
	assert_true(livepatch_went_down(BOOT, why));
}

static void state_directory(void **state)
{
	_cleanup_free_ char *dir = NULL, *want = tmpdir_path(*state, "s/livepatch"), *own = tmpdir_path(*state, "s");

	setenv("STATE_DIRECTORY", own, 1);
	assert_int_equal(livepatch_dir(&dir), 0);
	assert_string_equal(dir, want);
	assert_int_equal(mkdir_p(own, 0700), 0);
	put_mark(MARK_VERIFIED, BOOT, SUM);
	unsetenv("STATE_DIRECTORY");
	assert_int_equal(access(want, F_OK), 0);
}

static int find(struct livepatch_module *ret)
{
	struct livepatch_state s;

	livepatch_look(&s);
	return livepatch_find_module(&s, ret);
}

static void module_is_read(void **state)
{
	static const char modinfo[] = MODINFO(LIVEPATCH_NAME, RELEASE);
	_cleanup_(livepatch_module_done) struct livepatch_module m = {0}, n = {0};
	_cleanup_free_ char *path = tmpdir_path(*state, &MODULE[1]), *data = NULL;
	struct livepatch_state s;
	char sum[SHA256_TEXT];
	size_t len;

	assert_int_equal(find(&m), -ENOENT);
	put_good_module();
	assert_int_equal(find(&m), 0);
	assert_string_equal(m.path, path);
	assert_string_equal(m.name, LIVEPATCH_NAME);
	assert_true(m.built && !m.is_signed);
	assert_int_equal(strncmp(m.vermagic, RELEASE " SMP", strlen(RELEASE " SMP")), 0);
	assert_int_equal(file_read(path, 65536, &data, &len), 0);
	assert_string_equal(m.sha256, sha256_text(data, len, sum));

	livepatch_look(&s);
	assert_false(livepatch_is_verified(&s, &m));
	put_mark(MARK_VERIFIED, OTHER, m.sha256);
	assert_true(livepatch_is_verified(&s, &m));
	put_mark(MARK_VERIFIED, OTHER, SUM);
	assert_false(livepatch_is_verified(&s, &m));
	put_mark(MARK_VERIFIED, OTHER, m.sha256);
	s.kvm_build_id[0] = 'f';
	assert_false(livepatch_is_verified(&s, &m));

	put_module(MODULE, modinfo, sizeof(modinfo), SIGNED_TAIL);
	assert_int_equal(find(&n), 0);
	assert_true(n.is_signed);
	assert_string_not_equal(m.sha256, n.sha256);
}

static void module_is_not_believed(void **state)
{
	static const char no_strings[] = "x";
	_cleanup_(livepatch_module_done) struct livepatch_module m = {0};
	_cleanup_free_ char *path = tmpdir_path(*state, &MODULE[1]);

	put_good_module();
	assert_int_equal(chmod(path, 0664), 0);
	assert_int_equal(find(&m), -EPERM);
	assert_int_equal(chmod(path, 0646), 0);
	assert_int_equal(find(&m), -EPERM);
	put(MODULE, "");
	assert_int_equal(find(&m), -EBADMSG);
	put(MODULE, "\177ELF");
	assert_int_equal(find(&m), -EBADMSG);
	put_bytes(MODULE,
		  "\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\1\0\76\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\377\377\377\377\377"
		  "\377\377\377",
		  48);
	assert_int_equal(find(&m), -EBADMSG);
	put_module(MODULE, no_strings, sizeof(no_strings), "");
	if (find(&m) == 0)
		assert_string_equal(m.name, "");
	livepatch_module_done(&m);
	drop(MODULE);
	put(MODULE "/x", "");
	assert_int_equal(find(&m), -EBADMSG);
}

/* What depmod wrote for a module of DKMS; it is passed over while there is one that a person built. */
static void module_of_dkms(void **state)
{
	static const char modinfo[] = MODINFO(LIVEPATCH_NAME, RELEASE);
	const char *const path = "/lib/modules/" RELEASE "/updates/dkms/" LIVEPATCH_NAME ".ko";
	_cleanup_(livepatch_module_done) struct livepatch_module m = {0}, n = {0};
	_cleanup_free_ char *command = NULL, *want = tmpdir_path(*state, path + 1);

	put_module(path, modinfo, sizeof(modinfo), "");
	assert_int_equal(find(&m), -ENOENT);
	if (asprintf(&command, "PATH=$PATH:/usr/sbin:/sbin depmod -b '%s' " RELEASE " 2>/dev/null", (char *)*state) < 0)
		abort();
	/* NOLINTNEXTLINE(cert-env33-c): of a test */
	if (system(command) != 0)
		skip();
	assert_int_equal(find(&m), 0);
	assert_string_equal(m.path, want);
	assert_false(m.built);
	put_good_module();
	assert_int_equal(find(&n), 0);
	assert_true(n.built);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256),
		cmocka_unit_test_setup_teardown(marks, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(marks_that_cannot_be, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(broken_marks, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(state_directory, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(module_is_read, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(module_is_not_believed, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(module_of_dkms, machine_setup, machine_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
