// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mapping that belongs to a general descriptor: all of it, for the mapper it is
 * bound to, from when it is first wanted until the memory is unwired.
 */
#include <linux/slab.h>

#include <iomd/desc.h>

#include "general.h"
#include "walk.h"

/* All runs, whatever the descriptor's length has become. */
static int runs_stretch(void *source, u64 offset, struct iomd_stretch *stretch)
{
	iomd_walk_window(source, offset, stretch);
	return 0;
}

static void free_mapping(struct iomd_mapping *mapping)
{
	iomd_mapping_exit(mapping);
	kfree(mapping);
}

static void set_mapping(struct iomd_general *general, struct iomd_mapping *mapping)
{
	general->own_highest = mapping->length ? iomd_mapping_highest(mapping) : 0;
	general->own_window = (struct iomd_own_window) {};
	/* Pairs with the load in iomd_general_own_mapping(). */
	smp_store_release(&general->own_mapping, mapping);
}

static struct iomd_mapping *make_mapping(struct iomd_general *general)
{
	struct iomd_walk walk = { .runs = &general->runs, .end = general->runs.length };
	u32 access = IOMD_DIRECTION_IN_OUT;
	struct iomd_mapping *mapping;
	int err;

	/* It outlives nested prepares, so it allows what any of them might ask for. */
	if (!general->writable)
		access = IOMD_DIRECTION_OUT;

	mapping = kzalloc(sizeof(*mapping), GFP_KERNEL);
	if (!mapping)
		return ERR_PTR(-ENOMEM);
	err = iomd_mapping_map(mapping, general->base.mapper, runs_stretch, &walk,
			       general->runs.length, iomd_direction_to_dma(access), GFP_KERNEL);
	if (err) {
		free_mapping(mapping);
		return ERR_PTR(err);
	}
	return mapping;
}

/*
 * The mapping that an exporter makes of its memory is all that there is to be had of it:
 * it is there from the start, and says how high in memory the device is sent.
 */
int iomd_general_import(struct iomd_general *general, bool write)
{
	u32 access = write ? IOMD_DIRECTION_IN_OUT : IOMD_DIRECTION_OUT;
	struct iomd_mapping *mapping;
	int err;

	mapping = kzalloc(sizeof(*mapping), GFP_KERNEL);
	if (!mapping)
		return -ENOMEM;
	err = iomd_mapping_import(mapping, general->base.mapper, general->dmabuf,
				  general->base.length, iomd_direction_to_dma(access));
	if (err) {
		free_mapping(mapping);
		return err;
	}
	set_mapping(general, mapping);
	if (mapping->length)
		general->runs.highest = general->own_highest + 1;
	return 0;
}

/*
 * The mapping, made now if there is none. One that needs work between transfers serves
 * those who name no transfers; commands map for themselves, transfer by transfer.
 */
static struct iomd_mapping *get_mapping(struct iomd_general *general, bool for_command)
{
	struct iomd_mapping *mapping = general->own_mapping;

	lockdep_assert_held(&general->lock);
	if (mapping && !refcount_read(&general->wired))
		return ERR_PTR(-EAGAIN);
	if (mapping)
		return iomd_mapping_is_revoked(mapping) ? ERR_PTR(-ENODEV) : mapping;
	if (!general->base.mapper)
		return ERR_PTR(-ENODEV);
	if (!refcount_read(&general->wired))
		return ERR_PTR(-EAGAIN);

	mapping = make_mapping(general);
	if (IS_ERR(mapping))
		return mapping;
	if (for_command && mapping->needs_sync) {
		free_mapping(mapping);
		return NULL;
	}
	set_mapping(general, mapping);
	return mapping;
}

static noinline struct iomd_mapping *get_mapping_for_command(struct iomd_general *general)
{
	struct iomd_mapping *mapping;

	if (!general->base.mapper || iomd_mapper_is_identity(general->base.mapper))
		return NULL;
	mutex_lock(&general->lock);
	mapping = get_mapping(general, true);
	mutex_unlock(&general->lock);
	return mapping;
}

struct iomd_mapping *iomd_general_own_mapping(struct iomd_desc *desc, bool make)
{
	struct iomd_general *general = iomd_to_general(desc);
	struct iomd_mapping *mapping;

	/* Pairs with the store in set_mapping(). */
	mapping = smp_load_acquire(&general->own_mapping);
	if (mapping)
		return iomd_mapping_is_revoked(mapping) ? ERR_PTR(-ENODEV) : mapping;
	return make ? get_mapping_for_command(general) : NULL;
}

/* Look how far bus addresses go on from @offset, whatever pieces the mapping has. */
static void find_window(struct iomd_general *general, u64 offset)
{
	struct iomd_own_window *window = &general->own_window;
	const struct iomd_mapping *mapping = general->own_mapping;
	struct iomd_extent extent;

	iomd_mapping_walk(mapping, &window->walk, offset, mapping->length, &extent);
	window->start = offset;
	window->end = offset + extent.length;
	window->address = extent.address;
}

static void bus_extent(struct iomd_general *general, u64 offset, struct iomd_extent *extent)
{
	const struct iomd_own_window *window = &general->own_window;

	if (offset < window->start || offset >= window->end)
		find_window(general, offset);
	extent->address = window->address + (offset - window->start);
	extent->length = window->end - offset;
}

int iomd_general_bus_extent(struct iomd_desc *desc, u64 offset, struct iomd_extent *extent)
{
	struct iomd_general *general = iomd_to_general(desc);
	struct iomd_mapping *mapping;
	int err = 0;

	if (iomd_desc_is_untranslated(desc) ||
	    (desc->mapper && iomd_mapper_is_identity(desc->mapper))) {
		struct iomd_walk physical = {};

		return iomd_desc_walk(desc, &physical, offset, extent);
	}

	mutex_lock(&general->lock);
	mapping = get_mapping(general, false);
	if (IS_ERR(mapping))
		err = PTR_ERR(mapping);
	else if (general->map_bits < 64 && general->own_highest >> general->map_bits)
		err = -EMSGSIZE;
	else
		bus_extent(general, offset, extent);
	mutex_unlock(&general->lock);

	if (!err)
		extent->length = min(extent->length, desc->length - offset);
	return err;
}

/* The device loses the memory; nobody is using it any more. */
void iomd_general_free_own_mapping(struct iomd_general *general)
{
	struct iomd_mapping *mapping = general->own_mapping;

	general->own_mapping = NULL;
	free_mapping(mapping);
}
