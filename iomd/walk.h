/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The steps of a walk through the memory of a descriptor.
 */
#ifndef _IOMD_WALK_H
#define _IOMD_WALK_H

#include <linux/minmax.h>

#include "core.h"
#include "runs.h"

/* Make the window of a walk one that holds @offset. Return: as iomd_desc_walk(). */
static inline int iomd_walk_find_window(struct iomd_desc *desc, struct iomd_walk *walk,
					u64 offset)
{
	int err;

	if (offset >= desc->length)
		return -EOVERFLOW;
	if (walk->runs && offset >= walk->start && offset < walk->end)
		return 0;
	err = desc->ops->resolve(desc, walk, offset);
	if (!err)
		walk->run = READ_ONCE(walk->runs->hint);
	return err;
}

/* The run of the byte at @position of the run list, and where the byte is. */
static inline const struct iomd_run *iomd_walk_look_up(struct iomd_walk *walk, u64 position,
						       u64 *address)
{
	const struct iomd_run *run;

	walk->run = position ? iomd_runs_find(walk->runs, position, walk->run) : 0;
	run = iomd_runs_at(walk->runs, walk->run);
	*address = run->phys;
	if (position)
		*address += position - iomd_runs_start(walk->runs, walk->run);
	return run;
}

/* Several steps at once, as many as runs lie beside each other in the window of @offset. */
static inline void iomd_walk_window(struct iomd_walk *walk, u64 offset,
				    struct iomd_stretch *stretch)
{
	stretch->position = walk->base + (offset - walk->start);
	stretch->run = iomd_walk_look_up(walk, stretch->position, &stretch->address);
	stretch->has_joints = walk->runs->has_joints;
	stretch->has_device = walk->runs->has_device;
	/* What comes next is found without a search. */
	walk->run = iomd_runs_last_beside(walk->runs, walk->run);
	stretch->end = min(walk->base + (walk->end - walk->start),
			   iomd_runs_at(walk->runs, walk->run)->end);
}

/* The same, with the window found first. Return: as iomd_desc_walk(). */
static inline int iomd_desc_walk_many(struct iomd_desc *desc, struct iomd_walk *walk, u64 offset,
				      struct iomd_stretch *stretch)
{
	int err = iomd_walk_find_window(desc, walk, offset);

	if (!err)
		iomd_walk_window(walk, offset, stretch);
	return err;
}

#endif /* _IOMD_WALK_H */
