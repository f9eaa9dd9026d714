/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The catalogue: the table that is built in, and the files of a package and of a site over it. */
#include <dirent.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <sys/stat.h>

#include "avicd/catalogue.h"
#include "avicd/file.h"

#ifndef PKGDATADIR
#define PKGDATADIR "/usr/share/avicd"
#endif

struct sink {
	catalogue_problem_fn problem;
	void *userdata;
};

static void tell(const struct sink *s, const char *file, const char *text)
{
	if (s->problem)
		s->problem(file, 0, text, s->userdata);
}

static void origin_done(struct catalogue_origin *o)
{
	free_p(&o->file);
	json_object_put(o->json);
	*o = (struct catalogue_origin){0};
}

void catalogue_done(struct catalogue *c)
{
	for (size_t i = 0; i < c->n; i++)
		origin_done(&c->origins[i]);
	free_p(&c->origins);
	free_p(&c->list);
	*c = (struct catalogue){0};
}

/* Room for one more and the end. */
static int grow(struct catalogue *c)
{
	struct catalogue_origin *origins = reallocarray(c->origins, c->n + 1, sizeof(*origins));
	struct advisory *list;

	if (!origins)
		return -ENOMEM;
	c->origins = origins;
	list = reallocarray(c->list, c->n + 2, sizeof(*list));
	if (!list)
		return -ENOMEM;
	c->list = list;
	return 0;
}

static int append(struct catalogue *c, const struct advisory *a, const struct catalogue_origin *o)
{
	int r = grow(c);

	if (r < 0)
		return r;
	c->list[c->n] = *a;
	c->origins[c->n++] = *o;
	c->list[c->n] = (struct advisory){0};
	return 0;
}

static int put(struct catalogue *c, const struct advisory *a, const struct catalogue_origin *o)
{
	for (size_t i = 0; i < c->n; i++)
		if (streq(c->list[i].id, a->id)) {
			origin_done(&c->origins[i]);
			c->list[i] = *a;
			c->origins[i] = *o;
			return 0;
		}
	return append(c, a, o);
}

/* @name is ID.json. */
static void take_away(struct catalogue *c, const char *name)
{
	size_t len = strlen(name) - strlen(".json");

	for (size_t i = 0; i < c->n; i++) {
		if (strlen(c->list[i].id) != len || strncmp(c->list[i].id, name, len) != 0)
			continue;
		origin_done(&c->origins[i]);
		c->n--;
		memmove(&c->origins[i], &c->origins[i + 1], (c->n - i) * sizeof(*c->origins));
		memmove(&c->list[i], &c->list[i + 1], (c->n - i + 1) * sizeof(*c->list));
		return;
	}
}

/* Returns 1: the file says "not this one". A FIFO is not waited for. */
static int read_text(const char *path, char **ret, size_t *ret_len)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st, null;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (S_ISCHR(st.st_mode) && stat("/dev/null", &null) >= 0 && null.st_rdev == st.st_rdev)
		return 1;
	if (!S_ISREG(st.st_mode))
		return -EBADF;
	if (st.st_size == 0)
		return 1;
	return file_read_fd(fd, CATALOGUE_FILE_MAX, ret, ret_len);
}

static int read_one(struct catalogue *c, const char *dir, const char *name, const struct sink *s)
{
	_cleanup_free_ char *path = NULL, *text = NULL;
	struct catalogue_origin o = {0};
	struct advisory a;
	size_t len;
	int r;

	if (asprintf(&path, "%s/%s", dir, name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	r = read_text(path, &text, &len);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		tell(s, path,
		     r == -EFBIG   ? "larger than 64 KiB: it is left out"
		     : r == -EBADF ? "not a file: it is left out"
				   : strerror(-r));
		return 0;
	}
	if (r > 0) {
		take_away(c, name);
		return 0;
	}
	r = catalogue_parse(path, text, len, s->problem, s->userdata, &a, &o.json);
	if (r == -EINVAL)
		return 0; /* it was told, and what is weaker holds */
	if (r < 0)
		return r;
	o.file = TAKE_PTR(path);
	r = put(c, &a, &o);
	if (r < 0)
		origin_done(&o);
	return r;
}

static int is_entry(const struct dirent *e)
{
	size_t n = strlen(e->d_name), suffix = strlen(".json");

	return e->d_name[0] != '.' && n > suffix && streq(e->d_name + n - suffix, ".json");
}

static void names_free(struct dirent **names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

static int read_dir(struct catalogue *c, const char *dir, const struct sink *s)
{
	struct dirent **names = NULL;
	int n = scandir(dir, &names, is_entry, alphasort), r = 0;

	if (n < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (n < 0) {
		tell(s, dir, strerror(errno));
		return 0;
	}
	if (n > CATALOGUE_FILES_MAX)
		tell(s, dir, "more than 128 files: those behind the 128th are left out");
	for (int i = 0; i < n && i < CATALOGUE_FILES_MAX && r >= 0; i++)
		r = read_one(c, dir, names[i]->d_name, s);
	names_free(names, (size_t)n);
	return r;
}

static int read_list(struct catalogue *c, const char *dirs, const struct sink *s)
{
	_cleanup_free_ char *copy = strdup(dirs);
	char *save = NULL;
	int r = copy ? 0 : -ENOMEM;

	for (char *dir = copy ? strtok_r(copy, ":", &save) : NULL; dir && r >= 0; dir = strtok_r(NULL, ":", &save))
		r = read_dir(c, dir, s);
	return r;
}

static int copy(const char *s, char **ret)
{
	*ret = strdup(s);
	return *ret ? 0 : -ENOMEM;
}

static int read_dirs(struct catalogue *c, const struct sink *s)
{
	const char *env = secure_getenv("AVICD_FIXES");
	_cleanup_free_ char *shipped = NULL, *site = NULL, *plain = NULL;
	int r;

	if (env)
		return read_list(c, env, s);
	if (asprintf(&plain, "%s/fixes.d", dir_config()) < 0) {
		plain = NULL;
		return -ENOMEM;
	}
	r = sysroot_path(PKGDATADIR "/fixes.d", &shipped);
	/* what systemd passes is meant as it is */
	if (r >= 0)
		r = secure_getenv("CONFIGURATION_DIRECTORY") ? copy(plain, &site) : sysroot_path(plain, &site);
	if (r >= 0)
		r = read_dir(c, shipped, s);
	return r < 0 ? r : read_dir(c, site, s);
}

int catalogue_read(struct catalogue *ret, catalogue_problem_fn problem, void *userdata)
{
	const struct sink s = {problem, userdata};
	_cleanup_catalogue_ struct catalogue c = {0};
	int r = 0;

	for (const struct advisory *a = advisories; a->id && r >= 0; a++)
		r = append(&c, a, &(struct catalogue_origin){0});
	if (r >= 0)
		r = read_dirs(&c, &s);
	if (r < 0)
		return r;
	*ret = c;
	c = (struct catalogue){0};
	return 0;
}

const char *catalogue_file(const struct catalogue *c, const struct advisory *a)
{
	return c->origins[a - c->list].file;
}

size_t catalogue_risks(const struct catalogue *c, const char *release, const char *version,
		       const struct advisory_host *h, struct catalogue_risk *ret, size_t max)
{
	static const enum advisory_class order[] = {ADVISORY_UNSAFE, ADVISORY_NOTE};
	size_t n = 0;

	for (size_t o = 0; o < ARRAY_SIZE(order); o++)
		for (const struct advisory *a = c->list; a->id; a++) {
			enum tristate t = a->cls == order[o] ? advisory_suggests(a, release, version, h) : TRI_NO;

			if (t == TRI_NO)
				continue;
			if (n < max)
				ret[n] = (struct catalogue_risk){a, t == TRI_YES};
			n++;
		}
	return n;
}
