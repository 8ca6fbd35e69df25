// SPDX-License-Identifier: GPL-2.0-only
/*
 * Persistent descriptors: bound to the memory behind an address, not to the address.
 */
#include <linux/export.h>
#include <linux/slab.h>

#include <iomd/desc.h>
#include <iomd/namespace.h>

#include "general.h"

/* Do two lists name the same memory in the same order? */
static bool same_runs(const struct iomd_runs *one, const struct iomd_runs *other)
{
	u32 i, nr = iomd_runs_count(one);

	if (nr != iomd_runs_count(other) || one->length != other->length)
		return false;
	for (i = 0; i < nr; i++) {
		const struct iomd_run *a = iomd_runs_at(one, i), *b = iomd_runs_at(other, i);

		if (a->phys != b->phys || a->end != b->end)
			return false;
	}
	return true;
}

/* A descriptor of what is behind the addresses of @original now. */
static struct iomd_desc *describe_again(struct iomd_general *original)
{
	return iomd_general_create(&(struct iomd_general_spec) {
		.ranges = original->ranges,
		.count = original->nr_ranges,
		.task = original->task,
		.options = original->base.flags & ~(IOMD_MEMORY_AS_REFERENCE |
						    IOMD_MEMORY_AUTO_PREPARE),
		.mapper = original->base.mapper,
	});
}

/**
 * iomd_desc_with_persistent_memory_descriptor() - The same, as of now.
 * @original: Descriptor of one range, made with IOMD_MEMORY_PERSISTENT.
 *
 * Such a descriptor is bound to the memory that was behind its range when it was made,
 * and keeps it, whatever its task does with the addresses. This call finds out whether
 * that is still the memory which is there.
 * IOKit: IOMemoryDescriptor::withPersistentMemoryDescriptor().
 *
 * Context: Process context, may sleep and fault.
 * Return: @original, with another reference, if it is; else a new descriptor, not
 *	   prepared, bound to what is there now. The caller puts it. Or an error
 *	   pointer: -EINVAL for NULL, for a descriptor that is not persistent, and for
 *	   one with several ranges; the errors of iomd_desc_prepare() if nothing can be
 *	   bound to.
 *
 * Implements MD-18, GMD-60..64.
 */
struct iomd_desc *iomd_desc_with_persistent_memory_descriptor(struct iomd_desc *original)
{
	struct iomd_general *general;
	struct iomd_desc *desc;

	if (!original || !(original->flags & IOMD_MEMORY_PERSISTENT) ||
	    !iomd_desc_is_general(original))
		return ERR_PTR(-EINVAL);
	general = iomd_to_general(original);
	if (general->nr_ranges != 1)
		return ERR_PTR(-EINVAL);

	desc = describe_again(general);
	if (IS_ERR(desc))
		return desc;
	if (!same_runs(&general->runs, &iomd_to_general(desc)->runs))
		return desc;
	iomd_desc_put(desc);
	return iomd_desc_get(original);
}
EXPORT_SYMBOL_NS_GPL(iomd_desc_with_persistent_memory_descriptor, IOMD_NS);
