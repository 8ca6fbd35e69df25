// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory that maps of a general descriptor show.
 *
 * Preparing is the business of whoever does I/O, and counted as such. A map has memory of
 * its own accord: a descriptor that nobody else knows, of the same ranges, bound to what
 * is behind them when the first map is made. It has pins of its own, which allow writing
 * if the map does, and it stays while there is a map, be the original completed, described
 * anew or gone. A persistent descriptor has memory of its own accord already.
 */
#include <linux/mm.h>

#include <iomd/desc.h>

#include "general.h"
#include "reference.h"
#include "snapshot.h"

/* Where the one range that @desc describes is in @task. Return: its address, or 0. */
u64 iomd_general_own_address(struct iomd_desc *desc, struct mm_struct *task)
{
	struct iomd_general *general = iomd_to_general(desc);

	if (general->task != task || general->nr_ranges != 1)
		return 0;
	return general->ranges[0].address;
}

/* Memory that may be written whatever map asks first, unless devices only read it. */
static u32 direction_for(const struct iomd_general *general, bool write)
{
	if (write || iomd_desc_get_direction(&general->base) != IOMD_DIRECTION_OUT)
		return IOMD_DIRECTION_IN_OUT;
	return IOMD_DIRECTION_OUT;
}

static struct iomd_desc *describe_again(struct iomd_general *general, u32 direction)
{
	u32 type = general->base.flags & IOMD_MEMORY_TYPE_MASK;

	return iomd_general_create(&(struct iomd_general_spec) {
		.ranges = general->ranges,
		.count = general->nr_ranges,
		.task = general->task,
		.options = type | IOMD_MEMORY_MAPPER_NONE | direction,
		.extra = &(struct iomd_general_extra) {
			.file = general->file,
			.purgeable = general->purgeable,
			/* Whoever describes more than memory that is there owns it. */
			.owner = iomd_desc_is_general(&general->base) ? NULL : &general->base,
			.account = iomd_general_is_user(general) ? &general->account : NULL,
		},
	});
}

static struct iomd_desc *wired_again(struct iomd_general *general, u32 direction)
{
	struct iomd_desc *memory = describe_again(general, direction);
	int err;

	if (IS_ERR(memory))
		return memory;
	iomd_to_general(memory)->nature = general->nature;
	iomd_to_general(memory)->cache = general->cache;
	err = iomd_general_hold_wired(iomd_to_general(memory), direction & IOMD_DIRECTION_IN);
	if (err) {
		iomd_desc_put(memory);
		return ERR_PTR(err);
	}
	return memory;
}

/* Where there is no other descriptor of that memory to be had. */
struct iomd_desc *iomd_general_reference_itself(struct iomd_desc *desc, bool write)
{
	int err = iomd_general_hold_wired(iomd_to_general(desc), write);

	return err ? ERR_PTR(err) : iomd_desc_get(desc);
}

/*
 * A descriptor of what is behind the ranges of @general now, or what it is bound to; held,
 * and for @direction as if it were prepared so; or an error pointer. Sleeps and faults.
 */
struct iomd_desc *iomd_general_memory(struct iomd_general *general, u32 direction)
{
	/* It has its memory, which need not be at the addresses any more. */
	if (general->base.flags & IOMD_MEMORY_PERSISTENT)
		return iomd_general_reference_itself(&general->base,
						     direction & IOMD_DIRECTION_IN);
	return wired_again(general, direction);
}

struct iomd_desc *iomd_general_reference(struct iomd_desc *desc, bool write)
{
	struct iomd_general *general = iomd_to_general(desc);

	/* A part of something that is to be mapped may be. */
	if (desc->flags & IOMD_MEMORY_REMOTE)
		return ERR_PTR(-ENXIO);
	if (general->dmabuf)
		return ERR_PTR(-EOPNOTSUPP);
	if ((desc->flags & IOMD_MEMORY_MAP_COPY_ON_WRITE) && desc->length)
		return iomd_snapshot_reference(general);
	return iomd_general_memory(general, direction_for(general, write));
}
