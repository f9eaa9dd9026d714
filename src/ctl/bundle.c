/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * avicctl report --bundle: one file for those who can help.
 *
 * DOC: Theory of Operation
 *
 * It travels: into tickets, to mailing lists. So what is in it is chosen, not swept up: of the kernel's command line the words about KVM and
 * interrupts, of the modules KVM's parameters, of a domain its XML without secrets (avicd/domredact.h). What cannot be had is named in missing.txt, so that nobody takes it for forgotten; only what the file itself meets ends it.
 */
#include <stdio.h>
#include <time.h>

#include "avicd/clock.h"
#include "avicd/file.h"
#include "avicd/jsonc.h"
#include "avicd/history.h"
#include "ctl/bundle.h"
#include "ctl/ctl.h"
#include "ctl/when.h"

#define SUFFIX	  ".tar.zst"
#define STATE_MAX (64U << 20)
#define EVENTS	  5000

static const char readme[] =
	"What avicd knows about this host, for whoever can help. Made by: avicctl report --bundle\n\n"
	"versions.json        of avicd, the kernel, the distribution, the CPU\n"
	"parameters.txt       parameters of kvm and its vendor module\n"
	"cmdline.txt          of the kernel's command line the words about KVM, AVIC, APIC and IOMMU\n"
	"host-check.json      what `avicctl host' says\n"
	"host.json            what avicd says of the host, with probes and livepatch\n"
	"state.json           what avicd says of all VMs\n"
	"vms/ID.json          of VMs, those that need attention first: reasons, vCPUs, kernel stacks\n"
	"vms/ID.xml           their domain's XML; secrets, foreign metadata and what looks like a password were "
	"removed\n"
	"report.json          `avicctl report', with what to do first\n"
	"history.json         availability of AVIC, episodes, actions\n"
	"events.json          the last events\n"
	"journal.txt          the last lines of avicd and its helpers\n"
	"missing.txt          what could not be had, and why\n\n"
	"Names and UUIDs of VMs are in it. Look through it before you give it away.\n";

void bundling_text(struct bundling *b, const char *name, const char *text, size_t len)
{
	if (b->r == 0)
		b->r = tarball_add(b->tarball, name, text, len);
}

void bundling_json(struct bundling *b, const char *name, json_object *o)
{
	const char *s =
		o ? json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE) : NULL;

	if (s)
		bundling_text(b, name, s, strlen(s));
	else
		bundling_lacks(b, name, "out of memory");
}

void bundling_lacks(struct bundling *b, const char *name, const char *why)
{
	text_addf(&b->missing, "%s: %s\n", name, why);
}

/* A file of avicd's, as it is. *@ret: the same, read; NULL where it cannot be. */
static void add_run_file(struct bundling *b, const char *name, json_object **ret)
{
	_cleanup_free_ char *path = NULL, *data = NULL;
	size_t len;
	int r;

	*ret = NULL;
	if (asprintf(&path, "%s/%s", dir_runtime(), name) < 0) {
		path = NULL;
		return;
	}
	r = file_read(path, STATE_MAX, &data, &len);
	if (r < 0) {
		bundling_lacks(b, name, r == -ENOENT ? "avicd left none; it does not run" : strerror(-r));
		return;
	}
	bundling_text(b, name, data, len);
	*ret = json_tokener_parse(data);
}

static void add_history(struct bundling *b, uint64_t since, uint64_t until)
{
	struct history_filter filter = {.since = since, .until = until, .max = EVENTS};
	_cleanup_json_ json_object *summary = NULL, *events = NULL;
	_cleanup_(history_close_p) struct history *h = NULL;
	_cleanup_free_ char *path = NULL;
	char why[512];
	int r = history_path(&path);

	if (r == 0)
		r = history_open_read(path, &h);
	if (r == 0)
		r = history_summary(h, since, until, &summary);
	if (r == 0)
		r = history_events(h, &filter, &events);
	if (r < 0) {
		bundling_lacks(b, "history.json, events.json", when_why_not(path ?: "", r, why, sizeof(why)));
		return;
	}
	bundling_json(b, "history.json", summary);
	bundling_json(b, "events.json", events);
}

static void add_all(struct bundling *b, json_object *report, uint64_t since, uint64_t until)
{
	_cleanup_json_ json_object *host = NULL, *state = NULL;

	bundling_text(b, "README.txt", readme, strlen(readme));
	add_run_file(b, "host.json", &host);
	add_run_file(b, "state.json", &state);
	bundle_host(b, host);
	bundle_vms(b, state);
	if (report)
		bundling_json(b, "report.json", report);
	add_history(b, since, until);
	bundle_journal(b);
	bundling_text(b, "missing.txt", b->missing.s ?: "", b->missing.len);
}

int bundle_write(const char *path, json_object *report, uint64_t since_us, uint64_t until_us)
{
	_cleanup_(tarball_free_p) struct tarball *t = NULL;
	struct bundling b = {0};
	const char *why = NULL;
	char prefix[128], at[32];
	size_t len = strlen(path);
	time_t now = (time_t)(wall_us() / USEC_PER_SEC);
	struct tm tm;
	int r;

	if (len <= strlen(SUFFIX) || !streq(path + len - strlen(SUFFIX), SUFFIX))
		return ctl_usage("report", "--bundle=%s: a name that ends in " SUFFIX " is needed", path);
	gmtime_r(&now, &tm);
	strftime(at, sizeof(at), "%Y-%m-%dT%H%M%SZ", &tm);
	snprintf(prefix, sizeof(prefix), "avicd-report-%s", at);
	r = tarball_new(path, prefix, &t, &why);
	if (r == -EOPNOTSUPP)
		return ctl_error("a bundle needs libarchive: %s; install it", why ?: "it cannot be loaded");
	if (r < 0)
		return ctl_error("%s cannot be written: %s", path, strerror(-r));
	b.tarball = t;
	add_all(&b, report, since_us, until_us);
	if (b.r == 0)
		b.r = tarball_close(t);
	if (b.r < 0)
		ctl_error("%s cannot be written: %s", path, strerror(-b.r));
	else if (!ctl_options.no_legend)
		fprintf(stderr, "%s is written; names of VMs are in it, secrets of domains are not%s\n", path,
			b.missing.len ? "; missing.txt in it says what could not be had" : "");
	text_done(&b.missing);
	return b.r < 0 ? CTL_FAILED : CTL_OK;
}
