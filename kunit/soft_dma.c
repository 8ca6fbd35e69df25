// SPDX-License-Identifier: GPL-2.0-only
/*
 * A DMA engine without hardware: what memory says goes to a FIFO, and back.
 *
 * The helpers that engines share in the kernel are not for modules outside of it, so the
 * little that is needed of them is here.
 */
#include <linux/io.h>
#include <linux/kernel.h>
#include <linux/platform_device.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "iomd_kunit.h"
#include "soft_dma.h"

/* A transfer. Entries are copied: the list need not last. */
struct soft_dma_tx {
	struct dma_async_tx_descriptor txd;
	struct list_head node;
	enum dma_transfer_direction way;
	u32 length;
	unsigned int nr;
	struct {
		dma_addr_t address;
		u32 length;
	} pieces[];
};

static struct soft_dma_channel *to_channel(struct dma_chan *chan)
{
	return container_of(chan, struct soft_dma_channel, chan);
}

static struct soft_dma_tx *to_tx(struct dma_async_tx_descriptor *txd)
{
	return container_of(txd, struct soft_dma_tx, txd);
}

/* No IOMMU stands before the devices of the suites: bus addresses are the CPU's. */
static void move_piece(struct soft_dma_channel *channel, enum dma_transfer_direction way,
		       dma_addr_t address, u32 length)
{
	void *memory = phys_to_virt(address);

	if (channel->level + length > SOFT_DMA_FIFO)
		return;
	if (way == DMA_MEM_TO_DEV)
		memcpy(channel->fifo + channel->level, memory, length);
	else
		memcpy(memory, channel->fifo + channel->level, length);
	channel->level += length;
}

static void move(struct soft_dma_channel *channel, const struct soft_dma_tx *tx, u32 limit)
{
	unsigned int i;

	for (i = 0; i < tx->nr; i++) {
		u32 length = min(limit, tx->pieces[i].length);

		move_piece(channel, tx->way, tx->pieces[i].address, length);
		limit -= length;
	}
}

/* The next that may end, taken from the list; or NULL. */
static struct soft_dma_tx *take(struct soft_dma_channel *channel, struct dmaengine_result *result)
{
	struct soft_dma_tx *tx;

	spin_lock_irq(&channel->lock);
	tx = list_first_entry_or_null(&channel->issued, struct soft_dma_tx, node);
	if (tx && (!channel->credit || channel->is_paused))
		tx = NULL;
	if (tx) {
		u32 moved = channel->fail ? channel->partial : tx->length;

		list_del(&tx->node);
		if (channel->credit > 0)
			channel->credit--;
		move(channel, tx, moved);
		channel->chan.completed_cookie = tx->txd.cookie;
		result->residue = tx->length - moved;
		result->result = !channel->fail ? DMA_TRANS_NOERROR :
				 tx->way == DMA_MEM_TO_DEV ? DMA_TRANS_WRITE_FAILED :
							     DMA_TRANS_READ_FAILED;
		channel->fail = false;
		channel->partial = 0;
	}
	spin_unlock_irq(&channel->lock);
	return tx;
}

static void run(struct soft_dma_channel *channel)
{
	struct dmaengine_result result;
	struct soft_dma_tx *tx;

	while ((tx = take(channel, &result))) {
		tx->txd.callback_result(tx->txd.callback_param, &result);
		kfree(tx);
	}
}

static void tasklet_run(struct tasklet_struct *tasklet)
{
	run(container_of(tasklet, struct soft_dma_channel, tasklet));
}

static dma_cookie_t soft_submit(struct dma_async_tx_descriptor *txd)
{
	struct soft_dma_channel *channel = to_channel(txd->chan);
	dma_cookie_t cookie;

	if (channel->refuse < 0) {
		kfree(to_tx(txd));
		return -EBUSY;
	}
	spin_lock_irq(&channel->lock);
	cookie = ++channel->chan.cookie;
	txd->cookie = cookie;
	list_add_tail(&to_tx(txd)->node, &channel->submitted);
	spin_unlock_irq(&channel->lock);
	return cookie;
}

static struct dma_async_tx_descriptor *
soft_prep_slave_sg(struct dma_chan *chan, struct scatterlist *sgl, unsigned int nr,
		   enum dma_transfer_direction way, unsigned long flags, void *context)
{
	struct soft_dma_channel *channel = to_channel(chan);
	struct scatterlist *sg;
	struct soft_dma_tx *tx;
	unsigned int i;

	if (channel->refuse > 0)
		return NULL;
	tx = kzalloc(struct_size(tx, pieces, nr), GFP_NOWAIT);
	if (!tx)
		return NULL;
	dma_async_tx_descriptor_init(&tx->txd, chan);
	tx->txd.tx_submit = soft_submit;
	tx->txd.flags = flags;
	tx->way = way;
	tx->nr = nr;
	for_each_sg(sgl, sg, nr, i) {
		tx->pieces[i].address = sg_dma_address(sg);
		tx->pieces[i].length = sg_dma_len(sg);
		tx->length += sg_dma_len(sg);
	}
	channel->nr_entries = nr;
	return &tx->txd;
}

static void soft_issue_pending(struct dma_chan *chan)
{
	struct soft_dma_channel *channel = to_channel(chan);

	spin_lock_irq(&channel->lock);
	list_splice_tail_init(&channel->submitted, &channel->issued);
	spin_unlock_irq(&channel->lock);
	if (channel->in_place)
		run(channel);
	else
		tasklet_schedule(&channel->tasklet);
}

static enum dma_status soft_tx_status(struct dma_chan *chan, dma_cookie_t cookie,
				      struct dma_tx_state *state)
{
	struct soft_dma_channel *channel = to_channel(chan);
	enum dma_status status;
	struct soft_dma_tx *tx;
	unsigned long flags;

	spin_lock_irqsave(&channel->lock, flags);
	status = dma_async_is_complete(cookie, chan->completed_cookie, chan->cookie);
	state->residue = 0;
	list_for_each_entry(tx, &channel->issued, node)
		if (tx->txd.cookie == cookie)
			state->residue = tx->length;
	tx = list_first_entry_or_null(&channel->issued, struct soft_dma_tx, node);
	if (tx && tx->txd.cookie == cookie)
		state->residue -= channel->partial;
	spin_unlock_irqrestore(&channel->lock, flags);
	return status;
}

static int soft_config(struct dma_chan *chan, struct dma_slave_config *config)
{
	struct soft_dma_channel *channel = to_channel(chan);

	if (channel->config_error)
		return channel->config_error;
	channel->config = *config;
	channel->nr_configs++;
	return 0;
}

static void free_all(struct list_head *list)
{
	struct soft_dma_tx *tx, *next;

	list_for_each_entry_safe(tx, next, list, node)
		kfree(tx);
}

static void set_paused(struct soft_dma_channel *channel, bool is_paused)
{
	spin_lock_irq(&channel->lock);
	channel->is_paused = is_paused;
	channel->nr_paused += is_paused;
	spin_unlock_irq(&channel->lock);
}

static int soft_pause(struct dma_chan *chan)
{
	set_paused(to_channel(chan), true);
	return 0;
}

static int soft_resume(struct dma_chan *chan)
{
	set_paused(to_channel(chan), false);
	tasklet_schedule(&to_channel(chan)->tasklet);
	return 0;
}

static int soft_terminate_all(struct dma_chan *chan)
{
	struct soft_dma_channel *channel = to_channel(chan);
	LIST_HEAD(list);

	if (channel->terminate_error)
		return channel->terminate_error;
	spin_lock_irq(&channel->lock);
	list_splice_tail_init(&channel->submitted, &list);
	list_splice_tail_init(&channel->issued, &list);
	channel->partial = 0;
	channel->is_paused = false;
	channel->nr_terminated++;
	spin_unlock_irq(&channel->lock);
	free_all(&list);
	return 0;
}

static void soft_synchronize(struct dma_chan *chan)
{
	tasklet_kill(&to_channel(chan)->tasklet);
}

static bool soft_filter(struct dma_chan *chan, void *param)
{
	return chan == param;
}

void soft_dma_allow(struct soft_dma_channel *channel, int nr)
{
	spin_lock_irq(&channel->lock);
	channel->credit += nr;
	spin_unlock_irq(&channel->lock);
	tasklet_schedule(&channel->tasklet);
}

void soft_dma_set_partial(struct soft_dma_channel *channel, u32 bytes)
{
	spin_lock_irq(&channel->lock);
	channel->partial = bytes;
	spin_unlock_irq(&channel->lock);
}

static void channel_init(struct kunit *test, struct soft_dma *engine, unsigned int i)
{
	struct soft_dma_channel *channel = &engine->channels[i];

	channel->engine = engine;
	channel->chan.device = &engine->device;
	channel->chan.cookie = DMA_MIN_COOKIE;
	channel->chan.completed_cookie = DMA_MIN_COOKIE;
	channel->credit = -1;
	channel->fifo = iomd_kunit_zalloc(test, SOFT_DMA_FIFO);
	spin_lock_init(&channel->lock);
	INIT_LIST_HEAD(&channel->submitted);
	INIT_LIST_HEAD(&channel->issued);
	tasklet_setup(&channel->tasklet, tasklet_run);
	list_add_tail(&channel->chan.device_node, &engine->device.channels);
}

static void undo_engine(void *data)
{
	struct soft_dma *engine = data;
	unsigned int i;

	/* The worker that has just run an action may be the last to let go of a channel. */
	iomd_flush();
	dma_async_device_unregister(&engine->device);
	for (i = 0; i < SOFT_DMA_CHANNELS; i++)
		tasklet_kill(&engine->channels[i].tasklet);
}

struct soft_dma *soft_dma_create(struct kunit *test, struct device *dev, struct device *client)
{
	static const char * const names[SOFT_DMA_CHANNELS] = { SOFT_DMA_LINE_0, SOFT_DMA_LINE_1 };
	struct soft_dma *engine = iomd_kunit_zalloc(test, sizeof(*engine));
	struct dma_device *device = &engine->device;
	unsigned int i;

	INIT_LIST_HEAD(&device->channels);
	for (i = 0; i < SOFT_DMA_CHANNELS; i++) {
		channel_init(test, engine, i);
		engine->map[i].devname = dev_name(client);
		engine->map[i].slave = names[i];
		engine->map[i].param = &engine->channels[i].chan;
	}
	device->dev = dev;
	device->filter.map = engine->map;
	device->filter.mapcnt = SOFT_DMA_CHANNELS;
	device->filter.fn = soft_filter;
	dma_cap_set(DMA_SLAVE, device->cap_mask);
	dma_cap_set(DMA_PRIVATE, device->cap_mask);
	device->directions = BIT(DMA_DEV_TO_MEM) | BIT(DMA_MEM_TO_DEV);
	device->src_addr_widths = BIT(1) | BIT(2) | BIT(4);
	device->dst_addr_widths = BIT(1) | BIT(2) | BIT(4);
	device->max_burst = 16;
	device->residue_granularity = DMA_RESIDUE_GRANULARITY_BURST;
	device->device_config = soft_config;
	device->device_prep_slave_sg = soft_prep_slave_sg;
	device->device_issue_pending = soft_issue_pending;
	device->device_tx_status = soft_tx_status;
	device->device_pause = soft_pause;
	device->device_resume = soft_resume;
	device->device_terminate_all = soft_terminate_all;
	device->device_synchronize = soft_synchronize;
	KUNIT_ASSERT_EQ(test, dma_async_device_register(device), 0);
	iomd_kunit_defer(test, undo_engine, engine);
	return engine;
}
