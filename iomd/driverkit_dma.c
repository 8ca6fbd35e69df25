// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA commands of drivers in user space.
 */
#include <linux/export.h>
#include <linux/bitops.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include <iomd/desc.h>
#include <iomd/driverkit.h>
#include <iomd/mapper.h>
#include <iomd/namespace.h>

#include "dma.h"

/* The mapper of a device; held, like the module's default if there is none. */
static struct iomd_mapper *mapper_for(struct iomd_client *client, struct device *device)
{
	return device ? iomd_mapper_for_device(device) : iomd_client_copy_default_mapper(client);
}

static int give_lock(struct iomd_dma *dma)
{
	dma->dext = kzalloc(sizeof(*dma->dext), GFP_KERNEL);
	if (!dma->dext)
		return -ENOMEM;
	mutex_init(&dma->dext->lock);
	return 0;
}

/**
 * iomd_client_dk_dma_create() - Make a DMA command for a driver in user space.
 * @client: The calling module, IOMD_THIS_CLIENT.
 * @device: Device that the command is for; NULL for that of the module's default mapper.
 * @options: 0.
 * @specification: Width of the device's addresses; only read during the call.
 * @command: Receives the command, which the caller puts, or NULL.
 *
 * Drivers call iomd_dk_dma_create(). Segments are of 64 bits, with no limit and no
 * alignment. IOKit: IODMACommand::Create().
 *
 * Context: Process context, may sleep.
 * Return: 0; -EINVAL for options, NULL, or more than 255 address bits; -ENOMEM for
 *	   everything else. Implements DMA-147..149.
 */
int iomd_client_dk_dma_create(struct iomd_client *client, struct device *device, u64 options,
			      const struct iomd_dk_dma_specification *specification,
			      struct iomd_dma **command)
{
	struct iomd_mapper *mapper;
	struct iomd_dma *dma;

	if (!command)
		return -EINVAL;
	*command = NULL;
	if (options || !specification || specification->max_address_bits > U8_MAX)
		return -EINVAL;

	mapper = mapper_for(client, device);
	dma = iomd_client_dma_with_specification(client, iomd_dma_output_host64,
						 specification->max_address_bits, 0,
						 IOMD_DMA_MAP_OPTION_MAPPED |
						 IOMD_DMA_MAP_OPTION_DEXT_OWNER, 0, 1, mapper,
						 NULL);
	iomd_mapper_put(mapper);
	if (IS_ERR(dma) || give_lock(dma)) {
		iomd_dma_put(dma);
		return -ENOMEM;
	}
	*command = dma;
	return 0;
}
EXPORT_SYMBOL_NS_GPL(iomd_client_dk_dma_create, IOMD_NS);

static u64 directions_of(const struct iomd_dma *dma)
{
	return dma->direction & IOMD_DIRECTION_IN_OUT;
}

/* The steps of preparing, of which all or none are done. */
static int prepare_all(struct iomd_dma *dma, struct iomd_desc *memory, u64 offset, u64 length,
		       u32 *segments_count, struct iomd_segment64 *segments)
{
	u32 nr = *segments_count;
	u64 start = 0;
	int err;

	err = iomd_desc_prepare(memory, IOMD_DIRECTION_NONE);
	if (err)
		return err;
	/* The preparation before this one; it may have been of the same memory. */
	iomd_dma_let_go(dma);
	dma->dext->prepared = iomd_desc_get(memory);

	err = iomd_dma_set_memory_descriptor(dma, memory, false);
	if (!err)
		err = iomd_dma_prepare(dma, offset, length, true, true);
	if (!err)
		err = iomd_dma_gen64_iovm_segments(dma, &start, segments, &nr);
	if (err) {
		iomd_dma_let_go(dma);
		return err;
	}
	*segments_count = nr;
	return 0;
}

/**
 * iomd_dk_dma_prepare_for_dma() - Prepare memory and command, and say where memory is.
 * @command: Command of iomd_dk_dma_create().
 * @options: 0.
 * @memory: Descriptor, which need not be prepared.
 * @offset: First byte of the range.
 * @length: Bytes; 0 for all of @memory.
 * @flags: Receives IOMD_DIRECTION_*, as @memory has them.
 * @segments_count: In: room in @segments, up to IOMD_DK_MAX_SEGMENTS. Out: segments
 *	stored.
 * @segments: Receives them. If there are more than fit the rest is not told; the caller
 *	sees it by the sum of their lengths.
 *
 * For the descriptor that is prepared already, what was prepared is completed first; that
 * is so even if this call then fails. IOKit: IODMACommand::PrepareForDMA().
 *
 * Context: Process context, may sleep.
 * Return: 0; -EINVAL for options, NULL, no or too much room, or a range that is not in
 *	   @memory; -EBUSY, and nothing changed, while other memory is prepared; as
 *	   iomd_desc_prepare(), iomd_dma_prepare() and iomd_dma_gen_iovm_segments(). After
 *	   an error nothing is prepared by this call, and nothing was stored but in
 *	   @segments. Implements DMA-150..159.
 */
int iomd_dk_dma_prepare_for_dma(struct iomd_dma *command, u64 options, struct iomd_desc *memory,
				u64 offset, u64 length, u64 *flags, u32 *segments_count,
				struct iomd_segment64 *segments)
{
	int err;

	if (!command->dext || options || IS_ERR_OR_NULL(memory) || !flags || !segments_count ||
	    !segments || *segments_count > IOMD_DK_MAX_SEGMENTS)
		return -EINVAL;

	mutex_lock(&command->dext->lock);
	if (command->active && command->desc != memory)
		err = -EBUSY;
	else
		err = prepare_all(command, memory, offset, length, segments_count, segments);
	if (!err)
		*flags = directions_of(command);
	mutex_unlock(&command->dext->lock);
	return err;
}
EXPORT_SYMBOL_NS_GPL(iomd_dk_dma_prepare_for_dma, IOMD_NS);

/**
 * iomd_dk_dma_complete_dma() - Undo iomd_dk_dma_prepare_for_dma().
 * @command: Command of iomd_dk_dma_create().
 * @options: 0.
 *
 * The memory is detached, too. IOKit: IODMACommand::CompleteDMA().
 *
 * Context: Process context, may sleep.
 * Return: 0; -EINVAL for options; -EAGAIN if nothing is prepared; or as
 *	   iomd_desc_complete(), with everything done. Implements DMA-160, DMA-161.
 */
int iomd_dk_dma_complete_dma(struct iomd_dma *command, u64 options)
{
	int err = -EAGAIN;

	if (!command->dext || options)
		return -EINVAL;

	mutex_lock(&command->dext->lock);
	if (command->active)
		err = iomd_dma_let_go(command);
	mutex_unlock(&command->dext->lock);
	return err;
}
EXPORT_SYMBOL_NS_GPL(iomd_dk_dma_complete_dma, IOMD_NS);

/**
 * iomd_dk_dma_get_preparation() - What is prepared.
 * @command: Command of iomd_dk_dma_create().
 * @offset: Receives the first byte of the range; may be NULL.
 * @length: Receives its bytes; may be NULL.
 * @memory: Receives the descriptor, which the caller puts; may be NULL.
 *
 * IOKit: IODMACommand::GetPreparation().
 *
 * Context: Process context, may sleep.
 * Return: 0; -EINVAL for a command of the kernel's; -EAGAIN if nothing is prepared.
 *
 * Implements DMA-162.
 */
int iomd_dk_dma_get_preparation(struct iomd_dma *command, u64 *offset, u64 *length,
				struct iomd_desc **memory)
{
	int err;

	if (!command->dext)
		return -EINVAL;

	mutex_lock(&command->dext->lock);
	err = iomd_dma_get_prepared_offset_and_length(command, offset, length);
	if (!err && memory)
		*memory = iomd_desc_get(command->desc);
	mutex_unlock(&command->dext->lock);
	return err;
}
EXPORT_SYMBOL_NS_GPL(iomd_dk_dma_get_preparation, IOMD_NS);

#define PERFORM_OPTIONS	(IOMD_DK_DMA_PERFORM_OPERATION_READ | \
			 IOMD_DK_DMA_PERFORM_OPERATION_WRITE | \
			 IOMD_DK_DMA_PERFORM_OPERATION_ZERO)

/* All of it has been read before @data is touched. */
static bool read_to(struct iomd_dma *dma, u64 dma_offset, u64 length, u64 data_offset,
		    struct iomd_desc *data, void *bytes)
{
	return iomd_dma_read_bytes(dma, dma_offset, bytes, length) == length &&
	       iomd_desc_write_bytes(data, data_offset, bytes, length) == length;
}

static bool write_from(struct iomd_dma *dma, u64 dma_offset, u64 length, u64 data_offset,
		       struct iomd_desc *data, void *bytes)
{
	return iomd_desc_read_bytes(data, data_offset, bytes, length) == length &&
	       iomd_dma_write_bytes(dma, dma_offset, bytes, length) == length;
}

static int perform(struct iomd_dma *dma, u64 options, u64 dma_offset, u64 length,
		   u64 data_offset, struct iomd_desc *data)
{
	bool zero = options == IOMD_DK_DMA_PERFORM_OPERATION_ZERO;
	void *bytes = NULL;
	bool all;

	if (!dma->active)
		return -EAGAIN;
	if (length > iomd_desc_get_length(dma->desc) || hweight64(options) != 1)
		return -EINVAL;
	if (!zero && (IS_ERR_OR_NULL(data) || length > iomd_desc_get_length(data)))
		return -EINVAL;
	if (!length)
		return 0;

	if (!zero) {
		bytes = kvmalloc(length, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
		if (!bytes)
			return -ENOMEM;
	}
	if (zero)
		all = iomd_dma_transfer(dma, IOMD_COPY_IN, dma_offset, NULL, length) == length;
	else if (options == IOMD_DK_DMA_PERFORM_OPERATION_READ)
		all = read_to(dma, dma_offset, length, data_offset, data, bytes);
	else
		all = write_from(dma, dma_offset, length, data_offset, data, bytes);
	kvfree(bytes);
	return all ? 0 : -ENOSR;
}

/**
 * iomd_dk_dma_perform_operation() - Copy between what the device sees and other memory.
 * @command: Command of iomd_dk_dma_create(), prepared.
 * @options: One of IOMD_DK_DMA_PERFORM_OPERATION_*.
 * @dma_offset: First byte, counted from the beginning of the prepared range.
 * @length: Bytes.
 * @data_offset: First byte, in @data.
 * @data: Descriptor, prepared. Neither of both matters for zeroing.
 *
 * IOKit: IODMACommand::PerformOperation().
 *
 * Context: Process context, may sleep.
 * Return: 0; -EINVAL for options, and for more bytes than the memory prepared, or @data,
 *	   has; -EAGAIN if nothing is prepared; -ENOMEM; -ENOSR if not everything could be
 *	   copied: what was read has gone nowhere then, and what was written or zeroed
 *	   has as far as the prepared range goes. Implements DMA-163..167.
 */
int iomd_dk_dma_perform_operation(struct iomd_dma *command, u64 options, u64 dma_offset,
				  u64 length, u64 data_offset, struct iomd_desc *data)
{
	int err;

	if (!command->dext || (options & ~(u64)PERFORM_OPTIONS))
		return -EINVAL;

	mutex_lock(&command->dext->lock);
	err = perform(command, options, dma_offset, length, data_offset, data);
	mutex_unlock(&command->dext->lock);
	return err;
}
EXPORT_SYMBOL_NS_GPL(iomd_dk_dma_perform_operation, IOMD_NS);
