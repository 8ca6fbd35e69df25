/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Purgeable memory: contents that may be thrown away when memory is short.
 */
#ifndef _IOMD_PURGE_H
#define _IOMD_PURGE_H

#include <linux/list.h>
#include <linux/types.h>

struct file;

/**
 * struct iomd_purgeable - A file whose contents may go.
 * @node: In the list of those whose may, now.
 * @file: The file.
 * @state: IOMD_PURGEABLE_*, with modifiers.
 * @nr_users: Reasons to keep the contents whatever the state: they are wired.
 *
 * All guarded by one lock for all.
 */
struct iomd_purgeable {
	struct list_head node;
	struct file *file;
	u32 state;
	u32 nr_users;
};

int iomd_purge_init(void);
void iomd_purge_exit(void);
void iomd_purgeable_open(struct iomd_purgeable *purgeable, struct file *file);
void iomd_purgeable_close(struct iomd_purgeable *purgeable);
u32 iomd_purgeable_set_state(struct iomd_purgeable *purgeable, u32 new_state);
void iomd_purgeable_use(struct iomd_purgeable *purgeable);
void iomd_purgeable_unuse(struct iomd_purgeable *purgeable);
bool iomd_purgeable_is_used(struct iomd_purgeable *purgeable);

#endif /* _IOMD_PURGE_H */
