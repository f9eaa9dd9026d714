/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A vCPU's id that changes all the time: what healing races with. */
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "vmm-machine.h"
#include "vmm.h"

#define REG_ID 0x20

struct flip {
	uint64_t until;
	unsigned int n;
};

/* Of the vCPU's own thread: another id, and its own again, by KVM_SET_LAPIC; the last one is wrong. */
static int flip(struct vcpu *v, void *arg)
{
	struct flip *f = arg;
	struct kvm_lapic_state s;
	uint32_t own = v->id << 24, other = (v->id + 1) << 24;
	int r = VCPU_IOCTL(v, KVM_GET_LAPIC, &s);

	while (r >= 0) {
		/* pauses of several lengths, so that each step of the other side is met */
		struct timespec pause = {.tv_nsec = (f->n * 37 % 16) * 50000};

		memcpy(s.regs + REG_ID, &other, sizeof(other));
		r = VCPU_IOCTL(v, KVM_SET_LAPIC, &s);
		f->n++;
		if (r < 0 || now_ns() >= f->until)
			break;
		nanosleep(&pause, NULL);
		memcpy(s.regs + REG_ID, &own, sizeof(own));
		r = VCPU_IOCTL(v, KVM_SET_LAPIC, &s);
		nanosleep(&pause, NULL);
	}
	return r;
}

int verb_id_flip(struct machine **vm, const struct words *w)
{
	struct flip f = {.n = 0};
	double seconds = 1;
	struct vcpu *v;
	int r = vcpu_pick(*vm, w, &v);

	if (r || (r = words_seconds(w, NULL, &seconds)))
		return r;
	f.until = now_ns() + (uint64_t)(seconds * 1e9);
	r = vcpu_run_on(v, flip, &f);
	if (r >= 0)
		say(" %u", f.n);
	return r;
}
