# SPDX-License-Identifier: GPL-2.0-or-later
include tests/host/virt.mk
include tests/host/dbus.mk
include tests/host/tracefs.mk
include tests/host/watch.mk
include tests/host/fix.mk
include tests/host/house.mk
include tests/host/policy.mk
include tests/host/remedy.mk
include tests/host/restore.mk
include tests/host/store.mk

# They make up masks, which a look at the whole host overrules: so VMs of other tests must neither come nor go meanwhile.
tests/host/watch.log: $(filter-out tests/host/watch.log tests/host/remedy.log tests/host/report.log tests/host/history.log,$(filter tests/host/%.log,$(TEST_LOGS)))
tests/host/remedy.log: $(filter-out tests/host/remedy.log tests/host/report.log tests/host/history.log,$(filter tests/host/%.log,$(TEST_LOGS)))
tests/host/report.log: $(filter-out tests/host/report.log tests/host/history.log,$(filter tests/host/%.log,$(TEST_LOGS)))
tests/host/history.log: $(filter-out tests/host/history.log,$(filter tests/host/%.log,$(TEST_LOGS)))
