/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One target, looked at. What cannot be found out stays unknown, and speaks against it. */
#include <libvirt/virterror.h>
#include <stdio.h>

#include "avicd/clock.h"
#include "job/look.h"
#include "job/piece.h"
#include "virt/ask.h"

#define FETCH_NS	   (15 * NSEC_PER_SEC)
#define KEEPALIVE_INTERVAL 5
#define KEEPALIVE_COUNT	   3
#define CELLS_MAX	   1024

struct look *look_new(const struct subject *s, const char *reports, const char *target)
{
	struct look *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->subject = s;
	l->facts.max_id = -1;
	l->facts.avic = l->facts.cpu = l->facts.machine = TRI_UNKNOWN;
	if (target_split(target, l->uri, l->migrate) < 0)
		snprintf(l->why[TARGET_UNREACHED], REPORTS_WHY_MAX, "not a libvirt URI, or longer than %zu bytes",
			 TARGET_URI_MAX - 1);
	if (reports && *reports) {
		l->reports = strdup(reports);
		if (!l->reports)
			return look_free(l);
	}
	return l;
}

struct look *look_free(struct look *l)
{
	if (!l)
		return NULL;
	free(l->reports);
	free(l);
	return NULL;
}

static void say(struct look *l, enum target_rule rule)
{
	char said[CALL_SAID_MAX];

	call_said(0, said);
	snprintf(l->why[rule], REPORTS_WHY_MAX, "%.190s", said);
	text_clean_inplace(l->why[rule]);
}

static void look_host(struct look *l, virConnectPtr c)
{
	_cleanup_free_ char *capabilities = virConnectGetCapabilities(c);
	char uuid[DOMAIN_UUID_MAX] = "";

	/* one that does not say which host it is could be this one */
	l->facts.same_host = !capabilities ||
			     piece_text(capabilities, "capabilities/host/uuid", uuid, sizeof(uuid)) < 0 ||
			     streq(uuid, l->subject->host_uuid);
}

static void look_cpu(struct look *l, virConnectPtr c)
{
	const struct subject *s = l->subject;
	int r;

	if (!s->cpu) {
		l->facts.cpu = TRI_YES;
		return;
	}
	r = s->host_cpu ? virConnectCompareCPU(c, s->cpu, 0)
			: virConnectCompareHypervisorCPU(c, s->emulator, s->arch, s->machine, s->type, s->cpu, 0);
	if (r == VIR_CPU_COMPARE_ERROR)
		say(l, TARGET_CPU);
	else
		l->facts.cpu = r == VIR_CPU_COMPARE_INCOMPATIBLE ? TRI_NO : TRI_YES;
}

static void look_machine(struct look *l, virConnectPtr c)
{
	const struct subject *s = l->subject;
	_cleanup_free_ char *xml = virConnectGetDomainCapabilities(c, s->emulator, s->arch, s->machine, s->type, 0);
	char max[32] = "";
	uint64_t n = 0;

	if (!xml) {
		say(l, TARGET_MACHINE);
		return;
	}
	if (piece_attribute(xml, "domainCapabilities/vcpu", "max", max, sizeof(max)) < 0 || parse_u64(max, &n) < 0)
		return;
	l->facts.machine = n >= s->need.vcpus ? TRI_YES : TRI_NO;
	if (n < s->need.vcpus)
		snprintf(l->why[TARGET_MACHINE], REPORTS_WHY_MAX, "%llu vCPUs at most", (unsigned long long)n);
}

/* What the cache of files holds gives way: a host that has been up for a while has little that is free in the strict sense. */
static void look_memory(struct look *l, virConnectPtr c)
{
	static const char *const counted[] = {VIR_NODE_MEMORY_STATS_FREE, VIR_NODE_MEMORY_STATS_BUFFERS,
					      VIR_NODE_MEMORY_STATS_CACHED};
	virNodeMemoryStats stats[16];
	int n = ARRAY_SIZE(stats);

	if (virNodeGetMemoryStats(c, VIR_NODE_MEMORY_STATS_ALL_CELLS, stats, &n, 0) < 0) {
		l->facts.free_kib = virNodeGetFreeMemory(c) >> 10;
		return;
	}
	for (int i = 0; i < n; i++)
		for (size_t k = 0; k < ARRAY_SIZE(counted); k++)
			if (streq(stats[i].field, counted[k]))
				l->facts.free_kib += stats[i].value;
}

static void look_pages(struct look *l, virConnectPtr c)
{
	unsigned int size = (unsigned int)l->subject->need.page_kib;
	_cleanup_free_ unsigned long long *counts = NULL;
	virNodeInfo info;
	int n;

	if (!size || virNodeGetInfo(c, &info) < 0)
		return;
	counts = calloc(CELLS_MAX, sizeof(*counts));
	if (!counts)
		return;
	n = virNodeGetFreePages(c, 1, &size, 0, MIN(info.nodes, (unsigned)CELLS_MAX), counts, 0);
	if (n < 0)
		say(l, TARGET_PAGES);
	for (int i = 0; i < n; i++)
		l->facts.free_pages += counts[i];
}

/* An incoming VM is paused for that reason until all of it has arrived. */
static void look_jobs(struct look *l, virConnectPtr c)
{
	virDomainPtr *domains = NULL;
	int n = virConnectListAllDomains(c, &domains,
					 VIR_CONNECT_LIST_DOMAINS_ACTIVE | VIR_CONNECT_LIST_DOMAINS_PAUSED),
	    state, reason;

	for (int i = 0; i < n; i++) {
		if (virDomainGetState(domains[i], &state, &reason, 0) == 0 && state == VIR_DOMAIN_PAUSED &&
		    reason == VIR_DOMAIN_PAUSED_MIGRATION)
			l->facts.jobs++;
		virDomainFree(domains[i]);
	}
	free(domains);
}

static void look_reports(struct look *l)
{
	_cleanup_free_ char *host = NULL, *state = NULL;
	char unused[REPORTS_WHY_MAX], *why = l->why[TARGET_NO_REPORT];
	size_t len;

	if (!l->reports) {
		snprintf(why, REPORTS_WHY_MAX, "target_reports= says nowhere where");
		return;
	}
	if (reports_fetch(l->reports, l->uri, "host.json", FETCH_NS, &host, &len, why) < 0)
		return;
	if (reports_read_host(host, len, wall_us(), &l->facts) < 0) {
		snprintf(why, REPORTS_WHY_MAX, "what is there is no host.json of avicd");
		return;
	}
	/* without it the score knows less, and that is all */
	if (reports_fetch(l->reports, l->uri, "state.json", FETCH_NS, &state, &len, unused) == 0)
		(void)reports_read_counts(state, len, &l->facts);
}

int look_there(void *arg, char said[static CALL_SAID_MAX] _unused_)
{
	_cleanup_connect_ virConnectPtr c = NULL;
	struct look *l = arg;

	if (!*l->uri)
		return 0;
	c = virConnectOpen(l->uri);
	if (!c) {
		say(l, TARGET_UNREACHED);
		return 0;
	}
	(void)virConnectSetKeepAlive(c, KEEPALIVE_INTERVAL, KEEPALIVE_COUNT);
	l->facts.reached = true;
	look_host(l, c);
	if (l->facts.same_host)
		return 0;
	look_reports(l);
	look_cpu(l, c);
	look_machine(l, c);
	look_memory(l, c);
	look_pages(l, c);
	look_jobs(l, c);
	return 0;
}
