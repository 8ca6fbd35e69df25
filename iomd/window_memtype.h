/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cache modes of devices' memory where tasks see it.
 */
#ifndef _IOMD_WINDOW_MEMTYPE_H
#define _IOMD_WINDOW_MEMTYPE_H

#include <linux/pgtable.h>
#include <linux/types.h>

struct iomd_desc;

bool iomd_memtype_is_possible(u32 cache);
pgprot_t iomd_memtype_prot(pgprot_t prot, u32 cache);
int iomd_memtype_reserve(struct iomd_desc *memory, u64 offset, u64 length, u32 cache);
void iomd_memtype_free(struct iomd_desc *memory, u64 offset, u64 length, u32 cache);

#endif /* _IOMD_WINDOW_MEMTYPE_H */
