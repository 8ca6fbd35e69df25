// SPDX-License-Identifier: GPL-2.0-only
/*
 * Segment functions: how a segment is written down for a device.
 *
 * Implements DMA-144, DMA-145.
 */
#include <linux/export.h>

#include <iomd/dma.h>
#include <iomd/namespace.h>

#include "compat.h"

/**
 * iomd_dma_output_host32() - Two 32-bit words in the CPU's byte order.
 * @dma: Command.
 * @segment: Segment; the low 32 bits of address and length are stored.
 * @segments: Array of struct iomd_segment32.
 * @index: Element.
 *
 * IOKit: IODMACommand::OutputHost32().
 *
 * Context: Any.
 * Return: true.
 */
bool iomd_dma_output_host32(struct iomd_dma *dma, struct iomd_segment64 segment,
			    void *segments, u32 index)
{
	struct iomd_segment32 *entry = (struct iomd_segment32 *)segments + index;

	entry->iovm_addr = segment.iovm_addr;
	entry->length = segment.length;
	return true;
}
EXPORT_SYMBOL_NS_GPL(iomd_dma_output_host32, IOMD_NS);

/**
 * iomd_dma_output_big32() - Two 32-bit words, big endian, at any alignment.
 * @dma: Command.
 * @segment: Segment; the low 32 bits of address and length are stored.
 * @segments: Array of 8-byte entries.
 * @index: Element.
 *
 * IOKit: IODMACommand::OutputBig32().
 *
 * Context: Any.
 * Return: true.
 */
bool iomd_dma_output_big32(struct iomd_dma *dma, struct iomd_segment64 segment,
			   void *segments, u32 index)
{
	u8 *entry = (u8 *)segments + 8 * (size_t)index;

	put_unaligned_be32(segment.iovm_addr, entry);
	put_unaligned_be32(segment.length, entry + 4);
	return true;
}
EXPORT_SYMBOL_NS_GPL(iomd_dma_output_big32, IOMD_NS);

/**
 * iomd_dma_output_little32() - Two 32-bit words, little endian, at any alignment.
 * @dma: Command.
 * @segment: Segment; the low 32 bits of address and length are stored.
 * @segments: Array of 8-byte entries.
 * @index: Element.
 *
 * IOKit: IODMACommand::OutputLittle32().
 *
 * Context: Any.
 * Return: true.
 */
bool iomd_dma_output_little32(struct iomd_dma *dma, struct iomd_segment64 segment,
			      void *segments, u32 index)
{
	u8 *entry = (u8 *)segments + 8 * (size_t)index;

	put_unaligned_le32(segment.iovm_addr, entry);
	put_unaligned_le32(segment.length, entry + 4);
	return true;
}
EXPORT_SYMBOL_NS_GPL(iomd_dma_output_little32, IOMD_NS);

/**
 * iomd_dma_output_host64() - Two 64-bit words in the CPU's byte order.
 * @dma: Command.
 * @segment: Segment.
 * @segments: Array of struct iomd_segment64.
 * @index: Element.
 *
 * IOKit: IODMACommand::OutputHost64().
 *
 * Context: Any.
 * Return: true.
 */
bool iomd_dma_output_host64(struct iomd_dma *dma, struct iomd_segment64 segment,
			    void *segments, u32 index)
{
	((struct iomd_segment64 *)segments)[index] = segment;
	return true;
}
EXPORT_SYMBOL_NS_GPL(iomd_dma_output_host64, IOMD_NS);

/**
 * iomd_dma_output_big64() - Two 64-bit words, big endian, at any alignment.
 * @dma: Command.
 * @segment: Segment.
 * @segments: Array of 16-byte entries.
 * @index: Element.
 *
 * IOKit: IODMACommand::OutputBig64().
 *
 * Context: Any.
 * Return: true.
 */
bool iomd_dma_output_big64(struct iomd_dma *dma, struct iomd_segment64 segment,
			   void *segments, u32 index)
{
	u8 *entry = (u8 *)segments + 16 * (size_t)index;

	put_unaligned_be64(segment.iovm_addr, entry);
	put_unaligned_be64(segment.length, entry + 8);
	return true;
}
EXPORT_SYMBOL_NS_GPL(iomd_dma_output_big64, IOMD_NS);

/**
 * iomd_dma_output_little64() - Two 64-bit words, little endian, at any alignment.
 * @dma: Command.
 * @segment: Segment.
 * @segments: Array of 16-byte entries.
 * @index: Element.
 *
 * IOKit: IODMACommand::OutputLittle64().
 *
 * Context: Any.
 * Return: true.
 */
bool iomd_dma_output_little64(struct iomd_dma *dma, struct iomd_segment64 segment,
			      void *segments, u32 index)
{
	u8 *entry = (u8 *)segments + 16 * (size_t)index;

	put_unaligned_le64(segment.iovm_addr, entry);
	put_unaligned_le64(segment.length, entry + 8);
	return true;
}
EXPORT_SYMBOL_NS_GPL(iomd_dma_output_little64, IOMD_NS);
