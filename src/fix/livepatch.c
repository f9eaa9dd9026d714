/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel says of the livepatch, and of what stands in its way. */
#include <dirent.h>
#include <stdio.h>

#include "avicd/btf.h"
#include "avicd/file.h"
#include "avicd/livepatch.h"
#include "avicd/text.h"

#define MODULES "/sys/module/"
#define PATCHES "/sys/kernel/livepatch"
#define PATCH	PATCHES "/" LIVEPATCH_NAME

static bool is_there(const char *path)
{
	_cleanup_free_ char *p = NULL;

	return sysroot_path(path, &p) == 0 && access(p, F_OK) == 0;
}

/* Is @word the first line of the file? */
static bool says(const char *path, const char *word)
{
	_cleanup_free_ char *line = NULL;

	return sysroot_read_line(path, &line) == 0 && streq(strip(line), word);
}

static void closedir_p(DIR **d)
{
	if (*d)
		closedir(*d);
}

static void look_for_others(char *ret, size_t size)
{
	_cleanup_(closedir_p) DIR *dir = NULL;
	_cleanup_free_ char *path = NULL;
	struct dirent *e;

	if (sysroot_path(PATCHES, &path) < 0)
		return;
	dir = opendir(path);
	while (dir && !*ret && (e = readdir(dir))) {
		_cleanup_free_ char *transition = NULL;

		if (e->d_name[0] == '.' || streq(e->d_name, LIVEPATCH_NAME))
			continue;
		if (asprintf(&transition, PATCHES "/%s/transition", e->d_name) < 0) {
			transition = NULL;
			return;
		}
		if (says(transition, "1"))
			snprintf(ret, size, "%.*s", (int)size - 1, e->d_name);
	}
}

void livepatch_look_patch(struct livepatch_patch *ret)
{
	struct livepatch_patch p = {
		.loaded = is_there(MODULES LIVEPATCH_NAME),
		.patched = is_there(PATCH),
		.enabled = says(PATCH "/enabled", "1"),
		.transition = says(PATCH "/transition", "1"),
	};

	look_for_others(p.other, sizeof(p.other));
	*ret = p;
}

/*
 * A symbol that is there twice cannot be told from its namesake; one with a suffix (".isra.0") has other arguments, and
 * one that is missing was inlined. None of them can be patched.
 */
static enum tristate look_for_function(void)
{
	_cleanup_free_ char *path = NULL, *line = NULL;
	bool any = false;
	size_t size = 0, n = 0;
	FILE *f;

	if (sysroot_path("/proc/kallsyms", &path) < 0)
		return TRI_UNKNOWN;
	f = fopen(path, "re");
	if (!f)
		return TRI_UNKNOWN;
	while (getline(&line, &size, f) > 0) {
		const char *name = strchr(line, ' '), *module = strstr(line, "\t[kvm]");

		if (!name || !module)
			continue;
		any = true;
		/* "ffffffffc0de1230 t name\t[kvm]" */
		name += strcspn(name, " ") + 3;
		if (name < module && (size_t)(module - name) == strlen(LIVEPATCH_FUNCTION) &&
		    memcmp(name, LIVEPATCH_FUNCTION, strlen(LIVEPATCH_FUNCTION)) == 0)
			n++;
	}
	fclose(f);
	return !any ? TRI_UNKNOWN : n == 1 ? TRI_YES : TRI_NO;
}

static void look_at_offsets(struct livepatch_state *s)
{
	struct kernel_btf btf;
	struct kvm_offsets o;

	s->vcpu_offset = s->regs_offset = -1;
	if (kernel_btf_open(&btf) < 0)
		return;
	if (btf_offsets(&btf, &o) == 0) {
		s->vcpu_offset = o.lapic_vcpu;
		s->regs_offset = o.lapic_regs;
	}
	kernel_btf_close(&btf);
}

/* "none [integrity] confidentiality": the word in brackets holds. Without securityfs, or Lockdown, there is none. */
static bool is_locked_down(void)
{
	_cleanup_free_ char *line = NULL;

	return sysroot_read_line("/sys/kernel/security/lockdown", &line) == 0 && strchr(line, '[') &&
	       !strstr(line, "[none]");
}

void livepatch_look(struct livepatch_state *ret)
{
	struct livepatch_state s = {.kvm_module = TRI_UNKNOWN, .function = TRI_UNKNOWN};
	struct host host;

	livepatch_look_patch(&s.patch);
	host_read(&host);
	memcpy(s.release, host.release, sizeof(s.release));
	memcpy(s.boot_id, host.boot_id, sizeof(s.boot_id));
	memcpy(s.kvm_build_id, host.kvm_build_id, sizeof(s.kvm_build_id));
	s.kvm_loaded = host.kvm_loaded;
	s.has_livepatch = is_there(PATCHES);
	/* Only what was loaded has a state; what is built in has parameters at most. */
	if (s.kvm_loaded)
		s.kvm_module = is_there(MODULES "kvm/initstate") ? TRI_YES : TRI_NO;
	if (s.kvm_module == TRI_YES) {
		s.function = look_for_function();
		look_at_offsets(&s);
	} else {
		s.vcpu_offset = s.regs_offset = -1;
	}
	s.heal_now = is_there(MODULES LIVEPATCH_NAME "/parameters/heal_tgid");
	s.lockdown = is_locked_down();
	s.sig_enforce = says(MODULES "module/parameters/sig_enforce", "Y");
	s.modules_disabled = says("/proc/sys/kernel/modules_disabled", "1");
	s.ftrace_disabled = says("/proc/sys/kernel/ftrace_enabled", "0");
	s.off = livepatch_switch();
	*ret = s;
}
