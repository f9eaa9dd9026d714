/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The journal's native protocol: one datagram an entry, of "NAME=value" lines. */
#ifndef BASE_JOURNAL_H
#define BASE_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

/* journal_is_there() - is its socket, below the sysroot, there now? */
bool journal_is_there(void);
/* journal_send() - one entry. Never waits: -EAGAIN when the journal does not keep up. Other negative errno. */
int journal_send(const char *entry, size_t len);

#endif
