/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvirt's qemu hook as `avicctl hook` sees it: the wrapper in libvirt's folder, and what stands between the two. */
#ifndef AVICCTL_HOOK_H
#define AVICCTL_HOOK_H

#include <stdbool.h>

#include "avicd/finding.h"

/* libvirt reads no other folder, wherever avicd was installed (its SYSCONFDIR is /etc in every distribution). */
#define HOOKS_DIR    "/etc/libvirt/hooks"
#define HOOK_FILE    HOOKS_DIR "/qemu.d/50-avicd"
#define HOOK_SHIPPED PKGDATADIR "/50-avicd"
#define HOOK_PROGRAM SBINDIR "/avicd-hook"

enum hook_file {
	HOOK_ABSENT,
	HOOK_OURS,    /* as this avicd ships it */
	HOOK_OTHER,   /* calls avicd-hook, but differs: of another version, or changed */
	HOOK_FOREIGN, /* somebody else's */
};
/* hook_file() - which it is; negative errno where it cannot be read. */
int hook_file(void);

/* hook_runnable() - it is there, and libvirt would run it: an executable file. */
bool hook_runnable(void);

/* hook_findings() - all that `avicctl hook status` looks at. */
void hook_findings(struct findings *to);
/* hook_find_noticed() - whether libvirt's running daemons know of the hook; a part of hook_findings(). */
void hook_find_noticed(struct findings *to);
/* hook_find_confinement() - whether AppArmor and SELinux let it work; a part of hook_findings(). */
void hook_find_confinement(struct findings *to);

/* Both may be there, one of them in use: libvirtd does all, virtqemud is the modular one. */
#define HOOK_DAEMONS 2
extern const char *const hook_daemons[HOOK_DAEMONS];
/* hook_daemon() - the process of @daemon by its pid file, and when it started, in seconds since 1970; 0: it does not run. */
int hook_daemon(const char *daemon, double *ret_start);

/*
 * hook_run() - what `PATH --version` prints. It has two seconds: then -ETIMEDOUT; -ENOEXEC: it failed, as it does
 * where a library is missing. The caller frees *@ret.
 */
int hook_run(const char *path, char **ret);
/* hook_selinux_refuses() - SELinux is enforcing and virtqemud is there, which has no right to run hooks in policies known so far. */
bool hook_selinux_refuses(void);

#endif
