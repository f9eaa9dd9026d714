# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libstore.a
libstore_a_SOURCES = \
	src/store/duty.c src/store/duty_book.c src/store/duty_book.h src/store/job.c src/store/job-private.h src/store/job_read.c src/store/reader.c src/store/reader.h
