// SPDX-License-Identifier: GPL-2.0-only
/*
 * Double buffering: which memory is replaced by which, and what is copied when.
 */
#include <linux/io.h>
#include <linux/list.h>

#include "iomd_kunit.h"

#define IN		IOMD_DIRECTION_IN
#define OUT		IOMD_DIRECTION_OUT
#define BOTH		IOMD_DIRECTION_OUT_IN
#define NONE		IOMD_DIRECTION_NONE
#define ITERATE_ONLY	(IOMD_DMA_MAP_OPTION_UNMAPPED | IOMD_DMA_MAP_OPTION_ITERATE_ONLY)

/* Wide enough for some memory, and too narrow for most. */
#define FEW_BITS	28
#define FEW_BITS_END	BIT_ULL(FEW_BITS)

#define NR_PAGES	5
#define SKIP		0x234
#define LENGTH		(NR_PAGES * PAGE_SIZE - SKIP - 0x123)

/* Pages of which the second and the fourth are out of reach, and how they are mapped. */
struct mixture {
	struct page *pages[NR_PAGES];
	u8 *memory;
	struct iomd_desc *desc;
};

static bool is_high(u32 page)
{
	return page == 1 || page == 3;
}

static void mixture_create(struct kunit *test, struct mixture *mixture, u32 direction)
{
	u32 i;

	for (i = 0; i < NR_PAGES; i++)
		mixture->pages[i] = is_high(i) ? iomd_kunit_page(test, FEW_BITS_END, U64_MAX) :
						 iomd_kunit_page(test, 0, FEW_BITS_END - 1);
	mixture->memory = iomd_kunit_vmap(test, mixture->pages, NR_PAGES);
	iomd_kunit_fill(mixture->memory, NR_PAGES * PAGE_SIZE, 1);
	mixture->desc = iomd_kunit_kernel_desc(test, mixture->memory + SKIP, LENGTH, direction);
}

/* What the device sees of the prepared range; it may write there, too. */
static u64 device_access(struct kunit *test, struct iomd_dma *dma, u8 *bytes, bool write)
{
	u64 offset = 0, length, at = 0;

	KUNIT_ASSERT_EQ(test, iomd_dma_get_prepared_offset_and_length(dma, NULL, &length), 0);
	while (offset < length) {
		struct iomd_segment64 segment;
		u32 nr = 1;
		u8 *seen;

		KUNIT_ASSERT_EQ(test, iomd_dma_gen64_iovm_segments(dma, &offset, &segment, &nr),
				0);
		KUNIT_ASSERT_LE(test, segment.iovm_addr + segment.length,
				1ULL << iomd_dma_get_num_address_bits(dma));
		seen = phys_to_virt(segment.iovm_addr);
		if (write)
			memcpy(seen, bytes + at, segment.length);
		else
			memcpy(bytes + at, seen, segment.length);
		at += segment.length;
	}
	return at;
}

struct reach {
	const char *name;
	unsigned int device_bits;	/* 0 for no device */
	bool identity;
	u32 direction;
};

static const struct reach reaches[] = {
	{ "unmapped, in", 0, false, IN },
	{ "unmapped, out", 0, false, OUT },
	{ "unmapped, both", 0, false, BOTH },
	{ "unmapped, none", 0, false, NONE },
	{ "identity, in", 0, true, IN },
	{ "identity, out", 0, true, OUT },
	{ "device, in", FEW_BITS, false, IN },
	{ "device, out", FEW_BITS, false, OUT },
	{ "device, both", FEW_BITS, false, BOTH },
};

static void reach_name(const struct reach *reach, char *name)
{
	strscpy(name, reach->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(reach, reaches, reach_name);

static struct iomd_dma *command_within_reach(struct kunit *test, const struct reach *reach,
					     u32 alignment)
{
	struct iomd_mapper *mapper = NULL;

	if (reach->device_bits)
		mapper = iomd_kunit_device_mapper(test, reach->device_bits);
	else if (reach->identity)
		mapper = iomd_kunit_mapper(test, iomd_mapper_identity());
	return iomd_kunit_command(test, FEW_BITS, alignment, mapper);
}

/*
 * DMA-66 DMA-74 DMA-78 DMA-79 DMA-80 DMA-81 DMA-102 DMA-116: pages out of reach are
 * replaced, the others are used in place; bytes are copied as the direction says
 */
static void pages_out_of_reach_are_replaced(struct kunit *test)
{
	const struct reach *reach = test->param_value;
	u8 *bytes = iomd_kunit_zalloc(test, LENGTH), *expected = iomd_kunit_zalloc(test, LENGTH);
	struct iomd_dma *dma = command_within_reach(test, reach, 1);
	bool out = reach->direction != IN, in = reach->direction != OUT;
	struct mixture mixture;
	u32 i;

	mixture_create(test, &mixture, reach->direction);
	memcpy(expected, mixture.memory + SKIP, LENGTH);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, mixture.desc, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_bounced(dma), 2 * (u64)PAGE_SIZE);

	/* In place where it can be, at the same place in a page where not. */
	for (i = 0; i < LENGTH; i += 0x333) {
		u64 there = page_to_phys(mixture.pages[(i + SKIP) / PAGE_SIZE]) +
			    (i + SKIP) % PAGE_SIZE;
		u64 seen = iomd_kunit_segment(test, dma, i).iovm_addr;

		KUNIT_EXPECT_EQ(test, seen == there, !is_high((i + SKIP) / PAGE_SIZE));
		KUNIT_EXPECT_EQ(test, seen % PAGE_SIZE, there % PAGE_SIZE);
	}

	/* What was not copied must not be anybody else's data either. */
	KUNIT_EXPECT_EQ(test, device_access(test, dma, bytes, false), (u64)LENGTH);
	for (i = 0; i < LENGTH && !out; i++)
		if (is_high((i + SKIP) / PAGE_SIZE))
			expected[i] = 0;
	iomd_kunit_expect_bytes(test, bytes, expected, LENGTH);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(mixture.memory, NR_PAGES * PAGE_SIZE, 1));

	if (!in) {
		KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
		KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(mixture.memory, NR_PAGES * PAGE_SIZE,
							     1));
		return;
	}
	iomd_kunit_fill(bytes, LENGTH, 2);
	KUNIT_EXPECT_EQ(test, device_access(test, dma, bytes, true), (u64)LENGTH);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_bounced(dma), 0ULL);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(mixture.memory + SKIP, LENGTH, 2));
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(mixture.memory, SKIP, 1));
	KUNIT_EXPECT_EQ(test, mixture.memory[SKIP + LENGTH], iomd_kunit_byte(1, SKIP + LENGTH));
}

/*
 * DMA-67 DMA-73 DMA-77 DMA-78 DMA-80 DMA-116 DMA-117: memory that is not aligned is
 * double buffered as a whole, from the prepared offset on
 */
static void unaligned_memory_is_copied_whole(struct kunit *test)
{
	const struct reach *reach = test->param_value;
	struct iomd_dma *dma = command_within_reach(test, reach, 0x1000);
	bool out = reach->direction != IN, in = reach->direction != OUT;
	u8 *bytes = iomd_kunit_zalloc(test, LENGTH);
	u32 offset = 0x777, length = 0x2345;
	struct mixture mixture;

	mixture_create(test, &mixture, reach->direction);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, mixture.desc, false), 0);
	KUNIT_ASSERT_EQ(test, iomd_dma_prepare(dma, offset, length, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_bounced(dma), (u64)length);
	KUNIT_EXPECT_EQ(test, iomd_kunit_segment(test, dma, 0).iovm_addr % PAGE_SIZE, 0ULL);
	KUNIT_EXPECT_EQ(test, device_access(test, dma, bytes, false), (u64)length);
	if (out)
		iomd_kunit_expect_bytes(test, bytes, mixture.memory + SKIP + offset, length);
	else
		KUNIT_EXPECT_PTR_EQ(test, memchr_inv(bytes, 0, length), NULL);

	/* The device writes the first half; the other half goes back as it is. */
	iomd_kunit_fill(bytes, length / 2, 3);
	KUNIT_EXPECT_EQ(test, device_access(test, dma, bytes, true), (u64)length);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
	if (in)
		iomd_kunit_expect_bytes(test, mixture.memory + SKIP + offset, bytes, length);
	else
		KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(mixture.memory, NR_PAGES * PAGE_SIZE,
							     1));
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(mixture.memory, SKIP + offset, 1));
	KUNIT_EXPECT_EQ(test, mixture.memory[SKIP + offset + length],
			iomd_kunit_byte(1, SKIP + offset + length));
}

/* DMA-62 DMA-80 DMA-115 DMA-118: without synchronize, and on the inside of nests, no copy */
static void copies_only_when_asked_to(struct kunit *test)
{
	struct iomd_dma *dma = iomd_kunit_command(test, FEW_BITS, 1, NULL);
	u8 *bytes = iomd_kunit_zalloc(test, LENGTH);
	struct mixture mixture;

	mixture_create(test, &mixture, BOTH);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, mixture.desc, false), 0);
	KUNIT_ASSERT_EQ(test, iomd_dma_prepare(dma, PAGE_SIZE - SKIP, PAGE_SIZE, true, false), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_bounced(dma), (u64)PAGE_SIZE);
	device_access(test, dma, bytes, false);
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(bytes, 0, PAGE_SIZE), NULL);

	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, PAGE_SIZE - SKIP, PAGE_SIZE, true, true), 0);
	device_access(test, dma, bytes, false);
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(bytes, 0, PAGE_SIZE), NULL);
	iomd_kunit_fill(bytes, PAGE_SIZE, 4);
	device_access(test, dma, bytes, true);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(mixture.memory, NR_PAGES * PAGE_SIZE, 1));
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, false), 0);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(mixture.memory, NR_PAGES * PAGE_SIZE, 1));
}

/* DMA-53: detaching copies back, as completing does */
static void detaching_copies_back(struct kunit *test)
{
	struct iomd_dma *dma = iomd_kunit_command(test, FEW_BITS, 1, NULL);
	u8 *bytes = iomd_kunit_zalloc(test, LENGTH);
	struct mixture mixture;

	mixture_create(test, &mixture, IN);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, mixture.desc, true), 0);
	iomd_kunit_fill(bytes, LENGTH, 4);
	device_access(test, dma, bytes, true);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(mixture.memory + SKIP, LENGTH, 4));
}

/*
 * DMA-54 DMA-119: memory that may only be read takes nothing back; a complete says so, and
 * undoes all the same, and detaching does not say it
 */
static void read_only_memory_takes_nothing_back(struct kunit *test)
{
	struct iomd_mapper *mapper;
	struct iomd_desc *desc;
	struct iomd_dma *dma;
	struct page *page = iomd_kunit_page(test, FEW_BITS_END, U64_MAX);

	mapper = iomd_kunit_device_mapper(test, FEW_BITS);
	dma = iomd_kunit_command(test, FEW_BITS, 1, mapper);
	desc = iomd_desc_with_address_range((unsigned long)page_address(page), PAGE_SIZE, BOTH,
					    IOMD_KERNEL_TASK);
	iomd_kunit_desc(test, desc);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, OUT), 0);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), -ENOSR);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_active(dma));
	KUNIT_EXPECT_EQ(test, iomd_dma_get_bounced(dma), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
}

struct unreachable {
	const char *name;
	u32 flag;
	int error;
};

static const struct unreachable unreachables[] = {
	{ "remote", IOMD_MEMORY_REMOTE, -ENXIO },
	{ "host only", IOMD_MEMORY_HOST_ONLY, -EPERM },
};

static void unreachable_name(const struct unreachable *unreachable, char *name)
{
	strscpy(name, unreachable->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(unreachable, unreachables, unreachable_name);

/* DMA-58 DMA-59 DMA-85: memory that no device may reach can be listed, and no more */
static void unreachable_memory_can_be_listed(struct kunit *test)
{
	const struct unreachable *unreachable = test->param_value;
	struct page *page = iomd_kunit_page(test, 0, U64_MAX);
	struct iomd_dma *device = iomd_kunit_command(test, 0, 0x1000, NULL), *list;
	struct iomd_desc *desc;

	desc = iomd_desc_with_address_range(page_to_phys(page) + 4, 64, BOTH | unreachable->flag,
					    NULL);
	iomd_kunit_desc(test, desc);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(device, desc, false), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(device, 0, 0, true, true), unreachable->error);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_bounced(device), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(device, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(device, true, true), -EAGAIN);

	list = iomd_dma_with_specification(iomd_dma_output_host64, 0, 0, ITERATE_ONLY, 0, 1, NULL,
					   NULL);
	iomd_kunit_dma(test, list);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(list, desc, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_segment(test, list, 0).iovm_addr, page_to_phys(page) + 4);
}

struct block {
	const char *name;
	u8 bits;
	bool has_device;
	struct iomd_dma_segment_options options;
	u64 skip;	/* in the memory */
	u64 length;
};

/* What single pages cannot promise, unless they happen to be neighbours. */
static const struct block blocks[] = {
	{ "begins", 0, false, { .alignment = 0x8000, .alignment_internal_segments = 1 }, 4,
	  0x9000 },
	{ "all begin", 0, false, { .alignment = 0x8000 }, 4, 0x12345 },
	{ "all begin, low", FEW_BITS, false, { .alignment = 0x4000 }, 4, 0x9001 },
	{ "all begin, device", FEW_BITS, true, { .alignment = 0x4000 }, 4, 0x9001 },
	{ "lengths", 0, false, { .alignment = 4, .alignment_length = 0x2000 }, 2, 0x8000 },
	{ "lengths, cut", 0, false,
	  { .alignment = 4, .alignment_length = 0x2000, .max_segment_size = 0x2000 }, 2, 0x8000 },
	{ "small", 0, false, { .alignment = 0x10000 }, 4, 64 },
};

static void block_name(const struct block *block, char *name)
{
	strscpy(name, block->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(block, blocks, block_name);

#define NR_BLOCK_PAGES	20

/*
 * DMA-73 DMA-76 DMA-77 DMA-78: memory that is not aligned to more than a page moves to
 * blocks that are, and comes back
 */
static void blocks_are_aligned_beyond_a_page(struct kunit *test)
{
	const struct block *block = test->param_value;
	struct iomd_dma_segment_options options = block->options;
	u32 length_mask = max(options.alignment_length, 1U) - 1;
	u32 mask = max(options.alignment, 1U) - 1;
	u8 *memory, *bytes = iomd_kunit_zalloc(test, NR_BLOCK_PAGES * PAGE_SIZE);
	u32 mapping = IOMD_DMA_MAP_OPTION_UNMAPPED;
	struct iomd_mapper *mapper = NULL;
	struct iomd_desc *desc;
	struct iomd_dma *dma;
	u64 offset = 0;

	if (block->has_device) {
		mapper = iomd_kunit_device_mapper(test, FEW_BITS);
		mapping = IOMD_DMA_MAP_OPTION_MAPPED;
	}
	memory = iomd_kunit_vmap(test, iomd_kunit_scattered_pages(test, NR_BLOCK_PAGES),
				 NR_BLOCK_PAGES);
	iomd_kunit_fill(memory, NR_BLOCK_PAGES * PAGE_SIZE, 1);
	desc = iomd_kunit_kernel_desc(test, memory + block->skip, block->length, BOTH);
	options.num_address_bits = block->bits;
	dma = iomd_dma_with_segment_options(iomd_dma_output_host64, &options, mapping, mapper,
					    NULL);
	iomd_kunit_dma(test, dma);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_bounced(dma), block->length);

	while (offset < block->length) {
		struct iomd_segment64 segment;
		u64 start = offset;
		u32 nr = 1;

		KUNIT_ASSERT_EQ(test, iomd_dma_gen64_iovm_segments(dma, &offset, &segment, &nr),
				0);
		if (!start || options.alignment_internal_segments != 1)
			KUNIT_EXPECT_EQ(test, segment.iovm_addr & mask, 0ULL);
		KUNIT_EXPECT_EQ(test, segment.length & length_mask, 0ULL);
		if (block->bits)
			KUNIT_EXPECT_LE(test, segment.iovm_addr + segment.length,
					BIT_ULL(block->bits));
		memcpy(bytes + start, phys_to_virt(segment.iovm_addr), segment.length);
		memset(phys_to_virt(segment.iovm_addr), 0x77, segment.length);
	}
	iomd_kunit_expect_bytes(test, bytes, memory + block->skip, block->length);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(memory + block->skip, 0x77, block->length), NULL);
	KUNIT_EXPECT_EQ(test, memory[block->skip + block->length],
			iomd_kunit_byte(1, block->skip + block->length));
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
}

/* DMA-78: more than the kernel has in one piece is refused */
static void blocks_have_a_limit(struct kunit *test)
{
	struct page *page = iomd_kunit_page(test, 0, U64_MAX);
	struct iomd_dma *dma = iomd_kunit_command(test, 0, 1U << 31, NULL);
	struct iomd_desc *desc;

	desc = iomd_desc_with_physical_address(page_to_phys(page) + 4, 64, BOTH);
	iomd_kunit_desc(test, desc);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, false), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0, true, true), -ENOBUFS);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
}

static void free_pages_of(void *data)
{
	struct list_head *pages = data;
	struct page *page, *next;

	list_for_each_entry_safe(page, next, pages, lru) {
		list_del(&page->lru);
		__free_page(page);
	}
}

/* Take all pages of the lowest zone that can be had. */
static void exhaust_lowest_zone(struct list_head *pages)
{
	struct page *page;

	while ((page = alloc_page(GFP_DMA | GFP_ATOMIC | __GFP_NOWARN)))
		list_add(&page->lru, pages);
}

#define LOWEST_BITS	24

/* DMA-75 DMA-78 DMA-79: a few pages are kept for when there are no low ones left */
static void last_low_pages(struct kunit *test)
{
	struct page *page = iomd_kunit_page(test, BIT_ULL(FEW_BITS), U64_MAX);
	struct iomd_dma *dma = iomd_kunit_command(test, LOWEST_BITS, 1, NULL);
	struct iomd_desc *desc;
	LIST_HEAD(pages);
	u32 i;

	iomd_kunit_fill(page_address(page), PAGE_SIZE, 1);
	desc = iomd_kunit_kernel_desc(test, page_address(page), PAGE_SIZE, BOTH);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, false), 0);
	exhaust_lowest_zone(&pages);
	/* More often than there are such pages: they come back. And nothing of the last. */
	for (i = 0; i < 200; i++) {
		int err = iomd_dma_prepare(dma, 0, 0, true, false);
		struct iomd_segment64 segment = {};
		bool is_clean = false;
		u64 offset = 0;
		u32 nr = 1;

		if (!err)
			err = iomd_dma_gen64_iovm_segments(dma, &offset, &segment, &nr);
		if (!err && segment.iovm_addr < BIT_ULL(LOWEST_BITS)) {
			is_clean = !memchr_inv(phys_to_virt(segment.iovm_addr), 0, PAGE_SIZE);
			memset(phys_to_virt(segment.iovm_addr), i + 1, PAGE_SIZE);
		}
		iomd_dma_complete(dma, true, true);
		if (err || !is_clean)
			break;
	}
	free_pages_of(&pages);
	KUNIT_EXPECT_EQ(test, i, 200U);
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(page_address(page), 200, PAGE_SIZE), NULL);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
}

/* DMA-58 DMA-59 DMA-75 DMA-78: no memory is that low */
static void no_low_memory(struct kunit *test)
{
	struct iomd_dma *dma = iomd_kunit_command(test, PAGE_SHIFT, 1, NULL);
	struct iomd_desc *desc = iomd_kunit_kernel_desc(test, kunit_kzalloc(test, 0x100,
									    GFP_KERNEL),
							0x100, BOTH);

	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, false), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0, true, true), -ENOBUFS);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_bounced(dma), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, false), -EAGAIN);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), -ENOBUFS);
	KUNIT_EXPECT_PTR_EQ(test, iomd_dma_get_memory_descriptor(dma), NULL);
}

/* DMA-71 DMA-102: an iterator bounces nothing, and says what is out of reach */
static void iterators_never_bounce(struct kunit *test)
{
	struct page *page = iomd_kunit_page(test, FEW_BITS_END, U64_MAX);
	struct iomd_desc *desc = iomd_kunit_kernel_desc(test, page_address(page), PAGE_SIZE, BOTH);
	struct iomd_segment64 segment;
	struct iomd_dma *dma;
	u64 offset = 0;
	u32 nr = 1;

	dma = iomd_dma_with_specification(iomd_dma_output_host64, FEW_BITS, 0, ITERATE_ONLY, 0, 1,
					  NULL, NULL);
	iomd_kunit_dma(test, dma);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_bounced(dma), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_dma_gen64_iovm_segments(dma, &offset, &segment, &nr),
			-EMSGSIZE);
	KUNIT_EXPECT_EQ(test, offset, 0ULL);
	KUNIT_EXPECT_EQ(test, nr, 1U);
}

/* DMA-68 DMA-69 DMA-70: one range of a task that begins aligned is used in place */
static void one_aligned_range_is_used_in_place(struct kunit *test)
{
	u8 *memory = page_address(iomd_kunit_page(test, 0, U64_MAX));
	const struct iomd_range ranges[] = {
		{ (unsigned long)memory + 64, 0x100 }, { (unsigned long)memory + 0x801, 0x100 },
	};
	struct iomd_dma *dma = iomd_kunit_command(test, 0, 64, NULL);
	struct iomd_desc *one, *two, *physical;
	struct iomd_segment64 segment;
	u64 offset = 0;
	u32 nr = 1;

	one = iomd_kunit_kernel_desc(test, memory + 64, 0x200, BOTH);
	two = iomd_desc_with_address_ranges(ranges, 2, BOTH | IOMD_MEMORY_AUTO_PREPARE,
					    IOMD_KERNEL_TASK);
	iomd_kunit_desc(test, two);
	physical = iomd_desc_with_physical_address(virt_to_phys(memory) + 64, 0x200, BOTH);
	iomd_kunit_desc(test, physical);

	/* A misaligned part of it too, until segments are asked for. */
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, one, false), 0);
	KUNIT_ASSERT_EQ(test, iomd_dma_prepare(dma, 1, 0x100, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_bounced(dma), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_dma_gen64_iovm_segments(dma, &offset, &segment, &nr), -EBADSLT);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
	KUNIT_ASSERT_EQ(test, iomd_dma_prepare(dma, 64, 0x100, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_segment(test, dma, 0).iovm_addr,
			virt_to_phys(memory) + 128);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);

	/* The rest is looked at, and copied where it is not aligned. */
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, physical, false), 0);
	KUNIT_ASSERT_EQ(test, iomd_dma_prepare(dma, 1, 0x100, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_bounced(dma), 0x100ULL);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
	KUNIT_ASSERT_EQ(test, iomd_dma_prepare(dma, 64, 0x100, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_bounced(dma), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);

	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, two, false), 0);
	KUNIT_ASSERT_EQ(test, iomd_dma_prepare(dma, 0, 0, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_bounced(dma), 0x200ULL);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
	KUNIT_ASSERT_EQ(test, iomd_dma_prepare(dma, 0, 0x100, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_bounced(dma), 0ULL);
}

static int transfer_once(void *data)
{
	struct iomd_dma *dma = data;
	struct iomd_segment64 segments[NR_PAGES];
	u64 offset = 0;
	u32 nr = NR_PAGES;
	int err;

	err = iomd_dma_prepare(dma, 0, 0, true, true);
	if (!err)
		err = iomd_dma_gen64_iovm_segments(dma, &offset, segments, &nr);
	if (!err && offset != LENGTH)
		err = -ERANGE;
	return iomd_dma_complete(dma, true, true) ?: err;
}

/* A transfer of prepared memory from beginning to end where nothing may sleep. */
static void transfers_in_softirq(struct kunit *test)
{
	static const struct reach ways[] = {
		{ "", 0, false, BOTH }, { "", 0, true, BOTH }, { "", FEW_BITS, false, BOTH },
	};
	u32 i, alignment;

	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		for (alignment = 1; alignment <= 0x1000; alignment += 0xfff) {
			struct iomd_dma *dma = command_within_reach(test, &ways[i], alignment);
			struct mixture mixture;

			mixture_create(test, &mixture, BOTH);
			KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, mixture.desc,
									     false), 0);
			KUNIT_EXPECT_EQ(test, iomd_kunit_in_softirq(transfer_once, dma), 0);
			KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(mixture.memory,
								     NR_PAGES * PAGE_SIZE, 1));
			KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
		}
	}
}

/*
 * Failing allocations.
 */

static int transfer_with(u8 bits, u32 alignment, struct iomd_desc *desc)
{
	struct iomd_segment64 segments[2 * NR_PAGES];
	u32 nr = ARRAY_SIZE(segments);
	struct iomd_dma *dma;
	u64 offset = 0;
	int err;

	dma = iomd_dma_with_specification(iomd_dma_output_host64, bits, 0,
					  IOMD_DMA_MAP_OPTION_UNMAPPED, 0, alignment, NULL, NULL);
	if (IS_ERR(dma))
		return PTR_ERR(dma);
	err = iomd_dma_set_memory_descriptor(dma, desc, true);
	if (!err)
		err = iomd_dma_gen64_iovm_segments(dma, &offset, segments, &nr);
	iomd_dma_clear_memory_descriptor(dma, true);
	iomd_dma_put(dma);
	return err;
}

static int bounce_pages(struct kunit *test, void *data)
{
	return transfer_with(FEW_BITS, 1, data);
}

static int bounce_all(struct kunit *test, void *data)
{
	return transfer_with(FEW_BITS, 0x1000, data);
}

/* DMA-60 DMA-75: no allocation that fails leaves anything behind, or spoils memory */
static void survives_failing_allocations(struct kunit *test)
{
	struct mixture mixture;

	mixture_create(test, &mixture, BOTH);
	/* The command and the record, at least; pages fail where the lane lets them. */
	KUNIT_EXPECT_GE(test, iomd_kunit_sweep(test, bounce_pages, mixture.desc, UINT_MAX), 2U);
	KUNIT_EXPECT_GE(test, iomd_kunit_sweep(test, bounce_all, mixture.desc, UINT_MAX),
			2U);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(mixture.memory, NR_PAGES * PAGE_SIZE, 1));
}

static int map_it(struct kunit *test, void *data)
{
	struct iomd_dma *dma = data;
	int err = iomd_dma_prepare(dma, 0, 0, true, true);

	return iomd_dma_complete(dma, true, true) ?: err;
}

/* DMA-60: a mapping that cannot be made is not half made */
static void survives_failing_maps(struct kunit *test)
{
	struct page **pages = iomd_kunit_scattered_pages(test, IOMD_KUNIT_MANY);
	u8 *memory = iomd_kunit_vmap(test, pages, IOMD_KUNIT_MANY);
	struct iomd_desc *desc;
	struct iomd_dma *dma;

	desc = iomd_kunit_kernel_desc(test, memory, IOMD_KUNIT_MANY * PAGE_SIZE, BOTH);
	dma = iomd_kunit_command(test, 64, 1, iomd_kunit_device_mapper(test, 64));
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, false), 0);
	/* The scatterlist, as far as it is not in the command; no more is ours. */
	KUNIT_EXPECT_EQ(test, iomd_kunit_sweep(test, map_it, dma, 1), 1U);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(pages_out_of_reach_are_replaced, reach_gen_params),
	KUNIT_CASE_PARAM(unaligned_memory_is_copied_whole, reach_gen_params),
	KUNIT_CASE(copies_only_when_asked_to),
	KUNIT_CASE(detaching_copies_back),
	KUNIT_CASE(read_only_memory_takes_nothing_back),
	KUNIT_CASE_PARAM(unreachable_memory_can_be_listed, unreachable_gen_params),
	KUNIT_CASE_PARAM(blocks_are_aligned_beyond_a_page, block_gen_params),
	KUNIT_CASE(blocks_have_a_limit),
	KUNIT_CASE(last_low_pages),
	KUNIT_CASE(no_low_memory),
	KUNIT_CASE(iterators_never_bounce),
	KUNIT_CASE(one_aligned_range_is_used_in_place),
	KUNIT_CASE(transfers_in_softirq),
	KUNIT_CASE(survives_failing_allocations),
	KUNIT_CASE(survives_failing_maps),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_bounce",
	.suite_init = iomd_kunit_suite_init,
	.suite_exit = iomd_kunit_suite_exit,
	.init = iomd_kunit_init,
	.test_cases = cases,
};

kunit_test_suite(suite);
