/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the suites use and the oldest kernel's KUnit lacks, and other differences.
 */
#ifndef _KUNIT_COMPAT_H
#define _KUNIT_COMPAT_H

#include <kunit/test.h>
#include <linux/string.h>
#include <linux/version.h>

/* Came with 6.3. To go when 6.1 does. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
#define KUNIT_EXPECT_MEMEQ(test, left, right, size) \
	KUNIT_EXPECT_EQ(test, memcmp(left, right, size), 0)
#endif

/* The namespace of dma-bufs; see <iomd/namespace.h>. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
#define DMA_BUF_NS DMA_BUF
#else
#define DMA_BUF_NS "DMA_BUF"
#endif

/* With the reservation lock, as importers do without one; see iomd/compat.h. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define iomd_kunit_dma_buf_map		dma_buf_map_attachment
#define iomd_kunit_dma_buf_unmap	dma_buf_unmap_attachment
#define iomd_kunit_dma_buf_vmap		dma_buf_vmap
#define iomd_kunit_dma_buf_vunmap	dma_buf_vunmap
#else
#define iomd_kunit_dma_buf_map		dma_buf_map_attachment_unlocked
#define iomd_kunit_dma_buf_unmap	dma_buf_unmap_attachment_unlocked
#define iomd_kunit_dma_buf_vmap		dma_buf_vmap_unlocked
#define iomd_kunit_dma_buf_vunmap	dma_buf_vunmap_unlocked
#endif

#endif /* _KUNIT_COMPAT_H */
