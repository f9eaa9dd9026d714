# SPDX-License-Identifier: GPL-2.0-or-later
check_PROGRAMS += tests/unit/test-migrate
TESTS += tests/unit/test-migrate
tests_unit_test_migrate_SOURCES = tests/unit/test-migrate.c tests/unit/tmpdir.h src/job/disks.c src/job/piece.c src/job/reports.c src/job/reports_read.c \
	src/job/where.c
tests_unit_test_migrate_LDADD = libvirt.a libstore.a libcore.a libbase.a $(CMOCKA_LIBS) $(JSONC_LIBS) $(EXPAT_LIBS) $(CURL_LIBS) $(SYSTEMD_LIBS)
check_PROGRAMS += tests/unit/test-restore
TESTS += tests/unit/test-restore
tests_unit_test_restore_SOURCES = tests/unit/test-restore.c tests/unit/tmpdir.h src/job/call.c src/job/deed.c src/job/image.c \
	src/job/pit.c src/job/watch.c
tests_unit_test_restore_LDADD = libvirt.a libbase.a $(CMOCKA_LIBS) $(LIBVIRT_LIBS) $(JSONC_LIBS) $(EXPAT_LIBS) $(SYSTEMD_LIBS)
