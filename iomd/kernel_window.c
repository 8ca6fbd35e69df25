// SPDX-License-Identifier: GPL-2.0-only
/*
 * Windows in the kernel's address space.
 *
 * The kernel has an address for all of its memory already, and where that will do it is
 * the cheapest there is. Page tables are made for what is in several pieces, is to be
 * protected, or has to be at an address of its own.
 */
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "cachemode.h"
#include "kernel_window.h"
#include "objects.h"
#include "reference.h"

static bool is_read_only(const struct iomd_window_spec *spec)
{
	return spec->options & IOMD_MAP_READ_ONLY;
}

/* Will the address do that the kernel has for it anyway? */
static bool is_direct(const struct iomd_window_spec *spec, const struct iomd_survey *survey)
{
	return survey->is_one_run && survey->has_ram && iomd_cachemode_is_default(survey->cache) &&
	       !(spec->options & (IOMD_MAP_READ_ONLY | IOMD_MAP_UNIQUE | IOMD_MAP_GUARDED_MASK)) &&
	       !PageHighMem(pfn_to_page(PHYS_PFN(survey->physical)));
}

/* Store the pages of a window. Return: 0 or an errno. */
static int collect_pages(const struct iomd_window_spec *spec, struct page **pages)
{
	u64 offset = spec->offset, end = spec->offset + spec->length;
	struct iomd_walk walk = {};
	struct iomd_extent extent;

	while (offset < end) {
		int err = iomd_desc_walk(spec->memory, &walk, offset, &extent);

		if (err)
			return err;
		*pages++ = pfn_to_page(PHYS_PFN(extent.address));
		offset += PAGE_SIZE - offset_in_page(extent.address);
	}
	return 0;
}

static void *vmap_window(const struct iomd_window_spec *spec, const struct iomd_survey *survey)
{
	u64 nr = iomd_window_nr_pages(spec, survey);
	pgprot_t prot = is_read_only(spec) ? PAGE_KERNEL_RO : PAGE_KERNEL;
	struct page **pages;
	void *base = NULL;

	/* The kernel would refuse it, but not before all of them are collected. */
	if (nr > totalram_pages())
		return NULL;
	pages = kvmalloc_array(nr, sizeof(*pages), GFP_KERNEL | __GFP_NOWARN);
	if (!pages)
		return NULL;
	if (!collect_pages(spec, pages))
		base = vmap(pages, nr, VM_MAP, iomd_cachemode_prot(prot, survey->cache));
	kvfree(pages);
	return base;
}

static void *ioremap_window(const struct iomd_window_spec *spec,
			    const struct iomd_survey *survey)
{
	void __iomem *base;

	if (survey->cache == IOMD_MAP_WRITE_COMBINE_CACHE)
		base = ioremap_wc(survey->physical, spec->length);
	else
		base = ioremap(survey->physical, spec->length);
	return (void __force *)base;
}

/* How a cache mode has memory of a device mapped. */
static enum iomd_kernel_window_kind kind_for_device(u32 cache)
{
	if (cache == IOMD_MAP_WRITE_THRU_CACHE || iomd_cachemode_is_default(cache))
		return IOMD_WINDOW_MEMREMAP;
	return IOMD_WINDOW_IOREMAP;
}

static unsigned long memremap_flag(u32 cache)
{
	return cache == IOMD_MAP_WRITE_THRU_CACHE ? MEMREMAP_WT : MEMREMAP_WB;
}

static int kind_for(const struct iomd_window_spec *spec, const struct iomd_survey *survey)
{
	if (is_direct(spec, survey))
		return IOMD_WINDOW_DIRECT;
	if (survey->has_ram)
		return IOMD_WINDOW_VMAP;
	/* Only what is in one piece, and may be written, can be had without pages. */
	if (!survey->is_one_run || is_read_only(spec))
		return -EOPNOTSUPP;
	return kind_for_device(survey->cache);
}

static void *open_as(enum iomd_kernel_window_kind kind, const struct iomd_window_spec *spec,
		     const struct iomd_survey *survey)
{
	switch (kind) {
	case IOMD_WINDOW_DIRECT:
		return phys_to_virt(survey->physical);
	case IOMD_WINDOW_VMAP:
		return vmap_window(spec, survey);
	case IOMD_WINDOW_IOREMAP:
		return ioremap_window(spec, survey);
	case IOMD_WINDOW_MEMREMAP:
		return memremap(survey->physical, spec->length, memremap_flag(survey->cache));
	default:
		return NULL;
	}
}

static void close_as(enum iomd_kernel_window_kind kind, void *base)
{
	switch (kind) {
	case IOMD_WINDOW_VMAP:
		vunmap(base);
		break;
	case IOMD_WINDOW_IOREMAP:
		iounmap((void __iomem __force *)base);
		break;
	case IOMD_WINDOW_MEMREMAP:
		memunmap(base);
		break;
	default:
		break;
	}
}

/* What lies before or behind all such addresses is none. */
static bool is_mapped(const void *address)
{
	return is_vmalloc_addr(address) && vmalloc_to_page(address);
}

/*
 * What the kernel maps has a page behind it that it leaves free, and so has what is before
 * it; but for few mappings, which do without.
 */
static bool is_guarded(const void *base, u64 nr_pages)
{
	const void *start = (const void *)PAGE_ALIGN_DOWN((unsigned long)base);

	return !is_mapped(start - PAGE_SIZE) && !is_mapped(start + (nr_pages << PAGE_SHIFT));
}

/*
 * Show what @spec says. The window takes over the memory, unless this fails. Return: 0, and
 * where the first byte is; -EOPNOTSUPP for what the kernel has no means for: a place of
 * one's choice, guards other than small ones, memory of devices in pieces or for reading
 * only; or -ENOMEM, also for memory of devices that is in use in another cache mode: the
 * kernel does not say why it has not mapped that.
 */
int iomd_kernel_window_open(struct iomd_kernel_window *window,
			    const struct iomd_window_spec *spec,
			    const struct iomd_survey *survey, u64 *address)
{
	u64 guard = iomd_window_guard(spec->options);
	int kind = kind_for(spec, survey);
	void *base;

	if (!(spec->options & IOMD_MAP_ANYWHERE) || survey->has_guard || guard > PAGE_SIZE)
		return -EOPNOTSUPP;
	if (kind < 0)
		return kind;
	base = open_as(kind, spec, survey);
	if (!base)
		return -ENOMEM;
	if (guard && !is_guarded(base, iomd_window_nr_pages(spec, survey))) {
		close_as(kind, base);
		return -ENOMEM;
	}

	window->kind = kind;
	window->base = base;
	window->memory = spec->memory;
	if (kind == IOMD_WINDOW_VMAP)
		iomd_objects_inc(IOMD_OBJECT_VMAP);
	*address = (unsigned long)base;
	if (kind == IOMD_WINDOW_VMAP)
		*address += iomd_window_skip(survey);
	return 0;
}

/* Take it away. Sleeps. */
void iomd_kernel_window_close(struct iomd_kernel_window *window)
{
	if (window->kind == IOMD_WINDOW_NONE)
		return;
	close_as(window->kind, window->base);
	if (window->kind == IOMD_WINDOW_VMAP)
		iomd_objects_dec(IOMD_OBJECT_VMAP);
	iomd_reference_put(window->memory);
	window->kind = IOMD_WINDOW_NONE;
}
