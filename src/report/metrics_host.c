/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The metrics of the host. */
#include "avicd/clock.h"
#include "report/metric.h"

static void up(struct metric_out *o)
{
	metric_u64(o, NULL, NULL, o->x->up);
}

static void build_info(struct metric_out *o)
{
	metric_u64(o, "version", o->host->version, 1);
}

static void host_info(struct metric_out *o)
{
	const struct host *h = o->host->host;

	metric_labels(o, 1,
		      LABELS("kernel_release", h->release, "kvm_build_id", h->kvm_build_id, "vendor", h->core.vendor,
			     "boot_id", h->boot_id));
}

static void looked(struct metric_out *o)
{
	if (o->x->looked_us)
		metric_time(o, o->x->looked_us);
}

static void started(struct metric_out *o)
{
	metric_time(o, o->x->started_us);
}

static const char *health_word(int i)
{
	return health_to_string((enum health)i);
}
static const char *condition_word(int i)
{
	return condition_to_string((enum condition)i);
}
static const char *result_word(int i)
{
	return probe_result_to_string((enum probe_result)i);
}

static void health(struct metric_out *o)
{
	metric_set(o, "health", health_word, _HEALTH_MAX, (int)o->tracker->health);
}

static void effective(struct metric_out *o)
{
	if (o->tracker->host.avic != TRI_UNKNOWN)
		metric_u64(o, NULL, NULL, o->tracker->host.avic == TRI_YES);
}

static void probe(struct metric_out *o)
{
	for (int b = 0; b < _PROBE_BUG_MAX; b++)
		for (int r = 0; r < _PROBE_MAX; r++)
			metric_labels(o, (int)o->tracker->host.probe[b].result == r,
				      LABELS("bug", bug_info((enum probe_bug)b)->word, "result", result_word(r)));
}

static void livepatch_state(struct metric_out *o)
{
	const char *is = o->host->livepatch ? o->host->livepatch->state : "none";

	for (const char *const *w = o->x->livepatch_states; *w; w++)
		metric_u64(o, "state", *w, streq(*w, is));
}

static void livepatch_persistent(struct metric_out *o)
{
	metric_u64(o, NULL, NULL, o->host->livepatch && o->host->livepatch->persistent);
}

static void livepatch_failed(struct metric_out *o)
{
	const char *outcome = o->host->livepatch ? o->host->livepatch->outcome : NULL;

	metric_u64(o, NULL, NULL, outcome && !streq(outcome, "done"));
}

static void source_info(struct metric_out *o)
{
	metric_u64(o, "source", o->host->trace_source ?: "none", 1);
}

static void events(struct metric_out *o)
{
	metric_u64(o, NULL, NULL, o->host->stats->events);
}
static void lost(struct metric_out *o)
{
	metric_u64(o, NULL, NULL, o->host->stats->lost);
}
static void wakeups(struct metric_out *o)
{
	metric_u64(o, NULL, NULL, o->host->stats->wakeups);
}

/* 0 where the kernel does not count: sysctl kernel.bpf_stats_enabled. No cost at all would be a lie. */
static void bpf_seconds(struct metric_out *o)
{
	if (o->host->stats->runs)
		metric_seconds(o, NULL, NULL, o->host->stats->run_ns);
}

static void bpf_runs(struct metric_out *o)
{
	if (o->host->stats->runs)
		metric_u64(o, NULL, NULL, o->host->stats->runs);
}

static void map_entries(struct metric_out *o)
{
	metric_u64(o, NULL, NULL, o->host->stats->vms);
}

static void map_max(struct metric_out *o)
{
	if (o->host->stats->vms_max)
		metric_u64(o, NULL, NULL, o->host->stats->vms_max);
}

static void libvirt(struct metric_out *o)
{
	for (size_t i = 0; i < o->host->n_libvirt; i++)
		metric_u64(o, "uri", o->host->libvirt[i].uri, o->host->libvirt[i].connected);
}

static void vms(struct metric_out *o)
{
	for (int c = 0; c < _CONDITION_MAX; c++)
		metric_u64(o, "condition", condition_word(c), o->tracker->n_condition[c]);
}

static void by_cause(struct metric_out *o)
{
	uint64_t n[_CAUSE_MAX] = {0};

	HASH_FOREACH (&o->tracker->vms, slot) {
		const struct verdict *v = &((const struct vm *)slot->value)->verdict;

		if (v->condition == CONDITION_STUCK || v->condition == CONDITION_CONFIGURED)
			n[v->cause]++;
	}
	for (int c = CAUSE_NONE + 1; c < _CAUSE_MAX; c++)
		metric_u64(o, "cause", cause_to_string((enum cause)c), n[c]);
}

static void left_out(struct metric_out *o)
{
	metric_u64(o, NULL, NULL, o->tracker->vms.n - o->n_vms);
}

/* Of the remedies those that can be jobs. */
#define FOREACH_JOB(r) for (int r = REMEDY_HEAL; r <= REMEDY_COLD_REBOOT; r++)

static void jobs(struct metric_out *o)
{
	FOREACH_JOB(r)
	metric_u64(o, "remedy", remedy_to_string((enum remedy)r), o->x->jobs[r]);
}

static void jobs_total(struct metric_out *o)
{
	size_t n = 0;

	while (o->x->results[n])
		n++;
	FOREACH_JOB(r)
	for (size_t i = 0; i < n; i++)
		metric_labels(o, o->x->job_ends[(size_t)r * n + i],
			      LABELS("remedy", remedy_to_string((enum remedy)r), "result", o->x->results[i]));
}

#define G METRIC_GAUGE
#define C METRIC_COUNTER
const struct metric_row metric_host_rows[] = {
	{{"avicd_up", "", G, "1 while avicd watches; 0 once it was stopped."}, up, NULL},
	{{"avicd_build_info", "version", G, "1; which avicd it is."}, build_info, NULL},
	{{"avicd_host_info", "kernel_release, kvm_build_id, vendor, boot_id", G, "1; which kernel runs."},
	 host_info,
	 NULL},
	{{"avicd_last_success_timestamp_seconds", "", G,
	  "When all VMs were last looked at; absent before the first look."},
	 looked,
	 NULL},
	{{"avicd_start_timestamp_seconds", "", G, "When avicd was started."}, started, NULL},
	{{"avicd_health", "health", G, "1 for the word that the health of the host is, 0 for the others."},
	 health,
	 NULL},
	{{"avicd_avic_effective", "", G, "1 when KVM uses AVIC or APICv, 0 when not; absent while that is not known."},
	 effective,
	 NULL},
	{{"avicd_probe_result", "bug, result", G, "1 for what the probe has proved of each bug, 0 for the others."},
	 probe,
	 NULL},
	{{"avicd_livepatch_state", "state", G, "1 for the state of the livepatch, 0 for the others."},
	 livepatch_state,
	 NULL},
	{{"avicd_livepatch_persistent", "", G, "1 when the livepatch will be loaded at the next boot of the host."},
	 livepatch_persistent,
	 NULL},
	{{"avicd_livepatch_failed", "", G, "1 when the last change of the livepatch did not end well."},
	 livepatch_failed,
	 NULL},
	{{"avicd_trace_source_info", "source", G, "1; by what VMs are watched, or none."}, source_info, NULL},
	{{"avicd_events_total", "", C, "Records of the tracepoint that were seen."}, events, NULL},
	{{"avicd_events_lost_total", "", C, "Records that were lost; what they would have told was read again."},
	 lost,
	 NULL},
	{{"avicd_wakeups_total", "", C, "Records that woke avicd."}, wakeups, NULL},
	{{"avicd_bpf_run_seconds_total", "", C,
	  "CPU time of the BPF programs; absent unless kernel.bpf_stats_enabled is 1."},
	 bpf_seconds,
	 NULL},
	{{"avicd_bpf_runs_total", "", C, "Runs of the BPF programs; absent unless kernel.bpf_stats_enabled is 1."},
	 bpf_runs,
	 NULL},
	{{"avicd_map_entries", "", G, "VMs in the map of the trace source."}, map_entries, NULL},
	{{"avicd_map_max_entries", "", G, "Room in that map; absent where it has no limit."}, map_max, NULL},
	{{"avicd_libvirt_connected", "uri", G, "1 while avicd is connected to that libvirt."}, libvirt, NULL},
	{{"avicd_vms", "condition", G, "VMs in each condition."}, vms, NULL},
	{{"avicd_vms_by_cause", "cause", G, "VMs that are stuck or configured, by cause."}, by_cause, NULL},
	{{"avicd_vms_left_out", "", G, "VMs that have no series of their own, since there are too many."},
	 left_out,
	 NULL},
	{{"avicd_jobs", "remedy", G, "Remedies that are under way."}, jobs, NULL},
	{{"avicd_jobs_total", "remedy, result", C, "Remedies that have ended since avicd was started."},
	 jobs_total,
	 NULL},
	{{0}, NULL, NULL},
};
