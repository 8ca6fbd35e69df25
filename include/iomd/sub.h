/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A window on a descriptor. IOSubMemoryDescriptor.
 */
#ifndef _IOMD_SUB_H
#define _IOMD_SUB_H

#include <iomd/types.h>

struct iomd_desc;

struct iomd_desc *iomd_sub_with_sub_range(struct iomd_desc *parent, u64 offset, u64 length,
					  u32 options);
int iomd_sub_init_sub_range(struct iomd_desc *sub, struct iomd_desc *parent, u64 offset,
			    u64 length, u32 direction);

#endif /* _IOMD_SUB_H */
