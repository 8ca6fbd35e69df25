// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cache modes of memory that is ours.
 *
 * Memory must not be mapped in two ways at once, so the mode is one of the pages, and is
 * changed where the kernel has them mapped already. That takes pages that nobody else
 * uses, and they get their old mode back before they are freed.
 */
#include <linux/errno.h>
#include <linux/mm.h>

#ifdef CONFIG_X86
#include <asm/set_memory.h>
#endif

#include <iomd/types.h>

#include "cachemode.h"

/* Memory is in one of these modes when it is allocated. */
bool iomd_cachemode_is_default(u32 mode)
{
	switch (mode) {
	case IOMD_MAP_DEFAULT_CACHE:
	case IOMD_MAP_COPYBACK_CACHE:
	case IOMD_MAP_COPYBACK_INNER_CACHE:
		return true;
	default:
		return false;
	}
}

static bool is_write_combining(u32 mode)
{
	return mode == IOMD_MAP_WRITE_COMBINE_CACHE;
}

static bool is_uncached(u32 mode)
{
	return mode == IOMD_MAP_INHIBIT_CACHE || mode == IOMD_MAP_REAL_TIME_CACHE;
}

bool iomd_cachemode_is_possible(u32 mode)
{
	if (iomd_cachemode_is_default(mode))
		return true;
	return IS_ENABLED(CONFIG_X86) && (is_write_combining(mode) || is_uncached(mode));
}

/* Change @nr pages to a mode that is possible and not the default. Sleeps. */
int iomd_cachemode_set(struct page **pages, unsigned int nr, u32 mode)
{
#ifdef CONFIG_X86
	if (is_write_combining(mode))
		return set_pages_array_wc(pages, nr);
	return set_pages_array_uc(pages, nr);
#else
	return -EOPNOTSUPP;
#endif
}

void iomd_cachemode_restore(struct page **pages, unsigned int nr)
{
#ifdef CONFIG_X86
	set_pages_array_wb(pages, nr);
#endif
}

/* How pages of this mode are mapped once more, with a protection otherwise like @prot. */
pgprot_t iomd_cachemode_prot(pgprot_t prot, u32 mode)
{
	if (is_write_combining(mode))
		return pgprot_writecombine(prot);
	if (is_uncached(mode))
		return pgprot_noncached(prot);
	return prot;
}
