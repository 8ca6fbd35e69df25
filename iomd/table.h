/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The scatterlist of a mapping.
 */
#ifndef _IOMD_TABLE_H
#define _IOMD_TABLE_H

#include "core.h"

struct iomd_mapping;

/*
 * What is to be mapped: says where bytes from @offset on are in CPU-physical memory, as far
 * as can be said at once. Called with ascending offsets, below the length. Must not sleep.
 * Return: 0 or an errno.
 */
typedef int (*iomd_stretch_fn)(void *source, u64 offset, struct iomd_stretch *stretch);

int iomd_table_build(struct iomd_mapping *mapping, iomd_stretch_fn stretch_fn, void *source,
		     u64 length, gfp_t gfp);
bool iomd_table_build_piece(struct iomd_mapping *mapping, u64 address, u64 length);
int iomd_table_copy(struct iomd_mapping *mapping, const struct sg_table *source, gfp_t gfp);
void iomd_table_free_rest(struct iomd_mapping *mapping);

#endif /* _IOMD_TABLE_H */
