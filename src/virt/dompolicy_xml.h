/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The element <avic:policy> by itself, as libvirt gives and takes metadata: without its prefix. Knows nothing of libvirt. */
#ifndef AVICD_VIRT_DOMPOLICY_XML_H
#define AVICD_VIRT_DOMPOLICY_XML_H

#include "avicd/dompolicy.h"

#define DOMPOLICY_XML_MAX 65536
#define DOMPOLICY_KEY	  "avic" /* the prefix that libvirt gives it */

/* dompolicy_words() - into @copy. -EBADMSG: @xml is no element, is too large, or has a DTD; -ENOMEM. */
int dompolicy_words(const char *xml, struct dompolicy_copy *copy);
/* dompolicy_edit() - @xml, or a new element for NULL, with the attributes of @change. The caller frees. The same errors. */
int dompolicy_edit(const char *xml, const struct dompolicy_change *change, char **ret);

#endif
