# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libfix.a
libfix_a_SOURCES = src/fix/catalogue.c src/fix/catalogue_json.c src/fix/catalogue_kernels.c src/fix/catalogue_parse.c \
	src/fix/child.c src/fix/child.h src/fix/deploy.c src/fix/livepatch.c src/fix/livepatch_marks.c src/fix/livepatch_module.c \
	src/fix/livepatch_outcome.c src/fix/livepatch_switch.c src/fix/look.c src/fix/look.h src/fix/probe.c src/fix/probe_wait.c \
	src/fix/kmod.h src/fix/reading.h src/fix/version.c
libfix_a_CPPFLAGS = $(AM_CPPFLAGS) -DLIBEXECDIR='"$(pkglibexecdir)"' -DPKGDATADIR='"$(pkgdatadir)"'
# a process of its own, which needs libc alone
pkglibexec_PROGRAMS += avicd-probe
avicd_probe_SOURCES = src/fix/avicd-probe.c
avicd_probe_LDADD =
# what loads the livepatch: the one program with CAP_SYS_MODULE
pkglibexec_PROGRAMS += avicd-livepatch
avicd_livepatch_SOURCES = src/fix/avicd-livepatch.c src/fix/helper.h src/fix/kmod.h src/fix/livepatch_kernel.c src/fix/livepatch_load.c \
	src/fix/livepatch_unload.c
avicd_livepatch_LDADD = libfix.a libkernel.a libcore.a libbase.a $(JSONC_LIBS) $(INIH_LIBS) $(SYSTEMD_LIBS) $(BPF_LIBS) $(KMOD_LIBS)
