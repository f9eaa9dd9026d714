/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The history: what is put in comes out; files that are newer, damaged, somebody else's; a disk that is full; what is old goes. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "avicd/clock.h"
#include "avicd/file.h"
#include "store/history-private.h"
#include "tmpdir.h"

#define UUID_BIG "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
#define UUID_DB	 "6ba7b811-9dad-11d1-80b4-00c04fd430c8"
#define BOOT_A	 "0d6f8a3e-1111-4222-8333-123456789abc"
#define BOOT_B	 "0d6f8a3e-1111-4222-8333-123456789abd"
#define HOUR	 HISTORY_HOUR_US
#define MINUTE	 (60 * USEC_PER_SEC)
/* the beginning of an hour in November 2026 */
#define T0	 (495000ULL * HOUR)

static const struct history_vm big = {.key = UUID_BIG, .uuid = UUID_BIG, .name = "big", .process = "a-11", .pid = 11};
static const struct history_vm db = {.key = UUID_DB, .uuid = UUID_DB, .name = "db", .process = "a-12", .pid = 12};
static const struct history_vm bare = {.key = "pid-13-99", .uuid = "", .name = "", .process = "a-13", .pid = 13};

static struct history *open_history(const char *path)
{
	struct history *h;

	assert_int_equal(history_open(path, &h), 0);
	return h;
}

static void put(struct history *h, const struct history_record *r)
{
	assert_int_equal(history_begin(h), 0);
	assert_int_equal(history_apply(h, r), 0);
	assert_int_equal(history_commit(h), 0);
}

static void put_event(struct history *h, const struct history_vm *vm, const char *event, uint64_t at)
{
	put(h, &(struct history_record){.kind = HISTORY_EVENT,
					.at = at,
					.of_vm = vm != NULL,
					.vm = vm ? *vm : (struct history_vm){0},
					.event = event,
					.text = "a sentence",
					.condition = vm ? "stuck" : NULL,
					.number = 3,
					.duration = 1500000,
					.health = vm ? NULL : "degraded",
					.detail = "why"});
}

static void put_time(struct history *h, const struct history_vm *vm, uint64_t at, uint64_t watched, uint64_t inhibited,
		     uint64_t stuck)
{
	put(h, &(struct history_record){.kind = HISTORY_TIME,
					.at = at,
					.of_vm = true,
					.vm = *vm,
					.watched = watched,
					.inhibited = inhibited,
					.stuck = stuck});
}

static void put_episode(struct history *h, const struct history_vm *vm, uint64_t began, uint64_t ended,
			const char *cause)
{
	struct history_record r = {.kind = HISTORY_EPISODE_BEGIN,
				   .at = began,
				   .of_vm = true,
				   .vm = *vm,
				   .exact = true,
				   .reasons = "APIC_ID_MODIFIED"};

	put(h, &r);
	if (!ended)
		return;
	r.kind = HISTORY_EPISODE_END;
	r.at = ended;
	r.cause = cause;
	r.duration = ended > began ? ended - began : 5 * MINUTE;
	put(h, &r);
}

static json_object *events_of(struct history *h, const char *who, uint64_t since, uint64_t until, size_t max)
{
	struct history_filter f = {.who = who, .since = since, .until = until, .max = max};
	json_object *list;

	assert_int_equal(history_events(h, &f, &list), 0);
	return list;
}

static json_object *summary_of(struct history *h, uint64_t since, uint64_t until)
{
	json_object *o;

	assert_int_equal(history_summary(h, since, until, &o), 0);
	return o;
}

static const char *text_at(json_object *list, size_t i, const char *key)
{
	return json_object_get_string(json_object_object_get(json_object_array_get_idx(list, i), key));
}

static double number_of(json_object *o, const char *key)
{
	return json_object_get_double(json_object_object_get(o, key));
}

static json_object *vm_of(json_object *summary, const char *id)
{
	json_object *vms = json_object_object_get(summary, "vms");

	for (size_t i = 0; i < json_object_array_length(vms); i++)
		if (streq(text_at(vms, i, "uuid") ?: "", id))
			return json_object_array_get_idx(vms, i);
	fail_msg("no %s in the summary", id);
	return NULL;
}

static int64_t count(struct history *h, const char *sql)
{
	int64_t n = -1;

	assert_int_equal(history_number(h, sql, &n), 0);
	return n;
}

static void test_events(void **state)
{
	_cleanup_free_ char *path = tmpdir_path(*state, "history.db");
	_cleanup_(history_close_p) struct history *h = open_history(path);
	_cleanup_(history_close_p) struct history *reader = NULL;
	struct history_filter nobody = {.who = "nobody", .until = UINT64_MAX};
	json_object *list, *o;
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	put_event(h, &big, "vm-stuck", T0 + 2 * USEC_PER_SEC);
	put_event(h, NULL, "health", T0);
	put_event(h, &bare, "vm-appeared", T0 + 3 * USEC_PER_SEC);
	/* a reader beside the writer, which is in a transaction */
	assert_int_equal(history_begin(h), 0);
	assert_int_equal(history_open_read(path, &reader), 0);
	list = events_of(reader, NULL, 0, UINT64_MAX, 0);
	assert_int_equal(history_commit(h), 0);
	assert_int_equal(json_object_array_length(list), 3);
	assert_string_equal(text_at(list, 0, "event"), "health");
	assert_string_equal(text_at(list, 0, "health"), "degraded");
	assert_null(text_at(list, 0, "uuid"));
	o = json_object_array_get_idx(list, 1);
	assert_string_equal(text_at(list, 1, "event"), "vm-stuck");
	assert_string_equal(text_at(list, 1, "name"), "big");
	assert_string_equal(text_at(list, 1, "uuid"), UUID_BIG);
	assert_string_equal(text_at(list, 1, "condition"), "stuck");
	assert_null(text_at(list, 1, "cause"));
	assert_true(number_of(o, "duration_seconds") == 1.5);
	assert_int_equal(number_of(o, "boot"), 3);
	assert_string_equal(text_at(list, 2, "uuid"), "pid-13");
	assert_null(text_at(list, 2, "name"));
	json_object_put(list);

	/* by all that a VM is called; by time; the newest */
	for (size_t i = 0; i < 4; i++) {
		static const char *const who[] = {"big", UUID_BIG, "6BA7B8109DAD11D180B400C04FD430C8", "11"};

		list = events_of(reader, who[i], 0, UINT64_MAX, 0);
		assert_int_equal(json_object_array_length(list), 1);
		json_object_put(list);
	}
	list = events_of(reader, "pid-13", 0, UINT64_MAX, 0);
	assert_int_equal(json_object_array_length(list), 1);
	json_object_put(list);
	list = events_of(reader, NULL, T0 + 1, T0 + 3 * USEC_PER_SEC, 0);
	assert_int_equal(json_object_array_length(list), 1);
	json_object_put(list);
	list = events_of(reader, NULL, 0, UINT64_MAX, 2);
	assert_int_equal(json_object_array_length(list), 2);
	assert_string_equal(text_at(list, 0, "event"), "vm-stuck");
	json_object_put(list);
	assert_int_equal(history_events(reader, &nobody, &list), -ENXIO);
	/* and cannot write */
	assert_true(history_exec(reader, "DELETE FROM events") < 0);
}

static void test_summary(void **state)
{
	_cleanup_free_ char *path = tmpdir_path(*state, "history.db");
	_cleanup_(history_close_p) struct history *h = open_history(path);
	_cleanup_json_ json_object *o = NULL, *part = NULL, *none = NULL;
	json_object *vm, *causes;

	assert_int_equal(history_run_begin(h, BOOT_A, T0), 0);
	/* big: two hours, of which one inhibited from the middle of the first to that of the second */
	for (uint64_t m = 1; m <= 120; m++) {
		bool in = m > 30 && m <= 90;

		put_time(h, &big, T0 + m * MINUTE, MINUTE, in ? MINUTE : 0, in ? MINUTE / 2 : 0);
		/* nothing ever happened to it */
		put_time(h, &db, T0 + m * MINUTE, MINUTE, 0, 0);
	}
	put_episode(h, &big, T0 + 30 * MINUTE, T0 + 90 * MINUTE, "kernel-bug");
	put(h, &(struct history_record){
		       .kind = HISTORY_BOOT, .at = T0, .of_vm = true, .vm = big, .number = 0, .exact = true});
	put(h, &(struct history_record){.kind = HISTORY_BOOT,
					.at = T0 + 30 * MINUTE,
					.of_vm = true,
					.vm = big,
					.number = 1,
					.exact = true});
	/* told again by the next run */
	put(h, &(struct history_record){
		       .kind = HISTORY_BOOT, .at = T0 + 31 * MINUTE, .of_vm = true, .vm = big, .number = 1});
	put_event(h, NULL, "health", T0 + 31 * MINUTE);
	put_event(h, NULL, "livepatch", T0 + 32 * MINUTE);
	put_event(h, &big, "remedy", T0 + 33 * MINUTE);
	assert_int_equal(history_run_seen(h, T0 + 120 * MINUTE, false), 0);

	o = summary_of(h, T0, T0 + 2 * HOUR);
	vm = vm_of(o, UUID_BIG);
	assert_true(number_of(vm, "watched_seconds") == 7200);
	assert_true(number_of(vm, "inhibited_seconds") == 3600);
	assert_true(number_of(vm, "stuck_seconds") == 1800);
	assert_true(number_of(vm, "availability") == 0.5);
	assert_int_equal(number_of(vm, "boots"), 1);
	assert_int_equal(number_of(vm, "episodes"), 1);
	vm = vm_of(o, UUID_DB);
	assert_true(number_of(vm, "availability") == 1);
	assert_int_equal(number_of(vm, "episodes"), 0);
	causes = json_object_object_get(o, "episodes_by_cause");
	assert_int_equal(json_object_object_length(causes), 1);
	assert_int_equal(number_of(json_object_object_get(causes, "kernel-bug"), "episodes"), 1);
	assert_true(number_of(json_object_object_get(causes, "kernel-bug"), "seconds") == 3600);
	assert_int_equal(json_object_array_length(json_object_object_get(o, "top")), 1);
	assert_int_equal(json_object_array_length(json_object_object_get(o, "health")), 1);
	assert_string_equal(text_at(json_object_object_get(o, "health"), 0, "why"), "why");
	assert_int_equal(json_object_array_length(json_object_object_get(o, "actions")), 2);
	assert_string_equal(json_object_get_string(json_object_object_get(o, "since")), "2026-06-21T00:00:00Z");

	/* a half of the first hour: its half; of the episode its sixth */
	part = summary_of(h, T0 + 10 * MINUTE, T0 + 40 * MINUTE);
	vm = vm_of(part, UUID_BIG);
	assert_true(number_of(vm, "watched_seconds") == 1800);
	assert_true(number_of(vm, "inhibited_seconds") == 900);
	causes = json_object_object_get(part, "episodes_by_cause");
	assert_true(number_of(json_object_object_get(causes, "kernel-bug"), "seconds") == 600);

	none = summary_of(h, T0 + 100 * HOUR, T0 + 101 * HOUR);
	assert_int_equal(json_object_array_length(json_object_object_get(none, "vms")), 0);
	assert_int_equal(history_summary(h, 2, 1, &o), -EINVAL);
}

/* The hour that is not over counts as far as it has come. */
static void test_young_hour(void **state)
{
	_cleanup_free_ char *path = tmpdir_path(*state, "history.db");
	_cleanup_(history_close_p) struct history *h = open_history(path);
	_cleanup_json_ json_object *o = NULL;

	assert_int_equal(history_run_begin(h, BOOT_A, T0), 0);
	put_time(h, &db, T0 + 10 * MINUTE, 10 * MINUTE, MINUTE, 0);
	assert_int_equal(history_run_seen(h, T0 + 10 * MINUTE, false), 0);
	o = summary_of(h, T0 - 24 * HOUR, T0 + 10 * MINUTE);
	assert_true(number_of(vm_of(o, UUID_DB), "watched_seconds") == 600);
	assert_true(number_of(vm_of(o, UUID_DB), "inhibited_seconds") == 60);
}

/* Ten VMs at most, the most inhibited first. */
static void test_top(void **state)
{
	_cleanup_free_ char *path = tmpdir_path(*state, "history.db");
	_cleanup_(history_close_p) struct history *h = open_history(path);
	_cleanup_json_ json_object *o = NULL;
	json_object *top;

	for (int i = 0; i < 25; i++) {
		struct history_vm vm = {.process = "p", .pid = 100 + i};
		char key[32];

		snprintf(key, sizeof(key), "pid-%d-1", 100 + i);
		vm.key = key;
		put_time(h, &vm, T0 + HOUR, HOUR, (uint64_t)(i * 7 % 25) * MINUTE, 0);
	}
	o = summary_of(h, T0, T0 + HOUR);
	top = json_object_object_get(o, "top");
	assert_int_equal(json_object_array_length(top), 10);
	for (size_t i = 0; i < 10; i++)
		assert_true(number_of(vm_of(o, json_object_get_string(json_object_array_get_idx(top, i))),
				      "inhibited_seconds") == (double)(24 - i) * 60);
}

/* A clock that is set back, or far ahead, makes no negative time and loses none. */
static void test_clock(void **state)
{
	_cleanup_free_ char *path = tmpdir_path(*state, "history.db");
	_cleanup_(history_close_p) struct history *h = open_history(path);
	_cleanup_json_ json_object *o = NULL;

	assert_int_equal(history_run_begin(h, BOOT_A, T0), 0);
	put_time(h, &big, T0 + HOUR, MINUTE, MINUTE, 0);
	put_time(h, &big, T0 - 50 * HOUR, MINUTE, MINUTE, 0);
	/* before 1970 there is nothing; more than any time; more inhibited than watched */
	put_time(h, &big, 5, MINUTE, UINT64_MAX, UINT64_MAX);
	put_episode(h, &big, T0, T0 - 5 * HOUR, "guest");
	put_episode(h, &db, T0, 0, NULL);
	assert_int_equal(history_run_seen(h, T0 - 5 * HOUR, false), 0);
	assert_int_equal(count(h, "SELECT count(*) FROM episodes WHERE ended < began OR duration < 0"), 0);
	assert_int_equal(
		count(h, "SELECT count(*) FROM hours WHERE watched < 0 OR inhibited > watched OR stuck > watched"), 0);
	assert_int_equal(count(h, "SELECT sum(watched) FROM hours"), 3 * MINUTE);
	/* the run after that closes what is open */
	assert_int_equal(history_run_begin(h, BOOT_A, T0 - 6 * HOUR), 0);
	assert_int_equal(count(h, "SELECT count(*) FROM episodes WHERE ended IS NULL OR ended < began OR duration < 0"),
			 0);
	o = summary_of(h, 0, T0 + 2 * HOUR);
	assert_true(number_of(vm_of(o, UUID_BIG), "watched_seconds") <= 180);
	assert_true(number_of(json_object_object_get(json_object_object_get(o, "episodes_by_cause"), "guest"),
			      "seconds") == 300);
	/* 11 years at once are a mistake, not 96,000 rows */
	put_time(h, &db, T0, 1000000 * HOUR, 0, 0);
	assert_true(count(h, "SELECT count(*) FROM hours") < 90000);
}

/* avicd was killed while an episode went on: the next run takes it up again, and its time is that in which somebody looked. */
static void test_runs(void **state)
{
	_cleanup_free_ char *path = tmpdir_path(*state, "history.db");
	_cleanup_(history_close_p) struct history *h = open_history(path);
	struct history_record again = {.kind = HISTORY_EPISODE_BEGIN, .at = T0 + 40 * MINUTE, .of_vm = true, .vm = big};
	struct history_record end = {.kind = HISTORY_EPISODE_END,
				     .at = T0 + 45 * MINUTE,
				     .of_vm = true,
				     .vm = big,
				     .duration = 5 * MINUTE,
				     .cause = "guest"};

	assert_int_equal(history_run_begin(h, BOOT_A, T0), 0);
	put(h, &(struct history_record){.kind = HISTORY_BOOT, .at = T0, .of_vm = true, .vm = big});
	put_episode(h, &big, T0 + 10 * MINUTE, 0, NULL);
	assert_int_equal(history_run_seen(h, T0 + 20 * MINUTE, false), 0);
	h = history_close(h);
	h = open_history(path);
	assert_int_equal(history_run_begin(h, BOOT_A, T0 + 40 * MINUTE), 0);
	assert_int_equal(count(h, "SELECT duration FROM episodes WHERE cut"), 10 * MINUTE);
	assert_int_equal(count(h, "SELECT count(*) FROM boots WHERE ended IS NULL"), 1);
	put(h, &again);
	put(h, &again);
	put(h, &end);
	assert_int_equal(count(h, "SELECT count(*) FROM episodes"), 1);
	assert_int_equal(count(h, "SELECT duration FROM episodes WHERE NOT cut"), 15 * MINUTE);
	/* ended in order, and the host was booted anew: nothing goes on */
	put_episode(h, &big, T0 + 50 * MINUTE, 0, NULL);
	assert_int_equal(history_run_seen(h, T0 + 60 * MINUTE, true), 0);
	assert_int_equal(history_run_begin(h, BOOT_B, T0 + 90 * MINUTE), 0);
	assert_int_equal(count(h, "SELECT count(*) FROM boots WHERE ended IS NULL"), 0);
	put(h, &(struct history_record){.kind = HISTORY_EPISODE_BEGIN,
					.at = T0 + 95 * MINUTE,
					.of_vm = true,
					.vm = {.key = UUID_BIG, .uuid = UUID_BIG, .process = "b-11", .pid = 11}});
	assert_int_equal(count(h, "SELECT count(*) FROM episodes"), 3);
	/* the VM ends: so does all of it */
	put(h, &(struct history_record){.kind = HISTORY_GONE,
					.at = T0 + 96 * MINUTE,
					.of_vm = true,
					.vm = {.key = UUID_BIG, .uuid = UUID_BIG, .process = "b-11", .pid = 11}});
	assert_int_equal(count(h, "SELECT count(*) FROM episodes WHERE ended IS NULL"), 0);
}

/* A VM that was named late is one VM. */
static void test_same(void **state)
{
	_cleanup_free_ char *path = tmpdir_path(*state, "history.db");
	_cleanup_(history_close_p) struct history *h = open_history(path);
	_cleanup_json_ json_object *list = NULL;

	put_time(h, &bare, T0 + HOUR, HOUR, MINUTE, 0);
	put_time(h, &big, T0 + HOUR, HOUR, 0, 0);
	put_event(h, &bare, "vm-appeared", T0);
	put_episode(h, &bare, T0, 0, NULL);
	for (int i = 0; i < 2; i++)
		put(h, &(struct history_record){
			       .kind = HISTORY_SAME, .at = T0, .of_vm = true, .vm = big, .was = bare.key});
	assert_int_equal(count(h, "SELECT count(*) FROM vms"), 1);
	assert_int_equal(count(h, "SELECT watched FROM hours"), 2 * HOUR);
	assert_int_equal(count(h, "SELECT inhibited FROM hours"), MINUTE);
	list = events_of(h, "big", 0, UINT64_MAX, 0);
	assert_int_equal(json_object_array_length(list), 1);
	put(h, &(struct history_record){.kind = HISTORY_SAME, .at = T0, .of_vm = true, .vm = big, .was = big.key});
	assert_int_equal(count(h, "SELECT count(*) FROM events"), 1);
}

static void test_prune(void **state)
{
	_cleanup_free_ char *path = tmpdir_path(*state, "history.db");
	_cleanup_(history_close_p) struct history *h = open_history(path);

	assert_int_equal(history_run_begin(h, BOOT_A, T0), 0);
	for (uint64_t i = 0; i < 100; i++) {
		put_event(h, &big, "vm-condition", T0 + i * HOUR);
		put_time(h, i < 50 ? &db : &big, T0 + i * HOUR + 1, 1, 0, 0);
		put_episode(h, &big, T0 + i * HOUR, T0 + i * HOUR + 1, NULL);
	}
	put_episode(h, &bare, T0, 0, NULL);
	assert_int_equal(history_prune(h, T0 + 60 * HOUR, 1000), 0);
	assert_int_equal(count(h, "SELECT count(*) FROM events"), 40);
	assert_int_equal(count(h, "SELECT count(*) FROM hours"), 40);
	/* one that goes on is not old */
	assert_int_equal(count(h, "SELECT count(*) FROM episodes"), 41);
	assert_int_equal(count(h, "SELECT count(*) FROM vms"), 2);
	assert_int_equal(history_prune(h, 0, 10), 0);
	assert_int_equal(count(h, "SELECT count(*) FROM events"), 10);
	assert_int_equal(count(h, "SELECT min(at) FROM events"), T0 + 90 * HOUR);
	assert_int_equal(count(h, "SELECT count(*) FROM hours"), 10);
}

static const char *const steps[] = {
	"CREATE TABLE a (x INTEGER)",
	"ALTER TABLE a ADD COLUMN y TEXT; UPDATE a SET y = 'old' || x",
	"CREATE INDEX a_x ON a (x)",
	NULL,
};
static const char *const broken[] = {"", "", "", "CREATE TABLE b (x INTEGER); INSERT INTO nowhere VALUES (1)", NULL};

/* Through the function that the real table goes through: each step once, in order, all or nothing. */
static void test_migrate(void **state)
{
	_cleanup_free_ char *path = tmpdir_path(*state, "old.db");
	struct history h = {0};

	assert_int_equal(sqlite3_open(path, &h.db), SQLITE_OK);
	assert_int_equal(history_migrate(&h, (const char *const[]){steps[0], NULL}), 0);
	assert_int_equal(count(&h, "PRAGMA user_version"), 1);
	assert_int_equal(history_exec(&h, "INSERT INTO a VALUES (7)"), 0);
	assert_int_equal(history_migrate(&h, steps), 0);
	assert_int_equal(count(&h, "PRAGMA user_version"), 3);
	assert_int_equal(count(&h, "SELECT count(*) FROM a WHERE y = 'old7'"), 1);
	assert_int_equal(history_migrate(&h, steps), 0);
	assert_true(history_migrate(&h, broken) < 0);
	assert_int_equal(count(&h, "PRAGMA user_version"), 3);
	assert_int_equal(count(&h, "SELECT count(*) FROM sqlite_master WHERE name = 'b'"), 0);
	assert_int_equal(history_migrate(&h, (const char *const[]){steps[0], NULL}), -EPROTONOSUPPORT);
	sqlite3_close(h.db);
}

static void write_file(const char *path, const void *data, size_t len)
{
	assert_int_equal(file_write_atomic(path, data, len, 0600, false), 0);
}

/* Left alone, to the byte. */
static void test_not_ours(void **state)
{
	static const struct {
		const char *sql;
		int error;
	} rows[] = {
		{"PRAGMA application_id = 1635150179; PRAGMA user_version = 99; CREATE TABLE future (x)",
		 -EPROTONOSUPPORT},
		{"CREATE TABLE mail (x)", -EMEDIUMTYPE},
		{"PRAGMA application_id = 42", -EMEDIUMTYPE},
	};
	_cleanup_free_ char *path = tmpdir_path(*state, "history.db"),
			    *aside = tmpdir_path(*state, "history.db.corrupt-1");

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *before = NULL, *after = NULL;
		size_t n_before, n_after;
		struct history_options o = {.path = path, .boot_id = BOOT_A, .batch_ns = NSEC_PER_MSEC};
		struct history_notice notice = {0};
		struct history_writer *w;
		struct history *h;
		sqlite3 *other;

		assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
		assert_int_equal(sqlite3_exec(other, rows[i].sql, NULL, NULL, NULL), SQLITE_OK);
		sqlite3_close(other);
		assert_int_equal(file_read(path, 1 << 20, &before, &n_before), 0);
		assert_int_equal(history_open(path, &h), rows[i].error);
		assert_int_equal(history_open_read(path, &h), rows[i].error);
		assert_int_equal(history_writer_new(&o, &w), 0);
		for (int try = 0; try < 500 && !history_writer_notice(w, &notice); try++)
			usleep(10000);
		assert_int_equal(notice.state, HISTORY_REFUSED);
		assert_int_equal(
			history_put(w, &(struct history_record){.kind = HISTORY_EVENT, .at = T0, .event = "health"}),
			0);
		assert_int_equal(history_writer_free(w, 10 * NSEC_PER_SEC), 0);
		assert_int_equal(file_read(path, 1 << 20, &after, &n_after), 0);
		assert_int_equal(n_before, n_after);
		assert_memory_equal(before, after, n_before);
		assert_true(access(aside, F_OK) < 0);
		assert_int_equal(unlink(path), 0);
	}
}

/* An older one is for avicd to migrate, not for a reader. */
static void test_older(void **state)
{
	_cleanup_free_ char *path = tmpdir_path(*state, "history.db");
	struct history *h = open_history(path);

	assert_int_equal(history_exec(h, "PRAGMA user_version = 0"), 0);
	h = history_close(h);
	assert_int_equal(history_open_read(path, &h), -ESTALE);
	unlink(path);
	assert_int_equal(history_open_read(path, &h), -ENOENT);
}

static struct history_notice await_notice(struct history_writer *w)
{
	struct history_notice n = {0};

	for (int i = 0; i < 1000; i++) {
		if (history_writer_notice(w, &n))
			return n;
		usleep(10000);
	}
	fail_msg("the writer says nothing");
	return n;
}

static void test_corrupt(void **state)
{
	static const char junk[8192] = "this is no database at all";
	_cleanup_free_ char *path = tmpdir_path(*state, "history.db");
	struct history_options o = {.path = path, .boot_id = BOOT_A, .batch_ns = NSEC_PER_MSEC};

	for (int i = 1; i <= HISTORY_ASIDE_MAX + 2; i++) {
		_cleanup_free_ char *aside = NULL;
		struct history_notice n;
		struct history_writer *w;
		struct history *h;

		assert_true(asprintf(&aside, "%s.corrupt-%d", path, MIN(i, HISTORY_ASIDE_MAX)) > 0);
		write_file(path, junk, sizeof(junk));
		assert_int_equal(history_writer_new(&o, &w), 0);
		assert_int_equal(
			history_put(w, &(struct history_record){.kind = HISTORY_EVENT, .at = T0, .event = "health"}),
			0);
		/* one for what was found, one for what came of it; or both at once */
		n = await_notice(w);
		assert_string_equal(n.aside, aside);
		assert_int_equal(history_writer_free(w, 10 * NSEC_PER_SEC), 0);
		assert_int_equal(access(aside, F_OK), 0);
		h = open_history(path);
		assert_int_equal(count(h, "SELECT count(*) FROM events"), 1);
		history_close(h);
		assert_int_equal(unlink(path), 0);
	}
}

/* Whatever is in the file: an error or an answer. */
static void test_damage(void **state)
{
	_cleanup_free_ char *path = tmpdir_path(*state, "history.db"), *good = NULL;
	struct history *h = open_history(path);
	unsigned refused = 0;
	size_t len;

	srandom(1);
	assert_int_equal(history_run_begin(h, BOOT_A, T0), 0);
	for (uint64_t i = 0; i < 200; i++) {
		put_event(h, i % 2 ? &big : NULL, i % 2 ? "vm-stuck" : "health", T0 + i * MINUTE);
		put_time(h, &big, T0 + i * HOUR, HOUR, MINUTE, 0);
	}
	h = history_close(h);
	assert_int_equal(file_read(path, 1 << 22, &good, &len), 0);
	for (int i = 0; i < 300; i++) {
		_cleanup_free_ char *bad = malloc(len), *aside = NULL;
		_cleanup_json_ json_object *a = NULL, *b = NULL;
		struct history_filter f = {.until = UINT64_MAX};
		int r;

		assert_non_null(bad);
		memcpy(bad, good, len);
		for (int k = 0; k < 1 + i % 40; k++)
			bad[(size_t)random() % len] = (char)random();
		write_file(path, bad, i % 3 ? len : (size_t)random() % len);
		if (history_open_read(path, &h) == 0) {
			(void)history_events(h, &f, &a);
			(void)history_summary(h, 0, T0 + 1000 * HOUR, &b);
			h = history_close(h);
		}
		r = history_open(path, &h);
		if (r == 0) {
			(void)history_prune(h, T0 + HOUR, 10);
			h = history_close(h);
		} else {
			refused++;
		}
		assert_int_equal(history_set_aside(path, &aside), 0);
		assert_int_equal(unlink(aside), 0);
	}
	assert_true(refused > 100);
}

static void fill_child(const char *path, int fd)
{
	struct history_options o = {.path = path,
				    .boot_id = BOOT_A,
				    .batch_ns = NSEC_PER_MSEC,
				    .retry_ns = 50 * NSEC_PER_MSEC,
				    .max_queue = 100};
	struct rlimit l = {.rlim_cur = 256 << 10, .rlim_max = RLIM_INFINITY};
	struct history_record r = {.kind = HISTORY_EVENT, .at = T0, .event = "health"};
	_cleanup_free_ char *text = calloc(1, 2001);
	struct history_writer *w;
	struct history_notice n;
	unsigned full = 0;
	uint64_t began = now_ns(), longest = 0;

	memset(text, 'x', 2000);
	r.text = text;
	setrlimit(RLIMIT_FSIZE, &l);
	if (history_writer_new(&o, &w) < 0)
		_exit(10);
	n = await_notice(w);
	if (n.state != HISTORY_WRITING)
		_exit(11);
	for (int i = 0; i < 20000 && full < 50; i++) {
		uint64_t before = now_ns();

		full += history_put(w, &r) == -ENOBUFS;
		longest = MAX(longest, now_ns() - before);
		usleep(50);
	}
	n = await_notice(w);
	/* one line, however often it was tried since */
	if (n.state != HISTORY_BLOCKED || !n.text[0] || full < 50)
		_exit(12);
	usleep(300000);
	if (history_writer_notice(w, &n))
		_exit(13);
	l.rlim_cur = RLIM_INFINITY;
	setrlimit(RLIMIT_FSIZE, &l);
	n = await_notice(w);
	if (n.state != HISTORY_WRITING || n.lost < 50)
		_exit(14);
	dprintf(fd, "%llu %llu", (unsigned long long)n.lost, (unsigned long long)longest);
	if (history_put(w, &r) < 0 || history_writer_free(w, 10 * NSEC_PER_SEC) < 0 ||
	    now_ns() - began > 60 * NSEC_PER_SEC)
		_exit(15);
	_exit(0);
}

/* A limit of file size is a disk that is full, and empty again. */
static void test_full(void **state)
{
	_cleanup_free_ char *path = tmpdir_path(*state, "history.db");
	unsigned long long lost = 0, longest = 0;
	struct history *h;
	int status, p[2];
	char said[64] = "";
	pid_t pid;

	assert_int_equal(pipe(p), 0);
	pid = fork();
	if (pid == 0)
		fill_child(path, p[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_true(read(p[0], said, sizeof(said) - 1) > 0);
	assert_int_equal(sscanf(said, "%llu %llu", &lost, &longest), 2);
	print_message("%llu records lost, the longest history_put() took %llu us\n", lost, longest / 1000);
	close(p[0]);
	close(p[1]);
	h = open_history(path);
	assert_int_equal(count(h, "SELECT sum(records) FROM gaps"), lost);
	assert_true(count(h, "SELECT count(*) FROM events") > 100);
	history_close(h);
}

/* Ten thousand VMs appear at once: nothing is lost. */
static void test_burst(void **state)
{
	_cleanup_free_ char *path = tmpdir_path(*state, "history.db");
	struct history_options o = {.path = path, .boot_id = BOOT_A};
	struct history_writer *w;
	struct history *h;
	char key[32];

	assert_int_equal(history_writer_new(&o, &w), 0);
	for (int i = 0; i < 20000; i++) {
		snprintf(key, sizeof(key), "pid-%d-1", i / 2);
		assert_int_equal(history_put(w,
					     &(struct history_record){.kind = i % 2 ? HISTORY_BOOT : HISTORY_EVENT,
								      .at = T0,
								      .of_vm = true,
								      .vm = {.key = key, .process = key, .pid = i / 2},
								      .event = "vm-appeared"}),
				 0);
	}
	assert_int_equal(history_writer_free(w, 60 * NSEC_PER_SEC), 0);
	h = open_history(path);
	assert_int_equal(count(h, "SELECT count(*) FROM vms"), 10000);
	assert_int_equal(count(h, "SELECT count(*) FROM boots"), 10000);
	assert_int_equal(count(h, "SELECT count(*) FROM gaps"), 0);
	history_close(h);
}

/* Who deletes the file gets a new one; records that no table takes hold up nobody. */
static void test_writer(void **state)
{
	_cleanup_free_ char *path = tmpdir_path(*state, "history.db");
	struct history_options o = {.path = path, .boot_id = BOOT_A, .batch_ns = NSEC_PER_MSEC};
	struct history_record good = {.kind = HISTORY_EVENT, .at = T0, .event = "health"};
	struct history_record bad = {.kind = HISTORY_EVENT, .at = T0};
	struct history_writer *w;
	struct history *h;

	assert_int_equal(history_writer_new(&o, &w), 0);
	assert_int_equal(await_notice(w).state, HISTORY_WRITING);
	assert_int_equal(history_put(w, &good), 0);
	usleep(200000);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(history_put(w, &good), 0);
	assert_int_equal(history_put(w, &bad), 0);
	assert_int_equal(history_put(w, &good), 0);
	assert_int_equal(history_writer_free(w, 10 * NSEC_PER_SEC), 0);
	h = open_history(path);
	assert_int_equal(count(h, "SELECT count(*) FROM events"), 2);
	assert_int_equal(count(h, "SELECT sum(records) FROM gaps"), 1);
	assert_int_equal(count(h, "SELECT clean FROM runs ORDER BY id DESC LIMIT 1"), 1);
	history_close(h);
	assert_int_equal(history_writer_free(NULL, 0), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, tmpdir_setup, tmpdir_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_events),  TEST(test_summary),	 TEST(test_young_hour), TEST(test_top),
		TEST(test_clock),   TEST(test_runs),	 TEST(test_same),	TEST(test_prune),
		TEST(test_migrate), TEST(test_not_ours), TEST(test_older),	TEST(test_corrupt),
		TEST(test_damage),  TEST(test_full),	 TEST(test_burst),	TEST(test_writer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
