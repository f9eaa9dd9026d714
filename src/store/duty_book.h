/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was done about VMs, in the duty state. Private to the room. */
#ifndef AVICD_STORE_DUTY_BOOK_H
#define AVICD_STORE_DUTY_BOOK_H

#include "avicd/jsonc.h"
#include "avicd/remedy.h"
#include "avicd/text.h"

/* duty_book_read() - @ret is empty before; -EBADMSG: all of it is believed, or nothing; -ENOMEM. On failure the caller calls book_done(). */
int duty_book_read(json_object *o, struct remedy_book *ret);
/* duty_book_write() - as an object. Like all of text.h, it fails later. */
void duty_book_write(const struct remedy_book *b, struct text *out);

#endif
