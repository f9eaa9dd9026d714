# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libstore.a
libstore_a_SOURCES = \
	src/store/duty.c src/store/duty_book.c src/store/duty_book.h src/store/job.c src/store/jobdir.c src/store/jobfields.c \
	src/store/jobfields.h src/store/jobwords.c src/store/reader.c src/store/reader.h
