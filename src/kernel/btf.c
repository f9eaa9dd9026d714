/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * btf.c - reason numbers and field offsets from the kernel's BTF.
 *
 * Where a type is depends on the build: with KVM=m struct kvm is in vmlinux BTF of most kernels, struct kvm_lapic only
 * in the module's, the enum in either; 7.3 has several copies of struct kvm in the module's BTF, alike but for the ids
 * they point to. So each type is looked for by name, in the module's own types first, and the first one that has the
 * field is taken.
 *
 * The files are the kernel's, yet read as if they were not: an id may point anywhere, also in a circle.
 */
#include "avicd/btf.h"

#include <assert.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "avicd/file.h"

#define BTF_DIR "/sys/kernel/btf/"
#define ENUM_NAME "kvm_apicv_inhibit"
#define ENUM_NAMES_MAX 128
/* Real types need 3 levels and some 300 members. */
#define DEPTH_MAX 16
#define MEMBERS_MAX 100000

static int parse(const char *path, struct btf *base, struct btf **ret)
{
	/* Its warnings are for developers of BTF; the error code says what a caller needs. */
	libbpf_print_fn_t old = libbpf_set_print(NULL);
	struct btf *b;
	int r = 0;

	errno = 0;
	b = base ? btf__parse_raw_split(path, base) : btf__parse_raw(path);
	if (!b)
		r = errno == ENOENT || errno == ENOMEM || errno == EACCES ? -errno : -EINVAL;
	libbpf_set_print(old);
	if (r == 0)
		*ret = b;
	return r;
}

int kernel_btf_open_files(const char *vmlinux, const char *kvm, struct kernel_btf *ret)
{
	struct kernel_btf b = { 0 };
	int r;

	r = parse(vmlinux, NULL, &b.vmlinux);
	if (r == 0 && kvm)
		r = parse(kvm, b.vmlinux, &b.kvm);
	if (r < 0) {
		kernel_btf_close(&b);
		return r;
	}
	*ret = b;
	return 0;
}

int kernel_btf_open(struct kernel_btf *ret)
{
	_cleanup_free_ char *vmlinux = NULL, *kvm = NULL;
	int r;

	r = sysroot_path(BTF_DIR "vmlinux", &vmlinux);
	if (r == 0)
		r = sysroot_path(BTF_DIR "kvm", &kvm);
	if (r < 0)
		return r;
	/* No BTF of a module: kvm is built in, not loaded, or the kernel has none for modules. */
	return kernel_btf_open_files(vmlinux, access(kvm, F_OK) == 0 ? kvm : NULL, ret);
}

void kernel_btf_close(struct kernel_btf *b)
{
	int saved = errno;

	btf__free(b->kvm); /* the module's points into vmlinux's */
	btf__free(b->vmlinux);
	b->kvm = b->vmlinux = NULL;
	errno = saved;
}

/* One search: the types, and how much of it is left. */
struct search {
	const struct btf *btf;
	unsigned members;
};

static const struct btf *own(const struct kernel_btf *b)
{
	return b->kvm ? b->kvm : b->vmlinux;
}

/* The type behind typedef, const and volatile. */
static const struct btf_type *plain_type(const struct btf *btf, uint32_t id)
{
	const struct btf_type *t;
	int i;

	for (i = 0; i < DEPTH_MAX; i++) {
		t = btf__type_by_id(btf, id);
		if (!t || !(btf_is_mod(t) || btf_is_typedef(t)))
			return t;
		id = t->type;
	}
	return NULL;
}

/*
 * member_offset() - the byte offset of @path ("arch.apic") in @t, or -1. A member without a name is a struct or union
 * whose members belong to the struct around it.
 */
static int64_t member_offset(struct search *s, const struct btf_type *t, const char *path, int depth)
{
	size_t len = strcspn(path, ".");
	unsigned i;

	if (!t || !btf_is_composite(t) || depth == DEPTH_MAX)
		return -1;
	for (i = 0; i < btf_vlen(t); i++) {
		const struct btf_member *m = &btf_members(t)[i];
		const char *name = btf__name_by_offset(s->btf, m->name_off);
		uint32_t bits = btf_member_bit_offset(t, i);
		int64_t inner;

		if (s->members == 0)
			return -1;
		s->members--;
		if (!name || bits % 8 != 0 || btf_member_bitfield_size(t, i) != 0)
			continue;
		if (*name == '\0') {
			inner = member_offset(s, plain_type(s->btf, m->type), path, depth + 1);
			if (inner >= 0)
				return bits / 8 + inner;
			continue;
		}
		if (strlen(name) != len || memcmp(name, path, len) != 0)
			continue;
		if (path[len] == '\0')
			return bits / 8;
		inner = member_offset(s, plain_type(s->btf, m->type), path + len + 1, depth + 1);
		return inner < 0 ? -1 : bits / 8 + inner;
	}
	return -1;
}

static bool is_named(const struct btf *btf, const struct btf_type *t, const char *name)
{
	const char *s = btf__name_by_offset(btf, t->name_off);

	return s && streq(s, name);
}

/*
 * each_type() - calls @fn for the types named @name, the module's own first, until it returns non-zero, which is
 * returned.
 */
typedef int64_t (*type_fn)(struct search *s, const struct btf_type *t, void *userdata);

static int64_t each_type(const struct kernel_btf *b, const char *name, bool (*kind)(const struct btf_type *t),
			 type_fn fn, void *userdata)
{
	struct search s = { .btf = own(b), .members = MEMBERS_MAX };
	uint32_t first = b->kvm ? btf__type_cnt(b->vmlinux) : 1, n, i;
	int64_t r;

	if (!s.btf)
		return 0;
	n = btf__type_cnt(s.btf);
	/* from `first` to the end, then from 1 to `first` */
	for (i = 1; i < n; i++) {
		uint32_t id = first + i - 1 < n ? first + i - 1 : first + i - n;
		const struct btf_type *t = btf__type_by_id(s.btf, id);

		if (!t || !kind(t) || !is_named(s.btf, t, name))
			continue;
		r = fn(&s, t, userdata);
		if (r != 0)
			return r;
	}
	return 0;
}

static bool is_struct(const struct btf_type *t)
{
	return btf_is_struct(t);
}

static bool is_enum(const struct btf_type *t)
{
	return btf_is_any_enum(t);
}

/* Offset 0 is an offset too: returned one higher. */
static int64_t offset_in(struct search *s, const struct btf_type *t, void *userdata)
{
	const char *path = userdata;

	return member_offset(s, t, path, 0) + 1;
}

static int32_t find_offset(const struct kernel_btf *b, const char *type, const char *path)
{
	int64_t off = each_type(b, type, is_struct, offset_in, (void *)path) - 1;

	return off > INT32_MAX ? -1 : (int32_t)off;
}

static const struct {
	const char *type, *path;
	size_t offset; /* in struct kvm_offsets */
} fields[] = {
	{ "kvm", "arch.apicv_inhibit_reasons", offsetof(struct kvm_offsets, kvm_mask) },
	{ "kvm", "mm", offsetof(struct kvm_offsets, kvm_mm) },
	{ "kvm", "created_vcpus", offsetof(struct kvm_offsets, kvm_created_vcpus) },
	{ "kvm_vcpu", "kvm", offsetof(struct kvm_offsets, vcpu_kvm) },
	{ "kvm_vcpu", "vcpu_id", offsetof(struct kvm_offsets, vcpu_id) },
	{ "kvm_vcpu", "arch.apic", offsetof(struct kvm_offsets, vcpu_apic) },
	{ "kvm_vcpu", "arch.apic_base", offsetof(struct kvm_offsets, vcpu_apic_base) },
	{ "kvm_vcpu", "arch.apicv_active", offsetof(struct kvm_offsets, vcpu_apicv_active) },
	{ "kvm_lapic", "regs", offsetof(struct kvm_offsets, lapic_regs) },
	{ "kvm_lapic", "apicv_active", offsetof(struct kvm_offsets, lapic_apicv_active) },
	{ "kvm_lapic", "vcpu", offsetof(struct kvm_offsets, lapic_vcpu) },
};
static_assert(ARRAY_SIZE(fields) * sizeof(int32_t) == sizeof(struct kvm_offsets), "an offset without a field");

int btf_offsets(const struct kernel_btf *b, struct kvm_offsets *ret)
{
	struct kvm_offsets out;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		int32_t off = find_offset(b, fields[i].type, fields[i].path);

		memcpy((char *)&out + fields[i].offset, &off, sizeof(off));
	}
	if (out.kvm_mask < 0)
		return -ENOENT;
	*ret = out;
	return 0;
}

struct enum_search {
	struct name_bit pairs[ENUM_NAMES_MAX];
	size_t n;
};

static int64_t read_enum(struct search *s, const struct btf_type *t, void *userdata)
{
	struct enum_search *e = userdata;
	unsigned i;

	e->n = 0;
	for (i = 0; i < btf_vlen(t) && e->n < ENUM_NAMES_MAX; i++) {
		uint64_t value;
		const char *name;

		if (btf_is_enum(t)) {
			name = btf__name_by_offset(s->btf, btf_enum(t)[i].name_off);
			value = (uint32_t)btf_enum(t)[i].val;
		} else {
			name = btf__name_by_offset(s->btf, btf_enum64(t)[i].name_off);
			value = btf_enum64_value(&btf_enum64(t)[i]);
		}
		e->pairs[e->n++] = (struct name_bit){ .name = name, .bit = (unsigned)MIN(value, UINT32_MAX) };
	}
	return e->n > 0;
}

int btf_numbering(const struct kernel_btf *b, const char *release, struct numbering *ret)
{
	struct enum_search e = { .n = 0 };

	if (each_type(b, ENUM_NAME, is_enum, read_enum, &e) == 0)
		return -ENOENT;
	return numbering_from_pairs(e.pairs, e.n, NUMBERING_BTF, release, ret);
}
