// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA mappings: physical extents in, bus addresses out.
 *
 * A mapping is one scatterlist, mapped with one call. Where an IOMMU translates,
 * it can then make the whole of it contiguous for the device. Memory that belongs to
 * an exporter is mapped by that; of its scatterlist only bus addresses are taken.
 *
 * Memory of another device has no pages that a scatterlist could name. It is mapped piece
 * by piece; where the pieces are in physical memory is kept beside the scatterlist.
 */
#include <linux/dma-mapping.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include <iomd/mapper.h>

#include "compat.h"
#include "mapping.h"
#include "objects.h"
#include "space.h"

/* Where entry @i of the table is for the CPU. */
static u64 entry_phys(const struct iomd_mapping *mapping, struct scatterlist *sg, unsigned int i)
{
	return mapping->resources ? mapping->resources[i] : sg_phys(sg);
}

/* From now on unbinding the device waits for us. Return: 0, or -ENODEV if it is too late. */
static int mapping_enlist(struct iomd_mapping *mapping)
{
	struct iomd_mapper *mapper = mapping->mapper;
	unsigned long flags;
	int err = -ENODEV;

	spin_lock_irqsave(&mapper->lock, flags);
	if (!mapper->revoked) {
		list_add(&mapping->node, &mapper->mappings);
		err = 0;
	}
	spin_unlock_irqrestore(&mapper->lock, flags);
	return err;
}

static void mapping_delist(struct iomd_mapping *mapping)
{
	struct iomd_mapper *mapper = mapping->mapper;
	unsigned long flags;

	spin_lock_irqsave(&mapper->lock, flags);
	list_del(&mapping->node);
	spin_unlock_irqrestore(&mapper->lock, flags);
}

/*
 * Its owner unmakes a mapping. Return: whether it is there; if not it has been taken from
 * the device. While it is being taken, or synchronized, we wait: memory must not be given
 * away that somebody still copies to. Who takes it has bottom halves off, so this is for no
 * hard interrupt.
 */
static bool mapping_claim(struct iomd_mapping *mapping)
{
	int users;

	do {
		if (likely(!atomic_cmpxchg(&mapping->users, 0, IOMD_MAPPING_OWNED)))
			return true;
		users = atomic_cond_read_acquire(&mapping->users,
						 !VAL || VAL == IOMD_MAPPING_GONE);
	} while (!users);
	return false;
}

/*
 * Is there anything that the DMA API does to this mapping between transfers? It copies, or
 * not, piece by piece; only for a device that is limited in nothing is it the same for all.
 */
static bool table_needs_sync(struct device *dev, struct sg_table *table)
{
	struct scatterlist *sg;
	unsigned int i;

	if (iomd_dma_skips_sync(dev) || iomd_dma_iommu_is_coherent(dev))
		return false;
	if (table->nents == 1 || dma_max_mapping_size(dev) == SIZE_MAX)
		return dma_need_sync(dev, sg_dma_address(table->sgl));
	for_each_sgtable_dma_sg(table, sg, i)
		if (dma_need_sync(dev, sg_dma_address(sg)))
			return true;
	return false;
}

/* Undo the mapping of the first @nr pieces. */
static void resources_unmap(struct iomd_mapping *mapping, unsigned int nr)
{
	struct scatterlist *sg;
	unsigned int i;

	for_each_sg(mapping->table.sgl, sg, nr, i)
		dma_unmap_resource(mapping->mapper->dev, sg_dma_address(sg), sg_dma_len(sg),
				   mapping->direction, DMA_ATTR_SKIP_CPU_SYNC);
}

/*
 * Can the device address a piece? The DMA API makes no offset to it where nothing
 * translates, and does not take it well to be asked for what is out of reach.
 */
static bool is_addressable(const struct iomd_mapper *mapper, u64 phys, u64 length)
{
	struct device *dev = mapper->dev;

	return mapper->domain ||
	       phys + length - 1 <= min_not_zero(dma_get_mask(dev), dev->bus_dma_limit);
}

/*
 * There is nothing to hand over: the CPU has neither caches nor copies of this. To say so
 * also allows for the same memory being mapped several times.
 */
static int resources_map(struct iomd_mapping *mapping)
{
	struct iomd_mapper *mapper = mapping->mapper;
	struct scatterlist *sg;
	unsigned int i;

	for_each_sgtable_sg(&mapping->table, sg, i) {
		u64 phys = mapping->resources[i];
		dma_addr_t address = DMA_MAPPING_ERROR;

		if (is_addressable(mapper, phys, sg->length))
			address = dma_map_resource(mapper->dev, phys, sg->length,
						   mapping->direction,
						   DMA_ATTR_SKIP_CPU_SYNC);
		if (dma_mapping_error(mapper->dev, address)) {
			resources_unmap(mapping, i);
			return -EIO;
		}
		sg_dma_address(sg) = address;
		sg_dma_len(sg) = sg->length;
	}
	return 0;
}

/*
 * One piece need not be mapped as a list, which costs as much as a small transfer has to
 * spare. Memory of another device's that has pages is known to lists only.
 */
static bool is_single(const struct sg_table *table)
{
	return table->orig_nents == 1 && !is_pci_p2pdma_page(sg_page(table->sgl));
}

static int pages_map(struct iomd_mapping *mapping)
{
	struct device *dev = mapping->mapper->dev;
	struct sg_table *table = &mapping->table;
	struct scatterlist *sg = table->sgl;

	if (!is_single(table))
		return dma_map_sgtable(dev, table, mapping->direction, DMA_ATTR_SKIP_CPU_SYNC);
	sg_dma_address(sg) = dma_map_page_attrs(dev, sg_page(sg), sg->offset, sg->length,
						mapping->direction, DMA_ATTR_SKIP_CPU_SYNC);
	if (dma_mapping_error(dev, sg_dma_address(sg)))
		return mapping->mapper->domain ? -ENOMEM : -EIO;
	sg_dma_len(sg) = sg->length;
	return 0;
}

static void pages_unmap(struct iomd_mapping *mapping)
{
	struct device *dev = mapping->mapper->dev;
	struct sg_table *table = &mapping->table;

	if (is_single(table))
		dma_unmap_page_attrs(dev, sg_dma_address(table->sgl), sg_dma_len(table->sgl),
				     mapping->direction, DMA_ATTR_SKIP_CPU_SYNC);
	else
		dma_unmap_sgtable(dev, table, mapping->direction, DMA_ATTR_SKIP_CPU_SYNC);
}

/* Hand memory to the device, or take it back. */
static void pages_sync(struct iomd_mapping *mapping, bool for_cpu)
{
	struct device *dev = mapping->mapper->dev;
	struct sg_table *table = &mapping->table;
	dma_addr_t address = sg_dma_address(table->sgl);
	size_t length = sg_dma_len(table->sgl);

	if (is_single(table) && for_cpu)
		dma_sync_single_for_cpu(dev, address, length, mapping->direction);
	else if (is_single(table))
		dma_sync_single_for_device(dev, address, length, mapping->direction);
	else if (for_cpu)
		dma_sync_sgtable_for_cpu(dev, table, mapping->direction);
	else
		dma_sync_sgtable_for_device(dev, table, mapping->direction);
}

/*
 * Memory may be mapped several times, by descriptors that overlap. Where the CPU and the
 * device see the same memory there is nothing to be said against that; so handing memory
 * over is left out of mapping, and done apart where there is anything to do.
 */
static int table_map(struct iomd_mapping *mapping, gfp_t gfp)
{
	struct iomd_space *space = mapping->mapper->space;
	int err;

	if (space)
		return iomd_space_map_table(space, &mapping->table, mapping->resources,
					    mapping->direction, gfp);
	if (mapping->resources)
		return resources_map(mapping);
	err = pages_map(mapping);
	if (err)
		return err;
	mapping->needs_sync = table_needs_sync(mapping->mapper->dev, &mapping->table);
	if (mapping->needs_sync)
		pages_sync(mapping, false);
	return 0;
}

/* The device may be gone the moment after, but is not yet. */
void iomd_mapping_unmap_table(struct iomd_mapping *mapping)
{
	struct iomd_space *space = mapping->mapper->space;

	if (space) {
		iomd_space_unmap_table(space, &mapping->table);
		return;
	}
	if (mapping->resources) {
		resources_unmap(mapping, mapping->table.orig_nents);
		return;
	}
	if (mapping->needs_sync)
		pages_sync(mapping, true);
	pages_unmap(mapping);
}

static int mapping_build(struct iomd_mapping *mapping, iomd_stretch_fn stretch_fn, void *source,
			 gfp_t gfp)
{
	int err = iomd_table_build(mapping, stretch_fn, source, mapping->length, gfp);

	if (err)
		return err;
	err = table_map(mapping, gfp);
	if (err)
		iomd_table_free(mapping);
	return err;
}

/*
 * Copy where an exporter has mapped @length bytes: its table is gone when the device
 * is, while there still may be somebody who looks.
 */
static int import_copy(struct iomd_mapping *mapping, const struct sg_table *source, u64 length)
{
	struct scatterlist *from;
	u64 total = 0;
	unsigned int i;

	for_each_sgtable_dma_sg(source, from, i)
		total += sg_dma_len(from);
	return total < length ? -EIO : iomd_table_copy(mapping, source, GFP_KERNEL);
}

static int import_build(struct iomd_mapping *mapping, struct dma_buf *dmabuf)
{
	struct iomd_import *import = &mapping->import;
	int err;

	err = iomd_import_begin(import, dmabuf, mapping->mapper->dev, mapping->direction);
	if (err)
		return err;
	err = import_copy(mapping, import->table, mapping->length);
	if (err)
		iomd_import_end(import);
	return err;
}

/* The errors of the DMA API, as those we document. */
static int mapping_errno(int err)
{
	switch (err) {
	case 0:
	case -ENOMEM:
	case -ENODEV:
	case -EAGAIN:
	case -EOPNOTSUPP:
		return err;
	default:
		return -EIO;
	}
}

/* Begin to make a mapping. Return: 0; or -ENODEV, and there is none. */
static int mapping_open(struct iomd_mapping *mapping, struct iomd_mapper *mapper, u64 length,
			enum dma_data_direction direction)
{
	int err;

	mapping->mapper = mapper;
	atomic_set(&mapping->users, IOMD_MAPPING_OWNED);
	mapping->direction = direction;
	mapping->length = length;
	mapping->needs_sync = false;
	mapping->import.attachment = NULL;
	mapping->resources = NULL;
	mapping->chunks = NULL;
	mapping->table.sgl = NULL;
	if (length)
		err = mapping_enlist(mapping);
	else
		err = iomd_mapping_is_revoked(mapping) ? -ENODEV : 0;
	if (err)
		mapping->mapper = NULL;
	return err;
}

/* The mapping is live from now on; or, on error, never has been. */
static int mapping_close(struct iomd_mapping *mapping, int err)
{
	if (!err) {
		iomd_objects_inc(IOMD_OBJECT_MAPPING);
		/* Pairs with those who find the mapping in its mapper's list. */
		atomic_set_release(&mapping->users, 0);
		return 0;
	}
	if (mapping->length)
		mapping_delist(mapping);
	mapping->mapper = NULL;
	return err;
}

/*
 * Map @length bytes, which @stretch_fn describes, for the device of @mapper. The
 * memory stays where it is until iomd_mapping_unmap(), and so does @mapper, which whoever
 * maps has a reference on.
 *
 * @mapping is not live, and stays so on error; the caller may free its storage as
 * soon as it is not live. A length of zero is mapped without anything happening.
 * May be called in any context that @gfp allows.
 *
 * Return: 0; -ENODEV if the device is gone; -ENOMEM; -EOPNOTSUPP for memory some of
 * which has pages and some, a device's, has none; -EIO if the device cannot reach the
 * memory; or the error of @stretch_fn.
 */
int iomd_mapping_map(struct iomd_mapping *mapping, struct iomd_mapper *mapper,
		     iomd_stretch_fn stretch_fn, void *source, u64 length,
		     enum dma_data_direction direction, gfp_t gfp)
{
	int err = mapping_open(mapping, mapper, length, direction);

	if (err)
		return err;
	if (length)
		err = mapping_errno(mapping_build(mapping, stretch_fn, source, gfp));
	return mapping_close(mapping, err);
}

/*
 * The same for all of a dma-buf, of @length bytes, by its exporter. Sleeps, and waits
 * for the exporter to have the memory where it is to stay.
 *
 * Return: 0; -ENODEV if the device is gone; -ENOMEM; -EBUSY if the exporter cannot have
 * the memory where the device reaches it; -ECANCELED if a signal came while it waited;
 * -EIO for the exporter's other errors, and if it maps less than all.
 */
int iomd_mapping_import(struct iomd_mapping *mapping, struct iomd_mapper *mapper,
			struct dma_buf *dmabuf, u64 length, enum dma_data_direction direction)
{
	int err = mapping_open(mapping, mapper, length, direction);

	if (err)
		return err;
	if (length)
		err = import_build(mapping, dmabuf);
	return mapping_close(mapping, err);
}

/* The highest bus address in a mapping that is not empty. */
u64 iomd_mapping_highest(const struct iomd_mapping *mapping)
{
	struct scatterlist *sg;
	u64 highest = 0;
	unsigned int i;

	for_each_sgtable_dma_sg(&mapping->table, sg, i)
		if (sg_dma_len(sg))
			highest = max(highest, (u64)sg_dma_address(sg) + sg_dma_len(sg) - 1);
	return highest;
}

static void mapping_undo(struct iomd_mapping *mapping)
{
	if (mapping->import.attachment)
		iomd_import_end(&mapping->import);
	else
		iomd_mapping_unmap_table(mapping);
}

/*
 * Undo iomd_mapping_map() or iomd_mapping_import(), as the latter in a context that may
 * sleep; in no hard interrupt. Nobody synchronizes the mapping. Nothing happens if it is not
 * live.
 */
void iomd_mapping_unmap(struct iomd_mapping *mapping)
{
	if (!mapping->mapper)
		return;

	if (mapping->length) {
		if (mapping_claim(mapping)) {
			mapping_undo(mapping);
			mapping_delist(mapping);
		}
		iomd_table_free(mapping);
	}
	mapping->mapper = NULL;
	iomd_objects_dec(IOMD_OBJECT_MAPPING);
}

/* Return: whether the mapping is there; if so it stays until sync_end(). */
static bool sync_begin(struct iomd_mapping *mapping)
{
	return atomic_inc_unless_negative(&mapping->users);
}

/* The device may be gone the moment after. */
static void sync_end(struct iomd_mapping *mapping)
{
	atomic_dec_return_release(&mapping->users);
}

/*
 * Between transfers: take memory that stays mapped back, or hand it to the device. Nothing
 * happens if the device is gone.
 */
void iomd_mapping_sync(struct iomd_mapping *mapping, bool for_cpu)
{
	struct device *dev = mapping->mapper->dev;

	if (!mapping->needs_sync || !sync_begin(mapping))
		return;
	if (for_cpu)
		dma_sync_sgtable_for_cpu(dev, &mapping->table, mapping->direction);
	else
		dma_sync_sgtable_for_device(dev, &mapping->table, mapping->direction);
	sync_end(mapping);
}

static void sync_piece(struct iomd_mapping *mapping, const struct iomd_extent *piece, bool for_cpu)
{
	struct device *dev = mapping->mapper->dev;

	if (for_cpu)
		dma_sync_single_for_cpu(dev, piece->address, piece->length, mapping->direction);
	else
		dma_sync_single_for_device(dev, piece->address, piece->length,
					   mapping->direction);
}

static int sync_range(struct iomd_mapping *mapping, u64 offset, u64 length, bool for_cpu)
{
	struct iomd_mapping_walk walk = {};

	if (mapping->import.attachment)
		return -EOPNOTSUPP;
	while (length && mapping->needs_sync) {
		struct iomd_extent piece;

		iomd_mapping_walk(mapping, &walk, offset, offset + length, &piece);
		sync_piece(mapping, &piece, for_cpu);
		offset += piece.length;
		length -= piece.length;
	}
	return 0;
}

/*
 * The same for a range that lies in the mapping, and for nothing beside it. Return: 0;
 * -EOPNOTSUPP for an exporter's memory, which that sees to when the CPU copies bytes.
 */
int iomd_mapping_sync_range(struct iomd_mapping *mapping, u64 offset, u64 length, bool for_cpu)
{
	int err;

	if (!sync_begin(mapping))
		return 0;
	err = sync_range(mapping, offset, length, for_cpu);
	sync_end(mapping);
	return err;
}

/* Go to the entry that holds @offset, forward from where @walk is if that can be. */
struct iomd_mapping_walk iomd_mapping_seek(const struct iomd_mapping *mapping,
					   struct iomd_mapping_walk walk, u64 offset)
{
	if (!walk.next || offset < walk.start) {
		walk.next = mapping->table.sgl;
		walk.start = 0;
	}
	while (offset - walk.start >= sg_dma_len(walk.next))
		iomd_mapping_step(&walk);
	return walk;
}

/* The offset of the byte at bus address @address; the mapping's length if it has none. */
static u64 offset_of(const struct iomd_mapping *mapping, u64 address)
{
	struct scatterlist *sg;
	unsigned int i;
	u64 offset = 0;

	for_each_sgtable_dma_sg(&mapping->table, sg, i) {
		if (address - sg_dma_address(sg) < sg_dma_len(sg))
			return offset + (address - sg_dma_address(sg));
		offset += sg_dma_len(sg);
	}
	return mapping->length;
}

/* The physical address that a device reaches at @address; 0 if not by this mapping. */
u64 iomd_mapping_physical(const struct iomd_mapping *mapping, u64 address)
{
	u64 offset = offset_of(mapping, address);
	struct scatterlist *sg;
	unsigned int i;

	for_each_sgtable_sg(&mapping->table, sg, i) {
		if (offset < sg->length)
			return entry_phys(mapping, sg, i) + offset;
		offset -= sg->length;
	}
	return 0;
}
