// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers: general descriptors that own the memory they describe.
 */
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <iomd/buffer.h>
#include <iomd/desc.h>
#include <iomd/namespace.h>

#include "backing.h"
#include "general.h"

/**
 * DOC: Buffers
 *
 * A buffer is a general descriptor of kernel memory that it owns. It comes zeroed,
 * prepared, and mapped in the kernel. Its length starts out as its capacity and
 * may be set to less; what a device sees follows at once.
 */

/**
 * struct iomd_buffer - A buffer.
 * @general: The descriptor of the memory.
 * @backing: The memory.
 * @capacity: Bytes that were asked for.
 */
struct iomd_buffer {
	struct iomd_general general;
	struct iomd_backing backing;
	u64 capacity;
};

static void buffer_release(struct iomd_desc *desc)
{
	struct iomd_buffer *buffer = container_of(desc, struct iomd_buffer, general.base);

	iomd_general_exit(&buffer->general);
	iomd_backing_free(&buffer->backing);
	kfree(buffer);
}

static const struct iomd_desc_ops buffer_ops = {
	.name = "buffer",
	IOMD_GENERAL_OPS,
	.release = buffer_release,
};

/* Cache modes in which memory is when it is allocated. */
static bool is_default_cache(u32 options)
{
	/* MAPPER_NONE shares a bit with the field, and is none of its values. */
	switch (options & IOMD_MAP_CACHE_MASK & ~IOMD_MEMORY_MAPPER_NONE) {
	case IOMD_MAP_DEFAULT_CACHE:
	case IOMD_MAP_COPYBACK_CACHE:
	case IOMD_MAP_COPYBACK_INNER_CACHE:
		return true;
	default:
		return false;
	}
}

static int check_options(struct mm_struct *task, u32 options)
{
	if (options & IOMD_BUFFER_PAGEABLE)
		return -EOPNOTSUPP;
	if (task != IOMD_KERNEL_TASK)
		return -EINVAL;
	return is_default_cache(options) ? 0 : -EOPNOTSUPP;
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

static struct iomd_buffer *buffer_create(struct iomd_client *client, u32 options, u64 capacity,
					 const struct iomd_backing_spec *backing,
					 struct iomd_mapper *mapper)
{
	struct iomd_buffer *buffer = kzalloc(sizeof(*buffer), GFP_KERNEL_ACCOUNT);
	struct iomd_range range;
	int err;

	if (!buffer)
		return ERR_PTR(-ENOMEM);
	err = iomd_backing_alloc(&buffer->backing, backing);
	if (err)
		goto err_buffer;

	range.address = (unsigned long)buffer->backing.memory;
	range.length = capacity;
	buffer->capacity = capacity;
	err = iomd_general_init(&buffer->general, &buffer_ops, &(struct iomd_general_spec) {
		.client = client,
		.ranges = &range,
		.count = 1,
		.task = IOMD_KERNEL_TASK,
		.options = (options & IOMD_BUFFER_MEMORY_FLAGS) | IOMD_MEMORY_TYPE_VIRTUAL |
			   IOMD_MEMORY_AUTO_PREPARE,
		.mapper = mapper,
	});
	if (err)
		goto err_backing;
	return buffer;

err_backing:
	iomd_backing_free(&buffer->backing);
err_buffer:
	kfree(buffer);
	return ERR_PTR(err);
}

/**
 * iomd_client_buffer_create() - Allocate memory and describe it.
 * @client: The calling module, IOMD_THIS_CLIENT.
 * @task: IOMD_KERNEL_TASK.
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
 * IOKit: IOBufferMemoryDescriptor::inTaskWithOptions(), inTaskWithPhysicalMask(),
 * withOptions(), initWithPhysicalMask().
 *
 * Context: Process context, may sleep.
 * Return: A buffer that the caller puts, or an error pointer: -EINVAL for a
 *	   capacity of zero or one that overflows, or a task that needs pageable
 *	   memory; -EOPNOTSUPP for pageable memory and cache modes other than the
 *	   default; -ENOMEM, also where no memory is as low, as aligned or as
 *	   contiguous as asked for; -ENOTUNIQ if the module has named several
 *	   default mappers.
 *
 * Implements BUF-1..7, BUF-9, BUF-10, BUF-19..30.
 */
struct iomd_buffer *iomd_client_buffer_create(struct iomd_client *client, struct mm_struct *task,
					      u32 options, u64 capacity, u64 alignment,
					      u64 physical_mask, struct iomd_mapper *mapper)
{
	struct iomd_backing_spec spec;
	int err;

	err = check_options(task, options) ?:
	      plan_backing(&spec, options, capacity, alignment, physical_mask);
	if (err)
		return ERR_PTR(err);
	return buffer_create(client, options, capacity, &spec, mapper);
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
	if (!desc || desc->ops != &buffer_ops)
		return NULL;
	return container_of(desc, struct iomd_buffer, general.base);
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
	u64 end = buffer->general.base.length;

	length = min(length, buffer->capacity - end);
	if (bytes)
		memcpy(buffer->backing.memory + end, bytes, length);
	else
		memset(buffer->backing.memory + end, 0, length);
	buffer->general.base.length = end + length;
	return true;
}
EXPORT_SYMBOL_NS_GPL(iomd_buffer_append_bytes, IOMD_NS);

/**
 * iomd_buffer_get_bytes_no_copy() - Where the CPU finds the buffer.
 * @buffer: Buffer.
 *
 * IOKit: IOBufferMemoryDescriptor::getBytesNoCopy().
 *
 * Context: Any.
 * Return: Address of the first byte, valid until the last put. Implements BUF-48,
 *	   BUF-51.
 */
void *iomd_buffer_get_bytes_no_copy(struct iomd_buffer *buffer)
{
	return buffer->backing.memory;
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
 * Context: Any.
 * Return: Address of byte @start; NULL if it or the range lies outside the current
 *	   length. Implements BUF-49.
 */
void *iomd_buffer_get_bytes_no_copy_range(struct iomd_buffer *buffer, u64 start, u64 length)
{
	u64 end;

	if (start >= buffer->general.base.length || check_add_overflow(start, length, &end) ||
	    end > buffer->general.base.length)
		return NULL;
	return buffer->backing.memory + start;
}
EXPORT_SYMBOL_NS_GPL(iomd_buffer_get_bytes_no_copy_range, IOMD_NS);
