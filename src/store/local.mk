# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libstore.a
libstore_a_SOURCES = \
	src/store/duty.c src/store/duty_book.c src/store/duty_book.h \
	src/store/history.c src/store/history-private.h src/store/history_apply.c src/store/history_events.c src/store/history_json.c \
	src/store/history_json.h src/store/history_keep.c src/store/history_queue.c src/store/history_queue.h src/store/history_schema.c \
	src/store/history_sql.c src/store/history_stmt.c src/store/history_summary.c src/store/history_thread.c src/store/history_writer.c \
	src/store/history_writer.h \
	src/store/job.c src/store/jobdir.c src/store/jobfields.c \
	src/store/jobfields.h src/store/jobwords.c src/store/reader.c src/store/reader.h
