/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The catalogue of fixes and risks: the table that is built in (advisory.h), and over it what files ID.json say.
 * Those of DATADIR/avicd/fixes.d are shipped, those of /etc/avicd/fixes.d are a site's and hold where both have one
 * of the same name; an empty file or a symlink to /dev/null takes its entry away. avicd-fixes(5) has the format.
 *
 * A file that cannot be read or says something wrong is named and left out, and what is weaker holds: the table that
 * is built in does not lose a risk with a file.
 */
#ifndef AVICD_CATALOGUE_H
#define AVICD_CATALOGUE_H

#include "avicd/advisory.h"

struct json_object;

#define CATALOGUE_FILE_MAX  (64 * 1024) /* bytes of a file */
#define CATALOGUE_FILES_MAX 128		/* of a folder */

struct catalogue_origin {
	char *file;		  /* NULL: built in */
	struct json_object *json; /* whose strings the entry points into */
};

struct catalogue {
	struct advisory *list; /* ends with a zeroed one */
	struct catalogue_origin *origins;
	size_t n;
};

/* catalogue_problem_fn - what is wrong with @file; @line 0: with all of it. */
typedef void (*catalogue_problem_fn)(const char *file, unsigned line, const char *text, void *userdata);

/*
 * catalogue_read() - table and files; $AVICD_FIXES, folders with ':' between, stands for the two folders, which lie
 * below $AVICD_SYSROOT, but for $CONFIGURATION_DIRECTORY. -ENOMEM alone; the caller then has the table advisories[].
 * catalogue_done(): also of a zeroed one.
 */
int catalogue_read(struct catalogue *ret, catalogue_problem_fn problem, void *userdata);
void catalogue_done(struct catalogue *c);
#define _cleanup_catalogue_ _cleanup_(catalogue_done)
/* catalogue_file() - where the entry @a of @c is from; NULL: built in. */
const char *catalogue_file(const struct catalogue *c, const struct advisory *a);

/*
 * catalogue_parse() - one file's text, @len bytes and a NUL. @file is its path, whose last part must be "ID.json".
 * What is unknown to us is a problem, but not an error: newer versions may have more. -EINVAL: the entry cannot be
 * used, as @problem was told; -ENOMEM. @ret points into @ret_json, which the caller puts.
 */
int catalogue_parse(const char *file, const char *text, size_t len, catalogue_problem_fn problem, void *userdata,
		    struct advisory *ret, struct json_object **ret_json);
/* catalogue_json() - @a in the format of the files. The caller puts it. NULL: no memory. */
struct json_object *catalogue_json(const struct advisory *a);

/* Risks of AVIC on a kernel: what is said before a host or a VM gets AVIC back. */
struct catalogue_risk {
	const struct advisory *advisory; /* of class unsafe or note */
	bool sure; /* the version suggests it; else only who makes the kernel knows, or a fact is not known */
};
/*
 * catalogue_risks() - of the kernel @release and @version (advisory_suggests()) on the host @h, unsafe ones first.
 * Returns their number; the first @max are in @ret.
 */
size_t catalogue_risks(const struct catalogue *c, const char *release, const char *version,
		       const struct advisory_host *h, struct catalogue_risk *ret, size_t max);

#endif
