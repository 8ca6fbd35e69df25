/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Work loops: one thing at a time, on a worker or on whoever closes the gate.
 * IOWorkLoop.
 */
#ifndef _IOMD_WORK_LOOP_H
#define _IOMD_WORK_LOOP_H

#include <linux/types.h>

struct iomd_work_loop;
struct workqueue_struct;

struct iomd_work_loop *iomd_work_loop_create(struct workqueue_struct *queue);
struct iomd_work_loop *iomd_work_loop_get(struct iomd_work_loop *loop);
void iomd_work_loop_put(struct iomd_work_loop *loop);

void iomd_work_loop_close_gate(struct iomd_work_loop *loop);
void iomd_work_loop_open_gate(struct iomd_work_loop *loop);
bool iomd_work_loop_in_gate(const struct iomd_work_loop *loop);

#endif /* _IOMD_WORK_LOOP_H */
