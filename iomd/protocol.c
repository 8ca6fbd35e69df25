// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a DMA command says to a descriptor: tell me about yourself, walk, map. How a
 * descriptor that is made of others answers; general ones know more of themselves.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/printk.h>

#include <iomd/desc.h>
#include <iomd/mapper.h>
#include <iomd/namespace.h>

#include "core.h"
#include "protocol.h"

/*
 * Active: somebody is using the memory, though no command of ours.
 */

/* Keep the memory resident. Return: 0, or -EAGAIN if it is not prepared. */
int iomd_desc_set_active(struct iomd_desc *desc)
{
	if (!iomd_desc_hold(desc))
		return -EAGAIN;
	iomd_desc_get(desc);
	atomic_inc(&desc->nr_active);
	return 0;
}

/* Undo it. Return: 0, or -EINVAL, with a message, if there was nothing to undo. */
int iomd_desc_set_inactive(struct iomd_desc *desc, void *caller)
{
	if (atomic_dec_if_positive(&desc->nr_active) < 0) {
		pr_warn_ratelimited("%pS made the %s descriptor %p inactive, which was not active\n",
				    caller, desc->ops->name, desc);
		return -EINVAL;
	}
	iomd_desc_drop(desc);
	iomd_desc_put(desc);
	return 0;
}

/*
 * Mapping.
 */

/*
 * Map a part of @desc for whatever the device may do with it as it is prepared, or for
 * @access, if that is not 0.
 */
int iomd_protocol_map(struct iomd_desc *desc, struct iomd_mapper *mapper,
		      struct iomd_dma *command, const struct iomd_dma_map_specification *spec,
		      u32 access, u64 offset, u64 length, u64 *map_address, u64 *map_length)
{
	int err;

	*map_address = 0;
	*map_length = 0;
	if (!mapper || (desc->flags & IOMD_MEMORY_HOST_ONLY))
		return 0;
	if (!access)
		access = IOMD_DMA_MAP_READ_ACCESS | (iomd_desc_is_read_only(desc) ? 0 :
						     IOMD_DMA_MAP_WRITE_ACCESS);
	err = iomd_mapper_iovm_map_memory(mapper, desc, offset, length, access, spec, command,
					  NULL, map_address, map_length);
	if (err || !command)
		return err;
	err = iomd_desc_set_active(desc);
	if (err) {
		iomd_mapper_iovm_unmap_memory(mapper, desc, command, *map_address, *map_length);
		*map_address = 0;
		*map_length = 0;
	}
	return err;
}

/* What maps nothing counts nothing, on the way back neither. */
static int protocol_unmap(struct iomd_desc *desc, struct iomd_mapper *mapper,
			  struct iomd_dma *command, u64 map_address, u64 map_length, void *caller)
{
	int err = 0;

	if (!mapper || (desc->flags & IOMD_MEMORY_HOST_ONLY))
		return 0;
	if (map_length)
		err = iomd_mapper_iovm_unmap_memory(mapper, desc, command, map_address,
						    map_length);
	if (command)
		iomd_desc_set_inactive(desc, caller);
	return err;
}

/**
 * iomd_desc_dma_map() - Map part of a descriptor for a mapper's device.
 * @desc: Descriptor, prepared.
 * @mapper: Mapper of a device; NULL for none, for which nothing is mapped.
 * @command: The command that will use it, or NULL. With one the descriptor becomes
 *	active: its memory stays resident until it is unmapped.
 * @spec: What the mapping has to be like, or NULL.
 * @offset: First byte.
 * @length: Bytes.
 * @map_address: Receives the bus address of the first byte; 0 if nothing is mapped.
 * @map_length: Receives how much bus space it takes, or 0.
 *
 * The mapping is the caller's, who undoes it with iomd_desc_dma_unmap(). The device may
 * read, and unless the memory is prepared for reading only, write. Host-only memory is
 * not mapped, and that is no error; but what is made of host-only memory and other is
 * refused. IOKit: IOMemoryDescriptor::dmaMap().
 *
 * Context: Process context, may sleep.
 * Return: 0, or as iomd_mapper_iovm_map_memory(). Implements MAPPER-73..79, MD-86.
 */
int iomd_desc_dma_map(struct iomd_desc *desc, struct iomd_mapper *mapper,
		      struct iomd_dma *command, const struct iomd_dma_map_specification *spec,
		      u64 offset, u64 length, u64 *map_address, u64 *map_length)
{
	if (!map_address || !map_length)
		return -EINVAL;
	return iomd_protocol_map(desc, mapper, command, spec, 0, offset, length, map_address,
				 map_length);
}
EXPORT_SYMBOL_NS_GPL(iomd_desc_dma_map, IOMD_NS);

/**
 * iomd_desc_dma_unmap() - Undo iomd_desc_dma_map().
 * @desc: Descriptor.
 * @mapper: Mapper.
 * @command: The command that was given, or NULL.
 * @offset: Not looked at.
 * @map_address: As stored.
 * @map_length: As stored; for 0 there is nothing to unmap.
 *
 * IOKit: IOMemoryDescriptor::dmaUnmap().
 *
 * Context: Any.
 * Return: 0; -EINVAL if nothing is mapped there. Implements MAPPER-80..82.
 */
int iomd_desc_dma_unmap(struct iomd_desc *desc, struct iomd_mapper *mapper,
			struct iomd_dma *command, u64 offset, u64 map_address, u64 map_length)
{
	return protocol_unmap(desc, mapper, command, map_address, map_length,
			      __builtin_return_address(0));
}
EXPORT_SYMBOL_NS_GPL(iomd_desc_dma_unmap, IOMD_NS);

/**
 * iomd_desc_dma_map_record() - Note that memory was mapped by other means.
 * @desc: Descriptor, prepared.
 * @mapper: The mapper; nothing is accounted to it.
 * @command: The command that uses it; or NULL, for which nothing happens.
 * @map_length: Not looked at.
 *
 * The descriptor becomes active, until iomd_desc_dma_unmap() with a length of 0.
 * IOKit: IOMemoryDescriptor::dmaMapRecord().
 *
 * Context: Any.
 * Return: 0; -EAGAIN if the memory is not prepared. Implements MAPPER-84.
 */
int iomd_desc_dma_map_record(struct iomd_desc *desc, struct iomd_mapper *mapper,
			     struct iomd_dma *command, u64 map_length)
{
	if (!command || !mapper || (desc->flags & IOMD_MEMORY_HOST_ONLY))
		return 0;
	return iomd_desc_set_active(desc);
}
EXPORT_SYMBOL_NS_GPL(iomd_desc_dma_map_record, IOMD_NS);

/*
 * The operation.
 */

/* The size of an operation's record; 0 if there is no such operation. */
static u32 record_size(u32 op)
{
	switch (op & IOMD_MD_DMA_COMMAND_OPERATION_MASK) {
	case IOMD_MD_WALK_SEGMENTS:
		return sizeof(struct iomd_md_dma_walk_segment_state);
	case IOMD_MD_GET_CHARACTERISTICS:
		return sizeof(struct iomd_md_dma_characteristics);
	case IOMD_MD_ADD_DMA_MAP_SPEC:
		return sizeof(struct iomd_dma_map_specification);
	case IOMD_MD_DMA_MAP:
	case IOMD_MD_DMA_UNMAP:
		return sizeof(struct iomd_md_dma_map_args);
	default:
		return 0;
	}
}

static int get_characteristics(struct iomd_desc *desc,
			       struct iomd_md_dma_characteristics *characteristics)
{
	characteristics->length = desc->length;
	characteristics->sg_count = 0;
	characteristics->direction = iomd_desc_get_direction(desc);
	characteristics->is_prepared = true;
	return 0;
}

/* Over everything that is contiguous, whatever descriptors it is in. */
static int walk_segments(struct iomd_desc *desc, struct iomd_md_dma_walk_segment_args *args)
{
	struct iomd_walk walk = {};
	struct iomd_extent extent;
	int err;

	if (args->mapped)
		return -EOPNOTSUPP;
	err = iomd_desc_walk_joined(desc, iomd_desc_walk, &walk, args->offset, U64_MAX, &extent);
	if (err)
		return err;
	args->iovm_addr = extent.address;
	args->length = extent.length;
	return 0;
}

static int dma_map(struct iomd_desc *desc, struct iomd_md_dma_map_args *args)
{
	return iomd_protocol_map(desc, args->mapper, args->command, &args->map_spec, 0,
				 args->offset, args->length, &args->alloc, &args->alloc_length);
}

/* How a descriptor answers that knows nothing of its memory itself. */
static int base_operation(struct iomd_desc *desc, u32 op, void *data)
{
	switch (op & IOMD_MD_DMA_COMMAND_OPERATION_MASK) {
	case IOMD_MD_GET_CHARACTERISTICS:
		return get_characteristics(desc, data);
	case IOMD_MD_WALK_SEGMENTS:
		return walk_segments(desc, data);
	case IOMD_MD_DMA_MAP:
		return dma_map(desc, data);
	case IOMD_MD_ADD_DMA_MAP_SPEC:
		return -EOPNOTSUPP;
	default:
		return -EINVAL;
	}
}

/**
 * iomd_desc_dma_command_operation() - Speak to a descriptor as a DMA command does.
 * @desc: Descriptor.
 * @op: IOMD_MD_*.
 * @data: The operation's record; not looked at where there is none.
 * @data_size: Its size.
 *
 * ================================  ===============================================
 * IOMD_MD_GET_CHARACTERISTICS       &struct iomd_md_dma_characteristics, which the
 *                                   caller has zeroed
 * IOMD_MD_WALK_SEGMENTS, _FIRST_    &struct iomd_md_dma_walk_segment_state, which the
 *                                   caller has zeroed before the first step
 * IOMD_MD_SET_DMA_ACTIVE, _INACTIVE none; of a general descriptor: keep the memory
 *                                   resident, or no longer
 * IOMD_MD_ADD_DMA_MAP_SPEC          &struct iomd_dma_map_specification; of a general
 *                                   descriptor: demand more of mappings to come
 * IOMD_MD_DMA_MAP, IOMD_MD_DMA_UNMAP &struct iomd_md_dma_map_args
 * ================================  ===============================================
 *
 * IOKit: IOMemoryDescriptor::dmaCommandOperation().
 *
 * Context: Process context, may sleep.
 * Return: 0; -ENOSR if @data_size is too small; -EINVAL for an operation that the
 *	   descriptor has not, and for making inactive what is not active; -EOPNOTSUPP
 *	   for constraints, and for bus addresses, of a descriptor that is made of others;
 *	   -EOVERFLOW at the end, and of one that is made of others also behind it, where
 *	   general ones say -ENOTRECOVERABLE; -EAGAIN if the memory is not prepared;
 *	   -ENXIO for remote memory that should be mapped. IOMD_MD_DMA_MAP also as
 *	   iomd_mapper_iovm_map_memory(). IOMD_MD_DMA_UNMAP always succeeds.
 *
 * Implements MD-82..86, GMD-84..97, SUB-23, ILV-21, MAPPER-43..72.
 */
int iomd_desc_dma_command_operation(struct iomd_desc *desc, u32 op, void *data, u32 data_size)
{
	u32 operation = op & IOMD_MD_DMA_COMMAND_OPERATION_MASK;
	struct iomd_md_dma_map_args *args = data;
	u32 size = record_size(op);

	if (data_size < size)
		return -ENOSR;
	if (size && !data)
		return -EINVAL;
	if (operation == IOMD_MD_DMA_UNMAP) {
		protocol_unmap(desc, args->mapper, args->command, args->alloc, args->alloc_length,
			       __builtin_return_address(0));
		return 0;
	}
	if (desc->ops->command_operation)
		return desc->ops->command_operation(desc, op, data, __builtin_return_address(0));
	return base_operation(desc, op, data);
}
EXPORT_SYMBOL_NS_GPL(iomd_desc_dma_command_operation, IOMD_NS);
