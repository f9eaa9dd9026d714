/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Self-contained HTML pages: no request leaves the page, its style and script are inline and known by their hash, and
 * all that others have said is escaped. Without script the tables are plain tables.
 */
#ifndef AVICD_PAGE_H
#define AVICD_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* page_text() - @s as text or as value of an attribute; control characters and what is no UTF-8 appear as '?'. */
void page_text(FILE *f, const char *s);
/* page_begin() - all up to the heading. page_end() - the rest; 0, or -EIO when anything could not be written. */
void page_begin(FILE *f, const char *title);
int page_end(FILE *f);
/* page_section() - a heading. page_note() - a paragraph; both of untrusted text. */
void page_section(FILE *f, const char *heading);
void page_note(FILE *f, const char *text);
/* page_list() - begin and end of a list; page_item(): one of it. */
void page_list(FILE *f, bool begin);
void page_item(FILE *f, const char *text);
/* page_tile() - between page_tiles(f, true) and (f, false): a figure with its name; @word colours it, may be NULL. */
void page_tiles(FILE *f, bool begin);
void page_tile(FILE *f, const char *name, const char *value, const char *word);

/* A table: @columns ends with NULL; a name that begins with '#' is of numbers, to the right. @filter: with a field to filter by. */
void page_table_begin(FILE *f, const char *const *columns, bool filter);
/* page_row() - the cells of it follow. page_cell() - @word, of a condition or a health, colours it, or NULL. */
void page_row(FILE *f);
void page_cell(FILE *f, const char *text, const char *word);
/* page_number() - @value is what is sorted by, @text what is seen. */
void page_number(FILE *f, double value, const char *text);
void page_table_end(FILE *f);

/* One bar of parts side by side, with a key to it below; of no parts above 0: nothing. */
struct page_part {
	const char *word; /* name, and colour */
	uint64_t n;
};
void page_bar(FILE *f, const char *title, const struct page_part *parts, size_t n);
/* page_spark() - a line through @n values from 0 on; what is negative or not finite is a gap. */
void page_spark(FILE *f, const char *title, const double *values, size_t n);

/* page_script(), page_style() - the inline texts, for tests. */
const char *page_script(void);
const char *page_style(void);

#endif
