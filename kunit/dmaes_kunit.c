// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA event sources, on a controller that does what it is told: what is passed on, what
 * comes back, where, and in which order.
 */
#include <linux/delay.h>
#include <linux/irq_work.h>
#include <linux/kthread.h>
#include <linux/preempt.h>
#include <linux/workqueue.h>

#include "iomd_kunit.h"
#include "mock_dmac.h"

#define IN		IOMD_DIRECTION_IN
#define OUT		IOMD_DIRECTION_OUT
#define HANDLE		0xd00d
#define NO_CHANNEL	IOMD_DMAC_INVALID_CHANNEL
#define MAX_SEEN	8

/* A call of an action. */
struct seen {
	void *owner;
	struct iomd_dmaes *es;
	struct iomd_dma *command;
	int status;
	u64 actual;
	u64 stamp;
	bool in_gate;
	bool in_interrupt;
	bool by_worker;
};

/**
 * struct fixture - A controller, a client, and what the client is told.
 * @test: The case.
 * @mock: The controller.
 * @client: The client's device.
 * @queue: Where the work loop's actions run.
 * @loop: The work loop.
 * @completed: Calls of the completion action.
 * @nr_completed: How many there were.
 * @notified: Calls of the notification action.
 * @nr_notified: How many there were.
 * @in_action: Called by the completion action, after it has taken the call down.
 * @probe: Other work on @queue.
 * @before_probe: @nr_completed when that ran.
 */
struct fixture {
	struct kunit *test;
	struct mock *mock;
	struct device *client;
	struct workqueue_struct *queue;
	struct iomd_work_loop *loop;
	struct seen completed[MAX_SEEN];
	unsigned int nr_completed;
	struct seen notified[MAX_SEEN];
	unsigned int nr_notified;
	void (*in_action)(struct fixture *fixture, struct iomd_dmaes *es,
			  struct iomd_dma *command);
	struct work_struct probe;
	unsigned int before_probe;
};

static struct seen note(struct fixture *fixture, struct iomd_dmaes *es, struct iomd_dma *command,
			int status, u64 actual, ktime_t stamp)
{
	return (struct seen) {
		.owner = fixture,
		.es = es,
		.command = command,
		.status = status,
		.actual = actual,
		.stamp = ktime_to_ns(stamp),
		.in_gate = iomd_work_loop_in_gate(fixture->loop),
		.in_interrupt = in_interrupt(),
		.by_worker = current->flags & PF_WQ_WORKER,
	};
}

static void completion_action(void *owner, struct iomd_dmaes *es, struct iomd_dma *command,
			      int status, u64 actual_byte_count, ktime_t time_stamp)
{
	struct fixture *fixture = owner;
	unsigned int i = fixture->nr_completed++;

	if (i < MAX_SEEN)
		fixture->completed[i] = note(fixture, es, command, status, actual_byte_count,
					     time_stamp);
	if (fixture->in_action)
		fixture->in_action(fixture, es, command);
}

static void notification_action(void *owner, struct iomd_dmaes *es, struct iomd_dma *command,
				int status, u64 actual_byte_count, ktime_t time_stamp)
{
	struct fixture *fixture = owner;
	unsigned int i = fixture->nr_notified++;

	if (i < MAX_SEEN)
		fixture->notified[i] = note(fixture, es, command, status, actual_byte_count,
					    time_stamp);
}

static void undo_queue(void *data)
{
	destroy_workqueue(data);
}

static int init(struct kunit *test)
{
	static const u32 handle = HANDLE;
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
	fixture->mock = mock_register(test, HANDLE);
	fixture->client = mock_client(test, &handle, 1);
	fixture->loop = iomd_kunit_work_loop(test, fixture->queue);
	return 0;
}

/* All that has ended has been told of after this. */
static void settle(struct fixture *fixture)
{
	drain_workqueue(fixture->queue);
}

struct leaving {
	struct fixture *fixture;
	struct iomd_dmaes *es;
};

static void undo_add(void *data)
{
	struct leaving *leaving = data;

	iomd_work_loop_remove_event_source(leaving->fixture->loop, leaving->es);
}

static void add(struct fixture *fixture, struct iomd_dmaes *es)
{
	struct leaving *leaving = iomd_kunit_zalloc(fixture->test, sizeof(*leaving));

	leaving->fixture = fixture;
	leaving->es = es;
	KUNIT_EXPECT_EQ(fixture->test, iomd_work_loop_add_event_source(fixture->loop, es), 0);
	iomd_kunit_defer(fixture->test, undo_add, leaving);
}

static struct iomd_dmaes *make(struct fixture *fixture, iomd_dmaes_action_fn completion,
			       u32 index)
{
	return iomd_dmaes_dma_event_source(fixture, fixture->client, completion,
					   notification_action, index);
}

static struct iomd_dmaes *asynchronous(struct fixture *fixture)
{
	struct iomd_dmaes *es = iomd_kunit_dmaes(fixture->test, make(fixture, completion_action,
								      0));

	add(fixture, es);
	return es;
}

static struct iomd_dmaes *synchronous(struct fixture *fixture)
{
	struct iomd_dmaes *es = iomd_kunit_dmaes(fixture->test, make(fixture, NULL, 0));

	add(fixture, es);
	return es;
}

/* An event source without a channel. */
static struct iomd_dmaes *without_channel(struct fixture *fixture)
{
	fixture->mock->next_index = NO_CHANNEL;
	return asynchronous(fixture);
}

static struct iomd_dma *command(struct fixture *fixture)
{
	return iomd_kunit_command(fixture->test, 64, 1, NULL);
}

static int start(struct iomd_dmaes *es, struct iomd_dma *command)
{
	return iomd_dmaes_start_dma_command(es, command, IN, 0, 0);
}

/*
 * Creation.
 */

static struct iomd_dmaes *make_for(struct fixture *owner, struct device *client)
{
	return iomd_dmaes_dma_event_source(owner, client, NULL, NULL, 0);
}

/* DCTL-12: what there has to be */
static void creation_can_fail(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	static const u32 unknown = HANDLE + 1;

	IOMD_KUNIT_EXPECT_ERR(test, make_for(NULL, fixture->client), -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, make_for(fixture, NULL), -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, make_for(fixture, iomd_kunit_device(test, 64)), -ENOENT);
	IOMD_KUNIT_EXPECT_ERR(test, make_for(fixture, mock_client(test, &unknown, 1)),
			      -EPROBE_DEFER);
	KUNIT_EXPECT_EQ(test, fixture->mock->nr_calls, 0U);
	fixture->mock->result = -ENOBUFS;
	IOMD_KUNIT_EXPECT_ERR(test, make(fixture, NULL, 0), -ENOBUFS);
	KUNIT_EXPECT_EQ(test, fixture->mock->nr_calls, 1U);
	KUNIT_EXPECT_EQ(test, fixture->mock->nr_channels, 0);
}

/* DCTL-13: the index is the request line; what is used is what the controller says */
static void channel_is_the_controllers(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_dmaes *es;

	fixture->mock->next_index = 0xfffffffe;
	es = iomd_kunit_dmaes(test, make(fixture, NULL, 5));
	KUNIT_EXPECT_STREQ(test, fixture->mock->last.op, "init");
	KUNIT_EXPECT_EQ(test, fixture->mock->last.dma_index, NO_CHANNEL);
	KUNIT_EXPECT_EQ(test, fixture->mock->last.index, 5U);
	KUNIT_EXPECT_PTR_EQ(test, fixture->mock->last.provider, fixture->client);
	KUNIT_EXPECT_PTR_EQ(test, fixture->mock->es, es);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_set_frame_size(es, 4), 0);
	KUNIT_EXPECT_EQ(test, fixture->mock->last.dma_index, 0xfffffffe);
}

static int live_once(struct kunit *test, void *data)
{
	struct iomd_dmaes *es = make(data, NULL, 0);

	iomd_dmaes_put(es);
	return PTR_ERR_OR_ZERO(es);
}

/* DCTL-12: without memory there is none, and no channel is lost */
static void survives_failing_allocations(struct kunit *test)
{
	struct fixture *fixture = test->priv;

	KUNIT_EXPECT_GE(test, iomd_kunit_sweep(test, live_once, fixture, UINT_MAX), 1U);
	KUNIT_EXPECT_EQ(test, fixture->mock->nr_channels, 0);
}

/* DCTL-16 DCTL-17: either way there has to be a work loop first, and only one */
static void work_loop_is_needed(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_work_loop *other = iomd_kunit_work_loop(test, NULL);
	iomd_dmaes_action_fn modes[] = { NULL, completion_action };
	struct iomd_dma *dma = command(fixture);
	size_t i;

	fixture->mock->ends_at_once = true;
	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		struct iomd_dmaes *es = iomd_kunit_dmaes(test, make(fixture, modes[i], 0));

		KUNIT_EXPECT_EQ(test, start(es, dma), -EAGAIN);
		KUNIT_EXPECT_STREQ(test, fixture->mock->last.op, "init");
		KUNIT_EXPECT_EQ(test, iomd_work_loop_remove_event_source(other, es), -ENXIO);
		add(fixture, es);
		KUNIT_EXPECT_EQ(test, iomd_work_loop_add_event_source(other, es), -EBUSY);
		KUNIT_EXPECT_EQ(test, iomd_work_loop_remove_event_source(other, es), -ENXIO);
		KUNIT_EXPECT_EQ(test, start(es, dma), 0);
		settle(fixture);
		KUNIT_EXPECT_EQ(test, fixture->nr_completed, (unsigned int)i);
		KUNIT_EXPECT_EQ(test, start(es, NULL), -EINVAL);
	}
	KUNIT_EXPECT_EQ(test, iomd_work_loop_add_event_source(NULL, fixture->mock->es), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_work_loop_add_event_source(other, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_work_loop_remove_event_source(NULL, fixture->mock->es), -EINVAL);
}

/*
 * What is passed on.
 */

static void expect_call(struct kunit *test, const char *op, u32 direction, bool flag, u64 first,
			u64 second, u32 index, struct device *provider)
{
	struct fixture *fixture = test->priv;
	const struct mock_call *last = &fixture->mock->last;

	KUNIT_EXPECT_STREQ(test, last->op, op);
	KUNIT_EXPECT_EQ(test, last->dma_index, 7U);
	KUNIT_EXPECT_EQ(test, last->direction, direction);
	KUNIT_EXPECT_EQ(test, last->flag, flag);
	KUNIT_EXPECT_EQ(test, last->first, first);
	KUNIT_EXPECT_EQ(test, last->second, second);
	KUNIT_EXPECT_EQ(test, last->index, index);
	KUNIT_EXPECT_PTR_EQ(test, last->provider, provider);
}

/* DCTL-8 DCTL-34: arguments and results are passed on as they are */
static void calls_are_passed_on(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_dmaes *es = asynchronous(fixture);
	struct iomd_dma *dma = command(fixture), *current_one;
	static const int results[] = { 0, -EREMOTEIO };
	u64 count;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(results); i++) {
		int result = results[i];

		fixture->mock->result = result;
		KUNIT_EXPECT_EQ(test, iomd_dmaes_start_dma_command(es, dma, OUT, 1ULL << 40,
								   1ULL << 41), result);
		expect_call(test, "start", OUT, false, 1ULL << 40, 1ULL << 41, 0, NULL);
		KUNIT_EXPECT_PTR_EQ(test, fixture->mock->last.command, dma);
		KUNIT_EXPECT_EQ(test, iomd_dmaes_query_dma_command(es, &current_one, &count, true),
				result);
		expect_call(test, "query", 0, true, 0, 0, 0, NULL);
		KUNIT_EXPECT_PTR_EQ(test, current_one, dma);
		KUNIT_EXPECT_EQ(test, count, 1234ULL);
		KUNIT_EXPECT_EQ(test, iomd_dmaes_stop_dma_command(es, true, 1ULL << 42), result);
		expect_call(test, "stop", 0, true, 1ULL << 42, 0, 0, NULL);
		KUNIT_EXPECT_EQ(test, iomd_dmaes_stop_dma_command(es, false, IOMD_DMAC_NO_TIMEOUT),
				result);
		expect_call(test, "stop", 0, false, U64_MAX, 0, 0, NULL);
		KUNIT_EXPECT_EQ(test, iomd_dmaes_get_fifo_depth(es, OUT), 0x100000040ULL);
		expect_call(test, "get depth", OUT, false, 0, 0, 0, NULL);
		KUNIT_EXPECT_EQ(test, iomd_dmaes_set_fifo_depth(es, 1ULL << 33), result);
		expect_call(test, "set depth", 0, false, 1ULL << 33, 0, 0, NULL);
		KUNIT_EXPECT_EQ(test, iomd_dmaes_valid_fifo_depth(es, 1ULL << 34, IN),
				0x100000080ULL);
		expect_call(test, "valid depth", IN, false, 1ULL << 34, 0, 0, NULL);
		KUNIT_EXPECT_EQ(test, iomd_dmaes_set_frame_size(es, 255), result);
		expect_call(test, "set frame", 0, false, 255, 0, 0, NULL);
		KUNIT_EXPECT_EQ(test, iomd_dmaes_set_dma_config(es, 9), result);
		expect_call(test, "set config", 0, false, 0, 0, 9, fixture->client);
		KUNIT_EXPECT_EQ(test, iomd_dmaes_valid_dma_config(es, 10), !result);
		expect_call(test, "valid config", 0, false, 0, 0, 10, fixture->client);
	}
}

/* DCTL-18 DCTL-34: without a channel nobody is asked */
static void nothing_goes_without_channel(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_dmaes *es = without_channel(fixture);
	struct iomd_dma *dma = command(fixture), *current_one;
	u64 count;

	KUNIT_EXPECT_EQ(test, start(es, dma), -EBADE);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_stop_dma_command(es, false, 0), -EBADE);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_query_dma_command(es, &current_one, &count, false),
			-EBADE);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_get_fifo_depth(es, IN), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_set_fifo_depth(es, 16), -EBADE);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_valid_fifo_depth(es, 16, IN), 0xffffffffe00002bcULL);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_set_frame_size(es, 4), -EBADE);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_set_dma_config(es, 0), -EBADE);
	KUNIT_EXPECT_FALSE(test, iomd_dmaes_valid_dma_config(es, 0));
	KUNIT_EXPECT_PTR_EQ(test, iomd_dmaes_get_dma_device(es), NULL);
	KUNIT_EXPECT_EQ(test, fixture->mock->nr_calls, 1U);
}

/*
 * Asynchronous mode.
 */

/* DCTL-19 DCTL-21: starting returns at once, any number of times */
static void starting_does_not_wait(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_dmaes *es = asynchronous(fixture);
	unsigned int i;

	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, start(es, command(fixture)), 0);
	settle(fixture);
	KUNIT_EXPECT_EQ(test, fixture->mock->nr_calls, 4U);
	KUNIT_EXPECT_EQ(test, fixture->nr_completed, 0U);
}

/* DCTL-20: what the controller refuses is not told of, and changes nothing */
static void errors_of_starting_are_returned(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_dmaes *sources[] = { asynchronous(fixture), synchronous(fixture) };
	struct iomd_dma *dma = command(fixture);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sources); i++) {
		fixture->mock->es = sources[i];
		fixture->mock->result = -EREMOTEIO;
		KUNIT_EXPECT_EQ(test, start(sources[i], dma), -EREMOTEIO);
		KUNIT_EXPECT_EQ(test, start(sources[i], dma), -EREMOTEIO);
		settle(fixture);
		KUNIT_EXPECT_EQ(test, fixture->nr_notified + fixture->nr_completed, 0U);
		fixture->mock->result = 0;
		fixture->mock->ends_at_once = true;
		KUNIT_EXPECT_EQ(test, start(sources[i], dma), 0);
		settle(fixture);
		KUNIT_EXPECT_EQ(test, fixture->nr_notified, 1U);
		fixture->nr_notified = 0;
		fixture->nr_completed = 0;
		fixture->mock->ends_at_once = false;
	}
}

/* DCTL-9 DCTL-10 DCTL-11 DCTL-28: gated, on the loop's thread, with what was told last */
static void completion_runs_on_the_work_loop(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_dmaes *es = asynchronous(fixture);
	struct iomd_dma *dma = command(fixture);
	const struct seen *seen = &fixture->completed[0];

	KUNIT_EXPECT_EQ(test, start(es, dma), 0);
	mock_notify(fixture->mock, dma, -EIO, 11, 22);
	mock_notify(fixture->mock, dma, -ETIMEDOUT, 33, 44);
	settle(fixture);
	KUNIT_EXPECT_EQ(test, fixture->nr_completed, 0U);
	mock_complete(fixture->mock, dma);
	settle(fixture);
	KUNIT_ASSERT_EQ(test, fixture->nr_completed, 1U);
	KUNIT_EXPECT_PTR_EQ(test, seen->owner, (void *)fixture);
	KUNIT_EXPECT_PTR_EQ(test, seen->es, es);
	KUNIT_EXPECT_PTR_EQ(test, seen->command, dma);
	KUNIT_EXPECT_EQ(test, seen->status, -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, seen->actual, 33ULL);
	KUNIT_EXPECT_EQ(test, seen->stamp, 44ULL);
	KUNIT_EXPECT_TRUE(test, seen->in_gate);
	KUNIT_EXPECT_TRUE(test, seen->by_worker);
	KUNIT_EXPECT_FALSE(test, seen->in_interrupt);
}

/* DCTL-28: the action waits for the gate, and tells what has been told by then */
static void completion_waits_for_the_gate(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_dmaes *es = asynchronous(fixture);
	struct iomd_dma *dma = command(fixture);

	KUNIT_EXPECT_EQ(test, start(es, dma), 0);
	iomd_work_loop_close_gate(fixture->loop);
	iomd_work_loop_close_gate(fixture->loop);
	mock_notify(fixture->mock, dma, 0, 1, 1);
	mock_complete(fixture->mock, dma);
	mock_notify(fixture->mock, dma, 0, 2, 2);
	iomd_work_loop_open_gate(fixture->loop);
	KUNIT_EXPECT_TRUE(test, iomd_work_loop_in_gate(fixture->loop));
	KUNIT_EXPECT_EQ(test, fixture->nr_completed, 0U);
	iomd_work_loop_open_gate(fixture->loop);
	KUNIT_EXPECT_FALSE(test, iomd_work_loop_in_gate(fixture->loop));
	iomd_work_loop_open_gate(fixture->loop);
	settle(fixture);
	KUNIT_ASSERT_EQ(test, fixture->nr_completed, 1U);
	KUNIT_EXPECT_EQ(test, fixture->completed[0].actual, 2ULL);
}

struct call {
	struct fixture *fixture;
	struct iomd_dma *command;
	struct irq_work irq;
	bool in_hardirq;
};

static int notify_from(void *data)
{
	struct call *call = data;

	mock_notify(call->fixture->mock, call->command, -EIO, 5, 6);
	return 0;
}

/* DCTL-10 DCTL-26: told at once, where the controller is, once for each time; and kept */
static void notification_runs_where_it_is_called(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_dmaes *es = asynchronous(fixture);
	struct call call = { .fixture = fixture, .command = command(fixture) };
	const struct seen *seen = fixture->notified;
	u64 actual = 9;
	int status = 9;
	ktime_t stamp;

	KUNIT_EXPECT_EQ(test, start(es, call.command), 0);
	iomd_dmaes_get_result(es, call.command, &status, &actual, &stamp);
	KUNIT_EXPECT_EQ(test, status, 0);
	KUNIT_EXPECT_EQ(test, actual, 0ULL);
	KUNIT_EXPECT_EQ(test, ktime_to_ns(stamp), 0LL);

	notify_from(&call);
	KUNIT_EXPECT_EQ(test, fixture->nr_notified, 1U);
	KUNIT_EXPECT_FALSE(test, seen[0].in_interrupt);
	iomd_kunit_in_softirq(notify_from, &call);
	KUNIT_ASSERT_EQ(test, fixture->nr_notified, 2U);
	KUNIT_EXPECT_TRUE(test, seen[1].in_interrupt);
	KUNIT_EXPECT_FALSE(test, seen[1].in_gate);
	KUNIT_EXPECT_PTR_EQ(test, seen[1].command, call.command);
	KUNIT_EXPECT_PTR_EQ(test, seen[1].es, es);
	KUNIT_EXPECT_EQ(test, seen[1].status, -EIO);
	KUNIT_EXPECT_EQ(test, seen[1].actual, 5ULL);
	KUNIT_EXPECT_EQ(test, seen[1].stamp, 6ULL);

	iomd_dmaes_get_result(es, call.command, &status, &actual, &stamp);
	KUNIT_EXPECT_EQ(test, status, -EIO);
	KUNIT_EXPECT_EQ(test, actual, 5ULL);
	KUNIT_EXPECT_EQ(test, ktime_to_ns(stamp), 6LL);
	iomd_dmaes_get_result(es, call.command, NULL, NULL, NULL);
	settle(fixture);
	KUNIT_EXPECT_EQ(test, fixture->nr_completed, 0U);
}

static void complete_from_hardirq(struct irq_work *irq)
{
	struct call *call = container_of(irq, struct call, irq);

	call->in_hardirq = in_hardirq();
	mock_notify(call->fixture->mock, call->command, 0, 5, 6);
	mock_complete(call->fixture->mock, call->command);
}

/* DCTL-27 DCTL-33: completed in a hard interrupt; lockdep watches the lock */
static void completing_in_interrupts(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_dmaes *es = asynchronous(fixture);
	struct call call = { .fixture = fixture, .command = command(fixture) };

	init_irq_work(&call.irq, complete_from_hardirq);
	KUNIT_EXPECT_EQ(test, start(es, call.command), 0);
	irq_work_queue(&call.irq);
	irq_work_sync(&call.irq);
	settle(fixture);
	KUNIT_EXPECT_TRUE(test, call.in_hardirq);
	KUNIT_ASSERT_EQ(test, fixture->nr_completed, 1U);
	KUNIT_EXPECT_EQ(test, fixture->completed[0].actual, 5ULL);
	KUNIT_EXPECT_FALSE(test, fixture->completed[0].in_interrupt);
}

static void probe_work(struct work_struct *work)
{
	struct fixture *fixture = container_of(work, struct fixture, probe);

	fixture->before_probe = fixture->nr_completed;
}

/* DCTL-29: in the order of completion, with room for others in between */
static void completions_are_in_order(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_dmaes *es = asynchronous(fixture);
	struct iomd_dma *commands[4];
	static const unsigned int order[] = { 2, 0, 3, 1 };
	size_t i;

	INIT_WORK(&fixture->probe, probe_work);
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		commands[i] = command(fixture);
		KUNIT_EXPECT_EQ(test, start(es, commands[i]), 0);
	}
	iomd_work_loop_close_gate(fixture->loop);
	for (i = 0; i < ARRAY_SIZE(order); i++) {
		mock_notify(fixture->mock, commands[order[i]], 0, i, i);
		mock_complete(fixture->mock, commands[order[i]]);
	}
	queue_work(fixture->queue, &fixture->probe);
	iomd_work_loop_open_gate(fixture->loop);
	settle(fixture);
	KUNIT_ASSERT_EQ(test, fixture->nr_completed, 4U);
	KUNIT_EXPECT_EQ(test, fixture->before_probe, 1U);
	for (i = 0; i < ARRAY_SIZE(order); i++) {
		KUNIT_EXPECT_PTR_EQ(test, fixture->completed[i].command, commands[order[i]]);
		KUNIT_EXPECT_EQ(test, fixture->completed[i].actual, (u64)i);
	}
}

/* DCTL-30: nothing was told: what the command had before, at first nothing */
static void completion_without_notification(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_dmaes *es = asynchronous(fixture);
	struct iomd_dma *dma = command(fixture);

	KUNIT_EXPECT_EQ(test, start(es, dma), 0);
	mock_complete(fixture->mock, dma);
	settle(fixture);
	KUNIT_ASSERT_EQ(test, fixture->nr_completed, 1U);
	KUNIT_EXPECT_EQ(test, fixture->completed[0].status, 0);
	KUNIT_EXPECT_EQ(test, fixture->completed[0].actual, 0ULL);
	KUNIT_EXPECT_EQ(test, fixture->completed[0].stamp, 0ULL);
	mock_notify(fixture->mock, dma, -EIO, 7, 8);
	mock_complete(fixture->mock, dma);
	settle(fixture);
	mock_complete(fixture->mock, dma);
	settle(fixture);
	KUNIT_ASSERT_EQ(test, fixture->nr_completed, 3U);
	KUNIT_EXPECT_EQ(test, fixture->completed[2].status, -EIO);
	KUNIT_EXPECT_EQ(test, fixture->completed[2].actual, 7ULL);
	KUNIT_EXPECT_EQ(test, fixture->completed[2].stamp, 8ULL);
}

/* DCTL-31: disabling holds nothing back */
static void disabling_does_nothing(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_dmaes *es = asynchronous(fixture);
	struct iomd_dma *dma = command(fixture);

	KUNIT_EXPECT_TRUE(test, iomd_dmaes_is_enabled(es));
	iomd_dmaes_disable(es);
	KUNIT_EXPECT_FALSE(test, iomd_dmaes_is_enabled(es));
	KUNIT_EXPECT_EQ(test, start(es, dma), 0);
	mock_notify(fixture->mock, dma, 0, 1, 1);
	mock_complete(fixture->mock, dma);
	settle(fixture);
	KUNIT_EXPECT_EQ(test, fixture->nr_completed, 1U);
	KUNIT_EXPECT_EQ(test, fixture->nr_notified, 1U);
	iomd_dmaes_enable(es);
	KUNIT_EXPECT_TRUE(test, iomd_dmaes_is_enabled(es));
}

static void complete_again(struct fixture *fixture, struct iomd_dmaes *es,
			   struct iomd_dma *command)
{
	if (fixture->nr_completed > 2)
		return;
	KUNIT_EXPECT_EQ(fixture->test, start(es, command), 0);
	mock_complete(fixture->mock, command);
}

/* DCTL-32: in its action a command can be started again; before, it is told of once */
static void commands_are_restarted_in_actions(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_dmaes *es = asynchronous(fixture);
	struct iomd_dma *dma = command(fixture);

	KUNIT_EXPECT_EQ(test, start(es, dma), 0);
	iomd_work_loop_close_gate(fixture->loop);
	mock_complete(fixture->mock, dma);
	mock_complete(fixture->mock, dma);
	iomd_work_loop_open_gate(fixture->loop);
	settle(fixture);
	KUNIT_EXPECT_EQ(test, fixture->nr_completed, 1U);

	fixture->in_action = complete_again;
	mock_complete(fixture->mock, dma);
	settle(fixture);
	KUNIT_EXPECT_EQ(test, fixture->nr_completed, 3U);
}

struct watched {
	struct iomd_context context;
	bool is_released;
};

static void watched_release(struct kref *ref)
{
	container_of(ref, struct watched, context.ref)->is_released = true;
}

/* DCTL-25: it neither prepares nor completes commands, nor keeps them */
static void commands_are_the_callers(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_dmaes *es = asynchronous(fixture);
	struct watched *watched = kunit_kzalloc(test, sizeof(*watched), GFP_KERNEL);
	u8 *memory = kunit_kzalloc(test, 64, GFP_KERNEL);
	struct iomd_desc *desc = iomd_desc_with_address(memory, 64, IN);
	struct iomd_dma *dma;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, desc);
	kref_init(&watched->context.ref);
	watched->context.release = watched_release;
	iomd_desc_set_context(desc, &watched->context);
	dma = iomd_dma_with_specification(iomd_dma_output_host64, 64, 0,
					  IOMD_DMA_MAP_OPTION_UNMAPPED, 0, 1, NULL, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dma);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, IN), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, false), 0);
	KUNIT_EXPECT_EQ(test, start(es, dma), 0);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_active(dma));
	mock_complete(fixture->mock, dma);
	settle(fixture);

	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0, true, true), 0);
	KUNIT_EXPECT_EQ(test, start(es, dma), 0);
	mock_complete(fixture->mock, dma);
	settle(fixture);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_active(dma));
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_active(dma));

	KUNIT_EXPECT_EQ(test, start(es, dma), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, IN), 0);
	iomd_desc_put(desc);
	kref_put(&watched->context.ref, watched_release);
	KUNIT_EXPECT_FALSE(test, watched->is_released);
	iomd_dma_put(dma);
	KUNIT_EXPECT_TRUE(test, watched->is_released);
}

/*
 * Synchronous mode.
 */

struct sleeper {
	struct iomd_dmaes *es;
	struct iomd_dma *command;
	struct task_struct *thread;
	struct iomd_work_loop *loop;
	bool in_gate;
};

static int sleeper_run(void *data)
{
	struct sleeper *sleeper = data;
	int ret;

	iomd_work_loop_close_gate(sleeper->loop);
	iomd_work_loop_close_gate(sleeper->loop);
	ret = start(sleeper->es, sleeper->command);
	iomd_work_loop_open_gate(sleeper->loop);
	sleeper->in_gate = iomd_work_loop_in_gate(sleeper->loop);
	iomd_work_loop_open_gate(sleeper->loop);
	return ret;
}

/* A thread that starts a command, and sleeps when this returns. */
static struct sleeper *put_to_sleep(struct kunit *test, struct iomd_dmaes *es)
{
	struct fixture *fixture = test->priv;
	struct sleeper *sleeper = iomd_kunit_zalloc(test, sizeof(*sleeper));

	sleeper->es = es;
	sleeper->loop = fixture->loop;
	sleeper->command = command(fixture);
	sleeper->thread = kthread_run(sleeper_run, sleeper, "iomd-kunit-sleeper");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, sleeper->thread);
	get_task_struct(sleeper->thread);
	wait_for_completion(&fixture->mock->started);
	/* In the gate it was; so it sleeps when this comes in. */
	iomd_work_loop_close_gate(fixture->loop);
	iomd_work_loop_open_gate(fixture->loop);
	return sleeper;
}

/* What starting returned to it. */
static int wake_up_of(struct sleeper *sleeper)
{
	int ret = kthread_stop(sleeper->thread);

	put_task_struct(sleeper->thread);
	return ret;
}

/* DCTL-16 DCTL-19 DCTL-22 DCTL-24: starting sleeps with the gate open; others may come in */
static void starting_waits_for_the_end(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_dmaes *es = synchronous(fixture);
	struct sleeper *sleeper = put_to_sleep(test, es);
	unsigned int calls = fixture->mock->nr_calls;

	KUNIT_EXPECT_EQ(test, start(es, sleeper->command), -EBUSY);
	KUNIT_EXPECT_EQ(test, start(es, command(fixture)), -EBUSY);
	KUNIT_EXPECT_EQ(test, fixture->mock->nr_calls, calls);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_set_frame_size(es, 4), 0);
	KUNIT_EXPECT_EQ(test, fixture->mock->nr_calls, calls + 1);
	mock_notify(fixture->mock, sleeper->command, 0, 1, 1);
	KUNIT_EXPECT_EQ(test, start(es, command(fixture)), -EBUSY);
	mock_complete(fixture->mock, sleeper->command);
	KUNIT_EXPECT_EQ(test, wake_up_of(sleeper), 0);
	KUNIT_EXPECT_TRUE(test, sleeper->in_gate);
	KUNIT_EXPECT_EQ(test, fixture->nr_completed, 0U);

	sleeper = put_to_sleep(test, es);
	mock_complete(fixture->mock, sleeper->command);
	KUNIT_EXPECT_EQ(test, wake_up_of(sleeper), 0);
}

/* DCTL-22 DCTL-23: an early end is not lost; what became of it is told elsewhere */
static void early_ends_are_not_lost(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_dmaes *es = synchronous(fixture);
	struct iomd_dma *dma = command(fixture);
	u64 actual;
	int status;

	/* One too many is not kept for the next. */
	mock_complete(fixture->mock, dma);
	fixture->mock->ends_at_once = true;
	KUNIT_EXPECT_EQ(test, start(es, dma), 0);
	KUNIT_EXPECT_EQ(test, fixture->nr_notified, 1U);
	KUNIT_EXPECT_EQ(test, fixture->notified[0].status, -EIO);
	iomd_dmaes_get_result(es, dma, &status, &actual, NULL);
	KUNIT_EXPECT_EQ(test, status, -EIO);
	KUNIT_EXPECT_EQ(test, actual, 3ULL);
	KUNIT_EXPECT_EQ(test, start(es, dma), 0);
}

/* DCTL-35: stopping does not end commands; only the controller does */
static void stopping_is_up_to_the_controller(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_dmaes *es = synchronous(fixture), *other = asynchronous(fixture);
	struct iomd_dma *dma = command(fixture);
	struct sleeper *sleeper;

	KUNIT_EXPECT_EQ(test, start(other, dma), 0);
	wait_for_completion(&fixture->mock->started);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_stop_dma_command(other, false, IOMD_DMAC_NO_TIMEOUT), 0);
	settle(fixture);
	KUNIT_EXPECT_EQ(test, fixture->nr_completed, 0U);

	sleeper = put_to_sleep(test, es);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_stop_dma_command(es, false, IOMD_DMAC_NO_TIMEOUT), 0);
	KUNIT_EXPECT_EQ(test, start(es, dma), -EBUSY);
	fixture->mock->es = es;
	mock_complete(fixture->mock, sleeper->command);
	KUNIT_EXPECT_EQ(test, wake_up_of(sleeper), 0);
}

/*
 * Going away.
 */

/* DCTL-17 DCTL-28: out of the work loop nothing is told any more, and commands are free */
static void removed_sources_are_silent(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_dmaes *es = asynchronous(fixture);
	struct iomd_dma *dma = command(fixture);

	KUNIT_EXPECT_EQ(test, start(es, dma), 0);
	iomd_work_loop_close_gate(fixture->loop);
	mock_complete(fixture->mock, dma);
	KUNIT_EXPECT_EQ(test, iomd_work_loop_remove_event_source(fixture->loop, es), 0);
	iomd_work_loop_open_gate(fixture->loop);
	KUNIT_EXPECT_EQ(test, iomd_work_loop_remove_event_source(fixture->loop, es), -ENXIO);
	mock_complete(fixture->mock, dma);
	settle(fixture);
	KUNIT_EXPECT_EQ(test, fixture->nr_completed, 0U);

	KUNIT_EXPECT_EQ(test, iomd_work_loop_add_event_source(fixture->loop, es), 0);
	KUNIT_EXPECT_EQ(test, start(es, dma), 0);
	mock_complete(fixture->mock, dma);
	settle(fixture);
	KUNIT_EXPECT_EQ(test, fixture->nr_completed, 1U);
}

static void wait_in_probe(struct work_struct *work)
{
	struct fixture *fixture = container_of(work, struct fixture, probe);

	wait_for_completion(&fixture->mock->resume);
}

/* DCTL-15: what was queued does not keep a source that was removed */
static void removing_leaves_no_work(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_dmaes *es = make(fixture, completion_action, 0);
	struct iomd_dma *dma = command(fixture);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, es);
	KUNIT_EXPECT_EQ(test, iomd_work_loop_add_event_source(fixture->loop, es), 0);
	KUNIT_EXPECT_EQ(test, start(es, dma), 0);
	INIT_WORK(&fixture->probe, wait_in_probe);
	queue_work(fixture->queue, &fixture->probe);
	mock_complete(fixture->mock, dma);
	KUNIT_EXPECT_EQ(test, iomd_work_loop_remove_event_source(fixture->loop, es), 0);
	iomd_dmaes_put(es);
	KUNIT_EXPECT_EQ(test, fixture->mock->nr_channels, 0);
	complete(&fixture->mock->resume);
	settle(fixture);
	KUNIT_EXPECT_EQ(test, fixture->nr_completed, 0U);
}

static void put_in_action(struct fixture *fixture, struct iomd_dmaes *es,
			  struct iomd_dma *command)
{
	iomd_work_loop_remove_event_source(fixture->loop, es);
	iomd_dmaes_put(es);
}

/* DCTL-14 DCTL-15: the last reference may go in the action */
static void last_put_in_action(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_dmaes *es = make(fixture, completion_action, 0);
	struct iomd_dma *one = command(fixture), *two = command(fixture);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, es);
	KUNIT_EXPECT_EQ(test, iomd_work_loop_add_event_source(fixture->loop, es), 0);
	fixture->in_action = put_in_action;
	KUNIT_EXPECT_EQ(test, start(es, one), 0);
	KUNIT_EXPECT_EQ(test, start(es, two), 0);
	iomd_work_loop_close_gate(fixture->loop);
	mock_complete(fixture->mock, one);
	mock_complete(fixture->mock, two);
	iomd_work_loop_open_gate(fixture->loop);
	settle(fixture);
	KUNIT_EXPECT_EQ(test, fixture->nr_completed, 1U);
	KUNIT_EXPECT_EQ(test, fixture->mock->nr_channels, 0);
}

static int put_it(void *data)
{
	iomd_dmaes_put(data);
	return 0;
}

/* DCTL-15: the last reference may go in softirq */
static void last_put_in_softirq(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_dmaes *es = make(fixture, completion_action, 0);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, es);
	iomd_kunit_in_softirq(put_it, es);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_wait_for(!READ_ONCE(fixture->mock->nr_channels)));
}

static int complete_many(void *data)
{
	struct call *call = data;
	unsigned int i;

	for (i = 0; i < 2000; i++) {
		mock_notify(call->fixture->mock, call->command, 0, i, i);
		mock_complete(call->fixture->mock, call->command);
	}
	return 0;
}

/* DCTL-27 DCTL-28: completing and removing at the same time; KASAN and lockdep watch */
static void removing_races_with_completing(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_dmaes *es = asynchronous(fixture);
	struct call call = { .fixture = fixture, .command = command(fixture) };
	struct task_struct *thread;
	unsigned int i, seen;

	thread = kthread_run(complete_many, &call, "iomd-kunit-complete");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, thread);
	get_task_struct(thread);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_wait_for(READ_ONCE(fixture->nr_notified)));
	for (i = 0; i < 100; i++) {
		KUNIT_EXPECT_EQ(test, iomd_work_loop_remove_event_source(fixture->loop, es), 0);
		seen = READ_ONCE(fixture->nr_completed);
		cond_resched();
		KUNIT_EXPECT_EQ(test, READ_ONCE(fixture->nr_completed), seen);
		KUNIT_EXPECT_EQ(test, iomd_work_loop_add_event_source(fixture->loop, es), 0);
		cond_resched();
	}
	KUNIT_EXPECT_EQ(test, kthread_stop(thread), 0);
	put_task_struct(thread);
	settle(fixture);
	seen = fixture->nr_completed;
	mock_complete(fixture->mock, call.command);
	settle(fixture);
	KUNIT_EXPECT_EQ(test, fixture->nr_completed, seen + 1);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(creation_can_fail),
	KUNIT_CASE(channel_is_the_controllers),
	KUNIT_CASE(survives_failing_allocations),
	KUNIT_CASE(work_loop_is_needed),
	KUNIT_CASE(calls_are_passed_on),
	KUNIT_CASE(nothing_goes_without_channel),
	KUNIT_CASE(starting_does_not_wait),
	KUNIT_CASE(errors_of_starting_are_returned),
	KUNIT_CASE(completion_runs_on_the_work_loop),
	KUNIT_CASE(completion_waits_for_the_gate),
	KUNIT_CASE(notification_runs_where_it_is_called),
	KUNIT_CASE(completing_in_interrupts),
	KUNIT_CASE(completions_are_in_order),
	KUNIT_CASE(completion_without_notification),
	KUNIT_CASE(disabling_does_nothing),
	KUNIT_CASE(commands_are_restarted_in_actions),
	KUNIT_CASE(commands_are_the_callers),
	KUNIT_CASE(starting_waits_for_the_end),
	KUNIT_CASE(early_ends_are_not_lost),
	KUNIT_CASE(stopping_is_up_to_the_controller),
	KUNIT_CASE(removed_sources_are_silent),
	KUNIT_CASE(removing_leaves_no_work),
	KUNIT_CASE(last_put_in_action),
	KUNIT_CASE(last_put_in_softirq),
	KUNIT_CASE(removing_races_with_completing),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_dmaes",
	.suite_init = iomd_kunit_suite_init,
	.suite_exit = iomd_kunit_suite_exit,
	.init = init,
	.test_cases = cases,
};

kunit_test_suite(suite);
