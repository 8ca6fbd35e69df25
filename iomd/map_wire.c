// SPDX-License-Identifier: GPL-2.0-only
/*
 * Wiring what is seen through maps.
 *
 * What is in a window stays where it is, so that wiring it is having it in the page tables.
 * A map of a task's own memory, where that is, has nothing to keep it: it is pinned.
 */
#include <linux/export.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include <iomd/desc.h>
#include <iomd/namespace.h>

#include "map.h"

/*
 * Directions stand for protection here: In is reading, Out is writing. As a direction of
 * transfer, what the CPU may write is what a device might.
 */
static bool is_for_writing(u32 access)
{
	return access & IOMD_DIRECTION_OUT;
}

/* A range of a task's own memory that is wired. */
struct wired_range {
	struct list_head node;
	struct iomd_desc *desc;
	u64 offset;
	u64 length;
};

static void unwire(struct wired_range *range)
{
	list_del(&range->node);
	iomd_desc_put(range->desc);
	kfree(range);
}

/* The map is unmapped, or going. */
void iomd_map_unwire_all(struct iomd_map *map)
{
	struct wired_range *range, *next;

	list_for_each_entry_safe(range, next, &map->wired, node)
		unwire(range);
}

static int wire_own(struct iomd_map *map, u32 access, u64 offset, u64 length)
{
	u32 direction = is_for_writing(access) ? IOMD_DIRECTION_IN_OUT : IOMD_DIRECTION_OUT;
	struct wired_range *range = kmalloc(sizeof(*range), GFP_KERNEL_ACCOUNT);

	if (!range)
		return -ENOMEM;
	/* Releasing it completes it. */
	range->desc = iomd_client_desc_with_address_range(NULL, map->address + offset, length,
							  direction | IOMD_MEMORY_AUTO_PREPARE |
							  IOMD_MEMORY_MAPPER_NONE, map->mm);
	if (IS_ERR(range->desc)) {
		int err = PTR_ERR(range->desc);

		kfree(range);
		return err;
	}
	range->offset = offset;
	range->length = length;
	list_add(&range->node, &map->wired);
	return 0;
}

static int unwire_own(struct iomd_map *map, u64 offset, u64 length)
{
	struct wired_range *range;

	list_for_each_entry(range, &map->wired, node)
		if (range->offset == offset && range->length == length) {
			unwire(range);
			return 0;
		}
	return -EINVAL;
}

/* What a task has anyway is the business of the map that was asked for, part or not. */
static int wire_static(struct iomd_map *map, u32 access, u64 offset, u64 length)
{
	int err = -EINVAL;

	mutex_lock(&map->lock);
	if (iomd_map_is_live(map)) {
		if (!map->mm)
			err = 0;
		else if (access)
			err = wire_own(map, access, offset, length);
		else
			err = unwire_own(map, offset, length);
	}
	mutex_unlock(&map->lock);
	return err;
}

static int wire_window(struct iomd_map *map, u32 access, u64 offset, u64 length)
{
	bool write = is_for_writing(access);
	int err = -EINVAL;

	mutex_lock(&map->lock);
	if (iomd_map_is_live(map)) {
		if (write && (map->options & IOMD_MAP_READ_ONLY))
			err = -EACCES;
		else if (!access || !map->window)
			err = 0;
		else
			err = iomd_task_window_populate(map->window, offset, length, write);
	}
	mutex_unlock(&map->lock);
	return err;
}

/**
 * iomd_map_wire_range() - Have a range in the page tables, and keep it there.
 * @map: Map.
 * @options: IOMD_DIRECTION_IN for reading and IOMD_DIRECTION_OUT for writing, or both; none
 *	of them undoes it.
 * @offset: First byte, in the map.
 * @length: Bytes.
 *
 * In a window of ours pages stay once they are there. A task's own memory is pinned until
 * the same range of the same map is given without a direction, or that map is unmapped or
 * put, be it a part of another.
 * IOKit: IOMemoryMap::wireRange().
 *
 * Context: Process context, may sleep and fault; takes the mmap_lock of the task.
 * Return: 0; -EINVAL for a range that is not in the map, a map that is nowhere, or what
 *	   was not wired; -EACCES if it may not be written; -EFAULT if the task has
 *	   unmapped some of it; -EBUSY while those who touch it have to wait; -ENXIO if the
 *	   task is gone; -ENOMEM; the errors of iomd_desc_prepare(). Implements MAP-66, MAP-67.
 */
int iomd_map_wire_range(struct iomd_map *map, u32 options, u64 offset, u64 length)
{
	u32 access = options & IOMD_DIRECTION_IN_OUT;
	struct iomd_map *whole;
	u64 end;

	might_sleep();
	if (!length || check_add_overflow(offset, length, &end) || end > map->length)
		return -EINVAL;
	if (!iomd_map_is_live(map))
		return -EINVAL;
	for (whole = map; whole->parent; whole = whole->parent)
		end += whole->offset - whole->parent->offset;
	if (iomd_map_is_static(whole))
		return wire_static(map, access, offset, length);
	return wire_window(whole, access, end - length, length);
}
EXPORT_SYMBOL_NS_GPL(iomd_map_wire_range, IOMD_NS);
