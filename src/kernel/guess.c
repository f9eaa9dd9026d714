/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the numbers of a recorded trace mean, without a kernel at hand.
 *
 * DOC: Theory of Operation
 *
 * enum kvm_apicv_inhibit was renumbered several times, so "reason=8" is IRQWIN, PIT_REINJ or SEV. Each kernel line
 * forbids some records: a reason that the line never clears cannot be cleared (`cleared reason=5` is no record of
 * 6.1), one that it never prints cannot be printed (NESTED), a number that it does not name cannot appear. Lines that
 * forbid a record are out. Of those left the one wins that explains best what comes and goes within a millisecond:
 * that is IRQWIN. PIT_REINJ does so too, but once, when a machine is made. From 6.11 on names are printed, and
 * decide.
 */
#include <stdio.h>

#include "avicd/tracetext.h"

#define SHORT_NS NSEC_PER_MSEC

static int printed_names(const struct trace_record *r, enum reason ret[64], uint64_t *unknown)
{
	const char *s = r->names;
	uint64_t left = r->mask;

	while (*s) {
		size_t n = strcspn(s, "|");
		unsigned bit;
		char name[64];

		if (!left || n >= sizeof(name))
			return -EBADMSG;
		memcpy(name, s, n);
		name[n] = '\0';
		s += n + (s[n] == '|');
		/* bits without a name are printed last, as one number */
		if (startswith(name, "0x"))
			return *s ? -EBADMSG : 0;
		bit = (unsigned)__builtin_ctzll(left);
		left &= left - 1;
		ret[bit] = reason_from_name(name);
		if (ret[bit] == REASON_UNKNOWN)
			*unknown |= BIT64(bit);
	}
	return left ? -EBADMSG : 0;
}

void numbering_guess_add(struct numbering_guess_state *s, const struct trace_record *r)
{
	unsigned bit = (unsigned)r->reason & 63;
	enum reason names[64];
	uint64_t unknown = 0;

	if (r->kind == RECORD_OLD)
		s->n_old++;
	if (r->kind != RECORD_INHIBIT || r->reason < 0 || r->reason > 63)
		return;
	s->n++;
	for (unsigned i = 0; i < 64; i++) {
		names[i] = REASON_UNKNOWN;
		if (i != bit && r->mask >> i & 1)
			s->held[i]++;
	}
	if (r->names[0] && printed_names(r, names, &unknown) == 0) {
		s->named_mask |= unknown;
		for (unsigned i = 0; i < 64; i++)
			if (names[i] != REASON_UNKNOWN)
				s->named[i] = (int8_t)(names[i] + 1);
	}
	if (r->set) {
		s->set_alone[bit]++;
		s->last_set_at[bit] = r->at;
		s->last_set_tid[bit] = r->tid;
		if (r->reason == 2 && r->mask == 0x4) {
			s->create_absent = true;
			s->creations++;
		} else if (r->reason == 0 && r->mask == 0x1) {
			s->creations++;
		}
		return;
	}
	s->cleared[bit]++;
	if (s->last_set_at[bit] && s->last_set_tid[bit] == r->tid && r->at >= s->last_set_at[bit] &&
	    r->at - s->last_set_at[bit] < SHORT_NS) {
		uint64_t d = r->at - s->last_set_at[bit];

		if (!s->short_toggles[bit]++ || d < s->shortest[bit])
			s->shortest[bit] = d;
	}
	s->last_set_at[bit] = 0;
}

/* Kernel lines before this one never clear the reason, by kvm's sources; _LINE_MAX: none does. */
static const enum kernel_line cleared_from[_REASON_MAX] = {
	[REASON_DISABLED] = _LINE_MAX,
	[REASON_APIC_ID_MODIFIED] = LINE_6_3,
	[REASON_APIC_BASE_MODIFIED] = _LINE_MAX,
	[REASON_NESTED] = _LINE_MAX,
	[REASON_X2APIC] = _LINE_MAX,
	[REASON_SEV] = _LINE_MAX,
	[REASON_PHYSICAL_ID_TOO_BIG] = _LINE_MAX,
};

/* per vCPU and untraced since 5.19 */
static bool never_printed(enum reason r, enum kernel_line l)
{
	return r == REASON_NESTED && l >= LINE_5_19;
}

/* Can a kernel of this line have printed all of it? */
static bool line_fits(const struct numbering_guess_state *s, enum kernel_line l)
{
	struct numbering n;

	numbering_from_line(l, &n);
	for (unsigned bit = 0; bit < 64; bit++) {
		enum reason r = numbering_reason(&n, bit);
		bool seen = s->set_alone[bit] || s->cleared[bit] || s->held[bit];

		if (!seen)
			continue;
		if (r == REASON_UNKNOWN || never_printed(r, l) || (s->cleared[bit] && l < cleared_from[r]))
			return false;
		if (s->named[bit] && s->named[bit] - 1 != (int)r)
			return false;
		if (s->named_mask >> bit & 1)
			return false;
		/* a machine is made with PIT_REINJ and cleared of it once */
		if (r == REASON_PIT_REINJ && s->short_toggles[bit] > s->creations + 1)
			return false;
		/* an alias or a debugger lasts longer than a window for an interrupt */
		if (r == REASON_BLOCKIRQ && s->short_toggles[bit] > s->creations + 1)
			return false;
	}
	/* names are printed from 6.11 on */
	for (unsigned bit = 0; bit < 64; bit++)
		if (s->named[bit] && l < LINE_6_3)
			return false;
	if (s->create_absent && numbering_mask(&n, REASON_ABSENT) != 0x4)
		return false;
	return true;
}

/* How well the line explains what is not forbidden. 6.3 is the oldest line of today's numbers, and the usual guess. */
static int line_score(const struct numbering_guess_state *s, enum kernel_line l)
{
	static const int usual[_LINE_MAX] = {
		[LINE_5_18] = 1, [LINE_5_19] = 2, [LINE_6_0] = 3, [LINE_7_1] = 4, [LINE_6_17] = 5, [LINE_6_3] = 6,
	};
	struct numbering n;
	uint64_t irqwin;
	int score = usual[l];

	numbering_from_line(l, &n);
	irqwin = numbering_mask(&n, REASON_IRQWIN);
	for (unsigned bit = 0; bit < 64; bit++) {
		if (irqwin >> bit & 1 && s->short_toggles[bit])
			score += 20;
		if (numbering_reason(&n, bit) == REASON_PIT_REINJ && s->short_toggles[bit] && s->creations)
			score += 10;
		/* up to 5.19 x2APIC guests all have this bit, SEV guests are few */
		if (numbering_reason(&n, bit) == REASON_SEV && (s->set_alone[bit] || s->held[bit]))
			score -= 5;
	}
	/* from 7.1 on each recalculation of the APIC map looks at IRQWIN too */
	if (l == LINE_7_1 && s->cleared[8] && s->cleared[11] && s->cleared[8] >= s->cleared[4] &&
	    !s->short_toggles[8] && !s->set_alone[8])
		score += 20;
	return score;
}

static void format_ns(uint64_t ns, char buf[static 32])
{
	if (ns < 10 * NSEC_PER_USEC)
		snprintf(buf, 32, "%.1f us", (double)ns / 1e3);
	else
		snprintf(buf, 32, "%llu us", (unsigned long long)(ns / NSEC_PER_USEC));
}

/* The lines from 6.3 on have one numbering. */
static enum kernel_line family(enum kernel_line l)
{
	return MIN(l, LINE_6_3);
}

/* "; 5.19 fits as well": other numberings that allow all records. False: there are none. */
static bool doubts(uint32_t possible, enum kernel_line chosen, char *buf, size_t size)
{
	size_t n = 0;

	buf[0] = '\0';
	for (enum kernel_line l = LINE_5_18; l <= LINE_6_3; l++) {
		bool fits = l == LINE_6_3 ? possible >> LINE_6_3 : possible >> l & 1;

		if (fits && l != family(chosen) && n < size)
			n += (size_t)snprintf(buf + n, size - n, "%s%s", n ? ", " : "; ",
					      l == LINE_6_3 ? "6.3 and later" : kernel_line_to_string(l));
	}
	if (n && n < size)
		snprintf(buf + n, size - n, strchr(buf, ',') ? " fit as well" : " fits as well");
	return n;
}

/* One sentence: what decided. @n: the numbering chosen. */
static void explain(const struct numbering_guess_state *s, const struct numbering *n, uint32_t possible, char *buf,
		    size_t size)
{
	int8_t irqwin = n->bit[REASON_IRQWIN];
	bool new = n->line >= LINE_6_3;
	char d[32], doubt[64];
	bool certain = !doubts(possible, n->line, doubt, sizeof(doubt));

	for (unsigned bit = 0; bit < REASON_BITS; bit++) {
		if (s->named[bit]) {
			const struct reason_info *info = reason_info((enum reason)(s->named[bit] - 1));

			snprintf(buf, size, "the trace prints names (6.11 and later do): %s is %u",
				 info ? info->name : "?", bit);
			return;
		}
	}
	if (irqwin >= 0 && s->short_toggles[irqwin]) {
		format_ns(s->shortest[irqwin], d);
		if (n->line >= LINE_5_19)
			snprintf(buf, size,
				 "reason %d toggles within %s: IRQWIN is 8 on 6.3 and later, 7 on 5.19 to 6.2%s",
				 irqwin, d, doubt);
		else
			snprintf(buf, size, "reason %d toggles within %s: IRQWIN is 3 on 5.18%s", irqwin, d, doubt);
	} else if (new && s->cleared[11]) {
		snprintf(buf, size, "reason 11 is cleared, as 6.3 and later do at each recalculation of the APIC map%s",
			 doubt);
	} else if (!new && s->cleared[7]) {
		snprintf(buf, size, "reason 7 is cleared: on 6.3 and later 7 is NESTED, which is never printed%s",
			 doubt);
	} else if (certain) {
		snprintf(buf, size, "the reasons seen fit the numbering of %s alone",
			 new ? "6.3 and later" : kernel_line_to_string(n->line));
	} else {
		snprintf(buf, size, "nothing in the trace tells the numbering, so the usual one is assumed%s", doubt);
	}
}

/* A kernel newer than the tables, or records of several kernels: the newest numbers, corrected by the names printed. */
static void guess_unknown(const struct numbering_guess_state *s, struct numbering_guess *g)
{
	numbering_from_line(LINE_7_1, &g->numbering);
	for (unsigned bit = 0; bit < REASON_BITS; bit++) {
		enum reason r = (enum reason)(s->named[bit] - 1);

		if (!s->named[bit])
			continue;
		if (g->numbering.bit[r] >= 0)
			g->numbering.reason[g->numbering.bit[r]] = REASON_UNKNOWN;
		if (g->numbering.reason[bit] != REASON_UNKNOWN)
			g->numbering.bit[g->numbering.reason[bit]] = -1;
		g->numbering.bit[r] = (int8_t)bit;
		g->numbering.reason[bit] = (int8_t)r;
	}
	for (unsigned bit = 0; bit < REASON_BITS; bit++)
		if (s->named_mask >> bit & 1 && g->numbering.reason[bit] != REASON_UNKNOWN) {
			g->numbering.bit[g->numbering.reason[bit]] = -1;
			g->numbering.reason[bit] = REASON_UNKNOWN;
		}
	snprintf(g->why, sizeof(g->why),
		 "no known numbering allows all records: a newer kernel, or records of several; the newest is assumed");
}

int numbering_guess(const struct numbering_guess_state *s, struct numbering_guess *ret)
{
	struct numbering_guess g = {};
	enum kernel_line best = LINE_NONE;
	int best_score = -1;

	if (!s->n && !s->n_old)
		return -ENODATA;
	if (!s->n) {
		g.possible = BIT64(LINE_5_6) | BIT64(LINE_5_16);
		numbering_from_line(LINE_5_6, &g.numbering);
		snprintf(g.why, sizeof(g.why), "kvm_apicv_update_request is the event of 5.17 and older");
		g.numbering.origin = NUMBERING_INFERRED;
		*ret = g;
		return 0;
	}
	for (enum kernel_line l = LINE_5_18; l < _LINE_MAX; l++) {
		if (!line_fits(s, l))
			continue;
		g.possible |= BIT64(l);
		if (line_score(s, l) > best_score) {
			best_score = line_score(s, l);
			best = l;
		}
	}
	if (best == LINE_NONE) {
		guess_unknown(s, &g);
	} else {
		numbering_from_line(best, &g.numbering);
		explain(s, &g.numbering, g.possible, g.why, sizeof(g.why));
	}
	g.numbering.origin = NUMBERING_INFERRED;
	*ret = g;
	return 0;
}
