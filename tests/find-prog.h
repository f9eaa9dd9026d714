/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which BPF program a running avicd has attached: for test runs that put events of any mask through it. */
#ifndef AVICD_TESTS_FIND_PROG_H
#define AVICD_TESTS_FIND_PROG_H

#include <bpf/bpf.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The program named inhibit_changed among the open files of process @avicd. */
static int find_prog(const char *avicd)
{
	char dir_path[64], path[400], line[128];
	struct dirent *d;
	DIR *dir;
	int found = -1;

	snprintf(dir_path, sizeof(dir_path), "/proc/%.20s/fdinfo", avicd);
	dir = opendir(dir_path);
	while (dir && found < 0 && (d = readdir(dir))) {
		FILE *f;

		snprintf(path, sizeof(path), "%s/%s", dir_path, d->d_name);
		f = fopen(path, "re");
		while (f && fgets(line, sizeof(line), f)) {
			struct bpf_prog_info info = {};
			unsigned len = sizeof(info), id;
			int fd;

			if (sscanf(line, "prog_id: %u", &id) != 1)
				continue;
			fd = bpf_prog_get_fd_by_id(id);
			if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len) && !strncmp(info.name, "inhibit_changed", 15))
				found = fd;
			else if (fd >= 0)
				close(fd);
		}
		if (f)
			fclose(f);
	}
	if (dir)
		closedir(dir);
	return found;
}

#endif
