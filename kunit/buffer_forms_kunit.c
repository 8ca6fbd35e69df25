// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers of particular forms: between guards, as copies, and cached in other ways.
 */
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/uaccess.h>

#ifdef CONFIG_X86
#include <asm/pgtable.h>
#endif

#include "compose.h"
#include "process.h"

#define IN		IOMD_DIRECTION_IN
#define OUT		IOMD_DIRECTION_OUT
#define BOTH		IOMD_DIRECTION_OUT_IN
#define NONE		IOMD_DIRECTION_NONE
#define CONTIGUOUS	IOMD_BUFFER_PHYSICALLY_CONTIGUOUS
#define HOST_CONTIGUOUS	IOMD_BUFFER_HOST_PHYSICALLY_CONTIGUOUS
#define PAGEABLE	IOMD_BUFFER_PAGEABLE
#define SHARED		IOMD_BUFFER_KERNEL_USER_SHARED

/*
 * Between guards.
 */

static bool is_there(const u8 *memory)
{
	u8 byte;

	return !copy_from_kernel_nofault(&byte, memory, 1);
}

/* BUF-34 BUF-6 BUF-4: whole pages, zeroed, and a touch on either side of them is a fault */
static void guards_are_around_it(struct kunit *test)
{
	static const u64 capacities[] = { 1, PAGE_SIZE, PAGE_SIZE + 1, 5 * PAGE_SIZE - 3 };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(capacities); i++) {
		u64 length = PAGE_ALIGN(capacities[i]);
		struct iomd_buffer *buffer;
		struct iomd_desc *desc;
		u8 *memory;

		buffer = iomd_buffer_in_task_with_guard_pages(IOMD_KERNEL_TASK, BOTH,
							      capacities[i]);
		iomd_kunit_buffer(test, buffer);
		desc = iomd_buffer_desc(buffer);
		memory = iomd_buffer_get_bytes_no_copy(buffer);
		KUNIT_EXPECT_EQ(test, iomd_buffer_get_capacity(buffer), length);
		KUNIT_EXPECT_EQ(test, iomd_desc_get_length(desc), length);
		KUNIT_EXPECT_TRUE(test, PAGE_ALIGNED(memory));
		KUNIT_EXPECT_TRUE(test, iomd_kunit_is_prepared(desc));
		KUNIT_EXPECT_PTR_EQ(test, memchr_inv(memory, 0, length), NULL);

		KUNIT_EXPECT_TRUE(test, is_there(memory));
		KUNIT_EXPECT_TRUE(test, is_there(memory + length - 1));
		KUNIT_EXPECT_FALSE(test, is_there(memory - 1));
		KUNIT_EXPECT_FALSE(test, is_there(memory - PAGE_SIZE));
		KUNIT_EXPECT_FALSE(test, is_there(memory + length));
		KUNIT_EXPECT_FALSE(test, is_there(memory + length + PAGE_SIZE - 1));
		iomd_kunit_fill(memory, length, 1);
		iomd_kunit_expect_contents(test, desc, memory, length);
	}
}

/* BUF-34: guards are for memory of the kernel's that is in pages, and in no others */
static void guards_are_not_around_everything(struct kunit *test)
{
	static const u32 refused[] = { PAGEABLE, CONTIGUOUS, HOST_CONTIGUOUS };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(refused); i++)
		IOMD_KUNIT_EXPECT_ERR(test,
				      iomd_buffer_in_task_with_guard_pages(IOMD_KERNEL_TASK,
									   BOTH | refused[i], 1),
				      -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_buffer_in_task_with_guard_pages(iomd_kunit_mm, BOTH, 1),
			      -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_buffer_in_task_with_guard_pages(NULL, BOTH, 1), -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_buffer_in_task_with_guard_pages(IOMD_KERNEL_TASK, BOTH,
									 0), -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_buffer_in_task_with_guard_pages(IOMD_KERNEL_TASK, BOTH,
									 U64_MAX), -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_buffer_in_task_with_guard_pages(IOMD_KERNEL_TASK, BOTH,
									 1ULL << 50), -ENOMEM);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_buffer_in_task_with_guard_pages(IOMD_KERNEL_TASK, BOTH |
									 IOMD_MAP_INHIBIT_CACHE,
									 1), -EOPNOTSUPP);
}

/*
 * Copies.
 */

#define LENGTH	(3 * PAGE_SIZE - 9)

static void expect_copy(struct kunit *test, struct iomd_buffer *buffer, u32 seed)
{
	struct iomd_desc *desc = iomd_buffer_desc(buffer);
	u8 *expected = iomd_kunit_zalloc(test, LENGTH);

	iomd_kunit_fill(expected, LENGTH, seed);
	KUNIT_EXPECT_EQ(test, iomd_buffer_get_capacity(buffer), (u64)LENGTH);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(desc));
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, OUT), 0);
	iomd_kunit_expect_contents(test, desc, expected, LENGTH);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
}

/* BUF-33: a copy for the kernel, of a task's memory or its own; what the source does is its */
static void copies_for_the_kernel(struct kunit *test)
{
	static const u32 directions[] = { BOTH, IN, OUT, NONE };
	u64 base = iomd_kunit_map_anonymous(test, 4 * PAGE_SIZE);
	u8 *memory = iomd_kunit_zalloc(test, 4 * PAGE_SIZE);
	struct iomd_buffer *of_task, *of_kernel;
	u64 before = iomd_kunit_pinned();
	u32 i;

	for (i = 0; i < ARRAY_SIZE(directions); i++) {
		iomd_kunit_user_fill(test, base + 5, LENGTH, 1);
		iomd_kunit_fill(memory + 7, LENGTH, 2);
		of_task = iomd_buffer_with_copy(IOMD_KERNEL_TASK, directions[i] | PAGEABLE,
						iomd_kunit_mm, base + 5, LENGTH);
		iomd_kunit_buffer(test, of_task);
		of_kernel = iomd_buffer_with_copy(IOMD_KERNEL_TASK, directions[i] | PAGEABLE,
						  IOMD_KERNEL_TASK, (unsigned long)memory + 7,
						  LENGTH);
		iomd_kunit_buffer(test, of_kernel);
		KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before);

		iomd_kunit_user_fill(test, base, 4 * PAGE_SIZE, 3);
		memset(memory, 0, 4 * PAGE_SIZE);
		expect_copy(test, of_task, 1);
		expect_copy(test, of_kernel, 2);
		KUNIT_EXPECT_EQ(test, iomd_desc_get_direction(iomd_buffer_desc(of_task)),
				directions[i]);
		KUNIT_EXPECT_TRUE(test,
				  iomd_kunit_is_filled(iomd_buffer_get_bytes_no_copy(of_task),
						       LENGTH, 1));
	}
}

static bool can_touch(u64 address)
{
	IOMD_KUNIT_AS_TASK();
	u8 byte;

	return !copy_from_user(&byte, u64_to_user_ptr(address), 1);
}

/* BUF-33: a copy for a task is where that can find it, until the buffer goes */
static void copies_for_a_task(struct kunit *test)
{
	u64 base = iomd_kunit_map(test, NULL, 4 * PAGE_SIZE, PROT_READ,
				  MAP_PRIVATE | MAP_ANONYMOUS), address;
	u8 *memory = iomd_kunit_zalloc(test, LENGTH);
	struct iomd_buffer *buffer, *zeroes;

	iomd_kunit_fill(memory, LENGTH, 2);
	buffer = iomd_buffer_with_copy(iomd_kunit_mm, BOTH | PAGEABLE, IOMD_KERNEL_TASK,
				       (unsigned long)memory, LENGTH);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, buffer);
	address = (unsigned long)iomd_buffer_get_bytes_no_copy(buffer);
	iomd_kunit_user_expect(test, address, LENGTH, 2);
	iomd_kunit_user_fill(test, address, LENGTH, 4);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(memory, LENGTH, 2));
	expect_copy(test, buffer, 4);
	iomd_buffer_put(buffer);
	KUNIT_EXPECT_FALSE(test, can_touch(address));

	/* What may only be read can be copied too. */
	zeroes = iomd_buffer_with_copy(iomd_kunit_mm, BOTH | PAGEABLE, iomd_kunit_mm, base, LENGTH);
	iomd_kunit_buffer(test, zeroes);
	address = (unsigned long)iomd_buffer_get_bytes_no_copy(zeroes);
	iomd_kunit_user_fill(test, address, LENGTH, 5);
	expect_copy(test, zeroes, 5);
}

/* BUF-33: if the task is gone, so is its copy; the buffer is not */
static void copies_outlast_the_task(struct kunit *test)
{
	char *argv[4] = { "/bin/busybox", "sleep", "1000", NULL };
	struct iomd_kunit_process *process = iomd_kunit_start(test, argv);
	u8 *memory = iomd_kunit_zalloc(test, LENGTH);
	struct iomd_kunit_witness witness;
	struct iomd_buffer *buffer;

	iomd_kunit_fill(memory, LENGTH, 2);
	buffer = iomd_buffer_with_copy(process->mm, BOTH | PAGEABLE, IOMD_KERNEL_TASK,
				       (unsigned long)memory, LENGTH);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, buffer);
	iomd_kunit_watch(&witness, iomd_buffer_desc(buffer));
	iomd_kunit_kill(test, process);
	expect_copy(test, buffer, 2);
	iomd_buffer_put(buffer);
	KUNIT_EXPECT_TRUE(test, witness.is_gone);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_buffer_with_copy(process->mm, BOTH | PAGEABLE,
							  IOMD_KERNEL_TASK, (unsigned long)memory,
							  LENGTH), -ENXIO);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_buffer_with_copy(IOMD_KERNEL_TASK, BOTH | PAGEABLE,
							  process->mm, 0x1000, LENGTH), -ENXIO);
}

struct no_copy {
	const char *name;
	u32 options;
	bool no_task;
	bool no_source_task;
	u64 source;	/* from the mapped pages on */
	u64 size;
	int error;
};

static const struct no_copy no_copies[] = {
	{ "not pageable", BOTH, false, false, 0, 16, -EINVAL },
	{ "no task", BOTH | PAGEABLE, true, false, 0, 16, -EINVAL },
	{ "nobody's memory", BOTH | PAGEABLE, false, true, 0, 16, -EINVAL },
	{ "nothing", BOTH | PAGEABLE, false, false, 0, 0, -EINVAL },
	{ "everything", BOTH | PAGEABLE, false, false, 0, U64_MAX, -EINVAL },
	{ "too much for the kernel", BOTH | PAGEABLE, false, false, 0, (512 << 20) + 1, -EINVAL },
	{ "not mapped", BOTH | PAGEABLE, false, false, 2 * PAGE_SIZE, 16, -EFAULT },
	{ "not all mapped", BOTH | PAGEABLE, false, false, PAGE_SIZE, PAGE_SIZE + 1, -EFAULT },
	{ "not accessible", BOTH | PAGEABLE, false, false, 3 * PAGE_SIZE, 16, -EACCES },
	{ "at no address", BOTH | PAGEABLE, false, false, U64_MAX / 2 + 1, 16, -EFAULT },
	{ "cached otherwise", BOTH | PAGEABLE | IOMD_MAP_INHIBIT_CACHE, false, false, 0, 16,
	  -EOPNOTSUPP },
};

static void no_copy_name(const struct no_copy *no_copy, char *name)
{
	strscpy(name, no_copy->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(no_copy, no_copies, no_copy_name);

/* BUF-33 BUF-2 BUF-3 BUF-35: what cannot be copied, and leaves nothing behind */
static void refuses_copies(struct kunit *test)
{
	const struct no_copy *no_copy = test->param_value;
	u64 base = iomd_kunit_map_anonymous(test, 4 * PAGE_SIZE), before = iomd_kunit_pinned();

	iomd_kunit_unmap(base + 2 * PAGE_SIZE, PAGE_SIZE);
	iomd_kunit_map_at(test, base + 3 * PAGE_SIZE, PAGE_SIZE, PROT_NONE);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_buffer_with_copy(no_copy->no_task ? NULL :
							  IOMD_KERNEL_TASK, no_copy->options,
							  no_copy->no_source_task ? NULL :
							  iomd_kunit_mm, base + no_copy->source,
							  no_copy->size), no_copy->error);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before);
}

/*
 * Cached in other ways.
 */

struct mode {
	const char *name;
	u32 mode;
	u32 options;
	u64 capacity;
};

static const struct mode modes[] = {
	{ "inhibited", IOMD_MAP_INHIBIT_CACHE, BOTH, 5 * PAGE_SIZE + 1 },
	{ "inhibited, a byte", IOMD_MAP_INHIBIT_CACHE, BOTH, 1 },
	{ "inhibited, contiguous", IOMD_MAP_INHIBIT_CACHE, BOTH | CONTIGUOUS, 5 * PAGE_SIZE },
	{ "real time", IOMD_MAP_REAL_TIME_CACHE, BOTH, 5 * PAGE_SIZE + 1 },
	{ "write combining", IOMD_MAP_WRITE_COMBINE_CACHE, BOTH, 5 * PAGE_SIZE + 1 },
	{ "write combining, contiguous", IOMD_MAP_WRITE_COMBINE_CACHE, BOTH | CONTIGUOUS,
	  5 * PAGE_SIZE },
	{ "default", IOMD_MAP_DEFAULT_CACHE, BOTH, 5 * PAGE_SIZE },
	{ "copyback", IOMD_MAP_COPYBACK_CACHE, BOTH, 5 * PAGE_SIZE },
	{ "copyback, inner", IOMD_MAP_COPYBACK_INNER_CACHE, BOTH, 5 * PAGE_SIZE },
};

static void mode_name(const struct mode *mode, char *name)
{
	strscpy(name, mode->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(mode, modes, mode_name);

/* How the kernel has that address mapped: is it as @mode says? */
static bool is_mapped_so(const void *address, u32 mode)
{
#ifdef CONFIG_X86
	enum page_cache_mode expected = _PAGE_CACHE_MODE_WB;
	unsigned int level;
	pte_t *pte = lookup_address((unsigned long)address, &level);

	if (mode == IOMD_MAP_INHIBIT_CACHE || mode == IOMD_MAP_REAL_TIME_CACHE)
		expected = _PAGE_CACHE_MODE_UC_MINUS;
	if (mode == IOMD_MAP_WRITE_COMBINE_CACHE)
		expected = _PAGE_CACHE_MODE_WC;
	/* The bit that says PAT in a page's entry means a large page in others. */
	if (level != PG_LEVEL_4K)
		return expected == _PAGE_CACHE_MODE_WB &&
		       !(pte_flags(*pte) & (_PAGE_PWT | _PAGE_PCD));
	return (pte_flags(*pte) & _PAGE_CACHE_MASK) == cachemode2protval(expected);
#else
	return true;
#endif
}

/*
 * BUF-35 BUF-20 CON-15: memory is of the mode that was asked for, wherever the kernel has it
 * mapped, until it is freed; and flags of the descriptor say nothing of it
 */
static void memory_is_cached_so(struct kunit *test)
{
	const struct mode *mode = test->param_value;
	struct iomd_buffer *buffer;
	struct iomd_desc *desc;
	void *direct[6];
	u64 offset, nr = 0;
	u8 *memory;

	buffer = iomd_buffer_with_options(mode->options | mode->mode, mode->capacity, 1);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, buffer);
	desc = iomd_buffer_desc(buffer);
	memory = iomd_buffer_get_bytes_no_copy(buffer);
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(memory, 0, mode->capacity), NULL);
	KUNIT_EXPECT_TRUE(test, !mode->mode || PAGE_ALIGNED(memory));
	KUNIT_EXPECT_EQ(test, iomd_desc_get_flags(desc) & IOMD_MEMORY_BUFFER_CACHE_MASK, 0ULL);
	for (offset = 0; offset < mode->capacity; offset += PAGE_SIZE) {
		direct[nr] = phys_to_virt(iomd_kunit_phys(desc, offset, NULL));
		KUNIT_EXPECT_TRUE(test, is_mapped_so(memory + offset, mode->mode));
		KUNIT_EXPECT_TRUE(test, is_mapped_so(direct[nr], mode->mode));
		nr++;
	}
	iomd_kunit_fill(memory, mode->capacity, 1);
	iomd_kunit_expect_contents(test, desc, memory, mode->capacity);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(desc, 0, NULL, 1), 1ULL);
	KUNIT_EXPECT_EQ(test, memory[0], 0);

	iomd_buffer_put(buffer);
	while (nr--)
		KUNIT_EXPECT_TRUE(test, is_mapped_so(direct[nr], IOMD_MAP_DEFAULT_CACHE));
}

/* BUF-35: memory that comes and goes is cached as any */
static void pageable_memory_is_cached_as_any(struct kunit *test)
{
	u32 mode;

	for (mode = IOMD_MAP_INHIBIT_CACHE; mode <= IOMD_MAP_REAL_TIME_CACHE; mode += 0x100) {
		struct iomd_buffer *buffer;
		bool is_usual = mode == IOMD_MAP_COPYBACK_CACHE ||
				mode == IOMD_MAP_COPYBACK_INNER_CACHE;

		buffer = iomd_buffer_in_task_with_options(NULL, BOTH | PAGEABLE | mode, 100, 1);
		IOMD_KUNIT_EXPECT_ERR(test, buffer, is_usual ? 0 : -EOPNOTSUPP);
		iomd_buffer_put(buffer);
	}
}

/*
 * CON-5 CON-11 BUF-21: the bit of MapperNone says so, aligns to a page, and counts for nothing
 * in the number of a mode
 */
static void no_mapper_is_no_mode(struct kunit *test)
{
	static const u32 modes[] = { 0, IOMD_MAP_COPYBACK_CACHE, IOMD_MAP_COPYBACK_INNER_CACHE };
	u64 resident;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		struct iomd_buffer *buffer;
		struct iomd_desc *desc;
		u8 *memory;

		buffer = iomd_buffer_with_options(BOTH | IOMD_MEMORY_MAPPER_NONE | modes[i], 10, 1);
		iomd_kunit_buffer(test, buffer);
		desc = iomd_buffer_desc(buffer);
		memory = iomd_buffer_get_bytes_no_copy(buffer);
		KUNIT_EXPECT_TRUE(test, PAGE_ALIGNED(memory));
		KUNIT_EXPECT_TRUE(test, is_mapped_so(memory, IOMD_MAP_DEFAULT_CACHE));
		KUNIT_EXPECT_EQ(test, iomd_desc_get_flags(desc),
				(u64)(IOMD_MEMORY_TYPE_VIRTUAL | BOTH | IOMD_MEMORY_MAPPER_NONE |
				      IOMD_MEMORY_AUTO_PREPARE));
		KUNIT_EXPECT_EQ(test, iomd_desc_get_page_counts(desc, &resident, NULL), -EAGAIN);
		KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_segment(desc, 0, NULL, 0),
				iomd_kunit_phys(desc, 0, NULL));
	}
	IOMD_KUNIT_EXPECT_ERR(test, iomd_buffer_with_options(BOTH | IOMD_MEMORY_MAPPER_NONE |
							     IOMD_MAP_WRITE_THRU_CACHE, 10, 1),
			      -EOPNOTSUPP);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_buffer_with_options(BOTH | (IOMD_MAP_CACHE_MASK &
							     ~IOMD_MAP_INHIBIT_CACHE), 10, 1),
			      -EOPNOTSUPP);
}

/* BUF-17: pages are counted of memory that comes and goes, from the first, and of no other */
static void only_pageable_memory_is_counted(struct kunit *test)
{
	struct mm_struct *tasks[] = { NULL, IOMD_KERNEL_TASK, iomd_kunit_mm };
	struct iomd_buffer *buffer;
	u64 resident;
	u32 i;

	for (i = 0; i < 3; i++) {
		buffer = iomd_buffer_in_task_with_options(tasks[i], BOTH | PAGEABLE, 10, 1);
		iomd_kunit_buffer(test, buffer);
		resident = 77;
		KUNIT_EXPECT_EQ(test, iomd_desc_get_page_counts(iomd_buffer_desc(buffer),
								&resident, NULL), 0);
		KUNIT_EXPECT_EQ(test, resident, 0ULL);
	}
	buffer = iomd_buffer_with_options(BOTH | IOMD_MAP_INHIBIT_CACHE, 10, 1);
	iomd_kunit_buffer(test, buffer);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_page_counts(iomd_buffer_desc(buffer), &resident, NULL),
			-EAGAIN);
	buffer = iomd_kunit_buffer(test, iomd_buffer_with_options(BOTH, 10, 1));
	KUNIT_EXPECT_EQ(test, iomd_desc_get_page_counts(iomd_buffer_desc(buffer), &resident, NULL),
			-EAGAIN);
}

/* CON-14: what shares a buffer with tasks does not bind a descriptor to memory */
static void shared_is_not_persistent(struct kunit *test)
{
	struct iomd_buffer *shared = iomd_kunit_buffer(test,
			iomd_buffer_with_options(BOTH | SHARED, 10, 1));
	struct iomd_desc *desc = iomd_buffer_desc(shared);
	u8 *memory = iomd_buffer_get_bytes_no_copy(shared);
	struct iomd_desc *bound;

	KUNIT_EXPECT_EQ(test, (u32)SHARED, (u32)IOMD_MEMORY_PERSISTENT);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_flags(desc) & IOMD_MEMORY_PERSISTENT, 0ULL);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_with_persistent_memory_descriptor(desc), -EINVAL);
	bound = iomd_kunit_of_kernel(test, memory, 10, BOTH | IOMD_MEMORY_PERSISTENT);
	KUNIT_EXPECT_NE(test, iomd_desc_get_flags(bound) & IOMD_MEMORY_PERSISTENT, 0ULL);
	KUNIT_EXPECT_PTR_EQ(test,
			    iomd_kunit_desc(test,
					    iomd_desc_with_persistent_memory_descriptor(bound)),
			    bound);
}

/* BUF-25 BUF-23: a mask is about memory, whoever maps it */
static void mask_is_about_memory(struct kunit *test)
{
	struct iomd_mapper *mapper = iomd_kunit_device_mapper(test, 64);
	struct iomd_buffer *buffer;
	struct iomd_desc *desc;
	u64 offset, length, phys;

	buffer = iomd_client_buffer_create(IOMD_THIS_CLIENT, IOMD_KERNEL_TASK, BOTH, 5 * PAGE_SIZE,
					   1, 0x0ffff000, mapper);
	iomd_kunit_buffer(test, buffer);
	desc = iomd_buffer_desc(buffer);
	for (offset = 0; offset < 5 * PAGE_SIZE; offset += length) {
		phys = iomd_kunit_phys(desc, offset, &length);
		KUNIT_ASSERT_NE(test, length, 0ULL);
		KUNIT_EXPECT_LE(test, phys + length - 1, 0x0fffffffULL);
		KUNIT_EXPECT_NE(test, iomd_desc_get_physical_segment(desc, offset, NULL, 0), 0ULL);
	}
}

/*
 * Failing allocations.
 */

/* No vmalloc, so nothing with guards, and no other mode of pages that are not neighbours. */
static int live_once(struct kunit *test, void *data)
{
	struct iomd_buffer *copy, *uncached;
	int err;

	copy = iomd_buffer_with_copy(IOMD_KERNEL_TASK, BOTH | PAGEABLE, IOMD_KERNEL_TASK,
				     (unsigned long)data, LENGTH);
	uncached = iomd_buffer_with_options(BOTH | CONTIGUOUS | IOMD_MAP_WRITE_COMBINE_CACHE,
					    2 * PAGE_SIZE, 1);
	err = PTR_ERR_OR_ZERO(copy) ?: PTR_ERR_OR_ZERO(uncached);
	iomd_buffer_put(copy);
	iomd_buffer_put(uncached);
	return err;
}

/* BUF-33 BUF-35 OBJ-9: no allocation that fails leaves anything behind */
static void survives_failing_allocations(struct kunit *test)
{
	u8 *memory = kunit_kzalloc(test, LENGTH, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, memory);
	/* Two buffers, the page to copy by, what describes the source, and a list of pages. */
	KUNIT_EXPECT_GE(test, iomd_kunit_sweep(test, live_once, memory, UINT_MAX), 5U);
}

/* BUF-33 BUF-13: all of the copy goes that is still there, and nothing that the task put there */
static void removes_what_is_its_own(struct kunit *test)
{
	struct iomd_buffer *buffer;
	u64 address;

	buffer = iomd_buffer_in_task_with_options(iomd_kunit_mm, BOTH | PAGEABLE, 5 * PAGE_SIZE, 1);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, buffer);
	address = (unsigned long)iomd_buffer_get_bytes_no_copy(buffer);
	iomd_kunit_unmap(address, PAGE_SIZE);
	iomd_kunit_map_at(test, address + 2 * PAGE_SIZE, PAGE_SIZE, PROT_READ | PROT_WRITE);
	iomd_kunit_user_fill(test, address + 2 * PAGE_SIZE, PAGE_SIZE, 5);
	iomd_buffer_put(buffer);

	KUNIT_EXPECT_FALSE(test, can_touch(address + PAGE_SIZE));
	iomd_kunit_user_expect(test, address + 2 * PAGE_SIZE, PAGE_SIZE, 5);
	KUNIT_EXPECT_FALSE(test, can_touch(address + 3 * PAGE_SIZE));
	KUNIT_EXPECT_FALSE(test, can_touch(address + 4 * PAGE_SIZE));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(guards_are_around_it),
	KUNIT_CASE(guards_are_not_around_everything),
	KUNIT_CASE(copies_for_the_kernel),
	KUNIT_CASE(copies_for_a_task),
	KUNIT_CASE(copies_outlast_the_task),
	KUNIT_CASE_PARAM(refuses_copies, no_copy_gen_params),
	KUNIT_CASE_PARAM(memory_is_cached_so, mode_gen_params),
	KUNIT_CASE(pageable_memory_is_cached_as_any),
	KUNIT_CASE(no_mapper_is_no_mode),
	KUNIT_CASE(only_pageable_memory_is_counted),
	KUNIT_CASE(shared_is_not_persistent),
	KUNIT_CASE(mask_is_about_memory),
	KUNIT_CASE(survives_failing_allocations),
	KUNIT_CASE(removes_what_is_its_own),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_buffer_forms",
	.suite_init = iomd_kunit_suite_init,
	.suite_exit = iomd_kunit_suite_exit,
	.init = iomd_kunit_init,
	.test_cases = cases,
};

kunit_test_suite(suite);
