/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Everything a driver needs, in one include.
 */
#ifndef _IOMD_IOMD_H
#define _IOMD_IOMD_H

#include <iomd/buffer.h>
#include <iomd/client.h>
#include <iomd/cursor.h>
#include <iomd/desc.h>
#include <iomd/device.h>
#include <iomd/dma.h>
#include <iomd/dmac.h>
#include <iomd/dmaes.h>
#include <iomd/driverkit.h>
#include <iomd/guard.h>
#include <iomd/interleaved.h>
#include <iomd/map.h>
#include <iomd/mapper.h>
#include <iomd/multi.h>
#include <iomd/namespace.h>
#include <iomd/provider.h>
#include <iomd/returns.h>
#include <iomd/sources.h>
#include <iomd/sub.h>
#include <iomd/types.h>
#include <iomd/weak.h>
#include <iomd/work_loop.h>

#endif /* _IOMD_IOMD_H */
