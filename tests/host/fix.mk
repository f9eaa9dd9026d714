# SPDX-License-Identifier: GPL-2.0-or-later
TESTS += tests/host/probe.test
dist_check_SCRIPTS += tests/host/probe.test
check_PROGRAMS += tests/host/stalled-print
tests_host_stalled_print_SOURCES = tests/host/stalled-print.c
tests_host_stalled_print_LDADD = libkernel.a libcore.a libbase.a $(BPF_LIBS)
TESTS += tests/host/stalled.test
dist_check_SCRIPTS += tests/host/stalled.test
