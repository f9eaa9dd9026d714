/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What reports are called: names that a person and a unit can find, and that no domain can choose. */
#include <stdio.h>
#include <time.h>

#include "avicd/bundle.h"
#include "avicd/clock.h"
#include "avicd/text.h"

#define SUFFIX	 ".json"
#define PID	 "pid-"
/* "-2026-11-22T12:03:04Z" */
#define TIME_LEN 21

char *bundle_instance(const struct vm *vm, char buf[static BUNDLE_INSTANCE_MAX])
{
	char uuid[DOMAIN_UUID_MAX];

	if (vm->managed && uuid_is_valid(vm->domain.uuid) && uuid_normalize(vm->domain.uuid, uuid) == 0)
		snprintf(buf, BUNDLE_INSTANCE_MAX, "%s", uuid);
	else
		snprintf(buf, BUNDLE_INSTANCE_MAX, PID "%d", (int)vm->id.tgid);
	return buf;
}

char *bundle_name(const char *instance, uint64_t us, char buf[static BUNDLE_NAME_MAX])
{
	char at[32];

	snprintf(buf, BUNDLE_NAME_MAX, "%.*s-%.20s" SUFFIX, BUNDLE_INSTANCE_MAX - 1, instance, format_wall(us, at));
	return buf;
}

char *bundle_link(const char *instance, char buf[static BUNDLE_NAME_MAX])
{
	snprintf(buf, BUNDLE_NAME_MAX, "%.*s" SUFFIX, BUNDLE_INSTANCE_MAX - 1, instance);
	return buf;
}

static bool instance_ok(const char *s)
{
	size_t n = strlen(PID), digits;

	if (strncmp(s, PID, n) != 0)
		return uuid_is_valid(s);
	digits = strspn(s + n, "0123456789");
	return digits > 0 && digits <= 10 && !s[n + digits];
}

/* The first @len bytes of @name. */
static int take_instance(const char *name, size_t len, char instance[BUNDLE_INSTANCE_MAX])
{
	char buf[BUNDLE_INSTANCE_MAX];

	if (len >= sizeof(buf))
		return -EINVAL;
	memcpy(buf, name, len);
	buf[len] = '\0';
	if (!instance_ok(buf))
		return -EINVAL;
	if (instance)
		memcpy(instance, buf, len + 1);
	return 0;
}

/* The length of @name without its suffix; 0: it has none. */
static size_t stem(const char *name)
{
	size_t len = strlen(name), n = strlen(SUFFIX);

	return len > n && streq(name + len - n, SUFFIX) ? len - n : 0;
}

int bundle_link_parse(const char *name, char instance[BUNDLE_INSTANCE_MAX])
{
	return take_instance(name, stem(name), instance);
}

int bundle_name_parse(const char *name, char instance[BUNDLE_INSTANCE_MAX], uint64_t *ret_us)
{
	size_t len = stem(name);
	char text[TIME_LEN], again[32];
	struct tm tm = {0};
	uint64_t us;
	time_t t;

	if (len <= TIME_LEN || name[len - TIME_LEN] != '-')
		return -EINVAL;
	memcpy(text, name + len - TIME_LEN + 1, TIME_LEN - 1);
	text[TIME_LEN - 1] = '\0';
	if (!strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm))
		return -EINVAL;
	t = timegm(&tm);
	us = t > 0 ? (uint64_t)t * 1000000 : 0;
	/* strptime() forgives; what is ours comes out as it was */
	if (!us || !streq(format_wall(us, again), text) || take_instance(name, len - TIME_LEN, instance) < 0)
		return -EINVAL;
	if (ret_us)
		*ret_us = us;
	return 0;
}
