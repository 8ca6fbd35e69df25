// SPDX-License-Identifier: GPL-2.0-only
/*
 * What maps show of memory that is to be copied for them.
 *
 * The first map takes a copy, and all maps show that one, for as long as the descriptor
 * describes the same. It is pageable memory, in which every byte lies where it does in its
 * page, so that windows come out as they would on the memory itself. Nothing but maps
 * knows of it.
 */
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>

#include <iomd/buffer.h>

#include "composite.h"
#include "copy.h"
#include "general.h"
#include "reference.h"
#include "snapshot.h"

/* A snapshot is windows on one buffer, one for each range. */
static const struct iomd_desc_ops snapshot_ops = {
	.name = "snapshot",
	IOMD_COMPOSITE_OPS,
	.prepare = iomd_composite_prepare,
	.complete = iomd_composite_complete,
	.release = iomd_composite_release,
};

/* Where in the buffer ranges come to lie. */
struct layout {
	u64 end;	/* of the ranges so far */
	u64 expected;	/* address that continues the last of them */
};

/* Return: where @range begins: behind what it continues, or in a page of its own. */
static u64 place_range(struct layout *layout, const struct iomd_range *range)
{
	u64 start = layout->end;

	if (range->address != layout->expected)
		start = PAGE_ALIGN(start) + offset_in_page(range->address);
	layout->end = start + range->length;
	layout->expected = range->address + range->length;
	return start;
}

static u64 bytes_needed(const struct iomd_general *general)
{
	struct layout layout = {};
	u32 i;

	for (i = 0; i < general->nr_ranges; i++)
		if (general->ranges[i].length)
			place_range(&layout, &general->ranges[i]);
	return layout.end;
}

static int add_windows(struct iomd_composite *snapshot, const struct iomd_general *general,
		       struct iomd_desc *memory)
{
	struct layout layout = {};
	int err = 0;
	u32 i;

	for (i = 0; i < general->nr_ranges && !err; i++) {
		const struct iomd_range *range = &general->ranges[i];

		if (range->length)
			err = iomd_composite_add(snapshot, memory, place_range(&layout, range),
						 range->length);
	}
	return err;
}

/* A snapshot of zeroes. Return: it, or an error pointer. */
static struct iomd_desc *create(const struct iomd_general *general)
{
	struct iomd_composite *snapshot;
	struct iomd_buffer *memory;
	int err;

	memory = iomd_client_buffer_create(NULL, NULL, IOMD_BUFFER_PAGEABLE |
					   IOMD_MEMORY_MAPPER_NONE | IOMD_DIRECTION_IN_OUT,
					   bytes_needed(general), 0, 0, NULL);
	if (IS_ERR(memory))
		return ERR_CAST(memory);
	snapshot = iomd_composite_create(&snapshot_ops, general->nr_ranges);
	if (IS_ERR(snapshot)) {
		iomd_buffer_put(memory);
		return ERR_CAST(snapshot);
	}
	err = add_windows(snapshot, general, iomd_buffer_desc(memory));
	iomd_buffer_put(memory);
	if (err) {
		iomd_desc_put(&snapshot->base);
		return ERR_PTR(err);
	}
	return &snapshot->base;
}

/* Hold all of a snapshot, wherever it is at the moment. Sleeps. */
static int hold(struct iomd_desc *snapshot)
{
	struct iomd_desc *memory = iomd_to_composite(snapshot)->part[0].desc;
	int err = iomd_general_hold_wired(iomd_to_general(memory), true);

	if (err)
		return err;
	iomd_desc_hold(snapshot);
	iomd_desc_drop(memory);
	return 0;
}

/* Copy a piece of memory that is physically contiguous. */
static int copy_piece(struct iomd_desc *snapshot, u64 offset, const struct iomd_extent *piece)
{
	u64 address = piece->address, end = address + piece->length;

	while (address < end) {
		u64 chunk = min_t(u64, PAGE_SIZE - offset_in_page(address), end - address), done;
		void *page = kmap_local_page(pfn_to_page(PHYS_PFN(address)));

		done = iomd_desc_copy(snapshot, IOMD_COPY_IN, offset,
				      page + offset_in_page(address), chunk);
		kunmap_local(page);
		if (done < chunk)
			return -ENOMEM;
		if (fatal_signal_pending(current))
			return -ECANCELED;
		address += chunk;
		offset += chunk;
		cond_resched();
	}
	return 0;
}

/* Both are held. */
static int copy_all(struct iomd_desc *snapshot, struct iomd_desc *source)
{
	struct iomd_walk walk = {};
	struct iomd_extent piece;
	u64 offset;
	int err;

	for (offset = 0; offset < source->length; offset += piece.length) {
		err = iomd_desc_walk(source, &walk, offset, &piece);
		if (!err)
			err = copy_piece(snapshot, offset, &piece);
		if (err)
			return err;
	}
	return 0;
}

/* The owner has to be able to read the memory, and no more. */
static int fill(struct iomd_desc *snapshot, struct iomd_general *general)
{
	struct iomd_desc *source;
	int err;

	source = iomd_general_memory(general, IOMD_DIRECTION_OUT);
	if (IS_ERR(source))
		return PTR_ERR(source);
	err = hold(snapshot);
	if (!err) {
		err = copy_all(snapshot, source);
		iomd_desc_drop(snapshot);
	}
	iomd_reference_put(source);
	return err;
}

/* The snapshot there is, or a new one; or an error pointer. */
static struct iomd_desc *take(struct iomd_general *general)
{
	struct iomd_desc *snapshot = READ_ONCE(general->snapshot), *other;
	int err;

	if (snapshot)
		return snapshot;
	snapshot = create(general);
	if (IS_ERR(snapshot))
		return snapshot;
	err = fill(snapshot, general);
	if (err) {
		iomd_desc_put(snapshot);
		return ERR_PTR(err);
	}
	other = cmpxchg(&general->snapshot, NULL, snapshot);
	if (!other)
		return snapshot;
	iomd_desc_put(snapshot);
	return other;
}

/*
 * What maps of @general, which is not empty, show: its snapshot, held and with a reference.
 * Sleeps and faults. Return: it, or an error pointer, and then nothing has been taken.
 */
struct iomd_desc *iomd_snapshot_reference(struct iomd_general *general)
{
	struct iomd_desc *snapshot = take(general);
	int err;

	if (IS_ERR(snapshot))
		return snapshot;
	err = hold(snapshot);
	return err ? ERR_PTR(err) : iomd_desc_get(snapshot);
}
