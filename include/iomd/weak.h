/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For modules that make use of DMA commands where iomd is loaded, and do without where it
 * is not: what is here does not make the calling module depend on iomd.
 *
 * Other calls are found with symbol_get(), and given back with symbol_put(), too. A command
 * that was made here keeps iomd loaded, so those can be as short as a call.
 */
#ifndef _IOMD_WEAK_H
#define _IOMD_WEAK_H

#include <linux/err.h>
#include <linux/errno.h>
#include <linux/module.h>

#include <iomd/dma.h>

/**
 * iomd_dma_weak_with_specification() - Make a DMA command if iomd is loaded.
 * @new_command: Receives the command, for iomd_dma_weak_put().
 * @out: Segment function: the driver's own, or one found with symbol_get().
 * @num_address_bits: Width of the device's addresses; 0 for no limit.
 * @max_segment_size: Longest segment in bytes; 0 for no limit.
 * @mapping_options: IOMD_DMA_MAP_OPTION_*.
 * @max_transfer_size: Longest prepared range in bytes; 0 for no limit.
 * @alignment: Of all segments' addresses, a power of two; 0 means 1.
 * @mapper: Mapper; NULL for the module's default.
 * @ref_con: For iomd_dma_get_ref_con().
 *
 * IOKit: IODMACommand::weakWithSpecification().
 *
 * Context: Process context, may sleep.
 * Return: 0; -EINVAL without @new_command; -EOPNOTSUPP, with @new_command untouched, if
 *	   iomd is not there; -EBADE, with NULL in @new_command, if there can be no such
 *	   command. Implements DMA-28..31.
 */
static inline int
iomd_dma_weak_with_specification(struct iomd_dma **new_command, iomd_dma_segment_fn out,
				 u8 num_address_bits, u64 max_segment_size, u32 mapping_options,
				 u64 max_transfer_size, u32 alignment, struct iomd_mapper *mapper,
				 void *ref_con)
{
	typeof(iomd_client_dma_with_specification) *make;
	struct iomd_dma *dma;

	if (!new_command)
		return -EINVAL;
	make = symbol_get(iomd_client_dma_with_specification);
	if (!make)
		return -EOPNOTSUPP;

	dma = make(IOMD_THIS_CLIENT, out, num_address_bits, max_segment_size, mapping_options,
		   max_transfer_size, alignment, mapper, ref_con);
	if (IS_ERR(dma)) {
		symbol_put(iomd_client_dma_with_specification);
		*new_command = NULL;
		return -EBADE;
	}
	*new_command = dma;
	return 0;
}

/**
 * iomd_dma_weak_put() - Give back what iomd_dma_weak_with_specification() made.
 * @dma: Command, of which this is the last reference; or NULL.
 *
 * Context: Process context, as iomd_dma_put().
 */
static inline void iomd_dma_weak_put(struct iomd_dma *dma)
{
	typeof(iomd_dma_put) *put;

	if (!dma)
		return;
	put = symbol_get(iomd_dma_put);
	put(dma);
	symbol_put(iomd_dma_put);
	symbol_put(iomd_client_dma_with_specification);
}

#endif /* _IOMD_WEAK_H */
