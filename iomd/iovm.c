// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings that are known by where they are: bus space that somebody was given, and
 * gives back by naming it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/export.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include <iomd/desc.h>
#include <iomd/mapper.h>
#include <iomd/namespace.h>
#include <iomd/provider.h>

#include "compat.h"
#include "core.h"
#include "mapping.h"
#include "runs.h"
#include "space.h"
#include "walk.h"

/**
 * struct iomd_iovm - Bus space that is mapped.
 * @mapping: The mapping.
 * @mapper: Whose it is, held.
 * @node: In its mapper's list, which the mapper's lock guards.
 * @address: Bus address of the first byte.
 * @length: Bytes of bus space, in whole granules.
 * @memory: What is mapped, held resident; or NULL for a list of pages.
 * @is_reserved: It is space that was taken with nothing in it.
 */
struct iomd_iovm {
	struct iomd_mapping mapping;
	struct iomd_mapper *mapper;
	struct list_head node;
	u64 address;
	u64 length;
	struct iomd_desc *memory;
	bool is_reserved;
};

/* A part of a descriptor, or of a list of pages, as something to be mapped. */
struct iovm_source {
	struct iomd_desc *memory;
	u64 offset;
	struct iomd_walk walk;
	const struct iomd_dma_map_page_list *pages;
	struct iomd_run page;
};

static int memory_stretch(void *data, u64 offset, struct iomd_stretch *stretch)
{
	struct iovm_source *source = data;

	return iomd_desc_walk_many(source->memory, &source->walk, source->offset + offset,
				   stretch);
}

static int pages_stretch(void *data, u64 offset, struct iomd_stretch *stretch)
{
	struct iovm_source *source = data;
	u64 place = source->pages->page_offset + offset;
	struct page *page = source->pages->page_list[place >> PAGE_SHIFT];

	iomd_stretch_one(stretch, &source->page, page_to_phys(page) + offset_in_page(place),
			 PAGE_SIZE - offset_in_page(place));
	return 0;
}

static int check_source(const struct iovm_source *source, u64 length, u32 map_options)
{
	const struct iomd_dma_map_page_list *pages = source->pages;
	struct iomd_desc *memory = source->memory;
	u32 flags;

	if (pages && (!pages->page_list || !pages->page_list_count ||
		      pages->page_offset >= PAGE_SIZE ||
		      length > ((u64)pages->page_list_count << PAGE_SHIFT) - pages->page_offset))
		return -EINVAL;
	if (!memory)
		return 0;
	if (source->offset >= memory->length || length > memory->length - source->offset)
		return -EINVAL;

	flags = memory->ops->all_flags(memory);
	if (flags & IOMD_MEMORY_REMOTE)
		return -ENXIO;
	if (flags & IOMD_MEMORY_HOST_ONLY)
		return -EPERM;
	if ((flags & IOMD_MEMORY_PREPARED_READ_ONLY) && (map_options & IOMD_DMA_MAP_WRITE_ACCESS))
		return -EROFS;
	return 0;
}

static int check_options(const struct iomd_mapper *mapper, u32 map_options,
			 const struct iomd_dma_map_specification *spec, bool is_reservation)
{
	if (!(map_options & (IOMD_DMA_MAP_READ_ACCESS | IOMD_DMA_MAP_WRITE_ACCESS)))
		return -EINVAL;
	if (spec && (spec->alignment & (spec->alignment - 1)))
		return -EINVAL;
	if (iomd_mapper_is_identity(mapper) || (map_options & IOMD_DMA_MAP_IDENTITY_MAP))
		return -EOPNOTSUPP;
	if ((map_options & IOMD_DMA_MAP_FIXED_ADDRESS) && !is_reservation)
		return -EOPNOTSUPP;
	return is_reservation && !mapper->space ? -EOPNOTSUPP : 0;
}

static enum dma_data_direction access_direction(u32 map_options)
{
	u32 direction = 0;

	if (map_options & IOMD_DMA_MAP_READ_ACCESS)
		direction |= IOMD_DIRECTION_OUT;
	if (map_options & IOMD_DMA_MAP_WRITE_ACCESS)
		direction |= IOMD_DIRECTION_IN;
	return iomd_direction_to_dma(direction);
}

/*
 * The bus space that a mapping takes: one window, in which every piece begins in the
 * granule behind the piece before. Return: whether it is such a window.
 */
static bool find_window(struct iomd_iovm *iovm)
{
	u64 mask = iovm->mapper->page_size - 1;
	u64 end = 0, next;
	struct scatterlist *sg;
	unsigned int i;

	for_each_sgtable_dma_sg(&iovm->mapping.table, sg, i) {
		next = (end + mask) & ~mask;
		if (!i)
			iovm->address = sg_dma_address(sg);
		else if (sg_dma_address(sg) != end && (sg_dma_address(sg) & ~mask) != next)
			return false;
		end = sg_dma_address(sg) + sg_dma_len(sg);
	}
	iovm->length = ((end + mask) & ~mask) - (iovm->address & ~mask);
	return true;
}

static int check_window(const struct iomd_iovm *iovm,
			const struct iomd_dma_map_specification *spec)
{
	u64 mask = iovm->mapper->page_size - 1;
	u64 start = iovm->address & ~mask;
	u8 bits = spec ? spec->num_address_bits : 0;

	if (spec && spec->alignment && (start & (spec->alignment - 1)))
		return -EBADSLT;
	if (bits && bits < 64 && (start + iovm->length - 1) >> bits)
		return -EMSGSIZE;
	return 0;
}

static int iovm_map(struct iomd_iovm *iovm, struct iomd_mapper *mapper,
		    struct iovm_source *source, u64 length, u32 map_options,
		    const struct iomd_dma_map_specification *spec)
{
	gfp_t gfp = map_options & IOMD_DMA_MAP_PAGING_PATH ? GFP_NOWAIT : GFP_KERNEL;
	int err;

	iovm->mapper = mapper;
	err = iomd_mapping_map(&iovm->mapping, mapper,
			       source->pages ? pages_stretch : memory_stretch, source, length,
			       access_direction(map_options), gfp);
	/* Nobody would copy what the DMA API puts in another place. */
	if (!err)
		err = find_window(iovm) && !iovm->mapping.needs_sync ?
			      check_window(iovm, spec) : -EOPNOTSUPP;
	if (err)
		iomd_mapping_exit(&iovm->mapping);
	else
		iomd_mapper_get(mapper);
	return err;
}

/* Take space with nothing in it: anywhere, or from @iovm->address on. */
static int reserve(struct iomd_iovm *iovm, struct iomd_mapper *mapper, u64 length,
		   u32 map_options, const struct iomd_dma_map_specification *spec)
{
	u64 mask = mapper->page_size - 1, first = 0, last = U64_MAX;
	int err;

	if (length > U64_MAX - mask)
		return -ENOMEM;
	iovm->is_reserved = true;
	iovm->mapper = mapper;
	iovm->length = (length + mask) & ~mask;

	if (spec && spec->num_address_bits && spec->num_address_bits < 64)
		last = (1ULL << spec->num_address_bits) - 1;
	if (map_options & IOMD_DMA_MAP_FIXED_ADDRESS) {
		if (iovm->address & mask)
			return -EBADSLT;
		first = iovm->address;
		if (check_add_overflow(first, iovm->length - 1, &last))
			return -EBUSY;
		err = check_window(iovm, spec);
		if (err)
			return err;
	}
	err = iomd_space_alloc(mapper->space, iovm->length, first, last,
			       spec ? spec->alignment : 0, &iovm->address);
	return err && (map_options & IOMD_DMA_MAP_FIXED_ADDRESS) ? -EBUSY : err;
}

/* The same while the device is there. */
static int reserve_live(struct iomd_iovm *iovm, struct iomd_mapper *mapper, u64 length,
			u32 map_options, const struct iomd_dma_map_specification *spec)
{
	int err = -ENODEV;

	rcu_read_lock();
	if (!READ_ONCE(mapper->revoked))
		err = reserve(iovm, mapper, length, map_options, spec);
	rcu_read_unlock();
	if (!err)
		iomd_mapper_get(mapper);
	return err;
}

/* Unbinding the device waits for RCU, and so do others: so many granules in one go. */
#define STRETCH		256

/* In whatever context; where the kernel knows that one may sleep others get their turn. */
static void let_others_run(void)
{
	if (preemptible() && !rcu_preempt_depth())
		cond_resched();
}

/* Take what there is out of a part of a space. Return: 0, or -ENODEV if all of it is gone. */
static int remove_live(struct iomd_mapper *mapper, u64 address, u64 length)
{
	u64 stretch = STRETCH * mapper->page_size, part;
	int err = 0;

	for (; length && !err; address += part, length -= part) {
		part = min(length, stretch);
		rcu_read_lock();
		if (READ_ONCE(mapper->revoked))
			err = -ENODEV;
		else
			iomd_space_remove(mapper->space, address, part);
		rcu_read_unlock();
		let_others_run();
	}
	return err;
}

static void unreserve(struct iomd_iovm *iovm)
{
	struct iomd_mapper *mapper = iovm->mapper;

	remove_live(mapper, iovm->address, iovm->length);
	rcu_read_lock();
	if (!READ_ONCE(mapper->revoked))
		iomd_space_free(mapper->space, iovm->address, iovm->length);
	rcu_read_unlock();
	iomd_mapper_put(mapper);
}

static void enlist(struct iomd_mapper *mapper, struct iomd_iovm *iovm)
{
	unsigned long flags;

	spin_lock_irqsave(&mapper->lock, flags);
	list_add(&iovm->node, &mapper->iovms);
	spin_unlock_irqrestore(&mapper->lock, flags);
}

/**
 * iomd_mapper_iovm_map_memory() - Map memory for a mapper's device, as one window.
 * @mapper: Mapper of a device.
 * @memory: Descriptor, prepared; held resident until the window is unmapped. NULL with
 *	@page_list; and, for a mapper with a space of its own, for space without memory.
 * @offset: First byte of @memory.
 * @length: Bytes, at least one.
 * @map_options: IOMD_DMA_MAP_*; what the device may do has to be said.
 * @spec: What the window has to be like; NULL for nothing.
 * @command: Not looked at.
 * @page_list: The pages to map, in place of @memory; or NULL.
 * @map_address: Receives the bus address of the first byte. With
 *	IOMD_DMA_MAP_FIXED_ADDRESS, for space without memory, says where it is to be.
 * @map_length: Receives how much bus space the window takes: whole granules, in which
 *	each piece of memory that is not contiguous begins with a granule.
 *
 * Both numbers together are what unmaps it. Where an IOMMU translates, any memory can be
 * such a window; elsewhere only memory that is contiguous.
 * IOKit: IOMapper::iovmMapMemory().
 *
 * Context: Process context, may sleep; with IOMD_DMA_MAP_PAGING_PATH any.
 * Return: 0; -EINVAL for a range that is empty or does not lie in @memory, for missing
 *	   access or a strange alignment; -EAGAIN if the memory is not prepared; -EROFS
 *	   if the device is to write memory prepared for reading only; -ENXIO for remote
 *	   memory, -EPERM for host-only memory; -EOPNOTSUPP if it cannot be one
 *	   window, if the DMA API would have to copy it, for space without memory where it
 *	   belongs to the DMA API, for memory at addresses that the caller chooses, and for
 *	   the identity mapper; -EBUSY if
 *	   chosen space is taken; -EMSGSIZE or -EBADSLT if the window is not as @spec
 *	   demands; -ENODEV if the device is gone; -EIO if it cannot reach the memory;
 *	   -ENOMEM. After an error nothing is mapped and nothing is stored.
 *
 * Implements MAPPER-19..27.
 */
int iomd_mapper_iovm_map_memory(struct iomd_mapper *mapper, struct iomd_desc *memory, u64 offset,
				u64 length, u32 map_options,
				const struct iomd_dma_map_specification *spec,
				struct iomd_dma *command,
				const struct iomd_dma_map_page_list *page_list,
				u64 *map_address, u64 *map_length)
{
	struct iovm_source source = { .memory = memory, .offset = offset, .pages = page_list };
	struct iomd_iovm *iovm;
	int err;

	if (IS_ERR_OR_NULL(mapper) || IS_ERR(memory) || !map_address || !map_length || !length)
		return -EINVAL;
	err = check_options(mapper, map_options, spec, !memory && !page_list);
	if (!err)
		err = check_source(&source, length, map_options);
	if (err)
		return err;

	iovm = kzalloc(sizeof(*iovm), map_options & IOMD_DMA_MAP_PAGING_PATH ? GFP_NOWAIT :
									      GFP_KERNEL);
	if (!iovm)
		return -ENOMEM;
	if (memory && !iomd_desc_hold(memory)) {
		err = -EAGAIN;
		goto err_free;
	}
	iovm->address = *map_address;
	if (memory || page_list)
		err = iovm_map(iovm, mapper, &source, length, map_options, spec);
	else
		err = reserve_live(iovm, mapper, length, map_options, spec);
	if (err)
		goto err_drop;

	iovm->memory = memory ? iomd_desc_get(memory) : NULL;
	*map_address = iovm->address;
	*map_length = iovm->length;
	enlist(mapper, iovm);
	return 0;

err_drop:
	if (memory)
		iomd_desc_drop(memory);
err_free:
	kfree(iovm);
	return err;
}
EXPORT_SYMBOL_NS_GPL(iomd_mapper_iovm_map_memory, IOMD_NS);

/* Take a window from its mapper's list. Return: it, or NULL. */
static struct iomd_iovm *delist(struct iomd_mapper *mapper, u64 address, u64 length)
{
	struct iomd_iovm *iovm, *found = NULL;
	unsigned long flags;

	spin_lock_irqsave(&mapper->lock, flags);
	list_for_each_entry(iovm, &mapper->iovms, node) {
		if (iovm->address == address && iovm->length == length) {
			list_del(&iovm->node);
			found = iovm;
			break;
		}
	}
	spin_unlock_irqrestore(&mapper->lock, flags);
	return found;
}

/**
 * iomd_mapper_iovm_unmap_memory() - Undo iomd_mapper_iovm_map_memory().
 * @mapper: The mapper.
 * @memory: Not looked at.
 * @command: Not looked at.
 * @map_address: The address that was stored.
 * @map_length: The length that was stored.
 *
 * The device cannot reach the memory any more. Of several windows that are the same, one
 * is unmapped. IOKit: IOMapper::iovmUnmapMemory().
 *
 * Context: Process context or softirq.
 * Return: 0; -EINVAL if there is no such window. Implements MAPPER-28.
 */
int iomd_mapper_iovm_unmap_memory(struct iomd_mapper *mapper, struct iomd_desc *memory,
				  struct iomd_dma *command, u64 map_address, u64 map_length)
{
	struct iomd_iovm *iovm;

	if (IS_ERR_OR_NULL(mapper))
		return -EINVAL;
	iovm = delist(mapper, map_address, map_length);
	if (!iovm)
		return -EINVAL;

	if (iovm->is_reserved) {
		unreserve(iovm);
	} else {
		iomd_mapping_exit(&iovm->mapping);
		iomd_mapper_put(mapper);
	}
	if (iovm->memory) {
		iomd_desc_drop(iovm->memory);
		iomd_desc_put(iovm->memory);
	}
	kfree(iovm);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(iomd_mapper_iovm_unmap_memory, IOMD_NS);

/* Does a window that was reserved hold all of a range? */
static bool is_reserved(struct iomd_mapper *mapper, u64 address, u64 offset, u64 length)
{
	struct iomd_iovm *iovm;
	unsigned long flags;
	bool found = false;

	spin_lock_irqsave(&mapper->lock, flags);
	list_for_each_entry(iovm, &mapper->iovms, node)
		if (iovm->is_reserved && iovm->address == address && offset < iovm->length &&
		    length <= iovm->length - offset)
			found = true;
	spin_unlock_irqrestore(&mapper->lock, flags);
	return found;
}

/*
 * Granule by granule, so that the IOMMU makes nothing larger of them, of which it could not
 * take a part out again.
 */
static int insert(struct iomd_space *space, u32 options, u64 address, u64 phys, u64 length)
{
	u64 done;
	int err = 0;

	for (done = 0; done < length && !err; done += space->granule)
		err = iomd_space_insert(space, address + done, phys + done, space->granule,
					access_direction(options), GFP_ATOMIC);
	return err;
}

/* On error nothing is there. */
static int insert_live(struct iomd_mapper *mapper, u32 options, u64 address, u64 phys, u64 length)
{
	u64 stretch = STRETCH * mapper->page_size, done, part;
	int err = remove_live(mapper, address, length);

	for (done = 0; done < length && !err; done += part) {
		part = min(length - done, stretch);
		rcu_read_lock();
		if (READ_ONCE(mapper->revoked))
			err = -ENODEV;
		else
			err = insert(mapper->space, options, address + done, phys + done, part);
		rcu_read_unlock();
		let_others_run();
	}
	if (err)
		remove_live(mapper, address, done);
	return err;
}

/*
 * Address 0 is what an IOMMU says where there is nothing: memory that is there could not be
 * told from none, and would never be taken out again.
 */
static bool is_memory(u64 phys, u64 length)
{
	u64 end;

	return phys && !check_add_overflow(phys, length, &end) && end <= iomd_physical_limit();
}

/**
 * iomd_mapper_iovm_insert() - Put memory into bus space that was reserved.
 * @mapper: Mapper with a space of its own.
 * @options: IOMD_DMA_MAP_READ_ACCESS, IOMD_DMA_MAP_WRITE_ACCESS.
 * @map_address: The reservation, as iomd_mapper_iovm_map_memory() stored it.
 * @offset: Where in it.
 * @physical_address: The memory, which the caller keeps where it is.
 * @length: Bytes, at least one. All four are multiples of the mapper's page size.
 *
 * What was there before is replaced. IOKit: IOMapper::iovmInsert().
 *
 * Context: Any, with calls for one reservation not overlapping.
 * Return: 0; -EOPNOTSUPP for other mappers; -EINVAL for missing access, if this is not in
 *	   one reservation, for memory at address 0, and for addresses that the machine
 *	   cannot have; -EBADSLT for other multiples; -ENODEV if the device is gone;
 *	   -ENOMEM, or another error of the IOMMU's, after which nothing is there. After
 *	   any other error what was there still is.
 *
 * Implements MAPPER-29.
 */
int iomd_mapper_iovm_insert(struct iomd_mapper *mapper, u32 options, u64 map_address, u64 offset,
			    u64 physical_address, u64 length)
{
	if (IS_ERR_OR_NULL(mapper))
		return -EINVAL;
	if (!mapper->space)
		return -EOPNOTSUPP;
	if ((offset | physical_address | length) & (mapper->page_size - 1))
		return -EBADSLT;
	if (!length || !(options & (IOMD_DMA_MAP_READ_ACCESS | IOMD_DMA_MAP_WRITE_ACCESS)) ||
	    !is_memory(physical_address, length) ||
	    !is_reserved(mapper, map_address, offset, length))
		return -EINVAL;
	return insert_live(mapper, options, map_address + offset, physical_address, length);
}
EXPORT_SYMBOL_NS_GPL(iomd_mapper_iovm_insert, IOMD_NS);

static u64 translated(struct iomd_mapper *mapper, u64 address)
{
	u64 physical = 0;

	rcu_read_lock();
	if (!READ_ONCE(mapper->revoked))
		physical = iommu_iova_to_phys(mapper->domain, address);
	rcu_read_unlock();
	return physical;
}

/*
 * Where nothing translates nobody else knows what is mapped. All that is mapped, or was and
 * may be again, is looked through, with interrupts off: a tree to search would have to hold
 * every piece of every mapping, and to be kept at the rate at which packets are mapped and
 * unmapped, which costs several times as much as all else that is done there. Who looks up
 * addresses does it for few of them.
 */
static u64 looked_for(struct iomd_mapper *mapper, u64 address)
{
	struct iomd_mapping *mapping;
	unsigned long flags;
	u64 physical = 0;

	spin_lock_irqsave(&mapper->lock, flags);
	hlist_for_each_entry(mapping, &mapper->mappings, node) {
		physical = iomd_mapping_physical(mapping, address);
		if (physical)
			break;
	}
	spin_unlock_irqrestore(&mapper->lock, flags);
	return physical;
}

/**
 * iomd_mapper_map_to_physical_address() - What memory a bus address stands for.
 * @mapper: Mapper.
 * @mapped_address: Address that the mapper's device was given.
 *
 * Good up to the end of the page. Where an IOMMU translates, it is asked; elsewhere all
 * live mappings are looked through, of which those of dma-bufs tell nothing.
 * IOKit: IOMapper::mapToPhysicalAddress().
 *
 * Context: Any.
 * Return: The CPU-physical address; 0 if nothing is mapped there.
 *
 * Implements MAPPER-30, MAPPER-31.
 */
u64 iomd_mapper_map_to_physical_address(struct iomd_mapper *mapper, u64 mapped_address)
{
	if (iomd_mapper_is_identity(mapper))
		return mapped_address;
	if (mapper->domain)
		return translated(mapper, mapped_address);
	return looked_for(mapper, mapped_address);
}
EXPORT_SYMBOL_NS_GPL(iomd_mapper_map_to_physical_address, IOMD_NS);
