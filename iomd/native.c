// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prepared memory in the forms that Linux's own interfaces take: scatterlists, bio_vecs.
 */
#include <linux/bvec.h>
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/scatterlist.h>

#include <iomd/desc.h>
#include <iomd/namespace.h>
#include <iomd/sources.h>

#include "core.h"

/* Pieces of a range, each as long as one entry can say, and each with pages. */
struct pieces {
	struct iomd_desc *desc;
	struct iomd_walk walk;
	u64 offset;
	u64 end;
};

#define MAX_PIECE	(UINT_MAX & PAGE_MASK)

/* The next piece. Return: 1, 0 at the end, or an errno. */
static int next_piece(struct pieces *pieces, struct iomd_extent *piece)
{
	u64 limit = min_t(u64, pieces->end - pieces->offset, MAX_PIECE);
	int err;

	if (!limit)
		return 0;
	err = iomd_desc_walk_joined(pieces->desc, iomd_desc_walk, &pieces->walk, pieces->offset,
				    limit, piece);
	if (err)
		return err;
	if (!pfn_valid(PHYS_PFN(piece->address)))
		return -EOPNOTSUPP;
	pieces->offset += piece->length;
	return 1;
}

static int pieces_start(struct pieces *pieces, struct iomd_desc *desc, u64 offset, u64 length)
{
	u64 end;

	if (!length || check_add_overflow(offset, length, &end) || end > desc->length)
		return -EINVAL;
	*pieces = (struct pieces) { .desc = desc, .offset = offset, .end = end };
	return 0;
}

/**
 * iomd_desc_to_sg_table() - The memory of a range, as a scatterlist.
 * @desc: Descriptor, prepared, and kept so for as long as @table is used.
 * @offset: First byte.
 * @length: Bytes, at least one.
 * @table: Receives the scatterlist, which the caller frees with sg_free_table().
 * @gfp: How to allocate it.
 *
 * Only the CPU's side is filled in; nothing is mapped for a device.
 *
 * Context: Any that @gfp allows.
 * Return: 0; -EINVAL if the range does not lie in @desc; -EAGAIN if the memory is not
 *	   prepared; -EOPNOTSUPP for memory without pages; -ENOMEM. After an error there
 *	   is nothing to free.
 */
int iomd_desc_to_sg_table(struct iomd_desc *desc, u64 offset, u64 length, struct sg_table *table,
			  gfp_t gfp)
{
	struct iomd_extent piece;
	struct pieces pieces;
	struct scatterlist *sg;
	unsigned int nr = 0, i;
	int ret;

	ret = pieces_start(&pieces, desc, offset, length);
	if (ret)
		return ret;
	while ((ret = next_piece(&pieces, &piece)) > 0)
		nr++;
	if (ret)
		return ret;
	ret = sg_alloc_table(table, nr, gfp | __GFP_NOWARN);
	if (ret)
		return ret;

	pieces_start(&pieces, desc, offset, length);
	for_each_sgtable_sg(table, sg, i) {
		ret = next_piece(&pieces, &piece);
		if (ret <= 0) {
			sg_free_table(table);
			return -EAGAIN;
		}
		sg_set_page(sg, pfn_to_page(PHYS_PFN(piece.address)), piece.length,
			    offset_in_page(piece.address));
	}
	return 0;
}
EXPORT_SYMBOL_NS_GPL(iomd_desc_to_sg_table, IOMD_NS);

/**
 * iomd_desc_to_bvecs() - The memory of a range, as bio_vecs.
 * @desc: Descriptor, prepared, and kept so for as long as @bvecs are used.
 * @offset: In: first byte. Out: where what was stored ends.
 * @length: Bytes, from the first on, at least one.
 * @bvecs: Array.
 * @nr_bvecs: In: room in @bvecs, at least one. Out: how many were stored.
 *
 * An array that is too short is no error: the caller sees it in @offset, and goes on
 * there.
 *
 * Context: Any.
 * Return: 0; -EINVAL if the range does not lie in @desc, or without room; -EAGAIN if the
 *	   memory is not prepared; -EOPNOTSUPP for memory without pages. After an error
 *	   @offset and @nr_bvecs are unchanged.
 */
int iomd_desc_to_bvecs(struct iomd_desc *desc, u64 *offset, u64 length, struct bio_vec *bvecs,
		       u32 *nr_bvecs)
{
	struct iomd_extent piece;
	struct pieces pieces;
	int ret = 1;
	u32 nr;

	if (!*nr_bvecs)
		return -EINVAL;
	ret = pieces_start(&pieces, desc, *offset, length);
	if (ret)
		return ret;
	for (nr = 0; nr < *nr_bvecs; nr++) {
		ret = next_piece(&pieces, &piece);
		if (ret <= 0)
			break;
		bvec_set_page(&bvecs[nr], pfn_to_page(PHYS_PFN(piece.address)), piece.length,
			      offset_in_page(piece.address));
	}
	if (ret < 0)
		return ret;
	*offset = pieces.offset;
	*nr_bvecs = nr;
	return 0;
}
EXPORT_SYMBOL_NS_GPL(iomd_desc_to_bvecs, IOMD_NS);
