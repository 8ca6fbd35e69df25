/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory that a map shows.
 */
#ifndef _IOMD_REFERENCE_H
#define _IOMD_REFERENCE_H

#include <linux/err.h>

#include "core.h"

/*
 * What stands for the memory that is behind @desc now, held and with a reference, whatever
 * becomes of @desc. The CPU may write it if @write. Sleeps and faults. Return: an error
 * pointer if there is no such thing: -EOPNOTSUPP for kinds that cannot be mapped; -ENXIO
 * for remote memory; the errors of iomd_desc_prepare().
 */
static inline struct iomd_desc *iomd_reference_get(struct iomd_desc *desc, bool write)
{
	if (!desc->ops->reference)
		return ERR_PTR(-EOPNOTSUPP);
	return desc->ops->reference(desc, write);
}

/* Let go of it. Sleeps. */
static inline void iomd_reference_put(struct iomd_desc *memory)
{
	iomd_desc_drop(memory);
	iomd_desc_put(memory);
}

#endif /* _IOMD_REFERENCE_H */
