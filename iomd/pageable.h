/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pageable memory of buffers, and where it is mapped.
 */
#ifndef _IOMD_PAGEABLE_H
#define _IOMD_PAGEABLE_H

#include <linux/mutex.h>
#include <linux/types.h>

#include "purge.h"

struct file;
struct iomd_general;
struct mm_struct;

/**
 * struct iomd_pageable - Memory that can be paged out.
 * @file: The memory.
 * @size: Bytes.
 * @is_purgeable: Its contents may be thrown away, if the owner says so.
 * @purgeable: What the owner says.
 * @task: Task it is mapped into, held; or NULL.
 * @task_address: Where.
 * @lock: Guards @kernel_address.
 * @kernel_address: Where the kernel has mapped it, or NULL.
 */
struct iomd_pageable {
	struct file *file;
	u64 size;
	bool is_purgeable;
	struct iomd_purgeable purgeable;
	struct mm_struct *task;
	u64 task_address;
	struct mutex lock;	/* see above */
	void *kernel_address;
};

int iomd_pageable_alloc(struct iomd_pageable *pageable, u64 size, bool is_purgeable);
int iomd_pageable_map_task(struct iomd_pageable *pageable, struct mm_struct *task);
void *iomd_pageable_map_kernel(struct iomd_pageable *pageable, struct iomd_general *general);
void iomd_pageable_unmap(struct iomd_pageable *pageable);
void iomd_pageable_free(struct iomd_pageable *pageable);

#endif /* _IOMD_PAGEABLE_H */
