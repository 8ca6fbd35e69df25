// SPDX-License-Identifier: GPL-2.0-only
/*
 * What suites about descriptors that are made of others share.
 */
#include <linux/slab.h>

#include "compose.h"

struct iomd_desc *iomd_kunit_of_kernel(struct kunit *test, void *memory, u64 length, u32 options)
{
	return iomd_kunit_desc(test, iomd_desc_with_address_range((unsigned long)memory, length,
								   options, IOMD_KERNEL_TASK));
}

struct iomd_desc *iomd_kunit_of_process(struct kunit *test, u64 address, u64 length, u32 options)
{
	return iomd_kunit_desc(test, iomd_desc_with_address_range(address, length, options,
								   iomd_kunit_mm));
}

struct iomd_desc *iomd_kunit_multi(struct kunit *test, struct iomd_desc *const *children,
				   u32 count, u32 direction)
{
	return iomd_kunit_desc(test, iomd_multi_with_descriptors(children, count, direction,
								  false));
}

struct iomd_desc *iomd_kunit_sub(struct kunit *test, struct iomd_desc *parent, u64 offset,
				 u64 length, u32 direction)
{
	return iomd_kunit_desc(test, iomd_sub_with_sub_range(parent, offset, length, direction));
}

struct iomd_desc *iomd_kunit_interleaved(struct kunit *test, u64 capacity, u32 direction)
{
	return iomd_kunit_desc(test, iomd_interleaved_with_capacity(capacity, direction));
}

struct iomd_buffer *iomd_kunit_pageable(struct kunit *test, u64 capacity, u32 options)
{
	options |= IOMD_DIRECTION_OUT_IN | IOMD_BUFFER_PAGEABLE;
	return iomd_kunit_buffer(test, iomd_buffer_in_task_with_options(NULL, options, capacity,
									 1));
}

void iomd_kunit_expect_contents(struct kunit *test, struct iomd_desc *desc, const void *bytes,
				u64 length)
{
	u8 *copy = kvmalloc(length + 1, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, copy);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(desc), length);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 0, copy, length), length);
	iomd_kunit_expect_bytes(test, copy, bytes, length);
	kvfree(copy);
}

void iomd_kunit_expect_segments(struct kunit *test, struct iomd_desc *desc,
				const struct iomd_range *segments, u32 nr)
{
	u64 offset = 0, length;
	u32 i;

	for (i = 0; i < nr; i++) {
		KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, offset, &length), segments[i].address);
		KUNIT_EXPECT_EQ(test, length, segments[i].length);
		offset += segments[i].length;
	}
	KUNIT_EXPECT_EQ(test, offset, iomd_desc_get_length(desc));
}

/* As a command sees it that takes the descriptor as a whole. */
void iomd_kunit_expect_walk(struct kunit *test, struct iomd_desc *desc,
			    const struct iomd_range *segments, u32 nr)
{
	struct iomd_dma *dma = iomd_kunit_command(test, 64, 1, NULL);
	u64 offset = 0;
	u32 i;

	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
	for (i = 0; i < nr; i++) {
		struct iomd_segment64 segment = {};
		u32 one = 1;

		KUNIT_EXPECT_EQ(test, iomd_dma_gen64_iovm_segments(dma, &offset, &segment, &one),
				0);
		KUNIT_EXPECT_EQ(test, segment.iovm_addr, segments[i].address);
		KUNIT_EXPECT_EQ(test, segment.length, segments[i].length);
	}
	KUNIT_EXPECT_EQ(test, offset, iomd_desc_get_length(desc));
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
}

static void witness_release(struct kref *ref)
{
	container_of(ref, struct iomd_kunit_witness, context.ref)->is_gone = true;
}

void iomd_kunit_watch(struct iomd_kunit_witness *witness, struct iomd_desc *desc)
{
	kref_init(&witness->context.ref);
	witness->context.release = witness_release;
	witness->is_gone = false;
	iomd_desc_set_context(desc, &witness->context);
	kref_put(&witness->context.ref, witness_release);
}
