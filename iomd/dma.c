// SPDX-License-Identifier: GPL-2.0-only
/*
 * The DMA command: its life, and what it is attached to.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/slab.h>

#include <iomd/desc.h>
#include <iomd/mapper.h>
#include <iomd/namespace.h>

#include "dma.h"
#include "objects.h"

/**
 * DOC: DMA commands
 *
 * A command says what a device demands of the segments it is given, and turns a
 * range of a prepared descriptor into such segments. It is made once and used for
 * one transfer after the other: attach a descriptor, prepare, generate segments,
 * run the transfer, complete.
 *
 * A command has no lock. Its owner makes sure that calls on it do not overlap.
 */

/**
 * iomd_dma_get() - Take another reference.
 * @dma: Command.
 *
 * Context: Any.
 * Return: @dma.
 */
struct iomd_dma *iomd_dma_get(struct iomd_dma *dma)
{
	kref_get(&dma->ref);
	return dma;
}
EXPORT_SYMBOL_NS_GPL(iomd_dma_get, IOMD_NS);

/*
 * Complete and detach, and complete the descriptor if it was prepared for a driver in
 * user space. Return: what that complete returned.
 */
int iomd_dma_let_go(struct iomd_dma *dma)
{
	struct iomd_desc *prepared = dma->dext->prepared;
	int err;

	iomd_dma_clear_memory_descriptor(dma, true);
	if (!prepared)
		return 0;
	dma->dext->prepared = NULL;
	err = iomd_desc_complete(prepared, IOMD_DIRECTION_NONE);
	iomd_desc_put(prepared);
	return err;
}

static void dext_free(struct iomd_dma *dma)
{
	if (!dma->dext)
		return;
	iomd_dma_let_go(dma);
	mutex_destroy(&dma->dext->lock);
	kfree(dma->dext);
}

static struct kmem_cache *dma_cache;

/* Return: a command with nothing in it, and one reference; or NULL. Sleeps. */
struct iomd_dma *iomd_dma_alloc(void)
{
	struct iomd_dma *dma = kmem_cache_alloc(dma_cache, GFP_KERNEL);

	if (!dma)
		return NULL;
	memset(dma, 0, offsetof(struct iomd_dma, mapping));
	iomd_mapping_init(&dma->mapping);
	kref_init(&dma->ref);
	INIT_LIST_HEAD(&dma->link);
	iomd_objects_inc(IOMD_OBJECT_DMA);
	return dma;
}

int __init iomd_dma_cache_init(void)
{
	dma_cache = KMEM_CACHE(iomd_dma, 0);
	return dma_cache ? 0 : -ENOMEM;
}

void iomd_dma_cache_exit(void)
{
	kmem_cache_destroy(dma_cache);
}

static void dma_release(struct kref *ref)
{
	struct iomd_dma *dma = container_of(ref, struct iomd_dma, ref);

	dext_free(dma);
	if (dma->desc)
		pr_warn_ratelimited("a DMA command was released with the %s descriptor %p attached\n",
				    dma->desc->ops->name, dma->desc);
	iomd_dma_clear_memory_descriptor(dma, true);
	iomd_mapping_exit(&dma->mapping);
	iomd_mapper_put(dma->mapper);
	kmem_cache_free(dma_cache, dma);
	iomd_objects_dec(IOMD_OBJECT_DMA);
}

/**
 * iomd_dma_put() - Give a reference back.
 * @dma: Command, or NULL or an error pointer, for which nothing happens.
 *
 * The last put of a command that still has a descriptor completes and detaches it,
 * and the log says so.
 *
 * Context: As iomd_dma_complete(); process context for the last put of a command of a
 *	    driver in user space, which is completed as by iomd_dk_dma_complete_dma().
 *
 * Implements DMA-38..40.
 */
void iomd_dma_put(struct iomd_dma *dma)
{
	if (!IS_ERR_OR_NULL(dma))
		kref_put(&dma->ref, dma_release);
}
EXPORT_SYMBOL_NS_GPL(iomd_dma_put, IOMD_NS);

/*
 * Take down what is known of a descriptor now; what is not is assumed the worst. Return:
 * whether its memory is prepared, which then is held.
 */
static bool summarize(struct iomd_dma *dma, struct iomd_desc *desc)
{
	bool held = desc->ops->hold(desc, &dma->summary);

	dma->direction = desc->flags & IOMD_DIRECTION_IN_OUT;
	if (!held)
		dma->summary = (struct iomd_summary) {
			.length = desc->length,
			.piece = IOMD_NO_PIECE,
			.page_align = -1,
		};
	return held;
}

/**
 * iomd_dma_set_memory_descriptor() - Attach a descriptor.
 * @dma: Command.
 * @desc: Descriptor, which the command then holds; or NULL for none.
 * @auto_prepare: Prepare the command for all of @desc too. @desc itself is not
 *	prepared: that is for the caller to do, before.
 *
 * A descriptor attached before is detached. Attaching the one that is attached
 * changes nothing if @auto_prepare is set, and completes the command if not. What
 * is known of @desc, its length above all, is taken down here and not asked again.
 * IOKit: IODMACommand::setMemoryDescriptor().
 *
 * Context: Process context, may sleep; without @auto_prepare as
 *	    iomd_dma_complete().
 * Return: 0; -EINVAL for an error pointer; -EBUSY, and nothing changed, if the
 *	   command is prepared for another descriptor; with @auto_prepare the errors of
 *	   iomd_dma_prepare(), after which nothing is attached.
 *
 * Implements DMA-41..51.
 */
int iomd_dma_set_memory_descriptor(struct iomd_dma *dma, struct iomd_desc *desc,
				   bool auto_prepare)
{
	bool held;
	int err = 0;

	if (IS_ERR(desc))
		return -EINVAL;
	if (desc == dma->desc) {
		if (!auto_prepare)
			iomd_dma_complete_all(dma, true);
		return 0;
	}
	if (dma->active)
		return -EBUSY;

	if (dma->desc)
		iomd_dma_clear_memory_descriptor(dma, true);
	if (!desc)
		return 0;

	dma->desc = iomd_desc_get(desc);
	dma->is_planned = false;
	held = summarize(dma, desc);
	if (auto_prepare)
		err = iomd_dma_prepare_all(dma, held);
	else if (held)
		iomd_desc_drop(desc);
	if (err)
		iomd_dma_clear_memory_descriptor(dma, true);
	return err;
}
EXPORT_SYMBOL_NS_GPL(iomd_dma_set_memory_descriptor, IOMD_NS);

/**
 * iomd_dma_clear_memory_descriptor() - Detach the descriptor.
 * @dma: Command.
 * @auto_complete: Complete all outstanding prepares first.
 *
 * IOKit: IODMACommand::clearMemoryDescriptor().
 *
 * Context: As iomd_dma_complete().
 * Return: 0, also if none was attached; -EAGAIN, and nothing changed, if the
 *	   command is prepared and @auto_complete is not set.
 *
 * Implements DMA-52..55.
 */
int iomd_dma_clear_memory_descriptor(struct iomd_dma *dma, bool auto_complete)
{
	struct iomd_desc *desc = dma->desc;

	if (dma->active && !auto_complete)
		return -EAGAIN;

	if (dma->active)
		iomd_dma_complete_all(dma, true);
	dma->desc = NULL;
	dma->summary.length = 0;
	dma->is_planned = false;
	iomd_desc_put(desc);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(iomd_dma_clear_memory_descriptor, IOMD_NS);

/**
 * iomd_dma_get_memory_descriptor() - What is attached.
 * @dma: Command.
 *
 * IOKit: IODMACommand::getMemoryDescriptor().
 *
 * Context: Any.
 * Return: The descriptor, with no reference of its own; or NULL. Implements DMA-56.
 */
struct iomd_desc *iomd_dma_get_memory_descriptor(const struct iomd_dma *dma)
{
	return dma->desc;
}
EXPORT_SYMBOL_NS_GPL(iomd_dma_get_memory_descriptor, IOMD_NS);

/**
 * iomd_dma_get_num_address_bits() - Width of addresses.
 * @dma: Command.
 *
 * IOKit: IODMACommand::getNumAddressBits().
 *
 * Context: Any.
 * Return: Bits; 0 if there is no limit. Implements DMA-140.
 */
u8 iomd_dma_get_num_address_bits(const struct iomd_dma *dma)
{
	return dma->address_bits;
}
EXPORT_SYMBOL_NS_GPL(iomd_dma_get_num_address_bits, IOMD_NS);

/**
 * iomd_dma_get_alignment() - Alignment of the first segment's address.
 * @dma: Command.
 *
 * IOKit: IODMACommand::getAlignment().
 *
 * Context: Any.
 * Return: Bytes, never 0. Implements DMA-141.
 */
u32 iomd_dma_get_alignment(const struct iomd_dma *dma)
{
	return dma->align_mask + 1;
}
EXPORT_SYMBOL_NS_GPL(iomd_dma_get_alignment, IOMD_NS);

/**
 * iomd_dma_get_alignment_length() - Alignment of segments' lengths.
 * @dma: Command.
 *
 * IOKit: IODMACommand::getAlignmentLength().
 *
 * Context: Any.
 * Return: Bytes, never 0. Implements DMA-141.
 */
u32 iomd_dma_get_alignment_length(const struct iomd_dma *dma)
{
	return dma->length_mask + 1;
}
EXPORT_SYMBOL_NS_GPL(iomd_dma_get_alignment_length, IOMD_NS);

/**
 * iomd_dma_get_alignment_internal_segments() - Alignment of later segments.
 * @dma: Command.
 *
 * IOKit: IODMACommand::getAlignmentInternalSegments().
 *
 * Context: Any.
 * Return: Bytes, never 0. Implements DMA-141.
 */
u32 iomd_dma_get_alignment_internal_segments(const struct iomd_dma *dma)
{
	return dma->internal_mask + 1;
}
EXPORT_SYMBOL_NS_GPL(iomd_dma_get_alignment_internal_segments, IOMD_NS);

/**
 * iomd_dma_get_ref_con() - The owner's pointer.
 * @dma: Command.
 *
 * IOKit: the field IODMACommand::fRefCon.
 *
 * Context: Any.
 * Return: What was stored last. Implements DMA-4.
 */
void *iomd_dma_get_ref_con(const struct iomd_dma *dma)
{
	return dma->ref_con;
}
EXPORT_SYMBOL_NS_GPL(iomd_dma_get_ref_con, IOMD_NS);

/**
 * iomd_dma_set_ref_con() - Store a pointer with the command.
 * @dma: Command.
 * @ref_con: Anything; iomd does not look at it.
 *
 * IOKit: the field IODMACommand::fRefCon.
 *
 * Context: Any. Implements DMA-4.
 */
void iomd_dma_set_ref_con(struct iomd_dma *dma, void *ref_con)
{
	dma->ref_con = ref_con;
}
EXPORT_SYMBOL_NS_GPL(iomd_dma_set_ref_con, IOMD_NS);
