# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libexporter.a
libexporter_a_SOURCES = src/exporter/pages.c src/exporter/pages.h src/exporter/server.c src/exporter/server.h
pkglibexec_PROGRAMS += avicd-exporter
avicd_exporter_SOURCES = src/exporter/main.c
avicd_exporter_LDADD = libexporter.a libreport.a libcore.a libbase.a $(MICROHTTPD_LIBS) $(JSONC_LIBS) $(SYSTEMD_LIBS) $(INIH_LIBS) -lm
