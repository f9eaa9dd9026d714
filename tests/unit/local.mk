# SPDX-License-Identifier: GPL-2.0-or-later
include tests/unit/base.mk
include tests/unit/core.mk
include tests/unit/kernel-facts.mk
include tests/unit/traces.mk
include tests/unit/fix.mk
include tests/unit/virt.mk
include tests/unit/report.mk
include tests/unit/store.mk
include tests/unit/job.mk
include tests/unit/exporter.mk
include tests/unit/ctl.mk
include tests/unit/hook.mk
include tests/unit/daemon.mk
include tests/unit/house.mk
