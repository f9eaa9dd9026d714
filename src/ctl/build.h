/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What avicctl fix build is made of: the kernel, its headers, the source, and the run of make. */
#ifndef AVICCTL_BUILD_H
#define AVICCTL_BUILD_H

#include <stdbool.h>
#include <stddef.h>

#include "avicd/livepatch.h"

struct build_kernel {
	char release[128];
	char kvm_build_id[41];
	char *headers; /* /lib/modules/RELEASE/build, below the system root */
	bool clang;    /* it was compiled by clang, or linked by lld: so must be what is loaded into it */
	bool lld;
};
void build_kernel_done(struct build_kernel *k);
/*
 * build_kernel() - the kernel @release, NULL: the running one. Says why not, and returns the exit status: of an
 * outcome of avicd/livepatch.h, or CTL_USAGE. *ret is to be done only after 0.
 */
int build_kernel(const char *release, struct build_kernel *ret);

/* build_config_has() - the line "KEY=VALUE" of include/config/auto.conf, which @config is the text of. */
bool build_config_has(const char *config, const char *line);
/*
 * build_kvm_id() - the build id of the kvm.ko that is installed for this kernel. 0; -ENOENT: there is none; -EPROTONOSUPPORT: it is
 * compressed; -EBADMSG: it has none; other errors of reading.
 */
int build_kvm_id(const char *release, char *ret, size_t size);
/* build_package() - how the package with the headers of this kernel is called here, by /etc/os-release. */
void build_package(const char *release, char *ret, size_t size);

/* A folder of our own, with a copy of the module's source. */
struct build_folder {
	char path[256]; /* "" none */
	char from[256]; /* where the source is */
};
/* build_folder_done() - it is removed, with all that is in it. */
void build_folder_done(struct build_folder *f);
/* build_folder() - says why not. 0 or CTL_FAILED. *ret is to be done in any case. */
int build_folder(struct build_folder *ret);

/*
 * build_make() - runs make, says why it failed, after the last lines of its log, which is kept as @log. 0 or CTL_FAILED. What was begun
 * is over when it returns, also after Ctrl-C.
 */
int build_make(const struct build_kernel *k, const struct build_folder *f, const char *log);
/*
 * build_failed() - prints the last lines of the log, which is open as @fd, keeps it as @log, and says what is wrong. @status: of
 * waitpid(). Returns CTL_FAILED.
 */
int build_failed(int fd, int status, const struct build_folder *f, const char *log);

#endif
