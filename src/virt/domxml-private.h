/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the walk over a domain's XML and the elements that mean something to it. */
#ifndef AVICD_VIRT_DOMXML_PRIVATE_H
#define AVICD_VIRT_DOMXML_PRIVATE_H

#include <libxml/xmlreader.h>

struct domxml_facts;

#define DOMXML_ARGS_MAX 65536 /* bytes of <qemu:commandline> that are kept */
#define DOMXML_QEMU_NS	"http://libvirt.org/schemas/domain/qemu/1.0"

/*
 * domxml_element() - takes the attributes of the element at @path, on which @reader stands. domxml_text() - takes its text, when it ends.
 * Paths are as "domain/clock/timer"; "@qemu:" and "@avic:" before a name are name spaces. 0 or -ENOMEM.
 */
int domxml_element(struct domxml_facts *f, const char *path, xmlTextReaderPtr reader);
int domxml_text(struct domxml_facts *f, const char *path, const char *text);

#endif
