/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Something to be done in a task's address space.
 */
#ifndef _IOMD_MM_CALL_H
#define _IOMD_MM_CALL_H

#include <linux/workqueue.h>

struct mm_struct;

/**
 * struct iomd_mm_call - What to do, and where.
 * @fn: Called with @mm as the current address space.
 * @mm: The address space; the caller has a reference.
 * @work: Ours.
 *
 * Whoever needs more embeds it.
 */
struct iomd_mm_call {
	void (*fn)(struct iomd_mm_call *call);
	struct mm_struct *mm;
	struct work_struct work;
};

bool iomd_mm_call(struct iomd_mm_call *call);

#endif /* _IOMD_MM_CALL_H */
