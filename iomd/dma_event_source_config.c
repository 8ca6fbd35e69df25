// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA event sources: how their channels are set up.
 */
#include <linux/errno.h>
#include <linux/export.h>

#include <iomd/namespace.h>
#include <iomd/returns.h>

#include "dma_event_source.h"

/**
 * iomd_dmaes_get_fifo_depth() - How much the channel buffers.
 * @es: Event source.
 * @direction: IOMD_DIRECTION_*.
 *
 * IOKit: IODMAEventSource::getFIFODepth().
 *
 * Context: Process context, may sleep. Closes the gate.
 * Return: Bytes; 0 if there is no channel. Implements DCTL-34.
 */
u64 iomd_dmaes_get_fifo_depth(struct iomd_dmaes *es, u32 direction)
{
	struct iomd_dmaes_call call;
	u64 depth;

	if (!iomd_dmaes_call_begins(es, &call))
		return 0;
	depth = call.dmac->ops->get_fifo_depth(call.dmac, call.channel, direction);
	iomd_dmaes_call_ends(&call);
	return depth;
}
EXPORT_SYMBOL_NS_GPL(iomd_dmaes_get_fifo_depth, IOMD_NS);

/**
 * iomd_dmaes_set_fifo_depth() - Have the channel buffer so much.
 * @es: Event source.
 * @depth: Bytes.
 *
 * IOKit: IODMAEventSource::setFIFODepth().
 *
 * Context: Process context, may sleep. Closes the gate.
 * Return: 0; -EBADE if there is no channel; or the controller's error. Implements
 *	   DCTL-34.
 */
int iomd_dmaes_set_fifo_depth(struct iomd_dmaes *es, u64 depth)
{
	struct iomd_dmaes_call call;
	int err;

	if (!iomd_dmaes_call_begins(es, &call))
		return -EBADE;
	err = call.dmac->ops->set_fifo_depth(call.dmac, call.channel, depth);
	iomd_dmaes_call_ends(&call);
	return err;
}
EXPORT_SYMBOL_NS_GPL(iomd_dmaes_set_fifo_depth, IOMD_NS);

/**
 * iomd_dmaes_valid_fifo_depth() - What the channel can buffer.
 * @es: Event source.
 * @depth: Bytes wished for.
 * @direction: IOMD_DIRECTION_*.
 *
 * IOKit: IODMAEventSource::validFIFODepth().
 *
 * Context: Process context, may sleep. Closes the gate.
 * Return: The nearest number of bytes that is supported; without a channel, as in IOKit,
 *	   IOMD_RETURN_ERROR with its sign extended. Implements DCTL-34.
 */
u64 iomd_dmaes_valid_fifo_depth(struct iomd_dmaes *es, u64 depth, u32 direction)
{
	struct iomd_dmaes_call call;

	if (!iomd_dmaes_call_begins(es, &call))
		return (s32)IOMD_RETURN_ERROR;
	depth = call.dmac->ops->valid_fifo_depth(call.dmac, call.channel, depth, direction);
	iomd_dmaes_call_ends(&call);
	return depth;
}
EXPORT_SYMBOL_NS_GPL(iomd_dmaes_valid_fifo_depth, IOMD_NS);

/**
 * iomd_dmaes_set_frame_size() - How much is moved for each request.
 * @es: Event source.
 * @byte_count: Bytes.
 *
 * IOKit: IODMAEventSource::setFrameSize().
 *
 * Context: Process context, may sleep. Closes the gate.
 * Return: 0; -EBADE if there is no channel; or the controller's error. Implements
 *	   DCTL-34.
 */
int iomd_dmaes_set_frame_size(struct iomd_dmaes *es, u8 byte_count)
{
	struct iomd_dmaes_call call;
	int err;

	if (!iomd_dmaes_call_begins(es, &call))
		return -EBADE;
	err = call.dmac->ops->set_frame_size(call.dmac, call.channel, byte_count);
	iomd_dmaes_call_ends(&call);
	return err;
}
EXPORT_SYMBOL_NS_GPL(iomd_dmaes_set_frame_size, IOMD_NS);

/**
 * iomd_dmaes_set_dma_config() - Use another request line of the device.
 * @es: Event source.
 * @req_index: Request line.
 *
 * IOKit: IODMAEventSource::setDMAConfig().
 *
 * Context: Process context, may sleep. Closes the gate.
 * Return: 0; -EBADE if there is no channel; or the controller's error, after which the
 *	   line is the same as before. Implements DCTL-34.
 */
int iomd_dmaes_set_dma_config(struct iomd_dmaes *es, u32 req_index)
{
	struct iomd_dmaes_call call;
	int err;

	if (!iomd_dmaes_call_begins(es, &call))
		return -EBADE;
	err = call.dmac->ops->set_dma_config(call.dmac, call.channel, es->provider, req_index);
	iomd_dmaes_call_ends(&call);
	return err;
}
EXPORT_SYMBOL_NS_GPL(iomd_dmaes_set_dma_config, IOMD_NS);

/**
 * iomd_dmaes_valid_dma_config() - Could another request line be used?
 * @es: Event source.
 * @req_index: Request line.
 *
 * IOKit: IODMAEventSource::validDMAConfig().
 *
 * Context: Process context, may sleep. Closes the gate.
 * Return: The controller's answer; false if there is no channel. Implements DCTL-34.
 */
bool iomd_dmaes_valid_dma_config(struct iomd_dmaes *es, u32 req_index)
{
	struct iomd_dmaes_call call;
	bool is_valid;

	if (!iomd_dmaes_call_begins(es, &call))
		return false;
	is_valid = call.dmac->ops->valid_dma_config(call.dmac, call.channel, es->provider,
						    req_index);
	iomd_dmaes_call_ends(&call);
	return is_valid;
}
EXPORT_SYMBOL_NS_GPL(iomd_dmaes_valid_dma_config, IOMD_NS);

/**
 * iomd_dmaes_get_dma_device() - The device that reaches memory for the channel.
 * @es: Event source.
 *
 * On Linux memory is mapped for the device that masters the bus, which is not the client's:
 * make the mapper of commands with iomd_mapper_for_device() of this one.
 *
 * Context: Process context, may sleep. Closes the gate.
 * Return: A device, which stays as long as the controller works; NULL if there is no
 *	   channel, or if the controller does not know.
 */
struct device *iomd_dmaes_get_dma_device(struct iomd_dmaes *es)
{
	struct device *dev = NULL;
	struct iomd_dmaes_call call;

	if (!iomd_dmaes_call_begins(es, &call))
		return NULL;
	if (call.dmac->ops->get_dma_device)
		dev = call.dmac->ops->get_dma_device(call.dmac, call.channel);
	iomd_dmaes_call_ends(&call);
	return dev;
}
EXPORT_SYMBOL_NS_GPL(iomd_dmaes_get_dma_device, IOMD_NS);
