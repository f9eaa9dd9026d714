# SPDX-License-Identifier: GPL-2.0-or-later
check_PROGRAMS += tests/unit/test-probe
TESTS += tests/unit/test-probe
tests_unit_test_probe_SOURCES = tests/unit/test-probe.c
tests_unit_test_probe_LDADD = libfix.a libkernel.a libcore.a libbase.a $(CMOCKA_LIBS) $(INIH_LIBS) $(SYSTEMD_LIBS) \
	$(BPF_LIBS) $(TRACE_LIBS) $(TRACECMD_LIBS)
