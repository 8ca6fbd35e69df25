/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Portions of descriptors, added one by one. IOInterleavedMemoryDescriptor.
 */
#ifndef _IOMD_INTERLEAVED_H
#define _IOMD_INTERLEAVED_H

#include <iomd/types.h>

struct iomd_desc;

struct iomd_desc *iomd_interleaved_with_capacity(u64 capacity, u32 direction);
bool iomd_interleaved_set_memory_descriptor(struct iomd_desc *interleaved,
					    struct iomd_desc *desc, u64 offset, u64 length);
void iomd_interleaved_clear_memory_descriptors(struct iomd_desc *interleaved, u32 direction);

#endif /* _IOMD_INTERLEAVED_H */
