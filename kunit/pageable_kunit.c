// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers that can be paged out, and those whose contents may be thrown away.
 */
#include <linux/delay.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/swap.h>
#include <linux/uaccess.h>

#include "compose.h"

#define IN		IOMD_DIRECTION_IN
#define OUT		IOMD_DIRECTION_OUT
#define BOTH		IOMD_DIRECTION_OUT_IN
#define NONE		IOMD_DIRECTION_NONE

#define PAGEABLE	IOMD_BUFFER_PAGEABLE
#define PURGEABLE	IOMD_BUFFER_PURGEABLE

#define KEEP_CURRENT	IOMD_PURGEABLE_KEEP_CURRENT
#define NON_VOLATILE	IOMD_PURGEABLE_NON_VOLATILE
#define VOLATILE	IOMD_PURGEABLE_VOLATILE
#define EMPTY		IOMD_PURGEABLE_EMPTY

static struct iomd_buffer *made_for(struct kunit *test, struct mm_struct *task, u64 capacity)
{
	return iomd_kunit_buffer(test, iomd_buffer_in_task_with_options(task, BOTH | PAGEABLE,
									 capacity, 1));
}

/* Every page of a buffer says which one it is. */
static void mark(struct kunit *test, struct iomd_desc *desc, u64 salt)
{
	u64 offset, value;

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	for (offset = 0; offset + 8 <= iomd_desc_get_length(desc); offset += PAGE_SIZE) {
		value = offset ^ salt;
		KUNIT_ASSERT_EQ(test, iomd_desc_write_bytes(desc, offset, &value, 8), 8ULL);
	}
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
}

/* It still does; or nothing is left. */
static void expect_marked(struct kunit *test, struct iomd_desc *desc, u64 salt, bool is_left)
{
	u64 offset, value, wrong = 0;

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	for (offset = 0; offset + 8 <= iomd_desc_get_length(desc); offset += PAGE_SIZE) {
		value = 77;
		iomd_desc_read_bytes(desc, offset, &value, 8);
		wrong += value != (is_left ? offset ^ salt : 0);
	}
	KUNIT_EXPECT_EQ(test, wrong, 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
}

static u64 resident_pages(struct iomd_desc *desc)
{
	u64 resident = 0;

	iomd_desc_get_page_counts(desc, &resident, NULL);
	return resident;
}

/*
 * Three kinds of tasks.
 */

/* BUF-8 BUF-12 BUF-48 BUF-50 MD-23: made for no task it has no address */
static void without_a_task(struct kunit *test)
{
	struct iomd_buffer *buffer = made_for(test, NULL, 3 * PAGE_SIZE + 5);
	struct iomd_desc *desc = iomd_buffer_desc(buffer);

	KUNIT_EXPECT_EQ(test, iomd_buffer_get_capacity(buffer), 3 * (u64)PAGE_SIZE + 5);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(desc), 3 * (u64)PAGE_SIZE + 5);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_direction(desc), (u32)BOTH);
	KUNIT_EXPECT_NE(test, iomd_desc_get_flags(desc) & IOMD_MEMORY_BUFFER_PAGEABLE, 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_flags(desc) & IOMD_MEMORY_BUFFER_PURGEABLE, 0ULL);
	KUNIT_EXPECT_PTR_EQ(test, iomd_buffer_get_bytes_no_copy(buffer), NULL);
	KUNIT_EXPECT_PTR_EQ(test, iomd_buffer_get_bytes_no_copy_range(buffer, 0, 1), NULL);
	KUNIT_EXPECT_PTR_EQ(test, iomd_buffer_get_bytes_no_copy_range(buffer, 100, 1), NULL);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_PTR_EQ(test, iomd_buffer_get_bytes_no_copy(buffer), NULL);
}

/* BUF-4 BUF-11 BUF-5 MD-44: it comes zeroed, and unprepared */
static void begins_unprepared(struct kunit *test)
{
	struct mm_struct *tasks[] = { NULL, IOMD_KERNEL_TASK, iomd_kunit_mm };
	u8 *bytes = iomd_kunit_zalloc(test, 5000);
	u64 length = 5;
	u32 i;

	for (i = 0; i < 3; i++) {
		struct iomd_desc *desc = iomd_buffer_desc(made_for(test, tasks[i], 5000));

		KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(desc));
		KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 0, bytes, 1), 0ULL);
		KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(desc, 0, bytes, 1), 0ULL);
		KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, 0, &length), 0ULL);
		KUNIT_EXPECT_EQ(test, length, 0ULL);

		KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
		memset(bytes, 0xee, 5000);
		KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 0, bytes, 5000), 5000ULL);
		KUNIT_EXPECT_PTR_EQ(test, memchr_inv(bytes, 0, 5000), NULL);
		KUNIT_EXPECT_NE(test, iomd_kunit_phys(desc, 4999, &length), 0ULL);
		KUNIT_EXPECT_EQ(test, length, 1ULL);
		KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
		KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 0, bytes, 1), 0ULL);
	}
}

static bool can_touch(u64 address)
{
	IOMD_KUNIT_AS_TASK();
	u8 byte;

	return !copy_from_user(&byte, u64_to_user_ptr(address), 1);
}

/* BUF-8 BUF-11 BUF-13 BUF-48 BUF-55 OBJ-23: in a process it is memory like any, until it goes */
static void in_a_process(struct kunit *test)
{
	struct iomd_buffer *buffer;
	u8 *bytes = iomd_kunit_zalloc(test, 3 * PAGE_SIZE);
	struct iomd_desc *desc;
	u64 address;

	buffer = iomd_buffer_in_task_with_options(iomd_kunit_mm, BOTH | PAGEABLE, 3 * PAGE_SIZE, 1);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, buffer);
	desc = iomd_buffer_desc(buffer);
	address = (unsigned long)iomd_buffer_get_bytes_no_copy(buffer);
	KUNIT_EXPECT_NE(test, address, 0ULL);
	KUNIT_EXPECT_LT(test, address, (u64)TASK_SIZE_MAX);
	KUNIT_EXPECT_EQ(test, (u64)(unsigned long)iomd_buffer_get_bytes_no_copy_range(buffer, 5, 9),
			address + 5);

	iomd_kunit_user_fill(test, address, 3 * PAGE_SIZE, 1);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 0, bytes, 3 * PAGE_SIZE),
			3 * (u64)PAGE_SIZE);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(bytes, 3 * PAGE_SIZE, 1));
	iomd_kunit_fill(bytes, 3 * PAGE_SIZE, 2);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(desc, 0, bytes, 3 * PAGE_SIZE),
			3 * (u64)PAGE_SIZE);
	iomd_kunit_user_expect(test, address, 3 * PAGE_SIZE, 2);
	iomd_kunit_user_fill(test, address, 3 * PAGE_SIZE, 3);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	iomd_kunit_user_expect(test, address, 3 * PAGE_SIZE, 3);
	KUNIT_EXPECT_EQ(test, (u64)(unsigned long)iomd_buffer_get_bytes_no_copy(buffer), address);

	iomd_buffer_put(buffer);
	KUNIT_EXPECT_FALSE(test, can_touch(address));
	KUNIT_EXPECT_FALSE(test, can_touch(address + 2 * PAGE_SIZE));
}

/* BUF-55 GMD-51: what the process does with the address is its business */
static void process_may_use_the_address(struct kunit *test)
{
	struct iomd_buffer *buffer;
	struct iomd_desc *desc;
	u64 address;
	u8 byte = 9;

	buffer = iomd_buffer_in_task_with_options(iomd_kunit_mm, BOTH | PAGEABLE, 2 * PAGE_SIZE, 1);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, buffer);
	desc = iomd_buffer_desc(buffer);
	address = (unsigned long)iomd_buffer_get_bytes_no_copy(buffer);
	iomd_kunit_user_fill(test, address, 2 * PAGE_SIZE, 1);
	iomd_kunit_unmap(address, 2 * PAGE_SIZE);
	KUNIT_EXPECT_FALSE(test, can_touch(address));
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 100, &byte, 1), 1ULL);
	KUNIT_EXPECT_EQ(test, byte, iomd_kunit_byte(1, 100));

	iomd_kunit_map_at(test, address, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE);
	iomd_kunit_user_fill(test, address, 2 * PAGE_SIZE, 2);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 100, &byte, 1), 1ULL);
	KUNIT_EXPECT_EQ(test, byte, iomd_kunit_byte(1, 100));
	iomd_buffer_put(buffer);
	iomd_kunit_user_expect(test, address, 2 * PAGE_SIZE, 2);
}

/* BUF-13 BUF-48 BUF-51 BUF-11: the kernel's has an address, which lasts */
static void in_the_kernel(struct kunit *test)
{
	struct iomd_buffer *buffer = made_for(test, IOMD_KERNEL_TASK, 3 * PAGE_SIZE);
	struct iomd_desc *desc = iomd_buffer_desc(buffer);
	u8 *memory = iomd_buffer_get_bytes_no_copy(buffer);
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, memory);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(desc));
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(memory, 0, 3 * PAGE_SIZE), NULL);
	iomd_kunit_fill(memory, 3 * PAGE_SIZE, 1);
	for (i = 0; i < 3; i++) {
		KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, i == 1 ? OUT : NONE), 0);
		iomd_kunit_expect_contents(test, desc, memory, 3 * PAGE_SIZE);
		KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
		KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(desc));
		KUNIT_EXPECT_PTR_EQ(test, (u8 *)iomd_buffer_get_bytes_no_copy(buffer), memory);
		KUNIT_EXPECT_PTR_EQ(test,
				    (u8 *)iomd_buffer_get_bytes_no_copy_range(buffer, 5000, 1),
				    memory + 5000);
		memory[i] ^= 0xff;
	}
}

/* BUF-51: also if it is asked for while the memory is prepared, and a command is at it */
static void address_of_prepared_memory(struct kunit *test)
{
	struct iomd_buffer *buffer = made_for(test, IOMD_KERNEL_TASK, 2 * PAGE_SIZE);
	struct iomd_desc *desc = iomd_buffer_desc(buffer);
	struct iomd_dma *dma = iomd_kunit_command(test, 64, 1, NULL);
	u8 *memory;
	u64 phys;

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, OUT), 0);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
	phys = iomd_kunit_phys(desc, 0, NULL);
	memory = iomd_buffer_get_bytes_no_copy(buffer);
	KUNIT_ASSERT_NOT_NULL(test, memory);
	KUNIT_EXPECT_EQ(test, iomd_kunit_segment(test, dma, 0).iovm_addr, phys);
	KUNIT_EXPECT_EQ(test, page_to_phys(vmalloc_to_page(memory)), phys);
	memory[7] = 77;
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
	KUNIT_EXPECT_EQ(test, memory[7], 77);
	memory[8] = 88;

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, IN), 0);
	iomd_kunit_expect_contents(test, desc, memory, 2 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(desc, 9, &(u8) { 99 }, 1), 1ULL);
	KUNIT_EXPECT_EQ(test, memory[9], 99);
}

struct refusal {
	const char *name;
	bool kernel;
	u32 options;
	u64 capacity;
	int error;
};

static const struct refusal refusals[] = {
	{ "nothing", false, 0, 0, -EINVAL },
	{ "everything", false, 0, U64_MAX, -EINVAL },
	{ "prefaulted", false, IOMD_MAP_PREFAULT, 100, -EINVAL },
	{ "prefaulted, in the kernel", true, IOMD_MAP_PREFAULT, 100, -EINVAL },
	{ "more than the kernel maps", true, 0, (512ULL << 20) + 1, -EINVAL },
};

static void refusal_name(const struct refusal *refusal, char *name)
{
	strscpy(name, refusal->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(refusal, refusals, refusal_name);

/* BUF-2 BUF-3 BUF-14 BUF-18: what cannot be had pageable */
static void refuses_what_cannot_be_had(struct kunit *test)
{
	const struct refusal *refusal = test->param_value;
	struct mm_struct *task = refusal->kernel ? IOMD_KERNEL_TASK : iomd_kunit_mm;

	IOMD_KUNIT_EXPECT_ERR(test, iomd_buffer_in_task_with_options(task, BOTH | PAGEABLE |
								     refusal->options,
								     refusal->capacity, 1),
			      refusal->error);
	if (!refusal->kernel)
		IOMD_KUNIT_EXPECT_ERR(test, iomd_buffer_in_task_with_options(NULL, BOTH | PAGEABLE |
									     refusal->options,
									     refusal->capacity, 1),
				      refusal->error);
}

/* BUF-28: alignment, contiguity and mask are for memory that stays where it is */
static void place_makes_no_difference(struct kunit *test)
{
	struct iomd_buffer *buffer;

	iomd_kunit_buffer(test, iomd_buffer_in_task_with_options(NULL, BOTH | PAGEABLE, 100,
								 64 * PAGE_SIZE));
	iomd_kunit_buffer(test, iomd_buffer_in_task_with_options(NULL, BOTH | PAGEABLE |
					IOMD_BUFFER_HOST_PHYSICALLY_CONTIGUOUS, 64 << 20, 1));
	/* There is no memory this low. */
	buffer = iomd_buffer_in_task_with_physical_mask(NULL, BOTH | PAGEABLE, 64 << 10, 0x7fff);
	iomd_kunit_buffer(test, buffer);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(iomd_buffer_desc(buffer), NONE), 0);
}

/*
 * Prepared, and not.
 */

/* BUF-11 GMD-74 GMD-68: contents outlast being prepared, and so does nothing else */
static void contents_last(struct kunit *test)
{
	struct iomd_desc *desc = iomd_buffer_desc(made_for(test, NULL, 20 * PAGE_SIZE));
	u64 id;

	mark(test, desc, 5);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	id = iomd_desc_get_preparation_id(desc);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(desc));
	expect_marked(test, desc, 5, true);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_GT(test, iomd_desc_get_preparation_id(desc), id);
}

/* BUF-42 GMD-52: all of the capacity is prepared, however little of it counts */
static void prepares_the_capacity(struct kunit *test)
{
	struct iomd_buffer *buffer = made_for(test, NULL, 5 * PAGE_SIZE);
	struct iomd_desc *desc = iomd_buffer_desc(buffer);
	u8 byte = 3;

	iomd_buffer_set_length(buffer, 10);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, resident_pages(desc), 5ULL);
	iomd_buffer_set_length(buffer, 5 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(desc, 5 * PAGE_SIZE - 1, &byte, 1), 1ULL);
}

/* GMD-41 GMD-46: directions are as those of any memory */
static void may_be_read_only(struct kunit *test)
{
	struct iomd_desc *desc = iomd_buffer_desc(made_for(test, NULL, PAGE_SIZE));

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, OUT), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(desc, 0, NULL, 1), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, IN), -EROFS);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, IN), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(desc, 0, NULL, 1), 1ULL);
}

/* BUF-46 BUF-47: appended to as far as it is prepared; longer it gets in any case */
static void appends_if_prepared(struct kunit *test)
{
	struct mm_struct *tasks[] = { NULL, iomd_kunit_mm };
	u8 bytes[20] = {}, zeroes[8] = {};
	u32 i;

	for (i = 0; i < 2; i++) {
		struct iomd_buffer *buffer = made_for(test, tasks[i], 20);
		struct iomd_desc *desc = iomd_buffer_desc(buffer);

		iomd_buffer_set_length(buffer, 0);
		KUNIT_EXPECT_TRUE(test, iomd_buffer_append_bytes(buffer, "abcd", 4));
		KUNIT_EXPECT_EQ(test, iomd_desc_get_length(desc), 4ULL);
		KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
		KUNIT_EXPECT_TRUE(test, iomd_buffer_append_bytes(buffer, "efgh", 4));
		KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 0, bytes, 8), 8ULL);
		KUNIT_EXPECT_MEMEQ(test, bytes, zeroes, 4);
		KUNIT_EXPECT_MEMEQ(test, bytes + 4, "efgh", 4);
		KUNIT_EXPECT_TRUE(test, iomd_buffer_append_bytes(buffer, NULL, U64_MAX));
		KUNIT_EXPECT_EQ(test, iomd_desc_get_length(desc), 20ULL);
	}
}

static int put_it(void *data)
{
	iomd_buffer_put(data);
	return 0;
}

/* BUF-57 OBJ-3: it may go while it is prepared, and in softirq */
static void may_go_while_prepared(struct kunit *test)
{
	struct mm_struct *tasks[] = { NULL, IOMD_KERNEL_TASK, iomd_kunit_mm };
	u32 i;

	for (i = 0; i < 3; i++) {
		struct iomd_kunit_witness witness;
		struct iomd_buffer *buffer;
		u64 address;

		buffer = iomd_buffer_in_task_with_options(tasks[i], BOTH | PAGEABLE | PURGEABLE,
							  3 * PAGE_SIZE, 1);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, buffer);
		iomd_kunit_watch(&witness, iomd_buffer_desc(buffer));
		address = (unsigned long)iomd_buffer_get_bytes_no_copy(buffer);
		KUNIT_EXPECT_EQ(test, iomd_desc_prepare(iomd_buffer_desc(buffer), NONE), 0);
		KUNIT_EXPECT_EQ(test, iomd_kunit_in_softirq(put_it, buffer), 0);
		KUNIT_EXPECT_TRUE(test, iomd_kunit_wait_for(READ_ONCE(witness.is_gone)));
		if (tasks[i] == iomd_kunit_mm)
			KUNIT_EXPECT_FALSE(test, can_touch(address));
	}
}

/*
 * Memory that is short.
 */

/* Write to a file, as a process might. Return: as kernel_write(). */
static ssize_t write_file(struct kunit *test, const char *name, const char *text)
{
	struct file *file = filp_open(name, O_WRONLY, 0);
	loff_t position = 0;
	ssize_t written;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	written = kernel_write(file, text, strlen(text), &position);
	fput(file);
	return written;
}

/*
 * Have memory paged out, 4 MiB at a time, until @done says that it was enough. That less
 * could be had is no error. Return: whether it was enough.
 */
static bool page_out(struct kunit *test, bool (*done)(void *data), void *data)
{
	u32 tries = 50;

	while (!done(data) && tries--)
		write_file(test, "/sys/fs/cgroup/memory.reclaim", "4M");
	return done(data);
}

#define NR_PAGED	2
#define NR_STAYING	3
#define MANY_PAGES	1024

/* Memory that is to be out, more or less, and memory that is to stay. */
struct paging {
	struct iomd_desc *goes[NR_PAGED];
	struct iomd_desc *stays[NR_STAYING];
	u64 lowest[NR_STAYING];
};

static bool is_paged_out(void *data)
{
	struct paging *paging = data;
	bool is_out = true;
	u32 i;

	for (i = 0; i < NR_STAYING; i++)
		paging->lowest[i] = min(paging->lowest[i], resident_pages(paging->stays[i]));
	for (i = 0; i < NR_PAGED; i++)
		if (resident_pages(paging->goes[i]) >= MANY_PAGES / 2)
			is_out = false;
	return is_out;
}

/*
 * BUF-11 BUF-13 MD-32 MD-60: what is not prepared is paged out, and comes back as it was;
 * what is prepared, or has an address in the kernel, stays
 */
static void is_paged_out_and_in(struct kunit *test)
{
	struct iomd_buffer *in_kernel = made_for(test, IOMD_KERNEL_TASK, 64 * PAGE_SIZE);
	struct paging paging = {
		.goes = {
			iomd_buffer_desc(made_for(test, NULL, MANY_PAGES * PAGE_SIZE)),
			iomd_buffer_desc(made_for(test, iomd_kunit_mm, MANY_PAGES * PAGE_SIZE)),
		},
		.stays = {
			iomd_buffer_desc(made_for(test, NULL, 64 * PAGE_SIZE)),
			iomd_buffer_desc(made_for(test, iomd_kunit_mm, 64 * PAGE_SIZE)),
			iomd_buffer_desc(in_kernel),
		},
		.lowest = { U64_MAX, U64_MAX, U64_MAX },
	};
	u8 *memory = iomd_buffer_get_bytes_no_copy(in_kernel);
	u64 resident, dirty;
	u32 i;

	KUNIT_ASSERT_GT(test, get_nr_swap_pages(), 3L * MANY_PAGES);
	KUNIT_ASSERT_NOT_NULL(test, memory);
	iomd_kunit_fill(memory, 64 * PAGE_SIZE, 1);
	for (i = 0; i < NR_PAGED; i++) {
		mark(test, paging.goes[i], 3 + i);
		KUNIT_EXPECT_EQ(test, iomd_desc_get_page_counts(paging.goes[i], &resident, &dirty),
				0);
		KUNIT_EXPECT_EQ(test, resident, (u64)MANY_PAGES);
		KUNIT_EXPECT_EQ(test, dirty, (u64)MANY_PAGES);
	}
	for (i = 0; i < 2; i++) {
		mark(test, paging.stays[i], 6 + i);
		KUNIT_ASSERT_EQ(test, iomd_desc_prepare(paging.stays[i], NONE), 0);
	}

	KUNIT_EXPECT_TRUE(test, page_out(test, is_paged_out, &paging));
	for (i = 0; i < NR_STAYING; i++)
		KUNIT_EXPECT_EQ(test, paging.lowest[i], 64ULL);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(memory, 64 * PAGE_SIZE, 1));

	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_EQ(test, iomd_desc_complete(paging.stays[i], NONE), 0);
		expect_marked(test, paging.stays[i], 6 + i, true);
		expect_marked(test, paging.goes[i], 3 + i, true);
		KUNIT_EXPECT_EQ(test, resident_pages(paging.goes[i]), (u64)MANY_PAGES);
	}
}

/*
 * Contents that may go.
 */

static u32 set_state(struct kunit *test, struct iomd_desc *desc, u32 state)
{
	u32 old = 77;

	KUNIT_EXPECT_EQ(test, iomd_desc_set_purgeable(desc, state, &old), 0);
	return old;
}

static struct iomd_desc *purgeable(struct kunit *test, u64 capacity)
{
	struct iomd_buffer *buffer = iomd_kunit_pageable(test, capacity, PURGEABLE);

	mark(test, iomd_buffer_desc(buffer), 6);
	return iomd_buffer_desc(buffer);
}

struct change {
	const char *name;
	u32 old;
	u32 new;
	u32 then;
	bool is_left;
};

static const struct change changes[] = {
	{ "non-volatile, asked", NON_VOLATILE, KEEP_CURRENT, NON_VOLATILE, true },
	{ "non-volatile to itself", NON_VOLATILE, NON_VOLATILE, NON_VOLATILE, true },
	{ "non-volatile to volatile", NON_VOLATILE, VOLATILE, VOLATILE, true },
	{ "non-volatile to empty", NON_VOLATILE, EMPTY, EMPTY, false },
	{ "volatile, asked", VOLATILE, KEEP_CURRENT, VOLATILE, true },
	{ "volatile to non-volatile", VOLATILE, NON_VOLATILE, NON_VOLATILE, true },
	{ "volatile to itself", VOLATILE, VOLATILE, VOLATILE, true },
	{ "volatile to empty", VOLATILE, EMPTY, EMPTY, false },
	{ "empty, asked", EMPTY, KEEP_CURRENT, EMPTY, false },
	{ "empty to non-volatile", EMPTY, NON_VOLATILE, NON_VOLATILE, false },
	{ "empty to volatile", EMPTY, VOLATILE, EMPTY, false },
	{ "empty to itself", EMPTY, EMPTY, EMPTY, false },
};

static void change_name(const struct change *change, char *name)
{
	strscpy(name, change->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(change, changes, change_name);

/* MD-64 MD-65 MD-23 BUF-53 CON-8: what is told, what comes of it, what is left */
static void states_change(struct kunit *test)
{
	static const u32 modifiers[] = {
		0, IOMD_PURGEABLE_VOLATILE_GROUP(7) | IOMD_PURGEABLE_BEHAVIOR_LIFO,
		IOMD_PURGEABLE_ORDERING_OBSOLETE | IOMD_PURGEABLE_FAULT_ON_ACCESS,
	};
	const struct change *change = test->param_value;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(modifiers); i++) {
		struct iomd_desc *desc = purgeable(test, 3 * PAGE_SIZE);

		KUNIT_EXPECT_NE(test, iomd_desc_get_flags(desc) & IOMD_MEMORY_BUFFER_PURGEABLE,
				0ULL);
		KUNIT_EXPECT_EQ(test, set_state(test, desc, change->old), (u32)NON_VOLATILE);
		KUNIT_EXPECT_EQ(test, set_state(test, desc, change->new | modifiers[i]),
				change->old);
		KUNIT_EXPECT_EQ(test, set_state(test, desc, KEEP_CURRENT | modifiers[i]),
				change->then);
		KUNIT_EXPECT_EQ(test, resident_pages(desc), change->is_left ? 3ULL : 0ULL);
		expect_marked(test, desc, 6, change->is_left);
	}
}

/*
 * MD-64 MD-65: contents that were lost are told so, whoever touched the memory since;
 * made volatile it is so then
 */
static void loss_is_told_once_touched(struct kunit *test)
{
	static const u32 states[] = { NON_VOLATILE, VOLATILE };
	u32 i;

	for (i = 0; i < 2; i++) {
		struct iomd_desc *desc = purgeable(test, PAGE_SIZE);

		set_state(test, desc, EMPTY);
		mark(test, desc, 7);
		KUNIT_EXPECT_EQ(test, set_state(test, desc, KEEP_CURRENT), (u32)EMPTY);
		KUNIT_EXPECT_EQ(test, set_state(test, desc, states[i]), (u32)EMPTY);
		KUNIT_EXPECT_EQ(test, set_state(test, desc, KEEP_CURRENT), states[i]);
		expect_marked(test, desc, 7, true);
	}
}

/* MD-64 MD-65: prepared memory is emptied in place, all of it, and that is told */
static void prepared_memory_is_emptied_in_place(struct kunit *test)
{
	struct iomd_buffer *buffer = iomd_kunit_pageable(test, 3 * PAGE_SIZE, PURGEABLE);
	struct iomd_desc *desc = iomd_buffer_desc(buffer);
	u64 phys;

	mark(test, desc, 6);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	phys = iomd_kunit_phys(desc, 2 * PAGE_SIZE, NULL);
	iomd_buffer_set_length(buffer, 10);
	KUNIT_EXPECT_EQ(test, set_state(test, desc, EMPTY), (u32)NON_VOLATILE);
	iomd_buffer_set_length(buffer, 3 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, 2 * PAGE_SIZE, NULL), phys);
	expect_marked(test, desc, 6, false);
	KUNIT_EXPECT_EQ(test, set_state(test, desc, NON_VOLATILE), (u32)EMPTY);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
}

/* Ask every cache to give back what it can, once. */
static void shrink(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, write_file(test, "/proc/sys/vm/drop_caches", "2\n"), (ssize_t)2);
}

/* MD-65: what is volatile goes when memory is short, and nothing else does */
static void volatile_contents_go(struct kunit *test)
{
	struct iomd_desc *volatile_one = purgeable(test, 20 * PAGE_SIZE);
	struct iomd_desc *other = purgeable(test, 20 * PAGE_SIZE);
	struct iomd_desc *returned = purgeable(test, 20 * PAGE_SIZE);

	set_state(test, volatile_one, VOLATILE);
	set_state(test, returned, VOLATILE);
	KUNIT_EXPECT_EQ(test, set_state(test, returned, NON_VOLATILE), (u32)VOLATILE);
	shrink(test);
	KUNIT_EXPECT_EQ(test, set_state(test, volatile_one, KEEP_CURRENT), (u32)EMPTY);
	KUNIT_EXPECT_EQ(test, resident_pages(volatile_one), 0ULL);
	KUNIT_EXPECT_EQ(test, set_state(test, volatile_one, NON_VOLATILE), (u32)EMPTY);
	expect_marked(test, volatile_one, 6, false);
	expect_marked(test, other, 6, true);
	expect_marked(test, returned, 6, true);

	/* It may begin again. */
	mark(test, volatile_one, 8);
	shrink(test);
	expect_marked(test, volatile_one, 8, true);
	KUNIT_EXPECT_EQ(test, set_state(test, volatile_one, VOLATILE), (u32)NON_VOLATILE);
	shrink(test);
	KUNIT_EXPECT_EQ(test, set_state(test, volatile_one, NON_VOLATILE), (u32)EMPTY);
}

/* MD-65 MD-32: what is prepared stays as long as it is, volatile or not; so under a command */
static void prepared_contents_stay(struct kunit *test)
{
	struct iomd_desc *desc = purgeable(test, 4 * PAGE_SIZE);
	struct iomd_dma *dma = iomd_kunit_command(test, 64, 1, NULL);

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	set_state(test, desc, VOLATILE);
	shrink(test);
	KUNIT_EXPECT_EQ(test, set_state(test, desc, KEEP_CURRENT), (u32)VOLATILE);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	shrink(test);
	KUNIT_EXPECT_EQ(test, set_state(test, desc, KEEP_CURRENT), (u32)VOLATILE);
	KUNIT_EXPECT_EQ(test, resident_pages(desc), 4ULL);

	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_wait_for(({ shrink(test); !resident_pages(desc); })));
	KUNIT_EXPECT_EQ(test, set_state(test, desc, NON_VOLATILE), (u32)EMPTY);
}

/* MD-65: memory with an address in the kernel keeps its contents, unless it is told not to */
static void contents_with_an_address_stay(struct kunit *test)
{
	struct iomd_buffer *buffer = iomd_kunit_buffer(test,
			iomd_buffer_in_task_with_options(IOMD_KERNEL_TASK,
							 BOTH | PAGEABLE | PURGEABLE,
							 2 * PAGE_SIZE, 1));
	struct iomd_desc *desc = iomd_buffer_desc(buffer);
	u8 *memory = iomd_buffer_get_bytes_no_copy(buffer);

	KUNIT_ASSERT_NOT_NULL(test, memory);
	iomd_kunit_fill(memory, 2 * PAGE_SIZE, 1);
	set_state(test, desc, VOLATILE);
	shrink(test);
	KUNIT_EXPECT_EQ(test, set_state(test, desc, KEEP_CURRENT), (u32)VOLATILE);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(memory, 2 * PAGE_SIZE, 1));
	set_state(test, desc, EMPTY);
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(memory, 0, 2 * PAGE_SIZE), NULL);
}

static int live_once(struct kunit *test, void *data)
{
	struct iomd_buffer *buffer;
	int err;

	buffer = iomd_buffer_in_task_with_options(NULL, BOTH | PAGEABLE | PURGEABLE, 12 * PAGE_SIZE,
						  1);
	if (IS_ERR(buffer))
		return PTR_ERR(buffer);
	err = iomd_desc_prepare(iomd_buffer_desc(buffer), NONE);
	iomd_buffer_put(buffer);
	return err;
}

/* BUF-9 OBJ-9 GMD-43: no allocation that fails leaves anything behind */
static void survives_failing_allocations(struct kunit *test)
{
	/* The object; its runs only if the pages are not neighbours. */
	KUNIT_EXPECT_GE(test, iomd_kunit_sweep(test, live_once, NULL, UINT_MAX), 1U);
}

/* GMD-75: what the device wrote does not count after an error; what the CPU wrote does */
static void errors_lose_nothing_of_the_cpus(struct kunit *test)
{
	struct iomd_desc *desc = iomd_buffer_desc(iomd_kunit_pageable(test, PAGE_SIZE, 0));
	u64 resident, dirty;
	u32 i;

	for (i = 0; i < 2; i++) {
		KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
		if (i)
			KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(desc, 0, "abc", 3), 3ULL);
		KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, IOMD_COMPLETE_WITH_ERROR), 0);
		KUNIT_EXPECT_EQ(test, iomd_desc_get_page_counts(desc, &resident, &dirty), 0);
		KUNIT_EXPECT_EQ(test, dirty, (u64)i);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(without_a_task),
	KUNIT_CASE(begins_unprepared),
	KUNIT_CASE(in_a_process),
	KUNIT_CASE(process_may_use_the_address),
	KUNIT_CASE(in_the_kernel),
	KUNIT_CASE(address_of_prepared_memory),
	KUNIT_CASE_PARAM(refuses_what_cannot_be_had, refusal_gen_params),
	KUNIT_CASE(place_makes_no_difference),
	KUNIT_CASE(contents_last),
	KUNIT_CASE(prepares_the_capacity),
	KUNIT_CASE(may_be_read_only),
	KUNIT_CASE(appends_if_prepared),
	KUNIT_CASE(may_go_while_prepared),
	KUNIT_CASE(is_paged_out_and_in),
	KUNIT_CASE_PARAM(states_change, change_gen_params),
	KUNIT_CASE(loss_is_told_once_touched),
	KUNIT_CASE(prepared_memory_is_emptied_in_place),
	KUNIT_CASE(volatile_contents_go),
	KUNIT_CASE(prepared_contents_stay),
	KUNIT_CASE(contents_with_an_address_stay),
	KUNIT_CASE(survives_failing_allocations),
	KUNIT_CASE(errors_lose_nothing_of_the_cpus),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_pageable",
	.suite_init = iomd_kunit_suite_init,
	.suite_exit = iomd_kunit_suite_exit,
	.init = iomd_kunit_init,
	.test_cases = cases,
};

kunit_test_suite(suite);
