# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libcore.a
libcore_a_SOURCES = src/core/advisory.c src/core/advisory_table.c src/core/apicid.c \
	src/core/bugs.c src/core/finding.c src/core/hostcheck.c \
	src/core/hostcheck-private.h src/core/hostcheck_kernel.c src/core/preflight.c src/core/preflight-private.h \
	src/core/preflight_setup.c \
	src/core/remedy.c src/core/remedy_book.c src/core/remedy_round.c src/core/remedy_rules.c \
	src/core/subject.c src/core/target.c src/core/reasons.c src/core/lifetime.c src/core/numbering.c \
	src/core/tracker.c src/core/tracker-private.h src/core/evaluate.c src/core/boots.c src/core/witness.c src/core/verdict.c
