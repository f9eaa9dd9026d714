# SPDX-License-Identifier: GPL-2.0-or-later
# All but main(), for the fuzz target of the bus
noinst_LIBRARIES += libdaemon.a
libdaemon_a_SOURCES = \
	src/daemon/actions.c src/daemon/actions.h \
	src/daemon/bundles.c src/daemon/bundles.h \
	src/daemon/bus.c src/daemon/bus.h src/daemon/bus_auth.c src/daemon/bus_domain.c src/daemon/bus_find.c src/daemon/bus_manager.c \
	src/daemon/bus_signals.c \
	src/daemon/configuration.c src/daemon/configuration.h \
	src/daemon/cycle.c \
	src/daemon/deploying.c src/daemon/deploying.h src/daemon/deploy_heal.c src/daemon/deploy_methods.c src/daemon/deploy_risks.c \
	src/daemon/details.c src/daemon/details.h \
	src/daemon/domains.c src/daemon/domains.h \
	src/daemon/entries.c src/daemon/entries.h \
	src/daemon/farewells.c src/daemon/farewells.h \
	src/daemon/files.c src/daemon/files.h \
	src/daemon/finder.c src/daemon/finder.h \
	src/daemon/hookword.c src/daemon/hookword.h \
	src/daemon/index.c src/daemon/index.h \
	src/daemon/jobs.c src/daemon/jobs.h src/daemon/job_begin.c src/daemon/job_units.c src/daemon/bus_job.c src/daemon/bus_job.h \
	src/daemon/lock.c src/daemon/lock.h \
	src/daemon/logcontrol.c \
	src/daemon/manager.c src/daemon/manager.h src/daemon/metering.c src/daemon/metering.h \
	src/daemon/probing.c src/daemon/probing.h \
	src/daemon/recording.c src/daemon/recording.h src/daemon/recording_vm.c src/daemon/recording_vm.h \
	src/daemon/reload.c \
	src/daemon/remedying.c src/daemon/remedying.h src/daemon/remedy_methods.c \
	src/daemon/reporting.c src/daemon/reporting.h src/daemon/reporting_unit.c \
	src/daemon/snapshots.c src/daemon/snapshots.h \
	src/daemon/sources.c src/daemon/sources.h \
	src/daemon/status.c \
	src/daemon/tgids.h \
	src/daemon/timer.c src/daemon/timer.h \
	src/daemon/uevents.c src/daemon/uevents.h \
	src/daemon/units.c src/daemon/units.h \
	src/daemon/vms.c src/daemon/vms.h
sbin_PROGRAMS += avicd
avicd_SOURCES = src/daemon/main.c
avicd_LDADD = libdaemon.a libreport.a libstore.a libvirt.a libfix.a libkernel.a libcore.a libbase.a \
	$(JSONC_LIBS) $(INIH_LIBS) $(SYSTEMD_LIBS) $(BPF_LIBS) $(TRACE_LIBS) $(TRACECMD_LIBS) $(LIBVIRT_LIBS) $(XML2_LIBS) $(KMOD_LIBS) \
	$(SQLITE_LIBS)
