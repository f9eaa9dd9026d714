# SPDX-License-Identifier: GPL-2.0-or-later
check_PROGRAMS += tests/unit/test-entry tests/unit/test-verdict tests/unit/test-tracker tests/unit/test-remedy tests/unit/test-target
TESTS += tests/unit/test-entry tests/unit/test-verdict tests/unit/test-tracker tests/unit/test-remedy tests/unit/test-target
tests_unit_test_entry_SOURCES = tests/unit/test-entry.c
tests_unit_test_entry_LDADD = $(CMOCKA_LIBS)
tests_unit_test_verdict_SOURCES = tests/unit/test-verdict.c
tests_unit_test_verdict_LDADD = libcore.a libbase.a $(CMOCKA_LIBS) $(INIH_LIBS) $(SYSTEMD_LIBS)
tests_unit_test_tracker_SOURCES = tests/unit/test-tracker.c
tests_unit_test_tracker_LDADD = libcore.a libbase.a $(CMOCKA_LIBS) $(INIH_LIBS) $(SYSTEMD_LIBS)
tests_unit_test_remedy_SOURCES = tests/unit/test-remedy.c
tests_unit_test_remedy_LDADD = libcore.a libbase.a $(CMOCKA_LIBS) $(INIH_LIBS) $(SYSTEMD_LIBS)
tests_unit_test_target_SOURCES = tests/unit/test-target.c
tests_unit_test_target_LDADD = libcore.a libbase.a $(CMOCKA_LIBS) $(INIH_LIBS) $(SYSTEMD_LIBS)
