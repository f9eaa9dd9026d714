/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Logging to the journal or to stderr. It never waits, never fails, and keeps errno. */
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

#include "avicd/log.h"
#include "avicd/text.h"
#include "journal.h"

/* A line of this size goes into a pipe whole (PIPE_BUF) and without waiting, once poll() says that there is room. */
#define LINE_LIMIT  4000
#define VALUE_LIMIT 8192

static char log_ident[64] = "avicd";
static _Atomic int log_level = LOG_INFO;
static _Atomic int log_target = LOG_TARGET_STDERR;
static _Atomic unsigned long log_dropped;

static const char *const level_words[] = {"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"};

void log_set_target(enum log_target target)
{
	int saved = errno;

	if (target == LOG_TARGET_AUTO)
		target = journal_is_there() ? LOG_TARGET_JOURNAL : LOG_TARGET_STDERR;
	atomic_store(&log_target, target);
	errno = saved;
}

void log_set_level(int max_level)
{
	atomic_store(&log_level, MAX(LOG_EMERG, MIN(max_level, LOG_DEBUG)));
}

int log_get_level(void)
{
	return atomic_load(&log_level);
}

const char *log_get_target(void)
{
	return atomic_load(&log_target) == LOG_TARGET_JOURNAL ? "journal" : "console";
}

void log_setup(const char *ident, enum log_target target, int max_level)
{
	size_t n = strnlen(ident, sizeof(log_ident) - 1);

	memcpy(log_ident, ident, n);
	log_ident[n] = '\0';
	log_set_level(max_level);
	log_set_target(target);
}

int log_level_from_string(const char *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(level_words); i++)
		if (streq(s, level_words[i]))
			return (int)i;
	return -EINVAL;
}

const char *log_level_to_string(int level)
{
	return level >= 0 && level < (int)ARRAY_SIZE(level_words) ? level_words[level] : "unknown";
}

/* NAME as the journal takes it; another name would make it drop the field, or forge one. */
static bool field_name_is_valid(const char *name)
{
	size_t n = strlen(name);

	if (n == 0 || n > 64 || name[0] < 'A' || name[0] > 'Z')
		return false;
	return strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == n;
}

static void add_field(struct text *t, const char *name, const char *value)
{
	_cleanup_free_ char *clean = NULL;

	if (!value || !field_name_is_valid(name))
		return;
	if (text_clean(value, VALUE_LIMIT, &clean) < 0) {
		t->error = -ENOMEM;
		return;
	}
	text_addf(t, "%s=%s\n", name, clean);
}

static int to_journal(int level, enum event_id event, const struct log_field *fields, size_t n, const char *sentence)
{
	const struct event_desc *desc = event_desc(event);
	_cleanup_text_ struct text t = {0};

	text_addf(&t, "PRIORITY=%d\n", level);
	add_field(&t, "SYSLOG_IDENTIFIER", log_ident);
	add_field(&t, "MESSAGE", sentence);
	if (desc)
		add_field(&t, "MESSAGE_ID", desc->message_id);
	for (size_t i = 0; i < n; i++)
		add_field(&t, fields[i].name, fields[i].value);
	return t.error ? t.error : journal_send(t.s, t.len);
}

static bool write_line(int level, const char *sentence)
{
	struct pollfd p = {.fd = STDERR_FILENO, .events = POLLOUT};
	char line[LINE_LIMIT + 16];
	int n;

	/*
	 * avicctl talks to a person, who may page through stderr: it waits. The daemon's stderr is journald's socket or a pipe, and
	 * it may not wait for either; a closed pipe must not kill it by SIGPIPE.
	 */
	if (atomic_load(&log_target) == LOG_TARGET_PLAIN)
		n = snprintf(line, sizeof(line), "%.*s\n", LINE_LIMIT, sentence);
	else if (poll(&p, 1, 0) == 1 && p.revents == POLLOUT)
		n = snprintf(line, sizeof(line), "<%d>%.*s\n", level, LINE_LIMIT, sentence);
	else
		return false;
	return n > 0 && write(STDERR_FILENO, line, MIN((size_t)n, sizeof(line) - 1)) == n;
}

static void to_stderr(int level, const char *sentence)
{
	unsigned long lost = atomic_exchange(&log_dropped, 0);
	char note[64];

	if (lost > 0) {
		snprintf(note, sizeof(note), "%lu log lines were dropped: nobody read them", lost);
		if (!write_line(LOG_WARNING, note)) {
			atomic_fetch_add(&log_dropped, lost + 1);
			return;
		}
	}
	if (!write_line(level, sentence))
		atomic_fetch_add(&log_dropped, 1);
}

static void emit(int level, enum event_id event, const struct log_field *fields, size_t n, char *sentence)
{
	/* LOG_PRI values alone: a facility would end up in front of the line. */
	level = MAX(LOG_EMERG, MIN(level, LOG_DEBUG));
	text_clean_inplace(sentence);
	if (atomic_load(&log_target) != LOG_TARGET_JOURNAL || to_journal(level, event, fields, n, sentence) < 0)
		to_stderr(level, sentence);
}

void log_write(int level, enum event_id event, const struct log_field *fields, size_t n, const char *fmt, ...)
{
	char sentence[LINE_LIMIT];
	int saved = errno;
	va_list ap;

	if (level > atomic_load(&log_level))
		return;
	va_start(ap, fmt);
	if (vsnprintf(sentence, sizeof(sentence), fmt, ap) < 0)
		snprintf(sentence, sizeof(sentence), "a log line could not be formatted");
	va_end(ap);
	emit(level, event, fields, n, sentence);
	errno = saved;
}

int log_errno(int level, int r, const char *fmt, ...)
{
	char sentence[LINE_LIMIT];
	int saved = errno, n;
	va_list ap;

	if (level <= atomic_load(&log_level)) {
		va_start(ap, fmt);
		n = vsnprintf(sentence, sizeof(sentence), fmt, ap);
		va_end(ap);
		n = MAX(0, MIN(n, (int)sizeof(sentence) - 1));
		errno = abs(r);
		snprintf(sentence + n, sizeof(sentence) - (size_t)n, ": %m");
		emit(level, EVENT_NONE, NULL, 0, sentence);
	}
	errno = saved;
	return r;
}
