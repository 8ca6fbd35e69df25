// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a device sees of a prepared range: the descriptor's memory, with bounce
 * pages in place of some of it, through a mapping.
 */
#include <linux/minmax.h>

#include "dma.h"

/* Memory in place, as far as it goes before @limit, an offset in the range. */
static int view_in_place(const struct iomd_dma *dma, struct iomd_dma_view *view, u64 offset,
			 u64 limit, struct iomd_dma_piece *piece)
{
	struct iomd_extent extent;
	int err = iomd_desc_walk(dma->desc, &view->walk, dma->offset + offset, &extent);

	if (err)
		return err;
	piece->address = extent.address;
	piece->length = min(extent.length, limit - offset);
	piece->is_bounced = false;
	return 0;
}

static void view_bounced(const struct iomd_bounce *bounce, u32 index, u64 offset,
			 struct iomd_dma_piece *piece)
{
	u64 skip = offset - bounce->pieces[index].offset;

	piece->address = bounce->pieces[index].address + skip;
	piece->length = bounce->pieces[index].length - skip;
	/* The pages of a full double buffer are memory like any other. */
	piece->is_bounced = !bounce->is_full;
}

/*
 * The stretch of CPU-physical memory that stands for the byte at @offset of the
 * prepared range and what follows it. Never sleeps.
 */
int iomd_dma_view_physical(const struct iomd_dma *dma, struct iomd_dma_view *view, u64 offset,
			   struct iomd_dma_piece *piece)
{
	const struct iomd_bounce *bounce = dma->bounce;
	u64 limit = dma->length;

	if (bounce) {
		view->piece = iomd_bounce_find(bounce, offset, view->piece);
		if (view->piece < bounce->nr)
			limit = bounce->pieces[view->piece].offset;
		if (limit <= offset) {
			view_bounced(bounce, view->piece, offset, piece);
			return 0;
		}
	}
	return view_in_place(dma, view, offset, limit, piece);
}

/*
 * The same in bus addresses. Where single pages are double buffered the physical side is
 * asked too, because they are not joined with others. The walk through the mapping goes
 * on from where a piece ends together with an entry, and stays before the entry if not.
 */
static int view_bus(const struct iomd_dma *dma, struct iomd_dma_view *view, u64 offset,
		    struct iomd_dma_piece *piece)
{
	bool is_whole = dma->mapped && !(dma->bounce && !dma->bounce->is_full);
	struct iomd_mapping_walk walk = view->mapping_walk;
	u64 start = dma->mapped_base + offset;
	struct iomd_extent extent;
	int err = 0;

	piece->length = dma->length - offset;
	piece->is_bounced = false;
	if (!is_whole)
		err = iomd_dma_view_physical(dma, view, offset, piece);
	if (err || !dma->mapped)
		return err;
	iomd_mapping_walk(dma->mapped, &walk, start, start + piece->length, &extent);
	if (walk.start == start + extent.length)
		view->mapping_walk = walk;
	piece->address = extent.address;
	piece->length = extent.length;
	return 0;
}

/* Single pages that are double buffered are not joined with others. */
static int join(const struct iomd_dma *dma, iomd_dma_piece_fn piece_fn,
		struct iomd_dma_view *view, u64 offset, struct iomd_dma_piece *piece)
{
	struct iomd_dma_piece next;
	int err = piece_fn(dma, view, offset, piece);

	if (err)
		return err;
	while (!piece->is_bounced && offset + piece->length < dma->length &&
	       !piece_fn(dma, view, offset + piece->length, &next) && !next.is_bounced &&
	       next.address == piece->address + piece->length)
		piece->length += next.length;
	return 0;
}

int iomd_dma_view_physical_joined(const struct iomd_dma *dma, struct iomd_dma_view *view,
				  u64 offset, struct iomd_dma_piece *piece)
{
	return join(dma, iomd_dma_view_physical, view, offset, piece);
}

/*
 * What the device sees from @offset on, and all that continues it. Where single pages are
 * double buffered the physical side has to be asked too.
 */
int iomd_dma_view_bus_joined(const struct iomd_dma *dma, struct iomd_dma_view *view, u64 offset,
			     struct iomd_dma_piece *piece)
{
	return join(dma, view_bus, view, offset, piece);
}
