# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libreport.a
libreport_a_SOURCES = \
	src/report/bundle.c \
	src/report/bundle_name.c \
	src/report/fields.c \
	src/report/findings.c \
	src/report/fleet.c \
	src/report/fleet-private.h \
	src/report/fleet_compare.c \
	src/report/fleet_html.c \
	src/report/fleet_json.c \
	src/report/fleet_plan.c \
	src/report/fleet_take.c \
	src/report/health.c \
	src/report/hostreport.c \
	src/report/hostreport-private.h \
	src/report/hostreport_advice.c \
	src/report/hostreport_html.c \
	src/report/hostreport_vms.c \
	src/report/json.c \
	src/report/json.h \
	src/report/label.c \
	src/report/metric.h \
	src/report/metrics.c \
	src/report/metrics_host.c \
	src/report/metrics_vm.c \
	src/report/member.c \
	src/report/member.h \
	src/report/page.c \
	src/report/page-private.h \
	src/report/page_inline.c \
	src/report/page_svg.c \
	src/report/said.c \
	src/report/say.h \
	src/report/say_host.c \
	src/report/say_vm.c \
	src/report/sentence.c \
	src/report/state.c \
	src/report/vm.c \
	src/report/words.c \
	src/report/words.h
