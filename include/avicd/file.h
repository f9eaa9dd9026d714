/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files: reading with a limit, atomic writing, the replaceable system root, systemd's directories. */
#ifndef AVICD_FILE_H
#define AVICD_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "avicd/util.h"

/* sysroot_path() - @path below $AVICD_SYSROOT (tests), or as it is. Caller frees. -ENOMEM. */
int sysroot_path(const char *path, char **ret);
/*
 * file_read() - whole file, NUL appended, up to @max bytes: -EFBIG beyond. Works on /proc and /sys (size 0).
 * @ret_len may be NULL. Caller frees. file_read_line(): the first line, without newline.
 */
int file_read(const char *path, size_t max, char **ret, size_t *ret_len);
int file_read_line(const char *path, char **ret);
/* file_read_fd() - from an open file, which stays open, to its end. */
int file_read_fd(int fd, size_t max, char **ret, size_t *ret_len);
/* Same, relative to the sysroot. */
int sysroot_read(const char *path, size_t max, char **ret, size_t *ret_len);
int sysroot_read_line(const char *path, char **ret);
/*
 * file_write_atomic() - temporary file beside @path, rename over it; readers see the old or the new file, never a part.
 * @sync: fsync file and directory first (duty state). Negative errno; the temporary file is removed on error.
 */
int file_write_atomic(const char *path, const void *data, size_t len, mode_t mode, bool sync);
/* file_sync_dir() - the directory that @path is in is on the disk, with its entries. */
int file_sync_dir(const char *path);
/* mkdir_p() - directory and parents, existing is fine. */
int mkdir_p(const char *path, mode_t mode);

/* dir_runtime() etc. - $RUNTIME_DIRECTORY or /run/avicd; $STATE_DIRECTORY or /var/lib/avicd; $CONFIGURATION_DIRECTORY or
 * /etc/avicd. First entry where systemd gives several, separated by ':'. The pointer is valid for the life of the process. */
const char *dir_runtime(void);
const char *dir_state(void);
const char *dir_config(void);

#endif
