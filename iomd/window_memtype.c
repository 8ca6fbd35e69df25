// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cache modes of devices' memory where tasks see it.
 *
 * On x86 the kernel keeps a record of how such memory is mapped, so that it is not mapped
 * in two ways at once, and page tables are filled by that. What is not in it is uncached;
 * write-combining has to be entered before, by whoever wants it.
 */
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/mm.h>

#include <iomd/types.h>

#include "cachemode.h"
#include "general.h"
#include "window_memtype.h"

static bool is_write_combining(u32 cache)
{
	return cache == IOMD_MAP_WRITE_COMBINE_CACHE;
}

/* There is no such record for modes in which the processor keeps what it has read. */
bool iomd_memtype_is_possible(u32 cache)
{
	return !iomd_cachemode_is_default(cache) && cache != IOMD_MAP_WRITE_THRU_CACHE;
}

/* How such memory is mapped, with a protection otherwise like @prot. */
pgprot_t iomd_memtype_prot(pgprot_t prot, u32 cache)
{
	return is_write_combining(cache) ? pgprot_writecombine(prot) : pgprot_noncached(prot);
}

/* The pages of a piece of memory, to be entered or taken out; nothing for a guard. */
static bool pages_of(struct iomd_desc *memory, struct iomd_walk *walk, u64 *offset, u64 end,
		     struct iomd_extent *pages)
{
	struct iomd_extent extent;
	u64 first;

	while (*offset < end && !iomd_desc_walk(memory, walk, *offset, &extent)) {
		extent.length = min(extent.length, end - *offset);
		*offset += extent.length;
		if (walk->leaf->nature == IOMD_NATURE_GUARD)
			continue;
		first = extent.address & PAGE_MASK;
		pages->address = first;
		pages->length = PAGE_ALIGN(extent.address + extent.length) - first;
		return true;
	}
	return false;
}

static void free_until(struct iomd_desc *memory, u64 offset, u64 end)
{
	struct iomd_walk walk = {};
	struct iomd_extent pages;

	while (pages_of(memory, &walk, &offset, end, &pages))
		arch_io_free_memtype_wc(pages.address, pages.length);
}

/* The kernel makes a fuss about what is partly something else. */
static int reserve_pages(const struct iomd_extent *pages)
{
	if (region_intersects(pages->address, pages->length, IORESOURCE_MEM, IORES_DESC_NONE) ==
	    REGION_MIXED)
		return -EOPNOTSUPP;
	return arch_io_reserve_memtype_wc(pages->address, pages->length);
}

/*
 * Have memory of a device mapped in a mode that is possible. Sleeps. Return: 0; -EBUSY if
 * somebody has mapped it in another that excludes this one; -EOPNOTSUPP; -ENOMEM.
 */
int iomd_memtype_reserve(struct iomd_desc *memory, u64 offset, u64 length, u32 cache)
{
	u64 next = offset, done = offset, end = offset + length;
	struct iomd_walk walk = {};
	struct iomd_extent pages;
	int err;

	if (!is_write_combining(cache))
		return 0;
	while (pages_of(memory, &walk, &next, end, &pages)) {
		err = reserve_pages(&pages);
		if (err) {
			free_until(memory, offset, done);
			return err;
		}
		done = next;
	}
	return 0;
}

/* Undo that, once no page table has it any more. */
void iomd_memtype_free(struct iomd_desc *memory, u64 offset, u64 length, u32 cache)
{
	if (is_write_combining(cache))
		free_until(memory, offset, offset + length);
}
