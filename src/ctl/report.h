/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of `avicctl report`. */
#ifndef AVICCTL_REPORT_H
#define AVICCTL_REPORT_H

#include <json-c/json.h>

/* report_print() - @report (hostreport.h) for a terminal. */
void report_print(json_object *report);

#endif
