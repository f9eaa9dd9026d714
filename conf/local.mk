# SPDX-License-Identifier: GPL-2.0-or-later
# What a package ships as defaults; a site's own avicd.conf is $(sysconfdir)/avicd/avicd.conf.
pkgconfdir = $(prefix)/lib/avicd
dist_pkgconf_DATA = conf/avicd.conf
dist_dbuspolicy_DATA = conf/org.avicd1.conf
dist_dbusinterface_DATA = conf/org.avicd1.Manager.xml conf/org.avicd1.Domain.xml
polkitactiondir = $(datadir)/polkit-1/actions
dist_polkitaction_DATA = conf/org.avicd.policy
dist_catalog_DATA = conf/avicd.catalog
include conf/completions.mk

# Data, not a hook yet: libvirt runs what lies in its own folder.
pkgdata_SCRIPTS = conf/50-avicd
EXTRA_DIST += conf/50-avicd.in
CLEANFILES += conf/50-avicd
conf/50-avicd: conf/50-avicd.in Makefile
	$(AM_V_GEN)$(MKDIR_P) conf && $(SED) 's|@sbindir[@]|$(sbindir)|g' '$(srcdir)/conf/50-avicd.in' >$@.tmp && chmod +x $@.tmp && \
		mv $@.tmp $@
