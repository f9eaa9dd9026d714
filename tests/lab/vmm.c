/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmm - a VMM whose only purpose is to bring a VM into each state that avicd must judge: --help, or the table of verbs at the end of this file.
 *
 * What KVM says with AVIC on, as measured. "set 4 0x10" is an event kvm_apicv_inhibit_changed: reason 4 set, the mask is then 0x10. R stands for
 * what 6.12 says at each new map of the APICs, "cleared 4, cleared 11, cleared 5", mask unchanged. nothing = no event.
 *
 *   verb                  6.1                                          6.12
 *   create                set 2 0x4, cleared 2 0x0                     the same, then R a vCPU
 *   create irqchip=none   set 2 0x4                                    set 2 0x4
 *   run, stop, alive, dup, fork, pass, close, exec: nothing, but that a VM ends with "cleared 8" (9) when PIT_REINJ is set
 *   reset                 nothing                                      R a vCPU
 *   x2apic-on             nothing                                      R a vCPU
 *   x2apic-reboot         nothing; bug 1: set 4 0x10 a vCPU with id>0  3 R a vCPU
 *   disabled-reboot       nothing; bug 2: set 4 0x10 a vCPU with id>0  5 R a vCPU
 *   big-id                nothing; bug 3: set 4 0x10                   2 R
 *     reset, then         nothing; bug 3: set 4 0x10 once more         R a vCPU
 *   get-lapic             nothing                                      nothing
 *     in between*         nothing; bug 1: set 4 0x10                   nothing
 *   id-change             set 4 0x10, for the VM's life                cleared 4, cleared 11, set 5 0x20
 *   id-restore            nothing                                      cleared 4 0x20, cleared 11 0x20, cleared 5 0x0
 *   id-flip               the two above, in turn
 *   guest-id-...          as the two above, but in KVM_RUN
 *   base-moved            set 5 0x20, for the VM's life                set 6 0x40, for the VM's life
 *   base-back             nothing                                      nothing
 *   blockirq on, off      set 3 0x8; cleared 3 0x0                     the same
 *   pit reinject          set 8 0x100                                  set 9 0x200
 *   pit discard           cleared 8 0x0; without a PIT set 8 first     cleared 9 0x0; without a PIT set 9 first
 *   autoeoi on, off       set 1 0x2; cleared 1 0x0                     the same
 *   irqwin, a window      set 7 0x80 twice, cleared 7 0x0              set 8 0x100 twice, cleared 8 0x0
 *     with PIT_REINJ set  set 7 0x180, cleared 7 0x100                 set 8 0x300, cleared 8 0x200
 *
 *   *  x2apic-on base-back get-lapic: reading an APIC between the two steps of a reset
 *
 * kvm_write_tsc_offset: twice a vCPU at create, by KVM_CREATE_VCPU and by KVM_SET_MSRS; once a vCPU at reset, x2apic-reboot and disabled-reboot.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "vmm.h"

#define VMS_MAX 16

static struct machine *vms[VMS_MAX];
static unsigned int selected;
static bool failed, quit;
static char why[256], more[512];

int fail(int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	return err > 0 ? -err : -EINVAL;
}

void say(const char *format, ...)
{
	size_t used = strlen(more);
	va_list args;

	va_start(args, format);
	vsnprintf(more + used, sizeof(more) - used, format, args);
	va_end(args);
}

/* ---- verbs of this file ----------------------------------------------------------------------------------------- */
static int verb_wait(struct machine **vm, const struct words *w)
{
	double seconds = 1;
	int r = words_seconds(w, NULL, &seconds);
	struct timespec t = {.tv_sec = (time_t)seconds, .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9)};

	while (!r && clock_nanosleep(CLOCK_MONOTONIC, 0, &t, &t) == EINTR)
		;
	return r;
}

/* So that what is made next has a high number. */
static int verb_files(struct machine **vm, const struct words *w)
{
	struct rlimit limit;
	uint64_t n = 0;
	int r = words_number(w, NULL, &n);

	if (r)
		return r;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	for (uint64_t i = 0; i < n; i++)
		if (open("/dev/null", O_RDONLY | O_CLOEXEC) < 0)
			return fail(errno, "file %llu cannot be opened", (unsigned long long)i);
	return 0;
}

static int verb_vm(struct machine **vm, const struct words *w)
{
	uint64_t n = 0;
	int r = words_number(w, NULL, &n);

	if (r)
		return r;
	if (n >= VMS_MAX)
		return fail(EINVAL, "VMs have numbers from 0 to %d", VMS_MAX - 1);
	selected = (unsigned int)n;
	return 0;
}

/* A place for a VM more, if this one is taken. */
static int verb_create_anywhere(struct machine **vm, const struct words *w)
{
	unsigned int place = selected;
	int r;

	for (unsigned int i = 0; i < VMS_MAX && vms[place]; i++)
		place = i;
	if (vms[place])
		return fail(ENOSPC, "there are %d VMs: close", VMS_MAX);
	r = verb_create(&vms[place], w);
	if (r == 0) {
		selected = place;
		say(" %u", place);
	}
	return r;
}

static int verb_done(struct machine **vm, const struct words *w)
{
	return 0;
}

static int verb_quit(struct machine **vm, const struct words *w)
{
	quit = true;
	return 0;
}

/* ---- the table -------------------------------------------------------------------------------------------------- */
/* words: those that the verb takes; # is a number */
static const struct verb {
	const char *name, *words;
	verb_fn *fn;
	const char *help;
} verbs[] = {
	{"create", "vcpus= first= irqchip= x2apic-api= late= busy", verb_create_anywhere,
	 "a VM with vcpus=2 vCPUs with ids from first=0 on, irqchip=kernel|split|none; says its number, and selects "
	 "it. late=S: seconds between a vCPU's creation and its first state"},
	{"vm", "#", verb_vm, "select the VM with this number"},
	{"run", "busy idle", verb_run, "its guests live: some work and a poll every 5 ms, or busy: without a pause"},
	{"stop", "", verb_stop, "its vCPUs leave KVM_RUN"},
	{"alive", "", verb_alive, "fails unless each guest does something within 5 seconds"},
	{"pids", "", verb_pids, "says the process, and each vCPU's thread"},
	{"reset", "old", verb_reset,
	 "as QEMU's system_reset; old: of QEMU before 7.1, which KVM lets keep the guest's TSC"},
	{"x2apic-on", "", verb_x2apic_on, "all APICs in x2APIC mode, as an operating system has them"},
	{"x2apic-reboot", "", verb_x2apic_reboot, "x2apic-on, then reset: bug 1"},
	{"disabled-reboot", "", verb_disabled_reboot,
	 "x2apic-on, APICs disabled, KVM_GET_LAPIC and KVM_SET_LAPIC, then reset: bug 2"},
	{"big-id", "#", verb_big_id,
	 "one vCPU more, with an id (300) that is too big for xAPIC, and its KVM_SET_LAPIC: bug 3"},
	{"get-lapic", "", verb_get_lapic, "KVM_GET_LAPIC; says each vCPU's APIC ID register"},
	{"id-change", "# vcpu=", verb_id_change, "KVM_SET_LAPIC with another id, of vcpu=ID, else of the last one"},
	{"id-restore", "vcpu=", verb_id_restore, "KVM_SET_LAPIC with its own id"},
	{"id-flip", "# vcpu=", verb_id_flip,
	 "for so many seconds KVM_SET_LAPIC with another id and with its own, in turn; says how often. The last one is "
	 "wrong"},
	{"guest-id-change", "# vcpu=", verb_guest_id_change,
	 "its guest writes another id into its APIC, in xAPIC mode"},
	{"guest-id-restore", "vcpu=", verb_guest_id_restore, "its guest writes its own id"},
	{"base-moved", "vcpu=", verb_base_moved, "the APIC's base is 0xfed00000"},
	{"base-back", "vcpu=", verb_base_back, "the APIC's base is 0xfee00000"},
	{"blockirq", "on off vcpu=", verb_blockirq, "on|off: KVM_SET_GUEST_DEBUG"},
	{"pit", "reinject discard", verb_pit,
	 "reinject|discard: KVM_CREATE_PIT2 if there is none, KVM_REINJECT_CONTROL"},
	{"autoeoi", "on off vcpu=", verb_autoeoi, "on|off: Hyper-V's SynIC with an AutoEOI SINT"},
	{"irqwin", "# rate= seconds= background", verb_irqwin,
	 "IRQ windows, N or for seconds=S, at rate=HZ or as fast as it goes; says how many in what time. With "
	 "background, go on"},
	{"irqwin-stop", "", verb_irqwin_stop, "no more of them; says how many there were"},
	{"dup", "", verb_dup, "a copy of the VM's descriptor, which close does not close"},
	{"close-dup", "", verb_close_dup, "close all copies"},
	{"fork", "stay", verb_fork,
	 "a child that keeps all descriptors; says its process. It ends with this one, or with stay does not"},
	{"pass", "stay", verb_pass,
	 "a child that gets the VM's descriptor over a socket, and has nothing else; says its process"},
	{"exec", "", verb_exec, "a new image of this process: all VMs are gone, it reads more verbs"},
	{"close", "", verb_close, "the VM's descriptors are closed, its threads end, this process stays"},
	{"again", "", verb_again, "close, if there is one, and create as before"},
	{"files", "#", verb_files, "so many files are opened, so that what comes next has a higher descriptor"},
	{"wait", "#", verb_wait, "so many seconds"},
	{"done", "", verb_done, "nothing: says `ok done'"},
	{"quit", "", verb_quit, "end, and with it all VMs"},
};

static void usage(FILE *to)
{
	fputs("usage: vmm [--name NAME] VERB...\n\n"
	      "Brings VMs into states that avicd judges. Carries out the verbs, then those on standard input, one a "
	      "line, until its end or quit. For\n"
	      "each it prints \"ok VERB ...\" or \"error VERB: why\", and goes on. Exit status 1 after an error.\n\n"
	      "A verb is one argument or line: VERB, then its words, separated by blanks, commas, or a colon: "
	      "create:vcpus=2,irqchip=split\n"
	      "Numbers are decimal or 0x. --name NAME is the name of the process.\n\n",
	      to);
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		fprintf(to, "  %s%s%s\n      %s\n", verbs[i].name, *verbs[i].words ? " " : "", verbs[i].words,
			verbs[i].help);
}

/* takes() - whether the word is one of the verb's */
static bool takes(const struct verb *verb, const char *word)
{
	const char *equals = strchr(word, '=');
	size_t n = equals ? (size_t)(equals - word) + 1 : strlen(word);

	for (const char *p = verb->words; *p;) {
		size_t len = strcspn(p, " ");

		if ((len == n && !strncmp(p, word, n)) || (*p == '#' && *word >= '0' && *word <= '9'))
			return true;
		p += len;
		p += strspn(p, " ");
	}
	return false;
}

static int carry_out(const char *name, const struct words *w)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(verbs[i].name, name) != 0)
			continue;
		for (unsigned int j = 0; j < w->n; j++)
			if (!takes(&verbs[i], w->word[j]))
				return fail(EINVAL, "unknown word '%s'; it takes: %s", w->word[j],
					    *verbs[i].words ? verbs[i].words : "none");
		return verbs[i].fn(&vms[selected], w);
	}
	return fail(EINVAL, "no such verb; vmm --help shows them");
}

static void do_line(char *line)
{
	static const char separators[] = " \t\r\n:,";
	struct words w = {.n = 0};
	char *name, *rest;
	int r;

	name = strtok_r(line, separators, &rest);
	if (!name || *name == '#')
		return;
	more[0] = '\0';
	while (w.n < sizeof(w.word) / sizeof(w.word[0]) && (w.word[w.n] = strtok_r(NULL, separators, &rest)))
		w.n++;
	r = carry_out(name, &w);
	if (r < 0) {
		printf("error %s:%s %s\n", name, more, why);
		failed = true;
	} else {
		printf("ok %s%s\n", name, more);
	}
}

int main(int argc, char **argv)
{
	char line[256];
	int i = 1;

	/* A test may empty the file that we write to, and wait for what comes then. */
	fcntl(STDOUT_FILENO, F_SETFL, fcntl(STDOUT_FILENO, F_GETFL) | O_APPEND);
	setvbuf(stdout, NULL, _IOLBF, 0);
	setvbuf(stdin, NULL, _IONBF, 0); /* what was read ahead would be lost in exec */
	for (; i < argc && !strncmp(argv[i], "--", 2); i++) {
		if (!strcmp(argv[i], "--help")) {
			usage(stdout);
			return 0;
		} else if (!strcmp(argv[i], "--name") && i + 1 < argc) {
			prctl(PR_SET_NAME, argv[++i]);
		} else if (!strcmp(argv[i], "--hold") && i + 1 < argc) {
			return holder_main(atoi(argv[++i]));
		} else if (!strcmp(argv[i], "--after-exec")) {
			puts("ok exec");
		} else {
			fprintf(stderr, "vmm: unknown option %s\n", argv[i]);
			usage(stderr);
			return 2;
		}
	}
	for (; i < argc && !quit; i++) {
		snprintf(line, sizeof(line), "%s", argv[i]);
		do_line(line);
	}
	while (!quit && fgets(line, sizeof(line), stdin))
		do_line(line);
	fflush(stdout);
	_exit(failed); /* vCPUs may still run */
}
