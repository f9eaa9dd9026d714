/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What json-c lacks: its objects freed at the end of a scope. */
#ifndef AVICD_JSONC_H
#define AVICD_JSONC_H

#include <json-c/json.h>

#include "avicd/util.h"

static inline void json_p(json_object **o)
{
	json_object_put(*o); /* NULL is nothing to it */
}
#define _cleanup_json_ _cleanup_(json_p)

static inline void json_tokener_p(json_tokener **t)
{
	if (*t)
		json_tokener_free(*t);
}
#define _cleanup_tokener_ _cleanup_(json_tokener_p)

#endif
