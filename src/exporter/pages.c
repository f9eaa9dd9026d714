/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The paths of the exporter. Nothing of a request becomes part of a file name: a path is one of the table, or 404.
 *
 * What is old is not served as if it were so still: an avicd that was killed leaves its files behind.
 */
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "avicd/clock.h"
#include "avicd/file.h"
#include "avicd/hostreport.h"
#include "exporter/pages.h"

/* 4,096 VMs are 6 MiB of metrics and 9 MiB of state. */
#define FILE_MAX_SIZE	   (64 << 20)
#define HOST_MAX	   (1 << 20)
/* avicd writes metrics.prom every 15 s. */
#define METRICS_OLD_S	   45
/* Clocks are set. */
#define AHEAD_US	   (30 * USEC_PER_SEC)
/* Whoever looks at the page again within that time gets the same one. */
#define PAGE_NS		   (2 * NSEC_PER_SEC)
#define HOST_NAME_MAX_SIZE 256

#define PLAIN	   "text/plain; charset=utf-8"
#define EXPOSITION "text/plain; version=0.0.4; charset=utf-8"
#define JSON	   "application/json"
#define HTML	   "text/html; charset=utf-8"

void answer_done(struct answer *a)
{
	if (a->fd >= 0)
		close(a->fd);
	free(a->text);
	*a = (struct answer){.fd = -1};
}

static void give(struct answer *a, unsigned status, const char *type, char *text, size_t len)
{
	*a = (struct answer){
		.status = text ? status : 500, .type = type, .fd = -1, .text = text, .len = text ? len : 0};
}

void answer_text(struct answer *a, unsigned status, const char *line)
{
	char *text = NULL;
	int n = asprintf(&text, "%s\n", line);

	give(a, status, PLAIN, n < 0 ? NULL : text, n < 0 ? 0 : (size_t)n);
}

/* Seconds since the file was written; negative errno. @ret: open, with its size. */
static int64_t open_file(const char *name, uint64_t now_us, struct answer *ret)
{
	_cleanup_free_ char *path = NULL;
	struct stat st;
	int fd;

	if (asprintf(&path, "%s/%s", dir_runtime(), name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > FILE_MAX_SIZE) {
		close(fd);
		return -EBADF;
	}
	*ret = (struct answer){.status = 200, .fd = fd, .size = (uint64_t)st.st_size};
	return llabs((int64_t)(now_us / USEC_PER_SEC) - (int64_t)st.st_mtim.tv_sec);
}

static void not_there(struct answer *a, const char *name, int64_t error)
{
	char line[256];

	snprintf(line, sizeof(line), "%s/%s: %s; systemctl status avicd", dir_runtime(), name, strerror((int)-error));
	answer_text(a, 503, line);
}

static void whole_file(const char *name, uint64_t now_us, struct answer *ret)
{
	int64_t age = open_file(name, now_us, ret);

	ret->type = JSON;
	if (age < 0)
		not_there(ret, name, age);
}

/* Not an error of HTTP: Prometheus would only say that the target is down, and alerts on avicd_up would have nothing to look at. */
static void metrics(const char *name, uint64_t now_us, struct answer *ret)
{
	static const char down[] =
		"# HELP avicd_up 1 while avicd watches; 0 once it was stopped.\n# TYPE avicd_up gauge\navicd_up 0\n";
	int64_t age = open_file(name, now_us, ret);

	ret->type = EXPOSITION;
	if (age >= 0 && age <= METRICS_OLD_S)
		return;
	if (age >= 0)
		answer_done(ret);
	give(ret, 200, EXPOSITION, strdup(down), sizeof(down) - 1);
}

/* NULL: not there, not JSON, or more than @max. */
static json_object *read_json(const char *name, size_t max)
{
	_cleanup_free_ char *path = NULL, *text = NULL;
	_cleanup_tokener_ json_tokener *tok = json_tokener_new();
	size_t len;

	if (!tok || asprintf(&path, "%s/%s", dir_runtime(), name) < 0) {
		path = NULL;
		return NULL;
	}
	if (file_read(path, max, &text, &len) < 0 || len > INT32_MAX)
		return NULL;
	return json_tokener_parse_ex(tok, text, (int)len);
}

static const char *word(json_object *o, const char *key)
{
	json_object *v;

	return json_object_object_get_ex(o, key, &v) && json_object_is_type(v, json_type_string)
		       ? json_object_get_string(v)
		       : "";
}

static double number(json_object *o, const char *key)
{
	json_object *v;

	return json_object_object_get_ex(o, key, &v) ? json_object_get_double(v) : 0;
}

static void health(const char *name, uint64_t now_us, struct answer *ret)
{
	_cleanup_json_ json_object *host = read_json(name, HOST_MAX);
	int r = host ? wall_fresh(word(host, "written_at"), number(host, "resync_interval"), now_us, AHEAD_US)
		     : -ENOENT;
	char *text = NULL;
	int n;

	if (r == 0) {
		whole_file(name, now_us, ret);
		return;
	}
	n = asprintf(&text,
		     "{\"schema\":\"avicd/1\",\"health\":\"unknown\",\"health_why\":\"%s; systemctl status avicd\"}\n",
		     r == -ESTALE ? "what avicd wrote is old" : "there is nothing that avicd wrote");
	give(ret, 503, JSON, n < 0 ? NULL : text, n < 0 ? 0 : (size_t)n);
}

static int make_page(uint64_t now_us, char **ret, size_t *ret_len)
{
	_cleanup_json_ json_object *host = read_json("host.json", HOST_MAX),
				   *state = read_json("state.json", FILE_MAX_SIZE);
	_cleanup_json_ json_object *report = NULL;
	char name[HOST_NAME_MAX_SIZE] = "";
	FILE *f;
	int r;

	(void)gethostname(name, sizeof(name) - 1);
	r = hostreport_make(host, state, NULL, name, now_us, &report);
	if (r < 0)
		return r;
	f = open_memstream(ret, ret_len);
	if (!f)
		return -ENOMEM;
	r = hostreport_html(report, f);
	if (fclose(f) != 0 && r == 0)
		r = -ENOMEM;
	if (r < 0)
		free_p(ret);
	return r;
}

/* Made at most every two seconds, however many ask. */
static void page(const char *name _unused_, uint64_t now_us, struct answer *ret)
{
	static char *last;
	static size_t len;
	static uint64_t made_at;
	uint64_t now = now_ns();
	char *copy;

	if (!last || now - made_at >= PAGE_NS) {
		free_p(&last);
		if (make_page(now_us, &last, &len) < 0)
			last = NULL;
		made_at = now;
		/* as JSON, a VM takes some 10 KiB for a moment */
		malloc_trim(0);
	}
	copy = last ? malloc(len + 1) : NULL;
	if (copy)
		memcpy(copy, last, len);
	give(ret, 200, HTML, copy, len);
}

static const struct {
	const char *path, *file;
	void (*give)(const char *file, uint64_t now_us, struct answer *ret);
} pages[] = {
	{"/", "", page},
	{"/metrics", "metrics.prom", metrics},
	{"/health", "host.json", health},
	{"/host.json", "host.json", whole_file},
	{"/state.json", "state.json", whole_file},
};

void pages_answer(const char *path, uint64_t now_us, struct answer *ret)
{
	*ret = (struct answer){.fd = -1};
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++)
		if (streq(path, pages[i].path)) {
			pages[i].give(pages[i].file, now_us, ret);
			return;
		}
	answer_text(ret, 404, "Not here; there are /, /metrics, /health, /host.json and /state.json");
}
