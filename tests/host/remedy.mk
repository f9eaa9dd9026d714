# SPDX-License-Identifier: GPL-2.0-or-later
check_PROGRAMS += tests/host/fake-systemd
tests_host_fake_systemd_SOURCES = tests/host/fake-systemd.c
tests_host_fake_systemd_LDADD = $(SYSTEMD_LIBS)
TESTS += tests/host/remedy.test tests/host/report.test
dist_check_SCRIPTS += tests/host/remedy.test tests/host/report.test
EXTRA_DIST += tests/host/systemd.sh
