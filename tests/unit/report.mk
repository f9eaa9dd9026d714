# SPDX-License-Identifier: GPL-2.0-or-later
check_PROGRAMS += \
	tests/unit/test-bundle \
	tests/unit/test-catalog \
	tests/unit/test-duty \
	tests/unit/test-metrics \
	tests/unit/test-fleet \
	tests/unit/test-hostreport \
	tests/unit/test-report \
	tests/unit/test-sentence
TESTS += \
	tests/unit/test-bundle \
	tests/unit/test-catalog \
	tests/unit/test-duty \
	tests/unit/test-metrics \
	tests/unit/test-fleet \
	tests/unit/test-hostreport \
	tests/unit/test-report \
	tests/unit/test-sentence
report_test_libs = libreport.a libstore.a libcore.a libbase.a $(CMOCKA_LIBS) $(JSONC_LIBS) $(INIH_LIBS) $(SYSTEMD_LIBS)
tests_unit_test_bundle_SOURCES = tests/unit/test-bundle.c tests/unit/report-fixture.h
tests_unit_test_bundle_LDADD = $(report_test_libs)
tests_unit_test_catalog_SOURCES = tests/unit/test-catalog.c tests/unit/report-fixture.h
tests_unit_test_catalog_LDADD = $(report_test_libs)
tests_unit_test_duty_SOURCES = tests/unit/test-duty.c tests/unit/report-fixture.h
tests_unit_test_duty_LDADD = $(report_test_libs)
tests_unit_test_metrics_SOURCES = tests/unit/test-metrics.c tests/unit/report-fixture.h
tests_unit_test_metrics_LDADD = $(report_test_libs)
tests_unit_test_fleet_SOURCES = tests/unit/test-fleet.c
tests_unit_test_fleet_LDADD = $(report_test_libs)
tests_unit_test_hostreport_SOURCES = tests/unit/test-hostreport.c
tests_unit_test_hostreport_LDADD = $(report_test_libs) -lm
tests_unit_test_report_SOURCES = tests/unit/test-report.c tests/unit/report-fixture.h
tests_unit_test_report_LDADD = $(report_test_libs)
tests_unit_test_sentence_SOURCES = tests/unit/test-sentence.c tests/unit/report-fixture.h
tests_unit_test_sentence_LDADD = $(report_test_libs)
# the functions whose failure the test plays through
tests_unit_test_report_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=json_object_new_object \
	-Wl,--wrap=json_object_new_array \
	-Wl,--wrap=json_object_new_string \
	-Wl,--wrap=json_object_new_uint64 \
	-Wl,--wrap=json_object_new_int \
	-Wl,--wrap=json_object_new_double \
	-Wl,--wrap=json_object_new_boolean \
	-Wl,--wrap=json_object_array_add \
	-Wl,--wrap=json_object_object_add \
	-Wl,--wrap=json_object_object_add_ex
