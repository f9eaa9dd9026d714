/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A tracing instance of our own.
 *
 * System calls rather than libtracefs, which mounts tracefs when it is not: a watcher changes nothing on the host
 * that it did not make.
 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "avicd/file.h"
#include "kernel/instance.h"

#define PREFIX	  "avicd-"
/* Per CPU; some thousand records, drained every 10 ms in a storm. */
#define BUFFER_KB "128"
#define MAX_CPUS  8192
#define FILE_MAX  65536

static const char *const places[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};

int instance_read(int fd, const char *path, char **ret)
{
	_cleanup_close_ int file = openat(fd, path, O_RDONLY | O_CLOEXEC);
	_cleanup_free_ char *s = calloc(1, FILE_MAX + 1);
	size_t len = 0;
	ssize_t n;

	if (file < 0)
		return -errno;
	if (!s)
		return -ENOMEM;
	while (len < FILE_MAX && (n = read(file, s + len, FILE_MAX - len)) != 0) {
		if (n < 0 && errno != EINTR)
			return -errno;
		len += n > 0 ? (size_t)n : 0;
	}
	s[len] = '\0';
	*ret = TAKE_PTR(s);
	return 0;
}

int instance_write(const struct instance *i, const char *path, const char *text)
{
	_cleanup_close_ int file = openat(i->fd, path, O_WRONLY | O_CLOEXEC);
	size_t n = strlen(text);

	if (file < 0)
		return -errno;
	return write(file, text, n) == (ssize_t)n ? 0 : -errno;
}

static int open_root(int *ret, char **why)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		_cleanup_free_ char *path = NULL;
		_cleanup_close_ int fd = -EBADF;
		struct statfs st;

		if (sysroot_path(places[i], &path) < 0)
			return -ENOMEM;
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0 && (errno == EACCES || errno == EPERM)) {
			*why = strdup("tracefs source: tracefs is not for this user; run as root");
			return -EPERM;
		}
		if (fd >= 0 && fstatfs(fd, &st) == 0 && st.f_type == TRACEFS_MAGIC) {
			*ret = TAKE_FD(fd);
			return 0;
		}
	}
	*why = strdup("tracefs source: tracefs is not mounted; mount -t tracefs tracefs /sys/kernel/tracing");
	return -EOPNOTSUPP;
}

static int check_event(int root_fd, char **why)
{
	if (faccessat(root_fd, "events/kvm/" EVENT_INHIBIT, F_OK, 0) == 0)
		return 0;
	if (faccessat(root_fd, "events/kvm/kvm_apicv_update_request", F_OK, 0) == 0) {
		*why = strdup("tracefs source: this kernel shows no inhibit masks, those of 5.18 and later do");
		return -EOPNOTSUPP;
	}
	*why = strdup("tracefs source: there is no event kvm:" EVENT_INHIBIT
		      ", so kvm is not loaded; modprobe kvm_amd or kvm_intel");
	return -ENOENT;
}

/* The process that an instance's name names; 0: none of ours. */
static int owner_of(const char *name)
{
	int pid, n = 0;

	return sscanf(name, PREFIX "%d%n", &pid, &n) == 1 && (name[n] == '\0' || name[n] == '.') && pid > 0 ? pid : 0;
}

/*
 * A killed avicd leaves its instance, which costs memory. One that is in use cannot be removed, so a wrong guess does
 * no harm.
 */
static void remove_stale(int root_fd)
{
	int fd = openat(root_fd, "instances", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (!d) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((e = readdir(d))) {
		int pid = owner_of(e->d_name);

		if (pid && kill(pid, 0) < 0 && errno == ESRCH)
			unlinkat(fd, e->d_name, AT_REMOVEDIR);
	}
	closedir(d);
}

static int make_dir(struct instance *i)
{
	for (int k = 0; k < 16; k++) {
		_cleanup_free_ char *path = NULL;

		if (k == 0)
			snprintf(i->name, sizeof(i->name), PREFIX "%d", getpid());
		else
			snprintf(i->name, sizeof(i->name), PREFIX "%d.%d", getpid(), k);
		if (asprintf(&path, "instances/%s", i->name) < 0)
			return -ENOMEM;
		/* of an earlier process of our number, or of another source in this process, which is in use */
		if (mkdirat(i->root_fd, path, 0700) < 0) {
			if (errno != EEXIST)
				return -errno;
			if (unlinkat(i->root_fd, path, AT_REMOVEDIR) < 0 || mkdirat(i->root_fd, path, 0700) < 0)
				continue;
		}
		i->fd = openat(i->root_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		return i->fd < 0 ? -errno : 0;
	}
	return -EBUSY;
}

static int open_cpus(struct instance *i)
{
	int fd = openat(i->fd, "per_cpu", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	int r = 0;

	if (!d) {
		r = -errno;
		if (fd >= 0)
			close(fd);
		return r;
	}
	i->cpu_fds = calloc(MAX_CPUS, sizeof(*i->cpu_fds));
	while (i->cpu_fds && (e = readdir(d)) && i->n_cpus < MAX_CPUS) {
		char path[64];
		unsigned cpu;

		if (sscanf(e->d_name, "cpu%u", &cpu) != 1)
			continue;
		snprintf(path, sizeof(path), "cpu%u/trace_pipe_raw", cpu);
		i->cpu_fds[i->n_cpus] = openat(fd, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		if (i->cpu_fds[i->n_cpus] < 0) {
			r = -errno;
			break;
		}
		i->n_cpus++;
	}
	closedir(d);
	return i->cpu_fds ? r : -ENOMEM;
}

static int set_up(struct instance *i)
{
	int r = instance_write(i, "trace_clock", "mono");

	if (r < 0)
		return r;
	r = instance_write(i, "buffer_size_kb", BUFFER_KB);
	if (r < 0)
		return r;
	/* wake readers at the first record, not when half a buffer is full; kernels before 5.0 do so always */
	r = instance_write(i, "buffer_percent", "0");
	if (r < 0 && r != -ENOENT)
		return r;
	return open_cpus(i);
}

int instance_open(struct instance **ret, char **why)
{
	_cleanup_(instance_close_p) struct instance *i = calloc(1, sizeof(*i));
	int r;

	if (!i)
		return -ENOMEM;
	i->root_fd = i->fd = -EBADF;
	r = open_root(&i->root_fd, why);
	if (r < 0)
		return r;
	r = check_event(i->root_fd, why);
	if (r < 0)
		return r;
	remove_stale(i->root_fd);
	r = make_dir(i);
	if (r == 0)
		r = set_up(i);
	if (r < 0) {
		if (asprintf(why, "tracefs source: no tracing instance: %s%s", strerror(-r),
			     r == -EPERM || r == -EACCES ? "; run as root, and look at /sys/kernel/security/lockdown"
							 : "") < 0)
			*why = NULL;
		return r == -EACCES ? -EPERM : r;
	}
	*ret = TAKE_PTR(i);
	return 0;
}

struct instance *instance_close(struct instance *i)
{
	char path[64];
	int saved = errno;

	if (!i)
		return NULL;
	for (size_t k = 0; k < i->n_cpus; k++)
		close(i->cpu_fds[k]);
	free(i->cpu_fds);
	if (i->fd >= 0) {
		close(i->fd);
		snprintf(path, sizeof(path), "instances/%s", i->name);
		unlinkat(i->root_fd, path, AT_REMOVEDIR);
	}
	close_p(&i->root_fd);
	free(i);
	errno = saved;
	return NULL;
}

bool instance_event_on(const struct instance *i)
{
	_cleanup_free_ char *s = NULL;

	return instance_read(i->fd, "events/kvm/" EVENT_INHIBIT "/enable", &s) == 0 && s[0] == '1';
}
