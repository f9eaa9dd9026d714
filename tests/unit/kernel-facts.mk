# SPDX-License-Identifier: GPL-2.0-or-later
kernel_facts_tests = tests/unit/test-reasons tests/unit/test-numbering tests/unit/test-btf tests/unit/test-format \
	tests/unit/test-host tests/unit/test-hostcheck tests/unit/test-proc
check_PROGRAMS += $(kernel_facts_tests)
TESTS += $(kernel_facts_tests)
tests_unit_test_reasons_SOURCES = tests/unit/test-reasons.c tests/unit/kernel-facts.h
tests_unit_test_reasons_LDADD = libcore.a $(CMOCKA_LIBS)
tests_unit_test_numbering_SOURCES = tests/unit/test-numbering.c tests/unit/kernel-facts.h
tests_unit_test_numbering_LDADD = libcore.a $(CMOCKA_LIBS)
kernel_facts_libs = libkernel.a libcore.a libbase.a $(BPF_LIBS) $(CMOCKA_LIBS)
tests_unit_test_btf_SOURCES = tests/unit/test-btf.c tests/unit/kernel-facts.h
tests_unit_test_btf_LDADD = $(kernel_facts_libs)
tests_unit_test_format_SOURCES = tests/unit/test-format.c tests/unit/kernel-facts.h
tests_unit_test_format_LDADD = $(kernel_facts_libs)
tests_unit_test_host_SOURCES = tests/unit/test-host.c tests/unit/kernel-facts.h tests/unit/tmpdir.h
tests_unit_test_host_LDADD = $(kernel_facts_libs)
tests_unit_test_hostcheck_SOURCES = tests/unit/test-hostcheck.c
tests_unit_test_hostcheck_LDADD = $(kernel_facts_libs)
tests_unit_test_proc_SOURCES = tests/unit/test-proc.c tests/unit/kernel-facts.h
tests_unit_test_proc_LDADD = $(kernel_facts_libs)
EXTRA_DIST += tests/data/btf tests/data/format tests/data/sysroot
check_PROGRAMS += tests/unit/test-stalled
TESTS += tests/unit/test-stalled
tests_unit_test_stalled_SOURCES = tests/unit/test-stalled.c
tests_unit_test_stalled_LDADD = $(kernel_facts_libs)
