# SPDX-License-Identifier: GPL-2.0-or-later
TESTS += tests/host/restore.test tests/host/cold-reboot.test
dist_check_SCRIPTS += tests/host/restore.test tests/host/cold-reboot.test
EXTRA_DIST += tests/host/jobguest.sh
