// SPDX-License-Identifier: GPL-2.0-only
/*
 * Maps into tasks: where they are, what is seen in them, and what may be done to it. The
 * task is the process that loaded the suites, which a case either is for a while, or to
 * which it maps from outside; or one of its own.
 */
#include <linux/anon_inodes.h>
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/pagemap.h>
#include <linux/pci.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "behind_iommu.h"
#include "tasks.h"

#define IN		IOMD_DIRECTION_IN
#define OUT		IOMD_DIRECTION_OUT
#define BOTH		IOMD_DIRECTION_OUT_IN
#define NONE		IOMD_DIRECTION_NONE

#define ANYWHERE	IOMD_MAP_ANYWHERE
#define OVERWRITE	IOMD_MAP_OVERWRITE
#define PREFAULT	IOMD_MAP_PREFAULT
#define READ_ONLY	IOMD_MAP_READ_ONLY
#define REFERENCE	IOMD_MAP_REFERENCE
#define SMALL		IOMD_MAP_GUARDED_SMALL
#define LARGE		IOMD_MAP_GUARDED_LARGE
#define UNIQUE		IOMD_MAP_UNIQUE

#define NR_PAGES	4
#define LENGTH		((u64)NR_PAGES * PAGE_SIZE)

/*
 * What cases share.
 */

static struct iomd_map *try_at(struct iomd_desc *desc, u64 address, u32 options)
{
	return iomd_desc_create_mapping_in_task(desc, iomd_kunit_mm, address, options, 0, 0);
}

static struct iomd_map *try(struct iomd_desc *desc, u32 options, u64 offset, u64 length)
{
	return iomd_desc_create_mapping_in_task(desc, iomd_kunit_mm, 0, options | ANYWHERE,
						offset, length);
}

static struct iomd_map *window(struct kunit *test, struct iomd_desc *desc, u32 options,
			       u64 offset, u64 length)
{
	return iomd_kunit_keep_map(test, try(desc, options, offset, length));
}

static u64 address_of(struct iomd_map *map)
{
	return iomd_map_get_address(map);
}

static bool is_readable(u64 address)
{
	u8 byte;

	return iomd_kunit_peek(iomd_kunit_mm, address, &byte);
}

/* Can it write what is there already? */
static bool is_writable(u64 address)
{
	u8 byte = 0;

	return iomd_kunit_peek(iomd_kunit_mm, address, &byte) &&
	       iomd_kunit_poke(iomd_kunit_mm, address, byte);
}

static bool is_present(u64 address)
{
	return iomd_kunit_is_present(iomd_kunit_mm, address);
}

static u8 peek(struct kunit *test, u64 address)
{
	u8 byte = 0;

	KUNIT_EXPECT_TRUE(test, iomd_kunit_peek(iomd_kunit_mm, address, &byte));
	return byte;
}

static void poke(struct kunit *test, u64 address, u8 byte)
{
	KUNIT_EXPECT_TRUE(test, iomd_kunit_poke(iomd_kunit_mm, address, byte));
}

/* The bytes are those of the pattern of @seed from @from on. */
static void expect_from(struct kunit *test, u64 address, u64 length, u32 seed, u64 from)
{
	u8 *bytes = iomd_kunit_zalloc(test, length);
	u64 i, wrong = 0;

	IOMD_KUNIT_AS_TASK();

	KUNIT_EXPECT_EQ(test, copy_from_user(bytes, u64_to_user_ptr(address), length), 0UL);
	for (i = 0; i < length; i++)
		wrong += bytes[i] != iomd_kunit_byte(seed, from + i);
	KUNIT_EXPECT_EQ(test, wrong, 0ULL);
}

static bool is_mapped(u64 address)
{
	return iomd_kunit_vma_at(iomd_kunit_mm, address).flags;
}

/* Where the process has nothing, at least for as long as the case does not map. */
static u64 free_range(struct kunit *test, u64 length)
{
	u64 address = iomd_kunit_map_in(test, iomd_kunit_mm, length);

	iomd_kunit_unmap_in(iomd_kunit_mm, address, length);
	return address;
}

/*
 * Showing memory.
 */

/* MAP-1 MAP-8 MAP-32 MAP-47 MAP-49: memory is seen both ways, until it is unmapped */
static void shows_memory(struct kunit *test)
{
	struct iomd_desc *desc = iomd_kunit_filled_buffer(test, LENGTH, 1);
	struct iomd_map *map = window(test, desc, 0, 0, 0);
	u64 address = address_of(map);
	u8 *bytes = iomd_kunit_buffer_bytes(desc);

	KUNIT_EXPECT_EQ(test, iomd_map_get_length(map), LENGTH);
	KUNIT_EXPECT_PTR_EQ(test, iomd_map_get_address_task(map), iomd_kunit_mm);
	iomd_kunit_user_expect(test, address, LENGTH, 1);
	poke(test, address + PAGE_SIZE, 0x55);
	KUNIT_EXPECT_EQ(test, bytes[PAGE_SIZE], 0x55);
	bytes[2 * PAGE_SIZE + 7] = 0x66;
	KUNIT_EXPECT_EQ(test, peek(test, address + 2 * PAGE_SIZE + 7), 0x66);

	KUNIT_EXPECT_EQ(test, iomd_map_unmap(map), 0);
	KUNIT_EXPECT_EQ(test, address_of(map), 0ULL);
	KUNIT_EXPECT_PTR_EQ(test, iomd_map_get_address_task(map), NULL);
	KUNIT_EXPECT_EQ(test, iomd_map_get_length(map), LENGTH);
	KUNIT_EXPECT_PTR_EQ(test, iomd_map_get_memory_descriptor(map), desc);
	KUNIT_EXPECT_FALSE(test, is_mapped(address));
	KUNIT_EXPECT_EQ(test, iomd_map_unmap(map), 0);
	KUNIT_EXPECT_PTR_NE(test, window(test, desc, 0, 0, 0), map);
}

/* MAP-7: the process maps into itself, and nobody into nowhere */
static void maps_into_itself(struct kunit *test)
{
	IOMD_KUNIT_AS_TASK();
	struct iomd_desc *desc = iomd_kunit_filled_buffer(test, LENGTH, 1);

	shows_memory(test);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_create_mapping_in_task(desc, NULL, 0, ANYWHERE, 0,
								     0), -EINVAL);
}

/* MAP-6 MAP-8 MAP-21 MAP-46: a window begins and ends within pages, and takes those */
static void windows_are_in_pages(struct kunit *test)
{
	struct iomd_desc *desc = iomd_kunit_filled_buffer(test, LENGTH, 1);
	struct iomd_map *map = try(desc, UNIQUE, PAGE_SIZE + 100, PAGE_SIZE);
	struct iomd_kunit_vma vma;
	u64 address;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, map);
	address = address_of(map);
	KUNIT_EXPECT_EQ(test, offset_in_page(address), 100UL);
	KUNIT_EXPECT_EQ(test, iomd_map_get_length(map), (u64)PAGE_SIZE);
	expect_from(test, address, PAGE_SIZE, 1, PAGE_SIZE + 100);
	vma = iomd_kunit_vma_at(iomd_kunit_mm, address);
	KUNIT_EXPECT_EQ(test, vma.start, address - 100);
	KUNIT_EXPECT_EQ(test, vma.end, address - 100 + 2 * PAGE_SIZE);
	iomd_map_put(map);
	KUNIT_EXPECT_FALSE(test, is_mapped(address));

	IOMD_KUNIT_EXPECT_ERR(test, try(desc, 0, LENGTH, 1), -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, try(desc, 0, 1, LENGTH), -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, try(desc, 0, 1, 0), -EINVAL);
}

/* MAP-72 MAP-4 BUF-56: contents stay when who made the descriptor has put it */
static void maps_keep_memory(struct kunit *test)
{
	struct iomd_buffer *buffer = iomd_buffer_with_options(BOTH, LENGTH, PAGE_SIZE);
	struct iomd_map *map;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, buffer);
	iomd_kunit_fill(iomd_buffer_get_bytes_no_copy(buffer), LENGTH, 1);
	map = window(test, iomd_buffer_desc(buffer), 0, 0, 0);
	iomd_buffer_put(buffer);
	iomd_kunit_user_expect(test, address_of(map), LENGTH, 1);
}

/* MAP-29: entered beforehand, pages are there; otherwise when they are touched */
static void prefault_enters_pages(struct kunit *test)
{
	struct iomd_desc *desc = iomd_kunit_filled_buffer(test, LENGTH, 1);
	u64 base = iomd_kunit_map_anonymous(test, PAGE_SIZE), address;
	u32 i;

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	address = address_of(window(test, desc, UNIQUE | PREFAULT, 100, LENGTH - 200));
	for (i = 0; i < NR_PAGES; i++)
		KUNIT_EXPECT_TRUE(test, is_present((address & PAGE_MASK) + i * PAGE_SIZE));

	address = address_of(window(test, desc, UNIQUE, 0, 0));
	KUNIT_EXPECT_FALSE(test, is_present(address));
	KUNIT_EXPECT_EQ(test, peek(test, address), iomd_kunit_byte(1, 0));
	KUNIT_EXPECT_TRUE(test, is_present(address));
	iomd_desc_complete(desc, NONE);

	desc = iomd_kunit_of_process(test, base, PAGE_SIZE, BOTH);
	IOMD_KUNIT_EXPECT_ERR(test, try(desc, UNIQUE | PREFAULT, 0, 0), -EINVAL);
}

/*
 * Places.
 */

/* MAP-23: at an address of one's choice if nothing is there, and tasks can have it */
static void fixed_addresses(struct kunit *test)
{
	struct iomd_desc *desc = iomd_kunit_filled_buffer(test, LENGTH, 1);
	u64 base = free_range(test, 3 * LENGTH), limit = iomd_kunit_mm->task_size;
	struct iomd_map *map = iomd_kunit_keep_map(test, try_at(desc, base + LENGTH, 0));

	KUNIT_EXPECT_EQ(test, address_of(map), base + LENGTH);
	iomd_kunit_user_expect(test, base + LENGTH, LENGTH, 1);
	IOMD_KUNIT_EXPECT_ERR(test, try_at(desc, base + LENGTH, UNIQUE), -EEXIST);
	IOMD_KUNIT_EXPECT_ERR(test, try_at(desc, base + PAGE_SIZE, UNIQUE), -EEXIST);
	IOMD_KUNIT_EXPECT_ERR(test, try_at(desc, base + 2 * LENGTH - PAGE_SIZE, UNIQUE), -EEXIST);
	iomd_kunit_user_expect(test, base + LENGTH, LENGTH, 1);
	KUNIT_EXPECT_FALSE(test, is_mapped(base + LENGTH - PAGE_SIZE));

	IOMD_KUNIT_EXPECT_ERR(test, try_at(desc, 0, UNIQUE), -EPERM);
	IOMD_KUNIT_EXPECT_ERR(test, try_at(desc, limit - PAGE_SIZE, UNIQUE), -ENOMEM);
	IOMD_KUNIT_EXPECT_ERR(test, try_at(desc, limit, UNIQUE), -ENOMEM);
	IOMD_KUNIT_EXPECT_ERR(test, try_at(desc, U64_MAX & PAGE_MASK, UNIQUE), -ENOMEM);
}

/* MAP-24: it is a page's, or as far into one as the memory is */
static void fixed_addresses_are_congruent(struct kunit *test)
{
	struct iomd_desc *desc = iomd_kunit_filled_buffer(test, LENGTH, 1);
	struct iomd_desc *part = iomd_kunit_of_kernel(test, iomd_kunit_buffer_bytes(desc) + 0x123,
						      PAGE_SIZE, BOTH);
	u64 base = free_range(test, 4 * LENGTH);

	IOMD_KUNIT_EXPECT_ERR(test, try_at(part, base + 0x124, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, address_of(iomd_kunit_keep_map(test, try_at(part, base, 0))),
			base + 0x123);
	base += LENGTH;
	KUNIT_EXPECT_EQ(test, address_of(iomd_kunit_keep_map(test, try_at(part, base + 0x123, 0))),
			base + 0x123);
	expect_from(test, base + 0x123, PAGE_SIZE, 1, 0x123);
}

static void expect_guards(struct kunit *test, struct iomd_desc *desc, u32 options, u64 guard)
{
	struct iomd_map *map = try(desc, options | UNIQUE, 100, LENGTH - 100);
	struct iomd_kunit_vma vma;
	u64 address, first, end;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, map);
	address = address_of(map);
	first = address & PAGE_MASK;
	end = first + LENGTH;
	KUNIT_EXPECT_EQ(test, iomd_map_get_length(map), LENGTH - 100);
	expect_from(test, address, LENGTH - 100, 1, 100);
	vma = iomd_kunit_vma_at(iomd_kunit_mm, address);
	KUNIT_EXPECT_EQ(test, vma.start, first - guard);
	KUNIT_EXPECT_EQ(test, vma.end, end + guard);
	KUNIT_EXPECT_TRUE(test, is_readable(first));
	KUNIT_EXPECT_FALSE(test, is_readable(first - 1));
	KUNIT_EXPECT_FALSE(test, is_readable(first - guard));
	KUNIT_EXPECT_FALSE(test, is_readable(end));
	KUNIT_EXPECT_FALSE(test, is_readable(end + guard - 1));
	iomd_map_put(map);
	KUNIT_EXPECT_FALSE(test, is_mapped(first - guard));
	KUNIT_EXPECT_FALSE(test, is_mapped(end + guard - 1));
}

/* MAP-25 MAP-26: guards lie around the pages, cannot be touched, and go with the map */
static void guards(struct kunit *test)
{
	struct iomd_desc *desc = iomd_kunit_filled_buffer(test, LENGTH, 1);

	expect_guards(test, desc, SMALL, PAGE_SIZE);
	expect_guards(test, desc, LARGE, 65536);
	expect_guards(test, desc, SMALL | LARGE, PAGE_SIZE);
	IOMD_KUNIT_EXPECT_ERR(test, try_at(desc, free_range(test, 2 * LENGTH), SMALL), -EINVAL);
}

/* MAP-27 MAP-28 MAP-48: put over another mapping, it stays there when the map goes */
static void overwriting_maps_stay(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, 3 * PAGE_SIZE), address = base + PAGE_SIZE;
	struct iomd_buffer *buffer = iomd_buffer_with_options(BOTH, PAGE_SIZE, PAGE_SIZE);
	struct iomd_kunit_witness witness;
	struct iomd_map *map;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, buffer);
	iomd_kunit_watch(&witness, iomd_buffer_desc(buffer));
	iomd_kunit_fill(iomd_buffer_get_bytes_no_copy(buffer), PAGE_SIZE, 9);
	iomd_kunit_user_fill(test, base, 3 * PAGE_SIZE, 1);
	IOMD_KUNIT_EXPECT_ERR(test, try_at(iomd_buffer_desc(buffer), address, 0), -EEXIST);
	IOMD_KUNIT_EXPECT_ERR(test, try(iomd_buffer_desc(buffer), OVERWRITE, 0, 0), -EINVAL);

	map = try_at(iomd_buffer_desc(buffer), address, OVERWRITE);
	iomd_buffer_put(buffer);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, map);
	iomd_kunit_user_expect(test, base, PAGE_SIZE, 1);
	iomd_kunit_user_expect(test, address, PAGE_SIZE, 9);
	iomd_kunit_user_expect(test, base + 2 * PAGE_SIZE, PAGE_SIZE, 1 + 2 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, iomd_map_unmap(map), 0);
	KUNIT_EXPECT_EQ(test, address_of(map), 0ULL);
	iomd_kunit_user_expect(test, address, PAGE_SIZE, 9);
	iomd_map_put(map);
	iomd_kunit_flush_files();
	iomd_kunit_user_expect(test, address, PAGE_SIZE, 9);
	KUNIT_EXPECT_FALSE(test, witness.is_gone);

	KUNIT_EXPECT_EQ(test, iomd_kunit_unmap_in(iomd_kunit_mm, base, 3 * PAGE_SIZE), 0);
	iomd_kunit_flush_files();
	KUNIT_EXPECT_TRUE(test, iomd_kunit_wait_for(witness.is_gone));
}

static void undo_task_size(void *data)
{
	iomd_kunit_mm->task_size = TASK_SIZE_MAX;
}

/* MAP-7 MAP-23: a task with fewer addresses than others is given none of the rest */
static void small_address_spaces(struct kunit *test)
{
	struct iomd_desc *desc = iomd_kunit_filled_buffer(test, LENGTH, 1);
	u64 limit = 0xffffe000, address, last;
	struct iomd_map *map;

	KUNIT_ASSERT_EQ(test, (u64)iomd_kunit_mm->task_size, (u64)TASK_SIZE_MAX);
	iomd_kunit_defer(test, undo_task_size, NULL);
	iomd_kunit_mm->task_size = limit;
	map = window(test, desc, UNIQUE, 0, 0);
	address = address_of(map);
	KUNIT_EXPECT_LE(test, address + LENGTH, limit);
	iomd_kunit_user_expect(test, address, LENGTH, 1);
	/* There is room before it, and it does not overlap with what was there. */
	last = address_of(window(test, desc, UNIQUE | LARGE, 0, 0));
	KUNIT_EXPECT_LE(test, last + LENGTH + 65536, address);
	iomd_kunit_user_expect(test, last, LENGTH, 1);
	KUNIT_EXPECT_EQ(test, address_of(iomd_kunit_keep_map(test, try_at(desc, 0x70000000, 0))),
			0x70000000ULL);
	IOMD_KUNIT_EXPECT_ERR(test, try_at(desc, limit - PAGE_SIZE, UNIQUE), -ENOMEM);
	IOMD_KUNIT_EXPECT_ERR(test, try_at(desc, limit + PAGE_SIZE, UNIQUE), -ENOMEM);

	iomd_kunit_mm->task_size = 2 * PAGE_SIZE;
	IOMD_KUNIT_EXPECT_ERR(test, try(desc, UNIQUE, 0, 0), -ENOMEM);
	iomd_kunit_mm->task_size = 0x20000;
	IOMD_KUNIT_EXPECT_ERR(test, try(desc, UNIQUE | LARGE, 0, 0), -ENOMEM);
}

/*
 * Protection and cache modes.
 */

/* MAP-32 MAP-33 MAP-70: for reading it is another map, and no map is executed */
static void protection(struct kunit *test)
{
	struct iomd_desc *desc = iomd_kunit_filled_buffer(test, LENGTH, 1);
	struct iomd_map *both = window(test, desc, 0, 0, 0);
	struct iomd_map *reader = window(test, desc, READ_ONLY, 0, 0);
	unsigned long flags;

	KUNIT_EXPECT_PTR_NE(test, both, reader);
	KUNIT_EXPECT_NE(test, address_of(both), address_of(reader));
	KUNIT_EXPECT_TRUE(test, is_writable(address_of(both)));
	KUNIT_EXPECT_FALSE(test, is_writable(address_of(reader)));
	iomd_kunit_user_expect(test, address_of(reader), LENGTH, 1);
	KUNIT_EXPECT_FALSE(test, is_writable(address_of(reader)));

	flags = iomd_kunit_vma_at(iomd_kunit_mm, address_of(reader)).flags;
	KUNIT_EXPECT_EQ(test, flags & (VM_WRITE | VM_MAYWRITE | VM_EXEC | VM_MAYEXEC), 0UL);
	KUNIT_EXPECT_EQ(test, flags & (VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP),
			VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP);
	flags = iomd_kunit_vma_at(iomd_kunit_mm, address_of(both)).flags;
	KUNIT_EXPECT_EQ(test, flags & (VM_EXEC | VM_MAYEXEC), 0UL);
	KUNIT_EXPECT_NE(test, flags & VM_DONTCOPY, 0UL);
}

static struct iomd_desc *combining_buffer(struct kunit *test)
{
	return iomd_buffer_desc(iomd_kunit_buffer(test,
		iomd_buffer_with_options(BOTH | IOMD_MAP_WRITE_COMBINE_CACHE, LENGTH,
					 PAGE_SIZE)));
}

static u64 prot_of(struct iomd_map *map)
{
	u8 byte;

	iomd_kunit_peek(iomd_kunit_mm, address_of(map), &byte);
	return pgprot_val(pte_pgprot(iomd_kunit_pte_at(iomd_kunit_mm, address_of(map))));
}

#define COMBINING(prot)	pgprot_val(pgprot_writecombine(__pgprot(prot)))
#define UNCACHED(prot)	pgprot_val(pgprot_noncached(__pgprot(prot)))

/* MAP-31: pages are mapped in the mode that they have, and no other can be had */
static void cache_modes_of_memory(struct kunit *test)
{
	struct iomd_desc *desc = iomd_kunit_filled_buffer(test, LENGTH, 1);
	struct iomd_desc *combining = combining_buffer(test);
	u64 prot;

	prot = prot_of(window(test, desc, 0, 0, 0));
	KUNIT_EXPECT_NE(test, prot, COMBINING(prot));
	KUNIT_EXPECT_NE(test, prot, UNCACHED(prot));
	prot = prot_of(window(test, combining, 0, 0, 0));
	KUNIT_EXPECT_EQ(test, prot, COMBINING(prot));
	prot = prot_of(window(test, combining, UNIQUE | IOMD_MAP_WRITE_COMBINE_CACHE, 0, 0));
	KUNIT_EXPECT_EQ(test, prot, COMBINING(prot));
	IOMD_KUNIT_EXPECT_ERR(test, try(desc, UNIQUE | IOMD_MAP_WRITE_COMBINE_CACHE, 0, 0),
			      -EOPNOTSUPP);
	IOMD_KUNIT_EXPECT_ERR(test, try(combining, UNIQUE | IOMD_MAP_INHIBIT_CACHE, 0, 0),
			      -EOPNOTSUPP);
}

/* Registers of the edu device: what it is; and what is read back inverted. */
#define LIVE	0x4

static struct iomd_desc *registers(struct kunit *test, u64 offset, u64 length)
{
	struct pci_dev *pdev = to_pci_dev(iomd_kunit_device_behind_iommu(test));

	return iomd_kunit_desc(test, iomd_device_with_range(pci_resource_start(pdev, 0) + offset,
							    length));
}

static u32 get_register(struct kunit *test, u64 address)
{
	IOMD_KUNIT_AS_TASK();
	u32 value = 0;

	KUNIT_EXPECT_EQ(test, get_user(value, (u32 __user *)(unsigned long)address), 0);
	return value;
}

static void set_register(struct kunit *test, u64 address, u32 value)
{
	IOMD_KUNIT_AS_TASK();

	KUNIT_EXPECT_EQ(test, put_user(value, (u32 __user *)(unsigned long)address), 0);
}

/* DEV-10 DEV-11 DEV-12 MAP-29: registers are uncached, wherever they begin */
static void registers_in_a_task(struct kunit *test)
{
	struct iomd_map *map = window(test, registers(test, LIVE, 8), 0, 0, 0);
	u64 address = address_of(map), prot = prot_of(map);

	KUNIT_EXPECT_EQ(test, offset_in_page(address), (unsigned long)LIVE);
	set_register(test, address, 0x12345678);
	KUNIT_EXPECT_EQ(test, get_register(test, address), ~0x12345678U);
	KUNIT_EXPECT_EQ(test, prot, UNCACHED(prot));
	KUNIT_EXPECT_EQ(test, iomd_map_get_map_options(map) & IOMD_MAP_CACHE_MASK,
			(u32)IOMD_MAP_INHIBIT_CACHE);
	map = window(test, registers(test, 0, 2 * PAGE_SIZE), PREFAULT, 0, 0);
	KUNIT_EXPECT_TRUE(test, is_present(address_of(map)));
	KUNIT_EXPECT_TRUE(test, is_present(address_of(map) + PAGE_SIZE));
}

/* MAP-31 DEV-10: or write-combining if asked for; nothing that keeps what was read */
static void cache_modes_of_devices(struct kunit *test)
{
	struct iomd_desc *desc = registers(test, 0, 4 * PAGE_SIZE);
	struct iomd_map *map = try(desc, UNIQUE | IOMD_MAP_WRITE_COMBINE_CACHE, 0, 0);
	u64 prot;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, map);
	prot = prot_of(map);
	KUNIT_EXPECT_EQ(test, prot, COMBINING(prot));
	iomd_map_put(map);
	/* Whoever comes next is not bound by it. */
	prot = prot_of(window(test, desc, UNIQUE, 0, 0));
	KUNIT_EXPECT_EQ(test, prot, UNCACHED(prot));

	IOMD_KUNIT_EXPECT_ERR(test, try(desc, UNIQUE | IOMD_MAP_COPYBACK_CACHE, 0, 0),
			      -EOPNOTSUPP);
	IOMD_KUNIT_EXPECT_ERR(test, try(desc, UNIQUE | IOMD_MAP_WRITE_THRU_CACHE, 0, 0),
			      -EOPNOTSUPP);
}

/*
 * What tasks must not have.
 */

/* Part of the module. */
static u8 image[2 * PAGE_SIZE] __aligned(PAGE_SIZE);

/* design: nothing of the slab or of a program, no RAM by its address, no page of a process */
static void kernel_memory_stays(struct kunit *test)
{
	void *slab = kunit_kzalloc(test, 64, GFP_KERNEL);
	struct page *page = iomd_kunit_page(test, 0, U64_MAX);
	u64 user = iomd_kunit_map_anonymous(test, PAGE_SIZE);
	struct page *anon;
	struct iomd_desc *desc;

	KUNIT_ASSERT_NOT_NULL(test, slab);
	desc = iomd_kunit_of_kernel(test, slab, 64, BOTH);
	IOMD_KUNIT_EXPECT_ERR(test, try(desc, UNIQUE, 0, 0), -EPERM);
	desc = iomd_kunit_of_kernel(test, image, PAGE_SIZE, BOTH);
	IOMD_KUNIT_EXPECT_ERR(test, try(desc, UNIQUE, 0, 0), -EPERM);
	desc = iomd_kunit_desc(test, iomd_desc_with_physical_address(page_to_phys(page), PAGE_SIZE,
								     BOTH));
	IOMD_KUNIT_EXPECT_ERR(test, try(desc, UNIQUE, 0, 0), -EPERM);
	IOMD_KUNIT_EXPECT_ERR(test, try(desc, 0, 0, 0), -EPERM);

	iomd_kunit_user_fill(test, user, PAGE_SIZE, 1);
	anon = iomd_kunit_user_page(test, user);
	desc = iomd_kunit_desc(test, iomd_desc_with_pages(&anon, 1, 0, PAGE_SIZE, BOTH, NULL));
	IOMD_KUNIT_EXPECT_ERR(test, try(desc, UNIQUE, 0, 0), -EPERM);
}

/* Physical memory of devices takes the right to it; what a driver says is its device's does not. */
static void raw_devices_take_rights(struct kunit *test)
{
	struct iomd_desc *device = registers(test, 0, PAGE_SIZE), *raw;
	u64 physical = iomd_kunit_phys(device, 0, NULL);
	struct cred *weak = prepare_creds();
	const struct cred *strong;
	struct iomd_map *map;

	raw = iomd_kunit_desc(test, iomd_desc_with_physical_address(physical, PAGE_SIZE, BOTH));
	KUNIT_ASSERT_NOT_NULL(test, weak);
	cap_lower(weak->cap_effective, CAP_SYS_RAWIO);
	strong = override_creds(weak);
	IOMD_KUNIT_EXPECT_ERR(test, try(raw, UNIQUE, 0, 0), -EPERM);
	map = try(device, UNIQUE, 0, 0);
	revert_creds(strong);
	put_cred(weak);
	iomd_kunit_keep_map(test, map);
	window(test, raw, UNIQUE, 0, 0);
}

/*
 * Kinds of pages.
 */

static void undo_block(void *data)
{
	__free_pages(data, 2);
}

/* MAP-1 MAP-46: pages of a large allocation have no references of their own, and need none */
static void parts_of_large_allocations(struct kunit *test)
{
	struct page *block = alloc_pages(GFP_KERNEL, 2);
	struct iomd_desc *desc;
	struct iomd_map *map;

	KUNIT_ASSERT_NOT_NULL(test, block);
	iomd_kunit_defer(test, undo_block, block);
	iomd_kunit_fill(page_address(block), 4 * PAGE_SIZE, 1);
	desc = iomd_kunit_of_kernel(test, page_address(block), 4 * PAGE_SIZE, BOTH);
	map = try(desc, UNIQUE, 0, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, map);
	iomd_kunit_user_expect(test, address_of(map), 4 * PAGE_SIZE, 1);
	iomd_map_put(map);
	KUNIT_EXPECT_EQ(test, page_ref_count(block), 1);
	KUNIT_EXPECT_EQ(test, page_ref_count(block + 1), 0);
	KUNIT_EXPECT_EQ(test, page_ref_count(block + 3), 0);
}

static void undo_folio(void *data)
{
	put_page(data);
}

/* MAP-1: a file may lose a page that a driver has and maps */
static void pages_of_files(struct kunit *test)
{
	struct file *file = iomd_kunit_shmem(test, PAGE_SIZE);
	struct page *page = shmem_read_mapping_page(file->f_mapping, 0);
	struct iomd_desc *desc;
	u64 address;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, page);
	iomd_kunit_defer(test, undo_folio, page);
	iomd_kunit_fill(page_address(page), PAGE_SIZE, 1);
	desc = iomd_kunit_desc(test, iomd_desc_with_pages(&page, 1, 0, PAGE_SIZE, BOTH, NULL));
	address = address_of(window(test, desc, 0, 0, 0));
	iomd_kunit_user_expect(test, address, PAGE_SIZE, 1);
	shmem_truncate_range(file_inode(file), 0, (loff_t)-1);
	iomd_kunit_user_expect(test, address, PAGE_SIZE, 1);
}

/* BUF-52 MAP-30: memory that can be paged out is paged in, and stays while it is mapped */
static void pageable_memory(struct kunit *test)
{
	struct iomd_buffer *buffer = iomd_kunit_pageable(test, LENGTH, 0);
	struct iomd_map *map = window(test, iomd_buffer_desc(buffer), 0, 0, 0);

	iomd_kunit_user_fill(test, address_of(map), LENGTH, 7);
	iomd_map_unmap(map);
	map = window(test, iomd_buffer_desc(buffer), READ_ONLY, 0, 0);
	iomd_kunit_user_expect(test, address_of(map), LENGTH, 7);
}

/*
 * Memory of processes, in others.
 */

/* MAP-30 MAP-46 GMD-77: one process sees the other's memory, which is pinned until then */
static void memory_of_another(struct kunit *test)
{
	struct iomd_kunit_process *process = iomd_kunit_idle_process(test);
	u64 base = iomd_kunit_map_in(test, process->mm, LENGTH);
	struct iomd_desc *desc;
	struct iomd_map *map;
	u8 byte = 0;

	desc = iomd_desc_with_address_range(base + 10, LENGTH - 10, BOTH, process->mm);
	map = try(iomd_kunit_desc(test, desc), 0, 0, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, map);
	KUNIT_EXPECT_EQ(test, atomic64_read(&process->mm->pinned_vm), (s64)NR_PAGES);
	KUNIT_EXPECT_EQ(test, offset_in_page(address_of(map)), 10UL);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_poke(process->mm, base + PAGE_SIZE + 3, 0x77));
	KUNIT_EXPECT_EQ(test, peek(test, address_of(map) - 10 + PAGE_SIZE + 3), 0x77);
	poke(test, address_of(map) - 10 + 2 * PAGE_SIZE, 0x78);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_peek(process->mm, base + 2 * PAGE_SIZE, &byte));
	KUNIT_EXPECT_EQ(test, byte, 0x78);
	iomd_map_put(map);
	KUNIT_EXPECT_EQ(test, atomic64_read(&process->mm->pinned_vm), 0LL);
}

/* MAP-30 MAP-46: when the process whose memory it is has gone, it is there until it is unmapped */
static void owner_goes_first(struct kunit *test)
{
	struct iomd_kunit_process *process = iomd_kunit_idle_process(test);
	u64 base = iomd_kunit_map_in(test, process->mm, PAGE_SIZE);
	struct iomd_desc *desc;
	struct iomd_map *map;
	struct page *page;

	KUNIT_ASSERT_TRUE(test, iomd_kunit_poke(process->mm, base + 5, 0x79));
	desc = iomd_kunit_desc(test, iomd_desc_with_address_range(base, PAGE_SIZE, BOTH,
								  process->mm));
	map = try(desc, 0, 0, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, map);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	page = pfn_to_page(PHYS_PFN(iomd_kunit_phys(desc, 0, NULL)));
	iomd_desc_complete(desc, NONE);
	get_page(page);
	iomd_kunit_defer(test, undo_folio, page);

	iomd_kunit_kill(test, process);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(page), 1U);
	KUNIT_EXPECT_EQ(test, peek(test, address_of(map) + 5), 0x79);
	KUNIT_EXPECT_EQ(test, iomd_map_unmap(map), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(page), 0U);
	iomd_map_put(map);
}

/* GMD-80 GMD-81 MAP-33: what its process may only read is for reading elsewhere, and OUT alone */
static void respects_protection(struct kunit *test)
{
	u64 base = iomd_kunit_map(test, NULL, LENGTH, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS);
	struct iomd_desc *out = iomd_kunit_of_process(test, base, LENGTH, OUT);
	struct iomd_desc *in = iomd_kunit_of_process(test, base, LENGTH, IN);
	struct iomd_map *map = window(test, out, READ_ONLY | UNIQUE, 0, 0);

	KUNIT_EXPECT_EQ(test, peek(test, address_of(map) + LENGTH - 1), 0);
	KUNIT_EXPECT_FALSE(test, is_writable(address_of(map)));
	IOMD_KUNIT_EXPECT_ERR(test, try(out, UNIQUE, 0, 0), -EACCES);
	IOMD_KUNIT_EXPECT_ERR(test, try(in, READ_ONLY | UNIQUE, 0, 0), -EACCES);
}

/* MAP-46: what was written through a map counts as written when it is let go */
static void writes_are_noticed(struct kunit *test)
{
	u64 base = iomd_kunit_map(test, iomd_kunit_shmem(test, PAGE_SIZE), PAGE_SIZE,
				  PROT_READ | PROT_WRITE, MAP_SHARED);
	struct iomd_desc *desc = iomd_kunit_of_process(test, base, PAGE_SIZE, BOTH);
	struct iomd_map *map = try(desc, UNIQUE, 0, 0);
	struct page *page;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, map);
	page = iomd_kunit_user_page(test, base);
	poke(test, address_of(map), 1);
	ClearPageDirty(page);
	iomd_map_put(map);
	KUNIT_EXPECT_TRUE(test, PageDirty(page));
}

/*
 * Sharing.
 */

/* MAP-36 MAP-37 MAP-41 MAP-42 MAP-43 MAP-68 MAP-69 MAP-71 MAP-74: as in the kernel */
static void maps_are_shared(struct kunit *test)
{
	struct iomd_desc *desc = iomd_kunit_filled_buffer(test, LENGTH, 1);
	struct iomd_map *whole, *part, *other;
	u64 address;

	IOMD_KUNIT_EXPECT_ERR(test, try(desc, REFERENCE, 0, 0), -ENOENT);
	whole = try(desc, 0, 0, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, whole);
	address = address_of(whole);
	KUNIT_EXPECT_PTR_EQ(test, try(desc, 0, 0, 0), whole);
	iomd_map_put(whole);
	KUNIT_EXPECT_PTR_EQ(test, try(desc, REFERENCE, 0, 0), whole);
	iomd_map_put(whole);
	KUNIT_EXPECT_TRUE(test, is_readable(address));

	part = try(desc, 0, 2 * PAGE_SIZE, PAGE_SIZE);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, part);
	KUNIT_EXPECT_PTR_NE(test, part, whole);
	KUNIT_EXPECT_EQ(test, address_of(part), address + 2 * PAGE_SIZE);
	other = window(test, desc, UNIQUE, 0, 0);
	KUNIT_EXPECT_NE(test, address_of(other), address);
	iomd_map_put(whole);
	iomd_kunit_user_expect(test, address + 2 * PAGE_SIZE, PAGE_SIZE, 1 + 2 * PAGE_SIZE);
	iomd_map_put(part);
	KUNIT_EXPECT_FALSE(test, is_mapped(address));

	part = window(test, desc, 0, 0, 2 * PAGE_SIZE);
	other = window(test, desc, 0, PAGE_SIZE, 2 * PAGE_SIZE);
	KUNIT_EXPECT_NE(test, address_of(other), address_of(part) + PAGE_SIZE);
	iomd_kunit_user_expect(test, address_of(other), 2 * PAGE_SIZE, 1 + PAGE_SIZE);
}

/* MAP-48 MAP-50: parts unmap nothing, and are nowhere when what they are parts of is */
static void parts_go_with_the_whole(struct kunit *test)
{
	struct iomd_desc *desc = iomd_kunit_filled_buffer(test, LENGTH, 1);
	struct iomd_map *whole = window(test, desc, 0, 0, 0);
	struct iomd_map *part = window(test, desc, 0, PAGE_SIZE, PAGE_SIZE);
	struct iomd_map *last = window(test, desc, 0, 2 * PAGE_SIZE, PAGE_SIZE);
	u64 address = address_of(whole);

	KUNIT_EXPECT_EQ(test, iomd_map_unmap(part), 0);
	KUNIT_EXPECT_TRUE(test, is_readable(address + PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, iomd_map_unmap(whole), 0);
	KUNIT_EXPECT_EQ(test, address_of(last), 0ULL);
	KUNIT_EXPECT_FALSE(test, is_mapped(address));
}

/* MAP-17 MAP-18 MAP-48 MAP-66: memory of the process is where it is, and wired there on demand */
static void own_memory_is_where_it_is(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, LENGTH), before = iomd_kunit_pinned();
	struct iomd_desc *desc = iomd_kunit_of_process(test, base, LENGTH, BOTH);
	struct iomd_map *map = window(test, desc, 0, 0, 0);

	KUNIT_EXPECT_EQ(test, address_of(map), base);
	KUNIT_EXPECT_NE(test, iomd_map_get_map_options(map) & IOMD_MAP_STATIC, 0U);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before);
	KUNIT_EXPECT_EQ(test, iomd_map_wire_range(map, BOTH, 1, PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned() - before, 2ULL);
	KUNIT_EXPECT_EQ(test, iomd_map_wire_range(map, NONE, 1, PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before);
	KUNIT_EXPECT_EQ(test, iomd_map_unmap(map), 0);
	KUNIT_EXPECT_TRUE(test, is_writable(base));

	/* Elsewhere it is pinned, and the same memory. */
	map = window(test, desc, UNIQUE, 0, 0);
	KUNIT_EXPECT_NE(test, address_of(map), base);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned() - before, (u64)NR_PAGES);
	poke(test, base + PAGE_SIZE, 0x41);
	KUNIT_EXPECT_EQ(test, peek(test, address_of(map) + PAGE_SIZE), 0x41);
}

/* MAP-66 MAP-67: wiring enters pages of the range in page tables, and of no other */
static void wiring_enters_pages(struct kunit *test)
{
	struct iomd_desc *desc = iomd_kunit_filled_buffer(test, LENGTH, 1);
	struct iomd_map *map = window(test, desc, SMALL, 0, 0);
	u64 address = address_of(map);

	KUNIT_EXPECT_EQ(test, iomd_map_wire_range(map, BOTH, PAGE_SIZE + 1, PAGE_SIZE), 0);
	KUNIT_EXPECT_FALSE(test, is_present(address));
	KUNIT_EXPECT_TRUE(test, is_present(address + PAGE_SIZE));
	KUNIT_EXPECT_TRUE(test, is_present(address + 2 * PAGE_SIZE));
	KUNIT_EXPECT_FALSE(test, is_present(address + 3 * PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, iomd_map_wire_range(map, NONE, PAGE_SIZE, PAGE_SIZE), 0);

	KUNIT_EXPECT_EQ(test, iomd_map_wire_range(map, BOTH, 1, LENGTH), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_map_wire_range(map, BOTH, U64_MAX, 2), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_kunit_unmap_in(iomd_kunit_mm, address, PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, iomd_map_wire_range(map, BOTH, 0, LENGTH), -EFAULT);
	iomd_map_unmap(map);
	KUNIT_EXPECT_EQ(test, iomd_map_wire_range(map, BOTH, 0, PAGE_SIZE), -EINVAL);
}

/*
 * Composites.
 */

/* GRD-2 GRD-4 MULTI-20 MULTI-24 MULTI-25: data between guards, of which nobody touches any */
static void data_between_guards(struct kunit *test)
{
	struct iomd_desc *children[] = {
		iomd_kunit_desc(test, iomd_guard_with_size(2 * PAGE_SIZE)),
		iomd_kunit_filled_buffer(test, LENGTH, 1),
		iomd_kunit_desc(test, iomd_guard_with_size(PAGE_SIZE)),
	};
	struct iomd_desc *multi = iomd_kunit_multi(test, children, 3, BOTH);
	struct iomd_map *map;
	u64 address, data;

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(multi, NONE), 0);
	map = window(test, multi, PREFAULT, 0, 0);
	iomd_desc_complete(multi, NONE);
	address = address_of(map);
	data = address + 2 * PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, iomd_map_get_length(map), LENGTH + 3 * PAGE_SIZE);
	KUNIT_EXPECT_PTR_EQ(test, iomd_map_get_memory_descriptor(map), multi);
	KUNIT_EXPECT_TRUE(test, is_present(data));
	iomd_kunit_user_expect(test, data, LENGTH, 1);
	KUNIT_EXPECT_FALSE(test, is_readable(address));
	KUNIT_EXPECT_FALSE(test, is_readable(data - 1));
	KUNIT_EXPECT_FALSE(test, is_writable(data + LENGTH));
	KUNIT_EXPECT_PTR_EQ(test, window(test, multi, 0, 0, 0), map);

	map = window(test, children[0], 0, 0, 0);
	KUNIT_EXPECT_TRUE(test, is_mapped(address_of(map)));
	KUNIT_EXPECT_FALSE(test, is_readable(address_of(map)));
	KUNIT_EXPECT_FALSE(test, is_readable(address_of(map) + 2 * PAGE_SIZE - 1));
}

/* MULTI-20 MULTI-21 MULTI-22 MULTI-23: a window across children, which meet at pages */
static void windows_across_children(struct kunit *test)
{
	struct iomd_kunit_process *process = iomd_kunit_idle_process(test);
	u64 base = iomd_kunit_map_in(test, process->mm, LENGTH);
	struct page **pages = iomd_kunit_scattered_pages(test, 2);
	struct iomd_desc *children[3], *multi, *odd;
	struct iomd_map *map;

	KUNIT_ASSERT_TRUE(test, iomd_kunit_poke(process->mm, base, 0x31));
	iomd_kunit_fill(page_address(pages[0]), PAGE_SIZE, 1);
	iomd_kunit_fill(page_address(pages[1]), PAGE_SIZE, 1 + PAGE_SIZE);
	children[0] = iomd_kunit_filled_buffer(test, LENGTH, 5);
	children[1] = iomd_kunit_desc(test, iomd_desc_with_pages(pages, 2, 0, 2 * PAGE_SIZE, BOTH,
								 NULL));
	children[2] = iomd_kunit_desc(test, iomd_desc_with_address_range(base, LENGTH, BOTH,
									 process->mm));
	multi = iomd_kunit_multi(test, children, 3, BOTH);
	map = window(test, multi, 0, LENGTH - 100, 100 + 2 * PAGE_SIZE + 100);
	expect_from(test, address_of(map), 100, 5, LENGTH - 100);
	iomd_kunit_user_expect(test, address_of(map) + 100, 2 * PAGE_SIZE, 1);
	KUNIT_EXPECT_EQ(test, peek(test, address_of(map) + 100 + 2 * PAGE_SIZE), 0x31);
	iomd_map_unmap(map);

	odd = iomd_kunit_of_process(test, iomd_kunit_map_anonymous(test, LENGTH) + 8, LENGTH - 8,
				    BOTH);
	children[1] = odd;
	multi = iomd_kunit_multi(test, children, 3, BOTH);
	IOMD_KUNIT_EXPECT_ERR(test, try(multi, 0, 0, 0), -EBADSLT);
	children[1] = iomd_kunit_of_process(test, free_range(test, PAGE_SIZE), PAGE_SIZE, BOTH);
	multi = iomd_kunit_multi(test, children, 3, BOTH);
	IOMD_KUNIT_EXPECT_ERR(test, try(multi, 0, 0, 0), -EFAULT);
}

/* SUB-17 SUB-18 SUB-19 SUB-20: maps of a sub descriptor are its parent's */
static void subs_are_mapped_by_parents(struct kunit *test)
{
	struct iomd_desc *desc = iomd_kunit_filled_buffer(test, LENGTH, 1);
	struct iomd_desc *sub = iomd_kunit_sub(test, desc, PAGE_SIZE + 8, PAGE_SIZE, BOTH);
	struct iomd_map *alone = try(sub, 0, 0, 0), *whole, *part;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, alone);
	KUNIT_EXPECT_PTR_EQ(test, iomd_map_get_memory_descriptor(alone), desc);
	KUNIT_EXPECT_EQ(test, iomd_map_get_length(alone), (u64)PAGE_SIZE);
	expect_from(test, address_of(alone), PAGE_SIZE, 1, PAGE_SIZE + 8);
	iomd_map_put(alone);
	whole = window(test, desc, 0, 0, 0);
	part = window(test, sub, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, address_of(part), address_of(whole) + PAGE_SIZE + 8);
	IOMD_KUNIT_EXPECT_ERR(test, try(sub, 0, 8, PAGE_SIZE), -EINVAL);
}

/*
 * What tasks do.
 */

/* MAP-47: what the task has unmapped is gone; the rest stays, and goes with the map alone */
static void tasks_unmap_parts(struct kunit *test)
{
	struct iomd_desc *desc = iomd_kunit_filled_buffer(test, LENGTH, 1);
	struct iomd_map *map = window(test, desc, 0, 0, 0);
	u64 address = address_of(map), other;

	iomd_kunit_user_expect(test, address, LENGTH, 1);
	KUNIT_EXPECT_EQ(test, iomd_kunit_unmap_in(iomd_kunit_mm, address + PAGE_SIZE, PAGE_SIZE),
			0);
	KUNIT_EXPECT_FALSE(test, is_readable(address + PAGE_SIZE));
	iomd_kunit_user_expect(test, address, PAGE_SIZE, 1);
	iomd_kunit_user_expect(test, address + 2 * PAGE_SIZE, 2 * PAGE_SIZE, 1 + 2 * PAGE_SIZE);
	{
		IOMD_KUNIT_AS_TASK();

		other = vm_mmap(NULL, address + PAGE_SIZE, PAGE_SIZE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, 0);
	}
	KUNIT_ASSERT_EQ(test, other, address + PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, iomd_map_unmap(map), 0);
	KUNIT_EXPECT_FALSE(test, is_mapped(address));
	KUNIT_EXPECT_TRUE(test, is_writable(address + PAGE_SIZE));
	KUNIT_EXPECT_FALSE(test, is_mapped(address + 2 * PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, iomd_kunit_unmap_in(iomd_kunit_mm, other, PAGE_SIZE), 0);
}

/* MAP-44 MAP-51 MAP-52: a map forgets who has died; the window stays, or goes if that was said */
static void maps_of_the_dead(struct kunit *test)
{
	struct iomd_desc *desc = iomd_kunit_filled_buffer(test, LENGTH, 1);
	struct iomd_map *map = window(test, desc, UNIQUE, 0, 0);
	u64 address = address_of(map);

	iomd_map_task_died(map);
	KUNIT_EXPECT_EQ(test, address_of(map), 0ULL);
	KUNIT_EXPECT_PTR_EQ(test, iomd_map_get_address_task(map), NULL);
	KUNIT_EXPECT_PTR_EQ(test, iomd_map_get_memory_descriptor(map), desc);
	iomd_kunit_user_expect(test, address, LENGTH, 1);
	KUNIT_EXPECT_EQ(test, iomd_kunit_unmap_in(iomd_kunit_mm, address, LENGTH), 0);

	map = window(test, desc, UNIQUE, 0, 0);
	address = address_of(map);
	KUNIT_EXPECT_EQ(test, iomd_map_user_client_unmap(map), 0);
	iomd_map_task_died(map);
	KUNIT_EXPECT_FALSE(test, is_mapped(address));
}

/* MAP-7 MAP-51 MAP-55: a process that is gone takes its windows along, and gets no more */
static void process_goes(struct kunit *test)
{
	struct iomd_kunit_process *process = iomd_kunit_idle_process(test);
	struct iomd_buffer *buffer = iomd_buffer_with_options(BOTH, LENGTH, PAGE_SIZE);
	struct iomd_kunit_witness witness;
	struct iomd_desc *desc;
	struct iomd_map *map;
	u8 byte;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, buffer);
	desc = iomd_buffer_desc(buffer);
	iomd_kunit_watch(&witness, desc);
	map = iomd_desc_create_mapping_in_task(desc, process->mm, 0, ANYWHERE | UNIQUE, 0, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, map);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_peek(process->mm, address_of(map), &byte));
	iomd_kunit_kill(test, process);
	KUNIT_EXPECT_EQ(test, address_of(map), 0ULL);
	KUNIT_EXPECT_PTR_EQ(test, iomd_map_get_address_task(map), NULL);
	KUNIT_EXPECT_EQ(test, iomd_map_redirect(map, NULL, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, iomd_map_wire_range(map, BOTH, 0, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_map_unmap(map), 0);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_create_mapping_in_task(desc, process->mm, 0,
								     ANYWHERE, 0, 0), -ENXIO);
	iomd_buffer_put(buffer);
	iomd_map_put(map);
	iomd_kunit_flush_files();
	KUNIT_EXPECT_TRUE(test, iomd_kunit_wait_for(witness.is_gone));
}

/*
 * Drivers' own mappings.
 */

static int file_mmap(struct file *file, struct vm_area_struct *vma)
{
	return iomd_desc_mmap(file->private_data, vma);
}

static const struct file_operations file_fops = {
	.owner = THIS_MODULE,
	.mmap = file_mmap,
};

/* The process maps what a driver's file shows of @desc. Return: where, or an errno. */
static long file_map(struct iomd_desc *desc, int prot, u64 offset, u64 length)
{
	IOMD_KUNIT_AS_TASK();
	struct file *file = anon_inode_getfile("iomd_kunit", &file_fops, desc, O_RDWR);
	long address;

	if (IS_ERR(file))
		return PTR_ERR(file);
	address = vm_mmap(file, 0, length, prot, MAP_SHARED, offset);
	fput(file);
	return address;
}

static void file_unmap(u64 address, u64 length)
{
	iomd_kunit_unmap_in(iomd_kunit_mm, address, length);
	iomd_kunit_flush_files();
}

#define READ_WRITE	(PROT_READ | PROT_WRITE)

/* iomd_desc_mmap(): memory stays while it is mapped, and then goes */
static void drivers_own_mapping(struct kunit *test)
{
	struct iomd_buffer *buffer = iomd_buffer_with_options(OUT, LENGTH - 100, PAGE_SIZE);
	struct iomd_kunit_witness witness;
	struct iomd_desc *desc;
	long address;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, buffer);
	desc = iomd_buffer_desc(buffer);
	iomd_kunit_watch(&witness, desc);
	iomd_kunit_fill(iomd_buffer_get_bytes_no_copy(buffer), LENGTH - 100, 1);
	KUNIT_EXPECT_EQ(test, file_map(desc, READ_WRITE, 0, LENGTH + PAGE_SIZE), -EINVAL);
	KUNIT_EXPECT_EQ(test, file_map(desc, READ_WRITE, LENGTH, PAGE_SIZE), -EINVAL);
	KUNIT_EXPECT_EQ(test, file_map(desc, READ_WRITE, PAGE_SIZE, LENGTH), -EINVAL);
	address = file_map(desc, READ_WRITE, PAGE_SIZE, LENGTH - PAGE_SIZE);
	iomd_buffer_put(buffer);
	KUNIT_ASSERT_GT(test, address, 0L);
	expect_from(test, address, LENGTH - PAGE_SIZE - 100, 1, PAGE_SIZE);
	KUNIT_EXPECT_TRUE(test, is_writable(address));
	KUNIT_EXPECT_FALSE(test, witness.is_gone);
	file_unmap(address, LENGTH - PAGE_SIZE);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_wait_for(witness.is_gone));
}

/* iomd_desc_mmap(): memory of processes, which is as writable as it was prepared */
static void drivers_mapping_of_processes(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, LENGTH), before = iomd_kunit_pinned();
	struct iomd_desc *desc = iomd_kunit_of_process(test, base, LENGTH, BOTH);
	struct iomd_desc *out = iomd_kunit_of_process(test, base, LENGTH, OUT);
	long address;

	iomd_kunit_user_fill(test, base, LENGTH, 1);
	KUNIT_EXPECT_EQ(test, file_map(desc, READ_WRITE, 0, LENGTH), -EAGAIN);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	address = file_map(desc, READ_WRITE, 0, LENGTH);
	iomd_desc_complete(desc, NONE);
	KUNIT_ASSERT_GT(test, address, 0L);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned() - before, (u64)NR_PAGES);
	iomd_kunit_user_expect(test, address, LENGTH, 1);
	poke(test, address, 0x12);
	KUNIT_EXPECT_EQ(test, peek(test, base), 0x12);
	file_unmap(address, LENGTH);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before);

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(out, NONE), 0);
	KUNIT_EXPECT_EQ(test, file_map(out, READ_WRITE, 0, LENGTH), -EACCES);
	address = file_map(out, PROT_READ, 0, LENGTH);
	iomd_desc_complete(out, NONE);
	KUNIT_ASSERT_GT(test, address, 0L);
	KUNIT_EXPECT_EQ(test, peek(test, address), 0x12);
	KUNIT_EXPECT_EQ(test, iomd_kunit_vma_at(iomd_kunit_mm, address).flags & VM_MAYWRITE, 0UL);
	file_unmap(address, LENGTH);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before);
}

static void expect_no_mapping(struct kunit *test, struct iomd_desc *desc, long error)
{
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, file_map(desc, READ_WRITE, 0, PAGE_SIZE), error);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
}

/* iomd_desc_mmap(): what begins within a page, or tasks must not have, is refused */
static void drivers_mapping_is_refused(struct kunit *test)
{
	void *slab = kunit_kzalloc(test, 64, GFP_KERNEL);
	u8 *bytes = iomd_kunit_buffer_bytes(iomd_kunit_filled_buffer(test, LENGTH, 1));

	KUNIT_ASSERT_NOT_NULL(test, slab);
	expect_no_mapping(test, iomd_kunit_of_kernel(test, slab, 64, BOTH), -EPERM);
	expect_no_mapping(test, iomd_kunit_of_kernel(test, bytes + 8, PAGE_SIZE, BOTH), -EINVAL);
}

/*
 * Failing allocations.
 */

static int map_file_once(struct kunit *test, void *data)
{
	long address = file_map(data, READ_WRITE, 0, LENGTH);

	if (address < 0)
		return address;
	file_unmap(address, LENGTH);
	return 0;
}

static int live_once(struct kunit *test, void *data)
{
	struct iomd_map *map = try(data, UNIQUE | SMALL, 10, PAGE_SIZE);
	int err = 0;
	u8 byte;

	if (IS_ERR(map))
		return PTR_ERR(map);
	if (!iomd_kunit_peek(iomd_kunit_mm, address_of(map), &byte))
		err = -EFAULT;
	iomd_map_put(map);
	return err;
}

/* MAP-14 MD-90 GMD-101: whatever cannot be allocated, nothing is left */
static void survives_failing_allocations(struct kunit *test)
{
	IOMD_KUNIT_AS_TASK();
	struct iomd_desc *desc = iomd_kunit_filled_buffer(test, LENGTH, 1);

	KUNIT_EXPECT_GE(test, iomd_kunit_sweep(test, live_once, desc, 200), 3U);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_GE(test, iomd_kunit_sweep(test, map_file_once, desc, 200), 1U);
	iomd_desc_complete(desc, NONE);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(shows_memory),
	KUNIT_CASE(maps_into_itself),
	KUNIT_CASE(windows_are_in_pages),
	KUNIT_CASE(maps_keep_memory),
	KUNIT_CASE(prefault_enters_pages),
	KUNIT_CASE(fixed_addresses),
	KUNIT_CASE(fixed_addresses_are_congruent),
	KUNIT_CASE(guards),
	KUNIT_CASE(overwriting_maps_stay),
	KUNIT_CASE(small_address_spaces),
	KUNIT_CASE(protection),
	KUNIT_CASE(cache_modes_of_memory),
	KUNIT_CASE(registers_in_a_task),
	KUNIT_CASE(cache_modes_of_devices),
	KUNIT_CASE(kernel_memory_stays),
	KUNIT_CASE(raw_devices_take_rights),
	KUNIT_CASE(parts_of_large_allocations),
	KUNIT_CASE(pages_of_files),
	KUNIT_CASE(pageable_memory),
	KUNIT_CASE(memory_of_another),
	KUNIT_CASE(owner_goes_first),
	KUNIT_CASE(respects_protection),
	KUNIT_CASE(writes_are_noticed),
	KUNIT_CASE(maps_are_shared),
	KUNIT_CASE(parts_go_with_the_whole),
	KUNIT_CASE(own_memory_is_where_it_is),
	KUNIT_CASE(wiring_enters_pages),
	KUNIT_CASE(data_between_guards),
	KUNIT_CASE(windows_across_children),
	KUNIT_CASE(subs_are_mapped_by_parents),
	KUNIT_CASE(tasks_unmap_parts),
	KUNIT_CASE(maps_of_the_dead),
	KUNIT_CASE(process_goes),
	KUNIT_CASE(drivers_own_mapping),
	KUNIT_CASE(drivers_mapping_of_processes),
	KUNIT_CASE(drivers_mapping_is_refused),
	KUNIT_CASE(survives_failing_allocations),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_task_map",
	.suite_init = iomd_kunit_iommu_suite_init,
	.suite_exit = iomd_kunit_iommu_suite_exit,
	.init = iomd_kunit_init,
	.test_cases = cases,
};

kunit_test_suite(suite);
