/* SPDX-License-Identifier: GPL-2.0-or-later */
/* avicctl config: check or show the configuration. */
#include <getopt.h>
#include <stdio.h>

#include "avicd/report.h"
#include "avicd/settings.h"
#include "avicd/util.h"
#include "ctl/ctl.h"

static void strv_p(char ***list)
{
	if (*list)
		strv_free(*list);
}

/* What config_load() found, kept until it is clear that there was no error. */
static void collect(const char *file, unsigned line, const char *text, void *userdata)
{
	json_object *problems = userdata, *o = json_object_new_object();

	json_object_object_add(o, "file", json_object_new_string(file));
	json_object_object_add(o, "line", json_object_new_int64(line));
	json_object_object_add(o, "text", json_object_new_string(text));
	json_object_array_add(problems, o);
}

static void print_problems(json_object *problems, FILE *f)
{
	for (size_t i = 0; i < json_object_array_length(problems); i++) {
		json_object *o = json_object_array_get_idx(problems, i), *file, *line, *text;

		if (json_object_object_get_ex(o, "file", &file) && json_object_object_get_ex(o, "line", &line) &&
		    json_object_object_get_ex(o, "text", &text)) {
			fprintf(f, "%s:%lld: ", json_object_get_string(file), (long long)json_object_get_int64(line));
			ctl_puts_clean(json_object_get_string(text), f);
			fputc('\n', f);
		}
	}
}

static json_object *files_json(char **files)
{
	json_object *o = json_object_new_array();

	for (size_t i = 0; files && files[i]; i++)
		json_object_array_add(o, json_object_new_string(files[i]));
	return o;
}

static int check(char **files, json_object *problems)
{
	size_t n_files = 0, n = json_object_array_length(problems);

	while (files && files[n_files])
		n_files++;
	if (ctl_options.json) {
		_cleanup_json_ json_object *o = json_object_new_object();

		json_object_object_add(o, "files", files_json(files));
		json_object_object_add(o, "problems", json_object_get(problems));
		ctl_print_json(o);
	} else {
		print_problems(problems, stdout);
		if (!ctl_options.no_legend)
			printf("%zu file%s read, %zu bad line%s\n", n_files, n_files == 1 ? "" : "s", n,
			       n == 1 ? "" : "s");
	}
	return n ? CTL_ATTENTION : CTL_OK;
}

static json_object *sections_json(const struct policies *p)
{
	json_object *list = json_object_new_array();

	for (size_t i = 0; i < p->n; i++) {
		const struct policy_section *s = &p->list[i];
		const char *mode = policy_mode_to_string(s->mode), *remedy = policy_remedy_to_string(s->remedy);
		json_object *o = json_object_new_object();

		json_object_object_add(o, "domain", json_object_new_string(s->name));
		json_object_object_add(o, "file", json_object_new_string(s->file));
		json_object_object_add(o, "line", json_object_new_int64(s->line));
		json_object_object_add(o, "mode", mode ? json_object_new_string(mode) : NULL);
		json_object_object_add(o, "remedy", remedy ? json_object_new_string(remedy) : NULL);
		json_object_array_add(list, o);
	}
	return list;
}

/* As they are written, so that what is printed could be read again. */
static void print_sections(const struct policies *p)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct policy_section *s = &p->list[i];

		printf("\n[domain %s]", s->name);
		if (!ctl_options.no_legend)
			printf("%s # %s:%u%s", ctl_grey(), s->file, s->line, ctl_normal());
		putchar('\n');
		if (policy_mode_to_string(s->mode))
			printf("mode=%s\n", policy_mode_to_string(s->mode));
		if (policy_remedy_to_string(s->remedy))
			printf("remedy=%s\n", policy_remedy_to_string(s->remedy));
	}
}

static int show_json(char **files, const struct settings *s)
{
	_cleanup_json_ json_object *o = json_object_new_object();
	json_object *all = json_object_new_object();

	json_object_object_add(o, "files", files_json(files));
	json_object_object_add(o, "settings", all);
	json_object_object_add(o, "domains", sections_json(&s->policies));
	for (const struct config_item *item = settings_items; item->key; item++) {
		_cleanup_free_ char *value = NULL;
		json_object *section;

		if (settings_show(s, item, &value) < 0)
			return ctl_error("out of memory");
		if (!json_object_object_get_ex(all, item->section, &section)) {
			section = json_object_new_object();
			json_object_object_add(all, item->section, section);
		}
		json_object_object_add(section, item->key, json_object_new_string(value));
	}
	ctl_print_json(o);
	return CTL_OK;
}

static int show(char **files, const struct settings *s)
{
	const char *section = "";

	if (ctl_options.json)
		return show_json(files, s);
	ctl_pager();
	if (!ctl_options.no_legend) {
		for (size_t i = 0; files && files[i]; i++)
			printf("%s# %s%s\n", ctl_grey(), files[i], ctl_normal());
		if (!files || !files[0])
			printf("%s# no configuration file: the defaults%s\n", ctl_grey(), ctl_normal());
	}
	for (const struct config_item *item = settings_items; item->key; item++) {
		_cleanup_free_ char *value = NULL;

		if (settings_show(s, item, &value) < 0)
			return ctl_error("out of memory");
		if (!streq(section, item->section))
			printf("%s[%s]\n", *section || !ctl_options.no_legend ? "\n" : "", item->section);
		section = item->section;
		printf("%s=%s\n", item->key, value);
	}
	print_sections(&s->policies);
	return CTL_OK;
}

int verb_config(int argc, char *argv[])
{
	static const struct option options[] = {{"root", required_argument, NULL, 'r'}, {0}};
	_cleanup_json_ json_object *problems = json_object_new_array();
	_cleanup_(settings_done) struct settings s = {0};
	_cleanup_(strv_p) char **files = NULL;
	const char *root = NULL, *what;
	int r;

	while (getopt_long(argc, argv, "", options, NULL) != -1)
		root = optarg;
	what = argv[argc - 1];
	if (!streq(what, "check") && !streq(what, "show"))
		return ctl_usage("config", "config %s: not one of check, show", what);
	if (root && access(root, X_OK) < 0)
		return ctl_error("--root=%s: %s", root, strerror(errno));
	r = settings_init(&s);
	if (r >= 0)
		r = config_files(root, &files);
	if (r >= 0)
		r = config_load(settings_items, &s, root, collect, problems);
	if (r < 0)
		return ctl_error("the configuration cannot be read: %s", strerror(-r));
	if (streq(what, "check"))
		return check(files, problems);
	/* bad lines are not in force; say so, but not where the settings are printed */
	print_problems(problems, stderr);
	return show(files, &s);
}
