// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sub descriptors: windows, whose memory is prepared as a whole.
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

#define LENGTH		(3 * PAGE_SIZE)

/* Memory in pages that are not neighbours, from the middle of the first. */
struct fixture {
	struct page **pages;
	u8 *memory;
	struct iomd_desc *parent;
};

static int init(struct kunit *test)
{
	struct fixture *fixture;
	int err = iomd_kunit_init(test);

	if (err)
		return err;
	fixture = iomd_kunit_zalloc(test, sizeof(*fixture));
	fixture->pages = iomd_kunit_scattered_pages(test, 4);
	fixture->memory = iomd_kunit_vmap(test, fixture->pages, 4) + 0x800;
	iomd_kunit_fill(fixture->memory, LENGTH, 1);
	fixture->parent = iomd_kunit_of_kernel(test, fixture->memory, LENGTH, BOTH);
	test->priv = fixture;
	return 0;
}

static u64 phys_of(struct fixture *fixture, u64 offset)
{
	offset += 0x800;
	return page_to_phys(fixture->pages[offset / PAGE_SIZE]) + offset_in_page(offset);
}

/*
 * The window.
 */

struct window {
	const char *name;
	u64 offset;
	u64 length;
	int error;
};

static const struct window windows[] = {
	{ "all of it", 0, LENGTH },
	{ "the first byte", 0, 1 },
	{ "the last byte", LENGTH - 1, 1 },
	{ "across a page boundary", 0x7ff, 2 },
	{ "a page", 0x800, PAGE_SIZE },
	{ "odd", 0x123, 0x1fff },
	{ "nothing at the beginning", 0, 0 },
	{ "nothing in the middle", 0x900, 0 },
	{ "nothing at the end", LENGTH, 0 },
	{ "a byte behind the end", LENGTH, 1, -EINVAL },
	{ "a byte too long", 1, LENGTH, -EINVAL },
	{ "nothing behind the end", LENGTH + 1, 0, -EINVAL },
	{ "wraps to the beginning", U64_MAX, 2, -EINVAL },
	{ "wraps to nothing", U64_MAX, 1, -EINVAL },
	{ "wraps by its length", 0x10, U64_MAX - 0xf, -EINVAL },
};

static void window_name(const struct window *window, char *name)
{
	strscpy(name, window->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(window, windows, window_name);

/* SUB-1 SUB-2 SUB-4 SUB-14 MD-7: the window's bytes and segments, and no others */
static void shows_a_window(struct kunit *test)
{
	const struct window *window = test->param_value;
	struct fixture *fixture = test->priv;
	struct iomd_desc *sub;
	u64 offset, length = 5;

	if (window->error) {
		IOMD_KUNIT_EXPECT_ERR(test, iomd_sub_with_sub_range(fixture->parent, window->offset,
								    window->length, BOTH),
				      window->error);
		return;
	}
	sub = iomd_kunit_sub(test, fixture->parent, window->offset, window->length, BOTH);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(sub), window->length);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(sub, NONE), 0);
	for (offset = 0; offset < window->length; offset += length) {
		u64 at = window->offset + offset;

		KUNIT_ASSERT_EQ(test, iomd_kunit_phys(sub, offset, &length), phys_of(fixture, at));
		KUNIT_ASSERT_EQ(test, length, min(PAGE_SIZE - offset_in_page(at + 0x800),
						  window->length - offset));
	}
	length = 5;
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(sub, window->length, &length), 0ULL);
	KUNIT_EXPECT_EQ(test, length, 0ULL);
	if (window->length)
		iomd_kunit_expect_contents(test, sub, fixture->memory + window->offset,
					   window->length);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(sub, NONE), 0);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(fixture->parent));
}

/* SUB-3 SUB-2: no window on nothing */
static void refuses_no_parent(struct kunit *test)
{
	IOMD_KUNIT_EXPECT_ERR(test, iomd_sub_with_sub_range(NULL, 0, 0, BOTH), -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_sub_with_sub_range(NULL, 0, 1, BOTH), -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_device_with_sub_range(NULL, 0, 1), -EINVAL);
}

/* SUB-11 MD-38 MD-39 MD-41: the window is the limit of copies, though the parent goes on */
static void copies_stay_inside(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_desc *sub = iomd_kunit_sub(test, fixture->parent, 0x700, 0x200, BOTH);
	u8 *expected = iomd_kunit_zalloc(test, LENGTH);
	u8 *bytes = iomd_kunit_zalloc(test, 0x201);

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(sub, NONE), 0);
	memcpy(expected, fixture->memory, LENGTH);
	memset(bytes, 0xee, 0x201);

	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(sub, 0, bytes, 0x201), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(sub, 0x1ff, bytes, 2), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(sub, 0x200, bytes, 1), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(sub, U64_MAX, bytes, 2), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(sub, 1, bytes, 0x200), 0ULL);
	KUNIT_EXPECT_EQ(test, bytes[0], 0xee);
	KUNIT_EXPECT_MEMEQ(test, fixture->memory, expected, LENGTH);

	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(sub, 0, bytes, 0x200), 0x200ULL);
	memset(expected + 0x700, 0xee, 0x200);
	KUNIT_EXPECT_MEMEQ(test, fixture->memory, expected, LENGTH);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(sub, 0x1ff, NULL, 1), 1ULL);
	expected[0x8ff] = 0;
	KUNIT_EXPECT_MEMEQ(test, fixture->memory, expected, LENGTH);
}

/* SUB-5 SUB-6 OBJ-40: direction from the options, the tag from the parent, both its own */
static void has_flags_and_a_tag(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_desc *parent = fixture->parent, *sub;
	u32 direction;

	for (direction = 0; direction < 4; direction++) {
		sub = iomd_kunit_sub(test, parent, 0, 10, direction);
		KUNIT_EXPECT_EQ(test, iomd_desc_get_direction(sub), direction);
		KUNIT_EXPECT_EQ(test, iomd_desc_get_flags(sub),
				(u64)(direction | IOMD_MEMORY_THREAD_SAFE));
	}
	iomd_desc_set_tag(parent, 17);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_tag(sub), 0U);
	sub = iomd_kunit_sub(test, parent, 0, 10, BOTH);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_tag(sub), 17U);
	iomd_desc_set_tag(sub, 18);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_tag(parent), 17U);
	iomd_desc_set_tag(parent, 19);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_tag(sub), 18U);
}

#define DEPTH	6

/* SUB-1 SUB-7 SUB-14: windows on windows, like slices of an array */
static void windows_on_windows(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct rnd_state random;
	u32 round, depth;

	iomd_kunit_seed(test, &random);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(fixture->parent, NONE), 0);
	for (round = 0; round < 50; round++) {
		struct iomd_desc *desc = iomd_desc_get(fixture->parent);
		u64 start = 0, length = LENGTH;

		for (depth = 0; depth < DEPTH; depth++) {
			u64 skip = iomd_kunit_below(&random, length + 1) / 4;
			struct iomd_desc *sub;

			length = iomd_kunit_below(&random, length - skip) + 1;
			start += skip;
			sub = iomd_sub_with_sub_range(desc, skip, length, BOTH);
			iomd_desc_put(desc);
			KUNIT_ASSERT_NOT_ERR_OR_NULL(test, sub);
			desc = sub;
		}
		iomd_kunit_expect_contents(test, desc, fixture->memory + start, length);
		KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, length - 1, NULL),
				phys_of(fixture, start + length - 1));
		iomd_desc_put(desc);
	}
}

/* SUB-1 SUB-14 BUF-40: a parent may become shorter than the window, and longer again */
static void parent_may_change_its_length(struct kunit *test)
{
	struct iomd_buffer *buffer = iomd_kunit_buffer(test, iomd_buffer_with_options(BOTH, 300,
										      1));
	u8 *memory = iomd_buffer_get_bytes_no_copy(buffer), bytes[100];
	struct iomd_desc *parent = iomd_buffer_desc(buffer), *sub;
	u64 length = 5;

	iomd_kunit_fill(memory, 300, 1);
	sub = iomd_kunit_sub(test, parent, 100, 100, BOTH);
	iomd_buffer_set_length(buffer, 150);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(sub), 100ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(sub, 0, bytes, 100), 50ULL);
	KUNIT_EXPECT_MEMEQ(test, bytes, memory + 100, 50);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(sub, 10, &length), virt_to_phys(memory) + 110);
	KUNIT_EXPECT_EQ(test, length, 40ULL);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(sub, 50, &length), 0ULL);
	KUNIT_EXPECT_EQ(test, length, 0ULL);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_sub_with_sub_range(parent, 100, 51, BOTH), -EINVAL);

	iomd_buffer_set_length(buffer, 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(sub, 0, bytes, 1), 0ULL);
	iomd_buffer_set_length(buffer, 300);
	iomd_kunit_expect_contents(test, sub, memory + 100, 100);
}

/*
 * The parent.
 */

/* SUB-1 SUB-22 OBJ-20: the parent lives as long as there are windows on it */
static void parent_is_held(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_desc *parent = iomd_desc_with_address(fixture->memory, LENGTH, BOTH);
	struct iomd_kunit_witness witness;
	struct iomd_desc *one, *two;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, parent);
	iomd_kunit_watch(&witness, parent);
	one = iomd_sub_with_sub_range(parent, 10, 100, BOTH);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, one);
	two = iomd_sub_with_sub_range(one, 10, 50, BOTH);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, two);
	iomd_desc_put(parent);
	iomd_desc_put(one);
	KUNIT_EXPECT_FALSE(test, witness.is_gone);
	iomd_kunit_expect_contents(test, two, fixture->memory + 20, 50);
	iomd_desc_put(two);
	KUNIT_EXPECT_TRUE(test, witness.is_gone);

	/* A window that could not be had holds nothing. */
	parent = iomd_desc_with_address(fixture->memory, LENGTH, BOTH);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, parent);
	iomd_kunit_watch(&witness, parent);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_sub_with_sub_range(parent, 0, LENGTH + 1, BOTH), -EINVAL);
	iomd_desc_put(parent);
	KUNIT_EXPECT_TRUE(test, witness.is_gone);
}

/* SUB-1 SUB-7: a window may move, also to another parent, and lets go of the old */
static void window_may_move(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_desc *parent = iomd_desc_with_address(fixture->memory, LENGTH, BOTH);
	struct iomd_desc *multi = iomd_kunit_multi(test, &fixture->parent, 1, BOTH);
	struct iomd_kunit_witness witness;
	struct iomd_desc *sub;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, parent);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(fixture->parent, NONE), 0);
	iomd_kunit_watch(&witness, parent);
	sub = iomd_kunit_sub(test, parent, 10, 100, IN);
	iomd_desc_put(parent);

	/* Its own parent, which nobody else has any more. */
	KUNIT_EXPECT_EQ(test, iomd_sub_init_sub_range(sub, parent, 0x900, 0x100, OUT), 0);
	KUNIT_EXPECT_FALSE(test, witness.is_gone);
	iomd_kunit_expect_contents(test, sub, fixture->memory + 0x900, 0x100);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_direction(sub), (u32)OUT);

	iomd_desc_set_tag(fixture->parent, 3);
	KUNIT_EXPECT_EQ(test, iomd_sub_init_sub_range(sub, fixture->parent, 0x1000, 0x123, IN), 0);
	KUNIT_EXPECT_TRUE(test, witness.is_gone);
	iomd_kunit_expect_contents(test, sub, fixture->memory + 0x1000, 0x123);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_tag(sub), 3U);
	KUNIT_EXPECT_NE(test, iomd_desc_get_flags(sub) & IOMD_MEMORY_THREAD_SAFE, 0ULL);

	KUNIT_EXPECT_EQ(test, iomd_sub_init_sub_range(sub, multi, 5, 7, IN), 0);
	iomd_kunit_expect_contents(test, sub, fixture->memory + 5, 7);
}

/* SUB-2 SUB-3 SUB-7 OBJ-9: a window that cannot move there shows nothing, and may move again */
static void failed_move_shows_nothing(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_desc *sub = iomd_kunit_sub(test, fixture->parent, 10, 100, BOTH);
	struct iomd_desc *inner = iomd_kunit_sub(test, sub, 1, 2, BOTH);
	u8 byte;

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(fixture->parent, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_sub_init_sub_range(sub, NULL, 0, 0, BOTH), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_sub_init_sub_range(sub, fixture->parent, 1, LENGTH, BOTH),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(sub), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(sub, 0, &byte, 1), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_sub_init_sub_range(sub, fixture->parent, U64_MAX, 2, BOTH),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_sub_init_sub_range(sub, inner, 0, 0, BOTH), -ELOOP);
	KUNIT_EXPECT_EQ(test, iomd_sub_init_sub_range(sub, sub, 0, 0, BOTH), -ELOOP);
	KUNIT_EXPECT_EQ(test, iomd_sub_init_sub_range(fixture->parent, sub, 0, 0, BOTH),
			-EOPNOTSUPP);

	KUNIT_EXPECT_EQ(test, iomd_sub_init_sub_range(sub, fixture->parent, 7, 9, BOTH), 0);
	iomd_kunit_expect_contents(test, sub, fixture->memory + 7, 9);
	iomd_kunit_expect_contents(test, inner, fixture->memory + 8, 2);
}

/*
 * Preparing.
 */

/* SUB-8 SUB-9: all of the parent is prepared, and counted there, whoever asks */
static void prepares_all_of_the_parent(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, 3 * PAGE_SIZE);
	u64 before = atomic64_read(&iomd_kunit_mm->pinned_vm);
	struct iomd_desc *parent = iomd_kunit_of_process(test, base, 3 * PAGE_SIZE, BOTH);
	struct iomd_desc *sub = iomd_kunit_sub(test, parent, PAGE_SIZE, 10, BOTH);
	struct iomd_desc *other = iomd_kunit_sub(test, parent, 0, 10, BOTH);
	struct page *last;
	u8 byte;

	iomd_kunit_user_fill(test, base, 3 * PAGE_SIZE, 1);
	last = iomd_kunit_user_page(test, base + 2 * PAGE_SIZE);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(sub, NONE), 0);
	KUNIT_EXPECT_EQ(test, (u64)atomic64_read(&iomd_kunit_mm->pinned_vm) - before, 3ULL);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(last), 1U);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(parent, 0, &byte, 1), 1ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(other, 0, &byte, 1), 1ULL);

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(other, NONE), 0);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(parent, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(sub, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(sub, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(last), 1U);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(sub, 0, &byte, 1), 1ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(sub, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(last), 0U);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(sub, 0, &byte, 1), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(parent, 0, &byte, 1), 0ULL);
}

struct direction {
	const char *name;
	u32 parent;
	u32 sub;
	u32 prepared;
	bool read_only;
};

static const struct direction directions[] = {
	{ "none is the parent's, in", IN, OUT, NONE, false },
	{ "none is the parent's, out", OUT, IN, NONE, true },
	{ "in", OUT, OUT, IN, false },
	{ "out", IN, IN, OUT, true },
	{ "modifiers alone are the parent's", OUT, IN, IOMD_PREPARE_NO_ZERO_FILL, true },
};

static void direction_name(const struct direction *direction, char *name)
{
	strscpy(name, direction->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(direction, directions, direction_name);

/* SUB-8 SUB-11 MD-33: directions go through as they are, and NONE is the parent's */
static void directions_go_through(struct kunit *test)
{
	const struct direction *direction = test->param_value;
	struct fixture *fixture = test->priv;
	struct iomd_desc *parent = iomd_kunit_of_kernel(test, fixture->memory, 100,
							direction->parent);
	struct iomd_desc *sub = iomd_kunit_sub(test, parent, 10, 20, direction->sub);
	struct iomd_desc *inner = iomd_kunit_sub(test, sub, 1, 2, direction->sub);

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(inner, direction->prepared), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_is_read_only(parent), direction->read_only);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(sub, 0, NULL, 1),
			direction->read_only ? 0ULL : 1ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(inner, 0, NULL, 1),
			direction->read_only ? 0ULL : 1ULL);
	KUNIT_EXPECT_EQ(test, fixture->memory[10] == 0, !direction->read_only);
	KUNIT_EXPECT_EQ(test, fixture->memory[11] == 0, !direction->read_only);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(inner, NONE), 0);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(parent));
}

/* SUB-10 GMD-41 GMD-71: what comes of it is what comes of it at the parent */
static void results_are_the_parents(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	u64 base = iomd_kunit_map_anonymous(test, 2 * PAGE_SIZE);
	struct iomd_desc *unmapped = iomd_kunit_of_process(test, base, 2 * PAGE_SIZE, BOTH);
	struct iomd_desc *sub = iomd_kunit_sub(test, unmapped, 0, 10, BOTH);
	struct iomd_desc *virtual;

	/* Not in the window, but in the parent. */
	iomd_kunit_unmap(base + PAGE_SIZE, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(sub, NONE), -EFAULT);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(unmapped));

	sub = iomd_kunit_sub(test, fixture->parent, 0, 10, BOTH);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(sub, NONE), 0);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(fixture->parent, OUT), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(sub, IN), -EROFS);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(sub, OUT), 0);

	virtual = iomd_kunit_of_kernel(test, fixture->memory, 16, BOTH | IOMD_MEMORY_REMOTE);
	sub = iomd_kunit_sub(test, virtual, 0, 10, BOTH);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(sub, NONE), -ENXIO);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(sub, NONE), -ENXIO);
}

/* SUB-9 SUB-22 GMD-73: the last of them to go undoes what is left */
static void last_one_completes(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, PAGE_SIZE);
	struct iomd_desc *parent, *sub;
	struct page *page;

	iomd_kunit_user_fill(test, base, PAGE_SIZE, 1);
	page = iomd_kunit_user_page(test, base);
	parent = iomd_desc_with_address_range(base, PAGE_SIZE, BOTH, iomd_kunit_mm);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, parent);
	sub = iomd_sub_with_sub_range(parent, 0, 10, BOTH);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, sub);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(sub, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(sub, NONE), 0);
	iomd_desc_put(parent);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(page), 1U);
	iomd_desc_put(sub);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(page), 0U);
}

/*
 * Addresses, names, counts.
 */

/* SUB-14 MD-51 MD-52: options go through, so addresses are what the parent's would be */
static void options_go_through(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_mapper *mapper = iomd_kunit_device_mapper(test, 64);
	struct iomd_range range = { (unsigned long)fixture->memory, LENGTH };
	struct iomd_desc *bound, *sub;
	u64 length;

	bound = iomd_kunit_desc(test, iomd_desc_with_options(&range, 1, 0, IOMD_KERNEL_TASK,
							     IOMD_MEMORY_TYPE_VIRTUAL | BOTH,
							      mapper));
	sub = iomd_kunit_sub(test, bound, 0x600, 0x300, BOTH);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(sub, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_segment(sub, 0x100, &length, 0),
			phys_of(fixture, 0x700));
	KUNIT_EXPECT_EQ(test, length, 0x100ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_segment(sub, 0x250, &length, 0),
			phys_of(fixture, 0x850));
	KUNIT_EXPECT_EQ(test, length, 0xb0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_address(sub), phys_of(fixture, 0x600));

	sub = iomd_kunit_sub(test, fixture->parent, 0x600, 0x300, BOTH);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(sub, NONE), 0);
	length = 5;
	KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_segment(sub, 0, &length, 0), 0ULL);
	KUNIT_EXPECT_EQ(test, length, 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(sub, 0, &length), phys_of(fixture, 0x600));

	bound = iomd_kunit_of_kernel(test, fixture->memory, LENGTH, BOTH | IOMD_MEMORY_MAPPER_NONE);
	sub = iomd_kunit_sub(test, bound, 0x600, 0x300, BOTH);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(sub, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_segment(sub, 0, &length, 0),
			phys_of(fixture, 0x600));
}

/* SUB-15 SUB-16 MD-55: a name of its own for every lifetime of the parent */
static void preparation_id_follows_the_parent(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_desc *parent = fixture->parent;
	struct iomd_desc *sub = iomd_kunit_sub(test, parent, 0, 10, BOTH);
	struct iomd_desc *of_mute;
	u64 id, next;

	KUNIT_EXPECT_EQ(test, iomd_desc_get_preparation_id(sub), UNPREPARED);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(parent, NONE), 0);
	id = iomd_desc_get_preparation_id(sub);
	KUNIT_EXPECT_GE(test, id, 1ULL << 32);
	KUNIT_EXPECT_NE(test, id, iomd_desc_get_preparation_id(parent));
	KUNIT_EXPECT_NE(test, id, iomd_desc_get_preparation_id(iomd_kunit_sub(test, parent, 0, 10,
									      BOTH)));
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(sub, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(sub, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_preparation_id(sub), id);

	KUNIT_EXPECT_EQ(test, iomd_desc_complete(parent, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_preparation_id(sub), UNPREPARED);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(sub, NONE), 0);
	next = iomd_desc_get_preparation_id(sub);
	KUNIT_EXPECT_GT(test, next, id);

	/* Nobody asked in between. */
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(sub, NONE), 0);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(sub, NONE), 0);
	KUNIT_EXPECT_GT(test, iomd_desc_get_preparation_id(sub), next);

	of_mute = iomd_kunit_sub(test, iomd_kunit_interleaved(test, 1, BOTH), 0, 0, BOTH);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_preparation_id(of_mute), UNSUPPORTED);
}

/* SUB-15: a window on other memory is another lifetime */
static void moving_ends_a_lifetime(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_desc *parent = fixture->parent;
	struct iomd_desc *sub = iomd_kunit_sub(test, parent, 0, 10, BOTH);
	u64 id;

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(parent, NONE), 0);
	id = iomd_desc_get_preparation_id(sub);
	KUNIT_ASSERT_EQ(test, iomd_sub_init_sub_range(sub, parent, 10, 10, BOTH), 0);
	KUNIT_EXPECT_GT(test, iomd_desc_get_preparation_id(sub), id);
}

/* SUB-13 SUB-12 BUF-53: counts and states are those of all of the parent */
static void counts_and_states_are_the_parents(struct kunit *test)
{
	struct iomd_buffer *buffer = iomd_kunit_pageable(test, 5 * PAGE_SIZE,
							 IOMD_BUFFER_PURGEABLE);
	struct iomd_desc *parent = iomd_buffer_desc(buffer);
	struct iomd_desc *sub = iomd_kunit_sub(test, parent, 10, 20, BOTH);
	u64 resident = 77, dirty = 77;
	u32 old = 77;

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(sub, NONE), 0);
	KUNIT_ASSERT_EQ(test, iomd_desc_complete(sub, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_page_counts(sub, &resident, &dirty), 0);
	KUNIT_EXPECT_EQ(test, resident, 5ULL);
	KUNIT_EXPECT_EQ(test, dirty, 5ULL);

	KUNIT_EXPECT_EQ(test, iomd_desc_set_purgeable(sub, IOMD_PURGEABLE_EMPTY, &old), 0);
	KUNIT_EXPECT_EQ(test, old, (u32)IOMD_PURGEABLE_NON_VOLATILE);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_page_counts(parent, &resident, NULL), 0);
	KUNIT_EXPECT_EQ(test, resident, 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_set_purgeable(parent, IOMD_PURGEABLE_NON_VOLATILE, &old),
			0);
	KUNIT_EXPECT_EQ(test, old, (u32)IOMD_PURGEABLE_EMPTY);
}

/* SUB-12 SUB-13 MD-61 OBJ-42: what the parent has not got, a window has not either */
static void lacks_what_the_parent_lacks(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_desc *sub = iomd_kunit_sub(test, fixture->parent, 0, 10, BOTH), *physical;
	u64 resident;

	KUNIT_EXPECT_EQ(test, iomd_desc_get_page_counts(sub, &resident, NULL), -EAGAIN);
	KUNIT_EXPECT_EQ(test, iomd_desc_set_ownership(sub, iomd_kunit_mm, 1, 0), -EOPNOTSUPP);
	physical = iomd_kunit_desc(test, iomd_desc_with_physical_address(0x1000, 16, BOTH));
	sub = iomd_kunit_sub(test, physical, 0, 10, BOTH);
	KUNIT_EXPECT_EQ(test, iomd_desc_set_purgeable(sub, IOMD_PURGEABLE_VOLATILE, NULL),
			-EOPNOTSUPP);
}

/* SUB-12 SUB-13 MD-63: remote memory is out of reach through a window too */
static void remote_parent_is_out_of_reach(struct kunit *test)
{
	struct iomd_desc *remote, *sub;
	u64 resident;
	u8 byte;

	remote = iomd_kunit_desc(test, iomd_desc_with_address_range(0x1000, 16,
								    BOTH | IOMD_MEMORY_REMOTE,
								     NULL));
	sub = iomd_kunit_sub(test, remote, 4, 8, BOTH);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_page_counts(sub, &resident, NULL), -ENXIO);
	KUNIT_EXPECT_EQ(test, iomd_desc_set_purgeable(sub, IOMD_PURGEABLE_VOLATILE, NULL), -ENXIO);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(sub, 0, &byte, 1), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(sub, 0, &byte, 1), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(sub, 1, NULL), 0x1005ULL);
}

/* GMD-76 SUB-9: a command on a window keeps the parent's pages, and needs them prepared */
static void command_keeps_the_parent(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, 2 * PAGE_SIZE);
	struct iomd_desc *parent = iomd_kunit_of_process(test, base, 2 * PAGE_SIZE, BOTH);
	struct iomd_desc *sub = iomd_kunit_sub(test, parent, PAGE_SIZE + 5, 10, BOTH);
	struct iomd_dma *dma = iomd_kunit_command(test, 64, 1, NULL);
	struct iomd_segment64 segment;
	struct page *page;

	iomd_kunit_user_fill(test, base, 2 * PAGE_SIZE, 1);
	page = iomd_kunit_user_page(test, base + PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, sub, true), -EAGAIN);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(parent, NONE), 0);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, sub, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(parent, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(page), 1U);
	segment = iomd_kunit_segment(test, dma, 0);
	KUNIT_EXPECT_EQ(test, segment.iovm_addr, page_to_phys(page) + 5);
	KUNIT_EXPECT_EQ(test, segment.length, 10ULL);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_wait_for(!iomd_kunit_pins(page)));
}

static int live_once(struct kunit *test, void *data)
{
	struct iomd_desc *sub = iomd_sub_with_sub_range(data, 3, 100, BOTH);
	int err;

	if (IS_ERR(sub))
		return PTR_ERR(sub);
	err = iomd_desc_prepare(sub, NONE);
	if (!err)
		err = iomd_sub_init_sub_range(sub, data, 5, 10, BOTH);
	/* Of the parent. */
	if (iomd_kunit_is_prepared(data))
		iomd_desc_complete(data, NONE);
	iomd_desc_put(sub);
	return err;
}

/* SUB-1 SUB-8 OBJ-9: no allocation that fails leaves anything held or prepared */
static void survives_failing_allocations(struct kunit *test)
{
	u8 *memory = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	struct iomd_kunit_witness witness;
	struct iomd_range ranges[IOMD_KUNIT_MANY];
	struct iomd_desc *parent;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(ranges); i++)
		ranges[i] = (struct iomd_range) { (unsigned long)memory + 20 * i, 10 };
	parent = iomd_desc_with_address_ranges(ranges, ARRAY_SIZE(ranges), BOTH,
					       IOMD_KERNEL_TASK);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, parent);
	iomd_kunit_watch(&witness, parent);
	/* The object, its one window, and the runs of the parent. */
	KUNIT_EXPECT_GE(test, iomd_kunit_sweep(test, live_once, parent, UINT_MAX), 3U);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(parent));
	iomd_desc_put(parent);
	KUNIT_EXPECT_TRUE(test, witness.is_gone);
}

/* SUB-5: of the options only the direction counts */
static void options_are_a_direction(struct kunit *test)
{
	u8 *memory = iomd_kunit_zalloc(test, 16);
	struct iomd_desc *parent = iomd_kunit_kernel_desc(test, memory, 16, BOTH);
	struct iomd_desc *sub;

	sub = iomd_kunit_sub(test, parent, 0, 16, IOMD_DIRECTION_IN | IOMD_MEMORY_REMOTE |
			     IOMD_MEMORY_MAPPER_NONE | IOMD_MEMORY_PREPARED_READ_ONLY |
			     IOMD_MEMORY_BUFFER_PAGEABLE);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_flags(sub),
			(u64)(IOMD_DIRECTION_IN | IOMD_MEMORY_THREAD_SAFE));
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(shows_a_window, window_gen_params),
	KUNIT_CASE(refuses_no_parent),
	KUNIT_CASE(copies_stay_inside),
	KUNIT_CASE(has_flags_and_a_tag),
	KUNIT_CASE(windows_on_windows),
	KUNIT_CASE(parent_may_change_its_length),
	KUNIT_CASE(parent_is_held),
	KUNIT_CASE(window_may_move),
	KUNIT_CASE(failed_move_shows_nothing),
	KUNIT_CASE(prepares_all_of_the_parent),
	KUNIT_CASE_PARAM(directions_go_through, direction_gen_params),
	KUNIT_CASE(results_are_the_parents),
	KUNIT_CASE(last_one_completes),
	KUNIT_CASE(options_go_through),
	KUNIT_CASE(preparation_id_follows_the_parent),
	KUNIT_CASE(moving_ends_a_lifetime),
	KUNIT_CASE(counts_and_states_are_the_parents),
	KUNIT_CASE(lacks_what_the_parent_lacks),
	KUNIT_CASE(remote_parent_is_out_of_reach),
	KUNIT_CASE(command_keeps_the_parent),
	KUNIT_CASE(survives_failing_allocations),
	KUNIT_CASE(options_are_a_direction),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_sub",
	.suite_init = iomd_kunit_suite_init,
	.suite_exit = iomd_kunit_suite_exit,
	.init = init,
	.test_cases = cases,
};

kunit_test_suite(suite);
