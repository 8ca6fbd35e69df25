/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Copying bytes in and out of descriptors.
 */
#ifndef _IOMD_COPY_H
#define _IOMD_COPY_H

#include "core.h"

void iomd_runs_clear(const struct iomd_runs *runs);
u64 iomd_desc_copy(struct iomd_desc *desc, enum iomd_copy way, u64 offset, void *bytes,
		   u64 length);

#endif /* _IOMD_COPY_H */
