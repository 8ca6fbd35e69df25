// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory for buffers: the smallest allocator that can give what is asked for.
 */
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "backing.h"
#include "resolve.h"
#include "runs.h"

#define BACKING_GFP	(GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_NOWARN)

/*
 * Zones that may have memory under a limit, the one that is shortest of it last.
 * None is sure to be low enough, so what comes out is checked.
 */
static const gfp_t zones[] = { 0, GFP_DMA32, GFP_DMA };

/* Is it sensible to look into a zone for memory that is not above @highest? */
static bool zone_may_have(gfp_t zone, u64 highest)
{
	if (zone)
		return highest != U64_MAX;
	return highest >= DMA_BIT_MASK(32);
}

static enum iomd_backing_kind kind_for(const struct iomd_backing_spec *spec)
{
	if (spec->highest == U64_MAX && spec->size <= PAGE_SIZE / 2 &&
	    spec->alignment <= PAGE_SIZE / 2)
		return IOMD_BACKING_SLAB;
	if (spec->contiguous || spec->size <= PAGE_SIZE)
		return IOMD_BACKING_PAGES;
	return IOMD_BACKING_VMALLOC;
}

/* Slab objects whose size is a power of two are aligned to it, and so in one page. */
static void alloc_slab(struct iomd_backing *backing, const struct iomd_backing_spec *spec)
{
	backing->size = roundup_pow_of_two(max(spec->size, spec->alignment));
	backing->memory = kmalloc(backing->size, BACKING_GFP);
}

/* Blocks from the page allocator are aligned to their size; what is too much goes back. */
static void alloc_pages_aligned(struct iomd_backing *backing,
				const struct iomd_backing_spec *spec, gfp_t zone)
{
	size_t block = max_t(u64, PAGE_ALIGN(spec->size), spec->alignment);

	backing->size = PAGE_ALIGN(spec->size);
	backing->memory = alloc_pages_exact(block, BACKING_GFP | zone);
	if (backing->memory && block > backing->size)
		free_pages_exact(backing->memory + backing->size, block - backing->size);
}

static void alloc_vmalloc(struct iomd_backing *backing, const struct iomd_backing_spec *spec,
			  gfp_t zone)
{
	backing->size = PAGE_ALIGN(spec->size);
	backing->memory = __vmalloc(backing->size, BACKING_GFP | zone);
}

static void alloc_in_zone(struct iomd_backing *backing, const struct iomd_backing_spec *spec,
			  gfp_t zone)
{
	backing->kind = kind_for(spec);
	switch (backing->kind) {
	case IOMD_BACKING_SLAB:
		alloc_slab(backing, spec);
		break;
	case IOMD_BACKING_PAGES:
		alloc_pages_aligned(backing, spec, zone);
		break;
	case IOMD_BACKING_VMALLOC:
		alloc_vmalloc(backing, spec, zone);
		break;
	}
}

static bool is_low_enough(const struct iomd_backing *backing, u64 highest)
{
	struct iomd_runs runs;
	bool low;

	if (highest == U64_MAX)
		return true;

	iomd_runs_init(&runs);
	low = !iomd_resolve_kernel(&runs, (unsigned long)backing->memory, backing->size) &&
	      runs.highest - 1 <= highest;
	iomd_runs_free(&runs);
	return low;
}

/*
 * Allocate zeroed memory as @spec wants it. Sleeps. Return: 0 or -ENOMEM.
 */
int iomd_backing_alloc(struct iomd_backing *backing, const struct iomd_backing_spec *spec)
{
	size_t i;

	if (spec->size >> PAGE_SHIFT > totalram_pages() ||
	    spec->alignment >> PAGE_SHIFT > totalram_pages())
		return -ENOMEM;

	for (i = 0; i < ARRAY_SIZE(zones); i++) {
		if (!zone_may_have(zones[i], spec->highest))
			continue;
		alloc_in_zone(backing, spec, zones[i]);
		if (!backing->memory)
			continue;
		if (is_low_enough(backing, spec->highest))
			return 0;
		iomd_backing_free(backing);
	}
	return -ENOMEM;
}

void iomd_backing_free(struct iomd_backing *backing)
{
	switch (backing->kind) {
	case IOMD_BACKING_SLAB:
		kfree(backing->memory);
		break;
	case IOMD_BACKING_PAGES:
		free_pages_exact(backing->memory, backing->size);
		break;
	case IOMD_BACKING_VMALLOC:
		vfree(backing->memory);
		break;
	}
	backing->memory = NULL;
}

/*
 * One zeroed page with no byte above @highest, or NULL. Sleeps if @gfp does.
 */
struct page *iomd_low_page_alloc(u64 highest, gfp_t gfp)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(zones); i++) {
		struct page *page;

		if (!zone_may_have(zones[i], highest))
			continue;
		page = alloc_page(gfp | zones[i] | __GFP_ACCOUNT | __GFP_ZERO | __GFP_NOWARN |
				  __GFP_RETRY_MAYFAIL);
		if (!page)
			continue;
		if (page_to_phys(page) + PAGE_SIZE - 1 <= highest)
			return page;
		__free_page(page);
	}
	return NULL;
}
