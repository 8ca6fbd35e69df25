// SPDX-License-Identifier: GPL-2.0-only
/*
 * Windows in the address spaces of tasks.
 */
#include <linux/err.h>

#include "reference.h"
#include "task_window.h"

struct iomd_task_window *iomd_task_window_open(const struct iomd_window_spec *spec,
					       const struct iomd_survey *survey, u64 *address)
{
	return ERR_PTR(-EOPNOTSUPP);
}

void iomd_task_window_unmap(struct iomd_task_window *window)
{
}

void iomd_task_window_put(struct iomd_task_window *window)
{
}

void iomd_task_window_exchange(struct iomd_task_window *window, struct iomd_desc *memory,
			       u64 offset, const struct iomd_survey *survey)
{
}

void iomd_task_window_block(struct iomd_task_window *window, enum iomd_blocked why, bool block)
{
}

int iomd_task_window_populate(struct iomd_task_window *window, u64 offset, u64 length)
{
	return -EOPNOTSUPP;
}
