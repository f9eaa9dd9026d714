/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a VM is called in a line of text. */
#include <stdio.h>

#include "avicd/report.h"
#include "avicd/text.h"
#include "report/words.h"

/* A name that could be read as a part of the sentence around it, say "x (PID 1): recovered", is put into quotes. */
static bool name_is_plain(const char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c < 0x80 && !(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') &&
		    !strchr("._-+@/#~", c))
			return false;
	}
	return true;
}

char *words_name(const char *name, char *buf, size_t size)
{
	_cleanup_free_ char *clean = NULL;
	char *p;

	if (text_clean(name, size - 3, &clean) < 0) {
		snprintf(buf, size, "?");
		return buf;
	}
	if (name_is_plain(clean)) {
		snprintf(buf, size, "%s", clean);
		return buf;
	}
	for (p = clean; *p; p++)
		if (*p == '"')
			*p = '\'';
	snprintf(buf, size, "\"%s\"", clean);
	return buf;
}

char *report_vm_label(const struct vm *vm, char *buf)
{
	char name[DOMAIN_NAME_MAX + 3];

	if (vm->domain.name[0])
		snprintf(buf, REPORT_LABEL_MAX, "domain %s", words_name(vm->domain.name, name, sizeof(name)));
	else if (vm->domain.uuid[0])
		snprintf(buf, REPORT_LABEL_MAX, "domain %s", vm->domain.uuid);
	else if (vm->comm[0])
		snprintf(buf, REPORT_LABEL_MAX, "VM %d (%s)", (int)vm->id.tgid,
			 words_name(vm->comm, name, sizeof(name)));
	else
		snprintf(buf, REPORT_LABEL_MAX, "VM %d", (int)vm->id.tgid);
	return buf;
}

char *words_short_name(const struct vm *vm, char *buf, size_t size)
{
	if (vm->domain.name[0])
		return words_name(vm->domain.name, buf, size);
	snprintf(buf, size, "VM %d", (int)vm->id.tgid);
	return buf;
}
