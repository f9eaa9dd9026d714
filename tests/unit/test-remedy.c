/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules of remedies: each refuses alone, yields or not, at its edge; the ladder; the book. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>

#include "avicd/policy.h"
#include "avicd/remedy.h"
#include "avicd/util.h"

#define BIG    "5e6b0c1a-3f5e-4c0f-9a55-000000000001"
#define OTHER  "5e6b0c1a-3f5e-4c0f-9a55-000000000002"
#define MINUTE (60 * NSEC_PER_SEC)
#define HOUR   (60 * MINUTE)
#define NOW    (100 * HOUR)

static struct verdict verdict;
static struct remedy_limits limits;
static struct remedy_book book;
static struct remedy_in in;

/* A VM that the bug has left stuck, by policy, with everything there. */
static int setup(void **state)
{
	verdict = (struct verdict){
		.condition = CONDITION_STUCK,
		.cause = CAUSE_KERNEL_BUG,
		.remedies = BIT64(REMEDY_LIVEPATCH) | BIT64(REMEDY_HEAL) | BIT64(REMEDY_MIGRATE) |
			    BIT64(REMEDY_RESTORE) | BIT64(REMEDY_COLD_REBOOT),
	};
	remedy_limits_default(&limits);
	in = (struct remedy_in){
		.verdict = &verdict,
		.uuid = BIG,
		.key = BIG,
		.managed = true,
		.persistent = true,
		.running = true,
		.automatic = true,
		.asker = ASKER_POLICY,
		.wanted = -1,
		.proved = true,
		.n_targets = 1,
		.limits = &limits,
		.book = &book,
		.now = NOW,
		.minute = 12 * 60,
	};
	ladder_default(&in.ladder);
	return 0;
}

static int teardown(void **state)
{
	book_done(&book);
	return 0;
}

static struct remedy_step step(enum remedy r)
{
	struct remedy_plan p;

	remedy_plan(&in, &p);
	assert_int_equal(p.n, LADDER_MAX);
	for (size_t i = 0; i < p.n; i++)
		if (p.steps[i].remedy == r)
			return p.steps[i];
	fail();
	return p.steps[0];
}

static int chosen(void)
{
	struct remedy_plan p;

	remedy_plan(&in, &p);
	return p.chosen < 0 ? -1 : (int)p.steps[p.chosen].remedy;
}

static void expect(enum remedy r, enum remedy_rule rule)
{
	enum remedy_rule got = step(r).rule;

	if (got != rule)
		fail_msg("%s: %s, not %s", remedy_to_string(r), rule_to_string(got), rule_to_string(rule));
}

static void begin(const char *id, const char *uuid, enum remedy r, uint64_t at)
{
	struct remedy_job j = {.remedy = r, .begun_at = at};

	snprintf(j.id, sizeof(j.id), "%s", id);
	snprintf(j.uuid, sizeof(j.uuid), "%s", uuid);
	assert_int_equal(book_begin(&book, &j), 0);
}

static void words(void **state)
{
	for (int a = 0; a < _RULE_MAX; a++) {
		assert_true(strlen(rule_to_string(a)) > 2);
		assert_true(strlen(rule_sentence(a)) > 10);
		for (int b = 0; b < a; b++)
			assert_string_not_equal(rule_to_string(a), rule_to_string(b));
	}
}

static void the_first_of_the_ladder(void **state)
{
	assert_int_equal(chosen(), REMEDY_HEAL);
	expect(REMEDY_MIGRATE, RULE_EARLIER);
	expect(REMEDY_RESTORE, RULE_ASKED);
	in.proved = false;
	assert_int_equal(chosen(), REMEDY_MIGRATE);
	assert_int_equal(ladder_parse("migrate, heal", false, &in.ladder), 0);
	in.proved = true;
	assert_int_equal(chosen(), REMEDY_MIGRATE);
	assert_int_equal(ladder_parse("", false, &in.ladder), 0);
	assert_int_equal(chosen(), -1);
	expect(REMEDY_HEAL, RULE_LADDER);
}

static void what_no_asking_helps(void **state)
{
#define REFUSES(rule, remedy, change)    \
	setup(NULL);                     \
	change;                          \
	expect(remedy, rule);            \
	in.asker = ASKER_PERSON;         \
	in.wanted = remedy;              \
	expect(remedy, rule);            \
	assert_false(rule_yields(rule)); \
	assert_int_equal(chosen(), -1)
	REFUSES(RULE_WELL, REMEDY_HEAL, verdict.condition = CONDITION_ACTIVE);
	REFUSES(RULE_WELL, REMEDY_MIGRATE, verdict.condition = CONDITION_SETTLING);
	REFUSES(RULE_WELL, REMEDY_MIGRATE, verdict.condition = CONDITION_OFF);
	REFUSES(RULE_UNKNOWN, REMEDY_MIGRATE, verdict.condition = CONDITION_UNKNOWN);
	REFUSES(RULE_AMBIGUOUS, REMEDY_HEAL, (verdict.condition = CONDITION_UNKNOWN, in.ambiguous = true));
	REFUSES(RULE_CAUSE, REMEDY_MIGRATE, verdict.cause = CAUSE_GUEST);
	REFUSES(RULE_CAUSE, REMEDY_RESTORE, verdict.cause = CAUSE_DEBUGGER);
	REFUSES(RULE_CAUSE, REMEDY_HEAL, verdict.cause = CAUSE_UNKNOWN);
	REFUSES(RULE_CAUSE, REMEDY_MIGRATE,
		(verdict.condition = CONDITION_CONFIGURED, verdict.cause = CAUSE_VM_CONFIG));
	REFUSES(RULE_CURES, REMEDY_MIGRATE, verdict.remedies &= ~BIT64(REMEDY_MIGRATE));
	REFUSES(RULE_UNMANAGED, REMEDY_MIGRATE, in.managed = false);
	REFUSES(RULE_TRANSIENT, REMEDY_RESTORE, in.persistent = false);
	REFUSES(RULE_TRANSIENT, REMEDY_COLD_REBOOT, in.persistent = false);
	REFUSES(RULE_PAUSED, REMEDY_MIGRATE, in.running = false);
	REFUSES(RULE_NO_TARGET, REMEDY_MIGRATE, in.n_targets = 0);
	REFUSES(RULE_NOT_PROVED, REMEDY_HEAL, in.proved = false);
	REFUSES(RULE_RISK, REMEDY_HEAL, in.risk = true);
#undef REFUSES
	/* a heal needs no libvirt */
	setup(NULL);
	in.managed = false;
	in.uuid = "";
	assert_int_equal(chosen(), REMEDY_HEAL);
}

static void what_a_person_overrules(void **state)
{
#define YIELDS(rule, remedy, change) \
	book_done(&book);            \
	setup(NULL);                 \
	change;                      \
	expect(remedy, rule);        \
	in.asker = ASKER_PERSON;     \
	in.wanted = remedy;          \
	assert_int_equal(chosen(), remedy)
	YIELDS(RULE_REPORT, REMEDY_HEAL, in.automatic = false);
	YIELDS(RULE_LADDER, REMEDY_MIGRATE, in.ladder.n = 1);
	YIELDS(RULE_ASKED, REMEDY_RESTORE, );
	YIELDS(RULE_QUIET, REMEDY_HEAL, (limits.quiet_from = 600, limits.quiet_to = 900));
	YIELDS(RULE_DUTY, REMEDY_HEAL, book.unreadable = true);
	YIELDS(RULE_HOURLY, REMEDY_HEAL, limits.hourly = 0);
	YIELDS(RULE_CAUSE, REMEDY_MIGRATE, verdict.cause = CAUSE_UNKNOWN);
#undef YIELDS
	/* who names none gets the ladder's, and no guest stands still for it */
	setup(NULL);
	in.asker = ASKER_PERSON;
	in.automatic = false;
	in.proved = false;
	in.n_targets = 0;
	assert_int_equal(chosen(), -1);
	expect(REMEDY_RESTORE, RULE_ASKED);
	/* and a cause that is not known is no ground then, either */
	in.n_targets = 1;
	verdict.cause = CAUSE_UNKNOWN;
	assert_int_equal(chosen(), -1);
}

/* The headline is the lowest bit; the others count as well. */
static void every_reason_counts(void **state)
{
	static const struct {
		enum reason_class cls;
		enum cause cause;
		enum remedy_rule rule; /* of a migration */
	} rows[] = {
		{CLASS_STICKY, CAUSE_KERNEL_BUG, RULE_NONE},   /* the one that is stuck, alone */
		{CLASS_STICKY, CAUSE_GUEST, RULE_CAUSE},       /* APIC_BASE_MODIFIED */
		{CLASS_STICKY, CAUSE_UNKNOWN, RULE_CAUSE},     /* a bit of a newer kernel */
		{CLASS_TRANSIENT, CAUSE_GUEST, RULE_NONE},     /* LOGICAL_ID_ALIASED passes by itself */
		{CLASS_TRANSIENT, CAUSE_NONE, RULE_NONE},      /* IRQWIN */
		{CLASS_TRANSIENT, CAUSE_DEBUGGER, RULE_CAUSE}, /* BLOCKIRQ: somebody is at work */
		{CLASS_CONFIG, CAUSE_VM_CONFIG, RULE_NONE},    /* for RULE_CURES to say, by the mask of remedies */
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		setup(NULL);
		in.proved = false;
		verdict.n = 2;
		verdict.reasons[0] = (struct reason_verdict){.cls = CLASS_STICKY, .cause = CAUSE_KERNEL_BUG};
		verdict.reasons[1] = (struct reason_verdict){.cls = rows[i].cls, .cause = rows[i].cause};
		expect(REMEDY_MIGRATE, rows[i].rule);
	}
	/* a person who names the remedy knows more of what is not known, and not of what is */
	setup(NULL);
	in.asker = ASKER_PERSON;
	in.wanted = REMEDY_MIGRATE;
	verdict.n = 1;
	verdict.reasons[0] = (struct reason_verdict){.cls = CLASS_STICKY, .cause = CAUSE_UNKNOWN};
	assert_int_equal(chosen(), REMEDY_MIGRATE);
	verdict.reasons[0].cause = CAUSE_GUEST;
	expect(REMEDY_MIGRATE, RULE_CAUSE);
}

/* What a person names is done, however early another one is on the list. */
static void named_is_first(void **state)
{
	in.asker = ASKER_PERSON;
	in.wanted = REMEDY_MIGRATE;
	assert_int_equal(chosen(), REMEDY_MIGRATE);
	expect(REMEDY_HEAL, RULE_EARLIER);
	in.wanted = REMEDY_COLD_REBOOT;
	assert_int_equal(chosen(), REMEDY_COLD_REBOOT);
	expect(REMEDY_MIGRATE, RULE_EARLIER);
}

/* A cold-reboot waits for its guest, and nobody waits for it. */
static void who_waits_is_no_job(void **state)
{
	limits.interval_ns = 0;
	begin("a", OTHER, REMEDY_COLD_REBOOT, NOW - HOUR);
	assert_int_equal(chosen(), REMEDY_HEAL);
	begin("b", "5e6b0c1a-3f5e-4c0f-9a55-000000000003", REMEDY_MIGRATE, NOW - HOUR);
	expect(REMEDY_HEAL, RULE_MAX_JOBS);
	in.asker = ASKER_PERSON;
	in.wanted = REMEDY_COLD_REBOOT;
	assert_int_equal(chosen(), REMEDY_COLD_REBOOT);
}

/* What was only tried out keeps no remedy away; while it lasts, it is a job. */
static void a_dry_run_is_no_remedy(void **state)
{
	struct remedy_job j = {.id = "a", .uuid = BIG, .remedy = REMEDY_MIGRATE, .dry_run = true, .begun_at = NOW - 2};

	assert_int_equal(book_begin(&book, &j), 0);
	expect(REMEDY_HEAL, RULE_BUSY);
	in.key = in.uuid = OTHER;
	expect(REMEDY_HEAL, RULE_MAX_JOBS);
	assert_int_equal(book_end(&book, &limits, "a", &(struct job_end){.neutral = true}, NOW - 1), 0);
	in.key = in.uuid = BIG;
	assert_int_equal(chosen(), REMEDY_HEAL);
	assert_null(book_past(&book, BIG));
}

/* Each remedy once, those of the ladder first, and one that is done at most, whatever is asked. */
static void plans_are_whole(void **state)
{
	static const char *const ladders[] = {"", "heal", "migrate heal", "cold-reboot restore migrate heal"};

	for (unsigned n = 0; n < ARRAY_SIZE(ladders) * 2 * (LADDER_MAX + 1); n++) {
		struct remedy_plan p;
		unsigned seen = 0, done = 0;

		assert_int_equal(ladder_parse(ladders[n % ARRAY_SIZE(ladders)], true, &in.ladder), 0);
		in.ladder_own = true;
		in.asker = n / ARRAY_SIZE(ladders) % 2 ? ASKER_PERSON : ASKER_POLICY;
		in.wanted = in.asker == ASKER_PERSON ? (int)(n / ARRAY_SIZE(ladders) / 2) - 1 + REMEDY_HEAL : -1;
		if (in.wanted < REMEDY_HEAL)
			in.wanted = -1;
		remedy_plan(&in, &p);
		assert_int_equal(p.n, LADDER_MAX);
		for (size_t i = 0; i < p.n; i++) {
			seen |= 1U << p.steps[i].remedy;
			done += p.steps[i].rule == RULE_NONE;
			if (i < in.ladder.n)
				assert_int_equal(p.steps[i].remedy, in.ladder.list[i]);
		}
		assert_int_equal(__builtin_popcount(seen), LADDER_MAX);
		assert_int_equal(done, p.chosen >= 0);
		if (in.asker == ASKER_POLICY && p.chosen >= 0)
			assert_int_equal(p.chosen, 0);
	}
}

static void own_metadata_may_ask(void **state)
{
	assert_int_equal(ladder_parse("restore", false, &in.ladder), -EINVAL);
	assert_int_equal(ladder_parse("restore cold-reboot", true, &in.ladder), 0);
	expect(REMEDY_RESTORE, RULE_ASKED);
	in.ladder_own = true;
	assert_int_equal(chosen(), REMEDY_RESTORE);
	/* a setting is cured by a VM that is made anew with another one */
	verdict.condition = CONDITION_CONFIGURED;
	verdict.cause = CAUSE_VM_CONFIG;
	assert_int_equal(chosen(), REMEDY_RESTORE);
}

static void limits_at_their_edges(void **state)
{
	begin("a", OTHER, REMEDY_HEAL, NOW - 5 * MINUTE + 1);
	limits.max_jobs = 2;
	limits.delay_ns = 0;
	expect(REMEDY_HEAL, RULE_INTERVAL);
	assert_true(step(REMEDY_HEAL).until == NOW + 1);
	in.now = NOW + 1;
	assert_int_equal(chosen(), REMEDY_HEAL);
	limits.max_jobs = 1;
	expect(REMEDY_HEAL, RULE_MAX_JOBS);
	limits.delay_ns = MINUTE;
	assert_int_equal(book_end(&book, &limits, "a", &(struct job_end){.cured = true}, in.now), 0);
	expect(REMEDY_HEAL, RULE_DELAY);
	in.now += MINUTE - 1;
	expect(REMEDY_HEAL, RULE_DELAY);
	in.now++;
	assert_int_equal(chosen(), REMEDY_HEAL);
	/* of this very VM */
	in.key = in.uuid = OTHER;
	expect(REMEDY_HEAL, RULE_WINDOW);
	in.now = NOW - 5 * MINUTE + 1 + 24 * HOUR;
	assert_int_equal(chosen(), REMEDY_HEAL);
}

static void an_hour_slides(void **state)
{
	limits.interval_ns = limits.delay_ns = limits.window_ns = 0;
	limits.hourly = 2;
	limits.max_jobs = 10;
	begin("a", OTHER, REMEDY_HEAL, NOW - HOUR + 10);
	assert_int_equal(chosen(), REMEDY_HEAL);
	begin("b", "5e6b0c1a-3f5e-4c0f-9a55-000000000003", REMEDY_HEAL, NOW - 1);
	expect(REMEDY_HEAL, RULE_HOURLY);
	assert_true(step(REMEDY_HEAL).until == NOW + 10);
	in.now = NOW + 10;
	assert_int_equal(chosen(), REMEDY_HEAL);
}

static void quiet_over_midnight(void **state)
{
	static const struct {
		uint16_t from, to, minute;
		bool quiet;
	} rows[] = {
		{600, 900, 599, false},	  {600, 900, 600, true},   {600, 900, 899, true},  {600, 900, 900, false},
		{1320, 360, 1319, false}, {1320, 360, 1320, true}, {1320, 360, 0, true},   {1320, 360, 359, true},
		{1320, 360, 360, false},  {0, 0, 0, false},	   {720, 720, 720, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		limits.quiet_from = rows[i].from;
		limits.quiet_to = rows[i].to;
		in.minute = rows[i].minute;
		expect(REMEDY_HEAL, rows[i].quiet ? RULE_QUIET : RULE_NONE);
	}
	limits.quiet_from = 1320;
	limits.quiet_to = 360;
	in.minute = 1380;
	assert_true(step(REMEDY_HEAL).until == NOW + 420 * MINUTE);
}

static void one_job_a_vm(void **state)
{
	struct remedy_job j = {.id = "b", .uuid = BIG};

	begin("a", BIG, REMEDY_RESTORE, NOW);
	expect(REMEDY_HEAL, RULE_BUSY);
	assert_int_equal(book_begin(&book, &j), -EEXIST);
	assert_int_equal(book.n_jobs, 1);
	assert_int_equal(book_end(&book, &limits, "b", &(struct job_end){0}, NOW), -ENOENT);
	assert_int_equal(book_end(&book, &limits, "a", &(struct job_end){.neutral = true}, NOW), 0);
	assert_int_equal(book_past(&book, BIG)->failures, 0);
}

static void a_vm_without_a_domain_has_a_key(void **state)
{
	const struct vm_id id = {4711, 1234567890123ULL};
	char key[DOMAIN_UUID_MAX];

	assert_string_equal(remedy_key("", &id, key), "vm-4711-123456");
	assert_true(remedy_key_ok(key));
	in.key = "vm-4711-123456";
	in.uuid = "";
	begin("a", in.key, REMEDY_HEAL, NOW);
	expect(REMEDY_HEAL, RULE_BUSY);
	assert_string_equal(remedy_key(BIG, &id, key), BIG);
	assert_true(remedy_key_ok(key));
	assert_false(remedy_key_ok("vm-"));
	assert_false(remedy_key_ok("vm-1/../2"));
	assert_false(remedy_key_ok(""));
}

static void failures_and_then_a_person(void **state)
{
	for (unsigned i = 1; i <= 4; i++) {
		begin("a", BIG, REMEDY_MIGRATE, NOW);
		assert_int_equal(book_end(&book, &limits, "a", &(struct job_end){0}, NOW), i == 3);
	}
	limits.interval_ns = limits.delay_ns = limits.window_ns = 0;
	expect(REMEDY_HEAL, RULE_FAILURES);
	in.asker = ASKER_PERSON;
	assert_int_equal(chosen(), REMEDY_HEAL);
	begin("a", BIG, REMEDY_HEAL, NOW);
	assert_int_equal(book_end(&book, &limits, "a", &(struct job_end){.cured = true}, NOW), 0);
	in.asker = ASKER_POLICY;
	assert_int_equal(chosen(), REMEDY_HEAL);
}

static void ping_pong(void **state)
{
	in.proved = false;
	begin("a", BIG, REMEDY_MIGRATE, NOW - 2 * HOUR);
	assert_int_equal(book_arrived(&book, &limits, BIG, NOW), 0);
	assert_int_equal(book_end(&book, &limits, "a", &(struct job_end){.cured = true, .departed = true}, NOW - HOUR),
			 0);
	limits.interval_ns = limits.delay_ns = 0;
	assert_int_equal(book_arrived(&book, &limits, OTHER, NOW), 0);
	assert_int_equal(book_arrived(&book, &limits, BIG, NOW), 1);
	assert_int_equal(book_arrived(&book, &limits, BIG, NOW), 0);
	/* the window is over long before */
	in.now = NOW + 22 * HOUR;
	expect(REMEDY_MIGRATE, RULE_PING_PONG);
	assert_true(step(REMEDY_MIGRATE).until == NOW - HOUR + 7 * 24 * HOUR);
	in.proved = true;
	assert_int_equal(chosen(), REMEDY_HEAL);
	in.proved = false;
	in.now = NOW - HOUR + 7 * 24 * HOUR - 1;
	book_prune(&book, &limits, in.now);
	expect(REMEDY_MIGRATE, RULE_PING_PONG);
	in.asker = ASKER_PERSON;
	assert_int_equal(chosen(), REMEDY_MIGRATE);
	in.asker = ASKER_POLICY;
	in.now++;
	assert_int_equal(chosen(), REMEDY_MIGRATE);
}

static void what_is_forgotten(void **state)
{
	begin("a", BIG, REMEDY_MIGRATE, NOW);
	begin("b", OTHER, REMEDY_MIGRATE, NOW);
	book_end(&book, &limits, "a", &(struct job_end){.cured = true}, NOW);
	book_end(&book, &limits, "b", &(struct job_end){0}, NOW);
	book_prune(&book, &limits, NOW + 24 * HOUR - 1);
	assert_int_equal(book.n_past, 2);
	book_prune(&book, &limits, NOW + 24 * HOUR);
	assert_null(book_past(&book, BIG));
	assert_non_null(book_past(&book, OTHER));
	book_prune(&book, &limits, NOW + 7 * 24 * HOUR);
	assert_int_equal(book.n_past, 0);
}

static void ladders(void **state)
{
	static const struct {
		const char *text;
		bool own;
		const char *prints; /* NULL: refused */
	} rows[] = {
		{"", false, ""},
		{"heal", false, "heal"},
		{" migrate,heal ", false, "migrate heal"},
		{"report", false, ""},
		{"heal report", false, "heal"},
		{"report heal", false, NULL},
		{"heal heal", false, NULL},
		{"magic", true, NULL},
		{"livepatch", true, NULL},
		{"heal migrate restore cold-reboot report", true, "heal migrate restore cold-reboot"},
		{"cold-reboot", false, NULL},
		{"hea", false, NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct remedy_ladder l = {.n = 3};
		char buf[LADDER_TEXT_MAX];
		int r = ladder_parse(rows[i].text, rows[i].own, &l);

		if ((r == 0) != (rows[i].prints != NULL))
			fail_msg("'%s': %d", rows[i].text, r);
		/* who reads the configuration has the same opinion */
		assert_int_equal(policy_ladder_ok(rows[i].text, rows[i].own), r == 0);
		if (r < 0)
			assert_int_equal(l.n, 3);
		else
			assert_string_equal(ladder_print(&l, buf), rows[i].prints);
	}
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(words),
		TEST(the_first_of_the_ladder),
		TEST(what_no_asking_helps),
		TEST(what_a_person_overrules),
		TEST(every_reason_counts),
		TEST(named_is_first),
		TEST(who_waits_is_no_job),
		TEST(a_dry_run_is_no_remedy),
		TEST(plans_are_whole),
		TEST(own_metadata_may_ask),
		TEST(limits_at_their_edges),
		TEST(an_hour_slides),
		TEST(quiet_over_midnight),
		TEST(one_job_a_vm),
		TEST(a_vm_without_a_domain_has_a_key),
		TEST(failures_and_then_a_person),
		TEST(ping_pong),
		TEST(what_is_forgotten),
		TEST(ladders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
