/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Marks as empty files; their time of change is when they were left. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "avicd/file.h"
#include "avicd/text.h"
#include "hook/mark.h"

int mark_folder(const char *uuid)
{
	_cleanup_close_ int parent = -EBADF, fd = -EBADF;
	struct stat st;

	/* before it becomes a file name */
	if (!uuid_is_valid(uuid))
		return -EINVAL;
	parent = open(dir_runtime(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0)
		return -errno;
	/* on a read-only file system it may be there all the same: what follows tells */
	(void)mkdirat(parent, "hook", 0700);
	fd = openat(parent, "hook", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH)))
		return -EPERM;
	if (faccessat(fd, ".", W_OK, 0) < 0)
		return -errno;
	return TAKE_FD(fd);
}

/* `avicctl hook status` sees by it that libvirt runs us; nobody else changes that file. */
static void leave_trace(int folder)
{
	_cleanup_close_ int fd = openat(folder, ".ran", O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);

	if (fd >= 0)
		(void)futimens(fd, NULL);
}

int mark_leave(const char *uuid)
{
	_cleanup_close_ int folder = mark_folder(uuid), fd = -EBADF;

	if (folder < 0)
		return folder;
	fd = openat(folder, uuid, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (fd < 0 || futimens(fd, NULL) < 0)
		return -errno;
	return 0;
}

int mark_find(const char *uuid)
{
	_cleanup_close_ int folder = mark_folder(uuid);
	struct stat st;

	if (folder < 0)
		return folder;
	leave_trace(folder);
	if (fstatat(folder, uuid, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	/* The clock may have been set in between, so the distance counts, in either direction. */
	return S_ISREG(st.st_mode) && llabs((long long)time(NULL) - st.st_mtim.tv_sec) <= MARK_SECONDS;
}

void mark_drop(const char *uuid)
{
	_cleanup_close_ int folder = mark_folder(uuid);

	if (folder >= 0)
		(void)unlinkat(folder, uuid, 0);
}
