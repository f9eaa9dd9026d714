/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asking avicd to change something. */
#include <string.h>

#include "ctl/asking.h"
#include "ctl/client.h"
#include "ctl/ctl.h"

/* avicd asks polkit, and polkit may ask a person; a heal waits for a unit */
#define CALL_USEC (180 * USEC_PER_SEC)

volatile sig_atomic_t asking_interrupted;

int asking_open(sd_bus **ret)
{
	int r = sd_bus_open_system(ret);

	if (r < 0)
		return ctl_error("the system bus cannot be reached: %s", strerror(-r));
	sd_bus_set_method_call_timeout(*ret, CALL_USEC);
	return CTL_OK;
}

int asking_call(sd_bus *bus, const char *path, const char *interface, const char *method, asking_append append,
		const void *data, sd_bus_message **reply, sd_bus_error *error)
{
	sd_bus_message *m = NULL;
	int r = sd_bus_message_new_method_call(bus, &m, AVICD_BUS_NAME, path, interface, method);

	if (r >= 0)
		r = sd_bus_message_set_auto_start(m, false);
	if (r >= 0)
		r = sd_bus_message_set_allow_interactive_authorization(m, true);
	if (r >= 0 && append)
		r = append(m, data);
	if (r >= 0)
		r = sd_bus_call(bus, m, CALL_USEC, error, reply);
	sd_bus_message_unref(m);
	return r;
}

int asking_failed(const sd_bus_error *error, int r)
{
	if (sd_bus_error_has_names(error, SD_BUS_ERROR_SERVICE_UNKNOWN, SD_BUS_ERROR_NAME_HAS_NO_OWNER))
		return ctl_error("avicd is not running, which does this: systemctl start avicd");
	return ctl_error("%s", error->message ?: strerror(-r));
}

static void on_signal(int sig _unused_)
{
	asking_interrupted = 1;
}

void asking_catch(void)
{
	const struct sigaction sa = {.sa_handler = on_signal};

	sigaction(SIGINT, &sa, NULL);
}
