/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A .tar.zst that is there as a whole or not at all. By libarchive, which is loaded when it is first needed: no other verb has to wait for it. */
#ifndef AVICCTL_TARBALL_H
#define AVICCTL_TARBALL_H

#include <stddef.h>

struct tarball;

/*
 * tarball_new() - to be @path, mode 0600, whose files are below the folder @prefix. 0 or a negative errno; *@why (static or of the tarball's
 * life) says what libarchive said. tarball_add() - a file @name with @len bytes of @data. tarball_close() - finish and rename it to @path.
 * tarball_free() - also of one that was not closed, of which nothing is left then. NULL is fine.
 */
int tarball_new(const char *path, const char *prefix, struct tarball **ret, const char **why);
int tarball_add(struct tarball *t, const char *name, const void *data, size_t len);
int tarball_close(struct tarball *t);
const char *tarball_why(const struct tarball *t);
struct tarball *tarball_free(struct tarball *t);
static inline void tarball_free_p(struct tarball **t)
{
	tarball_free(*t);
}

#endif
