/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The element <avic:policy> in the metadata of a domain of libvirt: read and changed over one connection, within a time. */
#ifndef AVICD_DOMPOLICY_H
#define AVICD_DOMPOLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "avicd/domxml.h"

/* One of the two XMLs of a domain: that of the running VM, or that of its next start. */
struct dompolicy_copy {
	bool there;   /* there is such an XML: a domain that is off has no first, a transient one no second */
	bool element; /* it has an <avic:policy> */
	char mode[DOMXML_WORD_MAX]; /* the attributes as they are, clean; "": none */
	char remedy[DOMXML_WORD_MAX];
	char remedies[DOMXML_WORD_MAX];
};

struct dompolicy {
	char name[DOMAIN_NAME_MAX];
	char uuid[DOMAIN_UUID_MAX];
	uint32_t vcpus; /* maximum, of the running VM if there is one; 0 unknown */
	struct dompolicy_copy live, config;
};

struct dompolicy_change {
	bool unset;		   /* take the element away */
	enum domxml_mode mode;	   /* NONE: leave it as it is */
	enum domxml_remedy remedy; /* the same */
	const char *remedies;	   /* NULL: the same; "": take the attribute away. Must live as long as the process: a thread may be left with it */
};

/*
 * dompolicy_get() - of a domain by name or UUID, over a read-only connection to @uri, which must be one of this host. dompolicy_set() - first
 * change it, in both XMLs where there are both; other attributes and what is in the element stay. *@ret is what libvirt then says.
 * -ENOENT: no such domain; -EINVAL: @uri refused; -ENOTCONN; -ETIMEDOUT: no answer within @timeout_ns, and a thread of this process waits on:
 * end soon; -EIO: libvirt would not; -EBADMSG: the element cannot be read; -ENOMEM. The caller frees, on failure, *@ret_why, one phrase, which may
 * be NULL.
 */
int dompolicy_get(const char *uri, const char *domain, uint64_t timeout_ns, struct dompolicy *ret, char **ret_why);
int dompolicy_set(const char *uri, const char *domain, const struct dompolicy_change *change, uint64_t timeout_ns,
		  struct dompolicy *ret, char **ret_why);

#endif
