// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers: memory as it was asked for, and how much of it counts.
 */
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/log2.h>

#include "iomd_kunit.h"

#define IN		IOMD_DIRECTION_IN
#define OUT		IOMD_DIRECTION_OUT
#define BOTH		IOMD_DIRECTION_OUT_IN
#define NONE		IOMD_DIRECTION_NONE
#define CONTIGUOUS	IOMD_BUFFER_PHYSICALLY_CONTIGUOUS
#define HOST_CONTIGUOUS	IOMD_BUFFER_HOST_PHYSICALLY_CONTIGUOUS
#define SHARED		IOMD_BUFFER_KERNEL_USER_SHARED

static struct iomd_buffer *create(u32 options, u64 capacity, u64 alignment, u64 mask)
{
	return iomd_client_buffer_create(IOMD_THIS_CLIENT, IOMD_KERNEL_TASK, options, capacity,
					 alignment, mask, NULL);
}

static struct iomd_buffer *simple(struct kunit *test, u64 capacity, u32 direction)
{
	return iomd_kunit_buffer(test, iomd_buffer_with_options(direction, capacity, 1));
}

/*
 * What memory is like.
 */

struct wish {
	const char *name;
	u32 options;
	u64 capacity;
	u64 alignment;
	u64 mask;
	/* what must come of it */
	u64 virtual_alignment;
	u64 physical_alignment;
	u64 highest;
	bool contiguous;
};

static const struct wish wishes[] = {
	{ "a byte", BOTH, 1, 1, 0, 1, 1, U64_MAX, true },
	{ "no alignment", BOTH, 100, 0, 0, 1, 1, U64_MAX, true },
	{ "odd size", BOTH, 12345, 1, 0, 1, 1, U64_MAX, false },
	{ "many pages", BOTH, 3 << 20, 1, 0, 1, 1, U64_MAX, false },
	{ "aligned to a line", BOTH, 10, 64, 0, 64, 64, U64_MAX, true },
	{ "aligned beyond its size", BOTH, 10, 2048, 0, 2048, 2048, U64_MAX, true },
	{ "aligned to no power of two", BOTH, 10, 48, 0, 64, 64, U64_MAX, true },
	{ "page aligned", BOTH, 10, PAGE_SIZE, 0, PAGE_SIZE, PAGE_SIZE, U64_MAX, true },
	{ "pages, page aligned", BOTH, 5 * PAGE_SIZE, PAGE_SIZE, 0, PAGE_SIZE, PAGE_SIZE, U64_MAX,
	  false },
	{ "aligned beyond a page", BOTH, 5 * PAGE_SIZE, 4 * PAGE_SIZE, 0, 4 * PAGE_SIZE,
	  4 * PAGE_SIZE, U64_MAX, true },
	{ "small, aligned beyond a page", BOTH, 5, 16 * PAGE_SIZE, 0, 16 * PAGE_SIZE,
	  16 * PAGE_SIZE, U64_MAX, true },
	{ "shared with tasks", BOTH | SHARED, 10, 1, 0, PAGE_SIZE, PAGE_SIZE, U64_MAX, true },
	{ "cached explicitly", BOTH | IOMD_MAP_COPYBACK_CACHE, 10, 1, 0, PAGE_SIZE, PAGE_SIZE,
	  U64_MAX, true },
	{ "encryption cleared", BOTH | IOMD_MEMORY_CLEAR_ENCRYPT, 10, 1, 0, PAGE_SIZE, PAGE_SIZE,
	  U64_MAX, true },
	{ "contiguous", BOTH | CONTIGUOUS, 37 * PAGE_SIZE + 5, 1, 0, 1, 1, U64_MAX, true },
	{ "contiguous for the host", BOTH | HOST_CONTIGUOUS, 37 * PAGE_SIZE + 5, 1, 0, 1, 1,
	  U64_MAX, true },
	{ "small and contiguous", BOTH | CONTIGUOUS, 3000, 1, 0, 1, 1, U64_MAX, true },
	{ "32 bits", BOTH, 10 * PAGE_SIZE, 1, 0xffffffff, PAGE_SIZE, PAGE_SIZE, 0xffffffff,
	  false },
	{ "32 bits, whole pages", BOTH, 10 * PAGE_SIZE, 1, 0xfffff000, PAGE_SIZE, PAGE_SIZE,
	  0xffffffff, false },
	{ "32 bits, 64 KiB", BOTH, 10 * PAGE_SIZE, 1, 0xffff0000, 0x10000, 0x10000, 0xffffffff,
	  true },
	{ "all bits", BOTH, 10 * PAGE_SIZE, 1, U64_MAX, PAGE_SIZE, PAGE_SIZE, U64_MAX, false },
	{ "28 bits", BOTH, 10 * PAGE_SIZE, 1, 0x0fffffff, PAGE_SIZE, PAGE_SIZE, 0x0fffffff,
	  false },
	{ "24 bits", BOTH, 10 * PAGE_SIZE, 1, 0x00ffffff, PAGE_SIZE, PAGE_SIZE, 0x00ffffff,
	  false },
	{ "24 bits, 32 KiB", BOTH, 10 * PAGE_SIZE, 1, 0x00ff8000, 0x8000, 0x8000, 0x00ffffff,
	  true },
	{ "no zero bits below, but aligned", BOTH, 10 * PAGE_SIZE, 4 * PAGE_SIZE, 0x00ffffff,
	  4 * PAGE_SIZE, 4 * PAGE_SIZE, 0x00ffffff, true },
	/* above the lowest zone, of which no part can be asked for */
	{ "mask with a limit that is no power of two", BOTH, PAGE_SIZE, 1, 0x02efffff, PAGE_SIZE,
	  PAGE_SIZE, 0x02efffff, true },
};

static void wish_name(const struct wish *wish, char *name)
{
	strscpy(name, wish->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(wish, wishes, wish_name);

/*
 * BUF-1 BUF-4..6 BUF-9 BUF-19 BUF-20 BUF-22..24 BUF-26 BUF-30: memory is as it was asked
 * for, zeroed, and prepared
 */
static void memory_is_as_asked_for(struct kunit *test)
{
	const struct wish *wish = test->param_value;
	struct iomd_buffer *buffer;
	struct iomd_desc *desc;
	u64 phys, length, offset;
	u8 *memory;

	buffer = create(wish->options, wish->capacity, wish->alignment, wish->mask);
	iomd_kunit_buffer(test, buffer);
	desc = iomd_buffer_desc(buffer);
	memory = iomd_buffer_get_bytes_no_copy(buffer);
	KUNIT_EXPECT_EQ(test, iomd_buffer_get_capacity(buffer), wish->capacity);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(desc), wish->capacity);
	KUNIT_EXPECT_TRUE(test, IS_ALIGNED((unsigned long)memory, wish->virtual_alignment));
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(memory, 0, wish->capacity), NULL);

	phys = iomd_kunit_phys(desc, 0, &length);
	KUNIT_EXPECT_NE(test, phys, 0ULL);
	KUNIT_EXPECT_TRUE(test, IS_ALIGNED(phys, wish->physical_alignment));
	if (wish->contiguous)
		KUNIT_EXPECT_EQ(test, length, wish->capacity);
	for (offset = 0; offset < wish->capacity; offset += length) {
		phys = iomd_kunit_phys(desc, offset, &length);
		KUNIT_ASSERT_NE(test, length, 0ULL);
		KUNIT_EXPECT_LE(test, phys + length - 1, wish->highest);
	}
	KUNIT_EXPECT_EQ(test, offset, wish->capacity);
	memset(memory, 0xff, wish->capacity);
}

/* BUF-4: memory that comes back from the allocator is cleared again, whatever its size */
static void memory_is_cleared_every_time(struct kunit *test)
{
	static const u32 capacities[] = { 1, 24, 100, 500, 2000, 2049, 4096, 5000, 100000 };
	u32 i, round, options;

	for (i = 0; i < ARRAY_SIZE(capacities); i++) {
		for (round = 0; round < 20; round++) {
			struct iomd_buffer *buffer;
			u8 *memory;

			options = BOTH | (round % 2 ? CONTIGUOUS : 0);
			buffer = create(options, capacities[i], 1, 0);
			KUNIT_ASSERT_NOT_ERR_OR_NULL(test, buffer);
			memory = iomd_buffer_get_bytes_no_copy(buffer);
			KUNIT_EXPECT_PTR_EQ(test, memchr_inv(memory, 0, capacities[i]), NULL);
			memset(memory, 0xff, capacities[i]);
			iomd_buffer_put(buffer);
		}
	}
}

/* BUF-26: contiguous memory is where its device reaches it, since nothing can stand in for it */
static void contiguous_memory_is_in_reach(struct kunit *test)
{
	struct iomd_mapper *mapper = iomd_kunit_device_mapper(test, 28);
	struct iomd_buffer *buffer;
	u64 length, phys;

	buffer = iomd_client_buffer_create(IOMD_THIS_CLIENT, IOMD_KERNEL_TASK, BOTH | CONTIGUOUS,
					   5 * PAGE_SIZE, 1, 0, mapper);
	iomd_kunit_buffer(test, buffer);
	phys = iomd_kunit_phys(iomd_buffer_desc(buffer), 0, &length);
	KUNIT_EXPECT_EQ(test, length, 5 * (u64)PAGE_SIZE);
	KUNIT_EXPECT_LE(test, phys + length, 1ULL << 28);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_address(iomd_buffer_desc(buffer)), phys);
}

/* BUF-29: contiguous memory of up to a page lies in one page */
static void small_contiguous_memory_is_in_one_page(struct kunit *test)
{
	u32 capacity;

	for (capacity = 1; capacity <= PAGE_SIZE; capacity += 97) {
		struct iomd_buffer *buffer = create(BOTH | CONTIGUOUS, capacity, 1, 0);
		u64 first, length;

		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, buffer);
		first = iomd_kunit_phys(iomd_buffer_desc(buffer), 0, &length);
		KUNIT_EXPECT_EQ(test, length, (u64)capacity);
		KUNIT_EXPECT_EQ(test, first >> PAGE_SHIFT, (first + capacity - 1) >> PAGE_SHIFT);
		iomd_buffer_put(buffer);
	}
}

struct refusal {
	const char *name;
	struct mm_struct *task;
	u32 options;
	u64 capacity;
	u64 alignment;
	u64 mask;
	int error;
};

static const struct refusal refusals[] = {
	{ "nothing", IOMD_KERNEL_TASK, BOTH, 0, 1, 0, -EINVAL },
	{ "nothing, contiguous", IOMD_KERNEL_TASK, BOTH | CONTIGUOUS, 0, 1, 0, -EINVAL },
	{ "everything", IOMD_KERNEL_TASK, BOTH, U64_MAX, 1, 0, -EINVAL },
	{ "everything, contiguous", IOMD_KERNEL_TASK, BOTH | CONTIGUOUS, U64_MAX, 1, 0, -EINVAL },
	{ "everything, under a limit", IOMD_KERNEL_TASK, BOTH, U64_MAX, 1, 0xffffffff, -EINVAL },
	{ "all but a page", IOMD_KERNEL_TASK, BOTH, U64_MAX - 100, 1, 0, -EINVAL },
	{ "wraps with its alignment", IOMD_KERNEL_TASK, BOTH, 1ULL << 63, 1ULL << 63, 0, -EINVAL },
	{ "more than there is", IOMD_KERNEL_TASK, BOTH, 1ULL << 50, 1, 0, -ENOMEM },
	{ "more than is contiguous", IOMD_KERNEL_TASK, BOTH | CONTIGUOUS, 64 << 20, 1, 0,
	  -ENOMEM },
	{ "aligned beyond what there is", IOMD_KERNEL_TASK, BOTH, 1, 1ULL << 50, 0, -ENOMEM },
	{ "no memory is that low", IOMD_KERNEL_TASK, BOTH, 64 << 10, 1, 0x7fff, -ENOMEM },
	{ "no task", NULL, BOTH, 100, 1, 0, -EINVAL },
	{ "written through", IOMD_KERNEL_TASK, BOTH | IOMD_MAP_WRITE_THRU_CACHE, 100, 1, 0,
	  -EOPNOTSUPP },
	{ "posted", IOMD_KERNEL_TASK, BOTH | IOMD_MAP_POSTED_WRITE, 100, 1, 0, -EOPNOTSUPP },
};

static void refusal_name(const struct refusal *refusal, char *name)
{
	strscpy(name, refusal->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(refusal, refusals, refusal_name);

/* BUF-2 BUF-3 BUF-8 BUF-24 BUF-27: what cannot be had */
static void refuses_what_cannot_be_had(struct kunit *test)
{
	const struct refusal *refusal = test->param_value;

	IOMD_KUNIT_EXPECT_ERR(test, iomd_client_buffer_create(IOMD_THIS_CLIENT, refusal->task,
							      refusal->options, refusal->capacity,
							      refusal->alignment, refusal->mask,
							      NULL), refusal->error);
}

/* BUF-8: memory of a process has to be pageable */
static void process_memory_must_be_pageable(struct kunit *test)
{
	IOMD_KUNIT_EXPECT_ERR(test, iomd_buffer_in_task_with_options(iomd_kunit_mm, BOTH, 100, 1),
			      -EINVAL);
}

/* BUF-16: without Pageable, Purgeable means nothing */
static void purgeable_alone_is_ignored(struct kunit *test)
{
	iomd_kunit_buffer(test, create(BOTH | IOMD_BUFFER_PURGEABLE, 100, 1, 0));
}

/*
 * Factories.
 */

/* BUF-1 BUF-31: the short forms make what the long one makes */
static void short_forms_agree(struct kunit *test)
{
	struct iomd_buffer *buffer;
	u64 phys, length;

	buffer = iomd_kunit_buffer(test, iomd_buffer_with_capacity(3 * PAGE_SIZE, IN, false));
	KUNIT_EXPECT_EQ(test, iomd_buffer_get_capacity(buffer), 3 * (u64)PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_direction(iomd_buffer_desc(buffer)), (u32)IN);

	buffer = iomd_kunit_buffer(test, iomd_buffer_with_capacity(3 * PAGE_SIZE, OUT, true));
	phys = iomd_kunit_phys(iomd_buffer_desc(buffer), 0, &length);
	KUNIT_EXPECT_EQ(test, length, 3 * (u64)PAGE_SIZE);
	KUNIT_EXPECT_TRUE(test, IS_ALIGNED(phys, 4 * PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, iomd_desc_get_direction(iomd_buffer_desc(buffer)), (u32)OUT);

	buffer = iomd_buffer_in_task_with_physical_mask(IOMD_KERNEL_TASK, BOTH | CONTIGUOUS, 100,
							0xffff0000);
	iomd_kunit_buffer(test, buffer);
	phys = iomd_kunit_phys(iomd_buffer_desc(buffer), 0, &length);
	KUNIT_EXPECT_EQ(test, length, 100ULL);
	KUNIT_EXPECT_TRUE(test, IS_ALIGNED(phys, 0x10000));

	buffer = iomd_kunit_buffer(test, iomd_buffer_with_options(BOTH, 100, 256));
	phys = iomd_kunit_phys(iomd_buffer_desc(buffer), 0, &length);
	KUNIT_EXPECT_TRUE(test, IS_ALIGNED(phys, 256));
}

/* BUF-5 BUF-32 BUF-2: with_bytes copies them, and there have to be some */
static void with_bytes_copies(struct kunit *test)
{
	u8 *bytes = iomd_kunit_zalloc(test, 5000), *copy = iomd_kunit_zalloc(test, 5000);
	struct iomd_buffer *buffer;
	u64 phys, length;

	iomd_kunit_fill(bytes, 5000, 1);
	buffer = iomd_kunit_buffer(test, iomd_buffer_with_bytes(bytes, 5000, OUT, false));
	memset(bytes, 0, 5000);
	KUNIT_EXPECT_EQ(test, iomd_buffer_get_capacity(buffer), 5000ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(iomd_buffer_desc(buffer)), 5000ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(iomd_buffer_desc(buffer), 0, copy, 5000),
			5000ULL);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(copy, 5000, 1));
	KUNIT_EXPECT_TRUE(test, IS_ALIGNED((unsigned long)iomd_buffer_get_bytes_no_copy(buffer),
					   PAGE_SIZE));

	buffer = iomd_kunit_buffer(test, iomd_buffer_with_bytes(copy, 300, IN, true));
	phys = iomd_kunit_phys(iomd_buffer_desc(buffer), 0, &length);
	KUNIT_EXPECT_EQ(test, length, 300ULL);
	KUNIT_EXPECT_TRUE(test, IS_ALIGNED(phys, 512));
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(iomd_buffer_get_bytes_no_copy(buffer), 300,
						     1));

	IOMD_KUNIT_EXPECT_ERR(test, iomd_buffer_with_bytes(bytes, 0, OUT, false), -EINVAL);
}

/* OBJ-11: a descriptor is a buffer only if it is */
static void descriptors_that_are_buffers(struct kunit *test)
{
	struct iomd_buffer *buffer = simple(test, 100, BOTH);
	struct iomd_desc *other;

	other = iomd_kunit_desc(test, iomd_desc_with_physical_address(0x1000, 16, BOTH));
	KUNIT_EXPECT_PTR_EQ(test, iomd_buffer_from_desc(iomd_buffer_desc(buffer)), buffer);
	KUNIT_EXPECT_PTR_EQ(test, iomd_buffer_from_desc(other), NULL);
	KUNIT_EXPECT_PTR_EQ(test, iomd_buffer_from_desc(NULL), NULL);
}

/* A buffer keeps its memory, and cannot describe another */
static void buffer_describes_its_own_memory(struct kunit *test)
{
	const struct iomd_range range = { 0x1000, 16 };
	struct iomd_buffer *buffer = simple(test, 100, BOTH);

	KUNIT_EXPECT_EQ(test, iomd_desc_init_with_options(iomd_buffer_desc(buffer), &range, 1, 0,
							  NULL, IOMD_MEMORY_TYPE_PHYSICAL | BOTH,
							  NULL), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(iomd_buffer_desc(buffer)), 100ULL);
}

/*
 * Prepared from birth.
 */

/* BUF-9: the implicit prepare lasts, and the caller's nest in it */
static void prepared_from_birth(struct kunit *test)
{
	struct iomd_desc *desc = iomd_buffer_desc(simple(test, 100, BOTH));
	u64 id = iomd_desc_get_preparation_id(desc);

	KUNIT_EXPECT_NE(test, id, IOMD_PREPARATION_ID_UNPREPARED);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, IN), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, OUT), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_preparation_id(desc), id);
}

/* BUF-10 GMD-47: made for OUT it is read-only for descriptors' writers, for life */
static void made_for_out_is_read_only(struct kunit *test)
{
	struct iomd_buffer *buffer = simple(test, 100, OUT);
	struct iomd_desc *desc = iomd_buffer_desc(buffer);
	u8 byte = 7;

	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(desc, 0, &byte, 1), 0ULL);
	iomd_buffer_set_direction(buffer, IN);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(desc, 0, &byte, 1), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, IN), -EROFS);
	*(u8 *)iomd_buffer_get_bytes_no_copy(buffer) = 9;
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 0, &byte, 1), 1ULL);
	KUNIT_EXPECT_EQ(test, byte, 9);
}

/* BUF-7: made for no direction it is good for both */
static void made_for_none_is_for_both(struct kunit *test)
{
	struct iomd_desc *desc = iomd_buffer_desc(simple(test, 100, NONE));
	u8 byte = 7;

	KUNIT_EXPECT_EQ(test, iomd_desc_get_direction(desc), (u32)NONE);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(desc, 0, &byte, 1), 1ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, IN), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, OUT), 0);
}

/* BUF-57 MD-9: it may go while prepared, more than once too */
static void freed_while_prepared(struct kunit *test)
{
	struct iomd_buffer *buffer = iomd_buffer_with_options(BOTH, 5 * PAGE_SIZE, 1);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, buffer);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(iomd_buffer_desc(buffer), NONE), 0);
	iomd_buffer_put(buffer);
	iomd_buffer_put(NULL);
	iomd_buffer_put(ERR_PTR(-ENOMEM));
}

/*
 * Length and direction.
 */

/* BUF-37..40 MD-46: the length moves within the capacity, and takes effect at once */
static void length_moves_within_capacity(struct kunit *test)
{
	struct iomd_buffer *buffer = simple(test, 3 * PAGE_SIZE, BOTH);
	struct iomd_desc *desc = iomd_buffer_desc(buffer);
	u8 *memory = iomd_buffer_get_bytes_no_copy(buffer), byte;
	u64 length;

	iomd_kunit_fill(memory, 3 * PAGE_SIZE, 1);
	iomd_buffer_set_length(buffer, 100);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(desc), 100ULL);
	KUNIT_EXPECT_EQ(test, iomd_buffer_get_capacity(buffer), 3 * (u64)PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 99, &byte, 1), 1ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 100, &byte, 1), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(desc, 100, &byte, 1), 0ULL);
	iomd_kunit_phys(desc, 10, &length);
	KUNIT_EXPECT_EQ(test, length, 90ULL);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, 100, &length), 0ULL);

	iomd_buffer_set_length(buffer, 3 * PAGE_SIZE + 1);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(desc), 100ULL);
	iomd_buffer_set_length(buffer, U64_MAX);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(desc), 100ULL);

	iomd_buffer_set_length(buffer, 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(desc), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, 0, &length), 0ULL);

	iomd_buffer_set_length(buffer, 3 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(desc), 3 * (u64)PAGE_SIZE);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(memory, 3 * PAGE_SIZE, 1));
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 3 * PAGE_SIZE - 1, &byte, 1), 1ULL);
	KUNIT_EXPECT_EQ(test, byte, iomd_kunit_byte(1, 3 * PAGE_SIZE - 1));
}

/* BUF-42: all of the capacity is prepared, however little of it counts at that time */
static void prepares_the_capacity(struct kunit *test)
{
	struct iomd_buffer *buffer = simple(test, 5 * PAGE_SIZE, BOTH);
	struct iomd_desc *desc = iomd_buffer_desc(buffer);
	u8 byte = 3;

	KUNIT_ASSERT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(desc, 0, &byte, 1), 0ULL);
	iomd_buffer_set_length(buffer, 10);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	iomd_buffer_set_length(buffer, 5 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(desc, 5 * PAGE_SIZE - 1, &byte, 1), 1ULL);
	KUNIT_EXPECT_EQ(test, ((u8 *)iomd_buffer_get_bytes_no_copy(buffer))[5 * PAGE_SIZE - 1], 3);
}

/* BUF-43: a new direction is for the next first prepare, and is nothing but a direction */
static void direction_is_for_the_next_prepare(struct kunit *test)
{
	struct iomd_buffer *buffer = simple(test, 100, BOTH);
	struct iomd_desc *desc = iomd_buffer_desc(buffer);
	u64 flags = iomd_desc_get_flags(desc);
	u8 byte = 1;

	iomd_buffer_set_direction(buffer, OUT | 0xfffffff0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_direction(desc), (u32)OUT);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_flags(desc), (flags & ~7ULL) | OUT);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(desc, 0, &byte, 1), 1ULL);

	KUNIT_ASSERT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(desc, 0, &byte, 1), 0ULL);
}

/*
 * Appending, and pointers.
 */

/* BUF-44 BUF-45 BUF-47: as much as fits is appended, and that is always good */
static void appends_what_fits(struct kunit *test)
{
	struct iomd_buffer *buffer = simple(test, 100, BOTH);
	struct iomd_desc *desc = iomd_buffer_desc(buffer);
	u8 *memory = iomd_buffer_get_bytes_no_copy(buffer);
	u8 bytes[80], expected[100];

	iomd_kunit_fill(bytes, 80, 1);
	memset(memory, 0xee, 100);
	memset(expected, 0xee, 100);
	iomd_buffer_set_length(buffer, 0);

	KUNIT_EXPECT_TRUE(test, iomd_buffer_append_bytes(buffer, bytes, 60));
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(desc), 60ULL);
	memcpy(expected, bytes, 60);
	KUNIT_EXPECT_MEMEQ(test, memory, expected, 100);

	KUNIT_EXPECT_TRUE(test, iomd_buffer_append_bytes(buffer, bytes, 0));
	KUNIT_EXPECT_TRUE(test, iomd_buffer_append_bytes(buffer, NULL, 10));
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(desc), 70ULL);
	memset(expected + 60, 0, 10);
	KUNIT_EXPECT_MEMEQ(test, memory, expected, 100);

	KUNIT_EXPECT_TRUE(test, iomd_buffer_append_bytes(buffer, bytes, 80));
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(desc), 100ULL);
	memcpy(expected + 70, bytes, 30);
	KUNIT_EXPECT_MEMEQ(test, memory, expected, 100);

	KUNIT_EXPECT_TRUE(test, iomd_buffer_append_bytes(buffer, bytes, 1));
	KUNIT_EXPECT_TRUE(test, iomd_buffer_append_bytes(buffer, bytes, U64_MAX));
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(desc), 100ULL);
	KUNIT_EXPECT_MEMEQ(test, memory, expected, 100);
}

/* BUF-46: what is prepared read-only is appended to all the same */
static void appends_to_read_only(struct kunit *test)
{
	struct iomd_buffer *buffer = simple(test, 100, OUT);
	u8 *memory = iomd_buffer_get_bytes_no_copy(buffer);

	iomd_buffer_set_length(buffer, 10);
	KUNIT_EXPECT_TRUE(test, iomd_buffer_append_bytes(buffer, "abc", 3));
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(iomd_buffer_desc(buffer)), 13ULL);
	KUNIT_EXPECT_MEMEQ(test, memory + 10, "abc", 3);
}

struct pointer {
	u64 start;
	u64 length;
	bool there;
};

/* BUF-48 BUF-49 BUF-51: pointers into what counts, from the first byte on */
static void pointers_into_the_length(struct kunit *test)
{
	static const struct pointer pointers[] = {
		{ 0, 0, true }, { 0, 50, true }, { 49, 1, true }, { 49, 0, true }, { 10, 20, true },
		{ 0, 51, false }, { 50, 0, false }, { 50, 1, false }, { 49, 2, false },
		{ 10, U64_MAX, false }, { U64_MAX, 1, false }, { U64_MAX, 0, false },
		{ 60, 1, false },
	};
	struct iomd_buffer *buffer = simple(test, 100, BOTH);
	u8 *memory = iomd_buffer_get_bytes_no_copy(buffer);
	u32 i;

	iomd_buffer_set_length(buffer, 50);
	KUNIT_EXPECT_PTR_EQ(test, (u8 *)iomd_buffer_get_bytes_no_copy(buffer), memory);
	for (i = 0; i < ARRAY_SIZE(pointers); i++) {
		const struct pointer *pointer = &pointers[i];
		u8 *p = iomd_buffer_get_bytes_no_copy_range(buffer, pointer->start,
							    pointer->length);

		KUNIT_EXPECT_PTR_EQ_MSG(test, p, pointer->there ? memory + pointer->start : NULL,
					"%llu bytes from %llu on", pointer->length,
					pointer->start);
	}
	KUNIT_ASSERT_EQ(test, iomd_desc_complete(iomd_buffer_desc(buffer), NONE), 0);
	KUNIT_EXPECT_PTR_EQ(test, (u8 *)iomd_buffer_get_bytes_no_copy(buffer), memory);
}

/*
 * Failing allocations.
 */

/* No vmalloc: kmemleak complains when it is its own allocation that fails there. */
static int live_once(struct kunit *test, void *data)
{
	struct iomd_buffer *slab = create(BOTH, 100, 1, 0);
	struct iomd_buffer *pages = create(BOTH | CONTIGUOUS, 3 * PAGE_SIZE, 1, 0);
	struct iomd_buffer *low = create(BOTH | CONTIGUOUS, 5 * PAGE_SIZE, 1, DMA_BIT_MASK(32));
	int err = PTR_ERR_OR_ZERO(slab) ?: PTR_ERR_OR_ZERO(pages) ?: PTR_ERR_OR_ZERO(low);

	iomd_buffer_put(slab);
	iomd_buffer_put(pages);
	iomd_buffer_put(low);
	return err;
}

/* BUF-9 OBJ-9 OBJ-13: no allocation that fails leaves anything behind */
static void survives_failing_allocations(struct kunit *test)
{
	KUNIT_EXPECT_GE(test, iomd_kunit_sweep(test, live_once, NULL, UINT_MAX), 6U);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(memory_is_as_asked_for, wish_gen_params),
	KUNIT_CASE(memory_is_cleared_every_time),
	KUNIT_CASE(contiguous_memory_is_in_reach),
	KUNIT_CASE(small_contiguous_memory_is_in_one_page),
	KUNIT_CASE_PARAM(refuses_what_cannot_be_had, refusal_gen_params),
	KUNIT_CASE(process_memory_must_be_pageable),
	KUNIT_CASE(purgeable_alone_is_ignored),
	KUNIT_CASE(short_forms_agree),
	KUNIT_CASE(with_bytes_copies),
	KUNIT_CASE(descriptors_that_are_buffers),
	KUNIT_CASE(buffer_describes_its_own_memory),
	KUNIT_CASE(prepared_from_birth),
	KUNIT_CASE(made_for_out_is_read_only),
	KUNIT_CASE(made_for_none_is_for_both),
	KUNIT_CASE(freed_while_prepared),
	KUNIT_CASE(length_moves_within_capacity),
	KUNIT_CASE(prepares_the_capacity),
	KUNIT_CASE(direction_is_for_the_next_prepare),
	KUNIT_CASE(appends_what_fits),
	KUNIT_CASE(appends_to_read_only),
	KUNIT_CASE(pointers_into_the_length),
	KUNIT_CASE(survives_failing_allocations),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_buffer",
	.suite_init = iomd_kunit_suite_init,
	.suite_exit = iomd_kunit_suite_exit,
	.init = iomd_kunit_init,
	.test_cases = cases,
};

kunit_test_suite(suite);
