/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which livepatches the kernel has: with others it is another kernel, of which nothing is proved yet. */
#include <dirent.h>
#include <stdio.h>

#include "avicd/file.h"
#include "avicd/host.h"

#define FOLDER "/sys/kernel/livepatch"

static bool is_set(const char *patch, const char *file)
{
	_cleanup_free_ char *line = NULL;
	char path[512];
	int n = snprintf(path, sizeof(path), FOLDER "/%s/%s", patch, file);

	return n > 0 && n < (int)sizeof(path) && sysroot_read_line(path, &line) == 0 && *line == '1';
}

void host_livepatches(char *buf, size_t size)
{
	_cleanup_free_ char *path = NULL;
	struct dirent **list = NULL;
	size_t len = 0;
	int n;

	buf[0] = '\0';
	if (sysroot_path(FOLDER, &path) < 0)
		return;
	n = scandir(path, &list, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		const char *name = list[i]->d_name;
		bool moves = name[0] != '.' && is_set(name, "transition");
		int k = 0;

		if (moves || (name[0] != '.' && is_set(name, "enabled")))
			k = snprintf(buf + len, size - len, "%s%s%s", len ? " " : "", name, moves ? "~" : "");
		if (k > 0 && (size_t)k < size - len)
			len += (size_t)k;
		buf[len] = '\0';
		free(list[i]);
	}
	free(list);
}
