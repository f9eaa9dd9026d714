/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libvirt and libxml2 for avicctl, loaded when one of their functions is first called.
 *
 * Two of avicctl's verbs ask libvirt, and those only of domains that libvirt shall name. With libvirt come sixty
 * libraries (glib, gnutls, curl, krb5 and on), and four fifths of the time that each avicctl, each completion, each
 * script around it would take to start. So avicctl is not linked with it: here are functions of the same names, of
 * which each calls the real one. What src/virt calls and is not below does not link.
 *
 * Where libvirt cannot be loaded, virInitialize() fails, virGetLastError() says why, and nothing else is called.
 * libxml2 is the one that libvirt itself has loaded: dlsym() looks through what a library needs, too.
 */
#include <dlfcn.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <pthread.h>

#include "avicd/util.h"

/* X(its type, its name, its parameters, what it is called with, what it returns without the library) */
#define FUNCTIONS(X) \
	X(int, virInitialize, (void), (), -1) \
	X(void, virSetErrorFunc, (void *data, virErrorFunc f), (data, f), ) \
	X(virErrorPtr, virGetLastError, (void), (), &failure) \
	X(int, virGetLastErrorCode, (void), (), VIR_ERR_NO_SUPPORT) \
	X(const char *, virGetLastErrorMessage, (void), (), failure.message) \
	X(virConnectPtr, virConnectOpen, (const char *uri), (uri), NULL) \
	X(virConnectPtr, virConnectOpenReadOnly, (const char *uri), (uri), NULL) \
	X(int, virConnectClose, (virConnectPtr c), (c), -1) \
	X(int, virConnectGetLibVersion, (virConnectPtr c, unsigned long *ret), (c, ret), -1) \
	X(virDomainPtr, virDomainLookupByName, (virConnectPtr c, const char *name), (c, name), NULL) \
	X(virDomainPtr, virDomainLookupByUUIDString, (virConnectPtr c, const char *uuid), (c, uuid), NULL) \
	X(int, virDomainFree, (virDomainPtr d), (d), -1) \
	X(const char *, virDomainGetName, (virDomainPtr d), (d), NULL) \
	X(int, virDomainGetUUIDString, (virDomainPtr d, char *ret), (d, ret), -1) \
	X(int, virDomainGetState, (virDomainPtr d, int *state, int *reason, unsigned flags), \
	  (d, state, reason, flags), -1) \
	X(int, virDomainGetMaxVcpus, (virDomainPtr d), (d), -1) \
	X(int, virDomainIsActive, (virDomainPtr d), (d), -1) \
	X(int, virDomainIsPersistent, (virDomainPtr d), (d), -1) \
	X(char *, virDomainGetXMLDesc, (virDomainPtr d, unsigned flags), (d, flags), NULL) \
	X(char *, virDomainGetMetadata, (virDomainPtr d, int type, const char *uri, unsigned flags), \
	  (d, type, uri, flags), NULL) \
	X(int, virDomainSetMetadata, \
	  (virDomainPtr d, int type, const char *xml, const char *key, const char *uri, unsigned flags), \
	  (d, type, xml, key, uri, flags), -1) \
	X(xmlDocPtr, xmlReadMemory, (const char *b, int size, const char *url, const char *encoding, int options), \
	  (b, size, url, encoding, options), NULL) \
	X(void, xmlFreeDoc, (xmlDocPtr doc), (doc), ) \
	X(xmlDtdPtr, xmlGetIntSubset, (const xmlDoc *doc), (doc), NULL) \
	X(xmlNodePtr, xmlDocGetRootElement, (const xmlDoc *doc), (doc), NULL) \
	X(xmlChar *, xmlGetNoNsProp, (const xmlNode *node, const xmlChar *name), (node, name), NULL) \
	X(xmlAttrPtr, xmlSetProp, (xmlNodePtr node, const xmlChar *name, const xmlChar *value), (node, name, value), \
	  NULL) \
	X(int, xmlUnsetProp, (xmlNodePtr node, const xmlChar *name), (node, name), -1) \
	X(xmlBufferPtr, xmlBufferCreate, (void), (), NULL) \
	X(void, xmlBufferFree, (xmlBufferPtr b), (b), ) \
	X(const xmlChar *, xmlBufferContent, (const xmlBuffer *b), (b), NULL) \
	X(int, xmlNodeDump, (xmlBufferPtr b, xmlDocPtr doc, xmlNodePtr node, int level, int format), \
	  (b, doc, node, level, format), -1)

/* libxml2's way to free what it gave away: nobody here sets another one */
xmlFreeFunc xmlFree = free;

static char why[512];
static virError failure = {.code = VIR_ERR_NO_SUPPORT, .level = VIR_ERR_ERROR, .message = why};

static struct {
#define X(type, name, parameters, arguments, otherwise) type(*name) parameters;
	FUNCTIONS(X)
#undef X
} real;
static bool loaded;

static void load(void)
{
	void *lib = dlopen("libvirt.so.0", RTLD_LAZY | RTLD_LOCAL);

	if (!lib)
		goto failed;
#define X(type, name, parameters, arguments, otherwise) \
	*(void **)&real.name = dlsym(lib, #name); \
	if (!real.name) \
		goto failed;
	FUNCTIONS(X)
#undef X
	loaded = true;
	return;
failed:
	(void)snprintf(why, sizeof(why), "libvirt cannot be loaded: %s", dlerror());
}

static bool is_loaded(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, load);
	return loaded;
}

#define X(type, name, parameters, arguments, otherwise) \
	type name parameters \
	{ \
		if (!is_loaded()) \
			return otherwise; \
		return real.name arguments; \
	}
FUNCTIONS(X)
#undef X
