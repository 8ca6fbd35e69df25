// SPDX-License-Identifier: GPL-2.0-only
/*
 * User memory to runs, and back.
 *
 * Pages are pinned a batch at a time, because the fast path keeps interrupts off
 * for a whole call, and merged by page frame number as they come. Only batches
 * are ever held as page pointers; which pages are pinned is known from the runs,
 * and they are unpinned run by run, which costs one atomic operation a folio.
 */
#include <linux/hugetlb.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "compat.h"
#include "pin.h"
#include "runs.h"

#define BATCH_PAGES	512UL
#define LOCAL_PAGES	32UL

/*
 * A batch is a page full of pointers. One is kept on every CPU, because a fresh
 * one would be cleared each time on kernels that clear what they allocate.
 */
static DEFINE_PER_CPU(struct page **, spare_batch);

static struct page **batch_get(void)
{
	struct page **pages = this_cpu_xchg(spare_batch, NULL);

	return pages ?: kmalloc_array(BATCH_PAGES, sizeof(*pages), GFP_KERNEL);
}

static void batch_put(struct page **pages)
{
	struct page **old = this_cpu_xchg(spare_batch, pages);

	kfree(old);
}

/* Module exit: nothing pins any more. */
void iomd_pin_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		kfree(per_cpu(spare_batch, cpu));
}

/* Where pages come from, and what the loop over batches has to keep. */
struct pin_source {
	struct mm_struct *mm;
	bool remote;		/* not the caller's own address space */
	unsigned int gup_flags;
	unsigned int extra;	/* to be tried first */
	u64 seen;		/* how far @extra is known */
};

static __always_inline long pin_pages(const struct pin_source *source, unsigned long start,
				      int nr, unsigned int gup_flags, struct page **pages)
{
	if (unlikely(source->remote))
		return iomd_pin_user_pages_remote(source->mm, start, nr, gup_flags, pages);
	return pin_user_pages_fast(start, nr, gup_flags, pages);
}

/* Is @start behind the end of the file that is mapped there? */
static bool is_lost(const struct vm_area_struct *vma, unsigned long start)
{
	u64 offset;

	if (!vma->vm_file || (vma->vm_flags & (VM_PFNMAP | VM_MIXEDMAP)))
		return false;
	offset = ((u64)vma->vm_pgoff << PAGE_SHIFT) + (start - vma->vm_start);
	return S_ISREG(file_inode(vma->vm_file)->i_mode) &&
	       offset >= (u64)i_size_read(file_inode(vma->vm_file));
}

/*
 * Say why @start could not be pinned, in errnos that mean one thing each: the
 * kernel returns -EFAULT for memory that is not there, for memory that may not
 * be written and for memory that cannot be pinned at all. What is not present, and is not
 * to be faulted in, may be had later.
 */
static int pin_classify(const struct pin_source *source, unsigned long start)
{
	struct mm_struct *mm = source->mm;
	struct vm_area_struct *vma;
	int err;

	mmap_read_lock(mm);
	start = iomd_untagged_addr(mm, start);
	vma = find_vma(mm, start);
	if (!vma || start < vma->vm_start)
		err = -EFAULT;
	else if (!(vma->vm_flags & VM_READ) ||
		 ((source->gup_flags & FOLL_WRITE) && !(vma->vm_flags & VM_WRITE)))
		err = -EACCES;
	else if (source->gup_flags & FOLL_NOFAULT)
		err = -EAGAIN;
	else if (is_lost(vma, start))
		err = -EFAULT;
	else
		err = -EXFULL;
	mmap_read_unlock(mm);
	return err;
}

/* Every error that pinning returns, as one of those we document. */
static int pin_errno(const struct pin_source *source, unsigned long start, long ret)
{
	switch (ret) {
	case 0:
	case -EFAULT:
	case -EOVERFLOW:
	case -EINVAL:
		return pin_classify(source, start);
	case -ENOMEM:
		return -ENOMEM;
	case -EHWPOISON:
		return -EFAULT;
	case -EINTR:
	case -ERESTARTSYS:
		return -ECANCELED;
	default:
		return -EXFULL;
	}
}

/* Pin up to a batch at @start. Return: pages pinned, at least one, or an errno. */
static __always_inline long pin_batch(const struct pin_source *source, unsigned long start,
				      int nr, struct page **pages)
{
	long ret = pin_pages(source, start, nr, source->gup_flags | source->extra, pages);

	/* A mapping that is shared or read-only for good takes no forced write. */
	if (unlikely(ret == -EFAULT && source->extra))
		ret = pin_pages(source, start, nr, source->gup_flags, pages);

	return likely(ret > 0) ? ret : pin_errno(source, start, ret);
}

/* Look for what pinning itself does not look for. Return: 0 or -EXFULL. */
static __always_inline int look_ahead(struct pin_source *source, unsigned long start, int nr)
{
	if (start + ((unsigned long)nr << PAGE_SHIFT) <= source->seen)
		return 0;
	return iomd_gup_extra_flags(source->mm, start, (unsigned long)nr << PAGE_SHIFT,
				    source->gup_flags & FOLL_WRITE, &source->extra);
}

/*
 * Between two batches, or pieces: others want to run, and whoever is being killed wants no
 * more. Return: 0 or -ECANCELED.
 */
int iomd_pin_breathe(void)
{
	cond_resched();
	return fatal_signal_pending(current) ? -ECANCELED : 0;
}

/* Append pages, of which the first @skip bytes are not meant. Return: how many. */
static __always_inline long append_pages(struct iomd_runs *runs, struct page **pages, long nr,
					 u32 skip, u64 length)
{
	if (nr == 1)
		return !iomd_runs_add(runs, page_to_phys(pages[0]) + skip, length);
	return iomd_runs_add_pages(runs, pages, nr, skip, length);
}

static __always_inline int pin_batches(struct iomd_runs *runs, struct pin_source *source,
				       u64 address, u64 length, struct page **pages,
				       unsigned long max_pages)
{
	for (;;) {
		u32 skip = offset_in_page(address);
		int wanted = min_t(u64, PFN_UP(skip + length), max_pages);
		int err = look_ahead(source, address - skip, wanted);
		long nr, added;
		u64 chunk;

		if (err)
			return err;
		nr = pin_batch(source, address - skip, wanted, pages);
		if (nr < 0)
			return nr;

		chunk = min_t(u64, ((u64)nr << PAGE_SHIFT) - skip, length);
		added = append_pages(runs, pages, nr, skip, chunk);
		if (unlikely(added < nr)) {
			unpin_user_pages(pages + added, nr - added);
			return -ENOMEM;
		}

		address += chunk;
		length -= chunk;
		if (!length)
			return 0;
		err = iomd_pin_breathe();
		if (err)
			return err;
	}
}

static noinline int pin_range(struct iomd_runs *runs, struct pin_source *source, u64 address,
			      u64 length, struct page **pages)
{
	return pin_batches(runs, source, address, length, pages, BATCH_PAGES);
}

/* What mapping an address is in. */
struct area {
	u64 end;
	u64 huge_page_size;	/* 0 if it is not one of huge pages */
};

/* Find it, and look ahead there as far as a batch goes. */
static struct area find_area(struct pin_source *source, unsigned long address)
{
	bool write = source->gup_flags & FOLL_WRITE;
	struct area area = { .end = U64_MAX };
	struct mm_struct *mm = source->mm;
	struct vm_area_struct *vma;

	source->extra = iomd_gup_first_flags(write);
	source->seen = 0;
	mmap_read_lock(mm);
	vma = find_vma(mm, iomd_untagged_addr(mm, address));
	if (vma && vma->vm_start <= iomd_untagged_addr(mm, address)) {
		area.end = address + (vma->vm_end - iomd_untagged_addr(mm, address));
		if (!iomd_gup_vma_flags(vma, write, &source->extra)) {
			source->seen = min(area.end, address + (BATCH_PAGES << PAGE_SHIFT));
			if (is_vm_hugetlb_page(vma))
				area.huge_page_size = vma_kernel_pagesize(vma);
		}
	}
	mmap_read_unlock(mm);
	return area;
}

/* Is it the part of a huge page that belongs at @address? */
static bool is_huge_at(struct page *page, u64 address, u64 page_size)
{
	struct page *head = compound_head(page);

	return PageHuge(head) && (u64)compound_nr(head) << PAGE_SHIFT == page_size &&
	       page == nth_page(head, (address & (page_size - 1)) >> PAGE_SHIFT);
}

/*
 * Huge pages of hugetlb are mapped as a whole or not at all, so one pin keeps all of one,
 * and one page says where the rest is. Return: bytes appended, which are fewer than @length
 * if there is something else in between, or an errno.
 */
static s64 pin_huge(struct iomd_runs *runs, const struct pin_source *source, u64 address,
		    u64 length, u64 page_size)
{
	u64 start = address, end = address + length;
	s64 err = 0;

	/* Of the list one stretch can be so; a second one is pinned page by page. */
	if (runs->huge_end != runs->huge_first && runs->huge_end != iomd_runs_count(runs))
		return 0;
	iomd_runs_break(runs);
	if (runs->huge_end == runs->huge_first)
		runs->huge_first = iomd_runs_count(runs);
	while (address < end) {
		u64 chunk = min(end, (address | (page_size - 1)) + 1) - address;
		struct page *page;
		long nr = address == start ? 0 : iomd_pin_breathe();

		nr = nr ?: pin_batch(source, address & PAGE_MASK, 1, &page);
		if (nr < 0) {
			err = nr;
			break;
		}
		if (!is_huge_at(page, address, page_size) ||
		    iomd_runs_add(runs, page_to_phys(page) + offset_in_page(address), chunk)) {
			unpin_user_page(page);
			break;
		}
		address += chunk;
	}
	runs->huge_end = iomd_runs_count(runs);
	iomd_runs_break(runs);
	return err ?: address - start;
}

/* The same as pin_range(), where there may be huge pages among it. */
static int pin_large(struct iomd_runs *runs, struct pin_source *source, u64 address,
		     u64 length, struct page **pages)
{
	for (;;) {
		struct area area = find_area(source, address);
		u64 chunk = min(length, area.end - address);
		s64 done = 0;
		int err;

		if (area.huge_page_size)
			done = pin_huge(runs, source, address, chunk, area.huge_page_size);
		if (done < 0)
			return done;
		if (done < chunk) {
			err = pin_range(runs, source, address + done, chunk - done, pages);
			if (err)
				return err;
		}
		address += chunk;
		length -= chunk;
		if (!length)
			return 0;
		err = iomd_pin_breathe();
		if (err)
			return err;
	}
}

/* Few pages take nothing to be allocated. */
static __always_inline int pin_small(struct iomd_runs *runs, struct pin_source *source,
				     u64 address, u64 length)
{
	struct page *local[LOCAL_PAGES] __uninitialized;

	return pin_batches(runs, source, address, length, local, LOCAL_PAGES);
}

/* Many take a batch at a time. */
static noinline int pin_many(struct iomd_runs *runs, struct pin_source *source, u64 address,
			     u64 length)
{
	struct page **pages = batch_get();
	int err;

	if (!pages)
		return -ENOMEM;
	if (length < PMD_SIZE)
		err = pin_range(runs, source, address, length, pages);
	else
		err = pin_large(runs, source, address, length, pages);
	batch_put(pages);
	return err;
}

/*
 * Pin [@address, @address + @length) of @mm for as long as it takes, as @how says
 * (IOMD_PIN_*), and append the pages to @runs, not merged with what is there already. On error
 * the runs appended so far stay, pinned: the caller drops the list as a whole.
 *
 * Sleeps, faults and takes mmap_lock of @mm. The caller has checked that the
 * range does not wrap, and holds @mm (mmgrab).
 *
 * Return: 0; -EFAULT where nothing is mapped; -EACCES where the mapping does not
 * allow the access; -EXFULL where memory is of a kind that cannot be pinned;
 * -ENXIO if the address space has exited; -ENOMEM; -ECANCELED if the caller is
 * being killed.
 */
int iomd_pin_user(struct iomd_runs *runs, struct mm_struct *mm, u64 address, u64 length,
		  unsigned int how)
{
	struct pin_source source = {
		.mm = mm,
		.remote = current->mm != mm,
		.gup_flags = FOLL_LONGTERM | (how & (IOMD_PIN_WRITE | IOMD_PIN_NO_FAULT)),
	};
	int err;

	if (source.remote && !mmget_not_zero(mm))
		return -ENXIO;

	iomd_runs_break(runs);
	if (length <= (LOCAL_PAGES - 1) << PAGE_SHIFT)
		err = pin_small(runs, &source, address, length);
	else
		err = pin_many(runs, &source, address, length);
	iomd_runs_break(runs);
	if (source.remote)
		mmput_async(mm);
	return err;
}

static __always_inline void unpin_page(struct page *page, bool dirty)
{
	struct folio *folio = page_folio(page);

	if (dirty && !folio_test_dirty(folio))
		set_page_dirty_lock(page);
	iomd_unpin_page(page, folio);
}

static void unpin_range(unsigned long pfn, unsigned long nr, bool dirty)
{
	unsigned long end = pfn + nr;

	for (; pfn < end; pfn += BATCH_PAGES) {
		unpin_user_page_range_dirty_lock(pfn_to_page(pfn), min(end - pfn, BATCH_PAGES),
						 dirty);
		cond_resched();
	}
}

/*
 * A run that holds one pin for each page, but is not just a page, which would end at @end.
 * Return: where it does.
 */
static noinline u64 unpin_run(const struct iomd_run *run, u64 end, bool dirty)
{
	u64 length = offset_in_page(run->phys) + run->end - (end - PAGE_SIZE);

	if (length <= PAGE_SIZE)
		unpin_page(pfn_to_page(PHYS_PFN(run->phys)), dirty);
	else
		unpin_range(PHYS_PFN(run->phys), PFN_UP(length), dirty);
	return run->end;
}

/* Runs that hold one pin for each page. Most are a page: here every instruction is one for each. */
static __always_inline void unpin_runs(const struct iomd_run *run, const struct iomd_run *limit,
				       u64 start, bool dirty)
{
	for (; run < limit; run++) {
		u64 phys = run->phys;

		start += PAGE_SIZE;
		if (likely(run->end == start && !offset_in_page(phys)))
			unpin_page(pfn_to_page(PHYS_PFN(phys)), dirty);
		else
			start = unpin_run(run, start, dirty);
	}
}

static void unpin_huge_run(u64 phys, u64 end, bool dirty)
{
	while (phys < end) {
		struct page *page = pfn_to_page(PHYS_PFN(phys));
		u64 page_size = (u64)compound_nr(compound_head(page)) << PAGE_SHIFT;

		unpin_page(page, dirty);
		phys = (phys | (page_size - 1)) + 1;
		cond_resched();
	}
}

/* The same where some, from @index on, may hold one pin for each huge page. */
static noinline void unpin_mixed(const struct iomd_runs *runs, u32 index,
				 const struct iomd_run *run, const struct iomd_run *limit,
				 u64 start, bool dirty)
{
	for (; run < limit; run++, index++) {
		if (index >= runs->huge_first && index < runs->huge_end)
			unpin_huge_run(run->phys, run->phys + run->end - start, dirty);
		else
			unpin_runs(run, run + 1, start, dirty);
		start = run->end;
	}
}

/*
 * Unpin all pages of @runs, which hold nothing but pinned user memory, and empty
 * the list. @dirty: the device may have written them. Sleeps.
 */
void iomd_unpin_user(struct iomd_runs *runs, bool dirty)
{
	u32 chunk, last = runs->nr_chunks - 1;
	u64 start = 0;

	for (chunk = 0; ; chunk++) {
		const struct iomd_run *run = runs->chunks[chunk];
		const struct iomd_run *limit = chunk < last ? run + IOMD_RUNS_CHUNK : runs->next;

		if (unlikely(runs->huge_end != runs->huge_first))
			unpin_mixed(runs, chunk * IOMD_RUNS_CHUNK, run, limit, start, dirty);
		else if (dirty)
			unpin_runs(run, limit, start, true);
		else
			unpin_runs(run, limit, start, false);
		if (chunk == last)
			break;
		start = limit[-1].end;
		cond_resched();
	}
	iomd_runs_free(runs);
}

/* Say that a device has written the pages of @runs, which stay pinned. Sleeps. */
void iomd_mark_dirty(const struct iomd_runs *runs)
{
	u64 start = 0;
	u32 i;

	for (i = 0; i < iomd_runs_count(runs); i++) {
		const struct iomd_run *run = iomd_runs_at(runs, i);
		unsigned long pfn = PHYS_PFN(run->phys);
		u64 left = DIV_ROUND_UP_ULL(offset_in_page(run->phys) + run->end - start,
					    PAGE_SIZE);

		for (; left; left--)
			set_page_dirty_lock(pfn_to_page(pfn++));
		start = run->end;
		cond_resched();
	}
}
