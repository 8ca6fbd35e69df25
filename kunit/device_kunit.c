// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of devices: physical ranges, which are there whether prepared or not.
 */
#include <linux/io.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "compose.h"

#define IN		IOMD_DIRECTION_IN
#define OUT		IOMD_DIRECTION_OUT
#define BOTH		IOMD_DIRECTION_OUT_IN
#define NONE		IOMD_DIRECTION_NONE

static struct iomd_desc *range_desc(struct kunit *test, u64 start, u64 length)
{
	return iomd_kunit_desc(test, iomd_device_with_range(start, length));
}

/* DEV-1 GMD-29 GMD-30 GMD-66: one physical range of no direction, prepared for good */
static void is_a_physical_range(struct kunit *test)
{
	struct iomd_desc *desc = range_desc(test, 0xfeb00010, 0x2345);
	u64 length, id = iomd_desc_get_preparation_id(desc);

	KUNIT_EXPECT_EQ(test, iomd_desc_get_direction(desc), (u32)NONE);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(desc), 0x2345ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_tag(desc), 0U);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_flags(desc),
			(u64)(IOMD_MEMORY_TYPE_PHYSICAL | IOMD_MEMORY_MAPPER_NONE));
	KUNIT_EXPECT_GE(test, id, 1ULL << 32);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, OUT), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, IN), 0);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_read_only(desc));
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_preparation_id(desc), id);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, 5, &length), 0xfeb00015ULL);
	KUNIT_EXPECT_EQ(test, length, 0x2340ULL);

	IOMD_KUNIT_EXPECT_ERR(test, iomd_device_with_range(U64_MAX, 2), -EOVERFLOW);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_device_with_range(1ULL << 60, 0x1000), -EINVAL);
}

/* DEV-2 OBJ-11: it is a general descriptor like any, which may describe something else */
static void is_a_general_descriptor(struct kunit *test)
{
	struct iomd_desc *desc = iomd_kunit_desc(test, iomd_device_with_range(0x1000, 16));
	const struct iomd_range range = { 0x5000, 32 };

	KUNIT_EXPECT_PTR_EQ(test, iomd_buffer_from_desc(desc), NULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_init_with_options(desc, &range, 1, 0, NULL,
							  IOMD_MEMORY_TYPE_PHYSICAL |
							  IOMD_DIRECTION_IN, NULL), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, 0, NULL), 0x5000ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_flags(desc),
			(u64)(IOMD_MEMORY_TYPE_PHYSICAL | IOMD_DIRECTION_IN));
}

/* DEV-3 MD-52: its addresses are the CPU's, whatever is asked and whoever asks */
static void addresses_are_the_cpus(struct kunit *test)
{
	struct iomd_mapper *mapper = iomd_kunit_device_mapper(test, 64);
	struct iomd_desc *desc, *plain, *sub;
	u64 length = 5;

	KUNIT_ASSERT_EQ(test, iomd_mapper_set_default(mapper), 0);
	desc = iomd_device_with_range(0xfeb00000, 0x1000);
	plain = iomd_desc_with_physical_address(0xfeb00000, 0x1000, NONE);
	iomd_mapper_clear_default();
	desc = iomd_kunit_desc(test, desc);
	plain = iomd_kunit_desc(test, plain);

	KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_segment(desc, 8, &length, 0), 0xfeb00008ULL);
	KUNIT_EXPECT_EQ(test, length, 0xff8ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_address(desc), 0xfeb00000ULL);
	sub = iomd_kunit_desc(test, iomd_device_with_sub_range(desc, 0x10, 0x20));
	KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_segment(sub, 8, &length, 0), 0xfeb00018ULL);
	KUNIT_EXPECT_EQ(test, length, 0x18ULL);

	/* That is the difference from physical memory, which is bound to the mapper. */
	KUNIT_EXPECT_EQ(test, iomd_desc_get_flags(plain) & IOMD_MEMORY_MAPPER_NONE, 0ULL);
}

/* DEV-4 DEV-5 SUB-2 SUB-3: a window relative to the parent, which it holds */
static void window_on_a_range(struct kunit *test)
{
	struct iomd_desc *parent = iomd_device_with_range(0xfeb00000, 0x1000), *sub;
	struct iomd_kunit_witness witness;
	u64 length;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, parent);
	iomd_kunit_watch(&witness, parent);
	iomd_desc_set_tag(parent, 77);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_device_with_sub_range(parent, 0x801, 0x800), -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_device_with_sub_range(parent, U64_MAX, 2), -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_device_with_sub_range(NULL, 0, 1), -EINVAL);

	sub = iomd_device_with_sub_range(parent, 0x800, 0x800);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, sub);
	iomd_desc_put(parent);
	KUNIT_EXPECT_FALSE(test, witness.is_gone);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_direction(sub), (u32)NONE);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_tag(sub), 77U);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(sub, 0, &length), 0xfeb00800ULL);
	KUNIT_EXPECT_EQ(test, length, 0x800ULL);
	iomd_desc_put(sub);
	KUNIT_EXPECT_TRUE(test, witness.is_gone);
}

static void undo_array(void *data)
{
	iomd_device_array_put(data);
}

/* DEV-6 DEV-9: a descriptor for each range, also where one continues the other */
static void array_of_a_list(struct kunit *test)
{
	static const struct iomd_device_element list[] = {
		{ 0xfeb00000, 0x1000, 5 }, { 0xfeb01000, 0x1000, 0 }, { 0xfe000010, 3, 0xffffffff },
		{ 0xfeb00000, 0x1000, 5 },
	};
	struct iomd_desc **array = iomd_device_array_from_list(list, 4);
	u64 length;
	u32 i;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, array);
	iomd_kunit_defer(test, undo_array, array);
	for (i = 0; i < 4; i++) {
		KUNIT_ASSERT_NOT_NULL(test, array[i]);
		KUNIT_EXPECT_EQ(test, iomd_desc_get_tag(array[i]), list[i].tag);
		KUNIT_EXPECT_EQ(test, iomd_desc_get_length(array[i]), list[i].length);
		KUNIT_EXPECT_EQ(test, iomd_kunit_phys(array[i], 0, &length), list[i].start);
		KUNIT_EXPECT_EQ(test, length, list[i].length);
	}
	KUNIT_EXPECT_PTR_EQ(test, array[4], NULL);
	KUNIT_EXPECT_PTR_NE(test, array[0], array[3]);
}

/* DEV-6 DEV-8: the array has the only references; one of nothing is none the less one */
static void array_has_the_references(struct kunit *test)
{
	static const struct iomd_device_element list[] = {
		{ 0xfeb00000, 0x1000, 5 }, { 0xfeb01000, 0x1000, 0 },
	};
	struct iomd_desc **array = iomd_device_array_from_list(list, 2), *kept;
	struct iomd_kunit_witness witness[2];
	u32 i;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, array);
	for (i = 0; i < 2; i++)
		iomd_kunit_watch(&witness[i], array[i]);
	kept = iomd_desc_get(array[1]);
	iomd_device_array_put(array);
	KUNIT_EXPECT_TRUE(test, witness[0].is_gone);
	KUNIT_EXPECT_FALSE(test, witness[1].is_gone);
	iomd_desc_put(kept);
	KUNIT_EXPECT_TRUE(test, witness[1].is_gone);

	array = iomd_device_array_from_list(list, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, array);
	KUNIT_EXPECT_PTR_EQ(test, array[0], NULL);
	iomd_device_array_put(array);
	iomd_device_array_put(NULL);
	iomd_device_array_put(ERR_PTR(-ENOMEM));
}

static int list_once(struct kunit *test, void *data)
{
	struct iomd_desc **array = iomd_device_array_from_list(data, 3);

	iomd_device_array_put(array);
	return PTR_ERR_OR_ZERO(array);
}

/* DEV-7 OBJ-9: one range that cannot be had, and there is no array at all */
static void array_of_all_or_nothing(struct kunit *test)
{
	static struct iomd_device_element list[] = {
		{ 0xfeb00000, 0x1000, 5 }, { 0xfeb01000, 0x1000, 0 }, { 0xfeb02000, 0x1000, 0 },
	};
	static const struct iomd_device_element wrapping[] = {
		{ 0xfeb00000, 0x1000, 5 }, { U64_MAX, 0x1000, 0 },
	};

	IOMD_KUNIT_EXPECT_ERR(test, iomd_device_array_from_list(wrapping, 2), -EOVERFLOW);
	/* The array, and three objects. */
	KUNIT_EXPECT_GE(test, iomd_kunit_sweep(test, list_once, list, UINT_MAX), 4U);
}

#ifdef CONFIG_X86
/* Where the lanes' machine has the configuration space of PCI devices. */
#define CONFIG_SPACE	0xb0000000ULL

static u64 config_address(const struct pci_dev *pdev, u32 where)
{
	return CONFIG_SPACE + ((u64)pdev->bus->number << 20) + (pdev->devfn << 12) + where;
}

static void undo_pci(void *data)
{
	pci_dev_put(data);
}

/* DEV-13 MD-36 MD-41: bytes of a device are read, and written, where they are */
static void bytes_of_a_device(struct kunit *test)
{
	struct pci_dev *pdev = pci_get_class(PCI_CLASS_BRIDGE_HOST << 8, NULL);
	struct iomd_desc *desc, *sub;
	u8 bytes[4], line, before;
	u16 vendor, device;

	KUNIT_ASSERT_NOT_NULL(test, pdev);
	iomd_kunit_defer(test, undo_pci, pdev);
	desc = range_desc(test, config_address(pdev, 0), 0x100);
	pci_read_config_word(pdev, PCI_VENDOR_ID, &vendor);
	pci_read_config_word(pdev, PCI_DEVICE_ID, &device);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 0, bytes, 4), 4ULL);
	KUNIT_EXPECT_EQ(test, bytes[0] | bytes[1] << 8, (int)vendor);
	KUNIT_EXPECT_EQ(test, bytes[2] | bytes[3] << 8, (int)device);

	/* A byte that means something to system software only, and not of a bridge. */
	sub = iomd_kunit_desc(test, iomd_device_with_sub_range(desc, PCI_INTERRUPT_LINE, 1));
	pci_read_config_byte(pdev, PCI_INTERRUPT_LINE, &before);
	bytes[0] = before ^ 0x5a;
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(sub, 0, bytes, 1), 1ULL);
	pci_read_config_byte(pdev, PCI_INTERRUPT_LINE, &line);
	KUNIT_EXPECT_EQ(test, line, bytes[0]);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(sub, 0, NULL, 1), 1ULL);
	pci_read_config_byte(pdev, PCI_INTERRUPT_LINE, &line);
	KUNIT_EXPECT_EQ(test, line, 0);
	pci_write_config_byte(pdev, PCI_INTERRUPT_LINE, before);
}

/* DEV-13 MD-45: among memory too, in one copy */
static void bytes_of_devices_among_memory(struct kunit *test)
{
	struct pci_dev *pdev = pci_get_class(PCI_CLASS_BRIDGE_HOST << 8, NULL);
	u8 *memory = kunit_kzalloc(test, 16, GFP_KERNEL), bytes[20];
	struct iomd_desc *children[3];
	struct iomd_desc *multi;
	u16 vendor;

	KUNIT_ASSERT_NOT_NULL(test, pdev);
	iomd_kunit_defer(test, undo_pci, pdev);
	iomd_kunit_fill(memory, 16, 1);
	children[0] = iomd_kunit_of_kernel(test, memory, 10, BOTH);
	children[1] = range_desc(test, config_address(pdev, 0), 4);
	children[2] = iomd_kunit_of_kernel(test, memory + 10, 6, BOTH);
	multi = iomd_kunit_multi(test, children, 3, BOTH);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(multi, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(multi, 0, bytes, 20), 20ULL);
	pci_read_config_word(pdev, PCI_VENDOR_ID, &vendor);
	KUNIT_EXPECT_MEMEQ(test, bytes, memory, 10);
	KUNIT_EXPECT_EQ(test, bytes[10] | bytes[11] << 8, (int)vendor);
	KUNIT_EXPECT_MEMEQ(test, bytes + 14, memory + 10, 6);
}
#endif

static struct kunit_case cases[] = {
	KUNIT_CASE(is_a_physical_range),
	KUNIT_CASE(is_a_general_descriptor),
	KUNIT_CASE(addresses_are_the_cpus),
	KUNIT_CASE(window_on_a_range),
	KUNIT_CASE(array_of_a_list),
	KUNIT_CASE(array_has_the_references),
	KUNIT_CASE(array_of_all_or_nothing),
#ifdef CONFIG_X86
	KUNIT_CASE(bytes_of_a_device),
	KUNIT_CASE(bytes_of_devices_among_memory),
#endif
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_device",
	.suite_init = iomd_kunit_suite_init,
	.suite_exit = iomd_kunit_suite_exit,
	.init = iomd_kunit_init,
	.test_cases = cases,
};

kunit_test_suite(suite);
