/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the libvirt hook said last about a domain: RUNTIME_DIRECTORY/hook/UUID.said, written by the hook before the VM starts, read by avicd when
 * somebody asks about the VM. One line: "warned<tab>1700000000000000<tab>NAME<tab>cause; cause\n".
 *
 * It goes with its VM, which avicd sees; when the next start has nothing to say; or, of a domain that does not run, after a day.
 */
#ifndef AVICD_SAID_H
#define AVICD_SAID_H

#include <stdbool.h>
#include <stdint.h>

#include "avicd/util.h"

#define SAID_NAME_MAX 255 /* bytes */
#define SAID_TEXT_MAX 512
#define SAID_KEPT_US  (24 * 3600 * USEC_PER_SEC)

enum said_decision { SAID_WARNED, SAID_REFUSED, _SAID_MAX };
/* said_decision_to_string() - "warned", "refused" */
const char *said_decision_to_string(enum said_decision d);

struct said {
	enum said_decision decision;
	uint64_t at; /* wall clock, us */
	char name[SAID_NAME_MAX + 1];
	char text[SAID_TEXT_MAX + 1];
};

/* said_format() - as a file has it, with @s cleaned and cut; the caller frees. -ENOMEM. said_parse() - of any bytes. -EBADMSG. */
int said_format(const struct said *s, char **ret);
int said_parse(const char *data, size_t len, struct said *ret);

/*
 * said_leave() - in the folder @dir. said_drop() - if it is there. Both take a UUID that is none for -EINVAL; another errno where the folder
 * cannot be written.
 */
int said_leave(int dir, const char *uuid, const struct said *s);
int said_drop(int dir, const char *uuid);

/*
 * said_folder() - open the folder below dir_runtime(). -ENOENT: no hook has run since boot; -EPERM: others than this user may write there, so that
 * nothing in it is to be believed. said_read() - -ENOENT; -EPERM: not a file of this user's; -EFBIG, -EBADMSG.
 */
int said_folder(void);
int said_read(int dir, const char *uuid, struct said *ret);

/*
 * said_sweep() - remove what is older than a day at @now_us, by the time of the file, of domains for which @runs is false. How often is
 * the caller's matter.
 */
void said_sweep(int dir, uint64_t now_us, bool (*runs)(const char *uuid, void *userdata), void *userdata);

#endif
