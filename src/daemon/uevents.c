/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel uevents: modules kvm, kvm_amd, kvm_intel coming and going. */
#include <linux/filter.h>
#include <linux/netlink.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "avicd/log.h"
#include "daemon/manager.h"

#define GROUP_KERNEL 1 /* the kernel's own messages; udev's come in group 2 */

bool uevent_is_kvm(const char *buf, size_t len)
{
	bool change = false, kvm = false;

	for (const char *s = buf, *end = buf + len, *next; s < end; s = next) {
		size_t n = strnlen(s, (size_t)(end - s));

		next = s + n + 1;
		if (s + n == end) /* cut off */
			break;
		if (streq(s, "ACTION=add") || streq(s, "ACTION=remove"))
			change = true;
		else if (startswith(s, "DEVPATH=/module/kvm"))
			kvm = true;
	}
	return change && kvm;
}

/*
 * KVM itself sends a uevent for each VM made and closed. Those, and all others that are not for us, are dropped in the kernel: a message
 * begins with "ACTION@DEVPATH", and passes if that begins with "add@/module/kv" or "remove@/module/k".
 */
#define WORD(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))
static struct sock_filter filter[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, WORD('a', 'd', 'd', '@'), 0, 6),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, WORD('/', 'm', 'o', 'd'), 0, 12),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 8),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, WORD('u', 'l', 'e', '/'), 0, 10),
	BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, WORD(0, 0, 'k', 'v'), 7, 8),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, WORD('r', 'e', 'm', 'o'), 0, 7),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, WORD('v', 'e', '@', '/'), 0, 5),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 8),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, WORD('m', 'o', 'd', 'u'), 0, 3),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 12),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, WORD('l', 'e', '/', 'k'), 0, 1),
	BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	BPF_STMT(BPF_RET | BPF_K, 0),
};

int uevents_filter(int fd)
{
	const struct sock_fprog program = { ARRAY_SIZE(filter), filter };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ? -errno : 0;
}

static int on_uevent(sd_event_source *s, int fd, uint32_t revents, void *userdata)
{
	struct manager *m = userdata;
	struct sockaddr_nl from = {};
	struct iovec iov;
	struct msghdr h = { .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1 };
	char buf[4096];
	bool kvm = false;
	ssize_t n;

	for (int i = 0; i < 256; i++) {
		iov = (struct iovec){ buf, sizeof(buf) };
		h.msg_namelen = sizeof(from);
		n = recvmsg(fd, &h, MSG_DONTWAIT);
		if (n < 0 && errno == ENOBUFS) {
			kvm = true; /* messages were dropped, perhaps ours: look */
			continue;
		}
		if (n < 0)
			break;
		/* only the kernel sends from port 0 */
		if (from.nl_pid == 0 && uevent_is_kvm(buf, (size_t)n))
			kvm = true;
	}
	if (kvm)
		manager_kvm_changed(m);
	return 0;
}

int uevents_start(struct manager *m)
{
	struct sockaddr_nl a = { .nl_family = AF_NETLINK, .nl_groups = GROUP_KERNEL };
	_cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
	int r;


	/* without the filter all works as well, with more wake-ups */
	if (fd >= 0)
		uevents_filter(fd);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		return -errno;
	r = sd_event_add_io(m->event, &m->uevents.io, fd, EPOLLIN, on_uevent, m);
	if (r < 0)
		return r;
	r = sd_event_source_set_io_fd_own(m->uevents.io, true);
	if (r < 0)
		return r;
	TAKE_FD(fd);
	return 0;
}

void uevents_done(struct uevents *u)
{
	event_source_drop(&u->io);
}
