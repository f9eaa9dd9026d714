/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HTTP by libcurl, which is loaded when it is first needed: with it come thirty libraries, and no other verb wants them. A redirect is not
 * followed: it would carry the headers, and with them a token, to who knows where.
 */
#include <curl/curl.h>
#include <dlfcn.h>
#include <stdio.h>

#include "avicd/clock.h"
#include "avicd/file.h"
#include "avicd/text.h"
#include "ctl/fleet.h"

#define BODY_MAX   (256U << 20)
#define CONNECT_MS 10000L

/* Their names in the library; the types are those of its header. */
#define FUNCTIONS(X)                                                                                         \
	X(curl_global_init)                                                                                  \
	X(curl_easy_init) X(curl_easy_cleanup) X(curl_easy_setopt) X(curl_easy_perform) X(curl_easy_getinfo) \
		X(curl_easy_strerror) X(curl_slist_append) X(curl_slist_free_all)
/* the header has macros of these names, that check types */
#undef curl_easy_setopt
#undef curl_easy_getinfo
static struct {
#define X(name) __typeof__(name) *name;
	FUNCTIONS(X)
#undef X
} lib;
static bool loaded;

struct fleet_http {
	CURL *curl;
	struct curl_slist *headers;
	uint64_t until_ns;
	struct text body;
	bool too_large;
	char error[CURL_ERROR_SIZE];
};

static int load(char why[static FLEET_WHY_MAX])
{
	static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};
	void *handle = NULL;

	for (size_t i = 0; !handle && i < ARRAY_SIZE(names); i++)
		handle = dlopen(names[i], RTLD_LAZY | RTLD_LOCAL);
	if (!handle) {
		snprintf(why, FLEET_WHY_MAX, "libcurl is not installed (%.200s): install libcurl4", dlerror());
		return -ENOPKG;
	}
#define X(name) lib.name = (__typeof__(lib.name))dlsym(handle, #name);
	FUNCTIONS(X)
#undef X
#define X(name) &&lib.name
	if (!(true FUNCTIONS(X)) || lib.curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
#undef X
		snprintf(why, FLEET_WHY_MAX, "libcurl is not one that can be used: install libcurl4");
		return -ENOPKG;
	}
	loaded = true;
	return 0;
}

static size_t on_data(char *data, size_t size, size_t n, void *userdata)
{
	struct fleet_http *h = userdata;

	h->too_large = h->body.len + size * n > BODY_MAX;
	if (h->too_large)
		return 0;
	text_addn(&h->body, data, size * n);
	return h->body.error ? 0 : size * n;
}

static int read_headers(struct fleet_http *h, const char *path, char why[static FLEET_WHY_MAX])
{
	_cleanup_free_ char *data = NULL;
	char *save = NULL;
	int r = file_read(path, 65536, &data, NULL);

	if (r < 0) {
		snprintf(why, FLEET_WHY_MAX, "%.200s cannot be read: %s", path, strerror(-r));
		return r;
	}
	for (char *line = strtok_r(data, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct curl_slist *list;

		line = strip(line);
		if (!*line || *line == '#')
			continue;
		if (!strchr(line, ':')) {
			snprintf(why, FLEET_WHY_MAX, "%.200s: a header is NAME: VALUE", path);
			return -EINVAL;
		}
		list = lib.curl_slist_append(h->headers, line);
		if (!list)
			return -ENOMEM;
		h->headers = list;
	}
	return 0;
}

struct fleet_http *fleet_http_free(struct fleet_http *h)
{
	if (!h)
		return NULL;
	if (h->curl)
		lib.curl_easy_cleanup(h->curl);
	if (h->headers)
		lib.curl_slist_free_all(h->headers);
	text_done(&h->body);
	free(h);
	return NULL;
}

static void set_up(struct fleet_http *h)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	lib.curl_easy_setopt(h->curl, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	lib.curl_easy_setopt(h->curl, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
	lib.curl_easy_setopt(h->curl, CURLOPT_NOSIGNAL, 1L);
	lib.curl_easy_setopt(h->curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	lib.curl_easy_setopt(h->curl, CURLOPT_ERRORBUFFER, h->error);
	lib.curl_easy_setopt(h->curl, CURLOPT_WRITEFUNCTION, on_data);
	lib.curl_easy_setopt(h->curl, CURLOPT_WRITEDATA, h);
	lib.curl_easy_setopt(h->curl, CURLOPT_ACCEPT_ENCODING, "");
	/* user and password of ~/.netrc, never of the command line, which others can read */
	lib.curl_easy_setopt(h->curl, CURLOPT_NETRC, (long)CURL_NETRC_OPTIONAL);
	if (h->headers)
		lib.curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, h->headers);
}

int fleet_http_open(const char *header_file, uint64_t until_ns, struct fleet_http **ret, char why[static FLEET_WHY_MAX])
{
	struct fleet_http *h;
	int r = loaded ? 0 : load(why);

	if (r < 0)
		return r;
	snprintf(why, FLEET_WHY_MAX, "out of memory");
	h = calloc(1, sizeof(*h));
	if (!h)
		return -ENOMEM;
	h->until_ns = until_ns;
	h->curl = lib.curl_easy_init();
	r = !h->curl ? -ENOMEM : header_file ? read_headers(h, header_file, why) : 0;
	if (r < 0) {
		fleet_http_free(h);
		return r;
	}
	set_up(h);
	*ret = h;
	return 0;
}

int fleet_http_get(struct fleet_http *h, const char *url, char **ret, size_t *ret_len, char why[static FLEET_WHY_MAX])
{
	const uint64_t now = now_ns();
	long status = 0;
	CURLcode code;

	if (now >= h->until_ns) {
		snprintf(why, FLEET_WHY_MAX, "it took too long: --timeout gives it more time");
		return -ETIMEDOUT;
	}
	h->error[0] = '\0';
	text_done(&h->body);
	lib.curl_easy_setopt(h->curl, CURLOPT_URL, url);
	lib.curl_easy_setopt(h->curl, CURLOPT_TIMEOUT_MS, (long)((h->until_ns - now) / NSEC_PER_MSEC) + 1);
	code = lib.curl_easy_perform(h->curl);
	if (code != CURLE_OK) {
		snprintf(why, FLEET_WHY_MAX, "%.250s%s",
			 h->too_large	 ? "its answer is too large"
			 : h->body.error ? "out of memory"
			 : *h->error	 ? h->error
					 : lib.curl_easy_strerror(code),
			 code == CURLE_OPERATION_TIMEDOUT ? ": --timeout gives it more time" : "");
		text_clean_inplace(why);
		return h->too_large ? -EFBIG : code == CURLE_OPERATION_TIMEDOUT ? -ETIMEDOUT : -EIO;
	}
	lib.curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &status);
	*ret_len = h->body.len;
	if (text_take(&h->body, ret) < 0)
		return -ENOMEM;
	return (int)status;
}
