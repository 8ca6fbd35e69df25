// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappers: which one a descriptor is bound to, and what becomes of its addresses
 * when the device goes.
 */
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/workqueue.h>

#include "iomd_kunit.h"

#define IN		IOMD_DIRECTION_IN
#define OUT		IOMD_DIRECTION_OUT
#define BOTH		IOMD_DIRECTION_OUT_IN
#define NONE		IOMD_DIRECTION_NONE
#define VIRTUAL		IOMD_MEMORY_TYPE_VIRTUAL

#define NR_PAGES	IOMD_KUNIT_MANY
#define LENGTH		((NR_PAGES - 1) * PAGE_SIZE + 0x345)

/* Memory in several pieces. */
struct fixture {
	struct page **pages;
	u8 *memory;
	struct iomd_range range;
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
	fixture->range.address = (unsigned long)fixture->memory + 0x123;
	fixture->range.length = LENGTH;
	iomd_kunit_defer(test, clear_default, NULL);
	test->priv = fixture;
	return 0;
}

static struct iomd_mapper *mapper_for(struct kunit *test, struct device *dev)
{
	return iomd_kunit_mapper(test, iomd_mapper_for_device(dev));
}

static struct iomd_dma *command_for(struct kunit *test, struct iomd_mapper *mapper)
{
	return iomd_kunit_command(test, 64, 1, mapper);
}

static struct iomd_desc *bound_desc(struct kunit *test, struct iomd_mapper *mapper, u32 options)
{
	struct fixture *fixture = test->priv;

	return iomd_kunit_desc(test, iomd_desc_with_options(&fixture->range, 1, 0,
							     IOMD_KERNEL_TASK, VIRTUAL | options,
							     mapper));
}

/* A device without an IOMMU sees memory where the CPU does. */
static void expect_direct(struct kunit *test, struct iomd_desc *desc)
{
	u64 offset, bus_length, phys_length;

	for (offset = 0; offset < LENGTH; offset += 0x777) {
		u64 bus = iomd_desc_get_physical_segment(desc, offset, &bus_length, 0);
		u64 phys = iomd_kunit_phys(desc, offset, &phys_length);

		KUNIT_EXPECT_NE(test, bus, 0ULL);
		KUNIT_EXPECT_EQ(test, bus, phys);
		KUNIT_EXPECT_EQ(test, bus_length, phys_length);
	}
	for (offset = 0; offset < LENGTH; offset += bus_length) {
		KUNIT_ASSERT_NE(test, iomd_desc_get_physical_segment(desc, offset, &bus_length, 0),
				0ULL);
	}
	KUNIT_EXPECT_EQ(test, offset, (u64)LENGTH);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_address(desc), iomd_kunit_phys(desc, 0, NULL));
}

static void expect_no_bus_address(struct kunit *test, struct iomd_desc *desc)
{
	u64 length = 5;

	KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_segment(desc, 0, &length, 0), 0ULL);
	KUNIT_EXPECT_EQ(test, length, 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_address(desc), 0ULL);
	KUNIT_EXPECT_NE(test, iomd_kunit_phys(desc, 0, &length), 0ULL);
}

/* MAPPER-16 MAPPER-18: one mapper for each device, as long as it is bound */
static void one_mapper_for_a_device(struct kunit *test)
{
	struct device *dev = iomd_kunit_device(test, 64), *other = iomd_kunit_device(test, 64);
	struct iomd_mapper *mapper = mapper_for(test, dev);

	KUNIT_EXPECT_PTR_EQ(test, mapper_for(test, dev), mapper);
	KUNIT_EXPECT_PTR_NE(test, mapper_for(test, other), mapper);
	KUNIT_EXPECT_PTR_EQ(test, iomd_mapper_get_device(mapper), dev);
	KUNIT_EXPECT_FALSE(test, iomd_mapper_translates(mapper));
	KUNIT_EXPECT_EQ(test, iomd_mapper_get_page_size(mapper), (u64)PAGE_SIZE);
	KUNIT_EXPECT_PTR_EQ(test, iomd_mapper_get(mapper), mapper);
	iomd_mapper_put(mapper);
	iomd_mapper_put(NULL);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_mapper_for_device(NULL), -EINVAL);
	iomd_kunit_unbind(other);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_mapper_for_device(other), -ENODEV);
}

/* MD-50 MD-51 MD-53: with a mapper there are bus addresses beside the CPU's */
static void mapper_gives_bus_addresses(struct kunit *test)
{
	struct iomd_desc *desc = bound_desc(test, iomd_kunit_device_mapper(test, 64),
					    BOTH);

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	expect_direct(test, desc);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, OUT), 0);
	expect_direct(test, desc);
}

/* MD-50 GMD-57: addresses go on, in whatever pieces the device has to be given them */
static void pieces_make_no_difference(struct kunit *test)
{
	u8 *memory = kunit_kzalloc(test, 16 * PAGE_SIZE, GFP_KERNEL);
	struct iomd_range range = { (unsigned long)memory, 16 * PAGE_SIZE };
	struct device *dev = iomd_kunit_device(test, 64);
	struct iomd_desc *desc;
	u64 offset, length;

	dma_set_max_seg_size(dev, 3 * PAGE_SIZE);
	desc = iomd_desc_with_options(&range, 1, 0, IOMD_KERNEL_TASK, VIRTUAL | BOTH,
				      mapper_for(test, dev));
	iomd_kunit_desc(test, desc);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	for (offset = 0; offset < range.length; offset += 0x1234) {
		KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_segment(desc, offset, &length, 0),
				virt_to_phys(memory) + offset);
		KUNIT_EXPECT_EQ(test, length, range.length - offset);
	}
	KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_segment(desc, 5, &length, 0),
			virt_to_phys(memory) + 5);
}

/* A page beyond 32 bits, described for a device that has no more. */
static struct iomd_desc *distant_desc(struct kunit *test, struct iomd_mapper *mapper, u8 **memory)
{
	struct page *page = iomd_kunit_page(test, BIT_ULL(32), U64_MAX);
	struct iomd_range range = { (unsigned long)page_address(page), PAGE_SIZE };
	struct iomd_desc *desc;

	*memory = page_address(page);
	iomd_kunit_fill(*memory, PAGE_SIZE, 1);
	desc = iomd_desc_with_options(&range, 1, 0, IOMD_KERNEL_TASK, VIRTUAL | BOTH, mapper);
	iomd_kunit_desc(test, desc);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	return desc;
}

/* MD-51 MD-73 GMD-95: a bus address is the device's own, where that sees memory somewhere else */
static void bus_addresses_are_the_devices(struct kunit *test)
{
	struct iomd_mapper *mapper = iomd_kunit_device_mapper(test, 32);
	struct iomd_desc *desc;
	u64 bus, length;
	u8 *memory;

	desc = distant_desc(test, mapper, &memory);
	bus = iomd_desc_get_physical_segment(desc, 0, &length, 0);
	KUNIT_ASSERT_NE(test, bus, 0ULL);
	KUNIT_EXPECT_LT(test, bus, BIT_ULL(32));
	KUNIT_EXPECT_EQ(test, length, (u64)PAGE_SIZE);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(phys_to_virt(bus), PAGE_SIZE, 1));
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, 0, NULL), virt_to_phys(memory));

	/* A mapping that makes copies, and commands do not go together. */
	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(command_for(test, mapper), desc, true),
			-EBUSY);

	/* What the CPU and the device write meanwhile is told to the other, and no more of it. */
	iomd_kunit_fill(memory, PAGE_SIZE, 3);
	KUNIT_EXPECT_EQ(test,
			iomd_desc_perform_operation(desc, IOMD_MEMORY_INCOHERENT_IO_STORE, 100, 50),
			0);
	KUNIT_EXPECT_PTR_EQ(test, memcmp(phys_to_virt(bus) + 100, memory + 100, 50) ? memory : NULL,
			    NULL);
	iomd_kunit_fill(phys_to_virt(bus), PAGE_SIZE, 4);
	KUNIT_EXPECT_EQ(test, iomd_desc_perform_operation(desc, IOMD_MEMORY_INCOHERENT_IO_FLUSH,
							  PAGE_SIZE / 2, U64_MAX), 0);
	KUNIT_EXPECT_EQ(test, memory[PAGE_SIZE - 1], iomd_kunit_byte(4, PAGE_SIZE - 1));
	KUNIT_EXPECT_EQ(test, memory[5], iomd_kunit_byte(3, 5));
	KUNIT_EXPECT_EQ(test, iomd_desc_perform_operation(desc, IOMD_MEMORY_INCOHERENT_IO_FLUSH,
							  PAGE_SIZE + 1, 1), -ENOSR);

	/* What is in the copy comes back with the last complete. */
	iomd_kunit_fill(phys_to_virt(bus), PAGE_SIZE, 2);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(memory, PAGE_SIZE, 2));
}

/* GMD-31 MD-51: physical memory is where the CPU has it; a device may have it elsewhere */
static void physical_memory_is_the_cpus(struct kunit *test)
{
	struct page *page = iomd_kunit_page(test, BIT_ULL(32), U64_MAX);
	const struct iomd_range range = { page_to_phys(page) + 16, 100 };
	struct iomd_mapper *mapper = iomd_kunit_device_mapper(test, 32);
	u64 bus, length;
	struct iomd_desc *desc;

	iomd_kunit_fill(page_address(page), PAGE_SIZE, 1);
	desc = iomd_desc_with_options(&range, 1, 0, NULL, IOMD_MEMORY_TYPE_PHYSICAL | BOTH, mapper);
	iomd_kunit_desc(test, desc);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, 0, &length), range.address);
	KUNIT_EXPECT_EQ(test, length, 100ULL);
	bus = iomd_desc_get_physical_segment(desc, 0, &length, 0);
	KUNIT_ASSERT_NE(test, bus, 0ULL);
	KUNIT_EXPECT_LT(test, bus, BIT_ULL(32));
	KUNIT_EXPECT_EQ(test, length, 100ULL);
	KUNIT_EXPECT_MEMEQ(test, (u8 *)phys_to_virt(bus), (u8 *)page_address(page) + 16, 100);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, 0, NULL), range.address);

	desc = iomd_kunit_desc(test, iomd_desc_with_physical_address(range.address, 100, BOTH));
	expect_no_bus_address(test, desc);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, 0, NULL), range.address);
}

/* DMA-116: commands map transfer by transfer where mapping makes copies */
static void commands_map_for_themselves(struct kunit *test)
{
	struct iomd_mapper *mapper = iomd_kunit_device_mapper(test, 32);
	struct iomd_dma *dma = command_for(test, mapper);
	struct iomd_desc *desc;
	u8 *memory;
	u32 round;
	u64 bus;

	desc = distant_desc(test, mapper, &memory);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, false), 0);
	for (round = 0; round < 3; round++) {
		iomd_kunit_fill(memory, PAGE_SIZE, 10 + round);
		KUNIT_ASSERT_EQ(test, iomd_dma_prepare(dma, 0, 0, true, true), 0);
		bus = iomd_kunit_segment(test, dma, 0).iovm_addr;
		KUNIT_EXPECT_LT(test, bus, BIT_ULL(32));
		KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(phys_to_virt(bus), PAGE_SIZE,
							     10 + round));
		iomd_kunit_fill(phys_to_virt(bus), PAGE_SIZE, 20 + round);
		KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
		KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(memory, PAGE_SIZE, 20 + round));
	}
}

/* MD-49 MD-51: with no mapper there are none, which is no crash */
static void no_mapper_no_bus_address(struct kunit *test)
{
	struct iomd_desc *desc = bound_desc(test, NULL, BOTH), *physical;
	u64 length = 5;

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	expect_no_bus_address(test, desc);

	physical = iomd_kunit_desc(test, iomd_desc_with_physical_address(0x1000, 0x1000, BOTH));
	KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_segment(physical, 0, &length, 0), 0ULL);
	KUNIT_EXPECT_EQ(test, length, 0ULL);
}

/* MD-51 MD-53: the identity mapper's addresses are the CPU's */
static void identity_mapper_changes_nothing(struct kunit *test)
{
	struct iomd_mapper *mapper = iomd_kunit_mapper(test, iomd_mapper_identity());
	struct iomd_desc *desc = bound_desc(test, mapper, BOTH);

	KUNIT_EXPECT_FALSE(test, iomd_mapper_translates(mapper));
	KUNIT_EXPECT_PTR_EQ(test, iomd_mapper_get_device(mapper), NULL);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	expect_direct(test, desc);
}

/* GMD-58 MD-49: unprepared memory has no bus address either */
static void unprepared_memory_has_no_bus_address(struct kunit *test)
{
	struct iomd_desc *desc = bound_desc(test, iomd_kunit_device_mapper(test, 64),
					    BOTH);
	u64 length = 5;

	KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_segment(desc, 0, &length, 0), 0ULL);
	KUNIT_EXPECT_EQ(test, length, 0ULL);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	expect_direct(test, desc);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	length = 5;
	KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_segment(desc, 0, &length, 0), 0ULL);
	KUNIT_EXPECT_EQ(test, length, 0ULL);
}

/* MD-52 GMD-15: what is said to need no mapper has none, whatever is given */
static void some_memory_is_never_mapped(struct kunit *test)
{
	static const u32 options[] = { IOMD_MEMORY_MAPPER_NONE, IOMD_MEMORY_HOST_ONLY };
	struct device *dev = iomd_kunit_device(test, 64);
	struct iomd_mapper *mapper = mapper_for(test, dev);
	struct iomd_desc *desc[2];
	u32 i;

	for (i = 0; i < 2; i++) {
		desc[i] = bound_desc(test, mapper, BOTH | options[i]);
		KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc[i], NONE), 0);
	}
	iomd_kunit_unbind(dev);
	for (i = 0; i < 2; i++)
		expect_direct(test, desc[i]);
}

/* MAPPER-1 MAPPER-2: a module names its mapper once, and what it makes then is bound to it */
static void default_mapper_serves_the_module(struct kunit *test)
{
	struct iomd_mapper *mapper = iomd_kunit_device_mapper(test, 64);
	struct iomd_desc *before = bound_desc(test, NULL, BOTH), *desc;

	KUNIT_EXPECT_PTR_EQ(test, iomd_mapper_copy_default(), NULL);
	KUNIT_EXPECT_EQ(test, iomd_mapper_set_default(NULL), -EINVAL);
	KUNIT_ASSERT_EQ(test, iomd_mapper_set_default(mapper), 0);
	KUNIT_EXPECT_EQ(test, iomd_mapper_set_default(mapper), 0);
	KUNIT_EXPECT_PTR_EQ(test, iomd_kunit_mapper(test, iomd_mapper_copy_default()), mapper);

	desc = bound_desc(test, NULL, BOTH);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	expect_direct(test, desc);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(before, NONE), 0);
	expect_no_bus_address(test, before);

	iomd_mapper_clear_default();
	iomd_mapper_clear_default();
	KUNIT_EXPECT_PTR_EQ(test, iomd_mapper_copy_default(), NULL);
	expect_direct(test, desc);
	desc = bound_desc(test, NULL, BOTH);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	expect_no_bus_address(test, desc);
}

/* The identity mapper may be the default too, and no device ends that. */
static void identity_may_be_the_default(struct kunit *test)
{
	struct iomd_mapper *identity = iomd_kunit_mapper(test, iomd_mapper_identity());
	struct iomd_desc *desc;

	KUNIT_ASSERT_EQ(test, iomd_mapper_set_default(identity), 0);
	desc = bound_desc(test, NULL, BOTH);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	expect_direct(test, desc);
}

/* A module of several devices has no default, and is told so until it clears it. */
static void two_defaults_are_none(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_mapper *one = iomd_kunit_device_mapper(test, 64);
	struct iomd_mapper *two = iomd_kunit_device_mapper(test, 64);
	struct iomd_desc *desc;

	KUNIT_ASSERT_EQ(test, iomd_mapper_set_default(one), 0);
	KUNIT_EXPECT_EQ(test, iomd_mapper_set_default(two), -ENOTUNIQ);
	KUNIT_EXPECT_EQ(test, iomd_mapper_set_default(one), -ENOTUNIQ);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_mapper_copy_default(), -ENOTUNIQ);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_with_options(&fixture->range, 1, 0, IOMD_KERNEL_TASK,
							   VIRTUAL | BOTH, NULL), -ENOTUNIQ);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_buffer_with_options(BOTH, 100, 1), -ENOTUNIQ);

	/* A mapper by name, or none at all, is as good as ever. */
	desc = bound_desc(test, two, BOTH);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	expect_direct(test, desc);
	bound_desc(test, NULL, BOTH | IOMD_MEMORY_MAPPER_NONE);

	iomd_mapper_clear_default();
	KUNIT_EXPECT_EQ(test, iomd_mapper_set_default(two), 0);
	bound_desc(test, NULL, BOTH);
}

/* MAPPER-5: unbinding takes mappings away, and the default; what the CPU does goes on */
static void unbinding_revokes(struct kunit *test)
{
	struct device *dev = iomd_kunit_device(test, 64);
	struct iomd_mapper *mapper = mapper_for(test, dev);
	struct iomd_desc *mapped = bound_desc(test, mapper, BOTH);
	struct iomd_desc *unmapped = bound_desc(test, mapper, BOTH);
	u8 byte;

	KUNIT_ASSERT_EQ(test, iomd_mapper_set_default(mapper), 0);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(mapped, NONE), 0);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(unmapped, NONE), 0);
	expect_direct(test, mapped);

	iomd_kunit_unbind(dev);
	expect_no_bus_address(test, mapped);
	expect_no_bus_address(test, unmapped);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(mapped, 0, &byte, 1), 1ULL);
	KUNIT_EXPECT_PTR_EQ(test, iomd_mapper_copy_default(), NULL);
	KUNIT_EXPECT_EQ(test, iomd_mapper_set_default(mapper), -ENODEV);

	KUNIT_EXPECT_EQ(test, iomd_desc_complete(mapped, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(mapped, NONE), 0);
	expect_no_bus_address(test, mapped);
	bound_desc(test, mapper, BOTH);
}

/* A device may go while commands are prepared for it, and they still come to an end. */
static void unbinding_ends_commands(struct kunit *test)
{
	struct device *dev = iomd_kunit_device(test, 64);
	struct iomd_mapper *mapper = mapper_for(test, dev);
	struct iomd_desc *desc = bound_desc(test, mapper, BOTH);
	struct iomd_dma *whole, *part, *late;
	struct iomd_desc *other;

	whole = command_for(test, mapper);
	part = command_for(test, mapper);
	late = command_for(test, mapper);
	other = iomd_kunit_kernel_desc(test, kunit_kzalloc(test, 0x2000, GFP_KERNEL), 0x2000,
				       BOTH);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(whole, desc, true), 0);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(part, other, false), 0);
	KUNIT_ASSERT_EQ(test, iomd_dma_prepare(part, 5, 0x1000, true, true), 0);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(late, other, false), 0);

	iomd_kunit_unbind(dev);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(whole, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(part, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(late, 0, 0, true, true), -ENODEV);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(late, true, true), 0);
}

static void expect_gone(struct kunit *test, struct iomd_dma *dma)
{
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0, true, true), -ENODEV);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
}

/*
 * MAPPER-5: commands that were used, and are idle when the device is unbound, are not waited
 * for; neither they nor those that are prepared then can be used again, whether they map for
 * themselves or use what the descriptor has mapped
 */
static void unbinding_waits_for_no_idle_command(struct kunit *test)
{
	struct device *dev = iomd_kunit_device(test, 64);
	struct iomd_mapper *mapper = mapper_for(test, dev);
	struct iomd_desc *descs[] = {
		bound_desc(test, NULL, BOTH), bound_desc(test, mapper, BOTH),
	};
	struct iomd_dma *idle[2], *busy[2], *first[2];
	u32 i;

	for (i = 0; i < 2; i++) {
		first[i] = iomd_dma_with_specification(iomd_dma_output_host64, 64, 0,
						       IOMD_DMA_MAP_OPTION_MAPPED, 0, 1, mapper,
						       NULL);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, first[i]);
		idle[i] = command_for(test, mapper);
		busy[i] = command_for(test, mapper);
		KUNIT_ASSERT_EQ(test, iomd_desc_prepare(descs[i], NONE), 0);
		KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(idle[i], descs[i], true), 0);
		KUNIT_ASSERT_EQ(test, iomd_dma_complete(idle[i], true, true), 0);
		KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(first[i], descs[i], true), 0);
		KUNIT_ASSERT_EQ(test, iomd_dma_complete(first[i], true, true), 0);
		KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(busy[i], descs[i], true), 0);
	}

	iomd_kunit_unbind(dev);
	for (i = 0; i < 2; i++) {
		iomd_dma_put(first[i]);
		expect_gone(test, idle[i]);
		expect_gone(test, idle[i]);
		KUNIT_EXPECT_EQ(test, iomd_dma_complete(busy[i], true, true), 0);
		expect_gone(test, busy[i]);
		KUNIT_EXPECT_EQ(test, iomd_desc_complete(descs[i], NONE), 0);
		KUNIT_EXPECT_EQ(test, iomd_desc_prepare(descs[i], NONE), 0);
		expect_gone(test, idle[i]);
	}
}

/*
 * DMA-11 DMA-87: a command that was used with one mapper is demanded of another, and has
 * nothing to do with the first any more, which may go for good
 */
static void commands_change_mappers(struct kunit *test)
{
	static const struct iomd_dma_segment_options options = { .num_address_bits = 64 };
	struct device *wide = iomd_kunit_device(test, 64);
	struct iomd_mapper *first, *second;
	struct iomd_dma *dma, *dmas[2];
	struct iomd_desc *desc;
	u8 *memory;
	int err;
	u32 i;

	desc = distant_desc(test, NULL, &memory);
	second = iomd_kunit_device_mapper(test, 32);
	first = iomd_mapper_for_device(wide);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, first);
	for (i = 0; i < 2; i++) {
		dma = command_for(test, first);
		dmas[i] = dma;
		KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
		KUNIT_EXPECT_EQ(test, iomd_kunit_segment(test, dma, 0).iovm_addr,
				virt_to_phys(memory));
		KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
		err = iomd_dma_init_with_segment_options(dma, iomd_dma_output_host64, &options,
							 IOMD_DMA_MAP_OPTION_MAPPED, second, NULL);
		KUNIT_ASSERT_EQ(test, err, 0);
	}
	iomd_mapper_put(first);

	/* One of them before the first device goes, the other not before its mapper is gone. */
	dma = dmas[0];
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
	for (i = 0; i < 3; i++) {
		u64 bus = iomd_kunit_segment(test, dma, 0).iovm_addr;

		KUNIT_EXPECT_LT(test, bus, BIT_ULL(32));
		KUNIT_EXPECT_EQ(test, iomd_mapper_map_to_physical_address(second, bus + 5),
				virt_to_phys(memory) + 5);
		/* What is mapped for the second is not taken with the first. */
		if (i == 0)
			iomd_kunit_unbind(wide);
		KUNIT_EXPECT_EQ(test, iomd_kunit_segment(test, dma, 0).iovm_addr, bus);
		iomd_kunit_fill(phys_to_virt(bus), PAGE_SIZE, 20 + i);
		KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
		KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(memory, PAGE_SIZE, 20 + i));
		KUNIT_ASSERT_EQ(test, iomd_dma_prepare(dma, 0, 0, true, true), 0);
	}
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dmas[1], desc, true), 0);
	KUNIT_EXPECT_LT(test, iomd_kunit_segment(test, dmas[1], 0).iovm_addr, BIT_ULL(32));
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dmas[1], true, true), 0);
}

/* DMA-87 DMA-88: the same from one transfer to the next, back and forth; and one of them goes */
static void transfers_change_mappers(struct kunit *test)
{
	static const struct iomd_dma_segment_options options = { .num_address_bits = 64 };
	struct device *wide = iomd_kunit_device(test, 64);
	struct iomd_mapper *mappers[] = {
		mapper_for(test, wide), iomd_kunit_device_mapper(test, 32),
	};
	struct iomd_dma *dma = command_for(test, mappers[1]);
	struct iomd_desc *desc;
	u8 *memory;
	u32 i;

	desc = distant_desc(test, NULL, &memory);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, false), 0);
	for (i = 0; i < 6; i++) {
		bool gone = i > 3 && i % 2 == 0;

		if (i == 4)
			iomd_kunit_unbind(wide);
		KUNIT_EXPECT_EQ(test,
				iomd_dma_prepare_with_segment_options(dma, iomd_dma_output_host64,
								      &options,
								      IOMD_DMA_MAP_OPTION_MAPPED,
								      mappers[i % 2], 0, 0, true,
								      true),
				gone ? -ENODEV : 0);
		if (!gone)
			KUNIT_EXPECT_EQ(test, iomd_kunit_segment(test, dma, 0).iovm_addr ==
					virt_to_phys(memory), i % 2 == 0);
		KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
	}
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0, true, true), 0);
	KUNIT_EXPECT_LT(test, iomd_kunit_segment(test, dma, 0).iovm_addr, BIT_ULL(32));
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
}

/* Commands of a device that is being unbound while they are completed. */
#define NR_PARTING	64
#define LINE		64	/* each has a cache line of its own */

struct parting {
	struct work_struct work;
	struct iomd_dma *commands[NR_PARTING];
	u8 *bytes;
};

static int part(void *data)
{
	return iomd_dma_clear_memory_descriptor(data, true);
}

/* From the one end, as unbinding does it. What was completed belongs to somebody else. */
static void part_all(struct work_struct *work)
{
	struct parting *parting = container_of(work, struct parting, work);
	u32 i;

	for (i = NR_PARTING; i--;) {
		if (i % 4)
			part(parting->commands[i]);
		else
			iomd_kunit_in_softirq(part, parting->commands[i]);
		memset(parting->bytes + i * LINE, 0xaa, LINE);
	}
}

/* MAPPER-5: unbinding and completing meet, and memory is written late by neither */
static void unbinding_races_with_completing(struct kunit *test)
{
	struct page *page = iomd_kunit_page(test, BIT_ULL(32), U64_MAX);
	struct parting *parting = iomd_kunit_zalloc(test, sizeof(*parting));
	u32 round, i;

	parting->bytes = page_address(page);
	INIT_WORK(&parting->work, part_all);
	for (round = 0; round < 5; round++) {
		struct device *dev = iomd_kunit_device(test, 32);
		struct iomd_mapper *mapper = mapper_for(test, dev);
		struct iomd_desc *desc;

		desc = iomd_kunit_kernel_desc(test, parting->bytes, PAGE_SIZE, BOTH);
		KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
		iomd_kunit_fill(parting->bytes, PAGE_SIZE, round);
		for (i = 0; i < NR_PARTING; i++) {
			struct iomd_dma *dma = command_for(test, mapper);

			parting->commands[i] = dma;
			KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, false), 0);
			KUNIT_ASSERT_EQ(test, iomd_dma_prepare(dma, i * LINE, LINE, true, true),
					0);
		}
		queue_work(system_unbound_wq, &parting->work);
		iomd_kunit_unbind(dev);
		flush_work(&parting->work);
		KUNIT_EXPECT_PTR_EQ(test, memchr_inv(parting->bytes, 0xaa, PAGE_SIZE), NULL);
		KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	}
}

static int live_once(struct kunit *test, void *data)
{
	struct fixture *fixture = test->priv;
	struct iomd_desc *desc;
	int err;

	desc = iomd_desc_with_options(&fixture->range, 1, 0, IOMD_KERNEL_TASK, VIRTUAL | BOTH,
				      data);
	if (IS_ERR(desc))
		return PTR_ERR(desc);
	err = iomd_desc_prepare(desc, NONE);
	if (!err && !iomd_desc_get_physical_address(desc))
		err = -ENOMEM;
	iomd_desc_put(desc);
	return err;
}

/* MD-49: no allocation that fails leaves a mapping behind */
static void survives_failing_allocations(struct kunit *test)
{
	struct iomd_mapper *mapper = iomd_kunit_device_mapper(test, 64);

	/* The descriptor, its runs, its mapping, and the scatterlist of that; no more is ours. */
	KUNIT_EXPECT_EQ(test, iomd_kunit_sweep(test, live_once, mapper, 4), 4U);
}

/* MD-9 OBJ-24 GMD-76: nothing is left behind the last put, whatever order things go in */
static void last_put_is_the_end(struct kunit *test)
{
	struct iomd_mapper *mapper = iomd_kunit_device_mapper(test, 64);
	struct fixture *fixture = test->priv;
	struct iomd_dma *dma = command_for(test, mapper);
	u32 i;

	for (i = 0; i < 20; i++) {
		struct iomd_desc *desc;
		u64 bus;

		desc = iomd_desc_with_options(&fixture->range, 1, 0, IOMD_KERNEL_TASK,
					      VIRTUAL | BOTH, mapper);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, desc);
		KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
		bus = iomd_desc_get_physical_address(desc);
		KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
		KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
		KUNIT_EXPECT_NE(test, iomd_mapper_map_to_physical_address(mapper, bus), 0ULL);
		KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
		iomd_desc_put(desc);
		KUNIT_EXPECT_EQ(test, iomd_mapper_map_to_physical_address(mapper, bus), 0ULL);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(one_mapper_for_a_device),
	KUNIT_CASE(mapper_gives_bus_addresses),
	KUNIT_CASE(pieces_make_no_difference),
	KUNIT_CASE(bus_addresses_are_the_devices),
	KUNIT_CASE(physical_memory_is_the_cpus),
	KUNIT_CASE(commands_map_for_themselves),
	KUNIT_CASE(no_mapper_no_bus_address),
	KUNIT_CASE(identity_mapper_changes_nothing),
	KUNIT_CASE(unprepared_memory_has_no_bus_address),
	KUNIT_CASE(some_memory_is_never_mapped),
	KUNIT_CASE(default_mapper_serves_the_module),
	KUNIT_CASE(identity_may_be_the_default),
	KUNIT_CASE(two_defaults_are_none),
	KUNIT_CASE(unbinding_revokes),
	KUNIT_CASE(unbinding_ends_commands),
	KUNIT_CASE(unbinding_waits_for_no_idle_command),
	KUNIT_CASE(commands_change_mappers),
	KUNIT_CASE(transfers_change_mappers),
	KUNIT_CASE(unbinding_races_with_completing),
	KUNIT_CASE(survives_failing_allocations),
	KUNIT_CASE(last_put_is_the_end),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_mapper",
	.suite_init = iomd_kunit_suite_init,
	.suite_exit = iomd_kunit_suite_exit,
	.init = init,
	.test_cases = cases,
};

kunit_test_suite(suite);
