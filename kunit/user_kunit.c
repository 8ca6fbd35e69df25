// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptors of a process's memory: what is pinned, for how long, in which
 * direction, and who pays for it.
 */
#include <linux/anon_inodes.h>
#include <linux/completion.h>
#include <linux/cred.h>
#include <linux/delay.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/kthread.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include <linux/sched/user.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "../iomd/general.h"
#include "compose.h"
#include "process.h"

#define IN		IOMD_DIRECTION_IN
#define OUT		IOMD_DIRECTION_OUT
#define BOTH		IOMD_DIRECTION_OUT_IN
#define NONE		IOMD_DIRECTION_NONE

static struct iomd_desc *user_desc(struct kunit *test, u64 address, u64 length, u32 options)
{
	return iomd_kunit_of_process(test, address, length, options);
}

static u64 map_shmem_shared(struct kunit *test, u64 length)
{
	return iomd_kunit_map(test, iomd_kunit_shmem(test, length), length,
			      PROT_READ | PROT_WRITE, MAP_SHARED);
}

/* GMD-54: a large folio is one segment, cut only where the descriptor begins and ends */
static void large_folio_is_one_segment(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, 3 * HPAGE_PMD_SIZE);
	u64 start = ALIGN(base, HPAGE_PMD_SIZE), segment;
	struct iomd_desc *desc = user_desc(test, start + 0x800, HPAGE_PMD_SIZE - 0x1000, BOTH);
	struct page *page;

	iomd_kunit_user_fill(test, start, HPAGE_PMD_SIZE, 1);
	page = iomd_kunit_user_page(test, start);
	KUNIT_ASSERT_TRUE(test, PageCompound(page));

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, 0, &segment), page_to_phys(page) + 0x800);
	KUNIT_EXPECT_EQ(test, segment, (u64)HPAGE_PMD_SIZE - 0x1000);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, 0x10001, &segment),
			page_to_phys(page) + 0x10801);
	KUNIT_EXPECT_EQ(test, segment, (u64)HPAGE_PMD_SIZE - 0x11001);
}

/*
 * Ranges.
 */

/* GMD-7 GMD-13: ranges that share a page pin it once each */
static void ranges_may_share_pages(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, 2 * PAGE_SIZE);
	const struct iomd_range ranges[] = {
		{ base + 100, 10 }, { base + 90, 30 }, { base + 50, 0 }, { base + 100, PAGE_SIZE },
	};
	struct iomd_desc *desc;
	struct page *page;
	u8 bytes[40];
	u64 before;

	desc = iomd_desc_with_address_ranges(ranges, 4, BOTH, iomd_kunit_mm);
	iomd_kunit_desc(test, desc);
	iomd_kunit_user_fill(test, base, 2 * PAGE_SIZE, 0);
	page = iomd_kunit_user_page(test, base);
	before = iomd_kunit_pinned();

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(page), 3U);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned() - before, 4ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 0, bytes, 40), 40ULL);
	KUNIT_EXPECT_EQ(test, bytes[0], iomd_kunit_byte(0, 100));
	KUNIT_EXPECT_EQ(test, bytes[10], iomd_kunit_byte(0, 90));
	KUNIT_EXPECT_EQ(test, bytes[39], iomd_kunit_byte(0, 119));
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(page), 0U);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before);
}

#define MANY	5000

/* GMD-7 GMD-13 MD-45: thousands of ranges, all over some pages */
static void many_ranges(struct kunit *test)
{
	struct iomd_range *ranges = iomd_kunit_zalloc(test, MANY * sizeof(*ranges));
	u64 base = iomd_kunit_map_anonymous(test, 16 * PAGE_SIZE), before;
	u8 *bytes = iomd_kunit_zalloc(test, MANY);
	struct rnd_state random;
	struct iomd_desc *desc;
	u32 i, wrong = 0;

	iomd_kunit_seed(test, &random);
	iomd_kunit_user_fill(test, base, 16 * PAGE_SIZE, 0);
	for (i = 0; i < MANY; i++) {
		ranges[i].address = base + iomd_kunit_below(&random, 16 * PAGE_SIZE);
		ranges[i].length = 1;
	}
	desc = iomd_desc_with_address_ranges(ranges, MANY, BOTH, iomd_kunit_mm);
	iomd_kunit_desc(test, desc);
	before = iomd_kunit_pinned();
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned() - before, (u64)MANY);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 0, bytes, MANY), (u64)MANY);
	for (i = 0; i < MANY; i++)
		wrong += bytes[i] != iomd_kunit_byte(0, ranges[i].address - base);
	KUNIT_EXPECT_EQ(test, wrong, 0U);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before);
}

/* GMD-55: ranges that continue each other, in memory too, are separate segments */
static void user_ranges_stay_apart(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, PAGE_SIZE), length;
	const struct iomd_range ranges[] = { { base, 100 }, { base + 100, 200 } };
	struct iomd_desc *desc;

	iomd_kunit_user_fill(test, base, PAGE_SIZE, 0);
	desc = iomd_desc_with_address_ranges(ranges, 2, BOTH, iomd_kunit_mm);
	iomd_kunit_desc(test, desc);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	iomd_kunit_phys(desc, 0, &length);
	KUNIT_EXPECT_EQ(test, length, 100ULL);
	iomd_kunit_phys(desc, 100, &length);
	KUNIT_EXPECT_EQ(test, length, 200ULL);
}

/* GMD-48: nothing of a process is nothing to pin, wherever it is said to be */
static void empty_user_range(struct kunit *test)
{
	struct iomd_desc *desc = user_desc(test, 0, 0, BOTH);
	u64 before = iomd_kunit_pinned();

	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before);
	KUNIT_EXPECT_NE(test, iomd_desc_get_preparation_id(desc), IOMD_PREPARATION_ID_UNPREPARED);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_preparation_id(desc), IOMD_PREPARATION_ID_UNPREPARED);
}

/*
 * What cannot be prepared.
 */

static void expect_refusal(struct kunit *test, struct iomd_desc *desc, u32 direction, int error)
{
	u64 before = iomd_kunit_pinned();

	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, direction), error);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_preparation_id(desc), IOMD_PREPARATION_ID_UNPREPARED);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_flags(desc) & IOMD_MEMORY_PREPARED_READ_ONLY, 0ULL);
}

static void refuse_unmapped(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, 4 * PAGE_SIZE);
	struct iomd_desc *desc = user_desc(test, base, 2 * PAGE_SIZE, BOTH);
	struct iomd_desc *low = user_desc(test, 0, 16, BOTH);
	struct iomd_desc *high = user_desc(test, (u64)TASK_SIZE_MAX + PAGE_SIZE, 16, BOTH);

	iomd_kunit_unmap(base, 4 * PAGE_SIZE);
	expect_refusal(test, desc, NONE, -EFAULT);
	expect_refusal(test, desc, OUT, -EFAULT);
	expect_refusal(test, low, NONE, -EFAULT);
	expect_refusal(test, high, NONE, -EFAULT);
}

/* GMD-10 GMD-44 CON-4: unmapped memory, in another task and in the own one */
static void refuses_unmapped_memory(struct kunit *test)
{
	refuse_unmapped(test);
	{
		IOMD_KUNIT_AS_TASK();

		refuse_unmapped(test);
	}
}

/* GMD-39 GMD-43: a hole in the middle undoes all of it; once it is filled all is well */
static void hole_undoes_everything(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, 700 * PAGE_SIZE);
	struct iomd_desc *desc = user_desc(test, base, 700 * PAGE_SIZE, BOTH);
	struct page *first;

	iomd_kunit_user_fill(test, base, 700 * PAGE_SIZE, 1);
	iomd_kunit_unmap(base + 600 * PAGE_SIZE, PAGE_SIZE);
	first = iomd_kunit_user_page(test, base);

	expect_refusal(test, desc, NONE, -EFAULT);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(first), 0U);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 0, &(u8) { 0 }, 1), 0ULL);

	iomd_kunit_map_at(test, base + 600 * PAGE_SIZE, PAGE_SIZE, PROT_READ | PROT_WRITE);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	iomd_kunit_expect_whole(test, desc);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(first), 1U);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(first), 0U);
}

/* GMD-43: the same with the hole in a later range */
static void bad_range_undoes_the_others(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, 3 * PAGE_SIZE);
	const struct iomd_range ranges[] = {
		{ base, PAGE_SIZE }, { base + 2 * PAGE_SIZE, 16 }, { 0x1000, 1 },
	};
	struct iomd_desc *desc;
	struct page *page;

	iomd_kunit_user_fill(test, base, 3 * PAGE_SIZE, 1);
	page = iomd_kunit_user_page(test, base);
	desc = iomd_desc_with_address_ranges(ranges, 3, BOTH, iomd_kunit_mm);
	iomd_kunit_desc(test, desc);
	expect_refusal(test, desc, NONE, -EFAULT);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(page), 0U);
}

/* CON-4 GMD-44: memory that the task itself may not touch */
static void refuses_inaccessible_memory(struct kunit *test)
{
	u64 base = iomd_kunit_map(test, NULL, PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS);
	struct iomd_desc *desc = user_desc(test, base, 16, BOTH);

	expect_refusal(test, desc, OUT, -EACCES);
	expect_refusal(test, desc, IN, -EACCES);
}

struct protection {
	const char *name;
	bool own;
	bool file;
	int flags;
};

static const struct protection protections[] = {
	{ "anonymous", false, false, MAP_PRIVATE | MAP_ANONYMOUS },
	{ "anonymous, own task", true, false, MAP_PRIVATE | MAP_ANONYMOUS },
	{ "private file", false, true, MAP_PRIVATE },
	{ "private file, own task", true, true, MAP_PRIVATE },
	{ "shared file", false, true, MAP_SHARED },
	{ "shared file, own task", true, true, MAP_SHARED },
};

static void protection_name(const struct protection *protection, char *name)
{
	strscpy(name, protection->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(protection, protections, protection_name);

/* GMD-45 CON-4 GMD-35: what a task can only read the device can only read */
static void read_only_memory_is_for_out(struct kunit *test)
{
	const struct protection *protection = test->param_value;
	struct file *file = protection->file ? iomd_kunit_shmem(test, 3 * PAGE_SIZE) : NULL;
	u64 base = iomd_kunit_map(test, file, 3 * PAGE_SIZE, PROT_READ, protection->flags);
	struct mm_struct *task __free(iomd_kunit_leave) =
		protection->own ? iomd_kunit_enter() : NULL;
	struct iomd_desc *desc = user_desc(test, base + 5, 2 * PAGE_SIZE, BOTH);
	u8 *bytes = iomd_kunit_zalloc(test, 2 * PAGE_SIZE);

	if (file) {
		u64 writable = iomd_kunit_map(test, file, 3 * PAGE_SIZE, PROT_READ | PROT_WRITE,
					      MAP_SHARED);

		iomd_kunit_user_fill(test, writable + 5, 2 * PAGE_SIZE, 4);
	}
	expect_refusal(test, desc, IN, -EACCES);
	expect_refusal(test, desc, NONE, -EACCES);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, OUT), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 0, bytes, 2 * PAGE_SIZE),
			2 * (u64)PAGE_SIZE);
	if (file)
		KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(bytes, 2 * PAGE_SIZE, 4));
	else
		KUNIT_EXPECT_PTR_EQ(test, memchr_inv(bytes, 0, 2 * PAGE_SIZE), NULL);
	iomd_kunit_expect_pages(test, desc, base + 5);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(desc, 0, bytes, 1), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, IN), -EROFS);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
}

/*
 * GMD-51: memory pinned for reading stays the task's, also when that writes to what
 * it had only read, or never touched, before
 */
static void pins_for_reading_follow_the_task(struct kunit *test)
{
	struct file *file = iomd_kunit_shmem(test, PAGE_SIZE);
	u64 anonymous = iomd_kunit_map_anonymous(test, PAGE_SIZE);
	u64 private = iomd_kunit_map(test, file, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	struct iomd_desc *of_anonymous = user_desc(test, anonymous, PAGE_SIZE, OUT);
	struct iomd_desc *of_private = user_desc(test, private, PAGE_SIZE, OUT);
	u8 *bytes = iomd_kunit_zalloc(test, PAGE_SIZE);

	iomd_kunit_user_page(test, anonymous);
	iomd_kunit_user_page(test, private);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(of_anonymous, NONE), 0);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(of_private, NONE), 0);

	iomd_kunit_user_fill(test, anonymous, PAGE_SIZE, 5);
	iomd_kunit_user_fill(test, private, PAGE_SIZE, 6);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(of_anonymous, 0, bytes, PAGE_SIZE),
			(u64)PAGE_SIZE);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(bytes, PAGE_SIZE, 5));
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(of_private, 0, bytes, PAGE_SIZE),
			(u64)PAGE_SIZE);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(bytes, PAGE_SIZE, 6));
	iomd_kunit_expect_pages(test, of_anonymous, anonymous);
	iomd_kunit_expect_pages(test, of_private, private);
}

static int map_a_page_frame(struct file *file, struct vm_area_struct *vma)
{
	struct page *page = file->private_data;

	return remap_pfn_range(vma, vma->vm_start, page_to_pfn(page), PAGE_SIZE,
			       vma->vm_page_prot);
}

static const struct file_operations page_frame_fops = {
	.owner = THIS_MODULE,
	.mmap = map_a_page_frame,
};

static void undo_file(void *data)
{
	fput(data);
}

/* GMD-44: a driver's mapping has no pages that could be pinned */
static void refuses_mapped_page_frames(struct kunit *test)
{
	struct page *page = iomd_kunit_page(test, 0, U64_MAX);
	struct file *file;
	u64 base;

	file = anon_inode_getfile("iomd_kunit", &page_frame_fops, page, O_RDWR);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	iomd_kunit_defer(test, undo_file, file);
	base = iomd_kunit_map(test, file, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED);
	expect_refusal(test, user_desc(test, base, 16, BOTH), IN, -EXFULL);
	expect_refusal(test, user_desc(test, base, 16, BOTH), OUT, -EXFULL);
}

/* GMD-49: without faults, only what is present can be prepared */
static void no_fault_needs_present_pages(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, PAGE_SIZE);
	struct iomd_desc *desc = user_desc(test, base, PAGE_SIZE, BOTH);
	u64 before = iomd_kunit_pinned();

	KUNIT_EXPECT_LT(test, iomd_desc_prepare(desc, IN | IOMD_PREPARE_NO_FAULT), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before);
	iomd_kunit_user_fill(test, base, PAGE_SIZE, 1);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, IN | IOMD_PREPARE_NO_FAULT), 0);
}

/* A page of the process that lies beyond 32 bits, of which there are enough. */
static u64 map_beyond_32_bits(struct kunit *test)
{
	u64 address, tries;

	for (tries = 0; tries < 1000; tries++) {
		address = iomd_kunit_map_anonymous(test, PAGE_SIZE);
		iomd_kunit_user_fill(test, address, PAGE_SIZE, 1);
		if (page_to_phys(iomd_kunit_user_page(test, address)) >> 32)
			return address;
	}
	KUNIT_FAIL(test, "no memory beyond 32 bits");
	return address;
}

/* GMD-49: pages that 32 bits do not reach are refused to whom that matters */
static void pages_beyond_32_bits(struct kunit *test)
{
	u64 address = map_beyond_32_bits(test);
	struct iomd_desc *desc = user_desc(test, address, PAGE_SIZE, BOTH);

	expect_refusal(test, desc, IOMD_PREPARE_TO_PHYS32, -ENOBUFS);
	expect_refusal(test, desc, OUT | IOMD_PREPARE_TO_PHYS32, -ENOBUFS);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(iomd_kunit_user_page(test, address)), 0U);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
}

/* CON-13: said at creation it is part of the direction, wherever that is the default */
static void reach_is_part_of_the_direction(struct kunit *test)
{
	u64 address = map_beyond_32_bits(test);
	struct iomd_desc *desc = user_desc(test, address, PAGE_SIZE, IN | IOMD_PREPARE_TO_PHYS32);

	KUNIT_EXPECT_EQ(test, iomd_desc_get_direction(desc), (u32)(IN | IOMD_PREPARE_TO_PHYS32));
	expect_refusal(test, desc, NONE, -ENOBUFS);
	expect_refusal(test, desc, IOMD_PREPARE_NO_FAULT, -ENOBUFS);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, IN), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, OUT), 0);
}

/* CON-12: the bit that prepares at once at creation, when preparing forbids to page in */
static void same_bit_for_different_things(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, 2 * PAGE_SIZE);
	struct iomd_desc *made, *prepared;

	KUNIT_EXPECT_EQ(test, (u32)IOMD_MEMORY_AUTO_PREPARE, (u32)IOMD_PREPARE_NO_FAULT);
	made = user_desc(test, base, PAGE_SIZE, BOTH | IOMD_MEMORY_AUTO_PREPARE);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_prepared(made));
	prepared = user_desc(test, base + PAGE_SIZE, PAGE_SIZE, BOTH);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(prepared));
	KUNIT_EXPECT_LT(test, iomd_desc_prepare(prepared, IOMD_PREPARE_NO_FAULT), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(prepared, NONE), 0);
}

/*
 * Counting and letting go.
 */

/* GMD-40 GMD-72 GMD-74: nested prepares pin nothing more, and the last complete unpins */
static void nested_prepares_pin_once(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, PAGE_SIZE), before;
	struct iomd_desc *desc = user_desc(test, base, PAGE_SIZE, BOTH);
	struct page *page;

	iomd_kunit_user_fill(test, base, PAGE_SIZE, 1);
	page = iomd_kunit_user_page(test, base);
	before = iomd_kunit_pinned();
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, OUT), 0);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, IN), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(page), 1U);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned() - before, 1ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, IOMD_COMPLETE_WITH_DATA_VALID), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(page), 1U);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(page), 0U);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before);
}

/* GMD-40 GMD-51: what the task maps there later is not looked at again */
static void nested_prepare_touches_no_page(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, PAGE_SIZE);
	struct iomd_desc *desc = user_desc(test, base, PAGE_SIZE, BOTH);
	u8 byte;

	iomd_kunit_user_fill(test, base, PAGE_SIZE, 1);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	iomd_kunit_unmap(base, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 77, &byte, 1), 1ULL);
	KUNIT_EXPECT_EQ(test, byte, iomd_kunit_byte(1, 77));
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), -EFAULT);
}

/* MD-9 GMD-73 OBJ-24: the last put completes, however often it was prepared */
static void put_completes(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, 3 * PAGE_SIZE), before = iomd_kunit_pinned();
	struct iomd_desc *desc;
	struct page *page;

	iomd_kunit_user_fill(test, base, 3 * PAGE_SIZE, 1);
	page = iomd_kunit_user_page(test, base);
	desc = iomd_desc_with_address_range(base, 3 * PAGE_SIZE, BOTH, iomd_kunit_mm);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, desc);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(page), 1U);
	iomd_desc_put(desc);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(page), 0U);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before);
}

static int put_it(void *data)
{
	iomd_desc_put(data);
	return 0;
}

/* MD-9 OBJ-3: in softirq too, where a worker does what sleeps */
static void put_in_softirq_completes_later(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, 3 * PAGE_SIZE), before = iomd_kunit_pinned();
	struct iomd_desc *desc;
	struct page *page;

	iomd_kunit_user_fill(test, base, 3 * PAGE_SIZE, 1);
	page = iomd_kunit_user_page(test, base);
	desc = iomd_desc_with_address_range(base, 3 * PAGE_SIZE, BOTH, iomd_kunit_mm);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, desc);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_in_softirq(put_it, desc), 0);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_wait_for(iomd_kunit_pinned() == before));
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(page), 0U);
}

/* GMD-25: describing something else unpins what was prepared */
static void new_description_unpins_the_old(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, 3 * PAGE_SIZE), before = iomd_kunit_pinned();
	const struct iomd_range other = { base + PAGE_SIZE, 2 * PAGE_SIZE };
	struct iomd_desc *desc = user_desc(test, base, PAGE_SIZE, BOTH);
	struct page *page;
	u8 byte;

	iomd_kunit_user_fill(test, base, 3 * PAGE_SIZE, 1);
	page = iomd_kunit_user_page(test, base);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_ASSERT_EQ(test, iomd_desc_init_with_options(desc, &other, 1, 0, iomd_kunit_mm,
							  IOMD_MEMORY_TYPE_VIRTUAL | OUT, NULL),
			0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(page), 0U);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned() - before, 2ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 3, &byte, 1), 1ULL);
	KUNIT_EXPECT_EQ(test, byte, iomd_kunit_byte(1, PAGE_SIZE + 3));
}

/*
 * Several at once.
 */

#define ROUNDS	400

struct worker {
	struct iomd_desc *desc;
	struct completion *start;
	struct completion done;
	u32 wrong;
};

/* Whoever has prepared it can read it, whatever others do. */
static int prepare_and_complete(void *data)
{
	struct worker *worker = data;
	u8 bytes[3];
	u32 i;

	wait_for_completion(worker->start);
	for (i = 0; i < ROUNDS; i++) {
		worker->wrong += iomd_desc_prepare(worker->desc, NONE) != 0;
		worker->wrong += iomd_desc_read_bytes(worker->desc, PAGE_SIZE - 1, bytes, 3) != 3;
		worker->wrong += bytes[2] != iomd_kunit_byte(1, PAGE_SIZE + 1);
		worker->wrong += iomd_desc_complete(worker->desc, NONE) != 0;
	}
	complete(&worker->done);
	return 0;
}

/* MD-5 GMD-17: preparing and completing by several threads counts as it should */
static void threads_may_share_a_descriptor(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, 3 * PAGE_SIZE), before = iomd_kunit_pinned();
	static const u32 options[] = { BOTH | IOMD_MEMORY_THREAD_SAFE, BOTH };
	struct worker workers[2] = {};
	DECLARE_COMPLETION_ONSTACK(start);
	struct iomd_desc *desc;
	struct page *page;
	u32 i, k;

	iomd_kunit_user_fill(test, base, 3 * PAGE_SIZE, 1);
	page = iomd_kunit_user_page(test, base);
	desc = user_desc(test, base, 3 * PAGE_SIZE, BOTH);
	for (k = 0; k < 2; k++) {
		const struct iomd_range range = { base, 3 * PAGE_SIZE };

		/* As made, and described again without the option: it makes no difference. */
		KUNIT_ASSERT_EQ(test, iomd_desc_init_with_options(desc, &range, 1, 0, iomd_kunit_mm,
								  IOMD_MEMORY_TYPE_VIRTUAL |
								  options[k], NULL), 0);
		reinit_completion(&start);
		for (i = 0; i < 2; i++) {
			workers[i] = (struct worker) { .desc = desc, .start = &start };
			init_completion(&workers[i].done);
			KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(prepare_and_complete,
								    &workers[i], "iomd_kunit")));
		}
		complete_all(&start);
		for (i = 0; i < 2; i++) {
			wait_for_completion(&workers[i].done);
			KUNIT_EXPECT_EQ(test, workers[i].wrong, 0U);
		}
		KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(desc));
		KUNIT_EXPECT_EQ(test, iomd_kunit_pins(page), 0U);
		KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before);
	}
}

/*
 * Dirty pages.
 */

struct dirt {
	const char *name;
	u32 made;
	u32 prepared;
	u32 completed;
	bool dirty;
};

static const struct dirt dirts[] = {
	{ "in", BOTH, IN, NONE, true },
	{ "out", BOTH, OUT, NONE, false },
	{ "both", IN, BOTH, NONE, true },
	{ "none of in", IN, NONE, NONE, true },
	{ "none of out", OUT, NONE, NONE, false },
	{ "none of none", NONE, NONE, NONE, true },
	{ "in, completed as out", BOTH, IN, OUT, true },
	{ "out, completed as in", BOTH, OUT, IN, false },
	{ "in, with error", BOTH, IN, IOMD_COMPLETE_WITH_ERROR, false },
};

static void dirt_name(const struct dirt *dirt, char *name)
{
	strscpy(name, dirt->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(dirt, dirts, dirt_name);

/* A page of a file that nobody will write back, so that the bit may be played with. */
static struct page *clean_page(struct kunit *test, u64 address)
{
	struct page *page = iomd_kunit_user_page(test, address);

	KUNIT_ASSERT_NOT_NULL(test, page);
	lock_page(page);
	ClearPageDirty(page);
	unlock_page(page);
	return page;
}

/* MD-34 GMD-35 GMD-74 GMD-75: pages are dirty afterwards if the device may have written */
static void completes_dirty_what_was_written(struct kunit *test)
{
	const struct dirt *dirt = test->param_value;
	u64 base = map_shmem_shared(test, PAGE_SIZE);
	struct iomd_desc *desc = user_desc(test, base, PAGE_SIZE, dirt->made);
	struct page *page;

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, dirt->prepared), 0);
	page = clean_page(test, base);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, dirt->completed), 0);
	KUNIT_EXPECT_EQ(test, !!PageDirty(page), dirt->dirty);
}

/* GMD-75: any complete may report the error, and it ends with the lifetime */
static void an_error_discards_once(struct kunit *test)
{
	u64 base = map_shmem_shared(test, PAGE_SIZE);
	struct iomd_desc *desc = user_desc(test, base, PAGE_SIZE, IN);
	struct page *page;

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	page = clean_page(test, base);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, IOMD_COMPLETE_WITH_ERROR), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_FALSE(test, PageDirty(page));

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	page = clean_page(test, base);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_TRUE(test, PageDirty(page));
}

/*
 * Paying.
 */

/* A descriptor made by somebody who may lock @pages more, and no more than that. */
static struct iomd_desc *limited_desc(struct kunit *test, u64 address, u64 length,
				      unsigned long pages)
{
	struct rlimit *limit = &current->signal->rlim[RLIMIT_MEMLOCK];
	unsigned long usual = limit->rlim_cur;
	struct cred *cred = prepare_creds();
	const struct cred *mine;
	struct iomd_desc *desc;

	KUNIT_ASSERT_NOT_NULL(test, cred);
	cap_lower(cred->cap_effective, CAP_IPC_LOCK);
	mine = override_creds(cred);
	limit->rlim_cur = (atomic_long_read(&current_user()->locked_vm) + pages) << PAGE_SHIFT;
	desc = iomd_desc_with_address_range(address, length, BOTH, iomd_kunit_mm);
	limit->rlim_cur = usual;
	revert_creds(mine);
	put_cred(cred);
	return iomd_kunit_desc(test, desc);
}

/* OBJ-22: pages are charged to the user and shown at the process, and only while pinned */
static void pinned_pages_are_charged(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, 5 * PAGE_SIZE), pinned = iomd_kunit_pinned();
	struct iomd_desc *desc = limited_desc(test, base + 1, 3 * PAGE_SIZE, 4);
	long locked = atomic_long_read(&current_user()->locked_vm);

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned() - pinned, 4ULL);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&current_user()->locked_vm) - locked, 4L);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), pinned);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&current_user()->locked_vm), locked);
}

/* OBJ-22: a user who may lock without limit is not charged, but the process shows it */
static void privileged_users_are_not_charged(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, PAGE_SIZE), pinned = iomd_kunit_pinned();
	struct iomd_desc *desc = user_desc(test, base, PAGE_SIZE, BOTH);
	long locked = atomic_long_read(&current_user()->locked_vm);

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned() - pinned, 1ULL);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&current_user()->locked_vm), locked);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
}

/* Prepare as somebody who may not lock without limit. */
static int prepare_unprivileged(struct kunit *test, struct iomd_desc *desc)
{
	struct cred *cred = prepare_creds();
	const struct cred *mine;
	int err;

	KUNIT_ASSERT_NOT_NULL(test, cred);
	cap_lower(cred->cap_effective, CAP_IPC_LOCK);
	mine = override_creds(cred);
	err = iomd_desc_prepare(desc, NONE);
	revert_creds(mine);
	put_cred(cred);
	return err;
}

/*
 * GMD-44: whether there is a limit is asked of the maker's rights and not of those of whoever
 * prepares, whichever of them has more
 */
static void rights_of_the_maker_count(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, 2 * PAGE_SIZE);
	struct rlimit *limit = &current->signal->rlim[RLIMIT_MEMLOCK];
	unsigned long usual = limit->rlim_cur;
	struct iomd_desc *unlimited, *limited;

	limited = limited_desc(test, base, 2 * PAGE_SIZE, 1);
	limit->rlim_cur = 0;
	unlimited = user_desc(test, base, 2 * PAGE_SIZE, BOTH);
	KUNIT_EXPECT_EQ(test, prepare_unprivileged(test, unlimited), 0);
	limit->rlim_cur = usual;
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(unlimited, NONE), 0);

	KUNIT_ASSERT_TRUE(test, capable(CAP_IPC_LOCK));
	expect_refusal(test, limited, NONE, -ENOMEM);
	KUNIT_EXPECT_EQ(test, prepare_unprivileged(test, limited), -ENOMEM);
}

/*
 * GMD-44: one who has the capability, but to whom it is not granted, is charged once the process
 * is over the limit, and has that limit. Who has it not is one to whom it is not granted.
 */
static void refused_users_are_charged(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, 4 * PAGE_SIZE), pinned = iomd_kunit_pinned();
	struct iomd_desc *desc = limited_desc(test, base, 4 * PAGE_SIZE, 4);
	struct iomd_account *account = &iomd_to_general(desc)->account;
	long locked = atomic_long_read(&current_user()->locked_vm);

	/* Over the limit, if that counts all the process has pinned. */
	atomic64_add(account->limit, &iomd_kunit_mm->pinned_vm);
	account->user = NULL;
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&current_user()->locked_vm) - locked, 4L);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&current_user()->locked_vm), locked);

	account->user = NULL;
	account->limit--;
	expect_refusal(test, desc, NONE, -ENOMEM);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&current_user()->locked_vm), locked);
	atomic64_sub(account->limit + 1, &iomd_kunit_mm->pinned_vm);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), pinned);
}

/*
 * GMD-43 GMD-44: whoever made the descriptor may pin so much and no more, whoever
 * prepares it; at the limit nothing is pinned
 */
static void limit_of_the_maker_holds(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, 8 * PAGE_SIZE);
	struct iomd_desc *enough, *too_little, *one_more;
	struct page *page;

	iomd_kunit_user_fill(test, base, 8 * PAGE_SIZE, 1);
	page = iomd_kunit_user_page(test, base);
	enough = limited_desc(test, base, 8 * PAGE_SIZE, 8);
	too_little = limited_desc(test, base, 8 * PAGE_SIZE, 7);
	one_more = limited_desc(test, base, PAGE_SIZE, 8);

	expect_refusal(test, too_little, IN, -ENOMEM);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(page), 0U);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(enough, IN), 0);
	expect_refusal(test, too_little, IN, -ENOMEM);
	expect_refusal(test, one_more, IN, -ENOMEM);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(enough, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(one_more, IN), 0);
	expect_refusal(test, enough, OUT, -ENOMEM);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(one_more, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(enough, OUT), 0);
}

/*
 * A process that ends.
 */

/* GMD-18 OBJ-22 OBJ-33: a process may end under its descriptors */
static void process_may_end(struct kunit *test)
{
	char *argv[4] = { "/bin/busybox", "sleep", "1000", NULL };
	struct iomd_kunit_process *victim = iomd_kunit_start(test, argv);
	struct iomd_desc *prepared, *unprepared, *late;
	struct page *page;
	u64 stack, phys;
	u8 bytes[16];

	stack = victim->mm->start_stack & PAGE_MASK;
	prepared = iomd_desc_with_address_range(stack, 16, BOTH, victim->mm);
	iomd_kunit_desc(test, prepared);
	unprepared = iomd_desc_with_address_range(stack, 16, BOTH, victim->mm);
	iomd_kunit_desc(test, unprepared);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(prepared, NONE), 0);
	KUNIT_EXPECT_EQ(test, (u64)atomic64_read(&victim->mm->pinned_vm), 1ULL);
	phys = iomd_kunit_phys(prepared, 0, NULL);
	page = pfn_to_page(PHYS_PFN(phys));
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(page), 1U);

	iomd_kunit_kill(test, victim);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(page), 1U);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(unprepared, NONE), -ENXIO);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_preparation_id(unprepared),
			IOMD_PREPARATION_ID_UNPREPARED);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(prepared, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(prepared, 0, bytes, 16), 16ULL);
	late = iomd_kunit_desc(test, iomd_desc_with_address_range(stack, 16, BOTH, victim->mm));
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(late, NONE), -ENXIO);

	KUNIT_EXPECT_EQ(test, iomd_desc_complete(prepared, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(prepared, NONE), 0);
	KUNIT_EXPECT_EQ(test, (u64)atomic64_read(&victim->mm->pinned_vm), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(prepared, NONE), -ENXIO);
}

/* OBJ-32: a thread of the kernel answers for the kernel, whatever memory it borrows */
static void kernel_threads_are_the_kernel(struct kunit *test)
{
	IOMD_KUNIT_AS_TASK();

	KUNIT_EXPECT_PTR_EQ(test, iomd_current_task(), IOMD_KERNEL_TASK);
}

/*
 * Failing allocations.
 */

static int prepare_once(struct kunit *test, void *data)
{
	const struct iomd_range *ranges = data;
	struct iomd_desc *desc;
	int err;

	desc = iomd_desc_with_address_ranges(ranges, IOMD_KUNIT_MANY, BOTH, iomd_kunit_mm);
	if (IS_ERR(desc))
		return PTR_ERR(desc);
	err = iomd_desc_prepare(desc, NONE);
	if (!err)
		err = iomd_desc_complete(desc, NONE);
	iomd_desc_put(desc);
	return err;
}

/* GMD-43: whichever allocation fails, nothing stays pinned or charged */
static void survives_failing_allocations(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, 80 * PAGE_SIZE), before = iomd_kunit_pinned();
	struct iomd_range ranges[IOMD_KUNIT_MANY];
	struct page *page;
	u32 i;

	iomd_kunit_user_fill(test, base, 80 * PAGE_SIZE, 1);
	page = iomd_kunit_user_page(test, base);
	for (i = 0; i < ARRAY_SIZE(ranges); i++)
		ranges[i] = (struct iomd_range) { base + i * PAGE_SIZE, 40 * PAGE_SIZE };
	/* The object, its ranges, and at least one chunk of runs. */
	KUNIT_EXPECT_GE(test, iomd_kunit_sweep(test, prepare_once, ranges, UINT_MAX), 3U);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(page), 0U);
}

static int clear_command(void *data)
{
	return iomd_dma_clear_memory_descriptor(data, true);
}

/* GMD-28 GMD-25: what was let go of a moment ago is not lost when other memory is described */
static void new_description_of_what_was_just_let_go(struct kunit *test)
{
	u64 address = iomd_kunit_map_anonymous(test, 4 * PAGE_SIZE), before = iomd_kunit_pinned();
	u8 *memory = iomd_kunit_zalloc(test, PAGE_SIZE);
	const struct iomd_range range = { (unsigned long)memory, 16 };
	u32 i;

	for (i = 0; i < 100; i++) {
		struct iomd_dma *dma = iomd_dma_with_specification(iomd_dma_output_host64, 64, 0,
						IOMD_DMA_MAP_OPTION_UNMAPPED, 0, 1, NULL, NULL);
		struct iomd_desc *desc;

		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dma);
		desc = iomd_desc_with_address_range(address, 4 * PAGE_SIZE, IOMD_DIRECTION_IN,
						    iomd_kunit_mm);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, desc);
		KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, IOMD_DIRECTION_NONE), 0);
		KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
		KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, IOMD_DIRECTION_NONE), 0);
		KUNIT_EXPECT_EQ(test, iomd_kunit_in_softirq(clear_command, dma), 0);
		KUNIT_EXPECT_EQ(test, iomd_desc_init_with_options(desc, &range, 1, 0,
								  IOMD_KERNEL_TASK,
								  IOMD_MEMORY_TYPE_VIRTUAL, NULL),
				0);
		iomd_desc_put(desc);
		iomd_dma_put(dma);
	}
	KUNIT_EXPECT_TRUE(test, iomd_kunit_wait_for(iomd_kunit_pinned() == before));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(large_folio_is_one_segment),
	KUNIT_CASE(ranges_may_share_pages),
	KUNIT_CASE(many_ranges),
	KUNIT_CASE(user_ranges_stay_apart),
	KUNIT_CASE(empty_user_range),
	KUNIT_CASE(refuses_unmapped_memory),
	KUNIT_CASE(hole_undoes_everything),
	KUNIT_CASE(bad_range_undoes_the_others),
	KUNIT_CASE(refuses_inaccessible_memory),
	KUNIT_CASE_PARAM(read_only_memory_is_for_out, protection_gen_params),
	KUNIT_CASE(pins_for_reading_follow_the_task),
	KUNIT_CASE(refuses_mapped_page_frames),
	KUNIT_CASE(no_fault_needs_present_pages),
	KUNIT_CASE(pages_beyond_32_bits),
	KUNIT_CASE(reach_is_part_of_the_direction),
	KUNIT_CASE(same_bit_for_different_things),
	KUNIT_CASE(nested_prepares_pin_once),
	KUNIT_CASE(nested_prepare_touches_no_page),
	KUNIT_CASE(put_completes),
	KUNIT_CASE(put_in_softirq_completes_later),
	KUNIT_CASE(new_description_unpins_the_old),
	KUNIT_CASE(threads_may_share_a_descriptor),
	KUNIT_CASE_PARAM(completes_dirty_what_was_written, dirt_gen_params),
	KUNIT_CASE(an_error_discards_once),
	KUNIT_CASE(pinned_pages_are_charged),
	KUNIT_CASE(privileged_users_are_not_charged),
	KUNIT_CASE(rights_of_the_maker_count),
	KUNIT_CASE(refused_users_are_charged),
	KUNIT_CASE(limit_of_the_maker_holds),
	KUNIT_CASE(process_may_end),
	KUNIT_CASE(kernel_threads_are_the_kernel),
	KUNIT_CASE(survives_failing_allocations),
	KUNIT_CASE(new_description_of_what_was_just_let_go),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_user",
	.suite_init = iomd_kunit_suite_init,
	.suite_exit = iomd_kunit_suite_exit,
	.init = iomd_kunit_init,
	.test_cases = cases,
};

kunit_test_suite(suite);
