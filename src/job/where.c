/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a VM is that was to be migrated. */
#include "job/where.h"

#define ANY -1

/* The first row that fits decides. */
static const struct {
	int here, there, stop, moving, process; /* or ANY */
	enum where now, last;
} rows[] = {
	{ANY, ANY, ANY, true, ANY, WHERE_MOVING, WHERE_LOST},
	/* two that run would be two libvirts with one VM: none of them is ours to touch */
	{PLACE_RUNNING, PLACE_RUNNING, ANY, ANY, ANY, WHERE_UNSURE, WHERE_LOST},
	{PLACE_RUNNING, ANY, ANY, ANY, true, WHERE_HERE, WHERE_HERE},
	/* the same domain in another process: its owner stopped it and started it again */
	{PLACE_RUNNING, ANY, ANY, ANY, false, WHERE_UNSURE, WHERE_ENDED},
	{PLACE_NONE, PLACE_RUNNING, ANY, ANY, ANY, WHERE_THERE, WHERE_THERE},
	{PLACE_UNKNOWN, PLACE_RUNNING, ANY, ANY, false, WHERE_UNSURE, WHERE_THERE},
	{PLACE_PAUSED, PLACE_NONE, ANY, ANY, true, WHERE_PAUSED_HERE, WHERE_PAUSED_HERE},
	/* its owner's word ends it, whatever is left over there */
	{PLACE_NONE, PLACE_NONE, STOP_OWNER, ANY, ANY, WHERE_ENDED, WHERE_ENDED},
	{PLACE_NONE, PLACE_UNKNOWN, STOP_OWNER, ANY, ANY, WHERE_UNSURE, WHERE_ENDED},
	{PLACE_NONE, PLACE_PAUSED, STOP_OWNER, ANY, ANY, WHERE_UNSURE, WHERE_LOST},
	{ANY, ANY, ANY, ANY, ANY, WHERE_UNSURE, WHERE_LOST},
};

static bool fits(int row, int value)
{
	return row == ANY || row == value;
}

enum where where_decide(const struct sight *s, bool last)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (fits(rows[i].here, (int)s->here) && fits(rows[i].there, (int)s->there) &&
		    fits(rows[i].stop, (int)s->stop) && fits(rows[i].moving, s->moving) &&
		    fits(rows[i].process, s->process))
			return last ? rows[i].last : rows[i].now;
	return WHERE_LOST;
}
