/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process that reads a trace.dat with libtracecmd and libtraceevent.
 *
 * Both libraries believe sizes and offsets of the file: a hostile one can make them crash, loop or allocate without
 * end. So this side has limits on CPU time and memory, no file descriptor but the file and the pipe, and dies with
 * its parent. Fields are read by name from the raw record, never from printed text, which the libraries cannot make
 * for 6.11 and later.
 */
#ifdef __SANITIZE_ADDRESS__
#define AVICD_ASAN
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define AVICD_ASAN
#endif
#endif

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <trace-cmd.h>
#ifdef AVICD_ASAN
#include <sanitizer/common_interface_defs.h>
#endif

#include "avicd/text.h"
#include "kernel/tracedat.h"

#define FILE_FD		     3
#define OUT_FD		     4
#define HEAP_MAX	     (1ULL << 30)
#define CPU_SECONDS	     5
/* A damaged file must not make the library spin for ever. An emulated CPU was seen to read 170 KiB a second; a real one 6 MiB. */
#define BYTES_PER_CPU_SECOND (128ULL << 10)

struct reader {
	FILE *out;
	struct tep_event *inhibit, *tsc, *old;
};

static void set_limit(int what, rlim_t n)
{
	const struct rlimit l = {.rlim_cur = n, .rlim_max = n};

	setrlimit((__rlimit_resource_t)what, &l);
}

static void set_limits(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		_exit(1);
	set_limit(RLIMIT_CORE, 0);
	set_limit(RLIMIT_FSIZE, 0); /* the library decompresses in memory */
	set_limit(RLIMIT_NPROC, 0);
	set_limit(RLIMIT_CPU, CPU_SECONDS + (rlim_t)((uint64_t)st.st_size / BYTES_PER_CPU_SECOND));
#ifndef AVICD_ASAN /* its shadow is larger */
	set_limit(RLIMIT_DATA, HEAP_MAX);
#endif
}

static void send_frame(FILE *out, enum tracedat_frame frame, const void *data, size_t len)
{
	struct tracedat_header h = {.frame = frame, .len = (uint32_t)len};

	fwrite(&h, sizeof(h), 1, out);
	if (len)
		fwrite(data, len, 1, out);
	/* the parent is gone: nobody to read for */
	if (ferror(out))
		_exit(1);
}

static bool read_field(struct tep_event *event, const struct tep_record *rec, const char *name, uint64_t *ret)
{
	struct tep_format_field *f = tep_find_any_field(event, name);
	unsigned long long v;

	if (!f || f->offset < 0 || f->size < 0 || rec->size < 0 || f->offset > rec->size - f->size)
		return false;
	if (tep_read_number_field(f, rec->data, &v) < 0)
		return false;
	*ret = v;
	return true;
}

static bool read_inhibit(struct tep_event *event, const struct tep_record *rec, struct trace_record *r)
{
	uint64_t reason, set;

	if (!read_field(event, rec, "reason", &reason) || !read_field(event, rec, "set", &set) ||
	    !read_field(event, rec, "inhibits", &r->mask) || (uint32_t)reason >= 64)
		return false;
	r->kind = RECORD_INHIBIT;
	r->reason = (int32_t)reason;
	r->set = set & 0xff;
	return true;
}

static bool read_tsc(struct tep_event *event, const struct tep_record *rec, struct trace_record *r)
{
	uint64_t vcpu;

	if (!read_field(event, rec, "vcpu_id", &vcpu) || !read_field(event, rec, "previous_tsc_offset", &r->tsc_prev) ||
	    !read_field(event, rec, "next_tsc_offset", &r->tsc_offset))
		return false;
	r->kind = RECORD_TSC;
	r->vcpu_id = (uint32_t)vcpu;
	return true;
}

static bool read_old(struct tep_event *event, const struct tep_record *rec, struct trace_record *r)
{
	uint64_t activate, bit;

	if (!read_field(event, rec, "activate", &activate) || !read_field(event, rec, "bit", &bit) || bit >= 64)
		return false;
	r->kind = RECORD_OLD;
	r->reason = (int32_t)bit;
	r->set = !(activate & 0xff);
	return true;
}

static int on_record(struct tracecmd_input *handle, struct tep_record *rec, int cpu, void *data)
{
	struct reader *rd = data;
	struct tep_handle *tep = tracecmd_get_tep(handle);
	struct trace_record r = {.at = rec->ts, .tgid = -1};
	const char *comm;
	int type;
	bool ok;

	if (rec->missed_events) {
		struct trace_record lost = {.kind = RECORD_LOST, .at = rec->ts, .tid = -1, .tgid = -1};

		lost.mask = rec->missed_events > 0 ? (uint64_t)rec->missed_events : 0;
		send_frame(rd->out, FRAME_RECORD, &lost, sizeof(lost));
	}
	type = tep_data_type(tep, rec);
	if (rd->inhibit && type == rd->inhibit->id)
		ok = read_inhibit(rd->inhibit, rec, &r);
	else if (rd->tsc && type == rd->tsc->id)
		ok = read_tsc(rd->tsc, rec, &r);
	else if (rd->old && type == rd->old->id)
		ok = read_old(rd->old, rec, &r);
	else
		return 0;
	if (!ok) {
		send_frame(rd->out, FRAME_SKIPPED, NULL, 0);
		return 0;
	}
	r.tid = tep_data_pid(tep, rec);
	comm = tep_data_comm_from_pid(tep, r.tid);
	if (comm && !streq(comm, "<...>"))
		snprintf(r.comm, sizeof(r.comm), "%s", comm);
	send_frame(rd->out, FRAME_RECORD, &r, sizeof(r));
	return 0;
}

/* The list of names of __print_flags(), wherever it is in the expressions behind the format string. */
static const struct tep_print_flag_sym *find_names(const struct tep_print_arg *arg, int depth)
{
	const struct tep_print_flag_sym *found = NULL;

	for (; arg && !found && depth < 16; arg = arg->next) {
		if (arg->type == TEP_PRINT_FLAGS)
			return arg->flags.flags;
		if (arg->type == TEP_PRINT_OP) {
			found = find_names(arg->op.left, depth + 1);
			if (!found)
				found = find_names(arg->op.right, depth + 1);
		}
	}
	return found;
}

/*
 * As the event's format file has it; the values of the list are names there that nobody can evaluate, so their order
 * is what counts.
 */
static void send_format(FILE *out, const struct tep_event *event)
{
	const struct tep_print_flag_sym *f;
	_cleanup_text_ struct text t = {};

	if (!event || !event->print_fmt.format)
		return;
	text_addf(&t, "print fmt: \"%s\"", event->print_fmt.format);
	f = find_names(event->print_fmt.args, 0);
	if (f)
		text_add(&t, ", __print_flags(REC->inhibits, \"|\"");
	for (int n = 0; f && n < 64; f = f->next, n++)
		text_addf(&t, ", { 1UL << REASON, \"%.60s\" }", f->str ? f->str : "");
	text_add(&t, "\n");
	if (!t.error && t.len < TRACEDAT_FORMAT_MAX)
		send_frame(out, FRAME_FORMAT, t.s, t.len);
}

/* The main buffer, and those of instances (trace-cmd record -B). */
static int iterate(struct tracecmd_input *top, struct reader *rd)
{
	int n = tracecmd_buffer_instances(top), k = 0;
	struct tracecmd_input **all = calloc((size_t)MAX(n, 0) + 1, sizeof(*all));

	if (!all)
		return -1;
	all[k++] = top;
	for (int i = 0; i < n; i++) {
		all[k] = tracecmd_buffer_instance_handle(top, i);
		k += all[k] != NULL;
	}
	return tracecmd_iterate_events_multi(all, k, on_record, rd);
}

static void on_exit_of_library(void)
{
	_exit(1);
}

/* A crash here must not run what the parent has prepared for its own crash or end. */
static void forget_parent(void)
{
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	atexit(on_exit_of_library); /* the last one registered runs first */
#ifdef AVICD_ASAN
	__sanitizer_set_death_callback(NULL);
#endif
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

_Noreturn void tracedat_child(int fd, int out)
{
	struct reader rd = {};
	char release[TRACEDAT_RELEASE_MAX];
	struct tracecmd_input *top;
	struct tep_handle *tep;
	int null;

	forget_parent();
	/* exactly 0, 1, 2 = /dev/null, the file and the pipe */
	fd = fcntl(fd, F_DUPFD, OUT_FD + 1);
	out = fcntl(out, F_DUPFD, OUT_FD + 1);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (fd < 0 || out < 0 || null < 0)
		_exit(1);
	for (int i = 0; i <= 2; i++)
		dup2(null, i);
	dup2(fd, FILE_FD);
	dup2(out, OUT_FD);
	close_range(OUT_FD + 1, ~0U, 0);
	set_limits(FILE_FD);
	rd.out = fdopen(OUT_FD, "w");
	if (!rd.out || lseek(FILE_FD, 0, SEEK_SET) < 0)
		_exit(1);
	if (tracedat_uname(FILE_FD, release) == 0)
		send_frame(rd.out, FRAME_RELEASE, release, strlen(release));
	tracecmd_set_loglevel(TEP_LOG_NONE);
	top = tracecmd_open_fd(FILE_FD, TRACECMD_FL_LOAD_NO_PLUGINS);
	if (!top)
		_exit(1);
	tep = tracecmd_get_tep(top);
	rd.inhibit = tep_find_event_by_name(tep, "kvm", "kvm_apicv_inhibit_changed");
	rd.tsc = tep_find_event_by_name(tep, "kvm", "kvm_write_tsc_offset");
	rd.old = tep_find_event_by_name(tep, "kvm", "kvm_apicv_update_request");
	send_format(rd.out, rd.inhibit);
	send_frame(rd.out, FRAME_READY, NULL, 0);
	if (iterate(top, &rd) != 0)
		_exit(1);
	send_frame(rd.out, FRAME_END, NULL, 0);
	_exit(fflush(rd.out) ? 1 : 0);
}
