/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The marks of the livepatch, which outlive a crash: that it is being tried, and that it was proved.
 *
 * They are believed whole or not at all: what cannot be read is a machine that went down while trying, and never a proof.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "avicd/clock.h"
#include "avicd/file.h"
#include "avicd/jsonc.h"
#include "avicd/livepatch.h"
#include "avicd/text.h"

#define MARK_SIZE_MAX  4096
#define MARK_DEPTH_MAX 4

static const char *const names[] = {[MARK_TRYING] = "trying", [MARK_VERIFIED] = "verified"};
static_assert(ARRAY_SIZE(names) == _MARK_MAX, "a mark has no name");

int livepatch_dir(char **ret)
{
	_cleanup_free_ char *path = NULL;
	char *whole;

	if (asprintf(&path, "%s/livepatch", dir_state()) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	if (!getenv("STATE_DIRECTORY"))
		return sysroot_path(path, ret);
	whole = TAKE_PTR(path);
	*ret = whole;
	return 0;
}

static int mark_path(enum livepatch_mark_kind kind, char **ret)
{
	_cleanup_free_ char *dir = NULL;
	char *path;
	int r;

	if ((unsigned)kind >= _MARK_MAX)
		return -EINVAL;
	r = livepatch_dir(&dir);
	if (r < 0)
		return r;
	if (asprintf(&path, "%s/%s", dir, names[kind]) < 0)
		return -ENOMEM;
	*ret = path;
	return 0;
}

static bool is_hex(const char *s)
{
	return s[strspn(s, "0123456789abcdef")] == '\0';
}

/* The string member @key into @ret of @size. False: it is missing, of another type, empty, or too long. */
static bool get_string(json_object *o, const char *key, char *ret, size_t size)
{
	json_object *v;
	size_t n;

	if (!json_object_object_get_ex(o, key, &v) || !json_object_is_type(v, json_type_string))
		return false;
	n = (size_t)json_object_get_string_len(v);
	if (n == 0 || n >= size || strlen(json_object_get_string(v)) != n)
		return false;
	memcpy(ret, json_object_get_string(v), n + 1);
	return true;
}

static int parse_mark(const char *text, size_t len, struct livepatch_mark *ret)
{
	_cleanup_tokener_ json_tokener *tok = json_tokener_new_ex(MARK_DEPTH_MAX);
	_cleanup_json_ json_object *o = NULL;
	struct livepatch_mark m = {0};
	json_object *at;

	if (!tok)
		return -ENOMEM;
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	/* with the NUL at its end, so that what is cut there is an error and not "continue" */
	o = json_tokener_parse_ex(tok, text, (int)len + 1);
	if (!o || json_tokener_get_error(tok) != json_tokener_success || !json_object_is_type(o, json_type_object))
		return -EBADMSG;
	if (!get_string(o, "kvm_build_id", m.kvm_build_id, sizeof(m.kvm_build_id)) || !is_hex(m.kvm_build_id) ||
	    !get_string(o, "boot_id", m.boot_id, sizeof(m.boot_id)) || !uuid_is_valid(m.boot_id) ||
	    !get_string(o, "module_sha256", m.module_sha256, sizeof(m.module_sha256)) || !is_hex(m.module_sha256) ||
	    strlen(m.module_sha256) != sizeof(m.module_sha256) - 1)
		return -EBADMSG;
	if (!json_object_object_get_ex(o, "at", &at) || !json_object_is_type(at, json_type_int) ||
	    json_object_get_int64(at) < 0)
		return -EBADMSG;
	m.at = json_object_get_uint64(at);
	*ret = m;
	return 0;
}

int livepatch_mark_read(enum livepatch_mark_kind kind, struct livepatch_mark *ret)
{
	_cleanup_free_ char *path = NULL, *text = NULL;
	size_t len;
	int r = mark_path(kind, &path);

	if (r < 0)
		return r;
	*ret = (struct livepatch_mark){0};
	r = file_read(path, MARK_SIZE_MAX, &text, &len);
	if (r == -ENOTDIR)
		return -ENOENT;
	if (r == -EFBIG)
		return -EBADMSG;
	return r < 0 ? r : parse_mark(text, len, ret);
}

int livepatch_mark_write(enum livepatch_mark_kind kind, const struct livepatch_mark *m)
{
	_cleanup_free_ char *dir = NULL, *path = NULL, *text = NULL;
	struct livepatch_mark back;
	int n, r;

	r = livepatch_dir(&dir);
	if (r == 0)
		r = mark_path(kind, &path);
	if (r < 0)
		return r;
	n = asprintf(&text,
		     "{\"kvm_build_id\": \"%s\", \"boot_id\": \"%s\", \"module_sha256\": \"%s\", \"at\": %" PRIu64
		     "}\n",
		     m->kvm_build_id, m->boot_id, m->module_sha256, m->at);
	if (n < 0) {
		text = NULL;
		return -ENOMEM;
	}
	/* what could not be read again is not written */
	r = parse_mark(text, (size_t)n, &back);
	if (r < 0)
		return r == -EBADMSG ? -EINVAL : r;
	r = mkdir_p(dir, 0700);
	if (r < 0)
		return r;
	r = file_sync_dir(dir);
	return r < 0 ? r : file_write_atomic(path, text, (size_t)n, 0600, true);
}

int livepatch_mark_remove(enum livepatch_mark_kind kind)
{
	_cleanup_free_ char *path = NULL;
	int r = mark_path(kind, &path);

	if (r < 0)
		return r;
	if (unlink(path) < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	return file_sync_dir(path);
}

bool livepatch_went_down(const char *boot_id, char why[static LIVEPATCH_WHY_MAX])
{
	struct livepatch_mark m;
	int r = livepatch_mark_read(MARK_TRYING, &m);
	char when[32];

	*why = '\0';
	if (r == -ENOENT || (r == 0 && *boot_id && streq(m.boot_id, boot_id)))
		return false;
	if (r < 0)
		snprintf(why, LIVEPATCH_WHY_MAX,
			 "the mark of a try of the livepatch cannot be read (%s), so the machine may have gone down "
			 "meanwhile: it is not loaded until "
			 "avicctl fix deploy",
			 strerror(-r));
	else
		snprintf(why, LIVEPATCH_WHY_MAX,
			 "the machine went down while the livepatch was tried, at %s: it is not loaded until avicctl "
			 "fix deploy",
			 format_wall(m.at, when));
	return true;
}

bool livepatch_is_verified(const struct livepatch_state *state, const struct livepatch_module *module)
{
	struct livepatch_mark m;

	return livepatch_mark_read(MARK_VERIFIED, &m) == 0 && streq(m.kvm_build_id, state->kvm_build_id) &&
	       streq(m.module_sha256, module->sha256);
}
