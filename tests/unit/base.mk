# SPDX-License-Identifier: GPL-2.0-or-later
base_tests = tests/unit/test-text tests/unit/test-duration tests/unit/test-file tests/unit/test-hash tests/unit/test-config \
	tests/unit/test-configtext tests/unit/test-policy tests/unit/test-said tests/unit/test-settings tests/unit/test-log
check_PROGRAMS += $(base_tests)
TESTS += $(base_tests)
tests_unit_test_text_SOURCES = tests/unit/test-text.c
tests_unit_test_text_LDADD = libbase.a $(CMOCKA_LIBS)
tests_unit_test_duration_SOURCES = tests/unit/test-duration.c
tests_unit_test_duration_LDADD = libbase.a $(CMOCKA_LIBS) -lm
tests_unit_test_file_SOURCES = tests/unit/test-file.c tests/unit/tmpdir.h
tests_unit_test_file_LDADD = libbase.a $(CMOCKA_LIBS)
tests_unit_test_hash_SOURCES = tests/unit/test-hash.c
tests_unit_test_hash_LDADD = libbase.a $(CMOCKA_LIBS)
tests_unit_test_config_SOURCES = tests/unit/test-config.c tests/unit/tmpdir.h
tests_unit_test_config_LDADD = libbase.a $(INIH_LIBS) $(CMOCKA_LIBS)
tests_unit_test_configtext_SOURCES = tests/unit/test-configtext.c
tests_unit_test_configtext_LDADD = libbase.a $(INIH_LIBS) $(CMOCKA_LIBS)
tests_unit_test_policy_SOURCES = tests/unit/test-policy.c
tests_unit_test_policy_LDADD = libbase.a $(INIH_LIBS) $(CMOCKA_LIBS)
tests_unit_test_said_SOURCES = tests/unit/test-said.c tests/unit/tmpdir.h
tests_unit_test_said_LDADD = libbase.a $(CMOCKA_LIBS)
tests_unit_test_settings_SOURCES = tests/unit/test-settings.c
tests_unit_test_settings_LDADD = libbase.a $(INIH_LIBS) $(CMOCKA_LIBS)
tests_unit_test_log_SOURCES = tests/unit/test-log.c tests/unit/tmpdir.h
tests_unit_test_log_LDADD = libbase.a $(CMOCKA_LIBS)
