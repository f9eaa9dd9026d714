/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules of the preflight about what surrounds AVIC: numbers, machine, QEMU's arguments, migration, reboots, policy. */
#include <stdio.h>

#include "avicd/text.h"
#include "avicd/util.h"
#include "core/preflight-private.h"

/* QEMU's mc->max_cpus: hw/i386/pc_piix.c; hw/i386/pc_q35.c of 7.2 (288), 8.1 (1024), 9.0 (4096) */
#define LIMIT_I440FX 255U
#define LIMIT_Q35    288U
#define LIMIT_Q35_81 1024U
#define LIMIT_Q35_90 4096U

static bool is_i440fx(const char *machine)
{
	return startswith(machine, "pc-i440fx") || streq(machine, "pc");
}

/* The most that the machine type takes; of an alias, the newest QEMU's. 0: a type that is not known here. */
static uint32_t machine_limit(const char *machine)
{
	unsigned major, minor;

	if (is_i440fx(machine))
		return LIMIT_I440FX;
	if (sscanf(machine, "pc-q35-%u.%u", &major, &minor) == 2) {
		if (major >= 9)
			return LIMIT_Q35_90;
		return major == 8 && minor >= 1 ? LIMIT_Q35_81 : LIMIT_Q35;
	}
	return streq(machine, "q35") ? LIMIT_Q35_90 : 0;
}

static void look_vcpus(const struct subject *s, const struct rule *r, struct findings *to)
{
	const struct domxml_topology *t = &s->f->topology;
	const struct domxml_number *dims[] = {&t->sockets, &t->dies, &t->clusters, &t->cores, &t->threads};
	uint32_t limit = machine_limit(s->f->machine);

	for (size_t i = 0; i < ARRAY_SIZE(dims); i++)
		if (dims[i]->state == NUMBER_BAD || (dims[i]->state == NUMBER_GOOD && dims[i]->value == 0)) {
			ADD(GRADE_FAIL, "a number in <topology> is none that libvirt takes");
			findings_remedy(to, "whole numbers of 1 or more in <topology>");
			return;
		}
	if (s->f->vcpus.state == NUMBER_BAD || s->vcpus == 0) {
		ADD(GRADE_FAIL, "the text of <vcpu> is no number of vCPUs");
		findings_remedy(to, "a whole number of 1 or more in <vcpu>");
	} else if (limit && s->vcpus > limit) {
		ADD(GRADE_FAIL, "%u vCPUs, and the machine type '%s' takes up to %u", s->vcpus, s->f->machine, limit);
		findings_remedy(to, "%s",
				limit < LIMIT_Q35_90 ? "a newer q35 in <os>: <type machine='q35'>hvm</type>"
						     : "fewer vCPUs in <vcpu>, at most 4096");
	} else {
		PASS(NULL);
	}
}

/* P10 */
static void look_qemu_args(const struct subject *s, const struct rule *r, struct findings *to)
{
	_cleanup_text_ struct text shown = {0};
	const char *end;

	if (!subject_overridden(s, NULL)) {
		PASS(NULL);
		return;
	}
	for (const char *arg = s->f->qemu_args; *arg && shown.len < 80; arg = *end ? end + 1 : end) {
		end = strchrnul(arg, '\n');
		text_addn(&shown, " ", shown.len ? 1 : 0);
		text_addn(&shown, arg, MIN(end - arg, 80));
	}
	ADD(GRADE_WARN, "QEMU's own arguments may override what is said here: %s", shown.s ?: "");
	findings_remedy(to, "elements of libvirt instead of <qemu:commandline>, so that they can be checked");
}

/* P11 */
static void look_machine(const struct subject *s, const struct rule *r, struct findings *to)
{
	if (!is_i440fx(s->f->machine) || s->vcpus < (s->h->large_vcpus ?: PREFLIGHT_LARGE_VCPUS)) {
		PASS(NULL);
		return;
	}
	ADD(GRADE_INFO, "%u vCPUs on i440fx: only q35 takes more than 255", s->vcpus);
	findings_remedy(to, "for a new VM <type machine='q35'>hvm</type> in <os>");
}

/* P12 */
static void look_intremap(const struct subject *s, const struct rule *r, struct findings *to)
{
	if (s->f->iommu && s->f->intremap == TRI_YES && s->max_id <= 254 && !s->f->hostdev)
		ADD(GRADE_INFO, "interrupt remapping is on, but no APIC id above 254 and no host device needs it");
	else
		PASS(NULL);
}

/* P13 */
static void look_migration(const struct subject *s, const struct rule *r, struct findings *to)
{
	_cleanup_text_ struct text list = {0};

	for (int b = 0; b < _BLOCKER_MAX; b++)
		if (s->f->blockers >> b & 1)
			text_addf(&list, "%s%s", list.len ? ", " : "", domxml_blocker_to_string(b));
	if (list.error)
		to->error = list.error;
	else if (list.len)
		ADD(GRADE_INFO, "in the way of live migration: %s", list.s);
	else
		PASS(NULL);
}

/* P14 */
static void look_reboot(const struct subject *s, const struct rule *r, struct findings *to)
{
	if (!*s->f->on_reboot || streq(s->f->on_reboot, "restart"))
		PASS(NULL);
	else
		ADD(GRADE_INFO, "on_reboot is '%s': a reboot is seen as the end of the VM", s->f->on_reboot);
}

static void look_policy(const struct subject *s, const struct rule *r, struct findings *to)
{
	if (s->f->mode == MODE_NONE && s->f->remedy == DOMXML_REMEDY_NONE)
		return;
	if (s->f->mode == MODE_BAD)
		ADD(GRADE_WARN, "the mode of the domain's avic:policy is none of require, prefer, ignore");
	else if (s->f->remedy == DOMXML_REMEDY_BAD)
		ADD(GRADE_WARN, "the remedy of the domain's avic:policy is none of report, auto");
	else
		PASS(NULL);
	if (s->f->mode == MODE_BAD || s->f->remedy == DOMXML_REMEDY_BAD)
		findings_remedy(to, "<avic:policy xmlns:avic='%s' mode='require' remedy='report'/>", DOMXML_POLICY_NS);
}

const struct rule preflight_setup_rules[] = {
	{"vcpus", "for numbers of vCPUs that can be", look_vcpus},
	{"qemu-args", "for arguments that override the XML", look_qemu_args},
	{"machine", "for a machine type that can grow", look_machine},
	{"intremap", "for an IOMMU that nothing needs", look_intremap},
	{"migration", "if live migration is possible", look_migration},
	{"reboot", "if a reboot keeps the VM", look_reboot},
	{"policy", "for avicd's policy in its metadata", look_policy},
	{0},
};
