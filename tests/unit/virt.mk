# SPDX-License-Identifier: GPL-2.0-or-later
virt_tests = tests/unit/test-virt-parts tests/unit/test-virt tests/unit/test-domfix tests/unit/test-dompolicy tests/unit/test-domxml tests/unit/test-preflight
check_PROGRAMS += $(virt_tests)
TESTS += $(virt_tests)
EXTRA_DIST += tests/data/domains
tests_unit_test_domfix_SOURCES = tests/unit/test-domfix.c
tests_unit_test_domfix_LDADD = libvirt.a libbase.a $(XML2_LIBS) $(CMOCKA_LIBS)
tests_unit_test_dompolicy_SOURCES = tests/unit/test-dompolicy.c
tests_unit_test_dompolicy_LDADD = libvirt.a libbase.a $(LIBVIRT_LIBS) $(XML2_LIBS) $(CMOCKA_LIBS)
tests_unit_test_domxml_SOURCES = tests/unit/test-domxml.c
tests_unit_test_domxml_LDADD = libvirt.a libbase.a $(XML2_LIBS) $(CMOCKA_LIBS)
tests_unit_test_preflight_SOURCES = tests/unit/test-preflight.c
tests_unit_test_preflight_LDADD = libvirt.a libcore.a libbase.a $(XML2_LIBS) $(CMOCKA_LIBS)
tests_unit_test_virt_parts_SOURCES = tests/unit/test-virt-parts.c
tests_unit_test_virt_parts_LDADD = libvirt.a libbase.a $(LIBVIRT_LIBS) $(XML2_LIBS) $(SYSTEMD_LIBS) $(CMOCKA_LIBS)
tests_unit_test_virt_SOURCES = tests/unit/test-virt.c
tests_unit_test_virt_LDADD = libvirt.a libbase.a $(LIBVIRT_LIBS) $(XML2_LIBS) $(SYSTEMD_LIBS) $(CMOCKA_LIBS)
