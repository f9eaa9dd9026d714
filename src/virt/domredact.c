/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A domain's XML without secrets: written anew from what the reader finds, so that nothing passes that was not looked at. */
#include <strings.h>

#include "avicd/domredact.h"
#include "avicd/text.h"
#include "virt/xmlreader.h"

#define AVIC_URI  "https://avicd.org/domain/1"
#define DEPTH_MAX XMLREADER_DEPTH_MAX
#define SEPARATOR '\n'
#define REMOVED	  "removed"

/* Elements of libvirt's that are there to hold secrets, or data of the guest's owner: none of it is asked for in a report about AVIC. */
static const char *const secret_elements[] = {"auth",	 "secret",  "secrets", "encryption", "cookies",
					      "sysinfo", "session", "dhCert",  "password",   "passwd"};

/* In a name of an attribute, or in a value or text. */
static const char *const secret_words[] = {"passw",  "passphrase", "secret", "token", "credential", "private",
					   "apikey", "api_key",	   "auth=",  "key=",  "pwd"};

struct redacting {
	struct text out;
	bool open;		  /* "<name ..." without its '>' yet */
	struct text pending;	  /* text since the last tag: judged as a whole */
	char *names[DEPTH_MAX];	  /* of the open elements */
	bool metadata[DEPTH_MAX]; /* it is <metadata> of libvirt's */
	bool foreign[DEPTH_MAX];  /* it is of another name space */
	bool value_next; /* the last argument of QEMU was an option whose value is a secret, and is the next one */
};

static bool has_secret_word(const char *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(secret_words); i++)
		if (strcasestr(s, secret_words[i]))
			return true;
	return false;
}

/* scheme://user:password@host */
static bool has_login(const char *s)
{
	for (const char *p = strstr(s, "://"); p; p = strstr(p + 3, "://")) {
		size_t n = strcspn(p + 3, "/?# ");

		if (memchr(p + 3, '@', n) && memchr(p + 3, ':', n))
			return true;
	}
	return false;
}

static const char *safe(const char *s)
{
	return has_secret_word(s) || has_login(s) ? REMOVED : s;
}

static void add_escaped(struct text *t, const char *s)
{
	static const struct {
		char c;
		const char *entity;
	} escapes[] = {{'&', "&amp;"},	{'<', "&lt;"},	{'>', "&gt;"},	{'"', "&quot;"},
		       {'\n', "&#10;"}, {'\t', "&#9;"}, {'\r', "&#13;"}};

	for (; *s; s++) {
		const char *entity = NULL;

		for (size_t i = 0; i < ARRAY_SIZE(escapes); i++)
			if (escapes[i].c == *s)
				entity = escapes[i].entity;
		if (entity)
			text_add(t, entity);
		else
			text_addn(t, s, 1);
	}
}

static void indent(struct redacting *r, int depth)
{
	text_addf(&r->out, "\n%*s", depth * 2, "");
}

/* White space between elements is made anew. */
static bool flush_text(struct redacting *r)
{
	const char *s = r->pending.s ? strip(r->pending.s) : "";
	bool any = *s;

	if (any)
		add_escaped(&r->out, safe(s));
	text_done(&r->pending);
	r->pending = (struct text){0};
	return any;
}

static void end_tag_open(struct redacting *r)
{
	if (r->open)
		text_add(&r->out, ">");
	r->open = false;
}

static bool is_secret_element(const char *uri, const char *name)
{
	/* qemu:commandline and its like are looked at by value */
	for (size_t i = 0; !*uri && i < ARRAY_SIZE(secret_elements); i++)
		if (streq(secret_elements[i], name))
			return true;
	return false;
}

/*
 * Of another name space (qemu:commandline) nobody knows which attribute belongs to which: the name of an environment variable tells of its value, an
 * option of the argument behind it. So where one is refused, all are; and the values of variables always.
 */
static bool refuses_all(struct redacting *r, const char *name, const char *const *attributes)
{
	bool refused = r->value_next || streq(name, "env");

	r->value_next = false;
	for (; *attributes; attributes += 2) {
		const char *value = attributes[1];

		if (safe(value) == value && !has_secret_word(attributes[0]))
			continue;
		refused = true;
		r->value_next = *value == '-' && !strpbrk(value, "=,");
	}
	return refused;
}

static void add_attribute(struct redacting *r, const char *full, const char *value, bool refused)
{
	const char *separator = strrchr(full, SEPARATOR), *name = separator ? separator + 1 : full;

	/* of a name space of its own: its prefix is gone, and none of libvirt's says anything about AVIC */
	if (separator)
		return;
	text_addf(&r->out, " %s=\"", name);
	add_escaped(&r->out, refused || has_secret_word(name) ? REMOVED : safe(value));
	text_add(&r->out, "\"");
}

static int on_start(void *userdata, int depth, const char *uri, const char *name, const char *const *attributes)
{
	struct redacting *r = userdata;
	bool refused;

	if (is_secret_element(uri, name) || (depth > 0 && r->metadata[depth - 1] && !streq(uri, AVIC_URI)))
		return XMLREADER_SKIP;
	end_tag_open(r);
	flush_text(r);
	free_p(&r->names[depth]);
	r->names[depth] = strdup(name);
	if (!r->names[depth])
		return -ENOMEM;
	r->metadata[depth] = depth == 1 && !*uri && streq(name, "metadata");
	if (depth)
		indent(r, depth);
	text_addf(&r->out, "<%s", name);
	r->foreign[depth] = *uri;
	if (*uri || (depth && r->foreign[depth - 1])) {
		text_add(&r->out, " xmlns=\"");
		add_escaped(&r->out, uri);
		text_add(&r->out, "\"");
	}
	refused = *uri && !streq(uri, AVIC_URI) && refuses_all(r, name, attributes);
	for (; *attributes; attributes += 2)
		add_attribute(r, attributes[0], attributes[1], refused);
	r->open = true;
	return r->out.error;
}

static int on_text(void *userdata, int depth _unused_, const char *s, size_t len)
{
	struct redacting *r = userdata;

	text_addn(&r->pending, s, len);
	return r->pending.error;
}

static int on_end(void *userdata, int depth)
{
	struct redacting *r = userdata;
	bool empty = r->open, text;

	if (empty && r->pending.len)
		end_tag_open(r);
	text = flush_text(r);
	if (empty && !text && r->open) {
		text_add(&r->out, "/>");
		r->open = false;
		return r->out.error;
	}
	if (!text && !empty)
		indent(r, depth);
	text_addf(&r->out, "</%s>", r->names[depth]);
	return r->out.error;
}

int domxml_redact(const char *xml, size_t len, char **ret)
{
	static const struct xmlreader_calls calls = {.start = on_start, .text = on_text, .end = on_end};
	struct redacting *r = calloc(1, sizeof(*r));
	int error;

	if (!r)
		return -ENOMEM;
	error = xmlreader_walk(xml, len, &calls, r);
	if (error == 0) {
		text_add(&r->out, "\n");
		error = text_take(&r->out, ret);
	}
	text_done(&r->out);
	text_done(&r->pending);
	for (size_t i = 0; i < DEPTH_MAX; i++)
		free(r->names[i]);
	free(r);
	return error;
}
