// SPDX-License-Identifier: GPL-2.0-only
/*
 * The DMA controller that Linux's DMA engines are, for the request lines of one device.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/dmaengine.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/overflow.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/xarray.h>

#include <iomd/namespace.h>

#include "core.h"
#include "dma.h"
#include "dma_engine.h"

/**
 * DOC: The DMA engine as a controller
 *
 * The driver of a device says which request lines it has, and an event source gets the
 * dmaengine channel of one of them. A command that is started becomes a scatterlist of
 * the segments that the DMA command would generate, and a transfer descriptor of the
 * engine. It is completed once: by the engine's callback, or when the channel is stopped.
 *
 * Commands have to be mapped for the device that masters the bus, which is the engine's;
 * iomd_dmaes_get_dma_device() tells which.
 *
 * Locking: the engine's mutex, then a channel's mutex, then its spin lock. The callback
 * takes the spin lock only, and not around what it calls.
 */

/**
 * struct transfer - A command in progress.
 * @node: In the channel's list.
 * @channel: Channel.
 * @command: Command; NULL once it is being completed.
 * @length: Bytes.
 * @cookie: The engine's name for it.
 * @stopped_status: What to tell if it is stopped.
 * @stopped_count: Bytes moved by then.
 * @table: What is moved, in bus addresses.
 */
struct transfer {
	struct list_head node;
	struct iomd_engine_channel *channel;
	struct iomd_dma *command;
	u64 length;
	dma_cookie_t cookie;
	int stopped_status;
	u64 stopped_count;
	struct sg_table table;
};

/*
 * Transfers.
 */

static void transfer_free(struct transfer *transfer)
{
	sg_free_table(&transfer->table);
	kfree(transfer);
}

/* Take it out of the list and free it. Nobody may touch the channel after the unlock. */
static void transfer_end(struct transfer *transfer)
{
	struct iomd_engine_channel *channel = transfer->channel;
	unsigned long flags;

	spin_lock_irqsave(&channel->lock, flags);
	list_del(&transfer->node);
	if (list_empty(&channel->transfers))
		wake_up_all(&channel->idle);
	spin_unlock_irqrestore(&channel->lock, flags);
	transfer_free(transfer);
}

/*
 * Tell of a command that has ended, and forget it. The list keeps the transfer until its
 * event source knows, so that an idle channel is one of which everything has been told.
 */
static void transfer_complete(struct transfer *transfer, int status, u64 actual)
{
	struct iomd_engine_channel *channel = transfer->channel;
	struct iomd_dmac *dmac = &channel->engine->dmac;
	struct iomd_dma *command = transfer->command;
	unsigned long flags;

	spin_lock_irqsave(&channel->lock, flags);
	transfer->command = NULL;
	channel->last_count = actual;
	spin_unlock_irqrestore(&channel->lock, flags);

	iomd_dmac_notify_dma_command(dmac, channel->es, command, status, actual, ktime_get());
	iomd_dmac_complete_dma_command(dmac, channel->es, command);
	transfer_end(transfer);
}

static u64 moved(const struct transfer *transfer, u32 residue)
{
	return transfer->length - min_t(u64, residue, transfer->length);
}

static int status_of(enum dmaengine_tx_result result)
{
	switch (result) {
	case DMA_TRANS_NOERROR:
		return 0;
	case DMA_TRANS_ABORTED:
		return -ECANCELED;
	default:
		return -EIO;
	}
}

/* Called by the engine, in softirq as a rule. */
static void transfer_callback(void *param, const struct dmaengine_result *result)
{
	struct transfer *transfer = param;

	transfer_complete(transfer, status_of(result->result), moved(transfer, result->residue));
}

/* Segments on their way into a scatterlist: counted first, then stored. */
struct list_builder {
	u32 max;		/* bytes in an entry */
	unsigned int nr;
	struct scatterlist *sg;	/* where the next goes; NULL to count */
};

static int count_segment(void *sink, const struct iomd_dma_piece *segment)
{
	struct list_builder *builder = sink;
	u64 nr = DIV64_U64_ROUND_UP(segment->length, builder->max);

	if (nr > INT_MAX - builder->nr)
		return -EMSGSIZE;
	builder->nr += nr;
	return 0;
}

static int store_segment(void *sink, const struct iomd_dma_piece *segment)
{
	struct list_builder *builder = sink;
	u64 done = 0;

	while (done < segment->length) {
		u32 length = min_t(u64, builder->max, segment->length - done);

		sg_dma_address(builder->sg) = segment->address + done;
		sg_dma_len(builder->sg) = length;
		builder->sg->length = length;
		builder->sg = sg_next(builder->sg);
		done += length;
	}
	return 0;
}

/* The longest entry: what the engine takes, in whole pages if it takes one. */
static u32 longest_entry(struct dma_chan *chan)
{
	u32 max = dma_get_max_seg_size(dmaengine_get_dma_device(chan));

	return max > PAGE_SIZE ? round_down(max, PAGE_SIZE) : max;
}

static int build_list(struct transfer *transfer, struct dma_chan *chan, u64 offset)
{
	struct list_builder builder = { .max = longest_entry(chan) };
	int err;

	err = iomd_dma_walk_segments(transfer->command, offset, transfer->length, count_segment,
				     &builder);
	if (err)
		return err;
	err = sg_alloc_table(&transfer->table, builder.nr, GFP_NOIO);
	if (err)
		return err;
	builder.sg = transfer->table.sgl;
	return iomd_dma_walk_segments(transfer->command, offset, transfer->length, store_segment,
				      &builder);
}

/* Would the engine see memory where the command says it is? */
static int check_mapping(const struct iomd_dma *command, struct dma_chan *chan)
{
	struct iomd_mapper *mapper = command->mapper;

	if (!mapper) {
		dev_warn_ratelimited(chan->device->dev, "a DMA command without a mapper\n");
		return -ENODEV;
	}
	if (!iomd_mapper_is_identity(mapper) && mapper->dev != dmaengine_get_dma_device(chan)) {
		dev_warn_ratelimited(chan->device->dev, "a DMA command mapped for %s\n",
				     dev_name(mapper->dev));
		return -EINVAL;
	}
	return 0;
}

/* Return: bytes to move, or an errno. */
static s64 check_command(const struct iomd_dma *command, u32 direction, u64 count, u64 offset)
{
	u64 end;

	if (direction != IOMD_DIRECTION_IN && direction != IOMD_DIRECTION_OUT)
		return -EINVAL;
	if (!command->active || !command->is_ready)
		return -EAGAIN;
	if (direction == IOMD_DIRECTION_IN && iomd_desc_is_read_only(command->desc))
		return -EROFS;
	if (offset >= command->length)
		return -EINVAL;
	if (!count)
		count = command->length - offset;
	if (check_add_overflow(offset, count, &end) || end > command->length)
		return -EINVAL;
	/* The engine counts what is left in 32 bits. */
	return count <= U32_MAX ? count : -EMSGSIZE;
}

/* Hand the transfer to the engine. From here on the callback may free it. */
static int submit(struct iomd_engine_channel *channel, struct transfer *transfer, u32 direction)
{
	enum dma_transfer_direction way = direction == IOMD_DIRECTION_IN ? DMA_DEV_TO_MEM :
									  DMA_MEM_TO_DEV;
	struct dma_async_tx_descriptor *txd;

	txd = dmaengine_prep_slave_sg(channel->chan, transfer->table.sgl, transfer->table.nents,
				      way, DMA_PREP_INTERRUPT | DMA_CTRL_ACK);
	if (!txd)
		return -ENOBUFS;
	txd->callback_result = transfer_callback;
	txd->callback_param = transfer;

	spin_lock_irq(&channel->lock);
	list_add_tail(&transfer->node, &channel->transfers);
	spin_unlock_irq(&channel->lock);
	transfer->cookie = dmaengine_submit(txd);
	if (dma_submit_error(transfer->cookie)) {
		spin_lock_irq(&channel->lock);
		list_del(&transfer->node);
		spin_unlock_irq(&channel->lock);
		return -EIO;
	}
	dma_async_issue_pending(channel->chan);
	return 0;
}

static int channel_start(struct iomd_engine_channel *channel, struct iomd_dma *command,
			 u32 direction, u64 byte_count, u64 byte_offset)
{
	struct transfer *transfer;
	s64 length;
	int err;

	lockdep_assert_held(&channel->mutex);
	if (!channel->chan)
		return -ENODEV;
	length = check_command(command, direction, byte_count, byte_offset);
	if (length < 0)
		return length;
	err = check_mapping(command, channel->chan);
	if (err)
		return err;

	transfer = kzalloc(sizeof(*transfer), GFP_NOIO);
	if (!transfer)
		return -ENOMEM;
	transfer->channel = channel;
	transfer->command = command;
	transfer->length = length;
	err = build_list(transfer, channel->chan, byte_offset);
	if (!err)
		err = submit(channel, transfer, direction);
	if (err)
		transfer_free(transfer);
	return err;
}

/*
 * Stopping.
 */

bool iomd_engine_is_idle(struct iomd_engine_channel *channel)
{
	bool idle;

	spin_lock_irq(&channel->lock);
	idle = list_empty(&channel->transfers);
	spin_unlock_irq(&channel->lock);
	return idle;
}

static long jiffies_of(u64 timeout)
{
	if (timeout == IOMD_DMAC_NO_TIMEOUT)
		return MAX_SCHEDULE_TIMEOUT;
	if (!timeout)
		return 0;
	return min_t(u64, nsecs_to_jiffies64(timeout) + 1, MAX_SCHEDULE_TIMEOUT - 1);
}

/* Wait for at most @timeout nanoseconds. Return: whether nothing is in progress. */
static bool wait_until_idle(struct iomd_engine_channel *channel, u64 timeout)
{
	return wait_event_timeout(channel->idle, iomd_engine_is_idle(channel), jiffies_of(timeout));
}

/*
 * How far transfers have come can be asked while the engine still knows them. Callbacks
 * may run; those transfers that they have got hold of are theirs.
 */
static void take_stock(struct iomd_engine_channel *channel)
{
	struct transfer *transfer;

	spin_lock_irq(&channel->lock);
	list_for_each_entry(transfer, &channel->transfers, node) {
		struct dma_tx_state state = { .residue = transfer->length };
		enum dma_status status;

		status = dmaengine_tx_status(channel->chan, transfer->cookie, &state);
		transfer->stopped_status = status == DMA_COMPLETE ? 0 :
					   status == DMA_ERROR ? -EIO : -ECANCELED;
		transfer->stopped_count = status == DMA_COMPLETE ? transfer->length :
								   moved(transfer, state.residue);
	}
	spin_unlock_irq(&channel->lock);
}

/*
 * Take down what is in progress. Some engines can only be asked how far they are while
 * they pause, and some cannot pause. If that fails, what is in progress goes on.
 */
static int terminate(struct iomd_engine_channel *channel)
{
	struct transfer *transfer, *next;
	bool is_paused;
	int err;

	lockdep_assert_held(&channel->mutex);
	if (iomd_engine_is_idle(channel))
		return 0;

	is_paused = !dmaengine_pause(channel->chan);
	take_stock(channel);
	err = dmaengine_terminate_sync(channel->chan);
	if (err) {
		if (is_paused)
			dmaengine_resume(channel->chan);
		return err == -ENOSYS ? -EOPNOTSUPP : err;
	}

	/* No callback runs any more, and nothing is started: the list is ours. */
	list_for_each_entry_safe(transfer, next, &channel->transfers, node)
		transfer_complete(transfer, transfer->stopped_status, transfer->stopped_count);
	return 0;
}

/*
 * Channels.
 */

/* What cannot be taken down has to be waited for. */
static void channel_close(struct iomd_engine_channel *channel)
{
	mutex_lock(&channel->mutex);
	if (channel->chan) {
		if (terminate(channel))
			wait_until_idle(channel, IOMD_DMAC_NO_TIMEOUT);
		dma_release_channel(channel->chan);
		channel->chan = NULL;
	}
	mutex_unlock(&channel->mutex);
}

static int engine_add(struct iomd_engine *engine, struct iomd_engine_channel *channel, u32 *index)
{
	const struct xa_limit limit = XA_LIMIT(0, IOMD_DMAC_INVALID_CHANNEL - 1);

	return engine->is_gone ? -ENODEV :
	       xa_alloc(&engine->channels, index, channel, limit, GFP_KERNEL);
}

static int engine_init_dma_channel(struct iomd_dmac *dmac, struct device *provider,
				   struct iomd_dmaes *es, u32 *dma_index, u32 req_index)
{
	struct iomd_engine *engine = iomd_to_engine(dmac);
	const struct iomd_dmac_line *line = iomd_engine_line(engine, provider, req_index);
	struct iomd_engine_channel *channel;
	int err;

	if (!line)
		return -EINVAL;
	channel = kzalloc(sizeof(*channel), GFP_KERNEL);
	if (!channel)
		return -ENOMEM;
	channel->engine = engine;
	channel->es = es;
	mutex_init(&channel->mutex);
	spin_lock_init(&channel->lock);
	INIT_LIST_HEAD(&channel->transfers);
	init_waitqueue_head(&channel->idle);

	err = iomd_engine_open(channel, line);
	if (err)
		goto err_free;
	mutex_lock(&engine->lock);
	err = engine_add(engine, channel, dma_index);
	mutex_unlock(&engine->lock);
	if (err)
		goto err_close;
	return 0;

err_close:
	channel_close(channel);
err_free:
	kfree(channel);
	return err;
}

static void engine_release_dma_channel(struct iomd_dmac *dmac, u32 dma_index)
{
	struct iomd_engine *engine = iomd_to_engine(dmac);
	struct iomd_engine_channel *channel;

	mutex_lock(&engine->lock);
	channel = xa_erase(&engine->channels, dma_index);
	channel_close(channel);
	mutex_unlock(&engine->lock);
	kfree(channel);
}

/*
 * Operations.
 */

static int engine_start_dma_command(struct iomd_dmac *dmac, u32 dma_index, struct iomd_dma *command,
				    u32 direction, u64 byte_count, u64 byte_offset)
{
	struct iomd_engine_channel *channel = iomd_engine_channel(dmac, dma_index);
	int err;

	mutex_lock(&channel->mutex);
	err = channel_start(channel, command, direction, byte_count, byte_offset);
	mutex_unlock(&channel->mutex);
	return err;
}

static int engine_stop_dma_command(struct iomd_dmac *dmac, u32 dma_index, bool flush, u64 timeout)
{
	struct iomd_engine_channel *channel = iomd_engine_channel(dmac, dma_index);
	bool in_time = !flush || wait_until_idle(channel, timeout);
	int err;

	mutex_lock(&channel->mutex);
	err = terminate(channel);
	mutex_unlock(&channel->mutex);
	if (err)
		return err;
	return in_time ? 0 : -ETIMEDOUT;
}

/* The first that is still in progress; the engine may just be done with it. */
static struct iomd_dma *current_command(struct iomd_engine_channel *channel, u64 *count)
{
	struct transfer *transfer;

	*count = channel->last_count;
	list_for_each_entry(transfer, &channel->transfers, node) {
		struct dma_tx_state state = { .residue = transfer->length };

		if (!transfer->command)
			continue;
		*count = transfer->length;
		if (dmaengine_tx_status(channel->chan, transfer->cookie, &state) != DMA_COMPLETE)
			*count = moved(transfer, state.residue);
		return transfer->command;
	}
	return NULL;
}

static int engine_query_dma_command(struct iomd_dmac *dmac, u32 dma_index,
				    struct iomd_dma **command, u64 *transfer_count,
				    bool wait_for_idle)
{
	struct iomd_engine_channel *channel = iomd_engine_channel(dmac, dma_index);
	struct iomd_dma *current_one;
	u64 count;

	if (wait_for_idle)
		wait_until_idle(channel, IOMD_DMAC_NO_TIMEOUT);

	/* With the mutex the channel stays; without transfers it is not asked. */
	mutex_lock(&channel->mutex);
	spin_lock_irq(&channel->lock);
	current_one = current_command(channel, &count);
	spin_unlock_irq(&channel->lock);
	mutex_unlock(&channel->mutex);
	if (command)
		*command = current_one;
	if (transfer_count)
		*transfer_count = count;
	return 0;
}

static struct device *engine_get_dma_device(struct iomd_dmac *dmac, u32 dma_index)
{
	struct iomd_engine_channel *channel = iomd_engine_channel(dmac, dma_index);
	struct device *dev;

	mutex_lock(&channel->mutex);
	dev = channel->chan ? dmaengine_get_dma_device(channel->chan) : NULL;
	mutex_unlock(&channel->mutex);
	return dev;
}

static void engine_release(struct iomd_dmac *dmac)
{
	struct iomd_engine *engine = iomd_to_engine(dmac);

	xa_destroy(&engine->channels);
	put_device(engine->provider);
	kfree(engine);
}

static const struct iomd_dmac_ops engine_ops = {
	.owner = THIS_MODULE,
	.init_dma_channel = engine_init_dma_channel,
	.start_dma_command = engine_start_dma_command,
	.stop_dma_command = engine_stop_dma_command,
	.query_dma_command = engine_query_dma_command,
	.get_fifo_depth = iomd_engine_get_fifo_depth,
	.set_fifo_depth = iomd_engine_set_fifo_depth,
	.valid_fifo_depth = iomd_engine_valid_fifo_depth,
	.set_frame_size = iomd_engine_set_frame_size,
	.set_dma_config = iomd_engine_set_dma_config,
	.valid_dma_config = iomd_engine_valid_dma_config,
	.get_dma_device = engine_get_dma_device,
	.release_dma_channel = engine_release_dma_channel,
	.release = engine_release,
};

/*
 * The device that it is attached to.
 */

struct engine_devres {
	struct iomd_engine *engine;
};

/*
 * The device is being unbound. Channels go first, which ends what callers of operations
 * may be waiting for.
 */
static void engine_devres_release(struct device *dev, void *res)
{
	struct iomd_engine *engine = ((struct engine_devres *)res)->engine;
	struct iomd_engine_channel *channel;
	unsigned long index;

	mutex_lock(&engine->lock);
	engine->is_gone = true;
	xa_for_each(&engine->channels, index, channel)
		channel_close(channel);
	mutex_unlock(&engine->lock);
	iomd_dmac_stop(&engine->dmac);
	module_put(THIS_MODULE);
}

static struct iomd_engine *engine_create(struct device *provider,
					 const struct iomd_dmac_line *lines, u32 nr_lines)
{
	struct iomd_engine *engine = kzalloc(struct_size(engine, lines, nr_lines), GFP_KERNEL);

	if (!engine)
		return NULL;
	engine->provider = get_device(provider);
	mutex_init(&engine->lock);
	xa_init_flags(&engine->channels, XA_FLAGS_ALLOC);
	engine->nr_lines = nr_lines;
	memcpy(engine->lines, lines, array_size(nr_lines, sizeof(*lines)));
	iomd_dmac_start(&engine->dmac, &engine_ops, provider);
	return engine;
}

/**
 * iomd_dmac_attach_engine() - Have Linux's DMA engine serve a device.
 * @provider: The client's device, bound to its driver.
 * @lines: Its request lines; an event source's index counts them. The names stay where
 *	they are as long as the device is bound.
 * @nr_lines: How many.
 *
 * From then on iomd_dmac_get_controller() finds a controller for the device, if that has
 * no property dma-parent. It goes when the device is unbound: what is in progress is
 * stopped and completed, and event sources that are left have no channel any more.
 *
 * Of the DMA engine's channels it takes those with device_prep_slave_sg. A command is
 * completed once, with -EIO for an error of the engine, and with -ECANCELED and the bytes
 * moved if it was stopped. Stopping with flush gives -ETIMEDOUT if time was short, and has
 * stopped all the same; an engine that cannot be stopped gives its error, and what is in
 * progress goes on as if nobody had asked. The depth of the FIFO is the burst times the
 * width of an access, and the frame size is that width. IOKit has no such call.
 *
 * Context: Process context, may sleep.
 * Return: 0; -EINVAL for NULL or no line; -ENODEV if the device has no driver; -EEXIST if
 *	   it has an engine; -ENOMEM; -EOPNOTSUPP if the kernel has no DMA engine.
 *
 * Implements DCTL-8 over dmaengine.
 */
int iomd_dmac_attach_engine(struct device *provider, const struct iomd_dmac_line *lines,
			    u32 nr_lines)
{
	struct engine_devres *devres;

	if (!IS_ENABLED(CONFIG_DMA_ENGINE))
		return -EOPNOTSUPP;
	if (!provider || !lines || !nr_lines)
		return -EINVAL;
	if (!provider->driver)
		return -ENODEV;
	if (devres_find(provider, engine_devres_release, NULL, NULL))
		return -EEXIST;

	devres = devres_alloc(engine_devres_release, sizeof(*devres), GFP_KERNEL);
	if (!devres)
		return -ENOMEM;
	devres->engine = engine_create(provider, lines, nr_lines);
	if (!devres->engine) {
		devres_free(devres);
		return -ENOMEM;
	}
	__module_get(THIS_MODULE);
	devres_add(provider, devres);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(iomd_dmac_attach_engine, IOMD_NS);

struct iomd_dmac *iomd_engine_of(struct device *provider)
{
	struct engine_devres *devres = devres_find(provider, engine_devres_release, NULL, NULL);

	return devres ? iomd_dmac_get(&devres->engine->dmac) : NULL;
}
