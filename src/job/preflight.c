/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What keeps a VM from live migration, found before it is tried. libvirt has the last word: what it refuses ends the job, too. */
#include <linux/magic.h>
#include <sys/vfs.h>

#include "avicd/domxml.h"
#include "job/piece.h"
#include "job/subject.h"

static const char *const remedies[_BLOCKER_MAX] = {
	[BLOCKER_HOSTDEV] = "detach it, or give it a stand-in by <teaming type='transient'/>",
	[BLOCKER_SHMEM] = "only role='master' moves with the VM",
	[BLOCKER_VIRTIOFS] = "unmount and detach it",
	[BLOCKER_DISK] = "make it a disk that keeps what is written",
	[BLOCKER_INVTSC] =
		"give the TSC a frequency by <timer name='tsc' frequency='...'/>, or drop it, and power-cycle",
};

static int block(struct text *why, int *n)
{
	if ((*n)++)
		text_add(why, "; ");
	return *n;
}

/* Those that cannot be shared between hosts. Of others, as FUSE, libvirt knows more. */
static bool is_local(const char *file)
{
	static const unsigned local[] = {EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC,
					 F2FS_SUPER_MAGIC, TMPFS_MAGIC,	    OVERLAYFS_SUPER_MAGIC};
	struct statfs st;

	if (statfs(file, &st) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(local); i++)
		if ((unsigned)st.f_type == local[i])
			return true;
	return false;
}

static int block_disks(const struct subject *s, struct text *why, int *n)
{
	_cleanup_(disks_done) struct disks d = {0};
	int r = disks_read(s->xml, &d);

	for (size_t i = 0; r == 0 && i < d.n; i++) {
		const struct disk *k = &d.list[i];

		if (streq(k->type, "nvme")) {
			block(why, n);
			text_addf(why, "disk %s is an NVMe device of this host: use storage that both hosts reach",
				  k->dev);
		} else if (k->file && !k->readonly && is_local(k->file)) {
			block(why, n);
			text_addf(why,
				  "disk %s is a file on this host alone, %s: move it to storage that both hosts reach",
				  k->dev, k->file);
		}
	}
	return r;
}

static int block_devices(const struct subject *s, struct text *why, int *n)
{
	_cleanup_domxml_ struct domxml_facts f = {0};
	int r = domxml_read(s->xml, strlen(s->xml), &f);

	if (r < 0)
		return r;
	for (int b = 0; b < _BLOCKER_MAX; b++) {
		if (!(f.blockers & BIT64(b)))
			continue;
		block(why, n);
		text_addf(why, "%s: %s", domxml_blocker_to_string((enum domxml_blocker)b), remedies[b]);
	}
	return 0;
}

int subject_blockers(const struct subject *s, struct text *why)
{
	int n = 0, r;

	if (s->state != VIR_DOMAIN_RUNNING && s->state != VIR_DOMAIN_BLOCKED && block(why, &n))
		text_add(why, "it does not run: virsh resume, and it will be tried again");
	if (s->job && block(why, &n))
		text_add(why, "libvirt does another job for it: wait for its end, virsh domjobinfo shows it");
	if (s->snapshots > 0 && block(why, &n))
		text_addf(why, "it has %d snapshots, which libvirt cannot move: virsh snapshot-delete --metadata",
			  s->snapshots);
	if (s->block_job[0] && block(why, &n))
		text_addf(why, "disk %s has a block job: wait for its end, or virsh blockjob --abort", s->block_job);
	r = block_devices(s, why, &n);
	if (r == 0)
		r = block_disks(s, why, &n);
	return r < 0 ? r : why->error ? why->error : n;
}
