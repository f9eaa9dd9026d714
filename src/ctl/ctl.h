/* SPDX-License-Identifier: GPL-2.0-or-later */
/* avicctl: what its verbs share: options, exit codes, error lines, and ways to print. */
#ifndef AVICCTL_CTL_H
#define AVICCTL_CTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct json_object;

/* EXIT STATUS of avicctl(1): others depend on these numbers. */
enum ctl_exit {
	CTL_OK = 0,
	CTL_FAILED = 1,	   /* daemon not reachable, no such VM, unreadable file */
	CTL_USAGE = 2,	   /* wrong usage */
	CTL_ATTENTION = 3, /* something needs attention: a stuck VM, an exposed host, a bad line */
	CTL_UNKNOWN = 4,   /* not known */
};

/* The global options, as main() has read them. */
struct ctl_options {
	bool json;	  /* machine-readable output wanted */
	bool json_pretty; /* indented; else one line */
	bool no_pager;
	bool no_legend; /* no headings, no hints */
	bool color;	/* stdout takes escape sequences, and the user does not object */
};
extern struct ctl_options ctl_options;

/*
 * verb_NAME() - argv[0] is the verb; the global options are taken out already, what is left belongs to the verb,
 * which reads it with getopt_long(). main() has refused options and numbers of arguments that the table ctl_verbs
 * does not know. Returns one of enum ctl_exit. On an error: one line by ctl_error(), and nothing on stdout.
 */
int verb_status(int argc, char *argv[]);
int verb_list(int argc, char *argv[]);
int verb_show(int argc, char *argv[]);
int verb_watch(int argc, char *argv[]);
int verb_history(int argc, char *argv[]);
int verb_report(int argc, char *argv[]);
int verb_top(int argc, char *argv[]);
int verb_explain(int argc, char *argv[]);
int verb_analyze(int argc, char *argv[]);
int verb_check(int argc, char *argv[]);
int verb_host(int argc, char *argv[]);
int verb_fleet(int argc, char *argv[]);
int verb_hook(int argc, char *argv[]);
int verb_fix(int argc, char *argv[]);
int verb_remedy(int argc, char *argv[]);
int verb_policy(int argc, char *argv[]);
int verb_config(int argc, char *argv[]);
int verb_help(int argc, char *argv[]);

/* ctl_exit_of_health() - what `avicctl status` exits with, by the word. */
int ctl_exit_of_health(const char *health);

/* The table of verbs: help is printed from it, and the manual page and the completions are tested against that. */
struct ctl_option {
	char c;		     /* short option, or 0 */
	const char *name;    /* long option */
	const char *metavar; /* NULL: takes no value; "[=MODE]": may be left out */
	const char *help;
};
struct ctl_verb {
	const char *name;
	int (*run)(int argc, char *argv[]);
	const char *args;		  /* as the usage line shows them */
	unsigned min, max;		  /* how many arguments */
	const char *help;		  /* one sentence */
	const char *more;		  /* a paragraph for `help VERB`, or NULL */
	const struct ctl_option *options; /* ends with a zeroed one; NULL: none */
};
extern const struct ctl_verb ctl_verbs[];	     /* ends with a zeroed one; the first is the default */
extern const struct ctl_option ctl_global_options[]; /* the same */
const struct ctl_verb *ctl_verb_find(const char *name);
/* ctl_help() - of one verb, or of everything for NULL. */
void ctl_help(const struct ctl_verb *verb);

/* ctl_error() - "avicctl: MESSAGE" on stderr: one line with cause and remedy. Returns CTL_FAILED. */
int ctl_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* ctl_usage() - the same, with "see: avicctl help VERB" behind it; @verb may be NULL. Returns CTL_USAGE. */
int ctl_usage(const char *verb, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ctl_puts_clean() - what others say is data: control characters, which could command the terminal, appear as '?'. */
void ctl_puts_clean(const char *s, FILE *f);
/* ctl_print_json() - @o on stdout, pretty or short as asked for, and a newline. */
void ctl_print_json(struct json_object *o);

/*
 * ctl_pager() - from here on stdout goes through a pager, when it is a terminal and no option says otherwise. Call
 * once.
 */
void ctl_pager(void);
/* ctl_pager_done() - wait for it; main() does. */
void ctl_pager_done(void);

/* ctl_utf8() - does the locale print UTF-8? */
bool ctl_utf8(void);
/* ctl_width() - $COLUMNS, else columns of the terminal, else 80; never below 40. */
size_t ctl_width(void);
/* ctl_text_width() - columns that UTF-8 @s takes on a terminal; @n: only its first n bytes. */
size_t ctl_text_width(const char *s, size_t n);
/*
 * ctl_wrap() - @text as lines of @width columns at most, broken at blanks, the second and later ones indented by
 * @indent columns; a longer word gets a line of its own. @first: columns already used in the first line. Written to
 * @f with a final newline.
 */
void ctl_wrap(FILE *f, const char *text, size_t first, size_t indent, size_t width);
/* ctl_field() - "   LABEL: text", the labels of a screen right-aligned, the text wrapped beside them. */
void ctl_field(const char *label, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Tables by libsmartcols: UTF-8 widths, cut to a terminal's or $COLUMNS columns, uncut elsewhere, no trailing blanks.
 */
struct ctl_table;
enum ctl_align {
	CTL_LEFT = 0,
	CTL_RIGHT = 1,
	CTL_TRUNC = 2
}; /* CTL_TRUNC: this column gives way when there is not enough room */
struct ctl_table *ctl_table_new(void);
void ctl_table_column(struct ctl_table *t, const char *name, unsigned flags);
/* ctl_table_row() - a new row; ctl_table_cell() sets its cells. @color: an escape sequence for the cell, or NULL. */
void ctl_table_row(struct ctl_table *t);
void ctl_table_cell(struct ctl_table *t, size_t column, const char *text, const char *color);
/* ctl_table_fits() - whether everything can be seen uncut. */
bool ctl_table_fits(const struct ctl_table *t);
void ctl_table_print(struct ctl_table *t);
/* ctl_table_print_to() - the same, to @f, the first @rows rows only; 0: all. */
void ctl_table_print_to(struct ctl_table *t, FILE *f, size_t rows);
struct ctl_table *ctl_table_free(struct ctl_table *t);

/* Colours: "" where colour is off, so that they can be printed always. */
const char *ctl_red(void);
const char *ctl_yellow(void);
const char *ctl_green(void);
const char *ctl_grey(void);
const char *ctl_bold(void);
const char *ctl_normal(void);
/* ctl_color_of() - of a condition or a health, by its word. */
const char *ctl_color_of(const char *word);

#endif
