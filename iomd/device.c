// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of devices: physical ranges that no mapper translates.
 */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/slab.h>

#include <iomd/desc.h>
#include <iomd/device.h>
#include <iomd/namespace.h>
#include <iomd/sub.h>

#include "general.h"

/**
 * iomd_device_with_range() - Describe memory of a device.
 * @start: CPU-physical address of the first byte.
 * @length: Bytes.
 *
 * Always prepared; its addresses are CPU-physical, whatever is asked. A DMA command gives
 * those that it has for another device, and maps it if it has no pages; not together with
 * memory that has. Whether the bus lets one device reach the other is for the driver to
 * know. IOKit: IODeviceMemory::withRange().
 *
 * Context: Process context, may sleep.
 * Return: A descriptor that the caller puts, or an error pointer: -EINVAL for
 *	   addresses that the machine cannot have; -EOVERFLOW if the range wraps;
 *	   -ENOMEM. Implements DEV-1, DEV-3.
 */
struct iomd_desc *iomd_device_with_range(u64 start, u64 length)
{
	struct iomd_desc *desc;

	desc = iomd_client_desc_with_address_range(NULL, start, length,
						   IOMD_DIRECTION_NONE |
						   IOMD_MEMORY_MAPPER_NONE, NULL);
	if (!IS_ERR(desc))
		iomd_to_general(desc)->nature = IOMD_NATURE_DEVICE;
	return desc;
}
EXPORT_SYMBOL_NS_GPL(iomd_device_with_range, IOMD_NS);

/**
 * iomd_device_with_sub_range() - A window on memory of a device.
 * @of: Descriptor of the memory; the new one holds it.
 * @offset: First byte, in @of.
 * @length: Bytes.
 *
 * IOKit: IODeviceMemory::withSubRange().
 *
 * Context: Process context, may sleep.
 * Return: As iomd_sub_with_sub_range(). Implements DEV-4, DEV-5.
 */
struct iomd_desc *iomd_device_with_sub_range(struct iomd_desc *of, u64 offset, u64 length)
{
	return iomd_sub_with_sub_range(of, offset, length, IOMD_DIRECTION_NONE);
}
EXPORT_SYMBOL_NS_GPL(iomd_device_with_sub_range, IOMD_NS);

/**
 * iomd_device_array_put() - Let go of an array of descriptors.
 * @array: What iomd_device_array_from_list() returned; or NULL or an error pointer,
 *	for which nothing happens.
 *
 * A descriptor that the caller took a reference on stays.
 *
 * Context: As iomd_desc_put().
 */
void iomd_device_array_put(struct iomd_desc **array)
{
	struct iomd_desc **desc;

	if (IS_ERR_OR_NULL(array))
		return;
	for (desc = array; *desc; desc++)
		iomd_desc_put(*desc);
	kfree(array);
}
EXPORT_SYMBOL_NS_GPL(iomd_device_array_put, IOMD_NS);

/**
 * iomd_device_array_from_list() - Describe several ranges, each by itself.
 * @list: The ranges, and a tag for each.
 * @count: Elements of @list; may be zero.
 *
 * IOKit: IODeviceMemory::arrayFromList().
 *
 * Context: Process context, may sleep.
 * Return: An array of @count descriptors in the order of @list, and a NULL behind
 *	   them, which the caller gives to iomd_device_array_put(); or an error
 *	   pointer as for iomd_device_with_range(), and nothing is left.
 *
 * Implements DEV-6..9.
 */
struct iomd_desc **iomd_device_array_from_list(const struct iomd_device_element *list, u32 count)
{
	struct iomd_desc **array;
	u32 i;

	array = kcalloc((size_t)count + 1, sizeof(*array), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!array)
		return ERR_PTR(-ENOMEM);

	for (i = 0; i < count; i++) {
		struct iomd_desc *desc = iomd_device_with_range(list[i].start, list[i].length);

		if (IS_ERR(desc)) {
			iomd_device_array_put(array);
			return ERR_CAST(desc);
		}
		iomd_desc_set_tag(desc, list[i].tag);
		array[i] = desc;
	}
	return array;
}
EXPORT_SYMBOL_NS_GPL(iomd_device_array_from_list, IOMD_NS);
