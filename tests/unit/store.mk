# SPDX-License-Identifier: GPL-2.0-or-later
check_PROGRAMS += tests/unit/test-job
TESTS += tests/unit/test-job
tests_unit_test_job_SOURCES = tests/unit/test-job.c tests/unit/tmpdir.h
tests_unit_test_job_LDADD = libstore.a libcore.a libbase.a $(CMOCKA_LIBS) $(JSONC_LIBS) $(SYSTEMD_LIBS)
