/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What maps show of memory that is to be copied for them.
 */
#ifndef _IOMD_SNAPSHOT_H
#define _IOMD_SNAPSHOT_H

struct iomd_desc;
struct iomd_general;

struct iomd_desc *iomd_snapshot_reference(struct iomd_general *general);

#endif /* _IOMD_SNAPSHOT_H */
