/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of devices. IODeviceMemory.
 */
#ifndef _IOMD_DEVICE_H
#define _IOMD_DEVICE_H

#include <iomd/types.h>

struct iomd_desc;

/**
 * struct iomd_device_element - One range of a list.
 * @start: CPU-physical address.
 * @length: Bytes.
 * @tag: For iomd_desc_get_tag().
 *
 * IOKit: IODeviceMemory::InitElement.
 */
struct iomd_device_element {
	u64 start;
	u64 length;
	u32 tag;
};

struct iomd_desc *iomd_device_with_range(u64 start, u64 length);
struct iomd_desc *iomd_device_with_sub_range(struct iomd_desc *of, u64 offset, u64 length);
struct iomd_desc **iomd_device_array_from_list(const struct iomd_device_element *list, u32 count);
void iomd_device_array_put(struct iomd_desc **array);

#endif /* _IOMD_DEVICE_H */
