/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Windows in the address spaces of tasks, as those see them who make them work.
 */
#ifndef _IOMD_TASK_WINDOW_PRIVATE_H
#define _IOMD_TASK_WINDOW_PRIVATE_H

#include <linux/mm_types.h>
#include <linux/rwsem.h>
#include <linux/wait.h>

#include "core.h"
#include "task_window.h"

/**
 * struct iomd_view - What is to be seen in a window.
 * @memory: The memory, which is the view's; NULL for nothing, ever again.
 * @offset: First byte to be seen, in @memory.
 * @length: Bytes.
 * @has_device: It is memory of a device.
 * @cache: Cache mode, IOMD_MAP_*.
 */
struct iomd_view {
	struct iomd_desc *memory;
	u64 offset;
	u64 length;
	bool has_device;
	u32 cache;
};

/**
 * struct iomd_task_window - A window in the address space of a task; a file.
 * @lock: Guards @view and @blocked; taken with mmap_lock held, and nothing that
 *	takes that may be taken with it.
 * @view: What is to be seen.
 * @blocked: Why those who touch the window have to wait, of enum iomd_blocked.
 * @wait: Where they do.
 * @placer: Who is putting the window into the task, and must not wait; or NULL.
 * @skip: Bytes in the first page before the first byte to be seen.
 * @nr_pages: Pages to be seen.
 * @nr_guard: Pages before them that may not be touched, and as many behind them.
 * @is_read_only: For reading only.
 * @file: The file, whose private data this is.
 * @client: The file that the task has called mmap() on, held; NULL for a map's window.
 * @mm: The task it was made for, held; NULL if that has called mmap().
 * @start: Where it is there, guards and all.
 *
 * The file's pages are the guard before, the pages to be seen, and the guard behind.
 */
struct iomd_task_window {
	struct rw_semaphore lock;	/* see above */
	struct iomd_view view;
	unsigned int blocked;

	wait_queue_head_t wait;
	struct task_struct *placer;
	u32 skip;
	u64 nr_pages;
	u64 nr_guard;
	bool is_read_only;
	struct file *file;
	struct file *client;
	struct mm_struct *mm;
	unsigned long start;
};

/* Pages of the file. */
static inline u64 iomd_task_window_span(const struct iomd_task_window *window)
{
	return window->nr_pages + 2 * window->nr_guard;
}

/* window_file.c: the file */
struct iomd_task_window *iomd_window_create(const struct iomd_window_spec *spec,
					    const struct iomd_survey *survey);
struct iomd_task_window *iomd_window_of(const struct file *file);
void iomd_window_setup_vma(struct iomd_task_window *window, struct vm_area_struct *vma);

/* window_view.c: what is to be seen */
int iomd_view_open(struct iomd_view *view, const struct iomd_window_spec *spec,
		   const struct iomd_survey *survey);
void iomd_view_abandon(struct iomd_view *view);
void iomd_view_close(struct iomd_view *view);
pgprot_t iomd_view_prot(const struct iomd_view *view, pgprot_t prot);

/* window_fault.c: page tables */
extern const struct vm_operations_struct iomd_window_vm_ops;
vm_fault_t iomd_window_insert(struct iomd_task_window *window, struct vm_area_struct *vma,
			      unsigned long address, unsigned int max, unsigned int *nr);

/* window_place.c: where */
unsigned long iomd_window_get_unmapped_area(struct file *file, unsigned long address,
					    unsigned long length, unsigned long pgoff,
					    unsigned long flags);

#endif /* _IOMD_TASK_WINDOW_PRIVATE_H */
