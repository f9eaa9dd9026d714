/* SPDX-License-Identifier: GPL-2.0-or-later */
/* avicctl: the command line of avicd. */
#include <getopt.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>

#include "avicd/log.h"
#include "avicd/util.h"
#include "ctl/ctl.h"

#define LONG_OPTIONS_MAX 32

/* What getopt_long() returns for a long option without a short one: its index from here on. */
#define LONG_ONLY 0x100

/* The global options and those of one verb, for one run of getopt_long(). */
struct parser {
	struct option longs[LONG_OPTIONS_MAX + 1];
	const struct ctl_option *options[LONG_OPTIONS_MAX];
	char shorts[3 * LONG_OPTIONS_MAX + 3];
	size_t n, n_global;
};

static void parser_add(struct parser *p, const struct ctl_option *o)
{
	char *s = p->shorts + strlen(p->shorts);
	int has_arg = !o->metavar ? no_argument : o->metavar[0] == '[' ? optional_argument : required_argument;

	if (p->n == LONG_OPTIONS_MAX)
		return;
	p->longs[p->n] = (struct option){o->name, has_arg, NULL, (int)(LONG_ONLY + p->n)};
	p->options[p->n++] = o;
	/* -j is --json without a value: an optional value belongs to the long form alone */
	if (o->c) {
		*s++ = o->c;
		if (has_arg == required_argument)
			*s++ = ':';
	}
	*s = '\0';
}

/*
 * @lead: '+' to stop at the first argument (before the verb), ':' always, so that a missing value is told from an
 * unknown option.
 */
static void parser_init(struct parser *p, const char *lead, const struct ctl_verb *verb)
{
	*p = (struct parser){0};
	strcpy(p->shorts, lead);
	for (const struct ctl_option *o = ctl_global_options; o->name; o++)
		parser_add(p, o);
	p->n_global = p->n;
	for (const struct ctl_option *o = verb ? verb->options : NULL; o && o->name; o++)
		parser_add(p, o);
}

/* Returns the index of the option, -1 at the end, -2 after an error, which was printed. */
static int parser_next(struct parser *p, int argc, char *argv[], const char *verb)
{
	int at = optind, c;
	const char *arg;

	c = getopt_long(argc, argv, p->shorts, p->longs, NULL);
	if (c == -1)
		return -1;
	if (c >= LONG_ONLY)
		return c - LONG_ONLY;
	if (c != '?' && c != ':') {
		for (size_t i = 0; i < p->n; i++)
			if (p->options[i]->c == c)
				return i;
		return -2;
	}
	/* optopt names a short option, or the code of a known long one, or is 0 */
	arg = argv[MAX(optind - 1, at)] ?: "";
	if (c == ':' && optopt >= LONG_ONLY)
		ctl_usage(verb, "option --%s needs a value, %s", p->options[optopt - LONG_ONLY]->name,
			  p->options[optopt - LONG_ONLY]->metavar);
	else if (c == ':')
		ctl_usage(verb, "option -%c needs a value", optopt);
	else if (optopt >= LONG_ONLY)
		ctl_usage(verb, "option --%s takes no value", p->options[optopt - LONG_ONLY]->name);
	else if (optopt)
		ctl_usage(verb, "unknown option -%c", optopt);
	else
		ctl_usage(verb, "unknown or ambiguous option %s", arg);
	return -2;
}

/* How the answer is to be printed; what else was asked for. */
struct request {
	const char *json_mode;
	bool json, help, version;
};

static void take_global(const struct ctl_option *o, const char *value, struct request *rq)
{
	if (streq(o->name, "json")) {
		rq->json = true;
		rq->json_mode = value;
	} else if (streq(o->name, "no-pager")) {
		ctl_options.no_pager = true;
	} else if (streq(o->name, "no-legend")) {
		ctl_options.no_legend = true;
	} else if (streq(o->name, "help")) {
		rq->help = true;
	} else if (streq(o->name, "version")) {
		rq->version = true;
	}
}

static int apply(const struct request *rq, const char *verb)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM"), *mode = rq->json_mode;
	bool tty = isatty(STDOUT_FILENO);

	ctl_options.color = tty && !(no_color && *no_color) && term && !streq(term, "dumb");
	if (!rq->json)
		return 0;
	if (mode && !streq(mode, "pretty") && !streq(mode, "short") && !streq(mode, "off"))
		return ctl_usage(verb, "--json=%s: not one of pretty, short, off", mode);
	ctl_options.json = !mode || !streq(mode, "off");
	ctl_options.json_pretty = mode ? streq(mode, "pretty") : tty;
	return 0;
}

/* What a verb gets: its name, its own options in long form, "--" where it is needed, its arguments; a NULL behind them. */
struct args {
	char **v;
	int n, n_options;
};

static void args_done(struct args *a)
{
	for (int i = 1; i <= a->n_options; i++)
		free(a->v[i]);
	free(a->v);
}

static int args_add(struct args *a, char *s)
{
	char **v = reallocarray(a->v, (size_t)a->n + 2, sizeof(*v));

	if (!v)
		return -ENOMEM;
	a->v = v;
	v[a->n++] = s;
	v[a->n] = NULL;
	return 0;
}

static int args_option(struct args *a, const struct ctl_option *o, const char *value)
{
	_cleanup_free_ char *s = NULL;

	if (asprintf(&s, "--%s%s%s", o->name, value ? "=" : "", value ?: "") < 0) {
		s = NULL;
		return -ENOMEM;
	}
	if (args_add(a, s) < 0)
		return -ENOMEM;
	TAKE_PTR(s);
	a->n_options++;
	return 0;
}

static int run_verb(const struct ctl_verb *verb, int argc, char *argv[], struct request *rq)
{
	_cleanup_(args_done) struct args args = {0};
	static char separator[] = "--";
	bool dash = false;
	unsigned n;
	struct parser p;
	int i, r;

	if (args_add(&args, (char *)verb->name) < 0)
		return ctl_error("out of memory");
	parser_init(&p, ":", verb);
	optind = 0;
	while ((i = parser_next(&p, argc, argv, verb->name)) >= 0) {
		if ((size_t)i < p.n_global)
			take_global(p.options[i], optarg, rq);
		else if (args_option(&args, p.options[i], optarg) < 0)
			return ctl_error("out of memory");
	}
	if (i == -2)
		return CTL_USAGE;
	r = apply(rq, verb->name);
	if (r)
		return r;
	if (rq->version || rq->help)
		return 0;
	n = argc - optind;
	if (n < verb->min)
		return ctl_usage(verb->name, "%s needs an argument: avicctl %s %s", verb->name, verb->name, verb->args);
	if (n > verb->max)
		return ctl_usage(verb->name, "%s: too many arguments: '%s'", verb->name, argv[optind + verb->max]);
	/* an argument that looks like an option was behind a "--" here, too */
	for (int k = optind; k < argc; k++)
		dash |= argv[k][0] == '-' && argv[k][1];
	if (dash && args_add(&args, separator) < 0)
		return ctl_error("out of memory");
	while (optind < argc)
		if (args_add(&args, argv[optind++]) < 0)
			return ctl_error("out of memory");
	optind = 0; /* the verb starts over */
	return verb->run(args.n, args.v);
}

static int run(int argc, char *argv[])
{
	const struct ctl_verb *verb = ctl_verbs;
	struct request rq = {0};
	struct parser p;
	int i, r;

	opterr = 0;
	parser_init(&p, "+:", NULL);
	while ((i = parser_next(&p, argc, argv, NULL)) >= 0)
		take_global(p.options[i], optarg, &rq);
	if (i == -2)
		return CTL_USAGE;
	if (optind < argc) {
		verb = ctl_verb_find(argv[optind]);
		if (!verb)
			return ctl_usage(NULL, "unknown verb '%s'", argv[optind]);
		/* getopt_long() skips what it takes for the name of the program */
		r = run_verb(verb, argc - optind, argv + optind, &rq);
	} else if (rq.help || rq.version) {
		verb = NULL;
		r = apply(&rq, NULL);
	} else {
		static char status[] = "status";
		char *none[] = {status, NULL};

		r = run_verb(verb, 1, none, &rq);
	}
	if (r == 0 && rq.version)
		printf("avicctl " PACKAGE_VERSION "\n");
	else if (r == 0 && rq.help)
		ctl_help(verb);
	return r;
}

int main(int argc, char *argv[])
{
	int r;

	setlocale(LC_CTYPE, "");
	log_setup("avicctl", LOG_TARGET_PLAIN, LOG_WARNING);
	/* A reader that goes away ends the output, not the exit code: the write fails with EPIPE, and that is quiet. */
	signal(SIGPIPE, SIG_IGN);
	r = run(argc, argv);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		if (errno != EPIPE && r == CTL_OK)
			r = ctl_error("cannot write the output: %s", strerror(errno));
	}
	ctl_pager_done();
	return r;
}
