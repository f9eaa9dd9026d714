/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of a migration that need no libvirt: what a target's avicd says, pieces of XML, hosts of URIs, where a VM is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "avicd/clock.h"
#include "avicd/file.h"
#include "avicd/text.h"
#include "job/piece.h"
#include "job/reports.h"
#include "job/where.h"
#include "tmpdir.h"

/* 2026-11-23T12:00:00Z */
#define NOW  (1795435200ULL * USEC_PER_SEC)
#define UUID "aaaaaaaa-0000-4000-8000-000000000001"
#define HOST(at, resync, effective, reboot, health)                                                             \
	"{\"schema\":\"avicd/1\",\"written_at\":\"" at "\",\"resync_interval\":" resync ",\"health\":\"" health \
	"\",\"avic\":{\"effective\":" effective ",\"max_id\":511},\"probe\":{\"reboot\":{\"result\":\"" reboot  \
	"\"},\"disabled\":{\"result\":\"fixed\"},\"large-id\":{\"result\":\"fixed\"}}}"
#define STATE(at, vms)                                 \
	"{\"schema\":\"avicd/1\",\"written_at\":\"" at \
	"\",\"resync_interval\":60,\"counts\":{\"stuck\":2},\"vms\":[" vms "]}"
#define T "2026-11-23T12:00:00Z"

static void test_host(void **state _unused_)
{
	static const struct {
		const char *json;
		int r;
		bool fresh;
		enum tristate avic;
		bool vulnerable, fixed; /* of the reboot bug; the others are fixed */
	} rows[] = {
		{HOST(T, "60", "true", "fixed", "ok"), 0, true, TRI_YES, false, true},
		{HOST("2026-11-23T11:57:01Z", "60", "true", "fixed", "ok"), 0, true, TRI_YES, false, true},
		{HOST("2026-11-23T11:57:00Z", "60", "true", "fixed", "ok"), 0, false, TRI_YES, false, true},
		{HOST("2026-11-23T12:00:29Z", "60", "true", "fixed", "ok"), 0, true, TRI_YES, false, true},
		{HOST("2026-11-23T12:00:31Z", "60", "true", "fixed", "ok"), 0, false, TRI_YES, false, true},
		{HOST(T, "60", "false", "fixed", "off"), 0, true, TRI_NO, false, true},
		{HOST(T, "60", "null", "fixed", "ok"), 0, true, TRI_UNKNOWN, false, true},
		{HOST(T, "60", "\"true\"", "fixed", "ok"), 0, true, TRI_UNKNOWN, false, true},
		{HOST(T, "60", "true", "vulnerable", "exposed"), 0, true, TRI_YES, true, false},
		{HOST(T, "60", "true", "unprovable", "ok"), 0, true, TRI_YES, false, false},
		{HOST(T, "60", "true", "fixed", "exposed"), 0, true, TRI_YES, true, true},
		{HOST(T, "0.1", "true", "fixed", "ok"), -EBADMSG, false, TRI_UNKNOWN, false, false},
		{HOST(T, "1e9", "true", "fixed", "ok"), -EBADMSG, false, TRI_UNKNOWN, false, false},
		{HOST("yesterday", "60", "true", "fixed", "ok"), -EBADMSG, false, TRI_UNKNOWN, false, false},
		{"{\"schema\":\"avicd/1\"}", -EBADMSG, false, TRI_UNKNOWN, false, false},
		{"<html>", -EBADMSG, false, TRI_UNKNOWN, false, false},
		{"", -EBADMSG, false, TRI_UNKNOWN, false, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct target_facts f = {.avic = TRI_UNKNOWN};

		if (reports_read_host(rows[i].json, strlen(rows[i].json), NOW, &f) != rows[i].r ||
		    f.reported != (rows[i].r == 0) || f.fresh != rows[i].fresh || f.avic != rows[i].avic ||
		    f.vulnerable != rows[i].vulnerable || f.fixed[PROBE_REBOOT] != rows[i].fixed)
			fail_msg("row %zu: %s", i, rows[i].json);
		assert_true(rows[i].r < 0 || (f.max_id == 511 && f.fixed[PROBE_DISABLED] && f.fixed[PROBE_LARGE_ID]));
	}
}

static void test_state(void **state _unused_)
{
	static const struct {
		const char *json;
		int r;
		enum condition condition;
	} rows[] = {
		{STATE(T, "{\"uuid\":\"x\"},{\"uuid\":\"" UUID "\",\"condition\":\"active\"}"), 0, CONDITION_ACTIVE},
		{STATE(T, "{\"uuid\":\"" UUID "\",\"condition\":\"stuck\"}"), 0, CONDITION_STUCK},
		{STATE(T, "{\"uuid\":\"" UUID "\",\"condition\":\"well\"}"), 0, CONDITION_UNKNOWN},
		{STATE(T, "{\"uuid\":\"" UUID "\"}"), 0, CONDITION_UNKNOWN},
		{STATE(T, "null,7,{\"uuid\":null}"), -ENOENT, CONDITION_OFF},
		{STATE(T, ""), -ENOENT, CONDITION_OFF},
		{STATE("2026-11-23T11:00:00Z", "{\"uuid\":\"" UUID "\",\"condition\":\"active\"}"), -ESTALE,
		 CONDITION_OFF},
		{"[]", -EBADMSG, CONDITION_OFF},
	};
	struct target_facts f = {0};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		enum condition c = CONDITION_OFF;

		if (reports_read_vm(rows[i].json, strlen(rows[i].json), UUID, NOW, &c) != rows[i].r ||
		    c != rows[i].condition)
			fail_msg("row %zu: %s", i, rows[i].json);
	}
	assert_int_equal(reports_read_counts(rows[0].json, strlen(rows[0].json), &f), 0);
	assert_int_equal(f.vms, 2);
	assert_int_equal(f.stuck, 2);
	assert_int_equal(reports_read_counts("{}", 2, &f), -EBADMSG);
}

static void test_hosts(void **state _unused_)
{
	static const struct {
		const char *uri, *user, *host, *port;
		int r;
		bool ssh;
	} rows[] = {
		{"qemu+ssh://root@b.example:2222/system", "root", "b.example", "2222", 0, true},
		{"qemu+ssh://b/system?keyfile=/x@y", "", "b", "", 0, true},
		{"qemu+tls://[fe80::1]:16514/system", "", "fe80::1", "16514", 0, false},
		{"qemu+unix:///system?socket=/x", "", "", "", 0, false},
		{"qemu+ssh://-oProxyCommand=x/system", "", "", "", -EINVAL, false},
		{"qemu+ssh://../system", "", "", "", -EINVAL, false},
		{"qemu+ssh://-l@b/system", "", "", "", -EINVAL, false},
		{"qemu+ssh://$(id)/system", "", "", "", -EINVAL, false},
		{"qemu+ssh://b:1;2/system", "", "", "", -EINVAL, false},
		{"qemu+ssh://[b/system", "", "", "", -EINVAL, false},
		{"qemu", "", "", "", -EINVAL, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct reports_host h = {0};

		if (reports_host_of(rows[i].uri, &h) != rows[i].r || !streq(h.user, rows[i].user) ||
		    !streq(h.host, rows[i].host) || !streq(h.port, rows[i].port) || h.ssh != rows[i].ssh)
			fail_msg("%s: user '%s', host '%s', port '%s'", rows[i].uri, h.user, h.host, h.port);
	}
}

static void test_fetch(void **state)
{
	_cleanup_free_ char *folder = tmpdir_path(*state, "localhost"), *file = NULL, *where = NULL, *got = NULL;
	char why[REPORTS_WHY_MAX];
	size_t len;

	assert_int_equal(mkdir_p(folder, 0700), 0);
	file = tmpdir_path(folder, "host.json");
	assert_true(asprintf(&where, "file://%s/%%h/", (const char *)*state) > 0);
	assert_int_equal(reports_fetch(where, "qemu:///system", "host.json", NSEC_PER_SEC, &got, &len, why), -EIO);
	assert_true(*why);
	assert_int_equal(file_write_atomic(file, "{}", 2, 0600, false), 0);
	assert_int_equal(reports_fetch(where, "qemu:///system", "host.json", NSEC_PER_SEC, &got, &len, why), 0);
	assert_string_equal(got, "{}");
	assert_int_equal(len, 2);
	assert_int_equal(reports_fetch("ftp://x/", "qemu:///system", "host.json", NSEC_PER_SEC, &got, &len, why), -EIO);
	assert_int_equal(reports_fetch("ssh", "qemu:///system", "host.json", NSEC_PER_SEC, &got, &len, why), -EINVAL);
	assert_true(*why);
	/* an endless file, and one that never says anything */
	assert_int_equal(unlink(file), 0);
	assert_int_equal(symlink("/dev/zero", file), 0);
	assert_int_equal(reports_fetch(where, "qemu:///system", "host.json", 10 * NSEC_PER_SEC, &got, &len, why),
			 -EFBIG);
}

/* A program of that name which is found first. */
static void put_ssh(const char *dir, const char *script)
{
	_cleanup_free_ char *path = tmpdir_path(dir, "ssh");

	assert_int_equal(file_write_atomic(path, script, strlen(script), 0755, false), 0);
	assert_int_equal(setenv("PATH", dir, 1), 0);
}

static void test_ssh(void **state)
{
	_cleanup_free_ char *got = NULL, *path = strdup(getenv("PATH"));
	char why[REPORTS_WHY_MAX];
	size_t len;
	uint64_t before = now_ns();

	put_ssh(*state, "#!/bin/sh\necho \"$*\"\n");
	assert_int_equal(reports_fetch("ssh", "qemu+ssh://root@b:2222/system", "host.json", 10 * NSEC_PER_SEC, &got,
				       &len, why),
			 0);
	assert_string_equal(got,
			    "-T -o BatchMode=yes -o ConnectTimeout=10 -p 2222 -- root@b cat /run/avicd/host.json\n");
	free(TAKE_PTR(got));
	/* the port of TLS is not that of ssh */
	assert_int_equal(
		reports_fetch("ssh", "qemu+tls://b:16514/system", "state.json", 10 * NSEC_PER_SEC, &got, &len, why), 0);
	assert_string_equal(got, "-T -o BatchMode=yes -o ConnectTimeout=10 -- b cat /run/avicd/state.json\n");
	free(TAKE_PTR(got));
	put_ssh(*state, "#!/bin/sh\nexit 255\n");
	assert_int_equal(reports_fetch("ssh", "qemu+ssh://b/system", "host.json", 10 * NSEC_PER_SEC, &got, &len, why),
			 -EIO);
	assert_non_null(strstr(why, "ssh b cat /run/avicd/host.json"));
	put_ssh(*state, "#!/bin/sh\nwhile :; do :; done\n");
	assert_int_equal(reports_fetch("ssh", "qemu+ssh://b/system", "host.json", NSEC_PER_SEC / 5, &got, &len, why),
			 -ETIMEDOUT);
	assert_true(now_ns() - before < 20 * NSEC_PER_SEC);
	put_ssh(*state, "#!/bin/sh\nwhile :; do echo "
			"0123456789012345678901234567890123456789012345678901234567890123456789; done\n");
	assert_int_equal(reports_fetch("ssh", "qemu+ssh://b/system", "host.json", 60 * NSEC_PER_SEC, &got, &len, why),
			 -EFBIG);
	assert_int_equal(setenv("PATH", path, 1), 0);
}

static void test_pieces(void **state _unused_)
{
	static const char xml[] =
		"<domain type='kvm'><metadata><x:cpu xmlns:x='u'/><cpu mode='no'/></metadata>"
		"<cpu mode='custom' a='&lt;&apos;&amp;'><model>k &lt; 8</model><topology x='1'/><feature/></cpu>"
		"<os><type arch='x86_64'>hvm</type></os><devices><emulator>/q</emulator>"
		"<disk type='file' device='disk'><source file='/a'/><backingStore type='file'><source "
		"file='/b'/></backingStore>"
		"<target dev='vda'/><readonly/></disk><disk type='network'><target "
		"dev='vdb'/></disk></devices></domain>";
	_cleanup_(disks_done) struct disks d = {0};
	_cleanup_free_ char *cpu = NULL;
	char s[16];

	assert_int_equal(piece_copy(xml, "domain/cpu", &cpu), 0);
	assert_string_equal(
		cpu, "<cpu mode='custom' a='&lt;&apos;&amp;'><model>k &lt; 8</model><topology x='1'/><feature/></cpu>");
	assert_int_equal(piece_text(xml, "domain/devices/emulator", s, sizeof(s)), 0);
	assert_string_equal(s, "/q");
	assert_int_equal(piece_text(xml, "domain/devices/emulator", s, 2), -EMSGSIZE);
	assert_int_equal(piece_attribute(xml, "domain", "type", s, sizeof(s)), 0);
	assert_string_equal(s, "kvm");
	assert_int_equal(piece_attribute(xml, "domain/os/type", "arch", s, sizeof(s)), 0);
	assert_string_equal(s, "x86_64");
	assert_int_equal(piece_attribute(xml, "domain/os/type", "machine", s, sizeof(s)), -ENOENT);
	assert_int_equal(piece_text(xml, "domain/devices/emul", s, sizeof(s)), -ENOENT);
	assert_int_equal(piece_text("<domain>", "domain/x", s, sizeof(s)), -EBADMSG);
	assert_int_equal(disks_read(xml, &d), 0);
	assert_int_equal(d.n, 2);
	assert_string_equal(d.list[0].dev, "vda");
	assert_string_equal(d.list[0].file, "/a");
	assert_true(d.list[0].readonly);
	assert_string_equal(d.list[1].type, "network");
	assert_null(d.list[1].file);
}

static void test_where(void **state _unused_)
{
	static const struct {
		struct sight s;
		enum where now, last;
	} rows[] = {
		{{.here = PLACE_RUNNING, .there = PLACE_NONE, .process = true}, WHERE_HERE, WHERE_HERE},
		{{.here = PLACE_RUNNING, .there = PLACE_UNKNOWN, .process = true}, WHERE_HERE, WHERE_HERE},
		{{.here = PLACE_RUNNING, .there = PLACE_PAUSED, .process = true}, WHERE_HERE, WHERE_HERE},
		{{.here = PLACE_RUNNING, .there = PLACE_RUNNING, .process = true}, WHERE_UNSURE, WHERE_LOST},
		{{.here = PLACE_RUNNING, .there = PLACE_NONE, .moving = true, .process = true},
		 WHERE_MOVING,
		 WHERE_LOST},
		{{.here = PLACE_RUNNING, .there = PLACE_NONE}, WHERE_UNSURE, WHERE_ENDED},
		{{.here = PLACE_NONE, .there = PLACE_RUNNING}, WHERE_THERE, WHERE_THERE},
		{{.here = PLACE_UNKNOWN, .there = PLACE_RUNNING}, WHERE_UNSURE, WHERE_THERE},
		{{.here = PLACE_UNKNOWN, .there = PLACE_RUNNING, .process = true}, WHERE_UNSURE, WHERE_LOST},
		{{.here = PLACE_PAUSED, .there = PLACE_NONE, .process = true}, WHERE_PAUSED_HERE, WHERE_PAUSED_HERE},
		{{.here = PLACE_PAUSED, .there = PLACE_UNKNOWN, .process = true}, WHERE_UNSURE, WHERE_LOST},
		{{.here = PLACE_PAUSED, .there = PLACE_PAUSED, .process = true}, WHERE_UNSURE, WHERE_LOST},
		{{.here = PLACE_PAUSED, .there = PLACE_RUNNING, .process = true}, WHERE_UNSURE, WHERE_LOST},
		{{.here = PLACE_NONE, .there = PLACE_NONE, .stop = STOP_OWNER}, WHERE_ENDED, WHERE_ENDED},
		{{.here = PLACE_NONE, .there = PLACE_NONE}, WHERE_UNSURE, WHERE_LOST},
		{{.here = PLACE_NONE, .there = PLACE_NONE, .stop = STOP_CRASHED}, WHERE_UNSURE, WHERE_LOST},
		{{.here = PLACE_NONE, .there = PLACE_NONE, .stop = STOP_MIGRATED}, WHERE_UNSURE, WHERE_LOST},
		{{.here = PLACE_NONE, .there = PLACE_UNKNOWN, .stop = STOP_MIGRATED}, WHERE_UNSURE, WHERE_LOST},
		{{.here = PLACE_NONE, .there = PLACE_UNKNOWN, .stop = STOP_OWNER}, WHERE_UNSURE, WHERE_ENDED},
		{{.here = PLACE_NONE, .there = PLACE_PAUSED}, WHERE_UNSURE, WHERE_LOST},
		{{.here = PLACE_UNKNOWN, .there = PLACE_UNKNOWN, .process = true}, WHERE_UNSURE, WHERE_LOST},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (where_decide(&rows[i].s, false) != rows[i].now || where_decide(&rows[i].s, true) != rows[i].last)
			fail_msg("row %zu: %d, at last %d", i, where_decide(&rows[i].s, false),
				 where_decide(&rows[i].s, true));
	/* whatever both sides say, there is an answer at last */
	for (int here = 0; here <= PLACE_PAUSED; here++)
		for (int there = 0; there <= PLACE_PAUSED; there++)
			for (int more = 0; more < 16; more++) {
				struct sight s = {
					(enum place)here, (enum place)there, (enum stop)(more & 3), more & 4, false,
					more & 8};
				enum where w = where_decide(&s, true);

				assert_true(w != WHERE_UNSURE && w != WHERE_MOVING && w < _WHERE_MAX);
				/* never two of them: resumed here only where the target knows none */
				assert_true(w != WHERE_PAUSED_HERE || there == PLACE_NONE);
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_state),
		cmocka_unit_test(test_hosts),
		cmocka_unit_test_setup_teardown(test_fetch, tmpdir_setup, tmpdir_teardown),
		cmocka_unit_test_setup_teardown(test_ssh, tmpdir_setup, tmpdir_teardown),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_where),
	};

	return reports_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
