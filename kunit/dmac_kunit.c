// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA controllers: names, registration, how clients find them, and how long they stay.
 */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/property.h>

#include "iomd_kunit.h"
#include "mock_dmac.h"

#define HANDLE	0x1a

static struct iomd_dmac *look_up(struct kunit *test, struct device *client, u32 index)
{
	struct iomd_dmac *dmac = iomd_dmac_get_controller(client, index);

	/* The controllers of the suite last longer than the pointer is compared. */
	iomd_dmac_put(dmac);
	return dmac;
}

static void no_action(void *owner, struct iomd_dmaes *es, struct iomd_dma *command, int status,
		      u64 actual_byte_count, ktime_t time_stamp)
{
}

static struct iomd_dmaes *make(struct kunit *test, struct device *client)
{
	return iomd_dmaes_dma_event_source(test, client, no_action, NULL, 0);
}

/* DCTL-1: what controllers are called */
static void names_tell_the_handle(struct kunit *test)
{
	static const struct {
		u32 handle;
		const char *name;
	} names[] = {
		{ 0x1a, "IODMAController0000001A" },
		{ 0, "IODMAController00000000" },
		{ 0xfedcba98, "IODMAControllerFEDCBA98" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		char *name = iomd_dmac_create_controller_name(names[i].handle);

		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, name);
		KUNIT_EXPECT_STREQ(test, name, names[i].name);
		kfree(name);
	}
}

/* DCTL-2: a device without the property, or with something else under its name */
static void devices_may_name_none(struct kunit *test)
{
	const struct property_entry not_data[] = {
		PROPERTY_ENTRY_BOOL("dma-parent"),
		{}
	};
	const struct property_entry too_short[] = {
		PROPERTY_ENTRY_U8("dma-parent", HANDLE),
		{}
	};
	struct device *dev = iomd_kunit_device(test, 64);

	mock_register(test, HANDLE);
	IOMD_KUNIT_EXPECT_ERR(test, look_up(test, dev, 0), -ENOENT);
	KUNIT_ASSERT_EQ(test, device_create_managed_software_node(dev, not_data, NULL), 0);
	IOMD_KUNIT_EXPECT_ERR(test, look_up(test, dev, 0), -ENOENT);
	dev = iomd_kunit_device(test, 64);
	KUNIT_ASSERT_EQ(test, device_create_managed_software_node(dev, too_short, NULL), 0);
	IOMD_KUNIT_EXPECT_ERR(test, look_up(test, dev, 0), -ENOENT);
	IOMD_KUNIT_EXPECT_ERR(test, look_up(test, NULL, 0), -EINVAL);
}

/* DCTL-2 DCTL-3: one entry stands for all; of several, the one with that number */
static void entries_are_chosen(struct kunit *test)
{
	static const u32 one[] = { HANDLE }, three[] = { 0xffffffff, HANDLE, 5 };
	struct mock *mock = mock_register(test, HANDLE), *first, *last;
	struct device *client = mock_client(test, one, 1);

	first = mock_register(test, 0xffffffff);
	last = mock_register(test, 5);
	KUNIT_EXPECT_PTR_EQ(test, look_up(test, client, 0), &mock->dmac);
	KUNIT_EXPECT_PTR_EQ(test, look_up(test, client, 1), &mock->dmac);
	KUNIT_EXPECT_PTR_EQ(test, look_up(test, client, U32_MAX), &mock->dmac);
	client = mock_client(test, three, 3);
	KUNIT_EXPECT_PTR_EQ(test, look_up(test, client, 0), &first->dmac);
	KUNIT_EXPECT_PTR_EQ(test, look_up(test, client, 1), &mock->dmac);
	KUNIT_EXPECT_PTR_EQ(test, look_up(test, client, 2), &last->dmac);
	IOMD_KUNIT_EXPECT_ERR(test, look_up(test, client, 3), -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, look_up(test, client, U32_MAX), -EINVAL);
}

/* DCTL-4 DCTL-6: nobody waits; a controller is found as soon as it is registered */
static void clients_ask_again(struct kunit *test)
{
	static const u32 handle = HANDLE;
	static const u32 options[] = { 0, IOMD_SERVICE_SYNCHRONOUS, IOMD_SERVICE_ASYNCHRONOUS };
	struct device *client = mock_client(test, &handle, 1);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(options); i++) {
		struct device *dev = iomd_kunit_device(test, 64);
		struct mock *mock = mock_create(test, dev);

		mock_set_handle(test, dev, HANDLE);
		IOMD_KUNIT_EXPECT_ERR(test, look_up(test, client, 0), -EPROBE_DEFER);
		IOMD_KUNIT_EXPECT_ERR(test, make(test, client), -EPROBE_DEFER);
		KUNIT_EXPECT_EQ(test, iomd_dmac_register_dma_controller(&mock->dmac, options[i]),
				0);
		KUNIT_EXPECT_PTR_EQ(test, look_up(test, client, 0), &mock->dmac);
		mock_stop(mock);
		KUNIT_EXPECT_TRUE(test, mock->is_released);
	}
	IOMD_KUNIT_EXPECT_ERR(test, look_up(test, client, 0), -EPROBE_DEFER);
}

/* DCTL-5 DCTL-7: its device names it, and is not held; without a handle it has no name */
static void controllers_have_handles(struct kunit *test)
{
	struct device *dev = iomd_kunit_device(test, 64), *other = iomd_kunit_device(test, 64);
	unsigned int before = kref_read(&dev->kobj.kref);
	struct mock *mock = mock_create(test, dev), *twin = mock_create(test, other);
	static const u32 handle = HANDLE;

	KUNIT_EXPECT_EQ(test, kref_read(&dev->kobj.kref), before);
	KUNIT_EXPECT_EQ(test, iomd_dmac_register_dma_controller(&mock->dmac, 0), -ENOENT);
	mock_set_handle(test, dev, HANDLE);
	mock_set_handle(test, other, HANDLE);
	KUNIT_EXPECT_EQ(test, iomd_dmac_register_dma_controller(&mock->dmac, 0), 0);
	KUNIT_EXPECT_EQ(test, iomd_dmac_register_dma_controller(&mock->dmac, 0), -EEXIST);
	KUNIT_EXPECT_EQ(test, iomd_dmac_register_dma_controller(&twin->dmac, 0), -EEXIST);
	KUNIT_EXPECT_PTR_EQ(test, look_up(test, mock_client(test, &handle, 1), 0), &mock->dmac);
}

/* DCTL-8: the base class has no operations of its own */
static void operations_are_needed(struct kunit *test)
{
	struct device *dev = iomd_kunit_device(test, 64);
	struct mock *mock = iomd_kunit_zalloc(test, sizeof(*mock));
	struct iomd_dmac_ops ops;

#define WITHOUT(op) \
	do { \
		ops = mock_ops; \
		ops.op = NULL; \
		KUNIT_EXPECT_EQ_MSG(test, iomd_dmac_start(&mock->dmac, &ops, dev), -EINVAL, #op); \
	} while (0)

	WITHOUT(init_dma_channel);
	WITHOUT(start_dma_command);
	WITHOUT(stop_dma_command);
	WITHOUT(query_dma_command);
	WITHOUT(get_fifo_depth);
	WITHOUT(set_fifo_depth);
	WITHOUT(valid_fifo_depth);
	WITHOUT(set_frame_size);
	WITHOUT(set_dma_config);
	WITHOUT(valid_dma_config);
	WITHOUT(release);
#undef WITHOUT

	KUNIT_EXPECT_EQ(test, iomd_dmac_start(NULL, &mock_ops, dev), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dmac_start(&mock->dmac, NULL, dev), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dmac_start(&mock->dmac, &mock_ops, NULL), -EINVAL);
}

/* DCTL-14 DCTL-15: an event source keeps its controller, and gives its channel back */
static void event_sources_keep_controllers(struct kunit *test)
{
	static const u32 handle = HANDLE;
	struct mock *mock = mock_register(test, handle);
	struct device *client = mock_client(test, &handle, 1);
	unsigned int before = kref_read(&client->kobj.kref);
	struct iomd_dmaes *es, *other;

	es = make(test, client);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, es);
	other = make(test, client);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, other);
	KUNIT_EXPECT_EQ(test, mock->nr_channels, 2);
	KUNIT_EXPECT_EQ(test, kref_read(&client->kobj.kref), before + 2);
	iomd_dmaes_put(other);
	KUNIT_EXPECT_EQ(test, mock->nr_channels, 1);

	mock_stop(mock);
	KUNIT_EXPECT_FALSE(test, mock->is_released);
	KUNIT_EXPECT_PTR_EQ(test, iomd_dmaes_get(es), es);
	iomd_dmaes_put(es);
	KUNIT_EXPECT_EQ(test, mock->nr_channels, 1);
	iomd_dmaes_put(es);
	KUNIT_EXPECT_EQ(test, mock->nr_channels, 0);
	KUNIT_EXPECT_TRUE(test, mock->is_released);
	KUNIT_EXPECT_EQ(test, kref_read(&client->kobj.kref), before);
	iomd_dmaes_put(NULL);
	iomd_dmaes_put(ERR_PTR(-ENOMEM));
}

/* DCTL-18: with its controller stopped, an event source has no channel any more */
static void stopped_controllers_take_channels(struct kunit *test)
{
	static const u32 handle = HANDLE;
	struct mock *mock = mock_register(test, handle);
	struct iomd_dma *command = iomd_kunit_command(test, 64, 1, NULL);
	struct device *client = mock_client(test, &handle, 1);
	struct iomd_dmaes *es = iomd_kunit_dmaes(test, make(test, client));
	struct iomd_dmac *dmac = iomd_dmac_get_controller(client, 0);

	KUNIT_EXPECT_EQ(test, iomd_work_loop_add_event_source(iomd_kunit_work_loop(test, NULL),
							      es), 0);
	KUNIT_EXPECT_PTR_EQ(test, dmac, &mock->dmac);
	KUNIT_EXPECT_PTR_EQ(test, iomd_dmac_get(dmac), dmac);
	iomd_dmac_put(dmac);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_stop_dma_command(es, false, 0), 0);
	mock_stop(mock);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_stop_dma_command(es, false, 0), -EBADE);
	KUNIT_EXPECT_EQ(test, iomd_dmaes_start_dma_command(es, command, IOMD_DIRECTION_IN, 0, 0),
			-EBADE);
	KUNIT_EXPECT_PTR_EQ(test, iomd_dmaes_get_dma_device(es), NULL);
	IOMD_KUNIT_EXPECT_ERR(test, make(test, client), -EPROBE_DEFER);
	iomd_dmac_put(dmac);
	KUNIT_EXPECT_FALSE(test, mock->is_released);
}

static int query_until_idle(void *data)
{
	struct iomd_dma *command;
	u64 count;

	return iomd_dmaes_query_dma_command(data, &command, &count, true);
}

static int stop_mock(void *data)
{
	mock_stop(data);
	return 0;
}

/* DCTL-8: who stops a controller waits for the calls that are in it */
static void stopping_waits_for_calls(struct kunit *test)
{
	static const u32 handle = HANDLE;
	struct mock *mock = mock_register(test, handle);
	struct iomd_dmaes *es = iomd_kunit_dmaes(test, make(test, mock_client(test, &handle, 1)));
	struct task_struct *caller, *stopper;

	mock->ends_at_once = true;
	caller = kthread_run(query_until_idle, es, "iomd-kunit-query");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, caller);
	get_task_struct(caller);
	wait_for_completion(&mock->started);
	stopper = kthread_run(stop_mock, mock, "iomd-kunit-stop");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, stopper);
	get_task_struct(stopper);

	/* It has begun: nobody else gets in. */
	KUNIT_EXPECT_TRUE(test, iomd_kunit_wait_for(iomd_dmaes_set_frame_size(es, 1) == -EBADE));
	KUNIT_EXPECT_FALSE(test, READ_ONCE(mock->is_stopped));
	complete(&mock->resume);
	KUNIT_EXPECT_EQ(test, kthread_stop(caller), 0);
	KUNIT_EXPECT_EQ(test, kthread_stop(stopper), 0);
	KUNIT_EXPECT_TRUE(test, mock->is_stopped);
	put_task_struct(caller);
	put_task_struct(stopper);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(names_tell_the_handle),
	KUNIT_CASE(devices_may_name_none),
	KUNIT_CASE(entries_are_chosen),
	KUNIT_CASE(clients_ask_again),
	KUNIT_CASE(controllers_have_handles),
	KUNIT_CASE(operations_are_needed),
	KUNIT_CASE(event_sources_keep_controllers),
	KUNIT_CASE(stopped_controllers_take_channels),
	KUNIT_CASE(stopping_waits_for_calls),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_dmac",
	.suite_init = iomd_kunit_suite_init,
	.suite_exit = iomd_kunit_suite_exit,
	.init = iomd_kunit_init,
	.test_cases = cases,
};

kunit_test_suite(suite);
