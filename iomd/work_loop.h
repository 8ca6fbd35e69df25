/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What event sources want of a work loop.
 */
#ifndef _IOMD_WORK_LOOP_INTERNAL_H
#define _IOMD_WORK_LOOP_INTERNAL_H

#include <linux/completion.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/sched.h>

#include <iomd/work_loop.h>

/**
 * struct iomd_work_loop - A gate, and a queue of work that is done behind it.
 * @ref: References.
 * @queue: Where work is done; not owned.
 * @gate: Held by who is in the gate.
 * @owner: Who that is. Others read it too, and find that it is not them.
 * @depth: How many times @owner has closed the gate; guarded by @gate.
 */
struct iomd_work_loop {
	struct kref ref;
	struct workqueue_struct *queue;
	struct mutex gate;	/* see above */
	struct task_struct *owner;
	unsigned int depth;
};

void iomd_work_loop_sleep(struct iomd_work_loop *loop, struct completion *done);

#endif /* _IOMD_WORK_LOOP_INTERNAL_H */
