/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a scenario expects, held against world and trackers; and what its words mean. */
#include <stdlib.h>
#include <string.h>

#include "script.h"

int host_from(const char *s)
{
	return s && s[0] == 'h' && s[1] >= '1' && s[1] < '1' + HOSTS && !s[2] ? s[1] - '1' : -1;
}

struct sim_vm *vm_from(struct world *w, const char *name)
{
	for (int i = 0; name && i < VMS; i++)
		if (w->vms[i].there && streq(w->vms[i].name, name))
			return &w->vms[i];
	return NULL;
}

int remedy_from(const char *s)
{
	for (int r = 0; s && r < _REMEDY_MAX; r++)
		if (streq(remedy_to_string((enum remedy)r), s))
			return r;
	return -1;
}

bool is_vm(struct script *s)
{
	struct sim_vm *v = vm_from(s->w, s->words[4]);
	const struct vm *vm = v ? tracker_find(&s->w->hosts[v->host].tracker, v->id.tgid) : NULL;

	return s->n >= 7 && vm && v->host == host_from(s->words[5]) &&
	       streq(condition_to_string(vm->verdict.condition), s->words[6]) &&
	       (s->n == 7 || streq(cause_to_string(vm->verdict.cause), s->words[7]));
}

bool is_job(struct script *s)
{
	struct sim_vm *v = vm_from(s->w, s->words[5]);
	struct sim_job *j = v ? world_job_of(s->w, v) : NULL;
	const char *to = s->n == 7 ? strstr(s->words[6], "->") : NULL;

	if (!j || s->n != 7 || remedy_from(s->words[4]) != (int)j->remedy || s->words[6][1] - '1' != j->host)
		return false;
	return to ? host_from(to + 2) == j->target : j->target == j->host || j->target < 0;
}

bool is_no_job(struct script *s)
{
	struct sim_vm *v = vm_from(s->w, s->words[4]);

	return s->n == 5 && v && !world_job_of(s->w, v);
}

static bool is_rule(struct script *s, enum remedy_asker asker)
{
	struct sim_vm *v = vm_from(s->w, s->words[4]);
	int r = remedy_from(s->words[5]);
	struct remedy_plan p;

	if (s->n != 7 || !v || r < 0)
		return false;
	world_plan(s->w, v, asker, asker == ASKER_PERSON ? r : -1, &p);
	for (size_t i = 0; i < p.n; i++)
		if ((int)p.steps[i].remedy == r && streq(rule_to_string(p.steps[i].rule), s->words[6]))
			return true;
	return false;
}

bool is_plan(struct script *s)
{
	return is_rule(s, ASKER_POLICY);
}

bool is_answer(struct script *s)
{
	return is_rule(s, ASKER_PERSON);
}

bool is_told(struct script *s)
{
	struct sim_vm *v = vm_from(s->w, s->words[4]);

	return s->n == 6 && v && v->told == strtoul(s->words[5], NULL, 10);
}

bool is_health(struct script *s)
{
	int h = host_from(s->words[4]);

	return s->n == 6 && h >= 0 && streq(health_to_string(s->w->hosts[h].tracker.health), s->words[5]);
}
