/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the log of make says of a build of the livepatch module that failed. */
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

#include "avicd/file.h"
#include "avicd/text.h"
#include "ctl/build.h"
#include "ctl/ctl.h"

#define LOG_MAX	  (1 << 20) /* of its end */
#define LOG_LINES 10
/* less than this is none: the build takes 10 times as much */
#define FULL	  (1 << 20)
#define MAKE_ROOM "make room, or set TMPDIR to a folder with 10 MiB free"

static int read_end(int fd, char **ret, size_t *ret_len)
{
	struct stat st;
	off_t from;

	if (fstat(fd, &st) < 0)
		return -errno;
	from = st.st_size > LOG_MAX ? st.st_size - LOG_MAX : 0;
	if (lseek(fd, from, SEEK_SET) < 0)
		return -errno;
	return file_read_fd(fd, (size_t)LOG_MAX, ret, ret_len);
}

static void print_last_lines(const char *text, size_t len)
{
	const char *at = text + len;
	unsigned lines = 0;

	/* the newline at its end ends a line, and begins none */
	while (at > text && (at[-1] != '\n' || at == text + len || ++lines < LOG_LINES))
		at--;
	while (*at) {
		size_t n = strcspn(at, "\n");
		_cleanup_free_ char *line = strndup(at, n);

		fputs("  ", stderr);
		ctl_puts_clean(line ?: "", stderr);
		fputc('\n', stderr);
		at += n + (at[n] == '\n');
	}
}

/* "/bin/sh: 1: gcc-12: not found", "bash: line 1: gcc: command not found", "make[2]: gcc: No such file or directory" */
static bool lacks_program(const char *line)
{
	static const char no_file[] = ": No such file or directory", not_found[] = "not found";
	size_t n = strlen(line);

	if (n > strlen(not_found) && streq(line + n - strlen(not_found), not_found) && strstr(line, "sh: "))
		return true;
	return startswith(line, "make") && !strstr(line, "***") && n > strlen(no_file) &&
	       streq(line + n - strlen(no_file), no_file);
}

static bool says_full(const char *line)
{
	return strstr(line, "No space left on device");
}

/* Then the log may not say so. */
static bool is_full(const char *path)
{
	struct statvfs fs;

	return statvfs(path, &fs) == 0 && (uint64_t)fs.f_bavail * fs.f_frsize < FULL;
}

static bool was_killed(const char *line)
{
	return strstr(line, "Killed signal") || strstr(line, "out of memory");
}

static const struct {
	bool (*is)(const char *line);
	const char *remedy;
} causes[] = {
	{says_full, "the disk is full: " MAKE_ROOM},
	{lacks_program, "a program is missing: install the compiler of this kernel, make and binutils"},
	{was_killed, "the compiler was killed, as it is when memory is short: end something, and try again"},
};

/* The first line that one of the causes is in, and its remedy; NULL: none is known. */
static const char *find_cause(const char *text, char **ret_line)
{
	_cleanup_free_ char *copy = strdup(text);
	char *rest = NULL;

	for (char *line = copy ? strtok_r(copy, "\n", &rest) : NULL; line; line = strtok_r(NULL, "\n", &rest))
		for (size_t i = 0; i < ARRAY_SIZE(causes); i++)
			if (causes[i].is(line))
				return text_clean(line, 160, ret_line) < 0 ? NULL : causes[i].remedy;
	return NULL;
}

int build_failed(int fd, int status, const struct build_folder *f, const char *log)
{
	_cleanup_free_ char *text = NULL, *line = NULL;
	char where[512] = "it could not be kept";
	const char *remedy = NULL;
	size_t len = 0;

	if (read_end(fd, &text, &len) == 0) {
		print_last_lines(text, len);
		remedy = find_cause(text, &line);
		if (file_write_atomic(log, text, len, 0600, false) == 0)
			snprintf(where, sizeof(where), "%s", log);
	}
	if (remedy)
		return ctl_error("the livepatch module cannot be built: %s: %s; log: %s", line, remedy, where);
	if (is_full(f->path))
		return ctl_error("the livepatch module cannot be built, as %s is full: " MAKE_ROOM "; log: %s", f->path,
				 where);
	if (WIFSIGNALED(status))
		return ctl_error("make was ended by signal %d: try again; log: %s", WTERMSIG(status), where);
	return ctl_error("make failed with exit status %d: what it says is above; log: %s", WEXITSTATUS(status), where);
}
