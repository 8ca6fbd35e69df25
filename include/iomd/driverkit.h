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

struct device;
struct iomd_buffer;
struct iomd_desc;
struct iomd_dma;

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

/* The most segments that one call tells. */
#define IOMD_DK_MAX_SEGMENTS	32

/* Options of iomd_dk_dma_perform_operation(). */
#define IOMD_DK_DMA_PERFORM_OPERATION_READ	0x1	/* from what the device sees */
#define IOMD_DK_DMA_PERFORM_OPERATION_WRITE	0x2	/* to it */
#define IOMD_DK_DMA_PERFORM_OPERATION_ZERO	0x4

/**
 * struct iomd_dk_dma_specification - What a device demands.
 * @options: Not looked at.
 * @max_address_bits: Width of its addresses; 0 for no limit.
 * @resv: Reserved.
 *
 * IOKit: IODMACommandSpecification.
 */
struct iomd_dk_dma_specification {
	u64 options;
	u64 max_address_bits;
	u64 resv[16];
};

int iomd_client_dk_dma_create(struct iomd_client *client, struct device *device, u64 options,
			      const struct iomd_dk_dma_specification *specification,
			      struct iomd_dma **command);
int iomd_dk_dma_prepare_for_dma(struct iomd_dma *command, u64 options, struct iomd_desc *memory,
				u64 offset, u64 length, u64 *flags, u32 *segments_count,
				struct iomd_segment64 *segments);
int iomd_dk_dma_complete_dma(struct iomd_dma *command, u64 options);
int iomd_dk_dma_get_preparation(struct iomd_dma *command, u64 *offset, u64 *length,
				struct iomd_desc **memory);
int iomd_dk_dma_perform_operation(struct iomd_dma *command, u64 options, u64 dma_offset,
				  u64 length, u64 data_offset, struct iomd_desc *data);

/* IOKit: IODMACommand::Create(). */
#define iomd_dk_dma_create(device, options, specification, command) \
	iomd_client_dk_dma_create(IOMD_THIS_CLIENT, device, options, specification, command)

#endif /* _IOMD_DRIVERKIT_H */
