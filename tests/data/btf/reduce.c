/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reduce.c - makes small BTF fixtures: of a kernel's BTF only the types and members that avicd reads. See README.
 *
 * usage: reduce VMLINUX OUT [KVM OUT-KVM]     reduce --made-5.19 OUT
 */
#include <bpf/btf.h>
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define ENUM "kvm_apicv_inhibit"
#define KEEP_MAX 64

static const struct {
	const char *type;
	const char *members[4];
} keep[] = {
	{ "kvm", { "mm", "created_vcpus", "arch" } },
	{ "kvm_arch", { "apicv_inhibit_reasons" } },
	{ "kvm_vcpu", { "kvm", "vcpu_id", "arch" } },
	{ "kvm_vcpu_arch", { "apic_base", "apic", "apicv_active" } },
	{ "kvm_lapic", { "regs", "apicv_active", "vcpu" } },
};
#define N_KEEP (sizeof(keep) / sizeof(keep[0]))

static int kept_struct(const char *name)
{
	for (size_t i = 0; i < N_KEEP; i++)
		if (strcmp(name, keep[i].type) == 0)
			return (int)i;
	return -1;
}

static bool is_kept(const struct btf *b, const struct btf_type *t)
{
	const char *name = btf__name_by_offset(b, t->name_off);

	if (btf_is_struct(t) || btf_is_fwd(t))
		return kept_struct(name) >= 0;
	return btf_is_enum(t) && strcmp(name, ENUM) == 0;
}

static void write_btf(const struct btf *b, const char *path)
{
	FILE *f = fopen(path, "wb");
	const void *data;
	__u32 size;

	data = btf__raw_data(b, &size);
	if (!f || !data || fwrite(data, 1, size, f) != size || fclose(f))
		err(1, "%s", path);
}

/*
 * Kept types of @in with ids from @first on, in their order, behind an integer and a pointer that stand for all other
 * types. @map says what became of the types of both files.
 */
static struct btf *reduce(const struct btf *in, __u32 first, struct btf *base, __u32 *map)
{
	struct btf *out = base ? btf__new_empty_split(base) : btf__new_empty();
	__u32 n = btf__type_cnt(in), kept[KEEP_MAX], i, j;
	int k = 0, u64 = 1, ptr = 2, next;

	if (!out)
		errx(1, "no memory");
	if (!base) {
		btf__add_int(out, "unsigned long", 8, 0);
		btf__add_ptr(out, 0);
	}
	next = (int)btf__type_cnt(out);
	for (i = first; i < n && k < KEEP_MAX; i++)
		if (is_kept(in, btf__type_by_id(in, i))) {
			map[i] = (__u32)next++;
			kept[k++] = i;
		}
	for (i = 0; i < (__u32)k; i++) {
		const struct btf_type *t = btf__type_by_id(in, kept[i]);
		const char *name = btf__name_by_offset(in, t->name_off);

		if (btf_is_fwd(t)) {
			btf__add_fwd(out, name, BTF_FWD_STRUCT);
		} else if (btf_is_enum(t)) {
			btf__add_enum(out, name, t->size);
			for (j = 0; j < btf_vlen(t); j++)
				btf__add_enum_value(out, btf__name_by_offset(in, btf_enum(t)[j].name_off),
						    btf_enum(t)[j].val);
		} else {
			const char *const *members = keep[kept_struct(name)].members;

			btf__add_struct(out, name, t->size);
			for (j = 0; j < btf_vlen(t); j++) {
				const struct btf_member *m = &btf_members(t)[j];
				const char *mname = btf__name_by_offset(in, m->name_off);
				__u32 id = m->type;

				while (btf_is_mod(btf__type_by_id(in, id)) || btf_is_typedef(btf__type_by_id(in, id)))
					id = btf__type_by_id(in, id)->type;
				for (int w = 0; w < 4 && members[w]; w++)
					if (strcmp(mname, members[w]) == 0)
						btf__add_field(out, mname, map[id] ? (int)map[id] :
							       btf_is_ptr(btf__type_by_id(in, id)) ? ptr : u64,
							       btf_member_bit_offset(t, j), 0);
			}
		}
	}
	return out;
}

/* Numbers as documented; struct sizes and offsets are made up. */
static void made_5_19(const char *path)
{
	static const char *const names[] = {
		"DISABLE", "HYPERV", "ABSENT", "BLOCKIRQ", "APIC_ID_MODIFIED", "APIC_BASE_MODIFIED", "NESTED",
		"IRQWIN", "PIT_REINJ", "X2APIC", "SEV",
	};
	struct btf *b = btf__new_empty();
	char name[64];

	btf__add_int(b, "unsigned long", 8, 0); /* 1 */
	btf__add_ptr(b, 0);                     /* 2 */
	btf__add_enum(b, ENUM, 4);              /* 3 */
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(name, sizeof(name), "APICV_INHIBIT_REASON_%s", names[i]);
		btf__add_enum_value(b, name, (__s64)i);
	}
	btf__add_struct(b, "kvm_arch", 1024); /* 4 */
	btf__add_field(b, "apicv_inhibit_reasons", 1, 512 * 8, 0);
	btf__add_struct(b, "kvm", 2048); /* 5 */
	btf__add_field(b, "mm", 2, 64 * 8, 0);
	btf__add_field(b, "created_vcpus", 1, 128 * 8, 0);
	btf__add_field(b, "arch", 4, 256 * 8, 0);
	btf__add_struct(b, "kvm_vcpu_arch", 512); /* 6 */
	btf__add_field(b, "apic_base", 1, 96 * 8, 0);
	btf__add_field(b, "apic", 2, 104 * 8, 0);
	btf__add_field(b, "apicv_active", 1, 112 * 8, 0);
	btf__add_struct(b, "kvm_vcpu", 1024); /* 7 */
	btf__add_field(b, "kvm", 2, 0, 0);
	btf__add_field(b, "vcpu_id", 1, 32 * 8, 0);
	btf__add_field(b, "arch", 6, 64 * 8, 0);
	btf__add_struct(b, "kvm_lapic", 256); /* 8 */
	btf__add_field(b, "vcpu", 2, 144 * 8, 0);
	btf__add_field(b, "regs", 2, 168 * 8, 0);
	write_btf(b, path);
}

int main(int argc, char **argv)
{
	static __u32 map[1 << 20];
	struct btf *vmlinux, *kvm, *out;
	__u32 n;

	if (argc == 3 && strcmp(argv[1], "--made-5.19") == 0) {
		made_5_19(argv[2]);
		return 0;
	}
	if (argc != 3 && argc != 5)
		errx(2, "usage: reduce VMLINUX OUT [KVM OUT-KVM] | reduce --made-5.19 OUT");
	vmlinux = btf__parse(argv[1], NULL);
	if (!vmlinux)
		err(1, "%s", argv[1]);
	n = btf__type_cnt(vmlinux);
	out = reduce(vmlinux, 1, NULL, map);
	write_btf(out, argv[2]);
	if (argc == 5) {
		kvm = btf__parse_split(argv[3], vmlinux);
		if (!kvm || btf__type_cnt(kvm) > sizeof(map) / sizeof(map[0]))
			err(1, "%s", argv[3]);
		write_btf(reduce(kvm, n, out, map), argv[4]);
	}
	return 0;
}
