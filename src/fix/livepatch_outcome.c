/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Outcomes of a change of the livepatch, and whether the module may be loaded. */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "avicd/livepatch.h"

#define ERROR(name) "org.avicd1.Error." name

static const struct outcome_info outcomes[] = {
	[OUTCOME_DONE] = {"done", 0, NULL, "done"},
	[OUTCOME_FAILED] = {"failed", 1, ERROR("Failed"), "it failed"},
	[OUTCOME_NOT_NEEDED] = {"not-needed", 10, ERROR("NotNeeded"), "it is not needed"},
	[OUTCOME_UNPROVABLE] = {"unprovable", 11, ERROR("Unprovable"), "the probe proves nothing here"},
	[OUTCOME_NO_PATCH] = {"no-patch", 12, ERROR("NoPatch"), "there is no livepatch for this kernel"},
	[OUTCOME_STALLED] = {"stalled", 13, ERROR("Stalled"), "the transition did not end in time, and was taken back"},
	[OUTCOME_VERIFICATION_FAILED] = {"verification-failed", 14, ERROR("VerificationFailed"),
					 "the bug was still there with the livepatch, which was taken away again"},
	[OUTCOME_LOCKDOWN] = {"lockdown", 15, ERROR("Lockdown"), "the kernel does not load this module"},
	[OUTCOME_RISK] = {"risk", 16, ERROR("RiskNotAccepted"), "a risk is not accepted"},
	[OUTCOME_BUSY] = {"busy", 17, ERROR("Busy"), "another change is going on"},
	[OUTCOME_SWITCHED_OFF] = {"switched-off", 18, ERROR("SwitchedOff"), "the livepatch is switched off"},
};
static_assert(ARRAY_SIZE(outcomes) == _OUTCOME_MAX, "an outcome has no row");

const struct outcome_info *outcome_info(enum livepatch_outcome o)
{
	return &outcomes[(unsigned)o < _OUTCOME_MAX ? o : OUTCOME_FAILED];
}

enum livepatch_outcome outcome_from_status(int status)
{
	for (unsigned o = 0; o < _OUTCOME_MAX; o++)
		if (outcomes[o].status == status)
			return (enum livepatch_outcome)o;
	return OUTCOME_FAILED;
}

int outcome_from_word(const char *word)
{
	for (unsigned o = 0; o < _OUTCOME_MAX; o++)
		if (streq(outcomes[o].word, word))
			return (int)o;
	return -EINVAL;
}

static enum livepatch_outcome refuse(char *why, enum livepatch_outcome o, const char *fmt, ...) _printf_(3, 4);
static enum livepatch_outcome refuse(char *why, enum livepatch_outcome o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, LIVEPATCH_WHY_MAX, fmt, ap);
	va_end(ap);
	return o;
}

/* What of the kernel makes each module useless. */
static enum livepatch_outcome kernel_allowed(const struct livepatch_state *s, char *why)
{
	if (!s->has_livepatch)
		return refuse(why, OUTCOME_NO_PATCH,
			      "kernel %s has no CONFIG_LIVEPATCH: use its vendor's own client (Oracle Linux: Ksplice), "
			      "or a fixed kernel",
			      s->release);
	if (!s->kvm_loaded)
		return refuse(why, OUTCOME_NO_PATCH,
			      "KVM is not loaded, so there is nothing to patch: modprobe kvm_amd or kvm_intel first");
	if (s->kvm_module == TRI_NO)
		return refuse(why, OUTCOME_NO_PATCH,
			      "KVM is built into kernel %s, and the livepatch is made for the module kvm: boot a fixed "
			      "kernel",
			      s->release);
	if (s->function == TRI_NO)
		return refuse(why, OUTCOME_NO_PATCH,
			      "kernel %s has no function " LIVEPATCH_FUNCTION
			      " of its own, or the compiler inlined it: boot a fixed kernel",
			      s->release);
	if (s->vcpu_offset < 0 || s->regs_offset < 0)
		return refuse(why, OUTCOME_NO_PATCH,
			      "the layout of struct kvm_lapic is unknown, as kvm has no BTF in /sys/kernel/btf: boot a "
			      "kernel with "
			      "CONFIG_DEBUG_INFO_BTF_MODULES");
	if (s->modules_disabled)
		return refuse(
			why, OUTCOME_LOCKDOWN,
			"kernel.modules_disabled is 1, so that no module is loaded until a reboot: load it at boot");
	if (s->ftrace_disabled)
		return refuse(why, OUTCOME_FAILED, "livepatches need ftrace: sysctl kernel.ftrace_enabled=1");
	return OUTCOME_DONE;
}

static enum livepatch_outcome file_missing(const struct livepatch_state *s, int error, char *why)
{
	static const struct {
		int error;
		enum livepatch_outcome outcome;
		const char *text;
	} rows[] = {
		{-ENOENT, OUTCOME_NO_PATCH, "is not there: make it with avicctl fix build, or install it with DKMS"},
		{-EPERM, OUTCOME_FAILED,
		 "may be written by others than root, so that nobody knows what is in it: remove it, then avicctl fix "
		 "build"},
		{-EBADMSG, OUTCOME_FAILED, "is no kernel module: remove it, then avicctl fix build"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].error == error)
			return refuse(why, rows[i].outcome, "the module " LIVEPATCH_NAME " for kernel %s %s",
				      s->release, rows[i].text);
	return refuse(why, OUTCOME_FAILED,
		      "the module " LIVEPATCH_NAME
		      " for kernel %s cannot be read: %s: make it anew with avicctl fix build",
		      s->release, strerror(-error));
}

enum livepatch_outcome livepatch_allowed(const struct livepatch_state *s, const struct livepatch_module *m,
					 int find_error, char why[static LIVEPATCH_WHY_MAX])
{
	enum livepatch_outcome o;
	size_t n;

	*why = '\0';
	if (s->off != SWITCH_NONE)
		return refuse(why, OUTCOME_SWITCHED_OFF, "%s", livepatch_switch_says(s->off));
	if (s->patch.loaded && s->patch.patched)
		return OUTCOME_DONE;
	o = kernel_allowed(s, why);
	if (o != OUTCOME_DONE)
		return o;
	if (!m)
		return file_missing(s, find_error, why);
	if (!streq(m->name, LIVEPATCH_NAME))
		return refuse(why, OUTCOME_FAILED,
			      "%s is the module \"%.60s\", not " LIVEPATCH_NAME ": remove it, then avicctl fix build",
			      m->path, m->name);
	/* The first word is the kernel's release; the kernel compares the others. */
	n = strcspn(m->vermagic, " ");
	if (n != strlen(s->release) || memcmp(m->vermagic, s->release, n) != 0)
		return refuse(why, OUTCOME_NO_PATCH,
			      "%s was built for kernel \"%.*s\", and this is %s: avicctl fix build", m->path,
			      (int)MIN(n, (size_t)100), m->vermagic, s->release);
	if ((s->lockdown || s->sig_enforce) && !m->is_signed)
		return refuse(why, OUTCOME_LOCKDOWN,
			      "this kernel takes signed modules only (%s), and %s is not: let DKMS sign it with a key "
			      "that is enrolled (mokutil), or boot "
			      "a fixed kernel",
			      s->lockdown ? "lockdown" : "module.sig_enforce", m->path);
	return OUTCOME_DONE;
}
