/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The elements of a domain's XML that mean something for AVIC, as a table of paths. */
#include "avicd/domxml.h"
#include "avicd/text.h"
#include "avicd/util.h"
#include "virt/domxml-private.h"

/* An attribute without a name space. false: it is not there. */
static bool attribute(const char *const *element, const char *name, char *ret, size_t size)
{
	const char *value = xmlreader_attribute(element, name);

	if (value)
		domxml_word(value, ret, size);
	return value;
}

static bool word(const char *const *element, const char *name, char ret[static DOMXML_WORD_MAX])
{
	return attribute(element, name, ret, DOMXML_WORD_MAX);
}

static bool attribute_is(const char *const *element, const char *name, const char *value)
{
	char w[DOMXML_WORD_MAX] = "";

	return word(element, name, w) && streq(w, value);
}

static void number(const char *const *element, const char *name, struct domxml_number *ret)
{
	char w[DOMXML_WORD_MAX] = "";

	if (word(element, name, w))
		*ret = domxml_number_of(strip(w));
}

static void state_of(const char *const *element, const char *name, enum tristate *ret)
{
	char w[DOMXML_WORD_MAX] = "";

	if (word(element, name, w))
		*ret = streq(w, "on") ? TRI_YES : streq(w, "off") ? TRI_NO : TRI_UNKNOWN;
}

static void take_timer(struct domxml_facts *f, const char *const *element)
{
	char frequency[DOMXML_WORD_MAX];

	if (attribute_is(element, "name", "pit")) {
		f->pit = true;
		f->pit_policy[0] = '\0';
		word(element, "tickpolicy", f->pit_policy);
	} else if (attribute_is(element, "name", "tsc")) {
		f->tsc_frequency |= word(element, "frequency", frequency);
	}
}

static void take_iommu(struct domxml_facts *f, const char *const *element _unused_)
{
	f->iommu = true;
}

static void take_topology(struct domxml_facts *f, const char *const *element _unused_)
{
	f->topology.given = true;
}

static void take_feature(struct domxml_facts *f, const char *const *element)
{
	static const char *const names[] = {
		[FEATURE_X2APIC] = "x2apic", [FEATURE_SVM] = "svm", [FEATURE_INVTSC] = "invtsc"};

	for (int i = 0; i < _FEATURE_MAX; i++)
		if (attribute_is(element, "name", names[i])) {
			strcpy(f->feature[i], "require");
			word(element, "policy", f->feature[i]);
		}
}

static void take_hyperv(struct domxml_facts *f, const char *const *element _unused_)
{
	f->hyperv = true;
}

static void take_hostdev(struct domxml_facts *f, const char *const *element)
{
	f->hostdev = true;
	if (!attribute_is(element, "type", "usb"))
		f->pinned++;
}

static void take_interface(struct domxml_facts *f, const char *const *element)
{
	if (!attribute_is(element, "type", "hostdev"))
		return;
	f->hostdev = true;
	f->pinned++;
}

/* A device with a stand-in is unplugged for the migration. */
static void take_teaming(struct domxml_facts *f, const char *const *element)
{
	if (attribute_is(element, "type", "transient") && f->pinned > 0)
		f->pinned--;
}

static void take_shmem(struct domxml_facts *f, const char *const *element)
{
	if (!attribute_is(element, "role", "master"))
		f->blockers |= BIT64(BLOCKER_SHMEM);
}

static void take_filesystem_driver(struct domxml_facts *f, const char *const *element)
{
	if (attribute_is(element, "type", "virtiofs"))
		f->blockers |= BIT64(BLOCKER_VIRTIOFS);
}

static void take_transient(struct domxml_facts *f, const char *const *element _unused_)
{
	f->blockers |= BIT64(BLOCKER_DISK);
}

static void take_policy(struct domxml_facts *f, const char *const *element)
{
	char w[DOMXML_WORD_MAX] = "";

	if (word(element, "mode", w))
		f->mode = policy_mode_from_string(w);
	if (word(element, "remedy", w))
		f->remedy = policy_remedy_from_string(w);
	(void)word(element, "remedies", f->remedies);
}

/* Attributes that are taken as they are. */
static const struct {
	const char *path, *attribute;
	enum { WORD, NUMBER, STATE } kind;
	size_t offset;
} attributes[] = {
#define FACT(member) offsetof(struct domxml_facts, member)
	{"domain", "type", WORD, FACT(type)},
	{"domain/vcpu", "current", NUMBER, FACT(vcpus_current)},
	{"domain/os/type", "machine", WORD, FACT(machine)},
	{"domain/features/ioapic", "driver", WORD, FACT(ioapic)},
	{"domain/features/hyperv", "mode", WORD, FACT(hyperv_mode)},
	{"domain/features/hyperv/synic", "state", STATE, FACT(synic)},
	{"domain/features/hyperv/stimer", "state", STATE, FACT(stimer)},
	{"domain/features/hyperv/avic", "state", STATE, FACT(hyperv_avic)},
	{"domain/cpu", "mode", WORD, FACT(cpu_mode)},
	{"domain/cpu/topology", "sockets", NUMBER, FACT(topology.sockets)},
	{"domain/cpu/topology", "dies", NUMBER, FACT(topology.dies)},
	{"domain/cpu/topology", "clusters", NUMBER, FACT(topology.clusters)},
	{"domain/cpu/topology", "cores", NUMBER, FACT(topology.cores)},
	{"domain/cpu/topology", "threads", NUMBER, FACT(topology.threads)},
	{"domain/devices/iommu", "model", WORD, FACT(iommu_model)},
	{"domain/devices/iommu/driver", "intremap", STATE, FACT(intremap)},
	{"domain/devices/iommu/driver", "eim", STATE, FACT(eim)},
	{"domain/devices/iommu/driver", "xtsup", STATE, FACT(xtsup)},
	{"domain/launchSecurity", "type", WORD, FACT(launch_security)},
#undef FACT
};

static void take_attribute(struct domxml_facts *f, const char *const *element, size_t i)
{
	void *to = (char *)f + attributes[i].offset;

	if (attributes[i].kind == WORD)
		word(element, attributes[i].attribute, to);
	else if (attributes[i].kind == NUMBER)
		number(element, attributes[i].attribute, to);
	else
		state_of(element, attributes[i].attribute, to);
}

/* Elements that take more than that. */
static const struct {
	const char *path;
	void (*take)(struct domxml_facts *f, const char *const *element);
} elements[] = {
	{"domain/features/hyperv", take_hyperv},
	{"domain/clock/timer", take_timer},
	{"domain/cpu/topology", take_topology},
	{"domain/cpu/feature", take_feature},
	{"domain/devices/iommu", take_iommu},
	{"domain/devices/hostdev", take_hostdev},
	{"domain/devices/interface", take_interface},
	{"domain/devices/hostdev/teaming", take_teaming},
	{"domain/devices/interface/teaming", take_teaming},
	{"domain/devices/shmem", take_shmem},
	{"domain/devices/filesystem/driver", take_filesystem_driver},
	{"domain/devices/disk/transient", take_transient},
	{"domain/metadata/@avic:policy", take_policy},
};

/* One argument a line: a line break inside one becomes '?', as other control characters do. */
static int add_argument(struct domxml_facts *f, const char *const *element)
{
	const char *value = xmlreader_attribute(element, "value");
	_cleanup_free_ char *clean = NULL;
	size_t n;
	char *more;
	int r;

	/* bounded: what matters stands in the first arguments, and a document could have a million of them */
	if (!value || f->qemu_args_len >= DOMXML_ARGS_MAX)
		return 0;
	r = text_clean(value, DOMXML_ARGS_MAX, &clean);
	if (r < 0)
		return r;
	n = strlen(clean);
	more = realloc(f->qemu_args, f->qemu_args_len + n + 2);
	if (!more)
		return -ENOMEM;
	f->qemu_args = more;
	if (f->qemu_args_len > 0)
		more[f->qemu_args_len++] = '\n';
	memcpy(more + f->qemu_args_len, clean, n + 1);
	f->qemu_args_len += n;
	return 0;
}

#define ARGUMENT "domain/@qemu:commandline/@qemu:arg"

/* Elements whose text is taken, or that are looked at by themselves. */
static const char *const others[] = {
	"domain/name", "domain/vcpu", "domain/uuid", "domain/on_reboot", "domain/cpu/model", ARGUMENT,
};

/* @known is at @path, or below it. */
static bool leads_to(const char *path, size_t len, const char *known)
{
	return strncmp(path, known, len) == 0 && (known[len] == '/' || !known[len]);
}

/* A large domain has thousands of elements, pinned vCPUs above all, that nobody asks for. */
static bool is_wanted(const char *path)
{
	size_t len = strlen(path);

	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++)
		if (leads_to(path, len, attributes[i].path))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(elements); i++)
		if (leads_to(path, len, elements[i].path))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (leads_to(path, len, others[i]))
			return true;
	return false;
}

int domxml_element(struct domxml_facts *f, const char *path, const char *const *element)
{
	if (!is_wanted(path))
		return XMLREADER_SKIP;
	if (streq(path, ARGUMENT))
		return add_argument(f, element);
	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++)
		if (streq(path, attributes[i].path))
			take_attribute(f, element, i);
	for (size_t i = 0; i < ARRAY_SIZE(elements); i++)
		if (streq(path, elements[i].path))
			elements[i].take(f, element);
	return 0;
}
