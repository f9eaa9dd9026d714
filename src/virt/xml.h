/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What avicd reads out of a domain's XML. The XML is untrusted: no network, no entities, no DTD, a limit of size. */
#ifndef AVICD_VIRT_XML_H
#define AVICD_VIRT_XML_H

#include <stdbool.h>
#include <stddef.h>

#include "avicd/domxml.h"

#define DOMAIN_XML_MAX DOMXML_MAX

/*
 * xml_reboot_destroys() - does /domain/on_reboot say "destroy"? Without the element libvirt restarts: false.
 * -EFBIG: larger than DOMAIN_XML_MAX; -EBADMSG: not a domain's XML, or with a DTD; -ENOMEM.
 */
int xml_reboot_destroys(const char *xml, size_t len, bool *ret);

#endif
