# SPDX-License-Identifier: GPL-2.0-or-later
check_PROGRAMS += tests/unit/test-catalogue tests/unit/test-probe
TESTS += tests/unit/test-catalogue tests/unit/test-probe
tests_unit_test_catalogue_SOURCES = tests/unit/test-catalogue.c
tests_unit_test_catalogue_LDADD = libfix.a libkernel.a libcore.a libbase.a $(CMOCKA_LIBS) $(JSONC_LIBS) $(INIH_LIBS)
tests_unit_test_probe_SOURCES = tests/unit/test-probe.c
tests_unit_test_probe_LDADD = libfix.a libkernel.a libcore.a libbase.a $(CMOCKA_LIBS) $(INIH_LIBS) $(SYSTEMD_LIBS) \
	$(BPF_LIBS) $(TRACE_LIBS) $(TRACECMD_LIBS)

livepatch_tests = tests/unit/test-livepatch tests/unit/test-livepatch-files
check_PROGRAMS += $(livepatch_tests)
TESTS += $(livepatch_tests)
livepatch_libs = libfix.a libkernel.a libcore.a libbase.a $(JSONC_LIBS) $(INIH_LIBS) $(BPF_LIBS) $(KMOD_LIBS) $(CMOCKA_LIBS)
tests_unit_test_livepatch_SOURCES = tests/unit/test-livepatch.c tests/unit/livepatch-fixture.h tests/unit/tmpdir.h
tests_unit_test_livepatch_LDADD = $(livepatch_libs)
tests_unit_test_livepatch_files_SOURCES = tests/unit/test-livepatch-files.c tests/unit/livepatch-fixture.h tests/unit/tmpdir.h
tests_unit_test_livepatch_files_LDADD = $(livepatch_libs)

check_PROGRAMS += tests/unit/test-deploy
TESTS += tests/unit/test-deploy
tests_unit_test_deploy_SOURCES = tests/unit/test-deploy.c
tests_unit_test_deploy_LDADD = libfix.a libbase.a $(CMOCKA_LIBS)
TESTS += tests/unit/livepatch.test tests/unit/fix.test tests/unit/fixbuild.test tests/unit/remedyctl.test
dist_check_SCRIPTS += tests/unit/livepatch.test tests/unit/fix.test tests/unit/fixbuild.test tests/unit/remedyctl.test
