/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Host reports from a folder, a file or standard input. One is in memory at a time; a bad one is named, and the rest goes on. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "avicd/file.h"
#include "avicd/hostreport.h"
#include "avicd/report.h"
#include "avicd/text.h"
#include "ctl/ctl.h"
#include "ctl/field.h"
#include "ctl/fleet.h"
#include "store/reader.h"

/* 4,000 VMs on a host, and room. An earlier report has a row for each host. */
static const struct reader_limits report_limits = {32U << 20, 1 << 17, 1 << 21, 32};
static const struct reader_limits earlier_limits = {256U << 20, 1 << 20, 1 << 24, 32};

/* The result of one report: only a lack of memory ends the whole. */
static int judged(struct fleet *f, const char *name, int r)
{
	static const struct {
		int error;
		const char *why;
	} reasons[] = {{-EBADMSG, "it is no host report"},
		       {-EEXIST, "there is another report of this host: the newer one counts"}};
	const char *why = r < 0 ? strerror(-r) : NULL;

	if (r >= 0)
		return 0;
	if (r == -ENOMEM)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (reasons[i].error == r)
			why = reasons[i].why;
	return fleet_bad(f, name, why);
}

static int read_file(struct fleet *f, const char *path)
{
	_cleanup_json_ json_object *report = NULL;
	int r = reader_file(path, &report_limits, &report);

	return judged(f, path, r < 0 ? r : fleet_add(f, report));
}

/* HOST/host.json and HOST/state.json, as they lie in the host's runtime directory. */
static int read_pair(struct fleet *f, const char *folder, const char *host)
{
	_cleanup_free_ char *a = NULL, *b = NULL;
	_cleanup_json_ json_object *h = NULL, *s = NULL, *report = NULL;
	uint64_t at;
	int r;

	if (asprintf(&a, "%s/%s/host.json", folder, host) < 0) {
		a = NULL;
		return -ENOMEM;
	}
	if (asprintf(&b, "%s/%s/state.json", folder, host) < 0) {
		b = NULL;
		return -ENOMEM;
	}
	r = reader_file(a, &report_limits, &h);
	if (r < 0)
		return judged(f, a, r);
	r = reader_file(b, &report_limits, &s);
	if (r < 0 && r != -ENOENT) {
		r = judged(f, b, r);
		if (r < 0)
			return r;
	}
	/* as of when it was written: how old it may be is the fleet's to say, since it was carried here */
	at = field_time(h, "written_at");
	r = hostreport_make(h, s, NULL, host, at, &report);
	return judged(f, a, r < 0 ? r : fleet_add(f, report));
}

static void dir_p(DIR **d)
{
	if (*d)
		closedir(*d);
}

static bool is_json(const char *name)
{
	size_t len = strlen(name);

	return len > 5 && streq(name + len - 5, ".json");
}

static int read_folder(struct fleet *f, const char *folder)
{
	_cleanup_(dir_p) DIR *d = opendir(folder);
	struct dirent *e;
	int r = 0;

	if (!d)
		return -errno;
	while (r == 0 && (errno = 0, e = readdir(d))) {
		_cleanup_free_ char *path = NULL;
		struct stat st;

		if (e->d_name[0] == '.')
			continue;
		if (asprintf(&path, "%s/%s", folder, e->d_name) < 0) {
			path = NULL;
			return -ENOMEM;
		}
		if (stat(path, &st) < 0)
			r = judged(f, path, -errno);
		else if (S_ISDIR(st.st_mode))
			r = read_pair(f, folder, e->d_name);
		else if (is_json(e->d_name))
			r = read_file(f, path);
	}
	return r < 0 ? r : -errno;
}

/* ---- one document after another ---- */

struct splitter {
	struct fleet *fleet;
	struct text doc;
	size_t n; /* documents, for their names */
	int depth;
	bool quoted, escaped, line_start, skip;
};

static int bad_document(struct splitter *s, const char *why)
{
	char name[48];

	snprintf(name, sizeof(name), "document %zu", s->n);
	s->depth = 0;
	s->quoted = s->escaped = false;
	s->doc.len = 0;
	return fleet_bad(s->fleet, name, why);
}

static int take_document(struct splitter *s)
{
	_cleanup_json_ json_object *report = NULL;
	char name[48];
	int r;

	snprintf(name, sizeof(name), "document %zu", s->n);
	if (s->doc.error)
		return -ENOMEM;
	r = reader_parse(s->doc.s, s->doc.len, report_limits.objects, report_limits.commas, report_limits.depth,
			 &report);
	s->doc.len = 0;
	return judged(s->fleet, name, r < 0 ? r : fleet_add(s->fleet, report));
}

/* Inside a document: does it end with @c? A string has no line end in it: where there is one, the document is broken. */
static void follow(struct splitter *s, char c)
{
	if (s->escaped)
		s->escaped = false;
	else if (s->quoted && c == '\\')
		s->escaped = true;
	else if (c == '"')
		s->quoted = !s->quoted;
	else if (s->quoted)
		s->quoted = c != '\n';
	else if (c == '{' || c == '[')
		s->depth++;
	else if (c == '}' || c == ']')
		s->depth--;
}

static int step(struct splitter *s, char c)
{
	const bool line_start = s->line_start;
	int r = 0;

	s->line_start = c == '\n';
	/* inside a document no line begins so: the one before was cut off, and this one is whole again */
	if (s->depth > 0 && line_start && c == '{')
		r = bad_document(s, "it is cut off");
	if (r < 0)
		return r;
	if (s->depth == 0) {
		if (s->skip || c != '{') {
			if (!s->skip && !strchr(" \t\r\n\036", c)) {
				s->n++;
				s->skip = true;
				r = bad_document(s, "it is no JSON object");
			}
			s->skip &= c != '\n';
			return r;
		}
		s->n++;
	}
	text_addn(&s->doc, &c, 1);
	follow(s, c);
	if (s->doc.len > report_limits.size) {
		s->skip = true;
		return bad_document(s, "it is too large");
	}
	return s->depth == 0 ? take_document(s) : 0;
}

static int read_stream(struct fleet *f, int fd)
{
	_cleanup_free_ char *buf = malloc(65536);
	struct splitter s = {.fleet = f, .line_start = true};
	int r = buf ? 0 : -ENOMEM;
	ssize_t n = 0;

	while (r == 0 && ((n = read(fd, buf, 65536)) > 0 || (n < 0 && errno == EINTR)))
		for (ssize_t i = 0; r == 0 && i < n; i++)
			r = step(&s, buf[i]);
	if (r == 0 && n < 0)
		r = -errno;
	if (r == 0 && s.depth > 0)
		r = bad_document(&s, "it is cut off");
	text_done(&s.doc);
	return r;
}

int fleet_read(struct fleet *f, const char *source)
{
	_cleanup_close_ int fd = -EBADF;
	struct stat st;
	int r;

	if (streq(source, "-")) {
		r = read_stream(f, STDIN_FILENO);
	} else if (stat(source, &st) < 0) {
		r = -errno;
	} else if (S_ISDIR(st.st_mode)) {
		r = read_folder(f, source);
	} else {
		fd = open(source, O_RDONLY | O_CLOEXEC);
		r = fd < 0 ? -errno : read_stream(f, fd);
	}
	return r < 0 ? ctl_error("%s cannot be read: %s", source, strerror(-r)) : CTL_OK;
}

int fleet_read_expected(struct fleet *f, const char *path)
{
	_cleanup_free_ char *data = NULL;
	char *save = NULL;
	int r = file_read(path, 16U << 20, &data, NULL);

	if (r < 0)
		return ctl_error("%s cannot be read: %s", path, strerror(-r));
	for (char *line = strtok_r(data, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		line[strcspn(line, "#")] = '\0';
		line = strip(line);
		if (*line && fleet_expect(f, line) < 0)
			return ctl_error("out of memory");
	}
	return CTL_OK;
}

int fleet_read_earlier(const char *path, json_object **ret)
{
	int r = reader_file(path, &earlier_limits, ret);

	return r < 0 ? ctl_error("%s cannot be compared with: %s", path,
				 r == -EBADMSG ? "it is no report of avicctl fleet --json" : strerror(-r))
		     : CTL_OK;
}
