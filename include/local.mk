# SPDX-License-Identifier: GPL-2.0-or-later
# The public faces of the rooms, for releases; nothing installs them.
noinst_HEADERS = \
	include/avicd/advisory.h \
	include/avicd/btf.h \
	include/avicd/bugs.h \
	include/avicd/capability.h \
	include/avicd/catalogue.h \
	include/avicd/clock.h \
	include/avicd/config.h \
	include/avicd/deploy.h \
	include/avicd/domain.h \
	include/avicd/domfix.h \
	include/avicd/dompolicy.h \
	include/avicd/domxml.h \
	include/avicd/duty.h \
	include/avicd/entry.h \
	include/avicd/events.h \
	include/avicd/file.h \
	include/avicd/finding.h \
	include/avicd/hash.h \
	include/avicd/host.h \
	include/avicd/hostcheck.h \
	include/avicd/job.h \
	include/avicd/jsonc.h \
	include/avicd/livepatch.h \
	include/avicd/log.h \
	include/avicd/policy.h \
	include/avicd/preflight.h \
	include/avicd/probe.h \
	include/avicd/proc.h \
	include/avicd/reasons.h \
	include/avicd/remedy.h \
	include/avicd/remedy_round.h \
	include/avicd/report.h \
	include/avicd/said.h \
	include/avicd/settings.h \
	include/avicd/sha256.h \
	include/avicd/spawn.h \
	include/avicd/stalled.h \
	include/avicd/target.h \
	include/avicd/text.h \
	include/avicd/trace.h \
	include/avicd/tracetext.h \
	include/avicd/tracker.h \
	include/avicd/util.h \
	include/avicd/verdict.h \
	include/avicd/virt.h
