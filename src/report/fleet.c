/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of a fleet: a host each, and the VMs that are stuck longest. */
#include <assert.h>

#include "avicd/text.h"
#include "report/fleet-private.h"

static const char *const rollouts[] = {
	[ROLLOUT_UNKNOWN] = "unknown",	       [ROLLOUT_NOT_NEEDED] = "not needed", [ROLLOUT_PATCHED] = "patched",
	[ROLLOUT_NOT_PATCHED] = "not patched", [ROLLOUT_TRYING] = "trying",	    [ROLLOUT_FAILED] = "failed",
};
static_assert(ARRAY_SIZE(rollouts) == _ROLLOUT_MAX, "a word for each");

const char *rollout_to_string(enum rollout r)
{
	return (unsigned)r < _ROLLOUT_MAX ? rollouts[r] : "unknown";
}

struct fleet *fleet_new(uint64_t now_us, uint64_t max_age_us)
{
	struct fleet *f = calloc(1, sizeof(*f));

	if (f) {
		f->now_us = now_us;
		f->max_age_us = max_age_us ?: FLEET_MAX_AGE_US;
	}
	return f;
}

void fleet_host_clear(struct fleet_host *h)
{
	char *name = h->name;

	free(h->kernel);
	free(h->version);
	free(h->why);
	*h = (struct fleet_host){.name = name};
}

static void vm_clear(struct fleet_vm *vm)
{
	free(vm->name);
	free(vm->uuid);
	*vm = (struct fleet_vm){0};
}

void fleet_drop_vms(struct fleet *f, const struct fleet_host *host)
{
	for (size_t i = 0; i < f->n_vms;) {
		if (f->vms[i].host != host) {
			i++;
			continue;
		}
		vm_clear(&f->vms[i]);
		f->vms[i] = f->vms[--f->n_vms];
		f->vms[f->n_vms] = (struct fleet_vm){0};
	}
}

struct fleet *fleet_free(struct fleet *f)
{
	if (!f)
		return NULL;
	for (size_t i = 0; i < f->n_hosts; i++) {
		fleet_host_clear(f->hosts[i]);
		free(f->hosts[i]->name);
		free(f->hosts[i]);
	}
	for (size_t i = 0; i < f->n_vms; i++)
		vm_clear(&f->vms[i]);
	for (size_t i = 0; i < FLEET_BAD_MAX; i++) {
		free(f->bad[i][0]);
		free(f->bad[i][1]);
	}
	hash_done(&f->by_name);
	free(f->hosts);
	free(f);
	return NULL;
}

/* FNV-1a: names are not trusted, but who may write ten thousand reports can do worse than slow this down */
static uint64_t hash_of(const char *s)
{
	uint64_t h = 0xcbf29ce484222325;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3;
	return h;
}

/* The row, or where it has to go. */
static struct fleet_host *look(struct fleet *f, const char *name, uint64_t *ret_key)
{
	uint64_t key = hash_of(name);
	struct fleet_host *h;

	while ((h = hash_get(&f->by_name, key)) && !streq(h->name, name))
		key++;
	*ret_key = key;
	return h;
}

struct fleet_host *fleet_find(struct fleet *f, const char *name)
{
	uint64_t key;

	return look(f, name, &key);
}

struct fleet_host *fleet_each(struct fleet *f, size_t i)
{
	return i < f->n_hosts ? f->hosts[i] : NULL;
}

static struct fleet_host *add_row(struct fleet *f, const char *name, uint64_t key)
{
	struct fleet_host *h;

	if (f->n_hosts == f->size_hosts) {
		size_t size = f->size_hosts ? 2 * f->size_hosts : 64;
		struct fleet_host **hosts = reallocarray(f->hosts, size, sizeof(*hosts));

		if (!hosts)
			return NULL;
		f->hosts = hosts;
		f->size_hosts = size;
	}
	h = calloc(1, sizeof(*h));
	if (!h)
		return NULL;
	h->name = strdup(name);
	if (!h->name || hash_put(&f->by_name, key, h) < 0) {
		free(h->name);
		free(h);
		return NULL;
	}
	return f->hosts[f->n_hosts++] = h;
}

struct fleet_host *fleet_host(struct fleet *f, const char *name)
{
	_cleanup_free_ char *clean = NULL;
	struct fleet_host *h;
	uint64_t key;

	if (text_clean(name, FLEET_NAME_MAX, &clean) < 0)
		return NULL;
	h = look(f, clean, &key);
	return h ?: add_row(f, clean, key);
}

int fleet_expect(struct fleet *f, const char *name)
{
	struct fleet_host *h = fleet_host(f, name);

	if (!h)
		return -ENOMEM;
	f->n_expected++;
	if (!h->answering && !h->why) {
		h->why = strdup("no report of it");
		if (!h->why)
			return -ENOMEM;
	}
	return 0;
}

int fleet_bad(struct fleet *f, const char *file, const char *why)
{
	size_t i = f->n_bad++;

	if (i >= FLEET_BAD_MAX)
		return 0;
	if (text_clean(file, 1024, &f->bad[i][0]) < 0 || text_clean(why, 256, &f->bad[i][1]) < 0)
		return -ENOMEM;
	return 0;
}

int fleet_add_vm(struct fleet *f, const struct fleet_host *host, const char *name, const char *uuid, enum cause cause,
		 uint64_t stuck_us, uint64_t vcpus)
{
	struct fleet_vm vm = {.host = host, .cause = cause, .stuck_us = stuck_us, .vcpus = vcpus};
	size_t least = 0;

	if (f->n_vms < FLEET_VMS_MAX) {
		least = f->n_vms;
	} else {
		for (size_t i = 1; i < f->n_vms; i++)
			if (f->vms[i].stuck_us < f->vms[least].stuck_us)
				least = i;
		if (f->vms[least].stuck_us >= stuck_us)
			return 0;
	}
	if (text_clean(name, FLEET_NAME_MAX, &vm.name) < 0 || text_clean(uuid, FLEET_NAME_MAX, &vm.uuid) < 0) {
		vm_clear(&vm);
		return -ENOMEM;
	}
	if (least == f->n_vms)
		f->n_vms++;
	else
		vm_clear(&f->vms[least]);
	f->vms[least] = vm;
	return 0;
}
