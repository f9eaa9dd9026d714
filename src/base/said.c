/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the hook said last about a domain, as a file of one line. Who reads it believes nothing. */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

#include "avicd/file.h"
#include "avicd/said.h"
#include "avicd/text.h"

#define SUFFIX	  ".said"
#define FILE_MAX  2048
#define SWEEP_MAX 65536 /* files looked at in one go */

/* A file that is being written; one that was left behind by a hook that was killed is written over, or swept. */
#define SUFFIX_NEW ".said-new"

struct file_name {
	char s[48];
};

static const char *const decisions[_SAID_MAX] = {[SAID_WARNED] = "warned", [SAID_REFUSED] = "refused"};

const char *said_decision_to_string(enum said_decision d)
{
	return decisions[d];
}

int said_format(const struct said *s, char **ret)
{
	_cleanup_free_ char *name = NULL, *text = NULL;
	/* a tab is a control character: none is left in either */
	int r = text_clean(s->name, sizeof(s->name) - 1, &name);

	if (r == 0)
		r = text_clean(s->text, SAID_TEXT_MAX, &text);
	if (r < 0)
		return r;
	if (asprintf(ret, "%s\t%" PRIu64 "\t%s\t%s\n", decisions[s->decision], s->at, name, text) < 0) {
		*ret = NULL;
		return -ENOMEM;
	}
	return 0;
}

/* What stands before the next @stop, which becomes its end. */
static char *cut(char **s, char stop)
{
	char *begin = *s, *end = strchr(begin, stop);

	if (!end)
		return NULL;
	*end = '\0';
	*s = end + 1;
	return begin;
}

static int take(char *dst, size_t size, const char *s)
{
	size_t n = strlen(s);

	if (n >= size || !text_is_utf8(s, n))
		return -EBADMSG;
	memcpy(dst, s, n + 1);
	text_clean_inplace(dst);
	return 0;
}

int said_parse(const char *data, size_t len, struct said *ret)
{
	char line[FILE_MAX + 1], *s = line, *decision, *at, *name, *text;
	struct said said = {.decision = _SAID_MAX};

	if (len > FILE_MAX || memchr(data, '\0', len))
		return -EBADMSG;
	memcpy(line, data, len);
	line[len] = '\0';
	decision = cut(&s, '\t');
	at = decision ? cut(&s, '\t') : NULL;
	name = at ? cut(&s, '\t') : NULL;
	text = name ? cut(&s, '\n') : NULL;
	if (!text || *s || parse_u64(at, &said.at) < 0)
		return -EBADMSG;
	for (int d = 0; d < _SAID_MAX; d++)
		if (streq(decisions[d], decision))
			said.decision = (enum said_decision)d;
	if (said.decision == _SAID_MAX || take(said.name, sizeof(said.name), name) < 0 ||
	    take(said.text, sizeof(said.text), text) < 0)
		return -EBADMSG;
	*ret = said;
	return 0;
}

/* Lower case: libvirt writes UUIDs so, and the file is found by what others write. */
static int name_of(const char *uuid, const char *suffix, struct file_name *ret)
{
	char lower[37];

	if (!uuid_is_valid(uuid) || uuid_normalize(uuid, lower) < 0)
		return -EINVAL;
	snprintf(ret->s, sizeof(ret->s), "%s%s", lower, suffix);
	return 0;
}

int said_leave(int dir, const char *uuid, const struct said *s)
{
	_cleanup_close_ int fd = -EBADF;
	_cleanup_free_ char *line = NULL;
	struct file_name name, fresh;
	ssize_t n;
	int r = name_of(uuid, SUFFIX, &name);

	if (r == 0)
		r = name_of(uuid, SUFFIX_NEW, &fresh);
	if (r == 0)
		r = said_format(s, &line);
	if (r < 0)
		return r;
	fd = openat(dir, fresh.s, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	n = write(fd, line, strlen(line));
	if (n == (ssize_t)strlen(line) && renameat(dir, fresh.s, dir, name.s) == 0)
		return 0;
	r = n < 0 || n == (ssize_t)strlen(line) ? -errno : -ENOSPC;
	(void)unlinkat(dir, fresh.s, 0);
	return r;
}

int said_drop(int dir, const char *uuid)
{
	struct file_name name;
	int r = name_of(uuid, SUFFIX, &name);

	if (r == 0 && unlinkat(dir, name.s, 0) < 0 && errno != ENOENT)
		r = -errno;
	return r;
}

static bool is_ours(const struct stat *st)
{
	return st->st_uid == geteuid() && !(st->st_mode & (S_IWGRP | S_IWOTH));
}

int said_folder(void)
{
	_cleanup_close_ int parent = open(dir_runtime(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd = -EBADF;
	struct stat st;

	if (parent < 0)
		return -errno;
	fd = openat(parent, "hook", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	return is_ours(&st) ? TAKE_FD(fd) : -EPERM;
}

int said_read(int dir, const char *uuid, struct said *ret)
{
	_cleanup_close_ int fd = -EBADF;
	_cleanup_free_ char *data = NULL;
	struct file_name name;
	struct stat st;
	size_t len;
	int r = name_of(uuid, SUFFIX, &name);

	if (r < 0)
		return r;
	fd = openat(dir, name.s, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || !is_ours(&st))
		return -EPERM;
	r = file_read_fd(fd, FILE_MAX, &data, &len);
	return r < 0 ? r : said_parse(data, len, ret);
}

/* "UUID.said" or "UUID.said-new"; the marks beside them are the hook's. */
static bool is_said(const char *name, char uuid[static 37])
{
	if (strlen(name) < 36)
		return false;
	memcpy(uuid, name, 36);
	uuid[36] = '\0';
	return uuid_is_valid(uuid) && (streq(name + 36, SUFFIX) || streq(name + 36, SUFFIX_NEW));
}

void said_sweep(int dir, uint64_t now_us, bool (*runs)(const char *uuid, void *userdata), void *userdata)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *e;

	if (!stream) {
		close_p(&copy);
		return;
	}
	for (int i = 0; i < SWEEP_MAX && (e = readdir(stream)); i++) {
		char uuid[37];
		struct stat st;

		if (!is_said(e->d_name, uuid) || fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		/* also one of a time to come: the clock was set */
		if (now_us - (uint64_t)st.st_mtim.tv_sec * USEC_PER_SEC > SAID_KEPT_US && !runs(uuid, userdata))
			(void)unlinkat(dir, e->d_name, 0);
	}
	closedir(stream);
}
