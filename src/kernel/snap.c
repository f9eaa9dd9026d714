/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of the snapshot iterator, gathered and told VM by VM. */
#include <errno.h>

#include "kernel/bpf/shared.h"
#include "kernel/snap.h"

struct snaps {
	struct snap *recs;
	size_t n, size;
};

static void snaps_done(struct snaps *s)
{
	free_p(&s->recs);
}

static int snaps_load(int fd, struct snaps *s)
{
	size_t bytes = 0;
	ssize_t n;

	do {
		if (s->size * sizeof(struct snap) - bytes < 65536) {
			size_t size = s->size ? s->size * 2 : 1024;
			struct snap *p = reallocarray(s->recs, size, sizeof(*p));

			if (!p)
				return -ENOMEM;
			s->recs = p;
			s->size = size;
		}
		n = read(fd, (char *)s->recs + bytes, s->size * sizeof(struct snap) - bytes);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return -errno;
		bytes += n > 0 ? (size_t)n : 0;
	} while (n != 0);
	s->n = bytes / sizeof(struct snap);
	return bytes % sizeof(struct snap) ? -EIO : 0;
}

/* by process, VM; the VM's own record before its vCPUs */
static int snap_compare(const void *a, const void *b)
{
	const struct snap *x = a, *y = b;

	if (x->tgid != y->tgid)
		return x->tgid < y->tgid ? -1 : 1;
	if (x->kvm != y->kvm)
		return x->kvm < y->kvm ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return x->vcpu_id < y->vcpu_id ? -1 : x->vcpu_id > y->vcpu_id;
}

/* One VM: records [0, n) are of the same struct kvm. */
static int snap_tell(const struct snap *recs, size_t n, trace_snap_fn fn, void *userdata)
{
	struct snap_vm vm = {
		.id = { (int32_t)recs->tgid, recs->start },
		.kvm = recs->kvm,
		.mask = recs->mask,
		.created_vcpus = recs->created_vcpus,
	};
	_cleanup_free_ struct snap_vcpu *vcpus = NULL;

	if (recs->kind != SNAP_VM)
		return 0; /* the VM's file is closed, its vCPUs live on: no VM for anybody */
	memcpy(vm.comm, recs->comm, sizeof(vm.comm) - 1);
	vcpus = calloc(n, sizeof(*vcpus));
	if (!vcpus)
		return -ENOMEM;
	for (size_t i = 1; i < n; i++) {
		if (recs[i].kind != SNAP_VCPU || (vm.n_vcpus && vcpus[vm.n_vcpus - 1].vcpu_id == recs[i].vcpu_id))
			continue;
		vcpus[vm.n_vcpus++] = (struct snap_vcpu){
			.vcpu_id = recs[i].vcpu_id,
			.apic_base = recs[i].apic_base,
			.apic_id = recs[i].apic_id,
			.apic_valid = recs[i].apic_valid,
			.apicv_active = recs[i].apicv_active,
		};
	}
	if (vm.n_vcpus)
		vm.vcpus = vcpus;
	return fn(&vm, userdata);
}

int snap_read(int fd, trace_snap_fn fn, void *userdata)
{
	_cleanup_(snaps_done) struct snaps s = {};
	int r = snaps_load(fd, &s);

	if (r < 0)
		return r;
	if (s.n)
		qsort(s.recs, s.n, sizeof(*s.recs), snap_compare);
	for (size_t i = 0, j; i < s.n; i = j) {
		for (j = i + 1; j < s.n && s.recs[j].tgid == s.recs[i].tgid && s.recs[j].kvm == s.recs[i].kvm; j++)
			;
		r = snap_tell(&s.recs[i], j - i, fn, userdata);
		if (r)
			return r;
	}
	return 0;
}
