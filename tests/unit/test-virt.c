/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The libvirt room against libvirt's test driver, which lives in this process, and against sockets that nobody
 * answers.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <libvirt/libvirt.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>

#include "avicd/clock.h"
#include "avicd/virt.h"
#include "virt/connection.h"
#include "virt/loop.h"

#define TEST_URI    "test:///default"
#define PATIENCE_MS 30000
#define STOP_NS	    (20 * NSEC_PER_SEC)

static char folder[] = "/tmp/test-virt.XXXXXX";
static char file_uri[128];

/* The next message of any kind within @ms; 0 when none came. */
static int next(struct virt *v, struct virt_message *ret, int ms)
{
	uint64_t deadline = now_ns() + ms * NSEC_PER_MSEC, now;

	while (virt_next(v, ret) == 0) {
		struct pollfd p = {.fd = virt_fd(v), .events = POLLIN};

		now = now_ns();
		if (now >= deadline)
			return 0;
		poll(&p, 1, (deadline - now) / NSEC_PER_MSEC + 1);
	}
	return 1;
}

/* The next message must be @kind. */
static void expect(struct virt *v, enum virt_kind kind, struct virt_message *ret)
{
	assert_int_equal(next(v, ret, PATIENCE_MS), 1);
	if (ret->kind != kind)
		fail_msg("kind %d (%s %s) instead of %d", ret->kind, ret->domain.name, ret->detail, kind);
}

/* Messages may be repeated, and answers may come late: read until @kind about @name. */
static void wait_for(struct virt *v, enum virt_kind kind, const char *name, struct virt_message *ret)
{
	do {
		if (next(v, ret, PATIENCE_MS) == 0)
			fail_msg("no message %d about %s", kind, name ? name : "a connection");
	} while (ret->kind != kind || (name && !streq(ret->domain.name, name)));
}

static struct virt *start(const char *const *uris)
{
	struct virt *v = NULL;

	assert_int_equal(virt_start(uris, &v), 0);
	return v;
}

static const char *const default_only[] = {TEST_URI, NULL};

/* A watch of the test driver that has listed, and a second connection that a test acts with. */
struct stage {
	virConnectPtr conn;
	struct virt *v;
};

static int stage_up(void **state)
{
	struct stage *s = calloc(1, sizeof(*s));
	struct virt_message m;

	s->v = start(default_only);
	/* libvirt's event loop runs from here on */
	s->conn = virConnectOpen(TEST_URI);
	assert_non_null(s->conn);
	wait_for(s->v, VIRT_SYNCED, NULL, &m);
	*state = s;
	return 0;
}

static int stage_down(void **state)
{
	struct stage *s = *state;

	virt_stop(s->v, STOP_NS);
	virConnectClose(s->conn);
	free(s);
	return 0;
}

static virDomainPtr make(struct stage *s, const char *name, const char *more, bool define)
{
	char xml[512];
	virDomainPtr dom;

	snprintf(xml, sizeof(xml),
		 "<domain type='test'><name>%s</name><memory>65536</memory><os><type>hvm</type></os>%s</domain>", name, more);
	dom = define ? virDomainDefineXML(s->conn, xml) : virDomainCreateXML(s->conn, xml, 0);
	assert_non_null(dom);
	return dom;
}

static void no_uri_is_fine(void **state)
{
	static const char *const none[] = {NULL};
	struct virt *v = start(none);
	struct virt_message m;

	assert_int_equal(next(v, &m, 0), 0);
	virt_relist(v);
	assert_int_equal(virt_dropped(v), 0);
	assert_null(virt_stop(v, 0));
	assert_null(virt_stop(NULL, 0));
}

static void up_domains_synced(void **state)
{
	struct virt *v = start(default_only);
	struct virt_message m;
	uint64_t begin;

	expect(v, VIRT_UP, &m);
	assert_string_equal(m.uri, TEST_URI);
	expect(v, VIRT_DOMAIN, &m);
	assert_string_equal(m.domain.name, "test");
	assert_int_equal(strlen(m.domain.uuid), 36);
	assert_string_equal(m.domain.uri, TEST_URI);
	assert_true(m.domain.active && m.domain.running && m.domain.persistent);
	assert_false(m.domain.reboot_destroys);
	assert_true(m.at > 0 && m.at <= now_ns());
	expect(v, VIRT_SYNCED, &m);
	assert_string_equal(m.uri, TEST_URI);

	virt_relist(v);
	expect(v, VIRT_DOMAIN, &m);
	expect(v, VIRT_SYNCED, &m);
	assert_int_equal(next(v, &m, 50), 0);

	begin = now_ns();
	virt_stop(v, STOP_NS);
	assert_true(now_ns() - begin < 5 * NSEC_PER_SEC);
}

static void lifecycle_of_a_persistent_domain(void **state)
{
	struct stage *s = *state;
	virDomainPtr dom = make(s, "t1", "<on_reboot>destroy</on_reboot>", true);
	struct virt_message m;

	assert_int_equal(virDomainCreate(dom), 0);
	wait_for(s->v, VIRT_DOMAIN, "t1", &m);
	assert_true(m.domain.active && m.domain.running && m.domain.persistent && m.domain.reboot_destroys);
	assert_int_equal(virDomainSuspend(dom), 0);
	do
		wait_for(s->v, VIRT_DOMAIN, "t1", &m);
	while (m.domain.running);
	assert_true(m.domain.active);
	assert_int_equal(virDomainResume(dom), 0);
	do
		wait_for(s->v, VIRT_DOMAIN, "t1", &m);
	while (!m.domain.running);
	assert_int_equal(virDomainDestroy(dom), 0);
	wait_for(s->v, VIRT_STOPPED, "t1", &m);
	assert_string_equal(m.detail, "destroyed");
	assert_false(m.domain.active);
	assert_int_equal(virDomainCreate(dom), 0);
	assert_int_equal(virDomainShutdown(dom), 0);
	wait_for(s->v, VIRT_STOPPED, "t1", &m);
	assert_string_equal(m.detail, "shutdown");

	assert_int_equal(virDomainUndefine(dom), 0);
	wait_for(s->v, VIRT_UNDEFINED, "t1", &m);
	assert_int_equal(strlen(m.domain.uuid), 36);
	virDomainFree(dom);
}

static void undefined_while_it_runs(void **state)
{
	struct stage *s = *state;
	virDomainPtr dom = make(s, "t2", "", true);
	struct virt_message m;

	assert_int_equal(virDomainCreate(dom), 0);
	wait_for(s->v, VIRT_DOMAIN, "t2", &m);
	assert_int_equal(virDomainUndefine(dom), 0);
	wait_for(s->v, VIRT_UNDEFINED, "t2", &m);
	/* transient from now on */
	do
		wait_for(s->v, VIRT_DOMAIN, "t2", &m);
	while (m.domain.persistent);
	assert_int_equal(virDomainDestroy(dom), 0);
	wait_for(s->v, VIRT_STOPPED, "t2", &m);
	virDomainFree(dom);
}

static void names_are_data(void **state)
{
	static const char *const names[] = {"$(id)", "-x", "..", "a b'\"", "gr\xc3\xbc\xc3\x9f", "%s%n"};
	struct stage *s = *state;
	struct virt_message m;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		virDomainPtr dom = make(s, names[i], "", false);

		wait_for(s->v, VIRT_DOMAIN, names[i], &m);
		assert_false(m.domain.persistent);
		assert_int_equal(virDomainDestroy(dom), 0);
		wait_for(s->v, VIRT_STOPPED, names[i], &m);
		virDomainFree(dom);
	}
}

/* libvirt renames only what does not run: the new name shows when the domain runs again. */
static void renamed(void **state)
{
	struct stage *s = *state;
	virDomainPtr dom = make(s, "before", "", true);
	char uuid[DOMAIN_UUID_MAX];
	struct virt_message m;

	assert_int_equal(virDomainGetUUIDString(dom, uuid), 0);
	if (virDomainRename(dom, "after", 0) < 0) {
		assert_int_equal(virDomainUndefine(dom), 0);
		virDomainFree(dom);
		skip();
	}
	virDomainFree(dom);
	dom = virDomainLookupByUUIDString(s->conn, uuid);
	assert_int_equal(virDomainCreate(dom), 0);
	/* the rename was no end of the definition */
	assert_int_equal(next(s->v, &m, PATIENCE_MS), 1);
	assert_int_equal(m.kind, VIRT_DOMAIN);
	assert_string_equal(m.domain.name, "after");
	assert_string_equal(m.domain.uuid, uuid);
	assert_int_equal(virDomainDestroy(dom), 0);
	wait_for(s->v, VIRT_STOPPED, "after", &m);
	assert_int_equal(virDomainUndefine(dom), 0);
	virDomainFree(dom);
}

/* Whatever is asked meanwhile: once a domain was said to have stopped, nothing says that it is active. */
static void no_answer_after_the_end(void **state)
{
	struct stage *s = *state;
	virDomainPtr dom = make(s, "quick", "", true);
	struct virt_message m;
	int stopped = 0;

	for (int i = 0; i < 200; i++) {
		assert_int_equal(virDomainCreate(dom), 0);
		assert_int_equal(virDomainSuspend(dom), 0);
		assert_int_equal(virDomainResume(dom), 0);
		assert_int_equal(virDomainDestroy(dom), 0);
		if (i % 16 == 0)
			virt_relist(s->v);
	}
	m.kind = VIRT_UP;
	while (stopped < 200) {
		wait_for(s->v, VIRT_STOPPED, "quick", &m);
		stopped++;
	}
	virt_relist(s->v);
	do {
		assert_int_equal(next(s->v, &m, PATIENCE_MS), 1);
		assert_false(m.kind == VIRT_DOMAIN && streq(m.domain.name, "quick"));
	} while (m.kind != VIRT_SYNCED);
	assert_int_equal(virDomainUndefine(dom), 0);
	virDomainFree(dom);
}

static void several_uris(void **state)
{
	const char *const uris[] = {TEST_URI, file_uri, "qemu+ssh://elsewhere/system", TEST_URI, NULL};
	struct virt *v = start(uris);
	int up = 0, synced = 0, down = 0, of_file = 0, destroys = 0, paused = 0;
	struct virt_message m;

	while (synced < 2 || down < 1) {
		assert_int_equal(next(v, &m, PATIENCE_MS), 1);
		up += m.kind == VIRT_UP;
		synced += m.kind == VIRT_SYNCED;
		if (m.kind == VIRT_DOWN) {
			assert_string_equal(m.uri, uris[2]);
			assert_string_equal(m.detail, "not a URI of this host");
			down++;
		}
		if (m.kind == VIRT_DOMAIN && streq(m.uri, file_uri)) {
			of_file++;
			destroys += m.domain.reboot_destroys;
			paused += !m.domain.running;
		}
	}
	assert_int_equal(up, 2); /* a URI given twice is one connection */
	assert_int_equal(of_file, 3);
	assert_int_equal(destroys, 1);
	assert_int_equal(paused, 1);
	assert_int_equal(next(v, &m, 50), 0);
	virt_stop(v, STOP_NS);
}

static void bad_uri_says_so_once(void **state)
{
	const char *const uris[] = {"qemu+unix:///system?socket=/nonexistent/libvirt-sock",
				    "qemu+unix:///session?socket=/nonexistent/other", NULL};
	struct virt *v = start(uris);
	struct virt_message m;
	struct timespec cpu;
	bool seen[2] = {};
	uint64_t begin;

	for (int i = 0; i < 2; i++) {
		expect(v, VIRT_DOWN, &m);
		if (!strstr(m.detail, "nonexistent"))
			fail_msg("%s: %s", m.uri, m.detail);
		seen[streq(m.uri, uris[1])] = true;
	}
	assert_true(seen[0] && seen[1]);
	/* two more attempts each in this time, which say nothing new and cost nothing */
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
	begin = cpu.tv_sec * NSEC_PER_SEC + cpu.tv_nsec;
	assert_int_equal(next(v, &m, 4000), 0);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
	assert_true(cpu.tv_sec * NSEC_PER_SEC + cpu.tv_nsec - begin < 500 * NSEC_PER_MSEC);
	begin = now_ns();
	virt_stop(v, STOP_NS);
	assert_true(now_ns() - begin < 5 * NSEC_PER_SEC);
}

/* A socket below the test's folder where nobody answers. */
static int deaf_socket(const char *name, char *uri, size_t size)
{
	const struct timeval patience = {.tv_sec = PATIENCE_MS / 1000}; /* of accept() */
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", folder, name);
	snprintf(uri, size, "qemu+unix:///system?socket=%s/%s", folder, name);
	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void remove_socket(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	unlink(path);
}

/* A libvirtd that was not there comes, and goes again before it has answered. */
static void attempts_go_on(void **state)
{
	char uri[128];
	const char *const uris[] = {uri, TEST_URI, NULL};
	struct virt_message m;
	struct virt *v;
	int fd, peer;

	fd = deaf_socket("sock", uri, sizeof(uri));
	v = start(uris);
	wait_for(v, VIRT_DOWN, NULL, &m);
	assert_non_null(strstr(m.detail, "refused"));
	assert_int_equal(listen(fd, 8), 0);
	for (int i = 0; i < 2; i++) {
		peer = accept(fd, NULL, NULL);
		assert_true(peer >= 0);
		close(peer);
	}
	while (next(v, &m, 0) == 1)
		assert_false(m.kind == VIRT_DOWN);
	close(fd);
	remove_socket("sock");
	virt_stop(v, STOP_NS);
}

/* libvirt hangs in an attempt to connect: others go on, and the end does not wait for it. */
static void a_hung_libvirtd_holds_up_nobody(void **state)
{
	char uri[128];
	const char *const uris[] = {uri, TEST_URI, NULL};
	struct virt_message m;
	struct virt *v;
	uint64_t begin;
	int fd, peer;

	fd = deaf_socket("hung", uri, sizeof(uri));
	assert_int_equal(listen(fd, 8), 0);
	v = start(uris);
	wait_for(v, VIRT_SYNCED, NULL, &m);
	assert_string_equal(m.uri, TEST_URI);
	peer = accept(fd, NULL, NULL);
	assert_true(peer >= 0);
	begin = now_ns();
	virt_stop(v, 200 * NSEC_PER_MSEC);
	assert_true(now_ns() - begin < 5 * NSEC_PER_SEC);
	/* the thread that was left behind ends by itself now */
	close(peer);
	close(fd);
	remove_socket("hung");
}

/* With a queue that is too small: SYNCED waits until everything was really said. */
static void overflow_lists_again(void **state)
{
	struct virt_message m = {.kind = VIRT_REBOOT};
	struct connection *c;
	struct queue *q;
	struct loop *l;
	struct pollfd p;
	bool drained = false;
	int named = 0, filled = 3;

	assert_int_equal(queue_new(4, &q), 0);
	for (int i = 0; i < filled; i++)
		assert_int_equal(queue_post(q, &m), 0);
	assert_int_equal(loop_start(&l), 0);
	assert_int_equal(connection_start(file_uri, 0, q, &c), 0);
	/* UP takes the last place, and no domain finds one */
	while (queue_dropped(q) < 3)
		poll(NULL, 0, 1);
	while (!drained)
		assert_int_equal(queue_take(q, &m, &drained), 1);
	assert_int_not_equal(m.kind, VIRT_SYNCED);
	connection_drained(c);
	p = (struct pollfd){.fd = queue_fd(q), .events = POLLIN};
	do {
		assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
		while (queue_take(q, &m, &drained) == 1 && m.kind != VIRT_SYNCED)
			named += m.kind == VIRT_DOMAIN;
	} while (m.kind != VIRT_SYNCED);
	assert_int_equal(named, 3);
	connection_ask_end(c);
	assert_int_equal(connection_join(c, now_ns() + STOP_NS), 0);
	assert_int_equal(loop_stop(l, now_ns() + STOP_NS), 0);
	connection_free(c);
	queue_free(q);
}

/* runstate 3 is paused, 5 is shut off */
#define DOMAIN_XML(name, more)                                                                             \
	"<domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'><name>" name "</name>" \
	"<memory>65536</memory><os><type>hvm</type></os>" more "</domain>"

static int make_folder(void **state)
{
	static const char node[] = "<node>"
		DOMAIN_XML("one", "")
		DOMAIN_XML("two", "<on_reboot>destroy</on_reboot>")
		DOMAIN_XML("three", "<test:runstate>3</test:runstate>")
		DOMAIN_XML("four", "<test:runstate>5</test:runstate>")
		"</node>";
	char path[64];
	FILE *f;

	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/node.xml", folder);
	snprintf(file_uri, sizeof(file_uri), "test:///%s", path);
	f = fopen(path, "we");
	if (!f)
		return -1;
	fputs(node, f);
	return fclose(f);
}

static int remove_folder(void **state)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/node.xml", folder);
	unlink(path);
	return rmdir(folder);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_uri_is_fine),
		cmocka_unit_test(up_domains_synced),
		cmocka_unit_test_setup_teardown(lifecycle_of_a_persistent_domain, stage_up, stage_down),
		cmocka_unit_test_setup_teardown(undefined_while_it_runs, stage_up, stage_down),
		cmocka_unit_test_setup_teardown(names_are_data, stage_up, stage_down),
		cmocka_unit_test_setup_teardown(renamed, stage_up, stage_down),
		cmocka_unit_test_setup_teardown(no_answer_after_the_end, stage_up, stage_down),
		cmocka_unit_test(several_uris),
		cmocka_unit_test(bad_uri_says_so_once),
		cmocka_unit_test(attempts_go_on),
		cmocka_unit_test(overflow_lists_again),
		cmocka_unit_test(a_hung_libvirtd_holds_up_nobody),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
