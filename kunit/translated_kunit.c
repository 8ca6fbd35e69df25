// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory as a device behind an IOMMU sees it.
 */
#include <linux/dma-mapping.h>
#include <linux/io.h>

#include "behind_iommu.h"
#include "compose.h"

#define IN		IOMD_DIRECTION_IN
#define OUT		IOMD_DIRECTION_OUT
#define BOTH		IOMD_DIRECTION_OUT_IN
#define NONE		IOMD_DIRECTION_NONE
#define VIRTUAL		IOMD_MEMORY_TYPE_VIRTUAL

#define CONTIGUOUS	IOMD_BUFFER_PHYSICALLY_CONTIGUOUS
#define READ_ACCESS	IOMD_DMA_MAP_READ_ACCESS

#define NR_PAGES	6

/* Memory in several pieces, and a device that sees it through an IOMMU. */
struct fixture {
	struct page **pages;
	u8 *memory;
	struct iomd_mapper *mapper;
};

static int init(struct kunit *test)
{
	struct fixture *fixture;
	int err = iomd_kunit_init(test);

	if (err)
		return err;
	fixture = iomd_kunit_zalloc(test, sizeof(*fixture));
	fixture->pages = iomd_kunit_scattered_pages(test, NR_PAGES);
	fixture->memory = iomd_kunit_vmap(test, fixture->pages, NR_PAGES);
	fixture->mapper = iomd_kunit_translating_mapper(test);
	test->priv = fixture;
	return 0;
}

static struct iomd_desc *bound_ranges(struct kunit *test, const struct iomd_range *ranges, u32 nr)
{
	struct fixture *fixture = test->priv;
	struct iomd_desc *desc;

	desc = iomd_desc_with_options(ranges, nr, 0, IOMD_KERNEL_TASK, VIRTUAL | BOTH,
				      fixture->mapper);
	iomd_kunit_desc(test, desc);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	return desc;
}

/* The fixture's memory from byte @offset on. */
static struct iomd_desc *bound(struct kunit *test, u64 offset, u64 length)
{
	struct fixture *fixture = test->priv;
	struct iomd_range range = { (unsigned long)fixture->memory + offset, length };

	return bound_ranges(test, &range, 1);
}

/* What the device reaches at @address is byte @offset of the fixture's memory. */
static void expect_reaches(struct kunit *test, u64 address, u64 offset)
{
	struct fixture *fixture = test->priv;

	KUNIT_EXPECT_EQ(test, iomd_mapper_map_to_physical_address(fixture->mapper, address),
			page_to_phys(fixture->pages[offset / PAGE_SIZE]) + offset_in_page(offset));
}

/* GMD-57 GMD-91 MD-51 BUF-26: what is in pieces for the CPU is one for the device */
static void scattered_memory_is_one_segment(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_desc *desc = bound(test, 0xa00, 3 * PAGE_SIZE);
	u64 length, address = iomd_desc_get_physical_segment(desc, 0, &length, 0), i;

	KUNIT_EXPECT_EQ(test, length, 3 * (u64)PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, offset_in_page(address), 0xa00UL);
	for (i = 0; i < 3 * PAGE_SIZE; i += 0x400)
		expect_reaches(test, address + i, 0xa00 + i);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_segment(desc, 0x1234, &length, 0),
			address + 0x1234);
	KUNIT_EXPECT_EQ(test, length, 3 * (u64)PAGE_SIZE - 0x1234);
	KUNIT_EXPECT_NE(test, iomd_kunit_phys(desc, 0, &length), address);
	KUNIT_EXPECT_EQ(test, length, (u64)PAGE_SIZE - 0xa00);

	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_mapper_map_to_physical_address(fixture->mapper, address), 0ULL);
}

/* Runs as the CPU has them; what a window on them takes; and where each begins in it. */
struct window {
	const char *name;
	u32 nr;
	struct iomd_range runs[3];	/* of the fixture's memory */
	u64 map_length;
	u64 begins[3];			/* counted from the granule in which the first begins */
};

static const struct window windows[] = {
	{ "whole pages", 1, { { 0, 0x2000 } }, 0x2000, { 0 } },
	{ "no page in full", 1, { { 0xa00, 0x2000 } }, 0x3000, { 0xa00 } },
	{ "three that read as one", 3, { { 0xa00, 0x600 }, { 0x2000, 0x1000 }, { 0x4000, 0xa00 } },
	  0x3000, { 0xa00, 0x1000, 0x2000 } },
	{ "two with a hole between", 2, { { 0xa00, 0x400 }, { 0x2000, 0x1000 } },
	  0x2000, { 0xa00, 0x1000 } },
	{ "two that begin in their pages", 2, { { 0xa00, 0x400 }, { 0x2010, 0x20 } },
	  0x2000, { 0xa00, 0x1010 } },
	{ "two of one page", 2, { { 0x10, 0x10 }, { 0x40, 0x10 } }, 0x2000, { 0x10, 0x1040 } },
};

static void window_name(const struct window *window, char *name)
{
	strscpy(name, window->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(window, windows, window_name);

static struct iomd_desc *window_desc(struct kunit *test, const struct window *window)
{
	struct fixture *fixture = test->priv;
	struct iomd_range ranges[3];
	u32 i;

	for (i = 0; i < window->nr; i++) {
		ranges[i] = window->runs[i];
		ranges[i].address += (unsigned long)fixture->memory;
	}
	return bound_ranges(test, ranges, window->nr);
}

/* MAPPER-19 MAPPER-23..25 MAPPER-28 MAPPER-30: each run begins in a granule of its own */
static void windows_hold_any_memory(struct kunit *test)
{
	const struct window *window = test->param_value;
	struct fixture *fixture = test->priv;
	struct iomd_desc *desc = window_desc(test, window);
	u64 address, length, base;
	u32 i;

	KUNIT_ASSERT_EQ(test, iomd_mapper_iovm_map_memory(fixture->mapper, desc, 0,
							  iomd_desc_get_length(desc), READ_ACCESS,
							  NULL, NULL, NULL, &address, &length), 0);
	KUNIT_EXPECT_EQ(test, length, window->map_length);
	base = address & PAGE_MASK;
	KUNIT_EXPECT_EQ(test, address, base + window->begins[0]);
	for (i = 0; i < window->nr; i++) {
		const struct iomd_range *run = &window->runs[i];

		expect_reaches(test, base + window->begins[i], run->address);
		expect_reaches(test, base + window->begins[i] + run->length - 1,
			       run->address + run->length - 1);
	}
	KUNIT_EXPECT_EQ(test, iomd_mapper_iovm_unmap_memory(fixture->mapper, desc, NULL, address,
							    length), 0);
	KUNIT_EXPECT_EQ(test, iomd_mapper_map_to_physical_address(fixture->mapper, address), 0ULL);
}

/* DMA-84 DMA-100 MAPPER-71: a command's segments are where each run is in the window */
static void segments_follow_the_window(struct kunit *test)
{
	const struct window *window = test->param_value;
	struct fixture *fixture = test->priv;
	struct iomd_dma *dma = iomd_kunit_command(test, 64, 1, fixture->mapper);
	struct iomd_desc *desc = window_desc(test, window);
	u64 offset, base = 0, run_start = 0;
	u32 i;

	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
	for (i = 0; i < window->nr; i++) {
		struct iomd_segment64 segment = iomd_kunit_segment(test, dma, run_start);

		if (!i)
			base = segment.iovm_addr & PAGE_MASK;
		KUNIT_EXPECT_EQ(test, segment.iovm_addr, base + window->begins[i]);
		for (offset = 0; offset < window->runs[i].length; offset += 0x1f)
			expect_reaches(test, segment.iovm_addr + offset,
				       window->runs[i].address + offset);
		run_start += window->runs[i].length;
	}
}

/* MAPPER-21: what the IOMMU gives is looked at */
static void windows_are_as_demanded(struct kunit *test)
{
	struct iomd_dma_map_specification spec = { .num_address_bits = 12 };
	struct fixture *fixture = test->priv;
	struct iomd_desc *desc = bound(test, 0, PAGE_SIZE);
	u64 address = 7, length = 7;

	KUNIT_EXPECT_EQ(test, iomd_mapper_iovm_map_memory(fixture->mapper, desc, 0, PAGE_SIZE,
							  READ_ACCESS, &spec, NULL, NULL, &address,
							  &length), -EMSGSIZE);
	spec.num_address_bits = 0;
	spec.alignment = 1ULL << 62;
	KUNIT_EXPECT_EQ(test, iomd_mapper_iovm_map_memory(fixture->mapper, desc, 0, PAGE_SIZE,
							  READ_ACCESS, &spec, NULL, NULL, &address,
							  &length), -EBADSLT);
	KUNIT_EXPECT_EQ(test, address, 7ULL);
	spec.num_address_bits = 64;
	spec.alignment = PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, iomd_mapper_iovm_map_memory(fixture->mapper, desc, 0, PAGE_SIZE,
							  READ_ACCESS, &spec, NULL, NULL, &address,
							  &length), 0);
	KUNIT_EXPECT_EQ(test, iomd_mapper_iovm_unmap_memory(fixture->mapper, desc, NULL, address,
							    length), 0);
}

/* DMA-21 DMA-19 MAPPER-18: a mapper that translates cannot be bypassed */
static void cannot_be_bypassed(struct kunit *test)
{
	struct fixture *fixture = test->priv;

	IOMD_KUNIT_EXPECT_ERR(test, iomd_dma_with_specification(iomd_dma_output_host64, 64, 0,
								IOMD_DMA_MAP_OPTION_BYPASSED, 0, 1,
								fixture->mapper, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_mapper_get_page_size(fixture->mapper), 4096ULL);

	/* Nor can it be taken from the DMA API, which its driver may use. */
	IOMD_KUNIT_EXPECT_ERR(test,
			      iomd_mapper_with_own_space(iomd_mapper_get_device(fixture->mapper)),
			      -EBUSY);
}

/* DMA-66 DMA-76 DMA-83: high memory is in reach of few bits, and nothing is double buffered */
static void few_bits_reach_all_memory(struct kunit *test)
{
	struct iomd_mapper *mapper = ((struct fixture *)test->priv)->mapper;
	struct page *page = iomd_kunit_page(test, 1ULL << 32, U64_MAX);
	struct iomd_dma *dma = iomd_kunit_command(test, 32, 1, mapper);
	struct iomd_segment64 segment;
	struct iomd_desc *desc;

	dma_set_mask(iomd_mapper_get_device(mapper), DMA_BIT_MASK(32));
	desc = iomd_kunit_kernel_desc(test, page_address(page), PAGE_SIZE, BOTH);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_bounced(dma), 0ULL);
	segment = iomd_kunit_segment(test, dma, 0);
	KUNIT_EXPECT_LT(test, segment.iovm_addr, 1ULL << 32);
	KUNIT_EXPECT_EQ(test, iomd_mapper_map_to_physical_address(mapper, segment.iovm_addr),
			page_to_phys(page));
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
}

/* DMA-110 DMA-15: an address that does not fit is never handed out, in either mode */
static void addresses_out_of_reach_are_refused(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	const struct iomd_range ranges[] = {
		{ (unsigned long)fixture->memory, PAGE_SIZE },
		{ (unsigned long)fixture->memory + PAGE_SIZE, PAGE_SIZE },
	};
	struct iomd_desc *desc = bound_ranges(test, ranges, 2);
	u32 i;

	/* Of several ranges nobody knows how they begin: with an alignment they are checked. */
	for (i = 0; i < 2; i++) {
		struct iomd_dma *dma = iomd_kunit_command(test, 12, i ? 4 : 1, fixture->mapper);
		struct iomd_segment64 segment = { 7, 7 };
		u64 offset = 0;
		u32 nr = 1;

		KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
		KUNIT_EXPECT_EQ(test, iomd_dma_gen64_iovm_segments(dma, &offset, &segment, &nr),
				-EMSGSIZE);
		KUNIT_EXPECT_EQ(test, segment.iovm_addr, 7ULL);
		KUNIT_EXPECT_EQ(test, offset, 0ULL);
		KUNIT_EXPECT_EQ(test, nr, 1U);
		KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
	}
}

/* BUF-25 BUF-26: more than there is in one piece is contiguous for the device all the same */
static void large_buffers_are_contiguous_for_the_device(struct kunit *test)
{
	struct iomd_mapper *mapper = ((struct fixture *)test->priv)->mapper;
	const u64 capacity = 5 << 20;
	struct iomd_buffer *buffer;
	u64 length, address;

	buffer = iomd_client_buffer_create(IOMD_THIS_CLIENT, IOMD_KERNEL_TASK, BOTH | CONTIGUOUS,
					   capacity, 1, 0, mapper);
	iomd_kunit_buffer(test, buffer);
	address = iomd_desc_get_physical_segment(iomd_buffer_desc(buffer), 0, &length, 0);
	KUNIT_EXPECT_EQ(test, length, capacity);
	KUNIT_EXPECT_EQ(test, iomd_mapper_map_to_physical_address(mapper, address + capacity - 1),
			iomd_kunit_phys(iomd_buffer_desc(buffer), capacity - 1, NULL));

	/* The CPU cannot be given that much in one piece. */
	IOMD_KUNIT_EXPECT_ERR(test,
			      iomd_client_buffer_create(IOMD_THIS_CLIENT, IOMD_KERNEL_TASK,
							BOTH | CONTIGUOUS |
							IOMD_BUFFER_HOST_PHYSICALLY_CONTIGUOUS,
							capacity, 1, 0, mapper), -ENOMEM);
}

/* GMD-93 MAPPER-65: the descriptor's own mapping has one address, however it is made of pieces */
static void owns_one_window(struct kunit *test)
{
	struct iomd_desc *desc = bound(test, 0xa00, 3 * PAGE_SIZE);
	struct iomd_md_dma_map_args args = {
		.mapper = ((struct fixture *)test->priv)->mapper,
		.length = 3 * PAGE_SIZE,
	};

	KUNIT_EXPECT_EQ(test, iomd_desc_dma_command_operation(desc, IOMD_MD_DMA_MAP, &args,
							      sizeof(args)), 0);
	KUNIT_EXPECT_EQ(test, args.alloc_length, 0ULL);
	KUNIT_EXPECT_EQ(test, args.alloc, iomd_desc_get_physical_address(desc));
	expect_reaches(test, args.alloc + 2 * PAGE_SIZE, 0xa00 + 2 * PAGE_SIZE);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(scattered_memory_is_one_segment),
	KUNIT_CASE_PARAM(windows_hold_any_memory, window_gen_params),
	KUNIT_CASE_PARAM(segments_follow_the_window, window_gen_params),
	KUNIT_CASE(windows_are_as_demanded),
	KUNIT_CASE(cannot_be_bypassed),
	KUNIT_CASE(few_bits_reach_all_memory),
	KUNIT_CASE(addresses_out_of_reach_are_refused),
	KUNIT_CASE(large_buffers_are_contiguous_for_the_device),
	KUNIT_CASE(owns_one_window),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_translated",
	.suite_init = iomd_kunit_iommu_suite_init,
	.suite_exit = iomd_kunit_iommu_suite_exit,
	.init = init,
	.test_cases = cases,
};

kunit_test_suite(suite);
