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

# They count or make up what avicd finds on the whole host: so VMs of other tests must neither come nor go meanwhile. One after the other,
# when all others are done; the unit tests go on beside them.
alone = metrics watch remedy report history
others_of = $(filter-out $(alone:%=tests/host/%.log),$(filter tests/host/%.log,$(TEST_LOGS)))
tests/host/metrics.log: $(others_of)
tests/host/watch.log: $(others_of) $(filter tests/host/metrics.log,$(TEST_LOGS))
tests/host/remedy.log: $(others_of) $(filter tests/host/metrics.log tests/host/watch.log,$(TEST_LOGS))
tests/host/report.log: $(others_of) $(filter tests/host/metrics.log tests/host/watch.log tests/host/remedy.log,$(TEST_LOGS))
tests/host/history.log: $(others_of) $(filter tests/host/metrics.log tests/host/watch.log tests/host/remedy.log tests/host/report.log,$(TEST_LOGS))
