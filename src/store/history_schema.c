/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of the history, as the steps that made them; an old file is brought up to date by the steps that it lacks. */
#include <assert.h>

#include "store/history-private.h"

/*
 * A step is for ever: files of its version are on disks. A change of a table is a new step, and HISTORY_SCHEMA one more.
 *
 * vms       one row a domain, or a process without one
 * events    what avicd reported, in the words of events.h
 * boots     number 0 is the first boot; ended NULL: it goes on
 * episodes  ended NULL: it goes on; cut: its end was not seen, duration is what was seen of it
 * hours     of each VM and hour of the wall clock: how long it was watched, inhibited and stuck
 * runs      runs of avicd; seen: when it wrote last, clean: it ended in order
 * gaps      records that could not be written
 */
const char *const history_migrations[] = {
	"CREATE TABLE vms (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, uuid TEXT, name TEXT, pid INTEGER,"
	" first INTEGER NOT NULL, last INTEGER NOT NULL);"
	"CREATE TABLE events (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, vm INTEGER, event TEXT NOT NULL, text TEXT,"
	" condition TEXT, old_condition TEXT, cause TEXT, reason TEXT, reasons TEXT, health TEXT, detail TEXT, boot "
	"INTEGER,"
	" duration INTEGER);"
	"CREATE INDEX events_at ON events (at);"
	"CREATE INDEX events_vm ON events (vm, at);"
	"CREATE TABLE boots (id INTEGER PRIMARY KEY, vm INTEGER NOT NULL, process TEXT NOT NULL, number INTEGER NOT "
	"NULL,"
	" began INTEGER NOT NULL, ended INTEGER, exact INTEGER NOT NULL, UNIQUE (vm, process, number));"
	"CREATE INDEX boots_began ON boots (began);"
	"CREATE TABLE episodes (id INTEGER PRIMARY KEY, vm INTEGER NOT NULL, process TEXT NOT NULL, began INTEGER NOT "
	"NULL,"
	" ended INTEGER, duration INTEGER NOT NULL DEFAULT 0, cut INTEGER NOT NULL DEFAULT 0, reasons TEXT, cause "
	"TEXT);"
	"CREATE INDEX episodes_vm ON episodes (vm, began);"
	"CREATE INDEX episodes_ended ON episodes (ended);"
	"CREATE TABLE hours (id INTEGER PRIMARY KEY, vm INTEGER NOT NULL, hour INTEGER NOT NULL, watched INTEGER NOT "
	"NULL,"
	" inhibited INTEGER NOT NULL, stuck INTEGER NOT NULL, UNIQUE (vm, hour));"
	"CREATE INDEX hours_hour ON hours (hour);"
	"CREATE TABLE runs (id INTEGER PRIMARY KEY, boot_id TEXT, version TEXT, began INTEGER NOT NULL, seen INTEGER "
	"NOT NULL,"
	" clean INTEGER NOT NULL DEFAULT 0);"
	"CREATE TABLE gaps (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, records INTEGER NOT NULL);",
	NULL,
};
static_assert(ARRAY_SIZE(history_migrations) == HISTORY_SCHEMA + 1, "one step a version of the schema");

int history_migrate(struct history *h, const char *const *migrations)
{
	int64_t version, steps = 0;
	char pragma[64];
	int r;

	while (migrations[steps])
		steps++;
	/* the version is read inside the transaction: two may begin at once */
	r = history_exec(h, "BEGIN IMMEDIATE");
	if (r < 0)
		return r;
	r = history_number(h, "PRAGMA user_version", &version);
	if (r == 0 && (version < 0 || version > steps))
		r = -EPROTONOSUPPORT;
	for (int64_t i = version; r == 0 && i < steps; i++)
		r = history_exec(h, migrations[i]);
	if (r == 0) {
		sqlite3_snprintf(sizeof(pragma), pragma, "PRAGMA user_version = %lld", (long long)steps);
		r = history_exec(h, pragma);
	}
	if (r == 0)
		r = history_exec(h, "COMMIT");
	if (r < 0)
		history_rollback(h);
	return r;
}
