# SPDX-License-Identifier: GPL-2.0-or-later
check_PROGRAMS += tests/unit/test-hook
TESTS += tests/unit/test-hook
tests_unit_test_hook_SOURCES = tests/unit/test-hook.c tests/unit/tmpdir.h
tests_unit_test_hook_LDADD = $(avicd_hook_LDADD) $(CMOCKA_LIBS)
TESTS += tests/host/hook.test tests/host/hookctl.test
dist_check_SCRIPTS += tests/host/hook.test tests/host/hookctl.test
