/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mkdat RELEASE FORMAT < TEXT > trace.dat - a trace.dat with the records of a text trace, for machines where
 * `trace-cmd record` cannot run.
 *
 * Version 6 of the file by trace-cmd.dat.v6(5), the ring buffer's pages by events/header_page and header_event of a
 * kernel. RELEASE goes into the option UNAME, FORMAT is a file of tests/data/format. Records are spread over four
 * CPUs by thread, so that a reader has to put them in order; lost records are marked as the kernel does it, in the
 * page that follows them.
 */
#include <stdio.h>

#include "avicd/file.h"
#include "avicd/tracetext.h"

#define CPUS		 4
#define PAGE		 4096U
#define PAGE_HEADER	 16U
#define TYPE_TIME_EXTEND 30U
#define MISSED		 (1ULL << 31) /* records are missing before this page */
#define MISSED_STORED	 (1ULL << 30) /* how many is behind its data */
#define INHIBIT_ID	 63U
#define TSC_ID		 83U
#define OPTION_UNAME	 5U

static const char header_page[] = "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
				  "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
				  "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
				  "\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;\n";
static const char header_event[] = "# compressed entry header\n"
				   "\ttype_len    :    5 bits\n\ttime_delta  :   27 bits\n\tarray       :   32 bits\n\n"
				   "\tpadding     : type == 29\n\ttime_extend : type == 30\n\ttime_stamp : type == 31\n"
				   "\tdata max type_len  == 28\n";
static const char tsc_format[] =
	"name: kvm_write_tsc_offset\nID: 83\nformat:\n"
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
	"\tfield:unsigned int vcpu_id;\toffset:8;\tsize:4;\tsigned:0;\n"
	"\tfield:__u64 previous_tsc_offset;\toffset:16;\tsize:8;\tsigned:0;\n"
	"\tfield:__u64 next_tsc_offset;\toffset:24;\tsize:8;\tsigned:0;\n\n"
	"print fmt: \"vcpu=%u prev=%llu next=%llu\", REC->vcpu_id, REC->previous_tsc_offset, REC->next_tsc_offset\n";

/* One CPU's pages. */
struct cpu {
	unsigned char *pages;
	size_t n;    /* pages, the last of them is being filled */
	size_t used; /* bytes of data in the last page */
	uint64_t at; /* of the last record */
	uint64_t missed;
	bool missing;
};

static void put(FILE *f, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fputc((int)(v >> 8 * i & 0xff), f);
}

static void store(unsigned char *p, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (unsigned char)(v >> 8 * i);
}

static void close_page(struct cpu *c)
{
	unsigned char *page = c->pages + (c->n - 1) * PAGE;
	uint64_t commit = c->used;

	if (c->missing) {
		commit |= MISSED;
		if (c->missed) {
			commit |= MISSED_STORED;
			store(page + PAGE_HEADER + c->used, c->missed, 8);
		}
	}
	c->missing = false;
	c->missed = 0;
	store(page + 8, commit, 8);
}

static void new_page(struct cpu *c, uint64_t at)
{
	if (c->n)
		close_page(c);
	c->pages = reallocarray(c->pages, c->n + 1, PAGE);
	if (!c->pages)
		abort();
	memset(c->pages + c->n * PAGE, 0, PAGE);
	store(c->pages + c->n * PAGE, at, 8);
	c->n++;
	c->used = 0;
	c->at = at;
}

static void add(struct cpu *c, uint64_t at, const unsigned char *data, size_t len)
{
	size_t need = 4 + len + ((at - c->at) >> 27 ? 8 : 0) + 8;
	unsigned char *p;
	uint64_t delta;

	if (!c->n || c->used + need > PAGE - PAGE_HEADER || at < c->at)
		new_page(c, at);
	delta = at - c->at;
	p = c->pages + (c->n - 1) * PAGE + PAGE_HEADER + c->used;
	if (delta >> 27) {
		store(p, TYPE_TIME_EXTEND | (delta & ((1U << 27) - 1)) << 5, 4);
		store(p + 4, delta >> 27, 4);
		p += 8;
		c->used += 8;
		delta = 0;
	}
	store(p, len / 4 | delta << 5, 4);
	memcpy(p + 4, data, len);
	c->used += 4 + len;
	c->at = at;
}

static void add_record(struct cpu *cpus, const struct trace_record *r)
{
	struct cpu *c = &cpus[(uint32_t)r->tid % CPUS];
	unsigned char d[32] = {};

	store(d + 4, (uint32_t)r->tid, 4);
	if (r->kind == RECORD_INHIBIT) {
		store(d, INHIBIT_ID, 2);
		store(d + 8, (uint32_t)r->reason, 4);
		store(d + 12, r->set, 1);
		store(d + 16, r->mask, 8);
		add(c, r->at, d, 24);
	} else if (r->kind == RECORD_TSC) {
		store(d, TSC_ID, 2);
		store(d + 8, r->vcpu_id, 4);
		store(d + 16, r->tsc_prev, 8);
		store(d + 24, r->tsc_offset, 8);
		add(c, r->at, d, 32);
	}
}

/* The page before ends here; the next one says what is missing. */
static void add_lost(struct cpu *c, uint64_t n, uint64_t at)
{
	new_page(c, at);
	c->missing = true;
	c->missed = n;
}

static void put_sized(FILE *f, const char *s, size_t width)
{
	put(f, strlen(s), width);
	fputs(s, f);
}

/* The event's format, with the number that the records bear. */
static char *read_format(const char *path)
{
	char *s, *id, *rest, *out;

	if (file_read(path, 65536, &s, NULL) < 0 || !(id = strstr(s, "\nID: ")) || !(rest = strchr(id + 1, '\n')))
		return NULL;
	if (asprintf(&out, "%.*s\nID: %u%s", (int)(id - s), s, INHIBIT_ID, rest) < 0)
		return NULL;
	free(s);
	return out;
}

static void write_file(FILE *f, const char *release, const char *format, const char *comms, struct cpu *cpus)
{
	char uname[256];
	uint64_t at;

	snprintf(uname, sizeof(uname), "Linux host %s x86_64", release);
	fwrite("\x17\x08\x44tracing6", 1, 12, f); /* and a NUL */
	put(f, 0, 1);
	put(f, 8, 1);
	put(f, PAGE, 4);
	fwrite("header_page", 1, 12, f);
	put_sized(f, header_page, 8);
	fwrite("header_event", 1, 13, f);
	put_sized(f, header_event, 8);
	put(f, 0, 4); /* formats of ftrace's own events */
	put(f, 1, 4); /* one system: */
	fwrite("kvm", 1, 4, f);
	put(f, 2, 4);
	put_sized(f, format, 8);
	put_sized(f, tsc_format, 8);
	put(f, 0, 4); /* kallsyms */
	put(f, 0, 4); /* printk formats */
	put_sized(f, comms, 8);
	put(f, CPUS, 4);
	fwrite("options  ", 1, 10, f);
	put(f, OPTION_UNAME, 2);
	put(f, strlen(uname) + 1, 4);
	fwrite(uname, 1, strlen(uname) + 1, f);
	put(f, 0, 2);
	fwrite("flyrecord", 1, 10, f);
	at = ((uint64_t)ftell(f) + 16 * CPUS + PAGE - 1) / PAGE * PAGE;
	for (int i = 0; i < CPUS; i++) {
		put(f, at, 8);
		put(f, cpus[i].n * PAGE, 8);
		at += cpus[i].n * PAGE;
	}
	while ((uint64_t)ftell(f) % PAGE)
		putc(0, f);
	for (int i = 0; i < CPUS; i++)
		if (cpus[i].n)
			fwrite(cpus[i].pages, PAGE, cpus[i].n, f);
}

int main(int argc, char *argv[])
{
	struct cpu cpus[CPUS] = {};
	struct trace_file *in;
	struct trace_record r;
	char *format, *comms = NULL, *line;
	size_t size;
	FILE *names;
	uint64_t lost = 0;
	bool missing = false;

	if (argc != 3 || !(format = read_format(argv[2])) || trace_file_open("-", &in, NULL) < 0) {
		fprintf(stderr, "usage: mkdat RELEASE FORMAT < TEXT > FILE\n");
		return 2;
	}
	names = open_memstream(&comms, &size);
	while (trace_file_next(in, &r) > 0) {
		if (r.kind == RECORD_LOST) {
			missing = true;
			lost = r.mask;
			continue;
		}
		if (missing)
			add_lost(&cpus[(uint32_t)r.tid % CPUS], lost, r.at);
		missing = false;
		add_record(cpus, &r);
		if (asprintf(&line, "%d %s\n", r.tid, r.comm) < 0)
			return 1;
		fflush(names);
		if (!strstr(comms, line))
			fputs(line, names);
		free(line);
	}
	fclose(names);
	for (int i = 0; i < CPUS; i++)
		if (cpus[i].n)
			close_page(&cpus[i]);
	write_file(stdout, argv[1], format, comms, cpus);
	for (int i = 0; i < CPUS; i++)
		free(cpus[i].pages);
	free(comms);
	free(format);
	trace_file_close(in);
	return fflush(stdout) != 0;
}
