// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of devices in the kernel: QEMU's edu device, whose registers are there to be read.
 */
#include <linux/io.h>
#include <linux/pci.h>

#include "behind_iommu.h"
#include "compose.h"

#define BOTH		IOMD_DIRECTION_OUT_IN

#define ANYWHERE	IOMD_MAP_ANYWHERE
#define INHIBIT		IOMD_MAP_INHIBIT_CACHE
#define COMBINE		IOMD_MAP_WRITE_COMBINE_CACHE

/* Registers: what the device is; and what is read back inverted. */
#define ID		0x0
#define ID_VALUE	0x010000edU
#define LIVE		0x4

static u64 bar(struct kunit *test)
{
	return pci_resource_start(to_pci_dev(iomd_kunit_device_behind_iommu(test)), 0);
}

static struct iomd_desc *registers(struct kunit *test, u64 offset, u64 length)
{
	return iomd_kunit_desc(test, iomd_device_with_range(bar(test) + offset, length));
}

static void undo_map(void *data)
{
	iomd_map_put(data);
}

static struct iomd_map *try(struct iomd_desc *desc, u32 options)
{
	return iomd_desc_map(desc, options);
}

static struct iomd_map *shown(struct kunit *test, struct iomd_desc *desc, u32 options)
{
	struct iomd_map *map = try(desc, options);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, map);
	iomd_kunit_defer(test, undo_map, map);
	return map;
}

static void __iomem *registers_of(struct iomd_map *map)
{
	return (void __iomem __force *)iomd_map_get_virtual_address(map);
}

static u32 get(struct iomd_map *map, u32 offset)
{
	return readl(registers_of(map) + offset);
}

static void set(struct iomd_map *map, u32 offset, u32 value)
{
	writel(value, registers_of(map) + offset);
}

/* DEV-10 DEV-11 CON-6 MAP-31 MAP-39 MD-98: registers are there at once, uncached if not said */
static void registers_are_uncached(struct kunit *test)
{
	struct iomd_desc *desc = registers(test, 0, PAGE_SIZE);
	struct iomd_map *map = shown(test, desc, 0), *other;

	KUNIT_EXPECT_EQ(test, iomd_map_get_map_options(map), (u32)(ANYWHERE | INHIBIT));
	KUNIT_EXPECT_EQ(test, get(map, ID) & 0xff0000ffU, ID_VALUE & 0xff0000ffU);
	set(map, LIVE, 0x12345678);
	KUNIT_EXPECT_EQ(test, get(map, LIVE), ~0x12345678U);

	KUNIT_EXPECT_PTR_EQ(test, shown(test, desc, INHIBIT), map);
	other = shown(test, registers(test, 0, PAGE_SIZE), INHIBIT);
	KUNIT_EXPECT_PTR_NE(test, other, map);
	KUNIT_EXPECT_EQ(test, get(other, LIVE), ~0x12345678U);
}

/* DEV-12 MAP-8: an address carries what the memory is into its page */
static void bases_need_not_be_aligned(struct kunit *test)
{
	struct iomd_map *map = shown(test, registers(test, LIVE, 4), 0);

	KUNIT_EXPECT_EQ(test, offset_in_page(iomd_map_get_address(map)), (unsigned long)LIVE);
	set(map, 0, 5);
	KUNIT_EXPECT_EQ(test, get(map, 0), ~5U);
}

/* DEV-10 MAP-31: another mode is to be asked for */
static void other_modes_are_asked_for(struct kunit *test)
{
	struct iomd_map *map = shown(test, registers(test, PAGE_SIZE, PAGE_SIZE), COMBINE);

	KUNIT_EXPECT_EQ(test, iomd_map_get_map_options(map), (u32)(ANYWHERE | COMBINE));
}

/* MAP-10: a unique map of registers is as they are, and of a descriptor of its own */
static void unique_registers(struct kunit *test)
{
	struct iomd_desc *desc = registers(test, 0, PAGE_SIZE);
	struct iomd_map *map = shown(test, desc, IOMD_MAP_UNIQUE);

	KUNIT_EXPECT_PTR_NE(test, iomd_map_get_memory_descriptor(map), desc);
	KUNIT_EXPECT_EQ(test, get(map, ID) & 0xff0000ffU, ID_VALUE & 0xff0000ffU);
}

/* MAP-26 MAP-32: small guards are to be had, protection is not */
static void what_is_to_be_had(struct kunit *test)
{
	struct iomd_desc *desc = registers(test, 0, PAGE_SIZE);
	struct iomd_map *map = shown(test, desc, IOMD_MAP_GUARDED_SMALL);

	KUNIT_EXPECT_EQ(test, get(map, ID) & 0xff0000ffU, ID_VALUE & 0xff0000ffU);
	IOMD_KUNIT_EXPECT_ERR(test, try(desc, IOMD_MAP_READ_ONLY), -EOPNOTSUPP);
	IOMD_KUNIT_EXPECT_ERR(test, try(desc, IOMD_MAP_GUARDED_LARGE), -EOPNOTSUPP);
}

/* GMD-103: one window has memory or registers, and registers in one piece */
static void mixtures_are_refused(struct kunit *test)
{
	const struct iomd_range pieces[] = {
		{ bar(test), PAGE_SIZE }, { bar(test) + 2 * PAGE_SIZE, PAGE_SIZE },
	};
	void *memory = iomd_kunit_zalloc(test, PAGE_SIZE);
	struct iomd_desc *children[] = {
		registers(test, 0, PAGE_SIZE),
		iomd_kunit_of_kernel(test, memory, PAGE_SIZE, BOTH),
	};

	struct iomd_desc *desc;

	IOMD_KUNIT_EXPECT_ERR(test, try(iomd_kunit_multi(test, children, 2, BOTH), 0),
			      -EOPNOTSUPP);
	desc = iomd_kunit_desc(test, iomd_desc_with_address_ranges(pieces, 2, BOTH, NULL));
	IOMD_KUNIT_EXPECT_ERR(test, try(desc, 0), -EOPNOTSUPP);
}

/* MD-99 MAP-63: registers that the kernel has mapped stay so; there is no one to wait */
static void registers_cannot_be_taken_away(struct kunit *test)
{
	struct iomd_desc *desc = registers(test, 0, PAGE_SIZE);
	struct iomd_map *map = shown(test, desc, 0);

	KUNIT_EXPECT_EQ(test, iomd_desc_redirect(desc, NULL, true), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, get(map, ID) & 0xff0000ffU, ID_VALUE & 0xff0000ffU);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(registers_are_uncached),
	KUNIT_CASE(bases_need_not_be_aligned),
	KUNIT_CASE(other_modes_are_asked_for),
	KUNIT_CASE(unique_registers),
	KUNIT_CASE(what_is_to_be_had),
	KUNIT_CASE(mixtures_are_refused),
	KUNIT_CASE(registers_cannot_be_taken_away),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_map_device",
	.suite_init = iomd_kunit_iommu_suite_init,
	.suite_exit = iomd_kunit_iommu_suite_exit,
	.init = iomd_kunit_init,
	.test_cases = cases,
};

kunit_test_suite(suite);
