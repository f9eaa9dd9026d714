/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One element of libvirt's XML, by its path: as XML, as text, an attribute. */
#ifndef AVICD_JOB_PIECE_H
#define AVICD_JOB_PIECE_H

#include <stddef.h>

/*
 * @path: "domain/os/type", elements of no name space; the first one counts. -ENOENT: there is none; -EBADMSG: no XML; -ENOMEM; -EFBIG.
 * piece_copy() - the element with all that is in it; caller frees. piece_text() - its text, piece_attribute() - an attribute; -ENOENT also for
 * an attribute that is not there, -EMSGSIZE for what does not fit.
 */
int piece_copy(const char *xml, const char *path, char **ret);
int piece_text(const char *xml, const char *path, char *ret, size_t size);
int piece_attribute(const char *xml, const char *path, const char *name, char *ret, size_t size);

/* What a domain's XML says of a disk that has a source. */
struct disk {
	char dev[32];  /* "vda" */
	char type[32]; /* "file", "block", "network" ... */
	char *file;    /* of type file; else NULL */
	int readonly;
};
struct disks {
	struct disk *list;
	size_t n;
};
int disks_read(const char *xml, struct disks *ret);
void disks_done(struct disks *d);

#endif
