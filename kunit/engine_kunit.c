// SPDX-License-Identifier: GPL-2.0-only
/*
 * Linux's DMA engine as a DMA controller: data, byte counts, errors, stopping, and what
 * goes on when the device goes.
 */
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/kthread.h>
#include <linux/workqueue.h>

#include "iomd_kunit.h"
#include "mock_dmac.h"
#include "soft_dma.h"

#define IN		IOMD_DIRECTION_IN
#define OUT		IOMD_DIRECTION_OUT
#define BOTH		IOMD_DIRECTION_OUT_IN
#define NONE		IOMD_DIRECTION_NONE
#define FOREVER		IOMD_DMAC_NO_TIMEOUT
#define MAX_SEEN	16
#define NR_PAGES	4
#define LENGTH		(3 * PAGE_SIZE + 0x234)

struct seen {
	struct iomd_dma *command;
	int status;
	u64 actual;
	ktime_t stamp;
};

/**
 * struct fixture - An engine, and a client of it.
 * @test: The case.
 * @dev: The engine's device.
 * @client: The client's device.
 * @engine: The engine.
 * @channel: Its first channel.
 * @mapper: Of @dev.
 * @queue: Where the work loop's actions run.
 * @loop: The work loop.
 * @seen: Commands that ended.
 * @nr_seen: How many there were.
 * @nr_notified: How many times the notification action was called.
 */
struct fixture {
	struct kunit *test;
	struct device *dev;
	struct device *client;
	struct soft_dma *engine;
	struct soft_dma_channel *channel;
	struct iomd_mapper *mapper;
	struct workqueue_struct *queue;
	struct iomd_work_loop *loop;
	struct seen seen[MAX_SEEN];
	unsigned int nr_seen;
	unsigned int nr_notified;
};

static const struct iomd_dmac_line lines[] = {
	{
		.name = SOFT_DMA_LINE_0,
		.config = {
			.src_addr = 0x1000,
			.dst_addr = 0x2000,
			.src_addr_width = DMA_SLAVE_BUSWIDTH_4_BYTES,
			.dst_addr_width = DMA_SLAVE_BUSWIDTH_4_BYTES,
			.src_maxburst = 4,
			.dst_maxburst = 8,
		},
	},
	{ .name = SOFT_DMA_LINE_1, .config = { .src_addr = 0x3000, .dst_addr = 0x4000 } },
	{ .name = "none" },
};

static void completion_action(void *owner, struct iomd_dmaes *es, struct iomd_dma *command,
			      int status, u64 actual_byte_count, ktime_t time_stamp)
{
	struct fixture *fixture = owner;
	unsigned int i = fixture->nr_seen++;

	if (i < MAX_SEEN)
		fixture->seen[i] = (struct seen) { command, status, actual_byte_count,
						   time_stamp };
}

static void notification_action(void *owner, struct iomd_dmaes *es, struct iomd_dma *command,
				int status, u64 actual_byte_count, ktime_t time_stamp)
{
	struct fixture *fixture = owner;

	WRITE_ONCE(fixture->nr_notified, fixture->nr_notified + 1);
}

static void undo_queue(void *data)
{
	destroy_workqueue(data);
}

static int init(struct kunit *test)
{
	struct fixture *fixture;
	int err = iomd_kunit_init(test);

	if (err)
		return err;
	fixture = iomd_kunit_zalloc(test, sizeof(*fixture));
	test->priv = fixture;
	fixture->test = test;
	fixture->queue = alloc_ordered_workqueue("iomd-kunit", 0);
	KUNIT_ASSERT_NOT_NULL(test, fixture->queue);
	iomd_kunit_defer(test, undo_queue, fixture->queue);
	fixture->dev = iomd_kunit_device(test, 64);
	dma_set_max_seg_size(fixture->dev, 2 * PAGE_SIZE + 16);
	fixture->client = iomd_kunit_device(test, 64);
	fixture->engine = soft_dma_create(test, fixture->dev, fixture->client);
	fixture->channel = &fixture->engine->channels[0];
	fixture->mapper = iomd_kunit_mapper(test, iomd_mapper_for_device(fixture->dev));
	fixture->loop = iomd_kunit_work_loop(test, fixture->queue);
	KUNIT_ASSERT_EQ(test, iomd_dmac_attach_engine(fixture->client, lines, ARRAY_SIZE(lines)),
			0);
	return 0;
}

static void undo_client(void *data)
{
	struct fixture *fixture = data;

	iomd_kunit_unbind(fixture->client);
}

/* Nothing of the client is left when the engine goes. */
static struct iomd_dmaes *make(struct fixture *fixture, iomd_dmaes_action_fn completion, u32 line)
{
	struct iomd_dmaes *es;

	es = iomd_dmaes_dma_event_source(fixture, fixture->client, completion,
					 notification_action, line);
	if (!IS_ERR(es))
		KUNIT_EXPECT_EQ(fixture->test,
				iomd_work_loop_add_event_source(fixture->loop, es), 0);
	return es;
}

static struct iomd_dmaes *asynchronous(struct fixture *fixture)
{
	return iomd_kunit_dmaes(fixture->test, make(fixture, completion_action, 0));
}

static struct iomd_dmaes *synchronous(struct fixture *fixture)
{
	return iomd_kunit_dmaes(fixture->test, make(fixture, NULL, 0));
}

static void settle(struct fixture *fixture)
{
	tasklet_unlock_wait(&fixture->channel->tasklet);
	drain_workqueue(fixture->queue);
}

static bool is_reserved(const struct fixture *fixture)
{
	return READ_ONCE(fixture->channel->chan.client_count);
}

/* So many commands have been told of. */
static bool has_seen(struct fixture *fixture, unsigned int nr)
{
	return iomd_kunit_wait_for(READ_ONCE(fixture->nr_seen) >= nr);
}

/**
 * struct memory - Memory in pieces, described, with a command.
 * @bytes: The memory.
 * @desc: Its descriptor, prepared.
 * @command: A command for the engine, prepared.
 */
struct memory {
	u8 *bytes;
	struct iomd_desc *desc;
	struct iomd_dma *command;
};

static void undo_memory(void *data)
{
	struct memory *memory = data;

	iomd_dma_clear_memory_descriptor(memory->command, true);
	iomd_desc_complete(memory->desc, NONE);
}

static struct memory *memory_of(struct kunit *test, struct iomd_mapper *mapper, u32 direction)
{
	struct memory *memory = iomd_kunit_zalloc(test, sizeof(*memory));
	struct page **pages = iomd_kunit_scattered_pages(test, NR_PAGES);

	memory->bytes = iomd_kunit_vmap(test, pages, NR_PAGES);
	memory->desc = iomd_kunit_kernel_desc(test, memory->bytes + 0x10, LENGTH, direction);
	memory->command = iomd_kunit_command(test, 64, 1, mapper);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(memory->desc, NONE), 0);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(memory->command, memory->desc, true),
			0);
	iomd_kunit_defer(test, undo_memory, memory);
	memory->bytes += 0x10;
	return memory;
}

static struct memory *memory(struct fixture *fixture)
{
	return memory_of(fixture->test, fixture->mapper, BOTH);
}

static int start(struct iomd_dmaes *es, struct memory *memory, u32 direction)
{
	return iomd_dmaes_start_dma_command(es, memory->command, direction, 0, 0);
}

/*
 * Moving data.
 */

/* DCTL-8 DCTL-21 DCTL-36: out of memory and into it, in both modes, the whole way */
static void data_is_moved(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_dmaes *es = asynchronous(fixture);
	struct soft_dma_channel *channel = fixture->channel;
	struct memory *memory = memory_of(test, fixture->mapper, BOTH);

	iomd_kunit_fill(memory->bytes, LENGTH, 1);
	KUNIT_EXPECT_EQ(test, start(es, memory, OUT), 0);
	KUNIT_EXPECT_TRUE(test, has_seen(fixture, 1));
	KUNIT_EXPECT_EQ(test, channel->level, (u32)LENGTH);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(channel->fifo, LENGTH, 1));
	KUNIT_EXPECT_GE(test, channel->nr_entries, (unsigned int)NR_PAGES);

	iomd_kunit_fill(channel->fifo, LENGTH, 2);
	channel->level = 0;
	KUNIT_EXPECT_EQ(test, start(es, memory, IN), 0);
	KUNIT_EXPECT_TRUE(test, has_seen(fixture, 2));
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(memory->bytes, LENGTH, 2));
	KUNIT_EXPECT_PTR_EQ(test, fixture->seen[1].command, memory->command);
	KUNIT_EXPECT_EQ(test, fixture->seen[1].status, 0);
	KUNIT_EXPECT_EQ(test, fixture->seen[1].actual, (u64)LENGTH);
	KUNIT_EXPECT_GE(test, ktime_to_ns(fixture->seen[1].stamp),
			ktime_to_ns(fixture->seen[0].stamp));
	KUNIT_EXPECT_EQ(test, fixture->nr_notified, 2U);
}

/* DCTL-16 DCTL-22 DCTL-36: the same, waited for */
static void data_is_waited_for(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_dmaes *es = synchronous(fixture);
	struct soft_dma_channel *channel = fixture->channel;
	struct memory *memory = memory_of(test, fixture->mapper, BOTH);
	unsigned int i;
	u64 actual;
	int status;

	for (i = 0; i < 2; i++) {
		/* By the engine's tasklet, and before starting has returned. */
		channel->in_place = i;
		channel->level = 0;
		iomd_kunit_fill(memory->bytes, LENGTH, i + 3);
		KUNIT_EXPECT_EQ(test, start(es, memory, OUT), 0);
		KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(channel->fifo, LENGTH, i + 3));
		iomd_dmaes_get_result(es, memory->command, &status, &actual, NULL);
		KUNIT_EXPECT_EQ(test, status, 0);
		KUNIT_EXPECT_EQ(test, actual, (u64)LENGTH);
	}
	KUNIT_EXPECT_EQ(test, fixture->nr_notified, 2U);
}

struct part {
	const char *name;
	u64 count;
	u64 offset;
	int error;
	u64 moved;
};

/* Of a command that is prepared for all but the first 0x100 bytes. */
static const struct part parts[] = {
	{ "all of it", 0, 0, 0, LENGTH - 0x100 },
	{ "the end", 0, 0x1234, 0, LENGTH - 0x100 - 0x1234 },
	{ "the beginning", 0x111, 0, 0, 0x111 },
	{ "some of it", 0x1001, 0xff5, 0, 0x1001 },
	{ "the last byte", 1, LENGTH - 0x101, 0, 1 },
	{ "all of it by number", LENGTH - 0x100, 0, 0, LENGTH - 0x100 },
	{ "one too many", LENGTH - 0xff, 0, -EINVAL },
	{ "beyond the end", 2, LENGTH - 0x101, -EINVAL },
	{ "behind the end", 0, LENGTH - 0x100, -EINVAL },
	{ "nothing behind the end", 1, LENGTH, -EINVAL },
	{ "wrapping", U64_MAX, 0x10, -EINVAL },
};

static void part_name(const struct part *part, char *name)
{
	strscpy(name, part->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(part, parts, part_name);

/* DCTL-8 DCTL-20: byte count and offset are relative to what is prepared */
static void parts_are_moved(struct kunit *test)
{
	const struct part *part = test->param_value;
	struct fixture *fixture = test->priv;
	struct iomd_dmaes *es = asynchronous(fixture);
	struct soft_dma_channel *channel = fixture->channel;
	struct memory *all = memory(fixture);

	iomd_kunit_fill(all->bytes, LENGTH, 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(all->command, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(all->command, 0x100, LENGTH - 0x100, true, true),
			0);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_start_dma_command(es, all->command, OUT, part->count,
							   part->offset), part->error);
	if (part->error) {
		settle(fixture);
		KUNIT_EXPECT_EQ(test, fixture->nr_notified, 0U);
		return;
	}
	KUNIT_EXPECT_TRUE(test, has_seen(fixture, 1));
	KUNIT_EXPECT_EQ(test, fixture->seen[0].actual, part->moved);
	KUNIT_EXPECT_EQ(test, channel->level, (u32)part->moved);
	iomd_kunit_expect_bytes(test, channel->fifo, all->bytes + 0x100 + part->offset,
				part->moved);
}

/* DCTL-8: no entry is longer than the engine takes, however memory lies */
static void entries_are_cut(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_dmaes *es = synchronous(fixture);
	u8 *bytes = kunit_kzalloc(test, 8 * PAGE_SIZE, GFP_KERNEL);
	struct iomd_desc *desc = iomd_kunit_kernel_desc(test, bytes, 8 * PAGE_SIZE, OUT);
	struct iomd_mapper *identity = iomd_kunit_mapper(test, iomd_mapper_identity());
	struct iomd_dma *dma = iomd_kunit_command(test, 64, 1, identity);

	iomd_kunit_fill(bytes, 8 * PAGE_SIZE, 5);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_start_dma_command(es, dma, OUT, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, fixture->channel->nr_entries, 4U);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(fixture->channel->fifo, 8 * PAGE_SIZE, 5));
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
}

/* DCTL-19 DCTL-29: several in progress, told of as they end */
static void commands_queue_up(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_dmaes *es = asynchronous(fixture);
	struct memory *memories[4];
	struct iomd_dma *current_one;
	u64 count;
	unsigned int i;

	fixture->channel->credit = 0;
	for (i = 0; i < ARRAY_SIZE(memories); i++) {
		memories[i] = memory(fixture);
		KUNIT_EXPECT_EQ(test, start(es, memories[i], OUT), 0);
	}
	KUNIT_EXPECT_EQ(test, iomd_dmaes_query_dma_command(es, &current_one, &count, false), 0);
	KUNIT_EXPECT_PTR_EQ(test, current_one, memories[0]->command);
	KUNIT_EXPECT_EQ(test, count, 0ULL);
	soft_dma_allow(fixture->channel, 1);
	KUNIT_EXPECT_TRUE(test, has_seen(fixture, 1));
	soft_dma_set_partial(fixture->channel, 77);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_query_dma_command(es, &current_one, &count, false), 0);
	KUNIT_EXPECT_PTR_EQ(test, current_one, memories[1]->command);
	KUNIT_EXPECT_EQ(test, count, 77ULL);
	soft_dma_allow(fixture->channel, 3);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_query_dma_command(es, &current_one, &count, true), 0);
	KUNIT_EXPECT_PTR_EQ(test, current_one, NULL);
	KUNIT_EXPECT_EQ(test, count, (u64)LENGTH);
	KUNIT_EXPECT_TRUE(test, has_seen(fixture, 4));
	for (i = 0; i < ARRAY_SIZE(memories); i++)
		KUNIT_EXPECT_PTR_EQ(test, fixture->seen[i].command, memories[i]->command);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_query_dma_command(es, NULL, NULL, false), 0);
}

/* DCTL-23 DCTL-28: an error of the engine, with what was moved until then */
static void errors_are_told(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_dmaes *es = asynchronous(fixture), *other;
	struct memory *one = memory(fixture);
	u64 actual;
	int status;

	fixture->channel->fail = true;
	fixture->channel->partial = 0x123;
	KUNIT_EXPECT_EQ(test, start(es, one, IN), 0);
	KUNIT_EXPECT_TRUE(test, has_seen(fixture, 1));
	KUNIT_EXPECT_EQ(test, fixture->seen[0].status, -EIO);
	KUNIT_EXPECT_EQ(test, fixture->seen[0].actual, 0x123ULL);
	KUNIT_EXPECT_EQ(test, start(es, one, IN), 0);
	KUNIT_EXPECT_TRUE(test, has_seen(fixture, 2));
	KUNIT_EXPECT_EQ(test, fixture->seen[1].status, 0);
	KUNIT_EXPECT_EQ(test, iomd_work_loop_remove_event_source(fixture->loop, es), 0);

	other = iomd_kunit_dmaes(test, make(fixture, NULL, 1));
	fixture->engine->channels[1].fail = true;
	KUNIT_EXPECT_EQ(test, start(other, one, OUT), 0);
	iomd_dmaes_get_result(other, one->command, &status, &actual, NULL);
	KUNIT_EXPECT_EQ(test, status, -EIO);
	KUNIT_EXPECT_EQ(test, actual, 0ULL);
}

/*
 * What is refused.
 */

/* DCTL-20: commands that the engine must not be given */
static void bad_commands_are_refused(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_dmaes *es = asynchronous(fixture);
	struct iomd_mapper *other = iomd_kunit_device_mapper(test, 64);
	struct memory *good = memory(fixture);
	struct iomd_dma *dma = iomd_kunit_command(test, 64, 1, fixture->mapper);

	KUNIT_EXPECT_EQ(test, start(es, good, NONE), -EINVAL);
	KUNIT_EXPECT_EQ(test, start(es, good, BOTH), -EINVAL);
	KUNIT_EXPECT_EQ(test, start(es, memory_of(test, NULL, BOTH), OUT), -ENODEV);
	KUNIT_EXPECT_EQ(test, start(es, memory_of(test, other, BOTH), OUT), -EINVAL);
	KUNIT_EXPECT_EQ(test, start(es, memory_of(test, fixture->mapper, OUT), IN), -EROFS);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_start_dma_command(es, dma, OUT, 0, 0), -EAGAIN);
	fixture->channel->refuse = 1;
	KUNIT_EXPECT_EQ(test, start(es, good, OUT), -ENOBUFS);
	fixture->channel->refuse = -1;
	KUNIT_EXPECT_EQ(test, start(es, good, OUT), -EIO);
	settle(fixture);
	KUNIT_EXPECT_EQ(test, fixture->nr_notified, 0U);
	fixture->channel->refuse = 0;
	KUNIT_EXPECT_EQ(test, start(es, good, OUT), 0);
	KUNIT_EXPECT_TRUE(test, has_seen(fixture, 1));
}

/* DCTL-2 DCTL-12: attaching, and lines that there are not */
static void engines_are_attached(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct device *dev = iomd_kunit_device(test, 64);
	struct iomd_dmaes *es;

	KUNIT_EXPECT_EQ(test, iomd_dmac_attach_engine(NULL, lines, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dmac_attach_engine(dev, NULL, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dmac_attach_engine(dev, lines, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dmac_attach_engine(fixture->client, lines, 1), -EEXIST);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_dmac_get_controller(dev, 0), -ENOENT);
	iomd_kunit_unbind(dev);
	KUNIT_EXPECT_EQ(test, iomd_dmac_attach_engine(dev, lines, 1), -ENODEV);

	IOMD_KUNIT_EXPECT_ERR(test, make(fixture, NULL, ARRAY_SIZE(lines)), -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, make(fixture, NULL, 2), -EPROBE_DEFER);
	fixture->channel->config_error = -EREMOTEIO;
	IOMD_KUNIT_EXPECT_ERR(test, make(fixture, NULL, 0), -EREMOTEIO);
	fixture->channel->config_error = 0;
	es = asynchronous(fixture);
	KUNIT_EXPECT_TRUE(test, IS_ERR(make(fixture, NULL, 0)));
	KUNIT_EXPECT_PTR_EQ(test, iomd_dmaes_get_dma_device(es), fixture->dev);
	KUNIT_EXPECT_EQ(test, fixture->channel->config.dst_addr, (phys_addr_t)0x2000);
}

static int live_once(struct kunit *test, void *data)
{
	struct fixture *fixture = test->priv;
	struct iomd_dmaes *es = make(fixture, NULL, 0);
	int ret;

	if (IS_ERR(es))
		return PTR_ERR(es);
	ret = start(es, data, OUT);
	iomd_dmaes_put(es);
	return ret;
}

/* DCTL-12 DCTL-20: whatever allocation fails, nothing is left */
static void survives_failing_allocations(struct kunit *test)
{
	struct fixture *fixture = test->priv;

	fixture->channel->in_place = true;
	KUNIT_EXPECT_GE(test, iomd_kunit_sweep(test, live_once, memory(fixture), UINT_MAX), 3U);
}

/*
 * Stopping.
 */

/* DCTL-8 DCTL-35: what is stopped is told of, with what was moved */
static void stopped_commands_are_completed(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_dmaes *es = asynchronous(fixture);
	struct memory *one = memory(fixture), *two = memory(fixture);
	struct iomd_dma *current_one;
	u64 count;

	KUNIT_EXPECT_EQ(test, iomd_dmaes_stop_dma_command(es, false, FOREVER), 0);
	fixture->channel->credit = 0;
	KUNIT_EXPECT_EQ(test, start(es, one, OUT), 0);
	KUNIT_EXPECT_EQ(test, start(es, two, OUT), 0);
	soft_dma_set_partial(fixture->channel, 0x77);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_stop_dma_command(es, false, FOREVER), 0);
	settle(fixture);
	KUNIT_ASSERT_EQ(test, fixture->nr_seen, 2U);
	KUNIT_EXPECT_PTR_EQ(test, fixture->seen[0].command, one->command);
	KUNIT_EXPECT_EQ(test, fixture->seen[0].status, -ECANCELED);
	KUNIT_EXPECT_EQ(test, fixture->seen[0].actual, 0x77ULL);
	KUNIT_EXPECT_PTR_EQ(test, fixture->seen[1].command, two->command);
	KUNIT_EXPECT_EQ(test, fixture->seen[1].status, -ECANCELED);
	KUNIT_EXPECT_EQ(test, fixture->seen[1].actual, 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_query_dma_command(es, &current_one, &count, true), 0);
	KUNIT_EXPECT_PTR_EQ(test, current_one, NULL);

	fixture->channel->credit = -1;
	KUNIT_EXPECT_EQ(test, start(es, one, OUT), 0);
	KUNIT_EXPECT_TRUE(test, has_seen(fixture, 3));
	KUNIT_EXPECT_EQ(test, fixture->seen[2].status, 0);
}

/* DCTL-8 DCTL-35: what cannot be stopped goes on, and is told of when it ends */
static void what_cannot_be_stopped_goes_on(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_dmaes *es = asynchronous(fixture);
	struct memory *one = memory(fixture);
	struct iomd_dma *current_one;
	u64 count;

	fixture->channel->credit = 0;
	fixture->channel->terminate_error = -EREMOTEIO;
	KUNIT_EXPECT_EQ(test, start(es, one, OUT), 0);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_stop_dma_command(es, false, FOREVER), -EREMOTEIO);
	fixture->channel->terminate_error = -ENOSYS;
	KUNIT_EXPECT_EQ(test, iomd_dmaes_stop_dma_command(es, false, FOREVER), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, fixture->channel->nr_paused, 2U);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_query_dma_command(es, &current_one, &count, false), 0);
	KUNIT_EXPECT_PTR_EQ(test, current_one, one->command);
	KUNIT_EXPECT_EQ(test, fixture->nr_seen, 0U);

	soft_dma_allow(fixture->channel, 1);
	KUNIT_EXPECT_TRUE(test, has_seen(fixture, 1));
	KUNIT_EXPECT_EQ(test, fixture->seen[0].status, 0);
	KUNIT_EXPECT_EQ(test, fixture->seen[0].actual, (u64)LENGTH);
	fixture->channel->terminate_error = 0;
}

/* DCTL-8: flushing waits for what was started, but not longer than it may */
static void flushing_is_bounded(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_dmaes *es = asynchronous(fixture);
	struct memory *one = memory(fixture);
	unsigned int i;

	for (i = 0; i < 2; i++) {
		fixture->channel->credit = 0;
		KUNIT_EXPECT_EQ(test, start(es, one, OUT), 0);
		KUNIT_EXPECT_EQ(test, iomd_dmaes_stop_dma_command(es, true, i * NSEC_PER_MSEC),
				-ETIMEDOUT);
		settle(fixture);
		KUNIT_EXPECT_EQ(test, fixture->nr_seen, i + 1);
		KUNIT_EXPECT_EQ(test, fixture->seen[i].status, -ECANCELED);
	}

	fixture->channel->credit = -1;
	KUNIT_EXPECT_EQ(test, start(es, one, OUT), 0);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_stop_dma_command(es, true, FOREVER), 0);
	settle(fixture);
	KUNIT_EXPECT_EQ(test, fixture->nr_seen, 3U);
	KUNIT_EXPECT_EQ(test, fixture->seen[2].status, 0);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_stop_dma_command(es, true, 0), 0);
}

struct sleeper {
	struct iomd_dmaes *es;
	struct memory *memory;
};

static int sleeper_run(void *data)
{
	struct sleeper *sleeper = data;

	return start(sleeper->es, sleeper->memory, OUT);
}

static bool is_issued(struct soft_dma_channel *channel)
{
	bool issued;

	spin_lock_irq(&channel->lock);
	issued = !list_empty(&channel->issued);
	spin_unlock_irq(&channel->lock);
	return issued;
}

/* A thread that waits for a transfer which does not come to its end. */
static struct task_struct *put_to_sleep(struct kunit *test, struct sleeper *sleeper)
{
	struct fixture *fixture = test->priv;
	struct task_struct *thread;

	fixture->channel->credit = 0;
	thread = kthread_run(sleeper_run, sleeper, "iomd-kunit-sleeper");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, thread);
	get_task_struct(thread);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_wait_for(is_issued(fixture->channel)));
	return thread;
}

static int wake_up_of(struct task_struct *thread)
{
	int ret = kthread_stop(thread);

	put_task_struct(thread);
	return ret;
}

/* DCTL-22 DCTL-23 DCTL-35: who waits is woken by stopping, and finds out from the result */
static void stopping_wakes_sleepers(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct sleeper sleeper = { .es = synchronous(fixture), .memory = memory(fixture) };
	struct task_struct *thread = put_to_sleep(test, &sleeper);
	int status = 0;

	KUNIT_EXPECT_EQ(test, iomd_dmaes_stop_dma_command(sleeper.es, true, NSEC_PER_MSEC),
			-ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, wake_up_of(thread), 0);
	iomd_dmaes_get_result(sleeper.es, sleeper.memory->command, &status, NULL, NULL);
	KUNIT_EXPECT_EQ(test, status, -ECANCELED);
}

/* DCTL-15: a source that goes takes its transfers with it, and tells nobody */
static void released_channels_are_idle(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_dmaes *es = make(fixture, completion_action, 0);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, es);
	fixture->channel->credit = 0;
	KUNIT_EXPECT_EQ(test, start(es, memory(fixture), IN), 0);
	iomd_dmaes_put(es);
	KUNIT_EXPECT_FALSE(test, is_issued(fixture->channel));
	KUNIT_EXPECT_EQ(test, fixture->channel->nr_terminated, 1U);
	KUNIT_EXPECT_FALSE(test, is_reserved(fixture));
	settle(fixture);
	KUNIT_EXPECT_EQ(test, fixture->nr_notified + fixture->nr_seen, 0U);
	asynchronous(fixture);
}

/* DCTL-14 DCTL-18 DCTL-22: with its device goes the engine; nobody waits for it any more */
static void engine_goes_with_the_device(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct sleeper sleeper = { .es = synchronous(fixture), .memory = memory(fixture) };
	struct iomd_dmaes *other = iomd_kunit_dmaes(test, make(fixture, completion_action, 1));
	struct task_struct *thread = put_to_sleep(test, &sleeper);
	int status = 0;

	undo_client(fixture);
	KUNIT_EXPECT_EQ(test, wake_up_of(thread), 0);
	iomd_dmaes_get_result(sleeper.es, sleeper.memory->command, &status, NULL, NULL);
	KUNIT_EXPECT_EQ(test, status, -ECANCELED);
	KUNIT_EXPECT_FALSE(test, is_reserved(fixture));
	KUNIT_EXPECT_EQ(test, start(other, sleeper.memory, OUT), -EBADE);
	KUNIT_EXPECT_EQ(test, start(sleeper.es, sleeper.memory, OUT), -EBADE);
	IOMD_KUNIT_EXPECT_ERR(test, make(fixture, NULL, 0), -ENOENT);
}

#define NR_STORM	100

struct storm {
	struct iomd_dmaes *es;
	struct iomd_dma *commands[NR_STORM];
	unsigned int nr_started;
};

static void undo_storm(void *data)
{
	struct storm *storm = data;
	unsigned int i;

	for (i = 0; i < NR_STORM; i++)
		iomd_dma_clear_memory_descriptor(storm->commands[i], true);
}

/* Many commands, each for a cache line of its own: the DMA API watches that. */
static struct storm *make_storm(struct fixture *fixture)
{
	struct storm *storm = iomd_kunit_zalloc(fixture->test, sizeof(*storm));
	struct memory *all = memory(fixture);
	unsigned int i;

	KUNIT_EXPECT_EQ(fixture->test, iomd_dma_complete(all->command, true, true), 0);
	for (i = 0; i < NR_STORM; i++) {
		struct iomd_dma *command = iomd_kunit_command(fixture->test, 64, 1,
							      fixture->mapper);

		storm->commands[i] = command;
		iomd_dma_set_memory_descriptor(command, all->desc, false);
		KUNIT_EXPECT_EQ(fixture->test, iomd_dma_prepare(command, 64 * i, 8, true, true), 0);
	}
	iomd_kunit_defer(fixture->test, undo_storm, storm);
	return storm;
}

static int start_many(void *data)
{
	struct storm *storm = data;
	unsigned int i;

	for (i = 0; i < NR_STORM; i++)
		storm->nr_started += !iomd_dmaes_start_dma_command(storm->es, storm->commands[i],
								   OUT, 0, 0);
	return 0;
}

/* DCTL-11 DCTL-35: however stops and callbacks meet, each command is told of once */
static void stopping_races_with_callbacks(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct storm *storm = make_storm(fixture);
	struct task_struct *thread;
	unsigned int i;

	storm->es = asynchronous(fixture);
	thread = kthread_run(start_many, storm, "iomd-kunit-start");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, thread);
	get_task_struct(thread);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_wait_for(READ_ONCE(storm->nr_started)));
	for (i = 0; i < 100; i++) {
		KUNIT_EXPECT_EQ(test, iomd_dmaes_stop_dma_command(storm->es, false, FOREVER), 0);
		cond_resched();
	}
	KUNIT_EXPECT_EQ(test, wake_up_of(thread), 0);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_stop_dma_command(storm->es, true, FOREVER), 0);
	settle(fixture);
	KUNIT_EXPECT_EQ(test, storm->nr_started, (unsigned int)NR_STORM);
	KUNIT_EXPECT_EQ(test, fixture->nr_notified, (unsigned int)NR_STORM);
	KUNIT_EXPECT_EQ(test, fixture->nr_seen, (unsigned int)NR_STORM);
}

/* DCTL-15 DCTL-27: a source that goes while the engine completes; KASAN watches */
static void releasing_races_with_callbacks(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct storm *storm = make_storm(fixture);
	unsigned int i, j;

	for (i = 0; i < NR_STORM; i += 5) {
		struct iomd_dmaes *es = make(fixture, completion_action, 0);

		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, es);
		for (j = 0; j < 5; j++)
			KUNIT_EXPECT_EQ(test, iomd_dmaes_start_dma_command(es,
									   storm->commands[i + j],
									   OUT, 0, 0), 0);
		if (i & 1)
			iomd_work_loop_remove_event_source(fixture->loop, es);
		iomd_dmaes_put(es);
		if (!(i & 1))
			KUNIT_EXPECT_TRUE(test, iomd_kunit_wait_for(!is_reserved(fixture)));
		KUNIT_EXPECT_FALSE(test, is_reserved(fixture));
	}
	settle(fixture);
}

/*
 * Setting up.
 */

/* DCTL-8 DCTL-34: the depth of the FIFO is the burst times the width */
static void fifo_depth_is_set(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_dmaes *es = synchronous(fixture);
	const struct dma_slave_config *config = &fixture->channel->config;
	static const struct { u64 wish, valid; } valid[] = {
		{ 0, 4 }, { 1, 4 }, { 4, 4 }, { 5, 4 }, { 6, 8 }, { 7, 8 }, { 30, 32 }, { 64, 64 },
		{ 65, 64 }, { U64_MAX, 64 },
	};
	size_t i;

	KUNIT_EXPECT_EQ(test, iomd_dmaes_get_fifo_depth(es, IN), 16ULL);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_get_fifo_depth(es, OUT), 32ULL);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_get_fifo_depth(es, NONE), 32ULL);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_set_fifo_depth(es, 64), 0);
	KUNIT_EXPECT_EQ(test, config->src_maxburst, 16U);
	KUNIT_EXPECT_EQ(test, config->dst_maxburst, 16U);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_get_fifo_depth(es, IN), 64ULL);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_set_fifo_depth(es, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_set_fifo_depth(es, 6), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_set_fifo_depth(es, 68), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_set_fifo_depth(es, 1ULL << 40), -EINVAL);
	fixture->channel->config_error = -EREMOTEIO;
	KUNIT_EXPECT_EQ(test, iomd_dmaes_set_fifo_depth(es, 8), -EREMOTEIO);
	fixture->channel->config_error = 0;
	KUNIT_EXPECT_EQ(test, iomd_dmaes_get_fifo_depth(es, OUT), 64ULL);
	for (i = 0; i < ARRAY_SIZE(valid); i++)
		KUNIT_EXPECT_EQ(test, iomd_dmaes_valid_fifo_depth(es, valid[i].wish, IN),
				valid[i].valid);
}

/* DCTL-8 DCTL-34: the frame size is the width of an access */
static void frame_size_is_set(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_dmaes *es = synchronous(fixture);
	static const u8 bad[] = { 0, 3, 5, 8, 64, 255 };
	size_t i;

	KUNIT_EXPECT_EQ(test, iomd_dmaes_set_frame_size(es, 2), 0);
	KUNIT_EXPECT_EQ(test, (int)fixture->channel->config.src_addr_width, 2);
	KUNIT_EXPECT_EQ(test, (int)fixture->channel->config.dst_addr_width, 2);
	KUNIT_EXPECT_EQ(test, fixture->channel->config.src_addr, (phys_addr_t)0x1000);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_get_fifo_depth(es, IN), 8ULL);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ(test, iomd_dmaes_set_frame_size(es, bad[i]), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_get_fifo_depth(es, IN), 8ULL);
}

/* DCTL-8 DCTL-34: another line of the device, and whether it is to be had */
static void lines_are_changed(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_dmaes *es = synchronous(fixture), *other;
	struct soft_dma_channel *two = &fixture->engine->channels[1];
	struct memory *one = memory(fixture);
	struct sleeper sleeper = { .es = es, .memory = one };
	struct task_struct *thread;

	KUNIT_EXPECT_TRUE(test, iomd_dmaes_valid_dma_config(es, 0));
	KUNIT_EXPECT_TRUE(test, iomd_dmaes_valid_dma_config(es, 1));
	KUNIT_EXPECT_FALSE(test, iomd_dmaes_valid_dma_config(es, 2));
	KUNIT_EXPECT_FALSE(test, iomd_dmaes_valid_dma_config(es, 3));
	KUNIT_EXPECT_EQ(test, two->chan.client_count, 0);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_set_dma_config(es, 2), -EPROBE_DEFER);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_set_dma_config(es, 3), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_set_dma_config(es, 0), 0);

	thread = put_to_sleep(test, &sleeper);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_set_dma_config(es, 1), -EBUSY);
	soft_dma_allow(fixture->channel, 1);
	KUNIT_EXPECT_EQ(test, wake_up_of(thread), 0);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_stop_dma_command(es, true, FOREVER), 0);

	KUNIT_EXPECT_EQ(test, iomd_dmaes_set_dma_config(es, 1), 0);
	KUNIT_EXPECT_FALSE(test, is_reserved(fixture));
	KUNIT_EXPECT_EQ(test, two->config.dst_addr, (phys_addr_t)0x4000);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_get_fifo_depth(es, OUT), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_valid_fifo_depth(es, 16, OUT), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_set_fifo_depth(es, 16), -EINVAL);
	KUNIT_EXPECT_EQ(test, start(es, one, OUT), 0);
	KUNIT_EXPECT_EQ(test, two->level, (u32)LENGTH);
	other = asynchronous(fixture);
	KUNIT_EXPECT_FALSE(test, iomd_dmaes_valid_dma_config(other, 1));
	KUNIT_EXPECT_TRUE(test, iomd_dmaes_set_dma_config(other, 1) < 0);
	KUNIT_EXPECT_TRUE(test, is_reserved(fixture));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(data_is_moved),
	KUNIT_CASE(data_is_waited_for),
	KUNIT_CASE_PARAM(parts_are_moved, part_gen_params),
	KUNIT_CASE(entries_are_cut),
	KUNIT_CASE(commands_queue_up),
	KUNIT_CASE(errors_are_told),
	KUNIT_CASE(bad_commands_are_refused),
	KUNIT_CASE(engines_are_attached),
	KUNIT_CASE(survives_failing_allocations),
	KUNIT_CASE(stopped_commands_are_completed),
	KUNIT_CASE(what_cannot_be_stopped_goes_on),
	KUNIT_CASE(flushing_is_bounded),
	KUNIT_CASE(stopping_wakes_sleepers),
	KUNIT_CASE(released_channels_are_idle),
	KUNIT_CASE(engine_goes_with_the_device),
	KUNIT_CASE(stopping_races_with_callbacks),
	KUNIT_CASE(releasing_races_with_callbacks),
	KUNIT_CASE(fifo_depth_is_set),
	KUNIT_CASE(frame_size_is_set),
	KUNIT_CASE(lines_are_changed),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_engine",
	.suite_init = iomd_kunit_suite_init,
	.suite_exit = iomd_kunit_suite_exit,
	.init = init,
	.test_cases = cases,
};

kunit_test_suite(suite);
