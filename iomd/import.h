/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Other people's memory: dma-bufs, as an importer has them.
 */
#ifndef _IOMD_IMPORT_H
#define _IOMD_IMPORT_H

#include <linux/dma-direction.h>
#include <linux/err.h>

#include "core.h"

struct device;
struct dma_buf;
struct dma_buf_attachment;
struct sg_table;

/**
 * struct iomd_import - What an exporter has mapped for a device.
 * @attachment: The device's name with the exporter, which holds the dma-buf; NULL if
 *	nothing is mapped.
 * @table: Where the device finds the memory. Nothing else in it is ours to look at.
 * @direction: As mapped.
 */
struct iomd_import {
	struct dma_buf_attachment *attachment;
	struct sg_table *table;
	enum dma_data_direction direction;
};

#ifdef CONFIG_DMA_SHARED_BUFFER
int iomd_import_begin(struct iomd_import *import, struct dma_buf *dmabuf, struct device *dev,
		      enum dma_data_direction direction);
void iomd_import_end(struct iomd_import *import);
u64 iomd_import_copy(struct dma_buf *dmabuf, enum iomd_copy way, u64 offset, void *bytes,
		     u64 length);
struct dma_buf *iomd_import_get(struct dma_buf *dmabuf);
void iomd_import_put(struct dma_buf *dmabuf);
u64 iomd_import_length(const struct dma_buf *dmabuf);

/* dmabuf_export.c */
struct dma_buf *iomd_export(struct iomd_desc *desc, u32 flags);
#else
/* A kernel that has no dma-bufs: nobody comes further than the constructor. */
static inline int iomd_import_begin(struct iomd_import *import, struct dma_buf *dmabuf,
				    struct device *dev, enum dma_data_direction direction)
{
	return -EOPNOTSUPP;
}

static inline void iomd_import_end(struct iomd_import *import)
{
}

static inline u64 iomd_import_copy(struct dma_buf *dmabuf, enum iomd_copy way, u64 offset,
				   void *bytes, u64 length)
{
	return 0;
}

static inline struct dma_buf *iomd_import_get(struct dma_buf *dmabuf)
{
	return dmabuf;
}

static inline void iomd_import_put(struct dma_buf *dmabuf)
{
}

static inline u64 iomd_import_length(const struct dma_buf *dmabuf)
{
	return 0;
}

static inline struct dma_buf *iomd_export(struct iomd_desc *desc, u32 flags)
{
	return ERR_PTR(-EOPNOTSUPP);
}
#endif

#endif /* _IOMD_IMPORT_H */
