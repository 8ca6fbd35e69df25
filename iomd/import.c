// SPDX-License-Identifier: GPL-2.0-only
/*
 * Other people's memory: dma-bufs, as an importer has them.
 *
 * An exporter tells each device where it finds the memory, and nobody else anything.
 * Attachments are static: what is mapped stays where it is, and the exporter pins it,
 * until it is unmapped.
 *
 * Nothing here is called with a reservation lock held.
 */
#include <linux/dma-buf.h>
#include <linux/err.h>
#include <linux/iosys-map.h>
#include <linux/module.h>

#include "compat.h"
#include "import.h"

MODULE_IMPORT_NS(IOMD_DMA_BUF_NS);

/* The errors of exporters, as those we document. */
static int import_errno(long err)
{
	switch (err) {
	case -ENOMEM:
	case -ENODEV:
	case -EBUSY:
		return err;
	case -EINTR:
	case -ERESTARTSYS:
		return -ECANCELED;
	default:
		return -EIO;
	}
}

/*
 * Have @dmabuf mapped for @dev. It is held until iomd_import_end(), by whomever. Sleeps.
 * Return: 0; -ENOMEM; -ENODEV; -EBUSY; -ECANCELED; or -EIO.
 */
int iomd_import_begin(struct iomd_import *import, struct dma_buf *dmabuf, struct device *dev,
		      enum dma_data_direction direction)
{
	struct dma_buf_attachment *attachment = dma_buf_attach(dmabuf, dev);
	struct sg_table *table;

	if (IS_ERR(attachment))
		return import_errno(PTR_ERR(attachment));
	table = iomd_dma_buf_map_attachment(attachment, direction);
	if (IS_ERR(table)) {
		dma_buf_detach(dmabuf, attachment);
		return import_errno(PTR_ERR(table));
	}

	get_dma_buf(dmabuf);
	*import = (struct iomd_import) { attachment, table, direction };
	return 0;
}

/* Undo iomd_import_begin(). Sleeps. */
void iomd_import_end(struct iomd_import *import)
{
	struct dma_buf *dmabuf = import->attachment->dmabuf;

	iomd_dma_buf_unmap_attachment(import->attachment, import->table, import->direction);
	dma_buf_detach(dmabuf, import->attachment);
	dma_buf_put(dmabuf);
	*import = (struct iomd_import) {};
}

static void copy(struct iosys_map *map, enum iomd_copy way, u64 offset, void *bytes, u64 length)
{
	if (way == IOMD_COPY_OUT)
		iosys_map_memcpy_from(bytes, map, offset, length);
	else if (bytes)
		iosys_map_memcpy_to(map, offset, bytes, length);
	else
		iosys_map_memset(map, offset, 0, length);
}

/*
 * Copy @length bytes at @offset, which lie inside @dmabuf, or none. Sleeps, and waits
 * for those who have said that they use the memory. Return: bytes copied.
 */
u64 iomd_import_copy(struct dma_buf *dmabuf, enum iomd_copy way, u64 offset, void *bytes,
		     u64 length)
{
	/* What is not written must not be lost: so it is brought in, and handed back too. */
	enum dma_data_direction direction = way == IOMD_COPY_OUT ? DMA_FROM_DEVICE :
								   DMA_BIDIRECTIONAL;
	struct iosys_map map;
	u64 done = 0;

	if (dma_buf_begin_cpu_access(dmabuf, direction))
		return 0;
	if (!iomd_dma_buf_vmap(dmabuf, &map)) {
		copy(&map, way, offset, bytes, length);
		iomd_dma_buf_vunmap(dmabuf, &map);
		done = length;
	}
	if (dma_buf_end_cpu_access(dmabuf, direction))
		return 0;
	return done;
}

struct dma_buf *iomd_import_get(struct dma_buf *dmabuf)
{
	get_dma_buf(dmabuf);
	return dmabuf;
}

void iomd_import_put(struct dma_buf *dmabuf)
{
	dma_buf_put(dmabuf);
}

u64 iomd_import_length(const struct dma_buf *dmabuf)
{
	return dmabuf->size;
}
