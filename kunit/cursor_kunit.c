// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory cursors: the specification's examples, what becomes of bad input, every kind of
 * descriptor, and random lists of ranges against a model that goes byte by byte.
 */
#include <linux/io.h>
#include <linux/slab.h>

#include "compose.h"

#define IN		IOMD_DIRECTION_IN
#define BOTH		IOMD_DIRECTION_OUT_IN
#define NONE		IOMD_DIRECTION_NONE
#define MAPPER_NONE	IOMD_MEMORY_MAPPER_NONE

#define MAX_SEGMENTS	64
#define UNTOUCHED	0x5555555555555555ULL

struct fixture {
	struct iomd_segment64 segments[MAX_SEGMENTS];
	u64 transferred;
};

static int init(struct kunit *test)
{
	int err = iomd_kunit_init(test);

	if (!err)
		test->priv = iomd_kunit_zalloc(test, sizeof(struct fixture));
	return err;
}

static void undo_cursor(void *data)
{
	iomd_cursor_put(data);
}

static struct iomd_cursor *keep(struct kunit *test, struct iomd_cursor *cursor)
{
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cursor);
	iomd_kunit_defer(test, undo_cursor, cursor);
	return cursor;
}

static struct iomd_cursor *natural(struct kunit *test, u64 max_segment_size,
				   u64 max_transfer_size)
{
	return keep(test, iomd_cursor_natural_with_specification(max_segment_size,
								 max_transfer_size, 1));
}

/* Physical ranges, which nobody translates. */
static struct iomd_desc *physical(struct kunit *test, const struct iomd_range *ranges, u32 count)
{
	return iomd_kunit_desc(test, iomd_desc_with_address_ranges(ranges, count,
								    IN | MAPPER_NONE, NULL));
}

/* The same, each in a descriptor of its own. */
static struct iomd_desc *parts(struct kunit *test, const struct iomd_range *ranges, u32 count)
{
	struct iomd_desc *children[8];
	u32 i;

	for (i = 0; i < count; i++)
		children[i] = physical(test, &ranges[i], 1);
	return iomd_kunit_multi(test, children, count, IN);
}

/* Into the fixture, of which whatever is not written can be told. */
static u32 get(struct kunit *test, struct iomd_cursor *cursor, struct iomd_desc *desc, u64 from,
	       u32 capacity, u32 limit)
{
	struct fixture *fixture = test->priv;

	memset(fixture, 0x55, sizeof(*fixture));
	return iomd_cursor_natural_get_physical_segments(cursor, desc, from, fixture->segments,
							 capacity, limit, &fixture->transferred);
}

/* All of it, for whatever segment function the cursor has. */
static u32 generate(struct iomd_cursor *cursor, struct iomd_desc *desc, void *segments,
		    u32 capacity, u64 *transferred)
{
	return iomd_cursor_gen_physical_segments(cursor, desc, 0, segments, capacity, 0,
						 transferred);
}

/* Just these segments, and nothing behind them. */
static void expect(struct kunit *test, u32 nr, const struct iomd_range *expected, u32 nr_expected)
{
	struct fixture *fixture = test->priv;
	u64 total = 0;
	u32 i;

	KUNIT_EXPECT_EQ(test, nr, nr_expected);
	for (i = 0; i < nr_expected; i++) {
		KUNIT_EXPECT_EQ(test, fixture->segments[i].iovm_addr, expected[i].address);
		KUNIT_EXPECT_EQ(test, fixture->segments[i].length, expected[i].length);
		total += expected[i].length;
	}
	KUNIT_EXPECT_EQ(test, fixture->segments[i].iovm_addr, UNTOUCHED);
	KUNIT_EXPECT_EQ(test, fixture->transferred, total);
}

/*
 * Creation.
 */

static void forget(struct iomd_segment64 segment, void *segments, u32 index)
{
}

/* CUR-2 CUR-3 CUR-7: what no cursor can be made from */
static void refuses_what_makes_no_sense(struct kunit *test)
{
	IOMD_KUNIT_EXPECT_ERR(test, iomd_cursor_with_specification(NULL, 0, 0, 1), -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_cursor_with_specification(forget, 0, BIT_ULL(32), 1),
			      -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_cursor_with_specification(forget, 0, U64_MAX, 1),
			      -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_cursor_with_specification(forget, 0, 0, 0), -EOPNOTSUPP);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_cursor_with_specification(forget, 0, 0, 4), -EOPNOTSUPP);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_cursor_with_specification(forget, 0, 0, BIT_ULL(32) + 1),
			      -EOPNOTSUPP);
	keep(test, iomd_cursor_with_specification(forget, U64_MAX, U32_MAX, 1));
}

struct kind {
	const char *name;
	struct iomd_cursor *(*make)(u64 max_segment_size, u64 max_transfer_size, u64 alignment);
	iomd_cursor_segment_fn out;
	u8 bytes[16];	/* of 0x0102030405060708, 0x1112131415161718 */
};

#define ASCENDING	{ 1, 2, 3, 4, 5, 6, 7, 8, \
			  0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18 }
#define DESCENDING	{ 8, 7, 6, 5, 4, 3, 2, 1, \
			  0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11 }

static const struct kind kinds[] = {
	{ "natural", iomd_cursor_natural_with_specification, iomd_cursor_natural_output_segment,
#ifdef __BIG_ENDIAN
	  ASCENDING },
#else
	  DESCENDING },
#endif
	{ "big", iomd_cursor_big_with_specification, iomd_cursor_big_output_segment, ASCENDING },
	{ "little", iomd_cursor_little_with_specification, iomd_cursor_little_output_segment,
	  DESCENDING },
};

static void kind_name(const struct kind *kind, char *name)
{
	strscpy(name, kind->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(kind, kinds, kind_name);

/* CUR-8: each kind keeps the limits it is given, and those of creation */
static void kinds_are_made_alike(struct kunit *test)
{
	const struct kind *kind = test->param_value;
	struct iomd_range ranges[] = { { 0x1000, 0x100 } };
	struct iomd_desc *desc = physical(test, ranges, 1);
	struct iomd_segment64 segments[4];
	struct iomd_cursor *cursor;
	u64 transferred;

	IOMD_KUNIT_EXPECT_ERR(test, kind->make(0, BIT_ULL(32), 1), -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, kind->make(0, 0, 2), -EOPNOTSUPP);
	cursor = keep(test, kind->make(0x10, 0x28, 1));
	KUNIT_EXPECT_EQ(test, generate(cursor, desc, segments, 4, &transferred), 3U);
	KUNIT_EXPECT_EQ(test, transferred, 0x28ULL);
}

/* CUR-9: the bytes that are written, and where */
static void kinds_write_their_byte_order(struct kunit *test)
{
	const struct kind *kind = test->param_value;
	const struct iomd_segment64 segment = { 0x0102030405060708, 0x1112131415161718 };
	u8 *array = kunit_kzalloc(test, 5 * 16, GFP_KERNEL);

	kind->out(segment, array, 3);
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(array, 0, 3 * 16), NULL);
	KUNIT_EXPECT_EQ(test, memcmp(array + 3 * 16, kind->bytes, 16), 0);
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(array + 4 * 16, 0, 16), NULL);
}

/* CUR-9: devices have their lists where they want them */
static void byte_orders_need_no_alignment(struct kunit *test)
{
	const struct iomd_segment64 segment = { 0x0102030405060708, 0x1112131415161718 };
	u8 *array = kunit_kzalloc(test, 48, GFP_KERNEL);

	iomd_cursor_big_output_segment(segment, array + 3, 1);
	KUNIT_EXPECT_EQ(test, memcmp(array + 19, kinds[1].bytes, 16), 0);
	iomd_cursor_little_output_segment(segment, array + 3, 1);
	KUNIT_EXPECT_EQ(test, memcmp(array + 19, kinds[2].bytes, 16), 0);
}

static u32 get_big(struct iomd_cursor *cursor, struct iomd_desc *desc,
		   struct iomd_segment_big64 *segment, u64 *transferred)
{
	return iomd_cursor_big_get_physical_segments(cursor, desc, 1, segment, 1, 0x10,
						     transferred);
}

static u32 get_little(struct iomd_cursor *cursor, struct iomd_desc *desc,
		      struct iomd_segment_little64 *segment, u64 *transferred)
{
	return iomd_cursor_little_get_physical_segments(cursor, desc, 2, segment, 1, 0x20,
							transferred);
}

static u32 get_natural(struct iomd_cursor *cursor, struct iomd_desc *desc,
		       struct iomd_segment64 *segment, u64 *transferred)
{
	return iomd_cursor_natural_get_physical_segments(cursor, desc, 3, segment, 1, 0x30,
							 transferred);
}

struct typed {
	struct iomd_desc *desc;
	struct iomd_cursor *big;
	struct iomd_cursor *little;
	struct iomd_cursor *natural;
};

static void make_typed(struct kunit *test, struct typed *typed)
{
	static const struct iomd_range range = { 0x12345678, 0x1000 };

	typed->desc = physical(test, &range, 1);
	typed->big = keep(test, iomd_cursor_big_with_specification(0, 0, 1));
	typed->little = keep(test, iomd_cursor_little_with_specification(0, 0, 1));
	typed->natural = natural(test, 0, 0);
}

/* CUR-8: the typed forms write their type */
static void typed_forms_write_their_type(struct kunit *test)
{
	struct iomd_segment_little64 little;
	struct iomd_segment_big64 big;
	struct iomd_segment64 cpu;
	struct typed typed;
	u64 transferred;

	make_typed(test, &typed);
	KUNIT_EXPECT_EQ(test, get_big(typed.big, typed.desc, &big, &transferred), 1U);
	KUNIT_EXPECT_EQ(test, be64_to_cpu(big.iovm_addr), 0x12345679ULL);
	KUNIT_EXPECT_EQ(test, be64_to_cpu(big.length), 0x10ULL);
	KUNIT_EXPECT_EQ(test, transferred, 0x10ULL);
	KUNIT_EXPECT_EQ(test, get_little(typed.little, typed.desc, &little, &transferred), 1U);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(little.iovm_addr), 0x1234567aULL);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(little.length), 0x20ULL);
	KUNIT_EXPECT_EQ(test, transferred, 0x20ULL);
	KUNIT_EXPECT_EQ(test, get_natural(typed.natural, typed.desc, &cpu, &transferred), 1U);
	KUNIT_EXPECT_EQ(test, cpu.iovm_addr, 0x1234567bULL);
	KUNIT_EXPECT_EQ(test, cpu.length, 0x30ULL);
	KUNIT_EXPECT_EQ(test, transferred, 0x30ULL);
}

/* CUR-8 CUR-10: not with a cursor of another kind, nor without an array */
static void typed_forms_refuse_others(struct kunit *test)
{
	struct iomd_segment_little64 little = {};
	struct iomd_segment_big64 big = {};
	struct iomd_segment64 cpu = {};
	u64 transferred = UNTOUCHED;
	struct typed typed;

	make_typed(test, &typed);
	KUNIT_EXPECT_EQ(test, get_big(typed.little, typed.desc, &big, &transferred), 0U);
	KUNIT_EXPECT_EQ(test, get_little(typed.natural, typed.desc, &little, &transferred), 0U);
	KUNIT_EXPECT_EQ(test, get_natural(typed.big, typed.desc, &cpu, &transferred), 0U);
	KUNIT_EXPECT_EQ(test, get_big(typed.big, typed.desc, NULL, &transferred), 0U);
	KUNIT_EXPECT_EQ(test, get_little(typed.little, typed.desc, NULL, &transferred), 0U);
	KUNIT_EXPECT_EQ(test, get_natural(typed.natural, typed.desc, NULL, &transferred), 0U);
	KUNIT_EXPECT_EQ(test, transferred, UNTOUCHED);
	KUNIT_EXPECT_EQ(test, be64_to_cpu(big.length), 0ULL);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(little.length), 0ULL);
	KUNIT_EXPECT_EQ(test, cpu.length, 0ULL);
}

/* CUR-2: the caller's reference is the only one, and can be shared */
static void is_counted(struct kunit *test)
{
	struct iomd_cursor *cursor = iomd_cursor_natural_with_specification(0, 0, 1);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cursor);
	KUNIT_EXPECT_PTR_EQ(test, iomd_cursor_get(cursor), cursor);
	iomd_cursor_put(cursor);
	iomd_cursor_put(cursor);
	iomd_cursor_put(NULL);
	iomd_cursor_put(ERR_PTR(-ENOMEM));
}

static int live_once(struct kunit *test, void *data)
{
	struct iomd_cursor *cursor = iomd_cursor_with_specification(forget, 0, 0, 1);

	iomd_cursor_put(cursor);
	return PTR_ERR_OR_ZERO(cursor);
}

/* CUR-2: without memory there is none */
static void survives_failing_allocations(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, iomd_kunit_sweep(test, live_once, NULL, 1), 1U);
}

/*
 * Limits.
 */

/* CUR-4 CUR-5 CUR-6 CUR-20: no limit, or one beyond 32 bits, is 0xffffffff */
static void unlimited_is_32_bits(struct kunit *test)
{
	const struct iomd_range ranges[] = { { BIT_ULL(32), 0x280000000 } };
	const struct iomd_range whole[] = { { BIT_ULL(32), U32_MAX } };
	const struct iomd_range next[] = { { 0x1ffffffff, U32_MAX } };
	const struct iomd_range rest[] = { { 0x2fffffffe, 0x80000002 } };
	struct iomd_desc *desc = physical(test, ranges, 1);
	static const u64 sizes[] = { 0, U32_MAX, BIT_ULL(32), BIT_ULL(32) + 0x10, U64_MAX };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct iomd_cursor *cursor = natural(test, sizes[i], 0);

		expect(test, get(test, cursor, desc, 0, 4, 0), whole, 1);
		expect(test, get(test, cursor, desc, U32_MAX, 4, 0), next, 1);
		expect(test, get(test, cursor, desc, 2ULL * U32_MAX, 4, 0), rest, 1);
	}
}

/* CUR-20 CUR-16: the running total cannot wrap */
static void totals_do_not_wrap(struct kunit *test)
{
	const struct iomd_range ranges[] = { { 0x1000, 0x280000000 } };
	const struct iomd_range expected[] = {
		{ 0x1000, 0x60000000 }, { 0x60001000, 0x60000000 }, { 0xc0001000, 0x3fffffff },
	};
	struct iomd_desc *desc = physical(test, ranges, 1);

	expect(test, get(test, natural(test, 0x60000000, 0), desc, 0, 8, 0), expected, 3);
}

/* CUR-13: the limit of a call takes the place of the cursor's, also where it is more */
static void a_call_has_its_own_limit(struct kunit *test)
{
	const struct iomd_range ranges[] = { { 0x1000, 0x1000 } };
	const struct iomd_range usual[] = { { 0x1000, 0x200 } };
	const struct iomd_range less[] = { { 0x1000, 0x1ff } };
	const struct iomd_range more[] = { { 0x1000, 0x201 } };
	const struct iomd_range all[] = { { 0x1000, 0x1000 } };
	struct iomd_desc *desc = physical(test, ranges, 1);
	struct iomd_cursor *cursor = natural(test, 0, 0x200);

	expect(test, get(test, cursor, desc, 0, 8, 0), usual, 1);
	expect(test, get(test, cursor, desc, 0, 8, 0x1ff), less, 1);
	expect(test, get(test, cursor, desc, 0, 8, 0x201), more, 1);
	expect(test, get(test, cursor, desc, 0, 8, U32_MAX), all, 1);
	expect(test, get(test, cursor, desc, 0, 8, 0), usual, 1);
}

/* CUR-16 CUR-23: the limit trims the last segment, were it the first and to one byte */
static void limits_trim(struct kunit *test)
{
	const struct iomd_range ranges[] = { { 0x1000, 0x100 }, { 0x5000, 0x100 } };
	const struct iomd_range byte[] = { { 0x1000, 1 } };
	const struct iomd_range another[] = { { 0x1000, 0x100 }, { 0x5000, 1 } };
	struct iomd_desc *desc = physical(test, ranges, 2);
	struct iomd_cursor *cursor = natural(test, 0, 0);

	expect(test, get(test, cursor, desc, 0, 8, 1), byte, 1);
	expect(test, get(test, natural(test, 0, 1), desc, 0, 8, 0), byte, 1);
	expect(test, get(test, cursor, desc, 0, 8, 0x100), ranges, 1);
	expect(test, get(test, cursor, desc, 0, 8, 0x101), another, 2);
}

/* CUR-25: addresses and lengths are as they are, however wide and odd */
static void demands_nothing_of_addresses(struct kunit *test)
{
	const struct iomd_range ranges[] = { { 0x1ff00fff1, 0x13 }, { 0x7, 1 }, { 0x30003, 5 } };
	const struct iomd_range tail[] = { { 0x1ff010003, 1 }, { 0x7, 1 }, { 0x30003, 3 } };
	struct iomd_desc *desc = physical(test, ranges, 3);

	expect(test, get(test, natural(test, 0, 0), desc, 0, 8, 0), ranges, 3);
	expect(test, get(test, natural(test, 0, 0), desc, 0x12, 8, 5), tail, 3);
}

/*
 * The examples of section 3.1.
 */

struct example {
	u32 nr;
	struct iomd_range runs[4];
	u64 max_segment_size;
	u64 from;
	u32 capacity;
	u32 limit;
	struct iomd_range segments[4];
};

#define RUNS_C	{ { 0x10a00, 0x2000 } }
#define RUNS_D	{ { 0x10a00, 0x600 }, { 0x20000, 0x1000 }, { 0x30000, 0xa00 } }
#define RUNS_E	{ { 0x10a00, 0x600 }, { 0x11000, 0x1000 }, { 0x12000, 0xa00 } }

static const struct example examples[] = {
	{ 1, RUNS_C, 0x1000, 0, 8, 0, { { 0x10a00, 0x1000 }, { 0x11a00, 0x1000 } } },
	{ 2, RUNS_D, 0x1000, 0, 8, 0, RUNS_D },
	{ 3, RUNS_D, 0x1000, 0, 2, 0, { { 0x10a00, 0x600 }, { 0x20000, 0x1000 } } },
	{ 4, RUNS_D, 0x1000, 0x1600, 2, 0, { { 0x30000, 0xa00 } } },
	{ 5, RUNS_D, 0x1000, 0, 8, 0x1200, { { 0x10a00, 0x600 }, { 0x20000, 0xc00 } } },
	{ 6, RUNS_D, 0x1000, 0, 8, 0x1600, { { 0x10a00, 0x600 }, { 0x20000, 0x1000 } } },
	{ 7, RUNS_C, 0xffff, 0x700, 8, 0, { { 0x11100, 0x1900 } } },
	{ 8, RUNS_D, 0x400, 0, 1, 0, { { 0x10a00, 0x400 } } },
	{ 9, RUNS_E, 0x1800, 0, 8, 0, { { 0x10a00, 0x1800 }, { 0x12200, 0x800 } } },
	{ 10, RUNS_D, 0x1000, 0x2000, 8, 0 },
};

static void example_name(const struct example *example, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "example %u", example->nr);
}

KUNIT_ARRAY_PARAM(example, examples, example_name);

static u32 count(const struct iomd_range *ranges)
{
	u32 nr = 0;

	while (nr < 4 && ranges[nr].length)
		nr++;
	return nr;
}

/* CUR-11 CUR-12 CUR-15..17 CUR-24: what the table says, also of a list of descriptors */
static void worked_examples(struct kunit *test)
{
	const struct example *example = test->param_value;
	struct iomd_cursor *cursor = natural(test, example->max_segment_size, 0);
	struct iomd_desc *descs[] = {
		physical(test, example->runs, count(example->runs)),
		parts(test, example->runs, count(example->runs)),
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(descs); i++)
		expect(test, get(test, cursor, descs[i], example->from, example->capacity,
				 example->limit),
		       example->segments, count(example->segments));
}

/* CUR-15: what is cut off is joined with what follows, and what does not continue is not */
static void joins_then_cuts(struct kunit *test)
{
	const struct iomd_range ranges[] = {
		{ 0x1000, 0x30 }, { 0x1030, 0x30 }, { 0x1060, 0x30 }, { 0x1091, 0x10 },
		{ 0x1081, 0x10 }, { 0x1091, 0x10 },
	};
	const struct iomd_range expected[] = {
		{ 0x1000, 0x40 }, { 0x1040, 0x40 }, { 0x1080, 0x10 }, { 0x1091, 0x10 },
		{ 0x1081, 0x20 },
	};
	struct iomd_cursor *cursor = natural(test, 0x40, 0);

	expect(test, get(test, cursor, parts(test, ranges, 6), 0, 8, 0), expected, 5);
	expect(test, get(test, cursor, physical(test, ranges, 6), 0, 8, 0), expected, 5);
}

/* CUR-17: the last slot there is takes as much as any */
static void the_last_slot_is_filled(struct kunit *test)
{
	const struct iomd_range ranges[] = {
		{ 0x1000, 0x10 }, { 0x3000, 0x10 }, { 0x3010, 0x10 }, { 0x3020, 0x10 }, { 0, 1 },
	};
	const struct iomd_range expected[] = { { 0x1000, 0x10 }, { 0x3000, 0x30 } };

	expect(test, get(test, natural(test, 0, 0), parts(test, ranges, 5), 0, 2, 0), expected, 2);
}

/* CUR-18: empty ranges and empty parts leave nothing behind */
static void stores_nothing_empty(struct kunit *test)
{
	const struct iomd_range ranges[] = {
		{ 0x1000, 0 }, { 0x1000, 0x10 }, { 0x8000, 0 }, { 0x1010, 0x10 }, { 0x9000, 0 },
	};
	const struct iomd_range expected[] = { { 0x1000, 0x20 } };
	struct iomd_cursor *cursor = natural(test, 0, 0);

	expect(test, get(test, cursor, parts(test, ranges, 5), 0, 8, 0), expected, 1);
	expect(test, get(test, cursor, physical(test, ranges, 5), 0, 8, 0), expected, 1);
	expect(test, get(test, cursor, physical(test, ranges, 1), 0, 8, 0), NULL, 0);
}

/* CUR-19: address 0 is one like any other */
static void address_zero_is_an_address(struct kunit *test)
{
	const struct iomd_range ranges[] = { { 0x7000, 0x10 }, { 0, 0x10 }, { 0x10, 0x10 } };
	const struct iomd_range expected[] = { { 0x7000, 0x10 }, { 0, 0x20 } };
	struct iomd_cursor *cursor = natural(test, 0, 0);

	expect(test, get(test, cursor, physical(test, ranges, 3), 0, 8, 0), expected, 2);
	expect(test, get(test, cursor, parts(test, ranges, 3), 0, 8, 0), expected, 2);
	expect(test, get(test, cursor, parts(test, ranges, 3), 0x10, 8, 0), expected + 1, 1);
}

/*
 * Calls.
 */

/* CUR-10 CUR-11: nothing asked for, nothing written; behind the end, none */
static void nothing_to_describe(struct kunit *test)
{
	const struct iomd_range range = { 0x1000, 0x100 };
	struct iomd_desc *desc = physical(test, &range, 1);
	struct iomd_cursor *cursor = natural(test, 0, 0);
	struct fixture *fixture = test->priv;
	static const u64 behind[] = { 0x100, 0x101, BIT_ULL(32), U64_MAX };
	u32 i;

	KUNIT_EXPECT_EQ(test, get(test, cursor, NULL, 0, 8, 0), 0U);
	KUNIT_EXPECT_EQ(test, fixture->transferred, UNTOUCHED);
	KUNIT_EXPECT_EQ(test, get(test, cursor, desc, 0, 0, 0), 0U);
	KUNIT_EXPECT_EQ(test, fixture->transferred, UNTOUCHED);
	KUNIT_EXPECT_EQ(test, get(test, cursor, desc, 0x200, 0, 0), 0U);
	KUNIT_EXPECT_EQ(test, fixture->transferred, UNTOUCHED);

	for (i = 0; i < ARRAY_SIZE(behind); i++)
		expect(test, get(test, cursor, desc, behind[i], 8, 0), NULL, 0);
	KUNIT_EXPECT_EQ(test, iomd_cursor_gen_physical_segments(cursor, desc, 0x100,
								fixture->segments, 8, 0, NULL),
			0U);
	KUNIT_EXPECT_EQ(test, iomd_cursor_gen_physical_segments(cursor, desc, 0xff,
								fixture->segments, 8, 0, NULL),
			1U);
}

struct tape {
	u32 nr;
	u64 sum;
	bool in_order;
};

static void record(struct iomd_segment64 segment, void *segments, u32 index)
{
	struct tape *tape = segments;

	tape->in_order &= index == tape->nr;
	tape->nr++;
	tape->sum += segment.length;
}

static u32 nr_nulls;

static void count_nulls(struct iomd_segment64 segment, void *segments, u32 index)
{
	nr_nulls += !segments;
}

/* CUR-1 CUR-12: whatever is passed is passed on, with every segment's index in order */
static void any_function_stores(struct kunit *test)
{
	const struct iomd_range range = { 0x1000, 0x1001 };
	struct iomd_desc *desc = physical(test, &range, 1);
	struct tape tape = { .in_order = true };
	struct iomd_cursor *cursor;
	u64 transferred;

	cursor = keep(test, iomd_cursor_with_specification(record, 0x10, 0, 1));
	KUNIT_EXPECT_EQ(test, generate(cursor, desc, &tape, U32_MAX, &transferred), 0x101U);
	KUNIT_EXPECT_TRUE(test, tape.in_order);
	KUNIT_EXPECT_EQ(test, tape.nr, 0x101U);
	KUNIT_EXPECT_EQ(test, tape.sum, 0x1001ULL);
	KUNIT_EXPECT_EQ(test, transferred, 0x1001ULL);

	nr_nulls = 0;
	cursor = keep(test, iomd_cursor_with_specification(count_nulls, 0x100, 0, 1));
	KUNIT_EXPECT_EQ(test, generate(cursor, desc, NULL, 100, NULL), 0x11U);
	KUNIT_EXPECT_EQ(test, nr_nulls, 0x11U);
}

/* A call that makes calls with the same cursor for each of its segments. */
struct nested {
	struct iomd_cursor *cursor;
	struct iomd_desc *desc;
	u32 depth;
	u32 wrong;
};

static void nest(struct iomd_segment64 segment, void *segments, u32 index)
{
	struct nested *nested = segments;
	u64 transferred;
	u32 nr;

	nested->wrong += segment.iovm_addr != 0x1000 + 0x100 * index || segment.length != 0x100;
	if (nested->depth == 2)
		return;
	nested->depth++;
	nr = generate(nested->cursor, nested->desc, nested, 8, &transferred);
	nested->wrong += nr != 4 || transferred != 0x400;
	nested->depth--;
}

/* CUR-21: a call in the middle of another one changes neither, and a second equals the first */
static void keeps_no_position(struct kunit *test)
{
	const struct iomd_range range = { 0x1000, 0x400 };
	struct nested nested = { .desc = physical(test, &range, 1) };
	u64 transferred;
	u32 i;

	nested.cursor = keep(test, iomd_cursor_with_specification(nest, 0x100, 0, 1));
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_EQ(test, generate(nested.cursor, nested.desc, &nested, 8,
					       &transferred), 4U);
		KUNIT_EXPECT_EQ(test, transferred, 0x400ULL);
		KUNIT_EXPECT_EQ(test, nested.wrong, 0U);
	}
}

struct call {
	struct iomd_cursor *cursor;
	struct iomd_desc *desc;
	u64 transferred;
	struct iomd_segment64 segments[4];
};

static int call_and_put(void *data)
{
	struct call *call = data;
	u32 nr = generate(call->cursor, call->desc, call->segments, 4, &call->transferred);

	iomd_cursor_put(call->cursor);
	return nr;
}

/* CUR-14: without translation nothing sleeps, and the cursor may go in softirq too */
static void works_in_softirq(struct kunit *test)
{
	const struct iomd_range ranges[] = { { 0x1000, 0x10 }, { 0x3000, 0x10 } };
	struct call call = {
		.cursor = iomd_cursor_natural_with_specification(0, 0, 1),
		.desc = physical(test, ranges, 2),
	};

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, call.cursor);
	KUNIT_EXPECT_EQ(test, iomd_kunit_in_softirq(call_and_put, &call), 2);
	KUNIT_EXPECT_EQ(test, call.transferred, 0x20ULL);
	KUNIT_EXPECT_EQ(test, call.segments[1].iovm_addr, 0x3000ULL);
}

/*
 * Addresses.
 */

/* Bytes are where the descriptor says that the device finds them; segments are no shorter. */
static void expect_device_view(struct kunit *test, struct iomd_desc *desc, u64 max_segment_size)
{
	struct iomd_cursor *cursor = natural(test, max_segment_size, 0);
	u64 length = iomd_desc_get_length(desc), from = 0;
	struct fixture *fixture = test->priv;
	u32 nr, i;

	while ((nr = get(test, cursor, desc, from, 3, 0))) {
		u64 next = from;

		for (i = 0; i < nr; i++) {
			const struct iomd_segment64 *segment = &fixture->segments[i];
			u64 k, address = 0;

			for (k = 0; k < segment->length; k += 0x80) {
				address = iomd_desc_get_physical_segment(desc, next + k, NULL, 0);
				KUNIT_ASSERT_EQ(test, segment->iovm_addr + k, address);
			}
			next += segment->length;
			if (next == length || segment->length == max_segment_size)
				continue;
			address = iomd_desc_get_physical_segment(desc, next, NULL, 0);
			KUNIT_ASSERT_NE(test, segment->iovm_addr + segment->length, address);
		}
		from += fixture->transferred;
		KUNIT_ASSERT_EQ(test, from, next);
	}
	KUNIT_EXPECT_EQ(test, from, length);
}

static void expect_views(struct kunit *test, struct iomd_desc *desc)
{
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	expect_device_view(test, desc, U32_MAX);
	expect_device_view(test, desc, 0x700);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
}

static void clear_default(void *unused)
{
	iomd_mapper_clear_default();
}

/* CUR-12 CUR-14 CUR-15: any kind of descriptor, as a device sees it that addresses 64 bits */
static void any_kind_of_descriptor(struct kunit *test)
{
	struct page **pages = iomd_kunit_scattered_pages(test, 6);
	u8 *memory = iomd_kunit_vmap(test, pages, 6);
	struct iomd_mapper *mapper = iomd_kunit_device_mapper(test, 64);
	u64 user = iomd_kunit_map_anonymous(test, 5 * PAGE_SIZE);
	struct iomd_desc *interleaved = iomd_kunit_interleaved(test, 3, BOTH);
	struct iomd_desc *descs[8];
	struct iomd_buffer *buffer;
	u32 i;

	KUNIT_ASSERT_EQ(test, iomd_mapper_set_default(mapper), 0);
	iomd_kunit_defer(test, clear_default, NULL);
	buffer = iomd_kunit_buffer(test, iomd_buffer_with_capacity(3 * PAGE_SIZE, BOTH, false));
	iomd_buffer_set_length(buffer, 2 * PAGE_SIZE + 5);
	descs[0] = iomd_kunit_of_kernel(test, memory + 0x123, 5 * PAGE_SIZE, BOTH);
	descs[1] = iomd_kunit_of_process(test, user + 0x77, 4 * PAGE_SIZE, BOTH);
	descs[2] = iomd_buffer_desc(buffer);
	descs[3] = iomd_kunit_multi(test, descs, 3, BOTH);
	descs[4] = iomd_kunit_sub(test, descs[3], PAGE_SIZE + 9, 8 * PAGE_SIZE, BOTH);
	descs[5] = interleaved;
	KUNIT_EXPECT_TRUE(test, iomd_interleaved_set_memory_descriptor(interleaved, descs[0],
								       0x999, PAGE_SIZE));
	KUNIT_EXPECT_TRUE(test, iomd_interleaved_set_memory_descriptor(interleaved, descs[1], 0,
								       3 * PAGE_SIZE));
	KUNIT_EXPECT_TRUE(test, iomd_interleaved_set_memory_descriptor(interleaved, descs[0], 1,
								       0x998));
	descs[6] = iomd_kunit_desc(test, iomd_device_with_range(0xfe000000, PAGE_SIZE));
	descs[7] = iomd_kunit_desc(test, iomd_desc_with_pages(pages, 6, 10, 5 * PAGE_SIZE, BOTH,
							      NULL));
	for (i = 0; i < ARRAY_SIZE(descs); i++)
		expect_views(test, descs[i]);
}

/* CUR-14: bus addresses where those are not the CPU's, unless the descriptor has none */
static void addresses_are_the_devices(struct kunit *test)
{
	struct iomd_mapper *mapper = iomd_kunit_device_mapper(test, 32);
	struct page *page = iomd_kunit_page(test, BIT_ULL(32), U64_MAX);
	struct iomd_range range = { (unsigned long)page_address(page), PAGE_SIZE };
	u32 options = IOMD_MEMORY_TYPE_VIRTUAL | BOTH;
	struct iomd_desc *bound, *unbound, *children[2], *multi;
	struct iomd_cursor *cursor = natural(test, 0, 0);
	struct fixture *fixture = test->priv;

	bound = iomd_kunit_desc(test, iomd_desc_with_options(&range, 1, 0, IOMD_KERNEL_TASK,
							     options, mapper));
	unbound = iomd_kunit_desc(test, iomd_desc_with_options(&range, 1, 0, IOMD_KERNEL_TASK,
							       options | MAPPER_NONE, mapper));
	children[0] = unbound;
	children[1] = bound;
	multi = iomd_kunit_multi(test, children, 2, BOTH);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(multi, NONE), 0);

	KUNIT_ASSERT_EQ(test, get(test, cursor, multi, 0, 8, 0), 2U);
	KUNIT_EXPECT_EQ(test, fixture->segments[0].iovm_addr, page_to_phys(page));
	KUNIT_EXPECT_LT(test, fixture->segments[1].iovm_addr, BIT_ULL(32));
	KUNIT_EXPECT_EQ(test, fixture->segments[1].iovm_addr,
			iomd_desc_get_physical_address(bound));
	KUNIT_EXPECT_EQ(test, fixture->transferred, 2 * (u64)PAGE_SIZE);

	KUNIT_ASSERT_EQ(test, get(test, cursor, bound, 0x10, 8, 0), 1U);
	KUNIT_EXPECT_EQ(test, fixture->segments[0].iovm_addr,
			iomd_desc_get_physical_address(bound) + 0x10);
	KUNIT_ASSERT_EQ(test, get(test, cursor, unbound, 0x10, 8, 0), 1U);
	KUNIT_EXPECT_EQ(test, fixture->segments[0].iovm_addr, page_to_phys(page) + 0x10);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(multi, NONE), 0);
}

/* CUR-22 CUR-14: no mapper, or one whose device has gone: no addresses */
static void no_device_no_addresses(struct kunit *test)
{
	struct device *dev = iomd_kunit_device(test, 64);
	struct iomd_mapper *mapper = iomd_kunit_mapper(test, iomd_mapper_for_device(dev));
	struct iomd_range range = { (unsigned long)kunit_kzalloc(test, 0x100, GFP_KERNEL), 0x100 };
	u32 options = IOMD_MEMORY_TYPE_VIRTUAL | BOTH;
	struct iomd_cursor *cursor = natural(test, 0, 0);
	struct iomd_desc *bound, *unbound;

	unbound = iomd_kunit_of_kernel(test, (void *)(unsigned long)range.address, 0x100, BOTH);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(unbound, NONE), 0);
	expect(test, get(test, cursor, unbound, 0, 8, 0), NULL, 0);

	bound = iomd_kunit_desc(test, iomd_desc_with_options(&range, 1, 0, IOMD_KERNEL_TASK,
							     options, mapper));
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(bound, NONE), 0);
	KUNIT_EXPECT_EQ(test, get(test, cursor, bound, 0, 8, 0), 1U);
	iomd_kunit_unbind(dev);
	expect(test, get(test, cursor, bound, 0, 8, 0), NULL, 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(bound, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(unbound, NONE), 0);
}

/* CUR-22: memory that is not prepared ends what there is, and has none by itself */
static void ends_at_unprepared_memory(struct kunit *test)
{
	const struct iomd_range ranges[] = { { 0x1000, 0x10 }, { 0x1010, 0x10 } };
	const struct iomd_range expected[] = { { 0x1000, 0x20 } };
	const struct iomd_range cut[] = { { 0x1000, 0x18 }, { 0x1018, 0x8 } };
	const struct iomd_range last[] = { { 0x1010, 0x10 } };
	u8 *memory = kunit_kzalloc(test, 0x100, GFP_KERNEL);
	struct iomd_desc *children[] = {
		physical(test, ranges, 1), physical(test, ranges + 1, 1),
		iomd_kunit_of_kernel(test, memory, 0x100, IN | MAPPER_NONE),
		physical(test, ranges + 1, 1),
	};
	struct iomd_desc *multi = iomd_kunit_multi(test, children, 4, IN);
	struct iomd_cursor *cursor = natural(test, 0, 0);

	expect(test, get(test, cursor, multi, 0, 8, 0), expected, 1);
	expect(test, get(test, natural(test, 0x18, 0), multi, 0, 8, 0), cut, 2);
	expect(test, get(test, cursor, multi, 0x20, 8, 0), NULL, 0);
	expect(test, get(test, cursor, multi, 0x11f, 8, 0), NULL, 0);
	expect(test, get(test, cursor, multi, 0x120, 8, 0), last, 1);

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(multi, NONE), 0);
	KUNIT_EXPECT_EQ(test, get(test, cursor, multi, 0, 8, 0), 3U);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(multi, NONE), 0);
}

/*
 * Random descriptors against a model that knows the address of every byte, and goes from
 * one to the next.
 */

#define NR_LAYOUTS	200
#define NR_CALLS	20
#define MAX_RANGES	6
#define MAX_RANGE	24
#define MAX_PARTS	4
#define MAX_BYTES	(MAX_PARTS * MAX_RANGES * MAX_RANGE)

enum shape { RANGES, SUB, MULTI, INTERLEAVED, NR_SHAPES };

struct model {
	struct rnd_state random;
	enum shape shape;
	struct iomd_desc *desc;
	struct iomd_range ranges[MAX_PARTS * MAX_RANGES];
	u32 nr_ranges;
	u64 address[MAX_BYTES];
	u32 length;
	/* a call */
	u32 max_segment_size;
	u32 max_transfer_size;
	u32 from;
	u32 capacity;
	u32 limit;
	/* what must come of it */
	u32 nr;
	u64 transferred;
	struct iomd_segment64 segments[MAX_BYTES];
	/* and what did */
	struct iomd_segment64 found[MAX_BYTES];
	/* how often it came to that */
	u32 cut, trimmed, full, exhausted;
};

static u32 below(struct model *model, u32 limit)
{
	return iomd_kunit_below(&model->random, limit);
}

/* Ranges that often continue each other, and that may begin at address 0. */
static struct iomd_desc *random_ranges(struct model *model)
{
	struct iomd_range *ranges = model->ranges + model->nr_ranges;
	u32 nr = 1 + below(model, MAX_RANGES);
	u64 address = below(model, 4) ? below(model, 64) : 0;
	u32 i;

	if (model->nr_ranges && below(model, 2))
		address = ranges[-1].address + ranges[-1].length;
	for (i = 0; i < nr; i++) {
		ranges[i].address = address;
		ranges[i].length = below(model, 8) ? below(model, MAX_RANGE) + 1 : 0;
		address = below(model, 2) ? address + ranges[i].length : below(model, 1000);
	}
	model->nr_ranges += nr;
	return iomd_desc_with_address_ranges(ranges, nr, IN | MAPPER_NONE, NULL);
}

/* Note where the bytes of a window on the ranges from number @first on are. */
static void model_add(struct model *model, u32 first, u64 offset, u64 length)
{
	u64 at = 0;
	u32 i, k;

	for (i = first; i < model->nr_ranges; i++)
		for (k = 0; k < model->ranges[i].length; k++, at++)
			if (at >= offset && at - offset < length)
				model->address[model->length++] = model->ranges[i].address + k;
}

static void random_window(struct model *model, u64 total, u64 *offset, u64 *length)
{
	*offset = below(model, total + 1);
	*length = below(model, total - *offset + 1);
}

static struct iomd_desc *random_sub(struct model *model)
{
	struct iomd_desc *desc = random_ranges(model), *sub;
	u64 offset, length;

	random_window(model, iomd_desc_get_length(desc), &offset, &length);
	sub = iomd_sub_with_sub_range(desc, offset, length, IN);
	iomd_desc_put(desc);
	model_add(model, 0, offset, length);
	return sub;
}

static struct iomd_desc *random_interleaved(struct model *model)
{
	struct iomd_desc *interleaved = iomd_interleaved_with_capacity(MAX_PARTS, IN);
	u32 i, nr = 1 + below(model, MAX_PARTS);

	for (i = 0; i < nr; i++) {
		u32 first = model->nr_ranges;
		struct iomd_desc *desc = random_ranges(model);
		u64 offset, length;

		random_window(model, iomd_desc_get_length(desc), &offset, &length);
		iomd_interleaved_set_memory_descriptor(interleaved, desc, offset, length);
		iomd_desc_put(desc);
		model_add(model, first, offset, length);
	}
	return interleaved;
}

static struct iomd_desc *random_multi(struct model *model)
{
	struct iomd_desc *children[MAX_PARTS], *multi;
	u32 i, nr = 1 + below(model, MAX_PARTS);

	for (i = 0; i < nr; i++)
		children[i] = random_ranges(model);
	multi = iomd_multi_with_descriptors(children, nr, IN, false);
	while (i--)
		iomd_desc_put(children[i]);
	model_add(model, 0, 0, U64_MAX);
	return multi;
}

static void random_layout(struct model *model)
{
	model->nr_ranges = 0;
	model->length = 0;
	model->shape = below(model, NR_SHAPES);
	switch (model->shape) {
	case SUB:
		model->desc = random_sub(model);
		break;
	case MULTI:
		model->desc = random_multi(model);
		break;
	case INTERLEAVED:
		model->desc = random_interleaved(model);
		break;
	default:
		model->desc = random_ranges(model);
		model_add(model, 0, 0, U64_MAX);
		break;
	}
}

/* Often none; else often just about as much as there is of something. */
static u32 random_limit(struct model *model, u32 around)
{
	switch (below(model, 4)) {
	case 0:
		return 0;
	case 1:
		return around + below(model, 3);
	default:
		return 1 + below(model, around + 1);
	}
}

static void random_call(struct model *model)
{
	model->from = below(model, 2) ? below(model, model->length + 2) : 0;
	model->max_segment_size = random_limit(model, MAX_RANGE);
	model->max_transfer_size = random_limit(model, model->length);
	model->limit = random_limit(model, model->length);
	model->capacity = below(model, 2) ? 1 + below(model, 8) : MAX_BYTES;
}

/* One byte after the other: each goes on the last segment, or begins one. */
static void model_call(struct model *model)
{
	u32 limit = model->limit ?: model->max_transfer_size ?: U32_MAX, at;
	struct iomd_segment64 *last = NULL;

	model->nr = 0;
	model->transferred = 0;
	for (at = model->from; at < model->length; at++) {
		u64 address = model->address[at];
		bool continues = last && address == last->iovm_addr + last->length;

		if (model->transferred == limit) {
			model->trimmed += continues;
			return;
		}
		if (continues && last->length == model->max_segment_size) {
			model->cut++;
			continues = false;
		}
		if (!continues) {
			if (model->nr == model->capacity) {
				model->full++;
				return;
			}
			last = &model->segments[model->nr++];
			*last = (struct iomd_segment64) { .iovm_addr = address };
		}
		last->length++;
		model->transferred++;
	}
	model->exhausted++;
}

static bool is_as_expected(struct model *model, u32 nr, u64 transferred)
{
	return nr == model->nr && transferred == model->transferred &&
	       !memcmp(model->found, model->segments, nr * sizeof(model->segments[0]));
}

/* What it takes to understand a failure. */
static void show_call(struct kunit *test, const struct model *model, u32 nr, u64 transferred)
{
	u32 i;

	kunit_err(test, "shape %d, length %u; limits %u %u", model->shape, model->length,
		  model->max_segment_size, model->max_transfer_size);
	kunit_err(test, "from %u, capacity %u, limit %u: %u segments of %llu, expected %u of %llu",
		  model->from, model->capacity, model->limit, nr, transferred, model->nr,
		  model->transferred);
	for (i = 0; i < model->nr_ranges; i++)
		kunit_err(test, "range (%#llx, %#llx)", model->ranges[i].address,
			  model->ranges[i].length);
	for (i = 0; i < max(nr, model->nr); i++)
		kunit_err(test, "segment (%#llx, %#llx), expected (%#llx, %#llx)",
			  model->found[i].iovm_addr, model->found[i].length,
			  model->segments[i].iovm_addr, model->segments[i].length);
}

static bool run_call(struct kunit *test, struct model *model)
{
	struct iomd_cursor *cursor;
	u64 transferred = 0;
	bool is_right;
	u32 nr;

	random_call(model);
	model_call(model);
	cursor = iomd_cursor_natural_with_specification(model->max_segment_size,
							model->max_transfer_size, 1);
	nr = iomd_cursor_natural_get_physical_segments(cursor, model->desc, model->from,
						       model->found, model->capacity,
						       model->limit, &transferred);
	iomd_cursor_put(cursor);
	is_right = is_as_expected(model, nr, transferred);
	if (!is_right)
		show_call(test, model, nr, transferred);
	return is_right;
}

/*
 * CUR-11..13 CUR-15..19 CUR-23: random ranges and composites, limits and positions, against
 * the model
 */
static void random_layouts(struct kunit *test)
{
	struct model *model = iomd_kunit_zalloc(test, sizeof(*model));
	u32 i, k, least = NR_LAYOUTS * NR_CALLS / 50;
	bool is_right = true;

	iomd_kunit_seed(test, &model->random);
	for (i = 0; i < NR_LAYOUTS && is_right; i++) {
		random_layout(model);
		KUNIT_EXPECT_EQ(test, iomd_desc_get_length(model->desc), (u64)model->length);
		for (k = 0; k < NR_CALLS && is_right; k++)
			is_right = run_call(test, model);
		iomd_desc_put(model->desc);
	}
	KUNIT_EXPECT_TRUE(test, is_right);
	/* All of it has been tried. */
	KUNIT_EXPECT_GT(test, model->cut, least);
	KUNIT_EXPECT_GT(test, model->trimmed, least);
	KUNIT_EXPECT_GT(test, model->full, least);
	KUNIT_EXPECT_GT(test, model->exhausted, least);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(refuses_what_makes_no_sense),
	KUNIT_CASE_PARAM(kinds_are_made_alike, kind_gen_params),
	KUNIT_CASE_PARAM(kinds_write_their_byte_order, kind_gen_params),
	KUNIT_CASE(byte_orders_need_no_alignment),
	KUNIT_CASE(typed_forms_write_their_type),
	KUNIT_CASE(typed_forms_refuse_others),
	KUNIT_CASE(is_counted),
	KUNIT_CASE(survives_failing_allocations),
	KUNIT_CASE(unlimited_is_32_bits),
	KUNIT_CASE(totals_do_not_wrap),
	KUNIT_CASE(a_call_has_its_own_limit),
	KUNIT_CASE(limits_trim),
	KUNIT_CASE(demands_nothing_of_addresses),
	KUNIT_CASE_PARAM(worked_examples, example_gen_params),
	KUNIT_CASE(joins_then_cuts),
	KUNIT_CASE(the_last_slot_is_filled),
	KUNIT_CASE(stores_nothing_empty),
	KUNIT_CASE(address_zero_is_an_address),
	KUNIT_CASE(nothing_to_describe),
	KUNIT_CASE(any_function_stores),
	KUNIT_CASE(keeps_no_position),
	KUNIT_CASE(works_in_softirq),
	KUNIT_CASE(any_kind_of_descriptor),
	KUNIT_CASE(addresses_are_the_devices),
	KUNIT_CASE(no_device_no_addresses),
	KUNIT_CASE(ends_at_unprepared_memory),
	KUNIT_CASE(random_layouts),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_cursor",
	.suite_init = iomd_kunit_suite_init,
	.suite_exit = iomd_kunit_suite_exit,
	.init = init,
	.test_cases = cases,
};

kunit_test_suite(suite);
