/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configuration text: bad lines by number, hostile text, lines of every length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "avicd/settings.h"
#include "avicd/text.h"

#define _cleanup_settings_ _cleanup_(settings_done)

/* The bad lines as one text, "file:line: text\n" each. */
static void note_problem(const char *file, unsigned line, const char *text, void *userdata)
{
	text_addf(userdata, "%s:%u: %s\n", file, line, text);
}

/* Every text here leaves the settings as they are, but for settle, which proves that reading went on. */
static void test_bad_lines(void **state)
{
#define BELOW "; the settings below it are ignored\n"
	static const struct {
		const char *in;
		const char *problems;
		uint64_t settle; /* s */
	} cases[] = {
		{"", "", 30},
		{"[avicd]", "", 30},
		{"[avicd]\nsettle=5s", "", 5},
		{"[avicd]\r\nsettle = 5s \r\n", "", 5},
		{"\xef\xbb\xbf[avicd]\nsettle=5s\n", "", 5},
		{" [avicd] # comment\n\t settle : 5s ; comment\n", "", 5},
		{"[avicd]\nsettle=4s\n   settle=5s\n", "", 5},
		{"[avicd]\nsettle=4s\n   garbage\n", "c:3: no '=' in this line; accepted: KEY=VALUE\n", 4},
		{"[avicd]\ngarbage\nmore\nsettle=5s\nlast",
		 "c:2: no '=' in this line; accepted: KEY=VALUE\n"
		 "c:3: no '=' in this line; accepted: KEY=VALUE\n"
		 "c:5: no '=' in this line; accepted: KEY=VALUE\n",
		 5},
		{"[avicd]\ntypo=1\nsettle=5s\n", "c:2: unknown key \"typo\" in section [avicd]\n", 5},
		{"[avicd]\n=1\nsettle=5s\n", "c:2: unknown key \"\" in section [avicd]\n", 5},
		{"[avicd]\nSettle=1s\n", "c:2: unknown key \"Settle\" in section [avicd]\n", 30},
		{"settle=5s\n", "c:1: \"settle\" stands before the first section header; accepted: below [avicd]\n",
		 30},
		{"[other]\nsettle=7s\nbad\n[avicd]\nsettle=5s\n",
		 "c:1: unknown section [other]; the settings below it are ignored; accepted: [avicd] or [domain "
		 "NAME]\n",
		 5},
		{"[]\nsettle=7s\n",
		 "c:1: unknown section []; the settings below it are ignored; accepted: [avicd] or [domain NAME]\n",
		 30},
		{"[avicd]x\nsettle=7s\n", "c:1: text after a section header" BELOW, 30},
		{"[avicd]\nsettle=5s\n[avicd\nsettle=7s\n", "c:3: ']' is missing in the section header" BELOW, 5},
		{"[avicd]\nsettle=0\n", "c:2: settle=0 is out of range; accepted: a time span, 1s to 1h\n", 30},
		{"[avicd]\nsettle=2h\nstuck_after=2d\n",
		 "c:2: settle=2h is out of range; accepted: a time span, 1s to 1h\n"
		 "c:3: stuck_after=2d is out of range; accepted: a time span, 1s to 1d\n",
		 30},
		{"[avicd]\nsettle=soon\n", "c:2: settle=soon is not understood; accepted: a time span, 1s to 1h\n", 30},
		{"[avicd]\nsettle=\n", "c:2: settle= is not understood; accepted: a time span, 1s to 1h\n", 30},
		{"[avicd]\nmax_vms=15\nmax_vms=1048577\nmax_vms=4294967312\n",
		 "c:2: max_vms=15 is out of range; accepted: a number, 16 to 1048576\n"
		 "c:3: max_vms=1048577 is out of range; accepted: a number, 16 to 1048576\n"
		 "c:4: max_vms=4294967312 is out of range; accepted: a number, 16 to 1048576\n",
		 30},
		{"[avicd]\nlog_level=loud\n",
		 "c:2: log_level=loud is not understood; accepted: emerg, alert, crit, err, warning, notice, info or "
		 "debug\n",
		 30},
		{"[avicd]\ntrace_source=bpf2\n",
		 "c:2: trace_source=bpf2 is not understood; accepted: auto, bpf, tracefs or recorded\n", 30},
		{"[avicd]\ntrace_file=relative\n",
		 "c:2: trace_file=relative is not understood; accepted: an absolute path, or nothing\n", 30},
		{"[avicd]\nsettle=\xff\nsettle=5s\n", "c:2: this line is not UTF-8 text\n", 5},
		{"[avicd]\nsettle=a\x1b[31mb\n",
		 "c:2: settle=a?[31mb is not understood; accepted: a time span, 1s to 1h\n", 30},
		{"[avicd]\n%s%n=%s%n\n", "c:2: unknown key \"%s%n\" in section [avicd]\n", 30},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_settings_ struct settings s = {0}, fresh = {0};
		_cleanup_text_ struct text t = {0};
		int n = 0;

		assert_int_equal(settings_init(&s), 0);
		assert_int_equal(settings_init(&fresh), 0);
		for (const char *p = cases[i].problems; (p = strchr(p, '\n')); p++)
			n++;
		assert_int_equal(config_load_buffer(settings_items, &s, "c", cases[i].in, note_problem, &t), n);
		assert_string_equal(t.s ? t.s : "", cases[i].problems);
		assert_int_equal(s.settle, cases[i].settle * NSEC_PER_SEC);
		assert_int_equal(s.stuck_after, fresh.stuck_after);
		assert_int_equal(s.max_vms, fresh.max_vms);
		assert_int_equal(s.log_level, fresh.log_level);
		assert_string_equal(s.trace_source, "auto");
		assert_null(s.trace_file);
	}
}

/* Lines of each length around every limit are either taken whole or reported: never cut. */
static void test_line_lengths(void **state)
{
	static const char prefix[] = "trace_file=/";
	unsigned taken = 0, refused = 0;

	for (size_t n = sizeof(prefix); n < 5000; n++) {
		_cleanup_settings_ struct settings s = {0};
		_cleanup_text_ struct text t = {0}, in = {0};
		int r;

		assert_int_equal(settings_init(&s), 0);
		text_add(&in, "[avicd]\n");
		text_add(&in, prefix);
		for (size_t i = sizeof(prefix) - 1; i < n; i++)
			text_add(&in, "x");
		text_add(&in, "\nsettle=5s\n");
		r = config_load_buffer(settings_items, &s, "c", in.s, note_problem, &t);
		assert_int_equal(s.settle, 5 * NSEC_PER_SEC);
		if (r == 0) {
			assert_int_equal(strlen(s.trace_file), n - strlen("trace_file="));
			assert_int_equal(refused, 0);
			taken++;
		} else {
			assert_int_equal(r, 1);
			assert_non_null(strstr(t.s, "c:2: this line has "));
			assert_null(s.trace_file);
			refused++;
		}
	}
	/* What a plain build of inih takes is the least; 4096 bytes is the most. */
	assert_true(taken >= 150 && refused >= 900);
}

static void test_line_of_a_megabyte(void **state)
{
	static const char *const ends[] = {"=5s", "", "]"};

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		for (int comment = 0; comment < 2; comment++) {
			_cleanup_settings_ struct settings s = {0};
			_cleanup_text_ struct text t = {0};
			_cleanup_text_ struct text in = {0};

			assert_int_equal(settings_init(&s), 0);
			text_add(&in, comment ? "[avicd]\n;" : "[avicd]\n");
			for (int n = 0; n < 1 << 20; n += 16)
				text_add(&in, "0123456789abcdef");
			text_addf(&in, "%s\nsettle=5s\n", ends[i]);
			assert_int_equal(config_load_buffer(settings_items, &s, "c", in.s, note_problem, &t), !comment);
			if (!comment)
				assert_true(startswith(t.s, "c:2: this line has 10485"));
			assert_int_equal(s.settle, 5 * NSEC_PER_SEC);
		}
}

static void test_long_header(void **state)
{
	_cleanup_settings_ struct settings s = {0};
	_cleanup_text_ struct text t = {0}, in = {0};

	/* What cannot be read as a header must not leave its settings to the section before it. */
	assert_int_equal(settings_init(&s), 0);
	text_add(&in, "[avicd]\n[avicd");
	for (int i = 0; i < 100000; i++)
		text_add(&in, " ");
	text_add(&in, "]\nsettle=7s\n");
	assert_int_equal(config_load_buffer(settings_items, &s, "c", in.s, note_problem, &t), 1);
	assert_true(startswith(t.s, "c:2: this line has 100007 bytes; accepted: up to "));
	assert_int_equal(s.settle, 30 * NSEC_PER_SEC);
	text_done(&t);
	text_done(&in);
	text_add(&in, "[avicd]");
	for (int i = 0; i < 100000; i++)
		text_add(&in, " ");
	text_add(&in, "# x\nsettle=7s\n");
	assert_int_equal(config_load_buffer(settings_items, &s, "c", in.s, note_problem, &t), 1);
	assert_int_equal(s.settle, 30 * NSEC_PER_SEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_lines),
		cmocka_unit_test(test_line_lengths),
		cmocka_unit_test(test_line_of_a_megabyte),
		cmocka_unit_test(test_long_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
