# SPDX-License-Identifier: GPL-2.0-or-later
TESTS += tests/host/probe.test
dist_check_SCRIPTS += tests/host/probe.test
