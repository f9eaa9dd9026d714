/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which libvirt URIs avicd opens: those of this host. */
#include "avicd/virt.h"
#include "virt/uri.h"

const char *uri_refusal(const char *uri)
{
	const char *authority = strstr(uri, "://"), *plus;

	if (strlen(uri) >= sizeof(((struct virt_message *)NULL)->uri))
		return "the URI is too long";
	if (!authority)
		return "not a libvirt URI";
	/* ssh and ext would run programs, tcp and tls leave the host: each host watches itself */
	plus = memchr(uri, '+', authority - uri);
	if (authority[3] != '/' || (plus && strncmp(plus, "+unix://", 8) != 0))
		return "not a URI of this host";
	return NULL;
}
