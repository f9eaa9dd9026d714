/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The settings of avicd.conf as one struct, and their table. The manual avicd.conf(5) and conf/avicd.conf are tested against it. */
#ifndef AVICD_SETTINGS_H
#define AVICD_SETTINGS_H

#include "avicd/config.h"
#include "avicd/policy.h"

enum hook_policy { POLICY_WARN, POLICY_ENFORCE };
struct quiet_hours {
	uint16_t from, to; /* minutes of the local day, [from, to), over midnight if from > to; equal: none */
};

struct settings {
	char *trace_source;       /* auto, bpf, tracefs, recorded */
	char *trace_file;         /* for recorded */
	char *libvirt_uri;        /* list separated by white space; "none": no libvirt */
	uint64_t settle;          /* ns */
	uint64_t stuck_after;     /* ns */
	double storm_rate;        /* mask changes a second */
	uint64_t resync_interval; /* ns */
	uint32_t max_vms;
	int log_level;            /* syslog level */
	enum hook_policy policy;  /* of the libvirt hook */
	uint32_t large_vcpus;     /* a domain of that many requires AVIC */
	bool probe;               /* for bugs of the kernel, at start and after each change of kvm */
	bool livepatch;           /* no: it is neither loaded nor used, a kill switch */
	bool auto_deploy;         /* load it where the probe finds a bug, once a run of avicd */
	uint64_t livepatch_deadline; /* ns, for all tasks to arrive in it */
	bool enforce_incoming;    /* policy holds for restored and incoming guests too */
	/* remedies: where to, how, and how many */
	char *remedies;           /* "heal migrate", of domains that have no other list */
	char *migrate_targets;    /* libvirt URIs separated by white space; "" none */
	char *target_reports;     /* "ssh", or a URL with %h that ends with '/'; "" none */
	uint64_t migrate_deadline; /* ns */
	uint32_t migrate_bandwidth; /* MiB/s, 0 = libvirt's */
	bool migrate_tls, auto_converge;
	char *restore_directory;  /* "" = STATE_DIRECTORY/images */
	uint64_t restore_max_downtime; /* ns */
	uint32_t max_jobs, remedy_hourly, remedy_failures;
	uint64_t remedy_interval, remedy_delay, remedy_window; /* ns */
	struct quiet_hours quiet_hours;
	char *report_unit;        /* a template, "NAME@.service"; "" none */
	char *textfile_directory; /* of node_exporter; NULL none */
	bool history;             /* STATE_DIRECTORY/history.db is written */
	uint64_t retention;       /* ns, of what is in it */
	struct policies policies; /* the [domain NAME] sections */
};

extern const struct config_item settings_items[]; /* ends with an item without key */

/* settings_init() - the defaults; -ENOMEM. settings_done() - frees strings and sections. */
int settings_init(struct settings *s);
void settings_done(struct settings *s);
/* settings_show() - value of item @item as text for `avicctl config show`; caller frees. -ENOMEM. */
int settings_show(const struct settings *s, const struct config_item *item, char **ret);

#endif
