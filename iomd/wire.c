// SPDX-License-Identifier: GPL-2.0-only
/*
 * Wiring a general descriptor: filling its run list, with what that takes from the
 * system, and giving it back.
 */
#include <iomd/desc.h>

#include "general.h"
#include "pin.h"
#include "provided.h"
#include "purge.h"
#include "resolve.h"
#include "shmem.h"

static int wire_range(struct iomd_general *general, const struct iomd_range *range,
		      unsigned int how)
{
	if (!range->length)
		return 0;
	if (iomd_general_is_physical(general) || iomd_general_is_pages(general))
		return iomd_resolve_physical(&general->runs, range->address, range->length);
	if (iomd_general_is_kernel(general))
		return iomd_resolve_kernel(&general->runs, range->address, range->length);
	return iomd_pin_user(&general->runs, general->task, range->address, range->length, how);
}

/* What is about to be wired must not be thrown away meanwhile. */
static int wire_file(struct iomd_general *general)
{
	if (general->purgeable)
		iomd_purgeable_use(general->purgeable);
	return iomd_shmem_wire(&general->runs, general->file, general->range.length);
}

static int wire_ranges(struct iomd_general *general, unsigned int how)
{
	int err = 0;
	u32 i;

	if (general->file)
		return wire_file(general);
	if (general->dmabuf)
		return iomd_general_import(general, how & IOMD_PIN_WRITE);
	if (general->provided)
		return iomd_provided_wire(general, how & IOMD_PIN_WRITE);
	for (i = 0; i < general->nr_ranges && !err; i++)
		err = wire_range(general, &general->ranges[i], how);
	return err;
}

static void unwire_runs(struct iomd_general *general, bool dirty)
{
	if (general->file) {
		iomd_shmem_unwire(&general->runs, general->file, dirty);
		if (general->purgeable)
			iomd_purgeable_unuse(general->purgeable);
	} else if (iomd_general_is_user(general)) {
		iomd_unpin_user(&general->runs, dirty);
		iomd_account_uncharge(&general->account, general->nr_pages);
	} else {
		iomd_runs_free(&general->runs);
	}
	if (general->provided)
		iomd_provided_unwire(general->provided);
}

/*
 * Fill the run list: with memory the device may write, if @write; with memory that is
 * present already, if @no_fault. On error nothing is left of the attempt.
 */
int iomd_general_wire(struct iomd_general *general, bool write, bool no_fault)
{
	unsigned int how = (write ? IOMD_PIN_WRITE : 0) | (no_fault ? IOMD_PIN_NO_FAULT : 0);
	int err = 0;

	if (iomd_general_is_user(general)) {
		err = iomd_account_charge(&general->account, general->nr_pages);
		if (err)
			return err;
	}
	err = wire_ranges(general, how);
	if (err) {
		unwire_runs(general, false);
		return err;
	}

	general->resident = true;
	/* Pins, exporters and providers make a difference: else memory is there, or is not. */
	general->writable = write || !(iomd_general_is_user(general) || general->dmabuf ||
				       general->provided);
	general->dirty = false;
	return 0;
}

/* What the device has written so far counts, though the memory stays wired. */
void iomd_general_mark_valid(struct iomd_general *general)
{
	if (iomd_general_is_user(general) || general->file)
		iomd_mark_dirty(&general->runs);
}

/* The device loses the memory first, then we do. */
void iomd_general_unwire(struct iomd_general *general)
{
	iomd_general_drop_own_mapping(general);
	unwire_runs(general, general->dirty || general->runs.cpu_wrote);
	general->resident = false;
}
