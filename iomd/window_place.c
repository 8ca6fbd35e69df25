// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where windows go in the address space of a task.
 *
 * The kernel looks for room as the thread that calls sees it. That may be a worker's, which
 * has all addresses there are, while the task has not.
 */
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/sched/mm.h>

#include "compat.h"
#include "task_window_private.h"

/* Stacks grow; how much is to be left for that the kernel does not tell. */
#define STACK_GAP	(256UL << PAGE_SHIFT)

/* The lowest address that tasks without special rights can have. */
static unsigned long lowest_address(void)
{
	return max_t(unsigned long, CONFIG_DEFAULT_MMAP_MIN_ADDR, PAGE_SIZE);
}

static unsigned long start_with_gap(const struct vm_area_struct *vma)
{
	unsigned long gap = vma->vm_flags & VM_GROWSDOWN ? STACK_GAP : 0;

	return vma->vm_start - min(gap, vma->vm_start);
}

/* The highest room below @limit. */
static unsigned long find_room_below(struct mm_struct *mm, unsigned long length,
				     unsigned long limit)
{
	unsigned long start = lowest_address(), found = -ENOMEM;
	struct vm_area_struct *vma;

	VMA_ITERATOR(vmi, mm, 0);

	lockdep_assert_held(&mm->mmap_lock);
	for_each_vma_range(vmi, vma, limit) {
		unsigned long end = min(start_with_gap(vma), limit);

		if (end >= start && end - start >= length)
			found = end - length;
		start = max(start, vma->vm_end);
	}
	if (limit >= start && limit - start >= length)
		found = limit - length;
	return found;
}

static unsigned long find_room(struct mm_struct *mm, unsigned long length)
{
	unsigned long limit = mm->task_size;
	unsigned long found = find_room_below(mm, length, min(iomd_low_mmap_base(mm), limit));

	return IS_ERR_VALUE(found) ? find_room_below(mm, length, limit) : found;
}

/* Return: an address, or an errno as IS_ERR_VALUE() tells. */
unsigned long iomd_window_get_unmapped_area(struct file *file, unsigned long address,
					    unsigned long length, unsigned long pgoff,
					    unsigned long flags)
{
	struct mm_struct *mm = current->mm;

	if (length > mm->task_size)
		return -ENOMEM;
	if (flags & MAP_FIXED) {
		if (address < lowest_address())
			return -EPERM;
		return address > mm->task_size - length ? -ENOMEM : address;
	}
	if (mm->task_size < TASK_SIZE)
		return find_room(mm, length);
	return iomd_mm_get_unmapped_area(mm, file, address, length, pgoff, flags);
}
