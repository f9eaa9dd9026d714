/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The folder of the jobs. */
#include <dirent.h>
#include <stdio.h>

#include "avicd/file.h"
#include "avicd/job.h"

static int is_job(const struct dirent *d)
{
	char id[JOB_ID_MAX];
	size_t len = strlen(d->d_name), end = strlen(".job");

	if (len <= end || len - end >= sizeof(id) || !streq(d->d_name + len - end, ".job"))
		return 0;
	memcpy(id, d->d_name, len - end);
	id[len - end] = '\0';
	return job_id_ok(id);
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int job_list(const char *dir, char ***ret)
{
	struct dirent **entries = NULL;
	int n = scandir(dir, &entries, is_job, by_bytes);
	char **list;
	bool failed;

	if (n < 0 && errno != ENOENT)
		return -errno;
	n = MAX(n, 0);
	list = calloc((size_t)n + 1, sizeof(*list));
	failed = !list;
	for (int i = 0; i < n; i++) {
		if (list)
			list[i] = strndup(entries[i]->d_name, strlen(entries[i]->d_name) - strlen(".job"));
		failed |= !list || !list[i];
		free(entries[i]);
	}
	free(entries);
	if (failed) {
		for (int i = 0; list && i < n; i++)
			free(list[i]);
		free(list);
		return -ENOMEM;
	}
	*ret = list;
	return 0;
}

int job_remove(const char *dir, const char *id)
{
	/* the order counts: a state without its job is nothing, a job without its state would begin again */
	static const char *const suffixes[] = {".job", ".state"};
	int r = 0;

	if (!job_id_ok(id))
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		_cleanup_free_ char *path = NULL;

		if (asprintf(&path, "%s/%s%s", dir, id, suffixes[i]) < 0) {
			path = NULL;
			return -ENOMEM;
		}
		if (unlink(path) < 0 && errno != ENOENT)
			return -errno;
		if (i == 0)
			r = file_sync_dir(path);
	}
	return r == -ENOENT ? 0 : r;
}
