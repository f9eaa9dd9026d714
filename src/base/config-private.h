/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One load of configuration, as its lines and its headers see it. */
#ifndef AVICD_BASE_CONFIG_PRIVATE_H
#define AVICD_BASE_CONFIG_PRIVATE_H

#include "avicd/config.h"

struct config_load {
	const struct config_item *items;
	void *settings;
	const char *name;
	config_problem_fn problem;
	void *userdata;
	int n_bad;
	int error; /* -ENOMEM ends the load */

	const char *next; /* text not yet read */
	const char *end;
	unsigned line;
	bool want_setting; /* this line has to reach the handler */
	bool skip_section; /* its header was reported: the settings below it are not looked at */

	/* The section that holds: inih's own idea of it is not used, its names are short and end at the first ']'. */
	const char *section; /* in the text; NULL before the first header */
	int section_len;
	const struct config_item *now; /* its keys; of the whole list, those of this section */
	void *target;
};

/* config_problem() - a bad line: this one. */
void config_problem(struct config_load *l, const char *fmt, ...) _printf_(2, 3);
/* config_text() - may a line be shown to inih? If not, that was reported; @below is said of a header in addition. */
bool config_text(struct config_load *l, const char *s, size_t n, size_t max, const char *below);
/* config_header() - "[name]" without white space around it: what follows belongs to it, or, when it was reported, to nobody. */
void config_header(struct config_load *l, const char *s, size_t n, size_t max);

#endif
