// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptors of dma-bufs, with an exporter that keeps count.
 *
 * Unless a case wants the DMA API to see it, bus addresses are made up: they have
 * nothing to do with where memory is, and there are fewer of them than pages.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/file.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "compose.h"

#define IN		IOMD_DIRECTION_IN
#define OUT		IOMD_DIRECTION_OUT
#define BOTH		IOMD_DIRECTION_OUT_IN
#define NONE		IOMD_DIRECTION_NONE

#define NR_PAGES	IOMD_KUNIT_MANY
#define LENGTH		(NR_PAGES * PAGE_SIZE)
#define BUS_BASE	0x123450000000ULL
#define BUS_STRIDE	0x1000000ULL

/*
 * An exporter of scattered pages.
 */

/* Somebody maps or unmaps, and stays there for a while; meanwhile a device is unbound. */
struct race {
	struct work_struct change;
	struct work_struct unbind;
	struct iomd_desc *desc;
	struct device *dev;
	bool maps;
	int err;			/* of mapping it */
	struct completion is_there;
	struct completion may_go_on;
	bool is_unbound;		/* for those who want to know now */
	bool was_unbound;		/* before the exporter was done */
};

/* A dma-buf, and what was done with it. */
struct exporter {
	struct page **pages;
	u8 *memory;
	struct dma_buf *dmabuf;

	/* How it behaves. */
	u32 group;			/* pages that the device sees in one piece */
	u64 base;			/* where it sees the first */
	bool is_real;			/* map with the DMA API instead */
	u32 missing;			/* pages that are not mapped, though they should be */
	struct iomd_desc *inner;	/* prepared for as long as something is attached, or NULL */
	struct race *race;
	int attach_error;
	int pin_error;
	int map_error;
	int begin_error;
	int end_error;

	/* What was asked of it, and what of that is not undone yet. */
	struct device *dev;
	enum dma_data_direction direction;
	enum dma_data_direction access;
	int attaches, attached;
	int pins, pinned;
	int maps, mapped;
	int begins, begun;
	int vmaps, vmapped;
	int released;
};

static struct exporter *exporter_of(struct dma_buf *dmabuf)
{
	return dmabuf->priv;
}

static int exporter_attach(struct dma_buf *dmabuf, struct dma_buf_attachment *attachment)
{
	struct exporter *exporter = exporter_of(dmabuf);

	if (exporter->attach_error)
		return exporter->attach_error;
	if (exporter->inner && iomd_desc_prepare(exporter->inner, NONE))
		return -ENOMEM;
	exporter->dev = attachment->dev;
	exporter->attaches++;
	exporter->attached++;
	return 0;
}

static void exporter_detach(struct dma_buf *dmabuf, struct dma_buf_attachment *attachment)
{
	struct exporter *exporter = exporter_of(dmabuf);

	if (exporter->inner)
		iomd_desc_complete(exporter->inner, NONE);
	exporter->attached--;
}

static int exporter_pin(struct dma_buf_attachment *attachment)
{
	struct exporter *exporter = exporter_of(attachment->dmabuf);

	if (exporter->pin_error)
		return exporter->pin_error;
	exporter->pins++;
	exporter->pinned++;
	return 0;
}

static void exporter_unpin(struct dma_buf_attachment *attachment)
{
	exporter_of(attachment->dmabuf)->pinned--;
}

static u64 bus_of_group(const struct exporter *exporter, u32 group)
{
	return exporter->base + group * BUS_STRIDE;
}

/* Fewer entries for the device than for the CPU, as behind an IOMMU. */
static void make_up_addresses(const struct exporter *exporter, struct sg_table *table)
{
	u32 left = NR_PAGES - exporter->missing, i;
	struct scatterlist *sg = table->sgl;

	for (i = 0; left; i++, sg = sg_next(sg)) {
		u32 nr = min(left, exporter->group);

		sg_dma_address(sg) = bus_of_group(exporter, i);
		sg_dma_len(sg) = nr * PAGE_SIZE;
		left -= nr;
	}
	table->nents = i;
}

static int fill_table(struct exporter *exporter, struct sg_table *table, struct device *dev,
		      enum dma_data_direction direction)
{
	struct scatterlist *sg;
	u32 i;

	for_each_sgtable_sg(table, sg, i)
		sg_set_page(sg, exporter->pages[i], PAGE_SIZE, 0);
	if (exporter->is_real)
		return dma_map_sgtable(dev, table, direction, 0);
	make_up_addresses(exporter, table);
	return 0;
}

static void stay(struct race *race, bool maps)
{
	if (!race || race->maps != maps)
		return;
	complete(&race->is_there);
	wait_for_completion(&race->may_go_on);
	race->was_unbound = READ_ONCE(race->is_unbound);
}

static struct sg_table *exporter_map(struct dma_buf_attachment *attachment,
				     enum dma_data_direction direction)
{
	struct exporter *exporter = exporter_of(attachment->dmabuf);
	struct sg_table *table;
	int err = exporter->map_error;

	if (err)
		return ERR_PTR(err);
	stay(exporter->race, true);
	table = kzalloc(sizeof(*table), GFP_KERNEL);
	if (!table)
		return ERR_PTR(-ENOMEM);
	err = sg_alloc_table(table, NR_PAGES, GFP_KERNEL);
	if (err)
		goto err_table;
	err = fill_table(exporter, table, attachment->dev, direction);
	if (err)
		goto err_entries;

	exporter->direction = direction;
	exporter->maps++;
	exporter->mapped++;
	return table;

err_entries:
	sg_free_table(table);
err_table:
	kfree(table);
	return ERR_PTR(err);
}

static void exporter_unmap(struct dma_buf_attachment *attachment, struct sg_table *table,
			   enum dma_data_direction direction)
{
	struct exporter *exporter = exporter_of(attachment->dmabuf);

	stay(exporter->race, false);
	if (exporter->is_real)
		dma_unmap_sgtable(attachment->dev, table, direction, 0);
	sg_free_table(table);
	kfree(table);
	exporter->mapped--;
}

static int exporter_begin(struct dma_buf *dmabuf, enum dma_data_direction direction)
{
	struct exporter *exporter = exporter_of(dmabuf);

	if (exporter->begin_error)
		return exporter->begin_error;
	exporter->access = direction;
	exporter->begins++;
	exporter->begun++;
	return 0;
}

static int exporter_end(struct dma_buf *dmabuf, enum dma_data_direction direction)
{
	struct exporter *exporter = exporter_of(dmabuf);

	/* Ended as it was begun, and with nothing mapped any more. */
	if (direction == exporter->access && !exporter->vmapped)
		exporter->begun--;
	return exporter->end_error;
}

static int exporter_vmap(struct dma_buf *dmabuf, struct iosys_map *map)
{
	struct exporter *exporter = exporter_of(dmabuf);

	/* The CPU may be let in only in between. */
	if (exporter->begun)
		exporter->vmaps++;
	exporter->vmapped++;
	iosys_map_set_vaddr(map, exporter->memory);
	return 0;
}

static void exporter_vunmap(struct dma_buf *dmabuf, struct iosys_map *map)
{
	exporter_of(dmabuf)->vmapped--;
}

static void exporter_release(struct dma_buf *dmabuf)
{
	exporter_of(dmabuf)->released++;
}

static const struct dma_buf_ops static_ops = {
	.attach = exporter_attach,
	.detach = exporter_detach,
	.map_dma_buf = exporter_map,
	.unmap_dma_buf = exporter_unmap,
	.begin_cpu_access = exporter_begin,
	.end_cpu_access = exporter_end,
	.vmap = exporter_vmap,
	.vunmap = exporter_vunmap,
	.release = exporter_release,
};

/* Whose memory moves, unless it is pinned. */
static const struct dma_buf_ops dynamic_ops = {
	.attach = exporter_attach,
	.detach = exporter_detach,
	.pin = exporter_pin,
	.unpin = exporter_unpin,
	.map_dma_buf = exporter_map,
	.unmap_dma_buf = exporter_unmap,
	.release = exporter_release,
};

/* No more than there has to be: nothing for the CPU. */
static const struct dma_buf_ops least_ops = {
	.map_dma_buf = exporter_map,
	.unmap_dma_buf = exporter_unmap,
	.release = exporter_release,
};

static struct dma_buf *export(struct exporter *exporter, const struct dma_buf_ops *ops, u64 size)
{
	DEFINE_DMA_BUF_EXPORT_INFO(info);

	info.ops = ops;
	info.size = size;
	info.flags = O_RDWR;
	info.priv = exporter;
	return dma_buf_export(&info);
}

/* What a kernel thread has put is left to a worker; do its work. */
static bool is_released(struct exporter *exporter)
{
	flush_delayed_fput();
	return READ_ONCE(exporter->released);
}

struct balance {
	struct kunit *test;
	struct exporter *exporter;
};

/* By now there is nobody left but us, and workers that are at their last put. */
static void undo_export(void *data)
{
	struct balance *balance = data;
	struct exporter *exporter = balance->exporter;
	struct kunit *test = balance->test;

	if (exporter->dmabuf)
		dma_buf_put(exporter->dmabuf);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_wait_for(is_released(exporter)));
	KUNIT_EXPECT_EQ(test, exporter->released, 1);
	KUNIT_EXPECT_EQ(test, exporter->attached, 0);
	KUNIT_EXPECT_EQ(test, exporter->pinned, 0);
	KUNIT_EXPECT_EQ(test, exporter->mapped, 0);
	KUNIT_EXPECT_EQ(test, exporter->vmapped, 0);
}

static struct exporter *exporter_sized(struct kunit *test, const struct dma_buf_ops *ops, u64 size)
{
	struct balance *balance = iomd_kunit_zalloc(test, sizeof(*balance));
	struct exporter *exporter = iomd_kunit_zalloc(test, sizeof(*exporter));

	exporter->pages = iomd_kunit_scattered_pages(test, NR_PAGES);
	exporter->memory = iomd_kunit_vmap(test, exporter->pages, NR_PAGES);
	exporter->group = 3;
	exporter->base = BUS_BASE;
	iomd_kunit_fill(exporter->memory, LENGTH, 1);
	exporter->dmabuf = export(exporter, ops, size);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, exporter->dmabuf);
	*balance = (struct balance) { test, exporter };
	iomd_kunit_defer(test, undo_export, balance);
	return exporter;
}

static struct exporter *exporter_with(struct kunit *test, const struct dma_buf_ops *ops)
{
	return exporter_sized(test, ops, LENGTH);
}

/*
 * Fixture.
 */

struct fixture {
	struct exporter *exporter;
	struct device *dev;
	struct iomd_mapper *mapper;
};

static void clear_default(void *unused)
{
	iomd_mapper_clear_default();
}

static int init(struct kunit *test)
{
	struct fixture *fixture;
	int err = iomd_kunit_init(test);

	if (err)
		return err;
	fixture = iomd_kunit_zalloc(test, sizeof(*fixture));
	fixture->dev = iomd_kunit_device(test, 64);
	fixture->mapper = iomd_kunit_mapper(test, iomd_mapper_for_device(fixture->dev));
	fixture->exporter = exporter_with(test, &static_ops);
	iomd_kunit_defer(test, clear_default, NULL);
	test->priv = fixture;
	return 0;
}

static struct iomd_desc *desc_of(struct kunit *test, struct exporter *exporter, u32 options)
{
	struct fixture *fixture = test->priv;

	return iomd_kunit_desc(test, iomd_desc_with_dma_buf(exporter->dmabuf, options,
							    fixture->mapper));
}

/* The fixture's, prepared. */
static struct iomd_desc *prepared_desc(struct kunit *test, u32 direction)
{
	struct fixture *fixture = test->priv;
	struct iomd_desc *desc = desc_of(test, fixture->exporter, direction);

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	return desc;
}

static void expect_in_use(struct kunit *test, const struct exporter *exporter, int count)
{
	KUNIT_EXPECT_EQ(test, exporter->attached, count);
	KUNIT_EXPECT_EQ(test, exporter->mapped, count);
}

/*
 * Lifetime.
 */

/* MD-9: the descriptor holds the buffer, whose exporter hears of it once */
static void holds_the_buffer(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct exporter *exporter = fixture->exporter;
	struct iomd_desc *desc;

	desc = iomd_desc_with_dma_buf(exporter->dmabuf, BOTH, fixture->mapper);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, desc);
	dma_buf_put(exporter->dmabuf);
	exporter->dmabuf = NULL;
	KUNIT_EXPECT_FALSE(test, is_released(exporter));
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(desc), (u64)LENGTH);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_direction(desc), (u32)BOTH);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	expect_in_use(test, exporter, 1);
	KUNIT_EXPECT_FALSE(test, is_released(exporter));

	iomd_desc_put(desc);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_wait_for(is_released(exporter)));
	KUNIT_EXPECT_EQ(test, exporter->released, 1);
	expect_in_use(test, exporter, 0);
}

/* MD-32 GMD-40 GMD-68 GMD-71 GMD-72 GMD-74: mapped by the first, until the last */
static void prepares_nest(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct exporter *exporter = fixture->exporter;
	struct iomd_desc *desc = desc_of(test, exporter, BOTH);
	u64 id = 0;
	u32 i;

	expect_in_use(test, exporter, 0);
	for (i = 1; i <= 2; i++) {
		KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(desc));
		KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
		KUNIT_EXPECT_NE(test, iomd_desc_get_preparation_id(desc), id);
		id = iomd_desc_get_preparation_id(desc);
		KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, OUT), 0);
		KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, IN), 0);
		KUNIT_EXPECT_EQ(test, iomd_desc_get_preparation_id(desc), id);
		KUNIT_EXPECT_EQ(test, exporter->maps, (int)i);
		KUNIT_EXPECT_EQ(test, exporter->attaches, (int)i);
		KUNIT_EXPECT_PTR_EQ(test, exporter->dev, fixture->dev);
		KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
		KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
		expect_in_use(test, exporter, 1);
		KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
		expect_in_use(test, exporter, 0);
	}
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, exporter->maps, 2);
}

struct way {
	const char *name;
	u32 own;
	u32 asked;
	enum dma_data_direction mapped;
};

static const struct way ways[] = {
	{ "out", OUT, NONE, DMA_TO_DEVICE },
	{ "in", IN, NONE, DMA_BIDIRECTIONAL },
	{ "both", BOTH, NONE, DMA_BIDIRECTIONAL },
	{ "none", NONE, NONE, DMA_BIDIRECTIONAL },
	{ "both, out this time", BOTH, OUT, DMA_TO_DEVICE },
	{ "in, out this time", IN, OUT, DMA_TO_DEVICE },
	{ "out, in this time", OUT, IN, DMA_BIDIRECTIONAL },
};

static void way_name(const struct way *way, char *name)
{
	strscpy(name, way->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(way, ways, way_name);

/* MD-33 GMD-36 GMD-41 GMD-42 MD-42: what is prepared for reading is mapped for that */
static void directions_are_the_prepares(struct kunit *test)
{
	const struct way *way = test->param_value;
	struct fixture *fixture = test->priv;
	struct iomd_desc *desc = desc_of(test, fixture->exporter, way->own);
	bool read_only = way->mapped == DMA_TO_DEVICE;
	u8 byte = 0;

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, way->asked), 0);
	KUNIT_EXPECT_EQ(test, (int)fixture->exporter->direction, (int)way->mapped);
	KUNIT_EXPECT_EQ(test, iomd_kunit_is_read_only(desc), read_only);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, OUT), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, IN), read_only ? -EROFS : 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(desc, 0, &byte, 1), read_only ? 0ULL : 1ULL);
}

/* GMD-76: a command keeps what it uses; meanwhile it stays mapped as it is */
static void commands_keep_it_mapped(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct exporter *exporter = fixture->exporter;
	struct iomd_dma *dma = iomd_kunit_command(test, 64, 1, fixture->mapper);
	struct iomd_desc *desc = prepared_desc(test, OUT);

	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	expect_in_use(test, exporter, 1);
	KUNIT_EXPECT_EQ(test, iomd_kunit_segment(test, dma, 0).iovm_addr, BUS_BASE);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, IN), -EROFS);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_wait_for(!exporter->attached));
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, IN), 0);
	KUNIT_EXPECT_EQ(test, exporter->maps, 2);
}

/* MD-32: memory that moves is pinned while it is prepared, and no longer */
static void moving_memory_is_pinned(struct kunit *test)
{
	struct exporter *exporter = exporter_with(test, &dynamic_ops);
	struct iomd_desc *desc = desc_of(test, exporter, BOTH);

	KUNIT_EXPECT_EQ(test, exporter->pins, 0);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, exporter->pinned, 1);
	KUNIT_EXPECT_EQ(test, exporter->mapped, 1);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_address(desc), BUS_BASE);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, exporter->pinned, 0);
	KUNIT_EXPECT_EQ(test, exporter->mapped, 0);
	exporter->pin_error = -ENOMEM;
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), -ENOMEM);
	KUNIT_EXPECT_EQ(test, exporter->attached, 0);
}

/* GMD-69: options are those of other descriptors: it may come prepared, or be bound */
static void may_come_prepared(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct exporter *exporter = fixture->exporter;
	const struct iomd_range range = { 0x1000, 0x1000 };
	struct iomd_desc *desc;

	desc = iomd_desc_with_dma_buf(exporter->dmabuf, BOTH | IOMD_MEMORY_AUTO_PREPARE,
				      fixture->mapper);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, desc);
	expect_in_use(test, exporter, 1);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_prepared(desc));
	iomd_desc_put(desc);
	expect_in_use(test, exporter, 0);

	desc = desc_of(test, exporter, BOTH | IOMD_MEMORY_PERSISTENT);
	expect_in_use(test, exporter, 1);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(desc));
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	expect_in_use(test, exporter, 1);
	KUNIT_EXPECT_EQ(test, exporter->maps, 2);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_with_persistent_memory_descriptor(desc), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_desc_init_with_options(desc, &range, 1, 0, NULL,
							  IOMD_MEMORY_TYPE_PHYSICAL, NULL),
			-EOPNOTSUPP);
}

/*
 * Addresses.
 */

static void expect_segment(struct kunit *test, struct iomd_desc *desc, u64 offset, u64 address,
			   u64 length)
{
	u64 found;

	KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_segment(desc, offset, &found, 0), address);
	KUNIT_EXPECT_EQ(test, found, length);
}

/* MD-47 MD-48 MD-50 MD-53: segments are where the exporter says, and cover all of it */
static void segments_are_the_exporters(struct kunit *test)
{
	static const u32 groups[] = { 1, 2, 3, NR_PAGES };
	struct fixture *fixture = test->priv;
	struct exporter *exporter = fixture->exporter;
	struct iomd_desc *desc = desc_of(test, exporter, BOTH);
	u32 i;

	for (i = 0; i < ARRAY_SIZE(groups); i++) {
		u64 size = groups[i] * PAGE_SIZE, offset;

		exporter->group = groups[i];
		KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
		for (offset = 0; offset < LENGTH; offset += 0x333) {
			u64 skip = offset % size;

			expect_segment(test, desc, offset,
				       bus_of_group(exporter, offset / size) + skip,
				       min(size - skip, LENGTH - offset));
		}
		expect_segment(test, desc, LENGTH, 0, 0);
		KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_address(desc), BUS_BASE);
		KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	}
	KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_address(desc), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_dma_map_length(desc, NULL), (u64)LENGTH);
}

/* MD-49 MD-51: there are no CPU-physical addresses, prepared or not, and no such segments */
static void has_no_physical_addresses(struct kunit *test)
{
	struct iomd_desc *desc = prepared_desc(test, BOTH);
	struct iomd_desc *sub = iomd_kunit_sub(test, desc, 5, 100, BOTH);
	u64 offset, length;

	for (offset = 0; offset < LENGTH; offset += PAGE_SIZE) {
		length = 5;
		KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, offset, &length), 0ULL);
		KUNIT_EXPECT_EQ(test, length, 0ULL);
	}
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(sub, 0, &length), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, 0, &length), 0ULL);
}

/* GMD-49: within 32 bits is where the device finds it */
static void may_be_beyond_32_bits(struct kunit *test)
{
	static const u32 low = IOMD_PREPARE_TO_PHYS32;
	struct fixture *fixture = test->priv;
	struct exporter *exporter = fixture->exporter;
	struct iomd_desc *desc = desc_of(test, exporter, BOTH);

	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, low), -ENOBUFS);
	expect_in_use(test, exporter, 0);
	exporter->base = BIT_ULL(32) - (NR_PAGES - 1) * BUS_STRIDE - PAGE_SIZE;
	exporter->group = 1;
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, low), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	exporter->base++;
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, low), -ENOBUFS);
}

/* GMD-48: a buffer of nothing is prepared without its exporter */
static void nothing_can_be_prepared(struct kunit *test)
{
	struct exporter *exporter = exporter_sized(test, &static_ops, 0);
	struct iomd_desc *desc = desc_of(test, exporter, BOTH);
	struct fixture *fixture = test->priv;
	struct iomd_dma *dma = iomd_kunit_command(test, 64, 1, fixture->mapper);
	u8 byte;

	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(desc), 0ULL);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, exporter->attaches, 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_address(desc), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 0, &byte, 1), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
}

/*
 * Commands.
 */

static struct iomd_dma *command_with(struct kunit *test, struct iomd_mapper *mapper, u8 bits,
				     u64 max_segment, u32 alignment, u32 alignment_length)
{
	const struct iomd_dma_segment_options options = {
		.struct_size = sizeof(options),
		.num_address_bits = bits,
		.max_segment_size = max_segment,
		.alignment = alignment,
		.alignment_length = alignment_length,
	};

	return iomd_kunit_dma(test, iomd_dma_with_segment_options(iomd_dma_output_host64, &options,
								   IOMD_DMA_MAP_OPTION_MAPPED,
								   mapper, NULL));
}

/* Segments of a prepared range are at the exporter's addresses, and no longer than @max. */
static void expect_generated(struct kunit *test, struct iomd_dma *dma, u64 first, u64 range_length,
			     u64 max)
{
	u64 size = 3 * PAGE_SIZE, offset = 0;

	while (offset < range_length) {
		u64 at = first + offset, skip = at % size;
		u64 length = min3(size - skip, range_length - offset, max);
		struct iomd_segment64 segment = {};
		u32 nr = 1;

		KUNIT_ASSERT_EQ(test, iomd_dma_gen64_iovm_segments(dma, &offset, &segment, &nr), 0);
		KUNIT_EXPECT_EQ(test, segment.iovm_addr, BUS_BASE + at / size * BUS_STRIDE + skip);
		KUNIT_EXPECT_EQ(test, segment.length, length);
	}
	KUNIT_EXPECT_EQ(test, offset, range_length);
}

/* DMA-92 DMA-99 DMA-103: what a command of the same mapper makes is what is mapped already */
static void commands_use_what_is_mapped(struct kunit *test)
{
	static const u64 limits[] = { U64_MAX, PAGE_SIZE, 0x600 };
	struct fixture *fixture = test->priv;
	struct iomd_desc *desc = prepared_desc(test, BOTH);
	u32 i;

	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		struct iomd_dma *dma = command_with(test, fixture->mapper, 0, limits[i], 1, 1);

		KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
		expect_generated(test, dma, 0, LENGTH, limits[i]);
		KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
		KUNIT_ASSERT_EQ(test, iomd_dma_prepare(dma, 0x1234, 0x4321, true, true), 0);
		expect_generated(test, dma, 0x1234, 0x4321, limits[i]);
		KUNIT_EXPECT_EQ(test, iomd_dma_get_bounced(dma), 0ULL);
	}
	KUNIT_EXPECT_EQ(test, fixture->exporter->maps, 1);
	KUNIT_EXPECT_EQ(test, fixture->exporter->begins, 0);
}

struct demand {
	const char *name;
	u8 bits;
	u32 alignment;
	u32 alignment_length;
	u64 offset;
	u64 length;
	int prepare_error;
	int error;
};

static const struct demand demands[] = {
	{ "nothing", 0, 1, 1, 0, LENGTH },
	{ "enough bits", 48, 1, 1, 0, LENGTH },
	{ "too few bits", 40, 1, 1, 0, LENGTH, 0, -EMSGSIZE },
	{ "alignment in a page", 48, 512, 1, 1024, 512 },
	{ "alignment that it has not", 48, 512, 1, 100, 512, 0, -EBADSLT },
	{ "alignment beyond a page", 48, 0x10000, 1, 0, PAGE_SIZE },
	{ "the same, missed", 48, 0x10000, 1, PAGE_SIZE, PAGE_SIZE, 0, -EBADSLT },
	{ "length", 48, 1, 512, 0, 1024 },
	{ "length that it has not", 48, 1, 512, 0, 1000, -EBADSLT },
};

static void demand_name(const struct demand *demand, char *name)
{
	strscpy(name, demand->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(demand, demands, demand_name);

/* DMA-102 DMA-107: what a device demands is met in place or not at all, also known late */
static void demands_are_met_in_place(struct kunit *test)
{
	const struct demand *demand = test->param_value;
	struct fixture *fixture = test->priv;
	struct iomd_desc *desc = desc_of(test, fixture->exporter, BOTH);
	struct iomd_segment64 segment;
	struct iomd_dma *dma;
	u64 offset = 0;
	u32 nr = 1;

	dma = command_with(test, fixture->mapper, demand->bits, 0, demand->alignment,
			   demand->alignment_length);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, false), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, demand->offset, demand->length, true, true),
			-EAGAIN);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, demand->offset, demand->length, true, true),
			demand->prepare_error);
	if (!demand->prepare_error) {
		KUNIT_EXPECT_EQ(test, iomd_dma_gen64_iovm_segments(dma, &offset, &segment, &nr),
				demand->error);
	}
	KUNIT_EXPECT_EQ(test, iomd_dma_get_bounced(dma), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
	KUNIT_EXPECT_EQ(test, fixture->exporter->begins, 0);
}

/* DMA-120: another device was not told where it is, nor is somebody without one */
static void others_are_refused(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_desc *desc = prepared_desc(test, BOTH);
	u8 *memory = kunit_kzalloc(test, 100, GFP_KERNEL);
	struct iomd_desc *parts[] = { iomd_kunit_kernel_desc(test, memory, 100, BOTH), desc };
	struct iomd_desc *multi = iomd_kunit_multi(test, parts, 2, BOTH);
	struct iomd_desc *sub = iomd_kunit_sub(test, desc, 0, LENGTH, BOTH);
	struct iomd_mapper *identity = iomd_kunit_mapper(test, iomd_mapper_identity());
	struct iomd_mapper *other = iomd_kunit_device_mapper(test, 64);
	const struct {
		struct iomd_mapper *mapper;
		struct iomd_desc *desc;
	} cases[] = {
		{ other, desc }, { identity, desc }, { NULL, desc }, { fixture->mapper, sub },
		{ fixture->mapper, multi }, { NULL, sub }, { NULL, multi },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct iomd_dma *dma = iomd_kunit_command(test, i % 2 ? 32 : 64, i % 2 ? 512 : 1,
							  cases[i].mapper);

		KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(dma, cases[i].desc, false), 0);
		KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0, true, true), -EOPNOTSUPP);
		KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
	}
	KUNIT_EXPECT_EQ(test, fixture->exporter->maps, 1);

	/* Another descriptor serves the other device. */
	desc = iomd_kunit_desc(test, iomd_desc_with_dma_buf(fixture->exporter->dmabuf, BOTH,
							    other));
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	expect_in_use(test, fixture->exporter, 2);
	KUNIT_EXPECT_PTR_EQ(test, fixture->exporter->dev, iomd_mapper_get_device(other));
	KUNIT_EXPECT_EQ(test, iomd_dma_set_memory_descriptor(iomd_kunit_command(test, 64, 1, other),
							     desc, true), 0);
}

/* A command, run in softirq from its prepare to its complete. */
static int run_command(void *data)
{
	struct iomd_segment64 segment;
	struct iomd_dma *dma = data;
	u64 offset = 0;
	u32 nr = 1;
	u8 byte;
	int err;

	err = iomd_dma_prepare(dma, 0, 0, true, true);
	if (err)
		return err;
	err = iomd_dma_gen64_iovm_segments(dma, &offset, &segment, &nr);
	if (!err && segment.iovm_addr != BUS_BASE)
		err = -ERANGE;
	/* The CPU is not let in, because that sleeps. */
	if (!err && iomd_desc_read_bytes(iomd_dma_get_memory_descriptor(dma), 0, &byte, 1))
		err = -EBADE;
	iomd_dma_complete(dma, true, true);
	return err;
}

/* What is mapped already serves commands in softirq, where nothing may sleep. */
static void commands_run_in_softirq(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct iomd_dma *dma = iomd_kunit_command(test, 64, 1, fixture->mapper);

	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, prepared_desc(test, BOTH), false),
			0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_in_softirq(run_command, dma), 0);
	expect_in_use(test, fixture->exporter, 1);
}

/*
 * Bytes.
 */

static void expect_accesses(struct kunit *test, const struct exporter *exporter, int count,
			    enum dma_data_direction direction)
{
	KUNIT_EXPECT_EQ(test, exporter->begins, count);
	KUNIT_EXPECT_EQ(test, exporter->vmaps, count);
	KUNIT_EXPECT_EQ(test, exporter->begun, 0);
	KUNIT_EXPECT_EQ(test, exporter->vmapped, 0);
	if (count)
		KUNIT_EXPECT_EQ(test, (int)exporter->access, (int)direction);
}

/* MD-36 MD-38 MD-39 MD-40 MD-41 MD-45: bytes are copied while the exporter lets the CPU in */
static void bytes_are_copied(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct exporter *exporter = fixture->exporter;
	struct iomd_desc *desc = prepared_desc(test, BOTH);
	u8 *bytes = iomd_kunit_zalloc(test, LENGTH + 1);

	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 0, bytes, LENGTH), (u64)LENGTH);
	iomd_kunit_expect_bytes(test, bytes, exporter->memory, LENGTH);
	expect_accesses(test, exporter, 1, DMA_FROM_DEVICE);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 0xfed, bytes, 0x1234), 0x1234ULL);
	iomd_kunit_expect_bytes(test, bytes, exporter->memory + 0xfed, 0x1234);
	expect_accesses(test, exporter, 2, DMA_FROM_DEVICE);

	/* Written in part: the rest comes in and goes back with it. */
	iomd_kunit_fill(bytes, LENGTH, 7);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(desc, 0xfff, bytes, 0x2002), 0x2002ULL);
	iomd_kunit_expect_bytes(test, exporter->memory + 0xfff, bytes, 0x2002);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(exporter->memory, 0xfff, 1));
	KUNIT_EXPECT_EQ(test, exporter->memory[0x3001], iomd_kunit_byte(1, 0x3001));
	expect_accesses(test, exporter, 3, DMA_BIDIRECTIONAL);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(desc, LENGTH - 3, NULL, 2), 2ULL);
	KUNIT_EXPECT_EQ(test, exporter->memory[LENGTH - 3], 0);
	KUNIT_EXPECT_EQ(test, exporter->memory[LENGTH - 2], 0);
	KUNIT_EXPECT_EQ(test, exporter->memory[LENGTH - 1], iomd_kunit_byte(1, LENGTH - 1));
	expect_accesses(test, exporter, 4, DMA_BIDIRECTIONAL);

	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 0, bytes, LENGTH + 1), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, LENGTH, bytes, 1), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 5, bytes, 0), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(desc, 1, bytes, LENGTH), 0ULL);
	expect_accesses(test, exporter, 4, DMA_BIDIRECTIONAL);
}

/* MD-36 MD-44: not unless it is prepared, and not if the exporter does not want it */
static void the_cpu_may_be_kept_out(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct exporter *exporter = fixture->exporter;
	struct iomd_desc *desc = desc_of(test, exporter, BOTH);
	struct exporter *least;
	u8 byte = 5;

	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 0, &byte, 1), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(desc, 0, &byte, 1), 0ULL);
	expect_accesses(test, exporter, 0, DMA_NONE);

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	exporter->begin_error = -ENOMEM;
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 0, &byte, 1), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(desc, 0, &byte, 1), 0ULL);
	expect_accesses(test, exporter, 0, DMA_NONE);
	exporter->begin_error = 0;
	exporter->end_error = -EIO;
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 0, &byte, 1), 0ULL);
	expect_accesses(test, exporter, 1, DMA_FROM_DEVICE);
	exporter->end_error = 0;
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 0, &byte, 1), 1ULL);

	/* One that maps nothing for the CPU. */
	least = exporter_with(test, &least_ops);
	desc = desc_of(test, least, BOTH);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_address(desc), BUS_BASE);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 0, &byte, 1), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(desc, 0, &byte, 1), 0ULL);
	KUNIT_EXPECT_EQ(test, least->memory[0], iomd_kunit_byte(1, 0));
}

/* MD-45 MD-40: bytes and bus addresses of parts, whatever these are parts of */
static void parts_are_like_others(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct exporter *exporter = fixture->exporter;
	struct iomd_desc *desc = desc_of(test, exporter, BOTH), *sub, *multi;
	u8 *memory = kunit_kzalloc(test, 0x100, GFP_KERNEL);
	struct iomd_desc *parts[3];
	u8 *bytes = iomd_kunit_zalloc(test, LENGTH);

	iomd_kunit_fill(memory, 0x100, 9);
	sub = iomd_kunit_sub(test, desc, 0x10, 0x2000, BOTH);
	parts[0] = iomd_kunit_of_kernel(test, memory, 0x80, BOTH);
	parts[1] = sub;
	parts[2] = iomd_kunit_of_kernel(test, memory + 0x80, 0x80, BOTH);
	multi = iomd_kunit_multi(test, parts, 3, BOTH);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(multi, NONE), 0);
	expect_in_use(test, exporter, 1);

	expect_segment(test, multi, 0x80 + 0xff0, BUS_BASE + 0x1000, 0x2000 - 0xff0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(multi, 0, NULL), virt_to_phys(memory));

	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(multi, 0, bytes, 0x2100), 0x2100ULL);
	iomd_kunit_expect_bytes(test, bytes, memory, 0x80);
	iomd_kunit_expect_bytes(test, bytes + 0x80, exporter->memory + 0x10, 0x2000);
	iomd_kunit_expect_bytes(test, bytes + 0x2080, memory + 0x80, 0x80);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(multi, 0x7f, NULL, 2), 2ULL);
	KUNIT_EXPECT_EQ(test, memory[0x7f], 0);
	KUNIT_EXPECT_EQ(test, exporter->memory[0x10], 0);
	KUNIT_EXPECT_EQ(test, exporter->memory[0x11], iomd_kunit_byte(1, 0x11));

	/* Copied up to where the exporter does not want it. */
	exporter->begin_error = -EIO;
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(multi, 0x10, bytes, 0x1000), 0x70ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(multi, NONE), 0);
	expect_in_use(test, exporter, 0);
}

/*
 * What goes wrong.
 */

/* A buffer is imported for a device, which is named or the module's. */
static void needs_a_device(struct kunit *test)
{
	static const u32 bad[] = { IOMD_MEMORY_MAPPER_NONE, IOMD_MEMORY_HOST_ONLY,
				   IOMD_MEMORY_REMOTE };
	struct fixture *fixture = test->priv;
	struct dma_buf *dmabuf = fixture->exporter->dmabuf;
	struct iomd_mapper *identity = iomd_kunit_mapper(test, iomd_mapper_identity());
	struct iomd_mapper *other = iomd_kunit_device_mapper(test, 64);
	struct iomd_desc *desc;
	u32 i;

	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_with_dma_buf(dmabuf, BOTH, NULL), -ENODEV);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_with_dma_buf(dmabuf, BOTH, identity), -ENODEV);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_with_dma_buf(dmabuf, BOTH, ERR_PTR(-EBADE)), -EBADE);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_with_dma_buf(NULL, BOTH, other), -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_with_dma_buf(ERR_PTR(-EBADF), BOTH, other), -EINVAL);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_with_dma_buf(dmabuf, BOTH | bad[i], other),
				      -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_with_dma_buf(dmabuf,
							   BOTH | IOMD_MEMORY_MAP_COPY_ON_WRITE,
							   other), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, file_count(dmabuf->file), 1L);

	KUNIT_ASSERT_EQ(test, iomd_mapper_set_default(fixture->mapper), 0);
	desc = iomd_kunit_desc(test, iomd_desc_with_dma_buf(dmabuf, BOTH, NULL));
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_PTR_EQ(test, fixture->exporter->dev, fixture->dev);
	KUNIT_EXPECT_EQ(test, iomd_mapper_set_default(other), -ENOTUNIQ);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_with_dma_buf(dmabuf, BOTH, NULL), -ENOTUNIQ);
}

struct failure {
	const char *name;
	int attach_error;
	int map_error;
	u32 missing;
	int error;
};

static const struct failure failures[] = {
	{ "attach: out of reach", .attach_error = -EBUSY, .error = -EBUSY },
	{ "attach: no memory", .attach_error = -ENOMEM, .error = -ENOMEM },
	{ "attach: something", .attach_error = -EINVAL, .error = -EIO },
	{ "map: no memory", .map_error = -ENOMEM, .error = -ENOMEM },
	{ "map: no device", .map_error = -ENODEV, .error = -ENODEV },
	{ "map: a signal", .map_error = -ERESTARTSYS, .error = -ECANCELED },
	{ "map: another signal", .map_error = -EINTR, .error = -ECANCELED },
	{ "map: try again", .map_error = -EAGAIN, .error = -EIO },
	{ "map: not all of it", .missing = 1, .error = -EIO },
	{ "map: nothing", .missing = NR_PAGES, .error = -EIO },
};

static void failure_name(const struct failure *failure, char *name)
{
	strscpy(name, failure->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(failure, failures, failure_name);

/* GMD-43: nothing is left of a prepare that the exporter did not go along with */
static void exporters_may_fail(struct kunit *test)
{
	const struct failure *failure = test->param_value;
	struct fixture *fixture = test->priv;
	struct exporter *exporter = fixture->exporter;
	struct iomd_desc *desc = desc_of(test, exporter, BOTH);
	long held = file_count(exporter->dmabuf->file);

	exporter->attach_error = failure->attach_error;
	exporter->map_error = failure->map_error;
	exporter->missing = failure->missing;
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), failure->error);
	expect_in_use(test, exporter, 0);
	flush_delayed_fput();
	KUNIT_EXPECT_EQ(test, file_count(exporter->dmabuf->file), held);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(desc));
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_with_dma_buf(exporter->dmabuf,
							   BOTH | IOMD_MEMORY_AUTO_PREPARE,
							   fixture->mapper), failure->error);
	flush_delayed_fput();
	KUNIT_EXPECT_EQ(test, file_count(exporter->dmabuf->file), held);

	exporter->attach_error = 0;
	exporter->map_error = 0;
	exporter->missing = 0;
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_address(desc), BUS_BASE);
}

/* MD-77 MD-79: bus space is for where the device sees it, once it does */
static void bus_space_is_the_exporters(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct exporter *exporter = fixture->exporter;
	struct iomd_desc *desc = desc_of(test, exporter, BOTH);
	u64 offset = 7;

	/* In pieces of up to three pages, none of which begins with one. */
	exporter->base += 0x800;
	KUNIT_EXPECT_EQ(test, iomd_desc_get_dma_map_length(desc, &offset), (u64)LENGTH);
	KUNIT_EXPECT_EQ(test, offset, 0ULL);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_dma_map_length(desc, &offset),
			LENGTH + DIV_ROUND_UP(NR_PAGES, 3) * (u64)PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, offset, 0x800ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_dma_map_length(desc, NULL), (u64)LENGTH);
}

/* Unbinding the device takes the buffer from it, and from the commands that use it. */
static void unbinding_revokes(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct exporter *exporter = fixture->exporter;
	struct iomd_dma *dma = iomd_kunit_command(test, 64, 1, fixture->mapper);
	struct iomd_segment64 segment;
	struct iomd_desc *desc, *late;
	u64 offset = 0;
	u32 nr = 1;
	u8 byte;

	exporter->is_real = true;
	desc = prepared_desc(test, BOTH);
	late = desc_of(test, exporter, BOTH);
	KUNIT_ASSERT_EQ(test, iomd_dma_set_memory_descriptor(dma, desc, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_segment(test, dma, 0).iovm_addr,
			page_to_phys(exporter->pages[0]));
	expect_segment(test, desc, PAGE_SIZE + 5, page_to_phys(exporter->pages[1]) + 5,
		       PAGE_SIZE - 5);
	expect_in_use(test, exporter, 1);

	iomd_kunit_unbind(fixture->dev);
	expect_in_use(test, exporter, 0);
	expect_segment(test, desc, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_gen64_iovm_segments(dma, &offset, &segment, &nr), -ENODEV);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 1, &byte, 1), 1ULL);
	KUNIT_EXPECT_EQ(test, byte, iomd_kunit_byte(1, 1));
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(late, NONE), -ENODEV);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_dma_prepare(dma, 0, 0, true, true), -ENODEV);
	KUNIT_EXPECT_EQ(test, iomd_dma_complete(dma, true, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), -ENODEV);
	desc_of(test, exporter, BOTH);
	KUNIT_EXPECT_EQ(test, exporter->attaches, 1);
}

/* The exporter may go while the device is being unbound: the import holds the buffer. */
static void unbinding_may_be_the_last(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct exporter *one = fixture->exporter, *two = exporter_with(test, &dynamic_ops);
	struct iomd_desc *memory, *desc[2];
	u8 *bytes = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	struct iomd_range range = { (unsigned long)bytes, PAGE_SIZE };

	one->is_real = true;
	two->is_real = true;
	desc[0] = desc_of(test, one, BOTH);
	desc[1] = desc_of(test, two, BOTH);
	memory = iomd_kunit_desc(test, iomd_desc_with_options(&range, 1, 0, IOMD_KERNEL_TASK,
							      IOMD_MEMORY_TYPE_VIRTUAL | BOTH,
							      fixture->mapper));
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc[0], NONE), 0);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(memory, NONE), 0);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc[1], NONE), 0);
	KUNIT_EXPECT_NE(test, iomd_desc_get_physical_address(memory), 0ULL);
	iomd_kunit_unbind(fixture->dev);
	expect_in_use(test, one, 0);
	expect_in_use(test, two, 0);
	KUNIT_EXPECT_EQ(test, two->pinned, 0);
}

static void race_change(struct work_struct *work)
{
	struct race *race = container_of(work, struct race, change);

	if (race->maps)
		race->err = iomd_desc_prepare(race->desc, NONE);
	else
		iomd_desc_complete(race->desc, NONE);
}

static void race_unbind(struct work_struct *work)
{
	struct race *race = container_of(work, struct race, unbind);

	iomd_kunit_unbind(race->dev);
	WRITE_ONCE(race->is_unbound, true);
}

/* Have the exporter stay where it maps, or unmaps; meanwhile @dev is being unbound. */
static struct race *race_begin(struct kunit *test, struct device *dev, bool maps)
{
	struct race *race = iomd_kunit_zalloc(test, sizeof(*race));
	struct fixture *fixture = test->priv;

	fixture->exporter->is_real = true;
	race->desc = maps ? desc_of(test, fixture->exporter, BOTH) : prepared_desc(test, BOTH);
	race->dev = dev;
	race->maps = maps;
	init_completion(&race->is_there);
	init_completion(&race->may_go_on);
	INIT_WORK(&race->change, race_change);
	INIT_WORK(&race->unbind, race_unbind);
	fixture->exporter->race = race;

	queue_work(system_unbound_wq, &race->change);
	wait_for_completion(&race->is_there);
	queue_work(system_unbound_wq, &race->unbind);
	return race;
}

static void race_end(struct kunit *test, struct race *race)
{
	struct fixture *fixture = test->priv;

	complete(&race->may_go_on);
	flush_work(&race->change);
	flush_work(&race->unbind);
	fixture->exporter->race = NULL;
	KUNIT_EXPECT_TRUE(test, race->is_unbound);
}

/* The device is not gone before everything of it is unmapped, whoever is at it. */
static void unbinding_waits(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct race *race = race_begin(test, fixture->dev, false);

	KUNIT_EXPECT_TRUE(test, iomd_kunit_wait_for(iomd_mapper_set_default(fixture->mapper)));
	race_end(test, race);
	KUNIT_EXPECT_FALSE(test, race->was_unbound);
	expect_in_use(test, fixture->exporter, 0);
}

/* Nor is it before what is being mapped is mapped, and unmapped again. */
static void unbinding_waits_for_mapping(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct race *race = race_begin(test, fixture->dev, true);

	KUNIT_EXPECT_TRUE(test, iomd_kunit_wait_for(iomd_mapper_set_default(fixture->mapper)));
	race_end(test, race);
	KUNIT_EXPECT_FALSE(test, race->was_unbound);
	KUNIT_EXPECT_EQ(test, race->err, 0);
	expect_in_use(test, fixture->exporter, 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_address(race->desc), 0ULL);
}

/* To unbind a device waits for nobody who is at another device's memory. */
static void unbinding_waits_for_no_other(struct kunit *test)
{
	u32 i;

	for (i = 0; i < 2; i++) {
		struct device *other = iomd_kunit_device(test, 64);
		struct iomd_mapper *mapper = iomd_kunit_mapper(test, iomd_mapper_for_device(other));
		struct race *race = race_begin(test, other, i);

		KUNIT_EXPECT_TRUE(test, iomd_kunit_wait_for(READ_ONCE(race->is_unbound)));
		KUNIT_EXPECT_EQ(test, iomd_mapper_set_default(mapper), -ENODEV);
		race_end(test, race);
	}
}

/* An exporter may be made of descriptors, which lockdep does not take for ours. */
static void exporters_may_use_descriptors(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	struct exporter *exporter = fixture->exporter;
	u8 *memory = kunit_kzalloc(test, 100, GFP_KERNEL);
	struct iomd_desc *desc = desc_of(test, exporter, BOTH);

	exporter->inner = iomd_kunit_of_kernel(test, memory, 100, BOTH);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_prepared(exporter->inner));
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(exporter->inner));
}

static int live_once(struct kunit *test, void *data)
{
	struct fixture *fixture = test->priv;
	struct iomd_desc *desc;
	int err;

	desc = iomd_desc_with_dma_buf(fixture->exporter->dmabuf, BOTH, fixture->mapper);
	if (IS_ERR(desc))
		return PTR_ERR(desc);
	err = iomd_desc_prepare(desc, NONE);
	if (!err && !iomd_desc_get_physical_address(desc))
		err = -ENOMEM;
	iomd_desc_put(desc);
	return err;
}

/* GMD-43: no allocation that fails leaves anything attached, mapped or held */
static void survives_failing_allocations(struct kunit *test)
{
	struct fixture *fixture = test->priv;

	/* Ours: the object, the mapping, and its table. The attachment, and the exporter's two. */
	fixture->exporter->group = 1;
	KUNIT_EXPECT_GE(test, iomd_kunit_sweep(test, live_once, NULL, UINT_MAX), 6U);
	expect_in_use(test, fixture->exporter, 0);
	flush_delayed_fput();
	KUNIT_EXPECT_EQ(test, file_count(fixture->exporter->dmabuf->file), 1L);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(holds_the_buffer),
	KUNIT_CASE(prepares_nest),
	KUNIT_CASE_PARAM(directions_are_the_prepares, way_gen_params),
	KUNIT_CASE(commands_keep_it_mapped),
	KUNIT_CASE(moving_memory_is_pinned),
	KUNIT_CASE(may_come_prepared),
	KUNIT_CASE(segments_are_the_exporters),
	KUNIT_CASE(has_no_physical_addresses),
	KUNIT_CASE(may_be_beyond_32_bits),
	KUNIT_CASE(nothing_can_be_prepared),
	KUNIT_CASE(commands_use_what_is_mapped),
	KUNIT_CASE_PARAM(demands_are_met_in_place, demand_gen_params),
	KUNIT_CASE(others_are_refused),
	KUNIT_CASE(commands_run_in_softirq),
	KUNIT_CASE(bytes_are_copied),
	KUNIT_CASE(the_cpu_may_be_kept_out),
	KUNIT_CASE(parts_are_like_others),
	KUNIT_CASE(needs_a_device),
	KUNIT_CASE_PARAM(exporters_may_fail, failure_gen_params),
	KUNIT_CASE(bus_space_is_the_exporters),
	KUNIT_CASE(unbinding_revokes),
	KUNIT_CASE(unbinding_may_be_the_last),
	KUNIT_CASE(unbinding_waits),
	KUNIT_CASE(unbinding_waits_for_mapping),
	KUNIT_CASE(unbinding_waits_for_no_other),
	KUNIT_CASE(exporters_may_use_descriptors),
	KUNIT_CASE(survives_failing_allocations),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_dmabuf",
	.suite_init = iomd_kunit_suite_init,
	.suite_exit = iomd_kunit_suite_exit,
	.init = init,
	.test_cases = cases,
};

kunit_test_suite(suite);
