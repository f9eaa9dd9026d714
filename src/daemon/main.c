/* SPDX-License-Identifier: GPL-2.0-or-later */
/* avicd: watches the AVIC and APICv inhibits of KVM guests. */
#include <getopt.h>
#include <stdio.h>
#include <sys/stat.h>

#include "avicd/log.h"
#include "daemon/lock.h"
#include "daemon/manager.h"

static int help(void)
{
	puts("avicd [OPTIONS]\n\n"
	     "Watch the AVIC and APICv inhibits of KVM guests.\n\n"
	     "  -h --help     Show this help\n"
	     "     --version  Show the version\n\n"
	     "Settings are in avicd.conf(5); avicctl(1) asks. See avicd(8).");
	return EXIT_SUCCESS;
}

static int version(void)
{
	puts("avicd " PACKAGE_VERSION);
	return EXIT_SUCCESS;
}

/* EXIT STATUS of avicd(8): 2 when trying again does not help, which the unit knows. */
static int exit_status(int r)
{
	if (r == -EBUSY)
		return 2;
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static enum log_target wanted_target(void)
{
	const char *word = getenv("AVICD_LOG_TARGET") ?: "";

	if (streq(word, "console"))
		return LOG_TARGET_STDERR;
	return streq(word, "journal") ? LOG_TARGET_JOURNAL : LOG_TARGET_AUTO;
}

int main(int argc, char **argv)
{
	enum { OPT_VERSION = 256 };
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, OPT_VERSION },
		{},
	};
	_cleanup_(manager_free_p) struct manager *m = NULL;
	_cleanup_close_ int lock = -EBADF;
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
		switch (c) {
		case 'h':
			return help();
		case OPT_VERSION:
			return version();
		default:
			return 2;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "avicd: takes no arguments, got '%s'\n", argv[optind]);
		return 2;
	}
	umask(0022);
	log_setup("avicd", wanted_target(), LOG_INFO);
	lock = lock_take();
	if (lock < 0)
		return exit_status(lock);
	if (manager_new(&m) < 0)
		return EXIT_FAILURE;
	return exit_status(manager_run(m));
}
