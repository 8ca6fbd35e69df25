// SPDX-License-Identifier: GPL-2.0-only
/*
 * The run list, against an array that says the same.
 */
#include "iomd_kunit.h"

/* Nothing of it is exported; this is a copy of its own. */
#include "../iomd/runs.c"

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

	KUNIT_ASSERT_EQ(test, runs->nr, fixture->nr);
	KUNIT_EXPECT_EQ(test, runs->length, fixture->length);
	KUNIT_EXPECT_EQ(test, runs->highest, fixture->highest);
	KUNIT_EXPECT_GE(test, runs->capacity, runs->nr);
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
	KUNIT_EXPECT_EQ(test, runs->nr, 1U);
	KUNIT_EXPECT_EQ(test, iomd_runs_at(runs, 0)->phys, 0x1800ULL);
	KUNIT_EXPECT_EQ(test, iomd_runs_at(runs, 0)->end, 0x1810ULL);

	/* In front, overlapping and a gap: none of these continues it. */
	KUNIT_EXPECT_EQ(test, iomd_runs_add(runs, 0x1000, 0x800), 0);
	KUNIT_EXPECT_EQ(test, iomd_runs_add(runs, 0x1400, 0x800), 0);
	KUNIT_EXPECT_EQ(test, iomd_runs_add(runs, 0x1c01, 0x800), 0);
	KUNIT_EXPECT_EQ(test, runs->nr, 4U);

	iomd_runs_break(runs);
	KUNIT_EXPECT_EQ(test, iomd_runs_add(runs, 0x2401, 0xf), 0);
	KUNIT_EXPECT_EQ(test, runs->nr, 5U);
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
	{ "all local", 8 },
	{ "first chunk allocated", 9 },
	{ "first chunk at its first size", 64 },
	{ "first chunk grown", 65 },
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
static const u32 full_at[] = { 8, 64, 256, 512, 16 * 256 };

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
		if (!err && full_at[i] == 16 * 256)
			continue;
		KUNIT_EXPECT_EQ(test, err, -ENOMEM);
		expect_rows(test);
		KUNIT_EXPECT_EQ(test, iomd_runs_add(&fixture->runs, 0x123456789000, 0x1000), 0);
		KUNIT_EXPECT_EQ(test, fixture->runs.nr, full_at[i] + 1);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(starts_empty),
	KUNIT_CASE(merges_what_continues),
	KUNIT_CASE(highest_is_of_all_runs),
	KUNIT_CASE_PARAM(grows_and_finds, size_gen_params),
	KUNIT_CASE(failed_growth_changes_nothing),
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
