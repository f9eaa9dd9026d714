/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file that holds a VM's memory between save and restore, and the folder it is in. */
#ifndef AVICD_JOB_IMAGE_H
#define AVICD_JOB_IMAGE_H

#include "job/run.h"

enum image_state {
	IMAGE_NONE,	/* no such file */
	IMAGE_PARTIAL,	/* libvirt has not come to its end: of no use */
	IMAGE_COMPLETE, /* libvirt says so in its first bytes, which it writes last */
};

#define IMAGE_PATH_MAX sizeof(((struct job_state *)NULL)->image)

struct image {
	char path[IMAGE_PATH_MAX]; /* of the file; of image_measure(): of the folder */
	/* image_look() */
	enum image_state state;
	uint64_t kib;	   /* on the disk */
	uint64_t birth_us; /* wall clock; 0 = the file system does not know */
	/* image_measure() */
	uint64_t room_kib, rate_kib; /* what is free; what it takes in a second */
	/* both */
	bool direct; /* without the page cache */
};

/*
 * Calls (call.h) on a struct image. What cannot be done is said in a phrase with its remedy.
 * image_look() - what there is. Errors of opening and reading. image_remove() - none there is fine; the folder is synced.
 * image_measure() - makes the folder where there is none; refuses one that others may write to (-EPERM); and writes to a file without a name there, until
 * it is on the disk: IMAGE_TEST_MAX at most, about a second.
 */
int image_look(void *arg, char said[static CALL_SAID_MAX]);
int image_remove(void *arg, char said[static CALL_SAID_MAX]);
int image_measure(void *arg, char said[static CALL_SAID_MAX]);
#define IMAGE_TEST_MAX (256ULL << 20)

/* image_do() - one of them on @path, for @limit_ns at most; *ret (NULL) is what it found. */
int image_do(struct run *r, call_fn fn, const char *path, uint64_t limit_ns, struct image *ret);

#endif
