/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One avicd a runtime directory. */
#ifndef AVICD_DAEMON_LOCK_H
#define AVICD_DAEMON_LOCK_H

/*
 * lock_take() - lock RUNTIME_DIRECTORY/avicd.lock for the life of the returned descriptor, and write our process id into it.
 * -EBUSY: another instance holds it, and that was said, with its process id. Other errors were logged as well.
 */
int lock_take(void);

#endif
