// SPDX-License-Identifier: GPL-2.0-only
/*
 * What can be done to a descriptor's memory as a whole, besides transfers.
 */
#include <linux/export.h>
#include <linux/overflow.h>

#include <iomd/desc.h>
#include <iomd/namespace.h>

#include "core.h"
#include "mapping.h"

static bool is_remote(const struct iomd_desc *desc)
{
	return desc->flags & IOMD_MEMORY_REMOTE;
}

/* Is there nothing between what the CPU and what the device see of memory? */
static bool is_one_view(const struct iomd_mapping *mapping)
{
	return IS_ENABLED(CONFIG_X86) && (IS_ERR_OR_NULL(mapping) || !mapping->needs_sync);
}

/*
 * Make both views of a range agree. x86 keeps all DMA coherent, unless the DMA API makes
 * copies; elsewhere only that knows how, and only for what is mapped.
 */
static int sync_range(struct iomd_desc *desc, u32 operation, u64 offset, u64 length)
{
	struct iomd_mapping *mapping = NULL;
	int err = -EOPNOTSUPP;

	if (desc->ops->own_mapping)
		mapping = desc->ops->own_mapping(desc, false);
	if (is_one_view(mapping)) {
		mb(); /* The device's view is that of memory. */
		return 0;
	}
	if (offset > desc->length)
		return -ENOSR;
	if (!iomd_desc_hold(desc))
		return -EAGAIN;
	/* Looked at again, now that it stays. */
	if (desc->ops->own_mapping)
		mapping = desc->ops->own_mapping(desc, false);
	if (!IS_ERR_OR_NULL(mapping))
		err = iomd_mapping_sync_range(mapping, offset, min(length, desc->length - offset),
					      operation == IOMD_MEMORY_INCOHERENT_IO_FLUSH);
	iomd_desc_drop(desc);
	return err;
}

/**
 * iomd_desc_perform_operation() - Maintain caches for a range.
 * @desc: Descriptor, prepared.
 * @operation: IOMD_MEMORY_INCOHERENT_IO_FLUSH or IOMD_MEMORY_INCOHERENT_IO_STORE.
 * @offset: First byte.
 * @length: Bytes; what goes beyond the end does not count.
 *
 * On machines whose I/O is coherent this is one memory barrier, and nothing else is
 * looked at; unless the DMA API has put the memory in another place for the device, which
 * then is copied from or to. IOKit: IOMemoryDescriptor::performOperation().
 *
 * Context: Any.
 * Return: 0; -ENXIO for remote memory; -EOPNOTSUPP for any other operation, and
 *	   on machines that are not coherent if the descriptor is not mapped for its
 *	   mapper, or if it is a dma-buf; -EAGAIN there if it is not prepared.
 *	   Implements MD-63, MD-71, MD-72, MD-76.
 */
int iomd_desc_perform_operation(struct iomd_desc *desc, u32 operation, u64 offset, u64 length)
{
	if (is_remote(desc))
		return -ENXIO;
	switch (operation) {
	case IOMD_MEMORY_INCOHERENT_IO_FLUSH:
	case IOMD_MEMORY_INCOHERENT_IO_STORE:
		return sync_range(desc, operation, offset, length);
	default:
		return -EOPNOTSUPP;
	}
}
EXPORT_SYMBOL_NS_GPL(iomd_desc_perform_operation, IOMD_NS);

/**
 * iomd_desc_get_dma_map_length() - How much bus space a mapping would take.
 * @desc: Descriptor; need not be prepared.
 * @offset: Receives where in its page the first byte lies; may be NULL.
 *
 * In whole pages, as many as are touched; ranges that continue each other share
 * theirs. Of a provider's memory nothing is known before it is prepared: @offset then
 * receives 0, and there is room for one piece that begins anywhere in its page. A dma-buf
 * is taken to begin with a page until then. IOKit: IOMemoryDescriptor::getDMAMapLength().
 *
 * Context: Any.
 * Return: Bytes. Implements MD-77..81, MAPPER-85..91.
 */
u64 iomd_desc_get_dma_map_length(struct iomd_desc *desc, u64 *offset)
{
	u64 first = 0, length = 0;

	if (desc->length)
		length = desc->ops->dma_map_length(desc, 0, desc->length, &first);
	if (offset)
		*offset = first;
	return length;
}
EXPORT_SYMBOL_NS_GPL(iomd_desc_get_dma_map_length, IOMD_NS);

/**
 * iomd_desc_get_page_counts() - How much of the memory is there.
 * @desc: Descriptor.
 * @resident: Receives pages in memory; may be NULL.
 * @dirty: Receives pages that have been written; may be NULL.
 *
 * IOKit: IOMemoryDescriptor::getPageCounts().
 *
 * Context: Process context, may sleep.
 * Return: 0; -ENXIO for remote memory; -EAGAIN for memory that has no backing
 *	   object of its own. Implements MD-60..63, SUB-13, MULTI-17.
 */
int iomd_desc_get_page_counts(struct iomd_desc *desc, u64 *resident, u64 *dirty)
{
	u64 counts[2] = {};
	int err;

	if (is_remote(desc))
		return -ENXIO;
	if (!desc->ops->page_counts)
		return -EAGAIN;

	err = desc->ops->page_counts(desc, &counts[0], &counts[1]);
	/* Of several parts, those before the one that failed count. */
	if (err && !counts[0])
		return err;
	if (resident)
		*resident = counts[0];
	if (dirty)
		*dirty = counts[1];
	return err;
}
EXPORT_SYMBOL_NS_GPL(iomd_desc_get_page_counts, IOMD_NS);

static bool is_purgeable_state(u32 state)
{
	state &= IOMD_PURGEABLE_STATE_MASK;
	return state >= IOMD_PURGEABLE_KEEP_CURRENT && state <= IOMD_PURGEABLE_EMPTY;
}

/**
 * iomd_desc_set_purgeable() - Say whether contents may be thrown away.
 * @desc: Descriptor.
 * @new_state: IOMD_PURGEABLE_*.
 * @old_state: Receives what the state was; may be NULL.
 *
 * IOKit: IOMemoryDescriptor::setPurgeable().
 *
 * Context: Process context, may sleep.
 * Return: 0; -ENXIO for remote memory; -EINVAL for a state there is not, and for
 *	   memory that was not made purgeable; -EOPNOTSUPP for physical memory;
 *	   -EAGAIN for a descriptor with no memory of its own; -ENOMEM, and nothing has
 *	   changed, for IOMD_PURGEABLE_EMPTY of memory that is mapped.
 *
 * Implements MD-64..69, GMD-106, GMD-107, SUB-12, MULTI-17.
 */
int iomd_desc_set_purgeable(struct iomd_desc *desc, u32 new_state, u32 *old_state)
{
	u32 old = 0;
	int err;

	if (is_remote(desc))
		return -ENXIO;
	if (!is_purgeable_state(new_state))
		return -EINVAL;
	if (!desc->ops->set_purgeable)
		return -EAGAIN;

	err = desc->ops->set_purgeable(desc, new_state, &old);
	/* Of several parts, those before the one that failed have changed. */
	if (old_state && old)
		*old_state = old;
	return err;
}
EXPORT_SYMBOL_NS_GPL(iomd_desc_set_purgeable, IOMD_NS);

/**
 * iomd_desc_set_ownership() - Move the accounting of memory to another task.
 * @desc: Descriptor.
 * @owner: New owner.
 * @ledger_tag: Ledger.
 * @ledger_options: Options.
 *
 * Linux accounts memory to control groups, by whom pages were first touched, and has
 * nothing that a driver could move: this is a system with the feature switched off.
 * IOKit: IOMemoryDescriptor::setOwnership().
 *
 * Context: Any.
 * Return: -ENXIO for remote memory, else -EOPNOTSUPP. Implements MD-63, MD-70,
 *	   OBJ-41, GMD-108.
 */
int iomd_desc_set_ownership(struct iomd_desc *desc, struct mm_struct *owner, int ledger_tag,
			    u32 ledger_options)
{
	return is_remote(desc) ? -ENXIO : -EOPNOTSUPP;
}
EXPORT_SYMBOL_NS_GPL(iomd_desc_set_ownership, IOMD_NS);
