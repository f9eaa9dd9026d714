/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Logging: structured fields and one short sentence, to the journal where there is one, else to stderr.
 *
 * Library code (every room but daemon, ctl, hook) logs at debug level only and returns its error; who decides, logs once.
 * Every function here keeps errno.
 */
#ifndef AVICD_LOG_H
#define AVICD_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <syslog.h>

#include "avicd/events.h"
#include "avicd/util.h"

enum log_target {
	LOG_TARGET_AUTO,    /* journal if its socket is there, else stderr */
	LOG_TARGET_JOURNAL,
	LOG_TARGET_STDERR,  /* "<N>sentence" lines: systemd and a person can both read them */
	LOG_TARGET_PLAIN,   /* stderr without the priority prefix, for avicctl */
};

struct log_field {
	const char *name;  /* journal field: upper case, for example "DOMAIN_UUID" */
	const char *value; /* NULL: the field is left out */
};

/* log_setup() - choose where lines go. @ident: program name. @max_level: LOG_ERR .. LOG_DEBUG. */
void log_setup(const char *ident, enum log_target target, int max_level);
void log_set_level(int max_level);
int log_get_level(void);
/* log_get_target() - "journal" or "console": the words of org.freedesktop.LogControl1 */
const char *log_get_target(void);
void log_set_target(enum log_target target);
/* log_level_from_string()/_to_string() - "err", "warning", "notice", "info", "debug" ... ; -EINVAL for other words */
int log_level_from_string(const char *s);
const char *log_level_to_string(int level);

/*
 * log_write() - one line. @event: EVENT_NONE or the event whose MESSAGE_ID goes along; @fields may be NULL when @n is 0.
 * Control characters in the sentence and in values are replaced: names come from domains and are data.
 */
void log_write(int level, enum event_id event, const struct log_field *fields, size_t n, const char *fmt, ...)
	_printf_(5, 6);

#define log_at(level, ...)   log_write(level, EVENT_NONE, NULL, 0, __VA_ARGS__)
#define log_debug(...)   log_at(LOG_DEBUG, __VA_ARGS__)
#define log_info(...)    log_at(LOG_INFO, __VA_ARGS__)
#define log_notice(...)  log_at(LOG_NOTICE, __VA_ARGS__)
#define log_warning(...) log_at(LOG_WARNING, __VA_ARGS__)
#define log_error(...)   log_at(LOG_ERR, __VA_ARGS__)

/* log_errno() - log "sentence: strerror(r)" and return r (a negative errno), so that a caller may log and return in one line. */
int log_errno(int level, int r, const char *fmt, ...) _printf_(3, 4);

#endif
