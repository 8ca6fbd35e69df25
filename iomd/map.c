// SPDX-License-Identifier: GPL-2.0-only
/*
 * Maps: the object, what it says of itself, and its end.
 */
#include <linux/export.h>
#include <linux/overflow.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include <iomd/desc.h>
#include <iomd/namespace.h>

#include "map.h"
#include "objects.h"

/**
 * DOC: Maps
 *
 * A map shows a part of a descriptor's memory in an address space: the kernel's, the
 * caller's or another task's. It holds its descriptor, and whoever makes it puts it.
 * A descriptor knows the maps of its memory, so that the next one who asks for the same
 * gets the one there is.
 *
 * What is seen in a map is the memory that was behind the descriptor when it was made; see
 * iomd/reference.c. Where it is to be seen is the business of a window: page tables of the
 * kernel's (iomd/kernel_window.c) or a mapping in a task (iomd/task_window.c). Some maps
 * have none: those of memory that is in that address space anyway, those that somebody
 * else has made (static ones), and parts of other maps.
 */

/* A map that is nowhere yet, in no set. Return: it or NULL. */
struct iomd_map *iomd_map_create(struct iomd_desc *desc, struct mm_struct *task, u32 options,
				 u64 offset, u64 length)
{
	struct iomd_map *map = kzalloc(sizeof(*map), GFP_KERNEL_ACCOUNT);

	if (!map)
		return NULL;
	refcount_set(&map->ref, 1);
	INIT_LIST_HEAD(&map->node);
	INIT_LIST_HEAD(&map->wired);
	mutex_init(&map->lock);
	spin_lock_init(&map->shown);
	map->desc = iomd_desc_get(desc);
	map->task = task;
	if (task != IOMD_KERNEL_TASK) {
		mmgrab(task);
		map->mm = task;
	}
	map->options = options;
	map->offset = offset;
	map->length = length;
	iomd_objects_inc(IOMD_OBJECT_MAP);
	return map;
}

/* What a map has in its address space, taken from it. */
struct translation {
	struct iomd_kernel_window kernel;
	struct iomd_task_window *window;
};

/* Make a map say that it is nowhere. Its set is locked. */
static void take_translation(struct iomd_map *map, struct translation *translation)
{
	translation->kernel = map->kernel;
	translation->window = map->window;
	map->kernel.kind = IOMD_WINDOW_NONE;
	map->window = NULL;
	map->memory = NULL;
	WRITE_ONCE(map->address, 0);
}

/* Make a map that others may be looking at say that it is nowhere. */
static void detach(struct iomd_map *map, bool has_died, struct translation *translation)
{
	mutex_lock(&map->lock);
	iomd_map_unwire_all(map);
	mutex_lock(&map->desc->maps->lock);
	take_translation(map, translation);
	if (has_died)
		WRITE_ONCE(map->task, NULL);
	mutex_unlock(&map->desc->maps->lock);
	mutex_unlock(&map->lock);
}

/* Sleeps; takes the mmap_lock of the task. @unmap: take it from the task, too. */
static void end_translation(struct translation *translation, bool unmap)
{
	iomd_kernel_window_close(&translation->kernel);
	if (!translation->window)
		return;
	if (unmap)
		iomd_task_window_unmap(translation->window);
	iomd_task_window_put(translation->window);
}

/* What was put over somebody else's mapping goes with that. */
static bool is_to_be_unmapped(const struct iomd_map *map)
{
	return !(map->options & IOMD_MAP_OVERWRITE);
}

/* Nobody has a reference any more, nor will; but somebody may be looking through the set. */
static void map_free(struct iomd_map *map)
{
	struct iomd_map_set *set = map->desc->maps;
	struct translation translation;

	mutex_lock(&set->lock);
	list_del(&map->node);
	mutex_unlock(&set->lock);
	iomd_map_unwire_all(map);
	take_translation(map, &translation);
	end_translation(&translation, is_to_be_unmapped(map));
	iomd_map_put(map->parent);
	iomd_desc_put(map->desc);
	if (map->mm)
		mmdrop(map->mm);
	mutex_destroy(&map->lock);
	iomd_objects_dec(IOMD_OBJECT_MAP);
	kfree(map);
}

/**
 * iomd_map_get() - Take another reference.
 * @map: Map; the caller has a reference.
 *
 * IOKit: OSObject::retain().
 *
 * Context: Any.
 * Return: @map.
 */
struct iomd_map *iomd_map_get(struct iomd_map *map)
{
	refcount_inc(&map->ref);
	return map;
}
EXPORT_SYMBOL_NS_GPL(iomd_map_get, IOMD_NS);

/**
 * iomd_map_put() - Give a reference back.
 * @map: Map, or NULL or an error pointer, for which nothing happens.
 *
 * The last put takes the memory from the address space, and then lets go of it and of the
 * descriptor. IOKit: OSObject::release().
 *
 * Context: Process context, may sleep; takes the mmap_lock of the task.
 *
 * Implements MAP-3, MAP-5, MAP-46.
 */
void iomd_map_put(struct iomd_map *map)
{
	if (IS_ERR_OR_NULL(map))
		return;
	might_sleep();
	if (refcount_dec_and_test(&map->ref))
		map_free(map);
}
EXPORT_SYMBOL_NS_GPL(iomd_map_put, IOMD_NS);

/* Has the address space gone that the map is in? */
static bool is_dead(const struct iomd_map *map)
{
	return !READ_ONCE(map->task) || (map->mm && !atomic_read(&map->mm->mm_users));
}

/* Is the memory still where the map says? */
bool iomd_map_is_live(const struct iomd_map *map)
{
	return iomd_map_get_address(map);
}

/**
 * iomd_map_get_address() - Where the first byte is.
 * @map: Map.
 *
 * IOKit: IOMemoryMap::getAddress().
 *
 * Context: Any.
 * Return: The address in iomd_map_get_address_task(); 0 if the map, or the one it is a part
 *	   of, was unmapped, or the address space is gone. Implements MAP-8, MAP-49, MAP-50.
 */
u64 iomd_map_get_address(const struct iomd_map *map)
{
	u64 address = READ_ONCE(map->address);

	if (!address || is_dead(map))
		return 0;
	if (map->parent && !iomd_map_get_address(map->parent))
		return 0;
	return address;
}
EXPORT_SYMBOL_NS_GPL(iomd_map_get_address, IOMD_NS);

/**
 * iomd_map_get_virtual_address() - Where the first byte is, as a pointer.
 * @map: Map into the kernel; into a task, what is returned must not be followed.
 *
 * IOKit: IOMemoryMap::getVirtualAddress().
 *
 * Context: Any.
 * Return: As iomd_map_get_address().
 */
void *iomd_map_get_virtual_address(const struct iomd_map *map)
{
	return (void *)(unsigned long)iomd_map_get_address(map);
}
EXPORT_SYMBOL_NS_GPL(iomd_map_get_virtual_address, IOMD_NS);

/**
 * iomd_map_get_length() - How many bytes are mapped.
 * @map: Map.
 *
 * IOKit: IOMemoryMap::getLength().
 *
 * Context: Any.
 * Return: Bytes, as asked for, also after the map was unmapped.
 */
u64 iomd_map_get_length(const struct iomd_map *map)
{
	return map->length;
}
EXPORT_SYMBOL_NS_GPL(iomd_map_get_length, IOMD_NS);

/**
 * iomd_map_get_size() - The same as iomd_map_get_length().
 * @map: Map.
 *
 * IOKit: IOMemoryMap::getSize().
 *
 * Context: Any.
 * Return: Bytes.
 */
u64 iomd_map_get_size(const struct iomd_map *map)
{
	return map->length;
}
EXPORT_SYMBOL_NS_GPL(iomd_map_get_size, IOMD_NS);

/**
 * iomd_map_get_offset() - Where in its descriptor the map begins.
 * @map: Map.
 *
 * IOKit: IOMemoryMap::GetOffset() of DriverKit.
 *
 * Context: Any.
 * Return: Bytes from the beginning of iomd_map_get_memory_descriptor(). Implements MAP-75.
 */
u64 iomd_map_get_offset(const struct iomd_map *map)
{
	return READ_ONCE(map->offset);
}
EXPORT_SYMBOL_NS_GPL(iomd_map_get_offset, IOMD_NS);

/**
 * iomd_map_get_address_task() - Whose address space the map is in.
 * @map: Map.
 *
 * IOKit: IOMemoryMap::getAddressTask().
 *
 * Context: Any.
 * Return: IOMD_KERNEL_TASK or a task, without a reference; NULL after
 *	   iomd_map_unmap(), or if the address space is gone.
 */
struct mm_struct *iomd_map_get_address_task(const struct iomd_map *map)
{
	return iomd_map_get_address(map) ? READ_ONCE(map->task) : NULL;
}
EXPORT_SYMBOL_NS_GPL(iomd_map_get_address_task, IOMD_NS);

/**
 * iomd_map_get_memory_descriptor() - Whose memory is mapped.
 * @map: Map.
 *
 * Of a sub descriptor the outermost descriptor that is none; of a unique map of physical
 * memory one that describes just that. IOKit: IOMemoryMap::getMemoryDescriptor().
 *
 * Context: Any; it is good until the map is redirected.
 * Return: The descriptor, without a reference. Implements MAP-44, MULTI-25, SUB-17.
 */
struct iomd_desc *iomd_map_get_memory_descriptor(const struct iomd_map *map)
{
	return READ_ONCE(map->desc);
}
EXPORT_SYMBOL_NS_GPL(iomd_map_get_memory_descriptor, IOMD_NS);

/**
 * iomd_map_get_map_options() - How the memory is mapped.
 * @map: Map.
 *
 * IOKit: IOMemoryMap::getMapOptions().
 *
 * Context: Any.
 * Return: IOMD_MAP_* as asked for; with IOMD_MAP_STATIC if the memory was there anyway; and
 *	   for memory of devices with the cache mode that the default came to.
 */
u32 iomd_map_get_map_options(const struct iomd_map *map)
{
	return map->options;
}
EXPORT_SYMBOL_NS_GPL(iomd_map_get_map_options, IOMD_NS);

/* Segments that are to be had in any context, without sleeping. */
#define ATOMIC_SEGMENT	(IOMD_MEMORY_MAPPER_NONE | IOMD_MEMORY_SOURCE_SEGMENT)

/* The same in what the map shows now, which is that until we are through. */
static u64 shown_segment(struct iomd_map *map, u64 offset, u64 *length, u32 options, void *caller)
{
	u64 address = 0, start;
	unsigned long flags;

	spin_lock_irqsave(&map->shown, flags);
	if (!check_add_overflow(map->offset, offset, &start))
		address = iomd_desc_segment(map->desc, start, length, options, caller);
	spin_unlock_irqrestore(&map->shown, flags);
	return address;
}

/* This may sleep, with a reference, which then may be the last. */
static u64 held_segment(struct iomd_map *map, u64 offset, u64 *length, u32 options, void *caller)
{
	u64 address = 0, start;
	struct iomd_desc *desc;

	spin_lock_irq(&map->shown);
	desc = iomd_desc_get(map->desc);
	start = map->offset;
	spin_unlock_irq(&map->shown);
	if (!check_add_overflow(start, offset, &start))
		address = iomd_desc_segment(desc, start, length, options, caller);
	iomd_desc_put(desc);
	return address;
}

static u64 map_segment(struct iomd_map *map, u64 offset, u64 *length, u32 options, void *caller)
{
	u64 address = 0, bytes = 0;

	if (offset < map->length) {
		if (options & ATOMIC_SEGMENT)
			address = shown_segment(map, offset, &bytes, options, caller);
		else
			address = held_segment(map, offset, &bytes, options, caller);
		bytes = min(bytes, map->length - offset);
	}
	if (length)
		*length = bytes;
	return address;
}

/**
 * iomd_map_get_physical_segment() - Where a byte of a map is, and how far it is contiguous.
 * @map: Map of a descriptor that is prepared.
 * @offset: Byte asked for, in the map.
 * @length: Receives how many bytes are contiguous, and mapped, from there on; may be NULL.
 * @options: As for iomd_desc_get_physical_segment().
 *
 * While the map is redirected the answer is of what was shown before, or of what is shown
 * then. IOKit: IOMemoryMap::getPhysicalSegment().
 *
 * Context: As iomd_desc_get_physical_segment().
 * Return: As that; 0, and 0 in @length, behind the end of the map. Implements MAP-45.
 */
u64 iomd_map_get_physical_segment(struct iomd_map *map, u64 offset, u64 *length, u32 options)
{
	return map_segment(map, offset, length, options, __builtin_return_address(0));
}
EXPORT_SYMBOL_NS_GPL(iomd_map_get_physical_segment, IOMD_NS);

/**
 * iomd_map_get_physical_address() - Where the first byte of a map is.
 * @map: Map of a descriptor that is prepared.
 *
 * IOKit: IOMemoryMap::getPhysicalAddress().
 *
 * Context: Process context, may sleep.
 * Return: As iomd_map_get_physical_segment() for offset 0 with no options.
 */
u64 iomd_map_get_physical_address(struct iomd_map *map)
{
	return map_segment(map, 0, NULL, 0, __builtin_return_address(0));
}
EXPORT_SYMBOL_NS_GPL(iomd_map_get_physical_address, IOMD_NS);

/**
 * iomd_map_unmap() - Take the memory from the address space now.
 * @map: Map.
 *
 * Whoever else has the map keeps it, and it stays valid, but it is nowhere. Maps that
 * are part of it are nowhere from then on, too. Nothing is taken away by a map that is
 * part of another, static, or put over somebody else's mapping.
 * IOKit: IOMemoryMap::unmap().
 *
 * Context: Process context, may sleep; takes the mmap_lock of the task.
 * Return: 0, also if nothing was there any more. Implements MAP-47..50.
 */
int iomd_map_unmap(struct iomd_map *map)
{
	struct translation translation;

	might_sleep();
	detach(map, false, &translation);
	end_translation(&translation, is_to_be_unmapped(map));
	return 0;
}
EXPORT_SYMBOL_NS_GPL(iomd_map_unmap, IOMD_NS);

/**
 * iomd_map_user_client_unmap() - Have the window go when the client dies.
 * @map: Map.
 *
 * IOKit: IOMemoryMap::userClientUnmap().
 *
 * Context: Any.
 * Return: 0. Implements MAP-52.
 */
int iomd_map_user_client_unmap(struct iomd_map *map)
{
	WRITE_ONCE(map->unmap_on_death, true);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(iomd_map_user_client_unmap, IOMD_NS);

/**
 * iomd_map_task_died() - The client whose map it was has gone.
 * @map: Map.
 *
 * The map forgets where it was. What it showed stays in the address space until that
 * goes, and with it the pages, unless iomd_map_user_client_unmap() was called.
 * IOKit: IOMemoryMap::taskDied().
 *
 * Context: Process context, may sleep; takes the mmap_lock of the task.
 *
 * Implements MAP-51.
 */
void iomd_map_task_died(struct iomd_map *map)
{
	struct translation translation;

	might_sleep();
	detach(map, true, &translation);
	end_translation(&translation, map->unmap_on_death);
}
EXPORT_SYMBOL_NS_GPL(iomd_map_task_died, IOMD_NS);
