/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences between supported kernels. The module is written to the newest
 * interface; what older kernels lack is made up for here, and nowhere else.
 */
#ifndef _IOMD_COMPAT_H
#define _IOMD_COMPAT_H

#include <linux/backing-dev.h>
#include <linux/dma-mapping.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/moduleloader.h>
#include <linux/pci.h>
#include <linux/pfn_t.h>
#include <linux/shrinker.h>
#include <linux/version.h>
#include <linux/vmalloc.h>

/* Moved in 6.12. To go when 6.1 does. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
#include <asm/unaligned.h>
#else
#include <linux/unaligned.h>
#endif

#ifdef CONFIG_X86
#include <asm/pgtable.h>
#include <asm/pgtable_types.h>
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

/* Bits of addresses that only say something about them belong to a task from 6.4 on. */
static inline unsigned long iomd_untagged_addr(struct mm_struct *mm, unsigned long addr)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
	return untagged_addr(addr);
#else
	return untagged_addr_remote(mm, addr);
#endif
}

/* Unpin a page of a folio, which is known from 6.11 on to be all that is needed. */
static inline void iomd_unpin_page(struct page *page, struct folio *folio)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
	unpin_user_page(page);
#else
	unpin_folio(folio);
#endif
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
/* Would a device write behind the back of a file system that tracks changes? */
static inline bool iomd_vma_tracks_writes(const struct vm_area_struct *vma)
{
	return (vma->vm_flags & VM_SHARED) && vma->vm_file &&
	       mapping_can_writeback(vma->vm_file->f_mapping);
}

/*
 * What older kernels do not see to themselves when pages are pinned for long. Those
 * before 6.5 pin pages of a file for writing although it will not notice; that is
 * refused here, as it is there from then on. Those before 6.2 can replace a page
 * under a pin for reading when its task writes to it; copy-on-write has to be broken
 * first, by a forced write, which must not lead around a mapping that allows no
 * access at all. To go when 6.1 does.
 */
static inline int iomd_gup_vma_flags(const struct vm_area_struct *vma, bool write,
				     unsigned int *extra)
{
	if (!(vma->vm_flags & VM_READ))
		*extra = 0;
	return write && iomd_vma_tracks_writes(vma) ? -EXFULL : 0;
}

static inline unsigned int iomd_gup_first_flags(bool write)
{
	return write ? 0 : FOLL_FORCE | FOLL_WRITE;
}

/* The same for whatever is mapped in a range. */
static inline int iomd_gup_extra_flags(struct mm_struct *mm, unsigned long start,
				       unsigned long length, bool write, unsigned int *extra)
{
	struct vm_area_struct *vma;
	struct vma_iterator vmi;
	int err = 0;

	*extra = iomd_gup_first_flags(write);
	mmap_read_lock(mm);
	start = iomd_untagged_addr(mm, start);
	vma_iter_init(&vmi, mm, start);
	for_each_vma_range(vmi, vma, start + length)
		err = iomd_gup_vma_flags(vma, write, extra) ?: err;
	mmap_read_unlock(mm);
	return err;
}
#else
static inline int iomd_gup_vma_flags(const struct vm_area_struct *vma, bool write,
				     unsigned int *extra)
{
	return 0;
}

static inline unsigned int iomd_gup_first_flags(bool write)
{
	return 0;
}

static inline int iomd_gup_extra_flags(struct mm_struct *mm, unsigned long start,
				       unsigned long length, bool write, unsigned int *extra)
{
	*extra = 0;
	return 0;
}
#endif

/* Named so from 6.4 on. To go when 6.1 does. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
#define iomd_iter_iov(iter)	((iter)->iov)
#else
#define iomd_iter_iov(iter)	iter_iov(iter)
#endif

/*
 * Up to 6.9 dma_need_sync() says yes for every device behind an IOMMU. Where memory is
 * coherent, only those that are not trusted have their memory copied. To go when 6.1
 * does.
 */
static inline bool iomd_dma_iommu_is_coherent(struct device *dev)
{
	return IS_ENABLED(CONFIG_X86) && dma_get_merge_boundary(dev) &&
	       !(dev_is_pci(dev) && to_pci_dev(dev)->untrusted);
}

/*
 * From 6.10 on it is known of a device if none of its mappings needs work between
 * transfers. To go when 6.1 does.
 */
static inline bool iomd_dma_skips_sync(struct device *dev)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
	return false;
#else
	return !dma_dev_need_sync(dev);
#endif
}

/*
 * The namespace of dma-bufs; see <iomd/namespace.h>.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
#define IOMD_DMA_BUF_NS DMA_BUF
#else
#define IOMD_DMA_BUF_NS "DMA_BUF"
#endif

/*
 * From 6.2 on exporters map under the reservation lock. Before, one of static
 * attachments may take it itself, and importers leave it alone. To go when 6.1 does.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define iomd_dma_buf_map_attachment	dma_buf_map_attachment
#define iomd_dma_buf_unmap_attachment	dma_buf_unmap_attachment
#define iomd_dma_buf_vmap		dma_buf_vmap
#define iomd_dma_buf_vunmap		dma_buf_vunmap
#else
#define iomd_dma_buf_map_attachment	dma_buf_map_attachment_unlocked
#define iomd_dma_buf_unmap_attachment	dma_buf_unmap_attachment_unlocked
#define iomd_dma_buf_vmap		dma_buf_vmap_unlocked
#define iomd_dma_buf_vunmap		dma_buf_vunmap_unlocked
#endif

/*
 * From 6.11 on a domain is made for a device, before for a bus; and from 6.3 on
 * iommu_map() is told how to allocate. To go when 6.1 does.
 */
static inline struct iommu_domain *iomd_paging_domain_alloc(struct device *dev)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
	return iommu_domain_alloc(dev->bus) ?: ERR_PTR(-ENOMEM);
#else
	return iommu_paging_domain_alloc(dev);
#endif
}

static inline int iomd_iommu_map(struct iommu_domain *domain, unsigned long iova,
				 phys_addr_t phys, size_t size, int prot, gfp_t gfp)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
	if (!gfpflags_allow_blocking(gfp))
		return iommu_map_atomic(domain, iova, phys, size, prot);
	return iommu_map(domain, iova, phys, size, prot);
#else
	return iommu_map(domain, iova, phys, size, prot, gfp);
#endif
}

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

/* Below 4 GiB, for tasks that have no more. Only x86 can be asked. */
#ifdef MAP_32BIT
#define IOMD_MAP_32BIT	MAP_32BIT
#else
#define IOMD_MAP_32BIT	0
#endif

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

/*
 * Is there memory behind an address that the kernel has mapped page by page? Without
 * a linear map of struct pages, vmalloc_to_page() must not be asked about an address
 * that maps a device.
 */
static inline bool iomd_maps_memory(const void *p)
{
#if defined(CONFIG_X86_64) && !defined(CONFIG_SPARSEMEM_VMEMMAP)
	unsigned int level;
	pte_t *pte = lookup_address((unsigned long)p, &level);
	unsigned long pfn;

	if (!pte || !pte_present(*pte))
		return false;
	pfn = level == PG_LEVEL_4K ? pte_pfn(*pte) :
	      level == PG_LEVEL_2M ? pmd_pfn(*(pmd_t *)pte) : pud_pfn(*(pud_t *)pte);
	return pfn_valid(pfn);
#else
	struct page *page = vmalloc_to_page(p);

	return page && pfn_valid(page_to_pfn(page));
#endif
}

/*
 * A shrinker is allocated from 6.7 on, and part of something before. To go when 6.1
 * does.
 */
struct iomd_shrinker {
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
	struct shrinker base;
#else
	struct shrinker *base;
#endif
	unsigned long (*count)(void);
	unsigned long (*scan)(unsigned long nr_to_scan);
};

static inline struct iomd_shrinker *iomd_to_shrinker(struct shrinker *shrinker)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
	return container_of(shrinker, struct iomd_shrinker, base);
#else
	return shrinker->private_data;
#endif
}

static inline unsigned long iomd_shrinker_count(struct shrinker *shrinker,
						struct shrink_control *control)
{
	return iomd_to_shrinker(shrinker)->count();
}

static inline unsigned long iomd_shrinker_scan(struct shrinker *shrinker,
					       struct shrink_control *control)
{
	return iomd_to_shrinker(shrinker)->scan(control->nr_to_scan) ?: SHRINK_STOP;
}

static inline int iomd_shrinker_register(struct iomd_shrinker *shrinker,
					 unsigned long (*count)(void),
					 unsigned long (*scan)(unsigned long nr_to_scan))
{
	shrinker->count = count;
	shrinker->scan = scan;
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
	shrinker->base.count_objects = iomd_shrinker_count;
	shrinker->base.scan_objects = iomd_shrinker_scan;
	shrinker->base.seeks = DEFAULT_SEEKS;
	return register_shrinker(&shrinker->base, "iomd");
#else
	shrinker->base = shrinker_alloc(0, "iomd");
	if (!shrinker->base)
		return -ENOMEM;
	shrinker->base->count_objects = iomd_shrinker_count;
	shrinker->base->scan_objects = iomd_shrinker_scan;
	shrinker->base->private_data = shrinker;
	shrinker_register(shrinker->base);
	return 0;
#endif
}

static inline void iomd_shrinker_unregister(struct iomd_shrinker *shrinker)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
	unregister_shrinker(&shrinker->base);
#else
	shrinker_free(shrinker->base);
#endif
}

/* The flags of a mapping are written like this from 6.3 on. To go when 6.1 does. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
static inline void iomd_vm_flags_set(struct vm_area_struct *vma, vm_flags_t flags)
{
	lockdep_assert_held_write(&vma->vm_mm->mmap_lock);
	vma->vm_flags |= flags;
}

static inline void iomd_vm_flags_clear(struct vm_area_struct *vma, vm_flags_t flags)
{
	lockdep_assert_held_write(&vma->vm_mm->mmap_lock);
	vma->vm_flags &= ~flags;
}
#else
#define iomd_vm_flags_set	vm_flags_set
#define iomd_vm_flags_clear	vm_flags_clear
#endif

/* Where in an address space there is room is for that to say up to 6.9. To go when 6.1 does. */
static inline unsigned long iomd_mm_get_unmapped_area(struct mm_struct *mm, struct file *file,
						      unsigned long address, unsigned long length,
						      unsigned long pgoff, unsigned long flags)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
	return mm->get_unmapped_area(file, address, length, pgoff, flags);
#else
	return mm_get_unmapped_area(mm, file, address, length, pgoff, flags);
#endif
}

/* Below which address a task that has no more than 4 GiB looks for room. */
static inline unsigned long iomd_low_mmap_base(const struct mm_struct *mm)
{
#ifdef CONFIG_HAVE_ARCH_COMPAT_MMAP_BASES
	return mm->mmap_compat_base;
#else
	return mm->mmap_base;
#endif
}

/* Enter a page that page tables need not know to be one. */
static inline vm_fault_t iomd_vmf_insert_special(struct vm_area_struct *vma,
						 unsigned long address, unsigned long pfn)
{
	return vmf_insert_mixed(vma, address, __pfn_to_pfn_t(pfn, PFN_DEV));
}

#endif /* _IOMD_COMPAT_H */
