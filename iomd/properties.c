// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a descriptor carries for others: tags, options, identifiers, a context.
 *
 * None of it has any effect on the memory.
 */
#include <linux/atomic.h>
#include <linux/export.h>
#include <linux/spinlock.h>

#include <iomd/desc.h>
#include <iomd/namespace.h>

#include "core.h"

/* Accounting tags of memory whose maker said nothing: drivers, and IOKit. */
#define DEFAULT_KERNEL_TAG	3
#define DEFAULT_USER_TAG	21

/**
 * iomd_desc_get_tag() - The owner's tag.
 * @desc: Descriptor.
 *
 * IOKit: IOMemoryDescriptor::getTag().
 *
 * Context: Any.
 * Return: What iomd_desc_set_tag() stored last; 0 at first. Implements MD-21.
 */
u32 iomd_desc_get_tag(const struct iomd_desc *desc)
{
	return desc->tag;
}
EXPORT_SYMBOL_NS_GPL(iomd_desc_get_tag, IOMD_NS);

/**
 * iomd_desc_set_tag() - Store a word with the descriptor.
 * @desc: Descriptor.
 * @tag: Anything; iomd does not look at it.
 *
 * IOKit: IOMemoryDescriptor::setTag().
 *
 * Context: Any. Implements MD-21.
 */
void iomd_desc_set_tag(struct iomd_desc *desc, u32 tag)
{
	desc->tag = tag;
}
EXPORT_SYMBOL_NS_GPL(iomd_desc_set_tag, IOMD_NS);

/**
 * iomd_desc_set_vm_tags() - Store accounting tags.
 * @desc: Descriptor.
 * @kernel_tag: Tag where the kernel uses the memory; 16 bits are kept.
 * @user_tag: Tag where a task does; 16 bits are kept.
 *
 * IOKit: IOMemoryDescriptor::setVMTags().
 *
 * Context: Any. Implements MD-26, OBJ-35, OBJ-36.
 */
void iomd_desc_set_vm_tags(struct iomd_desc *desc, u32 kernel_tag, u32 user_tag)
{
	desc->kernel_tag = kernel_tag;
	desc->user_tag = user_tag;
}
EXPORT_SYMBOL_NS_GPL(iomd_desc_set_vm_tags, IOMD_NS);

/**
 * iomd_desc_get_vm_tag() - The accounting tag for one of two uses.
 * @desc: Descriptor.
 * @task: IOMD_KERNEL_TASK for the kernel's, any other for a task's.
 *
 * IOKit: IOMemoryDescriptor::getVMTag().
 *
 * Context: Any.
 * Return: The tag; where none is stored, 3 for the kernel and 21 for tasks.
 *
 * Implements MD-26, OBJ-37.
 */
u32 iomd_desc_get_vm_tag(const struct iomd_desc *desc, const struct mm_struct *task)
{
	if (task == IOMD_KERNEL_TASK)
		return desc->kernel_tag ?: DEFAULT_KERNEL_TAG;
	return desc->user_tag ?: DEFAULT_USER_TAG;
}
EXPORT_SYMBOL_NS_GPL(iomd_desc_get_vm_tag, IOMD_NS);

/**
 * iomd_desc_set_mapper_options() - Store options for mappers.
 * @desc: Descriptor.
 * @options: Anything.
 *
 * IOKit: IOMemoryDescriptor::setMapperOptions().
 *
 * Context: Any. Implements MD-25, MAPPER-92.
 */
void iomd_desc_set_mapper_options(struct iomd_desc *desc, u16 options)
{
	desc->mapper_options = options;
}
EXPORT_SYMBOL_NS_GPL(iomd_desc_set_mapper_options, IOMD_NS);

/**
 * iomd_desc_get_mapper_options() - The options stored for mappers.
 * @desc: Descriptor.
 *
 * IOKit: IOMemoryDescriptor::getMapperOptions().
 *
 * Context: Any.
 * Return: The options; 0 at first. Implements MD-25, MAPPER-92.
 */
u16 iomd_desc_get_mapper_options(const struct iomd_desc *desc)
{
	return desc->mapper_options;
}
EXPORT_SYMBOL_NS_GPL(iomd_desc_get_mapper_options, IOMD_NS);

/* Give @id a value from @last, unless it has one; racing callers agree on it. */
static u64 assign_once(atomic64_t *id, atomic64_t *last)
{
	u64 fresh, old = atomic64_read(id);

	if (old)
		return old;
	fresh = atomic64_inc_return(last);
	old = atomic64_cmpxchg(id, 0, fresh);
	return old ?: fresh;
}

/**
 * iomd_desc_set_preparation_id() - Name the lifetime, if it has no name yet.
 * @desc: Descriptor.
 *
 * IOKit: IOMemoryDescriptor::setPreparationID().
 *
 * Context: Any. Implements MD-56, MD-58.
 */
void iomd_desc_set_preparation_id(struct iomd_desc *desc)
{
	static atomic64_t last_id = ATOMIC64_INIT((1LL << 32) - 1);

	desc->is_extended = true;
	assign_once(&desc->preparation_id, &last_id);
}
EXPORT_SYMBOL_NS_GPL(iomd_desc_set_preparation_id, IOMD_NS);

/**
 * iomd_desc_get_preparation_id() - Name of the prepared lifetime.
 * @desc: Descriptor.
 *
 * Two equal answers, other than the special ones, mean that the memory was not
 * unpinned in between. IOKit: IOMemoryDescriptor::getPreparationID().
 *
 * Context: Process context, may sleep.
 * Return: A number no other lifetime has or will have;
 *	   IOMD_PREPARATION_ID_UNPREPARED; or IOMD_PREPARATION_ID_UNSUPPORTED.
 *
 * Implements MD-55..57, GMD-65..70, MULTI-18, SUB-15.
 */
u64 iomd_desc_get_preparation_id(struct iomd_desc *desc)
{
	if (desc->ops->preparation_id)
		return desc->ops->preparation_id(desc);
	if (!desc->is_extended)
		return IOMD_PREPARATION_ID_UNSUPPORTED;
	return atomic64_read(&desc->preparation_id);
}
EXPORT_SYMBOL_NS_GPL(iomd_desc_get_preparation_id, IOMD_NS);

/**
 * iomd_desc_get_descriptor_id() - Name of the descriptor.
 * @desc: Descriptor.
 *
 * IOKit: IOMemoryDescriptor::getDescriptorID().
 *
 * Context: Any.
 * Return: A number no other descriptor has or will have, from 1. Implements MD-59.
 */
u64 iomd_desc_get_descriptor_id(struct iomd_desc *desc)
{
	static atomic64_t last_id;

	desc->is_extended = true;
	return assign_once(&desc->descriptor_id, &last_id);
}
EXPORT_SYMBOL_NS_GPL(iomd_desc_get_descriptor_id, IOMD_NS);

/* Guards every descriptor's context: it is looked at for a moment only. */
static DEFINE_SPINLOCK(context_lock);

static void context_put(struct iomd_context *context)
{
	if (context)
		kref_put(&context->ref, context->release);
}

/**
 * iomd_desc_set_context() - Keep an object with the descriptor.
 * @desc: Descriptor.
 * @context: Object; the descriptor takes a reference of its own. NULL for none.
 *
 * The one kept before is let go, and so is the last when the descriptor goes.
 * IOKit: IOMemoryDescriptor::setContext().
 *
 * Context: Any in which the object before may be released.
 *
 * Implements MD-28..31.
 */
void iomd_desc_set_context(struct iomd_desc *desc, struct iomd_context *context)
{
	struct iomd_context *old;
	unsigned long flags;

	if (context)
		kref_get(&context->ref);
	desc->is_extended |= !!context;

	spin_lock_irqsave(&context_lock, flags);
	old = desc->context;
	desc->context = context;
	spin_unlock_irqrestore(&context_lock, flags);
	context_put(old);
}
EXPORT_SYMBOL_NS_GPL(iomd_desc_set_context, IOMD_NS);

/**
 * iomd_desc_copy_context() - The object kept with the descriptor.
 * @desc: Descriptor.
 *
 * IOKit: IOMemoryDescriptor::copyContext().
 *
 * Context: Any.
 * Return: The object, with a reference that the caller gives back; NULL if there is
 *	   none. Implements MD-27.
 */
struct iomd_context *iomd_desc_copy_context(struct iomd_desc *desc)
{
	struct iomd_context *context;
	unsigned long flags;

	spin_lock_irqsave(&context_lock, flags);
	context = desc->context;
	if (context)
		kref_get(&context->ref);
	spin_unlock_irqrestore(&context_lock, flags);
	return context;
}
EXPORT_SYMBOL_NS_GPL(iomd_desc_copy_context, IOMD_NS);
