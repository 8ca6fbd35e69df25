/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * User memory to runs, and back.
 */
#ifndef _IOMD_PIN_H
#define _IOMD_PIN_H

#include <linux/mm.h>

struct iomd_runs;
struct mm_struct;

/* How to pin. */
#define IOMD_PIN_WRITE		FOLL_WRITE	/* the device writes the pages */
#define IOMD_PIN_NO_FAULT	FOLL_NOFAULT	/* only pages that are present */

int iomd_pin_user(struct iomd_runs *runs, struct mm_struct *mm, u64 address, u64 length,
		  unsigned int how);
void iomd_unpin_user(struct iomd_runs *runs, bool dirty);
void iomd_mark_dirty(const struct iomd_runs *runs);
int iomd_pin_breathe(void);
void iomd_pin_exit(void);

#endif /* _IOMD_PIN_H */
