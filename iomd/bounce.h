/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Double buffering: memory that a device can reach, in place of memory that it
 * cannot.
 */
#ifndef _IOMD_BOUNCE_H
#define _IOMD_BOUNCE_H

#include "copy.h"
#include "core.h"

/**
 * struct iomd_bounce_piece - A block of pages, or part of one, that stands in for memory.
 * @offset: First byte it stands for, in the prepared range.
 * @length: Bytes.
 * @is_reserve: A page from the reserve.
 * @address: Physical address of the byte that stands for @offset.
 */
struct iomd_bounce_piece {
	u64 offset;
	u32 length;
	bool is_reserve;
	u64 address;
};

/**
 * struct iomd_bounce - What stands in for a range of a descriptor.
 * @is_full: All of the range is double buffered, in pages that follow each other;
 *	otherwise only what the device cannot reach, each byte at its old place in
 *	a page.
 * @length: Bytes double buffered.
 * @desc: Describes all of it, if somebody has asked; held.
 * @nr: Pieces.
 * @pieces: The pieces, by ascending offset.
 */
struct iomd_bounce {
	bool is_full;
	u64 length;
	struct iomd_desc *desc;
	u32 nr;
	struct iomd_bounce_piece pieces[];
};

struct iomd_bounce *iomd_bounce_sparse(struct iomd_desc *desc, u64 offset, u64 length,
				       u64 highest, gfp_t gfp);
struct iomd_bounce *iomd_bounce_full(u64 length, u64 highest, u64 block, gfp_t gfp);
void iomd_bounce_free(struct iomd_bounce *bounce);
int iomd_bounce_copy(const struct iomd_bounce *bounce, enum iomd_copy way,
		     struct iomd_desc *desc, u64 offset);
u32 iomd_bounce_find(const struct iomd_bounce *bounce, u64 offset, u32 hint);

#endif /* _IOMD_BOUNCE_H */
