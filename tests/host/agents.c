/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * agents - processes that make VMs by ioctl and events by BPF test runs, steered by lines on standard input.
 *
 *   new                  an agent: prints "agent ID PID"
 *   ID vm                it makes a struct kvm; "ok"
 *   ID vcpu N            it makes vCPU N in the newest struct kvm
 *   ID close             it closes its oldest struct kvm
 *   ID fork              it forks a process that keeps its files open; prints that PID
 *   ID exec              it execs `sleep`, which closes its files
 *   ID inject R S MASK   avicd's program for kvm_apicv_inhibit_changed runs in this process with these arguments
 *   ID storm N R MASK1 MASK2   N records that change between two masks
 *   ID avicd PID         from now on it runs the program of this avicd
 *   ID quit              it ends
 *   many N / drop        N processes with a VM each at once; all of them end. Both print "done N"
 *   end                  all end
 * Each is named avm-PID with the PID of this program, and ends with it. Option: the PID of the avicd whose program `inject` runs (found by the prog_id of its file descriptors).
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../find-prog.h"

/* The name of every process with a VM: tells ours from those of other tests that run at the same time. */
static char name[16];

#define MAX_AGENTS 64
#define MAX_MANY 20000

static struct agent {
	pid_t pid;
	FILE *to, *from;
} agents[MAX_AGENTS];
static int n_agents;
static pid_t many[MAX_MANY];
static int n_many;
static int prog_fd = -1;

static int inject(int reason, int set, unsigned long mask)
{
	unsigned long long ctx[3] = { (unsigned)reason, (unsigned)set, mask };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = ctx, .ctx_size_in = sizeof(ctx));

	return bpf_prog_test_run_opts(prog_fd, &opts);
}

static int make_vm(void)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC), vm;

	if (kvm < 0)
		return -errno;
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	if (vm < 0)
		vm = -errno;
	close(kvm);
	return vm;
}

static void agent_line(char *line)
{
	static int vms[16], n_vms, first;
	int a, b, r = 0;
	unsigned long m, m2;

	if (!strcmp(line, "vm")) {
		r = n_vms < 16 ? make_vm() : -ENOSPC;
		if (r >= 0) {
			vms[n_vms++] = r;
			r = 0;
		}
	} else if (sscanf(line, "vcpu %d", &a) == 1 && n_vms > first) {
		r = ioctl(vms[n_vms - 1], KVM_CREATE_VCPU, a) < 0 ? -errno : 0;
	} else if (!strcmp(line, "close") && n_vms > first) {
		close(vms[first++]);
	} else if (!strcmp(line, "fork")) {
		r = fork();
		if (r == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (;;)
				pause();
		}
	} else if (!strcmp(line, "exec")) {
		puts("0");
		fflush(stdout);
		execlp("sleep", "sleep", "1000", NULL);
		_exit(1);
	} else if (sscanf(line, "inject %d %d %lx", &a, &b, &m) == 3) {
		r = inject(a, b, m);
	} else if (sscanf(line, "storm %d %d %lx %lx", &a, &b, &m, &m2) == 4) {
		for (int i = 0; i < a && r >= 0; i++)
			r = inject(b, !(i & 1), i & 1 ? m2 : m);
	} else if (!strncmp(line, "avicd ", 6)) {
		a = find_prog(line + 6);
		if (a >= 0)
			prog_fd = a;
		r = a < 0 ? -ESRCH : 0;
	} else if (!strcmp(line, "quit")) {
		_exit(0);
	} else {
		r = -EINVAL;
	}
	printf("%d\n", r);
	fflush(stdout);
}

static void agent_main(int in, int out)
{
	FILE *lines = fdopen(in, "r"); /* stdin's buffer holds lines that are for the parent */
	char line[256];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, name);
	dup2(out, 1);
	while (lines && fgets(line, sizeof(line), lines)) {
		line[strcspn(line, "\n")] = '\0';
		agent_line(line);
	}
	_exit(0);
}

static void agent_new(void)
{
	struct agent *a = &agents[n_agents];
	int to[2], from[2];

	if (n_agents == MAX_AGENTS || pipe2(to, O_CLOEXEC) || pipe2(from, O_CLOEXEC)) {
		puts("error");
		return;
	}
	fflush(stdout);
	a->pid = fork();
	if (a->pid == 0)
		agent_main(to[0], from[1]);
	close(to[0]);
	close(from[1]);
	a->to = fdopen(to[1], "w");
	a->from = fdopen(from[0], "r");
	printf("agent %d %d\n", n_agents++, (int)a->pid);
}

static void agent_tell(int id, const char *what)
{
	char answer[64];

	if (id < 0 || id >= n_agents) {
		puts("error: no such agent");
		return;
	}
	fprintf(agents[id].to, "%s\n", what);
	fflush(agents[id].to);
	if (!strcmp(what, "quit")) {
		waitpid(agents[id].pid, NULL, 0);
		puts("ok");
	} else if (!fgets(answer, sizeof(answer), agents[id].from)) {
		puts("error: the agent ended");
	} else if (atoi(answer) < 0) {
		printf("error: %s\n", strerror(-atoi(answer)));
	} else {
		printf("ok%s%s", atoi(answer) ? " " : "", atoi(answer) ? answer : "\n");
	}
}

/* Processes that hold one VM each; the pipe tells when all of them have it. */
static void many_make(int n)
{
	int ready[2], got = 0;
	char c;

	if (pipe2(ready, O_CLOEXEC))
		return;
	fflush(stdout);
	for (int i = 0; i < n && n_many < MAX_MANY; i++) {
		pid_t p = fork();

		if (p == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			prctl(PR_SET_NAME, name);
			c = make_vm() >= 0;
			if (write(ready[1], &c, 1) != 1)
				_exit(1);
			for (;;)
				pause();
		}
		if (p > 0)
			many[n_many++] = p;
	}
	close(ready[1]);
	for (int i = 0; i < n && read(ready[0], &c, 1) == 1; i++)
		got += c;
	close(ready[0]);
	printf("done %d\n", got);
}

static void many_drop(void)
{
	int n = n_many;

	for (int i = 0; i < n_many; i++)
		kill(many[i], SIGKILL);
	for (int i = 0; i < n_many; i++)
		waitpid(many[i], NULL, 0);
	n_many = 0;
	printf("done %d\n", n);
}

int main(int argc, char *argv[])
{
	struct rlimit lim = { 65536, 65536 };
	char line[256];
	int id, at;

	snprintf(name, sizeof(name), "avm-%d", (int)getpid());
	setrlimit(RLIMIT_NOFILE, &lim);
	if (argc > 1) {
		prog_fd = find_prog(argv[1]);
		if (prog_fd < 0) {
			fprintf(stderr, "agents: process %s has no program inhibit_changed\n", argv[1]);
			return 1;
		}
	}
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strcmp(line, "new"))
			agent_new();
		else if (sscanf(line, "many %d", &id) == 1)
			many_make(id);
		else if (!strcmp(line, "drop"))
			many_drop();
		else if (!strcmp(line, "end"))
			break;
		else if (sscanf(line, "%d %n", &id, &at) == 1)
			agent_tell(id, line + at);
		else
			puts("error: unknown command");
		fflush(stdout);
	}
	many_drop();
	for (int i = 0; i < n_agents; i++)
		kill(agents[i].pid, SIGKILL);
	return 0;
}
