/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * avicd-hook: libvirt's qemu hook. Says before a VM starts that AVIC will not work for it, and by policy=enforce
 * refuses.
 *
 * DOC: Theory of Operation
 *
 * libvirtd waits for this process, and while it does, listing domains blocks for everybody. So nothing here waits for
 * others: no libvirt, no avicd, no child process, and after one second it ends whatever it does. Whatever goes wrong,
 * the VM is let go: the only way to another exit status than 0 is a decision. Nothing is ever printed on stdout,
 * because libvirt takes that for a new XML of the domain.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "avicd/clock.h"
#include "avicd/config.h"
#include "avicd/domxml.h"
#include "avicd/file.h"
#include "avicd/log.h"
#include "avicd/said.h"
#include "hook/decide.h"
#include "hook/hosthealth.h"
#include "hook/mark.h"
#include "hook/say.h"

#define DEADLINE_SECONDS 1
#define LET_GO		 0
#define REFUSED		 100 /* the wrapper passes this one on, and no other */

static int help(void)
{
	puts("avicd-hook NAME OPERATION SUBOPERATION EXTRA <XML\n\n"
	     "Say before a VM starts that AVIC will not work for it. libvirt runs it; see avicd-hook(8).\n\n"
	     "     --help     Show this help\n"
	     "     --version  Show the version");
	return LET_GO;
}

static int version(void)
{
	puts("avicd-hook " PACKAGE_VERSION);
	return LET_GO;
}

static void on_deadline(int signo _unused_)
{
	_exit(LET_GO);
}

static void set_deadline(void)
{
	struct sigaction sa = {.sa_handler = on_deadline};
	struct itimerval limit = {.it_value.tv_sec = DEADLINE_SECONDS};
	sigset_t alarm;

	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	sigaction(SIGALRM, &sa, NULL);
	sigprocmask(SIG_UNBLOCK, &alarm, NULL);
	setitimer(ITIMER_REAL, &limit, NULL);
	/* who reads our stderr may have gone */
	signal(SIGPIPE, SIG_IGN);
}

/* A closed descriptor would become that of the next file opened; and stdout is nobody's. */
static int secure_descriptors(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
		if (fd < 0)
			return -errno;
	} while (fd <= STDERR_FILENO);
	if (dup2(fd, STDOUT_FILENO) < 0)
		return -errno;
	close(fd);
	return 0;
}

/* One domain, and all that is decided upon. */
struct consultation {
	struct settings settings;
	struct domxml_facts f;
	struct preflight_host host;
	struct findings findings;
	struct preflight_prediction prediction;
	struct hook_case c;
	struct saying saying;
};

static void consultation_done(struct consultation *k)
{
	settings_done(&k->settings);
	domxml_done(&k->f);
	findings_done(&k->findings);
	say_done(&k->saying);
}

static int read_domain(struct domxml_facts *ret)
{
	_cleanup_free_ char *xml = NULL;
	size_t len;
	int r = file_read_fd(STDIN_FILENO, DOMXML_MAX, &xml, &len);

	return r < 0 ? r : domxml_read(xml, len, ret);
}

/* libvirt took this XML already: that it, or its QEMU, takes no such domain is what the rules cannot know better,
 * without their versions. */
static void trust_libvirt(struct findings *found)
{
	static const char *const rules[] = {"iommu", "vcpus"};

	for (size_t i = 0; i < found->n; i++)
		for (size_t r = 0; r < ARRAY_SIZE(rules); r++)
			if (streq(found->list[i].id, rules[r]))
				found->list[i].grade = GRADE_PASS;
}

static int look(struct consultation *k)
{
	struct hook_case *c = &k->c;
	struct policy policy;

	c->policy = k->settings.policy;
	c->enforce_incoming = k->settings.enforce_incoming;
	c->large_vcpus = k->settings.large_vcpus;
	policy_of(&k->settings.policies, k->f.name, k->f.uuid, k->f.mode, k->f.remedy, &policy);
	c->mode = policy.mode;
	c->vcpus = k->f.vcpus.state == NUMBER_GOOD ? k->f.vcpus.value : 1;
	c->host_fresh = hosthealth_read(&k->host);
	c->host_off = k->host.avic == TRI_NO;
	k->host.large_vcpus = c->large_vcpus;
	k->host.mode = policy.mode;
	preflight_check(&k->f, &k->host, &k->findings);
	trust_libvirt(&k->findings);
	preflight_predict(&k->f, &k->host, &k->prediction);
	c->verdict = preflight_verdict(&k->f, &k->findings, &k->prediction);
	return k->findings.error;
}

static void look_for_mark(struct consultation *k)
{
	if (decide_leaves_mark(k->c.op)) {
		k->c.marked = true;
		(void)mark_leave(k->f.uuid);
		return;
	}
	k->c.marked = mark_find(k->f.uuid) != 0;
	if (k->c.op == HOOK_START)
		mark_drop(k->f.uuid);
}

static int speak(struct consultation *k, enum hook_decision d)
{
	const char *subject = streq(k->host.vendor, "intel") ? "APICv" : "AVIC";
	/* libvirt gives the XML of an incoming migration with its passwords */
	int r = say_compose(&k->saying, d, &k->f, &k->findings, &k->prediction, subject, k->c.op == HOOK_MIGRATE);

	if (r == 0)
		say_send(&k->saying, d, &k->f, subject, decide_requires(&k->c) ? LOG_WARNING : LOG_NOTICE);
	return r;
}

/* For avicd, which shows it beside the VM. What was said of an earlier start is true no more. */
static void leave_word(const struct consultation *k, enum hook_decision d)
{
	_cleanup_close_ int folder = -EBADF;
	struct said s = {.decision = d == HOOK_REFUSE ? SAID_REFUSED : SAID_WARNED, .at = wall_us()};

	if (d == HOOK_GO && k->c.op != HOOK_START)
		return;
	folder = mark_folder(k->f.uuid);
	if (folder < 0)
		return;
	if (d == HOOK_GO) {
		(void)said_drop(folder, k->f.uuid);
		return;
	}
	snprintf(s.name, sizeof(s.name), "%s", k->f.name);
	snprintf(s.text, sizeof(s.text), "%s", k->saying.causes.s ?: "");
	(void)said_leave(folder, k->f.uuid, &s);
}

/* Also what could not be told is let go: a refusal without a reason helps nobody. */
static int consult(enum hook_op op)
{
	_cleanup_(consultation_done) struct consultation k = {.c.op = op};
	enum hook_decision d;

	if (settings_init(&k.settings) < 0)
		return LET_GO;
	/* Bad lines are avicd's to report. */
	if (config_load(settings_items, &k.settings, NULL, NULL, NULL) < 0)
		k.settings.policy = POLICY_WARN;
	if (read_domain(&k.f) < 0)
		return LET_GO;
	look_for_mark(&k);
	if (look(&k) < 0)
		return LET_GO;
	d = decide(&k.c);
	if (d != HOOK_GO && speak(&k, d) < 0)
		return LET_GO;
	leave_word(&k, d);
	return d == HOOK_REFUSE ? REFUSED : LET_GO;
}

/* Arguments by their place, and options only where they are the only one: a domain may be called --help. */
int main(int argc, char **argv)
{
	int op;

	if (argc == 2 && streq(argv[1], "--help"))
		return help();
	if (argc == 2 && streq(argv[1], "--version"))
		return version();
	/* libvirt's session daemons run the same hooks as their users, who cannot read what is needed here */
	if (geteuid() != 0)
		return LET_GO;
	set_deadline();
	if (secure_descriptors() < 0 || argc < 4)
		return LET_GO;
	op = decide_op(argv[2], argv[3]);
	if (op < 0)
		return LET_GO;
	umask(0077);
	log_setup("avicd-hook", LOG_TARGET_AUTO, LOG_INFO);
	return consult((enum hook_op)op);
}
