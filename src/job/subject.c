/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The VM that is to be migrated, as libvirt here describes it. */
#include <stdio.h>

#include "avicd/domxml.h"
#include "avicd/file.h"
#include "avicd/preflight.h"
#include "job/piece.h"
#include "job/subject.h"

struct subject *subject_free(struct subject *s)
{
	if (!s)
		return NULL;
	free(s->xml);
	free(s->cpu);
	free(s);
	return NULL;
}

static void ask_block_jobs(struct subject *s)
{
	_cleanup_(disks_done) struct disks d = {0};
	virDomainBlockJobInfo info;

	if (disks_read(s->xml, &d) < 0)
		return;
	for (size_t i = 0; i < d.n && !s->block_job[0]; i++)
		if (virDomainGetBlockJobInfo(s->dom, d.list[i].dev, &info, 0) == 1)
			snprintf(s->block_job, sizeof(s->block_job), "%s", d.list[i].dev);
}

/*
 * The CPU of the running VM. Where it is the host's own, or where libvirt says even here, where it runs, that it cannot run, its XML tells
 * nothing: then the other host's CPU has to have all that this one's has.
 */
static int take_cpu(struct subject *s, const char *capabilities)
{
	int r = piece_copy(s->xml, "domain/cpu", &s->cpu);

	if (r == -ENOENT)
		return 0;
	if (r < 0 || virConnectCompareHypervisorCPU(s->conn, s->emulator, s->arch, s->machine, s->type, s->cpu, 0) >=
			     VIR_CPU_COMPARE_IDENTICAL)
		return r;
	s->host_cpu = true;
	free(TAKE_PTR(s->cpu));
	return piece_copy(capabilities, "capabilities/host/cpu", &s->cpu);
}

static uint64_t default_page_kib(void)
{
	_cleanup_free_ char *text = NULL;
	unsigned long long kib = 0;
	const char *at;

	if (file_read("/proc/meminfo", 65536, &text, NULL) < 0)
		return 2048;
	at = strstr(text, "Hugepagesize:");
	return at && sscanf(at, "Hugepagesize: %llu kB", &kib) == 1 && kib ? kib : 2048;
}

static void take_pages(struct subject *s)
{
	_cleanup_free_ char *pages = NULL;
	char size[32] = "", unit[16] = "KiB";
	uint64_t kib = 0;

	if (piece_copy(s->xml, "domain/memoryBacking/hugepages", &pages) < 0)
		return;
	(void)piece_attribute(s->xml, "domain/memoryBacking/hugepages/page", "size", size, sizeof(size));
	(void)piece_attribute(s->xml, "domain/memoryBacking/hugepages/page", "unit", unit, sizeof(unit));
	if (parse_u64(size, &kib) < 0 || !kib || kib > UINT32_MAX)
		kib = default_page_kib();
	else if (*unit == 'G')
		kib <<= 20;
	else if (*unit == 'M')
		kib <<= 10;
	s->need.page_kib = kib;
	s->need.pages = (s->need.memory_kib + kib - 1) / kib;
}

static void take_ids(struct subject *s)
{
	_cleanup_domxml_ struct domxml_facts f = {0};

	s->need.max_apic_id = -1;
	if (domxml_read(s->xml, strlen(s->xml), &f) == 0)
		s->need.max_apic_id = (int)MIN(apicid_max(s->need.vcpus, &f.topology), (uint32_t)INT32_MAX);
}

static int take_xml(struct subject *s, const char *capabilities)
{
	int r = piece_attribute(s->xml, "domain", "type", s->type, sizeof(s->type));

	if (r == 0)
		r = piece_attribute(s->xml, "domain/os/type", "arch", s->arch, sizeof(s->arch));
	if (r == 0)
		r = piece_attribute(s->xml, "domain/os/type", "machine", s->machine, sizeof(s->machine));
	if (r == 0)
		r = piece_text(s->xml, "domain/devices/emulator", s->emulator, sizeof(s->emulator));
	if (r == 0)
		r = piece_text(capabilities, "capabilities/host/uuid", s->host_uuid, sizeof(s->host_uuid));
	if (r == 0)
		r = take_cpu(s, capabilities);
	if (r < 0)
		return r;
	take_pages(s);
	take_ids(s);
	return 0;
}

static int ask_all(void *arg, char said[static CALL_SAID_MAX])
{
	_cleanup_free_ char *capabilities = NULL;
	struct subject *s = arg;
	virDomainJobInfo job;
	virDomainInfo info;
	int r;

	s->xml = virDomainGetXMLDesc(s->dom, VIR_DOMAIN_XML_MIGRATABLE);
	capabilities = virConnectGetCapabilities(s->conn);
	if (!s->xml || !capabilities || virDomainGetInfo(s->dom, &info) < 0)
		return call_said(-EIO, said);
	s->state = info.state;
	s->persistent = virDomainIsPersistent(s->dom) == 1;
	s->job = virDomainGetJobInfo(s->dom, &job) == 0 && job.type != VIR_DOMAIN_JOB_NONE;
	s->snapshots = MAX(virDomainSnapshotNum(s->dom, 0), 0);
	s->need.memory_kib = info.maxMem;
	s->need.vcpus = info.nrVirtCpu;
	ask_block_jobs(s);
	r = take_xml(s, capabilities);
	if (r < 0)
		snprintf(said, CALL_SAID_MAX, "the XML of the domain lacks what every domain of QEMU has");
	return r;
}

int subject_read(struct run *r, struct subject **ret)
{
	struct subject *s = calloc(1, sizeof(*s));
	int x;

	if (!s)
		return -ENOMEM;
	s->conn = r->conn;
	s->dom = r->dom;
	x = run_call(r, ask_all, s, run_limit(r, RUN_ASK_NS));
	if (x == -ETIMEDOUT)
		return x;
	if (x < 0) {
		subject_free(s);
		return x;
	}
	*ret = s;
	return 0;
}
