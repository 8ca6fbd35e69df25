// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that a driver provides: descriptors of a kind of its own.
 */
#include <linux/io.h>
#include <linux/module.h>

#include "compose.h"

#define IN		IOMD_DIRECTION_IN
#define OUT		IOMD_DIRECTION_OUT
#define BOTH		IOMD_DIRECTION_OUT_IN
#define NONE		IOMD_DIRECTION_NONE

#define NR_PAGES	IOMD_KUNIT_MANY
#define LENGTH		(3 * PAGE_SIZE + 0x100)
#define ALL		((NR_PAGES - 1) * PAGE_SIZE)

/* Pages, one behind the other from 0x80 in the first on; and what was asked of it. */
struct provider {
	struct page **pages;
	u8 *memory;
	u64 length;
	u32 prepares;
	u32 completes;
	u32 releases;
	u32 segments;
	u32 direction;
	int error;		/* of prepare */
	struct iomd_desc *inner;	/* mapped while it is prepared */
	struct iomd_map *map;
	u64 lie_at;		/* the segment there is @lie, @lie_length */
	u64 lie;
	u64 lie_length;
};

static int provider_prepare(void *priv, u32 direction)
{
	struct provider *provider = priv;

	provider->direction = direction;
	provider->prepares++;
	if (provider->inner)
		provider->map = iomd_desc_map(provider->inner, IOMD_MAP_UNIQUE);
	return provider->error;
}

static void provider_complete(void *priv, u32 direction)
{
	struct provider *provider = priv;

	if (provider->direction == direction)
		provider->completes++;
	iomd_map_put(provider->map);
	provider->map = NULL;
}

static u64 provider_segment(void *priv, u64 offset, u64 *length)
{
	struct provider *provider = priv;
	u64 place = offset + 0x80;

	provider->segments++;
	if (offset == provider->lie_at) {
		*length = provider->lie_length;
		return provider->lie;
	}
	*length = min(PAGE_SIZE - offset_in_page(place), provider->length - offset);
	return page_to_phys(provider->pages[place / PAGE_SIZE]) + offset_in_page(place);
}

static void provider_release(void *priv)
{
	((struct provider *)priv)->releases++;
}

static const struct iomd_provider_ops ops = {
	.owner = THIS_MODULE,
	.name = "kunit",
	.prepare = provider_prepare,
	.complete = provider_complete,
	.get_physical_segment = provider_segment,
	.release = provider_release,
};

static int init(struct kunit *test)
{
	struct provider *provider;
	int err = iomd_kunit_init(test);

	if (err)
		return err;
	provider = iomd_kunit_zalloc(test, sizeof(*provider));
	provider->pages = iomd_kunit_scattered_pages(test, NR_PAGES);
	provider->memory = iomd_kunit_vmap(test, provider->pages, NR_PAGES);
	provider->length = LENGTH;
	provider->lie_at = U64_MAX;
	iomd_kunit_fill(provider->memory, NR_PAGES * PAGE_SIZE, 7);
	test->priv = provider;
	return 0;
}

static struct iomd_desc *provided(struct kunit *test, u32 direction, struct iomd_mapper *mapper)
{
	return iomd_kunit_desc(test, iomd_desc_with_provider(&ops, test->priv, LENGTH, direction,
							     mapper));
}

/* MD-32 MD-34 MD-47 GMD-39 GMD-40: asked at the first prepare, told of the last complete */
static void is_asked_once(struct kunit *test)
{
	struct provider *provider = test->priv;
	struct iomd_desc *desc = provided(test, BOTH, NULL);
	u64 length;

	KUNIT_EXPECT_EQ(test, provider->prepares, 0U);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(desc), (u64)LENGTH);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, 0, &length), 0ULL);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, IN), 0);
	KUNIT_EXPECT_EQ(test, provider->prepares, 1U);
	KUNIT_EXPECT_EQ(test, provider->direction, (u32)BOTH);
	KUNIT_EXPECT_EQ(test, provider->segments, 4U);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, PAGE_SIZE, &length),
			page_to_phys(provider->pages[1]) + 0x80);
	KUNIT_EXPECT_EQ(test, length, (u64)PAGE_SIZE - 0x80);
	KUNIT_EXPECT_EQ(test, provider->segments, 4U);

	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, provider->completes, 0U);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, provider->completes, 1U);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, 0, &length), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, provider->segments, 8U);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
}

/* GMD-80 MAP-33: a map that is to be written takes memory that may be */
static void maps_ask_for_what_they_do(struct kunit *test)
{
	struct provider *provider = test->priv;
	struct iomd_desc *desc = provided(test, OUT, NULL);
	struct iomd_map *map = iomd_desc_map(desc, IOMD_MAP_READ_ONLY);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, map);
	KUNIT_EXPECT_EQ(test, provider->direction, (u32)OUT);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_map(desc, 0), -EROFS);
	iomd_map_put(map);
	map = iomd_desc_map(desc, 0);
	KUNIT_EXPECT_NOT_ERR_OR_NULL(test, map);
	KUNIT_EXPECT_EQ(test, provider->direction, (u32)IOMD_DIRECTION_IN_OUT);
	iomd_map_put(map);
}

/* MAP-5: providers may map what they are made of, whoever asks them, with no lock in the way */
static void may_map_what_it_is_made_of(struct kunit *test)
{
	struct provider *provider = test->priv;
	struct iomd_desc *desc = provided(test, BOTH, NULL);
	struct iomd_map *map;

	provider->inner = iomd_kunit_kernel_desc(test, iomd_kunit_zalloc(test, PAGE_SIZE),
						 PAGE_SIZE, BOTH);
	map = iomd_desc_map(desc, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, map);
	KUNIT_EXPECT_NOT_ERR_OR_NULL(test, provider->map);
	iomd_map_put(map);
	KUNIT_EXPECT_PTR_EQ(test, provider->map, NULL);
}

/* MD-33 GMD-41 GMD-46: what was prepared for reading is not written */
static void may_be_read_only(struct kunit *test)
{
	struct provider *provider = test->priv;
	struct iomd_desc *desc = provided(test, OUT, NULL);

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, provider->direction, (u32)OUT);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_read_only(desc));
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, IN), -EROFS);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, provider->completes, 1U);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, IN), 0);
	KUNIT_EXPECT_EQ(test, provider->direction, (u32)BOTH);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
}

/* MD-77 MD-79: bus space is for where it is, once that is known; before, for the worst */
static void bus_space_is_for_where_it_is(struct kunit *test)
{
	struct provider *provider = test->priv;
	struct iomd_desc *desc = provided(test, BOTH, NULL), *sub, *small;
	u64 offset = 7, other = 7;

	sub = iomd_kunit_sub(test, desc, 0xf00, 0x200, BOTH);
	small = iomd_kunit_desc(test, iomd_desc_with_provider(&ops, provider, 1, BOTH, NULL));
	KUNIT_EXPECT_EQ(test, iomd_desc_get_dma_map_length(desc, &offset), 5 * (u64)PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, offset, 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_dma_map_length(sub, NULL), 2 * (u64)PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_dma_map_length(small, NULL), (u64)PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, provider->prepares, 0U);

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_dma_map_length(desc, &offset), 4 * (u64)PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, offset, 0x80ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_dma_map_length(sub, &other), 2 * (u64)PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, other, 0xf80ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);

	/* Pieces in the middle of pages have theirs. */
	provider->lie_at = 0;
	provider->lie = page_to_phys(provider->pages[3]) + 0xfff;
	provider->lie_length = 2;
	small = iomd_kunit_desc(test, iomd_desc_with_provider(&ops, provider, 2, BOTH, NULL));
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(small, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_dma_map_length(small, &offset), 2 * (u64)PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, offset, 0xfffULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(small, NONE), 0);
}

/* MD-36: bytes are copied, also as a part of what is made of it */
static void bytes_are_there(struct kunit *test)
{
	struct provider *provider = test->priv;
	struct iomd_desc *desc = provided(test, BOTH, NULL), *children[2], *multi;
	u8 *bytes = iomd_kunit_zalloc(test, 2 * LENGTH);

	children[0] = desc;
	children[1] = iomd_kunit_sub(test, desc, PAGE_SIZE, 0x200, BOTH);
	multi = iomd_kunit_multi(test, children, 2, BOTH);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(multi, NONE), 0);
	KUNIT_EXPECT_EQ(test, provider->prepares, 1U);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(multi, 0, bytes, LENGTH + 0x200),
			(u64)LENGTH + 0x200);
	KUNIT_EXPECT_MEMEQ(test, bytes, provider->memory + 0x80, LENGTH);
	KUNIT_EXPECT_MEMEQ(test, bytes + LENGTH, provider->memory + 0x80 + PAGE_SIZE, 0x200);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(desc, 0, "provider", 8), 8ULL);
	KUNIT_EXPECT_MEMEQ(test, provider->memory + 0x80, "provider", 8);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(multi, NONE), 0);
	KUNIT_EXPECT_EQ(test, provider->completes, 1U);
}

/* A command maps it; what the command holds the provider keeps */
static void commands_hold_it(struct kunit *test)
{
	struct iomd_mapper *mapper = iomd_kunit_device_mapper(test, 64);
	struct iomd_dma *dma = iomd_kunit_command(test, 64, 1, mapper);
	struct iomd_desc *desc = provided(test, BOTH, mapper);
	struct provider *provider = test->priv;

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, provider->completes, 0U);
	KUNIT_EXPECT_EQ(test, iomd_kunit_segment(test, dma, PAGE_SIZE).iovm_addr,
			page_to_phys(provider->pages[1]) + 0x80);
	KUNIT_EXPECT_EQ(test, iomd_dma_clear_memory_descriptor(dma, true), 0);
	KUNIT_EXPECT_EQ(test, provider->completes, 1U);
	KUNIT_EXPECT_EQ(test, provider->segments, 4U);
}

/* MD-9: its module stays, and a descriptor that goes is completed before */
static void lives_as_long_as_the_descriptor(struct kunit *test)
{
	struct provider *provider = test->priv;
	int refs = module_refcount(THIS_MODULE);
	struct iomd_desc *desc;

	desc = iomd_desc_with_provider(&ops, provider, LENGTH, BOTH, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, desc);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), refs + 1);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, provider->releases, 0U);
	iomd_desc_put(desc);
	KUNIT_EXPECT_EQ(test, provider->completes, 1U);
	KUNIT_EXPECT_EQ(test, provider->releases, 1U);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), refs);
}

/* What a provider says of a segment, and what that is. */
static const struct lie {
	const char *name;
	u64 at, address, length;
	int err;
} lies[] = {
	{ "nowhere", 0, 0, 0x100, -EFAULT },
	{ "of no length", 0x80, 0x100000, 0, -EFAULT },
	{ "too long", PAGE_SIZE - 0x80, 0x100000, LENGTH - PAGE_SIZE + 0x81, -EOVERFLOW },
	{ "wrapping", 0, 0xfffffffffffff000, 0x2000, -EOVERFLOW },
	{ "beyond the machine", PAGE_SIZE - 0x80, 1ULL << 60, 0x1000, -EINVAL },
};

/* GMD-43: lies are refused wherever they come, and nothing is left prepared */
static void lies_are_refused(struct kunit *test)
{
	struct provider *provider = test->priv;
	struct iomd_desc *desc = provided(test, BOTH, NULL);
	u32 i;

	/* One that is never asked for. */
	provider->lie_at = 0x80;
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	for (i = 0; i < ARRAY_SIZE(lies); i++) {
		provider->lie_at = lies[i].at == 0x80 ? 0 : lies[i].at;
		provider->lie = lies[i].address;
		provider->lie_length = lies[i].length;
		KUNIT_EXPECT_EQ_MSG(test, iomd_desc_prepare(desc, NONE), lies[i].err, "%s",
				    lies[i].name);
		KUNIT_EXPECT_EQ(test, provider->completes, provider->prepares);
		KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(desc));
	}
	provider->lie_at = U64_MAX;
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
}

/* GMD-43: what it says of its own prepare, the caller hears; and it has nothing to complete */
static void prepare_may_fail(struct kunit *test)
{
	struct provider *provider = test->priv;
	struct iomd_desc *desc = provided(test, BOTH, NULL);

	provider->error = -EBUSY;
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), -EBUSY);
	provider->error = 5;
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), -EIO);
	KUNIT_EXPECT_EQ(test, provider->segments, 0U);
	KUNIT_EXPECT_EQ(test, provider->completes, 0U);

	/* A constructor that fails leaves the provider's to the caller. */
	provider->error = -EBUSY;
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_with_provider(&ops, provider, LENGTH,
							    BOTH | IOMD_MEMORY_AUTO_PREPARE, NULL),
			      -EBUSY);
	KUNIT_EXPECT_EQ(test, provider->releases, 0U);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_with_provider(NULL, provider, 1, BOTH, NULL),
			      -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_with_provider(&ops, provider, U64_MAX, BOTH, NULL),
			      -EOVERFLOW);
}

static int live_once(struct kunit *test, void *mapper)
{
	struct provider *provider = test->priv;
	struct iomd_desc *desc;
	int err;

	desc = iomd_desc_with_provider(&ops, provider, provider->length, BOTH, mapper);
	if (IS_ERR(desc))
		return PTR_ERR(desc);
	err = iomd_desc_prepare(desc, NONE);
	if (!err && mapper && !iomd_desc_get_physical_address(desc))
		err = -ENOMEM;
	iomd_desc_put(desc);
	return err;
}

/* MD-77: what no machine has is described, too, and does not become little */
static void lengths_do_not_wrap(struct kunit *test)
{
	struct iomd_desc *desc;

	desc = iomd_kunit_desc(test, iomd_desc_with_provider(&ops, test->priv,
							     U64_MAX - PAGE_SIZE, BOTH, NULL));
	KUNIT_EXPECT_EQ(test, iomd_desc_get_dma_map_length(desc, NULL), (u64)PAGE_MASK);
}

/* GMD-43 MD-49: whatever allocation fails, the provider has nothing left to complete */
static void survives_failing_allocations(struct kunit *test)
{
	struct iomd_mapper *mapper = iomd_kunit_device_mapper(test, 64);
	struct provider *provider = test->priv;
	int refs = module_refcount(THIS_MODULE);

	/* The descriptor, and its runs; then its mapping, and the scatterlist of that. */
	provider->length = ALL;
	KUNIT_EXPECT_EQ(test, iomd_kunit_sweep(test, live_once, NULL, 2), 2U);
	KUNIT_EXPECT_EQ(test, iomd_kunit_sweep(test, live_once, mapper, 4), 4U);
	KUNIT_EXPECT_EQ(test, provider->completes, provider->prepares);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), refs);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(is_asked_once),
	KUNIT_CASE(maps_ask_for_what_they_do),
	KUNIT_CASE(may_map_what_it_is_made_of),
	KUNIT_CASE(may_be_read_only),
	KUNIT_CASE(bus_space_is_for_where_it_is),
	KUNIT_CASE(bytes_are_there),
	KUNIT_CASE(commands_hold_it),
	KUNIT_CASE(lives_as_long_as_the_descriptor),
	KUNIT_CASE(lies_are_refused),
	KUNIT_CASE(prepare_may_fail),
	KUNIT_CASE(lengths_do_not_wrap),
	KUNIT_CASE(survives_failing_allocations),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_provider",
	.suite_init = iomd_kunit_suite_init,
	.suite_exit = iomd_kunit_suite_exit,
	.init = init,
	.test_cases = cases,
};

kunit_test_suite(suite);
