/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Do AppArmor and SELinux let libvirt run the hook, and the hook its program? */
#include <stdio.h>
#include <sys/xattr.h>

#include "avicd/file.h"
#include "avicd/text.h"
#include "avicd/util.h"
#include "ctl/hook.h"

#define LABEL_MAX 256

static bool selinux_enforces(void)
{
	_cleanup_free_ char *enforce = NULL;

	return sysroot_read_line("/sys/fs/selinux/enforce", &enforce) == 0 && streq(enforce, "1");
}

/* The third word of the label "user:role:type:level". */
static int selinux_type(const char *file, char ret[static LABEL_MAX])
{
	_cleanup_free_ char *path = NULL;
	char label[LABEL_MAX] = "", *rest = label;
	const char *type = NULL;
	int r = sysroot_path(file, &path);

	if (r < 0)
		return r;
	if (getxattr(path, "security.selinux", label, sizeof(label) - 1) < 0)
		return -errno;
	for (int i = 0; i < 3 && rest; i++)
		type = strsep(&rest, ":");
	if (!type || !*type)
		return -EINVAL;
	snprintf(ret, LABEL_MAX, "%s", type);
	return 0;
}

bool hook_selinux_refuses(void)
{
	_cleanup_free_ char *program = NULL;

	return selinux_enforces() && sysroot_path("/usr/sbin/virtqemud", &program) == 0 && access(program, X_OK) == 0;
}

/* Debian's and Ubuntu's profile of libvirtd lets hooks run what is in these folders, and its local part what a site adds. */
static bool apparmor_lets_run(const char *daemon)
{
	static const char *const folders[] = {"/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"};
	_cleanup_free_ char *local = NULL;
	char path[64];

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (startswith(HOOK_PROGRAM, folders[i]))
			return true;
	snprintf(path, sizeof(path), "/etc/apparmor.d/local/usr.sbin.%s", daemon);
	return sysroot_read(path, 1024 * 1024, &local, NULL) == 0 && strstr(local, HOOK_PROGRAM);
}

void hook_find_confinement(struct findings *to)
{
	static const char *const id = "confinement", *const check = "if libvirt's confinement lets it work";
	char label[LABEL_MAX], folder[LABEL_MAX];

	if (hook_selinux_refuses()) {
		findings_add(to, id, check, GRADE_WARN,
			     "SELinux is enforcing, and policies have no rule that lets virtqemud run hooks: then no "
			     "VM starts");
		findings_remedy(
			to, "sesearch -A -s virtqemud_t -t virt_hook_t -c file -p execute; without a rule add one, or "
			    "avicctl hook remove");
		return;
	}
	/* what was moved here from elsewhere keeps the label of there, and libvirt may have no right to it */
	if (selinux_enforces() && selinux_type(HOOK_FILE, label) == 0 && selinux_type(HOOKS_DIR, folder) == 0 &&
	    !streq(label, folder)) {
		findings_add(to, id, check, GRADE_WARN, "SELinux: it is labelled %s, and libvirt's folder %s", label,
			     folder);
		findings_remedy(to, "restorecon -v %s", HOOK_FILE);
		return;
	}
	for (size_t i = 0; i < HOOK_DAEMONS; i++) {
		_cleanup_free_ char *profile = NULL;
		char path[64];
		double start;
		int pid = hook_daemon(hook_daemons[i], &start);

		snprintf(path, sizeof(path), "/proc/%d/attr/current", pid);
		if (pid <= 0 || sysroot_read_line(path, &profile) < 0 || !strstr(profile, "(enforce)") ||
		    apparmor_lets_run(hook_daemons[i]))
			continue;
		findings_add(to, id, check, GRADE_WARN, "AppArmor's profile of %s does not let hooks run %s",
			     hook_daemons[i], HOOK_PROGRAM);
		findings_remedy(to, "'%s PUx,' into /etc/apparmor.d/local/usr.sbin.%s, then systemctl reload apparmor",
				HOOK_PROGRAM, hook_daemons[i]);
		return;
	}
	findings_add(to, id, check, GRADE_PASS, NULL);
}
