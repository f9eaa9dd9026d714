/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What avicd on another host says, fetched by libcurl or ssh. */
#include <curl/curl.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "avicd/clock.h"
#include "avicd/spawn.h"
#include "avicd/text.h"
#include "job/reports.h"

#define REPORT_SIZE_MAX (16U << 20)
#define CONNECT_MS	10000L
#define REMOTE_FOLDER	"/run/avicd"

int reports_init(void)
{
	return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? 0 : -ENOMEM;
}

static int take(char *dst, size_t size, const char *s, size_t len, const char *letters)
{
	static const char alnum[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

	/* it may become an argument of ssh, or a part of a path */
	if (len >= size || (len && (*s == '-' || *s == '.')))
		return -EINVAL;
	for (size_t i = 0; i < len; i++)
		if (!memchr(alnum, s[i], strlen(alnum)) && !strchr(letters, s[i]))
			return -EINVAL;
	memcpy(dst, s, len);
	dst[len] = '\0';
	return 0;
}

int reports_host_of(const char *uri, struct reports_host *ret)
{
	const char *s = strstr(uri, "://"), *plus = strchr(uri, '+'), *end, *at, *port;
	struct reports_host h = {0};
	size_t len;
	int r = 0;

	if (!s)
		return -EINVAL;
	h.ssh = plus && plus < s && (startswith(plus, "+ssh:") || startswith(plus, "+libssh"));
	s += 3;
	end = s + strcspn(s, "/?#");
	at = memrchr(s, '@', (size_t)(end - s));
	if (at)
		r = take(h.user, sizeof(h.user), s, (size_t)(at - s), "._-");
	s = at ? at + 1 : s;
	if (*s == '[') {
		const char *close = memchr(s, ']', (size_t)(end - s));

		if (!close)
			return -EINVAL;
		port = close + 1;
		len = (size_t)(close - ++s);
		r = r ?: take(h.host, sizeof(h.host), s, len, ":.%");
	} else {
		port = memchr(s, ':', (size_t)(end - s)) ?: end;
		r = r ?: take(h.host, sizeof(h.host), s, (size_t)(port - s), "._-");
	}
	if (port < end && *port == ':')
		r = r ?: take(h.port, sizeof(h.port), port + 1, (size_t)(end - port - 1), "");
	if (r < 0)
		return r;
	*ret = h;
	return 0;
}

static size_t on_data(char *data, size_t size, size_t n, void *userdata)
{
	struct text *t = userdata;

	if (t->len + size * n > REPORT_SIZE_MAX)
		return 0;
	text_addn(t, data, size * n);
	return t->error ? 0 : size * n;
}

static void curl_p(CURL **c)
{
	curl_easy_cleanup(*c);
}

static void set_protocols(CURL *c)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "file,http,https");
#else
	curl_easy_setopt(c, CURLOPT_PROTOCOLS, (long)(CURLPROTO_FILE | CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

static int fetch_url(const char *url, uint64_t limit_ns, struct text *t, char why[static REPORTS_WHY_MAX])
{
	_cleanup_(curl_p) CURL *c = curl_easy_init();
	char error[CURL_ERROR_SIZE] = "";
	CURLcode code;

	if (!c)
		return -ENOMEM;
	set_protocols(c);
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)(limit_ns / NSEC_PER_MSEC));
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, error);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_data);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
	code = curl_easy_perform(c);
	if (code == CURLE_OK)
		return t->error;
	if (t->error)
		return t->error;
	snprintf(why, REPORTS_WHY_MAX, "%.190s", *error ? error : curl_easy_strerror(code));
	return code == CURLE_OPERATION_TIMEDOUT ? -ETIMEDOUT : code == CURLE_WRITE_ERROR ? -EFBIG : -EIO;
}

/* Until its end; 0, -ETIMEDOUT, -EFBIG. */
static int read_all(int fd, uint64_t until, struct text *t)
{
	char buf[16384];

	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		uint64_t now = now_ns();
		ssize_t n;

		if (now >= until)
			return -ETIMEDOUT;
		if (poll(&p, 1, (int)MIN((until - now) / NSEC_PER_MSEC + 1, 1000ULL)) <= 0)
			continue;
		n = read(fd, buf, sizeof(buf));
		if (n <= 0)
			return n < 0 && errno == EINTR ? -EAGAIN : t->error;
		if (t->len + (size_t)n > REPORT_SIZE_MAX)
			return -EFBIG;
		text_addn(t, buf, (size_t)n);
	}
}

/* BatchMode: nobody is there to type a password. The argument after "--" is the host, whatever it looks like. */
static int fetch_ssh(const struct reports_host *h, const char *name, uint64_t limit_ns, struct text *t,
		     char why[static REPORTS_WHY_MAX])
{
	char path[64], host[sizeof(h->user) + sizeof(h->host) + 1];
	const char *argv[16] = {"ssh", "-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10"};
	size_t n = 6;
	int fds[2], status = 0, r;
	struct spawn s = {.program = "ssh",
			  .search = true,
			  .argv = (char *const *)argv,
			  .env = environ,
			  .in = SPAWN_NULL,
			  .err = SPAWN_AS_IS,
			  .group = true};
	sigset_t signals;
	pid_t pid;

	snprintf(host, sizeof(host), "%s%s%s", h->ssh ? h->user : "", h->ssh && *h->user ? "@" : "", h->host);
	snprintf(path, sizeof(path), REMOTE_FOLDER "/%s", name);
	if (h->ssh && *h->port) {
		argv[n++] = "-p";
		argv[n++] = h->port;
	}
	argv[n++] = "--";
	argv[n++] = host;
	argv[n++] = "cat";
	argv[n++] = path;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	sigemptyset(&signals);
	sigaddset(&signals, SIGPIPE);
	s.signals = &signals;
	s.out = fds[1];
	r = spawn_program(&s, &pid);
	close(fds[1]);
	if (r == 0) {
		r = read_all(fds[0], now_ns() + limit_ns, t);
		if (r < 0)
			kill(-pid, SIGKILL);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	close(fds[0]);
	if (r == 0 && status != 0)
		r = -EIO;
	if (r < 0)
		snprintf(why, REPORTS_WHY_MAX, "ssh %.60s cat %.30s: %.50s", host, path,
			 r == -EIO ? "it failed, see the lines before" : strerror(-r));
	return r;
}

static int url_of(const char *where, const struct reports_host *h, const char *name, char **ret)
{
	_cleanup_text_ struct text t = {0};

	for (const char *s = where; *s; s++) {
		if (s[0] != '%' || s[1] != 'h') {
			text_addn(&t, s, 1);
			continue;
		}
		if (strchr(h->host, ':'))
			text_addf(&t, "[%s]", h->host);
		else
			text_add(&t, *h->host ? h->host : "localhost");
		s++;
	}
	text_add(&t, name);
	return text_take(&t, ret);
}

int reports_fetch(const char *where, const char *uri, const char *name, uint64_t limit_ns, char **ret, size_t *ret_len,
		  char why[static REPORTS_WHY_MAX])
{
	_cleanup_text_ struct text t = {0};
	_cleanup_free_ char *url = NULL;
	struct reports_host h;
	int r = reports_host_of(uri, &h);

	why[0] = '\0';
	if (r < 0)
		snprintf(why, REPORTS_WHY_MAX, "the host in the URI is neither a name nor an address");
	else if (!streq(where, "ssh"))
		r = url_of(where, &h, name, &url) ?: fetch_url(url, limit_ns, &t, why);
	else if (*h.host)
		r = fetch_ssh(&h, name, limit_ns, &t, why);
	else
		r = snprintf(why, REPORTS_WHY_MAX, "the URI names no host that ssh could ask") < 0 ? -EIO : -EINVAL;
	if (r < 0) {
		text_clean_inplace(why);
		return r;
	}
	*ret_len = t.len;
	return text_take(&t, ret);
}
