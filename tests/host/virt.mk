# SPDX-License-Identifier: GPL-2.0-or-later
check_PROGRAMS += tests/host/virt-print
tests_host_virt_print_SOURCES = tests/host/virt-print.c
tests_host_virt_print_LDADD = libvirt.a libbase.a $(LIBVIRT_LIBS) $(XML2_LIBS) $(SYSTEMD_LIBS)
TESTS += tests/host/virt.test
dist_check_SCRIPTS += tests/host/virt.test
TESTS += tests/host/migrate.test
dist_check_SCRIPTS += tests/host/migrate.test
EXTRA_DIST += tests/host/guest.sh tests/host/libvirt.sh
TESTS += tests/host/check.test
dist_check_SCRIPTS += tests/host/check.test
