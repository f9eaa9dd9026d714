/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of a host report share. */
#ifndef REPORT_HOSTREPORT_PRIVATE_H
#define REPORT_HOSTREPORT_PRIVATE_H

#include "avicd/hostreport.h"
#include "report/json.h"
#include "report/member.h"

/* hostreport_vms() - the VMs of state.json as those of a report; @history: the summary, or NULL. NULL: -ENOMEM. */
json_object *hostreport_vms(json_object *state, json_object *history, bool fresh);
/* hostreport_advice() - what to do first, by the other members of @report. NULL: -ENOMEM. */
json_object *hostreport_advice(json_object *report);

#endif
