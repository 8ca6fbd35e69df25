/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The calls that IOKit has for drivers in user space: the same objects, with signatures
 * of their own and stricter rules. For whoever brings them to user space.
 *
 * On error nothing is made, and what was to receive it receives NULL.
 */
#ifndef _IOMD_DRIVERKIT_H
#define _IOMD_DRIVERKIT_H

#include <iomd/client.h>
#include <iomd/types.h>

struct iomd_buffer;
struct iomd_desc;

/* The most descriptors that one call takes. */
#define IOMD_DK_MAX_DESCRIPTORS	32

int iomd_client_dk_buffer_create(struct iomd_client *client, u64 options, u64 capacity,
				 u64 alignment, struct iomd_buffer **memory);
int iomd_dk_buffer_set_length(struct iomd_buffer *memory, u64 length);
int iomd_dk_desc_get_length(struct iomd_desc *desc, u64 *length);
int iomd_dk_desc_create_sub_memory_descriptor(u64 options, u64 offset, u64 length,
					      struct iomd_desc *of, struct iomd_desc **memory);
int iomd_dk_desc_create_with_memory_descriptors(u64 options, u32 count,
						struct iomd_desc *const *descriptors,
						struct iomd_desc **memory);

/* IOKit: IOBufferMemoryDescriptor::Create(). */
#define iomd_dk_buffer_create(options, capacity, alignment, memory) \
	iomd_client_dk_buffer_create(IOMD_THIS_CLIENT, options, capacity, alignment, memory)

#endif /* _IOMD_DRIVERKIT_H */
