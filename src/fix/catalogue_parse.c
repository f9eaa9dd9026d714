/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One entry of the catalogue from JSON, which is not trusted. */
#include <stdarg.h>
#include <stdio.h>

#include "avicd/bugs.h"
#include "avicd/jsonc.h"
#include "fix/reading.h"

#define TEXT_MAX 400
#define DEPTH	 8

/* JSON keeps no lines: that of a key is where it first stands. */
static unsigned line_of(const char *text, const char *at)
{
	unsigned n = 1;

	if (!at)
		return 0;
	for (const char *s = text; s < at; s++)
		n += *s == '\n';
	return n;
}

static unsigned line_of_key(const struct reading *r, const char *key)
{
	_cleanup_free_ char *quoted = NULL;

	if (!key || asprintf(&quoted, "\"%s\"", key) < 0) {
		quoted = NULL;
		return 0;
	}
	return line_of(r->text, strstr(r->text, quoted));
}

void reading_tell(struct reading *r, const char *key, const char *format, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (r->problem)
		r->problem(r->file, line_of_key(r, key), text, r->userdata);
}

static bool consists_of(const char *s, const char *letters, size_t min, size_t max)
{
	size_t n = strlen(s);

	return n >= min && n <= max && strspn(s, letters) == n;
}

static bool is_id(const char *s)
{
	return consists_of(s, "abcdefghijklmnopqrstuvwxyz0123456789-", 1, ADVISORY_ID_MAX) && *s != '-';
}

/* It goes to terminals, into the journal and into sentences. */
static bool is_phrase(const char *s)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i], next = (unsigned char)s[i + 1];

		/* control characters, also those of ISO 8859-1, which UTF-8 has behind 0xc2 */
		if (c < ' ' || c == 0x7f || (c == 0xc2 && next < 0xa0))
			return false;
	}
	return n > 0 && n <= TEXT_MAX;
}

bool reading_is_commit(const char *s)
{
	return consists_of(s, "0123456789abcdef", 12, 40);
}

static bool is_vendor(const char *s)
{
	return streq(s, "amd") || streq(s, "intel");
}

static bool is_module(const char *s)
{
	return consists_of(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", 1, 55);
}

static bool is_class(const char *s)
{
	return advisory_class_from_string(s) >= 0;
}

/* What is not plain text at its place is "". */
const char *reading_plain(json_object *v)
{
	const char *s = json_object_is_type(v, json_type_string) ? json_object_get_string(v) : "";

	return s && strlen(s) == (size_t)json_object_get_string_len(v) ? s : "";
}

#define PHRASE	  "text of one line, at most 400 bytes"
#define NO_OFFSET SIZE_MAX
static const struct text_field {
	const char *key;
	size_t offset; /* of a pointer in struct advisory */
	bool required;
	bool (*ok)(const char *s);
	const char *accepts;
} texts[] = {
	{"id", offsetof(struct advisory, id), true, is_id, "1 to 40 of a-z, 0-9 and -"},
	{"class", NO_OFFSET, true, is_class, "fix, unsafe, note or limit"},
	{"title", offsetof(struct advisory, title), true, is_phrase, PHRASE},
	{"effect", offsetof(struct advisory, effect), true, is_phrase, PHRASE},
	{"source", offsetof(struct advisory, source), true, is_phrase, PHRASE},
	{"commit", offsetof(struct advisory, commit), false, reading_is_commit, READING_COMMIT},
	{"vendor", offsetof(struct advisory, vendor), false, is_vendor, "amd or intel"},
	{"livepatch", offsetof(struct advisory, livepatch), false, is_module, "the name of a module"},
	{"remedy", offsetof(struct advisory, remedy), false, is_phrase, PHRASE},
};

static const char **place(const struct text_field *f, struct advisory *a)
{
	return f->offset == NO_OFFSET ? NULL : (const char **)(void *)((char *)a + f->offset);
}

void reading_unknown(struct reading *r, json_object *o, const char *const *known, size_t n_known)
{
	json_object_object_foreach(o, key, value)
	{
		bool found = false;

		for (size_t i = 0; i < n_known; i++)
			found |= streq(known[i], key);
		if (!found)
			reading_tell(r, key, "unknown field '%.40s' is ignored", is_phrase(key) ? key : "?");
		(void)value;
	}
}

static void read_texts(struct reading *r, json_object *o, struct advisory *a)
{
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		const struct text_field *f = &texts[i];
		json_object *v = NULL;

		if (!json_object_object_get_ex(o, f->key, &v)) {
			if (f->required)
				READING_BAD(r, NULL, "%s is missing: %s", f->key, f->accepts);
		} else if (!f->ok(reading_plain(v))) {
			READING_BAD(r, f->key, "%s is not %s", f->key, f->accepts);
		} else if (place(f, a)) {
			*place(f, a) = reading_plain(v);
		} else {
			a->cls = (enum advisory_class)advisory_class_from_string(reading_plain(v));
		}
	}
}

/* A bug that this avicd cannot prove is no reason to leave the entry out. */
static void read_probe(struct reading *r, json_object *o, struct advisory *a)
{
	json_object *v = NULL;

	if (!json_object_object_get_ex(o, "probe", &v))
		return;
	if (bug_from_word(reading_plain(v)) >= 0)
		a->probe = reading_plain(v);
	else
		reading_tell(r, "probe", "probe is left out: this avicd proves no bug of that name");
}

static void read_needs(struct reading *r, json_object *o, struct advisory *a)
{
	json_object *v = NULL;

	if (!json_object_object_get_ex(o, "needs", &v))
		return;
	if (!json_object_is_type(v, json_type_array)) {
		READING_BAD(r, "needs", "needs is not a list of x2avic, nested, snp");
		return;
	}
	for (size_t i = 0; i < json_object_array_length(v); i++) {
		const char *s = reading_plain(json_object_array_get_idx(v, i));
		unsigned need = 0;

		while (advisory_need(need) && !streq(advisory_need(need), s))
			need++;
		/* whoever left a need out would say that more hosts have the fault: not to be guessed */
		if (!advisory_need(need)) {
			READING_BAD(r, "needs", "needs is not a list of x2avic, nested, snp");
			return;
		}
		a->needs |= 1u << need;
	}
}

/* What it is called decides what overrides what: it must not say another id inside. */
static void check_name(struct reading *r, const struct advisory *a)
{
	const char *slash = strrchr(r->file, '/'), *name = slash ? slash + 1 : r->file;
	size_t n = strlen(a->id);

	if (strncmp(name, a->id, n) != 0 || !streq(name + n, ".json"))
		READING_BAD(r, "id", "id is %s, so that the file has to be %s.json", a->id, a->id);
}

static int parse(struct reading *r, const char *text, size_t len, json_object **ret)
{
	_cleanup_tokener_ json_tokener *tok = json_tokener_new_ex(DEPTH);
	json_object *o;

	if (!tok)
		return -ENOMEM;
	if (memchr(text, '\0', len)) {
		reading_tell(r, NULL, "not JSON: it has a NUL byte");
		return -EINVAL;
	}
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	o = json_tokener_parse_ex(tok, text, (int)len);
	if (json_object_is_type(o, json_type_object)) {
		*ret = o;
		return 0;
	}
	if (r->problem) {
		enum json_tokener_error e = json_tokener_get_error(tok);
		size_t end = MIN(json_tokener_get_parse_end(tok), len);
		char why[128];

		snprintf(why, sizeof(why), "not a JSON object: %s",
			 e == json_tokener_continue  ? "it ends too early"
			 : e == json_tokener_success ? "it is something else"
						     : json_tokener_error_desc(e));
		r->problem(r->file, line_of(text, text + end), why, r->userdata);
	}
	json_object_put(o);
	return -EINVAL;
}

int catalogue_parse(const char *file, const char *text, size_t len, catalogue_problem_fn problem, void *userdata,
		    struct advisory *ret, struct json_object **ret_json)
{
	static const char *const known[] = {"id",     "class",	   "title",  "effect", "source", "commit",
					    "vendor", "livepatch", "remedy", "probe",  "needs",	 "kernels"};
	struct reading r = {.file = file, .text = text, .problem = problem, .userdata = userdata};
	_cleanup_json_ json_object *o = NULL;
	struct advisory a = {0};
	int e;

	if (len > CATALOGUE_FILE_MAX) {
		reading_tell(&r, NULL, "larger than %d bytes", CATALOGUE_FILE_MAX);
		return -EINVAL;
	}
	e = parse(&r, text, len, &o);
	if (e < 0)
		return e;
	reading_unknown(&r, o, known, ARRAY_SIZE(known));
	read_texts(&r, o, &a);
	read_probe(&r, o, &a);
	read_needs(&r, o, &a);
	reading_kernels(&r, o, &a);
	if (!r.error)
		check_name(&r, &a);
	if (r.error)
		return r.error;
	*ret = a;
	*ret_json = TAKE_PTR(o);
	return 0;
}
