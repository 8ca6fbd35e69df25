// SPDX-License-Identifier: GPL-2.0-only
/*
 * A DMA controller that does nothing but take down what it is asked.
 */
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/property.h>

#include "iomd_kunit.h"
#include "mock_dmac.h"

static struct mock *to_mock(struct iomd_dmac *dmac)
{
	return container_of(dmac, struct mock, dmac);
}

static int take_down(struct iomd_dmac *dmac, struct mock_call call)
{
	struct mock *mock = to_mock(dmac);

	mock->last = call;
	mock->nr_calls++;
	return mock->result;
}

#define TAKE_DOWN(dmac, name, ...) \
	take_down(dmac, (struct mock_call) { .op = (name), __VA_ARGS__ })

static int mock_init_dma_channel(struct iomd_dmac *dmac, struct device *provider,
				 struct iomd_dmaes *es, u32 *dma_index, u32 req_index)
{
	struct mock *mock = to_mock(dmac);

	/* What it is before anybody says. */
	TAKE_DOWN(dmac, "init", .dma_index = *dma_index, .provider = provider,
		  .index = req_index);
	if (mock->result)
		return mock->result;
	*dma_index = mock->next_index;
	mock->es = es;
	mock->nr_channels++;
	return 0;
}

static int mock_start_dma_command(struct iomd_dmac *dmac, u32 dma_index, struct iomd_dma *command,
				  u32 direction, u64 byte_count, u64 byte_offset)
{
	struct mock *mock = to_mock(dmac);
	int ret;

	ret = TAKE_DOWN(dmac, "start", .dma_index = dma_index, .command = command,
			.direction = direction, .first = byte_count, .second = byte_offset);
	if (!ret && mock->ends_at_once) {
		mock_notify(mock, command, -EIO, 3, 4);
		mock_complete(mock, command);
	}
	complete(&mock->started);
	return ret;
}

static int mock_stop_dma_command(struct iomd_dmac *dmac, u32 dma_index, bool flush, u64 timeout)
{
	return TAKE_DOWN(dmac, "stop", .dma_index = dma_index, .flag = flush, .first = timeout);
}

static int mock_query_dma_command(struct iomd_dmac *dmac, u32 dma_index, struct iomd_dma **command,
				  u64 *transfer_count, bool wait_for_idle)
{
	struct mock *mock = to_mock(dmac);

	if (wait_for_idle && mock->ends_at_once) {
		complete(&mock->started);
		wait_for_completion(&mock->resume);
	}
	*command = mock->last.command;
	*transfer_count = 1234;
	return TAKE_DOWN(dmac, "query", .dma_index = dma_index, .flag = wait_for_idle);
}

static u64 mock_get_fifo_depth(struct iomd_dmac *dmac, u32 dma_index, u32 direction)
{
	TAKE_DOWN(dmac, "get depth", .dma_index = dma_index, .direction = direction);
	return 0x100000040ULL;
}

static int mock_set_fifo_depth(struct iomd_dmac *dmac, u32 dma_index, u64 depth)
{
	return TAKE_DOWN(dmac, "set depth", .dma_index = dma_index, .first = depth);
}

static u64 mock_valid_fifo_depth(struct iomd_dmac *dmac, u32 dma_index, u64 depth, u32 direction)
{
	TAKE_DOWN(dmac, "valid depth", .dma_index = dma_index, .direction = direction,
		  .first = depth);
	return 0x100000080ULL;
}

static int mock_set_frame_size(struct iomd_dmac *dmac, u32 dma_index, u8 byte_count)
{
	return TAKE_DOWN(dmac, "set frame", .dma_index = dma_index, .first = byte_count);
}

static int mock_set_dma_config(struct iomd_dmac *dmac, u32 dma_index, struct device *provider,
			       u32 req_index)
{
	return TAKE_DOWN(dmac, "set config", .dma_index = dma_index, .provider = provider,
			 .index = req_index);
}

static bool mock_valid_dma_config(struct iomd_dmac *dmac, u32 dma_index, struct device *provider,
				  u32 req_index)
{
	return !TAKE_DOWN(dmac, "valid config", .dma_index = dma_index, .provider = provider,
			  .index = req_index);
}

static void mock_release_dma_channel(struct iomd_dmac *dmac, u32 dma_index)
{
	/* A real one waits for its hardware. */
	might_sleep();
	to_mock(dmac)->nr_channels--;
}

static void mock_release(struct iomd_dmac *dmac)
{
	to_mock(dmac)->is_released = true;
}

const struct iomd_dmac_ops mock_ops = {
	.owner = THIS_MODULE,
	.init_dma_channel = mock_init_dma_channel,
	.start_dma_command = mock_start_dma_command,
	.stop_dma_command = mock_stop_dma_command,
	.query_dma_command = mock_query_dma_command,
	.get_fifo_depth = mock_get_fifo_depth,
	.set_fifo_depth = mock_set_fifo_depth,
	.valid_fifo_depth = mock_valid_fifo_depth,
	.set_frame_size = mock_set_frame_size,
	.set_dma_config = mock_set_dma_config,
	.valid_dma_config = mock_valid_dma_config,
	.release_dma_channel = mock_release_dma_channel,
	.release = mock_release,
};

/* It may be stopped before the end of the case. */
void mock_stop(struct mock *mock)
{
	if (!mock->is_stopped)
		iomd_dmac_stop(&mock->dmac);
	mock->is_stopped = true;
}

static void undo_mock(void *data)
{
	mock_stop(data);
}

/* A controller of @dev that is started, and known to nobody. */
struct mock *mock_create(struct kunit *test, struct device *dev)
{
	struct mock *mock = iomd_kunit_zalloc(test, sizeof(*mock));

	init_completion(&mock->started);
	init_completion(&mock->resume);
	mock->next_index = 7;
	KUNIT_ASSERT_EQ(test, iomd_dmac_start(&mock->dmac, &mock_ops, dev), 0);
	iomd_kunit_defer(test, undo_mock, mock);
	return mock;
}

static void set_properties(struct kunit *test, struct device *dev,
			   const struct property_entry *properties)
{
	KUNIT_ASSERT_EQ(test, device_create_managed_software_node(dev, properties, NULL), 0);
}

void mock_set_handle(struct kunit *test, struct device *dev, u32 handle)
{
	const struct property_entry properties[] = {
		PROPERTY_ENTRY_U32("AAPL,phandle", handle),
		{}
	};

	set_properties(test, dev, properties);
}

/* A controller that clients find by @handle. */
struct mock *mock_register(struct kunit *test, u32 handle)
{
	struct device *dev = iomd_kunit_device(test, 64);
	struct mock *mock = mock_create(test, dev);

	mock_set_handle(test, dev, handle);
	KUNIT_ASSERT_EQ(test, iomd_dmac_register_dma_controller(&mock->dmac, 0), 0);
	return mock;
}

/* A device that names controllers; without any it has the property all the same. */
struct device *mock_client(struct kunit *test, const u32 *handles, size_t nr)
{
	const struct property_entry properties[] = {
		PROPERTY_ENTRY_U32_ARRAY_LEN("dma-parent", handles, nr),
		{}
	};
	struct device *dev = iomd_kunit_device(test, 64);

	set_properties(test, dev, properties);
	return dev;
}
