/* SPDX-License-Identifier: GPL-2.0-or-later */
/* avicctl hook status: is the hook there, does libvirt know of it, and may it do its work? */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "avicd/file.h"
#include "avicd/proc.h"
#include "avicd/settings.h"
#include "avicd/text.h"
#include "ctl/hook.h"

#define RELOAD "systemctl reload %s"

const char *const hook_daemons[HOOK_DAEMONS] = {"libvirtd", "virtqemud"};

static double seconds(const struct timespec *t)
{
	return (double)t->tv_sec + (double)t->tv_nsec / 1e9;
}

/* Would libvirt run it (virFileIsExecutable())? And since when is it as it is, in seconds since 1970? */
static bool runnable(const char *path, double *ret_since)
{
	_cleanup_free_ char *p = NULL;
	struct stat st;

	if (sysroot_path(path, &p) < 0 || stat(p, &st) < 0)
		return false;
	*ret_since = seconds(&st.st_ctim);
	return S_ISREG(st.st_mode) && (st.st_mode & 0111);
}

int hook_daemon(const char *daemon, double *ret_start)
{
	_cleanup_free_ char *line = NULL;
	char path[64], comm[16];
	struct timespec now, boot;
	uint64_t start;
	long pid;

	snprintf(path, sizeof(path), "/run/%s.pid", daemon);
	if (sysroot_read_line(path, &line) < 0)
		return 0;
	pid = strtol(line, NULL, 10);
	if (pid <= 0 || pid > INT32_MAX || proc_comm((int32_t)pid, comm) < 0 || !streq(comm, daemon) ||
	    proc_start((int32_t)pid, &start) < 0)
		return 0;
	clock_gettime(CLOCK_REALTIME, &now);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	*ret_start = seconds(&now) - seconds(&boot) + (double)start / 1e9;
	return (int)pid;
}

/* The oldest hook for QEMU: once libvirt has found one, it reads the folder anew each time (virhook.c). */
static double oldest_hook(unsigned *ret_others)
{
	_cleanup_free_ char *folder = NULL;
	double oldest = -1, t;
	DIR *d;

	*ret_others = 0;
	if (runnable(HOOKS_DIR "/qemu", &t)) {
		oldest = t;
		(*ret_others)++;
	}
	if (sysroot_path(HOOKS_DIR "/qemu.d", &folder) < 0)
		return oldest;
	d = opendir(folder);
	if (!d)
		return oldest;
	for (struct dirent *e = readdir(d); e; e = readdir(d)) {
		char path[512];

		if (*e->d_name == '.' ||
		    (size_t)snprintf(path, sizeof(path), HOOKS_DIR "/qemu.d/%s", e->d_name) >= sizeof(path) ||
		    !runnable(path, &t))
			continue;
		if (oldest < 0 || t < oldest)
			oldest = t;
		*ret_others += !streq(path, HOOK_FILE);
	}
	closedir(d);
	return oldest;
}

/* When the hook ran last, as it leaves in its folder; 0: never, -1: that is for root to see. */
static double ran_at(void)
{
	_cleanup_free_ char *path = NULL;
	struct stat st;

	if (asprintf(&path, "%s/hook/.ran", dir_runtime()) < 0)
		return 0;
	if (stat(path, &st) < 0)
		return errno == EACCES ? -1 : 0;
	return seconds(&st.st_mtim);
}

void hook_find_noticed(struct findings *to)
{
	static const char *const id = "noticed", *const check = "if libvirt knows of it";
	bool any = false;
	unsigned others;
	double oldest = oldest_hook(&others);

	for (size_t i = 0; i < HOOK_DAEMONS; i++) {
		double start;
		int pid = hook_daemon(hook_daemons[i], &start);

		if (pid <= 0)
			continue;
		any = true;
		if (oldest >= 0 && oldest < start) {
			findings_add(to, id, check, GRADE_PASS, "%s started after it", hook_daemons[i]);
		} else if (oldest >= 0 && ran_at() > start) {
			/* then libvirt looks into the folder each time, whatever changes there */
			findings_add(to, id, check, GRADE_PASS, "it ran");
		} else if (ran_at() < 0) {
			findings_add(to, id, check, GRADE_UNKNOWN, "only root can see whether it ran");
		} else {
			findings_add(
				to, id, check, GRADE_WARN,
				"%s (process %d) started before there was a hook for QEMU, and has not run it since",
				hook_daemons[i], pid);
			findings_remedy(to, RELOAD, hook_daemons[i]);
		}
	}
	if (!any)
		findings_add(to, id, check, GRADE_PASS, "libvirt does not run; it will look when it starts");
}

bool hook_runnable(void)
{
	double since;

	return runnable(HOOK_FILE, &since);
}

static void find_file(struct findings *to)
{
	static const char *const id = "file", *const check = "for the hook in libvirt's folder";
	int which = hook_file();

	if (which < 0) {
		findings_add(to, id, check, GRADE_UNKNOWN, "%s: %s", HOOK_FILE, strerror(-which));
	} else if (which == HOOK_ABSENT) {
		findings_add(to, id, check, GRADE_FAIL, "there is no %s: starts of VMs are not looked at", HOOK_FILE);
		findings_remedy(to, "avicctl hook install");
	} else if (which == HOOK_FOREIGN) {
		findings_add(to, id, check, GRADE_FAIL, "%s is not avicd's", HOOK_FILE);
		findings_remedy(to, "move it away, then avicctl hook install");
	} else if (!hook_runnable()) {
		findings_add(to, id, check, GRADE_FAIL, "%s is not an executable file, so libvirt passes it over",
			     HOOK_FILE);
		findings_remedy(to, "chmod 755 %s", HOOK_FILE);
	} else if (which == HOOK_OTHER) {
		findings_add(to, id, check, GRADE_WARN, "%s is not as this avicd ships it", HOOK_FILE);
		findings_remedy(to, "avicctl hook install");
	} else {
		findings_add(to, id, check, GRADE_PASS, NULL);
	}
}

static void find_program(struct findings *to)
{
	static const char *const id = "program", *const check = "for " HOOK_PROGRAM;
	_cleanup_free_ char *path = NULL, *version = NULL;
	int r;

	if (sysroot_path(HOOK_PROGRAM, &path) < 0 || access(path, X_OK) < 0) {
		findings_add(to, id, check, GRADE_FAIL,
			     "it is not there or not executable: the hook lets everything go");
		findings_remedy(to, "install avicd again");
		return;
	}
	r = hook_run(path, &version);
	if (r == 0 && streq(version, "avicd-hook " PACKAGE_VERSION)) {
		findings_add(to, id, check, GRADE_PASS, NULL);
		return;
	}
	if (r == 0)
		findings_add(to, id, check, GRADE_WARN, "it is another version: '%s'", version);
	else
		findings_add(to, id, check, GRADE_FAIL, "it does not run: the hook lets everything go (%s)",
			     r == -ETIMEDOUT ? "no end after 2s" : strerror(-r));
	findings_remedy(to, "%s --version says why, else install avicd again", HOOK_PROGRAM);
}

static void find_others(struct findings *to)
{
	_cleanup_free_ char *folder = NULL;
	unsigned n;

	if (sysroot_path(HOOKS_DIR "/qemu.d", &folder) == 0 && access(folder, R_OK | X_OK) < 0 && errno == EACCES) {
		findings_add(to, "others", "for other hooks of QEMU", GRADE_UNKNOWN,
			     "only root can look into libvirt's folder");
		return;
	}
	oldest_hook(&n);
	if (n)
		findings_add(to, "others", "for other hooks of QEMU", GRADE_INFO, "%u: a start needs the leave of all",
			     n);
	else
		findings_add(to, "others", "for other hooks of QEMU", GRADE_PASS, "none");
}

/* What host.json says decides: where it is old or absent, policy=enforce refuses nothing. */
static void find_policy(struct findings *to)
{
	static const char *const id = "policy", *const check = "what it does with a start";
	_cleanup_(settings_done) struct settings s = {0};
	_cleanup_free_ char *path = NULL;
	struct stat st;
	int r = settings_init(&s);

	if (r >= 0)
		r = config_load(settings_items, &s, NULL, NULL, NULL);
	if (r < 0) {
		findings_add(to, id, check, GRADE_UNKNOWN, "the configuration cannot be read: %s", strerror(-r));
		return;
	}
	if (s.policy != POLICY_ENFORCE) {
		findings_add(to, id, check, GRADE_PASS, "policy=warn: it warns and never refuses");
		return;
	}
	if (asprintf(&path, "%s/host.json", dir_runtime()) < 0) {
		path = NULL;
		return;
	}
	if (stat(path, &st) == 0 && (double)(time(NULL) - st.st_mtim.tv_sec) < 3 * (double)s.resync_interval / 1e9) {
		findings_add(to, id, check, GRADE_PASS,
			     "policy=enforce: domains that require AVIC are refused without");
		return;
	}
	findings_add(to, id, check, GRADE_WARN,
		     "policy=enforce, but avicd has not written host.json lately: nothing is refused");
	findings_remedy(to, "systemctl start avicd");
}

void hook_findings(struct findings *to)
{
	int which = hook_file();

	find_file(to);
	find_program(to);
	/* what follows is about a hook that is there */
	if ((which == HOOK_OURS || which == HOOK_OTHER) && hook_runnable())
		hook_find_noticed(to);
	hook_find_confinement(to);
	find_policy(to);
	find_others(to);
}
