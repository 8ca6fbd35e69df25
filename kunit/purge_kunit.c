// SPDX-License-Identifier: GPL-2.0-only
/*
 * The order in which volatile memory goes, over files that only count.
 */
#include "iomd_kunit.h"

/* Nothing of it is exported; this is a copy of its own, which no shrinker calls. */
#include "../iomd/purge.c"

#define VOLATILE	IOMD_PURGEABLE_VOLATILE
#define NON_VOLATILE	IOMD_PURGEABLE_NON_VOLATILE
#define EMPTY		IOMD_PURGEABLE_EMPTY
#define KEEP_CURRENT	IOMD_PURGEABLE_KEEP_CURRENT
#define GROUP(n)	IOMD_PURGEABLE_VOLATILE_GROUP(n)
#define LAST_IN_FIRST	IOMD_PURGEABLE_BEHAVIOR_LIFO
#define OBSOLETE	IOMD_PURGEABLE_ORDERING_OBSOLETE

#define FILE_PAGES	10

/* Takes the place of a file: nobody looks into one here. */
static bool is_resident[8];

static bool *stand_in(struct file *file)
{
	return (bool *)file;
}

unsigned long iomd_shmem_resident(struct file *file)
{
	return *stand_in(file) ? FILE_PAGES : 0;
}

bool iomd_shmem_is_empty(struct file *file)
{
	return !*stand_in(file);
}

void iomd_shmem_discard(struct file *file)
{
	*stand_in(file) = false;
}

struct order {
	const char *name;
	u32 nr;
	u32 modifiers[ARRAY_SIZE(is_resident)];		/* in the order they are given, and */
	u32 goes[ARRAY_SIZE(is_resident)];		/* in which these go, by index */
};

static const struct order orders[] = {
	{ "first in, first out", 3, { GROUP(0), GROUP(0), GROUP(0) }, { 0, 1, 2 } },
	{ "last in, first out", 3, { LAST_IN_FIRST, LAST_IN_FIRST, LAST_IN_FIRST }, { 2, 1, 0 } },
	{ "lower groups first", 3, { GROUP(7), GROUP(0), GROUP(3) }, { 1, 2, 0 } },
	{ "last in of its group", 3, { GROUP(3), GROUP(1), GROUP(3) | LAST_IN_FIRST },
	  { 1, 2, 0 } },
	{ "obsolete before groups", 3, { GROUP(0), GROUP(1), GROUP(7) | OBSOLETE }, { 2, 0, 1 } },
	{ "obsolete among themselves", 3, { OBSOLETE | GROUP(1), OBSOLETE, GROUP(0) },
	  { 1, 0, 2 } },
	{ "all of it", 5,
	  { GROUP(3), GROUP(0), GROUP(0), GROUP(0) | LAST_IN_FIRST, GROUP(7) | OBSOLETE },
	  { 4, 3, 1, 2, 0 } },
};

static void order_name(const struct order *order, char *name)
{
	strscpy(name, order->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(order, orders, order_name);

/* CON-8 MD-65: one after the other, as the modifiers say, and no more than is asked for */
static void goes_in_order(struct kunit *test)
{
	const struct order *order = test->param_value;
	struct iomd_purgeable purgeable[ARRAY_SIZE(is_resident)];
	u32 i, j;

	for (i = 0; i < order->nr; i++) {
		is_resident[i] = true;
		iomd_purgeable_open(&purgeable[i], (struct file *)&is_resident[i]);
		KUNIT_EXPECT_EQ(test, iomd_purgeable_set_state(&purgeable[i],
							       VOLATILE | order->modifiers[i]),
				NON_VOLATILE);
	}
	for (i = 0; i < order->nr; i++) {
		KUNIT_EXPECT_EQ(test, purge_count(), (order->nr - i) * (unsigned long)FILE_PAGES);
		KUNIT_EXPECT_EQ(test, purge_scan(1), (unsigned long)FILE_PAGES);
		for (j = 0; j < order->nr; j++)
			KUNIT_EXPECT_EQ(test, is_resident[order->goes[j]], j > i);
	}
	KUNIT_EXPECT_EQ(test, purge_scan(1), 0UL);
	for (i = 0; i < order->nr; i++) {
		KUNIT_EXPECT_EQ(test, iomd_purgeable_set_state(&purgeable[i], KEEP_CURRENT), EMPTY);
		iomd_purgeable_close(&purgeable[i]);
	}
}

/* CON-8: other modifiers put it elsewhere, also while it is volatile */
static void may_change_places(struct kunit *test)
{
	struct iomd_purgeable purgeable[2];
	u32 i;

	for (i = 0; i < 2; i++) {
		is_resident[i] = true;
		iomd_purgeable_open(&purgeable[i], (struct file *)&is_resident[i]);
		iomd_purgeable_set_state(&purgeable[i], VOLATILE);
	}
	KUNIT_EXPECT_EQ(test, iomd_purgeable_set_state(&purgeable[0], VOLATILE | GROUP(2)),
			VOLATILE);
	KUNIT_EXPECT_EQ(test, purge_scan(1), (unsigned long)FILE_PAGES);
	KUNIT_EXPECT_TRUE(test, is_resident[0]);
	KUNIT_EXPECT_FALSE(test, is_resident[1]);
	for (i = 0; i < 2; i++)
		iomd_purgeable_close(&purgeable[i]);
	KUNIT_EXPECT_EQ(test, purge_count(), 0UL);
}

/* MD-65: what is used stays where it is, and the next goes in its place */
static void leaves_out_what_is_used(struct kunit *test)
{
	struct iomd_purgeable purgeable[2];
	u32 i;

	for (i = 0; i < 2; i++) {
		is_resident[i] = true;
		iomd_purgeable_open(&purgeable[i], (struct file *)&is_resident[i]);
		iomd_purgeable_set_state(&purgeable[i], VOLATILE);
	}
	iomd_purgeable_use(&purgeable[0]);
	KUNIT_EXPECT_EQ(test, purge_count(), (unsigned long)FILE_PAGES);
	KUNIT_EXPECT_EQ(test, purge_scan(ULONG_MAX), (unsigned long)FILE_PAGES);
	KUNIT_EXPECT_TRUE(test, is_resident[0]);
	KUNIT_EXPECT_FALSE(test, is_resident[1]);
	iomd_purgeable_unuse(&purgeable[0]);
	KUNIT_EXPECT_EQ(test, purge_scan(1), (unsigned long)FILE_PAGES);
	KUNIT_EXPECT_FALSE(test, is_resident[0]);
	for (i = 0; i < 2; i++)
		iomd_purgeable_close(&purgeable[i]);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(goes_in_order, order_gen_params),
	KUNIT_CASE(may_change_places),
	KUNIT_CASE(leaves_out_what_is_used),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_purge",
	.suite_init = iomd_kunit_suite_init,
	.suite_exit = iomd_kunit_suite_exit,
	.init = iomd_kunit_init,
	.test_cases = cases,
};

kunit_test_suite(suite);
