// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the suites share.
 */
#include <linux/cred.h>
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/platform_device.h>
#include <linux/random.h>
#include <linux/sched/mm.h>
#include <linux/sched/user.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "iomd_kunit.h"

static u64 seed;
module_param(seed, ullong, 0444);
MODULE_PARM_DESC(seed, "Seed of random cases; 0 for another one each time");

struct mm_struct *iomd_kunit_mm;

static struct platform_driver driver = {
	.driver = {
		.name = "iomd-kunit",
		.probe_type = PROBE_FORCE_SYNCHRONOUS,
	},
};

/*
 * Runs in the process that loads the module. Up to 6.1 that is before sysfs knows
 * the module, so the driver is nobody's; its suite outlives it anyway.
 */
int iomd_kunit_suite_init(struct kunit_suite *suite)
{
	int err = __platform_driver_register(&driver, NULL);

	if (err)
		return err;
	iomd_kunit_mm = current->mm;
	mmgrab(iomd_kunit_mm);
	return 0;
}

void iomd_kunit_suite_exit(struct kunit_suite *suite)
{
	mmdrop(iomd_kunit_mm);
	platform_driver_unregister(&driver);
}

/*
 * Undoing.
 */

struct undo {
	void (*fn)(void *data);
	void *data;
};

static int undo_init(struct kunit_resource *res, void *context)
{
	res->data = kmemdup(context, sizeof(struct undo), GFP_KERNEL);
	return res->data ? 0 : -ENOMEM;
}

static void undo_free(struct kunit_resource *res)
{
	struct undo *undo = res->data;

	undo->fn(undo->data);
	kfree(undo);
}

void iomd_kunit_defer(struct kunit *test, void (*fn)(void *data), void *data)
{
	struct undo undo = { fn, data };

	KUNIT_ASSERT_NOT_NULL(test, kunit_alloc_resource(test, undo_init, undo_free, GFP_KERNEL,
							 &undo));
}

/* What a case must leave as it found it. */
struct balance {
	struct kunit *test;
	u64 pinned_vm;
	long locked_vm;
};

static void check_balance(void *data)
{
	struct balance *balance = data;
	long locked_vm = atomic_long_read(&current_user()->locked_vm);

	KUNIT_EXPECT_EQ(balance->test, iomd_kunit_pinned(), balance->pinned_vm);
	KUNIT_EXPECT_EQ(balance->test, locked_vm, balance->locked_vm);
}

int iomd_kunit_init(struct kunit *test)
{
	struct balance *balance = kunit_kzalloc(test, sizeof(*balance), GFP_KERNEL);

	if (!balance)
		return -ENOMEM;
	balance->test = test;
	balance->pinned_vm = atomic64_read(&iomd_kunit_mm->pinned_vm);
	balance->locked_vm = atomic_long_read(&current_user()->locked_vm);
	iomd_kunit_defer(test, check_balance, balance);
	return 0;
}

/*
 * Memory of a process.
 */

/*
 * A thread that dies within puts the address space as its user, so it has to be
 * one. Return: what to give to iomd_kunit_leave().
 */
struct mm_struct *iomd_kunit_enter(void)
{
	if (current->mm == iomd_kunit_mm)
		return NULL;
	mmget(iomd_kunit_mm);
	kthread_use_mm(iomd_kunit_mm);
	return iomd_kunit_mm;
}

void iomd_kunit_leave(struct mm_struct *entered)
{
	if (!entered)
		return;
	kthread_unuse_mm(entered);
	mmput(entered);
}

void iomd_kunit_unmap(u64 address, u64 length)
{
	IOMD_KUNIT_AS_TASK();

	vm_munmap(address, length);
}

static void undo_map(void *data)
{
	struct iomd_range *range = data;

	iomd_kunit_unmap(range->address, range->length);
}

static u64 map(struct kunit *test, struct file *file, u64 address, u64 length, int prot, int flags)
{
	IOMD_KUNIT_AS_TASK();
	struct iomd_range *range = iomd_kunit_zalloc(test, sizeof(*range));

	range->address = vm_mmap(file, address, length, prot, flags, 0);
	range->length = length;
	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR_VALUE((unsigned long)range->address),
			       "mmap returned %ld", (long)range->address);
	iomd_kunit_defer(test, undo_map, range);
	return range->address;
}

u64 iomd_kunit_map(struct kunit *test, struct file *file, u64 length, int prot, int flags)
{
	return map(test, file, 0, length, prot, flags);
}

u64 iomd_kunit_map_anonymous(struct kunit *test, u64 length)
{
	return map(test, NULL, 0, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
}

/* At an address that was part of another mapping before. */
u64 iomd_kunit_map_at(struct kunit *test, u64 address, u64 length, int prot)
{
	return map(test, NULL, address, length, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED);
}

void iomd_kunit_user_fill(struct kunit *test, u64 address, u64 length, u32 seed)
{
	IOMD_KUNIT_AS_TASK();
	u8 *bytes = vmalloc(length);
	unsigned long left;

	KUNIT_ASSERT_NOT_NULL(test, bytes);
	iomd_kunit_fill(bytes, length, seed);
	left = copy_to_user(u64_to_user_ptr(address), bytes, length);
	vfree(bytes);
	KUNIT_EXPECT_EQ(test, left, 0UL);
}

void iomd_kunit_user_expect(struct kunit *test, u64 address, u64 length, u32 seed)
{
	IOMD_KUNIT_AS_TASK();
	u8 *bytes = vmalloc(length);
	unsigned long left;

	KUNIT_ASSERT_NOT_NULL(test, bytes);
	left = copy_from_user(bytes, u64_to_user_ptr(address), length);
	KUNIT_EXPECT_EQ(test, left, 0UL);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(bytes, length, seed));
	vfree(bytes);
}

/* The page that is mapped there now; it stays as long as the case leaves it alone. */
struct page *iomd_kunit_user_page(struct kunit *test, u64 address)
{
	IOMD_KUNIT_AS_TASK();
	struct page *page = NULL;

	KUNIT_EXPECT_EQ(test, get_user_pages_fast(address & PAGE_MASK, 1, 0, &page), 1);
	if (page)
		put_page(page);
	return page;
}

static void undo_file(void *data)
{
	fput(data);
}

static struct file *keep_file(struct kunit *test, struct file *file)
{
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	iomd_kunit_defer(test, undo_file, file);
	return file;
}

struct file *iomd_kunit_shmem(struct kunit *test, u64 length)
{
	return keep_file(test, shmem_file_setup("iomd_kunit", length, 0));
}

struct file *iomd_kunit_file(struct kunit *test, const char *directory, u64 length)
{
	struct file *file = keep_file(test, filp_open(directory, O_TMPFILE | O_RDWR | O_LARGEFILE,
						      0600));

	KUNIT_ASSERT_EQ(test, vfs_truncate(&file->f_path, length), 0L);
	return file;
}

/* The lanes mount hugetlbfs and reserve pages for it. Mapping it makes it long enough. */
struct file *iomd_kunit_hugetlb(struct kunit *test)
{
	return iomd_kunit_file(test, "/dev/hugepages", 0);
}

/* Every byte of prepared memory is where the process has it now. */
void iomd_kunit_expect_pages(struct kunit *test, struct iomd_desc *desc, u64 address)
{
	u64 length = iomd_desc_get_length(desc), offset, chunk;

	for (offset = 0; offset < length; offset += chunk) {
		u64 segment;
		u64 phys = iomd_kunit_phys(desc, offset, &segment);
		struct page *page = iomd_kunit_user_page(test, address + offset);

		KUNIT_ASSERT_NOT_NULL(test, page);
		chunk = min_t(u64, PAGE_SIZE - offset_in_page(address + offset), length - offset);
		KUNIT_ASSERT_EQ(test, phys, page_to_phys(page) + offset_in_page(address + offset));
		KUNIT_ASSERT_GE(test, segment, chunk);
	}
}

/* The segments of one range are as long as they can be, and sum up to the length. */
void iomd_kunit_expect_whole(struct kunit *test, struct iomd_desc *desc)
{
	u64 offset = 0, segment, end = 0;

	while (offset < iomd_desc_get_length(desc)) {
		u64 phys = iomd_kunit_phys(desc, offset, &segment);

		KUNIT_ASSERT_NE(test, segment, 0ULL);
		KUNIT_EXPECT_NE(test, phys, end);
		end = phys + segment;
		offset += segment;
	}
	KUNIT_EXPECT_EQ(test, offset, iomd_desc_get_length(desc));
}

/*
 * Patterns and kernel memory.
 */

void iomd_kunit_fill(void *bytes, u64 length, u32 seed)
{
	u64 i;

	for (i = 0; i < length; i++)
		((u8 *)bytes)[i] = iomd_kunit_byte(seed, i);
}

bool iomd_kunit_is_filled(const void *bytes, u64 length, u32 seed)
{
	u64 i;

	for (i = 0; i < length; i++)
		if (((const u8 *)bytes)[i] != iomd_kunit_byte(seed, i))
			return false;
	return true;
}

/* Says where they differ first: a dump of so many bytes takes minutes. */
void iomd_kunit_expect_bytes(struct kunit *test, const void *found, const void *expected,
			     u64 length)
{
	const u8 *left = found, *right = expected;
	u64 same = 0;

	while (same < length && left[same] == right[same])
		same++;
	KUNIT_EXPECT_EQ_MSG(test, same, length, "they differ from there on");
}

static void undo_alloc(void *data)
{
	kvfree(data);
}

void *iomd_kunit_zalloc(struct kunit *test, size_t size)
{
	void *memory = kvzalloc(size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, memory);
	iomd_kunit_defer(test, undo_alloc, memory);
	return memory;
}

static void undo_page(void *data)
{
	__free_page(data);
}

static void free_list(struct list_head *pages)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, pages, lru) {
		list_del(&page->lru);
		__free_page(page);
	}
}

/* A zeroed page that lies within [@lowest, @highest] of physical memory. */
struct page *iomd_kunit_page(struct kunit *test, u64 lowest, u64 highest)
{
	gfp_t zone = highest <= DMA_BIT_MASK(28) ? GFP_DMA :
		     highest <= DMA_BIT_MASK(32) ? GFP_DMA32 : 0;
	unsigned int tries = 100000;
	struct page *page;
	LIST_HEAD(misfits);

	while (tries--) {
		page = alloc_page(GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN | zone);
		if (!page)
			break;
		if (page_to_phys(page) >= lowest && page_to_phys(page) + PAGE_SIZE - 1 <= highest)
			break;
		list_add(&page->lru, &misfits);
		page = NULL;
	}
	free_list(&misfits);
	KUNIT_ASSERT_NOT_NULL(test, page);
	iomd_kunit_defer(test, undo_page, page);
	return page;
}

/* Pages of which none continues the one before it. */
struct page **iomd_kunit_scattered_pages(struct kunit *test, unsigned int nr)
{
	struct page **pages = iomd_kunit_zalloc(test, array_size(nr, sizeof(*pages)));
	unsigned int i;

	for (i = 0; i < nr; i++) {
		pages[i] = iomd_kunit_page(test, 0, U64_MAX);
		if (i && page_to_pfn(pages[i]) == page_to_pfn(pages[i - 1]) + 1)
			pages[i] = iomd_kunit_page(test, 0, U64_MAX);
	}
	return pages;
}

static void undo_vmap(void *data)
{
	vunmap(data);
}

void *iomd_kunit_vmap(struct kunit *test, struct page **pages, unsigned int nr)
{
	void *memory = vmap(pages, nr, VM_MAP, PAGE_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, memory);
	iomd_kunit_defer(test, undo_vmap, memory);
	return memory;
}

unsigned int iomd_kunit_pins(struct page *page)
{
	if (PageCompound(page))
		return folio_maybe_dma_pinned(page_folio(page));
	return page_ref_count(page) / GUP_PIN_COUNTING_BIAS;
}

/*
 * A device.
 */

static void undo_device(void *data)
{
	platform_device_unregister(data);
}

struct device *iomd_kunit_device(struct kunit *test, unsigned int bits)
{
	const struct platform_device_info info = {
		.name = "iomd-kunit",
		.id = PLATFORM_DEVID_AUTO,
		.dma_mask = DMA_BIT_MASK(bits),
	};
	struct platform_device *device = platform_device_register_full(&info);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, device);
	iomd_kunit_defer(test, undo_device, device);
	KUNIT_ASSERT_NOT_NULL(test, device->dev.driver);
	dma_set_max_seg_size(&device->dev, UINT_MAX);
	return &device->dev;
}

void iomd_kunit_unbind(struct device *dev)
{
	device_release_driver(dev);
}

/*
 * Softirq.
 */

struct softirq {
	struct tasklet_struct tasklet;
	struct completion done;
	int (*fn)(void *data);
	void *data;
	int ret;
};

static void softirq_run(struct tasklet_struct *tasklet)
{
	struct softirq *softirq = container_of(tasklet, struct softirq, tasklet);

	softirq->ret = softirq->fn(softirq->data);
	complete(&softirq->done);
}

int iomd_kunit_in_softirq(int (*fn)(void *data), void *data)
{
	struct softirq softirq = { .fn = fn, .data = data };

	init_completion(&softirq.done);
	tasklet_setup(&softirq.tasklet, softirq_run);
	tasklet_schedule(&softirq.tasklet);
	wait_for_completion(&softirq.done);
	tasklet_kill(&softirq.tasklet);
	return softirq.ret;
}

/*
 * Failing allocations. Has effect only where fault injection may fail what can
 * sleep; the lanes see to that.
 */
unsigned int iomd_kunit_sweep(struct kunit *test, int (*fn)(struct kunit *test, void *data),
			      void *data, unsigned int max)
{
	unsigned int nr;

	for (nr = 0; nr < max; nr++) {
		int ret, left;

		current->fail_nth = nr + 1;
		ret = fn(test, data);
		left = current->fail_nth;
		current->fail_nth = 0;
		KUNIT_EXPECT_LE(test, ret, 0);
		if (left)
			break;
	}
	KUNIT_EXPECT_EQ(test, fn(test, data), 0);
	return nr;
}

/*
 * The rest.
 */

void iomd_kunit_seed(struct kunit *test, struct rnd_state *random)
{
	u64 start = seed;

	while (!start)
		get_random_bytes(&start, sizeof(start));
	kunit_info(test, "iomd_kunit.seed=%llu\n", start);
	prandom_seed_state(random, start);
}

static void undo_desc(void *data)
{
	iomd_desc_put(data);
}

struct iomd_desc *iomd_kunit_desc(struct kunit *test, struct iomd_desc *desc)
{
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, desc);
	iomd_kunit_defer(test, undo_desc, desc);
	return desc;
}

static void undo_dma(void *data)
{
	iomd_dma_put(data);
}

struct iomd_dma *iomd_kunit_dma(struct kunit *test, struct iomd_dma *dma)
{
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dma);
	iomd_kunit_defer(test, undo_dma, dma);
	return dma;
}

static void undo_buffer(void *data)
{
	iomd_buffer_put(data);
}

struct iomd_buffer *iomd_kunit_buffer(struct kunit *test, struct iomd_buffer *buffer)
{
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, buffer);
	iomd_kunit_defer(test, undo_buffer, buffer);
	return buffer;
}

static void undo_mapper(void *data)
{
	iomd_mapper_put(data);
}

struct iomd_mapper *iomd_kunit_mapper(struct kunit *test, struct iomd_mapper *mapper)
{
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, mapper);
	iomd_kunit_defer(test, undo_mapper, mapper);
	return mapper;
}

static void undo_dmaes(void *data)
{
	iomd_dmaes_put(data);
}

struct iomd_dmaes *iomd_kunit_dmaes(struct kunit *test, struct iomd_dmaes *es)
{
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, es);
	iomd_kunit_defer(test, undo_dmaes, es);
	return es;
}

static void undo_work_loop(void *data)
{
	iomd_work_loop_put(data);
}

struct iomd_work_loop *iomd_kunit_work_loop(struct kunit *test, struct workqueue_struct *queue)
{
	struct iomd_work_loop *loop = iomd_work_loop_create(queue);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, loop);
	iomd_kunit_defer(test, undo_work_loop, loop);
	return loop;
}

struct iomd_mapper *iomd_kunit_device_mapper(struct kunit *test, unsigned int bits)
{
	return iomd_kunit_mapper(test, iomd_mapper_for_device(iomd_kunit_device(test, bits)));
}

struct iomd_desc *iomd_kunit_kernel_desc(struct kunit *test, void *memory, u64 length,
					 u32 direction)
{
	return iomd_kunit_desc(test, iomd_desc_with_address(memory, length, direction));
}

struct iomd_dma *iomd_kunit_command(struct kunit *test, u8 bits, u32 alignment,
				    struct iomd_mapper *mapper)
{
	u32 options = mapper ? IOMD_DMA_MAP_OPTION_MAPPED : IOMD_DMA_MAP_OPTION_UNMAPPED;

	return iomd_kunit_dma(test, iomd_dma_with_specification(iomd_dma_output_host64, bits, 0,
								 options, 0, alignment, mapper,
								 NULL));
}

/* The segment of the prepared range that begins at @offset. */
struct iomd_segment64 iomd_kunit_segment(struct kunit *test, struct iomd_dma *dma, u64 offset)
{
	struct iomd_segment64 segment = {};
	u32 nr = 1;

	KUNIT_EXPECT_EQ(test, iomd_dma_gen64_iovm_segments(dma, &offset, &segment, &nr), 0);
	return segment;
}
