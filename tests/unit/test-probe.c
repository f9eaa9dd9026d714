/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The probe: words, what is kept of its answers, and what it makes of masks that a made-up trace source shows; a script
 * stands for avicd-probe. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "avicd/advisory.h"
#include "avicd/clock.h"
#include "avicd/probe.h"

/* ---- a trace source: masks in turn, for whoever is excluded ------------------------------------------------------ */
static struct {
	struct trace_source source;
	uint64_t mask;
	int error; /* of trace_read() */
	int late;  /* so many reads show nothing yet */
	bool snapshot_only;
	int n_excluded, n_all; /* now; ever */
	int exclude_error;
	int n_dispatched;
} fake;

static int fake_dispatch(struct trace_source *s, trace_changed_fn fn, void *userdata)
{
	fake.n_dispatched++;
	return 0;
}

static int fake_read(struct trace_source *s, int32_t tgid, struct entry *ret)
{
	assert_true(tgid > 0);
	assert_in_range(fake.n_excluded, 1, _PROBE_BUG_MAX);
	if (fake.snapshot_only)
		return -ENOENT;
	if (fake.late > 0)
		return fake.late--, -ENOENT;
	*ret = (struct entry){.mask_known = 1, .mask = fake.mask};
	return fake.error;
}

static int fake_snapshot(struct trace_source *s, int32_t tgid, bool vcpus, trace_snap_fn fn, void *userdata)
{
	struct snap_vm vm = {.mask = fake.mask};

	return fake.snapshot_only ? fn(&vm, userdata) : 0;
}

static int fake_exclude(struct trace_source *s, int32_t tgid, bool on)
{
	if (fake.exclude_error)
		return fake.exclude_error;
	fake.n_excluded += on ? 1 : -1;
	fake.n_all += on;
	return 0;
}

static const struct trace_ops fake_ops = {
	.name = "fake",
	.dispatch = fake_dispatch,
	.read = fake_read,
	.snapshot = fake_snapshot,
	.exclude = fake_exclude,
};

/* ---- programs ---------------------------------------------------------------------------------------------------- */
static char dir[] = "/tmp/test-probe.XXXXXX";

static const char *script(const char *body)
{
	static char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "%s/program", dir);
	unlink(path);
	f = fopen(path, "we");
	assert_non_null(f);
	fprintf(f, "#!/bin/sh\n%s\n", body);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0700), 0);
	return path;
}

#define GOOD "read -r line && echo ready && cat >/dev/null"

static struct numbering numbering;
static struct host host;
static struct probe_answer answers[_PROBE_BUG_MAX];

static void run(const char *program)
{
	const struct probe_setup s = {&fake.source, NULL, &numbering, &host, program, NULL, NULL};

	assert_int_equal(probe_run(&s, answers), 0);
	/* whatever happened, nobody stays excluded, and no process is left */
	assert_int_equal(fake.n_excluded, 0);
}

static int setup(void **state)
{
	memset(&fake, 0, sizeof(fake));
	fake.source = (struct trace_source){&fake_ops, TRACE_BPF};
	host = (struct host){.core.avic = TRI_YES, .release = "6.1.0-50-amd64", .x2avic = TRI_NO, .core.vendor = "amd"};
	numbering_from_line(LINE_6_0, &numbering);
	numbering.origin = NUMBERING_BTF;
	return 0;
}

static uint64_t bit(enum reason r)
{
	return numbering_mask(&numbering, r);
}

static void expect(enum probe_result result, const char *why)
{
	for (int b = 0; b < _PROBE_BUG_MAX; b++) {
		assert_string_equal(probe_result_to_string(answers[b].result), probe_result_to_string(result));
		if (!strstr(answers[b].why, why))
			fail_msg("%s: '%s' is not in '%s'", bug_info((enum probe_bug)b)->word, why, answers[b].why);
		assert_true(answers[b].at > 0);
	}
}

/* ---- */
static void test_words(void **state)
{
	for (int b = 0; b < _PROBE_BUG_MAX; b++) {
		const struct bug_info *i = bug_info((enum probe_bug)b);

		assert_int_equal(bug_from_word(i->word), b);
		assert_true(i->name[0] && i->effect[0]);
		assert_non_null(advisory_of_probe(i->word));
		assert_int_equal(strlen(advisory_of_probe(i->word)->commit), 40);
	}
	assert_null(bug_info(_PROBE_BUG_MAX));
	assert_int_equal(bug_from_word("no"), -EINVAL);
	for (int r = 0; r < _PROBE_MAX; r++)
		assert_true(probe_result_to_string((enum probe_result)r)[0]);
	assert_string_equal(probe_result_to_string((enum probe_result)9), "unprovable");
}

static void test_answers_kept(void **state)
{
	static const struct {
		enum probe_result had, got, kept;
		bool news, had_before, had_after; /* the kernel had the bug at 50, at 150; the answer comes at 100 */
	} t[] = {
		{PROBE_UNPROVABLE, PROBE_UNPROVABLE, PROBE_UNPROVABLE, false, false, false},
		{PROBE_UNPROVABLE, PROBE_FIXED, PROBE_FIXED, true, false, false},
		{PROBE_UNPROVABLE, PROBE_VULNERABLE, PROBE_VULNERABLE, true, true, true},
		{PROBE_VULNERABLE, PROBE_VULNERABLE, PROBE_VULNERABLE, false, true, true},
		/* patched: what came before may be the bug's */
		{PROBE_VULNERABLE, PROBE_FIXED, PROBE_FIXED, true, true, false},
		{PROBE_FIXED, PROBE_VULNERABLE, PROBE_VULNERABLE, true, true, true},
		/* a probe that proves nothing takes no proof away */
		{PROBE_VULNERABLE, PROBE_UNPROVABLE, PROBE_VULNERABLE, false, true, true},
		{PROBE_FIXED, PROBE_UNPROVABLE, PROBE_FIXED, false, false, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct probe_answer a = {.result = t[i].had}, got = {.result = t[i].got, .why = "new"};

		assert_int_equal(probe_answer_update(&a, &got, 100), t[i].news);
		assert_int_equal(a.result, t[i].kept);
		assert_int_equal(probe_answer_had(&a, 50), t[i].had_before);
		assert_int_equal(probe_answer_had(&a, 150), t[i].had_after);
	}
}

/* A livepatch came or went: what was fixed is not proved, what was there may still be. */
static void test_doubt(void **state)
{
	struct probe_answer a = {.result = PROBE_VULNERABLE, .at = 1}, fixed = {.result = PROBE_FIXED, .at = 2},
			    none = {.why = "late"};

	assert_false(probe_answer_doubt(&a));
	assert_int_equal(a.result, PROBE_VULNERABLE);
	assert_true(probe_answer_update(&a, &fixed, 100));
	assert_true(probe_answer_doubt(&a));
	assert_false(probe_answer_doubt(&a));
	assert_int_equal(a.result, PROBE_UNPROVABLE);
	assert_non_null(strstr(a.why, "livepatches"));
	assert_true(a.at > 0);
	/* nothing proved: it does not become 'fixed' by itself, and what the bug did before is still the bug's */
	assert_false(probe_answer_update(&a, &none, 150));
	assert_int_equal(a.result, PROBE_UNPROVABLE);
	assert_true(probe_answer_had(&a, 50));
	assert_false(probe_answer_had(&a, 120));
}

static void test_results(void **state)
{
	fake.mask = bit(REASON_APIC_BASE_MODIFIED);
	run(script(GOOD));
	expect(PROBE_FIXED, "did not set");
	assert_int_equal(fake.n_all, _PROBE_BUG_MAX);
	assert_true(fake.n_dispatched > 0);
	fake.mask |= bit(REASON_APIC_ID_MODIFIED);
	run(script(GOOD));
	expect(PROBE_VULNERABLE, "though the id was right");
	/* a source without events */
	fake.snapshot_only = true;
	run(script(GOOD));
	expect(PROBE_VULNERABLE, "though the id was right");
	/* one that is behind */
	setup(NULL);
	fake.late = 3;
	fake.mask = bit(REASON_APIC_BASE_MODIFIED);
	run(script(GOOD));
	expect(PROBE_FIXED, "did not set");
	fake.mask |= bit(REASON_DISABLED);
	run(script(GOOD));
	expect(PROBE_UNPROVABLE, "enable_apicv=N");
}

/* The bug alone that is there, by the word that the program is given. */
static void test_one(void **state)
{
	fake.mask = bit(REASON_APIC_BASE_MODIFIED);
	run(script(
		"case $1 in large-id) read -r line; echo unprovable no such id; cat >/dev/null; exit;; esac\n" GOOD));
	assert_int_equal(answers[PROBE_REBOOT].result, PROBE_FIXED);
	assert_int_equal(answers[PROBE_DISABLED].result, PROBE_FIXED);
	assert_int_equal(answers[PROBE_LARGE_ID].result, PROBE_UNPROVABLE);
	assert_string_equal(answers[PROBE_LARGE_ID].why, "no such id");
}

static void test_without_process(void **state)
{
	const struct probe_setup none = {NULL, "kvm is not loaded", &numbering, &host, "/nowhere", NULL, NULL};

	host.core.avic = TRI_NO;
	host.avic_why = "kvm_amd was loaded with avic=0";
	run("/nowhere");
	expect(PROBE_UNPROVABLE, "enable_apicv=N: kvm_amd was loaded with avic=0");
	setup(NULL);
	assert_int_equal(probe_run(&none, answers), 0);
	expect(PROBE_UNPROVABLE, "no trace source: kvm is not loaded");
	fake.source.kind = TRACE_RECORDED;
	run("/nowhere");
	expect(PROBE_UNPROVABLE, "no trace source");
	setup(NULL);
	numbering.origin = NUMBERING_NONE;
	run("/nowhere");
	expect(PROBE_UNPROVABLE, "not known");
	/* 5.18: the inhibit does not exist, which a version alone does not prove */
	numbering_from_line(LINE_5_18, &numbering);
	run("/nowhere");
	expect(PROBE_UNPROVABLE, "BTF");
	numbering.origin = NUMBERING_BTF;
	run("/nowhere");
	expect(PROBE_FIXED, "no inhibit");
	assert_int_equal(fake.n_all, 0);
}

static void test_bad_programs(void **state)
{
	setup(NULL);
	fake.mask = bit(REASON_APIC_BASE_MODIFIED);
	run("/nowhere");
	expect(PROBE_UNPROVABLE, "/nowhere cannot be run: No such file");
	run(script("exit 1"));
	expect(PROBE_UNPROVABLE, "ended without an answer");
	run(script("read -r line; echo nonsense; cat >/dev/null"));
	expect(PROBE_UNPROVABLE, "ended without an answer");
	run(script("yes unprovable | tr -d '\\n' | head -c 100000; exit"));
	expect(PROBE_UNPROVABLE, "ended without an answer");
	fake.exclude_error = -ENOSPC;
	run(script(GOOD));
	expect(PROBE_UNPROVABLE, "kept apart");
}

/* One that does not answer, and one that does not end; with what is not seen of its VM, all within the deadline of
 * each. */
static void test_slow(void **state)
{
	uint64_t begin = now_ns(), took;

	fake.mask = 0;
	run(script("case $1 in disabled) exec sleep 20;; large-id) read -r line; echo ready; trap '' TERM; exec sleep "
		   "20;; esac\n" GOOD));
	took = now_ns() - begin;
	assert_string_equal(answers[PROBE_REBOOT].why, "the trace source does not show what the probe's VM did");
	assert_string_equal(answers[PROBE_DISABLED].why, "KVM did not make its VM within 4 s");
	assert_int_equal(answers[PROBE_LARGE_ID].result, PROBE_UNPROVABLE);
	assert_true(answers[PROBE_REBOOT].late && answers[PROBE_DISABLED].late && answers[PROBE_LARGE_ID].late);
	assert_true(took >= 12 * NSEC_PER_SEC - 50 * NSEC_PER_MSEC && took < 16 * NSEC_PER_SEC);
}

/* Given up in the middle: nothing is left behind. */
static void test_given_up(void **state)
{
	const struct probe_setup s = {&fake.source, NULL, &numbering, &host, script("exec sleep 20"), NULL, NULL};
	struct probe *p;

	assert_int_equal(probe_start(&s, &p), 0);
	assert_false(probe_step(p));
	assert_int_equal(fake.n_excluded, 1);
	assert_true(probe_due(p) > now_ns());
	assert_true(probe_fd(p) >= 0);
	probe_free(p);
	assert_int_equal(fake.n_excluded, 0);
	probe_free(NULL);
}

/* ---- a program that hangs: dead, but held by who traces it, as by KVM ---- */
#define HOLD_FD 100 /* the tracer lets go when this ends */

static int hang(void)
{
	char c;
	int held[2];

	if (pipe(held) < 0)
		return 1;
	/* fails where there is no Yama, which it is for */
	(void)prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	if (fork() == 0) {
		bool ok = ptrace(PTRACE_SEIZE, getppid(), NULL, NULL) == 0;

		(void)!write(held[1], ok ? "y" : "n", 1);
		close(STDIN_FILENO);
		close(STDOUT_FILENO);
		while (ok && read(HOLD_FD, &c, 1) > 0)
			;
		_exit(0);
	}
	if (read(held[0], &c, 1) != 1 || c != 'y') {
		puts("unprovable no ptrace");
		fflush(stdout);
		return 0;
	}
	while (read(STDIN_FILENO, &c, 1) == 1 && c != '\n')
		;
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}

static int play(const char *word)
{
	char c;

	if (streq(word, "reboot"))
		return hang();
	(void)!read(STDIN_FILENO, &c, 1);
	puts("ready");
	fflush(stdout);
	(void)!read(STDIN_FILENO, &c, 1);
	return 0;
}

/* It stays excluded as long as it is there, is taken off when it has ended, and nobody of its number is excluded then. */
static void test_hung(void **state)
{
	char self[256] = "";
	const struct probe_setup s = {&fake.source, NULL, &numbering, &host, self, NULL, NULL};
	pid_t hung[_PROBE_BUG_MAX];
	struct probe *p;
	bool traced;
	int hold[2];
	size_t n;

	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	assert_int_equal(pipe2(hold, O_CLOEXEC), 0);
	assert_int_equal(dup2(hold[0], HOLD_FD), HOLD_FD);
	fake.mask = bit(REASON_APIC_BASE_MODIFIED);
	assert_int_equal(probe_start(&s, &p), 0);
	while (!probe_step(p))
		usleep(1000);
	assert_int_equal(probe_answers(p)[PROBE_LARGE_ID].result, PROBE_FIXED);
	traced = probe_answers(p)[PROBE_REBOOT].result == PROBE_FIXED;
	n = probe_end(p, hung);
	close(HOLD_FD);
	close(hold[0]);
	if (!traced) {
		close(hold[1]);
		assert_int_equal(n, 0);
		skip();
	}
	assert_int_equal(n, 1);
	assert_int_equal(fake.n_excluded, 1);
	assert_false(probe_reap(hung[0], &fake.source));
	assert_int_equal(kill(hung[0], 0), 0);
	assert_int_equal(fake.n_excluded, 1);
	close(hold[1]);
	for (int i = 0; i < 10000 && !probe_reap(hung[0], &fake.source); i++)
		usleep(1000);
	assert_int_equal(fake.n_excluded, 0);
	assert_int_equal(waitpid(hung[0], NULL, WNOHANG), -1);
	/* without a source, and of what is no child any more */
	assert_true(probe_reap(hung[0], NULL));
}

static void test_versions(void **state)
{
	static const struct {
		enum probe_bug bug;
		const char *release, *version, *says;
	} t[] = {
		{PROBE_REBOOT, "6.1.0-50-amd64",
		 "Linux version 6.1.0-50-amd64 (x) #1 SMP PREEMPT_DYNAMIC Debian 6.1.3-1 (2023-01-07)",
		 "version 6.1.3 suggests: vulnerable"},
		{PROBE_REBOOT, "6.1.192", "", "version 6.1.192 suggests: fixed, or never had it"},
		{PROBE_LARGE_ID, "6.1.5", "", "version 6.1.5 suggests: vulnerable"},
		{PROBE_DISABLED, "6.1.5", "", "version 6.1.5 suggests: vulnerable"},
		{PROBE_REBOOT, "6.0.0-1016-oem", "",
		 "the version suggests nothing: the kernel is not a stable one of kernel.org"},
		{PROBE_REBOOT, "", "", ""},
	};
	char buf[PROBE_SAYS_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		snprintf(host.release, sizeof(host.release), "%s", t[i].release);
		assert_string_equal(probe_version_says(t[i].bug, &host, t[i].version, buf), t[i].says);
	}
}

int main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_words, setup),	  cmocka_unit_test_setup(test_answers_kept, setup),
		cmocka_unit_test_setup(test_doubt, setup),	  cmocka_unit_test_setup(test_results, setup),
		cmocka_unit_test_setup(test_one, setup),	  cmocka_unit_test_setup(test_without_process, setup),
		cmocka_unit_test_setup(test_bad_programs, setup), cmocka_unit_test_setup(test_slow, setup),
		cmocka_unit_test_setup(test_given_up, setup),	  cmocka_unit_test_setup(test_hung, setup),
		cmocka_unit_test_setup(test_versions, setup),
	};
	char path[64];
	int r;

	if (argc == 2 && bug_from_word(argv[1]) >= 0)
		return play(argv[1]);
	if (!mkdtemp(dir))
		return 1;
	r = cmocka_run_group_tests_name("probe", tests, NULL, NULL);
	snprintf(path, sizeof(path), "%s/program", dir);
	unlink(path);
	rmdir(dir);
	return r;
}
