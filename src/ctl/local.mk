# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libctl.a
libctl_a_SOURCES = \
	src/ctl/analysis.c src/ctl/analysis.h src/ctl/analysis_json.c src/ctl/analysis_text.c src/ctl/analysis_words.c \
	src/ctl/analyze.c \
	src/ctl/asking.c src/ctl/asking.h \
	src/ctl/catalogue.c src/ctl/catalogue.h \
	src/ctl/check.c src/ctl/check.h \
	src/ctl/client.c src/ctl/client.h \
	src/ctl/config.c \
	src/ctl/correct.c \
	src/ctl/ctl.h \
	src/ctl/explain.c \
	src/ctl/field.c src/ctl/field.h \
	src/ctl/findings.c src/ctl/findings.h \
	src/ctl/hook.c src/ctl/hook.h src/ctl/hookconfined.c src/ctl/hookrun.c \
	src/ctl/hookstatus.c \
	src/ctl/build.h src/ctl/build_kernel.c src/ctl/build_log.c src/ctl/build_make.c src/ctl/build_source.c src/ctl/fix_build.c \
	src/ctl/fix.c src/ctl/fix.h src/ctl/fix_before.c src/ctl/fix_deploy.c src/ctl/fix_list.c src/ctl/fix_probe.c src/ctl/fix_status.c \
	src/ctl/bundle.c src/ctl/bundle.h src/ctl/bundle_host.c src/ctl/bundle_vms.c \
	src/ctl/host.h \
	src/ctl/tarball.c src/ctl/tarball.h \
	src/ctl/history.c \
	src/ctl/when.c src/ctl/when.h \
	src/ctl/fleet.c src/ctl/fleet.h src/ctl/fleet_http.c src/ctl/fleet_print.c src/ctl/fleet_prom.c src/ctl/fleet_read.c \
	src/ctl/hookline.c src/ctl/hookline.h \
	src/ctl/host.c \
	src/ctl/list.c \
	src/ctl/pager.c \
	src/ctl/policy.c src/ctl/policy.h \
	src/ctl/policywords.c \
	src/ctl/report.c src/ctl/report.h src/ctl/report_print.c \
	src/ctl/remedy.c src/ctl/remedy.h src/ctl/remedy_jobs.c src/ctl/remedy_plan.c src/ctl/remedy_run.c \
	src/ctl/print.c \
	src/ctl/sample.c src/ctl/sample.h \
	src/ctl/screen.c src/ctl/screen.h \
	src/ctl/show.c \
	src/ctl/state.c \
	src/ctl/status.c \
	src/ctl/subverb.c src/ctl/subverb.h \
	src/ctl/table.c \
	src/ctl/top.c \
	src/ctl/verbs.c \
	src/ctl/vmtable.c src/ctl/vmtable.h \
	src/ctl/watch.c \
	src/ctl/wrap.c
# where `avicctl fix build` finds the source of the livepatch module
AM_CPPFLAGS += -DMODULE_SOURCE='"$(modulesrcdir)"'

bin_PROGRAMS += avicctl
avicctl_SOURCES = src/ctl/main.c
avicctl_LDADD = libctl.a libreport.a libstore.a libfix.a libkernel.a libvirt.a libcore.a libbase.a \
	$(JSONC_LIBS) $(INIH_LIBS) $(SYSTEMD_LIBS) $(BPF_LIBS) $(TRACE_LIBS) $(TRACECMD_LIBS) $(SMARTCOLS_LIBS) \
	$(EXPAT_LIBS) $(KMOD_LIBS) $(SQLITE_LIBS)
# libvirt is loaded when a verb needs it. But AddressSanitizer looks for functions that it stands before (libtirpc's) at the start alone, and
# calls nothing in the place of those that come later.
if SANITIZERS
avicctl_LDADD += $(LIBVIRT_LIBS) $(XML2_LIBS)
else
avicctl_SOURCES += src/virt/lazylibs.c
endif
