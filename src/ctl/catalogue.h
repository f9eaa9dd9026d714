/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The catalogue of fixes and risks, as verbs read it. */
#ifndef AVICCTL_CATALOGUE_H
#define AVICCTL_CATALOGUE_H

#include "avicd/catalogue.h"

/* ctl_catalogue() - what is wrong with files of it goes to stderr, one a line. Returns one of enum ctl_exit. */
int ctl_catalogue(struct catalogue *ret);

#endif
