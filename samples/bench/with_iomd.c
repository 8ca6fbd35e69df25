// SPDX-License-Identifier: GPL-2.0-only
/*
 * The same with iomd.
 */
#include <linux/device.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "bench.h"

static struct iomd_dma *make_command(const struct bench *bench)
{
	return iomd_dma_with_specification(iomd_dma_output_host64, 64, 0,
					   IOMD_DMA_MAP_OPTION_MAPPED, 0, 1, bench->mapper, NULL);
}

static struct iomd_desc *make_descriptor(const struct bench *bench)
{
	return iomd_desc_with_address_range(bench->address, bench->length, IOMD_DIRECTION_IN,
					    iomd_current_task());
}

static int generate(struct bench *bench, struct iomd_dma *dma)
{
	u64 offset = 0;

	bench->nr_segments = bench->max_segments;
	return iomd_dma_gen64_iovm_segments(dma, &offset, bench->segments, &bench->nr_segments);
}

/* From a descriptor and a command that have just been made, until they are done with. */
static int transfer(struct bench *bench, struct iomd_desc *desc, struct iomd_dma *dma)
{
	int err;

	bench_mark(bench);
	err = iomd_desc_prepare(desc, IOMD_DIRECTION_NONE);
	if (err)
		return err;
	bench_mark(bench);
	err = iomd_dma_set_memory_descriptor(dma, desc, true);
	if (err)
		goto err_complete;
	bench_mark(bench);
	err = generate(bench, dma);
	if (err)
		goto err_clear;
	bench_mark(bench);
	err = bench_check(bench);
	iomd_dma_clear_memory_descriptor(dma, true);
	bench_mark(bench);
	iomd_desc_complete(desc, IOMD_DIRECTION_NONE);
	bench_mark(bench);
	return err;

err_clear:
	iomd_dma_clear_memory_descriptor(dma, true);
err_complete:
	iomd_desc_complete(desc, IOMD_DIRECTION_NONE);
	return err;
}

/* Stages: create, prepare, DMA prepare, segments, DMA complete, complete, release. */
static int new_run(struct bench *bench)
{
	struct iomd_desc *desc;
	struct iomd_dma *dma;
	int err;

	bench_mark(bench);
	desc = make_descriptor(bench);
	if (IS_ERR(desc))
		return PTR_ERR(desc);
	dma = make_command(bench);
	if (IS_ERR(dma)) {
		iomd_desc_put(desc);
		return PTR_ERR(dma);
	}
	err = transfer(bench, desc, dma);
	iomd_dma_put(dma);
	iomd_desc_put(desc);
	bench_mark(bench);
	return err;
}

static void objects_end(struct bench *bench)
{
	iomd_dma_put(bench->dma);
	iomd_desc_put(bench->desc);
	bench->dma = NULL;
	bench->desc = NULL;
}

static int objects_begin(struct bench *bench)
{
	bench->desc = make_descriptor(bench);
	if (IS_ERR(bench->desc))
		return PTR_ERR(bench->desc);
	bench->dma = make_command(bench);
	return PTR_ERR_OR_ZERO(bench->dma);
}

/* Stages: describe anew, then as above. */
static int reused_run(struct bench *bench)
{
	const struct iomd_range range = { bench->address, bench->length };
	int err;

	bench_mark(bench);
	err = iomd_desc_init_with_options(bench->desc, &range, 1, 0, iomd_current_task(),
					  IOMD_MEMORY_TYPE_VIRTUAL | IOMD_DIRECTION_IN, NULL);
	return err ?: transfer(bench, bench->desc, bench->dma);
}

/* A descriptor that is prepared, and a command that has it; with @mapper it maps itself. */
static int attached_begin(struct bench *bench, struct iomd_mapper *mapper)
{
	const struct iomd_range range = { bench->address, bench->length };
	int err;

	err = objects_begin(bench);
	if (err)
		return err;
	err = iomd_desc_init_with_options(bench->desc, &range, 1, 0, iomd_current_task(),
					  IOMD_MEMORY_TYPE_VIRTUAL | IOMD_DIRECTION_IN, mapper);
	return err ?: iomd_desc_prepare(bench->desc, IOMD_DIRECTION_NONE) ?:
		      iomd_dma_set_memory_descriptor(bench->dma, bench->desc, false);
}

static int owning_begin(struct bench *bench)
{
	return attached_begin(bench, bench->mapper);
}

static int mapping_begin(struct bench *bench)
{
	return attached_begin(bench, NULL);
}

static void attached_end(struct bench *bench)
{
	if (!IS_ERR_OR_NULL(bench->dma))
		iomd_dma_clear_memory_descriptor(bench->dma, true);
	objects_end(bench);
}

/* Stages: DMA prepare, DMA complete. */
static int repeat_run(struct bench *bench)
{
	int err;

	bench_mark(bench);
	err = iomd_dma_prepare(bench->dma, 0, 0, true, true);
	if (err)
		return err;
	bench_mark(bench);
	iomd_dma_complete(bench->dma, true, true);
	bench_mark(bench);
	return 0;
}

static int ready_begin(struct bench *bench)
{
	return attached_begin(bench, NULL) ?: iomd_dma_prepare(bench->dma, 0, 0, true, true);
}

static int segments_run(struct bench *bench)
{
	int err;

	bench_mark(bench);
	err = generate(bench, bench->dma);
	bench_mark(bench);
	return err ?: bench_check(bench);
}

static int segments_one_run(struct bench *bench)
{
	u64 offset = 0;
	u32 nr = 0;
	int err = 0;

	bench_mark(bench);
	while (!err && offset < bench->length) {
		u32 one = 1;

		err = iomd_dma_gen64_iovm_segments(bench->dma, &offset, &bench->segments[nr++],
						   &one);
	}
	bench_mark(bench);
	bench->nr_segments = nr;
	return err ?: bench_check(bench);
}

/* Where is the memory, run by run. */
static int physical_run(struct bench *bench)
{
	u64 offset, length;

	bench->nr_segments = 0;
	bench_mark(bench);
	for (offset = 0; offset < bench->length; offset += length) {
		if (!iomd_desc_get_physical_segment(bench->desc, offset, &length,
						    IOMD_MEMORY_MAPPER_NONE))
			return -EBADMSG;
		bench->nr_segments++;
	}
	bench_mark(bench);
	return 0;
}

/* The same in an order that leads everywhere, a thousand times. */
static int physical_random_run(struct bench *bench)
{
	u64 length, page = 0;
	u32 i;

	bench->nr_segments = 1000;
	bench_mark(bench);
	for (i = 0; i < 1000; i++) {
		page = (page + 7919) % bench->nr_pages;
		if (!iomd_desc_get_physical_segment(bench->desc, page << PAGE_SHIFT, &length,
						    IOMD_MEMORY_MAPPER_NONE))
			return -EBADMSG;
	}
	bench_mark(bench);
	return 0;
}

/* Every page says which it is. */
static int check_bytes(const struct bench *bench)
{
	u64 page;

	for (page = 0; page < bench->nr_pages; page++)
		if (*(u64 *)(bench->bytes + (page << PAGE_SHIFT)) != page)
			return -EBADMSG;
	return 0;
}

static int read_run(struct bench *bench)
{
	u64 done;

	bench_mark(bench);
	done = iomd_desc_read_bytes(bench->desc, 0, bench->bytes, bench->length);
	bench_mark(bench);
	return done == bench->length ? check_bytes(bench) : -EIO;
}

static int write_begin(struct bench *bench)
{
	u64 page;

	for (page = 0; page < bench->nr_pages; page++)
		*(u64 *)(bench->bytes + (page << PAGE_SHIFT)) = page;
	return mapping_begin(bench);
}

static int write_run(struct bench *bench)
{
	u64 done;

	bench_mark(bench);
	done = iomd_desc_write_bytes(bench->desc, 0, bench->bytes, bench->length);
	bench_mark(bench);
	return done == bench->length ? 0 : -EIO;
}

/* Stages: map, unmap. */
static int map_run(struct bench *bench)
{
	struct iomd_map *map;

	bench_mark(bench);
	map = iomd_desc_map(bench->desc, 0);
	if (IS_ERR(map))
		return PTR_ERR(map);
	bench_mark(bench);
	iomd_map_put(map);
	bench_mark(bench);
	return 0;
}

/* Memory of the kernel's that is in one piece has an address already. */
static int lowmem_begin(struct bench *bench)
{
	bench->pages = kzalloc(bench->length, GFP_KERNEL);
	if (!bench->pages)
		return -ENOMEM;
	bench->desc = iomd_desc_with_address(bench->pages, bench->length, IOMD_DIRECTION_IN);
	return PTR_ERR_OR_ZERO(bench->desc);
}

static void lowmem_end(struct bench *bench)
{
	objects_end(bench);
	kfree(bench->pages);
}

/* A descriptor alone, for what it keeps. Stages: create and prepare, complete and release. */
static int describe_run(struct bench *bench)
{
	struct iomd_desc *desc;
	int err;

	bench_mark(bench);
	desc = make_descriptor(bench);
	if (IS_ERR(desc))
		return PTR_ERR(desc);
	err = iomd_desc_prepare(desc, IOMD_DIRECTION_NONE);
	bench_mark(bench);
	if (!err)
		iomd_desc_complete(desc, IOMD_DIRECTION_NONE);
	iomd_desc_put(desc);
	bench_mark(bench);
	return err;
}

const struct bench_case bench_with_iomd[] = {
	{ .name = "new", .checked = true, .run = new_run },
	{
		.name = "reused",
		.checked = true,
		.begin = objects_begin,
		.run = reused_run,
		.end = objects_end,
	},
	{ .name = "irqs-off", .is_watched = true, .run = new_run },
	{ .name = "describe", .run = describe_run },
	{ .name = "repeat-own", .begin = owning_begin, .run = repeat_run, .end = attached_end },
	{ .name = "repeat-map", .begin = mapping_begin, .run = repeat_run, .end = attached_end },
	{
		.name = "segments-all",
		.checked = true,
		.begin = ready_begin,
		.run = segments_run,
		.end = attached_end,
	},
	{
		.name = "segments-one",
		.checked = true,
		.begin = ready_begin,
		.run = segments_one_run,
		.end = attached_end,
	},
	{ .name = "physical", .begin = mapping_begin, .run = physical_run, .end = attached_end },
	{
		.name = "physical-random",
		.begin = mapping_begin,
		.run = physical_random_run,
		.end = attached_end,
	},
	{ .name = "read", .begin = mapping_begin, .run = read_run, .end = attached_end },
	{ .name = "write", .begin = write_begin, .run = write_run, .end = attached_end },
	{ .name = "map", .begin = mapping_begin, .run = map_run, .end = attached_end },
	{ .name = "map-lowmem", .begin = lowmem_begin, .run = map_run, .end = lowmem_end },
	{}
};
