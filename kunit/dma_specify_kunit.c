// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is demanded of a DMA command: late, anew, for one preparation, of a copy of it.
 */
#include <linux/slab.h>

#include "iomd_kunit.h"

#define BOTH		IOMD_DIRECTION_OUT_IN
#define MAPPED		IOMD_DMA_MAP_OPTION_MAPPED
#define UNMAPPED	IOMD_DMA_MAP_OPTION_UNMAPPED

#define LENGTH		0x1000

/* Unlike those of any other command here, each of them. */
static const struct iomd_dma_segment_options strange = {
	.num_address_bits = 47,
	.max_segment_size = 0x300,
	.max_transfer_size = 0x800,
	.alignment = 8,
	.alignment_length = 0x100,
	.alignment_internal_segments = 16,
};

static struct iomd_desc *any_desc(struct kunit *test)
{
	return iomd_kunit_kernel_desc(test, kunit_kzalloc(test, LENGTH, GFP_KERNEL), LENGTH, BOTH);
}

static bool refuses(struct iomd_dma *dma, struct iomd_segment64 segment, void *segments, u32 index)
{
	return false;
}

static void expect_limits(struct kunit *test, const struct iomd_dma *dma, u8 bits, u32 alignment,
			  u32 alignment_length, u32 alignment_internal)
{
	KUNIT_EXPECT_EQ(test, iomd_dma_get_num_address_bits(dma), bits);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_alignment(dma), alignment);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_alignment_length(dma), alignment_length);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_alignment_internal_segments(dma), alignment_internal);
}

/* That all of @strange is in force, with memory that begins a page. */
static void expect_strange(struct kunit *test, struct iomd_dma *dma)
{
	struct iomd_segment64 segments[8];
	u64 offset = 0;
	u32 nr = 8;

	expect_limits(test, dma, 47, 8, 0x100, 16);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0x801, true, true), -ENOSPC);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0x700, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_gen64_iovm_segments(dma, &offset, segments, &nr), 0);
	KUNIT_EXPECT_EQ(test, nr, 3U);
	KUNIT_EXPECT_EQ(test, segments[0].length, 0x300ULL);
	KUNIT_EXPECT_EQ(test, segments[2].length, 0x100ULL);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
}

/*
 * DMA-25 DMA-26 DMA-58 DMA-87: a command without specification takes memory, and can be
 * prepared when it has got one
 */
static void specification_may_come_later(struct kunit *test)
{
	struct iomd_dma *dma = iomd_kunit_dma(test, iomd_dma_with_ref_con(test));
	struct iomd_desc *desc = any_desc(test);

	KUNIT_EXPECT_PTR_EQ(test, iomd_dma_get_ref_con(dma), (void *)test);
	expect_limits(test, dma, 0, 1, 1, 1);
	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, false), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0, true, true), -EAGAIN);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), -EAGAIN);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare_with_specification(dma, iomd_dma_output_host64, 0,
								  0, UNMAPPED, 0, 1, NULL, 0x10,
								  0x20, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_segment(test, dma, 0).iovm_addr,
			iomd_kunit_phys(desc, 0x10, NULL));
	KUNIT_EXPECT_EQ(test, iomd_kunit_segment(test, dma, 0).length, 0x20ULL);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
}

/* DMA-27: whether memory is within reach is decided when it is known what that is */
static void reach_is_asked_for_last(struct kunit *test)
{
	struct iomd_dma *dma = iomd_kunit_dma(test, iomd_dma_with_ref_con(NULL));
	struct page *page = iomd_kunit_page(test, BIT_ULL(28), U64_MAX);
	struct iomd_desc *desc = iomd_kunit_kernel_desc(test, page_address(page), PAGE_SIZE, BOTH);

	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, false), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare_with_specification(dma, iomd_dma_output_host64, 28,
								  0, UNMAPPED, 0, 1, NULL, 0, 0,
								  true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_bounced(dma), (u64)PAGE_SIZE);
	KUNIT_EXPECT_LT(test, iomd_kunit_segment(test, dma, 0).iovm_addr, BIT_ULL(28));
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
}

/* DMA-23: whether a command is an iterator is what the last specification says */
static void iterators_come_and_go(struct kunit *test)
{
	struct page *page = iomd_kunit_page(test, BIT_ULL(28), U64_MAX);
	struct iomd_desc *desc = iomd_kunit_kernel_desc(test, page_address(page), PAGE_SIZE, BOTH);
	struct iomd_dma *dma = iomd_kunit_command(test, 28, 1, NULL);
	u32 i;

	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, false), 0);
	for (i = 0; i < 4; i++) {
		u32 iterates = i % 2 ? 0 : IOMD_DMA_MAP_OPTION_ITERATE_ONLY;

		KUNIT_ASSERT_EQ(test, iomd_dma_prepare_with_specification(dma,
									  iomd_dma_output_host64,
									  28, 0,
									  UNMAPPED | iterates, 0,
									  1, NULL, 0, 0, true,
									  true), 0);
		KUNIT_EXPECT_EQ(test, iomd_dma_get_bounced(dma), iterates ? 0ULL : PAGE_SIZE);
		KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
	}
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
}

/* DMA-86 DMA-87 DMA-88: not while it is prepared; and what is demanded stays so */
static void prepares_with_what_is_demanded_now(struct kunit *test)
{
	struct iomd_dma *dma = iomd_kunit_command(test, 0, 1, NULL);
	struct iomd_desc *desc = any_desc(test);

	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare_with_segment_options(dma, iomd_dma_output_host64,
								    &strange, UNMAPPED, NULL, 0, 0,
								    true, true), -EPERM);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare_with_specification(dma, iomd_dma_output_host64, 0,
								  0, UNMAPPED, 0, 1, NULL, 0, 0,
								  true, true), -EPERM);
	expect_limits(test, dma, 0, 1, 1, 1);
	KUNIT_EXPECT_EQ(test, iomd_kunit_segment(test, dma, 0).length, (u64)LENGTH);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_active(dma));

	KUNIT_EXPECT_EQ(test, iomd_dma_prepare_with_segment_options(dma, iomd_dma_output_host64,
								    &strange, UNMAPPED, NULL, 0,
								    0x400, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
	expect_strange(test, dma);
	/* Nothing was wrong with the specification, so it stays. */
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare_with_specification(dma, iomd_dma_output_host64, 0,
								  0, UNMAPPED, 0x10, 1, NULL, 0,
								  0x20, true, true), -ENOSPC);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0x11, true, true), -ENOSPC);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0x10, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
}

/* DMA-24 DMA-87: a specification that makes no sense changes nothing, and does not count */
static void bad_specification_changes_nothing(struct kunit *test)
{
	struct iomd_dma *dma;

	dma = iomd_dma_with_segment_options(iomd_dma_output_host64, &strange, UNMAPPED, NULL, test);
	iomd_kunit_dma(test, dma);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, any_desc(test), false), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare_with_specification(dma, iomd_dma_output_host64, 32,
								  1, 7, 1, 1, NULL, 0, 0, true,
								  true), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare_with_specification(dma, iomd_dma_output_host64, 32,
								  1, MAPPED, 1, 1, NULL, 0, 0,
								  true, true), -ENODEV);
	KUNIT_EXPECT_EQ(test, iomd_dma_init_with_specification(dma, iomd_dma_output_host64, 3, 0,
							       UNMAPPED, 0, 1, NULL, dma),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dma_init_with_segment_options(dma, NULL, &strange, UNMAPPED,
								 NULL, dma), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), -EAGAIN);
	KUNIT_EXPECT_PTR_EQ(test, iomd_dma_get_ref_con(dma), (void *)test);
	KUNIT_EXPECT_NOT_NULL(test, iomd_dma_get_memory_descriptor(dma));
	expect_strange(test, dma);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
}

/* DMA-11 DMA-25: a command that is not prepared can be made into any other */
static void commands_can_be_made_again(struct kunit *test)
{
	struct iomd_dma *dma = iomd_kunit_command(test, 32, 4, NULL);
	struct iomd_desc *desc = any_desc(test);

	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_init_with_segment_options(dma, iomd_dma_output_host64,
								 &strange, UNMAPPED, NULL, dma),
			-EBUSY);
	KUNIT_EXPECT_EQ(test, iomd_dma_init_with_ref_con(dma, dma), -EBUSY);
	expect_limits(test, dma, 32, 4, 1, 4);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_active(dma));
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);

	KUNIT_EXPECT_EQ(test, iomd_dma_init_with_segment_options(dma, iomd_dma_output_host64,
								 &strange, UNMAPPED, NULL, dma),
			0);
	KUNIT_EXPECT_PTR_EQ(test, iomd_dma_get_ref_con(dma), (void *)dma);
	KUNIT_EXPECT_PTR_EQ(test, iomd_dma_get_memory_descriptor(dma), NULL);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, false), 0);
	expect_strange(test, dma);

	KUNIT_EXPECT_EQ(test, iomd_dma_init_with_specification(dma, iomd_dma_output_host32, 0, 0,
							       UNMAPPED, 0, 64, NULL, test), 0);
	expect_limits(test, dma, 32, 64, 1, 64);
	KUNIT_EXPECT_PTR_EQ(test, iomd_dma_get_ref_con(dma), (void *)test);
	KUNIT_EXPECT_PTR_EQ(test, iomd_dma_get_memory_descriptor(dma), NULL);

	KUNIT_EXPECT_EQ(test, iomd_dma_init_with_ref_con(dma, NULL), 0);
	KUNIT_EXPECT_PTR_EQ(test, iomd_dma_get_ref_con(dma), NULL);
	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), -EAGAIN);
}

/* DMA-22: a mapper goes when another takes its place, and when nothing does */
static void mappers_are_replaced(struct kunit *test)
{
	struct iomd_mapper *mapper = iomd_kunit_device_mapper(test, 64);
	struct iomd_dma *dma = iomd_kunit_command(test, 0, 1, mapper);

	KUNIT_EXPECT_EQ(test, iomd_dma_init_with_specification(dma, iomd_dma_output_host64, 0, 0,
							       UNMAPPED, 0, 1, NULL, NULL), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_init_with_specification(dma, iomd_dma_output_host64, 0, 0,
							       MAPPED, 0, 1, mapper, NULL), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_init_with_ref_con(dma, NULL), 0);
}

/* DMA-32 DMA-33 DMA-34 DMA-37: a clone demands the same, and has nothing else of it */
static void clones_demand_the_same(struct kunit *test)
{
	struct iomd_desc *desc = any_desc(test);
	struct iomd_dma *dma, *clone;

	dma = iomd_dma_with_segment_options(iomd_dma_output_host64, &strange, UNMAPPED, NULL, test);
	iomd_kunit_dma(test, dma);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, false), 0);
	KUNIT_ASSERT_EQ(test, iomd_dma_prepare(dma, 0, 0x100, true, true), 0);

	clone = iomd_kunit_dma(test, iomd_dma_clone_command(dma, NULL));
	KUNIT_EXPECT_PTR_EQ(test, iomd_dma_get_ref_con(clone), NULL);
	KUNIT_EXPECT_PTR_EQ(test, iomd_dma_get_memory_descriptor(clone), NULL);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_active(clone));
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(clone, desc, false), 0);
	expect_strange(test, clone);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(clone, true), 0);

	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_active(dma));
	KUNIT_EXPECT_PTR_EQ(test, iomd_dma_get_ref_con(dma), (void *)test);
	KUNIT_EXPECT_EQ(test, iomd_kunit_segment(test, dma, 0).length, 0x100ULL);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
}

/* DMA-33 DMA-140: of bits that were implied, and of a mapper, which it holds */
static void clones_have_the_mapper(struct kunit *test)
{
	struct device *dev = iomd_kunit_device(test, 64);
	struct iomd_mapper *mapper = iomd_mapper_for_device(dev);
	struct iomd_dma *dma, *clone;
	struct iomd_segment32 segment;
	u64 offset = 0;
	u32 nr = 1;

	dma = iomd_dma_with_specification(iomd_dma_output_host32, 0, 0, MAPPED, 0, 1, mapper, NULL);
	iomd_mapper_put(mapper);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dma);
	clone = iomd_kunit_dma(test, iomd_dma_clone_command(dma, test));
	iomd_dma_put(dma);
	KUNIT_EXPECT_PTR_EQ(test, iomd_dma_get_ref_con(clone), (void *)test);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_num_address_bits(clone), 32);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(clone, any_desc(test), true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_gen32_iovm_segments(clone, &offset, &segment, &nr), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(clone, true, true), 0);
	iomd_kunit_unbind(dev);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(clone, 0, 0, true, true), -ENODEV);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(clone, true), 0);
}

/* DMA-28 DMA-30 DMA-31: a command for a module that does not depend on this one */
static void weak_commands(struct kunit *test)
{
	struct iomd_dma *dma = (void *)test;

	KUNIT_EXPECT_EQ(test, iomd_dma_weak_with_specification(NULL, refuses, 0, 0, UNMAPPED, 0, 1,
							       NULL, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dma_weak_with_specification(&dma, refuses, 1, 0, UNMAPPED, 0, 1,
							       NULL, NULL), -EBADE);
	KUNIT_EXPECT_PTR_EQ(test, dma, NULL);
	iomd_dma_weak_put(dma);
	KUNIT_ASSERT_EQ(test, iomd_dma_weak_with_specification(&dma, refuses, 40, 0, UNMAPPED, 0,
							       16, NULL, test), 0);
	expect_limits(test, dma, 40, 16, 1, 16);
	KUNIT_EXPECT_PTR_EQ(test, iomd_dma_get_ref_con(dma), (void *)test);
	iomd_dma_weak_put(dma);
}

/*
 * DMA-90 DMA-96 DMA-110: a function for one call writes that call's segments, and
 * generation goes on with the command's own
 */
static void functions_for_one_call(struct kunit *test)
{
	struct iomd_desc *desc = any_desc(test);
	struct iomd_segment64 segment;
	__be64 big[2] = {};
	struct iomd_dma *dma;
	u64 offset = 0, phys = iomd_kunit_phys(desc, 0, NULL);
	u32 nr = 1;

	dma = iomd_dma_with_segment_options(iomd_dma_output_host64, &strange, UNMAPPED, NULL, NULL);
	iomd_kunit_dma(test, dma);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, false), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_gen_iovm_segments_with_function(dma, NULL, NULL, NULL, NULL),
			-EAGAIN);
	KUNIT_ASSERT_EQ(test, iomd_dma_prepare(dma, 0, 0x800, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_gen_iovm_segments_with_function(dma, NULL, &offset, big,
								       &nr), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dma_gen_iovm_segments_with_function(dma, refuses, &offset, big,
								       &nr), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, iomd_dma_gen_iovm_segments_with_function(dma, iomd_dma_output_big64,
								       &offset, big, &nr), 0);
	KUNIT_EXPECT_EQ(test, be64_to_cpu(big[0]), phys);
	KUNIT_EXPECT_EQ(test, be64_to_cpu(big[1]), 0x300ULL);
	KUNIT_EXPECT_EQ(test, iomd_dma_gen64_iovm_segments(dma, &offset, &segment, &nr), 0);
	KUNIT_EXPECT_EQ(test, segment.iovm_addr, phys + 0x300);
	KUNIT_EXPECT_EQ(test, offset, 0x600ULL);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(specification_may_come_later),
	KUNIT_CASE(reach_is_asked_for_last),
	KUNIT_CASE(iterators_come_and_go),
	KUNIT_CASE(prepares_with_what_is_demanded_now),
	KUNIT_CASE(bad_specification_changes_nothing),
	KUNIT_CASE(commands_can_be_made_again),
	KUNIT_CASE(mappers_are_replaced),
	KUNIT_CASE(clones_demand_the_same),
	KUNIT_CASE(clones_have_the_mapper),
	KUNIT_CASE(weak_commands),
	KUNIT_CASE(functions_for_one_call),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_dma_specify",
	.suite_init = iomd_kunit_suite_init,
	.suite_exit = iomd_kunit_suite_exit,
	.init = iomd_kunit_init,
	.test_cases = cases,
};

kunit_test_suite(suite);
