// SPDX-License-Identifier: GPL-2.0-only
/*
 * How segments are formed: the specification's examples, and a model that forms them
 * as naively as its text reads.
 *
 * Layouts are physical ranges, so they can be had exactly. Few of them are memory: the
 * descriptors are for IN, and nothing is ever synchronized.
 */
#include <linux/dma-mapping.h>
#include <linux/mm.h>

#include "behind_iommu.h"

#define IN		IOMD_DIRECTION_IN
#define UNMAPPED	IOMD_DMA_MAP_OPTION_UNMAPPED
#define MAPPED		IOMD_DMA_MAP_OPTION_MAPPED
#define ITERATE_ONLY	(UNMAPPED | IOMD_DMA_MAP_OPTION_ITERATE_ONLY)

#define MAX_SEGMENTS	2048

/* What segment functions write to, with an eye on what they are called with. */
struct sink {
	u64 highest;	/* address that the device can be told */
	u32 next;	/* index */
	u32 wrong;
	struct iomd_segment64 segments[MAX_SEGMENTS];
};

struct fixture {
	struct iomd_segment64 segments[MAX_SEGMENTS];
	struct sink sink;
};

static bool watch_segment(struct iomd_dma *dma, struct iomd_segment64 segment, void *segments,
			  u32 index)
{
	struct sink *sink = segments;

	sink->wrong += segment.iovm_addr + segment.length - 1 > sink->highest;
	sink->wrong += index != sink->next || index >= MAX_SEGMENTS;
	sink->segments[index % MAX_SEGMENTS] = segment;
	sink->next = index + 1;
	return true;
}

static int init(struct kunit *test)
{
	int err = iomd_kunit_init(test);

	if (!err)
		test->priv = iomd_kunit_zalloc(test, sizeof(struct fixture));
	return err;
}

/*
 * The examples of section 5.3.
 */

#define MAX_STEPS	6
#define MAX_PER_STEP	10

/* One call of a generate function: its capacity, and what must come of it. */
struct step {
	u32 capacity;
	int error;
	u64 offset;	/* afterwards */
	struct iomd_segment64 segments[MAX_PER_STEP];
};

struct example {
	const char *name;
	struct iomd_range runs[4];
	u32 options;
	struct iomd_dma_segment_options limits;
	u64 offset;	/* prepared */
	u64 length;
	u64 start;	/* generated */
	u64 bounced;	/* bytes, whose addresses below are in-page offsets */
	bool mapped;	/* addresses below count from the page where the mapping begins */
	struct step steps[MAX_STEPS];
};

#define RUNS_C	{ { 0x10a00, 0x2000 } }
#define RUNS_D	{ { 0x10a00, 0x600 }, { 0x20000, 0x1000 }, { 0x30000, 0xa00 } }
#define RUNS_E	{ { 0x10a00, 0x600 }, { 0x11000, 0x1000 }, { 0x12000, 0xa00 } }
#define OVERRUN	{ 8, -EOVERFLOW }

static const struct example examples[] = {
	{ "1", RUNS_C, UNMAPPED, { .max_segment_size = 0x1000, .alignment = 4 },
	  .steps = { { 8, 0, 0x2000, { { 0x10a00, 0x1000 }, { 0x11a00, 0x1000 } } }, OVERRUN } },
	{ "2", RUNS_D, UNMAPPED, { .max_segment_size = 0x1000, .alignment = 4 },
	  .steps = { { 2, 0, 0x1600, { { 0x10a00, 0x600 }, { 0x20000, 0x1000 } } },
		     { 2, 0, 0x2000, { { 0x30000, 0xa00 } } }, OVERRUN } },
	{ "3", RUNS_C, UNMAPPED,
	  { .max_segment_size = 0x1000, .alignment = 4, .alignment_length = 4,
	    .alignment_internal_segments = 0x1000 },
	  .steps = { { 8, 0, 0x2000, { { 0x10a00, 0x600 }, { 0x11000, 0x1000 },
				       { 0x12000, 0xa00 } } }, OVERRUN } },
	{ "3, one by one", RUNS_C, UNMAPPED,
	  { .max_segment_size = 0x1000, .alignment = 4, .alignment_length = 4,
	    .alignment_internal_segments = 0x1000 },
	  .steps = { { 1, 0, 0x600, { { 0x10a00, 0x600 } } },
		     { 1, 0, 0x1600, { { 0x11000, 0x1000 } } },
		     { 1, 0, 0x2000, { { 0x12000, 0xa00 } } }, OVERRUN } },
	{ "4", RUNS_C, UNMAPPED,
	  { .max_segment_size = 0x1800, .alignment_internal_segments = 0x1000 },
	  .steps = { { 8, 0, 0x2000, { { 0x10a00, 0x1600 }, { 0x12000, 0xa00 } } }, OVERRUN } },
	{ "5", RUNS_E, UNMAPPED,
	  .steps = { { 8, 0, 0x2000, { { 0x10a00, 0x2000 } } }, OVERRUN } },
	{ "6", RUNS_E, UNMAPPED, { .max_segment_size = 0x1800 },
	  .steps = { { 8, 0, 0x2000, { { 0x10a00, 0x1800 }, { 0x12200, 0x800 } } }, OVERRUN } },
	{ "7", RUNS_D, UNMAPPED, .offset = 0x600, .length = 0x1200,
	  .steps = { { 8, 0, 0x1200, { { 0x20000, 0x1000 }, { 0x30000, 0x200 } } }, OVERRUN } },
	{ "8", RUNS_D, UNMAPPED, { .max_segment_size = 0x1000 }, .start = 0x700,
	  .steps = { { 8, 0, 0x2000, { { 0x20100, 0xf00 }, { 0x30000, 0xa00 } } }, OVERRUN } },
	{ "9, all", { { 0x10a00, 0x6f0 }, { 0x20000, 0x910 } }, UNMAPPED,
	  { .alignment = 1, .alignment_length = 0x200 },
	  .steps = { { 8, -EBADSLT } } },
	{ "9, one by one", { { 0x10a00, 0x6f0 }, { 0x20000, 0x910 } }, UNMAPPED,
	  { .alignment = 1, .alignment_length = 0x200 },
	  .steps = { { 1, 0, 0x600, { { 0x10a00, 0x600 } } }, { 1, -EBADSLT } } },
	{ "9b", { { 0x10a00, 0x6f0 }, { 0x20000, 0x910 } }, UNMAPPED,
	  { .alignment = 4, .alignment_length = 0x200 }, .bounced = 0x1000,
	  .steps = { { 8, 0, 0x1000, { { 0, 0x1000 } } }, OVERRUN } },
	{ "10", { { 0xfffff800, 0x1000 } }, UNMAPPED, { .num_address_bits = 32 },
	  .bounced = 0x800,
	  .steps = { { 8, 0, 0x1000, { { 0xfffff800, 0x800 }, { 0, 0x800 } } }, OVERRUN } },
	{ "11", { { 0x100000a00, 0x2000 } }, UNMAPPED, { .num_address_bits = 32 },
	  .bounced = 0x2000,
	  .steps = { { 8, 0, 0x2000, { { 0xa00, 0x600 }, { 0, 0x1000 }, { 0, 0xa00 } } },
		     OVERRUN } },
	{ "12", { { 0xfffff000, 0x2000 } }, ITERATE_ONLY, { .num_address_bits = 32 },
	  .steps = { { 8, -EMSGSIZE } } },
	{ "13, direct", RUNS_C, UNMAPPED,
	  { .max_segment_size = 0x400, .alignment_internal_segments = 0x1000 },
	  .steps = { { 8, -EBADSLT } } },
	{ "13, checked", RUNS_C, UNMAPPED,
	  { .max_segment_size = 0x400, .alignment = 4, .alignment_internal_segments = 0x1000 },
	  .bounced = 0x2000,
	  .steps = { { 16, 0, 0x2000, { { 0, 0x400 }, { 0x400, 0x400 }, { 0x800, 0x400 },
					{ 0xc00, 0x400 }, { 0, 0x400 }, { 0x400, 0x400 },
					{ 0x800, 0x400 }, { 0xc00, 0x400 } } }, OVERRUN } },
	{ "13b", RUNS_C, UNMAPPED,
	  { .max_segment_size = 0x1400, .alignment = 0x1000,
	    .alignment_internal_segments = 0x1000 }, .bounced = 0x2000,
	  .steps = { { 16, 0, 0x2000, { { 0, 0x1000 }, { 0, 0x1000 } } }, OVERRUN } },
	{ "14", RUNS_D, MAPPED, .mapped = true,
	  .steps = { { 8, 0, 0x2000, { { 0xa00, 0x2000 } } }, OVERRUN } },
	{ "14, cut", RUNS_D, MAPPED, { .max_segment_size = 0x1000 }, .mapped = true,
	  .steps = { { 8, 0, 0x2000, { { 0xa00, 0x1000 }, { 0x1a00, 0x1000 } } }, OVERRUN } },
	{ "15", { { 0x10a00, 0x400 }, { 0x20000, 0x1000 } }, MAPPED, .mapped = true,
	  .steps = { { 8, 0, 0x1400, { { 0xa00, 0x400 }, { 0x1000, 0x1000 } } }, OVERRUN } },
	{ "16, all", { { 0x10a00, 0x400 }, { 0x20010, 0x400 } }, UNMAPPED,
	  { .alignment = 1, .alignment_internal_segments = 0x1000 },
	  .steps = { { 8, -EBADSLT } } },
	{ "16, one by one", { { 0x10a00, 0x400 }, { 0x20010, 0x400 } }, UNMAPPED,
	  { .alignment = 1, .alignment_internal_segments = 0x1000 },
	  .steps = { { 1, 0, 0x400, { { 0x10a00, 0x400 } } },
		     { 1, 0, 0x800, { { 0x20010, 0x400 } } }, OVERRUN } },
};

static void example_name(const struct example *example, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "example %s", example->name);
}

KUNIT_ARRAY_PARAM(example, examples, example_name);

static struct iomd_dma *prepare(struct kunit *test, const struct iomd_range *runs, u32 nr_runs,
				const struct iomd_dma_segment_options *limits, u32 options,
				struct iomd_mapper *mapper, u64 offset, u64 length)
{
	struct iomd_desc *desc;
	struct iomd_dma *dma;

	desc = iomd_desc_with_address_ranges(runs, nr_runs, IN, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, desc);
	dma = iomd_dma_with_segment_options(iomd_dma_output_host64, limits, options, mapper,
					    NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dma);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, false), 0);
	iomd_desc_put(desc);
	KUNIT_ASSERT_EQ(test, iomd_dma_prepare(dma, offset, length, true, false), 0);
	return dma;
}

static void finish(struct kunit *test, struct iomd_dma *dma)
{
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, false), 0);
	iomd_dma_put(dma);
}

/* Segments as written in the table, or at some page if they stand for bounced bytes. */
static void expect_segments(struct kunit *test, const struct example *example,
			    const struct step *step, const struct iomd_segment64 *segments)
{
	u32 i;

	for (i = 0; step->segments[i].length; i++) {
		u64 expected = step->segments[i].iovm_addr, found = segments[i].iovm_addr;

		KUNIT_EXPECT_EQ(test, segments[i].length, step->segments[i].length);
		if (example->bounced && expected < PAGE_SIZE) {
			KUNIT_EXPECT_GE(test, found, (u64)PAGE_SIZE);
			found &= ~PAGE_MASK;
		}
		if (example->mapped)
			found -= segments[0].iovm_addr & PAGE_MASK;
		KUNIT_EXPECT_EQ(test, found, expected);
	}
}

/* DMA-68 DMA-73 DMA-74 DMA-91..95 DMA-98 DMA-100..109 DMA-111..113: what the table says */
static void worked_examples(struct kunit *test)
{
	const struct example *example = test->param_value;
	struct fixture *fixture = test->priv;
	u64 offset = example->start;
	const struct step *step;
	struct iomd_mapper *mapper = NULL;
	struct iomd_dma *dma;
	u32 nr_runs = 0;

	if (example->mapped)
		mapper = iomd_kunit_translating_mapper(test);
	while (nr_runs < ARRAY_SIZE(example->runs) && example->runs[nr_runs].length)
		nr_runs++;
	dma = prepare(test, example->runs, nr_runs, &example->limits, example->options, mapper,
		      example->offset, example->length);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_bounced(dma), example->bounced);

	for (step = example->steps; step < example->steps + MAX_STEPS && step->capacity; step++) {
		u64 before = offset;
		u32 nr = step->capacity, expected = 0;

		while (step->segments[expected].length)
			expected++;
		KUNIT_EXPECT_EQ(test, iomd_dma_gen64_iovm_segments(dma, &offset, fixture->segments,
								   &nr), step->error);
		KUNIT_EXPECT_EQ(test, offset, step->error ? before : step->offset);
		KUNIT_EXPECT_EQ(test, nr, step->error ? step->capacity : expected);
		if (!step->error)
			expect_segments(test, example, step, fixture->segments);
	}
	finish(test, dma);
}

/*
 * The model. It knows pieces, in the order of the prepared range, and nothing else.
 */

#define MAX_PIECES	256

struct piece {
	u64 address;
	u64 start;	/* in the prepared range */
	u64 length;
	bool bounced;	/* must not be joined with another */
};

struct model {
	/* given */
	struct iomd_range runs[8];
	u32 nr_runs;
	struct iomd_dma_segment_options limits;
	u32 options;
	u64 offset;
	u64 length;
	/* derived */
	u64 highest;	/* that the device can be told */
	u64 max_size;
	u64 start_mask;
	u64 length_mask;
	u64 internal_mask;
	bool direct;
	bool full;	/* double buffered, all of it */
	u64 bounced;
	struct piece pieces[MAX_PIECES];
	u32 nr;
};

static void model_add(struct model *model, u64 address, u64 length, bool bounced)
{
	struct piece *piece = &model->pieces[model->nr++];

	piece->address = address;
	piece->start = model->nr > 1 ? piece[-1].start + piece[-1].length : 0;
	piece->length = length;
	piece->bounced = bounced;
}

/* The prepared part of each run, as it is. */
static void model_pieces_in_place(struct model *model)
{
	u64 at = 0;
	u32 i;

	model->nr = 0;
	for (i = 0; i < model->nr_runs; i++) {
		const struct iomd_range *run = &model->runs[i];
		u64 from = max(at, model->offset);
		u64 to = min(at + run->length, model->offset + model->length);

		if (from < to)
			model_add(model, run->address + from - at, to - from, false);
		at += run->length;
	}
}

/* DMA-74: what lies beyond the limit, page by page; what does not stays. */
static void model_pieces_sparse(struct model *model)
{
	struct piece in_place[MAX_PIECES / 16];
	u32 i, nr = 0;

	for (i = 0; i < model->nr; i++) {
		const struct piece *piece = &model->pieces[i];

		if (nr && in_place[nr - 1].address + in_place[nr - 1].length == piece->address)
			in_place[nr - 1].length += piece->length;
		else
			in_place[nr++] = *piece;
	}
	model->nr = 0;
	for (i = 0; i < nr; i++) {
		u64 address = in_place[i].address, left = in_place[i].length;

		while (left) {
			bool high = address > model->highest;
			u64 end = high ? ALIGN(address + 1, PAGE_SIZE) : model->highest + 1;
			u64 length = min(left, end - address);

			model_add(model, address, length, high);
			if (high)
				model->bounced += length;
			address += length;
			left -= length;
		}
	}
}

/* DMA-73: all of it, in pages of its own, which may turn out to be neighbours. */
static void model_pieces_full(struct model *model)
{
	u64 at;

	model->nr = 0;
	model->full = true;
	model->bounced = model->length;
	for (at = 0; at < model->length; at += PAGE_SIZE)
		model_add(model, 0, min_t(u64, PAGE_SIZE, model->length - at), false);
}

/*
 * DMA-100..107: the segment that begins at @at as the @index-th of a call. Return: its
 * length, or an error.
 */
static long model_segment(const struct model *model, u64 at, u32 index, u64 *address)
{
	const struct piece *piece = model->pieces, *end = model->pieces + model->nr;
	u64 joined, length, rest;

	while (piece->start + piece->length <= at)
		piece++;
	*address = piece->address + at - piece->start;
	joined = piece->start + piece->length - at;
	while (piece + 1 < end && !piece->bounced && !piece[1].bounced &&
	       piece[1].address == piece->address + piece->length) {
		piece++;
		joined += piece->length;
	}

	if (model->direct && *address + joined - 1 > model->highest)
		return -EMSGSIZE;
	length = min(joined, model->max_size);
	rest = length & model->length_mask;
	if (rest && length > rest)
		length -= rest;
	if (length < joined) {
		rest = (*address + length) & model->internal_mask;
		if (rest && length > rest)
			length -= rest;
	}
	return length;
}

/* DMA-107: the first of a call, or of a transfer, by one rule, the others by another. */
static bool model_is_aligned(const struct model *model, u64 address, u64 length, u32 index)
{
	u64 mask = index ? model->internal_mask : model->start_mask;

	return !(address & mask) && !(length & model->length_mask);
}

/* DMA-66..69: physical ranges are never one wiring unit. */
static bool model_is_direct(const struct model *model)
{
	u64 highest = 0;
	u32 i;

	if (model->options == ITERATE_ONLY)
		return true;
	for (i = 0; i < model->nr_runs; i++)
		if (model->runs[i].length)
			highest = max(highest, model->runs[i].address + model->runs[i].length - 1);
	return highest <= model->highest && !model->start_mask;
}

/* DMA-72 DMA-73: would all segments be aligned, with no regard to the limit? */
static bool model_all_aligned(const struct model *model)
{
	u64 at = 0, address;
	u32 index = 0;

	while (at < model->length) {
		long length = model_segment(model, at, index, &address);

		if (!model_is_aligned(model, address, length, index))
			return false;
		at += length;
		index++;
	}
	return true;
}

static void model_prepare(struct model *model)
{
	u8 bits = model->limits.num_address_bits;

	model->highest = bits ? (1ULL << bits) - 1 : U64_MAX;
	model->max_size = model->limits.max_segment_size ?: U64_MAX;
	model->start_mask = (model->limits.alignment ?: 1) - 1;
	model->length_mask = (model->limits.alignment_length ?: 1) - 1;
	model->internal_mask = (model->limits.alignment_internal_segments ?:
				model->limits.alignment ?: 1) - 1;
	model->direct = model_is_direct(model);
	model->full = false;
	model->bounced = 0;
	model_pieces_in_place(model);
	if (model->direct)
		return;
	if (model_all_aligned(model))
		model_pieces_sparse(model);
	else
		model_pieces_full(model);
}

/*
 * Where pages stand in for memory is not known beforehand, only what has to be true of
 * the place. Take it from the segments, check it, and let the model go by it.
 */
static u32 model_learn(struct model *model, const struct iomd_segment64 *segments)
{
	u64 at = 0;
	u32 i, wrong = 0;

	for (i = 0; i < model->nr; i++) {
		struct piece *piece = &model->pieces[i];
		u64 in_page = model->full ? 0 : offset_in_page(piece->address), found;

		if (!model->full && !piece->bounced)
			continue;
		while (at + segments->length <= piece->start)
			at += segments++->length;
		found = segments->iovm_addr + piece->start - at;
		wrong += offset_in_page(found) != in_page;
		wrong += found + piece->length - 1 > model->highest;
		piece->address = found;
	}
	return wrong;
}

/* One call from @offset on, for @capacity segments; what iomd says against the model. */
static u32 compare_call(const struct model *model, struct iomd_dma *dma, struct sink *sink,
			u64 *offset, u32 capacity)
{
	u32 nr = capacity, index, wrong;
	u64 before = *offset, end = before;
	int err, expected = 0;

	sink->highest = model->highest;
	sink->next = 0;
	sink->wrong = 0;
	err = iomd_dma_gen_iovm_segments_with_function(dma, watch_segment, offset, sink, &nr);
	wrong = sink->wrong;
	if (before >= model->length)
		return wrong + (err != -EOVERFLOW || *offset != before || nr != capacity);

	for (index = 0; index < capacity && end < model->length; index++) {
		u64 address;
		long length = model_segment(model, end, index, &address);

		if (length > 0 && model->direct &&
		    !model_is_aligned(model, address, length, index))
			length = -EBADSLT;
		if (length < 0) {
			expected = length;
			break;
		}
		if (!err)
			wrong += sink->segments[index].iovm_addr != address ||
				 sink->segments[index].length != length;
		end += length;
	}
	if (err != expected)
		return wrong + 1;
	if (err)
		return wrong + (*offset != before) + (nr != capacity);
	return wrong + (nr != index) + (*offset != end);
}

/* All of the range, @capacity segments at a time, up to the first error. */
static u32 compare(struct kunit *test, const struct model *model, struct iomd_dma *dma,
		   u32 capacity)
{
	struct fixture *fixture = test->priv;
	u64 offset = 0, before;
	u32 wrong = 0;

	do {
		before = offset;
		wrong += compare_call(model, dma, &fixture->sink, &offset, capacity);
	} while (!wrong && offset != before);
	return wrong;
}

/* A few calls, each with another capacity, from anywhere: forwards, again, and back. */
static u32 compare_anywhere(struct kunit *test, struct rnd_state *random,
			    const struct model *model, struct iomd_dma *dma)
{
	struct fixture *fixture = test->priv;
	u64 offset = iomd_kunit_below(random, model->length + 1);
	u32 calls = 1 + iomd_kunit_below(random, 4), wrong = 0;

	while (calls-- && !wrong) {
		u32 capacity = 1 + iomd_kunit_below(random, 6);

		wrong += compare_call(model, dma, &fixture->sink, &offset, capacity);
	}
	return wrong;
}

static const u32 alignments[] = { 0, 1, 1, 1, 4, 64, 512, 4096 };

static u32 random_alignment(struct rnd_state *random)
{
	return alignments[iomd_kunit_below(random, ARRAY_SIZE(alignments))];
}

static u64 random_length(struct rnd_state *random)
{
	switch (iomd_kunit_below(random, 4)) {
	case 0:
		return 1 + iomd_kunit_below(random, 0x1800);
	case 1:
		return PAGE_SIZE * (1 + iomd_kunit_below(random, 3));
	default:
		return 0x200 * (1 + iomd_kunit_below(random, 16));
	}
}

static void random_runs(struct rnd_state *random, struct model *model)
{
	u64 around = model->limits.num_address_bits ? 1ULL << model->limits.num_address_bits :
						      0x100000;
	u64 address = 0;
	u32 i;

	model->nr_runs = 1 + iomd_kunit_below(random, ARRAY_SIZE(model->runs));
	for (i = 0; i < model->nr_runs; i++) {
		u32 kind = iomd_kunit_below(random, 8);

		/* Going on where the last ended, or somewhere near the limit. */
		if (!i || kind > 3)
			address = around - 0x8000 + 0x200 * iomd_kunit_below(random, 0x80);
		if (kind == 7)
			address = ALIGN(address, PAGE_SIZE);
		if (kind == 6)
			address += iomd_kunit_below(random, 0x200);
		model->runs[i].address = address;
		model->runs[i].length = random_length(random);
		address += model->runs[i].length;
	}
}

static void random_case(struct rnd_state *random, struct model *model)
{
	static const u8 bits[] = { 0, 0, 25, 28, 32, 36 };
	u64 total = 0;
	u32 i;

	memset(&model->limits, 0, sizeof(model->limits));
	model->limits.num_address_bits = bits[iomd_kunit_below(random, ARRAY_SIZE(bits))];
	model->limits.alignment = random_alignment(random);
	model->limits.alignment_length = random_alignment(random) & ~0x1000;
	model->limits.alignment_internal_segments = random_alignment(random);
	if (iomd_kunit_below(random, 3))
		model->limits.max_segment_size = 0x180 + iomd_kunit_below(random, 0x2000);
	if (!iomd_kunit_below(random, 3))
		model->limits.max_segment_size &= ~0x1ffULL;
	model->options = iomd_kunit_below(random, 4) ? UNMAPPED : ITERATE_ONLY;

	random_runs(random, model);
	for (i = 0; i < model->nr_runs; i++)
		total += model->runs[i].length;
	model->offset = iomd_kunit_below(random, 2) ? iomd_kunit_below(random, total) : 0;
	model->length = total - model->offset;
	if (iomd_kunit_below(random, 2))
		model->length = 1 + iomd_kunit_below(random, model->length);
	if (model->limits.alignment_length > 1)
		model->length = round_down(model->length, model->limits.alignment_length);
}

#define LAYOUTS		2500
#define CASES_EACH	16	/* 40,000 in all */

static u32 run_layout(struct kunit *test, struct rnd_state *random, struct model *model)
{
	struct fixture *fixture = test->priv;
	u32 wrong = 0, nr = MAX_SEGMENTS, i;
	struct iomd_dma *dma;
	u64 offset = 0;

	model_prepare(model);
	dma = prepare(test, model->runs, model->nr_runs, &model->limits, model->options, NULL,
		      model->offset, model->length);
	/* DMA-75: all of it, where single pages were not to be had. */
	if (model->bounced && model->bounced < model->length &&
	    iomd_dma_get_bounced(dma) == model->length)
		model_pieces_full(model);
	wrong += iomd_dma_get_bounced(dma) != model->bounced;

	if (!wrong && model->bounced) {
		wrong += !!iomd_dma_gen64_iovm_segments(dma, &offset, fixture->segments, &nr);
		wrong += offset != model->length;
		if (!wrong)
			wrong += model_learn(model, fixture->segments);
	}
	if (!wrong)
		wrong += compare(test, model, dma, MAX_SEGMENTS);
	if (!wrong)
		wrong += compare(test, model, dma, 1 + iomd_kunit_below(random, 5));
	for (i = 2; i < CASES_EACH && !wrong; i++)
		wrong += compare_anywhere(test, random, model, dma);
	finish(test, dma);
	return wrong;
}

/* What it takes to understand a failure. */
static void show_case(struct kunit *test, const struct model *model, u32 nr)
{
	const struct iomd_dma_segment_options *limits = &model->limits;
	u32 i;

	kunit_err(test, "case %u: options %#x, %u bits, max %#llx, alignments %#x %#x %#x", nr,
		  model->options, limits->num_address_bits, limits->max_segment_size,
		  limits->alignment, limits->alignment_length,
		  limits->alignment_internal_segments);
	kunit_err(test, "prepared (%#llx, %#llx), direct %d, bounced %#llx", model->offset,
		  model->length, model->direct, model->bounced);
	for (i = 0; i < model->nr_runs; i++)
		kunit_err(test, "run (%#llx, %#llx)", model->runs[i].address,
			  model->runs[i].length);
}

/*
 * DMA-66..75 DMA-92..96 DMA-99..109 DMA-111: random layouts and limits, against the model:
 * all segments at once, a few at a time, and from anywhere with arrays of any size. No
 * address out of the device's reach gets as far as the segment function.
 */
static void random_layouts(struct kunit *test)
{
	struct model *model = iomd_kunit_zalloc(test, sizeof(*model));
	u32 i = 0, direct = 0, full = 0, sparse = 0;
	struct rnd_state random;

	iomd_kunit_seed(test, &random);
	while (i < LAYOUTS) {
		u32 wrong;

		random_case(&random, model);
		if (!model->length)
			continue;
		wrong = run_layout(test, &random, model);
		if (wrong)
			show_case(test, model, i);
		KUNIT_ASSERT_EQ(test, wrong, 0U);
		if (model->direct)
			direct++;
		else if (model->full)
			full++;
		else if (model->bounced)
			sparse++;
		i++;
	}
	/* All of it has been tried. */
	KUNIT_EXPECT_GT(test, direct, LAYOUTS / 20U);
	KUNIT_EXPECT_GT(test, full, LAYOUTS / 20U);
	KUNIT_EXPECT_GT(test, sparse, LAYOUTS / 20U);
}

/* DMA-94 DMA-96: from any offset on, forwards and back, segments are those of the range */
static void restarts_anywhere(struct kunit *test)
{
	static const struct iomd_range runs[] = RUNS_D;
	const struct iomd_dma_segment_options limits = { .max_segment_size = 0x700 };
	struct fixture *fixture = test->priv;
	struct rnd_state random;
	struct iomd_dma *dma;
	u32 i;

	iomd_kunit_seed(test, &random);
	dma = prepare(test, runs, 3, &limits, UNMAPPED, NULL, 0x100, 0x1e00);
	for (i = 0; i < 300; i++) {
		u64 start = iomd_kunit_below(&random, 0x1e00), offset = start, at, left;
		u32 nr = 1 + iomd_kunit_below(&random, 3), k;

		KUNIT_ASSERT_EQ(test, iomd_dma_gen64_iovm_segments(dma, &offset, fixture->segments,
								   &nr), 0);
		at = start + 0x100;
		for (k = 0; k < nr; k++) {
			u64 expected = at < 0x600 ? 0x10a00 + at :
				       at < 0x1600 ? 0x20000 + at - 0x600 : 0x30000 + at - 0x1600;

			left = (at < 0x600 ? 0x600 : at < 0x1600 ? 0x1600 : 0x1f00) - at;
			KUNIT_ASSERT_EQ(test, fixture->segments[k].iovm_addr, expected);
			KUNIT_ASSERT_EQ(test, fixture->segments[k].length, min(left, 0x700ULL));
			at += fixture->segments[k].length;
		}
		KUNIT_ASSERT_EQ(test, offset, at - 0x100);
	}
	finish(test, dma);
}

/* DMA-112: a segment may be longer than 4 GiB, and a 32-bit function then cuts it short */
static void nothing_else_splits(struct kunit *test)
{
	static const struct iomd_range runs[] = { { 0x1000, 0x180000000 } };
	const struct iomd_dma_segment_options limits = {};
	struct fixture *fixture = test->priv;
	struct iomd_dma *dma;
	u64 offset = 0;
	u32 nr = 4;

	dma = prepare(test, runs, 1, &limits, ITERATE_ONLY, NULL, 0, 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_gen64_iovm_segments(dma, &offset, fixture->segments, &nr),
			0);
	KUNIT_EXPECT_EQ(test, nr, 1U);
	KUNIT_EXPECT_EQ(test, fixture->segments[0].length, 0x180000000ULL);
	KUNIT_EXPECT_EQ(test, offset, 0x180000000ULL);
	finish(test, dma);
}

/*
 * Memory that is mapped, for a device that takes a page in one piece: a list of entries, some of
 * which are segments, and some of which are to be joined.
 */

#define MAPPED_ORDER	4

static const struct iomd_range mapped_pieces[] = {
	{ 0, 0x1000 }, { 0x2000, 0x3000 }, { 0x6000, 0x800 }, { 0x8000, 0x1000 },
	{ 0xa000, 0x2000 },
};

/* How a range of it is prepared, and asked for. */
struct mapped_case {
	u8 bits;
	u64 max_size;
	u64 offset;
	u64 length;
	u32 room;
};

static void free_mapped(void *memory)
{
	free_pages((unsigned long)memory, MAPPED_ORDER);
}

/* A piece after the other, cut where it is too long. */
static struct iomd_segment64 mapped_segment(u64 base, const struct mapped_case *what, u64 offset)
{
	u64 start = 0, skip = what->offset + offset, left = what->length - offset;
	const struct iomd_range *piece = mapped_pieces;

	for (; skip >= start + piece->length; piece++)
		start += piece->length;
	skip -= start;
	return (struct iomd_segment64) {
		.iovm_addr = base + piece->address + skip,
		.length = min3(piece->length - skip, left, what->max_size ?: U64_MAX),
	};
}

static void expect_mapped(struct kunit *test, struct iomd_desc *desc, struct iomd_mapper *mapper,
			  u64 base, const struct mapped_case *what)
{
	struct fixture *fixture = test->priv;
	struct iomd_dma *dma;
	u64 offset = 0;

	dma = iomd_dma_with_specification(iomd_dma_output_host64, what->bits, what->max_size,
					  MAPPED, 0, 1, mapper, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dma);
	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, false), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, what->offset, what->length, true, true), 0);
	while (offset < what->length) {
		u32 nr = what->room, i;
		u64 at = offset;

		if (iomd_dma_gen64_iovm_segments(dma, &offset, fixture->segments, &nr))
			break;
		for (i = 0; i < nr; i++) {
			struct iomd_segment64 expected = mapped_segment(base, what, at);

			KUNIT_EXPECT_EQ(test, fixture->segments[i].iovm_addr, expected.iovm_addr);
			KUNIT_EXPECT_EQ(test, fixture->segments[i].length, expected.length);
			at += expected.length;
		}
		KUNIT_EXPECT_EQ(test, offset, at);
		KUNIT_EXPECT_TRUE(test, nr == what->room || at == what->length);
	}
	KUNIT_EXPECT_EQ(test, offset, what->length);
	iomd_dma_clear_memory_descriptor(dma, true);
	iomd_dma_put(dma);
}

/* DMA-100 DMA-101: however a range is cut and asked for, it is made of the same segments */
static void mapped_entries_become_segments(struct kunit *test)
{
	static const u64 max_sizes[] = { 0, 0x1000, 0x800, 0x2800 };
	static const u32 rooms[] = { 1, 2, 3, 20 };
	void *memory = (void *)__get_free_pages(GFP_KERNEL, MAPPED_ORDER);
	struct iomd_range ranges[ARRAY_SIZE(mapped_pieces)];
	struct device *dev = iomd_kunit_device(test, 64);
	struct iomd_mapper *mapper;
	struct iomd_desc *desc;
	u32 i, j, k;
	u64 skip;

	KUNIT_ASSERT_NOT_NULL(test, memory);
	iomd_kunit_defer(test, free_mapped, memory);
	dma_set_max_seg_size(dev, PAGE_SIZE);
	KUNIT_ASSERT_EQ(test, dma_get_max_seg_size(dev), (unsigned int)PAGE_SIZE);
	mapper = iomd_kunit_mapper(test, iomd_mapper_for_device(dev));
	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		ranges[i] = mapped_pieces[i];
		ranges[i].address += (unsigned long)memory;
	}
	desc = iomd_desc_with_address_ranges(ranges, ARRAY_SIZE(ranges), IN, IOMD_KERNEL_TASK);
	desc = iomd_kunit_desc(test, desc);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, IOMD_DIRECTION_NONE), 0);

	for (i = 0; i < ARRAY_SIZE(max_sizes); i++)
		for (j = 0; j < ARRAY_SIZE(rooms); j++)
			for (skip = 0; skip <= 0x2000; skip += 0x400)
				for (k = 0; k < 2; k++)
					expect_mapped(test, desc, mapper, virt_to_phys(memory),
						      &(struct mapped_case) {
						.bits = k ? 64 : 48,
						.max_size = max_sizes[i],
						.offset = skip,
						.length = iomd_desc_get_length(desc) - 2 * skip,
						.room = rooms[j],
					});
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, IOMD_DIRECTION_NONE), 0);
}

/* DMA-102: one segment that the device cannot be told of is as wrong as one of many */
static void one_segment_out_of_reach(struct kunit *test)
{
	struct iomd_mapper *mapper = iomd_kunit_device_mapper(test, 64);
	struct fixture *fixture = test->priv;
	void *memory = iomd_kunit_zalloc(test, PAGE_SIZE);
	struct iomd_desc *desc = iomd_kunit_kernel_desc(test, memory, PAGE_SIZE, IN);
	struct iomd_dma *dma;
	u64 offset = 0;
	u32 nr = 1;

	dma = iomd_dma_with_specification(iomd_dma_output_host64, PAGE_SHIFT, 0,
					  MAPPED | IOMD_DMA_MAP_OPTION_ITERATE_ONLY, 0, 1, mapper,
					  NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dma);
	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_gen64_iovm_segments(dma, &offset, fixture->segments, &nr),
			-EMSGSIZE);
	KUNIT_EXPECT_EQ(test, offset, 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
	iomd_dma_put(dma);
}

/* Prepare a range of one page, and look where the device finds it. */
static void expect_piece(struct kunit *test, struct iomd_dma *dma, struct iomd_mapper *mapper,
			 void *memory, u64 offset, u64 length)
{
	u64 physical = virt_to_phys(memory) + offset, at = 0;
	struct iomd_segment64 segment = {};
	u32 nr = 1;

	KUNIT_ASSERT_EQ(test, iomd_dma_prepare(dma, offset, length, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_gen64_iovm_segments(dma, &at, &segment, &nr), 0);
	KUNIT_EXPECT_EQ(test, segment.length, length);
	KUNIT_EXPECT_EQ(test, iomd_mapper_map_to_physical_address(mapper, segment.iovm_addr),
			physical);
	/* All of it is mapped. */
	KUNIT_EXPECT_EQ(test,
			iomd_mapper_map_to_physical_address(mapper, segment.iovm_addr + length - 1),
			physical + length - 1);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
}

/* What was mapped for one transfer is not taken for what the next one is of. */
static void next_transfer_is_of_another_piece(struct kunit *test)
{
	struct iomd_mapper *mapper = iomd_kunit_device_mapper(test, 64);
	struct iomd_dma *dma = iomd_kunit_command(test, 64, 1, mapper);
	static const struct { u64 offset, length; } pieces[] = {
		{ 0, 0x100 }, { 0x200, 0x100 }, { 0x200, 0x80 }, { 0x200, 0x400 }, { 0, PAGE_SIZE },
		{ 0, 0x100 }, { 0, 0x100 },
	};
	u32 i, j;

	for (j = 0; j < 2; j++) {
		void *memory = iomd_kunit_zalloc(test, PAGE_SIZE);
		struct iomd_desc *desc = iomd_kunit_kernel_desc(test, memory, PAGE_SIZE, IN);

		KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, false), 0);
		for (i = 0; i < ARRAY_SIZE(pieces); i++)
			expect_piece(test, dma, mapper, memory, pieces[i].offset,
				     pieces[i].length);
		KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(worked_examples, example_gen_params),
	KUNIT_CASE(random_layouts),
	KUNIT_CASE(restarts_anywhere),
	KUNIT_CASE(nothing_else_splits),
	KUNIT_CASE(mapped_entries_become_segments),
	KUNIT_CASE(one_segment_out_of_reach),
	KUNIT_CASE(next_transfer_is_of_another_piece),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_segments",
	.suite_init = iomd_kunit_iommu_suite_init,
	.suite_exit = iomd_kunit_iommu_suite_exit,
	.init = init,
	.test_cases = cases,
};

kunit_test_suite(suite);
