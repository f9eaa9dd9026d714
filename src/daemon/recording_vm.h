/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One VM as the history is told of it. Private to recording.c and recording_vm.c. */
#ifndef AVICD_DAEMON_RECORDING_VM_H
#define AVICD_DAEMON_RECORDING_VM_H

#include "avicd/history.h"
#include "avicd/tracker.h"

struct manager;

#define RECORDED_KEY_MAX 64

/* The strings that a struct history_vm points to. */
struct recorded_name {
	char key[RECORDED_KEY_MAX], process[RECORDED_KEY_MAX];
};

/* recorded_name_of() - what @vm is called in the history; *@name must outlive the answer. */
struct history_vm recorded_name_of(struct manager *m, const struct vm *vm, struct recorded_name *name);
/* recorded_saw() - an action about it. recorded_flush() - the time since the last call. recorded_cut() - the watch ends, the VM goes on. */
void recorded_saw(struct manager *m, const struct action *a);
void recorded_flush(struct manager *m, const struct vm *vm);
void recorded_cut(struct manager *m, const struct vm *vm);

#endif
