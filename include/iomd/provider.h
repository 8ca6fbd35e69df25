/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What descriptors, commands and mappers say to each other. Drivers seldom need it:
 * it is for those who write a DMA command, a mapper or a kind of descriptor of their own.
 */
#ifndef _IOMD_PROVIDER_H
#define _IOMD_PROVIDER_H

#include <linux/types.h>

#include <iomd/client.h>

struct device;
struct iomd_desc;
struct iomd_dma;
struct iomd_mapper;
struct module;
struct page;

/* Operations of iomd_desc_dma_command_operation(); below the mask a parameter. */
#define IOMD_MD_WALK_SEGMENTS			0x01000000
#define IOMD_MD_FIRST_SEGMENT			0x01000001
#define IOMD_MD_GET_CHARACTERISTICS		0x02000000
#define IOMD_MD_GET_CHARACTERISTICS_MAPPED	0x02000001
#define IOMD_MD_DMA_ACTIVE			0x03000000
#define IOMD_MD_SET_DMA_INACTIVE		0x03000000
#define IOMD_MD_SET_DMA_ACTIVE			0x03000001
#define IOMD_MD_ADD_DMA_MAP_SPEC		0x04000000
#define IOMD_MD_DMA_MAP				0x05000000
#define IOMD_MD_DMA_UNMAP			0x06000000
#define IOMD_MD_DMA_COMMAND_OPERATION_MASK	0xff000000

/* Options of iomd_mapper_iovm_map_memory(). */
#define IOMD_DMA_MAP_READ_ACCESS		0x00000001	/* the device may read */
#define IOMD_DMA_MAP_WRITE_ACCESS		0x00000002	/* the device may write */
#define IOMD_DMA_MAP_PHYSICALLY_CONTIGUOUS	0x00000010	/* accepted */
#define IOMD_DMA_MAP_DEVICE_MEMORY		0x00000020	/* accepted */
#define IOMD_DMA_MAP_PAGING_PATH		0x00000040	/* must not wait for memory */
#define IOMD_DMA_MAP_IDENTITY_MAP		0x00000080	/* refused */
#define IOMD_DMA_MAP_PAGE_LIST_FULLY_OCCUPIED	0x00000100	/* accepted */
#define IOMD_DMA_MAP_FIXED_ADDRESS		0x00000200	/* refused */

/* Options of iomd_desc_set_mapper_options(). */
#define IOMD_MAPPER_UNCACHED			0x0001
#define IOMD_MAPPER_TRANSIENT			0x0002

/**
 * struct iomd_md_dma_characteristics - What a descriptor says of itself.
 * @length: Bytes.
 * @sg_count: Ranges; 0 if the descriptor is made of others.
 * @pages: Pages touched, counted for each range.
 * @page_align: Where in its page the first byte lies, with all higher bits set; stored
 *	only for memory that was prepared as one piece.
 * @highest_page: Highest physical page; stored only for prepared memory.
 * @direction: IOMD_DIRECTION_*.
 * @is_prepared: Whether it is prepared; of one that is made of others, true.
 *
 * IOKit: IOMDDMACharacteristics.
 */
struct iomd_md_dma_characteristics {
	u64 length;
	u32 sg_count;
	u32 pages;
	u32 page_align;
	u32 highest_page;
	u32 direction;
	u8 is_prepared;
};

/**
 * struct iomd_md_dma_walk_segment_args - One step of a walk.
 * @offset: In: byte asked for.
 * @iovm_addr: Out: its address.
 * @length: Out: bytes from there on that are contiguous.
 * @mapped: In: ask for the address in the descriptor's own mapping.
 * @mapped_base: Not used.
 *
 * IOKit: IOMDDMAWalkSegmentArgs.
 */
struct iomd_md_dma_walk_segment_args {
	u64 offset;
	u64 iovm_addr;
	u64 length;
	u8 mapped;
	u64 mapped_base;
};

/**
 * struct iomd_md_dma_walk_segment_state - A walk.
 * @args: The step.
 * @opaque: The descriptor's. Steps that go forward are cheaper for it; what they say
 *	does not depend on it.
 *
 * IOKit: IOMDDMAWalkSegmentState.
 */
struct iomd_md_dma_walk_segment_state {
	struct iomd_md_dma_walk_segment_args args;
	u8 opaque[128 - sizeof(struct iomd_md_dma_walk_segment_args)];
};

/**
 * struct iomd_dma_map_specification - What a mapping has to be like.
 * @alignment: Of its address, a power of two; 0 for none.
 * @device: Not used: a mapper stands for one device.
 * @options: Not used.
 * @num_address_bits: Width of the device's addresses; 0 for no limit.
 * @resv_a: Reserved.
 * @resv_b: Reserved.
 *
 * IOKit: IODMAMapSpecification.
 */
struct iomd_dma_map_specification {
	u64 alignment;
	struct device *device;
	u32 options;
	u8 num_address_bits;
	u8 resv_a[3];
	u32 resv_b[4];
};

/**
 * struct iomd_dma_map_page_list - Pages to be mapped.
 * @page_offset: Where in the first page the first byte lies.
 * @page_list_count: Pages.
 * @page_list: The pages, which the caller keeps where they are.
 *
 * IOKit: IODMAMapPageList.
 */
struct iomd_dma_map_page_list {
	u32 page_offset;
	u32 page_list_count;
	struct page *const *page_list;
};

/**
 * struct iomd_md_dma_map_args - Map for DMA, or undo it.
 * @mapper: Mapper.
 * @command: Command that uses the memory, or NULL. Only whether there is one matters.
 * @map_spec: What the mapping has to be like.
 * @offset: First byte.
 * @length: Bytes.
 * @alloc: Address of the first byte.
 * @alloc_length: Bytes of bus space; 0 if the mapping is the descriptor's own.
 *
 * IOKit: IOMDDMAMapArgs.
 */
struct iomd_md_dma_map_args {
	struct iomd_mapper *mapper;
	struct iomd_dma *command;
	struct iomd_dma_map_specification map_spec;
	u64 offset;
	u64 length;
	u64 alloc;
	u64 alloc_length;
};

/**
 * struct iomd_provider_ops - A kind of memory that a driver provides.
 * @owner: The module that has the callbacks, THIS_MODULE.
 * @name: For messages.
 */
struct iomd_provider_ops {
	struct module *owner;
	const char *name;

	/**
	 * @prepare: Make the memory resident, where it stays until @complete:
	 * IOMD_DIRECTION_OUT if devices will but read it, else IOMD_DIRECTION_IN_OUT.
	 * Once for any number of nested prepares. Process context; may use other
	 * descriptors, but none that a provider stands behind. Returns 0 or an errno,
	 * which the caller of iomd_desc_prepare() gets. This callback is optional.
	 */
	int (*prepare)(void *priv, u32 direction);

	/**
	 * @complete: Undo @prepare, with the same direction; no device has the memory
	 * any more. In process context, and cannot fail. This callback is optional.
	 */
	void (*complete)(void *priv, u32 direction);

	/**
	 * @get_physical_segment: The CPU-physical address of the byte at @offset, and
	 * in @length how many bytes are contiguous from there on, of those that are
	 * described. Asked in order, behind @prepare. Returns 0 if there is no memory.
	 * This callback is mandatory.
	 */
	u64 (*get_physical_segment)(void *priv, u64 offset, u64 *length);

	/**
	 * @release: The descriptor is gone, completed if it was prepared. Process
	 * context. This callback is optional.
	 */
	void (*release)(void *priv);
};

struct iomd_desc *iomd_client_desc_with_provider(struct iomd_client *client,
						 const struct iomd_provider_ops *ops, void *priv,
						 u64 length, u32 options,
						 struct iomd_mapper *mapper);

#define iomd_desc_with_provider(ops, priv, length, options, mapper) \
	iomd_client_desc_with_provider(IOMD_THIS_CLIENT, ops, priv, length, options, mapper)

int iomd_desc_dma_command_operation(struct iomd_desc *desc, u32 op, void *data, u32 data_size);
int iomd_desc_dma_map(struct iomd_desc *desc, struct iomd_mapper *mapper,
		      struct iomd_dma *command, const struct iomd_dma_map_specification *spec,
		      u64 offset, u64 length, u64 *map_address, u64 *map_length);
int iomd_desc_dma_unmap(struct iomd_desc *desc, struct iomd_mapper *mapper,
			struct iomd_dma *command, u64 offset, u64 map_address, u64 map_length);
int iomd_desc_dma_map_record(struct iomd_desc *desc, struct iomd_mapper *mapper,
			     struct iomd_dma *command, u64 map_length);

int iomd_mapper_iovm_map_memory(struct iomd_mapper *mapper, struct iomd_desc *memory, u64 offset,
				u64 length, u32 map_options,
				const struct iomd_dma_map_specification *spec,
				struct iomd_dma *command,
				const struct iomd_dma_map_page_list *page_list,
				u64 *map_address, u64 *map_length);
int iomd_mapper_iovm_unmap_memory(struct iomd_mapper *mapper, struct iomd_desc *memory,
				  struct iomd_dma *command, u64 map_address, u64 map_length);
int iomd_mapper_iovm_insert(struct iomd_mapper *mapper, u32 options, u64 map_address, u64 offset,
			    u64 physical_address, u64 length);
u32 iomd_client_mapper_iovm_alloc(struct iomd_client *client, unsigned int pages);
void iomd_client_mapper_iovm_free(struct iomd_client *client, u32 addr, unsigned int pages);
u32 iomd_client_mapper_insert_page(struct iomd_client *client, u32 addr, unsigned int offset,
				   u32 page);

/* The same under their IOKit names; see <iomd/client.h>. */
#define iomd_mapper_iovm_alloc(pages) \
	iomd_client_mapper_iovm_alloc(IOMD_THIS_CLIENT, pages)
#define iomd_mapper_iovm_free(addr, pages) \
	iomd_client_mapper_iovm_free(IOMD_THIS_CLIENT, addr, pages)
#define iomd_mapper_insert_page(addr, offset, page) \
	iomd_client_mapper_insert_page(IOMD_THIS_CLIENT, addr, offset, page)

u64 iomd_mapper_map_to_physical_address(struct iomd_mapper *mapper, u64 mapped_address);

#endif /* _IOMD_PROVIDER_H */
