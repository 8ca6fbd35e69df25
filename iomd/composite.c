// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptors that are made of others: an ordered list of windows on them.
 *
 * A sub descriptor has one window, a multi descriptor has windows that show all of
 * what they are on. Composites own no memory and count no prepares: what is asked
 * of them they ask of their parts.
 */
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include <iomd/desc.h>

#include "composite.h"
#include "copy.h"
#include "map_set.h"
#include "reference.h"

/* Make room for @capacity parts in a composite that has none. */
int iomd_composite_resize(struct iomd_composite *composite, u32 capacity)
{
	struct iomd_part *part = kvcalloc(capacity, sizeof(*part),
					  GFP_KERNEL_ACCOUNT | __GFP_NOWARN);

	if (!part)
		return -ENOMEM;
	kvfree(composite->part);
	composite->part = part;
	composite->capacity = capacity;
	return 0;
}

/*
 * A new composite of kind @ops, with room for @capacity parts. Return: the composite,
 * or ERR_PTR(-ENOMEM).
 */
struct iomd_composite *iomd_composite_create(const struct iomd_desc_ops *ops, u32 capacity)
{
	struct iomd_composite *composite = kzalloc(sizeof(*composite), GFP_KERNEL_ACCOUNT);
	int err;

	if (!composite)
		return ERR_PTR(-ENOMEM);
	err = iomd_composite_resize(composite, capacity);
	if (err) {
		kfree(composite);
		return ERR_PTR(err);
	}
	spin_lock_init(&composite->lock);
	iomd_desc_init(&composite->base, ops);
	composite->base.depth = 1;
	return composite;
}

void iomd_composite_release(struct iomd_desc *desc)
{
	struct iomd_composite *composite = iomd_to_composite(desc);

	iomd_composite_clear(composite);
	kvfree(composite->part);
	iomd_desc_exit(desc);
	kfree(composite);
}

/*
 * May @desc become a part of @composite? What is asked of a composite is asked of
 * its parts in turn, on one stack: nesting has a limit, and must not be circular.
 * Those that have the composite as a part rely on its depth, so that cannot grow;
 * and every circle would make something grow deeper that is already a part.
 */
static bool may_contain(const struct iomd_composite *composite, const struct iomd_desc *desc)
{
	if (desc == &composite->base || desc->depth + 1 > IOMD_MAX_DEPTH)
		return false;
	return desc->depth + 1 <= composite->base.depth ||
	       !atomic_read(&composite->base.nr_parents);
}

/*
 * Append a window on @desc, which is then held. Return: 0; -EINVAL if the window
 * does not lie in @desc; -EBUSY if the composite is held; -ENOSPC if there is no room;
 * -EOVERFLOW if the composite gets too long; -ELOOP if descriptors were nested too deep, or
 * in a circle.
 */
int iomd_composite_add(struct iomd_composite *composite, struct iomd_desc *desc, u64 offset,
		       u64 length)
{
	u64 end, total;

	if (!desc || check_add_overflow(offset, length, &end) || end > desc->length)
		return -EINVAL;
	if (iomd_composite_is_held(composite))
		return -EBUSY;
	if (composite->nr == composite->capacity)
		return -ENOSPC;
	if (check_add_overflow(composite->base.length, length, &total))
		return -EOVERFLOW;
	if (!may_contain(composite, desc))
		return -ELOOP;

	composite->part[composite->nr++] = (struct iomd_part) {
		.desc = iomd_desc_get(desc),
		.offset = offset,
		.end = total,
	};
	atomic_inc(&desc->nr_parents);
	composite->base.length = total;
	composite->base.depth = max_t(u32, composite->base.depth, desc->depth + 1);
	return 0;
}

/* Let go of all parts; maps of what they were go on alone. */
void iomd_composite_clear(struct iomd_composite *composite)
{
	iomd_desc_forget_maps(&composite->base);
	while (composite->nr) {
		struct iomd_desc *part = composite->part[--composite->nr].desc;

		atomic_dec(&part->nr_parents);
		iomd_desc_put(part);
	}
	composite->base.length = 0;
	if (!atomic_read(&composite->base.nr_parents))
		composite->base.depth = 1;
	atomic64_set(&composite->base.preparation_id, 0);
}

/* Prepare all of every part's descriptor, in order; or, on error, none. */
int iomd_composite_prepare(struct iomd_desc *desc, u32 direction)
{
	struct iomd_composite *composite = iomd_to_composite(desc);
	u32 i, done;
	int err;

	for (i = 0; i < composite->nr; i++) {
		struct iomd_desc *part = composite->part[i].desc;

		err = part->ops->prepare(part, direction);
		if (err)
			goto err_prepared;
	}
	return 0;

err_prepared:
	for (done = 0; done < i; done++)
		composite->part[done].desc->ops->complete(composite->part[done].desc,
							  IOMD_DIRECTION_NONE);
	return err;
}

/* Complete every part's descriptor. Return: the last error, or 0. */
int iomd_composite_complete(struct iomd_desc *desc, u32 direction)
{
	struct iomd_composite *composite = iomd_to_composite(desc);
	bool unbalanced = false;
	int last = 0;
	u32 i;

	for (i = 0; i < composite->nr; i++) {
		struct iomd_desc *part = composite->part[i].desc;
		int err = part->ops->complete(part, direction);

		if (err == -EALREADY)
			unbalanced = true;
		else if (err)
			last = err;
	}
	return last ?: unbalanced ? -EALREADY : 0;
}

/* The part that holds @offset: the first that ends behind it. */
static u32 composite_search(const struct iomd_composite *composite, u64 offset)
{
	u32 low = 0, high = composite->nr - 1;

	while (low < high) {
		u32 middle = low + (high - low) / 2;

		if (composite->part[middle].end > offset)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* A part, where it begins in the composite, and the offset in its descriptor. */
struct place {
	const struct iomd_part *part;
	u64 start;
	u64 inner;
};

/* Return: 0, or -EOVERFLOW if the part has become shorter than its window. */
static int composite_place(const struct iomd_composite *composite, u64 offset,
			   struct place *place)
{
	u32 index = composite_search(composite, offset);

	place->part = &composite->part[index];
	place->start = index ? composite->part[index - 1].end : 0;
	place->inner = place->part->offset + (offset - place->start);
	return place->inner < place->part->desc->length ? 0 : -EOVERFLOW;
}

/*
 * The part's own window on a run list, cut to what of it the part shows, and moved
 * to where the part is.
 */
int iomd_composite_resolve(struct iomd_desc *desc, struct iomd_walk *walk, u64 offset)
{
	struct place place;
	u64 first, end;
	int err;

	err = composite_place(iomd_to_composite(desc), offset, &place);
	if (err)
		return err;
	err = place.part->desc->ops->resolve(place.part->desc, walk, place.inner);
	if (err)
		return err;

	first = max(walk->start, place.part->offset);
	end = min(walk->end, place.part->offset + (place.part->end - place.start));
	walk->base += first - walk->start;
	walk->start = place.start + (first - place.part->offset);
	walk->end = place.start + (end - place.part->offset);
	return 0;
}

/* An answer of the part that holds @offset, as far as the part goes. */
static int ask_part(struct iomd_desc *desc, u64 offset, struct iomd_extent *extent,
		    bool for_bus)
{
	const struct iomd_desc_ops *ops;
	struct place place;
	int err;

	err = composite_place(iomd_to_composite(desc), offset, &place);
	if (err)
		return err;
	ops = place.part->desc->ops;
	err = for_bus ? ops->bus_extent(place.part->desc, place.inner, extent) :
			ops->source_extent(place.part->desc, place.inner, extent);
	if (err)
		return err;
	extent->length = min(extent->length, place.part->end - offset);
	return 0;
}

int iomd_composite_bus_extent(struct iomd_desc *desc, u64 offset, struct iomd_extent *extent)
{
	return ask_part(desc, offset, extent, true);
}

int iomd_composite_source_extent(struct iomd_desc *desc, u64 offset, struct iomd_extent *extent)
{
	return ask_part(desc, offset, extent, false);
}

bool iomd_composite_is_opaque(struct iomd_desc *desc)
{
	struct iomd_composite *composite = iomd_to_composite(desc);
	u32 i;

	for (i = 0; i < composite->nr; i++)
		if (iomd_desc_is_opaque(composite->part[i].desc))
			return true;
	return false;
}

/* Part by part, because some may know better how bytes are copied. */
u64 iomd_composite_copy(struct iomd_desc *desc, enum iomd_copy way, u64 offset, void *bytes,
			u64 length)
{
	struct iomd_composite *composite = iomd_to_composite(desc);
	u64 done = 0, chunk, copied;
	struct place place;

	while (done < length) {
		if (composite_place(composite, offset + done, &place))
			break;
		chunk = min3(length - done, place.part->end - (offset + done),
			     place.part->desc->length - place.inner);
		copied = iomd_desc_copy(place.part->desc, way, place.inner,
					bytes ? bytes + done : NULL, chunk);
		done += copied;
		if (copied < chunk)
			break;
	}
	return done;
}

/* Hold all parts, or none. As long as they are held they stay what they are. */
bool iomd_composite_hold(struct iomd_desc *desc, struct iomd_summary *summary)
{
	struct iomd_composite *composite = iomd_to_composite(desc);
	u32 i, flags = READ_ONCE(desc->flags);
	u64 highest = 0;

	for (i = 0; i < composite->nr; i++) {
		struct iomd_desc *part = composite->part[i].desc;

		if (!part->ops->hold(part, summary))
			goto err_held;
		if (summary) {
			highest = max(highest, summary->highest);
			flags |= summary->flags;
		}
	}
	atomic_inc(&composite->nr_holds);
	/* Nothing is known of how the bytes begin, since no piece was pinned as such. */
	if (summary)
		*summary = (struct iomd_summary) {
			.length = desc->length,
			.highest = highest,
			.piece = IOMD_NO_PIECE,
			.page_align = -1,
			.flags = flags,
		};
	return true;

err_held:
	while (i--)
		iomd_desc_drop(composite->part[i].desc);
	return false;
}

void iomd_composite_drop(struct iomd_desc *desc)
{
	struct iomd_composite *composite = iomd_to_composite(desc);
	u32 i;

	for (i = 0; i < composite->nr; i++)
		iomd_desc_drop(composite->part[i].desc);
	atomic_dec(&composite->nr_holds);
}

/* Add what stands for the memory of a part, which the composite then has to itself. */
static int add_reference(struct iomd_composite *composite, const struct iomd_part *part,
			 u64 length, bool write)
{
	struct iomd_desc *memory = iomd_reference_get(part->desc, write);
	int err;

	if (IS_ERR(memory))
		return PTR_ERR(memory);
	err = iomd_composite_add(composite, memory, part->offset, length);
	if (err)
		iomd_reference_put(memory);
	else
		iomd_desc_put(memory);
	return err;
}

/*
 * A composite of what stands for the memory of the parts. Return: it, held; or an error
 * pointer.
 */
struct iomd_desc *iomd_composite_reference(struct iomd_desc *desc, bool write)
{
	struct iomd_composite *from = iomd_to_composite(desc), *to;
	u64 start = 0;
	int err;
	u32 i;

	if (!from->nr)
		return ERR_PTR(-EINVAL);
	to = iomd_composite_create(desc->ops, from->nr);
	if (IS_ERR(to))
		return ERR_CAST(to);
	for (i = 0; i < from->nr; i++) {
		err = add_reference(to, &from->part[i], from->part[i].end - start, write);
		if (err)
			goto err_held;
		start = from->part[i].end;
	}
	/* Each part is held already, and the composite stands for them from now on. */
	atomic_inc(&to->nr_holds);
	return &to->base;

err_held:
	while (i--)
		iomd_desc_drop(to->part[i].desc);
	iomd_desc_put(&to->base);
	return ERR_PTR(err);
}

u32 iomd_composite_all_flags(struct iomd_desc *desc)
{
	struct iomd_composite *composite = iomd_to_composite(desc);
	u32 flags = desc->flags;
	u32 i;

	for (i = 0; i < composite->nr; i++)
		flags |= composite->part[i].desc->ops->all_flags(composite->part[i].desc);
	return flags;
}

/* Take note of a part's lifetime; another one means that ours has ended, too. */
static void see_part(struct iomd_composite *composite, struct iomd_part *part, u64 id)
{
	spin_lock(&composite->lock);
	if (part->seen_id != id) {
		part->seen_id = id;
		atomic64_set(&composite->base.preparation_id, 0);
	}
	spin_unlock(&composite->lock);
}

/* The parts' answer, if any of them is not prepared or does not know. */
u64 iomd_composite_preparation_id(struct iomd_desc *desc)
{
	struct iomd_composite *composite = iomd_to_composite(desc);
	u64 id;
	u32 i;

	for (i = 0; i < composite->nr; i++) {
		struct iomd_part *part = &composite->part[i];

		id = iomd_desc_get_preparation_id(part->desc);
		if (id == IOMD_PREPARATION_ID_UNPREPARED ||
		    id == IOMD_PREPARATION_ID_UNSUPPORTED)
			return id;
		see_part(composite, part, id);
	}

	spin_lock(&composite->lock);
	iomd_desc_set_preparation_id(desc);
	id = atomic64_read(&desc->preparation_id);
	spin_unlock(&composite->lock);
	return id;
}

/* Pieces of different parts are never taken as one. */
u64 iomd_composite_dma_map_length(struct iomd_desc *desc, u64 offset, u64 length, u64 *first)
{
	struct iomd_composite *composite = iomd_to_composite(desc);
	u64 end = offset + length, total = 0;
	u32 i;

	if (!composite->nr)
		return 0;
	for (i = composite_search(composite, offset); i < composite->nr && offset < end; i++) {
		const struct iomd_part *part = &composite->part[i];
		u64 start = i ? composite->part[i - 1].end : 0;
		u64 inner = part->offset + (offset - start);
		u64 chunk = min(part->end, end) - offset;
		u64 part_first;

		offset += chunk;
		/* The part may have become shorter than what is shown of it. */
		if (!chunk || inner >= part->desc->length)
			continue;
		chunk = min(chunk, part->desc->length - inner);
		total += part->desc->ops->dma_map_length(part->desc, inner, chunk, &part_first);
		if (total && first) {
			*first = part_first;
			first = NULL;
		}
	}
	return total;
}

/* The counts of all of every part's descriptor, up to the first that has none. */
int iomd_composite_page_counts(struct iomd_desc *desc, u64 *resident, u64 *dirty)
{
	struct iomd_composite *composite = iomd_to_composite(desc);
	int err = 0;
	u32 i;

	for (i = 0; i < composite->nr && !err; i++) {
		u64 part_resident = 0, part_dirty = 0;

		err = iomd_desc_get_page_counts(composite->part[i].desc, &part_resident,
						&part_dirty);
		*resident += part_resident;
		*dirty += part_dirty;
	}
	return err;
}

/* Of several states, the one that says most about what is lost. */
static u32 worse_state(u32 one, u32 other)
{
	return max(one, other);
}

int iomd_composite_set_purgeable(struct iomd_desc *desc, u32 new_state, u32 *old_state)
{
	struct iomd_composite *composite = iomd_to_composite(desc);
	u32 worst = 0;
	int err = 0;
	u32 i;

	for (i = 0; i < composite->nr && !err; i++) {
		u32 old = 0;

		err = iomd_desc_set_purgeable(composite->part[i].desc, new_state, &old);
		worst = worse_state(worst, old);
	}
	*old_state = worst;
	return err;
}
