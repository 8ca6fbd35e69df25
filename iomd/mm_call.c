// SPDX-License-Identifier: GPL-2.0-only
/*
 * Something to be done in a task's address space, whoever the caller is.
 *
 * What the kernel has for mapping and unmapping is for the current address space. For
 * another, a worker takes it on. Limits and rights are the worker's then, and not the
 * task's: whoever may ask for it has to be trusted anyway.
 */
#include <linux/kthread.h>
#include <linux/sched/mm.h>

#include "mm_call.h"

static void mm_call_work(struct work_struct *work)
{
	struct iomd_mm_call *call = container_of(work, struct iomd_mm_call, work);

	kthread_use_mm(call->mm);
	call->fn(call);
	kthread_unuse_mm(call->mm);
}

/* Do it, and wait for it. Sleeps. Return: false if the address space has exited. */
bool iomd_mm_call(struct iomd_mm_call *call)
{
	if (current->mm == call->mm) {
		call->fn(call);
		return true;
	}
	if (!mmget_not_zero(call->mm))
		return false;

	INIT_WORK_ONSTACK(&call->work, mm_call_work);
	queue_work(system_unbound_wq, &call->work);
	flush_work(&call->work);
	destroy_work_on_stack(&call->work);
	mmput(call->mm);
	return true;
}
