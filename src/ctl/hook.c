/* SPDX-License-Identifier: GPL-2.0-or-later */
/* avicctl hook: put the wrapper of avicd-hook where libvirt looks for it, take it away, and tell whether it works. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "avicd/file.h"
#include "avicd/report.h"
#include "avicd/text.h"
#include "ctl/ctl.h"
#include "ctl/findings.h"
#include "ctl/hook.h"

#define FILE_LIMIT (64 * 1024)

int hook_file(void)
{
	_cleanup_free_ char *there = NULL, *shipped = NULL;
	int r = sysroot_read(HOOK_FILE, FILE_LIMIT, &there, NULL);

	if (r == -ENOENT || r == -ENOTDIR)
		return HOOK_ABSENT;
	if (r == -EFBIG)
		return HOOK_FOREIGN;
	if (r < 0)
		return r;
	if (sysroot_read(HOOK_SHIPPED, FILE_LIMIT, &shipped, NULL) == 0 && streq(there, shipped))
		return HOOK_OURS;
	return strstr(there, "/avicd-hook\"") ? HOOK_OTHER : HOOK_FOREIGN;
}

static int status(bool quiet)
{
	_cleanup_findings_ struct findings f = {0};

	hook_findings(&f);
	if (f.error)
		return findings_exit(&f);
	if (ctl_options.json) {
		_cleanup_json_ json_object *o = json_object_new_object();

		json_object_object_add(o, "schema", json_object_new_string("avicd/1"));
		json_object_object_add(o, "file", json_object_new_string(HOOK_FILE));
		json_object_object_add(o, "findings", report_findings(&f, GRADE_PASS));
		ctl_print_json(o);
	} else {
		findings_print(&f, "hook", quiet);
	}
	return findings_exit(&f);
}

/*
 * libvirt runs every executable file of the folder, and a start fails when one that it has just listed is gone. So the new file is made
 * beside the folder, and comes into it whole, by one rename.
 */
static int put(const char *data, size_t len)
{
	_cleanup_free_ char *folder = NULL, *file = NULL, *temporary = NULL;
	int r = sysroot_path(HOOKS_DIR "/qemu.d", &folder);

	if (r >= 0)
		r = sysroot_path(HOOK_FILE, &file);
	if (r >= 0)
		r = sysroot_path(HOOKS_DIR "/.50-avicd.new", &temporary);
	if (r >= 0)
		r = mkdir_p(folder, 0755);
	if (r >= 0)
		r = file_write_atomic(temporary, data, len, 0755, true);
	if (r < 0)
		return r;
	if (rename(temporary, file) < 0) {
		r = -errno;
		unlink(temporary);
	}
	return r;
}

/* What a person has to do before it works, of what can be told now. */
static int tell_noticed(void)
{
	_cleanup_findings_ struct findings f = {0};

	hook_find_noticed(&f);
	if (findings_worst(&f) >= GRADE_WARN)
		findings_print(&f, "hook", true);
	return findings_exit(&f);
}

static int install(bool force)
{
	_cleanup_free_ char *shipped = NULL;
	size_t len;
	int there = hook_file(), r;

	if (there < 0)
		return ctl_error("%s: %s", HOOK_FILE, strerror(-there));
	if (there == HOOK_FOREIGN && !force)
		return ctl_error("%s is not avicd's; move it away, or overwrite it with --force", HOOK_FILE);
	if (hook_selinux_refuses() && !force)
		return ctl_error(
			"SELinux has no rule that lets virtqemud run hooks, and then no VM would start; allow it to "
			"execute virt_hook_t, then use --force");
	r = sysroot_read(HOOK_SHIPPED, FILE_LIMIT, &shipped, &len);
	if (r < 0)
		return ctl_error("%s: %s; install avicd again", HOOK_SHIPPED, strerror(-r));
	if (there == HOOK_OURS && hook_runnable()) {
		printf("%s is there already\n", HOOK_FILE);
		return tell_noticed();
	}
	r = put(shipped, len);
	if (r < 0)
		return ctl_error("%s: %s", HOOK_FILE, strerror(-r));
	printf("%s is installed\n", HOOK_FILE);
	return tell_noticed();
}

static int take_away(bool force)
{
	_cleanup_free_ char *file = NULL;
	int there = hook_file();

	if (there < 0)
		return ctl_error("%s: %s", HOOK_FILE, strerror(-there));
	if (there == HOOK_ABSENT) {
		printf("%s is not there\n", HOOK_FILE);
		return CTL_OK;
	}
	if (there == HOOK_FOREIGN && !force)
		return ctl_error("%s is not avicd's; remove it by hand, or with --force", HOOK_FILE);
	if (sysroot_path(HOOK_FILE, &file) < 0)
		return ctl_error("out of memory");
	if (unlink(file) < 0)
		return ctl_error("%s: %s", HOOK_FILE, strerror(errno));
	printf("%s is removed\n", HOOK_FILE);
	return CTL_OK;
}

int verb_hook(int argc, char *argv[])
{
	static const struct option options[] = {{"force", no_argument, NULL, 'f'},
						{"quiet", no_argument, NULL, 'q'},
						{0}};
	bool force = false, quiet = false;
	const char *what;
	int c;

	while ((c = getopt_long(argc, argv, "q", options, NULL)) != -1) {
		force |= c == 'f';
		quiet |= c == 'q';
	}
	what = argv[argc - 1];
	if (streq(what, "status"))
		return force ? ctl_usage("hook", "hook status takes no --force") : status(quiet);
	if (quiet)
		return ctl_usage("hook", "hook %s takes no --quiet", what);
	if (!streq(what, "install") && !streq(what, "remove"))
		return ctl_usage("hook", "hook %s: not one of status, install, remove", what);
	if (geteuid() != 0)
		return ctl_error("hook %s writes %s: it needs root", what, HOOKS_DIR);
	return streq(what, "install") ? install(force) : take_away(force);
}
