/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeping the history: runs of avicd, gaps, and what is old. */
#include "store/history-private.h"

int history_run_begin(struct history *h, const char *boot_id, uint64_t now_us)
{
	/*
	 * What a run left open ends when that run wrote last. Of an episode that was seen from the beginning of that run or its own, whichever was
	 * later, until then; a clock that was set back makes it nothing, never less.
	 */
	static const char *const orphans[] = {
		"UPDATE episodes SET ended = max(began, (SELECT seen FROM runs ORDER BY id DESC LIMIT 1)), cut = 1,"
		" duration = duration + max(0, (SELECT seen FROM runs ORDER BY id DESC LIMIT 1)"
		" - max(began, (SELECT began FROM runs ORDER BY id DESC LIMIT 1)))"
		" WHERE ended IS NULL AND EXISTS (SELECT 1 FROM runs)",
		/* on the same boot of the host the VM may still be there, in the same boot of its own */
		"UPDATE boots SET ended = max(began, (SELECT seen FROM runs ORDER BY id DESC LIMIT 1))"
		" WHERE ended IS NULL AND (SELECT boot_id FROM runs ORDER BY id DESC LIMIT 1) IS NOT ?1"
		" AND EXISTS (SELECT 1 FROM runs)",
	};
	int r = history_begin(h);

	if (r < 0)
		return r;
	r = history_run(h, orphans[0], "");
	if (r == 0)
		r = history_run(h, orphans[1], "s", boot_id);
	if (r == 0)
		r = history_run(h, "INSERT INTO runs (boot_id, version, began, seen) VALUES (?1, ?2, ?3, ?3)", "ssi",
				boot_id, PACKAGE_VERSION, (int64_t)now_us);
	if (r == 0) {
		h->run = sqlite3_last_insert_rowid(h->db);
		r = history_commit(h);
	}
	if (r < 0) {
		h->run = 0;
		history_rollback(h);
	}
	return r;
}

int history_run_seen(struct history *h, uint64_t now_us, bool end)
{
	return history_run(h, "UPDATE runs SET seen = max(began, ?2), clean = ?3 WHERE id = ?1", "iii", h->run,
			   (int64_t)now_us, (int64_t)end);
}

int history_gap(struct history *h, uint64_t now_us, uint64_t records)
{
	return history_run(h, "INSERT INTO gaps (at, records) VALUES (?1, ?2)", "ii", (int64_t)now_us,
			   (int64_t)MIN(records, (uint64_t)INT64_MAX));
}

int history_prune(struct history *h, uint64_t before_us, uint64_t max_rows)
{
	static const struct {
		const char *old;
		const char *many; /* NULL: it has no more rows than another table */
	} tables[] = {
		{"DELETE FROM events WHERE at < ?1",
		 "DELETE FROM events WHERE id <= (SELECT max(id) FROM events) - ?1"},
		{"DELETE FROM boots WHERE ended < ?1",
		 "DELETE FROM boots WHERE id <= (SELECT max(id) FROM boots) - ?1"},
		{"DELETE FROM episodes WHERE ended < ?1",
		 "DELETE FROM episodes WHERE id <= (SELECT max(id) FROM episodes) - ?1"},
		{"DELETE FROM hours WHERE hour < ?1 / 3600000000",
		 "DELETE FROM hours WHERE id <= (SELECT max(id) FROM hours) - ?1"},
		{"DELETE FROM gaps WHERE at < ?1", "DELETE FROM gaps WHERE id <= (SELECT max(id) FROM gaps) - ?1"},
		{"DELETE FROM runs WHERE seen < ?1 AND id <> (SELECT max(id) FROM runs)", NULL},
		{"DELETE FROM vms WHERE NOT EXISTS (SELECT 1 FROM events WHERE events.vm = vms.id)"
		 " AND NOT EXISTS (SELECT 1 FROM hours WHERE hours.vm = vms.id)"
		 " AND NOT EXISTS (SELECT 1 FROM episodes WHERE episodes.vm = vms.id)"
		 " AND NOT EXISTS (SELECT 1 FROM boots WHERE boots.vm = vms.id)",
		 NULL},
	};
	int r = history_begin(h);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(tables); i++) {
		r = history_run(h, tables[i].old, strstr(tables[i].old, "?1") ? "i" : "", (int64_t)before_us);
		if (r == 0 && tables[i].many)
			r = history_run(h, tables[i].many, "i", (int64_t)max_rows);
	}
	if (r == 0)
		r = history_commit(h);
	if (r < 0) {
		history_rollback(h);
		return r;
	}
	/* a part each time: the rest follows an hour later */
	return history_exec(h, "PRAGMA incremental_vacuum(4096)");
}
