/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An address space of our own, for a device that nobody else does DMA for.
 */
#ifndef _IOMD_SPACE_H
#define _IOMD_SPACE_H

#include <linux/dma-direction.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct device;
struct iommu_domain;
struct iommu_group;
struct sg_table;

/**
 * struct iomd_space - An address space behind an IOMMU.
 * @group: The device's group, which is ours.
 * @domain: What the IOMMU translates by.
 * @granule: What it translates by, in bytes.
 * @start: The lowest address there is.
 * @nr: Granules there are, from @start on.
 * @lock: Guards @taken.
 * @taken: Which of them are taken, a bit each.
 */
struct iomd_space {
	struct iommu_group *group;
	struct iommu_domain *domain;
	u64 granule;
	u64 start;
	unsigned long nr;
	spinlock_t lock;	/* see above */
	unsigned long *taken;
};

struct iomd_space *iomd_space_open(struct device *dev);
void iomd_space_close(struct iomd_space *space);

int iomd_space_alloc(struct iomd_space *space, u64 size, u64 first, u64 last, u64 alignment,
		     u64 *address);
void iomd_space_free(struct iomd_space *space, u64 address, u64 size);

int iomd_space_insert(struct iomd_space *space, u64 address, u64 phys, u64 size,
		      enum dma_data_direction direction, gfp_t gfp);
void iomd_space_remove(struct iomd_space *space, u64 address, u64 size);
int iomd_space_map_table(struct iomd_space *space, struct sg_table *table, const u64 *resources,
			 enum dma_data_direction direction, gfp_t gfp);
void iomd_space_unmap_table(struct iomd_space *space, struct sg_table *table);

#endif /* _IOMD_SPACE_H */
