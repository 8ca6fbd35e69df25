// SPDX-License-Identifier: GPL-2.0-only
/*
 * Redirecting maps: other contents at the same address, or none for a while.
 */
#include <linux/export.h>

#include <iomd/desc.h>
#include <iomd/namespace.h>

#include "map.h"
#include "reference.h"

/*
 * Of one map.
 */

/* What a window is to show, with the memory that is to be had for that. */
static int survey_new(struct iomd_map *map, struct iomd_desc *memory, u32 options, u64 offset,
		      struct iomd_survey *survey)
{
	const struct iomd_window_spec spec = {
		.memory = memory,
		.offset = offset,
		.length = map->length,
		.task = map->task,
		.options = options | (map->options & IOMD_MAP_READ_ONLY),
	};
	int err = iomd_window_survey(&spec, survey);

	if (err)
		return err;
	return offset_in_page(survey->physical) == offset_in_page(map->address) ? 0 : -EBADSLT;
}

/* Put the map among those of @desc, which it then holds instead of the one before. */
static void move_to(struct iomd_map *map, struct iomd_desc *desc, u64 offset)
{
	struct iomd_desc *old = map->desc;
	struct mutex *first = &old->maps->lock, *second = &desc->maps->lock;

	if (second < first)
		swap(first, second);
	mutex_lock(first);
	if (second != first)
		mutex_lock_nested(second, SINGLE_DEPTH_NESTING);
	list_del(&map->node);
	list_add_tail(&map->node, &desc->maps->maps);
	spin_lock_irq(&map->shown);
	WRITE_ONCE(map->desc, iomd_desc_get(desc));
	WRITE_ONCE(map->offset, offset);
	spin_unlock_irq(&map->shown);
	iomd_task_window_block(map->window, IOMD_BLOCKED_BY_DESC, desc->is_redirected);
	if (second != first)
		mutex_unlock(second);
	mutex_unlock(first);
	iomd_desc_put(old);
}

/* @desc is what the driver names: bounds are its own, though its parent has the map then. */
static int show_instead(struct iomd_map *map, struct iomd_desc *desc, u32 options, u64 offset)
{
	bool write = !(map->options & IOMD_MAP_READ_ONLY);
	struct iomd_survey survey;
	struct iomd_desc *memory;
	int err;

	if (offset >= desc->length || map->length > desc->length - offset)
		return -EINVAL;
	if (desc->ops->map_root)
		desc = desc->ops->map_root(desc, &offset);
	if (!iomd_map_set_of(desc))
		return -ENOMEM;
	memory = iomd_reference_get(desc, write);
	if (IS_ERR(memory))
		return PTR_ERR(memory);
	/* Whether those who touch @desc have to wait counts from when the map is one of its. */
	iomd_task_window_block(map->window, IOMD_BLOCKED_BY_MAP, true);
	err = survey_new(map, memory, options, offset, &survey) ?:
	      iomd_task_window_exchange(map->window, memory, offset, &survey);
	if (err) {
		iomd_reference_put(memory);
		return err;
	}
	move_to(map, desc, offset);
	map->memory = memory;
	return 0;
}

static int redirect_locked(struct iomd_map *map, struct iomd_desc *desc, u32 options, u64 offset)
{
	int err = 0;

	lockdep_assert_held(&map->lock);
	if (!iomd_map_is_live(map))
		return 0;
	if (!(map->options & IOMD_MAP_UNIQUE) || !map->window)
		return -EOPNOTSUPP;
	if (!desc) {
		iomd_task_window_block(map->window, IOMD_BLOCKED_BY_MAP, true);
		return 0;
	}
	if (desc != map->desc)
		err = show_instead(map, desc, options, offset);
	iomd_task_window_block(map->window, IOMD_BLOCKED_BY_MAP, false);
	return err ? -EBADE : 0;
}

/**
 * iomd_map_redirect() - Show something else at the same address, or nothing for a while.
 * @map: Map into a task, made with IOMD_MAP_UNIQUE.
 * @memory: Descriptor of what to show; the map then belongs to that, and holds it instead
 *	of the one before. NULL for nothing: whoever touches the window waits, but for a
 *	signal that kills, until there is something again. The map's own for what it was.
 * @options: IOMD_MAP_* cache mode.
 * @offset: First byte to show, in @memory.
 *
 * Nothing is copied, and no other map shows anything else than before.
 * IOKit: IOMemoryMap::redirect().
 *
 * Context: Process context, may sleep and fault.
 * Return: 0, also for a map that is unmapped, with nothing done; -EOPNOTSUPP for a map that
 *	   is not unique, or in the kernel; -EBADE if @memory cannot be shown in this
 *	   window: then what was to be seen before is, and nobody waits.
 *
 * Implements MAP-53..61.
 */
int iomd_map_redirect(struct iomd_map *map, struct iomd_desc *memory, u32 options, u64 offset)
{
	int err;

	might_sleep();
	mutex_lock(&map->lock);
	err = redirect_locked(map, memory, options, offset);
	mutex_unlock(&map->lock);
	return err;
}
EXPORT_SYMBOL_NS_GPL(iomd_map_redirect, IOMD_NS);

/*
 * Of all maps of a descriptor.
 */

/* Does redirecting a descriptor concern a map? Parts follow what they are parts of. */
static bool is_concerned(const struct iomd_map *map, const struct mm_struct *safe_task)
{
	return !map->parent && !iomd_map_is_static(map) && iomd_map_is_live(map) &&
	       map->task != safe_task;
}

/* Can everybody who is to wait be made to? */
static bool is_possible(const struct iomd_map_set *set, const struct mm_struct *safe_task)
{
	const struct iomd_map *map;

	list_for_each_entry(map, &set->maps, node)
		if (is_concerned(map, safe_task) && !map->window)
			return false;
	return true;
}

static int redirect_maps(struct iomd_map_set *set, const struct mm_struct *safe_task, bool block)
{
	struct iomd_map *map;

	lockdep_assert_held(&set->lock);
	/* Going on is always possible; what the kernel has mapped since never waited. */
	if (block && !is_possible(set, safe_task))
		return -EOPNOTSUPP;
	list_for_each_entry(map, &set->maps, node)
		if (is_concerned(map, safe_task) && map->window)
			iomd_task_window_block(map->window, IOMD_BLOCKED_BY_DESC, block);
	return 0;
}

/* Of what a part belongs to, too. */
static struct iomd_desc *root_of(struct iomd_desc *desc)
{
	u64 offset = 0;

	return desc->ops->map_root ? desc->ops->map_root(desc, &offset) : desc;
}

/**
 * iomd_desc_redirect() - Have all who touch the memory wait, or go on.
 * @desc: Descriptor; of a sub descriptor, what it is a window on is meant.
 * @safe_task: A task that is not concerned, IOMD_KERNEL_TASK, or NULL.
 * @do_redirect: Wait, or go on.
 *
 * Concerns the tasks in which the memory is mapped now. Those who wait can be killed. The
 * kernel cannot be made to wait.
 * IOKit: IOMemoryDescriptor::redirect().
 *
 * Context: Process context, may sleep.
 * Return: 0; -EOPNOTSUPP, and nothing has changed, if they are to wait, but the memory is
 *	   mapped into the kernel, and that is not @safe_task; -ENOMEM.
 *
 * Implements MD-96, MD-99, MD-100, MAP-62, MAP-63, SUB-21.
 */
int iomd_desc_redirect(struct iomd_desc *desc, struct mm_struct *safe_task, bool do_redirect)
{
	struct iomd_map_set *set;
	int err;

	might_sleep();
	desc = root_of(desc);
	set = iomd_map_set_of(desc);
	if (!set)
		return -ENOMEM;
	mutex_lock(&set->lock);
	err = redirect_maps(set, safe_task, do_redirect);
	if (!err)
		WRITE_ONCE(desc->is_redirected, do_redirect);
	mutex_unlock(&set->lock);
	return err;
}
EXPORT_SYMBOL_NS_GPL(iomd_desc_redirect, IOMD_NS);
