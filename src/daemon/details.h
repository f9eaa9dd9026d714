/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is read from the kernel only when somebody asks about one VM: its vCPUs and kernel stacks. */
#ifndef AVICD_DAEMON_DETAILS_H
#define AVICD_DAEMON_DETAILS_H

#include <json-c/json.h>

struct manager;
struct watched;

/* details_describe() - report_vm() with "vcpus", "stacks" and "hook". Caller puts. NULL on -ENOMEM, or when the VM is gone. */
json_object *details_describe(struct manager *m, struct watched *w);

#endif
