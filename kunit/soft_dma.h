/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A DMA engine without hardware, and two peripherals on it that the suites look into.
 */
#ifndef _SOFT_DMA_H
#define _SOFT_DMA_H

#include <linux/dmaengine.h>
#include <linux/interrupt.h>
#include <linux/list.h>
#include <linux/spinlock.h>

struct kunit;

#define SOFT_DMA_CHANNELS	2
#define SOFT_DMA_FIFO		0x10000

/* The names of its lines, for a client device. */
#define SOFT_DMA_LINE_0		"one"
#define SOFT_DMA_LINE_1		"two"

struct soft_dma;

/**
 * struct soft_dma_channel - A channel, and the peripheral behind it.
 * @chan: What the engine's core knows.
 * @engine: The engine.
 * @tasklet: Does what there is to do.
 * @lock: Guards what follows.
 * @submitted: Not issued yet.
 * @issued: In progress, oldest first.
 * @credit: How many transfers may still end; negative for any number.
 * @partial: Bytes that the oldest has moved, where it may not end.
 * @fail: The next to end fails, after @partial bytes.
 * @refuse: Nothing is prepared; or, if negative, nothing submitted.
 * @in_place: Everything is done by who issues it.
 * @config: Set up last.
 * @nr_configs: How many times.
 * @config_error: What that gives.
 * @is_paused: Nothing ends.
 * @nr_paused: How many times it was made to pause.
 * @terminate_error: What stopping gives, in place of being done.
 * @nr_terminated: How many times it was stopped.
 * @nr_entries: Entries in the list of the transfer prepared last.
 * @fifo: What was written to the peripheral, or is read from it.
 * @level: Bytes of it.
 */
struct soft_dma_channel {
	struct dma_chan chan;
	struct soft_dma *engine;
	struct tasklet_struct tasklet;
	spinlock_t lock;	/* see above */
	struct list_head submitted;
	struct list_head issued;
	int credit;
	u32 partial;
	bool fail;
	int refuse;
	bool in_place;
	struct dma_slave_config config;
	unsigned int nr_configs;
	int config_error;
	bool is_paused;
	unsigned int nr_paused;
	int terminate_error;
	unsigned int nr_terminated;
	unsigned int nr_entries;
	u8 *fifo;
	u32 level;
};

struct soft_dma {
	struct dma_device device;
	struct dma_slave_map map[SOFT_DMA_CHANNELS];
	struct soft_dma_channel channels[SOFT_DMA_CHANNELS];
};

/* An engine on @dev, whose lines @client has. It goes at the end of the case. */
struct soft_dma *soft_dma_create(struct kunit *test, struct device *dev, struct device *client);

/* Let so many transfers come to their end, beside those that might already. */
void soft_dma_allow(struct soft_dma_channel *channel, int nr);
void soft_dma_set_partial(struct soft_dma_channel *channel, u32 bytes);

#endif /* _SOFT_DMA_H */
