// SPDX-License-Identifier: GPL-2.0-only
/*
 * Our memory for other drivers: dma-bufs, as an exporter has them.
 *
 * The memory is held from the beginning to the end of the dma-buf, so that nothing has to
 * be pinned while somebody has its reservation lock. What is mapped for devices is known,
 * since the CPU may want to see what they have written.
 */
#include <linux/dma-buf.h>
#include <linux/export.h>
#include <linux/fcntl.h>
#include <linux/highmem.h>
#include <linux/iosys-map.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include <iomd/desc.h>
#include <iomd/map.h>
#include <iomd/mapper.h>
#include <iomd/namespace.h>
#include <iomd/sources.h>

#include "compat.h"
#include "kernel_window.h"
#include "mapping.h"
#include "reference.h"
#include "walk.h"

/**
 * struct exported - What a dma-buf of ours is of.
 * @memory: The memory, of iomd_reference_get().
 * @survey: What it is like.
 * @is_writable: Devices and the CPU may write it.
 * @lock: Guards what follows. Nothing is locked within it but what the DMA API locks.
 * @mapped: Where devices have it, of struct mapped.
 * @window: Where the kernel has it, for the time being.
 * @address: Of the first byte there; NULL if it is nowhere.
 */
struct exported {
	struct iomd_desc *memory;
	struct iomd_survey survey;
	bool is_writable;
	struct mutex lock;	/* see above */
	struct list_head mapped;
	struct iomd_kernel_window window;
	void *address;
};

/**
 * struct mapped - The memory, mapped for a device.
 * @node: In the list of the dma-buf.
 * @mapping: The mapping.
 * @table: What the importer is shown of it. Some kernels scramble it, to find those who
 *	look at pages.
 */
struct mapped {
	struct list_head node;
	struct iomd_mapping mapping;
	struct sg_table table;
};

/*
 * Devices.
 */

static int export_attach(struct dma_buf *dmabuf, struct dma_buf_attachment *attachment)
{
	const struct exported *exported = dmabuf->priv;
	struct iomd_mapper *mapper;

	/* Only who knows about memory without pages says so. */
	if (exported->survey.has_device && !attachment->peer2peer)
		return -EOPNOTSUPP;
	mapper = iomd_mapper_unmanaged(attachment->dev);
	if (IS_ERR(mapper))
		return PTR_ERR(mapper);
	attachment->priv = mapper;
	return 0;
}

static void export_detach(struct dma_buf *dmabuf, struct dma_buf_attachment *attachment)
{
	iomd_mapper_put(attachment->priv);
}

/* A step through the memory, for who maps it. */
struct source {
	struct iomd_desc *memory;
	struct iomd_walk walk;
};

static int next_stretch(void *data, u64 offset, struct iomd_stretch *stretch)
{
	struct source *source = data;

	return iomd_desc_walk_many(source->memory, &source->walk, offset, stretch);
}

/* A table with the same entries. */
static int copy_table(struct sg_table *to, const struct sg_table *from)
{
	struct scatterlist *sg, *source = from->sgl;
	unsigned int i;
	int err = sg_alloc_table(to, from->orig_nents, GFP_KERNEL | __GFP_NOWARN);

	if (err)
		return err;
	for_each_sgtable_sg(to, sg, i) {
		if (sg_page(source))
			sg_assign_page(sg, sg_page(source));
		sg->offset = source->offset;
		sg->length = source->length;
		sg_dma_address(sg) = sg_dma_address(source);
		sg_dma_len(sg) = sg_dma_len(source);
		source = sg_next(source);
	}
	to->nents = from->nents;
	return 0;
}

static int map_for(struct mapped *mapped, struct iomd_mapper *mapper, struct dma_buf *dmabuf,
		   enum dma_data_direction direction)
{
	const struct exported *exported = dmabuf->priv;
	struct source source = { .memory = exported->memory };
	int err;

	err = iomd_mapping_map(&mapped->mapping, mapper, next_stretch, &source, dmabuf->size,
			       direction, GFP_KERNEL);
	if (!err)
		err = copy_table(&mapped->table, &mapped->mapping.table);
	if (err)
		iomd_mapping_exit(&mapped->mapping);
	return err;
}

static struct sg_table *export_map(struct dma_buf_attachment *attachment,
				   enum dma_data_direction direction)
{
	struct dma_buf *dmabuf = attachment->dmabuf;
	struct exported *exported = dmabuf->priv;
	struct mapped *mapped;
	int err;

	if (!valid_dma_direction(direction) || direction == DMA_NONE)
		return ERR_PTR(-EINVAL);
	if (!exported->is_writable && direction != DMA_TO_DEVICE)
		return ERR_PTR(-EACCES);
	mapped = kzalloc(sizeof(*mapped), GFP_KERNEL);
	if (!mapped)
		return ERR_PTR(-ENOMEM);
	err = map_for(mapped, attachment->priv, dmabuf, direction);
	if (err) {
		kfree(mapped);
		return ERR_PTR(err);
	}
	mutex_lock(&exported->lock);
	list_add(&mapped->node, &exported->mapped);
	mutex_unlock(&exported->lock);
	return &mapped->table;
}

static void export_unmap(struct dma_buf_attachment *attachment, struct sg_table *table,
			 enum dma_data_direction direction)
{
	struct mapped *mapped = container_of(table, struct mapped, table);
	struct exported *exported = attachment->dmabuf->priv;

	mutex_lock(&exported->lock);
	list_del(&mapped->node);
	mutex_unlock(&exported->lock);
	iomd_mapping_exit(&mapped->mapping);
	sg_free_table(&mapped->table);
	kfree(mapped);
}

/*
 * The CPU.
 */

/* Does the CPU, by what it says it will do, write? */
static bool is_refused(const struct exported *exported, enum dma_data_direction direction)
{
	return !exported->is_writable && direction != DMA_FROM_DEVICE;
}

static void sync_all(struct exported *exported, bool for_cpu)
{
	struct mapped *mapped;

	list_for_each_entry(mapped, &exported->mapped, node)
		iomd_mapping_sync(&mapped->mapping, for_cpu);
}

static int export_begin(struct dma_buf *dmabuf, enum dma_data_direction direction)
{
	struct exported *exported = dmabuf->priv;

	if (is_refused(exported, direction))
		return -EACCES;
	mutex_lock(&exported->lock);
	if (exported->address)
		invalidate_kernel_vmap_range(exported->address, dmabuf->size);
	sync_all(exported, true);
	mutex_unlock(&exported->lock);
	return 0;
}

static int export_end(struct dma_buf *dmabuf, enum dma_data_direction direction)
{
	struct exported *exported = dmabuf->priv;

	if (is_refused(exported, direction))
		return -EACCES;
	mutex_lock(&exported->lock);
	if (exported->address)
		flush_kernel_vmap_range(exported->address, dmabuf->size);
	sync_all(exported, false);
	mutex_unlock(&exported->lock);
	return 0;
}

static int open_window(struct exported *exported, u64 size)
{
	const struct iomd_window_spec spec = {
		.memory = exported->memory,
		.length = size,
		.task = IOMD_KERNEL_TASK,
		.options = IOMD_MAP_ANYWHERE,
	};
	u64 address;
	int err;

	/* What the window has for itself. */
	iomd_desc_hold(iomd_desc_get(exported->memory));
	err = iomd_kernel_window_open(&exported->window, &spec, &exported->survey, &address);
	if (err)
		iomd_reference_put(exported->memory);
	else
		exported->address = (void *)(unsigned long)address;
	return err;
}

/* There is one at a time, which its users are counted on. */
static int export_vmap(struct dma_buf *dmabuf, struct iosys_map *map)
{
	struct exported *exported = dmabuf->priv;
	int err;

	mutex_lock(&exported->lock);
	err = open_window(exported, dmabuf->size);
	if (!err)
		iosys_map_set_vaddr(map, exported->address);
	mutex_unlock(&exported->lock);
	return err;
}

static void export_vunmap(struct dma_buf *dmabuf, struct iosys_map *map)
{
	struct exported *exported = dmabuf->priv;

	mutex_lock(&exported->lock);
	exported->address = NULL;
	iomd_kernel_window_close(&exported->window);
	mutex_unlock(&exported->lock);
}

/* A task sees it through page tables that hold the dma-buf. */
static int export_mmap(struct dma_buf *dmabuf, struct vm_area_struct *vma)
{
	struct exported *exported = dmabuf->priv;

	if (!exported->is_writable) {
		if (vma->vm_flags & VM_WRITE)
			return -EACCES;
		iomd_vm_flags_clear(vma, VM_MAYWRITE);
	}
	return iomd_desc_mmap(exported->memory, vma);
}

/*
 * The dma-buf.
 */

static void exported_free(struct exported *exported)
{
	iomd_reference_put(exported->memory);
	mutex_destroy(&exported->lock);
	kfree(exported);
}

static void export_release(struct dma_buf *dmabuf)
{
	exported_free(dmabuf->priv);
}

#define EXPORT_OPS \
	.attach = export_attach, \
	.detach = export_detach, \
	.map_dma_buf = export_map, \
	.unmap_dma_buf = export_unmap, \
	.begin_cpu_access = export_begin, \
	.end_cpu_access = export_end, \
	.mmap = export_mmap, \
	.release = export_release

static const struct dma_buf_ops export_ops = {
	EXPORT_OPS,
	.vmap = export_vmap,
	.vunmap = export_vunmap,
};

/* Importers in the kernel cannot be told to only read; and memory of devices is not RAM. */
static const struct dma_buf_ops limited_ops = {
	EXPORT_OPS,
};

static bool may_vmap(const struct exported *exported)
{
	return exported->is_writable && !exported->survey.has_device;
}

/* Importers take it that a dma-buf is whole pages. */
static int survey(struct exported *exported, u64 length)
{
	const struct iomd_window_spec spec = {
		.memory = exported->memory,
		.length = length,
		.task = IOMD_KERNEL_TASK,
		.options = IOMD_MAP_ANYWHERE,
	};
	int err = iomd_window_survey(&spec, &exported->survey);

	if (err)
		return err;
	if (exported->survey.has_guard)
		return -EOPNOTSUPP;
	return offset_in_page(exported->survey.physical) || offset_in_page(length) ? -EBADSLT : 0;
}

static struct dma_buf *export(struct exported *exported, u64 length, u32 flags)
{
	DEFINE_DMA_BUF_EXPORT_INFO(info);

	info.ops = may_vmap(exported) ? &export_ops : &limited_ops;
	info.size = length;
	info.flags = flags;
	info.priv = exported;
	return dma_buf_export(&info);
}

/* What @desc describes now, with its length at that time. */
static struct exported *exported_create(struct iomd_desc *desc, u64 length, bool write)
{
	struct exported *exported = kzalloc(sizeof(*exported), GFP_KERNEL_ACCOUNT);
	int err;

	if (!exported)
		return ERR_PTR(-ENOMEM);
	mutex_init(&exported->lock);
	INIT_LIST_HEAD(&exported->mapped);
	exported->is_writable = write;
	exported->memory = iomd_reference_get(desc, write);
	if (IS_ERR(exported->memory)) {
		err = PTR_ERR(exported->memory);
		mutex_destroy(&exported->lock);
		kfree(exported);
		return ERR_PTR(err);
	}
	err = survey(exported, length);
	if (err) {
		exported_free(exported);
		return ERR_PTR(err);
	}
	return exported;
}

struct dma_buf *iomd_export(struct iomd_desc *desc, u32 flags)
{
	u64 length = READ_ONCE(desc->length);
	struct exported *exported;
	struct dma_buf *dmabuf;

	exported = exported_create(desc, length, (flags & O_ACCMODE) == O_RDWR);
	if (IS_ERR(exported))
		return ERR_CAST(exported);
	dmabuf = export(exported, length, flags);
	if (IS_ERR(dmabuf))
		exported_free(exported);
	return dmabuf;
}
