/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Descriptors of memory in the forms that Linux drivers have it, and back.
 *
 * These take the place of IOKit's UPL and UIO descriptors. Of dma-bufs IOKit knows
 * nothing.
 */
#ifndef _IOMD_SOURCES_H
#define _IOMD_SOURCES_H

#include <iomd/client.h>
#include <iomd/types.h>

struct bio_vec;
struct dma_buf;
struct iomd_desc;
struct iomd_mapper;
struct iov_iter;
struct page;
struct sg_table;
struct sk_buff;

/**
 * struct iomd_page_list - What IOMD_MEMORY_TYPE_UPL describes.
 * @pages: Pages.
 * @nr_pages: Elements of @pages.
 */
struct iomd_page_list {
	struct page *const *pages;
	u32 nr_pages;
};

struct iomd_desc *iomd_client_desc_with_pages(struct iomd_client *client,
					      struct page *const *pages, u32 nr_pages, u64 offset,
					      u64 length, u32 options,
					      struct iomd_mapper *mapper);
struct iomd_desc *iomd_client_desc_with_bvecs(struct iomd_client *client,
					      const struct bio_vec *bvecs, u32 nr_bvecs,
					      u32 options, struct iomd_mapper *mapper);
struct iomd_desc *iomd_client_desc_with_sg_table(struct iomd_client *client,
						 const struct sg_table *table, u32 options,
						 struct iomd_mapper *mapper);
struct iomd_desc *iomd_client_desc_with_skb(struct iomd_client *client,
					    const struct sk_buff *skb, u32 options,
					    struct iomd_mapper *mapper);
struct iomd_desc *iomd_client_desc_with_iov_iter(struct iomd_client *client,
						 const struct iov_iter *iter, u32 options,
						 struct iomd_mapper *mapper);
struct iomd_desc *iomd_client_desc_with_dma_buf(struct iomd_client *client,
						struct dma_buf *dmabuf, u32 options,
						struct iomd_mapper *mapper);

struct dma_buf *iomd_desc_export_dma_buf(struct iomd_desc *desc, u32 flags);

int iomd_desc_to_sg_table(struct iomd_desc *desc, u64 offset, u64 length, struct sg_table *table,
			  gfp_t gfp);
int iomd_desc_to_bvecs(struct iomd_desc *desc, u64 *offset, u64 length, struct bio_vec *bvecs,
		       u32 *nr_bvecs);

#define iomd_desc_with_pages(pages, nr_pages, offset, length, options, mapper) \
	iomd_client_desc_with_pages(IOMD_THIS_CLIENT, pages, nr_pages, offset, length, options, \
				    mapper)
#define iomd_desc_with_bvecs(bvecs, nr_bvecs, options, mapper) \
	iomd_client_desc_with_bvecs(IOMD_THIS_CLIENT, bvecs, nr_bvecs, options, mapper)
#define iomd_desc_with_sg_table(table, options, mapper) \
	iomd_client_desc_with_sg_table(IOMD_THIS_CLIENT, table, options, mapper)
#define iomd_desc_with_skb(skb, options, mapper) \
	iomd_client_desc_with_skb(IOMD_THIS_CLIENT, skb, options, mapper)
#define iomd_desc_with_iov_iter(iter, options, mapper) \
	iomd_client_desc_with_iov_iter(IOMD_THIS_CLIENT, iter, options, mapper)
#define iomd_desc_with_dma_buf(dmabuf, options, mapper) \
	iomd_client_desc_with_dma_buf(IOMD_THIS_CLIENT, dmabuf, options, mapper)

#endif /* _IOMD_SOURCES_H */
