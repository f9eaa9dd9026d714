/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The catalogue: the shipped files say what the table says, files override each other, hostile ones are named and
 * harm nothing.
 *
 *   UPDATE_FIXES=DIR test-catalogue     writes the shipped files from the table into DIR, conf/fixes.d
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <dirent.h>
#include <json-c/json.h>
#include <stdio.h>
#include <sys/stat.h>

#include "avicd/bugs.h"
#include "avicd/catalogue.h"
#include "avicd/file.h"
#include "avicd/text.h"
#include "tmpdir.h"

/* Lines "FILE:LINE: TEXT", of the file's last part. */
static struct text said;

static void problem(const char *file, unsigned line, const char *text, void *userdata)
{
	const char *slash = strrchr(file, '/');

	assert_ptr_equal(userdata, &said);
	assert_true(*text && !strchr(text, '\n'));
	text_addf(&said, "%s:%u: %s\n", slash ? slash + 1 : file, line, text);
}

static const char *problems(void)
{
	return said.s ?: "";
}

static void forget(void)
{
	text_done(&said);
	said = (struct text){0};
}

#define expect_said(word)                                                  \
	do {                                                               \
		if (!strstr(problems(), word))                             \
			fail_msg("'%s' is not in '%s'", word, problems()); \
		forget();                                                  \
	} while (0)

static void expect_silence(void)
{
	if (*problems())
		fail_msg("said: %s", problems());
}

static int parse(const char *file, const char *text, struct advisory *ret, json_object **json)
{
	return catalogue_parse(file, text, strlen(text), problem, &said, ret, json);
}

static void shipped_path(char *buf, size_t size, const char *id)
{
	snprintf(buf, size, "%s/conf/fixes.d/%s.json", getenv("top_srcdir") ?: ".", id);
}

static char *shipped_text(const struct advisory *a)
{
	json_object *o = catalogue_json(a);
	char *s;

	assert_non_null(o);
	assert_true(asprintf(&s, "%s\n",
			     json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
								       JSON_C_TO_STRING_NOSLASHESCAPE)) > 0);
	json_object_put(o);
	return s;
}

/* One table of facts, in two shapes. */
static void shipped_files(void **state)
{
	size_t n = 0, files = 0;
	struct dirent *e;
	char path[4096];
	DIR *d;

	for (const struct advisory *a = advisories; a->id; a++, n++) {
		_cleanup_free_ char *text = NULL;
		json_object *json = NULL, *want = catalogue_json(a);
		struct advisory got;

		shipped_path(path, sizeof(path), a->id);
		if (file_read(path, CATALOGUE_FILE_MAX, &text, NULL) < 0)
			fail_msg("%s is missing: UPDATE_FIXES=conf/fixes.d tests/unit/test-catalogue", path);
		assert_int_equal(parse(path, text, &got, &json), 0);
		expect_silence();
		if (!json_object_equal(json, want))
			fail_msg("%s is not what the table says: UPDATE_FIXES=conf/fixes.d tests/unit/test-catalogue",
				 path);
		json_object_put(want);
		want = catalogue_json(&got);
		assert_true(json_object_equal(json, want));
		json_object_put(want);
		json_object_put(json);
	}
	shipped_path(path, sizeof(path), "x");
	*strrchr(path, '/') = '\0';
	d = opendir(path);
	assert_non_null(d);
	while ((e = readdir(d)))
		files += e->d_name[0] != '.';
	closedir(d);
	assert_int_equal(files, n);
}

/* Each bug that is probed has its fix, and each fix of a livepatch is one that can be proved. */
static void rows_fit(void **state)
{
	for (int b = 0; b < _PROBE_BUG_MAX; b++)
		assert_non_null(advisory_of_probe(bug_info((enum probe_bug)b)->word));
	assert_null(advisory_of_probe("none"));
	for (const struct advisory *a = advisories; a->id; a++) {
		char remedy[ADVISORY_REMEDY_MAX];

		if (a->livepatch)
			assert_non_null(a->probe);
		if (a->probe)
			assert_int_equal(a->cls, ADVISORY_FIX);
		assert_true(*advisory_remedy(a, remedy));
		assert_int_equal(advisory_class_from_string(advisory_class_to_string(a->cls)), a->cls);
	}
	assert_int_equal(advisory_class_from_string("bad"), -EINVAL);
	assert_null(advisory_class_to_string(_ADVISORY_CLASS_MAX));
}

static void versions(void **state)
{
	static const char *const bad[] = {"",	  "6",	  "6.", "6.1.", "6.1.4-rc1", "6.1.4.5",
					  " 6.1", "6.1 ", "a",	"-6.1", "99999.1"};
	struct kernel_version v;

	assert_int_equal(kernel_version_parse("6.1.4", &v), 0);
	assert_true(v.major == 6 && v.minor == 1 && v.patch == 4);
	assert_int_equal(kernel_version_parse("7.0", &v), 0);
	assert_true(v.major == 7 && v.minor == 0 && v.patch == 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (kernel_version_parse(bad[i], &v) != -EINVAL)
			fail_msg("'%s' is a version", bad[i]);
}

#define GOOD                                                                              \
	"\"class\": \"unsafe\", \"title\": \"t\", \"effect\": \"e\", \"source\": \"s\", " \
	"\"kernels\": {\"first\": \"6.0\", \"fixed\": [\"6.1.4\"], \"mainline\": \"6.2\"}"

static void good_ones(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{"{\"id\": \"x\", " GOOD "}", ""},
		{" \n{\"id\":\"x\"," GOOD "}\n\n", ""},
		/* newer avicds may have more */
		{"{\"id\": \"x\",\n\"color\": 1,\n" GOOD "}", "x.json:2: unknown field 'color' is ignored\n"},
		{"{\"id\": \"x\", \"probe\": \"nothing\", " GOOD "}",
		 "x.json:1: probe is left out: this avicd proves no bug of that name\n"},
		{"{\"id\": \"x\", \"\\u001b[31m\": 1, " GOOD "}", "x.json:0: unknown field '?' is ignored\n"},
		{"{\"id\": \"x\", \"needs\": [], \"vendor\": \"intel\", \"probe\": \"reboot\", " GOOD "}", ""},
		{"{\"id\": \"x\", \"class\": \"note\", \"title\": \"t\", \"effect\": \"e\", \"source\": \"s\",\n\n"
		 "\"kernels\": {\"first\": \"6.0\", \"last\": 1}}",
		 "x.json:3: unknown field 'last' is ignored\n"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		json_object *json = NULL;
		struct advisory a;

		if (parse("/d/x.json", rows[i].text, &a, &json) != 0 || !streq(problems(), rows[i].says))
			fail_msg("row %zu: %s", i, problems());
		assert_string_equal(a.id, "x");
		forget();
		json_object_put(json);
	}
}

static void bad_ones(void **state)
{
#define KERNELS(k) \
	"{\"id\":\"x\",\"class\":\"note\",\"title\":\"t\",\"effect\":\"e\",\"source\":\"s\",\"kernels\":" k "}"
	static const struct {
		const char *text, *says;
	} rows[] = {
		{"", "not a JSON object: it ends too early"},
		{"{\n\"id\": \"x\",\n]", "x.json:3: not a JSON object"},
		{"[]", "not a JSON object"},
		{"null", "not a JSON object"},
		{"17", "not a JSON object"},
		{"\"x\"", "not a JSON object"},
		{"{\"id\": \"x\", " GOOD "} {", "not a JSON object"},
		{"{\"id\": \"x\", " GOOD, "it ends too early"},
		{"{\"id\": \"\xff\", " GOOD "}", "not a JSON object"},
		{"{}", "id is missing"},
		{"{" GOOD "}", "id is missing"},
		{"{\"id\": 1, " GOOD "}", "id is not 1 to 40 of a-z, 0-9 and -"},
		{"{\"id\": null, " GOOD "}", "id is not"},
		{"{\"id\": [\"x\"], " GOOD "}", "id is not"},
		{"{\"id\": \"\", " GOOD "}", "id is not"},
		{"{\"id\": \"--accept\", " GOOD "}", "id is not"},
		{"{\"id\": \"../x\", " GOOD "}", "id is not"},
		{"{\"id\": \"X\", " GOOD "}", "id is not"},
		{"{\"id\": \"x\\u0000y\", " GOOD "}", "id is not"},
		{"{\"id\": \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\", " GOOD "}", "id is not"},
		/* an id that another file has, or that is given twice */
		{"{\"id\": \"reboot-bug\", " GOOD "}", "the file has to be reboot-bug.json"},
		{"{\"id\": \"x\", \"id\": \"reboot-bug\", " GOOD "}", "the file has to be reboot-bug.json"},
		{"{\"id\": \"x\", " GOOD ", \"class\": \"harmless\"}", "class is not fix, unsafe, note or limit"},
		{"{\"id\": \"x\", " GOOD ", \"title\": \"a\\nb\"}", "title is not text of one line"},
		{"{\"id\": \"x\", " GOOD ", \"title\": \"\\u001b[2J\"}", "title is not"},
		{"{\"id\": \"x\", " GOOD ", \"effect\": {}}", "effect is not"},
		{"{\"id\": \"x\", " GOOD ", \"effect\": \"\\u009b2J\"}", "effect is not"},
		{"{\"id\": \"x\", " GOOD ", \"source\": true}", "source is not"},
		{"{\"id\": \"x\", " GOOD ", \"remedy\": \"\"}", "remedy is not"},
		{"{\"id\": \"x\", " GOOD ", \"commit\": \"123\"}", "commit is not 12 to 40"},
		{"{\"id\": \"x\", " GOOD ", \"commit\": \"EF40757743B4\"}", "commit is not"},
		{"{\"id\": \"x\", " GOOD ", \"vendor\": \"arm\"}", "vendor is not amd or intel"},
		{"{\"id\": \"x\", " GOOD ", \"livepatch\": \"../../m\"}", "livepatch is not the name of a module"},
		{"{\"id\": \"x\", " GOOD ", \"needs\": \"x2avic\"}", "needs is not a list"},
		{"{\"id\": \"x\", " GOOD ", \"needs\": [\"luck\"]}", "needs is not a list"},
		{"{\"id\": \"x\", " GOOD ", \"needs\": [1]}", "needs is not a list"},
		{KERNELS("[]"), "kernels is missing"},
		{KERNELS("null"), "kernels is missing"},
		{KERNELS("{}"), "kernels.first is missing"},
		{KERNELS("{\"first\": 6.0}"), "kernels.first is not a version"},
		{KERNELS("{\"first\": \"0.0\"}"), "kernels.first is not a version"},
		{KERNELS("{\"first\": \"6.0-rc1\"}"), "kernels.first is not a version"},
		{KERNELS("{\"first\": \"6.0\", \"mainline\": \"5.9\"}"), "kernels.mainline is not later"},
		{KERNELS("{\"first\": \"6.0\", \"mainline\": \"6.0\"}"), "kernels.mainline is not later"},
		{KERNELS("{\"first\": \"6.0\", \"mainline\": {}}"), "kernels.mainline is not a version"},
		{KERNELS("{\"first\": \"6.0\", \"fixed\": {}}"), "kernels.fixed is not a list"},
		{KERNELS("{\"first\": \"6.0\", \"fixed\": null}"), "kernels.fixed is not a list"},
		{KERNELS("{\"first\": \"6.0\", \"fixed\": [6.1]}"), "kernels.fixed is not a version"},
		{KERNELS("{\"first\": \"6.0\", \"fixed\": [\"5.9.1\"]}"), "5.9.1 does not lie between"},
		{KERNELS("{\"first\": \"6.0\", \"fixed\": [\"6.3.1\"], \"mainline\": \"6.2\"}"),
		 "does not lie between"},
		{KERNELS("{\"first\": \"6.0\", \"fixed\": [\"6.1.2\", \"6.1.3\"]}"), "two versions of 6.1"},
		{KERNELS("{\"first\": \"6.0\", \"fixed\": "
			 "[\"6.1\",\"6.2\",\"6.3\",\"6.4\",\"6.5\",\"6.6\",\"6.7\",\"6.8\",\"6.9\"]}"),
		 "at most 8"},
		{KERNELS("{\"first\": \"6.0\", \"fixed\": [\"6.1\"], \"commits\": []}"),
		 "kernels.commits is not an object"},
		{KERNELS("{\"first\": \"6.0\", \"fixed\": [\"6.1\"], \"commits\": {\"6.1.1\": \"0123456789ab\"}}"),
		 "kernels.commits: not a version of kernels.fixed"},
		{KERNELS("{\"first\": \"6.0\", \"fixed\": [\"6.1\"], \"commits\": {\"6.1\": 7}}"),
		 "kernels.commits: not"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		json_object *json = NULL;
		struct advisory a;

		if (parse("/d/x.json", rows[i].text, &a, &json) != -EINVAL || json)
			fail_msg("row %zu was taken: %s", i, rows[i].text);
		expect_said(rows[i].says);
	}
	/* a silent caller */
	assert_int_equal(catalogue_parse("x.json", "[", 1, NULL, NULL, &(struct advisory){0}, &(json_object *){NULL}),
			 -EINVAL);
}

static void big_ones(void **state)
{
	const size_t deep = 30000, big = 10u << 20;
	_cleanup_free_ char *text = malloc(big + 1);
	json_object *json = NULL;
	struct advisory a;

	assert_non_null(text);
	memset(text, '[', deep);
	memcpy(text, "{\"a\":", 5);
	text[deep] = '\0';
	assert_int_equal(parse("x.json", text, &a, &json), -EINVAL);
	expect_said("not a JSON object: nesting too deep");
	memset(text, ' ', big);
	text[big] = '\0';
	assert_int_equal(parse("x.json", text, &a, &json), -EINVAL);
	expect_said("larger than 65536 bytes");
	assert_int_equal(catalogue_parse("x.json", "{\0}", 3, problem, &said, &a, &json), -EINVAL);
	expect_said("NUL byte");
}

static void write_file(const char *dir, const char *name, const char *text)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(mkdir_p(dir, 0755), 0);
	assert_int_equal(file_write_atomic(path, text, strlen(text), 0644, false), 0);
}

static void folders(void **state)
{
	static const struct advisory_host amd = {"amd", TRI_YES, TRI_YES, TRI_YES};
	_cleanup_catalogue_ struct catalogue c = {0}, again = {0};
	const char *tmp = *state;
	char weak[4096], strong[4096], path[8200], env[8200];
	struct catalogue_risk risks[64];
	size_t n = 0;

	while (advisories[n].id)
		n++;
	snprintf(weak, sizeof(weak), "%s/weak", tmp);
	snprintf(strong, sizeof(strong), "%s/strong", tmp);
	snprintf(env, sizeof(env), "%s:%s:%s/none", weak, strong, tmp);
	assert_int_equal(setenv("AVICD_FIXES", env, 1), 0);
	assert_int_equal(catalogue_read(&c, problem, &said), 0);
	assert_int_equal(c.n, n);
	assert_null(catalogue_file(&c, &c.list[0]));
	catalogue_done(&c);

	write_file(weak, "site-1.json", "{\"id\": \"site-1\", " GOOD "}");
	write_file(weak, "snp-avic.json", "{\"id\": \"snp-avic\", " GOOD "}");
	write_file(weak, "reboot-bug.json", "{\"id\": \"reboot-bug\", " GOOD "}");
	write_file(weak, "lost-irq.json", "");
	write_file(weak, "note.txt", "no");
	write_file(weak, ".hidden.json", "no");
	write_file(weak, ".json", "no");
	write_file(weak, "bad.json", "{");
	/* the bad one of the stronger folder leaves the weaker one in force */
	write_file(strong, "site-1.json", "{\"id\": \"other\", " GOOD "}");
	write_file(strong, "reboot-bug.json", "{\"id\": \"reboot-bug\", \"livepatch\": \"mine\", " GOOD "}");
	snprintf(path, sizeof(path), "%s/snp-avic.json", strong);
	assert_int_equal(symlink("/dev/null", path), 0);
	snprintf(path, sizeof(path), "%s/fifo.json", strong);
	assert_int_equal(mkfifo(path, 0644), 0);
	snprintf(path, sizeof(path), "%s/dir.json", strong);
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/loop.json", strong);
	assert_int_equal(symlink("loop.json", path), 0);
	snprintf(path, sizeof(path), "%s/huge.json", strong);
	write_file(strong, "huge.json", "x");
	assert_int_equal(truncate(path, 1LL << 40), 0);

	assert_int_equal(catalogue_read(&c, problem, &said), 0);
	assert_int_equal(c.n, n + 1 - 2);
	assert_null(c.list[c.n].id);
	assert_null(advisory_in(c.list, "snp-avic"));
	assert_null(advisory_in(c.list, "lost-irq"));
	assert_int_equal(advisory_in(c.list, "site-1")->cls, ADVISORY_UNSAFE);
	assert_string_equal(advisory_in(c.list, "reboot-bug")->livepatch, "mine");
	snprintf(path, sizeof(path), "%s/reboot-bug.json", strong);
	assert_string_equal(catalogue_file(&c, advisory_in(c.list, "reboot-bug")), path);
	for (size_t i = 0; i < c.n; i++)
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(c.list[i].id, c.list[k].id);
	assert_non_null(strstr(problems(), "bad.json:1: not a JSON object: it ends too early\n"));
	assert_non_null(strstr(problems(), "site-1.json:1: id is other"));
	assert_non_null(strstr(problems(), "fifo.json:0: not a file"));
	assert_non_null(strstr(problems(), "dir.json:0: not a file"));
	assert_non_null(strstr(problems(), "loop.json:0: "));
	assert_non_null(strstr(problems(), "huge.json:0: larger than 64 KiB"));
	assert_null(strstr(problems(), "hidden"));
	forget();

	/* risks: unsafe ones first, fixes and limits are none */
	n = catalogue_risks(&c, "6.1.3", NULL, &amd, risks, ARRAY_SIZE(risks));
	assert_in_range(n, 5, ARRAY_SIZE(risks));
	for (size_t i = 0; i < n; i++) {
		assert_true(risks[i].advisory->cls == ADVISORY_UNSAFE || risks[i].advisory->cls == ADVISORY_NOTE);
		if (i > 0)
			assert_true(risks[i].advisory->cls != ADVISORY_UNSAFE ||
				    risks[i - 1].advisory->cls == ADVISORY_UNSAFE);
	}
	assert_true(risks[0].sure && risks[0].advisory->cls == ADVISORY_UNSAFE);
	assert_int_equal(catalogue_risks(&c, "6.1.3", NULL, &amd, NULL, 0), n);
	assert_int_equal(catalogue_risks(&c, "9.1.3", NULL, &amd, NULL, 0), 0);
	/* a vendor's kernel, and none at all: only asked, not known */
	n = catalogue_risks(&c, "5.14.0-427.el9.x86_64", NULL, &amd, risks, ARRAY_SIZE(risks));
	assert_true(n > 0 && !risks[0].sure);
	n = catalogue_risks(&c, "", NULL, &amd, risks, ARRAY_SIZE(risks));
	assert_true(n > 0 && !risks[0].sure);

	for (unsigned i = 0; i < CATALOGUE_FILES_MAX; i++) {
		char name[32], text[600];

		snprintf(name, sizeof(name), "many-%03u.json", i);
		snprintf(text, sizeof(text), "{\"id\": \"many-%03u\", " GOOD "}", i);
		write_file(weak, name, text);
	}
	assert_int_equal(catalogue_read(&again, problem, &said), 0);
	expect_said("more than 128 files");
	unsetenv("AVICD_FIXES");
}

/* Without a fix anywhere every later kernel has it. */
static void never_fixed(void **state)
{
	static const struct advisory_host h = {"amd", TRI_NO, TRI_NO, TRI_NO};
	static const struct advisory a = {.id = "x", .source = "PR 1", .from = {6, 0, 0}};
	char remedy[ADVISORY_REMEDY_MAX];

	assert_int_equal(advisory_suggests(&a, "5.19.17", NULL, &h), TRI_NO);
	assert_int_equal(advisory_suggests(&a, "6.1.192", NULL, &h), TRI_YES);
	assert_int_equal(advisory_suggests(&a, "9.0.0", NULL, &h), TRI_YES);
	assert_int_equal(advisory_suggests(&a, "9.0.0-17.el12", NULL, &h), TRI_UNKNOWN);
	assert_int_equal(advisory_suggests(&a, "", NULL, &h), TRI_UNKNOWN);
	assert_non_null(strstr(advisory_remedy(&a, remedy), "no release of Linux has a fix (PR 1)"));
}

static int update(const char *dir)
{
	for (const struct advisory *a = advisories; a->id; a++) {
		_cleanup_free_ char *text = shipped_text(a), *path = NULL;

		if (asprintf(&path, "%s/%s.json", dir, a->id) < 0 ||
		    file_write_atomic(path, text, strlen(text), 0644, false) < 0)
			return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shipped_files),
		cmocka_unit_test(rows_fit),
		cmocka_unit_test(versions),
		cmocka_unit_test(good_ones),
		cmocka_unit_test(bad_ones),
		cmocka_unit_test(big_ones),
		cmocka_unit_test_setup_teardown(folders, tmpdir_setup, tmpdir_teardown),
		cmocka_unit_test(never_fixed),
	};
	const char *dir = getenv("UPDATE_FIXES");

	return dir ? update(dir) : cmocka_run_group_tests(tests, NULL, NULL);
}
