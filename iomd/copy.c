// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copying bytes in and out of descriptors.
 *
 * Copies go by physical address, like a device's, so no mapping is needed and the
 * page tables of the task whose memory it is are not asked. A descriptor that knows
 * another way is asked to go it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cacheflush.h>
#include <linux/export.h>
#include <linux/highmem.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/overflow.h>
#include <linux/preempt.h>
#include <linux/printk.h>

#include <iomd/desc.h>
#include <iomd/namespace.h>

#include "copy.h"
#include "runs.h"
#include "walk.h"

/*
 * Which way bytes go. @bytes is the caller's side; with COPY_IN it may be NULL for
 * zeroes.
 */
static void copy_ram(enum iomd_copy way, void *memory, void *bytes, size_t length)
{
	if (way == IOMD_COPY_OUT)
		memcpy(bytes, memory, length);
	else if (bytes)
		memcpy(memory, bytes, length);
	else
		memset(memory, 0, length);
}

static void copy_iomem(enum iomd_copy way, void __iomem *memory, void *bytes, size_t length)
{
	if (way == IOMD_COPY_OUT)
		memcpy_fromio(bytes, memory, length);
	else if (bytes)
		memcpy_toio(memory, bytes, length);
	else
		memset_io(memory, 0, length);
}

/* Memory the kernel has pages for. */
static void copy_pages(enum iomd_copy way, u64 address, void *bytes, u64 length)
{
	while (length) {
		struct page *page = pfn_to_page(PHYS_PFN(address));
		size_t chunk = min_t(u64, PAGE_SIZE - offset_in_page(address), length);
		void *memory = kmap_local_page(page);

		copy_ram(way, memory + offset_in_page(address), bytes, chunk);
		if (way == IOMD_COPY_IN)
			flush_dcache_page(page);
		kunmap_local(memory);

		if (bytes)
			bytes += chunk;
		address += chunk;
		length -= chunk;
	}
}

/* Memory of a device, in one page: mapped for the moment. */
static int copy_device(enum iomd_copy way, u64 address, void *bytes, size_t length)
{
	void __iomem *memory = ioremap(address, length);

	if (!memory)
		return -EFAULT;
	copy_iomem(way, memory, bytes, length);
	iounmap(memory);
	return 0;
}

static bool is_ram(u64 address, u64 length)
{
	return region_intersects(address, length, IORESOURCE_SYSTEM_RAM, IORES_DESC_NONE) ==
	       REGION_INTERSECTS;
}

/*
 * Physical ranges may have both sorts of memory in one piece, though not in one page.
 * Which it is cannot be found out in an interrupt, nor could a device be mapped there.
 */
static int copy_physical(enum iomd_copy way, u64 address, void *bytes, u64 length)
{
	if (in_interrupt())
		return -EAGAIN;

	while (length) {
		u64 chunk = min_t(u64, PAGE_SIZE - offset_in_page(address), length);
		int err = 0;

		if (is_ram(address, chunk))
			copy_pages(way, address, bytes, chunk);
		else
			err = copy_device(way, address, bytes, chunk);
		if (err)
			return err;
		if (bytes)
			bytes += chunk;
		address += chunk;
		length -= chunk;
	}
	return 0;
}

/* One run, or some of it. */
static int copy_run(enum iomd_copy way, bool has_device, u64 address, void *bytes, u64 length)
{
	if (has_device)
		return copy_physical(way, address, bytes, length);
	copy_pages(way, address, bytes, length);
	return 0;
}

/* The first @length bytes of a stretch. Return: as many as could be copied. */
static u64 copy_stretch(enum iomd_copy way, const struct iomd_stretch *stretch, void *bytes,
			u64 length)
{
	u64 address = stretch->address, position = stretch->position, done = 0;
	const struct iomd_run *run = stretch->run;

	for (;;) {
		u64 chunk = min(run->end - position, length - done);

		if (copy_run(way, stretch->has_device, address, bytes ? bytes + done : NULL, chunk))
			return done;
		done += chunk;
		if (done == length)
			return done;
		position = run->end;
		address = (++run)->phys;
	}
}

/* Fill memory that has pages with zeroes, all of it. */
void iomd_runs_clear(const struct iomd_runs *runs)
{
	u32 i;

	for (i = 0; i < iomd_runs_count(runs); i++)
		copy_pages(IOMD_COPY_IN, iomd_runs_at(runs, i)->phys, NULL,
			   iomd_runs_at(runs, i)->end - iomd_runs_start(runs, i));
}

/*
 * Copy @length bytes at @offset, which lie inside @desc. Return: bytes copied, less
 * than @length if memory turns out not to be prepared or not to be reachable.
 */
u64 iomd_desc_copy(struct iomd_desc *desc, enum iomd_copy way, u64 offset, void *bytes,
		   u64 length)
{
	struct iomd_walk walk = {};
	u64 done = 0;

	if (desc->ops->copy)
		return desc->ops->copy(desc, way, offset, bytes, length);

	while (done < length) {
		struct iomd_stretch stretch;
		u64 chunk, copied;

		if (iomd_desc_walk_many(desc, &walk, offset + done, &stretch))
			break;
		if (way == IOMD_COPY_IN)
			WRITE_ONCE(walk.runs->cpu_wrote, true);
		chunk = min(stretch.end - stretch.position, length - done);
		copied = copy_stretch(way, &stretch, bytes ? bytes + done : NULL, chunk);
		done += copied;
		if (copied < chunk)
			break;
	}
	return done;
}

/* Copy all or nothing of a range that a caller names. */
static u64 desc_copy_checked(struct iomd_desc *desc, enum iomd_copy way, u64 offset,
			     void *bytes, u64 length, void *caller)
{
	u64 end, done;

	if (!length || check_add_overflow(offset, length, &end) || end > desc->length)
		return 0;
	if (desc->ops->all_flags(desc) & IOMD_MEMORY_REMOTE)
		return 0;

	done = iomd_desc_copy(desc, way, offset, bytes, length);
	if (!done)
		pr_warn_ratelimited("%pS copied bytes of the %s descriptor %p, which is not prepared or out of reach\n",
				    caller, desc->ops->name, desc);
	return done;
}

/**
 * iomd_desc_read_bytes() - Copy bytes out of a descriptor.
 * @desc: Descriptor, prepared.
 * @offset: First byte.
 * @bytes: Kernel memory to copy to.
 * @length: Bytes.
 *
 * IOKit: IOMemoryDescriptor::readBytes().
 *
 * Context: Process context; does not sleep for memory that has pages. A dma-buf
 *	    is waited for, as long as others have it.
 * Return: Bytes copied: @length, or 0 if the range does not lie inside the
 *	   descriptor (it is not cut short) or if nothing can be read: memory that
 *	   is not prepared, or a dma-buf whose exporter does not let the CPU in,
 *	   which the log reports; or remote memory.
 *
 * Implements MD-36..46.
 */
u64 iomd_desc_read_bytes(struct iomd_desc *desc, u64 offset, void *bytes, u64 length)
{
	return desc_copy_checked(desc, IOMD_COPY_OUT, offset, bytes, length,
				 __builtin_return_address(0));
}
EXPORT_SYMBOL_NS_GPL(iomd_desc_read_bytes, IOMD_NS);

/**
 * iomd_desc_write_bytes() - Copy bytes into a descriptor.
 * @desc: Descriptor, prepared.
 * @offset: First byte.
 * @bytes: Kernel memory to copy from, or NULL to fill with zeroes.
 * @length: Bytes.
 *
 * IOKit: IOMemoryDescriptor::writeBytes().
 *
 * Context: As iomd_desc_read_bytes().
 * Return: As iomd_desc_read_bytes(); also 0 for memory prepared for reading only.
 *
 * Implements MD-36..46.
 */
u64 iomd_desc_write_bytes(struct iomd_desc *desc, u64 offset, const void *bytes, u64 length)
{
	if (iomd_desc_is_read_only(desc))
		return 0;
	return desc_copy_checked(desc, IOMD_COPY_IN, offset, (void *)bytes, length,
				 __builtin_return_address(0));
}
EXPORT_SYMBOL_NS_GPL(iomd_desc_write_bytes, IOMD_NS);
