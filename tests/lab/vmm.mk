# SPDX-License-Identifier: GPL-2.0-or-later
# Made on demand only, `make tests/lab/vmm`: linked statically, so that it runs in any image, which no sanitizer can be.
EXTRA_PROGRAMS += tests/lab/vmm
CLEANFILES += tests/lab/vmm
tests_lab_vmm_SOURCES = tests/lab/vmm.c tests/lab/vmm.h tests/lab/vmm-apic.c tests/lab/vmm-flip.c tests/lab/vmm-guest.c tests/lab/vmm-guest.h tests/lab/vmm-inhibit.c \
	tests/lab/vmm-irqwin.c tests/lab/vmm-irqwin.h tests/lab/vmm-machine.c tests/lab/vmm-machine.h tests/lab/vmm-process.c \
	tests/lab/vmm-thread.c tests/lab/vmm-vcpu.c tests/lab/vmm-words.c
tests_lab_vmm_CFLAGS = -std=gnu11 -pthread $(WARN_CFLAGS) $(WERROR_CFLAGS)
tests_lab_vmm_LDFLAGS = -pthread -static

# What the livepatch module is told at load; by the code that reads BTF for avicd. Made in build-lab, as that runs in the VM.
EXTRA_PROGRAMS += tests/lab/offsets
CLEANFILES += tests/lab/offsets
tests_lab_offsets_SOURCES = tests/lab/offsets.c
tests_lab_offsets_LDADD = libkernel.a libcore.a libbase.a $(BPF_LIBS)
