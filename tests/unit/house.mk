# SPDX-License-Identifier: GPL-2.0-or-later
TESTS += tests/unit/functions.test tests/unit/lab.test tests/unit/manuals.test tests/unit/rooms.test tests/unit/units.test
dist_check_SCRIPTS += tests/unit/functions.test tests/unit/lab.test tests/unit/manuals.test tests/unit/rooms.test tests/unit/units.test

check_PROGRAMS += tests/unit/test-conf
TESTS += tests/unit/test-conf
tests_unit_test_conf_SOURCES = tests/unit/test-conf.c
tests_unit_test_conf_LDADD = libbase.a $(INIH_LIBS) $(SYSTEMD_LIBS) $(CMOCKA_LIBS)

TESTS += tests/unit/prometheus.test
dist_check_SCRIPTS += tests/unit/prometheus.test
EXTRA_DIST += tests/data/prometheus/figures.yml tests/data/prometheus/alerts-daemon.yml \
	tests/data/prometheus/alerts-host.yml tests/data/prometheus/alerts-remedies.yml tests/data/prometheus/alerts-vm.yml
