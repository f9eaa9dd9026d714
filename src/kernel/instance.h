/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A tracing instance of our own in tracefs: buffers and events that nobody else reads or resets. */
#ifndef KERNEL_INSTANCE_H
#define KERNEL_INSTANCE_H

#include "avicd/util.h"

struct instance {
	int root_fd; /* /sys/kernel/tracing */
	int fd;	     /* instances/avicd-PID */
	char name[32];
	int *cpu_fds; /* per_cpu/cpuN/trace_pipe_raw, not blocking */
	size_t n_cpus;
};

#define EVENT_INHIBIT "kvm_apicv_inhibit_changed"
#define EVENT_TSC     "kvm_write_tsc_offset"

/*
 * instance_open() - makes the instance, with clock "mono", and removes those of processes that are gone. No event is
 * enabled yet. -EOPNOTSUPP: no tracefs, or a kernel without the event; -ENOENT: kvm is not loaded; -EPERM. *why as
 * trace_open().
 */
int instance_open(struct instance **ret, char **why);
/* instance_close() - and removes it. */
struct instance *instance_close(struct instance *i);
DEFINE_CLEANUP(struct instance, instance_close)
/* instance_read() - a file below @fd (instance or root), whole; caller frees. instance_write() - @text into it. */
int instance_read(int fd, const char *path, char **ret);
int instance_write(const struct instance *i, const char *path, const char *text);
/* instance_event_on() - is the event still there and enabled? Not after kvm was unloaded, or loaded again. */
bool instance_event_on(const struct instance *i);

#endif
