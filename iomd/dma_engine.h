/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The DMA controller that Linux's DMA engines are: what moves data and what sets channels up
 * know of each other.
 */
#ifndef _IOMD_DMA_ENGINE_H
#define _IOMD_DMA_ENGINE_H

#include <linux/container_of.h>
#include <linux/dmaengine.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/xarray.h>

#include "dmac.h"

/**
 * struct iomd_engine - The controller.
 * @dmac: What every controller has.
 * @provider: The device that the lines are of, held.
 * @lock: Guards @channels and @is_gone; held while channels are taken down.
 * @is_gone: The device is being unbound: no channel is added any more.
 * @channels: Channels by index.
 * @nr_lines: How many lines there are.
 * @lines: The lines.
 */
struct iomd_engine {
	struct iomd_dmac dmac;
	struct device *provider;
	struct mutex lock;	/* see above */
	bool is_gone;
	struct xarray channels;
	u32 nr_lines;
	struct iomd_dmac_line lines[];
};

/**
 * struct iomd_engine_channel - A channel, reserved for an event source.
 * @engine: The controller.
 * @es: Event source, which has the channel for as long as it lives.
 * @mutex: Guards what the channel is and how it is set up.
 * @chan: The engine's channel; NULL once the controller is gone.
 * @req_index: Request line.
 * @config: How it is set up.
 * @lock: Guards what follows.
 * @transfers: In progress, oldest first.
 * @last_count: Bytes that the last transfer to end has moved.
 * @idle: Woken when @transfers gets empty.
 */
struct iomd_engine_channel {
	struct iomd_engine *engine;
	struct iomd_dmaes *es;
	struct mutex mutex;	/* see above */
	struct dma_chan *chan;
	u32 req_index;
	struct dma_slave_config config;

	spinlock_t lock;	/* see above */
	struct list_head transfers;
	u64 last_count;
	wait_queue_head_t idle;
};

static inline struct iomd_engine *iomd_to_engine(struct iomd_dmac *dmac)
{
	return container_of(dmac, struct iomd_engine, dmac);
}

/* The channel of a call: an event source has one as long as it can call. */
static inline struct iomd_engine_channel *iomd_engine_channel(struct iomd_dmac *dmac, u32 index)
{
	return xa_load(&iomd_to_engine(dmac)->channels, index);
}

/* Is nothing in progress? */
bool iomd_engine_is_idle(struct iomd_engine_channel *channel);

/* How channels are set up. */
const struct iomd_dmac_line *iomd_engine_line(const struct iomd_engine *engine,
					      const struct device *provider, u32 req_index);
int iomd_engine_open(struct iomd_engine_channel *channel, const struct iomd_dmac_line *line);
u64 iomd_engine_get_fifo_depth(struct iomd_dmac *dmac, u32 dma_index, u32 direction);
int iomd_engine_set_fifo_depth(struct iomd_dmac *dmac, u32 dma_index, u64 depth);
u64 iomd_engine_valid_fifo_depth(struct iomd_dmac *dmac, u32 dma_index, u64 depth, u32 direction);
int iomd_engine_set_frame_size(struct iomd_dmac *dmac, u32 dma_index, u8 byte_count);
int iomd_engine_set_dma_config(struct iomd_dmac *dmac, u32 dma_index, struct device *provider,
			       u32 req_index);
bool iomd_engine_valid_dma_config(struct iomd_dmac *dmac, u32 dma_index, struct device *provider,
				  u32 req_index);

#endif /* _IOMD_DMA_ENGINE_H */
