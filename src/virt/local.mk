# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libvirt.a
libvirt_a_SOURCES = src/virt/ask.c src/virt/ask.h src/virt/connection.c src/virt/connection.h src/virt/domdiff.c src/virt/dompolicy.c src/virt/dompolicy_xml.c src/virt/dompolicy_xml.h src/virt/domelements.c src/virt/domfix.c src/virt/domredact.c src/virt/domscan.c src/virt/domscan.h src/virt/domtext.c src/virt/domxml.c src/virt/domxml-private.h \
	src/virt/fetch.c src/virt/facts.c src/virt/facts.h src/virt/inbox.c src/virt/inbox.h \
	src/virt/lifecycle.c src/virt/lifecycle.h src/virt/loop.c src/virt/loop.h src/virt/notes.c src/virt/notes.h \
	src/virt/queue.c src/virt/queue.h src/virt/uri.c src/virt/uri.h src/virt/virt.c src/virt/worker.c src/virt/worker.h \
	src/virt/xmlreader.c src/virt/xmlreader.h
