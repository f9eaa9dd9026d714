/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A full-screen program's terminal. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>

#include "avicd/clock.h"
#include "avicd/util.h"
#include "ctl/screen.h"

/* The sequences that each terminal since the VT100's successors knows; "dumb" ones are refused by screen_usable(). */
#define ENTER "\033[?1049h\033[?25l\033[H\033[J"
#define LEAVE "\033[?25h\033[?1049l"

static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH};

static void write_all(const char *s, size_t len)
{
	while (len > 0) {
		ssize_t n = write(STDOUT_FILENO, s, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return;
		s += n;
		len -= n;
	}
}

bool screen_usable(void)
{
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && term && *term && !streq(term, "dumb");
}

static void enter(struct screen *s)
{
	struct termios t = s->saved;

	/* ISIG stays: ^C and ^Z are signals, as everywhere */
	t.c_lflag &= ~(ICANON | ECHO);
	t.c_cc[VMIN] = 0;
	t.c_cc[VTIME] = 0;
	if (s->keys)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &t);
	write_all(ENTER, strlen(ENTER));
	s->entered = true;
}

static void leave(struct screen *s)
{
	if (!s->entered)
		return;
	s->entered = false;
	write_all(LEAVE, strlen(LEAVE));
	if (s->keys)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &s->saved);
}

static void signal_set(sigset_t *set)
{
	sigemptyset(set);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaddset(set, signals[i]);
}

int screen_open(struct screen *s)
{
	sigset_t set;

	*s = (struct screen){.signal_fd = -EBADF};
	s->keys = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &s->saved) >= 0;
	signal_set(&set);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	s->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->signal_fd < 0)
		return -errno;
	enter(s);
	return 0;
}

void screen_close(struct screen *s)
{
	sigset_t set;

	leave(s);
	if (s->signal_fd < 0)
		return;
	close(TAKE_FD(s->signal_fd));
	signal_set(&set);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

size_t screen_rows(void)
{
	struct winsize ws;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) >= 0 && ws.ws_row > 0 ? ws.ws_row : 24;
}

void screen_draw(const char *text)
{
	_cleanup_free_ char *buf = NULL;
	size_t len = 0;
	FILE *f;

	/* In one write, over what is there: nothing flickers. The rest of each line is erased. */
	f = open_memstream(&buf, &len);
	if (!f)
		return;
	fputs("\033[H", f);
	for (bool first = true; *text; first = false) {
		size_t n = strcspn(text, "\n");

		/* no newline behind the last line: it would scroll a full screen */
		fprintf(f, "%s%.*s\033[K", first ? "" : "\r\n", (int)n, text);
		text += n + (text[n] == '\n');
	}
	fputs("\033[J", f);
	if (fclose(f) == 0)
		write_all(buf, len);
}

/* SIGTSTP in a program that catches it: give the terminal back, stop for real, take it again. */
static void stop_here(struct screen *s)
{
	leave(s);
	raise(SIGSTOP);
	enter(s);
}

static enum screen_wait take_signal(struct screen *s)
{
	struct signalfd_siginfo info;

	if (read(s->signal_fd, &info, sizeof(info)) != sizeof(info))
		return SCREEN_REDRAW;
	switch (info.ssi_signo) {
	case SIGWINCH:
		return SCREEN_REDRAW;
	case SIGTSTP:
		stop_here(s);
		return SCREEN_REDRAW;
	case SIGINT:
		return SCREEN_QUIT;
	}
	screen_close(s);
	raise(info.ssi_signo); /* unblocked again, not caught: ends the process, and the parent sees by what */
	return SCREEN_QUIT;
}

static enum screen_wait take_keys(void)
{
	char keys[64];
	ssize_t n = read(STDIN_FILENO, keys, sizeof(keys));

	if (n <= 0)
		return SCREEN_QUIT; /* the terminal is gone */
	for (ssize_t i = 0; i < n; i++)
		if (keys[i] == 'q' || keys[i] == 'Q')
			return SCREEN_QUIT;
	return memchr(keys, ' ', n) ? SCREEN_NOW : SCREEN_REDRAW;
}

enum screen_wait screen_wait(struct screen *s, uint64_t until)
{
	struct pollfd fds[2] = {{.fd = s->signal_fd, .events = POLLIN},
				{.fd = s->keys ? STDIN_FILENO : -1, .events = POLLIN}};
	uint64_t now = now_ns(), ns = until > now ? until - now : 0;
	struct timespec ts = {ns / NSEC_PER_SEC, ns % NSEC_PER_SEC};
	int n;

	n = ppoll(fds, ARRAY_SIZE(fds), &ts, NULL);
	if (n < 0)
		return errno == EINTR ? SCREEN_REDRAW : SCREEN_QUIT;
	if (fds[0].revents)
		return take_signal(s);
	if (fds[1].revents)
		return take_keys();
	return SCREEN_TIMEOUT;
}
