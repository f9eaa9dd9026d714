/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a process can do with the descriptors of its VMs: copy them, leave them to a child, pass them on, lose them. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vmm-machine.h"
#include "vmm.h"

/* Copies outlive the verb close: that is what they are for. */
static int dups[16];
static unsigned int n_dups;

int verb_dup(struct machine **vm, const struct words *w)
{
	int r = machine_has(*vm), fd;

	if (r)
		return r;
	if (n_dups == sizeof(dups) / sizeof(dups[0]))
		return fail(ENOSPC, "there are %u copies: close-dup", n_dups);
	fd = fcntl((*vm)->fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return fail(errno, "dup: %s", strerror(errno));
	dups[n_dups++] = fd;
	say(" %d", fd);
	return 0;
}

int verb_close_dup(struct machine **vm, const struct words *w)
{
	while (n_dups > 0)
		close(dups[--n_dups]);
	return 0;
}

static void hold_forever(void)
{
	for (;;)
		pause();
}

int verb_fork(struct machine **vm, const struct words *w)
{
	pid_t child = fork();

	if (child < 0)
		return fail(errno, "fork: %s", strerror(errno));
	if (child == 0) {
		if (!words_have(w, "stay"))
			prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* Whoever reads our output, or steers us, must see the end when we end. */
		close(STDIN_FILENO);
		close(STDOUT_FILENO);
		close(STDERR_FILENO);
		hold_forever();
	}
	say(" %d", (int)child);
	return 0;
}

int holder_main(int fd)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	char byte;
	struct iovec iov = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};

	if (recvmsg(fd, &message, MSG_CMSG_CLOEXEC) != 1 || !CMSG_FIRSTHDR(&message) || write(fd, &byte, 1) != 1)
		return 1;
	close(fd);
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	hold_forever();
	return 0;
}

static int send_fd(int to, int fd)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {.space = {0}};
	char byte = 0;
	struct iovec iov = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	/* The answer says that it has it. */
	return sendmsg(to, &message, 0) == 1 && read(to, &byte, 1) == 1 ? 0 : -EIO;
}

int verb_pass(struct machine **vm, const struct words *w)
{
	int r = machine_has(*vm), pair[2];
	char number[16], name[16] = "vmm";
	pid_t child;

	if (r)
		return r;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return fail(errno, "socketpair: %s", strerror(errno));
	snprintf(number, sizeof(number), "%d", pair[1]);
	prctl(PR_GET_NAME, name);
	child = fork();
	if (child == 0) {
		/* A new image of the process: what is mapped of vCPUs holds the VM as well as a descriptor does. */
		if (!words_have(w, "stay"))
			prctl(PR_SET_PDEATHSIG, SIGKILL);
		fcntl(pair[1], F_SETFD, 0);
		execl("/proc/self/exe", "vmm", "--name", name, "--hold", number, (char *)NULL);
		_exit(1);
	}
	close(pair[1]);
	r = child < 0 ? -errno : send_fd(pair[0], (*vm)->fd);
	close(pair[0]);
	if (r)
		return fail(-r, "the VM could not be passed to a child: %s", strerror(-r));
	say(" %d", (int)child);
	return 0;
}

int verb_exec(struct machine **vm, const struct words *w)
{
	char name[16] = "vmm";

	prctl(PR_GET_NAME, name);
	execl("/proc/self/exe", "vmm", "--name", name, "--after-exec", (char *)NULL);
	return fail(errno, "exec: %s", strerror(errno));
}
