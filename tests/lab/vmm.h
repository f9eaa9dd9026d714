/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the VMM share: the words of a verb, and errors. */
#ifndef AVICD_LAB_VMM_H
#define AVICD_LAB_VMM_H

#include <stdbool.h>
#include <stdint.h>

struct machine;

/* One verb as it was given: its words, without the verb itself. */
struct words {
	unsigned int n;
	char *word[16];
};

/* vmm-words.c. The text behind KEY=, NULL if it was not given. */
const char *words_value(const struct words *w, const char *key);
bool words_have(const struct words *w, const char *word);
/* The number behind KEY=, or the word without one where key is NULL; what *ret holds where none was given. */
int words_number(const struct words *w, const char *key, uint64_t *ret);
int words_seconds(const struct words *w, const char *key, double *ret);

/* fail() - says why the verb fails; returns -err. One place is enough: the main thread waits for whoever works for it. */
__attribute__((format(printf, 2, 3))) int fail(int err, const char *why, ...);
/* say() - a word more behind "ok VERB" */
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);

/* A verb works on the VM that is selected: *vm, NULL if there is none. */
typedef int verb_fn(struct machine **vm, const struct words *w);

verb_fn verb_create, verb_again, verb_close, verb_run, verb_stop, verb_alive, verb_pids; /* vmm-machine.c */
verb_fn verb_reset, verb_x2apic_on, verb_x2apic_reboot, verb_disabled_reboot, verb_get_lapic,
	verb_big_id; /* vmm-apic.c */
verb_fn verb_id_change, verb_id_restore, verb_guest_id_change, verb_guest_id_restore, verb_base_moved, verb_base_back;
verb_fn verb_id_flip;						   /* vmm-flip.c */
verb_fn verb_blockirq, verb_autoeoi, verb_pit;			   /* vmm-inhibit.c */
verb_fn verb_irqwin, verb_irqwin_stop;				   /* vmm-irqwin.c */
verb_fn verb_dup, verb_close_dup, verb_fork, verb_pass, verb_exec; /* vmm-process.c */

/* holder_main() - the child of `pass`: receives a descriptor over the socket and holds it until it is killed. */
int holder_main(int socket);

#endif
