/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Marks of guests that come in running: RUNTIME_DIRECTORY/hook/UUID, left by migrate and restore for the prepare and
 * start that follow. */
#ifndef HOOK_MARK_H
#define HOOK_MARK_H

#define MARK_SECONDS 60 /* so long a mark holds */

/*
 * mark_folder() - the folder of marks, open, for the domain @uuid; made if need be. Its parent is avicd's to make: without avicd nothing is
 * refused, so nothing needs a mark. -EINVAL: no UUID; -EPERM: the folder is not ours alone; another errno where it cannot be written.
 */
int mark_folder(const char *uuid);
/* mark_leave() - an errno of mark_folder(). */
int mark_leave(const char *uuid);
/* mark_find() - 1: there is one that holds; 0: there is none; negative errno: it cannot be told, or none could have
 * been left. */
int mark_find(const char *uuid);
/* mark_drop() - if there is one. */
void mark_drop(const char *uuid);

#endif
