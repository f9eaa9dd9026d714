/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The run of make for avicctl fix build, which can be interrupted.
 *
 * make has a process group of its own: what ends us is sent to all that it has started, and the folder that they work
 * in is removed after them. Its environment is ours for $PATH and $HOME alone, so that no MAKEFLAGS, ARCH or CC of a
 * shell gets into a kernel.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>

#include "avicd/clock.h"
#include "avicd/spawn.h"
#include "ctl/build.h"
#include "ctl/ctl.h"

#define LOOK_NS	   (20 * NSEC_PER_MSEC)
/* on a terminal, what takes longer than this shows that time passes */
#define SLOW_NS	   (2 * NSEC_PER_SEC)
/* after SIGTERM */
#define KILL_NS	   (2 * NSEC_PER_SEC)
/* the shell's, and posix_spawn()'s where it cannot tell otherwise */
#define NO_PROGRAM 127

static volatile sig_atomic_t interrupted;

static void on_signal(int sig _unused_)
{
	interrupted = 1;
}

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

static void catch_signals(struct sigaction old[static ARRAY_SIZE(signals)])
{
	const struct sigaction sa = {.sa_handler = on_signal};

	/* ignored by who started us, it would take the child's exit status away */
	signal(SIGCHLD, SIG_DFL);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		sigaction(signals[i], NULL, &old[i]);
		if (old[i].sa_handler != SIG_IGN)
			sigaction(signals[i], &sa, NULL);
	}
}

static void release_signals(const struct sigaction old[static ARRAY_SIZE(signals)])
{
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &old[i], NULL);
}

static int spawn(pid_t *ret, char *const argv[], char *const env[], int log)
{
	sigset_t ours;
	const struct spawn s = {
		.program = argv[0],
		.search = true,
		.argv = argv,
		.env = env,
		.in = SPAWN_NULL,
		.out = log,
		.err = log,
		.signals = &ours,
		.group = true,
	};

	sigemptyset(&ours);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaddset(&ours, signals[i]);
	sigaddset(&ours, SIGPIPE);
	return spawn_program(&s, ret);
}

/* Once a second; @shown is the last one. */
static void show_progress(const char *release, uint64_t since, uint64_t *shown)
{
	uint64_t took = now_ns() - since;

	if (took <= SLOW_NS || took / NSEC_PER_SEC == *shown || !isatty(STDERR_FILENO))
		return;
	*shown = took / NSEC_PER_SEC;
	fprintf(stderr, "\r\033[Kbuilding " LIVEPATCH_NAME " for kernel %s %llus", release, (unsigned long long)*shown);
}

/* Until it has ended; @ret as of waitpid(). */
static int wait_for(pid_t pid, const char *release, int *ret)
{
	const struct timespec pause = {.tv_nsec = (long)LOOK_NS};
	uint64_t since = now_ns(), told = 0, shown = 0;
	siginfo_t info = {0};
	int r;

	while ((r = waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT)) == 0 && !info.si_pid) {
		if (interrupted && !told) {
			told = now_ns();
			kill(-pid, SIGTERM);
		} else if (told && now_ns() - told > KILL_NS) {
			kill(-pid, SIGKILL);
		}
		show_progress(release, since, &shown);
		nanosleep(&pause, NULL);
	}
	if (shown)
		fputs("\r\033[K", stderr);
	/* Of those that it has started some may be left. The number is nobody else's until it is taken off. */
	if (r == 0)
		kill(-pid, SIGKILL);
	return waitpid(pid, ret, 0) < 0 ? -errno : 0;
}

/* ---- the run ---- */

struct words {
	char path[4200], home[600], tmp[300], module[300];
};

/* at most: make -C HEADERS M= KCFLAGS= CC= LD= modules, and four variables */
static int run(const struct build_kernel *k, const struct build_folder *f, int log, int *ret_status)
{
	struct words w;
	char *argv[9] = {(char *)"make", (char *)"-C", k->headers}, *env[5] = {(char *)"LC_ALL=C"};
	const char *path = getenv("PATH"), *home = getenv("HOME");
	size_t n = 3, e = 1;
	pid_t pid = 0;
	char prefix[400];
	int r;

	snprintf(w.module, sizeof(w.module), "M=%s", f->path);
	/* the folder's name is not in the module: what is built of the same source twice is the same, and as proved as before */
	snprintf(prefix, sizeof(prefix), "KCFLAGS=-ffile-prefix-map=%s=/" LIVEPATCH_NAME, f->path);
	argv[n++] = w.module;
	argv[n++] = prefix;
	if (k->clang)
		argv[n++] = (char *)"CC=clang";
	if (k->lld)
		argv[n++] = (char *)"LD=ld.lld";
	argv[n] = (char *)"modules";
	argv[n + 1] = NULL;
	snprintf(w.tmp, sizeof(w.tmp), "TMPDIR=%s", f->path);
	env[e++] = w.tmp;
	if (path && strlen(path) < sizeof(w.path) - 5) {
		snprintf(w.path, sizeof(w.path), "PATH=%s", path);
		env[e++] = w.path;
	}
	if (home && strlen(home) < sizeof(w.home) - 5) {
		snprintf(w.home, sizeof(w.home), "HOME=%s", home);
		env[e++] = w.home;
	}
	r = spawn(&pid, argv, env, log);
	return r < 0 ? r : wait_for(pid, k->release, ret_status);
}

int build_make(const struct build_kernel *k, const struct build_folder *f, const char *log)
{
	struct sigaction old[ARRAY_SIZE(signals)];
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int fd = -EBADF;
	int r, status = 0;

	if (asprintf(&path, "%s/log", f->path) < 0) {
		path = NULL;
		return ctl_error("out of memory");
	}
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return ctl_error("%s: %s: set TMPDIR to a folder with 10 MiB free", path, strerror(errno));
	catch_signals(old);
	r = run(k, f, fd, &status);
	release_signals(old);
	if (interrupted)
		return ctl_error("interrupted: nothing was installed");
	if (r == -ENOENT || (r == 0 && WIFEXITED(status) && WEXITSTATUS(status) == NO_PROGRAM))
		return ctl_error("the program make is missing: install make, and the compiler of this kernel");
	if (r < 0)
		return ctl_error("make cannot be started: %s", strerror(-r));
	return status == 0 ? CTL_OK : build_failed(fd, status, f, log);
}
