/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A libvirt domain, as far as avicd needs to know it. */
#ifndef AVICD_DOMAIN_H
#define AVICD_DOMAIN_H

#include <stdbool.h>

#include "avicd/policy.h"

#define DOMAIN_UUID_MAX 37

/* libvirt allows names as long as a file name allows; longer ones are cut at a character. */
#define DOMAIN_NAME_MAX 256

struct domain {
	char uuid[DOMAIN_UUID_MAX]; /* lower case, "" = none */
	char name[DOMAIN_NAME_MAX]; /* valid UTF-8 without control characters */
	char uri[128];              /* of the libvirt connection, "" = from the command line of the process only */
	bool running;               /* false: paused, shut off, crashed */
	bool active;                /* has a process */
	bool persistent;
	bool reboot_destroys;       /* on_reboot=destroy: a guest reboot ends the process */
	enum domxml_remedy remedy;  /* of its metadata */
	char remedies[POLICY_LADDER_MAX]; /* the same, as they are written; "" none */
};

#endif
