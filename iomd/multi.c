// SPDX-License-Identifier: GPL-2.0-only
/*
 * Multi descriptors: descriptors one after the other, as one.
 */
#include <linux/export.h>
#include <linux/slab.h>

#include <iomd/desc.h>
#include <iomd/multi.h>
#include <iomd/namespace.h>

#include "composite.h"

static int multi_prepare(struct iomd_desc *desc, u32 direction)
{
	struct iomd_composite *composite = iomd_to_composite(desc);

	/* Describing something, and then nothing, is a state nobody meant. */
	if (!composite->nr)
		return -ENOTRECOVERABLE;
	if (direction == IOMD_DIRECTION_NONE)
		direction = iomd_desc_get_direction(desc);
	return iomd_composite_prepare(desc, direction);
}

static void multi_release(struct iomd_desc *desc)
{
	struct iomd_composite *composite = iomd_to_composite(desc);

	iomd_composite_exit(composite);
	kfree(composite);
}

static const struct iomd_desc_ops multi_ops = {
	.name = "multi",
	IOMD_COMPOSITE_OPS,
	.prepare = multi_prepare,
	.complete = iomd_composite_complete,
	.preparation_id = iomd_composite_preparation_id,
	.release = multi_release,
};

/* Either all children are pageable buffers, or none is. */
static bool is_mixed(struct iomd_desc *const *descriptors, u32 count)
{
	u32 i;

	for (i = 1; i < count; i++)
		if ((descriptors[i]->flags ^ descriptors[0]->flags) & IOMD_MEMORY_BUFFER_PAGEABLE)
			return true;
	return false;
}

static int multi_fill(struct iomd_composite *composite, struct iomd_desc *const *descriptors,
		      u32 count, u32 direction)
{
	u32 i;
	int err;

	for (i = 0; i < count; i++)
		if (!descriptors[i])
			return -EINVAL;
	if (is_mixed(descriptors, count))
		return -EINVAL;

	composite->base.flags = direction & IOMD_MEMORY_DIRECTION_MASK;
	composite->base.tag = 0;
	for (i = 0; i < count; i++) {
		err = iomd_composite_add(composite, descriptors[i], 0, descriptors[i]->length);
		if (err)
			return err;
		if (!composite->base.tag)
			composite->base.tag = iomd_desc_get_tag(descriptors[i]);
	}
	return 0;
}

/**
 * iomd_multi_with_descriptors() - Descriptors one after the other, as one.
 * @descriptors: The descriptors, of any kind; each may occur several times. The new
 *	one holds them, once for each occurrence.
 * @count: Elements of @descriptors, at least one.
 * @direction: IOMD_DIRECTION_*; should be theirs, which is not checked.
 * @as_reference: The array will stay. It makes no difference: the new descriptor
 *	keeps its own.
 *
 * The length is the sum of lengths now. Preparing prepares all of them, or none.
 * IOKit: IOMultiMemoryDescriptor::withDescriptors().
 *
 * Context: Process context, may sleep.
 * Return: A descriptor that the caller puts, or an error pointer: -EINVAL for NULL,
 *	   for no descriptors, or if some are pageable buffers and some are not;
 *	   -EOVERFLOW if the sum of lengths wraps; -ELOOP if descriptors are nested
 *	   too deep; -ENOMEM.
 *
 * Implements MULTI-1..8.
 */
struct iomd_desc *iomd_multi_with_descriptors(struct iomd_desc *const *descriptors, u32 count,
					      u32 direction, bool as_reference)
{
	struct iomd_composite *composite;
	int err;

	if (!descriptors || !count)
		return ERR_PTR(-EINVAL);
	composite = kzalloc(sizeof(*composite), GFP_KERNEL_ACCOUNT);
	if (!composite)
		return ERR_PTR(-ENOMEM);

	err = iomd_composite_init(composite, &multi_ops, count);
	if (err)
		goto err_free;
	err = multi_fill(composite, descriptors, count, direction);
	if (err)
		goto err_exit;
	return &composite->base;

err_exit:
	iomd_composite_exit(composite);
err_free:
	kfree(composite);
	return ERR_PTR(err);
}
EXPORT_SYMBOL_NS_GPL(iomd_multi_with_descriptors, IOMD_NS);
