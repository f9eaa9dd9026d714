/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The livepatch from the wish to the proof, and back: each way through the machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "avicd/deploy.h"

#define DEADLINE (30 * NSEC_PER_SEC)

enum input { BEGIN, BEGIN_HEAL, ROLLBACK, FOUND, FOUND_TRYING, FOUND_VERIFIED, PROBED, REFUSED, HELPER, PATCH };

/* What the kernel says of the patch. */
enum { GONE, ARRIVING, ARRIVED, DISABLED };
/* What a probe says of the reboot bug. */
enum { BUG, NO_BUG, NOTHING, LATE };

struct step {
	enum input input;
	int with;     /* of PROBED, PATCH; an outcome for REFUSED, HELPER */
	double after; /* seconds since the last step */
	enum deploy_state state;
	unsigned todo; /* without DEPLOY_DO_TELL, which is there whenever the state is another one */
};

static unsigned probed(struct deploy *d, int with)
{
	struct probe_answer answers[_PROBE_BUG_MAX] = {0};

	/* the large ids are unprovable on most hosts, and nobody minds */
	answers[PROBE_REBOOT].result = with == BUG ? PROBE_VULNERABLE : with == NO_BUG ? PROBE_FIXED : PROBE_UNPROVABLE;
	answers[PROBE_DISABLED].result = with == NO_BUG || with == BUG ? PROBE_FIXED : PROBE_UNPROVABLE;
	answers[PROBE_REBOOT].late = with == LATE;
	snprintf(answers[PROBE_REBOOT].why, PROBE_WHY_MAX, "because");
	return deploy_probed(d, answers);
}

static unsigned feed(struct deploy *d, const struct step *s, uint64_t now)
{
	const struct livepatch_patch p = {
		.loaded = s->with != GONE,
		.patched = s->with != GONE,
		.enabled = s->with == ARRIVING || s->with == ARRIVED,
		.transition = s->with == ARRIVING,
	};

	switch (s->input) {
	case BEGIN:
	case BEGIN_HEAL:
		return deploy_begin(d, s->input == BEGIN_HEAL);
	case ROLLBACK:
		return deploy_rollback(d);
	case FOUND:
	case FOUND_TRYING:
	case FOUND_VERIFIED:
		return deploy_found(d, s->input == FOUND_TRYING, s->input == FOUND_VERIFIED, now, DEADLINE);
	case PROBED:
		return probed(d, s->with);
	case REFUSED:
		return deploy_refused(d, (enum livepatch_outcome)s->with, "a reason");
	case HELPER:
		return deploy_helper(d, (enum livepatch_outcome)s->with, "a reason", now, DEADLINE);
	case PATCH:
		return deploy_patch(d, &p, now);
	}
	return 0;
}

static struct deploy play(const struct step *steps, size_t n)
{
	struct deploy d = {0};
	uint64_t now = NSEC_PER_SEC;

	for (size_t i = 0; i < n; i++) {
		enum deploy_state before = d.state;
		unsigned todo;

		now += (uint64_t)(steps[i].after * 1e9);
		todo = feed(&d, &steps[i], now);
		if (d.state != steps[i].state || (todo & ~(unsigned)DEPLOY_DO_TELL) != steps[i].todo)
			fail_msg("step %zu: %s, todo %#x", i, deploy_state_to_string(d.state), todo);
		if (d.state != before)
			assert_true(todo & DEPLOY_DO_TELL);
		/* one thing at a time */
		assert_true(__builtin_popcount(todo & (DEPLOY_DO_LOAD | DEPLOY_DO_UNLOAD)) <= 1);
		/* whoever waits is waited for: an answer, a unit, or the next look */
		if (deploy_busy(&d) && d.state != DEPLOY_LOADING && d.state != DEPLOY_UNDOING)
			assert_true(todo & (DEPLOY_DO_PROBE | DEPLOY_DO_POLL));
	}
	return d;
}
#define PLAY(...) play((const struct step[]){__VA_ARGS__}, ARRAY_SIZE(((const struct step[]){__VA_ARGS__})))

#define CHECKED_AND_LOADED                                                                                 \
	{BEGIN, 0, 0, DEPLOY_CHECKING, DEPLOY_DO_PROBE}, {PROBED, BUG, 1, DEPLOY_LOADING, DEPLOY_DO_LOAD}, \
	{                                                                                                  \
		HELPER, OUTCOME_DONE, 1, DEPLOY_TRANSITION, DEPLOY_DO_POLL                                 \
	}
#define ARRIVES                                                    \
	{                                                          \
		PATCH, ARRIVED, 1, DEPLOY_PROBING, DEPLOY_DO_PROBE \
	}
#define PROVED                                                     \
	{                                                          \
		PROBED, NO_BUG, 1, DEPLOY_VERIFIED, DEPLOY_DO_MARK \
	}
#define TAKEN_AWAY                                                                       \
	{                                                                                \
		HELPER, OUTCOME_DONE, 1, DEPLOY_NONE, DEPLOY_DO_FORGET | DEPLOY_DO_PROBE \
	}

static void test_deployed(void **state _unused_)
{
	struct deploy d =
		PLAY(CHECKED_AND_LOADED, {PATCH, ARRIVING, 1, DEPLOY_TRANSITION, DEPLOY_DO_POLL}, ARRIVES, PROVED);

	assert_int_equal(d.outcome, OUTCOME_DONE);
	assert_false(deploy_busy(&d));
	/* what is proved meanwhile by others changes nothing, nor does a look */
	assert_int_equal(probed(&d, NO_BUG), 0);
	assert_int_equal(probed(&d, NOTHING), 0);
	assert_int_equal(d.state, DEPLOY_VERIFIED);
}

static void test_healed(void **state _unused_)
{
	PLAY({BEGIN_HEAL, 0, 0, DEPLOY_CHECKING, DEPLOY_DO_PROBE}, {PROBED, BUG, 1, DEPLOY_LOADING, DEPLOY_DO_LOAD},
	     {HELPER, OUTCOME_DONE, 1, DEPLOY_TRANSITION, DEPLOY_DO_POLL}, ARRIVES,
	     {PROBED, NO_BUG, 1, DEPLOY_VERIFIED, DEPLOY_DO_MARK | DEPLOY_DO_HEAL},
	     /* once more: proved again, and healed again */
	     {BEGIN_HEAL, 0, 0, DEPLOY_PROBING, DEPLOY_DO_PROBE},
	     {PROBED, NO_BUG, 1, DEPLOY_VERIFIED, DEPLOY_DO_MARK | DEPLOY_DO_HEAL});
}

static void test_refused(void **state _unused_)
{
	struct deploy d = PLAY({BEGIN, 0, 0, DEPLOY_CHECKING, DEPLOY_DO_PROBE}, {PROBED, NO_BUG, 1, DEPLOY_NONE, 0});

	assert_int_equal(d.outcome, OUTCOME_NOT_NEEDED);
	d = PLAY({BEGIN, 0, 0, DEPLOY_CHECKING, DEPLOY_DO_PROBE}, {PROBED, NOTHING, 1, DEPLOY_NONE, 0});
	assert_int_equal(d.outcome, OUTCOME_UNPROVABLE);
	assert_string_equal(d.why, "because");
	d = PLAY({BEGIN, 0, 0, DEPLOY_CHECKING, DEPLOY_DO_PROBE}, {PROBED, LATE, 1, DEPLOY_CHECKING, DEPLOY_DO_PROBE},
		 {PROBED, LATE, 1, DEPLOY_CHECKING, DEPLOY_DO_PROBE}, {PROBED, LATE, 1, DEPLOY_NONE, 0});
	assert_int_equal(d.outcome, OUTCOME_UNPROVABLE);
	d = PLAY({BEGIN, 0, 0, DEPLOY_CHECKING, DEPLOY_DO_PROBE}, {PROBED, BUG, 1, DEPLOY_LOADING, DEPLOY_DO_LOAD},
		 {REFUSED, OUTCOME_LOCKDOWN, 0, DEPLOY_NONE, 0});
	assert_int_equal(d.outcome, OUTCOME_LOCKDOWN);
	/* the helper: the mark that was written for it goes */
	d = PLAY({BEGIN, 0, 0, DEPLOY_CHECKING, DEPLOY_DO_PROBE}, {PROBED, BUG, 1, DEPLOY_LOADING, DEPLOY_DO_LOAD},
		 {HELPER, OUTCOME_NO_PATCH, 0, DEPLOY_NONE, DEPLOY_DO_FORGET});
	assert_int_equal(d.outcome, OUTCOME_NO_PATCH);
	assert_string_equal(d.why, "a reason");
}

static void test_not_cured(void **state _unused_)
{
	struct deploy d = PLAY(CHECKED_AND_LOADED, ARRIVES, {PROBED, BUG, 1, DEPLOY_UNDOING, DEPLOY_DO_UNLOAD},
			       TAKEN_AWAY, {PROBED, BUG, 1, DEPLOY_NONE, 0});

	assert_int_equal(d.outcome, OUTCOME_VERIFICATION_FAILED);
	/* nor is one that cannot be proved any more */
	d = PLAY(CHECKED_AND_LOADED, ARRIVES, {PROBED, NOTHING, 1, DEPLOY_UNDOING, DEPLOY_DO_UNLOAD}, TAKEN_AWAY);
	assert_int_equal(d.outcome, OUTCOME_VERIFICATION_FAILED);
	/* and cannot be taken away either */
	d = PLAY(CHECKED_AND_LOADED, ARRIVES, {PROBED, BUG, 1, DEPLOY_UNDOING, DEPLOY_DO_UNLOAD},
		 {HELPER, OUTCOME_STALLED, 30, DEPLOY_FAILED, DEPLOY_DO_FORGET},
		 {BEGIN, 0, 1, DEPLOY_PROBING, DEPLOY_DO_PROBE});
	assert_int_equal(d.state, DEPLOY_PROBING);
}

static void test_stalled(void **state _unused_)
{
	struct deploy d =
		PLAY(CHECKED_AND_LOADED, {PATCH, ARRIVING, 14, DEPLOY_TRANSITION, DEPLOY_DO_POLL},
		     {PATCH, ARRIVING, 1.1, DEPLOY_TRANSITION, DEPLOY_DO_STALLED | DEPLOY_DO_SIGNAL | DEPLOY_DO_POLL},
		     {PATCH, ARRIVING, 1, DEPLOY_TRANSITION, DEPLOY_DO_POLL},
		     {PATCH, ARRIVING, 14, DEPLOY_UNDOING, DEPLOY_DO_STALLED | DEPLOY_DO_UNLOAD},
		     {PATCH, ARRIVING, 1, DEPLOY_UNDOING, 0}, TAKEN_AWAY);

	assert_int_equal(d.outcome, OUTCOME_STALLED);
	/* it arrives at the last moment */
	d = PLAY(CHECKED_AND_LOADED, {PATCH, ARRIVED, 40, DEPLOY_PROBING, DEPLOY_DO_PROBE}, PROVED);
	assert_int_equal(d.outcome, OUTCOME_DONE);
}

static void test_rolled_back(void **state _unused_)
{
	struct deploy d = PLAY(CHECKED_AND_LOADED, ARRIVES, PROVED, {ROLLBACK, 0, 1, DEPLOY_UNDOING, DEPLOY_DO_UNLOAD},
			       TAKEN_AWAY);

	assert_int_equal(d.outcome, OUTCOME_DONE);
	d = PLAY({ROLLBACK, 0, 1, DEPLOY_NONE, DEPLOY_DO_FORGET});
	assert_int_equal(d.outcome, OUTCOME_NOT_NEEDED);
	d = PLAY(CHECKED_AND_LOADED, ARRIVES, PROVED, {ROLLBACK, 0, 1, DEPLOY_UNDOING, DEPLOY_DO_UNLOAD},
		 {HELPER, OUTCOME_BUSY, 1, DEPLOY_FAILED, DEPLOY_DO_FORGET},
		 {ROLLBACK, 0, 1, DEPLOY_UNDOING, DEPLOY_DO_UNLOAD}, TAKEN_AWAY);
	assert_int_equal(d.outcome, OUTCOME_DONE);
}

static void test_found(void **state _unused_)
{
	struct deploy d = PLAY({FOUND_TRYING, 0, 0, DEPLOY_TRANSITION, DEPLOY_DO_POLL}, ARRIVES, PROVED);

	assert_true(d.ours);
	PLAY({FOUND_TRYING, 0, 0, DEPLOY_TRANSITION, DEPLOY_DO_POLL},
	     {PATCH, ARRIVING, 31, DEPLOY_UNDOING, DEPLOY_DO_STALLED | DEPLOY_DO_UNLOAD}, TAKEN_AWAY);
	PLAY({FOUND_VERIFIED, 0, 0, DEPLOY_PROBING, DEPLOY_DO_PROBE}, PROVED);
	d = PLAY({FOUND_VERIFIED, 0, 0, DEPLOY_PROBING, DEPLOY_DO_PROBE},
		 {PROBED, BUG, 1, DEPLOY_UNDOING, DEPLOY_DO_UNLOAD}, TAKEN_AWAY);
	assert_int_equal(d.outcome, OUTCOME_VERIFICATION_FAILED);
	/* somebody else's stays, and leaves no mark */
	PLAY({FOUND, 0, 0, DEPLOY_FOREIGN, DEPLOY_DO_PROBE}, {PROBED, BUG, 1, DEPLOY_FOREIGN, 0},
	     {PROBED, NO_BUG, 1, DEPLOY_VERIFIED, 0});
	PLAY({FOUND, 0, 0, DEPLOY_FOREIGN, DEPLOY_DO_PROBE}, {PATCH, GONE, 1, DEPLOY_NONE, DEPLOY_DO_PROBE});
	/* unless a person wants it to be ours */
	d = PLAY({FOUND, 0, 0, DEPLOY_FOREIGN, DEPLOY_DO_PROBE}, {BEGIN, 0, 1, DEPLOY_PROBING, DEPLOY_DO_PROBE},
		 PROVED);
	assert_true(d.ours);
}

static void test_gone_by_itself(void **state _unused_)
{
	PLAY(CHECKED_AND_LOADED, {PATCH, GONE, 1, DEPLOY_NONE, DEPLOY_DO_FORGET | DEPLOY_DO_PROBE});
	PLAY(CHECKED_AND_LOADED, ARRIVES, PROVED, {PATCH, ARRIVED, 1, DEPLOY_VERIFIED, 0},
	     {PATCH, DISABLED, 1, DEPLOY_NONE, DEPLOY_DO_PROBE});
	PLAY(CHECKED_AND_LOADED, ARRIVES, PROVED, {PROBED, BUG, 1, DEPLOY_FAILED, DEPLOY_DO_FORGET},
	     {PATCH, GONE, 1, DEPLOY_NONE, DEPLOY_DO_PROBE});
	/* what nobody waits for any more */
	struct deploy d = PLAY(CHECKED_AND_LOADED, ARRIVES, PROVED);

	assert_int_equal(deploy_helper(&d, OUTCOME_FAILED, NULL, 0, 0), 0);
	assert_int_equal(d.state, DEPLOY_VERIFIED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deployed), cmocka_unit_test(test_healed),
		cmocka_unit_test(test_refused),	 cmocka_unit_test(test_not_cured),
		cmocka_unit_test(test_stalled),	 cmocka_unit_test(test_rolled_back),
		cmocka_unit_test(test_found),	 cmocka_unit_test(test_gone_by_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
