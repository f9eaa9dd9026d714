/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Of the VMs for the bundle: with kernel stacks and the XML of their domain, those that need attention first. */
#include <stdio.h>

#include "avicd/domredact.h"
#include "avicd/domxml.h"
#include "avicd/jsonc.h"
#include "ctl/bundle.h"
#include "ctl/client.h"
#include "ctl/field.h"

/* So many tell what there is to tell; of the others state.json has the reasons. */
#define VMS_MAX	   20
#define TIMEOUT_NS (10 * NSEC_PER_SEC)

static bool needs_attention(json_object *vm)
{
	static const char *const words[] = {"stuck", "configured", "unknown"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (streq(field_text(vm, "condition"), words[i]))
			return true;
	return field_bool(vm, "storm") || field_bool(vm, "ambiguous");
}

/* A UUID, or pid-N: a name could be anything, and is never a part of a path. */
static void id_of(json_object *vm, char *buf, size_t size)
{
	const char *uuid = field_str(vm, "uuid");

	if (uuid && uuid_is_valid(uuid))
		snprintf(buf, size, "%s", uuid);
	else
		snprintf(buf, size, "pid-%lld", (long long)field_int(vm, "pid"));
}

/* false: avicd gave no answer, ask no more. */
static bool add_details(struct bundling *b, json_object *vm, const char *id, bool ask)
{
	_cleanup_(client_free_p) struct client *c = ask ? client_new() : NULL;
	_cleanup_json_ json_object *full = NULL;
	_cleanup_free_ char *text = NULL;
	char pid[32], name[64];
	int r;

	snprintf(name, sizeof(name), "vms/%s.json", id);
	snprintf(pid, sizeof(pid), "%lld", (long long)field_int(vm, "pid"));
	r = c ? client_vm(c, pid, &full, &text) : -ENOMEM;
	if (r == 0) {
		bundling_json(b, name, full);
		return true;
	}
	if (r == -ENXIO) {
		bundling_lacks(b, name, "only what state.json has: the VM has gone meanwhile");
		bundling_json(b, name, vm);
		return true;
	}
	bundling_lacks(b, name, "only what state.json has, without kernel stacks: avicd does not answer");
	bundling_json(b, name, vm);
	return false;
}

/* false: libvirt gave no answer in time, ask no more. */
static bool add_xml(struct bundling *b, json_object *vm, const char *id)
{
	const char *uri = field_str(vm, "uri"), *uuid = field_str(vm, "uuid");
	_cleanup_free_ char *xml = NULL, *why = NULL, *out = NULL;
	unsigned long version;
	char name[64];
	int r;

	snprintf(name, sizeof(name), "vms/%s.xml", id);
	if (!field_bool(vm, "managed") || !uri || !uuid) {
		bundling_lacks(b, name, "libvirt does not know this VM");
		return true;
	}
	r = domxml_fetch(uri, uuid, true, TIMEOUT_NS, &xml, &version, &why);
	if (r < 0) {
		bundling_lacks(b, name, why ?: strerror(-r));
		return r != -ETIMEDOUT;
	}
	r = domxml_redact(xml, strlen(xml), &out);
	if (r < 0)
		bundling_lacks(b, name, "its secrets could not be removed, so it is not here");
	else
		bundling_text(b, name, out, strlen(out));
	return true;
}

/* Those that need attention first, then others: what is well can be compared with what is not. */
void bundle_vms(struct bundling *b, json_object *state)
{
	json_object *vms = field_array(state, "vms");
	bool ask = true, details = true;
	size_t n = 0;

	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < field_len(vms) && n < VMS_MAX; i++) {
			json_object *vm = json_object_array_get_idx(vms, i);
			char id[48];

			if (needs_attention(vm) != (pass == 0))
				continue;
			n++;
			id_of(vm, id, sizeof(id));
			details = add_details(b, vm, id, details);
			if (ask)
				ask = add_xml(b, vm, id);
		}
	if (n < field_len(vms))
		bundling_lacks(b, "vms/", "there are more than 20 VMs; the others are in state.json");
}
