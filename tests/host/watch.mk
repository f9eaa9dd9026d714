# SPDX-License-Identifier: GPL-2.0-or-later
check_PROGRAMS += tests/host/agents tests/host/test-bpf-entry
tests_host_agents_SOURCES = tests/host/agents.c tests/find-prog.h
tests_host_agents_LDADD = $(BPF_LIBS)
tests_host_test_bpf_entry_SOURCES = tests/host/test-bpf-entry.c
tests_host_test_bpf_entry_LDADD = $(BPF_LIBS) $(CMOCKA_LIBS)
TESTS += tests/host/test-bpf-entry tests/host/watch.test tests/host/many.test tests/host/metrics.test tests/host/source.test tests/host/caps.test tests/host/domain.test
dist_check_SCRIPTS += tests/host/watch.test tests/host/many.test tests/host/metrics.test tests/host/source.test tests/host/caps.test tests/host/domain.test
EXTRA_DIST += tests/host/agents.sh
