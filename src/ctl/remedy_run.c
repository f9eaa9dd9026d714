/* SPDX-License-Identifier: GPL-2.0-or-later */
/* avicctl remedy run: avicd is asked for a remedy, and the job is followed to its end. It goes on whether or not anybody follows. */
#include <stdio.h>

#include "avicd/clock.h"
#include "avicd/job.h"
#include "avicd/jsonc.h"
#include "avicd/text.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/field.h"
#include "ctl/fix.h"
#include "ctl/remedy.h"

#define LOOK_NS (500 * NSEC_PER_MSEC)
#define BAR_MAX 30
#define REFUSED "org.avicd1.Error.Refused"

static int append_string(sd_bus_message *m, const char *key, const char *value)
{
	return value ? sd_bus_message_append(m, "{sv}", key, "s", value) : 0;
}

static int append_risks(sd_bus_message *m, const struct remedy_request *rq)
{
	int r = sd_bus_message_open_container(m, 'e', "sv");

	if (r >= 0)
		r = sd_bus_message_append(m, "s", "accept_risks");
	if (r >= 0)
		r = sd_bus_message_open_container(m, 'v', "as");
	if (r >= 0)
		r = sd_bus_message_open_container(m, 'a', "s");
	for (size_t i = 0; r >= 0 && i < rq->n_risks; i++)
		r = sd_bus_message_append(m, "s", rq->risks[i]);
	for (int i = 0; r >= 0 && i < 3; i++)
		r = sd_bus_message_close_container(m);
	return r;
}

static int append_run(sd_bus_message *m, const void *data)
{
	const struct remedy_request *rq = data;
	int r = sd_bus_message_append(m, "s", rq->arg);

	if (r >= 0)
		r = sd_bus_message_open_container(m, 'a', "{sv}");
	if (r >= 0)
		r = append_string(m, "remedy", rq->remedy);
	if (r >= 0)
		r = append_string(m, "target", rq->target);
	if (r >= 0)
		r = sd_bus_message_append(m, "{sv}", "dry_run", "b", (int)rq->dry_run);
	if (r >= 0)
		r = append_risks(m, rq);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

/* "[######......] 1.2 of 4.0 GiB, 310 MiB/s, 9s left" */
static void print_bar(json_object *j)
{
	json_object *p = field(j, "progress");
	uint64_t done = (uint64_t)field_int(p, "done_kib"), total = (uint64_t)field_int(p, "total_kib");
	uint64_t rate = (uint64_t)field_int(p, "rate_kib");
	size_t width = MIN(ctl_width() / 3, (size_t)BAR_MAX),
	       full = total ? (size_t)(MIN(done, total) * width / total) : 0;
	char left[DURATION_MAX];

	fprintf(stderr, "\r\033[K%-9s ", field_text(j, "phase"));
	if (total) {
		putc('[', stderr);
		for (size_t i = 0; i < width; i++)
			putc(i < full ? '#' : '.', stderr);
		fprintf(stderr, "] %.1f of %.1f GiB", (double)done / (1 << 20), (double)total / (1 << 20));
	}
	if (total && rate)
		fprintf(stderr, ", %llu MiB/s, %s left", (unsigned long long)(rate >> 10),
			format_duration(total > done ? (total - done) / rate * NSEC_PER_SEC : 0, left, sizeof(left)));
	if (!total)
		fputs(field_str(j, "why") ?: "", stderr);
}

/* A line for each phase; on a terminal one line that moves. */
static void show_progress(json_object *j, char *last, size_t size)
{
	if (ctl_options.json)
		return;
	if (isatty(STDERR_FILENO)) {
		print_bar(j);
		return;
	}
	if (streq(field_text(j, "phase"), last))
		return;
	snprintf(last, size, "%s", field_text(j, "phase"));
	if (!streq(last, "ended"))
		fprintf(stderr, "%s%s%s\n", last, field_str(j, "why") ? ": " : "", field_str(j, "why") ?: "");
}

static int conclude(json_object *j)
{
	enum job_result r = RESULT_NONE + 1;
	const char *word = field_text(j, "result");

	while (r < RESULT_ALARM && !streq(job_result_to_string(r), word))
		r++;
	if (ctl_options.json)
		ctl_print_json(j);
	else
		printf("%s%s%s: %s\n",
		       r == RESULT_DONE	   ? ctl_green()
		       : r == RESULT_ALARM ? ctl_red()
					   : ctl_yellow(),
		       word, ctl_normal(), field_text(j, "why"));
	return job_exit_status(r);
}

static int follow(sd_bus *bus, const char *path)
{
	char last[16] = "";

	asking_catch();
	for (;;) {
		_cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
		_cleanup_json_ json_object *j = NULL;
		int r = remedy_describe(bus, path, &j, &error);

		if (r < 0)
			return ctl_error("avicd went away; the job goes on: avicctl remedy jobs");
		show_progress(j, last, sizeof(last));
		if (streq(field_text(j, "phase"), "ended")) {
			if (isatty(STDERR_FILENO) && !ctl_options.json)
				fputs("\r\033[K", stderr);
			return conclude(j);
		}
		if (asking_interrupted) {
			if (isatty(STDERR_FILENO))
				putc('\n', stderr);
			return ctl_error("the job goes on; to end it: avicctl remedy cancel %s", field_text(j, "id"));
		}
		usleep(LOOK_NS / 1000);
	}
}

/* Not followed: what to follow it by. */
static int leave(sd_bus *bus, const char *path)
{
	_cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_json_ json_object *j = NULL;
	int r = remedy_describe(bus, path, &j, &error);

	if (r < 0)
		return asking_failed(&error, r);
	if (ctl_options.json)
		ctl_print_json(j);
	else
		printf("%s: begun; see: avicctl remedy show %s\n", field_text(j, "id"), field_text(j, "id"));
	return CTL_OK;
}

int remedy_run(const struct remedy_request *rq)
{
	_cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
	_cleanup_bus_ sd_bus *bus = NULL;
	const char *path;
	int r = asking_open(&bus);

	if (r != CTL_OK)
		return r;
	/* a heal gives a running guest its AVIC back on this kernel */
	if (rq->remedy && streq(rq->remedy, "heal"))
		fix_print_risks();
	r = asking_call(bus, AVICD_BUS_PATH, AVICD_BUS_MANAGER, "RunRemedy", append_run, rq, &reply, &error);
	if (r >= 0)
		r = sd_bus_message_read(reply, "o", &path);
	if (r < 0 && sd_bus_error_has_name(&error, REFUSED)) {
		ctl_error("%s; see: avicctl remedy plan %s", error.message, rq->arg);
		return job_exit_status(RESULT_REFUSED);
	}
	if (r < 0)
		return asking_failed(&error, r);
	return rq->no_wait ? leave(bus, path) : follow(bus, path);
}
