/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Values that every object of iomd shares: directions, option words, ranges,
 * segments, tasks. The numbers are IOKit's, because ported drivers pass numbers.
 */
#ifndef _IOMD_TYPES_H
#define _IOMD_TYPES_H

#include <linux/bits.h>
#include <linux/sched.h>
#include <linux/types.h>

struct mm_struct;

/*
 * Directions, seen from memory: IN is device to memory, OUT memory to device.
 *
 * Beware: enum dma_data_direction uses the same small numbers with the opposite
 * meaning (DMA_TO_DEVICE is 1, IOMD_DIRECTION_IN is 1). Never pass one for the
 * other; iomd_direction_to_dma() converts.
 */
#define IOMD_DIRECTION_NONE		0x0	/* in a call: the descriptor's own */
#define IOMD_DIRECTION_IN		0x1	/* the device writes the memory */
#define IOMD_DIRECTION_OUT		0x2	/* the device reads the memory */
#define IOMD_DIRECTION_OUT_IN		0x3
#define IOMD_DIRECTION_IN_OUT		0x3

/* Modifiers of iomd_desc_prepare(). */
#define IOMD_PREPARE_TO_PHYS32		0x4	/* pages must lie below 4 GiB */
#define IOMD_PREPARE_NO_FAULT		0x8	/* fail rather than page in */
#define IOMD_PREPARE_NO_ZERO_FILL	0x10	/* new pages need not be cleared */
#define IOMD_PREPARE_NON_COHERENT	0x20	/* accepted */
#define IOMD_PREPARE_AVOID_THROTTLING	0x100	/* fail rather than be throttled */

/* Modifiers of iomd_desc_complete(). */
#define IOMD_COMPLETE_WITH_ERROR	0x40	/* the contents are not valid */
#define IOMD_COMPLETE_WITH_DATA_VALID	0x80	/* valid now, though still pinned */

/* Options of descriptor constructors. */
#define IOMD_MEMORY_DIRECTION_MASK	0x00000007
#define IOMD_MEMORY_AUTO_PREPARE	0x00000008	/* prepared when constructed */
#define IOMD_MEMORY_TYPE_VIRTUAL	0x00000010
#define IOMD_MEMORY_TYPE_PHYSICAL	0x00000020
#define IOMD_MEMORY_TYPE_UPL		0x00000030
#define IOMD_MEMORY_TYPE_PERSISTENT_MD	0x00000040
#define IOMD_MEMORY_TYPE_UIO		0x00000050
#define IOMD_MEMORY_TYPE_MASK		0x000000f0
#define IOMD_MEMORY_AS_REFERENCE	0x00000100	/* use the caller's range array in place */
#define IOMD_MEMORY_BUFFER_PAGEABLE	0x00000400
#define IOMD_MEMORY_MAPPER_NONE		0x00000800	/* addresses are CPU-physical */
#define IOMD_MEMORY_HOST_ONLY		0x00001000	/* never for DMA */
#define IOMD_MEMORY_SOURCE_SEGMENT	0x00002000	/* get_physical_segment: source address */
#define IOMD_MEMORY_REDIRECTED		0x00004000	/* state */
#define IOMD_MEMORY_PREPARED_READ_ONLY	0x00008000	/* state: pinned for reading only */
#define IOMD_MEMORY_PERSISTENT		0x00010000
#define IOMD_MEMORY_MAP_COPY_ON_WRITE	0x00020000	/* maps show a copy */
#define IOMD_MEMORY_REMOTE		0x00040000	/* not reachable by this CPU */
#define IOMD_MEMORY_THREAD_SAFE		0x00100000
#define IOMD_MEMORY_CLEAR_ENCRYPT	0x00200000
#define IOMD_MEMORY_BUFFER_PURGEABLE	0x00400000
#define IOMD_MEMORY_USE_RESERVE		0x00800000
#define IOMD_MEMORY_BUFFER_CACHE_MASK	0x70000000

/* Options of buffer constructors: another namespace, never to be mixed with the above. */
#define IOMD_BUFFER_PHYSICALLY_CONTIGUOUS	0x00000010	/* as the device sees it */
#define IOMD_BUFFER_PAGEABLE			0x00000020
#define IOMD_BUFFER_PURGEABLE			0x00000040
#define IOMD_BUFFER_HOST_PHYSICALLY_CONTIGUOUS	0x00000080	/* as the CPU sees it */
#define IOMD_BUFFER_SHARING_TYPE_MASK		0x000f0000
#define IOMD_BUFFER_UNSHARED			0x00000000
#define IOMD_BUFFER_KERNEL_USER_SHARED		0x00010000	/* page aligned, whole pages */
#define IOMD_BUFFER_MEMORY_FLAGS		0x00b0080f	/* passed on to the descriptor */

/* Cache modes, as part of buffer and map options. */
#define IOMD_MAP_CACHE_MASK		0x00000f00
#define IOMD_MAP_CACHE_SHIFT		8
#define IOMD_MAP_DEFAULT_CACHE		0x000
#define IOMD_MAP_INHIBIT_CACHE		0x100
#define IOMD_MAP_WRITE_THRU_CACHE	0x200
#define IOMD_MAP_COPYBACK_CACHE		0x300
#define IOMD_MAP_WRITE_COMBINE_CACHE	0x400
#define IOMD_MAP_COPYBACK_INNER_CACHE	0x500
#define IOMD_MAP_POSTED_WRITE		0x600
#define IOMD_MAP_REAL_TIME_CACHE	0x700
#define IOMD_MAP_POSTED_REORDERED	0x800
#define IOMD_MAP_POSTED_COMBINED_REORDERED 0x900

/* Options of maps. */
#define IOMD_MAP_ANYWHERE		0x00000001	/* wherever there is room */
#define IOMD_MAP_USER_OPTIONS_MASK	0x00000fff	/* what a task may have a say in */
#define IOMD_MAP_READ_ONLY		0x00001000
#define IOMD_MAP_STATIC			0x01000000	/* somebody else has mapped it */
#define IOMD_MAP_REFERENCE		0x02000000	/* only if there is one already */
#define IOMD_MAP_UNIQUE			0x04000000	/* not shared; can be redirected */
#define IOMD_MAP_PREFAULT		0x10000000	/* in page tables from the start */
#define IOMD_MAP_OVERWRITE		0x20000000	/* in place of what is there */
#define IOMD_MAP_GUARDED_SMALL		0x40000000	/* a page before and behind */
#define IOMD_MAP_GUARDED_LARGE		0x80000000	/* 64 KiB before and behind */
#define IOMD_MAP_GUARDED_MASK		0xc0000000	/* both: as small */

/* Operations of iomd_desc_perform_operation(). */
#define IOMD_MEMORY_INCOHERENT_IO_FLUSH	1	/* let the CPU see what devices wrote */
#define IOMD_MEMORY_INCOHERENT_IO_STORE	2	/* let devices see what the CPU wrote */
#define IOMD_MEMORY_CLEAR_ENCRYPTED	50
#define IOMD_MEMORY_SET_ENCRYPTED	51

/* States of iomd_desc_set_purgeable(), and modifiers of VOLATILE. */
#define IOMD_PURGEABLE_KEEP_CURRENT	1	/* ask only */
#define IOMD_PURGEABLE_NON_VOLATILE	2	/* contents are kept */
#define IOMD_PURGEABLE_VOLATILE		3	/* contents may go at any time */
#define IOMD_PURGEABLE_EMPTY		4	/* contents are gone */
#define IOMD_PURGEABLE_STATE_MASK	0x000f
#define IOMD_PURGEABLE_VOLATILE_GROUP(n) ((n) << 8)	/* 0 to 7, lower ones go first */
#define IOMD_PURGEABLE_VOLATILE_GROUP_MASK 0x0700
#define IOMD_PURGEABLE_BEHAVIOR_FIFO	0x0000
#define IOMD_PURGEABLE_BEHAVIOR_LIFO	0x0040
#define IOMD_PURGEABLE_ORDERING_NORMAL	0x0000
#define IOMD_PURGEABLE_ORDERING_OBSOLETE 0x0020	/* goes before everything else */
#define IOMD_PURGEABLE_FAULT_ON_ACCESS	0x2000

/* Special answers of iomd_desc_get_preparation_id(). */
#define IOMD_PREPARATION_ID_UNPREPARED		0ULL
#define IOMD_PREPARATION_ID_UNSUPPORTED		1ULL
#define IOMD_PREPARATION_ID_ALWAYS_PREPARED	2ULL

/**
 * struct iomd_range - One contiguous piece of memory.
 * @address: Virtual address in some task, or physical address.
 * @length: Bytes; may be zero.
 *
 * IOKit: IOAddressRange, IOVirtualRange, IOPhysicalRange.
 */
struct iomd_range {
	u64 address;
	u64 length;
};

/**
 * struct iomd_segment32 - One segment for a device that takes 32-bit words.
 * @iovm_addr: Bus address.
 * @length: Bytes.
 *
 * IOKit: IODMACommand::Segment32.
 */
struct iomd_segment32 {
	u32 iovm_addr;
	u32 length;
};

/**
 * struct iomd_segment64 - One segment.
 * @iovm_addr: Bus address.
 * @length: Bytes.
 *
 * IOKit: IODMACommand::Segment64, IOMemoryCursor::PhysicalSegment, IOAddressSegment.
 */
struct iomd_segment64 {
	u64 iovm_addr;
	u64 length;
};

/*
 * A task is its address space. NULL means "no task", that is physical memory;
 * IOMD_KERNEL_TASK is the kernel, and never dereferenced.
 */
#define IOMD_KERNEL_TASK	((struct mm_struct *)1UL)

/**
 * iomd_current_task() - The task on whose behalf this thread runs.
 *
 * A kernel thread answers for the kernel, and so does a process that is exiting and
 * has no memory any more. Code that will run later from a worker must take the task
 * when the request comes in. IOKit: current_task().
 *
 * Return: An address space the caller must not put, or IOMD_KERNEL_TASK.
 */
static inline struct mm_struct *iomd_current_task(void)
{
	if (current->flags & PF_KTHREAD)
		return IOMD_KERNEL_TASK;
	return current->mm ?: IOMD_KERNEL_TASK;
}

#endif /* _IOMD_TYPES_H */
