/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Buffers: descriptors that own their memory. IOBufferMemoryDescriptor.
 *
 * A buffer is a descriptor: pass iomd_buffer_desc() to every iomd_desc call and
 * to DMA commands.
 */
#ifndef _IOMD_BUFFER_H
#define _IOMD_BUFFER_H

#include <iomd/client.h>
#include <iomd/types.h>

struct iomd_buffer;
struct iomd_desc;

struct iomd_buffer *iomd_client_buffer_create(struct iomd_client *client, struct mm_struct *task,
					      u32 options, u64 capacity, u64 alignment,
					      u64 physical_mask, struct iomd_mapper *mapper);
struct iomd_buffer *iomd_client_buffer_with_capacity(struct iomd_client *client, u64 capacity,
						     u32 direction, bool contiguous);
struct iomd_buffer *iomd_client_buffer_in_task_with_guard_pages(struct iomd_client *client,
								struct mm_struct *task,
								u32 options, u64 capacity);
struct iomd_buffer *iomd_client_buffer_with_copy(struct iomd_client *client,
						 struct mm_struct *task, u32 options,
						 struct mm_struct *source_task, u64 source,
						 u64 size);
struct iomd_buffer *iomd_client_buffer_with_bytes(struct iomd_client *client, const void *bytes,
						  u64 length, u32 direction, bool contiguous);

#define iomd_buffer_in_task_with_options(task, options, capacity, alignment) \
	iomd_client_buffer_create(IOMD_THIS_CLIENT, task, options, capacity, alignment, 0, NULL)
#define iomd_buffer_in_task_with_physical_mask(task, options, capacity, physical_mask) \
	iomd_client_buffer_create(IOMD_THIS_CLIENT, task, options, capacity, 1, physical_mask, NULL)
#define iomd_buffer_in_task_with_guard_pages(task, options, capacity) \
	iomd_client_buffer_in_task_with_guard_pages(IOMD_THIS_CLIENT, task, options, capacity)
#define iomd_buffer_with_copy(task, options, source_task, source, size) \
	iomd_client_buffer_with_copy(IOMD_THIS_CLIENT, task, options, source_task, source, size)
#define iomd_buffer_with_options(options, capacity, alignment) \
	iomd_client_buffer_create(IOMD_THIS_CLIENT, IOMD_KERNEL_TASK, options, capacity, \
				  alignment, 0, NULL)
#define iomd_buffer_with_capacity(capacity, direction, contiguous) \
	iomd_client_buffer_with_capacity(IOMD_THIS_CLIENT, capacity, direction, contiguous)
#define iomd_buffer_with_bytes(bytes, length, direction, contiguous) \
	iomd_client_buffer_with_bytes(IOMD_THIS_CLIENT, bytes, length, direction, contiguous)

struct iomd_desc *iomd_buffer_desc(struct iomd_buffer *buffer);
struct iomd_buffer *iomd_buffer_from_desc(struct iomd_desc *desc);
void iomd_buffer_put(struct iomd_buffer *buffer);

u64 iomd_buffer_get_capacity(const struct iomd_buffer *buffer);
void iomd_buffer_set_length(struct iomd_buffer *buffer, u64 length);
void iomd_buffer_set_direction(struct iomd_buffer *buffer, u32 direction);
bool iomd_buffer_append_bytes(struct iomd_buffer *buffer, const void *bytes, u64 length);
void *iomd_buffer_get_bytes_no_copy(struct iomd_buffer *buffer);
void *iomd_buffer_get_bytes_no_copy_range(struct iomd_buffer *buffer, u64 start, u64 length);

#endif /* _IOMD_BUFFER_H */
