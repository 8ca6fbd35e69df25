/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The run list: memory as an ordered list of physically contiguous pieces.
 *
 * This is the form in which every descriptor keeps the memory it describes.
 * Page arrays, scatterlists and DMA segments are derived from it, never kept
 * beside it.
 */
#ifndef _IOMD_RUNS_H
#define _IOMD_RUNS_H

#include <linux/bits.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/types.h>

#include "core.h"

struct page;

/*
 * 16 bytes a run. A run says where it ends in the list rather than how long it
 * is, so that an offset is found by binary search with nothing stored on top.
 */
struct iomd_run {
	u64 phys;	/* CPU-physical address of the first byte */
	u64 end;	/* offset in the list at which the run ends, exclusive */
};

/* Enough for 64 KiB, wherever in a page they begin: such I/O allocates nothing. */
#define IOMD_RUNS_LOCAL		(SZ_64K / SZ_4K + 1)

#define IOMD_RUNS_CHUNK_SHIFT	9
#define IOMD_RUNS_CHUNK		BIT(IOMD_RUNS_CHUNK_SHIFT)

#define IOMD_RUNS_NO_TAIL	(~0ULL)

/**
 * struct iomd_runs - A run list.
 * @length: Bytes described.
 * @tail: Physical address that would continue the last run, or
 *	IOMD_RUNS_NO_TAIL where nothing may be merged with it.
 * @broken: Physical address that would have continued what was there before iomd_runs_break().
 * @highest: Highest physical address in the list, exclusive; of the last of several pages
 *	that were added at once, the end, however much of it is meant.
 * @next: Where the next run goes, right behind the last one of the same chunk.
 * @limit: Where that chunk ends, and with it the room there is.
 * @capacity: Runs that fit without growing.
 * @nr_chunks: Elements of @chunks in use.
 * @max_chunks: Elements of @chunks there is room for.
 * @huge_first: The first of the runs that hold one pin for each huge page.
 * @huge_end: The run behind the last of them; all others hold one for each page.
 * @hint: The run that somebody without a walk of their own asked for last. Neither it nor
 *	those who read and write it at once matter: it only says where to look first.
 * @has_joints: There are runs that continue the one before, page by page.
 * @has_device: Some of it is not memory of the kernel's, but a device's.
 * @cpu_wrote: Bytes were copied into it.
 * @chunks: Run i is chunks[i / IOMD_RUNS_CHUNK][i % IOMD_RUNS_CHUNK].
 * @first: The only element of @chunks while one chunk is enough.
 * @local: The first chunk while a few runs are enough.
 *
 * A list grows chunk by chunk and is never copied as a whole; finding run i
 * costs two loads however long the list is. The struct points into itself and
 * must not be moved.
 */
struct iomd_runs {
	u64 length;
	u64 tail;
	u64 broken;
	u64 highest;
	struct iomd_run *next;
	struct iomd_run *limit;
	u32 capacity;
	u32 nr_chunks;
	u32 max_chunks;
	u32 huge_first;
	u32 huge_end;
	u32 hint;
	bool has_joints;
	bool has_device;
	bool cpu_wrote;
	struct iomd_run **chunks;
	struct iomd_run *first;
	struct iomd_run local[IOMD_RUNS_LOCAL];
};

void iomd_runs_init(struct iomd_runs *runs);
void iomd_runs_free_chunks(struct iomd_runs *runs);
int iomd_runs_grow(struct iomd_runs *runs);
long iomd_runs_add_pages(struct iomd_runs *runs, struct page **pages, long nr, u32 skip,
			 u64 length);
u32 iomd_runs_search(const struct iomd_runs *runs, u64 offset);

/* How many there are: as many as fit, but for those that there still is room for. */
static inline u32 iomd_runs_count(const struct iomd_runs *runs)
{
	return runs->capacity - (runs->limit - runs->next);
}

static inline struct iomd_run *iomd_runs_at(const struct iomd_runs *runs, u32 index)
{
	return &runs->chunks[index >> IOMD_RUNS_CHUNK_SHIFT][index & (IOMD_RUNS_CHUNK - 1)];
}

static inline u64 iomd_runs_start(const struct iomd_runs *runs, u32 index)
{
	return index ? iomd_runs_at(runs, index - 1)->end : 0;
}

/* The last of the runs that lie behind run @index in memory. */
static inline u32 iomd_runs_last_beside(const struct iomd_runs *runs, u32 index)
{
	return min(index | (u32)(IOMD_RUNS_CHUNK - 1), iomd_runs_count(runs) - 1);
}

/* Give all storage back; the list is then empty and may be used again. */
static inline void iomd_runs_free(struct iomd_runs *runs)
{
	if (unlikely(runs->capacity > IOMD_RUNS_LOCAL)) {
		iomd_runs_free_chunks(runs);
		return;
	}
	runs->length = 0;
	runs->tail = IOMD_RUNS_NO_TAIL;
	runs->broken = IOMD_RUNS_NO_TAIL;
	runs->highest = 0;
	runs->next = runs->local;
	runs->huge_first = 0;
	runs->huge_end = 0;
	runs->has_joints = false;
	runs->has_device = false;
	runs->cpu_wrote = false;
}

/* Where the memory is, if it has pages and is in one piece; else IOMD_NO_PIECE. */
static inline u64 iomd_runs_piece(const struct iomd_runs *runs)
{
	return runs->next == runs->local + 1 && !runs->has_device ? runs->local->phys :
								    IOMD_NO_PIECE;
}

/* What follows is not continued from what is there, even if it could be. */
static inline void iomd_runs_break(struct iomd_runs *runs)
{
	if (runs->tail != IOMD_RUNS_NO_TAIL)
		runs->broken = runs->tail;
	runs->tail = IOMD_RUNS_NO_TAIL;
}

/*
 * Append @length bytes at @phys; they extend the last run if they continue it.
 * The caller has made sure that the sum of lengths does not overflow.
 * Return: 0 or -ENOMEM; on error the list is as it was.
 */
static inline int iomd_runs_add(struct iomd_runs *runs, u64 phys, u64 length)
{
	if (phys != runs->tail) {
		if (runs->next == runs->limit) {
			int err = iomd_runs_grow(runs);

			if (err)
				return err;
		}
		if (phys == runs->broken)
			runs->has_joints = true;
		runs->next->phys = phys;
		runs->next++;
	}
	runs->length += length;
	runs->next[-1].end = runs->length;
	runs->tail = phys + length;
	if (runs->tail > runs->highest)
		runs->highest = runs->tail;
	return 0;
}

/*
 * The run that holds @offset, which lies inside the list. @hint is where the
 * caller looked last: walking forward finds the run without a search.
 */
static inline u32 iomd_runs_find(const struct iomd_runs *runs, u64 offset, u32 hint)
{
	u32 count = iomd_runs_count(runs);

	if (hint >= count)
		return iomd_runs_search(runs, offset);
	if (offset >= iomd_runs_at(runs, hint)->end) {
		hint++;
		if (hint < count && offset < iomd_runs_at(runs, hint)->end)
			return hint;
	} else if (offset >= iomd_runs_start(runs, hint)) {
		return hint;
	}
	return iomd_runs_search(runs, offset);
}

/* A stretch of one piece of memory. @run keeps it, as long as it is looked at. */
static inline void iomd_stretch_one(struct iomd_stretch *stretch, struct iomd_run *run,
				    u64 address, u64 length)
{
	*run = (struct iomd_run) { .phys = address, .end = length };
	*stretch = (struct iomd_stretch) {
		.address = address,
		.end = length,
		.run = run,
		.has_device = true,
	};
}

#endif /* _IOMD_RUNS_H */
