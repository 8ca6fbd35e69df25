/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Filler that nobody may touch. IOGuardPageMemoryDescriptor.
 */
#ifndef _IOMD_GUARD_H
#define _IOMD_GUARD_H

#include <iomd/types.h>

struct iomd_desc;

struct iomd_desc *iomd_guard_with_size(u64 size);

#endif /* _IOMD_GUARD_H */
