/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the event in the kernel to the D-Bus signal at a client: N processes run avicd's own program one after the other (a VM that
 * appears), and the client looks at its clock when the signal that names the process is there.
 *
 * Arguments: PID of avicd, number of samples.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>

#include "avicd/clock.h"
#include "avicd/util.h"
#include "../find-prog.h"

struct wait {
	char pid[16];
	uint64_t at;
};

static int on_event(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct wait *w = userdata;
	const char *word, *vm, *sentence, *json;

	if (sd_bus_message_read(m, "soss", &word, &vm, &sentence, &json) < 0)
		return 0;
	if (!w->at && streq(word, "vm-appeared") && strstr(json, w->pid))
		w->at = now_ns();
	return 0;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

int main(int argc, char *argv[])
{
	int fd = argc > 1 ? find_prog(argv[1]) : -1, n = argc > 2 ? atoi(argv[2]) : 200, got = 0;
	_cleanup_free_ uint64_t *took = calloc((size_t)n, sizeof(*took));
	uint64_t *begin = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct wait w = {};
	sd_bus *bus = NULL;

	if (fd < 0 || !took || begin == MAP_FAILED || sd_bus_open_system(&bus) < 0 ||
	    sd_bus_match_signal(bus, NULL, "org.avicd1", "/org/avicd1", "org.avicd1.Manager", "Event", on_event, &w) < 0) {
		printf("# skipped: no avicd with BPF on this bus\n");
		return 77;
	}
	for (int i = 0; i < n; i++) {
		unsigned long long ctx[3] = { 2, 1, 4 }; /* ABSENT is set: a VM is made */
		LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = ctx, .ctx_size_in = sizeof(ctx));
		uint64_t end = now_ns() + 2 * NSEC_PER_SEC;
		int go[2], done[2];
		char c = 0;
		pid_t p;

		if (pipe(go) || pipe(done))
			return 1;
		p = fork();
		if (p == 0) {
			close(go[1]);
			close(done[1]);
			if (read(go[0], &c, 1) != 1)
				_exit(1);
			*begin = now_ns();
			bpf_prog_test_run_opts(fd, &opts);
			_exit(read(done[0], &c, 1) < 0);
		}
		w = (struct wait){};
		snprintf(w.pid, sizeof(w.pid), "\"pid\":%d,", (int)p);
		if (write(go[1], &c, 1) != 1)
			return 1;
		while (!w.at && now_ns() < end) {
			int r = sd_bus_process(bus, NULL);

			if (r < 0)
				return 1;
			if (r == 0)
				sd_bus_wait(bus, 100000);
		}
		if (w.at)
			took[got++] = w.at - *begin;
		close(go[0]);
		close(go[1]);
		close(done[0]);
		close(done[1]);
		waitpid(p, NULL, 0);
	}
	qsort(took, (size_t)got, sizeof(*took), by_value);
	if (!got)
		return 1;
	printf("signal_p50_ms %.2f ms\n", (double)took[got / 2] / 1e6);
	printf("signal_p99_ms %.2f ms of %d samples, %d missed (goal <= 20)\n", (double)took[got * 99 / 100] / 1e6, n, n - got);
	sd_bus_unref(bus);
	return got < n;
}
