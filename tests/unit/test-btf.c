/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers and offsets by BTF: fixtures of several kernels, made-up types, files that are cut or damaged. */
#include "kernel-facts.h"

#include <bpf/btf.h>
#include <sys/stat.h>

#include "avicd/btf.h"
#include "avicd/file.h"

static const struct {
	const char *vmlinux, *kvm, *release;
	enum kernel_line line;
	/* read off the full BTF of the kernel with bpftool; -1 for lapic_vcpu: the fixture was made before it was wanted */
	struct kvm_offsets off;
} kernels[] = {
	{ "btf/5.19-vmlinux.btf", NULL, "5.19.0-41-generic", LINE_5_19,
	  { 256 + 512, 64, 128, 0, 32, 64 + 104, 64 + 96, 64 + 112, 168, -1, 144 } },
	{ "btf/6.1-vmlinux.btf", "btf/6.1-kvm.btf", "6.1.0-50-amd64", LINE_6_0,
	  { (38080 + 267648) / 8, 576 / 8, 35712 / 8, 0, 288 / 8, (2368 + 1984) / 8, (2368 + 1920) / 8, -1, 1344 / 8,
	    1216 / 8, 1152 / 8 } },
	{ "btf/6.12-vmlinux.btf", "btf/6.12-kvm.btf", "6.12.95+deb12-amd64", LINE_6_3,
	  { (38080 + 264384) / 8, 576 / 8, 35712 / 8, 0, 288 / 8, (2368 + 1984) / 8, (2368 + 1920) / 8, -1, 1344 / 8,
	    1216 / 8, -1 } },
	{ "btf/6.18-vmlinux.btf", NULL, "6.18.44", LINE_6_17, { 0 } },
	{ "btf/7.3-vmlinux.btf", "btf/7.3-kvm.btf", "7.3.4+deb13-amd64", LINE_7_1,
	  { (38400 + 2560) / 8, 448 / 8, 35584 / 8, 0, 288 / 8, (2368 + 2048) / 8, (2368 + 1984) / 8, -1, 1472 / 8,
	    1344 / 8, -1 } },
};

static int open_data(const char *vmlinux, const char *kvm, struct kernel_btf *ret)
{
	char a[PATH_SIZE], b[PATH_SIZE];

	return kernel_btf_open_files(data_path(a, vmlinux), kvm ? data_path(b, kvm) : NULL, ret);
}

static void test_kernels(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(kernels); i++) {
		struct kvm_offsets off;
		struct kernel_btf b;
		struct numbering n;

		assert_int_equal(open_data(kernels[i].vmlinux, kernels[i].kvm, &b), 0);
		assert_int_equal(btf_numbering(&b, kernels[i].release, &n), 0);
		assert_numbering(&n, kernels[i].line);
		assert_int_equal(n.origin, NUMBERING_BTF);
		assert_int_equal(btf_offsets(&b, &off), 0);
		if (kernels[i].off.kvm_mask)
			assert_memory_equal(&off, &kernels[i].off, sizeof(off));
		/* Each kernel that has the event has these; the two places of apicv_active exclude each other. */
		assert_true(off.kvm_mask > 0 && off.kvm_mm > 0 && off.kvm_created_vcpus > 0);
		assert_true(off.vcpu_kvm >= 0 && off.vcpu_id > 0 && off.vcpu_apic > 0 && off.vcpu_apic_base > 0);
		assert_true(off.lapic_regs > 0);
		assert_true((off.vcpu_apicv_active < 0) != (off.lapic_apicv_active < 0));
		kernel_btf_close(&b);
		assert_null(b.vmlinux);
	}
}

/* KVM=m and not loaded: 6.1 has the enum in vmlinux, 6.12 has it in the module alone. */
static void test_no_module(void **state)
{
	struct kvm_offsets off;
	struct kernel_btf b;
	struct numbering n;

	assert_int_equal(open_data("btf/6.1-vmlinux.btf", NULL, &b), 0);
	assert_int_equal(btf_numbering(&b, NULL, &n), 0);
	assert_int_equal(btf_offsets(&b, &off), 0);
	assert_int_equal(off.lapic_regs, -1);
	assert_int_equal(off.lapic_apicv_active, -1);
	assert_int_equal(off.lapic_vcpu, -1);
	kernel_btf_close(&b);
	assert_int_equal(open_data("btf/6.12-vmlinux.btf", NULL, &b), 0);
	assert_int_equal(btf_numbering(&b, NULL, &n), -ENOENT);
	kernel_btf_close(&b);
}

/* write_temp() - bytes in a file below TMPDIR; the name in @path. */
static void write_temp(char *path, const void *data, size_t len)
{
	const char *tmp = getenv("TMPDIR");
	FILE *f;
	int fd;

	snprintf(path, PATH_SIZE, "%s/avicd-btf-XXXXXX", tmp ? tmp : "/tmp");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	f = fdopen(fd, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static void open_made(struct btf *made, struct kernel_btf *ret)
{
	char path[PATH_SIZE];
	const void *data;
	uint32_t size;

	data = btf__raw_data(made, &size);
	assert_non_null(data);
	write_temp(path, data, size);
	assert_int_equal(kernel_btf_open_files(path, NULL, ret), 0);
	unlink(path);
	btf__free(made);
}

/* Members inside structs and unions without a name, behind typedef, const and volatile; a bit field; a wider enum. */
static void test_shapes(void **state)
{
	struct btf *m = btf__new_empty();
	struct kvm_offsets off;
	struct kernel_btf b;
	struct numbering n;
	int u64, inner, u, arch, td, cv, vo;

	u64 = btf__add_int(m, "u64", 8, 0);
	inner = btf__add_struct(m, "", 32);
	btf__add_field(m, "other", u64, 0, 0);
	btf__add_field(m, "apicv_inhibit_reasons", u64, 128, 0);
	u = btf__add_union(m, "", 32);
	btf__add_field(m, "pad", u64, 0, 0);
	btf__add_field(m, "", inner, 0, 0);
	arch = btf__add_struct(m, "kvm_arch", 64);
	btf__add_field(m, "first", u64, 0, 0);
	btf__add_field(m, "", u, 256, 0);
	td = btf__add_typedef(m, "arch_t", arch);
	cv = btf__add_const(m, td);
	vo = btf__add_volatile(m, cv);
	/* a struct of the same name without the field comes first, as a stub would */
	btf__add_struct(m, "kvm", 8);
	btf__add_field(m, "mm", u64, 0, 0);
	btf__add_struct(m, "kvm", 128);
	btf__add_field(m, "mm", u64, 64, 0);
	btf__add_field(m, "arch", vo, 512, 0);
	btf__add_struct(m, "kvm_vcpu", 8);
	btf__add_field(m, "vcpu_id", u64, 0, 5);
	btf__add_field(m, "kvm", u64, 5, 0);
	btf__add_enum64(m, "kvm_apicv_inhibit", 8, false);
	btf__add_enum64_value(m, "APICV_INHIBIT_REASON_DISABLED", 0);
	btf__add_enum64_value(m, "APICV_INHIBIT_REASON_IRQWIN", 8);
	btf__add_enum64_value(m, "APICV_INHIBIT_REASON_HUGE", 1ULL << 40);
	open_made(m, &b);
	assert_int_equal(btf_offsets(&b, &off), 0);
	assert_int_equal(off.kvm_mask, (512 + 256 + 128) / 8);
	assert_int_equal(off.kvm_mm, 0);
	assert_int_equal(off.vcpu_id, -1);
	assert_int_equal(off.vcpu_kvm, -1);
	assert_int_equal(btf_numbering(&b, NULL, &n), 0);
	assert_int_equal(n.bit[REASON_IRQWIN], 8);
	kernel_btf_close(&b);
}

/* Types that contain themselves must end the search, and soon. */
static void test_circles(void **state)
{
	struct btf *m = btf__new_empty();
	struct kvm_offsets off;
	struct kernel_btf b;
	struct numbering n;

	btf__add_struct(m, "kvm", 8); /* 1 */
	for (int i = 0; i < 1000; i++)
		btf__add_field(m, "", 1, 0, 0);
	btf__add_typedef(m, "a", 3); /* 2 <-> 3 */
	btf__add_typedef(m, "b", 2);
	btf__add_struct(m, "kvm", 8);
	btf__add_field(m, "arch", 2, 0, 0);
	btf__add_struct(m, "kvm", 8);
	btf__add_field(m, "arch", 77777, 0, 0);
	btf__add_enum(m, "kvm_apicv_inhibit", 4);
	open_made(m, &b);
	assert_int_equal(btf_offsets(&b, &off), -ENOENT);
	assert_int_equal(btf_numbering(&b, NULL, &n), -ENOENT);
	kernel_btf_close(&b);
}

/* Cut anywhere, or with any byte changed: an error or an answer, never a crash. */
static void test_damage(void **state)
{
	_cleanup_free_ char *whole = NULL;
	char name[PATH_SIZE], path[PATH_SIZE];
	struct kernel_btf b;
	size_t len;

	assert_int_equal(file_read(data_path(name, "btf/6.18-vmlinux.btf"), 1 << 20, &whole, &len), 0);
	for (size_t i = 0; i < 2 * len; i++) {
		struct kvm_offsets off;
		struct numbering n;
		int r;

		if (i < len) {
			write_temp(path, whole, i);
		} else {
			whole[i - len] ^= 0xff;
			write_temp(path, whole, len);
			whole[i - len] ^= 0xff;
		}
		r = kernel_btf_open_files(path, NULL, &b);
		unlink(path);
		assert_true(r == 0 || r == -EINVAL || r == -ENOMEM);
		if (i < len)
			assert_int_equal(r, -EINVAL);
		if (r < 0)
			continue;
		r = btf_offsets(&b, &off);
		assert_true(r == 0 || r == -ENOENT);
		r = btf_numbering(&b, NULL, &n);
		assert_true(r == 0 || r == -ENOENT || r == -EINVAL);
		kernel_btf_close(&b);
	}
}

static void test_files(void **state)
{
	struct kernel_btf b;
	char a[PATH_SIZE];

	assert_int_equal(open_data("btf/none.btf", NULL, &b), -ENOENT);
	assert_int_equal(open_data("btf/6.1-vmlinux.btf", "btf/none.btf", &b), -ENOENT);
	assert_int_equal(open_data("btf/README", NULL, &b), -EINVAL);
	assert_int_equal(open_data("btf/6.1-vmlinux.btf", "btf/README", &b), -EINVAL);
	assert_int_equal(kernel_btf_open_files(data_path(a, "btf"), NULL, &b), -EINVAL);
	use_sysroot("zen4");
	assert_int_equal(kernel_btf_open(&b), 0);
	assert_non_null(b.kvm);
	kernel_btf_close(&b);
	use_sysroot("pvm");
	assert_int_equal(kernel_btf_open(&b), 0);
	assert_null(b.kvm);
	kernel_btf_close(&b);
	use_sysroot("zen3");
	assert_int_equal(kernel_btf_open(&b), -ENOENT);
	unsetenv("AVICD_SYSROOT");
}

/* This machine's kernel, where it shows its types: the file is large and real. */
static void test_this_kernel(void **state)
{
	struct kvm_offsets off;
	struct kernel_btf b;
	struct numbering n;

	if (access("/sys/kernel/btf/vmlinux", R_OK) != 0 || access("/sys/module/kvm", F_OK) != 0)
		skip();
	assert_int_equal(kernel_btf_open(&b), 0);
	if (btf_numbering(&b, NULL, &n) == 0) {
		assert_int_equal(btf_offsets(&b, &off), 0);
		assert_true(off.kvm_mask > 0);
	}
	kernel_btf_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kernels),
		cmocka_unit_test(test_no_module),
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_circles),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_this_kernel),
	};

	return cmocka_run_group_tests_name("btf", tests, NULL, NULL);
}
