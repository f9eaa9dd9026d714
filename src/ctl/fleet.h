/* SPDX-License-Identifier: GPL-2.0-or-later */
/* avicctl fleet: where the reports come from, and how they are printed. */
#ifndef AVICCTL_FLEET_H
#define AVICCTL_FLEET_H

#include "avicd/fleet.h"

struct fleet_request {
	const char *word;	 /* report, top, list, deploy-plan */
	const char *source;	 /* folder, file, or "-"; NULL with @prometheus */
	const char *prometheus;	 /* URL */
	const char *header_file; /* with headers for it; NULL */
	const char *job;	 /* under which Prometheus scrapes avicd-exporter */
	const char *expect, *compare, *html;
	uint64_t max_age_us; /* 0: the default */
	uint64_t timeout_ns;
};

/* fleet_read() - a folder, a file, or standard input, into @f. CTL_OK; else said. */
int fleet_read(struct fleet *f, const char *source);
/* fleet_read_expected() - the names in a file, one a line; '#' begins a comment. */
int fleet_read_expected(struct fleet *f, const char *path);
/* fleet_read_earlier() - a report of an earlier run. */
int fleet_read_earlier(const char *path, json_object **ret);
/* fleet_prometheus() - asks Prometheus. */
int fleet_prometheus(struct fleet *f, const struct fleet_request *rq);
/* fleet_print() - as text. */
void fleet_print(json_object *report, const char *word);

/* One server that is asked again and again. libcurl is loaded by the first fleet_http_open(). */
struct fleet_http;
#define FLEET_WHY_MAX 320
/* fleet_http_open() - 0; negative errno with @why. @header_file: NULL for none. */
int fleet_http_open(const char *header_file, uint64_t until_ns, struct fleet_http **ret,
		    char why[static FLEET_WHY_MAX]);
/* fleet_http_get() - the body, also that of an error. Returns the status, or a negative errno with @why. Caller frees. */
int fleet_http_get(struct fleet_http *h, const char *url, char **ret, size_t *ret_len, char why[static FLEET_WHY_MAX]);
struct fleet_http *fleet_http_free(struct fleet_http *h);
DEFINE_CLEANUP(struct fleet_http, fleet_http_free)

#endif
