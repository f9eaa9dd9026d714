/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stalled-print TARGET MAX - stalled_tasks(): "task PID TID COMM", then its frames, "  FRAME". Status 3: error. */
#include <stdio.h>

#include "avicd/stalled.h"

int main(int argc, char *argv[])
{
	_cleanup_free_ struct stalled_task *tasks = NULL;
	size_t max = argc > 2 ? (size_t)atoi(argv[2]) : 0;
	int n;

	if (argc != 3)
		return 2;
	tasks = calloc(max + 1, sizeof(*tasks));
	if (!tasks)
		return 2;
	n = stalled_tasks(atoi(argv[1]), tasks, max);
	if (n < 0) {
		printf("error %s\n", strerrorname_np(-n));
		return 3;
	}
	for (int i = 0; i < n; i++) {
		printf("task %d %d %s\n", tasks[i].pid, tasks[i].tid, tasks[i].comm);
		for (char **f = tasks[i].stack; *f; f++)
			printf("  %s\n", *f);
	}
	stalled_tasks_done(tasks, (size_t)n);
	return 0;
}
