/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Windows in the address spaces of tasks.
 */
#ifndef _IOMD_TASK_WINDOW_H
#define _IOMD_TASK_WINDOW_H

#include "window.h"

struct iomd_task_window;

/* Why those who touch a window wait. */
enum iomd_blocked {
	IOMD_BLOCKED_BY_MAP = 0x1,	/* the map was redirected to nothing */
	IOMD_BLOCKED_BY_DESC = 0x2,	/* the descriptor is redirected */
};

struct iomd_task_window *iomd_task_window_open(const struct iomd_window_spec *spec,
					       const struct iomd_survey *survey, u64 *address);
void iomd_task_window_unmap(struct iomd_task_window *window);
void iomd_task_window_put(struct iomd_task_window *window);
int iomd_task_window_exchange(struct iomd_task_window *window, struct iomd_desc *memory,
			      u64 offset, const struct iomd_survey *survey);
void iomd_task_window_block(struct iomd_task_window *window, enum iomd_blocked why, bool block);
int iomd_task_window_populate(struct iomd_task_window *window, u64 offset, u64 length,
			      bool write);

#endif /* _IOMD_TASK_WINDOW_H */
