// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the CPU may do with what a device sees.
 */
#include <linux/export.h>
#include <linux/io.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include <iomd/desc.h>
#include <iomd/namespace.h>

#include "dma.h"

/* Memory of ours, which stands in for bytes from @at on. Return: bytes copied. */
static u64 copy_bounced(const struct iomd_bounce_piece *piece, enum iomd_copy way, u64 at,
			void *bytes, u64 length)
{
	u64 skip = at - piece->offset;
	u8 *memory = phys_to_virt(piece->address + skip);

	length = min(length, piece->length - skip);
	if (way == IOMD_COPY_OUT)
		memcpy(bytes, memory, length);
	else if (bytes)
		memcpy(memory, bytes, length);
	else
		memset(memory, 0, length);
	return length;
}

/* Memory in its place may not be ours to write, nor to be seen at all. */
static u64 copy_in_place(const struct iomd_dma *dma, enum iomd_copy way, u64 at, void *bytes,
			 u64 length)
{
	if (way == IOMD_COPY_IN && iomd_desc_is_read_only(dma->desc))
		return 0;
	if (dma->desc->ops->all_flags(dma->desc) & IOMD_MEMORY_REMOTE)
		return 0;
	return iomd_desc_copy(dma->desc, way, dma->offset + at, bytes, length);
}

static u64 copy_range(const struct iomd_dma *dma, enum iomd_copy way, u64 offset, void *bytes,
		      u64 length)
{
	const struct iomd_bounce *bounce = dma->bounce;
	u64 done = 0, copied;
	u32 index = 0;

	do {
		u64 at = offset + done, limit = dma->length;
		void *here = bytes ? bytes + done : NULL;

		if (bounce) {
			index = iomd_bounce_find(bounce, at, index);
			if (index < bounce->nr)
				limit = bounce->pieces[index].offset;
		}
		if (limit <= at)
			copied = copy_bounced(&bounce->pieces[index], way, at, here,
					      length - done);
		else
			copied = copy_in_place(dma, way, at, here,
					       min(length - done, limit - at));
		done += copied;
	} while (copied && done < length);
	return done;
}

/*
 * Copy from or to what the device sees of the prepared range, as far as it goes. With
 * COPY_IN @bytes may be NULL for zeroes. Return: bytes copied.
 */
u64 iomd_dma_transfer(struct iomd_dma *dma, enum iomd_copy way, u64 offset, void *bytes,
		      u64 length)
{
	u64 reach, done;

	if (!dma->active || !dma->is_ready || offset >= dma->length || !length)
		return 0;
	if (dma->mapped && iomd_mapping_is_revoked(dma->mapped))
		return 0;
	length = min(length, dma->length - offset);
	reach = iomd_dma_reach(dma, offset + length);
	if (reach <= offset)
		return 0;

	iomd_dma_hand_over(dma, true);
	done = copy_range(dma, way, offset, bytes, min(length, reach - offset));
	if (way == IOMD_COPY_IN)
		iomd_dma_hand_over(dma, false);
	return done;
}

/**
 * iomd_dma_read_bytes() - Copy bytes out of what the device sees.
 * @dma: Command, prepared.
 * @offset: First byte, counted from the beginning of the prepared range.
 * @bytes: Kernel memory to copy to.
 * @length: Bytes; cut short at the end of the prepared range.
 *
 * Where memory is double buffered that is the copy. Generation of segments goes on where
 * it was. IOKit: IODMACommand::readBytes().
 *
 * Context: As iomd_dma_gen_iovm_segments(); process context for memory that has no pages.
 * Return: Bytes copied; 0 if the command is not prepared, if @bytes is NULL, or for
 *	   remote memory. Less than could be if generating segments for all of the range
 *	   at once would fail before. Implements DMA-97, DMA-133..138.
 */
u64 iomd_dma_read_bytes(struct iomd_dma *dma, u64 offset, void *bytes, u64 length)
{
	return bytes ? iomd_dma_transfer(dma, IOMD_COPY_OUT, offset, bytes, length) : 0;
}
EXPORT_SYMBOL_NS_GPL(iomd_dma_read_bytes, IOMD_NS);

/**
 * iomd_dma_write_bytes() - Copy bytes into what the device sees.
 * @dma: Command, prepared.
 * @offset: First byte, counted from the beginning of the prepared range.
 * @bytes: Kernel memory to copy from.
 * @length: Bytes; cut short at the end of the prepared range.
 *
 * Whatever the direction: where memory is double buffered its contents change when that
 * is copied back. Memory that is used in place and was prepared for reading only is not
 * written. IOKit: IODMACommand::writeBytes().
 *
 * Context: As iomd_dma_read_bytes().
 * Return: As iomd_dma_read_bytes(). Implements DMA-97, DMA-133..138.
 */
u64 iomd_dma_write_bytes(struct iomd_dma *dma, u64 offset, const void *bytes, u64 length)
{
	return bytes ? iomd_dma_transfer(dma, IOMD_COPY_IN, offset, (void *)bytes, length) : 0;
}
EXPORT_SYMBOL_NS_GPL(iomd_dma_write_bytes, IOMD_NS);
