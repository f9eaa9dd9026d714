/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words and MESSAGE_IDs of what avicd reports. Both are an interface: they never change, new ones are added. */
#include <assert.h>

#include "avicd/events.h"
#include "avicd/util.h"

static const struct event_desc events[] = {
	[EVENT_VM_APPEARED] = {"vm-appeared", "a7549b6d14214be199323de5b6e30be4"},
	[EVENT_VM_GONE] = {"vm-gone", "8d3539f49b3a4d888dc9fd644fa85766"},
	[EVENT_VM_REBOOT] = {"vm-reboot", "30693a4fa1cb46f284ba5b86b185c09a"},
	[EVENT_VM_STUCK] = {"vm-stuck", "f7f0ee2f1bd74bce8642aed89b52916f"},
	[EVENT_VM_CONFIGURED] = {"vm-configured", "8c70765a00044d81a38e6604bb03953f"},
	[EVENT_VM_RECOVERED] = {"vm-recovered", "92f277edf9694c8c92d0875ec768e679"},
	[EVENT_VM_CONDITION] = {"vm-condition", "84e6afec591e4de2b76355cf167ab8e0"},
	[EVENT_EPISODE_BEGIN] = {"episode-begin", "6c977e441553479c8babda8ed7f13f08"},
	[EVENT_EPISODE_END] = {"episode-end", "96a012401a3348ceb0aaed41d26ff349"},
	[EVENT_STORM_BEGIN] = {"storm-begin", "a6558d80eea9429ca214ffac9ed4e24b"},
	[EVENT_STORM_END] = {"storm-end", "0a5db0f9a4a04de18f7b7a16ba7aca06"},
	[EVENT_VM_AMBIGUOUS] = {"vm-ambiguous", "576ec1d597cc44a1be8507412d9a3749"},
	[EVENT_DOMAIN_RENAMED] = {"domain-renamed", "35058f4940614a8d8269f1e77d35cd7b"},
	[EVENT_HEALTH] = {"health", "9f11a6a628ce4a8383c10cdb6aedca29"},
	[EVENT_TRACE_UP] = {"trace-up", "45d6a9deef6443a88a3db4ce48aa0700"},
	[EVENT_TRACE_DOWN] = {"trace-down", "269a537f55884f1bb5d8b37acdbe9423"},
	[EVENT_TRACE_LOST] = {"trace-lost", "41ea3f828bc9430fa4382ef1a6eb3922"},
	[EVENT_LIBVIRT_UP] = {"libvirt-up", "6ab4b362c4104cb68797c2c14036a488"},
	[EVENT_LIBVIRT_DOWN] = {"libvirt-down", "eea20aecc0684514a0500790bea85a72"},
	[EVENT_CONFIG] = {"config", "3c058e03f07a40b0a935506e4cf98f1a"},
	[EVENT_HOOK_WARNED] = {"hook-warned", "6f714c5505d848c1ae66a81a15197137"},
	[EVENT_HOOK_REFUSED] = {"hook-refused", "5e3472a970334c8d9f57ad76f10b062f"},
	[EVENT_PROBED] = {"probed", "dc0985b916c04d798f664f1ae912ebe9"},
	[EVENT_LIVEPATCH] = {"livepatch", "b8a5c1dca3db4cbc81f1a9cadcf5ccd4"},
	[EVENT_LIVEPATCH_FAILED] = {"livepatch-failed", "6e8c830d7e344b5ba4997211512cb7e9"},
	[EVENT_REMEDY] = {"remedy", "5732b9893c46cb28a8dce4ddd2aab130"},
	[EVENT_REMEDY_FAILED] = {"remedy-failed", "8d19df2ba197cae995b43e4974a697d2"},
};
static_assert(ARRAY_SIZE(events) == _EVENT_MAX, "each event has a word and an id");

const struct event_desc *event_desc(enum event_id id)
{
	if (id <= EVENT_NONE || id >= _EVENT_MAX)
		return NULL;
	return &events[id];
}
