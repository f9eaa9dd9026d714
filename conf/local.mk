# SPDX-License-Identifier: GPL-2.0-or-later
# What a package ships as defaults; a site's own avicd.conf is $(sysconfdir)/avicd/avicd.conf.
pkgconfdir = $(prefix)/lib/avicd
dist_pkgconf_DATA = conf/avicd.conf
dist_dbuspolicy_DATA = conf/org.avicd1.conf
dist_dbusinterface_DATA = conf/org.avicd1.Manager.xml conf/org.avicd1.Domain.xml conf/org.avicd1.Job.xml
polkitactiondir = $(datadir)/polkit-1/actions
dist_polkitaction_DATA = conf/org.avicd.policy
dist_catalog_DATA = conf/avicd.catalog
# What the table of src/core/advisory_table.c says: UPDATE_FIXES=conf/fixes.d tests/unit/test-catalogue writes them.
fixesdir = $(pkgdatadir)/fixes.d
dist_fixes_DATA = \
	conf/fixes.d/cr8-intercept.json \
	conf/fixes.d/cve-2023-5090.json \
	conf/fixes.d/cve-2026-74516.json \
	conf/fixes.d/disabled-apic.json \
	conf/fixes.d/ga-tag.json \
	conf/fixes.d/intel-eoi.json \
	conf/fixes.d/irq-window.json \
	conf/fixes.d/leave-nested.json \
	conf/fixes.d/lost-irq.json \
	conf/fixes.d/nested-restore.json \
	conf/fixes.d/reboot-bug.json \
	conf/fixes.d/snp-avic.json \
	conf/fixes.d/stale-tlb.json \
	conf/fixes.d/sticky-id.json \
	conf/fixes.d/tpr-sync.json \
	conf/fixes.d/wide-id.json \
	conf/fixes.d/x2apic-icr.json
examplesdir = $(pkgdatadir)/examples
dist_examples_DATA = conf/examples/avicd-report@.service conf/examples/fleet-deploy.yml
dist_examples_SCRIPTS = conf/examples/fleet-deploy.sh
include conf/completions.mk
# For Prometheus and Grafana of a fleet; nothing reads them here.
prometheusdir = $(pkgdatadir)/prometheus
dist_prometheus_DATA = conf/prometheus/avicd.rules.yml conf/prometheus/scrape.yml
grafanadir = $(pkgdatadir)/grafana
dist_grafana_DATA = conf/grafana/fleet.json conf/grafana/host.json conf/grafana/vm.json

# Data, not a hook yet: libvirt runs what lies in its own folder.
pkgdata_SCRIPTS = conf/50-avicd
EXTRA_DIST += conf/50-avicd.in
CLEANFILES += conf/50-avicd
conf/50-avicd: conf/50-avicd.in Makefile
	$(AM_V_GEN)$(MKDIR_P) conf && $(SED) 's|@sbindir[@]|$(sbindir)|g' '$(srcdir)/conf/50-avicd.in' >$@.tmp && chmod +x $@.tmp && \
		mv $@.tmp $@
