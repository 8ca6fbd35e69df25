// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers: general descriptors that own the memory they describe.
 */
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <iomd/buffer.h>
#include <iomd/desc.h>
#include <iomd/mapper.h>
#include <iomd/namespace.h>

#include "backing.h"
#include "buffer.h"
#include "cachemode.h"
#include "copy.h"
#include "general.h"
#include "pageable.h"
#include "shmem.h"

/**
 * DOC: Buffers
 *
 * A buffer is a general descriptor of memory that it owns. It comes zeroed; if the memory
 * is not pageable also prepared, and mapped in the kernel. Its length starts out as its
 * capacity and may be set to less; what a device sees follows at once.
 */

/**
 * struct iomd_buffer - A buffer.
 * @general: The descriptor of the memory.
 * @backing: The memory, unless it is pageable.
 * @pageable: The memory, if it is.
 * @has_address: The memory is, or can be, mapped in the task it was made for.
 * @capacity: Bytes that were asked for.
 * @creator: Who made it by a DriverKit call: a task, held, or IOMD_KERNEL_TASK; or NULL.
 */
struct iomd_buffer {
	struct iomd_general general;
	struct iomd_backing backing;
	struct iomd_pageable pageable;
	bool has_address;
	u64 capacity;
	struct mm_struct *creator;
};

static struct iomd_buffer *to_buffer(struct iomd_desc *desc)
{
	return container_of(desc, struct iomd_buffer, general.base);
}

static bool is_pageable(const struct iomd_buffer *buffer)
{
	return buffer->pageable.file;
}

static bool is_process(const struct mm_struct *task)
{
	return task && task != IOMD_KERNEL_TASK;
}

static void buffer_release(struct iomd_desc *desc)
{
	struct iomd_buffer *buffer = to_buffer(desc);

	if (is_pageable(buffer))
		iomd_pageable_unmap(&buffer->pageable);
	iomd_general_exit(&buffer->general);
	if (is_pageable(buffer))
		iomd_pageable_free(&buffer->pageable);
	else
		iomd_backing_free(&buffer->backing);
	if (is_process(buffer->creator))
		mmdrop(buffer->creator);
	kfree(buffer);
}

/* Remember who made the buffer. @creator is held, if it is a user's; it is set once. */
void iomd_buffer_set_creator(struct iomd_buffer *buffer, struct mm_struct *creator)
{
	if (is_process(creator))
		mmgrab(creator);
	buffer->creator = creator;
}

/* Who made the buffer by a DriverKit call; or NULL. */
struct mm_struct *iomd_buffer_creator(const struct iomd_buffer *buffer)
{
	return buffer->creator;
}

static int buffer_page_counts(struct iomd_desc *desc, u64 *resident, u64 *dirty)
{
	struct iomd_buffer *buffer = to_buffer(desc);

	if (!is_pageable(buffer))
		return -EAGAIN;
	iomd_shmem_count(buffer->pageable.file, resident, dirty);
	return 0;
}

static int buffer_set_purgeable(struct iomd_desc *desc, u32 new_state, u32 *old_state)
{
	bool empty = (new_state & IOMD_PURGEABLE_STATE_MASK) == IOMD_PURGEABLE_EMPTY;
	struct iomd_buffer *buffer = to_buffer(desc);
	bool is_kept;
	int err;

	if (!is_pageable(buffer) || !buffer->pageable.is_purgeable)
		return -EINVAL;

	/* Maps keep the pages on their own account: have them here, too. */
	is_kept = empty && iomd_purgeable_is_used(&buffer->pageable.purgeable);
	if (is_kept) {
		err = iomd_general_hold_wired(&buffer->general, false);
		if (err)
			return err;
	}
	mutex_lock(&buffer->general.lock);
	*old_state = iomd_purgeable_set_state(&buffer->pageable.purgeable, new_state);
	/* What is wired stays, and loses its contents in place. */
	if (empty && buffer->general.resident)
		iomd_runs_clear(&buffer->general.runs);
	mutex_unlock(&buffer->general.lock);
	if (is_kept)
		iomd_general_drop(desc);
	return 0;
}

/* The kernel's own pageable memory is nowhere until it is asked for. */
static u64 buffer_own_address(struct iomd_desc *desc, struct mm_struct *task)
{
	struct iomd_buffer *buffer = to_buffer(desc);

	if (is_pageable(buffer) && buffer->has_address && task == IOMD_KERNEL_TASK &&
	    buffer->general.task == task)
		return (unsigned long)iomd_pageable_map_kernel(&buffer->pageable,
							       &buffer->general);
	return iomd_general_own_address(desc, task);
}

static const struct iomd_desc_ops buffer_ops = {
	.name = "buffer",
	IOMD_GENERAL_OPS,
	.own_address = buffer_own_address,
	.reference = iomd_general_reference,
	.page_counts = buffer_page_counts,
	.set_purgeable = buffer_set_purgeable,
	.release = buffer_release,
};

/* MAPPER_NONE shares a bit with the field, and is none of the modes there are. */
static u32 cache_mode(u32 options)
{
	return options & IOMD_MAP_CACHE_MASK & ~IOMD_MEMORY_MAPPER_NONE;
}

/* The most pageable memory that the kernel may be asked to map. */
#define KERNEL_PAGEABLE_MAX	(512ULL << 20)

static int check_options(struct mm_struct *task, u32 options, u64 capacity)
{
	bool pageable = options & IOMD_BUFFER_PAGEABLE;

	if (!pageable && task != IOMD_KERNEL_TASK)
		return -EINVAL;
	if (pageable && (options & IOMD_MAP_PREFAULT))
		return -EINVAL;
	if (pageable && task == IOMD_KERNEL_TASK && capacity > KERNEL_PAGEABLE_MAX)
		return -EINVAL;
	if (pageable && !iomd_cachemode_is_default(cache_mode(options)))
		return -EOPNOTSUPP;
	return iomd_cachemode_is_possible(cache_mode(options)) ? 0 : -EOPNOTSUPP;
}

/* Translate what is asked for into what the memory must be like. */
static int plan_backing(struct iomd_backing_spec *spec, u32 options, u64 capacity,
			u64 alignment, u64 physical_mask)
{
	u64 end;

	if (!capacity || check_add_overflow(capacity, alignment, &end) ||
	    check_add_overflow(end, PAGE_SIZE - 1, &end))
		return -EINVAL;
	if (alignment > 1ULL << 62)
		return -ENOMEM;

	*spec = (struct iomd_backing_spec) {
		.size = capacity,
		.alignment = alignment > 1 ? roundup_pow_of_two(alignment) : 1,
		.highest = U64_MAX,
		.contiguous = options & (IOMD_BUFFER_PHYSICALLY_CONTIGUOUS |
					 IOMD_BUFFER_HOST_PHYSICALLY_CONTIGUOUS),
		.cache = cache_mode(options),
	};

	/* What is shared with tasks, or has a mode of its own, is whole pages. */
	if (options & (IOMD_BUFFER_SHARING_TYPE_MASK | IOMD_MAP_CACHE_MASK |
		       IOMD_MEMORY_CLEAR_ENCRYPT))
		spec->alignment = max_t(u64, spec->alignment, PAGE_SIZE);

	/* A mask's low zero bits are an alignment, the rest of it is a limit. */
	if (physical_mask) {
		u64 low = physical_mask & -physical_mask;

		spec->alignment = max3(spec->alignment, low, (u64)PAGE_SIZE);
		spec->highest = physical_mask | (low - 1);
	}
	if (spec->alignment > PAGE_SIZE)
		spec->contiguous = true;
	return 0;
}

/*
 * Suit the device that the memory is for. What an IOMMU stands before can be in pieces and
 * still be contiguous; elsewhere memory has to be where the device reaches it, because
 * what is shared with a device all the time cannot be copied.
 */
static void suit_mapper(struct iomd_backing_spec *spec, u32 options,
			const struct iomd_mapper *mapper)
{
	if (!mapper || !spec->contiguous)
		return;
	if (!iomd_mapper_translates(mapper))
		spec->highest = min(spec->highest, iomd_mapper_reach(mapper));
	else if (!(options & IOMD_BUFFER_HOST_PHYSICALLY_CONTIGUOUS) &&
		 spec->alignment <= PAGE_SIZE)
		spec->may_scatter = true;
}

static int describe_backing(struct iomd_buffer *buffer, struct iomd_client *client, u32 flags,
			    struct iomd_mapper *mapper)
{
	const struct iomd_range range = {
		.address = (unsigned long)buffer->backing.memory,
		.length = buffer->capacity,
	};

	return iomd_general_init(&buffer->general, &buffer_ops, &(struct iomd_general_spec) {
		.client = client,
		.ranges = &range,
		.count = 1,
		.task = IOMD_KERNEL_TASK,
		.options = flags | IOMD_MEMORY_AUTO_PREPARE,
		.mapper = mapper,
	});
}

static int init_wired(struct iomd_buffer *buffer, struct iomd_client *client, u32 flags,
		      const struct iomd_backing_spec *spec, struct iomd_mapper *mapper)
{
	int err = iomd_backing_alloc(&buffer->backing, spec);

	if (err)
		return err;
	err = describe_backing(buffer, client, flags, mapper);
	if (err) {
		iomd_backing_free(&buffer->backing);
		return err;
	}
	buffer->general.cache = spec->cache;
	/* What holds for the memory holds for where devices see it. */
	iomd_general_add_map_spec(&buffer->general, fls64(spec->highest),
				  spec->alignment > PAGE_SIZE ? spec->alignment : 0);
	return 0;
}

/* Memory that is mapped nowhere is described as the kernel's, at no address. */
static int describe_pageable(struct iomd_buffer *buffer, struct iomd_client *client, u32 flags,
			     struct iomd_mapper *mapper)
{
	struct iomd_pageable *pageable = &buffer->pageable;
	const struct iomd_range range = {
		.address = pageable->task_address,
		.length = buffer->capacity,
	};

	return iomd_general_init(&buffer->general, &buffer_ops, &(struct iomd_general_spec) {
		.client = client,
		.ranges = &range,
		.count = 1,
		.task = pageable->task ?: IOMD_KERNEL_TASK,
		.options = flags | IOMD_MEMORY_BUFFER_PAGEABLE,
		.mapper = mapper,
		.extra = &(struct iomd_general_extra) {
			.file = pageable->file,
			.purgeable = &pageable->purgeable,
		},
	});
}

static int init_pageable(struct iomd_buffer *buffer, struct iomd_client *client,
			 struct mm_struct *task, u32 flags, bool is_purgeable,
			 struct iomd_mapper *mapper)
{
	struct iomd_pageable *pageable = &buffer->pageable;
	int err;

	err = iomd_pageable_alloc(pageable, buffer->capacity, is_purgeable);
	if (err)
		return err;
	if (task && task != IOMD_KERNEL_TASK)
		err = iomd_pageable_map_task(pageable, task);
	if (err)
		goto err_pageable;

	buffer->has_address = task;
	if (is_purgeable)
		flags |= IOMD_MEMORY_BUFFER_PURGEABLE;
	err = describe_pageable(buffer, client, flags, mapper);
	if (err)
		goto err_map;
	return 0;

err_map:
	iomd_pageable_unmap(pageable);
err_pageable:
	iomd_pageable_free(pageable);
	return err;
}

static struct iomd_buffer *buffer_create(struct iomd_client *client, struct mm_struct *task,
					 u32 options, u64 capacity,
					 const struct iomd_backing_spec *spec,
					 struct iomd_mapper *mapper)
{
	u32 flags = (options & IOMD_BUFFER_MEMORY_FLAGS) | IOMD_MEMORY_TYPE_VIRTUAL;
	struct iomd_buffer *buffer;
	int err;

	buffer = kzalloc(sizeof(*buffer), GFP_KERNEL_ACCOUNT);
	if (!buffer)
		return ERR_PTR(-ENOMEM);
	buffer->capacity = capacity;
	if (options & IOMD_BUFFER_PAGEABLE)
		err = init_pageable(buffer, client, task, flags, options & IOMD_BUFFER_PURGEABLE,
				    mapper);
	else
		err = init_wired(buffer, client, flags, spec, mapper);
	if (err) {
		kfree(buffer);
		return ERR_PTR(err);
	}
	return buffer;
}

/**
 * iomd_client_buffer_create() - Allocate memory and describe it.
 * @client: The calling module, IOMD_THIS_CLIENT.
 * @task: IOMD_KERNEL_TASK; with IOMD_BUFFER_PAGEABLE also a user task, which the memory
 *	is mapped into, or NULL for memory that is mapped nowhere.
 * @options: A direction, IOMD_BUFFER_*, and those IOMD_MEMORY_* that
 *	IOMD_BUFFER_MEMORY_FLAGS lets through.
 * @capacity: Bytes.
 * @alignment: Of the first byte, virtual and, if more than a page, physical too;
 *	0 and 1 mean none. Rounded up to a power of two.
 * @physical_mask: Physical addresses the memory may have: nothing above the mask;
 *	its low zero bits are an alignment. 0 for no limit.
 * @mapper: Mapper to be bound to; NULL for the module's default, if it has one.
 *
 * Drivers call iomd_buffer_in_task_with_options(),
 * iomd_buffer_in_task_with_physical_mask() or iomd_buffer_with_options(). The
 * memory is zeroed and prepared, in the descriptor's own direction: a buffer made
 * for OUT only is prepared read-only for life, as far as iomd_desc_write_bytes()
 * goes. Alignments beyond a page make memory contiguous.
 *
 * Pageable memory is not prepared, and may be paged out until it is; alignment,
 * contiguity and mask make no difference to it. The kernel's own stays where it is once
 * the kernel has an address for it. With IOMD_BUFFER_PURGEABLE its contents may be thrown
 * away when iomd_desc_set_purgeable() says so.
 * IOKit: IOBufferMemoryDescriptor::inTaskWithOptions(), inTaskWithPhysicalMask(),
 * withOptions(), initWithPhysicalMask().
 *
 * Context: Process context, may sleep.
 * Return: A buffer that the caller puts, or an error pointer: -EINVAL for a
 *	   capacity of zero or one that overflows, for a task that needs pageable
 *	   memory, and for more than 512 MiB of the kernel's; -EOPNOTSUPP for cache
 *	   modes that the machine, or pageable memory, has not; -ENXIO if the task's
 *	   address space is gone; -ENOMEM, also where no memory is as low, as aligned or as
 *	   contiguous as asked for; -ENOTUNIQ if the module has named several
 *	   default mappers.
 *
 * Implements BUF-1..18, BUF-19..30.
 */
struct iomd_buffer *iomd_client_buffer_create(struct iomd_client *client, struct mm_struct *task,
					      u32 options, u64 capacity, u64 alignment,
					      u64 physical_mask, struct iomd_mapper *mapper)
{
	struct iomd_backing_spec spec;
	struct iomd_buffer *buffer;
	int err;

	err = check_options(task, options, capacity) ?:
	      plan_backing(&spec, options, capacity, alignment, physical_mask);
	if (err)
		return ERR_PTR(err);
	if (IS_ERR(mapper))
		return ERR_CAST(mapper);
	if (options & IOMD_MEMORY_MAPPER_NONE)
		mapper = NULL;
	else
		mapper = mapper ? iomd_mapper_get(mapper) : iomd_client_copy_default_mapper(client);
	if (IS_ERR(mapper))
		return ERR_CAST(mapper);

	suit_mapper(&spec, options, mapper);
	buffer = buffer_create(client, task, options, capacity, &spec, mapper);
	iomd_mapper_put(mapper);
	return buffer;
}
EXPORT_SYMBOL_NS_GPL(iomd_client_buffer_create, IOMD_NS);

/**
 * iomd_client_buffer_with_capacity() - A buffer, and no more said about it.
 * @client: The calling module, IOMD_THIS_CLIENT.
 * @capacity: Bytes.
 * @direction: IOMD_DIRECTION_*.
 * @contiguous: In one physical piece, aligned to its size.
 *
 * Drivers call iomd_buffer_with_capacity().
 * IOKit: IOBufferMemoryDescriptor::withCapacity().
 *
 * Context: Process context, may sleep.
 * Return: As iomd_client_buffer_create(). Implements BUF-31.
 */
struct iomd_buffer *iomd_client_buffer_with_capacity(struct iomd_client *client, u64 capacity,
						     u32 direction, bool contiguous)
{
	u32 options = direction & IOMD_MEMORY_DIRECTION_MASK;

	if (contiguous)
		options |= IOMD_BUFFER_PHYSICALLY_CONTIGUOUS;
	return iomd_client_buffer_create(client, IOMD_KERNEL_TASK, options, capacity,
					 contiguous ? capacity : 1, 0, NULL);
}
EXPORT_SYMBOL_NS_GPL(iomd_client_buffer_with_capacity, IOMD_NS);

/**
 * iomd_client_buffer_with_bytes() - A buffer with contents.
 * @client: The calling module, IOMD_THIS_CLIENT.
 * @bytes: Kernel memory to copy.
 * @length: Bytes.
 * @direction: IOMD_DIRECTION_*.
 * @contiguous: In one physical piece.
 *
 * Drivers call iomd_buffer_with_bytes().
 * IOKit: IOBufferMemoryDescriptor::withBytes().
 *
 * Context: Process context, may sleep.
 * Return: As iomd_client_buffer_create(). Implements BUF-32.
 */
struct iomd_buffer *iomd_client_buffer_with_bytes(struct iomd_client *client, const void *bytes,
						  u64 length, u32 direction, bool contiguous)
{
	u32 options = direction & IOMD_MEMORY_DIRECTION_MASK;
	struct iomd_buffer *buffer;

	if (contiguous)
		options |= IOMD_BUFFER_PHYSICALLY_CONTIGUOUS;
	buffer = iomd_client_buffer_create(client, IOMD_KERNEL_TASK, options, length,
					   min_t(u64, length, PAGE_SIZE), 0, NULL);
	if (!IS_ERR(buffer))
		memcpy(buffer->backing.memory, bytes, length);
	return buffer;
}
EXPORT_SYMBOL_NS_GPL(iomd_client_buffer_with_bytes, IOMD_NS);

/* Copy memory of a task, or of the kernel, into a buffer of the same length. */
static int copy_from_task(struct iomd_buffer *buffer, struct mm_struct *task, u64 address)
{
	struct iomd_desc *to = &buffer->general.base, *from;
	u64 offset = 0;
	void *page;
	int err;

	page = kmalloc(PAGE_SIZE, GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	from = iomd_client_desc_with_address_range(NULL, address, to->length,
						   IOMD_DIRECTION_OUT | IOMD_MEMORY_MAPPER_NONE,
						   task);
	err = PTR_ERR_OR_ZERO(from);
	if (err)
		goto err_page;
	err = iomd_desc_prepare(from, IOMD_DIRECTION_NONE);
	if (err)
		goto err_from;
	err = iomd_desc_prepare(to, IOMD_DIRECTION_IN);
	if (err)
		goto err_from;

	for (; offset < to->length; offset += PAGE_SIZE) {
		u64 chunk = min_t(u64, to->length - offset, PAGE_SIZE);

		iomd_desc_copy(from, IOMD_COPY_OUT, offset, page, chunk);
		iomd_desc_copy(to, IOMD_COPY_IN, offset, page, chunk);
		cond_resched();
	}
	iomd_desc_complete(to, IOMD_DIRECTION_NONE);
err_from:
	iomd_desc_put(from);
err_page:
	kfree(page);
	return err;
}

/**
 * iomd_client_buffer_with_copy() - A buffer with a copy of a task's memory.
 * @client: The calling module, IOMD_THIS_CLIENT.
 * @task: Task to map the copy into, or IOMD_KERNEL_TASK.
 * @options: As for iomd_client_buffer_create(), with IOMD_BUFFER_PAGEABLE.
 * @source_task: Whose memory to copy; may be IOMD_KERNEL_TASK.
 * @source: Address in @source_task.
 * @size: Bytes.
 *
 * Drivers call iomd_buffer_with_copy(). Later changes of the source make no difference,
 * and the last put takes the copy from @task.
 * IOKit: IOBufferMemoryDescriptor::withCopy().
 *
 * Context: Process context, may sleep and fault.
 * Return: As iomd_client_buffer_create(), and the errors of iomd_desc_prepare() if the
 *	   source cannot be read; -EINVAL if @options is not pageable, or without a task.
 *
 * Implements BUF-33.
 */
struct iomd_buffer *iomd_client_buffer_with_copy(struct iomd_client *client,
						 struct mm_struct *task, u32 options,
						 struct mm_struct *source_task, u64 source,
						 u64 size)
{
	struct iomd_buffer *buffer;
	int err;

	if (!(options & IOMD_BUFFER_PAGEABLE) || !task || !source_task)
		return ERR_PTR(-EINVAL);
	buffer = iomd_client_buffer_create(client, task, options, size, 1, 0, NULL);
	if (IS_ERR(buffer))
		return buffer;
	err = copy_from_task(buffer, source_task, source);
	if (err) {
		iomd_buffer_put(buffer);
		return ERR_PTR(err);
	}
	return buffer;
}
EXPORT_SYMBOL_NS_GPL(iomd_client_buffer_with_copy, IOMD_NS);

/**
 * iomd_client_buffer_in_task_with_guard_pages() - A buffer between guards.
 * @client: The calling module, IOMD_THIS_CLIENT.
 * @task: IOMD_KERNEL_TASK.
 * @options: As for iomd_client_buffer_create(); neither pageable nor contiguous.
 * @capacity: Bytes; rounded up to whole pages, which are then the buffer's length.
 *
 * Drivers call iomd_buffer_in_task_with_guard_pages(). The first byte begins a page, and
 * whoever touches the page before or behind the buffer through its own address gets a
 * fault. IOKit: IOBufferMemoryDescriptor::inTaskWithGuardPages().
 *
 * Context: Process context, may sleep.
 * Return: As iomd_client_buffer_create(). Implements BUF-34.
 */
struct iomd_buffer *iomd_client_buffer_in_task_with_guard_pages(struct iomd_client *client,
								struct mm_struct *task,
								u32 options, u64 capacity)
{
	struct iomd_backing_spec spec;
	int err;

	if (task != IOMD_KERNEL_TASK ||
	    (options & (IOMD_BUFFER_PAGEABLE | IOMD_BUFFER_PHYSICALLY_CONTIGUOUS |
			IOMD_BUFFER_HOST_PHYSICALLY_CONTIGUOUS)))
		return ERR_PTR(-EINVAL);
	if (!iomd_cachemode_is_default(cache_mode(options)))
		return ERR_PTR(-EOPNOTSUPP);
	err = plan_backing(&spec, options, capacity, PAGE_SIZE, 0);
	if (err)
		return ERR_PTR(err);

	capacity = PAGE_ALIGN(capacity);
	spec.size = capacity;
	spec.guarded = true;
	return buffer_create(client, task, options, capacity, &spec, NULL);
}
EXPORT_SYMBOL_NS_GPL(iomd_client_buffer_in_task_with_guard_pages, IOMD_NS);

/**
 * iomd_buffer_desc() - A buffer as a descriptor.
 * @buffer: Buffer.
 *
 * They are one object: a reference on either is a reference on both.
 *
 * Context: Any.
 * Return: The descriptor, with no reference of its own.
 */
struct iomd_desc *iomd_buffer_desc(struct iomd_buffer *buffer)
{
	return &buffer->general.base;
}
EXPORT_SYMBOL_NS_GPL(iomd_buffer_desc, IOMD_NS);

/**
 * iomd_buffer_from_desc() - A descriptor as a buffer.
 * @desc: Descriptor, or NULL.
 *
 * IOKit: OSDynamicCast().
 *
 * Context: Any.
 * Return: The buffer; NULL if @desc is none. Implements OBJ-11.
 */
struct iomd_buffer *iomd_buffer_from_desc(struct iomd_desc *desc)
{
	return desc && desc->ops == &buffer_ops ? to_buffer(desc) : NULL;
}
EXPORT_SYMBOL_NS_GPL(iomd_buffer_from_desc, IOMD_NS);

/**
 * iomd_buffer_put() - Give a reference on a buffer back.
 * @buffer: Buffer, or NULL or an error pointer, for which nothing happens.
 *
 * Context: As iomd_desc_put().
 */
void iomd_buffer_put(struct iomd_buffer *buffer)
{
	if (!IS_ERR_OR_NULL(buffer))
		iomd_desc_put(&buffer->general.base);
}
EXPORT_SYMBOL_NS_GPL(iomd_buffer_put, IOMD_NS);

/**
 * iomd_buffer_get_capacity() - How many bytes were asked for.
 * @buffer: Buffer.
 *
 * IOKit: IOBufferMemoryDescriptor::getCapacity().
 *
 * Context: Any.
 * Return: Bytes. Implements BUF-6, BUF-37.
 */
u64 iomd_buffer_get_capacity(const struct iomd_buffer *buffer)
{
	return buffer->capacity;
}
EXPORT_SYMBOL_NS_GPL(iomd_buffer_get_capacity, IOMD_NS);

/**
 * iomd_buffer_set_length() - How many bytes count.
 * @buffer: Buffer that no transfer is using.
 * @length: Bytes; nothing happens if that is more than the capacity.
 *
 * Takes effect at once. Bytes behind the length keep their contents.
 * IOKit: IOBufferMemoryDescriptor::setLength().
 *
 * Context: Any. Implements BUF-38..40.
 */
void iomd_buffer_set_length(struct iomd_buffer *buffer, u64 length)
{
	if (length <= buffer->capacity)
		buffer->general.base.length = length;
}
EXPORT_SYMBOL_NS_GPL(iomd_buffer_set_length, IOMD_NS);

/**
 * iomd_buffer_set_direction() - Change the descriptor's direction.
 * @buffer: Buffer that no transfer is using.
 * @direction: IOMD_DIRECTION_*.
 *
 * What is prepared stays as it is; the next first prepare goes by it.
 * IOKit: IOBufferMemoryDescriptor::setDirection().
 *
 * Context: Any. Implements BUF-43.
 */
void iomd_buffer_set_direction(struct iomd_buffer *buffer, u32 direction)
{
	struct iomd_desc *desc = &buffer->general.base;

	desc->flags = (desc->flags & ~IOMD_MEMORY_DIRECTION_MASK) |
		      (direction & IOMD_MEMORY_DIRECTION_MASK);
}
EXPORT_SYMBOL_NS_GPL(iomd_buffer_set_direction, IOMD_NS);

/* Where the kernel finds the memory; NULL if it has no address there. */
static void *kernel_memory(struct iomd_buffer *buffer)
{
	if (!is_pageable(buffer))
		return buffer->backing.memory;
	if (!buffer->has_address)
		return NULL;
	return iomd_pageable_map_kernel(&buffer->pageable, &buffer->general);
}

/* The address in the task that the memory was made for. */
static void *task_memory(struct iomd_buffer *buffer)
{
	if (buffer->pageable.task)
		return (void *)(unsigned long)buffer->pageable.task_address;
	return kernel_memory(buffer);
}

/**
 * iomd_buffer_append_bytes() - Add bytes at the end.
 * @buffer: Buffer that no transfer is using.
 * @bytes: Kernel memory to copy, or NULL for zeroes.
 * @length: Bytes; cut short at the capacity.
 *
 * IOKit: IOBufferMemoryDescriptor::appendBytes().
 *
 * Context: Any.
 * Return: true, whatever fitted. Implements BUF-44..47.
 */
bool iomd_buffer_append_bytes(struct iomd_buffer *buffer, const void *bytes, u64 length)
{
	struct iomd_desc *desc = &buffer->general.base;
	u64 end = desc->length;
	void *memory;

	length = min(length, buffer->capacity - end);
	desc->length = end + length;
	if (is_pageable(buffer) && (buffer->pageable.task || !buffer->has_address)) {
		iomd_desc_write_bytes(desc, end, bytes, length);
		return true;
	}

	memory = kernel_memory(buffer);
	if (memory && bytes)
		memcpy(memory + end, bytes, length);
	else if (memory)
		memset(memory + end, 0, length);
	return true;
}
EXPORT_SYMBOL_NS_GPL(iomd_buffer_append_bytes, IOMD_NS);

/**
 * iomd_buffer_get_bytes_no_copy() - Where the CPU finds the buffer.
 * @buffer: Buffer.
 *
 * The first such call for pageable memory of the kernel's makes it stay where it is.
 * IOKit: IOBufferMemoryDescriptor::getBytesNoCopy().
 *
 * Context: Any; process context that may sleep for pageable memory of the kernel's.
 * Return: Address of the first byte, in the task the buffer was made for, valid until
 *	   the last put; NULL for memory that is mapped nowhere, or if there is no memory
 *	   for a mapping. Implements BUF-48, BUF-51.
 */
void *iomd_buffer_get_bytes_no_copy(struct iomd_buffer *buffer)
{
	return task_memory(buffer);
}
EXPORT_SYMBOL_NS_GPL(iomd_buffer_get_bytes_no_copy, IOMD_NS);

/**
 * iomd_buffer_get_bytes_no_copy_range() - Where the CPU finds part of the buffer.
 * @buffer: Buffer.
 * @start: First byte.
 * @length: Bytes.
 *
 * IOKit: IOBufferMemoryDescriptor::getBytesNoCopy(start, length).
 *
 * Context: As iomd_buffer_get_bytes_no_copy().
 * Return: Address of byte @start; NULL if it or the range lies outside the current
 *	   length. Implements BUF-49.
 */
void *iomd_buffer_get_bytes_no_copy_range(struct iomd_buffer *buffer, u64 start, u64 length)
{
	void *memory;
	u64 end;

	if (start >= buffer->general.base.length || check_add_overflow(start, length, &end) ||
	    end > buffer->general.base.length)
		return NULL;
	memory = task_memory(buffer);
	return memory ? memory + start : NULL;
}
EXPORT_SYMBOL_NS_GPL(iomd_buffer_get_bytes_no_copy_range, IOMD_NS);
