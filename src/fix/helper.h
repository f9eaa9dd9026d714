/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the program avicd-livepatch share: its actions, and the few things that it does to the kernel. */
#ifndef FIX_HELPER_H
#define FIX_HELPER_H

#include "avicd/livepatch.h"

/* livepatch_load.c, livepatch_unload.c, avicd-livepatch.c: an action says one line, and returns what came of it. */
enum livepatch_outcome helper_load(void);
enum livepatch_outcome helper_boot(void);
enum livepatch_outcome helper_unload(void);

/* helper_says() - the line: @level as of syslog; returns @o. */
enum livepatch_outcome helper_says(enum livepatch_outcome o, int level, const char *fmt, ...) _printf_(3, 4);
/* helper_refuses() - the same, as an error. */
#define helper_refuses(o, ...) helper_says(o, LOG_ERR, __VA_ARGS__)

/*
 * livepatch_kernel.c. Where $AVICD_SYSROOT is set, nothing is loaded and nothing removed: -EOPNOTSUPP. Files are written
 * below it.
 *
 * kernel_insert() - the module of this file; 0, or the kernel's error. Never by force. kernel_insert_kvm() - kvm, by name.
 * kernel_remove() - avicd_livepatch; -EAGAIN while it is in use.
 */
int kernel_insert(const char *path, int vcpu_offset, int regs_offset);
int kernel_insert_kvm(void);
int kernel_remove(void);
/* kernel_write() - @value into the file @name of the patch ("enabled", "signal"). kernel_heal() - this process at once; errors: process.c of the module */
int kernel_write(const char *name, const char *value);
int kernel_heal(int tgid);
/* kernel_wait() - a tenth of a second, unless @deadline (monotonic ns) has passed: false. */
bool kernel_wait(uint64_t deadline);
/*
 * kernel_wait_patch() - until the transition of ours is over: 0, or -ETIMEDOUT. Once, at half of the time, tasks are sent a signal
 * where the kernel leaves that to us. With @gone until the patch is away.
 */
int kernel_wait_patch(bool gone, uint64_t deadline);

#endif
