/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts of /proc and /sys below the system root. */
#include "kernel/facts.h"

#include <stdio.h>

#include "avicd/file.h"
#include "avicd/text.h"

int facts_look(const char *path)
{
	_cleanup_free_ char *p = NULL;
	int r;

	r = sysroot_path(path, &p);
	if (r < 0)
		return r;
	return access(p, F_OK) == 0 ? 0 : -errno;
}

void facts_word(const char *path, char *ret, size_t size)
{
	_cleanup_free_ char *line = NULL;

	if (sysroot_read_line(path, &line) == 0)
		snprintf(ret, size, "%s", strip(line));
}

enum tristate facts_parameter(const char *module, const char *name)
{
	char path[128], word[8] = "";

	snprintf(path, sizeof(path), "/sys/module/%s/parameters/%s", module, name);
	facts_word(path, word, sizeof(word));
	if (streq(word, "Y") || streq(word, "1"))
		return TRI_YES;
	return streq(word, "N") || streq(word, "0") ? TRI_NO : TRI_UNKNOWN;
}

static void take_vendor(const char *value, struct facts_cpu *c)
{
	static const struct {
		const char *id, *vendor;
	} vendors[] = {
		{"AuthenticAMD", "amd"},   {"HygonGenuine", "amd"},   {"GenuineIntel", "intel"},
		{"CentaurHauls", "intel"}, {"  Shanghai  ", "intel"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(vendors); i++)
		if (strstr(value, vendors[i].id))
			snprintf(c->vendor, sizeof(c->vendor), "%s", vendors[i].vendor);
}

static unsigned number(const char *value)
{
	unsigned long n = strtoul(value, NULL, 10);

	return n <= 0xfff ? (unsigned)n : 0;
}

static void take_family(const char *value, struct facts_cpu *c)
{
	c->family = number(value);
}

static void take_model(const char *value, struct facts_cpu *c)
{
	c->model = number(value);
}

static void take_flags(const char *value, struct facts_cpu *c)
{
	const struct {
		const char *word;
		enum tristate *has;
	} flags[] = {
		{"svm", &c->svm},
		{"vmx", &c->vmx},
		{"avic", &c->avic},
		{"x2avic", &c->x2avic},
		{"x2avic_ext", &c->x2avic_ext},
		{"hypervisor", &c->hypervisor},
	};
	size_t len;

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		*flags[i].has = TRI_NO;
	for (const char *s = value; *s; s += len, s += strspn(s, " \n")) {
		len = strcspn(s, " \n");
		for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
			if (strlen(flags[i].word) == len && memcmp(s, flags[i].word, len) == 0)
				*flags[i].has = TRI_YES;
	}
	/* no kernel lists this one: only its presence says something */
	if (c->x2avic_ext == TRI_NO)
		c->x2avic_ext = TRI_UNKNOWN;
}

static void take_line(char *line, struct facts_cpu *c)
{
	static const struct {
		const char *key;
		void (*take)(const char *value, struct facts_cpu *c);
	} keys[] = {
		{"vendor_id", take_vendor},
		{"cpu family", take_family},
		{"model", take_model}, /* not "model name" */
		{"flags", take_flags},
	};
	char *colon = strchr(line, ':');

	if (!colon)
		return;
	*colon = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (streq(strip(line), keys[i].key))
			keys[i].take(colon + 1 + (colon[1] == ' '), c);
}

void facts_cpu(struct facts_cpu *ret)
{
	_cleanup_free_ char *path = NULL, *line = NULL;
	size_t size = 0;
	FILE *f;

	*ret = (struct facts_cpu){.svm = TRI_UNKNOWN,
				  .vmx = TRI_UNKNOWN,
				  .avic = TRI_UNKNOWN,
				  .x2avic = TRI_UNKNOWN,
				  .x2avic_ext = TRI_UNKNOWN,
				  .hypervisor = TRI_UNKNOWN};
	if (sysroot_path("/proc/cpuinfo", &path) < 0)
		return;
	f = fopen(path, "re");
	if (!f)
		return;
	/* an empty line ends a processor */
	while (getline(&line, &size, f) > 1)
		take_line(line, ret);
	fclose(f);
}
