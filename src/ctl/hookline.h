/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the libvirt hook said last about a domain, as show and policy print it. */
#ifndef AVICCTL_HOOKLINE_H
#define AVICCTL_HOOKLINE_H

#include <json-c/json.h>

/* hookline_print() - the member "hook" of @o as a field; nothing where there is none. */
void hookline_print(json_object *o);
/* hookline_read() - the same member, read from the hook's own file, as root can. NULL: nothing was said, or it cannot be read. */
json_object *hookline_read(const char *uuid);

#endif
