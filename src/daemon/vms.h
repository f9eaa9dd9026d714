/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the daemon holds for each VM of the tracker: its process (pidfd), what its command line says, its place on the bus. */
#ifndef AVICD_DAEMON_VMS_H
#define AVICD_DAEMON_VMS_H

#include <json-c/json.h>
#include <systemd/sd-event.h>

#include "avicd/domain.h"
#include "avicd/duty.h"
#include "avicd/hash.h"
#include "avicd/trace.h"
#include "daemon/tgids.h"

struct manager;

#define OBJECT_PATH_MAX 64

struct watched {
	struct manager *manager;
	struct vm_id id;
	sd_event_source *pidfd;    /* readable when the process has ended; NULL: its end is found by resync */
	struct domain claim;       /* what the command line says; uuid "" = nothing, or another VM has that UUID */
	const char *ending;        /* why libvirt says that the domain stopped; static, or NULL */
	char path[OBJECT_PATH_MAX]; /* on the bus, "" = not there */
	bool introduced;
	bool changed;              /* D-Bus clients are to be told */
	uint32_t inits;            /* KVM_CREATE_VM seen so far */
	bool want_snapshot, want_evidence;
	uint64_t evidence_since;   /* of APIC_ID_MODIFIED when evidence was last taken */
	uint64_t evidence_at;      /* monotonic, 0 = never */
	bool ids_wrong_once;      /* the last reading of APIC ids found a wrong one, to be read again */
	json_object *details;      /* vcpus and stacks, of details_at */
	uint64_t details_at;       /* monotonic */
};

struct vms {
	struct hash by_tgid;
	struct tgids fresh;        /* not introduced yet */
	struct tgids ended;        /* had ended before they were introduced */
	struct duty duty;          /* of the run before ours */
	bool said_no_fds;
};

struct watched *vms_find(const struct manager *m, int32_t tgid);
/* vms_saw() - the source named this process: the record of it, made if need be. NULL on -ENOMEM. Call before telling the tracker. */
struct watched *vms_saw(struct manager *m, const struct vm_id *id);
/* vms_introduce() - learn of the new ones what /proc, the duty state and libvirt know. */
void vms_introduce(struct manager *m);
/* vms_bury() - tell the tracker of those that had ended before that; after a tick, so that a VM that lived a moment is told like any other. */
void vms_bury(struct manager *m);
/* vms_ended() - its process has, whether or not somebody waited for that. */
bool vms_ended(const struct watched *w);
/* vms_why_gone() - the best that is known; @why is the tracker's word. */
const char *vms_why_gone(const struct watched *w, const char *why);
/* vms_drop() - the tracker let go of it. */
void vms_drop(struct manager *m, struct watched *w);
/* vms_forget_all() - tell the tracker that all are gone. */
void vms_forget_all(struct manager *m, const char *why);
/* vms_check() - find ended processes that have no pidfd. */
void vms_check(struct manager *m);
void vms_done(struct manager *m);

#endif
