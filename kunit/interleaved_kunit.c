// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interleaved descriptors: portions of others, added one by one.
 */
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/slab.h>

#include "compose.h"

#define IN		IOMD_DIRECTION_IN
#define OUT		IOMD_DIRECTION_OUT
#define BOTH		IOMD_DIRECTION_OUT_IN
#define NONE		IOMD_DIRECTION_NONE

#define UNPREPARED	IOMD_PREPARATION_ID_UNPREPARED
#define UNSUPPORTED	IOMD_PREPARATION_ID_UNSUPPORTED

/* One block of memory, and two descriptors of parts of it. */
struct fixture {
	u8 *block;
	u64 phys;
	struct iomd_desc *one;	/* 200 bytes from 100 on */
	struct iomd_desc *two;	/* 100 bytes from 300 on */
};

static int init(struct kunit *test)
{
	struct fixture *fixture;
	int err = iomd_kunit_init(test);

	if (err)
		return err;
	fixture = iomd_kunit_zalloc(test, sizeof(*fixture));
	fixture->block = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fixture->block);
	fixture->phys = virt_to_phys(fixture->block);
	iomd_kunit_fill(fixture->block, PAGE_SIZE, 1);
	fixture->one = iomd_kunit_of_kernel(test, fixture->block + 100, 200, BOTH);
	fixture->two = iomd_kunit_of_kernel(test, fixture->block + 300, 100, BOTH);
	test->priv = fixture;
	return 0;
}

static bool add(struct iomd_desc *interleaved, struct iomd_desc *desc, u64 offset, u64 length)
{
	return iomd_interleaved_set_memory_descriptor(interleaved, desc, offset, length);
}

/* Of both, in three portions: 80 bytes in all. */
static struct iomd_desc *three_portions(struct kunit *test, u32 direction)
{
	struct fixture *fixture = test->priv;
	struct iomd_desc *interleaved = iomd_kunit_interleaved(test, 3, direction);

	KUNIT_ASSERT_TRUE(test, add(interleaved, fixture->one, 180, 20));
	KUNIT_ASSERT_TRUE(test, add(interleaved, fixture->two, 0, 10));
	KUNIT_ASSERT_TRUE(test, add(interleaved, fixture->one, 0, 50));
	return interleaved;
}

/*
 * Portions.
 */

/* ILV-1 ILV-2 ILV-17: it begins with room for portions, and none */
static void begins_empty(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_desc *interleaved = iomd_kunit_interleaved(test, 2, OUT);

	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(interleaved), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_tag(interleaved), 0U);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_direction(interleaved), (u32)OUT);
	KUNIT_EXPECT_TRUE(test, add(interleaved, fixture->one, 0, 200));
	KUNIT_EXPECT_TRUE(test, add(interleaved, fixture->one, 0, 200));
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(interleaved), 400ULL);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_interleaved_with_capacity(0, BOTH), -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_interleaved_with_capacity(1ULL << 40, BOTH), -ENOMEM);
}

/* ILV-3 ILV-5 ILV-18 ILV-19: portions in the order in which they were added */
static void portions_follow_each_other(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_desc *interleaved = three_portions(test, BOTH);
	const struct iomd_range segments[] = {
		{ fixture->phys + 280, 20 },
		{ fixture->phys + 300, 10 },
		{ fixture->phys + 100, 50 },
	};
	const struct iomd_range joined[] = {
		{ fixture->phys + 280, 30 }, { fixture->phys + 100, 50 },
	};
	u8 expected[80], bytes[30];
	u64 length = 5;

	memcpy(expected, fixture->block + 280, 20);
	memcpy(expected + 20, fixture->block + 300, 10);
	memcpy(expected + 30, fixture->block + 100, 50);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(interleaved, NONE), 0);
	iomd_kunit_expect_contents(test, interleaved, expected, 80);
	iomd_kunit_expect_segments(test, interleaved, segments, 3);
	iomd_kunit_expect_walk(test, interleaved, joined, 2);

	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(interleaved, 45, &length), fixture->phys + 115);
	KUNIT_EXPECT_EQ(test, length, 35ULL);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(interleaved, 45, NULL), fixture->phys + 115);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(interleaved, 80, &length), 0ULL);
	KUNIT_EXPECT_EQ(test, length, 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(interleaved, 80, NULL), 0ULL);

	iomd_kunit_fill(bytes, 30, 7);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(interleaved, 10, bytes, 30), 30ULL);
	KUNIT_EXPECT_MEMEQ(test, fixture->block + 290, bytes, 20);
	KUNIT_EXPECT_MEMEQ(test, fixture->block + 100, bytes + 20, 10);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(interleaved, 60, bytes, 30), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_perform_operation(interleaved,
							  IOMD_MEMORY_INCOHERENT_IO_STORE, 5, 50),
			0);
}

struct portion {
	const char *name;
	u64 offset;
	u64 length;
	bool fits;
};

static const struct portion portions[] = {
	{ "all of it", 0, 200, true },
	{ "the last byte", 199, 1, true },
	{ "nothing", 0, 0, true },
	{ "nothing at the end", 200, 0, true },
	{ "too long", 0, 201, false },
	{ "a byte behind", 200, 1, false },
	{ "nothing behind", 201, 0, false },
	{ "wraps to the beginning", U64_MAX, 2, false },
	{ "wraps to nothing", U64_MAX - 9, 10, false },
	{ "wraps by its length", 5, U64_MAX - 4, false },
};

static void portion_name(const struct portion *portion, char *name)
{
	strscpy(name, portion->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(portion, portions, portion_name);

/* ILV-4 ILV-7: a portion lies in its descriptor, or changes nothing */
static void portion_has_to_fit(struct kunit *test)
{
	const struct portion *portion = test->param_value;
	struct fixture *fixture = test->priv;
	struct iomd_desc *interleaved = iomd_kunit_interleaved(test, 2, BOTH);

	KUNIT_EXPECT_EQ(test, add(interleaved, fixture->one, portion->offset, portion->length),
			portion->fits);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(interleaved),
			portion->fits ? portion->length : 0ULL);
	/* One slot is taken, or none. */
	KUNIT_EXPECT_TRUE(test, add(interleaved, fixture->one, 0, 1));
	KUNIT_EXPECT_EQ(test, add(interleaved, fixture->one, 0, 1), !portion->fits);
}

/* ILV-4: nothing is added of nothing, to a full one, to one of another kind, or without end */
static void refuses_portions(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_desc *interleaved = iomd_kunit_interleaved(test, 3, BOTH);
	struct iomd_desc *huge = iomd_kunit_desc(test, iomd_desc_with_address_range(0, 1ULL << 63,
							IOMD_MEMORY_REMOTE, NULL));
	struct iomd_desc *multi = iomd_kunit_multi(test, &fixture->one, 1, BOTH);
	struct iomd_kunit_witness witness;

	KUNIT_EXPECT_FALSE(test, add(interleaved, NULL, 0, 0));
	KUNIT_EXPECT_FALSE(test, add(multi, fixture->two, 0, 1));
	KUNIT_EXPECT_FALSE(test, add(fixture->one, fixture->two, 0, 1));
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(multi), 200ULL);

	KUNIT_EXPECT_TRUE(test, add(interleaved, huge, 0, 1ULL << 63));
	KUNIT_EXPECT_FALSE(test, add(interleaved, huge, 0, 1ULL << 63));
	KUNIT_EXPECT_TRUE(test, add(interleaved, huge, 0, (1ULL << 63) - 1));
	KUNIT_EXPECT_TRUE(test, add(interleaved, fixture->one, 0, 0));
	KUNIT_EXPECT_FALSE(test, add(interleaved, fixture->one, 0, 0));

	/* What was refused is not held. */
	{
		struct iomd_desc *child = iomd_desc_with_address(fixture->block, 10, BOTH);

		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, child);
		iomd_kunit_watch(&witness, child);
		KUNIT_EXPECT_FALSE(test, add(interleaved, child, 0, 1));
		iomd_desc_put(child);
		KUNIT_EXPECT_TRUE(test, witness.is_gone);
	}
}

/* ILV-4 ILV-10 ILV-12: while it is prepared nothing is added, also to one of nothing */
static void prepared_is_closed(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_desc *interleaved = iomd_kunit_interleaved(test, 3, BOTH);

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(interleaved, NONE), 0);
	KUNIT_EXPECT_FALSE(test, add(interleaved, fixture->one, 0, 10));
	KUNIT_ASSERT_EQ(test, iomd_desc_complete(interleaved, NONE), 0);
	KUNIT_EXPECT_TRUE(test, add(interleaved, fixture->one, 0, 10));
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(interleaved, NONE), 0);
	KUNIT_EXPECT_FALSE(test, add(interleaved, fixture->one, 0, 10));
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(interleaved), 10ULL);
	KUNIT_ASSERT_EQ(test, iomd_desc_complete(interleaved, NONE), 0);
	KUNIT_EXPECT_TRUE(test, add(interleaved, fixture->one, 0, 10));
}

/* ILV-5 OBJ-20: a descriptor is held once for each portion of it */
static void descriptors_are_held(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_desc *child = iomd_desc_with_address(fixture->block, 100, BOTH);
	struct iomd_desc *interleaved = iomd_interleaved_with_capacity(5, BOTH);
	struct iomd_kunit_witness witness;
	u8 bytes[40];
	u32 i;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, child);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, interleaved);
	iomd_kunit_watch(&witness, child);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_TRUE(test, add(interleaved, child, 30 - 5 * i, 10));
	iomd_desc_put(child);
	KUNIT_EXPECT_FALSE(test, witness.is_gone);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(interleaved, 0, bytes, 40), 40ULL);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_MEMEQ(test, bytes + 10 * i, fixture->block + 30 - 5 * i, 10);
	iomd_desc_get(child);
	iomd_desc_put(interleaved);
	KUNIT_EXPECT_FALSE(test, witness.is_gone);
	iomd_desc_put(child);
	KUNIT_EXPECT_TRUE(test, witness.is_gone);
}

/* ILV-6 ILV-17: directions need not agree, and tags are nobody else's */
static void takes_no_direction_and_no_tag(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_desc *in = iomd_kunit_of_kernel(test, fixture->block, 10, IN);
	struct iomd_desc *interleaved = iomd_kunit_interleaved(test, 2, OUT);

	iomd_desc_set_tag(in, 5);
	KUNIT_EXPECT_TRUE(test, add(interleaved, in, 0, 10));
	KUNIT_EXPECT_EQ(test, iomd_desc_get_tag(interleaved), 0U);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_direction(interleaved), (u32)OUT);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(interleaved, NONE), 0);
}

/* ILV-7 ILV-18: portions of nothing take no bytes, wherever they are */
static void empty_portions_are_nothing(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_desc *interleaved = iomd_kunit_interleaved(test, 6, BOTH);
	const struct iomd_range segments[] = {
		{ fixture->phys + 110, 20 }, { fixture->phys + 350, 30 },
	};

	KUNIT_ASSERT_TRUE(test, add(interleaved, fixture->two, 0, 0));
	KUNIT_ASSERT_TRUE(test, add(interleaved, fixture->one, 10, 20));
	KUNIT_ASSERT_TRUE(test, add(interleaved, fixture->one, 200, 0));
	KUNIT_ASSERT_TRUE(test, add(interleaved, fixture->two, 100, 0));
	KUNIT_ASSERT_TRUE(test, add(interleaved, fixture->two, 50, 30));
	KUNIT_ASSERT_TRUE(test, add(interleaved, fixture->two, 0, 0));
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(interleaved, NONE), 0);
	iomd_kunit_expect_segments(test, interleaved, segments, 2);
}

/*
 * Preparing.
 */

/* ILV-8 ILV-12: every portion prepares all of its descriptor, and completes it */
static void every_portion_prepares_its_descriptor(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, 2 * PAGE_SIZE);
	u64 before = atomic64_read(&iomd_kunit_mm->pinned_vm);
	struct iomd_desc *desc = iomd_kunit_of_process(test, base, 2 * PAGE_SIZE, BOTH);
	struct iomd_desc *interleaved = iomd_kunit_interleaved(test, 3, BOTH);
	struct page *last;
	u32 i;

	iomd_kunit_user_fill(test, base, 2 * PAGE_SIZE, 1);
	last = iomd_kunit_user_page(test, base + PAGE_SIZE);
	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_TRUE(test, add(interleaved, desc, i, 1));
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(interleaved, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(last), 1U);
	KUNIT_EXPECT_EQ(test, (u64)atomic64_read(&iomd_kunit_mm->pinned_vm) - before, 2ULL);
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
		KUNIT_EXPECT_TRUE(test, iomd_kunit_is_prepared(desc));
	}
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(desc));

	for (i = 0; i < 4; i++)
		KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(interleaved, NONE), 0);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_prepared(desc));
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(desc));
}

struct direction {
	const char *name;
	u32 made;
	u32 child;
	u32 prepared;
	bool read_only;
};

static const struct direction directions[] = {
	{ "none is its own, out", OUT, IN, NONE, true },
	{ "none is its own, in", IN, OUT, NONE, false },
	{ "none of none is the child's", NONE, OUT, NONE, true },
	{ "in", OUT, OUT, IN, false },
	{ "out", IN, IN, OUT, true },
};

static void direction_name(const struct direction *direction, char *name)
{
	strscpy(name, direction->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(direction, directions, direction_name);

/* ILV-8 MD-33: no direction at all is its own, everything else goes to the portions */
static void directions_reach_portions(struct kunit *test)
{
	const struct direction *direction = test->param_value;
	struct fixture *fixture = test->priv;
	struct iomd_desc *child = iomd_kunit_of_kernel(test, fixture->block, 10, direction->child);
	struct iomd_desc *interleaved = iomd_kunit_interleaved(test, 1, direction->made);

	KUNIT_ASSERT_TRUE(test, add(interleaved, child, 0, 10));
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(interleaved, direction->prepared), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_is_read_only(child), direction->read_only);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(interleaved, NONE), 0);
}

/* ILV-9 GMD-43: one that cannot be prepared undoes the others, and it stays open */
static void failing_portion_undoes_this_call(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, 3 * PAGE_SIZE);
	struct fixture *fixture = test->priv;
	struct iomd_desc *good = iomd_kunit_of_process(test, base, PAGE_SIZE, BOTH);
	struct iomd_desc *bad = iomd_kunit_of_process(test, base + PAGE_SIZE, PAGE_SIZE, BOTH);
	struct iomd_desc *interleaved = iomd_kunit_interleaved(test, 5, BOTH);
	struct page *page;

	iomd_kunit_user_fill(test, base, 2 * PAGE_SIZE, 1);
	page = iomd_kunit_user_page(test, base);
	iomd_kunit_unmap(base + PAGE_SIZE, PAGE_SIZE);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(fixture->one, NONE), 0);
	KUNIT_ASSERT_TRUE(test, add(interleaved, good, 0, 10));
	KUNIT_ASSERT_TRUE(test, add(interleaved, fixture->one, 0, 10));
	KUNIT_ASSERT_TRUE(test, add(interleaved, bad, 0, 10));
	KUNIT_ASSERT_TRUE(test, add(interleaved, good, 20, 10));

	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(interleaved, NONE), -EFAULT);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(page), 0U);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(good));
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(bad));
	KUNIT_EXPECT_TRUE(test, add(interleaved, fixture->two, 0, 10));
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(fixture->one, NONE), 0);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(fixture->one));
}

/* ILV-11: being prepared is no count: the first complete ends it, and not all of it */
static void prepared_is_a_flag(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_desc *interleaved = iomd_kunit_interleaved(test, 2, BOTH);

	KUNIT_ASSERT_TRUE(test, add(interleaved, fixture->one, 0, 10));
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(interleaved, NONE), 0);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(interleaved, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(interleaved, NONE), 0);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_prepared(fixture->one));
	KUNIT_EXPECT_TRUE(test, add(interleaved, fixture->two, 0, 10));
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(fixture->one, NONE), 0);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(fixture->one));
}

/* ILV-12: all are completed, and the last error is what comes of it */
static void completes_all_and_says_the_last_error(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_desc *virtual = iomd_kunit_of_kernel(test, fixture->block, 16,
							 BOTH | IOMD_MEMORY_REMOTE);
	struct iomd_desc *interleaved = iomd_kunit_interleaved(test, 3, BOTH);

	KUNIT_ASSERT_TRUE(test, add(interleaved, fixture->one, 0, 10));
	KUNIT_ASSERT_TRUE(test, add(interleaved, virtual, 0, 10));
	KUNIT_ASSERT_TRUE(test, add(interleaved, fixture->two, 0, 10));
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(interleaved, NONE), -ENXIO);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(fixture->one, NONE), 0);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(fixture->two, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(interleaved, NONE), -ENXIO);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(fixture->one));
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(fixture->two));
}

/*
 * Cleared, and gone.
 */

/* ILV-13 ILV-14 ILV-15 ILV-1: cleared it is as at first, but for what it was told */
static void cleared_it_begins_again(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_desc *interleaved = three_portions(test, IN);
	struct iomd_desc *child = iomd_desc_with_address(fixture->block, 10, BOTH);
	struct iomd_kunit_witness witness;
	u64 length = 5;
	u32 i;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, child);
	iomd_kunit_watch(&witness, child);
	iomd_desc_set_tag(interleaved, 4);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(interleaved, NONE), 0);
	iomd_interleaved_clear_memory_descriptors(interleaved, NONE);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(fixture->one));
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(fixture->two));
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(interleaved), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_tag(interleaved), 0U);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_direction(interleaved), (u32)IN);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(interleaved, 0, &length), 0ULL);
	KUNIT_EXPECT_EQ(test, length, 0ULL);

	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_TRUE(test, add(interleaved, child, i, 2));
	KUNIT_EXPECT_FALSE(test, add(interleaved, child, 0, 2));
	iomd_desc_put(child);
	KUNIT_EXPECT_FALSE(test, witness.is_gone);
	iomd_interleaved_clear_memory_descriptors(interleaved, OUT);
	KUNIT_EXPECT_TRUE(test, witness.is_gone);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_direction(interleaved), (u32)OUT);

	KUNIT_EXPECT_TRUE(test, add(interleaved, fixture->two, 5, 7));
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(interleaved, NONE), 0);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_read_only(fixture->two));
	iomd_kunit_expect_contents(test, interleaved, fixture->block + 305, 7);
}

/* ILV-13: clearing what is not prepared completes nothing, and is only for this kind */
static void clearing_is_careful(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_desc *interleaved = three_portions(test, BOTH);
	struct iomd_desc *multi = iomd_kunit_multi(test, &fixture->one, 1, BOTH);

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(fixture->one, NONE), 0);
	iomd_interleaved_clear_memory_descriptors(interleaved, NONE);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_prepared(fixture->one));
	iomd_interleaved_clear_memory_descriptors(interleaved, NONE);
	iomd_interleaved_clear_memory_descriptors(multi, OUT);
	iomd_interleaved_clear_memory_descriptors(fixture->one, OUT);
	iomd_kunit_expect_contents(test, multi, fixture->block + 100, 200);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_direction(multi), (u32)BOTH);
}

/* ILV-16: prepared when it goes, it completes once */
static void going_completes_once(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_desc *interleaved = iomd_interleaved_with_capacity(2, BOTH);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, interleaved);
	KUNIT_EXPECT_TRUE(test, add(interleaved, fixture->one, 0, 10));
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(interleaved, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(fixture->one, NONE), 0);
	iomd_desc_put(interleaved);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_prepared(fixture->one));
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(fixture->one, NONE), 0);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(fixture->one));

	interleaved = iomd_interleaved_with_capacity(2, BOTH);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, interleaved);
	KUNIT_EXPECT_TRUE(test, add(interleaved, fixture->one, 0, 10));
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(fixture->one, NONE), 0);
	iomd_desc_put(interleaved);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_prepared(fixture->one));
}

/* GMD-76: cleared under a command that is active, its pages stay until that is done */
static void command_keeps_what_is_completed(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, PAGE_SIZE);
	struct iomd_desc *desc = iomd_kunit_of_process(test, base, PAGE_SIZE, BOTH);
	struct iomd_desc *interleaved = iomd_kunit_interleaved(test, 2, BOTH);
	struct iomd_dma *dma = iomd_kunit_command(test, 64, 1, NULL);
	struct page *page;

	iomd_kunit_user_fill(test, base, PAGE_SIZE, 1);
	page = iomd_kunit_user_page(test, base);
	KUNIT_ASSERT_TRUE(test, add(interleaved, desc, 5, 10));
	KUNIT_ASSERT_TRUE(test, add(interleaved, desc, 0, 5));
	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, interleaved, true), -EAGAIN);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(interleaved, NONE), 0);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, interleaved, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(interleaved, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(page), 1U);
	KUNIT_EXPECT_EQ(test, iomd_kunit_segment(test, dma, 0).iovm_addr, page_to_phys(page) + 5);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_wait_for(!iomd_kunit_pins(page)));
}

/*
 * What it does not do.
 */

/* ILV-21 MD-57 MD-58: its preparation has no name, unless it is given one */
static void preparation_has_no_name(struct kunit *test)
{
	struct iomd_desc *interleaved = three_portions(test, BOTH);
	u64 id;

	KUNIT_EXPECT_EQ(test, iomd_desc_get_preparation_id(interleaved), UNSUPPORTED);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(interleaved, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_preparation_id(interleaved), UNSUPPORTED);
	iomd_desc_set_preparation_id(interleaved);
	id = iomd_desc_get_preparation_id(interleaved);
	KUNIT_EXPECT_GE(test, id, 1ULL << 32);
	iomd_desc_set_preparation_id(interleaved);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_preparation_id(interleaved), id);
}

/* ILV-21 MD-61 MD-67: it has no memory of its own that could be counted, or thrown away */
static void has_no_memory_of_its_own(struct kunit *test)
{
	struct iomd_desc *buffer = iomd_buffer_desc(iomd_kunit_pageable(test, PAGE_SIZE,
									IOMD_BUFFER_PURGEABLE));
	struct iomd_desc *interleaved = iomd_kunit_interleaved(test, 1, BOTH);
	u64 resident = 7, dirty = 7;
	u32 old = 7;

	KUNIT_ASSERT_TRUE(test, add(interleaved, buffer, 0, PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, iomd_desc_get_page_counts(interleaved, &resident, &dirty), -EAGAIN);
	KUNIT_EXPECT_EQ(test, iomd_desc_set_purgeable(interleaved, IOMD_PURGEABLE_VOLATILE, &old),
			-EAGAIN);
	KUNIT_EXPECT_EQ(test, iomd_desc_set_purgeable(interleaved, 0, &old), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_desc_set_ownership(interleaved, iomd_kunit_mm, 1, 0),
			-EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, iomd_desc_set_purgeable(buffer, IOMD_PURGEABLE_KEEP_CURRENT, &old),
			0);
	KUNIT_EXPECT_EQ(test, old, (u32)IOMD_PURGEABLE_NON_VOLATILE);
}

static int live_once(struct kunit *test, void *data)
{
	struct fixture *fixture = test->priv;
	struct iomd_desc *interleaved = iomd_interleaved_with_capacity(2, BOTH);
	int err;

	if (IS_ERR(interleaved))
		return PTR_ERR(interleaved);
	/* What has room needs no memory. */
	err = add(interleaved, fixture->one, 0, 10) && add(interleaved, data, 0, 10) ? 0 : 1;
	if (!err)
		err = iomd_desc_prepare(interleaved, NONE);
	iomd_desc_put(interleaved);
	return err;
}

/* ILV-3 ILV-9 OBJ-9: no allocation that fails leaves anything behind */
static void survives_failing_allocations(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_range ranges[IOMD_KUNIT_MANY];
	struct iomd_desc *desc;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(ranges); i++)
		ranges[i] = (struct iomd_range) { (unsigned long)fixture->block + 9 * i, 5 };
	desc = iomd_desc_with_address_ranges(ranges, ARRAY_SIZE(ranges), BOTH, IOMD_KERNEL_TASK);
	iomd_kunit_desc(test, desc);
	KUNIT_EXPECT_GE(test, iomd_kunit_sweep(test, live_once, desc, UINT_MAX), 3U);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(fixture->one));
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(desc));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(begins_empty),
	KUNIT_CASE(portions_follow_each_other),
	KUNIT_CASE_PARAM(portion_has_to_fit, portion_gen_params),
	KUNIT_CASE(refuses_portions),
	KUNIT_CASE(prepared_is_closed),
	KUNIT_CASE(descriptors_are_held),
	KUNIT_CASE(takes_no_direction_and_no_tag),
	KUNIT_CASE(empty_portions_are_nothing),
	KUNIT_CASE(every_portion_prepares_its_descriptor),
	KUNIT_CASE_PARAM(directions_reach_portions, direction_gen_params),
	KUNIT_CASE(failing_portion_undoes_this_call),
	KUNIT_CASE(prepared_is_a_flag),
	KUNIT_CASE(completes_all_and_says_the_last_error),
	KUNIT_CASE(cleared_it_begins_again),
	KUNIT_CASE(clearing_is_careful),
	KUNIT_CASE(going_completes_once),
	KUNIT_CASE(command_keeps_what_is_completed),
	KUNIT_CASE(preparation_has_no_name),
	KUNIT_CASE(has_no_memory_of_its_own),
	KUNIT_CASE(survives_failing_allocations),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_interleaved",
	.suite_init = iomd_kunit_suite_init,
	.suite_exit = iomd_kunit_suite_exit,
	.init = init,
	.test_cases = cases,
};

kunit_test_suite(suite);
