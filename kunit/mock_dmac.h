/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A DMA controller that does nothing but take down what it is asked.
 */
#ifndef _MOCK_DMAC_H
#define _MOCK_DMAC_H

#include <linux/completion.h>

#include <iomd/iomd.h>

struct device;
struct kunit;

/**
 * struct mock_call - A call of an operation.
 * @op: Which.
 * @dma_index: Channel.
 * @command: Command.
 * @provider: Client's device.
 * @direction: Direction.
 * @index: Request line.
 * @flag: Flush, or wait for idle.
 * @first: Byte count, timeout, depth or frame size.
 * @second: Byte offset.
 */
struct mock_call {
	const char *op;
	u32 dma_index;
	struct iomd_dma *command;
	struct device *provider;
	u32 direction;
	u32 index;
	bool flag;
	u64 first;
	u64 second;
};

/**
 * struct mock - The controller; there until the end of the case.
 * @dmac: What every controller has.
 * @es: Event source of the channel reserved last.
 * @next_index: What the next channel is called.
 * @result: What operations return.
 * @ends_at_once: Commands end while they are being started.
 * @last: The last call.
 * @nr_calls: How many there were.
 * @nr_channels: Channels that are reserved.
 * @started: Completed by each start.
 * @resume: What a query that waits for idle waits for.
 * @is_stopped: The controller has been stopped.
 * @is_released: The controller has been let go of by everybody.
 */
struct mock {
	struct iomd_dmac dmac;
	struct iomd_dmaes *es;
	u32 next_index;
	int result;
	bool ends_at_once;
	struct mock_call last;
	unsigned int nr_calls;
	int nr_channels;
	struct completion started;
	struct completion resume;
	bool is_stopped;
	bool is_released;
};

struct mock *mock_create(struct kunit *test, struct device *dev);
void mock_stop(struct mock *mock);
struct mock *mock_register(struct kunit *test, u32 handle);

void mock_set_handle(struct kunit *test, struct device *dev, u32 handle);
struct device *mock_client(struct kunit *test, const u32 *handles, size_t nr);

extern const struct iomd_dmac_ops mock_ops;

static inline void mock_notify(struct mock *mock, struct iomd_dma *command, int status, u64 actual,
			       u64 stamp)
{
	iomd_dmac_notify_dma_command(&mock->dmac, mock->es, command, status, actual,
				     ns_to_ktime(stamp));
}

static inline void mock_complete(struct mock *mock, struct iomd_dma *command)
{
	iomd_dmac_complete_dma_command(&mock->dmac, mock->es, command);
}

#endif /* _MOCK_DMAC_H */
