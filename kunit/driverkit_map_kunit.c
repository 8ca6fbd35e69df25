// SPDX-License-Identifier: GPL-2.0-only
/*
 * Maps of drivers in user space, and memory of their clients.
 *
 * What a case does in a step is done by a process, and so maps into that; what it does
 * itself is done by the kernel, and maps there.
 */
#include <linux/mman.h>
#include <linux/sched/mm.h>
#include <linux/uaccess.h>

#include "compose.h"
#include "process.h"

#define IN		IOMD_DIRECTION_IN
#define OUT		IOMD_DIRECTION_OUT
#define BOTH		IOMD_DIRECTION_OUT_IN
#define NONE		IOMD_DIRECTION_NONE

#define FIXED		IOMD_DK_MEMORY_MAP_FIXED_ADDRESS
#define READ_ONLY	IOMD_DK_MEMORY_MAP_READ_ONLY
#define NO_GUARD	IOMD_DK_MEMORY_MAP_GUARDED_NONE
#define SMALL		IOMD_DK_MEMORY_MAP_GUARDED_SMALL
#define LARGE		IOMD_DK_MEMORY_MAP_GUARDED_LARGE
#define GUARD_BITS	IOMD_DK_MEMORY_MAP_GUARDED_MASK

#define NR_PAGES	4
#define LENGTH		(NR_PAGES * (u64)PAGE_SIZE)

/* Something that a call must overwrite. */
#define GARBAGE		((void *)test)

/*
 * Steps.
 */

struct call {
	struct kunit *test;
	void (*fn)(struct kunit *test);
};

static void step(void *data, unsigned int nr)
{
	struct call *call = data;

	call->fn(call->test);
}

/* Have a process do it. It must not end the case. */
static void in_process(struct kunit *test, void (*fn)(struct kunit *test))
{
	struct call call = { test, fn };

	iomd_kunit_run(test, "step 0", step, &call);
}

/*
 * Memory, and maps of it.
 */

/* A buffer with a pattern, made by whoever calls; without, on error. */
static struct iomd_buffer *created(struct kunit *test, u32 direction)
{
	struct iomd_buffer *buffer;

	KUNIT_EXPECT_EQ(test, iomd_dk_buffer_create(direction, LENGTH, 0, &buffer), 0);
	if (buffer)
		iomd_kunit_fill(iomd_buffer_get_bytes_no_copy(buffer), LENGTH, 1);
	return buffer;
}

static struct iomd_desc *created_desc(struct kunit *test, u32 direction)
{
	return iomd_buffer_desc(iomd_kunit_buffer(test, created(test, direction)));
}

static int create_mapping(struct iomd_desc *desc, u64 options, u64 offset, u64 length,
			  struct iomd_map **map)
{
	return iomd_dk_desc_create_mapping(desc, options, 0, offset, length, 0, map);
}

static void undo_map(void *data)
{
	iomd_map_put(data);
}

/* A map of all or a part, put at the end of the case; NULL, and a failure, if there is none. */
static struct iomd_map *mapped(struct kunit *test, struct iomd_desc *desc, u64 options, u64 offset,
			       u64 length)
{
	struct iomd_map *map = NULL;

	KUNIT_EXPECT_EQ(test, create_mapping(desc, options, offset, length, &map), 0);
	if (map)
		iomd_kunit_defer(test, undo_map, map);
	return map;
}

static void expect_error(struct kunit *test, struct iomd_desc *desc, u64 options, u64 offset,
			 u64 length)
{
	struct iomd_map *map = GARBAGE;

	KUNIT_EXPECT_EQ(test, create_mapping(desc, options, offset, length, &map), -EBADE);
	KUNIT_EXPECT_PTR_EQ(test, map, NULL);
}

static u32 guard_of(const struct iomd_map *map)
{
	return iomd_map_get_map_options(map) & IOMD_MAP_GUARDED_MASK;
}

static bool is_read_only(const struct iomd_map *map)
{
	return iomd_map_get_map_options(map) & IOMD_MAP_READ_ONLY;
}

/*
 * What the process that runs sees.
 */

static int peek(u64 address)
{
	u8 byte;

	return copy_from_user(&byte, u64_to_user_ptr(address), 1) ? -EFAULT : byte;
}

static bool can_write(u64 address)
{
	u8 byte = peek(address);

	return !copy_to_user(u64_to_user_ptr(address), &byte, 1);
}

/* Can it ever? */
static bool may_write(u64 address)
{
	struct vm_area_struct *vma;
	bool may;

	mmap_read_lock(current->mm);
	vma = find_vma(current->mm, address);
	may = vma && vma->vm_start <= address && (vma->vm_flags & (VM_WRITE | VM_MAYWRITE));
	mmap_read_unlock(current->mm);
	return may;
}

/* Does something have the page? If not it has not afterwards either. */
static bool is_taken(u64 address)
{
	u64 found = vm_mmap(NULL, address & PAGE_MASK, PAGE_SIZE, PROT_READ,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, 0);

	if (IS_ERR_VALUE((unsigned long)found))
		return true;
	vm_munmap(found, PAGE_SIZE);
	return false;
}

/* Where @nr pages are free. */
static u64 free_address(u32 nr)
{
	u64 address = vm_mmap(NULL, 0, nr * PAGE_SIZE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, 0);

	vm_munmap(address, nr * PAGE_SIZE);
	return address;
}

/*
 * Cases.
 */

/* MD-101 MAP-75 DK-4 DK-6 DK-22 DK-36 DK-54 DK-55 DK-56: into whoever calls; what that knows */
static void maps_a_part(struct kunit *test)
{
	struct iomd_map *map = mapped(test, test->priv, 0, PAGE_SIZE + 5, 100);
	struct iomd_dk_map_state state;

	if (!map)
		return;
	KUNIT_EXPECT_PTR_EQ(test, iomd_map_get_address_task(map), iomd_current_task());
	KUNIT_EXPECT_EQ(test, iomd_dk_map_copy_state(map, &state), 0);
	KUNIT_EXPECT_EQ(test, state.length, 100ULL);
	KUNIT_EXPECT_EQ(test, state.offset, PAGE_SIZE + 5ULL);
	KUNIT_EXPECT_EQ(test, state.address, iomd_map_get_address(map));
	KUNIT_EXPECT_EQ(test, state.options, (u64)iomd_map_get_map_options(map));
	KUNIT_EXPECT_EQ(test, offset_in_page(state.address), 5UL);
	if (iomd_current_task() == IOMD_KERNEL_TASK)
		KUNIT_EXPECT_EQ(test, *(u8 *)iomd_map_get_virtual_address(map),
				iomd_kunit_byte(1, PAGE_SIZE + 5));
	else
		KUNIT_EXPECT_EQ(test, peek(state.address), (int)iomd_kunit_byte(1, PAGE_SIZE + 5));
	KUNIT_EXPECT_EQ(test, iomd_map_unmap(map), 0);
	KUNIT_EXPECT_EQ(test, iomd_dk_map_copy_state(map, &state), 0);
	KUNIT_EXPECT_EQ(test, state.address, 0ULL);
	KUNIT_EXPECT_EQ(test, state.length, 100ULL);
}

static void maps_into_the_caller(struct kunit *test)
{
	test->priv = created_desc(test, BOTH);
	maps_a_part(test);
	in_process(test, maps_a_part);
}

/* MD-103 DK-32 DK-33 DK-34 DK-35 DK-36: what lies in the descriptor, and what does not */
static void checks_bounds(struct kunit *test)
{
	static const struct {
		u64 offset;
		u64 length;
		bool fits;
	} windows[] = {
		{ 0, 0, true },
		{ 0, LENGTH, true },
		{ PAGE_SIZE, LENGTH - PAGE_SIZE, true },
		{ LENGTH - 1, 1, true },
		{ PAGE_SIZE, 0, false },
		{ 0, LENGTH + 1, false },
		{ LENGTH, 1, false },
		{ LENGTH, 0, false },
		{ PAGE_SIZE, U64_MAX, false },
		{ PAGE_SIZE, U64_MAX - PAGE_SIZE + 1, false },
	};
	struct iomd_desc *desc = created_desc(test, BOTH), *empty;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(windows); i++) {
		u64 length = windows[i].length ?: LENGTH;
		struct iomd_map *map;

		if (!windows[i].fits) {
			expect_error(test, desc, 0, windows[i].offset, windows[i].length);
			continue;
		}
		map = mapped(test, desc, 0, windows[i].offset, windows[i].length);
		KUNIT_ASSERT_NOT_NULL(test, map);
		KUNIT_EXPECT_EQ(test, iomd_map_get_length(map), length);
		KUNIT_EXPECT_EQ(test, iomd_map_get_offset(map), windows[i].offset);
	}
	empty = iomd_kunit_sub(test, desc, 0, 0, BOTH);
	expect_error(test, empty, 0, 0, 0);
}

/* MD-104 CON-7 DK-7 DK-29: a mode is one bit, and not the kernel's number */
static void translates_cache_modes(struct kunit *test)
{
	static const struct {
		u64 mode;
		u32 kernel;
	} modes[] = {
		{ IOMD_DK_MEMORY_MAP_CACHE_MODE_INHIBIT, IOMD_MAP_INHIBIT_CACHE },
		{ IOMD_DK_MEMORY_MAP_CACHE_MODE_COPYBACK, IOMD_MAP_COPYBACK_CACHE },
		{ IOMD_DK_MEMORY_MAP_CACHE_MODE_WRITE_THROUGH, IOMD_MAP_WRITE_THRU_CACHE },
		{ IOMD_DK_MEMORY_MAP_CACHE_MODE_REAL_TIME, IOMD_MAP_REAL_TIME_CACHE },
	};
	static const u64 wrong[] = { 0x300, 0x500, 0x1000, 0x8000, 0xff00 };
	struct iomd_desc *desc = created_desc(test, BOTH);
	struct iomd_map *noted[ARRAY_SIZE(modes)], *map;
	u32 i;

	/* Somebody has mapped it in each of them, and shares that. */
	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		noted[i] = iomd_desc_set_mapping(desc, IOMD_KERNEL_TASK, 0x1000 * (i + 1),
						 modes[i].kernel);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, noted[i]);
		iomd_kunit_defer(test, undo_map, noted[i]);
	}
	for (i = 0; i < ARRAY_SIZE(modes); i++)
		KUNIT_EXPECT_PTR_EQ(test, mapped(test, desc, modes[i].mode | NO_GUARD, 0, 0),
				    noted[i]);
	KUNIT_EXPECT_PTR_EQ(test, mapped(test, desc, NO_GUARD, 0, 0), noted[0]);
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		map = GARBAGE;
		KUNIT_EXPECT_EQ(test, create_mapping(desc, wrong[i] | NO_GUARD, 0, 0, &map),
				-EINVAL);
		KUNIT_EXPECT_PTR_EQ(test, map, NULL);
	}
}

/* MD-101 MD-103 DK-27 DK-30 DK-31: guarded by default; what means nothing changes nothing */
static void guards_by_default(struct kunit *test)
{
	struct iomd_desc *desc = created_desc(test, BOTH);
	struct iomd_map *map = mapped(test, desc, 0, 0, 0), *other;
	u64 i;

	KUNIT_ASSERT_NOT_NULL(test, map);
	KUNIT_EXPECT_EQ(test, guard_of(map), IOMD_MAP_GUARDED_SMALL);
	KUNIT_EXPECT_PTR_EQ(test, mapped(test, desc, SMALL, 0, 0), map);
	for (i = 0x10; i <= GUARD_BITS; i += 4)
		KUNIT_EXPECT_PTR_EQ(test, mapped(test, desc, i, 0, 0), map);
	KUNIT_EXPECT_PTR_EQ(test, mapped(test, desc, 0xe0 | ~0ULL << 16, 0, 0), map);
	KUNIT_EXPECT_EQ(test, iomd_dk_desc_create_mapping(desc, 0, 0x12345, 0, 0, 77, &other), 0);
	KUNIT_EXPECT_PTR_EQ(test, other, map);
	iomd_map_put(other);
	other = mapped(test, desc, NO_GUARD, 0, 0);
	KUNIT_ASSERT_NOT_NULL(test, other);
	KUNIT_EXPECT_EQ(test, guard_of(other), 0U);
}

/* What is around a window of @options, up to @bytes away. */
static void expect_guard(struct kunit *test, u64 options, u64 bytes)
{
	struct iomd_map *map;
	u64 address;

	if (create_mapping(test->priv, options, PAGE_SIZE + 5, PAGE_SIZE, &map)) {
		KUNIT_FAIL(test, "no map");
		return;
	}
	address = iomd_map_get_address(map) & PAGE_MASK;
	KUNIT_EXPECT_EQ(test, peek(address + 5), (int)iomd_kunit_byte(1, PAGE_SIZE + 5));
	KUNIT_EXPECT_EQ(test, peek(address + PAGE_SIZE), (int)iomd_kunit_byte(1, 2 * PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, is_taken(address - 1), !!bytes);
	if (bytes) {
		KUNIT_EXPECT_EQ(test, peek(address - 1), -EFAULT);
		KUNIT_EXPECT_EQ(test, peek(address - bytes), -EFAULT);
		KUNIT_EXPECT_EQ(test, peek(address + 2 * PAGE_SIZE), -EFAULT);
		KUNIT_EXPECT_TRUE(test, is_taken(address - bytes));
		KUNIT_EXPECT_TRUE(test, is_taken(address + 2 * PAGE_SIZE));
		KUNIT_EXPECT_TRUE(test, is_taken(address + 2 * PAGE_SIZE + bytes - 1));
	}
	iomd_map_put(map);
	KUNIT_EXPECT_FALSE(test, is_taken(address - 1));
	KUNIT_EXPECT_FALSE(test, is_taken(address));
	/* Without guards this may be next to something else. */
	if (bytes)
		KUNIT_EXPECT_FALSE(test, is_taken(address + 2 * PAGE_SIZE));
}

static void has_guards(struct kunit *test)
{
	expect_guard(test, 0, PAGE_SIZE);
	expect_guard(test, SMALL, PAGE_SIZE);
	expect_guard(test, 0x14, PAGE_SIZE);
	expect_guard(test, LARGE, 65536);
	expect_guard(test, NO_GUARD, 0);
}

/* DK-27 DK-28: guards are there, nobody touches them, and they go with the map */
static void guards_tasks(struct kunit *test)
{
	test->priv = created_desc(test, BOTH);
	in_process(test, has_guards);
}

/* Who has made it, with which direction, asks for what. */
struct access {
	bool is_creator;
	u32 direction;
	u64 options;
	bool read_only;
};

static const struct access accesses[] = {
	{ true, OUT, 0, false },
	{ true, OUT, READ_ONLY, false },
	{ true, BOTH, READ_ONLY, false },
	{ false, OUT, 0, true },
	{ false, OUT, READ_ONLY, true },
	{ false, BOTH, READ_ONLY, true },
	{ false, IN, 0, false },
	{ false, BOTH, 0, false },
	{ false, NONE, 0, false },
};

/* A buffer of the caller's, or another, made by the other side. */
static struct iomd_desc *made_by(struct kunit *test, bool is_creator, u32 direction)
{
	struct iomd_buffer **others = test->priv;

	if (is_creator)
		return created_desc(test, direction);
	return iomd_buffer_desc(others[direction]);
}

static void expect_access(struct kunit *test, const struct iomd_map *map, bool read_only)
{
	u64 address;

	if (!map)
		return;
	address = iomd_map_get_address(map);
	KUNIT_EXPECT_EQ(test, is_read_only(map), read_only);
	if (iomd_current_task() == IOMD_KERNEL_TASK)
		return;
	KUNIT_EXPECT_NE(test, peek(address), -EFAULT);
	KUNIT_EXPECT_EQ(test, can_write(address), !read_only);
	KUNIT_EXPECT_EQ(test, may_write(address), !read_only);
}

static void decides_access(struct kunit *test)
{
	struct iomd_desc *desc, *sub = NULL;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(accesses); i++) {
		const struct access *access = &accesses[i];

		desc = made_by(test, access->is_creator, access->direction);
		expect_access(test, mapped(test, desc, access->options, 0, 0), access->read_only);
	}
	desc = created_desc(test, OUT);
	KUNIT_EXPECT_EQ(test, iomd_dk_desc_create_sub_memory_descriptor(OUT, 0, LENGTH, desc, &sub),
			0);
	expect_access(test, mapped(test, sub, 0, 0, 0), true);
	iomd_desc_put(sub);
	KUNIT_EXPECT_EQ(test, iomd_dk_desc_create_with_memory_descriptors(OUT, 1, &desc, &sub), 0);
	expect_access(test, mapped(test, sub, 0, 0, 0), true);
	iomd_desc_put(sub);
}

static void make_others(struct kunit *test)
{
	struct iomd_buffer **others = test->priv;
	u32 direction;

	for (direction = NONE; direction <= BOTH; direction++)
		others[direction] = iomd_kunit_buffer(test, created(test, direction));
}

/* MD-102 DK-14 DK-25 DK-26: who made it writes it; others do not write what devices read */
static void creators_may_write(struct kunit *test)
{
	test->priv = iomd_kunit_zalloc(test, 4 * sizeof(struct iomd_buffer *));
	make_others(test);
	in_process(test, decides_access);
	in_process(test, make_others);
	decides_access(test);
}

/* MD-101 DK-37 DK-39 MAP-69: the same again, parts of it, and what keeps it */
static void shares(struct kunit *test)
{
	struct iomd_buffer *buffer = created(test, BOTH);
	struct iomd_desc *desc = iomd_buffer_desc(buffer);
	struct iomd_map *one, *two, *part;
	u64 address;

	KUNIT_ASSERT_EQ(test, create_mapping(desc, 0, 0, 0, &one), 0);
	KUNIT_ASSERT_EQ(test, create_mapping(desc, 0, 0, LENGTH, &two), 0);
	KUNIT_ASSERT_EQ(test, create_mapping(desc, 0, PAGE_SIZE, 7, &part), 0);
	iomd_buffer_put(buffer);
	address = iomd_map_get_address(one);
	KUNIT_EXPECT_PTR_EQ(test, one, two);
	KUNIT_EXPECT_PTR_NE(test, one, part);
	KUNIT_EXPECT_EQ(test, iomd_map_get_address(part), address + PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, iomd_map_get_length(part), 7ULL);
	iomd_map_put(one);
	KUNIT_EXPECT_EQ(test, iomd_map_get_address(two), address);
	iomd_map_put(two);
	KUNIT_EXPECT_EQ(test, *(u8 *)iomd_map_get_virtual_address(part),
			iomd_kunit_byte(1, PAGE_SIZE));
	iomd_map_put(part);
}

static int map_at(struct kunit *test, u64 address, u64 options, u64 offset, u64 length,
		  struct iomd_map **map)
{
	*map = GARBAGE;
	return iomd_dk_desc_create_mapping(test->priv, FIXED | options, address, offset, length, 0,
					   map);
}

static void fixes_addresses(struct kunit *test)
{
	u64 address = free_address(NR_PAGES + 2) + PAGE_SIZE;
	struct iomd_map *map, *other;

	KUNIT_EXPECT_EQ(test, map_at(test, address, LARGE, 0, 0, &map), 0);
	if (!map)
		return;
	KUNIT_EXPECT_EQ(test, iomd_map_get_address(map), address);
	KUNIT_EXPECT_EQ(test, guard_of(map), 0U);
	KUNIT_EXPECT_FALSE(test, is_taken(address - 1));
	KUNIT_EXPECT_EQ(test, peek(address), (int)iomd_kunit_byte(1, 0));

	/* Where it is already, or would be. */
	KUNIT_EXPECT_EQ(test, map_at(test, address, 0, 0, 0, &other), 0);
	KUNIT_EXPECT_PTR_EQ(test, other, map);
	iomd_map_put(other);
	KUNIT_EXPECT_EQ(test, map_at(test, address + PAGE_SIZE, 0, PAGE_SIZE, 7, &other), 0);
	iomd_map_put(other);

	/* In the way of what is there. */
	KUNIT_EXPECT_EQ(test, map_at(test, address, 0, PAGE_SIZE, 7, &other), -EBADE);
	KUNIT_EXPECT_PTR_EQ(test, other, NULL);
	KUNIT_EXPECT_EQ(test, map_at(test, address + PAGE_SIZE, 0, 0, 0, &other), -EBADE);
	KUNIT_EXPECT_EQ(test, peek(address + PAGE_SIZE), (int)iomd_kunit_byte(1, PAGE_SIZE));
	iomd_map_put(map);
	KUNIT_EXPECT_EQ(test, peek(address), -EFAULT);

	/* Not as far into a page as the memory. */
	KUNIT_EXPECT_EQ(test, map_at(test, address, 0, 5, 7, &map), -EBADE);
	KUNIT_EXPECT_EQ(test, map_at(test, address + 6, 0, 5, 7, &map), -EBADE);
	KUNIT_EXPECT_FALSE(test, is_taken(address));
	KUNIT_EXPECT_EQ(test, map_at(test, address + 5, 0, 5, 7, &map), 0);
	KUNIT_EXPECT_EQ(test, iomd_map_get_address(map), address + 5);
	iomd_map_put(map);
}

/* MD-101 DK-7 DK-23 DK-24 DK-38: at an address, and only there, and where nothing is */
static void maps_at_addresses(struct kunit *test)
{
	test->priv = created_desc(test, BOTH);
	in_process(test, fixes_addresses);
}

/* DK-17 DK-18: lengths count when a map is made, and not for those there are */
static void follows_lengths(struct kunit *test)
{
	struct iomd_buffer *buffer = iomd_kunit_buffer(test, created(test, BOTH));
	struct iomd_desc *desc = iomd_buffer_desc(buffer), *sub;
	struct iomd_map *map = mapped(test, desc, 0, 0, 0), *half;

	sub = iomd_kunit_sub(test, desc, 0, LENGTH, BOTH);
	KUNIT_ASSERT_NOT_NULL(test, map);
	KUNIT_EXPECT_EQ(test, iomd_dk_buffer_set_length(buffer, LENGTH / 2), 0);
	KUNIT_EXPECT_EQ(test, iomd_map_get_length(map), LENGTH);
	KUNIT_EXPECT_EQ(test, ((u8 *)iomd_map_get_virtual_address(map))[LENGTH - 1],
			iomd_kunit_byte(1, LENGTH - 1));
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(sub), LENGTH);
	expect_error(test, desc, NO_GUARD, 0, LENGTH / 2 + 1);
	half = mapped(test, desc, NO_GUARD, 0, 0);
	KUNIT_ASSERT_NOT_NULL(test, half);
	KUNIT_EXPECT_EQ(test, iomd_map_get_length(half), LENGTH / 2);
	KUNIT_EXPECT_EQ(test, iomd_dk_buffer_set_length(buffer, LENGTH), 0);
	map = mapped(test, desc, NO_GUARD, 0, 0);
	KUNIT_ASSERT_NOT_NULL(test, map);
	KUNIT_EXPECT_EQ(test, iomd_map_get_length(map), LENGTH);
}

/* DK-45 DK-57: of a window on a descriptor, no more than that, and counted from the parent */
static void maps_windows(struct kunit *test)
{
	struct iomd_desc *desc = created_desc(test, BOTH);
	struct iomd_desc *sub = iomd_kunit_sub(test, desc, PAGE_SIZE, 2 * PAGE_SIZE, BOTH);
	struct iomd_desc *inner = iomd_kunit_sub(test, sub, 0x10, PAGE_SIZE, BOTH);
	struct iomd_map *map = mapped(test, sub, 0, 0, 0);

	KUNIT_ASSERT_NOT_NULL(test, map);
	KUNIT_EXPECT_EQ(test, iomd_map_get_offset(map), (u64)PAGE_SIZE);
	KUNIT_EXPECT_PTR_EQ(test, iomd_map_get_memory_descriptor(map), desc);
	expect_error(test, sub, 0, 0, 2 * PAGE_SIZE + 1);
	expect_error(test, sub, 0, PAGE_SIZE, PAGE_SIZE + 1);
	expect_error(test, sub, 0, 2 * PAGE_SIZE, 1);
	map = mapped(test, inner, 0, 5, 7);
	KUNIT_ASSERT_NOT_NULL(test, map);
	KUNIT_EXPECT_EQ(test, iomd_map_get_offset(map), PAGE_SIZE + 0x15ULL);
	KUNIT_EXPECT_EQ(test, *(u8 *)iomd_map_get_virtual_address(map),
			iomd_kunit_byte(1, PAGE_SIZE + 0x15));
}

/* DK-53: one behind the other, if they meet where pages do; else nothing is left */
static void maps_concatenations(struct kunit *test)
{
	struct iomd_desc *desc = created_desc(test, BOTH), *parts[2], *multi;
	struct iomd_map *map;

	parts[0] = iomd_kunit_sub(test, desc, 2 * PAGE_SIZE + 1, PAGE_SIZE - 1, BOTH);
	parts[1] = iomd_kunit_sub(test, desc, 0, PAGE_SIZE + 7, BOTH);
	multi = iomd_kunit_multi(test, parts, 2, BOTH);
	map = mapped(test, multi, 0, 0, 0);
	KUNIT_ASSERT_NOT_NULL(test, map);
	KUNIT_EXPECT_EQ(test, ((u8 *)iomd_map_get_virtual_address(map))[0],
			iomd_kunit_byte(1, 2 * PAGE_SIZE + 1));
	KUNIT_EXPECT_EQ(test, ((u8 *)iomd_map_get_virtual_address(map))[PAGE_SIZE - 1],
			iomd_kunit_byte(1, 0));
	swap(parts[0], parts[1]);
	multi = iomd_kunit_multi(test, parts, 2, BOTH);
	expect_error(test, multi, 0, 0, 0);
	KUNIT_EXPECT_NOT_NULL(test, mapped(test, multi, 0, 0, PAGE_SIZE + 7));
}

static void finds_its_buffer(struct kunit *test)
{
	struct iomd_buffer *buffer = created(test, OUT);
	struct iomd_range range = {}, again = {};
	struct iomd_map *map = NULL;

	if (!buffer)
		return;
	iomd_dk_buffer_set_length(buffer, 0);
	KUNIT_EXPECT_EQ(test, iomd_dk_buffer_get_address_range(buffer, &map, &range), 0);
	if (!map)
		goto out;
	KUNIT_EXPECT_EQ(test, range.length, 0ULL);
	iomd_dk_buffer_set_length(buffer, LENGTH);
	KUNIT_EXPECT_EQ(test, iomd_dk_buffer_get_address_range(buffer, &map, &again), 0);
	KUNIT_EXPECT_EQ(test, again.address, range.address);
	KUNIT_EXPECT_EQ(test, again.length, LENGTH);
	KUNIT_EXPECT_EQ(test, peek(range.address + LENGTH - 1),
			(int)iomd_kunit_byte(1, LENGTH - 1));
	KUNIT_EXPECT_TRUE(test, can_write(range.address));
	KUNIT_EXPECT_EQ(test, peek(range.address - 1), -EFAULT);
	iomd_map_unmap(map);
	KUNIT_EXPECT_EQ(test, iomd_dk_buffer_get_address_range(buffer, &map, &again), -EBADE);
	KUNIT_EXPECT_EQ(test, again.address, range.address);
	iomd_map_put(map);
out:
	iomd_buffer_put(buffer);
}

/* DK-19 DK-20: all of it, mapped once, whatever of it counts */
static void gets_address_ranges(struct kunit *test)
{
	in_process(test, finds_its_buffer);
}

/* DK-40: from the beginning on, and where that is */
static void maps_at_once(struct kunit *test)
{
	struct iomd_desc *desc = created_desc(test, BOTH);
	u64 address = 7, length = 7;
	struct iomd_map *map;

	KUNIT_ASSERT_EQ(test, iomd_dk_desc_map(desc, NO_GUARD, 0, PAGE_SIZE + 5, 0, &map, &address,
					       &length), 0);
	KUNIT_EXPECT_EQ(test, length, PAGE_SIZE + 5ULL);
	KUNIT_EXPECT_EQ(test, address, iomd_map_get_address(map));
	KUNIT_EXPECT_EQ(test, iomd_map_get_offset(map), 0ULL);
	iomd_map_put(map);
	KUNIT_EXPECT_EQ(test, iomd_dk_desc_map(desc, 0, 0, LENGTH + 1, 0, &map, &address, &length),
			-EBADE);
	KUNIT_EXPECT_PTR_EQ(test, map, NULL);
	KUNIT_EXPECT_EQ(test, iomd_dk_desc_map(desc, 0x300, 0, 0, 0, &map, NULL, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, length, PAGE_SIZE + 5ULL);
	KUNIT_ASSERT_EQ(test, iomd_dk_desc_map(desc, 0, 0, 0, 0, &map, NULL, NULL), 0);
	iomd_map_put(map);
}

/* DK-3 DK-35: what nothing can be made of, and what the caller has then */
static void refuses(struct kunit *test)
{
	struct iomd_buffer *buffer = iomd_kunit_buffer(test, created(test, BOTH));
	struct iomd_desc *desc = iomd_buffer_desc(buffer);
	struct iomd_map *map = GARBAGE;
	struct iomd_range range;

	KUNIT_EXPECT_EQ(test, create_mapping(NULL, 0, 0, 0, &map), -EINVAL);
	KUNIT_EXPECT_PTR_EQ(test, map, NULL);
	KUNIT_EXPECT_EQ(test, create_mapping(desc, 0, 0, 0, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dk_buffer_get_address_range(NULL, &map, &range), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dk_buffer_get_address_range(buffer, NULL, &range), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dk_buffer_get_address_range(buffer, &map, NULL), -EINVAL);
	expect_error(test, iomd_kunit_interleaved(test, PAGE_SIZE, BOTH), 0, 0, 0);
	expect_error(test, desc, LARGE, 0, 0);
	expect_error(test, desc, FIXED, 0, 0);
}

/*
 * Memory of clients.
 */

static int from_client(u64 options, u32 count, const struct iomd_range *segments,
		       struct iomd_desc **memory)
{
	return iomd_dk_create_memory_descriptor_from_client(iomd_kunit_mm, options, count, segments,
							    memory);
}

static struct iomd_desc *clients(struct kunit *test, u64 options, u32 count,
				 const struct iomd_range *segments)
{
	struct iomd_desc *desc;

	KUNIT_ASSERT_EQ(test, from_client(options, count, segments, &desc), 0);
	return iomd_kunit_desc(test, desc);
}

/* DK-5 DK-59 DK-60 DK-61: segments of another task, which nobody has looked at yet */
static void describes_clients(struct kunit *test)
{
	u64 address = iomd_kunit_map_anonymous(test, 2 * PAGE_SIZE);
	const struct iomd_range segments[] = { { address + 5, 7 }, { address + PAGE_SIZE, 100 } };
	struct iomd_desc *desc;

	desc = clients(test, OUT | 0x20 | ~0ULL << 32, 2, segments);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(desc), 107ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_direction(desc), OUT);
	KUNIT_EXPECT_TRUE(test, iomd_desc_get_flags(desc) & IOMD_MEMORY_THREAD_SAFE);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(desc));
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, 7, NULL),
			page_to_phys(iomd_kunit_user_page(test, address + PAGE_SIZE)));
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);

	desc = clients(test, BOTH, 0, NULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_length(desc), 0ULL);
	expect_error(test, desc, 0, 0, 0);

	iomd_kunit_unmap(address, 2 * PAGE_SIZE);
	desc = clients(test, BOTH, 2, segments);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), -EFAULT);
	expect_error(test, desc, 0, 0, 7);
}

/* DK-59 DK-60: no client, no memory, too many segments */
static void refuses_clients(struct kunit *test)
{
	char *argv[4] = { "/bin/busybox", "sleep", "1000" };
	struct iomd_kunit_process *process = iomd_kunit_start(test, argv);
	struct iomd_range segments[33] = { { U64_MAX, 2 } };
	struct iomd_desc *desc = GARBAGE;

	KUNIT_EXPECT_EQ(test, from_client(BOTH, 1, segments, &desc), -ENOMEM);
	KUNIT_EXPECT_PTR_EQ(test, desc, NULL);
	segments[0].length = 0;
	KUNIT_EXPECT_EQ(test, from_client(BOTH, 33, segments, &desc), -EINVAL);
	KUNIT_EXPECT_EQ(test, from_client(BOTH, 1, NULL, &desc), -EINVAL);
	KUNIT_EXPECT_EQ(test, from_client(BOTH, 1, segments, NULL), -EINVAL);
	clients(test, BOTH, 32, segments);
	KUNIT_EXPECT_EQ(test,
			iomd_dk_create_memory_descriptor_from_client(NULL, BOTH, 1, segments,
								     &desc), -EINVAL);
	KUNIT_EXPECT_EQ(test,
			iomd_dk_create_memory_descriptor_from_client(IOMD_KERNEL_TASK, BOTH, 1,
								     segments, &desc), -EINVAL);
	iomd_kunit_kill(test, process);
	desc = GARBAGE;
	KUNIT_EXPECT_EQ(test,
			iomd_dk_create_memory_descriptor_from_client(process->mm, BOTH, 1, segments,
								     &desc), -EAGAIN);
	KUNIT_EXPECT_PTR_EQ(test, desc, NULL);
}

/* DK-62 DK-63 DK-64: maps show what was there, devices what is; unless one says otherwise */
static void copies_clients_memory(struct kunit *test)
{
	u64 address = iomd_kunit_map_anonymous(test, PAGE_SIZE);
	const struct iomd_range segment = { address, PAGE_SIZE };
	struct iomd_desc *copied = clients(test, BOTH, 1, &segment);
	struct iomd_desc *shared = clients(test, BOTH | IOMD_DK_MEMORY_DISABLE_COPY_ON_WRITE, 1,
					   &segment);
	struct iomd_map *copy, *map;
	u8 found;

	iomd_kunit_user_fill(test, address, PAGE_SIZE, 1);
	copy = mapped(test, copied, 0, 0, 0);
	map = mapped(test, shared, 0, 0, 0);
	KUNIT_ASSERT_NOT_NULL(test, copy);
	KUNIT_ASSERT_NOT_NULL(test, map);
	iomd_kunit_user_fill(test, address, PAGE_SIZE, 2);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(iomd_map_get_virtual_address(copy),
						     PAGE_SIZE, 1));
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(iomd_map_get_virtual_address(map),
						     PAGE_SIZE, 2));
	iomd_kunit_fill(iomd_map_get_virtual_address(copy), PAGE_SIZE, 3);
	iomd_kunit_user_expect(test, address, PAGE_SIZE, 2);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(copied, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(copied, 9, &found, 1), 1ULL);
	KUNIT_EXPECT_EQ(test, found, iomd_kunit_byte(2, 9));
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(copied, NONE), 0);
	copy = mapped(test, copied, NO_GUARD, 0, 0);
	KUNIT_ASSERT_NOT_NULL(test, copy);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(iomd_map_get_virtual_address(copy),
						     PAGE_SIZE, 3));
	iomd_kunit_fill(iomd_map_get_virtual_address(map), PAGE_SIZE, 4);
	iomd_kunit_user_expect(test, address, PAGE_SIZE, 4);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(maps_into_the_caller),
	KUNIT_CASE(checks_bounds),
	KUNIT_CASE(translates_cache_modes),
	KUNIT_CASE(guards_by_default),
	KUNIT_CASE(guards_tasks),
	KUNIT_CASE(creators_may_write),
	KUNIT_CASE(shares),
	KUNIT_CASE(maps_at_addresses),
	KUNIT_CASE(follows_lengths),
	KUNIT_CASE(maps_windows),
	KUNIT_CASE(maps_concatenations),
	KUNIT_CASE(gets_address_ranges),
	KUNIT_CASE(maps_at_once),
	KUNIT_CASE(refuses),
	KUNIT_CASE(describes_clients),
	KUNIT_CASE(refuses_clients),
	KUNIT_CASE(copies_clients_memory),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_driverkit_map",
	.suite_init = iomd_kunit_suite_init,
	.suite_exit = iomd_kunit_suite_exit,
	.init = iomd_kunit_init,
	.test_cases = cases,
};

kunit_test_suite(suite);
