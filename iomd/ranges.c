// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the bytes of a general descriptor come from: the ranges it was made of, with
 * addresses as they were given. Ranges that continue each other are one piece.
 */
#include <linux/mm.h>

#include "general.h"

/* Where a walk through ranges is; begin at zero. */
struct range_walk {
	u32 index;
	u64 skip;	/* in the range at @index */
};

static void skip_bytes(const struct iomd_general *general, struct range_walk *walk, u64 offset)
{
	walk->skip += offset;
	while (walk->index < general->nr_ranges &&
	       walk->skip >= general->ranges[walk->index].length)
		walk->skip -= general->ranges[walk->index++].length;
}

/* The piece that begins where @walk is, as long as it gets. It is empty at the end. */
static void next_piece(const struct iomd_general *general, struct range_walk *walk,
		       struct iomd_extent *piece)
{
	*piece = (struct iomd_extent) {};
	for (; walk->index < general->nr_ranges; walk->index++, walk->skip = 0) {
		const struct iomd_range *range = &general->ranges[walk->index];
		u64 start = range->address + walk->skip;

		if (!range->length)
			continue;
		if (!piece->length)
			piece->address = start;
		else if (piece->address + piece->length != start)
			break;
		piece->length += range->length - walk->skip;
	}
}

int iomd_general_source_extent(struct iomd_desc *desc, u64 offset, struct iomd_extent *extent)
{
	struct iomd_general *general = iomd_to_general(desc);
	struct range_walk walk = {};

	skip_bytes(general, &walk, offset);
	next_piece(general, &walk, extent);
	return 0;
}

static u64 pages_spanned(const struct iomd_extent *piece)
{
	return PAGE_ALIGN(piece->address + piece->length) - (piece->address & PAGE_MASK);
}

/*
 * Memory that somebody else finds, while it is wired: an exporter says where it is for the
 * device, a provider where it is.
 */
static int found_extent(struct iomd_general *general, struct iomd_walk *walk,
			struct iomd_mapping_walk *mapping_walk, u64 offset,
			struct iomd_extent *extent)
{
	if (!general->dmabuf)
		return iomd_desc_walk(&general->base, walk, offset, extent);
	iomd_mapping_walk(general->own_mapping, mapping_walk, offset,
			  general->own_mapping->length, extent);
	return 0;
}

static u64 found_map_length(struct iomd_general *general, u64 offset, u64 length, u64 *first)
{
	struct iomd_mapping_walk mapping_walk = {};
	struct iomd_extent piece = {}, next;
	struct iomd_walk walk = {};
	u64 total = 0, done;

	for (done = 0; done < length; done += next.length) {
		if (found_extent(general, &walk, &mapping_walk, offset + done, &next))
			break;
		next.length = min(next.length, length - done);
		if (!done)
			*first = offset_in_page(next.address);
		if (done && next.address == piece.address + piece.length) {
			piece.length += next.length;
			continue;
		}
		total += pages_spanned(&piece);
		piece = next;
	}
	return total + pages_spanned(&piece);
}

u64 iomd_general_dma_map_length(struct iomd_desc *desc, u64 offset, u64 length, u64 *first)
{
	struct iomd_general *general = iomd_to_general(desc);
	struct range_walk walk = {};
	struct iomd_extent piece;
	u64 total = 0;

	/* A file is mapped as it was allocated, however much of it counts. */
	if (general->file && !offset && length == desc->length) {
		*first = 0;
		return PAGE_ALIGN(general->range.length);
	}
	if ((general->provided || general->dmabuf) && iomd_general_hold(desc, NULL)) {
		total = found_map_length(general, offset, length, first);
		iomd_general_drop(desc);
		return total;
	}
	/* Nobody knows yet where in its page it begins. */
	if (general->provided) {
		*first = 0;
		return length > U64_MAX - 2 * PAGE_SIZE ? U64_MAX & PAGE_MASK :
							  PAGE_ALIGN(length + PAGE_SIZE - 1);
	}

	skip_bytes(general, &walk, offset);
	while (length) {
		next_piece(general, &walk, &piece);
		if (!piece.length)
			break;
		if (!total)
			*first = offset_in_page(piece.address);
		piece.length = min(piece.length, length);
		total += pages_spanned(&piece);
		length -= piece.length;
	}
	return total;
}
