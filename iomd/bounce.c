// SPDX-License-Identifier: GPL-2.0-only
/*
 * Double buffering: memory that a device can reach, in place of memory that it
 * cannot.
 *
 * Beside this the kernel has a bounce buffer of its own, swiotlb; but that lies
 * where a 32-bit device can reach it, knows nothing of alignment, and hides the
 * copy from whoever wants to synchronize it.
 */
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include <iomd/desc.h>

#include "backing.h"
#include "bounce.h"
#include "reserve.h"

static struct iomd_bounce *bounce_alloc(u64 nr, gfp_t gfp)
{
	struct iomd_bounce *bounce = NULL;

	if (nr <= U32_MAX)
		bounce = kvzalloc(struct_size(bounce, pieces, nr),
				  gfp | __GFP_ACCOUNT | __GFP_NOWARN);
	return bounce ?: ERR_PTR(-ENOBUFS);
}

static void piece_free(const struct iomd_bounce_piece *piece)
{
	u32 in_page = offset_in_page(piece->address);
	void *memory = phys_to_virt(piece->address - in_page);

	if (piece->is_reserve)
		iomd_reserve_put(virt_to_page(memory));
	else
		free_pages_exact(memory, PAGE_ALIGN((u64)in_page + piece->length));
}

void iomd_bounce_free(struct iomd_bounce *bounce)
{
	u32 i;

	if (IS_ERR_OR_NULL(bounce))
		return;
	iomd_desc_put(bounce->desc);
	for (i = 0; i < bounce->nr; i++)
		piece_free(&bounce->pieces[i]);
	kvfree(bounce);
}

/* Add memory of which @length bytes from @in_page on stand for those at @offset. */
static int bounce_add(struct iomd_bounce *bounce, u64 offset, u32 length, u32 in_page, u64 block,
		      u64 highest, gfp_t gfp)
{
	struct page *page = iomd_low_block_alloc((u64)in_page + length, block, highest, gfp);
	bool is_reserve = false;

	if (!page && block == PAGE_SIZE) {
		page = iomd_reserve_get(highest);
		is_reserve = true;
	}
	if (!page)
		return -ENOBUFS;
	bounce->pieces[bounce->nr++] = (struct iomd_bounce_piece) {
		.offset = offset,
		.length = length,
		.is_reserve = is_reserve,
		.address = page_to_phys(page) + in_page,
	};
	bounce->length += length;
	return 0;
}

/* The parts of a range that lie above a limit, one page at a time. */
struct high_walk {
	struct iomd_desc *desc;
	struct iomd_walk walk;
	u64 base;	/* of the range, in the descriptor */
	u64 offset;	/* in the range */
	u64 length;	/* of the range */
	u64 highest;
};

/* Return: 1 and the next part, 0 at the end, or an errno. */
static int high_next(struct high_walk *high, u64 *offset, struct iomd_extent *part)
{
	while (high->offset < high->length) {
		struct iomd_extent extent;
		u64 skip = 0;
		int err;

		err = iomd_desc_walk(high->desc, &high->walk, high->base + high->offset, &extent);
		if (err)
			return err;
		extent.length = min(extent.length, high->length - high->offset);
		if (extent.address <= high->highest)
			skip = min(extent.length, high->highest + 1 - extent.address);
		high->offset += skip;
		if (skip == extent.length)
			continue;

		part->address = extent.address + skip;
		part->length = min_t(u64, extent.length - skip,
				     PAGE_SIZE - offset_in_page(part->address));
		*offset = high->offset;
		high->offset += part->length;
		return 1;
	}
	return 0;
}

/*
 * Pages for those bytes of [@offset, @offset + @length) of @desc that lie above
 * @highest. Return: the bounce; NULL if there are none; or an error pointer:
 * -ENOBUFS without low pages, -EAGAIN if @desc is not prepared.
 */
struct iomd_bounce *iomd_bounce_sparse(struct iomd_desc *desc, u64 offset, u64 length,
				       u64 highest, gfp_t gfp)
{
	const struct high_walk start = {
		.desc = desc,
		.base = offset,
		.length = length,
		.highest = highest,
	};
	struct high_walk high = start;
	struct iomd_bounce *bounce;
	struct iomd_extent part;
	u64 at, nr = 0;
	int ret;

	while ((ret = high_next(&high, &at, &part)) > 0)
		nr++;
	if (ret || !nr)
		return ERR_PTR(ret);

	bounce = bounce_alloc(nr, gfp);
	if (IS_ERR(bounce))
		return bounce;

	high = start;
	while (high_next(&high, &at, &part) > 0) {
		ret = bounce_add(bounce, at, part.length, offset_in_page(part.address), PAGE_SIZE,
				 highest, gfp);
		if (ret) {
			iomd_bounce_free(bounce);
			return ERR_PTR(ret);
		}
	}
	return bounce;
}

/*
 * Memory for @length bytes, none of it above @highest, in blocks of @block bytes, a power
 * of two and a page at least, each of which begins at a multiple of that. Return: the
 * bounce or ERR_PTR(-ENOBUFS).
 */
struct iomd_bounce *iomd_bounce_full(u64 length, u64 highest, u64 block, gfp_t gfp)
{
	struct iomd_bounce *bounce = bounce_alloc(DIV_ROUND_UP_ULL(length, block), gfp);
	u64 offset;

	if (IS_ERR(bounce))
		return bounce;

	bounce->is_full = true;
	for (offset = 0; offset < length; offset += block) {
		u32 chunk = min(length - offset, block);
		int err = bounce_add(bounce, offset, chunk, 0, block, highest, gfp);

		if (err) {
			iomd_bounce_free(bounce);
			return ERR_PTR(err);
		}
		iomd_cond_resched();
	}
	return bounce;
}

/*
 * Copy all that is double buffered between @desc, whose byte @offset is the first
 * of the range, and the bounce pages: with COPY_OUT to the pages, with COPY_IN back.
 * Return: 0 or -ENOSR if not everything could be copied.
 */
int iomd_bounce_copy(const struct iomd_bounce *bounce, enum iomd_copy way,
		     struct iomd_desc *desc, u64 offset)
{
	u32 i;

	if (way == IOMD_COPY_IN && iomd_desc_is_read_only(desc))
		return -ENOSR;

	for (i = 0; i < bounce->nr; i++) {
		const struct iomd_bounce_piece *piece = &bounce->pieces[i];

		if (iomd_desc_copy(desc, way, offset + piece->offset,
				   phys_to_virt(piece->address), piece->length) < piece->length)
			return -ENOSR;
		iomd_cond_resched();
	}
	return 0;
}

/*
 * The first piece that ends behind @offset; the number of pieces if there is none.
 * @hint is where the caller looked last.
 */
u32 iomd_bounce_find(const struct iomd_bounce *bounce, u64 offset, u32 hint)
{
	u32 low = 0, high = bounce->nr;

	if (hint && hint <= bounce->nr &&
	    bounce->pieces[hint - 1].offset + bounce->pieces[hint - 1].length <= offset) {
		if (hint == bounce->nr ||
		    bounce->pieces[hint].offset + bounce->pieces[hint].length > offset)
			return hint;
		low = hint + 1;
	}

	while (low < high) {
		u32 middle = low + (high - low) / 2;

		if (bounce->pieces[middle].offset + bounce->pieces[middle].length > offset)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}
