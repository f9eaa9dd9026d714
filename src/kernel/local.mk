# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libkernel.a
libkernel_a_SOURCES = src/kernel/btf.c src/kernel/capability.c src/kernel/facts.c src/kernel/facts.h \
	src/kernel/format.c src/kernel/host.c src/kernel/livepatches.c src/kernel/proc.c
libkernel_a_SOURCES += src/kernel/trace.c src/kernel/trace_bpf.c src/kernel/trace_bpf.h src/kernel/trace_bpf_open.c \
	src/kernel/snap.c src/kernel/snap.h \
	src/kernel/bpf/shared.h
nodist_libkernel_a_SOURCES = src/kernel/bpf/avic.skel.h
EXTRA_DIST += src/kernel/bpf/avic.bpf.c src/kernel/bpf/core_types.h
BUILT_SOURCES += src/kernel/bpf/avic.skel.h
CLEANFILES += src/kernel/bpf/avic.skel.h src/kernel/bpf/avic.bpf.o

# The multiarch folder holds asm/types.h, which a compiler for another target does not look into by itself.
BPF_CPPFLAGS = -D__TARGET_ARCH_x86 -I$(top_srcdir)/include -I/usr/include/x86_64-linux-gnu $(BPF_CFLAGS)
src/kernel/bpf/avic.bpf.o: src/kernel/bpf/avic.bpf.c src/kernel/bpf/core_types.h src/kernel/bpf/shared.h include/avicd/entry.h
	$(AM_V_at)$(MKDIR_P) $(@D)
	$(AM_V_GEN)$(CLANG) -g -O2 -Wall -Wextra -Wno-unused-parameter $(WERROR_CFLAGS) -target bpf -mcpu=v3 $(BPF_CPPFLAGS) \
		-c $(top_srcdir)/src/kernel/bpf/avic.bpf.c -o $@ && $(LLVM_STRIP) -g $@
src/kernel/bpf/avic.skel.h: src/kernel/bpf/avic.bpf.o
	$(AM_V_GEN)$(BPFTOOL) gen skeleton $< name avic_bpf > $@.tmp && mv $@.tmp $@
libkernel_a_SOURCES += src/kernel/tracetext.c src/kernel/tracefile.c src/kernel/tracevms.c src/kernel/guess.c \
	src/kernel/tracedat.c src/kernel/tracedat.h src/kernel/tracedat_child.c src/kernel/tracedat_uname.c \
	src/kernel/fold.c src/kernel/fold.h src/kernel/trace_recorded.c src/kernel/trace_tracefs.c \
	src/kernel/instance.c src/kernel/instance.h \
	src/kernel/layout.c src/kernel/layout.h src/kernel/span.c src/kernel/span.h src/kernel/threads.c src/kernel/threads.h

# Loaded for one question and let go: an object of its own.
libkernel_a_SOURCES += src/kernel/stalled.c src/kernel/stalled.h src/kernel/bpf/stalled_shared.h
nodist_libkernel_a_SOURCES += src/kernel/bpf/stalled.skel.h
EXTRA_DIST += src/kernel/bpf/stalled.bpf.c
BUILT_SOURCES += src/kernel/bpf/stalled.skel.h
CLEANFILES += src/kernel/bpf/stalled.skel.h src/kernel/bpf/stalled.bpf.o
src/kernel/bpf/stalled.bpf.o: src/kernel/bpf/stalled.bpf.c src/kernel/bpf/core_types.h \
		src/kernel/bpf/stalled_shared.h
	$(AM_V_at)$(MKDIR_P) $(@D)
	$(AM_V_GEN)$(CLANG) -g -O2 -Wall -Wextra -Wno-unused-parameter $(WERROR_CFLAGS) -target bpf -mcpu=v3 $(BPF_CPPFLAGS) \
		-c $(top_srcdir)/src/kernel/bpf/stalled.bpf.c -o $@ && $(LLVM_STRIP) -g $@
src/kernel/bpf/stalled.skel.h: src/kernel/bpf/stalled.bpf.o
	$(AM_V_GEN)$(BPFTOOL) gen skeleton $< name stalled_bpf > $@.tmp && mv $@.tmp $@
