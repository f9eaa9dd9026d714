/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs a fuzz target over the files named on the command line: the corpus as a regression test, without libFuzzer. */
#include <stdio.h>
#include <stdlib.h>

#include "avicd/file.h"
#include "fuzz.h"

#define INPUT_MAX (1U << 20)

__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	return 0;
}

int main(int argc, char *argv[])
{
	LLVMFuzzerInitialize(&argc, &argv);
	for (int i = 1; i < argc; i++) {
		_cleanup_free_ char *text = NULL;
		uint8_t *exact;
		size_t len;
		int r = file_read(argv[i], INPUT_MAX, &text, &len);

		if (r < 0) {
			fprintf(stderr, "%s: %s\n", argv[i], strerror(-r));
			return EXIT_FAILURE;
		}
		/* Without the byte that file_read() adds, so that a sanitizer sees a step beyond the end. */
		exact = malloc(len ? len : 1);
		if (!exact)
			return EXIT_FAILURE;
		memcpy(exact, text, len);
		LLVMFuzzerTestOneInput(exact, len);
		free(exact);
	}
	printf("%d inputs\n", argc - 1);
	return argc > 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
