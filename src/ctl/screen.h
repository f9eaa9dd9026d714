/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A full-screen program's terminal: taken over, and given back on every way out. */
#ifndef AVICCTL_SCREEN_H
#define AVICCTL_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <termios.h>

struct screen {
	struct termios saved;
	bool entered;
	int signal_fd;
	bool keys; /* stdin is a terminal */
};

enum screen_wait { SCREEN_TIMEOUT, SCREEN_REDRAW, SCREEN_NOW, SCREEN_QUIT };

/* screen_usable() - is there a terminal that can be drawn on? */
bool screen_usable(void);
/* screen_open() - switch to the other screen, no echo. From here on signals are taken by screen_wait(). */
int screen_open(struct screen *s);
/* screen_close() - give the terminal back; keeps nothing. */
void screen_close(struct screen *s);
/* screen_rows() - height now */
size_t screen_rows(void);
/* screen_draw() - replace what is shown by @text. */
void screen_draw(const char *text);
/*
 * screen_wait() - until @until (monotonic ns), a key, a resize, or a signal. ^Z stops the process, with the terminal
 * given back meanwhile. A signal that ends the process does so here, behind screen_close().
 */
enum screen_wait screen_wait(struct screen *s, uint64_t until);

#endif
