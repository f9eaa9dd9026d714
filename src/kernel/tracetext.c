/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One line of a text trace: ftrace (trace, trace_pipe), `trace-cmd report`, `perf script`.
 *
 * DOC: Theory of Operation
 *
 * All three print "TASK [CPU] FLAGS TIME: EVENT: FIELDS". A task's name may hold anything but NUL, so it cannot be
 * read from the left. But it has 15 characters at most, fewer than the names of our events: so the name of an event
 * of ours, with a colon, cannot stand in it, and what is left of the first such name is read from the right to the
 * left: time, flags, CPU, ids, task. What a program writes into the trace ("... 1.000000: tracing_mark_write: x-1
 * [000] 1.0: kvm_apicv_inhibit_changed: ...") leaves a second time there, and is refused.
 *
 *   qemu-system-x86-10147   [222] ..... 1116.519052: kvm_apicv_inhibit_changed: ...     ftrace
 *   CPU 0/KVM-10152 (  10147) [003] d..1. 12.000001: kvm_apicv_inhibit_changed: ...     ftrace, record-tgid
 *   CPU 0/KVM-10152         [003]    12.000001: kvm_apicv_inhibit_changed: ...          trace-cmd report
 *   CPU 0/KVM 10147/10152   [003]    12.000001: kvm:kvm_apicv_inhibit_changed: ...      perf script
 */
#include <ctype.h>

#include "avicd/tracetext.h"
#include "kernel/span.h"

/* "1116.519052" at the right end: seconds with 6 or 9 digits behind the point. */
static bool take_time_right(struct span *p, uint64_t *ret)
{
	uint64_t sec, frac, scale = NSEC_PER_SEC;
	struct span t = {p->end, p->end};
	const char *point;

	while (t.s > p->s && (span_digit(t.s[-1]) || t.s[-1] == '.'))
		t.s--;
	if (t.s > p->s && !span_blank(t.s[-1]))
		return false;
	p->end = t.s;
	if (!span_take_u64(&t, &sec) || !span_take(&t, "."))
		return false;
	point = t.s;
	if (!span_take_u64(&t, &frac) || t.s != t.end || t.end - point > 9)
		return false;
	for (; point < t.end; point++)
		scale /= 10;
	return !__builtin_mul_overflow(sec, NSEC_PER_SEC, &sec) && !__builtin_add_overflow(sec, frac * scale, ret);
}

/* What ftrace prints between CPU and time: irqs-off, need-resched, hardirq, preempt and migrate counts. */
static bool is_flags(char c)
{
	return c == '.' || c == '#' || span_digit(c) || isalpha((unsigned char)c);
}

/* "3..s1." of the latency format: CPU and flags in one word. */
static bool is_latency(const char *s, const char *end)
{
	const char *digits_end = s;

	while (digits_end < end && span_digit(*digits_end))
		digits_end++;
	return digits_end > s && digits_end < end;
}

/* "(  10147)" or "(-------)" of record-tgid. */
static bool take_tgid_right(struct span *p, int32_t *tgid)
{
	struct span in = *p;
	const char *open;

	if (in.end <= in.s || in.end[-1] != ')')
		return true;
	in.end--;
	open = memrchr(in.s, '(', (size_t)(in.end - in.s));
	if (!open)
		return true; /* ")" of a task's name */
	p->end = open;
	in.s = open + 1;
	span_trim_left(&in);
	span_trim_right(&in);
	if (in.s < in.end && *in.s == '-')
		return true;
	return span_take_id_right(&in, tgid) && in.s == in.end;
}

/* "-10152", " 10152" or " 10147/10152" behind the task's name. */
static bool take_ids_right(struct span *p, struct trace_record *r)
{
	if (!span_take_id_right(p, &r->tid) || p->end == p->s)
		return false;
	if (p->end[-1] == '/') {
		p->end--;
		if (!span_take_id_right(p, &r->tgid) || p->end == p->s)
			return false;
	}
	/*
	 * perf separates name and pid by a blank, so a dash there belongs to the name: "a -5" cannot be told, "a-5"
	 * is ftrace's
	 */
	if (p->end[-1] != '-' && !span_blank(p->end[-1]))
		return false;
	p->end--;
	return true;
}

/* Does the last word of @p read as a time? Then an event's fields begin behind it. */
static bool ends_in_time(struct span p)
{
	uint64_t at;

	span_trim_right(&p);
	return take_time_right(&p, &at);
}

static bool take_comm(struct span *p, struct trace_record *r)
{
	const char *colon;
	size_t n;

	/* `trace-cmd report` puts the names of file and buffer before it: "trace.dat:  big:   qemu-system-x86-10147" */
	while ((colon = span_find(p, ": "))) {
		if (ends_in_time((struct span){p->s, colon}))
			return false;
		p->s = colon + 1;
	}
	span_trim_left(p);
	span_trim_right(p);
	n = MIN((size_t)(p->end - p->s), sizeof(r->comm) - 1);
	for (size_t i = 0; i < n; i++)
		r->comm[i] = (unsigned char)p->s[i] < ' ' || p->s[i] == 0x7f ? '?' : p->s[i];
	r->comm[n] = '\0';
	return true;
}

/* What is left of ": EVENT:". */
static bool take_header(struct span p, struct trace_record *r)
{
	const char *open;

	span_trim_right(&p);
	if (p.end == p.s || p.end[-1] != ':')
		return false;
	p.end--;
	if (!take_time_right(&p, &r->at))
		return false;
	span_trim_right(&p);
	if (p.end > p.s && p.end[-1] != ']') {
		struct span flags = p;

		while (flags.end > flags.s && is_flags(flags.end[-1]))
			flags.end--;
		if (is_latency(flags.end, p.end))
			p.end = flags.end;
		span_trim_right(&flags);
		if (flags.end > flags.s && flags.end[-1] == ']')
			p = flags;
		span_trim_right(&p);
	}
	if (p.end > p.s && p.end[-1] == ']') {
		int32_t cpu;

		p.end--;
		if (!span_take_id_right(&p, &cpu))
			return false;
		open = p.end - 1;
		if (open < p.s || *open != '[')
			return false;
		p.end = open;
		span_trim_right(&p);
	}
	if (!take_tgid_right(&p, &r->tgid))
		return false;
	span_trim_right(&p);
	return take_ids_right(&p, r) && take_comm(&p, r);
}

/* The value of "key=" where a word begins with it. */
static bool field(const struct span *p, const char *key, struct span *ret)
{
	struct span rest = *p;
	const char *at;

	while ((at = span_find(&rest, key))) {
		if (at == p->s || span_blank(at[-1]) || at[-1] == ',') {
			*ret = (struct span){at + strlen(key), p->end};
			return true;
		}
		rest.s = at + 1;
	}
	return false;
}

static bool field_u64(const struct span *p, const char *key, uint64_t *ret)
{
	struct span v;

	if (!field(p, key, &v))
		return false;
	span_trim_left(&v);
	return span_take_u64(&v, ret);
}

/*
 * "set reason=8, inhibits=0x120[ A|B]", or raw: "reason=8 set=1 inhibits=0x120" (libtraceevent cannot evaluate the
 * names of 6.11)
 */
static int read_inhibit(struct span p, struct trace_record *r)
{
	struct span names;
	uint64_t v;
	size_t n;

	if (span_take(&p, "set "))
		r->set = true;
	else if (span_take(&p, "cleared "))
		r->set = false;
	else if (field_u64(&p, "set=", &v))
		r->set = v;
	else
		return -EBADMSG;
	if (!field_u64(&p, "reason=", &v) || v >= 64)
		return -EBADMSG;
	r->reason = (int32_t)v;
	if (!field(&p, "inhibits=", &names))
		return -EBADMSG;
	span_trim_left(&names);
	if (!span_take_u64(&names, &r->mask))
		return -EBADMSG;
	if (names.s < names.end && !span_blank(*names.s))
		return -EBADMSG;
	span_trim_left(&names);
	/* names are one word of capitals; raw output has other fields behind the mask */
	for (n = 0; names.s + n < names.end && n < sizeof(r->names) - 1; n++) {
		char c = names.s[n];

		if (!isalnum((unsigned char)c) && c != '_' && c != '|')
			break;
		r->names[n] = c;
	}
	if (names.s + n < names.end && !span_blank(names.s[n]))
		n = 0;
	r->names[n] = '\0';
	return 1;
}

static int read_tsc(struct span p, struct trace_record *r)
{
	uint64_t vcpu;

	if ((!field_u64(&p, "vcpu=", &vcpu) && !field_u64(&p, "vcpu_id=", &vcpu)) || vcpu > UINT32_MAX)
		return -EBADMSG;
	r->vcpu_id = (uint32_t)vcpu;
	if (!field_u64(&p, "prev=", &r->tsc_prev) && !field_u64(&p, "previous_tsc_offset=", &r->tsc_prev))
		return -EBADMSG;
	if (!field_u64(&p, "next=", &r->tsc_offset) && !field_u64(&p, "next_tsc_offset=", &r->tsc_offset))
		return -EBADMSG;
	return 1;
}

/* "activate bit=4", "deactivate bit=4"; raw: "activate=1 bit=0x4" */
static int read_old(struct span p, struct trace_record *r)
{
	uint64_t v;

	if (span_take(&p, "deactivate "))
		r->set = true;
	else if (span_take(&p, "activate "))
		r->set = false;
	else if (field_u64(&p, "activate=", &v))
		r->set = !v;
	else
		return -EBADMSG;
	if (!field_u64(&p, "bit=", &v) || v >= 64)
		return -EBADMSG;
	r->reason = (int32_t)v;
	return 1;
}

static const struct {
	const char *event;
	enum trace_record_kind kind;
	int (*read)(struct span p, struct trace_record *r);
} events[] = {
	{"kvm_apicv_inhibit_changed:", RECORD_INHIBIT, read_inhibit},
	{"kvm_write_tsc_offset:", RECORD_TSC, read_tsc},
	{"kvm_apicv_update_request:", RECORD_OLD, read_old},
};

/*
 * "CPU:1 [LOST 42 EVENTS]", "CPU:1 [LOST EVENTS]" of ftrace; "CPU:1 [42 EVENTS DROPPED]", "CPU:1 [EVENTS DROPPED]" of
 * trace-cmd.
 */
static int read_lost(struct span p, struct trace_record *r)
{
	uint64_t cpu;

	span_trim_left(&p);
	if (!span_take(&p, "CPU:") || !span_take_u64(&p, &cpu) || !span_take(&p, " ["))
		return 0;
	if (span_take(&p, "LOST ")) {
		if (!span_take(&p, "EVENTS]") && (!span_take_u64(&p, &r->mask) || !span_take(&p, " EVENTS]")))
			return 0;
	} else if (!span_take(&p, "EVENTS DROPPED]") &&
		   (!span_take_u64(&p, &r->mask) || !span_take(&p, " EVENTS DROPPED]"))) {
		return 0;
	}
	return p.s == p.end;
}

int trace_text_line(const char *line, size_t len, struct trace_record *ret)
{
	struct trace_record r = {.tid = -1, .tgid = -1};
	struct span all = {line, line + len};
	int found = 0;

	while (all.end > all.s && (all.end[-1] == '\n' || all.end[-1] == '\r'))
		all.end--;
	for (size_t i = 0; i < ARRAY_SIZE(events) && !found; i++) {
		struct span head = all, body = all;
		const char *at = span_find(&all, events[i].event);

		if (!at || at == all.s)
			continue;
		head.end = at;
		if (head.end - head.s >= 4 && memcmp(head.end - 4, "kvm:", 4) == 0)
			head.end -= 4;
		if (head.end == head.s || !span_blank(head.end[-1]) || !take_header(head, &r))
			return 0;
		body.s = at + strlen(events[i].event);
		span_trim_left(&body);
		span_trim_right(&body);
		r.kind = events[i].kind;
		found = events[i].read(body, &r);
	}
	if (!found) {
		r.kind = RECORD_LOST;
		found = read_lost(all, &r);
	}
	if (found > 0)
		*ret = r;
	return found;
}
