// SPDX-License-Identifier: GPL-2.0-only
/*
 * The same with iomd.
 */
#include <linux/device.h>

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
	iomd_dma_clear_memory_descriptor(dma, true);
	bench_mark(bench);
	iomd_desc_complete(desc, IOMD_DIRECTION_NONE);
	bench_mark(bench);
	return 0;

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

const struct bench_case bench_with_iomd[] = {
	{ .name = "new", .checked = true, .run = new_run },
	{
		.name = "reused",
		.checked = true,
		.begin = objects_begin,
		.run = reused_run,
		.end = objects_end,
	},
	{}
};
