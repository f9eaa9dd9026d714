/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configuration: avicd.conf and avicd.conf.d/ drop-ins, read by libinih into a table of keys.
 *
 * Order as systemd's: the main file is the first that exists of DIR_CONFIG/avicd.conf, /usr/lib/avicd/avicd.conf; then all
 * avicd.conf.d/NAME.conf of /usr/lib/avicd, /run/avicd, DIR_CONFIG, sorted by NAME, where a later directory's file replaces an
 * earlier one of the same name, and a symlink to /dev/null (or an empty file) masks it. Later settings win.
 * A bad line is reported with file:line, then ignored.
 */
#ifndef AVICD_CONFIG_H
#define AVICD_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "avicd/util.h"

/* config_problem_fn - one bad line. @file and @line say where, @text what and what is accepted. */
typedef void (*config_problem_fn)(const char *file, unsigned line, const char *text, void *userdata);

/* A parser sets @target from @value. On -EINVAL/-ERANGE the target stays as it was, and @accepts of the item is printed. */
typedef int (*config_parse_fn)(const char *value, void *target);

struct config_item;

/* Sections "[WORD NAME]", as many as the files have; keys of @items, whose offsets are those in what begin() gives. */
struct config_family {
	const char *word;
	const char *accepts; /* of NAME, one phrase */
	/*
	 * A section begins at @file:@line; *@ret is its target until the next one begins. -EINVAL: not a NAME; -E2BIG: there are too many;
	 * -ENOMEM. @name has no blanks at its ends.
	 */
	int (*begin)(void *settings, const char *name, const char *file, unsigned line, void **ret);
	const struct config_item *items;
};

/* A list of them ends with one without key; the family of that one, if it has any, belongs to the list. */
struct config_item {
	const char *section;
	const char *key;
	config_parse_fn parse;
	size_t offset;       /* of the target in the settings struct */
	const char *accepts; /* one phrase for the error text and the man page: "a time span, 1s to 1h" */
	const char *default_text; /* as avicd.conf shows it */
	const struct config_family *family;
};

/* Ready parsers. A target string is malloc'ed and freed before it is replaced. */
int config_parse_string(const char *value, void *target);   /* char ** ; empty means NULL */
int config_parse_bool(const char *value, void *target);     /* bool * */
int config_parse_duration(const char *value, void *target); /* uint64_t * ns */
int config_parse_u32(const char *value, void *target);      /* uint32_t * */

/*
 * config_load() - read main file and drop-ins into @settings by @items.
 * @root: NULL, or a prefix for all directories (tests, `avicctl config check --root`).
 * Returns the number of bad lines (also unreadable files), or a negative errno when nothing could be read for a reason other than
 * absence. No file at all is 0: defaults hold.
 */
int config_load(const struct config_item *items, void *settings, const char *root, config_problem_fn problem, void *userdata);
/* config_load_buffer() - the same for one text in memory; fuzzed. */
int config_load_buffer(const struct config_item *items, void *settings, const char *name, const char *text,
		       config_problem_fn problem, void *userdata);
/* config_files() - NULL-terminated list of the files that config_load() reads, in order. Caller frees list and strings. */
int config_files(const char *root, char ***ret);
void strv_free(char **list);

#endif
