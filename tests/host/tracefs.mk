# SPDX-License-Identifier: GPL-2.0-or-later
check_PROGRAMS += tests/host/watch-tracefs
tests_host_watch_tracefs_SOURCES = tests/host/watch-tracefs.c
tests_host_watch_tracefs_LDADD = libkernel.a libcore.a libbase.a $(TRACECMD_LIBS) $(TRACE_LIBS) $(BPF_LIBS) $(INIH_LIBS) $(SYSTEMD_LIBS)
TESTS += tests/host/tracefs.test
dist_check_SCRIPTS += tests/host/tracefs.test
