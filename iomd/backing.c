// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory for buffers: the smallest allocator that can give what is asked for.
 */
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "backing.h"
#include "cachemode.h"
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
	if (spec->guarded)
		return IOMD_BACKING_VMALLOC;
	if (spec->highest == U64_MAX && spec->size <= PAGE_SIZE / 2 &&
	    spec->alignment <= PAGE_SIZE / 2)
		return IOMD_BACKING_SLAB;
	if (spec->contiguous || spec->size <= PAGE_SIZE)
		return IOMD_BACKING_PAGES;
	if (!iomd_cachemode_is_default(spec->cache))
		return IOMD_BACKING_PAGE_ARRAY;
	return IOMD_BACKING_VMALLOC;
}

/* Slab objects whose size is a power of two are aligned to it, and so in one page. */
static void alloc_slab(struct iomd_backing *backing, const struct iomd_backing_spec *spec)
{
	backing->size = roundup_pow_of_two(max(spec->size, spec->alignment));
	backing->memory = kmalloc(backing->size, BACKING_GFP);
}

/*
 * Blocks from the page allocator are aligned to their size; what is too much goes back. Those
 * who want one have no use for less, so it tries harder than it would for itself.
 */
static void alloc_pages_aligned(struct iomd_backing *backing,
				const struct iomd_backing_spec *spec, gfp_t zone)
{
	size_t block = max_t(u64, PAGE_ALIGN(spec->size), spec->alignment);

	backing->size = PAGE_ALIGN(spec->size);
	backing->memory = alloc_pages_exact(block, BACKING_GFP | __GFP_RETRY_MAYFAIL | zone);
	if (backing->memory && block > backing->size)
		free_pages_exact(backing->memory + backing->size, block - backing->size);
}

static void alloc_vmalloc(struct iomd_backing *backing, const struct iomd_backing_spec *spec,
			  gfp_t zone)
{
	backing->size = PAGE_ALIGN(spec->size);
	backing->memory = __vmalloc(backing->size, BACKING_GFP | zone);
}

static void free_page_array(struct page **pages, size_t nr)
{
	size_t i;

	for (i = 0; i < nr && pages[i]; i++)
		__free_page(pages[i]);
}

/* Single pages, for those whose mode has to be known before they are mapped. */
static void alloc_page_array(struct iomd_backing *backing, const struct iomd_backing_spec *spec)
{
	size_t i, nr = PAGE_ALIGN(spec->size) >> PAGE_SHIFT;

	backing->size = nr << PAGE_SHIFT;
	for (i = 0; i < nr; i++) {
		backing->pages[i] = iomd_low_page_alloc(spec->highest, GFP_KERNEL);
		if (!backing->pages[i])
			goto err_pages;
	}
	if (iomd_cachemode_set(backing->pages, nr, spec->cache))
		goto err_pages;
	backing->memory = vmap(backing->pages, nr, VM_MAP,
			       iomd_cachemode_prot(PAGE_KERNEL, spec->cache));
	if (backing->memory)
		return;

	iomd_cachemode_restore(backing->pages, nr);
err_pages:
	free_page_array(backing->pages, nr);
	memset(backing->pages, 0, array_size(nr, sizeof(*backing->pages)));
}

/* Give a block of pages the mode it should have. Return: whether it has it. */
static bool set_block_mode(struct iomd_backing *backing, const struct iomd_backing_spec *spec)
{
	size_t i, nr = backing->size >> PAGE_SHIFT;

	if (backing->kind != IOMD_BACKING_PAGES || !backing->pages)
		return true;
	for (i = 0; i < nr; i++)
		backing->pages[i] = virt_to_page(backing->memory + (i << PAGE_SHIFT));
	return !iomd_cachemode_set(backing->pages, nr, spec->cache);
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
	case IOMD_BACKING_PAGE_ARRAY:
		alloc_page_array(backing, spec);
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
 * vmalloc leaves a page free behind what it gives out. What is before it is the free page
 * behind something else, or nothing, but for mappings that do without.
 */
static bool is_guarded(const struct iomd_backing *backing)
{
	return !vmalloc_to_page(backing->memory - PAGE_SIZE) &&
	       !vmalloc_to_page(backing->memory + backing->size);
}

static bool is_as_wanted(const struct iomd_backing *backing, const struct iomd_backing_spec *spec)
{
	return is_low_enough(backing, spec->highest) && (!spec->guarded || is_guarded(backing));
}

static void free_memory(struct iomd_backing *backing, bool has_mode)
{
	size_t nr = backing->size >> PAGE_SHIFT;

	if (backing->kind == IOMD_BACKING_PAGE_ARRAY)
		vunmap(backing->memory);
	if (has_mode)
		iomd_cachemode_restore(backing->pages, nr);

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
	case IOMD_BACKING_PAGE_ARRAY:
		free_page_array(backing->pages, nr);
		break;
	}
	backing->memory = NULL;
}

static int alloc_somewhere(struct iomd_backing *backing, const struct iomd_backing_spec *spec)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(zones); i++) {
		if (!zone_may_have(zones[i], spec->highest))
			continue;
		alloc_in_zone(backing, spec, zones[i]);
		if (!backing->memory)
			continue;
		if (is_as_wanted(backing, spec) && set_block_mode(backing, spec))
			return 0;
		free_memory(backing, backing->kind == IOMD_BACKING_PAGE_ARRAY);
	}
	return -ENOMEM;
}

/*
 * Allocate zeroed memory as @spec wants it. Sleeps. Return: 0 or -ENOMEM.
 */
int iomd_backing_alloc(struct iomd_backing *backing, const struct iomd_backing_spec *spec)
{
	int err;

	if (spec->size >> PAGE_SHIFT > totalram_pages() ||
	    spec->alignment >> PAGE_SHIFT > totalram_pages())
		return -ENOMEM;

	backing->pages = NULL;
	if (!iomd_cachemode_is_default(spec->cache)) {
		backing->pages = kvcalloc(PAGE_ALIGN(spec->size) >> PAGE_SHIFT,
					  sizeof(*backing->pages),
					  GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
		if (!backing->pages)
			return -ENOMEM;
	}
	err = alloc_somewhere(backing, spec);
	if (err && spec->may_scatter) {
		struct iomd_backing_spec scattered = *spec;

		scattered.contiguous = false;
		err = alloc_somewhere(backing, &scattered);
	}
	if (err)
		kvfree(backing->pages);
	return err;
}

void iomd_backing_free(struct iomd_backing *backing)
{
	free_memory(backing, backing->pages);
	kvfree(backing->pages);
	backing->pages = NULL;
}

/* Return: the first page of a block, all of whose pages are free to go one by one. */
static struct page *block_alloc(u64 size, u64 alignment, gfp_t gfp)
{
	size_t block = max(PAGE_ALIGN(size), alignment);
	void *memory;

	if (block == PAGE_SIZE)
		return alloc_page(gfp);
	memory = alloc_pages_exact(block, gfp);
	if (!memory)
		return NULL;
	if (block > PAGE_ALIGN(size))
		free_pages_exact(memory + PAGE_ALIGN(size), block - PAGE_ALIGN(size));
	return virt_to_page(memory);
}

/*
 * Zeroed pages for @size bytes in one piece that begins at a multiple of @alignment, a
 * power of two, with no byte above @highest. free_pages_exact() takes them back. Sleeps if
 * @gfp does. Return: the first page, or NULL.
 */
struct page *iomd_low_block_alloc(u64 size, u64 alignment, u64 highest, gfp_t gfp)
{
	size_t i;

	gfp |= __GFP_ACCOUNT | __GFP_ZERO | __GFP_NOWARN | __GFP_RETRY_MAYFAIL;
	for (i = 0; i < ARRAY_SIZE(zones); i++) {
		struct page *page;

		if (!zone_may_have(zones[i], highest))
			continue;
		page = block_alloc(size, alignment, gfp | zones[i]);
		if (!page)
			continue;
		if (page_to_phys(page) + PAGE_ALIGN(size) - 1 <= highest)
			return page;
		free_pages_exact(page_address(page), PAGE_ALIGN(size));
	}
	return NULL;
}

/*
 * One zeroed page with no byte above @highest, or NULL. Sleeps if @gfp does.
 */
struct page *iomd_low_page_alloc(u64 highest, gfp_t gfp)
{
	return iomd_low_block_alloc(PAGE_SIZE, PAGE_SIZE, highest, gfp);
}
