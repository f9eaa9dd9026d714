# SPDX-License-Identifier: GPL-2.0-or-later
TESTS += tests/host/memory.test
dist_check_SCRIPTS += tests/host/memory.test
