# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libreport.a
libreport_a_SOURCES = \
	src/report/bundle.c \
	src/report/bundle_name.c \
	src/report/fields.c \
	src/report/findings.c \
	src/report/health.c \
	src/report/json.c \
	src/report/json.h \
	src/report/label.c \
	src/report/said.c \
	src/report/say.h \
	src/report/say_host.c \
	src/report/say_vm.c \
	src/report/sentence.c \
	src/report/state.c \
	src/report/vm.c \
	src/report/words.c \
	src/report/words.h
