/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Descriptors that are made of others: an ordered list of windows on them.
 */
#ifndef _IOMD_COMPOSITE_H
#define _IOMD_COMPOSITE_H

#include <linux/atomic.h>
#include <linux/spinlock.h>

#include "core.h"

/**
 * struct iomd_part - A window on a descriptor.
 * @desc: The descriptor, held.
 * @offset: First byte of the window, in @desc.
 * @end: Offset at which the part ends in the composite, exclusive.
 * @seen_id: Preparation ID of @desc when the composite was last asked for its own.
 */
struct iomd_part {
	struct iomd_desc *desc;
	u64 offset;
	u64 end;
	u64 seen_id;
};

/**
 * struct iomd_composite - A descriptor made of others.
 * @base: The common part.
 * @lock: Guards @seen_id of the parts, and what follows from it. Not held while a part is
 *	asked for anything.
 * @is_prepared: An interleaved descriptor's state; of no use to others.
 * @nr_holds: How many hold the parts, which then cannot be exchanged.
 * @nr: Parts.
 * @capacity: Parts there is room for.
 * @part: The parts, in order.
 */
struct iomd_composite {
	struct iomd_desc base;
	spinlock_t lock;	/* see above */
	bool is_prepared;
	atomic_t nr_holds;
	u32 nr;
	u32 capacity;
	struct iomd_part *part;
};

/* How deep descriptors may be nested. */
#define IOMD_MAX_DEPTH	32

static inline struct iomd_composite *iomd_to_composite(struct iomd_desc *desc)
{
	return container_of(desc, struct iomd_composite, base);
}

static inline bool iomd_composite_is_held(const struct iomd_composite *composite)
{
	return atomic_read(&composite->nr_holds);
}

struct iomd_composite *iomd_composite_create(const struct iomd_desc_ops *ops, u32 capacity);
int iomd_composite_resize(struct iomd_composite *composite, u32 capacity);
int iomd_composite_add(struct iomd_composite *composite, struct iomd_desc *desc, u64 offset,
		       u64 length);
void iomd_composite_clear(struct iomd_composite *composite);

int iomd_composite_prepare(struct iomd_desc *desc, u32 direction);
int iomd_composite_complete(struct iomd_desc *desc, u32 direction);
int iomd_composite_resolve(struct iomd_desc *desc, struct iomd_walk *walk, u64 offset);
bool iomd_composite_hold(struct iomd_desc *desc, struct iomd_summary *summary);
void iomd_composite_drop(struct iomd_desc *desc);
u32 iomd_composite_all_flags(struct iomd_desc *desc);
int iomd_composite_bus_extent(struct iomd_desc *desc, u64 offset, struct iomd_extent *extent);
int iomd_composite_source_extent(struct iomd_desc *desc, u64 offset, struct iomd_extent *extent);
bool iomd_composite_is_opaque(struct iomd_desc *desc);
u64 iomd_composite_copy(struct iomd_desc *desc, enum iomd_copy way, u64 offset, void *bytes,
			u64 length);
u64 iomd_composite_dma_map_length(struct iomd_desc *desc, u64 offset, u64 length, u64 *first);
int iomd_composite_page_counts(struct iomd_desc *desc, u64 *resident, u64 *dirty);
int iomd_composite_set_purgeable(struct iomd_desc *desc, u32 new_state, u32 *old_state);
u64 iomd_composite_preparation_id(struct iomd_desc *desc);
struct iomd_desc *iomd_composite_reference(struct iomd_desc *desc, bool write);
void iomd_composite_release(struct iomd_desc *desc);

/* What all composites do alike. */
#define IOMD_COMPOSITE_OPS \
	.resolve = iomd_composite_resolve, \
	.hold = iomd_composite_hold, \
	.drop = iomd_composite_drop, \
	.all_flags = iomd_composite_all_flags, \
	.bus_extent = iomd_composite_bus_extent, \
	.source_extent = iomd_composite_source_extent, \
	.is_opaque = iomd_composite_is_opaque, \
	.copy = iomd_composite_copy, \
	.dma_map_length = iomd_composite_dma_map_length

#endif /* _IOMD_COMPOSITE_H */
