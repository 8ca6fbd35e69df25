// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA commands of drivers in user space.
 */
#include <linux/completion.h>
#include <linux/io.h>
#include <linux/kthread.h>
#include <linux/slab.h>

#include "compose.h"

#define IN		IOMD_DIRECTION_IN
#define OUT		IOMD_DIRECTION_OUT
#define BOTH		IOMD_DIRECTION_OUT_IN
#define NONE		IOMD_DIRECTION_NONE
#define DMA_READ	IOMD_DK_DMA_PERFORM_OPERATION_READ
#define DMA_WRITE	IOMD_DK_DMA_PERFORM_OPERATION_WRITE
#define DMA_ZERO	IOMD_DK_DMA_PERFORM_OPERATION_ZERO

#define FEW_BITS	28
#define NR_PAGES	4
#define LENGTH		(NR_PAGES * (u64)PAGE_SIZE)

/* Something that a failing call must leave alone. */
#define GARBAGE		77

static void undo_command(void *data)
{
	iomd_dma_put(data);
}

static struct iomd_dma *make_command(struct kunit *test, u64 bits)
{
	const struct iomd_dk_dma_specification specification = { .max_address_bits = bits };
	struct iomd_dma *dma;

	KUNIT_ASSERT_EQ(test, iomd_dk_dma_create(iomd_kunit_device(test, 64), 0, &specification,
						 &dma), 0);
	iomd_kunit_defer(test, undo_command, dma);
	return dma;
}

/* Memory of a task in scattered pages, not prepared. */
struct memory {
	struct iomd_desc *desc;
	struct page *page;	/* the first */
	u64 address;
};

static struct memory make_memory(struct kunit *test, u32 direction)
{
	struct memory memory;

	memory.address = iomd_kunit_map_anonymous(test, LENGTH);
	iomd_kunit_user_fill(test, memory.address, LENGTH, 1);
	memory.page = iomd_kunit_user_page(test, memory.address);
	memory.desc = iomd_desc_with_address_range(memory.address, LENGTH, direction,
						   iomd_kunit_mm);
	iomd_kunit_desc(test, memory.desc);
	return memory;
}

/* A call of the usual kind. */
struct preparation {
	u64 flags;
	u32 nr;
	struct iomd_segment64 segments[IOMD_DK_MAX_SEGMENTS];
};

static int prepare(struct iomd_dma *dma, struct iomd_desc *desc, u64 offset, u64 length, u32 room,
		   struct preparation *preparation)
{
	preparation->flags = GARBAGE;
	preparation->nr = room;
	return iomd_dk_dma_prepare_for_dma(dma, 0, desc, offset, length, &preparation->flags,
					   &preparation->nr, preparation->segments);
}

static struct preparation *preparation_alloc(struct kunit *test)
{
	return iomd_kunit_zalloc(test, sizeof(struct preparation));
}

/* DMA-147 DMA-148 DMA-149: what can be made, and what the caller has if it cannot */
static void creates_commands(struct kunit *test)
{
	struct iomd_dk_dma_specification specification = { .max_address_bits = 64 };
	struct device *dev = iomd_kunit_device(test, 64);
	struct iomd_dma *dma = NULL;
	struct iomd_mapper *mapper;

	KUNIT_ASSERT_EQ(test, iomd_dk_dma_create(dev, 0, &specification, &dma), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_num_address_bits(dma), 64);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_alignment(dma), 1U);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_alignment_length(dma), 1U);
	KUNIT_EXPECT_EQ(test, iomd_dma_get_alignment_internal_segments(dma), 1U);
	iomd_dma_put(dma);

	KUNIT_EXPECT_EQ(test, iomd_dk_dma_create(dev, 1, &specification, &dma), -EINVAL);
	KUNIT_EXPECT_PTR_EQ(test, dma, NULL);
	KUNIT_EXPECT_EQ(test, iomd_dk_dma_create(dev, 0, NULL, &dma), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dk_dma_create(dev, 0, &specification, NULL), -EINVAL);
	specification.max_address_bits = 256;
	dma = (void *)test;
	KUNIT_EXPECT_EQ(test, iomd_dk_dma_create(dev, 0, &specification, &dma), -EINVAL);
	KUNIT_EXPECT_PTR_EQ(test, dma, NULL);
	specification.max_address_bits = 5;
	dma = (void *)test;
	KUNIT_EXPECT_EQ(test, iomd_dk_dma_create(dev, 0, &specification, &dma), -ENOMEM);
	KUNIT_EXPECT_PTR_EQ(test, dma, NULL);
	/* No device and no default mapper. */
	specification.max_address_bits = 0;
	KUNIT_EXPECT_EQ(test, iomd_dk_dma_create(NULL, 0, &specification, &dma), -ENOMEM);
	mapper = iomd_kunit_mapper(test, iomd_mapper_for_device(dev));
	KUNIT_EXPECT_EQ(test, iomd_mapper_set_default(mapper), 0);
	KUNIT_EXPECT_EQ(test, iomd_dk_dma_create(NULL, 0, &specification, &dma), 0);
	iomd_mapper_clear_default();
	iomd_dma_put(dma);
}

/*
 * DMA-151 DMA-153 DMA-156 DMA-159 DMA-161 DMA-162: memory and command are prepared, and
 * completed, by one call each; addresses are those of the memory itself
 */
static void prepares_and_completes(struct kunit *test)
{
	static const u32 directions[] = { IN, OUT, BOTH };
	struct preparation *preparation = preparation_alloc(test);
	struct iomd_dma *dma = make_command(test, 64);
	u32 i, k;

	for (i = 0; i < ARRAY_SIZE(directions); i++) {
		struct memory memory = make_memory(test, directions[i]);
		struct iomd_desc *prepared = NULL;
		u64 offset = GARBAGE, length = 0;

		KUNIT_EXPECT_EQ(test, iomd_dk_dma_get_preparation(dma, &offset, &length, &prepared),
				-EAGAIN);
		KUNIT_EXPECT_PTR_EQ(test, prepared, NULL);
		KUNIT_ASSERT_EQ(test, prepare(dma, memory.desc, 0, 0, 32, preparation), 0);
		KUNIT_EXPECT_EQ(test, preparation->flags, (u64)directions[i]);
		for (k = 0; k < preparation->nr; k++)
			length += preparation->segments[k].length;
		KUNIT_EXPECT_EQ(test, length, LENGTH);
		KUNIT_EXPECT_EQ(test, preparation->segments[0].iovm_addr,
				page_to_phys(memory.page));
		KUNIT_EXPECT_EQ(test, iomd_dma_get_bounced(dma), 0ULL);
		KUNIT_EXPECT_EQ(test, iomd_kunit_pins(memory.page), 1U);

		KUNIT_EXPECT_EQ(test, iomd_dk_dma_get_preparation(dma, &offset, &length, &prepared),
				0);
		KUNIT_EXPECT_EQ(test, offset, 0ULL);
		KUNIT_EXPECT_EQ(test, length, LENGTH);
		KUNIT_EXPECT_PTR_EQ(test, prepared, memory.desc);
		iomd_desc_put(prepared);
		KUNIT_EXPECT_EQ(test, iomd_dk_dma_get_preparation(dma, NULL, NULL, NULL), 0);

		KUNIT_EXPECT_EQ(test, iomd_dk_dma_complete_dma(dma, 0), 0);
		KUNIT_EXPECT_EQ(test, iomd_kunit_pins(memory.page), 0U);
		KUNIT_EXPECT_PTR_EQ(test, iomd_dma_get_memory_descriptor(dma), NULL);
		KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(memory.desc));
	}
}

/* DMA-153 DMA-155 DMA-162: a part of it, and less room than there are segments */
static void tells_as_much_as_there_is_room_for(struct kunit *test)
{
	static const struct iomd_range ranges[] = {
		{ 0x10000, 0x100 }, { 0x20000, 0x100 }, { 0x30000, 0x100 }, { 0x40000, 0x100 },
	};
	struct preparation *preparation = preparation_alloc(test);
	struct iomd_dma *dma = make_command(test, 64);
	struct iomd_desc *desc;
	u64 offset, length;

	desc = iomd_kunit_desc(test, iomd_desc_with_address_ranges(ranges, 4, OUT, NULL));
	KUNIT_ASSERT_EQ(test, prepare(dma, desc, 0x80, 0x300, 2, preparation), 0);
	KUNIT_EXPECT_EQ(test, preparation->nr, 2U);
	KUNIT_EXPECT_EQ(test, preparation->segments[0].length, 0x80ULL);
	KUNIT_EXPECT_EQ(test, preparation->segments[1].length, 0x100ULL);
	KUNIT_EXPECT_EQ(test, preparation->segments[2].length, 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_dk_dma_get_preparation(dma, &offset, &length, NULL), 0);
	KUNIT_EXPECT_EQ(test, offset, 0x80ULL);
	KUNIT_EXPECT_EQ(test, length, 0x300ULL);
	KUNIT_EXPECT_EQ(test, iomd_dk_dma_complete_dma(dma, 0), 0);
}

/* DMA-150 DMA-152 DMA-154 DMA-160: what is refused leaves nothing behind, and tells nothing */
static void failures_leave_nothing(struct kunit *test)
{
	struct preparation *preparation = preparation_alloc(test);
	struct iomd_dma *dma = make_command(test, 64), *kernel, *low = make_command(test, 12);
	struct memory memory = make_memory(test, BOTH);
	u32 nr = 4;

	KUNIT_EXPECT_EQ(test, prepare(dma, NULL, 0, 0, 4, preparation), -EINVAL);
	KUNIT_EXPECT_EQ(test, prepare(dma, memory.desc, 0, 0, 33, preparation), -EINVAL);
	KUNIT_EXPECT_EQ(test, prepare(dma, memory.desc, 0, 0, 0, preparation), -EINVAL);
	KUNIT_EXPECT_EQ(test, prepare(dma, memory.desc, 1, 0, 4, preparation), -EINVAL);
	KUNIT_EXPECT_EQ(test, prepare(dma, memory.desc, 0, LENGTH + 1, 4, preparation), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dk_dma_prepare_for_dma(dma, 1, memory.desc, 0, 0,
							  &preparation->flags, &nr,
							  preparation->segments), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dk_dma_prepare_for_dma(dma, 0, memory.desc, 0, 0, NULL, &nr,
							  preparation->segments), -EINVAL);
	KUNIT_EXPECT_EQ(test, prepare(low, memory.desc, 0, 0, 4, preparation), -ENOBUFS);
	KUNIT_EXPECT_EQ(test, preparation->flags, (u64)GARBAGE);
	KUNIT_EXPECT_EQ(test, preparation->nr, 4U);

	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(memory.page), 0U);
	KUNIT_EXPECT_PTR_EQ(test, iomd_dma_get_memory_descriptor(dma), NULL);
	KUNIT_EXPECT_PTR_EQ(test, iomd_dma_get_memory_descriptor(low), NULL);
	KUNIT_EXPECT_EQ(test, iomd_dk_dma_complete_dma(dma, 0), -EAGAIN);
	KUNIT_EXPECT_EQ(test, iomd_dk_dma_complete_dma(low, 0), -EAGAIN);
	KUNIT_EXPECT_EQ(test, iomd_dk_dma_complete_dma(dma, 2), -EINVAL);

	kernel = iomd_kunit_command(test, 0, 1, NULL);
	KUNIT_EXPECT_EQ(test, prepare(kernel, memory.desc, 0, 0, 4, preparation), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dk_dma_complete_dma(kernel, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dk_dma_get_preparation(kernel, NULL, NULL, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dk_dma_perform_operation(kernel, DMA_ZERO, 0, 1, 0, NULL),
			-EINVAL);
}

/* DMA-157: other memory has to wait, and what is prepared stays */
static void other_memory_has_to_wait(struct kunit *test)
{
	struct preparation *preparation = preparation_alloc(test);
	struct memory one = make_memory(test, BOTH), two = make_memory(test, BOTH);
	struct iomd_dma *dma = make_command(test, 64);

	KUNIT_ASSERT_EQ(test, prepare(dma, one.desc, 0, 0, 32, preparation), 0);
	KUNIT_EXPECT_EQ(test, prepare(dma, two.desc, 0, 0, 32, preparation), -EBUSY);
	KUNIT_EXPECT_EQ(test, preparation->flags, (u64)GARBAGE);
	KUNIT_EXPECT_PTR_EQ(test, iomd_dma_get_memory_descriptor(dma), one.desc);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(one.page), 1U);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(two.page), 0U);
	KUNIT_EXPECT_EQ(test, iomd_dk_dma_complete_dma(dma, 0), 0);
	KUNIT_EXPECT_EQ(test, prepare(dma, two.desc, 0, 0, 32, preparation), 0);
	KUNIT_EXPECT_EQ(test, iomd_dk_dma_complete_dma(dma, 0), 0);
}

/* DMA-158 DMA-152: the same memory is prepared anew, and no preparation of it is lost */
static void same_memory_is_prepared_anew(struct kunit *test)
{
	struct preparation *preparation = preparation_alloc(test);
	struct memory memory = make_memory(test, BOTH);
	struct iomd_dma *dma = make_command(test, 64);
	u64 offset, length;

	KUNIT_ASSERT_EQ(test, prepare(dma, memory.desc, 0, 0, 32, preparation), 0);
	KUNIT_ASSERT_EQ(test, prepare(dma, memory.desc, 0x123, 0x456, 32, preparation), 0);
	KUNIT_EXPECT_EQ(test, preparation->nr, 1U);
	KUNIT_EXPECT_EQ(test, preparation->segments[0].iovm_addr,
			page_to_phys(memory.page) + 0x123);
	KUNIT_EXPECT_EQ(test, iomd_dk_dma_get_preparation(dma, &offset, &length, NULL), 0);
	KUNIT_EXPECT_EQ(test, offset, 0x123ULL);
	KUNIT_EXPECT_EQ(test, length, 0x456ULL);
	KUNIT_EXPECT_EQ(test, iomd_dk_dma_complete_dma(dma, 0), 0);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(memory.desc));
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(memory.page), 0U);

	KUNIT_ASSERT_EQ(test, prepare(dma, memory.desc, 0, 0, 32, preparation), 0);
	KUNIT_EXPECT_EQ(test, prepare(dma, memory.desc, 0, LENGTH + 1, 32, preparation), -EINVAL);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(memory.desc));
	KUNIT_EXPECT_EQ(test, iomd_dk_dma_complete_dma(dma, 0), -EAGAIN);
}

/* DMA-40: the last put completes command and memory */
static void put_completes(struct kunit *test)
{
	const struct iomd_dk_dma_specification specification = {};
	struct preparation *preparation = preparation_alloc(test);
	struct memory memory = make_memory(test, BOTH);
	struct iomd_dma *dma;

	KUNIT_ASSERT_EQ(test, iomd_dk_dma_create(iomd_kunit_device(test, 64), 0, &specification,
						 &dma), 0);
	KUNIT_ASSERT_EQ(test, prepare(dma, memory.desc, 0, 0, 32, preparation), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(memory.page), 1U);
	iomd_dma_put(dma);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(memory.page), 0U);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(memory.desc));
}

/*
 * Operations.
 */

struct operation {
	const char *name;
	u64 options;
	u64 dma_offset;
	u64 length;
	u64 data_offset;
	int error;
};

/* On 0x1000 bytes prepared from 0x100 on, and data of 0x800. */
static const struct operation operations[] = {
	{ "read", DMA_READ, 0x10, 0x700, 0x20, 0 },
	{ "read all there is room for", DMA_READ, 0, 0x800, 0, 0 },
	{ "read the end", DMA_READ, 0xf00, 0x100, 0x700, 0 },
	{ "read beyond the end", DMA_READ, 0xf00, 0x101, 0, -ENOSR },
	{ "read behind the end", DMA_READ, 0x1000, 1, 0, -ENOSR },
	{ "read more than data", DMA_READ, 0, 0x801, 0, -EINVAL },
	{ "read beyond the end of data", DMA_READ, 0, 0x100, 0x701, -ENOSR },
	{ "write", DMA_WRITE, 0x10, 0x700, 0x20, 0 },
	{ "write the end", DMA_WRITE, 0xf00, 0x100, 0x700, 0 },
	{ "write beyond the end", DMA_WRITE, 0xf00, 0x101, 0, -ENOSR },
	{ "write more than data", DMA_WRITE, 0, 0x801, 0, -EINVAL },
	{ "write from beyond the end of data", DMA_WRITE, 0, 0x100, 0x701, -ENOSR },
	{ "zero", DMA_ZERO, 0x10, 0xf00, 0x999999, 0 },
	{ "zero beyond the end", DMA_ZERO, 0xf00, 0x101, 0, -ENOSR },
	{ "no bytes", DMA_READ, 0, 0, 0, 0 },
	{ "more than memory", DMA_ZERO, 0, LENGTH + 1, 0, -EINVAL },
	{ "nothing", 0, 0, 1, 0, -EINVAL },
	{ "two things", DMA_READ | DMA_ZERO, 0, 1, 0, -EINVAL },
	{ "all things", DMA_READ | DMA_WRITE | DMA_ZERO, 0, 1, 0, -EINVAL },
	{ "something else", 8, 0, 1, 0, -EINVAL },
	{ "something else too", DMA_READ | 1ULL << 40, 0, 1, 0, -EINVAL },
};

static void operation_name(const struct operation *operation, char *name)
{
	strscpy(name, operation->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(operation, operations, operation_name);

#define START		0x100
#define PREPARED	0x1000
#define DATA		0x800

/* What the memory of both sides must be after an operation. */
static void expect_after(const struct operation *operation, u8 *memory, u8 *data)
{
	u64 i, at;

	for (i = 0; i < min_t(u64, operation->length, PREPARED); i++) {
		at = operation->dma_offset + i;
		if (operation->error == -EINVAL || at >= PREPARED)
			break;
		switch (operation->options) {
		case DMA_READ:
			if (!operation->error)
				data[operation->data_offset + i] = memory[START + at];
			break;
		case DMA_WRITE:
			if (operation->data_offset + operation->length <= DATA)
				memory[START + at] = data[operation->data_offset + i];
			break;
		case DMA_ZERO:
			memory[START + at] = 0;
			break;
		}
	}
}

/*
 * DMA-163 DMA-164 DMA-165 DMA-166: between what the device sees, in place or not, and other
 * memory
 */
static void performs_operations(struct kunit *test)
{
	const struct operation *operation = test->param_value;
	struct preparation *preparation = preparation_alloc(test);
	u8 *memory = iomd_kunit_zalloc(test, LENGTH), *data = iomd_kunit_zalloc(test, DATA);
	u8 *found = iomd_kunit_zalloc(test, LENGTH);
	static const u64 bits[] = { 64, FEW_BITS };
	struct iomd_desc *data_desc;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(bits); i++) {
		struct iomd_dma *dma = make_command(test, bits[i]);
		struct page *pages[2];
		struct iomd_desc *desc;
		u8 *in_place;

		pages[0] = iomd_kunit_page(test, BIT_ULL(FEW_BITS), U64_MAX);
		pages[1] = iomd_kunit_page(test, BIT_ULL(FEW_BITS), U64_MAX);
		in_place = iomd_kunit_vmap(test, pages, 2);
		iomd_kunit_fill(in_place, 2 * PAGE_SIZE, 1);
		iomd_kunit_fill(memory, 2 * PAGE_SIZE, 1);
		iomd_kunit_fill(data, DATA, 2);
		desc = iomd_kunit_kernel_desc(test, in_place, 2 * PAGE_SIZE, BOTH);
		data_desc = iomd_kunit_kernel_desc(test, data, DATA, BOTH);
		memcpy(found, data, DATA);
		expect_after(operation, memory, found);

		KUNIT_EXPECT_EQ(test, iomd_dk_dma_perform_operation(dma, DMA_ZERO, 0, 1, 0, NULL),
				-EAGAIN);
		KUNIT_ASSERT_EQ(test, prepare(dma, desc, START, PREPARED, 32, preparation), 0);
		KUNIT_EXPECT_EQ(test, iomd_dma_get_bounced(dma), i ? (u64)PREPARED : 0ULL);
		KUNIT_EXPECT_EQ(test, iomd_dk_dma_perform_operation(dma, operation->options,
								    operation->dma_offset,
								    operation->length,
								    operation->data_offset,
								    data_desc), operation->error);
		iomd_kunit_expect_bytes(test, data, found, DATA);
		/* Double buffered, it does not change before the complete. */
		if (i)
			KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(in_place, 2 * PAGE_SIZE, 1));
		KUNIT_EXPECT_EQ(test, iomd_dk_dma_complete_dma(dma, 0), 0);
		iomd_kunit_expect_bytes(test, in_place, memory, 2 * PAGE_SIZE);
	}
}

/* DMA-163 DMA-164: without data, where some is needed, and where none is */
static void operations_need_data(struct kunit *test)
{
	struct preparation *preparation = preparation_alloc(test);
	struct memory memory = make_memory(test, BOTH);
	struct iomd_dma *dma = make_command(test, 64);

	KUNIT_ASSERT_EQ(test, prepare(dma, memory.desc, 0, 0, 32, preparation), 0);
	KUNIT_EXPECT_EQ(test, iomd_dk_dma_perform_operation(dma, DMA_READ, 0, 1, 0, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dk_dma_perform_operation(dma, DMA_WRITE, 0, 0, 0, NULL),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dk_dma_perform_operation(dma, DMA_ZERO, 0, 0, 0, NULL), 0);
	KUNIT_EXPECT_EQ(test, iomd_dk_dma_perform_operation(dma, DMA_ZERO, 0, LENGTH, 0, NULL), 0);
	KUNIT_EXPECT_EQ(test, iomd_dk_dma_complete_dma(dma, 0), 0);
}

static int prepare_once(struct kunit *test, void *data)
{
	struct preparation *preparation = data;
	const struct iomd_dk_dma_specification specification = {};
	struct iomd_desc *desc = (void *)preparation->flags;
	u32 nr = 32;
	struct iomd_dma *dma;
	u64 flags;
	int err;

	err = iomd_dk_dma_create(NULL, 0, &specification, &dma);
	if (err)
		return err;
	err = iomd_dk_dma_prepare_for_dma(dma, 0, desc, 0, 0, &flags, &nr, preparation->segments);
	iomd_dma_put(dma);
	return err;
}

static void clear_default(void *unused)
{
	iomd_mapper_clear_default();
}

/* DMA-149 DMA-152: no allocation that fails leaves anything behind */
static void survives_failing_allocations(struct kunit *test)
{
	struct preparation *preparation = preparation_alloc(test);
	struct memory memory = make_memory(test, BOTH);

	KUNIT_ASSERT_EQ(test, iomd_mapper_set_default(iomd_kunit_device_mapper(test, 64)), 0);
	iomd_kunit_defer(test, clear_default, NULL);
	preparation->flags = (unsigned long)memory.desc;
	KUNIT_EXPECT_EQ(test, iomd_kunit_sweep(test, prepare_once, preparation, 2), 2U);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(memory.page), 0U);
}

/*
 * Two at once.
 */

struct racer {
	struct iomd_dma *dma;
	struct completion done;
	u32 wrong;
};

static int race(void *data)
{
	struct racer *racer = data;
	u32 i;

	for (i = 0; i < 200; i++) {
		int err = iomd_dk_dma_perform_operation(racer->dma, DMA_ZERO, 0, LENGTH, 0, NULL);

		racer->wrong += err && err != -EAGAIN;
		cond_resched();
	}
	complete(&racer->done);
	return 0;
}

/* DMA-150 DMA-167: an operation finds all of a preparation, or none */
static void operations_are_serialised(struct kunit *test)
{
	struct preparation *preparation = preparation_alloc(test);
	struct memory memory = make_memory(test, BOTH);
	struct racer racer = { .dma = make_command(test, 64) };
	u32 i;

	init_completion(&racer.done);
	KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(race, &racer, "iomd-racer")));
	for (i = 0; i < 200; i++) {
		KUNIT_EXPECT_EQ(test, prepare(racer.dma, memory.desc, 0, 0, 32, preparation), 0);
		KUNIT_EXPECT_EQ(test, iomd_dk_dma_complete_dma(racer.dma, 0), 0);
	}
	wait_for_completion(&racer.done);
	KUNIT_EXPECT_EQ(test, racer.wrong, 0U);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(memory.page), 0U);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(creates_commands),
	KUNIT_CASE(prepares_and_completes),
	KUNIT_CASE(tells_as_much_as_there_is_room_for),
	KUNIT_CASE(failures_leave_nothing),
	KUNIT_CASE(other_memory_has_to_wait),
	KUNIT_CASE(same_memory_is_prepared_anew),
	KUNIT_CASE(put_completes),
	KUNIT_CASE_PARAM(performs_operations, operation_gen_params),
	KUNIT_CASE(operations_need_data),
	KUNIT_CASE(survives_failing_allocations),
	KUNIT_CASE(operations_are_serialised),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_driverkit_dma",
	.suite_init = iomd_kunit_suite_init,
	.suite_exit = iomd_kunit_suite_exit,
	.init = iomd_kunit_init,
	.test_cases = cases,
};

kunit_test_suite(suite);
