/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * avicctl fix build: makes the livepatch module from its source, for hosts without DKMS. Loads nothing, and works without avicd.
 *
 * It is built in a temporary folder and then put in place whole: what is there before stays until then.
 */
#include <elf.h>
#include <json-c/json.h>
#include <stdio.h>

#include "avicd/file.h"
#include "avicd/report.h"
#include "ctl/build.h"
#include "ctl/ctl.h"
#include "ctl/field.h"
#include "ctl/fix.h"

/* as where it is read */
#define MODULE_SIZE_MAX (32 << 20)

/* Where it goes: made before the work, so that nobody waits for a build that has no place. */
struct place {
	char *dir;    /* STATE_DIRECTORY/livepatch */
	char *folder; /* of this kvm */
	char *module;
	char *log; /* of a build that failed */
};

static void place_done(struct place *p)
{
	/* stays if there is something in it */
	if (p->folder)
		rmdir(p->folder);
	free_p(&p->dir);
	free_p(&p->folder);
	free_p(&p->module);
	free_p(&p->log);
}

static int no_place(const char *path, int r)
{
	return ctl_error("%s cannot be written: %s%s", path, strerror(-r),
			 r == -EACCES || r == -EPERM ? ": run it with sudo"
			 : r == -ENOSPC		     ? ": make room there"
						     : "");
}

static int make_place(const struct build_kernel *k, struct place *p)
{
	int r = livepatch_dir(&p->dir);

	if (r == 0 && asprintf(&p->folder, "%s/%s", p->dir, k->kvm_build_id) < 0) {
		p->folder = NULL;
		r = -ENOMEM;
	}
	if (r == 0 && asprintf(&p->module, "%s/" LIVEPATCH_NAME ".ko", p->folder) < 0) {
		p->module = NULL;
		r = -ENOMEM;
	}
	if (r == 0 && asprintf(&p->log, "%s/build.log", p->dir) < 0) {
		p->log = NULL;
		r = -ENOMEM;
	}
	if (r < 0)
		return ctl_error("out of memory");
	r = mkdir_p(p->folder, 0700);
	if (r == 0 && access(p->folder, W_OK) < 0)
		r = -errno;
	return r < 0 ? no_place(p->folder, r) : CTL_OK;
}

/* make said that all is well. Is it the module, and of this kernel? */
static bool is_fitting(const struct build_kernel *k, const char *data, size_t len)
{
	char vermagic[160];
	int n = snprintf(vermagic, sizeof(vermagic), "vermagic=%s ", k->release);

	return len > SELFMAG && memcmp(data, ELFMAG, SELFMAG) == 0 && memmem(data, len, vermagic, (size_t)n) &&
	       memmem(data, len, "name=" LIVEPATCH_NAME, sizeof("name=" LIVEPATCH_NAME));
}

/* Kbuild has kernels for which it makes a module that only says so. */
static bool is_livepatch(const char *data, size_t len)
{
	return memmem(data, len, "livepatch=Y", sizeof("livepatch=Y"));
}

static int install(const struct build_kernel *k, const struct build_folder *f, const struct place *p)
{
	_cleanup_free_ char *built = NULL, *data = NULL;
	size_t len;
	int r;

	if (asprintf(&built, "%s/" LIVEPATCH_NAME ".ko", f->path) < 0) {
		built = NULL;
		return ctl_error("out of memory");
	}
	r = file_read(built, MODULE_SIZE_MAX, &data, &len);
	if (r < 0)
		return ctl_error("make was content, but there is no " LIVEPATCH_NAME
				 ".ko: %s: is %s the source of avicd?",
				 strerror(-r), f->from);
	if (!is_fitting(k, data, len))
		return ctl_error("what make has built is no " LIVEPATCH_NAME
				 " for kernel %s: are the headers in %s of this kernel?",
				 k->release, k->headers);
	if (!is_livepatch(data, len)) {
		ctl_error("there is no livepatch for kernel %s, which has none of its bugs", k->release);
		return outcome_info(OUTCOME_NO_PATCH)->status;
	}
	r = file_sync_dir(p->folder);
	if (r == 0)
		r = file_write_atomic(p->module, data, len, 0600, true);
	if (r < 0)
		return no_place(p->module, r);
	/* of an earlier try */
	unlink(p->log);
	return CTL_OK;
}

static int print(const struct build_kernel *k, const struct place *p)
{
	_cleanup_json_ json_object *o = NULL;

	if (!ctl_options.json) {
		printf("built %s for kernel %s; nothing is loaded: avicctl fix deploy\n", p->module, k->release);
		return CTL_OK;
	}
	o = json_object_new_object();
	if (!o)
		return ctl_error("out of memory");
	json_object_object_add(o, "kernel", json_object_new_string(k->release));
	json_object_object_add(o, "kvm_build_id", json_object_new_string(k->kvm_build_id));
	json_object_object_add(o, "module", json_object_new_string(p->module));
	ctl_print_json(o);
	return CTL_OK;
}

int fix_build(const struct fix_request *rq)
{
	_cleanup_(build_kernel_done) struct build_kernel kernel = {0};
	_cleanup_(build_folder_done) struct build_folder folder = {0};
	_cleanup_(place_done) struct place place = {0};
	int r = build_kernel(rq->kernel, &kernel);

	if (r == CTL_OK)
		r = make_place(&kernel, &place);
	if (r == CTL_OK)
		r = build_folder(&folder);
	if (r == CTL_OK)
		r = build_make(&kernel, &folder, place.log);
	if (r == CTL_OK)
		r = install(&kernel, &folder, &place);
	return r == CTL_OK ? print(&kernel, &place) : r;
}
