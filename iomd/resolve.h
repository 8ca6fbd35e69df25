/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel and physical addresses to runs.
 */
#ifndef _IOMD_RESOLVE_H
#define _IOMD_RESOLVE_H

#include <linux/types.h>

struct iomd_runs;

int iomd_resolve_kernel(struct iomd_runs *runs, u64 address, u64 length);
int iomd_resolve_physical(struct iomd_runs *runs, u64 address, u64 length);

#endif /* _IOMD_RESOLVE_H */
