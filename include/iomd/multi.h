/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Descriptors one after the other, as one. IOMultiMemoryDescriptor.
 */
#ifndef _IOMD_MULTI_H
#define _IOMD_MULTI_H

#include <iomd/types.h>

struct iomd_desc;

struct iomd_desc *iomd_multi_with_descriptors(struct iomd_desc *const *descriptors, u32 count,
					      u32 direction, bool as_reference);
int iomd_multi_init_with_descriptors(struct iomd_desc *multi,
				     struct iomd_desc *const *descriptors, u32 count,
				     u32 direction, bool as_reference);

#endif /* _IOMD_MULTI_H */
