# SPDX-License-Identifier: GPL-2.0-or-later
check_PROGRAMS += tests/host/fake-polkit
tests_host_fake_polkit_SOURCES = tests/host/fake-polkit.c
tests_host_fake_polkit_LDADD = $(SYSTEMD_LIBS)
TESTS += tests/host/dbus.test tests/host/service.test tests/host/index.test
dist_check_SCRIPTS += tests/host/dbus.test tests/host/service.test tests/host/index.test
