// SPDX-License-Identifier: GPL-2.0-only
/*
 * Work loops: a gate, and a queue of work that is done behind it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/export.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include <iomd/namespace.h>

#include "core.h"
#include "objects.h"
#include "work_loop.h"

/**
 * DOC: Work loops
 *
 * A driver that was written for a work loop has no locks of its own: all that touches
 * its state runs with the gate closed, either on the loop's thread or in a thread that
 * closed the gate itself. Here the thread is a workqueue, and the gate is a mutex that
 * whoever holds it may take again.
 *
 * The gate is the outermost lock: close it before taking others.
 */

/**
 * iomd_work_loop_create() - Make a work loop.
 * @queue: Workqueue on which event sources' actions run, which must last as long as
 *	event sources are in the loop; NULL for one of iomd's, on which nothing may wait
 *	that memory is freed by: a driver that pages go out through has a queue with
 *	WQ_MEM_RECLAIM. It need not be ordered: the gate lets one action run at a time.
 *
 * IOKit: IOWorkLoop::workLoop().
 *
 * Context: Process context, may sleep.
 * Return: A loop that the caller puts, or ERR_PTR(-ENOMEM).
 */
struct iomd_work_loop *iomd_work_loop_create(struct workqueue_struct *queue)
{
	struct iomd_work_loop *loop = kzalloc(sizeof(*loop), GFP_KERNEL);

	if (!loop)
		return ERR_PTR(-ENOMEM);
	kref_init(&loop->ref);
	loop->queue = queue ?: iomd_workqueue;
	mutex_init(&loop->gate);
	iomd_objects_inc(IOMD_OBJECT_WORK_LOOP);
	return loop;
}
EXPORT_SYMBOL_NS_GPL(iomd_work_loop_create, IOMD_NS);

/**
 * iomd_work_loop_get() - Take another reference.
 * @loop: Work loop.
 *
 * Context: Any.
 * Return: @loop.
 */
struct iomd_work_loop *iomd_work_loop_get(struct iomd_work_loop *loop)
{
	kref_get(&loop->ref);
	return loop;
}
EXPORT_SYMBOL_NS_GPL(iomd_work_loop_get, IOMD_NS);

static void work_loop_release(struct kref *ref)
{
	kfree(container_of(ref, struct iomd_work_loop, ref));
	iomd_objects_dec(IOMD_OBJECT_WORK_LOOP);
}

/**
 * iomd_work_loop_put() - Give a reference back.
 * @loop: Work loop, or NULL or an error pointer, for which nothing happens.
 *
 * An event source keeps the loop that it was added to.
 *
 * Context: Any; not in the gate if this may be the last reference.
 */
void iomd_work_loop_put(struct iomd_work_loop *loop)
{
	if (!IS_ERR_OR_NULL(loop))
		kref_put(&loop->ref, work_loop_release);
}
EXPORT_SYMBOL_NS_GPL(iomd_work_loop_put, IOMD_NS);

/**
 * iomd_work_loop_in_gate() - Has the caller closed the gate?
 * @loop: Work loop.
 *
 * IOKit: IOWorkLoop::inGate().
 *
 * Context: Process context.
 * Return: Whether it has.
 */
bool iomd_work_loop_in_gate(const struct iomd_work_loop *loop)
{
	return READ_ONCE(loop->owner) == current;
}
EXPORT_SYMBOL_NS_GPL(iomd_work_loop_in_gate, IOMD_NS);

static void enter(struct iomd_work_loop *loop, unsigned int depth)
{
	mutex_lock(&loop->gate);
	WRITE_ONCE(loop->owner, current);
	loop->depth = depth;
}

static void leave(struct iomd_work_loop *loop)
{
	WRITE_ONCE(loop->owner, NULL);
	mutex_unlock(&loop->gate);
}

/**
 * iomd_work_loop_close_gate() - Keep everybody else out.
 * @loop: Work loop.
 *
 * Who is in the gate may close it again; it opens when every close is undone.
 * IOKit: IOWorkLoop::closeGate().
 *
 * Context: Process context, may sleep.
 */
void iomd_work_loop_close_gate(struct iomd_work_loop *loop)
{
	if (iomd_work_loop_in_gate(loop))
		loop->depth++;
	else
		enter(loop, 1);
}
EXPORT_SYMBOL_NS_GPL(iomd_work_loop_close_gate, IOMD_NS);

/**
 * iomd_work_loop_open_gate() - Undo one iomd_work_loop_close_gate().
 * @loop: Work loop.
 *
 * From a thread that is not in the gate it does nothing, and says so.
 * IOKit: IOWorkLoop::openGate().
 *
 * Context: Process context.
 */
void iomd_work_loop_open_gate(struct iomd_work_loop *loop)
{
	if (!iomd_work_loop_in_gate(loop)) {
		pr_warn_ratelimited("%ps opens a gate that it has not closed\n",
				    __builtin_return_address(0));
		return;
	}
	if (!--loop->depth)
		leave(loop);
}
EXPORT_SYMBOL_NS_GPL(iomd_work_loop_open_gate, IOMD_NS);

/* Wait with the gate open, however often the caller has closed it. */
void iomd_work_loop_sleep(struct iomd_work_loop *loop, struct completion *done)
{
	unsigned int depth = loop->depth;

	leave(loop);
	wait_for_completion(done);
	enter(loop, depth);
}
