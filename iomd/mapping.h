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
 * @lock: Guards @mappings and @iovms.
 * @mappings: Mappings that are made, live or unmade.
 * @iovms: Those of them that are known by their address.
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
	spinlock_t lock;	/* see above */
	struct list_head mappings;
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

/* Transfers of a few pieces allocate nothing. */
#define IOMD_MAPPING_LOCAL	4

/**
 * struct iomd_mapping - A linear space of bytes, mapped for one device.
 * @mapper: Who maps; NULL while nothing is mapped.
 * @node: In @mapper's list, from before it is made until it is unmade; unless it was taken,
 *	or is empty.
 * @users: Who is at it.
 * @direction: As mapped.
 * @length: Bytes.
 * @needs_sync: Whether there is work between transfers.
 * @import: If an exporter mapped its memory for the device: what is to be undone.
 * @table: What was mapped; of an exporter's memory, only where it is for the device.
 *	Begins with @local, and goes on in @chunks.
 * @chunks: What else it has, the last first.
 * @resources: Of memory that has no pages, where each entry of @table is for the CPU;
 *	else NULL.
 * @local: The first entries, and one to chain them to more.
 */
struct iomd_mapping {
	struct iomd_mapper *mapper;
	struct list_head node;
	atomic_t users;
	enum dma_data_direction direction;
	u64 length;
	bool needs_sync;
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

struct iomd_mapper *iomd_mapper_unmanaged(struct device *dev);
u64 iomd_mapper_reach(const struct iomd_mapper *mapper);
int iomd_mapper_init(void);
void iomd_mapper_exit(void);

int iomd_mapping_map(struct iomd_mapping *mapping, struct iomd_mapper *mapper,
		     iomd_stretch_fn stretch_fn, void *source, u64 length,
		     enum dma_data_direction direction, gfp_t gfp);
int iomd_mapping_import(struct iomd_mapping *mapping, struct iomd_mapper *mapper,
			struct dma_buf *dmabuf, u64 length, enum dma_data_direction direction);
u64 iomd_mapping_highest(const struct iomd_mapping *mapping);
void iomd_mapping_unmap(struct iomd_mapping *mapping);
void iomd_mapping_unmap_table(struct iomd_mapping *mapping);
void iomd_mapping_sync(struct iomd_mapping *mapping, bool for_cpu);
int iomd_mapping_sync_range(struct iomd_mapping *mapping, u64 offset, u64 length, bool for_cpu);
u64 iomd_mapping_physical(const struct iomd_mapping *mapping, u64 address);

struct iomd_mapping_walk iomd_mapping_seek(const struct iomd_mapping *mapping,
					   struct iomd_mapping_walk walk, u64 offset);

/* Go over one entry. Behind the last one of a chunk there is always one more, to be passed. */
static __always_inline void iomd_mapping_step(struct iomd_mapping_walk *walk)
{
	walk->start += sg_dma_len(walk->next);
	walk->next++;
	if (unlikely(sg_is_chain(walk->next)))
		walk->next = sg_chain_ptr(walk->next);
}

/*
 * The bus address of the byte at @offset, which lies inside the mapping, and how far it is
 * contiguous for the device, in however many entries; it is not asked for beyond @end.
 * Walking forward goes on where @walk is.
 */
static __always_inline void iomd_mapping_walk(const struct iomd_mapping *mapping,
					      struct iomd_mapping_walk *walk, u64 offset,
					      u64 end, struct iomd_extent *extent)
{
	if (!walk->next || offset - walk->start >= sg_dma_len(walk->next))
		*walk = iomd_mapping_seek(mapping, *walk, offset);

	extent->address = sg_dma_address(walk->next) + (offset - walk->start);
	do
		iomd_mapping_step(walk);
	while (walk->start < end &&
	       sg_dma_address(walk->next) == extent->address + (walk->start - offset));
	extent->length = min(walk->start, end) - offset;
}

#endif /* _IOMD_MAPPING_H */
