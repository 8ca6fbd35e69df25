// SPDX-License-Identifier: GPL-2.0-only
/*
 * Making general descriptors: what is described, checked and stored.
 */
#include <linux/export.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include <iomd/client.h>
#include <iomd/desc.h>
#include <iomd/mapper.h>
#include <iomd/namespace.h>

#include "compat.h"
#include "general.h"
#include "map_set.h"
#include "objects.h"
#include "sources.h"

/* Descriptors are made at the rate at which packets come. */
static struct kmem_cache *general_cache;

/* State bits, which a caller's options cannot set. */
#define STATE_FLAGS	(IOMD_MEMORY_PREPARED_READ_ONLY | IOMD_MEMORY_REDIRECTED)

static int check_range(const struct iomd_general_spec *spec, const struct iomd_range *range)
{
	u64 end;

	if (!range->length)
		return 0;
	if (check_add_overflow(range->address, range->length, &end) ||
	    check_add_overflow(end, PAGE_SIZE - 1, &end))
		return -EOVERFLOW;
	if (!spec->task && !(spec->options & IOMD_MEMORY_REMOTE) &&
	    range->address + range->length > iomd_physical_limit())
		return -EINVAL;
	return 0;
}

static u64 pages_touched(const struct iomd_range *range)
{
	if (!range->length)
		return 0;
	return DIV_ROUND_UP_ULL(offset_in_page(range->address) + range->length, PAGE_SIZE);
}

/* Is it neither a task's nor the kernel's, but a driver's business where it is? */
static bool is_elsewhere(const struct iomd_general_extra *extra)
{
	return extra && (extra->dmabuf || extra->provided);
}

/* Check the ranges, and sum up what they come to. */
static int measure(struct iomd_general *general, const struct iomd_general_spec *spec)
{
	u64 length = 0, nr_pages = 0;
	u32 i;

	for (i = 0; i < spec->count; i++) {
		const struct iomd_range *range = &spec->ranges[i];
		int err = check_range(spec, range);

		if (err)
			return err;
		if (check_add_overflow(length, range->length, &length))
			return -EOVERFLOW;
		nr_pages += pages_touched(range);
	}
	/* What others have need not be in RAM. */
	if (spec->task && nr_pages > totalram_pages() && !is_elsewhere(spec->extra))
		return -ENOMEM;

	general->base.length = length;
	general->nr_pages = nr_pages;
	return 0;
}

static enum iomd_origin origin_of(const struct iomd_general_spec *spec)
{
	const struct iomd_general_extra *extra = spec->extra;

	if (extra && extra->file)
		return IOMD_ORIGIN_FILE;
	if (extra && extra->dmabuf)
		return IOMD_ORIGIN_DMABUF;
	if (extra && extra->provided)
		return IOMD_ORIGIN_PROVIDER;
	if (!spec->task)
		return IOMD_ORIGIN_PHYSICAL;
	if (spec->task == IOMD_KERNEL_TASK)
		return IOMD_ORIGIN_KERNEL;
	return spec->task == IOMD_PAGES_TASK ? IOMD_ORIGIN_PAGES : IOMD_ORIGIN_TASK;
}

/* Is it a task's, or the kernel's, known by its addresses? */
static bool is_virtual(const struct iomd_general_spec *spec)
{
	return spec->task && spec->task != IOMD_PAGES_TASK;
}

static int check_type(const struct iomd_general_spec *spec)
{
	if (!spec->ranges || !spec->count)
		return -EINVAL;
	if ((spec->options & IOMD_MEMORY_MAP_COPY_ON_WRITE) && !is_virtual(spec))
		return -EOPNOTSUPP;

	switch (spec->options & IOMD_MEMORY_TYPE_MASK) {
	case IOMD_MEMORY_TYPE_VIRTUAL:
		return spec->task ? 0 : -EINVAL;
	case IOMD_MEMORY_TYPE_PHYSICAL:
		return spec->task ? -EINVAL : 0;
	default:
		return -EINVAL;
	}
}

static int store_ranges(struct iomd_general *general, const struct iomd_general_spec *spec)
{
	const struct iomd_range *ranges = spec->ranges;

	if (spec->count == 1) {
		general->range = *ranges;
		ranges = &general->range;
	} else if (!(spec->options & IOMD_MEMORY_AS_REFERENCE)) {
		struct iomd_range *copy = kvmalloc_array(spec->count, sizeof(*copy),
							 GFP_KERNEL_ACCOUNT | __GFP_NOWARN);

		if (!copy)
			return -ENOMEM;
		memcpy(copy, ranges, array_size(spec->count, sizeof(*copy)));
		ranges = copy;
	}
	general->ranges = ranges;
	general->nr_ranges = spec->count;
	return 0;
}

static void free_ranges(struct iomd_general *general)
{
	if (!(general->base.flags & IOMD_MEMORY_AS_REFERENCE))
		kvfree(general->ranges);
}

static u32 flags_for(const struct iomd_general_spec *spec)
{
	u32 flags = spec->options & ~STATE_FLAGS;

	if (flags & (IOMD_MEMORY_HOST_ONLY | IOMD_MEMORY_REMOTE))
		flags |= IOMD_MEMORY_MAPPER_NONE;
	if (spec->count == 1)
		flags &= ~IOMD_MEMORY_AS_REFERENCE;
	return flags;
}

/* The mapper to be bound to, or NULL for none, or why it cannot be had. */
static struct iomd_mapper *choose_mapper(const struct iomd_general_spec *spec, u32 flags)
{
	if (flags & IOMD_MEMORY_MAPPER_NONE)
		return NULL;
	if (IS_ERR(spec->mapper))
		return spec->mapper;
	if (spec->mapper)
		return iomd_mapper_get(spec->mapper);
	return iomd_client_copy_default_mapper(spec->client);
}

/* Physical memory is wired for good, and its runs are there from the start. */
static int wire_for_good(struct iomd_general *general)
{
	int err = iomd_general_wire(general, true, false);

	if (err)
		return err;
	refcount_set(&general->wired, 1);
	general->prepare_count = 1;
	return 0;
}

static void add_extra(struct iomd_general *general, const struct iomd_general_extra *extra)
{
	general->file = extra->file;
	general->purgeable = extra->purgeable;
	general->dmabuf = extra->dmabuf;
	general->provided = extra->provided;
	general->owner = extra->owner ? iomd_desc_get(extra->owner) : NULL;
}

/* Where its first byte lies says enough of memory that is wired as one unit. */
static s32 page_align(const struct iomd_general *general)
{
	if (general->nr_ranges != 1 || general->origin == IOMD_ORIGIN_PHYSICAL ||
	    general->origin == IOMD_ORIGIN_PROVIDER)
		return -1;
	return offset_in_page(general->range.address);
}

/* Whoever describes a task's memory pays for it, unless it is known who does. */
static void open_account(struct iomd_general *general, const struct iomd_general_spec *spec)
{
	if (!iomd_general_is_user(general))
		iomd_account_close(&general->account);
	else if (spec->extra && spec->extra->account)
		iomd_account_copy(&general->account, spec->extra->account);
	else
		iomd_account_open(&general->account, spec->task);
}

/* Describe what @spec says. On error everything is given back. */
static int describe(struct iomd_general *general, const struct iomd_general_spec *spec)
{
	u32 flags = flags_for(spec);
	struct iomd_mapper *mapper;
	int err;

	err = check_type(spec) ?: measure(general, spec);
	if (err)
		return err;
	mapper = choose_mapper(spec, flags);
	if (IS_ERR(mapper))
		return PTR_ERR(mapper);
	err = store_ranges(general, spec);
	if (err)
		goto err_mapper;

	general->base.flags = flags;
	general->base.mapper = mapper;
	general->origin = origin_of(spec);
	general->task = spec->task;
	if (spec->extra)
		add_extra(general, spec->extra);
	general->page_align = page_align(general);
	open_account(general, spec);

	if (iomd_general_is_physical(general))
		return wire_for_good(general);
	if ((flags & IOMD_MEMORY_PERSISTENT) && !(flags & IOMD_MEMORY_REMOTE))
		err = iomd_general_bind(general);
	if (!err && (flags & IOMD_MEMORY_AUTO_PREPARE))
		err = iomd_general_prepare(&general->base, IOMD_DIRECTION_NONE);
	return err;

err_mapper:
	iomd_mapper_put(mapper);
	return err;
}

/* Let go of what is described, prepared or not. Nobody holds the memory. */
static void let_go(struct iomd_general *general)
{
	iomd_general_unbind(general);
	if (unlikely(general->owner))
		iomd_desc_put(general->owner);
	if (unlikely(general->snapshot))
		iomd_desc_put(general->snapshot);
	if (general->base.maps)
		iomd_desc_forget_maps(&general->base);
	if (general->ranges != &general->range)
		free_ranges(general);
	if (general->base.mapper)
		iomd_mapper_put(general->base.mapper);
	general->base.mapper = NULL;
}

/*
 * The same, and the object then describes nothing and may describe something else, which often
 * is the same task's: the account stays open.
 */
static void forget(struct iomd_general *general)
{
	let_go(general);
	atomic64_set(&general->base.preparation_id, 0);
	general->origin = IOMD_ORIGIN_PHYSICAL;
	general->task = NULL;
	general->file = NULL;
	general->purgeable = NULL;
	general->dmabuf = NULL;
	general->provided = NULL;
	general->owner = NULL;
	general->snapshot = NULL;
	general->nature = IOMD_NATURE_PLAIN;
	general->cache = IOMD_MAP_DEFAULT_CACHE;
	general->ranges = &general->range;
	general->nr_ranges = 0;
	general->page_align = -1;
	general->base.length = 0;
	general->nr_pages = 0;
	general->map_bits = 64;
	general->map_alignment = 0;
}

/*
 * Make a general descriptor of zeroed memory, down to the lock: the whole of one, or the part of it
 * that another kind begins with. On error there is nothing to give back.
 */
int iomd_general_init(struct iomd_general *general, const struct iomd_desc_ops *ops,
		      const struct iomd_general_spec *spec)
{
	static struct lock_class_key import_key, provided_key;
	const struct iomd_general_extra *extra = spec->extra;
	int err;

	iomd_desc_init(&general->base, ops);
	mutex_init(&general->lock);
	/* Exporters and providers may be made of descriptors, whose locks come after ours. */
	if (extra && extra->dmabuf)
		lockdep_set_class(&general->lock, &import_key);
	if (extra && extra->provided)
		lockdep_set_class(&general->lock, &provided_key);
	iomd_runs_init(&general->runs);
	INIT_WORK(&general->unwire_work, iomd_general_unwire_work);
	general->ranges = &general->range;
	general->map_bits = 64;

	err = describe(general, spec);
	if (err)
		iomd_general_exit(general);
	return err;
}

/* Undo iomd_general_init(), whatever became of the object since. */
void iomd_general_exit(struct iomd_general *general)
{
	let_go(general);
	iomd_account_close(&general->account);
	mutex_destroy(&general->lock);
	iomd_desc_exit(&general->base);
}

static void general_release(struct iomd_desc *desc)
{
	struct iomd_general *general = iomd_to_general(desc);

	iomd_general_exit(general);
	kmem_cache_free(general_cache, general);
}

static const struct iomd_desc_ops general_ops = {
	.name = "general",
	IOMD_GENERAL_OPS,
	.own_address = iomd_general_own_address,
	.reference = iomd_general_reference,
	.set_purgeable = iomd_general_set_purgeable,
	.release = general_release,
};

/* Is it one that the constructors here make, and not of a kind that is more? */
bool iomd_desc_is_general(const struct iomd_desc *desc)
{
	return desc->ops == &general_ops;
}

/* Make a general descriptor. Return: it, or an error pointer. */
struct iomd_desc *iomd_general_create(const struct iomd_general_spec *spec)
{
	struct iomd_general *general = kmem_cache_alloc(general_cache, GFP_KERNEL);
	int err;

	if (!general)
		return ERR_PTR(-ENOMEM);
	memset(general, 0, offsetof(struct iomd_general, lock));
	err = iomd_general_init(general, &general_ops, spec);
	if (err) {
		kmem_cache_free(general_cache, general);
		return ERR_PTR(err);
	}
	return &general->base;
}

int __init iomd_general_cache_init(void)
{
	general_cache = KMEM_CACHE(iomd_general, SLAB_ACCOUNT);
	return general_cache ? 0 : -ENOMEM;
}

void iomd_general_cache_exit(void)
{
	kmem_cache_destroy(general_cache);
}

/**
 * iomd_client_desc_with_options() - Describe memory.
 * @client: The calling module, IOMD_THIS_CLIENT.
 * @buffers: Array of struct iomd_range. For IOMD_MEMORY_TYPE_UPL a struct
 *	iomd_page_list; for IOMD_MEMORY_TYPE_UIO a struct iov_iter of the caller's.
 * @count: Its elements, at least one; for a page list the bytes.
 * @offset: For a page list, the first byte in it.
 * @task: The task whose memory it is, or IOMD_KERNEL_TASK; NULL for physical
 *	memory. Held by the descriptor.
 * @options: An IOMD_MEMORY_TYPE_*, a direction, and other IOMD_MEMORY_*.
 * @mapper: Mapper to be bound to; NULL for the module's default, if it has one.
 *	Held by the descriptor.
 *
 * Drivers call iomd_desc_with_options(). The array is copied, unless
 * IOMD_MEMORY_AS_REFERENCE says that it stays. Ranges may be of any length,
 * including none, may overlap, and may come in any order.
 * IOKit: IOMemoryDescriptor::withOptions().
 *
 * Context: Process context, may sleep.
 * Return: A descriptor that the caller puts, or an error pointer: -EINVAL for a
 *	   type, task or array that does not fit together, or for physical memory
 *	   that the machine cannot have; -EOVERFLOW if a range or the sum of their
 *	   lengths wraps; -ENOTUNIQ if the module has named several default
 *	   mappers; -EOPNOTSUPP for IOMD_MEMORY_MAP_COPY_ON_WRITE of memory that is
 *	   not a task's or the kernel's, known by its addresses; -ENOMEM; with
 *	   IOMD_MEMORY_AUTO_PREPARE and IOMD_MEMORY_PERSISTENT also the errors of
 *	   iomd_desc_prepare().
 *
 * Implements MD-12, MD-16, GMD-1..23.
 */
struct iomd_desc *iomd_client_desc_with_options(struct iomd_client *client, const void *buffers,
						u32 count, u32 offset, struct mm_struct *task,
						u32 options, struct iomd_mapper *mapper)
{
	if ((options & IOMD_MEMORY_TYPE_MASK) == IOMD_MEMORY_TYPE_UPL && !task)
		return iomd_desc_with_page_list(client, buffers, count, offset, options, mapper);
	if ((options & IOMD_MEMORY_TYPE_MASK) == IOMD_MEMORY_TYPE_UIO && task)
		return iomd_client_desc_with_iov_iter(client, buffers, options, mapper);
	return iomd_general_create(&(struct iomd_general_spec) {
		.client = client,
		.ranges = buffers,
		.count = count,
		.task = task,
		.options = options,
		.mapper = mapper,
	});
}
EXPORT_SYMBOL_NS_GPL(iomd_client_desc_with_options, IOMD_NS);

/**
 * iomd_client_desc_init_with_options() - Make a descriptor describe something else.
 * @client: The calling module, IOMD_THIS_CLIENT.
 * @desc: Descriptor made by one of the iomd_desc constructors.
 * @buffers: As for iomd_client_desc_with_options(), as the rest is.
 * @count: Elements of @buffers.
 * @offset: Not used.
 * @task: Task, IOMD_KERNEL_TASK or NULL.
 * @options: IOMD_MEMORY_*.
 * @mapper: Mapper or NULL.
 *
 * Drivers call iomd_desc_init_with_options(). Outstanding prepares are completed
 * first. The tag is kept. The caller makes sure that nobody else uses the
 * descriptor meanwhile. IOKit: IOMemoryDescriptor::initWithOptions().
 *
 * Context: Process context, may sleep.
 * Return: 0; -EBUSY, and nothing changed, if a DMA command holds the memory, or a map
 *	   that of a persistent descriptor;
 *	   -EOPNOTSUPP for a descriptor of another kind; else the errors of
 *	   iomd_client_desc_with_options(), after which the descriptor describes
 *	   nothing and has length 0.
 *
 * Implements GMD-24..28.
 */
int iomd_client_desc_init_with_options(struct iomd_client *client, struct iomd_desc *desc,
				       const void *buffers, u32 count, u32 offset,
				       struct mm_struct *task, u32 options,
				       struct iomd_mapper *mapper)
{
	const struct iomd_general_spec spec = {
		.client = client,
		.ranges = buffers,
		.count = count,
		.task = task,
		.options = options,
		.mapper = mapper,
	};
	struct iomd_general *general = iomd_to_general(desc);
	unsigned int own;
	int err;

	if (!iomd_desc_is_general(desc))
		return -EOPNOTSUPP;

	own = (general->prepare_count ? 1 : 0) + general->is_bound;
	if (refcount_read(&general->wired) > own)
		return -EBUSY;

	/* Memory that was let go a moment ago: a worker may be at it. */
	if (general->has_unwire_work && cancel_work_sync(&general->unwire_work))
		iomd_desc_put(desc);
	general->has_unwire_work = false;
	forget(general);
	err = describe(general, &spec);
	if (err)
		forget(general);
	return err;
}
EXPORT_SYMBOL_NS_GPL(iomd_client_desc_init_with_options, IOMD_NS);

/**
 * iomd_client_desc_with_address() - Describe kernel memory, ready for use.
 * @client: The calling module, IOMD_THIS_CLIENT.
 * @address: Start, in the direct map, vmalloc space or a module.
 * @length: Bytes.
 * @direction: IOMD_DIRECTION_*.
 *
 * Drivers call iomd_desc_with_address(). The descriptor comes prepared, and that
 * prepare is undone by the last put. The memory must stay allocated until then.
 * IOKit: IOMemoryDescriptor::withAddress().
 *
 * Context: Process context, may sleep.
 * Return: A descriptor that the caller puts, or an error pointer: -EFAULT for an
 *	   address that is not the kernel's memory (a user address, a device
 *	   mapping); -EXFULL for the caller's stack; -EOVERFLOW; -ENOTUNIQ;
 *	   -ENOMEM.
 *
 * Implements MD-10.
 */
struct iomd_desc *iomd_client_desc_with_address(struct iomd_client *client, void *address,
						u64 length, u32 direction)
{
	return iomd_client_desc_with_address_range(client, (unsigned long)address, length,
						   direction | IOMD_MEMORY_AUTO_PREPARE,
						   IOMD_KERNEL_TASK);
}
EXPORT_SYMBOL_NS_GPL(iomd_client_desc_with_address, IOMD_NS);

/**
 * iomd_client_desc_with_address_range() - Describe one range.
 * @client: The calling module, IOMD_THIS_CLIENT.
 * @address: Address in @task, or physical address.
 * @length: Bytes.
 * @options: A direction, and IOMD_MEMORY_* other than a type.
 * @task: Task, IOMD_KERNEL_TASK, or NULL for physical memory.
 *
 * Drivers call iomd_desc_with_address_range(), or for physical memory
 * iomd_desc_with_physical_address(). Not prepared, except for physical memory,
 * which always is. IOKit: IOMemoryDescriptor::withAddressRange(),
 * IOMemoryDescriptor::withPhysicalAddress().
 *
 * Context: Process context, may sleep.
 * Return: As iomd_client_desc_with_options().
 *
 * Implements MD-11..15.
 */
struct iomd_desc *iomd_client_desc_with_address_range(struct iomd_client *client, u64 address,
						      u64 length, u32 options,
						      struct mm_struct *task)
{
	const struct iomd_range range = { address, length };

	return iomd_client_desc_with_address_ranges(client, &range, 1, options, task);
}
EXPORT_SYMBOL_NS_GPL(iomd_client_desc_with_address_range, IOMD_NS);

/**
 * iomd_client_desc_with_address_ranges() - Describe several ranges.
 * @client: The calling module, IOMD_THIS_CLIENT.
 * @ranges: The ranges, in the order in which they are to follow each other.
 * @count: Elements of @ranges, at least one.
 * @options: A direction, and IOMD_MEMORY_* other than a type.
 * @task: Task, IOMD_KERNEL_TASK, or NULL for physical memory.
 *
 * Drivers call iomd_desc_with_address_ranges(). Not prepared, except for physical
 * memory, which always is. IOKit: IOMemoryDescriptor::withAddressRanges().
 *
 * Context: Process context, may sleep.
 * Return: As iomd_client_desc_with_options().
 *
 * Implements MD-11, MD-12.
 */
struct iomd_desc *iomd_client_desc_with_address_ranges(struct iomd_client *client,
						       const struct iomd_range *ranges,
						       u32 count, u32 options,
						       struct mm_struct *task)
{
	options &= ~IOMD_MEMORY_TYPE_MASK;
	options |= task ? IOMD_MEMORY_TYPE_VIRTUAL : IOMD_MEMORY_TYPE_PHYSICAL;
	return iomd_client_desc_with_options(client, ranges, count, 0, task, options, NULL);
}
EXPORT_SYMBOL_NS_GPL(iomd_client_desc_with_address_ranges, IOMD_NS);
