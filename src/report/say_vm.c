/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said of one VM, after its name and a colon. */
#include "report/say.h"

static void say_duration(struct saying *s, uint64_t ns)
{
	char buf[DURATION_MAX];

	text_add(&s->out, format_duration(ns, buf, sizeof(buf)));
}

static void say_mask(struct saying *s, uint64_t mask)
{
	char buf[MASK_NAMES_MAX];

	text_add(&s->out, mask_names(&s->t->numbering, mask, buf, sizeof(buf)));
}

static void say_remedy(struct saying *s)
{
	char buf[REPORT_REMEDY_MAX];

	if (*report_remedy(s->t, s->vm, buf))
		text_addf(&s->out, "; remedy: %s", buf);
}

uint64_t say_lasting(const struct verdict *v, int only)
{
	uint64_t mask = 0;

	for (size_t i = 0; i < v->n; i++)
		if (v->reasons[i].cls != CLASS_TRANSIENT && (only < 0 || (int)v->reasons[i].cls == only))
			mask |= BIT64(v->reasons[i].bit);
	return mask;
}

/* Since when a reason is set, in time and in boots. A reset's own writes may come just before it is counted. */
static void say_since(struct saying *s, unsigned bit)
{
	const struct reason_stats *r = &s->vm->reason[bit];
	uint64_t boot_at = s->vm->boot_at;

	text_add(&s->out, r->since_exact ? " set for " : " set for at least ");
	say_duration(s, s->now > r->since ? s->now - r->since : 0);
	if (!r->since_exact)
		text_add(&s->out, ", from before it was watched");
	else if (r->since + ENTRY_RESET_NS >= boot_at)
		text_addf(&s->out, ", since boot %u", s->vm->boots);
	else
		text_addf(&s->out, ", since before boot %u", s->vm->boots);
}

static bool is_finding(const struct verdict *v)
{
	return v->condition == CONDITION_STUCK || v->condition == CONDITION_CONFIGURED;
}

void say_appeared(struct saying *s)
{
	text_add(&s->out, "watched from now on, mask ");
	if (s->vm->mask_seen)
		say_mask(s, s->vm->mask);
	else
		text_add(&s->out, "not known yet");
	text_addf(&s->out, ", condition %s", condition_to_string(s->v->condition));
	if (s->v->why)
		text_addf(&s->out, " (%s)", s->v->why);
	/* a VM that is found in a bad state has no other line that says so */
	if (is_finding(s->v)) {
		text_addf(&s->out, "; cause %s", s->v->cause == CAUSE_NONE ? "unknown" : cause_to_string(s->v->cause));
		say_remedy(s);
	}
}

void say_gone(struct saying *s)
{
	text_add(&s->out, "gone");
	say_detail(s, ": ");
	text_add(&s->out, "; watched for ");
	say_duration(s, s->now > s->vm->seen_at ? s->now - s->vm->seen_at : 0);
	if (is_finding(s->v)) {
		text_addf(&s->out, ", was %s for ", condition_to_string(s->v->condition));
		say_duration(s, s->now > s->vm->condition_at ? s->now - s->vm->condition_at : 0);
	}
}

void say_reboot(struct saying *s)
{
	uint64_t mask = say_lasting(s->v, -1);

	text_addf(&s->out, "guest reset, boot %u begins", s->vm->boots);
	if (!s->vm->boots_exact)
		text_add(&s->out, " (counted since it is watched)");
	if (mask && s->vm->mask_seen) {
		text_add(&s->out, ", with ");
		say_mask(s, mask);
		text_add(&s->out, " still set");
	}
}

void say_stuck(struct saying *s)
{
	uint64_t others = say_lasting(s->v, -1);
	char name[BIT_NAME_MAX];

	text_add(&s->out, "stuck");
	if (s->v->headline >= 0 && s->v->headline < REASON_BITS) {
		unsigned bit = (unsigned)s->v->headline;

		others &= ~BIT64(bit);
		text_addf(&s->out, ": %s", bit_name(&s->t->numbering, bit, name));
		say_since(s, bit);
	}
	if (others) {
		text_add(&s->out, ", beside ");
		say_mask(s, others);
	}
	text_addf(&s->out, "; cause %s", s->v->cause == CAUSE_NONE ? "unknown" : cause_to_string(s->v->cause));
	say_remedy(s);
}

void say_configured(struct saying *s)
{
	uint64_t mask = say_lasting(s->v, CLASS_CONFIG);

	if (mask)
		say_mask(s, mask);
	else
		text_add(&s->out, "a setting");
	text_addf(&s->out, " %s %s inhibited", mask & (mask - 1) ? "keep" : "keeps", words_feature(s->t));
	if (s->v->cause != CAUSE_NONE)
		text_addf(&s->out, " (%s)", cause_to_string(s->v->cause));
	say_remedy(s);
}

void say_recovered(struct saying *s)
{
	text_addf(&s->out, "recovered: was %s for ", condition_to_string(s->a->old_condition));
	say_duration(s, s->a->duration);
	text_addf(&s->out, ", is %s now, mask ", condition_to_string(s->v->condition));
	say_mask(s, s->vm->mask);
}

void say_condition(struct saying *s)
{
	text_addf(&s->out, "condition %s (was %s)", condition_to_string(s->v->condition),
		  condition_to_string(s->a->old_condition));
	if (s->v->why)
		text_addf(&s->out, ": %s", s->v->why);
}

void say_episode_begin(struct saying *s)
{
	char name[BIT_NAME_MAX];

	text_addf(&s->out, "episode %llu begins: %s set, mask ", (unsigned long long)s->vm->episodes,
		  bit_name(&s->t->numbering, s->a->bit, name));
	say_mask(s, s->vm->mask);
}

void say_episode_end(struct saying *s)
{
	text_addf(&s->out, "episode %llu ended after ", (unsigned long long)s->vm->episodes);
	say_duration(s, s->a->duration);
	text_add(&s->out, ", mask ");
	say_mask(s, s->vm->mask);
}

/* Up to 7.0, an inhibit makes IRQWIN toggle with interrupts that the guest cannot take yet: cure the other bit then. */
void say_storm_begin(struct saying *s)
{
	uint64_t mask = say_lasting(s->v, -1);

	text_addf(&s->out, "storm: the mask changes more than %.0f times a second", s->t->settings.storm_rate);
	if (mask) {
		text_add(&s->out, ", because ");
		say_mask(s, mask);
		text_add(&s->out, mask & (mask - 1) ? " are set" : " is set");
		say_remedy(s);
	} else {
		text_add(&s->out, "; remedy: none while the guest boots, else find what uses PIC or PIT in the guest");
	}
}

void say_storm_end(struct saying *s)
{
	text_add(&s->out, "storm over");
	if (s->a->duration) {
		text_add(&s->out, " after ");
		say_duration(s, s->a->duration);
	}
}

void say_ambiguous(struct saying *s)
{
	text_addf(&s->out, "%u VMs in this one process: their inhibits cannot be told apart, none is judged",
		  MAX(s->vm->n_kvms, 2U));
}

void say_renamed(struct saying *s)
{
	char old[DOMAIN_NAME_MAX + 3];

	text_add(&s->out, "renamed");
	if (s->detail[0])
		text_addf(&s->out, " from %s", words_name(s->detail, old, sizeof(old)));
}
