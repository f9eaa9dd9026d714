/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a domain asks of AVIC, as its own metadata and the [domain NAME] sections of avicd.conf say, and which of them holds.
 *
 * Each key is decided by itself. The domain's metadata win, because they travel with the domain and say what its owner wants; then the last
 * section with its UUID that has the key; then the last section that has the key and whose pattern fits its name; then the default.
 */
#ifndef AVICD_POLICY_H
#define AVICD_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "avicd/config.h"

/* The words of the attributes of <avic:policy> and of the keys of a section. BAD: another word, which counts as none. */
enum domxml_mode { MODE_NONE, MODE_REQUIRE, MODE_PREFER, MODE_IGNORE, MODE_BAD };
enum domxml_remedy { DOMXML_REMEDY_NONE, DOMXML_REMEDY_REPORT, DOMXML_REMEDY_AUTO, DOMXML_REMEDY_BAD };
enum domxml_mode policy_mode_from_string(const char *s);
enum domxml_remedy policy_remedy_from_string(const char *s);
/* policy_mode_to_string(), policy_remedy_to_string() - the word; NULL for NONE and BAD. */
const char *policy_mode_to_string(enum domxml_mode m);
const char *policy_remedy_to_string(enum domxml_remedy r);
/*
 * policy_ladder_ok() - is it a list of remedies, "heal migrate", as ladder_parse() of avicd/remedy.h reads it? @own: in the domain's own metadata, which
 * alone may ask for restore and cold-reboot.
 */
#define POLICY_LADDER_MAX 64
bool policy_ladder_ok(const char *s, bool own);
#define POLICY_LADDER  "heal, migrate and report, in the order in which they are tried"
#define POLICY_MODES	"require, prefer or ignore"
#define POLICY_REMEDIES "report or auto"

#define POLICY_SECTIONS_MAX 1000
#define POLICY_NAME_MAX	    255 /* bytes; libvirt's names are no longer, being file names */

struct policy_section {
	char *name; /* a pattern of fnmatch(3), or a UUID in lower case */
	bool is_uuid;
	char *file; /* where its header stands */
	unsigned line;
	enum domxml_mode mode;
	enum domxml_remedy remedy;
	char remedies[POLICY_LADDER_MAX]; /* "": it has not this key */
};

/* In the order of the files. Zero-initialise. */
struct policies {
	struct policy_section *list;
	size_t n, size;
};

/*
 * policies_add() - a new section, without keys; *@ret is valid until the next one is added. -EINVAL: @name is empty, too long, or no pattern;
 * -E2BIG: there are POLICY_SECTIONS_MAX; -ENOMEM.
 */
int policies_add(struct policies *p, const char *name, const char *file, unsigned line, struct policy_section **ret);
void policies_done(struct policies *p);
extern const struct config_item policy_items[]; /* the keys of a section; ends with an item without key */

enum policy_source { POLICY_DEFAULT, POLICY_SECTION, POLICY_METADATA };
/* policy_source_to_string() - "default", "section", "metadata" */
const char *policy_source_to_string(enum policy_source s);

/* What holds. A section is one of the struct policies asked, and NULL unless it decides. */
struct policy {
	enum domxml_mode mode; /* NONE: large_vcpus= decides; never BAD */
	enum policy_source mode_from;
	const struct policy_section *mode_section;
	enum domxml_remedy remedy; /* REPORT or AUTO */
	enum policy_source remedy_from;
	const struct policy_section *remedy_section;
};

/*
 * policy_of() - of the domain @name, @uuid (any case; "" if not known), whose metadata say @mode and @remedy. Patterns see bytes, whatever the
 * locale is, so that all programs agree.
 */
void policy_of(const struct policies *p, const char *name, const char *uuid, enum domxml_mode mode,
	       enum domxml_remedy remedy, struct policy *ret);
/*
 * policy_ladder() - the list of remedies for this domain, whose metadata say @own ("": nothing; what is not ok counts as nothing); @host: of the
 * host. *@from says whose it is. The result is one of the strings given.
 */
const char *policy_ladder(const struct policies *p, const char *name, const char *uuid, const char *own, const char *host,
			  enum policy_source *from);
/* policy_requires() - AVIC is required: by @mode, or by the size where that is none. */
bool policy_requires(enum domxml_mode mode, uint32_t vcpus, uint32_t large_vcpus);

#endif
