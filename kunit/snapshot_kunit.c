// SPDX-License-Identifier: GPL-2.0-only
/*
 * Maps of a copy of the memory, and what maps may write.
 */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/module.h>

#include "compose.h"

#define IN		IOMD_DIRECTION_IN
#define OUT		IOMD_DIRECTION_OUT
#define BOTH		IOMD_DIRECTION_OUT_IN
#define NONE		IOMD_DIRECTION_NONE
#define COPY		IOMD_MEMORY_MAP_COPY_ON_WRITE
#define ANYWHERE	IOMD_MAP_ANYWHERE
#define READ_ONLY	IOMD_MAP_READ_ONLY

#define SKIP		0x123
#define LENGTH		(2 * PAGE_SIZE + 0x345)

static void undo_map(void *data)
{
	iomd_map_put(data);
}

static struct iomd_map *mapped(struct kunit *test, struct iomd_desc *desc, u32 options)
{
	struct iomd_map *map = iomd_desc_map(desc, options);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, map);
	iomd_kunit_defer(test, undo_map, map);
	return map;
}

static u8 *seen(struct iomd_map *map)
{
	return iomd_map_get_virtual_address(map);
}

/* Memory of the task, filled with what seed 1 makes. */
static u64 user_memory(struct kunit *test, u64 length)
{
	u64 address = iomd_kunit_map_anonymous(test, PAGE_ALIGN(SKIP + length)) + SKIP;

	iomd_kunit_user_fill(test, address, length, 1);
	return address;
}

static struct iomd_desc *described(struct kunit *test, u64 address, u64 length, u32 options)
{
	return iomd_kunit_desc(test, iomd_desc_with_address_range(address, length, options,
								  iomd_kunit_mm));
}

static void expect_filled(struct kunit *test, const void *bytes, u64 length, u32 seed)
{
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(bytes, length, seed));
}

/* GMD-82 MAP-8: neither sees what the other writes, and what a map wrote, later maps show */
static void shows_a_copy(struct kunit *test)
{
	u64 address = user_memory(test, LENGTH);
	struct iomd_desc *desc = described(test, address, LENGTH, BOTH | COPY);
	struct iomd_map *map;

	map = iomd_desc_map(desc, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, map);
	KUNIT_EXPECT_EQ(test, offset_in_page(seen(map)), (unsigned long)SKIP);
	expect_filled(test, seen(map), LENGTH, 1);
	iomd_kunit_user_fill(test, address, LENGTH, 2);
	expect_filled(test, seen(map), LENGTH, 1);
	iomd_kunit_fill(seen(map), LENGTH, 3);
	iomd_kunit_user_expect(test, address, LENGTH, 2);
	expect_filled(test, seen(mapped(test, desc, IOMD_MAP_UNIQUE)), LENGTH, 3);
	iomd_map_put(map);
	expect_filled(test, seen(mapped(test, desc, READ_ONLY)), LENGTH, 3);
}

/* GMD-82: a copy is kept while nobody maps it, and takes neither pins nor the owner */
static void keeps_the_copy(struct kunit *test)
{
	u64 pinned = iomd_kunit_pinned(), address = user_memory(test, LENGTH);
	struct iomd_desc *desc = described(test, address, LENGTH, BOTH | COPY);
	struct iomd_map *map = iomd_desc_map(desc, 0);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, map);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), pinned);
	iomd_kunit_unmap(address - SKIP, PAGE_ALIGN(SKIP + LENGTH));
	iomd_map_put(map);
	expect_filled(test, seen(mapped(test, desc, 0)), LENGTH, 1);
}

/* GMD-82 MAP-72: a map keeps what it shows when the descriptor is gone, or is another */
static void outlives_the_descriptor(struct kunit *test)
{
	const struct iomd_range range = { user_memory(test, LENGTH), LENGTH };
	struct iomd_desc *desc = described(test, range.address, LENGTH, BOTH | COPY);
	struct iomd_map *map = mapped(test, desc, 0);

	iomd_kunit_user_fill(test, range.address, LENGTH, 2);
	KUNIT_ASSERT_EQ(test, iomd_desc_init_with_options(desc, &range, 1, 0, iomd_kunit_mm,
							  IOMD_MEMORY_TYPE_VIRTUAL | BOTH | COPY,
							  NULL), 0);
	expect_filled(test, seen(map), LENGTH, 1);
	expect_filled(test, seen(mapped(test, desc, 0)), LENGTH, 2);
}

static int file_mmap(struct file *file, struct vm_area_struct *vma)
{
	return iomd_desc_mmap(file->private_data, vma);
}

static const struct file_operations file_fops = {
	.owner = THIS_MODULE,
	.mmap = file_mmap,
};

/* GMD-82: a driver's own mapping would show the memory itself */
static void not_for_drivers_own_mappings(struct kunit *test)
{
	IOMD_KUNIT_AS_TASK();
	u64 address = user_memory(test, LENGTH) - SKIP;
	struct iomd_desc *desc = described(test, address, PAGE_SIZE, BOTH | COPY);
	struct file *file;
	unsigned long at;

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, 0), 0);
	file = anon_inode_getfile("iomd_kunit", &file_fops, desc, O_RDWR);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	at = vm_mmap(file, 0, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
	KUNIT_EXPECT_EQ(test, (long)at, -EOPNOTSUPP);
	if (!IS_ERR_VALUE(at))
		vm_munmap(at, PAGE_SIZE);
	fput(file);
	flush_delayed_fput();
	iomd_desc_complete(desc, 0);
}

/* GMD-83: who does I/O has the memory itself */
static void does_io_with_the_memory(struct kunit *test)
{
	u64 address = user_memory(test, LENGTH);
	struct iomd_desc *desc = described(test, address, LENGTH, BOTH | COPY);
	u8 *found = iomd_kunit_zalloc(test, LENGTH);
	struct iomd_map *map = mapped(test, desc, 0);

	iomd_kunit_user_fill(test, address, LENGTH, 2);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, 0, NULL),
			page_to_phys(iomd_kunit_user_page(test, address)) + SKIP);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 0, found, LENGTH), (u64)LENGTH);
	expect_filled(test, found, LENGTH, 2);
	iomd_kunit_fill(found, LENGTH, 4);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(desc, 0, found, LENGTH), (u64)LENGTH);
	iomd_desc_complete(desc, NONE);
	iomd_kunit_user_expect(test, address, LENGTH, 4);
	expect_filled(test, seen(map), LENGTH, 1);
}

/* GMD-77 GMD-83 GMD-98: only a map that needs one makes a copy; where memory is, it is itself */
static void copies_when_it_must(struct kunit *test)
{
	u64 address = user_memory(test, LENGTH);
	struct iomd_desc *desc = described(test, address, LENGTH, BOTH | COPY);
	struct iomd_map *own, *noted;

	own = iomd_desc_create_mapping_in_task(desc, iomd_kunit_mm, 0, ANYWHERE, 0, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, own);
	KUNIT_EXPECT_EQ(test, iomd_map_get_address(own), address);
	noted = iomd_desc_set_mapping(desc, IOMD_KERNEL_TASK, 0x1000, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, noted);
	iomd_map_put(noted);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_map(desc, IOMD_MAP_REFERENCE), -ENOENT);
	iomd_kunit_user_fill(test, address, LENGTH, 2);
	expect_filled(test, seen(mapped(test, desc, 0)), LENGTH, 2);
	iomd_map_put(own);
}

/* GMD-82 GMD-103: of several ranges, each as it lies in its pages */
static void copies_ranges(struct kunit *test)
{
	u64 first = iomd_kunit_map_anonymous(test, 4 * PAGE_SIZE);
	u64 second = iomd_kunit_map_anonymous(test, 4 * PAGE_SIZE);
	const struct iomd_range ranges[] = {
		{ first + SKIP, 5 },
		{ first + SKIP + 5, 2 * PAGE_SIZE - SKIP - 5 },
		{ second, 0 },
		{ second + PAGE_SIZE, PAGE_SIZE + 7 },
		{ first + 3 * PAGE_SIZE + 1, 100 },
	};
	const u64 aligned = 3 * PAGE_SIZE - SKIP + 7, total = aligned + 100;
	struct iomd_desc *desc;
	struct iomd_map *map;

	iomd_kunit_user_fill(test, first, 4 * PAGE_SIZE, 1);
	iomd_kunit_user_fill(test, second, 4 * PAGE_SIZE, 2);
	desc = iomd_kunit_desc(test, iomd_desc_with_address_ranges(ranges, ARRAY_SIZE(ranges),
								   OUT | COPY, iomd_kunit_mm));
	KUNIT_ASSERT_EQ(test, iomd_desc_get_length(desc), total);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_map(desc, 0), -EBADSLT);

	map = iomd_desc_create_mapping_in_task(desc, IOMD_KERNEL_TASK, 0, ANYWHERE, 0, aligned);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, map);
	KUNIT_EXPECT_EQ(test, offset_in_page(seen(map)), (unsigned long)SKIP);
	KUNIT_EXPECT_EQ(test, seen(map)[0], iomd_kunit_byte(1, SKIP));
	KUNIT_EXPECT_EQ(test, seen(map)[5], iomd_kunit_byte(1, SKIP + 5));
	KUNIT_EXPECT_EQ(test, seen(map)[2 * PAGE_SIZE - SKIP - 1],
			iomd_kunit_byte(1, 2 * PAGE_SIZE - 1));
	KUNIT_EXPECT_EQ(test, seen(map)[2 * PAGE_SIZE - SKIP], iomd_kunit_byte(2, PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, seen(map)[aligned - 1], iomd_kunit_byte(2, 2 * PAGE_SIZE + 6));
	iomd_map_put(map);

	map = iomd_desc_create_mapping_in_task(desc, IOMD_KERNEL_TASK, 0, ANYWHERE, aligned, 100);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, map);
	KUNIT_EXPECT_EQ(test, offset_in_page(seen(map)), 1UL);
	KUNIT_EXPECT_EQ(test, seen(map)[99], iomd_kunit_byte(1, 3 * PAGE_SIZE + 100));
	iomd_map_put(map);
}

/* GMD-82: what the kernel has is copied, too; and as a part of other descriptors */
static void copies_kernel_memory(struct kunit *test)
{
	u8 *memory = iomd_kunit_vmap(test, iomd_kunit_scattered_pages(test, 3), 3);
	struct iomd_desc *descs[2], *multi;
	struct iomd_map *map;

	iomd_kunit_fill(memory, 3 * PAGE_SIZE, 1);
	descs[0] = iomd_kunit_desc(test, iomd_desc_with_address_range((unsigned long)memory,
								      2 * PAGE_SIZE, BOTH | COPY,
								      IOMD_KERNEL_TASK));
	descs[1] = iomd_kunit_kernel_desc(test, memory + 2 * PAGE_SIZE, PAGE_SIZE, BOTH);
	multi = iomd_kunit_desc(test, iomd_multi_with_descriptors(descs, 2, BOTH, false));
	map = mapped(test, multi, IOMD_MAP_UNIQUE);
	iomd_kunit_fill(memory, 3 * PAGE_SIZE, 2);
	expect_filled(test, seen(map), 2 * PAGE_SIZE, 1);
	KUNIT_EXPECT_EQ(test, seen(map)[2 * PAGE_SIZE], iomd_kunit_byte(2, 2 * PAGE_SIZE));
	expect_filled(test, seen(mapped(test, descs[0], IOMD_MAP_UNIQUE)), 2 * PAGE_SIZE, 1);
}

/* GMD-81 GMD-82: for a copy the task needs to read, and no more */
static void copies_what_can_be_read(struct kunit *test)
{
	struct file *file = iomd_kunit_shmem(test, PAGE_SIZE);
	u64 writable = iomd_kunit_map(test, file, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED);
	u64 address = iomd_kunit_map(test, file, PAGE_SIZE, PROT_READ, MAP_SHARED);
	struct iomd_map *map;

	iomd_kunit_user_fill(test, writable, PAGE_SIZE, 1);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_map(described(test, address, PAGE_SIZE, IN),
						  READ_ONLY), -EACCES);
	map = mapped(test, described(test, address, PAGE_SIZE, IN | COPY), 0);
	expect_filled(test, seen(map), PAGE_SIZE, 1);
	iomd_kunit_fill(seen(map), PAGE_SIZE, 3);
	iomd_kunit_user_expect(test, writable, PAGE_SIZE, 1);
}

/* GMD-82 GMD-98: what cannot be copied, and that nothing is left of the attempt */
static void refuses(struct kunit *test)
{
	u64 address = user_memory(test, LENGTH);
	struct iomd_desc *desc = described(test, address, LENGTH, BOTH | COPY);
	struct page *page = iomd_kunit_page(test, 0, U64_MAX);

	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_with_physical_address(page_to_phys(page), PAGE_SIZE,
								    BOTH | COPY), -EOPNOTSUPP);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_with_pages(&page, 1, 0, PAGE_SIZE, BOTH | COPY,
							 NULL), -EOPNOTSUPP);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_map(described(test, address, LENGTH, BOTH | COPY |
							    IOMD_MEMORY_REMOTE), 0), -ENXIO);

	iomd_kunit_unmap(address - SKIP + PAGE_SIZE, PAGE_SIZE);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_map(desc, 0), -EFAULT);
	iomd_kunit_map_at(test, address - SKIP + PAGE_SIZE, PAGE_SIZE, PROT_READ | PROT_WRITE);
	iomd_kunit_user_fill(test, address, LENGTH, 2);
	expect_filled(test, seen(mapped(test, desc, 0)), LENGTH, 2);
}

/* GMD-98: without memory there is neither a map nor a copy, and nothing is lost */
static int map_a_page(struct kunit *test, void *data)
{
	u64 *address = data;
	struct iomd_desc *desc;
	struct iomd_map *map;
	int err = 0;

	desc = iomd_desc_with_address_range(*address, 100, BOTH | COPY, iomd_kunit_mm);
	if (IS_ERR(desc))
		return PTR_ERR(desc);
	map = iomd_desc_map(desc, 0);
	if (IS_ERR(map))
		err = PTR_ERR(map);
	else
		expect_filled(test, seen(map), 100, 1);
	iomd_map_put(map);
	iomd_desc_put(desc);
	return err;
}

static void survives_failing_allocations(struct kunit *test)
{
	u64 address = user_memory(test, 100);

	KUNIT_EXPECT_GE(test, iomd_kunit_sweep(test, map_a_page, &address, UINT_MAX), 6U);
}

/* MAP-33 GMD-80: who maps memory for writing writes it, whoever has mapped it before */
static void writes_what_was_mapped_for_reading(struct kunit *test)
{
	u64 address = user_memory(test, LENGTH);
	struct iomd_desc *desc = described(test, address, LENGTH, OUT);
	struct iomd_map *reads = mapped(test, desc, READ_ONLY);

	iomd_kunit_fill(seen(mapped(test, desc, 0)), LENGTH, 3);
	iomd_kunit_user_expect(test, address, LENGTH, 3);
	expect_filled(test, seen(reads), LENGTH, 3);
}

/* MAP-33 GMD-80 GMD-81: unless the task may not write it */
static void does_not_write_what_the_task_cannot(struct kunit *test)
{
	struct file *file = iomd_kunit_shmem(test, PAGE_SIZE);
	u64 address = iomd_kunit_map(test, file, PAGE_SIZE, PROT_READ, MAP_SHARED);
	struct iomd_desc *desc = described(test, address, PAGE_SIZE, OUT);

	mapped(test, desc, READ_ONLY);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_map(desc, 0), -EACCES);
}

/* GMD-77 GMD-80: maps show what a persistent descriptor is bound to, or a copy of that */
static void shows_what_is_bound(struct kunit *test)
{
	u64 address = user_memory(test, LENGTH), start = address - SKIP;
	struct iomd_desc *kept = described(test, address, LENGTH, BOTH | IOMD_MEMORY_PERSISTENT);
	struct iomd_desc *copied = described(test, address, LENGTH,
					     BOTH | COPY | IOMD_MEMORY_PERSISTENT);
	struct iomd_desc *read = described(test, address, LENGTH, OUT | IOMD_MEMORY_PERSISTENT);

	iomd_kunit_unmap(start, PAGE_ALIGN(SKIP + LENGTH));
	iomd_kunit_map_at(test, start, PAGE_ALIGN(SKIP + LENGTH), PROT_READ | PROT_WRITE);
	iomd_kunit_user_fill(test, address, LENGTH, 2);
	expect_filled(test, seen(mapped(test, kept, 0)), LENGTH, 1);
	expect_filled(test, seen(mapped(test, copied, 0)), LENGTH, 1);
	expect_filled(test, seen(mapped(test, read, READ_ONLY)), LENGTH, 1);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_map(read, 0), -EACCES);
}

/* MAP-46: what could be written through a map may not be thrown away */
static void marks_what_it_may_have_written(struct kunit *test)
{
	struct iomd_desc *desc = iomd_buffer_desc(iomd_kunit_pageable(test, PAGE_SIZE, 0));
	u64 resident = 0, dirty = 0;
	struct iomd_map *map;

	/* As if it had been written to swap, and read again. */
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, OUT), 0);
	ClearPageDirty(pfn_to_page(PHYS_PFN(iomd_kunit_phys(desc, 0, NULL))));
	KUNIT_ASSERT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_page_counts(desc, &resident, &dirty), 0);
	KUNIT_EXPECT_EQ(test, dirty, 0ULL);
	resident = 0;

	map = iomd_desc_map(desc, IOMD_MAP_UNIQUE);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, map);
	iomd_kunit_fill(seen(map), PAGE_SIZE, 1);
	iomd_map_put(map);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_page_counts(desc, &resident, &dirty), 0);
	KUNIT_EXPECT_EQ(test, resident, 1ULL);
	KUNIT_EXPECT_EQ(test, dirty, 1ULL);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(shows_a_copy),
	KUNIT_CASE(keeps_the_copy),
	KUNIT_CASE(outlives_the_descriptor),
	KUNIT_CASE(not_for_drivers_own_mappings),
	KUNIT_CASE(does_io_with_the_memory),
	KUNIT_CASE(copies_when_it_must),
	KUNIT_CASE(copies_ranges),
	KUNIT_CASE(copies_kernel_memory),
	KUNIT_CASE(copies_what_can_be_read),
	KUNIT_CASE(refuses),
	KUNIT_CASE(survives_failing_allocations),
	KUNIT_CASE(writes_what_was_mapped_for_reading),
	KUNIT_CASE(does_not_write_what_the_task_cannot),
	KUNIT_CASE(shows_what_is_bound),
	KUNIT_CASE(marks_what_it_may_have_written),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_snapshot",
	.suite_init = iomd_kunit_suite_init,
	.suite_exit = iomd_kunit_suite_exit,
	.init = iomd_kunit_init,
	.test_cases = cases,
};

kunit_test_suite(suite);
