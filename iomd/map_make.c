// SPDX-License-Identifier: GPL-2.0-only
/*
 * Making maps: one that is there already, or a new one.
 */
#include <linux/export.h>
#include <linux/overflow.h>

#include <iomd/desc.h>
#include <iomd/namespace.h>

#include "general.h"
#include "map.h"
#include "reference.h"

/* What is asked for. */
struct request {
	struct iomd_desc *desc;
	struct mm_struct *task;
	u64 address;
	u64 offset;
	u64 length;
	u32 options;
};

/*
 * Sharing.
 */

/* Is the window asked for part of one that looks the same? */
static bool is_compatible(const struct iomd_map *map, const struct request *request)
{
	const u32 same = IOMD_MAP_READ_ONLY | IOMD_MAP_GUARDED_MASK;
	u32 cache = request->options & IOMD_MAP_CACHE_MASK;

	if (!iomd_map_is_live(map) || map->task != request->task)
		return false;
	/* What may be redirected is its owner's alone. */
	if (map->options & IOMD_MAP_UNIQUE)
		return false;
	if ((map->options ^ request->options) & same)
		return false;
	if (cache && cache != (map->options & IOMD_MAP_CACHE_MASK))
		return false;
	if (map->offset > request->offset ||
	    request->offset + request->length > map->offset + map->length)
		return false;
	return (request->options & IOMD_MAP_ANYWHERE) ||
	       map->address + (request->offset - map->offset) == request->address;
}

static bool is_same_window(const struct iomd_map *map, const struct request *request)
{
	return map->offset == request->offset && map->length == request->length;
}

/*
 * The first map that will do; if @exact, not as a part of it. Return: it, with a reference;
 * or NULL.
 */
static struct iomd_map *find_compatible(const struct iomd_map_set *set,
					const struct request *request, bool exact)
{
	struct iomd_map *map;

	lockdep_assert_held(&set->lock);
	if (request->options & IOMD_MAP_UNIQUE)
		return NULL;
	list_for_each_entry(map, &set->maps, node)
		if ((!exact || is_same_window(map, request)) && is_compatible(map, request) &&
		    refcount_inc_not_zero(&map->ref))
			return map;
	return NULL;
}

/*
 * @map if it is what is asked for, with its reference; or the part of it that is, as @new,
 * which keeps that.
 */
static struct iomd_map *share(struct iomd_map *map, struct iomd_map *new)
{
	const u32 inherited = IOMD_MAP_CACHE_MASK | IOMD_MAP_STATIC;

	if (map->offset == new->offset && map->length == new->length)
		return map;
	new->parent = map;
	new->options = (new->options & ~inherited) | (map->options & inherited);
	new->address = map->address + (new->offset - map->offset);
	return new;
}

/*
 * Translations.
 */

/* Where the memory is in the task anyway; 0 if that will not do. */
static u64 own_address(const struct request *request)
{
	const struct iomd_desc *desc = request->desc;

	if (request->offset || !desc->ops->own_address ||
	    (request->options & (IOMD_MAP_ANYWHERE | IOMD_MAP_UNIQUE | IOMD_MAP_GUARDED_MASK)) !=
	    IOMD_MAP_ANYWHERE)
		return 0;
	return desc->ops->own_address(request->desc, request->task);
}

/* Memory that a live map of the descriptor has already, if it does for this one, too. */
static struct iomd_desc *reference_of_another(const struct iomd_map_set *set, bool write)
{
	struct iomd_map *map;

	lockdep_assert_held(&set->lock);
	list_for_each_entry(map, &set->maps, node) {
		if (!map->memory || (map->options & IOMD_MAP_UNIQUE))
			continue;
		if (write && iomd_desc_is_read_only(map->memory))
			continue;
		if (iomd_desc_hold(map->memory))
			return iomd_desc_get(map->memory);
	}
	return NULL;
}

/* Or some of its own. Nothing is locked: this pins, and asks exporters and providers. */
static struct iomd_desc *reference_for(struct iomd_map_set *set, const struct request *request)
{
	bool write = !(request->options & IOMD_MAP_READ_ONLY);
	struct iomd_desc *memory;

	mutex_lock(&set->lock);
	memory = reference_of_another(set, write);
	mutex_unlock(&set->lock);
	return memory ?: iomd_reference_get(request->desc, write);
}

static int open_window(struct iomd_map *map, const struct iomd_window_spec *spec,
		       const struct iomd_survey *survey)
{
	u64 address;

	if (iomd_window_is_kernel(spec)) {
		int err = iomd_kernel_window_open(&map->kernel, spec, survey, &address);

		if (err)
			return err;
	} else {
		struct iomd_task_window *window = iomd_task_window_open(spec, survey, &address);

		if (IS_ERR(window))
			return PTR_ERR(window);
		map->window = window;
	}
	if (survey->has_device)
		map->options = (map->options & ~IOMD_MAP_CACHE_MASK) | survey->cache;
	map->memory = spec->memory;
	map->address = address;
	return 0;
}

/*
 * Until a window is in its set nobody can say that those who touch it have to wait: so they
 * do. Only if page tables are to be filled beforehand they wait for what is known already.
 */
static unsigned int blocked_at_first(const struct request *request)
{
	if ((request->options & IOMD_MAP_PREFAULT) && !READ_ONCE(request->desc->is_redirected))
		return 0;
	return IOMD_BLOCKED_BY_DESC;
}

/* Show the memory in a window, which then has it. On error the caller has it still. */
static int show(struct iomd_map *map, const struct request *request, struct iomd_desc *memory)
{
	const struct iomd_window_spec spec = {
		.memory = memory,
		.offset = request->offset,
		.length = request->length,
		.task = request->task,
		.address = request->address,
		.options = request->options,
		.blocked = blocked_at_first(request),
	};
	struct iomd_survey survey;

	return iomd_window_survey(&spec, &survey) ?: open_window(map, &spec, &survey);
}

/* Tables that are filled beforehand are for memory that is there. */
static bool is_prepared(struct iomd_desc *desc)
{
	if (!iomd_desc_hold(desc))
		return false;
	iomd_desc_drop(desc);
	return true;
}

static int translate(struct iomd_map *map, struct iomd_map_set *set,
		     const struct request *request)
{
	struct iomd_desc *memory;
	int err;

	if (request->desc->flags & IOMD_MEMORY_REMOTE)
		return -ENXIO;
	if (map->mm && !atomic_read(&map->mm->mm_users))
		return -ENXIO;
	map->address = own_address(request);
	if (map->address) {
		map->options |= IOMD_MAP_STATIC;
		return 0;
	}
	if ((request->options & IOMD_MAP_PREFAULT) && !is_prepared(request->desc))
		return -EINVAL;

	memory = reference_for(set, request);
	if (IS_ERR(memory))
		return PTR_ERR(memory);
	err = show(map, request, memory);
	if (err)
		iomd_reference_put(memory);
	return err;
}

/*
 * Making.
 */

/*
 * What is there already, or can be without a translation. Return: @new, another, or an errno;
 * NULL if it takes a translation.
 */
static struct iomd_map *find_locked(struct iomd_map_set *set, const struct request *request,
				    struct iomd_map *new)
{
	struct iomd_map *map;

	if (request->options & IOMD_MAP_STATIC) {
		new->address = request->address;
		list_add_tail(&new->node, &set->maps);
		return new;
	}
	map = find_compatible(set, request, false);
	if (!map)
		return request->options & IOMD_MAP_REFERENCE ? ERR_PTR(-ENOENT) : NULL;
	map = share(map, new);
	if (map == new)
		list_add_tail(&new->node, &set->maps);
	return map;
}

/* Let others find a map. Return: the one that they find. */
static struct iomd_map *publish_locked(struct iomd_map_set *set, const struct request *request,
				       struct iomd_map *new)
{
	struct iomd_map *map = find_compatible(set, request, true);	/* made meanwhile */

	if (map)
		return map;
	list_add_tail(&new->node, &set->maps);
	if (new->window)
		iomd_task_window_block(new->window, IOMD_BLOCKED_BY_DESC,
				       new->desc->is_redirected);
	return new;
}

/* Make @new what is asked for. Return: it, another that is so already, or an errno. */
static struct iomd_map *make_in(struct iomd_map_set *set, const struct request *request,
				struct iomd_map *new)
{
	struct iomd_map *map;
	int err;

	mutex_lock(&set->lock);
	map = find_locked(set, request, new);
	mutex_unlock(&set->lock);
	if (map)
		return map;
	err = translate(new, set, request);
	mutex_lock(&set->lock);
	map = err ? find_compatible(set, request, true) : publish_locked(set, request, new);
	mutex_unlock(&set->lock);
	return map ?: ERR_PTR(err);
}

/* What is asked for, which then is in its descriptor's set. */
static struct iomd_map *make(const struct request *request)
{
	struct iomd_map_set *set = iomd_map_set_of(request->desc);
	struct iomd_map *map, *new;

	if (!set)
		return ERR_PTR(-ENOMEM);
	new = iomd_map_create(request->desc, request->task, request->options, request->offset,
			      request->length);
	if (!new)
		return ERR_PTR(-ENOMEM);
	map = make_in(set, request, new);
	if (map != new)
		iomd_map_put(new);
	return map;
}

/*
 * A unique map of physical memory is of a descriptor of its own, which describes just what
 * is mapped.
 */
static struct iomd_map *make_unique_physical(struct request *request)
{
	struct iomd_desc *original = request->desc, *desc;
	struct iomd_walk walk = {};
	struct iomd_extent extent;
	struct iomd_map *map;
	int err;

	if (original->flags & IOMD_MEMORY_REMOTE)
		return ERR_PTR(-ENXIO);
	err = iomd_desc_walk_joined(original, iomd_desc_walk, &walk, request->offset,
				    request->length, &extent);
	if (err)
		return ERR_PTR(err);
	if (extent.length < request->length)
		return ERR_PTR(-EINVAL);
	desc = iomd_client_desc_with_address_range(NULL, extent.address, extent.length,
						   iomd_desc_get_direction(original) |
						   IOMD_MEMORY_MAPPER_NONE, NULL);
	if (IS_ERR(desc))
		return ERR_CAST(desc);

	iomd_to_general(desc)->nature = walk.leaf->nature;
	request->desc = desc;
	request->offset = 0;
	map = make(request);
	iomd_desc_put(desc);
	return map;
}

static bool is_physical(const struct iomd_desc *desc)
{
	return iomd_desc_is_general(desc) &&
	       iomd_general_is_physical(container_of(desc, struct iomd_general, base));
}

static int check_options(u32 options)
{
	if (options & IOMD_MAP_STATIC)
		return 0;
	if ((options & IOMD_MAP_UNIQUE) && (options & IOMD_MAP_REFERENCE))
		return -EINVAL;
	if ((options & IOMD_MAP_ANYWHERE) && (options & IOMD_MAP_OVERWRITE))
		return -EINVAL;
	if (!(options & IOMD_MAP_ANYWHERE) && (options & IOMD_MAP_GUARDED_MASK))
		return -EINVAL;
	return 0;
}

/* What is static is not checked, since nothing is done. */
static int check_window(const struct request *request)
{
	u64 end;

	if (request->options & IOMD_MAP_STATIC)
		return 0;
	if (!request->length || check_add_overflow(request->offset, request->length, &end) ||
	    end > request->desc->length)
		return -EINVAL;
	return 0;
}

/* What is asked for, which is known to be possible as far as that has been checked. */
static struct iomd_map *make_any(struct request *request)
{
	struct iomd_desc *desc = request->desc;

	if (desc->ops->map_root)
		request->desc = desc->ops->map_root(desc, &request->offset);
	if ((request->options & (IOMD_MAP_UNIQUE | IOMD_MAP_STATIC)) == IOMD_MAP_UNIQUE &&
	    is_physical(request->desc))
		return make_unique_physical(request);
	return make(request);
}

/*
 * Map the first @length bytes of what @desc could describe, of which it need not count all
 * at the moment. @into is a task, and @options go together.
 */
struct iomd_map *iomd_desc_map_beyond_length(struct iomd_desc *desc, struct mm_struct *into,
					     u32 options, u64 length)
{
	struct request request = {
		.desc = desc,
		.task = into,
		.length = length,
		.options = options,
	};

	return make_any(&request);
}

/**
 * iomd_desc_create_mapping_in_task() - Show memory in an address space.
 * @desc: Descriptor; the map holds it.
 * @into: The task, or IOMD_KERNEL_TASK.
 * @at_address: Where, unless IOMD_MAP_ANYWHERE is set: a page's beginning, or as far into a
 *	page as the memory.
 * @options: IOMD_MAP_*.
 * @offset: First byte to be shown, in @desc.
 * @length: Bytes; 0 for the descriptor's length.
 *
 * Somebody else's map is shared, if there is one that shows the bytes in the same way; not
 * with IOMD_MAP_UNIQUE. With IOMD_MAP_REFERENCE nothing else is. Memory that is in that
 * address space anyway, and described by its one address there, is not mapped once more.
 * IOMD_MAP_STATIC only notes where somebody has mapped it.
 *
 * The memory need not be prepared, except for IOMD_MAP_PREFAULT. The map keeps what is
 * behind the descriptor now where it is until it is unmapped: memory of a user task is
 * pinned, and charged to who made the descriptor, for writing unless the map is read-only
 * and the descriptor's direction is OUT.
 *
 * Into the kernel: what is contiguous is shown where the kernel has it, unless it is to be
 * unique, read-only or guarded. There is no choice of address, only small guards, and
 * memory of devices has to be in one piece and writable.
 * IOKit: IOMemoryDescriptor::createMappingInTask().
 *
 * Context: Process context, may sleep and fault; takes the mmap_lock of the task, and of
 *	    the one whose memory it is.
 * Return: A map that the caller puts, or an error pointer: -EINVAL without a task, for a
 *	   window that is empty or does not lie in @desc, for options that exclude each
 *	   other, for PREFAULT of memory that is not prepared, for a unique map of physical
 *	   memory in several pieces, and for an address that is neither; -ENOENT for
 *	   REFERENCE if there is none; -EBADSLT if pieces of the memory meet within a page;
 *	   -EOPNOTSUPP for a descriptor that cannot be mapped, and for what cannot be had in
 *	   that address space; -EPERM for memory that tasks must not have: the slab's, the
 *	   kernel's own, RAM by its physical address, devices' without the right to them;
 *	   -EEXIST if something is at that address; -EPERM if it is too low for a task;
 *	   -EBUSY if a device's memory is mapped already, in another cache mode, which for
 *	   a map into the kernel is -ENOMEM, as the kernel gives no reason; -ENXIO if
 *	   the task is gone, or for remote memory; -ECANCELED if the caller is being
 *	   killed; -ENOMEM, also for an address space that has not enough room, or not
 *	   that address; and the errors of iomd_desc_prepare().
 *
 * Implements MAP-1..40, MD-87..92, GMD-98..103, SUB-17..20.
 */
struct iomd_map *iomd_desc_create_mapping_in_task(struct iomd_desc *desc, struct mm_struct *into,
						  u64 at_address, u32 options, u64 offset,
						  u64 length)
{
	struct request request = {
		.desc = desc,
		.task = into,
		.address = at_address,
		.offset = offset,
		.length = length ?: desc->length,
		.options = options,
	};
	int err;

	might_sleep();
	if (!into)
		return ERR_PTR(-EINVAL);
	err = check_options(options) ?: check_window(&request);
	if (err)
		return ERR_PTR(err);

	/* What is noted is where all of @desc is. */
	if (options & IOMD_MAP_STATIC)
		request.offset = 0;
	return make_any(&request);
}
EXPORT_SYMBOL_NS_GPL(iomd_desc_create_mapping_in_task, IOMD_NS);

/**
 * iomd_desc_map() - Show all of the memory in the kernel.
 * @desc: Descriptor; the map holds it.
 * @options: IOMD_MAP_*.
 *
 * IOKit: IOMemoryDescriptor::map().
 *
 * Context: Process context, may sleep and fault.
 * Return: As iomd_desc_create_mapping_in_task(). Implements MD-87.
 */
struct iomd_map *iomd_desc_map(struct iomd_desc *desc, u32 options)
{
	return iomd_desc_create_mapping_in_task(desc, IOMD_KERNEL_TASK, 0,
						options | IOMD_MAP_ANYWHERE, 0, 0);
}
EXPORT_SYMBOL_NS_GPL(iomd_desc_map, IOMD_NS);

/**
 * iomd_desc_set_mapping() - Say where the memory is mapped already.
 * @desc: Descriptor; the map holds it.
 * @task: The task, or IOMD_KERNEL_TASK.
 * @address: Where in @task somebody has mapped all of it.
 * @options: IOMD_MAP_*.
 *
 * Maps asked for later can share it. It is never unmapped.
 * IOKit: IOMemoryDescriptor::setMapping().
 *
 * Context: Process context, may sleep.
 * Return: A map that the caller puts, or an error pointer: -EINVAL without a task; -ENOMEM.
 *	   Implements MD-88, MAP-9, MAP-73.
 */
struct iomd_map *iomd_desc_set_mapping(struct iomd_desc *desc, struct mm_struct *task,
				       u64 address, u32 options)
{
	return iomd_desc_create_mapping_in_task(desc, task, address, options | IOMD_MAP_STATIC,
						0, 0);
}
EXPORT_SYMBOL_NS_GPL(iomd_desc_set_mapping, IOMD_NS);
