// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a general descriptor answers a DMA command that asks it about itself, walks it,
 * and wants it mapped.
 */
#include <linux/mm.h>

#include <iomd/desc.h>
#include <iomd/mapper.h>

#include "general.h"
#include "protocol.h"

static int get_characteristics(struct iomd_general *general,
			       struct iomd_md_dma_characteristics *characteristics)
{
	characteristics->length = general->base.length;
	characteristics->sg_count = general->nr_ranges;
	characteristics->pages = general->nr_pages;
	characteristics->direction = iomd_desc_get_direction(&general->base);

	mutex_lock(&general->lock);
	characteristics->is_prepared = general->prepare_count > 0;
	if (general->prepare_count && general->runs.highest)
		characteristics->highest_page = PHYS_PFN(general->runs.highest - 1);
	if (general->prepare_count && general->page_align >= 0)
		characteristics->page_align = general->page_align | (u32)PAGE_MASK;
	mutex_unlock(&general->lock);
	return 0;
}

/* What a walk keeps between steps: where it was. A wrong place does no harm. */
struct walk_cache {
	u32 run;
};

static int walk_physical(struct iomd_general *general, u32 op,
			 struct iomd_md_dma_walk_segment_state *state, struct iomd_extent *extent)
{
	struct walk_cache *cache = (struct walk_cache *)state->opaque;
	struct iomd_walk walk = {};
	int err;

	static_assert(sizeof(*cache) <= sizeof(state->opaque));
	err = general->base.ops->resolve(&general->base, &walk, state->args.offset);
	if (err)
		return err;
	if (op != IOMD_MD_FIRST_SEGMENT)
		walk.run = cache->run;
	err = iomd_desc_walk(&general->base, &walk, state->args.offset, extent);
	cache->run = walk.run;
	return err;
}

static bool has_bus_addresses(const struct iomd_general *general)
{
	return general->base.mapper && !iomd_desc_is_untranslated(&general->base);
}

static int walk_segments(struct iomd_general *general, u32 op,
			 struct iomd_md_dma_walk_segment_state *state)
{
	struct iomd_md_dma_walk_segment_args *args = &state->args;
	struct iomd_extent extent;
	int err;

	if (args->offset >= general->base.length)
		return args->offset == general->base.length ? -EOVERFLOW : -ENOTRECOVERABLE;
	if (args->mapped && (general->base.flags & IOMD_MEMORY_REMOTE))
		return -ENXIO;
	if (args->mapped && has_bus_addresses(general))
		err = iomd_general_bus_extent(&general->base, args->offset, &extent);
	else
		err = walk_physical(general, op, state, &extent);
	if (err)
		return err;
	args->iovm_addr = extent.address;
	args->length = min(extent.length, general->base.length - args->offset);
	return 0;
}

/* From now on more is demanded of mappings, and never less again. */
void iomd_general_add_map_spec(struct iomd_general *general, u8 num_address_bits, u64 alignment)
{
	mutex_lock(&general->lock);
	if (num_address_bits)
		general->map_bits = min(general->map_bits, num_address_bits);
	general->map_alignment = max(general->map_alignment, alignment);
	mutex_unlock(&general->lock);
}

static int add_map_spec(struct iomd_general *general,
			const struct iomd_dma_map_specification *spec)
{
	if (spec->alignment & (spec->alignment - 1))
		return -EINVAL;
	iomd_general_add_map_spec(general, spec->num_address_bits, spec->alignment);
	return 0;
}

/*
 * The descriptor's own mapping, if it will do: one that has holes has no one address that
 * says where it is. Return: 0 with its address; 1 if a private
 * one is needed; or an errno.
 */
static int map_own(struct iomd_general *general, struct iomd_md_dma_map_args *args)
{
	struct iomd_extent extent;
	int err;

	if (args->mapper != general->base.mapper || args->offset ||
	    args->length != general->base.length || general->map_alignment > PAGE_SIZE)
		return 1;
	err = iomd_general_bus_extent(&general->base, 0, &extent);
	if (err)
		return err == -EMSGSIZE ? 1 : err;
	if (extent.length < args->length)
		return 1;
	err = args->command ? iomd_desc_set_active(&general->base) : 0;
	if (!err)
		args->alloc = extent.address;
	return err;
}

/* What the device may do, by what the memory was last prepared for. */
static u32 access_for(const struct iomd_general *general)
{
	switch (general->access) {
	case IOMD_DIRECTION_OUT:
		return IOMD_DMA_MAP_READ_ACCESS;
	case IOMD_DIRECTION_IN:
		return IOMD_DMA_MAP_WRITE_ACCESS;
	default:
		return 0;
	}
}

static int dma_map(struct iomd_general *general, struct iomd_md_dma_map_args *args)
{
	struct iomd_dma_map_specification spec;
	bool is_whole = !args->offset && args->length == general->base.length;
	int err;

	args->alloc = 0;
	args->alloc_length = 0;
	if (!args->mapper || (general->base.flags & IOMD_MEMORY_HOST_ONLY))
		return 0;
	if (general->base.flags & IOMD_MEMORY_REMOTE)
		return -ENXIO;

	err = add_map_spec(general, &args->map_spec) ?: map_own(general, args);
	if (err <= 0)
		return err;

	spec = args->map_spec;
	spec.num_address_bits = general->map_bits;
	spec.alignment = general->map_alignment;
	return iomd_protocol_map(&general->base, args->mapper, args->command, &spec,
				 is_whole ? access_for(general) : 0, args->offset, args->length,
				 &args->alloc, &args->alloc_length);
}

int iomd_general_command_operation(struct iomd_desc *desc, u32 op, void *data, void *caller)
{
	struct iomd_general *general = iomd_to_general(desc);

	switch (op & IOMD_MD_DMA_COMMAND_OPERATION_MASK) {
	case IOMD_MD_GET_CHARACTERISTICS:
		return get_characteristics(general, data);
	case IOMD_MD_WALK_SEGMENTS:
		return walk_segments(general, op, data);
	case IOMD_MD_DMA_ACTIVE:
		return op == IOMD_MD_SET_DMA_ACTIVE ? iomd_desc_set_active(desc) :
						      iomd_desc_set_inactive(desc, caller);
	case IOMD_MD_ADD_DMA_MAP_SPEC:
		return add_map_spec(general, data);
	case IOMD_MD_DMA_MAP:
		return dma_map(general, data);
	default:
		return -EINVAL;
	}
}
