/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DMA controllers: engines that move data between memory and a peripheral.
 * IODMAController.
 */
#ifndef _IOMD_DMAC_H
#define _IOMD_DMAC_H

#include <linux/completion.h>
#include <linux/dmaengine.h>
#include <linux/kref.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/types.h>

struct device;
struct iomd_dma;
struct iomd_dmac;
struct iomd_dmaes;
struct module;

/* What no controller hands out as the index of a channel. */
#define IOMD_DMAC_INVALID_CHANNEL	0xffffffffU

/* Options of registration. */
#define IOMD_SERVICE_SYNCHRONOUS	0x00000002
#define IOMD_SERVICE_ASYNCHRONOUS	0x00000008	/* accepted */

/* To wait for as long as it takes; otherwise nanoseconds. */
#define IOMD_DMAC_NO_TIMEOUT		(~0ULL)

/**
 * struct iomd_dmac_ops - What makes a controller.
 *
 * All but the last two are called in process context, may sleep, and get a @dma_index
 * that @init_dma_channel stored. Event sources call them with the gate of their work
 * loop closed, if they are in one. Directions are IOMD_DIRECTION_IN (the peripheral
 * writes memory) and IOMD_DIRECTION_OUT.
 * IOKit: the pure virtual methods of IODMAController. Implements DCTL-8.
 */
struct iomd_dmac_ops {
	/** @owner: Module that has the functions; held while somebody may call them. */
	struct module *owner;

	/**
	 * @init_dma_channel: Reserve a channel for the request line @req_index of
	 * @provider, the client's device. Store the index of the channel, and keep
	 * @es for iomd_dmac_notify_dma_command() and
	 * iomd_dmac_complete_dma_command(), without a reference. Returns 0 or an
	 * errno. This callback is mandatory.
	 */
	int (*init_dma_channel)(struct iomd_dmac *dmac, struct device *provider,
				struct iomd_dmaes *es, u32 *dma_index, u32 req_index);

	/**
	 * @start_dma_command: Queue or start a prepared command. @byte_count is 0 for
	 * all that is prepared from @byte_offset on, which counts from the beginning of
	 * what is prepared. Does not wait for the transfer. Returns 0, after which the
	 * command is completed once; or an errno, after which it never is. This
	 * callback is mandatory.
	 */
	int (*start_dma_command)(struct iomd_dmac *dmac, u32 dma_index, struct iomd_dma *command,
				 u32 direction, u64 byte_count, u64 byte_offset);

	/**
	 * @stop_dma_command: Stop the channel; with @flush let what was started come
	 * to its end first, for at most @timeout nanoseconds. Returns 0 or an errno.
	 * This callback is mandatory.
	 */
	int (*stop_dma_command)(struct iomd_dmac *dmac, u32 dma_index, bool flush, u64 timeout);

	/**
	 * @query_dma_command: Store the current command and the bytes it has moved,
	 * with @wait_for_idle once nothing is moved any more. Both pointers may be
	 * NULL. Returns 0 or an errno. This callback is mandatory.
	 */
	int (*query_dma_command)(struct iomd_dmac *dmac, u32 dma_index, struct iomd_dma **command,
				 u64 *transfer_count, bool wait_for_idle);

	/**
	 * @get_fifo_depth: How many bytes are buffered in that direction. This callback
	 * is mandatory.
	 */
	u64 (*get_fifo_depth)(struct iomd_dmac *dmac, u32 dma_index, u32 direction);

	/** @set_fifo_depth: Buffer so many bytes. This callback is mandatory. */
	int (*set_fifo_depth)(struct iomd_dmac *dmac, u32 dma_index, u64 depth);

	/**
	 * @valid_fifo_depth: The supported number of bytes that is nearest to @depth.
	 * This callback is mandatory.
	 */
	u64 (*valid_fifo_depth)(struct iomd_dmac *dmac, u32 dma_index, u64 depth, u32 direction);

	/**
	 * @set_frame_size: Move so many bytes for each handshake on the request line.
	 * This callback is mandatory.
	 */
	int (*set_frame_size)(struct iomd_dmac *dmac, u32 dma_index, u8 byte_count);

	/**
	 * @set_dma_config: Serve another request line. On error it is still the old
	 * one. This callback is mandatory.
	 */
	int (*set_dma_config)(struct iomd_dmac *dmac, u32 dma_index, struct device *provider,
			      u32 req_index);

	/** @valid_dma_config: Would that work? This callback is mandatory. */
	bool (*valid_dma_config)(struct iomd_dmac *dmac, u32 dma_index, struct device *provider,
				 u32 req_index);

	/**
	 * @get_dma_device: The device that reaches memory for the channel, for which
	 * commands have to be mapped. IOKit has no such method. This callback is
	 * optional; without it nobody knows.
	 */
	struct device *(*get_dma_device)(struct iomd_dmac *dmac, u32 dma_index);

	/**
	 * @release_dma_channel: The event source is going: take the channel back, and
	 * make sure that it is not called any more when this returns. Called once for
	 * every channel, also when the controller has been stopped. IOKit has no such
	 * method. This callback is optional; without it the channel has to be idle by
	 * then.
	 */
	void (*release_dma_channel)(struct iomd_dmac *dmac, u32 dma_index);

	/**
	 * @release: Free the controller: the last reference is gone. This callback is
	 * mandatory.
	 */
	void (*release)(struct iomd_dmac *dmac);
};

/**
 * struct iomd_dmac - What every controller has; part of the driver's own struct.
 *
 * Handled with iomd_dmac_start() and what follows it. IOKit: IODMAController.
 */
struct iomd_dmac {
	/* private: */
	const struct iomd_dmac_ops *ops;
	struct kref ref;
	struct device *provider;
	u32 handle;
	struct list_head node;		/* empty unless registered */
	refcount_t users;		/* calls in progress, and one until stopped */
	bool is_stopped;
	struct completion idle;
};

/* For drivers of controllers. */
int iomd_dmac_start(struct iomd_dmac *dmac, const struct iomd_dmac_ops *ops,
		    struct device *provider);
void iomd_dmac_stop(struct iomd_dmac *dmac);
int iomd_dmac_register_dma_controller(struct iomd_dmac *dmac, u32 options);
void iomd_dmac_notify_dma_command(struct iomd_dmac *dmac, struct iomd_dmaes *es,
				  struct iomd_dma *command, int status, u64 actual_byte_count,
				  ktime_t time_stamp);
void iomd_dmac_complete_dma_command(struct iomd_dmac *dmac, struct iomd_dmaes *es,
				    struct iomd_dma *command);

/* For their clients. */
char *iomd_dmac_create_controller_name(u32 handle);
struct iomd_dmac *iomd_dmac_get_controller(struct device *provider, u32 dma_index);
struct iomd_dmac *iomd_dmac_get(struct iomd_dmac *dmac);
void iomd_dmac_put(struct iomd_dmac *dmac);

/**
 * struct iomd_dmac_line - A request line of a device that the DMA engine serves.
 * @name: For dma_request_chan().
 * @config: Where the device's FIFO is, how wide and how deep: as for
 *	dmaengine_slave_config().
 */
struct iomd_dmac_line {
	const char *name;
	struct dma_slave_config config;
};

int iomd_dmac_attach_engine(struct device *provider, const struct iomd_dmac_line *lines,
			    u32 nr_lines);

#endif /* _IOMD_DMAC_H */
