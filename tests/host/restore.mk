# SPDX-License-Identifier: GPL-2.0-or-later
TESTS += tests/host/restore.test tests/host/cold-reboot.test tests/host/cold-reboot-lost.test
dist_check_SCRIPTS += tests/host/restore.test tests/host/cold-reboot.test tests/host/cold-reboot-lost.test
EXTRA_DIST += tests/host/coldguest.sh tests/host/jobguest.sh
