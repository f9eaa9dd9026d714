# SPDX-License-Identifier: GPL-2.0-or-later
# Not part of `all` or `check`: `make bench` builds and runs them.
bench_programs = tests/bench/bench-event tests/bench/bench-snapshot tests/bench/bench-signal tests/bench/bench-spawn
EXTRA_PROGRAMS += $(bench_programs)
CLEANFILES += $(bench_programs)
EXTRA_DIST += tests/bench/bench.sh tests/bench/exporter.sh tests/bench/hook.sh tests/bench/fleet-reports.awk tests/bench/fleet-metrics.sh tests/bench/fleet.sh
tests_bench_bench_spawn_SOURCES = tests/bench/bench-spawn.c
tests_bench_bench_event_SOURCES = tests/bench/bench-event.c
tests_bench_bench_event_LDADD = $(BPF_LIBS)
tests_bench_bench_snapshot_SOURCES = tests/bench/bench-snapshot.c
tests_bench_bench_snapshot_LDADD = libkernel.a libcore.a libbase.a $(BPF_LIBS) $(TRACE_LIBS) $(TRACECMD_LIBS) $(INIH_LIBS) $(SYSTEMD_LIBS)
tests_bench_bench_signal_SOURCES = tests/bench/bench-signal.c tests/find-prog.h
tests_bench_bench_signal_LDADD = libbase.a $(BPF_LIBS) $(INIH_LIBS) $(SYSTEMD_LIBS)

bench: all $(bench_programs) tests/host/agents tests/unit/canned-http
	top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' $(SHELL) $(srcdir)/tests/bench/fleet.sh
	top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' $(SHELL) $(srcdir)/tests/bench/exporter.sh
	top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' $(SHELL) $(srcdir)/tests/bench/hook.sh
	top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' $(SHELL) $(srcdir)/tests/bench/bench.sh
.PHONY: bench
