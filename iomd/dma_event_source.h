/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DMA event sources: what calls on their channels know of them.
 */
#ifndef _IOMD_DMA_EVENT_SOURCE_H
#define _IOMD_DMA_EVENT_SOURCE_H

#include <linux/completion.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "dmac.h"

struct iomd_work_loop;

/**
 * struct iomd_dmaes - An event source.
 * @ref: References; the work, while it is scheduled, has one.
 * @owner: For actions.
 * @provider: The client's device, held.
 * @completion: Completion action; NULL in synchronous mode.
 * @notification: Notification action, or NULL.
 * @dmac: Controller, held.
 * @channel: Its index of the channel, or IOMD_DMAC_INVALID_CHANNEL.
 * @enabled: What was asked for; has no effect.
 * @lock: Guards what follows, and the results and links of commands.
 * @loop: Work loop, held; or NULL.
 * @completed: Commands that have ended, oldest first; empty without @loop.
 * @is_scheduled: @work is queued or running.
 * @is_busy: A synchronous transfer is in progress.
 * @done: It has ended.
 * @work: Tells of the first in @completed.
 * @release_work: Frees the event source where the last reference went in an interrupt.
 */
struct iomd_dmaes {
	struct kref ref;
	void *owner;
	struct device *provider;
	iomd_dmaes_action_fn completion;
	iomd_dmaes_action_fn notification;
	struct iomd_dmac *dmac;
	u32 channel;
	bool enabled;

	spinlock_t lock;	/* see above */
	struct iomd_work_loop *loop;
	struct list_head completed;
	bool is_scheduled;
	bool is_busy;
	struct completion done;

	struct work_struct work;
	struct work_struct release_work;
};

/* A call on the channel: the gate is closed, and the controller works. */
struct iomd_dmaes_call {
	struct iomd_work_loop *loop;
	struct iomd_dmac *dmac;
	u32 channel;
};

bool iomd_dmaes_call_begins(struct iomd_dmaes *es, struct iomd_dmaes_call *call);
void iomd_dmaes_call_ends(struct iomd_dmaes_call *call);

#endif /* _IOMD_DMA_EVENT_SOURCE_H */
