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
struct iomd_dk_connect;
struct iomd_dma;
struct iomd_map;
struct mm_struct;

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

/* Options of maps. These are not those of maps in the kernel. */
#define IOMD_DK_MEMORY_MAP_FIXED_ADDRESS		0x0001
#define IOMD_DK_MEMORY_MAP_READ_ONLY			0x0002
#define IOMD_DK_MEMORY_MAP_GUARDED_MASK			0x001c
#define IOMD_DK_MEMORY_MAP_GUARDED_DEFAULT		0x0000	/* small */
#define IOMD_DK_MEMORY_MAP_GUARDED_NONE			0x0004
#define IOMD_DK_MEMORY_MAP_GUARDED_SMALL		0x0008	/* a page before and behind */
#define IOMD_DK_MEMORY_MAP_GUARDED_LARGE		0x000c	/* 64 KiB before and behind */
#define IOMD_DK_MEMORY_MAP_CACHE_MODE_MASK		0xff00	/* one of: */
#define IOMD_DK_MEMORY_MAP_CACHE_MODE_DEFAULT		0x0000
#define IOMD_DK_MEMORY_MAP_CACHE_MODE_INHIBIT		0x0100
#define IOMD_DK_MEMORY_MAP_CACHE_MODE_COPYBACK		0x0200
#define IOMD_DK_MEMORY_MAP_CACHE_MODE_WRITE_THROUGH	0x0400
#define IOMD_DK_MEMORY_MAP_CACHE_MODE_REAL_TIME		0x0800

/* Option of iomd_dk_create_memory_descriptor_from_client(). */
#define IOMD_DK_MEMORY_DISABLE_COPY_ON_WRITE		0x0010	/* maps show the memory itself */

/**
 * struct iomd_dk_map_state - What a task knows of a map.
 * @length: Bytes.
 * @offset: Of the first, in the descriptor whose map it is.
 * @options: IOMD_MAP_*.
 * @address: Of the first byte; 0 if it is not mapped any more.
 */
struct iomd_dk_map_state {
	u64 length;
	u64 offset;
	u64 options;
	u64 address;
};

int iomd_dk_desc_create_mapping(struct iomd_desc *desc, u64 options, u64 address, u64 offset,
				u64 length, u64 alignment, struct iomd_map **map);
int iomd_dk_desc_map(struct iomd_desc *desc, u64 options, u64 address, u64 length, u64 alignment,
		     struct iomd_map **map, u64 *return_address, u64 *return_length);
int iomd_dk_buffer_get_address_range(struct iomd_buffer *memory, struct iomd_map **map,
				     struct iomd_range *range);
int iomd_dk_map_copy_state(const struct iomd_map *map, struct iomd_dk_map_state *state);
int iomd_client_dk_create_memory_descriptor_from_client(struct iomd_client *client,
							struct mm_struct *task, u64 options,
							u32 count,
							const struct iomd_range *segments,
							struct iomd_desc **memory);

/* IOKit: IOUserClient::CreateMemoryDescriptorFromClient(). */
#define iomd_dk_create_memory_descriptor_from_client(task, options, count, segments, memory) \
	iomd_client_dk_create_memory_descriptor_from_client(IOMD_THIS_CLIENT, task, options, \
							    count, segments, memory)

/* What a driver in user space may say of memory for applications. */
#define IOMD_DK_USER_CLIENT_MEMORY_READ_ONLY		0x0001

/**
 * struct iomd_dk_connect_ops - How to ask a driver for memory that applications may have.
 *
 * One of the two is there. Both return 0, with a descriptor that the connection puts, the
 * same each time for one type; or an errno. They are called one at a time for a connection.
 */
struct iomd_dk_connect_ops {
	/**
	 * @client_memory_for_type: Of a driver in the kernel: @options receives IOMD_MAP_*.
	 * IOKit: IOUserClient::clientMemoryForType().
	 */
	int (*client_memory_for_type)(void *priv, u32 type, u32 *options,
				      struct iomd_desc **memory);

	/**
	 * @copy_client_memory_for_type: Of one in user space: @options receives
	 * IOMD_DK_USER_CLIENT_MEMORY_READ_ONLY, or not; the rest is ignored.
	 * IOKit: IOUserClient::CopyClientMemoryForType().
	 */
	int (*copy_client_memory_for_type)(void *priv, u64 type, u64 *options,
					   struct iomd_desc **memory);
};

struct iomd_dk_connect *iomd_dk_connect_create(const struct iomd_dk_connect_ops *ops, void *priv);
void iomd_dk_connect_free(struct iomd_dk_connect *connect);
int iomd_dk_connect_map_memory(struct iomd_dk_connect *connect, u32 type, struct mm_struct *into,
			       u64 *at_address, u64 *of_size, u32 options);
int iomd_dk_connect_unmap_memory(struct iomd_dk_connect *connect, u32 type,
				 struct mm_struct *from, u64 at_address);

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
