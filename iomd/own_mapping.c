// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mapping that belongs to a general descriptor: all of it, for the mapper it is
 * bound to, from when it is first wanted until the memory is unwired.
 */
#include <linux/slab.h>

#include <iomd/desc.h>

#include "general.h"

struct runs_source {
	const struct iomd_runs *runs;
	u32 run;
};

static int runs_extent(void *source, u64 offset, struct iomd_extent *extent)
{
	struct runs_source *s = source;
	const struct iomd_run *run;

	s->run = iomd_runs_find(s->runs, offset, s->run);
	run = iomd_runs_at(s->runs, s->run);
	extent->address = run->phys + offset - iomd_runs_start(s->runs, s->run);
	extent->length = run->end - offset;
	return 0;
}

/*
 * What the device may do through the descriptor's mapping, which outlives a nested
 * prepare: no less than what any prepare so far has asked for.
 */
static u32 own_mapping_access(const struct iomd_general *general)
{
	if (general->base.flags & IOMD_MEMORY_PREPARED_READ_ONLY)
		return IOMD_DIRECTION_OUT;
	if (general->access == IOMD_DIRECTION_OUT)
		return IOMD_DIRECTION_IN_OUT;
	return general->access;
}

static struct iomd_mapping *make_own_mapping(struct iomd_general *general)
{
	struct runs_source source = { .runs = &general->runs };
	u32 access = own_mapping_access(general);
	struct iomd_mapping *mapping;
	int err;

	mapping = kzalloc(sizeof(*mapping), GFP_KERNEL);
	if (!mapping)
		return ERR_PTR(-ENOMEM);
	err = iomd_mapping_map(mapping, general->base.mapper, runs_extent, &source,
			       general->runs.length, iomd_direction_to_dma(access), GFP_KERNEL);
	if (err) {
		kfree(mapping);
		return ERR_PTR(err);
	}
	return mapping;
}

static struct iomd_mapping *own_mapping_locked(struct iomd_general *general)
{
	struct iomd_mapping *mapping = general->own_mapping;

	lockdep_assert_held(&general->lock);
	if (mapping)
		return iomd_mapping_is_revoked(mapping) ? ERR_PTR(-ENODEV) : mapping;
	if (!general->base.mapper)
		return ERR_PTR(-ENODEV);
	if (!refcount_read(&general->wired))
		return ERR_PTR(-EAGAIN);

	mapping = make_own_mapping(general);
	if (IS_ERR(mapping))
		return mapping;

	/* Pairs with the load in iomd_general_own_mapping(). */
	smp_store_release(&general->own_mapping, mapping);
	return mapping;
}

struct iomd_mapping *iomd_general_own_mapping(struct iomd_desc *desc, bool may_sleep)
{
	struct iomd_general *general = iomd_to_general(desc);
	struct iomd_mapping *mapping;

	/* Pairs with the store in own_mapping_locked(). */
	mapping = smp_load_acquire(&general->own_mapping);
	if (mapping || !may_sleep || !desc->mapper || iomd_mapper_is_identity(desc->mapper))
		return mapping;

	mutex_lock(&general->lock);
	mapping = own_mapping_locked(general);
	mutex_unlock(&general->lock);
	return IS_ERR(mapping) ? NULL : mapping;
}

int iomd_general_bus_extent(struct iomd_desc *desc, u64 offset, struct iomd_extent *extent)
{
	struct iomd_general *general = iomd_to_general(desc);
	struct iomd_mapping_walk walk = {};
	struct iomd_mapping *mapping;
	int err = 0;

	if (desc->mapper && iomd_mapper_is_identity(desc->mapper)) {
		struct iomd_walk physical = {};

		return iomd_desc_walk(desc, &physical, offset, extent);
	}

	mutex_lock(&general->lock);
	mapping = own_mapping_locked(general);
	if (IS_ERR(mapping))
		err = PTR_ERR(mapping);
	else
		iomd_mapping_walk(mapping, &walk, offset, extent);
	mutex_unlock(&general->lock);

	extent->length = min(extent->length, desc->length - offset);
	return err;
}

/* The device loses the memory; nobody is using it any more. */
void iomd_general_drop_own_mapping(struct iomd_general *general)
{
	struct iomd_mapping *mapping = general->own_mapping;

	if (!mapping)
		return;
	general->own_mapping = NULL;
	iomd_mapping_unmap(mapping);
	kfree(mapping);
}
