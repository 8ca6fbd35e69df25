/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a DMA command says to a descriptor, and what kinds of descriptor share in
 * answering.
 */
#ifndef _IOMD_PROTOCOL_H
#define _IOMD_PROTOCOL_H

#include <iomd/provider.h>

int iomd_desc_set_active(struct iomd_desc *desc);
int iomd_desc_set_inactive(struct iomd_desc *desc, void *caller);
int iomd_protocol_map(struct iomd_desc *desc, struct iomd_mapper *mapper,
		      struct iomd_dma *command, const struct iomd_dma_map_specification *spec,
		      u32 access, u64 offset, u64 length, u64 *map_address, u64 *map_length);

#endif /* _IOMD_PROTOCOL_H */
