/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which libvirt URIs avicd opens: those of this host. */
#ifndef AVICD_VIRT_URI_H
#define AVICD_VIRT_URI_H

/* uri_refusal() - why @uri is not opened, in a few words; NULL when it is fine. */
const char *uri_refusal(const char *uri);

#endif
