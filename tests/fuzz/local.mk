# SPDX-License-Identifier: GPL-2.0-or-later
# Fuzz targets. `make check` replays their corpora; `make fuzz` builds them with clang and libFuzzer, and searches.
fuzz_targets = tests/fuzz/fuzz-cmdline tests/fuzz/fuzz-config tests/fuzz/fuzz-dbus tests/fuzz/fuzz-domxml tests/fuzz/fuzz-fixes \
	tests/fuzz/fuzz-format tests/fuzz/fuzz-said tests/fuzz/fuzz-tracedat tests/fuzz/fuzz-tracetext
check_PROGRAMS += $(fuzz_targets)
TESTS += tests/fuzz/corpora.test
dist_check_SCRIPTS += tests/fuzz/corpora.test
EXTRA_DIST += tests/fuzz/corpus

if FUZZERS
fuzz_main = tests/fuzz/fuzz.h
fuzz_ldflags = $(AM_LDFLAGS) -fsanitize=fuzzer
else
fuzz_main = tests/fuzz/fuzz.h tests/fuzz/replay.c
fuzz_ldflags = $(AM_LDFLAGS)
endif

tests_fuzz_fuzz_cmdline_SOURCES = tests/fuzz/fuzz-cmdline.c $(fuzz_main)
tests_fuzz_fuzz_cmdline_LDADD = libkernel.a libcore.a libbase.a $(BPF_LIBS)
tests_fuzz_fuzz_cmdline_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_config_SOURCES = tests/fuzz/fuzz-config.c $(fuzz_main)
tests_fuzz_fuzz_config_LDADD = libbase.a $(INIH_LIBS) $(SYSTEMD_LIBS)
tests_fuzz_fuzz_config_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_dbus_SOURCES = tests/fuzz/fuzz-dbus.c $(fuzz_main)
tests_fuzz_fuzz_dbus_LDADD = $(avicd_LDADD)
tests_fuzz_fuzz_dbus_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_domxml_SOURCES = tests/fuzz/fuzz-domxml.c $(fuzz_main)
tests_fuzz_fuzz_domxml_LDADD = libvirt.a libcore.a libbase.a $(XML2_LIBS)
tests_fuzz_fuzz_domxml_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_fixes_SOURCES = tests/fuzz/fuzz-fixes.c $(fuzz_main)
tests_fuzz_fuzz_fixes_LDADD = libfix.a libkernel.a libcore.a libbase.a $(JSONC_LIBS)
tests_fuzz_fuzz_fixes_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_format_SOURCES = tests/fuzz/fuzz-format.c $(fuzz_main)
tests_fuzz_fuzz_format_LDADD = libkernel.a libcore.a libbase.a $(BPF_LIBS)
tests_fuzz_fuzz_format_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_said_SOURCES = tests/fuzz/fuzz-said.c $(fuzz_main)
tests_fuzz_fuzz_said_LDADD = libbase.a
tests_fuzz_fuzz_said_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_tracedat_SOURCES = tests/fuzz/fuzz-tracedat.c $(fuzz_main)
tests_fuzz_fuzz_tracedat_LDADD = libkernel.a libcore.a libbase.a $(BPF_LIBS) $(TRACE_LIBS) $(TRACECMD_LIBS)
tests_fuzz_fuzz_tracedat_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_tracetext_SOURCES = tests/fuzz/fuzz-tracetext.c $(fuzz_main)
tests_fuzz_fuzz_tracetext_LDADD = libkernel.a libcore.a libbase.a $(BPF_LIBS) $(TRACE_LIBS) $(TRACECMD_LIBS)
tests_fuzz_fuzz_tracetext_LDFLAGS = $(fuzz_ldflags)

# New inputs stay in build-fuzz/found/NAME; what is worth keeping is copied into tests/fuzz/corpus/NAME by hand.
FUZZ_SECONDS = 60
.PHONY: fuzz fuzz-run
fuzz:
	$(call second_build,build-fuzz,CC=clang --enable-fuzzers --enable-sanitizers) && \
	$(MAKE) $(AM_MAKEFLAGS) $(BUILT_SOURCES) && $(MAKE) $(AM_MAKEFLAGS) fuzz-run FUZZ_SECONDS='$(FUZZ_SECONDS)'
fuzz-run: $(fuzz_targets)
	for t in $(fuzz_targets); do name=$${t#*/fuzz-}; name=$${name##*/fuzz-}; $(MKDIR_P) found/$$name || exit; \
		echo "fuzz: $$name, $(FUZZ_SECONDS) s"; \
		UBSAN_OPTIONS=print_stacktrace=1 LSAN_OPTIONS=suppressions=$(abs_top_srcdir)/tests/lsan.supp \
		./$$t -max_total_time=$(FUZZ_SECONDS) -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0 \
			found/$$name '$(srcdir)'/tests/fuzz/corpus/$$name '$(srcdir)'/tests/data/trace || exit; done
