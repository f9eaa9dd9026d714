/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which files make up the configuration, in which order. */
#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "avicd/config.h"
#include "avicd/file.h"

#ifndef LIBDIR
#define LIBDIR "/usr/lib"
#endif
#ifndef SYSCONFDIR
#define SYSCONFDIR "/etc"
#endif

#define N_DIRS 3 /* from the weakest to the strongest: vendor, runtime, administrator */

struct dropin {
	char *name;
	char *path; /* NULL: masked */
};

struct dropins {
	struct dropin *list;
	size_t n;
};

static void dropins_done(struct dropins *d)
{
	for (size_t i = 0; i < d->n; i++) {
		free_p(&d->list[i].name);
		free_p(&d->list[i].path);
	}
	free_p(&d->list);
}

static void dirs_done(char *(*dirs)[N_DIRS])
{
	for (size_t i = 0; i < N_DIRS; i++)
		free_p(&(*dirs)[i]);
}

void strv_free(char **list)
{
	int saved = errno;

	for (size_t i = 0; list && list[i]; i++)
		free(list[i]);
	free(list);
	errno = saved;
}

static void strv_free_p(char ***list)
{
	strv_free(*list);
}

static int strv_push(char ***list, size_t *n, char *s)
{
	char **l = reallocarray(*list, *n + 2, sizeof(*l));

	if (!l)
		return -ENOMEM;
	l[(*n)++] = s;
	l[*n] = NULL;
	*list = l;
	return 0;
}

/*
 * With @root the environment has no say: what lies below the root is meant. Without it the directories that systemd passes are,
 * and the vendor's below the sysroot, so that a second instance reads nothing of the first one.
 */
static int find_dirs(const char *root, char *(*dirs)[N_DIRS])
{
	static const char *const plain[N_DIRS] = {LIBDIR "/avicd", "/run/avicd", SYSCONFDIR "/avicd"};

	if (root) {
		int n = (int)strlen(root);

		while (n > 0 && root[n - 1] == '/')
			n--;
		for (size_t i = 0; i < N_DIRS; i++)
			if (asprintf(&(*dirs)[i], "%.*s%s", n, root, plain[i]) < 0) {
				(*dirs)[i] = NULL;
				return -ENOMEM;
			}
		return 0;
	}
	(*dirs)[1] = strdup(dir_runtime());
	(*dirs)[2] = strdup(dir_config());
	if (!(*dirs)[1] || !(*dirs)[2])
		return -ENOMEM;
	return sysroot_path(plain[0], &(*dirs)[0]);
}

/* An empty file or a symlink to /dev/null says "not this one", also where the root has no /dev. */
static bool is_mask(const char *path)
{
	char target[sizeof("/dev/null")];
	struct stat st;
	ssize_t n;

	n = readlink(path, target, sizeof(target));
	if (n == (ssize_t)strlen("/dev/null") && memcmp(target, "/dev/null", (size_t)n) == 0)
		return true;
	if (stat(path, &st) < 0)
		return false; /* a dangling link, an unreadable path: reading it reports why */
	return S_ISREG(st.st_mode) ? st.st_size == 0 : S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
}

/* Add @dir/@name, in place of one of the same name from a weaker directory. */
static int dropins_add(struct dropins *d, const char *dir, const char *name)
{
	_cleanup_free_ char *path = NULL;
	struct dropin *list;
	size_t i;

	if (asprintf(&path, "%s/avicd.conf.d/%s", dir, name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	if (is_mask(path)) {
		free(path);
		path = NULL;
	}
	for (i = 0; i < d->n; i++)
		if (streq(d->list[i].name, name)) {
			free(d->list[i].path);
			d->list[i].path = TAKE_PTR(path);
			return 0;
		}
	list = reallocarray(d->list, d->n + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	d->list = list;
	list[d->n] = (struct dropin){.name = strdup(name)};
	if (!list[d->n].name)
		return -ENOMEM;
	list[d->n++].path = TAKE_PTR(path);
	return 0;
}

static void closedir_p(DIR **d)
{
	if (*d)
		closedir(*d);
}

static bool is_conf_name(const char *name)
{
	size_t n = strlen(name);

	return name[0] != '.' && n > strlen(".conf") && streq(name + n - strlen(".conf"), ".conf");
}

static int dropins_read(struct dropins *d, const char *dir)
{
	_cleanup_(closedir_p) DIR *stream = NULL;
	_cleanup_free_ char *path = NULL;
	int r;

	if (asprintf(&path, "%s/avicd.conf.d", dir) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	stream = opendir(path);
	if (!stream)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	for (;;) {
		struct dirent *e;

		errno = 0;
		e = readdir(stream);
		if (!e)
			return -errno;
		if (!is_conf_name(e->d_name) || e->d_type == DT_DIR)
			continue;
		r = dropins_add(d, dir, e->d_name);
		if (r < 0)
			return r;
	}
}

static int compare_dropins(const void *a, const void *b)
{
	return strcmp(((const struct dropin *)a)->name, ((const struct dropin *)b)->name);
}

/* The strongest main file that exists; one that is a mask hides the weaker ones too. */
static int find_main(char *const dirs[N_DIRS], char **ret)
{
	for (size_t i = N_DIRS; i-- > 0;) {
		_cleanup_free_ char *path = NULL;
		struct stat st;

		if (i == 1)
			continue; /* the runtime directory has drop-ins only */
		if (asprintf(&path, "%s/avicd.conf", dirs[i]) < 0) {
			path = NULL;
			return -ENOMEM;
		}
		if (lstat(path, &st) < 0 && (errno == ENOENT || errno == ENOTDIR))
			continue;
		*ret = is_mask(path) ? NULL : TAKE_PTR(path);
		return 0;
	}
	*ret = NULL;
	return 0;
}

int config_files(const char *root, char ***ret)
{
	_cleanup_(dirs_done) char *dirs[N_DIRS] = {NULL};
	_cleanup_(dropins_done) struct dropins d = {NULL, 0};
	_cleanup_(strv_free_p) char **list = NULL;
	_cleanup_free_ char *first = NULL;
	size_t n = 0;
	int r;

	r = find_dirs(root, &dirs);
	if (r == 0)
		r = find_main(dirs, &first);
	if (r < 0)
		return r;
	if (first) {
		r = strv_push(&list, &n, first);
		if (r < 0)
			return r;
		first = NULL;
	}
	for (size_t i = 0; i < N_DIRS; i++) {
		r = dropins_read(&d, dirs[i]);
		if (r < 0)
			return r;
	}
	if (d.n > 0)
		qsort(d.list, d.n, sizeof(*d.list), compare_dropins);
	for (size_t i = 0; i < d.n; i++) {
		if (!d.list[i].path)
			continue;
		r = strv_push(&list, &n, d.list[i].path);
		if (r < 0)
			return r;
		d.list[i].path = NULL;
	}
	if (!list)
		list = calloc(1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	*ret = TAKE_PTR(list);
	return 0;
}
