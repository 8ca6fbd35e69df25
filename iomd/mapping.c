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
#include "runs.h"
#include "space.h"

/* Where entry @i of the table is for the CPU. */
static u64 entry_phys(const struct iomd_mapping *mapping, struct scatterlist *sg, unsigned int i)
{
	return mapping->resources ? mapping->resources[i] : sg_phys(sg);
}

/* Come to be one of those of @mapper. Return: 0, or -ENODEV if it is too late. */
static noinline int mapping_enlist(struct iomd_mapping *mapping, struct iomd_mapper *mapper)
{
	unsigned long flags;
	int err = -ENODEV;

	atomic_set(&mapping->users, IOMD_MAPPING_IDLE);
	spin_lock_irqsave(&mapper->lock, flags);
	if (!mapper->revoked) {
		hlist_add_head(&mapping->node, &mapper->mappings);
		mapping->mapper = mapper;
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
	hlist_del_init(&mapping->node);
	spin_unlock_irqrestore(&mapper->lock, flags);
	mapping->mapper = NULL;
	mapping->table.orig_nents = 0;	/* made for this device */
}

/* Wait for whoever has a lock, and if locks sleep lend it our priority. */
static void wait_for(spinlock_t *lock)
{
	unsigned long flags;

	spin_lock_irqsave(lock, flags);
	spin_unlock_irqrestore(lock, flags);
}

/*
 * Its owner unmakes a mapping. Return: whether it is there; if not it has been taken from
 * the device. While it is being taken, or synchronized, we wait: memory must not be given
 * away that somebody still copies to. Nobody should synchronize it any more; who looks up
 * what is behind an address does so under the mapper's lock.
 */
static bool mapping_claim(struct iomd_mapping *mapping)
{
	int users;

	for (;;) {
		users = atomic_cmpxchg(&mapping->users, 0, IOMD_MAPPING_OWNED);
		if (likely(!users))
			return true;
		if (users == IOMD_MAPPING_GONE)
			return false;
		if (users == IOMD_MAPPING_TAKEN)
			wait_for(&mapping->mapper->revoking);
		else
			wait_for(&mapping->mapper->lock);
	}
}

/*
 * Is there anything that the DMA API does to this mapping between transfers? It copies, or
 * not, piece by piece; only for a device that is limited in nothing is it the same for all.
 */
static bool table_needs_sync(const struct iomd_mapping *mapping, struct device *dev)
{
	const struct sg_table *table = &mapping->table;
	struct scatterlist *sg;
	unsigned int i;

	if (iomd_dma_iommu_is_coherent(dev))
		return false;
	if (table->nents == 1 || mapping->is_uniform)
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

static __always_inline int page_map(struct iomd_mapping *mapping, struct device *dev,
				    struct scatterlist *sg)
{
	sg_dma_address(sg) = dma_map_page_attrs(dev, sg_page(sg), sg->offset, sg->length,
						mapping->direction, DMA_ATTR_SKIP_CPU_SYNC);
	if (dma_mapping_error(dev, sg_dma_address(sg)))
		return mapping->mapper->domain ? -ENOMEM : -EIO;
	sg_dma_len(sg) = sg->length;
	return 0;
}

/*
 * One piece need not be mapped as a list, which costs as much as a small transfer has to
 * spare. Memory of another device's that has pages is known to lists only.
 */
static __always_inline int pages_map(struct iomd_mapping *mapping)
{
	struct device *dev = mapping->mapper->dev;
	struct sg_table *table = &mapping->table;

	mapping->is_page = table->orig_nents == 1 && !is_pci_p2pdma_page(sg_page(mapping->local));
	if (likely(mapping->is_page))
		return page_map(mapping, dev, mapping->local);
	return dma_map_sgtable(dev, table, mapping->direction, DMA_ATTR_SKIP_CPU_SYNC);
}

static __always_inline void pages_unmap(struct iomd_mapping *mapping)
{
	struct device *dev = mapping->mapper->dev;

	if (mapping->is_page)
		dma_unmap_page_attrs(dev, sg_dma_address(mapping->local),
				     sg_dma_len(mapping->local), mapping->direction,
				     DMA_ATTR_SKIP_CPU_SYNC);
	else
		dma_unmap_sgtable(dev, &mapping->table, mapping->direction,
				  DMA_ATTR_SKIP_CPU_SYNC);
}

/* Hand memory to the device, or take it back. */
static void pages_sync(struct iomd_mapping *mapping, bool for_cpu)
{
	struct device *dev = mapping->mapper->dev;
	struct sg_table *table = &mapping->table;
	dma_addr_t address = sg_dma_address(table->sgl);
	size_t length = sg_dma_len(table->sgl);

	if (mapping->is_page && for_cpu)
		dma_sync_single_for_cpu(dev, address, length, mapping->direction);
	else if (mapping->is_page)
		dma_sync_single_for_device(dev, address, length, mapping->direction);
	else if (for_cpu)
		dma_sync_sgtable_for_cpu(dev, table, mapping->direction);
	else
		dma_sync_sgtable_for_device(dev, table, mapping->direction);
}

/* The first time; and say whether there will be more. */
static noinline void table_hand_over(struct iomd_mapping *mapping)
{
	mapping->needs_sync = table_needs_sync(mapping, mapping->mapper->dev);
	if (mapping->needs_sync)
		pages_sync(mapping, false);
}

/*
 * Memory may be mapped several times, by descriptors that overlap. Where the CPU and the
 * device see the same memory there is nothing to be said against that; so handing memory
 * over is left out of mapping, and done apart where there is anything to do.
 */
static __always_inline int table_map(struct iomd_mapping *mapping, gfp_t gfp)
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
	if (!iomd_dma_skips_sync(mapping->mapper->dev))
		table_hand_over(mapping);
	return 0;
}

static __always_inline void unmap_table(struct iomd_mapping *mapping)
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

/* The device may be gone the moment after, but is not yet. */
void iomd_mapping_unmap_table(struct iomd_mapping *mapping)
{
	unmap_table(mapping);
}

static __always_inline int mapping_build(struct iomd_mapping *mapping, iomd_stretch_fn stretch_fn,
					 void *source, gfp_t gfp)
{
	int err = iomd_table_build(mapping, stretch_fn, source, mapping->length, gfp);

	if (err)
		return err;
	err = table_map(mapping, gfp);
	if (err)
		iomd_table_free(mapping);
	return err;
}

static int piece_stretch(void *source, u64 offset, struct iomd_stretch *stretch)
{
	const struct iomd_run *piece = source;

	*stretch = (struct iomd_stretch) {
		.address = piece->phys + offset,
		.position = offset,
		.end = piece->end,
		.run = piece,
	};
	return 0;
}

static noinline int mapping_build_long(struct iomd_mapping *mapping, u64 address, gfp_t gfp)
{
	struct iomd_run piece = { .phys = address, .end = mapping->length };

	return mapping_build(mapping, piece_stretch, &piece, gfp);
}

/* The piece is most often that of the transfer before. */
static __always_inline int mapping_build_piece(struct iomd_mapping *mapping, u64 address,
					       gfp_t gfp)
{
	if (iomd_table_is_piece(mapping, address, mapping->length) ||
	    likely(iomd_table_build_piece(mapping, address, mapping->length)))
		return table_map(mapping, gfp);
	return mapping_build_long(mapping, address, gfp);
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
static __always_inline int mapping_open(struct iomd_mapping *mapping, struct iomd_mapper *mapper,
					u64 length, enum dma_data_direction direction)
{
	if (!mapping->mapper) {
		int err = mapping_enlist(mapping, mapper);

		if (err)
			return err;
	}
	/* Either we see that the device is being unbound, or that sees us and waits. */
	atomic_set(&mapping->users, IOMD_MAPPING_OWNED);
	smp_mb(); /* Pairs with the one in mapper_revoke(). */
	if (iomd_mapping_is_revoked(mapping)) {
		atomic_set_release(&mapping->users, IOMD_MAPPING_IDLE);
		return -ENODEV;
	}
	mapping->direction = direction;
	mapping->length = length;
	mapping->needs_sync = false;
	return 0;
}

/* The mapping is live from now on; or, on error, never has been. */
static __always_inline int mapping_close(struct iomd_mapping *mapping, int err)
{
	mapping->is_live = !err;
	if (!err)
		iomd_objects_inc(IOMD_OBJECT_MAPPING);
	/* Pairs with those who find the mapping in its mapper's list. */
	atomic_set_release(&mapping->users, !err && mapping->length ? 0 : IOMD_MAPPING_IDLE);
	return err;
}

/*
 * Map @length bytes, which @stretch_fn describes, for the device of @mapper. The
 * memory stays where it is until iomd_mapping_unmap(). @mapper, on which whoever maps has a
 * reference, stays until iomd_mapping_exit(); only then something is mapped with another.
 *
 * @mapping is not live, and stays so on error. A length of zero is mapped without anything
 * happening. May be called in any context that @gfp allows.
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
		err = mapping_build(mapping, stretch_fn, source, gfp);
	return mapping_close(mapping, err ? mapping_errno(err) : 0);
}

/* The same for @length bytes that are in one piece, at @address, and have pages. */
int iomd_mapping_map_piece(struct iomd_mapping *mapping, struct iomd_mapper *mapper, u64 address,
			   u64 length, enum dma_data_direction direction, gfp_t gfp)
{
	int err = mapping_open(mapping, mapper, length, direction);

	if (err)
		return err;
	if (length)
		err = mapping_build_piece(mapping, address, gfp);
	return mapping_close(mapping, err ? mapping_errno(err) : 0);
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
	if (unlikely(mapping->import.attachment))
		iomd_import_end(&mapping->import);
	else
		unmap_table(mapping);
}

/*
 * Undo iomd_mapping_map() or iomd_mapping_import(), as the latter in a context that may
 * sleep; in no hard interrupt. Nobody synchronizes the mapping. Nothing happens if it is not
 * live.
 */
void iomd_mapping_unmap(struct iomd_mapping *mapping)
{
	if (!mapping->is_live)
		return;

	if (mapping->length) {
		if (mapping_claim(mapping))
			mapping_undo(mapping);
		iomd_table_free(mapping);
	}
	mapping->is_live = false;
	atomic_set_release(&mapping->users, IOMD_MAPPING_IDLE);
	iomd_objects_dec(IOMD_OBJECT_MAPPING);
}

/*
 * The same, and what may be mapped later is for another mapper. Whoever has a mapping may
 * free its storage then, and put the mapper.
 */
void iomd_mapping_exit(struct iomd_mapping *mapping)
{
	iomd_mapping_unmap(mapping);
	if (mapping->mapper)
		mapping_delist(mapping);
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
	if (!mapping->needs_sync || !sync_begin(mapping))
		return;
	pages_sync(mapping, for_cpu);
	sync_end(mapping);
}

static void sync_piece(struct iomd_mapping *mapping, u64 address, u64 length, bool for_cpu)
{
	struct device *dev = mapping->mapper->dev;

	if (for_cpu)
		dma_sync_single_for_cpu(dev, address, length, mapping->direction);
	else
		dma_sync_single_for_device(dev, address, length, mapping->direction);
}

/* Entry by entry: of those that follow each other on the bus, each may have a copy apart. */
static int sync_range(struct iomd_mapping *mapping, u64 offset, u64 length, bool for_cpu)
{
	struct iomd_mapping_walk walk = {};

	if (mapping->import.attachment)
		return -EOPNOTSUPP;
	while (length && mapping->needs_sync) {
		u64 skip, part;

		walk = iomd_mapping_seek(mapping, walk, offset);
		skip = offset - walk.start;
		part = min(length, sg_dma_len(walk.next) - skip);
		sync_piece(mapping, sg_dma_address(walk.next) + skip, part, for_cpu);
		offset += part;
		length -= part;
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

/* Where a table goes on behind a chunk. Out of line, for those who go over many entries. */
struct scatterlist *iomd_mapping_chained(struct scatterlist *sg)
{
	return sg_chain_ptr(sg);
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

/* Of an exporter's memory nothing is known but where it is for the device. */
static u64 find_physical(const struct iomd_mapping *mapping, u64 address)
{
	u64 offset = mapping->import.attachment ? mapping->length : offset_of(mapping, address);
	struct scatterlist *sg;
	unsigned int i;

	if (offset >= mapping->length)
		return 0;

	for_each_sgtable_sg(&mapping->table, sg, i) {
		if (offset < sg->length)
			return entry_phys(mapping, sg, i) + offset;
		offset -= sg->length;
	}
	return 0;
}

/*
 * The physical address that a device reaches at @address; 0 if not by this mapping, which
 * may be unmade meanwhile. It was found in its mapper's list, under the lock of that.
 */
u64 iomd_mapping_physical(struct iomd_mapping *mapping, u64 address)
{
	u64 physical;

	if (!sync_begin(mapping))
		return 0;
	physical = find_physical(mapping, address);
	sync_end(mapping);
	return physical;
}
