# SPDX-License-Identifier: GPL-2.0-or-later
dist_systemdsystempreset_DATA = systemd/90-avicd.preset
systemdsystempresetdir = $(systemdpresetdir)
systemdsystemunit_DATA = systemd/avicd.service systemd/avicd-livepatch@.service systemd/avicd-job@.service systemd/avicd-exporter.service
dist_systemdsystemunit_DATA = systemd/avicd-exporter.socket
# tmpfiles.d wants the name NAME.conf
tmpfiles_DATA = systemd/avicd.conf

EXTRA_DIST += systemd/avicd.service.in systemd/avicd-livepatch@.service.in systemd/avicd-job@.service.in systemd/avicd-exporter.service.in systemd/avicd.tmpfiles
CLEANFILES += systemd/avicd.service systemd/avicd-exporter.service systemd/avicd-livepatch@.service systemd/avicd-job@.service systemd/avicd.conf

# configure leaves ${prefix} in the directories; only make knows them in the end.
systemd/avicd.service: systemd/avicd.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) systemd && $(SED) 's|@sbindir[@]|$(sbindir)|g' '$(srcdir)/systemd/avicd.service.in' >$@.tmp && mv $@.tmp $@

systemd/avicd-livepatch@.service: systemd/avicd-livepatch@.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) systemd && $(SED) 's|@pkglibexecdir[@]|$(pkglibexecdir)|g' '$(srcdir)/systemd/avicd-livepatch@.service.in' >$@.tmp && \
		mv $@.tmp $@

systemd/avicd-job@.service: systemd/avicd-job@.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) systemd && $(SED) 's|@pkglibexecdir[@]|$(pkglibexecdir)|g' '$(srcdir)/systemd/avicd-job@.service.in' >$@.tmp && \
		mv $@.tmp $@

systemd/avicd-exporter.service: systemd/avicd-exporter.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) systemd && $(SED) 's|@pkglibexecdir[@]|$(pkglibexecdir)|g' '$(srcdir)/systemd/avicd-exporter.service.in' >$@.tmp && \
		mv $@.tmp $@

systemd/avicd.conf: systemd/avicd.tmpfiles
	$(AM_V_GEN)$(MKDIR_P) systemd && cp '$(srcdir)/systemd/avicd.tmpfiles' $@.tmp && mv $@.tmp $@
