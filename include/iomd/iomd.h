/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Everything a driver needs, in one include.
 */
#ifndef _IOMD_IOMD_H
#define _IOMD_IOMD_H

#include <iomd/namespace.h>
#include <iomd/returns.h>

#endif /* _IOMD_IOMD_H */
