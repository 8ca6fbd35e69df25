// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the CPU may do with what a device sees, while it sees it: bytes in and out, copies
 * between it and memory, and memory of its own.
 */
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/slab.h>

#include "iomd_kunit.h"

#define IN		IOMD_DIRECTION_IN
#define OUT		IOMD_DIRECTION_OUT
#define BOTH		IOMD_DIRECTION_OUT_IN
#define NONE		IOMD_DIRECTION_NONE
#define FORCE		IOMD_DMA_FORCE_DOUBLE_BUFFER
#define UNMAPPED	IOMD_DMA_MAP_OPTION_UNMAPPED
#define ITERATE_ONLY	(UNMAPPED | IOMD_DMA_MAP_OPTION_ITERATE_ONLY)

#define FEW_BITS	28
#define FEW_BITS_END	BIT_ULL(FEW_BITS)

/* Three pages, of which the second is out of reach for few bits; described from SKIP on. */
#define NR_PAGES	3
#define SKIP		0x234
#define LENGTH		(NR_PAGES * PAGE_SIZE - SKIP - 0x123)

struct memory {
	u8 *bytes;
	struct iomd_desc *desc;
};

static struct memory make_memory(struct kunit *test, u32 direction)
{
	struct page *pages[NR_PAGES];
	struct memory memory;
	u32 i;

	for (i = 0; i < NR_PAGES; i++)
		pages[i] = i == 1 ? iomd_kunit_page(test, FEW_BITS_END, U64_MAX) :
				    iomd_kunit_page(test, 0, FEW_BITS_END - 1);
	memory.bytes = (u8 *)iomd_kunit_vmap(test, pages, NR_PAGES) + SKIP;
	iomd_kunit_fill(memory.bytes, LENGTH, 1);
	memory.desc = iomd_kunit_kernel_desc(test, memory.bytes, LENGTH, direction);
	return memory;
}

/* The device's side, by its segments; for those whose addresses are the CPU's. */
static void device_access(struct kunit *test, struct iomd_dma *dma, u8 *bytes, bool write)
{
	u64 offset = 0, length, at = 0;

	KUNIT_ASSERT_EQ(test, iomd_dma_get_prepared_offset_and_length(dma, NULL, &length), 0);
	while (offset < length) {
		struct iomd_segment64 segment;
		u32 nr = 1;

		KUNIT_ASSERT_EQ(test, iomd_dma_gen64_iovm_segments(dma, &offset, &segment, &nr),
				0);
		if (write)
			memcpy(phys_to_virt(segment.iovm_addr), bytes + at, segment.length);
		else
			memcpy(bytes + at, phys_to_virt(segment.iovm_addr), segment.length);
		at += segment.length;
	}
}

enum how {
	IN_PLACE,
	SOME_PAGES,
	ALL_OF_IT,
	NR_HOW,
};

/* A command that double buffers nothing, a page, or everything. */
static struct iomd_dma *command(struct kunit *test, enum how how, struct iomd_mapper *mapper)
{
	return iomd_kunit_command(test, how == IN_PLACE ? 0 : FEW_BITS,
				  how == ALL_OF_IT ? 0x1000 : 1, mapper);
}

static u64 expected_bounce(enum how how, u64 length)
{
	return how == IN_PLACE ? 0 : how == SOME_PAGES ? PAGE_SIZE : length;
}

struct access {
	const char *name;
	enum how how;
	bool has_device;
	u32 direction;
};

static const struct access accesses[] = {
	{ "in place", IN_PLACE, false, BOTH },
	{ "in place, in", IN_PLACE, false, IN },
	{ "in place, device", IN_PLACE, true, BOTH },
	{ "a page", SOME_PAGES, false, BOTH },
	{ "a page, in", SOME_PAGES, false, IN },
	{ "all of it, out", ALL_OF_IT, false, OUT },
	{ "a page, device", SOME_PAGES, true, BOTH },
	{ "all of it", ALL_OF_IT, false, BOTH },
	{ "all of it, in", ALL_OF_IT, false, IN },
	{ "all of it, device", ALL_OF_IT, true, BOTH },
};

static void access_name(const struct access *access, char *name)
{
	strscpy(name, access->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(access, accesses, access_name);

/*
 * DMA-133 DMA-134 DMA-135 DMA-136 DMA-137: bytes go to where the device looks, come from
 * there, and no further than the prepared range; memory that is replaced keeps its own
 */
static void bytes_are_what_the_device_sees(struct kunit *test)
{
	const struct access *access = test->param_value;
	u64 offset = 0x111, length = LENGTH - 0x222, i;
	u8 *ours = iomd_kunit_zalloc(test, LENGTH), *seen = iomd_kunit_zalloc(test, LENGTH);
	struct memory memory = make_memory(test, access->direction);
	struct iomd_mapper *mapper = NULL;
	struct iomd_dma *dma;

	if (access->has_device)
		mapper = iomd_kunit_device_mapper(test, 64);
	dma = command(test, access->how, mapper);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, memory.desc, false), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_read_bytes(dma, 0, ours, 1), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_dma_write_bytes(dma, 0, ours, 1), 0ULL);
	KUNIT_ASSERT_EQ(test, iomd_dma_prepare(dma, offset, length, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_bounced(dma), expected_bounce(access->how, length));

	/* Pieces of odd lengths, of another pattern. */
	iomd_kunit_fill(ours, length, 2);
	for (i = 0; i < length; i += 0x777) {
		u64 chunk = min_t(u64, 0x777, length - i);

		KUNIT_EXPECT_EQ(test, iomd_dma_write_bytes(dma, i, ours + i, 0x777), chunk);
	}
	device_access(test, dma, seen, false);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(seen, length, 2));
	KUNIT_EXPECT_EQ(test, memory.bytes[offset - 1], iomd_kunit_byte(1, offset - 1));
	KUNIT_EXPECT_EQ(test, memory.bytes[offset + length], iomd_kunit_byte(1, offset + length));
	i = 2 * PAGE_SIZE - SKIP - 1;	/* of the page in the middle */
	KUNIT_EXPECT_EQ(test, memory.bytes[i], access->how == IN_PLACE ?
			iomd_kunit_byte(2, i - offset) : iomd_kunit_byte(1, i));

	iomd_kunit_fill(seen, length, 3);
	device_access(test, dma, seen, true);
	memset(ours, 0, LENGTH);
	KUNIT_EXPECT_EQ(test, iomd_dma_read_bytes(dma, 0, ours, LENGTH), length);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(ours, length, 3));
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(ours + length, 0, LENGTH - length), NULL);
	memset(ours, 0, LENGTH);
	KUNIT_EXPECT_EQ(test, iomd_dma_read_bytes(dma, 0x1234, ours, U64_MAX), length - 0x1234);
	KUNIT_EXPECT_EQ(test, ours[0], iomd_kunit_byte(3, 0x1234));
	KUNIT_EXPECT_EQ(test, iomd_dma_read_bytes(dma, length, ours, 1), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_dma_write_bytes(dma, U64_MAX, ours, 1), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
	if (access->direction != OUT)
		KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(memory.bytes + offset, length, 3));
}

/* DMA-138: no place to copy to is refused, and a prepare that failed leaves nothing to see */
static void nothing_to_copy(struct kunit *test)
{
	struct memory memory = make_memory(test, BOTH);
	struct iomd_dma *dma = command(test, IN_PLACE, NULL), *low;
	u8 byte = 7;

	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, memory.desc, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_read_bytes(dma, 0, NULL, 1), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_dma_write_bytes(dma, 0, NULL, 1), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_dma_read_bytes(dma, 0, &byte, 0), 0ULL);
	KUNIT_EXPECT_EQ(test, byte, 7);

	low = iomd_kunit_command(test, PAGE_SHIFT, 1, NULL);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(low, memory.desc, false), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(low, 0, 0, true, true), -ENOBUFS);
	KUNIT_EXPECT_EQ(test, iomd_dma_read_bytes(low, 0, &byte, 1), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_dma_synchronize(low, OUT), -EAGAIN);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(low, true, true), 0);
}

/* DMA-136: memory that may only be read is not written where it is */
static void read_only_memory_is_not_written(struct kunit *test)
{
	u8 *memory = page_address(iomd_kunit_page(test, 0, U64_MAX));
	struct iomd_dma *dma = command(test, IN_PLACE, NULL);
	struct iomd_desc *desc;
	u8 byte = 1;

	desc = iomd_desc_with_address_range((unsigned long)memory, PAGE_SIZE, BOTH,
					    IOMD_KERNEL_TASK);
	iomd_kunit_desc(test, desc);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, OUT), 0);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_write_bytes(dma, 0, &byte, 1), 0ULL);
	KUNIT_EXPECT_EQ(test, memory[0], 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_read_bytes(dma, 0, &byte, 1), 1ULL);
	KUNIT_EXPECT_EQ(test, byte, 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
}

/*
 * DMA-137: one generation over the whole range, which goes as far as its rules, whatever
 * the longest segment
 */
static void copies_end_where_generation_does(struct kunit *test)
{
	const struct iomd_dma_segment_options options = {
		.max_segment_size = 0x10, .alignment_internal_segments = 0x1000,
	};
	u8 *memory = page_address(iomd_kunit_page(test, 0, U64_MAX));
	u64 address = virt_to_phys(memory), offset = 0;
	const struct iomd_range ranges[] = {
		{ address + 0x100, 0x100 }, { address + 0x300, 0x100 },
	};
	struct iomd_segment64 segment;
	struct iomd_desc *desc;
	struct iomd_dma *dma;
	u8 bytes[0x200];
	u32 nr;

	desc = iomd_kunit_desc(test, iomd_desc_with_address_ranges(ranges, 2, BOTH, NULL));
	dma = iomd_dma_with_segment_options(iomd_dma_output_host64, &options, UNMAPPED, NULL, NULL);
	iomd_kunit_dma(test, dma);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_read_bytes(dma, 0, bytes, 0x200), 0x100ULL);
	KUNIT_EXPECT_EQ(test, iomd_dma_read_bytes(dma, 0x80, bytes, 0x100), 0x80ULL);
	KUNIT_EXPECT_EQ(test, iomd_dma_read_bytes(dma, 0x100, bytes, 0x100), 0ULL);
	while (offset < 0x200) {
		nr = 1;
		KUNIT_ASSERT_EQ(test, iomd_dma_gen64_iovm_segments(dma, &offset, &segment, &nr),
				0);
	}
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
}

/* DMA-97: bytes and synchronize between two steps of a generation are not noticed by it */
static void generation_is_not_disturbed(struct kunit *test)
{
	const struct iomd_dma_segment_options options = {
		.num_address_bits = FEW_BITS, .max_segment_size = 0x300,
	};
	struct memory memory = make_memory(test, BOTH);
	struct iomd_segment64 *quiet, *disturbed;
	u32 nr = 64, i = 0, one;
	struct iomd_dma *dma;
	u64 offset = 0;
	u8 *bytes;

	quiet = iomd_kunit_zalloc(test, nr * sizeof(*quiet));
	disturbed = iomd_kunit_zalloc(test, nr * sizeof(*disturbed));
	bytes = iomd_kunit_zalloc(test, 0x500);
	dma = iomd_dma_with_segment_options(iomd_dma_output_host64, &options, UNMAPPED, NULL, NULL);
	iomd_kunit_dma(test, dma);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, memory.desc, true), 0);
	KUNIT_ASSERT_EQ(test, iomd_dma_gen64_iovm_segments(dma, &offset, quiet, &nr), 0);
	KUNIT_ASSERT_EQ(test, offset, (u64)LENGTH);

	for (offset = 0; offset < LENGTH; i++) {
		one = 1;
		KUNIT_ASSERT_EQ(test, iomd_dma_gen64_iovm_segments(dma, &offset, &disturbed[i],
								   &one), 0);
		iomd_dma_read_bytes(dma, (i * 0x700) % LENGTH, bytes, 0x500);
		iomd_dma_write_bytes(dma, (i * 0x900) % LENGTH, bytes, 0x500);
		KUNIT_EXPECT_EQ(test, iomd_dma_synchronize(dma, i % 2 ? IN : OUT), 0);
	}
	KUNIT_ASSERT_EQ(test, i, nr);
	KUNIT_EXPECT_MEMEQ(test, quiet, disturbed, nr * sizeof(*quiet));
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
}

/*
 * Synchronizing.
 */

static const u32 directions[] = { IN, OUT, BOTH, NONE };

/* DMA-122 DMA-123 DMA-125: what is refused, and what has no effect */
static void synchronize_checks_arguments(struct kunit *test)
{
	struct memory memory = make_memory(test, BOTH);
	struct iomd_dma *dma = command(test, IN_PLACE, NULL);

	KUNIT_EXPECT_EQ(test, iomd_dma_synchronize(dma, BOTH), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dma_synchronize(dma, BOTH | FORCE), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dma_synchronize(dma, 0), -EAGAIN);
	KUNIT_EXPECT_EQ(test, iomd_dma_synchronize(dma, IN), -EAGAIN);
	KUNIT_EXPECT_EQ(test, iomd_dma_synchronize(dma, FORCE), -EAGAIN);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, memory.desc, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_synchronize(dma, BOTH), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dma_synchronize(dma, IN), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_synchronize(dma, OUT), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_synchronize(dma, 0), 0);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(memory.bytes, LENGTH, 1));
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
}

/* DMA-118 DMA-124 DMA-125 DMA-126: copies go as they are asked for, whatever the direction */
static void synchronize_copies(struct kunit *test)
{
	u8 *seen = iomd_kunit_zalloc(test, LENGTH);
	enum how how;
	u32 i;

	for (how = SOME_PAGES; how <= ALL_OF_IT; how++) {
		for (i = 0; i < ARRAY_SIZE(directions); i++) {
			struct memory memory = make_memory(test, directions[i]);
			struct iomd_dma *dma = command(test, how, NULL);

			KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, memory.desc,
									     false), 0);
			KUNIT_ASSERT_EQ(test, iomd_dma_prepare(dma, 0, 0, true, false), 0);
			KUNIT_EXPECT_EQ(test, iomd_dma_synchronize(dma, 0), 0);
			device_access(test, dma, seen, false);
			KUNIT_EXPECT_FALSE(test, iomd_kunit_is_filled(seen, LENGTH, 1));
			KUNIT_EXPECT_EQ(test, iomd_dma_synchronize(dma, OUT), 0);
			device_access(test, dma, seen, false);
			KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(seen, LENGTH, 1));

			iomd_kunit_fill(seen, LENGTH, 2);
			device_access(test, dma, seen, true);
			KUNIT_EXPECT_FALSE(test, iomd_kunit_is_filled(memory.bytes, LENGTH, 2));
			if (directions[i] == OUT) {
				/* Prepared for reading only. */
				KUNIT_EXPECT_EQ(test, iomd_dma_synchronize(dma, IN), -ENOSR);
				KUNIT_EXPECT_FALSE(test, iomd_kunit_is_filled(memory.bytes,
									      LENGTH, 2));
			} else {
				KUNIT_EXPECT_EQ(test, iomd_dma_synchronize(dma, IN), 0);
				KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(memory.bytes,
									     LENGTH, 2));
			}
			KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, false), 0);
			KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, false), -EAGAIN);
			KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
		}
	}
}

static void expect_private_copy(struct kunit *test, struct iomd_dma *dma, const u8 *bytes,
				u64 length, u32 seed)
{
	u64 offset;

	KUNIT_EXPECT_EQ(test, iomd_dma_get_bounced(dma), length);
	for (offset = 0; offset < length; offset += PAGE_SIZE) {
		u64 address = iomd_kunit_segment(test, dma, offset).iovm_addr;

		KUNIT_EXPECT_EQ(test, address % PAGE_SIZE, 0ULL);
		KUNIT_EXPECT_NE(test, address, page_to_phys(vmalloc_to_page(bytes + offset)));
	}
}

/*
 * DMA-57 DMA-128 DMA-129 DMA-131: all of the range moves to memory of the command's own,
 * with what is there; the device's last words are not lost; and it lasts as long as the
 * preparation
 */
static void double_buffers_on_demand(struct kunit *test)
{
	u8 *seen = iomd_kunit_zalloc(test, LENGTH);
	u64 start = 0x111, length = LENGTH - 0x222;
	enum how how;
	u32 i;

	for (how = IN_PLACE; how < ALL_OF_IT; how++) {
		for (i = 0; i < ARRAY_SIZE(directions); i++) {
			struct memory memory = make_memory(test, directions[i]);
			bool in = directions[i] != OUT, out = directions[i] != IN;
			struct iomd_dma *dma = command(test, how, NULL);
			struct iomd_desc *own;

			KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, memory.desc,
									     false), 0);
			KUNIT_ASSERT_EQ(test, iomd_dma_prepare(dma, start, length, true, true), 0);
			KUNIT_EXPECT_PTR_EQ(test, iomd_dma_get_io_memory_descriptor(dma),
					    memory.desc);
			if (in) {
				iomd_kunit_fill(seen, length, 2);
				device_access(test, dma, seen, true);
			}
			KUNIT_EXPECT_EQ(test, iomd_dma_synchronize(dma, FORCE), 0);
			expect_private_copy(test, dma, memory.bytes + start, length, 2);
			if (in)
				KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(memory.bytes + start,
									     length, 2));
			device_access(test, dma, seen, false);
			if (out)
				iomd_kunit_expect_bytes(test, seen, memory.bytes + start, length);
			else
				KUNIT_EXPECT_PTR_EQ(test, memchr_inv(seen, 0, length), NULL);

			own = iomd_dma_get_io_memory_descriptor(dma);
			KUNIT_ASSERT_NOT_ERR_OR_NULL(test, own);
			KUNIT_EXPECT_PTR_NE(test, own, memory.desc);
			KUNIT_EXPECT_PTR_EQ(test, iomd_dma_get_io_memory_descriptor(dma), own);
			KUNIT_EXPECT_EQ(test, iomd_desc_get_length(own), length);
			KUNIT_EXPECT_EQ(test, iomd_kunit_phys(own, PAGE_SIZE, NULL),
					iomd_kunit_segment(test, dma, PAGE_SIZE).iovm_addr);

			iomd_kunit_fill(seen, length, 3);
			device_access(test, dma, seen, true);
			KUNIT_EXPECT_FALSE(test, iomd_kunit_is_filled(memory.bytes + start, length,
								      3));
			KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
			KUNIT_EXPECT_EQ(test, iomd_kunit_is_filled(memory.bytes + start, length,
								   3), in);
			KUNIT_EXPECT_FALSE(test, iomd_kunit_is_active(dma));
			KUNIT_EXPECT_PTR_EQ(test, iomd_dma_get_io_memory_descriptor(dma),
					    memory.desc);

			KUNIT_ASSERT_EQ(test, iomd_dma_prepare(dma, start, length, true, true), 0);
			KUNIT_EXPECT_EQ(test, iomd_dma_get_bounced(dma),
					expected_bounce(how, length));
			KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
			KUNIT_EXPECT_PTR_EQ(test, iomd_dma_get_io_memory_descriptor(dma), NULL);
		}
	}
}

/* DMA-127: what is double buffered already stays as it is, without a copy */
static void double_buffering_again_does_nothing(struct kunit *test)
{
	static const u32 options[] = { FORCE, FORCE | IN, FORCE | OUT };
	struct memory memory = make_memory(test, BOTH);
	struct iomd_dma *dma = command(test, ALL_OF_IT, NULL);
	u8 *seen = iomd_kunit_zalloc(test, LENGTH);
	u64 address;
	u32 i;

	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, memory.desc, true), 0);
	address = iomd_kunit_segment(test, dma, 0).iovm_addr;
	iomd_kunit_fill(seen, LENGTH, 2);
	device_access(test, dma, seen, true);
	for (i = 0; i < ARRAY_SIZE(options); i++) {
		KUNIT_EXPECT_EQ(test, iomd_dma_synchronize(dma, options[i]), 0);
		KUNIT_EXPECT_EQ(test, iomd_kunit_segment(test, dma, 0).iovm_addr, address);
		KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(memory.bytes, LENGTH, 1));
		device_access(test, dma, seen, false);
		KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(seen, LENGTH, 2));
	}
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
}

/* DMA-130 DMA-132: an iterator has no copies, and of two owners neither loses segments */
static void not_everything_is_double_buffered(struct kunit *test)
{
	struct memory memory = make_memory(test, BOTH);
	struct iomd_dma *dma, *list;

	list = iomd_dma_with_specification(iomd_dma_output_host64, 0, 0, ITERATE_ONLY, 0, 1, NULL,
					   NULL);
	iomd_kunit_dma(test, list);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(list, memory.desc, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_synchronize(list, FORCE), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_bounced(list), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(list, true), 0);

	dma = command(test, IN_PLACE, NULL);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, memory.desc, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_synchronize(dma, FORCE), -EBUSY);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_bounced(dma), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_synchronize(dma, FORCE | OUT), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_bounced(dma), (u64)LENGTH);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
}

static int force_once(struct kunit *test, void *data)
{
	struct iomd_dma *dma = data;
	int err = iomd_dma_prepare(dma, 0, 0, true, true), ret;

	if (!err)
		err = iomd_dma_synchronize(dma, FORCE);
	if (err)
		KUNIT_EXPECT_EQ(test, iomd_dma_get_bounced(dma), 0ULL);
	ret = iomd_dma_complete(dma, true, true);
	return ret ?: err;
}

/* DMA-60 DMA-128: an own copy that cannot be had leaves something to complete, and no more */
static void survives_failing_allocations(struct kunit *test)
{
	struct memory memory = make_memory(test, BOTH);
	struct iomd_dma *dma = command(test, IN_PLACE, NULL);

	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, memory.desc, false), 0);
	KUNIT_EXPECT_GE(test, iomd_kunit_sweep(test, force_once, dma, UINT_MAX), 1U);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(memory.bytes, LENGTH, 1));
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
}

/*
 * Where the DMA API copies.
 */

/* A device of few bits, and a command that does not know: memory is out of its reach. */
static struct iomd_dma *unknowing_command(struct kunit *test, u32 options)
{
	struct iomd_mapper *mapper = iomd_kunit_device_mapper(test, 32);

	return iomd_kunit_dma(test, iomd_dma_with_specification(iomd_dma_output_host64, 0, 0,
								 options, 0, 1, mapper, NULL));
}

static struct iomd_desc *high_desc(struct kunit *test, u8 **bytes)
{
	struct page *page = iomd_kunit_page(test, BIT_ULL(32), U64_MAX);

	*bytes = page_address(page);
	iomd_kunit_fill(*bytes, PAGE_SIZE, 1);
	return iomd_kunit_kernel_desc(test, *bytes, PAGE_SIZE, BOTH);
}

static const u32 mapped_types[] = {
	IOMD_DMA_MAP_OPTION_MAPPED, IOMD_DMA_MAP_OPTION_NON_COHERENT,
};

/*
 * DMA-82 DMA-83 DMA-116 DMA-123 DMA-135 DMA-136: what the device sees is what the DMA API
 * shows it, and caches are its business, whatever the flags say
 */
static void copies_of_the_dma_api(struct kunit *test)
{
	u8 *bytes, *slot, byte = 0;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(mapped_types); i++) {
		struct iomd_dma *dma = unknowing_command(test, mapped_types[i]);
		struct iomd_desc *desc = high_desc(test, &bytes);
		struct iomd_segment64 segment;

		KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, false), 0);
		KUNIT_ASSERT_EQ(test, iomd_dma_prepare(dma, 0, 0, false, true), 0);
		KUNIT_EXPECT_EQ(test, iomd_dma_get_bounced(dma), 0ULL);
		segment = iomd_kunit_segment(test, dma, 0);
		KUNIT_ASSERT_LT(test, segment.iovm_addr, BIT_ULL(32));
		slot = phys_to_virt(segment.iovm_addr);
		KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(slot, segment.length, 1));

		slot[1] = 0x11;
		KUNIT_EXPECT_EQ(test, iomd_dma_read_bytes(dma, 1, &byte, 1), 1ULL);
		KUNIT_EXPECT_EQ(test, byte, 0x11);
		slot[2] = 0x12;
		byte = 0x13;
		KUNIT_EXPECT_EQ(test, iomd_dma_write_bytes(dma, 3, &byte, 1), 1ULL);
		KUNIT_EXPECT_EQ(test, slot[1], 0x11);
		KUNIT_EXPECT_EQ(test, slot[2], 0x12);
		KUNIT_EXPECT_EQ(test, slot[3], 0x13);

		slot[4] = 0x14;
		KUNIT_EXPECT_NE(test, bytes[4], 0x14);
		KUNIT_EXPECT_EQ(test, iomd_dma_synchronize(dma, IN), 0);
		KUNIT_EXPECT_EQ(test, bytes[4], 0x14);
		bytes[5] = 0x15;
		KUNIT_EXPECT_NE(test, slot[5], 0x15);
		KUNIT_EXPECT_EQ(test, iomd_dma_synchronize(dma, OUT), 0);
		KUNIT_EXPECT_EQ(test, slot[5], 0x15);

		slot[6] = 0x16;
		KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, false, true), 0);
		KUNIT_EXPECT_EQ(test, bytes[6], 0x16);
		KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
	}
}

/* DMA-85: an iterator with a mapper is mapped like any other command */
static void iterators_are_mapped(struct kunit *test)
{
	struct iomd_dma *dma = unknowing_command(test, IOMD_DMA_MAP_OPTION_ITERATE_ONLY);
	u8 *bytes;
	struct iomd_desc *desc = high_desc(test, &bytes);

	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
	KUNIT_EXPECT_LT(test, iomd_kunit_segment(test, dma, 0).iovm_addr, BIT_ULL(32));
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(phys_to_virt(iomd_kunit_segment(test, dma, 0)
								  .iovm_addr), PAGE_SIZE / 2, 1));
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
}

/*
 * Memory that is mapped several times for writing, by two commands, one of them for a part
 * of it: they see the same, and the DMA API does not mind (the lane looks at what it says).
 */
static void overlapping_mappings(struct kunit *test)
{
	struct iomd_mapper *mapper = iomd_kunit_device_mapper(test, 64);
	struct iomd_dma *all = command(test, IN_PLACE, mapper), *part;
	struct memory memory = make_memory(test, BOTH);
	struct iomd_desc *again = iomd_kunit_kernel_desc(test, memory.bytes, LENGTH, BOTH);
	u8 *seen = iomd_kunit_zalloc(test, LENGTH);

	part = command(test, IN_PLACE, iomd_kunit_device_mapper(test, 64));
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(all, memory.desc, true), 0);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(part, again, false), 0);
	KUNIT_ASSERT_EQ(test, iomd_dma_prepare(part, 0x800, 0x1000, true, true), 0);

	iomd_kunit_fill(seen, LENGTH, 2);
	device_access(test, all, seen, true);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(memory.bytes, LENGTH, 2));
	device_access(test, part, seen, false);
	KUNIT_EXPECT_EQ(test, seen[0], iomd_kunit_byte(2, 0x800));
	KUNIT_EXPECT_EQ(test, seen[0xfff], iomd_kunit_byte(2, 0x17ff));
	iomd_kunit_fill(seen, 0x1000, 3);
	device_access(test, part, seen, true);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(part, true, true), 0);

	device_access(test, all, seen, false);
	KUNIT_EXPECT_EQ(test, seen[0x7ff], iomd_kunit_byte(2, 0x7ff));
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(seen + 0x800, 0x1000, 3));
	KUNIT_EXPECT_EQ(test, seen[0x1800], iomd_kunit_byte(2, 0x1800));
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(all, true, true), 0);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(memory.bytes + 0x800, 0x1000, 3));
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(all, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(part, true), 0);
}

/* DMA-142: zeroed, in whole pages, and within reach */
static void copy_buffers_are_within_reach(struct kunit *test)
{
	static const u8 bits[] = { 0, 32, FEW_BITS, 25 };
	struct iomd_dma *dma;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(bits); i++) {
		struct iomd_buffer *buffer;
		u64 offset, length = 0;

		dma = iomd_kunit_command(test, bits[i], 1, NULL);
		buffer = iomd_kunit_buffer(test, iomd_dma_create_copy_buffer(dma, IN, LENGTH));
		KUNIT_EXPECT_EQ(test, iomd_desc_get_length(iomd_buffer_desc(buffer)), (u64)LENGTH);
		KUNIT_EXPECT_EQ(test, iomd_desc_get_direction(iomd_buffer_desc(buffer)), IN);
		KUNIT_EXPECT_PTR_EQ(test, memchr_inv(iomd_buffer_get_bytes_no_copy(buffer), 0,
						     LENGTH), NULL);
		KUNIT_EXPECT_EQ(test, iomd_kunit_phys(iomd_buffer_desc(buffer), 0, NULL) %
				PAGE_SIZE, 0ULL);
		for (offset = 0; offset < LENGTH; offset += length) {
			u64 phys = iomd_kunit_phys(iomd_buffer_desc(buffer), offset, &length);

			if (bits[i])
				KUNIT_EXPECT_LE(test, phys + length, BIT_ULL(bits[i]));
		}
	}
	IOMD_KUNIT_EXPECT_ERR(test, iomd_dma_create_copy_buffer(dma, IN, 0), -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_dma_create_copy_buffer(dma, 0x10, LENGTH), -EINVAL);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(bytes_are_what_the_device_sees, access_gen_params),
	KUNIT_CASE(nothing_to_copy),
	KUNIT_CASE(read_only_memory_is_not_written),
	KUNIT_CASE(copies_end_where_generation_does),
	KUNIT_CASE(generation_is_not_disturbed),
	KUNIT_CASE(synchronize_checks_arguments),
	KUNIT_CASE(synchronize_copies),
	KUNIT_CASE(double_buffers_on_demand),
	KUNIT_CASE(double_buffering_again_does_nothing),
	KUNIT_CASE(not_everything_is_double_buffered),
	KUNIT_CASE(survives_failing_allocations),
	KUNIT_CASE(copies_of_the_dma_api),
	KUNIT_CASE(iterators_are_mapped),
	KUNIT_CASE(overlapping_mappings),
	KUNIT_CASE(copy_buffers_are_within_reach),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_dma_access",
	.suite_init = iomd_kunit_suite_init,
	.suite_exit = iomd_kunit_suite_exit,
	.init = iomd_kunit_init,
	.test_cases = cases,
};

kunit_test_suite(suite);
