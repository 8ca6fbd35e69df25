/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counts of live objects, to find what somebody forgot to put.
 */
#ifndef _IOMD_OBJECTS_H
#define _IOMD_OBJECTS_H

#include <linux/percpu.h>

enum iomd_object {
	IOMD_OBJECT_CURSOR,
	IOMD_OBJECT_DESC,
	IOMD_OBJECT_DMA,
	IOMD_OBJECT_MAPPER,
	IOMD_OBJECT_MAPPING,
	IOMD_OBJECT_PREPARED,
	IOMD_OBJECT_DMAC,
	IOMD_OBJECT_DMAES,
	IOMD_OBJECT_WORK_LOOP,
	IOMD_OBJECT_MAP,
	IOMD_OBJECT_VMAP,
	IOMD_OBJECT_WINDOW,
	IOMD_OBJECTS,
};

/* Per CPU, so that counting costs no shared cache line; only sums mean anything. */
DECLARE_PER_CPU(long, iomd_objects[IOMD_OBJECTS]);

static inline void iomd_objects_inc(enum iomd_object object)
{
	this_cpu_inc(iomd_objects[object]);
}

static inline void iomd_objects_dec(enum iomd_object object)
{
	this_cpu_dec(iomd_objects[object]);
}

long iomd_objects_live(enum iomd_object object);

#endif /* _IOMD_OBJECTS_H */
