/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Unloading: disabled, no task in it any more, removed. */
#include "avicd/clock.h"
#include "avicd/log.h"
#include "helper.h"

static enum livepatch_outcome remove_module(uint64_t deadline)
{
	int r;

	/* The kernel lets go of it a moment after the transition, in a worker of its own. */
	do
		r = kernel_remove();
	while ((r == -EAGAIN || r == -EBUSY) && kernel_wait(deadline));
	if (r == -ENOENT || r == 0)
		return helper_says(OUTCOME_DONE, LOG_INFO, "The livepatch is disabled and unloaded");
	if (r == -EAGAIN || r == -EBUSY)
		return helper_refuses(OUTCOME_BUSY,
				      "The livepatch is disabled, but its module is still in use: try again later");
	return helper_refuses(OUTCOME_FAILED,
			      "The livepatch is disabled, but its module cannot be removed: %s: rmmod " LIVEPATCH_NAME,
			      strerror(-r));
}

/* While another patch is in transition the kernel refuses, with -EBUSY; it may begin one at any moment. */
static int disable(uint64_t deadline)
{
	struct livepatch_patch p;
	int r;

	do {
		r = 0;
		livepatch_look_patch(&p);
		if (p.patched && p.enabled)
			r = kernel_write("enabled", "0");
		if (r == -ENOENT)
			r = 0; /* it went while we looked */
	} while (r == -EBUSY && kernel_wait(deadline));
	return r;
}

enum livepatch_outcome helper_unload(void)
{
	uint64_t deadline = now_ns() + livepatch_deadline();
	struct livepatch_patch p;
	int r;

	livepatch_look_patch(&p);
	if (!p.loaded)
		return helper_says(OUTCOME_DONE, LOG_INFO, "The livepatch is not loaded");
	r = disable(deadline);
	if (r == -EBUSY)
		return helper_refuses(
			OUTCOME_BUSY,
			"The livepatch cannot be disabled while another livepatch is in transition: try again later");
	if (r < 0)
		return helper_refuses(OUTCOME_FAILED, "The livepatch cannot be disabled: %s: dmesg may say more",
				      strerror(-r));
	if (kernel_wait_patch(true, deadline) < 0) {
		/* What was whole before is made whole again. What was half there is better half gone: it goes when its last task does. */
		if (p.enabled && !p.transition && kernel_write("enabled", "1") == 0)
			return helper_refuses(OUTCOME_STALLED, "The livepatch was not disabled in time, as tasks still "
							       "run its code; it stays: try again later");
		return helper_refuses(
			OUTCOME_STALLED,
			"The livepatch is disabled, but tasks still run its code; its module stays: unload it later");
	}
	return remove_module(MAX(deadline, now_ns() + NSEC_PER_SEC));
}
