/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The catalogue of fixes and risks, as verbs read it. */
#include "ctl/catalogue.h"
#include "ctl/ctl.h"

static void problem(const char *file, unsigned line, const char *text, void *userdata)
{
	if (line > 0)
		ctl_error("%s:%u: %s", file, line, text);
	else
		ctl_error("%s: %s", file, text);
}

int ctl_catalogue(struct catalogue *ret)
{
	int r = catalogue_read(ret, problem, NULL);

	return r < 0 ? ctl_error("the catalogue of fixes cannot be read: %s", strerror(-r)) : CTL_OK;
}
