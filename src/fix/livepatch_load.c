/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loading, when avicd wants it, and at boot.
 *
 * DOC: The trying mark
 *
 * If the machine goes down with this module in it, the next boot must not load it again. So a mark is on the disk before the
 * module is loaded, and goes when it was proved. avicd writes it and takes it away, as it goes on to the proof. Where there is none,
 * at boot or when a person starts the unit, it is written here, and goes as soon as every task runs the new code.
 */
#include "avicd/clock.h"
#include "avicd/log.h"
#include "helper.h"

/* What the kernel's errors mean here; dmesg has its own words. */
static const struct {
	int error;
	enum livepatch_outcome outcome;
	const char *text;
} errors[] = {
	{-EBUSY, OUTCOME_BUSY, "another livepatch is in transition: try again later"},
	{-EKEYREJECTED, OUTCOME_LOCKDOWN,
	 "its signature is not by a key that the kernel trusts: enrol the key (mokutil), or boot a fixed kernel"},
	{-ENOKEY, OUTCOME_LOCKDOWN,
	 "its signature is not by a key that the kernel trusts: enrol the key (mokutil), or boot a fixed kernel"},
	{-EPERM, OUTCOME_LOCKDOWN,
	 "the kernel refuses it, by lockdown, a security module or a missing CAP_SYS_MODULE: dmesg says which"},
	{-EACCES, OUTCOME_LOCKDOWN, "a security module (SELinux) refuses it: the audit log says why"},
	{-ENOEXEC, OUTCOME_NO_PATCH, "it was built for another kernel: make it anew with avicctl fix build"},
	{-ENOENT, OUTCOME_NO_PATCH, "this kernel lacks a symbol that it needs: boot a fixed kernel"},
	{-EINVAL, OUTCOME_NO_PATCH, "it does not fit this kernel: dmesg says why"},
	{-EOPNOTSUPP, OUTCOME_FAILED, "AVICD_SYSROOT is set: unset it"},
};

static enum livepatch_outcome insert(const struct livepatch_state *s, const struct livepatch_module *m)
{
	int r = kernel_insert(m->path, s->vcpu_offset, s->regs_offset);

	if (r == 0 || r == -EEXIST)
		return OUTCOME_DONE;
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
		if (errors[i].error == r)
			return helper_refuses(errors[i].outcome, "%s is not loaded: %s", m->path, errors[i].text);
	return helper_refuses(OUTCOME_FAILED, "%s is not loaded: %s: dmesg may say more", m->path, strerror(-r));
}

/* Writes the mark unless avicd has; *ret: it is ours. */
static int begin_try(const struct livepatch_state *s, const struct livepatch_module *m, bool *ret)
{
	struct livepatch_mark mark = {.at = wall_us()}, have;
	int r = livepatch_mark_read(MARK_TRYING, &have);

	*ret = r == -ENOENT;
	if (!*ret)
		return 0;
	memcpy(mark.kvm_build_id, s->kvm_build_id, sizeof(mark.kvm_build_id));
	memcpy(mark.boot_id, s->boot_id, sizeof(mark.boot_id));
	memcpy(mark.module_sha256, m->sha256, sizeof(mark.module_sha256));
	return livepatch_mark_write(MARK_TRYING, &mark);
}

/* A mark that stays would keep the next boot from loading it: that is said, and no more can be done. */
static void end_try(void)
{
	int r = livepatch_mark_remove(MARK_TRYING);

	if (r < 0)
		helper_says(OUTCOME_FAILED, LOG_WARNING,
			    "The mark of the try cannot be removed: %s: the next boot will not load the livepatch",
			    strerror(-r));
}

static enum livepatch_outcome insert_marked(const struct livepatch_state *s, const struct livepatch_module *m)
{
	enum livepatch_outcome o;
	bool ours;
	int r = begin_try(s, m, &ours);

	if (r < 0)
		return helper_refuses(OUTCOME_FAILED,
				      "The livepatch is not loaded, as the mark of a try cannot be written: %s: make "
				      "room in the folder of state",
				      strerror(-r));
	o = insert(s, m);
	if (o == OUTCOME_DONE && ours && kernel_wait_patch(false, now_ns() + livepatch_deadline()) < 0) {
		o = helper_unload();
		if (o == OUTCOME_DONE || o == OUTCOME_STALLED)
			o = helper_refuses(OUTCOME_STALLED,
					   "The livepatch was taken back, as tasks still ran the old code after %llu "
					   "s: avicctl fix deploy "
					   "names them",
					   (unsigned long long)(livepatch_deadline() / NSEC_PER_SEC));
	}
	if (ours)
		end_try();
	if (o == OUTCOME_DONE)
		helper_says(o, LOG_INFO, "%s is loaded", m->path);
	return o;
}

/* What is left of one that was disabled by hand is in the way. */
static enum livepatch_outcome clear_the_way(const struct livepatch_state *s)
{
	if (*s->patch.other)
		return helper_refuses(OUTCOME_BUSY,
				      "The livepatch cannot be loaded while \"%s\" is in transition: try again later",
				      s->patch.other);
	return s->patch.loaded ? helper_unload() : OUTCOME_DONE;
}

enum livepatch_outcome helper_load(void)
{
	_cleanup_(livepatch_module_done) struct livepatch_module m = {0};
	struct livepatch_state s;
	enum livepatch_outcome o;
	char why[LIVEPATCH_WHY_MAX];
	int r;

	livepatch_look(&s);
	r = livepatch_find_module(&s, &m);
	o = livepatch_allowed(&s, r == 0 ? &m : NULL, r, why);
	if (o != OUTCOME_DONE)
		return helper_refuses(o, "The livepatch is not loaded: %s", why);
	if (s.patch.loaded && s.patch.patched && s.patch.enabled)
		return helper_says(o, LOG_INFO, "The livepatch is loaded already");
	if (s.patch.patched)
		return helper_refuses(OUTCOME_BUSY,
				      "The livepatch is not loaded, as it is just being disabled: try again later");
	if (livepatch_went_down(s.boot_id, why))
		return helper_refuses(OUTCOME_FAILED, "Not done: %s", why);
	o = clear_the_way(&s);
	return o == OUTCOME_DONE ? insert_marked(&s, &m) : o;
}

/* Whether there is a reason to load it at boot: DONE and *@ret false is a boot like most. */
static enum livepatch_outcome boot_wants(bool *ret)
{
	_cleanup_(livepatch_module_done) struct livepatch_module m = {0};
	struct livepatch_mark verified;
	struct livepatch_state s;
	char why[LIVEPATCH_WHY_MAX];
	int r;

	*ret = false;
	livepatch_look(&s);
	if (s.off != SWITCH_NONE)
		return helper_says(OUTCOME_DONE, LOG_NOTICE, "Not loaded at boot: %s", livepatch_switch_says(s.off));
	if (livepatch_went_down(s.boot_id, why))
		return helper_refuses(OUTCOME_FAILED, "Not loaded at boot: %s", why);
	r = livepatch_mark_read(MARK_VERIFIED, &verified);
	if (r == -ENOENT)
		return helper_says(OUTCOME_DONE, LOG_INFO, "Not loaded at boot: no livepatch was proved on this host");
	if (r < 0)
		return helper_refuses(
			OUTCOME_FAILED,
			"Not loaded at boot: the record that it was proved cannot be read: %s: avicctl fix deploy",
			strerror(-r));
	/* The build of kvm is known when kvm is there: often udev has loaded it by now. */
	if (!s.kvm_loaded && kernel_insert_kvm() == 0)
		livepatch_look(&s);
	if (!streq(verified.kvm_build_id, s.kvm_build_id))
		return helper_says(OUTCOME_DONE, LOG_NOTICE,
				   "Not loaded at boot: it was proved on another build of KVM than that of kernel %s: "
				   "avicctl fix deploy",
				   s.release);
	r = livepatch_find_module(&s, &m);
	if (r == 0 && !livepatch_is_verified(&s, &m))
		return helper_says(OUTCOME_DONE, LOG_NOTICE,
				   "Not loaded at boot: %s is another one than was proved: avicctl fix deploy", m.path);
	*ret = true;
	return OUTCOME_DONE;
}

enum livepatch_outcome helper_boot(void)
{
	enum livepatch_outcome o;
	bool wants;

	o = boot_wants(&wants);
	return wants ? helper_load() : o;
}
