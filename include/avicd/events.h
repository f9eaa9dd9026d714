/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What avicd reports, as a closed list: each has a word (D-Bus Event signal, JSON), a MESSAGE_ID and a text in
 * conf/avicd.catalog; a test walks the table and the catalog both ways.
 */
#ifndef AVICD_EVENTS_H
#define AVICD_EVENTS_H

enum event_id {
	EVENT_NONE,
	EVENT_VM_APPEARED,       /* vm-appeared: a VM is watched from now on */
	EVENT_VM_GONE,           /* vm-gone: its struct kvm or its process ended */
	EVENT_VM_REBOOT,         /* vm-reboot: a guest reset, a new boot begins */
	EVENT_VM_STUCK,          /* vm-stuck: condition became stuck */
	EVENT_VM_CONFIGURED,     /* vm-configured: a setting keeps AVIC inhibited */
	EVENT_VM_RECOVERED,      /* vm-recovered: was stuck or configured, is not any more */
	EVENT_VM_CONDITION,      /* vm-condition: any other change of condition */
	EVENT_EPISODE_BEGIN,     /* episode-begin: a non-transient reason appeared */
	EVENT_EPISODE_END,       /* episode-end: the last non-transient reason left */
	EVENT_STORM_BEGIN,       /* storm-begin */
	EVENT_STORM_END,         /* storm-end */
	EVENT_VM_AMBIGUOUS,      /* vm-ambiguous: several struct kvm in one process */
	EVENT_DOMAIN_RENAMED,    /* domain-renamed */
	EVENT_HEALTH,            /* health: host health changed */
	EVENT_TRACE_UP,          /* trace-up: a trace source is attached */
	EVENT_TRACE_DOWN,        /* trace-down: no trace source; VMs are unknown */
	EVENT_TRACE_LOST,        /* trace-lost: records lost, state read again */
	EVENT_LIBVIRT_UP,        /* libvirt-up */
	EVENT_LIBVIRT_DOWN,      /* libvirt-down */
	EVENT_CONFIG,            /* config: a bad line, or a reload */
	EVENT_HOOK_WARNED,       /* hook-warned: a domain started for which AVIC will not work; said by avicd-hook */
	EVENT_HOOK_REFUSED,      /* hook-refused: its start was refused; said by avicd-hook */
	EVENT_PROBED,            /* probed: whether the kernel has the known bugs is proved, or not any more as it was */
	EVENT_LIVEPATCH,         /* livepatch: a step of loading, proving or removing it */
	EVENT_LIVEPATCH_FAILED,  /* livepatch-failed: it was refused, did not end, or did not cure */
	EVENT_REMEDY,            /* remedy: one begins, or has ended well */
	EVENT_REMEDY_FAILED,     /* remedy-failed: one is refused, or has ended otherwise */
	_EVENT_MAX,
};

struct event_desc {
	const char *word;       /* "vm-stuck" */
	const char *message_id; /* 32 hex digits */
};

/* event_desc() - never NULL for EVENT_NONE < id < _EVENT_MAX */
const struct event_desc *event_desc(enum event_id id);

#endif
