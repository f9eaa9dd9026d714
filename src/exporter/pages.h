/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each path of the exporter gives: files that avicd has written, and a page made of them. */
#ifndef AVICD_EXPORTER_PAGES_H
#define AVICD_EXPORTER_PAGES_H

#include <stddef.h>
#include <stdint.h>

#include "avicd/util.h"

/* Either a file, whose descriptor it owns, or a text. */
struct answer {
	unsigned status; /* of HTTP */
	const char *type;
	int fd; /* -1: none */
	uint64_t size;
	char *text;
	size_t len;
};

/* pages_answer() - always an answer; 404 for what is not exactly one of the paths. @now_us: wall clock. 500 without memory. */
void pages_answer(const char *path, uint64_t now_us, struct answer *ret);
/* answer_text() - @status with one line, which is copied. */
void answer_text(struct answer *a, unsigned status, const char *line);
void answer_done(struct answer *a);
#define _cleanup_answer_ _cleanup_(answer_done)

#endif
