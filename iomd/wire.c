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

/* What is about to be wired must not be thrown away meanwhile. */
static int wire_file(struct iomd_general *general)
{
	if (general->purgeable)
		iomd_purgeable_use(general->purgeable);
	return iomd_shmem_wire(&general->runs, general->file, general->range.length);
}

static void unwire_file(struct iomd_general *general, bool dirty)
{
	iomd_shmem_unwire(&general->runs, general->file, dirty);
	if (general->purgeable)
		iomd_purgeable_unuse(general->purgeable);
}

/* All ranges, which are where addresses of the processor's say. */
static int wire_addresses(struct iomd_general *general)
{
	int err = 0;
	u32 i;

	for (i = 0; i < general->nr_ranges && !err; i++) {
		const struct iomd_range *range = &general->ranges[i];

		if (!range->length)
			continue;
		if (general->origin == IOMD_ORIGIN_KERNEL)
			err = iomd_resolve_kernel(&general->runs, range->address, range->length);
		else
			err = iomd_resolve_physical(&general->runs, range->address,
						    range->length);
	}
	return err;
}

/* The ranges of a user task, which are paid for. */
static int wire_task(struct iomd_general *general, unsigned int how)
{
	int err = 0;
	u32 i;

	for (i = 0; i < general->nr_ranges && !err; i++) {
		const struct iomd_range *range = &general->ranges[i];

		if (i)
			err = iomd_pin_breathe();
		if (!err && range->length)
			err = iomd_pin_user(&general->runs, general->task, range->address,
					    range->length, how);
	}
	return err;
}

static int wire_runs(struct iomd_general *general, bool write, bool no_fault)
{
	switch (general->origin) {
	case IOMD_ORIGIN_TASK:
		return wire_task(general, (write ? IOMD_PIN_WRITE : 0) |
					  (no_fault ? IOMD_PIN_NO_FAULT : 0));
	case IOMD_ORIGIN_FILE:
		return wire_file(general);
	case IOMD_ORIGIN_DMABUF:
		return iomd_general_import(general, write);
	case IOMD_ORIGIN_PROVIDER:
		return iomd_provided_wire(general, write);
	default:
		return wire_addresses(general);
	}
}

static void unwire_runs(struct iomd_general *general, bool dirty)
{
	switch (general->origin) {
	case IOMD_ORIGIN_TASK:
		iomd_unpin_user(&general->runs, dirty);
		iomd_account_uncharge(&general->account, general->nr_pages);
		break;
	case IOMD_ORIGIN_FILE:
		unwire_file(general, dirty);
		break;
	case IOMD_ORIGIN_PROVIDER:
		iomd_runs_free(&general->runs);
		iomd_provided_unwire(general->provided);
		break;
	default:
		iomd_runs_free(&general->runs);
	}
}

/* Pins, exporters and providers make a difference: else memory is there, or is not. */
static bool is_always_writable(const struct iomd_general *general)
{
	return general->origin != IOMD_ORIGIN_TASK && general->origin != IOMD_ORIGIN_DMABUF &&
	       general->origin != IOMD_ORIGIN_PROVIDER;
}

/*
 * Fill the run list: with memory the device may write, if @write; with memory that is
 * present already, if @no_fault. On error nothing is left of the attempt.
 */
int iomd_general_wire(struct iomd_general *general, bool write, bool no_fault)
{
	int err;

	if (general->origin == IOMD_ORIGIN_TASK) {
		err = iomd_account_charge(&general->account, general->nr_pages);
		if (err)
			return err;
	}
	err = wire_runs(general, write, no_fault);
	if (err) {
		unwire_runs(general, false);
		return err;
	}

	general->resident = true;
	general->writable = write || is_always_writable(general);
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
	if (general->own_mapping)
		iomd_general_free_own_mapping(general);
	unwire_runs(general, general->dirty || general->runs.cpu_wrote);
	general->resident = false;
}
