// SPDX-License-Identifier: GPL-2.0-only
/*
 * Windows in the address spaces of tasks.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/sched/mm.h>

#include "compat.h"
#include "mm_call.h"
#include "reference.h"
#include "task_window_private.h"

/**
 * DOC: Windows of tasks
 *
 * A window in a task is a mapping of a file that only this module knows. It shows memory
 * that belongs to the window, and goes when nothing maps that any more, whatever became of
 * the map object: the task may have unmapped it, or exited, or may go on using what a map
 * put over another mapping has left behind.
 *
 * A task cannot make a window writable that was made for reading only, nor executable, nor
 * longer, nor move it: mremap() fails with EINVAL, or EFAULT. What it unmaps, in whole or
 * in part, is gone for it, and unmapping the map later takes away what is left; if
 * something else is there by then, that stays. Children do not inherit windows.
 *
 * Touching a guard is SIGSEGV, and touching a window whose memory has gone, SIGBUS.
 * While a window is blocked, those who touch it wait until it is not, or until they are
 * killed. Access that cannot wait fails, with SIGBUS where it is a touch.
 *
 * The kernel can use windows on its own memory as it can use any memory of the task's, for
 * I/O say. Not so those on memory of devices, or of other tasks: who is to pin it there is
 * the task whose memory it is.
 *
 * Lock order: mmap_lock, the window's lock. Emptying page tables takes neither.
 */

/* Take the window from all page tables. What is entered from now on is what is seen now. */
static void zap(struct iomd_task_window *window)
{
	unmap_mapping_range(window->file->f_mapping, 0, 0, 1);
}

/*
 * Placing.
 */

/* A window and where it is to go. */
struct placing {
	struct iomd_mm_call call;
	struct iomd_task_window *window;
	unsigned long address;
	unsigned long flags;
	unsigned long result;
};

static u64 size_of(const struct iomd_task_window *window)
{
	return iomd_task_window_span(window) << PAGE_SHIFT;
}

static void place_here(struct iomd_mm_call *call)
{
	struct placing *placing = container_of(call, struct placing, call);
	struct iomd_task_window *window = placing->window;
	unsigned long prot = PROT_READ | (window->is_read_only ? 0 : PROT_WRITE);

	WRITE_ONCE(window->placer, current);
	placing->result = vm_mmap(window->file, placing->address, size_of(window), prot,
				  placing->flags, 0);
	WRITE_ONCE(window->placer, NULL);
}

/* Store where to put the window, if that is asked for. */
static int choose_place(struct placing *placing, const struct iomd_window_spec *spec)
{
	u32 skip = placing->window->skip;

	placing->flags = MAP_SHARED;
	if (spec->options & IOMD_MAP_ANYWHERE)
		return 0;
	if (spec->address != (unsigned long)spec->address)
		return -ENOMEM;
	if (offset_in_page(spec->address) && offset_in_page(spec->address) != skip)
		return -EINVAL;
	placing->address = spec->address & PAGE_MASK;
	placing->flags |= spec->options & IOMD_MAP_OVERWRITE ? MAP_FIXED : MAP_FIXED_NOREPLACE;
	return 0;
}

static int place(struct iomd_task_window *window, const struct iomd_window_spec *spec)
{
	struct placing placing = {
		.call = { .fn = place_here, .mm = window->mm },
		.window = window,
	};
	int err = choose_place(&placing, spec);

	if (err)
		return err;
	if (!iomd_mm_call(&placing.call))
		return -ENXIO;
	if (IS_ERR_VALUE(placing.result))
		return placing.result == (unsigned long)-EINTR ? -ECANCELED : placing.result;
	window->start = placing.result;
	return 0;
}

/*
 * Taking away.
 */

struct removal {
	struct iomd_mm_call call;
	struct iomd_task_window *window;
};

/* The first piece of the window that is still there, from @start on. */
static bool find_piece(const struct iomd_task_window *window, unsigned long *start,
		       unsigned long *size)
{
	unsigned long end = window->start + size_of(window);
	struct mm_struct *mm = window->mm;
	struct vm_area_struct *vma;

	VMA_ITERATOR(vmi, mm, *start);

	*size = 0;
	mmap_read_lock(mm);
	for_each_vma_range(vmi, vma, end) {
		if (vma->vm_file != window->file)
			continue;
		*start = max(*start, vma->vm_start);
		*size = min(end, vma->vm_end) - *start;
		break;
	}
	mmap_read_unlock(mm);
	return *size;
}

/* What the task has put in its place is none of our business. */
static void remove_here(struct iomd_mm_call *call)
{
	struct iomd_task_window *window = container_of(call, struct removal, call)->window;
	unsigned long start = window->start, size;

	for (; find_piece(window, &start, &size); start += size)
		vm_munmap(start, size);
}

/*
 * Take the window from the task, and store what was to be seen. The address space may be
 * going meanwhile.
 */
static void remove(struct iomd_task_window *window, struct iomd_view *view)
{
	struct removal removal = {
		.call = { .fn = remove_here, .mm = window->mm },
		.window = window,
	};

	down_write(&window->lock);
	*view = window->view;
	window->view.memory = NULL;
	window->blocked = 0;
	up_write(&window->lock);
	zap(window);
	wake_up_all(&window->wait);
	iomd_mm_call(&removal.call);
}

/* Take the window from the task, and let go of the memory. Sleeps; takes mmap_lock. */
void iomd_task_window_unmap(struct iomd_task_window *window)
{
	struct iomd_view view;

	remove(window, &view);
	iomd_view_close(&view);
}

/* Nobody can end the wait any more, nor undo what nothing was to be seen for. Sleeps. */
static void close_if_blocked(struct iomd_task_window *window)
{
	struct iomd_view view = {};

	down_write(&window->lock);
	if (window->blocked)
		swap(window->view, view);
	window->blocked = 0;
	up_write(&window->lock);
	wake_up_all(&window->wait);
	iomd_view_close(&view);
}

/*
 * Let go of the window; what is in the task stays, as far as there is something to be seen.
 * Sleeps.
 */
void iomd_task_window_put(struct iomd_task_window *window)
{
	close_if_blocked(window);
	fput(window->file);
}

/*
 * Filling page tables.
 */

/* Part of a window whose pages are to be in page tables. */
struct filling {
	struct iomd_task_window *window;
	unsigned long address;
	unsigned long end;
};

/* In batches, since locks are held. */
#define FILL_BATCH	512

static int to_errno(vm_fault_t fault)
{
	switch (fault) {
	case VM_FAULT_NOPAGE:
	case VM_FAULT_SIGSEGV:	/* nothing goes there */
		return 0;
	case VM_FAULT_OOM:
		return -ENOMEM;
	default:
		return -EFAULT;
	}
}

static int fill_batch(struct filling *filling)
{
	struct iomd_task_window *window = filling->window;
	unsigned int max = min_t(unsigned long, FILL_BATCH,
				 (filling->end - filling->address) >> PAGE_SHIFT);
	struct vm_area_struct *vma = find_vma(window->mm, filling->address);
	unsigned int nr = 0;
	int err = -EBUSY;

	if (!vma || vma->vm_start > filling->address || vma->vm_file != window->file)
		return -EFAULT;
	down_read(&window->lock);
	if (!window->blocked)
		err = to_errno(iomd_window_insert(window, vma, filling->address, max, &nr));
	up_read(&window->lock);
	filling->address += (unsigned long)nr << PAGE_SHIFT;
	return err;
}

static int fill(struct filling *filling)
{
	struct mm_struct *mm = filling->window->mm;
	int err = 0;

	while (!err && filling->address < filling->end) {
		mmap_read_lock(mm);
		err = fill_batch(filling);
		mmap_read_unlock(mm);
		cond_resched();
	}
	return err;
}

/*
 * Have all pages of a range in the page tables, which is not empty and lies in the window;
 * nothing goes where guards are. Sleeps; takes mmap_lock. Return: 0; -EFAULT if the task
 * has unmapped some of it; -EBUSY while those who touch it have to wait; -ENOMEM; -ENXIO if
 * the task is gone; -EACCES for writing in a window that is for reading.
 */
int iomd_task_window_populate(struct iomd_task_window *window, u64 offset, u64 length,
			      bool write)
{
	u64 first = window->skip + offset, base = window->start + (window->nr_guard << PAGE_SHIFT);
	struct filling filling = {
		.window = window,
		.address = base + (first & PAGE_MASK),
		.end = base + PAGE_ALIGN(first + length),
	};
	int err;

	if (write && window->is_read_only)
		return -EACCES;
	if (!mmget_not_zero(window->mm))
		return -ENXIO;
	err = fill(&filling);
	mmput_async(window->mm);
	return err;
}

/*
 * The whole.
 */

static int open_in_task(struct iomd_task_window *window, const struct iomd_window_spec *spec)
{
	int err = place(window, spec);

	/* What has to wait comes in when it is touched. */
	if (err || !(spec->options & IOMD_MAP_PREFAULT) || spec->blocked)
		return err;
	return iomd_task_window_populate(window, 0, spec->length, false);
}

/*
 * Show what @asked says. The window takes over the memory, unless this fails. Sleeps; takes
 * mmap_lock of the task. Return: the window, and where the first byte is; or an error
 * pointer: -EINVAL for an address that is neither a page's nor as far into one as the
 * memory; -EEXIST if something is there; -EPERM if it is too low; -ENOMEM if it is too
 * high, if there is no room, or no memory; -EOPNOTSUPP or -EBUSY for a cache mode; -ENXIO
 * if the task is gone; -ECANCELED if the caller is being killed.
 */
struct iomd_task_window *iomd_task_window_open(const struct iomd_window_spec *asked,
					       const struct iomd_survey *survey, u64 *address)
{
	struct iomd_window_spec copy = *asked, *spec = &copy;
	struct iomd_task_window *window;
	struct iomd_view view;
	int err;

	/* More would overflow; no task has so many addresses. */
	if (spec->length > U64_MAX / 4 || spec->length > spec->task->task_size)
		return ERR_PTR(-ENOMEM);
	if (iomd_desc_is_read_only(spec->memory))
		spec->options |= IOMD_MAP_READ_ONLY;
	window = iomd_window_create(spec, survey);
	if (IS_ERR(window))
		return window;
	err = open_in_task(window, spec);
	if (err) {
		remove(window, &view);
		iomd_view_abandon(&view);
		iomd_task_window_put(window);
		return ERR_PTR(err);
	}
	*address = window->start + (window->nr_guard << PAGE_SHIFT) + window->skip;
	return window;
}

/*
 * Changes.
 */

/* The mode is one of the mapping, for memory that page tables have references on. */
static void change_prot(struct iomd_task_window *window)
{
	unsigned long end = window->start + size_of(window);
	struct vm_area_struct *vma;

	VMA_ITERATOR(vmi, window->mm, window->start);

	lockdep_assert_held_write(&window->mm->mmap_lock);
	for_each_vma_range(vmi, vma, end)
		if (vma->vm_file == window->file)
			vma->vm_page_prot = iomd_view_prot(&window->view,
							   vm_get_page_prot(vma->vm_flags));
}

/* Nobody can touch the window in the task while the view changes. */
static void switch_view(struct iomd_task_window *window, struct iomd_view *view)
{
	bool lives = mmget_not_zero(window->mm);

	if (lives)
		mmap_write_lock(window->mm);
	down_write(&window->lock);
	swap(window->view, *view);
	if (lives)
		change_prot(window);
	up_write(&window->lock);
	if (lives) {
		mmap_write_unlock(window->mm);
		mmput_async(window->mm);
	}
}

/*
 * Show other memory from now on, of which the window takes over a part that is as long and
 * begins as far into a page, unless this fails. Sleeps; takes mmap_lock. Return: 0, or the
 * errors that a cache mode gives rise to.
 */
int iomd_task_window_exchange(struct iomd_task_window *window, struct iomd_desc *memory,
			      u64 offset, const struct iomd_survey *survey)
{
	const struct iomd_window_spec spec = {
		.memory = memory,
		.offset = offset,
		.length = window->view.length,
	};
	struct iomd_view view;
	int err = iomd_view_open(&view, &spec, survey);

	if (err)
		return err;
	switch_view(window, &view);
	zap(window);
	iomd_view_close(&view);
	return 0;
}

/* Have those who touch the window wait, or no longer for this reason. Sleeps. */
void iomd_task_window_block(struct iomd_task_window *window, enum iomd_blocked why, bool block)
{
	down_write(&window->lock);
	if (block)
		window->blocked |= why;
	else
		window->blocked &= ~why;
	up_write(&window->lock);
	if (block)
		zap(window);
	else
		wake_up_all(&window->wait);
}
