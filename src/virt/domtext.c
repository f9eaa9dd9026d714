/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of a domain's elements: words and numbers out of untrusted XML. */
#include <stdio.h>

#include "avicd/domxml.h"
#include "avicd/text.h"
#include "avicd/util.h"
#include "virt/domxml-private.h"

void domxml_word(const char *s, char *ret, size_t size)
{
	_cleanup_free_ char *clean = NULL;

	if (text_clean(s, size - 1, &clean) == 0)
		snprintf(ret, size, "%s", clean);
}

struct domxml_number domxml_number_of(const char *s)
{
	uint64_t v;

	/* libvirt takes decimal numbers only */
	if (startswith(s, "0x") || startswith(s, "0X") || parse_u64(s, &v) < 0 || v > UINT32_MAX)
		return (struct domxml_number){.state = NUMBER_BAD};
	return (struct domxml_number){.state = NUMBER_GOOD, .value = (uint32_t)v};
}

static void take_vcpu(struct domxml_facts *f, const char *word)
{
	f->vcpus = domxml_number_of(word);
}

static void take_uuid(struct domxml_facts *f, const char *word)
{
	if (uuid_normalize(word, f->uuid) < 0)
		f->uuid[0] = '\0';
}

static void take_on_reboot(struct domxml_facts *f, const char *word)
{
	domxml_word(word, f->on_reboot, sizeof(f->on_reboot));
}

static void take_cpu_model(struct domxml_facts *f, const char *word)
{
	domxml_word(word, f->cpu_model, sizeof(f->cpu_model));
}

/* What is a word, without the blanks around it; a domain's name may have such blanks. */
static const struct {
	const char *path;
	void (*take)(struct domxml_facts *f, const char *word);
} texts[] = {
	{"domain/vcpu", take_vcpu},
	{"domain/uuid", take_uuid},
	{"domain/on_reboot", take_on_reboot},
	{"domain/cpu/model", take_cpu_model},
};

int domxml_text(struct domxml_facts *f, const char *path, const char *text)
{
	if (streq(path, "domain/name"))
		domxml_word(text, f->name, sizeof(f->name));
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		char w[DOMAIN_NAME_MAX] = "";
		_cleanup_free_ char *copy = NULL;

		if (!streq(path, texts[i].path))
			continue;
		copy = strdup(text);
		if (!copy)
			return -ENOMEM;
		domxml_word(strip(copy), w, sizeof(w));
		texts[i].take(f, w);
	}
	return 0;
}
