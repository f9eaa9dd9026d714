# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libfix.a
libfix_a_SOURCES = src/fix/child.c src/fix/child.h src/fix/look.c src/fix/look.h src/fix/probe.c src/fix/version.c
libfix_a_CPPFLAGS = $(AM_CPPFLAGS) -DLIBEXECDIR='"$(pkglibexecdir)"'
# a process of its own, which needs libc alone
pkglibexec_PROGRAMS += avicd-probe
avicd_probe_SOURCES = src/fix/avicd-probe.c
avicd_probe_LDADD =
