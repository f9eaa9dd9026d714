/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A machine for tests of the livepatch: a system root in a temporary folder, and module files that libkmod can read. */
#ifndef TESTS_LIVEPATCH_FIXTURE_H
#define TESTS_LIVEPATCH_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include <elf.h>
#include <sys/stat.h>

#include "avicd/file.h"
#include "avicd/livepatch.h"
#include "tmpdir.h"

#define RELEASE	 "6.1.0-1-amd64"
#define BOOT	 "11111111-2222-3333-4444-555555555555"
#define OTHER	 "99999999-2222-3333-4444-555555555555"
#define BUILD_ID "0123456789abcdef0123456789abcdef01234567"
#define SUM	 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define MODULE	 "/var/lib/avicd/livepatch/" BUILD_ID "/" LIVEPATCH_NAME ".ko"

/* put_bytes() - the file @path of the machine, with the folders above. put() - a text. drop() - it is not there. */
static inline void put_bytes(const char *path, const void *data, size_t len)
{
	_cleanup_free_ char *p = NULL, *dir = NULL;

	assert_int_equal(sysroot_path(path, &p), 0);
	dir = strndup(p, (size_t)(strrchr(p, '/') - p));
	assert_int_equal(mkdir_p(dir, 0755), 0);
	assert_int_equal(file_write_atomic(p, data, len, 0644, false), 0);
}

static inline void put(const char *path, const char *text)
{
	put_bytes(path, text, strlen(text));
}

static inline void drop(const char *path)
{
	_cleanup_free_ char *p = NULL;

	assert_int_equal(sysroot_path(path, &p), 0);
	remove(p);
}

/* put_module() - an ELF file with these strings, each with its NUL, as .modinfo; and @tail behind it. */
static inline void put_module(const char *path, const char *modinfo, size_t modinfo_len, const char *tail)
{
	static const char names[] = "\0.modinfo\0.shstrtab";
	char buf[4096] = {0};
	Elf64_Ehdr *h = (Elf64_Ehdr *)buf;
	Elf64_Shdr s[3] = {{0}};
	size_t at = sizeof(*h);

	memcpy(h->e_ident, ELFMAG, SELFMAG);
	h->e_ident[EI_CLASS] = ELFCLASS64;
	h->e_ident[EI_DATA] = ELFDATA2LSB;
	h->e_ident[EI_VERSION] = EV_CURRENT;
	h->e_type = ET_REL;
	h->e_machine = EM_X86_64;
	h->e_version = EV_CURRENT;
	h->e_ehsize = sizeof(*h);
	h->e_shentsize = sizeof(s[0]);
	h->e_shnum = 3;
	h->e_shstrndx = 2;
	assert_true(modinfo_len < 2048);
	s[1] = (Elf64_Shdr){.sh_name = 1, .sh_type = SHT_PROGBITS, .sh_offset = at, .sh_size = modinfo_len};
	memcpy(buf + at, modinfo, modinfo_len);
	at += modinfo_len;
	s[2] = (Elf64_Shdr){.sh_name = 10, .sh_type = SHT_STRTAB, .sh_offset = at, .sh_size = sizeof(names)};
	memcpy(buf + at, names, sizeof(names));
	at = (at + sizeof(names) + 7) & ~(size_t)7;
	h->e_shoff = at;
	memcpy(buf + at, s, sizeof(s));
	at += sizeof(s);
	memcpy(buf + at, tail, strlen(tail));
	put_bytes(path, buf, at + strlen(tail));
}

#define MODINFO(name, release) "name=" name "\0vermagic=" release " SMP preempt mod_unload modversions \0livepatch=Y"
#define SIGNED_TAIL	       "~Module signature appended~\n"
/* put_good_module() - that of `avicctl fix build`, for this machine. */
static inline void put_good_module(void)
{
	static const char modinfo[] = MODINFO(LIVEPATCH_NAME, RELEASE);

	put_module(MODULE, modinfo, sizeof(modinfo), "");
}

static inline void link_btf(const char *name)
{
	char target[512], path[64];
	_cleanup_free_ char *p = NULL, *real = NULL;
	const char *top = getenv("top_srcdir");

	snprintf(target, sizeof(target), "%s/tests/data/btf/6.1-%s.btf", top ? top : ".", name);
	snprintf(path, sizeof(path), "/sys/kernel/btf/%s", name);
	real = realpath(target, NULL);
	assert_non_null(real);
	put(path, "");
	assert_int_equal(sysroot_path(path, &p), 0);
	assert_int_equal(unlink(p), 0);
	assert_int_equal(symlink(real, p), 0);
}

/* machine_setup() - a fixture of cmocka: a kernel that can be patched, and no module for it. *state: the folder. */
static inline int machine_setup(void **state)
{
	static const unsigned char note[] = {4,	   0,	 0,    0,    20,   0,	 0,    0,    3,	   0,	 0,    0,
					     'G',  'N',	 'U',  0,    0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
					     0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x01, 0x23, 0x45, 0x67};

	if (tmpdir_setup(state) < 0)
		return -1;
	unsetenv("STATE_DIRECTORY");
	unsetenv("CONFIGURATION_DIRECTORY");
	setenv("AVICD_SYSROOT", *state, 1);
	put("/proc/sys/kernel/osrelease", RELEASE "\n");
	put("/proc/sys/kernel/random/boot_id", BOOT "\n");
	put("/proc/sys/kernel/modules_disabled", "0\n");
	put("/proc/sys/kernel/ftrace_enabled", "1\n");
	put("/proc/cmdline", "root=/dev/vda rw\n");
	put("/proc/kallsyms", "0000000000000000 T " LIVEPATCH_FUNCTION "\n"
			      "0000000000000000 t kvm_apic_state_fixup.part.0\t[kvm]\n"
			      "0000000000000000 t " LIVEPATCH_FUNCTION "\t[kvm]\n"
			      "0000000000000000 t " LIVEPATCH_FUNCTION ".cold\t[kvm]\n"
			      "0000000000000000 t " LIVEPATCH_FUNCTION "\t[kvm_amd]\n");
	put("/sys/module/kvm/initstate", "live\n");
	put("/sys/module/module/parameters/sig_enforce", "N\n");
	put_bytes("/sys/module/kvm/notes/.note.gnu.build-id", note, sizeof(note));
	put("/sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
	put("/sys/kernel/livepatch/vendor/transition", "0\n");
	link_btf("vmlinux");
	link_btf("kvm");
	return 0;
}

static inline int machine_teardown(void **state)
{
	unsetenv("AVICD_SYSROOT");
	return tmpdir_teardown(state);
}

static inline void put_mark(enum livepatch_mark_kind kind, const char *boot, const char *sum)
{
	struct livepatch_mark m = {.kvm_build_id = BUILD_ID, .at = 1700000000000000};

	snprintf(m.boot_id, sizeof(m.boot_id), "%s", boot);
	snprintf(m.module_sha256, sizeof(m.module_sha256), "%s", sum);
	assert_int_equal(livepatch_mark_write(kind, &m), 0);
}

#endif
