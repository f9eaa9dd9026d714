/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * numbering.c - what the bits of one kernel's mask mean.
 *
 * The same number means different things: 9 is X2APIC on 5.19, SEV on 6.0 to 6.2, PIT_REINJ from 6.3 on. Distribution
 * kernels carry backports, so names with numbers, where the kernel tells them, say more than its version; the version
 * is asked last.
 */
#include "avicd/reasons.h"

#include <assert.h>
#include <stdio.h>

#include "avicd/util.h"

static_assert(REASON_BITS <= 64 && _REASON_MAX <= REASON_BITS, "a mask has 64 bits");

/* No such reason. */
#define NO -1

static const int8_t line_bits[][_REASON_MAX] = {
	/*              DISABLED, HYPERV, ABSENT, BLOCKIRQ, PHYSICAL_ID_ALIASED, APIC_ID_MODIFIED, APIC_BASE_MODIFIED,
	 *              NESTED, IRQWIN, PIT_REINJ, X2APIC, SEV, LOGICAL_ID_ALIASED, PHYSICAL_ID_TOO_BIG */
	[LINE_NONE] = { NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO },
	[LINE_5_6] =  { 0,  1,  NO, NO, NO, NO, NO, 2,  3,  4,  5,  NO, NO, NO },
	[LINE_5_16] = { 0,  1,  7,  6,  NO, NO, NO, 2,  3,  4,  5,  NO, NO, NO },
	[LINE_5_18] = { 0,  1,  7,  6,  NO, NO, NO, 2,  3,  4,  5,  8,  NO, NO },
	[LINE_5_19] = { 0,  1,  2,  3,  NO, 4,  5,  6,  7,  8,  9,  10, NO, NO },
	[LINE_6_0] =  { 0,  1,  2,  3,  NO, 4,  5,  6,  7,  8,  NO, 9,  NO, NO },
	[LINE_6_3] =  { 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  NO, 10, 11, NO },
	[LINE_6_17] = { 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  NO, 10, 11, 12 },
	[LINE_7_1] =  { 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  NO, 10, 11, 12 },
};
static_assert(ARRAY_SIZE(line_bits) == _LINE_MAX, "a kernel line without numbers");

static const struct {
	unsigned major, minor; /* first release of the line */
	const char *name;
} lines[] = {
	[LINE_NONE] = { 0, 0, "unknown" },
	[LINE_5_6] = { 5, 6, "5.6-5.15" },
	[LINE_5_16] = { 5, 16, "5.16-5.17" },
	[LINE_5_18] = { 5, 18, "5.18" },
	[LINE_5_19] = { 5, 19, "5.19" },
	[LINE_6_0] = { 6, 0, "6.0-6.2" },
	[LINE_6_3] = { 6, 3, "6.3-6.16" },
	[LINE_6_17] = { 6, 17, "6.17-7.0" },
	[LINE_7_1] = { 7, 1, "7.1+" },
};
static_assert(ARRAY_SIZE(lines) == _LINE_MAX, "a kernel line without a release");

static const char *const origin_str[] = {
	[NUMBERING_NONE] = "none",
	[NUMBERING_BTF] = "btf",
	[NUMBERING_FORMAT] = "format",
	[NUMBERING_TABLE] = "table",
	[NUMBERING_INFERRED] = "inferred",
};
static_assert(ARRAY_SIZE(origin_str) == NUMBERING_INFERRED + 1, "an origin without a word");

const char *kernel_line_to_string(enum kernel_line l)
{
	return (size_t)l < ARRAY_SIZE(lines) ? lines[l].name : "unknown";
}

const char *numbering_origin_to_string(enum numbering_origin o)
{
	return (size_t)o < ARRAY_SIZE(origin_str) ? origin_str[o] : "none";
}

/* Up to four digits; more is no kernel version. */
static const char *parse_number(const char *s, unsigned *ret)
{
	unsigned v = 0;
	int n;

	for (n = 0; s[n] >= '0' && s[n] <= '9'; n++) {
		if (n == 4)
			return NULL;
		v = v * 10 + (unsigned)(s[n] - '0');
	}
	if (n == 0)
		return NULL;
	*ret = v;
	return s + n;
}

bool release_at_least(const char *release, unsigned major, unsigned minor)
{
	unsigned a, b;

	if (!release)
		return false;
	release = parse_number(release, &a);
	if (!release || *release != '.' || !parse_number(release + 1, &b))
		return false;
	return a > major || (a == major && b >= minor);
}

enum kernel_line kernel_line_of(const char *release)
{
	int l;

	for (l = _LINE_MAX - 1; l > LINE_NONE; l--)
		if (release_at_least(release, lines[l].major, lines[l].minor))
			return l;
	return LINE_NONE;
}

static void numbering_clear(struct numbering *n)
{
	memset(n, 0, sizeof(*n));
	memset(n->bit, -1, sizeof(n->bit));
	memset(n->reason, REASON_UNKNOWN, sizeof(n->reason));
}

static void numbering_put(struct numbering *n, enum reason r, unsigned bit)
{
	n->bit[r] = (int8_t)bit;
	n->reason[bit] = (int8_t)r;
	n->n_bits = MAX(n->n_bits, bit + 1);
}

void numbering_from_line(enum kernel_line line, struct numbering *ret)
{
	int r;

	numbering_clear(ret);
	if (line <= LINE_NONE || line >= _LINE_MAX)
		return;
	ret->origin = NUMBERING_TABLE;
	ret->line = line;
	for (r = 0; r < _REASON_MAX; r++)
		if (line_bits[line][r] >= 0)
			numbering_put(ret, r, (unsigned)line_bits[line][r]);
}

/* How alike the numbers are: a number that agrees says more than a reason that neither has. */
static int line_score(const struct numbering *n, enum kernel_line line)
{
	int r, score = 0;

	for (r = 0; r < _REASON_MAX; r++)
		if (n->bit[r] == line_bits[line][r])
			score += n->bit[r] >= 0 ? _REASON_MAX : 1;
	return score;
}

/*
 * The lifetimes came with the numbers (a 5.14 with the numbers of 6.3 has what 6.3 clears, too), so a line that fits
 * exactly is taken whatever the release says. The numbers of 6.17 and 7.1 are the same: there the release decides.
 * Numbers that fit no line are of a kernel newer than this table or of a fork: its release is the better guess, the
 * most alike line the last.
 */
static enum kernel_line line_of_numbers(const struct numbering *n, const char *release)
{
	enum kernel_line by_release = kernel_line_of(release), best = LINE_5_6;
	int l;

	for (l = LINE_5_6; l < _LINE_MAX; l++) {
		int score = line_score(n, l), best_score = line_score(n, best);

		if (score > best_score || (score == best_score && l == (int)by_release))
			best = l;
	}
	if (memcmp(n->bit, line_bits[best], sizeof(n->bit)) != 0 && by_release != LINE_NONE)
		return by_release;
	return best;
}

int numbering_from_pairs(const struct name_bit *pairs, size_t n, enum numbering_origin origin, const char *release,
			 struct numbering *ret)
{
	struct numbering out;
	unsigned count = 0;
	bool any = false;
	size_t i;

	numbering_clear(&out);
	for (i = 0; i < n; i++) {
		unsigned bit = pairs[i].bit;
		enum reason r;

		if (!pairs[i].name)
			continue;
		if (startswith(pairs[i].name, "NR_")) { /* NR_APICV_INHIBIT_REASONS: a count, no bit */
			count = bit;
			continue;
		}
		r = reason_from_name(pairs[i].name);
		if (r == REASON_UNKNOWN) {
			/*
			 * A newer kernel's. Its bit prints as BIT(n), and its number, however odd, is no ground to
			 * refuse the rest.
			 */
			if (bit < 64)
				out.n_bits = MAX(out.n_bits, bit + 1);
			continue;
		}
		if (bit >= REASON_BITS || out.bit[r] >= 0 || out.reason[bit] != REASON_UNKNOWN)
			return -EINVAL;
		numbering_put(&out, r, bit);
		any = true;
	}
	if (!any)
		return -EINVAL;
	if (count >= out.n_bits && count <= 64)
		out.n_bits = count;
	out.origin = origin;
	out.line = line_of_numbers(&out, release);
	*ret = out;
	return 0;
}

uint64_t numbering_mask(const struct numbering *n, enum reason r)
{
	if (r < 0 || r >= _REASON_MAX || n->bit[r] < 0)
		return 0;
	return BIT64(n->bit[r]);
}

enum reason numbering_reason(const struct numbering *n, unsigned bit)
{
	return bit < REASON_BITS ? n->reason[bit] : REASON_UNKNOWN;
}

enum reason_class numbering_class(const struct numbering *n, unsigned bit)
{
	return reason_class_of(numbering_reason(n, bit), n->line);
}

uint64_t numbering_class_mask(const struct numbering *n, enum reason_class c, uint64_t mask)
{
	uint64_t out = 0;
	unsigned bit;

	for (bit = 0; bit < 64; bit++)
		if (mask & BIT64(bit) && numbering_class(n, bit) == c)
			out |= BIT64(bit);
	return out;
}

const char *bit_name(const struct numbering *n, unsigned bit, char *buf)
{
	const struct reason_info *info = reason_info(numbering_reason(n, bit));

	if (info)
		return info->name;
	snprintf(buf, BIT_NAME_MAX, "BIT(%u)", bit);
	return buf;
}

char *mask_names(const struct numbering *n, uint64_t mask, char *buf, size_t size)
{
	char name[BIT_NAME_MAX];
	size_t len = 0;
	unsigned bit;

	if (size == 0)
		return buf;
	snprintf(buf, size, "%s", mask ? "" : "none");
	for (bit = 0; bit < 64 && len < size; bit++)
		if (mask & BIT64(bit))
			len += (size_t)snprintf(buf + len, size - len, "%s%s", len ? "|" : "",
						bit_name(n, bit, name));
	return buf;
}
