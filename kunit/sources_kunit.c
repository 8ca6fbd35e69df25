// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptors of memory in the forms that Linux drivers have it.
 */
#include <linux/bvec.h>
#include <linux/io.h>
#include <linux/scatterlist.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include "compose.h"

#define IN		IOMD_DIRECTION_IN
#define OUT		IOMD_DIRECTION_OUT
#define BOTH		IOMD_DIRECTION_OUT_IN
#define NONE		IOMD_DIRECTION_NONE

#define NR_PAGES	40
#define LENGTH		(NR_PAGES * PAGE_SIZE)

/* Pages that are not neighbours, and their bytes in one piece. */
struct fixture {
	struct page **pages;
	u8 *memory;
};

static int init(struct kunit *test)
{
	struct fixture *fixture;
	int err = iomd_kunit_init(test);

	if (err)
		return err;
	fixture = iomd_kunit_zalloc(test, sizeof(*fixture));
	fixture->pages = iomd_kunit_scattered_pages(test, NR_PAGES);
	fixture->memory = iomd_kunit_vmap(test, fixture->pages, NR_PAGES);
	iomd_kunit_fill(fixture->memory, LENGTH, 1);
	test->priv = fixture;
	return 0;
}

/*
 * Page arrays.
 */

static struct iomd_desc *pages_desc(struct kunit *test, u64 offset, u64 length, u32 options)
{
	struct fixture *fixture = test->priv;

	return iomd_kunit_desc(test, iomd_desc_with_pages(fixture->pages, NR_PAGES, offset, length,
							   options, NULL));
}

struct part {
	const char *name;
	u64 offset;
	u64 length;
	int error;
};

static const struct part page_parts[] = {
	{ "all", 0, LENGTH },
	{ "inside a page", 100, 200 },
	{ "inside a later page", 3 * PAGE_SIZE + 5, 7 },
	{ "across pages", PAGE_SIZE - 1, PAGE_SIZE + 2 },
	{ "the last byte", LENGTH - 1, 1 },
	{ "nothing", 0, 0 },
	{ "nothing at the end", LENGTH, 0 },
	{ "a byte too long", 1, LENGTH, -EINVAL },
	{ "behind the end", LENGTH, 1, -EINVAL },
	{ "wraps", U64_MAX, 2, -EINVAL },
	{ "wraps by its length", 1, U64_MAX, -EINVAL },
};

static void part_name(const struct part *part, char *name)
{
	strscpy(name, part->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(page_part, page_parts, part_name);

/* GMD-20 GMD-67 GMD-68: pages are the caller's, and have to be prepared all the same */
static void pages_are_described(struct kunit *test)
{
	const struct part *part = test->param_value;
	struct fixture *fixture = test->priv;
	struct page **pages = kunit_kcalloc(test, NR_PAGES, sizeof(*pages), GFP_KERNEL);
	struct iomd_desc *desc;
	u64 offset, length, id;
	u8 byte;

	memcpy(pages, fixture->pages, NR_PAGES * sizeof(*pages));
	desc = iomd_desc_with_pages(pages, NR_PAGES, part->offset, part->length, BOTH, NULL);
	IOMD_KUNIT_EXPECT_ERR(test, desc, part->error);
	if (part->error)
		return;
	iomd_kunit_desc(test, desc);
	memset(pages, 0, NR_PAGES * sizeof(*pages));

	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(desc));
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 0, &byte, 1), 0ULL);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	id = iomd_desc_get_preparation_id(desc);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(fixture->pages[0]), 0U);
	for (offset = 0; offset < part->length; offset += length) {
		u64 at = part->offset + offset;

		KUNIT_ASSERT_EQ(test, iomd_kunit_phys(desc, offset, &length),
				page_to_phys(fixture->pages[at / PAGE_SIZE]) + offset_in_page(at));
		KUNIT_ASSERT_EQ(test, length, min(PAGE_SIZE - offset_in_page(at),
						  part->length - offset));
	}
	if (part->length)
		iomd_kunit_expect_contents(test, desc, fixture->memory + part->offset,
					   part->length);

	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_preparation_id(desc), id);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(desc));
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_GT(test, iomd_desc_get_preparation_id(desc), id);
}

/* GMD-35 GMD-41 GMD-46: directions are as those of any memory */
static void pages_may_be_read_only(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_desc *desc = pages_desc(test, 5, 100, OUT);

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_read_only(desc));
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(desc, 0, NULL, 1), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, IN), -EROFS);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, IN), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(desc, 3, NULL, 2), 2ULL);
	KUNIT_EXPECT_EQ(test, fixture->memory[8], 0);
	KUNIT_EXPECT_EQ(test, fixture->memory[9], 0);
	KUNIT_EXPECT_EQ(test, fixture->memory[10], iomd_kunit_byte(1, 10));
}

/* GMD-54: pages that are neighbours are one piece, and the same one again is another */
static void neighbours_are_one_piece(struct kunit *test)
{
	u8 *block = kunit_kzalloc(test, 4 * PAGE_SIZE, GFP_KERNEL);
	struct page *first = virt_to_page(block);
	struct page *pages[] = { first, first + 1, first + 1, first + 2, first };
	u64 phys = page_to_phys(first);
	const struct iomd_range segments[] = {
		{ phys + 5, 2 * PAGE_SIZE - 5 }, { phys + PAGE_SIZE, 2 * PAGE_SIZE }, { phys, 7 },
	};
	struct iomd_desc *desc;

	desc = iomd_kunit_desc(test, iomd_desc_with_pages(pages, 5, 5, 4 * PAGE_SIZE + 2, BOTH,
							  NULL));
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	iomd_kunit_expect_segments(test, desc, segments, 3);
	iomd_kunit_expect_walk(test, desc, segments, 3);
}

struct list {
	const char *name;
	bool no_list;
	u32 count;
	u32 offset;
	u32 options;
	struct mm_struct *task;
	int error;
};

#define UPL	IOMD_MEMORY_TYPE_UPL

static const struct list lists[] = {
	{ "for in", false, 2 * PAGE_SIZE, 100, UPL | IN, NULL, 0 },
	{ "for out", false, 2 * PAGE_SIZE, 100, UPL | OUT, NULL, 0 },
	{ "to the end", false, LENGTH - 1, 1, UPL | IN, NULL, 0 },
	{ "for both", false, PAGE_SIZE, 0, UPL | BOTH, NULL, -EINVAL },
	{ "for none", false, PAGE_SIZE, 0, UPL | NONE, NULL, -EINVAL },
	{ "too long", false, LENGTH, 1, UPL | IN, NULL, -EINVAL },
	{ "behind the end", false, 1, LENGTH, UPL | IN, NULL, -EINVAL },
	{ "nothing", false, 0, 0, UPL | IN, NULL, -EINVAL },
	{ "no list", true, PAGE_SIZE, 0, UPL | IN, NULL, -EINVAL },
	{ "of a task", false, PAGE_SIZE, 0, UPL | IN, IOMD_KERNEL_TASK, -EINVAL },
};

static void list_name(const struct list *list, char *name)
{
	strscpy(name, list->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(list, lists, list_name);

/* GMD-3 GMD-4 GMD-20 CON-1: page lists under their old name: bytes, and one direction */
static void page_lists_by_options(struct kunit *test)
{
	const struct list *list = test->param_value;
	struct fixture *fixture = test->priv;
	const struct iomd_page_list page_list = { fixture->pages, NR_PAGES };
	struct iomd_desc *desc;

	desc = iomd_desc_with_options(list->no_list ? NULL : &page_list, list->count, list->offset,
				      list->task, list->options, NULL);
	IOMD_KUNIT_EXPECT_ERR(test, desc, list->error);
	if (list->error)
		return;
	iomd_kunit_desc(test, desc);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_direction(desc), list->options & BOTH);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(desc));
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	iomd_kunit_expect_contents(test, desc, fixture->memory + list->offset, list->count);
}

/*
 * Arrays of bio_vecs, and scatterlists.
 */

/* Memory in pieces of some pages each, in an order that has nothing to do with memory. */
static struct bio_vec *make_bvecs(struct kunit *test, u32 nr, u8 *bytes, u64 *length)
{
	struct fixture *fixture = test->priv;
	struct bio_vec *bvecs = kunit_kcalloc(test, nr, sizeof(*bvecs), GFP_KERNEL);
	struct rnd_state random;
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, bvecs);
	iomd_kunit_seed(test, &random);
	*length = 0;
	for (i = 0; i < nr; i++) {
		u32 page = iomd_kunit_below(&random, NR_PAGES);
		u32 offset = iomd_kunit_below(&random, PAGE_SIZE);
		u32 chunk = i % 7 == 3 ? 0 : iomd_kunit_below(&random, PAGE_SIZE - offset + 1);

		bvecs[i] = (struct bio_vec) {
			.bv_page = fixture->pages[page],
			.bv_len = chunk,
			.bv_offset = offset,
		};
		memcpy(bytes + *length, fixture->memory + page * PAGE_SIZE + offset, chunk);
		*length += chunk;
	}
	return bvecs;
}

#define NR_BVECS	70

/* MD-45 GMD-7: pieces in order, wherever they are, and also where there is nothing */
static void bvecs_are_described(struct kunit *test)
{
	u8 *bytes = iomd_kunit_zalloc(test, NR_BVECS * PAGE_SIZE);
	struct fixture *fixture = test->priv;
	struct bio_vec *bvecs;
	struct iomd_desc *desc;
	u64 length;

	bvecs = make_bvecs(test, NR_BVECS, bytes, &length);
	desc = iomd_kunit_desc(test, iomd_desc_with_bvecs(bvecs, NR_BVECS, BOTH, NULL));
	memset(bvecs, 0, NR_BVECS * sizeof(*bvecs));
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(desc));
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	iomd_kunit_expect_contents(test, desc, bytes, length);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(fixture->pages[0]), 0U);

	desc = iomd_kunit_desc(test, iomd_desc_with_bvecs(bvecs, 0, BOTH, NULL));
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(desc), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
}

/* GMD-54: a bio_vec may go over pages, and one may continue another */
static void bvecs_may_be_long(struct kunit *test)
{
	u8 *block = kunit_kzalloc(test, 8 * PAGE_SIZE, GFP_KERNEL);
	struct page *page = virt_to_page(block);
	const struct bio_vec bvecs[] = {
		{ .bv_page = page, .bv_offset = 100, .bv_len = 3 * PAGE_SIZE },
		{ .bv_page = page + 3, .bv_offset = 100, .bv_len = PAGE_SIZE },
		{ .bv_page = page, .bv_offset = 4 * PAGE_SIZE + 200, .bv_len = 10 },
	};
	const struct iomd_range segments[] = {
		{ page_to_phys(page) + 100, 4 * PAGE_SIZE },
		{ page_to_phys(page) + 4 * PAGE_SIZE + 200, 10 },
	};
	struct iomd_desc *desc;

	desc = iomd_kunit_desc(test, iomd_desc_with_bvecs(bvecs, 3, BOTH, NULL));
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	iomd_kunit_expect_segments(test, desc, segments, 2);
}

#define NR_ENTRIES	300	/* more than fit into a page */

/* MD-45 GMD-7: entries in order, also where the list is chained */
static void scatterlists_are_described(struct kunit *test)
{
	u8 *bytes = iomd_kunit_zalloc(test, NR_ENTRIES * 100);
	struct fixture *fixture = test->priv;
	struct scatterlist *sg;
	struct sg_table table;
	struct iomd_desc *desc;
	u64 length = 0;
	u32 i;

	KUNIT_ASSERT_EQ(test, sg_alloc_table(&table, NR_ENTRIES, GFP_KERNEL), 0);
	for_each_sgtable_sg(&table, sg, i) {
		u32 page = i * 7 % NR_PAGES, offset = i * 13 % 4000, chunk = i % 90 + 1;

		sg_set_page(sg, fixture->pages[page], chunk, offset);
		memcpy(bytes + length, fixture->memory + page * PAGE_SIZE + offset, chunk);
		length += chunk;
	}
	desc = iomd_desc_with_sg_table(&table, BOTH, NULL);
	sg_free_table(&table);
	iomd_kunit_desc(test, desc);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(desc));
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	iomd_kunit_expect_contents(test, desc, bytes, length);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(desc, 0, NULL, length), length);
	KUNIT_EXPECT_EQ(test, fixture->memory[0], 0);
	KUNIT_EXPECT_EQ(test, fixture->memory[1], iomd_kunit_byte(1, 1));
}

/*
 * Iterators.
 */

#define UIO	IOMD_MEMORY_TYPE_UIO

/* What is left of an iterator is described, which stays as it is; by either name. */
static void expect_iter(struct kunit *test, struct iov_iter *iter, struct mm_struct *task,
			const u8 *bytes)
{
	const struct iov_iter before = *iter;
	struct iomd_desc *desc[2];
	u32 i;

	desc[0] = iomd_kunit_desc(test, iomd_desc_with_iov_iter(iter, BOTH, NULL));
	desc[1] = iomd_kunit_desc(test, iomd_desc_with_options(iter, 1, 0, task, UIO | BOTH, NULL));
	KUNIT_EXPECT_MEMEQ(test, iter, &before, sizeof(before));
	iov_iter_advance(iter, iov_iter_count(iter) / 2);
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(desc[i]));
		KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc[i], NONE), 0);
		iomd_kunit_expect_contents(test, desc[i], bytes, iov_iter_count(&before));
		KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc[i], NONE), 0);
	}
	*iter = before;
}

/* As it is made, with a beginning gone, and without an end. */
static void expect_iter_in_parts(struct kunit *test, struct iov_iter *iter,
				 struct mm_struct *task, const u8 *bytes)
{
	static const u32 steps[] = { 0, 3, PAGE_SIZE, 77 };
	struct iomd_desc *rest;
	u32 i, done = 0;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		iov_iter_advance(iter, steps[i]);
		done += steps[i];
		expect_iter(test, iter, task, bytes + done);
	}
	iov_iter_truncate(iter, iov_iter_count(iter) - 50);
	expect_iter(test, iter, task, bytes + done);
	iov_iter_advance(iter, iov_iter_count(iter));
	rest = iomd_kunit_desc(test, iomd_desc_with_iov_iter(iter, BOTH, NULL));
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(rest), 0ULL);
}

/* GMD-5 GMD-7: what an iterator has left of the kernel's memory */
static void iterators_over_kernel_memory(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct kvec vecs[4] = {
		{ fixture->memory + 3 * PAGE_SIZE, 100 }, { fixture->memory, 0 },
		{ fixture->memory + 7, 2 * PAGE_SIZE }, { fixture->memory + 100, 5000 },
	};
	u8 *bytes = iomd_kunit_zalloc(test, 100 + 2 * PAGE_SIZE + 5000);
	struct iov_iter iter;

	memcpy(bytes, fixture->memory + 3 * PAGE_SIZE, 100);
	memcpy(bytes + 100, fixture->memory + 7, 2 * PAGE_SIZE);
	memcpy(bytes + 100 + 2 * PAGE_SIZE, fixture->memory + 100, 5000);
	iov_iter_kvec(&iter, ITER_SOURCE, vecs, 4, 100 + 2 * PAGE_SIZE + 5000);
	expect_iter_in_parts(test, &iter, IOMD_KERNEL_TASK, bytes);
}

/* GMD-5 GMD-7: and of pages */
static void iterators_over_bvecs(struct kunit *test)
{
	u8 *bytes = iomd_kunit_zalloc(test, NR_BVECS * PAGE_SIZE);
	struct iov_iter iter;
	struct bio_vec *bvecs;
	u64 length;

	bvecs = make_bvecs(test, NR_BVECS, bytes, &length);
	iov_iter_bvec(&iter, ITER_DEST, bvecs, NR_BVECS, length);
	expect_iter_in_parts(test, &iter, IOMD_KERNEL_TASK, bytes);
}

/* GMD-5 GMD-7 GMD-21: and of the task that calls, which is remembered */
static void iterators_over_user_memory(struct kunit *test)
{
	IOMD_KUNIT_AS_TASK();
	u64 base = iomd_kunit_map_anonymous(test, 8 * PAGE_SIZE);
	u8 *user = iomd_kunit_zalloc(test, 8 * PAGE_SIZE);
	u8 *bytes = iomd_kunit_zalloc(test, 8 * PAGE_SIZE);
	struct iovec vecs[3] = {
		{ u64_to_user_ptr(base + 5 * PAGE_SIZE + 9), 300 },
		{ u64_to_user_ptr(base + 10), 3 * PAGE_SIZE },
		{ u64_to_user_ptr(base + 20), 1000 },
	};
	struct iov_iter iter;

	iomd_kunit_user_fill(test, base, 8 * PAGE_SIZE, 5);
	iomd_kunit_fill(user, 8 * PAGE_SIZE, 5);
	memcpy(bytes, user + 5 * PAGE_SIZE + 9, 300);
	memcpy(bytes + 300, user + 10, 3 * PAGE_SIZE);
	memcpy(bytes + 300 + 3 * PAGE_SIZE, user + 20, 1000);
	iov_iter_init(&iter, ITER_SOURCE, vecs, 3, 1300 + 3 * PAGE_SIZE);
	expect_iter_in_parts(test, &iter, iomd_kunit_mm, bytes);

	iov_iter_ubuf(&iter, ITER_SOURCE, u64_to_user_ptr(base + 11), 5 * PAGE_SIZE);
	expect_iter_in_parts(test, &iter, iomd_kunit_mm, user + 11);
}

/* GMD-21 GMD-39: user memory is pinned when it is prepared, by whomever */
static void iterators_pin_when_prepared(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, 2 * PAGE_SIZE);
	u64 before = atomic64_read(&iomd_kunit_mm->pinned_vm);
	struct iomd_desc *desc;

	iomd_kunit_user_fill(test, base, 2 * PAGE_SIZE, 5);
	{
		IOMD_KUNIT_AS_TASK();
		struct iov_iter iter;

		iov_iter_ubuf(&iter, ITER_DEST, u64_to_user_ptr(base + 1), PAGE_SIZE);
		desc = iomd_desc_with_iov_iter(&iter, IN, NULL);
	}
	iomd_kunit_desc(test, desc);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, (u64)atomic64_read(&iomd_kunit_mm->pinned_vm) - before, 2ULL);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(iomd_kunit_user_page(test, base + PAGE_SIZE)), 1U);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, (u64)atomic64_read(&iomd_kunit_mm->pinned_vm), before);
}

/* GMD-2 GMD-4: an iterator over nobody's memory, over none, and none at all */
static void refuses_some_iterators(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct kvec vec = { fixture->memory, 10 };
	struct iov_iter iter;

	iov_iter_ubuf(&iter, ITER_SOURCE, u64_to_user_ptr((u64)0x1000), 10);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_with_iov_iter(&iter, BOTH, NULL), -EINVAL);
	iov_iter_discard(&iter, ITER_DEST, 10);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_with_iov_iter(&iter, BOTH, NULL), -EOPNOTSUPP);
	iov_iter_kvec(&iter, ITER_SOURCE, &vec, 1, 10);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_with_options(&iter, 1, 0, NULL, UIO | BOTH, NULL),
			      -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_with_options(NULL, 1, 0, IOMD_KERNEL_TASK,
							   UIO | BOTH, NULL), -EINVAL);
}

/* MD-51: a mapper may be named, and serves */
static void sources_have_mappers(struct kunit *test)
{
	struct iomd_mapper *mapper = iomd_kunit_device_mapper(test, 64);
	struct fixture *fixture = test->priv;
	const struct bio_vec bvec = { .bv_page = fixture->pages[1], .bv_len = 9, .bv_offset = 3 };
	struct kvec vec = { fixture->memory + 2 * PAGE_SIZE + 5, 10 };
	struct iov_iter iter;
	struct iomd_desc *desc[3];
	u64 phys[3], length;
	u32 i;

	iov_iter_kvec(&iter, ITER_SOURCE, &vec, 1, 10);
	desc[0] = iomd_desc_with_pages(fixture->pages, NR_PAGES, 7, 10, BOTH, mapper);
	desc[1] = iomd_desc_with_bvecs(&bvec, 1, BOTH, mapper);
	desc[2] = iomd_desc_with_iov_iter(&iter, BOTH, mapper);
	phys[0] = page_to_phys(fixture->pages[0]) + 7;
	phys[1] = page_to_phys(fixture->pages[1]) + 3;
	phys[2] = page_to_phys(fixture->pages[2]) + 5;
	for (i = 0; i < 3; i++) {
		iomd_kunit_desc(test, desc[i]);
		KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc[i], NONE), 0);
		KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_segment(desc[i], 0, &length, 0),
				phys[i]);
		KUNIT_EXPECT_EQ(test, length, i == 1 ? 9ULL : 10ULL);
	}
}

static int live_once(struct kunit *test, void *data)
{
	struct fixture *fixture = test->priv;
	struct iomd_desc *desc;
	int err;

	desc = iomd_desc_with_pages(fixture->pages, NR_PAGES, 5, LENGTH - 10, BOTH, NULL);
	if (IS_ERR(desc))
		return PTR_ERR(desc);
	err = iomd_desc_prepare(desc, NONE);
	iomd_desc_put(desc);
	return err;
}

/* GMD-43 OBJ-9: no allocation that fails leaves anything behind */
static void survives_failing_allocations(struct kunit *test)
{
	/* The ranges, as they grow, the object with its own, and its runs. */
	KUNIT_EXPECT_GE(test, iomd_kunit_sweep(test, live_once, NULL, UINT_MAX), 5U);
}

/* More than a list of ranges begins with. */
#define FEW	20

static struct iomd_desc *make_source(struct fixture *fixture, u32 source)
{
	struct bio_vec bvecs[FEW];
	struct scatterlist entries[FEW];
	struct kvec kvecs[] = { { fixture->memory, 10 }, { fixture->memory + 500, 10 } };
	struct sg_table table = { .sgl = entries, .nents = FEW, .orig_nents = FEW };
	const struct iomd_page_list list = { fixture->pages, NR_PAGES };
	struct iov_iter iter;
	u32 i;

	sg_init_table(entries, FEW);
	for (i = 0; i < FEW; i++) {
		bvecs[i] = (struct bio_vec) { fixture->pages[i], 9, 5 };
		sg_set_page(&entries[i], fixture->pages[i], 9, 5);
	}
	switch (source) {
	case 0:
		return iomd_desc_with_bvecs(bvecs, FEW, BOTH, NULL);
	case 1:
		return iomd_desc_with_sg_table(&table, BOTH, NULL);
	case 2:
		iov_iter_kvec(&iter, ITER_SOURCE, kvecs, 2, 20);
		return iomd_desc_with_iov_iter(&iter, BOTH, NULL);
	default:
		return iomd_desc_with_options(&list, LENGTH, 0, NULL,
					      IOMD_MEMORY_TYPE_UPL | IOMD_DIRECTION_IN, NULL);
	}
}

static int live_in_another_form(struct kunit *test, void *data)
{
	struct iomd_desc *desc = make_source(test->priv, *(u32 *)data);
	int err;

	if (IS_ERR(desc))
		return PTR_ERR(desc);
	err = iomd_desc_prepare(desc, NONE);
	iomd_desc_put(desc);
	return err;
}

/* GMD-43 OBJ-9: nor in the other forms */
static void other_forms_survive_too(struct kunit *test)
{
	u32 source;

	/* The ranges as they are gathered, the object, and its own ranges. */
	for (source = 0; source < 4; source++)
		KUNIT_EXPECT_GE(test, iomd_kunit_sweep(test, live_in_another_form, &source,
						       UINT_MAX), 3U);
}

/* What is prepared is given out as Linux wants it: pieces as long as memory goes on. */
static void memory_is_given_out(struct kunit *test)
{
	struct page **pages = iomd_kunit_scattered_pages(test, 3);
	u8 *memory = iomd_kunit_vmap(test, pages, 3);
	struct iomd_desc *desc = iomd_kunit_kernel_desc(test, memory + 100, 2 * PAGE_SIZE, BOTH);
	struct iomd_desc *unprepared = iomd_kunit_of_kernel(test, memory, PAGE_SIZE, BOTH);
	struct bio_vec bvecs[3];
	struct sg_table table;
	u64 offset = 5;
	u32 nr = 2;

	KUNIT_ASSERT_EQ(test, iomd_desc_to_sg_table(desc, 5, 2 * PAGE_SIZE - 5, &table, GFP_KERNEL),
			0);
	KUNIT_EXPECT_EQ(test, table.orig_nents, 3U);
	KUNIT_EXPECT_EQ(test, sg_phys(table.sgl), page_to_phys(pages[0]) + 105);
	KUNIT_EXPECT_EQ(test, table.sgl->length, (u32)PAGE_SIZE - 105);
	KUNIT_EXPECT_EQ(test, sg_phys(sg_next(sg_next(table.sgl))), page_to_phys(pages[2]));
	KUNIT_EXPECT_EQ(test, sg_next(sg_next(table.sgl))->length, 100U);
	sg_free_table(&table);

	KUNIT_EXPECT_EQ(test, iomd_desc_to_bvecs(desc, &offset, 2 * PAGE_SIZE - 5, bvecs, &nr), 0);
	KUNIT_EXPECT_EQ(test, nr, 2U);
	KUNIT_EXPECT_EQ(test, offset, 2 * (u64)PAGE_SIZE - 100);
	KUNIT_EXPECT_PTR_EQ(test, bvecs[1].bv_page, pages[1]);
	KUNIT_EXPECT_EQ(test, bvecs[1].bv_len, (u32)PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, iomd_desc_to_bvecs(desc, &offset, 100, bvecs, &nr), 0);
	KUNIT_EXPECT_EQ(test, nr, 1U);
	KUNIT_EXPECT_EQ(test, bvecs[0].bv_len, 100U);

	KUNIT_EXPECT_EQ(test, iomd_desc_to_bvecs(desc, &offset, 1, bvecs, &nr), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_desc_to_sg_table(desc, 1, U64_MAX, &table, GFP_KERNEL), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_desc_to_sg_table(desc, 0, 0, &table, GFP_KERNEL), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_desc_to_sg_table(unprepared, 0, 1, &table, GFP_KERNEL), -EAGAIN);
}

/* A socket buffer as drivers find one, of @head bytes of @memory, and a page behind. */
static struct sk_buff *packet(struct kunit *test, u8 *memory, u32 head, struct page *page)
{
	struct sk_buff *skb = iomd_kunit_zalloc(test, sizeof(*skb));

	skb->head = memory;
	skb->data = memory + 16;
	skb_set_end_offset(skb, PAGE_SIZE / 2);
	skb->len = head;
	if (page) {
		__skb_fill_page_desc_noacc(skb_shinfo(skb), 0, page, 100, 50);
		skb_shinfo(skb)->nr_frags = 1;
		skb->len += 50;
		skb->data_len = 50;
	}
	return skb;
}

/* A packet is what is in its head, in its pages, and in what is chained to it. */
static void packets_are_described(struct kunit *test)
{
	struct page **pages = iomd_kunit_scattered_pages(test, 2);
	u8 *memory = iomd_kunit_zalloc(test, 2 * PAGE_SIZE), *bytes = iomd_kunit_zalloc(test, 200);
	struct sk_buff *skb = packet(test, memory, 70, pages[0]);
	struct sk_buff *chained = packet(test, memory + PAGE_SIZE, 0, pages[1]);
	struct iomd_desc *desc;

	skb_shinfo(skb)->frag_list = chained;
	iomd_kunit_fill(memory + 16, 70, 1);
	iomd_kunit_fill(page_address(pages[0]) + 100, 50, 2);
	iomd_kunit_fill(page_address(pages[1]) + 100, 50, 3);
	desc = iomd_kunit_desc(test, iomd_desc_with_skb(skb, IOMD_DIRECTION_OUT, NULL));
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(desc), 170ULL);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, IOMD_DIRECTION_NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 0, bytes, 170), 170ULL);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(bytes, 70, 1));
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(bytes + 70, 50, 2));
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(bytes + 120, 50, 3));
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, 75, NULL), page_to_phys(pages[0]) + 105);

	skb_shinfo(chained)->frag_list = skb;
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_with_skb(skb, IOMD_DIRECTION_OUT, NULL), -EOPNOTSUPP);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_with_skb(NULL, IOMD_DIRECTION_OUT, NULL), -EINVAL);
}

/* GMD-20: a length that wraps around does not lie in any number of pages */
static void lengths_do_not_wrap(struct kunit *test)
{
	struct page **pages = iomd_kunit_scattered_pages(test, 1);

	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_with_pages(pages, 1, 0, U64_MAX, BOTH, NULL),
			      -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_with_pages(pages, 1, 1, U64_MAX, BOTH, NULL),
			      -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_with_pages(pages, 1, 1, PAGE_SIZE, BOTH, NULL),
			      -EINVAL);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(pages_are_described, page_part_gen_params),
	KUNIT_CASE(pages_may_be_read_only),
	KUNIT_CASE(neighbours_are_one_piece),
	KUNIT_CASE_PARAM(page_lists_by_options, list_gen_params),
	KUNIT_CASE(bvecs_are_described),
	KUNIT_CASE(bvecs_may_be_long),
	KUNIT_CASE(scatterlists_are_described),
	KUNIT_CASE(iterators_over_kernel_memory),
	KUNIT_CASE(iterators_over_bvecs),
	KUNIT_CASE(iterators_over_user_memory),
	KUNIT_CASE(iterators_pin_when_prepared),
	KUNIT_CASE(refuses_some_iterators),
	KUNIT_CASE(sources_have_mappers),
	KUNIT_CASE(survives_failing_allocations),
	KUNIT_CASE(other_forms_survive_too),
	KUNIT_CASE(memory_is_given_out),
	KUNIT_CASE(packets_are_described),
	KUNIT_CASE(lengths_do_not_wrap),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_sources",
	.suite_init = iomd_kunit_suite_init,
	.suite_exit = iomd_kunit_suite_exit,
	.init = init,
	.test_cases = cases,
};

kunit_test_suite(suite);
