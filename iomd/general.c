// SPDX-License-Identifier: GPL-2.0-only
/*
 * The general descriptor: ranges of one task's memory, or of physical memory. How
 * prepares, completes and holds are counted, and what wired memory answers.
 */
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>

#include <iomd/desc.h>
#include <iomd/mapper.h>

#include "general.h"
#include "objects.h"

static bool is_remote(const struct iomd_general *general)
{
	return general->base.flags & IOMD_MEMORY_REMOTE;
}

/*
 * Prepare and complete: counting.
 */

/* NONE stands for the descriptor's own direction; modifiers add to it. */
static u32 effective_direction(const struct iomd_general *general, u32 direction)
{
	if (direction & IOMD_DIRECTION_IN_OUT)
		return direction;
	return direction | (general->base.flags & IOMD_MEMORY_DIRECTION_MASK);
}

static bool only_reads(u32 direction)
{
	return (direction & IOMD_DIRECTION_IN_OUT) == IOMD_DIRECTION_OUT;
}

/* Are addresses beyond 32 bits in the way of a caller who can have none? */
static bool misses_phys32(const struct iomd_general *general, u32 direction)
{
	const struct iomd_mapper *mapper = general->base.mapper;

	return (direction & IOMD_PREPARE_TO_PHYS32) &&
	       !(mapper && iomd_mapper_translates(mapper)) &&
	       general->runs.highest > 1ULL << 32;
}

/* Wire memory that is not wired, as one who holds it. */
static int wire_first(struct iomd_general *general, u32 direction)
{
	int err;

	/* Completed and let go, but the worker has not come to it yet. */
	if (general->resident)
		iomd_general_unwire(general);
	err = iomd_general_wire(general, !only_reads(direction),
				direction & IOMD_PREPARE_NO_FAULT);
	if (err)
		return err;
	smp_wmb(); /* Whoever sees the count sees the runs. Pairs with is_wired(). */
	refcount_set(&general->wired, 1);
	return 0;
}

/* One who held the memory lets go of it; may unpin, and so sleep. */
static void unhold(struct iomd_general *general)
{
	if (refcount_dec_and_test(&general->wired))
		iomd_general_unwire(general);
}

/*
 * The first prepare. Memory that a DMA command still holds from before the last
 * complete, or that the descriptor is bound to, is taken as it is.
 */
static int prepare_first(struct iomd_general *general, u32 direction)
{
	int err = 0;

	if (!refcount_inc_not_zero(&general->wired)) {
		err = wire_first(general, direction);
		if (err)
			return err;
	}
	if (!only_reads(direction) && !general->writable)
		err = general->is_bound ? -EACCES : -EROFS;
	else if (misses_phys32(general, direction))
		err = -ENOBUFS;
	if (err) {
		unhold(general);
		return err;
	}

	general->discard = false;
	if (only_reads(direction))
		general->base.flags |= IOMD_MEMORY_PREPARED_READ_ONLY;
	return 0;
}

static int prepare_locked(struct iomd_general *general, u32 direction)
{
	int err = 0;

	lockdep_assert_held(&general->lock);

	if (!general->prepare_count)
		err = prepare_first(general, direction);
	else if (!only_reads(direction) &&
		 (general->base.flags & IOMD_MEMORY_PREPARED_READ_ONLY))
		err = -EROFS;
	else if (misses_phys32(general, direction))
		err = -ENOBUFS;
	if (err)
		return err;

	general->access = direction & IOMD_DIRECTION_IN_OUT;
	if (direction & IOMD_PREPARE_TO_PHYS32)
		general->map_bits = min_t(u8, general->map_bits, 32);
	if (!general->prepare_count++)
		iomd_objects_inc(IOMD_OBJECT_PREPARED);
	return 0;
}

int iomd_general_prepare(struct iomd_desc *desc, u32 direction)
{
	struct iomd_general *general = iomd_to_general(desc);
	int err;

	if (iomd_general_is_physical(general))
		return 0;
	if (is_remote(general))
		return -ENXIO;

	mutex_lock(&general->lock);
	err = prepare_locked(general, effective_direction(general, direction));
	mutex_unlock(&general->lock);
	return err;
}

/* The last complete; what a DMA command holds stays wired until it lets go. */
static void complete_last(struct iomd_general *general)
{
	lockdep_assert_held(&general->lock);

	if (!(general->base.flags & IOMD_MEMORY_PREPARED_READ_ONLY) && !general->discard)
		general->dirty = true;
	general->base.flags &= ~IOMD_MEMORY_PREPARED_READ_ONLY;
	general->prepare_count = 0;
	atomic64_set(&general->base.preparation_id, 0);
	iomd_objects_dec(IOMD_OBJECT_PREPARED);
	unhold(general);
}

/*
 * Bind the descriptor to the memory that is behind its ranges now: it stays wired,
 * whatever becomes of the addresses. Writable, unless nobody will ever write it.
 */
int iomd_general_bind(struct iomd_general *general)
{
	int err = 0;

	mutex_lock(&general->lock);
	if (!refcount_inc_not_zero(&general->wired))
		err = wire_first(general, effective_direction(general, IOMD_DIRECTION_NONE));
	general->is_bound = !err;
	mutex_unlock(&general->lock);
	return err;
}

void iomd_general_unwire_all(struct iomd_general *general)
{
	mutex_lock(&general->lock);
	if (general->prepare_count && !iomd_general_is_physical(general))
		complete_last(general);
	else if (general->prepare_count)
		unhold(general);
	general->prepare_count = 0;
	if (general->is_bound)
		unhold(general);
	general->is_bound = false;
	/* Let go a moment ago, with a worker on its way that will not come. */
	if (general->resident && !refcount_read(&general->wired))
		iomd_general_unwire(general);
	mutex_unlock(&general->lock);
}

int iomd_general_complete(struct iomd_desc *desc, u32 direction)
{
	struct iomd_general *general = iomd_to_general(desc);
	bool balanced;

	if (iomd_general_is_physical(general))
		return 0;
	if (is_remote(general))
		return -ENXIO;

	mutex_lock(&general->lock);
	balanced = general->prepare_count;
	if (balanced && (direction & IOMD_COMPLETE_WITH_ERROR))
		general->discard = true;
	if (balanced && (direction & IOMD_COMPLETE_WITH_DATA_VALID) &&
	    !(general->base.flags & IOMD_MEMORY_PREPARED_READ_ONLY))
		iomd_general_mark_valid(general);
	if (general->prepare_count > 1)
		general->prepare_count--;
	else if (general->prepare_count)
		complete_last(general);
	mutex_unlock(&general->lock);

	return balanced ? 0 : -EALREADY;
}

/*
 * Holds, by DMA commands.
 */

/* Its flags while the memory is wired. */
static u32 wired_flags(const struct iomd_general *general)
{
	u32 flags = READ_ONCE(general->base.flags);

	return general->writable ? flags : flags | IOMD_MEMORY_PREPARED_READ_ONLY;
}

static __always_inline void summarize(const struct iomd_general *general,
				      struct iomd_summary *summary)
{
	summary->length = general->base.length;
	summary->highest = general->runs.highest ? general->runs.highest - 1 : 0;
	summary->piece = iomd_runs_piece(&general->runs);
	summary->page_align = general->page_align;
	summary->flags = wired_flags(general);
}

bool iomd_general_hold(struct iomd_desc *desc, struct iomd_summary *summary)
{
	struct iomd_general *general = iomd_to_general(desc);

	if (!refcount_inc_not_zero(&general->wired))
		return false;
	smp_rmb(); /* Pairs with the barrier in prepare_first(). */
	if (summary)
		summarize(general, summary);
	return true;
}

static int hold_wired_locked(struct iomd_general *general, bool write)
{
	u32 direction = write ? IOMD_DIRECTION_IN_OUT : IOMD_DIRECTION_NONE;
	int err = 0;

	lockdep_assert_held(&general->lock);
	if (!refcount_inc_not_zero(&general->wired))
		err = wire_first(general, effective_direction(general, direction));
	if (err)
		return err;
	if (write && !general->writable) {
		unhold(general);
		return general->is_bound ? -EACCES : -EROFS;
	}
	/* Nobody tells what is written through maps. */
	if (general->writable)
		WRITE_ONCE(general->runs.cpu_wrote, true);
	return 0;
}

/*
 * Hold the memory for maps, and wire it if it is not. The CPU may write it if @write.
 * Return: 0, or why that cannot be, as for iomd_desc_prepare().
 */
int iomd_general_hold_wired(struct iomd_general *general, bool write)
{
	int err;

	mutex_lock(&general->lock);
	err = hold_wired_locked(general, write);
	mutex_unlock(&general->lock);
	return err;
}

/* Unwire what nobody holds any more, unless somebody has prepared it since. */
static void unwire_late(struct iomd_general *general)
{
	mutex_lock(&general->lock);
	if (general->resident && !refcount_read(&general->wired))
		iomd_general_unwire(general);
	mutex_unlock(&general->lock);
}

void iomd_general_unwire_work(struct work_struct *work)
{
	struct iomd_general *general = container_of(work, struct iomd_general, unwire_work);

	unwire_late(general);
	iomd_desc_put(&general->base);
}

/* The last one let go, behind the last complete. */
static noinline void drop_last(struct iomd_general *general)
{
	/* Completed before: unpinning sleeps, and the caller may not be able to. */
	if (preemptible() && !rcu_preempt_depth()) {
		unwire_late(general);
		return;
	}
	general->has_unwire_work = true;
	iomd_desc_get(&general->base);
	if (!queue_work(iomd_workqueue, &general->unwire_work))
		iomd_desc_put(&general->base);
}

void iomd_general_drop(struct iomd_desc *desc)
{
	struct iomd_general *general = iomd_to_general(desc);

	if (refcount_dec_and_test(&general->wired))
		drop_last(general);
}

/*
 * Answers about wired memory.
 */

static bool is_wired(const struct iomd_general *general)
{
	if (!refcount_read(&general->wired))
		return false;
	smp_rmb(); /* Pairs with the barrier in prepare_first(). */
	return true;
}

int iomd_general_resolve(struct iomd_desc *desc, struct iomd_walk *walk, u64 offset)
{
	struct iomd_general *general = iomd_to_general(desc);

	if (!is_wired(general))
		return -EAGAIN;
	walk->runs = &general->runs;
	walk->start = 0;
	walk->end = desc->length;
	walk->base = 0;
	walk->leaf = general;
	return 0;
}

u32 iomd_general_all_flags(struct iomd_desc *desc)
{
	struct iomd_general *general = iomd_to_general(desc);

	return refcount_read(&general->wired) ? wired_flags(general) : READ_ONCE(desc->flags);
}

u64 iomd_general_preparation_id(struct iomd_desc *desc)
{
	struct iomd_general *general = iomd_to_general(desc);
	u64 id = IOMD_PREPARATION_ID_UNPREPARED;

	mutex_lock(&general->lock);
	if (general->prepare_count) {
		iomd_desc_set_preparation_id(desc);
		id = atomic64_read(&desc->preparation_id);
	}
	mutex_unlock(&general->lock);
	return id;
}

/* Memory that was not made purgeable is not, whoever has it. */
int iomd_general_set_purgeable(struct iomd_desc *desc, u32 new_state, u32 *old_state)
{
	return iomd_general_is_physical(iomd_to_general(desc)) ? -EOPNOTSUPP : -EINVAL;
}
