/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the walk over a domain's XML and the elements that mean something to it. */
#ifndef AVICD_VIRT_DOMXML_PRIVATE_H
#define AVICD_VIRT_DOMXML_PRIVATE_H

#include "virt/xmlreader.h"

struct domxml_facts;
struct domxml_number;

#define DOMXML_ARGS_MAX 65536 /* bytes of <qemu:commandline> that are kept */
#define DOMXML_QEMU_NS	"http://libvirt.org/schemas/domain/qemu/1.0"

/*
 * domxml_element() - takes the attributes of the element at @path. domxml_text() - takes its text, when it ends.
 * Paths are as "domain/clock/timer"; "@qemu:" and "@avic:" before a name are name spaces. 0 or -ENOMEM; domxml_element()
 * also XMLREADER_SKIP: nothing in it or below it means anything.
 */
int domxml_element(struct domxml_facts *f, const char *path, const char *const *element);
int domxml_text(struct domxml_facts *f, const char *path, const char *text);
/* domxml_word() - a clean copy into @ret. What is longer is cut at a character; it is no word that anybody knows then. */
void domxml_word(const char *s, char *ret, size_t size);
/* domxml_number_of() - as libvirt reads it: decimal, of 32 bits. */
struct domxml_number domxml_number_of(const char *s);

#endif
