// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interleaved descriptors: portions of descriptors, added one by one.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/export.h>
#include <linux/printk.h>

#include <iomd/desc.h>
#include <iomd/interleaved.h>
#include <iomd/namespace.h>

#include "composite.h"

static u32 own_direction(const struct iomd_desc *desc, u32 direction)
{
	return direction == IOMD_DIRECTION_NONE ? iomd_desc_get_direction(desc) : direction;
}

static int interleaved_prepare(struct iomd_desc *desc, u32 direction)
{
	int err = iomd_composite_prepare(desc, own_direction(desc, direction));

	if (!err)
		iomd_to_composite(desc)->is_prepared = true;
	return err;
}

static int interleaved_complete(struct iomd_desc *desc, u32 direction)
{
	iomd_to_composite(desc)->is_prepared = false;
	return iomd_composite_complete(desc, own_direction(desc, direction));
}

/* Unlike those that come complete, this kind undoes a prepare when it goes. */
static void interleaved_forget(struct iomd_desc *desc)
{
	if (iomd_to_composite(desc)->is_prepared)
		interleaved_complete(desc, IOMD_DIRECTION_NONE);
	iomd_composite_clear(iomd_to_composite(desc));
}

static void interleaved_release(struct iomd_desc *desc)
{
	interleaved_forget(desc);
	iomd_composite_release(desc);
}

static const struct iomd_desc_ops interleaved_ops = {
	.name = "interleaved",
	IOMD_COMPOSITE_OPS,
	.prepare = interleaved_prepare,
	.complete = interleaved_complete,
	.release = interleaved_release,
};

/**
 * iomd_interleaved_with_capacity() - A list of portions, empty at first.
 * @capacity: Portions there can be at most, at least one.
 * @direction: IOMD_DIRECTION_*.
 *
 * IOKit: IOInterleavedMemoryDescriptor::withCapacity(), initWithCapacity().
 *
 * Context: Process context, may sleep.
 * Return: A descriptor that the caller puts, or an error pointer: -EINVAL for no
 *	   capacity; -ENOMEM. Implements ILV-1, ILV-2, ILV-17.
 */
struct iomd_desc *iomd_interleaved_with_capacity(u64 capacity, u32 direction)
{
	struct iomd_composite *composite;

	if (!capacity)
		return ERR_PTR(-EINVAL);
	if (capacity > U32_MAX)
		return ERR_PTR(-ENOMEM);
	composite = iomd_composite_create(&interleaved_ops, capacity);
	if (IS_ERR(composite))
		return ERR_CAST(composite);
	composite->base.flags = direction & IOMD_MEMORY_DIRECTION_MASK;
	return &composite->base;
}
EXPORT_SYMBOL_NS_GPL(iomd_interleaved_with_capacity, IOMD_NS);

/**
 * iomd_interleaved_set_memory_descriptor() - Add a portion at the end.
 * @interleaved: Interleaved descriptor.
 * @desc: Descriptor of any kind; held, once for each portion.
 * @offset: First byte of the portion, in @desc.
 * @length: Bytes; may be zero.
 *
 * IOKit: IOInterleavedMemoryDescriptor::setMemoryDescriptor().
 *
 * Context: Any.
 * Return: Whether it was added: not to a descriptor of another kind, to one that is
 *	   prepared, held by a DMA command or full, nor if the portion does not lie in
 *	   @desc, makes the whole too long, or nests descriptors too deep. Implements ILV-3..7.
 */
bool iomd_interleaved_set_memory_descriptor(struct iomd_desc *interleaved,
					    struct iomd_desc *desc, u64 offset, u64 length)
{
	struct iomd_composite *composite = iomd_to_composite(interleaved);

	if (interleaved->ops != &interleaved_ops || composite->is_prepared)
		return false;
	return !iomd_composite_add(composite, desc, offset, length);
}
EXPORT_SYMBOL_NS_GPL(iomd_interleaved_set_memory_descriptor, IOMD_NS);

/**
 * iomd_interleaved_clear_memory_descriptors() - Take all portions out.
 * @interleaved: Interleaved descriptor; nothing happens to one of another kind.
 * @direction: New direction; NONE to keep the old one.
 *
 * Completes once if it is prepared. Portions may be added again afterwards. While a DMA
 * command holds the memory nothing happens, but for a message with the caller's name.
 * IOKit: IOInterleavedMemoryDescriptor::clearMemoryDescriptors().
 *
 * Context: Process context, may sleep. Implements ILV-13..15.
 */
void iomd_interleaved_clear_memory_descriptors(struct iomd_desc *interleaved, u32 direction)
{
	if (interleaved->ops != &interleaved_ops)
		return;
	if (iomd_composite_is_held(iomd_to_composite(interleaved))) {
		pr_warn_ratelimited("%pS cleared the interleaved descriptor %p, which a command is using\n",
				    __builtin_return_address(0), interleaved);
		return;
	}

	interleaved_forget(interleaved);
	interleaved->tag = 0;
	if (direction != IOMD_DIRECTION_NONE)
		interleaved->flags = direction & IOMD_MEMORY_DIRECTION_MASK;
}
EXPORT_SYMBOL_NS_GPL(iomd_interleaved_clear_memory_descriptors, IOMD_NS);
