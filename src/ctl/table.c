/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables by libsmartcols. */
#include <stdio.h>

#include <libsmartcols/libsmartcols.h>

#include "avicd/util.h"
#include "ctl/ctl.h"

#define COLUMNS_MAX 16
#define CUT_MIN	    12

struct ctl_table {
	struct libscols_table *table;
	struct libscols_line *line;
	size_t n_columns, n_rows;
	size_t widths[COLUMNS_MAX]; /* of the widest cell */
	bool gives_way[COLUMNS_MAX];
};

struct ctl_table *ctl_table_free(struct ctl_table *t)
{
	if (t && t->table)
		scols_unref_table(t->table);
	free(t);
	return NULL;
}

struct ctl_table *ctl_table_new(void)
{
	struct ctl_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->table = scols_new_table();
	if (!t->table)
		return ctl_table_free(t);
	scols_table_enable_colors(t->table, ctl_options.color);
	scols_table_enable_noheadings(t->table, ctl_options.no_legend);
	return t;
}

void ctl_table_column(struct ctl_table *t, const char *name, unsigned flags)
{
	if (!t || t->n_columns == COLUMNS_MAX ||
	    !scols_table_new_column(t->table, name, 1, flags & CTL_RIGHT ? SCOLS_FL_RIGHT : 0))
		return;
	t->gives_way[t->n_columns] = flags & CTL_TRUNC;
	t->widths[t->n_columns++] = ctl_options.no_legend ? 0 : strlen(name);
}

void ctl_table_row(struct ctl_table *t)
{
	if (!t)
		return;
	t->line = scols_table_new_line(t->table, NULL);
	t->n_rows++;
}

void ctl_table_cell(struct ctl_table *t, size_t column, const char *text, const char *color)
{
	struct libscols_cell *cell;

	if (!t || !t->line || column >= t->n_columns || scols_line_set_data(t->line, column, text) < 0)
		return;
	t->widths[column] = MAX(t->widths[column], ctl_text_width(text, SIZE_MAX));
	cell = scols_line_get_cell(t->line, column);
	if (cell && color && *color)
		scols_cell_set_color(cell, color);
}

/* A pipe without $COLUMNS is read by a program: nothing is cut for it. */
static bool limited(FILE *f)
{
	return f != stdout || getenv("COLUMNS") || isatty(STDOUT_FILENO) || ctl_options.color;
}

static size_t natural_width(const struct ctl_table *t)
{
	size_t sum = 0;

	for (size_t i = 0; i < t->n_columns; i++)
		sum += t->widths[i] + (i > 0);
	return sum;
}

bool ctl_table_fits(const struct ctl_table *t)
{
	return !t || !limited(stdout) || natural_width(t) <= ctl_width();
}

/* Bytes of @s that fit into @width columns. */
static size_t bytes_within(const char *s, size_t width)
{
	size_t n = 0, len = strlen(s);

	while (n < len) {
		size_t next = n + 1;

		while (next < len && ((unsigned char)s[next] & 0xc0) == 0x80)
			next++;
		if (ctl_text_width(s, next) > width)
			break;
		n = next;
	}
	return n;
}

static void cut_cell(struct libscols_cell *cell, size_t width)
{
	const char *s = cell ? scols_cell_get_data(cell) : NULL, *mark = ctl_utf8() ? "…" : "~";
	_cleanup_free_ char *text = NULL;

	if (!s || ctl_text_width(s, SIZE_MAX) <= width)
		return;
	if (asprintf(&text, "%.*s%s", (int)bytes_within(s, width - 1), s, mark) < 0) {
		text = NULL;
		return;
	}
	scols_cell_set_data(cell, text);
}

/*
 * Make room before libsmartcols has to: it would cut in all columns alike and without a mark. Here the columns that
 * give way do so one after the other, from the left, each down to CUT_MIN.
 */
static void cut_to(struct ctl_table *t, size_t width)
{
	size_t natural = natural_width(t), excess = natural > width ? natural - width : 0;

	for (size_t i = 0; i < t->n_columns && excess > 0; i++) {
		size_t less;

		if (!t->gives_way[i] || t->widths[i] <= CUT_MIN)
			continue;
		less = MIN(excess, t->widths[i] - CUT_MIN);
		t->widths[i] -= less;
		excess -= less;
		for (size_t row = 0; row < t->n_rows; row++)
			cut_cell(scols_line_get_cell(scols_table_get_line(t->table, row), i), t->widths[i]);
	}
}

/*
 * libsmartcols pads the last column, and all others behind an empty cell: cut the blanks, which a colour's end may
 * follow.
 */
static void print_trimmed(FILE *f, char *text)
{
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		size_t len = strlen(line);

		while (len > 0 && line[len - 1] == ' ')
			len--;
		fprintf(f, "%.*s\n", (int)len, line);
	}
}

void ctl_table_print_to(struct ctl_table *t, FILE *f, size_t rows)
{
	_cleanup_free_ char *text = NULL;
	struct libscols_line *start, *end;
	bool cut;
	int r;

	if (!t || t->n_rows == 0)
		return;
	cut = limited(f);
	if (cut)
		cut_to(t, ctl_width());
	scols_table_set_termforce(t->table, cut ? SCOLS_TERMFORCE_ALWAYS : SCOLS_TERMFORCE_NEVER);
	scols_table_set_termwidth(t->table, cut ? ctl_width() : 10000);
	if (rows == 0 || rows >= t->n_rows) {
		r = scols_print_table_to_string(t->table, &text);
	} else {
		start = scols_table_get_line(t->table, 0);
		end = scols_table_get_line(t->table, rows - 1);
		r = scols_table_print_range_to_string(t->table, start, end, &text);
	}
	if (r >= 0 && text)
		print_trimmed(f, text);
}

void ctl_table_print(struct ctl_table *t)
{
	ctl_table_print_to(t, stdout, 0);
}
