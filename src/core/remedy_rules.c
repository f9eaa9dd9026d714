/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules that refuse a remedy, as words and phrases; the limits; and the ladder, the list of those that are tried. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "avicd/remedy.h"
#include "avicd/util.h"

static const struct {
	const char *word, *sentence;
	bool yields; /* to a person who asks */
} rules[] = {
	[RULE_NONE] = {"none", "nothing speaks against it", false},
	[RULE_WELL] = {"well", "the VM is neither stuck nor kept inhibited by a setting", false},
	[RULE_UNKNOWN] = {"unknown", "the state of the VM is not known now", false},
	[RULE_AMBIGUOUS] = {"ambiguous", "several struct kvm in one process, whose events cannot be told apart", false},
	[RULE_CAUSE] = {"cause", "no ground to act: its cause is not known, the guest's own, or would be there again",
			false},
	[RULE_CURES] = {"cures", "it would not cure every inhibit reason that is set", false},
	[RULE_UNMANAGED] = {"unmanaged", "libvirt does not know the VM, or cannot be reached", false},
	[RULE_TRANSIENT] = {"transient", "the domain has no definition, and would be lost if this failed half-way",
			    false},
	[RULE_PAUSED] = {"paused", "the VM does not run", false},
	[RULE_BUSY] = {"busy", "there is a job for this VM already", false},
	[RULE_NO_TARGET] = {"no-target", "no target is known: migrate_targets= is empty", false},
	[RULE_NOT_PROVED] = {"not-proved", "without a proved livepatch it would stick again: avicctl fix deploy",
			     false},
	[RULE_RISK] = {"risk", "an unsafe fault of this kernel was not accepted: avicctl fix list", false},
	[RULE_REPORT] = {"report", "remedy=report holds for this domain", true},
	[RULE_LADDER] = {"ladder", "it is not on the list of remedies for this domain", true},
	[RULE_ASKED] = {"asked", "done only if a person asks for it by name, or the domain's own metadata does", true},
	[RULE_WINDOW] = {"window", "this VM had a remedy within remedy_window=", true},
	[RULE_FAILURES] = {"failures", "remedies of this VM failed remedy_failures= times in a row", true},
	[RULE_PING_PONG] = {"ping-pong", "it was migrated away, came back, and would go away again", true},
	[RULE_QUIET] = {"quiet", "these are quiet_hours=", true},
	[RULE_INTERVAL] = {"interval", "the last remedy on this host began within remedy_interval=", true},
	[RULE_HOURLY] = {"hourly", "remedy_hourly= were begun within an hour", true},
	[RULE_DELAY] = {"delay", "the last remedy on this host ended within remedy_delay=", true},
	[RULE_DUTY] = {"duty", "what was done before could not be read; a person lifts this: systemctl reload avicd",
		       true},
	[RULE_MAX_JOBS] = {"max-jobs", "max_jobs= are under way on this host", false},
	[RULE_EARLIER] = {"earlier", "another remedy comes first", true},
};
static_assert(ARRAY_SIZE(rules) == _RULE_MAX, "each rule has its words");

const char *rule_to_string(enum remedy_rule r)
{
	return r < _RULE_MAX ? rules[r].word : "unknown-rule";
}

const char *rule_sentence(enum remedy_rule r)
{
	return r < _RULE_MAX ? rules[r].sentence : "";
}

bool rule_yields(enum remedy_rule r)
{
	return r < _RULE_MAX && rules[r].yields;
}

void remedy_limits_default(struct remedy_limits *l)
{
	*l = (struct remedy_limits){
		.max_jobs = 1,
		.hourly = 6,
		.interval_ns = 5 * 60 * NSEC_PER_SEC,
		.delay_ns = 60 * NSEC_PER_SEC,
		.window_ns = 24 * 3600 * NSEC_PER_SEC,
		.failures = 3,
	};
}

/* Which remedies a ladder can name; those that make a guest stand still are for its owner to ask. */
static const struct {
	enum remedy remedy;
	bool own;
} rungs[] = {{REMEDY_HEAL, false}, {REMEDY_MIGRATE, false}, {REMEDY_RESTORE, true}, {REMEDY_COLD_REBOOT, true}};
static_assert(ARRAY_SIZE(rungs) == LADDER_MAX, "a ladder has room for each");

static bool ladder_has(const struct remedy_ladder *l, enum remedy r)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->list[i] == r)
			return true;
	return false;
}

static bool word_is(const char *s, size_t n, const char *word)
{
	return strlen(word) == n && memcmp(s, word, n) == 0;
}

static int add_rung(struct remedy_ladder *l, const char *s, size_t n, bool own)
{
	for (size_t i = 0; i < ARRAY_SIZE(rungs); i++) {
		enum remedy r = rungs[i].remedy;

		if (!word_is(s, n, remedy_to_string(r)))
			continue;
		if ((rungs[i].own && !own) || ladder_has(l, r))
			return -EINVAL;
		l->list[l->n++] = (uint8_t)r;
		return 0;
	}
	return -EINVAL;
}

int ladder_parse(const char *s, bool own, struct remedy_ladder *ret)
{
	static const char space[] = " \t\n,";
	struct remedy_ladder l = {0};
	bool report = false;

	for (s += strspn(s, space); *s; s += strspn(s, space)) {
		size_t n = strcspn(s, space);
		int r = report ? -EINVAL : 0;

		if (r == 0 && word_is(s, n, "report"))
			report = true;
		else if (r == 0)
			r = add_rung(&l, s, n, own);
		if (r < 0)
			return r;
		s += n;
	}
	*ret = l;
	return 0;
}

void ladder_default(struct remedy_ladder *l)
{
	*l = (struct remedy_ladder){2, {REMEDY_HEAL, REMEDY_MIGRATE}};
}

char *ladder_print(const struct remedy_ladder *l, char buf[static LADDER_TEXT_MAX])
{
	size_t n = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < l->n; i++)
		n += (size_t)snprintf(buf + n, LADDER_TEXT_MAX - n, "%s%s", n ? " " : "",
				      remedy_to_string((enum remedy)l->list[i]));
	return buf;
}
