/* SPDX-License-Identifier: GPL-2.0-or-later */
/* avicctl fix status, disable and enable: works without avicd, which alone knows what is proved. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>

#include "avicd/advisory.h"
#include "avicd/capability.h"
#include "avicd/file.h"
#include "avicd/livepatch.h"
#include "avicd/report.h"
#include "avicd/text.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/field.h"
#include "ctl/fix.h"

#define SAID_MAX 256

struct picture {
	struct livepatch_state state;
	struct livepatch_module module;
	int find_error;
	char refusal[LIVEPATCH_WHY_MAX]; /* "" none */
	char went_down[LIVEPATCH_WHY_MAX];
	bool verified;
	json_object *host;     /* host.json of a running avicd, or NULL */
	char better[SAID_MAX]; /* a kernel that is installed, and has no bug by its version; "" */
};

/* ---- kernels that are installed ---- */

/*
 * What a kernel's image says of itself, as in /proc/version: "6.1.0-56-amd64 (debian-kernel@...) #1 SMP ... Debian 6.1.192-1". The boot
 * protocol (Documentation/arch/x86/boot.rst) has its place, less 0x200, at 0x20e, behind the magic "HdrS" at 0x202.
 */
static int image_says(const char *release, char ret[static SAID_MAX])
{
	_cleanup_free_ char *path = NULL, *real = NULL;
	_cleanup_close_ int fd = -EBADF;
	unsigned char head[14];
	ssize_t n;

	if (asprintf(&path, "/boot/vmlinuz-%s", release) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	if (sysroot_path(path, &real) < 0)
		return -ENOMEM;
	fd = open(real, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	if (pread(fd, head, sizeof(head), 0x202) != sizeof(head) || memcmp(head, "HdrS", 4))
		return -EBADMSG;
	n = pread(fd, ret, SAID_MAX - 1, 0x200 + (head[12] | head[13] << 8));
	if (n <= 0)
		return -EBADMSG;
	ret[n] = '\0';
	return 0;
}

static bool has_no_bug(const char *release)
{
	/* of the worst host, as it may be one with x2AVIC */
	const struct advisory_host worst = {"", TRI_YES, TRI_YES, TRI_YES};
	char says[SAID_MAX];

	if (image_says(release, says) < 0)
		return false;
	for (int b = 0; b < _PROBE_BUG_MAX; b++) {
		const struct advisory *a = advisory_of_probe(bug_info((enum probe_bug)b)->word);

		if (!a || advisory_suggests(a, release, says, &worst) != TRI_NO)
			return false;
	}
	return true;
}

static void find_better(struct picture *p)
{
	_cleanup_free_ char *path = NULL;
	struct dirent *e;
	DIR *d;

	if (sysroot_path("/lib/modules", &path) < 0)
		return;
	d = opendir(path);
	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.' && !streq(e->d_name, p->state.release) &&
		    strverscmp(e->d_name, p->better) > 0 && has_no_bug(e->d_name))
			snprintf(p->better, sizeof(p->better), "%s", e->d_name);
	if (d)
		closedir(d);
}

/* ---- what there is ---- */

static void picture_done(struct picture *p)
{
	livepatch_module_done(&p->module);
	json_object_put(p->host);
}

static void look(struct picture *p)
{
	livepatch_look(&p->state);
	p->find_error = livepatch_find_module(&p->state, &p->module);
	if (livepatch_allowed(&p->state, p->find_error < 0 ? NULL : &p->module, p->find_error, p->refusal) ==
	    OUTCOME_DONE)
		p->refusal[0] = '\0';
	if (!livepatch_went_down(p->state.boot_id, p->went_down))
		p->went_down[0] = '\0';
	p->verified = p->find_error >= 0 && livepatch_is_verified(&p->state, &p->module);
	if (client_host(&p->host) < 0)
		p->host = NULL;
}

static const char *loaded_word(const struct livepatch_patch *p)
{
	if (!p->loaded)
		return "none";
	if (p->transition)
		return p->enabled ? "loaded, in transition" : "being disabled";
	return p->enabled ? "loaded" : "disabled";
}

/* By the probe; without avicd nothing is known. */
static int judge(const struct picture *p)
{
	json_object *probe = field(p->host, "probe");

	for (int b = 0; b < _PROBE_BUG_MAX; b++)
		if (streq(field_text(field(probe, bug_info((enum probe_bug)b)->word), "result"), "vulnerable"))
			return CTL_ATTENTION;
	return streq(field_text(field(probe, bug_info(PROBE_REBOOT)->word), "result"), "fixed") ? CTL_OK : CTL_UNKNOWN;
}

static void print_probe(const struct picture *p)
{
	_cleanup_text_ struct text t = {0};

	for (int b = 0; b < _PROBE_BUG_MAX; b++) {
		const char *word = bug_info((enum probe_bug)b)->word;

		text_addf(&t, "%s%s %s", b ? ", " : "", word,
			  field_text(field(field(p->host, "probe"), word), "result"));
	}
	ctl_field("Bugs", "%s", p->host ? t.s : "not known: avicd is not running; avicctl fix probe asks the kernel");
}

static void print(const struct picture *p, int verdict)
{
	json_object *l = field(p->host, "livepatch");
	const char *why = field_str(l, "why");

	ctl_field("Livepatch", "%s%s", loaded_word(&p->state.patch),
		  p->state.patch.other[0] ? "; another one is in transition" : "");
	if (l)
		ctl_field("State", "%s%s%s", field_text(l, "state"), why ? ": " : "", why ?: "");
	print_probe(p);
	if (p->find_error >= 0)
		ctl_field("Module", "%s", p->module.path);
	if (p->refusal[0] && verdict != CTL_OK)
		ctl_field("Not loaded", "%s", p->refusal);
	ctl_field("Next boot", "%s",
		  p->went_down[0]		? p->went_down
		  : p->state.off != SWITCH_NONE ? livepatch_switch_says(p->state.off)
		  : p->verified			? "it is loaded, as it was proved on this kernel"
						: "it is not loaded");
	if (p->better[0] && verdict != CTL_OK)
		ctl_field("Kernel", "%s is installed and, by its version, has no such bug: reboot into it", p->better);
}

static void print_json(const struct picture *p)
{
	_cleanup_json_ json_object *o = json_object_new_object();
	const struct livepatch_state *s = &p->state;

	json_object_object_add(o, "schema", json_object_new_string(REPORT_SCHEMA));
	json_object_object_add(o, "kernel_release", json_object_new_string(s->release));
	json_object_object_add(o, "kvm_build_id", json_object_new_string(s->kvm_build_id));
	json_object_object_add(o, "loaded", json_object_new_boolean(s->patch.loaded));
	json_object_object_add(o, "enabled", json_object_new_boolean(s->patch.enabled));
	json_object_object_add(o, "transition", json_object_new_boolean(s->patch.transition));
	json_object_object_add(o, "module", p->find_error >= 0 ? json_object_new_string(p->module.path) : NULL);
	json_object_object_add(o, "refusal", p->refusal[0] ? json_object_new_string(p->refusal) : NULL);
	json_object_object_add(o, "verified", json_object_new_boolean(p->verified));
	json_object_object_add(o, "went_down", json_object_new_boolean(p->went_down[0]));
	json_object_object_add(o, "switched_off", json_object_new_boolean(s->off != SWITCH_NONE));
	json_object_object_add(o, "reboot_into", p->better[0] ? json_object_new_string(p->better) : NULL);
	json_object_object_add(o, "probe", json_object_get(field(p->host, "probe")));
	json_object_object_add(o, "livepatch", json_object_get(field(p->host, "livepatch")));
	ctl_print_json(o);
}

int fix_status(const struct fix_request *rq _unused_)
{
	_cleanup_(picture_done) struct picture p = {0};
	int verdict;

	if (geteuid() != 0)
		return ctl_error("what is proved, and what will be loaded, is root's to read: run it with sudo");
	look(&p);
	verdict = judge(&p);
	if (verdict != CTL_OK)
		find_better(&p);
	if (ctl_options.json)
		print_json(&p);
	else
		print(&p, verdict);
	return verdict;
}

/* ---- the switch ---- */

static int need_file(char **ret)
{
	if (livepatch_disabled_file(ret) < 0)
		return ctl_error("out of memory");
	return CTL_OK;
}

int fix_disable(const struct fix_request *rq _unused_)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int fd = -EBADF;
	struct livepatch_patch patch;
	int r = need_file(&path);

	if (r != CTL_OK)
		return r;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0 && errno == ENOENT)
		return ctl_error("%s: its folder is not there: start avicd once, or make it", path);
	if (fd < 0)
		return ctl_error("%s: %s", path, strerror(errno));
	livepatch_look_patch(&patch);
	printf("the livepatch is switched off, also for the next boot%s\n",
	       patch.loaded ? "; what is loaded stays: avicctl fix rollback" : "");
	return CTL_OK;
}

int fix_enable(const struct fix_request *rq _unused_)
{
	_cleanup_free_ char *path = NULL;
	enum livepatch_switch off;
	int r = need_file(&path);

	if (r != CTL_OK)
		return r;
	if (unlink(path) < 0 && errno != ENOENT)
		return ctl_error("%s: %s", path, strerror(errno));
	off = livepatch_switch();
	if (off != SWITCH_NONE) {
		ctl_error("%s", livepatch_switch_says(off));
		return CTL_ATTENTION;
	}
	printf("the livepatch may be used\n");
	return CTL_OK;
}
