// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappers that have an address space of their own.
 */
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/pci.h>
#include <linux/resource_ext.h>

#include "behind_iommu.h"
#include "compose.h"

#define BOTH		IOMD_DIRECTION_OUT_IN
#define NONE		IOMD_DIRECTION_NONE

#define ACCESS		(IOMD_DMA_MAP_READ_ACCESS | IOMD_DMA_MAP_WRITE_ACCESS)
#define FIXED		IOMD_DMA_MAP_FIXED_ADDRESS

#define NR_PAGES	4

/* Where interrupts of devices go, on this machine. */
#define MSI_ADDRESS	0xfee00000ULL

struct fixture {
	struct page **pages;
	u8 *memory;
	struct device *dev;
	struct iomd_mapper *mapper;
};

static void clear_default(void *unused)
{
	iomd_mapper_clear_default();
}

static int init(struct kunit *test)
{
	struct fixture *fixture;
	int err = iomd_kunit_init(test);

	if (err)
		return err;
	fixture = iomd_kunit_zalloc(test, sizeof(*fixture));
	fixture->pages = iomd_kunit_scattered_pages(test, NR_PAGES);
	fixture->memory = iomd_kunit_vmap(test, fixture->pages, NR_PAGES);
	fixture->dev = iomd_kunit_device_behind_iommu(test);
	fixture->mapper = iomd_kunit_mapper(test, iomd_mapper_with_own_space(fixture->dev));
	iomd_kunit_defer(test, clear_default, NULL);
	test->priv = fixture;
	return 0;
}

static struct iomd_desc *bound(struct kunit *test, u64 offset, u64 length)
{
	struct fixture *fixture = test->priv;
	struct iomd_range range = { (unsigned long)fixture->memory + offset, length };
	struct iomd_desc *desc;

	desc = iomd_desc_with_options(&range, 1, 0, IOMD_KERNEL_TASK,
				      IOMD_MEMORY_TYPE_VIRTUAL | BOTH, fixture->mapper);
	iomd_kunit_desc(test, desc);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	return desc;
}

/* What the device reaches at @address. */
static u64 reached(struct kunit *test, u64 address)
{
	struct fixture *fixture = test->priv;

	return iomd_mapper_map_to_physical_address(fixture->mapper, address);
}

static u64 place(struct kunit *test, u64 offset)
{
	struct fixture *fixture = test->priv;

	return page_to_phys(fixture->pages[offset / PAGE_SIZE]) + offset_in_page(offset);
}

static int reserve(struct kunit *test, u64 length, u32 options, u8 bits, u64 *address, u64 *taken)
{
	const struct iomd_dma_map_specification spec = { .num_address_bits = bits };
	struct fixture *fixture = test->priv;

	return iomd_mapper_iovm_map_memory(fixture->mapper, NULL, 0, length, ACCESS | options,
					   &spec, NULL, NULL, address, taken);
}

static int give_back(struct kunit *test, u64 address, u64 length)
{
	struct fixture *fixture = test->priv;

	return iomd_mapper_iovm_unmap_memory(fixture->mapper, NULL, NULL, address, length);
}

/* MAPPER-10 MAPPER-16 MAPPER-18: one for a device, apart from the DMA API's */
static void there_is_one_for_a_device(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_mapper *again;

	again = iomd_kunit_mapper(test, iomd_mapper_with_own_space(fixture->dev));
	KUNIT_EXPECT_PTR_EQ(test, again, fixture->mapper);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_mapper_for_device(fixture->dev), -EBUSY);
	KUNIT_EXPECT_TRUE(test, iomd_mapper_translates(fixture->mapper));
	KUNIT_EXPECT_EQ(test, iomd_mapper_get_page_size(fixture->mapper), (u64)PAGE_SIZE);
	KUNIT_EXPECT_PTR_EQ(test, iomd_mapper_get_device(fixture->mapper), fixture->dev);
}

/* MAPPER-19 MAPPER-22 MAPPER-23 MAPPER-24 MAPPER-30: memory is mapped as by any other */
static void maps_memory(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_desc *desc = bound(test, 0xa00, 2 * PAGE_SIZE);
	struct iomd_dma *dma = iomd_kunit_command(test, 64, 1, fixture->mapper);
	struct iomd_segment64 segment;
	u64 address, length, i;

	KUNIT_EXPECT_EQ(test, iomd_mapper_iovm_map_memory(fixture->mapper, desc, 0x100, PAGE_SIZE,
							  ACCESS, NULL, NULL, NULL, &address,
							  &length), 0);
	KUNIT_EXPECT_EQ(test, offset_in_page(address), 0xb00UL);
	KUNIT_EXPECT_EQ(test, length, 2 * (u64)PAGE_SIZE);
	for (i = 0; i < PAGE_SIZE; i += 0x80)
		KUNIT_EXPECT_EQ(test, reached(test, address + i), place(test, 0xb00 + i));
	KUNIT_EXPECT_EQ(test, give_back(test, address, length), 0);
	KUNIT_EXPECT_EQ(test, reached(test, address), 0ULL);

	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
	segment = iomd_kunit_segment(test, dma, 0);
	KUNIT_EXPECT_EQ(test, segment.length, 2 * (u64)PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, reached(test, segment.iovm_addr + PAGE_SIZE),
			place(test, 0xa00 + PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_wait_for(!reached(test, segment.iovm_addr)));
}

/* MAPPER-20 MAPPER-25 MAPPER-28 MAPPER-29: space first, and memory page by page */
static void reserves_and_fills(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	u64 address, length, other, i;

	KUNIT_ASSERT_EQ(test, reserve(test, 2 * PAGE_SIZE + 1, 0, 0, &address, &length), 0);
	KUNIT_EXPECT_EQ(test, length, 3 * (u64)PAGE_SIZE);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, reached(test, address + i * PAGE_SIZE), 0ULL);

	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, iomd_mapper_iovm_insert(fixture->mapper, ACCESS, address,
							      (2 - i) * PAGE_SIZE,
							      place(test, i * PAGE_SIZE),
							      PAGE_SIZE), 0);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, reached(test, address + i * PAGE_SIZE + 5),
				place(test, (2 - i) * PAGE_SIZE + 5));

	/* What was there is replaced. */
	KUNIT_EXPECT_EQ(test, iomd_mapper_iovm_insert(fixture->mapper, IOMD_DMA_MAP_READ_ACCESS,
						      address, PAGE_SIZE,
						      place(test, 3 * PAGE_SIZE), PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, reached(test, address + PAGE_SIZE), place(test, 3 * PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, reached(test, address), place(test, 2 * PAGE_SIZE));

	KUNIT_EXPECT_EQ(test, reserve(test, PAGE_SIZE, 0, 0, &other, &length), 0);
	KUNIT_EXPECT_TRUE(test, other + PAGE_SIZE <= address || other >= address + 3 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, give_back(test, other, length), 0);
	KUNIT_EXPECT_EQ(test, give_back(test, address, 3 * PAGE_SIZE), 0);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, reached(test, address + i * PAGE_SIZE), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_mapper_iovm_insert(fixture->mapper, ACCESS, address, 0,
						      place(test, 0), PAGE_SIZE), -EINVAL);
}

/* MAPPER-29: where nothing was reserved, nothing is inserted; and nothing but whole pages */
static void fills_only_what_is_reserved(struct kunit *test)
{
	static const struct {
		u64 ahead;
		u64 offset;
		u64 phys;
		u64 length;
		u32 options;
		int err;
	} strays[] = {
		{ 0, 2 * PAGE_SIZE, 0, PAGE_SIZE, ACCESS, -EINVAL },
		{ 0, PAGE_SIZE, 0, 2 * PAGE_SIZE, ACCESS, -EINVAL },
		{ 0, U64_MAX & PAGE_MASK, 0, 2 * PAGE_SIZE, ACCESS, -EINVAL },
		{ PAGE_SIZE, 0, 0, PAGE_SIZE, ACCESS, -EINVAL },
		{ 0, 0, 0, PAGE_SIZE, 0, -EINVAL },
		{ 0, 0, 0, 0, ACCESS, -EINVAL },
		{ 0, 1, 0, PAGE_SIZE, ACCESS, -EBADSLT },
		{ 0, 0, 1, PAGE_SIZE, ACCESS, -EBADSLT },
		{ 0, 0, 0, 1, ACCESS, -EBADSLT },
	};
	struct fixture *fixture = test->priv;
	u64 address, length;
	u32 i;

	KUNIT_ASSERT_EQ(test, reserve(test, 2 * PAGE_SIZE, 0, 0, &address, &length), 0);
	for (i = 0; i < ARRAY_SIZE(strays); i++)
		KUNIT_EXPECT_EQ(test, iomd_mapper_iovm_insert(fixture->mapper, strays[i].options,
							      address + strays[i].ahead,
							      strays[i].offset,
							      place(test, 0) + strays[i].phys,
							      strays[i].length), strays[i].err);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, reached(test, address + i * PAGE_SIZE), 0ULL);
	KUNIT_EXPECT_EQ(test, give_back(test, address, length), 0);
}

/* MAPPER-29 MAPPER-35: what stands for nothing is not inserted, nor what no machine has */
static void fills_with_memory_only(struct kunit *test)
{
	static const struct {
		u64 phys;
		u64 length;
	} strays[] = {
		{ 0, PAGE_SIZE },
		{ 0, 2 * PAGE_SIZE },
		{ 1ULL << 56, PAGE_SIZE },
		{ U64_MAX & PAGE_MASK, PAGE_SIZE },
		{ U64_MAX & PAGE_MASK, 2 * PAGE_SIZE },
	};
	struct fixture *fixture = test->priv;
	u64 address, length;
	u32 addr, i;

	KUNIT_ASSERT_EQ(test, reserve(test, 2 * PAGE_SIZE, 0, 0, &address, &length), 0);
	KUNIT_EXPECT_EQ(test, iomd_mapper_iovm_insert(fixture->mapper, ACCESS, address, 0,
						      place(test, 0), PAGE_SIZE), 0);
	for (i = 0; i < ARRAY_SIZE(strays); i++)
		KUNIT_EXPECT_EQ(test, iomd_mapper_iovm_insert(fixture->mapper, ACCESS, address, 0,
							      strays[i].phys, strays[i].length),
				-EINVAL);
	KUNIT_EXPECT_EQ(test, reached(test, address), place(test, 0));
	KUNIT_EXPECT_EQ(test, give_back(test, address, length), 0);

	KUNIT_ASSERT_EQ(test, iomd_mapper_set_default(fixture->mapper), 0);
	addr = iomd_mapper_iovm_alloc(1);
	KUNIT_ASSERT_NE(test, addr, 0U);
	KUNIT_EXPECT_EQ(test, iomd_mapper_insert_page(addr, 0, 0), 0U);
	iomd_mapper_iovm_free(addr, 1);
}

static void free_large(void *page)
{
	__free_pages(page, 9);
}

/* MAPPER-29: a page of what was inserted as much more is replaced, and nothing else */
static void replaces_a_part(struct kunit *test)
{
	struct page *large = alloc_pages(GFP_KERNEL | __GFP_ZERO, 9);
	struct fixture *fixture = test->priv;
	u64 address = 0x10000000, length, i;

	KUNIT_ASSERT_NOT_NULL(test, large);
	iomd_kunit_defer(test, free_large, large);
	KUNIT_ASSERT_EQ(test, reserve(test, 2 << 20, FIXED, 0, &address, &length), 0);
	KUNIT_EXPECT_EQ(test, iomd_mapper_iovm_insert(fixture->mapper, ACCESS, address, 0,
						      page_to_phys(large), 2 << 20), 0);
	KUNIT_EXPECT_EQ(test, iomd_mapper_iovm_insert(fixture->mapper, ACCESS, address, PAGE_SIZE,
						      place(test, 0), PAGE_SIZE), 0);
	for (i = 0; i < 2 << 20; i += PAGE_SIZE)
		KUNIT_EXPECT_EQ(test, reached(test, address + i),
				i == PAGE_SIZE ? place(test, 0) : page_to_phys(large) + i);
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(page_address(large), 0, 2 << 20), NULL);
	KUNIT_EXPECT_EQ(test, give_back(test, address, length), 0);
}

/* MAPPER-20 MAPPER-21: space at a chosen place, if nobody has it */
static void reserves_at_an_address(struct kunit *test)
{
	u64 address = 0x10000000, length, other;

	KUNIT_ASSERT_EQ(test, reserve(test, 4 * PAGE_SIZE, FIXED, 0, &address, &length), 0);
	KUNIT_EXPECT_EQ(test, address, 0x10000000ULL);
	KUNIT_EXPECT_EQ(test, length, 4 * (u64)PAGE_SIZE);

	other = address + 3 * PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, reserve(test, PAGE_SIZE, FIXED, 0, &other, &length), -EBUSY);
	other = address - PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, reserve(test, 2 * PAGE_SIZE, FIXED, 0, &other, &length), -EBUSY);
	KUNIT_EXPECT_EQ(test, reserve(test, PAGE_SIZE, FIXED, 0, &other, &length), 0);
	KUNIT_EXPECT_EQ(test, give_back(test, other, length), 0);
	KUNIT_EXPECT_EQ(test, give_back(test, address, 4 * PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, reserve(test, 4 * PAGE_SIZE, FIXED, 0, &address, &length), 0);
	KUNIT_EXPECT_EQ(test, give_back(test, address, length), 0);

	/* Higher up, and lower down. */
	for (other = 0x18000000; other; other >>= 4, other &= PAGE_MASK) {
		KUNIT_EXPECT_EQ(test, reserve(test, PAGE_SIZE, FIXED, 0, &other, &length), 0);
		KUNIT_EXPECT_EQ(test, give_back(test, other, length), 0);
	}

	address = 0x10000001;
	KUNIT_EXPECT_EQ(test, reserve(test, PAGE_SIZE, FIXED, 0, &address, &length), -EBADSLT);
	address = MSI_ADDRESS;
	KUNIT_EXPECT_EQ(test, reserve(test, PAGE_SIZE, FIXED, 0, &address, &length), -EBUSY);
	address = 0;
	KUNIT_EXPECT_EQ(test, reserve(test, PAGE_SIZE, FIXED, 0, &address, &length), -EBUSY);
	address = 0x40000000;
	KUNIT_EXPECT_EQ(test, reserve(test, PAGE_SIZE, FIXED, 30, &address, &length), -EMSGSIZE);
	address = U64_MAX & PAGE_MASK;
	KUNIT_EXPECT_EQ(test, reserve(test, 2 * PAGE_SIZE, FIXED, 0, &address, &length), -EBUSY);
}

/* Can so much space be had at a chosen place? It is given back at once. */
static bool may_have(struct kunit *test, u64 address, u64 length)
{
	u64 taken;

	if (reserve(test, length, FIXED, 0, &address, &taken))
		return false;
	KUNIT_EXPECT_EQ(test, give_back(test, address, taken), 0);
	return true;
}

/* MAPPER-20: addresses of the machine's devices are nobody's; a device may not come past them */
static void keeps_off_other_devices(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct pci_dev *edu = to_pci_dev(fixture->dev);
	u64 bar = pci_resource_start(edu, 0), below = 0;
	struct resource_entry *window;

	KUNIT_ASSERT_LT(test, bar, 1ULL << 32);
	KUNIT_EXPECT_FALSE(test, may_have(test, bar, PAGE_SIZE));
	KUNIT_EXPECT_FALSE(test, may_have(test, bar - PAGE_SIZE, PAGE_SIZE));
	resource_list_for_each_entry(window, &pci_find_host_bridge(edu->bus)->windows) {
		u64 start = window->res->start - window->offset;
		u64 end = window->res->end - window->offset;

		if (resource_type(window->res) != IORESOURCE_MEM || end >= 1ULL << 32)
			continue;
		below++;
		KUNIT_EXPECT_FALSE(test, may_have(test, start & PAGE_MASK, PAGE_SIZE));
		KUNIT_EXPECT_FALSE(test, may_have(test, end & PAGE_MASK, PAGE_SIZE));
	}
	KUNIT_EXPECT_GT(test, below, 0ULL);
}

static void undo_ranges(void *bridge)
{
	pci_free_resource_list(&((struct pci_host_bridge *)bridge)->dma_ranges);
}

static void let_through(struct kunit *test, struct pci_host_bridge *bridge, u64 start, u64 end,
			u64 offset)
{
	struct resource *res = kunit_kzalloc(test, sizeof(*res), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, res);
	*res = (struct resource) { .start = start, .end = end, .flags = IORESOURCE_MEM };
	pci_add_resource_offset(&bridge->dma_ranges, res, offset);
}

/* MAPPER-20: of addresses that the host bridge does not let through none is given out */
static void keeps_to_what_the_bridge_lets_through(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct pci_host_bridge *bridge = pci_find_host_bridge(to_pci_dev(fixture->dev)->bus);
	struct device *dev = fixture->dev;
	u64 bar = pci_resource_start(to_pci_dev(dev), 0);

	KUNIT_ASSERT_TRUE(test, list_empty(&bridge->dma_ranges));
	iomd_kunit_unbind(dev);
	iomd_kunit_defer(test, undo_ranges, bridge);
	let_through(test, bridge, 0x28000000, 0xffffffff, 0x10000000);
	let_through(test, bridge, 0x10000800, 0x10003fff, 0);
	KUNIT_ASSERT_PTR_EQ(test, iomd_kunit_device_behind_iommu(test), dev);
	fixture->mapper = iomd_kunit_mapper(test, iomd_mapper_with_own_space(dev));

	KUNIT_EXPECT_FALSE(test, may_have(test, 0x8000000, PAGE_SIZE));
	KUNIT_EXPECT_FALSE(test, may_have(test, 0x10000000, PAGE_SIZE));
	KUNIT_EXPECT_TRUE(test, may_have(test, 0x10001000, 3 * PAGE_SIZE));
	KUNIT_EXPECT_FALSE(test, may_have(test, 0x10004000, PAGE_SIZE));
	KUNIT_EXPECT_FALSE(test, may_have(test, 0x17fff000, PAGE_SIZE));
	KUNIT_EXPECT_TRUE(test, may_have(test, 0x18000000, 16 * PAGE_SIZE));
	KUNIT_EXPECT_FALSE(test, may_have(test, 0xf0000000, PAGE_SIZE));
	KUNIT_EXPECT_FALSE(test, may_have(test, bar, PAGE_SIZE));

	/* Whoever comes later finds the device as it was. */
	iomd_kunit_unbind(dev);
}

/* MAPPER-21: space that few bits can name, and that is aligned */
static void reserves_within_limits(struct kunit *test)
{
	const struct iomd_dma_map_specification spec = { .alignment = 1 << 20 };
	struct fixture *fixture = test->priv;
	u64 address, length;

	KUNIT_EXPECT_EQ(test, iomd_mapper_iovm_map_memory(fixture->mapper, NULL, 0, PAGE_SIZE,
							  ACCESS, &spec, NULL, NULL, &address,
							  &length), 0);
	KUNIT_EXPECT_EQ(test, address & ((1 << 20) - 1), 0ULL);
	KUNIT_EXPECT_EQ(test, give_back(test, address, length), 0);

	KUNIT_EXPECT_EQ(test, reserve(test, PAGE_SIZE, 0, 24, &address, &length), 0);
	KUNIT_EXPECT_LT(test, address, 1ULL << 24);
	KUNIT_EXPECT_NE(test, address, 0ULL);
	KUNIT_EXPECT_EQ(test, give_back(test, address, length), 0);
	KUNIT_EXPECT_EQ(test, reserve(test, 2 * PAGE_SIZE, 0, 12, &address, &length), -ENOMEM);
	KUNIT_EXPECT_EQ(test, reserve(test, U64_MAX, 0, 0, &address, &length), -ENOMEM);
	KUNIT_EXPECT_EQ(test, reserve(test, 1ULL << 62, 0, 0, &address, &length), -ENOMEM);
}

/* MAPPER-29 MAPPER-25: what is left of it, when the device is gone, is given back all the same */
static void unbinding_revokes(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_desc *desc = bound(test, 0, PAGE_SIZE);
	u64 address, length, window, taken;

	KUNIT_ASSERT_EQ(test, reserve(test, PAGE_SIZE, 0, 0, &address, &length), 0);
	KUNIT_EXPECT_EQ(test, iomd_mapper_iovm_insert(fixture->mapper, ACCESS, address, 0,
						      place(test, 0), PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, iomd_mapper_iovm_map_memory(fixture->mapper, desc, 0, PAGE_SIZE,
							  ACCESS, NULL, NULL, NULL, &window,
							  &taken), 0);
	KUNIT_EXPECT_NE(test, iomd_desc_get_physical_address(desc), 0ULL);
	iomd_kunit_unbind(fixture->dev);

	KUNIT_EXPECT_EQ(test, reached(test, address), 0ULL);
	KUNIT_EXPECT_EQ(test, reached(test, window), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_mapper_iovm_insert(fixture->mapper, ACCESS, address, 0,
						      place(test, 0), PAGE_SIZE), -ENODEV);
	KUNIT_EXPECT_EQ(test, give_back(test, address, length), 0);
	KUNIT_EXPECT_EQ(test, give_back(test, window, taken), 0);
	KUNIT_EXPECT_EQ(test, reserve(test, PAGE_SIZE, 0, 0, &address, &length), -ENODEV);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_address(desc), 0ULL);
}

/* MAPPER-32 MAPPER-34 MAPPER-35 MAPPER-37: pages by number, of the default mapper */
static void pages_by_number(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	u32 addr, i;

	KUNIT_ASSERT_EQ(test, iomd_mapper_set_default(fixture->mapper), 0);
	addr = iomd_mapper_iovm_alloc(3);
	KUNIT_ASSERT_NE(test, addr, 0U);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, iomd_mapper_insert_page(addr, i,
							      page_to_pfn(fixture->pages[i])),
				addr + i);
		KUNIT_EXPECT_EQ(test, reached(test, ((u64)addr + i) << PAGE_SHIFT),
				place(test, i * PAGE_SIZE));
	}
	KUNIT_EXPECT_EQ(test, iomd_mapper_insert_page(addr, 3, page_to_pfn(fixture->pages[0])), 0U);
	KUNIT_EXPECT_EQ(test, iomd_mapper_insert_page(0, 0, page_to_pfn(fixture->pages[0])), 0U);
	iomd_mapper_iovm_free(addr, 3);
	KUNIT_EXPECT_EQ(test, reached(test, (u64)addr << PAGE_SHIFT), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_mapper_iovm_alloc(0), 0U);
}

/* MAPPER-33: numbers have 32 bits, and what has more is not had */
static void numbers_have_32_bits(struct kunit *test)
{
	struct fixture *fixture = test->priv;

	KUNIT_ASSERT_EQ(test, iomd_mapper_set_default(fixture->mapper), 0);
	KUNIT_EXPECT_EQ(test, iomd_mapper_iovm_alloc(U32_MAX), 0U);
}

/* MAPPER-32 MAPPER-34 MAPPER-35 MAPPER-36: where nothing translates numbers are the CPU's */
static void numbers_are_the_cpus(struct kunit *test)
{
	u32 i;

	for (i = 0; i < 2; i++) {
		if (i)
			KUNIT_ASSERT_EQ(test,
					iomd_mapper_set_default(iomd_kunit_device_mapper(test, 64)),
					0);
		KUNIT_EXPECT_EQ(test, iomd_mapper_iovm_alloc(3), 0U);
		KUNIT_EXPECT_EQ(test, iomd_mapper_insert_page(0, 2, 0x1234), 0x1234U);
		iomd_mapper_iovm_free(0, 3);
	}
}

/* A device that has no IOMMU has no space, either. */
static void needs_an_iommu(struct kunit *test)
{
	struct device *dev = iomd_kunit_device(test, 64);

	IOMD_KUNIT_EXPECT_ERR(test, iomd_mapper_with_own_space(dev), -EOPNOTSUPP);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_mapper_with_own_space(NULL), -EINVAL);
	iomd_kunit_unbind(dev);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_mapper_with_own_space(dev), -ENODEV);
}

static int transfer(void *data)
{
	struct iomd_dma *dma = data;
	u64 offset = 0;
	struct iomd_segment64 segment;
	u32 nr = 1;
	int err;

	err = iomd_dma_prepare(dma, 0x10, PAGE_SIZE, true, true);
	if (!err)
		err = iomd_dma_gen64_iovm_segments(dma, &offset, &segment, &nr);
	iomd_dma_complete(dma, true, true);
	return err;
}

/* DMA-58: prepared memory is mapped in softirq, too */
static void maps_in_softirq(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_dma *dma = iomd_kunit_command(test, 64, 1, fixture->mapper);
	struct iomd_desc *desc;

	desc = iomd_kunit_kernel_desc(test, fixture->memory, 3 * PAGE_SIZE, BOTH);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, false), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_in_softirq(transfer, dma), 0);
}

/* MAPPER-19 MAPPER-28 DMA-85: registers of a device, which have no pages, are mapped as well */
static void maps_registers(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	u64 bar = pci_resource_start(to_pci_dev(fixture->dev), 0), address, length;
	struct iomd_dma *dma = iomd_kunit_command(test, 64, 1, fixture->mapper);
	struct iomd_desc *desc = iomd_kunit_desc(test, iomd_device_with_range(bar + 0xa10, 0x2000));

	KUNIT_ASSERT_FALSE(test, pfn_valid(PHYS_PFN(bar)));
	KUNIT_ASSERT_EQ(test, iomd_mapper_iovm_map_memory(fixture->mapper, desc, 0, 0x2000,
							  ACCESS, NULL, NULL, NULL, &address,
							  &length), 0);
	KUNIT_EXPECT_EQ(test, length, 0x3000ULL);
	KUNIT_EXPECT_EQ(test, reached(test, address), bar + 0xa10);
	KUNIT_EXPECT_EQ(test, reached(test, address + 0x1fff), bar + 0x2a0f);
	KUNIT_EXPECT_EQ(test, give_back(test, address, length), 0);
	KUNIT_EXPECT_EQ(test, reached(test, address), 0ULL);

	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
	address = iomd_kunit_segment(test, dma, 0x10).iovm_addr;
	KUNIT_EXPECT_EQ(test, reached(test, address), bar + 0xa20);
	iomd_kunit_unbind(fixture->dev);
	KUNIT_EXPECT_EQ(test, reached(test, address), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(there_is_one_for_a_device),
	KUNIT_CASE(maps_memory),
	KUNIT_CASE(maps_registers),
	KUNIT_CASE(reserves_and_fills),
	KUNIT_CASE(fills_only_what_is_reserved),
	KUNIT_CASE(fills_with_memory_only),
	KUNIT_CASE(replaces_a_part),
	KUNIT_CASE(reserves_at_an_address),
	KUNIT_CASE(keeps_off_other_devices),
	KUNIT_CASE(keeps_to_what_the_bridge_lets_through),
	KUNIT_CASE(reserves_within_limits),
	KUNIT_CASE(unbinding_revokes),
	KUNIT_CASE(pages_by_number),
	KUNIT_CASE(numbers_have_32_bits),
	KUNIT_CASE(numbers_are_the_cpus),
	KUNIT_CASE(needs_an_iommu),
	KUNIT_CASE(maps_in_softirq),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_space",
	.suite_init = iomd_kunit_own_dma_suite_init,
	.suite_exit = iomd_kunit_iommu_suite_exit,
	.init = init,
	.test_cases = cases,
};

kunit_test_suite(suite);
