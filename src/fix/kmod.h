/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libkmod lacks: its objects freed at the end of a scope, and a context that says nothing by itself. */
#ifndef FIX_KMOD_H
#define FIX_KMOD_H

#include <libkmod.h>
#include <stdarg.h>

#include "avicd/util.h"

static inline void kmod_ctx_p(struct kmod_ctx **c)
{
	if (*c)
		kmod_unref(*c);
}
#define _cleanup_kmod_ _cleanup_(kmod_ctx_p)

static inline void kmod_module_p(struct kmod_module **m)
{
	if (*m)
		kmod_module_unref(*m);
}
#define _cleanup_kmod_module_ _cleanup_(kmod_module_p)

static inline void kmod_silent(void *data, int priority, const char *file, int line, const char *fn, const char *format,
			       va_list args)
{
}

/* kmod_begin() - as kmod_new(). NULL: no memory. */
static inline struct kmod_ctx *kmod_begin(const char *dir, const char *const *config)
{
	struct kmod_ctx *c = kmod_new(dir, config);

	if (c)
		kmod_set_log_fn(c, kmod_silent, NULL);
	return c;
}

#endif
