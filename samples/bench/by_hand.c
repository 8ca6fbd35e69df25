// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a Linux driver writes to do DMA to memory of a process, without iomd and as
 * well as it can be written; and what others do.
 */
#include <linux/dma-mapping.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "bench.h"

#define BATCH	512

/* Interrupts are off throughout a call, so a driver pins so many pages at a time. */
static int pin(const struct bench *bench, struct page **pages)
{
	unsigned long done = 0;

	while (done < bench->nr_pages) {
		int nr = pin_user_pages_fast(bench->address + (done << PAGE_SHIFT),
					     min(bench->nr_pages - done, BATCH),
					     FOLL_WRITE | FOLL_LONGTERM, pages + done);

		if (nr <= 0) {
			unpin_user_pages(pages, done);
			return nr ?: -EFAULT;
		}
		done += nr;
	}
	return 0;
}

static struct page **alloc_pages_array(const struct bench *bench)
{
	return kvmalloc_array(bench->nr_pages, sizeof(struct page *), GFP_KERNEL);
}

static void fill_segments(struct bench *bench, const struct sg_table *table)
{
	struct iomd_segment64 *segment = bench->segments;
	struct scatterlist *sg;
	unsigned int i;

	for_each_sgtable_dma_sg(table, sg, i) {
		segment->iovm_addr = sg_dma_address(sg);
		segment->length = sg_dma_len(sg);
		segment++;
	}
	bench->nr_segments = segment - bench->segments;
}

/* Stages: pages array, pin, scatterlist, map, segments, unmap, free, unpin and free. */
static int cycle_run(struct bench *bench)
{
	struct sg_table table;
	struct page **pages;
	int err;

	bench_mark(bench);
	pages = alloc_pages_array(bench);
	if (!pages)
		return -ENOMEM;
	bench_mark(bench);
	err = pin(bench, pages);
	if (err)
		goto err_free;
	bench_mark(bench);
	err = sg_alloc_table_from_pages_segment(&table, pages, bench->nr_pages, 0, bench->length,
						dma_get_max_seg_size(bench->dev), GFP_KERNEL);
	if (err)
		goto err_unpin;
	bench_mark(bench);
	err = dma_map_sgtable(bench->dev, &table, DMA_FROM_DEVICE, 0);
	if (err)
		goto err_table;
	bench_mark(bench);
	fill_segments(bench, &table);
	bench_mark(bench);
	dma_unmap_sgtable(bench->dev, &table, DMA_FROM_DEVICE, 0);
	bench_mark(bench);
	sg_free_table(&table);
	bench_mark(bench);
	unpin_user_pages_dirty_lock(pages, bench->nr_pages, true);
	kvfree(pages);
	bench_mark(bench);
	return 0;

err_table:
	sg_free_table(&table);
err_unpin:
	unpin_user_pages(pages, bench->nr_pages);
err_free:
	kvfree(pages);
	return err;
}

const struct bench_case bench_by_hand[] = {
	{ .name = "by-hand", .checked = true, .run = cycle_run },
	{}
};
