# SPDX-License-Identifier: GPL-2.0-or-later
# A process of its own for each remedy: it has the network and libvirt's credentials, which avicd has not.
pkglibexec_PROGRAMS += avicd-job
avicd_job_SOURCES = src/job/call.c src/job/call.h src/job/domain.c src/job/main.c src/job/migrate.c src/job/run.c src/job/run.h src/job/wait.c
avicd_job_LDADD = libvirt.a libstore.a libkernel.a libcore.a libbase.a \
	$(LIBVIRT_LIBS) $(JSONC_LIBS) $(EXPAT_LIBS) $(SYSTEMD_LIBS) $(CURL_LIBS)
