// SPDX-License-Identifier: GPL-2.0-only
/*
 * What DMA commands, descriptors and mappers say to each other.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/kthread.h>

#include "compose.h"

#define IN		IOMD_DIRECTION_IN
#define OUT		IOMD_DIRECTION_OUT
#define BOTH		IOMD_DIRECTION_OUT_IN
#define NONE		IOMD_DIRECTION_NONE
#define VIRTUAL		IOMD_MEMORY_TYPE_VIRTUAL

#define READ_ACCESS	IOMD_DMA_MAP_READ_ACCESS
#define WRITE_ACCESS	IOMD_DMA_MAP_WRITE_ACCESS

#define NR_PAGES	4
#define LENGTH		(2 * PAGE_SIZE + 0x345)

/* Memory in several pieces, memory in one, and a device. */
struct fixture {
	struct page **pages;
	u8 *scattered;
	u8 *memory;
	u64 phys;
	struct device *dev;
	struct iomd_mapper *mapper;
};

static int init(struct kunit *test)
{
	struct fixture *fixture;
	int err = iomd_kunit_init(test);

	if (err)
		return err;
	fixture = iomd_kunit_zalloc(test, sizeof(*fixture));
	fixture->pages = iomd_kunit_scattered_pages(test, NR_PAGES);
	fixture->scattered = iomd_kunit_vmap(test, fixture->pages, NR_PAGES);
	fixture->memory = iomd_kunit_zalloc(test, NR_PAGES * PAGE_SIZE);
	fixture->phys = virt_to_phys(fixture->memory);
	fixture->dev = iomd_kunit_device(test, 64);
	fixture->mapper = iomd_kunit_mapper(test, iomd_mapper_for_device(fixture->dev));
	test->priv = fixture;
	return 0;
}

/* Kernel memory, bound to the fixture's mapper, and prepared. */
static struct iomd_desc *bound(struct kunit *test, void *memory, u64 length, u32 options)
{
	const struct iomd_range range = { (unsigned long)memory, length };
	struct fixture *fixture = test->priv;
	struct iomd_desc *desc;

	desc = iomd_desc_with_options(&range, 1, 0, IOMD_KERNEL_TASK,
				      VIRTUAL | options, fixture->mapper);
	iomd_kunit_desc(test, desc);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	return desc;
}

/* One of each kind that is made of others; @desc is part of all. */
static void composites(struct kunit *test, struct iomd_desc *desc, struct iomd_desc *made[3])
{
	made[0] = iomd_kunit_multi(test, &desc, 1, BOTH);
	made[1] = iomd_kunit_sub(test, desc, 0, iomd_desc_get_length(desc), BOTH);
	made[2] = iomd_kunit_interleaved(test, 1, BOTH);
	KUNIT_ASSERT_TRUE(test,
			  iomd_interleaved_set_memory_descriptor(made[2], desc, 0,
								 iomd_desc_get_length(desc)));
}

/* With a record that is large enough, or none. */
static int operate(struct iomd_desc *desc, u32 op, void *record)
{
	return iomd_desc_dma_command_operation(desc, op, record, record ? 128 : 0);
}

/*
 * Records and operations.
 */

/* MD-82 GMD-84 SUB-23 ILV-21 MAPPER-43 MAPPER-58: short records and strange operations */
static void refuses_what_it_does_not_know(struct kunit *test)
{
	static const struct {
		u32 op;
		u32 size;
	} records[] = {
		{ IOMD_MD_WALK_SEGMENTS, 128 }, { IOMD_MD_FIRST_SEGMENT, 128 },
		{ IOMD_MD_GET_CHARACTERISTICS, sizeof(struct iomd_md_dma_characteristics) },
		{ IOMD_MD_ADD_DMA_MAP_SPEC, sizeof(struct iomd_dma_map_specification) },
		{ IOMD_MD_DMA_MAP, sizeof(struct iomd_md_dma_map_args) },
		{ IOMD_MD_DMA_UNMAP, sizeof(struct iomd_md_dma_map_args) },
	};
	static const u32 unknown[] = { 0, 1, 0x07000000, 0xff000000 };
	struct fixture *fixture = test->priv;
	struct iomd_desc *descs[4];
	u8 record[128] = {};
	u32 i, j;

	descs[3] = bound(test, fixture->memory, LENGTH, BOTH);
	composites(test, descs[3], descs);
	for (i = 0; i < 4; i++) {
		for (j = 0; j < ARRAY_SIZE(records); j++)
			KUNIT_EXPECT_EQ(test,
					iomd_desc_dma_command_operation(descs[i], records[j].op,
									record,
									records[j].size - 1),
					-ENOSR);
		for (j = 0; j < ARRAY_SIZE(unknown); j++)
			KUNIT_EXPECT_EQ(test, operate(descs[i], unknown[j], record), -EINVAL);
		KUNIT_EXPECT_EQ(test,
				iomd_desc_dma_command_operation(descs[i], IOMD_MD_WALK_SEGMENTS,
								NULL, 128), -EINVAL);
	}
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, operate(descs[i], IOMD_MD_SET_DMA_ACTIVE, NULL), -EINVAL);
}

/* GMD-85 MAPPER-44 MAPPER-45 MAPPER-46: more is known once the memory is prepared */
static void tells_what_it_is(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	const struct iomd_range ranges[] = {
		{ (unsigned long)fixture->memory + 0x123, 0x1000 },
		{ (unsigned long)fixture->memory + 0x2000, 0x10 },
	};
	u32 i;

	for (i = 1; i <= 2; i++) {
		struct iomd_md_dma_characteristics characteristics = {};
		struct iomd_desc *desc;

		desc = iomd_kunit_desc(test, iomd_desc_with_address_ranges(ranges, i, OUT,
									   IOMD_KERNEL_TASK));
		KUNIT_EXPECT_EQ(test, operate(desc, IOMD_MD_GET_CHARACTERISTICS,
					      &characteristics), 0);
		KUNIT_EXPECT_EQ(test, characteristics.length, i == 1 ? 0x1000ULL : 0x1010ULL);
		KUNIT_EXPECT_EQ(test, characteristics.sg_count, i);
		KUNIT_EXPECT_EQ(test, characteristics.pages, i + 1);
		KUNIT_EXPECT_EQ(test, characteristics.direction, (u32)OUT);
		KUNIT_EXPECT_FALSE(test, characteristics.is_prepared);
		KUNIT_EXPECT_EQ(test, characteristics.highest_page, 0U);
		KUNIT_EXPECT_EQ(test, characteristics.page_align, 0U);

		KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
		KUNIT_EXPECT_EQ(test, operate(desc, IOMD_MD_GET_CHARACTERISTICS_MAPPED,
					      &characteristics), 0);
		KUNIT_EXPECT_TRUE(test, characteristics.is_prepared);
		KUNIT_EXPECT_EQ(test, characteristics.highest_page,
				(u32)PHYS_PFN(fixture->phys) + i);
		KUNIT_EXPECT_EQ(test, characteristics.page_align, i == 1 ? 0xfffff123U : 0U);
	}
}

/* MAPPER-48: physical memory counts as prepared, but not as one piece */
static void tells_what_physical_memory_is(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_md_dma_characteristics characteristics = {};
	struct iomd_desc *desc;

	desc = iomd_kunit_desc(test, iomd_desc_with_physical_address(fixture->phys + 5, 0x2000,
								     IN));
	KUNIT_EXPECT_EQ(test, operate(desc, IOMD_MD_GET_CHARACTERISTICS, &characteristics), 0);
	KUNIT_EXPECT_TRUE(test, characteristics.is_prepared);
	KUNIT_EXPECT_EQ(test, characteristics.sg_count, 1U);
	KUNIT_EXPECT_EQ(test, characteristics.pages, 3U);
	KUNIT_EXPECT_EQ(test, characteristics.highest_page, (u32)PHYS_PFN(fixture->phys) + 2);
	KUNIT_EXPECT_EQ(test, characteristics.page_align, 0U);
}

/* MD-83 SUB-23 ILV-21 MAPPER-47: those made of others know little, and assume the best */
static void composites_tell_little(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_desc *descs[3];
	u32 i;

	composites(test, iomd_kunit_of_kernel(test, fixture->memory, LENGTH, IN), descs);
	for (i = 0; i < 3; i++) {
		struct iomd_md_dma_characteristics characteristics = { .sg_count = 7 };

		KUNIT_EXPECT_EQ(test, operate(descs[i], IOMD_MD_GET_CHARACTERISTICS,
					      &characteristics), 0);
		KUNIT_EXPECT_EQ(test, characteristics.length, (u64)LENGTH);
		KUNIT_EXPECT_EQ(test, characteristics.sg_count, 0U);
		KUNIT_EXPECT_EQ(test, characteristics.direction, (u32)BOTH);
		KUNIT_EXPECT_TRUE(test, characteristics.is_prepared);
		KUNIT_EXPECT_EQ(test, characteristics.pages, 0U);
	}
}

/*
 * Walking.
 */

static int step(struct iomd_desc *desc, u32 op, struct iomd_md_dma_walk_segment_state *state,
		u64 offset)
{
	state->args.offset = offset;
	return operate(desc, op, state);
}

/* GMD-88 MAPPER-49 MAPPER-51: each step says what is there, wherever the last one was */
static void walks_anywhere(struct kunit *test)
{
	static const u64 offsets[] = {
		0, PAGE_SIZE - 0x100, PAGE_SIZE - 0x100, 2 * PAGE_SIZE, 5, LENGTH - 1, 1,
	};
	struct fixture *fixture = test->priv;
	struct iomd_md_dma_walk_segment_state state = {};
	struct iomd_desc *desc = bound(test, fixture->scattered + 0x100, LENGTH, BOTH);
	u32 i, op;

	for (i = 0; i < 2 * ARRAY_SIZE(offsets); i++) {
		u64 offset = offsets[i / 2], place = offset + 0x100;
		u64 phys = page_to_phys(fixture->pages[place / PAGE_SIZE]) + offset_in_page(place);
		u64 length = min_t(u64, PAGE_SIZE - offset_in_page(place), LENGTH - offset);

		op = i % 2 ? IOMD_MD_FIRST_SEGMENT : IOMD_MD_WALK_SEGMENTS;
		KUNIT_EXPECT_EQ(test, step(desc, op, &state, offset), 0);
		KUNIT_EXPECT_EQ(test, state.args.offset, offset);
		KUNIT_EXPECT_EQ(test, state.args.iovm_addr, phys);
		KUNIT_EXPECT_EQ(test, state.args.length, length);
	}

	/* What the descriptor keeps there may be anything. */
	memset(state.opaque, 0xff, sizeof(state.opaque));
	KUNIT_EXPECT_EQ(test, step(desc, IOMD_MD_WALK_SEGMENTS, &state, 0), 0);
	KUNIT_EXPECT_EQ(test, state.args.iovm_addr, page_to_phys(fixture->pages[0]) + 0x100);
}

/* GMD-89 GMD-92 MAPPER-50 MAPPER-55: the end, behind it, and memory that is not there */
static void walks_no_further(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_md_dma_walk_segment_state state = {};
	struct iomd_desc *desc = iomd_kunit_of_kernel(test, fixture->memory, LENGTH, BOTH);

	KUNIT_EXPECT_EQ(test, step(desc, IOMD_MD_FIRST_SEGMENT, &state, 0), -EAGAIN);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, step(desc, IOMD_MD_WALK_SEGMENTS, &state, LENGTH - 1), 0);
	KUNIT_EXPECT_EQ(test, state.args.length, 1ULL);
	KUNIT_EXPECT_EQ(test, step(desc, IOMD_MD_WALK_SEGMENTS, &state, LENGTH), -EOVERFLOW);
	KUNIT_EXPECT_EQ(test, step(desc, IOMD_MD_WALK_SEGMENTS, &state, LENGTH + 1),
			-ENOTRECOVERABLE);
	KUNIT_EXPECT_EQ(test, step(desc, IOMD_MD_WALK_SEGMENTS, &state, U64_MAX),
			-ENOTRECOVERABLE);
}

/* MAPPER-52: ranges are joined if they are physical, and are not if they are virtual */
static void walks_by_ranges(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_md_dma_walk_segment_state state = {};
	struct iomd_range ranges[2] = {
		{ fixture->phys + 5, 0x1000 }, { fixture->phys + 0x1005, 0x10 },
	};
	struct iomd_desc *desc;

	desc = iomd_kunit_desc(test, iomd_desc_with_address_ranges(ranges, 2, BOTH, NULL));
	KUNIT_EXPECT_EQ(test, step(desc, IOMD_MD_FIRST_SEGMENT, &state, 1), 0);
	KUNIT_EXPECT_EQ(test, state.args.length, 0x100fULL);

	ranges[0].address = (unsigned long)fixture->memory + 5;
	ranges[1].address = ranges[0].address + 0x1000;
	desc = iomd_kunit_desc(test, iomd_desc_with_address_ranges(ranges, 2, BOTH,
								   IOMD_KERNEL_TASK));
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, step(desc, IOMD_MD_FIRST_SEGMENT, &state, 1), 0);
	KUNIT_EXPECT_EQ(test, state.args.iovm_addr, fixture->phys + 6);
	KUNIT_EXPECT_EQ(test, state.args.length, 0xfffULL);
}

/* MD-84 MULTI-15 SUB-23 MAPPER-56: those made of others go over their parts' ends */
static void composites_walk_over_parts(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_desc *children[] = {
		bound(test, fixture->memory, 0x800, BOTH),
		bound(test, fixture->memory + 0x800, 0x1000, BOTH),
		bound(test, fixture->memory + 0x3000, 0x10, BOTH),
	};
	struct iomd_md_dma_walk_segment_state state = {};
	struct iomd_desc *multi = iomd_kunit_multi(test, children, 3, BOTH);
	struct iomd_desc *sub = iomd_kunit_sub(test, multi, 0x10, 0x1000, BOTH);

	KUNIT_EXPECT_EQ(test, step(multi, IOMD_MD_FIRST_SEGMENT, &state, 0x10), 0);
	KUNIT_EXPECT_EQ(test, state.args.iovm_addr, fixture->phys + 0x10);
	KUNIT_EXPECT_EQ(test, state.args.length, 0x17f0ULL);
	KUNIT_EXPECT_EQ(test, step(multi, IOMD_MD_WALK_SEGMENTS, &state, 0x1800), 0);
	KUNIT_EXPECT_EQ(test, state.args.iovm_addr, fixture->phys + 0x3000);
	KUNIT_EXPECT_EQ(test, state.args.length, 0x10ULL);
	KUNIT_EXPECT_EQ(test, step(multi, IOMD_MD_WALK_SEGMENTS, &state, 0x1810), -EOVERFLOW);
	KUNIT_EXPECT_EQ(test, step(multi, IOMD_MD_WALK_SEGMENTS, &state, 0x1811), -EOVERFLOW);
	KUNIT_EXPECT_EQ(test, step(sub, IOMD_MD_FIRST_SEGMENT, &state, 0), 0);
	KUNIT_EXPECT_EQ(test, state.args.length, 0x1000ULL);

	state.args.mapped = true;
	KUNIT_EXPECT_EQ(test, step(multi, IOMD_MD_FIRST_SEGMENT, &state, 0), -EOPNOTSUPP);
	state.args.mapped = false;
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(children[1], NONE), 0);
	KUNIT_EXPECT_EQ(test, step(multi, IOMD_MD_FIRST_SEGMENT, &state, 0), 0);
	KUNIT_EXPECT_EQ(test, state.args.length, 0x800ULL);
	KUNIT_EXPECT_EQ(test, step(multi, IOMD_MD_FIRST_SEGMENT, &state, 0x800), -EAGAIN);
}

static bool is_mapped(struct iomd_mapper *mapper, u64 address)
{
	return iomd_mapper_map_to_physical_address(mapper, address);
}

/* GMD-90 GMD-91 MAPPER-53 MAPPER-54: the first mapped step maps all, until the last complete */
static void mapped_walk_maps(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_md_dma_walk_segment_state state = { .args.mapped = true };
	struct iomd_desc *desc = bound(test, fixture->memory + 5, LENGTH, BOTH);
	struct iomd_range range = { 0x1000, 0x1000 };

	KUNIT_EXPECT_FALSE(test, is_mapped(fixture->mapper, fixture->phys + 5));
	KUNIT_EXPECT_EQ(test, step(desc, IOMD_MD_FIRST_SEGMENT, &state, 3), 0);
	KUNIT_EXPECT_EQ(test, state.args.iovm_addr, fixture->phys + 8);
	KUNIT_EXPECT_EQ(test, state.args.length, LENGTH - 3ULL);
	KUNIT_EXPECT_TRUE(test, is_mapped(fixture->mapper, fixture->phys + 5));
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_FALSE(test, is_mapped(fixture->mapper, fixture->phys + 5));
	KUNIT_EXPECT_EQ(test, step(desc, IOMD_MD_FIRST_SEGMENT, &state, 3), -EAGAIN);

	desc = bound(test, fixture->memory, LENGTH, BOTH | IOMD_MEMORY_HOST_ONLY);
	KUNIT_EXPECT_EQ(test, step(desc, IOMD_MD_FIRST_SEGMENT, &state, 0), 0);
	KUNIT_EXPECT_EQ(test, state.args.iovm_addr, fixture->phys);
	KUNIT_EXPECT_FALSE(test, is_mapped(fixture->mapper, fixture->phys));

	desc = iomd_kunit_of_kernel(test, fixture->memory, LENGTH, BOTH);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, step(desc, IOMD_MD_FIRST_SEGMENT, &state, 0), 0);
	KUNIT_EXPECT_EQ(test, state.args.iovm_addr, fixture->phys);

	desc = iomd_desc_with_options(&range, 1, 0, NULL,
				      IOMD_MEMORY_TYPE_PHYSICAL | IOMD_MEMORY_REMOTE, NULL);
	iomd_kunit_desc(test, desc);
	KUNIT_EXPECT_EQ(test, step(desc, IOMD_MD_FIRST_SEGMENT, &state, 0), -ENXIO);
}

/*
 * Active descriptors.
 */

/* GMD-87 GMD-76 MAPPER-57 MAPPER-59: it keeps the memory, and is counted */
static void active_memory_stays(struct kunit *test)
{
	u64 address = iomd_kunit_map_anonymous(test, PAGE_SIZE);
	struct iomd_desc *desc = iomd_kunit_of_process(test, address, PAGE_SIZE, BOTH);
	struct page *page;
	u32 i;

	KUNIT_EXPECT_EQ(test, operate(desc, IOMD_MD_SET_DMA_ACTIVE, NULL), -EAGAIN);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	page = pfn_to_page(PHYS_PFN(iomd_kunit_phys(desc, 0, NULL)));
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_EQ(test, operate(desc, IOMD_MD_SET_DMA_ACTIVE, NULL), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(desc));
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_EQ(test, iomd_kunit_pins(page), 1U);
		KUNIT_EXPECT_EQ(test, operate(desc, IOMD_MD_SET_DMA_INACTIVE, NULL), 0);
	}
	KUNIT_EXPECT_TRUE(test, iomd_kunit_wait_for(!iomd_kunit_pins(page)));
	KUNIT_EXPECT_EQ(test, operate(desc, IOMD_MD_SET_DMA_INACTIVE, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
}

/*
 * Mapping through descriptors.
 */

static struct iomd_md_dma_map_args map_args(struct kunit *test, struct iomd_dma *command,
					    u64 offset, u64 length)
{
	struct fixture *fixture = test->priv;

	return (struct iomd_md_dma_map_args) {
		.mapper = fixture->mapper,
		.command = command,
		.offset = offset,
		.length = length,
	};
}

/* GMD-93 GMD-96 MAPPER-65 MAPPER-72 MAPPER-83: all of it, and it belongs to the descriptor */
static void maps_itself_once(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_desc *desc = bound(test, fixture->memory + 5, LENGTH, BOTH);
	struct iomd_md_dma_map_args args = map_args(test, NULL, 0, LENGTH);
	u32 i;

	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_EQ(test, operate(desc, IOMD_MD_DMA_MAP, &args), 0);
		KUNIT_EXPECT_EQ(test, args.alloc, fixture->phys + 5);
		KUNIT_EXPECT_EQ(test, args.alloc_length, 0ULL);
		KUNIT_EXPECT_EQ(test, operate(desc, IOMD_MD_DMA_UNMAP, &args), 0);
	}
	KUNIT_EXPECT_TRUE(test, is_mapped(fixture->mapper, fixture->phys + 5));
	KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_address(desc), fixture->phys + 5);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_FALSE(test, is_mapped(fixture->mapper, fixture->phys + 5));
	KUNIT_EXPECT_EQ(test, operate(desc, IOMD_MD_DMA_MAP, &args), -EAGAIN);
}

struct mapping_race {
	struct iomd_desc *desc;
	struct iomd_md_dma_map_args args;
	struct completion *start;
	struct completion done;
	int err;
};

static int map_when_told(void *data)
{
	struct mapping_race *race = data;

	wait_for_completion(race->start);
	race->err = operate(race->desc, IOMD_MD_DMA_MAP, &race->args);
	complete(&race->done);
	while (!kthread_should_stop())
		msleep(20);
	return 0;
}

/* MAPPER-66: whoever comes first makes the mapping, and everybody has that one */
static void racing_commands_share(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	u32 round, i;

	for (round = 0; round < 5; round++) {
		struct iomd_desc *desc = bound(test, fixture->memory, LENGTH, BOTH);
		struct mapping_race races[2] = {};
		struct task_struct *threads[2];
		DECLARE_COMPLETION_ONSTACK(start);

		for (i = 0; i < 2; i++) {
			races[i].desc = desc;
			races[i].args = map_args(test, NULL, 0, LENGTH);
			races[i].start = &start;
			init_completion(&races[i].done);
			threads[i] = kthread_run(map_when_told, &races[i], "iomd-kunit-map");
			KUNIT_ASSERT_NOT_ERR_OR_NULL(test, threads[i]);
		}
		complete_all(&start);
		for (i = 0; i < 2; i++) {
			wait_for_completion(&races[i].done);
			kthread_stop(threads[i]);
			KUNIT_EXPECT_EQ(test, races[i].err, 0);
			KUNIT_EXPECT_EQ(test, races[i].args.alloc, fixture->phys);
			KUNIT_EXPECT_EQ(test, races[i].args.alloc_length, 0ULL);
		}
		KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
		KUNIT_EXPECT_FALSE(test, is_mapped(fixture->mapper, fixture->phys));
	}
}

/* MAPPER-71 MAPPER-65: what is in pieces for the device has no one address, but a walk finds all */
static void pieces_have_no_address(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_desc *desc = bound(test, fixture->scattered, LENGTH, BOTH);
	struct iomd_md_dma_map_args args = map_args(test, NULL, 0, LENGTH);
	struct iomd_md_dma_walk_segment_state state = { .args.mapped = true };
	u32 i;

	KUNIT_EXPECT_EQ(test, operate(desc, IOMD_MD_DMA_MAP, &args), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, args.alloc, 0ULL);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, step(desc, IOMD_MD_WALK_SEGMENTS, &state, i * PAGE_SIZE + 7),
				0);
		KUNIT_EXPECT_EQ(test, state.args.iovm_addr, page_to_phys(fixture->pages[i]) + 7);
	}
}

/* Map what is to be private, see that it is, and unmap it. */
static void expect_private(struct kunit *test, struct iomd_desc *desc,
			   struct iomd_md_dma_map_args *args, u64 address)
{
	struct fixture *fixture = test->priv;

	KUNIT_EXPECT_EQ(test, operate(desc, IOMD_MD_DMA_MAP, args), 0);
	KUNIT_EXPECT_EQ(test, args->alloc, address);
	KUNIT_EXPECT_GE(test, args->alloc_length, args->length);
	KUNIT_EXPECT_TRUE(test, is_mapped(args->mapper, address));
	KUNIT_EXPECT_EQ(test, operate(desc, IOMD_MD_DMA_UNMAP, args), 0);
	KUNIT_EXPECT_FALSE(test, is_mapped(fixture->mapper, address));
}

/* GMD-93 MAPPER-67 MAPPER-68 MAPPER-74 MAPPER-82: parts, other mappers, high alignments */
static void maps_privately_what_is_not_its_own(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_desc *desc = bound(test, fixture->memory, 2 * PAGE_SIZE, BOTH);
	struct iomd_md_dma_map_args args = map_args(test, NULL, 0x10, 0x100);

	expect_private(test, desc, &args, fixture->phys + 0x10);
	args = map_args(test, NULL, 0, PAGE_SIZE);
	expect_private(test, desc, &args, fixture->phys);

	args = map_args(test, NULL, 0, 2 * PAGE_SIZE);
	args.mapper = iomd_kunit_device_mapper(test, 64);
	KUNIT_EXPECT_EQ(test, operate(desc, IOMD_MD_DMA_MAP, &args), 0);
	KUNIT_EXPECT_EQ(test, args.alloc_length, 2 * (u64)PAGE_SIZE);
	KUNIT_EXPECT_TRUE(test, is_mapped(args.mapper, fixture->phys));
	KUNIT_EXPECT_FALSE(test, is_mapped(fixture->mapper, fixture->phys));
	KUNIT_EXPECT_EQ(test, operate(desc, IOMD_MD_DMA_UNMAP, &args), 0);
	KUNIT_EXPECT_FALSE(test, is_mapped(args.mapper, fixture->phys));

	/* The memory is four pages, aligned to that. */
	KUNIT_ASSERT_FALSE(test, fixture->phys & (NR_PAGES * PAGE_SIZE - 1));
	args = map_args(test, NULL, 0, 2 * PAGE_SIZE);
	args.map_spec.alignment = 2 * PAGE_SIZE;
	expect_private(test, desc, &args, fixture->phys);
}

/* GMD-86 MAPPER-60 MAPPER-64: what was demanded once holds for all mappings to come */
static void demands_add_up(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_desc *desc = bound(test, fixture->memory + PAGE_SIZE, PAGE_SIZE, BOTH);
	struct iomd_dma_map_specification spec = { .num_address_bits = 12 };
	struct iomd_md_dma_map_args args = map_args(test, NULL, 0, PAGE_SIZE);

	args.map_spec.alignment = PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, operate(desc, IOMD_MD_DMA_MAP, &args), 0);
	KUNIT_EXPECT_EQ(test, args.alloc_length, 0ULL);
	args.map_spec.alignment = 3;
	KUNIT_EXPECT_EQ(test, operate(desc, IOMD_MD_DMA_MAP, &args), -EINVAL);

	/* Twice a page it is not aligned to, whoever asks for less afterwards. */
	args.map_spec.alignment = 2 * PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, operate(desc, IOMD_MD_DMA_MAP, &args), -EBADSLT);
	args.map_spec.alignment = 0;
	KUNIT_EXPECT_EQ(test, operate(desc, IOMD_MD_DMA_MAP, &args), -EBADSLT);

	desc = bound(test, fixture->memory + PAGE_SIZE, PAGE_SIZE, BOTH);
	KUNIT_EXPECT_NE(test, iomd_desc_get_physical_address(desc), 0ULL);
	KUNIT_EXPECT_EQ(test, operate(desc, IOMD_MD_ADD_DMA_MAP_SPEC, &spec), 0);
	spec.num_address_bits = 0;
	KUNIT_EXPECT_EQ(test, operate(desc, IOMD_MD_ADD_DMA_MAP_SPEC, &spec), 0);
	spec.num_address_bits = 64;
	KUNIT_EXPECT_EQ(test, operate(desc, IOMD_MD_ADD_DMA_MAP_SPEC, &spec), 0);
	KUNIT_EXPECT_EQ(test, operate(desc, IOMD_MD_DMA_MAP, &args), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_address(desc), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
}

/* MD-82 MAPPER-62: those made of others have no demands */
static void composites_demand_nothing(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_dma_map_specification spec = { .num_address_bits = 12 };
	struct iomd_desc *descs[3];
	u32 i;

	composites(test, bound(test, fixture->memory, LENGTH, BOTH), descs);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, operate(descs[i], IOMD_MD_ADD_DMA_MAP_SPEC, &spec),
				-EOPNOTSUPP);
}

/* GMD-86: whoever is described anew demands nothing */
static void new_descriptions_demand_nothing(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_range range = { (unsigned long)fixture->memory, PAGE_SIZE };
	struct iomd_dma_map_specification spec = { .num_address_bits = 12 };
	struct iomd_md_dma_map_args args = map_args(test, NULL, 0, PAGE_SIZE);
	struct iomd_desc *desc = bound(test, fixture->memory, PAGE_SIZE, BOTH);

	KUNIT_EXPECT_EQ(test, operate(desc, IOMD_MD_ADD_DMA_MAP_SPEC, &spec), 0);
	KUNIT_EXPECT_EQ(test, operate(desc, IOMD_MD_DMA_MAP, &args), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, iomd_desc_init_with_options(desc, &range, 1, 0, IOMD_KERNEL_TASK,
							  VIRTUAL | BOTH, fixture->mapper), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, operate(desc, IOMD_MD_DMA_MAP, &args), 0);
	KUNIT_EXPECT_EQ(test, args.alloc, fixture->phys);
}

/* MD-85 MAPPER-69 MAPPER-70 MAPPER-78 MAPPER-80 MAPPER-81: a command keeps it */
static void commands_keep_what_they_map(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_dma *command = iomd_kunit_command(test, 64, 1, fixture->mapper);
	struct iomd_desc *desc = bound(test, fixture->memory, PAGE_SIZE, BOTH);
	struct iomd_desc *descs[4] = { [3] = desc };
	u32 i;

	composites(test, desc, descs);
	for (i = 0; i < 4; i++) {
		struct iomd_md_dma_map_args args = map_args(test, command, 0, PAGE_SIZE);

		KUNIT_EXPECT_EQ(test, operate(descs[i], IOMD_MD_DMA_MAP, &args), 0);
		KUNIT_EXPECT_EQ(test, args.alloc, fixture->phys);
		KUNIT_EXPECT_EQ(test, args.alloc_length, i == 3 ? 0ULL : (u64)PAGE_SIZE);
		KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
		KUNIT_EXPECT_TRUE(test, is_mapped(fixture->mapper, fixture->phys));
		KUNIT_EXPECT_EQ(test, operate(descs[i], IOMD_MD_DMA_UNMAP, &args), 0);
		KUNIT_EXPECT_TRUE(test, iomd_kunit_wait_for(!is_mapped(fixture->mapper,
								       fixture->phys)));
		KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);

		/* Once more is once too often, and does no harm. */
		KUNIT_EXPECT_EQ(test, operate(descs[i], IOMD_MD_DMA_UNMAP, &args), 0);
		KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 0, &args, 1), 1ULL);
	}
}

/* MAPPER-84: what was mapped by other means is kept all the same */
static void recorded_mappings_keep_memory(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_dma *command = iomd_kunit_command(test, 64, 1, fixture->mapper);
	struct iomd_desc *desc = bound(test, fixture->memory, PAGE_SIZE, BOTH);
	u8 byte;

	KUNIT_EXPECT_EQ(test, iomd_desc_dma_map_record(desc, fixture->mapper, NULL, PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_dma_map_record(desc, fixture->mapper, command, PAGE_SIZE),
			0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 0, &byte, 1), 1ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_dma_unmap(desc, fixture->mapper, command, 0, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_dma_map_record(desc, fixture->mapper, command, PAGE_SIZE),
			-EAGAIN);
}

/* GMD-94 MAPPER-53 MAPPER-63 MAPPER-73: no mapper, memory of the host's, memory out of reach */
static void does_not_map_what_devices_cannot_have(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_desc *desc = bound(test, fixture->memory, LENGTH, BOTH);
	struct iomd_md_dma_map_args args = map_args(test, NULL, 0, LENGTH);
	struct iomd_range range = { 0x1000, LENGTH };
	u64 address = 7, length = 7;

	args.mapper = NULL;
	KUNIT_EXPECT_EQ(test, operate(desc, IOMD_MD_DMA_MAP, &args), 0);
	KUNIT_EXPECT_EQ(test, args.alloc_length, 0ULL);

	desc = bound(test, fixture->memory, LENGTH, BOTH | IOMD_MEMORY_HOST_ONLY);
	args = map_args(test, NULL, 0, LENGTH);
	args.alloc = 7;
	args.alloc_length = 7;
	KUNIT_EXPECT_EQ(test, operate(desc, IOMD_MD_DMA_MAP, &args), 0);
	KUNIT_EXPECT_EQ(test, args.alloc, 0ULL);
	KUNIT_EXPECT_EQ(test, args.alloc_length, 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_dma_map(desc, fixture->mapper, NULL, NULL, 0, LENGTH,
						&address, &length), 0);
	KUNIT_EXPECT_EQ(test, address, 0ULL);
	KUNIT_EXPECT_EQ(test, length, 0ULL);
	KUNIT_EXPECT_FALSE(test, is_mapped(fixture->mapper, fixture->phys));

	desc = iomd_desc_with_options(&range, 1, 0, NULL,
				      IOMD_MEMORY_TYPE_PHYSICAL | IOMD_MEMORY_REMOTE, NULL);
	iomd_kunit_desc(test, desc);
	KUNIT_EXPECT_EQ(test, operate(desc, IOMD_MD_DMA_MAP, &args), -ENXIO);
	KUNIT_EXPECT_EQ(test, iomd_desc_dma_map(desc, fixture->mapper, NULL, NULL, 0, LENGTH,
						&address, &length), -ENXIO);
}

/* MAPPER-79: memory that is not there is not mapped, by whatever way */
static void does_not_map_what_is_not_prepared(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_desc *desc = bound(test, fixture->memory, LENGTH, BOTH);
	u64 address, length;

	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_dma_map(desc, fixture->mapper, NULL, NULL, 0, LENGTH,
						&address, &length), -EAGAIN);
	KUNIT_EXPECT_EQ(test, iomd_desc_dma_map(desc, fixture->mapper, NULL, NULL, 0, 5,
						&address, &length), -EAGAIN);
	KUNIT_EXPECT_EQ(test, iomd_desc_dma_map(desc, fixture->mapper, NULL, NULL, 0, 5, NULL,
						&length), -EINVAL);
}

/* MD-86 MAPPER-75: memory prepared for reading is mapped for reading */
static void reads_what_may_only_be_read(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	u64 user = iomd_kunit_map_anonymous(test, PAGE_SIZE), address, length;
	struct iomd_desc *desc = iomd_kunit_of_process(test, user, PAGE_SIZE, BOTH);

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, OUT), 0);
	KUNIT_EXPECT_EQ(test, iomd_mapper_iovm_map_memory(fixture->mapper, desc, 0, PAGE_SIZE,
							  READ_ACCESS | WRITE_ACCESS, NULL, NULL,
							  NULL, &address, &length), -EROFS);
	KUNIT_EXPECT_EQ(test, iomd_desc_dma_map(desc, fixture->mapper, NULL, NULL, 0, PAGE_SIZE,
						&address, &length), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_dma_unmap(desc, fixture->mapper, NULL, 0, address, length),
			0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, IN), 0);
	KUNIT_EXPECT_EQ(test, iomd_mapper_iovm_map_memory(fixture->mapper, desc, 0, PAGE_SIZE,
							  WRITE_ACCESS, NULL, NULL, NULL,
							  &address, &length), 0);
	KUNIT_EXPECT_EQ(test, iomd_mapper_iovm_unmap_memory(fixture->mapper, desc, NULL, address,
							    length), 0);
}

/*
 * Windows of a mapper.
 */

struct window {
	const char *name;
	u64 offset;
	u64 length;
	u64 map_length;
};

static const struct window windows[] = {
	{ "a byte", 0x123, 1, 0x1000 },
	{ "a page", 0, 0x1000, 0x1000 },
	{ "two pages", 0x1000, 0x2000, 0x2000 },
	{ "over a page's end", 0xfff, 2, 0x2000 },
	{ "a page and a bit", 0x10, 0x1000, 0x2000 },
};

static void window_name(const struct window *window, char *name)
{
	strscpy(name, window->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(window, windows, window_name);

/* MAPPER-19 MAPPER-23..25 MAPPER-27 MAPPER-28 MAPPER-30: where the first byte is, in pages */
static void windows_are_pages(struct kunit *test)
{
	const struct window *window = test->param_value;
	struct fixture *fixture = test->priv;
	struct iomd_desc *desc = bound(test, fixture->memory, NR_PAGES * PAGE_SIZE, BOTH);
	u64 address, length;

	KUNIT_ASSERT_EQ(test, iomd_mapper_iovm_map_memory(fixture->mapper, desc, window->offset,
							  window->length, READ_ACCESS, NULL, NULL,
							  NULL, &address, &length), 0);
	KUNIT_EXPECT_EQ(test, address, fixture->phys + window->offset);
	KUNIT_EXPECT_EQ(test, length, window->map_length);
	KUNIT_EXPECT_EQ(test, iomd_mapper_map_to_physical_address(fixture->mapper, address),
			fixture->phys + window->offset);
	KUNIT_EXPECT_FALSE(test, is_mapped(fixture->mapper, address + window->length));

	/* It is known by both numbers, and the memory stays until it is gone. */
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_mapper_iovm_unmap_memory(fixture->mapper, NULL, NULL, address,
							    length + 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_mapper_iovm_unmap_memory(fixture->mapper, NULL, NULL,
							    address + 1, length), -EINVAL);
	KUNIT_EXPECT_TRUE(test, is_mapped(fixture->mapper, address));
	KUNIT_EXPECT_EQ(test, iomd_mapper_iovm_unmap_memory(fixture->mapper, NULL, NULL, address,
							    length), 0);
	KUNIT_EXPECT_FALSE(test, is_mapped(fixture->mapper, address));
	KUNIT_EXPECT_EQ(test, iomd_mapper_iovm_unmap_memory(fixture->mapper, NULL, NULL, address,
							    length), -EINVAL);
}

/* MAPPER-22: pages in place of a descriptor */
static void windows_on_pages(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct page *pages[] = { virt_to_page(fixture->memory),
				 virt_to_page(fixture->memory + PAGE_SIZE) };
	struct iomd_dma_map_page_list list = { 0x10, 2, pages };
	u64 address, length;

	KUNIT_EXPECT_EQ(test, iomd_mapper_iovm_map_memory(fixture->mapper, NULL, 0,
							  2 * PAGE_SIZE - 0x10, WRITE_ACCESS, NULL,
							  NULL, &list, &address, &length), 0);
	KUNIT_EXPECT_EQ(test, address, fixture->phys + 0x10);
	KUNIT_EXPECT_EQ(test, length, 2 * (u64)PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, iomd_mapper_iovm_unmap_memory(fixture->mapper, NULL, NULL, address,
							    length), 0);
	KUNIT_EXPECT_EQ(test, iomd_mapper_iovm_map_memory(fixture->mapper, NULL, 0,
							  2 * PAGE_SIZE - 0xf, WRITE_ACCESS, NULL,
							  NULL, &list, &address, &length), -EINVAL);
	list.page_list_count = 0;
	KUNIT_EXPECT_EQ(test, iomd_mapper_iovm_map_memory(fixture->mapper, NULL, 0, 1,
							  WRITE_ACCESS, NULL, NULL, &list,
							  &address, &length), -EINVAL);
	list.page_list_count = 2;
	list.page_offset = PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, iomd_mapper_iovm_map_memory(fixture->mapper, NULL, 0, 1,
							  WRITE_ACCESS, NULL, NULL, &list,
							  &address, &length), -EINVAL);
}

struct refusal {
	const char *name;
	u64 offset;
	u64 length;
	u32 options;
	u64 alignment;
	u8 bits;
	int err;
};

static const struct refusal refusals[] = {
	{ "nothing", 0, 0, READ_ACCESS, 0, 0, -EINVAL },
	{ "too much", 0, LENGTH + 1, READ_ACCESS, 0, 0, -EINVAL },
	{ "behind the end", LENGTH, 1, READ_ACCESS, 0, 0, -EINVAL },
	{ "a range that wraps", 1, U64_MAX, READ_ACCESS, 0, 0, -EINVAL },
	{ "no access", 0, 1, 0, 0, 0, -EINVAL },
	{ "a strange alignment", 0, 1, READ_ACCESS, 3, 0, -EINVAL },
	{ "an address that is given", 0, 1, READ_ACCESS | IOMD_DMA_MAP_FIXED_ADDRESS, 0, 0,
	  -EOPNOTSUPP },
	{ "the identity", 0, 1, READ_ACCESS | IOMD_DMA_MAP_IDENTITY_MAP, 0, 0, -EOPNOTSUPP },
	{ "several pieces", 0, PAGE_SIZE + 1, READ_ACCESS, 0, 0, -EOPNOTSUPP },
	{ "too few bits", 0, 1, READ_ACCESS, 0, 12, -EMSGSIZE },
	{ "too high an alignment", 0, 1, READ_ACCESS, 1ULL << 46, 0, -EBADSLT },
};

static void refusal_name(const struct refusal *refusal, char *name)
{
	strscpy(name, refusal->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(refusal, refusals, refusal_name);

/* MAPPER-20 MAPPER-21 MAPPER-24: what cannot be one window as it is demanded is none */
static void windows_that_cannot_be(struct kunit *test)
{
	const struct refusal *refusal = test->param_value;
	struct fixture *fixture = test->priv;
	const struct iomd_dma_map_specification spec = {
		.alignment = refusal->alignment,
		.num_address_bits = refusal->bits,
	};
	struct iomd_desc *desc = bound(test, fixture->scattered, LENGTH, BOTH);
	struct iomd_mapper *identity = iomd_kunit_mapper(test, iomd_mapper_identity());
	u64 address = 7, length = 7;

	KUNIT_EXPECT_EQ(test, iomd_mapper_iovm_map_memory(fixture->mapper, desc, refusal->offset,
							  refusal->length, refusal->options, &spec,
							  NULL, NULL, &address, &length),
			refusal->err);
	KUNIT_EXPECT_EQ(test, address, 7ULL);
	KUNIT_EXPECT_EQ(test, length, 7ULL);
	KUNIT_EXPECT_FALSE(test, is_mapped(fixture->mapper, page_to_phys(fixture->pages[0])));

	/* There is no bus space without memory, and the identity needs none. */
	KUNIT_EXPECT_EQ(test, iomd_mapper_iovm_map_memory(fixture->mapper, NULL, 0, PAGE_SIZE,
							  READ_ACCESS, NULL, NULL, NULL, &address,
							  &length), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, iomd_mapper_iovm_map_memory(identity, desc, 0, 1, READ_ACCESS, NULL,
							  NULL, NULL, &address, &length),
			-EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, iomd_mapper_iovm_insert(fixture->mapper, READ_ACCESS, 0, 0, 0,
						      PAGE_SIZE), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, iomd_mapper_map_to_physical_address(identity, 0x1234), 0x1234ULL);
}

/* MAPPER-30: addresses of a command too; none once the device is gone */
static void addresses_stand_for_memory(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_desc *desc = bound(test, fixture->scattered, LENGTH, BOTH);
	struct iomd_dma *dma = iomd_kunit_command(test, 64, 1, fixture->mapper);
	u64 bus, address, length;

	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
	bus = iomd_kunit_segment(test, dma, PAGE_SIZE + 5).iovm_addr;
	KUNIT_EXPECT_EQ(test, iomd_mapper_map_to_physical_address(fixture->mapper, bus),
			page_to_phys(fixture->pages[1]) + 5);
	KUNIT_EXPECT_EQ(test, iomd_mapper_iovm_map_memory(fixture->mapper, desc, 0, 1, READ_ACCESS,
							  NULL, NULL, NULL, &address, &length), 0);
	iomd_kunit_unbind(fixture->dev);
	KUNIT_EXPECT_FALSE(test, is_mapped(fixture->mapper, bus));
	KUNIT_EXPECT_FALSE(test, is_mapped(fixture->mapper, address));
	KUNIT_EXPECT_EQ(test, iomd_mapper_iovm_unmap_memory(fixture->mapper, NULL, NULL, address,
							    length), 0);
	KUNIT_EXPECT_EQ(test, iomd_mapper_iovm_map_memory(fixture->mapper, desc, 0, 1, READ_ACCESS,
							  NULL, NULL, NULL, &address, &length),
			-ENODEV);
}

static int map_once(struct kunit *test, void *data)
{
	struct fixture *fixture = test->priv;
	u64 address, length;
	int err;

	err = iomd_mapper_iovm_map_memory(fixture->mapper, data, 0, LENGTH, READ_ACCESS, NULL,
					  NULL, NULL, &address, &length);
	if (err)
		return err;
	return iomd_mapper_iovm_unmap_memory(fixture->mapper, data, NULL, address, length);
}

/* GMD-97: without memory for it there is no mapping, and nothing else is lost */
static void survives_failing_allocations(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_desc *desc = bound(test, fixture->memory, LENGTH, BOTH);

	KUNIT_EXPECT_GE(test, iomd_kunit_sweep(test, map_once, desc, 1), 1U);
}

/* MAPPER-69 MAPPER-80 GMD-94: where nothing is mapped nothing is counted, for commands neither */
static void nothing_mapped_is_nothing_counted(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_dma *command = iomd_kunit_command(test, 64, 1, fixture->mapper);
	struct iomd_desc *desc = bound(test, fixture->memory, LENGTH, BOTH | IOMD_MEMORY_HOST_ONLY);
	u64 address, length;

	/* Somebody else is using the memory, and goes on to. */
	KUNIT_ASSERT_EQ(test, operate(desc, IOMD_MD_SET_DMA_ACTIVE, NULL), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_dma_map(desc, fixture->mapper, command, NULL, 0, LENGTH,
						&address, &length), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_dma_unmap(desc, fixture->mapper, command, 0, address,
						  length), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_dma_map(desc, NULL, command, NULL, 0, LENGTH, &address,
						&length), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_dma_unmap(desc, NULL, command, 0, address, length), 0);
	KUNIT_EXPECT_EQ(test, operate(desc, IOMD_MD_SET_DMA_INACTIVE, NULL), 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(refuses_what_it_does_not_know),
	KUNIT_CASE(tells_what_it_is),
	KUNIT_CASE(tells_what_physical_memory_is),
	KUNIT_CASE(composites_tell_little),
	KUNIT_CASE(walks_anywhere),
	KUNIT_CASE(walks_no_further),
	KUNIT_CASE(walks_by_ranges),
	KUNIT_CASE(composites_walk_over_parts),
	KUNIT_CASE(mapped_walk_maps),
	KUNIT_CASE(active_memory_stays),
	KUNIT_CASE(maps_itself_once),
	KUNIT_CASE(racing_commands_share),
	KUNIT_CASE(pieces_have_no_address),
	KUNIT_CASE(maps_privately_what_is_not_its_own),
	KUNIT_CASE(demands_add_up),
	KUNIT_CASE(composites_demand_nothing),
	KUNIT_CASE(new_descriptions_demand_nothing),
	KUNIT_CASE(commands_keep_what_they_map),
	KUNIT_CASE(recorded_mappings_keep_memory),
	KUNIT_CASE(does_not_map_what_devices_cannot_have),
	KUNIT_CASE(does_not_map_what_is_not_prepared),
	KUNIT_CASE(reads_what_may_only_be_read),
	KUNIT_CASE_PARAM(windows_are_pages, window_gen_params),
	KUNIT_CASE(windows_on_pages),
	KUNIT_CASE_PARAM(windows_that_cannot_be, refusal_gen_params),
	KUNIT_CASE(addresses_stand_for_memory),
	KUNIT_CASE(survives_failing_allocations),
	KUNIT_CASE(nothing_mapped_is_nothing_counted),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_protocol",
	.suite_init = iomd_kunit_suite_init,
	.suite_exit = iomd_kunit_suite_exit,
	.init = init,
	.test_cases = cases,
};

kunit_test_suite(suite);
