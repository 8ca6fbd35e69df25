// SPDX-License-Identifier: GPL-2.0-only
/*
 * The calls for drivers in user space, over those for drivers in the kernel.
 */
#include <linux/export.h>
#include <linux/log2.h>
#include <linux/overflow.h>

#include <iomd/buffer.h>
#include <iomd/desc.h>
#include <iomd/driverkit.h>
#include <iomd/multi.h>
#include <iomd/namespace.h>
#include <iomd/sub.h>

#include "buffer.h"

static bool is_direction(u64 options)
{
	return !(options & ~(u64)IOMD_DIRECTION_IN_OUT);
}

/* A descriptor that says nothing of its direction may be used in any. */
static bool allows(const struct iomd_desc *desc, u64 direction)
{
	u32 allowed = iomd_desc_get_direction(desc) & IOMD_DIRECTION_IN_OUT;

	return !allowed || !(direction & ~allowed);
}

/**
 * iomd_client_dk_buffer_create() - Make a buffer for a driver in user space.
 * @client: The calling module, IOMD_THIS_CLIENT.
 * @options: IOMD_DIRECTION_*, and nothing else.
 * @capacity: Bytes, at least one.
 * @alignment: Of the first byte, a power of two, or 0; whole pages at least.
 * @memory: Receives the buffer, which the caller puts, or NULL.
 *
 * Drivers call iomd_dk_buffer_create(). The buffer is the kernel's, wired and zeroed, and
 * as long as @capacity. Who made it is remembered.
 * IOKit: IOBufferMemoryDescriptor::Create().
 *
 * Context: Process context, may sleep.
 * Return: 0; -EINVAL for other options, a strange alignment, or NULL; -ENOMEM for
 *	   everything else. Implements BUF-58, BUF-59, BUF-61, DK-8..14.
 */
int iomd_client_dk_buffer_create(struct iomd_client *client, u64 options, u64 capacity,
				 u64 alignment, struct iomd_buffer **memory)
{
	struct mm_struct *creator = iomd_current_task();
	struct iomd_buffer *buffer;

	if (!memory)
		return -EINVAL;
	*memory = NULL;
	if (!is_direction(options) || (alignment && !is_power_of_2(alignment)))
		return -EINVAL;

	buffer = iomd_client_buffer_create(client, IOMD_KERNEL_TASK,
					   options | IOMD_BUFFER_KERNEL_USER_SHARED |
					   IOMD_MEMORY_THREAD_SAFE, capacity, alignment, 0, NULL);
	if (IS_ERR(buffer))
		return -ENOMEM;
	iomd_buffer_set_creator(buffer, creator);
	*memory = buffer;
	return 0;
}
EXPORT_SYMBOL_NS_GPL(iomd_client_dk_buffer_create, IOMD_NS);

/**
 * iomd_dk_buffer_set_length() - Say how much of a buffer counts.
 * @memory: Buffer.
 * @length: Bytes; if it is more than the capacity nothing happens.
 *
 * IOKit: IOBufferMemoryDescriptor::SetLength().
 *
 * Context: Any.
 * Return: 0. Implements BUF-60, DK-15..17.
 */
int iomd_dk_buffer_set_length(struct iomd_buffer *memory, u64 length)
{
	iomd_buffer_set_length(memory, length);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(iomd_dk_buffer_set_length, IOMD_NS);

/**
 * iomd_dk_desc_get_length() - How many bytes are described.
 * @desc: Descriptor.
 * @length: Receives them.
 *
 * IOKit: IOMemoryDescriptor::GetLength().
 *
 * Context: Any.
 * Return: 0. Implements DK-21.
 */
int iomd_dk_desc_get_length(struct iomd_desc *desc, u64 *length)
{
	*length = iomd_desc_get_length(desc);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(iomd_dk_desc_get_length, IOMD_NS);

/* What could be made, or why not, as these calls tell it. */
static int hand_out(struct iomd_desc *desc, struct iomd_desc **memory)
{
	if (IS_ERR(desc))
		return PTR_ERR(desc) == -EOVERFLOW ? -EINVAL : -ENOMEM;
	*memory = desc;
	return 0;
}

/**
 * iomd_dk_desc_create_sub_memory_descriptor() - A window on a descriptor.
 * @options: IOMD_DIRECTION_*, and nothing else; no more than @of allows.
 * @offset: First byte, in @of.
 * @length: Bytes; may be zero.
 * @of: Descriptor; the new one holds it.
 * @memory: Receives the descriptor, which the caller puts, or NULL.
 *
 * IOKit: IOMemoryDescriptor::CreateSubMemoryDescriptor().
 *
 * Context: Process context, may sleep.
 * Return: 0; -EINVAL for other options, a window that does not lie in @of, a direction
 *	   that @of has not, or NULL; -ENOMEM for everything else.
 *
 * Implements MD-105, DK-41..44, DK-46.
 */
int iomd_dk_desc_create_sub_memory_descriptor(u64 options, u64 offset, u64 length,
					      struct iomd_desc *of, struct iomd_desc **memory)
{
	u64 end;

	if (!memory)
		return -EINVAL;
	*memory = NULL;
	if (IS_ERR_OR_NULL(of) || !is_direction(options) ||
	    check_add_overflow(offset, length, &end) || end > iomd_desc_get_length(of) ||
	    !allows(of, options))
		return -EINVAL;
	return hand_out(iomd_sub_with_sub_range(of, offset, length, options), memory);
}
EXPORT_SYMBOL_NS_GPL(iomd_dk_desc_create_sub_memory_descriptor, IOMD_NS);

/**
 * iomd_dk_desc_create_with_memory_descriptors() - Descriptors, one after the other.
 * @options: IOMD_DIRECTION_*, and nothing else; no more than each of @descriptors allows.
 * @count: How many, up to IOMD_DK_MAX_DESCRIPTORS.
 * @descriptors: The descriptors, each of which the new one holds. The array is copied.
 * @memory: Receives the descriptor, which the caller puts, or NULL.
 *
 * IOKit: IOMemoryDescriptor::CreateWithMemoryDescriptors().
 *
 * Context: Process context, may sleep.
 * Return: 0; -EINVAL for other options, none or too many descriptors, NULL, a direction
 *	   that one of them has not, or lengths whose sum overflows; -ENOMEM for
 *	   everything else. Implements MD-106, DK-47..52.
 */
int iomd_dk_desc_create_with_memory_descriptors(u64 options, u32 count,
						struct iomd_desc *const *descriptors,
						struct iomd_desc **memory)
{
	u32 i;

	if (!memory)
		return -EINVAL;
	*memory = NULL;
	if (!descriptors || !count || count > IOMD_DK_MAX_DESCRIPTORS || !is_direction(options))
		return -EINVAL;
	for (i = 0; i < count; i++)
		if (IS_ERR_OR_NULL(descriptors[i]) || !allows(descriptors[i], options))
			return -EINVAL;
	return hand_out(iomd_multi_with_descriptors(descriptors, count, options, false), memory);
}
EXPORT_SYMBOL_NS_GPL(iomd_dk_desc_create_with_memory_descriptors, IOMD_NS);
