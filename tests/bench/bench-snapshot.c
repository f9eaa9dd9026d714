/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long a snapshot of N VMs takes: N processes with a struct kvm and a vCPU each, walked by the trace source's own code. */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "avicd/btf.h"
#include "avicd/clock.h"
#include "avicd/text.h"
#include "avicd/trace.h"

#define ROUNDS 9

static int on_vm(const struct snap_vm *vm, void *userdata)
{
	size_t *n = userdata;

	n[0]++;
	n[1] += vm->n_vcpus;
	return 0;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void make(int n, pid_t *pids)
{
	int ready[2];
	char c;

	if (pipe2(ready, O_CLOEXEC))
		exit(1);
	for (int i = 0; i < n; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC), vm = ioctl(kvm, KVM_CREATE_VM, 0);

			prctl(PR_SET_PDEATHSIG, SIGKILL);
			c = ioctl(vm, KVM_CREATE_VCPU, 0) >= 0;
			if (write(ready[1], &c, 1) != 1)
				_exit(1);
			for (;;)
				pause();
		}
	}
	for (int i = 0; i < n && read(ready[0], &c, 1) == 1; i++)
		;
}

static int measure(struct trace_source *s, bool vcpus, int n)
{
	uint64_t took[ROUNDS];
	size_t seen[2];

	for (int i = 0; i < ROUNDS; i++) {
		uint64_t t = now_ns();

		seen[0] = seen[1] = 0;
		if (trace_snapshot(s, 0, vcpus, on_vm, seen) < 0)
			return 1;
		took[i] = now_ns() - t;
	}
	qsort(took, ROUNDS, sizeof(*took), by_value);
	printf("snapshot_%s_ms %.1f ms for %zu VMs (goal <= 100 for 1000)\n", vcpus ? "vcpus" : "vms", (double)took[ROUNDS / 2] / 1e6,
	       seen[0]);
	return seen[0] < (size_t)n || (vcpus && seen[1] < (size_t)n);
}

int main(int argc, char *argv[])
{
	struct trace_settings set = { .storm_rate = 100, .max_vms = 4096 };
	int n = argc > 1 ? atoi(argv[1]) : 1000, r = 1;
	pid_t *pids = calloc((size_t)n, sizeof(*pids));
	struct trace_source *s = NULL;
	char *why = NULL;

	if (!pids || kernel_numbering(&set.numbering) < 0 || trace_open(TRACE_BPF, &set, &s, &why) < 0) {
		printf("# skipped: %s\n", why ? why : "no numbering of inhibit reasons on this kernel");
		free(why);
		free(pids);
		return 77;
	}
	make(n, pids);
	r = measure(s, false, n) || measure(s, true, n);
	for (int i = 0; i < n; i++)
		kill(pids[i], SIGKILL);
	for (int i = 0; i < n; i++)
		waitpid(pids[i], NULL, 0);
	trace_close(s);
	free(pids);
	return r;
}
