# SPDX-License-Identifier: GPL-2.0-or-later
# Runs as a child of libvirtd, before every start: the libraries that it loads are few, and libvirt is none of them.
noinst_LIBRARIES += libhook.a
libhook_a_SOURCES = \
	src/hook/decide.c src/hook/decide.h \
	src/hook/hosthealth.c src/hook/hosthealth.h \
	src/hook/mark.c src/hook/mark.h \
	src/hook/say.c src/hook/say.h
sbin_PROGRAMS += avicd-hook
avicd_hook_SOURCES = src/hook/main.c
avicd_hook_LDADD = libhook.a libvirt.a libkernel.a libcore.a libbase.a $(JSONC_LIBS) $(INIH_LIBS) $(EXPAT_LIBS)
