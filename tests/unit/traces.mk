# SPDX-License-Identifier: GPL-2.0-or-later
traces_tests = tests/unit/test-tracetext tests/unit/test-tracefile tests/unit/test-guess tests/unit/test-fold
check_PROGRAMS += $(traces_tests)
TESTS += $(traces_tests) tests/unit/analyze.test
dist_check_SCRIPTS += tests/unit/analyze.test
traces_LIBS = libkernel.a libcore.a libbase.a $(CMOCKA_LIBS) $(TRACECMD_LIBS) $(TRACE_LIBS) $(BPF_LIBS) $(INIH_LIBS) $(SYSTEMD_LIBS)
tests_unit_test_tracetext_SOURCES = tests/unit/test-tracetext.c
tests_unit_test_tracetext_LDADD = $(traces_LIBS)
tests_unit_test_tracefile_SOURCES = tests/unit/test-tracefile.c
tests_unit_test_tracefile_LDADD = $(traces_LIBS)
tests_unit_test_guess_SOURCES = tests/unit/test-guess.c
tests_unit_test_guess_LDADD = $(traces_LIBS)
tests_unit_test_fold_SOURCES = tests/unit/test-fold.c
tests_unit_test_fold_LDADD = $(traces_LIBS)
# Makes the trace.dat files of tests/data/trace, see the README there.
check_PROGRAMS += tests/data/trace/mkdat
tests_data_trace_mkdat_SOURCES = tests/data/trace/mkdat.c
tests_data_trace_mkdat_LDADD = $(traces_LIBS)
EXTRA_DIST += tests/data/trace/README tests/data/trace/report.txt tests/data/trace/6.0-stuck.txt tests/data/trace/6.0-stuck.dat \
	tests/data/trace/6.0-stuck-v7.dat tests/data/trace/6.12-pit.txt tests/data/trace/6.12-pit.dat tests/data/trace/7.3-clean.txt \
	tests/data/trace/two-vms.txt tests/data/trace/two-vms-tgid.txt tests/data/trace/resets.txt tests/data/trace/lost.txt \
	tests/data/trace/lost.dat tests/data/trace/lost-trace-cmd.txt tests/data/trace/5.15-old.txt
