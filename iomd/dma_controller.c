// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA controllers: their life, their names, and how clients find them.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/device.h>
#include <linux/export.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/of.h>
#include <linux/property.h>
#include <linux/slab.h>

#include <iomd/namespace.h>

#include "dmac.h"
#include "objects.h"

/**
 * DOC: DMA controllers
 *
 * A controller moves data between memory and peripherals that cannot do so themselves.
 * Its driver puts a struct iomd_dmac into its own struct, fills in a table of
 * operations, starts it, and registers it under the handle of its device. Clients name
 * that handle in a property of theirs, and work with one channel each, through an event
 * source. A driver whose controller is a Linux DMA engine needs none of this:
 * iomd_dmac_attach_engine() makes a controller for the lines of one device.
 *
 * An event source keeps its controller, and the module of it. A controller can be
 * stopped all the same, when its device goes: that waits for calls in progress, and
 * leaves the event sources without a channel.
 */

/* Guards the list of registered controllers. */
static DEFINE_MUTEX(controllers_lock);
static LIST_HEAD(controllers);

/**
 * iomd_dmac_create_controller_name() - The name that goes with a handle.
 * @handle: Handle of a controller's device.
 *
 * IOKit: IODMAController::createControllerName().
 *
 * Context: Process context, may sleep.
 * Return: A string that the caller frees with kfree(), or ERR_PTR(-ENOMEM).
 *
 * Implements DCTL-1.
 */
char *iomd_dmac_create_controller_name(u32 handle)
{
	return kasprintf(GFP_KERNEL, "IODMAController%08X", handle) ?: ERR_PTR(-ENOMEM);
}
EXPORT_SYMBOL_NS_GPL(iomd_dmac_create_controller_name, IOMD_NS);

static bool has_all(const struct iomd_dmac_ops *ops)
{
	return ops->init_dma_channel && ops->start_dma_command && ops->stop_dma_command &&
	       ops->query_dma_command && ops->get_fifo_depth && ops->set_fifo_depth &&
	       ops->valid_fifo_depth && ops->set_frame_size && ops->set_dma_config &&
	       ops->valid_dma_config && ops->release;
}

/**
 * iomd_dmac_start() - Make a controller of a struct.
 * @dmac: Controller, part of the driver's struct.
 * @ops: Its operations; nothing mandatory may be missing.
 * @provider: Its device, which outlives it; no reference is taken.
 *
 * Undone by iomd_dmac_stop(). The struct belongs to the controller from here on, and is
 * freed by its release. IOKit: IODMAController::start().
 *
 * Context: Process context.
 * Return: 0; or -EINVAL if something is missing, after which nothing has happened.
 *
 * Implements DCTL-5.
 */
int iomd_dmac_start(struct iomd_dmac *dmac, const struct iomd_dmac_ops *ops,
		    struct device *provider)
{
	if (!dmac || !ops || !provider || !has_all(ops))
		return -EINVAL;

	*dmac = (struct iomd_dmac) {
		.ops = ops,
		.provider = provider,
		.ref = KREF_INIT(1),
		.users = REFCOUNT_INIT(1),
	};
	INIT_LIST_HEAD(&dmac->node);
	init_completion(&dmac->idle);
	iomd_objects_inc(IOMD_OBJECT_DMAC);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(iomd_dmac_start, IOMD_NS);

static void dmac_release(struct kref *ref)
{
	struct iomd_dmac *dmac = container_of(ref, struct iomd_dmac, ref);

	dmac->ops->release(dmac);
	iomd_objects_dec(IOMD_OBJECT_DMAC);
}

void iomd_dmac_leave(struct iomd_dmac *dmac)
{
	if (refcount_dec_and_test(&dmac->users))
		complete(&dmac->idle);
}

/* The count is what keeps callers out for good; the flag, that they do not take turns. */
bool iomd_dmac_enter(struct iomd_dmac *dmac)
{
	if (!refcount_inc_not_zero(&dmac->users))
		return false;
	if (!READ_ONCE(dmac->is_stopped))
		return true;
	iomd_dmac_leave(dmac);
	return false;
}

/**
 * iomd_dmac_stop() - The controller is going.
 * @dmac: Controller that was started, and not stopped since.
 *
 * Nobody finds it any more, and its event sources lose their channels. Waits for calls of
 * its operations to return; a driver ends what they wait for. Afterwards only
 * release_dma_channel and release are called. Gives back what iomd_dmac_start() gave: the
 * struct may be gone on return.
 * IOKit: IOService::stop().
 *
 * Context: Process context, may sleep; not in an operation of the controller.
 */
void iomd_dmac_stop(struct iomd_dmac *dmac)
{
	mutex_lock(&controllers_lock);
	list_del_init(&dmac->node);
	mutex_unlock(&controllers_lock);
	WRITE_ONCE(dmac->is_stopped, true);
	iomd_dmac_leave(dmac);
	wait_for_completion(&dmac->idle);
	kref_put(&dmac->ref, dmac_release);
}
EXPORT_SYMBOL_NS_GPL(iomd_dmac_stop, IOMD_NS);

/* The handle of a controller's device: as a property, or what the device tree calls it. */
static int read_handle(struct device *provider, u32 *handle)
{
	if (!device_property_read_u32(provider, "AAPL,phandle", handle))
		return 0;
	if (!IS_ENABLED(CONFIG_OF) || !provider->of_node || !provider->of_node->phandle)
		return -ENOENT;
	*handle = provider->of_node->phandle;
	return 0;
}

static struct iomd_dmac *find_registered(u32 handle)
{
	struct iomd_dmac *dmac;

	lockdep_assert_held(&controllers_lock);
	list_for_each_entry(dmac, &controllers, node)
		if (dmac->handle == handle)
			return dmac;
	return NULL;
}

/**
 * iomd_dmac_register_dma_controller() - Let clients find a controller.
 * @dmac: Controller that was started, and is ready.
 * @options: IOMD_SERVICE_*; makes no difference: it can be found when this returns.
 *
 * Its name comes from the property AAPL,phandle of its device, or else from the device
 * tree's phandle. IOKit: IODMAController::registerDMAController().
 *
 * Context: Process context, may sleep.
 * Return: 0; -ENOENT, and a message, if the device has no handle; -EEXIST if a controller
 *	   of that name is registered.
 *
 * Implements DCTL-6, DCTL-7.
 */
int iomd_dmac_register_dma_controller(struct iomd_dmac *dmac, u32 options)
{
	u32 handle;
	int err = read_handle(dmac->provider, &handle);

	if (err) {
		dev_warn(dmac->provider, "a DMA controller without AAPL,phandle has no name\n");
		return err;
	}

	mutex_lock(&controllers_lock);
	if (!list_empty(&dmac->node) || find_registered(handle)) {
		err = -EEXIST;
	} else {
		dmac->handle = handle;
		list_add_tail(&dmac->node, &controllers);
	}
	mutex_unlock(&controllers_lock);
	return err;
}
EXPORT_SYMBOL_NS_GPL(iomd_dmac_register_dma_controller, IOMD_NS);

/* Entry @dma_index of a device's list of controllers; one entry stands for all. */
static int read_parent(struct device *provider, u32 dma_index, u32 *handle)
{
	int nr = device_property_count_u32(provider, "dma-parent");
	u32 *handles;
	int err;

	if (nr <= 0)
		return -ENOENT;
	if (nr == 1)
		dma_index = 0;
	if (dma_index >= nr) {
		dev_warn(provider, "dma-parent has %d entries, and no number %u\n", nr, dma_index);
		return -EINVAL;
	}

	handles = kcalloc(nr, sizeof(*handles), GFP_KERNEL);
	if (!handles)
		return -ENOMEM;
	err = device_property_read_u32_array(provider, "dma-parent", handles, nr);
	*handle = handles[dma_index];
	kfree(handles);
	return err ? -ENOENT : 0;
}

/* A registered controller, with a reference of its own; or NULL. */
static struct iomd_dmac *get_registered(u32 handle)
{
	struct iomd_dmac *dmac;

	mutex_lock(&controllers_lock);
	dmac = find_registered(handle);
	if (dmac && try_module_get(dmac->ops->owner))
		kref_get(&dmac->ref);
	else
		dmac = NULL;
	mutex_unlock(&controllers_lock);
	return dmac;
}

/**
 * iomd_dmac_get_controller() - The controller that serves a device.
 * @provider: The client's device, bound to its driver.
 * @dma_index: Entry of its property dma-parent. If that has only one, it is that one.
 *
 * Without a property dma-parent it is the engine attached to the device.
 * IOKit: IODMAController::getController(); that waits, and gives no reference.
 *
 * Context: Process context, may sleep.
 * Return: A controller that the caller puts, or an error pointer: -EINVAL for NULL, and
 *	   for an entry that does not exist; -ENOENT if the device names no controller;
 *	   -EPROBE_DEFER if the one it names is not registered; -ENOMEM.
 *
 * Implements DCTL-2..4.
 */
struct iomd_dmac *iomd_dmac_get_controller(struct device *provider, u32 dma_index)
{
	u32 handle;
	int err;

	if (!provider)
		return ERR_PTR(-EINVAL);
	err = read_parent(provider, dma_index, &handle);
	if (err == -ENOENT)
		return iomd_engine_of(provider) ?: ERR_PTR(-ENOENT);
	if (err)
		return ERR_PTR(err);
	return get_registered(handle) ?: ERR_PTR(-EPROBE_DEFER);
}
EXPORT_SYMBOL_NS_GPL(iomd_dmac_get_controller, IOMD_NS);

/**
 * iomd_dmac_get() - Take another reference.
 * @dmac: Controller that is held.
 *
 * It keeps the module of the controller too.
 *
 * Context: Any.
 * Return: @dmac.
 */
struct iomd_dmac *iomd_dmac_get(struct iomd_dmac *dmac)
{
	__module_get(dmac->ops->owner);
	kref_get(&dmac->ref);
	return dmac;
}
EXPORT_SYMBOL_NS_GPL(iomd_dmac_get, IOMD_NS);

/**
 * iomd_dmac_put() - Give back a reference that somebody got.
 * @dmac: Controller, or NULL or an error pointer, for which nothing happens.
 *
 * Context: Process context, may sleep.
 */
void iomd_dmac_put(struct iomd_dmac *dmac)
{
	struct module *owner;

	if (IS_ERR_OR_NULL(dmac))
		return;
	owner = dmac->ops->owner;
	kref_put(&dmac->ref, dmac_release);
	module_put(owner);
}
EXPORT_SYMBOL_NS_GPL(iomd_dmac_put, IOMD_NS);

/**
 * iomd_dmac_notify_dma_command() - Tell how a command is doing.
 * @dmac: Controller.
 * @es: Event source that started the command.
 * @command: Command.
 * @status: 0 or an errno.
 * @actual_byte_count: Bytes moved.
 * @time_stamp: When; ktime_get().
 *
 * For each command that has ended, before iomd_dmac_complete_dma_command(); and at any
 * time before, to report progress. The client's notification action is called from here.
 * IOKit: IODMAController::notifyDMACommand().
 *
 * Context: Any that the notification action can bear; hard interrupts too.
 *
 * Implements DCTL-10, DCTL-11.
 */
void iomd_dmac_notify_dma_command(struct iomd_dmac *dmac, struct iomd_dmaes *es,
				  struct iomd_dma *command, int status, u64 actual_byte_count,
				  ktime_t time_stamp)
{
	iomd_dmaes_notify(es, command, status, actual_byte_count, time_stamp);
}
EXPORT_SYMBOL_NS_GPL(iomd_dmac_notify_dma_command, IOMD_NS);

/**
 * iomd_dmac_complete_dma_command() - A command has ended.
 * @dmac: Controller.
 * @es: Event source that started the command.
 * @command: Command. The controller does not touch it any more.
 *
 * IOKit: IODMAController::completeDMACommand().
 *
 * Context: Any.
 *
 * Implements DCTL-9.
 */
void iomd_dmac_complete_dma_command(struct iomd_dmac *dmac, struct iomd_dmaes *es,
				    struct iomd_dma *command)
{
	iomd_dmaes_complete(es, command);
}
EXPORT_SYMBOL_NS_GPL(iomd_dmac_complete_dma_command, IOMD_NS);
