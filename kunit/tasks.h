/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the suites about maps into tasks share: maps, and those who touch them.
 */
#ifndef _IOMD_KUNIT_TASKS_H
#define _IOMD_KUNIT_TASKS_H

#include <linux/completion.h>
#include <linux/mm_types.h>

#include "compose.h"
#include "process.h"

/* A buffer of the kernel's with a pattern, and where the kernel has it. */
struct iomd_desc *iomd_kunit_filled_buffer(struct kunit *test, u64 length, u32 seed);
u8 *iomd_kunit_buffer_bytes(struct iomd_desc *buffer);

/* Expect a map rather than an error, and put it at the end of the case. */
struct iomd_map *iomd_kunit_keep_map(struct kunit *test, struct iomd_map *map);

/* A process of its own that does nothing. */
struct iomd_kunit_process *iomd_kunit_idle_process(struct kunit *test);

/* Memory without a name in any address space. It goes with that. */
u64 iomd_kunit_map_in(struct kunit *test, struct mm_struct *mm, u64 length);
int iomd_kunit_unmap_in(struct mm_struct *mm, u64 address, u64 length);

/* Touch a byte there as the kernel does for a task. Return: it was possible. */
bool iomd_kunit_peek(struct mm_struct *mm, u64 address, u8 *byte);
bool iomd_kunit_poke(struct mm_struct *mm, u64 address, u8 byte);

/* Is it in the page tables, so that reading it does not fault? */
bool iomd_kunit_is_present(struct mm_struct *mm, u64 address);

/* What is mapped at an address; nothing has flags of 0. */
struct iomd_kunit_vma {
	u64 start;
	u64 end;
	unsigned long flags;
	pgprot_t prot;
};

struct iomd_kunit_vma iomd_kunit_vma_at(struct mm_struct *mm, u64 address);

/* How a page is mapped; the page has to be present. */
pte_t iomd_kunit_pte_at(struct mm_struct *mm, u64 address);

/* A thread that reads a byte somewhere, once. It may have to wait for that. */
struct iomd_kunit_toucher {
	struct task_struct *thread;
	struct completion done;
	struct mm_struct *mm;
	u64 address;
	bool was_possible;
	u8 byte;
};

struct iomd_kunit_toucher *iomd_kunit_touch(struct kunit *test, struct mm_struct *mm,
					    u64 address);
bool iomd_kunit_is_waiting(const struct iomd_kunit_toucher *toucher);
bool iomd_kunit_is_through(struct iomd_kunit_toucher *toucher);

/* Files that were put by threads of the kernel are gone. */
void iomd_kunit_flush_files(void);

#endif /* _IOMD_KUNIT_TASKS_H */
