/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The threads of vCPUs. As in QEMU: a vCPU has a thread, named "CPU N/KVM", that creates it, runs it, and makes all of its ioctls; a signal and
 * immediate_exit bring it out of KVM_RUN. Whatever the main thread wants of a vCPU is a job for that thread, which it waits for.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "vmm-guest.h"
#include "vmm-machine.h"
#include "vmm.h"

#define POLL_NS 5000000 /* between two polls of a guest that is not busy */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static __thread struct kvm_run *my_run;

void vcpu_lock(void)
{
	pthread_mutex_lock(&lock);
}

void vcpu_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

bool vcpu_wait(double seconds)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	seconds += (double)until.tv_nsec / 1e9;
	until.tv_sec += (time_t)seconds;
	until.tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9);
	return pthread_cond_timedwait(&changed, &lock, &until) != ETIMEDOUT;
}

uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void on_kick(int signal)
{
	if (my_run)
		my_run->immediate_exit = 1;
}

static void nap(uint64_t ns)
{
	struct timespec t = {.tv_sec = (time_t)(ns / 1000000000), .tv_nsec = (long)(ns % 1000000000)};

	nanosleep(&t, NULL); /* a kick ends it, as it should */
}

static void answer_port(struct vcpu *v)
{
	struct kvm_run *run = v->run;
	uint8_t *data = (uint8_t *)run + run->io.data_offset;

	data[0] = 1;
	switch (run->io.port) {
	case PORT_POLL:
		if (!v->machine->options.busy)
			nap(POLL_NS);
		break;
	case PORT_NEXT:
		data[0] = irqwin_next(v->machine);
		break;
	case PORT_ID:
		memcpy(data, &v->id_to_write, sizeof(v->id_to_write));
		break;
	case PORT_WROTE:
		vcpu_lock();
		v->wrote = true;
		pthread_cond_broadcast(&changed);
		vcpu_unlock();
		break;
	default:
		break;
	}
}

/* enter() - KVM_RUN once; false when this guest is done for. *ret_pending: KVM still has to finish the guest's instruction, at the next entry. */
static bool enter(struct vcpu *v, bool *ret_pending)
{
	int r = ioctl(v->fd, KVM_RUN, 0);

	*ret_pending = false;
	if (r < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (r == 0 && v->run->exit_reason == KVM_EXIT_IO) {
		*ret_pending = true;
		answer_port(v);
		return true;
	}
	if (r < 0)
		fprintf(stderr, "vmm: KVM_RUN of vCPU %u: %s\n", v->id, strerror(errno));
	else
		fprintf(stderr, "vmm: vCPU %u has stopped: exit reason %u\n", v->id, v->run->exit_reason);
	return false;
}

static void *vcpu_main(void *arg)
{
	struct vcpu *v = arg;
	char comm[16];
	bool pending = false;
	int r;

	snprintf(comm, sizeof(comm), "CPU %u/KVM", v->id);
	prctl(PR_SET_NAME, comm);
	v->tid = (pid_t)syscall(SYS_gettid);
	r = vcpu_create(v);
	my_run = v->run;

	vcpu_lock();
	v->job_ret = r;
	v->job = NULL;
	pthread_cond_broadcast(&changed);
	while (!v->gone) {
		bool alive;

		/* A kick that comes from here on makes the next KVM_RUN return at once. */
		if (v->run)
			v->run->immediate_exit = 0;
		if (v->job) {
			vcpu_unlock();
			if (pending) {
				v->run->immediate_exit = 1;
				ioctl(v->fd, KVM_RUN, 0);
				pending = false;
			}
			r = v->job(v, v->job_arg);
			vcpu_lock();
			v->job_ret = r;
			v->job = NULL;
			pthread_cond_broadcast(&changed);
		} else if (v->running) {
			vcpu_unlock();
			alive = enter(v, &pending);
			if (alive && !pending && v->machine->irqwin.active && v == v->machine->vcpu[0])
				irqwin_tick(v->machine);
			vcpu_lock();
			v->exits++;
			if (!alive)
				v->running = false;
		} else {
			pthread_cond_wait(&changed, &lock);
		}
	}
	vcpu_unlock();
	if (v->run)
		munmap(v->run, v->run_size);
	if (v->fd >= 0)
		close(v->fd);
	return NULL;
}

static void kick(struct vcpu *v)
{
	pthread_cond_broadcast(&changed);
	pthread_kill(v->thread, SIGUSR1);
}

static int wait_for_job(struct vcpu *v)
{
	while (v->job)
		pthread_cond_wait(&changed, &lock);
	return v->job_ret;
}

int vcpu_run_on(struct vcpu *v, vcpu_job *job, void *arg)
{
	int r;

	vcpu_lock();
	v->job_arg = arg;
	v->job = job;
	kick(v);
	r = wait_for_job(v);
	vcpu_unlock();
	return r;
}

static int nothing(struct vcpu *v, void *arg)
{
	return 0;
}

bool vcpu_set_running(struct vcpu *v, bool running)
{
	bool before;

	vcpu_lock();
	before = v->running;
	v->running = running;
	vcpu_unlock();
	vcpu_run_on(v, nothing, NULL);
	return before;
}

void vcpu_free(struct vcpu *v)
{
	vcpu_lock();
	v->gone = true;
	kick(v);
	vcpu_unlock();
	pthread_join(v->thread, NULL);
	free(v);
}

int vcpu_new(struct machine *m, unsigned int id, struct vcpu **ret)
{
	struct sigaction kicked = {.sa_handler = on_kick};
	struct vcpu *v = calloc(1, sizeof(*v));
	int r;

	if (!v)
		return fail(ENOMEM, "no memory");
	v->machine = m;
	v->id = id;
	v->fd = -1;
	sigaction(SIGUSR1, &kicked, NULL);
	v->job = nothing; /* until the thread has created it */
	r = pthread_create(&v->thread, NULL, vcpu_main, v);
	if (r) {
		free(v);
		return fail(r, "no thread: %s", strerror(r));
	}
	vcpu_lock();
	r = wait_for_job(v);
	vcpu_unlock();
	nap((uint64_t)(m->options.late * 1e9));
	if (r == 0)
		r = vcpu_run_on(v, vcpu_prepare, NULL);
	if (r)
		vcpu_free(v);
	else
		*ret = v;
	return r;
}
