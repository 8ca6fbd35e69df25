// SPDX-License-Identifier: GPL-2.0-only
/*
 * Maps, and what is shown of memory in the kernel.
 */
#include <linux/completion.h>
#include <linux/io.h>
#include <linux/kthread.h>
#include <linux/pagemap.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "compose.h"
#include "process.h"

#define IN		IOMD_DIRECTION_IN
#define OUT		IOMD_DIRECTION_OUT
#define BOTH		IOMD_DIRECTION_OUT_IN
#define NONE		IOMD_DIRECTION_NONE

#define ANYWHERE	IOMD_MAP_ANYWHERE
#define READ_ONLY	IOMD_MAP_READ_ONLY
#define UNIQUE		IOMD_MAP_UNIQUE
#define STATIC		IOMD_MAP_STATIC
#define REFERENCE	IOMD_MAP_REFERENCE

#define NR_PAGES	4
#define LENGTH		(NR_PAGES * PAGE_SIZE)

/*
 * What cases share.
 */

static void undo_map(void *data)
{
	iomd_map_put(data);
}

static struct iomd_map *kept(struct kunit *test, struct iomd_map *map)
{
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, map);
	iomd_kunit_defer(test, undo_map, map);
	return map;
}

/* A map into the kernel, which the case puts. */
static struct iomd_map *try(struct iomd_desc *desc, u32 options, u64 offset, u64 length)
{
	return iomd_desc_create_mapping_in_task(desc, IOMD_KERNEL_TASK, 0, options | ANYWHERE,
						offset, length);
}

static struct iomd_map *window(struct kunit *test, struct iomd_desc *desc, u32 options,
			       u64 offset, u64 length)
{
	return kept(test, try(desc, options, offset, length));
}

static u8 *bytes_of(struct iomd_map *map)
{
	return iomd_map_get_virtual_address(map);
}

/* Contents: byte n of a descriptor is byte n of one pattern. */
static u8 expected_at(u64 offset)
{
	return iomd_kunit_byte(0, offset);
}

static bool shows(struct iomd_map *map, u64 length, u64 from)
{
	u8 *bytes = bytes_of(map);
	u64 i;

	for (i = 0; i < length; i++)
		if (bytes[i] != expected_at(from + i))
			return false;
	return length;
}

/* Memory of the process, filled, and a descriptor of it. */
static struct iomd_desc *user_desc(struct kunit *test, u64 *address, u64 skip, u64 length,
				   u32 options)
{
	u64 base = iomd_kunit_map_anonymous(test, PAGE_ALIGN(skip + length));

	*address = base + skip;
	iomd_kunit_user_fill(test, base + skip, length, 0);
	return iomd_kunit_of_process(test, base + skip, length, options);
}

/* Scattered pages, filled, and a descriptor of all of them but the first @skip bytes. */
static struct iomd_desc *page_desc(struct kunit *test, u64 skip, u32 options)
{
	struct page **pages = iomd_kunit_scattered_pages(test, NR_PAGES);
	u64 i;

	for (i = skip; i < LENGTH; i++)
		((u8 *)page_address(pages[i / PAGE_SIZE]))[i % PAGE_SIZE] = expected_at(i - skip);
	return iomd_kunit_desc(test, iomd_desc_with_pages(pages, NR_PAGES, skip, LENGTH - skip,
							  options, NULL));
}

static bool is_mapped(const u8 *byte)
{
	return vmalloc_to_page(byte);
}

/* Can the kernel write there? */
static bool is_writable(u8 *byte)
{
	u8 value = *byte;

	__put_kernel_nofault(byte, &value, u8, fault);
	return true;
fault:
	return false;
}

/*
 * The window.
 */

/* MAP-1 MAP-2 MAP-8 MAP-44 MD-87 MD-89: all of the memory, byte by byte, with its length */
static void shows_the_memory(struct kunit *test)
{
	struct iomd_desc *desc = page_desc(test, 5, BOTH);
	struct iomd_map *map = kept(test, iomd_desc_map(desc, 0));

	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(desc));
	KUNIT_EXPECT_EQ(test, iomd_map_get_length(map), LENGTH - 5);
	KUNIT_EXPECT_EQ(test, iomd_map_get_size(map), LENGTH - 5);
	KUNIT_EXPECT_EQ(test, iomd_map_get_offset(map), 0ULL);
	KUNIT_EXPECT_EQ(test, offset_in_page(iomd_map_get_address(map)), 5UL);
	KUNIT_EXPECT_PTR_EQ(test, iomd_map_get_address_task(map), IOMD_KERNEL_TASK);
	KUNIT_EXPECT_PTR_EQ(test, iomd_map_get_memory_descriptor(map), desc);
	KUNIT_EXPECT_EQ(test, iomd_map_get_map_options(map), (u32)ANYWHERE);
	KUNIT_EXPECT_TRUE(test, shows(map, LENGTH - 5, 0));

	bytes_of(map)[PAGE_SIZE] ^= 0xff;
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_FALSE(test, shows(map, LENGTH - 5, 0));
	bytes_of(map)[PAGE_SIZE] ^= 0xff;
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
}

/* MAP-6 MAP-8 MAP-21 MAP-22 GMD-99: windows lie inside, and length 0 is all of it */
static void windows_lie_inside(struct kunit *test)
{
	struct iomd_desc *desc = page_desc(test, 5, BOTH), *empty;
	const struct iomd_range nothing = { 0x1000, 0 };
	struct iomd_map *map = window(test, desc, 0, PAGE_SIZE + 3, PAGE_SIZE);

	KUNIT_EXPECT_EQ(test, iomd_map_get_length(map), PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, iomd_map_get_offset(map), PAGE_SIZE + 3);
	KUNIT_EXPECT_EQ(test, offset_in_page(iomd_map_get_address(map)), 8UL);
	KUNIT_EXPECT_TRUE(test, shows(map, PAGE_SIZE, PAGE_SIZE + 3));

	IOMD_KUNIT_EXPECT_ERR(test, try(desc, 0, 1, 0), -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, try(desc, 0, LENGTH - 5, 1), -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, try(desc, 0, 1, LENGTH - 5), -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, try(desc, 0, U64_MAX, 2), -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, try(desc, 0, 2, U64_MAX), -EINVAL);
	empty = iomd_kunit_desc(test, iomd_desc_with_options(&nothing, 1, 0, NULL,
							     IOMD_MEMORY_TYPE_PHYSICAL | BOTH,
							     NULL));
	IOMD_KUNIT_EXPECT_ERR(test, try(empty, 0, 0, 0), -EINVAL);
}

/* MAP-7 MAP-16 MAP-23 MAP-25 MAP-28 OBJ-31: what makes no sense is refused */
static void refuses_what_makes_no_sense(struct kunit *test)
{
	struct iomd_desc *desc = page_desc(test, 0, BOTH);
	u64 at = 0x1000;

	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_create_mapping_in_task(desc, NULL, 0, ANYWHERE, 0,
								     0), -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, try(desc, UNIQUE | REFERENCE, 0, 0), -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, try(desc, IOMD_MAP_OVERWRITE, 0, 0), -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_create_mapping_in_task(desc, IOMD_KERNEL_TASK, at,
								     IOMD_MAP_GUARDED_SMALL, 0, 0),
			      -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_create_mapping_in_task(desc, IOMD_KERNEL_TASK, at,
								     0, 0, 0), -EOPNOTSUPP);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_create_mapping_in_task(desc, IOMD_KERNEL_TASK, at,
								     IOMD_MAP_OVERWRITE, 0, 0),
			      -EOPNOTSUPP);
	IOMD_KUNIT_EXPECT_ERR(test, try(desc, IOMD_MAP_GUARDED_LARGE, 0, 0), -EOPNOTSUPP);
}

/* MAP-4 MAP-72 MD-8 OBJ-18: a map holds its descriptor, and its last put lets go of it */
static void holds_the_descriptor(struct kunit *test)
{
	struct page **pages = iomd_kunit_scattered_pages(test, NR_PAGES);
	struct iomd_kunit_witness witness;
	struct iomd_desc *desc;
	struct iomd_map *map;

	desc = iomd_desc_with_pages(pages, NR_PAGES, 0, LENGTH, BOTH, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, desc);
	iomd_kunit_watch(&witness, desc);
	map = iomd_desc_map(desc, 0);
	iomd_desc_put(desc);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, map);
	KUNIT_EXPECT_FALSE(test, witness.is_gone);
	bytes_of(map)[PAGE_SIZE] = 0x5a;
	KUNIT_EXPECT_EQ(test, *(u8 *)page_address(pages[1]), 0x5a);
	iomd_map_put(map);
	KUNIT_EXPECT_TRUE(test, witness.is_gone);
}

/* MAP-30 GMD-77 GMD-81 MD-89: memory of a task stays, pinned, as long as there is a map */
static void keeps_memory_of_tasks(struct kunit *test)
{
	u64 address, before = iomd_kunit_pinned();
	struct iomd_desc *desc = user_desc(test, &address, 7, LENGTH, BOTH);
	struct iomd_map *map = try(desc, 0, 0, 0), *other;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, map);
	KUNIT_EXPECT_EQ(test, offset_in_page(iomd_map_get_address(map)), 7UL);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before + NR_PAGES + 1);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(desc));
	KUNIT_EXPECT_TRUE(test, shows(map, LENGTH, 0));
	iomd_kunit_fill(bytes_of(map), LENGTH, 9);
	iomd_kunit_user_expect(test, address, LENGTH, 9);

	/* Maps of one descriptor show the same memory, pinned once. */
	iomd_kunit_unmap(address - 7, LENGTH + PAGE_SIZE);
	other = try(desc, READ_ONLY, 0, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, other);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before + NR_PAGES + 1);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(bytes_of(other), LENGTH, 9));
	iomd_map_put(map);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(bytes_of(other), LENGTH, 9));
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before + NR_PAGES + 1);
	iomd_map_put(other);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before);

	/* Nothing is there any more that could be mapped. */
	IOMD_KUNIT_EXPECT_ERR(test, try(desc, 0, 0, 0), -EFAULT);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before);
}

/* GMD-80 GMD-81: memory that its task may only read is mapped for reading, and OUT alone */
static void respects_protection(struct kunit *test)
{
	u64 base = iomd_kunit_map(test, NULL, LENGTH, PROT_READ,
				  MAP_PRIVATE | MAP_ANONYMOUS);
	struct iomd_desc *out = iomd_kunit_of_process(test, base, LENGTH, OUT);
	struct iomd_desc *in = iomd_kunit_of_process(test, base, LENGTH, IN);
	struct iomd_desc *none = iomd_kunit_of_process(test, base, LENGTH, NONE);
	struct iomd_map *map = window(test, out, READ_ONLY, 0, 0);

	KUNIT_EXPECT_EQ(test, bytes_of(map)[LENGTH - 1], 0);
	KUNIT_EXPECT_FALSE(test, is_writable(bytes_of(map)));
	IOMD_KUNIT_EXPECT_ERR(test, try(out, 0, 0, 0), -EACCES);
	IOMD_KUNIT_EXPECT_ERR(test, try(in, READ_ONLY, 0, 0), -EACCES);
	IOMD_KUNIT_EXPECT_ERR(test, try(none, READ_ONLY, 0, 0), -EACCES);
}

/* MAP-33 GMD-80: a map that may write does, whatever the first one of the memory was */
static void writes_after_a_map_that_reads(struct kunit *test)
{
	u64 address;
	struct iomd_desc *desc = user_desc(test, &address, 0, LENGTH, OUT);
	struct iomd_map *reader = window(test, desc, READ_ONLY, 0, 0);
	struct iomd_map *writer = window(test, desc, 0, 0, 0);

	KUNIT_EXPECT_PTR_NE(test, reader, writer);
	KUNIT_EXPECT_FALSE(test, is_writable(bytes_of(reader)));
	KUNIT_EXPECT_TRUE(test, is_writable(bytes_of(writer)));
	bytes_of(writer)[3] ^= 0x80;
	KUNIT_EXPECT_EQ(test, bytes_of(reader)[3], expected_at(3) ^ 0x80);
}

/* MAP-32 MAP-70: a map for reading is another, and faults when it is written */
static void read_only_is_another(struct kunit *test)
{
	struct iomd_desc *desc = page_desc(test, 0, BOTH);
	struct iomd_map *writer = window(test, desc, 0, 0, 0);
	struct iomd_map *reader = window(test, desc, READ_ONLY, 0, 0);

	KUNIT_EXPECT_PTR_NE(test, writer, reader);
	KUNIT_EXPECT_NE(test, iomd_map_get_address(writer), iomd_map_get_address(reader));
	KUNIT_EXPECT_TRUE(test, is_writable(bytes_of(writer)));
	KUNIT_EXPECT_FALSE(test, is_writable(bytes_of(reader)));
	KUNIT_EXPECT_TRUE(test, shows(reader, LENGTH, 0));
}

/* MAP-26: guards lie around the pages, and address and length say nothing of them */
static void small_guards(struct kunit *test)
{
	struct iomd_desc *desc = page_desc(test, 5, BOTH);
	struct iomd_map *map = window(test, desc, IOMD_MAP_GUARDED_SMALL, 0, 0);
	u8 *start = bytes_of(map) - 5;

	KUNIT_EXPECT_EQ(test, iomd_map_get_length(map), LENGTH - 5);
	KUNIT_EXPECT_TRUE(test, shows(map, LENGTH - 5, 0));
	KUNIT_EXPECT_TRUE(test, is_mapped(start));
	KUNIT_EXPECT_FALSE(test, is_mapped(start - 1));
	KUNIT_EXPECT_TRUE(test, is_mapped(start + LENGTH - 1));
	KUNIT_EXPECT_FALSE(test, is_mapped(start + LENGTH));

	/* Both bits are the small one, and other guards another map. */
	KUNIT_EXPECT_PTR_NE(test, window(test, desc, 0, 0, 0), map);
	KUNIT_EXPECT_PTR_NE(test, window(test, desc, IOMD_MAP_GUARDED_MASK, 0, 0), map);
}

/* MAP-29: tables are filled beforehand for memory that is prepared only */
static void prefault_takes_prepared_memory(struct kunit *test)
{
	u64 address;
	struct iomd_desc *desc = user_desc(test, &address, 0, LENGTH, BOTH);

	IOMD_KUNIT_EXPECT_ERR(test, try(desc, IOMD_MAP_PREFAULT, 0, 0), -EINVAL);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_TRUE(test, shows(window(test, desc, IOMD_MAP_PREFAULT, 0, 0), LENGTH, 0));
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
}

/* MAP-31: memory has the mode of its pages, and can be asked for in no other */
static void memory_has_its_mode(struct kunit *test)
{
	const u32 modes[] = { IOMD_MAP_INHIBIT_CACHE, IOMD_MAP_WRITE_COMBINE_CACHE,
			      IOMD_MAP_WRITE_THRU_CACHE };
	struct iomd_desc *desc = page_desc(test, 0, BOTH);
	struct iomd_buffer *buffer;
	u32 i;

	KUNIT_EXPECT_TRUE(test, shows(window(test, desc, IOMD_MAP_COPYBACK_CACHE, 0, 0),
				      LENGTH, 0));
	for (i = 0; i < ARRAY_SIZE(modes); i++)
		IOMD_KUNIT_EXPECT_ERR(test, try(desc, modes[i], 0, 0), -EOPNOTSUPP);

	buffer = iomd_kunit_buffer(test, iomd_buffer_with_options(BOTH |
								  IOMD_MAP_WRITE_COMBINE_CACHE,
								  LENGTH, PAGE_SIZE));
	desc = iomd_buffer_desc(buffer);
	window(test, desc, UNIQUE, 0, 0);
	window(test, desc, UNIQUE | IOMD_MAP_WRITE_COMBINE_CACHE, 0, 0);
	IOMD_KUNIT_EXPECT_ERR(test, try(desc, UNIQUE | IOMD_MAP_INHIBIT_CACHE, 0, 0),
			      -EOPNOTSUPP);
	IOMD_KUNIT_EXPECT_ERR(test, try(desc, UNIQUE | IOMD_MAP_COPYBACK_CACHE, 0, 0),
			      -EOPNOTSUPP);
}

/*
 * Memory that has an address anyway.
 */

/* MAP-17 MAP-18 MAP-19 MAP-48 BUF-15 BUF-52: a buffer is where it is, however it is asked */
static void buffers_are_where_they_are(struct kunit *test)
{
	struct iomd_buffer *buffer = iomd_kunit_buffer(test, iomd_buffer_with_options(BOTH, LENGTH,
										      1));
	struct iomd_desc *desc = iomd_buffer_desc(buffer);
	u8 *memory = iomd_buffer_get_bytes_no_copy(buffer);
	struct iomd_map *map = try(desc, READ_ONLY | IOMD_MAP_PREFAULT, 0, LENGTH - 1);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, map);
	KUNIT_EXPECT_PTR_EQ(test, bytes_of(map), memory);
	KUNIT_EXPECT_TRUE(test, iomd_map_get_map_options(map) & STATIC);
	KUNIT_EXPECT_TRUE(test, is_writable(bytes_of(map)));
	KUNIT_EXPECT_EQ(test, iomd_map_unmap(map), 0);
	KUNIT_EXPECT_TRUE(test, is_writable(memory));
	iomd_map_put(map);
	KUNIT_EXPECT_TRUE(test, is_writable(memory));

	KUNIT_EXPECT_PTR_NE(test, bytes_of(window(test, desc, UNIQUE, 0, 0)), memory);
	KUNIT_EXPECT_PTR_NE(test, bytes_of(window(test, desc, IOMD_MAP_GUARDED_SMALL, 0, 0)),
			    memory);
	KUNIT_EXPECT_PTR_EQ(test, bytes_of(kept(test, iomd_desc_map(desc, 0))), memory);
	KUNIT_EXPECT_PTR_EQ(test, iomd_buffer_get_bytes_no_copy(buffer), memory);
}

/* BUF-52 MAP-17: and so is the kernel's pageable memory, from when it is somewhere */
static void pageable_buffers_are_where_they_are(struct kunit *test)
{
	struct iomd_buffer *buffer;
	struct iomd_map *map;

	buffer = iomd_kunit_buffer(test, iomd_buffer_with_options(BOTH | IOMD_BUFFER_PAGEABLE,
								  LENGTH, PAGE_SIZE));
	map = window(test, iomd_buffer_desc(buffer), 0, 0, 0);
	KUNIT_EXPECT_PTR_EQ(test, (void *)bytes_of(map), iomd_buffer_get_bytes_no_copy(buffer));
}

/* MAP-17 MAP-19 MAP-20: kernel memory in one range is at its address, and so are parts then */
static void kernel_memory_is_where_it_is(struct kunit *test)
{
	struct page **pages = iomd_kunit_scattered_pages(test, NR_PAGES);
	u8 *memory = iomd_kunit_vmap(test, pages, NR_PAGES);
	struct iomd_desc *desc = iomd_kunit_of_kernel(test, memory + 9, LENGTH - 9, BOTH);
	struct iomd_map *part = window(test, desc, 0, PAGE_SIZE, PAGE_SIZE), *whole;

	KUNIT_EXPECT_PTR_NE(test, bytes_of(part), memory + 9 + PAGE_SIZE);
	bytes_of(part)[0] = 0x77;
	KUNIT_EXPECT_EQ(test, memory[9 + PAGE_SIZE], 0x77);
	iomd_map_unmap(part);

	whole = window(test, desc, 0, 0, 0);
	KUNIT_EXPECT_PTR_EQ(test, bytes_of(whole), memory + 9);
	KUNIT_EXPECT_PTR_EQ(test, bytes_of(window(test, desc, 0, PAGE_SIZE, PAGE_SIZE)),
			    memory + 9 + PAGE_SIZE);
}

/* MAP-19: what is contiguous is shown where the kernel has it, without page tables */
static void contiguous_memory_takes_no_tables(struct kunit *test)
{
	u8 *memory = iomd_kunit_zalloc(test, LENGTH), *shown;
	struct iomd_desc *desc = iomd_kunit_desc(test,
		iomd_desc_with_physical_address(virt_to_phys(memory), LENGTH, BOTH));
	u64 address;

	KUNIT_EXPECT_PTR_EQ(test, bytes_of(window(test, desc, 0, 0, 0)), memory);
	KUNIT_EXPECT_PTR_EQ(test, bytes_of(window(test, desc, 0, 5, 7)), memory + 5);
	KUNIT_EXPECT_TRUE(test, is_vmalloc_addr(bytes_of(window(test, desc, UNIQUE, 0, 0))));
	KUNIT_EXPECT_TRUE(test, is_vmalloc_addr(bytes_of(window(test, desc, READ_ONLY, 0, 0))));

	/* One page of a task's memory, too. */
	desc = user_desc(test, &address, 3, PAGE_SIZE - 3, BOTH);
	shown = bytes_of(window(test, desc, 0, 0, 0));
	KUNIT_EXPECT_FALSE(test, is_vmalloc_addr(shown));
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(shown, PAGE_SIZE - 3, 0));
}

static void count_step(void *data, unsigned int nr)
{
	struct iomd_map **maps = data;

	maps[nr] = try(iomd_map_get_memory_descriptor(maps[2]), nr ? UNIQUE : 0, 0, 0);
}

#define COUNT	"count() { awk '/^vmaps/ { print $2 }' /sys/kernel/debug/iomd/objects; }; "

/* MAP-19: which can be seen from outside, where page tables of ours are counted */
static void tables_are_counted(struct kunit *test)
{
	u8 *memory = iomd_kunit_zalloc(test, LENGTH);
	struct iomd_desc *desc = iomd_kunit_desc(test,
		iomd_desc_with_physical_address(virt_to_phys(memory), LENGTH, BOTH));
	struct iomd_map *maps[3] = { };

	maps[2] = iomd_desc_set_mapping(desc, IOMD_KERNEL_TASK, 0x1000, READ_ONLY);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, maps[2]);
	iomd_kunit_run(test, COUNT "before=$(count); step 0; [ $(count) = $before ]; step 1; "
		       "[ $(count) = $((before + 1)) ]", count_step, maps);
	KUNIT_EXPECT_FALSE(test, IS_ERR_OR_NULL(maps[0]));
	KUNIT_EXPECT_FALSE(test, IS_ERR_OR_NULL(maps[1]));
	iomd_map_put(maps[0]);
	iomd_map_put(maps[1]);
	iomd_map_put(maps[2]);
}

/* BUF-41 GMD-79: maps follow what a buffer's length is when they are made */
static void buffers_grow_again(struct kunit *test)
{
	struct iomd_buffer *buffer = iomd_kunit_buffer(test, iomd_buffer_with_options(BOTH, LENGTH,
										      PAGE_SIZE));
	struct iomd_desc *desc = iomd_buffer_desc(buffer);
	u8 *memory = iomd_buffer_get_bytes_no_copy(buffer);
	struct iomd_map *map;

	iomd_buffer_set_length(buffer, PAGE_SIZE);
	map = window(test, desc, READ_ONLY | UNIQUE, 0, 0);
	KUNIT_EXPECT_EQ(test, iomd_map_get_length(map), PAGE_SIZE);
	IOMD_KUNIT_EXPECT_ERR(test, try(desc, UNIQUE, 0, LENGTH), -EINVAL);
	iomd_buffer_set_length(buffer, LENGTH);
	map = window(test, desc, READ_ONLY | UNIQUE, 0, 0);
	memory[LENGTH - 1] = 0x42;
	KUNIT_EXPECT_EQ(test, bytes_of(map)[LENGTH - 1], 0x42);
}

/*
 * Sharing.
 */

/* MAP-3 MAP-12 MAP-36 MAP-68 OBJ-25: the same again is the same object, to be put twice */
static void same_again_is_the_same(struct kunit *test)
{
	struct iomd_desc *desc = page_desc(test, 0, BOTH);
	struct iomd_map *map = try(desc, 0, 0, 0), *same = try(desc, 0, 0, 0);
	u8 *memory;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, map);
	KUNIT_EXPECT_PTR_EQ(test, map, same);
	memory = bytes_of(map);
	iomd_map_put(same);
	KUNIT_EXPECT_TRUE(test, is_mapped(memory));
	KUNIT_EXPECT_EQ(test, iomd_map_get_address(map), (unsigned long)memory);
	iomd_map_put(map);
	KUNIT_EXPECT_FALSE(test, is_mapped(memory));
}

/* MAP-37 MAP-41 MAP-69 OBJ-19 OBJ-27: a part keeps the whole in place */
static void parts_keep_the_whole(struct kunit *test)
{
	struct iomd_desc *desc = page_desc(test, 5, BOTH);
	struct iomd_map *whole = try(desc, 0, 0, 0), *part, *same;
	u8 *memory;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, whole);
	memory = bytes_of(whole);
	part = try(desc, 0, 2 * PAGE_SIZE, PAGE_SIZE);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, part);
	KUNIT_EXPECT_PTR_NE(test, part, whole);
	KUNIT_EXPECT_PTR_EQ(test, bytes_of(part), memory + 2 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, iomd_map_get_length(part), PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, iomd_map_get_offset(part), 2 * PAGE_SIZE);
	same = try(desc, 0, 2 * PAGE_SIZE, PAGE_SIZE);
	KUNIT_EXPECT_PTR_NE(test, same, whole);
	iomd_map_put(same);

	iomd_map_put(whole);
	KUNIT_EXPECT_TRUE(test, is_mapped(memory));
	KUNIT_EXPECT_TRUE(test, shows(part, PAGE_SIZE, 2 * PAGE_SIZE));
	iomd_map_put(part);
	KUNIT_EXPECT_FALSE(test, is_mapped(memory));
}

/* MAP-37 MAP-17: the options of a part say what it has from the whole */
static void parts_are_as_the_whole(struct kunit *test)
{
	struct iomd_desc *desc = page_desc(test, 0, BOTH);
	struct iomd_map *part;
	u64 address;

	window(test, desc, IOMD_MAP_COPYBACK_CACHE, 0, 0);
	part = window(test, desc, 0, PAGE_SIZE, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, iomd_map_get_map_options(part),
			(u32)(ANYWHERE | IOMD_MAP_COPYBACK_CACHE));

	desc = user_desc(test, &address, 0, LENGTH, BOTH);
	kept(test, iomd_desc_create_mapping_in_task(desc, iomd_kunit_mm, 0, ANYWHERE, 0, 0));
	part = kept(test, iomd_desc_create_mapping_in_task(desc, iomd_kunit_mm, 0, ANYWHERE,
							   PAGE_SIZE, PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, iomd_map_get_map_options(part), (u32)(ANYWHERE | IOMD_MAP_STATIC));
}

/* MAP-42: parts are found as any map is, in the order in which maps were made */
static void parts_are_found(struct kunit *test)
{
	struct iomd_desc *desc = page_desc(test, 0, BOTH);
	struct iomd_map *whole = window(test, desc, 0, 0, 0);
	struct iomd_map *part = window(test, desc, 0, PAGE_SIZE, 2 * PAGE_SIZE), *found;

	/* What was taken from the whole first is found through it. */
	found = window(test, desc, 0, PAGE_SIZE, 2 * PAGE_SIZE);
	KUNIT_EXPECT_PTR_EQ(test, bytes_of(found), bytes_of(part));
	iomd_map_unmap(whole);
	KUNIT_EXPECT_EQ(test, iomd_map_get_address(part), 0ULL);
	found = window(test, desc, 0, PAGE_SIZE, 2 * PAGE_SIZE);
	KUNIT_EXPECT_PTR_NE(test, found, part);
	KUNIT_EXPECT_TRUE(test, shows(found, 2 * PAGE_SIZE, PAGE_SIZE));
}

/* MAP-43: windows that overlap, and neither is a part of the other, have nothing in common */
static void overlapping_maps_are_two(struct kunit *test)
{
	struct iomd_desc *desc = page_desc(test, 0, BOTH);
	struct iomd_map *one = window(test, desc, 0, 0, 2 * PAGE_SIZE);
	struct iomd_map *other = window(test, desc, 0, PAGE_SIZE, 2 * PAGE_SIZE);

	KUNIT_EXPECT_PTR_NE(test, bytes_of(one) + PAGE_SIZE, bytes_of(other));
	bytes_of(one)[PAGE_SIZE] ^= 0xff;
	KUNIT_EXPECT_EQ(test, bytes_of(other)[0], bytes_of(one)[PAGE_SIZE]);
}

/* MAP-11 MAP-38 MAP-71: unique maps are their owner's, each at an address of its own */
static void unique_maps_are_not_shared(struct kunit *test)
{
	struct iomd_desc *desc = page_desc(test, 0, BOTH);
	struct iomd_map *one = window(test, desc, UNIQUE, 0, 0);
	struct iomd_map *two = window(test, desc, UNIQUE, 0, 0);
	struct iomd_map *plain = window(test, desc, 0, 0, 0);

	KUNIT_EXPECT_PTR_NE(test, one, two);
	KUNIT_EXPECT_NE(test, iomd_map_get_address(one), iomd_map_get_address(two));
	KUNIT_EXPECT_PTR_NE(test, plain, one);
	KUNIT_EXPECT_PTR_NE(test, plain, two);
	KUNIT_EXPECT_PTR_EQ(test, window(test, desc, 0, 0, 0), plain);
	KUNIT_EXPECT_TRUE(test, shows(two, LENGTH, 0));
}

/* MAP-10 MAP-44: one of physical memory is of a descriptor of just that, if it is one piece */
static void unique_physical_maps_have_their_own(struct kunit *test)
{
	u8 *memory = iomd_kunit_zalloc(test, LENGTH);
	u64 start = virt_to_phys(memory);
	const struct iomd_range ranges[] = {
		{ start, PAGE_SIZE }, { start + 2 * PAGE_SIZE, 2 * PAGE_SIZE },
	};
	struct iomd_desc *desc = iomd_kunit_desc(test,
		iomd_desc_with_address_ranges(ranges, 2, OUT, NULL)), *own;
	struct iomd_map *map = window(test, desc, UNIQUE, PAGE_SIZE + 5, PAGE_SIZE);

	own = iomd_map_get_memory_descriptor(map);
	KUNIT_EXPECT_PTR_NE(test, own, desc);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(own), PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_direction(own), (u32)OUT);
	KUNIT_EXPECT_TRUE(test, iomd_desc_get_flags(own) & IOMD_MEMORY_MAPPER_NONE);
	KUNIT_EXPECT_EQ(test, iomd_map_get_offset(map), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_map_get_physical_address(map), start + 2 * PAGE_SIZE + 5);
	bytes_of(map)[0] = 0x11;
	KUNIT_EXPECT_EQ(test, memory[2 * PAGE_SIZE + 5], 0x11);
	IOMD_KUNIT_EXPECT_ERR(test, try(desc, UNIQUE, 0, 2 * PAGE_SIZE), -EINVAL);
}

/* MAP-13 MAP-15 MAP-74: a reference is on what there is, and makes nothing */
static void references_make_nothing(struct kunit *test)
{
	struct iomd_desc *desc = page_desc(test, 0, BOTH);
	struct iomd_map *map;

	IOMD_KUNIT_EXPECT_ERR(test, try(desc, REFERENCE, 0, 0), -ENOENT);
	map = window(test, desc, 0, 0, 0);
	KUNIT_EXPECT_PTR_EQ(test, window(test, desc, REFERENCE, 0, 0), map);
	KUNIT_EXPECT_PTR_EQ(test, bytes_of(window(test, desc, REFERENCE, 5, 6)),
			    bytes_of(map) + 5);
	IOMD_KUNIT_EXPECT_ERR(test, try(desc, REFERENCE | READ_ONLY, 0, 0), -ENOENT);
}

/* MAP-9 MAP-48 MAP-73 MD-88 MD-92: what somebody has mapped is noted, shared, and left */
static void static_maps_are_notes(struct kunit *test)
{
	struct page **pages = iomd_kunit_scattered_pages(test, NR_PAGES);
	u8 *memory = iomd_kunit_vmap(test, pages, NR_PAGES);
	struct iomd_desc *desc = iomd_kunit_desc(test,
		iomd_desc_with_pages(pages, NR_PAGES, 0, LENGTH, BOTH, NULL));
	struct iomd_map *map, *same;

	map = iomd_desc_set_mapping(desc, IOMD_KERNEL_TASK, (unsigned long)memory, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, map);
	KUNIT_EXPECT_PTR_EQ(test, bytes_of(map), memory);
	KUNIT_EXPECT_EQ(test, iomd_map_get_length(map), LENGTH);
	same = try(desc, 0, 0, 0);
	KUNIT_EXPECT_PTR_EQ(test, same, map);
	iomd_map_put(same);
	KUNIT_EXPECT_PTR_EQ(test, bytes_of(window(test, desc, 0, 8, 8)), memory + 8);

	/* No check, so anything will do; and it is another each time. */
	same = iomd_desc_create_mapping_in_task(desc, IOMD_KERNEL_TASK, 0x1234,
						STATIC | UNIQUE | REFERENCE, 77, 5 * LENGTH);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, same);
	KUNIT_EXPECT_PTR_NE(test, same, map);
	KUNIT_EXPECT_EQ(test, iomd_map_get_address(same), 0x1234ULL);
	KUNIT_EXPECT_EQ(test, iomd_map_get_offset(same), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_map_get_length(same), 5 * LENGTH);
	iomd_map_put(same);

	KUNIT_EXPECT_EQ(test, iomd_map_unmap(map), 0);
	iomd_map_put(map);
	KUNIT_EXPECT_TRUE(test, is_mapped(memory));
}

/* MAP-40: where a static map is, is where it is found; a part where that part is */
static void placed_requests_find_what_is_there(struct kunit *test)
{
	struct iomd_desc *desc = page_desc(test, 0, BOTH);
	const u64 at = 0x123450000;
	struct iomd_map *map = kept(test, iomd_desc_set_mapping(desc, IOMD_KERNEL_TASK, at, 0));
	struct iomd_map *part;

	part = iomd_desc_create_mapping_in_task(desc, IOMD_KERNEL_TASK, at, 0, 0, 0);
	KUNIT_EXPECT_PTR_EQ(test, kept(test, part), map);
	part = kept(test, iomd_desc_create_mapping_in_task(desc, IOMD_KERNEL_TASK, at + PAGE_SIZE,
							   0, PAGE_SIZE, PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, iomd_map_get_address(part), at + PAGE_SIZE);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_desc_create_mapping_in_task(desc, IOMD_KERNEL_TASK, at, 0,
								     PAGE_SIZE, PAGE_SIZE),
			      -EOPNOTSUPP);
}

/* MAP-39: a mode that is asked for is not that of a map of the default one, but the reverse */
static void cache_test_is_one_sided(struct kunit *test)
{
	struct iomd_desc *desc = page_desc(test, 0, BOTH), *other = page_desc(test, 0, BOTH);
	struct iomd_map *plain = window(test, desc, 0, 0, 0);
	struct iomd_map *cached = window(test, other, IOMD_MAP_COPYBACK_CACHE, 0, 0);

	KUNIT_EXPECT_PTR_NE(test, window(test, desc, IOMD_MAP_COPYBACK_CACHE, 0, 0), plain);
	KUNIT_EXPECT_PTR_EQ(test, window(test, other, 0, 0, 0), cached);
}

/* GMD-27 GMD-100: maps of what a descriptor was go on, and are no longer found */
static void maps_outlive_what_was_described(struct kunit *test)
{
	u64 address, before = iomd_kunit_pinned();
	struct iomd_desc *desc = user_desc(test, &address, 0, LENGTH, BOTH);
	struct iomd_map *map = try(desc, 0, 0, 0), *now;
	struct iomd_range other;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, map);
	other.address = iomd_kunit_map_anonymous(test, LENGTH);
	other.length = LENGTH;
	KUNIT_ASSERT_EQ(test, iomd_desc_init_with_options(desc, &other, 1, 0, iomd_kunit_mm,
							  IOMD_MEMORY_TYPE_VIRTUAL | BOTH, NULL),
			0);
	KUNIT_EXPECT_TRUE(test, shows(map, LENGTH, 0));
	IOMD_KUNIT_EXPECT_ERR(test, try(desc, REFERENCE, 0, 0), -ENOENT);
	now = window(test, desc, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, bytes_of(now)[5], 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before + 2 * NR_PAGES);
	iomd_map_put(map);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before + NR_PAGES);
}

/* A thread that maps, looks, and puts, over and over. */
struct racer {
	struct iomd_desc *desc;
	struct completion done;
	unsigned int nr_wrong;
};

#define ROUNDS		1000

static int race(void *data)
{
	struct racer *racer = data;
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		struct iomd_map *map = iomd_desc_map(racer->desc, 0);

		if (IS_ERR(map) || *bytes_of(map) != 0x5a)
			racer->nr_wrong++;
		iomd_map_put(map);
	}
	complete(&racer->done);
	return 0;
}

/* OBJ-26 MAP-3: a map that is found is never one that is on its way out */
static void finding_excludes_the_last_put(struct kunit *test)
{
	u8 *memory = iomd_kunit_zalloc(test, PAGE_SIZE);
	struct iomd_desc *desc = iomd_kunit_desc(test,
		iomd_desc_with_physical_address(virt_to_phys(memory), PAGE_SIZE, BOTH));
	struct racer racers[2] = { { .desc = desc }, { .desc = desc } };
	u32 i;

	*memory = 0x5a;

	for (i = 0; i < ARRAY_SIZE(racers); i++) {
		init_completion(&racers[i].done);
		KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(race, &racers[i], "iomd-race")));
	}
	for (i = 0; i < ARRAY_SIZE(racers); i++) {
		wait_for_completion(&racers[i].done);
		KUNIT_EXPECT_EQ(test, racers[i].nr_wrong, 0U);
	}
}

/*
 * Unmapping, and what maps say.
 */

/* MAP-47 MAP-49 MAP-50 MAP-55 OBJ-28 MD-95: unmapped maps are nowhere, and stay valid */
static void unmapped_maps_are_nowhere(struct kunit *test)
{
	struct iomd_desc *desc = page_desc(test, 0, BOTH);
	struct iomd_map *map = window(test, desc, 0, 0, 0);
	struct iomd_map *part = window(test, desc, 0, PAGE_SIZE, PAGE_SIZE), *fresh;
	u8 *memory = bytes_of(map);

	KUNIT_EXPECT_EQ(test, iomd_map_unmap(part), 0);
	KUNIT_EXPECT_TRUE(test, is_mapped(memory + PAGE_SIZE));
	part = window(test, desc, 0, PAGE_SIZE, PAGE_SIZE);

	KUNIT_EXPECT_EQ(test, iomd_map_unmap(map), 0);
	KUNIT_EXPECT_FALSE(test, is_mapped(memory));
	KUNIT_EXPECT_EQ(test, iomd_map_get_address(map), 0ULL);
	KUNIT_EXPECT_PTR_EQ(test, iomd_map_get_address_task(map), NULL);
	KUNIT_EXPECT_EQ(test, iomd_map_get_length(map), LENGTH);
	KUNIT_EXPECT_PTR_EQ(test, iomd_map_get_memory_descriptor(map), desc);
	KUNIT_EXPECT_EQ(test, iomd_map_get_address(part), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_map_unmap(map), 0);
	KUNIT_EXPECT_EQ(test, iomd_map_redirect(map, NULL, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, iomd_map_wire_range(map, IN, 0, 1), -EINVAL);

	fresh = window(test, desc, 0, 0, 0);
	KUNIT_EXPECT_PTR_NE(test, fresh, map);
	KUNIT_EXPECT_TRUE(test, shows(fresh, LENGTH, 0));
}

/* MAP-51: a map whose client has died is nowhere, too */
static void maps_of_the_dead_are_nowhere(struct kunit *test)
{
	struct iomd_desc *desc = page_desc(test, 0, BOTH);
	struct iomd_map *map = window(test, desc, UNIQUE, 0, 0);

	KUNIT_EXPECT_EQ(test, iomd_map_user_client_unmap(map), 0);
	iomd_map_task_died(map);
	KUNIT_EXPECT_EQ(test, iomd_map_get_address(map), 0ULL);
	KUNIT_EXPECT_PTR_EQ(test, iomd_map_get_address_task(map), NULL);
	KUNIT_EXPECT_EQ(test, iomd_map_get_length(map), LENGTH);
	iomd_map_task_died(map);
}

/* MAP-45 MAP-49: segments are those of the memory that is mapped, and end with the map */
static void segments_end_with_the_map(struct kunit *test)
{
	struct iomd_desc *desc = page_desc(test, 5, BOTH | IOMD_MEMORY_MAPPER_NONE);
	struct iomd_map *map = window(test, desc, 0, 11, PAGE_SIZE);
	u64 length = 1;

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_map_get_physical_address(map), iomd_kunit_phys(desc, 11, NULL));
	KUNIT_EXPECT_EQ(test, iomd_map_get_physical_segment(map, 1, &length, 0),
			iomd_kunit_phys(desc, 12, NULL));
	KUNIT_EXPECT_EQ(test, length, PAGE_SIZE - 17);
	KUNIT_EXPECT_EQ(test, iomd_map_get_physical_segment(map, PAGE_SIZE - 2, &length, 0),
			iomd_kunit_phys(desc, PAGE_SIZE + 9, NULL));
	KUNIT_EXPECT_EQ(test, length, 2ULL);
	KUNIT_EXPECT_EQ(test, iomd_map_get_physical_segment(map, PAGE_SIZE, &length, 0), 0ULL);
	KUNIT_EXPECT_EQ(test, length, 0ULL);

	iomd_map_unmap(map);
	KUNIT_EXPECT_EQ(test, iomd_map_get_physical_address(map), iomd_kunit_phys(desc, 11, NULL));
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
}

/* MAP-53 MAP-56 MAP-64 MD-99: windows of the kernel show what they show, and nobody waits */
static void the_kernel_cannot_wait(struct kunit *test)
{
	struct iomd_desc *desc = page_desc(test, 0, BOTH), *other = page_desc(test, 0, BOTH);
	struct iomd_map *plain = window(test, desc, 0, 0, 0);
	struct iomd_map *unique = window(test, desc, UNIQUE, 0, 0);

	KUNIT_EXPECT_EQ(test, iomd_map_redirect(plain, other, 0, 0), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, iomd_map_redirect(unique, other, 0, 0), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, iomd_map_redirect(unique, NULL, 0, 0), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, iomd_desc_redirect(desc, NULL, true), -EOPNOTSUPP);
	KUNIT_EXPECT_FALSE(test, iomd_desc_get_flags(desc) & IOMD_MEMORY_REDIRECTED);
	KUNIT_EXPECT_EQ(test, iomd_desc_redirect(desc, IOMD_KERNEL_TASK, true), 0);
	KUNIT_EXPECT_TRUE(test, iomd_desc_get_flags(desc) & IOMD_MEMORY_REDIRECTED);
	KUNIT_EXPECT_TRUE(test, shows(unique, LENGTH, 0));
	KUNIT_EXPECT_EQ(test, iomd_desc_redirect(desc, IOMD_KERNEL_TASK, false), 0);
	KUNIT_EXPECT_FALSE(test, iomd_desc_get_flags(desc) & IOMD_MEMORY_REDIRECTED);
}

/* MAP-66 MAP-67: what the kernel has mapped is wired; ranges outside are refused */
static void wiring_stays_inside(struct kunit *test)
{
	struct iomd_map *map = window(test, page_desc(test, 0, BOTH), 0, 0, 0);

	KUNIT_EXPECT_EQ(test, iomd_map_wire_range(map, BOTH, 5, LENGTH - 5), 0);
	KUNIT_EXPECT_EQ(test, iomd_map_wire_range(map, NONE, 5, LENGTH - 5), 0);
	KUNIT_EXPECT_EQ(test, iomd_map_wire_range(map, IN, 0, LENGTH + 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_map_wire_range(map, IN, LENGTH, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_map_wire_range(map, IN, 2, U64_MAX), -EINVAL);
	map = window(test, page_desc(test, 0, BOTH), READ_ONLY, 0, 0);
	KUNIT_EXPECT_EQ(test, iomd_map_wire_range(map, IN, 0, 1), 0);
	KUNIT_EXPECT_EQ(test, iomd_map_wire_range(map, OUT, 0, 1), -EACCES);
}

/*
 * Descriptors of other kinds.
 */

/* GMD-103 MD-97: pieces that meet within a page cannot be put together */
static void pieces_meet_at_pages(struct kunit *test)
{
	u8 *memory = iomd_kunit_zalloc(test, LENGTH);
	u64 start = virt_to_phys(memory);
	const struct iomd_range ranges[] = {
		{ start + 5, PAGE_SIZE - 5 }, { start + 3 * PAGE_SIZE, 100 }, { start + 300, 50 },
	};
	struct iomd_desc *desc = iomd_kunit_desc(test,
		iomd_desc_with_address_ranges(ranges, 3, BOTH, NULL));
	struct iomd_map *map = window(test, desc, 0, 0, PAGE_SIZE + 95);

	memory[3 * PAGE_SIZE + 2] = 0x21;
	KUNIT_EXPECT_EQ(test, bytes_of(map)[PAGE_SIZE - 5 + 2], 0x21);
	IOMD_KUNIT_EXPECT_ERR(test, try(desc, 0, 0, 0), -EBADSLT);
	memory[305] = 0x22;
	KUNIT_EXPECT_EQ(test, bytes_of(window(test, desc, 0, PAGE_SIZE + 95, 50))[5], 0x22);
}

/* GMD-78: ranges that continue each other are one piece, wherever they meet */
static void adjacent_ranges_are_one(struct kunit *test)
{
	u8 *memory = iomd_kunit_zalloc(test, LENGTH);
	u64 start = (unsigned long)memory;
	const struct iomd_range ranges[] = { { start, 77 }, { start + 77, LENGTH - 77 } };
	struct iomd_desc *desc = iomd_kunit_desc(test,
		iomd_desc_with_address_ranges(ranges, 2, BOTH, IOMD_KERNEL_TASK));

	KUNIT_EXPECT_PTR_EQ(test, bytes_of(window(test, desc, 0, 0, 0)), memory);
}

/* GMD-100: remote memory is nowhere for this CPU */
static void remote_memory_is_out_of_reach(struct kunit *test)
{
	struct iomd_desc *desc = iomd_kunit_desc(test,
		iomd_desc_with_address_range(0x10000, PAGE_SIZE, BOTH | IOMD_MEMORY_REMOTE, NULL));

	IOMD_KUNIT_EXPECT_ERR(test, try(desc, 0, 0, 0), -ENXIO);
	desc = iomd_kunit_of_kernel(test, iomd_kunit_zalloc(test, PAGE_SIZE), PAGE_SIZE,
				    BOTH | IOMD_MEMORY_REMOTE);
	IOMD_KUNIT_EXPECT_ERR(test, try(desc, 0, 0, 0), -ENXIO);
}

/* SUB-17 SUB-18 SUB-19 MD-91 MAP-44: maps of a sub descriptor are its parent's */
static void subs_are_mapped_by_parents(struct kunit *test)
{
	struct iomd_desc *desc = page_desc(test, 0, BOTH);
	struct iomd_desc *sub = iomd_kunit_sub(test, desc, PAGE_SIZE, 2 * PAGE_SIZE, BOTH);
	struct iomd_desc *inner = iomd_kunit_sub(test, sub, 100, PAGE_SIZE, BOTH);
	struct iomd_map *map = try(inner, 0, 0, 0);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, map);
	KUNIT_EXPECT_PTR_EQ(test, iomd_map_get_memory_descriptor(map), desc);
	KUNIT_EXPECT_EQ(test, iomd_map_get_length(map), PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, iomd_map_get_offset(map), PAGE_SIZE + 100);
	KUNIT_EXPECT_TRUE(test, shows(map, PAGE_SIZE, PAGE_SIZE + 100));
	KUNIT_EXPECT_PTR_EQ(test, window(test, desc, 0, PAGE_SIZE + 100, PAGE_SIZE), map);
	iomd_map_put(map);
	iomd_map_unmap(map);

	map = window(test, desc, 0, 0, 0);
	KUNIT_EXPECT_PTR_EQ(test, bytes_of(window(test, sub, 0, 0, 0)),
			    bytes_of(map) + PAGE_SIZE);
}

/* SUB-20: windows lie inside the sub descriptor, not just inside its parent */
static void windows_lie_inside_the_sub(struct kunit *test)
{
	struct iomd_desc *desc = page_desc(test, 0, BOTH);
	struct iomd_desc *sub = iomd_kunit_sub(test, desc, PAGE_SIZE, PAGE_SIZE, BOTH);

	IOMD_KUNIT_EXPECT_ERR(test, try(sub, 0, 0, PAGE_SIZE + 1), -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, try(sub, 0, 1, 0), -EINVAL);
	window(test, sub, 0, 1, PAGE_SIZE - 1);
}

/* MULTI-20 MULTI-21 MULTI-24 MULTI-25: a window goes across children, and shows them all */
static void multis_are_shown_in_one(struct kunit *test)
{
	u64 address, before = iomd_kunit_pinned();
	struct iomd_desc *children[] = {
		user_desc(test, &address, 50, PAGE_SIZE - 50, BOTH),
		page_desc(test, 0, BOTH),
		iomd_kunit_of_process(test, address - 50, PAGE_SIZE, BOTH),
	};
	struct iomd_desc *multi = iomd_kunit_multi(test, children, 3, BOTH);
	struct iomd_map *map = window(test, multi, 0, 0, 0), *part;
	u8 *bytes = bytes_of(map);

	KUNIT_EXPECT_PTR_EQ(test, iomd_map_get_memory_descriptor(map), multi);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before + 2);
	KUNIT_EXPECT_TRUE(test, shows(map, PAGE_SIZE - 50, 0));
	KUNIT_EXPECT_EQ(test, bytes[PAGE_SIZE - 50], expected_at(0));
	KUNIT_EXPECT_EQ(test, bytes[PAGE_SIZE - 50 + LENGTH - 1], expected_at(LENGTH - 1));
	bytes[0] = 0xee;
	KUNIT_EXPECT_EQ(test, bytes[PAGE_SIZE - 50 + LENGTH + 50], 0xee);
	part = window(test, multi, 0, 3, LENGTH);
	KUNIT_EXPECT_PTR_EQ(test, bytes_of(part), bytes + 3);
	iomd_map_unmap(map);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before);

	map = window(test, multi, 0, PAGE_SIZE - 50 + 9, 2 * PAGE_SIZE);
	KUNIT_EXPECT_TRUE(test, shows(map, 2 * PAGE_SIZE, 9));
	IOMD_KUNIT_EXPECT_ERR(test, try(multi, IOMD_MAP_PREFAULT | UNIQUE, 0, 0), -EINVAL);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(multi, NONE), 0);
	window(test, multi, IOMD_MAP_PREFAULT | UNIQUE, 0, 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(multi, NONE), 0);
}

/* MULTI-9: maps of what a multi was go on, and are no longer found */
static void maps_outlive_children(struct kunit *test)
{
	struct iomd_desc *one = page_desc(test, 0, BOTH), *two = page_desc(test, PAGE_SIZE, BOTH);
	struct iomd_desc *multi = iomd_kunit_multi(test, &one, 1, BOTH);
	struct iomd_map *map = window(test, multi, 0, 0, 0), *now;

	KUNIT_ASSERT_EQ(test, iomd_multi_init_with_descriptors(multi, &two, 1, BOTH, false), 0);
	now = window(test, multi, 0, 0, 0);
	KUNIT_EXPECT_PTR_NE(test, now, map);
	KUNIT_EXPECT_TRUE(test, shows(map, LENGTH, 0));
	KUNIT_EXPECT_TRUE(test, shows(now, LENGTH - PAGE_SIZE, 0));
	KUNIT_EXPECT_NE(test, iomd_map_get_address(now), iomd_map_get_address(map));
}

/* MULTI-22 MULTI-23 GMD-101: children meet at pages, and one that fails leaves nothing */
static void multis_fail_as_one(struct kunit *test)
{
	u64 address, before = iomd_kunit_pinned();
	struct iomd_desc *short_one = user_desc(test, &address, 0, PAGE_SIZE - 1, BOTH);
	struct iomd_desc *bad = iomd_kunit_of_process(test, 0x1000, PAGE_SIZE, BOTH);
	struct iomd_desc *unaligned[] = { short_one, page_desc(test, 0, BOTH) };
	struct iomd_desc *failing[] = { short_one, bad };

	IOMD_KUNIT_EXPECT_ERR(test, try(iomd_kunit_multi(test, unaligned, 2, BOTH), 0, 0, 0),
			      -EBADSLT);
	IOMD_KUNIT_EXPECT_ERR(test, try(iomd_kunit_multi(test, failing, 2, BOTH), 0, 0, 0),
			      -EFAULT);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before);
}

/* ILV-20 MD-94: portions cannot be mapped, but somebody else's mapping can be noted */
static void portions_cannot_be_mapped(struct kunit *test)
{
	struct iomd_desc *desc = iomd_kunit_interleaved(test, 1, BOTH);
	struct iomd_desc *memory = page_desc(test, 0, BOTH);
	struct iomd_map *map;

	KUNIT_ASSERT_TRUE(test, iomd_interleaved_set_memory_descriptor(desc, memory, 0, LENGTH));
	IOMD_KUNIT_EXPECT_ERR(test, try(desc, 0, 0, 0), -EOPNOTSUPP);
	map = kept(test, iomd_desc_set_mapping(desc, IOMD_KERNEL_TASK, 0x5000, 0));
	KUNIT_EXPECT_EQ(test, iomd_map_get_address(map), 0x5000ULL);
}

/* GRD-6: the kernel has no means to keep a place free, so there are no guards of this kind */
static void guards_are_for_tasks(struct kunit *test)
{
	struct iomd_desc *guard = iomd_kunit_desc(test, iomd_guard_with_size(PAGE_SIZE));

	IOMD_KUNIT_EXPECT_ERR(test, try(guard, 0, 0, 0), -EOPNOTSUPP);
}

/*
 * What a review found.
 */

/* MAP-30 MD-73: what was written through a map is not lost when memory gets short */
static void written_pages_are_dirty(struct kunit *test)
{
	struct iomd_buffer *buffer = iomd_kunit_buffer(test,
		iomd_buffer_in_task_with_options(NULL, BOTH | IOMD_BUFFER_PAGEABLE, LENGTH,
						 PAGE_SIZE));
	struct iomd_desc *desc = iomd_buffer_desc(buffer);
	struct iomd_map *map = try(desc, 0, 0, 0);
	u64 dirty = 0;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, map);
	bytes_of(map)[0] = 1;
	iomd_map_put(map);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_page_counts(desc, NULL, &dirty), 0);
	KUNIT_EXPECT_EQ(test, dirty, (u64)NR_PAGES);
}

/* MAP-30: who wires memory first keeps reclaim off it when the other has unwired it */
static void wired_by_two(struct kunit *test)
{
	struct iomd_buffer *buffer = iomd_kunit_buffer(test,
		iomd_buffer_in_task_with_options(NULL, BOTH | IOMD_BUFFER_PAGEABLE, LENGTH,
						 PAGE_SIZE));
	struct iomd_desc *desc = iomd_buffer_desc(buffer);
	struct iomd_map *map = window(test, desc, 0, 0, 0);
	struct address_space *mapping = vmalloc_to_page(bytes_of(map))->mapping;

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_TRUE(test, mapping_unevictable(mapping));
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_TRUE(test, mapping_unevictable(mapping));
	KUNIT_EXPECT_EQ(test, iomd_map_unmap(map), 0);
	KUNIT_EXPECT_FALSE(test, mapping_unevictable(mapping));
}

/* MD-65 MAP-30: contents that are given up are gone from maps, too, which keep the pages */
static void purged_maps_are_empty(struct kunit *test)
{
	struct iomd_buffer *buffer = iomd_kunit_buffer(test,
		iomd_buffer_in_task_with_options(NULL, BOTH | IOMD_BUFFER_PAGEABLE |
						 IOMD_BUFFER_PURGEABLE, LENGTH,
						 PAGE_SIZE));
	struct iomd_desc *desc = iomd_buffer_desc(buffer);
	struct iomd_map *map = window(test, desc, 0, 0, 0);
	u32 old;

	bytes_of(map)[LENGTH - 1] = 1;
	KUNIT_EXPECT_EQ(test, iomd_desc_set_purgeable(desc, IOMD_PURGEABLE_EMPTY, &old), 0);
	KUNIT_EXPECT_EQ(test, bytes_of(map)[LENGTH - 1], 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_set_purgeable(desc, IOMD_PURGEABLE_NON_VOLATILE, &old), 0);
	bytes_of(map)[LENGTH - 1] = 2;
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, LENGTH - 1, &old, 1), 1ULL);
	KUNIT_EXPECT_EQ(test, *(u8 *)&old, 2);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
}

/* MD-99: who waits can be let go on, whatever the kernel has mapped meanwhile */
static void waiting_can_be_ended(struct kunit *test)
{
	struct iomd_desc *desc = page_desc(test, 0, BOTH);

	KUNIT_ASSERT_EQ(test, iomd_desc_redirect(desc, NULL, true), 0);
	window(test, desc, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_redirect(desc, NULL, false), 0);
	KUNIT_EXPECT_FALSE(test, iomd_desc_get_flags(desc) & IOMD_MEMORY_REDIRECTED);
}

/* GMD-27 MD-23 MD-100: a redirected descriptor stays so, and has its maps, as something else */
static void redirection_outlives_what_was_described(struct kunit *test)
{
	u64 address;
	struct iomd_desc *desc = user_desc(test, &address, 0, LENGTH, BOTH);
	struct iomd_map *map = window(test, desc, 0, 0, 0);
	const struct iomd_range other = { address, LENGTH };

	KUNIT_ASSERT_EQ(test, iomd_desc_redirect(desc, IOMD_KERNEL_TASK, true), 0);
	KUNIT_ASSERT_EQ(test, iomd_desc_init_with_options(desc, &other, 1, 0, iomd_kunit_mm,
							  IOMD_MEMORY_TYPE_VIRTUAL | BOTH, NULL),
			0);
	KUNIT_EXPECT_TRUE(test, iomd_desc_get_flags(desc) & IOMD_MEMORY_REDIRECTED);
	KUNIT_EXPECT_PTR_EQ(test, window(test, desc, REFERENCE, 0, 0), map);
	KUNIT_EXPECT_EQ(test, iomd_desc_redirect(desc, IOMD_KERNEL_TASK, false), 0);
}

/* MAP-66 MAP-67 MAP-17: a task's own memory is pinned until it is unwired, or unmapped */
static void wires_what_a_task_has(struct kunit *test)
{
	u64 address, before = iomd_kunit_pinned();
	struct iomd_desc *desc = user_desc(test, &address, 0, LENGTH, BOTH);
	struct iomd_map *map, *part;

	map = kept(test, iomd_desc_create_mapping_in_task(desc, iomd_kunit_mm, 0, ANYWHERE, 0, 0));
	part = kept(test, iomd_desc_create_mapping_in_task(desc, iomd_kunit_mm, 0, ANYWHERE,
							   PAGE_SIZE, 2 * PAGE_SIZE));
	KUNIT_ASSERT_EQ(test, iomd_map_get_address(map), address);
	KUNIT_ASSERT_EQ(test, iomd_map_get_address(part), address + PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before);

	KUNIT_EXPECT_EQ(test, iomd_map_wire_range(map, IN, PAGE_SIZE + 5, 10), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before + 1);
	KUNIT_EXPECT_EQ(test, iomd_map_wire_range(part, BOTH, PAGE_SIZE, PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before + 2);
	KUNIT_EXPECT_EQ(test, iomd_map_wire_range(map, NONE, PAGE_SIZE, 10), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_map_wire_range(part, NONE, 5, 10), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_map_wire_range(map, NONE, PAGE_SIZE + 5, 10), 0);
	KUNIT_EXPECT_EQ(test, iomd_map_wire_range(map, NONE, PAGE_SIZE + 5, 10), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before + 1);

	/* Through a part it goes with that. */
	KUNIT_EXPECT_EQ(test, iomd_map_unmap(part), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before);
	KUNIT_EXPECT_EQ(test, iomd_map_wire_range(map, IN, 0, 1), 0);
	part = iomd_desc_create_mapping_in_task(desc, iomd_kunit_mm, 0, ANYWHERE, PAGE_SIZE,
						PAGE_SIZE);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, part);
	KUNIT_EXPECT_EQ(test, iomd_map_wire_range(part, IN, 1, 1), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before + 2);
	iomd_map_put(part);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before + 1);
	KUNIT_EXPECT_EQ(test, iomd_map_unmap(map), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before);
	KUNIT_EXPECT_EQ(test, iomd_map_wire_range(map, IN, 0, 1), -EINVAL);
}

/* MAP-66: In is for reading, Out for writing; what may not be written is not wired for that */
static void wires_as_is_allowed(struct kunit *test)
{
	u64 base = iomd_kunit_map(test, NULL, LENGTH, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS);
	struct iomd_desc *desc = iomd_kunit_of_process(test, base, LENGTH, OUT);
	struct iomd_map *map;

	map = kept(test, iomd_desc_create_mapping_in_task(desc, iomd_kunit_mm, 0, ANYWHERE, 0, 0));
	KUNIT_EXPECT_EQ(test, iomd_map_wire_range(map, OUT, 0, LENGTH), -EACCES);
	KUNIT_EXPECT_EQ(test, iomd_map_wire_range(map, BOTH, 0, LENGTH), -EACCES);
	KUNIT_EXPECT_EQ(test, iomd_map_wire_range(map, IN, 0, LENGTH), 0);
	KUNIT_EXPECT_EQ(test, iomd_map_wire_range(map, NONE, 0, LENGTH), 0);
}

/* MAP-10 GMD-100: remote memory is out of reach of unique maps, too */
static void remote_memory_is_not_unique(struct kunit *test)
{
	u64 address = virt_to_phys(iomd_kunit_zalloc(test, PAGE_SIZE));
	struct iomd_desc *desc = iomd_kunit_desc(test,
		iomd_desc_with_address_range(address, PAGE_SIZE, BOTH | IOMD_MEMORY_REMOTE, NULL));

	IOMD_KUNIT_EXPECT_ERR(test, try(desc, UNIQUE, 0, 0), -ENXIO);
}

/* SUB-17 SUB-18 MAP-9 MD-88: where a sub descriptor is mapped, its part of the parent is */
static void static_maps_of_subs_are_of_their_part(struct kunit *test)
{
	struct page **pages = iomd_kunit_scattered_pages(test, NR_PAGES);
	u8 *memory = iomd_kunit_vmap(test, pages, NR_PAGES);
	struct iomd_desc *desc = iomd_kunit_desc(test,
		iomd_desc_with_pages(pages, NR_PAGES, 0, LENGTH, BOTH, NULL));
	struct iomd_desc *sub = iomd_kunit_sub(test, desc, PAGE_SIZE, 2 * PAGE_SIZE, BOTH);
	struct iomd_map *map;

	map = kept(test, iomd_desc_set_mapping(sub, IOMD_KERNEL_TASK,
					       (unsigned long)memory + PAGE_SIZE, 0));
	KUNIT_EXPECT_EQ(test, iomd_map_get_offset(map), (u64)PAGE_SIZE);
	KUNIT_EXPECT_PTR_EQ(test, window(test, sub, 0, 0, 0), map);
	memory[0] = 0x42;
	KUNIT_EXPECT_EQ(test, bytes_of(window(test, desc, 0, 0, 2 * PAGE_SIZE))[0], 0x42);
}

/* GMD-77 GMD-61: maps of a persistent descriptor show what it is bound to */
static void persistent_memory_is_what_it_was(struct kunit *test)
{
	u64 address, before = iomd_kunit_pinned();
	struct iomd_desc *desc = user_desc(test, &address, 0, LENGTH,
					   BOTH | IOMD_MEMORY_PERSISTENT);

	iomd_kunit_unmap(address, LENGTH);
	KUNIT_EXPECT_TRUE(test, shows(window(test, desc, 0, 0, 0), LENGTH, 0));
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before + NR_PAGES);
}

/* GMD-81 MAP-33: and it is not written through a map if it may not be */
static void persistent_memory_may_be_read_only(struct kunit *test)
{
	u64 address;
	struct iomd_desc *desc = user_desc(test, &address, 0, LENGTH,
					   OUT | IOMD_MEMORY_PERSISTENT);

	window(test, desc, READ_ONLY, 0, 0);
	IOMD_KUNIT_EXPECT_ERR(test, try(desc, 0, 0, 0), -EACCES);
}

/* MAP-7: nothing is mapped into an address space that is gone, not even what was there */
static void the_dead_get_no_maps(struct kunit *test)
{
	char *argv[4] = { "/bin/busybox", "sleep", "1000", NULL };
	struct iomd_kunit_process *process = iomd_kunit_start(test, argv);
	struct iomd_desc *desc = iomd_kunit_desc(test,
		iomd_desc_with_address_range(0x1000, PAGE_SIZE, BOTH, process->mm));
	struct iomd_map *map;

	map = iomd_desc_create_mapping_in_task(desc, process->mm, 0, ANYWHERE, 0, 0);
	KUNIT_EXPECT_EQ(test, iomd_map_get_address(kept(test, map)), 0x1000ULL);
	iomd_kunit_kill(test, process);
	map = iomd_desc_create_mapping_in_task(desc, process->mm, 0, ANYWHERE, 0, 0);
	IOMD_KUNIT_EXPECT_ERR(test, map, -ENXIO);
}

/*
 * Failing.
 */

static int live_once(struct kunit *test, void *data)
{
	struct iomd_map *map = iomd_desc_map(data, 0), *part;

	if (IS_ERR(map))
		return PTR_ERR(map);
	part = try(data, 0, 8, 8);
	iomd_map_put(part);
	iomd_map_put(map);
	return PTR_ERR_OR_ZERO(part);
}

/* MD-90 GMD-101: whatever cannot be allocated, nothing is left */
static void survives_failing_allocations(struct kunit *test)
{
	struct iomd_desc *desc = iomd_kunit_desc(test,
		iomd_desc_with_physical_address(virt_to_phys(iomd_kunit_zalloc(test, LENGTH)),
						LENGTH, BOTH));

	KUNIT_EXPECT_GE(test, iomd_kunit_sweep(test, live_once, desc, UINT_MAX), 3U);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(shows_the_memory),
	KUNIT_CASE(windows_lie_inside),
	KUNIT_CASE(refuses_what_makes_no_sense),
	KUNIT_CASE(holds_the_descriptor),
	KUNIT_CASE(keeps_memory_of_tasks),
	KUNIT_CASE(respects_protection),
	KUNIT_CASE(writes_after_a_map_that_reads),
	KUNIT_CASE(read_only_is_another),
	KUNIT_CASE(small_guards),
	KUNIT_CASE(prefault_takes_prepared_memory),
	KUNIT_CASE(memory_has_its_mode),
	KUNIT_CASE(buffers_are_where_they_are),
	KUNIT_CASE(pageable_buffers_are_where_they_are),
	KUNIT_CASE(kernel_memory_is_where_it_is),
	KUNIT_CASE(contiguous_memory_takes_no_tables),
	KUNIT_CASE(tables_are_counted),
	KUNIT_CASE(buffers_grow_again),
	KUNIT_CASE(same_again_is_the_same),
	KUNIT_CASE(parts_keep_the_whole),
	KUNIT_CASE(parts_are_as_the_whole),
	KUNIT_CASE(parts_are_found),
	KUNIT_CASE(overlapping_maps_are_two),
	KUNIT_CASE(unique_maps_are_not_shared),
	KUNIT_CASE(unique_physical_maps_have_their_own),
	KUNIT_CASE(references_make_nothing),
	KUNIT_CASE(static_maps_are_notes),
	KUNIT_CASE(placed_requests_find_what_is_there),
	KUNIT_CASE(cache_test_is_one_sided),
	KUNIT_CASE(maps_outlive_what_was_described),
	KUNIT_CASE(finding_excludes_the_last_put),
	KUNIT_CASE(unmapped_maps_are_nowhere),
	KUNIT_CASE(maps_of_the_dead_are_nowhere),
	KUNIT_CASE(segments_end_with_the_map),
	KUNIT_CASE(the_kernel_cannot_wait),
	KUNIT_CASE(wiring_stays_inside),
	KUNIT_CASE(pieces_meet_at_pages),
	KUNIT_CASE(adjacent_ranges_are_one),
	KUNIT_CASE(remote_memory_is_out_of_reach),
	KUNIT_CASE(subs_are_mapped_by_parents),
	KUNIT_CASE(windows_lie_inside_the_sub),
	KUNIT_CASE(multis_are_shown_in_one),
	KUNIT_CASE(maps_outlive_children),
	KUNIT_CASE(multis_fail_as_one),
	KUNIT_CASE(portions_cannot_be_mapped),
	KUNIT_CASE(guards_are_for_tasks),
	KUNIT_CASE(written_pages_are_dirty),
	KUNIT_CASE(wired_by_two),
	KUNIT_CASE(purged_maps_are_empty),
	KUNIT_CASE(waiting_can_be_ended),
	KUNIT_CASE(redirection_outlives_what_was_described),
	KUNIT_CASE(wires_what_a_task_has),
	KUNIT_CASE(wires_as_is_allowed),
	KUNIT_CASE(remote_memory_is_not_unique),
	KUNIT_CASE(static_maps_of_subs_are_of_their_part),
	KUNIT_CASE(persistent_memory_is_what_it_was),
	KUNIT_CASE(persistent_memory_may_be_read_only),
	KUNIT_CASE(the_dead_get_no_maps),
	KUNIT_CASE(survives_failing_allocations),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_map",
	.suite_init = iomd_kunit_suite_init,
	.suite_exit = iomd_kunit_suite_exit,
	.init = iomd_kunit_init,
	.test_cases = cases,
};

kunit_test_suite(suite);
