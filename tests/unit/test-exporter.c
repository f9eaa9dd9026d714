/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each path of the exporter gives: from files that are there, missing, old, of the future, damaged, or no files at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "avicd/clock.h"
#include "avicd/file.h"
#include "exporter/pages.h"

static char dir[] = "/tmp/avicd-test-exporter.XXXXXX";

static void path_of(const char *name, char path[static 128])
{
	snprintf(path, 128, "%s/%s", dir, name);
}

/* @age: seconds before now; the file says so, and looks so */
static void put(const char *name, const char *text, int age)
{
	const struct timespec at = {.tv_sec = (time_t)(wall_us() / USEC_PER_SEC) - age};
	char path[128];

	path_of(name, path);
	assert_int_equal(file_write_atomic(path, text, strlen(text), 0644, false), 0);
	assert_int_equal(utimensat(AT_FDCWD, path, (struct timespec[]){at, at}, 0), 0);
}

static void away(const char *name)
{
	char path[128];

	path_of(name, path);
	(void)remove(path);
}

static void put_host(int age)
{
	char text[512], at[32];

	snprintf(text, sizeof(text),
		 "{\"schema\":\"avicd/1\",\"written_at\":\"%s\",\"resync_interval\":60,\"health\":\"ok\"}\n",
		 format_wall(wall_us() - (uint64_t)age * USEC_PER_SEC, at));
	put("host.json", text, age);
}

/* What @path gives, as text. */
static char *body(const char *path, unsigned status, const char *type)
{
	_cleanup_answer_ struct answer a = {.fd = -1};
	char *text = NULL;

	pages_answer(path, wall_us(), &a);
	if (a.status != status)
		fail_msg("%s: %u, not %u", path, a.status, status);
	assert_non_null(strstr(a.type, type));
	if (a.fd >= 0) {
		size_t len;

		assert_int_equal(file_read_fd(a.fd, 1 << 20, &text, &len), 0);
		assert_int_equal(len, a.size);
		return text;
	}
	assert_non_null(a.text);
	text = strndup(a.text, a.len);
	assert_int_equal(strlen(text), a.len);
	return text;
}
#define GIVES(path, status, type, what)                                       \
	do {                                                                  \
		_cleanup_free_ char *_b = body(path, status, type);           \
		if (!strstr(_b, what))                                        \
			fail_msg("%s gives no '%s' but: %s", path, what, _b); \
	} while (0)

static void test_metrics(void **state)
{
	away("metrics.prom");
	GIVES("/metrics", 200, "version=0.0.4", "\navicd_up 0\n");
	put("metrics.prom", "avicd_up 1\n", 0);
	GIVES("/metrics", 200, "version=0.0.4", "avicd_up 1\n");
	put("metrics.prom", "avicd_up 1\n", 40);
	GIVES("/metrics", 200, "version=0.0.4", "avicd_up 1\n");
	put("metrics.prom", "avicd_up 1\n", 50);
	GIVES("/metrics", 200, "version=0.0.4", "\navicd_up 0\n");
	put("metrics.prom", "avicd_up 1\n", -50);
	GIVES("/metrics", 200, "version=0.0.4", "\navicd_up 0\n");
}

static void test_health(void **state)
{
	away("host.json");
	GIVES("/health", 503, "json", "\"health\":\"unknown\"");
	GIVES("/host.json", 503, "plain", "host.json: No such file or directory; systemctl status avicd");
	put_host(0);
	GIVES("/health", 200, "json", "\"health\":\"ok\"");
	put_host(179);
	GIVES("/health", 200, "json", "\"health\":\"ok\"");
	put_host(181);
	GIVES("/health", 503, "json", "what avicd wrote is old");
	/* its reader judges it */
	GIVES("/host.json", 200, "json", "\"health\":\"ok\"");
	put_host(-60);
	GIVES("/health", 503, "json", "\"health\":\"unknown\"");
	put("host.json", "{\"schema\":", 0);
	GIVES("/health", 503, "json", "\"health\":\"unknown\"");
	put("host.json", "[]", 0);
	GIVES("/health", 503, "json", "\"health\":\"unknown\"");
	put("host.json", "", 0);
	GIVES("/health", 503, "json", "\"health\":\"unknown\"");
}

static void test_no_file(void **state)
{
	char path[128], target[128];

	path_of("state.json", path);
	path_of("host.json", target);
	put_host(0);
	assert_int_equal(mkdir(path, 0755), 0);
	GIVES("/state.json", 503, "plain", "state.json: ");
	rmdir(path);
	assert_int_equal(symlink(target, path), 0);
	GIVES("/state.json", 503, "plain", "state.json: ");
	unlink(path);
	assert_int_equal(mkfifo(path, 0644), 0);
	GIVES("/state.json", 503, "plain", "state.json: ");
	unlink(path);
	put("state.json", "", 0);
	GIVES("/state.json", 200, "json", "");
}

static void test_page(void **state)
{
	away("state.json");
	put_host(0);
	GIVES("/", 200, "html", "<!DOCTYPE html>");
}

static void test_paths(void **state)
{
	static const char *const none[] = {"",
					   "//",
					   "/metrics/",
					   "/metrics.prom",
					   "metrics",
					   "/../host.json",
					   "/host.json/..",
					   "/duty.json",
					   "/%2e%2e/x",
					   "/host.json\n",
					   "*",
					   "/METRICS"};

	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		GIVES(none[i], 404, "plain", "Not here");
}

static int setup(void **state)
{
	return mkdtemp(dir) ? setenv("RUNTIME_DIRECTORY", dir, 1) : -1;
}

static int teardown(void **state)
{
	away("host.json");
	away("state.json");
	away("metrics.prom");
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_metrics), cmocka_unit_test(test_health),
					   cmocka_unit_test(test_no_file), cmocka_unit_test(test_page),
					   cmocka_unit_test(test_paths)};

	return cmocka_run_group_tests(tests, setup, teardown);
}
