/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sub-verbs of avicctl fix. */
#ifndef AVICCTL_FIX_H
#define AVICCTL_FIX_H

/* They get what verb_fix() got, and return one of enum ctl_exit. */
int fix_probe(int argc, char *argv[]);

#endif
