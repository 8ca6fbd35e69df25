// SPDX-License-Identifier: GPL-2.0-only
/*
 * The DMA command: its life, its specification, and what it is attached to.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/slab.h>

#include <iomd/client.h>
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

static bool is_32_bit_function(iomd_dma_segment_fn out)
{
	return out == iomd_dma_output_host32 || out == iomd_dma_output_big32 ||
	       out == iomd_dma_output_little32;
}

/* Alignments: 0 stands for a default, everything else is a power of two. */
static bool is_alignment(u32 alignment)
{
	return !alignment || is_power_of_2(alignment);
}

static int check_segment_options(iomd_dma_segment_fn out,
				 const struct iomd_dma_segment_options *options)
{
	u8 bits;

	if (!out || !options)
		return -EINVAL;

	bits = options->num_address_bits;
	if (bits > 32 && is_32_bit_function(out))
		return -EINVAL;
	if (bits && bits < PAGE_SHIFT)
		return -EINVAL;
	if (!is_alignment(options->alignment) || !is_alignment(options->alignment_length) ||
	    !is_alignment(options->alignment_internal_segments))
		return -EINVAL;
	return 0;
}

/*
 * The mapper a command works with: the one given, else the module's default; NULL
 * for addresses as the CPU has them, which has to be asked for.
 */
static struct iomd_mapper *choose_mapper(struct iomd_client *client, u32 mapping_options,
					 struct iomd_mapper *mapper)
{
	u32 type = mapping_options & IOMD_DMA_MAP_OPTION_TYPE_MASK;

	if (type > IOMD_DMA_MAP_OPTION_UNMAPPED)
		return ERR_PTR(-EINVAL);

	if (IS_ERR(mapper))
		return mapper;
	if (mapper)
		iomd_mapper_get(mapper);
	else if (type != IOMD_DMA_MAP_OPTION_UNMAPPED)
		mapper = iomd_client_copy_default_mapper(client) ?: ERR_PTR(-ENODEV);

	if (!IS_ERR_OR_NULL(mapper) && type == IOMD_DMA_MAP_OPTION_BYPASSED &&
	    iomd_mapper_translates(mapper)) {
		iomd_mapper_put(mapper);
		return ERR_PTR(-EINVAL);
	}
	return mapper;
}

/* Give a command that is not active a specification; on error it keeps the old one. */
static int specify(struct iomd_dma *dma, struct iomd_client *client, iomd_dma_segment_fn out,
		   const struct iomd_dma_segment_options *options, u32 mapping_options,
		   struct iomd_mapper *mapper)
{
	int err = check_segment_options(out, options);

	if (err)
		return err;
	mapper = choose_mapper(client, mapping_options, mapper);
	if (IS_ERR(mapper))
		return PTR_ERR(mapper);

	iomd_mapper_put(dma->mapper);
	dma->mapper = mapper;
	dma->out = out;
	dma->mapping_options = mapping_options;
	dma->address_bits = options->num_address_bits;
	if (!dma->address_bits && is_32_bit_function(out))
		dma->address_bits = 32;
	dma->max_segment_size = options->max_segment_size ?: U64_MAX;
	dma->max_transfer_size = options->max_transfer_size ?: U64_MAX;
	dma->align_mask = (options->alignment ?: 1) - 1;
	dma->length_mask = (options->alignment_length ?: 1) - 1;
	dma->internal_mask = dma->align_mask;
	if (options->alignment_internal_segments)
		dma->internal_mask = options->alignment_internal_segments - 1;
	return 0;
}

/**
 * iomd_client_dma_with_segment_options() - Make a DMA command.
 * @client: The calling module, IOMD_THIS_CLIENT.
 * @out: Segment function: one of iomd_dma_output_*(), or the driver's own.
 * @segment_options: What the device demands; only read during the call.
 * @mapping_options: IOMD_DMA_MAP_OPTION_*.
 * @mapper: Mapper; NULL for the module's default. Held by the command.
 * @ref_con: For iomd_dma_get_ref_con().
 *
 * Drivers call iomd_dma_with_segment_options(). With IOMD_DMA_MAP_OPTION_UNMAPPED
 * and no mapper, addresses are CPU-physical, and nothing is known of a device.
 * IOKit: IODMACommand::withSpecification(), the form with SegmentOptions.
 *
 * Context: Process context, may sleep.
 * Return: A command that the caller puts, or an error pointer: -EINVAL for options
 *	   that make no sense, or for IOMD_DMA_MAP_OPTION_BYPASSED behind an IOMMU;
 *	   -ENODEV if there is no mapper; -ENOTUNIQ if the module has named several;
 *	   -ENOMEM.
 *
 * Implements DMA-8, DMA-10, DMA-12..24.
 */
struct iomd_dma *
iomd_client_dma_with_segment_options(struct iomd_client *client, iomd_dma_segment_fn out,
				     const struct iomd_dma_segment_options *segment_options,
				     u32 mapping_options, struct iomd_mapper *mapper,
				     void *ref_con)
{
	struct iomd_dma *dma = kzalloc(sizeof(*dma), GFP_KERNEL);
	int err;

	if (!dma)
		return ERR_PTR(-ENOMEM);
	err = specify(dma, client, out, segment_options, mapping_options, mapper);
	if (err) {
		kfree(dma);
		return ERR_PTR(err);
	}
	kref_init(&dma->ref);
	INIT_LIST_HEAD(&dma->link);
	dma->ref_con = ref_con;
	iomd_objects_inc(IOMD_OBJECT_DMA);
	return dma;
}
EXPORT_SYMBOL_NS_GPL(iomd_client_dma_with_segment_options, IOMD_NS);

/**
 * iomd_client_dma_with_specification() - Make a DMA command, the short way.
 * @client: The calling module, IOMD_THIS_CLIENT.
 * @out: Segment function.
 * @num_address_bits: Width of the device's addresses; 0 for no limit.
 * @max_segment_size: Longest segment in bytes; 0 for no limit.
 * @mapping_options: IOMD_DMA_MAP_OPTION_*.
 * @max_transfer_size: Longest prepared range in bytes; 0 for no limit.
 * @alignment: Of all segments' addresses, a power of two; 0 means 1.
 * @mapper: Mapper; NULL for the module's default.
 * @ref_con: For iomd_dma_get_ref_con().
 *
 * Drivers call iomd_dma_with_specification().
 * IOKit: IODMACommand::withSpecification().
 *
 * Context: Process context, may sleep.
 * Return: As iomd_client_dma_with_segment_options(). Implements DMA-9.
 */
struct iomd_dma *iomd_client_dma_with_specification(struct iomd_client *client,
						    iomd_dma_segment_fn out, u8 num_address_bits,
						    u64 max_segment_size, u32 mapping_options,
						    u64 max_transfer_size, u32 alignment,
						    struct iomd_mapper *mapper, void *ref_con)
{
	const struct iomd_dma_segment_options options = {
		.struct_size = sizeof(options),
		.num_address_bits = num_address_bits,
		.max_segment_size = max_segment_size,
		.max_transfer_size = max_transfer_size,
		.alignment = alignment,
		.alignment_length = 1,
		.alignment_internal_segments = alignment,
	};

	return iomd_client_dma_with_segment_options(client, out, &options, mapping_options,
						    mapper, ref_con);
}
EXPORT_SYMBOL_NS_GPL(iomd_client_dma_with_specification, IOMD_NS);

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

static void dma_release(struct kref *ref)
{
	struct iomd_dma *dma = container_of(ref, struct iomd_dma, ref);

	if (dma->desc)
		pr_warn_ratelimited("a DMA command was released with the %s descriptor %p attached\n",
				    dma->desc->ops->name, dma->desc);
	iomd_dma_clear_memory_descriptor(dma, true);
	iomd_mapper_put(dma->mapper);
	kfree(dma);
	iomd_objects_dec(IOMD_OBJECT_DMA);
}

/**
 * iomd_dma_put() - Give a reference back.
 * @dma: Command, or NULL or an error pointer, for which nothing happens.
 *
 * The last put of a command that still has a descriptor completes and detaches it,
 * and the log says so.
 *
 * Context: As iomd_dma_complete(). Implements DMA-38, DMA-39.
 */
void iomd_dma_put(struct iomd_dma *dma)
{
	if (!IS_ERR_OR_NULL(dma))
		kref_put(&dma->ref, dma_release);
}
EXPORT_SYMBOL_NS_GPL(iomd_dma_put, IOMD_NS);

static void dma_complete_all(struct iomd_dma *dma)
{
	while (dma->active)
		iomd_dma_complete(dma, true, true);
}

/* Take down what is known of a descriptor now; what is not is assumed the worst. */
static void summarize(struct iomd_dma *dma, struct iomd_desc *desc)
{
	dma->direction = iomd_desc_get_direction(desc) & IOMD_DIRECTION_IN_OUT;
	dma->summary = (struct iomd_summary) {
		.length = iomd_desc_get_length(desc),
		.page_align = -1,
	};
	if (iomd_desc_hold(desc)) {
		desc->ops->summarize(desc, &dma->summary);
		iomd_desc_drop(desc);
	}
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
	int err = 0;

	if (IS_ERR(desc))
		return -EINVAL;
	if (desc == dma->desc) {
		if (!auto_prepare)
			dma_complete_all(dma);
		return 0;
	}
	if (dma->active)
		return -EBUSY;

	iomd_dma_clear_memory_descriptor(dma, true);
	if (!desc)
		return 0;

	dma->desc = iomd_desc_get(desc);
	summarize(dma, desc);
	if (auto_prepare) {
		err = iomd_dma_prepare(dma, 0, 0, true, true);
		if (err)
			iomd_dma_clear_memory_descriptor(dma, true);
	}
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

	dma_complete_all(dma);
	dma->desc = NULL;
	dma->summary.length = 0;
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
