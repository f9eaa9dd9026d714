/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files: reading with a limit, atomic writing, the replaceable system root, systemd's directories. */
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>

#include "avicd/file.h"

#ifndef SYSCONFDIR
#define SYSCONFDIR "/etc"
#endif

#define LINE_LIMIT (64 * 1024)

int sysroot_path(const char *path, char **ret)
{
	const char *root = secure_getenv("AVICD_SYSROOT");
	size_t n = root ? strlen(root) : 0;
	char *p;

	while (n > 0 && root[n - 1] == '/')
		n--;
	p = malloc(n + strlen(path) + 1);
	if (!p)
		return -ENOMEM;
	if (n > 0)
		memcpy(p, root, n);
	memcpy(p + n, path, strlen(path) + 1);
	*ret = p;
	return 0;
}

/*
 * Files of /proc and /sys say size 0 or 4096, so the size is no guide: read until the end. @line: or until the first newline,
 * which is cut off.
 */
static int read_fd(int fd, size_t max, bool line, char **ret, size_t *ret_len)
{
	_cleanup_free_ char *buf = NULL;
	size_t len = 0, size = 0;

	for (;;) {
		char *newline;
		ssize_t n;

		/* One byte above the limit tells a file that is too large from one that just fits. */
		if (size - len < 2) {
			size_t more = MAX(size * 2, (size_t)1024);
			char *p;

			if (max < SIZE_MAX - 2 && more > max + 2)
				more = max + 2;
			p = realloc(buf, more);
			if (!p)
				return -ENOMEM;
			buf = p;
			size = more;
		}
		n = read(fd, buf + len, size - len - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		newline = line && n > 0 ? memchr(buf + len, '\n', (size_t)n) : NULL;
		len = newline ? (size_t)(newline - buf) : len + (size_t)n;
		if (len > max)
			return -EFBIG;
		if (newline || n == 0)
			break;
	}
	buf[len] = '\0';
	if (ret_len)
		*ret_len = len;
	*ret = TAKE_PTR(buf);
	return 0;
}

static int read_path(const char *path, size_t max, bool line, char **ret, size_t *ret_len)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return -errno;
	return read_fd(fd, max, line, ret, ret_len);
}

int file_read(const char *path, size_t max, char **ret, size_t *ret_len)
{
	return read_path(path, max, false, ret, ret_len);
}

int file_read_fd(int fd, size_t max, char **ret, size_t *ret_len)
{
	return read_fd(fd, max, false, ret, ret_len);
}

int file_read_line(const char *path, char **ret)
{
	return read_path(path, LINE_LIMIT, true, ret, NULL);
}

int sysroot_read(const char *path, size_t max, char **ret, size_t *ret_len)
{
	_cleanup_free_ char *p = NULL;
	int r = sysroot_path(path, &p);

	return r < 0 ? r : file_read(p, max, ret, ret_len);
}

int sysroot_read_line(const char *path, char **ret)
{
	_cleanup_free_ char *p = NULL;
	int r = sysroot_path(path, &p);

	return r < 0 ? r : file_read_line(p, ret);
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

/* The directory's own entry must be on disk too, or a power cut brings back the old name. */
int file_sync_dir(const char *path)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *dir = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
	_cleanup_close_ int fd = -EBADF;

	if (!dir)
		return -ENOMEM;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		return -errno;
	return 0;
}

int file_write_atomic(const char *path, const void *data, size_t len, mode_t mode, bool sync)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	_cleanup_free_ char *tmp = NULL;
	_cleanup_close_ int fd = -EBADF;
	int r;

	if (!*name)
		return -EISDIR;
	if (asprintf(&tmp, "%.*s.%s.XXXXXX", (int)(name - path), path, name) < 0) {
		tmp = NULL;
		return -ENOMEM;
	}
	fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = write_all(fd, data, len);
	if (r == 0 && fchmod(fd, mode) < 0)
		r = -errno;
	if (r == 0 && sync && fsync(fd) < 0)
		r = -errno;
	if (r == 0 && rename(tmp, path) < 0)
		r = -errno;
	if (r < 0) {
		unlink(tmp);
		return r;
	}
	return sync ? file_sync_dir(path) : 0;
}

int mkdir_p(const char *path, mode_t mode)
{
	_cleanup_free_ char *p = NULL;
	struct stat st;

	if (!*path)
		return -ENOENT;
	p = strdup(path);
	if (!p)
		return -ENOMEM;
	for (char *slash = p + 1;; slash++) {
		char c = *slash;

		if (c && c != '/')
			continue;
		*slash = '\0';
		/* Existing parents may be unwritable or read-only, which mkdir() may report before EEXIST. */
		if (mkdir(p, mode) < 0) {
			int saved = errno;

			if (stat(p, &st) < 0)
				return -saved;
			if (!S_ISDIR(st.st_mode))
				return -ENOTDIR;
		}
		*slash = c;
		if (!c)
			return 0;
	}
}

/* Strings that were handed out stay valid for ever, also when the environment changes; the list keeps them reachable. */
struct kept {
	struct kept *next;
	char s[];
};

static const char *keep(const char *s, size_t n)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static struct kept *list;
	struct kept *k;

	pthread_mutex_lock(&lock);
	for (k = list; k; k = k->next)
		if (strlen(k->s) == n && memcmp(k->s, s, n) == 0)
			break;
	if (!k) {
		k = malloc(sizeof(*k) + n + 1);
		if (k) {
			memcpy(k->s, s, n);
			k->s[n] = '\0';
			k->next = list;
			list = k;
		}
	}
	pthread_mutex_unlock(&lock);
	return k ? k->s : NULL;
}

static const char *dir_from(const char *variable, const char *fallback)
{
	const char *s = secure_getenv(variable), *kept;

	if (!s || *s != '/')
		return fallback;
	kept = keep(s, strcspn(s, ":"));
	return kept ? kept : fallback;
}

const char *dir_runtime(void)
{
	return dir_from("RUNTIME_DIRECTORY", "/run/avicd");
}

const char *dir_state(void)
{
	return dir_from("STATE_DIRECTORY", "/var/lib/avicd");
}

const char *dir_config(void)
{
	return dir_from("CONFIGURATION_DIRECTORY", SYSCONFDIR "/avicd");
}
