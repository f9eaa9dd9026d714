/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The object /org/avicd1, org.avicd1.Manager. conf/org.avicd1.Manager.xml documents it; a test compares the two. */
#include "avicd/clock.h"
#include "daemon/bus_job.h"
#include "daemon/manager.h"

/* Reading is for everybody, so asking often must not cost us much. */
#define DESCRIBE_AGE_NS (100 * NSEC_PER_MSEC)
#define DESCRIBE_KEPT_NS (2 * NSEC_PER_SEC)

#define GETTER(name)                                                                                                   \
	static int name(sd_bus *bus, const char *path, const char *interface, const char *property,                   \
			sd_bus_message *reply, void *userdata, sd_bus_error *error)

GETTER(get_version)
{
	return sd_bus_message_append(reply, "s", PACKAGE_VERSION);
}

GETTER(get_health)
{
	struct manager *m = userdata;

	manager_refresh(m);
	return sd_bus_message_append(reply, "s", health_to_string(m->tracker.health));
}

GETTER(get_health_why)
{
	struct manager *m = userdata;
	struct report_host h;
	char why[REPORT_WHY_MAX];

	manager_refresh(m);
	manager_report_host(m, &h);
	return sd_bus_message_append(reply, "s", report_health_why(&m->tracker, &h, why, sizeof(why)));
}

GETTER(get_trace_source)
{
	return sd_bus_message_append(reply, "s", sources_name(userdata));
}

GETTER(get_kernel_release)
{
	return sd_bus_message_append(reply, "s", ((struct manager *)userdata)->host.release);
}

GETTER(get_numbering_origin)
{
	struct manager *m = userdata;

	return sd_bus_message_append(reply, "s", numbering_origin_to_string(m->tracker.numbering.origin));
}

GETTER(get_events_seen)
{
	struct manager *m = userdata;
	struct report_host h;

	manager_report_host(m, &h);
	return sd_bus_message_append(reply, "t", m->stats.events);
}

GETTER(get_events_lost)
{
	struct manager *m = userdata;
	struct report_host h;

	manager_report_host(m, &h);
	return sd_bus_message_append(reply, "t", m->stats.lost);
}

GETTER(get_vms)
{
	struct manager *m = userdata;

	manager_refresh(m);
	return sd_bus_message_append(reply, "u", (uint32_t)m->tracker.vms.n);
}

GETTER(get_stuck)
{
	struct manager *m = userdata;

	manager_refresh(m);
	return sd_bus_message_append(reply, "u", (uint32_t)m->tracker.n_condition[CONDITION_STUCK]);
}

GETTER(get_livepatch_state)
{
	return sd_bus_message_append(reply, "s", deploy_state_to_string(((struct manager *)userdata)->deploying.deploy.state));
}

GETTER(get_libvirt)
{
	const struct domains *d = &((struct manager *)userdata)->domains;
	int r = sd_bus_message_open_container(reply, 'a', "(sb)");

	for (size_t i = 0; r >= 0 && i < d->n_uris; i++)
		r = sd_bus_message_append(reply, "(sb)", d->uris[i].uri, d->uris[i].connected);
	return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int reply_json(sd_bus_message *call, json_object *o)
{
	if (!o)
		return -ENOMEM;
	return sd_bus_reply_method_return(
		call, "s", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}

static int on_described_old(sd_event_source *s, uint64_t usec, void *userdata)
{
	struct manager *m = userdata;

	free_p(&m->bus.describe);
	m->bus.describe = NULL;
	manager_trim(m);
	return 0;
}

static int method_describe(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	struct manager *m = userdata;
	struct bus *b = &m->bus;

	if (!b->describe || now_ns() - b->described_at > DESCRIBE_AGE_NS) {
		_cleanup_json_ json_object *o = NULL;
		struct report_host h;
		char *s;

		manager_refresh(m);
		manager_report_host(m, &h);
		o = report_state(&m->tracker, &h, manager_now(m));
		s = o ? strdup(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)) : NULL;
		if (!s)
			return -ENOMEM;
		free(b->describe);
		b->describe = s;
		b->described_at = now_ns();
		timer_arm(m->event, &b->described, DESCRIBE_KEPT_NS, on_described_old, m);
	}
	return sd_bus_reply_method_return(call, "s", b->describe);
}

static int method_describe_host(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	struct manager *m = userdata;
	_cleanup_json_ json_object *o = NULL;
	struct report_host h;

	manager_refresh(m);
	manager_report_host(m, &h);
	o = report_host_json(&m->tracker, &h, manager_now(m));
	return reply_json(call, o);
}

static void message_unref_p(sd_bus_message **msg)
{
	sd_bus_message_unref(*msg);
}

static int method_list_vms(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	struct manager *m = userdata;
	_cleanup_(message_unref_p) sd_bus_message *reply = NULL;
	_cleanup_free_ struct vm **vms = NULL;
	size_t n;
	int r;

	manager_refresh(m);
	r = tracker_sorted(&m->tracker, &vms, &n);
	if (r < 0)
		return r;
	r = sd_bus_message_new_method_return(call, &reply);
	if (r >= 0)
		r = sd_bus_message_open_container(reply, 'a', "(ousss)");
	for (size_t i = 0; r >= 0 && i < n; i++) {
		const struct watched *w = vms_find(m, vms[i]->id.tgid);

		if (w && w->path[0])
			r = sd_bus_message_append(reply, "(ousss)", w->path, (uint32_t)vms[i]->id.tgid, vms[i]->domain.uuid,
						  vms[i]->domain.name, condition_to_string(vms[i]->verdict.condition));
	}
	if (r >= 0)
		r = sd_bus_message_close_container(reply);
	return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int method_get_vm(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	struct manager *m = userdata;
	const struct watched *found;
	const char *arg;
	int r = sd_bus_message_read(call, "s", &arg);

	if (r < 0)
		return r;
	found = bus_find_vm(m, arg, error);
	return found ? sd_bus_reply_method_return(call, "o", found->path) : -EINVAL;
}

static int then_reload(struct manager *m, sd_bus_message *call)
{
	int r = manager_reload(m);

	if (r < 0)
		return sd_bus_reply_method_errorf(call, SD_BUS_ERROR_FAILED,
						  "The configuration cannot be read, the old one holds: %s", strerror(-r));
	return sd_bus_reply_method_return(call, NULL);
}

static int then_resync(struct manager *m, sd_bus_message *call)
{
	manager_resync(m);
	return sd_bus_reply_method_return(call, NULL);
}

static int method_reload(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	return bus_authorize(userdata, call, BUS_MANAGE, then_reload);
}

static int method_resync(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	return bus_authorize(userdata, call, BUS_MANAGE, then_resync);
}

static int method_probe(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	return bus_authorize(userdata, call, BUS_MANAGE, probing_ask);
}

static int method_deploy(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	return bus_authorize(userdata, call, BUS_MANAGE, deploying_deploy);
}

static int method_rollback(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	return bus_authorize(userdata, call, BUS_MANAGE, deploying_rollback);
}

static int method_heal(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	return bus_authorize(userdata, call, BUS_MANAGE, deploying_heal);
}

static int method_plan_remedy(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	return remedying_method_plan(userdata, call, error);
}

static int method_run_remedy(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	return bus_authorize(userdata, call, BUS_REMEDY, remedying_method_run);
}

static int method_list_jobs(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	return remedying_method_list(userdata, call);
}

/* UNPRIVILEGED: for sd-bus; those that change something ask who calls by themselves. */
#define FOR_ALL SD_BUS_VTABLE_UNPRIVILEGED

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Version", "s", get_version, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("Health", "s", get_health, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_PROPERTY("HealthWhy", "s", get_health_why, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_PROPERTY("TraceSource", "s", get_trace_source, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_PROPERTY("KernelRelease", "s", get_kernel_release, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("NumberingOrigin", "s", get_numbering_origin, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_PROPERTY("EventsSeen", "t", get_events_seen, 0, 0),
	SD_BUS_PROPERTY("EventsLost", "t", get_events_lost, 0, 0),
	SD_BUS_PROPERTY("VMs", "u", get_vms, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_PROPERTY("Stuck", "u", get_stuck, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_PROPERTY("LivepatchState", "s", get_livepatch_state, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_PROPERTY("Libvirt", "a(sb)", get_libvirt, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_METHOD_WITH_ARGS("Describe", SD_BUS_NO_ARGS, SD_BUS_RESULT("s", json), method_describe, FOR_ALL),
	SD_BUS_METHOD_WITH_ARGS("DescribeHost", SD_BUS_NO_ARGS, SD_BUS_RESULT("s", json), method_describe_host, FOR_ALL),
	SD_BUS_METHOD_WITH_ARGS("ListVMs", SD_BUS_NO_ARGS, SD_BUS_RESULT("a(ousss)", vms), method_list_vms, FOR_ALL),
	SD_BUS_METHOD_WITH_ARGS("GetVM", SD_BUS_ARGS("s", vm), SD_BUS_RESULT("o", object), method_get_vm, FOR_ALL),
	SD_BUS_METHOD_WITH_ARGS("Reload", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, method_reload, FOR_ALL),
	SD_BUS_METHOD_WITH_ARGS("Resync", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, method_resync, FOR_ALL),
	SD_BUS_METHOD_WITH_ARGS("Probe", SD_BUS_NO_ARGS, SD_BUS_RESULT("s", json), method_probe, FOR_ALL),
	SD_BUS_METHOD_WITH_ARGS("Deploy", SD_BUS_ARGS("a{sv}", options), SD_BUS_NO_RESULT, method_deploy, FOR_ALL),
	SD_BUS_METHOD_WITH_ARGS("Rollback", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, method_rollback, FOR_ALL),
	SD_BUS_METHOD_WITH_ARGS("Heal", SD_BUS_ARGS("s", vm, "as", accept_risks), SD_BUS_NO_RESULT, method_heal, FOR_ALL),
	SD_BUS_METHOD_WITH_ARGS("PlanRemedy", SD_BUS_ARGS("s", vm, "s", remedy), SD_BUS_RESULT("s", json), method_plan_remedy, FOR_ALL),
	SD_BUS_METHOD_WITH_ARGS("RunRemedy", SD_BUS_ARGS("s", vm, "a{sv}", options), SD_BUS_RESULT("o", job), method_run_remedy, FOR_ALL),
	SD_BUS_METHOD_WITH_ARGS("ListJobs", SD_BUS_NO_ARGS, SD_BUS_RESULT("a(osssss)", jobs), method_list_jobs, FOR_ALL),
	SD_BUS_SIGNAL_WITH_ARGS("Event", SD_BUS_ARGS("s", word, "o", vm, "s", sentence, "s", json), 0),
	SD_BUS_SIGNAL_WITH_ARGS("VMAdded", SD_BUS_ARGS("o", vm), 0),
	SD_BUS_SIGNAL_WITH_ARGS("VMRemoved", SD_BUS_ARGS("o", vm), 0),
	SD_BUS_VTABLE_END,
};

int bus_add_manager(struct manager *m)
{
	return sd_bus_add_object_vtable(m->bus.bus, NULL, BUS_PATH, BUS_MANAGER, vtable, m);
}
