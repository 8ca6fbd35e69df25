// SPDX-License-Identifier: GPL-2.0-only
/*
 * Wiring a general descriptor: filling its run list, with what that takes from the
 * system, and giving it back.
 */
#include <iomd/desc.h>
#include <iomd/mapper.h>

#include "general.h"
#include "pin.h"
#include "resolve.h"

static int wire_user(struct iomd_general *general, const struct iomd_range *range, u32 direction)
{
	unsigned int how = 0;

	if ((direction & IOMD_DIRECTION_IN_OUT) != IOMD_DIRECTION_OUT)
		how |= IOMD_PIN_WRITE;
	if (direction & IOMD_PREPARE_NO_FAULT)
		how |= IOMD_PIN_NO_FAULT;
	return iomd_pin_user(&general->runs, general->task, range->address, range->length, how);
}

static int wire_range(struct iomd_general *general, const struct iomd_range *range, u32 direction)
{
	if (!range->length)
		return 0;
	if (iomd_general_is_physical(general))
		return iomd_resolve_physical(&general->runs, range->address, range->length);
	if (iomd_general_is_kernel(general))
		return iomd_resolve_kernel(&general->runs, range->address, range->length);
	return wire_user(general, range, direction);
}

static void unwire_runs(struct iomd_general *general, bool dirty)
{
	if (iomd_general_is_user(general)) {
		iomd_unpin_user(&general->runs, dirty);
		iomd_account_uncharge(&general->account, general->nr_pages);
	} else {
		iomd_runs_free(&general->runs);
	}
}

/* Are addresses beyond 32 bits in the way of a caller who can have none? */
static bool misses_phys32(const struct iomd_general *general, u32 direction)
{
	const struct iomd_mapper *mapper = general->base.mapper;

	return (direction & IOMD_PREPARE_TO_PHYS32) &&
	       !(mapper && iomd_mapper_translates(mapper)) &&
	       general->runs.highest > 1ULL << 32;
}

/*
 * Fill the run list. @direction is an effective one: not NONE for the
 * descriptor's own. On error nothing is left of the attempt.
 */
int iomd_general_wire(struct iomd_general *general, u32 direction)
{
	bool read_only = (direction & IOMD_DIRECTION_IN_OUT) == IOMD_DIRECTION_OUT;
	int err = 0;
	u32 i;

	if (iomd_general_is_user(general)) {
		err = iomd_account_charge(&general->account, general->nr_pages);
		if (err)
			return err;
	}
	for (i = 0; i < general->nr_ranges && !err; i++)
		err = wire_range(general, &general->ranges[i], direction);
	if (!err && misses_phys32(general, direction))
		err = -ENOBUFS;
	if (err) {
		unwire_runs(general, false);
		return err;
	}

	general->resident = true;
	general->discard = false;
	if (read_only && !iomd_general_is_physical(general))
		general->base.flags |= IOMD_MEMORY_PREPARED_READ_ONLY;
	return 0;
}

/* The device loses the memory first, then we do. */
void iomd_general_unwire(struct iomd_general *general)
{
	bool dirty = !general->discard &&
		     !(general->base.flags & IOMD_MEMORY_PREPARED_READ_ONLY);

	iomd_general_drop_own_mapping(general);
	unwire_runs(general, dirty);
	general->base.flags &= ~IOMD_MEMORY_PREPARED_READ_ONLY;
	general->resident = false;
}
