/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that avicd writes. */
#include <stdio.h>

#include "avicd/file.h"
#include "avicd/log.h"
#include "daemon/manager.h"

#define SOON_NS NSEC_PER_SEC
/* The limits of remedies rest on what was done before. */
#define FRESH	"boots are counted from now on, and no remedy is begun unasked until: systemctl reload avicd"

/* A full disk is said once, and once more when it is over. */
static void written(const char *path, int r, bool *said)
{
	if (r < 0 && !*said)
		log_errno(LOG_ERR, r, "Cannot write %s; trying again with each change", path);
	else if (r >= 0 && *said)
		log_notice("%s can be written again", path);
	*said = r < 0;
}

static int write_json(const char *path, json_object *o)
{
	int r = o ? report_write(path, o) : -ENOMEM;

	json_object_put(o);
	return r;
}

static void write_state(struct manager *m)
{
	struct files *f = &m->files;
	uint64_t now = manager_now(m);
	struct report_host h;
	int r;

	manager_report_host(m, &h);
	r = write_json(f->state, report_state(&m->tracker, &h, now));
	if (r >= 0)
		r = write_json(f->host, report_host_json(&m->tracker, &h, now));
	written(f->state, r, &f->said_state);
	manager_trim(m);
	manager_status(m);
}

static int write_duty(struct manager *m, bool sync)
{
	struct files *f = &m->files;
	int r;

	if (!f->begun)
		return -EAGAIN;
	r = duty_save(f->duty, m->host.boot_id, &m->tracker, &m->remedying.book, sync);
	written(f->duty, r, &f->said_duty);
	return r;
}

static int on_state(sd_event_source *s, uint64_t usec, void *userdata)
{
	write_state(userdata);
	return 0;
}

static int on_duty(sd_event_source *s, uint64_t usec, void *userdata)
{
	write_duty(userdata, false);
	return 0;
}

void files_state_soon(struct manager *m)
{
	if (m->ready)
		timer_soon(m->event, &m->files.state_timer, SOON_NS, on_state, m);
}

void files_duty_soon(struct manager *m)
{
	timer_soon(m->event, &m->files.duty_timer, SOON_NS, on_duty, m);
}

int files_duty_now(struct manager *m)
{
	timer_disarm(m->files.duty_timer);
	return write_duty(m, true);
}

void files_write(struct manager *m)
{
	timer_disarm(m->files.state_timer);
	write_state(m);
	write_duty(m, false);
}

static int path_in(const char *dir, const char *name, char **ret)
{
	int r = mkdir_p(dir, 0755);

	if (r < 0)
		log_errno(LOG_ERR, r, "Cannot make the directory %s", dir);
	if (asprintf(ret, "%s/%s", dir, name) < 0) {
		*ret = NULL;
		return -ENOMEM;
	}
	return 0;
}

int files_start(struct manager *m)
{
	struct files *f = &m->files;
	int r;

	r = path_in(dir_runtime(), "host.json", &f->host);
	if (r >= 0)
		r = path_in(dir_runtime(), "state.json", &f->state);
	if (r >= 0)
		r = path_in(dir_state(), "duty.json", &f->duty);
	if (r < 0)
		return r;
	r = duty_load(f->duty, m->host.boot_id, &m->vms.duty);
	m->remedying.book = m->vms.duty.book;
	m->vms.duty.book = (struct remedy_book){.unreadable = r < 0};
	if (r < 0)
		m->remedying.book = m->vms.duty.book;
	if (r == -EBADMSG)
		log_warning("%s is damaged and was set aside; " FRESH, f->duty);
	else if (r < 0)
		log_errno(LOG_WARNING, r, "Cannot read %s; " FRESH, f->duty);
	return 0;
}

void files_end(struct manager *m)
{
	write_state(m);
	write_duty(m, true);
}

void files_done(struct files *f)
{
	event_source_drop(&f->state_timer);
	event_source_drop(&f->duty_timer);
	free_p(&f->host);
	free_p(&f->state);
	free_p(&f->duty);
}
