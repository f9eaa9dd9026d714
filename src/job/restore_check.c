/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What speaks against saving and restoring a VM. */
#include <inttypes.h>
#include <stdio.h>

#include "avicd/domxml.h"
#include "avicd/file.h"
#include "avicd/text.h"
#include "job/deed.h"
#include "job/ground.h"
#include "job/restore.h"

#define STATUS_MAX (64U << 10)
/* a test write to a slow disk */
#define MEASURE_NS (60 * NSEC_PER_SEC)

static uint64_t status_kib(const char *status, const char *key)
{
	const char *s = strstr(status, key);

	return s ? strtoull(s + strlen(key), NULL, 10) : 0;
}

/* What of the memory is in use: pages never touched are not written. Hugepages do not count as resident. */
static int used_kib(int32_t tgid, uint64_t *ret)
{
	_cleanup_free_ char *status = NULL;
	char path[64];
	int x;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)tgid);
	x = sysroot_read(path, STATUS_MAX, &status, NULL);
	if (x < 0)
		return x;
	*ret = status_kib(status, "\nVmRSS:") + status_kib(status, "\nHugetlbPages:");
	return *ret ? 0 : -ENODATA;
}

static int check_xml(struct run *r, const char *xml)
{
	_cleanup_domxml_ struct domxml_facts f;
	int x;

	domxml_init(&f);
	x = domxml_read(xml, strlen(xml), &f);
	if (x < 0)
		return refuse(r, "The XML of the VM cannot be read: %s", strerror(-x));
	for (unsigned i = 0; i < _BLOCKER_MAX; i++)
		if (f.blockers & BIT64(i))
			return refuse(r, "It cannot be saved: it has %s: only a new start helps",
				      domxml_blocker_to_string(i));
	if (*f.launch_security)
		return refuse(r, "It cannot be saved: its memory is encrypted (%s): only a new start helps",
			      f.launch_security);
	if (r->job->discard_pit && !f.pit)
		return refuse(r,
			      "Its XML has no <timer name='pit'>, and none can be added to a VM that runs: add it with "
			      "tickpolicy='discard' to the definition, then cold-reboot");
	return 0;
}

static int check_room(struct run *r, struct image *i)
{
	_cleanup_deed_ struct deed *d = NULL;
	uint64_t need;
	int x = deed_ask(r, deed_memory, 0, &d);

	if (x < 0)
		return refuse(r, "libvirt does not tell how much memory the VM has: %s", r->said);
	if (!r->job->images || snprintf(NULL, 0, "%s/%s.save", r->job->images, r->job->id) >= (int)IMAGE_PATH_MAX)
		return refuse(
			r, "The name of the folder for the image is too long: set restore_directory= to another one");
	x = image_do(r, image_measure, r->job->images, MEASURE_NS, i);
	if (x == -EROFS)
		return refuse(r,
			      "%s is not to be written to by this job: add it as ReadWritePaths= to avicd-job@.service "
			      "by systemctl edit",
			      r->job->images);
	if (x < 0)
		return refuse(r,
			      "The image cannot be written: %s: mend that, or set restore_directory= to another folder",
			      *r->said ? r->said : strerror(-x));
	need = d->result + d->result / 10;
	if (i->room_kib < need)
		return refuse(r,
			      "%s has room for %" PRIu64 " MiB, and the image may need %" PRIu64
			      " MiB: make room, or set "
			      "restore_directory= to another folder",
			      r->job->images, i->room_kib >> 10, need >> 10);
	return 0;
}

static int check_downtime(struct run *r, const struct image *i)
{
	char expected[DURATION_MAX], most[DURATION_MAX];
	uint64_t kib, ns;
	int x = used_kib(r->job->vm.tgid, &kib);

	if (x < 0)
		return refuse(r, "How much memory the VM uses cannot be read from /proc: %s", strerror(-x));
	/* written, and read again; a day is as good as a year */
	ns = MIN(2 * kib / i->rate_kib, 86400U) * NSEC_PER_SEC + 2 * kib % i->rate_kib * NSEC_PER_SEC / i->rate_kib;
	r->state.total_kib = kib;
	if (ns > r->job->max_downtime_ns)
		return refuse(r,
			      "It would not run for about %s (%" PRIu64 " MiB at %" PRIu64 " MiB/s, both ways), and "
			      "restore_max_downtime= allows %s: raise that, or migrate",
			      format_duration(ns, expected, sizeof(expected)), kib >> 10, i->rate_kib >> 10,
			      format_duration(r->job->max_downtime_ns, most, sizeof(most)));
	run_log(r, LOG_INFO, "It will not run for about %s: %" PRIu64 " MiB at %" PRIu64 " MiB/s, both ways",
		format_duration(ns, expected, sizeof(expected)), kib >> 10, i->rate_kib >> 10);
	return 0;
}

int restore_check(struct run *r, struct image *ret)
{
	_cleanup_free_ char *xml = NULL;
	int x = ground_check(r, &xml);

	if (x == 0)
		x = check_xml(r, xml);
	if (x == 0)
		x = check_room(r, ret);
	return x ? x : check_downtime(r, ret);
}
