/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cache modes of memory that is ours.
 */
#ifndef _IOMD_CACHEMODE_H
#define _IOMD_CACHEMODE_H

#include <linux/pgtable.h>
#include <linux/types.h>

struct page;

bool iomd_cachemode_is_default(u32 mode);
bool iomd_cachemode_is_possible(u32 mode);
int iomd_cachemode_set(struct page **pages, unsigned int nr, u32 mode);
void iomd_cachemode_restore(struct page **pages, unsigned int nr);
pgprot_t iomd_cachemode_prot(pgprot_t prot, u32 mode);

#endif /* _IOMD_CACHEMODE_H */
