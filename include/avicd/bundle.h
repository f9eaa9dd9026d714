/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A report about one VM that is stuck: all that a person needs to open a ticket, as one JSON document, "avicd-report/1". Pure; src/daemon/bundles.c
 * keeps the files.
 */
#ifndef AVICD_BUNDLE_H
#define AVICD_BUNDLE_H

#include "avicd/report.h"

#define BUNDLE_SCHEMA	    "avicd-report/1"
/* A report is never longer, whatever its parts are. */
#define BUNDLE_MAX	    (64 << 10)
/* a UUID, or "pid-4711" */
#define BUNDLE_INSTANCE_MAX 40
#define BUNDLE_NAME_MAX	    (BUNDLE_INSTANCE_MAX + 32)

/*
 * bundle_instance() - what the VM is called in names of files and units: the UUID where libvirt confirmed it, so that no process can claim that of
 * another's domain; else "pid-N". Never anything else: no name, no '/', no "..". Returns @buf.
 */
char *bundle_instance(const struct vm *vm, char buf[static BUNDLE_INSTANCE_MAX]);
/* bundle_name() - "INSTANCE-2026-11-22T12:03:04Z.json", of microseconds since 1970. Returns @buf. */
char *bundle_name(const char *instance, uint64_t us, char buf[static BUNDLE_NAME_MAX]);
/* bundle_name_parse() - -EINVAL: not such a name, so not a file of ours. @instance and @ret_us may be NULL. */
int bundle_name_parse(const char *name, char instance[BUNDLE_INSTANCE_MAX], uint64_t *ret_us);
/* bundle_link() - "INSTANCE.json", the link to the newest report of it. bundle_link_parse() - -EINVAL, as above. */
char *bundle_link(const char *instance, char buf[static BUNDLE_NAME_MAX]);
int bundle_link_parse(const char *name, char instance[BUNDLE_INSTANCE_MAX]);

/*
 * bundle_over() - the VM is not stuck any more, for sure: it is seen, AVIC is in use, it does not settle, and no reason is set that makes stuck. A
 * stuck VM that is paused or reset is still the same case, and so is one that avicd has just found after a restart of its own.
 */
bool bundle_over(const struct vm *vm);

struct bundle {
	const struct tracker *tracker;
	const struct vm *vm;
	const struct report_host *host;
	const char *sentence; /* of vm-stuck */
	const char *stack;    /* of the reason that made it stuck, a function a line; NULL: not known */
	const char *cmdline;  /* of the kernel; what is about KVM and the IOMMU is taken. NULL: not known */
	uint64_t now;	      /* on the tracker's clock */
	uint64_t begun_us;    /* wall clock */
};
/* bundle_json() - at the begin. Caller puts. NULL on -ENOMEM. */
json_object *bundle_json(const struct bundle *b);
/* bundle_end() - into @o, how it ended. -ENOMEM: @o is not to be used. */
struct bundle_ending {
	const char *event, *sentence; /* NULL: avicd did not see it */
	const char *condition;	      /* NULL: the VM is gone */
	uint64_t ended_us, lasted_ns;
};
int bundle_end(json_object *o, const struct bundle_ending *e);
/*
 * bundle_text() - for the file, to be read by people, too. What makes it longer than BUNDLE_MAX is taken out of @o, and named in its "cut". Caller frees.
 * -ENOMEM; -EFBIG: nothing more can be taken out.
 */
int bundle_text(json_object *o, char **ret, size_t *ret_len);

/* What a report says about itself. */
struct bundle_head {
	struct vm_id id;
	char boot_id[40];
	bool ended;
};
/* bundle_parse() - a file of ours, read again. Caller puts *ret. -EBADMSG; -ENOMEM. */
int bundle_parse(const char *s, size_t len, struct bundle_head *head, json_object **ret);

#endif
