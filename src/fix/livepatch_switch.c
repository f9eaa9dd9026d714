/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kill switches of the livepatch, and its settings: each is read anew, and in doubt it is off. */
#include <stdio.h>

#include "avicd/config.h"
#include "avicd/file.h"
#include "avicd/livepatch.h"
#include "avicd/text.h"

#define CMDLINE_MAX  65536
#define DEADLINE_MIN NSEC_PER_SEC
#define DEADLINE_MAX (600 * NSEC_PER_SEC)

struct livepatch_settings {
	bool on;
	uint64_t deadline;
};

/* What is no word for yes switches it off: nobody writes this key but to do that. */
static int parse_switch(const char *value, void *target)
{
	bool on;

	*(bool *)target = parse_bool(value, &on) == 0 && on;
	return 0;
}

static int parse_deadline(const char *value, void *target)
{
	uint64_t ns;
	int r = parse_duration(value, &ns);

	if (r < 0)
		return r;
	if (ns < DEADLINE_MIN || ns > DEADLINE_MAX)
		return -ERANGE;
	*(uint64_t *)target = ns;
	return 0;
}

/* These keys alone. The others are unknown here, and are judged by those who read them. */
static const struct config_item items[] = {
	{.section = "avicd",
	 .key = "livepatch",
	 .parse = parse_switch,
	 .offset = offsetof(struct livepatch_settings, on)},
	{.section = "avicd",
	 .key = "livepatch_deadline",
	 .parse = parse_deadline,
	 .offset = offsetof(struct livepatch_settings, deadline),
	 .accepts = "a time span, 1s to 10min"},
	{0},
};

static void problem(const char *file, unsigned line, const char *text, void *userdata)
{
	/* no line: the file cannot be read */
	if (line == 0)
		*(bool *)userdata = true;
}

/* What lies below the system root is meant, unless the folder is named by itself. NULL: the folders of this system. */
static const char *config_root(void)
{
	return getenv("CONFIGURATION_DIRECTORY") ? NULL : secure_getenv("AVICD_SYSROOT");
}

static struct livepatch_settings read_settings(void)
{
	struct livepatch_settings s = {.on = true, .deadline = 30 * NSEC_PER_SEC};
	bool unreadable = false;

	if (config_load(items, &s, config_root(), problem, &unreadable) < 0 || unreadable)
		s.on = false;
	return s;
}

uint64_t livepatch_deadline(void)
{
	return read_settings().deadline;
}

int livepatch_disabled_file(char **ret)
{
	_cleanup_free_ char *path = NULL;
	char *whole;

	if (asprintf(&path, "%s/livepatch.disabled", dir_config()) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	if (config_root())
		return sysroot_path(path, ret);
	whole = TAKE_PTR(path);
	*ret = whole;
	return 0;
}

static bool file_says_no(void)
{
	_cleanup_free_ char *path = NULL;

	return livepatch_disabled_file(&path) < 0 || access(path, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

static bool cmdline_says_no(void)
{
	_cleanup_free_ char *cmdline = NULL;
	const char *key = "avicd.livepatch=", *blanks = " \t\n";
	bool on = true;
	char *rest = NULL;
	int r = sysroot_read("/proc/cmdline", CMDLINE_MAX, &cmdline, NULL);

	if (r < 0)
		return r != -ENOENT;
	/* As for the kernel's own, the last one holds. */
	for (char *word = strtok_r(cmdline, blanks, &rest); word; word = strtok_r(NULL, blanks, &rest))
		if (startswith(word, key))
			parse_switch(word + strlen(key), &on);
	return !on;
}

enum livepatch_switch livepatch_switch(void)
{
	if (!read_settings().on)
		return SWITCH_CONFIG;
	if (file_says_no())
		return SWITCH_FILE;
	return cmdline_says_no() ? SWITCH_CMDLINE : SWITCH_NONE;
}

const char *livepatch_switch_says(enum livepatch_switch s)
{
	static const char *const texts[_SWITCH_MAX] = {
		[SWITCH_NONE] = "",
		[SWITCH_CONFIG] = "the livepatch is switched off by avicd.conf: set \"livepatch = yes\" in its section "
				  "[avicd], or make it readable",
		[SWITCH_FILE] = "the livepatch is switched off by the file livepatch.disabled in /etc/avicd: avicctl "
				"fix enable removes it",
		[SWITCH_CMDLINE] = "the livepatch is switched off on the kernel command line: remove avicd.livepatch=0 "
				   "there and reboot",
	};

	return (unsigned)s < _SWITCH_MAX ? texts[s] : "";
}
