/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One avicd a runtime directory. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>

#include "avicd/file.h"
#include "avicd/log.h"
#include "daemon/lock.h"

static int say_busy(const char *path)
{
	_cleanup_free_ char *pid = NULL;

	if (file_read_line(path, &pid) < 0 || !pid[0])
		log_error("Another avicd already runs: it holds %s; not starting", path);
	else
		log_error("Another avicd already runs, PID %.10s: it holds %s; not starting", pid, path);
	return -EBUSY;
}

int lock_take(void)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int fd = -EBADF;
	int r;

	r = mkdir_p(dir_runtime(), 0755);
	if (r < 0)
		return log_errno(LOG_ERR, r, "Cannot make the runtime directory %s", dir_runtime());
	if (asprintf(&path, "%s/avicd.lock", dir_runtime()) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return log_errno(LOG_ERR, -errno, "Cannot open %s", path);
	/* The file stays when we end: whoever opened it meanwhile must not hold a lock on a name that is gone. */
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		r = -errno;
		return r == -EWOULDBLOCK ? say_busy(path) : log_errno(LOG_ERR, r, "Cannot lock %s", path);
	}
	if (ftruncate(fd, 0) < 0 || dprintf(fd, "%d\n", (int)getpid()) < 0)
		log_errno(LOG_WARNING, -errno, "Cannot write our process id into %s, ignoring", path);
	return TAKE_FD(fd);
}
