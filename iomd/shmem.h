/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that can be paged out: files without a name.
 */
#ifndef _IOMD_SHMEM_H
#define _IOMD_SHMEM_H

#include <linux/types.h>

struct file;
struct iomd_runs;
struct mm_struct;

struct file *iomd_shmem_create(u64 size);
int iomd_shmem_wire(struct iomd_runs *runs, struct file *file, u64 length);
void iomd_shmem_unwire(struct iomd_runs *runs, struct file *file, bool dirty);
void iomd_shmem_discard(struct file *file);
bool iomd_shmem_is_empty(struct file *file);
unsigned long iomd_shmem_resident(struct file *file);
void iomd_shmem_count(struct file *file, u64 *resident, u64 *dirty);
u64 iomd_shmem_map(struct file *file, struct mm_struct *mm, u64 size);
void iomd_shmem_unmap(struct file *file, struct mm_struct *mm, u64 address, u64 size);

#endif /* _IOMD_SHMEM_H */
