// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptors of dma-bufs: memory that belongs to somebody else, and that only one
 * device is told the place of.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/export.h>
#include <linux/fcntl.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/slab.h>

#include <iomd/desc.h>
#include <iomd/mapper.h>
#include <iomd/namespace.h>
#include <iomd/sources.h>

#include "copy.h"
#include "general.h"

/* There are bus addresses, but nothing to walk. */
static int dmabuf_resolve(struct iomd_desc *desc, struct iomd_walk *walk, u64 offset)
{
	return refcount_read(&iomd_to_general(desc)->wired) ? -EOPNOTSUPP : -EAGAIN;
}

static bool dmabuf_is_opaque(struct iomd_desc *desc)
{
	return true;
}

static u64 dmabuf_copy(struct iomd_desc *desc, enum iomd_copy way, u64 offset, void *bytes,
		       u64 length)
{
	u64 done;

	if (in_interrupt() || !iomd_general_hold(desc, NULL))
		return 0;
	done = iomd_import_copy(iomd_to_general(desc)->dmabuf, way, offset, bytes, length);
	iomd_general_drop(desc);
	return done;
}

static void dmabuf_release(struct iomd_desc *desc)
{
	struct iomd_general *general = iomd_to_general(desc);
	struct dma_buf *dmabuf = general->dmabuf;

	iomd_general_exit(general);
	iomd_import_put(dmabuf);
	kfree(general);
}

static const struct iomd_desc_ops dmabuf_ops = {
	.name = "dma-buf",
	.prepare = iomd_general_prepare,
	.complete = iomd_general_complete,
	.resolve = dmabuf_resolve,
	.hold = iomd_general_hold,
	.drop = iomd_general_drop,
	.all_flags = iomd_general_all_flags,
	.bus_extent = iomd_general_bus_extent,
	.is_opaque = dmabuf_is_opaque,
	.copy = dmabuf_copy,
	.own_mapping = iomd_general_own_mapping,
	.source_extent = iomd_general_source_extent,
	.command_operation = iomd_general_command_operation,
	.dma_map_length = iomd_general_dma_map_length,
	.set_purgeable = iomd_general_set_purgeable,
	.preparation_id = iomd_general_preparation_id,
	.release = dmabuf_release,
};

/* The mapper of the device that imports, held; or an error pointer. */
static struct iomd_mapper *choose_mapper(struct iomd_client *client, struct iomd_mapper *mapper,
					 void *caller)
{
	if (IS_ERR(mapper))
		return mapper;
	mapper = mapper ? iomd_mapper_get(mapper) : iomd_client_copy_default_mapper(client);
	if (IS_ERR(mapper) || (mapper && !iomd_mapper_is_identity(mapper)))
		return mapper;

	iomd_mapper_put(mapper);
	pr_warn_ratelimited("%pS imports a dma-buf for no device: it names no mapper that has one\n",
			    caller);
	return ERR_PTR(-ENODEV);
}

static struct iomd_desc *describe(struct dma_buf *dmabuf, u32 options, struct iomd_mapper *mapper)
{
	const struct iomd_range range = { .length = iomd_import_length(dmabuf) };
	const struct iomd_general_spec spec = {
		.ranges = &range,
		.count = 1,
		.task = IOMD_PAGES_TASK,
		.options = (options & ~(IOMD_MEMORY_TYPE_MASK | IOMD_MEMORY_AS_REFERENCE)) |
			   IOMD_MEMORY_TYPE_VIRTUAL,
		.mapper = mapper,
		.extra = &(struct iomd_general_extra) { .dmabuf = dmabuf },
	};
	struct iomd_general *general = kzalloc(sizeof(*general), GFP_KERNEL_ACCOUNT);
	int err;

	if (!general)
		return ERR_PTR(-ENOMEM);
	err = iomd_general_init(general, &dmabuf_ops, &spec);
	if (err) {
		kfree(general);
		return ERR_PTR(err);
	}
	iomd_import_get(dmabuf);
	return &general->base;
}

/**
 * iomd_client_desc_with_dma_buf() - Describe a dma-buf, for one device.
 * @client: The calling module, IOMD_THIS_CLIENT.
 * @dmabuf: Buffer; the descriptor holds it.
 * @options: A direction, and IOMD_MEMORY_*.
 * @mapper: Mapper of the device that is to use the buffer; NULL for the module's
 *	default.
 *
 * Drivers call iomd_desc_with_dma_buf(). All of the buffer is described. The first
 * prepare attaches the device and has the exporter map and pin the buffer for it: for
 * reading if it is prepared for OUT, else for both ways, because later prepares may ask
 * for either. The last complete undoes that, and so does unbinding the device.
 *
 * Nobody but the device is told where the memory is. iomd_desc_get_physical_segment()
 * gives the exporter's bus addresses, and none with IOMD_MEMORY_MAPPER_NONE. A DMA
 * command uses them if it has the same mapper; with another, or none, and through a
 * descriptor that is made of this one, its prepare gives -EOPNOTSUPP: make another
 * descriptor of the buffer for another device. Nothing is double buffered, so what a
 * command demands is tested when it makes segments. iomd_desc_read_bytes() and
 * iomd_desc_write_bytes() ask the exporter to let the CPU in, each time, and map all of
 * the buffer for it.
 *
 * To prepare waits for the exporter to have moved the memory, and for nothing else
 * others do with it: fences are for the driver to look at.
 *
 * IOKit has no such descriptor.
 *
 * Context: Process context, may sleep; here, and in the first prepare and the last
 *	    complete, without the buffer's reservation lock.
 * Return: A descriptor that the caller puts, or an error pointer: -EINVAL for NULL and
 *	   an error pointer, and for MAPPER_NONE, HOST_ONLY and REMOTE memory; -ENODEV
 *	   with a message if no mapper with a device is named; -ENOTUNIQ if the module
 *	   has named several; -EOPNOTSUPP if the kernel has no dma-bufs, and for
 *	   IOMD_MEMORY_MAP_COPY_ON_WRITE; -ENOMEM; with IOMD_MEMORY_AUTO_PREPARE and
 *	   IOMD_MEMORY_PERSISTENT also the errors of iomd_desc_prepare().
 */
struct iomd_desc *iomd_client_desc_with_dma_buf(struct iomd_client *client,
						struct dma_buf *dmabuf, u32 options,
						struct iomd_mapper *mapper)
{
	struct iomd_desc *desc;

	if (!IS_ENABLED(CONFIG_DMA_SHARED_BUFFER))
		return ERR_PTR(-EOPNOTSUPP);
	if (IS_ERR_OR_NULL(dmabuf) ||
	    (options & (IOMD_MEMORY_MAPPER_NONE | IOMD_MEMORY_HOST_ONLY | IOMD_MEMORY_REMOTE)))
		return ERR_PTR(-EINVAL);

	mapper = choose_mapper(client, mapper, __builtin_return_address(0));
	if (IS_ERR(mapper))
		return ERR_CAST(mapper);
	desc = describe(dmabuf, options, mapper);
	iomd_mapper_put(mapper);
	return desc;
}
EXPORT_SYMBOL_NS_GPL(iomd_client_desc_with_dma_buf, IOMD_NS);

/**
 * iomd_desc_export_dma_buf() - Share memory with other drivers, and with user space.
 * @desc: Descriptor of whole pages, up to whose length the memory is shared. It need not be
 *	prepared, and may be put right away.
 * @flags: O_RDWR, or O_RDONLY for memory that nobody is to write, and O_CLOEXEC.
 *
 * The dma-buf keeps the memory that is behind the descriptor now where it is until it goes
 * itself, as a map does: memory of a user task is pinned, and charged to who made the
 * descriptor, for writing unless @flags is O_RDONLY and the descriptor's direction is OUT.
 * It also keeps this module. dma_buf_fd() makes a file descriptor of it; dma_buf_put()
 * gives it back.
 *
 * Devices attach to it, and are mapped to it, as often as they like, and at the same time;
 * no transfer of theirs waits for another. dma_buf_begin_cpu_access() lets the CPU see what
 * all of them have written, and dma_buf_end_cpu_access() the devices what the CPU has.
 *
 * Tasks map it with mmap(), as far as iomd_desc_mmap() lets tasks have the memory.
 *
 * What is read-only is mapped for devices for DMA_TO_DEVICE only (-EACCES), the CPU may
 * not say that it writes (-EACCES), nor tasks; and it has no vmap, because importers could
 * not be told.
 * Memory of devices has none either, and only importers that know about memory without
 * pages can attach to it (-EOPNOTSUPP).
 *
 * IOKit has no such thing.
 *
 * Context: Process context, may sleep and fault.
 * Return: A dma-buf that the caller puts, or an error pointer: -EINVAL for NULL, an error
 *	   pointer, other flags, and a descriptor of nothing; -EBADSLT if it does not begin
 *	   and end with a page, or pieces meet within one; -EOPNOTSUPP if the kernel has no
 *	   dma-bufs, for memory that cannot be mapped, that is to be copied for maps, or
 *	   some of which is a device's and some is not; -ENXIO for remote memory; -ENOMEM;
 *	   and the errors of iomd_desc_prepare().
 */
struct dma_buf *iomd_desc_export_dma_buf(struct iomd_desc *desc, u32 flags)
{
	u32 access = flags & O_ACCMODE;

	if (IS_ERR_OR_NULL(desc) || !iomd_desc_get_length(desc) ||
	    (flags & ~(O_ACCMODE | O_CLOEXEC)) || (access != O_RDWR && access != O_RDONLY))
		return ERR_PTR(-EINVAL);
	/* Devices would see the memory, and the CPU the copy. */
	if (desc->ops->all_flags(desc) & IOMD_MEMORY_MAP_COPY_ON_WRITE)
		return ERR_PTR(-EOPNOTSUPP);
	return iomd_export(desc, flags);
}
EXPORT_SYMBOL_NS_GPL(iomd_desc_export_dma_buf, IOMD_NS);
