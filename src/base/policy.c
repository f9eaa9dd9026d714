/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The [domain NAME] sections of avicd.conf, and what holds for a domain. */
#include <fnmatch.h>
#include <locale.h>
#include <strings.h>
#include <wctype.h>

#include "avicd/policy.h"
#include "avicd/text.h"

static const char *const modes[] = {[MODE_REQUIRE] = "require", [MODE_PREFER] = "prefer", [MODE_IGNORE] = "ignore"};
static const char *const remedies[] = {[DOMXML_REMEDY_REPORT] = "report", [DOMXML_REMEDY_AUTO] = "auto"};
static const char *const sources[] = {
	[POLICY_DEFAULT] = "default", [POLICY_SECTION] = "section", [POLICY_METADATA] = "metadata"};

/* 0, which is no word: there is none of this spelling. */
static size_t find_word(const char *const *words, size_t n, const char *s)
{
	for (size_t i = 1; i < n; i++)
		if (streq(words[i], s))
			return i;
	return 0;
}

enum domxml_mode policy_mode_from_string(const char *s)
{
	size_t i = find_word(modes, ARRAY_SIZE(modes), s);

	return i ? (enum domxml_mode)i : MODE_BAD;
}

enum domxml_remedy policy_remedy_from_string(const char *s)
{
	size_t i = find_word(remedies, ARRAY_SIZE(remedies), s);

	return i ? (enum domxml_remedy)i : DOMXML_REMEDY_BAD;
}

const char *policy_mode_to_string(enum domxml_mode m)
{
	return (size_t)m < ARRAY_SIZE(modes) ? modes[m] : NULL;
}

const char *policy_remedy_to_string(enum domxml_remedy r)
{
	return (size_t)r < ARRAY_SIZE(remedies) ? remedies[r] : NULL;
}

const char *policy_source_to_string(enum policy_source s)
{
	return sources[s];
}

static int parse_mode(const char *value, void *target)
{
	enum domxml_mode m = policy_mode_from_string(value);

	if (m == MODE_BAD)
		return -EINVAL;
	*(enum domxml_mode *)target = m;
	return 0;
}

static int parse_remedy(const char *value, void *target)
{
	enum domxml_remedy r = policy_remedy_from_string(value);

	if (r == DOMXML_REMEDY_BAD)
		return -EINVAL;
	*(enum domxml_remedy *)target = r;
	return 0;
}

bool policy_ladder_ok(const char *s, bool own)
{
	static const char *const words[] = {"heal", "migrate", "restore", "cold-reboot"}, space[] = " \t\n,";
	const size_t n_words = own ? ARRAY_SIZE(words) : 2;
	bool seen[ARRAY_SIZE(words)] = {false}, report = false;

	if (strlen(s) >= POLICY_LADDER_MAX)
		return false;
	for (s += strspn(s, space); *s; s += strspn(s, space)) {
		size_t n = strcspn(s, space), i = 0;

		while (i < n_words && !(strlen(words[i]) == n && memcmp(words[i], s, n) == 0))
			i++;
		/* what comes behind report would never be tried */
		if (report || (i < n_words && seen[i]))
			return false;
		if (i < n_words)
			seen[i] = true;
		else if (n == strlen("report") && memcmp(s, "report", n) == 0)
			report = true;
		else
			return false;
		s += n;
	}
	return true;
}

static int parse_ladder(const char *value, void *target)
{
	if (!*value || !policy_ladder_ok(value, false))
		return -EINVAL;
	memcpy(target, value, strlen(value) + 1);
	return 0;
}

const struct config_item policy_items[] = {
	{.section = "domain",
	 .key = "mode",
	 .parse = parse_mode,
	 .offset = offsetof(struct policy_section, mode),
	 .accepts = POLICY_MODES},
	{.section = "domain",
	 .key = "remedy",
	 .parse = parse_remedy,
	 .offset = offsetof(struct policy_section, remedy),
	 .accepts = POLICY_REMEDIES},
	{.section = "domain",
	 .key = "remedies",
	 .parse = parse_ladder,
	 .offset = offsetof(struct policy_section, remedies),
	 .accepts = POLICY_LADDER},
	{0},
};

/* "[:alpha:]", "[.-.]" or "[=a=]" at @s, the '[': its last ']'. NULL: it has no end, or names no class. */
static const char *class_end(const char *s)
{
	char name[16];
	const char *end;
	size_t n;

	for (end = s + 2; *end && !(end[0] == s[1] && end[1] == ']'); end++)
		;
	n = (size_t)(end - s) - 2;
	if (!*end || n == 0)
		return NULL;
	if (s[1] == ':') {
		if (n >= sizeof(name))
			return NULL;
		memcpy(name, s + 2, n);
		name[n] = '\0';
		if (!wctype(name))
			return NULL;
	}
	return end + 1;
}

/* The ']' that ends the bracket at @s, NULL where there is none. One that comes first, or behind a '\', is itself. */
static const char *bracket_end(const char *s)
{
	const char *first = s + 1 + (s[1] == '!' || s[1] == '^');

	for (s = first; *s; s++) {
		if (*s == ']' && s != first)
			return s;
		if (*s == '\\') {
			if (!*++s)
				return NULL;
		} else if (*s == '[' && s[1] && strchr(":.=", s[1])) {
			s = class_end(s);
			if (!s)
				return NULL;
		}
	}
	return NULL;
}

/* fnmatch() takes a '[' without its ']' and a last '\' in silence, and then they match nothing, or what nobody meant. */
static bool is_pattern(const char *s)
{
	size_t n = strlen(s);

	if (n == 0 || n > POLICY_NAME_MAX)
		return false;
	for (const char *c = s; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return false;
	for (; *s; s++) {
		if (*s == '\\')
			s++;
		else if (*s == '[')
			s = bracket_end(s);
		if (!s || !*s)
			return false;
	}
	return true;
}

int policies_add(struct policies *p, const char *name, const char *file, unsigned line, struct policy_section **ret)
{
	struct policy_section s = {.is_uuid = uuid_is_valid(name), .line = line};

	if (!s.is_uuid && !is_pattern(name))
		return -EINVAL;
	if (p->n >= POLICY_SECTIONS_MAX)
		return -E2BIG;
	if (p->n == p->size) {
		size_t size = p->size ? 2 * p->size : 8;
		struct policy_section *list = realloc(p->list, size * sizeof(*list));

		if (!list)
			return -ENOMEM;
		p->list = list;
		p->size = size;
	}
	s.name = strdup(name);
	s.file = strdup(file);
	if (!s.name || !s.file) {
		free(s.name);
		free(s.file);
		return -ENOMEM;
	}
	if (s.is_uuid)
		for (char *c = s.name; *c; c++)
			*c = *c >= 'A' && *c <= 'F' ? *c - 'A' + 'a' : *c;
	p->list[p->n] = s;
	*ret = &p->list[p->n++];
	return 0;
}

void policies_done(struct policies *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->list[i].name);
		free(p->list[i].file);
	}
	free(p->list);
	*p = (struct policies){0};
}

static bool fits(const struct policy_section *s, const char *name, const char *uuid)
{
	return s->is_uuid ? strcasecmp(s->name, uuid) == 0 : fnmatch(s->name, name, 0) == 0;
}

/* Patterns see bytes, whatever the locale is. */
struct in_bytes {
	locale_t bytes, before;
};

static struct in_bytes bytes_begin(void)
{
	struct in_bytes b = {.bytes = newlocale(LC_ALL_MASK, "C", (locale_t)0)};

	if (b.bytes)
		b.before = uselocale(b.bytes);
	return b;
}

static void bytes_end(struct in_bytes *b)
{
	if (!b->bytes)
		return;
	uselocale(b->before);
	freelocale(b->bytes);
}

/* The last one wins; but a UUID names one domain, so no pattern goes over it. */
static bool wins(const struct policy_section *s, const struct policy_section *before)
{
	return !before || s->is_uuid || !before->is_uuid;
}

static void ask_sections(const struct policies *p, const char *name, const char *uuid, struct policy *h)
{
	_cleanup_(bytes_end) struct in_bytes bytes = {0};

	if (p->n)
		bytes = bytes_begin();
	for (size_t i = 0; i < p->n; i++) {
		const struct policy_section *s = &p->list[i];
		bool mode = s->mode != MODE_NONE && wins(s, h->mode_section);
		bool remedy = s->remedy != DOMXML_REMEDY_NONE && wins(s, h->remedy_section);

		if ((!mode && !remedy) || !fits(s, name, uuid))
			continue;
		if (mode)
			h->mode_section = s;
		if (remedy)
			h->remedy_section = s;
	}
	if (h->mode_section) {
		h->mode = h->mode_section->mode;
		h->mode_from = POLICY_SECTION;
	}
	if (h->remedy_section) {
		h->remedy = h->remedy_section->remedy;
		h->remedy_from = POLICY_SECTION;
	}
}

void policy_of(const struct policies *p, const char *name, const char *uuid, enum domxml_mode mode,
	       enum domxml_remedy remedy, struct policy *ret)
{
	struct policy h = {.remedy = DOMXML_REMEDY_REPORT};

	ask_sections(p, name, uuid, &h);
	if (policy_mode_to_string(mode)) {
		h.mode = mode;
		h.mode_from = POLICY_METADATA;
		h.mode_section = NULL;
	}
	if (policy_remedy_to_string(remedy)) {
		h.remedy = remedy;
		h.remedy_from = POLICY_METADATA;
		h.remedy_section = NULL;
	}
	*ret = h;
}

const char *policy_ladder(const struct policies *p, const char *name, const char *uuid, const char *own,
			  const char *host, enum policy_source *from)
{
	_cleanup_(bytes_end) _unused_ struct in_bytes bytes = bytes_begin();
	const struct policy_section *section = NULL;

	*from = POLICY_METADATA;
	if (*own && policy_ladder_ok(own, true))
		return own;
	for (size_t i = 0; i < p->n; i++)
		if (p->list[i].remedies[0] && wins(&p->list[i], section) && fits(&p->list[i], name, uuid))
			section = &p->list[i];
	*from = section ? POLICY_SECTION : POLICY_DEFAULT;
	return section ? section->remedies : host;
}

bool policy_requires(enum domxml_mode mode, uint32_t vcpus, uint32_t large_vcpus)
{
	if (mode == MODE_NONE || mode == MODE_BAD)
		return vcpus >= large_vcpus;
	return mode == MODE_REQUIRE;
}
