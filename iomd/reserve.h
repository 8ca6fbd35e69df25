/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Low pages, kept for when there are no others.
 */
#ifndef _IOMD_RESERVE_H
#define _IOMD_RESERVE_H

#include <linux/types.h>

struct page;

void iomd_reserve_init(void);
void iomd_reserve_exit(void);
struct page *iomd_reserve_get(u64 highest);
void iomd_reserve_put(struct page *page);

#endif /* _IOMD_RESERVE_H */
