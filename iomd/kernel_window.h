/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Windows in the kernel's address space.
 */
#ifndef _IOMD_KERNEL_WINDOW_H
#define _IOMD_KERNEL_WINDOW_H

#include "window.h"

/* How the kernel has its address of the memory, and so how that is given back. */
enum iomd_kernel_window_kind {
	IOMD_WINDOW_NONE,
	IOMD_WINDOW_DIRECT,
	IOMD_WINDOW_VMAP,
	IOMD_WINDOW_IOREMAP,
	IOMD_WINDOW_MEMREMAP,
};

/**
 * struct iomd_kernel_window - A window in the kernel's address space.
 * @kind: How it is there.
 * @base: What the kernel gave for it.
 * @memory: What is seen in it, which the window has to itself.
 */
struct iomd_kernel_window {
	enum iomd_kernel_window_kind kind;
	void *base;
	struct iomd_desc *memory;
};

int iomd_kernel_window_open(struct iomd_kernel_window *window,
			    const struct iomd_window_spec *spec,
			    const struct iomd_survey *survey, u64 *address);
void iomd_kernel_window_close(struct iomd_kernel_window *window);

#endif /* _IOMD_KERNEL_WINDOW_H */
