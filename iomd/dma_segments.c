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

void iomd_segmenter_start(struct iomd_segmenter *segmenter, const struct iomd_dma *dma,
			  u64 offset)
{
	*segmenter = (struct iomd_segmenter) {
		.fetched = offset,
		.offset = offset,
		.max_size = dma->max_segment_size,
	};
}

static bool continues(const struct iomd_dma_piece *left, const struct iomd_dma_piece *next)
{
	return !left->is_bounced && !next->is_bounced &&
	       left->address + left->length == next->address;
}

/* Join to what is left over all that continues it. */
static int segmenter_fetch(struct iomd_segmenter *segmenter, const struct iomd_dma *dma,
			   iomd_dma_piece_fn piece_fn)
{
	for (;;) {
		if (!segmenter->ahead.length) {
			int err;

			if (segmenter->fetched == dma->length)
				return 0;
			err = piece_fn(dma, &segmenter->view, segmenter->fetched,
				       &segmenter->ahead);
			if (err)
				return err;
			segmenter->fetched += segmenter->ahead.length;
		}

		if (!segmenter->left.length)
			segmenter->left = segmenter->ahead;
		else if (continues(&segmenter->left, &segmenter->ahead))
			segmenter->left.length += segmenter->ahead.length;
		else
			return 0;
		segmenter->ahead.length = 0;
	}
}

/* How much of what is left over the next segment takes. */
static u64 cut_length(const struct iomd_segmenter *segmenter, const struct iomd_dma *dma)
{
	const struct iomd_dma_piece *left = &segmenter->left;
	u64 length = min(left->length, segmenter->max_size);
	u64 rest = length & dma->length_mask;

	if (length > rest)
		length -= rest;
	if (length < left->length) {
		rest = (left->address + length) & dma->internal_mask;
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
int iomd_segmenter_next(struct iomd_segmenter *segmenter, const struct iomd_dma *dma,
			iomd_dma_piece_fn piece_fn, struct iomd_dma_piece *segment)
{
	struct iomd_dma_piece *left = &segmenter->left;
	int err = segmenter_fetch(segmenter, dma, piece_fn);

	if (err)
		return err;
	if (dma->is_direct && left->address + left->length - 1 > iomd_dma_highest(dma))
		return -EMSGSIZE;

	*segment = *left;
	segment->length = cut_length(segmenter, dma);
	left->address += segment->length;
	left->length -= segment->length;
	segmenter->offset += segment->length;
	return 0;
}

/*
 * What is asked of where memory begins: where an IOMMU translates, only its place in a
 * page matters.
 */
u32 iomd_dma_start_mask(const struct iomd_dma *dma)
{
	return iomd_dma_translates(dma) ? dma->align_mask & ~PAGE_MASK : dma->align_mask;
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
	return segment->address + segment->length - 1 <= iomd_dma_highest(dma);
}

/* Hand one segment to the caller, unless the device cannot be told of it. */
static int emit(struct iomd_dma *dma, iomd_dma_segment_fn out, void *segments, u32 index,
		const struct iomd_dma_piece *segment)
{
	const struct iomd_segment64 value = {
		.iovm_addr = segment->address,
		.length = segment->length,
	};

	return fits(dma, segment) && out(dma, value, segments, index) ? 0 : -EMSGSIZE;
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
	u64 end = offset + length;
	u64 start;

	if (dma->mapped && iomd_mapping_is_revoked(dma->mapped))
		return -ENODEV;

	iomd_segmenter_start(&segmenter, dma, offset);
	for (start = offset; start < end; start = segmenter.offset) {
		struct iomd_dma_piece segment;
		int err = iomd_segmenter_next(&segmenter, dma, iomd_dma_view_bus, &segment);

		if (err)
			return err;
		if (!is_acceptable(dma, &segment, start, start != offset))
			return -EBADSLT;
		if (segment.address + segment.length - 1 > iomd_dma_highest(dma))
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
	u32 index;

	if (!may_go_wrong(dma))
		return end;
	iomd_segmenter_start(&segmenter, dma, 0);
	segmenter.max_size = U64_MAX;
	for (index = 0; segmenter.offset < end; index++) {
		u64 start = segmenter.offset;
		struct iomd_dma_piece segment;

		if (iomd_segmenter_next(&segmenter, dma, iomd_dma_view_bus, &segment) ||
		    !is_acceptable(dma, &segment, start, index) || !fits(dma, &segment))
			return start;
	}
	return end;
}

static int generate(struct iomd_dma *dma, iomd_dma_segment_fn out, void *segments, u32 *nr)
{
	struct iomd_segmenter *segmenter = &dma->segmenter;
	u32 index;

	for (index = 0; index < *nr && segmenter->offset < dma->length; index++) {
		u64 start = segmenter->offset;
		struct iomd_dma_piece segment;
		int err;

		err = iomd_segmenter_next(segmenter, dma, iomd_dma_view_bus, &segment);

		if (err)
			return err;
		if (!is_acceptable(dma, &segment, start, index))
			return -EBADSLT;
		err = emit(dma, out, segments, index, &segment);
		if (err)
			return err;
	}
	*nr = index;
	return 0;
}

static int gen_segments(struct iomd_dma *dma, iomd_dma_segment_fn out, u64 *offset,
			void *segments, u32 *num_segments)
{
	u32 nr;
	int err;

	if (!dma->active || !dma->is_ready)
		return -EAGAIN;
	if (!out || !offset || !segments || !num_segments || !*num_segments)
		return -EINVAL;
	if (*offset >= dma->length)
		return -EOVERFLOW;
	if (dma->mapped && iomd_mapping_is_revoked(dma->mapped))
		return -ENODEV;

	if (*offset != dma->segmenter.offset || !*offset)
		iomd_segmenter_start(&dma->segmenter, dma, *offset);
	nr = *num_segments;
	err = generate(dma, out, segments, &nr);
	if (err) {
		iomd_segmenter_start(&dma->segmenter, dma, 0);
		return err;
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
