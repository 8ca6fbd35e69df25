// SPDX-License-Identifier: GPL-2.0-only
/*
 * Multi descriptors: one after the other, prepared together or not at all.
 */
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/pagemap.h>
#include <linux/slab.h>

#include "compose.h"

#define IN		IOMD_DIRECTION_IN
#define OUT		IOMD_DIRECTION_OUT
#define BOTH		IOMD_DIRECTION_OUT_IN
#define NONE		IOMD_DIRECTION_NONE

#define UNPREPARED	IOMD_PREPARATION_ID_UNPREPARED
#define UNSUPPORTED	IOMD_PREPARATION_ID_UNSUPPORTED

#define MAX_DEPTH	32

/* Three pieces of one block of memory: the last follows the first, the second neither. */
struct parts {
	u8 *block;
	u64 phys;
	struct iomd_desc *desc[3];
	u8 bytes[300];	/* what they are, one after the other */
};

static const struct iomd_range places[3] = { { 100, 100 }, { 5000, 150 }, { 200, 50 } };

static int init(struct kunit *test)
{
	struct parts *parts;
	int err = iomd_kunit_init(test);
	u32 i, at = 0;

	if (err)
		return err;
	parts = iomd_kunit_zalloc(test, sizeof(*parts));
	parts->block = kunit_kzalloc(test, 2 * PAGE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, parts->block);
	parts->phys = virt_to_phys(parts->block);
	iomd_kunit_fill(parts->block, 2 * PAGE_SIZE, 1);
	for (i = 0; i < 3; i++) {
		u8 *place = parts->block + places[i].address;

		parts->desc[i] = iomd_kunit_of_kernel(test, place, places[i].length, BOTH);
		memcpy(parts->bytes + at, place, places[i].length);
		at += places[i].length;
	}
	test->priv = parts;
	return 0;
}

static struct iomd_desc *all_three(struct kunit *test, u32 direction)
{
	struct parts *parts = test->priv;

	return iomd_kunit_multi(test, parts->desc, 3, direction);
}

static struct iomd_desc *remote(struct kunit *test)
{
	return iomd_kunit_desc(test, iomd_desc_with_address_range(0x1000, 16,
								   BOTH | IOMD_MEMORY_REMOTE,
								   NULL));
}

/*
 * What it is made of.
 */

/* MULTI-1 MULTI-14 MULTI-16: children in order, each with segments of its own */
static void children_follow_each_other(struct kunit *test)
{
	struct parts *parts = test->priv;
	struct iomd_desc *children[] = { parts->desc[0], parts->desc[2], parts->desc[1] };
	struct iomd_desc *multi = all_three(test, BOTH), *other;
	const struct iomd_range segments[] = {
		{ parts->phys + 100, 100 }, { parts->phys + 200, 50 }, { parts->phys + 5000, 150 },
	};
	u64 length = 5;

	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(multi), 300ULL);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(multi, NONE), 0);
	iomd_kunit_expect_contents(test, multi, parts->bytes, 300);

	/* The first two continue each other in memory, which makes no difference. */
	other = iomd_kunit_multi(test, children, 3, BOTH);
	iomd_kunit_expect_segments(test, other, segments, 3);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(other, 130, &length), parts->phys + 230);
	KUNIT_EXPECT_EQ(test, length, 20ULL);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(other, 155, NULL), parts->phys + 5005);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(other, 300, &length), 0ULL);
	KUNIT_EXPECT_EQ(test, length, 0ULL);
	length = 5;
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(other, U64_MAX, &length), 0ULL);
	KUNIT_EXPECT_EQ(test, length, 0ULL);
}

/* MULTI-16 MD-38 MD-41: writing goes to the right children, all of it or nothing */
static void writes_go_to_children(struct kunit *test)
{
	struct parts *parts = test->priv;
	struct iomd_desc *multi = all_three(test, BOTH);
	u8 *expected = iomd_kunit_zalloc(test, 2 * PAGE_SIZE);
	u8 bytes[200];

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(multi, NONE), 0);
	memcpy(expected, parts->block, 2 * PAGE_SIZE);
	iomd_kunit_fill(bytes, 200, 9);

	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(multi, 90, bytes, 200), 200ULL);
	memcpy(expected + 190, bytes, 10);
	memcpy(expected + 5000, bytes + 10, 150);
	memcpy(expected + 200, bytes + 160, 40);
	KUNIT_EXPECT_MEMEQ(test, parts->block, expected, 2 * PAGE_SIZE);

	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(multi, 245, NULL, 10), 10ULL);
	memset(expected + 5145, 0, 5);
	memset(expected + 200, 0, 5);
	KUNIT_EXPECT_MEMEQ(test, parts->block, expected, 2 * PAGE_SIZE);

	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(multi, 200, bytes, 101), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(multi, 200, bytes, 101), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(multi, U64_MAX, bytes, 2), 0ULL);
	KUNIT_EXPECT_MEMEQ(test, parts->block, expected, 2 * PAGE_SIZE);
}

/* MULTI-1 MD-40 MD-46: a child may get shorter; what is behind it stays where it is */
static void length_is_that_of_the_beginning(struct kunit *test)
{
	struct parts *parts = test->priv;
	struct iomd_buffer *buffer = iomd_kunit_buffer(test, iomd_buffer_with_options(BOTH, 100,
										      1));
	struct iomd_desc *children[] = { parts->desc[0], iomd_buffer_desc(buffer), parts->desc[2] };
	struct iomd_desc *multi = iomd_kunit_multi(test, children, 3, BOTH);
	struct iomd_dma *dma = iomd_kunit_command(test, 64, 1, NULL);
	u64 length = 5, offset = 0;
	u32 nr = 8;
	struct iomd_segment64 segments[8];
	u8 bytes[250];

	iomd_kunit_fill(iomd_buffer_get_bytes_no_copy(buffer), 100, 2);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(multi, NONE), 0);
	iomd_buffer_set_length(buffer, 40);

	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(multi), 250ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(multi, 100, bytes, 40), 40ULL);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(bytes, 40, 2));
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(multi, 50, bytes, 150), 90ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(multi, 150, bytes, 60), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(multi, 200, bytes, 50), 50ULL);
	KUNIT_EXPECT_MEMEQ(test, bytes, parts->block + 200, 50);
	KUNIT_EXPECT_NE(test, iomd_kunit_phys(multi, 139, &length), 0ULL);
	KUNIT_EXPECT_EQ(test, length, 1ULL);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(multi, 140, &length), 0ULL);
	KUNIT_EXPECT_EQ(test, length, 0ULL);

	/* A command finds out, too, and is none the worse for it. */
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, multi, false), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0, true, true) ?:
			      iomd_dma_gen64_iovm_segments(dma, &offset, segments, &nr),
			-EOVERFLOW);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);

	iomd_buffer_set_length(buffer, 100);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(multi, 0, bytes, 250), 250ULL);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(bytes + 100, 100, 2));
}

/* MULTI-2 MULTI-26 OBJ-20: a child is held once for every time it occurs */
static void children_are_held(struct kunit *test)
{
	struct parts *parts = test->priv;
	struct iomd_desc *child = iomd_desc_with_address(parts->block, 100, BOTH);
	struct iomd_desc *children[] = { child, parts->desc[0], child, child };
	struct iomd_kunit_witness witness;
	struct iomd_desc *multi;
	u8 bytes[400];

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, child);
	iomd_kunit_watch(&witness, child);
	multi = iomd_multi_with_descriptors(children, 4, BOTH, false);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, multi);
	iomd_desc_put(child);
	KUNIT_EXPECT_FALSE(test, witness.is_gone);

	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(multi, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(multi, 0, bytes, 400), 400ULL);
	KUNIT_EXPECT_MEMEQ(test, bytes, parts->block, 200);
	KUNIT_EXPECT_MEMEQ(test, bytes + 200, parts->block, 100);
	KUNIT_EXPECT_MEMEQ(test, bytes + 300, parts->block, 100);

	/* In four places, and let go of in all of them. */
	iomd_desc_get(child);
	iomd_desc_put(multi);
	KUNIT_EXPECT_FALSE(test, witness.is_gone);
	iomd_desc_put(child);
	KUNIT_EXPECT_TRUE(test, witness.is_gone);
}

/* MULTI-3: the caller's array is read, and neither needed nor freed afterwards */
static void array_stays_the_callers(struct kunit *test)
{
	struct parts *parts = test->priv;
	struct iomd_desc **children = kunit_kcalloc(test, 3, sizeof(*children), GFP_KERNEL);
	struct iomd_desc *copied, *referenced;
	u32 i;

	memcpy(children, parts->desc, sizeof(parts->desc));
	copied = iomd_kunit_multi(test, children, 3, BOTH);
	memset(children, 0, sizeof(parts->desc));
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(copied, NONE), 0);
	iomd_kunit_expect_contents(test, copied, parts->bytes, 300);

	memcpy(children, parts->desc, sizeof(parts->desc));
	for (i = 0; i < 2; i++) {
		referenced = iomd_multi_with_descriptors(children, 3, BOTH, true);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, referenced);
		iomd_kunit_expect_contents(test, referenced, parts->bytes, 300);
		iomd_desc_put(referenced);
		KUNIT_EXPECT_PTR_EQ(test, children[2], parts->desc[2]);
	}
}

/* MULTI-4: children may be of any kind */
static void children_of_all_kinds(struct kunit *test)
{
	struct parts *parts = test->priv;
	u64 process = iomd_kunit_map_anonymous(test, 2 * PAGE_SIZE);
	struct iomd_desc *interleaved = iomd_kunit_interleaved(test, 2, BOTH);
	struct iomd_buffer *buffer;
	struct iomd_desc *children[8];
	u8 *expected = iomd_kunit_zalloc(test, 900);
	struct iomd_desc *multi;
	u32 i;

	buffer = iomd_kunit_buffer(test, iomd_buffer_with_options(BOTH, 100, 1));
	iomd_kunit_fill(iomd_buffer_get_bytes_no_copy(buffer), 100, 3);
	iomd_kunit_user_fill(test, process, 2 * PAGE_SIZE, 4);
	KUNIT_ASSERT_TRUE(test, iomd_interleaved_set_memory_descriptor(interleaved, parts->desc[1],
								       20, 50));
	KUNIT_ASSERT_TRUE(test, iomd_interleaved_set_memory_descriptor(interleaved, parts->desc[0],
								       0, 50));

	children[0] = iomd_buffer_desc(buffer);
	children[1] = iomd_kunit_of_process(test, process + PAGE_SIZE - 50, 100, BOTH);
	children[2] = iomd_kunit_sub(test, parts->desc[1], 50, 100, BOTH);
	children[3] = iomd_kunit_multi(test, parts->desc, 3, BOTH);
	children[4] = interleaved;
	children[5] = iomd_kunit_desc(test, iomd_desc_with_physical_address(parts->phys, 50, BOTH));
	children[6] = iomd_kunit_desc(test, iomd_device_with_range(parts->phys + 50, 50));
	children[7] = parts->desc[0];
	multi = iomd_kunit_multi(test, children, 8, BOTH);

	iomd_kunit_fill(expected, 100, 3);
	for (i = 0; i < 100; i++)
		expected[100 + i] = iomd_kunit_byte(4, PAGE_SIZE - 50 + i);
	memcpy(expected + 200, parts->block + 5050, 100);
	memcpy(expected + 300, parts->bytes, 300);
	memcpy(expected + 600, parts->block + 5020, 50);
	memcpy(expected + 650, parts->block + 100, 50);
	memcpy(expected + 700, parts->block, 100);
	memcpy(expected + 800, parts->block + 100, 100);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(multi, NONE), 0);
	iomd_kunit_expect_contents(test, multi, expected, 900);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(multi, NONE), 0);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(children[1]));
}

/* MULTI-5: nobody asks whether directions agree */
static void directions_need_not_agree(struct kunit *test)
{
	struct parts *parts = test->priv;
	struct iomd_desc *children[3];
	struct iomd_desc *multi;

	children[0] = iomd_kunit_of_kernel(test, parts->block, 10, IN);
	children[1] = iomd_kunit_of_kernel(test, parts->block, 10, OUT);
	children[2] = iomd_kunit_of_kernel(test, parts->block, 10, NONE);
	multi = iomd_kunit_multi(test, children, 3, OUT);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_direction(multi), (u32)OUT);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(multi, NONE), 0);
}

/* MULTI-6 MD-21 OBJ-40: the first tag there is among the children's, as it was then */
static void first_tag_is_taken(struct kunit *test)
{
	struct parts *parts = test->priv;

	KUNIT_EXPECT_EQ(test, iomd_desc_get_tag(all_three(test, BOTH)), 0U);
	iomd_desc_set_tag(parts->desc[2], 7);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_tag(all_three(test, BOTH)), 7U);
	iomd_desc_set_tag(parts->desc[1], 9);
	{
		struct iomd_desc *multi = all_three(test, BOTH);

		KUNIT_EXPECT_EQ(test, iomd_desc_get_tag(multi), 9U);
		iomd_desc_set_tag(parts->desc[0], 11);
		KUNIT_EXPECT_EQ(test, iomd_desc_get_tag(multi), 9U);
	}
}

/* MULTI-7: of pageable buffers all children are, or none; a sub descriptor is none */
static void pageable_buffers_keep_to_themselves(struct kunit *test)
{
	struct parts *parts = test->priv;
	struct iomd_desc *one = iomd_buffer_desc(iomd_kunit_pageable(test, 100, 0));
	struct iomd_desc *two = iomd_buffer_desc(iomd_kunit_pageable(test, 100, 0));
	struct iomd_desc *sub = iomd_kunit_sub(test, one, 0, 50, BOTH);
	struct iomd_desc *both[] = { one, two }, *mixed[] = { one, parts->desc[0] };
	struct iomd_desc *late[] = { parts->desc[0], parts->desc[1], two };
	struct iomd_desc *subs[] = { sub, parts->desc[0] }, *with_sub[] = { two, sub };

	iomd_kunit_multi(test, both, 2, BOTH);
	iomd_kunit_multi(test, subs, 2, BOTH);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_multi_with_descriptors(mixed, 2, BOTH, false), -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_multi_with_descriptors(late, 3, BOTH, false), -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_multi_with_descriptors(with_sub, 2, BOTH, false),
			      -EINVAL);
}

/* MULTI-8: nothing, nothing in between, and more than can be counted */
static void refuses_what_is_no_list(struct kunit *test)
{
	struct parts *parts = test->priv;
	struct iomd_desc *huge = iomd_kunit_desc(test, iomd_desc_with_address_range(0, 1ULL << 63,
							IOMD_MEMORY_REMOTE, NULL));
	struct iomd_desc *first[] = { NULL, parts->desc[0] }, *last[] = { parts->desc[0], NULL };
	struct iomd_desc *sum[] = { huge, parts->desc[0], huge };

	IOMD_KUNIT_EXPECT_ERR(test, iomd_multi_with_descriptors(parts->desc, 0, BOTH, false),
			      -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_multi_with_descriptors(NULL, 1, BOTH, false), -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_multi_with_descriptors(first, 2, BOTH, false), -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_multi_with_descriptors(last, 2, BOTH, false), -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_multi_with_descriptors(sum, 3, BOTH, false), -EOVERFLOW);
	iomd_kunit_multi(test, sum, 2, BOTH);
}

/* Children of no length take no bytes, wherever they are. */
static void empty_children_are_nothing(struct kunit *test)
{
	struct parts *parts = test->priv;
	struct iomd_desc *empty = iomd_kunit_of_kernel(test, NULL, 0, BOTH);
	struct iomd_desc *children[] = {
		empty, parts->desc[0], empty, empty, parts->desc[1], parts->desc[2], empty,
	};
	struct iomd_desc *nothing[] = { empty, empty };
	struct iomd_desc *multi = iomd_kunit_multi(test, children, 7, BOTH);
	const struct iomd_range segments[] = {
		{ parts->phys + 100, 100 }, { parts->phys + 5000, 150 }, { parts->phys + 200, 50 },
	};
	u64 length = 5;

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(multi, NONE), 0);
	iomd_kunit_expect_contents(test, multi, parts->bytes, 300);
	iomd_kunit_expect_segments(test, multi, segments, 3);
	iomd_kunit_expect_walk(test, multi, segments, 3);

	multi = iomd_kunit_multi(test, nothing, 2, BOTH);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(multi), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(multi, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(multi, 0, &length), 0ULL);
	KUNIT_EXPECT_EQ(test, length, 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(multi, NONE), 0);
}

/*
 * Made of something else.
 */

/* MULTI-9: the old children are let go, and the new ones are shown */
static void may_be_made_of_others(struct kunit *test)
{
	struct parts *parts = test->priv;
	struct iomd_desc *child = iomd_desc_with_address(parts->block, 100, BOTH);
	struct iomd_desc *children[] = { child, child };
	struct iomd_desc *others[] = { parts->desc[1], parts->desc[0] };
	struct iomd_kunit_witness witness;
	struct iomd_desc *multi;
	u8 expected[250];

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, child);
	iomd_kunit_watch(&witness, child);
	iomd_desc_set_tag(child, 5);
	multi = iomd_kunit_multi(test, children, 2, IN);
	iomd_desc_put(child);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(multi, NONE), 0);

	KUNIT_ASSERT_EQ(test, iomd_multi_init_with_descriptors(multi, others, 2, OUT, false), 0);
	KUNIT_EXPECT_TRUE(test, witness.is_gone);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_direction(multi), (u32)OUT);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_tag(multi), 0U);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_preparation_id(multi), UNPREPARED);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(multi, NONE), 0);
	memcpy(expected, parts->block + 5000, 150);
	memcpy(expected + 150, parts->block + 100, 100);
	iomd_kunit_expect_contents(test, multi, expected, 250);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(multi, NONE), 0);

	/* More of them than there were before. */
	KUNIT_ASSERT_EQ(test, iomd_multi_init_with_descriptors(multi, parts->desc, 3, BOTH, true),
			0);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(multi, NONE), 0);
	iomd_kunit_expect_contents(test, multi, parts->bytes, 300);
}

/* MULTI-12 OBJ-9: after a failed init it is made of nothing, and may be made of something */
static void failed_init_leaves_nothing(struct kunit *test)
{
	struct parts *parts = test->priv;
	struct iomd_desc *holes[] = { parts->desc[0], NULL };
	struct iomd_desc *multi = all_three(test, BOTH);
	u64 length = 5;
	u8 byte;

	KUNIT_EXPECT_EQ(test, iomd_multi_init_with_descriptors(multi, holes, 2, BOTH, false),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(multi), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(multi, NONE), -ENOTRECOVERABLE);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(multi, IN), -ENOTRECOVERABLE);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(multi, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(multi, 0, &byte, 1), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(multi, 0, &length), 0ULL);
	KUNIT_EXPECT_EQ(test, length, 0ULL);

	KUNIT_EXPECT_EQ(test, iomd_multi_init_with_descriptors(multi, parts->desc, 3, BOTH, false),
			0);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(multi, NONE), 0);
	iomd_kunit_expect_contents(test, multi, parts->bytes, 300);
}

/* MULTI-9: a child may be kept, also if nobody else has it */
static void keeps_a_child_of_its_own(struct kunit *test)
{
	struct parts *parts = test->priv;
	struct iomd_desc *child = iomd_desc_with_address(parts->block, 100, BOTH);
	struct iomd_desc *children[] = { child, parts->desc[0] };
	struct iomd_kunit_witness witness;
	struct iomd_desc *multi;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, child);
	iomd_kunit_watch(&witness, child);
	multi = iomd_kunit_multi(test, children, 2, BOTH);
	iomd_desc_put(child);
	KUNIT_EXPECT_EQ(test, iomd_multi_init_with_descriptors(multi, children, 1, BOTH, false), 0);
	KUNIT_EXPECT_FALSE(test, witness.is_gone);
	iomd_kunit_expect_contents(test, multi, parts->block, 100);
	KUNIT_EXPECT_EQ(test, iomd_multi_init_with_descriptors(multi, parts->desc, 1, BOTH, false),
			0);
	KUNIT_EXPECT_TRUE(test, witness.is_gone);
}

/* A descriptor of another kind is no multi descriptor, and stays what it is. */
static void others_cannot_become_one(struct kunit *test)
{
	struct parts *parts = test->priv;
	struct iomd_desc *others[] = {
		parts->desc[0],
		iomd_kunit_sub(test, parts->desc[1], 10, 20, BOTH),
		iomd_kunit_interleaved(test, 3, BOTH),
	};
	u64 length;
	u32 i;

	for (i = 0; i < 3; i++) {
		length = iomd_desc_get_length(others[i]);
		KUNIT_EXPECT_EQ(test, iomd_multi_init_with_descriptors(others[i], parts->desc + 2,
								       1, BOTH, false),
				-EOPNOTSUPP);
		KUNIT_EXPECT_EQ(test, iomd_desc_get_length(others[i]), length);
	}
}

/*
 * Preparing.
 */

struct direction {
	const char *name;
	u32 made;	/* the multi descriptor for */
	u32 child;	/* the children for */
	u32 prepared;	/* it for */
	bool read_only;
};

static const struct direction directions[] = {
	{ "none is its own, out", OUT, IN, NONE, true },
	{ "none is its own, in", IN, OUT, NONE, false },
	{ "none of none is the child's", NONE, OUT, NONE, true },
	{ "in", OUT, OUT, IN, false },
	{ "out", IN, IN, OUT, true },
	{ "both", OUT, OUT, BOTH, false },
	{ "modifiers alone are passed on", OUT, IN, IOMD_PREPARE_NO_ZERO_FILL, false },
	{ "modifiers alone go with the child's", IN, OUT, IOMD_PREPARE_NON_COHERENT, true },
};

static void direction_name(const struct direction *direction, char *name)
{
	strscpy(name, direction->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(direction, directions, direction_name);

/* MULTI-10 MD-33: no direction at all is its own, everything else goes to the children */
static void directions_reach_children(struct kunit *test)
{
	const struct direction *direction = test->param_value;
	struct parts *parts = test->priv;
	struct iomd_desc *children[2], *inner, *multi;
	u32 i;

	children[0] = iomd_kunit_of_kernel(test, parts->block, 10, direction->child);
	children[1] = iomd_kunit_of_kernel(test, parts->block, 10, direction->child);
	inner = iomd_kunit_sub(test, children[1], 0, 5, BOTH);
	multi = iomd_kunit_multi(test, (struct iomd_desc *[]) { children[0], inner }, 2,
				 direction->made);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(multi, direction->prepared), 0);
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_TRUE(test, iomd_kunit_is_prepared(children[i]));
		KUNIT_EXPECT_EQ(test, iomd_kunit_is_read_only(children[i]), direction->read_only);
	}
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(multi, NONE), 0);
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(children[i]));
}

/* MULTI-10 MULTI-13: every occurrence of a child is prepared, and completed */
static void every_occurrence_counts(struct kunit *test)
{
	struct parts *parts = test->priv;
	struct iomd_desc *child = parts->desc[0];
	struct iomd_desc *children[] = { child, parts->desc[1], child };
	struct iomd_desc *multi = iomd_kunit_multi(test, children, 3, BOTH);

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(multi, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(child, NONE), 0);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_prepared(child));
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(child, NONE), 0);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(child));

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(child, NONE), 0);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(child, NONE), 0);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(child, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(multi, NONE), 0);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_prepared(child));
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(child, NONE), 0);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(child));
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(parts->desc[1]));
}

/*
 * MULTI-11 GMD-43: a child that cannot be prepared undoes what this call did, and
 * nothing that was done before
 */
static void failing_child_undoes_this_call(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, 4 * PAGE_SIZE);
	u64 before = atomic64_read(&iomd_kunit_mm->pinned_vm);
	struct iomd_desc *good[2], *bad, *inner, *multi;
	struct page *pages[2];
	u32 i;

	iomd_kunit_user_fill(test, base, 4 * PAGE_SIZE, 1);
	for (i = 0; i < 2; i++) {
		good[i] = iomd_kunit_of_process(test, base + i * PAGE_SIZE, PAGE_SIZE, BOTH);
		pages[i] = iomd_kunit_user_page(test, base + i * PAGE_SIZE);
	}
	bad = iomd_kunit_of_process(test, base + 2 * PAGE_SIZE, 2 * PAGE_SIZE, BOTH);
	iomd_kunit_unmap(base + 3 * PAGE_SIZE, PAGE_SIZE);

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(good[0], NONE), 0);
	inner = iomd_kunit_multi(test, (struct iomd_desc *[]) { good[1], bad, good[0] }, 3, BOTH);
	multi = iomd_kunit_multi(test, (struct iomd_desc *[]) { good[0], good[1], inner }, 3, BOTH);

	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(multi, NONE), -EFAULT);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(multi, OUT), -EFAULT);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(pages[0]), 1U);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(pages[1]), 0U);
	KUNIT_EXPECT_EQ(test, (u64)atomic64_read(&iomd_kunit_mm->pinned_vm) - before, 1ULL);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(good[1]));
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(bad));
	KUNIT_EXPECT_EQ(test, iomd_desc_get_preparation_id(multi), UNPREPARED);

	/* The one prepare there was is still to be undone, and it is the only one. */
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_prepared(good[0]));
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(good[0], NONE), 0);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(good[0]));

	iomd_kunit_map_at(test, base + 3 * PAGE_SIZE, PAGE_SIZE, PROT_READ | PROT_WRITE);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(multi, NONE), 0);
	KUNIT_EXPECT_EQ(test, (u64)atomic64_read(&iomd_kunit_mm->pinned_vm) - before, 4ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(multi, NONE), 0);
	KUNIT_EXPECT_EQ(test, (u64)atomic64_read(&iomd_kunit_mm->pinned_vm), before);
}

/* MULTI-11 GMD-41: the error is the child's, and those before it are as they were */
static void error_is_the_childs(struct kunit *test)
{
	struct parts *parts = test->priv;
	struct iomd_desc *virtual = iomd_kunit_of_kernel(test, parts->block, 16,
							 BOTH | IOMD_MEMORY_REMOTE);
	struct iomd_desc *children[] = { parts->desc[0], virtual };
	struct iomd_desc *multi = all_three(test, BOTH);

	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(iomd_kunit_multi(test, children, 2, BOTH), NONE),
			-ENXIO);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(parts->desc[0]));

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(parts->desc[2], OUT), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(multi, IN), -EROFS);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(parts->desc[0]));
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(parts->desc[1]));
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_read_only(parts->desc[2]));
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(multi, OUT), 0);
}

/* MULTI-13: all children are completed, and the last error is what comes of it */
static void completes_all_and_says_the_last_error(struct kunit *test)
{
	struct parts *parts = test->priv;
	struct iomd_desc *virtual = iomd_kunit_of_kernel(test, parts->block, 16,
							 BOTH | IOMD_MEMORY_REMOTE);
	struct iomd_desc *children[] = { parts->desc[0], virtual, parts->desc[1] };
	struct iomd_desc *multi = iomd_kunit_multi(test, children, 3, BOTH);

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(parts->desc[0], NONE), 0);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(parts->desc[1], NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(multi, NONE), -ENXIO);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(parts->desc[0]));
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(parts->desc[1]));

	/* There is nothing to complete behind the error, which is no error itself. */
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(parts->desc[0], NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(multi, NONE), -ENXIO);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(parts->desc[0]));
}

/* MULTI-13 GMD-75: what complete is told goes to the children */
static void completing_with_error_reaches_children(struct kunit *test)
{
	struct file *file = iomd_kunit_shmem(test, 2 * PAGE_SIZE);
	u64 base = iomd_kunit_map(test, file, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED);
	struct iomd_desc *children[2], *multi;
	struct page *pages[2];
	u32 i, round;

	for (i = 0; i < 2; i++)
		children[i] = iomd_kunit_of_process(test, base + i * PAGE_SIZE, PAGE_SIZE, IN);
	multi = iomd_kunit_multi(test, children, 2, IN);

	for (round = 0; round < 2; round++) {
		KUNIT_ASSERT_EQ(test, iomd_desc_prepare(multi, NONE), 0);
		for (i = 0; i < 2; i++) {
			pages[i] = iomd_kunit_user_page(test, base + i * PAGE_SIZE);
			lock_page(pages[i]);
			ClearPageDirty(pages[i]);
			unlock_page(pages[i]);
		}
		KUNIT_EXPECT_EQ(test, iomd_desc_complete(multi, round ? NONE :
							 IOMD_COMPLETE_WITH_ERROR), 0);
		for (i = 0; i < 2; i++)
			KUNIT_EXPECT_EQ(test, !!PageDirty(pages[i]), round == 1);
	}
}

/* MULTI-16: only the children that are touched have to be prepared */
static void untouched_children_need_not_be_prepared(struct kunit *test)
{
	struct parts *parts = test->priv;
	struct iomd_desc *multi = all_three(test, BOTH);
	struct iomd_dma *dma = iomd_kunit_command(test, 64, 1, NULL);
	u8 bytes[300];
	u64 length = 5;

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(parts->desc[1], NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(multi, 100, bytes, 150), 150ULL);
	KUNIT_EXPECT_MEMEQ(test, bytes, parts->block + 5000, 150);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(multi, 110, "ab", 2), 2ULL);
	KUNIT_EXPECT_MEMEQ(test, parts->block + 5010, "ab", 2);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(multi, 100, &length), parts->phys + 5000);

	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(multi, 200, bytes, 100), 50ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(multi, 99, bytes, 10), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(multi, 99, &length), 0ULL);
	KUNIT_EXPECT_EQ(test, length, 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, multi, true), -EAGAIN);
}

/* What is prepared for reading only is not written through a multi descriptor either. */
static void read_only_children_are_not_written(struct kunit *test)
{
	struct parts *parts = test->priv;
	struct iomd_desc *multi = all_three(test, BOTH);
	u8 bytes[300] = {};

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(parts->desc[0], BOTH), 0);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(parts->desc[1], OUT), 0);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(parts->desc[2], BOTH), 0);
	iomd_desc_write_bytes(multi, 0, bytes, 300);
	iomd_desc_write_bytes(multi, 120, NULL, 20);
	KUNIT_EXPECT_MEMEQ(test, parts->block + 5000, parts->bytes + 100, 150);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(multi, 100, bytes, 150), 150ULL);
	KUNIT_EXPECT_MEMEQ(test, bytes, parts->bytes + 100, 150);

	KUNIT_EXPECT_EQ(test, iomd_desc_complete(multi, NONE), 0);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(multi, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(multi, 0, NULL, 300), 300ULL);
}

/* MULTI-26: what was prepared through it stays prepared when it goes */
static void going_completes_nothing(struct kunit *test)
{
	struct parts *parts = test->priv;
	struct iomd_desc *multi = iomd_multi_with_descriptors(parts->desc, 3, BOTH, false);
	u32 i;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, multi);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(multi, NONE), 0);
	iomd_desc_put(multi);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_TRUE(test, iomd_kunit_is_prepared(parts->desc[i]));
		KUNIT_EXPECT_EQ(test, iomd_desc_complete(parts->desc[i], NONE), 0);
		KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(parts->desc[i]));
	}
}

/* MULTI-26 MD-9 OBJ-24: what is prepared when the last one has gone is unpinned */
static void children_complete_when_they_go(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, PAGE_SIZE);
	struct iomd_desc *child, *multi;
	struct page *page;

	iomd_kunit_user_fill(test, base, PAGE_SIZE, 1);
	page = iomd_kunit_user_page(test, base);
	child = iomd_desc_with_address_range(base, 100, BOTH, iomd_kunit_mm);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, child);
	multi = iomd_multi_with_descriptors((struct iomd_desc *[]) { child, child }, 2, BOTH,
					    false);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, multi);
	iomd_desc_put(child);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(multi, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(page), 1U);
	iomd_desc_put(multi);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(page), 0U);
}

/* One of the orders in which four things can go, of which there are 24. */
static void choose_order(u32 nr, u32 order[4])
{
	u32 left[4] = { 0, 1, 2, 3 }, i, k;

	for (i = 0; i < 4; i++) {
		u32 at = nr % (4 - i);

		nr /= 4 - i;
		order[i] = left[at];
		for (k = at; k < 3; k++)
			left[k] = left[k + 1];
	}
}

/*
 * OBJ-20 OBJ-21 OBJ-29: with a command that is at work on them it is the same, and pages
 * are pinned until the last of them
 */
static void any_order_under_a_command_is_fine(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, 2 * PAGE_SIZE), before = iomd_kunit_pinned();
	struct page *page;
	u32 i, k;

	iomd_kunit_user_fill(test, base, 2 * PAGE_SIZE, 1);
	page = iomd_kunit_user_page(test, base);
	for (i = 0; i < 24; i++) {
		struct iomd_kunit_witness witness[3];
		struct iomd_desc *desc[3];
		struct iomd_dma *dma;
		u32 order[4];

		choose_order(i, order);
		desc[0] = iomd_desc_with_address_range(base, 2 * PAGE_SIZE, BOTH, iomd_kunit_mm);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, desc[0]);
		desc[1] = iomd_sub_with_sub_range(desc[0], 10, 50, BOTH);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, desc[1]);
		desc[2] = iomd_multi_with_descriptors(desc, 2, BOTH, false);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, desc[2]);
		dma = iomd_dma_with_specification(iomd_dma_output_host64, 64, 0,
						  IOMD_DMA_MAP_OPTION_UNMAPPED, 0, 1, NULL, NULL);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dma);
		for (k = 0; k < 3; k++)
			iomd_kunit_watch(&witness[k], desc[k]);
		KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc[2], NONE), 0);
		KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc[2], true), 0);

		for (k = 0; k < 4; k++) {
			KUNIT_EXPECT_FALSE(test, witness[0].is_gone);
			KUNIT_EXPECT_EQ(test, iomd_kunit_pins(page), 1U);
			if (order[k] == 3)
				iomd_dma_put(dma);
			else
				iomd_desc_put(desc[order[k]]);
		}
		KUNIT_EXPECT_TRUE(test, iomd_kunit_wait_for(READ_ONCE(witness[0].is_gone)));
		KUNIT_EXPECT_TRUE(test, witness[1].is_gone);
		KUNIT_EXPECT_TRUE(test, witness[2].is_gone);
		KUNIT_EXPECT_EQ(test, iomd_kunit_pins(page), 0U);
		KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before);
	}
}

/* OBJ-29: they go in any order, each of them once */
static void any_order_of_going_is_fine(struct kunit *test)
{
	static const u8 orders[6][3] = {
		{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 },
	};
	struct parts *parts = test->priv;
	u32 i, k;

	for (i = 0; i < 6; i++) {
		struct iomd_kunit_witness witness[3];
		struct iomd_desc *desc[3];

		desc[0] = iomd_desc_with_address(parts->block, 100, BOTH);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, desc[0]);
		desc[1] = iomd_sub_with_sub_range(desc[0], 10, 50, BOTH);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, desc[1]);
		desc[2] = iomd_multi_with_descriptors(desc, 2, BOTH, false);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, desc[2]);
		for (k = 0; k < 3; k++)
			iomd_kunit_watch(&witness[k], desc[k]);
		KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc[2], NONE), 0);
		for (k = 0; k < 3; k++)
			iomd_desc_put(desc[orders[i][k]]);
		for (k = 0; k < 3; k++)
			KUNIT_EXPECT_TRUE(test, witness[k].is_gone);
	}
}

/*
 * Commands.
 */

/* MULTI-15 MD-84: a command joins what continues across children, however they are nested */
static void walk_joins_across_children(struct kunit *test)
{
	struct parts *parts = test->priv;
	struct iomd_desc *flat[] = { parts->desc[0], parts->desc[2], parts->desc[1] };
	struct iomd_desc *multi = iomd_kunit_multi(test, flat, 3, BOTH), *nested;
	const struct iomd_range joined[] = {
		{ parts->phys + 100, 150 }, { parts->phys + 5000, 150 },
	};
	const struct iomd_range twice[] = {
		{ parts->phys + 5100, 50 }, { parts->phys + 100, 150 }, { parts->phys + 5000, 150 },
	};
	struct iomd_desc *children[3];

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(multi, NONE), 0);
	iomd_kunit_expect_walk(test, multi, joined, 2);

	children[0] = iomd_kunit_sub(test, parts->desc[1], 100, 50, BOTH);
	children[1] = parts->desc[0];
	children[2] = iomd_kunit_sub(test, multi, 100, 200, BOTH);
	nested = iomd_kunit_multi(test, children, 3, BOTH);
	iomd_kunit_expect_walk(test, nested, twice, 3);
}

/* GMD-76: what a command holds stays, when all children are completed under it */
static void command_keeps_the_children(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, 2 * PAGE_SIZE);
	struct iomd_dma *dma = iomd_kunit_command(test, 64, 1, NULL);
	struct iomd_desc *children[2], *multi;
	struct page *pages[2];
	struct iomd_segment64 segment;
	u64 offset = 0;
	u32 i, nr = 1;

	iomd_kunit_user_fill(test, base, 2 * PAGE_SIZE, 1);
	for (i = 0; i < 2; i++) {
		pages[i] = iomd_kunit_user_page(test, base + i * PAGE_SIZE);
		children[i] = iomd_kunit_of_process(test, base + i * PAGE_SIZE, PAGE_SIZE, BOTH);
	}
	multi = iomd_kunit_multi(test, children, 2, BOTH);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(multi, NONE), 0);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, multi, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(multi, NONE), 0);
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(children[i]));
		KUNIT_EXPECT_EQ(test, iomd_kunit_pins(pages[i]), 1U);
	}
	KUNIT_EXPECT_EQ(test, iomd_dma_gen64_iovm_segments(dma, &offset, &segment, &nr), 0);
	KUNIT_EXPECT_EQ(test, segment.iovm_addr, page_to_phys(pages[0]));

	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_wait_for(!iomd_kunit_pins(pages[0]) &&
						    !iomd_kunit_pins(pages[1])));
}

/* A command for part of the children, prepared where others are not, lets go of all. */
static void command_that_fails_holds_nothing(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, 2 * PAGE_SIZE);
	struct iomd_dma *dma = iomd_kunit_command(test, 64, 1, NULL);
	struct iomd_desc *children[2], *multi;
	struct page *page;
	u32 i;

	iomd_kunit_user_fill(test, base, 2 * PAGE_SIZE, 1);
	for (i = 0; i < 2; i++)
		children[i] = iomd_kunit_of_process(test, base + i * PAGE_SIZE, PAGE_SIZE, BOTH);
	multi = iomd_kunit_multi(test, children, 2, BOTH);
	page = iomd_kunit_user_page(test, base);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(children[0], NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, multi, true), -EAGAIN);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(children[0], NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(page), 0U);
}

/* One child that no device reaches is enough, wherever it is. */
static void unreachable_children_have_no_commands(struct kunit *test)
{
	struct parts *parts = test->priv;
	struct iomd_mapper *mapper;
	struct iomd_desc *bad[2];
	u32 i;

	mapper = iomd_kunit_device_mapper(test, 64);
	bad[0] = remote(test);
	bad[1] = iomd_kunit_of_kernel(test, parts->block, 16, BOTH | IOMD_MEMORY_HOST_ONLY);
	for (i = 0; i < 2; i++) {
		struct iomd_desc *children[] = { parts->desc[0], bad[i] }, *multi;
		struct iomd_dma *dma;

		multi = iomd_kunit_multi(test, (struct iomd_desc *[]) {
			parts->desc[1], iomd_kunit_multi(test, children, 2, BOTH),
		}, 2, BOTH);
		dma = iomd_kunit_command(test, 64, 1, mapper);
		KUNIT_ASSERT_EQ(test, iomd_desc_prepare(multi, NONE), 0);
		KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, multi, true),
				i ? -EPERM : -ENXIO);
		KUNIT_EXPECT_EQ(test, iomd_desc_complete(multi, NONE), 0);
		KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(parts->desc[0]));
	}
}

/* MD-52 MULTI-14: what a child answers for a device is what the multi descriptor does */
static void children_have_mappers_of_their_own(struct kunit *test)
{
	struct parts *parts = test->priv;
	struct iomd_mapper *mapper;
	struct iomd_range range = { (unsigned long)parts->block + 100, 100 };
	struct iomd_desc *children[3], *multi;
	u64 length = 5;

	mapper = iomd_kunit_device_mapper(test, 64);
	children[0] = iomd_kunit_desc(test, iomd_desc_with_options(&range, 1, 0, IOMD_KERNEL_TASK,
								   IOMD_MEMORY_TYPE_VIRTUAL | BOTH,
								   mapper));
	children[1] = iomd_kunit_of_kernel(test, parts->block + 200, 50,
					   BOTH | IOMD_MEMORY_MAPPER_NONE);
	children[2] = parts->desc[1];
	multi = iomd_kunit_multi(test, children, 3, BOTH);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(multi, NONE), 0);

	KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_segment(multi, 30, &length, 0),
			parts->phys + 130);
	KUNIT_EXPECT_EQ(test, length, 70ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_segment(multi, 110, &length, 0),
			parts->phys + 210);
	KUNIT_EXPECT_EQ(test, length, 40ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_segment(multi, 160, &length, 0), 0ULL);
	KUNIT_EXPECT_EQ(test, length, 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_address(multi), parts->phys + 100);
}

/*
 * Names of lifetimes, counts, and states.
 */

/* MULTI-18 MULTI-19 MD-55: its name lasts as long as those of all its children */
static void preparation_id_follows_children(struct kunit *test)
{
	struct parts *parts = test->priv;
	struct iomd_desc *multi = all_three(test, BOTH);
	u64 id, child, next;

	KUNIT_EXPECT_EQ(test, iomd_desc_get_preparation_id(multi), UNPREPARED);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(multi, NONE), 0);
	id = iomd_desc_get_preparation_id(multi);
	child = iomd_desc_get_preparation_id(parts->desc[0]);
	KUNIT_EXPECT_GE(test, id, 1ULL << 32);
	KUNIT_EXPECT_NE(test, id, child);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_preparation_id(multi), id);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(parts->desc[1], NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_preparation_id(multi), id);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(multi, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_preparation_id(multi), UNPREPARED);

	/* One child's memory was not unpinned, but that of the others was. */
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(multi, NONE), 0);
	next = iomd_desc_get_preparation_id(multi);
	KUNIT_EXPECT_GT(test, next, id);

	/* The last child alone begins another lifetime. */
	KUNIT_ASSERT_EQ(test, iomd_desc_complete(parts->desc[2], NONE), 0);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(parts->desc[2], NONE), 0);
	KUNIT_EXPECT_GT(test, iomd_desc_get_preparation_id(multi), next);
}

/* MULTI-18: a child that is not prepared, or cannot say; whichever comes first */
static void preparation_id_of_the_first_without(struct kunit *test)
{
	struct parts *parts = test->priv;
	struct iomd_desc *mute = iomd_kunit_interleaved(test, 1, BOTH);
	struct iomd_desc *first[] = { parts->desc[0], mute, parts->desc[1] };
	struct iomd_desc *last[] = { parts->desc[0], parts->desc[1], mute };
	struct iomd_desc *one = iomd_kunit_multi(test, first, 3, BOTH);
	struct iomd_desc *other = iomd_kunit_multi(test, last, 3, BOTH);

	KUNIT_EXPECT_EQ(test, iomd_desc_get_preparation_id(one), UNPREPARED);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(parts->desc[0], NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_preparation_id(one), UNSUPPORTED);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_preparation_id(other), UNPREPARED);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(parts->desc[1], NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_preparation_id(other), UNSUPPORTED);
}

/* MULTI-17 MD-60 MD-62: counts of all children, up to the first that has none */
static void page_counts_add_up(struct kunit *test)
{
	struct parts *parts = test->priv;
	struct iomd_desc *one = iomd_buffer_desc(iomd_kunit_pageable(test, 3 * PAGE_SIZE, 0));
	struct iomd_desc *two = iomd_buffer_desc(iomd_kunit_pageable(test, 5 * PAGE_SIZE, 0));
	struct iomd_desc *multi = iomd_kunit_multi(test, (struct iomd_desc *[]) { one, two, one },
						   3, BOTH);
	struct iomd_desc *half, *children[] = {
		iomd_kunit_sub(test, two, 0, 1, BOTH), parts->desc[0],
		iomd_kunit_sub(test, one, 0, 1, BOTH),
	};
	u64 resident = 77, dirty = 77;

	KUNIT_EXPECT_EQ(test, iomd_desc_get_page_counts(multi, &resident, &dirty), 0);
	KUNIT_EXPECT_EQ(test, resident, 0ULL);
	KUNIT_EXPECT_EQ(test, dirty, 0ULL);

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(multi, NONE), 0);
	KUNIT_ASSERT_EQ(test, iomd_desc_complete(multi, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_page_counts(multi, &resident, NULL), 0);
	KUNIT_EXPECT_EQ(test, resident, 11ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_page_counts(multi, NULL, &dirty), 0);
	KUNIT_EXPECT_EQ(test, dirty, 11ULL);

	half = iomd_kunit_multi(test, children, 3, BOTH);
	resident = 77;
	dirty = 77;
	KUNIT_EXPECT_EQ(test, iomd_desc_get_page_counts(half, &resident, &dirty), -EAGAIN);
	KUNIT_EXPECT_EQ(test, resident, 5ULL);
	KUNIT_EXPECT_EQ(test, dirty, 5ULL);
}

static u32 state_of(struct kunit *test, struct iomd_desc *desc)
{
	u32 state = 0;

	KUNIT_EXPECT_EQ(test, iomd_desc_set_purgeable(desc, IOMD_PURGEABLE_KEEP_CURRENT, &state),
			0);
	return state;
}

/* MULTI-17 MD-68: states change in order, and the worst of the old ones is told */
static void purgeable_states_are_summed_up(struct kunit *test)
{
	struct iomd_desc *desc[3], *multi;
	u32 old = 0, i;

	for (i = 0; i < 3; i++) {
		desc[i] = iomd_buffer_desc(iomd_kunit_pageable(test, PAGE_SIZE,
							       IOMD_BUFFER_PURGEABLE));
		KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc[i], NONE), 0);
		KUNIT_ASSERT_EQ(test, iomd_desc_complete(desc[i], NONE), 0);
	}
	multi = iomd_kunit_multi(test, desc, 3, BOTH);
	KUNIT_EXPECT_EQ(test, state_of(test, multi), (u32)IOMD_PURGEABLE_NON_VOLATILE);

	KUNIT_ASSERT_EQ(test, iomd_desc_set_purgeable(desc[1], IOMD_PURGEABLE_VOLATILE, NULL), 0);
	KUNIT_EXPECT_EQ(test, state_of(test, multi), (u32)IOMD_PURGEABLE_VOLATILE);
	KUNIT_ASSERT_EQ(test, iomd_desc_set_purgeable(desc[0], IOMD_PURGEABLE_EMPTY, NULL), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_set_purgeable(multi, IOMD_PURGEABLE_NON_VOLATILE, &old), 0);
	KUNIT_EXPECT_EQ(test, old, (u32)IOMD_PURGEABLE_EMPTY);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, state_of(test, desc[i]), (u32)IOMD_PURGEABLE_NON_VOLATILE);
}

/* MULTI-17 MD-68: the first child that cannot ends it, and what was seen so far is told */
static void purgeable_stops_at_the_first_error(struct kunit *test)
{
	struct parts *parts = test->priv;
	struct iomd_desc *desc[2], *children[3], *multi;
	u32 old = 77, i;

	for (i = 0; i < 2; i++)
		desc[i] = iomd_buffer_desc(iomd_kunit_pageable(test, PAGE_SIZE,
							       IOMD_BUFFER_PURGEABLE));
	children[0] = iomd_kunit_sub(test, desc[0], 0, 1, BOTH);
	children[1] = parts->desc[0];
	children[2] = iomd_kunit_sub(test, desc[1], 0, 1, BOTH);
	multi = iomd_kunit_multi(test, children, 3, BOTH);

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc[0], NONE), 0);
	KUNIT_ASSERT_EQ(test, iomd_desc_set_purgeable(desc[0], IOMD_PURGEABLE_VOLATILE, NULL), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_set_purgeable(multi, IOMD_PURGEABLE_NON_VOLATILE, &old),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, old, (u32)IOMD_PURGEABLE_VOLATILE);
	KUNIT_EXPECT_EQ(test, state_of(test, desc[0]), (u32)IOMD_PURGEABLE_NON_VOLATILE);
	KUNIT_EXPECT_EQ(test, iomd_desc_set_purgeable(multi, IOMD_PURGEABLE_VOLATILE, NULL),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, state_of(test, desc[0]), (u32)IOMD_PURGEABLE_VOLATILE);
	KUNIT_EXPECT_EQ(test, state_of(test, desc[1]), (u32)IOMD_PURGEABLE_NON_VOLATILE);
	KUNIT_EXPECT_EQ(test, iomd_desc_set_purgeable(multi, 9, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, state_of(test, desc[0]), (u32)IOMD_PURGEABLE_VOLATILE);
}

/* MULTI-27 MD-78: pages that children touch count for each of them */
static void dma_map_length_counts_children_apart(struct kunit *test)
{
	struct parts *parts = test->priv;
	struct iomd_desc *children[] = { parts->desc[0], parts->desc[2] };
	u64 offset = 77;

	KUNIT_EXPECT_EQ(test, iomd_desc_get_dma_map_length(iomd_kunit_multi(test, children, 2,
									    BOTH), &offset),
			2 * (u64)PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, offset, 100ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_dma_map_length(all_three(test, BOTH), NULL),
			3 * (u64)PAGE_SIZE);
}

/*
 * Nesting.
 */

/* A composite of a descriptor; only a multi descriptor shows its first byte. */
static struct iomd_desc *one_more(struct kunit *test, struct iomd_desc *desc, u32 kind)
{
	u64 rest = iomd_desc_get_length(desc) - 1;
	struct iomd_desc *outer;

	if (kind == 0)
		return iomd_kunit_sub(test, desc, 1, rest, BOTH);
	if (kind == 1)
		return iomd_kunit_multi(test, &desc, 1, IN);
	outer = iomd_kunit_interleaved(test, 1, BOTH);
	KUNIT_ASSERT_TRUE(test, iomd_interleaved_set_memory_descriptor(outer, desc, 1, rest));
	return outer;
}

/* MULTI-4: deep down there is memory, and it is found from far above */
static void nests_as_deep_as_allowed(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, PAGE_SIZE);
	struct iomd_desc *leaf = iomd_kunit_of_process(test, base, 2000, IN), *top = leaf;
	struct iomd_desc *another;
	struct page *page;
	u8 bytes[1000];
	u32 i;

	iomd_kunit_user_fill(test, base, PAGE_SIZE, 1);
	page = iomd_kunit_user_page(test, base);
	for (i = 0; i < MAX_DEPTH; i++)
		top = one_more(test, top, i % 3);
	another = iomd_kunit_interleaved(test, 1, BOTH);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_multi_with_descriptors(&top, 1, IN, false), -ELOOP);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_sub_with_sub_range(top, 0, 1, IN), -ELOOP);
	KUNIT_EXPECT_FALSE(test, iomd_interleaved_set_memory_descriptor(another, top, 0, 1));

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(top, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(page), 1U);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(top), 2000ULL - 21);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(top, 0, bytes, 1000), 1000ULL);
	for (i = 0; i < 1000; i++)
		if (bytes[i] != iomd_kunit_byte(1, 21 + i))
			break;
	KUNIT_EXPECT_EQ(test, i, 1000U);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(top, 0, NULL), page_to_phys(page) + 21);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(top, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(page), 0U);
}

/* MULTI-4: nothing can be part of itself, however far around */
static void refuses_circles(struct kunit *test)
{
	struct parts *parts = test->priv;
	struct iomd_desc *inner = all_three(test, BOTH);
	struct iomd_desc *sub = iomd_kunit_sub(test, inner, 0, 100, BOTH);
	struct iomd_desc *outer = iomd_kunit_multi(test, (struct iomd_desc *[]) {
		parts->desc[0], sub }, 2, BOTH);
	struct iomd_desc *interleaved = iomd_kunit_interleaved(test, 4, BOTH);
	struct iomd_desc *above;

	KUNIT_EXPECT_EQ(test, iomd_multi_init_with_descriptors(inner, &outer, 1, BOTH, false),
			-ELOOP);
	KUNIT_EXPECT_EQ(test, iomd_multi_init_with_descriptors(inner, &inner, 1, BOTH, false),
			-ELOOP);
	KUNIT_EXPECT_EQ(test, iomd_multi_init_with_descriptors(inner, parts->desc, 3, BOTH, false),
			0);

	KUNIT_EXPECT_FALSE(test, iomd_interleaved_set_memory_descriptor(interleaved, interleaved, 0,
									0));
	KUNIT_ASSERT_TRUE(test, iomd_interleaved_set_memory_descriptor(interleaved, parts->desc[0],
								       0, 100));
	above = iomd_kunit_sub(test, interleaved, 0, 100, BOTH);
	KUNIT_EXPECT_FALSE(test, iomd_interleaved_set_memory_descriptor(interleaved, above, 0, 1));
	above = iomd_kunit_multi(test, &above, 1, BOTH);
	KUNIT_EXPECT_FALSE(test, iomd_interleaved_set_memory_descriptor(interleaved, above, 0, 1));

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(outer, NONE), 0);
	iomd_kunit_expect_contents(test, sub, parts->block + 100, 100);
}

/*
 * Failing allocations.
 */

static int live_once(struct kunit *test, void *data)
{
	struct parts *parts = test->priv;
	struct iomd_desc *sub, *multi;
	int err;

	sub = iomd_sub_with_sub_range(parts->desc[1], 10, 20, BOTH);
	multi = iomd_multi_with_descriptors((struct iomd_desc *[]) { parts->desc[0],
					    IS_ERR(sub) ? parts->desc[1] : sub, data }, 3, BOTH,
					    false);
	err = PTR_ERR_OR_ZERO(sub) ?: PTR_ERR_OR_ZERO(multi);
	if (!err)
		err = iomd_desc_prepare(multi, NONE);
	if (!err)
		err = iomd_desc_complete(multi, NONE) ?:
		      iomd_multi_init_with_descriptors(multi, parts->desc, 3, BOTH, false);
	iomd_desc_put(multi);
	iomd_desc_put(sub);
	return err;
}

/* MULTI-11 OBJ-9: no allocation that fails leaves anything held or prepared */
static void survives_failing_allocations(struct kunit *test)
{
	struct parts *parts = test->priv;
	struct iomd_range ranges[IOMD_KUNIT_MANY];
	struct iomd_desc *desc;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(ranges); i++)
		ranges[i] = (struct iomd_range) { (unsigned long)parts->block + 9 * i, 5 };
	desc = iomd_desc_with_address_ranges(ranges, ARRAY_SIZE(ranges), BOTH, IOMD_KERNEL_TASK);
	iomd_kunit_desc(test, desc);
	/* Two objects with a list each, the runs of the last child, and the new list. */
	KUNIT_EXPECT_GE(test, iomd_kunit_sweep(test, live_once, desc, UINT_MAX), 6U);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(parts->desc[i]));
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(desc));
}

/* OBJ-20 GMD-76: what a command holds is made of the same parts until it lets go */
static void held_parts_are_not_exchanged(struct kunit *test)
{
	u8 *memory = iomd_kunit_zalloc(test, PAGE_SIZE);
	struct iomd_desc *one = iomd_kunit_kernel_desc(test, memory, 256, BOTH);
	struct iomd_desc *two = iomd_kunit_kernel_desc(test, memory + 1024, 256, BOTH);
	struct iomd_desc *multi = iomd_kunit_multi(test, &one, 1, BOTH);
	struct iomd_desc *sub = iomd_kunit_sub(test, one, 0, 256, BOTH);
	struct iomd_desc *interleaved = iomd_kunit_interleaved(test, 2, BOTH);
	struct iomd_desc *descs[] = { multi, sub, interleaved };
	struct iomd_dma *dma = iomd_kunit_command(test, 64, 1, NULL);
	u8 byte;
	u32 i;

	KUNIT_ASSERT_TRUE(test, iomd_interleaved_set_memory_descriptor(interleaved, one, 0, 256));
	for (i = 0; i < 3; i++) {
		KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, descs[i], true), 0);
		KUNIT_EXPECT_EQ(test, iomd_multi_init_with_descriptors(multi, &two, 1, BOTH, false),
				i == 0 ? -EBUSY : 0);
		KUNIT_EXPECT_EQ(test, iomd_sub_init_sub_range(sub, two, 0, 256, BOTH),
				i == 1 ? -EBUSY : 0);
		if (i == 2) {
			iomd_interleaved_clear_memory_descriptors(interleaved, NONE);
			KUNIT_EXPECT_EQ(test, iomd_desc_get_length(interleaved), 256ULL);
			KUNIT_EXPECT_FALSE(test,
					   iomd_interleaved_set_memory_descriptor(interleaved, two,
										  0, 256));
		}
		KUNIT_EXPECT_EQ(test, iomd_kunit_segment(test, dma, 0).iovm_addr,
				virt_to_phys(memory));
		KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
		/* As it was, for the next. */
		KUNIT_EXPECT_EQ(test, iomd_multi_init_with_descriptors(multi, &one, 1, BOTH, false),
				0);
		KUNIT_EXPECT_EQ(test, iomd_sub_init_sub_range(sub, one, 0, 256, BOTH), 0);
	}
	iomd_interleaved_clear_memory_descriptors(interleaved, NONE);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(interleaved), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(two, 0, &byte, 1), 1ULL);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(children_follow_each_other),
	KUNIT_CASE(writes_go_to_children),
	KUNIT_CASE(length_is_that_of_the_beginning),
	KUNIT_CASE(children_are_held),
	KUNIT_CASE(array_stays_the_callers),
	KUNIT_CASE(children_of_all_kinds),
	KUNIT_CASE(directions_need_not_agree),
	KUNIT_CASE(first_tag_is_taken),
	KUNIT_CASE(pageable_buffers_keep_to_themselves),
	KUNIT_CASE(refuses_what_is_no_list),
	KUNIT_CASE(empty_children_are_nothing),
	KUNIT_CASE(may_be_made_of_others),
	KUNIT_CASE(failed_init_leaves_nothing),
	KUNIT_CASE(keeps_a_child_of_its_own),
	KUNIT_CASE(others_cannot_become_one),
	KUNIT_CASE_PARAM(directions_reach_children, direction_gen_params),
	KUNIT_CASE(every_occurrence_counts),
	KUNIT_CASE(failing_child_undoes_this_call),
	KUNIT_CASE(error_is_the_childs),
	KUNIT_CASE(completes_all_and_says_the_last_error),
	KUNIT_CASE(completing_with_error_reaches_children),
	KUNIT_CASE(untouched_children_need_not_be_prepared),
	KUNIT_CASE(read_only_children_are_not_written),
	KUNIT_CASE(going_completes_nothing),
	KUNIT_CASE(children_complete_when_they_go),
	KUNIT_CASE(any_order_of_going_is_fine),
	KUNIT_CASE(any_order_under_a_command_is_fine),
	KUNIT_CASE(walk_joins_across_children),
	KUNIT_CASE(command_keeps_the_children),
	KUNIT_CASE(command_that_fails_holds_nothing),
	KUNIT_CASE(unreachable_children_have_no_commands),
	KUNIT_CASE(children_have_mappers_of_their_own),
	KUNIT_CASE(preparation_id_follows_children),
	KUNIT_CASE(preparation_id_of_the_first_without),
	KUNIT_CASE(page_counts_add_up),
	KUNIT_CASE(purgeable_states_are_summed_up),
	KUNIT_CASE(purgeable_stops_at_the_first_error),
	KUNIT_CASE(dma_map_length_counts_children_apart),
	KUNIT_CASE(nests_as_deep_as_allowed),
	KUNIT_CASE(refuses_circles),
	KUNIT_CASE(survives_failing_allocations),
	KUNIT_CASE(held_parts_are_not_exchanged),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_multi",
	.suite_init = iomd_kunit_suite_init,
	.suite_exit = iomd_kunit_suite_exit,
	.init = init,
	.test_cases = cases,
};

kunit_test_suite(suite);
