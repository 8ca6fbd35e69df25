// SPDX-License-Identifier: GPL-2.0-only
/*
 * The descriptor core: what all kinds of descriptors share.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/preempt.h>
#include <linux/printk.h>

#include <iomd/desc.h>
#include <iomd/mapper.h>
#include <iomd/namespace.h>

#include "core.h"
#include "map_set.h"
#include "objects.h"
#include "runs.h"
#include "walk.h"

/**
 * DOC: Overview
 *
 * A descriptor is an ordered list of byte ranges, presented as one linear space
 * of bytes. It is made once, then prepared (its memory is made resident and stays
 * where it is) and completed around every transfer; while it is prepared it
 * answers one question, on which everything else is built: *which physical
 * address has the byte at this offset, and how far is memory contiguous from
 * there?*
 *
 * A kind of descriptor is a table of operations, &struct iomd_desc_ops, over a
 * struct that begins with &struct iomd_desc. Kinds that own memory keep the
 * answer as a run list; kinds that are made of other descriptors find the one
 * that has it.
 */

/**
 * DOC: Lifetime
 *
 * Constructors return one reference, which iomd_desc_put() gives back. Whatever
 * uses a descriptor holds a reference of its own: a DMA command from set to
 * clear, a composite for as long as it lives. The last put completes what is
 * still prepared; if it happens in interrupt context, a worker does it.
 *
 * Pages outlive the last complete as long as a DMA command holds them: some
 * drivers complete the descriptor of a ring before they clear its command.
 */

/**
 * DOC: Locking
 *
 * Outermost first:
 *
 * - a map's lock: what is to be seen in it; changed under a spinlock, too, under which
 *   a step of a walk is taken;
 * - the lock of a set of maps: which there are, and where; of two sets, the one at the lower
 *   address first. Of the locks below none is taken under it: while memory is pinned, or
 *   given back, others find maps, and put them;
 *
 * 0. a pageable buffer's lock: whether it has an address in the kernel;
 * 1. a general descriptor's lock: prepare state and DMA mapping owned by it;
 * 2. mmap_lock of the described task, taken while pinning, and the lock over all
 *    purgeable memory, taken while that is wired;
 * 3. a dma-buf's reservation lock, and what its exporter takes under it;
 * 4. a mapper's lock while it takes mappings from its device, a spinlock; and another:
 *	list of its mappings.
 *
 * A window of a task has a lock that those take who touch it, under mmap_lock of the task.
 * Nothing else is taken under it.
 *
 * The lock of a descriptor of a dma-buf is one of a class of its own, outside of all
 * others: the exporter may be made of descriptors itself, which it prepares when it is
 * attached to, and not under the reservation lock. The CPU copies bytes of a dma-buf
 * with no lock of ours, and so does unbinding a device unmap it.
 *
 * A DMA command has no lock: its owner serialises calls on it. Walking a prepared
 * descriptor takes none either, because nothing that a walk reads changes while
 * the memory is prepared or held.
 */

struct workqueue_struct *iomd_workqueue;

/* Initialise the common part of a new, zeroed descriptor. */
void iomd_desc_init(struct iomd_desc *desc, const struct iomd_desc_ops *ops)
{
	desc->ops = ops;
	kref_init(&desc->ref);
	iomd_objects_inc(IOMD_OBJECT_DESC);
}

/* The last thing a kind's release does before it frees the memory. */
void iomd_desc_exit(struct iomd_desc *desc)
{
	if (desc->context)
		iomd_desc_set_context(desc, NULL);
	iomd_map_set_free(desc->maps);
	iomd_mapper_put(desc->mapper);
	iomd_objects_dec(IOMD_OBJECT_DESC);
}

/*
 * The physical address of the byte at @offset, which lies inside @desc, and how
 * far it is contiguous. @walk remembers the place for the next step.
 *
 * Never sleeps. Return: 0; -EAGAIN if the memory is not prepared; -EOVERFLOW if the
 * descriptor has become shorter than that; -EOPNOTSUPP if the memory is opaque.
 */
int iomd_desc_walk(struct iomd_desc *desc, struct iomd_walk *walk, u64 offset,
		   struct iomd_extent *extent)
{
	int err = iomd_walk_find_window(desc, walk, offset);
	u64 position;

	if (err)
		return err;
	position = walk->base + (offset - walk->start);
	extent->length = iomd_walk_look_up(walk, position, &extent->address)->end - position;
	extent->length = min(extent->length, walk->end - offset);
	return 0;
}

/*
 * The same for the device behind the descriptor's mapper; for the CPU, where addresses
 * are not translated whatever is asked.
 *
 * May sleep, except in the latter case. Return: as iomd_desc_walk(); -ENODEV without a
 * mapper; or why the memory cannot be mapped.
 */
int iomd_desc_bus_walk(struct iomd_desc *desc, struct iomd_walk *walk, u64 offset,
		       struct iomd_extent *extent)
{
	if (iomd_desc_is_untranslated(desc))
		return iomd_desc_walk(desc, walk, offset, extent);
	if (offset >= desc->length)
		return -EOVERFLOW;
	return desc->ops->bus_extent(desc, offset, extent);
}

/*
 * One step of a walk, over whatever continues it, in however many pieces it is described:
 * at most @limit bytes, and not beyond what cannot be walked. Return: as @walk_fn for the
 * first piece.
 */
int iomd_desc_walk_joined(struct iomd_desc *desc, iomd_walk_fn walk_fn, struct iomd_walk *walk,
			  u64 offset, u64 limit, struct iomd_extent *extent)
{
	struct iomd_extent next;
	int err = walk_fn(desc, walk, offset, extent);

	if (err)
		return err;
	while (extent->length < limit &&
	       !walk_fn(desc, walk, offset + extent->length, &next) &&
	       next.address == extent->address + extent->length)
		extent->length += next.length;
	extent->length = min(extent->length, limit);
	return 0;
}

/**
 * iomd_desc_get() - Take another reference.
 * @desc: Descriptor; the caller has a reference.
 *
 * IOKit: OSObject::retain().
 *
 * Context: Any.
 * Return: @desc. Implements OBJ-2.
 */
struct iomd_desc *iomd_desc_get(struct iomd_desc *desc)
{
	kref_get(&desc->ref);
	return desc;
}
EXPORT_SYMBOL_NS_GPL(iomd_desc_get, IOMD_NS);

static void desc_release_work(struct work_struct *work)
{
	struct iomd_desc *desc = container_of(work, struct iomd_desc, release_work);

	desc->ops->release(desc);
}

static void desc_release(struct kref *ref)
{
	struct iomd_desc *desc = container_of(ref, struct iomd_desc, ref);

	if (in_interrupt()) {
		INIT_WORK(&desc->release_work, desc_release_work);
		queue_work(iomd_workqueue, &desc->release_work);
	} else {
		__might_sleep(__FILE__, __LINE__);
		desc->ops->release(desc);
	}
}

/**
 * iomd_desc_put() - Give a reference back.
 * @desc: Descriptor, or NULL or an error pointer, for which nothing happens.
 *
 * The last put completes what is still prepared and frees the descriptor, before
 * it returns. IOKit: OSObject::release().
 *
 * Context: Process context that may sleep, or interrupt context, where a last
 *	    put leaves the work to a worker; see iomd_flush(). The last put of a buffer
 *	    that is mapped into a task takes the mmap_lock of that.
 *
 * Implements MD-9, OBJ-2, OBJ-3, OBJ-24.
 */
void iomd_desc_put(struct iomd_desc *desc)
{
	if (!IS_ERR_OR_NULL(desc))
		kref_put(&desc->ref, desc_release);
}
EXPORT_SYMBOL_NS_GPL(iomd_desc_put, IOMD_NS);

/**
 * iomd_flush() - Wait for what contexts that cannot sleep have left to be done.
 *
 * A last put in interrupt context leaves the release to a worker, and with it whatever is
 * the driver's: the release of a context object. A module that puts descriptors there
 * calls this before it goes.
 *
 * Context: Process context, may sleep.
 */
void iomd_flush(void)
{
	flush_workqueue(iomd_workqueue);
}
EXPORT_SYMBOL_NS_GPL(iomd_flush, IOMD_NS);

/**
 * iomd_desc_prepare() - Make memory resident, so that a device can use it.
 * @desc: Descriptor; the caller has a reference.
 * @direction: IOMD_DIRECTION_* of the coming transfer, NONE for the descriptor's
 *	own; IOMD_PREPARE_* may be added.
 *
 * Memory of a user task is faulted in and pinned; it is charged to the user who
 * made the descriptor. Calls nest and pair with iomd_desc_complete(); only the
 * first touches pages. Memory prepared for OUT is pinned for reading and is
 * read-only until its last complete. IOKit: IOMemoryDescriptor::prepare().
 *
 * Context: Process context, may sleep and fault. The caller holds no lock that a
 *	    page fault could take, mmap_lock of the task least of all.
 * Return: 0; -EFAULT if part of the memory is not mapped; -EACCES if it may not
 *	   be accessed in this direction; -EXFULL if it cannot be pinned (device
 *	   mappings, files that track changes, memory hidden from the kernel);
 *	   -EROFS if it is prepared for reading only and @direction writes; -EAGAIN if it
 *	   is not present and IOMD_PREPARE_NO_FAULT is set;
 *	   -ENOBUFS if IOMD_PREPARE_TO_PHYS32 cannot be had; -ENOMEM, also when over
 *	   RLIMIT_MEMLOCK; -ENXIO if the task's address space is gone, or for remote
 *	   memory, which is reported in the log with the caller's name; -ECANCELED if
 *	   the caller is being killed. For a dma-buf also -ENODEV
 *	   if the device is gone; -EBUSY if the exporter cannot have it where the
 *	   device reaches it; -ECANCELED for any signal; -EIO for what else goes wrong
 *	   with the exporter. After an error nothing is pinned that was not before.
 *
 * Implements MD-32, MD-33, GMD-35..52.
 */
int iomd_desc_prepare(struct iomd_desc *desc, u32 direction)
{
	int err;

	__might_sleep(__FILE__, __LINE__);
	err = desc->ops->prepare(desc, direction);
	if (err == -ENXIO)
		pr_warn_ratelimited("%pS prepared the %s descriptor %p, whose memory is gone or out of reach\n",
				    __builtin_return_address(0), desc->ops->name, desc);
	return err;
}
EXPORT_SYMBOL_NS_GPL(iomd_desc_prepare, IOMD_NS);

/**
 * iomd_desc_complete() - Undo one prepare.
 * @desc: Descriptor.
 * @direction: Ignored, except for IOMD_COMPLETE_*.
 *
 * The last complete unpins the pages and marks them dirty if the device may have
 * written them; while a DMA command is using them, that waits until the command
 * is done. IOKit: IOMemoryDescriptor::complete().
 *
 * Context: Process context, may sleep.
 * Return: 0, also where there was nothing to complete, which is reported in the
 *	   log once with the caller's name. Composite descriptors return the last
 *	   error of their parts.
 *
 * Implements MD-34, MD-35, GMD-71..76.
 */
int iomd_desc_complete(struct iomd_desc *desc, u32 direction)
{
	int err;

	__might_sleep(__FILE__, __LINE__);
	err = desc->ops->complete(desc, direction);
	if (err != -EALREADY)
		return err;

	pr_warn_ratelimited("%pS completed the %s descriptor %p, which was not prepared\n",
			    __builtin_return_address(0), desc->ops->name, desc);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(iomd_desc_complete, IOMD_NS);

/* One line says what a caller did wrong, and who it was. */
void iomd_desc_complain(const struct iomd_desc *desc, int err, void *caller)
{
	const char *why;

	switch (err) {
	case -EAGAIN:
		why = "memory that is not prepared";
		break;
	case -ENODEV:
		why = "a bus address, without a mapper or with one whose device is gone";
		break;
	case -EOPNOTSUPP:
		why = "an address of a kind that it does not have";
		break;
	default:
		why = "a bus address that could not be had";
		break;
	}
	pr_warn_ratelimited("%pS asked the %s descriptor %p for %s (%pe)\n", caller,
			    desc->ops->name, desc, why, ERR_PTR(err));
}

/* iomd_desc_get_physical_segment(), asked by @caller. */
u64 iomd_desc_segment(struct iomd_desc *desc, u64 offset, u64 *length, u32 options, void *caller)
{
	struct iomd_extent extent = {};
	struct iomd_walk walk = {};
	int err = 0;

	if (offset < desc->length) {
		if (options & IOMD_MEMORY_SOURCE_SEGMENT)
			err = desc->ops->source_extent(desc, offset, &extent);
		else if (options & IOMD_MEMORY_MAPPER_NONE)
			err = iomd_desc_walk(desc, &walk, offset, &extent);
		else
			err = iomd_desc_bus_walk(desc, &walk, offset, &extent);
	}
	if (err) {
		iomd_desc_complain(desc, err, caller);
		extent.address = 0;
	}
	/* Who asks for one segment after the other goes on from there. */
	if (walk.runs && READ_ONCE(walk.runs->hint) != walk.run)
		WRITE_ONCE(walk.runs->hint, walk.run);
	extent.length = min(extent.length, desc->length - offset);

	if (length)
		*length = extent.address ? extent.length : 0;
	return extent.address;
}

/**
 * iomd_desc_get_physical_segment() - Where a byte is, and how far it is contiguous.
 * @desc: Descriptor, prepared.
 * @offset: Byte asked for.
 * @length: Receives how many bytes are contiguous from there on; may be NULL.
 * @options: IOMD_MEMORY_MAPPER_NONE for a CPU-physical address; else 0; or
 *	IOMD_MEMORY_SOURCE_SEGMENT for the address that was given when the descriptor
 *	was made, ranges that continue each other taken as one, prepared or not.
 *
 * Without MAPPER_NONE the answer is an address for the device behind the mapper
 * that the descriptor is bound to, and the first such call may map the whole
 * descriptor for it until the last complete. A descriptor that is bound to none
 * has no such address: an error, because on Linux a CPU-physical address means
 * nothing to an unnamed device. A descriptor made with MAPPER_NONE, HOST_ONLY or
 * REMOTE gives CPU-physical addresses always.
 * IOKit: IOMemoryDescriptor::getPhysicalSegment().
 *
 * Context: With MAPPER_NONE or SOURCE_SEGMENT any; else process context, may sleep.
 * Return: The address. 0, and 0 in @length, behind the end; and also, with one
 *	   message in the log, if the memory is not prepared, or there is no bus
 *	   address, or, of a dma-buf, nothing else.
 *
 * Implements MD-47..52, MD-54, MD-44, GMD-53..58.
 */
u64 iomd_desc_get_physical_segment(struct iomd_desc *desc, u64 offset, u64 *length, u32 options)
{
	return iomd_desc_segment(desc, offset, length, options, __builtin_return_address(0));
}
EXPORT_SYMBOL_NS_GPL(iomd_desc_get_physical_segment, IOMD_NS);

/**
 * iomd_desc_get_physical_address() - Where the first byte is.
 * @desc: Descriptor, prepared.
 *
 * The same as iomd_desc_get_physical_segment() for offset 0 with no options.
 * IOKit: IOMemoryDescriptor::getPhysicalAddress().
 *
 * Context: Process context, may sleep.
 * Return: The address, or 0. Implements MD-53.
 */
u64 iomd_desc_get_physical_address(struct iomd_desc *desc)
{
	return iomd_desc_segment(desc, 0, NULL, 0, __builtin_return_address(0));
}
EXPORT_SYMBOL_NS_GPL(iomd_desc_get_physical_address, IOMD_NS);

/**
 * iomd_desc_get_direction() - The descriptor's direction.
 * @desc: Descriptor.
 *
 * IOKit: IOMemoryDescriptor::getDirection().
 *
 * Context: Any.
 * Return: IOMD_DIRECTION_*, with IOMD_PREPARE_TO_PHYS32 if it was made so.
 */
u32 iomd_desc_get_direction(const struct iomd_desc *desc)
{
	return desc->flags & IOMD_MEMORY_DIRECTION_MASK;
}
EXPORT_SYMBOL_NS_GPL(iomd_desc_get_direction, IOMD_NS);

/**
 * iomd_desc_get_length() - How many bytes are described.
 * @desc: Descriptor.
 *
 * IOKit: IOMemoryDescriptor::getLength().
 *
 * Context: Any.
 * Return: Bytes.
 */
u64 iomd_desc_get_length(const struct iomd_desc *desc)
{
	return desc->length;
}
EXPORT_SYMBOL_NS_GPL(iomd_desc_get_length, IOMD_NS);

/**
 * iomd_desc_get_flags() - Creation options and state.
 * @desc: Descriptor.
 *
 * IOKit: IOMemoryDescriptor::getFlags().
 *
 * Context: Any.
 * Return: IOMD_MEMORY_* bits. Implements MD-23, MD-24.
 */
u64 iomd_desc_get_flags(const struct iomd_desc *desc)
{
	u32 flags = READ_ONCE(desc->flags);
	u64 offset = 0;

	/* Those who touch a part wait for what it is a part of. */
	if (desc->ops->map_root)
		desc = desc->ops->map_root((struct iomd_desc *)desc, &offset);
	return READ_ONCE(desc->is_redirected) ? flags | IOMD_MEMORY_REDIRECTED : flags;
}
EXPORT_SYMBOL_NS_GPL(iomd_desc_get_flags, IOMD_NS);
