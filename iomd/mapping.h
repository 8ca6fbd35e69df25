/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mappers, and the DMA mappings made with them.
 */
#ifndef _IOMD_MAPPING_H
#define _IOMD_MAPPING_H

#include <linux/dma-direction.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/scatterlist.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "core.h"
#include "import.h"

/**
 * struct iomd_mapper - A device, as a source of bus addresses.
 * @ref: References.
 * @dev: Device, held; NULL for the identity mapper.
 * @space: The device's address space, if it is ours; else the DMA API's is used.
 * @translates: An IOMMU stands between the device and memory.
 * @page_size: Granule of translation.
 * @lock: Guards @mappings and @iovms.
 * @mappings: Live mappings.
 * @iovms: Those of them that are known by their address.
 * @revoked: The device has been unbound: nothing is mapped any more. Set once; the
 *	DMA API is called for the device under iomd_revoke_srcu only.
 * @release_work: Frees the mapper where the last reference went in an interrupt.
 */
struct iomd_mapper {
	struct kref ref;
	struct device *dev;
	struct iomd_space *space;
	bool translates;
	u64 page_size;
	spinlock_t lock;	/* see above */
	struct list_head mappings;
	struct list_head iovms;
	bool revoked;
	struct work_struct release_work;
};

/* Transfers of a few pieces need no scatterlist of their own. */
#define IOMD_MAPPING_LOCAL	4

/**
 * struct iomd_mapping - A linear space of bytes, mapped for one device.
 * @mapper: Who maps, a reference is held; NULL while nothing is mapped.
 * @node: In @mapper's list; empty once revoked.
 * @direction: As mapped.
 * @length: Bytes.
 * @needs_sync: Whether there is work between transfers.
 * @import: If an exporter mapped its memory for the device: what is to be undone. Who
 *	takes the mapping from @mapper's list undoes it.
 * @table: What was mapped; of an exporter's memory, only where it is for the device.
 *	Its entries are @local if they fit.
 * @resources: Of memory that has no pages, where each entry of @table is for the CPU;
 *	else NULL.
 * @local: The first entries.
 */
struct iomd_mapping {
	struct iomd_mapper *mapper;
	struct list_head node;
	enum dma_data_direction direction;
	u64 length;
	bool needs_sync;
	struct iomd_import import;
	struct sg_table table;
	u64 *resources;
	struct scatterlist local[IOMD_MAPPING_LOCAL];
};

/* Where a walk through a mapping is. Start one by zeroing it. */
struct iomd_mapping_walk {
	struct scatterlist *sg;
	u64 start;
};

/*
 * What is to be mapped: answers for any offset below the length where the bytes
 * are in CPU-physical memory. Called with ascending offsets. Must not sleep.
 */
typedef int (*iomd_extent_fn)(void *source, u64 offset, struct iomd_extent *extent);

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

/*
 * Who calls the DMA API for a mapper's device reads under this, and finds the mapper not
 * revoked; revoking waits for readers. Any context.
 */
extern struct srcu_struct iomd_revoke_srcu;

struct iomd_mapper *iomd_mapper_unmanaged(struct device *dev);
u64 iomd_mapper_reach(const struct iomd_mapper *mapper);
int iomd_mapper_init(void);
void iomd_mapper_exit(void);

int iomd_mapping_map(struct iomd_mapping *mapping, struct iomd_mapper *mapper,
		     iomd_extent_fn extent_fn, void *source, u64 length,
		     enum dma_data_direction direction, gfp_t gfp);
int iomd_mapping_import(struct iomd_mapping *mapping, struct iomd_mapper *mapper,
			struct dma_buf *dmabuf, u64 length, enum dma_data_direction direction);
u64 iomd_mapping_highest(const struct iomd_mapping *mapping);
void iomd_mapping_unmap(struct iomd_mapping *mapping);
void iomd_mapping_unmap_table(struct iomd_mapping *mapping);
int iomd_mapping_sync(struct iomd_mapping *mapping, bool for_cpu);
int iomd_mapping_sync_range(struct iomd_mapping *mapping, u64 offset, u64 length, bool for_cpu);
u64 iomd_mapping_physical(const struct iomd_mapping *mapping, u64 address);
void iomd_mapping_walk(const struct iomd_mapping *mapping, struct iomd_mapping_walk *walk,
		       u64 offset, struct iomd_extent *extent);

#endif /* _IOMD_MAPPING_H */
