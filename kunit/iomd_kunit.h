/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the suites share: memory of a real process, pages at chosen places, a
 * device, and undoing all of it at the end of a case.
 */
#ifndef _IOMD_KUNIT_H
#define _IOMD_KUNIT_H

#include <kunit/test.h>
#include <linux/cleanup.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/prandom.h>

#include <iomd/iomd.h>

#include "kunit_compat.h"

struct device;
struct file;
struct workqueue_struct;

/* Every suite uses these. A case must leave nothing pinned or charged. */
int iomd_kunit_suite_init(struct kunit_suite *suite);
void iomd_kunit_suite_exit(struct kunit_suite *suite);
int iomd_kunit_init(struct kunit *test);

/* Call @undo with @data at the end of the case; the last deferred is the first. */
void iomd_kunit_defer(struct kunit *test, void (*undo)(void *data), void *data);

/*
 * The address space of the process that loaded the suites. A case runs in a
 * thread of its own, for which this is another task; unless it enters it.
 */
extern struct mm_struct *iomd_kunit_mm;

struct mm_struct *iomd_kunit_enter(void);
void iomd_kunit_leave(struct mm_struct *entered);

DEFINE_FREE(iomd_kunit_leave, struct mm_struct *, iomd_kunit_leave(_T))

/* First among declarations: until the end of the scope the case runs as that process. */
#define IOMD_KUNIT_AS_TASK() \
	struct mm_struct *entered_task __free(iomd_kunit_leave) = iomd_kunit_enter()

/* Memory of that process. It is there as long as the case, or until unmapped. */
u64 iomd_kunit_map(struct kunit *test, struct file *file, u64 length, int prot, int flags);
u64 iomd_kunit_map_anonymous(struct kunit *test, u64 length);
u64 iomd_kunit_map_at(struct kunit *test, u64 address, u64 length, int prot);
void iomd_kunit_unmap(u64 address, u64 length);
void iomd_kunit_user_fill(struct kunit *test, u64 address, u64 length, u32 seed);
void iomd_kunit_user_expect(struct kunit *test, u64 address, u64 length, u32 seed);
struct page *iomd_kunit_user_page(struct kunit *test, u64 address);

/* A file without a name: one of the kernel's own, as for memfd_create(), or in a directory. */
struct file *iomd_kunit_shmem(struct kunit *test, u64 length);
struct file *iomd_kunit_file(struct kunit *test, const char *directory, u64 length);
struct file *iomd_kunit_hugetlb(struct kunit *test);

/* Prepared memory is that which the process has there, in as few segments as can be. */
void iomd_kunit_expect_pages(struct kunit *test, struct iomd_desc *desc, u64 address);
void iomd_kunit_expect_whole(struct kunit *test, struct iomd_desc *desc);

/* Pages that are pinned in the process. */
static inline u64 iomd_kunit_pinned(void)
{
	return atomic64_read(&iomd_kunit_mm->pinned_vm);
}

/* A pattern: byte @offset of the one that begins with @seed. */
static inline u8 iomd_kunit_byte(u32 seed, u64 offset)
{
	return (((seed + offset) * 0x9e3779b1ULL >> 16) ^ offset) & 0xff;
}

void iomd_kunit_fill(void *bytes, u64 length, u32 seed);
void iomd_kunit_expect_bytes(struct kunit *test, const void *found, const void *expected,
			     u64 length);
bool iomd_kunit_is_filled(const void *bytes, u64 length, u32 seed);

/*
 * More pieces than descriptors and mappings have room for within themselves, so that both
 * allocate. The suite of runs sees to it that they are enough.
 */
#define IOMD_KUNIT_MANY		22

/* Kernel memory, freed at the end of the case. */
void *iomd_kunit_zalloc(struct kunit *test, size_t size);
struct page *iomd_kunit_page(struct kunit *test, u64 lowest, u64 highest);
struct page **iomd_kunit_scattered_pages(struct kunit *test, unsigned int nr);
void *iomd_kunit_vmap(struct kunit *test, struct page **pages, unsigned int nr);

/* How many pins a page has; of one in a large folio, whether it has any. */
unsigned int iomd_kunit_pins(struct page *page);

/* A device with a driver, whose DMA mask has @bits. */
struct device *iomd_kunit_device(struct kunit *test, unsigned int bits);
struct iomd_mapper *iomd_kunit_device_mapper(struct kunit *test, unsigned int bits);
void iomd_kunit_unbind(struct device *dev);

/* Run @fn in softirq, and return what it returned. */
int iomd_kunit_in_softirq(int (*fn)(void *data), void *data);

/*
 * Call @fn again and again, with the first, the second and so on up to number @max of
 * its allocations failing, until it comes through with none. Return: how many failed.
 *
 * What @fn does with the DMA API must lie beyond @max, and nothing in it may vmalloc:
 * DMA-API debugging and kmemleak do not take it well when their own allocations fail.
 */
unsigned int iomd_kunit_sweep(struct kunit *test, int (*fn)(struct kunit *test, void *data),
			      void *data, unsigned int max);

/* Wait for what a worker does; false if it did not within seconds. */
#define iomd_kunit_wait_for(condition) \
({ \
	unsigned int __tries = 500; \
	while (!(condition) && --__tries) \
		msleep(20); \
	__tries != 0; \
})

/* Numbers that look random, from the module parameter "seed", which is logged. */
void iomd_kunit_seed(struct kunit *test, struct rnd_state *random);

static inline u32 iomd_kunit_below(struct rnd_state *random, u32 limit)
{
	return prandom_u32_state(random) % limit;
}

/* Expect an object rather than an error, and put it at the end of the case. */
struct iomd_desc *iomd_kunit_desc(struct kunit *test, struct iomd_desc *desc);
struct iomd_dma *iomd_kunit_dma(struct kunit *test, struct iomd_dma *dma);
struct iomd_buffer *iomd_kunit_buffer(struct kunit *test, struct iomd_buffer *buffer);
struct iomd_mapper *iomd_kunit_mapper(struct kunit *test, struct iomd_mapper *mapper);
struct iomd_dmaes *iomd_kunit_dmaes(struct kunit *test, struct iomd_dmaes *es);
struct iomd_work_loop *iomd_kunit_work_loop(struct kunit *test, struct workqueue_struct *queue);

/* What most cases need: prepared memory of the kernel, and a command for a device. */
struct iomd_desc *iomd_kunit_kernel_desc(struct kunit *test, void *memory, u64 length,
					 u32 direction);
struct iomd_dma *iomd_kunit_command(struct kunit *test, u8 bits, u32 alignment,
				    struct iomd_mapper *mapper);
struct iomd_segment64 iomd_kunit_segment(struct kunit *test, struct iomd_dma *dma, u64 offset);

static inline bool iomd_kunit_is_active(const struct iomd_dma *dma)
{
	return !iomd_dma_get_prepared_offset_and_length(dma, NULL, NULL);
}

/* Expect an error, whatever the type of the pointer. */
#define IOMD_KUNIT_EXPECT_ERR(test, pointer, error) \
do { \
	const void *__pointer = (pointer); \
	KUNIT_EXPECT_EQ(test, IS_ERR(__pointer) ? PTR_ERR(__pointer) : 0L, (long)(error)); \
} while (0)

/* Where byte @offset of prepared memory is for the CPU, and how far it goes on. */
static inline u64 iomd_kunit_phys(struct iomd_desc *desc, u64 offset, u64 *length)
{
	return iomd_desc_get_physical_segment(desc, offset, length, IOMD_MEMORY_MAPPER_NONE);
}

#endif /* _IOMD_KUNIT_H */
