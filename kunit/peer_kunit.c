// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of one device as another sees it: it has no pages, and is mapped all the same.
 */
#include <linux/dma-mapping.h>
#include <linux/iommu.h>
#include <linux/pci.h>

#include "behind_iommu.h"
#include "compose.h"

#define BOTH		IOMD_DIRECTION_OUT_IN
#define NONE		IOMD_DIRECTION_NONE
#define ACCESS		(IOMD_DMA_MAP_READ_ACCESS | IOMD_DMA_MAP_WRITE_ACCESS)

/* Who is to see it: a device that nothing translates for, and one behind an IOMMU. */
struct peer {
	const char *name;
	bool translated;
};

static const struct peer peers[] = {
	{ "direct", false },
	{ "behind an IOMMU", true },
};

static void peer_name(const struct peer *peer, char *name)
{
	strscpy(name, peer->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(peer, peers, peer_name);

/* Registers of QEMU's edu device, in physical memory at @bar; and who looks at them. */
struct fixture {
	u64 bar;
	struct device *dev;
	struct iomd_mapper *mapper;
};

static int init(struct kunit *test)
{
	const struct peer *peer = test->param_value;
	struct fixture *fixture;
	struct device *edu;
	int err = iomd_kunit_init(test);

	if (err)
		return err;
	fixture = iomd_kunit_zalloc(test, sizeof(*fixture));
	edu = iomd_kunit_device_behind_iommu(test);
	fixture->bar = pci_resource_start(to_pci_dev(edu), 0);
	KUNIT_ASSERT_FALSE(test, pfn_valid(PHYS_PFN(fixture->bar)));
	KUNIT_ASSERT_GE(test, (u64)pci_resource_len(to_pci_dev(edu), 0), 1ULL << 20);
	fixture->mapper = peer && peer->translated ? iomd_kunit_translating_mapper(test) :
						     iomd_kunit_device_mapper(test, 64);
	fixture->dev = iomd_mapper_get_device(fixture->mapper);
	test->priv = fixture;
	return 0;
}

/* Where in physical memory the device really is when it uses @address. */
static u64 reached(struct kunit *test, u64 address)
{
	struct fixture *fixture = test->priv;

	if (!iomd_mapper_translates(fixture->mapper))
		return address;
	return iommu_iova_to_phys(iommu_get_domain_for_dev(fixture->dev), address);
}

static void expect_reaches(struct kunit *test, u64 address, u64 offset)
{
	struct fixture *fixture = test->priv;

	KUNIT_EXPECT_EQ(test, reached(test, address), fixture->bar + offset);
	KUNIT_EXPECT_EQ(test, iomd_mapper_map_to_physical_address(fixture->mapper, address),
			fixture->bar + offset);
}

static void expect_unreachable(struct kunit *test, u64 address)
{
	struct fixture *fixture = test->priv;

	KUNIT_EXPECT_EQ(test, iomd_mapper_map_to_physical_address(fixture->mapper, address), 0ULL);
	if (iomd_mapper_translates(fixture->mapper))
		KUNIT_EXPECT_EQ(test, reached(test, address), 0ULL);
}

/* The registers from @offset on: as the CPU has them, and bound to the mapper. */
static struct iomd_desc *registers(struct kunit *test, u64 offset, u64 length)
{
	struct fixture *fixture = test->priv;

	return iomd_kunit_desc(test, iomd_device_with_range(fixture->bar + offset, length));
}

static struct iomd_desc *bound(struct kunit *test, u64 offset, u64 length)
{
	struct fixture *fixture = test->priv;
	struct iomd_range range = { fixture->bar + offset, length };

	return iomd_kunit_desc(test, iomd_desc_with_options(&range, 1, 0, NULL,
							    IOMD_MEMORY_TYPE_PHYSICAL | BOTH,
							    fixture->mapper));
}

static struct iomd_dma *command(struct kunit *test)
{
	struct fixture *fixture = test->priv;

	return iomd_kunit_command(test, 64, 1, fixture->mapper);
}

/* DMA-85 DEV-1: a command's device reaches it, from any byte on, while the command has it */
static void commands_map_it(struct kunit *test)
{
	struct iomd_desc *desc = registers(test, 0xa10, 0x3000);
	struct iomd_dma *dma = command(test);
	struct iomd_segment64 segment;

	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_bounced(dma), 0ULL);
	segment = iomd_kunit_segment(test, dma, 0);
	KUNIT_EXPECT_EQ(test, segment.length, 0x3000ULL);
	expect_reaches(test, segment.iovm_addr, 0xa10);
	expect_reaches(test, segment.iovm_addr + 0x2fff, 0x3a0f);
	KUNIT_EXPECT_EQ(test, iomd_dma_synchronize(dma, IOMD_DIRECTION_OUT), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_synchronize(dma, IOMD_DIRECTION_IN), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
	expect_unreachable(test, segment.iovm_addr);
}

static struct iomd_desc *register_pieces(struct kunit *test, const u64 *offsets, u32 nr)
{
	struct iomd_desc **children = kunit_kcalloc(test, nr, sizeof(*children), GFP_KERNEL);
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, children);
	for (i = 0; i < nr; i++)
		children[i] = registers(test, offsets[i], 0x1000);
	return iomd_kunit_multi(test, children, nr, NONE);
}

/* DMA-85: in more pieces than there is room for in a mapping itself, two of them one */
static void commands_map_pieces(struct kunit *test)
{
	u64 offsets[IOMD_KUNIT_MANY + 7] = { 0x8000, 0x9000, 0x6010, 0x4000, 0x20000, 0, 0x8000 };
	struct iomd_desc *multi;
	struct iomd_dma *dma = command(test);
	struct iomd_segment64 segment;
	u32 i;

	for (i = 7; i < ARRAY_SIZE(offsets); i++)
		offsets[i] = 0x60000 - 0x2000 * i;
	multi = register_pieces(test, offsets, ARRAY_SIZE(offsets));
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, multi, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_segment(test, dma, 0).length, 0x2000ULL);
	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		segment = iomd_kunit_segment(test, dma, i * 0x1000);
		expect_reaches(test, segment.iovm_addr, offsets[i]);
		segment = iomd_kunit_segment(test, dma, i * 0x1000 + 0xfff);
		KUNIT_EXPECT_EQ(test, reached(test, segment.iovm_addr) & 0xfff,
				(offsets[i] + 0xfff) & 0xfff);
	}
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
	expect_unreachable(test, segment.iovm_addr);
}

/* MD-51 GMD-31: bound to a mapper it has addresses for that, as long as the descriptor is */
static void descriptors_map_it(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_range range = { fixture->bar + 0x10, 0x2000 };
	struct iomd_desc *desc = iomd_desc_with_options(&range, 1, 0, NULL,
							IOMD_MEMORY_TYPE_PHYSICAL | BOTH,
							fixture->mapper);
	u64 length, address;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, desc);
	address = iomd_desc_get_physical_segment(desc, 0x20, &length, 0);
	KUNIT_EXPECT_EQ(test, length, 0x1fe0ULL);
	expect_reaches(test, address, 0x30);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, 0x20, NULL), fixture->bar + 0x30);
	iomd_desc_put(desc);
	expect_unreachable(test, address);
}

/* DMA-85: nothing is said against mapping it several times */
static void may_be_mapped_twice(struct kunit *test)
{
	struct iomd_desc *desc = registers(test, 0, 0x2000), *other = bound(test, 0x1000, 0x2000);
	struct iomd_dma *dma[2] = { command(test), command(test) };
	struct iomd_segment64 segment;

	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma[0], desc, true), 0);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma[1], other, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma[0], true), 0);
	segment = iomd_kunit_segment(test, dma[1], 8);
	expect_reaches(test, segment.iovm_addr, 0x1008);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma[1], true), 0);
}

/* MAPPER-19 MAPPER-23 MAPPER-28: it is one window, like memory that is contiguous */
static void windows_hold_it(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_desc *desc = registers(test, 0x800, 0x3000);
	u64 address, length;

	KUNIT_ASSERT_EQ(test, iomd_mapper_iovm_map_memory(fixture->mapper, desc, 0x100, 0x2000,
							  ACCESS, NULL, NULL, NULL, &address,
							  &length), 0);
	KUNIT_EXPECT_EQ(test, length, 0x3000ULL);
	expect_reaches(test, address, 0x900);
	expect_reaches(test, address + 0x1fff, 0x28ff);
	KUNIT_EXPECT_EQ(test, iomd_mapper_iovm_unmap_memory(fixture->mapper, desc, NULL, address,
							    length), 0);
	expect_unreachable(test, address);
}

/* DMA-85: one mapping is of the one or of the other; what cannot be had leaves nothing */
static void is_not_mixed_with_memory(struct kunit *test)
{
	u8 *memory = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	struct iomd_desc *children[3], *multi;
	struct iomd_dma *dma = command(test);
	struct iomd_segment64 segment;
	u32 i;

	children[0] = registers(test, 0, PAGE_SIZE);
	children[1] = iomd_kunit_of_kernel(test, memory, PAGE_SIZE, BOTH);
	children[2] = children[0];
	for (i = 0; i < 2; i++) {
		multi = iomd_kunit_multi(test, children + i, 2, NONE);
		KUNIT_ASSERT_EQ(test, iomd_desc_prepare(multi, NONE), 0);
		KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, multi, false), 0);
		KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0, true, true), -EOPNOTSUPP);
		KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
		KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, i ? PAGE_SIZE : 0, PAGE_SIZE, true,
						       true), 0);
		segment = iomd_kunit_segment(test, dma, 0);
		expect_reaches(test, segment.iovm_addr, 0);
		KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
		KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, false), 0);
		KUNIT_EXPECT_EQ(test, iomd_desc_complete(multi, NONE), 0);
	}
}

/* What a device that is unbound reaches is taken from it, whoever mapped it */
static void unbinding_takes_it(struct kunit *test)
{
	struct iomd_desc *desc = bound(test, 0, 0x2000), *plain = registers(test, 0x4000, 0x1000);
	struct fixture *fixture = test->priv;
	struct iomd_dma *dma = command(test);
	struct iomd_segment64 segment;
	u64 address, offset = 0;
	u32 nr = 1;

	address = iomd_desc_get_physical_address(desc);
	expect_reaches(test, address, 0);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, plain, true), 0);
	segment = iomd_kunit_segment(test, dma, 0);
	expect_reaches(test, segment.iovm_addr, 0x4000);

	iomd_kunit_unbind(fixture->dev);
	expect_unreachable(test, address);
	expect_unreachable(test, segment.iovm_addr);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_address(desc), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_dma_gen64_iovm_segments(dma, &offset, &segment, &nr), -ENODEV);
	KUNIT_EXPECT_EQ(test, iomd_dma_synchronize(dma, IOMD_DIRECTION_OUT), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
}

/* DMA-85 MAPPER-30: registers beyond what a device can address are not asked for */
static void may_be_out_of_reach(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_dma *dma;

	fixture->mapper = iomd_kunit_device_mapper(test, 31);
	dma = command(test);
	KUNIT_ASSERT_GE(test, fixture->bar, 1ULL << 31);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, registers(test, 0, 16), false),
			0);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0, true, true), -EIO);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
	expect_unreachable(test, fixture->bar);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_address(bound(test, 0, 16)), 0ULL);
}

static int map_once(struct kunit *test, void *data)
{
	int err = iomd_dma_prepare(data, 0, 0, true, true);

	iomd_dma_complete(data, true, true);
	return err;
}

static int map_window_once(struct kunit *test, void *desc)
{
	struct fixture *fixture = test->priv;
	u64 address, length;
	int err;

	err = iomd_mapper_iovm_map_memory(fixture->mapper, desc, 0, 0x1000, ACCESS, NULL, NULL,
					  NULL, &address, &length);
	if (!err)
		err = iomd_mapper_iovm_unmap_memory(fixture->mapper, desc, NULL, address, length);
	return err;
}

/* DMA-85 MAPPER-19: whatever allocation fails, nothing is mapped */
static void survives_failing_allocations(struct kunit *test)
{
	struct iomd_dma *dma = command(test);
	u64 offsets[IOMD_KUNIT_MANY];
	struct iomd_desc *multi;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(offsets); i++)
		offsets[i] = 0x60000 - 0x2000 * i;
	multi = register_pieces(test, offsets, ARRAY_SIZE(offsets));
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, multi, false), 0);

	/* Where entries are, that again for all of them, and the scatterlist. */
	KUNIT_EXPECT_EQ(test, iomd_kunit_sweep(test, map_once, dma, 3), 3U);
	/* A window, and where its one entry is. */
	KUNIT_EXPECT_EQ(test, iomd_kunit_sweep(test, map_window_once, registers(test, 0, 0x1000),
					       2), 2U);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, false), 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(commands_map_it, peer_gen_params),
	KUNIT_CASE_PARAM(commands_map_pieces, peer_gen_params),
	KUNIT_CASE_PARAM(descriptors_map_it, peer_gen_params),
	KUNIT_CASE_PARAM(may_be_mapped_twice, peer_gen_params),
	KUNIT_CASE_PARAM(windows_hold_it, peer_gen_params),
	KUNIT_CASE_PARAM(is_not_mixed_with_memory, peer_gen_params),
	KUNIT_CASE_PARAM(unbinding_takes_it, peer_gen_params),
	KUNIT_CASE(may_be_out_of_reach),
	KUNIT_CASE_PARAM(survives_failing_allocations, peer_gen_params),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_peer",
	.suite_init = iomd_kunit_iommu_suite_init,
	.suite_exit = iomd_kunit_iommu_suite_exit,
	.init = init,
	.test_cases = cases,
};

kunit_test_suite(suite);
