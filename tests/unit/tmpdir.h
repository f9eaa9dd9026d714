/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A temporary folder for one test, and its end. */
#ifndef TESTS_TMPDIR_H
#define TESTS_TMPDIR_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "avicd/util.h"

static inline int tmpdir_remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

/* tmpdir_setup()/_teardown() - fixtures of cmocka: *state is the folder's path. */
static inline int tmpdir_setup(void **state)
{
	const char *base = getenv("TMPDIR");
	char *path = NULL;

	if (asprintf(&path, "%s/avicd-test.XXXXXX", base && *base ? base : "/tmp") < 0)
		return -1;
	*state = mkdtemp(path);
	if (!*state)
		free(path);
	return *state ? 0 : -1;
}

static inline int tmpdir_teardown(void **state)
{
	int r = nftw(*state, tmpdir_remove_one, 16, FTW_DEPTH | FTW_PHYS);

	free(*state);
	return r;
}

/* tmpdir_path() - @dir/@name; caller frees. */
static inline char *tmpdir_path(const char *dir, const char *name)
{
	char *path = NULL;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		abort();
	return path;
}

#endif
