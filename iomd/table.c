// SPDX-License-Identifier: GPL-2.0-only
/*
 * The scatterlist of a mapping, made in one pass over what it is to hold.
 *
 * How many entries that comes to is known when it is done, so the list grows chunk by
 * chunk. The first few entries are part of the mapping.
 */
#include <linux/dma-mapping.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "mapping.h"
#include "runs.h"
#include "table.h"

/* Entries of a chunk of so many bytes, of which the last chains it to the next. */
#define CHUNK_ENTRIES(bytes) \
	(((bytes) - sizeof(struct iomd_table_chunk)) / sizeof(struct scatterlist))

/* Most often there are two pages together, and that is half as many chunks. */
#define MOST_ENTRIES	CHUNK_ENTRIES(2 * PAGE_SIZE)
#define LEAST_ENTRIES	CHUNK_ENTRIES(PAGE_SIZE)

struct iomd_table_chunk {
	struct iomd_table_chunk *next;
	struct scatterlist entries[];
};

/* A scatterlist counts bytes in an int; pages are not to be torn. */
#define MAX_ENTRY	(UINT_MAX & PAGE_MASK)

/**
 * struct builder - A table in the making.
 * @mapping: Whose it is.
 * @first: Where the chunk begins that is being filled.
 * @next: Where the next entry goes.
 * @limit: Where the chunk ends; the entry there is for chaining.
 * @nr_before: Entries in the chunks before.
 * @todo: Bytes that are not in entries yet, but for those at work.
 * @max_entry: Longest entry that the device and the DMA API take.
 * @boundary: Entries do not cross multiples of this plus one.
 * @gfp: How to allocate.
 */
struct builder {
	struct iomd_mapping *mapping;
	struct scatterlist *first;
	struct scatterlist *next;
	struct scatterlist *limit;
	unsigned int nr_before;
	u64 todo;
	u64 max_entry;
	u64 boundary;
	gfp_t gfp;
};

/* Entries so far. */
static unsigned int count(const struct builder *builder)
{
	return builder->nr_before + (builder->next - builder->first);
}

/* The longest that the DMA API takes of @length bytes. A page can always be mapped. */
static __always_inline u64 longest_mapping(struct device *dev, u64 length)
{
	return length > PAGE_SIZE ? dma_max_mapping_size(dev) : PAGE_SIZE;
}

/* The longest entry that the device takes. */
static __always_inline u64 longest_entry(struct device *dev)
{
	return min_t(u64, dma_get_max_seg_size(dev), MAX_ENTRY);
}

static __always_inline void builder_start(struct builder *builder, struct iomd_mapping *mapping,
					  u64 length, gfp_t gfp)
{
	struct device *dev = mapping->mapper->dev;
	u64 longest = longest_mapping(dev, length);

	mapping->table.orig_nents = 0;
	mapping->is_uniform = longest == SIZE_MAX;
	builder->mapping = mapping;
	builder->first = mapping->local;
	builder->next = mapping->local;
	builder->limit = mapping->local + IOMD_MAPPING_LOCAL;
	builder->nr_before = 0;
	builder->todo = length;
	builder->max_entry = min(longest, longest_entry(dev));
	builder->boundary = dma_get_seg_boundary(dev);
	builder->gfp = gfp | __GFP_ACCOUNT | __GFP_NOWARN;
}

/* Memory that has no pages: where it is stands beside the table, as long as that is. */
static int grow_resources(struct builder *builder, unsigned int nr)
{
	u64 *resources = krealloc_array(builder->mapping->resources, nr, sizeof(*resources),
					builder->gfp);

	if (!resources)
		return -ENOMEM;
	builder->mapping->resources = resources;
	return 0;
}

/* A chunk of at most @nr entries, which may become fewer. */
static struct iomd_table_chunk *chunk_alloc(size_t *nr, gfp_t gfp)
{
	struct iomd_table_chunk *chunk = kmalloc(struct_size(chunk, entries, *nr), gfp);

	if (chunk || *nr <= LEAST_ENTRIES)
		return chunk;
	*nr = LEAST_ENTRIES;
	return kmalloc(struct_size(chunk, entries, *nr), gfp);
}

/* Another chunk, for as many entries as the rest can have if it is pages. */
static int grow(struct builder *builder)
{
	struct iomd_mapping *mapping = builder->mapping;
	size_t nr = min_t(u64, MOST_ENTRIES, (builder->todo >> PAGE_SHIFT) + 3);
	struct iomd_table_chunk *chunk;

	builder->nr_before = count(builder);
	builder->first = builder->next;
	if (builder->nr_before > INT_MAX - MOST_ENTRIES)
		return -ENOMEM;
	if (mapping->resources && grow_resources(builder, builder->nr_before + nr))
		return -ENOMEM;
	chunk = chunk_alloc(&nr, builder->gfp);
	if (!chunk)
		return -ENOMEM;
	chunk->next = mapping->chunks;
	mapping->chunks = chunk;

	sg_chain(builder->limit, 1, chunk->entries);
	builder->first = chunk->entries;
	builder->next = chunk->entries;
	builder->limit = chunk->entries + nr - 1;
	return 0;
}

/* Where it is for the device is written when it is mapped, and not read before. */
static __always_inline void fill_entry(struct scatterlist *sg, u64 address, u64 length)
{
	sg->page_link = (unsigned long)pfn_to_page(PHYS_PFN(address));
	sg->offset = offset_in_page(address);
	sg->length = length;
	memset_after(sg, 0, dma_address);
}

/* Add an entry, which is no longer than one may be. */
static __always_inline int add_entry(struct builder *builder, u64 address, u64 length)
{
	int err = 0;

	if (unlikely(builder->next == builder->limit))
		err = grow(builder);
	if (!err)
		fill_entry(builder->next++, address, length);
	return err;
}

/* Could it be an entry: within what the device and the DMA API take in one piece? */
static __always_inline bool fits(u64 address, u64 length, u64 max_entry, u64 boundary)
{
	return length <= max_entry && (address ^ (address + length - 1)) <= boundary;
}

/*
 * The longest entry at @address that fits. It is cut between pages if it can be, so that
 * an IOMMU can put the next one right behind it.
 */
static u64 cut(const struct builder *builder, u64 address, u64 length)
{
	u64 room = builder->boundary - (address & builder->boundary);
	u64 limit = min(builder->max_entry - 1, room) + 1;
	u64 end = (address + limit) & PAGE_MASK;

	if (fits(address, length, builder->max_entry, builder->boundary))
		return length;
	return end > address ? end - address : limit;
}

static bool has_page(u64 address)
{
	return pfn_valid(PHYS_PFN(address));
}

/*
 * A table is of memory that has pages throughout, or nowhere; what comes first decides.
 * What is mapped piece by piece is subject to none of a scatterlist's limits.
 */
static __always_inline int choose_kind(struct builder *builder,
				       const struct iomd_stretch *stretch)
{
	if (likely(!stretch->has_device) || has_page(stretch->address))
		return 0;
	builder->max_entry = MAX_ENTRY;
	builder->boundary = U64_MAX;
	return grow_resources(builder, IOMD_MAPPING_LOCAL);
}

static bool is_of_kind(const struct builder *builder, u64 address, u64 length)
{
	bool has_no_page = builder->mapping->resources;

	return has_page(address) != has_no_page && has_page(address + length - 1) != has_no_page;
}

/* The address that would continue the last entry. */
static __always_inline u64 tail(const struct builder *builder)
{
	const u64 *resources = builder->mapping->resources;
	struct scatterlist *last = builder->next - 1;

	if (builder->next == builder->first)
		return U64_MAX;
	return (resources ? resources[count(builder) - 1] : sg_phys(last)) + last->length;
}

/*
 * Add memory in as many entries as it takes. What continues the last one is cut anew; and of
 * memory without pages the entry for the CPU is beside the table.
 */
static noinline int add_with_care(struct builder *builder, u64 address, u64 length,
				  bool has_device)
{
	struct iomd_mapping *mapping = builder->mapping;
	int err = 0;

	if ((has_device || mapping->resources) && !is_of_kind(builder, address, length))
		return -EOPNOTSUPP;
	if (address == tail(builder)) {
		struct scatterlist *last = --builder->next;

		address -= last->length;
		length += last->length;
	}
	while (length && !err) {
		u64 part = cut(builder, address, length);

		err = add_entry(builder, address, part);
		if (!err && mapping->resources)
			mapping->resources[count(builder) - 1] = address;
		address += part;
		length -= part;
	}
	return err;
}

/* Can pages be entries, whatever else? Of those, none continues what is there. */
static bool takes_pages(const struct builder *builder, const struct iomd_stretch *stretch)
{
	return !stretch->has_joints && !stretch->has_device && !builder->mapping->resources &&
	       stretch->address != tail(builder) &&
	       fits(0, PAGE_SIZE, builder->max_entry, builder->boundary);
}

/*
 * Add runs that are a page each, up to offset @stop at most, as long as there is room. Most of
 * what is long is such: here every instruction is one for each. Return: the first that is not,
 * at @position.
 */
static const struct iomd_run *fill_pages(struct builder *builder, const struct iomd_run *run,
					 u64 *position, u64 stop)
{
	struct scatterlist *next = builder->next;
	struct scatterlist *limit = next + min_t(u64, builder->limit - next,
						 (stop - *position) >> PAGE_SHIFT);
	u64 end = *position;

	for (; next < limit; next++, run++) {
		u64 address = run->phys;

		if (run->end != end + PAGE_SIZE || offset_in_page(address))
			break;
		fill_entry(next, address, PAGE_SIZE);
		end += PAGE_SIZE;
	}
	builder->next = next;
	*position = end;
	return run;
}

/* Add memory, which most often is an entry as it is. */
static __always_inline int add_piece(struct builder *builder, u64 address, u64 length,
				     bool has_device)
{
	if (unlikely(has_device || builder->mapping->resources || address == tail(builder) ||
		     !fits(address, length, builder->max_entry, builder->boundary)))
		return add_with_care(builder, address, length, has_device);
	return add_entry(builder, address, length);
}

/* Add several runs, of the first of which the beginning may not be meant. */
static int add_stretch(struct builder *builder, const struct iomd_stretch *stretch)
{
	u64 position = stretch->position, stop = stretch->end;
	const struct iomd_run *run = stretch->run;
	u64 skip = stretch->address - run->phys;
	bool pages = takes_pages(builder, stretch);
	int err = 0;

	while (!err && position < stop) {
		u64 start = position;

		if (pages && !skip && run->end - start == PAGE_SIZE)
			run = fill_pages(builder, run, &position, stop);
		if (position == start) {
			position = min(run->end, stop);
			err = add_piece(builder, run->phys + skip, position - start,
					stretch->has_device);
			skip = 0;
			run++;
		}
		builder->todo -= position - start;
	}
	return err;
}

/* Add all there is. */
static __always_inline int add_all(struct builder *builder, iomd_stretch_fn stretch_fn,
				   void *source, u64 length)
{
	struct iomd_stretch stretch __uninitialized;
	int err = 0;

	while (builder->todo && !err) {
		u64 todo = builder->todo;

		err = stretch_fn(source, length - todo, &stretch);
		if (err)
			break;
		stretch.end = min(stretch.end, stretch.position + todo);
		if (todo == length)
			err = choose_kind(builder, &stretch);
		err = err ?: add_stretch(builder, &stretch);
	}
	return err;
}

/* The table is what has been added: @nr entries, of which @last is the last. */
static __always_inline void finish(struct iomd_mapping *mapping, struct scatterlist *last,
				   unsigned int nr)
{
	sg_mark_end(last);
	last[1].page_link = 0;	/* whoever walks on may look whether it chains */
	mapping->table.sgl = mapping->local;
	mapping->table.nents = nr;
	mapping->table.orig_nents = nr;
}

/*
 * Make the table of a mapping, of @length bytes, which are not none.
 *
 * Return: 0; -ENOMEM; -EOPNOTSUPP for memory some of which has pages and some, a device's,
 * has none; or the error of @stretch_fn. On error there is nothing to free.
 */
int iomd_table_build(struct iomd_mapping *mapping, iomd_stretch_fn stretch_fn, void *source,
		     u64 length, gfp_t gfp)
{
	struct builder builder __uninitialized;
	int err;

	builder_start(&builder, mapping, length, gfp);
	err = add_all(&builder, stretch_fn, source, length);
	if (err)
		iomd_table_free(mapping);
	else
		finish(mapping, builder.next - 1, count(&builder));
	return err;
}

/*
 * The same for memory in one piece that has pages, if it can be one entry. Most of what is
 * mapped is such: some of a page, or of a few that lie beside each other. Return: whether.
 */
bool iomd_table_build_piece(struct iomd_mapping *mapping, u64 address, u64 length)
{
	struct device *dev = mapping->mapper->dev;

	if (length > longest_mapping(dev, length) ||
	    !fits(address, length, longest_entry(dev), dma_get_seg_boundary(dev)))
		return false;
	fill_entry(mapping->local, address, length);
	finish(mapping, mapping->local, 1);
	return true;
}

/* Copy of a table only where entries are for the device. Return: 0 or -ENOMEM. */
int iomd_table_copy(struct iomd_mapping *mapping, const struct sg_table *source, gfp_t gfp)
{
	struct builder builder __uninitialized;
	struct scatterlist *from;
	unsigned int i;

	builder_start(&builder, mapping, (u64)source->nents << PAGE_SHIFT, gfp);
	for_each_sgtable_dma_sg(source, from, i) {
		if (builder.next == builder.limit && grow(&builder)) {
			iomd_table_free(mapping);
			return -ENOMEM;
		}
		*builder.next = (struct scatterlist) {};
		sg_dma_address(builder.next) = sg_dma_address(from);
		sg_dma_len(builder.next) = sg_dma_len(from);
		builder.next++;
		builder.todo -= PAGE_SIZE;
	}
	finish(mapping, builder.next - 1, count(&builder));
	return 0;
}

/* Give back what the table of a mapping has beyond that. */
void iomd_table_free_rest(struct iomd_mapping *mapping)
{
	struct iomd_table_chunk *chunk = mapping->chunks;

	while (chunk) {
		struct iomd_table_chunk *next = chunk->next;

		kfree(chunk);
		chunk = next;
	}
	mapping->chunks = NULL;
	kfree(mapping->resources);
	mapping->resources = NULL;
	mapping->table.orig_nents = 0;
}
