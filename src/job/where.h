/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a VM is that was to be migrated: both sides are asked, and neither is believed alone. */
#ifndef AVICD_JOB_WHERE_H
#define AVICD_JOB_WHERE_H

#include "avicd/util.h"

/* What one side says. */
enum place {
	PLACE_UNKNOWN, /* it does not answer */
	PLACE_NONE,    /* no such domain, or one that is off */
	PLACE_RUNNING, /* or paused by its owner or a fault, not by the migration */
	PLACE_PAUSED,
};
/* How the domain of this side came to its end, as far as libvirt says. */
enum stop { STOP_UNKNOWN, STOP_OWNER, STOP_MIGRATED, STOP_CRASHED };

struct sight {
	enum place here, there;
	enum stop stop;
	bool moving;  /* libvirt here says that a migration is under way */
	bool held;    /* here it is paused, but not by the migration */
	bool process; /* the process of the VM is still here */
};
enum where {
	WHERE_UNSURE, /* look again */
	WHERE_MOVING, /* the migration is still under way */
	WHERE_HERE,
	WHERE_THERE,
	WHERE_ENDED,	   /* by its owner */
	WHERE_PAUSED_HERE, /* and nowhere else: it can be resumed */
	WHERE_LOST,	   /* nowhere, paused, or not to be found out: a person has to look */
	_WHERE_MAX,
};
/*
 * where_decide() - pure. @last: it will not become clearer, so that what is unsure is lost. An answer other than unsure and moving should be given
 * twice, a second apart: a libvirtd that was just started again first believes what was last written to its disk.
 */
enum where where_decide(const struct sight *s, bool last);

#endif
