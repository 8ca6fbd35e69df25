// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that can be paged out: files without a name.
 *
 * While it is wired the pages are held and kept off the lists that reclaim looks at;
 * otherwise they come and go as the kernel likes.
 */
#include <linux/err.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/pagemap.h>
#include <linux/pagevec.h>
#include <linux/sched/signal.h>
#include <linux/shmem_fs.h>
#include <linux/spinlock.h>
#include <linux/swap.h>

#include "compat.h"
#include "mm_call.h"
#include "runs.h"
#include "shmem.h"

/*
 * A file of @size bytes, which are zero until they are written. Pages that are wired
 * may stay so for long, so they do not come from where memory is to be movable.
 */
struct file *iomd_shmem_create(u64 size)
{
	struct file *file = shmem_file_setup("iomd", PAGE_ALIGN(size), 0);

	if (!IS_ERR(file))
		mapping_set_gfp_mask(file->f_mapping,
				     GFP_HIGHUSER | __GFP_ACCOUNT | __GFP_RETRY_MAYFAIL |
				     __GFP_NOWARN);
	return file;
}

/*
 * Several may have the pages of a file wired: what is prepared, and what maps show. Nobody
 * else uses the private data of such a file, so that says how many.
 */
static DEFINE_SPINLOCK(wired_lock);

static void count_wired(struct file *file, long more)
{
	long nr;

	spin_lock(&wired_lock);
	nr = (long)file->private_data + more;
	file->private_data = (void *)nr;
	if (nr)
		mapping_set_unevictable(file->f_mapping);
	else
		mapping_clear_unevictable(file->f_mapping);
	spin_unlock(&wired_lock);
}

/*
 * Read in the first @length bytes, hold their pages, and append them to @runs, which is
 * empty. On error nothing is held. Sleeps. Return: 0; -ENOMEM; -ENOBUFS if they cannot be
 * read; -ECANCELED if the caller is being killed.
 */
int iomd_shmem_wire(struct iomd_runs *runs, struct file *file, u64 length)
{
	struct address_space *mapping = file->f_mapping;
	u64 offset;
	int err;

	count_wired(file, 1);
	for (offset = 0; offset < length; offset += PAGE_SIZE) {
		struct page *page;

		err = -ECANCELED;
		if (fatal_signal_pending(current))
			goto err_wired;
		page = shmem_read_mapping_page(mapping, offset >> PAGE_SHIFT);
		if (IS_ERR(page)) {
			err = PTR_ERR(page) == -ENOMEM ? -ENOMEM : -ENOBUFS;
			goto err_wired;
		}
		err = iomd_runs_add(runs, page_to_phys(page),
				    min_t(u64, length - offset, PAGE_SIZE));
		if (err) {
			put_page(page);
			goto err_wired;
		}
		cond_resched();
	}
	return 0;

err_wired:
	iomd_shmem_unwire(runs, file, false);
	return err;
}

/* Give pages back to reclaim, many at a time. */
static void release_batch(struct folio_batch *batch)
{
	check_move_unevictable_folios(batch);
	folio_batch_release(batch);
	cond_resched();
}

/* Let go of all pages in @runs, and empty the list. @dirty: they may have been written. */
void iomd_shmem_unwire(struct iomd_runs *runs, struct file *file, bool dirty)
{
	struct folio_batch batch;
	u64 offset = 0;
	u32 i;

	count_wired(file, -1);
	folio_batch_init(&batch);
	for (i = 0; i < iomd_runs_count(runs); i++) {
		const struct iomd_run *run = iomd_runs_at(runs, i);
		unsigned long pfn = PHYS_PFN(run->phys);

		for (; offset < run->end; offset += PAGE_SIZE, pfn++) {
			struct page *page = pfn_to_page(pfn);

			if (dirty)
				set_page_dirty(page);
			if (!folio_batch_add(&batch, page_folio(page)))
				release_batch(&batch);
		}
	}
	if (folio_batch_count(&batch))
		release_batch(&batch);
	iomd_runs_free(runs);
}

/* Throw the contents away, here and in swap; they read as zero from then on. */
void iomd_shmem_discard(struct file *file)
{
	shmem_truncate_range(file_inode(file), 0, (loff_t)-1);
}

/* Has nothing been written, or nothing been left? */
bool iomd_shmem_is_empty(struct file *file)
{
	struct inode *inode = file_inode(file);

	return !READ_ONCE(inode->i_mapping->nrpages) && !READ_ONCE(SHMEM_I(inode)->swapped);
}

/* How many pages are in memory, roughly. */
unsigned long iomd_shmem_resident(struct file *file)
{
	return READ_ONCE(file->f_mapping->nrpages);
}

/* Add how many pages are in memory, and how many of them differ from what is in swap. */
void iomd_shmem_count(struct file *file, u64 *resident, u64 *dirty)
{
	struct address_space *mapping = file->f_mapping;
	u64 index, nr = i_size_read(file_inode(file)) >> PAGE_SHIFT;

	for (index = 0; index < nr; index++) {
		struct page *page = find_get_page(mapping, index);

		if (page) {
			(*resident)++;
			if (PageDirty(page))
				(*dirty)++;
			put_page(page);
		}
		cond_resched();
	}
}

/* A file to be mapped into a task, or taken from it. */
struct mm_file_call {
	struct iomd_mm_call call;
	struct file *file;
	u64 address;
	u64 size;
};

static struct mm_file_call *to_file_call(struct iomd_mm_call *call)
{
	return container_of(call, struct mm_file_call, call);
}

/* Addresses are looked for as for the thread that calls, which may have more than the task. */
static void map_here(struct iomd_mm_call *mm_call)
{
	struct mm_file_call *call = to_file_call(mm_call);
	unsigned long limit = mm_call->mm->task_size, flags = MAP_SHARED;

	if (limit <= U32_MAX)
		flags |= IOMD_MAP_32BIT;
	call->address = vm_mmap(call->file, 0, call->size, PROT_READ | PROT_WRITE, flags, 0);
	if (IS_ERR_VALUE(call->address) || call->address + call->size <= limit)
		return;
	vm_munmap(call->address, call->size);
	call->address = -ENOMEM;
}

/* The first piece of what was mapped that is still there, from @start on. */
static bool find_piece(struct mm_file_call *call, u64 *start, u64 *size)
{
	struct mm_struct *mm = call->call.mm;
	u64 end = call->address + call->size;
	struct vm_area_struct *vma;

	mmap_read_lock(mm);
	for (vma = find_vma(mm, *start); vma && vma->vm_start < end;
	     vma = find_vma(mm, vma->vm_end))
		if (vma->vm_file == call->file)
			break;
	if (vma && vma->vm_start < end) {
		*start = max_t(u64, *start, vma->vm_start);
		*size = min_t(u64, end, vma->vm_end) - *start;
	} else {
		*size = 0;
	}
	mmap_read_unlock(mm);
	return *size;
}

/* The task may have put something else there, which is none of our business. */
static void unmap_here(struct iomd_mm_call *mm_call)
{
	struct mm_file_call *call = to_file_call(mm_call);
	u64 start = call->address, size;

	for (; find_piece(call, &start, &size); start += size)
		vm_munmap(start, size);
}

/*
 * Map all of a file into a task, wherever there is room. Sleeps. Return: the address, or
 * an errno as IS_ERR_VALUE() tells.
 */
u64 iomd_shmem_map(struct file *file, struct mm_struct *mm, u64 size)
{
	struct mm_file_call call = {
		.call = { .fn = map_here, .mm = mm },
		.file = file,
		.size = PAGE_ALIGN(size),
	};

	return iomd_mm_call(&call.call) ? call.address : (u64)-ENXIO;
}

/* Undo iomd_shmem_map(), if the task and its mapping are still there. Sleeps. */
void iomd_shmem_unmap(struct file *file, struct mm_struct *mm, u64 address, u64 size)
{
	struct mm_file_call call = {
		.call = { .fn = unmap_here, .mm = mm },
		.file = file,
		.address = address,
		.size = PAGE_ALIGN(size),
	};

	iomd_mm_call(&call.call);
}
