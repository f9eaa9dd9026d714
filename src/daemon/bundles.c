/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The folder of reports. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "avicd/clock.h"
#include "avicd/file.h"
#include "daemon/bundles.h"

#define FILES_MAX    1000
/* so that a full folder is not looked through for each new file */
#define FILES_FEW    (FILES_MAX - FILES_MAX / 20)
/* of one VM: a guest that makes itself stuck again and again pushes out its own reports, and nobody else's */
#define FILES_OF_ONE 50
#define AGE_MAX_US   (30ULL * 86400 * 1000000)
/* what mkostemp() puts behind the name of a file that is being written */
#define TMP	     ".XXXXXX"

struct entry_of {
	char name[BUNDLE_NAME_MAX];
	uint64_t us;
};
struct listing {
	struct entry_of *list;
	size_t n, size;
};

static inline void close_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}

static inline void listing_done(struct listing *l)
{
	free(l->list);
}

int bundles_start(struct bundles *b)
{
	return asprintf(&b->dir, "%s/reports", dir_state()) < 0 ? -ENOMEM : 0;
}

void bundles_done(struct bundles *b)
{
	free_p(&b->dir);
}

static int path_of(const struct bundles *b, const char *before, const char *name, const char *behind, char **ret)
{
	if (asprintf(ret, "%s/%s%s%s", b->dir, before, name, behind) < 0) {
		*ret = NULL;
		return -ENOMEM;
	}
	return 0;
}

static int point_link(const struct bundles *b, const char *instance, const char *name)
{
	_cleanup_free_ char *tmp = NULL, *path = NULL;
	char link[BUNDLE_NAME_MAX];

	bundle_link(instance, link);
	if (path_of(b, "", link, "", &path) < 0 || path_of(b, ".", link, TMP, &tmp) < 0)
		return -ENOMEM;
	unlink(tmp);
	if (symlink(name, tmp) < 0)
		return -errno;
	if (rename(tmp, path) < 0) {
		int r = -errno;

		unlink(tmp);
		return r;
	}
	return 0;
}

int bundles_write(struct bundles *b, const char *instance, const char *name, json_object *o)
{
	_cleanup_free_ char *path = NULL, *text = NULL;
	size_t len;
	bool is_new;
	int r;

	if (path_of(b, "", name, "", &path) < 0)
		return -ENOMEM;
	r = bundle_text(o, &text, &len);
	if (r < 0)
		return r;
	r = mkdir_p(b->dir, 0700);
	if (r < 0)
		return r;
	is_new = access(path, F_OK) < 0;
	r = file_write_atomic(path, text, len, 0600, false);
	if (r == 0)
		r = point_link(b, instance, name);
	if (r < 0)
		return r;
	b->n += is_new;
	if (b->n > FILES_MAX)
		bundles_tidy(b);
	return 0;
}

int bundles_read(const struct bundles *b, const char *name, struct bundle_head *head, json_object **ret)
{
	_cleanup_free_ char *path = NULL, *text = NULL;
	struct stat st;
	size_t len;
	int r;

	if (path_of(b, "", name, "", &path) < 0)
		return -ENOMEM;
	if (stat(path, &st) < 0)
		return -errno;
	/* a FIFO would make us wait for ever */
	if (!S_ISREG(st.st_mode))
		return -EBADMSG;
	r = file_read(path, BUNDLE_MAX, &text, &len);
	if (r < 0)
		return r == -EFBIG ? -EBADMSG : r;
	return bundle_parse(text, len, head, ret);
}

static int by_age(const void *a, const void *b)
{
	const struct entry_of *x = a, *y = b;

	return x->us != y->us ? (x->us > y->us) - (x->us < y->us) : strcmp(x->name, y->name);
}

/* All of one VM together, in the order of their time. */
static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct entry_of *)a)->name, ((const struct entry_of *)b)->name);
}

static bool is_of_same(const struct entry_of *a, const struct entry_of *b)
{
	char x[BUNDLE_INSTANCE_MAX], y[BUNDLE_INSTANCE_MAX];

	return bundle_name_parse(a->name, x, NULL) == 0 && bundle_name_parse(b->name, y, NULL) == 0 && streq(x, y);
}

/* Removes all but the newest of each VM. */
static void thin_out(int dir, struct listing *l)
{
	size_t kept = 0;

	if (l->n)
		qsort(l->list, l->n, sizeof(*l->list), by_name);
	for (size_t i = 0; i < l->n; i++) {
		/* there are as many newer ones */
		if (i + FILES_OF_ONE < l->n && is_of_same(&l->list[i], &l->list[i + FILES_OF_ONE]))
			unlinkat(dir, l->list[i].name, 0);
		else
			l->list[kept++] = l->list[i];
	}
	l->n = kept;
}

static int remember(struct listing *l, const char *name, uint64_t us)
{
	if (l->n == l->size) {
		size_t size = l->size ? l->size * 2 : 64;
		struct entry_of *more = reallocarray(l->list, size, sizeof(*more));

		if (!more)
			return -ENOMEM;
		l->list = more;
		l->size = size;
	}
	snprintf(l->list[l->n].name, sizeof(l->list[l->n].name), "%s", name);
	l->list[l->n++].us = us;
	return 0;
}

/* A file that was being written when avicd was killed. Nobody else writes here, so none is in use now. */
static bool is_left_behind(const char *name)
{
	size_t len = strlen(name), n = strlen(TMP);
	char of[BUNDLE_NAME_MAX];

	if (name[0] != '.' || len <= n + 1 || len - n - 1 >= sizeof(of) || name[len - n] != '.')
		return false;
	snprintf(of, sizeof(of), "%.*s", (int)(len - n - 1), name + 1);
	return bundle_name_parse(of, NULL, NULL) == 0 || bundle_link_parse(of, NULL) == 0;
}

/* All that is ours: files into @l if it is not NULL, links into @links. */
static void list_all(const struct bundles *b, struct listing *files, struct listing *links)
{
	_cleanup_(close_dir) DIR *d = opendir(b->dir);
	const struct dirent *e;
	uint64_t us;

	while (d && (e = readdir(d))) {
		if (files && is_left_behind(e->d_name))
			unlinkat(dirfd(d), e->d_name, 0);
		else if (bundle_link_parse(e->d_name, NULL) == 0)
			(void)remember(links, e->d_name, 0);
		else if (files && bundle_name_parse(e->d_name, NULL, &us) == 0)
			(void)remember(files, e->d_name, us);
	}
}

void bundles_tidy(struct bundles *b)
{
	_cleanup_(listing_done) struct listing files = {0}, links = {0};
	_cleanup_close_ int dir = open(b->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	uint64_t now = wall_us();
	size_t gone = 0;

	b->n = 0;
	if (dir < 0)
		return;
	list_all(b, &files, &links);
	thin_out(dir, &files);
	if (files.n)
		qsort(files.list, files.n, sizeof(*files.list), by_age);
	while (gone < files.n && ((files.n > FILES_MAX && files.n - gone > FILES_FEW) ||
				  (files.list[gone].us < now && now - files.list[gone].us > AGE_MAX_US)))
		unlinkat(dir, files.list[gone++].name, 0);
	b->n = files.n - gone;
	for (size_t i = 0; i < links.n; i++)
		if (faccessat(dir, links.list[i].name, F_OK, 0) < 0 && errno == ENOENT)
			unlinkat(dir, links.list[i].name, 0);
}

void bundles_unended(const struct bundles *b, bundles_fn fn, void *userdata)
{
	_cleanup_(listing_done) struct listing links = {0};

	list_all(b, NULL, &links);
	for (size_t i = 0; i < links.n; i++) {
		char name[BUNDLE_NAME_MAX], instance[BUNDLE_INSTANCE_MAX], owner[BUNDLE_INSTANCE_MAX];
		_cleanup_free_ char *path = NULL;
		_cleanup_json_ json_object *o = NULL;
		struct bundle_head head = {0};
		ssize_t len;

		if (path_of(b, "", links.list[i].name, "", &path) < 0)
			return;
		len = readlink(path, name, sizeof(name) - 1);
		if (len < 0)
			continue;
		name[len] = '\0';
		if (bundle_link_parse(links.list[i].name, instance) == 0 && bundle_name_parse(name, owner, NULL) == 0 &&
		    streq(instance, owner) && bundles_read(b, name, &head, &o) == 0 && !head.ended)
			fn(instance, name, &head, userdata);
	}
}
