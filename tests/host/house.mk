# SPDX-License-Identifier: GPL-2.0-or-later
TESTS += tests/host/memory.test tests/host/pages.test tests/host/prometheus.test
dist_check_SCRIPTS += tests/host/memory.test tests/host/pages.test tests/host/prometheus.test
EXTRA_DIST += tests/host/browse.py tests/host/fleettext.sh
