/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tracker: every VM's conditions, boots, episodes, storms. Pure: (state, input, now) -> (state, actions), no system calls.
 *
 * Inputs are facts from trace source, snapshot, libvirt and clock; outputs are actions, in order, through one callback. An action
 * changes the world only outside; the world comes back in as an input.
 */
#ifndef AVICD_TRACKER_H
#define AVICD_TRACKER_H

#include "avicd/domain.h"
#include "avicd/events.h"
#include "avicd/hash.h"
#include "avicd/verdict.h"

struct reason_stats {
	uint64_t since;    /* ns of the last 0->1, 0 when not set */
	bool since_exact;  /* false: was set before we looked, `since` is when we first saw it */
	uint64_t count;    /* times set */
	uint64_t total;    /* ns set, finished stretches only */
};

/* One VM as the tracker knows it. Read-only for everybody else. */
struct vm {
	struct vm_id id;
	char comm[16];
	uint64_t kvm;            /* of the last snapshot, 0 = none */
	struct domain domain;    /* uuid "" when unmanaged */
	bool managed;            /* libvirt knows the UUID, or did before the connection was lost */
	bool running;
	bool known;
	bool ambiguous;
	uint32_t n_kvms;         /* struct kvm in this process at the last snapshot */
	uint32_t created_vcpus;  /* 0 = not known */

	bool mask_seen;
	uint64_t mask;
	struct reason_stats reason[REASON_BITS];
	uint64_t events, changes;

	uint64_t seen_at;        /* first sight */
	uint64_t created_at;     /* KVM_CREATE_VM, 0 = older than the watch */
	uint64_t boot_at;        /* last reset, or creation; 0 = before the watch */
	uint32_t boots;          /* resets counted: the number of the current boot */
	bool boots_exact;        /* false: there may have been boots before the watch */

	uint64_t episode_at;     /* start of the current episode, 0 = none */
	uint64_t episodes;       /* begun so far */
	uint64_t known_ns, episodes_ns, accounted_at; /* by vm_known_ns(), vm_episodes_ns(), up to the last */
	bool storm;
	uint64_t storm_at;       /* when the rate was last above storm_rate */
	uint64_t storm_since;    /* start of the current storm */
	uint64_t storms;

	struct verdict verdict;
	uint64_t condition_at;   /* since when the condition holds */
	enum condition unwell;   /* stuck or configured, before it was reset or paused; else UNKNOWN */
	uint64_t unwell_for;     /* ns that it was */
	uint64_t stuck_at;       /* when it became stuck, 0 */

	/* evidence for the cause of APIC_ID_MODIFIED */
	enum tristate ids_right;
	enum stack_origin id_stack;
	bool large_ids;

	/* private to tracker.c */
	bool entry_seen;         /* an entry of the source was read */
	uint64_t entry_events;   /* of that entry */
	uint64_t overruled;      /* a snapshot overruled the entry when it had so many events; 0 = no */
	uint32_t entry_inits, entry_resets;
	uint64_t last_reset_at;  /* of the boot counted last, by any signal */
	bool trace_sees;         /* the tracepoint sees this VM's TSC writes, so resets, too */
	uint64_t differs_at;     /* a snapshot differed from the entry, to be read again */
	bool missing;            /* a snapshot did not show it, but it was too young to be taken for gone */
	uint32_t seen_round;     /* snapshot round that saw it last, */
	uint32_t round_kvms;     /* how many struct kvm it had there, */
	uint64_t round_kvm, round_mask; /* and the first of them */
	uint32_t round_vcpus;
	uint32_t settled_inits;  /* entry_inits at the last snapshot */
	uint64_t entry_created;  /* created_at of the entry */
	bool announced;          /* vm-appeared was acted; vm-gone of a VM that was not is for bookkeeping only */
};

struct action {
	enum event_id event;
	const struct vm *vm;         /* NULL for host-wide ones */
	enum condition old_condition;
	uint64_t duration;           /* episode-end, storm-end, vm-recovered: how long it lasted, ns */
	unsigned bit;                /* episode-begin: the bit */
	const char *detail;          /* vm-gone: why; domain-renamed: old name; health: old health */
};
typedef void (*action_fn)(const struct action *a, void *userdata);

struct tracker {
	struct numbering numbering;
	struct core_settings settings;
	struct host_facts_core host;
	struct hash vms;             /* tgid -> struct vm */
	action_fn act;
	void *userdata;
	uint32_t round;              /* snapshot round, */
	uint64_t round_at;           /* and when it began */
	bool watching;               /* a trace source is attached */
	bool watch_has_snapshot;
	enum health health;
	size_t n_condition[_CONDITION_MAX]; /* VMs by condition */
};

void tracker_init(struct tracker *t, const struct numbering *n, const struct core_settings *s, const struct host_facts_core *h,
		  action_fn act, void *userdata);
void tracker_done(struct tracker *t);

/*
 * tracker_exists() - a process is known to be a VM (libvirt says so), though the source has not seen it: unknown until it has. -ENOMEM.
 */
int tracker_exists(struct tracker *t, const struct vm_id *id, const char *comm, uint64_t now);
/* tracker_entry() - the truth about a VM was read from the source. -ENOMEM. */
int tracker_entry(struct tracker *t, int32_t tgid, const struct entry *e, uint64_t now);
/*
 * Snapshot: begin, one call a struct kvm, end. After a snapshot of the whole host, VMs that it did not show are gone. It fills what events
 * did not show and never overwrites an entry's mask: the event precedes the store in the kernel. A VM whose mask differs is
 * named by tracker_differs() (true): read it again after 10 ms; a second snapshot that still differs wins.
 */
void tracker_snapshot_begin(struct tracker *t, uint64_t now);
int tracker_snapshot_vm(struct tracker *t, const struct snap_vm *s, uint64_t now);
void tracker_snapshot_end(struct tracker *t, bool whole_host, int32_t tgid, uint64_t now);
bool tracker_differs(const struct tracker *t);
/* tracker_missing() - a VM younger than TRACKER_GRACE_NS was not seen: look again when it is older. Its file may not be open yet, or not any
 * more: libvirtd makes a VM to learn the TSC frequency, and closes it at once. */
#define TRACKER_GRACE_NS NSEC_PER_SEC
bool tracker_missing(const struct tracker *t);
/* tracker_gone() - the process ended, or its struct kvm was closed. */
void tracker_gone(struct tracker *t, const struct vm_id *id, const char *why, uint64_t now);
/* tracker_sight() - @watching false: source lost, every VM unknown until its next entry or snapshot. */
void tracker_sight(struct tracker *t, bool watching, bool has_snapshot, uint64_t now);
/* tracker_host() - host facts or probe result changed. tracker_settings() - after a reload. */
void tracker_host(struct tracker *t, const struct host_facts_core *h, uint64_t now);
void tracker_settings(struct tracker *t, const struct core_settings *s, uint64_t now);

/* libvirt's side. tracker_domain() - what is known of the domain in process @tgid; @managed: libvirt confirmed it. */
int tracker_domain(struct tracker *t, int32_t tgid, const struct domain *d, bool managed, uint64_t now);
/* tracker_reboot() - libvirt's REBOOT for a domain; the entry of its VM must have been told before. */
void tracker_reboot(struct tracker *t, const char *uuid, uint64_t now);
/* tracker_evidence() - for the cause of APIC_ID_MODIFIED. */
void tracker_evidence(struct tracker *t, int32_t tgid, enum tristate ids_right, bool large_ids, enum stack_origin stack,
		      uint64_t now);
/* tracker_restore() - boots of an earlier run, from the duty state. */
void tracker_restore(struct tracker *t, int32_t tgid, uint32_t boots);

/* tracker_tick() - time passed. tracker_deadline() - when to call it next; TIME_NEVER. */
void tracker_tick(struct tracker *t, uint64_t now);
uint64_t tracker_deadline(const struct tracker *t);

struct vm *tracker_find(const struct tracker *t, int32_t tgid);
struct vm *tracker_find_uuid(const struct tracker *t, const char *uuid);
/* tracker_sorted() - all VMs, by domain name, then pid. Caller frees the array. -ENOMEM. */
int tracker_sorted(const struct tracker *t, struct vm ***ret, size_t *ret_n);
/*
 * vm_known_ns() - for how long it was watched and its condition was neither unknown nor off, up to @now. vm_episodes_ns() - for how long of that there
 * was an episode: the rest is the time in which AVIC was active but for transient reasons.
 */
uint64_t vm_known_ns(const struct vm *vm, uint64_t now);
uint64_t vm_episodes_ns(const struct vm *vm, uint64_t now);
/* vm_inhibited_ns() - total inhibited time of a bit up to @now */
uint64_t vm_inhibited_ns(const struct vm *vm, unsigned bit, uint64_t now);

#endif
