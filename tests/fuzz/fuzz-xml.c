/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Domain XML as libvirt hands it on. */
#include <assert.h>
#include <stdbool.h>

#include "avicd/util.h"
#include "fuzz.h"
#include "virt/xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool destroys = false;
	int r;

	r = xml_reboot_destroys((const char *)data, size, &destroys);
	assert(r == 0 || r == -EFBIG || r == -EBADMSG || r == -ENOMEM);
	return 0;
}
