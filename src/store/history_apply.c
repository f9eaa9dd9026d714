/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of the history as rows. */
#include <assert.h>

#include "store/history-private.h"

/* No duration of ours is longer: a larger number is a mistake, and sums must not overflow. */
#define DURATION_LIMIT_US (10ULL * 366 * 86400 * USEC_PER_SEC)

static uint64_t limited(uint64_t us)
{
	return MIN(us, DURATION_LIMIT_US);
}

static int vm_row(struct history *h, const struct history_record *r, int64_t *ret)
{
	sqlite3_stmt *s;
	int error = history_stmt(h, STMT_VM, &s), rc;

	if (error < 0)
		return error;
	history_bind_text(s, 1, r->vm.key);
	history_bind_text(s, 2, r->vm.uuid);
	history_bind_text(s, 3, r->vm.name);
	sqlite3_bind_int(s, 4, r->vm.pid);
	history_bind_int(s, 5, r->at);
	rc = sqlite3_step(s);
	if (rc == SQLITE_ROW) {
		*ret = sqlite3_column_int64(s, 0);
		rc = sqlite3_step(s);
	}
	error = history_errno(h, rc);
	sqlite3_reset(s);
	return error;
}

/* @id, and ?1, ?2 bound to the VM and its process, as most statements begin. */
static int begin_of(struct history *h, enum history_statement id, const struct history_record *r, int64_t vm,
		    sqlite3_stmt **ret)
{
	int error = history_stmt(h, id, ret);

	if (error < 0)
		return error;
	sqlite3_bind_int64(*ret, 1, vm);
	history_bind_text(*ret, 2, r->vm.process);
	return 0;
}

static int apply_event(struct history *h, const struct history_record *r, int64_t vm)
{
	const char *texts[] = {r->event,  r->text,    r->condition, r->old_condition, r->cause,
			       r->reason, r->reasons, r->health,    r->detail};
	sqlite3_stmt *s;
	int error = history_stmt(h, STMT_EVENT, &s);

	if (error < 0)
		return error;
	if (r->of_vm) {
		sqlite3_bind_int64(s, 1, vm);
		sqlite3_bind_int64(s, 12, r->number);
	}
	history_bind_int(s, 2, r->at);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		history_bind_text(s, 3 + (int)i, texts[i]);
	if (r->duration)
		history_bind_int(s, 13, limited(r->duration));
	return history_stmt_run(h, s);
}

static int apply_boot(struct history *h, const struct history_record *r, int64_t vm)
{
	sqlite3_stmt *s;
	int error = begin_of(h, STMT_BOOT_END, r, vm, &s);

	if (error < 0)
		return error;
	sqlite3_bind_int64(s, 3, r->number);
	history_bind_int(s, 4, r->at);
	error = history_stmt_run(h, s);
	if (error == 0)
		error = begin_of(h, STMT_BOOT, r, vm, &s);
	if (error < 0)
		return error;
	sqlite3_bind_int64(s, 3, r->number);
	history_bind_int(s, 4, r->at);
	sqlite3_bind_int(s, 5, r->exact);
	return history_stmt_run(h, s);
}

static int apply_episode_begin(struct history *h, const struct history_record *r, int64_t vm)
{
	sqlite3_stmt *s;
	int error;

	if (!r->exact) {
		error = begin_of(h, STMT_EPISODE_AGAIN, r, vm, &s);
		if (error == 0)
			error = history_stmt_run(h, s);
		if (error < 0 || sqlite3_changes(h->db) > 0)
			return error;
	}
	error = begin_of(h, STMT_EPISODE, r, vm, &s);
	if (error < 0)
		return error;
	history_bind_int(s, 3, r->at);
	history_bind_text(s, 4, r->reasons);
	history_bind_text(s, 5, r->cause);
	return history_stmt_run(h, s);
}

static int apply_episode_note(struct history *h, const struct history_record *r, int64_t vm)
{
	sqlite3_stmt *s;
	int error = begin_of(h, STMT_EPISODE_NOTE, r, vm, &s);

	if (error < 0)
		return error;
	history_bind_text(s, 3, r->reasons);
	history_bind_text(s, 4, r->cause);
	return history_stmt_run(h, s);
}

static int apply_episode_end(struct history *h, const struct history_record *r, int64_t vm)
{
	sqlite3_stmt *s;
	int error = begin_of(h, STMT_EPISODE_END, r, vm, &s);

	if (error < 0)
		return error;
	history_bind_int(s, 3, r->at);
	history_bind_int(s, 4, limited(r->duration));
	sqlite3_bind_int(s, 5, r->cut);
	history_bind_text(s, 6, r->reasons);
	history_bind_text(s, 7, r->cause);
	return history_stmt_run(h, s);
}

static int add_hour(struct history *h, int64_t vm, uint64_t hour, const uint64_t us[3])
{
	sqlite3_stmt *s;
	int error = history_stmt(h, STMT_TIME, &s);

	if (error < 0)
		return error;
	sqlite3_bind_int64(s, 1, vm);
	history_bind_int(s, 2, hour);
	for (int i = 0; i < 3; i++)
		history_bind_int(s, 3 + i, us[i]);
	return history_stmt_run(h, s);
}

/* Each hour gets its part of what was measured; the last one what rounding left, so that nothing is lost. */
static int apply_time(struct history *h, const struct history_record *r, int64_t vm)
{
	uint64_t watched = limited(r->watched), end = MAX(r->at, watched), from = end - watched;
	uint64_t left[3] = {watched, MIN(r->inhibited, watched), MIN(r->stuck, watched)};
	const uint64_t all[3] = {left[0], left[1], left[2]};

	if (!watched)
		return 0;
	while (from < end) {
		uint64_t hour = from / HISTORY_HOUR_US, next = MIN((hour + 1) * HISTORY_HOUR_US, end), part[3];
		int error;

		for (int i = 0; i < 3; i++) {
			part[i] = next == end ? left[i]
					      : (uint64_t)((double)all[i] * (double)(next - from) / (double)watched);
			part[i] = MIN(part[i], left[i]);
			left[i] -= part[i];
		}
		error = add_hour(h, vm, hour, part);
		if (error < 0)
			return error;
		from = next;
	}
	return 0;
}

static int apply_gone(struct history *h, const struct history_record *r, int64_t vm)
{
	static const enum history_statement ends[] = {STMT_GONE_BOOT, STMT_GONE_EPISODE};

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		sqlite3_stmt *s;
		int error = begin_of(h, ends[i], r, vm, &s);

		if (error < 0)
			return error;
		history_bind_int(s, 3, r->at);
		error = history_stmt_run(h, s);
		if (error < 0)
			return error;
	}
	return 0;
}

/* All rows of the one become rows of the other. It happens once in the life of a VM, if at all. */
static int apply_same(struct history *h, const struct history_record *r, int64_t vm)
{
	static const char *const steps[] = {
		"UPDATE events SET vm = ?1 WHERE vm = (SELECT id FROM vms WHERE key = ?2)",
		"UPDATE OR REPLACE boots SET vm = ?1 WHERE vm = (SELECT id FROM vms WHERE key = ?2)",
		"UPDATE episodes SET vm = ?1 WHERE vm = (SELECT id FROM vms WHERE key = ?2)",
		"INSERT INTO hours (vm, hour, watched, inhibited, stuck) SELECT ?1, hour, watched, inhibited, stuck "
		"FROM hours"
		" WHERE vm = (SELECT id FROM vms WHERE key = ?2) ON CONFLICT (vm, hour) DO UPDATE SET"
		" watched = watched + excluded.watched, inhibited = inhibited + excluded.inhibited, stuck = stuck + "
		"excluded.stuck",
		"DELETE FROM hours WHERE vm = (SELECT id FROM vms WHERE key = ?2) AND vm <> ?1",
		"DELETE FROM vms WHERE key = ?2 AND id <> ?1",
	};

	if (!r->was || strcmp(r->was, r->vm.key) == 0)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		int error = history_run(h, steps[i], "is", vm, r->was);

		if (error < 0)
			return error;
	}
	return 0;
}

static int (*const apply[])(struct history *h, const struct history_record *r, int64_t vm) = {
	[HISTORY_EVENT] = apply_event,
	[HISTORY_BOOT] = apply_boot,
	[HISTORY_EPISODE_BEGIN] = apply_episode_begin,
	[HISTORY_EPISODE_NOTE] = apply_episode_note,
	[HISTORY_EPISODE_END] = apply_episode_end,
	[HISTORY_TIME] = apply_time,
	[HISTORY_GONE] = apply_gone,
	[HISTORY_SAME] = apply_same,
};
static_assert(ARRAY_SIZE(apply) == _HISTORY_MAX, "each kind of record is applied");

int history_apply(struct history *h, const struct history_record *r)
{
	int64_t vm = 0;
	int error;

	if (r->kind >= _HISTORY_MAX || (!r->of_vm && r->kind != HISTORY_EVENT))
		return -EINVAL;
	if (r->of_vm) {
		error = vm_row(h, r, &vm);
		if (error < 0)
			return error;
	}
	return apply[r->kind](h, r, vm);
}
