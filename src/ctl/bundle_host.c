/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Of the host for the bundle: versions, parameters, checks, the journal. */
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "avicd/clock.h"
#include "avicd/file.h"
#include "avicd/jsonc.h"
#include "avicd/spawn.h"
#include "ctl/bundle.h"
#include "ctl/field.h"
#include "ctl/host.h"

#define JOURNAL_MAX (8U << 20)
#define JOURNAL_NS  (20 * NSEC_PER_SEC)

static void add(json_object *o, const char *key, const char *s)
{
	_cleanup_free_ char *clean = NULL;

	if (s && text_clean(s, 256, &clean) < 0)
		return;
	json_object_object_add(o, key, clean ? json_object_new_string(clean) : NULL);
}

/* The value behind "KEY: " or "KEY=" of the first line that has it, without quotes. */
static char *value_of(const char *text, const char *key, const char *separator)
{
	for (const char *line = text; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		const char *s = line + strlen(key);
		size_t n;

		if (!startswith(line, key))
			continue;
		s += strspn(s, " \t");
		if (!startswith(s, separator))
			continue;
		s += strlen(separator);
		s += strspn(s, " \t\"");
		n = strcspn(s, "\"\n");
		return strndup(s, n);
	}
	return NULL;
}

static void add_from(json_object *o, const char *path, const char *const keys[][2], size_t n, const char *separator)
{
	_cleanup_free_ char *text = NULL;

	/* of cpuinfo the first CPU is enough */
	(void)sysroot_read(path, 64U << 20, &text, NULL);
	for (size_t i = 0; i < n; i++) {
		_cleanup_free_ char *value = text ? value_of(text, keys[i][0], separator) : NULL;

		add(o, keys[i][1], value);
	}
}

static void add_versions(struct bundling *b, json_object *host)
{
	static const char *const cpu[][2] = {{"model name", "cpu"},
					     {"cpu family", "cpu_family"},
					     {"model\t", "cpu_model"},
					     {"stepping", "cpu_stepping"},
					     {"microcode", "microcode"}};
	static const char *const os[][2] = {{"PRETTY_NAME", "distribution"}};
	_cleanup_json_ json_object *o = json_object_new_object();
	_cleanup_free_ char *taint = NULL;
	struct utsname u;

	add(o, "avicctl", PACKAGE_VERSION);
	add(o, "kvm_build_id", field_str(host, "kvm_build_id"));
	if (uname(&u) == 0) {
		add(o, "kernel_release", u.release);
		add(o, "kernel_version", u.version);
		add(o, "machine", u.machine);
	}
	(void)sysroot_read_line("/proc/sys/kernel/tainted", &taint);
	add(o, "kernel_tainted", taint);
	add_from(o, "/proc/cpuinfo", cpu, ARRAY_SIZE(cpu), ":");
	add_from(o, "/etc/os-release", os, ARRAY_SIZE(os), "=");
	bundling_json(b, "versions.json", o);
}

static void add_module(struct text *t, const char *module)
{
	_cleanup_free_ char *dir = NULL, *path = NULL;
	struct dirent **names;
	int n;

	if (asprintf(&path, "/sys/module/%s/parameters", module) < 0) {
		path = NULL;
		return;
	}
	if (sysroot_path(path, &dir) < 0)
		return;
	n = scandir(dir, &names, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		_cleanup_free_ char *file = NULL, *value = NULL;

		if (names[i]->d_name[0] != '.' && asprintf(&file, "%s/%s", path, names[i]->d_name) >= 0) {
			int r = sysroot_read_line(file, &value);

			text_addf(t, "%s.%s=%s\n", module, names[i]->d_name, r < 0 ? "(not readable)" : value);
		}
		free(names[i]);
	}
	if (n >= 0)
		free(names);
}

static void add_parameters(struct bundling *b)
{
	static const char *const modules[] = {"kvm", "kvm_amd", "kvm_intel"};
	_cleanup_text_ struct text t = {0};

	for (size_t i = 0; i < ARRAY_SIZE(modules); i++)
		add_module(&t, modules[i]);
	if (t.len)
		bundling_text(b, "parameters.txt", t.s, t.len);
	else
		bundling_lacks(b, "parameters.txt", "kvm is not loaded");
}

/* The rest of it is the host's own business, and sometimes has keys. */
static void add_cmdline(struct bundling *b)
{
	static const char *const about[] = {"kvm", "avic", "apic", "iommu"};
	_cleanup_free_ char *line = NULL;
	_cleanup_text_ struct text t = {0};
	char *save = NULL;

	if (sysroot_read_line("/proc/cmdline", &line) < 0) {
		bundling_lacks(b, "cmdline.txt", "/proc/cmdline cannot be read");
		return;
	}
	for (char *w = strtok_r(line, " \t", &save); w; w = strtok_r(NULL, " \t", &save))
		for (size_t i = 0; i < ARRAY_SIZE(about); i++)
			if (strcasestr(w, about[i])) {
				text_addf(&t, "%s\n", w);
				break;
			}
	bundling_text(b, "cmdline.txt", t.s ?: "", t.len);
}

void bundle_host(struct bundling *b, json_object *host)
{
	_cleanup_json_ json_object *checks = host_document();

	add_versions(b, host);
	add_parameters(b);
	add_cmdline(b);
	bundling_json(b, "host-check.json", checks);
}

/* What the child prints, for so long and so much at most. */
static int take_output(int fd, struct text *t)
{
	uint64_t until = now_ns() + JOURNAL_NS;
	char buf[16384];

	for (;;) {
		uint64_t now = now_ns();
		struct pollfd p = {.fd = fd, .events = POLLIN};
		ssize_t n;

		if (now >= until)
			return -ETIMEDOUT;
		if (poll(&p, 1, (int)((until - now) / NSEC_PER_MSEC) + 1) <= 0)
			continue;
		n = read(fd, buf, sizeof(buf));
		if (n <= 0)
			return n < 0 ? -errno : 0;
		text_addn(t, buf, (size_t)n);
		if (t->len > JOURNAL_MAX)
			return -EFBIG;
	}
}

void bundle_journal(struct bundling *b)
{
	static const char *const argv[] = {"journalctl",	 "--quiet",	  "--no-pager", "--lines=2000",
					   "--output=short-iso", "--unit=avicd*", NULL};
	_cleanup_text_ struct text t = {0};
	_cleanup_close_ int from = -EBADF, to = -EBADF;
	sigset_t set;
	struct spawn s = {.program = argv[0],
			  .search = true,
			  .argv = (char *const *)argv,
			  .env = environ,
			  .in = SPAWN_NULL,
			  .err = SPAWN_NULL};
	int p[2], r, status = 0;
	pid_t pid;

	if (pipe2(p, O_CLOEXEC) < 0) {
		bundling_lacks(b, "journal.txt", strerror(errno));
		return;
	}
	from = p[0];
	to = p[1];
	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	s.signals = &set;
	s.out = to;
	r = spawn_program(&s, &pid);
	if (r < 0) {
		bundling_lacks(b, "journal.txt", r == -ENOENT ? "no journalctl here" : strerror(-r));
		return;
	}
	close_p(&to);
	to = -EBADF;
	r = take_output(from, &t);
	if (r < 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (r < 0)
		bundling_lacks(b, "journal.txt", r == -EFBIG ? "cut at 8 MiB" : strerror(-r));
	else if (!WIFEXITED(status) || WEXITSTATUS(status))
		bundling_lacks(b, "journal.txt", "journalctl failed");
	else if (!t.len)
		bundling_lacks(b, "journal.txt", "the journal has no line of avicd, or none that you may read");
	if (t.len)
		bundling_text(b, "journal.txt", t.s, t.len);
}
