/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences between supported kernels. The module is written to the newest
 * interface; what older kernels lack is made up for here, and nowhere else.
 */
#ifndef _IOMD_COMPAT_H
#define _IOMD_COMPAT_H

#include <linux/mm.h>
#include <linux/moduleloader.h>
#include <linux/version.h>
#include <linux/vmalloc.h>

/* Moved in 6.12. To go when 6.1 does. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
#include <asm/unaligned.h>
#else
#include <linux/unaligned.h>
#endif

#ifdef CONFIG_X86
#include <asm/processor.h>
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 79)
#error "iomd supports Linux 6.1.79 and later"
#endif

/*
 * Up to 6.4 pin_user_pages_remote() has an argument @vmas, and a long-term pin
 * must not let it drop mmap_lock. To go when 6.1 does.
 */
static inline long iomd_pin_user_pages_remote(struct mm_struct *mm, unsigned long start,
					      unsigned long nr_pages, unsigned int gup_flags,
					      struct page **pages)
{
	long nr;
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
	mmap_read_lock(mm);
	nr = pin_user_pages_remote(mm, start, nr_pages, gup_flags, pages, NULL, NULL);
	mmap_read_unlock(mm);
#else
	int locked = 1;

	mmap_read_lock(mm);
	nr = pin_user_pages_remote(mm, start, nr_pages, gup_flags, pages, &locked);
	if (locked)
		mmap_read_unlock(mm);
#endif
	return nr;
}

/*
 * Up to 6.1 a page pinned for reading can later be replaced under the pin when
 * its task writes to it; there, a pin for reading has to break copy-on-write
 * first. From 6.2 on the kernel sees to it. To go when 6.1 does.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define IOMD_FOLL_STABLE_READ	(FOLL_FORCE | FOLL_WRITE)
#else
#define IOMD_FOLL_STABLE_READ	0
#endif

/* Named so from 6.4 on. To go when 6.1 does. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
#define iomd_iter_iov(iter)	((iter)->iov)
#else
#define iomd_iter_iov(iter)	iter_iov(iter)
#endif

/*
 * is_vmalloc_or_module_addr() is exported from 6.3 on only. To go when 6.1 does.
 */
static inline bool iomd_is_module_addr(const void *p)
{
#ifdef MODULES_VADDR
	return (unsigned long)p >= MODULES_VADDR && (unsigned long)p < MODULES_END;
#else
	return false;
#endif
}

/* log2 of the memory between two places where the direct map may have a hole. */
static inline unsigned int iomd_section_shift(void)
{
#ifdef CONFIG_SPARSEMEM
	return SECTION_SIZE_BITS;
#else
	return PAGE_SHIFT + pageblock_order;
#endif
}

/* The first physical address beyond what the processor can express. */
static inline u64 iomd_physical_limit(void)
{
#if defined(CONFIG_X86)
	return 1ULL << boot_cpu_data.x86_phys_bits;
#elif defined(CONFIG_ARM64)
	return 1ULL << CONFIG_ARM64_PA_BITS;
#else
	return (u64)PHYS_ADDR_MAX + 1 ?: U64_MAX;
#endif
}

#endif /* _IOMD_COMPAT_H */
