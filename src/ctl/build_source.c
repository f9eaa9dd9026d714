/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A folder of our own with a copy of the livepatch module's source, for make to work in. */
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>

#include "avicd/file.h"
#include "ctl/build.h"
#include "ctl/ctl.h"

#define SOURCE_SIZE_MAX (1 << 20)
#define FOLDERS_MAX	16

static void closedir_p(DIR **d)
{
	if (*d)
		closedir(*d);
}

static int remove_one(const char *path, const struct stat *st _unused_, int type _unused_, struct FTW *where _unused_)
{
	remove(path);
	return 0;
}

void build_folder_done(struct build_folder *f)
{
	if (*f->path)
		nftw(f->path, remove_one, FOLDERS_MAX, FTW_DEPTH | FTW_PHYS);
	*f->path = '\0';
}

static bool is_source(const char *name)
{
	size_t n = strlen(name);

	if (name[0] == '.')
		return false;
	return streq(name, "Kbuild") || (n > 2 && name[n - 2] == '.' && (name[n - 1] == 'c' || name[n - 1] == 'h'));
}

/* What others may write would run in the kernel, by our hand. */
static bool is_safe(int fd, mode_t type)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (st.st_mode & S_IFMT) == type && (st.st_uid == 0 || st.st_uid == geteuid()) &&
	       !(st.st_mode & (S_IWGRP | S_IWOTH));
}

static int copy(const struct build_folder *f, int dir, const char *name)
{
	_cleanup_close_ int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	_cleanup_free_ char *data = NULL, *to = NULL;
	size_t len;
	int r;

	if (fd < 0)
		return -errno;
	if (!is_safe(fd, S_IFREG))
		return -EPERM;
	r = file_read_fd(fd, SOURCE_SIZE_MAX, &data, &len);
	if (r < 0)
		return r;
	if (asprintf(&to, "%s/%s", f->path, name) < 0) {
		to = NULL;
		return -ENOMEM;
	}
	return file_write_atomic(to, data, len, 0600, false);
}

/* The path goes through make and a shell: $TMPDIR counts only where neither of them finds a meaning in it. */
static const char *temporary(void)
{
	static const char safe[] = "/-_.+ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	const char *dir = secure_getenv("TMPDIR");

	return dir && dir[0] == '/' && strlen(dir) < 200 && dir[strspn(dir, safe)] == '\0' ? dir : "/tmp";
}

static int make_folder(struct build_folder *f)
{
	const char *dir = temporary();
	char path[sizeof(f->path)];

	snprintf(path, sizeof(path), "%s/avicctl-build.XXXXXX", dir);
	if (!mkdtemp(path))
		return ctl_error("a folder to build in cannot be made in %s: %s: set TMPDIR to one with 10 MiB free",
				 dir, strerror(errno));
	memcpy(f->path, path, sizeof(path));
	return CTL_OK;
}

static int copy_all(const struct build_folder *f, DIR *dir)
{
	bool kbuild = false;
	struct dirent *e;

	while ((e = readdir(dir))) {
		int r;

		if (!is_source(e->d_name))
			continue;
		r = copy(f, dirfd(dir), e->d_name);
		if (r == -EPERM)
			return ctl_error(
				"%s/%s may be written by others than root, so that nobody knows what is in it: "
				"install avicd again",
				f->from, e->d_name);
		if (r == -ENOSPC)
			return ctl_error("%s is full: make room there, or set TMPDIR to a folder with 10 MiB free",
					 f->path);
		if (r < 0)
			return ctl_error("%s/%s cannot be copied to %s: %s", f->from, e->d_name, f->path, strerror(-r));
		kbuild |= streq(e->d_name, "Kbuild");
	}
	if (!kbuild)
		return ctl_error("%s has no source of the livepatch module, no Kbuild: install avicd again", f->from);
	return CTL_OK;
}

int build_folder(struct build_folder *ret)
{
	const char *from = secure_getenv("AVICD_MODULE_SOURCE") ?: MODULE_SOURCE;
	_cleanup_(closedir_p) DIR *dir = NULL;
	int r;

	*ret = (struct build_folder){0};
	snprintf(ret->from, sizeof(ret->from), "%s", from);
	dir = opendir(from);
	if (!dir)
		return ctl_error("the source of the livepatch module is not in %s: %s: install avicd again", from,
				 strerror(errno));
	if (!is_safe(dirfd(dir), S_IFDIR))
		return ctl_error("%s may be written by others than root, so that nobody knows what is in it: install "
				 "avicd again",
				 from);
	r = make_folder(ret);
	return r == CTL_OK ? copy_all(ret, dir) : r;
}
