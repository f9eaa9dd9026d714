/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading avicd.conf and its drop-ins, with a line for each problem. */
#ifndef AVICD_DAEMON_CONFIGURATION_H
#define AVICD_DAEMON_CONFIGURATION_H

#include "avicd/catalogue.h"
#include "avicd/settings.h"
#include "avicd/verdict.h"

/* configuration_read() - defaults, then the files. Bad lines are logged and ignored; a negative errno: *ret is untouched, and it was logged. */
int configuration_read(struct settings *ret);
/* configuration_catalogue() - the same of the catalogue of fixes; a negative errno: it was logged. */
int configuration_catalogue(struct catalogue *ret);
/* configuration_core() - what the tracker needs of the settings */
void configuration_core(const struct settings *s, struct core_settings *ret);
/* configuration_words() - @words, separated by white space, as a NULL-terminated list; NULL is none. How many; -ENOMEM. */
int configuration_words(const char *words, char ***ret);
/* configuration_uris() - libvirt_uri= as a NULL-terminated list, empty for "none". -ENOMEM. */
int configuration_uris(const struct settings *s, char ***ret);

static inline void strv_p(char ***list)
{
	strv_free(*list);
}

#endif
