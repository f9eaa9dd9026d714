/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The values of settings, private to the room: a parser a kind, as struct config_item wants it. */
#ifndef AVICD_BASE_VALUES_H
#define AVICD_BASE_VALUES_H

#include "avicd/settings.h"
#include "avicd/text.h"

/* All: -EINVAL: not such a value; -ERANGE: out of the range that the table of settings names. */
int parse_span_hour(const char *value, void *target);
int parse_span_10min(const char *value, void *target);
int parse_span_day(const char *value, void *target);
int parse_trace_source(const char *value, void *target);
int parse_absolute_path(const char *value, void *target);
int parse_uris(const char *value, void *target);
int parse_storm_rate(const char *value, void *target);
int parse_max_vms(const char *value, void *target);
int parse_log_level(const char *value, void *target);
int parse_policy(const char *value, void *target);
int parse_large_vcpus(const char *value, void *target);
int parse_span_window(const char *value, void *target);
int parse_span_retention(const char *value, void *target);
int parse_span_downtime(const char *value, void *target);
int parse_jobs(const char *value, void *target);
int parse_hourly(const char *value, void *target);
int parse_failures(const char *value, void *target);
int parse_bandwidth(const char *value, void *target);
int parse_quiet(const char *value, void *target);
int parse_targets(const char *value, void *target);
int parse_remedies(const char *value, void *target);
int parse_reports(const char *value, void *target);
int parse_unit(const char *value, void *target);

/* value_show() - @value as text that @parse reads again. -EINVAL: @parse is none of the above. */
int value_show(config_parse_fn parse, const void *value, struct text *to);

#endif
