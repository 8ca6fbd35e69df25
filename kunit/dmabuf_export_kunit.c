// SPDX-License-Identifier: GPL-2.0-only
/*
 * Our memory as dma-bufs: what importers see of it, and how long it stays.
 */
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/dma-resv.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/io.h>
#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/scatterlist.h>

#include "behind_iommu.h"
#include "compose.h"

#define IN		IOMD_DIRECTION_IN
#define OUT		IOMD_DIRECTION_OUT
#define BOTH		IOMD_DIRECTION_OUT_IN
#define NONE		IOMD_DIRECTION_NONE

#define NR_PAGES	4
#define LENGTH		(NR_PAGES * PAGE_SIZE)
#define HALF_OF_ALL	BIT_ULL(32)

/* Memory of the process, which belongs to nobody else once it is shared. */
struct memory {
	u64 address;
	struct page *page[NR_PAGES];
};

static struct memory *user_memory(struct kunit *test)
{
	struct memory *memory = iomd_kunit_zalloc(test, sizeof(*memory));
	u32 i;

	memory->address = iomd_kunit_map_anonymous(test, LENGTH);
	iomd_kunit_user_fill(test, memory->address, LENGTH, 1);
	for (i = 0; i < NR_PAGES; i++)
		memory->page[i] = iomd_kunit_user_page(test, memory->address + i * PAGE_SIZE);
	return memory;
}

static struct iomd_desc *described(struct kunit *test, u64 address, u64 length, u32 options)
{
	return iomd_kunit_desc(test, iomd_desc_with_address_range(address, length, options,
								  iomd_kunit_mm));
}

static void put_now(struct dma_buf *dmabuf)
{
	dma_buf_put(dmabuf);
	flush_delayed_fput();
}

/* Can the process ever write there? */
static bool may_write(unsigned long address)
{
	struct vm_area_struct *vma;
	bool may;

	mmap_read_lock(iomd_kunit_mm);
	vma = find_vma(iomd_kunit_mm, address);
	may = vma && (vma->vm_flags & (VM_WRITE | VM_MAYWRITE));
	mmap_read_unlock(iomd_kunit_mm);
	return may;
}

static void undo_dmabuf(void *data)
{
	put_now(data);
}

static struct dma_buf *exported(struct kunit *test, struct iomd_desc *desc, u32 flags)
{
	struct dma_buf *dmabuf = iomd_desc_export_dma_buf(desc, flags);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dmabuf);
	iomd_kunit_defer(test, undo_dmabuf, dmabuf);
	return dmabuf;
}

/* The buffer as a device has it, which is attached and mapped while prepared. */
static struct iomd_desc *imported(struct kunit *test, struct dma_buf *dmabuf,
				  struct iomd_mapper *mapper, u32 direction)
{
	return iomd_kunit_desc(test, iomd_desc_with_dma_buf(dmabuf, direction, mapper));
}

/* Where the device really finds byte @offset. */
static u64 reached(struct iomd_desc *desc, struct iomd_mapper *mapper, u64 offset)
{
	u64 address = iomd_desc_get_physical_segment(desc, offset, NULL, 0);
	struct device *dev = iomd_mapper_get_device(mapper);

	if (!iomd_mapper_translates(mapper))
		return address;
	return iommu_iova_to_phys(iommu_get_domain_for_dev(dev), address);
}

/* Who imports: devices that nothing translates for, and those behind an IOMMU. */
struct importer {
	const char *name;
	bool translated;
};

static const struct importer importers[] = {
	{ "direct", false },
	{ "behind an IOMMU", true },
};

static void importer_name(const struct importer *importer, char *name)
{
	strscpy(name, importer->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(importer, importers, importer_name);

static struct iomd_mapper *mapper_of(struct kunit *test, const struct importer *importer)
{
	return importer->translated ? iomd_kunit_translating_mapper(test) :
				      iomd_kunit_device_mapper(test, 64);
}

static void expect_reaches(struct kunit *test, struct iomd_desc *desc, struct iomd_mapper *mapper,
			   const struct memory *memory)
{
	u32 i;

	for (i = 0; i < NR_PAGES; i++)
		KUNIT_EXPECT_EQ(test, reached(desc, mapper, i * PAGE_SIZE + 5),
				page_to_phys(memory->page[i]) + 5);
}

/* Devices find the pages, and the CPU the bytes, though the descriptor has gone. */
static void devices_see_the_memory(struct kunit *test)
{
	struct iomd_mapper *mapper = mapper_of(test, test->param_value);
	struct memory *memory = user_memory(test);
	u8 *bytes = iomd_kunit_zalloc(test, LENGTH);
	struct iomd_desc *desc;
	struct dma_buf *dmabuf;

	desc = iomd_desc_with_address_range(memory->address, LENGTH, BOTH, iomd_kunit_mm);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, desc);
	dmabuf = exported(test, desc, O_RDWR);
	iomd_desc_put(desc);
	KUNIT_EXPECT_EQ(test, (u64)dmabuf->size, (u64)LENGTH);
	KUNIT_EXPECT_STREQ(test, module_name(dmabuf->owner), "iomd");

	desc = imported(test, dmabuf, mapper, BOTH);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	expect_reaches(test, desc, mapper, memory);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 0, bytes, LENGTH), (u64)LENGTH);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(bytes, LENGTH, 1));
	iomd_kunit_fill(bytes, LENGTH, 2);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(desc, 0, bytes, LENGTH), (u64)LENGTH);
	iomd_kunit_user_expect(test, memory->address, LENGTH, 2);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
}

/* Several devices have it at the same time, for reading and for writing. */
static void devices_share_it(struct kunit *test)
{
	struct memory *memory = user_memory(test);
	struct dma_buf *dmabuf = exported(test, described(test, memory->address, LENGTH, BOTH),
					  O_RDWR);
	struct iomd_mapper *mapper[2];
	struct iomd_desc *desc[4];
	u32 i;

	for (i = 0; i < ARRAY_SIZE(mapper); i++)
		mapper[i] = mapper_of(test, &importers[i]);
	for (i = 0; i < ARRAY_SIZE(desc); i++) {
		desc[i] = imported(test, dmabuf, mapper[i % 2], i < 2 ? BOTH : OUT);
		KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc[i], NONE), 0);
	}
	KUNIT_EXPECT_EQ(test, dma_buf_begin_cpu_access(dmabuf, DMA_BIDIRECTIONAL), 0);
	KUNIT_EXPECT_EQ(test, dma_buf_end_cpu_access(dmabuf, DMA_BIDIRECTIONAL), 0);
	for (i = 0; i < ARRAY_SIZE(desc); i++)
		expect_reaches(test, desc[i], mapper[i % 2], memory);
	for (i = 0; i < ARRAY_SIZE(desc); i++)
		KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc[i], NONE), 0);
}

/* The pins are the dma-buf's: neither the descriptor nor the task takes them away. */
static void pins_are_its_own(struct kunit *test)
{
	u64 before = iomd_kunit_pinned();
	struct memory *memory = user_memory(test);
	struct iomd_desc *desc = iomd_desc_with_address_range(memory->address, LENGTH, BOTH,
							      iomd_kunit_mm);
	struct dma_buf *dmabuf;
	struct iosys_map map;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, desc);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before);
	dmabuf = iomd_desc_export_dma_buf(desc, O_RDWR);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dmabuf);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(desc));
	iomd_desc_put(desc);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before + NR_PAGES);
	iomd_kunit_unmap(memory->address, LENGTH);
	KUNIT_ASSERT_EQ(test, iomd_kunit_dma_buf_vmap(dmabuf, &map), 0);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(map.vaddr, LENGTH, 1));
	iomd_kunit_dma_buf_vunmap(dmabuf, &map);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before + NR_PAGES);
	put_now(dmabuf);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before);
}

/* One address for all who ask, until the last has given it back. */
static void kernel_sees_the_memory(struct kunit *test)
{
	struct memory *memory = user_memory(test);
	struct dma_buf *dmabuf = exported(test, described(test, memory->address, LENGTH, BOTH),
					  O_RDWR);
	struct iosys_map one, other;
	u32 i;

	for (i = 0; i < 2; i++) {
		KUNIT_ASSERT_EQ(test, iomd_kunit_dma_buf_vmap(dmabuf, &one), 0);
		KUNIT_ASSERT_EQ(test, iomd_kunit_dma_buf_vmap(dmabuf, &other), 0);
		KUNIT_EXPECT_TRUE(test, iosys_map_is_equal(&one, &other));
		iomd_kunit_dma_buf_vunmap(dmabuf, &one);
		KUNIT_EXPECT_EQ(test, dma_buf_begin_cpu_access(dmabuf, DMA_TO_DEVICE), 0);
		iomd_kunit_fill(other.vaddr, LENGTH, 2 + i);
		KUNIT_EXPECT_EQ(test, dma_buf_end_cpu_access(dmabuf, DMA_TO_DEVICE), 0);
		iomd_kunit_user_expect(test, memory->address, LENGTH, 2 + i);
		iomd_kunit_dma_buf_vunmap(dmabuf, &other);
		KUNIT_EXPECT_FALSE(test, is_vmalloc_addr(other.vaddr) &&
				   vmalloc_to_page(other.vaddr));
	}
}

static unsigned long map_file(struct file *file, u64 length, int prot, int flags)
{
	IOMD_KUNIT_AS_TASK();

	return vm_mmap(file, 0, length, prot, flags, 0);
}

/* A task maps it, all or its beginning, and so keeps it. */
static void tasks_see_the_memory(struct kunit *test)
{
	u64 before = iomd_kunit_pinned();
	struct memory *memory = user_memory(test);
	struct iomd_desc *desc = described(test, memory->address, LENGTH, BOTH);
	struct dma_buf *dmabuf = iomd_desc_export_dma_buf(desc, O_RDWR);
	unsigned long all, part;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dmabuf);
	KUNIT_EXPECT_EQ(test, map_file(dmabuf->file, LENGTH + PAGE_SIZE, PROT_READ, MAP_SHARED),
			(unsigned long)-EINVAL);
	KUNIT_EXPECT_EQ(test, map_file(dmabuf->file, LENGTH, PROT_READ, MAP_PRIVATE),
			(unsigned long)-EINVAL);
	all = map_file(dmabuf->file, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED);
	part = map_file(dmabuf->file, PAGE_SIZE, PROT_READ, MAP_SHARED);
	put_now(dmabuf);
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(all) || IS_ERR_VALUE(part));
	iomd_kunit_user_expect(test, all, LENGTH, 1);
	iomd_kunit_user_expect(test, part, PAGE_SIZE, 1);
	iomd_kunit_user_fill(test, all, LENGTH, 2);
	iomd_kunit_user_expect(test, memory->address, LENGTH, 2);
	iomd_kunit_unmap(all, LENGTH);
	flush_delayed_fput();
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before + NR_PAGES);
	iomd_kunit_user_expect(test, part, PAGE_SIZE, 2);
	iomd_kunit_unmap(part, PAGE_SIZE);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_wait_for(iomd_kunit_pinned() == before));
}

/* What is read-only is so for a task, too, whichever driver maps it. */
static void tasks_may_only_read(struct kunit *test)
{
	struct memory *memory = user_memory(test);
	struct iomd_desc *desc = described(test, memory->address, LENGTH, BOTH);
	struct dma_buf *dmabuf = exported(test, desc, O_RDONLY);
	unsigned long address;

	KUNIT_EXPECT_EQ(test, map_file(dmabuf->file, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED),
			(unsigned long)-EACCES);
	address = map_file(dmabuf->file, LENGTH, PROT_READ, MAP_SHARED);
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(address));
	iomd_kunit_user_expect(test, address, LENGTH, 1);
	iomd_kunit_unmap(address, LENGTH);

	/* As if it were another driver's file. */
	dmabuf->file->f_mode |= FMODE_WRITE;
	KUNIT_EXPECT_EQ(test, map_file(dmabuf->file, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED),
			(unsigned long)-EACCES);
	address = map_file(dmabuf->file, LENGTH, PROT_READ, MAP_SHARED);
	dmabuf->file->f_mode &= ~FMODE_WRITE;
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(address));
	KUNIT_EXPECT_FALSE(test, may_write(address));
	iomd_kunit_unmap(address, LENGTH);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_wait_for(file_count(dmabuf->file) == 1));
}

/* What the DMA API has copied for a device is copied back and forth. */
static void cpu_and_device_agree(struct kunit *test)
{
	struct page *page = iomd_kunit_page(test, HALF_OF_ALL, U64_MAX);
	u8 *memory = iomd_kunit_vmap(test, &page, 1), *copy;
	struct iomd_mapper *mapper = iomd_kunit_device_mapper(test, 32);
	struct dma_buf *dmabuf;
	struct iomd_desc *desc;

	desc = iomd_kunit_desc(test, iomd_desc_with_pages(&page, 1, 0, PAGE_SIZE, BOTH, NULL));
	dmabuf = exported(test, desc, O_RDWR);
	desc = imported(test, dmabuf, mapper, BOTH);
	iomd_kunit_fill(memory, PAGE_SIZE, 1);
	KUNIT_ASSERT_EQ_MSG(test, iomd_desc_prepare(desc, NONE), 0, "this needs swiotlb");
	KUNIT_ASSERT_NE(test, reached(desc, mapper, 0), page_to_phys(page));
	copy = phys_to_virt(reached(desc, mapper, 0));
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(copy, PAGE_SIZE, 1));

	iomd_kunit_fill(copy, PAGE_SIZE, 2);
	KUNIT_EXPECT_EQ(test, dma_buf_begin_cpu_access(dmabuf, DMA_BIDIRECTIONAL), 0);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(memory, PAGE_SIZE, 2));
	iomd_kunit_fill(memory, PAGE_SIZE, 3);
	KUNIT_EXPECT_EQ(test, dma_buf_end_cpu_access(dmabuf, DMA_BIDIRECTIONAL), 0);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(copy, PAGE_SIZE, 3));

	iomd_kunit_fill(copy, PAGE_SIZE, 4);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(memory, PAGE_SIZE, 4));
}

/* What the task may only read is shared for reading, with all who could write. */
static void may_be_read_only(struct kunit *test)
{
	struct iomd_mapper *mapper = iomd_kunit_device_mapper(test, 64);
	struct file *file = iomd_kunit_shmem(test, PAGE_SIZE);
	u64 address = iomd_kunit_map(test, file, PAGE_SIZE, PROT_READ, MAP_SHARED);
	struct iomd_desc *desc = described(test, address, PAGE_SIZE, OUT);
	struct dma_buf *dmabuf;
	struct iosys_map map;

	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_export_dma_buf(desc, O_RDWR), -EACCES);
	dmabuf = exported(test, desc, O_RDONLY);
	KUNIT_EXPECT_FALSE(test, dmabuf->file->f_mode & FMODE_WRITE);
	desc = imported(test, dmabuf, mapper, OUT);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, reached(desc, mapper, 0),
			page_to_phys(iomd_kunit_user_page(test, address)));
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(imported(test, dmabuf, mapper, IN), NONE), -EIO);
	KUNIT_EXPECT_EQ(test, dma_buf_begin_cpu_access(dmabuf, DMA_BIDIRECTIONAL), -EACCES);
	KUNIT_EXPECT_EQ(test, dma_buf_begin_cpu_access(dmabuf, DMA_TO_DEVICE), -EACCES);
	KUNIT_EXPECT_EQ(test, dma_buf_begin_cpu_access(dmabuf, DMA_FROM_DEVICE), 0);
	KUNIT_EXPECT_EQ(test, dma_buf_end_cpu_access(dmabuf, DMA_FROM_DEVICE), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_dma_buf_vmap(dmabuf, &map), -EINVAL);
}

/* Any memory of whole pages: buffers, pageable ones, parts of them, several in a row. */
static void any_kind_will_do(struct kunit *test)
{
	struct iomd_mapper *mapper = iomd_kunit_device_mapper(test, 64);
	struct iomd_buffer *buffer = iomd_kunit_pageable(test, 3 * PAGE_SIZE, 0);
	struct iomd_desc *parts[2], *multi, *desc;
	u8 *bytes = iomd_kunit_zalloc(test, 3 * PAGE_SIZE);
	struct dma_buf *dmabuf;
	struct iosys_map map;

	parts[0] = iomd_kunit_sub(test, iomd_buffer_desc(buffer), PAGE_SIZE, 2 * PAGE_SIZE, BOTH);
	parts[1] = iomd_kunit_kernel_desc(test, page_address(iomd_kunit_page(test, 0, U64_MAX)),
					  PAGE_SIZE, BOTH);
	multi = iomd_kunit_multi(test, parts, 2, BOTH);
	dmabuf = exported(test, multi, O_RDWR | O_CLOEXEC);
	KUNIT_EXPECT_EQ(test, (u64)dmabuf->size, 3ULL * PAGE_SIZE);
	KUNIT_ASSERT_EQ(test, iomd_kunit_dma_buf_vmap(dmabuf, &map), 0);
	iomd_kunit_fill(map.vaddr, 3 * PAGE_SIZE, 1);
	iomd_kunit_dma_buf_vunmap(dmabuf, &map);

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(multi, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(multi, 0, bytes, 3 * PAGE_SIZE),
			3ULL * PAGE_SIZE);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(bytes, 3 * PAGE_SIZE, 1));
	desc = imported(test, dmabuf, mapper, BOTH);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, reached(desc, mapper, 2 * PAGE_SIZE),
			iomd_kunit_phys(multi, 2 * PAGE_SIZE, NULL));
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(multi, NONE), 0);
}

/* What cannot be shared. */
static void refuses(struct kunit *test)
{
	struct memory *memory = user_memory(test);
	struct iomd_desc *desc = described(test, memory->address, LENGTH, BOTH);
	struct iomd_mapper *mapper = iomd_kunit_device_mapper(test, 64);
	struct dma_buf *dmabuf = exported(test, desc, O_RDWR);

	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_export_dma_buf(NULL, O_RDWR), -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_export_dma_buf(ERR_PTR(-EIO), O_RDWR), -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_export_dma_buf(desc, O_WRONLY), -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_export_dma_buf(desc, O_RDWR | O_APPEND), -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_export_dma_buf(described(test, memory->address, 0,
								       BOTH), O_RDWR), -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_export_dma_buf(described(test, memory->address,
								       LENGTH - 1, BOTH),
							     O_RDWR), -EBADSLT);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_export_dma_buf(described(test, memory->address + 1,
								       PAGE_SIZE, BOTH),
							     O_RDWR), -EBADSLT);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_export_dma_buf(described(test, memory->address,
								       LENGTH, BOTH |
								       IOMD_MEMORY_REMOTE),
							     O_RDWR), -ENXIO);
	IOMD_KUNIT_EXPECT_ERR(test,
			      iomd_desc_export_dma_buf(described(test, memory->address, LENGTH,
								 BOTH |
								 IOMD_MEMORY_MAP_COPY_ON_WRITE),
						       O_RDWR), -EOPNOTSUPP);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_export_dma_buf(imported(test, dmabuf, mapper, BOTH),
							     O_RDWR), -EOPNOTSUPP);
	iomd_kunit_unmap(memory->address, PAGE_SIZE);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_export_dma_buf(desc, O_RDWR), -EFAULT);
}

/*
 * Memory of devices.
 */

static void ignore_moves(struct dma_buf_attachment *attachment)
{
}

static const struct dma_buf_attach_ops peer_ops = {
	.allow_peer2peer = true,
	.move_notify = ignore_moves,
};

/* It is for those who know that it has no pages. */
static void peers_see_registers(struct kunit *test)
{
	struct device *edu = iomd_kunit_device_behind_iommu(test);
	u64 bar = pci_resource_start(to_pci_dev(edu), 0);
	struct device *dev = iomd_kunit_device(test, 64);
	struct dma_buf_attachment *attachment;
	struct sg_table *table;
	struct dma_buf *dmabuf;
	struct iosys_map map;

	dmabuf = exported(test, iomd_kunit_desc(test, iomd_device_with_range(bar, 2 * PAGE_SIZE)),
			  O_RDWR);
	KUNIT_EXPECT_EQ(test, iomd_kunit_dma_buf_vmap(dmabuf, &map), -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, dma_buf_attach(dmabuf, dev), -EOPNOTSUPP);
	attachment = dma_buf_dynamic_attach(dmabuf, dev, &peer_ops, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, attachment);
	dma_resv_lock(dmabuf->resv, NULL);
	table = dma_buf_map_attachment(attachment, DMA_BIDIRECTIONAL);
	if (!IS_ERR_OR_NULL(table)) {
		KUNIT_EXPECT_EQ(test, (u64)sg_dma_address(table->sgl), bar);
		KUNIT_EXPECT_EQ(test, (u64)sg_dma_len(table->sgl), 2ULL * PAGE_SIZE);
		dma_buf_unmap_attachment(attachment, table, DMA_BIDIRECTIONAL);
	}
	dma_resv_unlock(dmabuf->resv);
	KUNIT_EXPECT_NOT_ERR_OR_NULL(test, table);
	dma_buf_detach(dmabuf, attachment);
}

/* A device that does no DMA attaches to nothing. */
static void needs_a_dma_device(struct kunit *test)
{
	struct memory *memory = user_memory(test);
	struct dma_buf *dmabuf = exported(test, described(test, memory->address, LENGTH, BOTH),
					  O_RDWR);
	struct device *dev = iomd_kunit_device(test, 64);
	u64 *mask = dev->dma_mask;

	dev->dma_mask = NULL;
	IOMD_KUNIT_EXPECT_ERR(test, dma_buf_attach(dmabuf, dev), -EINVAL);
	dev->dma_mask = mask;
}

static void free_four_pages(void *memory)
{
	free_pages((unsigned long)memory, 2);
}

/* Ranges that continue each other in memory are mapped as one piece, however long they are. */
static void ranges_side_by_side_are_one_entry(struct kunit *test)
{
	const u64 length = *(const u64 *)test->param_value;
	u8 *memory = (u8 *)__get_free_pages(GFP_KERNEL, 2);
	struct dma_buf_attachment *attachment;
	struct iomd_range ranges[4];
	struct sg_table *table;
	struct dma_buf *dmabuf;
	struct iomd_desc *desc;
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, memory);
	iomd_kunit_defer(test, free_four_pages, memory);
	for (i = 0; i < ARRAY_SIZE(ranges); i++)
		ranges[i] = (struct iomd_range) { (unsigned long)memory + i * length, length };
	desc = iomd_desc_with_address_ranges(ranges, ARRAY_SIZE(ranges), BOTH, IOMD_KERNEL_TASK);
	desc = iomd_kunit_desc(test, desc);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);

	dmabuf = exported(test, desc, O_RDWR);
	attachment = dma_buf_attach(dmabuf, iomd_kunit_device(test, 64));
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, attachment);
	table = iomd_kunit_dma_buf_map(attachment, DMA_BIDIRECTIONAL);
	KUNIT_EXPECT_NOT_ERR_OR_NULL(test, table);
	if (!IS_ERR_OR_NULL(table)) {
		KUNIT_EXPECT_EQ(test, table->orig_nents, 1U);
		KUNIT_EXPECT_EQ(test, (u64)table->sgl->length, ARRAY_SIZE(ranges) * length);
		iomd_kunit_dma_buf_unmap(attachment, table, DMA_BIDIRECTIONAL);
	}
	dma_buf_detach(dmabuf, attachment);
}

static const u64 range_lengths[] = { PAGE_SIZE, PAGE_SIZE / 2, PAGE_SIZE / 4 };

static void range_length_name(const u64 *length, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "%llu bytes", *length);
}

KUNIT_ARRAY_PARAM(range_length, range_lengths, range_length_name);

static int export_once(struct kunit *test, void *data)
{
	struct dma_buf *dmabuf = iomd_desc_export_dma_buf(data, O_RDWR);

	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);
	put_now(dmabuf);
	return 0;
}

static int attach_once(struct kunit *test, void *data)
{
	struct dma_buf *dmabuf = data;
	struct dma_buf_attachment *attachment;
	struct sg_table *table;

	attachment = dma_buf_attach(dmabuf, test->priv);
	if (IS_ERR(attachment))
		return PTR_ERR(attachment);
	table = iomd_kunit_dma_buf_map(attachment, DMA_TO_DEVICE);
	if (!IS_ERR(table))
		iomd_kunit_dma_buf_unmap(attachment, table, DMA_TO_DEVICE);
	dma_buf_detach(dmabuf, attachment);
	return PTR_ERR_OR_ZERO(table);
}

/* No allocation that fails leaves anything pinned, attached or mapped. */
static void survives_failing_allocations(struct kunit *test)
{
	struct memory *memory = user_memory(test);
	struct iomd_desc *desc = described(test, memory->address, LENGTH, BOTH);
	u64 before = iomd_kunit_pinned();
	struct dma_buf *dmabuf;

	KUNIT_EXPECT_GE(test, iomd_kunit_sweep(test, export_once, desc, UINT_MAX), 3U);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before);

	/* The attachment, the mapper, and the mapping. Then it is for the DMA API. */
	dmabuf = exported(test, desc, O_RDWR);
	test->priv = iomd_kunit_device(test, 64);
	KUNIT_EXPECT_EQ(test, iomd_kunit_sweep(test, attach_once, dmabuf, 3), 3U);
	KUNIT_EXPECT_TRUE(test, list_empty(&dmabuf->attachments));
	KUNIT_EXPECT_EQ(test, file_count(dmabuf->file), 1L);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(devices_see_the_memory, importer_gen_params),
	KUNIT_CASE(devices_share_it),
	KUNIT_CASE_PARAM(ranges_side_by_side_are_one_entry, range_length_gen_params),
	KUNIT_CASE(pins_are_its_own),
	KUNIT_CASE(kernel_sees_the_memory),
	KUNIT_CASE(tasks_see_the_memory),
	KUNIT_CASE(tasks_may_only_read),
	KUNIT_CASE(cpu_and_device_agree),
	KUNIT_CASE(may_be_read_only),
	KUNIT_CASE(any_kind_will_do),
	KUNIT_CASE(refuses),
	KUNIT_CASE(peers_see_registers),
	KUNIT_CASE(needs_a_dma_device),
	KUNIT_CASE(survives_failing_allocations),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_dmabuf_export",
	.suite_init = iomd_kunit_iommu_suite_init,
	.suite_exit = iomd_kunit_iommu_suite_exit,
	.init = iomd_kunit_init,
	.test_cases = cases,
};

kunit_test_suite(suite);
