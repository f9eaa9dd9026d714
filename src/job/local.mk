# SPDX-License-Identifier: GPL-2.0-or-later
# A process of its own for each remedy: it has the network and libvirt's credentials, which avicd has not.
pkglibexec_PROGRAMS += avicd-job
avicd_job_SOURCES = src/job/call.c src/job/call.h src/job/disks.c src/job/domain.c src/job/look.c src/job/look.h src/job/main.c \
	src/job/migrate.c src/job/migration.c src/job/migration.h src/job/piece.c src/job/piece.h src/job/preflight.c src/job/reports.c \
	src/job/reports.h src/job/reports_read.c src/job/run.c src/job/run.h src/job/sight.c src/job/sight.h src/job/subject.c \
	src/job/subject.h src/job/survey.c src/job/survey.h src/job/verify.c src/job/verify.h src/job/wait.c src/job/where.c src/job/where.h
# restore and cold-reboot
avicd_job_SOURCES += src/job/cold.c src/job/cold.h src/job/cold_end.c src/job/deed.c src/job/deed.h src/job/ground.c src/job/ground.h \
	src/job/image.c src/job/image.h src/job/pit.c src/job/pit.h src/job/restore.c src/job/restore.h src/job/restore_check.c \
	src/job/restore_end.c src/job/restore_save.c src/job/restore_settle.c src/job/watch.c src/job/watch.h
avicd_job_LDADD = libvirt.a libstore.a libkernel.a libcore.a libbase.a \
	$(LIBVIRT_LIBS) $(JSONC_LIBS) $(EXPAT_LIBS) $(SYSTEMD_LIBS) $(CURL_LIBS)
