/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verbs of avicctl as a table, and the help that is printed from it. */
#include <stdio.h>

#include "avicd/util.h"
#include "ctl/ctl.h"

const struct ctl_option ctl_global_options[] = {
	{'h', "help", NULL, "this text, or that of a verb"},
	{0, "version", NULL, "print the version"},
	{'j', "json", "[=MODE]", "JSON: pretty, short, off; without MODE pretty on a terminal, else short"},
	{0, "no-pager", NULL, "do not pipe long output into a pager"},
	{0, "no-legend", NULL, "no headings and no hints"},
	{0},
};

static const struct ctl_option list_options[] = {
	{'c', "condition", "WORD[,WORD]", "only VMs in one of these conditions"},
	{0},
};

static const struct ctl_option top_options[] = {
	{'1', "once", NULL, "measure once, print the table, end"},
	{'l', "log", NULL, "one line of comma-separated values a VM and interval"},
	{'p', "pid", "PID", "this VM alone"},
	{'d', "delay", "SECONDS", "measure over so many seconds, 0.1 to 3600; default 1"},
	{0},
};

static const struct ctl_option explain_options[] = {
	{'k', "kernel", "RELEASE", "bit numbers and lifetimes of this kernel, for example 6.1"},
	{0},
};

static const struct ctl_option analyze_options[] = {
	{'n', "numbering", "RELEASE|auto",
	 "bit numbers of this kernel, for example 6.1; auto, the default, infers them"},
	{0},
};

static const struct ctl_option check_options[] = {
	{'q', "quiet", NULL, "only what is not well"},
	{0, "connect", "URI", "ask this libvirt of this host; default $LIBVIRT_DEFAULT_URI, else qemu:///system"},
	{0, "fix", NULL, "print a diff with all that can be corrected instead"},
	{'o', "output", "FILE", "with --fix: write the corrected XML instead of the diff"},
	{0, "live", NULL, "the XML of the running VM, not that of its next start"},
	{0, "timeout", "TIME", "wait so long for libvirt, for example 30s; default 10s"},
	{0},
};

static const struct ctl_option host_options[] = {
	{'q', "quiet", NULL, "only what is WARN, UNKNOWN or FAIL"},
	{0},
};

static const struct ctl_option hook_options[] = {
	{0, "force", NULL, "with install and remove: also where the file is somebody else's"},
	{'q', "quiet", NULL, "with status: only what is WARN, UNKNOWN or FAIL"},
	{0},
};

static const struct ctl_option fix_options[] = {
	{0, "accept-risk", "ID", "with deploy and heal: go on although the kernel has this unsafe fault"},
	{0, "dry-run", NULL, "with deploy: say what would be done"},
	{0, "heal", "reset|now", "with deploy: VMs that are stuck get AVIC back at their next reset, or at once"},
	{0, "kernel", "RELEASE", "with build: for this kernel instead of the running one"},
	{0, "wait", NULL, "with deploy and rollback: first wait until another change has ended"},
	{0},
};

static const struct ctl_option remedy_options[] = {
	{0, "accept-risk", "ID", "with run: go on although the kernel has this unsafe fault"},
	{0, "dry-run", NULL, "with run: everything but the last step"},
	{0, "no-wait", NULL, "with run: do not follow it to its end"},
	{0, "remedy", "WORD", "with plan and run: heal, migrate, restore or cold-reboot"},
	{0, "target", "URI", "with run: migrate to this libvirt instead of one of migrate_targets="},
	{0},
};

static const struct ctl_option fleet_options[] = {
	{0, "compare", "EARLIER.json", "say what changed since this report of avicctl fleet --json"},
	{0, "expect", "FILE", "names of the hosts that must be there, one a line"},
	{0, "header-file", "FILE", "headers for Prometheus, one a line, such as Authorization: Bearer TOKEN"},
	{0, "html", "FILE", "write a page that needs no other file, instead of text"},
	{0, "job", "NAME", "under which Prometheus scrapes avicd-exporter; default avicd"},
	{0, "max-age", "TIME", "a host whose report is older does not answer; default 2h, of Prometheus 10min"},
	{0, "prometheus", "URL", "ask this Prometheus, for example http://localhost:9090"},
	{0, "timeout", "TIME", "wait so long for Prometheus; default 30s"},
	{0},
};

static const struct ctl_option policy_options[] = {
	{0, "connect", "URI", "ask this libvirt of this host; default $LIBVIRT_DEFAULT_URI, else qemu:///system"},
	{0, "unset", NULL, "with set: take avic:policy out of the domain's metadata"},
	{0},
};

static const struct ctl_option history_options[] = {
	{0, "lines", "N", "so many of the newest events; default 1000, 0: all"},
	{0, "since", "TIME", "from then on: 7d, 2h, yesterday, 2026-11-22, \"2026-11-22 12:03\"; default 7d"},
	{0, "until", "TIME", "until then; default now"},
	{0},
};

static const struct ctl_option report_options[] = {
	{0, "bundle", "FILE.tar.zst", "write all that a maintainer of the kernel or of libvirt would ask for into one file"},
	{0, "html", "FILE", "write one page that needs nothing else; - for standard output"},
	{0, "since", "TIME", "of the time from then on: 7d, 2h, yesterday, 2026-11-22; default 7d"},
	{0},
};

static const struct ctl_option config_options[] = {
	{0, "root", "DIR", "read the configuration below DIR"},
	{0},
};

const struct ctl_verb ctl_verbs[] = {
	{"status", verb_status, "", 0, 0, "health of this host, and the VMs that need attention",
	 "Exits with 0 when all is well or AVIC is not in use, 3 when the host is degraded or exposed, 4 when its "
	 "health is not known.",
	 NULL},
	{"list", verb_list, "", 0, 0, "all VMs, one a line",
	 "Conditions: unknown, off, settling, stuck, configured, transient, active. A VM without a libvirt domain has "
	 "the name of its process in brackets.",
	 list_options},
	{"show", verb_show, "DOMAIN|PID|UUID", 1, 1, "everything about one VM: reasons, boots, vCPUs, kernel stacks",
	 "Exits with 3 when the VM is stuck, 4 when its condition is not known.", NULL},
	{"watch", verb_watch, "", 0, 0, "follow what avicd reports, one line an event",
	 "Goes on when avicd is restarted. With --json each line is one object.", NULL},
	{"history", verb_history, "[DOMAIN|UUID|PID]", 0, 1, "what happened on this host, or to one VM, newest last",
	 "Reads /var/lib/avicd/history.db, which avicd writes; works without avicd, for root. TIME is a time span before now, a date and time of "
	 "the local time zone, today, yesterday or now.",
	 history_options},
	{"report", verb_report, "", 0, 0, "this host over some time: what to do first, and how long VMs had AVIC",
	 "From what avicd leaves in /run/avicd and the history. Exits as status does.", report_options},
	{"top", verb_top, "", 0, 0, "which VMs change their mask most, refreshed",
	 "Keys: q quits, a blank measures again at once. Without a terminal give --once or --log.", top_options},
	{"explain", verb_explain, "[REASON|BIT|MASK]", 0, 1, "what an inhibit reason means, who sets it, what cures it",
	 "REASON is a name, BIT a decimal number, MASK a hexadecimal number like 0x120 as the tracepoint prints it. "
	 "Works without avicd.",
	 explain_options},
	{"analyze", verb_analyze, "FILE|-", 1, 1,
	 "judge a recorded trace: trace.dat, or text of ftrace, trace-cmd or perf",
	 "Works without avicd. Exits with 3 when a VM in the trace is stuck.", analyze_options},
	{"check", verb_check, "FILE|DOMAIN|-...", 1, 100000,
	 "will AVIC work for a domain, and what must change in its XML",
	 "FILE is a path with '/' or an existing file, - is standard input, anything else is a domain of libvirt. "
	 "Works "
	 "without avicd. Exits with 3 when something must change, 4 when not everything is known of this host.",
	 check_options},
	{"host", verb_host, "", 0, 0, "is this host able to use AVIC or APICv, and what to change",
	 "Works without avicd. Exits with 3 when a check is WARN or FAIL, 4 when one is UNKNOWN and none of these.",
	 host_options},
	{"hook", verb_hook, "status|install|remove", 1, 1, "libvirt's hook, which looks at a domain before it starts",
	 "status tells whether it is there, libvirt knows of it and its confinement lets it work. Works without avicd. "
	 "Exits with 3 when something must be done.",
	 hook_options},
	{"fix", verb_fix, "WORD [DOMAIN|ID]", 1, 2,
	 "prove bugs of the running kernel, and livepatch it",
	 "WORD is probe, list, show, status, build, deploy, rollback, heal, disable or enable. "
	 "probe plays each bug through in a VM of its own that never runs. avicd does it; without avicd root can. "
	 "Exits with 3 when a bug is there, 4 when it cannot be proved that the reboot bug is not. "
	 "list prints the catalogue of fixes and risks, show ID all that it has about one; both work without avicd. "
	 "status says what is loaded, and proved; exits as probe does. "
	 "build makes the livepatch module for this host from its source, and loads nothing. "
	 "deploy proves that a bug is there, loads the livepatch, waits for every task, and proves that the bug is gone; "
	 "else it takes the livepatch away again. rollback takes it away. heal gives a VM that the bug left stuck its AVIC "
	 "back at once. disable keeps the livepatch from being loaded or used, whoever asks; enable ends that. "
	 "These exit with 10 when there is nothing to do, 11 when the bug cannot be proved, 12 without a livepatch for "
	 "this kernel, 13 when tasks held it up, 14 when it did not cure, 15 when the kernel does not load it, 16 when a risk is not accepted, 17 while "
	 "another change goes on, 18 when it is switched off.",
	 fix_options},
	{"remedy", verb_remedy, "plan|run|cancel|jobs|show [DOMAIN|JOB]", 1, 2,
	 "give a stuck VM its AVIC back: what would be done, and do it",
	 "plan says of each remedy whether it would be done now, and else which rule refuses it; exits with 3 when nothing would be done about a VM "
	 "that is stuck. run asks for one, and follows it to its end; what a person may overrule (policy, quiet hours, limits) does not stop it. "
	 "cancel ends a job; the VM goes on where it runs. jobs lists those under way and those that ended within ten minutes, show prints all about "
	 "one, with the hosts that were looked at. "
	 "run exits with 20 when it is refused, 21 when it failed and the VM runs where it did, 22 when it was cancelled, 23 when the VM was ended "
	 "meanwhile, 24 when a person has to look.",
	 remedy_options},
	{"policy", verb_policy, "get|set DOMAIN [KEY=WORDS]...", 2, 5,
	 "what a domain asks of AVIC; change its metadata",
	 "KEY is mode: require, prefer or ignore; remedy: report or auto; or remedies: a list such as 'heal migrate', in the order in which they are tried; "
	 "empty: that of avicd.conf. set changes the running VM and its next start "
	 "alike; "
	 "both print what holds, and exit with 3 when the metadata have another word. Works without avicd.",
	 policy_options},
	{"fleet", verb_fleet, "[report|top|list|deploy-plan] [SOURCE]", 0, 2,
	 "one report about many hosts, from host reports or Prometheus",
	 "SOURCE is a folder that has host reports in files *.json, or of each host a folder with its host.json and state.json; or a file, or -, "
	 "standard input, with one report after another. report is for people, top has the worst VMs and hosts, list has all hosts; deploy-plan prints in which waves a livepatch "
	 "comes to the hosts that need it. Works without avicd. Exits with 3 when a host is degraded, exposed, unknown or does not answer, or a "
	 "file could not be used, 4 when nothing is known.",
	 fleet_options},
	{"config", verb_config, "check|show", 1, 1, "check or show the configuration",
	 "check prints file:line of each bad line and exits with 3 when there is one; show prints what is in force "
	 "after the defaults, the main file and the drop-ins.",
	 config_options},
	{"help", verb_help, "[VERB]", 0, 1, "this text, or that of a verb", NULL, NULL},
	{0},
};

const struct ctl_verb *ctl_verb_find(const char *name)
{
	for (const struct ctl_verb *v = ctl_verbs; v->name; v++)
		if (streq(v->name, name))
			return v;
	return NULL;
}

/* A left column of fixed width, the text wrapped beside it. */
static void print_row(const char *left, const char *text, size_t column)
{
	size_t used = 2 + ctl_text_width(left, SIZE_MAX);

	printf("  %s", left);
	if (used >= column) {
		putchar('\n');
		used = 0;
	}
	printf("%*s", (int)(column - used), "");
	ctl_wrap(stdout, text, column, column, ctl_width());
}

static void print_options(const struct ctl_option *options)
{
	char left[64];

	for (const struct ctl_option *o = options; o && o->name; o++) {
		bool optional = o->metavar && o->metavar[0] == '[';

		snprintf(left, sizeof(left), "%c%c%c --%s%s%s", o->c ? '-' : ' ', o->c ?: ' ', o->c ? ',' : ' ',
			 o->name, o->metavar && !optional ? "=" : "", o->metavar ?: "");
		print_row(left, o->help, 28);
	}
}

void ctl_help(const struct ctl_verb *verb)
{
	char left[64];

	ctl_pager();
	if (verb) {
		printf("avicctl [OPTION]... %s%s%s%s\n\n", verb->name, verb->options ? " [OPTION]..." : "",
		       *verb->args ? " " : "", verb->args);
		ctl_wrap(stdout, verb->help, 0, 0, ctl_width());
		if (verb->more) {
			putchar('\n');
			ctl_wrap(stdout, verb->more, 0, 0, ctl_width());
		}
		if (verb->options) {
			printf("\n%sOptions of %s:%s\n", ctl_bold(), verb->name, ctl_normal());
			print_options(verb->options);
		}
	} else {
		printf("avicctl [OPTION]... [VERB] [ARGUMENT]\n\n");
		ctl_wrap(stdout, "Show what keeps AVIC or APICv of this host's KVM guests inhibited.", 0, 0,
			 ctl_width());
		printf("\n%sVerbs:%s\n", ctl_bold(), ctl_normal());
		for (const struct ctl_verb *v = ctl_verbs; v->name; v++) {
			snprintf(left, sizeof(left), "%s%s%s", v->name, *v->args ? " " : "", v->args);
			print_row(left, v->help, 28);
		}
		printf("\nWithout a verb: status. Options of a verb: avicctl help VERB.\n");
	}
	printf("\n%sOptions%s:%s\n", ctl_bold(), verb ? " of every verb" : "", ctl_normal());
	print_options(ctl_global_options);
	printf("\nSee avicctl(1) for exit codes, environment and files.\n");
}

int verb_help(int argc, char *argv[])
{
	const struct ctl_verb *verb = NULL;

	if (argc > 1) {
		verb = ctl_verb_find(argv[argc - 1]);
		if (!verb)
			return ctl_usage(NULL, "unknown verb '%s'", argv[argc - 1]);
	}
	ctl_help(verb);
	return CTL_OK;
}
