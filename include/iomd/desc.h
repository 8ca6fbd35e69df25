/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory descriptors: IOMemoryDescriptor and IOGeneralMemoryDescriptor.
 */
#ifndef _IOMD_DESC_H
#define _IOMD_DESC_H

#include <linux/dma-direction.h>
#include <linux/kref.h>

#include <iomd/client.h>
#include <iomd/types.h>

struct iomd_desc;
struct iomd_mapper;

/**
 * struct iomd_context - Something of the owner's that a descriptor keeps.
 * @ref: References; embed this in what is to be kept.
 * @release: Called when the last is given back.
 *
 * IOKit: any OSObject.
 */
struct iomd_context {
	struct kref ref;
	void (*release)(struct kref *ref);
};

struct iomd_desc *iomd_client_desc_with_options(struct iomd_client *client, const void *buffers,
						u32 count, u32 offset, struct mm_struct *task,
						u32 options, struct iomd_mapper *mapper);
int iomd_client_desc_init_with_options(struct iomd_client *client, struct iomd_desc *desc,
				       const void *buffers, u32 count, u32 offset,
				       struct mm_struct *task, u32 options,
				       struct iomd_mapper *mapper);
struct iomd_desc *iomd_client_desc_with_address(struct iomd_client *client, void *address,
						u64 length, u32 direction);
struct iomd_desc *iomd_client_desc_with_address_range(struct iomd_client *client, u64 address,
						      u64 length, u32 options,
						      struct mm_struct *task);
struct iomd_desc *iomd_client_desc_with_address_ranges(struct iomd_client *client,
						       const struct iomd_range *ranges,
						       u32 count, u32 options,
						       struct mm_struct *task);

/*
 * The constructors under their IOKit names. They pass on which module calls,
 * because that decides the mapper where none is given; kernel-doc stands at the
 * functions behind them.
 */
#define iomd_desc_with_options(buffers, count, offset, task, options, mapper) \
	iomd_client_desc_with_options(IOMD_THIS_CLIENT, buffers, count, offset, task, \
				      options, mapper)
#define iomd_desc_init_with_options(desc, buffers, count, offset, task, options, mapper) \
	iomd_client_desc_init_with_options(IOMD_THIS_CLIENT, desc, buffers, count, offset, \
					   task, options, mapper)
#define iomd_desc_with_address(address, length, direction) \
	iomd_client_desc_with_address(IOMD_THIS_CLIENT, address, length, direction)
#define iomd_desc_with_address_range(address, length, options, task) \
	iomd_client_desc_with_address_range(IOMD_THIS_CLIENT, address, length, options, task)
#define iomd_desc_with_address_ranges(ranges, count, options, task) \
	iomd_client_desc_with_address_ranges(IOMD_THIS_CLIENT, ranges, count, options, task)
#define iomd_desc_with_physical_address(address, length, direction) \
	iomd_client_desc_with_address_range(IOMD_THIS_CLIENT, address, length, direction, NULL)

struct iomd_desc *iomd_desc_with_persistent_memory_descriptor(struct iomd_desc *original);

void iomd_flush(void);
struct iomd_desc *iomd_desc_get(struct iomd_desc *desc);
void iomd_desc_put(struct iomd_desc *desc);

int iomd_desc_prepare(struct iomd_desc *desc, u32 direction);
int iomd_desc_complete(struct iomd_desc *desc, u32 direction);

u64 iomd_desc_read_bytes(struct iomd_desc *desc, u64 offset, void *bytes, u64 length);
u64 iomd_desc_write_bytes(struct iomd_desc *desc, u64 offset, const void *bytes, u64 length);

u64 iomd_desc_get_physical_segment(struct iomd_desc *desc, u64 offset, u64 *length, u32 options);
u64 iomd_desc_get_physical_address(struct iomd_desc *desc);

int iomd_desc_perform_operation(struct iomd_desc *desc, u32 operation, u64 offset, u64 length);
u64 iomd_desc_get_dma_map_length(struct iomd_desc *desc, u64 *offset);
int iomd_desc_get_page_counts(struct iomd_desc *desc, u64 *resident, u64 *dirty);
int iomd_desc_set_purgeable(struct iomd_desc *desc, u32 new_state, u32 *old_state);
int iomd_desc_set_ownership(struct iomd_desc *desc, struct mm_struct *owner, int ledger_tag,
			    u32 ledger_options);

u32 iomd_desc_get_direction(const struct iomd_desc *desc);
u64 iomd_desc_get_length(const struct iomd_desc *desc);
u64 iomd_desc_get_flags(const struct iomd_desc *desc);
u32 iomd_desc_get_tag(const struct iomd_desc *desc);
void iomd_desc_set_tag(struct iomd_desc *desc, u32 tag);
void iomd_desc_set_vm_tags(struct iomd_desc *desc, u32 kernel_tag, u32 user_tag);
u32 iomd_desc_get_vm_tag(const struct iomd_desc *desc, const struct mm_struct *task);
void iomd_desc_set_mapper_options(struct iomd_desc *desc, u16 options);
u16 iomd_desc_get_mapper_options(const struct iomd_desc *desc);
u64 iomd_desc_get_preparation_id(struct iomd_desc *desc);
void iomd_desc_set_preparation_id(struct iomd_desc *desc);
u64 iomd_desc_get_descriptor_id(struct iomd_desc *desc);
void iomd_desc_set_context(struct iomd_desc *desc, struct iomd_context *context);
struct iomd_context *iomd_desc_copy_context(struct iomd_desc *desc);

/**
 * iomd_direction_to_dma() - The DMA API's name for a direction.
 * @direction: IOMD_DIRECTION_*; bits above the direction are ignored.
 *
 * The one place where the two sets of numbers meet. NONE means that the
 * transfer may go either way.
 *
 * Return: The direction.
 */
static inline enum dma_data_direction iomd_direction_to_dma(u32 direction)
{
	switch (direction & IOMD_DIRECTION_IN_OUT) {
	case IOMD_DIRECTION_IN:
		return DMA_FROM_DEVICE;
	case IOMD_DIRECTION_OUT:
		return DMA_TO_DEVICE;
	default:
		return DMA_BIDIRECTIONAL;
	}
}

#endif /* _IOMD_DESC_H */
