// SPDX-License-Identifier: GPL-2.0-only
/*
 * The run list, against an array that says the same.
 */
#include <linux/io.h>

#include "iomd_kunit.h"

/* Nothing of it is exported; this is a copy of its own. */
#include "../iomd/runs.c"
#include "../iomd/mapping.h"

static_assert(IOMD_KUNIT_MANY > IOMD_RUNS_LOCAL && IOMD_KUNIT_MANY > IOMD_MAPPING_LOCAL);

/* What a list must say: a run is a row, and nothing is merged. */
struct row {
	u64 phys;
	u64 start;
	u64 length;
};

struct fixture {
	struct iomd_runs runs;
	struct row *rows;
	u32 nr;
	u64 length;
	u64 highest;
};

static void undo_runs(void *data)
{
	struct fixture *fixture = data;

	iomd_runs_free(&fixture->runs);
}

static int init(struct kunit *test)
{
	struct fixture *fixture = iomd_kunit_zalloc(test, sizeof(*fixture));

	iomd_runs_init(&fixture->runs);
	iomd_kunit_defer(test, undo_runs, fixture);
	test->priv = fixture;
	return iomd_kunit_init(test);
}

/* A list of @nr runs that do not continue each other. */
static void build(struct kunit *test, struct rnd_state *random, u32 nr)
{
	struct fixture *fixture = test->priv;

	fixture->rows = iomd_kunit_zalloc(test, array_size(nr, sizeof(*fixture->rows)));
	for (fixture->nr = 0; fixture->nr < nr; fixture->nr++) {
		struct row *row = &fixture->rows[fixture->nr];

		row->phys = (u64)prandom_u32_state(random) << 16 | 1 << 12;
		if (fixture->nr && row->phys == row[-1].phys + row[-1].length)
			row->phys += PAGE_SIZE;
		row->length = 1 + iomd_kunit_below(random, 20000);
		row->start = fixture->length;
		fixture->length += row->length;
		fixture->highest = max(fixture->highest, row->phys + row->length);
		KUNIT_ASSERT_EQ(test, iomd_runs_add(&fixture->runs, row->phys, row->length), 0);
	}
}

static void expect_rows(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	const struct iomd_runs *runs = &fixture->runs;
	u32 i, wrong = 0;

	KUNIT_ASSERT_EQ(test, iomd_runs_count(runs), fixture->nr);
	KUNIT_EXPECT_EQ(test, runs->length, fixture->length);
	KUNIT_EXPECT_EQ(test, runs->highest, fixture->highest);
	KUNIT_EXPECT_GE(test, runs->capacity, iomd_runs_count(runs));
	for (i = 0; i < fixture->nr; i++) {
		const struct row *row = &fixture->rows[i];

		if (iomd_runs_at(runs, i)->phys != row->phys ||
		    iomd_runs_start(runs, i) != row->start ||
		    iomd_runs_at(runs, i)->end != row->start + row->length)
			wrong++;
	}
	KUNIT_EXPECT_EQ(test, wrong, 0U);
}

static void starts_empty(struct kunit *test)
{
	struct fixture *fixture = test->priv;

	expect_rows(test);
	KUNIT_EXPECT_EQ(test, fixture->runs.capacity, (u32)IOMD_RUNS_LOCAL);
	KUNIT_EXPECT_PTR_EQ(test, &fixture->runs.first[0], &fixture->runs.local[0]);
}

/* GMD-54: what continues the last run extends it, unless something broke it off */
static void merges_what_continues(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_runs *runs = &fixture->runs;

	KUNIT_EXPECT_EQ(test, iomd_runs_add(runs, 0x1800, 0x800), 0);
	KUNIT_EXPECT_EQ(test, iomd_runs_add(runs, 0x2000, 0x1000), 0);
	KUNIT_EXPECT_EQ(test, iomd_runs_add(runs, 0x3000, 0x10), 0);
	KUNIT_EXPECT_EQ(test, iomd_runs_count(runs), 1U);
	KUNIT_EXPECT_EQ(test, iomd_runs_at(runs, 0)->phys, 0x1800ULL);
	KUNIT_EXPECT_EQ(test, iomd_runs_at(runs, 0)->end, 0x1810ULL);

	/* In front, overlapping and a gap: none of these continues it. */
	KUNIT_EXPECT_EQ(test, iomd_runs_add(runs, 0x1000, 0x800), 0);
	KUNIT_EXPECT_EQ(test, iomd_runs_add(runs, 0x1400, 0x800), 0);
	KUNIT_EXPECT_EQ(test, iomd_runs_add(runs, 0x1c01, 0x800), 0);
	KUNIT_EXPECT_EQ(test, iomd_runs_count(runs), 4U);

	iomd_runs_break(runs);
	KUNIT_EXPECT_EQ(test, iomd_runs_add(runs, 0x2401, 0xf), 0);
	KUNIT_EXPECT_EQ(test, iomd_runs_count(runs), 5U);
	KUNIT_EXPECT_EQ(test, runs->length, 0x1810ULL + 3 * 0x800 + 0xf);
}

static void highest_is_of_all_runs(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_runs *runs = &fixture->runs;

	KUNIT_EXPECT_EQ(test, iomd_runs_add(runs, 0x5000, 0x1000), 0);
	KUNIT_EXPECT_EQ(test, runs->highest, 0x6000ULL);
	KUNIT_EXPECT_EQ(test, iomd_runs_add(runs, 0x1000, 0x1000), 0);
	KUNIT_EXPECT_EQ(test, runs->highest, 0x6000ULL);
	KUNIT_EXPECT_EQ(test, iomd_runs_add(runs, 0xfffffffff000, 0x1000), 0);
	KUNIT_EXPECT_EQ(test, runs->highest, 0x1000000000000ULL);
}

struct size {
	const char *name;
	u32 nr;
};

static const struct size sizes[] = {
	{ "one", 1 },
	{ "all local", IOMD_RUNS_LOCAL },
	{ "first chunk allocated", IOMD_RUNS_LOCAL + 1 },
	{ "first chunk at its first size", FIRST_CHUNK },
	{ "first chunk grown", FIRST_CHUNK + 1 },
	{ "first chunk full", 256 },
	{ "a second chunk", 257 },
	{ "directory full", 16 * 256 },
	{ "directory grown", 16 * 256 + 1 },
	{ "many", 100000 },
};

static void size_name(const struct size *size, char *name)
{
	strscpy(name, size->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(size, sizes, size_name);

/* Offsets at both ends of a run and in between, from hints that are right or not. */
static u32 count_wrong_finds(struct kunit *test, u32 index, u32 hint)
{
	struct fixture *fixture = test->priv;
	const struct row *row = &fixture->rows[index];

	return (iomd_runs_find(&fixture->runs, row->start, hint) != index) +
	       (iomd_runs_find(&fixture->runs, row->start + row->length / 2, hint) != index) +
	       (iomd_runs_find(&fixture->runs, row->start + row->length - 1, hint) != index);
}

static void grows_and_finds(struct kunit *test)
{
	const struct size *size = test->param_value;
	struct fixture *fixture = test->priv;
	u32 i, nr = size->nr, wrong = 0;
	struct rnd_state random;

	iomd_kunit_seed(test, &random);
	build(test, &random, nr);
	expect_rows(test);

	for (i = 0; i < nr; i++)
		wrong += count_wrong_finds(test, i, i ? i - 1 : 0);
	KUNIT_EXPECT_EQ_MSG(test, wrong, 0U, "forward");
	for (i = nr; i--;)
		wrong += count_wrong_finds(test, i, i + 1);
	KUNIT_EXPECT_EQ_MSG(test, wrong, 0U, "backward");
	for (i = 0; i < min(nr, 20000U); i++)
		wrong += count_wrong_finds(test, iomd_kunit_below(&random, nr),
					   iomd_kunit_below(&random, nr + 2));
	KUNIT_EXPECT_EQ_MSG(test, wrong, 0U, "at random");

	iomd_runs_free(&fixture->runs);
	fixture->nr = 0;
	fixture->length = 0;
	fixture->highest = 0;
	expect_rows(test);
	build(test, &random, nr);
	expect_rows(test);
}

/* Numbers of runs after which the list has to allocate. */
static const u32 full_at[] = {
	IOMD_RUNS_LOCAL, FIRST_CHUNK, IOMD_RUNS_CHUNK, 2 * IOMD_RUNS_CHUNK, 16 * IOMD_RUNS_CHUNK,
};

static void failed_growth_changes_nothing(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct rnd_state random;
	u32 i;

	iomd_kunit_seed(test, &random);
	for (i = 0; i < ARRAY_SIZE(full_at); i++) {
		int err, left;

		iomd_runs_free(&fixture->runs);
		fixture->length = 0;
		fixture->highest = 0;
		build(test, &random, full_at[i]);

		current->fail_nth = 1;
		err = iomd_runs_add(&fixture->runs, 0x123456789000, 0x1000);
		left = current->fail_nth;
		current->fail_nth = 0;

		KUNIT_EXPECT_EQ_MSG(test, left, 0, "nothing was allocated at %u", full_at[i]);
		/* The directory may come from vmalloc instead. */
		if (!err && full_at[i] == 16 * IOMD_RUNS_CHUNK)
			continue;
		KUNIT_EXPECT_EQ(test, err, -ENOMEM);
		expect_rows(test);
		KUNIT_EXPECT_EQ(test, iomd_runs_add(&fixture->runs, 0x123456789000, 0x1000), 0);
		KUNIT_EXPECT_EQ(test, iomd_runs_count(&fixture->runs), full_at[i] + 1);
	}
}

/*
 * Pages.
 */

#define MAX_ROWS	8192
#define MAX_BATCH	256

/* Page frames that are there; nobody looks into them. */
#define FIRST_PFN	0x1000UL
#define LAST_PFN	0x8000UL

/* Pages to be appended, and where the last of all was. */
struct batch {
	struct page *pages[MAX_BATCH];
	u32 nr;
	unsigned long pfn;
};

/* Forget all runs. */
static void start_over(struct kunit *test)
{
	struct fixture *fixture = test->priv;

	iomd_runs_free(&fixture->runs);
	if (!fixture->rows)
		fixture->rows = iomd_kunit_zalloc(test, MAX_ROWS * sizeof(*fixture->rows));
	fixture->nr = 0;
	fixture->length = 0;
	fixture->highest = 0;
}

/* @nr pages beside each other. They go on where the last one was, or somewhere else. */
static void add_stretch(struct batch *batch, u32 nr, bool goes_on)
{
	if (!goes_on)
		batch->pfn += 2;
	if (batch->pfn < FIRST_PFN || batch->pfn + nr > LAST_PFN)
		batch->pfn = FIRST_PFN;
	while (nr--)
		batch->pages[batch->nr++] = pfn_to_page(++batch->pfn);
}

static void add_stretches(struct batch *batch, u32 count, u32 nr)
{
	while (count--)
		add_stretch(batch, nr, false);
}

/* What a page of the batch is to become: more of the last row, or one of its own. */
static void add_row(struct fixture *fixture, u64 phys, u64 length, bool may_go_on)
{
	struct row *row = &fixture->rows[fixture->nr];

	if (may_go_on && fixture->nr && row[-1].phys + row[-1].length == phys)
		row[-1].length += length;
	else
		fixture->rows[fixture->nr++] = (struct row) { phys, fixture->length, length };
	fixture->length += length;
	/* That there are parts of pages is not told of here. */
	fixture->highest = max(fixture->highest, PAGE_ALIGN(phys + length));
}

static void add_rows(struct fixture *fixture, const struct batch *batch, u32 nr, u32 skip,
		     u64 length)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		u32 offset = i ? 0 : skip;
		u64 part = min_t(u64, PAGE_SIZE - offset, length);

		add_row(fixture, page_to_phys(batch->pages[i]) + offset, part, !offset);
		length -= part;
	}
}

/* Append them, without the first @skip bytes of the first and the last @cut of the last. */
static void append_parts(struct kunit *test, struct batch *batch, u32 skip, u32 cut)
{
	u64 length = (u64)batch->nr * PAGE_SIZE - skip - cut;
	struct fixture *fixture = test->priv;

	add_rows(fixture, batch, batch->nr, skip, length);
	KUNIT_ASSERT_LE(test, fixture->nr, (u32)MAX_ROWS - MAX_BATCH);
	KUNIT_EXPECT_EQ(test, iomd_runs_add_pages(&fixture->runs, batch->pages, batch->nr, skip,
						  length), (long)batch->nr);
	batch->nr = 0;
}

static void append(struct kunit *test, struct batch *batch)
{
	append_parts(test, batch, 0, 0);
	expect_rows(test);
}

/* Numbers of runs at which a chunk ends. */
static const u32 chunk_ends[] = {
	IOMD_RUNS_LOCAL, FIRST_CHUNK, IOMD_RUNS_CHUNK, 2 * IOMD_RUNS_CHUNK, 3 * IOMD_RUNS_CHUNK,
};

/* Runs up to @room before the end of a chunk. The batch ends in the middle of it. */
static void fill_up_to(struct kunit *test, struct batch *batch, u32 end, u32 room)
{
	struct fixture *fixture = test->priv;

	start_over(test);
	while (fixture->nr < end - room) {
		add_stretches(batch, min_t(u32, end - room - fixture->nr, MAX_BATCH), 1);
		append(test, batch);
	}
}

/*
 * GMD-54: of pages some lie beside each other and some do not, and wherever that leaves a
 * batch in a chunk, before its end, right there or beyond, the list is the same as of one
 * page after the other
 */
static void pages_come_in_batches(struct kunit *test)
{
	struct batch *batch = iomd_kunit_zalloc(test, sizeof(*batch));
	struct fixture *fixture = test->priv;
	u32 i, nr;

	for (i = 0; i < ARRAY_SIZE(chunk_ends); i++) {
		u32 end = chunk_ends[i];

		/* Exactly as many as there is room for; what goes on needs no more. */
		fill_up_to(test, batch, end, 3);
		add_stretches(batch, 3, 1);
		append(test, batch);
		KUNIT_EXPECT_EQ(test, fixture->runs.capacity, end);
		add_stretch(batch, 9, true);
		append(test, batch);
		KUNIT_EXPECT_EQ(test, fixture->runs.capacity, end);
		add_stretches(batch, 5, 2);
		append(test, batch);

		/* More pages than that, but not more runs. */
		fill_up_to(test, batch, end, 3);
		add_stretches(batch, 2, 4);
		append(test, batch);
		KUNIT_EXPECT_EQ(test, iomd_runs_count(&fixture->runs), end - 1);
		KUNIT_EXPECT_EQ(test, fixture->runs.capacity, end);
		add_stretch(batch, 20, false);
		append(test, batch);
		KUNIT_EXPECT_EQ(test, fixture->runs.capacity, end);
		add_stretch(batch, 1, false);
		append(test, batch);

		/* Stretches on both sides of the end, and one that comes to lie there. */
		for (nr = 1; nr <= 12; nr++) {
			fill_up_to(test, batch, end, 5);
			add_stretch(batch, nr, true);
			add_stretches(batch, 4, 1);
			add_stretch(batch, nr, false);
			add_stretch(batch, nr, false);
			add_stretches(batch, 3, 1);
			append(test, batch);
		}
	}
}

/* GMD-54: the same, whatever comes; the first and the last page may be meant in part */
static void pages_come_as_they_are(struct kunit *test)
{
	struct batch *batch = iomd_kunit_zalloc(test, sizeof(*batch));
	struct rnd_state random;
	u32 i;

	iomd_kunit_seed(test, &random);
	start_over(test);
	for (i = 0; i < 400; i++) {
		u32 stretches = 1 + iomd_kunit_below(&random, 16);
		u32 skip = 0, cut = 0;

		/* Beside the last page, or the same once more. */
		if (batch->pfn && !iomd_kunit_below(&random, 8))
			batch->pfn--;
		while (stretches--)
			add_stretch(batch, 1 + (iomd_kunit_below(&random, 2) ? 0 :
						iomd_kunit_below(&random, 15)),
				    !iomd_kunit_below(&random, 4));
		if (!iomd_kunit_below(&random, 4))
			skip = iomd_kunit_below(&random, 2) * 0x100;
		if (!iomd_kunit_below(&random, 4))
			cut = PAGE_SIZE - (1 + iomd_kunit_below(&random, 2)) * 0x100;
		if (skip + cut >= PAGE_SIZE)
			skip = 0;
		append_parts(test, batch, skip, cut);
		if (i % 20 == 0)
			expect_rows(test);
	}
	expect_rows(test);
}

/* What was broken off and continues all the same is known, however it was added. */
static void joints_are_remembered(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_runs *runs = &fixture->runs;
	struct page *pages[3];
	u32 i;

	for (i = 0; i < ARRAY_SIZE(pages); i++)
		pages[i] = pfn_to_page(FIRST_PFN + i);
	KUNIT_EXPECT_EQ(test, iomd_runs_add_pages(runs, pages, 2, 0, 2 * PAGE_SIZE), 2L);
	KUNIT_EXPECT_EQ(test, iomd_runs_add_pages(runs, pages + 2, 1, 0, PAGE_SIZE), 1L);
	KUNIT_EXPECT_EQ(test, iomd_runs_count(runs), 1U);
	KUNIT_EXPECT_FALSE(test, runs->has_joints);

	iomd_runs_free(runs);
	KUNIT_EXPECT_EQ(test, iomd_runs_add_pages(runs, pages, 2, 0, 2 * PAGE_SIZE), 2L);
	iomd_runs_break(runs);
	iomd_runs_break(runs);
	KUNIT_EXPECT_EQ(test, iomd_runs_add_pages(runs, pages + 2, 1, 0, PAGE_SIZE), 1L);
	KUNIT_EXPECT_EQ(test, iomd_runs_count(runs), 2U);
	KUNIT_EXPECT_TRUE(test, runs->has_joints);

	iomd_runs_free(runs);
	KUNIT_EXPECT_FALSE(test, runs->has_joints);
	KUNIT_EXPECT_EQ(test, iomd_runs_add(runs, 0x1000, 0x1000), 0);
	iomd_runs_break(runs);
	KUNIT_EXPECT_EQ(test, iomd_runs_add(runs, 0x2000, 0x1000), 0);
	KUNIT_EXPECT_TRUE(test, runs->has_joints);
	fixture->nr = 0;
	iomd_runs_free(runs);
}

/* Of pages that there is no memory for, those are appended that there is room for. */
static void failed_growth_leaves_pages(struct kunit *test)
{
	struct batch *batch = iomd_kunit_zalloc(test, sizeof(*batch));
	struct fixture *fixture = test->priv;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(chunk_ends); i++) {
		u64 length;
		long added;

		fill_up_to(test, batch, chunk_ends[i], 2);
		add_stretches(batch, 4, 3);
		length = batch->nr * PAGE_SIZE - 0x200;
		current->fail_nth = 1;
		added = iomd_runs_add_pages(&fixture->runs, batch->pages, batch->nr, 0x100, length);
		current->fail_nth = 0;
		KUNIT_ASSERT_EQ(test, added, 6L);
		add_rows(fixture, batch, 6, 0x100, length);
		expect_rows(test);

		memmove(batch->pages, batch->pages + 6, 6 * sizeof(batch->pages[0]));
		batch->nr = 6;
		append(test, batch);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(starts_empty),
	KUNIT_CASE(merges_what_continues),
	KUNIT_CASE(highest_is_of_all_runs),
	KUNIT_CASE_PARAM(grows_and_finds, size_gen_params),
	KUNIT_CASE(failed_growth_changes_nothing),
	KUNIT_CASE(joints_are_remembered),
	KUNIT_CASE(pages_come_in_batches),
	KUNIT_CASE(pages_come_as_they_are),
	KUNIT_CASE(failed_growth_leaves_pages),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_runs",
	.suite_init = iomd_kunit_suite_init,
	.suite_exit = iomd_kunit_suite_exit,
	.init = init,
	.test_cases = cases,
};

kunit_test_suite(suite);
