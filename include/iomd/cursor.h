/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory cursors: a descriptor as a list of segments, without a DMA command.
 * IOMemoryCursor, IONaturalMemoryCursor, IOBigMemoryCursor, IOLittleMemoryCursor.
 */
#ifndef _IOMD_CURSOR_H
#define _IOMD_CURSOR_H

#include <iomd/types.h>

struct iomd_cursor;
struct iomd_desc;

/**
 * struct iomd_segment_big64 - One segment, in big-endian words.
 * @iovm_addr: Bus address.
 * @length: Bytes.
 */
struct iomd_segment_big64 {
	__be64 iovm_addr;
	__be64 length;
};

/**
 * struct iomd_segment_little64 - One segment, in little-endian words.
 * @iovm_addr: Bus address.
 * @length: Bytes.
 */
struct iomd_segment_little64 {
	__le64 iovm_addr;
	__le64 length;
};

/**
 * typedef iomd_cursor_segment_fn - Store one segment.
 * @segment: Bus address and length.
 * @segments: The caller's array, or whatever it passed in its place.
 * @index: Element to fill; counts from 0 in every call.
 *
 * Called once per segment, in order; it cannot refuse one. It must not sleep where
 * whoever asks for segments may not. IOKit: IOMemoryCursor::SegmentFunction.
 * Implements CUR-1.
 */
typedef void (*iomd_cursor_segment_fn)(struct iomd_segment64 segment, void *segments, u32 index);

void iomd_cursor_natural_output_segment(struct iomd_segment64 segment, void *segments, u32 index);
void iomd_cursor_big_output_segment(struct iomd_segment64 segment, void *segments, u32 index);
void iomd_cursor_little_output_segment(struct iomd_segment64 segment, void *segments, u32 index);

struct iomd_cursor *iomd_cursor_with_specification(iomd_cursor_segment_fn out,
						   u64 max_segment_size, u64 max_transfer_size,
						   u64 alignment);
struct iomd_cursor *iomd_cursor_natural_with_specification(u64 max_segment_size,
							   u64 max_transfer_size, u64 alignment);
struct iomd_cursor *iomd_cursor_big_with_specification(u64 max_segment_size,
						       u64 max_transfer_size, u64 alignment);
struct iomd_cursor *iomd_cursor_little_with_specification(u64 max_segment_size,
							  u64 max_transfer_size, u64 alignment);

struct iomd_cursor *iomd_cursor_get(struct iomd_cursor *cursor);
void iomd_cursor_put(struct iomd_cursor *cursor);

u32 iomd_cursor_gen_physical_segments(const struct iomd_cursor *cursor, struct iomd_desc *desc,
				      u64 from_position, void *segments, u32 max_segments,
				      u32 max_transfer_size, u64 *transfer_size);
u32 iomd_cursor_natural_get_physical_segments(const struct iomd_cursor *cursor,
					      struct iomd_desc *desc, u64 from_position,
					      struct iomd_segment64 *segments, u32 max_segments,
					      u32 max_transfer_size, u64 *transfer_size);
u32 iomd_cursor_big_get_physical_segments(const struct iomd_cursor *cursor,
					  struct iomd_desc *desc, u64 from_position,
					  struct iomd_segment_big64 *segments, u32 max_segments,
					  u32 max_transfer_size, u64 *transfer_size);
u32 iomd_cursor_little_get_physical_segments(const struct iomd_cursor *cursor,
					     struct iomd_desc *desc, u64 from_position,
					     struct iomd_segment_little64 *segments,
					     u32 max_segments, u32 max_transfer_size,
					     u64 *transfer_size);

#endif /* _IOMD_CURSOR_H */
