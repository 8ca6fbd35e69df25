// SPDX-License-Identifier: GPL-2.0-only
/*
 * Maps into tasks: other contents in the same place, none for a while, and all that while
 * somebody is looking.
 */
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "tasks.h"

#define BOTH		IOMD_DIRECTION_OUT_IN
#define NONE		IOMD_DIRECTION_NONE

#define ANYWHERE	IOMD_MAP_ANYWHERE
#define READ_ONLY	IOMD_MAP_READ_ONLY
#define UNIQUE		IOMD_MAP_UNIQUE

#define NR_PAGES	4
#define LENGTH		((u64)NR_PAGES * PAGE_SIZE)

static unsigned int stress_ms = 100;
module_param(stress_ms, uint, 0444);
MODULE_PARM_DESC(stress_ms, "How long cases go on that look for races");

/*
 * What cases share.
 */

static struct iomd_map *try(struct iomd_desc *desc, u32 options, u64 offset, u64 length)
{
	return iomd_desc_create_mapping_in_task(desc, iomd_kunit_mm, 0, options | ANYWHERE,
						offset, length);
}

static struct iomd_map *window(struct kunit *test, struct iomd_desc *desc, u32 options)
{
	return iomd_kunit_keep_map(test, try(desc, options, 0, 0));
}

static struct iomd_desc *buffer(struct kunit *test, u32 seed)
{
	return iomd_kunit_filled_buffer(test, LENGTH, seed);
}

static u64 address_of(struct iomd_map *map)
{
	return iomd_map_get_address(map);
}

static void expect(struct kunit *test, struct iomd_map *map, u32 seed)
{
	iomd_kunit_user_expect(test, address_of(map), LENGTH, seed);
}

static struct iomd_kunit_toucher *touch(struct kunit *test, struct iomd_map *map, u64 offset)
{
	return iomd_kunit_touch(test, iomd_kunit_mm, address_of(map) + offset);
}

/* It is through, and has read what the pattern says. */
static void expect_read(struct kunit *test, struct iomd_kunit_toucher *toucher, u32 seed,
			u64 offset)
{
	KUNIT_ASSERT_TRUE(test, iomd_kunit_is_through(toucher));
	KUNIT_EXPECT_TRUE(test, toucher->was_possible);
	KUNIT_EXPECT_EQ(test, toucher->byte, iomd_kunit_byte(seed, offset));
}

/*
 * Maps.
 */

/* MAP-53 MAP-58 MAP-60 MAP-61: other contents at the same address, and nobody else's change */
static void shows_something_else(struct kunit *test)
{
	struct iomd_desc *first = buffer(test, 1), *second;
	struct iomd_map *map = window(test, first, UNIQUE), *other;
	u64 address = address_of(map);

	second = iomd_kunit_filled_buffer(test, 2 * LENGTH, 50);
	other = window(test, second, 0);
	expect(test, map, 1);
	KUNIT_EXPECT_EQ(test, iomd_map_redirect(map, second, 0, PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, address_of(map), address);
	KUNIT_EXPECT_EQ(test, iomd_map_get_length(map), LENGTH);
	KUNIT_EXPECT_EQ(test, iomd_map_get_offset(map), (u64)PAGE_SIZE);
	KUNIT_EXPECT_PTR_EQ(test, iomd_map_get_memory_descriptor(map), second);
	expect(test, map, 50 + PAGE_SIZE);
	iomd_kunit_user_expect(test, address_of(other), 2 * LENGTH, 50);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(iomd_kunit_buffer_bytes(first), LENGTH, 1));
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(iomd_kunit_buffer_bytes(second), 2 * LENGTH,
						     50));
	KUNIT_EXPECT_TRUE(test, iomd_kunit_poke(iomd_kunit_mm, address, 0xaa));
	KUNIT_EXPECT_EQ(test, iomd_kunit_buffer_bytes(second)[PAGE_SIZE], 0xaa);

	KUNIT_EXPECT_EQ(test, iomd_map_redirect(map, first, 0, 0), 0);
	expect(test, map, 1);
}

/* MAP-58: the descriptor of before is let go of, and its memory */
static void lets_go_of_what_was_shown(struct kunit *test)
{
	struct iomd_kunit_process *process = iomd_kunit_idle_process(test);
	u64 base = iomd_kunit_map_in(test, process->mm, LENGTH);
	struct iomd_kunit_witness witness;
	struct iomd_desc *desc;
	struct iomd_map *map;

	desc = iomd_desc_with_address_range(base, LENGTH, BOTH, process->mm);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, desc);
	iomd_kunit_watch(&witness, desc);
	map = try(desc, UNIQUE, 0, 0);
	iomd_desc_put(desc);
	iomd_kunit_keep_map(test, map);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_poke(iomd_kunit_mm, address_of(map), 1));
	KUNIT_EXPECT_EQ(test, atomic64_read(&process->mm->pinned_vm), (s64)NR_PAGES);
	KUNIT_EXPECT_FALSE(test, witness.is_gone);
	KUNIT_EXPECT_EQ(test, iomd_map_redirect(map, buffer(test, 1), 0, 0), 0);
	KUNIT_EXPECT_TRUE(test, witness.is_gone);
	KUNIT_EXPECT_EQ(test, atomic64_read(&process->mm->pinned_vm), 0LL);
	expect(test, map, 1);
}

/* MAP-53 MAP-31: memory in another cache mode is shown in that */
static void mode_follows_memory(struct kunit *test)
{
	struct iomd_map *map = window(test, buffer(test, 1), UNIQUE);
	struct iomd_buffer *combining = iomd_buffer_with_options(BOTH |
								 IOMD_MAP_WRITE_COMBINE_CACHE,
								 LENGTH, PAGE_SIZE);
	pgprot_t prot;
	u8 byte;

	combining = iomd_kunit_buffer(test, combining);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_peek(iomd_kunit_mm, address_of(map), &byte));
	KUNIT_EXPECT_EQ(test, iomd_map_redirect(map, iomd_buffer_desc(combining), 0, 0), 0);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_peek(iomd_kunit_mm, address_of(map), &byte));
	prot = pte_pgprot(iomd_kunit_pte_at(iomd_kunit_mm, address_of(map)));
	KUNIT_EXPECT_EQ(test, (u64)pgprot_val(prot), (u64)pgprot_val(pgprot_writecombine(prot)));
	KUNIT_EXPECT_EQ(test, iomd_map_redirect(map, buffer(test, 3), 0, 0), 0);
	expect(test, map, 3);
	prot = pte_pgprot(iomd_kunit_pte_at(iomd_kunit_mm, address_of(map)));
	KUNIT_EXPECT_NE(test, (u64)pgprot_val(prot), (u64)pgprot_val(pgprot_writecombine(prot)));
}

/* MAP-53 MAP-55 MAP-56: only of maps that are unique, and where they are nowhere, nothing */
static void some_cannot_be_redirected(struct kunit *test)
{
	struct iomd_desc *first = buffer(test, 1), *second = buffer(test, 2);
	struct iomd_map *map = window(test, first, 0);

	KUNIT_EXPECT_EQ(test, iomd_map_redirect(map, second, 0, 0), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, iomd_map_redirect(map, NULL, 0, 0), -EOPNOTSUPP);
	expect(test, map, 1);
	map = window(test, first, UNIQUE);
	iomd_map_unmap(map);
	KUNIT_EXPECT_EQ(test, iomd_map_redirect(map, second, 0, 0), 0);
	KUNIT_EXPECT_PTR_EQ(test, iomd_map_get_memory_descriptor(map), first);
	KUNIT_EXPECT_EQ(test, iomd_map_redirect(map, NULL, 0, 0), 0);
}

/* MAP-59: what cannot be shown leaves what was, and nobody waits */
static void failing_leaves_what_was(struct kunit *test)
{
	struct iomd_desc *first = buffer(test, 1), *second = buffer(test, 2), *bad[4];
	struct iomd_map *map = window(test, first, UNIQUE);
	struct iomd_kunit_toucher *toucher;
	u32 i;

	bad[0] = iomd_kunit_filled_buffer(test, LENGTH - PAGE_SIZE, 3);
	bad[1] = iomd_kunit_sub(test, iomd_kunit_filled_buffer(test, 2 * LENGTH, 3), 8, LENGTH,
				BOTH);
	bad[2] = iomd_kunit_of_kernel(test, kunit_kzalloc(test, 64, GFP_KERNEL), 64, BOTH);
	bad[3] = iomd_kunit_interleaved(test, 1, BOTH);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ(test, iomd_map_redirect(map, bad[i], 0, 0), -EBADE);
	KUNIT_EXPECT_EQ(test, iomd_map_redirect(map, second, 0, PAGE_SIZE), -EBADE);
	KUNIT_EXPECT_EQ(test, iomd_map_redirect(map, second, 0, U64_MAX), -EBADE);
	KUNIT_EXPECT_PTR_EQ(test, iomd_map_get_memory_descriptor(map), first);
	expect(test, map, 1);

	KUNIT_EXPECT_EQ(test, iomd_map_redirect(map, NULL, 0, 0), 0);
	toucher = touch(test, map, 3);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_waiting(toucher));
	KUNIT_EXPECT_EQ(test, iomd_map_redirect(map, bad[0], 0, 0), -EBADE);
	expect_read(test, toucher, 1, 3);
}

/*
 * Waiting.
 */

/* MAP-54 MAP-57: whoever touches it waits, without holding up others, until it is back */
static void waits_for_memory(struct kunit *test)
{
	struct iomd_desc *desc = buffer(test, 1);
	struct iomd_map *map = window(test, desc, UNIQUE);
	struct iomd_kunit_toucher *one, *two;

	expect(test, map, 1);
	KUNIT_EXPECT_EQ(test, iomd_map_redirect(map, NULL, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, iomd_map_redirect(map, NULL, 0, 0), 0);
	one = touch(test, map, 7);
	two = touch(test, map, 2 * PAGE_SIZE);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_waiting(one));
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_waiting(two));
	KUNIT_ASSERT_TRUE(test, down_write_trylock(&iomd_kunit_mm->mmap_lock));
	up_write(&iomd_kunit_mm->mmap_lock);
	KUNIT_EXPECT_EQ(test, iomd_map_wire_range(map, BOTH, 0, LENGTH), -EBUSY);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_present(iomd_kunit_mm, address_of(map)));

	/* What is written while nobody sees is seen afterwards. */
	iomd_kunit_fill(iomd_kunit_buffer_bytes(desc), LENGTH, 9);
	KUNIT_EXPECT_EQ(test, iomd_map_redirect(map, desc, 0, PAGE_SIZE), 0);
	expect_read(test, one, 9, 7);
	expect_read(test, two, 9, 2 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, iomd_map_get_offset(map), 0ULL);
}

/* MAP-54 MAP-58: and if it is other memory that comes, sees that */
static void waits_for_other_memory(struct kunit *test)
{
	struct iomd_map *map = window(test, buffer(test, 1), UNIQUE);
	struct iomd_kunit_toucher *toucher;

	KUNIT_EXPECT_EQ(test, iomd_map_redirect(map, NULL, 0, 0), 0);
	toucher = touch(test, map, 7);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_waiting(toucher));
	KUNIT_EXPECT_EQ(test, iomd_map_redirect(map, buffer(test, 2), 0, 0), 0);
	expect_read(test, toucher, 2, 7);
	expect(test, map, 2);
}

/* MAP-54: who waits can be killed */
static void waiting_can_be_killed(struct kunit *test)
{
	struct iomd_map *map = window(test, buffer(test, 1), UNIQUE);
	struct iomd_kunit_toucher *toucher;

	KUNIT_EXPECT_EQ(test, iomd_map_redirect(map, NULL, 0, 0), 0);
	toucher = touch(test, map, 0);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_waiting(toucher));
	send_sig(SIGKILL, toucher->thread, 1);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_through(toucher));
	KUNIT_EXPECT_FALSE(test, toucher->was_possible);
}

/* MAP-47 MAP-54: if the map goes meanwhile, there is nothing to wait for */
static void waiting_ends_with_the_map(struct kunit *test)
{
	struct iomd_map *map = window(test, buffer(test, 1), UNIQUE);
	struct iomd_kunit_toucher *toucher;

	KUNIT_EXPECT_EQ(test, iomd_map_redirect(map, NULL, 0, 0), 0);
	toucher = touch(test, map, 0);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_waiting(toucher));
	KUNIT_EXPECT_EQ(test, iomd_map_unmap(map), 0);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_through(toucher));
	KUNIT_EXPECT_FALSE(test, toucher->was_possible);
}

/*
 * Descriptors.
 */

/* MD-96 MD-99 MAP-62 MAP-63 DEV-11: all windows of a descriptor, and those that come, wait */
static void descriptor_waits(struct kunit *test)
{
	struct iomd_desc *desc = buffer(test, 1);
	struct iomd_map *whole = window(test, desc, 0), *part, *late;
	struct iomd_kunit_toucher *toucher[3];
	u32 i;

	part = iomd_kunit_keep_map(test, try(desc, 0, PAGE_SIZE, PAGE_SIZE));
	expect(test, whole, 1);
	KUNIT_EXPECT_EQ(test, iomd_desc_redirect(desc, NULL, true), 0);
	late = window(test, desc, READ_ONLY);
	KUNIT_EXPECT_FALSE(test, iomd_kunit_is_present(iomd_kunit_mm, address_of(whole)));
	toucher[0] = touch(test, whole, 0);
	toucher[1] = touch(test, part, 0);
	toucher[2] = touch(test, late, 0);
	for (i = 0; i < ARRAY_SIZE(toucher); i++)
		KUNIT_EXPECT_TRUE(test, iomd_kunit_is_waiting(toucher[i]));
	KUNIT_EXPECT_EQ(test, iomd_desc_redirect(desc, NULL, false), 0);
	expect_read(test, toucher[0], 1, 0);
	expect_read(test, toucher[1], 1, PAGE_SIZE);
	expect_read(test, toucher[2], 1, 0);
}

/* MD-99 MAP-63: but not in a task that is safe */
static void safe_tasks_go_on(struct kunit *test)
{
	struct iomd_desc *desc = buffer(test, 1);
	struct iomd_map *map = window(test, desc, 0);

	KUNIT_EXPECT_EQ(test, iomd_desc_redirect(desc, iomd_kunit_mm, true), 0);
	expect(test, map, 1);
	KUNIT_EXPECT_EQ(test, iomd_desc_redirect(desc, iomd_kunit_mm, false), 0);
	expect(test, map, 1);
}

/* MAP-54 MD-99: who waits for two reasons waits until neither is left */
static void two_reasons_to_wait(struct kunit *test)
{
	struct iomd_desc *desc = buffer(test, 1);
	struct iomd_map *map = window(test, desc, UNIQUE);
	struct iomd_kunit_toucher *toucher;

	KUNIT_EXPECT_EQ(test, iomd_map_redirect(map, NULL, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_redirect(desc, NULL, true), 0);
	toucher = touch(test, map, 0);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_waiting(toucher));
	KUNIT_EXPECT_EQ(test, iomd_map_redirect(map, desc, 0, 0), 0);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_waiting(toucher));
	KUNIT_EXPECT_EQ(test, iomd_desc_redirect(desc, NULL, false), 0);
	expect_read(test, toucher, 1, 0);
}

/* SUB-21 MAP-65 MD-23: redirecting a part is redirecting what it is a part of, and is told so */
static void sub_redirects_its_parent(struct kunit *test)
{
	struct iomd_desc *desc = buffer(test, 1);
	struct iomd_desc *sub = iomd_kunit_sub(test, desc, PAGE_SIZE, PAGE_SIZE, BOTH);
	struct iomd_map *map = window(test, desc, 0);
	struct iomd_kunit_toucher *toucher;

	KUNIT_EXPECT_EQ(test, iomd_desc_redirect(sub, NULL, true), 0);
	KUNIT_EXPECT_TRUE(test, iomd_desc_get_flags(sub) & IOMD_MEMORY_REDIRECTED);
	KUNIT_EXPECT_TRUE(test, iomd_desc_get_flags(desc) & IOMD_MEMORY_REDIRECTED);
	toucher = touch(test, map, 0);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_waiting(toucher));
	KUNIT_EXPECT_EQ(test, iomd_desc_redirect(sub, NULL, false), 0);
	KUNIT_EXPECT_FALSE(test, iomd_desc_get_flags(sub) & IOMD_MEMORY_REDIRECTED);
	expect_read(test, toucher, 1, 0);
}

/* MD-100: it stays redirected when it comes to describe something else, and so do its maps */
static void redirection_survives_init(struct kunit *test)
{
	void *memory = page_address(iomd_kunit_page(test, 0, U64_MAX));
	struct iomd_range range = { (unsigned long)memory, PAGE_SIZE };
	struct iomd_desc *desc = iomd_kunit_of_kernel(test, memory, PAGE_SIZE, BOTH);
	struct iomd_map *map = window(test, desc, 0);
	struct iomd_kunit_toucher *toucher;

	iomd_kunit_fill(memory, PAGE_SIZE, 1);
	KUNIT_EXPECT_EQ(test, iomd_desc_redirect(desc, NULL, true), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_init_with_options(desc, &range, 1, 0, IOMD_KERNEL_TASK,
							  IOMD_MEMORY_TYPE_VIRTUAL | BOTH, NULL),
			0);
	toucher = touch(test, map, 0);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_waiting(toucher));
	KUNIT_EXPECT_EQ(test, iomd_desc_redirect(desc, NULL, false), 0);
	expect_read(test, toucher, 1, 0);
}

/*
 * All at once.
 */

struct race {
	struct kunit *test;
	struct iomd_desc *first;
	struct iomd_desc *second;
	struct mm_struct *mm;
	u64 address;
	atomic_t torn;
	atomic_t seen;
};

static struct task_struct *start(struct kunit *test, int (*fn)(void *data), struct race *race)
{
	struct task_struct *thread = kthread_run(fn, race, "iomd_race");

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, thread);
	return thread;
}

/* Read whole words; each is all of one memory's or all of the other's. */
static int read_words(void *data)
{
	struct race *race = data;
	u64 offset = 0, word;

	while (!kthread_should_stop()) {
		IOMD_KUNIT_AS_TASK();

		if (!get_user(word, (u64 __user *)(unsigned long)(race->address + offset))) {
			atomic_inc(&race->seen);
			if (word != 0x1111111111111111ULL && word != 0x2222222222222222ULL)
				atomic_inc(&race->torn);
		}
		offset = (offset + 8 * 509) % LENGTH;
		cond_resched();
	}
	return 0;
}

static bool goes_on(ktime_t start)
{
	return ktime_ms_delta(ktime_get(), start) < stress_ms;
}

/*
 * Two threads read the first while it is redirected to the second and back, over and over; and
 * to nothing in between, if @blocks.
 */
static void redirect_while_read(struct kunit *test, struct race *race, bool blocks)
{
	struct iomd_map *map = window(test, race->first, UNIQUE);
	struct task_struct *one, *two;
	ktime_t begin = ktime_get();
	int err = 0;

	memset(iomd_kunit_buffer_bytes(race->first), 0x11, LENGTH);
	race->address = address_of(map);
	one = start(test, read_words, race);
	two = start(test, read_words, race);
	while (goes_on(begin)) {
		if (blocks)
			err |= iomd_map_redirect(map, NULL, 0, 0);
		err |= iomd_map_redirect(map, race->second, 0, 0);
		err |= iomd_map_redirect(map, race->first, 0, 0);
		cond_resched();
	}
	KUNIT_EXPECT_EQ(test, kthread_stop(one), 0);
	KUNIT_EXPECT_EQ(test, kthread_stop(two), 0);
	KUNIT_EXPECT_EQ(test, err, 0);
	KUNIT_EXPECT_GT(test, atomic_read(&race->seen), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&race->torn), 0);
}

/* MAP-54 MAP-58 MAP-61: two threads read while it is redirected, over and over */
static void redirected_while_read(struct kunit *test)
{
	struct race race = { .first = buffer(test, 1), .second = buffer(test, 2) };

	memset(iomd_kunit_buffer_bytes(race.second), 0x22, LENGTH);
	redirect_while_read(test, &race, true);
}

/* MAP-58 MD-96: nobody sees memory of a redirected descriptor, while a map becomes one of it */
static void redirected_to_what_waits(struct kunit *test)
{
	struct race race = { .first = buffer(test, 1), .second = buffer(test, 2) };

	memset(iomd_kunit_buffer_bytes(race.second), 0x33, LENGTH);
	KUNIT_EXPECT_EQ(test, iomd_desc_redirect(race.second, NULL, true), 0);
	redirect_while_read(test, &race, false);
	KUNIT_EXPECT_EQ(test, iomd_desc_redirect(race.second, NULL, false), 0);
}

/* Touch wherever a map was last; it may be nowhere by then. */
static int touch_always(void *data)
{
	struct race *race = data;
	u8 byte;

	while (!kthread_should_stop()) {
		u64 address = READ_ONCE(race->address);

		if (iomd_kunit_peek(race->mm, address + PAGE_SIZE, &byte))
			atomic_inc(&race->seen);
		iomd_kunit_is_present(race->mm, address);
		cond_resched();
	}
	return 0;
}

/* Return: 0, or the error of what must not fail while the address space is there. */
static int live(struct race *race, u32 options)
{
	struct iomd_map *map;
	int err;

	map = iomd_desc_create_mapping_in_task(race->first, race->mm, 0, ANYWHERE | options, 0,
					       0);
	if (IS_ERR(map))
		return PTR_ERR(map);
	WRITE_ONCE(race->address, iomd_map_get_address(map));
	err = iomd_map_redirect(map, race->second, 0, 0);
	if (!err)
		err = iomd_map_redirect(map, NULL, 0, 0);
	if (!err)
		err = iomd_map_redirect(map, race->first, 0, 0);
	iomd_map_unmap(map);
	iomd_map_put(map);
	return err;
}

/* MAP-46 MAP-47 MAP-58: made, touched, redirected and unmapped at the same time */
static void all_at_once(struct kunit *test)
{
	struct race race = {
		.first = buffer(test, 1),
		.second = buffer(test, 2),
		.mm = iomd_kunit_mm,
	};
	struct task_struct *one, *two;
	ktime_t begin = ktime_get();
	int err = 0;

	one = start(test, touch_always, &race);
	two = start(test, touch_always, &race);
	while (!err && goes_on(begin))
		err = live(&race, UNIQUE);
	KUNIT_EXPECT_EQ(test, err, 0);
	KUNIT_EXPECT_EQ(test, kthread_stop(one), 0);
	KUNIT_EXPECT_EQ(test, kthread_stop(two), 0);
}

static int live_until_gone(void *data)
{
	struct race *race = data;
	int err = 0;

	while (!err && !kthread_should_stop())
		err = live(race, UNIQUE | IOMD_MAP_GUARDED_SMALL);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return err;
}

/* MAP-7 MAP-51 MAP-55: the process is killed in the middle of whatever it is */
static void killed_in_the_middle(struct kunit *test)
{
	struct race race = { .first = buffer(test, 1), .second = buffer(test, 2) };
	struct iomd_desc *own;
	ktime_t begin = ktime_get();
	int err;

	do {
		struct iomd_kunit_process *process = iomd_kunit_idle_process(test);
		struct task_struct *one, *two;

		/* It is its memory, too, that is shown. */
		own = iomd_desc_with_address_range(iomd_kunit_map_in(test, process->mm, LENGTH),
						   LENGTH, BOTH, process->mm);
		race.mm = process->mm;
		atomic_set(&race.seen, 0);
		race.second = iomd_kunit_desc(test, own);
		one = start(test, live_until_gone, &race);
		two = start(test, touch_always, &race);
		KUNIT_EXPECT_TRUE(test, iomd_kunit_wait_for(atomic_read(&race.seen)));
		iomd_kunit_kill(test, process);
		err = kthread_stop(one);
		KUNIT_EXPECT_TRUE(test, !err || err == -ENXIO || err == -EBADE ||
				  err == -ECANCELED);
		KUNIT_EXPECT_EQ(test, kthread_stop(two), 0);
	} while (goes_on(begin));
}

/*
 * Failing allocations.
 */

struct exchange {
	struct iomd_map *map;
	struct iomd_desc *memory[2];
	u32 nr;
};

/* It is the one or the other that is to be seen, whatever came of it. */
static int exchange_once(struct kunit *test, void *data)
{
	struct exchange *exchange = data;
	int err = iomd_map_redirect(exchange->map, exchange->memory[1], 0, 0);
	u8 byte;

	if (!iomd_kunit_peek(iomd_kunit_mm, address_of(exchange->map), &byte))
		return err ?: -EFAULT;
	KUNIT_EXPECT_EQ(test, byte, iomd_kunit_byte(err ? 1 : 2, 0));
	if (!err)
		err = iomd_map_redirect(exchange->map, exchange->memory[0], 0, 0);
	if (err)
		exchange->nr++;
	return err;
}

/* MAP-59: what cannot be allocated changes nothing */
static void survives_failing_allocations(struct kunit *test)
{
	IOMD_KUNIT_AS_TASK();
	struct exchange exchange = { .memory = { buffer(test, 1), buffer(test, 2) } };

	exchange.map = window(test, exchange.memory[0], UNIQUE);
	iomd_kunit_sweep(test, exchange_once, &exchange, 200);
	KUNIT_EXPECT_GE(test, exchange.nr, 1U);
}

/* MAP-27 MAP-54: what is left of a map that nobody can redirect any more has nothing to show */
static void nobody_waits_for_what_is_left(struct kunit *test)
{
	u64 place = iomd_kunit_map_in(test, iomd_kunit_mm, LENGTH);
	struct iomd_kunit_toucher *toucher;
	struct iomd_kunit_witness witness;
	struct iomd_desc *desc;
	struct iomd_map *map;

	desc = iomd_desc_with_address_range(iomd_kunit_map_in(test, iomd_kunit_mm, LENGTH),
					    LENGTH, BOTH, iomd_kunit_mm);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, desc);
	iomd_kunit_watch(&witness, desc);
	map = iomd_desc_create_mapping_in_task(desc, iomd_kunit_mm, place,
					       UNIQUE | IOMD_MAP_OVERWRITE, 0, 0);
	iomd_desc_put(desc);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, map);
	KUNIT_EXPECT_EQ(test, iomd_map_redirect(map, NULL, 0, 0), 0);
	toucher = iomd_kunit_touch(test, iomd_kunit_mm, place);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_waiting(toucher));
	iomd_map_put(map);
	KUNIT_ASSERT_TRUE(test, iomd_kunit_is_through(toucher));
	KUNIT_EXPECT_FALSE(test, toucher->was_possible);
	KUNIT_EXPECT_TRUE(test, witness.is_gone);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(shows_something_else),
	KUNIT_CASE(lets_go_of_what_was_shown),
	KUNIT_CASE(mode_follows_memory),
	KUNIT_CASE(some_cannot_be_redirected),
	KUNIT_CASE(failing_leaves_what_was),
	KUNIT_CASE(waits_for_memory),
	KUNIT_CASE(waits_for_other_memory),
	KUNIT_CASE(waiting_can_be_killed),
	KUNIT_CASE(waiting_ends_with_the_map),
	KUNIT_CASE(descriptor_waits),
	KUNIT_CASE(safe_tasks_go_on),
	KUNIT_CASE(two_reasons_to_wait),
	KUNIT_CASE(sub_redirects_its_parent),
	KUNIT_CASE(redirection_survives_init),
	KUNIT_CASE(redirected_while_read),
	KUNIT_CASE(redirected_to_what_waits),
	KUNIT_CASE(all_at_once),
	KUNIT_CASE(killed_in_the_middle),
	KUNIT_CASE(nobody_waits_for_what_is_left),
	KUNIT_CASE(survives_failing_allocations),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_task_redirect",
	.suite_init = iomd_kunit_suite_init,
	.suite_exit = iomd_kunit_suite_exit,
	.init = iomd_kunit_init,
	.test_cases = cases,
};

kunit_test_suite(suite);
