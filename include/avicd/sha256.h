/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SHA-256 (FIPS 180-4), to tell whether a file is the one that was proved. */
#ifndef AVICD_SHA256_H
#define AVICD_SHA256_H

#include <stddef.h>

#define SHA256_TEXT 65
/* sha256_text() - of @len bytes, 64 lower case hex digits and NUL into @ret; returns it. */
char *sha256_text(const void *data, size_t len, char ret[static SHA256_TEXT]);

#endif
