/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Samples, for the functions of the table of metrics. */
#ifndef REPORT_METRIC_H
#define REPORT_METRIC_H

#include "avicd/metrics.h"

struct metric_out {
	struct text *t;
	const struct tracker *tracker;
	const struct report_host *host;
	const struct metrics_extra *x;
	uint64_t now;
	struct vm **vms; /* those with series of their own, sorted */
	size_t n_vms;
	const char *name;      /* of the family that is printed */
	const char *vm_labels; /* of the VM that it is printed for, or "" */
};

/* One family, and how its samples are printed: once for the host, or once for each VM. */
struct metric_row {
	struct metric_family family;
	void (*host)(struct metric_out *o);
	void (*vm)(struct metric_out *o, const struct vm *vm);
};
extern const struct metric_row metric_host_rows[], metric_vm_rows[]; /* each ends with a row without name */

/* metric_u64(), metric_seconds(), metric_time() - a sample with one more label, or @label NULL. Seconds of ns; a time of wall-clock us. */
void metric_u64(struct metric_out *o, const char *label, const char *value, uint64_t n);
void metric_seconds(struct metric_out *o, const char *label, const char *value, uint64_t ns);
void metric_time(struct metric_out *o, uint64_t us);
/* metric_set() - a state set: 1 for word @is, 0 for the other ones of @n that @word() gives. */
void metric_set(struct metric_out *o, const char *label, const char *(*word)(int), int n, int is);
/* metric_labels() - a sample with value @n, and labels: LABELS("bug", word, "result", word), none of them NULL. */
#define LABELS(...) ((const char *const[]){__VA_ARGS__, NULL})
void metric_labels(struct metric_out *o, uint64_t n, const char *const *labels);

#endif
