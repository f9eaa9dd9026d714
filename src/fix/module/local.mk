# SPDX-License-Identifier: GPL-2.0-or-later
# The livepatch module is installed as source, in the place where DKMS looks for it: the host's own kernel decides what is built.
modulesrcdir = $(prefix)/src/avicd-$(VERSION)
dist_modulesrc_DATA = src/fix/module/Kbuild src/fix/module/avicd_livepatch.h src/fix/module/elsewhere.c src/fix/module/patch.c src/fix/module/process.c \
	src/fix/module/vm.c
nodist_modulesrc_DATA = src/fix/module/dkms.conf
EXTRA_DIST += src/fix/module/dkms.conf.in
CLEANFILES += src/fix/module/dkms.conf

src/fix/module/dkms.conf: src/fix/module/dkms.conf.in Makefile
	$(AM_V_GEN)$(MKDIR_P) src/fix/module && $(SED) 's|@VERSION[@]|$(VERSION)|g' '$(srcdir)/src/fix/module/dkms.conf.in' >$@.tmp && \
		mv $@.tmp $@
