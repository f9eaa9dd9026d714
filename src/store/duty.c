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
 * What was done about VMs (remedies) stands in it, too: see duty_book.c.
 */
#include <stdio.h>
#include <sys/stat.h>

#include "avicd/duty.h"
#include "avicd/file.h"
#include "avicd/text.h"
#include "store/duty_book.h"
#include "store/reader.h"

#define DUTY_SCHEMA	 "avicd-duty/1"
#define DUTY_SIZE_MAX	 (16 << 20)
#define DUTY_VMS_MAX	 65536
/* VMs, and what was done about them */
#define DUTY_OBJECTS_MAX (2 * DUTY_VMS_MAX + 64)
/* members of a VM, with room for those that a newer minor version adds */
#define DUTY_MEMBERS_MAX 8
#define DUTY_DEPTH_MAX	 5 /* object, remedies, past, one of them, and one to spare */
#define DUTY_ASIDE_MAX	 9

static int get_vm(json_object *o, struct duty_vm *ret)
{
	uint64_t pid, start, boots;
	const char *uuid;

	if (!json_object_is_type(o, json_type_object) || reader_u64(o, "pid", 1, INT32_MAX, &pid) < 0 ||
	    reader_u64(o, "start", 0, INT64_MAX, &start) < 0 || reader_u64(o, "boots", 0, UINT32_MAX, &boots) < 0)
		return -EBADMSG;
	uuid = reader_string(o, "uuid");
	if (!uuid || (*uuid && uuid_normalize(uuid, ret->uuid) < 0))
		return -EBADMSG;
	if (reader_bool(o, "boots_exact", &ret->boots_exact) < 0)
		return -EBADMSG;
	ret->id.tgid = (int32_t)pid;
	ret->id.start = start;
	ret->boots = (uint32_t)boots;
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

/* -EBADMSG: not duty state. */
static int read_file(const char *path, const char *boot_id, struct duty *ret)
{
	static const struct reader_limits limits = {DUTY_SIZE_MAX, DUTY_OBJECTS_MAX,
						    (size_t)DUTY_OBJECTS_MAX * DUTY_MEMBERS_MAX, DUTY_DEPTH_MAX};
	_cleanup_json_ json_object *o = NULL;
	json_object *list, *book;
	const char *schema, *id;
	int r = reader_file(path, &limits, &o);

	if (r < 0)
		return r;
	schema = reader_string(o, "schema");
	id = reader_string(o, "boot_id");
	if (!schema || !streq(schema, DUTY_SCHEMA) || !id || reader_list(o, "vms", DUTY_VMS_MAX, &list) < 0)
		return -EBADMSG;
	/* process numbers and start times of another boot name nothing now */
	if (!*id || !streq(id, boot_id))
		return 0;
	r = get_vms(list, ret);
	/* not there: written by an avicd that knew no remedies */
	if (r == 0 && json_object_object_get_ex(o, "remedies", &book))
		r = duty_book_read(book, &ret->book);
	if (r < 0)
		duty_done(ret);
	return r;
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
	if (r == -EBADMSG)
		set_aside(path);
	if (r == -ENOENT)
		r = 0;
	*ret = d;
	return r;
}

/* The format needs no library to be written: it has numbers, two words and checked UUIDs. */
int duty_save(const char *path, const char *boot_id, const struct tracker *t, const struct remedy_book *book, bool sync)
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
	text_add(&out, "],\n\"remedies\":");
	duty_book_write(book, &out);
	text_add(&out, "}\n");
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
	book_done(&d->book);
	*d = (struct duty){0};
}
