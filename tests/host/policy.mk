# SPDX-License-Identifier: GPL-2.0-or-later
TESTS += tests/host/policy.test
dist_check_SCRIPTS += tests/host/policy.test
