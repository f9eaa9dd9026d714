# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libbase.a
libbase_a_SOURCES = src/base/clock.c src/base/config.c src/base/configfiles.c src/base/configheader.c src/base/config-private.h src/base/configparse.c \
	src/base/duration.c src/base/events.c src/base/file.c src/base/hash.c src/base/journal.c src/base/journal.h \
	src/base/log.c src/base/number.c src/base/policy.c src/base/said.c src/base/settings.c src/base/sha256.c \
	src/base/spawn.c src/base/text.c src/base/utf8.c src/base/uuid.c \
	src/base/values.c src/base/values.h
