/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The PIT of a domain: its lost ticks are discarded from now on, in the image and in the definition. */
#ifndef AVICD_JOB_PIT_H
#define AVICD_JOB_PIT_H

#include "job/run.h"

enum pit { PIT_NONE, PIT_KEEPS, PIT_DISCARDS };
/* pit_read() - what @xml says: no timer of that name; another tickpolicy or none; discard. Errors of domxml_read(). */
int pit_read(const char *xml, enum pit *ret);
/*
 * pit_change() - @xml with tickpolicy='discard', nothing else changed; caller frees. -ENOENT: nothing to change: the timer is not there, and may
 * not be added to a VM that runs; or discards already. Errors of domxml_read() and domfix_plan().
 */
int pit_change(const char *xml, char **ret);
/* pit_of_image() - pit_change() of the XML in the image @path; also -EIO, with r->said. */
int pit_of_image(struct run *r, const char *path, char **ret);
/* pit_of_vm() - what the VM that runs has; pit_define() - pit_change() of the definition, which is then replaced. 0 also if it needs none. */
int pit_of_vm(struct run *r, enum pit *ret);
int pit_define(struct run *r);

#endif
