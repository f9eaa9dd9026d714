/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file that holds a VM's memory: is it whole, is there room for it, how fast does it get onto the disk. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "avicd/clock.h"
#include "avicd/file.h"
#include "job/image.h"

/* libvirt's qemu_saveimage.h: "LibvirtQemudPart" becomes this when all is written */
#define MAGIC "LibvirtQemudSave"

#define CHUNK	 (4U << 20)
#define ALIGN	 4096
#define PATIENCE NSEC_PER_SEC

static int failed(char said[static CALL_SAID_MAX], const char *path, const char *what)
{
	int error = errno;

	snprintf(said, CALL_SAID_MAX, "%s: %s: %s", path, what, strerror(error));
	return -error;
}

static bool takes_direct(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_DIRECT);

	return fd >= 0;
}

int image_look(void *arg, char said[static CALL_SAID_MAX])
{
	struct image *i = arg;
	_cleanup_close_ int fd = open(i->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	char magic[sizeof(MAGIC) - 1] = "";
	struct statx sx;

	i->state = IMAGE_NONE;
	if (fd < 0)
		return errno == ENOENT ? 0 : failed(said, i->path, "cannot be opened");
	if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &sx) < 0)
		return failed(said, i->path, "cannot be looked at");
	if (pread(fd, magic, sizeof(magic), 0) < 0)
		return failed(said, i->path, "cannot be read");
	i->state = memcmp(magic, MAGIC, sizeof(magic)) == 0 ? IMAGE_COMPLETE : IMAGE_PARTIAL;
	i->kib = sx.stx_blocks / 2;
	i->direct = takes_direct(i->path);
	if (sx.stx_mask & STATX_BTIME)
		i->birth_us = (uint64_t)sx.stx_btime.tv_sec * USEC_PER_SEC + sx.stx_btime.tv_nsec / NSEC_PER_USEC;
	return 0;
}

int image_remove(void *arg, char said[static CALL_SAID_MAX])
{
	const struct image *i = arg;

	if (unlink(i->path) < 0 && errno != ENOENT)
		return failed(said, i->path, "cannot be removed");
	(void)file_sync_dir(i->path);
	return 0;
}

/* A VM's memory is as secret as the VM, and who can put a link into the folder has libvirt write through it. */
static int check_folder(const struct image *i, char said[static CALL_SAID_MAX])
{
	struct stat st;

	if (mkdir_p(i->path, 0700) < 0)
		return failed(said, i->path, "cannot be made");
	if (stat(i->path, &st) < 0)
		return failed(said, i->path, "cannot be looked at");
	if (S_ISDIR(st.st_mode) && st.st_uid == geteuid() && !(st.st_mode & (S_IWGRP | S_IWOTH)))
		return 0;
	snprintf(said, CALL_SAID_MAX, "%s: others than root may write there: chown root and chmod go-w it", i->path);
	return -EPERM;
}

static int open_test(struct image *i, char said[static CALL_SAID_MAX])
{
	char path[IMAGE_PATH_MAX + 32];
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, fd;

	snprintf(path, sizeof(path), "%s/.avicd-test-%d", i->path, (int)getpid());
	/* of a process of the same number, that was killed */
	(void)unlink(path);
	fd = open(path, flags | O_DIRECT, 0600);
	i->direct = fd >= 0;
	/* what refuses O_DIRECT has made the file all the same */
	if (fd < 0 && errno == EINVAL) {
		(void)unlink(path);
		fd = open(path, flags, 0600);
	}
	if (fd < 0)
		return failed(said, i->path, "cannot be written to");
	(void)unlink(path);
	return fd;
}

/* Bytes a second, until they are on the disk; random ones, because file systems may compress. */
static int measure(struct image *i, int fd, void *chunk, char said[static CALL_SAID_MAX])
{
	uint64_t written = 0, begin, room = i->room_kib / 2 * 1024, most = MIN(IMAGE_TEST_MAX, room), took;

	for (size_t n = 0; n < CHUNK; n += 256)
		if (getrandom((char *)chunk + n, 256, 0) < 0)
			return failed(said, i->path, "no random numbers");
	begin = now_ns();
	do {
		ssize_t n = write(fd, chunk, CHUNK);

		if (n < 0 && errno != EINTR)
			return failed(said, i->path, "cannot be written to");
		written += n > 0 ? (uint64_t)n : 0;
	} while (written + CHUNK <= most && now_ns() - begin < PATIENCE);
	if (fsync(fd) < 0)
		return failed(said, i->path, "cannot be synced");
	took = MAX((now_ns() - begin) / NSEC_PER_USEC, 1);
	i->rate_kib = MAX(written / 1024 * USEC_PER_SEC / took, 1);
	return 0;
}

int image_measure(void *arg, char said[static CALL_SAID_MAX])
{
	struct image *i = arg;
	_cleanup_free_ void *chunk = NULL;
	_cleanup_close_ int fd = -EBADF;
	struct statvfs vfs;
	int x = check_folder(i, said);

	if (x < 0)
		return x;
	if (statvfs(i->path, &vfs) < 0)
		return failed(said, i->path, "cannot be looked at");
	i->room_kib = vfs.f_frsize * (uint64_t)vfs.f_bavail / 1024;
	fd = open_test(i, said);
	if (fd < 0)
		return fd;
	if (posix_memalign(&chunk, ALIGN, CHUNK))
		return -ENOMEM;
	return measure(i, fd, chunk, said);
}

int image_do(struct run *r, call_fn fn, const char *path, uint64_t limit_ns, struct image *ret)
{
	struct image *i = calloc(1, sizeof(*i));
	int x;

	if (!i)
		return -ENOMEM;
	snprintf(i->path, sizeof(i->path), "%s", path);
	x = run_call(r, fn, i, limit_ns);
	/* after -ETIMEDOUT it is the call's, for as long as this process lives */
	if (x == 0 && ret)
		*ret = *i;
	if (x != -ETIMEDOUT)
		free(i);
	return x;
}
