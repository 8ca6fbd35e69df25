// SPDX-License-Identifier: GPL-2.0-only
/*
 * Persistent descriptors: bound to memory, whatever becomes of its address.
 */
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/slab.h>

#include "compose.h"

#define IN		IOMD_DIRECTION_IN
#define OUT		IOMD_DIRECTION_OUT
#define BOTH		IOMD_DIRECTION_OUT_IN
#define NONE		IOMD_DIRECTION_NONE

#define PERSISTENT	IOMD_MEMORY_PERSISTENT

#define LENGTH		(3 * PAGE_SIZE)

static struct iomd_desc *again(struct iomd_desc *original)
{
	return iomd_desc_with_persistent_memory_descriptor(original);
}

/* Memory of the process, filled from @seed on, and a descriptor that is bound to it. */
static struct iomd_desc *bound_desc(struct kunit *test, u64 *base, u32 direction, u32 seed)
{
	*base = iomd_kunit_map_anonymous(test, LENGTH);
	iomd_kunit_user_fill(test, *base, LENGTH, seed);
	return iomd_kunit_of_process(test, *base + 5, LENGTH - 10, direction | PERSISTENT);
}

/* The process puts other memory there. */
static void replace(struct kunit *test, u64 base, u32 seed)
{
	iomd_kunit_unmap(base, LENGTH);
	iomd_kunit_map_at(test, base, LENGTH, PROT_READ | PROT_WRITE);
	iomd_kunit_user_fill(test, base, LENGTH, seed);
}

/* All of what is bound, as it was filled from @seed on. */
static void expect_filled(struct kunit *test, struct iomd_desc *desc, u32 seed)
{
	u8 *bytes = iomd_kunit_zalloc(test, LENGTH);

	iomd_kunit_fill(bytes, LENGTH, seed);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	iomd_kunit_expect_contents(test, desc, bytes + 5, LENGTH - 10);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
}

/* GMD-60: as long as the memory is what it was, so is the descriptor */
static void same_memory_same_descriptor(struct kunit *test)
{
	struct iomd_kunit_witness witness;
	struct iomd_desc *desc, *same;
	u64 base = iomd_kunit_map_anonymous(test, LENGTH), before = iomd_kunit_pinned();

	desc = iomd_desc_with_address_range(base, LENGTH, BOTH | PERSISTENT, iomd_kunit_mm);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, desc);
	iomd_kunit_watch(&witness, desc);
	same = again(desc);
	KUNIT_EXPECT_PTR_EQ(test, same, desc);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned() - before, 3ULL);

	/* Contents may change, and preparing makes no difference. */
	iomd_kunit_user_fill(test, base, LENGTH, 4);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_PTR_EQ(test, again(desc), desc);
	iomd_desc_put(desc);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);

	iomd_desc_put(desc);
	KUNIT_EXPECT_FALSE(test, witness.is_gone);
	iomd_desc_put(same);
	KUNIT_EXPECT_TRUE(test, witness.is_gone);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before);
}

/* GMD-23 GMD-51 GMD-60 GMD-61: other memory is another descriptor, and the first has its own */
static void other_memory_other_descriptor(struct kunit *test)
{
	u64 base;
	struct iomd_desc *desc = bound_desc(test, &base, IN, 1), *other;

	iomd_desc_set_tag(desc, 5);
	replace(test, base, 2);
	other = iomd_kunit_desc(test, again(desc));
	KUNIT_EXPECT_PTR_NE(test, other, desc);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(other), (u64)LENGTH - 10);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_flags(other), iomd_desc_get_flags(desc));
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(other));
	expect_filled(test, desc, 1);
	expect_filled(test, other, 2);

	/* The other is one that can be asked again, too. */
	KUNIT_EXPECT_PTR_EQ(test, iomd_kunit_desc(test, again(other)), other);
	replace(test, base, 3);
	expect_filled(test, iomd_kunit_desc(test, again(other)), 3);
	expect_filled(test, desc, 1);
	expect_filled(test, other, 2);
}

/* GMD-60: a single page is enough to make a difference */
static void one_page_makes_the_difference(struct kunit *test)
{
	u64 base;
	struct iomd_desc *desc = bound_desc(test, &base, BOTH, 1), *other;
	u64 length;

	iomd_kunit_unmap(base + PAGE_SIZE, PAGE_SIZE);
	iomd_kunit_map_at(test, base + PAGE_SIZE, PAGE_SIZE, PROT_READ | PROT_WRITE);
	other = iomd_kunit_desc(test, again(desc));
	KUNIT_EXPECT_PTR_NE(test, other, desc);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(other, NONE), 0);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(other, 0, &length), iomd_kunit_phys(desc, 0, NULL));
	KUNIT_EXPECT_NE(test, iomd_kunit_phys(other, PAGE_SIZE, NULL),
			iomd_kunit_phys(desc, PAGE_SIZE, NULL));
}

/* GMD-64 GMD-51: without memory there is no descriptor; the old one keeps what it has */
static void no_memory_no_descriptor(struct kunit *test)
{
	u64 base;
	struct iomd_desc *desc = bound_desc(test, &base, BOTH, 1);
	u64 before = iomd_kunit_pinned();

	iomd_kunit_unmap(base, LENGTH);
	IOMD_KUNIT_EXPECT_ERR(test, again(desc), -EFAULT);
	expect_filled(test, desc, 1);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before);

	iomd_kunit_map_at(test, base, LENGTH, PROT_READ);
	IOMD_KUNIT_EXPECT_ERR(test, again(desc), -EACCES);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before);
	expect_filled(test, desc, 1);
}

/* MD-18 GMD-62 GMD-63: only of what was made persistent, of one range, and is memory */
static void others_are_refused(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, LENGTH);
	const struct iomd_range ranges[] = { { base, 10 }, { base + PAGE_SIZE, 10 } };
	struct iomd_desc *plain = iomd_kunit_of_process(test, base, 10, BOTH);
	struct iomd_desc *bound = iomd_kunit_of_process(test, base, 10, BOTH | PERSISTENT);
	struct iomd_desc *several;

	IOMD_KUNIT_EXPECT_ERR(test, again(NULL), -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, again(plain), -EINVAL);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(plain, NONE), 0);
	IOMD_KUNIT_EXPECT_ERR(test, again(plain), -EINVAL);
	several = iomd_kunit_desc(test, iomd_desc_with_address_ranges(ranges, 2, BOTH | PERSISTENT,
								      iomd_kunit_mm));
	IOMD_KUNIT_EXPECT_ERR(test, again(several), -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, again(iomd_kunit_multi(test, &bound, 1, BOTH)), -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, again(iomd_kunit_sub(test, bound, 0, 10, BOTH | PERSISTENT)),
			      -EINVAL);
	KUNIT_EXPECT_PTR_EQ(test, iomd_kunit_desc(test, again(bound)), bound);
}

/* GMD-23 GMD-43: what cannot be bound cannot be made */
static void made_only_if_bound(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, LENGTH), before = iomd_kunit_pinned();
	u64 readable = iomd_kunit_map(test, NULL, LENGTH, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS);
	struct page *page;

	iomd_kunit_user_fill(test, base, LENGTH, 1);
	page = iomd_kunit_user_page(test, base);
	iomd_kunit_unmap(base + 2 * PAGE_SIZE, PAGE_SIZE);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_with_address_range(base, LENGTH, BOTH | PERSISTENT,
								 iomd_kunit_mm), -EFAULT);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_with_address_range(readable, 10, IN | PERSISTENT,
								 iomd_kunit_mm), -EACCES);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_with_address_range(readable, 10, NONE | PERSISTENT,
								 iomd_kunit_mm), -EACCES);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(page), 0U);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before);
}

/* GMD-23 GMD-45: for OUT it is bound for reading, and that is all it can be prepared for */
static void bound_for_reading(struct kunit *test)
{
	u64 readable = iomd_kunit_map(test, NULL, LENGTH, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS);
	struct iomd_desc *desc = iomd_kunit_of_process(test, readable, 10, OUT | PERSISTENT);
	u8 byte;

	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, IN), -EACCES);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, BOTH), -EACCES);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(desc));
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_read_only(desc));
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 0, &byte, 1), 1ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(desc, 0, &byte, 1), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, IN), -EROFS);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_PTR_EQ(test, iomd_kunit_desc(test, again(desc)), desc);
}

/* GMD-36 GMD-46: bound for writing it is prepared for either, as other memory is */
static void bound_for_writing(struct kunit *test)
{
	u64 base;
	struct iomd_desc *desc = bound_desc(test, &base, BOTH, 1);

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, OUT), 0);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_read_only(desc));
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(desc, 0, NULL, 1), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, IN), -EROFS);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_read_only(desc));
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, IN), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(desc, 0, NULL, 1), 1ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
}

/* GMD-23 GMD-65 GMD-68 GMD-74: pages are pinned for good; lifetimes come and go */
static void pages_stay_pinned(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, LENGTH), before = iomd_kunit_pinned(), id;
	struct iomd_desc *desc;
	struct page *page;

	iomd_kunit_user_fill(test, base, LENGTH, 1);
	page = iomd_kunit_user_page(test, base);
	desc = iomd_desc_with_address_range(base, LENGTH, BOTH | PERSISTENT, iomd_kunit_mm);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, desc);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(page), 1U);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned() - before, 3ULL);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(desc));

	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	id = iomd_desc_get_preparation_id(desc);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(page), 1U);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned() - before, 3ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(desc));
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(page), 1U);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_GT(test, iomd_desc_get_preparation_id(desc), id);

	iomd_desc_put(desc);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(page), 0U);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before);
}

/* GMD-25 GMD-27 GMD-28: describing something else lets go, unless a command is at it */
static void new_description_lets_go(struct kunit *test)
{
	u64 base;
	struct iomd_desc *desc = bound_desc(test, &base, BOTH, 1);
	struct iomd_dma *dma = iomd_kunit_command(test, 64, 1, NULL);
	const struct iomd_range range = { base + PAGE_SIZE, 10 };
	struct page *page = iomd_kunit_user_page(test, base);

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_init_with_options(desc, &range, 1, 0, iomd_kunit_mm,
							  IOMD_MEMORY_TYPE_VIRTUAL | BOTH, NULL),
			-EBUSY);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(page), 1U);
	expect_filled(test, desc, 1);

	KUNIT_ASSERT_EQ(test, iomd_desc_init_with_options(desc, &range, 1, 0, iomd_kunit_mm,
							  IOMD_MEMORY_TYPE_VIRTUAL | BOTH, NULL),
			0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(page), 0U);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	IOMD_KUNIT_EXPECT_ERR(test, again(desc), -EINVAL);
}

/* GMD-60 GMD-61: files may change hands too, be they mapped privately or shared */
static void memory_of_files(struct kunit *test)
{
	static const int flags[] = { MAP_PRIVATE, MAP_SHARED };
	struct file *file = iomd_kunit_shmem(test, LENGTH);
	u32 i;

	for (i = 0; i < 2; i++) {
		u64 base = iomd_kunit_map(test, file, LENGTH, PROT_READ | PROT_WRITE, flags[i]);
		struct iomd_desc *desc;

		desc = iomd_kunit_of_process(test, base, LENGTH, BOTH | PERSISTENT);
		iomd_kunit_user_fill(test, base, LENGTH, 3);
		KUNIT_EXPECT_PTR_EQ(test, iomd_kunit_desc(test, again(desc)), desc);
		iomd_kunit_unmap(base, LENGTH);
		IOMD_KUNIT_EXPECT_ERR(test, again(desc), -EFAULT);
		iomd_kunit_map_at(test, base, LENGTH, PROT_READ | PROT_WRITE);
		KUNIT_EXPECT_PTR_NE(test, iomd_kunit_desc(test, again(desc)), desc);
	}
}

/* GMD-60: memory of the kernel stays what it is */
static void kernel_memory_is_the_same(struct kunit *test)
{
	u8 *memory = iomd_kunit_zalloc(test, 8 << 20);
	struct iomd_desc *desc, *physical;

	desc = iomd_kunit_of_kernel(test, memory + 5, 10000, BOTH | PERSISTENT);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(desc));
	KUNIT_EXPECT_PTR_EQ(test, iomd_kunit_desc(test, again(desc)), desc);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	iomd_kunit_expect_contents(test, desc, memory + 5, 10000);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);

	physical = iomd_kunit_desc(test, iomd_desc_with_address_range(0x1000, 16, BOTH | PERSISTENT,
								      NULL));
	KUNIT_EXPECT_PTR_EQ(test, iomd_kunit_desc(test, again(physical)), physical);
}

/* GMD-23: no memory of the kernel's, and it is not made */
static void kernel_memory_has_to_be_there(struct kunit *test)
{
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_with_address_range(0x1000, 16, BOTH | PERSISTENT,
								 IOMD_KERNEL_TASK), -EFAULT);
}

/* GMD-61: the new one is bound to the mapper of the first, whoever asks */
static void mapper_is_the_same(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, LENGTH), length;
	const struct iomd_range range = { base, LENGTH };
	struct iomd_desc *desc, *other;

	iomd_kunit_user_fill(test, base, LENGTH, 1);
	desc = iomd_desc_with_options(&range, 1, 0, iomd_kunit_mm,
				      IOMD_MEMORY_TYPE_VIRTUAL | BOTH | PERSISTENT,
				      iomd_kunit_device_mapper(test, 64));
	iomd_kunit_desc(test, desc);
	replace(test, base, 2);
	other = iomd_kunit_desc(test, again(desc));
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(other, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_segment(other, 7, &length, 0),
			iomd_kunit_phys(other, 7, NULL));
	KUNIT_EXPECT_NE(test, length, 0ULL);
}

/* MD-7 GMD-60: nothing is the same as nothing */
static void nothing_is_the_same(struct kunit *test)
{
	struct iomd_desc *desc = iomd_kunit_of_process(test, 0, 0, BOTH | PERSISTENT);

	KUNIT_EXPECT_PTR_EQ(test, iomd_kunit_desc(test, again(desc)), desc);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
}

static int live_once(struct kunit *test, void *data)
{
	struct iomd_desc *desc, *same;
	const u64 *base = data;
	int err;

	desc = iomd_desc_with_address_range(*base, 20 * PAGE_SIZE, BOTH | PERSISTENT,
					    iomd_kunit_mm);
	if (IS_ERR(desc))
		return PTR_ERR(desc);
	same = again(desc);
	err = PTR_ERR_OR_ZERO(same);
	iomd_desc_put(same);
	iomd_desc_put(desc);
	return err;
}

/* GMD-23 GMD-64 OBJ-9: no allocation that fails leaves anything pinned */
static void survives_failing_allocations(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, 20 * PAGE_SIZE), before = iomd_kunit_pinned();

	iomd_kunit_user_fill(test, base, 20 * PAGE_SIZE, 1);
	KUNIT_EXPECT_GE(test, iomd_kunit_sweep(test, live_once, &base, UINT_MAX), 2U);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before);
}

/* GMD-61: what is described anew is not prepared, though the original was made so */
static void described_anew_it_is_not_prepared(struct kunit *test)
{
	u64 address = iomd_kunit_map_anonymous(test, PAGE_SIZE);
	struct iomd_desc *desc, *other;

	desc = iomd_desc_with_address_range(address, PAGE_SIZE,
					    IOMD_DIRECTION_OUT_IN | IOMD_MEMORY_PERSISTENT |
					    IOMD_MEMORY_AUTO_PREPARE, iomd_kunit_mm);
	iomd_kunit_desc(test, desc);
	iomd_kunit_unmap(address, PAGE_SIZE);
	iomd_kunit_map_at(test, address, PAGE_SIZE, PROT_READ | PROT_WRITE);
	other = iomd_kunit_desc(test, iomd_desc_with_persistent_memory_descriptor(desc));
	KUNIT_ASSERT_PTR_NE(test, other, desc);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_preparation_id(other),
			IOMD_PREPARATION_ID_UNPREPARED);
}

/* GMD-37: memory out of reach is not pinned, and not charged */
static void remote_memory_is_not_pinned(struct kunit *test)
{
	u64 address = iomd_kunit_map_anonymous(test, PAGE_SIZE), before = iomd_kunit_pinned();
	struct iomd_desc *desc;

	desc = iomd_desc_with_address_range(address, PAGE_SIZE,
					    IOMD_DIRECTION_IN | IOMD_MEMORY_REMOTE |
					    IOMD_MEMORY_PERSISTENT, iomd_kunit_mm);
	iomd_kunit_desc(test, desc);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, IOMD_DIRECTION_NONE), -ENXIO);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(same_memory_same_descriptor),
	KUNIT_CASE(other_memory_other_descriptor),
	KUNIT_CASE(one_page_makes_the_difference),
	KUNIT_CASE(no_memory_no_descriptor),
	KUNIT_CASE(others_are_refused),
	KUNIT_CASE(made_only_if_bound),
	KUNIT_CASE(bound_for_reading),
	KUNIT_CASE(bound_for_writing),
	KUNIT_CASE(pages_stay_pinned),
	KUNIT_CASE(new_description_lets_go),
	KUNIT_CASE(memory_of_files),
	KUNIT_CASE(kernel_memory_is_the_same),
	KUNIT_CASE(kernel_memory_has_to_be_there),
	KUNIT_CASE(mapper_is_the_same),
	KUNIT_CASE(nothing_is_the_same),
	KUNIT_CASE(survives_failing_allocations),
	KUNIT_CASE(described_anew_it_is_not_prepared),
	KUNIT_CASE(remote_memory_is_not_pinned),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_persistent",
	.suite_init = iomd_kunit_suite_init,
	.suite_exit = iomd_kunit_suite_exit,
	.init = iomd_kunit_init,
	.test_cases = cases,
};

kunit_test_suite(suite);
