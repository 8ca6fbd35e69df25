/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What controllers, the DMA engine and event sources know of each other.
 */
#ifndef _IOMD_DMAC_INTERNAL_H
#define _IOMD_DMAC_INTERNAL_H

#include <iomd/dmac.h>
#include <iomd/dmaes.h>

/* The engine attached to a device, with a reference; NULL if there is none. */
struct iomd_dmac *iomd_engine_of(struct device *provider);

/*
 * Between these the controller works. Return: false, and nothing to undo, if it has been
 * stopped.
 */
bool iomd_dmac_enter(struct iomd_dmac *dmac);
void iomd_dmac_leave(struct iomd_dmac *dmac);

/* What controllers tell, on its way to the client. Any context. */
void iomd_dmaes_notify(struct iomd_dmaes *es, struct iomd_dma *command, int status,
		       u64 actual_byte_count, ktime_t time_stamp);
void iomd_dmaes_complete(struct iomd_dmaes *es, struct iomd_dma *command);

#endif /* _IOMD_DMAC_INTERNAL_H */
