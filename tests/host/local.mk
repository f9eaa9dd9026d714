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
