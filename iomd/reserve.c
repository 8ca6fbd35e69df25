// SPDX-License-Identifier: GPL-2.0-only
/*
 * Low pages, kept for when there are no others.
 *
 * Where a device's addresses have 24 to 32 bits, few pages are low enough to double
 * buffer with, and a machine with a lot of memory can be out of those while most of it is
 * free. Transfers go on then, a few pages at a time: what a transfer took from here it
 * gives back here.
 */
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/spinlock.h>

#include "reserve.h"

/* Half from the lowest zone, half from the one for 32 bits, which takes the load off it. */
#define RESERVE_BYTES	(256 * 1024)
#define RESERVE_PAGES	(RESERVE_BYTES / PAGE_SIZE > 8 ? RESERVE_BYTES / PAGE_SIZE : 8)

static struct page *reserve[RESERVE_PAGES];
static unsigned int reserve_nr;
static DEFINE_SPINLOCK(reserve_lock);	/* guards both */

static void fill_from(gfp_t zone, unsigned int limit)
{
	while (reserve_nr < limit) {
		struct page *page = alloc_page(GFP_KERNEL | zone | __GFP_NOWARN | __GFP_NORETRY);

		if (!page)
			return;
		if (page_to_phys(page) + PAGE_SIZE - 1 > DMA_BIT_MASK(32)) {
			__free_page(page);
			return;
		}
		reserve[reserve_nr++] = page;
	}
}

/* It is no error if there is less than planned, or nothing. */
void __init iomd_reserve_init(void)
{
	fill_from(GFP_DMA, RESERVE_PAGES / 2);
	fill_from(GFP_DMA32, RESERVE_PAGES);
}

void iomd_reserve_exit(void)
{
	while (reserve_nr)
		__free_page(reserve[--reserve_nr]);
}

/* The highest of those that are low enough: leave the lower ones to others. */
static struct page *take(u64 highest)
{
	unsigned int i, best = RESERVE_PAGES;
	struct page *page;

	lockdep_assert_held(&reserve_lock);
	for (i = 0; i < reserve_nr; i++) {
		u64 address = page_to_phys(reserve[i]);

		if (address + PAGE_SIZE - 1 <= highest &&
		    (best == RESERVE_PAGES || address > page_to_phys(reserve[best])))
			best = i;
	}
	if (best == RESERVE_PAGES)
		return NULL;
	page = reserve[best];
	reserve[best] = reserve[--reserve_nr];
	return page;
}

/*
 * One zeroed page with no byte above @highest, or NULL. Any context. It goes back with
 * iomd_reserve_put().
 */
struct page *iomd_reserve_get(u64 highest)
{
	struct page *page;
	unsigned long flags;

	spin_lock_irqsave(&reserve_lock, flags);
	page = take(highest);
	spin_unlock_irqrestore(&reserve_lock, flags);
	if (page)
		clear_page(page_address(page));
	return page;
}

void iomd_reserve_put(struct page *page)
{
	unsigned long flags;

	spin_lock_irqsave(&reserve_lock, flags);
	reserve[reserve_nr++] = page;
	spin_unlock_irqrestore(&reserve_lock, flags);
}
