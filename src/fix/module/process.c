// SPDX-License-Identifier: GPL-2.0
/*
 * Healing at once: the process that is named by a write to /sys/module/avicd_livepatch/parameters/heal_tgid, by root,
 * for a VM that will not be reset soon. The write fails with
 *
 *   ESRCH     there is no such process
 *   ENOENT    it has no VM
 *   EALREADY  no VM of its has APIC_ID_MODIFIED
 *   EPERM     an id is wrong, so a guest or its VMM has changed it: that VM's bit stays
 *   EAGAIN    an id was changed in the same moment: that VM's bit was set again
 *   EBUSY     the module is being loaded
 *
 * and EINVAL for what is no process id. With several VMs each is treated; one that is refused makes the write fail, one
 * that was healed lets it succeed otherwise. One line in the kernel's log says what was done, if they are not too many.
 *
 * kvm_apicv_inhibit_changed fires in the thread that writes. Who tells VMs apart by the process of the event, as
 * avicd does, must look at the VM anew afterwards: org.avicd1.Manager.Resync.
 *
 * DOC: Races
 *
 * The process may end, exec, fork, close and open files meanwhile. Its table of files is looked at under task_lock(),
 * without which the table could go away, and files->file_lock, which iterate_fd() takes: as long as that is held, a
 * file in the table has a reference, and may be given one more. Then both locks are left. The file of a VM holds a
 * reference to its struct kvm until it is released; so the VM is not destroyed while it is healed. If ours is the
 * last reference, it is destroyed when we let go: fput() leaves that to our return to user space. Where the process
 * has ended meanwhile, healing did nobody any good, nor harm.
 *
 * A process id may mean another process by now. Then that is healed, which takes nothing but a false bit. Who wants to
 * know holds a pidfd and asks it afterwards.
 *
 * A vCPU's thread may be in KVM_SET_LAPIC, or its guest write an id, at any moment: vm.c. Two writers wait for each
 * other, as all writers of a module's parameters do.
 *
 * Not found: the VM of a process whose first thread has ended while others run, or that holds nothing of the VM but
 * vCPUs. Neither is known to exist.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kvm_host.h>
#include <linux/moduleparam.h>
#include <linux/pid.h>
#include <linux/ratelimit.h>
#include <linux/sched.h>
#include <linux/sched/task.h>

#include "avicd_livepatch.h"

/* So many VMs are held at once; a process with more is gone through in pieces. */
#define PIECE 8

/* Nobody else can open or close a file of the process, nor is this CPU free, for longer than so many files take. */
#define LOOKED_AT 1024

struct piece {
	struct file *file[PIECE];
	unsigned int n, looked_at;
};

struct result {
	unsigned int vms, healed, wrong, raced;
};

/* For iterate_fd(), under file_lock. No room, or enough for once: the walk ends, with the number of this descriptor and 1 more. */
static int collect(const void *arg, struct file *file, unsigned int fd)
{
	struct piece *p = (struct piece *)arg;
	unsigned int i;

	if (p->looked_at++ == LOOKED_AT)
		return fd + 1;
	if (!file_is_kvm(file))
		return 0;
	/* a descriptor more of the same VM */
	for (i = 0; i < p->n; i++)
		if (p->file[i]->private_data == file->private_data)
			return 0;
	if (p->n == PIECE)
		return fd + 1;
	get_file(file);
	p->file[p->n++] = file;
	return 0;
}

static void heal_piece(struct piece *p, struct result *result)
{
	unsigned int i;
	int r;

	for (i = 0; i < p->n; i++) {
		r = vm_heal(p->file[i]->private_data);
		result->vms++;
		result->healed += r == 0;
		result->wrong += r == -EPERM;
		result->raced += r == -EAGAIN;
		fput(p->file[i]);
	}
}

static void heal_task(struct task_struct *task, struct result *result)
{
	struct piece p;
	int next = 0;

	do {
		p.n = p.looked_at = 0;
		task_lock(task);
		/* without files (it ends): 0 */
		next = iterate_fd(task->files, next ? next - 1 : 0, collect, &p);
		task_unlock(task);
		heal_piece(&p, result);
		cond_resched();
	} while (next > 0);
}

static int heal_tgid(const char *value, const struct kernel_param *param)
{
	struct result result = {};
	struct task_struct *task;
	struct pid *pid;
	int nr, r;

	/* As a parameter of insmod. KVM is not patched yet, and a VM would stick again. */
	if (!READ_ONCE(process_ready))
		return -EBUSY;
	r = kstrtoint(value, 10, &nr);
	if (r || nr <= 0)
		return -EINVAL;
	pid = find_get_pid(nr);
	task = get_pid_task(pid, PIDTYPE_TGID);
	put_pid(pid);
	if (!task)
		return -ESRCH;
	heal_task(task, &result);
	put_task_struct(task);
	r = !result.vms ? -ENOENT : result.wrong ? -EPERM : result.raced ? -EAGAIN : result.healed ? 0 : -EALREADY;
	pr_info_ratelimited("process %d: %u VMs, %u healed, %u with a wrong id, %u whose id changed meanwhile\n", nr,
			    result.vms, result.healed, result.wrong, result.raced);
	return r;
}

const struct kernel_param_ops heal_tgid_ops = {.set = heal_tgid};
