// SPDX-License-Identifier: GPL-2.0-only
/*
 * Multi descriptors: descriptors one after the other, as one.
 */
#include <linux/export.h>

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

static const struct iomd_desc_ops multi_ops = {
	.name = "multi",
	IOMD_COMPOSITE_OPS,
	.prepare = multi_prepare,
	.complete = iomd_composite_complete,
	.page_counts = iomd_composite_page_counts,
	.set_purgeable = iomd_composite_set_purgeable,
	.preparation_id = iomd_composite_preparation_id,
	.reference = iomd_composite_reference,
	.release = iomd_composite_release,
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
	composite = iomd_composite_create(&multi_ops, count);
	if (IS_ERR(composite))
		return ERR_CAST(composite);

	err = multi_fill(composite, descriptors, count, direction);
	if (err) {
		iomd_desc_put(&composite->base);
		return ERR_PTR(err);
	}
	return &composite->base;
}
EXPORT_SYMBOL_NS_GPL(iomd_multi_with_descriptors, IOMD_NS);

/**
 * iomd_multi_init_with_descriptors() - Make a multi descriptor of other descriptors.
 * @multi: Descriptor made by iomd_multi_with_descriptors(), which nobody is using.
 * @descriptors: As for iomd_multi_with_descriptors(), as the rest is.
 * @count: Elements of @descriptors.
 * @direction: IOMD_DIRECTION_*.
 * @as_reference: Makes no difference.
 *
 * Those it was made of before are let go first, prepared or not.
 * IOKit: IOMultiMemoryDescriptor::initWithDescriptors().
 *
 * Context: Process context, may sleep.
 * Return: 0; -EOPNOTSUPP for a descriptor of another kind, and -EBUSY for one that a DMA
 *	   command holds, which stay as they are; else the errors of
 *	   iomd_multi_with_descriptors(), after which @multi is made of nothing.
 *
 * Implements MULTI-9.
 */
int iomd_multi_init_with_descriptors(struct iomd_desc *multi,
				     struct iomd_desc *const *descriptors, u32 count,
				     u32 direction, bool as_reference)
{
	struct iomd_composite *composite = iomd_to_composite(multi);
	u32 i;
	int err;

	if (multi->ops != &multi_ops)
		return -EOPNOTSUPP;
	if (!descriptors || !count)
		return -EINVAL;
	if (iomd_composite_is_held(composite))
		return -EBUSY;

	/* The only references on the new ones may be those we have. */
	for (i = 0; i < count; i++)
		if (descriptors[i])
			iomd_desc_get(descriptors[i]);
	iomd_composite_clear(composite);
	err = iomd_composite_resize(composite, count) ?:
	      multi_fill(composite, descriptors, count, direction);
	if (err)
		iomd_composite_clear(composite);
	for (i = 0; i < count; i++)
		iomd_desc_put(descriptors[i]);
	return err;
}
EXPORT_SYMBOL_NS_GPL(iomd_multi_init_with_descriptors, IOMD_NS);
