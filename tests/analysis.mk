# SPDX-License-Identifier: GPL-2.0-or-later
# Runs of the tests, and looks at the code, beyond `make check`. Each works from a VPATH build and from a build in the source folder.

UNIT_TESTS = $(filter tests/unit/% tests/fuzz/%,$(TESTS))
HOST_TESTS = $(filter tests/host/%,$(TESTS))
.PHONY: list-unit-tests check-unit check-host check-asan check-clang check-dist check-valgrind check-valgrind-host check-cppcheck cppcheck clang-tidy
list-unit-tests:
	@echo $(UNIT_TESTS)
check-unit:
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(UNIT_TESTS)'
check-host:
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(HOST_TESTS)'

# A second build below this one, from the files that a release would have: needs nothing of the state of the source folder.
# $(1): its folder, $(2): options of configure.
second_build = $(MKDIR_P) $(1) && $(MAKE) $(AM_MAKEFLAGS) distdir distdir=$(1)/source && cd $(1) && \
	{ test source/configure -ot config.status && test "$$(cat .options)" = "$(2)" || { \
	  source/configure --quiet $(2) && echo "$(2)" >.options; }; }

# Without -Werror: what sanitizers add to the code makes compilers warn of what cannot happen. LeakSanitizer needs ptrace, which a build
# container may forbid: then leaks are valgrind's job.
SAN_ENVIRONMENT = ASAN_OPTIONS=detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=1 \
	LSAN_OPTIONS=suppressions=$(abs_top_srcdir)/tests/lsan.supp:print_suppressions=0 TEST_SLOWNESS=3
check-asan:
	$(call second_build,build-asan,--enable-sanitizers) && \
	$(SAN_ENVIRONMENT) $(MAKE) $(AM_MAKEFLAGS) check TESTS='$(TESTS)'

# Its warnings, as errors.
check-clang:
	$(call second_build,build-clang,--enable-werror CC=clang) && $(MAKE) $(AM_MAKEFLAGS) check TESTS=

# The tests that need the host run anyway; what distcheck adds is the tarball, VPATH, install and uninstall.
check-dist:
	$(MAKE) $(AM_MAKEFLAGS) distcheck TESTS='$(UNIT_TESTS)'

VALGRIND = valgrind --quiet --error-exitcode=99 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite \
	--child-silent-after-fork=yes --suppressions=$(abs_top_srcdir)/tests/valgrind.supp
# The programs, and of the scripts the one that is made for it: the others start each program hundreds of times, under sanitizers as well.
check-valgrind: VALGRIND_TESTS = $(filter-out tests/host/% %.test,$(TESTS))
check-valgrind-host: VALGRIND_TESTS = $(filter tests/host/memory.test,$(TESTS))
check-valgrind check-valgrind-host: all
	AVICD_WRAPPER='$(VALGRIND)' TEST_SLOWNESS=10 MALLOC_PERTURB_=0 $(MAKE) $(AM_MAKEFLAGS) check \
		TEST_TIMEOUT=900 LOG_COMPILER='$(SHELL) $(top_srcdir)/tests/tap.sh timeout -k 15 900 $(VALGRIND)' TESTS='$(VALGRIND_TESTS)'

ANALYSED = src/base src/core src/kernel src/fix src/virt src/store src/report src/daemon src/ctl src/hook src/job src/exporter
CPPCHECK_FLAGS = --quiet --error-exitcode=1 --inline-suppr --std=c11 --enable=warning,performance,portability \
	--suppressions-list=tests/cppcheck.supp -D__x86_64__ -D__GNUC__ -D__linux__ \
	-i src/kernel/bpf -i src/fix/module -Iinclude -Isrc
cppcheck check-cppcheck:
	cd '$(srcdir)' && cppcheck -j 2 $(CPPCHECK_FLAGS) --template=gcc $(ANALYSED)

clang-tidy: $(BUILT_SOURCES) config.h
	for f in $$(find $(ANALYSED:%='$(srcdir)'/%) -name '*.c' ! -name '*.bpf.c' ! -path '*/fix/module/*'); do \
		clang-tidy --quiet --warnings-as-errors='*' $$f -- -std=gnu11 $(DEFS) $(AM_CPPFLAGS) || exit; done

EXTRA_DIST += tests/basics.sh tests/functions.sh tests/tap.sh tests/README.md tests/tour.sh tests/valgrind.supp tests/lsan.supp tests/cppcheck.supp
clean-local-analysis:
	rm -rf build-asan build-clang build-fuzz
clean-local: clean-local-analysis
