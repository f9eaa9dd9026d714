/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Times programs from their start to their end, one after the other in each round, so that a busy machine is busy for all of them:
 * bench-spawn ROUNDS STDIN COMMAND... [:: COMMAND...]. For each: median of the wall time in ms, and its ratio to the first one's.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COMMANDS_MAX 16

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double run(char **argv, const char *input)
{
	posix_spawn_file_actions_t actions;
	double begun = now_ms();
	int status;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	if (posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ) != 0 || waitpid(pid, &status, 0) < 0 ||
	    !WIFEXITED(status) || WEXITSTATUS(status) >= 126) {
		fprintf(stderr, "bench-spawn: %s cannot be run\n", argv[0]);
		exit(1);
	}
	posix_spawn_file_actions_destroy(&actions);
	return now_ms() - begun;
}

int main(int argc, char **argv)
{
	char **commands[COMMANDS_MAX];
	size_t n = 0, rounds;
	double *times, first = 0;

	if (argc < 4)
		return 2;
	rounds = strtoul(argv[1], NULL, 10);
	commands[n++] = argv + 3;
	for (char **a = argv + 3; *a && n < COMMANDS_MAX; a++)
		if (strcmp(*a, "::") == 0) {
			*a = NULL;
			commands[n++] = a + 1;
		}
	times = calloc(n * rounds, sizeof(*times));
	if (!times || !rounds)
		return 1;
	for (size_t i = 0; i < rounds; i++)
		for (size_t c = 0; c < n; c++)
			times[c * rounds + i] = run(commands[c], argv[2]);
	for (size_t c = 0; c < n; c++) {
		double median;

		qsort(times + c * rounds, rounds, sizeof(*times), compare);
		median = times[c * rounds + rounds / 2];
		if (c == 0)
			first = median;
		printf("%.2f %.2f\n", median, median / first);
	}
	free(times);
	return 0;
}
