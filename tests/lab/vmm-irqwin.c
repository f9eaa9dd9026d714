/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IRQ windows. IRQ 5 of KVM's PIC is level-triggered and stays high. Each EOI, given with interrupts off, leaves it pending at once: KVM wants to
 * know when they are on again (IRQWIN is set), injects (it is cleared), and the handler's EOI is the next one. One window an interrupt, and no
 * exit to us but between batches, where the last EOI waits until it is time for more. So a slow rate is exact, and the fastest one is KVM's.
 *
 * The guest counts. It ends in its loop without an EOI for the last interrupt, so that none is pending and IRQWIN is clear.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "vmm-guest.h"
#include "vmm-machine.h"
#include "vmm.h"

#define IRQ		 5
#define BATCHES_A_SECOND 200 /* at most, at a rate that is given */
#define BATCH_UNLIMITED	 500
#define SLEEP_NS	 50000000
#define TICK_NS		 100000000

static uint64_t windows_made(const struct machine *m)
{
	return __atomic_load_n(guest_word(m->memory, GUEST_COUNT), __ATOMIC_RELAXED);
}

/* sleep_until() - or until somebody wants something of the vCPU: then the next batch comes early, and the one after it when it is due. */
static void sleep_until(struct machine *m, uint64_t due)
{
	bool wanted = false;

	for (uint64_t now = now_ns(); now < due && !wanted; now = now_ns()) {
		struct timespec t = {.tv_nsec = (long)(due - now < SLEEP_NS ? due - now : SLEEP_NS)};

		nanosleep(&t, NULL);
		vcpu_lock();
		wanted = m->vcpu[0]->job || m->vcpu[0]->gone || !m->vcpu[0]->running || m->irqwin.stop;
		vcpu_unlock();
	}
}

bool irqwin_next(struct machine *m)
{
	struct irqwin *i = &m->irqwin;
	uint64_t made = windows_made(m), batch = BATCH_UNLIMITED, now = now_ns();
	bool over;

	vcpu_lock();
	if (!i->begun) {
		i->begun = true;
		i->start_at = now;
	}
	over = i->stop || (i->goal && made >= i->goal) ||
	       (i->seconds > 0 && (double)(now - i->start_at) >= i->seconds * 1e9);
	if (over) {
		i->over = true;
		i->end_at = now;
	}
	vcpu_unlock();
	if (over)
		return false;

	if (i->rate) {
		sleep_until(m, i->start_at + (uint64_t)((double)made * 1e9 / (double)i->rate));
		batch = i->rate <= BATCHES_A_SECOND ? 1 : i->rate / BATCHES_A_SECOND;
	}
	if (i->goal && batch > i->goal - made)
		batch = i->goal - made;
	__atomic_store_n(guest_word(m->memory, GUEST_LEFT), (uint32_t)batch, __ATOMIC_RELAXED);
	return true;
}

/*
 * Under a CPU that QEMU emulates it happens, once in some 200000 windows as measured, that no interrupt comes any more: it is pending, IRQWIN is set,
 * and the guest spins, as if the virtual interrupt that tells KVM of the window were forgotten. Registers that are written make KVM look again.
 */
void irqwin_tick(struct machine *m)
{
	struct irqwin *i = &m->irqwin;
	uint64_t made = windows_made(m);
	struct kvm_regs regs;

	if (i->begun && !i->over && made == i->seen) {
		i->nudges++;
		if (VCPU_IOCTL(m->vcpu[0], KVM_GET_REGS, &regs) == 0)
			VCPU_IOCTL(m->vcpu[0], KVM_SET_REGS, &regs);
	}
	i->seen = made;
}

/* A signal to the vCPU's thread brings it out of KVM_RUN, and so to irqwin_tick(). */
static int start_ticks(struct machine *m)
{
	struct sigevent kick = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR1};
	struct itimerspec every = {.it_value.tv_nsec = TICK_NS, .it_interval.tv_nsec = TICK_NS};

	kick._sigev_un._tid = m->vcpu[0]->tid;
	if (timer_create(CLOCK_MONOTONIC, &kick, &m->irqwin.ticks))
		return fail(errno, "no timer: %s", strerror(errno));
	timer_settime(m->irqwin.ticks, 0, &every, NULL);
	return 0;
}

static int line(struct machine *m, unsigned int level)
{
	struct kvm_irq_level irq = {.irq = IRQ, .level = level};

	return MACHINE_IOCTL(m, KVM_IRQ_LINE, &irq);
}

/* The PIC as a BIOS leaves it, but for the mask: our line alone, or none. This also ends an interrupt that is in service. */
static int pic(struct machine *m, bool on)
{
	struct kvm_irqchip chip = {.chip_id = KVM_IRQCHIP_PIC_MASTER};
	int r = MACHINE_IOCTL(m, KVM_GET_IRQCHIP, &chip);

	if (r < 0)
		return r;
	chip.chip.pic.irr = chip.chip.pic.last_irr = chip.chip.pic.isr = 0;
	chip.chip.pic.irq_base = 8;
	chip.chip.pic.init4 = 1;
	chip.chip.pic.init_state = 0;
	chip.chip.pic.elcr = 1 << IRQ;
	chip.chip.pic.imr = on ? (uint8_t) ~(1 << IRQ) : 0xff;
	return MACHINE_IOCTL(m, KVM_SET_IRQCHIP, &chip);
}

static int start_at(struct vcpu *v, void *arg)
{
	const enum guest_entry *entry = arg;

	return vcpu_start_at(v, guest_entry(*entry));
}

/* Waits for the guest to be back in its loop; whatever befalls it, it is afterwards. Says what it made. */
static int irqwin_end(struct machine *m, double seconds)
{
	struct irqwin *i = &m->irqwin;
	uint64_t until = now_ns() + (uint64_t)(seconds * 1e9), made;
	enum guest_entry loop = GUEST_LOOP;
	double took;
	int r;

	vcpu_lock();
	while (!i->over && m->vcpu[0]->running && (seconds <= 0 || now_ns() < until))
		vcpu_wait(0.01);
	vcpu_unlock();
	made = windows_made(m);
	if (!i->over)
		i->end_at = now_ns();
	/* Else it sits in the middle of a window: blocked interrupts, or stopped. */
	timer_delete(i->ticks);
	r = i->over ? 0 : vcpu_run_on(m->vcpu[0], start_at, &loop);
	if (r >= 0)
		r = pic(m, false);
	if (r >= 0)
		r = line(m, 0);
	i->active = false;
	if (r < 0)
		return r;
	took = (double)(i->end_at - i->start_at) / 1e9;
	say(" windows=%llu seconds=%.3f rate=%.0f nudges=%llu", (unsigned long long)made, took,
	    took > 0 ? (double)made / took : 0.0, (unsigned long long)i->nudges);
	if (!i->over)
		return fail(ETIMEDOUT, "the guest did not end by itself: %s",
			    m->vcpu[0]->running ? "are its interrupts blocked?" : "it does not run");
	return 0;
}

int verb_irqwin(struct machine **vm, const struct words *w)
{
	enum guest_entry windows = GUEST_WINDOWS;
	struct machine *m = *vm;
	struct irqwin i = {.active = true};
	bool ran;
	int r = machine_quiet(m);

	if (r || (r = words_number(w, NULL, &i.goal)) || (r = words_number(w, "rate", &i.rate)) ||
	    (r = words_seconds(w, "seconds", &i.seconds)))
		return r;
	if (m->options.irqchip != IRQCHIP_KERNEL || m->n_vcpus == 0)
		return fail(EINVAL, "IRQ windows need a vCPU, and KVM's PIC: create:irqchip=kernel");
	if (!words_have(w, "background") && !i.goal && i.seconds <= 0)
		return fail(EINVAL, "for how long? N windows, seconds=S, or background and irqwin-stop");
	ran = vcpu_set_running(m->vcpu[0], false);
	m->irqwin = i;
	*guest_word(m->memory, GUEST_COUNT) = *guest_word(m->memory, GUEST_LEFT) = 0;
	r = vcpu_run_on(m->vcpu[0], start_at, &windows);
	if (r >= 0)
		r = pic(m, true);
	if (r >= 0)
		r = line(m, 1);
	if (r >= 0)
		r = start_ticks(m);
	if (r < 0) {
		m->irqwin.active = false;
		return r;
	}
	vcpu_set_running(m->vcpu[0], true);
	if (words_have(w, "background"))
		return 0;
	r = irqwin_end(m, 0);
	vcpu_set_running(m->vcpu[0], ran);
	return r;
}

int verb_irqwin_stop(struct machine **vm, const struct words *w)
{
	int r = machine_has(*vm);

	if (r)
		return r;
	if (!(*vm)->irqwin.active)
		return fail(ENOENT, "none are being made");
	vcpu_lock();
	(*vm)->irqwin.stop = true;
	vcpu_unlock();
	vcpu_set_running((*vm)->vcpu[0], (*vm)->vcpu[0]->running); /* a kick: it may sleep until the next one is due */
	return irqwin_end(*vm, 5);
}
