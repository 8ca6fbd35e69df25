/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the module share.
 */
#ifndef _BENCH_H
#define _BENCH_H

#include <linux/timex.h>
#include <linux/types.h>

#include <iomd/iomd.h>

#include "iomd_bench.h"

struct device;

/**
 * struct bench - What a run works with.
 * @dev: Device that the memory is mapped for.
 * @mapper: Its mapper.
 * @address: The caller's memory.
 * @length: Bytes of it.
 * @nr_pages: Pages of it.
 * @segments: Where segments are written down.
 * @max_segments: Elements of @segments.
 * @nr_segments: Elements that the last run filled, or what else it did.
 * @is_to_check: Look whether the segments are where the memory is; reset when that was done.
 * @mark: Where the next reading of the clock goes.
 * @marks: The readings.
 * @bytes: As many bytes of the kernel's as there are of the caller's.
 * @pages: Its pages, where they are found before the runs.
 * @is_pinned: They are pinned.
 * @desc: Made before the runs, where they reuse it.
 * @dma: Likewise.
 */
struct bench {
	struct device *dev;
	struct iomd_mapper *mapper;
	u64 address;
	u64 length;
	unsigned long nr_pages;
	struct iomd_segment64 *segments;
	u32 max_segments;
	u32 nr_segments;
	bool is_to_check;
	u64 *mark;
	u64 marks[BENCH_STAGES + 1];
	void *bytes;
	struct page **pages;
	bool is_pinned;
	struct iomd_desc *desc;
	struct iomd_dma *dma;
};

/**
 * struct bench_case - Something to measure.
 * @name: What it is called.
 * @checked: It calls bench_check() when its segments are mapped.
 * @is_watched: Not instructions are counted, but for how long interrupts have to wait.
 * @begin: Before the runs; may be NULL.
 * @run: A run: reads the clock before and after each stage.
 * @end: After the runs, also if @begin failed half way; may be NULL.
 */
struct bench_case {
	const char *name;
	bool checked;
	bool is_watched;
	int (*begin)(struct bench *bench);
	int (*run)(struct bench *bench);
	void (*end)(struct bench *bench);
};

extern const struct bench_case bench_by_hand[];
extern const struct bench_case bench_with_iomd[];

int bench_check_segments(struct bench *bench);

/* While the segments are mapped. Done in the first run, which is not counted. */
static inline int bench_check(struct bench *bench)
{
	return unlikely(bench->is_to_check) ? bench_check_segments(bench) : 0;
}

/*
 * Under QEMU's instruction counting this is the number of instructions so far. What
 * reading costs is known, and taken off.
 */
static inline void bench_mark(struct bench *bench)
{
	*bench->mark++ = get_cycles();
}

#endif /* _BENCH_H */
