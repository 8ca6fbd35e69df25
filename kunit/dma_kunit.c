// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA commands: specification, attachment, preparing, double buffering, and who may do
 * what in which order. How segments are formed is in segments_kunit.c.
 */
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "iomd_kunit.h"

#define IN		IOMD_DIRECTION_IN
#define OUT		IOMD_DIRECTION_OUT
#define BOTH		IOMD_DIRECTION_OUT_IN
#define NONE		IOMD_DIRECTION_NONE
#define MAPPED		IOMD_DMA_MAP_OPTION_MAPPED
#define BYPASSED	IOMD_DMA_MAP_OPTION_BYPASSED
#define NON_COHERENT	IOMD_DMA_MAP_OPTION_NON_COHERENT
#define UNMAPPED	IOMD_DMA_MAP_OPTION_UNMAPPED
#define ITERATE_ONLY	(UNMAPPED | IOMD_DMA_MAP_OPTION_ITERATE_ONLY)

static struct iomd_dma *make(const struct iomd_dma_segment_options *options, u32 mapping,
			     struct iomd_mapper *mapper)
{
	return iomd_dma_with_segment_options(iomd_dma_output_host64, options, mapping, mapper,
					     NULL);
}

/* Some memory that nobody cares for, described. */
static struct iomd_desc *any_desc(struct kunit *test, u64 length)
{
	return iomd_kunit_kernel_desc(test, kunit_kzalloc(test, length, GFP_KERNEL), length, BOTH);
}

static struct iomd_desc *physical_desc(struct kunit *test, u64 address, u64 length, u32 direction)
{
	return iomd_kunit_desc(test, iomd_desc_with_physical_address(address, length, direction));
}

/*
 * Specification.
 */

static bool own_output(struct iomd_dma *dma, struct iomd_segment64 segment, void *segments,
		       u32 index)
{
	return true;
}

struct specification {
	const char *name;
	iomd_dma_segment_fn out;
	u32 mapping;
	struct iomd_dma_segment_options options;
	int error;
	u8 bits;	/* effective */
	u32 alignment;
	u32 alignment_length;
	u32 alignment_internal;
};

static const struct specification specifications[] = {
	{ "nothing demanded", iomd_dma_output_host64, UNMAPPED, {}, 0, 0, 1, 1, 1 },
	{ "nothing demanded, 32 bits", iomd_dma_output_host32, UNMAPPED, {}, 0, 32, 1, 1, 1 },
	{ "nothing demanded, big endian", iomd_dma_output_big32, UNMAPPED, {}, 0, 32, 1, 1, 1 },
	{ "nothing demanded, little endian", iomd_dma_output_little32, UNMAPPED, {}, 0, 32, 1, 1,
	  1 },
	{ "nothing demanded, own function", own_output, UNMAPPED, {}, 0, 0, 1, 1, 1 },
	{ "32 bits", iomd_dma_output_host32, UNMAPPED, { .num_address_bits = 32 }, 0, 32, 1, 1,
	  1 },
	{ "24 bits", iomd_dma_output_little32, UNMAPPED, { .num_address_bits = 24 }, 0, 24, 1, 1,
	  1 },
	{ "33 of 32 bits", iomd_dma_output_host32, UNMAPPED, { .num_address_bits = 33 }, -EINVAL },
	{ "33 of 32 bits, big", iomd_dma_output_big32, UNMAPPED, { .num_address_bits = 33 },
	  -EINVAL },
	{ "33 of 32 bits, little", iomd_dma_output_little32, UNMAPPED,
	  { .num_address_bits = 33 }, -EINVAL },
	{ "64 bits", iomd_dma_output_big64, UNMAPPED, { .num_address_bits = 64 }, 0, 64, 1, 1, 1 },
	{ "255 bits", iomd_dma_output_little64, UNMAPPED, { .num_address_bits = 255 }, 0, 255, 1,
	  1, 1 },
	{ "255 bits, own function", own_output, UNMAPPED, { .num_address_bits = 255 }, 0, 255, 1,
	  1, 1 },
	{ "a page's bits", iomd_dma_output_host64, UNMAPPED, { .num_address_bits = PAGE_SHIFT },
	  0, PAGE_SHIFT, 1, 1, 1 },
	{ "less than a page's bits", iomd_dma_output_host64, UNMAPPED,
	  { .num_address_bits = PAGE_SHIFT - 1 }, -EINVAL },
	{ "one bit", iomd_dma_output_host64, UNMAPPED, { .num_address_bits = 1 }, -EINVAL },
	{ "aligned", iomd_dma_output_host64, UNMAPPED, { .alignment = 16 }, 0, 0, 16, 1, 16 },
	{ "aligned in three ways", iomd_dma_output_host64, UNMAPPED,
	  { .alignment = 16, .alignment_length = 4, .alignment_internal_segments = 64 },
	  0, 0, 16, 4, 64 },
	{ "aligned to three", iomd_dma_output_host64, UNMAPPED, { .alignment = 3 }, -EINVAL },
	{ "length aligned to 48", iomd_dma_output_host64, UNMAPPED, { .alignment_length = 48 },
	  -EINVAL },
	{ "others aligned to 6", iomd_dma_output_host64, UNMAPPED,
	  { .alignment_internal_segments = 6 }, -EINVAL },
	{ "no function", NULL, UNMAPPED, {}, -EINVAL },
	{ "unknown type", iomd_dma_output_host64, 4, {}, -EINVAL },
	{ "another unknown type", iomd_dma_output_host64, 0xf, {}, -EINVAL },
	{ "unknown bits beside the type", iomd_dma_output_host64, UNMAPPED | 0xffffff00, {}, 0, 0,
	  1, 1, 1 },
	{ "flags beside the type", iomd_dma_output_host64,
	  UNMAPPED | IOMD_DMA_MAP_OPTION_NO_CACHE_STORE | IOMD_DMA_MAP_OPTION_ON_CHIP, {}, 0, 0,
	  1, 1, 1 },
	{ "mapped by nobody", iomd_dma_output_host64, MAPPED, {}, -ENODEV },
	{ "not coherent, mapped by nobody", iomd_dma_output_host64, NON_COHERENT, {}, -ENODEV },
	{ "bypassing nobody", iomd_dma_output_host64, BYPASSED, {}, -ENODEV },
};

static void specification_name(const struct specification *specification, char *name)
{
	strscpy(name, specification->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(specification, specifications, specification_name);

/* DMA-2 DMA-8 DMA-10 DMA-12..14 DMA-17..19 DMA-140 DMA-141 DMA-146: what can be demanded */
static void specifications_are_checked(struct kunit *test)
{
	const struct specification *want = test->param_value;
	struct iomd_dma *dma;

	dma = iomd_dma_with_segment_options(want->out, &want->options, want->mapping, NULL, NULL);
	IOMD_KUNIT_EXPECT_ERR(test, dma, want->error);
	if (IS_ERR(dma))
		return;
	KUNIT_EXPECT_EQ(test, iomd_dma_get_num_address_bits(dma), want->bits);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_alignment(dma), want->alignment);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_alignment_length(dma), want->alignment_length);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_alignment_internal_segments(dma),
			want->alignment_internal);
	iomd_dma_put(dma);
}

/* DMA-12: there have to be options */
static void options_are_needed(struct kunit *test)
{
	IOMD_KUNIT_EXPECT_ERR(test, make(NULL, UNMAPPED, NULL), -EINVAL);
}

/* DMA-4 DMA-9 DMA-11: the short form, and the owner's pointer */
static void short_form_agrees(struct kunit *test)
{
	struct iomd_dma *dma;

	dma = iomd_dma_with_specification(iomd_dma_output_host64, 40, 0x1000, UNMAPPED, 0x2000, 32,
					  NULL, test);
	iomd_kunit_dma(test, dma);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_num_address_bits(dma), 40);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_alignment(dma), 32U);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_alignment_length(dma), 1U);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_alignment_internal_segments(dma), 32U);
	KUNIT_EXPECT_PTR_EQ(test, iomd_dma_get_ref_con(dma), (void *)test);
	iomd_dma_set_ref_con(dma, dma);
	KUNIT_EXPECT_PTR_EQ(test, iomd_dma_get_ref_con(dma), (void *)dma);
}

static void clear_default(void *unused)
{
	iomd_mapper_clear_default();
}

/* DMA-19 DMA-21 DMA-22: which mapper a command works with, and keeps */
static void mapper_is_chosen_and_kept(struct kunit *test)
{
	const struct iomd_dma_segment_options options = {};
	struct iomd_mapper *mapper, *other;
	struct iomd_desc *desc = any_desc(test, 0x2000);
	struct iomd_dma *dma;

	mapper = iomd_mapper_for_device(iomd_kunit_device(test, 64));
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, mapper);
	dma = iomd_kunit_dma(test, make(&options, UNMAPPED, mapper));
	iomd_kunit_dma(test, make(&options, MAPPED, mapper));
	iomd_kunit_dma(test, make(&options, NON_COHERENT, mapper));
	/* Direct is as good as none. */
	iomd_kunit_dma(test, make(&options, BYPASSED, mapper));
	iomd_mapper_put(mapper);
	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_segment(test, dma, 0).iovm_addr,
			iomd_kunit_phys(desc, 0, NULL));
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);

	iomd_kunit_defer(test, clear_default, NULL);
	KUNIT_ASSERT_EQ(test, iomd_mapper_set_default(mapper), 0);
	iomd_kunit_dma(test, make(&options, MAPPED, NULL));
	other = iomd_kunit_mapper(test, iomd_mapper_for_device(iomd_kunit_device(test, 64)));
	KUNIT_EXPECT_EQ(test, iomd_mapper_set_default(other), -ENOTUNIQ);
	IOMD_KUNIT_EXPECT_ERR(test, make(&options, MAPPED, NULL), -ENOTUNIQ);
	iomd_kunit_dma(test, make(&options, MAPPED, other));
	iomd_kunit_dma(test, make(&options, UNMAPPED, NULL));
}

/*
 * Attaching.
 */

/* DMA-41 DMA-47: the same descriptor again does nothing, or completes what is prepared */
static void attaching_the_same_again(struct kunit *test)
{
	struct iomd_dma *dma = iomd_kunit_command(test, 0, 1, NULL);
	struct iomd_desc *desc = any_desc(test, 64);

	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, NULL, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, NULL, false), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, false), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_active(dma));

	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_active(dma));
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, false), 0);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_active(dma));
	KUNIT_EXPECT_PTR_EQ(test, iomd_dma_get_memory_descriptor(dma), desc);
}

/* DMA-42 DMA-43 DMA-44 DMA-56: another one can be attached only while nothing is prepared */
static void attaching_another(struct kunit *test)
{
	struct iomd_desc *one = any_desc(test, 64), *two = any_desc(test, 32);
	struct iomd_dma *dma = iomd_kunit_command(test, 0, 1, NULL);
	u64 length;

	KUNIT_EXPECT_PTR_EQ(test, iomd_dma_get_memory_descriptor(dma), NULL);
	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, one, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, two, false), -EBUSY);
	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, two, true), -EBUSY);
	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, NULL, true), -EBUSY);
	KUNIT_EXPECT_PTR_EQ(test, iomd_dma_get_memory_descriptor(dma), one);
	KUNIT_EXPECT_EQ(test, iomd_kunit_segment(test, dma, 0).iovm_addr,
			iomd_kunit_phys(one, 0, NULL));

	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, two, true), 0);
	KUNIT_EXPECT_PTR_EQ(test, iomd_dma_get_memory_descriptor(dma), two);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_prepared_offset_and_length(dma, NULL, &length), 0);
	KUNIT_EXPECT_EQ(test, length, 32ULL);
	KUNIT_EXPECT_EQ(test, iomd_kunit_segment(test, dma, 0).iovm_addr,
			iomd_kunit_phys(two, 0, NULL));
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, NULL, false), 0);
	KUNIT_EXPECT_PTR_EQ(test, iomd_dma_get_memory_descriptor(dma), NULL);
}

/* DMA-47 OBJ-21: the command holds what is attached */
static void attached_descriptor_is_held(struct kunit *test)
{
	u8 *memory = kunit_kzalloc(test, 64, GFP_KERNEL);
	struct iomd_dma *dma = iomd_kunit_command(test, 0, 1, NULL);
	struct iomd_desc *desc;
	u8 byte = 0;

	memory[7] = 33;
	desc = iomd_desc_with_address(memory, 64, BOTH);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, desc);
	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, false), 0);
	iomd_desc_put(desc);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(iomd_dma_get_memory_descriptor(dma), 7, &byte,
						   1), 1ULL);
	KUNIT_EXPECT_EQ(test, byte, 33);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
}

/* DMA-46: what was known when it was attached is not asked again */
static void length_is_taken_when_attached(struct kunit *test)
{
	struct iomd_buffer *buffer;
	struct iomd_dma *dma = iomd_kunit_command(test, 0, 1, NULL);
	u64 length;

	buffer = iomd_kunit_buffer(test, iomd_buffer_with_options(BOTH, 200, 1));
	iomd_buffer_set_length(buffer, 100);
	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, iomd_buffer_desc(buffer), false),
			0);
	iomd_buffer_set_length(buffer, 200);
	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, iomd_buffer_desc(buffer), true),
			0);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 200, true, true), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_prepared_offset_and_length(dma, NULL, &length), 0);
	KUNIT_EXPECT_EQ(test, length, 100ULL);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, iomd_buffer_desc(buffer), true),
			0);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_prepared_offset_and_length(dma, NULL, &length), 0);
	KUNIT_EXPECT_EQ(test, length, 200ULL);
}

/*
 * DMA-45 DMA-46: where memory begins is asked when it is attached, if that is known then;
 * what is not known has to be looked at, which finds the second segment not aligned
 */
static void beginning_is_taken_when_attached(struct kunit *test)
{
	const struct iomd_dma_segment_options options = {
		.max_segment_size = 0x80, .alignment = 64, .alignment_internal_segments = 0x1000,
	};
	struct iomd_dma *dma = iomd_kunit_dma(test, make(&options, UNMAPPED, NULL));
	u8 *memory = page_address(iomd_kunit_page(test, 0, U64_MAX));
	struct iomd_desc *desc;

	desc = iomd_desc_with_address_range((unsigned long)memory + 64, 0x100, BOTH,
					    IOMD_KERNEL_TASK);
	iomd_kunit_desc(test, desc);
	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, false), 0);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_bounced(dma), 0x100ULL);
	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, false), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_bounced(dma), 0x100ULL);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_bounced(dma), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
}

/* DMA-51 DMA-96: generation begins anew with other memory, and with another preparation */
static void generation_begins_anew(struct kunit *test)
{
	struct iomd_desc *one = any_desc(test, 0x1000), *two = any_desc(test, 0x1000);
	const struct iomd_dma_segment_options options = { .max_segment_size = 0x100 };
	struct iomd_dma *dma = iomd_kunit_dma(test, make(&options, UNMAPPED, NULL));

	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, one, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_segment(test, dma, 0).iovm_addr,
			iomd_kunit_phys(one, 0, NULL));
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
	KUNIT_ASSERT_EQ(test, iomd_dma_prepare(dma, 0x800, 0x800, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_segment(test, dma, 0x100).iovm_addr,
			iomd_kunit_phys(one, 0x900, NULL));
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, two, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_segment(test, dma, 0x200).iovm_addr,
			iomd_kunit_phys(two, 0x200, NULL));
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
}

/* DMA-49 DMA-50: what cannot be prepared is not attached either, if it was to be */
static void failed_auto_prepare_detaches(struct kunit *test)
{
	struct iomd_desc *desc = any_desc(test, 0x100), *longer = any_desc(test, 0x101);
	struct iomd_desc *unprepared;
	struct iomd_dma *dma;

	dma = iomd_dma_with_specification(iomd_dma_output_host64, 0, 0, UNMAPPED, 0x100, 1, NULL,
					  NULL);
	iomd_kunit_dma(test, dma);
	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, longer, true), -ENOSPC);
	KUNIT_EXPECT_PTR_EQ(test, iomd_dma_get_memory_descriptor(dma), NULL);
	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, longer, false), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0, true, true), -ENOSPC);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 1, 0x100, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);

	unprepared = iomd_desc_with_address_range(0x1000, 16, BOTH, IOMD_KERNEL_TASK);
	iomd_kunit_desc(test, unprepared);
	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, unprepared, true), -EAGAIN);
	KUNIT_EXPECT_PTR_EQ(test, iomd_dma_get_memory_descriptor(dma), NULL);
}

/* DMA-52 DMA-53 DMA-55: detaching completes what is prepared, or refuses to */
static void detaching_completes(struct kunit *test)
{
	struct iomd_dma *dma = iomd_kunit_command(test, 0, 1, NULL);
	struct iomd_desc *desc = any_desc(test, 64);
	u32 i;

	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, false), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, false), -EAGAIN);
	KUNIT_EXPECT_PTR_EQ(test, iomd_dma_get_memory_descriptor(dma), desc);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_active(dma));
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
	KUNIT_EXPECT_PTR_EQ(test, iomd_dma_get_memory_descriptor(dma), NULL);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_active(dma));
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), -EAGAIN);

	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, false), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, false), 0);
	KUNIT_EXPECT_PTR_EQ(test, iomd_dma_get_memory_descriptor(dma), NULL);
}

/*
 * Preparing: results, and what counts.
 */

struct attempt {
	const char *name;
	u64 offset;
	u64 length;
	int error;
	bool counted;
};

/* Of a descriptor of 0x2000 bytes; up to 0x1800 at a time, in units of 8. */
static const struct attempt attempts[] = {
	{ "all of what fits", 0, 0x1800, 0, true },
	{ "some of it", 0x123, 0x100, 0, true },
	{ "the end", 0x1ff8, 8, 0, true },
	{ "too long by default", 0, 0, -ENOSPC, false },
	{ "too long", 0, 0x1801, -ENOSPC, false },
	{ "much too long", 0, U64_MAX, -ENOSPC, false },
	{ "beyond the end", 0x1ff8, 16, -EINVAL, false },
	{ "behind the end", 0x2001, 8, -EINVAL, false },
	{ "wrapping", U64_MAX, 8, -EINVAL, false },
	{ "not aligned", 0, 0x1001, -EBADSLT, true },
	{ "not aligned and beyond the end", 0x1fff, 9, -EINVAL, false },
};

static void attempt_name(const struct attempt *attempt, char *name)
{
	strscpy(name, attempt->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(attempt, attempts, attempt_name);

/* DMA-58 DMA-59 DMA-63 DMA-89 DMA-114 DMA-120 DMA-121 DMA-139: a first prepare */
static void first_prepares(struct kunit *test)
{
	const struct iomd_dma_segment_options options = {
		.max_transfer_size = 0x1800,
		.alignment_length = 8,
	};
	const struct attempt *attempt = test->param_value;
	struct iomd_desc *desc = any_desc(test, 0x2000), *other = any_desc(test, 8);
	struct iomd_dma *dma = iomd_kunit_dma(test, make(&options, UNMAPPED, NULL));
	u64 offset = 77, length = 77;

	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, false), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, attempt->offset, attempt->length, true, true),
			attempt->error);

	if (!attempt->error) {
		KUNIT_EXPECT_EQ(test, iomd_dma_get_prepared_offset_and_length(dma, &offset,
									      &length), 0);
		KUNIT_EXPECT_EQ(test, offset, attempt->offset);
		KUNIT_EXPECT_EQ(test, length, attempt->length);
		KUNIT_EXPECT_EQ(test, iomd_kunit_segment(test, dma, 0).iovm_addr,
				iomd_kunit_phys(desc, attempt->offset, NULL));
	} else {
		struct iomd_segment64 segment;
		u32 nr = 1;

		offset = 0;
		KUNIT_EXPECT_EQ(test, iomd_dma_gen64_iovm_segments(dma, &offset, &segment, &nr),
				-EAGAIN);
	}

	if (attempt->counted) {
		KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, other, false), -EBUSY);
		KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, false), -EAGAIN);
		KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
	}
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), -EAGAIN);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_prepared_offset_and_length(dma, &offset, &length),
			-EAGAIN);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 8, 16, true, true), 0);
}

/* DMA-7 DMA-64 DMA-63: nothing attached, nothing prepared, and an offset with no length */
static void cannot_prepare_what_is_not_there(struct kunit *test)
{
	struct iomd_dma *dma = iomd_kunit_command(test, 0, 1, NULL);
	struct iomd_desc *desc;

	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0, true, true), -EAGAIN);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), -EAGAIN);

	desc = iomd_desc_with_address_range((unsigned long)kunit_kzalloc(test, 64, GFP_KERNEL), 64,
					    BOTH, IOMD_KERNEL_TASK);
	iomd_kunit_desc(test, desc);
	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, false), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0, true, true), -EAGAIN);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), -EAGAIN);

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 1, 0, true, true), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), -EAGAIN);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
}

/* DMA-61 DMA-62 DMA-59 DMA-115: prepares of one range nest, and others only count */
static void prepares_of_one_range_nest(struct kunit *test)
{
	struct iomd_dma *dma = iomd_kunit_command(test, 0, 1, NULL);
	struct iomd_desc *desc = any_desc(test, 0x100);
	u32 i;

	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0x100, false, false), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0x80, true, true), -EAGAIN);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0x10, 0x80, true, true), -EAGAIN);
	for (i = 0; i < 4; i++) {
		KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
		KUNIT_EXPECT_EQ(test, iomd_kunit_segment(test, dma, 0).length, 0x100ULL);
	}
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_active(dma));
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0x10, 0x80, true, true), 0);
}

/* DMA-58 DMA-60: a failed first prepare is counted, and nothing nests in it */
static void failed_prepare_counts(struct kunit *test)
{
	const struct iomd_dma_segment_options options = { .alignment_length = 8 };
	struct iomd_dma *dma = iomd_kunit_dma(test, make(&options, UNMAPPED, NULL));
	struct iomd_desc *desc = any_desc(test, 0x100);

	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, false), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 7, true, true), -EBADSLT);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 7, true, true), -EAGAIN);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 8, true, true), -EAGAIN);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), -EAGAIN);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 7, true, true), -EBADSLT);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
}

/*
 * Preparing the same again: most of what was found out the last time is not asked again.
 */

#define NR_PIECES	3
#define AGAIN_SKIP	0x123
#define AGAIN_LENGTH	(NR_PIECES * PAGE_SIZE - 0x456)
#define LAST_PIECE	((NR_PIECES - 1) * PAGE_SIZE - AGAIN_SKIP)

/* All segments of what is prepared. */
static u32 generate(struct kunit *test, struct iomd_dma *dma, struct iomd_segment64 *segments,
		    u32 nr)
{
	u64 offset = 0;

	memset(segments, 0, nr * sizeof(*segments));
	KUNIT_EXPECT_EQ(test, iomd_dma_gen64_iovm_segments(dma, &offset, segments, &nr), 0);
	return nr;
}

struct way {
	const char *name;
	bool has_device;
	bool is_bound;		/* so that the descriptor has the mapping */
};

static const struct way ways[] = {
	{ "as it is", false, false },
	{ "mapped by the command", true, false },
	{ "mapped by the descriptor", true, true },
};

static void way_name(const struct way *way, char *name)
{
	strscpy(name, way->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(way, ways, way_name);

static struct iomd_dma *command_by_way(struct kunit *test, struct iomd_mapper **mapper)
{
	const struct iomd_dma_segment_options options = { .max_segment_size = 0x400 };
	const struct way *way = test->param_value;

	*mapper = way->has_device ? iomd_kunit_device_mapper(test, 64) : NULL;
	return iomd_kunit_dma(test, make(&options, *mapper ? MAPPED : UNMAPPED, *mapper));
}

static struct iomd_desc *desc_by_way(struct kunit *test, u64 address, struct mm_struct *mm,
				     struct iomd_mapper *mapper)
{
	const struct iomd_range range = { address + AGAIN_SKIP, AGAIN_LENGTH };
	const struct way *way = test->param_value;

	return iomd_kunit_desc(test, iomd_desc_with_options(&range, 1, 0, mm,
							     IOMD_MEMORY_TYPE_VIRTUAL | BOTH,
							     way->is_bound ? mapper : NULL));
}

#define NR_SEGMENTS	40

/* DMA-7 DMA-96: a range has the same segments each time, with others in between or not */
static void same_range_has_the_same_segments(struct kunit *test)
{
	struct iomd_segment64 *expected = kunit_kcalloc(test, 2 * NR_SEGMENTS, sizeof(*expected),
							GFP_KERNEL);
	struct iomd_segment64 *found = expected + NR_SEGMENTS;
	struct page **pages = iomd_kunit_scattered_pages(test, NR_PIECES);
	u8 *memory = iomd_kunit_vmap(test, pages, NR_PIECES);
	struct iomd_mapper *mapper;
	struct iomd_desc *desc;
	struct iomd_dma *dma;
	u32 i, nr = 0;

	KUNIT_ASSERT_NOT_NULL(test, expected);
	dma = command_by_way(test, &mapper);
	desc = desc_by_way(test, (unsigned long)memory, IOMD_KERNEL_TASK, mapper);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, false), 0);
	for (i = 0; i < 6; i++) {
		u64 offset = 0;

		if (i == 3) {
			KUNIT_ASSERT_EQ(test, iomd_dma_prepare(dma, 0, 0x900, true, true), 0);
			KUNIT_EXPECT_EQ(test, iomd_kunit_segment(test, dma, 0).iovm_addr,
					page_to_phys(pages[0]) + AGAIN_SKIP);
			KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
		}
		KUNIT_ASSERT_EQ(test, iomd_dma_prepare(dma, 0x111, 0x1900, true, true), 0);
		if (i == 4)
			KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0x111, 0x1900, true, true), 0);
		if (!i)
			nr = generate(test, dma, expected, NR_SEGMENTS);
		KUNIT_EXPECT_EQ(test, generate(test, dma, found, NR_SEGMENTS), nr);
		KUNIT_EXPECT_MEMEQ(test, found, expected, nr * sizeof(*found));
		KUNIT_EXPECT_EQ(test, found[0].iovm_addr,
				page_to_phys(pages[0]) + AGAIN_SKIP + 0x111);
		/* Generation is left somewhere else each time. */
		for (; offset < 0x400 * i; offset += 0x100)
			iomd_kunit_segment(test, dma, offset);
		KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
		if (i == 4)
			KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
	}
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0x111, 0x1900, true, true), -EAGAIN);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), -EAGAIN);
}

/*
 * DMA-96: a descriptor that is prepared anew has its memory where it is then, also for a
 * generation that goes on where the last one of the old memory ended
 */
static void same_range_may_be_elsewhere(struct kunit *test)
{
	u64 address = iomd_kunit_map_anonymous(test, NR_PIECES * PAGE_SIZE);
	struct iomd_mapper *mapper;
	struct iomd_desc *desc;
	struct iomd_dma *dma;
	u32 round, i;

	dma = command_by_way(test, &mapper);
	desc = desc_by_way(test, address, iomd_kunit_mm, mapper);
	for (round = 0; round < 3; round++) {
		struct page *pages[NR_PIECES];

		iomd_kunit_user_fill(test, address, NR_PIECES * PAGE_SIZE, round);
		KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
		if (!round)
			KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, false), 0);
		KUNIT_ASSERT_EQ(test, iomd_dma_prepare(dma, 0, 0, true, true), 0);
		for (i = 0; i < NR_PIECES; i++) {
			pages[i] = iomd_kunit_user_page(test, address + i * PAGE_SIZE);
			KUNIT_ASSERT_NOT_NULL(test, pages[i]);
			/* It is not to come back as another. */
			get_page(pages[i]);
		}
		KUNIT_EXPECT_EQ(test, iomd_kunit_segment(test, dma, LAST_PIECE + 0x400).iovm_addr,
				page_to_phys(pages[NR_PIECES - 1]) + 0x400);
		for (i = 0; i < NR_PIECES; i++) {
			u64 offset = i ? i * PAGE_SIZE - AGAIN_SKIP : 0;

			KUNIT_EXPECT_EQ(test, iomd_kunit_segment(test, dma, offset).iovm_addr,
					page_to_phys(pages[i]) + (i ? 0 : AGAIN_SKIP));
		}
		KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
		KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
		iomd_kunit_map_at(test, address + (round ? 0 : PAGE_SIZE),
				  (round ? NR_PIECES : 1) * PAGE_SIZE, PROT_READ | PROT_WRITE);
		iomd_kunit_user_fill(test, address, NR_PIECES * PAGE_SIZE, round);
		for (i = 0; i < NR_PIECES; i++)
			put_page(pages[i]);
	}
}

/* DMA-58 DMA-60 DMA-63: a good range is good and a bad one is bad, whatever came before */
static void bad_ranges_stay_bad(struct kunit *test)
{
	const struct iomd_dma_segment_options options = {
		.max_transfer_size = 0x80, .alignment_length = 8,
	};
	struct iomd_dma *dma = iomd_kunit_dma(test, make(&options, UNMAPPED, NULL));
	struct iomd_desc *desc = any_desc(test, 0x100);
	u32 i;

	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, false), 0);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0x40, true, true), 0);
		KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
		KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0x100, true, true), -ENOSPC);
		KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0xe0, 0x40, true, true), -EINVAL);
		KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0x40, true, true), 0);
		KUNIT_EXPECT_EQ(test, iomd_kunit_segment(test, dma, 0).iovm_addr,
				iomd_kunit_phys(desc, 0, NULL));
		KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
		KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0x3f, true, true), -EBADSLT);
		KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
		KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0x3f, true, true), -EBADSLT);
		KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
	}
}

/* DMA-63: what the descriptor has become too short for is refused, though it was prepared */
static void shorter_descriptors_have_no_more(struct kunit *test)
{
	struct iomd_buffer *buffer = iomd_kunit_buffer(test, iomd_buffer_with_options(BOTH, 0x100,
										      1));
	struct iomd_dma *dma = iomd_kunit_command(test, 0, 1, NULL);

	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, iomd_buffer_desc(buffer), true),
			0);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
	iomd_buffer_set_length(buffer, 0xff);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0x100, true, true), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0, true, true), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0xff, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
	iomd_buffer_set_length(buffer, 0x100);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0x100, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
}

/*
 * DMA-27 DMA-66 DMA-87 DMA-88: what is demanded anew, and what is attached anew, is looked at
 * anew
 */
static void same_range_is_looked_at_anew(struct kunit *test)
{
	struct page *high = iomd_kunit_page(test, BIT_ULL(28), U64_MAX);
	struct page *low = iomd_kunit_page(test, 0, BIT_ULL(28) - 1);
	struct iomd_desc *desc = iomd_kunit_kernel_desc(test, page_address(high), PAGE_SIZE, BOTH);
	struct iomd_desc *other = iomd_kunit_kernel_desc(test, page_address(low), PAGE_SIZE, BOTH);
	struct iomd_dma *dma = iomd_kunit_command(test, 64, 1, NULL);
	u32 i;

	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
	for (i = 0; i < 4; i++) {
		u64 bounced = i % 2 ? 0 : PAGE_SIZE;
		u32 again;
		int err;

		err = iomd_dma_prepare_with_specification(dma, iomd_dma_output_host64,
							  i % 2 ? 64 : 28, 0, UNMAPPED, 0, 1, NULL,
							  0, 0, true, true);
		KUNIT_ASSERT_EQ(test, err, 0);
		for (again = 0; again < 2; again++) {
			KUNIT_EXPECT_EQ(test, iomd_dma_get_bounced(dma), bounced);
			KUNIT_EXPECT_EQ(test, iomd_kunit_segment(test, dma, 0).iovm_addr ==
					page_to_phys(high), !bounced);
			KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
			KUNIT_ASSERT_EQ(test, iomd_dma_prepare(dma, 0, 0, true, true), 0);
		}
		KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
	}

	dma = iomd_kunit_command(test, 28, 1, NULL);
	for (i = 0; i < 4; i++) {
		KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, i % 2 ? desc : other,
								     false), 0);
		KUNIT_ASSERT_EQ(test, iomd_dma_prepare(dma, 0, PAGE_SIZE, true, true), 0);
		KUNIT_EXPECT_EQ(test, iomd_dma_get_bounced(dma), i % 2 ? PAGE_SIZE : 0ULL);
		KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
	}
}

/* DMA-129 DMA-131: what was double buffered on demand is used in place the next time */
static void double_buffered_is_not_for_good(struct kunit *test)
{
	u8 *memory = page_address(iomd_kunit_page(test, 0, U64_MAX));
	struct iomd_desc *desc = iomd_kunit_kernel_desc(test, memory, 0x200, BOTH);
	struct iomd_dma *dma = iomd_kunit_command(test, 0, 64, NULL);
	struct iomd_segment64 segment;
	u32 i, nr = 1;

	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, false), 0);
	for (i = 0; i < 4; i++) {
		u64 offset = 0;

		/* Begins in the middle of something: that is found out late, in place. */
		KUNIT_ASSERT_EQ(test, iomd_dma_prepare(dma, 1, 0x100, true, true), 0);
		KUNIT_EXPECT_EQ(test, iomd_dma_get_bounced(dma), 0ULL);
		KUNIT_EXPECT_EQ(test, iomd_dma_gen64_iovm_segments(dma, &offset, &segment, &nr),
				-EBADSLT);
		if (i % 2) {
			KUNIT_ASSERT_EQ(test, iomd_dma_synchronize(dma,
								   IOMD_DMA_FORCE_DOUBLE_BUFFER),
					0);
			KUNIT_EXPECT_EQ(test, iomd_dma_get_bounced(dma), 0x100ULL);
			KUNIT_EXPECT_EQ(test, iomd_kunit_segment(test, dma, 0).length, 0x100ULL);
		}
		KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
	}
}

/* DMA-64 DMA-58: with nothing attached, or nothing demanded, there is no such range any more */
static void same_range_may_be_gone(struct kunit *test)
{
	struct iomd_dma *dma = iomd_kunit_command(test, 0, 1, NULL);
	struct iomd_desc *desc = any_desc(test, 0x100);
	u32 i;

	for (i = 0; i < 3; i++) {
		KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
		KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
		if (i == 0)
			KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, false), 0);
		else if (i == 1)
			KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, NULL, false), 0);
		else
			KUNIT_EXPECT_EQ(test, iomd_dma_init_with_ref_con(dma, NULL), 0);
		KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0x100, true, true), -EAGAIN);
		KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0, true, true), -EAGAIN);
		KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), -EAGAIN);
	}
}

/* DMA-85: what a descriptor has come to describe while it was attached may be out of any reach */
static void same_range_may_become_unreachable(struct kunit *test)
{
	static const struct { u32 flag; int error; } kinds[] = {
		{ IOMD_MEMORY_REMOTE, -ENXIO }, { IOMD_MEMORY_HOST_ONLY, -EPERM },
	};
	struct page *page = iomd_kunit_page(test, 0, U64_MAX);
	const struct iomd_range range = { page_to_phys(page), 0x100 };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct iomd_dma *dma = iomd_kunit_command(test, 0, 1, NULL);
		struct iomd_desc *desc = physical_desc(test, range.address, 0x100, BOTH);

		KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
		KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
		KUNIT_ASSERT_EQ(test, iomd_desc_init_with_options(desc, &range, 1, 0, NULL,
								  IOMD_MEMORY_TYPE_PHYSICAL |
								  BOTH | kinds[i].flag, NULL), 0);
		KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0, true, true), kinds[i].error);
		KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
	}
}

/* DMA-58: more pages than 32 bits count */
static void too_many_pages(struct kunit *test)
{
	struct iomd_desc *desc;
	struct iomd_dma *dma;

	desc = iomd_desc_with_address_range(0x1000, 1ULL << 44, IN | IOMD_MEMORY_REMOTE, NULL);
	iomd_kunit_desc(test, desc);
	dma = iomd_dma_with_specification(iomd_dma_output_host64, 0, 0, ITERATE_ONLY, 0, 1, NULL,
					  NULL);
	iomd_kunit_dma(test, dma);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, false), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0, true, true), -EFAULT);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, (1ULL << 44) - 1, true, true), 0);
}

/* DMA-65 MD-7: nothing can be prepared, and has no segments */
static void nothing_can_be_prepared(struct kunit *test)
{
	struct iomd_dma *commands[] = {
		iomd_kunit_command(test, 0, 1, NULL), iomd_kunit_command(test, 28, 4, NULL),
	};
	struct iomd_desc *desc = physical_desc(test, 0x1000, 0, BOTH);
	struct iomd_segment64 segment;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		u64 offset = 0;
		u32 nr = 1;

		KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(commands[i], desc, true), 0);
		KUNIT_EXPECT_EQ(test, iomd_dma_gen64_iovm_segments(commands[i], &offset, &segment,
								   &nr), -EOVERFLOW);
		KUNIT_EXPECT_EQ(test, iomd_dma_complete(commands[i], true, true), 0);
	}
}

/* DMA-38 DMA-39: the last put completes and detaches */
static void put_completes_and_detaches(struct kunit *test)
{
	u64 address = iomd_kunit_map_anonymous(test, PAGE_SIZE);
	struct iomd_desc *desc;
	struct iomd_dma *dma;
	struct page *page;

	iomd_kunit_user_fill(test, address, PAGE_SIZE, 1);
	page = iomd_kunit_user_page(test, address);
	desc = iomd_desc_with_address_range(address, PAGE_SIZE, BOTH, iomd_kunit_mm);
	iomd_kunit_desc(test, desc);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	dma = iomd_dma_with_specification(iomd_dma_output_host64, 0, 0, UNMAPPED, 0, 1, NULL,
					  NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dma);
	KUNIT_EXPECT_PTR_EQ(test, iomd_dma_get(dma), dma);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
	iomd_dma_put(dma);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_active(dma));
	iomd_dma_put(dma);
	iomd_dma_put(NULL);
	iomd_dma_put(ERR_PTR(-ENOMEM));
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(page), 1U);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(page), 0U);
}

/*
 * Generating: arguments, functions.
 */

/* DMA-89 DMA-90 DMA-91 DMA-95: what is checked, and what an error leaves alone */
static void generating_checks_arguments(struct kunit *test)
{
	struct iomd_dma *dma = iomd_kunit_command(test, 0, 1, NULL);
	struct iomd_desc *desc = any_desc(test, 0x100);
	struct iomd_segment64 segment;
	u64 offset = 0;
	u32 nr = 1;

	KUNIT_EXPECT_EQ(test, iomd_dma_gen_iovm_segments(dma, NULL, NULL, NULL), -EAGAIN);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_gen_iovm_segments(dma, NULL, &segment, &nr), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dma_gen_iovm_segments(dma, &offset, NULL, &nr), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dma_gen_iovm_segments(dma, &offset, &segment, NULL), -EINVAL);
	nr = 0;
	KUNIT_EXPECT_EQ(test, iomd_dma_gen_iovm_segments(dma, &offset, &segment, &nr), -EINVAL);
	KUNIT_EXPECT_EQ(test, nr, 0U);
	nr = 1;
	offset = 0x100;
	KUNIT_EXPECT_EQ(test, iomd_dma_gen_iovm_segments(dma, &offset, &segment, &nr), -EOVERFLOW);
	KUNIT_EXPECT_EQ(test, offset, 0x100ULL);
	KUNIT_EXPECT_EQ(test, nr, 1U);
	offset = U64_MAX;
	KUNIT_EXPECT_EQ(test, iomd_dma_gen_iovm_segments(dma, &offset, &segment, &nr), -EOVERFLOW);
	offset = 0xff;
	KUNIT_EXPECT_EQ(test, iomd_dma_gen_iovm_segments(dma, &offset, &segment, &nr), 0);
	KUNIT_EXPECT_EQ(test, offset, 0x100ULL);
	KUNIT_EXPECT_EQ(test, segment.length, 1ULL);
}

/* What a segment function was called with. */
struct calls {
	u32 nr;
	u32 stop_at;
	struct iomd_dma *dma;
	struct iomd_segment64 segments[8];
	u32 wrong;
};

static bool note_call(struct iomd_dma *dma, struct iomd_segment64 segment, void *segments,
		      u32 index)
{
	struct calls *calls = segments;

	calls->wrong += dma != calls->dma || index != calls->nr || calls->nr >= 8;
	calls->segments[calls->nr++ % 8] = segment;
	return calls->nr != calls->stop_at;
}

/* DMA-1 DMA-95 DMA-110: an own function sees each segment once, in order, and may refuse */
static void own_function_is_called_in_order(struct kunit *test)
{
	static const struct iomd_range ranges[] = {
		{ 0x10000, 0x100 }, { 0x20000, 0x200 }, { 0x30000, 0x300 }, { 0x40000, 0x400 },
	};
	struct calls calls = {};
	struct iomd_desc *desc;
	u64 offset = 0;
	u32 nr = 3, i;

	desc = iomd_kunit_desc(test, iomd_desc_with_address_ranges(ranges, 4, IN, NULL));
	calls.dma = iomd_dma_with_specification(note_call, 0, 0, UNMAPPED, 0, 1, NULL, NULL);
	iomd_kunit_dma(test, calls.dma);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(calls.dma, desc, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_gen_iovm_segments(calls.dma, &offset, &calls, &nr), 0);
	KUNIT_EXPECT_EQ(test, calls.nr, 3U);
	KUNIT_EXPECT_EQ(test, calls.wrong, 0U);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, calls.segments[i].iovm_addr, ranges[i].address);
		KUNIT_EXPECT_EQ(test, calls.segments[i].length, ranges[i].length);
	}
	KUNIT_EXPECT_EQ(test, offset, 0x600ULL);

	calls.nr = 0;
	KUNIT_EXPECT_EQ(test, iomd_dma_gen_iovm_segments(calls.dma, &offset, &calls, &nr), 0);
	KUNIT_EXPECT_EQ(test, nr, 1U);
	KUNIT_EXPECT_EQ(test, calls.wrong, 0U);
	KUNIT_EXPECT_EQ(test, calls.segments[0].iovm_addr, 0x40000ULL);

	calls.nr = 0;
	calls.stop_at = 2;
	offset = 0;
	nr = 8;
	KUNIT_EXPECT_EQ(test, iomd_dma_gen_iovm_segments(calls.dma, &offset, &calls, &nr),
			-EMSGSIZE);
	KUNIT_EXPECT_EQ(test, calls.nr, 2U);
	KUNIT_EXPECT_EQ(test, offset, 0ULL);
	KUNIT_EXPECT_EQ(test, nr, 8U);
}

/* DMA-144 DMA-145: the six functions, at any alignment where bytes are in order */
static void output_functions(struct kunit *test)
{
	static const struct iomd_segment64 segment = { 0x1122334455667788, 0x99aabbccddeeff00 };
	static const u8 big32[] = { 0x55, 0x66, 0x77, 0x88, 0xdd, 0xee, 0xff, 0x00 };
	static const u8 little32[] = { 0x88, 0x77, 0x66, 0x55, 0x00, 0xff, 0xee, 0xdd };
	static const u8 big64[] = { 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88,
				    0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0x00 };
	static const u8 little64[] = { 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,
				       0x00, 0xff, 0xee, 0xdd, 0xcc, 0xbb, 0xaa, 0x99 };
	struct iomd_segment32 host32[3] = {};
	struct iomd_segment64 host64[3] = {};
	u8 bytes[64], expected[64];

	KUNIT_EXPECT_TRUE(test, iomd_dma_output_host32(NULL, segment, host32, 1));
	KUNIT_EXPECT_EQ(test, host32[1].iovm_addr, 0x55667788U);
	KUNIT_EXPECT_EQ(test, host32[1].length, 0xddeeff00U);
	KUNIT_EXPECT_EQ(test, host32[0].length | host32[2].iovm_addr, 0U);
	KUNIT_EXPECT_TRUE(test, iomd_dma_output_host64(NULL, segment, host64, 1));
	KUNIT_EXPECT_EQ(test, host64[1].iovm_addr, segment.iovm_addr);
	KUNIT_EXPECT_EQ(test, host64[1].length, segment.length);
	KUNIT_EXPECT_EQ(test, host64[0].length | host64[2].iovm_addr, 0ULL);

#define EXPECT_BYTES(name, first) \
do { \
	memset(bytes, 0xee, sizeof(bytes)); \
	memset(expected, 0xee, sizeof(expected)); \
	memcpy(expected + 1 + (first), name, sizeof(name)); \
	KUNIT_EXPECT_TRUE(test, iomd_dma_output_##name(NULL, segment, bytes + 1, 2)); \
	KUNIT_EXPECT_MEMEQ(test, bytes, expected, sizeof(bytes)); \
} while (0)

	EXPECT_BYTES(big32, 16);
	EXPECT_BYTES(little32, 16);
	EXPECT_BYTES(big64, 32);
	EXPECT_BYTES(little64, 32);
#undef EXPECT_BYTES
}

/* DMA-98 DMA-144: segments for a device of 32 bits */
static void generates_for_32_bits(struct kunit *test)
{
	static const struct iomd_range ranges[] = { { 0x10000, 0x100 }, { 0xfffff000, 0x1000 } };
	struct iomd_segment32 segments[3] = {};
	struct iomd_desc *desc;
	struct iomd_dma *dma;
	u64 offset = 0;
	u32 nr = 3;

	desc = iomd_kunit_desc(test, iomd_desc_with_address_ranges(ranges, 2, IN, NULL));
	dma = iomd_dma_with_specification(iomd_dma_output_host32, 0, 0, UNMAPPED, 0, 1, NULL, NULL);
	iomd_kunit_dma(test, dma);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_gen32_iovm_segments(dma, &offset, segments, &nr), 0);
	KUNIT_EXPECT_EQ(test, nr, 2U);
	KUNIT_EXPECT_EQ(test, segments[0].iovm_addr, 0x10000U);
	KUNIT_EXPECT_EQ(test, segments[0].length, 0x100U);
	KUNIT_EXPECT_EQ(test, segments[1].iovm_addr, 0xfffff000U);
	KUNIT_EXPECT_EQ(test, segments[1].length, 0x1000U);
}

/* DMA-15: 64 bits and more are no limit to memory of any address */
static void many_bits_are_no_limit(struct kunit *test)
{
	static const u8 bits[] = { 64, 65, 255 };
	struct iomd_desc *desc;
	u32 i;

	desc = iomd_desc_with_address_range(0xfffffffffffd0000, 0x1000, IN | IOMD_MEMORY_REMOTE,
					    NULL);
	iomd_kunit_desc(test, desc);
	for (i = 0; i < ARRAY_SIZE(bits); i++) {
		struct iomd_dma *dma;

		dma = iomd_dma_with_specification(iomd_dma_output_host64, bits[i], 0, ITERATE_ONLY,
						  0, 1, NULL, NULL);
		iomd_kunit_dma(test, dma);
		KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
		KUNIT_EXPECT_EQ(test, iomd_kunit_segment(test, dma, 0).iovm_addr,
				0xfffffffffffd0000);
	}
}

/* DMA-16: sizes of 0 are no limits */
static void zero_sizes_are_no_limits(struct kunit *test)
{
	struct iomd_desc *desc = physical_desc(test, 0x1000, 0x300000000, IN);
	struct iomd_dma *dma = iomd_kunit_command(test, 0, 1, NULL);

	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_segment(test, dma, 0).length, 0x300000000ULL);
}

/*
 * Who holds memory.
 */

struct transfer {
	u64 address;
	struct page *page;
	struct iomd_desc *desc;
	struct iomd_dma *dma;
};

static void transfer_create(struct kunit *test, struct transfer *transfer, u32 direction)
{
	transfer->address = iomd_kunit_map_anonymous(test, 2 * PAGE_SIZE);
	iomd_kunit_user_fill(test, transfer->address, 2 * PAGE_SIZE, 1);
	transfer->page = iomd_kunit_user_page(test, transfer->address);
	transfer->desc = iomd_desc_with_address_range(transfer->address, 2 * PAGE_SIZE, direction,
						      iomd_kunit_mm);
	iomd_kunit_desc(test, transfer->desc);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(transfer->desc, NONE), 0);
	transfer->dma = iomd_kunit_command(test, 0, 1, NULL);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(transfer->dma, transfer->desc, true),
			0);
}

/* GMD-76 DMA-6 DMA-48: a complete under a live command unpins when the command is done */
static void memory_stays_until_the_command_is_done(struct kunit *test)
{
	struct transfer transfer;
	u64 phys;

	transfer_create(test, &transfer, BOTH);
	phys = iomd_kunit_phys(transfer.desc, 0, NULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(transfer.desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_preparation_id(transfer.desc),
			IOMD_PREPARATION_ID_UNPREPARED);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(transfer.page), 1U);
	KUNIT_EXPECT_EQ(test, iomd_kunit_segment(test, transfer.dma, 0).iovm_addr, phys);

	KUNIT_EXPECT_EQ(test, iomd_dma_complete(transfer.dma, true, true), 0);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_wait_for(!iomd_kunit_pins(transfer.page)));
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(transfer.dma, 0, 0, true, true), -EAGAIN);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(transfer.desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(transfer.dma, 0, 0, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(transfer.dma, true), 0);
}

/* GMD-74 DMA-6: the usual order unpins at the complete of the descriptor, at once */
static void usual_order_unpins_at_once(struct kunit *test)
{
	struct transfer transfer;

	transfer_create(test, &transfer, BOTH);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(transfer.dma, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(transfer.page), 1U);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(transfer.desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(transfer.page), 0U);
}

/* GMD-76: prepared again before the command is done, memory is what it was */
static void held_memory_can_be_prepared_again(struct kunit *test)
{
	struct transfer transfer;

	transfer_create(test, &transfer, BOTH);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(transfer.desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(transfer.desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(transfer.page), 1U);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(transfer.dma, true, true), 0);
	msleep(20);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(transfer.page), 1U);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(transfer.desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(transfer.page), 0U);
}

/* GMD-41 GMD-76: memory held read-only is so for the next prepare, too */
static void held_memory_stays_read_only(struct kunit *test)
{
	struct transfer transfer;

	transfer_create(test, &transfer, OUT);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(transfer.desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(transfer.desc, IN), -EROFS);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(transfer.desc, OUT), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(transfer.desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(transfer.dma, true, true), 0);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_wait_for(!iomd_kunit_pins(transfer.page)));
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(transfer.desc, IN), 0);
}

/* DMA-47 DMA-53 GMD-73: put by everybody else, memory is there until the command lets go */
static void command_is_the_last_holder(struct kunit *test)
{
	u64 address = iomd_kunit_map_anonymous(test, PAGE_SIZE);
	struct iomd_dma *dma = iomd_kunit_command(test, 0, 1, NULL);
	struct iomd_desc *desc;
	struct page *page;

	iomd_kunit_user_fill(test, address, PAGE_SIZE, 1);
	page = iomd_kunit_user_page(test, address);
	desc = iomd_desc_with_address_range(address, PAGE_SIZE, BOTH, iomd_kunit_mm);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, desc);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
	iomd_desc_put(desc);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(page), 1U);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(page), 0U);
}

/* GMD-28: what a command holds cannot be made to describe something else */
static void held_descriptor_stays_what_it_is(struct kunit *test)
{
	const struct iomd_range range = { 0x1000, 16 };
	struct transfer transfer;

	transfer_create(test, &transfer, BOTH);
	KUNIT_EXPECT_EQ(test, iomd_desc_init_with_options(transfer.desc, &range, 1, 0, NULL,
							  IOMD_MEMORY_TYPE_PHYSICAL | BOTH, NULL),
			-EBUSY);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(transfer.desc), 2 * (u64)PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, iomd_kunit_segment(test, transfer.dma, 0).iovm_addr,
			page_to_phys(transfer.page));
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(transfer.dma, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_init_with_options(transfer.desc, &range, 1, 0, NULL,
							  IOMD_MEMORY_TYPE_PHYSICAL | BOTH, NULL),
			0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(transfer.page), 0U);
}

/*
 * Softirq.
 */

static int complete_it(void *data)
{
	return iomd_dma_complete(data, true, true);
}

/* GMD-76: what is unpinned when a command completes in softirq, a worker unpins */
static void last_holder_lets_go_in_softirq(struct kunit *test)
{
	struct transfer transfer;

	transfer_create(test, &transfer, BOTH);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(transfer.desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_in_softirq(complete_it, transfer.dma), 0);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_wait_for(!iomd_kunit_pins(transfer.page)));
}

static int put_it(void *data)
{
	iomd_dma_put(data);
	return 0;
}

/* DMA-39 OBJ-3: the last put of a command and of what it holds, in softirq */
static void last_put_in_softirq(struct kunit *test)
{
	u64 address = iomd_kunit_map_anonymous(test, PAGE_SIZE);
	struct iomd_desc *desc;
	struct iomd_dma *dma;
	struct page *page;

	iomd_kunit_user_fill(test, address, PAGE_SIZE, 1);
	page = iomd_kunit_user_page(test, address);
	desc = iomd_desc_with_address_range(address, PAGE_SIZE, BOTH, iomd_kunit_mm);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, desc);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	dma = iomd_dma_with_specification(iomd_dma_output_host64, 0, 0, UNMAPPED, 0, 1, NULL,
					  NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dma);
	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
	iomd_desc_put(desc);
	KUNIT_EXPECT_EQ(test, iomd_kunit_in_softirq(put_it, dma), 0);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_wait_for(!iomd_kunit_pins(page)));
	KUNIT_EXPECT_TRUE(test, iomd_kunit_wait_for(!atomic64_read(&iomd_kunit_mm->pinned_vm)));
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(specifications_are_checked, specification_gen_params),
	KUNIT_CASE(options_are_needed),
	KUNIT_CASE(short_form_agrees),
	KUNIT_CASE(mapper_is_chosen_and_kept),
	KUNIT_CASE(attaching_the_same_again),
	KUNIT_CASE(attaching_another),
	KUNIT_CASE(attached_descriptor_is_held),
	KUNIT_CASE(length_is_taken_when_attached),
	KUNIT_CASE(beginning_is_taken_when_attached),
	KUNIT_CASE(generation_begins_anew),
	KUNIT_CASE(failed_auto_prepare_detaches),
	KUNIT_CASE(detaching_completes),
	KUNIT_CASE_PARAM(first_prepares, attempt_gen_params),
	KUNIT_CASE(cannot_prepare_what_is_not_there),
	KUNIT_CASE(prepares_of_one_range_nest),
	KUNIT_CASE(failed_prepare_counts),
	KUNIT_CASE_PARAM(same_range_has_the_same_segments, way_gen_params),
	KUNIT_CASE_PARAM(same_range_may_be_elsewhere, way_gen_params),
	KUNIT_CASE(bad_ranges_stay_bad),
	KUNIT_CASE(shorter_descriptors_have_no_more),
	KUNIT_CASE(same_range_is_looked_at_anew),
	KUNIT_CASE(double_buffered_is_not_for_good),
	KUNIT_CASE(same_range_may_be_gone),
	KUNIT_CASE(same_range_may_become_unreachable),
	KUNIT_CASE(too_many_pages),
	KUNIT_CASE(nothing_can_be_prepared),
	KUNIT_CASE(put_completes_and_detaches),
	KUNIT_CASE(generating_checks_arguments),
	KUNIT_CASE(own_function_is_called_in_order),
	KUNIT_CASE(output_functions),
	KUNIT_CASE(generates_for_32_bits),
	KUNIT_CASE(many_bits_are_no_limit),
	KUNIT_CASE(zero_sizes_are_no_limits),
	KUNIT_CASE(memory_stays_until_the_command_is_done),
	KUNIT_CASE(usual_order_unpins_at_once),
	KUNIT_CASE(held_memory_can_be_prepared_again),
	KUNIT_CASE(held_memory_stays_read_only),
	KUNIT_CASE(command_is_the_last_holder),
	KUNIT_CASE(held_descriptor_stays_what_it_is),
	KUNIT_CASE(last_holder_lets_go_in_softirq),
	KUNIT_CASE(last_put_in_softirq),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_dma",
	.suite_init = iomd_kunit_suite_init,
	.suite_exit = iomd_kunit_suite_exit,
	.init = iomd_kunit_init,
	.test_cases = cases,
};

kunit_test_suite(suite);
