// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pageable memory of buffers, and where it is mapped.
 *
 * A task sees it through page tables that follow where it goes. The kernel cannot take a
 * page fault, so memory that it has an address for stays where it is from then on.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "general.h"
#include "pageable.h"
#include "shmem.h"

/* Return: 0 or an errno, and then there is nothing to free. */
int iomd_pageable_alloc(struct iomd_pageable *pageable, u64 size, bool is_purgeable)
{
	struct file *file = iomd_shmem_create(size);

	if (IS_ERR(file))
		return PTR_ERR(file);
	pageable->file = file;
	pageable->size = size;
	pageable->is_purgeable = is_purgeable;
	iomd_purgeable_open(&pageable->purgeable, file);
	mutex_init(&pageable->lock);
	return 0;
}

void iomd_pageable_free(struct iomd_pageable *pageable)
{
	iomd_purgeable_close(&pageable->purgeable);
	mutex_destroy(&pageable->lock);
	fput(pageable->file);
	pageable->file = NULL;
}

/* Give the memory an address in @task. Return: 0 or an errno. */
int iomd_pageable_map_task(struct iomd_pageable *pageable, struct mm_struct *task)
{
	u64 address = iomd_shmem_map(pageable->file, task, pageable->size);

	if (IS_ERR_VALUE((unsigned long)address))
		return (long)address;
	mmgrab(task);
	pageable->task = task;
	pageable->task_address = address;
	return 0;
}

/* Map what a run list holds, all of it. Return: the address or NULL. */
static void *map_runs(const struct iomd_runs *runs)
{
	u64 offset = 0, nr = DIV_ROUND_UP_ULL(runs->length, PAGE_SIZE), at = 0;
	struct page **pages;
	void *address;
	u32 i;

	pages = kvmalloc_array(nr, sizeof(*pages), GFP_KERNEL | __GFP_NOWARN);
	if (!pages)
		return NULL;
	for (i = 0; i < iomd_runs_count(runs); i++) {
		const struct iomd_run *run = iomd_runs_at(runs, i);
		unsigned long pfn = PHYS_PFN(run->phys);

		for (; offset < run->end; offset += PAGE_SIZE)
			pages[at++] = pfn_to_page(pfn++);
	}
	address = vmap(pages, nr, VM_MAP, PAGE_KERNEL);
	kvfree(pages);
	return address;
}

/*
 * Give the memory, which @general describes, an address in the kernel; the one it has, if
 * it has one. Sleeps. Return: the address, or NULL if there is no memory.
 */
void *iomd_pageable_map_kernel(struct iomd_pageable *pageable, struct iomd_general *general)
{
	void *address;

	mutex_lock(&pageable->lock);
	address = pageable->kernel_address;
	if (!address && (general->is_bound || !iomd_general_bind(general)))
		address = map_runs(&general->runs);
	pageable->kernel_address = address;
	mutex_unlock(&pageable->lock);
	return address;
}

/* Take all addresses back. */
void iomd_pageable_unmap(struct iomd_pageable *pageable)
{
	vunmap(pageable->kernel_address);
	pageable->kernel_address = NULL;
	if (!pageable->task)
		return;
	iomd_shmem_unmap(pageable->file, pageable->task, pageable->task_address, pageable->size);
	mmdrop(pageable->task);
	pageable->task = NULL;
}
