/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hash table, against a plain array as the model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "avicd/hash.h"

#define _cleanup_hash_ _cleanup_(hash_done)

static void test_empty(void **state)
{
	_cleanup_hash_ struct hash h = {0};
	unsigned seen = 0;

	assert_null(hash_get(&h, 0));
	assert_null(hash_remove(&h, 0));
	HASH_FOREACH (&h, slot)
		seen++;
	assert_int_equal(seen, 0);
	hash_done(&h);
	hash_done(&h);
}

static void test_edges(void **state)
{
	static const uint64_t keys[] = {0, 1, UINT32_MAX, (uint64_t)UINT32_MAX + 1, UINT64_MAX - 1, UINT64_MAX};
	_cleanup_hash_ struct hash h = {0};
	int values[ARRAY_SIZE(keys)], other;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		assert_int_equal(hash_put(&h, keys[i], &values[i]), 0);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		assert_ptr_equal(hash_get(&h, keys[i]), &values[i]);
	assert_int_equal(hash_put(&h, 0, &other), 0);
	assert_ptr_equal(hash_get(&h, 0), &other);
	assert_int_equal(h.n, ARRAY_SIZE(keys));
	assert_int_equal(hash_put(&h, 0, NULL), -EINVAL);
	assert_ptr_equal(hash_remove(&h, 0), &other);
	assert_null(hash_remove(&h, 0));
	assert_int_equal(h.n, ARRAY_SIZE(keys) - 1);
}

/* A fixed seed: a failure can be run again. */
static uint64_t next_random(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

#define N_KEYS 512

static void compare(const struct hash *h, void *const model[N_KEYS], uint64_t scale)
{
	size_t n = 0, seen = 0;

	for (uint64_t k = 0; k < N_KEYS; k++) {
		assert_ptr_equal(hash_get(h, k * scale), model[k]);
		n += model[k] != NULL;
	}
	HASH_FOREACH (h, slot) {
		assert_ptr_equal(slot->value, model[slot->key / scale]);
		seen++;
	}
	assert_int_equal(h->n, n);
	assert_int_equal(seen, n);
}

static void test_model(void **state)
{
	/* Dense keys as process ids are, and strides that would fall into one slot of a table without a mixer. */
	static const uint64_t scales[] = {1, 4096, UINT64_C(1) << 40};
	static int values[N_KEYS];

	for (size_t s = 0; s < ARRAY_SIZE(scales); s++) {
		_cleanup_hash_ struct hash h = {0};
		void *model[N_KEYS] = {NULL};
		uint64_t seed = 88172645463325252ULL + s;

		for (int step = 0; step < 20000; step++) {
			uint64_t r = next_random(&seed), k = (r >> 8) % N_KEYS;

			/* Waves of growth and of shrinking, down to empty. */
			if ((r & 7) < (step / 2000 % 2 ? 2U : 6U)) {
				model[k] = &values[r % N_KEYS];
				assert_int_equal(hash_put(&h, k * scales[s], model[k]), 0);
			} else {
				assert_ptr_equal(hash_remove(&h, k * scales[s]), model[k]);
				model[k] = NULL;
			}
			if (step % 97 == 0)
				compare(&h, model, scales[s]);
		}
		for (uint64_t k = 0; k < N_KEYS; k++)
			hash_remove(&h, k * scales[s]);
		assert_int_equal(h.n, 0);
		/* No tombstones: what came and went takes no room. */
		assert_true(h.n_slots <= 2 * N_KEYS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
