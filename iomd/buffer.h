/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Buffers, as the rest of the module sees them.
 */
#ifndef _IOMD_BUFFER_PRIVATE_H
#define _IOMD_BUFFER_PRIVATE_H

struct iomd_buffer;
struct mm_struct;

void iomd_buffer_set_creator(struct iomd_buffer *buffer, struct mm_struct *creator);
struct mm_struct *iomd_buffer_creator(const struct iomd_buffer *buffer);

#endif /* _IOMD_BUFFER_PRIVATE_H */
