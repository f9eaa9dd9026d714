/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file of the livepatch module: where it is, and what it says of itself. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "avicd/file.h"
#include "avicd/livepatch.h"
#include "avicd/sha256.h"
#include "fix/kmod.h"

/* With all debug data it has less than 2 MiB. */
#define MODULE_SIZE_MAX (32 << 20)
#define SIGNATURE	"~Module signature appended~\n"

static inline void kmod_list_p(struct kmod_list **l)
{
	if (*l)
		kmod_module_unref_list(*l);
}

static inline void kmod_info_p(struct kmod_list **l)
{
	if (*l)
		kmod_module_info_free_list(*l);
}

/* What modprobe.d says of modules is no matter when one is only read. */
static const char *const no_config[] = {NULL};

void livepatch_module_done(struct livepatch_module *m)
{
	free_p(&m->path);
	free_p(&m->vermagic);
	free_p(&m->name);
	*m = (struct livepatch_module){0};
}

static int replace(char **target, const char *value)
{
	char *copy = strdup(value);

	if (!copy)
		return -ENOMEM;
	free(*target);
	*target = copy;
	return 0;
}

static int read_modinfo(struct livepatch_module *m)
{
	_cleanup_kmod_ struct kmod_ctx *ctx = kmod_begin(NULL, no_config);
	_cleanup_kmod_module_ struct kmod_module *mod = NULL;
	_cleanup_(kmod_info_p) struct kmod_list *info = NULL;
	struct kmod_list *l;
	int r;

	if (!ctx)
		return -ENOMEM;
	r = kmod_module_new_from_path(ctx, m->path, &mod);
	if (r == 0)
		r = kmod_module_get_info(mod, &info);
	if (r < 0)
		return r == -ENOMEM ? r : -EBADMSG;
	r = replace(&m->vermagic, "");
	if (r == 0)
		r = replace(&m->name, "");
	kmod_list_foreach(l, info)
	{
		const char *key = kmod_module_info_get_key(l), *value = kmod_module_info_get_value(l);

		if (r == 0 && streq(key, "vermagic"))
			r = replace(&m->vermagic, value);
		else if (r == 0 && streq(key, "name"))
			r = replace(&m->name, value);
		else if (streq(key, "sig_id"))
			m->is_signed = true;
	}
	return r;
}

static int read_module(const char *path, struct livepatch_module *ret)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	_cleanup_(livepatch_module_done) struct livepatch_module m = {0};
	_cleanup_free_ char *data = NULL;
	size_t len, n = strlen(SIGNATURE);
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EBADMSG;
	if ((st.st_uid != 0 && st.st_uid != geteuid()) || (st.st_mode & (S_IWGRP | S_IWOTH)))
		return -EPERM;
	r = file_read_fd(fd, MODULE_SIZE_MAX, &data, &len);
	if (r == -EFBIG)
		return -EBADMSG;
	if (r < 0)
		return r;
	sha256_text(data, len, m.sha256);
	m.is_signed = len > n && memcmp(data + len - n, SIGNATURE, n) == 0;
	r = replace(&m.path, path);
	if (r == 0)
		r = read_modinfo(&m);
	if (r < 0)
		return r;
	*ret = m;
	m = (struct livepatch_module){0};
	return 0;
}

static int find_built(const struct livepatch_state *state, struct livepatch_module *ret)
{
	_cleanup_free_ char *dir = NULL, *path = NULL;
	int r;

	if (!*state->kvm_build_id)
		return -ENOENT;
	r = livepatch_dir(&dir);
	if (r < 0)
		return r;
	if (asprintf(&path, "%s/%s/" LIVEPATCH_NAME ".ko", dir, state->kvm_build_id) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	r = read_module(path, ret);
	return r == -ENOTDIR ? -ENOENT : r;
}

static int find_installed(const struct livepatch_state *state, struct livepatch_module *ret)
{
	_cleanup_kmod_ struct kmod_ctx *ctx = NULL;
	_cleanup_(kmod_list_p) struct kmod_list *list = NULL;
	_cleanup_free_ char *below = NULL, *dir = NULL;
	struct kmod_list *l;
	int r;

	if (!*state->release || strchr(state->release, '/'))
		return -ENOENT;
	if (asprintf(&below, "/lib/modules/%s", state->release) < 0) {
		below = NULL;
		return -ENOMEM;
	}
	r = sysroot_path(below, &dir);
	if (r < 0)
		return r;
	ctx = kmod_begin(dir, no_config);
	if (!ctx)
		return -ENOMEM;
	/* Without modules.dep nothing was installed by those who call depmod. */
	r = kmod_module_new_from_lookup(ctx, LIVEPATCH_NAME, &list);
	if (r < 0)
		return r == -ENOMEM ? r : -ENOENT;
	r = -ENOENT;
	kmod_list_foreach(l, list)
	{
		_cleanup_kmod_module_ struct kmod_module *mod = kmod_module_get_module(l);
		const char *path = mod ? kmod_module_get_path(mod) : NULL;

		if (r == -ENOENT && path && streq(kmod_module_get_name(mod), LIVEPATCH_NAME))
			r = read_module(path, ret);
	}
	return r;
}

int livepatch_find_module(const struct livepatch_state *state, struct livepatch_module *ret)
{
	int r = find_built(state, ret);

	if (r == 0)
		ret->built = true;
	/* What a person built and is broken is told, rather than passed over. */
	return r == -ENOENT ? find_installed(state, ret) : r;
}
