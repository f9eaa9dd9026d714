/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How avicctl prints: error lines, JSON, colours, labelled fields. */
#include <langinfo.h>
#include <stdarg.h>
#include <stdio.h>

#include <json-c/json.h>

#include "avicd/util.h"
#include "ctl/ctl.h"

struct ctl_options ctl_options;

void ctl_puts_clean(const char *s, FILE *f)
{
	for (; *s; s++)
		fputc((unsigned char)*s < 0x20 || *s == 0x7f ? '?' : *s, f);
}

static void _printf_(1, 0) error_line(const char *format, va_list ap)
{
	_cleanup_free_ char *text = NULL;

	/* What was printed before comes first, also when both go to one file. */
	fflush(stdout);
	if (vasprintf(&text, format, ap) < 0) {
		text = NULL;
		return;
	}
	fputs("avicctl: ", stderr);
	ctl_puts_clean(text, stderr);
}

int ctl_error(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	error_line(format, ap);
	va_end(ap);
	fputc('\n', stderr);
	return CTL_FAILED;
}

int ctl_usage(const char *verb, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	error_line(format, ap);
	va_end(ap);
	fprintf(stderr, "; see: avicctl %s%s\n", verb ? "help " : "--help", verb ?: "");
	return CTL_USAGE;
}

void ctl_print_json(struct json_object *o)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE;

	flags |= ctl_options.json_pretty ? JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED : JSON_C_TO_STRING_PLAIN;
	puts(json_object_to_json_string_ext(o, flags));
}

void ctl_field(const char *label, const char *format, ...)
{
	enum { LABELS = 11 };
	_cleanup_free_ char *text = NULL;
	va_list ap;
	int r;

	va_start(ap, format);
	r = vasprintf(&text, format, ap);
	va_end(ap);
	if (r < 0) {
		text = NULL;
		return;
	}
	printf("%*s%s ", LABELS - (*label ? 1 : 0), label, *label ? ":" : "");
	ctl_wrap(stdout, text, LABELS + 1, LABELS + 1, ctl_width());
}

bool ctl_utf8(void)
{
	return streq(nl_langinfo(CODESET), "UTF-8");
}

static const char *sequence(const char *s)
{
	return ctl_options.color ? s : "";
}

const char *ctl_red(void)
{
	return sequence("\033[0;1;31m");
}

const char *ctl_yellow(void)
{
	return sequence("\033[0;1;33m");
}

const char *ctl_green(void)
{
	return sequence("\033[0;1;32m");
}

const char *ctl_grey(void)
{
	return sequence("\033[0;90m");
}

const char *ctl_bold(void)
{
	return sequence("\033[0;1m");
}

const char *ctl_normal(void)
{
	return sequence("\033[0m");
}

const char *ctl_color_of(const char *word)
{
	static const struct {
		const char *word;
		const char *(*color)(void);
	} colors[] = {
		{"stuck", ctl_red},	    {"degraded", ctl_red}, {"exposed", ctl_yellow},
		{"configured", ctl_yellow}, {"active", ctl_green}, {"transient", ctl_green},
		{"ok", ctl_green},	    {"unknown", ctl_grey}, {"off", ctl_grey},
	};

	for (size_t i = 0; i < ARRAY_SIZE(colors); i++)
		if (streq(colors[i].word, word))
			return colors[i].color();
	return "";
}
