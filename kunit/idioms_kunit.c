// SPDX-License-Identifier: GPL-2.0-only
/*
 * What drivers do all the time, from end to end: rings, requests, page lists, packets.
 *
 * What a device does with memory, the CPU does here in its stead, in the places where the
 * device's addresses lead: what counts is who sees which bytes. In one case the device
 * does it itself.
 */
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/pci.h>
#include <linux/sizes.h>

#include "behind_iommu.h"

#define IN		IOMD_DIRECTION_IN
#define OUT		IOMD_DIRECTION_OUT
#define BOTH		IOMD_DIRECTION_OUT_IN
#define NONE		IOMD_DIRECTION_NONE
#define MAPPED		IOMD_DMA_MAP_OPTION_MAPPED

#define CONTIGUOUS	IOMD_BUFFER_PHYSICALLY_CONTIGUOUS
#define RING		(BOTH | CONTIGUOUS | IOMD_BUFFER_HOST_PHYSICALLY_CONTIGUOUS | \
			 IOMD_MAP_INHIBIT_CACHE)

#define SEED		0x1d10
#define NR_PAGES	6

/* How far a device reaches, and what stands between it and memory. */
struct reach {
	const char *name;
	unsigned int bits;
	bool behind_iommu;
};

static const struct reach reaches[] = {
	{ "28 bits", 28, false },
	{ "32 bits", 32, false },
	{ "28 bits behind an IOMMU", 28, true },
};

static void reach_name(const struct reach *reach, char *name)
{
	strscpy(name, reach->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(reach, reaches, reach_name);

/* Without parameter it is the real device, which is the last. */
static const struct reach *reach(struct kunit *test)
{
	return test->param_value ?: &reaches[ARRAY_SIZE(reaches) - 1];
}

static unsigned int bits(struct kunit *test)
{
	return reach(test)->bits;
}

static bool behind_iommu(struct kunit *test)
{
	return reach(test)->behind_iommu;
}

static void undo_default(void *unused)
{
	iomd_mapper_clear_default();
}

/* Drivers of one device name it once: here, and in no call of theirs. */
static int init(struct kunit *test)
{
	struct iomd_mapper *mapper;
	int err = iomd_kunit_init(test);

	if (err)
		return err;
	if (behind_iommu(test)) {
		mapper = iomd_kunit_translating_mapper(test);
		err = dma_set_mask(iomd_mapper_get_device(mapper), DMA_BIT_MASK(bits(test)));
	} else {
		mapper = iomd_kunit_device_mapper(test, bits(test));
	}
	if (err)
		return err;
	KUNIT_ASSERT_EQ(test, iomd_mapper_set_default(mapper), 0);
	iomd_kunit_defer(test, undo_default, NULL);
	test->priv = mapper;
	return 0;
}

/*
 * The device's part.
 */

/* What the device finds at @address, up to the end of the page. */
static u8 *seen(struct kunit *test, u64 address)
{
	u64 phys = iomd_mapper_map_to_physical_address(test->priv, address);

	KUNIT_ASSERT_NE(test, phys, 0ULL);
	return phys_to_virt(phys);
}

/*
 * The device reads what is byte @offset of the pattern and those that follow, or writes
 * them, if it may: @direction is IN or OUT.
 */
static void device_moves(struct kunit *test, u32 direction, u64 address, u64 length, u64 offset)
{
	u64 same = 0, i;
	u8 *byte = NULL;

	KUNIT_ASSERT_LE(test, address + length - 1, DMA_BIT_MASK(bits(test)));
	for (i = 0; i < length; i++, byte++) {
		if (!byte || !offset_in_page(address + i))
			byte = seen(test, address + i);
		if (direction == IN)
			*byte = iomd_kunit_byte(SEED, offset + i);
		same += *byte == iomd_kunit_byte(SEED, offset + i);
	}
	KUNIT_EXPECT_EQ(test, same, length);
}

/* As drivers do that give a device one segment and go on when it interrupts them. */
static u32 moved_one_by_one(struct kunit *test, struct iomd_dma *dma, u32 direction, u64 begin,
			    u64 length)
{
	struct iomd_segment32 segment;
	u32 segments = 0, one = 1;
	u64 offset = 0;

	while (offset < length) {
		u64 start = offset;

		KUNIT_ASSERT_EQ(test, iomd_dma_gen32_iovm_segments(dma, &offset, &segment, &one),
				0);
		KUNIT_ASSERT_EQ(test, one, 1U);
		KUNIT_ASSERT_EQ(test, offset, start + segment.length);
		device_moves(test, direction, segment.iovm_addr, segment.length, begin + start);
		segments++;
	}
	KUNIT_EXPECT_EQ(test, offset, length);
	KUNIT_EXPECT_EQ(test, iomd_dma_gen32_iovm_segments(dma, &offset, &segment, &one),
			-EOVERFLOW);
	return segments;
}

/* Memory in pieces, most of them out of reach, and one that no device has trouble with. */
static u8 *scattered(struct kunit *test)
{
	struct page **pages = iomd_kunit_scattered_pages(test, NR_PAGES);

	pages[2] = iomd_kunit_page(test, 0, DMA_BIT_MASK(28));
	return iomd_kunit_vmap(test, pages, NR_PAGES);
}

/*
 * Rings.
 */

#define RING_SIZE	0x2400
#define RING_MASK	(DMA_BIT_MASK(bits(test)) & PAGE_MASK)

/* In one piece for the CPU, too, and where the mask wants it. */
static struct iomd_buffer *make_ring(struct kunit *test)
{
	struct iomd_buffer *ring;
	u64 length, phys;

	ring = iomd_buffer_in_task_with_physical_mask(IOMD_KERNEL_TASK, RING, RING_SIZE,
						      RING_MASK);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ring);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(iomd_buffer_desc(ring), NONE), 0);
	phys = iomd_kunit_phys(iomd_buffer_desc(ring), 0, &length);
	KUNIT_EXPECT_EQ(test, length, (u64)RING_SIZE);
	KUNIT_EXPECT_EQ(test, offset_in_page(phys), 0UL);
	KUNIT_EXPECT_LE(test, phys + length - 1, DMA_BIT_MASK(bits(test)));
	return ring;
}

/* One segment of the ring's length, in reach, and at an address as the mask wants it. */
static u64 ring_address(struct kunit *test, struct iomd_dma *dma)
{
	struct iomd_segment64 segments[2] = {};
	u64 offset = 0;
	u32 nr = 2;

	KUNIT_EXPECT_EQ(test, iomd_dma_gen64_iovm_segments(dma, &offset, segments, &nr), 0);
	KUNIT_EXPECT_EQ(test, nr, 1U);
	KUNIT_EXPECT_EQ(test, segments[0].length, (u64)RING_SIZE);
	KUNIT_EXPECT_EQ(test, offset_in_page(segments[0].iovm_addr), 0UL);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_bounced(dma), 0ULL);
	return segments[0].iovm_addr;
}

/* Both sides see what the other has written, with nothing done between. */
static void expect_coherent(struct kunit *test, u8 *ring, u64 address)
{
	iomd_kunit_fill(ring, RING_SIZE / 2, SEED);
	device_moves(test, OUT, address, RING_SIZE / 2, 0);
	device_moves(test, IN, address + RING_SIZE / 2, RING_SIZE / 2, 0);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(ring + RING_SIZE / 2, RING_SIZE / 2, SEED));
}

/*
 * BUF-23 BUF-25 BUF-26 DMA-49 DMA-61 DMA-115: one segment as the mask wants it, prepared as
 * long as the ring is there, and once more by some
 */
static void ring_with_a_command(struct kunit *test)
{
	struct iomd_buffer *ring = iomd_kunit_buffer(test, make_ring(test));
	struct iomd_dma *dma = iomd_kunit_command(test, bits(test), 1, test->priv);
	struct iomd_desc *desc = iomd_buffer_desc(ring);
	u64 address;

	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
	address = ring_address(test, dma);
	expect_coherent(test, iomd_buffer_get_bytes_no_copy(ring), address);

	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, RING_SIZE, true, true), 0);
	KUNIT_EXPECT_EQ(test, ring_address(test, dma), address);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
	KUNIT_EXPECT_EQ(test, ring_address(test, dma), address);

	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
}

/* DMA-47 DMA-53: the ring may be let go of before the command that holds it */
static void ring_goes_before_its_command(struct kunit *test)
{
	struct iomd_dma *dma = iomd_kunit_command(test, bits(test), 1, test->priv);
	struct iomd_buffer *ring = make_ring(test);
	struct iomd_desc *desc = iomd_buffer_desc(ring);
	u8 *bytes = iomd_buffer_get_bytes_no_copy(ring);
	u64 address;

	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
	address = ring_address(test, dma);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	iomd_buffer_put(ring);

	KUNIT_EXPECT_EQ(test, ring_address(test, dma), address);
	expect_coherent(test, bytes, address);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
	KUNIT_EXPECT_PTR_EQ(test, iomd_dma_get_memory_descriptor(dma), NULL);
}

/*
 * MD-47 MD-51 GMD-91 BUF-23 BUF-26: the buffer alone gives an address that the device can
 * use, which is contiguous from end to end
 */
static void ring_without_a_command(struct kunit *test)
{
	struct iomd_buffer *ring = iomd_kunit_buffer(test, make_ring(test));
	struct iomd_desc *desc = iomd_buffer_desc(ring);
	u64 length, address = iomd_desc_get_physical_segment(desc, 0, &length, 0);

	KUNIT_EXPECT_EQ(test, length, (u64)RING_SIZE);
	KUNIT_EXPECT_EQ(test, offset_in_page(address), 0UL);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_address(desc), address);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_segment(desc, 0x1234, NULL, 0),
			address + 0x1234);
	expect_coherent(test, iomd_buffer_get_bytes_no_copy(ring), address);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
}

/* The device's registers, and its buffer as it names it itself. */
#define EDU_DMA_SOURCE		0x80
#define EDU_DMA_DESTINATION	0x88
#define EDU_DMA_COUNT		0x90
#define EDU_DMA_COMMAND		0x98
#define   EDU_DMA_START		0x1	/* until the transfer has ended */
#define   EDU_DMA_TO_MEMORY	0x2
#define EDU_BUFFER		0x40000

static void edu_moves(struct kunit *test, void __iomem *regs, u32 source, u32 destination,
		      u32 count, u32 command)
{
	writel(source, regs + EDU_DMA_SOURCE);
	writel(destination, regs + EDU_DMA_DESTINATION);
	writel(count, regs + EDU_DMA_COUNT);
	writel(command | EDU_DMA_START, regs + EDU_DMA_COMMAND);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_wait_for(!(readl(regs + EDU_DMA_COMMAND) &
						      EDU_DMA_START)));
}

/* BUF-26: a real device finds the ring through the IOMMU, and reads and writes it */
static void ring_of_a_real_device(struct kunit *test)
{
	struct pci_dev *edu = to_pci_dev(iomd_mapper_get_device(test->priv));
	struct iomd_buffer *ring = iomd_kunit_buffer(test, make_ring(test));
	struct iomd_dma *dma = iomd_kunit_command(test, bits(test), 1, test->priv);
	u8 *bytes = iomd_buffer_get_bytes_no_copy(ring);
	void __iomem *regs;
	u64 address;

	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, iomd_buffer_desc(ring), true),
			0);
	address = ring_address(test, dma);
	memset(bytes, 0, RING_SIZE);
	iomd_kunit_fill(bytes + 0x20, 0x40, SEED);

	regs = pci_iomap(edu, 0, 0);
	KUNIT_ASSERT_TRUE(test, regs);
	edu_moves(test, regs, address + 0x20, EDU_BUFFER, 0x40, 0);
	edu_moves(test, regs, EDU_BUFFER, address + 0x2101, 0x40, EDU_DMA_TO_MEMORY);
	pci_iounmap(edu, regs);

	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(bytes + 0x2101, 0x40, SEED));
	KUNIT_EXPECT_EQ(test, bytes[0x2100], 0);
	KUNIT_EXPECT_EQ(test, bytes[0x2141], 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(iomd_buffer_desc(ring), NONE), 0);
}

/*
 * Requests.
 */

static void expect_request(struct kunit *test, struct iomd_dma *dma, u8 *memory, u64 offset,
			   u64 length)
{
	u32 direction = iomd_desc_get_direction(iomd_dma_get_memory_descriptor(dma));

	memset(memory, 0, NR_PAGES * PAGE_SIZE);
	if (direction == OUT)
		iomd_kunit_fill(memory + offset, length, SEED);

	KUNIT_ASSERT_EQ(test, iomd_dma_prepare(dma, offset, length, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_bounced(dma) == 0, behind_iommu(test));
	KUNIT_EXPECT_EQ(test, moved_one_by_one(test, dma, direction, 0, length),
			DIV_ROUND_UP(length, PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);

	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(memory + offset, length, SEED));
	KUNIT_EXPECT_EQ(test, memory[offset - 1], 0);
	KUNIT_EXPECT_EQ(test, memory[offset + length], 0);
}

/*
 * DMA-43 DMA-80 DMA-91 DMA-92 DMA-103 DMA-116 DMA-121: parts of memory in turn, of one
 * descriptor and of another, by one command; its bytes arrive, and no others
 */
static void command_is_used_again(struct kunit *test)
{
	struct iomd_desc *descs[2];
	struct iomd_dma *dma;
	u8 *memory[2];
	u32 i;

	for (i = 0; i < 2; i++) {
		memory[i] = scattered(test);
		descs[i] = iomd_kunit_kernel_desc(test, memory[i], NR_PAGES * PAGE_SIZE,
						  i ? OUT : IN);
		KUNIT_ASSERT_EQ(test, iomd_desc_prepare(descs[i], NONE), 0);
	}
	dma = iomd_kunit_dma(test, iomd_dma_with_specification(iomd_dma_output_host32, bits(test),
							       SZ_4K, MAPPED, SZ_1M, SZ_4K, NULL,
							       NULL));
	for (i = 0; i < 4; i++) {
		KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, descs[i % 2], false), 0);
		expect_request(test, dma, memory[i % 2], SZ_4K, 0x2200);
		expect_request(test, dma, memory[i % 2], 2 * SZ_4K, 0x1001 + i);
	}
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_EQ(test, iomd_desc_complete(descs[i], NONE), 0);
}

/*
 * Page lists.
 */

/* Every segment but the first begins a page, and every one but the last ends one. */
static void expect_page_list(struct kunit *test, struct iomd_dma *dma, u64 begin, u64 length)
{
	struct iomd_segment64 list[NR_PAGES + 1] = {};
	u64 offset = 0, done = 0, first;
	u32 nr = NR_PAGES + 1, i;

	KUNIT_ASSERT_EQ(test, iomd_dma_gen64_iovm_segments(dma, &offset, list, &nr), 0);
	KUNIT_EXPECT_EQ(test, offset, length);
	first = min_t(u64, PAGE_SIZE - offset_in_page(list[0].iovm_addr), length);
	for (i = 0; i < nr; i++) {
		u64 expected = i ? min_t(u64, PAGE_SIZE, length - done) : first;

		KUNIT_EXPECT_EQ(test, list[i].length, expected);
		KUNIT_EXPECT_TRUE(test, !i || PAGE_ALIGNED(list[i].iovm_addr));
		device_moves(test, OUT, list[i].iovm_addr, list[i].length, begin + done);
		done += list[i].length;
	}
	KUNIT_EXPECT_EQ(test, done, length);
}

static const struct iomd_range page_lists[] = {
	{ 0, 3 * SZ_4K }, { 0xa04, 3 * SZ_4K }, { 0xffc, 2 * SZ_4K + 8 }, { 0x1200, 0x400 },
	{ 0x800, NR_PAGES * SZ_4K - 0x800 },
};

/* DMA-92 DMA-103 DMA-105: the list of all pages in one call, however they begin */
static void page_list(struct kunit *test)
{
	const struct iomd_dma_segment_options options = {
		.struct_size = sizeof(options),
		.num_address_bits = bits(test),
		.max_segment_size = PAGE_SIZE,
		.alignment = 4,
		.alignment_internal_segments = PAGE_SIZE,
	};
	u8 *memory = scattered(test);
	struct iomd_desc *desc = iomd_kunit_kernel_desc(test, memory, NR_PAGES * PAGE_SIZE, OUT);
	struct iomd_dma *dma;
	u32 i;

	dma = iomd_kunit_dma(test, iomd_dma_with_segment_options(iomd_dma_output_host64, &options,
								 MAPPED, NULL, NULL));
	iomd_kunit_fill(memory, NR_PAGES * PAGE_SIZE, SEED);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, false), 0);
	for (i = 0; i < ARRAY_SIZE(page_lists); i++) {
		const struct iomd_range *range = &page_lists[i];

		KUNIT_ASSERT_EQ(test, iomd_dma_prepare(dma, range->address, range->length, true,
						       true), 0);
		expect_page_list(test, dma, range->address, range->length);
		KUNIT_EXPECT_EQ(test, iomd_dma_get_bounced(dma) == 0, behind_iommu(test));
		KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
	}
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
}

/* DMA-73 DMA-76: where the first has to begin a page, too, a copy does when the memory does not */
static void page_list_of_whole_pages(struct kunit *test)
{
	const u64 length = 3 * PAGE_SIZE + 0x10;
	u8 *memory = scattered(test);
	struct iomd_desc *desc = iomd_kunit_kernel_desc(test, memory + 0xa04, length, OUT);
	struct iomd_segment64 first;
	struct iomd_dma *dma;

	dma = iomd_kunit_dma(test, iomd_dma_with_specification(iomd_dma_output_host64, bits(test),
							       PAGE_SIZE, MAPPED, 0, PAGE_SIZE,
							       NULL, NULL));
	iomd_kunit_fill(memory + 0xa04, length, SEED);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
	first = iomd_kunit_segment(test, dma, 0);
	KUNIT_EXPECT_EQ(test, offset_in_page(first.iovm_addr), 0UL);
	expect_page_list(test, dma, 0, length);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_bounced(dma), length);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
}

/*
 * Scatter-gather tables.
 */

#define BLOCK_ORDER	5
#define BLOCK_LENGTH	(PAGE_SIZE << BLOCK_ORDER)

static void undo_block(void *data)
{
	free_pages((unsigned long)data, BLOCK_ORDER);
}

static u8 *contiguous_block(struct kunit *test)
{
	struct page *page = alloc_pages(GFP_KERNEL | GFP_DMA32, BLOCK_ORDER);

	KUNIT_ASSERT_NOT_NULL(test, page);
	iomd_kunit_defer(test, undo_block, page_address(page));
	return page_address(page);
}

/* DMA-96 DMA-91 DMA-103 DMA-104: even and short enough, from wherever the table goes on */
static void table_is_filled_one_by_one(struct kunit *test)
{
	const struct iomd_dma_segment_options options = {
		.struct_size = sizeof(options),
		.num_address_bits = bits(test),
		.max_segment_size = 0xffff,
		.alignment = 2,
		.alignment_length = 2,
		.alignment_internal_segments = 1,
	};
	u8 *memory = contiguous_block(test);
	struct iomd_desc *desc = iomd_kunit_kernel_desc(test, memory, BLOCK_LENGTH, OUT);
	const u64 begin = 0x102, length = BLOCK_LENGTH - 0x1000;
	u64 offset, start, longest = 0;
	struct iomd_segment32 segment;
	struct iomd_dma *dma;
	u32 one = 1;

	dma = iomd_kunit_dma(test, iomd_dma_with_segment_options(iomd_dma_output_host32, &options,
								 MAPPED, NULL, NULL));
	iomd_kunit_fill(memory, BLOCK_LENGTH, SEED);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, false), 0);
	KUNIT_ASSERT_EQ(test, iomd_dma_prepare(dma, begin, length, true, true), 0);

	for (offset = 0x5002; offset < length;) {
		start = offset;
		KUNIT_ASSERT_EQ(test, iomd_dma_gen32_iovm_segments(dma, &offset, &segment, &one),
				0);
		KUNIT_ASSERT_EQ(test, offset, start + segment.length);
		KUNIT_EXPECT_EQ(test, (segment.iovm_addr | segment.length) & 1, 0U);
		KUNIT_EXPECT_LE(test, segment.length, 0xfffeU);
		device_moves(test, OUT, segment.iovm_addr, segment.length, begin + start);
		longest = max_t(u64, longest, segment.length);
	}
	if (!iomd_dma_get_bounced(dma))
		KUNIT_EXPECT_EQ(test, longest, 0xfffeULL);
	moved_one_by_one(test, dma, OUT, begin, length);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
}

/*
 * Packets.
 */

/* Without a command, the address of each page of a packet is asked for. */
static void receive(struct kunit *test, struct iomd_desc *desc, u64 in_page)
{
	u64 length = iomd_desc_get_length(desc), offset, chunk;

	for (offset = 0; offset < length; offset += chunk) {
		u64 address = iomd_desc_get_physical_segment(desc, offset, NULL, 0);

		chunk = min_t(u64, PAGE_SIZE - offset_in_page(in_page + offset), length - offset);
		KUNIT_EXPECT_EQ(test, offset_in_page(address), offset_in_page(in_page + offset));
		device_moves(test, IN, address, chunk, offset);
	}
}

/* GMD-24 GMD-28 MD-47 MD-51 GMD-91: one descriptor for all packets, made anew for each */
static void packets_take_turns(struct kunit *test)
{
	const u32 options = IOMD_MEMORY_TYPE_VIRTUAL | IN | IOMD_MEMORY_AS_REFERENCE;
	struct page *pages[2] = {
		iomd_kunit_page(test, 0, DMA_BIT_MASK(28)),
		iomd_kunit_page(test, 0, DMA_BIT_MASK(28)),
	};
	u8 *memory = iomd_kunit_vmap(test, pages, 2);
	struct iomd_range range = { (unsigned long)memory, 1 };
	struct iomd_desc *desc;
	u32 i;

	desc = iomd_kunit_desc(test, iomd_desc_with_options(&range, 1, 0, IOMD_KERNEL_TASK,
							    options, test->priv));
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	iomd_desc_set_tag(desc, SEED);
	for (i = 0; i < 8; i++) {
		const u64 in_page = 0xa00 + 2 * i, length = 60 + 200 * i;

		memset(memory, 0, 2 * PAGE_SIZE);
		KUNIT_EXPECT_EQ(test, iomd_desc_get_tag(desc), (u32)SEED);
		KUNIT_ASSERT_EQ(test, iomd_desc_complete(desc, NONE), 0);
		range = (struct iomd_range){ (unsigned long)memory + in_page, length };
		KUNIT_ASSERT_EQ(test, iomd_desc_init_with_options(desc, &range, 1, 0,
								  IOMD_KERNEL_TASK, options,
								  test->priv), 0);
		KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
		receive(test, desc, in_page);
		KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(memory + in_page, length, SEED));
		KUNIT_EXPECT_EQ(test, memory[in_page - 1], 0);
		KUNIT_EXPECT_EQ(test, memory[in_page + length], 0);
	}
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(ring_with_a_command, reach_gen_params),
	KUNIT_CASE_PARAM(ring_goes_before_its_command, reach_gen_params),
	KUNIT_CASE_PARAM(ring_without_a_command, reach_gen_params),
	KUNIT_CASE(ring_of_a_real_device),
	KUNIT_CASE_PARAM(command_is_used_again, reach_gen_params),
	KUNIT_CASE_PARAM(page_list, reach_gen_params),
	KUNIT_CASE_PARAM(page_list_of_whole_pages, reach_gen_params),
	KUNIT_CASE_PARAM(table_is_filled_one_by_one, reach_gen_params),
	KUNIT_CASE_PARAM(packets_take_turns, reach_gen_params),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_idioms",
	.suite_init = iomd_kunit_iommu_suite_init,
	.suite_exit = iomd_kunit_iommu_suite_exit,
	.init = init,
	.test_cases = cases,
};

kunit_test_suite(suite);
