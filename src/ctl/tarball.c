/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A .tar.zst that is there as a whole or not at all. */
#include <archive.h>
#include <archive_entry.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "avicd/util.h"
#include "ctl/tarball.h"

#define LIBRARY "libarchive.so.13"

#define FUNCTIONS(X)                      \
	X(archive_write_new)              \
	X(archive_write_add_filter_zstd)  \
	X(archive_write_set_format_ustar) \
	X(archive_write_open_fd)          \
	X(archive_write_header)           \
	X(archive_write_data)             \
	X(archive_write_close)            \
	X(archive_write_free)             \
	X(archive_errno)                  \
	X(archive_error_string)           \
	X(archive_entry_new)              \
	X(archive_entry_free)             \
	X(archive_entry_set_pathname)     \
	X(archive_entry_set_size)         \
	X(archive_entry_set_filetype)     \
	X(archive_entry_set_perm)         \
	X(archive_entry_set_mtime)

static struct {
#define X(name) __typeof__(name) *name;
	FUNCTIONS(X)
#undef X
} lib;

struct tarball {
	struct archive *archive;
	char *path, *part, *prefix;
	int fd;
	bool made; /* @part is there */
	time_t now;
};

static int load(const char **why)
{
	void *handle;

	if (lib.archive_write_new)
		return 0;
	handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!handle)
		goto failed;
#define X(name)                                     \
	*(void **)&lib.name = dlsym(handle, #name); \
	if (!lib.name)                              \
		goto failed;
	FUNCTIONS(X)
#undef X
	return 0;
failed:
	*why = dlerror();
	lib.archive_write_new = NULL;
	return -EOPNOTSUPP;
}

const char *tarball_why(const struct tarball *t)
{
	return lib.archive_error_string(t->archive) ?: "it cannot be written";
}

static int failed(const struct tarball *t)
{
	int e = lib.archive_errno(t->archive);

	/* numbers of its own are negative or far up */
	return e > 0 && e < 4096 ? -e : -EIO;
}

int tarball_new(const char *path, const char *prefix, struct tarball **ret, const char **why)
{
	_cleanup_(tarball_free_p) struct tarball *t = NULL;
	int r = load(why);

	if (r < 0)
		return r;
	*why = NULL;
	t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	t->fd = -EBADF;
	t->now = time(NULL);
	t->path = strdup(path);
	t->prefix = strdup(prefix);
	if (asprintf(&t->part, "%s.part-XXXXXX", path) < 0)
		t->part = NULL;
	if (!t->path || !t->prefix || !t->part)
		return -ENOMEM;
	t->fd = mkostemp(t->part, O_CLOEXEC);
	if (t->fd < 0)
		return -errno;
	t->made = true;
	t->archive = lib.archive_write_new();
	if (!t->archive)
		return -ENOMEM;
	if (lib.archive_write_set_format_ustar(t->archive) != ARCHIVE_OK ||
	    lib.archive_write_add_filter_zstd(t->archive) != ARCHIVE_OK ||
	    lib.archive_write_open_fd(t->archive, t->fd) != ARCHIVE_OK)
		return failed(t);
	*ret = TAKE_PTR(t);
	return 0;
}

int tarball_add(struct tarball *t, const char *name, const void *data, size_t len)
{
	struct archive_entry *e = lib.archive_entry_new();
	_cleanup_free_ char *path = NULL;
	int r = 0;

	if (asprintf(&path, "%s/%s", t->prefix, name) < 0)
		path = NULL;
	if (!e || !path) {
		r = -ENOMEM;
	} else {
		lib.archive_entry_set_pathname(e, path);
		lib.archive_entry_set_size(e, (la_int64_t)len);
		lib.archive_entry_set_filetype(e, AE_IFREG);
		lib.archive_entry_set_perm(e, 0644);
		lib.archive_entry_set_mtime(e, t->now, 0);
		if (lib.archive_write_header(t->archive, e) != ARCHIVE_OK ||
		    lib.archive_write_data(t->archive, data, len) != (la_ssize_t)len)
			r = failed(t);
	}
	if (e)
		lib.archive_entry_free(e);
	return r;
}

int tarball_close(struct tarball *t)
{
	if (lib.archive_write_close(t->archive) != ARCHIVE_OK)
		return failed(t);
	if (fsync(t->fd) < 0 && errno != EINVAL)
		return -errno;
	if (rename(t->part, t->path) < 0)
		return -errno;
	t->made = false;
	return 0;
}

struct tarball *tarball_free(struct tarball *t)
{
	if (!t)
		return NULL;
	if (t->archive)
		lib.archive_write_free(t->archive);
	if (t->made)
		unlink(t->part);
	close_p(&t->fd);
	free(t->path);
	free(t->part);
	free(t->prefix);
	free(t);
	return NULL;
}
