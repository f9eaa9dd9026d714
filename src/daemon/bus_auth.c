/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who may change things over the bus: root, and whom polkit allows it. Nothing here waits: the bus and polkit answer when they do. */
#include "avicd/log.h"
#include "daemon/manager.h"

/* polkit may ask a person for a password. */
#define POLKIT_TIMEOUT_USEC (120 * USEC_PER_SEC)
#define ALLOW_INTERACTION 1U /* CheckAuthorizationFlags */

struct question {
	struct manager *manager;
	sd_bus_message *call;
	const char *action; /* polkit's; static */
	bus_then_fn then;
};

static void question_free(void *p)
{
	struct question *q = p;

	sd_bus_message_unref(q->call);
	free(q);
}

static int refuse(struct question *q, const char *why)
{
	return sd_bus_reply_method_errorf(q->call, SD_BUS_ERROR_ACCESS_DENIED, "%s is for root, or by polkit action %s: %s",
					  sd_bus_message_get_member(q->call), q->action, why);
}

static int carry_out(struct question *q)
{
	int r = q->then(q->manager, q->call);

	return r < 0 ? sd_bus_reply_method_errno(q->call, r, NULL) : r;
}

/* Sends @ask; @on_answer gets the question, which lives as long as the answer is waited for. Takes @ask's reference. */
static int ask_then(struct question *q, sd_bus_message *ask, sd_bus_message_handler_t on_answer, uint64_t timeout)
{
	struct question *copy = malloc(sizeof(*copy));
	sd_bus_slot *slot = NULL;
	int r;

	if (!copy) {
		sd_bus_message_unref(ask);
		return -ENOMEM;
	}
	*copy = *q;
	sd_bus_message_ref(copy->call);
	r = sd_bus_call_async(q->manager->bus.bus, &slot, ask, on_answer, copy, timeout);
	sd_bus_message_unref(ask);
	if (r < 0) {
		question_free(copy);
		return r;
	}
	sd_bus_slot_set_destroy_callback(slot, question_free);
	r = sd_bus_slot_set_floating(slot, true); /* the bus holds it from now on */
	sd_bus_slot_unref(slot);
	return r;
}

static int on_polkit(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	struct question *q = userdata;
	const sd_bus_error *e = sd_bus_message_get_error(reply);
	int allowed = 0, challenge = 0, r;

	if (e)
		return refuse(q, sd_bus_error_has_name(e, SD_BUS_ERROR_SERVICE_UNKNOWN) ||
						 sd_bus_error_has_name(e, SD_BUS_ERROR_NAME_HAS_NO_OWNER) ?
					 "there is no polkit" : "polkit does not answer");
	r = sd_bus_message_enter_container(reply, 'r', "bba{ss}");
	if (r >= 0)
		r = sd_bus_message_read(reply, "bb", &allowed, &challenge);
	if (r < 0 || !allowed)
		return refuse(q, challenge ? "it wants a password" : "not allowed");
	return carry_out(q);
}

static int ask_polkit(struct question *q)
{
	sd_bus_message *ask = NULL;
	int r;

	r = sd_bus_message_new_method_call(q->manager->bus.bus, &ask, "org.freedesktop.PolicyKit1",
					   "/org/freedesktop/PolicyKit1/Authority", "org.freedesktop.PolicyKit1.Authority",
					   "CheckAuthorization");
	if (r < 0)
		return r;
	r = sd_bus_message_append(ask, "(sa{sv})sa{ss}us", "system-bus-name", 1, "name", "s", sd_bus_message_get_sender(q->call),
				  q->action, 0,
				  sd_bus_message_get_allow_interactive_authorization(q->call) > 0 ? ALLOW_INTERACTION : 0U, "");
	if (r < 0) {
		sd_bus_message_unref(ask);
		return r;
	}
	return ask_then(q, ask, on_polkit, POLKIT_TIMEOUT_USEC);
}

static int on_user(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	struct question *q = userdata;
	uint32_t uid = UINT32_MAX;

	if (sd_bus_message_is_method_error(reply, NULL) || sd_bus_message_read(reply, "u", &uid) < 0)
		return refuse(q, "the bus does not say who asks");
	/* our own user may, too: it could as well end us */
	if (uid == 0 || uid == geteuid())
		return carry_out(q);
	return ask_polkit(q) < 0 ? refuse(q, "polkit cannot be asked") : 0;
}

int bus_authorize(struct manager *m, sd_bus_message *call, const char *action, bus_then_fn then)
{
	struct question q = { m, call, action, then };
	const char *sender = sd_bus_message_get_sender(call);
	sd_bus_message *ask = NULL;
	int r;

	if (!sender)
		return -EACCES;
	r = sd_bus_message_new_method_call(m->bus.bus, &ask, "org.freedesktop.DBus", "/org/freedesktop/DBus",
					   "org.freedesktop.DBus", "GetConnectionUnixUser");
	if (r < 0)
		return r;
	r = sd_bus_message_append(ask, "s", sender);
	if (r < 0) {
		sd_bus_message_unref(ask);
		return r;
	}
	r = ask_then(&q, ask, on_user, 0);
	return r < 0 ? r : 1; /* 1: answered, or will be */
}
