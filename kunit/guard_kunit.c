// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guard descriptors: filler that reads as zeroes, where it can be reached at all.
 */
#include <linux/slab.h>

#include "compose.h"

#define BOTH		IOMD_DIRECTION_OUT_IN
#define NONE		IOMD_DIRECTION_NONE

static struct iomd_desc *filler(struct kunit *test, u64 size)
{
	return iomd_kunit_desc(test, iomd_guard_with_size(size));
}

struct size {
	const char *name;
	u64 size;
	u64 length;
	int error;
};

static const struct size sizes[] = {
	{ "a byte", 1, PAGE_SIZE },
	{ "a page", PAGE_SIZE, PAGE_SIZE },
	{ "a byte more", PAGE_SIZE + 1, 2 * PAGE_SIZE },
	{ "pages", 5 * PAGE_SIZE, 5 * PAGE_SIZE },
	{ "nothing", 0, 0, -EINVAL },
	{ "everything", U64_MAX, 0, -EINVAL },
	{ "all but a few bytes", U64_MAX - PAGE_SIZE + 2, 0, -EINVAL },
};

static void size_name(const struct size *size, char *name)
{
	strscpy(name, size->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(size, sizes, size_name);

/* GRD-1 GRD-5 GRD-7: whole pages for both directions, unprepared; prepared they are zero */
static void reads_as_zeroes(struct kunit *test)
{
	const struct size *size = test->param_value;
	struct iomd_desc *desc = iomd_guard_with_size(size->size);
	u8 *bytes = iomd_kunit_zalloc(test, 5 * PAGE_SIZE);

	IOMD_KUNIT_EXPECT_ERR(test, desc, size->error);
	if (size->error)
		return;
	iomd_kunit_desc(test, desc);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(desc), size->length);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_direction(desc), (u32)BOTH);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(desc));
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 0, bytes, 1), 0ULL);

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	memset(bytes, 0xee, 5 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 0, bytes, size->length), size->length);
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(bytes, 0, size->length), NULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(desc));
}

/* GRD-5 MULTI-4: around other memory it is a part like any */
static void surrounds_other_memory(struct kunit *test)
{
	u8 *memory = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	u8 *expected = iomd_kunit_zalloc(test, 4 * PAGE_SIZE);
	struct iomd_desc *children[3], *multi;

	iomd_kunit_fill(memory, PAGE_SIZE, 1);
	memcpy(expected + PAGE_SIZE, memory, PAGE_SIZE);
	children[0] = filler(test, 1);
	children[1] = iomd_kunit_of_kernel(test, memory, PAGE_SIZE, BOTH);
	children[2] = filler(test, 2 * PAGE_SIZE);
	multi = iomd_kunit_multi(test, children, 3, BOTH);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(multi, NONE), 0);
	iomd_kunit_expect_contents(test, multi, expected, 4 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(multi, NONE), 0);
}

static int live_once(struct kunit *test, void *data)
{
	struct iomd_desc *desc = iomd_guard_with_size(3 * PAGE_SIZE);

	iomd_desc_put(desc);
	return PTR_ERR_OR_ZERO(desc);
}

/* GRD-7 GRD-8: without memory there is none, and nothing is left of one that goes */
static void survives_failing_allocations(struct kunit *test)
{
	KUNIT_EXPECT_GE(test, iomd_kunit_sweep(test, live_once, NULL, UINT_MAX), 1U);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(reads_as_zeroes, size_gen_params),
	KUNIT_CASE(surrounds_other_memory),
	KUNIT_CASE(survives_failing_allocations),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_guard",
	.suite_init = iomd_kunit_suite_init,
	.suite_exit = iomd_kunit_suite_exit,
	.init = iomd_kunit_init,
	.test_cases = cases,
};

kunit_test_suite(suite);
