# SPDX-License-Identifier: GPL-2.0-or-later
check_PROGRAMS += tests/unit/test-exporter
TESTS += tests/unit/test-exporter tests/unit/exporter.test
dist_check_SCRIPTS += tests/unit/exporter.test
tests_unit_test_exporter_SOURCES = tests/unit/test-exporter.c
tests_unit_test_exporter_LDADD = libexporter.a libreport.a libcore.a libbase.a $(CMOCKA_LIBS) $(MICROHTTPD_LIBS) $(JSONC_LIBS) $(SYSTEMD_LIBS) \
	$(INIH_LIBS) -lm
