# SPDX-License-Identifier: GPL-2.0-or-later
check_PROGRAMS += tests/unit/test-daemon
TESTS += tests/unit/test-daemon
tests_unit_test_daemon_SOURCES = tests/unit/test-daemon.c src/daemon/index.c src/daemon/uevents.c
tests_unit_test_daemon_LDADD = libbase.a $(SYSTEMD_LIBS) $(CMOCKA_LIBS)
