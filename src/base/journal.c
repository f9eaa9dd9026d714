/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A sender of our own rather than sd_journal_sendv(): that one waits while a stopped or overloaded journald has a full queue,
 * and a daemon that watches VMs must not stop with it.
 */
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "avicd/file.h"
#include "journal.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

/* Opened once and kept: threads may be sending while another one changes the target. */
static _Atomic int journal_fd = -1;

static int journal_open(void)
{
	int fd = atomic_load(&journal_fd), other = -1;

	if (fd >= 0)
		return fd;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (!atomic_compare_exchange_strong(&journal_fd, &other, fd)) {
		close(fd);
		return other;
	}
	return fd;
}

static int journal_address(struct sockaddr_un *ret)
{
	_cleanup_free_ char *path = NULL;
	int r = sysroot_path(JOURNAL_SOCKET, &path);

	if (r < 0)
		return r;
	if (strlen(path) >= sizeof(ret->sun_path))
		return -ENAMETOOLONG;
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(ret->sun_path, path, strlen(path) + 1);
	return 0;
}

bool journal_is_there(void)
{
	struct sockaddr_un sa;

	return journal_address(&sa) == 0 && access(sa.sun_path, W_OK) == 0;
}

int journal_send(const char *entry, size_t len)
{
	struct sockaddr_un sa;
	int fd, r;

	r = journal_address(&sa);
	if (r < 0)
		return r;
	fd = journal_open();
	if (fd < 0)
		return fd;
	/* Not connected, so that a restarted journald is found again without a word. */
	if (sendto(fd, entry, len, MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		return -errno;
	return 0;
}
