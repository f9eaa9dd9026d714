/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the libvirt hook said last about a domain, as show and policy print it. */
#include "avicd/clock.h"
#include "avicd/report.h"
#include "ctl/ctl.h"
#include "ctl/field.h"
#include "ctl/hookline.h"

void hookline_print(json_object *o)
{
	json_object *hook = field(o, "hook");
	char buf[MAX(TIME_MAX, DURATION_MAX)];

	if (!field_str(hook, "decision"))
		return;
	if (field(hook, "seconds"))
		ctl_field("Hook", "%s %s ago: %s", field_text(hook, "decision"), field_duration(hook, "seconds", buf),
			  field_text(hook, "text"));
	else
		ctl_field("Hook", "%s at %s: %s", field_text(hook, "decision"), time_local(field_time(hook, "at"), buf),
			  field_text(hook, "text"));
}

json_object *hookline_read(const char *uuid)
{
	_cleanup_close_ int folder = said_folder();
	struct said said;

	if (folder < 0 || said_read(folder, uuid, &said) < 0)
		return NULL;
	return report_said(&said, wall_us());
}
