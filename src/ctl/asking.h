/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asking avicd to change something, and going on when it is under way. */
#ifndef AVICCTL_ASKING_H
#define AVICCTL_ASKING_H

#include <signal.h>
#include <systemd/sd-bus.h>

#include "avicd/util.h"

static inline void asking_bus_p(sd_bus **bus)
{
	sd_bus_flush_close_unref(*bus);
}
#define _cleanup_bus_ _cleanup_(asking_bus_p)

/* asking_open() - the system bus: CTL_OK or, said, CTL_FAILED. */
int asking_open(sd_bus **ret);
typedef int (*asking_append)(sd_bus_message *m, const void *data);
/*
 * asking_call() - one call, for as long as polkit may ask a person; avicd is not started by it. @append: the arguments, NULL: there are none. *@reply
 * may be NULL. A negative errno with @error.
 */
int asking_call(sd_bus *bus, const char *path, const char *interface, const char *method, asking_append append,
		const void *data, sd_bus_message **reply, sd_bus_error *error);
/* asking_failed() - says why. Returns CTL_FAILED. */
int asking_failed(const sd_bus_error *error, int r);
/* asking_catch() - from now on Ctrl-C sets asking_interrupted: what avicd has begun goes on, and that is to be said. */
extern volatile sig_atomic_t asking_interrupted;
void asking_catch(void);

#endif
