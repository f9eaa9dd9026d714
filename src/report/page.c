/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The frame of a page, its text and its tables. */
#include <errno.h>
#include <string.h>

#include "avicd/page.h"
#include "avicd/sha256.h"
#include "avicd/text.h"
#include "report/page-private.h"

void page_text(FILE *f, const char *s)
{
	_cleanup_free_ char *clean = NULL;

	/* a page without a word is better than one with a lie in it */
	if (!s || text_clean(s, strlen(s), &clean) < 0)
		return;
	for (const char *p = clean; *p; p++) {
		switch (*p) {
		case '&':
			fputs("&amp;", f);
			break;
		case '<':
			fputs("&lt;", f);
			break;
		case '>':
			fputs("&gt;", f);
			break;
		case '"':
			fputs("&quot;", f);
			break;
		case '\'':
			fputs("&#39;", f);
			break;
		default:
			fputc(*p, f);
		}
	}
}

const char *page_class(const char *word)
{
	static const char *const classes[][2] = {
		{"stuck", "bad"},      {"degraded", "bad"},    {"FAIL", "bad"},		{"failed", "bad"},
		{"vulnerable", "bad"}, {"worse", "bad"},       {"stale", "bad"},	{"missing", "bad"},
		{"exposed", "warn"},   {"configured", "warn"}, {"WARN", "warn"},	{"not patched", "warn"},
		{"new", "warn"},       {"unknown", "dim"},     {"off", "dim"},		{"UNKNOWN", "dim"},
		{"gone", "dim"},       {"settling", "some"},   {"transient", "some"},	{"trying", "some"},
		{"INFO", "some"},      {"active", "good"},     {"ok", "good"},		{"patched", "good"},
		{"fixed", "good"},     {"PASS", "good"},       {"better", "good"},	{"not needed", "none"},
		{"kernel-bug", "bad"}, {"vm-config", "warn"},  {"host-config", "some"}, {"guest", "good"},
	};

	for (size_t i = 0; word && i < ARRAY_SIZE(classes); i++)
		if (streq(word, classes[i][0]))
			return classes[i][1];
	return "none";
}

/* What a policy calls 'sha256-...': the hash in base64. */
static void put_hash(FILE *f, const char *text)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned char hash[33] = {0};
	char hex[SHA256_TEXT];

	sha256_text(text, strlen(text), hex);
	for (size_t i = 0; i < 32; i++) {
		char pair[3] = {hex[2 * i], hex[2 * i + 1], '\0'};

		hash[i] = (unsigned char)strtoul(pair, NULL, 16);
	}
	fputs("'sha256-", f);
	for (size_t i = 0; i < 33; i += 3) {
		uint32_t v = (uint32_t)hash[i] << 16 | (uint32_t)hash[i + 1] << 8 | hash[i + 2];

		fprintf(f, "%c%c%c%c", letters[v >> 18], letters[v >> 12 & 63], letters[v >> 6 & 63],
			i == 30 ? '=' : letters[v & 63]);
	}
	fputs("'", f);
}

void page_begin(FILE *f, const char *title)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; base-uri 'none'; form-action "
	      "'none'; "
	      "style-src ",
	      f);
	put_hash(f, page_style());
	fputs("; script-src ", f);
	put_hash(f, page_script());
	/* a favicon of no bytes: else a browser asks for one */
	fputs("; img-src data:\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	      "<meta name=\"referrer\" content=\"no-referrer\">\n<link rel=\"icon\" href=\"data:,\">\n<title>",
	      f);
	page_text(f, title);
	fprintf(f, "</title>\n<style>%s</style>\n</head>\n<body>\n<main>\n<h1>", page_style());
	page_text(f, title);
	fputs("</h1>\n", f);
}

int page_end(FILE *f)
{
	fprintf(f, "</main>\n<script>%s</script>\n</body>\n</html>\n", page_script());
	return fflush(f) != 0 || ferror(f) ? -EIO : 0;
}

static void element(FILE *f, const char *name, const char *text)
{
	fprintf(f, "<%s>", name);
	page_text(f, text);
	fprintf(f, "</%s>\n", name);
}

void page_section(FILE *f, const char *heading)
{
	element(f, "h2", heading);
}

void page_note(FILE *f, const char *text)
{
	element(f, "p", text);
}

void page_item(FILE *f, const char *text)
{
	element(f, "li", text);
}

void page_list(FILE *f, bool begin)
{
	fputs(begin ? "<ol>\n" : "</ol>\n", f);
}

void page_tiles(FILE *f, bool begin)
{
	fputs(begin ? "<dl class=\"tiles\">\n" : "</dl>\n", f);
}

void page_tile(FILE *f, const char *name, const char *value, const char *word)
{
	fprintf(f, "<div class=\"%s\"><dt>", page_class(word));
	page_text(f, name);
	fputs("</dt><dd>", f);
	page_text(f, value);
	fputs("</dd></div>\n", f);
}

void page_table_begin(FILE *f, const char *const *columns, bool filter)
{
	if (filter)
		fputs("<input type=\"search\" class=\"filter\" placeholder=\"filter\" aria-label=\"filter the table\" "
		      "hidden>\n",
		      f);
	fputs("<div class=\"wide\"><table>\n<thead><tr>", f);
	for (; *columns; columns++) {
		const bool number = **columns == '#';

		fprintf(f, "<th scope=\"col\"%s>", number ? " class=\"n\"" : "");
		page_text(f, *columns + number);
		fputs("</th>", f);
	}
	fputs("</tr></thead>\n<tbody>\n", f);
}

void page_row(FILE *f)
{
	/* the end of a row may be left out in HTML, and so it needs no state here */
	fputs("<tr>", f);
}

void page_cell(FILE *f, const char *text, const char *word)
{
	if (!word) {
		fputs("<td>", f);
		page_text(f, text);
	} else {
		fprintf(f, "<td><span class=\"word %s\">", page_class(word));
		page_text(f, text);
		fputs("</span>", f);
	}
	fputs("</td>", f);
}

void page_number(FILE *f, double value, const char *text)
{
	fprintf(f, "<td class=\"n\" data-v=\"%.6g\">", value);
	page_text(f, text);
	fputs("</td>", f);
}

void page_table_end(FILE *f)
{
	fputs("</tbody>\n</table></div>\n", f);
}
