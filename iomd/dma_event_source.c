// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA event sources: one channel of a controller, in a client's work loop.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/device.h>
#include <linux/export.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include <iomd/namespace.h>

#include "core.h"
#include "dma.h"
#include "dma_event_source.h"
#include "objects.h"
#include "work_loop.h"

/**
 * DOC: DMA event sources
 *
 * A client starts commands on its channel through an event source, and hears of their
 * end in one of two ways, chosen when the event source is made. With a completion action
 * it is *asynchronous*: starting returns at once, and the action runs on the work loop,
 * once for each command, in the order in which they ended. Without one it is
 * *synchronous*: starting sleeps, with the gate open, until the command has ended.
 *
 * To let go of an event source, stop it, remove it from its work loop, and put it. After
 * stopping no notification action runs, after removing no completion action. What has
 * ended by then and was not told is not told any more.
 *
 * Locking: the gate comes first, then what the controller takes, then the event source's
 * own spin lock, which interrupts take too.
 */

/*
 * Its life.
 */

/* Forget what has ended: the commands are the client's. */
static void drop_completed(struct iomd_dmaes *es)
{
	struct iomd_dma *command, *next;

	lockdep_assert_held(&es->lock);
	list_for_each_entry_safe(command, next, &es->completed, link)
		list_del_init(&command->link);
}

static void dmaes_free(struct iomd_dmaes *es)
{
	struct iomd_dmac *dmac = es->dmac;

	/* The owner may be gone. What the controller tells from here on is lost. */
	WRITE_ONCE(es->notification, NULL);
	if (es->channel != IOMD_DMAC_INVALID_CHANNEL && dmac->ops->release_dma_channel)
		dmac->ops->release_dma_channel(dmac, es->channel);
	spin_lock_irq(&es->lock);
	drop_completed(es);
	spin_unlock_irq(&es->lock);

	iomd_work_loop_put(es->loop);
	iomd_dmac_put(dmac);
	put_device(es->provider);
	kfree(es);
	iomd_objects_dec(IOMD_OBJECT_DMAES);
}

static void dmaes_release_work(struct work_struct *work)
{
	dmaes_free(container_of(work, struct iomd_dmaes, release_work));
}

/* A controller may have to sleep until its channel has come to rest. */
static void dmaes_release(struct kref *ref)
{
	struct iomd_dmaes *es = container_of(ref, struct iomd_dmaes, ref);

	if (in_interrupt()) {
		INIT_WORK(&es->release_work, dmaes_release_work);
		queue_work(iomd_workqueue, &es->release_work);
	} else {
		dmaes_free(es);
	}
}

/**
 * iomd_dmaes_get() - Take another reference.
 * @es: Event source.
 *
 * Context: Any.
 * Return: @es.
 */
struct iomd_dmaes *iomd_dmaes_get(struct iomd_dmaes *es)
{
	kref_get(&es->ref);
	return es;
}
EXPORT_SYMBOL_NS_GPL(iomd_dmaes_get, IOMD_NS);

/**
 * iomd_dmaes_put() - Give a reference back.
 * @es: Event source, or NULL or an error pointer, for which nothing happens.
 *
 * The last put gives the channel back to the controller. What is still in progress is
 * stopped if the controller can, and not told of. A driver that goes away removes the
 * event source from its work loop before, so that no action runs any more.
 *
 * Context: Process context, may sleep; or softirq, where the rest is left to a worker.
 *
 * Implements DCTL-15.
 */
void iomd_dmaes_put(struct iomd_dmaes *es)
{
	if (!IS_ERR_OR_NULL(es))
		kref_put(&es->ref, dmaes_release);
}
EXPORT_SYMBOL_NS_GPL(iomd_dmaes_put, IOMD_NS);

static void dmaes_work(struct work_struct *work);

static int reserve_channel(struct iomd_dmaes *es, u32 req_index)
{
	struct iomd_dmac *dmac = es->dmac;
	int err;

	if (!iomd_dmac_enter(dmac))
		return -ENODEV;
	err = dmac->ops->init_dma_channel(dmac, es->provider, es, &es->channel, req_index);
	iomd_dmac_leave(dmac);
	if (err)
		es->channel = IOMD_DMAC_INVALID_CHANNEL;
	return err;
}

/**
 * iomd_dmaes_dma_event_source() - Make an event source.
 * @owner: Passed to the actions; not looked at, but there has to be one.
 * @provider: The client's device, bound to its driver.
 * @completion: Called for each command that has ended; NULL to have
 *	iomd_dmaes_start_dma_command() wait for that.
 * @notification: Called when the controller tells of a command; or NULL.
 * @dma_index: Which controller, for iomd_dmac_get_controller(), and which of the
 *	device's request lines.
 *
 * Add it to a work loop before the first start.
 * IOKit: IODMAEventSource::dmaEventSource().
 *
 * Context: Process context, may sleep.
 * Return: An event source that the caller puts, or an error pointer: -EINVAL if @owner or
 *	   @provider is NULL; the errors of iomd_dmac_get_controller(); -ENODEV if the
 *	   controller has been stopped; -ENOMEM; or why it has no channel.
 *
 * Implements DCTL-12..16.
 */
struct iomd_dmaes *iomd_dmaes_dma_event_source(void *owner, struct device *provider,
					       iomd_dmaes_action_fn completion,
					       iomd_dmaes_action_fn notification, u32 dma_index)
{
	struct iomd_dmac *dmac;
	struct iomd_dmaes *es;
	int err;

	if (!owner || !provider)
		return ERR_PTR(-EINVAL);
	dmac = iomd_dmac_get_controller(provider, dma_index);
	if (IS_ERR(dmac))
		return ERR_CAST(dmac);
	es = kzalloc(sizeof(*es), GFP_KERNEL);
	if (!es) {
		iomd_dmac_put(dmac);
		return ERR_PTR(-ENOMEM);
	}

	kref_init(&es->ref);
	es->owner = owner;
	es->provider = get_device(provider);
	es->completion = completion;
	es->notification = notification;
	es->dmac = dmac;
	es->channel = IOMD_DMAC_INVALID_CHANNEL;
	es->enabled = true;
	spin_lock_init(&es->lock);
	INIT_LIST_HEAD(&es->completed);
	init_completion(&es->done);
	INIT_WORK(&es->work, dmaes_work);
	iomd_objects_inc(IOMD_OBJECT_DMAES);

	err = reserve_channel(es, dma_index);
	if (err) {
		iomd_dmaes_put(es);
		return ERR_PTR(err);
	}
	return es;
}
EXPORT_SYMBOL_NS_GPL(iomd_dmaes_dma_event_source, IOMD_NS);

/*
 * The work loop.
 */

/* The work loop, with a reference of its own; NULL if there is none. */
static struct iomd_work_loop *get_loop(struct iomd_dmaes *es)
{
	struct iomd_work_loop *loop;

	spin_lock_irq(&es->lock);
	loop = es->loop ? iomd_work_loop_get(es->loop) : NULL;
	spin_unlock_irq(&es->lock);
	return loop;
}

/* Tell of one command that has ended. The gate of @loop is closed. */
static void deliver(struct iomd_dmaes *es, struct iomd_work_loop *loop)
{
	struct iomd_dma_result result;
	struct iomd_dma *command = NULL;

	spin_lock_irq(&es->lock);
	if (es->loop == loop)
		command = list_first_entry_or_null(&es->completed, struct iomd_dma, link);
	if (command) {
		list_del_init(&command->link);
		result = command->result;
	}
	spin_unlock_irq(&es->lock);

	if (command)
		es->completion(es->owner, es, command, result.status, result.actual_byte_count,
			       result.time_stamp);
}

/* The work has run, or will not: again if there is more to tell, else it is done. */
static void work_ends(struct iomd_dmaes *es)
{
	bool again;

	spin_lock_irq(&es->lock);
	again = !list_empty(&es->completed);
	es->is_scheduled = again;
	if (again)
		queue_work(es->loop->queue, &es->work);
	spin_unlock_irq(&es->lock);
	if (!again)
		iomd_dmaes_put(es);
}

/* One command at a time, so that others in the work loop have their turn. */
static void dmaes_work(struct work_struct *work)
{
	struct iomd_dmaes *es = container_of(work, struct iomd_dmaes, work);
	struct iomd_work_loop *loop = get_loop(es);

	if (loop) {
		iomd_work_loop_close_gate(loop);
		deliver(es, loop);
		iomd_work_loop_open_gate(loop);
		iomd_work_loop_put(loop);
	}
	work_ends(es);
}

/**
 * iomd_work_loop_add_event_source() - Put an event source into a work loop.
 * @loop: Work loop, which the event source keeps.
 * @es: Event source.
 *
 * The work loop, unlike IOKit's, does not keep the event source.
 * IOKit: IOWorkLoop::addEventSource().
 *
 * Context: Process context.
 * Return: 0; -EINVAL for NULL; -EBUSY if it is in a work loop.
 *
 * Implements DCTL-17.
 */
int iomd_work_loop_add_event_source(struct iomd_work_loop *loop, struct iomd_dmaes *es)
{
	int err = -EBUSY;

	if (IS_ERR_OR_NULL(loop) || IS_ERR_OR_NULL(es))
		return -EINVAL;
	spin_lock_irq(&es->lock);
	if (!es->loop) {
		es->loop = iomd_work_loop_get(loop);
		err = 0;
	}
	spin_unlock_irq(&es->lock);
	return err;
}
EXPORT_SYMBOL_NS_GPL(iomd_work_loop_add_event_source, IOMD_NS);

/**
 * iomd_work_loop_remove_event_source() - Take an event source out of its work loop.
 * @loop: Work loop that it is in.
 * @es: Event source.
 *
 * Waits for a completion action that runs, unless it is called by one; none runs
 * afterwards. Commands that ended and were not told of are forgotten: the event source
 * does not touch them any more. IOKit: IOWorkLoop::removeEventSource().
 *
 * Context: Process context, may sleep.
 * Return: 0; -EINVAL for NULL; -ENXIO if it is not in that work loop.
 */
int iomd_work_loop_remove_event_source(struct iomd_work_loop *loop, struct iomd_dmaes *es)
{
	bool was_in;

	if (IS_ERR_OR_NULL(loop) || IS_ERR_OR_NULL(es))
		return -EINVAL;

	/* Actions run in the gate: none does now, or it is the caller. */
	iomd_work_loop_close_gate(loop);
	spin_lock_irq(&es->lock);
	was_in = es->loop == loop;
	if (was_in) {
		es->loop = NULL;
		drop_completed(es);
	}
	spin_unlock_irq(&es->lock);
	iomd_work_loop_open_gate(loop);
	if (!was_in)
		return -ENXIO;

	/* The work has nothing to do any more. Let it not keep the event source. */
	if (!iomd_work_loop_in_gate(loop) && cancel_work_sync(&es->work))
		work_ends(es);
	iomd_work_loop_put(loop);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(iomd_work_loop_remove_event_source, IOMD_NS);

/**
 * iomd_dmaes_enable() - Undo iomd_dmaes_disable().
 * @es: Event source.
 *
 * IOKit: IOEventSource::enable().
 *
 * Context: Any. Implements DCTL-31.
 */
void iomd_dmaes_enable(struct iomd_dmaes *es)
{
	WRITE_ONCE(es->enabled, true);
}
EXPORT_SYMBOL_NS_GPL(iomd_dmaes_enable, IOMD_NS);

/**
 * iomd_dmaes_disable() - Say that the event source is not wanted.
 * @es: Event source.
 *
 * As in IOKit this holds nothing back: commands can be started, and actions are called.
 * IOKit: IOEventSource::disable().
 *
 * Context: Any. Implements DCTL-31.
 */
void iomd_dmaes_disable(struct iomd_dmaes *es)
{
	WRITE_ONCE(es->enabled, false);
}
EXPORT_SYMBOL_NS_GPL(iomd_dmaes_disable, IOMD_NS);

/**
 * iomd_dmaes_is_enabled() - What was said last.
 * @es: Event source.
 *
 * IOKit: IOEventSource::isEnabled().
 *
 * Context: Any.
 * Return: true until iomd_dmaes_disable().
 */
bool iomd_dmaes_is_enabled(const struct iomd_dmaes *es)
{
	return READ_ONCE(es->enabled);
}
EXPORT_SYMBOL_NS_GPL(iomd_dmaes_is_enabled, IOMD_NS);

/*
 * What controllers tell.
 */

void iomd_dmaes_notify(struct iomd_dmaes *es, struct iomd_dma *command, int status,
		       u64 actual_byte_count, ktime_t time_stamp)
{
	iomd_dmaes_action_fn notification = READ_ONCE(es->notification);
	unsigned long flags;

	spin_lock_irqsave(&es->lock, flags);
	command->result = (struct iomd_dma_result) {
		.status = status,
		.actual_byte_count = actual_byte_count,
		.time_stamp = time_stamp,
	};
	spin_unlock_irqrestore(&es->lock, flags);

	if (notification)
		notification(es->owner, es, command, status, actual_byte_count, time_stamp);
}

/* Have the work loop tell of it. The event source may be on its way out. */
static void enqueue(struct iomd_dmaes *es, struct iomd_dma *command)
{
	lockdep_assert_held(&es->lock);
	if (!es->loop)
		return;
	if (!list_empty(&command->link)) {
		pr_warn_ratelimited("a DMA command is completed that has not been told of yet\n");
		return;
	}
	if (!es->is_scheduled) {
		if (!kref_get_unless_zero(&es->ref))
			return;
		es->is_scheduled = true;
		queue_work(es->loop->queue, &es->work);
	}
	list_add_tail(&command->link, &es->completed);
}

/*
 * What wakes the sleeper comes last: the event source may be gone as soon as somebody
 * knows.
 */
void iomd_dmaes_complete(struct iomd_dmaes *es, struct iomd_dma *command)
{
	bool was_busy = false;
	unsigned long flags;

	spin_lock_irqsave(&es->lock, flags);
	if (es->completion)
		enqueue(es, command);
	else
		swap(was_busy, es->is_busy);
	spin_unlock_irqrestore(&es->lock, flags);
	if (was_busy)
		complete(&es->done);
}

/*
 * What clients ask for.
 */

/* Undo iomd_dmaes_call_begins(). */
void iomd_dmaes_call_ends(struct iomd_dmaes_call *call)
{
	if (call->dmac)
		iomd_dmac_leave(call->dmac);
	if (call->loop) {
		iomd_work_loop_open_gate(call->loop);
		iomd_work_loop_put(call->loop);
	}
}

/* Return: false, and nothing to end, if there is no channel. */
bool iomd_dmaes_call_begins(struct iomd_dmaes *es, struct iomd_dmaes_call *call)
{
	*call = (struct iomd_dmaes_call) { .loop = get_loop(es), .channel = es->channel };
	if (call->loop)
		iomd_work_loop_close_gate(call->loop);
	if (es->channel != IOMD_DMAC_INVALID_CHANNEL && iomd_dmac_enter(es->dmac)) {
		call->dmac = es->dmac;
		return true;
	}
	iomd_dmaes_call_ends(call);
	return false;
}

/* Event sources come and go while the gate is open only. */
static bool is_in_loop(const struct iomd_dmaes *es, const struct iomd_work_loop *loop)
{
	return loop && READ_ONCE(es->loop) == loop;
}

static bool claim_sync(struct iomd_dmaes *es)
{
	bool was_busy = true;

	spin_lock_irq(&es->lock);
	swap(was_busy, es->is_busy);
	if (!was_busy)
		reinit_completion(&es->done);
	spin_unlock_irq(&es->lock);
	return !was_busy;
}

static void unclaim_sync(struct iomd_dmaes *es)
{
	spin_lock_irq(&es->lock);
	es->is_busy = false;
	spin_unlock_irq(&es->lock);
}

/* The controller is left before sleeping: whoever stops it ends what is awaited. */
static int start_and_wait(struct iomd_dmaes *es, struct iomd_dmaes_call *call,
			  struct iomd_dma *command, u32 direction, u64 byte_count, u64 byte_offset)
{
	int err;

	if (!claim_sync(es))
		return -EBUSY;
	err = call->dmac->ops->start_dma_command(call->dmac, call->channel, command, direction,
						 byte_count, byte_offset);
	if (err) {
		unclaim_sync(es);
		return err;
	}
	iomd_dmac_leave(call->dmac);
	call->dmac = NULL;
	iomd_work_loop_sleep(call->loop, &es->done);
	return 0;
}

/**
 * iomd_dmaes_start_dma_command() - Start a transfer.
 * @es: Event source in a work loop.
 * @command: Command, prepared; the caller keeps it, and keeps it prepared, until the
 *	transfer has ended.
 * @direction: IOMD_DIRECTION_IN or IOMD_DIRECTION_OUT.
 * @byte_count: Bytes; 0 for all that is prepared from @byte_offset on.
 * @byte_offset: First byte, counted from the beginning of what is prepared.
 *
 * With a completion action it returns as soon as the controller has taken the command;
 * several may be in progress. Without one it sleeps until the transfer has ended, with the
 * gate open meanwhile however often the caller has closed it; what became of the transfer
 * is in iomd_dmaes_get_result(), and not in what is returned.
 * IOKit: IODMAEventSource::startDMACommand().
 *
 * Context: Process context; sleeps without a completion action. Closes the gate.
 * Return: 0; -EINVAL without a command; -EAGAIN if the event source is not in a work
 *	   loop; -EBADE if it has no channel; -EBUSY if another thread waits for a transfer
 *	   of it; or the controller's error. After an error nothing is in progress that was
 *	   not before.
 *
 * Implements DCTL-18..25.
 */
int iomd_dmaes_start_dma_command(struct iomd_dmaes *es, struct iomd_dma *command, u32 direction,
				 u64 byte_count, u64 byte_offset)
{
	struct iomd_dmaes_call call;
	int err;

	if (IS_ERR_OR_NULL(command))
		return -EINVAL;
	if (!iomd_dmaes_call_begins(es, &call))
		return -EBADE;
	if (!is_in_loop(es, call.loop))
		err = -EAGAIN;
	else if (es->completion)
		err = call.dmac->ops->start_dma_command(call.dmac, call.channel, command,
							direction, byte_count, byte_offset);
	else
		err = start_and_wait(es, &call, command, direction, byte_count, byte_offset);
	iomd_dmaes_call_ends(&call);
	return err;
}
EXPORT_SYMBOL_NS_GPL(iomd_dmaes_start_dma_command, IOMD_NS);

/**
 * iomd_dmaes_stop_dma_command() - Stop the channel.
 * @es: Event source.
 * @flush: Let what was started come to its end first.
 * @timeout: How long to wait for that, in nanoseconds; or IOMD_DMAC_NO_TIMEOUT.
 *
 * That commands which are stopped are completed is up to the controller; the DMA engine
 * does it. IOKit: IODMAEventSource::stopDMACommand().
 *
 * Context: Process context, may sleep. Closes the gate.
 * Return: 0; -EBADE if there is no channel; or the controller's error.
 *
 * Implements DCTL-34, DCTL-35.
 */
int iomd_dmaes_stop_dma_command(struct iomd_dmaes *es, bool flush, u64 timeout)
{
	struct iomd_dmaes_call call;
	int err;

	if (!iomd_dmaes_call_begins(es, &call))
		return -EBADE;
	err = call.dmac->ops->stop_dma_command(call.dmac, call.channel, flush, timeout);
	iomd_dmaes_call_ends(&call);
	return err;
}
EXPORT_SYMBOL_NS_GPL(iomd_dmaes_stop_dma_command, IOMD_NS);

/**
 * iomd_dmaes_query_dma_command() - What is in progress.
 * @es: Event source.
 * @command: Receives the current command, without a reference; may be NULL.
 * @transfer_count: Receives the bytes it has moved; may be NULL.
 * @wait_for_idle: Wait until nothing is moved any more.
 *
 * IOKit: IODMAEventSource::queryDMACommand().
 *
 * Context: Process context, may sleep. Closes the gate.
 * Return: 0; -EBADE if there is no channel; or the controller's error.
 *
 * Implements DCTL-34.
 */
int iomd_dmaes_query_dma_command(struct iomd_dmaes *es, struct iomd_dma **command,
				 u64 *transfer_count, bool wait_for_idle)
{
	struct iomd_dmaes_call call;
	int err;

	if (!iomd_dmaes_call_begins(es, &call))
		return -EBADE;
	err = call.dmac->ops->query_dma_command(call.dmac, call.channel, command, transfer_count,
						wait_for_idle);
	iomd_dmaes_call_ends(&call);
	return err;
}
EXPORT_SYMBOL_NS_GPL(iomd_dmaes_query_dma_command, IOMD_NS);

/**
 * iomd_dmaes_get_result() - What the controller told last of a command.
 * @es: Event source that started it.
 * @command: Command.
 * @status: Receives 0 or an errno; may be NULL.
 * @actual_byte_count: Receives the bytes moved; may be NULL.
 * @time_stamp: Receives when; may be NULL.
 *
 * All are zero for a command that nothing was told of. IOKit keeps these in the command,
 * for its event source.
 *
 * Context: Any.
 *
 * Implements DCTL-23, DCTL-26.
 */
void iomd_dmaes_get_result(struct iomd_dmaes *es, const struct iomd_dma *command, int *status,
			   u64 *actual_byte_count, ktime_t *time_stamp)
{
	struct iomd_dma_result result;
	unsigned long flags;

	spin_lock_irqsave(&es->lock, flags);
	result = command->result;
	spin_unlock_irqrestore(&es->lock, flags);
	if (status)
		*status = result.status;
	if (actual_byte_count)
		*actual_byte_count = result.actual_byte_count;
	if (time_stamp)
		*time_stamp = result.time_stamp;
}
EXPORT_SYMBOL_NS_GPL(iomd_dmaes_get_result, IOMD_NS);
