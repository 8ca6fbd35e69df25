// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA commands: making them, and what devices demand of them.
 */
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include <iomd/client.h>
#include <iomd/mapper.h>
#include <iomd/namespace.h>

#include "dma.h"
#include "objects.h"

static bool is_32_bit_function(iomd_dma_segment_fn out)
{
	return out == iomd_dma_output_host32 || out == iomd_dma_output_big32 ||
	       out == iomd_dma_output_little32;
}

/* Alignments: 0 stands for a default, everything else is a power of two. */
static bool is_alignment(u32 alignment)
{
	return !(alignment & (alignment - 1));
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

static void set_width(struct iomd_dma *dma, u8 address_bits)
{
	dma->address_bits = address_bits;
	dma->highest = address_bits && address_bits < 64 ? (1ULL << address_bits) - 1 : U64_MAX;
}

/* What comes to be mapped is for @mapper, whose reference goes over. */
static void set_mapper(struct iomd_dma *dma, struct iomd_mapper *mapper)
{
	if (dma->mapper && dma->mapper != mapper)
		iomd_mapping_exit(&dma->mapping);
	if (dma->mapper)
		iomd_mapper_put(dma->mapper);
	dma->mapper = mapper;
}

/*
 * Give a command that is not active a specification; what is attached stays. On error it
 * keeps the old one.
 */
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

	set_mapper(dma, mapper);
	dma->is_planned = false;
	dma->out = out;
	dma->mapping_options = mapping_options;
	set_width(dma, options->num_address_bits ?: is_32_bit_function(out) ? 32 : 0);
	dma->max_segment_size = options->max_segment_size ?: U64_MAX;
	dma->max_transfer_size = options->max_transfer_size ?: U64_MAX;
	dma->align_mask = (options->alignment ?: 1) - 1;
	dma->length_mask = (options->alignment_length ?: 1) - 1;
	dma->internal_mask = dma->align_mask;
	if (options->alignment_internal_segments)
		dma->internal_mask = options->alignment_internal_segments - 1;
	return 0;
}

/* No function, so that it cannot be prepared; no limits, should somebody ask. */
static void specify_nothing(struct iomd_dma *dma)
{
	set_mapper(dma, NULL);
	dma->out = NULL;
	dma->mapping_options = 0;
	set_width(dma, 0);
	dma->max_segment_size = U64_MAX;
	dma->max_transfer_size = U64_MAX;
	dma->align_mask = 0;
	dma->length_mask = 0;
	dma->internal_mask = 0;
}

/* What another command has; for one that has nothing. */
static void specify_same(struct iomd_dma *dma, const struct iomd_dma *other)
{
	if (other->mapper)
		dma->mapper = iomd_mapper_get(other->mapper);
	dma->out = other->out;
	dma->mapping_options = other->mapping_options;
	set_width(dma, other->address_bits);
	dma->max_segment_size = other->max_segment_size;
	dma->max_transfer_size = other->max_transfer_size;
	dma->align_mask = other->align_mask;
	dma->length_mask = other->length_mask;
	dma->internal_mask = other->internal_mask;
}

/* The short way of saying it. */
static struct iomd_dma_segment_options short_options(u8 num_address_bits, u64 max_segment_size,
						     u64 max_transfer_size, u32 alignment)
{
	return (struct iomd_dma_segment_options) {
		.struct_size = sizeof(struct iomd_dma_segment_options),
		.num_address_bits = num_address_bits,
		.max_segment_size = max_segment_size,
		.max_transfer_size = max_transfer_size,
		.alignment = alignment,
		.alignment_length = 1,
		.alignment_internal_segments = alignment,
	};
}

/**
 * iomd_dma_with_ref_con() - Make a DMA command of which nothing is demanded yet.
 * @ref_con: For iomd_dma_get_ref_con().
 *
 * Descriptors can be attached to it; it cannot be prepared before
 * iomd_dma_prepare_with_specification(), or one of the others that take a
 * specification, has given it one.
 * IOKit: IODMACommand::withRefCon().
 *
 * Context: Process context, may sleep.
 * Return: A command that the caller puts, or ERR_PTR(-ENOMEM).
 *
 * Implements DMA-25..27.
 */
struct iomd_dma *iomd_dma_with_ref_con(void *ref_con)
{
	struct iomd_dma *dma = iomd_dma_alloc();

	if (!dma)
		return ERR_PTR(-ENOMEM);
	dma->ref_con = ref_con;
	specify_nothing(dma);
	return dma;
}
EXPORT_SYMBOL_NS_GPL(iomd_dma_with_ref_con, IOMD_NS);

/* Make a command, of which something is demanded. */
static struct iomd_dma *make(struct iomd_client *client, iomd_dma_segment_fn out,
			     const struct iomd_dma_segment_options *options, u32 mapping_options,
			     struct iomd_mapper *mapper, void *ref_con)
{
	struct iomd_dma *dma = iomd_dma_alloc();
	int err;

	if (!dma)
		return ERR_PTR(-ENOMEM);
	dma->ref_con = ref_con;
	err = specify(dma, client, out, options, mapping_options, mapper);
	if (err) {
		iomd_dma_put(dma);
		return ERR_PTR(err);
	}
	return dma;
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
	return make(client, out, segment_options, mapping_options, mapper, ref_con);
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
	const struct iomd_dma_segment_options options =
		short_options(num_address_bits, max_segment_size, max_transfer_size, alignment);

	return make(client, out, &options, mapping_options, mapper, ref_con);
}
EXPORT_SYMBOL_NS_GPL(iomd_client_dma_with_specification, IOMD_NS);

/* As a new command would be; the reference count is the only thing that is not. */
static void start_again(struct iomd_dma *dma, void *ref_con)
{
	iomd_dma_clear_memory_descriptor(dma, false);
	dma->ref_con = ref_con;
}

/**
 * iomd_client_dma_init_with_segment_options() - Make something else of a command.
 * @client: The calling module, IOMD_THIS_CLIENT.
 * @dma: Command that is not prepared.
 * @out: Segment function.
 * @options: What the device demands; only read during the call.
 * @mapping_options: IOMD_DMA_MAP_OPTION_*.
 * @mapper: Mapper; NULL for the module's default. Held by the command.
 * @ref_con: For iomd_dma_get_ref_con().
 *
 * Drivers call iomd_dma_init_with_segment_options(). Afterwards the command is as if
 * it had just been made, with no descriptor attached.
 * IOKit: IODMACommand::initWithSpecification(), the form with SegmentOptions.
 *
 * Context: Process context, may sleep.
 * Return: 0; -EBUSY if the command is prepared; or as
 *	   iomd_client_dma_with_segment_options(). After an error nothing has changed.
 *
 * Implements DMA-11.
 */
int iomd_client_dma_init_with_segment_options(struct iomd_client *client, struct iomd_dma *dma,
					      iomd_dma_segment_fn out,
					      const struct iomd_dma_segment_options *options,
					      u32 mapping_options, struct iomd_mapper *mapper,
					      void *ref_con)
{
	int err;

	if (dma->active)
		return -EBUSY;
	err = specify(dma, client, out, options, mapping_options, mapper);
	if (!err)
		start_again(dma, ref_con);
	return err;
}
EXPORT_SYMBOL_NS_GPL(iomd_client_dma_init_with_segment_options, IOMD_NS);

/**
 * iomd_client_dma_init_with_specification() - The same, the short way.
 * @client: The calling module, IOMD_THIS_CLIENT.
 * @dma: Command that is not prepared.
 * @out: Segment function.
 * @num_address_bits: Width of the device's addresses; 0 for no limit.
 * @max_segment_size: Longest segment in bytes; 0 for no limit.
 * @mapping_options: IOMD_DMA_MAP_OPTION_*.
 * @max_transfer_size: Longest prepared range in bytes; 0 for no limit.
 * @alignment: Of all segments' addresses, a power of two; 0 means 1.
 * @mapper: Mapper; NULL for the module's default.
 * @ref_con: For iomd_dma_get_ref_con().
 *
 * Drivers call iomd_dma_init_with_specification().
 * IOKit: IODMACommand::initWithSpecification().
 *
 * Context: Process context, may sleep.
 * Return: As iomd_client_dma_init_with_segment_options(). Implements DMA-11.
 */
int iomd_client_dma_init_with_specification(struct iomd_client *client, struct iomd_dma *dma,
					    iomd_dma_segment_fn out, u8 num_address_bits,
					    u64 max_segment_size, u32 mapping_options,
					    u64 max_transfer_size, u32 alignment,
					    struct iomd_mapper *mapper, void *ref_con)
{
	const struct iomd_dma_segment_options options =
		short_options(num_address_bits, max_segment_size, max_transfer_size, alignment);

	return iomd_client_dma_init_with_segment_options(client, dma, out, &options,
							 mapping_options, mapper, ref_con);
}
EXPORT_SYMBOL_NS_GPL(iomd_client_dma_init_with_specification, IOMD_NS);

/**
 * iomd_dma_init_with_ref_con() - Take back what was demanded of a command.
 * @dma: Command that is not prepared.
 * @ref_con: For iomd_dma_get_ref_con().
 *
 * Afterwards the command is as iomd_dma_with_ref_con() makes it.
 * IOKit: IODMACommand::initWithRefCon().
 *
 * Context: As iomd_dma_complete().
 * Return: 0, or -EBUSY if the command is prepared. Implements DMA-25.
 */
int iomd_dma_init_with_ref_con(struct iomd_dma *dma, void *ref_con)
{
	if (dma->active)
		return -EBUSY;
	specify_nothing(dma);
	start_again(dma, ref_con);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(iomd_dma_init_with_ref_con, IOMD_NS);

/**
 * iomd_dma_clone_command() - Another command that demands the same.
 * @dma: Command, which may be prepared.
 * @ref_con: For iomd_dma_get_ref_con() of the new one.
 *
 * Nothing is attached to the new command. IOKit: IODMACommand::cloneCommand().
 *
 * Context: Process context, may sleep.
 * Return: A command that the caller puts, or ERR_PTR(-ENOMEM).
 *
 * Implements DMA-32..34, DMA-36, DMA-37.
 */
struct iomd_dma *iomd_dma_clone_command(const struct iomd_dma *dma, void *ref_con)
{
	struct iomd_dma *clone = iomd_dma_with_ref_con(ref_con);

	if (!IS_ERR(clone))
		specify_same(clone, dma);
	return clone;
}
EXPORT_SYMBOL_NS_GPL(iomd_dma_clone_command, IOMD_NS);

/**
 * iomd_client_dma_prepare_with_segment_options() - Demand something else, and prepare.
 * @client: The calling module, IOMD_THIS_CLIENT.
 * @dma: Command with a descriptor, which is prepared.
 * @out: Segment function.
 * @options: What the device demands; only read during the call.
 * @mapping_options: IOMD_DMA_MAP_OPTION_*.
 * @mapper: Mapper; NULL for the module's default. Held by the command.
 * @offset: First byte of the range, in the descriptor.
 * @length: Bytes; 0 for as many as the descriptor had when it was attached.
 * @flush_cache: As for iomd_dma_prepare().
 * @synchronize: As for iomd_dma_prepare().
 *
 * Drivers call iomd_dma_prepare_with_segment_options(). What is demanded stays so
 * after the complete. Such calls do not nest.
 * IOKit: IODMACommand::prepareWithSpecification(), the form with SegmentOptions.
 *
 * Context: Process context, may sleep.
 * Return: 0; -EPERM, and nothing changed, if the command is prepared; as
 *	   iomd_client_dma_with_segment_options(), after which nothing has changed and
 *	   nothing is counted; or as iomd_dma_prepare(). Implements DMA-86..88.
 */
int iomd_client_dma_prepare_with_segment_options(struct iomd_client *client, struct iomd_dma *dma,
						 iomd_dma_segment_fn out,
						 const struct iomd_dma_segment_options *options,
						 u32 mapping_options, struct iomd_mapper *mapper,
						 u64 offset, u64 length, bool flush_cache,
						 bool synchronize)
{
	int err;

	if (dma->active)
		return -EPERM;
	err = specify(dma, client, out, options, mapping_options, mapper);
	return err ?: iomd_dma_prepare(dma, offset, length, flush_cache, synchronize);
}
EXPORT_SYMBOL_NS_GPL(iomd_client_dma_prepare_with_segment_options, IOMD_NS);

/**
 * iomd_client_dma_prepare_with_specification() - The same, the short way.
 * @client: The calling module, IOMD_THIS_CLIENT.
 * @dma: Command with a descriptor, which is prepared.
 * @out: Segment function.
 * @num_address_bits: Width of the device's addresses; 0 for no limit.
 * @max_segment_size: Longest segment in bytes; 0 for no limit.
 * @mapping_options: IOMD_DMA_MAP_OPTION_*.
 * @max_transfer_size: Longest prepared range in bytes; 0 for no limit.
 * @alignment: Of all segments' addresses, a power of two; 0 means 1.
 * @mapper: Mapper; NULL for the module's default.
 * @offset: First byte of the range, in the descriptor.
 * @length: Bytes; 0 for as many as the descriptor had when it was attached.
 * @flush_cache: As for iomd_dma_prepare().
 * @synchronize: As for iomd_dma_prepare().
 *
 * Drivers call iomd_dma_prepare_with_specification().
 * IOKit: IODMACommand::prepareWithSpecification().
 *
 * Context: Process context, may sleep.
 * Return: As iomd_client_dma_prepare_with_segment_options(). Implements DMA-86..88.
 */
int iomd_client_dma_prepare_with_specification(struct iomd_client *client, struct iomd_dma *dma,
					       iomd_dma_segment_fn out, u8 num_address_bits,
					       u64 max_segment_size, u32 mapping_options,
					       u64 max_transfer_size, u32 alignment,
					       struct iomd_mapper *mapper, u64 offset, u64 length,
					       bool flush_cache, bool synchronize)
{
	const struct iomd_dma_segment_options options =
		short_options(num_address_bits, max_segment_size, max_transfer_size, alignment);

	return iomd_client_dma_prepare_with_segment_options(client, dma, out, &options,
							    mapping_options, mapper, offset,
							    length, flush_cache, synchronize);
}
EXPORT_SYMBOL_NS_GPL(iomd_client_dma_prepare_with_specification, IOMD_NS);
