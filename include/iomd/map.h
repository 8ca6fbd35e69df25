/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory in an address space. IOMemoryMap.
 */
#ifndef _IOMD_MAP_H
#define _IOMD_MAP_H

#include <iomd/types.h>

struct iomd_desc;
struct iomd_map;
struct vm_area_struct;

struct iomd_map *iomd_desc_create_mapping_in_task(struct iomd_desc *desc, struct mm_struct *into,
						  u64 at_address, u32 options, u64 offset,
						  u64 length);
struct iomd_map *iomd_desc_map(struct iomd_desc *desc, u32 options);
struct iomd_map *iomd_desc_set_mapping(struct iomd_desc *desc, struct mm_struct *task,
				       u64 address, u32 options);
int iomd_desc_mmap(struct iomd_desc *desc, struct vm_area_struct *vma);
int iomd_desc_redirect(struct iomd_desc *desc, struct mm_struct *safe_task, bool do_redirect);

struct iomd_map *iomd_map_get(struct iomd_map *map);
void iomd_map_put(struct iomd_map *map);

u64 iomd_map_get_address(const struct iomd_map *map);
void *iomd_map_get_virtual_address(const struct iomd_map *map);
u64 iomd_map_get_length(const struct iomd_map *map);
u64 iomd_map_get_size(const struct iomd_map *map);
u64 iomd_map_get_offset(const struct iomd_map *map);
struct mm_struct *iomd_map_get_address_task(const struct iomd_map *map);
struct iomd_desc *iomd_map_get_memory_descriptor(const struct iomd_map *map);
u32 iomd_map_get_map_options(const struct iomd_map *map);
u64 iomd_map_get_physical_segment(struct iomd_map *map, u64 offset, u64 *length, u32 options);
u64 iomd_map_get_physical_address(struct iomd_map *map);
int iomd_map_unmap(struct iomd_map *map);
void iomd_map_task_died(struct iomd_map *map);
int iomd_map_user_client_unmap(struct iomd_map *map);
int iomd_map_redirect(struct iomd_map *map, struct iomd_desc *memory, u32 options, u64 offset);
int iomd_map_wire_range(struct iomd_map *map, u32 options, u64 offset, u64 length);

#endif /* _IOMD_MAP_H */
