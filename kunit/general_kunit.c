// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptors of kernel memory and of physical memory: what they are made from,
 * how they count, and what they answer.
 */
#include <linux/completion.h>
#include <linux/io.h>
#include <linux/kthread.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "compose.h"

#define VIRTUAL		IOMD_MEMORY_TYPE_VIRTUAL
#define PHYSICAL	IOMD_MEMORY_TYPE_PHYSICAL
#define IN		IOMD_DIRECTION_IN
#define OUT		IOMD_DIRECTION_OUT
#define BOTH		IOMD_DIRECTION_OUT_IN
#define NONE		IOMD_DIRECTION_NONE

/* In the image of this module. */
static u8 module_data[3 * PAGE_SIZE];

static struct iomd_desc *kernel_desc(struct kunit *test, void *memory, u64 length, u32 options)
{
	return iomd_kunit_desc(test, iomd_desc_with_address_range((unsigned long)memory, length,
								   options, IOMD_KERNEL_TASK));
}

static struct iomd_desc *kernel_ranges(struct kunit *test, const struct iomd_range *ranges,
				       u32 count, u32 options)
{
	return iomd_kunit_desc(test, iomd_desc_with_address_ranges(ranges, count, options,
								    IOMD_KERNEL_TASK));
}

static struct iomd_desc *physical_ranges(struct kunit *test, const struct iomd_range *ranges,
					 u32 count)
{
	return iomd_kunit_desc(test, iomd_desc_with_address_ranges(ranges, count, BOTH, NULL));
}

/*
 * Construction.
 */

struct misfit {
	const char *name;
	u32 options;
	u32 count;
	bool no_ranges;
	struct mm_struct *task;
};

static const struct misfit misfits[] = {
	{ "no type", BOTH, 1, false, IOMD_KERNEL_TASK },
	{ "unknown type", 0x60 | BOTH, 1, false, IOMD_KERNEL_TASK },
	{ "unknown type without a task", 0xf0 | BOTH, 1, false, NULL },
	{ "virtual without a task", VIRTUAL | BOTH, 1, false, NULL },
	{ "physical with a task", PHYSICAL | BOTH, 1, false, IOMD_KERNEL_TASK },
	{ "no elements", VIRTUAL | BOTH, 0, false, IOMD_KERNEL_TASK },
	{ "no array", VIRTUAL | BOTH, 1, true, IOMD_KERNEL_TASK },
	{ "no physical array", PHYSICAL | BOTH, 1, true, NULL },
};

static void misfit_name(const struct misfit *misfit, char *name)
{
	strscpy(name, misfit->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(misfit, misfits, misfit_name);

/* MD-16 GMD-1 GMD-2 GMD-3 GMD-4 CON-1 OBJ-30: types, tasks and arrays that do not fit */
static void refuses_misfits(struct kunit *test)
{
	const struct iomd_range range = { (unsigned long)module_data, 16 };
	const struct misfit *misfit = test->param_value;

	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_with_options(misfit->no_ranges ? NULL : &range,
							   misfit->count, 0, misfit->task,
							   misfit->options, NULL), -EINVAL);
}

struct extent {
	const char *name;
	struct mm_struct *task;
	u32 options;
	u32 count;
	struct iomd_range ranges[3];
	int error;
	u64 length;
};

static const struct extent extents[] = {
	{ "lengths add up", IOMD_KERNEL_TASK, BOTH, 3,
	  { { 0x1000, 1 }, { 0x500000, 0x2345 }, { 0x10, 0x10 } }, 0, 0x2356 },
	{ "unmapped addresses", IOMD_KERNEL_TASK, BOTH, 1, { { 0x1000, 0x1000 } }, 0, 0x1000 },
	{ "empty at zero", IOMD_KERNEL_TASK, BOTH, 1, { { 0, 0 } }, 0, 0 },
	{ "empty among others", IOMD_KERNEL_TASK, BOTH, 3,
	  { { 0x1000, 5 }, { 0, 0 }, { 0x1000, 5 } }, 0, 10 },
	{ "range wraps", IOMD_KERNEL_TASK, BOTH, 1, { { U64_MAX - 9, 11 } }, -EOVERFLOW },
	{ "range wraps behind a good one", IOMD_KERNEL_TASK, BOTH, 2,
	  { { 0x1000, 5 }, { U64_MAX - 9, 20 } }, -EOVERFLOW },
	{ "last page wraps", IOMD_KERNEL_TASK, BOTH, 1, { { U64_MAX - 9, 5 } }, -EOVERFLOW },
	{ "sum wraps", NULL, BOTH | IOMD_MEMORY_REMOTE, 2,
	  { { 0, 1ULL << 63 }, { 0, 1ULL << 63 } }, -EOVERFLOW },
	{ "more than the machine has", IOMD_KERNEL_TASK, BOTH, 2,
	  { { 0, 1ULL << 45 }, { 0, 1 } }, -ENOMEM },
	{ "physical beyond the bus", NULL, BOTH, 1, { { 1ULL << 60, 0x1000 } }, -EINVAL },
	{ "physical beyond the bus, remote", NULL, BOTH | IOMD_MEMORY_REMOTE, 1,
	  { { 1ULL << 60, 0x1000 } }, 0, 0x1000 },
};

static void extent_name(const struct extent *extent, char *name)
{
	strscpy(name, extent->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(extent, extents, extent_name);

/* GMD-7..12: which ranges make a descriptor, and how long it is */
static void measures_ranges(struct kunit *test)
{
	const struct extent *extent = test->param_value;
	struct iomd_desc *desc;

	desc = iomd_desc_with_address_ranges(extent->ranges, extent->count, extent->options,
					     extent->task);
	IOMD_KUNIT_EXPECT_ERR(test, desc, extent->error);
	if (!IS_ERR(desc))
		KUNIT_EXPECT_EQ(test, iomd_desc_get_length(desc), extent->length);
	iomd_desc_put(desc);
}

/* MD-12 MD-13 MD-14 CON-1: what stands for what among the constructors */
static void constructors_agree(struct kunit *test)
{
	const struct iomd_range range = { virt_to_phys(kunit_kzalloc(test, 64, GFP_KERNEL)), 64 };
	struct iomd_desc *one, *several, *physical;
	u64 length;

	one = iomd_kunit_desc(test, iomd_desc_with_address_range(range.address, 64, OUT, NULL));
	several = iomd_kunit_desc(test, iomd_desc_with_address_ranges(&range, 1, OUT, NULL));
	physical = iomd_kunit_desc(test, iomd_desc_with_physical_address(range.address, 64, OUT));

	KUNIT_EXPECT_EQ(test, iomd_desc_get_flags(one), (u64)(PHYSICAL | OUT));
	KUNIT_EXPECT_EQ(test, iomd_desc_get_flags(several), iomd_desc_get_flags(one));
	KUNIT_EXPECT_EQ(test, iomd_desc_get_flags(physical), iomd_desc_get_flags(one));
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(one, 0, &length), range.address);
	KUNIT_EXPECT_EQ(test, length, 64ULL);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(several, 0, &length), range.address);
	KUNIT_EXPECT_EQ(test, length, 64ULL);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(physical, 0, &length), range.address);
	KUNIT_EXPECT_EQ(test, length, 64ULL);
}

/* MD-10 GMD-22: with_address comes prepared. MD-11 GMD-21: with_address_range does not */
static void only_with_address_prepares(struct kunit *test)
{
	struct iomd_desc *ready, *not_ready;
	u8 *memory = kunit_kzalloc(test, 128, GFP_KERNEL);
	u8 byte;

	memory[3] = 77;
	ready = iomd_kunit_desc(test, iomd_desc_with_address(memory, 128, BOTH));
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(ready, 3, &byte, 1), 1ULL);
	KUNIT_EXPECT_EQ(test, byte, 77);

	not_ready = kernel_desc(test, memory, 128, BOTH);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_preparation_id(not_ready),
			IOMD_PREPARATION_ID_UNPREPARED);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(not_ready, 3, &byte, 1), 0ULL);
}

/* GMD-22: what cannot be prepared cannot be made prepared */
static void failed_auto_prepare_fails_creation(struct kunit *test)
{
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_with_address((void *)0x1000, 16, BOTH), -EFAULT);
}

/* GMD-5 MD-15: the array of ranges may go as soon as the descriptor is made */
static void ranges_are_copied(struct kunit *test)
{
	u8 *memory = kunit_kzalloc(test, 256, GFP_KERNEL);
	struct iomd_range ranges[2] = {
		{ (unsigned long)memory + 100, 4 },
		{ (unsigned long)memory + 200, 4 },
	};
	struct iomd_desc *desc, *single;
	u8 bytes[8];

	iomd_kunit_fill(memory, 256, 5);
	desc = kernel_ranges(test, ranges, 2, BOTH);
	single = kernel_ranges(test, ranges, 1, BOTH | IOMD_MEMORY_AS_REFERENCE);
	memset(ranges, 0, sizeof(ranges));

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 0, bytes, 8), 8ULL);
	KUNIT_EXPECT_MEMEQ(test, bytes, memory + 100, 4);
	KUNIT_EXPECT_MEMEQ(test, bytes + 4, memory + 200, 4);

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(single, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(single, 0, bytes, 4), 4ULL);
	KUNIT_EXPECT_MEMEQ(test, bytes, memory + 100, 4);
}

/* GMD-6: an array by reference is never freed, however the descriptor ends */
static void ranges_by_reference_stay(struct kunit *test)
{
	struct iomd_range *ranges = kunit_kcalloc(test, 2, sizeof(*ranges), GFP_KERNEL);
	u8 *memory = kunit_kzalloc(test, 256, GFP_KERNEL);
	struct iomd_desc *desc;
	u8 bytes[8];

	iomd_kunit_fill(memory, 256, 6);
	ranges[0] = (struct iomd_range) { (unsigned long)memory + 10, 3 };
	ranges[1] = (struct iomd_range) { (unsigned long)memory + 90, 5 };
	desc = iomd_desc_with_address_ranges(ranges, 2, BOTH | IOMD_MEMORY_AS_REFERENCE,
					     IOMD_KERNEL_TASK);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, desc);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 0, bytes, 8), 8ULL);
	KUNIT_EXPECT_MEMEQ(test, bytes, memory + 10, 3);
	KUNIT_EXPECT_MEMEQ(test, bytes + 3, memory + 90, 5);
	iomd_desc_put(desc);
	KUNIT_EXPECT_EQ(test, ranges[1].length, 5ULL);
}

/* MD-21 OBJ-40: the tag is 0 at first, and whatever was stored then */
static void tag_is_stored(struct kunit *test)
{
	struct iomd_desc *desc = kernel_desc(test, module_data, 16, BOTH);

	KUNIT_EXPECT_EQ(test, iomd_desc_get_tag(desc), 0U);
	iomd_desc_set_tag(desc, 0xdeadbeef);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_tag(desc), 0xdeadbeefU);
}

/* MD-23 GMD-14 GMD-16: direction and flags are the options, but for state bits */
static void flags_are_options(struct kunit *test)
{
	u32 direction;

	for (direction = 0; direction < 8; direction++) {
		struct iomd_desc *desc = kernel_desc(test, module_data, 16, direction);

		KUNIT_EXPECT_EQ(test, iomd_desc_get_direction(desc), direction);
		KUNIT_EXPECT_EQ(test, iomd_desc_get_flags(desc), (u64)(VIRTUAL | direction));
	}
	KUNIT_EXPECT_EQ(test, iomd_desc_get_flags(kernel_desc(test, module_data, 16, OUT |
			IOMD_MEMORY_PREPARED_READ_ONLY | IOMD_MEMORY_THREAD_SAFE)),
			(u64)(VIRTUAL | OUT | IOMD_MEMORY_THREAD_SAFE));
}

/* MD-24 GMD-15: memory that no device reaches has no mapper */
static void unreachable_memory_has_no_mapper(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, iomd_desc_get_flags(kernel_desc(test, module_data, 16,
							      BOTH | IOMD_MEMORY_HOST_ONLY)),
			(u64)(VIRTUAL | BOTH | IOMD_MEMORY_HOST_ONLY | IOMD_MEMORY_MAPPER_NONE));
	KUNIT_EXPECT_EQ(test, iomd_desc_get_flags(kernel_desc(test, module_data, 16,
							      BOTH | IOMD_MEMORY_REMOTE)),
			(u64)(VIRTUAL | BOTH | IOMD_MEMORY_REMOTE | IOMD_MEMORY_MAPPER_NONE));
}

/* OBJ-1 OBJ-2 MD-3: the caller owns one reference, and the last put destroys */
static void references_count(struct kunit *test)
{
	struct iomd_desc *desc = iomd_desc_with_address(module_data, 16, BOTH);
	u8 byte;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, desc);
	KUNIT_EXPECT_PTR_EQ(test, iomd_desc_get(desc), desc);
	iomd_desc_put(desc);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 0, &byte, 1), 1ULL);
	iomd_desc_put(desc);
	iomd_desc_put(NULL);
	iomd_desc_put(ERR_PTR(-ENOMEM));
}

/*
 * Kinds of kernel memory.
 */

/* One segment at a time, against what the page tables say. */
static void expect_pages(struct kunit *test, struct iomd_desc *desc, u8 *memory, u64 length)
{
	u64 offset = 0;

	while (offset < length) {
		u64 segment, in_segment;
		u64 phys = iomd_kunit_phys(desc, offset, &segment);

		KUNIT_ASSERT_NE(test, segment, 0ULL);
		KUNIT_ASSERT_LE(test, offset + segment, length);
		for (in_segment = 0; in_segment < segment;) {
			u8 *p = memory + offset + in_segment;
			struct page *page = virt_addr_valid(p) ? virt_to_page(p) :
								 vmalloc_to_page(p);

			KUNIT_ASSERT_EQ(test, phys + in_segment,
					page_to_phys(page) + offset_in_page(p));
			in_segment += PAGE_SIZE - offset_in_page(p);
		}
		offset += segment;
	}
	KUNIT_EXPECT_EQ(test, offset, length);
}

static void expect_describes(struct kunit *test, u8 *memory, u64 length)
{
	struct iomd_desc *desc = kernel_desc(test, memory, length, BOTH);

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	expect_pages(test, desc, memory, length);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
}

/* MD-47 MD-50 GMD-54 GMD-56: kernel memory of all sorts is found where it is */
static void finds_kernel_memory(struct kunit *test)
{
	u8 *slab = kunit_kzalloc(test, 3000, GFP_KERNEL);
	u8 *block = kunit_kzalloc(test, 64 * PAGE_SIZE, GFP_KERNEL);
	u8 *vmalloced = iomd_kunit_zalloc(test, 8 << 20);
	struct page **pages = iomd_kunit_scattered_pages(test, 5);

	expect_describes(test, slab + 1, 2999);
	expect_describes(test, block + 100, 63 * PAGE_SIZE);
	KUNIT_EXPECT_TRUE(test, is_vmalloc_addr(vmalloced));
	expect_describes(test, vmalloced + 0x123, (8 << 20) - 0x234);
	expect_describes(test, page_address(pages[0]), PAGE_SIZE);
	expect_describes(test, (u8 *)iomd_kunit_vmap(test, pages, 5) + 7, 5 * PAGE_SIZE - 9);
	expect_describes(test, module_data + 33, sizeof(module_data) - 33);
}

static void expect_not_prepared(struct kunit *test, struct iomd_desc *desc, int error)
{
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), error);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_preparation_id(desc), IOMD_PREPARATION_ID_UNPREPARED);
}

/* GMD-10 GMD-43 GMD-44: what is no memory of the kernel's is found out by prepare */
static void refuses_what_is_no_kernel_memory(struct kunit *test)
{
	u64 user = iomd_kunit_map_anonymous(test, PAGE_SIZE);
	u8 *guard = iomd_kunit_zalloc(test, 8 << 20);
	u8 on_stack[16];

	expect_not_prepared(test, kernel_desc(test, NULL, 16, BOTH), -EFAULT);
	expect_not_prepared(test, kernel_desc(test, (void *)user, 16, BOTH), -EFAULT);
	expect_not_prepared(test, kernel_desc(test, guard, (8 << 20) + 1, BOTH), -EFAULT);
	expect_not_prepared(test, kernel_desc(test, on_stack, sizeof(on_stack), BOTH), -EXFULL);
}

#ifdef CONFIG_SPARSEMEM_VMEMMAP
static void undo_ioremap(void *data)
{
	iounmap((void __force __iomem *)data);
}

/* GMD-44: registers are no kernel memory, though they are mapped there */
static void refuses_device_mappings(struct kunit *test)
{
	void *registers = (void __force *)ioremap(0xfed00000, PAGE_SIZE);

	KUNIT_ASSERT_NOT_NULL(test, registers);
	iomd_kunit_defer(test, undo_ioremap, registers);
	expect_not_prepared(test, kernel_desc(test, registers, 16, BOTH), -EFAULT);
}
#else
/* GMD-44: a page mapped in the vmalloc area is no longer one when it is unmapped */
static void refuses_device_mappings(struct kunit *test)
{
	u8 *memory = vmalloc(PAGE_SIZE);

	KUNIT_ASSERT_NOT_NULL(test, memory);
	vfree(memory);
	vm_unmap_aliases();
	expect_not_prepared(test, kernel_desc(test, memory, 16, BOTH), -EFAULT);
}
#endif

/* GMD-43: one bad range among good ones, and nothing is prepared; a good one can be then */
static void one_bad_range_is_enough(struct kunit *test)
{
	struct iomd_range ranges[3] = {
		{ (unsigned long)module_data, 16 },
		{ 0x1000, 16 },
		{ (unsigned long)module_data, 16 },
	};
	struct iomd_desc *desc = kernel_ranges(test, ranges, 3, BOTH);
	u64 length = 5;

	expect_not_prepared(test, desc, -EFAULT);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, 0, &length), 0ULL);
	KUNIT_EXPECT_EQ(test, length, 0ULL);

	ranges[1].address = (unsigned long)module_data;
	KUNIT_ASSERT_EQ(test, iomd_desc_init_with_options(desc, ranges, 3, 0, IOMD_KERNEL_TASK,
							  VIRTUAL | BOTH, NULL), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
}

/*
 * Copying bytes.
 */

#define MODEL_PAGES	6
#define MODEL_RANGES	5

/* Ranges over pages that are not neighbours, and where each byte of them lies. */
struct model {
	u8 *memory;
	struct iomd_desc *desc;
	u8 **byte;	/* address of each byte of the descriptor */
	u64 length;
};

static void model_create(struct kunit *test, struct model *model, struct rnd_state *random)
{
	struct page **pages = iomd_kunit_scattered_pages(test, MODEL_PAGES);
	struct iomd_range ranges[MODEL_RANGES];
	u32 i, k;

	model->memory = iomd_kunit_vmap(test, pages, MODEL_PAGES);
	iomd_kunit_fill(model->memory, MODEL_PAGES * PAGE_SIZE, 1);
	model->byte = iomd_kunit_zalloc(test, MODEL_RANGES * MODEL_PAGES * PAGE_SIZE *
					      sizeof(*model->byte));
	model->length = 0;
	for (i = 0; i < MODEL_RANGES; i++) {
		u32 start = iomd_kunit_below(random, MODEL_PAGES * PAGE_SIZE);
		u32 length = iomd_kunit_below(random, MODEL_PAGES * PAGE_SIZE - start + 1);

		ranges[i].address = (unsigned long)model->memory + start;
		ranges[i].length = i == 2 ? 0 : length;
		for (k = 0; k < ranges[i].length; k++)
			model->byte[model->length++] = model->memory + start + k;
	}
	model->desc = kernel_ranges(test, ranges, MODEL_RANGES, BOTH);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(model->desc, NONE), 0);
	KUNIT_ASSERT_EQ(test, iomd_desc_get_length(model->desc), model->length);
}

static u64 model_count(const struct model *model, u64 offset, u64 length)
{
	return offset + length <= model->length ? length : 0;
}

/* MD-1 MD-36 MD-40 MD-45 GMD-7: reading any part gives the bytes of all ranges in order */
static void reads_like_an_array(struct kunit *test)
{
	struct rnd_state random;
	struct model model;
	u32 round, i;
	u8 *bytes;

	iomd_kunit_seed(test, &random);
	model_create(test, &model, &random);
	bytes = iomd_kunit_zalloc(test, 2 * PAGE_SIZE);
	for (round = 0; round < 300; round++) {
		u64 offset = iomd_kunit_below(&random, model.length + 10);
		u64 length = iomd_kunit_below(&random, 2 * PAGE_SIZE);
		u64 count = model_count(&model, offset, length);
		u32 wrong = 0;

		memset(bytes, 0xee, length);
		KUNIT_ASSERT_EQ(test, iomd_desc_read_bytes(model.desc, offset, bytes, length),
				count);
		for (i = 0; i < length; i++)
			wrong += bytes[i] != (count ? *model.byte[offset + i] : 0xee);
		KUNIT_ASSERT_EQ(test, wrong, 0U);
	}
}

/* MD-36 MD-40 MD-41 MD-45: writing any part changes that part and nothing else */
static void writes_like_an_array(struct kunit *test)
{
	u8 *expected = iomd_kunit_zalloc(test, MODEL_PAGES * PAGE_SIZE);
	u8 *bytes = iomd_kunit_zalloc(test, 2 * PAGE_SIZE);
	struct rnd_state random;
	struct model model;
	u32 round, i;

	iomd_kunit_seed(test, &random);
	model_create(test, &model, &random);
	memcpy(expected, model.memory, MODEL_PAGES * PAGE_SIZE);
	for (round = 0; round < 300; round++) {
		u64 offset = iomd_kunit_below(&random, model.length + 10);
		u64 length = iomd_kunit_below(&random, 2 * PAGE_SIZE);
		u64 count = model_count(&model, offset, length);
		bool zero = round % 4 == 3;

		iomd_kunit_fill(bytes, length, round);
		for (i = 0; i < count; i++)
			expected[model.byte[offset + i] - model.memory] = zero ? 0 : bytes[i];
		KUNIT_ASSERT_EQ(test, iomd_desc_write_bytes(model.desc, offset,
							    zero ? NULL : bytes, length), count);
		KUNIT_ASSERT_EQ(test, memcmp(expected, model.memory, MODEL_PAGES * PAGE_SIZE), 0);
	}
}

struct span {
	u64 offset;
	u64 length;
	u64 copied;
};

/* MD-38 MD-39: of a range that does not fit nothing is copied, and nothing is of none */
static void copies_all_or_nothing(struct kunit *test)
{
	static const struct span spans[] = {
		{ 0, 100, 100 }, { 99, 1, 1 }, { 0, 101, 0 }, { 99, 2, 0 }, { 100, 1, 0 },
		{ 100, 0, 0 }, { 101, 0, 0 }, { 50, 0, 0 }, { 50, U64_MAX, 0 },
		{ U64_MAX, 1, 0 }, { U64_MAX, 2, 0 }, { U64_MAX - 5, 10, 0 },
	};
	u8 *memory = kunit_kzalloc(test, 102, GFP_KERNEL);
	u8 bytes[102], before[102];
	struct iomd_desc *desc;
	u32 i;

	iomd_kunit_fill(memory, 102, 1);
	desc = iomd_kunit_desc(test, iomd_desc_with_address(memory + 1, 100, BOTH));
	for (i = 0; i < ARRAY_SIZE(spans); i++) {
		const struct span *span = &spans[i];

		memset(bytes, 0xee, sizeof(bytes));
		KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, span->offset, bytes,
							   span->length), span->copied);
		KUNIT_EXPECT_EQ(test, bytes[0] == 0xee, !span->copied);

		memcpy(before, memory, 102);
		memset(bytes, 0xee, sizeof(bytes));
		KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(desc, span->offset, bytes,
							    span->length), span->copied);
		KUNIT_EXPECT_EQ(test, !memcmp(before, memory, 102), !span->copied);
		KUNIT_EXPECT_EQ(test, memory[0], before[0]);
		KUNIT_EXPECT_EQ(test, memory[101], before[101]);
		memcpy(memory, before, 102);
	}
}

/* MD-37: the direction does not say who may copy */
static void copying_ignores_direction(struct kunit *test)
{
	u8 *memory = kunit_kzalloc(test, 16, GFP_KERNEL);
	struct iomd_desc *in, *out;
	u8 byte = 9;

	in = iomd_kunit_desc(test, iomd_desc_with_address(memory, 16, IN));
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(in, 0, &byte, 1), 1ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(in, 1, &byte, 1), 1ULL);

	out = kernel_desc(test, memory, 16, OUT);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(out, IN), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(out, 0, &byte, 1), 1ULL);
	KUNIT_EXPECT_EQ(test, byte, 9);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(out, 0, NULL, 1), 1ULL);
	KUNIT_EXPECT_EQ(test, memory[0], 0);
}

/* MD-44 MD-11 GMD-58 MD-49: unprepared memory has neither bytes nor an address */
static void unprepared_memory_is_out_of_reach(struct kunit *test)
{
	u8 *memory = kunit_kzalloc(test, 16, GFP_KERNEL);
	struct iomd_desc *desc = kernel_desc(test, memory, 16, BOTH);
	u64 length = 5;
	u8 byte = 9;

	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 0, &byte, 1), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(desc, 0, &byte, 1), 0ULL);
	KUNIT_EXPECT_EQ(test, memory[0], 0);
	KUNIT_EXPECT_EQ(test, byte, 9);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, 0, &length), 0ULL);
	KUNIT_EXPECT_EQ(test, length, 0ULL);

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(desc, 0, &byte, 1), 1ULL);
	KUNIT_ASSERT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 0, &byte, 1), 0ULL);
}

/*
 * Segments.
 */

/* MD-47 MD-48 MD-50: a segment from any offset on, and none behind the end */
static void segments_from_any_offset(struct kunit *test)
{
	struct page **pages = iomd_kunit_scattered_pages(test, 4);
	u8 *memory = iomd_kunit_vmap(test, pages, 4);
	struct iomd_desc *desc;
	u64 offset, length;

	desc = iomd_kunit_desc(test, iomd_desc_with_address(memory + 0xa00, 0x3000, BOTH));
	for (offset = 0; offset < 0x3000; offset += 0x3ff) {
		u64 at = offset + 0xa00;

		KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, offset, &length),
				page_to_phys(pages[at / PAGE_SIZE]) + at % PAGE_SIZE);
		KUNIT_EXPECT_EQ(test, length, min(PAGE_SIZE - at % PAGE_SIZE, 0x3000 - offset));
	}
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, 5, NULL), page_to_phys(pages[0]) + 0xa05);

	length = 5;
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, 0x3000, &length), 0ULL);
	KUNIT_EXPECT_EQ(test, length, 0ULL);
	length = 5;
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, U64_MAX, &length), 0ULL);
	KUNIT_EXPECT_EQ(test, length, 0ULL);
}

/* GMD-55: virtual ranges stay apart, even where one continues the other */
static void virtual_ranges_stay_apart(struct kunit *test)
{
	u8 *memory = kunit_kzalloc(test, 300, GFP_KERNEL);
	const struct iomd_range ranges[] = {
		{ (unsigned long)memory, 100 },
		{ (unsigned long)memory + 100, 100 },
		{ (unsigned long)memory + 200, 100 },
	};
	struct iomd_desc *desc = kernel_ranges(test, ranges, 3, BOTH);
	u64 length;

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, 0, &length), virt_to_phys(memory));
	KUNIT_EXPECT_EQ(test, length, 100ULL);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, 150, &length), virt_to_phys(memory + 150));
	KUNIT_EXPECT_EQ(test, length, 50ULL);
}

/* GMD-30 GMD-32: physical ranges that follow each other are one segment, others are not */
static void physical_ranges_merge(struct kunit *test)
{
	static const struct iomd_range ranges[] = {
		{ 0x10000, 0x800 }, { 0x10800, 0x800 }, { 0x11000, 0x3000 },	/* one */
		{ 0x20000, 0x1000 }, { 0x20800, 0x1000 },	/* overlapping */
		{ 0x31000, 0x1000 }, { 0x30000, 0x1000 },	/* the wrong way round */
		{ 0x50000, 0 }, { 0x31000, 0x10 },	/* continues, with nothing between */
	};
	static const struct iomd_range segments[] = {
		{ 0x10000, 0x4000 }, { 0x20000, 0x1000 }, { 0x20800, 0x1000 },
		{ 0x31000, 0x1000 }, { 0x30000, 0x1010 },
	};
	struct iomd_desc *desc = physical_ranges(test, ranges, ARRAY_SIZE(ranges));
	u64 offset = 0, length;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(segments); i++) {
		KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, offset, &length), segments[i].address);
		KUNIT_EXPECT_EQ(test, length, segments[i].length);
		offset += length;
	}
	KUNIT_EXPECT_EQ(test, offset, iomd_desc_get_length(desc));
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, 0x3fff, &length), 0x13fffULL);
	KUNIT_EXPECT_EQ(test, length, 1ULL);
}

/* MD-49 GMD-33: physical address 0 reads as no address */
static void physical_zero_is_no_address(struct kunit *test)
{
	struct iomd_desc *desc;
	u64 length = 5;

	desc = iomd_kunit_desc(test, iomd_desc_with_physical_address(0, 0x2000, BOTH));
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, 0, &length), 0ULL);
	KUNIT_EXPECT_EQ(test, length, 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, 1, &length), 1ULL);
	KUNIT_EXPECT_EQ(test, length, 0x1fffULL);
}

/* MD-7 GMD-48: a descriptor of nothing can be prepared, and has no segments */
static void empty_descriptor_works(struct kunit *test)
{
	struct iomd_desc *desc = kernel_desc(test, NULL, 0, BOTH);
	struct iomd_desc *physical;
	u64 length = 5;

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_NE(test, iomd_desc_get_preparation_id(desc), IOMD_PREPARATION_ID_UNPREPARED);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, 0, &length), 0ULL);
	KUNIT_EXPECT_EQ(test, length, 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_preparation_id(desc), IOMD_PREPARATION_ID_UNPREPARED);

	physical = iomd_kunit_desc(test, iomd_desc_with_physical_address(0x1000, 0, BOTH));
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(physical, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(physical, 0, &length), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(physical, NONE), 0);
}

/* GMD-19 GMD-29 GMD-30: physical memory is prepared for good, whatever is called */
static void physical_memory_is_always_prepared(struct kunit *test)
{
	struct page *page = iomd_kunit_page(test, 0, U64_MAX);
	struct iomd_desc *desc;
	u8 bytes[16];
	u32 i;

	iomd_kunit_fill(page_address(page), PAGE_SIZE, 3);
	desc = iomd_desc_with_physical_address(page_to_phys(page) + 8, 16, OUT);
	iomd_kunit_desc(test, desc);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, OUT), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, IN), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_flags(desc) & IOMD_MEMORY_PREPARED_READ_ONLY, 0ULL);
	for (i = 0; i < 5; i++)
		KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);

	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, 0, NULL), page_to_phys(page) + 8);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 0, bytes, 16), 16ULL);
	KUNIT_EXPECT_MEMEQ(test, bytes, (u8 *)page_address(page) + 8, 16);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(desc, 4, NULL, 2), 2ULL);
	KUNIT_EXPECT_EQ(test, *((u8 *)page_address(page) + 12), 0);
}

/* MD-43 GMD-34 GMD-37: remote memory has addresses, but no bytes, and is not pinned */
static void remote_memory_is_only_addresses(struct kunit *test)
{
	static const struct iomd_range ranges[] = {
		{ 1ULL << 60, 0x1000 }, { (1ULL << 60) + 0x1000, 0x1000 }, { 0x5000, 0x10 },
	};
	struct iomd_desc *desc, *virtual;
	u8 byte = 0;
	u64 length;

	desc = iomd_desc_with_address_ranges(ranges, 3, BOTH | IOMD_MEMORY_REMOTE, NULL);
	iomd_kunit_desc(test, desc);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, 0, &length), 1ULL << 60);
	KUNIT_EXPECT_EQ(test, length, 0x2000ULL);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, 0x2000, &length), 0x5000ULL);
	KUNIT_EXPECT_EQ(test, length, 0x10ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 0, &byte, 1), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(desc, 0, &byte, 1), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);

	virtual = kernel_desc(test, module_data, 16, BOTH | IOMD_MEMORY_REMOTE);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(virtual, NONE), -ENXIO);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(virtual, NONE), -ENXIO);
}

/*
 * Preparing.
 */

struct direction {
	const char *name;
	u32 made;	/* the descriptor for */
	u32 prepared;	/* it for */
	bool read_only;
};

static const struct direction directions[] = {
	{ "none as none", NONE, NONE, false },
	{ "none as in", IN, NONE, false },
	{ "none as out", OUT, NONE, true },
	{ "none as both", BOTH, NONE, false },
	{ "out of in", IN, OUT, true },
	{ "in of out", OUT, IN, false },
	{ "both of out", OUT, BOTH, false },
	{ "out of none", NONE, OUT, true },
	{ "none with a modifier as out", OUT, IOMD_PREPARE_NO_ZERO_FILL, true },
	{ "in with modifiers of out", OUT, IN | IOMD_PREPARE_NON_COHERENT, false },
};

static void direction_name(const struct direction *direction, char *name)
{
	strscpy(name, direction->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(direction, directions, direction_name);

/*
 * MD-23 MD-33 MD-42 GMD-35 GMD-36 GMD-46: the first prepare alone decides whether
 * memory is read-only, and the last complete ends that
 */
static void first_prepare_decides(struct kunit *test)
{
	const struct direction *direction = test->param_value;
	struct iomd_desc *desc = kernel_desc(test, module_data, 16, direction->made);
	u8 byte = 1;

	KUNIT_EXPECT_EQ(test, iomd_desc_get_flags(desc) & IOMD_MEMORY_PREPARED_READ_ONLY, 0ULL);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, direction->prepared), 0);
	KUNIT_EXPECT_EQ(test, !!(iomd_desc_get_flags(desc) & IOMD_MEMORY_PREPARED_READ_ONLY),
			direction->read_only);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(desc, 0, &byte, 1),
			direction->read_only ? 0ULL : 1ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 0, &byte, 1), 1ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_flags(desc) & IOMD_MEMORY_PREPARED_READ_ONLY, 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_direction(desc), direction->made);
}

static void expect_prepared(struct kunit *test, struct iomd_desc *desc, bool prepared)
{
	u64 length;

	KUNIT_EXPECT_EQ(test, iomd_desc_get_preparation_id(desc) != IOMD_PREPARATION_ID_UNPREPARED,
			prepared);
	KUNIT_EXPECT_EQ(test, !!iomd_kunit_phys(desc, 0, &length), prepared);
}

/* MD-32 MD-34 GMD-39 GMD-40 GMD-72: prepares nest, and complete goes by none of its bits */
static void prepares_nest(struct kunit *test)
{
	struct iomd_desc *desc = kernel_desc(test, module_data, 16, BOTH);
	u32 i;

	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, i & BOTH), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, OUT), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, IOMD_COMPLETE_WITH_DATA_VALID), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, IOMD_COMPLETE_WITH_ERROR), 0);
	expect_prepared(test, desc, true);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, IN), 0);
	expect_prepared(test, desc, false);
}

/* GMD-41: memory prepared read-only cannot be prepared for writing on top */
static void read_only_stays_read_only(struct kunit *test)
{
	struct iomd_desc *desc = kernel_desc(test, module_data, 16, BOTH);

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, OUT), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, IN), -EROFS);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, BOTH), -EROFS);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), -EROFS);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, OUT), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	expect_prepared(test, desc, true);
	KUNIT_EXPECT_NE(test, iomd_desc_get_flags(desc) & IOMD_MEMORY_PREPARED_READ_ONLY, 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	expect_prepared(test, desc, false);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, IN), 0);
}

/* GMD-42: a nested prepare for reading leaves memory writable */
static void writable_stays_writable(struct kunit *test)
{
	struct iomd_desc *desc = kernel_desc(test, module_data, 16, BOTH);
	u8 byte = 1;

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, IN), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, OUT), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_flags(desc) & IOMD_MEMORY_PREPARED_READ_ONLY, 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(desc, 0, &byte, 1), 1ULL);
}

/* GMD-47: what is made prepared and for OUT is read-only from birth */
static void auto_prepared_out_is_read_only(struct kunit *test)
{
	struct iomd_desc *desc;
	u8 byte = 1;

	desc = iomd_kunit_desc(test, iomd_desc_with_address(module_data, 16, OUT));
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(desc, 0, &byte, 1), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, IN), -EROFS);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, OUT), 0);
}

/* MD-35 GMD-71: to complete what is not prepared does nothing, however often */
static void unbalanced_complete_is_harmless(struct kunit *test)
{
	struct iomd_desc *desc = kernel_desc(test, module_data, 16, BOTH);

	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	expect_prepared(test, desc, true);
}

/* MD-55 MD-56 GMD-65 GMD-67 GMD-68: each prepared lifetime has a number of its own */
static void preparation_ids_name_lifetimes(struct kunit *test)
{
	struct iomd_desc *desc = kernel_desc(test, module_data, 16, BOTH);
	struct iomd_desc *other;
	u64 first, second;

	KUNIT_EXPECT_EQ(test, iomd_desc_get_preparation_id(desc), IOMD_PREPARATION_ID_UNPREPARED);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	first = iomd_desc_get_preparation_id(desc);
	KUNIT_EXPECT_GE(test, first, 1ULL << 32);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_preparation_id(desc), first);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_preparation_id(desc), first);

	other = iomd_kunit_desc(test, iomd_desc_with_address(module_data, 16, BOTH));
	KUNIT_EXPECT_GT(test, iomd_desc_get_preparation_id(other), first);

	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_preparation_id(desc), IOMD_PREPARATION_ID_UNPREPARED);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	second = iomd_desc_get_preparation_id(desc);
	KUNIT_EXPECT_GT(test, second, iomd_desc_get_preparation_id(other));
}

/* GMD-66 GMD-69 GMD-70: what is always prepared has one number for good */
static void permanent_preparation_ids(struct kunit *test)
{
	struct iomd_desc *physical, *remote, *ready;
	u64 id;

	physical = iomd_kunit_desc(test, iomd_desc_with_physical_address(0x1000, 16, BOTH));
	remote = iomd_desc_with_address_range(0x1000, 16, BOTH | IOMD_MEMORY_REMOTE, NULL);
	iomd_kunit_desc(test, remote);
	ready = iomd_kunit_desc(test, iomd_desc_with_address(module_data, 16, BOTH));

	id = iomd_desc_get_preparation_id(physical);
	KUNIT_EXPECT_GE(test, id, 1ULL << 32);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(physical, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(physical, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(physical, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_preparation_id(physical), id);

	id = iomd_desc_get_preparation_id(remote);
	KUNIT_EXPECT_GE(test, id, 1ULL << 32);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_preparation_id(remote), id);
	KUNIT_EXPECT_GE(test, iomd_desc_get_preparation_id(ready), 1ULL << 32);
}

/*
 * Describing something else.
 */

/* MD-22 GMD-24 GMD-25 GMD-26 GMD-28 OBJ-10: what was described is forgotten, but the tag */
static void describes_something_else(struct kunit *test)
{
	const struct iomd_range ranges[] = {
		{ (unsigned long)module_data + 1, 10 }, { (unsigned long)module_data + 50, 20 },
	};
	const struct iomd_range physical = { 0x20000, 0x100 };
	struct iomd_desc *desc = kernel_ranges(test, ranges, 2, OUT);
	u64 id, length;

	iomd_desc_set_tag(desc, 42);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	id = iomd_desc_get_preparation_id(desc);

	KUNIT_ASSERT_EQ(test, iomd_desc_init_with_options(desc, ranges, 1, 0, IOMD_KERNEL_TASK,
							  VIRTUAL | IN, NULL), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(desc), 10ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_direction(desc), (u32)IN);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_tag(desc), 42U);
	expect_prepared(test, desc, false);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_flags(desc) & IOMD_MEMORY_PREPARED_READ_ONLY, 0ULL);
	KUNIT_EXPECT_NE(test, iomd_desc_get_preparation_id(desc), id);

	KUNIT_ASSERT_EQ(test, iomd_desc_init_with_options(desc, &physical, 1, 0, NULL,
							  PHYSICAL | BOTH, NULL), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, 0, &length), 0x20000ULL);
	KUNIT_EXPECT_EQ(test, length, 0x100ULL);

	KUNIT_ASSERT_EQ(test, iomd_desc_init_with_options(desc, ranges, 2, 0, IOMD_KERNEL_TASK,
							  VIRTUAL | BOTH, NULL), 0);
	expect_prepared(test, desc, false);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(desc), 30ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_tag(desc), 42U);
}

/* OBJ-9: after a failed init the object is there, describes nothing, and works again */
static void failed_init_leaves_an_empty_object(struct kunit *test)
{
	const struct iomd_range wrapping = { U64_MAX, 2 };
	const struct iomd_range good = { (unsigned long)module_data, 10 };
	const struct iomd_range unmapped = { 0x1000, 10 };
	struct iomd_desc *desc = kernel_desc(test, module_data, 16, BOTH);
	u8 byte;

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_init_with_options(desc, &wrapping, 1, 0, IOMD_KERNEL_TASK,
							  VIRTUAL | BOTH, NULL), -EOVERFLOW);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(desc), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 0, &byte, 1), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_init_with_options(desc, &unmapped, 1, 0, IOMD_KERNEL_TASK,
							  VIRTUAL | BOTH | IOMD_MEMORY_AUTO_PREPARE,
							  NULL), -EFAULT);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(desc), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_init_with_options(desc, &good, 1, 0, IOMD_KERNEL_TASK,
							  VIRTUAL | BOTH, NULL), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(desc), 10ULL);
}

#define NR_PACKETS	10000

struct holder {
	struct iomd_desc *desc;
	struct completion done;
	bool stop;
};

static int get_and_put(void *data)
{
	struct holder *holder = data;

	while (!READ_ONCE(holder->stop)) {
		iomd_desc_get(holder->desc);
		cond_resched();
		iomd_desc_put(holder->desc);
	}
	complete(&holder->done);
	return 0;
}

static int describe_packet(struct kunit *test, void *data)
{
	const struct iomd_range packet = { (unsigned long)module_data, 1500 };

	return iomd_desc_init_with_options(data, &packet, 1, 0, IOMD_KERNEL_TASK,
					   VIRTUAL | IN | IOMD_MEMORY_AUTO_PREPARE, NULL);
}

/*
 * GMD-24 GMD-25 GMD-26 OBJ-2 OBJ-10: packet by packet it describes something else, prepared or
 * not, while others hold it; for one range that takes no memory, and the last of them frees it
 */
static void describes_packets(struct kunit *test)
{
	const struct iomd_range ranges[] = {
		{ (unsigned long)module_data + 10, 1500 }, { (unsigned long)module_data, 3 },
	};
	struct holder holder = { .done = COMPLETION_INITIALIZER_ONSTACK(holder.done) };
	struct iomd_kunit_witness witness;
	u32 i, wrong = 0, taken = 1;
	u8 byte;

	holder.desc = iomd_desc_with_address(module_data, 16, IN);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, holder.desc);
	iomd_kunit_watch(&witness, holder.desc);
	if (IS_ERR(kthread_run(get_and_put, &holder, "iomd_kunit")))
		holder.stop = true;
	KUNIT_EXPECT_FALSE(test, holder.stop);
	for (i = 0; i < NR_PACKETS; i++) {
		module_data[i % 1500] = i;
		if (i % 16 == 15)
			wrong += iomd_desc_init_with_options(holder.desc, ranges, 2, 0,
							     IOMD_KERNEL_TASK, VIRTUAL | IN,
							     NULL) != 0;
		else
			wrong += describe_packet(test, holder.desc) != 0;
		wrong += iomd_desc_get_length(holder.desc) != (i % 16 == 15 ? 1503 : 1500);
		if (i % 16 == 15)
			continue;
		wrong += iomd_desc_read_bytes(holder.desc, i % 1500, &byte, 1) != 1;
		wrong += byte != (u8)i;
	}
	KUNIT_EXPECT_EQ(test, wrong, 0U);
	/* The kernel's own debugging allocates now and then, whoever is running. */
	for (i = 0; i < 5 && taken; i++)
		taken = iomd_kunit_sweep(test, describe_packet, holder.desc, UINT_MAX);
	KUNIT_EXPECT_EQ(test, taken, 0U);

	WRITE_ONCE(holder.stop, true);
	wait_for_completion(&holder.done);
	KUNIT_EXPECT_FALSE(test, witness.is_gone);
	iomd_desc_put(holder.desc);
	KUNIT_EXPECT_TRUE(test, witness.is_gone);
}

/* What a sweep does: everything that can fail, undone whatever became of it. */
static int live_once(struct kunit *test, void *data)
{
	const struct iomd_range *ranges = data;
	struct iomd_desc *desc;
	int err;

	desc = iomd_desc_with_address_ranges(ranges, IOMD_KUNIT_MANY, BOTH, IOMD_KERNEL_TASK);
	if (IS_ERR(desc))
		return PTR_ERR(desc);
	err = iomd_desc_prepare(desc, NONE);
	if (!err)
		err = iomd_desc_init_with_options(desc, ranges, IOMD_KUNIT_MANY, 0,
						  IOMD_KERNEL_TASK, VIRTUAL | BOTH |
						  IOMD_MEMORY_AUTO_PREPARE, NULL);
	iomd_desc_put(desc);
	return err;
}

/* GMD-43 OBJ-9 OBJ-13: no allocation that fails leaves anything behind, or is waited for */
static void survives_failing_allocations(struct kunit *test)
{
	struct iomd_range ranges[IOMD_KUNIT_MANY];
	u32 i;

	for (i = 0; i < ARRAY_SIZE(ranges); i++)
		ranges[i] = (struct iomd_range) { (unsigned long)module_data + 100 * i, 50 };
	/* The object, its ranges twice, and twice the chunk of runs. */
	KUNIT_EXPECT_GE(test, iomd_kunit_sweep(test, live_once, ranges, UINT_MAX), 5U);
}

/* GMD-49: a nested prepare finds out, too, that pages are too high */
static void nested_prepare_may_want_low_pages(struct kunit *test)
{
	struct page *page = iomd_kunit_page(test, 1ULL << 32, U64_MAX);
	struct iomd_desc *desc = iomd_kunit_kernel_desc(test, page_address(page), 16, BOTH);

	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, BOTH | IOMD_PREPARE_TO_PHYS32), -ENOBUFS);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, BOTH), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(refuses_misfits, misfit_gen_params),
	KUNIT_CASE_PARAM(measures_ranges, extent_gen_params),
	KUNIT_CASE(constructors_agree),
	KUNIT_CASE(only_with_address_prepares),
	KUNIT_CASE(failed_auto_prepare_fails_creation),
	KUNIT_CASE(ranges_are_copied),
	KUNIT_CASE(ranges_by_reference_stay),
	KUNIT_CASE(tag_is_stored),
	KUNIT_CASE(flags_are_options),
	KUNIT_CASE(unreachable_memory_has_no_mapper),
	KUNIT_CASE(references_count),
	KUNIT_CASE(finds_kernel_memory),
	KUNIT_CASE(refuses_what_is_no_kernel_memory),
	KUNIT_CASE(refuses_device_mappings),
	KUNIT_CASE(one_bad_range_is_enough),
	KUNIT_CASE(reads_like_an_array),
	KUNIT_CASE(writes_like_an_array),
	KUNIT_CASE(copies_all_or_nothing),
	KUNIT_CASE(copying_ignores_direction),
	KUNIT_CASE(unprepared_memory_is_out_of_reach),
	KUNIT_CASE(segments_from_any_offset),
	KUNIT_CASE(virtual_ranges_stay_apart),
	KUNIT_CASE(physical_ranges_merge),
	KUNIT_CASE(physical_zero_is_no_address),
	KUNIT_CASE(empty_descriptor_works),
	KUNIT_CASE(physical_memory_is_always_prepared),
	KUNIT_CASE(remote_memory_is_only_addresses),
	KUNIT_CASE_PARAM(first_prepare_decides, direction_gen_params),
	KUNIT_CASE(prepares_nest),
	KUNIT_CASE(read_only_stays_read_only),
	KUNIT_CASE(writable_stays_writable),
	KUNIT_CASE(auto_prepared_out_is_read_only),
	KUNIT_CASE(unbalanced_complete_is_harmless),
	KUNIT_CASE(preparation_ids_name_lifetimes),
	KUNIT_CASE(permanent_preparation_ids),
	KUNIT_CASE(describes_something_else),
	KUNIT_CASE(failed_init_leaves_an_empty_object),
	KUNIT_CASE(describes_packets),
	KUNIT_CASE(survives_failing_allocations),
	KUNIT_CASE(nested_prepare_may_want_low_pages),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_general",
	.suite_init = iomd_kunit_suite_init,
	.suite_exit = iomd_kunit_suite_exit,
	.init = iomd_kunit_init,
	.test_cases = cases,
};

kunit_test_suite(suite);
