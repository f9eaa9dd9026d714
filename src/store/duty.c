/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Duty state in a file.
 *
 * DOC: Theory of Operation
 *
 * The file is written by avicd alone, yet it is read as if an enemy wrote it: disks fill up, files are cut, people edit
 * them. All of it is believed, or nothing: a count of boots that is half right would be worse than none. What cannot be
 * believed is set aside for a person to look at, and what was set aside first is kept.
 *
 * json-c builds its tree before anything can be checked, and "[{},{},..." makes a tree 300 times the size of the text.
 * So the text is weighed first: only as many objects and members pass as the format itself can have.
 */
#include <stdio.h>
#include <sys/stat.h>

#include "avicd/duty.h"
#include "avicd/file.h"
#include "avicd/jsonc.h"
#include "avicd/text.h"

#define DUTY_SCHEMA	 "avicd-duty/1"
#define DUTY_SIZE_MAX	 (16 << 20)
#define DUTY_VMS_MAX	 65536
/* members of a VM, with room for those that a newer minor version adds */
#define DUTY_MEMBERS_MAX 8
#define DUTY_DEPTH_MAX	 4 /* object, vms, VM, and one to spare */
#define DUTY_ASIDE_MAX	 9

/* Could this text, by the number of its parts, be duty state? */
static bool text_is_plausible(const char *s, size_t len)
{
	size_t objects = 0, commas = 0;
	bool quoted = false;

	for (size_t i = 0; i < len; i++) {
		if (s[i] == '\0')
			return false;
		if (s[i] == '"')
			quoted = !quoted;
		else if (quoted && s[i] == '\\')
			i++;
		else if (!quoted && (s[i] == '{' || s[i] == '['))
			objects++;
		else if (!quoted && s[i] == ',')
			commas++;
	}
	return objects <= DUTY_VMS_MAX + 16 && commas <= (size_t)DUTY_VMS_MAX * DUTY_MEMBERS_MAX;
}

static int parse_text(const char *s, size_t len, json_object **ret)
{
	_cleanup_tokener_ json_tokener *tok = NULL;
	_cleanup_json_ json_object *o = NULL;

	if (!text_is_plausible(s, len))
		return -EBADMSG;
	tok = json_tokener_new_ex(DUTY_DEPTH_MAX);
	if (!tok)
		return -ENOMEM;
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	/* with the NUL at its end, so that a number or word cut there is an error and not "continue" */
	o = json_tokener_parse_ex(tok, s, (int)len + 1);
	if (!o || json_tokener_get_error(tok) != json_tokener_success || !json_object_is_type(o, json_type_object))
		return -EBADMSG;
	*ret = TAKE_PTR(o);
	return 0;
}

/* The string member @key, or NULL when it is missing, of another type, or holds a NUL. */
static const char *get_string(json_object *o, const char *key)
{
	json_object *v;
	const char *s;

	if (!json_object_object_get_ex(o, key, &v) || !json_object_is_type(v, json_type_string))
		return NULL;
	s = json_object_get_string(v);
	return strlen(s) == (size_t)json_object_get_string_len(v) ? s : NULL;
}

static int get_u64(json_object *o, const char *key, uint64_t min, uint64_t max, uint64_t *ret)
{
	json_object *v;
	uint64_t n;

	if (!json_object_object_get_ex(o, key, &v) || !json_object_is_type(v, json_type_int))
		return -EBADMSG;
	/* negative numbers come out as 0 here and as themselves there; what does not fit comes out as the highest */
	n = json_object_get_uint64(v);
	if (json_object_get_int64(v) < 0 || n < min || n > max)
		return -EBADMSG;
	*ret = n;
	return 0;
}

static int get_vm(json_object *o, struct duty_vm *ret)
{
	uint64_t pid, start, boots;
	json_object *exact;
	const char *uuid;

	if (!json_object_is_type(o, json_type_object) || get_u64(o, "pid", 1, INT32_MAX, &pid) < 0 ||
	    get_u64(o, "start", 0, INT64_MAX, &start) < 0 || get_u64(o, "boots", 0, UINT32_MAX, &boots) < 0)
		return -EBADMSG;
	uuid = get_string(o, "uuid");
	if (!uuid || (*uuid && uuid_normalize(uuid, ret->uuid) < 0))
		return -EBADMSG;
	if (!json_object_object_get_ex(o, "boots_exact", &exact) || !json_object_is_type(exact, json_type_boolean))
		return -EBADMSG;
	ret->id.tgid = (int32_t)pid;
	ret->id.start = start;
	ret->boots = (uint32_t)boots;
	ret->boots_exact = json_object_get_boolean(exact);
	return 0;
}

static int compare_vms(const void *a, const void *b)
{
	const struct duty_vm *x = a, *y = b;

	return (x->id.tgid > y->id.tgid) - (x->id.tgid < y->id.tgid);
}

static int get_vms(json_object *list, struct duty *ret)
{
	_cleanup_free_ struct duty_vm *vms = NULL;
	size_t n = json_object_array_length(list);

	if (n > DUTY_VMS_MAX)
		return -EBADMSG;
	if (!n)
		return 0;
	vms = calloc(n, sizeof(*vms));
	if (!vms)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (get_vm(json_object_array_get_idx(list, i), &vms[i]) < 0)
			return -EBADMSG;
	qsort(vms, n, sizeof(*vms), compare_vms);
	/* of two processes with one number, one is a lie */
	for (size_t i = 1; i < n; i++)
		if (vms[i].id.tgid == vms[i - 1].id.tgid)
			return -EBADMSG;
	ret->vms = TAKE_PTR(vms);
	ret->n_vms = n;
	return 0;
}

/* -EFBIG, -EBADMSG: not duty state. */
static int read_file(const char *path, const char *boot_id, struct duty *ret)
{
	_cleanup_json_ json_object *o = NULL;
	_cleanup_free_ char *text = NULL;
	const char *schema, *id;
	json_object *list;
	struct stat st;
	size_t len;
	int r;

	if (stat(path, &st) < 0)
		return -errno;
	/* a FIFO would make us wait for ever */
	if (!S_ISREG(st.st_mode))
		return -EBADMSG;
	r = file_read(path, DUTY_SIZE_MAX, &text, &len);
	if (r < 0)
		return r;
	r = parse_text(text, len, &o);
	if (r < 0)
		return r;
	schema = get_string(o, "schema");
	id = get_string(o, "boot_id");
	if (!schema || !streq(schema, DUTY_SCHEMA) || !id || !json_object_object_get_ex(o, "vms", &list) ||
	    !json_object_is_type(list, json_type_array))
		return -EBADMSG;
	/* process numbers and start times of another boot name nothing now */
	if (!*id || !streq(id, boot_id))
		return 0;
	return get_vms(list, ret);
}

/* Rename to the next free name; when all are taken, the last gives way. Best effort: the caller learns of it anyhow. */
static void set_aside(const char *path)
{
	_cleanup_free_ char *aside = NULL;
	struct stat st;

	for (unsigned n = 1; n <= DUTY_ASIDE_MAX; n++) {
		free(aside);
		if (asprintf(&aside, "%s.corrupt-%u", path, n) < 0) {
			aside = NULL;
			return;
		}
		if (lstat(aside, &st) < 0 && errno == ENOENT)
			break;
	}
	(void)rename(path, aside);
}

int duty_load(const char *path, const char *boot_id, struct duty *ret)
{
	struct duty d = {0};
	int r;

	r = read_file(path, boot_id, &d);
	if (r == -EBADMSG || r == -EFBIG) {
		set_aside(path);
		r = -EBADMSG;
	}
	if (r == -ENOENT)
		r = 0;
	*ret = d;
	return r;
}

/* The format needs no library to be written: it has numbers, two words and checked UUIDs. */
int duty_save(const char *path, const char *boot_id, const struct tracker *t, bool sync)
{
	_cleanup_free_ struct vm **vms = NULL;
	_cleanup_text_ struct text out = {0};
	size_t n;
	int r;

	if (*boot_id && !uuid_is_valid(boot_id))
		return -EINVAL;
	r = tracker_sorted(t, &vms, &n);
	if (r < 0)
		return r;
	/* what duty_load() would refuse must not be written: some lose their count of boots then, not all */
	n = MIN(n, (size_t)DUTY_VMS_MAX);
	text_addf(&out, "{\"schema\":\"%s\",\"boot_id\":\"%s\",\"vms\":[", DUTY_SCHEMA, boot_id);
	for (size_t i = 0; i < n; i++) {
		const struct vm *vm = vms[i];

		text_addf(&out, "%s\n{\"pid\":%d,\"start\":%llu,\"uuid\":\"%s\",\"boots\":%u,\"boots_exact\":%s}",
			  i ? "," : "", (int)vm->id.tgid, (unsigned long long)vm->id.start,
			  uuid_is_valid(vm->domain.uuid) ? vm->domain.uuid : "", vm->boots,
			  vm->boots_exact ? "true" : "false");
	}
	text_add(&out, "]}\n");
	if (out.error)
		return out.error;
	return file_write_atomic(path, out.s, out.len, 0600, sync);
}

const struct duty_vm *duty_find(const struct duty *d, const struct vm_id *id)
{
	const struct duty_vm key = {.id = *id};
	const struct duty_vm *vm;

	if (!d->n_vms)
		return NULL;
	vm = bsearch(&key, d->vms, d->n_vms, sizeof(*d->vms), compare_vms);
	return vm && vm_id_equal(&vm->id, id) ? vm : NULL;
}

void duty_done(struct duty *d)
{
	free(d->vms);
	*d = (struct duty){0};
}
