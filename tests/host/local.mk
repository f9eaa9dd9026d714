# SPDX-License-Identifier: GPL-2.0-or-later
include tests/host/virt.mk
include tests/host/dbus.mk
include tests/host/tracefs.mk
include tests/host/watch.mk
include tests/host/house.mk

# A snapshot shows every VM of the host, also those of other tests: one after the other.
tests/host/virt.log: tests/host/memory.log
tests/host/dbus.log: tests/host/virt.log
tests/host/service.log: tests/host/dbus.log
tests/host/index.log: tests/host/service.log
tests/host/tracefs.log: tests/host/index.log
tests/host/watch.log: tests/host/tracefs.log
tests/host/many.log: tests/host/watch.log
tests/host/source.log: tests/host/many.log
tests/host/caps.log: tests/host/source.log
tests/host/domain.log: tests/host/caps.log
