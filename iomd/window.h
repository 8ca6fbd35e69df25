/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Windows: parts of memory, as they are to be shown somewhere.
 */
#ifndef _IOMD_WINDOW_H
#define _IOMD_WINDOW_H

#include <linux/mm.h>

#include "core.h"

/**
 * struct iomd_window_spec - What to show, and where.
 * @memory: The memory, of iomd_reference_get().
 * @offset: First byte of the window, in @memory.
 * @length: Bytes, at least one; the window lies inside.
 * @task: Whose address space it is to be in: a task's, or IOMD_KERNEL_TASK.
 * @address: Where, unless IOMD_MAP_ANYWHERE is set.
 * @options: IOMD_MAP_*.
 * @blocked: Why those who touch it in a task have to wait at first, of enum iomd_blocked.
 */
struct iomd_window_spec {
	struct iomd_desc *memory;
	u64 offset;
	u64 length;
	struct mm_struct *task;
	u64 address;
	u32 options;
	unsigned int blocked;
};

/**
 * struct iomd_survey - What is to be seen in a window.
 * @physical: CPU-physical address of the first byte.
 * @is_one_run: It is one physical piece.
 * @has_ram: Some of it is memory with pages.
 * @has_device: Some of it is memory without.
 * @has_guard: Some of it may not be touched.
 * @cache: Cache mode in which all of it is mapped, IOMD_MAP_*.
 */
struct iomd_survey {
	u64 physical;
	bool is_one_run;
	bool has_ram;
	bool has_device;
	bool has_guard;
	u32 cache;
};

int iomd_window_survey(const struct iomd_window_spec *spec, struct iomd_survey *survey);

static inline bool iomd_window_is_kernel(const struct iomd_window_spec *spec)
{
	return spec->task == IOMD_KERNEL_TASK;
}

/* Bytes of memory from the beginning of the page that the window begins in. */
static inline u32 iomd_window_skip(const struct iomd_survey *survey)
{
	return offset_in_page(survey->physical);
}

static inline u64 iomd_window_nr_pages(const struct iomd_window_spec *spec,
				       const struct iomd_survey *survey)
{
	return DIV_ROUND_UP_ULL(iomd_window_skip(survey) + spec->length, PAGE_SIZE);
}

/* Bytes that must not be accessible before a window, and as many behind it. */
static inline u64 iomd_window_guard(u32 options)
{
	switch (options & IOMD_MAP_GUARDED_MASK) {
	case 0:
		return 0;
	case IOMD_MAP_GUARDED_LARGE:
		return PAGE_ALIGN(65536);
	default:
		return PAGE_SIZE;
	}
}

#endif /* _IOMD_WINDOW_H */
