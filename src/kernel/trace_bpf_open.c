/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loading and attaching bpf/avic.bpf.c, and saying why it cannot be. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/utsname.h>

#include "avicd/bugs.h"
#include "avicd/btf.h"
#include "kernel/bpf/shared.h"
#include "kernel/trace_bpf.h"

#include "avic.skel.h"

/* The first warning of libbpf is the cause; the later ones follow from it. One thread opens sources, so a static buffer does. */
static char libbpf_said[256];

_printf_(2, 0) static int on_libbpf(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	if (level == LIBBPF_WARN && !libbpf_said[0]) {
		vsnprintf(libbpf_said, sizeof(libbpf_said), fmt, ap);
		libbpf_said[strcspn(libbpf_said, "\n")] = '\0';
	}
	return 0;
}

static struct trace_bpf *trace_bpf_free(struct trace_bpf *b)
{
	trace_close(&b->source);
	return NULL;
}
DEFINE_CLEANUP(struct trace_bpf, trace_bpf_free)

/* Everything that must stand before the programs are loaded. */
static int bpf_configure(struct trace_bpf *b, const struct trace_settings *set, const struct kvm_offsets *o)
{
	const struct numbering *n = &set->numbering;
	struct utsname u;
	uint64_t start_bits = numbering_mask(n, REASON_DISABLED) | numbering_mask(n, REASON_ABSENT);
	uint64_t quiet = numbering_class_mask(n, CLASS_TRANSIENT, UINT64_MAX);
	struct entry_params p = {
		.quiet_mask = quiet,
		.absent_bit = numbering_mask(n, REASON_ABSENT),
		.disabled_bit = numbering_mask(n, REASON_DISABLED),
		.storm_rate = MAX(set->storm_rate, 1U),
	};

	memcpy((void *)&b->skel->rodata->params, &p, sizeof(p));
	b->skel->rodata->stack_mask = ~quiet & ~start_bits;
	b->skel->rodata->off.kvm_mask = o->kvm_mask;
	b->skel->rodata->off.kvm_mm = o->kvm_mm;
	b->skel->rodata->off.kvm_created_vcpus = o->kvm_created_vcpus;
	b->skel->rodata->off.vcpu_kvm = o->vcpu_kvm;
	b->skel->rodata->off.vcpu_id = o->vcpu_id;
	b->skel->rodata->off.vcpu_apic = o->vcpu_apic;
	b->skel->rodata->off.vcpu_apic_base = o->vcpu_apic_base;
	b->skel->rodata->off.vcpu_apicv_active = o->vcpu_apicv_active;
	b->skel->rodata->off.lapic_regs = o->lapic_regs;
	b->skel->rodata->off.lapic_apicv_active = o->lapic_apicv_active;
	b->max_vms = set->max_vms;
	/*
	 * Before 6.1 (96da3f7d489d) the kernel warns of, and with PREEMPT_RT refuses, tracing programs whose maps allocate at run time: there
	 * the maps take their memory at once, 15 MiB for 16,384 VMs.
	 */
	if (uname(&u) >= 0 && !release_at_least(u.release, 6, 1)) {
		bpf_map__set_map_flags(b->skel->maps.vms, 0);
		bpf_map__set_map_flags(b->skel->maps.excluded, 0);
		bpf_map__set_map_flags(b->skel->maps.stack_map, 0);
	}
	/* as many more as the probe may have processes, so that they take no VM's place: a full table is known by max_vms VMs in it */
	return bpf_map__set_max_entries(b->skel->maps.vms, set->max_vms + _PROBE_BUG_MAX);
}

static int bpf_attach(struct trace_bpf *b)
{
	union bpf_iter_link_info info = { .map.map_fd = (uint32_t)bpf_map__fd(b->skel->maps.stack_map) };
	LIBBPF_OPTS(bpf_iter_attach_opts, opts, .link_info = &info, .link_info_len = sizeof(info));

	b->ring = ring_buffer__new(bpf_map__fd(b->skel->maps.wakes), trace_bpf_on_wake, b, NULL);
	if (!b->ring)
		return -errno;
	b->snapshot_link = bpf_program__attach_iter(b->skel->progs.snapshot, NULL);
	if (!b->snapshot_link)
		return -errno;
	b->stacks_link = bpf_program__attach_iter(b->skel->progs.stacks, &opts);
	if (!b->stacks_link)
		return -errno;
	/* Without it boots are counted by libvirt alone. */
	b->tsc_link = bpf_program__attach_raw_tracepoint(b->skel->progs.tsc_written, "kvm_write_tsc_offset");
	b->inhibit_link = bpf_program__attach_raw_tracepoint(b->skel->progs.inhibit_changed, "kvm_apicv_inhibit_changed");
	return b->inhibit_link ? 0 : -errno;
}

static void say_why(int r, const char *step, char **why)
{
	const char *remedy = "";

	if (r == -EPERM || r == -EACCES)
		remedy = "; CAP_BPF and CAP_PERFMON are needed, and lockdown=confidentiality forbids it";
	else if (r == -ENOENT && streq(step, "attach"))
		remedy = "; the event kvm_apicv_inhibit_changed is missing: kvm is not loaded, or the kernel is older than 5.18";
	else if (r == -ENOENT)
		remedy = "; the kernel has no BTF of kvm (CONFIG_DEBUG_INFO_BTF, and kvm loaded)";
	if (asprintf(why, "BPF source: %s: %s%s%s%s", step, strerror(-r), libbpf_said[0] ? ": " : "", libbpf_said, remedy) < 0)
		*why = NULL;
}

int trace_bpf_open(const struct trace_settings *set, struct trace_source **ret, char **why)
{
	_cleanup_(kernel_btf_close) struct kernel_btf btf = {};
	_cleanup_(trace_bpf_free_p) struct trace_bpf *b = NULL;
	struct kvm_offsets o;
	int r;

	libbpf_said[0] = '\0';
	libbpf_set_print(on_libbpf);
	r = kernel_btf_open(&btf);
	if (r >= 0)
		r = btf_offsets(&btf, &o);
	if (r < 0) {
		say_why(r, "kernel BTF", why);
		return r;
	}
	b = calloc(1, sizeof(*b));
	if (!b)
		return -ENOMEM;
	b->source = (struct trace_source){ &trace_bpf_ops, TRACE_BPF };
	b->skel = avic_bpf__open();
	r = b->skel ? bpf_configure(b, set, &o) : -errno;
	if (r >= 0)
		r = avic_bpf__load(b->skel);
	if (r < 0) {
		say_why(r, "load", why);
		return r;
	}
	trace_bpf_calibrate(b);
	usleep(20000); /* once, at start: the frequency to 0.01 %, so that a reset is known from the first second */
	trace_bpf_calibrate(b);
	r = bpf_attach(b);
	if (r < 0) {
		say_why(r, "attach", why);
		return r;
	}
	*ret = &TAKE_PTR(b)->source;
	return 0;
}
