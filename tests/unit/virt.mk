# SPDX-License-Identifier: GPL-2.0-or-later
check_PROGRAMS += tests/unit/test-virt-parts tests/unit/test-virt
TESTS += tests/unit/test-virt-parts tests/unit/test-virt
tests_unit_test_virt_parts_SOURCES = tests/unit/test-virt-parts.c
tests_unit_test_virt_parts_LDADD = libvirt.a libbase.a $(LIBVIRT_LIBS) $(XML2_LIBS) $(SYSTEMD_LIBS) $(CMOCKA_LIBS)
tests_unit_test_virt_SOURCES = tests/unit/test-virt.c
tests_unit_test_virt_LDADD = libvirt.a libbase.a $(LIBVIRT_LIBS) $(XML2_LIBS) $(SYSTEMD_LIBS) $(CMOCKA_LIBS)
