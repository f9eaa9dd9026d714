/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What check and policy share: the configuration that a domain's policy comes from, and how that reads. */
#ifndef AVICCTL_POLICY_H
#define AVICCTL_POLICY_H

#include <json-c/json.h>

#include "avicd/settings.h"
#include "avicd/text.h"

/*
 * policy_settings() - avicd.conf as the hook reads it; where it cannot be read, the defaults, with a line on stderr. Bad lines are not reported:
 * `config check` is for these. -ENOMEM, reported. The caller calls settings_done().
 */
int policy_settings(struct settings *ret);

/* policy_say() - "mode=require by [domain web-*], FILE:LINE; remedy=report by default". */
void policy_say(const struct policy *p, struct text *t);
/* policy_json() - mode, mode_from, mode_section and the same of the remedy; a section is {domain, file, line} or null. */
json_object *policy_json(const struct policy *p);

#endif
