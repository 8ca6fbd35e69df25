/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Descriptors of memory that a driver provides.
 */
#ifndef _IOMD_PROVIDED_H
#define _IOMD_PROVIDED_H

#include <iomd/provider.h>

#include "general.h"

/**
 * struct iomd_provided - A descriptor of memory that a driver provides.
 * @general: What it is for everybody else; its lock guards @access.
 * @ops: The provider.
 * @priv: The provider's.
 * @access: What the provider has been asked to prepare for; 0 while it has not.
 */
struct iomd_provided {
	struct iomd_general general;
	const struct iomd_provider_ops *ops;
	void *priv;
	u32 access;
};

int iomd_provided_wire(struct iomd_general *general, bool write);
void iomd_provided_unwire(struct iomd_provided *provided);

#endif /* _IOMD_PROVIDED_H */
