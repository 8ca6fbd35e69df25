// SPDX-License-Identifier: GPL-2.0-only
/*
 * How segments are formed.
 */
#include <linux/export.h>
#include <linux/minmax.h>
#include <linux/mm.h>

#include <iomd/namespace.h>

#include "dma.h"

/**
 * DOC: Segments
 *
 * Pieces of memory that follow each other on the bus are first joined as far as
 * they go, and the result is then cut: for the longest segment the device takes,
 * for the alignment of lengths, and so that what is left begins aligned. What was
 * cut off begins the next segment. Nothing else cuts.
 */

/* How much of what is left over the next segment takes. */
static u64 cut(const struct iomd_dma *dma, u64 address, u64 left, u64 max_size)
{
	u64 length = min(left, max_size);
	u64 rest = length & dma->length_mask;

	if (length > rest)
		length -= rest;
	if (length < left) {
		rest = (address + length) & dma->internal_mask;
		if (length > rest)
			length -= rest;
	}
	return length;
}

/*
 * The next segment of a range that has not come to its end. Joining goes on over
 * the whole range, so the result does not depend on how many are asked for at once.
 *
 * Return: 0; -EMSGSIZE if, in direct mode, memory joined with it lies beyond the
 * device's reach; or the error of @piece_fn.
 */
int iomd_segmenter_next(struct iomd_segmenter *segmenter, struct iomd_dma_view *view,
			const struct iomd_dma *dma, iomd_dma_piece_fn piece_fn,
			struct iomd_dma_piece *segment)
{
	struct iomd_dma_piece *left = &segmenter->left;
	int err = left->length ? 0 : piece_fn(dma, view, segmenter->offset, left);

	if (err)
		return err;
	if (left->address + left->length - 1 > segmenter->reach)
		return -EMSGSIZE;

	segment->address = left->address;
	segment->length = cut(dma, left->address, left->length, segmenter->max_size);
	left->address += segment->length;
	left->length -= segment->length;
	segmenter->offset += segment->length;
	return 0;
}

bool iomd_dma_is_aligned(const struct iomd_dma *dma, const struct iomd_dma_piece *segment,
			 bool is_first)
{
	u32 mask = is_first ? iomd_dma_start_mask(dma) : dma->internal_mask;

	return !(segment->address & mask) && !(segment->length & dma->length_mask);
}

/* Can the device be told of it? */
static bool fits(const struct iomd_dma *dma, const struct iomd_dma_piece *segment)
{
	return segment->address + segment->length - 1 <= dma->highest;
}

/* Hand one segment to the caller. Most want it as it is. */
static __always_inline bool emit(struct iomd_dma *dma, iomd_dma_segment_fn out, void *segments,
				 size_t index, u64 address, u64 length)
{
	const struct iomd_segment64 value = { .iovm_addr = address, .length = length };

	if (out != iomd_dma_output_host64)
		return out(dma, value, segments, index);
	((struct iomd_segment64 *)segments)[index] = value;
	return true;
}

/*
 * In direct mode segments are tested here, the first of each call as the first. How
 * the mapping of a whole range begins nobody could know before.
 */
static bool is_acceptable(const struct iomd_dma *dma, const struct iomd_dma_piece *segment,
			  u64 start, u32 index)
{
	if (!start && iomd_dma_translates(dma) && (segment->address & dma->align_mask))
		return false;
	return !dma->is_direct || iomd_dma_is_aligned(dma, segment, index == 0);
}

/*
 * Hand the segments of a window of the prepared range to @sink_fn. Neither the command's
 * segment function nor where it has come to in generating plays a part.
 *
 * Return: 0; the errors of iomd_dma_gen_iovm_segments(); or that of @sink_fn.
 */
int iomd_dma_walk_segments(const struct iomd_dma *dma, u64 offset, u64 length,
			   iomd_dma_piece_sink_fn sink_fn, void *sink)
{
	struct iomd_segmenter segmenter;
	struct iomd_dma_view view = {};
	u64 end = offset + length;
	u64 start;

	if (dma->mapped && iomd_mapping_is_revoked(dma->mapped))
		return -ENODEV;

	iomd_segmenter_start(&segmenter, dma, offset);
	for (start = offset; start < end; start = segmenter.offset) {
		struct iomd_dma_piece segment;
		int err = iomd_segmenter_next(&segmenter, &view, dma, iomd_dma_view_bus_joined,
					      &segment);

		if (err)
			return err;
		if (!is_acceptable(dma, &segment, start, start != offset))
			return -EBADSLT;
		if (!fits(dma, &segment))
			return -EMSGSIZE;
		segment.length = min(segment.length, end - start);
		err = sink_fn(sink, &segment);
		if (err)
			return err;
	}
	return 0;
}

/* Could a generation fail? What was checked when it was prepared, and is used so, cannot. */
static bool may_go_wrong(const struct iomd_dma *dma)
{
	if (!dma->is_direct && !dma->mapped)
		return false;
	return iomd_dma_limits_addresses(dma) ||
	       (dma->align_mask | dma->length_mask | dma->internal_mask);
}

/*
 * How far one generation over all of the range would come, with segments of any length,
 * before something is wrong. It is not asked for beyond @end.
 */
u64 iomd_dma_reach(const struct iomd_dma *dma, u64 end)
{
	struct iomd_segmenter segmenter;
	struct iomd_dma_view view = {};
	u32 index;

	if (!may_go_wrong(dma))
		return end;
	iomd_segmenter_start(&segmenter, dma, 0);
	segmenter.max_size = U64_MAX;
	for (index = 0; segmenter.offset < end; index++) {
		u64 start = segmenter.offset;
		struct iomd_dma_piece segment;

		if (iomd_segmenter_next(&segmenter, &view, dma, iomd_dma_view_bus_joined,
					&segment) ||
		    !is_acceptable(dma, &segment, start, index) ||
		    !fits(dma, &segment))
			return start;
	}
	return end;
}

/*
 * Entries of the mapping that are segments as they are, for a device that takes any address: each
 * alone, none too long, and none the last one. Here every instruction is one for each segment.
 * There is room. Return: how many.
 */
static noinline u32 fill_entries(struct iomd_mapping_walk *walk, u64 end, u64 max_size,
				 struct iomd_segment64 *segments, u32 room)
{
	struct iomd_segment64 *segment = segments, *limit = segments + room;
	struct scatterlist *sg = walk->next;
	s64 left = end - walk->start;

	do {
		u64 address = sg_dma_address(sg), length = sg_dma_len(sg);

		left -= length;
		if (unlikely(left <= 0) || unlikely(length > max_size) ||
		    unlikely(sg_is_chain(sg + 1)) ||
		    unlikely(sg_dma_address(sg + 1) == address + length)) {
			left += length;
			break;
		}
		segment->iovm_addr = address;
		segment->length = length;
		sg++;
	} while (++segment < limit);
	walk->next = sg;
	walk->start = end - left;
	return segment - segments;
}

/* Can there be segments that fill_entries() makes? */
static __always_inline bool takes_entries(const struct iomd_dma *dma, iomd_dma_segment_fn out)
{
	return out == iomd_dma_output_host64 && !iomd_dma_limits_addresses(dma);
}

/*
 * What most devices want: pieces of the mapping, cut where they are too long. Stops before
 * memory out of reach, of which there still may be a segment that is not. There is room, and
 * something left. Return: how many, or -EMSGSIZE if @out refuses.
 */
static __always_inline s64 fill_plain(struct iomd_dma *dma, iomd_dma_segment_fn out,
				      void *segments, u32 room)
{
	struct iomd_segmenter *segmenter = &dma->segmenter;
	u64 highest = dma->highest, max_size = segmenter->max_size;
	u64 end = dma->mapped_base + dma->length;
	struct iomd_mapping_walk walk = dma->view.mapping_walk;
	struct iomd_extent left = {
		.address = segmenter->left.address,
		.length = segmenter->left.length,
	};
	size_t index = 0;

	if (!left.length)
		iomd_mapping_walk(dma->mapped, &walk, dma->mapped_base + segmenter->offset, end,
				  &left);
	while (left.address + left.length - 1 <= highest) {
		u64 length = min(left.length, max_size);

		if (!emit(dma, out, segments, index, left.address, length))
			return -EMSGSIZE;
		index++;
		left.address += length;
		left.length -= length;
		if (index == room)
			break;
		if (unlikely(left.length))
			continue;
		if (walk.start >= end)
			break;
		if (takes_entries(dma, out))
			index += fill_entries(&walk, end, max_size,
					      (struct iomd_segment64 *)segments + index,
					      room - index);
		if (index == room)
			break;
		iomd_mapping_next(&walk, end, &left);
	}
	dma->view.mapping_walk = walk;
	segmenter->left.address = left.address;
	segmenter->left.length = left.length;
	segmenter->offset = min(walk.start, end) - left.length - dma->mapped_base;
	return index;
}

/* The compiler makes a loop of its own of those that most want as they are. */
static noinline s64 fill_host64(struct iomd_dma *dma, void *segments, u32 room)
{
	return fill_plain(dma, iomd_dma_output_host64, segments, room);
}

static noinline s64 fill_others(struct iomd_dma *dma, iomd_dma_segment_fn out, void *segments,
				u32 room)
{
	return fill_plain(dma, out, segments, room);
}

/* One segment, whatever is asked of it. */
static int generate_one(struct iomd_dma *dma, iomd_dma_segment_fn out, void *segments, u32 index)
{
	u64 start = dma->segmenter.offset;
	struct iomd_dma_piece segment;
	int err = iomd_segmenter_next(&dma->segmenter, &dma->view, dma,
				      iomd_dma_view_bus_joined, &segment);

	if (err)
		return err;
	if (!is_acceptable(dma, &segment, start, index))
		return -EBADSLT;
	if (!fits(dma, &segment) ||
	    !emit(dma, out, segments, index, segment.address, segment.length))
		return -EMSGSIZE;
	return 0;
}

/* One by one, behind the @index that there are. */
static noinline s64 fill_rest(struct iomd_dma *dma, iomd_dma_segment_fn out, void *segments,
			      u32 room, u32 index)
{
	while (index < room && dma->segmenter.offset < dma->length) {
		int err = generate_one(dma, out, segments, index);

		if (err)
			return err;
		index++;
	}
	return index;
}

static noinline s64 fill_several(struct iomd_dma *dma, iomd_dma_segment_fn out, void *segments,
				 u32 room)
{
	s64 nr = 0;

	if (dma->is_plain)
		nr = out == iomd_dma_output_host64 ? fill_host64(dma, segments, room) :
						     fill_others(dma, out, segments, room);
	if (nr < 0 || nr == room || dma->segmenter.offset == dma->length)
		return nr;
	return fill_rest(dma, out, segments, room, nr);
}

/*
 * Is all of the range one segment, which is at @address? Where an IOMMU translates most are,
 * and so are those that lie in a page.
 */
static __always_inline bool is_one_segment(const struct iomd_dma *dma, u64 *address)
{
	if (!dma->is_plain || dma->mapped->table.nents != 1 || dma->segmenter.offset)
		return false;
	*address = sg_dma_address(dma->mapped->table.sgl) + dma->mapped_base;
	return dma->length <= dma->segmenter.max_size &&
	       *address + dma->length - 1 <= dma->highest;
}

/* Return: how many there are now, or an errno. */
static __always_inline s64 generate(struct iomd_dma *dma, iomd_dma_segment_fn out,
				    void *segments, u32 room)
{
	u64 address;

	if (!is_one_segment(dma, &address))
		return fill_several(dma, out, segments, room);
	if (!emit(dma, out, segments, 0, address, dma->length))
		return -EMSGSIZE;
	iomd_segmenter_restart(&dma->segmenter, dma->length);
	return 1;
}

/* What can be wrong about a call. */
static __always_inline int check_generate(const struct iomd_dma *dma, iomd_dma_segment_fn out,
					  const u64 *offset, const void *segments,
					  const u32 *num_segments)
{
	if (!dma->is_ready)
		return -EAGAIN;
	if (!out || !offset || !segments || !num_segments || !*num_segments)
		return -EINVAL;
	if (*offset >= dma->length)
		return -EOVERFLOW;
	if (dma->mapped && iomd_mapping_is_revoked(dma->mapped))
		return -ENODEV;
	return 0;
}

static int gen_segments(struct iomd_dma *dma, iomd_dma_segment_fn out, u64 *offset,
			void *segments, u32 *num_segments)
{
	int err = check_generate(dma, out, offset, segments, num_segments);
	s64 nr;

	if (err)
		return err;
	if (*offset != dma->segmenter.offset)
		iomd_segmenter_start(&dma->segmenter, dma, *offset);
	nr = generate(dma, out, segments, *num_segments);
	if (nr < 0) {
		iomd_segmenter_start(&dma->segmenter, dma, 0);
		return nr;
	}
	*offset = dma->segmenter.offset;
	*num_segments = nr;
	return 0;
}

/**
 * iomd_dma_gen_iovm_segments() - Say where the memory is, segment by segment.
 * @dma: Command, prepared.
 * @offset: In: where to begin, counted from the beginning of the prepared range.
 *	Out: where the segments stored end.
 * @segments: Array for the command's segment function.
 * @num_segments: In: room in @segments. Out: segments stored, at least one.
 *
 * Going on where the last call ended is cheap. An array that is too short is no
 * error: the caller sees it in @offset, and goes on from there.
 * IOKit: IODMACommand::genIOVMSegments().
 *
 * Context: Any, as long as calls on one command do not overlap.
 * Return: 0; -EAGAIN if the command is not prepared; -EINVAL for a NULL pointer or
 *	   no room; -EOVERFLOW if @offset is at or behind the end; -EBADSLT if
 *	   memory used in place is not aligned as the device needs it; -EMSGSIZE if
 *	   it is out of the device's reach, or if the segment function refuses;
 *	   -ENODEV if the device has been unbound. After
 *	   an error @offset and @num_segments are unchanged.
 *
 * Implements DMA-89..113.
 */
int iomd_dma_gen_iovm_segments(struct iomd_dma *dma, u64 *offset, void *segments,
			       u32 *num_segments)
{
	return gen_segments(dma, dma->out, offset, segments, num_segments);
}
EXPORT_SYMBOL_NS_GPL(iomd_dma_gen_iovm_segments, IOMD_NS);

/**
 * iomd_dma_gen_iovm_segments_with_function() - The same, written down otherwise.
 * @dma: Command, prepared.
 * @out: Segment function, for this call only.
 * @offset: As for iomd_dma_gen_iovm_segments().
 * @segments: Array for @out.
 * @num_segments: As for iomd_dma_gen_iovm_segments().
 *
 * Calls with different functions can follow each other: where generation has come to
 * does not depend on them.
 * IOKit: IODMACommand::genIOVMSegments(), the form with a SegmentFunction.
 *
 * Context: As iomd_dma_gen_iovm_segments().
 * Return: As iomd_dma_gen_iovm_segments(); -EINVAL also for no function.
 */
int iomd_dma_gen_iovm_segments_with_function(struct iomd_dma *dma, iomd_dma_segment_fn out,
					     u64 *offset, void *segments, u32 *num_segments)
{
	return gen_segments(dma, out, offset, segments, num_segments);
}
EXPORT_SYMBOL_NS_GPL(iomd_dma_gen_iovm_segments_with_function, IOMD_NS);

/**
 * iomd_dma_gen32_iovm_segments() - The same for segments of 32-bit words.
 * @dma: Command made with a 32-bit segment function.
 * @offset: As for iomd_dma_gen_iovm_segments().
 * @segments: Array.
 * @num_segments: As for iomd_dma_gen_iovm_segments().
 *
 * IOKit: IODMACommand::gen32IOVMSegments().
 *
 * Context: As iomd_dma_gen_iovm_segments().
 * Return: As iomd_dma_gen_iovm_segments().
 */
int iomd_dma_gen32_iovm_segments(struct iomd_dma *dma, u64 *offset,
				 struct iomd_segment32 *segments, u32 *num_segments)
{
	return iomd_dma_gen_iovm_segments(dma, offset, segments, num_segments);
}
EXPORT_SYMBOL_NS_GPL(iomd_dma_gen32_iovm_segments, IOMD_NS);

/**
 * iomd_dma_gen64_iovm_segments() - The same for segments of 64-bit words.
 * @dma: Command made with a 64-bit segment function.
 * @offset: As for iomd_dma_gen_iovm_segments().
 * @segments: Array.
 * @num_segments: As for iomd_dma_gen_iovm_segments().
 *
 * IOKit: IODMACommand::gen64IOVMSegments().
 *
 * Context: As iomd_dma_gen_iovm_segments().
 * Return: As iomd_dma_gen_iovm_segments().
 */
int iomd_dma_gen64_iovm_segments(struct iomd_dma *dma, u64 *offset,
				 struct iomd_segment64 *segments, u32 *num_segments)
{
	return iomd_dma_gen_iovm_segments(dma, offset, segments, num_segments);
}
EXPORT_SYMBOL_NS_GPL(iomd_dma_gen64_iovm_segments, IOMD_NS);
