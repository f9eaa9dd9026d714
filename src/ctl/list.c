/* SPDX-License-Identifier: GPL-2.0-or-later */
/* avicctl list: all VMs, one a line. */
#include <getopt.h>
#include <stdio.h>

#include "avicd/report.h"
#include "avicd/util.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/field.h"
#include "ctl/vmtable.h"

/* "stuck,unknown" to a set of bits. */
static int parse_conditions(const char *s, uint32_t *ret)
{
	uint32_t set = 0;

	for (;;) {
		size_t len = strcspn(s, ",");
		int c;

		for (c = 0; c < _CONDITION_MAX; c++) {
			const char *word = condition_to_string(c);

			if (strlen(word) == len && strncmp(word, s, len) == 0)
				break;
		}
		if (c == _CONDITION_MAX)
			return -EINVAL;
		set |= 1U << c;
		if (!s[len])
			break;
		s += len + 1;
	}
	*ret = set;
	return 0;
}

static bool wanted(json_object *vm, const void *userdata)
{
	const char *word = field_text(vm, "condition");
	uint32_t set = *(const uint32_t *)userdata;

	for (int c = 0; c < _CONDITION_MAX; c++)
		if (set >> c & 1 && streq(condition_to_string(c), word))
			return true;
	return false;
}

static void print_json(json_object *vms, uint32_t set)
{
	_cleanup_json_ json_object *o = json_object_new_array();

	for (size_t i = 0; i < field_len(vms); i++) {
		json_object *vm = json_object_array_get_idx(vms, i);

		if (wanted(vm, &set))
			json_object_array_add(o, json_object_get(vm));
	}
	ctl_print_json(o);
}

int verb_list(int argc, char *argv[])
{
	static const struct option options[] = {{"condition", required_argument, NULL, 'c'}, {0}};
	_cleanup_json_ json_object *state = NULL;
	uint32_t set = (1U << _CONDITION_MAX) - 1;
	json_object *vms;
	size_t n = 0;
	int r;

	while (getopt_long(argc, argv, "", options, NULL) != -1)
		if (parse_conditions(optarg, &set) < 0)
			return ctl_usage(
				"list",
				"--condition=%s: not of unknown, off, settling, stuck, configured, transient, active",
				optarg);
	r = client_get_state(&state);
	if (r)
		return r;
	vms = field_array(state, "vms");
	if (ctl_options.json) {
		print_json(vms, set);
		return CTL_OK;
	}
	ctl_pager();
	vmtable_print(vms, wanted, &set);
	for (size_t i = 0; i < field_len(vms); i++)
		n += wanted(json_object_array_get_idx(vms, i), &set);
	if (!ctl_options.no_legend)
		printf("%s%zu VM%s%s%s\n", n ? "\n" : "", n, n == 1 ? "" : "s",
		       n == field_len(vms) ? "" : " of these conditions", n ? "; see: avicctl show NAME" : "");
	return CTL_OK;
}
