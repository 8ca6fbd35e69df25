/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The maps of a descriptor.
 */
#ifndef _IOMD_MAP_SET_H
#define _IOMD_MAP_SET_H

#include <linux/list.h>
#include <linux/mutex.h>

#include "core.h"

/**
 * struct iomd_map_set - The maps of a descriptor that others may share.
 * @lock: Guards the list, and what is said of the maps in it to be guarded.
 * @maps: The maps, in the order in which they were made; they are not held, and some may
 *	be on their way out.
 */
struct iomd_map_set {
	struct mutex lock;	/* see above */
	struct list_head maps;
};

struct iomd_map_set *iomd_map_set_of(struct iomd_desc *desc);
void iomd_map_set_free(struct iomd_map_set *set);
void iomd_desc_forget_maps(struct iomd_desc *desc);

#endif /* _IOMD_MAP_SET_H */
