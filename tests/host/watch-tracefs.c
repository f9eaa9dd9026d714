/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch-tracefs - opens the tracefs source, lets a child make a VM by ioctl, and prints what the source says of it:
 *
 *	pid 4711
 *	mask 0x1 created 1 events 1 resets 0 lost 0
 *
 * then "quiet" when an idle source stays asleep for a while, and what a second source of the same process does. Exits
 * with 0, or 1 and a sentence. `watch-tracefs PID` follows a process until standard input ends instead.
 */
#include <fcntl.h>
#include <linux/kvm.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include "avicd/clock.h"
#include "avicd/trace.h"

#define PATIENCE_NS (10 * NSEC_PER_SEC)

static int32_t wanted;
static bool seen;

static void on_change(int32_t tgid, void *userdata)
{
	if (tgid == wanted)
		seen = true;
}

static int die(const char *what, int r)
{
	fprintf(stderr, "%s: %s\n", what, strerror(-r));
	return 1;
}

/* The child makes a VM, says so, and stays until it is told to go. */
static int make_vm(int ready, int go)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	int vm = kvm < 0 ? -1 : ioctl(kvm, KVM_CREATE_VM, 0);
	char c = vm < 0 ? 'x' : 'v';

	if (write(ready, &c, 1) != 1)
		return 1;
	return read(go, &c, 1) < 0 || vm < 0;
}

/* Dispatches until the VM was named; 0 or a negative errno. */
static int wait_for_vm(struct trace_source *s)
{
	uint64_t end = now_ns() + PATIENCE_NS;
	int r = 0;

	while (!seen && r >= 0 && now_ns() < end) {
		struct pollfd p = {.fd = trace_fd(s), .events = POLLIN};

		if (poll(&p, 1, 1000) > 0)
			r = trace_dispatch(s, on_change, NULL);
	}
	return r < 0 ? r : seen ? 0 : -ETIMEDOUT;
}

/*
 * How often the source wakes its reader within a second; -EAGAIN when that second was not idle, because others make
 * VMs on this host too.
 */
static int count_wakeups(struct trace_source *s)
{
	uint64_t end = now_ns() + NSEC_PER_SEC, now;
	struct trace_stats before, after;
	int n = 0;

	trace_stats(s, &before);
	while ((now = now_ns()) < end) {
		struct pollfd p = {.fd = trace_fd(s), .events = POLLIN};

		if (poll(&p, 1, (int)((end - now) / NSEC_PER_MSEC) + 1) > 0) {
			trace_dispatch(s, on_change, NULL);
			n++;
		}
	}
	trace_stats(s, &after);
	return after.events == before.events ? n : -EAGAIN;
}

static void print_entry(struct trace_source *s)
{
	struct trace_stats st;
	struct entry e;

	if (trace_read(s, wanted, &e) < 0 || trace_stats(s, &st) < 0)
		return;
	printf("mask 0x%llx created %u events %llu resets %u lost %llu\n", (unsigned long long)e.mask, e.inits,
	       (unsigned long long)e.events, e.resets, (unsigned long long)st.lost);
	fflush(stdout);
}

/* Prints the entry of process `wanted` whenever it changes, until standard input ends. */
static int follow(struct trace_source *s)
{
	struct pollfd p[] = {{.fd = trace_fd(s), .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
	int r = 0;

	printf("ready\n");
	fflush(stdout);
	while (r >= 0 && poll(p, 2, -1) > 0 && !p[1].revents) {
		r = trace_dispatch(s, on_change, NULL);
		if (seen)
			print_entry(s);
		seen = false;
	}
	return r < 0 ? die("dispatch", r) : 0;
}

/* A child makes a VM. */
static int see_a_vm(struct trace_source *s)
{
	int ready[2], go[2], status, r;
	struct entry e;
	char c;

	if (pipe2(ready, O_CLOEXEC) < 0 || pipe2(go, O_CLOEXEC) < 0)
		return die("pipe", -errno);
	wanted = fork();
	if (wanted == 0)
		_exit(make_vm(ready[1], go[0]));
	if (read(ready[0], &c, 1) != 1 || c != 'v')
		return die("KVM_CREATE_VM", -EIO);
	r = wait_for_vm(s);
	if (r < 0)
		return die("no event of the VM", r);
	print_entry(s);
	if (write(go[1], &c, 1) != 1)
		return die("write", -errno);
	waitpid(wanted, &status, 0);
	if (trace_forget(s, wanted) < 0 || trace_read(s, wanted, &e) != -ENOENT)
		return die("entry not forgotten", -EEXIST);
	return 0;
}

int main(int argc, char *argv[])
{
	struct trace_settings set = {.storm_rate = 100, .max_vms = 64};
	struct trace_source *s = NULL, *second = NULL;
	int r, idle, tries = 0;
	char *why = NULL;

	printf("pid %d\n", getpid());
	numbering_from_line(LINE_6_17, &set.numbering);
	r = trace_tracefs_open(&set, &s, &why);
	if (r < 0)
		return die(why ? why : "open", r);
	if (argc > 1) {
		wanted = atoi(argv[1]);
		r = follow(s);
		trace_close(s);
		return r;
	}
	r = see_a_vm(s);
	if (r)
		return r;
	do
		idle = count_wakeups(s);
	while (idle < 0 && ++tries < 30);
	printf(idle <= 2 ? "quiet\n" : "%d wake-ups a second\n", idle);
	r = trace_tracefs_open(&set, &second, &why);
	printf("second %s\n", r < 0 ? strerror(-r) : "ok");
	trace_close(second);
	trace_close(s);
	return 0;
}
