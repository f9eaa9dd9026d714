# SPDX-License-Identifier: GPL-2.0-or-later
TESTS += tests/host/history.test
dist_check_SCRIPTS += tests/host/history.test
TESTS += tests/host/bundle.test
dist_check_SCRIPTS += tests/host/bundle.test
