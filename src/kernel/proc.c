/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * proc.c - processes by /proc: when they started, and the domain that a QEMU was started for.
 *
 * All of it is untrusted: a process chooses its name and its arguments, and may write over both while they are read.
 */
#include "avicd/proc.h"

#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>

#include "avicd/file.h"
#include "avicd/text.h"

/* QEMU with hundreds of disks has some 100 KiB; the kernel allows a few MiB. */
#define CMDLINE_MAX (8U << 20)

static int read_of(int32_t pid, const char *file, size_t max, char **ret, size_t *ret_len)
{
	char path[64];
	int r;

	if (pid <= 0)
		return -ESRCH;
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	r = sysroot_read(path, max, ret, ret_len);
	return r == -ENOENT ? -ESRCH : r;
}

int proc_start(int32_t tgid, uint64_t *ret_ns)
{
	_cleanup_free_ char *stat = NULL;
	long hz = sysconf(_SC_CLK_TCK);
	uint64_t ticks;
	char *s, *end;
	int field, r;

	r = read_of(tgid, "stat", 65536, &stat, NULL);
	if (r < 0)
		return r;
	/* Field 2 is the name in parentheses, which may hold spaces and parentheses itself; no later field has one. */
	s = strrchr(stat, ')');
	if (!s || hz <= 0)
		return -ESRCH;
	for (field = 2; field < 22; field++) {
		s = strchr(s, ' ');
		if (!s)
			return -ESRCH;
		s++;
	}
	if (!isdigit((unsigned char)*s))
		return -ESRCH;
	errno = 0;
	ticks = strtoull(s, &end, 10);
	if (errno || (*end != ' ' && *end != '\n' && *end != '\0') || ticks > UINT64_MAX / NSEC_PER_SEC)
		return -ESRCH;
	*ret_ns = ticks * (NSEC_PER_SEC / (uint64_t)hz);
	return 0;
}

int proc_tgid(int32_t tid, int32_t *ret)
{
	_cleanup_free_ char *status = NULL;
	const char *s;
	long v;
	int r;

	r = read_of(tid, "status", 65536, &status, NULL);
	if (r < 0)
		return r;
	/* The name, in the first line, cannot forge this: the kernel writes a newline in it as "\n". */
	s = strstr(status, "\nTgid:");
	if (!s)
		return -ESRCH;
	v = strtol(s + strlen("\nTgid:"), NULL, 10);
	if (v <= 0 || v > INT32_MAX)
		return -ESRCH;
	*ret = (int32_t)v;
	return 0;
}

int proc_comm(int32_t tgid, char ret[static 16])
{
	_cleanup_free_ char *comm = NULL, *clean = NULL;
	size_t len;
	int r;

	r = read_of(tgid, "comm", 4096, &comm, &len);
	if (r < 0)
		return r;
	if (len > 0 && comm[len - 1] == '\n')
		comm[len - 1] = '\0';
	r = text_clean(comm, 15, &clean);
	if (r < 0)
		return r;
	snprintf(ret, 16, "%s", clean);
	return 0;
}

/* One value of a QEMU option list, from @s up to a single comma; two commas are one. Returns where it ended. */
static const char *opts_value(const char *s, char *ret, size_t size)
{
	size_t n = 0;

	for (; *s; s++) {
		if (*s == ',') {
			if (s[1] != ',')
				break;
			s++;
		}
		if (n < size - 1)
			ret[n++] = *s;
	}
	ret[n] = '\0';
	return s;
}

/*
 * The guest's name in the argument of -name: the value of guest=, or the first value when that has no key. @ret has
 * room for more than DOMAIN_NAME_MAX, so that cleaning, not this, cuts it.
 */
static bool name_of(const char *arg, char *ret, size_t size)
{
	bool first = true;

	while (*arg) {
		size_t len = strcspn(arg, "=,");
		bool has_key = arg[len] == '=', is_guest = has_key ? len == 5 && startswith(arg, "guest") : first;

		arg = opts_value(has_key ? arg + len + 1 : arg, ret, size);
		if (is_guest)
			return true;
		first = false;
		if (*arg == ',')
			arg++;
	}
	return false;
}

/* QEMU takes its options with one dash or two. */
static bool is_option(const char *arg, const char *name)
{
	return arg[0] == '-' && streq(arg + (arg[1] == '-' ? 2 : 1), name);
}

int proc_cmdline_domain(const char *buf, size_t len, struct domain *ret)
{
	_cleanup_free_ char *copy = NULL, *clean = NULL;
	char name[4 * DOMAIN_NAME_MAX];
	struct domain out = { 0 };
	bool named = false;
	const char *arg, *value;

	/* Two NULs more, so that each argument ends, and the last has one after it. */
	copy = calloc(1, len + 2);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, buf, len);

	/* The first -uuid and -name count: libvirt writes its own before those of <qemu:commandline>. */
	for (arg = copy; arg < copy + len; arg += strlen(arg) + 1) {
		value = arg + strlen(arg) + 1;
		if (value >= copy + len)
			break;
		if (!named && is_option(arg, "name"))
			named = name_of(value, name, sizeof(name));
		else if (!*out.uuid && is_option(arg, "uuid"))
			uuid_normalize(value, out.uuid);
		else
			continue;
		arg = value; /* which is no option */
	}
	if (!*out.uuid)
		return -ENOENT;
	if (named) {
		int r = text_clean(name, DOMAIN_NAME_MAX - 1, &clean);

		if (r < 0)
			return r;
		snprintf(out.name, sizeof(out.name), "%s", clean);
	}
	*ret = out;
	return 0;
}

int proc_domain(int32_t tgid, struct domain *ret)
{
	_cleanup_free_ char *buf = NULL;
	size_t len;
	int r;

	r = read_of(tgid, "cmdline", CMDLINE_MAX, &buf, &len);
	if (r < 0)
		return r;
	return proc_cmdline_domain(buf, len, ret);
}

bool proc_hidden(int32_t tgid)
{
	char path[64];

	/* signal 0 finds any process, also one that may not be signalled */
	if (tgid <= 0 || (kill(tgid, 0) < 0 && errno != EPERM))
		return false;
	snprintf(path, sizeof(path), "/proc/%d/stat", tgid);
	return access(path, F_OK) < 0;
}

int proc_pidfd(const struct vm_id *id)
{
	_cleanup_close_ int fd = -EBADF;
	struct vm_id now = { .tgid = id->tgid };
	int r;

	if (id->tgid <= 0)
		return -ESRCH;
	fd = (int)syscall(SYS_pidfd_open, id->tgid, 0);
	if (fd < 0) /* the number of a thread: EINVAL, from 6.9 on ENOENT */
		return errno == EINVAL || errno == ENOENT ? -ESRCH : -errno;
	/*
	 * Between the number's last use and now the process may have gone and another come; what the descriptor holds
	 * cannot change.
	 */
	r = proc_start(id->tgid, &now.start);
	/* hidden by /proc's hidepid=: that the number was not used again since the kernel named it must be believed */
	if (r == -ESRCH && proc_hidden(id->tgid))
		return TAKE_FD(fd);
	if (r < 0)
		return r;
	if (!vm_id_equal(id, &now))
		return -ESRCH;
	return TAKE_FD(fd);
}
