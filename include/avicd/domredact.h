/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A domain's XML without what is nobody else's business, for reports that are sent away. */
#ifndef AVICD_DOMREDACT_H
#define AVICD_DOMREDACT_H

#include <stddef.h>

/*
 * domxml_redact() - *ret (caller frees): the same document without elements that hold secrets (auth, secret, encryption, cookies, session,
 * sysinfo, foreign metadata), without passwords in attributes, and with "removed" in the place of each value and text that looks like one: a
 * command line with password=, a URI with user:password@. Comments go as well, prefixes of name spaces are written as xmlns. Errors of
 * xmlreader_walk(): -EFBIG, -EBADMSG, -ENOMEM; then nothing may be sent.
 */
int domxml_redact(const char *xml, size_t len, char **ret);

#endif
