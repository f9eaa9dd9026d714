/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * format.c - reason numbers from the format of the event, and the choice between all that tells them.
 *
 * From 6.11 on the print format ends in __print_flags() with one entry a reason:
 *
 *	{ ((((1UL))) << (APICV_INHIBIT_REASON_DISABLED)), "DISABLED" }, { ...
 *
 * The enum stays a name there (no TRACE_DEFINE_ENUM), so no tool can evaluate it, but the kernel checks at build time
 * that the list has all reasons, and it is in their order: the place in the list is the number. Should a kernel print
 * the number itself, that counts.
 */
#include "avicd/btf.h"

#include <ctype.h>

#include "avicd/file.h"

#define NAMES_MAX 64
#define NAME_SIZE 64
#define FORMAT_MAX 65536

/*
 * The number after "<<", through any parentheses; @place when there is a name or nothing. @s to @end is one entry's
 * value.
 */
static unsigned entry_bit(const char *s, const char *end, unsigned place)
{
	unsigned bit = 0;
	int digits = 0;

	for (; s + 1 < end; s++)
		if (s[0] == '<' && s[1] == '<')
			break;
	if (s + 1 >= end)
		return place;
	for (s += 2; s < end && (isspace((unsigned char)*s) || *s == '('); s++)
		;
	for (; s < end && isdigit((unsigned char)*s) && digits < 4; s++, digits++)
		bit = bit * 10 + (unsigned)(*s - '0');
	return digits ? bit : place;
}

int event_format_numbering(const char *format, const char *release, struct numbering *ret)
{
	char names[NAMES_MAX][NAME_SIZE];
	struct name_bit pairs[NAMES_MAX];
	const char *s, *open, *quote, *end;
	size_t n;

	s = strstr(format, "print fmt:");
	s = s ? strstr(s, "__print_flags(") : NULL;
	if (!s)
		return -ENOENT;
	for (n = 0; n < NAMES_MAX; n++) {
		size_t len;

		open = strchr(s, '{');
		quote = open ? strchr(open, '"') : NULL;
		end = quote ? strchr(quote + 1, '"') : NULL;
		if (!end)
			break;
		len = MIN((size_t)(end - quote - 1), NAME_SIZE - 1);
		memcpy(names[n], quote + 1, len);
		names[n][len] = '\0';
		pairs[n] = (struct name_bit){ .name = names[n], .bit = entry_bit(open, quote, (unsigned)n) };
		s = end + 1;
	}
	if (n == 0)
		return -ENOENT;
	return numbering_from_pairs(pairs, n, NUMBERING_FORMAT, release, ret);
}

static int numbering_by_btf(const char *release, struct numbering *ret)
{
	struct kernel_btf b;
	int r;

	r = kernel_btf_open(&b);
	if (r < 0)
		return r;
	r = btf_numbering(&b, release, ret);
	kernel_btf_close(&b);
	return r;
}

static int numbering_by_format(const char *release, struct numbering *ret)
{
	static const char *const paths[] = {
		"/sys/kernel/tracing/events/kvm/kvm_apicv_inhibit_changed/format",
		"/sys/kernel/debug/tracing/events/kvm/kvm_apicv_inhibit_changed/format",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(paths); i++) {
		_cleanup_free_ char *text = NULL;

		if (sysroot_read(paths[i], FORMAT_MAX, &text, NULL) == 0 &&
		    event_format_numbering(text, release, ret) == 0)
			return 0;
	}
	return -ENOENT;
}

int kernel_numbering(struct numbering *ret)
{
	_cleanup_free_ char *release = NULL;
	enum kernel_line line;
	int r;

	r = sysroot_read_line("/proc/sys/kernel/osrelease", &release);
	if (r == -ENOMEM)
		return r;
	if (numbering_by_btf(release, ret) == 0 || numbering_by_format(release, ret) == 0)
		return 0;
	line = kernel_line_of(release);
	if (line < LINE_5_18)
		return -EOPNOTSUPP;
	numbering_from_line(line, ret);
	return 0;
}
