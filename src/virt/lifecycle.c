/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libvirt's lifecycle events mean to avicd: pure tables. */
#include <libvirt/libvirt.h>

#include "avicd/util.h"
#include "virt/lifecycle.h"

static const char *const stopped_words[] = {
	[VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN] = "shutdown",
	[VIR_DOMAIN_EVENT_STOPPED_DESTROYED] = "destroyed",
	[VIR_DOMAIN_EVENT_STOPPED_CRASHED] = "crashed",
	[VIR_DOMAIN_EVENT_STOPPED_MIGRATED] = "migrated",
	[VIR_DOMAIN_EVENT_STOPPED_SAVED] = "saved",
	[VIR_DOMAIN_EVENT_STOPPED_FAILED] = "failed",
	[VIR_DOMAIN_EVENT_STOPPED_FROM_SNAPSHOT] = "from-snapshot",
};

static const char *const close_sentences[] = {
	[VIR_CONNECT_CLOSE_REASON_ERROR] = "the connection to libvirt failed",
	[VIR_CONNECT_CLOSE_REASON_EOF] = "libvirt closed the connection",
	[VIR_CONNECT_CLOSE_REASON_KEEPALIVE] = "libvirt does not answer",
	[VIR_CONNECT_CLOSE_REASON_CLIENT] = "the connection was closed",
};

enum lifecycle lifecycle_of(int event, int detail)
{
	switch (event) {
	case VIR_DOMAIN_EVENT_STOPPED:
		return LIFECYCLE_STOPPED;
	case VIR_DOMAIN_EVENT_UNDEFINED:
		/*
		 * A rename says UNDEFINED for the old name, then DEFINED for the new one: the domain was there all
		 * the time.
		 */
		return detail == VIR_DOMAIN_EVENT_UNDEFINED_RENAMED ? LIFECYCLE_IGNORE : LIFECYCLE_UNDEFINED;
	default:
		return LIFECYCLE_LOOK;
	}
}

const char *stopped_word(int detail)
{
	return detail >= 0 && (size_t)detail < ARRAY_SIZE(stopped_words) ? stopped_words[detail] : "unknown";
}

const char *close_sentence(int reason)
{
	return reason >= 0 && (size_t)reason < ARRAY_SIZE(close_sentences)
		       ? close_sentences[reason]
		       : close_sentences[VIR_CONNECT_CLOSE_REASON_ERROR];
}
