/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The few things that avicd-livepatch does to the kernel. Not among them: `force` of a livepatch, after which it can never be removed. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>

#include "avicd/clock.h"
#include "avicd/file.h"
#include "fix/kmod.h"
#include "helper.h"

#define POLL_NS (100 * NSEC_PER_MSEC)

/* The kernel is this machine's, whatever the system root says. */
static bool is_pretended(void)
{
	return getenv("AVICD_SYSROOT") != NULL;
}

int kernel_insert(const char *path, int vcpu_offset, int regs_offset)
{
	_cleanup_kmod_ struct kmod_ctx *ctx = kmod_begin(NULL, NULL);
	_cleanup_kmod_module_ struct kmod_module *mod = NULL;
	char options[64];
	int r;

	if (is_pretended())
		return -EOPNOTSUPP;
	if (!ctx)
		return -ENOMEM;
	r = kmod_module_new_from_path(ctx, path, &mod);
	if (r < 0)
		return r;
	snprintf(options, sizeof(options), "vcpu=%d regs=%d", vcpu_offset, regs_offset);
	return kmod_module_insert_module(mod, 0, options);
}

int kernel_insert_kvm(void)
{
	_cleanup_kmod_ struct kmod_ctx *ctx = kmod_begin(NULL, NULL);
	_cleanup_kmod_module_ struct kmod_module *mod = NULL;
	int r;

	if (is_pretended())
		return -EOPNOTSUPP;
	if (!ctx)
		return -ENOMEM;
	r = kmod_module_new_from_name(ctx, "kvm", &mod);
	if (r < 0)
		return r;
	/* with what it depends on; commands of modprobe.d are not run */
	return kmod_module_probe_insert_module(mod, KMOD_PROBE_IGNORE_COMMAND, NULL, NULL, NULL, NULL);
}

int kernel_remove(void)
{
	if (is_pretended())
		return -EOPNOTSUPP;
	return syscall(SYS_delete_module, LIVEPATCH_NAME, O_NONBLOCK) < 0 ? -errno : 0;
}

static int write_file(const char *path, const char *value)
{
	_cleanup_free_ char *p = NULL;
	_cleanup_close_ int fd = -EBADF;
	int r = sysroot_path(path, &p);

	if (r < 0)
		return r;
	fd = open(p, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return -errno;
	return write(fd, value, strlen(value)) < 0 ? -errno : 0;
}

int kernel_write(const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/kernel/livepatch/" LIVEPATCH_NAME "/%s", name);
	return write_file(path, value);
}

int kernel_heal(int tgid)
{
	char value[16];

	snprintf(value, sizeof(value), "%d", tgid);
	return write_file("/sys/module/" LIVEPATCH_NAME "/parameters/heal_tgid", value);
}

bool kernel_wait(uint64_t deadline)
{
	static const struct timespec poll = {.tv_nsec = POLL_NS};

	if (now_ns() >= deadline)
		return false;
	nanosleep(&poll, NULL);
	return true;
}

int kernel_wait_patch(bool gone, uint64_t deadline)
{
	uint64_t begin = now_ns(), half = begin + (MAX(deadline, begin) - begin) / 2;
	bool poked = false;

	for (;;) {
		struct livepatch_patch p;

		livepatch_look_patch(&p);
		if (gone ? !p.patched : !p.transition)
			return 0;
		if (!kernel_wait(deadline))
			return -ETIMEDOUT;
		if (!poked && now_ns() >= half) {
			/* From 5.1 on there is no such file: the kernel does it every 15 s itself. */
			kernel_write("signal", "1");
			poked = true;
		}
	}
}
