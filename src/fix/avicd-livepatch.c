/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * avicd-livepatch - loads, unloads and uses the livepatch module, for avicd(8) and at boot: avicd-livepatch@.service.
 *
 * It has CAP_SYS_MODULE and decides for itself whether a thing may be done, whoever started it. What it does not decide is whether
 * the kernel needs it: avicd proves that, before and after.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/file.h>

#include "avicd/file.h"
#include "avicd/log.h"
#include "avicd/text.h"
#include "helper.h"

#define USAGE 2

enum livepatch_outcome helper_says(enum livepatch_outcome o, int level, const char *fmt, ...)
{
	char line[LIVEPATCH_WHY_MAX + 512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	log_at(level, "%s", line);
	return o;
}

static enum livepatch_outcome send_signal(void)
{
	struct livepatch_patch p;
	int r;

	livepatch_look_patch(&p);
	if (!p.transition)
		return helper_says(OUTCOME_DONE, LOG_INFO,
				   "The livepatch is not in transition, so nobody has to be sent a signal");
	r = kernel_write("signal", "1");
	if (r == -ENOENT)
		return helper_says(OUTCOME_DONE, LOG_INFO,
				   "This kernel itself sends tasks that hold a transition up a signal, every 15 s");
	if (r < 0)
		return helper_refuses(OUTCOME_FAILED,
				      "No signal was sent: %s: the kernel goes on with the transition by itself",
				      strerror(-r));
	return helper_says(OUTCOME_DONE, LOG_INFO, "Tasks that hold the transition up were sent a signal");
}

/* What the module says to the process that is named: src/fix/module/process.c. */
static const struct {
	int error;
	enum livepatch_outcome outcome;
	const char *text;
} healed[] = {
	{0, OUTCOME_DONE, "is healed"},
	{-EALREADY, OUTCOME_NOT_NEEDED, "has no VM with APIC_ID_MODIFIED: there is nothing to heal"},
	{-ESRCH, OUTCOME_FAILED, "does not exist: name the process of a VM, avicctl list shows them"},
	{-ENOENT, OUTCOME_FAILED, "has no VM: name the process of a VM, avicctl list shows them"},
	{-EPERM, OUTCOME_FAILED,
	 "is not healed: one of its vCPUs has another APIC id than its own, which the guest or its VMM has set; reset "
	 "the guest"},
	{-EAGAIN, OUTCOME_BUSY, "is not healed, as an APIC id was changed in the same moment: try again"},
	{-EBUSY, OUTCOME_BUSY, "is not healed, as the livepatch is just being loaded: try again"},
};

static enum livepatch_outcome heal(int tgid)
{
	struct livepatch_state s;
	int r;

	livepatch_look(&s);
	if (s.off != SWITCH_NONE)
		return helper_refuses(OUTCOME_SWITCHED_OFF, "Process %d is not healed: %s", tgid,
				      livepatch_switch_says(s.off));
	if (!s.patch.loaded || !s.patch.patched || !s.patch.enabled || s.patch.transition)
		return helper_refuses(
			OUTCOME_FAILED,
			"Process %d is not healed, as it would stick again without the livepatch: avicctl fix deploy",
			tgid);
	if (!s.heal_now)
		return helper_refuses(OUTCOME_NO_PATCH,
				      "Process %d is not healed, as this kernel does not let the livepatch find the "
				      "VMs of a process: "
				      "reset the guest",
				      tgid);
	r = kernel_heal(tgid);
	for (size_t i = 0; i < ARRAY_SIZE(healed); i++)
		if (healed[i].error == r)
			return helper_says(healed[i].outcome, r == 0 ? LOG_INFO : LOG_ERR, "Process %d %s", tgid,
					   healed[i].text);
	return helper_refuses(OUTCOME_FAILED, "Process %d is not healed: %s: reset the guest", tgid, strerror(-r));
}

static const struct {
	const char *word;
	enum livepatch_outcome (*run)(void);
	bool alone; /* not beside another one that is alone */
	const char *text;
} actions[] = {
	{"load", helper_load, true, "load the module, if the kernel and the kill switches let it"},
	{"boot", helper_boot, true, "the same, if it was proved on this kernel and did not take the machine down"},
	{"unload", helper_unload, true, "disable it, wait until no task is in it, and remove it"},
	{"signal", send_signal, false, "send tasks that hold a transition up a signal"},
};

static int usage(FILE *f)
{
	fputs("usage: avicd-livepatch ACTION\n\nLoads and unloads the livepatch of avicd(8), which calls it as "
	      "avicd-livepatch@ACTION.service.\n\n",
	      f);
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
		fprintf(f, "  %-10s %s\n", actions[i].word, actions[i].text);
	fputs("  heal:PID   give AVIC back to the VMs of this process at once\n", f);
	return f == stdout ? 0 : USAGE;
}

/* 0 and a lock until *ret is closed; -EWOULDBLOCK: another one has it. */
static int lock(int *ret)
{
	_cleanup_free_ char *dir = NULL;
	_cleanup_close_ int fd = -EBADF;
	int r = livepatch_dir(&dir);

	if (r == 0)
		r = mkdir_p(dir, 0700);
	if (r < 0)
		return r;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return -errno;
	*ret = TAKE_FD(fd);
	return 0;
}

static enum livepatch_outcome run(size_t i)
{
	_cleanup_close_ int fd = -EBADF;
	int r = actions[i].alone ? lock(&fd) : 0;

	if (r == -EWOULDBLOCK)
		return helper_refuses(OUTCOME_BUSY,
				      "Not done: another avicd-livepatch is loading or unloading: try again later");
	if (r < 0)
		return helper_refuses(OUTCOME_FAILED,
				      "Not done: the folder of state cannot be used: %s: this program is root's",
				      strerror(-r));
	return actions[i].run();
}

int main(int argc, char *argv[])
{
	const char *word = argc == 2 ? argv[1] : "";
	uint64_t tgid;

	log_setup("avicd-livepatch", getenv("JOURNAL_STREAM") ? LOG_TARGET_STDERR : LOG_TARGET_PLAIN, LOG_INFO);
	if (streq(word, "--help") || streq(word, "-h"))
		return usage(stdout);
	if (streq(word, "--version")) {
		puts("avicd-livepatch " VERSION);
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
		if (streq(word, actions[i].word))
			return outcome_info(run(i))->status;
	if (!startswith(word, "heal:"))
		return usage(stderr);
	if (word[5] < '1' || word[5] > '9' || parse_u64(word + 5, &tgid) < 0 || tgid > INT_MAX) {
		log_error("\"%.40s\" names no process: heal:PID, with the number of a VM's process", word);
		return USAGE;
	}
	return outcome_info(heal((int)tgid))->status;
}
