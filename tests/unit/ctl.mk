# SPDX-License-Identifier: GPL-2.0-or-later
check_PROGRAMS += tests/unit/test-ctl tests/unit/canned-avicd tests/unit/canned-http
TESTS += tests/unit/test-ctl tests/unit/ctl.test tests/unit/ctl-help.test tests/unit/ctl-local.test tests/unit/fleet.test tests/unit/hookstatus.test
dist_check_SCRIPTS += tests/unit/ctl.test tests/unit/ctl-help.test tests/unit/ctl-local.test tests/unit/fleet.test tests/unit/hookstatus.test
tests_unit_test_ctl_SOURCES = tests/unit/test-ctl.c
tests_unit_test_ctl_LDADD = $(avicctl_LDADD) $(LIBVIRT_LIBS) $(XML2_LIBS) $(CMOCKA_LIBS)
tests_unit_canned_avicd_SOURCES = tests/unit/canned-avicd.c
tests_unit_canned_avicd_LDADD = libbase.a $(SYSTEMD_LIBS)
tests_unit_canned_http_SOURCES = tests/unit/canned-http.c
tests_unit_canned_http_LDADD = libbase.a $(INIH_LIBS) $(SYSTEMD_LIBS)
EXTRA_DIST += tests/unit/ctl.sh \
	tests/data/ctl/check-large.txt \
	tests/data/ctl/check-plain.txt \
	tests/data/ctl/check-quiet.txt \
	tests/data/ctl/explain-6.1.txt \
	tests/data/ctl/fix-show.txt \
	tests/data/ctl/host-quiet.txt \
	tests/data/ctl/host-snp.json \
	tests/data/ctl/host-zen2.txt \
	tests/data/ctl/list-degraded.txt \
	tests/data/ctl/list-empty.txt \
	tests/data/ctl/list-off.txt \
	tests/data/ctl/show-815.txt \
	tests/data/ctl/show-big.txt \
	tests/data/ctl/show-big-file.txt \
	tests/data/ctl/status-degraded.txt \
	tests/data/ctl/status-off.txt \
	tests/data/ctl/status-ok.txt \
	tests/data/state/degraded.json \
	tests/data/state/empty.json \
	tests/data/state/hostile.json \
	tests/data/state/off.json \
	tests/data/state/ok.json \
	tests/data/state/vm-big.json
