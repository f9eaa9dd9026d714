/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inhibit reasons as data: names, numbers on the running kernel, lifetime, cause and remedy.
 *
 * A reason is known by name; its bit number differs between kernels (enum kvm_apicv_inhibit was renumbered in 5.18, 5.19, 6.0, 6.3 and
 * grew in 6.17), so a `struct numbering` says what the bits of one kernel mean. It comes from BTF, from the event's format, or, as
 * the last resort, from the table by kernel line.
 */
#ifndef AVICD_REASONS_H
#define AVICD_REASONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many bits of a mask are followed one by one; the kernel of 7.3 uses 13. Higher bits are kept in the mask, without statistics. */
#define REASON_BITS 32

/* The reasons, in the order of the newest kernel; X2APIC existed up to 5.19 only. */
enum reason {
	REASON_UNKNOWN = -1,
	REASON_DISABLED,
	REASON_HYPERV,
	REASON_ABSENT,
	REASON_BLOCKIRQ,
	REASON_PHYSICAL_ID_ALIASED,
	REASON_APIC_ID_MODIFIED,
	REASON_APIC_BASE_MODIFIED,
	REASON_NESTED,
	REASON_IRQWIN,
	REASON_PIT_REINJ,
	REASON_X2APIC,
	REASON_SEV,
	REASON_LOGICAL_ID_ALIASED,
	REASON_PHYSICAL_ID_TOO_BIG,
	_REASON_MAX,
};

/* Kernel lines that differ in numbering or lifetime. LINE_NONE: older than 5.6 or not known. */
enum kernel_line {
	LINE_NONE,
	LINE_5_6,  /* 5.6 .. 5.15: #defines, other event */
	LINE_5_16, /* 5.16, 5.17 */
	LINE_5_18,
	LINE_5_19,
	LINE_6_0,  /* 6.0 .. 6.2, all of 6.1.y */
	LINE_6_3,  /* 6.3 .. 6.16 */
	LINE_6_17, /* 6.17 .. 7.0 */
	LINE_7_1,  /* 7.1 on: numbering of 6.17, IRQWIN counted and lazy (kernel commit 5617dddcfa30) */
	_LINE_MAX,
};

enum numbering_origin {
	NUMBERING_NONE,
	NUMBERING_BTF,      /* enum kvm_apicv_inhibit in vmlinux or kvm BTF */
	NUMBERING_FORMAT,   /* names in the event's print format, in order (6.11 on) */
	NUMBERING_TABLE,    /* by kernel line: last resort */
	NUMBERING_INFERRED, /* from the records of a trace, without a kernel at hand */
};

struct numbering {
	enum numbering_origin origin;
	enum kernel_line line;       /* the line whose numbering this is, or the nearest; decides lifetimes */
	int8_t bit[_REASON_MAX];     /* bit number of a reason, -1 where this kernel lacks it */
	int8_t reason[REASON_BITS];  /* reason of a bit, REASON_UNKNOWN */
	unsigned n_bits;             /* number of bits that the kernel names */
};

enum reason_class {
	CLASS_OFF,       /* AVIC is not in use at all: DISABLED */
	CLASS_TRANSIENT, /* comes and goes by itself */
	CLASS_CONFIG,    /* a setting of VM or host keeps it */
	CLASS_STICKY,    /* neither: stuck if it lasts (APIC_ID_MODIFIED, APIC_BASE_MODIFIED, unknown bits) */
};

enum cause {
	CAUSE_NONE,
	CAUSE_KERNEL_BUG,
	CAUSE_GUEST,
	CAUSE_VM_CONFIG,
	CAUSE_HOST_CONFIG,
	CAUSE_DEBUGGER,
	CAUSE_UNKNOWN,
	_CAUSE_MAX,
};

/* Remedies of design: words for what cures an inhibit; a set is a mask of BIT(remedy). */
enum remedy {
	REMEDY_LIVEPATCH,
	REMEDY_HEAL,
	REMEDY_MIGRATE,
	REMEDY_RESTORE,
	REMEDY_COLD_REBOOT,
	REMEDY_RECONFIGURE,
	_REMEDY_MAX,
};

/* The phrases are in lower case and without a full stop, to stand after a label or inside a sentence. */
struct reason_info {
	const char *name;      /* without APICV_INHIBIT_REASON_ */
	enum reason_class cls;
	enum cause cause;      /* the usual cause; APIC_ID_MODIFIED is decided by verdict.h */
	uint32_t remedies;     /* BIT(remedy) set */
	const char *what;      /* one sentence: what the bit means */
	const char *set_by;    /* who sets it, kernel function and trigger */
	const char *cleared_by;
	const char *remedy;    /* one sentence, the exact setting or action; never NULL */
};

/* reason_info() - row of the table; NULL for REASON_UNKNOWN or out of range. */
const struct reason_info *reason_info(enum reason r);
/* reason_lifetime() - one sentence: how long the bit lives on kernels of @line; never NULL. */
const char *reason_lifetime(enum reason r, enum kernel_line line);
/* reason_class_of() - as reason_info().cls, but of kernels of @line: NESTED was a matter of configuration up to 5.17. */
enum reason_class reason_class_of(enum reason r, enum kernel_line line);
/* reason_from_name() - accepts the kernel's prefix, any case, DISABLE and DISABLED. REASON_UNKNOWN if none. */
enum reason reason_from_name(const char *name);
/* reason_vendor() - does @vendor ("amd", "intel") ever set it? From the required_apicv_inhibits sets. Unknown vendor: true. */
bool reason_vendor(enum reason r, const char *vendor);

const char *reason_class_to_string(enum reason_class c);
const char *cause_to_string(enum cause c);         /* "" for CAUSE_NONE */
const char *remedy_to_string(enum remedy r);
const char *kernel_line_to_string(enum kernel_line l); /* "6.3-6.16" */
const char *numbering_origin_to_string(enum numbering_origin o);

/* kernel_line_of() - from a release as uname -r prints it ("6.1.0-50-amd64"); LINE_NONE when it cannot be read or is below 5.6. */
enum kernel_line kernel_line_of(const char *release);
/* release_at_least() - is @release of @major.@minor or newer? false when it cannot be read. */
bool release_at_least(const char *release, unsigned major, unsigned minor);
/* numbering_from_line() - the table; numbering_from_pairs() - names (any spelling) with bit numbers, as BTF or format give them; the
 * line is inferred from the names' numbers, and refined by @release (may be NULL) where numbers do not tell (7.1).
 * Names that avicd does not know are skipped, whatever their numbers; NR_... is the count.
 * -EINVAL when no name is known or a known name's bit is out of range or used twice; *ret is then untouched. */
void numbering_from_line(enum kernel_line line, struct numbering *ret);
struct name_bit {
	const char *name;
	unsigned bit;
};
int numbering_from_pairs(const struct name_bit *pairs, size_t n, enum numbering_origin origin, const char *release,
			 struct numbering *ret);

/* numbering_mask() - BIT64(bit of r), or 0 where this kernel lacks it. */
uint64_t numbering_mask(const struct numbering *n, enum reason r);
/* numbering_reason() - reason of a bit; REASON_UNKNOWN for unknown bits and bits >= REASON_BITS. */
enum reason numbering_reason(const struct numbering *n, unsigned bit);
/* numbering_class() - class of a bit, unknown bits are CLASS_STICKY. numbering_class_mask() - all bits of a class. */
enum reason_class numbering_class(const struct numbering *n, unsigned bit);
uint64_t numbering_class_mask(const struct numbering *n, enum reason_class c, uint64_t mask);

/* bit_name() - "IRQWIN", or "BIT(14)"; @buf of BIT_NAME_MAX is used for the latter. */
#define BIT_NAME_MAX 32
const char *bit_name(const struct numbering *n, unsigned bit, char *buf);
/* mask_names() - "APIC_ID_MODIFIED|IRQWIN", "none" for 0; snprintf-like into @buf, returns buf. */
#define MASK_NAMES_MAX 512
char *mask_names(const struct numbering *n, uint64_t mask, char *buf, size_t size);

#endif
