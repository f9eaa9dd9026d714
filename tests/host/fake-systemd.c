/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stand-in for systemd on a private bus: as much of it as avicd uses to have units run. A unit PREFIX@INSTANCE.service is the program
 * FOLDER/PREFIX (argument: FOLDER), run with INSTANCE as its argument; where there is no such program, there is no such unit. It prints
 * "start UNIT", "stop UNIT", "end UNIT STATUS", one line each.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#define PATH	"/org/freedesktop/systemd1"
#define MANAGER "org.freedesktop.systemd1.Manager"
#define UNITS	64

static struct unit {
	char name[128];
	pid_t pid; /* 0: not running */
	int status;
} units[UNITS];
static size_t n_units;
static sd_bus *bus;
static sd_event *event;
static const char *folder;

static struct unit *find(const char *name)
{
	for (size_t i = 0; i < n_units; i++)
		if (strcmp(units[i].name, name) == 0)
			return &units[i];
	return NULL;
}

/* A oneshot's job ends with it; of a service that stays, nobody here waits for the job. */
static int on_end(sd_event_source *s, const siginfo_t *si, void *userdata)
{
	struct unit *u = userdata;

	u->pid = 0;
	u->status = si->si_code == CLD_EXITED ? si->si_status : 128 + si->si_status;
	printf("end %s %d\n", u->name, u->status);
	fflush(stdout);
	sd_event_source_unref(s);
	return sd_bus_emit_signal(bus, PATH, MANAGER, "JobRemoved", "uoss", 1U, PATH "/job/1", u->name,
				  u->status ? "failed" : "done");
}

static int run(struct unit *u, const char *program, const char *instance)
{
	sd_event_source *s = NULL;

	u->pid = fork();
	if (u->pid < 0)
		return -errno;
	if (u->pid == 0) {
		sigset_t none;

		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		execl(program, program, instance, (char *)NULL);
		_exit(203);
	}
	return sd_event_add_child(event, &s, u->pid, WEXITED, on_end, u);
}

static int start(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	char prefix[128], instance[128], program[512];
	const char *name, *mode;
	struct unit *u;
	int r = sd_bus_message_read(call, "ss", &name, &mode);

	if (r < 0)
		return r;
	if (sscanf(name, "%127[^@]@%127s", prefix, instance) != 2 || strlen(instance) < 9)
		return sd_bus_error_setf(error, "org.freedesktop.systemd1.NoSuchUnit", "Unit %s not found.", name);
	instance[strlen(instance) - strlen(".service")] = '\0';
	snprintf(program, sizeof(program), "%s/%s", folder, prefix);
	u = find(name);
	if (access(program, X_OK) < 0 || (!u && n_units == UNITS))
		return sd_bus_error_setf(error, "org.freedesktop.systemd1.NoSuchUnit", "Unit %s not found.", name);
	if (!u) {
		u = &units[n_units++];
		snprintf(u->name, sizeof(u->name), "%s", name);
	}
	printf("start %s\n", name);
	fflush(stdout);
	if (!u->pid)
		r = run(u, program, instance);
	return r < 0 ? r : sd_bus_reply_method_return(call, "o", PATH "/job/1");
}

static int stop(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	const char *name, *mode;
	struct unit *u;
	int r = sd_bus_message_read(call, "ss", &name, &mode);

	if (r < 0)
		return r;
	printf("stop %s\n", name);
	fflush(stdout);
	u = find(name);
	if (u && u->pid)
		kill(u->pid, SIGTERM);
	return sd_bus_reply_method_return(call, "o", PATH "/job/1");
}

static int subscribe(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	return sd_bus_reply_method_return(call, NULL);
}

static int list(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	sd_bus_message *reply = NULL;
	const char *name;
	int r = sd_bus_message_new_method_return(call, &reply);

	if (r >= 0)
		r = sd_bus_message_open_container(reply, 'a', "(ssssssouso)");
	if (r >= 0)
		r = sd_bus_message_enter_container(call, 'a', "s");
	while (r >= 0 && (r = sd_bus_message_read(call, "s", &name)) > 0) {
		const struct unit *u = find(name);

		r = sd_bus_message_append(reply, "(ssssssouso)", name, "", "loaded",
					  u && u->pid ? "active" : "inactive", "", "", PATH "/unit/x", 0U, "", "/");
	}
	if (r >= 0)
		r = sd_bus_message_close_container(reply);
	if (r >= 0)
		r = sd_bus_send(NULL, reply, NULL);
	sd_bus_message_unref(reply);
	return r;
}

static int get_status(sd_bus *b, const char *path, const char *interface, const char *property, sd_bus_message *reply,
		      void *userdata, sd_bus_error *error)
{
	return sd_bus_message_append(reply, "i", ((const struct unit *)userdata)->status);
}

static int find_path(sd_bus *b, const char *path, const char *interface, void *userdata, void **ret,
		     sd_bus_error *error)
{
	char *name = NULL;
	int r = sd_bus_path_decode(path, PATH "/unit", &name);

	*ret = r > 0 ? find(name) : NULL;
	free(name);
	return *ret ? 1 : 0;
}

static const sd_bus_vtable manager[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("Subscribe", "", "", subscribe, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("StartUnit", "ss", "o", start, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("StopUnit", "ss", "o", stop, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("ListUnitsByNames", "as", "a(ssssssouso)", list, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_SIGNAL("JobRemoved", "uoss", 0),
	SD_BUS_VTABLE_END,
};
static const sd_bus_vtable service[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("ExecMainStatus", "i", get_status, 0, 0),
	SD_BUS_VTABLE_END,
};

int main(int argc, char **argv)
{
	sigset_t set;
	int r;

	folder = argc > 1 ? argv[1] : ".";
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	r = sd_event_default(&event);
	if (r >= 0)
		r = sd_bus_open_system(&bus);
	if (r >= 0)
		r = sd_bus_add_object_vtable(bus, NULL, PATH, MANAGER, manager, NULL);
	if (r >= 0)
		r = sd_bus_add_fallback_vtable(bus, NULL, PATH "/unit", "org.freedesktop.systemd1.Service", service,
					       find_path, NULL);
	if (r >= 0)
		r = sd_bus_request_name(bus, "org.freedesktop.systemd1", 0);
	if (r >= 0)
		r = sd_bus_attach_event(bus, event, 0);
	if (r >= 0)
		r = sd_event_loop(event);
	fprintf(stderr, "fake-systemd: %s\n", strerror(-r));
	sd_bus_unref(bus);
	sd_event_unref(event);
	return EXIT_FAILURE;
}
