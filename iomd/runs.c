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
	runs->highest = 0;
	runs->nr = 0;
	runs->capacity = IOMD_RUNS_LOCAL;
	runs->nr_chunks = 1;
	runs->max_chunks = 1;
	runs->huge_first = 0;
	runs->huge_end = 0;
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

/* Give all storage back; the list is then empty and may be used again. */
void iomd_runs_free(struct iomd_runs *runs)
{
	if (runs->capacity > IOMD_RUNS_LOCAL)
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

/* How far pages follow each other in physical memory from @first on, which is before @page. */
static struct page **skip_contiguous(struct page **page, struct page **limit, struct page *first)
{
	while (limit - page >= 8 &&
	       page[0] == nth_page(first, 1) && page[1] == nth_page(first, 2) &&
	       page[2] == nth_page(first, 3) && page[3] == nth_page(first, 4) &&
	       page[4] == nth_page(first, 5) && page[5] == nth_page(first, 6) &&
	       page[6] == nth_page(first, 7) && page[7] == nth_page(first, 8)) {
		first = page[7];
		page += 8;
	}
	while (page < limit && *page == nth_page(first, 1))
		first = *page++;
	return page;
}

/*
 * Append whole pages, as so many calls of iomd_runs_add() would, the first one at offset
 * @end. This is what a page of user memory costs: no struct page is looked at, and the
 * list is told of the result only. Return: the offset behind the last one.
 */
static u64 add_whole_pages(struct iomd_runs *runs, struct page **page, struct page **limit,
			   u64 end)
{
	u64 tail = runs->tail, highest = runs->highest;
	struct iomd_run *next = runs->next;

	while (page < limit) {
		struct page *first = *page, **stop = page + 1;
		u64 phys = page_to_phys(first), start = end;

		end += PAGE_SIZE;
		if (stop < limit && *stop == nth_page(first, 1)) {
			stop = skip_contiguous(stop, limit, first);
			end = start + ((u64)(stop - page) << PAGE_SHIFT);
		}
		page = stop;
		if (phys != tail) {
			if (next == runs->limit) {
				runs->next = next;
				if (iomd_runs_grow(runs)) {
					end = start;
					break;
				}
				next = runs->next;
			}
			next->phys = phys;
			next++;
			runs->nr++;
		}
		next[-1].end = end;
		tail = phys + (end - start);
		highest = max(highest, tail);
	}
	runs->next = next;
	runs->tail = tail;
	runs->highest = highest;
	return end;
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
	u32 first = runs->nr;

	if (skip)
		iomd_runs_break(runs);
	end = add_whole_pages(runs, pages, pages + nr, start);
	nr = (end - start) >> PAGE_SHIFT;
	if (!nr)
		return 0;

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
	u32 low = 0, high = runs->nr - 1;

	while (low < high) {
		u32 middle = low + (high - low) / 2;

		if (iomd_runs_at(runs, middle)->end > offset)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}
