/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `avicctl host --json` prints, for others. */
#ifndef AVICCTL_HOST_H
#define AVICCTL_HOST_H

#include <json-c/json.h>

/* host_document() - looks at the host. NULL: it could not be done. */
json_object *host_document(void);

#endif
