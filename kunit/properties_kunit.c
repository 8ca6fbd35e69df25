// SPDX-License-Identifier: GPL-2.0-only
/*
 * What descriptors carry for others, and what can be done to them as a whole.
 */
#include <linux/slab.h>

#include "compose.h"

#define IN		IOMD_DIRECTION_IN
#define OUT		IOMD_DIRECTION_OUT
#define BOTH		IOMD_DIRECTION_OUT_IN
#define NONE		IOMD_DIRECTION_NONE

#define VOLATILE	IOMD_PURGEABLE_VOLATILE

#define FLUSH		IOMD_MEMORY_INCOHERENT_IO_FLUSH
#define STORE		IOMD_MEMORY_INCOHERENT_IO_STORE

/* One of each kind. */
enum kind {
	KERNEL,
	PROCESS,
	PHYSICAL,
	REMOTE,
	BUFFER,
	PAGEABLE,
	PURGEABLE,
	MULTI,
	SUB,
	INTERLEAVED,
	NR_KINDS,
};

struct kinds {
	u8 *memory;
	struct iomd_desc *desc[NR_KINDS];
};

static int init(struct kunit *test)
{
	struct kinds *kinds;
	int err = iomd_kunit_init(test);
	struct iomd_desc **desc;

	if (err)
		return err;
	kinds = iomd_kunit_zalloc(test, sizeof(*kinds));
	kinds->memory = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, kinds->memory);
	desc = kinds->desc;
	desc[KERNEL] = iomd_kunit_of_kernel(test, kinds->memory, 16, BOTH);
	desc[PROCESS] = iomd_kunit_of_process(test, 0x1000, 16, BOTH);
	desc[PHYSICAL] = iomd_kunit_desc(test, iomd_desc_with_physical_address(0x1000, 16, BOTH));
	desc[REMOTE] = iomd_desc_with_address_range(0x1000, 16, BOTH | IOMD_MEMORY_REMOTE, NULL);
	iomd_kunit_desc(test, desc[REMOTE]);
	desc[BUFFER] = iomd_buffer_desc(iomd_kunit_buffer(test, iomd_buffer_with_options(BOTH, 16,
											 1)));
	desc[PAGEABLE] = iomd_buffer_desc(iomd_kunit_pageable(test, 16, 0));
	desc[PURGEABLE] = iomd_buffer_desc(iomd_kunit_pageable(test, 16, IOMD_BUFFER_PURGEABLE));
	desc[MULTI] = iomd_kunit_multi(test, &desc[KERNEL], 1, BOTH);
	desc[SUB] = iomd_kunit_sub(test, desc[KERNEL], 0, 16, BOTH);
	desc[INTERLEAVED] = iomd_kunit_interleaved(test, 1, BOTH);
	test->priv = kinds;
	return 0;
}

/*
 * Words that are stored.
 */

struct tags {
	u32 kernel;
	u32 user;
	u32 kernel_expected;
	u32 user_expected;
};

/* MD-26 OBJ-35 OBJ-36 OBJ-37: two tags, of 16 bits, with defaults, that change nothing else */
static void vm_tags_are_stored(struct kunit *test)
{
	static const struct tags tags[] = {
		{ 3, 21, 3, 21 }, { 0, 0, 3, 21 }, { 0x12345, 0, 0x2345, 21 }, { 0, 7, 3, 7 },
		{ 0x10000, 0x20000, 3, 21 }, { 0xffff, 0xabcd1234, 0xffff, 0x1234 },
	};
	struct kinds *kinds = test->priv;
	u32 i, k;

	for (i = 0; i < NR_KINDS; i++) {
		struct iomd_desc *desc = kinds->desc[i];
		u64 flags = iomd_desc_get_flags(desc), length = iomd_desc_get_length(desc);

		KUNIT_EXPECT_EQ(test, iomd_desc_get_vm_tag(desc, IOMD_KERNEL_TASK), 3U);
		KUNIT_EXPECT_EQ(test, iomd_desc_get_vm_tag(desc, iomd_kunit_mm), 21U);
		for (k = 0; k < ARRAY_SIZE(tags); k++) {
			iomd_desc_set_vm_tags(desc, tags[k].kernel, tags[k].user);
			KUNIT_EXPECT_EQ(test, iomd_desc_get_vm_tag(desc, IOMD_KERNEL_TASK),
					tags[k].kernel_expected);
			KUNIT_EXPECT_EQ(test, iomd_desc_get_vm_tag(desc, iomd_kunit_mm),
					tags[k].user_expected);
		}
		KUNIT_EXPECT_EQ(test, iomd_desc_get_tag(desc), 0U);
		KUNIT_EXPECT_EQ(test, iomd_desc_get_flags(desc), flags);
		KUNIT_EXPECT_EQ(test, iomd_desc_get_length(desc), length);
		if (i != PROCESS)
			KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	}
}

/* MD-25 MAPPER-92: a word for mappers, which preparing leaves alone */
static void mapper_options_are_stored(struct kunit *test)
{
	struct kinds *kinds = test->priv;
	u32 i;

	for (i = 0; i < NR_KINDS; i++) {
		struct iomd_desc *desc = kinds->desc[i];

		KUNIT_EXPECT_EQ(test, iomd_desc_get_mapper_options(desc), (u16)0);
		iomd_desc_set_mapper_options(desc, 0xa5c3);
		KUNIT_EXPECT_EQ(test, iomd_desc_get_mapper_options(desc), (u16)0xa5c3);
		if (i != PROCESS) {
			KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
			KUNIT_EXPECT_EQ(test, iomd_desc_get_mapper_options(desc), (u16)0xa5c3);
			KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
		}
		KUNIT_EXPECT_EQ(test, iomd_desc_get_mapper_options(desc), (u16)0xa5c3);
		iomd_desc_set_mapper_options(desc, 0);
		KUNIT_EXPECT_EQ(test, iomd_desc_get_mapper_options(desc), (u16)0);
	}
}

/* MD-22 GMD-28: describing something else keeps tags and context */
static void words_outlast_the_memory(struct kunit *test)
{
	struct kinds *kinds = test->priv;
	const struct iomd_range range = { (unsigned long)kinds->memory, 8 };
	struct iomd_desc *desc = kinds->desc[KERNEL];
	struct iomd_kunit_witness witness;

	iomd_desc_set_tag(desc, 1);
	iomd_desc_set_vm_tags(desc, 2, 3);
	iomd_kunit_watch(&witness, desc);
	KUNIT_ASSERT_EQ(test, iomd_desc_init_with_options(desc, &range, 1, 0, IOMD_KERNEL_TASK,
							  IOMD_MEMORY_TYPE_VIRTUAL | IN, NULL), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_tag(desc), 1U);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_vm_tag(desc, IOMD_KERNEL_TASK), 2U);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_vm_tag(desc, iomd_kunit_mm), 3U);
	KUNIT_EXPECT_FALSE(test, witness.is_gone);
	iomd_desc_set_context(desc, NULL);
	KUNIT_EXPECT_TRUE(test, witness.is_gone);
}

/* MD-59: every descriptor has a number of its own, once somebody asks for it */
static void descriptor_ids_are_unique(struct kunit *test)
{
	struct kinds *kinds = test->priv;
	u64 id[NR_KINDS];
	u32 i, k;

	for (i = 0; i < NR_KINDS; i++) {
		id[i] = iomd_desc_get_descriptor_id(kinds->desc[i]);
		KUNIT_EXPECT_GE(test, id[i], 1ULL);
		KUNIT_EXPECT_LT(test, id[i], 1ULL << 32);
		for (k = 0; k < i; k++)
			KUNIT_EXPECT_NE(test, id[k], id[i]);
	}
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(kinds->desc[KERNEL], NONE), 0);
	for (i = 0; i < NR_KINDS; i++)
		KUNIT_EXPECT_EQ(test, iomd_desc_get_descriptor_id(kinds->desc[i]), id[i]);
}

/* MD-57 MD-58: without a better answer, what was stored; or that there never was anything */
static void stored_preparation_id_is_the_answer(struct kunit *test)
{
	struct iomd_kunit_witness witness;
	struct iomd_desc *desc[4];
	u64 id;
	u32 i;

	for (i = 0; i < 4; i++) {
		desc[i] = iomd_kunit_interleaved(test, 1, BOTH);
		iomd_desc_set_tag(desc[i], 1);
		iomd_desc_set_vm_tags(desc[i], 1, 1);
		iomd_desc_set_mapper_options(desc[i], 1);
		iomd_desc_set_context(desc[i], NULL);
		KUNIT_EXPECT_EQ(test, iomd_desc_get_preparation_id(desc[i]),
				IOMD_PREPARATION_ID_UNSUPPORTED);
	}
	iomd_kunit_watch(&witness, desc[0]);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_preparation_id(desc[0]), 0ULL);
	iomd_desc_set_context(desc[0], NULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_preparation_id(desc[0]), 0ULL);
	iomd_desc_get_descriptor_id(desc[1]);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_preparation_id(desc[1]), 0ULL);

	iomd_desc_set_preparation_id(desc[2]);
	id = iomd_desc_get_preparation_id(desc[2]);
	KUNIT_EXPECT_GE(test, id, 1ULL << 32);
	iomd_desc_set_preparation_id(desc[2]);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_preparation_id(desc[2]), id);
	iomd_desc_set_preparation_id(desc[1]);
	KUNIT_EXPECT_GT(test, iomd_desc_get_preparation_id(desc[1]), id);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_preparation_id(desc[3]),
			IOMD_PREPARATION_ID_UNSUPPORTED);
}

/* MD-56 CON-9: nobody says "always", and no two say the same */
static void preparation_ids_are_unique(struct kunit *test)
{
	struct kinds *kinds = test->priv;
	u64 id[NR_KINDS];
	u32 i, k;

	for (i = 0; i < NR_KINDS; i++) {
		if (i != PROCESS)
			KUNIT_ASSERT_EQ(test, iomd_desc_prepare(kinds->desc[i], NONE), 0);
		id[i] = iomd_desc_get_preparation_id(kinds->desc[i]);
		KUNIT_EXPECT_NE(test, id[i], IOMD_PREPARATION_ID_ALWAYS_PREPARED);
		if (i == PROCESS || i == INTERLEAVED)
			continue;
		KUNIT_EXPECT_GE(test, id[i], 1ULL << 32);
		for (k = 0; k < i; k++)
			KUNIT_EXPECT_NE(test, id[k], id[i]);
	}
}

/*
 * The context.
 */

struct counted {
	struct iomd_context context;
	u32 released;
};

static void counted_release(struct kref *ref)
{
	container_of(ref, struct counted, context.ref)->released++;
}

static void counted_init(struct counted *counted)
{
	kref_init(&counted->context.ref);
	counted->context.release = counted_release;
	counted->released = 0;
}

static void counted_put(struct iomd_context *context)
{
	kref_put(&context->ref, context->release);
}

/* MD-27 MD-28 MD-31: it is held while it is kept, and by whoever has asked for it */
static void context_is_kept(struct kunit *test)
{
	struct kinds *kinds = test->priv;
	struct counted one, two;
	u32 i;

	for (i = 0; i < NR_KINDS; i++) {
		struct iomd_desc *desc = kinds->desc[i];

		counted_init(&one);
		counted_init(&two);
		KUNIT_EXPECT_PTR_EQ(test, iomd_desc_copy_context(desc), NULL);
		iomd_desc_set_context(desc, NULL);
		KUNIT_EXPECT_PTR_EQ(test, iomd_desc_copy_context(desc), NULL);

		iomd_desc_set_context(desc, &one.context);
		counted_put(&one.context);
		KUNIT_EXPECT_EQ(test, one.released, 0U);
		KUNIT_EXPECT_PTR_EQ(test, iomd_desc_copy_context(desc), &one.context);

		/* The same again, which nobody else holds but for the copy, and then nobody. */
		counted_put(&one.context);
		iomd_desc_set_context(desc, &one.context);
		KUNIT_EXPECT_EQ(test, one.released, 0U);

		KUNIT_ASSERT_PTR_EQ(test, iomd_desc_copy_context(desc), &one.context);
		iomd_desc_set_context(desc, &two.context);
		KUNIT_EXPECT_EQ(test, one.released, 0U);
		counted_put(&one.context);
		KUNIT_EXPECT_EQ(test, one.released, 1U);

		counted_put(&two.context);
		KUNIT_EXPECT_EQ(test, two.released, 0U);
		iomd_desc_set_context(desc, NULL);
		KUNIT_EXPECT_EQ(test, two.released, 1U);
		KUNIT_EXPECT_PTR_EQ(test, iomd_desc_copy_context(desc), NULL);
	}
}

/* MD-30: nothing is made of it, and it makes no difference, nor does what happens to memory */
static void context_is_nobody_elses(struct kunit *test)
{
	struct kinds *kinds = test->priv;
	struct iomd_buffer *buffer = iomd_buffer_from_desc(kinds->desc[BUFFER]);
	struct counted counted;
	u32 i;

	counted_init(&counted);
	for (i = 0; i < NR_KINDS; i++) {
		struct iomd_desc *desc = kinds->desc[i];
		u64 flags = iomd_desc_get_flags(desc), length = iomd_desc_get_length(desc);

		iomd_desc_set_context(desc, &counted.context);
		KUNIT_EXPECT_EQ(test, iomd_desc_get_flags(desc), flags);
		KUNIT_EXPECT_EQ(test, iomd_desc_get_length(desc), length);
		if (i != PROCESS) {
			KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
			KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
		}
		if (i == BUFFER)
			iomd_buffer_set_length(buffer, 1);
		KUNIT_EXPECT_PTR_EQ(test, iomd_desc_copy_context(desc), &counted.context);
		counted_put(&counted.context);
		iomd_desc_set_context(desc, NULL);
	}
	KUNIT_EXPECT_EQ(test, counted.released, 0U);
	counted_put(&counted.context);
	KUNIT_EXPECT_EQ(test, counted.released, 1U);
}

/* MD-29 MD-107: it is let go once, when the descriptor goes, numbers and all */
static void context_goes_with_the_descriptor(struct kunit *test)
{
	struct kinds *kinds = test->priv;
	struct iomd_desc *desc[4];
	struct counted counted;
	u32 i;

	desc[0] = iomd_desc_with_address(kinds->memory, 16, BOTH);
	desc[1] = iomd_multi_with_descriptors(kinds->desc, 1, BOTH, false);
	desc[2] = iomd_sub_with_sub_range(kinds->desc[KERNEL], 0, 1, BOTH);
	desc[3] = iomd_interleaved_with_capacity(1, BOTH);
	counted_init(&counted);
	for (i = 0; i < 4; i++) {
		KUNIT_EXPECT_NOT_ERR_OR_NULL(test, desc[i]);
		if (IS_ERR(desc[i]))
			continue;
		iomd_desc_set_context(desc[i], &counted.context);
		iomd_desc_get_descriptor_id(desc[i]);
		iomd_desc_set_preparation_id(desc[i]);
	}
	counted_put(&counted.context);
	for (i = 0; i < 4; i++) {
		KUNIT_EXPECT_EQ(test, counted.released, 0U);
		iomd_desc_put(desc[i]);
	}
	KUNIT_EXPECT_EQ(test, counted.released, 1U);
}

/*
 * Operations.
 */

/* MD-63 MD-71 MD-72 MD-75: one barrier, whatever the range; nothing that is not one */
static void operations_are_few(struct kunit *test)
{
	static const u32 unknown[] = {
		0, 3, 49, IOMD_MEMORY_CLEAR_ENCRYPTED, IOMD_MEMORY_SET_ENCRYPTED, 52, U32_MAX,
	};
	struct kinds *kinds = test->priv;
	u32 i, k;

	for (i = 0; i < NR_KINDS; i++) {
		struct iomd_desc *desc = kinds->desc[i];
		int error = i == REMOTE ? -ENXIO : 0;

		for (k = 0; k < ARRAY_SIZE(unknown); k++)
			KUNIT_EXPECT_EQ(test, iomd_desc_perform_operation(desc, unknown[k], 0, 16),
					error ?: -EOPNOTSUPP);
		if (!IS_ENABLED(CONFIG_X86))
			continue;
		KUNIT_EXPECT_EQ(test, iomd_desc_perform_operation(desc, FLUSH, 0, 16), error);
		KUNIT_EXPECT_EQ(test, iomd_desc_perform_operation(desc, STORE, 99, U64_MAX), error);
	}
}

/* MD-61 MD-63: only memory that can be paged out has pages to be counted */
static void few_have_page_counts(struct kunit *test)
{
	static const int errors[NR_KINDS] = {
		[KERNEL] = -EAGAIN, [PROCESS] = -EAGAIN, [PHYSICAL] = -EAGAIN, [REMOTE] = -ENXIO,
		[BUFFER] = -EAGAIN, [MULTI] = -EAGAIN, [SUB] = -EAGAIN, [INTERLEAVED] = -EAGAIN,
	};
	struct kinds *kinds = test->priv;
	u64 resident, dirty;
	u32 i;

	for (i = 0; i < NR_KINDS; i++) {
		KUNIT_EXPECT_EQ(test, iomd_desc_get_page_counts(kinds->desc[i], &resident, &dirty),
				errors[i]);
		KUNIT_EXPECT_EQ(test, iomd_desc_get_page_counts(kinds->desc[i], NULL, NULL),
				errors[i]);
	}
}

/* MD-60: pages are counted, not bytes, as far as they are there */
static void pages_are_counted(struct kunit *test)
{
	struct iomd_buffer *buffer = iomd_kunit_pageable(test, 4 * PAGE_SIZE + 1, 0);
	struct iomd_desc *desc = iomd_buffer_desc(buffer);
	u64 resident = 7, dirty = 7;

	KUNIT_EXPECT_EQ(test, iomd_desc_get_page_counts(desc, &resident, &dirty), 0);
	KUNIT_EXPECT_EQ(test, resident, 0ULL);
	KUNIT_EXPECT_EQ(test, dirty, 0ULL);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_page_counts(desc, &resident, NULL), 0);
	KUNIT_EXPECT_EQ(test, resident, 5ULL);
}

struct purge {
	const char *name;
	enum kind kind;
	int error;
};

static const struct purge purges[] = {
	{ "kernel memory", KERNEL, -EINVAL },
	{ "memory of a process", PROCESS, -EINVAL },
	{ "physical memory", PHYSICAL, -EOPNOTSUPP },
	{ "remote memory", REMOTE, -ENXIO },
	{ "a buffer", BUFFER, -EINVAL },
	{ "a pageable buffer", PAGEABLE, -EINVAL },
	{ "a purgeable buffer", PURGEABLE, 0 },
	{ "a multi descriptor", MULTI, -EINVAL },
	{ "a sub descriptor", SUB, -EINVAL },
	{ "an interleaved descriptor", INTERLEAVED, -EAGAIN },
};

static void purge_name(const struct purge *purge, char *name)
{
	strscpy(name, purge->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(purge, purges, purge_name);

/* MD-63 MD-66 MD-67 GMD-107 BUF-53: few can be purged, and in none but four states */
static void few_can_be_purged(struct kunit *test)
{
	const struct purge *purge = test->param_value;
	struct kinds *kinds = test->priv;
	struct iomd_desc *desc = kinds->desc[purge->kind];
	int wrong = purge->kind == REMOTE ? -ENXIO : -EINVAL;
	u32 state, old = 77;

	for (state = 0; state < 16; state++) {
		bool is_state = state >= IOMD_PURGEABLE_KEEP_CURRENT &&
				state <= IOMD_PURGEABLE_EMPTY;

		KUNIT_EXPECT_EQ(test, !iomd_desc_set_purgeable(desc, state | 0x40, NULL),
				is_state && !purge->error);
		if (!is_state)
			KUNIT_EXPECT_EQ(test, iomd_desc_set_purgeable(desc, state, &old), wrong);
	}
	KUNIT_EXPECT_EQ(test, old, 77U);
	KUNIT_EXPECT_EQ(test, iomd_desc_set_purgeable(desc, VOLATILE, NULL), purge->error);
}

/* GMD-106: physical memory is not purgeable at all */
static void physical_memory_is_not_purged(struct kunit *test)
{
	struct kinds *kinds = test->priv;
	u32 old = 77;

	KUNIT_EXPECT_EQ(test, iomd_desc_set_purgeable(kinds->desc[PHYSICAL], VOLATILE, &old),
			-EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, old, 77U);
	KUNIT_EXPECT_EQ(test, iomd_desc_set_purgeable(kinds->desc[PROCESS], VOLATILE, &old),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, old, 77U);
}

/* MD-63 MD-70 OBJ-41 OBJ-42 GMD-108: memory belongs to nobody else than it did */
static void owners_cannot_be_set(struct kunit *test)
{
	struct kinds *kinds = test->priv;
	u32 i;

	for (i = 0; i < NR_KINDS; i++) {
		int error = i == REMOTE ? -ENXIO : -EOPNOTSUPP;

		KUNIT_EXPECT_EQ(test, iomd_desc_set_ownership(kinds->desc[i], iomd_kunit_mm, 1, 0),
				error);
		KUNIT_EXPECT_EQ(test, iomd_desc_set_ownership(kinds->desc[i], NULL, -1, 0), error);
	}
}

/*
 * How much bus space a mapping would take.
 */

#define BASE	0x40000000ULL

struct map_length {
	const char *name;
	u32 nr;
	struct iomd_range ranges[4];
	u64 length;
	u64 offset;
};

static const struct map_length map_lengths[] = {
	{ "from inside a page", 1, { { BASE + 0xa00, 0x2000 } }, 0x3000, 0xa00 },
	{ "whole pages", 1, { { BASE, 0x2000 } }, 0x2000, 0 },
	{ "a byte", 1, { { BASE + 0xfff, 1 } }, 0x1000, 0xfff },
	{ "two bytes of two pages", 1, { { BASE + 0xfff, 2 } }, 0x2000, 0xfff },
	{ "one continues the other", 2, { { BASE + 0x800, 0x800 }, { BASE + 0x1000, 0x800 } },
	  0x2000, 0x800 },
	{ "the same, swapped", 2, { { BASE + 0x1000, 0x800 }, { BASE + 0x800, 0x800 } },
	  0x2000, 0 },
	{ "two in a page", 2, { { BASE + 0x10, 0x10 }, { BASE + 0x40, 0x10 } }, 0x2000, 0x10 },
	{ "two that are one", 2, { { BASE + 0x10, 0x10 }, { BASE + 0x20, 0x10 } }, 0x1000, 0x10 },
	{ "three that are one", 3,
	  { { BASE + 0x10, 0x10 }, { BASE + 0x20, 0x10 }, { BASE + 0x30, 0x1000 } },
	  0x2000, 0x10 },
	{ "overlapping", 2, { { BASE, 0x1000 }, { BASE + 0x800, 0x1000 } }, 0x3000, 0 },
	{ "the same twice", 2, { { BASE + 5, 10 }, { BASE + 5, 10 } }, 0x2000, 5 },
	{ "nothing first", 3, { { BASE + 0x123, 0 }, { BASE + 0x10, 0x10 }, { BASE + 0x20, 5 } },
	  0x1000, 0x10 },
	{ "nothing between", 3, { { BASE + 0x10, 0x10 }, { 0x777, 0 }, { BASE + 0x20, 0x10 } },
	  0x1000, 0x10 },
	{ "nothing", 1, { { BASE + 0x123, 0 } }, 0, 0 },
};

static void map_length_name(const struct map_length *map_length, char *name)
{
	strscpy(name, map_length->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(map_length, map_lengths, map_length_name);

/*
 * MD-77 MD-78 MD-79 MD-80 MAPPER-85 MAPPER-86 MAPPER-89 MAPPER-90 MAPPER-91: pages that
 * are touched, pieces that continue each other as one; of memory that nobody prepared
 */
static void pages_touched_take_space(struct kunit *test)
{
	const struct map_length *map_length = test->param_value;
	struct mm_struct *tasks[] = { NULL, iomd_kunit_mm, IOMD_KERNEL_TASK };
	u32 i;

	for (i = 0; i < 3; i++) {
		struct iomd_desc *desc;
		u64 offset = 77;

		desc = iomd_kunit_desc(test, iomd_desc_with_address_ranges(map_length->ranges,
									   map_length->nr, BOTH,
									    tasks[i]));
		KUNIT_EXPECT_EQ(test, iomd_desc_get_dma_map_length(desc, &offset),
				map_length->length);
		KUNIT_EXPECT_EQ(test, offset, map_length->offset);
		KUNIT_EXPECT_EQ(test, iomd_desc_get_dma_map_length(desc, NULL),
				map_length->length);
		KUNIT_EXPECT_EQ(test, iomd_kunit_is_prepared(desc), !tasks[i]);
	}
}

/* MAPPER-88 MD-78: parts count each for itself, and only as far as they are shown */
static void parts_take_space_for_themselves(struct kunit *test)
{
	static const struct iomd_range ranges[] = {
		{ BASE + 0xa00, 0x600 }, { BASE + 0x1000, 0x1000 }, { BASE + 0x5010, 0x10 },
	};
	struct iomd_desc *parent, *multi, *sub, *interleaved, *empty, *children[3];
	u64 offset = 77;

	parent = iomd_kunit_desc(test, iomd_desc_with_address_ranges(ranges, 3, BOTH,
								     IOMD_KERNEL_TASK));
	empty = iomd_kunit_of_kernel(test, NULL, 0, BOTH);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_dma_map_length(parent, &offset), 0x3000ULL);
	KUNIT_EXPECT_EQ(test, offset, 0xa00ULL);

	/* The end of one range and the beginning of the next. */
	sub = iomd_kunit_sub(test, parent, 0x5ff, 2, BOTH);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_dma_map_length(sub, &offset), 0x2000ULL);
	KUNIT_EXPECT_EQ(test, offset, 0xfffULL);
	sub = iomd_kunit_sub(test, parent, 0x604, 8, BOTH);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_dma_map_length(sub, &offset), 0x1000ULL);
	KUNIT_EXPECT_EQ(test, offset, 4ULL);
	sub = iomd_kunit_sub(test, parent, 0x1608, 8, BOTH);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_dma_map_length(sub, &offset), 0x1000ULL);
	KUNIT_EXPECT_EQ(test, offset, 0x18ULL);
	offset = 77;
	sub = iomd_kunit_sub(test, parent, 0x10, 0, BOTH);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_dma_map_length(sub, &offset), 0ULL);
	KUNIT_EXPECT_EQ(test, offset, 0ULL);

	/* Windows that continue each other, in two parts. */
	children[0] = empty;
	children[1] = iomd_kunit_sub(test, parent, 0x604, 0x10, BOTH);
	children[2] = iomd_kunit_sub(test, parent, 0x614, 0x10, BOTH);
	multi = iomd_kunit_multi(test, children, 3, BOTH);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_dma_map_length(multi, &offset), 0x2000ULL);
	KUNIT_EXPECT_EQ(test, offset, 4ULL);
	sub = iomd_kunit_sub(test, multi, 0x10, 0x10, BOTH);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_dma_map_length(sub, &offset), 0x1000ULL);
	KUNIT_EXPECT_EQ(test, offset, 0x14ULL);
	sub = iomd_kunit_sub(test, multi, 0xf, 2, BOTH);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_dma_map_length(sub, &offset), 0x2000ULL);
	KUNIT_EXPECT_EQ(test, offset, 0x13ULL);

	interleaved = iomd_kunit_interleaved(test, 3, BOTH);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_dma_map_length(interleaved, &offset), 0ULL);
	KUNIT_EXPECT_EQ(test, offset, 0ULL);
	KUNIT_ASSERT_TRUE(test, iomd_interleaved_set_memory_descriptor(interleaved, parent, 0x600,
								       0x1000));
	KUNIT_ASSERT_TRUE(test, iomd_interleaved_set_memory_descriptor(interleaved, multi, 0, 1));
	KUNIT_EXPECT_EQ(test, iomd_desc_get_dma_map_length(interleaved, &offset), 0x2000ULL);
	KUNIT_EXPECT_EQ(test, offset, 0ULL);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(parent));
}

/* MAPPER-87 MD-81: memory that can be paged out is mapped as it was allocated */
static void pageable_memory_takes_its_capacity(struct kunit *test)
{
	struct iomd_buffer *buffer = iomd_kunit_pageable(test, 3 * PAGE_SIZE + 5, 0);
	struct iomd_desc *desc = iomd_buffer_desc(buffer);
	u64 offset = 77;

	KUNIT_EXPECT_EQ(test, iomd_desc_get_dma_map_length(desc, &offset), 4 * (u64)PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, offset, 0ULL);
	iomd_buffer_set_length(buffer, 5);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_dma_map_length(desc, &offset), 4 * (u64)PAGE_SIZE);
}

static void expect_source(struct kunit *test, struct iomd_desc *desc, u64 offset, u64 address,
			  u64 length)
{
	u64 found = 77;

	KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_segment(desc, offset, &found,
							     IOMD_MEMORY_SOURCE_SEGMENT), address);
	KUNIT_EXPECT_EQ(test, found, length);
}

/* MD-54: the addresses that were given, of memory that nobody prepared */
static void sources_are_told(struct kunit *test)
{
	static const struct iomd_range ranges[] = {
		{ BASE + 0xa00, 0x600 }, { 5, 0 }, { BASE + 0x1000, 0x1000 }, { BASE + 0x10, 0x10 },
	};
	struct mm_struct *tasks[] = { NULL, iomd_kunit_mm, IOMD_KERNEL_TASK };
	u32 i;

	for (i = 0; i < 3; i++) {
		struct iomd_desc *desc, *sub, *children[2];

		desc = iomd_kunit_desc(test, iomd_desc_with_address_ranges(ranges, 4, BOTH,
									   tasks[i]));
		expect_source(test, desc, 0, BASE + 0xa00, 0x1600);
		expect_source(test, desc, 0x700, BASE + 0x1100, 0xf00);
		expect_source(test, desc, 0x1600, BASE + 0x10, 0x10);
		expect_source(test, desc, 0x160f, BASE + 0x1f, 1);
		expect_source(test, desc, 0x1610, 0, 0);

		sub = iomd_kunit_sub(test, desc, 0x5ff, 3, BOTH);
		expect_source(test, sub, 0, BASE + 0xfff, 3);
		expect_source(test, sub, 1, BASE + 0x1000, 2);
		children[0] = sub;
		children[1] = iomd_kunit_sub(test, desc, 0x602, 4, BOTH);
		expect_source(test, iomd_kunit_multi(test, children, 2, BOTH), 2, BASE + 0x1001, 1);
		KUNIT_EXPECT_EQ(test, iomd_kunit_is_prepared(desc), !tasks[i]);
	}
}

/* MULTI-1 MAPPER-88: what a part does not have any more takes no space */
static void parts_that_got_shorter_take_less(struct kunit *test)
{
	u8 *memory = iomd_kunit_zalloc(test, 2 * PAGE_SIZE);
	struct iomd_range range = { (unsigned long)memory, PAGE_SIZE + 5 };
	struct iomd_desc *desc = iomd_kunit_of_kernel(test, memory, 2 * PAGE_SIZE, BOTH);
	struct iomd_desc *sub = iomd_kunit_sub(test, desc, 0, 2 * PAGE_SIZE, BOTH);
	struct iomd_desc *interleaved = iomd_kunit_interleaved(test, 2, BOTH), *multi;

	KUNIT_ASSERT_TRUE(test, iomd_interleaved_set_memory_descriptor(interleaved, desc, 0, 5));
	multi = iomd_kunit_multi(test, &interleaved, 1, BOTH);
	KUNIT_ASSERT_EQ(test, iomd_desc_init_with_options(desc, &range, 1, 0, IOMD_KERNEL_TASK,
							  IOMD_MEMORY_TYPE_VIRTUAL, NULL), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_dma_map_length(sub, NULL), 2 * (u64)PAGE_SIZE);
	range.length = 16;
	KUNIT_ASSERT_EQ(test, iomd_desc_init_with_options(desc, &range, 1, 0, IOMD_KERNEL_TASK,
							  IOMD_MEMORY_TYPE_VIRTUAL, NULL), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_dma_map_length(sub, NULL), (u64)PAGE_SIZE);

	iomd_interleaved_clear_memory_descriptors(interleaved, NONE);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_dma_map_length(multi, NULL), 0ULL);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(vm_tags_are_stored),
	KUNIT_CASE(mapper_options_are_stored),
	KUNIT_CASE(words_outlast_the_memory),
	KUNIT_CASE(sources_are_told),
	KUNIT_CASE(descriptor_ids_are_unique),
	KUNIT_CASE(stored_preparation_id_is_the_answer),
	KUNIT_CASE(preparation_ids_are_unique),
	KUNIT_CASE(context_is_kept),
	KUNIT_CASE(context_is_nobody_elses),
	KUNIT_CASE(context_goes_with_the_descriptor),
	KUNIT_CASE(operations_are_few),
	KUNIT_CASE(few_have_page_counts),
	KUNIT_CASE(pages_are_counted),
	KUNIT_CASE_PARAM(few_can_be_purged, purge_gen_params),
	KUNIT_CASE(physical_memory_is_not_purged),
	KUNIT_CASE(owners_cannot_be_set),
	KUNIT_CASE_PARAM(pages_touched_take_space, map_length_gen_params),
	KUNIT_CASE(parts_take_space_for_themselves),
	KUNIT_CASE(pageable_memory_takes_its_capacity),
	KUNIT_CASE(parts_that_got_shorter_take_less),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_properties",
	.suite_init = iomd_kunit_suite_init,
	.suite_exit = iomd_kunit_suite_exit,
	.init = init,
	.test_cases = cases,
};

kunit_test_suite(suite);
