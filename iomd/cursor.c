// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory cursors: prepared memory as segments, within two limits.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/export.h>
#include <linux/kref.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/slab.h>

#include <iomd/cursor.h>
#include <iomd/dma.h>
#include <iomd/namespace.h>

#include "core.h"
#include "objects.h"

/**
 * DOC: Memory cursors
 *
 * A cursor is a longest segment, a longest transfer, and a way to write segments
 * down. It turns a stretch of a prepared descriptor into segments, and that is all:
 * it neither prepares nor maps nor bounces, knows nothing of what addresses its
 * device can reach, and keeps no position. A DMA command does all of that, and is
 * what new drivers use.
 *
 * Addresses are those that iomd_desc_get_physical_segment() gives when nothing
 * special is asked for: of the device behind the mapper that the descriptor is bound
 * to.
 *
 * Whoever has a cursor may use it at any time, for several descriptors at once:
 * nothing in it changes from when it is made.
 */

/**
 * struct iomd_cursor - A memory cursor.
 * @ref: References.
 * @out: Stores segments.
 * @max_segment_size: Bytes, at least one.
 * @max_transfer_size: Bytes, at least one.
 */
struct iomd_cursor {
	struct kref ref;
	iomd_cursor_segment_fn out;
	u32 max_segment_size;
	u32 max_transfer_size;
};

/**
 * iomd_cursor_natural_output_segment() - Two 64-bit words in the CPU's byte order.
 * @segment: Segment.
 * @segments: Array of struct iomd_segment64.
 * @index: Element.
 *
 * IOKit: IONaturalMemoryCursor::outputSegment().
 *
 * Context: Any. Implements CUR-9.
 */
void iomd_cursor_natural_output_segment(struct iomd_segment64 segment, void *segments, u32 index)
{
	iomd_dma_output_host64(NULL, segment, segments, index);
}
EXPORT_SYMBOL_NS_GPL(iomd_cursor_natural_output_segment, IOMD_NS);

/**
 * iomd_cursor_big_output_segment() - Two 64-bit words, big endian, at any alignment.
 * @segment: Segment.
 * @segments: Array of struct iomd_segment_big64.
 * @index: Element.
 *
 * IOKit: IOBigMemoryCursor::outputSegment().
 *
 * Context: Any. Implements CUR-9.
 */
void iomd_cursor_big_output_segment(struct iomd_segment64 segment, void *segments, u32 index)
{
	iomd_dma_output_big64(NULL, segment, segments, index);
}
EXPORT_SYMBOL_NS_GPL(iomd_cursor_big_output_segment, IOMD_NS);

/**
 * iomd_cursor_little_output_segment() - Two 64-bit words, little endian, at any alignment.
 * @segment: Segment.
 * @segments: Array of struct iomd_segment_little64.
 * @index: Element.
 *
 * IOKit: IOLittleMemoryCursor::outputSegment().
 *
 * Context: Any. Implements CUR-9.
 */
void iomd_cursor_little_output_segment(struct iomd_segment64 segment, void *segments, u32 index)
{
	iomd_dma_output_little64(NULL, segment, segments, index);
}
EXPORT_SYMBOL_NS_GPL(iomd_cursor_little_output_segment, IOMD_NS);

/**
 * iomd_cursor_with_specification() - Make a cursor with a segment function of its own.
 * @out: Segment function.
 * @max_segment_size: Longest segment in bytes; 0 for no limit, which is U32_MAX, as is
 *	everything longer.
 * @max_transfer_size: Most bytes that one call makes segments for, up to U32_MAX; 0 for
 *	no limit.
 * @alignment: 1; there are no others.
 *
 * IOKit: IOMemoryCursor::withSpecification(), initWithSpecification().
 *
 * Context: Process context, may sleep.
 * Return: A cursor that the caller puts, or an error pointer: -EINVAL without a segment
 *	   function, or for a transfer longer than U32_MAX; -EOPNOTSUPP for another
 *	   alignment; -ENOMEM.
 *
 * Implements CUR-2..7.
 */
struct iomd_cursor *iomd_cursor_with_specification(iomd_cursor_segment_fn out,
						   u64 max_segment_size, u64 max_transfer_size,
						   u64 alignment)
{
	struct iomd_cursor *cursor;

	if (!out || max_transfer_size > U32_MAX)
		return ERR_PTR(-EINVAL);
	if (alignment != 1)
		return ERR_PTR(-EOPNOTSUPP);

	cursor = kzalloc(sizeof(*cursor), GFP_KERNEL);
	if (!cursor)
		return ERR_PTR(-ENOMEM);
	kref_init(&cursor->ref);
	cursor->out = out;
	cursor->max_segment_size = min_t(u64, max_segment_size ?: U32_MAX, U32_MAX);
	cursor->max_transfer_size = max_transfer_size ?: U32_MAX;
	iomd_objects_inc(IOMD_OBJECT_CURSOR);
	return cursor;
}
EXPORT_SYMBOL_NS_GPL(iomd_cursor_with_specification, IOMD_NS);

/**
 * iomd_cursor_natural_with_specification() - Make a cursor for the CPU's byte order.
 * @max_segment_size: As for iomd_cursor_with_specification().
 * @max_transfer_size: As there.
 * @alignment: 1.
 *
 * IOKit: IONaturalMemoryCursor::withSpecification(), initWithSpecification().
 *
 * Context: Process context, may sleep.
 * Return: As iomd_cursor_with_specification(). Implements CUR-8.
 */
struct iomd_cursor *iomd_cursor_natural_with_specification(u64 max_segment_size,
							   u64 max_transfer_size, u64 alignment)
{
	return iomd_cursor_with_specification(iomd_cursor_natural_output_segment,
					      max_segment_size, max_transfer_size, alignment);
}
EXPORT_SYMBOL_NS_GPL(iomd_cursor_natural_with_specification, IOMD_NS);

/**
 * iomd_cursor_big_with_specification() - Make a cursor for big-endian segments.
 * @max_segment_size: As for iomd_cursor_with_specification().
 * @max_transfer_size: As there.
 * @alignment: 1.
 *
 * IOKit: IOBigMemoryCursor::withSpecification(), initWithSpecification().
 *
 * Context: Process context, may sleep.
 * Return: As iomd_cursor_with_specification(). Implements CUR-8.
 */
struct iomd_cursor *iomd_cursor_big_with_specification(u64 max_segment_size,
						       u64 max_transfer_size, u64 alignment)
{
	return iomd_cursor_with_specification(iomd_cursor_big_output_segment,
					      max_segment_size, max_transfer_size, alignment);
}
EXPORT_SYMBOL_NS_GPL(iomd_cursor_big_with_specification, IOMD_NS);

/**
 * iomd_cursor_little_with_specification() - Make a cursor for little-endian segments.
 * @max_segment_size: As for iomd_cursor_with_specification().
 * @max_transfer_size: As there.
 * @alignment: 1.
 *
 * IOKit: IOLittleMemoryCursor::withSpecification(), initWithSpecification().
 *
 * Context: Process context, may sleep.
 * Return: As iomd_cursor_with_specification(). Implements CUR-8.
 */
struct iomd_cursor *iomd_cursor_little_with_specification(u64 max_segment_size,
							  u64 max_transfer_size, u64 alignment)
{
	return iomd_cursor_with_specification(iomd_cursor_little_output_segment,
					      max_segment_size, max_transfer_size, alignment);
}
EXPORT_SYMBOL_NS_GPL(iomd_cursor_little_with_specification, IOMD_NS);

/**
 * iomd_cursor_get() - Take another reference.
 * @cursor: Cursor; the caller has a reference.
 *
 * IOKit: OSObject::retain().
 *
 * Context: Any.
 * Return: @cursor.
 */
struct iomd_cursor *iomd_cursor_get(struct iomd_cursor *cursor)
{
	kref_get(&cursor->ref);
	return cursor;
}
EXPORT_SYMBOL_NS_GPL(iomd_cursor_get, IOMD_NS);

static void cursor_release(struct kref *ref)
{
	kfree(container_of(ref, struct iomd_cursor, ref));
	iomd_objects_dec(IOMD_OBJECT_CURSOR);
}

/**
 * iomd_cursor_put() - Give a reference back.
 * @cursor: Cursor, or NULL or an error pointer, for which nothing happens.
 *
 * Segments made with it stay as they are. IOKit: OSObject::release().
 *
 * Context: Any.
 */
void iomd_cursor_put(struct iomd_cursor *cursor)
{
	if (!IS_ERR_OR_NULL(cursor))
		kref_put(&cursor->ref, cursor_release);
}
EXPORT_SYMBOL_NS_GPL(iomd_cursor_put, IOMD_NS);

static u32 generate(const struct iomd_cursor *cursor, struct iomd_desc *desc, u64 position,
		    void *segments, u32 max_segments, u32 max_transfer_size, u64 *transfer_size,
		    void *caller)
{
	u32 limit = max_transfer_size ?: cursor->max_transfer_size;
	struct iomd_walk walk = {};
	u32 index, total = 0;
	int err = 0;
	u64 length;

	if (!desc || !max_segments)
		return 0;
	length = desc->length;
	for (index = 0; index < max_segments && total < limit && position + total < length;
	     index++) {
		struct iomd_extent extent;

		err = iomd_desc_walk_joined(desc, iomd_desc_bus_walk, &walk, position + total,
					    min(cursor->max_segment_size, limit - total), &extent);
		if (err)
			break;
		cursor->out((struct iomd_segment64) { extent.address, extent.length }, segments,
			    index);
		total += extent.length;
	}

	if (err)
		iomd_desc_complain(desc, err, caller);
	if (transfer_size)
		*transfer_size = total;
	return index;
}

/**
 * iomd_cursor_gen_physical_segments() - Say where memory is, segment by segment.
 * @cursor: Cursor.
 * @desc: Descriptor, prepared, and kept so for as long as the segments are used.
 * @from_position: First byte, in @desc.
 * @segments: For the segment function, and not looked at.
 * @max_segments: Most segments that are stored.
 * @max_transfer_size: Most bytes, in place of the cursor's own limit, be it more or
 *	less; 0 for the cursor's.
 * @transfer_size: Receives how many bytes were described; may be NULL.
 *
 * Bytes that follow each other are one segment, as long as the cursor allows. There is
 * no error: whoever wants more goes on at @from_position plus @transfer_size, until
 * nothing is stored.
 * IOKit: IOMemoryCursor::genPhysicalSegments().
 *
 * Context: Process context, may sleep, as in iomd_desc_get_physical_segment(). Any, if
 *	    @desc was made to give CPU-physical addresses always.
 * Return: How many segments were stored. They end early, with one message in the log,
 *	   where memory is not prepared or has no bus address. 0 without a descriptor
 *	   or without room, where @transfer_size is not written; and behind the end.
 *
 * Implements CUR-10..23, CUR-25.
 */
u32 iomd_cursor_gen_physical_segments(const struct iomd_cursor *cursor, struct iomd_desc *desc,
				      u64 from_position, void *segments, u32 max_segments,
				      u32 max_transfer_size, u64 *transfer_size)
{
	return generate(cursor, desc, from_position, segments, max_segments, max_transfer_size,
			transfer_size, __builtin_return_address(0));
}
EXPORT_SYMBOL_NS_GPL(iomd_cursor_gen_physical_segments, IOMD_NS);

/* The same for an array of what @out makes, which another cursor must not write to. */
static u32 generate_array(const struct iomd_cursor *cursor, iomd_cursor_segment_fn out,
			  struct iomd_desc *desc, u64 position, void *array, u32 max_segments,
			  u32 max_transfer_size, u64 *transfer_size, void *caller)
{
	if (cursor->out != out) {
		pr_warn_ratelimited("%pS asked a cursor for segments that are not its own\n",
				    caller);
		return 0;
	}
	if (!array)
		return 0;
	return generate(cursor, desc, position, array, max_segments, max_transfer_size,
			transfer_size, caller);
}

/**
 * iomd_cursor_natural_get_physical_segments() - Say where memory is, in the CPU's byte order.
 * @cursor: Cursor made by iomd_cursor_natural_with_specification().
 * @desc: As for iomd_cursor_gen_physical_segments().
 * @from_position: As there.
 * @segments: Array.
 * @max_segments: Room in @segments.
 * @max_transfer_size: As there.
 * @transfer_size: As there.
 *
 * IOKit: IONaturalMemoryCursor::getPhysicalSegments().
 *
 * Context: As iomd_cursor_gen_physical_segments().
 * Return: As iomd_cursor_gen_physical_segments(). 0, with @transfer_size not written,
 *	   also without an array; and, with one message in the log, if @cursor makes
 *	   segments of another kind. Implements CUR-8, CUR-10.
 */
u32 iomd_cursor_natural_get_physical_segments(const struct iomd_cursor *cursor,
					      struct iomd_desc *desc, u64 from_position,
					      struct iomd_segment64 *segments, u32 max_segments,
					      u32 max_transfer_size, u64 *transfer_size)
{
	return generate_array(cursor, iomd_cursor_natural_output_segment, desc, from_position,
			      segments, max_segments, max_transfer_size, transfer_size,
			      __builtin_return_address(0));
}
EXPORT_SYMBOL_NS_GPL(iomd_cursor_natural_get_physical_segments, IOMD_NS);

/**
 * iomd_cursor_big_get_physical_segments() - Say where memory is, in big endian.
 * @cursor: Cursor made by iomd_cursor_big_with_specification().
 * @desc: As for iomd_cursor_gen_physical_segments().
 * @from_position: As there.
 * @segments: Array.
 * @max_segments: Room in @segments.
 * @max_transfer_size: As there.
 * @transfer_size: As there.
 *
 * IOKit: IOBigMemoryCursor::getPhysicalSegments().
 *
 * Context: As iomd_cursor_gen_physical_segments().
 * Return: As iomd_cursor_natural_get_physical_segments(). Implements CUR-8, CUR-10.
 */
u32 iomd_cursor_big_get_physical_segments(const struct iomd_cursor *cursor,
					  struct iomd_desc *desc, u64 from_position,
					  struct iomd_segment_big64 *segments, u32 max_segments,
					  u32 max_transfer_size, u64 *transfer_size)
{
	return generate_array(cursor, iomd_cursor_big_output_segment, desc, from_position,
			      segments, max_segments, max_transfer_size, transfer_size,
			      __builtin_return_address(0));
}
EXPORT_SYMBOL_NS_GPL(iomd_cursor_big_get_physical_segments, IOMD_NS);

/**
 * iomd_cursor_little_get_physical_segments() - Say where memory is, in little endian.
 * @cursor: Cursor made by iomd_cursor_little_with_specification().
 * @desc: As for iomd_cursor_gen_physical_segments().
 * @from_position: As there.
 * @segments: Array.
 * @max_segments: Room in @segments.
 * @max_transfer_size: As there.
 * @transfer_size: As there.
 *
 * IOKit: IOLittleMemoryCursor::getPhysicalSegments().
 *
 * Context: As iomd_cursor_gen_physical_segments().
 * Return: As iomd_cursor_natural_get_physical_segments(). Implements CUR-8, CUR-10.
 */
u32 iomd_cursor_little_get_physical_segments(const struct iomd_cursor *cursor,
					     struct iomd_desc *desc, u64 from_position,
					     struct iomd_segment_little64 *segments,
					     u32 max_segments, u32 max_transfer_size,
					     u64 *transfer_size)
{
	return generate_array(cursor, iomd_cursor_little_output_segment, desc, from_position,
			      segments, max_segments, max_transfer_size, transfer_size,
			      __builtin_return_address(0));
}
EXPORT_SYMBOL_NS_GPL(iomd_cursor_little_get_physical_segments, IOMD_NS);
