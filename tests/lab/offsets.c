/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parameters of avicd_livepatch.ko for the running kernel, as insmod takes them: "vcpu=144 regs=168". */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "avicd/btf.h"

int main(void)
{
	struct kernel_btf b = {0};
	struct kvm_offsets o;
	int r = kernel_btf_open(&b);

	if (r == 0)
		r = btf_offsets(&b, &o);
	kernel_btf_close(&b);
	if (r == 0 && (o.lapic_vcpu < 0 || o.lapic_regs < 0))
		r = -ENOENT;
	if (r < 0) {
		fprintf(stderr, "offsets: struct kvm_lapic is not in the kernel's BTF: %s\n", strerror(-r));
		return 1;
	}
	printf("vcpu=%d regs=%d\n", o.lapic_vcpu, o.lapic_regs);
	return 0;
}
