# SPDX-License-Identifier: GPL-2.0-or-later
include tests/host/local.mk
include tests/unit/local.mk
include tests/fuzz/local.mk
include tests/bench/local.mk
include tests/lab/lab.mk
include tests/sim/sim.mk
