/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DMA event sources: one channel of a DMA controller, in a client's work loop.
 * IODMAEventSource.
 */
#ifndef _IOMD_DMAES_H
#define _IOMD_DMAES_H

#include <linux/ktime.h>
#include <linux/types.h>

struct device;
struct iomd_dma;
struct iomd_dmaes;
struct iomd_work_loop;

/**
 * typedef iomd_dmaes_action_fn - What is called about a command.
 * @owner: As given when the event source was made.
 * @es: Event source.
 * @command: Command.
 * @status: 0 or an errno: the last the controller told of the command.
 * @actual_byte_count: Bytes moved.
 * @time_stamp: When.
 *
 * A completion action runs on the work loop, with its gate closed, and may sleep. A
 * notification action runs wherever the controller is, maybe in an interrupt, and must
 * not sleep.
 * IOKit: IODMAEventSource::Action.
 */
typedef void (*iomd_dmaes_action_fn)(void *owner, struct iomd_dmaes *es, struct iomd_dma *command,
				     int status, u64 actual_byte_count, ktime_t time_stamp);

struct iomd_dmaes *iomd_dmaes_dma_event_source(void *owner, struct device *provider,
					       iomd_dmaes_action_fn completion,
					       iomd_dmaes_action_fn notification, u32 dma_index);
struct iomd_dmaes *iomd_dmaes_get(struct iomd_dmaes *es);
void iomd_dmaes_put(struct iomd_dmaes *es);

int iomd_work_loop_add_event_source(struct iomd_work_loop *loop, struct iomd_dmaes *es);
int iomd_work_loop_remove_event_source(struct iomd_work_loop *loop, struct iomd_dmaes *es);
void iomd_dmaes_enable(struct iomd_dmaes *es);
void iomd_dmaes_disable(struct iomd_dmaes *es);
bool iomd_dmaes_is_enabled(const struct iomd_dmaes *es);

int iomd_dmaes_start_dma_command(struct iomd_dmaes *es, struct iomd_dma *command, u32 direction,
				 u64 byte_count, u64 byte_offset);
int iomd_dmaes_stop_dma_command(struct iomd_dmaes *es, bool flush, u64 timeout);
int iomd_dmaes_query_dma_command(struct iomd_dmaes *es, struct iomd_dma **command,
				 u64 *transfer_count, bool wait_for_idle);
void iomd_dmaes_get_result(struct iomd_dmaes *es, const struct iomd_dma *command, int *status,
			   u64 *actual_byte_count, ktime_t *time_stamp);

u64 iomd_dmaes_get_fifo_depth(struct iomd_dmaes *es, u32 direction);
int iomd_dmaes_set_fifo_depth(struct iomd_dmaes *es, u64 depth);
u64 iomd_dmaes_valid_fifo_depth(struct iomd_dmaes *es, u64 depth, u32 direction);
int iomd_dmaes_set_frame_size(struct iomd_dmaes *es, u8 byte_count);
int iomd_dmaes_set_dma_config(struct iomd_dmaes *es, u32 req_index);
bool iomd_dmaes_valid_dma_config(struct iomd_dmaes *es, u32 req_index);
struct device *iomd_dmaes_get_dma_device(struct iomd_dmaes *es);

#endif /* _IOMD_DMAES_H */
