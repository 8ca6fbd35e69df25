/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The general descriptor: ranges of one task's memory, or of physical memory.
 */
#ifndef _IOMD_GENERAL_H
#define _IOMD_GENERAL_H

#include <linux/container_of.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/workqueue.h>

#include "account.h"
#include "core.h"
#include "mapping.h"
#include "runs.h"

struct dma_buf;
struct file;
struct iomd_client;
struct iomd_provided;
struct iomd_purgeable;

/* Where memory comes from, which says how it is wired. */
enum iomd_origin {
	IOMD_ORIGIN_PHYSICAL,	/* there for good */
	IOMD_ORIGIN_PAGES,	/* somebody's, who sees to it that it stays */
	IOMD_ORIGIN_KERNEL,	/* at addresses of the kernel's */
	IOMD_ORIGIN_TASK,	/* at addresses of a user task */
	IOMD_ORIGIN_FILE,
	IOMD_ORIGIN_DMABUF,
	IOMD_ORIGIN_PROVIDER,
};

/* What memory is to those who map it; most of it follows from where it is. */
enum iomd_nature {
	IOMD_NATURE_PLAIN,
	IOMD_NATURE_GUARD,	/* nobody may touch it */
	IOMD_NATURE_DEVICE,	/* a driver says that it is its device's */
};

/**
 * struct iomd_own_window - A stretch of a mapping that is contiguous for the device.
 * @start: Offset at which it begins, or that was asked for.
 * @end: Offset at which it ends, exclusive.
 * @address: Bus address of the byte at @start.
 * @walk: Place in the mapping.
 */
struct iomd_own_window {
	u64 start;
	u64 end;
	u64 address;
	struct iomd_mapping_walk walk;
};

/**
 * struct iomd_general - A general descriptor; the first member of a buffer.
 * @base: The common part.
 * @prepare_count: Prepares without a complete. Guarded by @lock, as the rest of the prepare
 *	state is: what follows down to @own_mapping, @own_highest, @own_window and @runs.
 * @wired: One for being prepared, one for being bound, and one for each hold. While it is not zero
 *	@runs does not change, and may be read without the lock.
 * @resident: @runs is filled; for a user task's memory, its pages are pinned.
 * @writable: It is memory that a device may write.
 * @dirty: A device, or the CPU through a map, may have written it: mark pages dirty when
 *	they are unpinned.
 * @discard: What was written in this prepared lifetime does not count.
 * @is_bound: The descriptor is bound to the memory, prepared or not.
 * @access: The direction of the last prepare.
 * @map_bits: Width of bus addresses that mappings may have.
 * @has_unwire_work: @unwire_work has been queued at least once.
 * @map_alignment: Alignment that mappings must have; 0 for none.
 * @own_mapping: All of it mapped for the descriptor's mapper; made on demand, or
 *	for @dmabuf from the start; lives as long as @resident. Once set it may be read
 *	without the lock while the memory is wired.
 * @origin: Where the memory comes from.
 * @nature: What it is to those who map it.
 * @cache: Cache mode of the pages, IOMD_MAP_*.
 * @task: The task whose memory this is; NULL for physical memory.
 * @file: Where the memory is, whatever is at the addresses; or NULL.
 * @purgeable: For @file, what of it may be thrown away; or NULL.
 * @dmabuf: Whose exporter maps the memory, wherever that is; or NULL. Of @runs there is
 *	but the highest address, as the device sees it.
 * @provided: Whose provider says where the memory is; or NULL.
 * @owner: Whose memory it is, which has to stay for that; or NULL. A reference is held.
 * @snapshot: What maps show, if that is to be a copy, once there is one; or NULL. A
 *	reference is held.
 * @account: Who pays, for memory of a user task.
 * @lock: Guards the prepare state.
 * @own_highest: The highest bus address of @own_mapping.
 * @own_window: What of @own_mapping was looked at last.
 * @unwire_work: Unwires after the last hold has gone.
 * @nr_pages: Pages touched, counted for each range.
 * @nr_ranges: Elements of @ranges.
 * @page_align: In-page offset of the first byte, if all of it is wired as one unit; else -1.
 * @ranges: What is described; @range if it is a single one.
 * @range: See @ranges.
 * @runs: The memory, while resident.
 */
struct iomd_general {
	struct iomd_desc base;
	u32 prepare_count;
	refcount_t wired;
	bool resident;
	bool writable;
	bool dirty;
	bool discard;
	bool is_bound;
	u8 access;
	u8 map_bits;
	bool has_unwire_work;
	u64 map_alignment;
	struct iomd_mapping *own_mapping;
	enum iomd_origin origin;
	enum iomd_nature nature;
	u32 cache;
	struct mm_struct *task;
	struct file *file;
	struct iomd_purgeable *purgeable;
	struct dma_buf *dmabuf;
	struct iomd_provided *provided;
	struct iomd_desc *owner;
	struct iomd_desc *snapshot;
	struct iomd_account account;

	/* Set when they are used; nothing before counts. */
	struct mutex lock;	/* see above */
	u64 own_highest;
	struct iomd_own_window own_window;
	struct work_struct unwire_work;
	unsigned long nr_pages;
	u32 nr_ranges;
	s32 page_align;
	const struct iomd_range *ranges;
	struct iomd_range range;
	struct iomd_runs runs;
};

/*
 * Nobody's memory, but pages all the same: ranges are physical, and prepares count.
 * Whoever has the pages keeps them where they are.
 */
#define IOMD_PAGES_TASK		((struct mm_struct *)2UL)

/* Whose memory it is: nobody's that is known, the kernel's, or a user task's. */
static inline bool iomd_general_is_physical(const struct iomd_general *general)
{
	return general->origin == IOMD_ORIGIN_PHYSICAL;
}

static inline bool iomd_general_is_kernel(const struct iomd_general *general)
{
	return general->origin == IOMD_ORIGIN_KERNEL;
}

static inline bool iomd_general_is_user(const struct iomd_general *general)
{
	return general->origin == IOMD_ORIGIN_TASK;
}

static inline struct iomd_general *iomd_to_general(struct iomd_desc *desc)
{
	return container_of(desc, struct iomd_general, base);
}

/* wire.c: memory to runs and back; nothing here counts */
int iomd_general_wire(struct iomd_general *general, bool write, bool no_fault);
void iomd_general_unwire(struct iomd_general *general);
void iomd_general_mark_valid(struct iomd_general *general);

/* own_mapping.c: the mapping that belongs to the descriptor */
int iomd_general_import(struct iomd_general *general, bool write);
void iomd_general_free_own_mapping(struct iomd_general *general);
int iomd_general_bus_extent(struct iomd_desc *desc, u64 offset, struct iomd_extent *extent);
struct iomd_mapping *iomd_general_own_mapping(struct iomd_desc *desc, bool make);

/* ranges.c: what the descriptor was made of */
int iomd_general_source_extent(struct iomd_desc *desc, u64 offset, struct iomd_extent *extent);
u64 iomd_general_dma_map_length(struct iomd_desc *desc, u64 offset, u64 length, u64 *first);

/* general.c: prepare, complete, and answers about wired memory */
int iomd_general_set_purgeable(struct iomd_desc *desc, u32 new_state, u32 *old_state);
int iomd_general_bind(struct iomd_general *general);
void iomd_general_unwire_all(struct iomd_general *general);
int iomd_general_prepare(struct iomd_desc *desc, u32 direction);
int iomd_general_complete(struct iomd_desc *desc, u32 direction);
int iomd_general_resolve(struct iomd_desc *desc, struct iomd_walk *walk, u64 offset);
bool iomd_general_hold(struct iomd_desc *desc, struct iomd_summary *summary);
int iomd_general_hold_wired(struct iomd_general *general, bool write);
void iomd_general_drop(struct iomd_desc *desc);
u32 iomd_general_all_flags(struct iomd_desc *desc);
u64 iomd_general_preparation_id(struct iomd_desc *desc);
void iomd_general_unwire_work(struct work_struct *work);

/* Undo all that keeps the memory wired; nobody else is using the descriptor. */
static inline void iomd_general_unbind(struct iomd_general *general)
{
	if (general->prepare_count || general->is_bound || general->resident)
		iomd_general_unwire_all(general);
}

/* reference.c: what maps keep */
u64 iomd_general_own_address(struct iomd_desc *desc, struct mm_struct *task);
struct iomd_desc *iomd_general_memory(struct iomd_general *general, u32 direction);
struct iomd_desc *iomd_general_reference_itself(struct iomd_desc *desc, bool write);
struct iomd_desc *iomd_general_reference(struct iomd_desc *desc, bool write);

/* general_protocol.c: what a DMA command asks */
void iomd_general_add_map_spec(struct iomd_general *general, u8 num_address_bits, u64 alignment);
int iomd_general_command_operation(struct iomd_desc *desc, u32 op, void *data, void *caller);

/* describe.c: construction */

/* What there is to be said of memory that is known by more than its addresses. */
struct iomd_general_extra {
	struct file *file;
	struct iomd_purgeable *purgeable;
	struct dma_buf *dmabuf;
	struct iomd_provided *provided;
	struct iomd_desc *owner;
	const struct iomd_account *account;
};

/*
 * What to describe; see iomd_client_desc_with_options(). @extra is NULL for what everybody
 * can describe.
 */
struct iomd_general_spec {
	struct iomd_client *client;
	const struct iomd_range *ranges;
	u32 count;
	u32 options;
	struct mm_struct *task;
	struct iomd_mapper *mapper;
	const struct iomd_general_extra *extra;
};

int iomd_general_cache_init(void);
void iomd_general_cache_exit(void);
bool iomd_desc_is_general(const struct iomd_desc *desc);
struct iomd_desc *iomd_general_create(const struct iomd_general_spec *spec);
int iomd_general_init(struct iomd_general *general, const struct iomd_desc_ops *ops,
		      const struct iomd_general_spec *spec);
void iomd_general_exit(struct iomd_general *general);

/* The operations of a general descriptor, for kinds that are one. */
#define IOMD_GENERAL_OPS \
	.prepare = iomd_general_prepare, \
	.complete = iomd_general_complete, \
	.resolve = iomd_general_resolve, \
	.hold = iomd_general_hold, \
	.drop = iomd_general_drop, \
	.all_flags = iomd_general_all_flags, \
	.bus_extent = iomd_general_bus_extent, \
	.own_mapping = iomd_general_own_mapping, \
	.source_extent = iomd_general_source_extent, \
	.dma_map_length = iomd_general_dma_map_length, \
	.preparation_id = iomd_general_preparation_id, \
	.command_operation = iomd_general_command_operation

#endif /* _IOMD_GENERAL_H */
