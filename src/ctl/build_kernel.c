/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel that avicctl fix build works for: may a livepatch of it be made, where are its headers, which kvm.ko has it? */
#include <elf.h>
#include <stdio.h>

#include "avicd/file.h"
#include "avicd/host.h"
#include "ctl/build.h"
#include "ctl/ctl.h"

#define CONFIG_SIZE_MAX	    (4 << 20)
#define OS_RELEASE_SIZE_MAX 65536
/* with all debug data; 1 to 3 MiB without */
#define KVM_SIZE_MAX	    (256 << 20)

void build_kernel_done(struct build_kernel *k)
{
	free_p(&k->headers);
	*k = (struct build_kernel){0};
}

bool build_config_has(const char *config, const char *line)
{
	size_t n = strlen(line);

	for (const char *at = config; (at = strstr(at, line)); at += n)
		if ((at == config || at[-1] == '\n') && (at[n] == '\n' || !at[n]))
			return true;
	return false;
}

/* ---- the package ---- */

/* Is one of the words of ID and ID_LIKE in os-release(5) @word? */
static bool os_is(const char *text, const char *word)
{
	for (const char *line = text; line && *line; line = strchr(line, '\n'), line = line ? line + 1 : NULL) {
		const char *value = startswith(line, "ID=") ? line + 3 : startswith(line, "ID_LIKE=") ? line + 8 : NULL;

		while (value && *value && *value != '\n') {
			size_t n = strcspn(value, "\"' \n");

			if (n == strlen(word) && memcmp(value, word, n) == 0)
				return true;
			value += n;
			value += strspn(value, "\"' ");
		}
	}
	return false;
}

void build_package(const char *release, char *ret, size_t size)
{
	/* the flavour is what stands behind the last '-' of the release */
	static const struct {
		const char *os, *in_release, *before;
		enum { NOTHING, RELEASE, FLAVOUR } what;
		const char *after;
	} rows[] = {
		{"debian", "-pve", "proxmox-headers-", RELEASE, ""},
		{"debian", "", "linux-headers-", RELEASE, ""},
		{"ubuntu", "", "linux-headers-", RELEASE, ""},
		{"ol", "uek", "kernel-uek-devel-", RELEASE, ""},
		{"rhel", "+rt", "kernel-rt-devel-", RELEASE, ""},
		{"fedora", "", "kernel-devel-", RELEASE, ""},
		{"rhel", "", "kernel-devel-", RELEASE, ""},
		{"suse", "-", "kernel-", FLAVOUR, "-devel"},
		{"opensuse", "-", "kernel-", FLAVOUR, "-devel"},
		{"arch", "-lts", "linux-lts-headers", NOTHING, ""},
		{"arch", "-zen", "linux-zen-headers", NOTHING, ""},
		{"arch", "-hardened", "linux-hardened-headers", NOTHING, ""},
		{"arch", "", "linux-headers", NOTHING, ""},
		{"alpine", "-", "linux-", FLAVOUR, "-dev"},
	};
	_cleanup_free_ char *text = NULL;
	const char *dash = strrchr(release, '-');
	int r = sysroot_read("/etc/os-release", OS_RELEASE_SIZE_MAX, &text, NULL);

	if (r < 0)
		r = sysroot_read("/usr/lib/os-release", OS_RELEASE_SIZE_MAX, &text, NULL);
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(rows); i++) {
		if (!os_is(text, rows[i].os) || !strstr(release, rows[i].in_release))
			continue;
		snprintf(ret, size, "%s%s%s", rows[i].before,
			 rows[i].what == RELEASE	   ? release
			 : rows[i].what == FLAVOUR && dash ? dash + 1
							   : "",
			 rows[i].after);
		return;
	}
	snprintf(ret, size, "the package with its headers, often linux-headers or kernel-devel");
}

/* ---- the build id of a kvm.ko that is not loaded ---- */

static int build_id_of_elf(const char *data, size_t len, char *ret, size_t size)
{
	Elf64_Ehdr h;

	if (len < sizeof(h) || memcmp(data, ELFMAG, SELFMAG) != 0)
		return -EBADMSG;
	memcpy(&h, data, sizeof(h));
	if (h.e_ident[EI_CLASS] != ELFCLASS64 || h.e_shentsize != sizeof(Elf64_Shdr) || h.e_shoff > len ||
	    h.e_shnum > (len - h.e_shoff) / sizeof(Elf64_Shdr))
		return -EBADMSG;
	*ret = '\0';
	for (unsigned i = 0; i < h.e_shnum && !*ret; i++) {
		Elf64_Shdr s;

		memcpy(&s, data + h.e_shoff + i * sizeof(s), sizeof(s));
		if (s.sh_type == SHT_NOTE && s.sh_offset <= len && s.sh_size <= len - s.sh_offset)
			host_build_id(data + s.sh_offset, s.sh_size, ret, size);
	}
	return *ret ? 0 : -EBADMSG;
}

int build_kvm_id(const char *release, char *ret, size_t size)
{
	static const char *const packed[] = {".xz", ".zst", ".gz"};
	_cleanup_free_ char *path = NULL, *data = NULL;
	size_t len;
	int r;

	if (asprintf(&path, "/lib/modules/%s/kernel/arch/x86/kvm/kvm.ko", release) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	r = sysroot_read(path, KVM_SIZE_MAX, &data, &len);
	if (r == 0)
		return build_id_of_elf(data, len, ret, size);
	for (size_t i = 0; r == -ENOENT && i < ARRAY_SIZE(packed); i++) {
		_cleanup_free_ char *other = NULL, *real = NULL;

		if (asprintf(&other, "%s%s", path, packed[i]) < 0) {
			other = NULL;
			return -ENOMEM;
		}
		if (sysroot_path(other, &real) == 0 && access(real, F_OK) == 0)
			r = -EPROTONOSUPPORT;
	}
	return r;
}

/* ---- may it be? ---- */

static int refuse_signature(const char *release, const char *what)
{
	ctl_error("kernel %s loads signed modules only (%s), and what is built here has no signature: let DKMS build "
		  "and sign it "
		  "with a key that is enrolled (mokutil), or boot a fixed kernel",
		  release, what);
	return outcome_info(OUTCOME_LOCKDOWN)->status;
}

/* What of the running kernel makes each module useless, and a build in vain. What a sysctl or a switch says may change. */
static int running_allows(const struct livepatch_state *state)
{
	char name[] = LIVEPATCH_NAME, path[] = "";
	struct livepatch_state s = *state;
	const struct livepatch_module fitting = {.path = path, .name = name, .vermagic = s.release, .is_signed = true};
	char why[LIVEPATCH_WHY_MAX];
	enum livepatch_outcome o;

	s.off = SWITCH_NONE;
	s.patch = (struct livepatch_patch){0};
	s.modules_disabled = s.ftrace_disabled = false;
	o = livepatch_allowed(&s, &fitting, 0, why);
	if (o != OUTCOME_DONE) {
		ctl_error("%s", why);
		return outcome_info(o)->status;
	}
	if (s.lockdown || s.sig_enforce)
		return refuse_signature(s.release, s.lockdown ? "lockdown" : "module.sig_enforce");
	if (!*s.kvm_build_id)
		return ctl_error(
			"the build id of kvm, which names its folder, is not in /sys/module/kvm/notes: use DKMS");
	return CTL_OK;
}

static int config_allows(const char *release, const char *config)
{
	int no_patch = outcome_info(OUTCOME_NO_PATCH)->status;

	if (!build_config_has(config, "CONFIG_LIVEPATCH=y")) {
		ctl_error(
			"kernel %s has no CONFIG_LIVEPATCH: use its vendor's own client (Oracle Linux: Ksplice), or a "
			"fixed kernel",
			release);
		return no_patch;
	}
	if (!build_config_has(config, "CONFIG_KVM=m")) {
		ctl_error("KVM is no module of kernel %s, and the livepatch is made for the module kvm: boot a fixed "
			  "kernel",
			  release);
		return no_patch;
	}
	if (build_config_has(config, "CONFIG_MODULE_SIG_FORCE=y"))
		return refuse_signature(release, "CONFIG_MODULE_SIG_FORCE");
	return CTL_OK;
}

static int need_headers(struct build_kernel *k, char **ret_config)
{
	_cleanup_free_ char *path = NULL, *makefile = NULL, *config = NULL;
	char package[256];
	int r = -ENOMEM;

	build_package(k->release, package, sizeof(package));
	if (asprintf(&path, "/lib/modules/%s/build", k->release) < 0)
		path = NULL;
	else
		r = sysroot_path(path, &k->headers);
	if (r == 0 && asprintf(&makefile, "%s/Makefile", k->headers) < 0) {
		makefile = NULL;
		r = -ENOMEM;
	}
	if (r == 0 && asprintf(&config, "%s/include/config/auto.conf", k->headers) < 0) {
		config = NULL;
		r = -ENOMEM;
	}
	if (r < 0)
		return ctl_error("out of memory");
	if (access(makefile, R_OK) < 0)
		return ctl_error("the headers of kernel %s are not there, in %s: install %s", k->release, k->headers,
				 package);
	r = file_read(config, CONFIG_SIZE_MAX, ret_config, NULL);
	if (r < 0)
		return ctl_error("the headers of kernel %s are not whole: %s: %s: install %s again", k->release, config,
				 strerror(-r), package);
	return CTL_OK;
}

/* Its kvm.ko is not loaded: the file tells its build id. */
static int need_build_id(struct build_kernel *k)
{
	int r = build_kvm_id(k->release, k->kvm_build_id, sizeof(k->kvm_build_id));

	if (r == -EPROTONOSUPPORT)
		return ctl_error("kvm.ko of kernel %s is compressed, so that its build id cannot be read: boot it, "
				 "then avicctl fix "
				 "build",
				 k->release);
	if (r < 0)
		return ctl_error("kvm.ko of kernel %s %s: boot it, then avicctl fix build", k->release,
				 r == -ENOENT ? "is not there" : "tells no build id");
	return CTL_OK;
}

int build_kernel(const char *release, struct build_kernel *ret)
{
	_cleanup_(build_kernel_done) struct build_kernel k = {0};
	_cleanup_free_ char *config = NULL;
	struct livepatch_state state;
	bool running;
	int r = CTL_OK;

	if (release &&
	    (!*release || *release == '.' || strlen(release) >= sizeof(k.release) ||
	     release[strspn(release, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_+~")]))
		return ctl_usage("fix", "--kernel=%s: no release of a kernel, as in /lib/modules", release);
	livepatch_look(&state);
	running = !release || streq(release, state.release);
	memcpy(k.release, state.release, sizeof(k.release));
	if (!running)
		snprintf(k.release, sizeof(k.release), "%s", release);
	else
		r = running_allows(&state);
	if (r == CTL_OK)
		r = need_headers(&k, &config);
	if (r == CTL_OK)
		r = config_allows(k.release, config);
	if (r == CTL_OK && running)
		memcpy(k.kvm_build_id, state.kvm_build_id, sizeof(k.kvm_build_id));
	else if (r == CTL_OK)
		r = need_build_id(&k);
	if (r != CTL_OK)
		return r;
	k.clang = build_config_has(config, "CONFIG_CC_IS_CLANG=y");
	k.lld = build_config_has(config, "CONFIG_LD_IS_LLD=y");
	*ret = k;
	k = (struct build_kernel){0};
	return CTL_OK;
}
