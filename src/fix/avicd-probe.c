/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * avicd-probe: plays one bug of KVM through in a VM of its own, which the caller looks at.
 *
 * DOC: Theory of Operation
 *
 * The bugs set the inhibit APIC_ID_MODIFIED though every APIC id is right. Each shows in a few ioctls on one vCPU that
 * never runs and has no memory. No ioctl tells of inhibits, so the caller reads the mask through its trace source; it
 * has to know our process id and to expect our VM before we make it, so we wait for a line on standard input first.
 * Behind each sequence the APIC's base is moved, which every kernel answers with the inhibit APIC_BASE_MODIFIED: when
 * the caller sees that one, it sees all that came before it.
 *
 * Says one line, "ready" or "unprovable WHY", and keeps the VM until standard input ends. Ends by itself after
 * DEADLINE.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DEADLINE 5 /* s */

#define MSR_APICBASE 0x1b
#define XAPIC	     0xfee00800 /* as after reset, enabled */
#define X2APIC	     0xfee00c00
#define DISABLED     0xfee00000
#define MOVED	     0xfe000800

/* registers of the local APIC */
#define REG_ID	 0x20
#define REG_DFR	 0xe0
#define REG_SPIV 0xf0

#define CPUID_MAX 256

struct vm {
	int kvm, fd, vcpu;
	uint32_t id;
};

static int unprovable(const char *what)
{
	printf("unprovable %s: %s\n", what, strerror(errno));
	return -1;
}

static int set_base(const struct vm *vm, uint64_t base)
{
	union {
		struct kvm_msrs head;
		unsigned char room[sizeof(struct kvm_msrs) + sizeof(struct kvm_msr_entry)];
	} m = {.head = {.nmsrs = 1}};
	int r;

	m.head.entries[0] = (struct kvm_msr_entry){.index = MSR_APICBASE, .data = base};
	/* the number of MSRs that were set */
	r = ioctl(vm->vcpu, KVM_SET_MSRS, &m);
	if (r == 1)
		return 0;
	if (r == 0)
		errno = EINVAL;
	return unprovable("KVM refuses a mode of the APIC");
}

static int get_lapic(const struct vm *vm, struct kvm_lapic_state *s)
{
	return ioctl(vm->vcpu, KVM_GET_LAPIC, s) < 0 ? unprovable("KVM_GET_LAPIC") : 0;
}

static int set_lapic(const struct vm *vm, const struct kvm_lapic_state *s)
{
	return ioctl(vm->vcpu, KVM_SET_LAPIC, s) < 0 ? unprovable("KVM_SET_LAPIC") : 0;
}

static void set_reg(struct kvm_lapic_state *s, unsigned reg, uint32_t value)
{
	memcpy(s->regs + reg, &value, sizeof(value));
}

/* The state after reset in xAPIC's format, which has room for eight bits of the id: as QEMU sets it, and right. */
static int set_reset_lapic(const struct vm *vm)
{
	struct kvm_lapic_state s = {.regs = {0}};

	set_reg(&s, REG_ID, vm->id << 24);
	set_reg(&s, REG_DFR, UINT32_MAX);
	set_reg(&s, REG_SPIV, 0xff);
	return set_lapic(vm, &s);
}

/* A guest in x2APIC mode is reset: without ef40757743b4 the register of before is looked at. */
static int play_reboot(const struct vm *vm)
{
	if (set_base(vm, X2APIC) < 0 || set_base(vm, XAPIC) < 0)
		return -1;
	return set_reset_lapic(vm);
}

/* A guest in x2APIC mode disables its APIC, whose id stays in x2APIC's format: without a58a66afc464 that is a change.
 */
static int play_disabled(const struct vm *vm)
{
	struct kvm_lapic_state s;

	if (set_base(vm, X2APIC) < 0 || set_base(vm, DISABLED) < 0 || get_lapic(vm, &s) < 0)
		return -1;
	return set_lapic(vm, &s);
}

/* src/core/bugs.c has the words, too. Not id 0, which reads the same in both formats. */
static const struct play {
	const char *word;
	uint32_t id; /* of the vCPU */
	int (*play)(const struct vm *vm);
} plays[] = {
	{"reboot", 1, play_reboot},
	{"disabled", 1, play_disabled},
	{"large-id", 256, set_reset_lapic}, /* without f651a0089548 all bits are compared */
};

/* What the host has, and x2APIC mode, which KVM offers everywhere but not by itself. */
static int set_cpuid(const struct vm *vm)
{
	static union {
		struct kvm_cpuid2 head;
		unsigned char room[sizeof(struct kvm_cpuid2) + CPUID_MAX * sizeof(struct kvm_cpuid_entry2)];
	} c = {.head = {.nent = CPUID_MAX}};

	if (ioctl(vm->kvm, KVM_GET_SUPPORTED_CPUID, &c) < 0)
		return unprovable("KVM_GET_SUPPORTED_CPUID");
	for (uint32_t i = 0; i < c.head.nent && i < CPUID_MAX; i++)
		if (c.head.entries[i].function == 1)
			c.head.entries[i].ecx |= 1U << 21;
	return ioctl(vm->vcpu, KVM_SET_CPUID2, &c) < 0 ? unprovable("KVM_SET_CPUID2") : 0;
}

static int make_vcpu(struct vm *vm)
{
	vm->vcpu = ioctl(vm->fd, KVM_CREATE_VCPU, (unsigned long)vm->id);
	if (vm->vcpu >= 0)
		return set_cpuid(vm);
	if (vm->id > 255 && errno == EINVAL) {
		printf("unprovable AVIC of this host takes no vCPU id above 254, so no VM can meet it\n");
		return -1;
	}
	return unprovable("KVM_CREATE_VCPU");
}

static int make_vm(struct vm *vm)
{
	/* 32-bit ids in KVM_SET_LAPIC, as QEMU has them */
	struct kvm_enable_cap cap = {
		.cap = KVM_CAP_X2APIC_API,
		.args = {KVM_X2APIC_API_USE_32BIT_IDS | KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK},
	};

	vm->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (vm->kvm < 0)
		return unprovable("/dev/kvm cannot be opened");
	vm->fd = ioctl(vm->kvm, KVM_CREATE_VM, 0);
	if (vm->fd < 0)
		return unprovable("KVM_CREATE_VM");
	if (ioctl(vm->fd, KVM_CREATE_IRQCHIP, 0) < 0)
		return unprovable("KVM_CREATE_IRQCHIP");
	if (ioctl(vm->fd, KVM_ENABLE_CAP, &cap) < 0)
		return unprovable("KVM_CAP_X2APIC_API");
	return make_vcpu(vm);
}

static const struct play *find_play(const char *word)
{
	for (size_t i = 0; i < sizeof(plays) / sizeof(plays[0]); i++)
		if (strcmp(plays[i].word, word) == 0)
			return &plays[i];
	return NULL;
}

/* Wait for the end of a line, or of everything. */
static int read_until(int what)
{
	char c;
	ssize_t n;

	while ((n = read(STDIN_FILENO, &c, 1)) > 0)
		if ((unsigned char)c == what)
			return 0;
	return n == 0 && what == EOF ? 0 : -1;
}

int main(int argc, char *argv[])
{
	const struct play *play = argc == 2 ? find_play(argv[1]) : NULL;
	struct vm vm = {-1, -1, -1, 0};
	int r;

	if (!play) {
		fprintf(stderr, "usage: avicd-probe reboot|disabled|large-id\navicd and 'avicctl fix probe' run it.\n");
		return 2;
	}
	alarm(DEADLINE);
	if (read_until('\n') < 0)
		return 1;
	vm.id = play->id;
	r = make_vm(&vm);
	if (r == 0)
		r = play->play(&vm);
	if (r == 0)
		r = set_base(&vm, MOVED);
	if (r == 0)
		puts("ready");
	fflush(stdout);
	read_until(EOF);
	return 0;
}
