// SPDX-License-Identifier: GPL-2.0-only
/*
 * Storage of run lists, and the search in them.
 */
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "runs.h"

/* A chunk that is bigger than the local one but smaller than a page. */
#define FIRST_CHUNK	64

void iomd_runs_init(struct iomd_runs *runs)
{
	runs->length = 0;
	runs->tail = IOMD_RUNS_NO_TAIL;
	runs->broken = IOMD_RUNS_NO_TAIL;
	runs->highest = 0;
	runs->capacity = IOMD_RUNS_LOCAL;
	runs->nr_chunks = 1;
	runs->max_chunks = 1;
	runs->huge_first = 0;
	runs->huge_end = 0;
	runs->hint = 0;
	runs->has_joints = false;
	runs->has_device = false;
	runs->cpu_wrote = false;
	runs->chunks = &runs->first;
	runs->first = runs->local;
	runs->next = runs->local;
	runs->limit = runs->local + IOMD_RUNS_LOCAL;
}

static void free_chunks(struct iomd_runs *runs)
{
	u32 i;

	for (i = 1; i < runs->nr_chunks; i++)
		kfree(runs->chunks[i]);
	if (runs->chunks[0] != runs->local)
		kfree(runs->chunks[0]);
	if (runs->chunks != &runs->first)
		kvfree(runs->chunks);
}

/* Give back what storage there is beside the local one; the list may be used again. */
void iomd_runs_free_chunks(struct iomd_runs *runs)
{
	free_chunks(runs);
	iomd_runs_init(runs);
}

/* Replace the first chunk by one of @capacity runs. */
static int grow_first_chunk(struct iomd_runs *runs, u32 capacity)
{
	struct iomd_run *old = runs->chunks[0];
	struct iomd_run *chunk = kmalloc_array(capacity, sizeof(*chunk), GFP_KERNEL_ACCOUNT);

	if (!chunk)
		return -ENOMEM;
	memcpy(chunk, old, array_size(runs->capacity, sizeof(*chunk)));
	if (old != runs->local)
		kfree(old);

	runs->chunks[0] = chunk;
	runs->capacity = capacity;
	runs->next = chunk + (runs->next - old);
	runs->limit = chunk + capacity;
	return 0;
}

/* Make room for another pointer to a chunk. */
static int grow_directory(struct iomd_runs *runs)
{
	struct iomd_run **chunks;
	u32 max_chunks = runs->max_chunks == 1 ? 16 : runs->max_chunks * 2;

	chunks = kvmalloc_array(max_chunks, sizeof(*chunks), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!chunks)
		return -ENOMEM;

	memcpy(chunks, runs->chunks, array_size(runs->nr_chunks, sizeof(*chunks)));
	if (runs->chunks != &runs->first)
		kvfree(runs->chunks);
	runs->chunks = chunks;
	runs->max_chunks = max_chunks;
	return 0;
}

/*
 * Make room for at least one more run, at runs->next: the first chunk grows in two
 * steps to its full size, from then on a chunk is added at a time.
 */
int iomd_runs_grow(struct iomd_runs *runs)
{
	struct iomd_run *chunk;

	if (runs->capacity < FIRST_CHUNK)
		return grow_first_chunk(runs, FIRST_CHUNK);
	if (runs->capacity < IOMD_RUNS_CHUNK)
		return grow_first_chunk(runs, IOMD_RUNS_CHUNK);

	if (runs->nr_chunks == runs->max_chunks) {
		int err = grow_directory(runs);

		if (err)
			return err;
	}

	chunk = kmalloc_array(IOMD_RUNS_CHUNK, sizeof(*chunk), GFP_KERNEL_ACCOUNT);
	if (!chunk)
		return -ENOMEM;
	runs->chunks[runs->nr_chunks++] = chunk;
	runs->capacity += IOMD_RUNS_CHUNK;
	runs->next = chunk;
	runs->limit = chunk + IOMD_RUNS_CHUNK;
	return 0;
}

/* Is the array of struct pages one, so that they can be told apart by where they are? */
#define PAGES_IN_ONE_ARRAY \
	(!IS_ENABLED(CONFIG_SPARSEMEM) || IS_ENABLED(CONFIG_SPARSEMEM_VMEMMAP))

/* Does @page lie right behind @first in physical memory? */
static __always_inline bool follows(const struct page *page, const struct page *first)
{
	if (PAGES_IN_ONE_ARRAY)
		return page == first + 1;
	return page_to_pfn(page) == page_to_pfn(first) + 1;
}

static __always_inline bool are_next_four(struct page **page, const struct page *first)
{
	return page[0] == first + 1 && page[1] == first + 2 && page[2] == first + 3 &&
	       page[3] == first + 4;
}

/* How far pages follow each other in physical memory from @first on, which is before @page. */
static struct page **skip_contiguous(struct page **page, struct page **limit, struct page *first)
{
	while (PAGES_IN_ONE_ARRAY && limit - page >= 16 &&
	       are_next_four(page, first) && are_next_four(page + 4, first + 4) &&
	       are_next_four(page + 8, first + 8) && are_next_four(page + 12, first + 12)) {
		first += 16;
		page += 16;
	}
	while (page < limit && follows(*page, first))
		first = *page++;
	return page;
}

/* Where a list grows, while it does. */
struct tail {
	struct iomd_run *next;
	u64 end;	/* offset behind what is there */
	u64 phys;	/* what would continue it */
	u64 highest;
};

static __always_inline void lengthen(struct tail *tail, u64 length)
{
	tail->phys += length;
	tail->end += length;
}

/*
 * @first continues @run, as those may that are behind it, from @page on. Return: the first that
 * does not.
 */
static __always_inline struct page **continue_run(struct tail *tail, struct iomd_run *run,
						  struct page *first, struct page **page,
						  struct page **limit, bool has_next)
{
	lengthen(tail, PAGE_SIZE);
	if (has_next && unlikely(follows(*page, first))) {
		struct page **start = page;

		page = skip_contiguous(page, limit, first);
		lengthen(tail, (u64)(page - start) << PAGE_SHIFT);
	}
	tail->highest = max(tail->highest, tail->phys);
	run->end = tail->end;
	return page;
}

/*
 * page_to_phys(). Multiplied in this order there is no division left, if as many struct pages as
 * that takes fill a page.
 */
static __always_inline u64 phys_of(const struct page *page)
{
	if (PAGE_SIZE % sizeof(*page))
		return page_to_phys(page);
	return (u64)page_to_pfn(page) * sizeof(*page) * (PAGE_SIZE / sizeof(*page));
}

/* Append one run, for which there is room. Return: the first page that is not in it. */
static __always_inline struct page **add_run(struct tail *tail, struct page **page,
					     struct page **limit, bool has_next)
{
	struct iomd_run *run = tail->next++;
	struct page *first = *page++;

	tail->phys = phys_of(first);
	run->phys = tail->phys;
	return continue_run(tail, run, first, page, limit, has_next);
}

/*
 * Append pages as so many calls of iomd_runs_add() would, the first one at offset @end; so
 * many at most as there is room for, if each is a run. This is what a page of user memory
 * costs: no struct page is looked at, and the list is told of the result only. Return: the
 * first page that there was no room for, or @limit.
 */
static struct page **add_whole_pages(struct iomd_runs *runs, struct page **page,
				     struct page **limit, u64 end)
{
	struct tail tail = {
		.next = runs->next,
		.end = end,
		.phys = runs->tail,
		.highest = runs->highest,
	};
	struct page **last;

	if (page_to_phys(*page) == tail.phys)
		page = continue_run(&tail, tail.next - 1, *page, page + 1, limit,
				    page + 1 < limit);
	else if (page_to_phys(*page) == runs->broken)
		runs->has_joints = true;
	/* Of all but the last it is known that there is another. */
	last = page + min(limit - page, runs->limit - tail.next) - 1;
	while (page < last)
		page = add_run(&tail, page, limit, true);
	if (page == last)
		page = add_run(&tail, page, limit, page + 1 < limit);
	runs->next = tail.next;
	runs->tail = tail.phys;
	runs->highest = tail.highest;
	return page;
}

/* The same for all of them, if there is memory. */
static struct page **add_all_pages(struct iomd_runs *runs, struct page **pages,
				   struct page **limit, u64 start)
{
	struct page **page = pages;

	for (;;) {
		page = add_whole_pages(runs, page, limit,
				       start + ((u64)(page - pages) << PAGE_SHIFT));
		if (page == limit)
			return page;
		/* Where pages lie beside each other there are fewer runs, and still is room. */
		if (runs->next == runs->limit && iomd_runs_grow(runs))
			return page;
	}
}

/*
 * Append @nr pages, of which the first @skip bytes are not meant and @length bytes are. With
 * @skip they do not continue what is there. Return: pages appended, less than @nr if
 * there is no memory.
 */
long iomd_runs_add_pages(struct iomd_runs *runs, struct page **pages, long nr, u32 skip,
			 u64 length)
{
	u64 start = runs->length - skip, end, over;
	u32 first = 0;

	if (skip) {
		first = iomd_runs_count(runs);
		iomd_runs_break(runs);
	}
	nr = add_all_pages(runs, pages, pages + nr, start) - pages;
	if (!nr)
		return 0;
	end = start + ((u64)nr << PAGE_SHIFT);

	if (skip)
		iomd_runs_at(runs, first)->phys += skip;
	/* The last page may be meant in part only. */
	over = end - start - skip;
	over = over > length ? over - length : 0;
	runs->length = end - over;
	runs->next[-1].end -= over;
	runs->tail -= over;
	return nr;
}

/* The first run that ends behind @offset. @offset lies inside the list. */
u32 iomd_runs_search(const struct iomd_runs *runs, u64 offset)
{
	u32 low = 0, high = iomd_runs_count(runs) - 1;

	while (low < high) {
		u32 middle = low + (high - low) / 2;

		if (iomd_runs_at(runs, middle)->end > offset)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}
