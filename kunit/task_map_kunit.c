// SPDX-License-Identifier: GPL-2.0-only
/*
 * Maps into tasks: the process that loaded the suites, which a case either is for a while,
 * or to which it maps from outside.
 */
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compose.h"

#define ANYWHERE	IOMD_MAP_ANYWHERE
#define READ_ONLY	IOMD_MAP_READ_ONLY
#define BOTH		IOMD_DIRECTION_OUT_IN

/*
 * Memory, and maps of it.
 */

/* A buffer with a pattern. */
static struct iomd_desc *filled_buffer(struct kunit *test, u64 length, u32 seed)
{
	struct iomd_buffer *buffer = iomd_buffer_with_options(BOTH, length, PAGE_SIZE);

	iomd_kunit_fill(iomd_buffer_get_bytes_no_copy(iomd_kunit_buffer(test, buffer)), length,
			seed);
	return iomd_buffer_desc(buffer);
}

static u8 *bytes_of(struct iomd_desc *buffer)
{
	return iomd_buffer_get_bytes_no_copy(iomd_buffer_from_desc(buffer));
}

static struct iomd_map *into_task(struct iomd_desc *desc, u64 address, u32 options, u64 offset,
				  u64 length)
{
	return iomd_desc_create_mapping_in_task(desc, iomd_kunit_mm, address, options, offset,
						length);
}

static void undo_put(void *data)
{
	iomd_map_put(data);
}

/* Expect a map rather than an error, and put it at the end of the case. */
static struct iomd_map *keep(struct kunit *test, struct iomd_map *map)
{
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, map);
	iomd_kunit_defer(test, undo_put, map);
	return map;
}

static struct iomd_map *keep_whole(struct kunit *test, struct iomd_desc *desc, u32 options)
{
	return keep(test, into_task(desc, 0, options | ANYWHERE, 0, 0));
}

/*
 * What the process sees.
 */

/* Can it read a byte? Store it. */
static bool can_read(u64 address, u8 *byte)
{
	IOMD_KUNIT_AS_TASK();

	return !copy_from_user(byte, u64_to_user_ptr(address), 1);
}

static bool is_readable(u64 address)
{
	u8 byte;

	return can_read(address, &byte);
}

/* Can it write what is there already? */
static bool __maybe_unused is_writable(u64 address)
{
	IOMD_KUNIT_AS_TASK();
	u8 byte = 0;

	return !copy_from_user(&byte, u64_to_user_ptr(address), 1) &&
	       !copy_to_user(u64_to_user_ptr(address), &byte, 1);
}

static void poke(struct kunit *test, u64 address, u8 byte)
{
	IOMD_KUNIT_AS_TASK();

	KUNIT_EXPECT_EQ(test, copy_to_user(u64_to_user_ptr(address), &byte, 1), 0UL);
}

static u8 peek(struct kunit *test, u64 address)
{
	u8 byte = 0;

	KUNIT_EXPECT_TRUE(test, can_read(address, &byte));
	return byte;
}

/* MAP-8 MAP-46 MAP-47 MAP-49: memory is seen both ways, until it is unmapped */
static void shows_memory(struct kunit *test)
{
	struct iomd_desc *desc = filled_buffer(test, 3 * PAGE_SIZE, 1);
	struct iomd_map *map = keep_whole(test, desc, 0);
	u64 address = iomd_map_get_address(map);

	KUNIT_EXPECT_EQ(test, iomd_map_get_length(map), 3ULL * PAGE_SIZE);
	KUNIT_EXPECT_PTR_EQ(test, iomd_map_get_address_task(map), iomd_kunit_mm);
	iomd_kunit_user_expect(test, address, 3 * PAGE_SIZE, 1);
	poke(test, address + PAGE_SIZE, 0x55);
	KUNIT_EXPECT_EQ(test, bytes_of(desc)[PAGE_SIZE], 0x55);
	bytes_of(desc)[2 * PAGE_SIZE + 7] = 0x66;
	KUNIT_EXPECT_EQ(test, peek(test, address + 2 * PAGE_SIZE + 7), 0x66);

	KUNIT_EXPECT_EQ(test, iomd_map_unmap(map), 0);
	KUNIT_EXPECT_EQ(test, iomd_map_get_address(map), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_map_get_length(map), 3ULL * PAGE_SIZE);
	KUNIT_EXPECT_FALSE(test, is_readable(address));
	KUNIT_EXPECT_EQ(test, iomd_map_unmap(map), 0);
}

/* MAP-7: the process maps into itself */
static void maps_into_itself(struct kunit *test)
{
	IOMD_KUNIT_AS_TASK();

	shows_memory(test);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(shows_memory),
	KUNIT_CASE(maps_into_itself),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_task_map",
	.suite_init = iomd_kunit_suite_init,
	.suite_exit = iomd_kunit_suite_exit,
	.init = iomd_kunit_init,
	.test_cases = cases,
};

kunit_test_suite(suite);
