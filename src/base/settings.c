/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The settings of avicd.conf: one table of keys, ranges and defaults. */
#include "avicd/settings.h"
#include "avicd/text.h"
#include "base/values.h"

static int begin_domain(void *settings, const char *name, const char *file, unsigned line, void **ret)
{
	struct settings *s = settings;
	struct policy_section *section;
	int r = policies_add(&s->policies, name, file, line, &section);

	if (r == 0)
		*ret = section;
	return r;
}

static const struct config_family domain_sections = {
	.word = "domain",
	.accepts = "the name of a domain, with *, ? and [...] as in the shell, or its UUID",
	.begin = begin_domain,
	.items = policy_items,
};

#define ITEM(name, parser, what, text)                                                                        \
	{                                                                                                     \
		.section = "avicd", .key = #name, .parse = parser, .offset = offsetof(struct settings, name), \
		.accepts = what, .default_text = text                                                         \
	}

const struct config_item settings_items[] = {
	ITEM(trace_source, parse_trace_source, "auto, bpf, tracefs or recorded", "auto"),
	ITEM(trace_file, parse_absolute_path, "an absolute path, or nothing", ""),
	ITEM(libvirt_uri, parse_uris, "local libvirt URIs such as qemu:///system, separated by white space, or none",
	     "qemu:///system"),
	ITEM(settle, parse_span_hour, "a time span, 1s to 1h", "30s"),
	ITEM(stuck_after, parse_span_day, "a time span, 1s to 1d", "60s"),
	ITEM(storm_rate, parse_storm_rate, "a rate such as 100 / 1s, from 1 to 1000000 a second", "100 / 1s"),
	ITEM(resync_interval, parse_span_hour, "a time span, 1s to 1h", "60s"),
	ITEM(max_vms, parse_max_vms, "a number, 16 to 1048576", "16384"),
	ITEM(probe, config_parse_bool, "yes or no", "yes"),
	ITEM(livepatch, config_parse_bool, "yes or no", "yes"),
	ITEM(auto_deploy, config_parse_bool, "yes or no", "no"),
	ITEM(livepatch_deadline, parse_span_10min, "a time span, 1s to 10min", "30s"),
	ITEM(log_level, parse_log_level, "emerg, alert, crit, err, warning, notice, info or debug", "info"),
	ITEM(policy, parse_policy, "warn or enforce", "warn"),
	ITEM(large_vcpus, parse_large_vcpus, "a number, 1 to 4096", "128"),
	ITEM(enforce_incoming, config_parse_bool, "yes or no", "no"),
	ITEM(remedies, parse_remedies, POLICY_LADDER, "heal migrate"),
	ITEM(migrate_targets, parse_targets, "libvirt URIs of other hosts, separated by white space, or nothing", ""),
	ITEM(target_reports, parse_reports, "ssh, a URL of file:, http: or https: that ends with /, or nothing", ""),
	ITEM(migrate_deadline, parse_span_day, "a time span, 1s to 1d", "30min"),
	ITEM(migrate_bandwidth, parse_bandwidth, "a number of MiB/s, 0 to 1000000; 0: libvirt's own", "0"),
	ITEM(migrate_tls, config_parse_bool, "yes or no", "no"),
	ITEM(auto_converge, config_parse_bool, "yes or no", "no"),
	ITEM(restore_directory, parse_absolute_path, "an absolute path, or nothing", ""),
	ITEM(restore_max_downtime, parse_span_downtime, "a time span, 1ms to 1h", "10s"),
	ITEM(max_jobs, parse_jobs, "a number, 1 to 16", "1"),
	ITEM(remedy_interval, parse_span_window, "a time span, 0 to 30d", "5min"),
	ITEM(remedy_hourly, parse_hourly, "a number, 0 to 60", "6"),
	ITEM(remedy_delay, parse_span_window, "a time span, 0 to 30d", "1min"),
	ITEM(remedy_window, parse_span_window, "a time span, 0 to 30d", "1d"),
	ITEM(remedy_failures, parse_failures, "a number, 1 to 100", "3"),
	ITEM(quiet_hours, parse_quiet, "two times of the local day such as 22:00-06:00, or nothing", ""),
	ITEM(report_unit, parse_unit, "a template of units such as avicd-report@.service, or nothing", ""),
	ITEM(textfile_directory, parse_absolute_path, "an absolute path, or nothing", ""),
	ITEM(history, config_parse_bool, "yes or no", "yes"),
	ITEM(retention, parse_span_retention, "a time span, 1h to 3650d", "90d"),
	{.family = &domain_sections},
};

int settings_init(struct settings *s)
{
	struct settings fresh = {0};

	for (const struct config_item *i = settings_items; i->key; i++) {
		int r = i->parse(i->default_text, (char *)&fresh + i->offset);

		if (r < 0) {
			settings_done(&fresh);
			return r;
		}
	}
	*s = fresh;
	return 0;
}

void settings_done(struct settings *s)
{
	free_p(&s->trace_source);
	free_p(&s->trace_file);
	free_p(&s->libvirt_uri);
	free_p(&s->remedies);
	free_p(&s->migrate_targets);
	free_p(&s->target_reports);
	free_p(&s->restore_directory);
	free_p(&s->report_unit);
	free_p(&s->textfile_directory);
	policies_done(&s->policies);
	*s = (struct settings){0};
}

int settings_show(const struct settings *s, const struct config_item *item, char **ret)
{
	_cleanup_text_ struct text t = {0};
	int r = value_show(item->parse, (const char *)s + item->offset, &t);

	return r < 0 ? r : text_take(&t, ret);
}
