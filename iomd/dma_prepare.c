// SPDX-License-Identifier: GPL-2.0-only
/*
 * Preparing a DMA command: from a descriptor to what the device will see.
 */
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/preempt.h>

#include <iomd/desc.h>
#include <iomd/namespace.h>

#include "dma.h"
#include "runs.h"
#include "walk.h"

/**
 * DOC: Preparing
 *
 * The first prepare decides, copies and maps, in this order. What it decides is in
 * dma_bounce.c. Mapping comes last, so that what is mapped is what the device will use.
 */

/* What goes into the mapping: the range as the device is to find it. */
struct view_source {
	const struct iomd_dma *dma;
	struct iomd_dma_view view;
	struct iomd_run piece;
};

static int view_stretch(void *source, u64 offset, struct iomd_stretch *stretch)
{
	struct view_source *s = source;
	const struct iomd_dma *dma = s->dma;
	struct iomd_dma_piece piece;
	int err;

	if (likely(!dma->bounce))
		return iomd_desc_walk_many(dma->desc, &s->view.walk, dma->offset + offset,
					   stretch);
	err = iomd_dma_view_physical(dma, &s->view, offset, &piece);
	if (!err)
		iomd_stretch_one(stretch, &s->piece, piece.address, piece.length);
	return err;
}

/* Does the descriptor map itself for the very mapper that the command has? */
static bool can_share_mapping(const struct iomd_dma *dma)
{
	return dma->mapper == dma->desc->mapper && dma->desc->ops->own_mapping;
}

/*
 * The descriptor may keep itself mapped: that serves every command of the same mapper
 * as it is, as long as nothing has to be done between transfers. It is worth making
 * for a command that wants all of it. Return: it, NULL for none, or an errno.
 */
static __always_inline struct iomd_mapping *shared_mapping(const struct iomd_dma *dma)
{
	struct iomd_desc *desc = dma->desc;
	struct iomd_mapping *mapping;

	if (!can_share_mapping(dma) || dma->bounce)
		return NULL;
	mapping = desc->ops->own_mapping(desc, false);
	if (!mapping && !dma->offset && dma->length == desc->length && !in_interrupt())
		mapping = desc->ops->own_mapping(desc, true);
	if (IS_ERR_OR_NULL(mapping))
		return mapping;
	return mapping->needs_sync ? ERR_PTR(-EBUSY) : mapping;
}

static noinline int map_stretches(struct iomd_dma *dma, enum dma_data_direction direction)
{
	struct view_source source __uninitialized;

	source.dma = dma;
	iomd_dma_view_start(&source.view, NULL);
	return iomd_mapping_map(&dma->mapping, dma->mapper, view_stretch, &source, dma->length,
				direction, iomd_context_gfp());
}

static __always_inline int map_privately(struct iomd_dma *dma, const struct iomd_summary *now)
{
	enum dma_data_direction direction = DMA_BIDIRECTIONAL;
	int err;

	if (now->flags & IOMD_MEMORY_PREPARED_READ_ONLY)
		direction = DMA_TO_DEVICE;
	if (now->piece != IOMD_NO_PIECE && !dma->bounce)
		err = iomd_mapping_map_piece(&dma->mapping, dma->mapper, now->piece + dma->offset,
					     dma->length, direction, iomd_context_gfp());
	else
		err = map_stretches(dma, direction);
	if (err)
		return err;
	dma->mapped = &dma->mapping;
	dma->mapped_base = 0;
	return 0;
}

static __always_inline void use_shared(struct iomd_dma *dma, struct iomd_mapping *mapping)
{
	dma->mapped = mapping;
	dma->mapped_base = dma->offset;
}

static bool is_mapped_at_all(const struct iomd_dma *dma)
{
	return dma->mapper && !iomd_mapper_is_identity(dma->mapper) && dma->length;
}

static __always_inline int set_up_mapping(struct iomd_dma *dma, const struct iomd_summary *now)
{
	struct iomd_mapping *mapping;

	if (!is_mapped_at_all(dma))
		return 0;
	mapping = shared_mapping(dma);
	if (!mapping)
		return map_privately(dma, now);
	if (IS_ERR(mapping))
		return PTR_ERR(mapping);
	use_shared(dma, mapping);
	return 0;
}

static void tear_down_mapping(struct iomd_dma *dma)
{
	if (dma->mapped == &dma->mapping)
		iomd_mapping_unmap(&dma->mapping);
	dma->mapped = NULL;
}

/*
 * Memory that no device may reach, or that this machine's cannot: such addresses can be
 * listed, but neither mapped nor copied. And memory that only another mapper knows.
 */
static noinline int check_unreachable(const struct iomd_dma *dma, u32 flags)
{
	if (iomd_dma_is_iterate_only(dma) && !dma->mapper)
		return 0;
	return flags & IOMD_MEMORY_REMOTE ? -ENXIO : -EPERM;
}

static __always_inline int check_reachable(const struct iomd_dma *dma, u32 flags)
{
	if (unlikely(iomd_desc_is_opaque(dma->desc)) && !can_share_mapping(dma))
		return -EOPNOTSUPP;
	if (unlikely(flags & (IOMD_MEMORY_REMOTE | IOMD_MEMORY_HOST_ONLY)))
		return check_unreachable(dma, flags);
	return 0;
}

/* Is memory seen through a mapping and nothing else, and nothing asked of where it lies? */
static bool is_plain(const struct iomd_dma *dma)
{
	return dma->mapped && !(dma->bounce && !dma->bounce->is_full) &&
	       !(dma->align_mask | dma->length_mask | dma->internal_mask);
}

/*
 * Decide whether the range is used in place. If so that holds for the next transfer of it
 * as well: it depends on what is demanded, and on what was known of the memory when it was
 * attached. It does not if there is no other way to use the memory, which may change.
 */
static __always_inline int plan(struct iomd_dma *dma, u32 flags)
{
	int err;

	dma->is_planned = false;
	if (dma->length & dma->length_mask)
		return -EBADSLT;
	if (dma->length >> PAGE_SHIFT > U32_MAX)
		return -EFAULT;
	err = check_reachable(dma, flags);
	if (err)
		return err;
	dma->is_direct = iomd_dma_can_be_direct(dma);
	dma->is_planned = dma->is_direct && !iomd_desc_is_opaque(dma->desc);
	return 0;
}

/* Is it decided how a range is used, and is that still in the descriptor? */
static bool is_planned(const struct iomd_dma *dma, u64 offset, u64 length)
{
	return dma->is_planned && offset == dma->offset && length == dma->length &&
	       offset + length <= dma->desc->length;
}

/* From here on segments can be generated. */
static __always_inline void start_over(struct iomd_dma *dma)
{
	iomd_dma_view_start(&dma->view, dma->mapped);
	iomd_segmenter_restart(&dma->segmenter, 0);
}

/* The device gets to see the memory, or what stands in for it. */
static __always_inline int set_up_device(struct iomd_dma *dma, const struct iomd_summary *now)
{
	int err = set_up_mapping(dma, now);

	if (err) {
		iomd_dma_tear_down_bounce(dma, false);
		dma->is_planned = false;
		return err;
	}
	dma->is_plain = is_plain(dma);
	iomd_segmenter_start(&dma->segmenter, dma, 0);
	start_over(dma);
	return 0;
}

/*
 * The work of a first prepare, of memory that is as @now says. On error nothing of it is left.
 */
static __always_inline int set_up(struct iomd_dma *dma, const struct iomd_summary *now,
				  bool synchronize)
{
	int err = plan(dma, now->flags);

	if (!err && !dma->is_direct)
		err = iomd_dma_set_up_bounce(dma, synchronize, false);
	return err ?: set_up_device(dma, now);
}

/* What memory is that is held: who holds it again is told, and lets go of the hold before. */
static void look_again(const struct iomd_dma *dma, struct iomd_summary *now)
{
	bool held = dma->desc->ops->hold(dma->desc, now);

	if (!WARN_ON_ONCE(!held))
		iomd_desc_drop(dma->desc);
}

/* Once more, for what is prepared already: nothing but counting. */
static int prepare_again(struct iomd_dma *dma, u64 offset, u64 length)
{
	dma->active++;
	if (!dma->is_ready || offset != dma->offset || length != dma->length)
		return -EAGAIN;
	return 0;
}

/* The memory is held, and let go if that was for nothing. */
static __always_inline int prepared(struct iomd_dma *dma, int err)
{
	dma->active = 1;
	dma->is_ready = !err;
	if (unlikely(err))
		iomd_desc_drop(dma->desc);
	return err;
}

/* The first prepare of a range, which is in the descriptor; it lets go if it fails. */
static noinline int prepare_held(struct iomd_dma *dma, u64 offset, u64 length,
				 const struct iomd_summary *now, bool synchronize)
{
	dma->offset = offset;
	dma->length = length;
	return prepared(dma, set_up(dma, now, synchronize));
}

static noinline int prepare_first(struct iomd_dma *dma, u64 offset, u64 length, bool synchronize)
{
	struct iomd_summary now __uninitialized;
	u64 end;

	if (!dma->desc)
		return -EAGAIN;
	if (check_add_overflow(offset, length, &end) || end > dma->summary.length ||
	    end > dma->desc->length)
		return -EINVAL;
	if (!dma->desc->ops->hold(dma->desc, &now))
		return -EAGAIN;
	return prepare_held(dma, offset, length, &now, synchronize);
}

/* The same as the last time, of the same range, which is not shared. */
static noinline int map_again(struct iomd_dma *dma)
{
	struct iomd_summary now __uninitialized;
	int err;

	if (!dma->desc->ops->hold(dma->desc, &now))
		return -EAGAIN;
	err = check_reachable(dma, now.flags);
	if (!err && is_mapped_at_all(dma))
		err = map_privately(dma, &now);
	if (!err)
		start_over(dma);
	return prepared(dma, err);
}

/* What is held, and planned, but not shared. */
static noinline int prepare_anew(struct iomd_dma *dma, bool synchronize)
{
	struct iomd_summary now __uninitialized;

	look_again(dma, &now);
	return prepare_held(dma, dma->offset, dma->length, &now, synchronize);
}

/*
 * The same where the descriptor may be mapped, and most often is. Of its memory nothing but
 * that is asked.
 */
static __always_inline int share_again(struct iomd_dma *dma, bool synchronize)
{
	struct iomd_desc *desc = dma->desc;
	struct iomd_mapping *mapping;

	if (!iomd_desc_hold(desc))
		return -EAGAIN;
	mapping = desc->ops->own_mapping(desc, false);
	if (IS_ERR_OR_NULL(mapping) || mapping->needs_sync)
		return prepare_anew(dma, synchronize);
	use_shared(dma, mapping);
	start_over(dma);
	return prepared(dma, 0);
}

/*
 * Prepare a command for all of a descriptor that has just been attached, and is held if it
 * is prepared. Return: as iomd_dma_prepare().
 */
int iomd_dma_prepare_all(struct iomd_dma *dma, bool held)
{
	u64 length = dma->summary.length;
	int err = 0;

	if (!dma->out || !held)
		err = -EAGAIN;
	else if (length > dma->max_transfer_size)
		err = -ENOSPC;
	if (!err)
		return prepare_held(dma, 0, length, &dma->summary, true);
	if (held)
		iomd_desc_drop(dma->desc);
	return err;
}

/**
 * iomd_dma_prepare() - Make a range of the descriptor ready for the device.
 * @dma: Command with a descriptor, which is prepared.
 * @offset: First byte of the range, in the descriptor.
 * @length: Bytes; 0 for as many as the descriptor had when it was attached.
 * @flush_cache: Accepted; the DMA API sees to caches.
 * @synchronize: Copy memory that the device reads to where it is double buffered.
 *
 * Calls nest, for one range; only the first does work. Each call that fails with
 * one of the errors marked (*) is counted all the same, and has to be completed.
 * IOKit: IODMACommand::prepare().
 *
 * Context: Process context, may sleep; or softirq, if the descriptor was prepared
 *	    before.
 * Return: 0; -EAGAIN without a specification, without a descriptor, if that is not
 *	   prepared, or (*) if another range is active; -ENOSPC for a range longer
 *	   than a transfer may be; -EINVAL for one that is not in the descriptor;
 *	   (*) -EBADSLT if the length is not aligned; (*) -EFAULT for more pages than
 *	   32 bits count; (*) -ENOBUFS if there is no memory to double buffer with;
 *	   (*) -ENOSR if copying to it falls short; (*) -ENOMEM; (*) -ENODEV if the
 *	   device is gone; (*) -EIO if it cannot be mapped; (*) -EOPNOTSUPP for
 *	   memory of which only a part is another device's, and for dma-bufs other
 *	   than for their own mapper and as a whole descriptor; (*) -ENXIO for remote
 *	   memory; (*) -EPERM for memory that is the host's only; (*) -EBUSY if the
 *	   memory is mapped apart from commands, in a way that makes copies. After an
 *	   error nothing is mapped or double buffered that was not before.
 *
 * Implements DMA-6, DMA-7, DMA-58..85.
 */
int iomd_dma_prepare(struct iomd_dma *dma, u64 offset, u64 length, bool flush_cache,
		     bool synchronize)
{
	if (!length)
		length = dma->summary.length;
	if (is_planned(dma, offset, length) && !dma->active)
		return is_mapped_at_all(dma) && can_share_mapping(dma) ?
			       share_again(dma, synchronize) : map_again(dma);
	if (!dma->out)
		return -EAGAIN;
	if (length > dma->max_transfer_size)
		return -ENOSPC;
	if (dma->active)
		return prepare_again(dma, offset, length);
	return prepare_first(dma, offset, length, synchronize);
}
EXPORT_SYMBOL_NS_GPL(iomd_dma_prepare, IOMD_NS);

/* Undo the first prepare: the device loses the memory, then the CPU gets it. */
static __always_inline int tear_down(struct iomd_dma *dma, bool synchronize)
{
	int err = 0;

	if (!dma->is_ready)
		return 0;
	dma->is_ready = false;
	tear_down_mapping(dma);
	if (unlikely(dma->bounce))
		err = iomd_dma_tear_down_bounce(dma, synchronize);
	iomd_desc_drop(dma->desc);
	return err;
}

/*
 * Prepare once more what is prepared, with all of it double buffered. On error the
 * command is as after a first prepare that failed.
 */
int iomd_dma_double_buffer(struct iomd_dma *dma)
{
	struct iomd_summary now __uninitialized;
	int err, lost;

	look_again(dma, &now);
	tear_down_mapping(dma);
	lost = iomd_dma_tear_down_bounce(dma, true);
	dma->is_planned = false;
	dma->is_direct = false;
	err = iomd_dma_set_up_bounce(dma, true, true) ?: set_up_device(dma, &now);
	if (err) {
		dma->is_ready = false;
		iomd_desc_drop(dma->desc);
	}
	return err ?: lost;
}

/* Undo all prepares. Return: 0; or -ENOSR, as iomd_dma_complete(). */
int iomd_dma_complete_all(struct iomd_dma *dma, bool synchronize)
{
	dma->active = 0;
	return tear_down(dma, synchronize);
}

/**
 * iomd_dma_complete() - Undo one prepare.
 * @dma: Command.
 * @invalidate_cache: Accepted; the DMA API sees to caches.
 * @synchronize: Copy back what was double buffered, if the device may have
 *	written it. All of the range is copied, whatever the device wrote.
 *
 * The last complete takes the memory from the device; the descriptor stays
 * attached. IOKit: IODMACommand::complete().
 *
 * Context: As iomd_dma_prepare().
 * Return: 0; -EAGAIN if nothing was prepared; -ENOSR if copying back falls short,
 *	   after which the rest is done all the same.
 *
 * Implements DMA-114..121.
 */
int iomd_dma_complete(struct iomd_dma *dma, bool invalidate_cache, bool synchronize)
{
	if (!dma->active)
		return -EAGAIN;
	if (--dma->active)
		return 0;
	return tear_down(dma, synchronize);
}
EXPORT_SYMBOL_NS_GPL(iomd_dma_complete, IOMD_NS);

/**
 * iomd_dma_get_prepared_offset_and_length() - The range that is prepared.
 * @dma: Command.
 * @offset: Receives its first byte in the descriptor; may be NULL.
 * @length: Receives its bytes; may be NULL.
 *
 * IOKit: IODMACommand::getPreparedOffsetAndLength().
 *
 * Context: Any.
 * Return: 0, or -EAGAIN if the command is not prepared. Implements DMA-139.
 */
int iomd_dma_get_prepared_offset_and_length(const struct iomd_dma *dma, u64 *offset, u64 *length)
{
	if (!dma->active)
		return -EAGAIN;
	if (offset)
		*offset = dma->offset;
	if (length)
		*length = dma->length;
	return 0;
}
EXPORT_SYMBOL_NS_GPL(iomd_dma_get_prepared_offset_and_length, IOMD_NS);
