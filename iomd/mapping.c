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

/*
 * Cuts a sequence of extents into scatterlist entries: as long as possible, but
 * within what the device and the DMA API take in one piece.
 */
struct cutter {
	iomd_extent_fn extent_fn;
	void *source;
	u64 offset;		/* of the next byte to fetch */
	u64 length;		/* of everything */
	u64 max_entry;
	u64 boundary;		/* entries do not cross multiples of this plus one */
	struct iomd_extent left;	/* fetched, not yet handed out */
};

/* A scatterlist counts bytes in an int; pages are not to be torn. */
#define MAX_ENTRY	(UINT_MAX & PAGE_MASK)

static void cutter_start(struct cutter *cut, struct device *dev, iomd_extent_fn extent_fn,
			 void *source, u64 length)
{
	u64 max_entry = min_t(u64, dma_get_max_seg_size(dev), dma_max_mapping_size(dev));

	*cut = (struct cutter) {
		.extent_fn = extent_fn,
		.source = source,
		.length = length,
		.max_entry = min_t(u64, max_entry, MAX_ENTRY),
		.boundary = dma_get_seg_boundary(dev),
	};
}

/* Extend what is left over by everything that continues it. */
static int cutter_fetch(struct cutter *cut)
{
	while (cut->offset < cut->length) {
		struct iomd_extent next;
		int err = cut->extent_fn(cut->source, cut->offset, &next);

		if (err)
			return err;
		next.length = min(next.length, cut->length - cut->offset);
		if (!cut->left.length)
			cut->left = next;
		else if (cut->left.address + cut->left.length == next.address)
			cut->left.length += next.length;
		else
			return 0;
		cut->offset += next.length;
		if (cut->left.length >= cut->max_entry)
			return 0;
	}
	return 0;
}

/*
 * The next entry. Return: 1 with an entry, 0 at the end, or an errno. A piece that
 * is cut for its length ends with a page if it can, so that an IOMMU can put the
 * next one right behind it.
 */
static int cutter_next(struct cutter *cut, struct iomd_extent *entry)
{
	u64 limit, end;
	int err = cutter_fetch(cut);

	if (err)
		return err;
	if (!cut->left.length)
		return 0;

	*entry = cut->left;
	limit = cut->boundary - (entry->address & cut->boundary) + 1;
	limit = min(cut->max_entry, limit ?: U64_MAX);
	if (entry->length > limit) {
		entry->length = limit;
		end = (entry->address + limit) & PAGE_MASK;
		if (end > entry->address)
			entry->length = end - entry->address;
	}
	cut->left.address += entry->length;
	cut->left.length -= entry->length;
	return 1;
}

/* What is mapped piece by piece is subject to none of a scatterlist's limits. */
static void cutter_lift_limits(struct cutter *cut)
{
	cut->max_entry = MAX_ENTRY;
	cut->boundary = U64_MAX;
}

static bool has_page(u64 address)
{
	return pfn_valid(PHYS_PFN(address));
}

/*
 * Count the entries of a transfer, which has pages throughout, or nowhere. Return: their
 * number, or an errno.
 */
static int count_entries(struct cutter cut, bool paged)
{
	struct iomd_extent entry;
	int nr = 0, ret;

	while ((ret = cutter_next(&cut, &entry)) > 0) {
		if (has_page(entry.address) != paged ||
		    has_page(entry.address + entry.length - 1) != paged)
			return -EOPNOTSUPP;
		if (++nr == INT_MAX)
			return -ENOMEM;
	}
	return ret ?: nr;
}

static int table_alloc(struct iomd_mapping *mapping, unsigned int nr, gfp_t gfp)
{
	struct sg_table *table = &mapping->table;

	if (nr > IOMD_MAPPING_LOCAL)
		return sg_alloc_table(table, nr, gfp | __GFP_ACCOUNT | __GFP_NOWARN);

	sg_init_table(mapping->local, nr);
	table->sgl = mapping->local;
	table->nents = nr;
	table->orig_nents = nr;
	return 0;
}

static void table_free(struct iomd_mapping *mapping)
{
	if (mapping->table.sgl != mapping->local)
		sg_free_table(&mapping->table);
	kfree(mapping->resources);
	mapping->resources = NULL;
}

static int resources_alloc(struct iomd_mapping *mapping, unsigned int nr, gfp_t gfp)
{
	mapping->resources = kmalloc_array(nr, sizeof(*mapping->resources),
					   gfp | __GFP_ACCOUNT | __GFP_NOWARN);
	return mapping->resources ? 0 : -ENOMEM;
}

/* Return: 0, or -EAGAIN if there is less than was counted: somebody made it shorter. */
static int table_fill(struct iomd_mapping *mapping, struct cutter cut)
{
	struct scatterlist *sg;
	unsigned int i;

	for_each_sgtable_sg(&mapping->table, sg, i) {
		struct iomd_extent entry;

		if (cutter_next(&cut, &entry) <= 0)
			return -EAGAIN;
		sg->offset = offset_in_page(entry.address);
		sg->length = entry.length;
		if (mapping->resources)
			mapping->resources[i] = entry.address;
		else
			sg_assign_page(sg, pfn_to_page(PHYS_PFN(entry.address)));
	}
	return 0;
}

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

/* Wait until it has been taken. Whoever takes it has the lock until then. */
static void wait_for_revoker(struct iomd_mapper *mapper)
{
	unsigned long flags;

	spin_lock_irqsave(&mapper->revoking, flags);
	spin_unlock_irqrestore(&mapper->revoking, flags);
}

/*
 * Its owner unmakes a mapping. Return: whether it is there; if not it has been taken from
 * the device. While it is being taken, or synchronized, we wait: memory must not be given
 * away that somebody still copies to. Nobody should synchronize it any more.
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
			wait_for_revoker(mapping->mapper);
		else
			cpu_relax();
	}
}

/*
 * Is there anything that the DMA API does to this mapping between transfers? It copies, or
 * not, piece by piece; only for a device that is limited in nothing is it the same for all.
 */
static bool table_needs_sync(struct device *dev, struct sg_table *table)
{
	struct scatterlist *sg;
	unsigned int i;

	if (iomd_dma_iommu_is_coherent(dev))
		return false;
	if (dma_max_mapping_size(dev) == SIZE_MAX)
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
 * Memory may be mapped several times, by descriptors that overlap. Where the CPU and the
 * device see the same memory there is nothing to be said against that; so handing memory
 * over is left out of mapping, and done apart where there is anything to do.
 */
static int table_map(struct iomd_mapping *mapping, gfp_t gfp)
{
	struct iomd_space *space = mapping->mapper->space;
	struct device *dev = mapping->mapper->dev;
	int err;

	if (space)
		return iomd_space_map_table(space, &mapping->table, mapping->resources,
					    mapping->direction, gfp);
	if (mapping->resources)
		return resources_map(mapping);
	err = dma_map_sgtable(dev, &mapping->table, mapping->direction, DMA_ATTR_SKIP_CPU_SYNC);
	if (err)
		return err;
	mapping->needs_sync = table_needs_sync(dev, &mapping->table);
	if (mapping->needs_sync)
		dma_sync_sgtable_for_device(dev, &mapping->table, mapping->direction);
	return 0;
}

/* The device may be gone the moment after, but is not yet. */
void iomd_mapping_unmap_table(struct iomd_mapping *mapping)
{
	struct iomd_space *space = mapping->mapper->space;
	struct device *dev = mapping->mapper->dev;

	if (space) {
		iomd_space_unmap_table(space, &mapping->table);
		return;
	}
	if (mapping->resources) {
		resources_unmap(mapping, mapping->table.orig_nents);
		return;
	}
	if (mapping->needs_sync)
		dma_sync_sgtable_for_cpu(dev, &mapping->table, mapping->direction);
	dma_unmap_sgtable(dev, &mapping->table, mapping->direction, DMA_ATTR_SKIP_CPU_SYNC);
}

/* What the first bytes are decides whether there are to be pages. Return: 0, 1 or an errno. */
static int is_paged(struct cutter *cut)
{
	return cutter_fetch(cut) ?: has_page(cut->left.address);
}

/* Make the table, and say in it what is to be mapped. */
static int table_build(struct iomd_mapping *mapping, const struct cutter *cut, bool paged,
		       gfp_t gfp)
{
	int nr = count_entries(*cut, paged);
	int err;

	if (nr < 0)
		return nr;
	err = table_alloc(mapping, nr, gfp);
	if (err)
		return err;
	err = paged ? 0 : resources_alloc(mapping, nr, gfp);
	if (!err)
		err = table_fill(mapping, *cut);
	if (err)
		table_free(mapping);
	return err;
}

static int mapping_build(struct iomd_mapping *mapping, struct cutter *cut, gfp_t gfp)
{
	int paged = is_paged(cut);
	int err;

	if (paged < 0)
		return paged;
	if (!paged)
		cutter_lift_limits(cut);
	err = table_build(mapping, cut, paged, gfp);
	if (err)
		return err;
	err = table_map(mapping, gfp);
	if (err)
		table_free(mapping);
	return err;
}

/*
 * Copy where an exporter has mapped @length bytes: its table is gone when the device
 * is, while there still may be somebody who looks.
 */
static int table_copy(struct iomd_mapping *mapping, const struct sg_table *source, u64 length)
{
	struct scatterlist *from, *to;
	u64 total = 0;
	unsigned int i;
	int err;

	for_each_sgtable_dma_sg(source, from, i)
		total += sg_dma_len(from);
	if (total < length)
		return -EIO;
	err = table_alloc(mapping, source->nents, GFP_KERNEL);
	if (err)
		return err;

	to = mapping->table.sgl;
	for_each_sgtable_dma_sg(source, from, i) {
		sg_dma_address(to) = sg_dma_address(from);
		sg_dma_len(to) = sg_dma_len(from);
		to = sg_next(to);
	}
	return 0;
}

static int import_build(struct iomd_mapping *mapping, struct dma_buf *dmabuf)
{
	struct iomd_import *import = &mapping->import;
	int err;

	err = iomd_import_begin(import, dmabuf, mapping->mapper->dev, mapping->direction);
	if (err)
		return err;
	err = table_copy(mapping, import->table, mapping->length);
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

	mapping->mapper = iomd_mapper_get(mapper);
	atomic_set(&mapping->users, IOMD_MAPPING_OWNED);
	mapping->direction = direction;
	mapping->length = length;
	mapping->needs_sync = false;
	mapping->import = (struct iomd_import) {};
	mapping->resources = NULL;
	mapping->table.sgl = NULL;
	if (length)
		err = mapping_enlist(mapping);
	else
		err = iomd_mapping_is_revoked(mapping) ? -ENODEV : 0;
	if (err) {
		mapping->mapper = NULL;
		iomd_mapper_put(mapper);
	}
	return err;
}

/* The mapping is live from now on; or, on error, never has been. */
static int mapping_close(struct iomd_mapping *mapping, int err)
{
	struct iomd_mapper *mapper = mapping->mapper;

	if (!err) {
		iomd_objects_inc(IOMD_OBJECT_MAPPING);
		/* Pairs with those who find the mapping in its mapper's list. */
		atomic_set_release(&mapping->users, 0);
		return 0;
	}
	if (mapping->length)
		mapping_delist(mapping);
	mapping->mapper = NULL;
	iomd_mapper_put(mapper);
	return err;
}

/*
 * Map @length bytes, which @extent_fn describes, for the device of @mapper. The
 * memory stays where it is until iomd_mapping_unmap().
 *
 * @mapping is not live, and stays so on error; the caller may free its storage as
 * soon as it is not live. A length of zero is mapped without anything happening.
 * May be called in any context that @gfp allows.
 *
 * Return: 0; -ENODEV if the device is gone; -ENOMEM; -EOPNOTSUPP for memory some of
 * which has pages and some, a device's, has none; -EIO if the device cannot reach the
 * memory; or the error of @extent_fn.
 */
int iomd_mapping_map(struct iomd_mapping *mapping, struct iomd_mapper *mapper,
		     iomd_extent_fn extent_fn, void *source, u64 length,
		     enum dma_data_direction direction, gfp_t gfp)
{
	struct cutter cut;
	int err = mapping_open(mapping, mapper, length, direction);

	if (err)
		return err;
	if (length) {
		cutter_start(&cut, mapper->dev, extent_fn, source, length);
		err = mapping_errno(mapping_build(mapping, &cut, gfp));
	}
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
	struct iomd_mapper *mapper = mapping->mapper;

	if (!mapper)
		return;

	if (mapping->length) {
		if (mapping_claim(mapping)) {
			mapping_undo(mapping);
			mapping_delist(mapping);
		}
		table_free(mapping);
	}
	mapping->mapper = NULL;
	iomd_mapper_put(mapper);
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

		iomd_mapping_walk(mapping, &walk, offset, &piece);
		piece.length = min(piece.length, length);
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

/*
 * The bus address of the byte at @offset, which lies inside the mapping, and how
 * far it is contiguous for the device. Walking forward goes on where @walk is.
 */
void iomd_mapping_walk(const struct iomd_mapping *mapping, struct iomd_mapping_walk *walk,
		       u64 offset, struct iomd_extent *extent)
{
	u64 skip;

	if (!walk->sg || offset < walk->start) {
		walk->sg = mapping->table.sgl;
		walk->start = 0;
	}
	while (offset - walk->start >= sg_dma_len(walk->sg)) {
		walk->start += sg_dma_len(walk->sg);
		walk->sg = sg_next(walk->sg);
	}

	skip = offset - walk->start;
	extent->address = sg_dma_address(walk->sg) + skip;
	extent->length = sg_dma_len(walk->sg) - skip;
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
