// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptors of memory in the forms that Linux drivers have it: page arrays,
 * bio_vecs, scatterlists, iov_iters, socket buffers.
 *
 * Each form is turned into ranges, of a task or of pages, and described as such.
 */
#include <linux/bvec.h>
#include <linux/export.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/scatterlist.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include <iomd/desc.h>
#include <iomd/namespace.h>
#include <iomd/sources.h>

#include "compat.h"
#include "general.h"
#include "sources.h"

/* A list of ranges while it is being made. */
struct range_list {
	struct iomd_range *ranges;
	u32 nr;
	u32 capacity;
};

static int ranges_grow(struct range_list *list)
{
	u32 capacity = list->capacity ? list->capacity * 2 : 16;
	struct iomd_range *ranges;

	ranges = kvmalloc_array(capacity, sizeof(*ranges), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!ranges)
		return -ENOMEM;
	memcpy(ranges, list->ranges, array_size(list->nr, sizeof(*ranges)));
	kvfree(list->ranges);
	list->ranges = ranges;
	list->capacity = capacity;
	return 0;
}

/* Add a range, as it is. */
static int ranges_add(struct range_list *list, u64 address, u64 length)
{
	if (list->nr == list->capacity) {
		int err = ranges_grow(list);

		if (err)
			return err;
	}
	list->ranges[list->nr++] = (struct iomd_range) { address, length };
	return 0;
}

/* Add physical memory, which extends the last range if it continues that. */
static int ranges_join(struct range_list *list, u64 address, u64 length)
{
	struct iomd_range *last = list->nr ? &list->ranges[list->nr - 1] : NULL;

	if (!last || last->address + last->length != address)
		return ranges_add(list, address, length);
	last->length += length;
	return 0;
}

static int from_pages(struct range_list *list, struct page *const *pages, u32 nr_pages,
		      u64 offset, u64 length)
{
	u64 i = offset >> PAGE_SHIFT;
	u32 skip = offset_in_page(offset);

	u64 end;

	if (check_add_overflow(offset, length, &end) || end > (u64)nr_pages << PAGE_SHIFT)
		return -EINVAL;

	for (; length; i++) {
		u64 chunk = min_t(u64, PAGE_SIZE - skip, length);
		int err = ranges_join(list, page_to_phys(pages[i]) + skip, chunk);

		if (err)
			return err;
		length -= chunk;
		skip = 0;
	}
	return 0;
}

static int from_bvecs(struct range_list *list, const struct bio_vec *bvecs, u64 skip, u64 length)
{
	for (; length; bvecs++) {
		u64 chunk;
		int err;

		if (skip >= bvecs->bv_len) {
			skip -= bvecs->bv_len;
			continue;
		}
		chunk = min_t(u64, bvecs->bv_len - skip, length);
		err = ranges_join(list, page_to_phys(bvecs->bv_page) + bvecs->bv_offset + skip,
				  chunk);
		if (err)
			return err;
		length -= chunk;
		skip = 0;
	}
	return 0;
}

static int from_table(struct range_list *list, const struct sg_table *table)
{
	struct scatterlist *sg;
	unsigned int i;

	for_each_sgtable_sg(table, sg, i) {
		int err = ranges_join(list, sg_phys(sg), sg->length);

		if (err)
			return err;
	}
	return 0;
}

/* One socket buffer: what is in its head, and its pages. */
static int from_skb(struct range_list *list, const struct sk_buff *skb)
{
	const struct skb_shared_info *shared = skb_shinfo(skb);
	int err = 0;
	u32 i;

	if (skb_headlen(skb))
		err = ranges_join(list, virt_to_phys(skb->data), skb_headlen(skb));
	for (i = 0; i < shared->nr_frags && !err; i++) {
		const skb_frag_t *frag = &shared->frags[i];
		struct page *page = skb_frag_page(frag);

		if (!page)
			return -EOPNOTSUPP;
		err = ranges_join(list, page_to_phys(page) + skb_frag_off(frag),
				  skb_frag_size(frag));
	}
	return err;
}

/* A packet: a socket buffer, and those that are chained to it, which chain no more. */
static int from_packet(struct range_list *list, const struct sk_buff *skb)
{
	const struct sk_buff *next;
	int err = from_skb(list, skb);

	skb_walk_frags(skb, next) {
		if (!err && skb_has_frag_list(next))
			err = -EOPNOTSUPP;
		if (!err)
			err = from_skb(list, next);
	}
	return err;
}

static int from_kvecs(struct range_list *list, const struct kvec *vecs, u64 skip, u64 length)
{
	for (; length; vecs++) {
		u64 chunk = min_t(u64, vecs->iov_len - skip, length);
		int err = ranges_add(list, (unsigned long)vecs->iov_base + skip, chunk);

		if (err)
			return err;
		length -= chunk;
		skip = 0;
	}
	return 0;
}

/* An iovec is a kvec with an address of another space, which makes no difference here. */
static const struct kvec *as_kvecs(const struct iovec *vecs)
{
	static_assert(sizeof(struct iovec) == sizeof(struct kvec));
	return (const struct kvec *)vecs;
}

/* What an iterator has left, and whose it is. */
static int from_iter(struct range_list *list, const struct iov_iter *iter,
		     struct mm_struct **task)
{
	size_t count = iov_iter_count(iter);

	if (iter_is_ubuf(iter)) {
		*task = current->mm;
		return ranges_add(list, (unsigned long)iter->ubuf + iter->iov_offset, count);
	}
	if (iter_is_iovec(iter)) {
		*task = current->mm;
		return from_kvecs(list, as_kvecs(iomd_iter_iov(iter)), iter->iov_offset, count);
	}
	if (iov_iter_is_kvec(iter)) {
		*task = IOMD_KERNEL_TASK;
		return from_kvecs(list, iter->kvec, iter->iov_offset, count);
	}
	if (iov_iter_is_bvec(iter)) {
		*task = IOMD_PAGES_TASK;
		return from_bvecs(list, iter->bvec, iter->iov_offset, count);
	}
	return -EOPNOTSUPP;
}

/* Describe the ranges of @list, and free it, whatever happened so far. */
static struct iomd_desc *describe_list(struct range_list *list, int err,
				       struct iomd_client *client, struct mm_struct *task,
				       u32 options, struct iomd_mapper *mapper)
{
	struct iomd_desc *desc = ERR_PTR(err);

	/* Nothing at all is one range of no length. */
	if (!err && !list->nr)
		err = ranges_add(list, 0, 0);
	if (!err)
		desc = iomd_general_create(&(struct iomd_general_spec) {
			.client = client,
			.ranges = list->ranges,
			.count = list->nr,
			.task = task,
			.options = (options & ~(IOMD_MEMORY_TYPE_MASK |
						IOMD_MEMORY_AS_REFERENCE)) |
				   IOMD_MEMORY_TYPE_VIRTUAL,
			.mapper = mapper,
		});
	kvfree(list->ranges);
	return desc;
}

/**
 * iomd_client_desc_with_pages() - Describe an array of pages.
 * @client: The calling module, IOMD_THIS_CLIENT.
 * @pages: The pages; the array is only read during the call.
 * @nr_pages: Elements of @pages.
 * @offset: First byte, in the pages taken one after the other.
 * @length: Bytes.
 * @options: A direction, and IOMD_MEMORY_*.
 * @mapper: Mapper to be bound to; NULL for the module's default, if it has one.
 *
 * Drivers call iomd_desc_with_pages(). The pages belong to the caller, who keeps
 * them where they are for as long as the descriptor is prepared; it has to be
 * prepared all the same. IOKit: kIOMemoryTypeUPL.
 *
 * Context: Process context, may sleep.
 * Return: A descriptor that the caller puts, or an error pointer: -EINVAL if the
 *	   range is not in the pages; -ENOTUNIQ; -ENOMEM.
 *
 * Implements GMD-20.
 */
struct iomd_desc *iomd_client_desc_with_pages(struct iomd_client *client,
					      struct page *const *pages, u32 nr_pages, u64 offset,
					      u64 length, u32 options,
					      struct iomd_mapper *mapper)
{
	struct range_list list = {};
	int err = from_pages(&list, pages, nr_pages, offset, length);

	return describe_list(&list, err, client, IOMD_PAGES_TASK, options, mapper);
}
EXPORT_SYMBOL_NS_GPL(iomd_client_desc_with_pages, IOMD_NS);

/**
 * iomd_client_desc_with_bvecs() - Describe an array of bio_vecs.
 * @client: The calling module, IOMD_THIS_CLIENT.
 * @bvecs: The pieces; only read during the call.
 * @nr_bvecs: Elements of @bvecs.
 * @options: A direction, and IOMD_MEMORY_*.
 * @mapper: Mapper to be bound to; NULL for the module's default, if it has one.
 *
 * Drivers call iomd_desc_with_bvecs(). The pages belong to the caller, as for
 * iomd_client_desc_with_pages().
 *
 * Context: Process context, may sleep.
 * Return: A descriptor that the caller puts, or an error pointer: -ENOTUNIQ;
 *	   -ENOMEM.
 */
struct iomd_desc *iomd_client_desc_with_bvecs(struct iomd_client *client,
					      const struct bio_vec *bvecs, u32 nr_bvecs,
					      u32 options, struct iomd_mapper *mapper)
{
	struct range_list list = {};
	u64 length = 0;
	u32 i;
	int err;

	for (i = 0; i < nr_bvecs; i++)
		length += bvecs[i].bv_len;
	err = from_bvecs(&list, bvecs, 0, length);
	return describe_list(&list, err, client, IOMD_PAGES_TASK, options, mapper);
}
EXPORT_SYMBOL_NS_GPL(iomd_client_desc_with_bvecs, IOMD_NS);

/**
 * iomd_client_desc_with_sg_table() - Describe the memory of a scatterlist.
 * @client: The calling module, IOMD_THIS_CLIENT.
 * @table: The scatterlist; only read during the call, and only its CPU side.
 * @options: A direction, and IOMD_MEMORY_*.
 * @mapper: Mapper to be bound to; NULL for the module's default, if it has one.
 *
 * Drivers call iomd_desc_with_sg_table(). The pages belong to the caller, as for
 * iomd_client_desc_with_pages().
 *
 * Context: Process context, may sleep.
 * Return: A descriptor that the caller puts, or an error pointer: -ENOTUNIQ;
 *	   -ENOMEM.
 */
struct iomd_desc *iomd_client_desc_with_sg_table(struct iomd_client *client,
						 const struct sg_table *table, u32 options,
						 struct iomd_mapper *mapper)
{
	struct range_list list = {};
	int err = from_table(&list, table);

	return describe_list(&list, err, client, IOMD_PAGES_TASK, options, mapper);
}
EXPORT_SYMBOL_NS_GPL(iomd_client_desc_with_sg_table, IOMD_NS);

/**
 * iomd_client_desc_with_skb() - Describe the bytes of a packet.
 * @client: The calling module, IOMD_THIS_CLIENT.
 * @skb: The packet; only read during the call.
 * @options: A direction, and IOMD_MEMORY_*.
 * @mapper: Mapper to be bound to; NULL for the module's default, if it has one.
 *
 * Drivers call iomd_desc_with_skb(). The packet belongs to the caller, who keeps it, and
 * leaves it as it is, for as long as the descriptor is prepared.
 *
 * Context: Process context, may sleep.
 * Return: A descriptor that the caller puts, or an error pointer: -EINVAL for NULL;
 *	   -EOPNOTSUPP for memory without pages, and for chains of chains; -ENOTUNIQ;
 *	   -ENOMEM.
 */
struct iomd_desc *iomd_client_desc_with_skb(struct iomd_client *client,
					    const struct sk_buff *skb, u32 options,
					    struct iomd_mapper *mapper)
{
	struct range_list list = {};
	int err = skb ? from_packet(&list, skb) : -EINVAL;

	return describe_list(&list, err, client, IOMD_PAGES_TASK, options, mapper);
}
EXPORT_SYMBOL_NS_GPL(iomd_client_desc_with_skb, IOMD_NS);

/**
 * iomd_client_desc_with_iov_iter() - Describe what an iterator has left.
 * @client: The calling module, IOMD_THIS_CLIENT.
 * @iter: Iterator over user memory of the calling task, over kernel memory, or over
 *	bio_vecs. It is not advanced, and only read during the call.
 * @options: A direction, and IOMD_MEMORY_*.
 * @mapper: Mapper to be bound to; NULL for the module's default, if it has one.
 *
 * Drivers call iomd_desc_with_iov_iter(). IOKit: kIOMemoryTypeUIO.
 *
 * Context: Process context, may sleep.
 * Return: A descriptor that the caller puts, or an error pointer: -EINVAL for NULL
 *	   and for user memory where there is no user; -EOPNOTSUPP for other iterators;
 *	   else as iomd_client_desc_with_options().
 */
struct iomd_desc *iomd_client_desc_with_iov_iter(struct iomd_client *client,
						 const struct iov_iter *iter, u32 options,
						 struct iomd_mapper *mapper)
{
	struct mm_struct *task = NULL;
	struct range_list list = {};
	int err = iter ? from_iter(&list, iter, &task) : -EINVAL;

	if (!err && !task)
		err = -EINVAL;
	return describe_list(&list, err, client, task, options, mapper);
}
EXPORT_SYMBOL_NS_GPL(iomd_client_desc_with_iov_iter, IOMD_NS);

/* with_options() for IOMD_MEMORY_TYPE_UPL: @count is bytes, as in IOKit. */
struct iomd_desc *iomd_desc_with_page_list(struct iomd_client *client,
					   const struct iomd_page_list *page_list, u32 count,
					   u32 offset, u32 options, struct iomd_mapper *mapper)
{
	u32 direction = options & IOMD_MEMORY_DIRECTION_MASK;

	if (!page_list || !count ||
	    (direction != IOMD_DIRECTION_IN && direction != IOMD_DIRECTION_OUT))
		return ERR_PTR(-EINVAL);
	return iomd_client_desc_with_pages(client, page_list->pages, page_list->nr_pages, offset,
					   count, options, mapper);
}
