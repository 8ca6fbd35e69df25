/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The DMA command.
 */
#ifndef _IOMD_DMA_COMMAND_H
#define _IOMD_DMA_COMMAND_H

#include <linux/gfp.h>
#include <linux/kref.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/preempt.h>

#include <iomd/dma.h>

#include "bounce.h"
#include "core.h"
#include "mapping.h"

/**
 * struct iomd_dma_view - Where a walk through what the device sees is.
 * @walk: Place in the descriptor.
 * @mapping_walk: Place in the mapping.
 * @piece: Place in the bounce.
 */
struct iomd_dma_view {
	struct iomd_walk walk;
	struct iomd_mapping_walk mapping_walk;
	u32 piece;
};

/**
 * struct iomd_dma_piece - A stretch of what the device sees.
 * @address: Bus address.
 * @length: Bytes.
 * @is_bounced: Stands in for memory out of reach: not to be joined with others.
 */
struct iomd_dma_piece {
	u64 address;
	u64 length;
	bool is_bounced;
};

/**
 * struct iomd_segmenter - Segments in the making, from pieces that a view fetches.
 * @offset: Offset at which the next segment begins.
 * @max_size: Longest segment.
 * @reach: Highest address that memory used in place may have.
 * @left: The piece from @offset on, as much of it as is not yet made into segments.
 */
struct iomd_segmenter {
	u64 offset;
	u64 max_size;
	u64 reach;
	struct iomd_dma_piece left;
};

/* Fetch the piece that begins at @offset of the prepared range, with all that continues it. */
typedef int (*iomd_dma_piece_fn)(const struct iomd_dma *dma, struct iomd_dma_view *view,
				 u64 offset, struct iomd_dma_piece *piece);

/**
 * struct iomd_dma_result - What became of a transfer.
 * @status: 0 or an errno.
 * @actual_byte_count: Bytes moved.
 * @time_stamp: When.
 */
struct iomd_dma_result {
	int status;
	u64 actual_byte_count;
	ktime_t time_stamp;
};

/**
 * struct iomd_dma_dext - What a command of a driver in user space has besides.
 * @lock: Serialises the calls that such a driver has.
 * @prepared: Descriptor that they have prepared, held; or NULL.
 */
struct iomd_dma_dext {
	struct mutex lock;	/* see above */
	struct iomd_desc *prepared;
};

/**
 * struct iomd_dma - A DMA command.
 * @ref: References.
 * @ref_con: The owner's, not interpreted.
 * @dext: What there is besides if it belongs to a driver in user space; or NULL.
 *
 * The specification:
 *
 * @out: Stores segments; NULL as long as there is no specification.
 * @mapping_options: As given.
 * @address_bits: Width of addresses; 0 if not limited.
 * @highest: The highest address of that width.
 * @max_segment_size: Bytes.
 * @max_transfer_size: Bytes.
 * @align_mask: Alignment of the first segment's address, less one.
 * @length_mask: Alignment of lengths, less one.
 * @internal_mask: Alignment of other segments' addresses, less one.
 * @mapper: Where addresses come from, held; NULL if they are CPU-physical.
 *
 * What is attached:
 *
 * @desc: Descriptor, held; or NULL.
 * @direction: Its direction, when it was attached.
 * @summary: What was known of it then.
 *
 * The preparation:
 *
 * @active: Prepares without a complete.
 * @is_ready: The first prepare went well, and there is something to complete.
 * @is_planned: It is decided that the range is used in place; that outlives the preparation.
 * @is_direct: Used in place, with rules tested when segments are made.
 * @is_plain: Seen through a mapping and nothing else, with nothing asked of where it lies.
 * @offset: First byte prepared, in @desc.
 * @length: Bytes prepared.
 * @bounce: What is double buffered, or NULL.
 * @mapped: Mapping in use: @mapping, or the descriptor's own; NULL if addresses are
 *	not mapped.
 * @mapped_base: Offset in @mapped of the first byte prepared.
 * @mapping: The command's own mapping.
 * @view: Where generation fetches pieces.
 * @segmenter: Where it has come to.
 *
 * The transfer, which the lock of its event source guards:
 *
 * @result: What was told of it last.
 * @link: In the event source's list, from its completion until the action.
 *
 * There is no lock: whoever owns a command serialises the calls on it.
 */
struct iomd_dma {
	struct kref ref;
	void *ref_con;
	struct iomd_dma_dext *dext;

	iomd_dma_segment_fn out;
	u32 mapping_options;
	u8 address_bits;
	u64 highest;
	u64 max_segment_size;
	u64 max_transfer_size;
	u32 align_mask;
	u32 length_mask;
	u32 internal_mask;
	struct iomd_mapper *mapper;

	struct iomd_desc *desc;
	u32 direction;
	struct iomd_summary summary;

	u32 active;
	bool is_ready;
	bool is_planned;
	bool is_direct;
	bool is_plain;
	u64 offset;
	u64 length;
	struct iomd_bounce *bounce;
	struct iomd_mapping *mapped;
	u64 mapped_base;
	struct iomd_dma_result result;
	struct list_head link;

	/* Set when they are used; nothing before counts. */
	struct iomd_mapping mapping;
	struct iomd_dma_view view;
	struct iomd_segmenter segmenter;
};

/* Is the width of addresses a limit at all? */
static inline bool iomd_dma_limits_addresses(const struct iomd_dma *dma)
{
	return dma->highest != U64_MAX;
}

static inline bool iomd_dma_is_iterate_only(const struct iomd_dma *dma)
{
	return dma->mapping_options & IOMD_DMA_MAP_OPTION_ITERATE_ONLY;
}

/* Does something stand between the device and CPU-physical addresses? */
static inline bool iomd_dma_translates(const struct iomd_dma *dma)
{
	return dma->mapper && dma->mapper->domain;
}

/*
 * What is asked of where memory begins: where an IOMMU translates, only its place in a
 * page matters.
 */
static inline u32 iomd_dma_start_mask(const struct iomd_dma *dma)
{
	return iomd_dma_translates(dma) ? dma->align_mask & ~PAGE_MASK : dma->align_mask;
}

/* Might some of the memory be beyond what the device can be told? */
static inline bool iomd_dma_needs_address_check(const struct iomd_dma *dma)
{
	return (dma->summary.highest ?: U64_MAX) > dma->highest && !iomd_dma_translates(dma);
}

/* Is the first byte's alignment known to be good? */
static inline bool iomd_dma_starts_aligned(const struct iomd_dma *dma)
{
	u32 mask = dma->align_mask ? iomd_dma_start_mask(dma) : 0;

	if (!mask)
		return true;
	return mask < PAGE_SIZE && dma->summary.page_align >= 0 &&
	       !(dma->summary.page_align & mask);
}

/* Can memory be used in place, without so much as a look at it? */
static inline bool iomd_dma_can_be_direct(const struct iomd_dma *dma)
{
	if (!iomd_dma_needs_address_check(dma) && iomd_dma_starts_aligned(dma))
		return true;
	return iomd_dma_is_iterate_only(dma) || iomd_desc_is_opaque(dma->desc);
}

/* Softirq may prepare a command, as long as its descriptor is prepared already. */
static inline gfp_t iomd_context_gfp(void)
{
	return in_interrupt() ? GFP_ATOMIC : GFP_KERNEL;
}

/* Hand memory over, where the CPU and the device do not see the same. */
static inline void iomd_dma_hand_over(struct iomd_dma *dma, bool for_cpu)
{
	if (dma->mapped && dma->mapped->needs_sync)
		iomd_mapping_sync(dma->mapped, for_cpu);
}

/* Life. */
int iomd_dma_cache_init(void);
void iomd_dma_cache_exit(void);
struct iomd_dma *iomd_dma_alloc(void);

/* Preparing, with the memory held already. */
int iomd_dma_prepare_all(struct iomd_dma *dma, bool held);
int iomd_dma_complete_all(struct iomd_dma *dma, bool synchronize);

/* What is double buffered. */
int iomd_dma_set_up_bounce(struct iomd_dma *dma, bool synchronize, bool force);
int iomd_dma_tear_down_bounce(struct iomd_dma *dma, bool synchronize);
int iomd_dma_double_buffer(struct iomd_dma *dma);

/* What the device sees. */
int iomd_dma_view_physical(const struct iomd_dma *dma, struct iomd_dma_view *view, u64 offset,
			   struct iomd_dma_piece *piece);
int iomd_dma_view_physical_joined(const struct iomd_dma *dma, struct iomd_dma_view *view,
				  u64 offset, struct iomd_dma_piece *piece);
int iomd_dma_view_bus_joined(const struct iomd_dma *dma, struct iomd_dma_view *view, u64 offset,
			     struct iomd_dma_piece *piece);

/* Start a walk from the beginning of the prepared range. */
static inline void iomd_dma_view_start(struct iomd_dma_view *view,
				       const struct iomd_mapping *mapping)
{
	view->walk.runs = NULL;
	view->mapping_walk.next = mapping ? mapping->table.sgl : NULL;
	view->mapping_walk.start = 0;
	view->piece = 0;
}

/* How segments are formed: from @offset on, within the limits there are. */
static inline void iomd_segmenter_restart(struct iomd_segmenter *segmenter, u64 offset)
{
	segmenter->offset = offset;
	segmenter->left.length = 0;
}

static inline void iomd_segmenter_start(struct iomd_segmenter *segmenter,
					const struct iomd_dma *dma, u64 offset)
{
	segmenter->max_size = dma->max_segment_size;
	segmenter->reach = dma->is_direct ? dma->highest : U64_MAX;
	iomd_segmenter_restart(segmenter, offset);
}

int iomd_segmenter_next(struct iomd_segmenter *segmenter, struct iomd_dma_view *view,
			const struct iomd_dma *dma, iomd_dma_piece_fn piece_fn,
			struct iomd_dma_piece *segment);
bool iomd_dma_is_aligned(const struct iomd_dma *dma, const struct iomd_dma_piece *segment,
			 bool is_first);
u64 iomd_dma_reach(const struct iomd_dma *dma, u64 end);

/* What the CPU may do with it. */
u64 iomd_dma_transfer(struct iomd_dma *dma, enum iomd_copy way, u64 offset, void *bytes,
		      u64 length);

/* For drivers in user space. */
int iomd_dma_let_go(struct iomd_dma *dma);

/* Take one segment. Return: 0 or an errno, which ends the walk. */
typedef int (*iomd_dma_piece_sink_fn)(void *sink, const struct iomd_dma_piece *segment);

int iomd_dma_walk_segments(const struct iomd_dma *dma, u64 offset, u64 length,
			   iomd_dma_piece_sink_fn sink_fn, void *sink);

#endif /* _IOMD_DMA_COMMAND_H */
