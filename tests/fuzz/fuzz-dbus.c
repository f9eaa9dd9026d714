/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls of D-Bus clients: the daemon's real objects, with one VM, on a connection of their own. An input is lines:
 * object path, interface, member, signature (s, o, u, b, v = a variant of s), then one line an argument.
 */
#include <assert.h>
#include <stdio.h>
#include <sys/socket.h>

#include "avicd/log.h"
#include "avicd/proc.h"
#include "daemon/manager.h"
#include "fuzz.h"

#define LINES_MAX  16
#define ROUNDS_MAX 200

static struct manager *manager;
static sd_bus *client;
static char folder[] = "/tmp/avicd-fuzz.XXXXXX";

static void remove_folder(void)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/duty.json", folder);
	unlink(path);
	rmdir(folder);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct vm_id id = { .tgid = getpid() };

	if (!mkdtemp(folder))
		abort();
	atexit(remove_folder);
	setenv("RUNTIME_DIRECTORY", folder, 1);
	setenv("STATE_DIRECTORY", folder, 1);
	setenv("CONFIGURATION_DIRECTORY", folder, 1);
	log_setup("fuzz", LOG_TARGET_PLAIN, LOG_EMERG);
	if (manager_new(&manager) < 0 || proc_start(id.tgid, &id.start) < 0)
		abort();
	log_set_level(LOG_EMERG);
	if (tracker_exists(&manager->tracker, &id, "fuzz", manager_now(manager)) < 0)
		abort();
	return 0;
}

static void connect_pair(void)
{
	const sd_id128_t id = { .bytes = { 1 } };
	struct bus *b = &manager->bus;
	int fd[2];

	client = sd_bus_close_unref(client);
	b->bus = sd_bus_close_unref(b->bus);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fd) < 0 || sd_bus_new(&b->bus) < 0 ||
	    sd_bus_set_fd(b->bus, fd[0], fd[0]) < 0 || sd_bus_set_server(b->bus, true, id) < 0 || sd_bus_start(b->bus) < 0 ||
	    bus_add_manager(manager) < 0 || bus_add_domains(manager) < 0 || bus_add_logcontrol(manager) < 0)
		abort();
	b->named = true;
	if (sd_bus_new(&client) < 0 || sd_bus_set_fd(client, fd[1], fd[1]) < 0 || sd_bus_start(client) < 0)
		abort();
	manager_settle(manager);
}

/* pump() - until neither side has anything to do */
static bool pump(void)
{
	for (int i = 0, idle = 0; i < ROUNDS_MAX && idle < 3; i++) {
		int r = sd_bus_process(client, NULL), q = sd_bus_process(manager->bus.bus, NULL);

		if (r < 0 || q < 0)
			return false;
		idle = r == 0 && q == 0 ? idle + 1 : 0;
	}
	return true;
}

static int append(sd_bus_message *m, char type, const char *arg)
{
	switch (type) {
	case 's':
	case 'o':
		return sd_bus_message_append_basic(m, type, arg);
	case 'u':
		return sd_bus_message_append(m, "u", (uint32_t)strtoul(arg, NULL, 0));
	case 'b':
		return sd_bus_message_append(m, "b", *arg == '1');
	case 'v':
		return sd_bus_message_append(m, "v", "s", arg);
	default:
		return -EINVAL;
	}
}

static void call(char *const line[LINES_MAX], size_t n)
{
	sd_bus_message *m = NULL;
	int r = sd_bus_message_new_method_call(client, &m, NULL, line[0], *line[1] ? line[1] : NULL, line[2]);

	for (size_t i = 0; r >= 0 && line[3][i] && 4 + i < n; i++)
		r = append(m, line[3][i], line[4 + i]);
	if (r >= 0)
		r = sd_bus_call_async(client, NULL, m, NULL, NULL, 0);
	sd_bus_message_unref(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = strndup((const char *)data, size);
	char *line[LINES_MAX] = { NULL }, *rest = text;
	size_t n = 0;

	if (!text)
		abort();
	while (n < LINES_MAX && rest)
		line[n++] = strsep(&rest, "\n");
	if (n < 4)
		return 0;
	if (!client || !pump())
		connect_pair();
	call(line, n);
	if (!pump())
		client = sd_bus_close_unref(client);
	/* what a call may have changed for good */
	log_set_level(LOG_EMERG);
	log_set_target(LOG_TARGET_PLAIN);
	return 0;
}
