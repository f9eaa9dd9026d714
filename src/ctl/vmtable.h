/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of VMs that `status` and `list` print. */
#ifndef AVICCTL_VMTABLE_H
#define AVICCTL_VMTABLE_H

#include <stdbool.h>

#include <json-c/json.h>

/*
 * vmtable_print() - the VMs of array @vms for which @wanted says so (NULL: all), in 80 columns when the terminal has
 * no more.
 */
void vmtable_print(json_object *vms, bool (*wanted)(json_object *vm, const void *userdata), const void *userdata);

#endif
