// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the suites about maps into tasks share.
 */
#include <linux/file.h>
#include <linux/kthread.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/uaccess.h>

#include "tasks.h"

struct iomd_desc *iomd_kunit_filled_buffer(struct kunit *test, u64 length, u32 seed)
{
	struct iomd_buffer *buffer = iomd_buffer_with_options(IOMD_DIRECTION_OUT_IN, length,
							      PAGE_SIZE);

	iomd_kunit_fill(iomd_buffer_get_bytes_no_copy(iomd_kunit_buffer(test, buffer)), length,
			seed);
	return iomd_buffer_desc(buffer);
}

u8 *iomd_kunit_buffer_bytes(struct iomd_desc *buffer)
{
	return iomd_buffer_get_bytes_no_copy(iomd_buffer_from_desc(buffer));
}

static void undo_map(void *data)
{
	iomd_map_put(data);
}

struct iomd_map *iomd_kunit_keep_map(struct kunit *test, struct iomd_map *map)
{
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, map);
	iomd_kunit_defer(test, undo_map, map);
	return map;
}

/*
 * Address spaces.
 */

/* Return: what to give to leave(), an error if it is gone, or NULL if it is current. */
static struct mm_struct *enter(struct mm_struct *mm)
{
	if (current->mm == mm)
		return NULL;
	if (!mmget_not_zero(mm))
		return ERR_PTR(-ENXIO);
	kthread_use_mm(mm);
	return mm;
}

static void leave(struct mm_struct *entered)
{
	if (!entered)
		return;
	kthread_unuse_mm(entered);
	mmput(entered);
}

struct iomd_kunit_process *iomd_kunit_idle_process(struct kunit *test)
{
	char *argv[4] = { "/bin/busybox", "sleep", "1000", NULL };

	return iomd_kunit_start(test, argv);
}

u64 iomd_kunit_map_in(struct kunit *test, struct mm_struct *mm, u64 length)
{
	struct mm_struct *entered = enter(mm);
	unsigned long address = -ENXIO;

	if (!IS_ERR(entered)) {
		address = vm_mmap(NULL, 0, length, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, 0);
		leave(entered);
	}
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(address));
	return address;
}

int iomd_kunit_unmap_in(struct mm_struct *mm, u64 address, u64 length)
{
	struct mm_struct *entered = enter(mm);
	int err;

	if (IS_ERR(entered))
		return PTR_ERR(entered);
	err = vm_munmap(address, length);
	leave(entered);
	return err;
}

bool iomd_kunit_peek(struct mm_struct *mm, u64 address, u8 *byte)
{
	struct mm_struct *entered = enter(mm);
	bool was_possible;

	if (IS_ERR(entered))
		return false;
	was_possible = !copy_from_user(byte, u64_to_user_ptr(address), 1);
	leave(entered);
	return was_possible;
}

bool iomd_kunit_poke(struct mm_struct *mm, u64 address, u8 byte)
{
	struct mm_struct *entered = enter(mm);
	bool was_possible;

	if (IS_ERR(entered))
		return false;
	was_possible = !copy_to_user(u64_to_user_ptr(address), &byte, 1);
	leave(entered);
	return was_possible;
}

bool iomd_kunit_is_present(struct mm_struct *mm, u64 address)
{
	struct mm_struct *entered = enter(mm);
	bool is_present;
	u8 byte;

	if (IS_ERR(entered))
		return false;
	pagefault_disable();
	is_present = !__copy_from_user_inatomic(&byte, u64_to_user_ptr(address), 1);
	pagefault_enable();
	leave(entered);
	return is_present;
}

struct iomd_kunit_vma iomd_kunit_vma_at(struct mm_struct *mm, u64 address)
{
	struct iomd_kunit_vma found = {};
	struct vm_area_struct *vma;

	mmap_read_lock(mm);
	vma = find_vma(mm, address);
	if (vma && vma->vm_start <= address) {
		found.start = vma->vm_start;
		found.end = vma->vm_end;
		found.flags = vma->vm_flags;
		found.prot = vma->vm_page_prot;
	}
	mmap_read_unlock(mm);
	return found;
}

pte_t iomd_kunit_pte_at(struct mm_struct *mm, u64 address)
{
	pte_t pte;

	mmap_read_lock(mm);
	pte = *pte_offset_kernel(pmd_offset(pud_offset(p4d_offset(pgd_offset(mm, address),
								  address), address), address),
				 address);
	mmap_read_unlock(mm);
	return pte;
}

/*
 * Those who wait.
 */

static int touch(void *data)
{
	struct iomd_kunit_toucher *toucher = data;

	allow_signal(SIGKILL);
	toucher->was_possible = iomd_kunit_peek(toucher->mm, toucher->address, &toucher->byte);
	kthread_complete_and_exit(&toucher->done, 0);
}

/* At the end of the case, and before what it touches goes. */
static void undo_touch(void *data)
{
	struct iomd_kunit_toucher *toucher = data;

	send_sig(SIGKILL, toucher->thread, 1);
	wait_for_completion(&toucher->done);
	put_task_struct(toucher->thread);
}

struct iomd_kunit_toucher *iomd_kunit_touch(struct kunit *test, struct mm_struct *mm, u64 address)
{
	struct iomd_kunit_toucher *toucher = iomd_kunit_zalloc(test, sizeof(*toucher));

	init_completion(&toucher->done);
	toucher->mm = mm;
	toucher->address = address;
	toucher->thread = kthread_create(touch, toucher, "iomd_toucher");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, toucher->thread);
	get_task_struct(toucher->thread);
	iomd_kunit_defer(test, undo_touch, toucher);
	wake_up_process(toucher->thread);
	return toucher;
}

/* It sleeps so that only being killed ends that. */
bool iomd_kunit_is_waiting(const struct iomd_kunit_toucher *toucher)
{
	return iomd_kunit_wait_for(READ_ONCE(toucher->thread->__state) == TASK_KILLABLE);
}

bool iomd_kunit_is_through(struct iomd_kunit_toucher *toucher)
{
	return iomd_kunit_wait_for(completion_done(&toucher->done));
}

void iomd_kunit_flush_files(void)
{
	flush_delayed_fput();
}
