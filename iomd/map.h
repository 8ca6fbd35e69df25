/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Maps, as the rest of the module sees them.
 */
#ifndef _IOMD_MAP_PRIVATE_H
#define _IOMD_MAP_PRIVATE_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/refcount.h>

#include <iomd/map.h>

#include "core.h"
#include "kernel_window.h"
#include "map_set.h"
#include "task_window.h"

/**
 * struct iomd_map - A window on a descriptor, in an address space.
 * @ref: References.
 * @lock: Guards @desc and @offset, that is, what is to be seen.
 * @desc: Whose maps this one belongs to; a reference is held.
 * @node: In the set of @desc, whose lock guards what is below.
 * @parent: The map whose window this is a part of; or NULL. A reference is held.
 * @offset: First byte of the window, in @desc.
 * @length: Bytes.
 * @options: IOMD_MAP_*.
 * @task: The address space, or IOMD_KERNEL_TASK; NULL once the client is gone.
 * @mm: The address space, held for as long as the map lives; NULL for the kernel's.
 * @address: Of the first byte; 0 once unmapped.
 * @kernel: The window, if it is in the kernel.
 * @window: The window, if it is in a task; or NULL.
 * @memory: What is to be seen in the window, which has it; or NULL.
 * @wired: Ranges of a task's own memory that are wired, of struct wired_range.
 * @unmap_on_death: The window is to go when the client dies.
 */
struct iomd_map {
	refcount_t ref;
	struct mutex lock;	/* see above */
	struct iomd_desc *desc;
	struct list_head node;
	struct iomd_map *parent;
	u64 offset;
	u64 length;
	u32 options;
	struct mm_struct *task;
	struct mm_struct *mm;
	u64 address;
	struct iomd_kernel_window kernel;
	struct iomd_task_window *window;
	struct iomd_desc *memory;
	struct list_head wired;
	bool unmap_on_death;
};

/* Is it a mapping that somebody else made, or that there was anyway? */
static inline bool iomd_map_is_static(const struct iomd_map *map)
{
	return map->options & IOMD_MAP_STATIC;
}

/* map.c: the object */
struct iomd_map *iomd_map_create(struct iomd_desc *desc, struct mm_struct *task, u32 options,
				 u64 offset, u64 length);
bool iomd_map_is_live(const struct iomd_map *map);

/* map_make.c: the same as iomd_desc_create_mapping_in_task(), wherever memory ends by now */
struct iomd_map *iomd_desc_map_beyond_length(struct iomd_desc *desc, struct mm_struct *into,
					     u32 options, u64 length);

/* map_wire.c: what is wired through maps */
void iomd_map_unwire_all(struct iomd_map *map);

#endif /* _IOMD_MAP_PRIVATE_H */
