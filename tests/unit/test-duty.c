/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Duty state: what is saved is loaded again; what is not duty state is set aside and said. */
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

#include "avicd/duty.h"
#include "avicd/file.h"
#include "report-fixture.h"

#define OTHER_BOOT "11111111-2222-4333-8444-555555555555"
#define HEAD	   "{\"schema\":\"avicd-duty/1\",\"boot_id\":\"" BOOT_ID "\",\"vms\":["
#define VM(pid, start, uuid, boots, exact) \
	"{\"pid\":" pid ",\"start\":" start ",\"uuid\":" uuid ",\"boots\":" boots ",\"boots_exact\":" exact "}"
#define GOOD VM("1", "2", "\"" UUID_BIG "\"", "3", "true")

static char dir[64], path[128];
static const struct remedy_book no_book;

static int setup(void **state)
{
	snprintf(dir, sizeof(dir), "/tmp/avicd-duty.XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/duty.json", dir);
	return 0;
}

static int remove_one(const char *p, const struct stat *st _unused_, int flag _unused_, struct FTW *ftw _unused_)
{
	return remove(p);
}

static int teardown(void **state)
{
	return nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void put(const void *data, size_t len)
{
	assert_int_equal(file_write_atomic(path, data, len, 0600, false), 0);
}

static bool exists(const char *suffix)
{
	char p[160];
	struct stat st;

	snprintf(p, sizeof(p), "%s%s", path, suffix);
	return lstat(p, &st) == 0;
}

/* Refused: nothing loaded, the file set aside, the next start finds none. */
static void expect_refused(const char *text, size_t len)
{
	struct duty d;
	char p[160];

	put(text, len);
	if (duty_load(path, BOOT_ID, &d) != -EBADMSG)
		fail_msg("taken for duty state: %.*s", (int)MIN(len, (size_t)300), text);
	assert_null(d.vms);
	assert_int_equal(d.n_vms, 0);
	assert_false(exists(""));
	assert_true(exists(".corrupt-1"));
	assert_int_equal(duty_load(path, BOOT_ID, &d), 0);
	snprintf(p, sizeof(p), "%s.corrupt-1", path);
	assert_int_equal(unlink(p), 0);
}

static void expect_loaded(const char *text, size_t n)
{
	struct duty d;
	int r;

	put(text, strlen(text));
	r = duty_load(path, BOOT_ID, &d);
	if (r < 0)
		fail_msg("%s: %s", strerror(-r), text);
	assert_int_equal(d.n_vms, n);
	assert_true(exists(""));
	duty_done(&d);
}

static void round_trip(void **state)
{
	enum { N = 1000 };
	struct vm *vms = calloc(N, sizeof(*vms));
	struct tracker t;
	const struct duty_vm *v;
	struct vm_id id;
	struct stat st;
	struct duty d;

	assert_non_null(vms);
	fixture_tracker(&t, LINE_6_0);
	for (size_t i = 0; i < N; i++) {
		/* the highest numbers first */
		fixture_vm(&vms[i], INT32_MAX - (int32_t)i, i % 2 ? "a\"b\n" : NULL);
		vms[i].id.start = 1234567890123456789ULL + i;
		vms[i].boots = i ? (uint32_t)i : UINT32_MAX;
		vms[i].boots_exact = i % 3;
		assert_int_equal(hash_put(&t.vms, (uint32_t)vms[i].id.tgid, &vms[i]), 0);
	}
	for (int sync = 0; sync < 2; sync++) {
		assert_int_equal(duty_save(path, BOOT_ID, &t, &no_book, sync), 0);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
		assert_int_equal(duty_load(path, BOOT_ID, &d), 0);
		assert_int_equal(d.n_vms, N);
		for (size_t i = 0; i < N; i++) {
			v = duty_find(&d, &vms[i].id);
			assert_non_null(v);
			assert_int_equal(v->id.start, vms[i].id.start);
			assert_string_equal(v->uuid, vms[i].domain.uuid);
			assert_int_equal(v->boots, vms[i].boots);
			assert_int_equal(v->boots_exact, vms[i].boots_exact);
		}
		duty_done(&d);
	}
	assert_int_equal(duty_load(path, BOOT_ID, &d), 0);
	/* /proc knows the start in ticks of 10 ms; another tick is another process of the same number */
	id = vms[5].id;
	id.start -= id.start % START_TICK_NS;
	assert_non_null(duty_find(&d, &id));
	id.start -= 1;
	assert_null(duty_find(&d, &id));
	id.tgid = 1;
	assert_null(duty_find(&d, &id));
	duty_done(&d);
	duty_done(&d);
	assert_null(duty_find(&d, &vms[5].id));
	hash_done(&t.vms);
	free(vms);
}

static void no_vms(void **state)
{
	struct tracker t;
	struct duty d;

	fixture_tracker(&t, LINE_6_0);
	assert_int_equal(duty_load(path, BOOT_ID, &d), 0);
	assert_int_equal(d.n_vms, 0);
	assert_int_equal(duty_save(path, BOOT_ID, &t, &no_book, false), 0);
	assert_int_equal(duty_load(path, BOOT_ID, &d), 0);
	assert_int_equal(d.n_vms, 0);
}

static void another_boot(void **state)
{
	struct tracker t;
	struct duty d;

	fixture_tracker(&t, LINE_6_0);
	put(HEAD GOOD "]}", strlen(HEAD GOOD "]}"));
	assert_int_equal(duty_load(path, OTHER_BOOT, &d), 0);
	assert_int_equal(d.n_vms, 0);
	assert_true(exists(""));
	/* a boot that nobody can name is never the same one */
	assert_int_equal(duty_save(path, "", &t, &no_book, false), 0);
	assert_int_equal(duty_load(path, "", &d), 0);
	assert_int_equal(d.n_vms, 0);
	assert_int_equal(duty_save(path, "\",\"x\":\"", &t, &no_book, false), -EINVAL);
}

static void accepted(void **state)
{
	expect_loaded(HEAD "]}", 0);
	expect_loaded(HEAD GOOD "]}\n", 1);
	expect_loaded(" \n" HEAD GOOD "]} \n\t ", 1);
	expect_loaded(HEAD VM("1", "0", "\"\"", "0", "false") "]}", 1);
	expect_loaded(HEAD VM("2147483647", "9223372036854775807", "\"\"", "4294967295", "false") "," GOOD "]}", 2);
	expect_loaded(HEAD VM("1", "2", "\"6BA7B810-9DAD-11D1-80B4-00C04FD430C8\"", "3", "true") "]}", 1);
	/* members that a later version adds */
	expect_loaded("{\"new\":{\"a\":1},\"schema\":\"avicd-duty/1\",\"boot_id\":\"" BOOT_ID
		      "\",\"vms\":[{\"x\":1,\"pid\":1,\"start\":2,\"uuid\":\"\",\"boots\":3,\"boots_exact\":true}]}",
		      1);
}

static void refused(void **state)
{
	static const char *const texts[] = {
		"",
		" ",
		"\n",
		"null",
		"7",
		"\"x\"",
		"[]",
		"{}",
		"{",
		"[[[[[[[[[[[[[[[[",
		"nul",
		"tru",
		"-",
		"1e",
		"\xff\xfe",
		/* head */
		"{\"schema\":\"avicd-duty/2\",\"boot_id\":\"" BOOT_ID "\",\"vms\":[]}",
		"{\"schema\":1,\"boot_id\":\"" BOOT_ID "\",\"vms\":[]}",
		"{\"schema\":\"avicd-duty/1\\u0000\",\"boot_id\":\"" BOOT_ID "\",\"vms\":[]}",
		"{\"schema\":\"avicd-duty/1\",\"vms\":[]}",
		"{\"schema\":\"avicd-duty/1\",\"boot_id\":null,\"vms\":[]}",
		"{\"schema\":\"avicd-duty/1\",\"boot_id\":\"" BOOT_ID "\"}",
		"{\"schema\":\"avicd-duty/1\",\"boot_id\":\"" BOOT_ID "\",\"vms\":{}}",
		"{\"schema\":\"avicd-duty/1\",\"boot_id\":\"" BOOT_ID "\",\"vms\":null}",
		/* not strict */
		HEAD GOOD "]}x",
		HEAD GOOD "]}{}",
		HEAD GOOD ",]}",
		HEAD GOOD "],}",
		"//\n" HEAD "]}",
		HEAD GOOD "]",
		"{'schema':'avicd-duty/1','boot_id':'" BOOT_ID "','vms':[]}",
		/* VMs */
		HEAD "1]}",
		HEAD "null]}",
		HEAD "[]]}",
		HEAD "{}]}",
		HEAD GOOD ",{}]}",
		HEAD VM("0", "2", "\"\"", "3", "true") "]}",
		HEAD VM("-1", "2", "\"\"", "3", "true") "]}",
		HEAD VM("2147483648", "2", "\"\"", "3", "true") "]}",
		HEAD VM("1.0", "2", "\"\"", "3", "true") "]}",
		HEAD VM("1e3", "2", "\"\"", "3", "true") "]}",
		HEAD VM("\"1\"", "2", "\"\"", "3", "true") "]}",
		HEAD VM("true", "2", "\"\"", "3", "true") "]}",
		HEAD VM("null", "2", "\"\"", "3", "true") "]}",
		HEAD VM("NaN", "2", "\"\"", "3", "true") "]}",
		HEAD VM("0x1", "2", "\"\"", "3", "true") "]}",
		HEAD VM("1", "-2", "\"\"", "3", "true") "]}",
		HEAD VM("1", "18446744073709551616", "\"\"", "3", "true") "]}",
		HEAD VM("1", "99999999999999999999999999999999999999", "\"\"", "3", "true") "]}",
		HEAD VM("1", "-99999999999999999999999999999999999999", "\"\"", "3", "true") "]}",
		HEAD VM("1", "2", "\"\"", "-3", "true") "]}",
		HEAD VM("1", "2", "\"\"", "4294967296", "true") "]}",
		HEAD VM("1", "2", "\"\"", "18446744073709551615", "true") "]}",
		HEAD VM("1", "2", "\"x\"", "3", "true") "]}",
		HEAD VM("1", "2", "\"../../x\"", "3", "true") "]}",
		HEAD VM("1", "2", "null", "3", "true") "]}",
		HEAD VM("1", "2", "[]", "3", "true") "]}",
		HEAD VM("1", "2", "\"" UUID_BIG "\\u0000\"", "3", "true") "]}",
		HEAD VM("1", "2", "\"\\u0000\"", "3", "true") "]}",
		HEAD VM("1", "2", "\"\xff\"", "3", "true") "]}",
		HEAD VM("1", "2", "\"\"", "3", "1") "]}",
		HEAD VM("1", "2", "\"\"", "3", "\"true\"") "]}",
		HEAD VM("1", "2", "\"\"", "3", "null") "]}",
		/* twice the same process */
		HEAD GOOD "," GOOD "]}",
		HEAD GOOD "," VM("1", "9", "\"\"", "1", "true") "]}",
		/* too deep */
		HEAD "{\"x\":[[[[[[]]]]]]}]}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		expect_refused(texts[i], strlen(texts[i]));
	expect_refused(HEAD GOOD "]}\0", sizeof(HEAD GOOD "]}\0") - 1);
	expect_refused(HEAD "\0" GOOD "]}", sizeof(HEAD "\0" GOOD "]}") - 1);
}

/* A full disk, or a power cut without a sync: the file ends anywhere. */
static void cut_anywhere(void **state)
{
	static const char text[] = HEAD GOOD "," VM("22", "33", "\"\"", "44", "false") "]}";

	for (size_t len = 0; len < sizeof(text) - 1; len++)
		expect_refused(text, len);
	expect_loaded(text, 2);
}

/* Any byte changed to any other: loaded or refused, never half of it, never a crash. */
static void any_byte_changed(void **state)
{
	static const char text[] = HEAD GOOD "," VM("22", "33", "\"\"", "44", "false") "]}";
	static const char bytes[] = "\0\"\\{}[],:-9z\x80\xff\n";
	char copy[sizeof(text)], aside[160];

	for (size_t at = 0; at < sizeof(text) - 1; at++)
		for (size_t b = 0; b < sizeof(bytes) - 1; b++) {
			struct duty d;
			int r;

			memcpy(copy, text, sizeof(text));
			copy[at] = bytes[b];
			put(copy, sizeof(text) - 1);
			r = duty_load(path, BOOT_ID, &d);
			assert_true(r == 0 || r == -EBADMSG);
			assert_true(r == 0 ? d.n_vms == 2 || d.n_vms == 0 : d.n_vms == 0);
			duty_done(&d);
			snprintf(aside, sizeof(aside), "%s.corrupt-1", path);
			unlink(aside);
		}
}

static void too_much(void **state)
{
	const size_t max = 16 << 20, size = max + 1024;
	char *text = malloc(size);
	size_t len;

	assert_non_null(text);
	/* a byte over the limit, though it is blank */
	memset(text, ' ', size);
	memcpy(text, HEAD GOOD "]}", strlen(HEAD GOOD "]}"));
	expect_refused(text, max + 1);
	/* 3 bytes each here, a kilobyte each as a tree: refused before there is one */
	len = (size_t)sprintf(text, HEAD "{}");
	while (len < max - 8)
		len += (size_t)sprintf(text + len, ",{}");
	len += (size_t)sprintf(text + len, "]}");
	expect_refused(text, len);
	len = (size_t)sprintf(text, HEAD "{\"a\":[1");
	while (len < max - 8)
		len += (size_t)sprintf(text + len, ",1");
	len += (size_t)sprintf(text + len, "]}]}");
	expect_refused(text, len);
	/* quotes hide nothing */
	len = (size_t)sprintf(text, HEAD "{\"a\\\\\":[1");
	while (len < max - 8)
		len += (size_t)sprintf(text + len, ",{}");
	len += (size_t)sprintf(text + len, "]}]}");
	expect_refused(text, len);
	memset(text, '[', max);
	expect_refused(text, max);
	free(text);
}

static void set_aside_up_to_nine(void **state)
{
	struct duty d;
	char p[160], *text;

	for (int i = 1; i <= 12; i++) {
		char content[16];

		snprintf(content, sizeof(content), "bad %d", i);
		put(content, strlen(content));
		assert_int_equal(duty_load(path, BOOT_ID, &d), -EBADMSG);
		assert_false(exists(""));
	}
	for (int i = 1; i <= 9; i++) {
		char want[16];

		/* the first eight stay, in the last place is the newest */
		snprintf(p, sizeof(p), "%s.corrupt-%d", path, i);
		snprintf(want, sizeof(want), "bad %d", i < 9 ? i : 12);
		assert_int_equal(file_read(p, 100, &text, NULL), 0);
		assert_string_equal(text, want);
		free(text);
	}
	assert_false(exists(".corrupt-10"));
}

static void not_a_file(void **state)
{
	char p[192];
	struct duty d;

	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(duty_load(path, BOOT_ID, &d), -EBADMSG);
	assert_true(exists(".corrupt-1"));
	/* a FIFO that nobody writes to must not keep us */
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(duty_load(path, BOOT_ID, &d), -EBADMSG);
	assert_true(exists(".corrupt-2"));
	/* a link to nothing is no file; one in a circle cannot be read, and is left alone */
	assert_int_equal(symlink("nothing", path), 0);
	assert_int_equal(duty_load(path, BOOT_ID, &d), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("duty.json", path), 0);
	assert_int_equal(duty_load(path, BOOT_ID, &d), -ELOOP);
	assert_true(exists(""));
	snprintf(p, sizeof(p), "%s/x/duty.json", path);
	assert_int_equal(duty_load(p, BOOT_ID, &d), -ELOOP);
	assert_null(d.vms);
}

static void cannot_save(void **state)
{
	struct tracker t;
	char p[160];

	fixture_tracker(&t, LINE_6_0);
	snprintf(p, sizeof(p), "%s/missing/duty.json", dir);
	assert_int_equal(duty_save(p, BOOT_ID, &t, &no_book, true), -ENOENT);
}

static void the_book_comes_back(void **state)
{
	static const char *const uuids[] = {UUID_BIG, OTHER_BOOT};
	struct remedy_limits l;
	struct remedy_book b = {.ended_at = 7};
	struct duty d;
	struct tracker t;

	remedy_limits_default(&l);
	for (size_t i = 0; i < ARRAY_SIZE(uuids); i++) {
		struct remedy_job j = {.remedy = i ? REMEDY_HEAL : REMEDY_MIGRATE, .asker = (enum remedy_asker)i, .begun_at = 10 + i};

		snprintf(j.id, sizeof(j.id), "job-%zu", i);
		snprintf(j.uuid, sizeof(j.uuid), "%s", uuids[i]);
		assert_int_equal(book_begin(&b, &j), 0);
	}
	assert_int_equal(book_end(&b, &l, "job-0", &(struct job_end){.departed = true}, 20), 0);
	fixture_tracker(&t, LINE_6_0);
	assert_int_equal(duty_save(path, BOOT_ID, &t, &b, false), 0);
	assert_int_equal(duty_load(path, BOOT_ID, &d), 0);
	assert_int_equal(d.book.n_past, b.n_past);
	assert_memory_equal(d.book.past, b.past, b.n_past * sizeof(*b.past));
	assert_int_equal(d.book.n_jobs, 1);
	assert_memory_equal(d.book.jobs, b.jobs, sizeof(*b.jobs));
	assert_int_equal(d.book.n_begun, 2);
	assert_memory_equal(d.book.begun, b.begun, sizeof(b.begun));
	assert_int_equal(d.book.ended_at, 20);
	assert_false(d.book.unreadable);
	duty_done(&d);
	/* of another boot of the host, no time in it means anything */
	assert_int_equal(duty_load(path, OTHER_BOOT, &d), 0);
	assert_int_equal(d.book.n_past + d.book.n_jobs + d.book.n_begun, 0);
	duty_done(&d);
	book_done(&b);
	tracker_done(&t);
}

static void half_a_book_is_none(void **state)
{
#define BOOK(past, jobs, begun) \
	HEAD "],\"remedies\":{\"past\":[" past "],\"jobs\":[" jobs "],\"begun\":[" begun "],\"ended_at\":0,\"unreadable\":false}}"
#define PAST(uuid, remedy, at) \
	"{\"uuid\":\"" uuid "\",\"remedy\":\"" remedy "\",\"begun_at\":" at ",\"failures\":0,\"departed_at\":0,\"returned\":false}"
#define JOB(id, uuid) "{\"id\":\"" id "\",\"uuid\":\"" uuid "\",\"remedy\":\"heal\",\"asked\":false,\"begun_at\":1}"
	static const struct {
		const char *text;
		int want;
	} rows[] = {
		{BOOK("", "", ""), 0},
		{BOOK(PAST(UUID_BIG, "heal", "1"), JOB("heal-1", UUID_BIG), "1,1,2"), 0},
		{BOOK(PAST(UUID_BIG, "heal", "-1"), "", ""), -EBADMSG},
		{BOOK(PAST(UUID_BIG, "magic", "1"), "", ""), -EBADMSG},
		{BOOK(PAST("../x", "heal", "1"), "", ""), -EBADMSG},
		{BOOK(PAST(UUID_BIG, "heal", "1") "," PAST(UUID_BIG, "heal", "1"), "", ""), -EBADMSG},
		{BOOK("1", "", ""), -EBADMSG},
		{BOOK("", JOB("../../x", UUID_BIG), ""), -EBADMSG},
		{BOOK("", JOB("", UUID_BIG), ""), -EBADMSG},
		{BOOK("", JOB("a", UUID_BIG) "," JOB("b", UUID_BIG), ""), -EBADMSG},
		{BOOK("", JOB("a", UUID_BIG) "," JOB("a", OTHER_BOOT), ""), -EBADMSG},
		{BOOK("", "", "2,1"), -EBADMSG},
		{BOOK("", "", "\"1\""), -EBADMSG},
		{HEAD "],\"remedies\":[]}", -EBADMSG},
		{HEAD "],\"remedies\":{}}", -EBADMSG},
	};
	struct duty d;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int r;

		put(rows[i].text, strlen(rows[i].text));
		r = duty_load(path, BOOT_ID, &d);
		if (r != rows[i].want || (r < 0 && (d.book.n_past || d.book.n_jobs || d.book.n_begun)))
			fail_msg("row %zu: %d", i, r);
		duty_done(&d);
	}
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(round_trip),	TEST(no_vms),	   TEST(another_boot),
		TEST(accepted),		TEST(refused),	   TEST(cut_anywhere),
		TEST(any_byte_changed), TEST(too_much),	   TEST(set_aside_up_to_nine),
		TEST(not_a_file),	TEST(cannot_save),   TEST(the_book_comes_back), TEST(half_a_book_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
