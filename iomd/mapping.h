/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mappers, and the DMA mappings made with them.
 */
#ifndef _IOMD_MAPPING_H
#define _IOMD_MAPPING_H

#include <linux/atomic.h>
#include <linux/dma-direction.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "core.h"
#include "import.h"
#include "table.h"

struct iommu_domain;

/**
 * struct iomd_mapper - A device, as a source of bus addresses.
 * @ref: References.
 * @dev: Device, held; NULL for the identity mapper.
 * @space: The device's address space, if it is ours; else the DMA API's is used.
 * @domain: By what an IOMMU translates that stands between the device and memory; NULL if
 *	none does. Of use under RCU, while the mapper is not revoked.
 * @page_size: Granule of translation.
 * @revoking: Held while a mapping is taken from the device, and until it is. Who has come to
 *	unmake that mapping takes it to wait. Taken before @lock, with interrupts off.
 * @lock: Guards the lists.
 * @mappings: Mappings that have something mapped, or may come to. Since @revoked they are
 *	taken out one by one.
 * @iovms: Mappings that are known by their address.
 * @revoked: The device is being unbound, or has been: nothing is mapped any more. Set
 *	once, under @lock.
 * @release_work: Frees the mapper where the last reference went in an interrupt.
 */
struct iomd_mapper {
	struct kref ref;
	struct device *dev;
	struct iomd_space *space;
	struct iommu_domain *domain;
	u64 page_size;
	spinlock_t revoking;	/* see above */
	spinlock_t lock;	/* see above */
	struct hlist_head mappings;
	struct list_head iovms;
	bool revoked;
	struct work_struct release_work;
};

/*
 * Who is at a mapping: how many synchronize it, or one of these. The DMA API is called by
 * those only who are counted, or who have made it one of the first two. Unbinding a device
 * waits for nothing else, so that nobody waits for what others do to other devices; and at
 * the rate at which packets come this costs no more than an atomic operation.
 */
#define IOMD_MAPPING_OWNED	(-1)	/* its owner makes or unmakes it */
#define IOMD_MAPPING_TAKEN	(-2)	/* it is being taken from the device that is unbound */
#define IOMD_MAPPING_GONE	(-3)	/* it has been taken */
#define IOMD_MAPPING_IDLE	(-4)	/* nothing is mapped */

/* Enough for 64 KiB, wherever in a page they begin: such transfers allocate nothing. */
#define IOMD_MAPPING_LOCAL	(SZ_64K / SZ_4K + 1)

/**
 * struct iomd_mapping - A linear space of bytes, mapped for one device.
 * @mapper: Who maps, or has mapped last; NULL if nobody has. The mapping stays in its
 *	list, mapped or not, so that mapping the next thing takes no lock.
 * @node: There.
 * @users: Who is at it.
 * @is_live: Something is mapped, unless it was taken. The owner's own.
 * @direction: As mapped.
 * @length: Bytes.
 * @needs_sync: Whether there is work between transfers.
 * @is_uniform: What the DMA API does to one entry of a list between transfers, it does to all.
 * @is_page: It was mapped as some of a page, not as a list.
 * @import: If an exporter mapped its memory for the device: what is to be undone.
 * @table: What was mapped; of an exporter's memory, only where it is for the device.
 *	Begins with @local, and goes on in @chunks. If it is one piece it stays when that is
 *	unmapped, for the next transfer may well be of the same one.
 * @chunks: What else it has, the last first.
 * @resources: Of memory that has no pages, where each entry of @table is for the CPU;
 *	else NULL.
 * @local: The first entries, and one to chain them to more.
 */
struct iomd_mapping {
	struct iomd_mapper *mapper;
	struct hlist_node node;
	atomic_t users;
	bool is_live;
	bool needs_sync;
	bool is_uniform;
	bool is_page;
	enum dma_data_direction direction;
	u64 length;
	struct iomd_import import;
	struct sg_table table;
	struct iomd_table_chunk *chunks;
	u64 *resources;
	struct scatterlist local[IOMD_MAPPING_LOCAL + 1];
};

/*
 * Where a walk through a mapping is: before entry @next of its table, at offset @start. Start
 * one by zeroing it.
 */
struct iomd_mapping_walk {
	struct scatterlist *next;
	u64 start;
};

/* A mapper through which addresses are the CPU's own. */
static inline bool iomd_mapper_is_identity(const struct iomd_mapper *mapper)
{
	return !mapper->dev;
}

/* The device has been unbound since: nothing is mapped any more. */
static inline bool iomd_mapping_is_revoked(const struct iomd_mapping *mapping)
{
	return READ_ONCE(mapping->mapper->revoked);
}

/* Nothing is mapped yet. For memory that is not zeroed; the rest is set when it is used. */
static inline void iomd_mapping_init(struct iomd_mapping *mapping)
{
	mapping->mapper = NULL;
	mapping->is_live = false;
	mapping->import.attachment = NULL;
	mapping->table.orig_nents = 0;
	mapping->chunks = NULL;
	mapping->resources = NULL;
}

/* Is its table of @length bytes at @address, in one entry, and of nothing else? */
static inline bool iomd_table_is_piece(const struct iomd_mapping *mapping, u64 address, u64 length)
{
	const struct scatterlist *sg = mapping->local;

	return mapping->table.orig_nents == 1 && sg->length == length &&
	       sg->offset == offset_in_page(address) &&
	       sg_page((struct scatterlist *)sg) == pfn_to_page(PHYS_PFN(address));
}

/* Give back what its table takes. */
static inline void iomd_table_free(struct iomd_mapping *mapping)
{
	if (mapping->chunks || mapping->resources)
		iomd_table_free_rest(mapping);
}

struct iomd_mapper *iomd_mapper_unmanaged(struct device *dev);
u64 iomd_mapper_reach(const struct iomd_mapper *mapper);
int iomd_mapper_init(void);
void iomd_mapper_exit(void);

int iomd_mapping_map(struct iomd_mapping *mapping, struct iomd_mapper *mapper,
		     iomd_stretch_fn stretch_fn, void *source, u64 length,
		     enum dma_data_direction direction, gfp_t gfp);
int iomd_mapping_map_piece(struct iomd_mapping *mapping, struct iomd_mapper *mapper, u64 address,
			   u64 length, enum dma_data_direction direction, gfp_t gfp);
int iomd_mapping_import(struct iomd_mapping *mapping, struct iomd_mapper *mapper,
			struct dma_buf *dmabuf, u64 length, enum dma_data_direction direction);
u64 iomd_mapping_highest(const struct iomd_mapping *mapping);
void iomd_mapping_unmap(struct iomd_mapping *mapping);
void iomd_mapping_exit(struct iomd_mapping *mapping);
void iomd_mapping_unmap_table(struct iomd_mapping *mapping);
void iomd_mapping_sync(struct iomd_mapping *mapping, bool for_cpu);
int iomd_mapping_sync_range(struct iomd_mapping *mapping, u64 offset, u64 length, bool for_cpu);
u64 iomd_mapping_physical(struct iomd_mapping *mapping, u64 address);

struct iomd_mapping_walk iomd_mapping_seek(const struct iomd_mapping *mapping,
					   struct iomd_mapping_walk walk, u64 offset);

struct scatterlist *iomd_mapping_chained(struct scatterlist *sg);

/* Go over one entry. Behind the last one of a chunk there is always one more, to be passed. */
static __always_inline void iomd_mapping_step(struct iomd_mapping_walk *walk)
{
	walk->start += sg_dma_len(walk->next);
	walk->next++;
	if (unlikely(sg_is_chain(walk->next)))
		walk->next = iomd_mapping_chained(walk->next);
}

/*
 * The bus address of the byte where @walk is, which has been started and has not come to
 * @end, and how far it is contiguous for the device, in however many entries; it is not
 * asked for beyond @end. Goes on behind that.
 */
static __always_inline void iomd_mapping_next(struct iomd_mapping_walk *walk, u64 end,
					      struct iomd_extent *extent)
{
	extent->address = sg_dma_address(walk->next);
	extent->length = sg_dma_len(walk->next);
	for (;;) {
		iomd_mapping_step(walk);
		if (walk->start >= end) {
			extent->length -= walk->start - end;
			break;
		}
		if (sg_dma_address(walk->next) != extent->address + extent->length)
			break;
		extent->length += sg_dma_len(walk->next);
	}
}

/*
 * The same of the byte at @offset, which lies inside the mapping, wherever @walk is. Walking
 * forward goes on from there.
 */
static inline void iomd_mapping_walk(const struct iomd_mapping *mapping,
				     struct iomd_mapping_walk *walk, u64 offset, u64 end,
				     struct iomd_extent *extent)
{
	u64 skip;

	if (offset != walk->start || !walk->next)
		*walk = iomd_mapping_seek(mapping, *walk, offset);
	skip = offset - walk->start;
	iomd_mapping_next(walk, end, extent);
	extent->address += skip;
	extent->length -= skip;
}

#endif /* _IOMD_MAPPING_H */
