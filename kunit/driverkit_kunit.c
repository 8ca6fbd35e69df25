// SPDX-License-Identifier: GPL-2.0-only
/*
 * The calls for drivers in user space.
 */
#include <linux/sched.h>

#include "compose.h"

#define IN		IOMD_DIRECTION_IN
#define OUT		IOMD_DIRECTION_OUT
#define BOTH		IOMD_DIRECTION_OUT_IN
#define NONE		IOMD_DIRECTION_NONE

#define LENGTH		(2 * PAGE_SIZE + 0x345)

/* Something that a call must overwrite. */
#define GARBAGE		((void *)test)

static struct iomd_buffer *created(struct kunit *test, u64 options, u64 capacity, u64 alignment)
{
	struct iomd_buffer *buffer;

	KUNIT_ASSERT_EQ(test, iomd_dk_buffer_create(options, capacity, alignment, &buffer), 0);
	return iomd_kunit_buffer(test, buffer);
}

/* BUF-58 BUF-61 DK-10 DK-12 DK-13 DK-21: prepared, zeroed, in whole pages; all of it counts */
static void makes_buffers(struct kunit *test)
{
	static const u32 directions[] = { NONE, IN, OUT, BOTH };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(directions); i++) {
		struct iomd_buffer *buffer = created(test, directions[i], LENGTH, 0);
		struct iomd_desc *desc = iomd_buffer_desc(buffer);
		u8 *memory = iomd_buffer_get_bytes_no_copy(buffer);
		u64 length = 7;

		KUNIT_EXPECT_EQ(test, iomd_dk_desc_get_length(desc, &length), 0);
		KUNIT_EXPECT_EQ(test, length, (u64)LENGTH);
		KUNIT_EXPECT_EQ(test, iomd_buffer_get_capacity(buffer), (u64)LENGTH);
		KUNIT_EXPECT_EQ(test, iomd_desc_get_direction(desc), directions[i]);
		KUNIT_EXPECT_TRUE(test, iomd_desc_get_flags(desc) & IOMD_MEMORY_THREAD_SAFE);
		KUNIT_EXPECT_TRUE(test, iomd_kunit_is_prepared(desc));
		KUNIT_EXPECT_EQ(test, offset_in_page(memory), 0UL);
		KUNIT_EXPECT_PTR_EQ(test, memchr_inv(memory, 0, PAGE_ALIGN(LENGTH)), NULL);
	}
}

/* DK-11: more than a page takes memory in one piece */
static void aligns_buffers(struct kunit *test)
{
	struct iomd_desc *desc = iomd_buffer_desc(created(test, BOTH, LENGTH, 4 * PAGE_SIZE));
	u64 length;

	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, 0, &length) & (4 * PAGE_SIZE - 1), 0ULL);
	KUNIT_EXPECT_EQ(test, length, (u64)LENGTH);
}

/* BUF-58 DK-8 DK-9 DK-11: what cannot be made, and what the caller has then */
static void refuses_buffers(struct kunit *test)
{
	struct iomd_buffer *buffer = GARBAGE;

	KUNIT_EXPECT_EQ(test, iomd_dk_buffer_create(4, LENGTH, 0, &buffer), -EINVAL);
	KUNIT_EXPECT_PTR_EQ(test, buffer, NULL);
	buffer = GARBAGE;
	KUNIT_EXPECT_EQ(test, iomd_dk_buffer_create(1ULL << 32, LENGTH, 0, &buffer), -EINVAL);
	KUNIT_EXPECT_PTR_EQ(test, buffer, NULL);
	buffer = GARBAGE;
	KUNIT_EXPECT_EQ(test, iomd_dk_buffer_create(BOTH, LENGTH, 3, &buffer), -EINVAL);
	KUNIT_EXPECT_PTR_EQ(test, buffer, NULL);
	buffer = GARBAGE;
	KUNIT_EXPECT_EQ(test, iomd_dk_buffer_create(BOTH, 0, 0, &buffer), -ENOMEM);
	KUNIT_EXPECT_PTR_EQ(test, buffer, NULL);
	buffer = GARBAGE;
	KUNIT_EXPECT_EQ(test, iomd_dk_buffer_create(BOTH, U64_MAX, 0, &buffer), -ENOMEM);
	KUNIT_EXPECT_PTR_EQ(test, buffer, NULL);
	KUNIT_EXPECT_EQ(test, iomd_dk_buffer_create(BOTH, LENGTH, 0, NULL), -EINVAL);
}

/* BUF-60 DK-15 DK-16: down and up again, and never beyond the capacity */
static void sets_lengths(struct kunit *test)
{
	struct iomd_buffer *buffer = created(test, BOTH, LENGTH, 0);
	struct iomd_desc *desc = iomd_buffer_desc(buffer);
	u8 *memory = iomd_buffer_get_bytes_no_copy(buffer);

	iomd_kunit_fill(memory, LENGTH, 1);
	KUNIT_EXPECT_EQ(test, iomd_dk_buffer_set_length(buffer, 5), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(desc), 5ULL);
	KUNIT_EXPECT_EQ(test, iomd_dk_buffer_set_length(buffer, LENGTH + 1), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(desc), 5ULL);
	KUNIT_EXPECT_EQ(test, iomd_dk_buffer_set_length(buffer, LENGTH), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(desc), (u64)LENGTH);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(memory, LENGTH, 1));
}

/*
 * Made by the process that loads the suites, before the cases. The scheduler holds a process
 * at times, too: many buffers make a difference that stands out.
 */
#define NR_EARLY	64

static struct iomd_buffer *early[NR_EARLY];
static int early_holds;

static int holds(const struct mm_struct *mm)
{
	return atomic_read(&mm->mm_count);
}

static int suite_init(struct kunit_suite *suite)
{
	int err = iomd_kunit_suite_init(suite);
	u32 i;

	early_holds = -holds(current->mm);
	for (i = 0; i < NR_EARLY && !err; i++)
		err = iomd_dk_buffer_create(BOTH, 1, 0, &early[i]);
	early_holds += holds(current->mm);
	return err;
}

static void put_early(void)
{
	u32 i;

	for (i = 0; i < NR_EARLY; i++) {
		iomd_buffer_put(early[i]);
		early[i] = NULL;
	}
}

static void suite_exit(struct kunit_suite *suite)
{
	put_early();
	iomd_kunit_suite_exit(suite);
}

/* BUF-59 MD-107 OBJ-22 DK-14: the process that made it is held as long as the buffer is there */
static void remembers_who_made_it(struct kunit *test)
{
	int before = holds(iomd_kunit_mm);

	KUNIT_EXPECT_GT(test, early_holds, NR_EARLY / 2);
	put_early();
	KUNIT_EXPECT_LT(test, holds(iomd_kunit_mm), before - NR_EARLY / 2);
}

/* MD-105 DK-41 DK-42 DK-44 DK-46: a window that lies in its parent, in no other direction */
static void makes_windows(struct kunit *test)
{
	static const struct {
		u64 options;
		u64 offset;
		u64 length;
		int err;
	} windows[] = {
		{ OUT, 5, 0x1000, 0 },
		{ NONE, 0, LENGTH, 0 },
		{ OUT, LENGTH, 0, 0 },
		{ OUT, LENGTH, 1, -EINVAL },
		{ OUT, 0, LENGTH + 1, -EINVAL },
		{ OUT, 2, U64_MAX, -EINVAL },
		{ OUT | 4, 0, 1, -EINVAL },
		{ OUT | 1ULL << 32, 0, 1, -EINVAL },
		{ BOTH, 0, 1, -EINVAL },
		{ IN, 0, 1, -EINVAL },
	};
	struct iomd_desc *of = iomd_buffer_desc(created(test, OUT, LENGTH, 0)), *window;
	u32 i;

	iomd_desc_set_tag(of, 77);
	for (i = 0; i < ARRAY_SIZE(windows); i++) {
		window = GARBAGE;
		KUNIT_EXPECT_EQ(test,
				iomd_dk_desc_create_sub_memory_descriptor(windows[i].options,
									  windows[i].offset,
									  windows[i].length, of,
									  &window),
				windows[i].err);
		if (windows[i].err) {
			KUNIT_EXPECT_PTR_EQ(test, window, NULL);
			continue;
		}
		iomd_kunit_desc(test, window);
		KUNIT_EXPECT_EQ(test, iomd_desc_get_length(window), windows[i].length);
		KUNIT_EXPECT_EQ(test, iomd_desc_get_direction(window), (u32)windows[i].options);
		KUNIT_EXPECT_EQ(test, iomd_desc_get_tag(window), 77U);
		if (windows[i].length)
			KUNIT_EXPECT_EQ(test, iomd_kunit_phys(window, 0, NULL),
					iomd_kunit_phys(of, windows[i].offset, NULL));
	}
	KUNIT_EXPECT_EQ(test, iomd_dk_desc_create_sub_memory_descriptor(OUT, 0, 1, NULL, &window),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dk_desc_create_sub_memory_descriptor(OUT, 0, 1, of, NULL),
			-EINVAL);
}

/* MD-106 DK-47 DK-48 DK-49 DK-51: one after the other, up to 32, the same one too */
static void puts_one_behind_the_other(struct kunit *test)
{
	struct iomd_desc *of = iomd_buffer_desc(created(test, OUT, PAGE_SIZE, 0)), *multi;
	struct iomd_desc *descs[33];
	u32 i;

	for (i = 0; i < ARRAY_SIZE(descs); i++)
		descs[i] = of;
	KUNIT_ASSERT_EQ(test, iomd_dk_desc_create_with_memory_descriptors(OUT, 32, descs, &multi),
			0);
	iomd_kunit_desc(test, multi);
	memset(descs, 0, sizeof(descs));
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(multi), 32 * (u64)PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(multi, 31 * PAGE_SIZE + 5, NULL),
			iomd_kunit_phys(of, 5, NULL));

	for (i = 0; i < ARRAY_SIZE(descs); i++)
		descs[i] = of;
	multi = GARBAGE;
	KUNIT_EXPECT_EQ(test, iomd_dk_desc_create_with_memory_descriptors(OUT, 33, descs, &multi),
			-EINVAL);
	KUNIT_EXPECT_PTR_EQ(test, multi, NULL);
	KUNIT_EXPECT_EQ(test, iomd_dk_desc_create_with_memory_descriptors(OUT, 0, descs, &multi),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dk_desc_create_with_memory_descriptors(BOTH, 2, descs, &multi),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dk_desc_create_with_memory_descriptors(8, 2, descs, &multi),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dk_desc_create_with_memory_descriptors(OUT, 2, NULL, &multi),
			-EINVAL);
	descs[1] = NULL;
	KUNIT_EXPECT_EQ(test, iomd_dk_desc_create_with_memory_descriptors(OUT, 2, descs, &multi),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dk_desc_create_with_memory_descriptors(OUT, 1, descs, NULL),
			-EINVAL);
}

/* MD-106 DK-50 DK-52: what does not go together */
static void refuses_what_does_not_fit(struct kunit *test)
{
	struct iomd_desc *descs[2], *multi = GARBAGE;

	descs[0] = iomd_buffer_desc(created(test, BOTH, PAGE_SIZE, 0));
	descs[1] = iomd_buffer_desc(iomd_kunit_pageable(test, PAGE_SIZE, 0));
	KUNIT_EXPECT_EQ(test, iomd_dk_desc_create_with_memory_descriptors(OUT, 2, descs, &multi),
			-ENOMEM);
	KUNIT_EXPECT_PTR_EQ(test, multi, NULL);
}

/* MD-105 MD-106 BUF-58 DK-43 DK-50: without memory there is nothing, and nothing is lost */
static int make_all(struct kunit *test, void *data)
{
	struct iomd_desc *of = data, *made;
	struct iomd_buffer *buffer;
	int err;

	err = iomd_dk_buffer_create(BOTH, PAGE_SIZE, 0, &buffer);
	KUNIT_EXPECT_EQ(test, !buffer, !!err);
	if (err)
		return err;
	iomd_buffer_put(buffer);
	err = iomd_dk_desc_create_sub_memory_descriptor(OUT, 0, 1, of, &made);
	KUNIT_EXPECT_EQ(test, !made, !!err);
	if (err)
		return err;
	iomd_desc_put(made);
	err = iomd_dk_desc_create_with_memory_descriptors(OUT, 1, &of, &made);
	KUNIT_EXPECT_EQ(test, !made, !!err);
	if (!err)
		iomd_desc_put(made);
	return err;
}

static void survives_failing_allocations(struct kunit *test)
{
	struct iomd_desc *of = iomd_buffer_desc(created(test, OUT, PAGE_SIZE, 0));

	KUNIT_EXPECT_GE(test, iomd_kunit_sweep(test, make_all, of, UINT_MAX), 3U);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(makes_buffers),
	KUNIT_CASE(aligns_buffers),
	KUNIT_CASE(refuses_buffers),
	KUNIT_CASE(sets_lengths),
	KUNIT_CASE(remembers_who_made_it),
	KUNIT_CASE(makes_windows),
	KUNIT_CASE(puts_one_behind_the_other),
	KUNIT_CASE(refuses_what_does_not_fit),
	KUNIT_CASE(survives_failing_allocations),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_driverkit",
	.suite_init = suite_init,
	.suite_exit = suite_exit,
	.init = iomd_kunit_init,
	.test_cases = cases,
};

kunit_test_suite(suite);
