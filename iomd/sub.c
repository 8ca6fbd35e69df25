// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sub descriptors: a window on a descriptor.
 */
#include <linux/export.h>

#include <iomd/desc.h>
#include <iomd/namespace.h>
#include <iomd/sub.h>

#include "composite.h"

/* What has lost its parent has maps of its own, of nothing. */
static struct iomd_desc *sub_map_root(struct iomd_desc *desc, u64 *offset)
{
	struct iomd_composite *composite = iomd_to_composite(desc);
	struct iomd_desc *parent;

	if (!composite->nr)
		return desc;
	parent = composite->part[0].desc;
	*offset += composite->part[0].offset;
	return parent->ops->map_root ? parent->ops->map_root(parent, offset) : parent;
}

/* Directions go through as they are: NONE is the parent's direction, not ours. */
static const struct iomd_desc_ops sub_ops = {
	.name = "sub",
	IOMD_COMPOSITE_OPS,
	.prepare = iomd_composite_prepare,
	.complete = iomd_composite_complete,
	.page_counts = iomd_composite_page_counts,
	.set_purgeable = iomd_composite_set_purgeable,
	.preparation_id = iomd_composite_preparation_id,
	.map_root = sub_map_root,
	.reference = iomd_composite_reference,
	.release = iomd_composite_release,
};

static int sub_fill(struct iomd_composite *composite, struct iomd_desc *parent, u64 offset,
		    u64 length, u32 options)
{
	int err = iomd_composite_add(composite, parent, offset, length);

	if (err)
		return err;
	composite->base.flags = (options & IOMD_MEMORY_DIRECTION_MASK) | IOMD_MEMORY_THREAD_SAFE;
	composite->base.tag = iomd_desc_get_tag(parent);
	return 0;
}

/**
 * iomd_sub_with_sub_range() - A window on a descriptor.
 * @parent: Descriptor of any kind; the new one holds it.
 * @offset: First byte of the window, in @parent.
 * @length: Bytes; may be zero.
 * @options: IOMD_DIRECTION_*.
 *
 * Preparing it prepares all of @parent, in the direction given, where NONE is the
 * parent's own. IOKit: IOSubMemoryDescriptor::withSubRange().
 *
 * Context: Process context, may sleep.
 * Return: A descriptor that the caller puts, or an error pointer: -EINVAL if the
 *	   window does not lie in @parent, or for NULL; -ELOOP if descriptors are
 *	   nested too deep; -ENOMEM.
 *
 * Implements SUB-1..6.
 */
struct iomd_desc *iomd_sub_with_sub_range(struct iomd_desc *parent, u64 offset, u64 length,
					  u32 options)
{
	struct iomd_composite *composite = iomd_composite_create(&sub_ops, 1);
	int err;

	if (IS_ERR(composite))
		return ERR_CAST(composite);
	err = sub_fill(composite, parent, offset, length, options);
	if (err) {
		iomd_desc_put(&composite->base);
		return ERR_PTR(err);
	}
	return &composite->base;
}
EXPORT_SYMBOL_NS_GPL(iomd_sub_with_sub_range, IOMD_NS);

/**
 * iomd_sub_init_sub_range() - Move a window.
 * @sub: Descriptor made by iomd_sub_with_sub_range(), which nobody is using.
 * @parent: As for iomd_sub_with_sub_range(), as the rest is; may be the same.
 * @offset: First byte.
 * @length: Bytes.
 * @direction: IOMD_DIRECTION_*.
 *
 * The old parent is let go, prepared or not. IOKit:
 * IOSubMemoryDescriptor::initSubRange().
 *
 * Context: Process context, may sleep.
 * Return: 0; -EOPNOTSUPP for a descriptor of another kind, and -EBUSY for one that a DMA
 *	   command holds, which stay as they are; else the errors of
 *	   iomd_sub_with_sub_range(), after which @sub shows nothing.
 *
 * Implements SUB-7.
 */
int iomd_sub_init_sub_range(struct iomd_desc *sub, struct iomd_desc *parent, u64 offset,
			    u64 length, u32 direction)
{
	struct iomd_composite *composite = iomd_to_composite(sub);
	int err;

	if (sub->ops != &sub_ops)
		return -EOPNOTSUPP;
	if (!parent)
		return -EINVAL;
	if (iomd_composite_is_held(composite))
		return -EBUSY;

	/* The last reference on the parent may be the one we have. */
	iomd_desc_get(parent);
	iomd_composite_clear(composite);
	err = sub_fill(composite, parent, offset, length, direction);
	iomd_desc_put(parent);
	return err;
}
EXPORT_SYMBOL_NS_GPL(iomd_sub_init_sub_range, IOMD_NS);
