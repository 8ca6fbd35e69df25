// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a Linux driver writes to do DMA to memory of a process, without iomd and as
 * well as it can be written; and what others do.
 */
#include <linux/dma-mapping.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "bench.h"

#define BATCH	512UL

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
	err = bench_check(bench);
	dma_unmap_sgtable(bench->dev, &table, DMA_FROM_DEVICE, 0);
	bench_mark(bench);
	sg_free_table(&table);
	bench_mark(bench);
	unpin_user_pages_dirty_lock(pages, bench->nr_pages, true);
	kvfree(pages);
	bench_mark(bench);
	return err;

err_table:
	sg_free_table(&table);
err_unpin:
	unpin_user_pages(pages, bench->nr_pages);
err_free:
	kvfree(pages);
	return err;
}

/* What follows has its pages array already; some have the pages, too. */
static void pages_end(struct bench *bench)
{
	kvfree(bench->pages);
	bench->pages = NULL;
}

static int pages_begin(struct bench *bench)
{
	bench->pages = alloc_pages_array(bench);
	return bench->pages ? 0 : -ENOMEM;
}

static void pinned_end(struct bench *bench)
{
	if (bench->is_pinned)
		unpin_user_pages(bench->pages, bench->nr_pages);
	bench->is_pinned = false;
	pages_end(bench);
}

static int pinned_begin(struct bench *bench)
{
	int err = pages_begin(bench) ?: pin(bench, bench->pages);

	bench->is_pinned = !err;
	return err;
}

/* The floor. Stages: pin, unpin. */
static int pin_run(struct bench *bench)
{
	int err;

	bench_mark(bench);
	err = pin(bench, bench->pages);
	if (err)
		return err;
	bench_mark(bench);
	unpin_user_pages_dirty_lock(bench->pages, bench->nr_pages, true);
	bench_mark(bench);
	return 0;
}

static int umem_append(struct bench *bench, struct sg_append_table *append, struct page **pages)
{
	unsigned int max_segment = dma_get_max_seg_size(bench->dev);
	unsigned long done = 0;

	while (done < bench->nr_pages) {
		unsigned long left = bench->nr_pages - done;
		int err, nr = pin_user_pages_fast(bench->address + (done << PAGE_SHIFT),
						  min(left, BATCH), FOLL_WRITE | FOLL_LONGTERM,
						  pages);

		if (nr <= 0)
			return nr ?: -EFAULT;
		err = sg_alloc_append_table_from_pages(append, pages, nr, 0, (u64)nr << PAGE_SHIFT,
						       max_segment, left - nr, GFP_KERNEL);
		if (err) {
			unpin_user_pages(pages, nr);
			return err;
		}
		done += nr;
	}
	return 0;
}

/*
 * As drivers for RDMA do: a table that grows by a page of pointers at a time, unpinned range
 * by range. Stages: pin and table, map, segments, unmap, unpin and free.
 */
static int umem_run(struct bench *bench)
{
	struct sg_append_table append = {};
	struct scatterlist *sg;
	struct page **pages;
	unsigned int i;
	int err;

	bench_mark(bench);
	pages = (struct page **)__get_free_page(GFP_KERNEL);
	if (!pages)
		return -ENOMEM;
	err = umem_append(bench, &append, pages);
	free_page((unsigned long)pages);
	if (err)
		goto out;
	bench_mark(bench);
	err = dma_map_sgtable(bench->dev, &append.sgt, DMA_FROM_DEVICE, 0);
	if (err)
		goto out;
	bench_mark(bench);
	fill_segments(bench, &append.sgt);
	bench_mark(bench);
	err = bench_check(bench);
	dma_unmap_sgtable(bench->dev, &append.sgt, DMA_FROM_DEVICE, 0);
	bench_mark(bench);
out:
	for_each_sgtable_sg(&append.sgt, sg, i)
		unpin_user_page_range_dirty_lock(sg_page(sg), PFN_UP(sg->length), true);
	sg_free_append_table(&append);
	bench_mark(bench);
	return err;
}

/* Pinned memory in the kernel's address space. Stages: map, unmap. */
static int vmap_run(struct bench *bench)
{
	void *address;

	bench_mark(bench);
	address = vmap(bench->pages, bench->nr_pages, VM_MAP, PAGE_KERNEL);
	if (!address)
		return -ENOMEM;
	bench_mark(bench);
	vunmap(address);
	bench_mark(bench);
	return 0;
}

static int memcpy_run(struct bench *bench)
{
	unsigned long i;

	bench_mark(bench);
	for (i = 0; i < bench->nr_pages; i++)
		memcpy(bench->bytes + (i << PAGE_SHIFT), page_address(bench->pages[i]), PAGE_SIZE);
	bench_mark(bench);
	return 0;
}

const struct bench_case bench_by_hand[] = {
	{ .name = "by-hand", .checked = true, .run = cycle_run },
	{ .name = "irqs-off-by-hand", .is_watched = true, .run = cycle_run },
	{ .name = "pin", .begin = pages_begin, .run = pin_run, .end = pages_end },
	{ .name = "umem", .checked = true, .run = umem_run },
	{ .name = "vmap", .begin = pinned_begin, .run = vmap_run, .end = pinned_end },
	{ .name = "memcpy", .begin = pinned_begin, .run = memcpy_run, .end = pinned_end },
	{}
};
