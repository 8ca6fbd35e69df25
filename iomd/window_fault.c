// SPDX-License-Identifier: GPL-2.0-only
/*
 * What tasks find in their windows, page by page.
 */
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>

#include "compat.h"
#include "general.h"
#include "task_window_private.h"

/* Pages entered when one is touched, as far as they lie behind it in one piece. */
#define FAULT_AROUND	16

/*
 * Can page tables hold the page, as they hold those of files? Pins and addresses are no
 * references; parts of large allocations have none of their own; and what belongs to
 * somebody's file is taken from page tables through that alone. All of that stays as long as
 * the memory is held, so the page tables need to know nothing of it.
 */
static bool is_refcounted(const struct iomd_general *leaf, unsigned long pfn)
{
	struct page *page;

	if (iomd_general_is_user(leaf) || iomd_general_is_physical(leaf) || !pfn_valid(pfn))
		return false;
	page = pfn_to_page(pfn);
	if (PageReserved(page) || is_zone_device_page(page) || !page_count(page))
		return false;
	return leaf->file || !page_folio(page)->mapping;
}

static vm_fault_t insert_page(struct vm_area_struct *vma, unsigned long address,
			      const struct iomd_general *leaf, unsigned long pfn)
{
	if (is_refcounted(leaf, pfn))
		return vmf_insert_page(vma, address, pfn_to_page(pfn));
	return iomd_vmf_insert_special(vma, address, pfn);
}

static u64 nr_pages_of(const struct iomd_extent *extent)
{
	return PHYS_PFN(extent->address + extent->length - 1) - PHYS_PFN(extent->address) + 1;
}

/* Pages from @page on that are in one piece. Return: VM_FAULT_NOPAGE, or what is wrong. */
static vm_fault_t find_pages(const struct iomd_task_window *window, u64 page,
			     struct iomd_walk *walk, struct iomd_extent *extent)
{
	const struct iomd_view *view = &window->view;
	u64 offset = view->offset;

	if (!view->memory)
		return VM_FAULT_SIGBUS;
	if (page)
		offset += (page << PAGE_SHIFT) - window->skip;
	if (iomd_desc_walk(view->memory, walk, offset, extent))
		return VM_FAULT_SIGBUS;
	return walk->leaf->nature == IOMD_NATURE_GUARD ? VM_FAULT_SIGSEGV : VM_FAULT_NOPAGE;
}

/*
 * Enter the page at @address, and up to @max in all if they are in one piece, in page
 * tables. The window is locked, and so is the address space. Return: VM_FAULT_NOPAGE, and
 * how many were looked at in @nr; or what is wrong with the first one.
 */
vm_fault_t iomd_window_insert(struct iomd_task_window *window, struct vm_area_struct *vma,
			      unsigned long address, unsigned int max, unsigned int *nr)
{
	u64 page = linear_page_index(vma, address), i, count;
	struct iomd_walk walk = {};
	struct iomd_extent extent;
	vm_fault_t ret;

	lockdep_assert_held(&window->lock);
	*nr = 1;
	if (page < window->nr_guard || page >= window->nr_guard + window->nr_pages)
		return VM_FAULT_SIGSEGV;
	page -= window->nr_guard;
	ret = find_pages(window, page, &walk, &extent);
	if (ret != VM_FAULT_NOPAGE)
		return ret;

	count = min3(nr_pages_of(&extent), window->nr_pages - page, (u64)max);
	count = min_t(u64, count, (vma->vm_end - address) >> PAGE_SHIFT);
	for (i = 0; i < count; i++) {
		ret = insert_page(vma, address + (i << PAGE_SHIFT), walk.leaf,
				  PHYS_PFN(extent.address) + i);
		if (ret != VM_FAULT_NOPAGE)
			break;
	}
	if (!i)
		return ret;
	/* Page tables that hold bare addresses do not say whether those were written. */
	if (!window->is_read_only)
		WRITE_ONCE(walk.runs->cpu_wrote, true);
	*nr = i;
	return VM_FAULT_NOPAGE;
}

static bool is_open(struct iomd_task_window *window)
{
	return !READ_ONCE(window->blocked);
}

/*
 * Wait until there is something to be seen, without the address space's lock: others are
 * to go on. Signals that the task handles interrupt it where it is the task that touches
 * the window, and it touches it again; where it is the kernel, only those that kill. Those
 * do not reach who exits, for whom the kernel looks at locks and the like that the task has
 * named; and what ends the wait may be a file that is closed after that.
 */
static vm_fault_t wait_until_open(struct iomd_task_window *window, struct vm_fault *vmf)
{
	struct file *file;

	if (!(vmf->flags & FAULT_FLAG_ALLOW_RETRY) || (current->flags & PF_EXITING))
		return VM_FAULT_SIGBUS;
	/* A task that locks all it maps touches it then, and does without if it fails. */
	if (READ_ONCE(window->placer) == current)
		return VM_FAULT_SIGBUS;
	if (vmf->flags & FAULT_FLAG_RETRY_NOWAIT)
		return VM_FAULT_RETRY;
	file = get_file(window->file);
	mmap_read_unlock(vmf->vma->vm_mm);
	/* What interrupts it is looked for by whoever handles the fault. */
	if ((vmf->flags & FAULT_FLAG_USER) && (vmf->flags & FAULT_FLAG_INTERRUPTIBLE))
		(void)wait_event_interruptible(window->wait, is_open(window));
	else
		(void)wait_event_killable(window->wait, is_open(window));
	fput(file);
	return VM_FAULT_RETRY;
}

/*
 * Without a .map_pages the kernel always comes with mmap_lock.
 */
static vm_fault_t window_fault(struct vm_fault *vmf)
{
	struct iomd_task_window *window = iomd_window_of(vmf->vma->vm_file);
	bool is_blocked;
	unsigned int nr;
	vm_fault_t ret = 0;

	down_read(&window->lock);
	is_blocked = window->blocked;
	if (!is_blocked)
		ret = iomd_window_insert(window, vmf->vma, vmf->address, FAULT_AROUND, &nr);
	up_read(&window->lock);
	return is_blocked ? wait_until_open(window, vmf) : ret;
}

/* The map could not say where it is. */
static int window_mremap(struct vm_area_struct *vma)
{
	return -EINVAL;
}

const struct vm_operations_struct iomd_window_vm_ops = {
	.fault = window_fault,
	.mremap = window_mremap,
};
