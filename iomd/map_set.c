// SPDX-License-Identifier: GPL-2.0-only
/*
 * The maps of a descriptor: what it knows of them, which is that they are there.
 */
#include <linux/slab.h>

#include "map_set.h"

/* Return: the set of a descriptor's maps, or NULL if there is no memory for one. */
struct iomd_map_set *iomd_map_set_of(struct iomd_desc *desc)
{
	struct iomd_map_set *set = READ_ONCE(desc->maps), *other;

	if (set)
		return set;
	set = kmalloc(sizeof(*set), GFP_KERNEL_ACCOUNT);
	if (!set)
		return NULL;
	mutex_init(&set->lock);
	INIT_LIST_HEAD(&set->maps);
	other = cmpxchg(&desc->maps, NULL, set);
	if (!other)
		return set;
	mutex_destroy(&set->lock);
	kfree(set);
	return other;
}

/* Nothing can be in it: maps hold their descriptor. */
void iomd_map_set_free(struct iomd_map_set *set)
{
	if (!set)
		return;
	mutex_destroy(&set->lock);
	kfree(set);
}

/* The descriptor is about to describe something else; maps of what it did go on alone. */
void iomd_desc_forget_maps(struct iomd_desc *desc)
{
	struct list_head *node, *next;

	if (!desc->maps)
		return;
	mutex_lock(&desc->maps->lock);
	list_for_each_safe(node, next, &desc->maps->maps)
		if (!desc->is_redirected)
			list_del_init(node);
	mutex_unlock(&desc->maps->lock);
}

