/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory for buffers.
 */
#ifndef _IOMD_BACKING_H
#define _IOMD_BACKING_H

#include <linux/types.h>

struct page;

/**
 * struct iomd_backing_spec - What memory must be like.
 * @size: Bytes, at least one.
 * @alignment: A power of two; more than a page only with @contiguous.
 * @highest: No byte above this physical address.
 * @contiguous: In one physical piece.
 * @may_scatter: In several, if there is no such piece.
 * @guarded: A page before and a page behind it cannot be touched.
 * @cache: IOMD_MAP_* cache mode; not the default only for whole pages.
 */
struct iomd_backing_spec {
	u64 size;
	u64 alignment;
	u64 highest;
	bool contiguous;
	bool may_scatter;
	bool guarded;
	u32 cache;
};

/* Where memory came from, and so how it goes back. */
enum iomd_backing_kind {
	IOMD_BACKING_SLAB,
	IOMD_BACKING_PAGES,
	IOMD_BACKING_VMALLOC,
	IOMD_BACKING_PAGE_ARRAY,
};

/**
 * struct iomd_backing - Zeroed kernel memory.
 * @memory: First byte.
 * @size: Bytes allocated.
 * @kind: Where from.
 * @pages: Pages that have a cache mode of their own; or NULL.
 */
struct iomd_backing {
	void *memory;
	size_t size;
	enum iomd_backing_kind kind;
	struct page **pages;
};

int iomd_backing_alloc(struct iomd_backing *backing, const struct iomd_backing_spec *spec);
void iomd_backing_free(struct iomd_backing *backing);

struct page *iomd_low_block_alloc(u64 size, u64 alignment, u64 highest, gfp_t gfp);
struct page *iomd_low_page_alloc(u64 highest, gfp_t gfp);

#endif /* _IOMD_BACKING_H */
