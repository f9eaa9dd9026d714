/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events of libvirt, from its thread to ours. */
#include <libvirt/libvirt-qemu.h>

#include "avicd/clock.h"
#include "avicd/jsonc.h"
#include "job/deed.h"
#include "job/watch.h"
#include "virt/facts.h"
#include "virt/worker.h"

#define NEWS_MAX    16
#define DETAILS_MAX 4096

/* Static, because libvirt's thread may be in a callback when everything else has ended. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t cond; /* on the monotonic clock, watch_open() */
	bool ready;
	struct news list[NEWS_MAX];
	size_t n;
	bool poked;
	/* of the thread that asks */
	bool open;
	int lifecycle, monitor;
} watch = {.lock = PTHREAD_MUTEX_INITIALIZER, .lifecycle = -1, .monitor = -1};

static void add(struct news news)
{
	news.at = now_ns();
	pthread_mutex_lock(&watch.lock);
	/* never that many; then whoever reads them has to look for himself */
	if (watch.n == NEWS_MAX)
		watch.list[NEWS_MAX - 1].kind = NEWS_CLOSED;
	else
		watch.list[watch.n++] = news;
	pthread_cond_broadcast(&watch.cond);
	pthread_mutex_unlock(&watch.lock);
}

void watch_reason(const char *details, char *ret, size_t size)
{
	_cleanup_tokener_ json_tokener *tok = json_tokener_new_ex(8);
	_cleanup_json_ json_object *o = NULL;
	json_object *v;

	*ret = '\0';
	if (!tok || !details || strlen(details) > DETAILS_MAX)
		return;
	o = json_tokener_parse_ex(tok, details, (int)strlen(details) + 1);
	if (json_object_is_type(o, json_type_object) && json_object_object_get_ex(o, "reason", &v) &&
	    json_object_is_type(v, json_type_string))
		copy_clean(ret, size, json_object_get_string(v));
}

static int on_lifecycle(virConnectPtr c _unused_, virDomainPtr d _unused_, int event, int detail, void *opaque _unused_)
{
	if (event == VIR_DOMAIN_EVENT_STOPPED)
		add((struct news){.kind = NEWS_STOPPED, .detail = detail});
	return 0;
}

static void on_monitor(virConnectPtr c _unused_, virDomainPtr d _unused_, const char *event, long long seconds _unused_,
		       unsigned micros _unused_, const char *details, void *opaque _unused_)
{
	struct news news = {.kind = NEWS_SHUTDOWN};

	if (!streq(event, "SHUTDOWN"))
		return;
	watch_reason(details, news.reason, sizeof(news.reason));
	add(news);
}

static void on_close(virConnectPtr c _unused_, int reason _unused_, void *opaque _unused_)
{
	add((struct news){.kind = NEWS_CLOSED});
}

static void forget(struct deed *d)
{
	if (watch.lifecycle >= 0)
		(void)virConnectDomainEventDeregisterAny(d->conn, watch.lifecycle);
	if (watch.monitor >= 0)
		(void)virConnectDomainQemuMonitorEventDeregister(d->conn, watch.monitor);
	watch.lifecycle = watch.monitor = -1;
	(void)virConnectUnregisterCloseCallback(d->conn, on_close);
}

static int subscribe(void *arg, char said[static CALL_SAID_MAX])
{
	struct deed *d = arg;
	int x = 0;

	if (virConnectRegisterCloseCallback(d->conn, on_close, NULL, NULL) < 0)
		return call_said(-EIO, said);
	watch.lifecycle = virConnectDomainEventRegisterAny(d->conn, d->dom, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
							   VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle), NULL, NULL);
	if (watch.lifecycle >= 0)
		watch.monitor = virConnectDomainQemuMonitorEventRegister(d->conn, d->dom, "SHUTDOWN", on_monitor, NULL,
									 NULL, 0);
	if (watch.monitor < 0) {
		x = call_said(-EIO, said);
		forget(d);
	}
	return x;
}

static int unsubscribe(void *arg, char said[static CALL_SAID_MAX] _unused_)
{
	forget(arg);
	return 0;
}

int watch_open(struct run *r)
{
	_cleanup_deed_ struct deed *d = NULL;
	int x = 0;

	if (watch.open)
		return 0;
	if (!watch.ready)
		x = cond_init(&watch.cond);
	if (x < 0)
		return x;
	watch.ready = true;
	x = deed_ask(r, subscribe, 0, &d);
	watch.open = x == 0;
	return x;
}

void watch_close(struct run *r)
{
	if (watch.open)
		(void)deed_do(r, unsubscribe, 0);
	watch.open = false;
}

static int wait_news(void *arg _unused_, char said[static CALL_SAID_MAX] _unused_)
{
	pthread_mutex_lock(&watch.lock);
	while (!watch.n && !watch.poked)
		(void)cond_wait_until(&watch.cond, &watch.lock, TIME_NEVER);
	watch.poked = false;
	pthread_mutex_unlock(&watch.lock);
	return 0;
}

static bool take(struct news *ret)
{
	bool some;

	pthread_mutex_lock(&watch.lock);
	some = watch.n > 0;
	if (some) {
		*ret = watch.list[0];
		memmove(watch.list, watch.list + 1, --watch.n * sizeof(watch.list[0]));
	}
	pthread_mutex_unlock(&watch.lock);
	return some;
}

/* Nobody waits for news any more. */
static void on_tick(struct run *r, void *arg)
{
	const uint64_t *until = arg;
	uint64_t now = now_ns();

	if (!r->cancelled && now < *until && now < r->deadline)
		return;
	pthread_mutex_lock(&watch.lock);
	watch.poked = true;
	pthread_cond_broadcast(&watch.cond);
	pthread_mutex_unlock(&watch.lock);
}

void watch_next(struct run *r, uint64_t until, struct news *ret)
{
	struct call *c;

	ret->kind = NEWS_NONE;
	if (take(ret))
		return;
	if (call_start(wait_news, NULL, &c) < 0) {
		run_pause(r, NSEC_PER_SEC);
		return;
	}
	(void)run_wait(r, &c, 1, TIME_NEVER, on_tick, &until);
	call_end(c, NULL);
	(void)take(ret);
}
