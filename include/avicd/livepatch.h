/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The livepatch module avicd_livepatch: what the kernel says of it, where its file is, whether it may be loaded, and the
 * marks that tell whether it was tried and proved.
 *
 * All paths lie below $AVICD_SYSROOT; the folders of state and configuration are those of $STATE_DIRECTORY and
 * $CONFIGURATION_DIRECTORY where these are set. Nothing here changes the kernel: src/fix/avicd-livepatch.c does, and
 * never where $AVICD_SYSROOT is set.
 */
#ifndef AVICD_LIVEPATCH_H
#define AVICD_LIVEPATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "avicd/host.h"
#include "avicd/util.h"

#define LIVEPATCH_NAME	   "avicd_livepatch"
#define LIVEPATCH_FUNCTION "kvm_lapic_xapic_id_updated"
/* Its unit, for an action: "load", "unload", "signal", "heal:4711", "boot". */
#define LIVEPATCH_UNIT	   "avicd-livepatch@%s.service"

/* ---- outcomes: exit status of avicd-livepatch and of avicctl fix, word, error on the bus ---- */

enum livepatch_outcome {
	OUTCOME_DONE,		     /* or already so */
	OUTCOME_FAILED,		     /* an error that none of the others is */
	OUTCOME_NOT_NEEDED,	     /* the kernel has no bug; nothing is loaded; the VM is not inhibited */
	OUTCOME_UNPROVABLE,	     /* the probe proves nothing */
	OUTCOME_NO_PATCH,	     /* none for this kernel */
	OUTCOME_STALLED,	     /* the transition did not end in time; rolled back */
	OUTCOME_VERIFICATION_FAILED, /* loaded, and the bug is still there; rolled back */
	OUTCOME_LOCKDOWN,	     /* the kernel wants a signature, or loads no module at all */
	OUTCOME_RISK,		     /* a risk is not accepted */
	OUTCOME_BUSY,		     /* another change is going on */
	OUTCOME_SWITCHED_OFF,	     /* a kill switch */
	_OUTCOME_MAX,
};

struct outcome_info {
	const char *word;  /* "not-needed": in JSON */
	int status;	   /* exit status; 2, wrong usage, is no outcome */
	const char *error; /* "org.avicd1.Error.NotNeeded"; NULL for DONE */
	const char *text;  /* a phrase in lower case, to stand in a sentence */
};
/* outcome_info() - never NULL for an outcome of the enum. */
const struct outcome_info *outcome_info(enum livepatch_outcome o);
/* outcome_from_status() - of an exit status (ExecMainStatus of the unit); any other status is OUTCOME_FAILED. */
enum livepatch_outcome outcome_from_status(int status);
/* outcome_from_word() - -EINVAL. */
int outcome_from_word(const char *word);

/* ---- what the kernel says ---- */

/* The patch itself: three reads of /sys, made to be polled. */
struct livepatch_patch {
	bool loaded;	 /* /sys/module/avicd_livepatch: there, or going */
	bool patched;	 /* /sys/kernel/livepatch/avicd_livepatch */
	bool enabled;	 /* switched on, or being switched on */
	bool transition; /* not every task has arrived */
	char other
		[64]; /* the name of another patch in transition; "" none. While there is one, ours can neither come nor go */
};
void livepatch_look_patch(struct livepatch_patch *ret);

enum livepatch_switch { SWITCH_NONE, SWITCH_CONFIG, SWITCH_FILE, SWITCH_CMDLINE, _SWITCH_MAX };
/* livepatch_switch() - the first kill switch that is set, of avicd.conf ("livepatch = no", or a value that is not "yes"), the file,
 * the kernel command line. An avicd.conf or a folder that cannot be read counts as set. */
enum livepatch_switch livepatch_switch(void);
/* livepatch_switch_says() - a sentence with cause and remedy: "it is switched off by ...: remove ..."; "" for NONE. */
const char *livepatch_switch_says(enum livepatch_switch s);
/* livepatch_disabled_file() - the path of the kill switch file, /etc/avicd/livepatch.disabled. Caller frees. -ENOMEM. */
int livepatch_disabled_file(char **ret);
/* livepatch_deadline() - ns, of avicd.conf "livepatch_deadline": 1 s to 600 s, default 30 s. */
uint64_t livepatch_deadline(void);

struct livepatch_state {
	struct livepatch_patch patch;
	char release[128];
	char boot_id[37];
	char kvm_build_id[41];
	bool has_livepatch;	  /* CONFIG_LIVEPATCH */
	bool kvm_loaded;	  /* a module or built in */
	enum tristate kvm_module; /* kvm is a module, as a patch of it needs; unknown while it is not loaded */
	enum tristate
		function; /* kallsyms lists LIVEPATCH_FUNCTION in it, once; unknown where kallsyms cannot be read, as under avicd's unit */
	int vcpu_offset, regs_offset; /* in struct kvm_lapic, for the module; -1 without BTF */
	bool heal_now;		      /* the loaded module has heal_tgid */
	bool lockdown;		      /* integrity or confidentiality */
	bool sig_enforce;	      /* module.sig_enforce */
	bool modules_disabled;	      /* kernel.modules_disabled */
	bool ftrace_disabled;	      /* kernel.ftrace_enabled is 0 */
	enum livepatch_switch off;
};
/* livepatch_look() - what cannot be read is unknown or false. Never fails. Reads some MiB of kallsyms: not to be polled. */
void livepatch_look(struct livepatch_state *ret);

/* ---- the module's file ---- */

struct livepatch_module {
	char *path;	 /* below the sysroot */
	char *vermagic;	 /* of its .modinfo, "" none */
	char *name;	 /* of its .modinfo, "" none */
	char sha256[65]; /* of the file as it is, compressed or not */
	bool is_signed;	 /* by whomever */
	bool built;	 /* made by `avicctl fix build`, in the folder of state; else DKMS or a package */
};
void livepatch_module_done(struct livepatch_module *m);
/*
 * livepatch_find_module() - 1. STATE_DIRECTORY/livepatch/KVM_BUILD_ID/avicd_livepatch.ko, 2. what libkmod finds as avicd_livepatch
 * of this release. 0; -ENOENT: there is none; -EPERM: others than root may write the file; -EBADMSG: it is no module; other
 * errors of reading. *ret is to be done only after 0.
 */
int livepatch_find_module(const struct livepatch_state *state, struct livepatch_module *ret);

/*
 * livepatch_allowed() - may it be loaded? DONE, or the refusal with its cause and remedy in @why, one line. @m: NULL if
 * none was found, for @find_error (a result of livepatch_find_module()). It is DONE, too, where it is loaded already
 * and nothing switches it off. Says nothing of bugs, risks, marks, nor of another patch in transition.
 */
#define LIVEPATCH_WHY_MAX 512
enum livepatch_outcome livepatch_allowed(const struct livepatch_state *state, const struct livepatch_module *m,
					 int find_error, char why[static LIVEPATCH_WHY_MAX]);

/* ---- marks ---- */

enum livepatch_mark_kind { MARK_TRYING, MARK_VERIFIED, _MARK_MAX };
struct livepatch_mark {
	char kvm_build_id[41];
	char boot_id[37];
	char module_sha256[65];
	uint64_t at; /* wall clock, microseconds since 1970 */
};
/* livepatch_dir() - STATE_DIRECTORY/livepatch. Caller frees. -ENOMEM. */
int livepatch_dir(char **ret);
/* livepatch_mark_read() - 0; -ENOENT: none; -EBADMSG: it is there and says nothing (*ret is all zero then); other errors of reading. */
int livepatch_mark_read(enum livepatch_mark_kind kind, struct livepatch_mark *ret);
/* livepatch_mark_write() - makes the folder; file and folder are on the disk when it returns 0. */
int livepatch_mark_write(enum livepatch_mark_kind kind, const struct livepatch_mark *mark);
/* livepatch_mark_remove() - 0 if there is none, too; the folder is on the disk when it returns 0. */
int livepatch_mark_remove(enum livepatch_mark_kind kind);
/*
 * livepatch_went_down() - did the machine go down while the livepatch was tried? Yes for a trying mark of another boot, and for one
 * that cannot be read. @why: one line with cause and remedy.
 */
bool livepatch_went_down(const char *boot_id, char why[static LIVEPATCH_WHY_MAX]);
/* livepatch_is_verified() - is there a verified record of this build of kvm and this file? */
bool livepatch_is_verified(const struct livepatch_state *state, const struct livepatch_module *m);

#endif
