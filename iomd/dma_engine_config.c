// SPDX-License-Identifier: GPL-2.0-only
/*
 * How channels of the DMA engine are set up: request lines, the depth of FIFOs, the width of
 * accesses.
 */
#include <linux/device.h>
#include <linux/dmaengine.h>
#include <linux/err.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/mutex.h>

#include "core.h"
#include "dma_engine.h"

/* A line of the controller's device; NULL if there is no such line. */
const struct iomd_dmac_line *iomd_engine_line(const struct iomd_engine *engine,
					      const struct device *provider, u32 req_index)
{
	if (provider != engine->provider || req_index >= engine->nr_lines)
		return NULL;
	return &engine->lines[req_index];
}

/* Engines that need not be set up have no function for it. */
static int configure(struct dma_chan *chan, struct dma_slave_config *config)
{
	int err = dmaengine_slave_config(chan, config);

	return err == -ENOSYS ? 0 : err;
}

/* A channel for a line, set up; the old one, if there is one, stays as it is. */
int iomd_engine_open(struct iomd_engine_channel *channel, const struct iomd_dmac_line *line)
{
	struct dma_slave_config config = line->config;
	struct dma_chan *chan = dma_request_chan(channel->engine->provider, line->name);
	int err;

	if (IS_ERR(chan))
		return PTR_ERR(chan);
	err = configure(chan, &config);
	if (err) {
		dma_release_channel(chan);
		return err;
	}
	if (channel->chan)
		dma_release_channel(channel->chan);
	channel->chan = chan;
	channel->config = config;
	channel->req_index = line - channel->engine->lines;
	return 0;
}

/* What the device's FIFO takes at once; without a direction, the wider of both. */
static u32 width_of(const struct dma_slave_config *config, u32 direction)
{
	if (direction == IOMD_DIRECTION_IN)
		return config->src_addr_width;
	if (direction == IOMD_DIRECTION_OUT)
		return config->dst_addr_width;
	return max(config->src_addr_width, config->dst_addr_width);
}

u64 iomd_engine_get_fifo_depth(struct iomd_dmac *dmac, u32 dma_index, u32 direction)
{
	struct iomd_engine_channel *channel = iomd_engine_channel(dmac, dma_index);
	const struct dma_slave_config *config = &channel->config;
	u64 src, dst;

	mutex_lock(&channel->mutex);
	src = (u64)config->src_maxburst * config->src_addr_width;
	dst = (u64)config->dst_maxburst * config->dst_addr_width;
	mutex_unlock(&channel->mutex);
	if (direction == IOMD_DIRECTION_IN)
		return src;
	return direction == IOMD_DIRECTION_OUT ? dst : max(src, dst);
}

static u32 max_burst(struct iomd_engine_channel *channel)
{
	struct dma_slave_caps caps;

	if (!channel->chan || dma_get_slave_caps(channel->chan, &caps) || !caps.max_burst)
		return U32_MAX;
	return caps.max_burst;
}

/* So many times @width as make @depth; 0 if that cannot be. */
static u32 burst_for(u64 depth, u32 width, u32 max)
{
	u64 burst = div_u64(depth, width);

	return burst * width == depth && burst <= max ? burst : 0;
}

static int reconfigure(struct iomd_engine_channel *channel, struct dma_slave_config *config)
{
	int err;

	if (!channel->chan)
		return -ENODEV;
	err = configure(channel->chan, config);
	if (!err)
		channel->config = *config;
	return err;
}

static int channel_set_depth(struct iomd_engine_channel *channel, u64 depth)
{
	struct dma_slave_config config = channel->config;
	u32 max = max_burst(channel);

	if (!config.src_addr_width && !config.dst_addr_width)
		return -EINVAL;
	if (config.src_addr_width) {
		config.src_maxburst = burst_for(depth, config.src_addr_width, max);
		if (!config.src_maxburst)
			return -EINVAL;
	}
	if (config.dst_addr_width) {
		config.dst_maxburst = burst_for(depth, config.dst_addr_width, max);
		if (!config.dst_maxburst)
			return -EINVAL;
	}
	return reconfigure(channel, &config);
}

int iomd_engine_set_fifo_depth(struct iomd_dmac *dmac, u32 dma_index, u64 depth)
{
	struct iomd_engine_channel *channel = iomd_engine_channel(dmac, dma_index);
	int err;

	mutex_lock(&channel->mutex);
	err = channel_set_depth(channel, depth);
	mutex_unlock(&channel->mutex);
	return err;
}

u64 iomd_engine_valid_fifo_depth(struct iomd_dmac *dmac, u32 dma_index, u64 depth, u32 direction)
{
	struct iomd_engine_channel *channel = iomd_engine_channel(dmac, dma_index);
	u32 width, max;
	u64 burst;

	mutex_lock(&channel->mutex);
	width = width_of(&channel->config, direction);
	max = max_burst(channel);
	mutex_unlock(&channel->mutex);
	if (!width)
		return 0;
	burst = div_u64(depth, width);
	if (burst < max && depth - burst * width >= DIV_ROUND_UP(width, 2))
		burst++;
	return clamp_t(u64, burst, 1, max) * width;
}

static bool is_width(u32 width)
{
	switch (width) {
	case DMA_SLAVE_BUSWIDTH_1_BYTE:
	case DMA_SLAVE_BUSWIDTH_2_BYTES:
	case DMA_SLAVE_BUSWIDTH_3_BYTES:
	case DMA_SLAVE_BUSWIDTH_4_BYTES:
	case DMA_SLAVE_BUSWIDTH_8_BYTES:
	case DMA_SLAVE_BUSWIDTH_16_BYTES:
	case DMA_SLAVE_BUSWIDTH_32_BYTES:
	case DMA_SLAVE_BUSWIDTH_64_BYTES:
		return true;
	default:
		return false;
	}
}

/* Engines that tell of no widths are asked by setting one. */
static bool has_width(u32 widths, u32 width)
{
	return !widths || (width < 32 && (widths & BIT(width)));
}

static int channel_set_width(struct iomd_engine_channel *channel, u32 width)
{
	struct dma_slave_config config = channel->config;
	struct dma_slave_caps caps = {};

	if (!is_width(width))
		return -EINVAL;
	if (channel->chan && !dma_get_slave_caps(channel->chan, &caps) &&
	    (!has_width(caps.src_addr_widths, width) || !has_width(caps.dst_addr_widths, width)))
		return -EINVAL;
	config.src_addr_width = width;
	config.dst_addr_width = width;
	return reconfigure(channel, &config);
}

int iomd_engine_set_frame_size(struct iomd_dmac *dmac, u32 dma_index, u8 byte_count)
{
	struct iomd_engine_channel *channel = iomd_engine_channel(dmac, dma_index);
	int err;

	mutex_lock(&channel->mutex);
	err = channel_set_width(channel, byte_count);
	mutex_unlock(&channel->mutex);
	return err;
}

static int channel_set_line(struct iomd_engine_channel *channel, const struct iomd_dmac_line *line)
{
	if (!channel->chan)
		return -ENODEV;
	if (!line)
		return -EINVAL;
	if (!iomd_engine_is_idle(channel))
		return -EBUSY;
	if (line == &channel->engine->lines[channel->req_index])
		return 0;
	return iomd_engine_open(channel, line);
}

int iomd_engine_set_dma_config(struct iomd_dmac *dmac, u32 dma_index, struct device *provider,
			       u32 req_index)
{
	struct iomd_engine_channel *channel = iomd_engine_channel(dmac, dma_index);
	int err;

	mutex_lock(&channel->mutex);
	err = channel_set_line(channel, iomd_engine_line(channel->engine, provider, req_index));
	mutex_unlock(&channel->mutex);
	return err;
}

/* Only a request tells whether there is a channel. */
static bool line_is_free(const struct iomd_engine *engine, const struct iomd_dmac_line *line)
{
	struct dma_chan *chan = dma_request_chan(engine->provider, line->name);

	if (IS_ERR(chan))
		return false;
	dma_release_channel(chan);
	return true;
}

bool iomd_engine_valid_dma_config(struct iomd_dmac *dmac, u32 dma_index, struct device *provider,
				  u32 req_index)
{
	struct iomd_engine_channel *channel = iomd_engine_channel(dmac, dma_index);
	const struct iomd_dmac_line *line = iomd_engine_line(channel->engine, provider, req_index);
	bool is_valid;

	mutex_lock(&channel->mutex);
	is_valid = line && channel->chan &&
		   (req_index == channel->req_index || line_is_free(channel->engine, line));
	mutex_unlock(&channel->mutex);
	return is_valid;
}
