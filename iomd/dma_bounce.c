// SPDX-License-Identifier: GPL-2.0-only
/*
 * What of a prepared range is double buffered, and when it is copied.
 */
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include <iomd/buffer.h>
#include <iomd/desc.h>
#include <iomd/namespace.h>

#include "dma.h"

/**
 * DOC: Double buffering
 *
 * In *direct* mode memory is used where it is, and what the device demands is tested when
 * segments are made. It is chosen where nothing can be wrong: when all of the memory is
 * within reach and begins aligned. Otherwise, in *checked* mode, the range is walked once:
 * if any segment would be misaligned all of it is double buffered; if some of it is out of
 * reach, those pages are. Opaque memory cannot be copied: there is no other way than direct.
 */

/* Would all segments be aligned, as memory is? Return: 1, 0 or an errno. */
static int check_alignment(const struct iomd_dma *dma)
{
	struct iomd_segmenter segmenter;
	struct iomd_dma_view view = {};
	bool is_first = true;

	iomd_segmenter_start(&segmenter, dma, 0);
	while (segmenter.offset < dma->length) {
		struct iomd_dma_piece segment;
		int err = iomd_segmenter_next(&segmenter, &view, dma, iomd_dma_view_physical_joined,
					      &segment);

		if (err)
			return err;
		if (!iomd_dma_is_aligned(dma, &segment, is_first))
			return 0;
		is_first = false;
	}
	return 1;
}

/*
 * Memory that keeps what it is there for: where more than a page's alignment is asked
 * for, in blocks that begin so and are as long.
 */
static struct iomd_bounce *bounce_all(const struct iomd_dma *dma)
{
	u32 masks = iomd_dma_start_mask(dma) | dma->length_mask | dma->internal_mask;
	u64 highest = iomd_dma_translates(dma) ? U64_MAX : dma->highest;

	return iomd_bounce_full(dma->length, highest, max_t(u64, PAGE_SIZE, (u64)masks + 1),
				iomd_context_gfp());
}

static struct iomd_bounce *bounce_for(const struct iomd_dma *dma, bool force)
{
	struct iomd_bounce *bounce;
	int aligned;

	if (force)
		return bounce_all(dma);
	aligned = check_alignment(dma);
	if (aligned < 0)
		return ERR_PTR(aligned);
	if (!aligned)
		return bounce_all(dma);
	if (!iomd_dma_needs_address_check(dma))
		return NULL;

	bounce = iomd_bounce_sparse(dma->desc, dma->offset, dma->length, dma->highest,
				    GFP_NOWAIT);
	if (IS_ERR(bounce) && PTR_ERR(bounce) != -EAGAIN)
		return bounce_all(dma);
	return bounce;
}

/* Is memory copied there before a transfer, and back after it? */
static bool copies_out(const struct iomd_dma *dma)
{
	return dma->direction != IOMD_DIRECTION_IN;
}

static bool copies_in(const struct iomd_dma *dma)
{
	return dma->direction != IOMD_DIRECTION_OUT;
}

/*
 * Decide, allocate, and copy what the device is to read. With @force nothing is left to
 * decide. Memory is not used in place. On error nothing of it is left.
 */
int iomd_dma_set_up_bounce(struct iomd_dma *dma, bool synchronize, bool force)
{
	struct iomd_bounce *bounce;
	int err = 0;

	bounce = bounce_for(dma, force);
	if (IS_ERR_OR_NULL(bounce))
		return PTR_ERR_OR_ZERO(bounce);

	if (synchronize && copies_out(dma))
		err = iomd_bounce_copy(bounce, IOMD_COPY_OUT, dma->desc, dma->offset);
	if (err)
		iomd_bounce_free(bounce);
	else
		dma->bounce = bounce;
	return err;
}

/* Copy back what the device may have written, and free. Frees even if that fails. */
int iomd_dma_tear_down_bounce(struct iomd_dma *dma, bool synchronize)
{
	int err = 0;

	if (!dma->bounce)
		return 0;
	if (synchronize && copies_in(dma))
		err = iomd_bounce_copy(dma->bounce, IOMD_COPY_IN, dma->desc, dma->offset);
	iomd_bounce_free(dma->bounce);
	dma->bounce = NULL;
	return err;
}

/* All of the range is somewhere else. */
static bool is_double_buffered(const struct iomd_dma *dma)
{
	return dma->bounce && dma->bounce->is_full;
}

static int synchronize_out(struct iomd_dma *dma)
{
	int err = 0;

	if (dma->bounce)
		err = iomd_bounce_copy(dma->bounce, IOMD_COPY_OUT, dma->desc, dma->offset);
	iomd_dma_hand_over(dma, false);
	return err;
}

static int synchronize_in(struct iomd_dma *dma)
{
	iomd_dma_hand_over(dma, true);
	if (!dma->bounce)
		return 0;
	return iomd_bounce_copy(dma->bounce, IOMD_COPY_IN, dma->desc, dma->offset);
}

/**
 * iomd_dma_synchronize() - Copy between memory and what the device sees, now.
 * @dma: Command, prepared.
 * @options: IOMD_DIRECTION_OUT for what the device is to read, IOMD_DIRECTION_IN for
 *	what it has written, 0 for neither; IOMD_DMA_FORCE_DOUBLE_BUFFER, whatever else is
 *	set, to have all of the range replaced by memory of the command's own until the
 *	last complete.
 *
 * What is not double buffered is not copied, whatever the descriptor's direction; where
 * the DMA API copies, or caches have to be seen to, that is done. After
 * IOMD_DMA_FORCE_DOUBLE_BUFFER segments have to be generated again, from offset 0. It
 * does nothing for iterators, and for what is double buffered as a whole.
 * IOKit: IODMACommand::synchronize().
 *
 * Context: As iomd_dma_prepare().
 * Return: 0; -EINVAL for both directions; -EAGAIN if the command is not prepared;
 *	   -ENOSR if copying falls short, as it does into memory prepared for reading
 *	   only. With IOMD_DMA_FORCE_DOUBLE_BUFFER also -EBUSY, and nothing done, if the
 *	   command was prepared more than once; and the errors of iomd_dma_prepare()
 *	   marked (*), after which the command has to be completed.
 *
 * Implements DMA-122..132.
 */
int iomd_dma_synchronize(struct iomd_dma *dma, u32 options)
{
	u32 direction = options & IOMD_DIRECTION_IN_OUT;

	if (direction == IOMD_DIRECTION_IN_OUT)
		return -EINVAL;
	if (!dma->active || !dma->is_ready)
		return -EAGAIN;
	if (options & IOMD_DMA_FORCE_DOUBLE_BUFFER) {
		if (iomd_dma_is_iterate_only(dma) || is_double_buffered(dma))
			return 0;
		return dma->active > 1 ? -EBUSY : iomd_dma_double_buffer(dma);
	}
	if (direction == IOMD_DIRECTION_OUT)
		return synchronize_out(dma);
	return direction == IOMD_DIRECTION_IN ? synchronize_in(dma) : 0;
}
EXPORT_SYMBOL_NS_GPL(iomd_dma_synchronize, IOMD_NS);

/**
 * iomd_dma_get_bounced() - How much is double buffered.
 * @dma: Command.
 *
 * For statistics; IOKit has no such call.
 *
 * Context: Any.
 * Return: Bytes of the prepared range; 0 if the command is not prepared.
 */
u64 iomd_dma_get_bounced(const struct iomd_dma *dma)
{
	return dma->bounce ? dma->bounce->length : 0;
}
EXPORT_SYMBOL_NS_GPL(iomd_dma_get_bounced, IOMD_NS);

/* Describe the memory of a double buffer, once. */
static struct iomd_desc *describe_bounce(struct iomd_bounce *bounce, u32 direction)
{
	struct iomd_range *ranges;
	struct iomd_desc *desc;
	u32 i;

	if (bounce->desc)
		return bounce->desc;
	ranges = kvmalloc_array(bounce->nr, sizeof(*ranges), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!ranges)
		return ERR_PTR(-ENOMEM);
	for (i = 0; i < bounce->nr; i++) {
		ranges[i].address = bounce->pieces[i].address;
		ranges[i].length = bounce->pieces[i].length;
	}
	desc = iomd_desc_with_address_ranges(ranges, bounce->nr,
					     direction | IOMD_MEMORY_MAPPER_NONE, NULL);
	kvfree(ranges);
	if (!IS_ERR(desc))
		bounce->desc = desc;
	return desc;
}

/**
 * iomd_dma_get_io_memory_descriptor() - The memory that the device really uses.
 * @dma: Command.
 *
 * That is a descriptor of the command's own memory while all of the range is double
 * buffered, and otherwise what is attached, even if single pages are. Its addresses are
 * CPU-physical: bus addresses are those of the segments.
 * IOKit: IODMACommand::getIOMemoryDescriptor().
 *
 * Context: Process context, may sleep.
 * Return: A descriptor with no reference of its own, good until the last complete; NULL
 *	   if nothing is attached; ERR_PTR(-ENOMEM). Implements DMA-57.
 */
struct iomd_desc *iomd_dma_get_io_memory_descriptor(struct iomd_dma *dma)
{
	if (!is_double_buffered(dma) || !dma->length)
		return dma->desc;
	return describe_bounce(dma->bounce, dma->direction);
}
EXPORT_SYMBOL_NS_GPL(iomd_dma_get_io_memory_descriptor, IOMD_NS);

/**
 * iomd_dma_create_copy_buffer() - A buffer that the command's device can reach.
 * @dma: Command.
 * @direction: IOMD_DIRECTION_*.
 * @length: Bytes, at least one.
 *
 * Prepared, zeroed, page aligned, and within the width of addresses that the device has
 * where nothing translates. For drivers that copy for themselves: what the command double
 * buffers goes to pages of its own. IOKit: IODMACommand::createCopyBuffer().
 *
 * Context: Process context, may sleep.
 * Return: A buffer that the caller puts, or an error pointer as of
 *	   iomd_client_buffer_create(). Implements DMA-142.
 */
struct iomd_buffer *iomd_dma_create_copy_buffer(struct iomd_dma *dma, u32 direction, u64 length)
{
	u64 mask = 0;

	if (direction & ~IOMD_DIRECTION_IN_OUT)
		return ERR_PTR(-EINVAL);
	if (iomd_dma_limits_addresses(dma) && !iomd_dma_translates(dma))
		mask = dma->highest & PAGE_MASK;
	return iomd_client_buffer_create(IOMD_THIS_CLIENT, IOMD_KERNEL_TASK, direction, length,
					 PAGE_SIZE, mask, dma->mapper);
}
EXPORT_SYMBOL_NS_GPL(iomd_dma_create_copy_buffer, IOMD_NS);
