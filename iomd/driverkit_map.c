// SPDX-License-Identifier: GPL-2.0-only
/*
 * The calls for drivers in user space: maps, and memory of their clients.
 */
#include <linux/export.h>
#include <linux/mm_types.h>

#include <iomd/buffer.h>
#include <iomd/desc.h>
#include <iomd/driverkit.h>
#include <iomd/map.h>
#include <iomd/namespace.h>

#include "buffer.h"
#include "map.h"

/*
 * Options. These calls have numbers of their own.
 */

/* Return: 0, or -EINVAL for anything but one of the modes there are. */
static int cache_mode(u64 options, u32 *mode)
{
	switch (options & IOMD_DK_MEMORY_MAP_CACHE_MODE_MASK) {
	case IOMD_DK_MEMORY_MAP_CACHE_MODE_DEFAULT:
		*mode = IOMD_MAP_DEFAULT_CACHE;
		return 0;
	case IOMD_DK_MEMORY_MAP_CACHE_MODE_INHIBIT:
		*mode = IOMD_MAP_INHIBIT_CACHE;
		return 0;
	case IOMD_DK_MEMORY_MAP_CACHE_MODE_COPYBACK:
		*mode = IOMD_MAP_COPYBACK_CACHE;
		return 0;
	case IOMD_DK_MEMORY_MAP_CACHE_MODE_WRITE_THROUGH:
		*mode = IOMD_MAP_WRITE_THRU_CACHE;
		return 0;
	case IOMD_DK_MEMORY_MAP_CACHE_MODE_REAL_TIME:
		*mode = IOMD_MAP_REAL_TIME_CACHE;
		return 0;
	default:
		return -EINVAL;
	}
}

/* Guarded is the default, and what means nothing is taken as it. */
static u32 guard_size(u64 options)
{
	switch (options & IOMD_DK_MEMORY_MAP_GUARDED_MASK) {
	case IOMD_DK_MEMORY_MAP_GUARDED_NONE:
		return 0;
	case IOMD_DK_MEMORY_MAP_GUARDED_LARGE:
		return IOMD_MAP_GUARDED_LARGE;
	default:
		return IOMD_MAP_GUARDED_SMALL;
	}
}

/* Did the caller make this very object? Not what it is a part of, nor what it is made of. */
static bool is_creator(struct iomd_desc *desc, const struct mm_struct *task)
{
	struct iomd_buffer *buffer = iomd_buffer_from_desc(desc);

	return buffer && iomd_buffer_creator(buffer) == task;
}

/* What devices only read, only its creator writes, who always may. */
static bool is_read_only(struct iomd_desc *desc, const struct mm_struct *task, u64 options)
{
	u32 direction = iomd_desc_get_direction(desc) & IOMD_DIRECTION_IN_OUT;

	if (is_creator(desc, task))
		return false;
	return (options & IOMD_DK_MEMORY_MAP_READ_ONLY) || direction == IOMD_DIRECTION_OUT;
}

static int map_options(struct iomd_desc *desc, const struct mm_struct *task, u64 options,
		       u32 *map_options)
{
	int err = cache_mode(options, map_options);

	if (err)
		return err;
	if (!(options & IOMD_DK_MEMORY_MAP_FIXED_ADDRESS))
		*map_options |= IOMD_MAP_ANYWHERE | guard_size(options);
	if (is_read_only(desc, task, options))
		*map_options |= IOMD_MAP_READ_ONLY;
	return 0;
}

/*
 * Maps.
 */

/* A fixed address is that of the first byte. */
static bool is_elsewhere(const struct iomd_map *map, u64 options, u64 address)
{
	return (options & IOMD_DK_MEMORY_MAP_FIXED_ADDRESS) &&
	       iomd_map_get_address(map) != address;
}

/**
 * iomd_dk_desc_create_mapping() - Map memory into the calling task.
 * @desc: Descriptor; the map holds it.
 * @options: IOMD_DK_MEMORY_MAP_*; others are ignored.
 * @address: Where the first byte is to be, with IOMD_DK_MEMORY_MAP_FIXED_ADDRESS.
 * @offset: First byte, in @desc.
 * @length: Bytes; 0 for the length of @desc, whatever @offset is.
 * @alignment: Ignored.
 * @map: Receives the map, which the caller puts, or NULL.
 *
 * What a kernel thread asks for is mapped into the kernel, as far as the kernel can be
 * mapped into; see iomd_desc_create_mapping_in_task(). The map has guards, unless it is at a
 * fixed address, or without is asked for. Memory that devices only read is mapped for
 * reading, unless the caller has made it with iomd_dk_buffer_create(): then every map is
 * writable.
 * IOKit: IOMemoryDescriptor::CreateMapping().
 *
 * Context: Process context, may sleep and fault; takes the mmap_lock of the task, and of
 *	    the one whose memory it is.
 * Return: 0; -EINVAL for NULL, and for a cache mode that there is not; -EBADE for
 *	   everything else.
 *
 * Implements MD-101..104, CON-7, DK-7, DK-22..39, DK-45, DK-53.
 */
int iomd_dk_desc_create_mapping(struct iomd_desc *desc, u64 options, u64 address, u64 offset,
				u64 length, u64 alignment, struct iomd_map **map)
{
	struct mm_struct *task = iomd_current_task();
	struct iomd_map *made;
	u32 how;
	int err;

	if (!map)
		return -EINVAL;
	*map = NULL;
	if (IS_ERR_OR_NULL(desc))
		return -EINVAL;
	err = map_options(desc, task, options, &how);
	if (err)
		return err;
	made = iomd_desc_create_mapping_in_task(desc, task, address, how, offset, length);
	if (IS_ERR(made))
		return -EBADE;
	if (is_elsewhere(made, options, address)) {
		iomd_map_put(made);
		return -EBADE;
	}
	*map = made;
	return 0;
}
EXPORT_SYMBOL_NS_GPL(iomd_dk_desc_create_mapping, IOMD_NS);

/**
 * iomd_dk_desc_map() - Map memory from its beginning on, and say where it is.
 * @desc: Descriptor; the map holds it.
 * @options: As for iomd_dk_desc_create_mapping(), as the rest is.
 * @address: Where, with IOMD_DK_MEMORY_MAP_FIXED_ADDRESS.
 * @length: Bytes; 0 for all.
 * @alignment: Ignored.
 * @map: Receives the map, or NULL. It is for whatever stands for the descriptor in the
 *	task, and is put with that.
 * @return_address: Receives the address of the first byte; may be NULL.
 * @return_length: Receives the bytes that are mapped; may be NULL.
 *
 * IOKit: IOMemoryDescriptor::Map().
 *
 * Context: As iomd_dk_desc_create_mapping().
 * Return: As that, and then the rest is unchanged. Implements DK-40.
 */
int iomd_dk_desc_map(struct iomd_desc *desc, u64 options, u64 address, u64 length, u64 alignment,
		     struct iomd_map **map, u64 *return_address, u64 *return_length)
{
	int err = iomd_dk_desc_create_mapping(desc, options, address, 0, length, alignment, map);

	if (err)
		return err;
	if (return_address)
		*return_address = iomd_map_get_address(*map);
	if (return_length)
		*return_length = iomd_map_get_length(*map);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(iomd_dk_desc_map, IOMD_NS);

/* All of a buffer, whatever of it counts at the moment. */
static struct iomd_map *map_buffer(struct iomd_buffer *buffer)
{
	struct mm_struct *task = iomd_current_task();
	struct iomd_desc *desc = iomd_buffer_desc(buffer);
	u32 how;

	map_options(desc, task, 0, &how);
	return iomd_desc_map_beyond_length(desc, task, how, iomd_buffer_get_capacity(buffer));
}

/**
 * iomd_dk_buffer_get_address_range() - Where the calling task has a buffer.
 * @memory: Buffer.
 * @map: Holds a map for whatever stands for the buffer in the task: points to NULL at
 *	first, and to the map from then on, which is put with that.
 * @range: Receives the address, and the length that counts now.
 *
 * The first call maps all of the buffer, as iomd_dk_desc_create_mapping() does without
 * options; others give the same address.
 * IOKit: IOBufferMemoryDescriptor::GetAddressRange().
 *
 * Context: As iomd_dk_desc_create_mapping().
 * Return: 0; -EINVAL for NULL; -EBADE if the buffer cannot be mapped, or no longer is: then
 *	   @range is unchanged. Implements DK-19, DK-20.
 */
int iomd_dk_buffer_get_address_range(struct iomd_buffer *memory, struct iomd_map **map,
				     struct iomd_range *range)
{
	u64 address;

	if (IS_ERR_OR_NULL(memory) || !map || !range)
		return -EINVAL;
	if (!*map) {
		struct iomd_map *made = map_buffer(memory);

		if (IS_ERR(made))
			return -EBADE;
		*map = made;
	}
	address = iomd_map_get_address(*map);
	if (!address)
		return -EBADE;
	*range = (struct iomd_range) { address, iomd_desc_get_length(iomd_buffer_desc(memory)) };
	return 0;
}
EXPORT_SYMBOL_NS_GPL(iomd_dk_buffer_get_address_range, IOMD_NS);

/**
 * iomd_dk_map_copy_state() - What a task knows of a map.
 * @map: Map.
 * @state: Receives it.
 *
 * IOKit: IOMemoryMap::_CopyState(), of which GetAddress(), GetLength() and GetOffset() tell.
 *
 * Context: Any.
 * Return: 0. Implements MAP-75, DK-6, DK-54..57.
 */
int iomd_dk_map_copy_state(const struct iomd_map *map, struct iomd_dk_map_state *state)
{
	*state = (struct iomd_dk_map_state) {
		.length = iomd_map_get_length(map),
		.offset = iomd_map_get_offset(map),
		.options = iomd_map_get_map_options(map),
		.address = iomd_map_get_address(map),
	};
	return 0;
}
EXPORT_SYMBOL_NS_GPL(iomd_dk_map_copy_state, IOMD_NS);

/*
 * Memory of clients.
 */

static struct iomd_desc *describe(struct iomd_client *client, struct mm_struct *task, u32 options,
				  u32 count, const struct iomd_range *segments)
{
	static const struct iomd_range nothing;

	return iomd_client_desc_with_options(client, count ? segments : &nothing, count ?: 1, 0,
					     task, options | IOMD_MEMORY_TYPE_VIRTUAL |
					     IOMD_MEMORY_THREAD_SAFE, NULL);
}

/**
 * iomd_client_dk_create_memory_descriptor_from_client() - Describe memory of a client.
 * @client: The calling module, IOMD_THIS_CLIENT.
 * @task: The client's task, which the descriptor holds.
 * @options: IOMD_DIRECTION_*, and IOMD_DK_MEMORY_DISABLE_COPY_ON_WRITE; others are ignored.
 * @count: Elements of @segments, up to IOMD_DK_MAX_SEGMENTS; may be zero.
 * @segments: Ranges of the client's addresses, which nothing is known of yet. The array is
 *	copied.
 * @memory: Receives the descriptor, which the caller puts, or NULL.
 *
 * Drivers call iomd_dk_create_memory_descriptor_from_client(). Maps of the descriptor show
 * a copy of the memory, unless that is disabled; a device sees the memory itself.
 * IOKit: IOUserClient::CreateMemoryDescriptorFromClient().
 *
 * Context: Process context, may sleep.
 * Return: 0; -EINVAL for what is not a user's task, too many segments, or NULL; -EAGAIN if
 *	   the task is gone; -ENOMEM for everything else. Implements DK-59..64.
 */
int iomd_client_dk_create_memory_descriptor_from_client(struct iomd_client *client,
							struct mm_struct *task, u64 options,
							u32 count,
							const struct iomd_range *segments,
							struct iomd_desc **memory)
{
	u32 how = options & IOMD_DIRECTION_IN_OUT;
	struct iomd_desc *desc;

	if (!memory)
		return -EINVAL;
	*memory = NULL;
	if (!task || task == IOMD_KERNEL_TASK || count > IOMD_DK_MAX_SEGMENTS ||
	    (count && !segments))
		return -EINVAL;
	if (!atomic_read(&task->mm_users))
		return -EAGAIN;
	if (!(options & IOMD_DK_MEMORY_DISABLE_COPY_ON_WRITE))
		how |= IOMD_MEMORY_MAP_COPY_ON_WRITE;
	desc = describe(client, task, how, count, segments);
	if (IS_ERR(desc))
		return -ENOMEM;
	*memory = desc;
	return 0;
}
EXPORT_SYMBOL_NS_GPL(iomd_client_dk_create_memory_descriptor_from_client, IOMD_NS);
