/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virt-print URI... - prints what the libvirt room says, one line a message, the URI last. SIGUSR1: list again.
 * SIGTERM: end, with status 0 when all threads ended in time.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>

#include "avicd/clock.h"
#include "avicd/virt.h"

#define STOP_NS (10 * NSEC_PER_SEC)

static void print(const struct virt_message *m)
{
	static const char *const words[] = {
		[VIRT_UP] = "UP",	  [VIRT_DOWN] = "DOWN",	      [VIRT_SYNCED] = "SYNCED",
		[VIRT_DOMAIN] = "DOMAIN", [VIRT_STOPPED] = "STOPPED", [VIRT_UNDEFINED] = "UNDEFINED",
		[VIRT_REBOOT] = "REBOOT",
	};
	const struct domain *d = &m->domain;

	printf("%s", words[m->kind]);
	if (*d->name)
		printf(" %s %s", d->name, d->uuid);
	if (m->kind == VIRT_DOMAIN)
		printf(" %s %s %s", d->running ? "running" : "paused", d->persistent ? "persistent" : "transient",
		       d->reboot_destroys ? "destroy" : "restart");
	if (*m->detail)
		printf(" (%s)", m->detail);
	printf(" %s\n", m->uri);
}

int main(int argc, char *argv[])
{
	const char *const *uris = (const char *const *)argv + 1;
	struct signalfd_siginfo signal = {};
	struct virt_message m;
	struct pollfd p[2];
	struct virt *v;
	sigset_t mask;
	uint64_t begin;
	int r;

	setvbuf(stdout, NULL, _IOLBF, 0);
	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGUSR1);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	r = virt_start(uris, &v);
	if (r < 0) {
		fprintf(stderr, "virt_start: %s\n", strerror(-r));
		return 1;
	}
	p[0] = (struct pollfd){.fd = signalfd(-1, &mask, SFD_CLOEXEC), .events = POLLIN};
	p[1] = (struct pollfd){.fd = virt_fd(v), .events = POLLIN};
	while (signal.ssi_signo != SIGTERM) {
		if (poll(p, 2, -1) < 0)
			return 1;
		if (p[1].revents && virt_next(v, &m) == 1)
			print(&m);
		if (!p[0].revents)
			continue;
		if (read(p[0].fd, &signal, sizeof(signal)) != sizeof(signal))
			return 1;
		if (signal.ssi_signo == SIGUSR1)
			virt_relist(v);
	}
	close(p[0].fd);
	begin = now_ns();
	virt_stop(v, STOP_NS);
	return now_ns() - begin < STOP_NS ? 0 : 1;
}
