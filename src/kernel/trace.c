/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The trace source interface: dispatch to the maker, and what a maker without a function gets. */
#include <assert.h>
#include <errno.h>

#include "avicd/clock.h"
#include "avicd/trace.h"

static_assert(ENTRY_BITS == REASON_BITS, "entry.h and reasons.h follow the same number of bits");

static const struct {
	const char *name;
	int (*open)(const struct trace_settings *settings, struct trace_source **ret, char **why);
} makers[] = {
	[TRACE_BPF] = { "bpf", trace_bpf_open },
	[TRACE_TRACEFS] = { "tracefs", trace_tracefs_open },
	[TRACE_RECORDED] = { "recorded", trace_recorded_open },
};
static_assert(ARRAY_SIZE(makers) == _TRACE_MAX, "a maker for each kind");

int trace_open(enum trace_kind kind, const struct trace_settings *settings, struct trace_source **ret, char **why)
{
	*why = NULL;
	if ((unsigned)kind >= _TRACE_MAX)
		return -EINVAL;
	return makers[kind].open(settings, ret, why);
}

struct trace_source *trace_close(struct trace_source *s)
{
	if (s)
		s->ops->close(s);
	return NULL;
}

const char *trace_kind_to_string(enum trace_kind k)
{
	return (unsigned)k < _TRACE_MAX ? makers[k].name : "none";
}

int trace_kind_from_string(const char *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++)
		if (streq(makers[i].name, s))
			return (int)i;
	return -EINVAL;
}

int trace_fd(struct trace_source *s)
{
	return s->ops->fd ? s->ops->fd(s) : -EOPNOTSUPP;
}

int trace_dispatch(struct trace_source *s, trace_changed_fn fn, void *userdata)
{
	return s->ops->dispatch ? s->ops->dispatch(s, fn, userdata) : -EOPNOTSUPP;
}

int trace_read(struct trace_source *s, int32_t tgid, struct entry *ret)
{
	return s->ops->read ? s->ops->read(s, tgid, ret) : -EOPNOTSUPP;
}

int trace_read_all(struct trace_source *s, trace_entry_fn fn, void *userdata)
{
	return s->ops->read_all ? s->ops->read_all(s, fn, userdata) : -EOPNOTSUPP;
}

int trace_forget(struct trace_source *s, int32_t tgid)
{
	return s->ops->forget ? s->ops->forget(s, tgid) : -EOPNOTSUPP;
}

bool trace_has_snapshot(const struct trace_source *s)
{
	return s->ops->snapshot;
}

int trace_snapshot(struct trace_source *s, int32_t tgid, bool vcpus, trace_snap_fn fn, void *userdata)
{
	return s->ops->snapshot ? s->ops->snapshot(s, tgid, vcpus, fn, userdata) : -EOPNOTSUPP;
}

int trace_stack(struct trace_source *s, int32_t tgid, unsigned bit, char **ret)
{
	return s->ops->stack ? s->ops->stack(s, tgid, bit, ret) : -EOPNOTSUPP;
}

int trace_exclude(struct trace_source *s, int32_t tgid, bool on)
{
	return s->ops->exclude ? s->ops->exclude(s, tgid, on) : -EOPNOTSUPP;
}

int trace_stats(struct trace_source *s, struct trace_stats *ret)
{
	return s->ops->stats ? s->ops->stats(s, ret) : -EOPNOTSUPP;
}

uint64_t trace_now(struct trace_source *s)
{
	return s->ops->now ? s->ops->now(s) : now_ns();
}
