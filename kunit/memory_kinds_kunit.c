// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of processes, of every kind there is: found, pinned, read, written and let go
 * the same way, or refused for a reason.
 */
#include <linux/cred.h>
#include <linux/delay.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/kthread.h>
#include <linux/sched/mm.h>
#include <linux/sched/user.h>
#include <linux/shmem_fs.h>
#include <linux/uaccess.h>
#include <uapi/linux/fcntl.h>

#include "compose.h"
#include "process.h"

#define IN		IOMD_DIRECTION_IN
#define OUT		IOMD_DIRECTION_OUT
#define BOTH		IOMD_DIRECTION_OUT_IN
#define NONE		IOMD_DIRECTION_NONE

#define READ_WRITE	(PROT_READ | PROT_WRITE)

/*
 * Kinds.
 */

static u64 map_anonymous_shared(struct kunit *test, u64 length)
{
	return iomd_kunit_map(test, NULL, length, READ_WRITE, MAP_SHARED | MAP_ANONYMOUS);
}

static u64 map_memfd_shared(struct kunit *test, u64 length)
{
	return iomd_kunit_map(test, iomd_kunit_shmem(test, length), length, READ_WRITE,
			      MAP_SHARED);
}

static u64 map_memfd_private(struct kunit *test, u64 length)
{
	return iomd_kunit_map(test, iomd_kunit_shmem(test, length), length, READ_WRITE,
			      MAP_PRIVATE);
}

static u64 map_tmpfs_shared(struct kunit *test, u64 length)
{
	return iomd_kunit_map(test, iomd_kunit_file(test, "/dev/shm", length), length, READ_WRITE,
			      MAP_SHARED);
}

static u64 map_tmpfs_private(struct kunit *test, u64 length)
{
	return iomd_kunit_map(test, iomd_kunit_file(test, "/dev/shm", length), length, READ_WRITE,
			      MAP_PRIVATE);
}

/* The lanes mount a file system that has to know what is written. */
static u64 map_disk_shared(struct kunit *test, u64 length)
{
	return iomd_kunit_map(test, iomd_kunit_file(test, "/mnt", length), length, READ_WRITE,
			      MAP_SHARED);
}

static u64 map_disk_private(struct kunit *test, u64 length)
{
	return iomd_kunit_map(test, iomd_kunit_file(test, "/mnt", length), length, READ_WRITE,
			      MAP_PRIVATE);
}

static u64 map_hugetlb_shared(struct kunit *test, u64 length)
{
	return iomd_kunit_map(test, iomd_kunit_hugetlb(test), length, READ_WRITE, MAP_SHARED);
}

static u64 map_hugetlb_private(struct kunit *test, u64 length)
{
	return iomd_kunit_map(test, iomd_kunit_hugetlb(test), length, READ_WRITE, MAP_PRIVATE);
}

struct memory {
	const char *name;
	u64 (*map)(struct kunit *test, u64 length);
	u64 length;	/* mapped */
	u64 skip;	/* from the beginning of it to the descriptor */
	u64 described;
};

static const struct memory memories[] = {
	{ "a few bytes", iomd_kunit_map_anonymous, PAGE_SIZE, 123, 45 },
	{ "a page", iomd_kunit_map_anonymous, PAGE_SIZE, 0, PAGE_SIZE },
	{ "across a boundary", iomd_kunit_map_anonymous, 2 * PAGE_SIZE, PAGE_SIZE - 1, 2 },
	{ "some pages", iomd_kunit_map_anonymous, 40 * PAGE_SIZE, 0xa00, 38 * PAGE_SIZE + 1 },
	{ "two batches", iomd_kunit_map_anonymous, 600 * PAGE_SIZE, 7, 599 * PAGE_SIZE },
	{ "large folios", iomd_kunit_map_anonymous, 6 << 20, 0x1234, (4 << 20) - 0x3456 },
	{ "shared anonymous", map_anonymous_shared, 33 * PAGE_SIZE, 9, 32 * PAGE_SIZE },
	{ "shared memfd", map_memfd_shared, 33 * PAGE_SIZE, 9, 32 * PAGE_SIZE },
	{ "private memfd", map_memfd_private, 33 * PAGE_SIZE, 9, 32 * PAGE_SIZE },
	{ "shared tmpfs", map_tmpfs_shared, 33 * PAGE_SIZE, 9, 32 * PAGE_SIZE },
	{ "private tmpfs", map_tmpfs_private, 33 * PAGE_SIZE, 9, 32 * PAGE_SIZE },
	{ "private disk", map_disk_private, 33 * PAGE_SIZE, 9, 32 * PAGE_SIZE },
	{ "shared hugetlb", map_hugetlb_shared, 4 << 20, 0x1ff005, 0x100010 },
	{ "private hugetlb", map_hugetlb_private, 4 << 20, 0x1ff005, 0x100010 },
};

static void memory_name(const struct memory *memory, char *name)
{
	strscpy(name, memory->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(memory, memories, memory_name);

static void expect_read(struct kunit *test, struct iomd_desc *desc, u32 seed)
{
	u64 length = iomd_desc_get_length(desc);
	u8 *bytes = iomd_kunit_zalloc(test, length);

	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 0, bytes, length), length);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_is_filled(bytes, length, seed));
}

static void write(struct kunit *test, struct iomd_desc *desc, u32 seed)
{
	u64 length = iomd_desc_get_length(desc);
	u8 *bytes = iomd_kunit_zalloc(test, length);

	iomd_kunit_fill(bytes, length, seed);
	KUNIT_EXPECT_EQ(test, iomd_desc_write_bytes(desc, 0, bytes, length), length);
}

static void pin_what_the_task_has(struct kunit *test, const struct memory *memory)
{
	u64 base = memory->map(test, memory->length), before = iomd_kunit_pinned();
	u64 address = base + memory->skip, length = memory->described;
	struct iomd_desc *desc = iomd_kunit_of_process(test, address, length, BOTH);
	struct page *first, *last;

	iomd_kunit_user_fill(test, address, length, 1);
	first = iomd_kunit_user_page(test, address);
	last = iomd_kunit_user_page(test, address + length - 1);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(first), 0U);

	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_GE(test, iomd_kunit_pins(first), 1U);
	KUNIT_EXPECT_GE(test, iomd_kunit_pins(last), 1U);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned() - before,
			DIV_ROUND_UP_ULL(offset_in_page(address) + length, PAGE_SIZE));
	iomd_kunit_expect_pages(test, desc, address);
	iomd_kunit_expect_whole(test, desc);

	expect_read(test, desc, 1);
	write(test, desc, 2);
	iomd_kunit_user_expect(test, address, length, 2);
	iomd_kunit_user_fill(test, address, length, 3);
	expect_read(test, desc, 3);

	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(first), 0U);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(last), 0U);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before);
	iomd_kunit_user_expect(test, address, length, 3);
	iomd_kunit_unmap(base, memory->length);
}

/*
 * MD-32 MD-36 MD-47 MD-50 GMD-39 GMD-51 GMD-54 GMD-56: the pages that a process has are
 * pinned while prepared, read and written in place, and let go at the end; by others, and
 * by the process itself
 */
static void pins_what_the_task_has(struct kunit *test)
{
	pin_what_the_task_has(test, test->param_value);
	{
		IOMD_KUNIT_AS_TASK();

		pin_what_the_task_has(test, test->param_value);
	}
}

static void pin_what_the_task_will_have(struct kunit *test, const struct memory *memory,
					u32 direction)
{
	u64 base = memory->map(test, memory->length);
	u64 address = base + memory->skip, length = memory->described;
	struct iomd_desc *desc = iomd_kunit_of_process(test, address, length, direction);
	u8 *bytes = iomd_kunit_zalloc(test, length);

	memset(bytes, 0xee, length);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_desc_read_bytes(desc, 0, bytes, length), length);
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(bytes, 0, length), NULL);
	iomd_kunit_user_fill(test, address, length, 4);
	expect_read(test, desc, 4);
	iomd_kunit_expect_pages(test, desc, address);
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	iomd_kunit_unmap(base, memory->length);
}

/*
 * GMD-39 GMD-51: what nobody has touched yet is pinned as it would be found; for reading
 * too it stays what the task has, whatever the task then writes there
 */
static void pins_what_the_task_will_have(struct kunit *test)
{
	pin_what_the_task_will_have(test, test->param_value, IN);
	pin_what_the_task_will_have(test, test->param_value, OUT);
	{
		IOMD_KUNIT_AS_TASK();

		pin_what_the_task_will_have(test, test->param_value, IN);
		pin_what_the_task_will_have(test, test->param_value, OUT);
	}
}

/*
 * Copy on write.
 */

/* GMD-51: the page of zeroes that all share is nobody's to be written */
static void zero_page_is_replaced(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, 2 * PAGE_SIZE);
	struct iomd_desc *desc = iomd_kunit_of_process(test, base, PAGE_SIZE, IN);
	u8 *zeroes = iomd_kunit_zalloc(test, PAGE_SIZE);

	KUNIT_EXPECT_PTR_EQ(test, iomd_kunit_user_page(test, base), ZERO_PAGE(0));
	KUNIT_EXPECT_PTR_EQ(test, iomd_kunit_user_page(test, base + PAGE_SIZE), ZERO_PAGE(0));
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	write(test, desc, 1);
	iomd_kunit_user_expect(test, base, PAGE_SIZE, 1);
	KUNIT_EXPECT_PTR_NE(test, iomd_kunit_user_page(test, base), ZERO_PAGE(0));
	KUNIT_EXPECT_PTR_EQ(test, iomd_kunit_user_page(test, base + PAGE_SIZE), ZERO_PAGE(0));
	KUNIT_EXPECT_MEMEQ(test, (u8 *)page_address(ZERO_PAGE(0)), zeroes, PAGE_SIZE);
}

/* GMD-51: what is written to a private mapping does not get into the file, nor back */
static void private_mapping_keeps_to_itself(struct kunit *test)
{
	static const u32 directions[] = { IN, OUT };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(directions); i++) {
		struct file *file = iomd_kunit_shmem(test, PAGE_SIZE);
		u64 shared = iomd_kunit_map(test, file, PAGE_SIZE, READ_WRITE, MAP_SHARED);
		u64 private = iomd_kunit_map(test, file, PAGE_SIZE, READ_WRITE, MAP_PRIVATE);
		struct iomd_desc *desc;

		desc = iomd_kunit_of_process(test, private, PAGE_SIZE, directions[i]);
		iomd_kunit_user_fill(test, shared, PAGE_SIZE, 1);
		iomd_kunit_user_expect(test, private, PAGE_SIZE, 1);
		KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
		expect_read(test, desc, 1);
		if (directions[i] == IN)
			write(test, desc, 2);
		else
			iomd_kunit_user_fill(test, private, PAGE_SIZE, 2);
		expect_read(test, desc, 2);
		iomd_kunit_user_expect(test, private, PAGE_SIZE, 2);
		iomd_kunit_user_expect(test, shared, PAGE_SIZE, 1);
		iomd_kunit_user_fill(test, shared, PAGE_SIZE, 3);
		expect_read(test, desc, 2);
		iomd_kunit_user_expect(test, private, PAGE_SIZE, 2);
	}
}

#define NR_FORKED	6

/*
 * A process with a page for each way of being pinned, and its child with the same. What
 * goes wrong is noted; only the last of it is told.
 */
struct fork {
	u64 base;
	struct mm_struct *parent;
	struct iomd_desc *desc[NR_FORKED];	/* of the parent's */
	const char *wrong;
};

static void check(struct fork *fork, bool is_right, const char *what)
{
	if (!is_right)
		fork->wrong = what;
}

static u64 __user *forked_word(const struct fork *fork, u32 page)
{
	return u64_to_user_ptr(fork->base + page * PAGE_SIZE);
}

/* The process that is at it has this word in that page. */
static bool has_word(const struct fork *fork, u32 page, u64 expected)
{
	u64 word;

	return !copy_from_user(&word, forked_word(fork, page), sizeof(word)) && word == expected;
}

static bool put_word(const struct fork *fork, u32 page, u64 word)
{
	return !copy_to_user(forked_word(fork, page), &word, sizeof(word));
}

static bool desc_has(struct iomd_desc *desc, u64 expected)
{
	u64 word;

	return iomd_desc_read_bytes(desc, 0, &word, sizeof(word)) == sizeof(word) &&
	       word == expected;
}

static bool desc_put(struct iomd_desc *desc, u64 word)
{
	return iomd_desc_write_bytes(desc, 0, &word, sizeof(word)) == sizeof(word);
}

static struct iomd_desc *prepared_page(struct fork *fork, u32 page, struct mm_struct *task,
				       u32 direction)
{
	struct iomd_desc *desc = iomd_desc_with_address_range(fork->base + page * PAGE_SIZE,
							      PAGE_SIZE, direction, task);

	if (IS_ERR(desc) || iomd_desc_prepare(desc, NONE)) {
		check(fork, false, "a page cannot be prepared");
		iomd_desc_put(desc);
		return NULL;
	}
	return desc;
}

/* Words 100 and up: what the process has before it forks; two pages are pinned then. */
static void fork_parent(struct fork *fork)
{
	u32 i;

	fork->parent = current->mm;
	check(fork, iomd_current_task() == current->mm, "the parent is another task");
	fork->base = vm_mmap(NULL, 0, NR_FORKED * PAGE_SIZE, READ_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, 0);
	check(fork, !IS_ERR_VALUE((unsigned long)fork->base), "no memory");
	for (i = 0; i < NR_FORKED; i++)
		check(fork, put_word(fork, i, 100 + i), "the parent cannot write");
	fork->desc[0] = prepared_page(fork, 0, current->mm, IN);
	fork->desc[1] = prepared_page(fork, 1, current->mm, OUT);
}

/*
 * Two more are pinned while they are shared with the child; and two of the child's. Then
 * it writes 200 and up to all it has.
 */
static void fork_child(struct fork *fork)
{
	struct iomd_desc *in, *out;
	u32 i;

	check(fork, iomd_current_task() == current->mm && current->mm != fork->parent,
	      "the child is another task");
	for (i = 0; i < NR_FORKED; i++)
		check(fork, has_word(fork, i, 100 + i), "the child has other memory");
	fork->desc[2] = prepared_page(fork, 2, fork->parent, IN);
	fork->desc[3] = prepared_page(fork, 3, fork->parent, OUT);
	in = prepared_page(fork, 4, current->mm, IN);
	out = prepared_page(fork, 5, current->mm, OUT);

	for (i = 0; i < 4; i++) {
		check(fork, put_word(fork, i, 200 + i), "the child cannot write");
		check(fork, desc_has(fork->desc[i], 100 + i), "a pin has the child's memory");
	}
	check(fork, desc_put(in, 300) && has_word(fork, 4, 300), "the child has lost its memory");
	check(fork, put_word(fork, 5, 205) && desc_has(out, 205), "a pin lost the child");
	check(fork, desc_put(fork->desc[2], 400), "cannot be written");
	check(fork, has_word(fork, 2, 202), "the child has the parent's memory");
	check(fork, atomic64_read(&current->mm->pinned_vm) == 2, "the child has other pins");
	iomd_desc_put(in);
	iomd_desc_put(out);
	check(fork, !atomic64_read(&current->mm->pinned_vm), "pins are left of the child");
}

/* The child is gone, and the parent's memory and its pins are one. */
static void fork_end(struct fork *fork)
{
	u32 i;

	check(fork, has_word(fork, 2, 400), "the parent has lost its memory");
	check(fork, put_word(fork, 2, 102), "the parent cannot write");
	for (i = 0; i < NR_FORKED; i++)
		check(fork, has_word(fork, i, 100 + i), "the parent has the child's memory");
	for (i = 0; i < 4; i++)
		check(fork, put_word(fork, i, 500 + i) && desc_has(fork->desc[i], 500 + i),
		      "a pin lost the parent");
	check(fork, desc_put(fork->desc[0], 600) && has_word(fork, 0, 600),
	      "the parent has lost its memory");
	check(fork, atomic64_read(&current->mm->pinned_vm) == 4, "the parent has other pins");
	for (i = 0; i < 4; i++)
		iomd_desc_put(fork->desc[i]);
	check(fork, !atomic64_read(&current->mm->pinned_vm), "pins are left of the parent");
}

static void fork_step(void *data, unsigned int nr)
{
	struct fork *fork = data;

	/* What follows relies on it. */
	if (fork->wrong)
		return;
	if (nr == 1)
		fork_parent(fork);
	else if (nr == 2)
		fork_child(fork);
	else
		fork_end(fork);
}

/*
 * GMD-51 OBJ-22 OBJ-34: a child has memory of its own, and pins stay with the task they
 * were made for; be they older than the child or not, for reading or for writing
 */
static void pins_stay_with_their_task(struct kunit *test)
{
	struct fork fork = {};

	iomd_kunit_run(test, "step 1; (step 2); step 3", fork_step, &fork);
	KUNIT_EXPECT_STREQ(test, fork.wrong ?: "", "");
	KUNIT_EXPECT_NOT_NULL(test, fork.desc[3]);
}

/*
 * What cannot be prepared.
 */

struct damage {
	const char *name;
	u32 page;	/* of five */
	int prot;	/* -1 if it is not there at all */
	int in;
	int out;
};

static const struct damage damages[] = {
	{ "unmapped at the start", 0, -1, -EFAULT, -EFAULT },
	{ "unmapped in the middle", 2, -1, -EFAULT, -EFAULT },
	{ "unmapped at the end", 4, -1, -EFAULT, -EFAULT },
	{ "no access at the start", 0, PROT_NONE, -EACCES, -EACCES },
	{ "no access in the middle", 2, PROT_NONE, -EACCES, -EACCES },
	{ "no access at the end", 4, PROT_NONE, -EACCES, -EACCES },
	{ "read-only at the start", 0, PROT_READ, -EACCES, 0 },
	{ "read-only in the middle", 2, PROT_READ, -EACCES, 0 },
	{ "read-only at the end", 4, PROT_READ, -EACCES, 0 },
};

static void damage_name(const struct damage *damage, char *name)
{
	strscpy(name, damage->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(damage, damages, damage_name);

/* GMD-10 GMD-43 GMD-44 GMD-45 CON-4: one page decides, wherever it is, and nothing is left */
static void every_page_has_to_be_there(struct kunit *test)
{
	const struct damage *damage = test->param_value;
	u32 own, i;

	for (own = 0; own < 2; own++) {
		u64 base = iomd_kunit_map_anonymous(test, 5 * PAGE_SIZE);
		u64 bad = base + damage->page * PAGE_SIZE;
		struct mm_struct *task __free(iomd_kunit_leave) = own ? iomd_kunit_enter() : NULL;
		struct iomd_desc *desc;
		struct page *page[5];
		u64 before;

		desc = iomd_kunit_of_process(test, base + 5, 5 * PAGE_SIZE - 10, BOTH);
		iomd_kunit_user_fill(test, base, 5 * PAGE_SIZE, 1);
		iomd_kunit_unmap(bad, PAGE_SIZE);
		if (damage->prot >= 0)
			iomd_kunit_map_at(test, bad, PAGE_SIZE, damage->prot);
		for (i = 0; i < 5; i++)
			page[i] = i == damage->page ? NULL :
				  iomd_kunit_user_page(test, base + i * PAGE_SIZE);

		before = iomd_kunit_pinned();
		KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, IN), damage->in);
		KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), damage->in);
		KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(desc));
		KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, OUT), damage->out);
		KUNIT_EXPECT_EQ(test, iomd_kunit_is_prepared(desc), !damage->out);
		if (!damage->out) {
			iomd_kunit_expect_pages(test, desc, base + 5);
			KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
		}
		KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before);
		for (i = 0; i < 5; i++)
			if (page[i])
				KUNIT_EXPECT_EQ(test, iomd_kunit_pins(page[i]), 0U);
	}
}

/* GMD-39 GMD-43 GMD-54: so it is where a large folio has lost a page; the rest is good */
static void folio_may_have_lost_a_page(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, 3 * HPAGE_PMD_SIZE), segment, before;
	u64 start = ALIGN(base, HPAGE_PMD_SIZE), bad = start + 100 * PAGE_SIZE;
	struct iomd_desc *desc, *rest;
	struct page *page;

	desc = iomd_kunit_of_process(test, start, HPAGE_PMD_SIZE, BOTH);
	rest = iomd_kunit_of_process(test, bad + PAGE_SIZE, HPAGE_PMD_SIZE - 101 * PAGE_SIZE, BOTH);
	iomd_kunit_user_fill(test, start, HPAGE_PMD_SIZE, 1);
	page = iomd_kunit_user_page(test, start);
	KUNIT_ASSERT_TRUE(test, PageCompound(page));
	iomd_kunit_unmap(bad, PAGE_SIZE);
	before = iomd_kunit_pinned();

	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), -EFAULT);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(page), 0U);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(rest, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(rest, 0, &segment),
			page_to_phys(page) + 101 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, segment, iomd_desc_get_length(rest));
	KUNIT_EXPECT_EQ(test, iomd_desc_complete(rest, NONE), 0);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pins(page), 0U);
	KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before);
}

/* GMD-44 GMD-45: a file system that has to know what is written lets it be read */
static void tracked_files_are_for_out(struct kunit *test)
{
	u32 own;

	for (own = 0; own < 2; own++) {
		u64 base = map_disk_shared(test, 3 * PAGE_SIZE), before = iomd_kunit_pinned();
		struct mm_struct *task __free(iomd_kunit_leave) = own ? iomd_kunit_enter() : NULL;
		struct iomd_desc *desc = iomd_kunit_of_process(test, base + 9, 2 * PAGE_SIZE, BOTH);

		iomd_kunit_user_fill(test, base + 9, 2 * PAGE_SIZE, 1);
		KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, IN), -EXFULL);
		KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), -EXFULL);
		KUNIT_EXPECT_FALSE(test, iomd_kunit_is_prepared(desc));
		KUNIT_EXPECT_EQ(test, iomd_kunit_pinned(), before);
		KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, OUT), 0);
		expect_read(test, desc, 1);
		iomd_kunit_expect_pages(test, desc, base + 9);
		KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	}
}

/* GMD-45 CON-4: a file that is sealed is written by nobody who comes later */
static void sealed_files_are_for_out(struct kunit *test)
{
	struct file *file = iomd_kunit_shmem(test, 2 * PAGE_SIZE);
	u64 before_seal = iomd_kunit_map(test, file, 2 * PAGE_SIZE, READ_WRITE, MAP_SHARED);
	u64 base;
	u32 own;

	iomd_kunit_user_fill(test, before_seal, 2 * PAGE_SIZE, 1);
	SHMEM_I(file_inode(file))->seals |= F_SEAL_FUTURE_WRITE;
	base = iomd_kunit_map(test, file, 2 * PAGE_SIZE, PROT_READ, MAP_SHARED);
	for (own = 0; own < 2; own++) {
		struct mm_struct *task __free(iomd_kunit_leave) = own ? iomd_kunit_enter() : NULL;
		struct iomd_desc *desc = iomd_kunit_of_process(test, base, 2 * PAGE_SIZE, BOTH);

		KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, IN), -EACCES);
		KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, OUT), 0);
		expect_read(test, desc, 1);
		iomd_kunit_expect_pages(test, desc, base);
		KUNIT_EXPECT_EQ(test, iomd_desc_complete(desc, NONE), 0);
	}
}

#ifdef CONFIG_X86_64
#define SECRET	0x10000000UL

/*
 * A program that maps a page at SECRET which the kernel itself cannot see, and waits. It
 * is what the comments say, in memory at 0x400000.
 */
static const u8 secret_program[] = {
	0x7f, 'E', 'L', 'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	2, 0, 62, 0, 1, 0, 0, 0,
	0x78, 0x00, 0x40, 0, 0, 0, 0, 0,	/* begins behind the headers */
	64, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 64, 0, 56, 0, 1, 0, 0, 0, 0, 0, 0, 0,
	/* One segment, all of the file. */
	1, 0, 0, 0, 5, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0x40, 0, 0, 0, 0, 0,
	0, 0, 0x40, 0, 0, 0, 0, 0,
	0xb5, 0, 0, 0, 0, 0, 0, 0,
	0xb5, 0, 0, 0, 0, 0, 0, 0,
	0, 0x10, 0, 0, 0, 0, 0, 0,
	/* fd = memfd_secret(0) */
	0xb8, 0xbf, 0x01, 0x00, 0x00, 0x31, 0xff, 0x0f, 0x05,
	/* ftruncate(fd, 4096) */
	0x89, 0xc3, 0x89, 0xc7, 0xbe, 0x00, 0x10, 0x00, 0x00, 0xb8, 0x4d, 0x00, 0x00, 0x00,
	0x0f, 0x05,
	/* mmap(SECRET, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) */
	0x41, 0x89, 0xd8, 0x45, 0x31, 0xc9, 0x6a, 0x11, 0x41, 0x5a, 0x6a, 0x03, 0x5a,
	0xbe, 0x00, 0x10, 0x00, 0x00, 0xbf, 0x00, 0x00, 0x00, 0x10, 0x6a, 0x09, 0x58,
	0x0f, 0x05,
	/* *SECRET = 1; pause() */
	0xc6, 0x00, 0x01, 0x6a, 0x22, 0x58, 0x0f, 0x05,
};

/* Has the program come so far, or ended? */
static bool is_secret_there(struct mm_struct *mm)
{
	struct vm_area_struct *vma;
	bool there;

	mmap_read_lock(mm);
	vma = find_vma(mm, SECRET);
	there = vma && vma->vm_start <= SECRET;
	mmap_read_unlock(mm);
	return there;
}

/* GMD-43 GMD-44: memory that is hidden from the kernel is hidden from devices too */
static void secret_memory_is_refused(struct kunit *test)
{
	char *argv[2] = { "/tmp/iomd_kunit_secret", NULL };
	long locked = atomic_long_read(&current_user()->locked_vm);
	struct iomd_kunit_process *process;
	struct iomd_desc *desc;
	struct file *file;
	loff_t position = 0;
	u32 own;

	static_assert(sizeof(secret_program) == 0xb5);
	file = filp_open(argv[0], O_CREAT | O_TRUNC | O_WRONLY, 0700);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	KUNIT_EXPECT_EQ(test, kernel_write(file, secret_program, sizeof(secret_program),
					   &position), (ssize_t)sizeof(secret_program));
	fput(file);
	flush_delayed_fput();
	process = iomd_kunit_start(test, argv);
	KUNIT_ASSERT_TRUE(test, iomd_kunit_wait_for(is_secret_there(process->mm)));

	desc = iomd_kunit_desc(test, iomd_desc_with_address_range(SECRET, 16, BOTH, process->mm));
	KUNIT_ASSERT_TRUE(test, mmget_not_zero(process->mm));
	for (own = 0; own < 2; own++) {
		if (own)
			kthread_use_mm(process->mm);
		KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, IN), -EXFULL);
		KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, OUT), -EXFULL);
		if (own)
			kthread_unuse_mm(process->mm);
	}
	KUNIT_EXPECT_EQ(test, (u64)atomic64_read(&process->mm->pinned_vm), 0ULL);
	mmput(process->mm);
	/* Hidden memory is charged to the user as well, until it is gone. */
	iomd_kunit_kill(test, process);
	KUNIT_EXPECT_TRUE(test, iomd_kunit_wait_for(atomic_long_read(&current_user()->locked_vm) ==
						    locked));
}
#else
static void secret_memory_is_refused(struct kunit *test)
{
	kunit_skip(test, "no program for this machine");
}
#endif

/*
 * Segments.
 */

/* GMD-53 MD-47 MD-48 MD-49 MD-50: segments of a process's memory are as those of any */
static void segments_of_a_process(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, 4 * PAGE_SIZE), offset, length, sum = 0;
	struct iomd_desc *desc = iomd_kunit_of_process(test, base + 0xa00, 3 * PAGE_SIZE, BOTH);
	u64 end = 3 * PAGE_SIZE;

	iomd_kunit_user_fill(test, base, 4 * PAGE_SIZE, 1);
	length = 5;
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, 0, &length), 0ULL);
	KUNIT_EXPECT_EQ(test, length, 0ULL);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
	for (offset = 0; offset < end; offset += 0x3ff) {
		u64 at = base + 0xa00 + offset, phys = iomd_kunit_phys(desc, offset, &length);

		KUNIT_EXPECT_EQ(test, phys, page_to_phys(iomd_kunit_user_page(test, at)) +
					    offset_in_page(at));
		KUNIT_EXPECT_NE(test, length, 0ULL);
		KUNIT_EXPECT_LE(test, offset + length, end);
		KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, offset, NULL), phys);
	}
	for (offset = 0; iomd_kunit_phys(desc, offset, &length); offset += length)
		sum += length;
	KUNIT_EXPECT_EQ(test, sum, end);
	length = 5;
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, end, &length), 0ULL);
	KUNIT_EXPECT_EQ(test, length, 0ULL);
	length = 5;
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(desc, U64_MAX, &length), 0ULL);
	KUNIT_EXPECT_EQ(test, length, 0ULL);
}

/* GMD-53 MD-51 MD-52 MD-53: and so are its addresses for a device, and those for none */
static void bus_addresses_of_a_process(struct kunit *test)
{
	u64 base = iomd_kunit_map_anonymous(test, PAGE_SIZE);
	const struct iomd_range range = { base + 7, 100 };
	struct iomd_mapper *mapper = iomd_kunit_device_mapper(test, 64);
	static const u32 untranslated[] = { IOMD_MEMORY_MAPPER_NONE, IOMD_MEMORY_HOST_ONLY };
	struct iomd_desc *bound, *unbound;
	u64 length = 5, phys;
	u32 i;

	bound = iomd_desc_with_options(&range, 1, 0, iomd_kunit_mm,
				       IOMD_MEMORY_TYPE_VIRTUAL | BOTH, mapper);
	iomd_kunit_desc(test, bound);
	unbound = iomd_kunit_of_process(test, range.address, range.length, BOTH);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(bound, NONE), 0);
	KUNIT_ASSERT_EQ(test, iomd_desc_prepare(unbound, NONE), 0);
	phys = iomd_kunit_phys(bound, 0, NULL);
	KUNIT_EXPECT_NE(test, phys, 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_kunit_phys(unbound, 0, NULL), phys);
	KUNIT_EXPECT_NE(test, iomd_desc_get_physical_segment(bound, 0, &length, 0), 0ULL);
	KUNIT_EXPECT_EQ(test, length, 100ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_address(bound),
			iomd_desc_get_physical_segment(bound, 0, NULL, 0));
	KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_segment(unbound, 0, &length, 0), 0ULL);
	KUNIT_EXPECT_EQ(test, length, 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_address(unbound), 0ULL);

	for (i = 0; i < ARRAY_SIZE(untranslated); i++) {
		struct iomd_desc *desc;

		desc = iomd_desc_with_options(&range, 1, 0, iomd_kunit_mm,
					      IOMD_MEMORY_TYPE_VIRTUAL | BOTH | untranslated[i],
					      mapper);
		iomd_kunit_desc(test, desc);
		KUNIT_ASSERT_EQ(test, iomd_desc_prepare(desc, NONE), 0);
		KUNIT_EXPECT_EQ(test, iomd_desc_get_physical_segment(desc, 0, &length, 0), phys);
		KUNIT_EXPECT_EQ(test, length, 100ULL);
	}
}

/* GMD-44 GMD-49: lost, absent, and not to be had are told apart */
static void refusals_are_told_apart(struct kunit *test)
{
	struct file *file = iomd_kunit_shmem(test, PAGE_SIZE);
	u64 beyond = iomd_kunit_map(test, file, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED);
	u64 fresh = iomd_kunit_map_anonymous(test, PAGE_SIZE);
	struct iomd_desc *desc;

	desc = iomd_kunit_desc(test, iomd_desc_with_address_range(beyond, 2 * PAGE_SIZE, IN,
								  iomd_kunit_mm));
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, NONE), -EFAULT);
	desc = iomd_kunit_desc(test, iomd_desc_with_address_range(fresh, PAGE_SIZE, IN,
								  iomd_kunit_mm));
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, IN | IOMD_PREPARE_NO_FAULT), -EAGAIN);
	KUNIT_EXPECT_EQ(test, iomd_desc_prepare(desc, IN), 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(pins_what_the_task_has, memory_gen_params),
	KUNIT_CASE_PARAM(pins_what_the_task_will_have, memory_gen_params),
	KUNIT_CASE(zero_page_is_replaced),
	KUNIT_CASE(private_mapping_keeps_to_itself),
	KUNIT_CASE(pins_stay_with_their_task),
	KUNIT_CASE_PARAM(every_page_has_to_be_there, damage_gen_params),
	KUNIT_CASE(folio_may_have_lost_a_page),
	KUNIT_CASE(tracked_files_are_for_out),
	KUNIT_CASE(sealed_files_are_for_out),
	KUNIT_CASE(secret_memory_is_refused),
	KUNIT_CASE(segments_of_a_process),
	KUNIT_CASE(bus_addresses_of_a_process),
	KUNIT_CASE(refusals_are_told_apart),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_memory_kinds",
	.suite_init = iomd_kunit_suite_init,
	.suite_exit = iomd_kunit_suite_exit,
	.init = iomd_kunit_init,
	.test_cases = cases,
};

kunit_test_suite(suite);
