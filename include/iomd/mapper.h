/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mappers: where bus addresses come from.
 */
#ifndef _IOMD_MAPPER_H
#define _IOMD_MAPPER_H

#include <linux/types.h>

#include <iomd/client.h>

struct device;
struct iomd_mapper;

struct iomd_mapper *iomd_mapper_for_device(struct device *dev);
struct iomd_mapper *iomd_mapper_with_own_space(struct device *dev);
struct iomd_mapper *iomd_mapper_identity(void);
struct iomd_mapper *iomd_mapper_get(struct iomd_mapper *mapper);
void iomd_mapper_put(struct iomd_mapper *mapper);

bool iomd_mapper_translates(const struct iomd_mapper *mapper);
u64 iomd_mapper_get_page_size(const struct iomd_mapper *mapper);
struct device *iomd_mapper_get_device(const struct iomd_mapper *mapper);

int iomd_client_set_default_mapper(struct iomd_client *client, struct iomd_mapper *mapper);
void iomd_client_clear_default_mapper(struct iomd_client *client);
struct iomd_mapper *iomd_client_copy_default_mapper(struct iomd_client *client);

/**
 * iomd_mapper_set_default() - Name the calling module's mapper.
 * @mapper: Mapper to use wherever this module names none.
 *
 * IOKit has one system mapper; here each driver module has its own. Descriptors
 * made afterwards without a mapper argument are bound to it, and DMA commands
 * use it. The setting ends when the mapper's device is unbound, or with
 * iomd_mapper_clear_default(). A module that drives several devices must pass
 * mappers explicitly: naming a second device makes calls that need the default
 * fail with -ENOTUNIQ until the default is cleared.
 *
 * Context: Process context, may sleep.
 * Return: 0; -EINVAL for NULL; -ENODEV if the device is gone; -ENOTUNIQ if the
 *	   module has named another device. The module keeps a reference
 *	   of its own on @mapper after success only.
 */
#define iomd_mapper_set_default(mapper) \
	iomd_client_set_default_mapper(IOMD_THIS_CLIENT, mapper)

/**
 * iomd_mapper_clear_default() - Forget the calling module's mapper.
 *
 * Objects that are bound to it already stay so. Calling it with none set does
 * nothing.
 *
 * Context: Process context, may sleep.
 */
#define iomd_mapper_clear_default() \
	iomd_client_clear_default_mapper(IOMD_THIS_CLIENT)

/**
 * iomd_mapper_copy_default() - The calling module's mapper.
 *
 * IOKit: IOMapper::gSystem.
 *
 * Return: A mapper that the caller puts; NULL if the module has named none;
 *	   ERR_PTR(-ENOTUNIQ) if it has named several.
 */
#define iomd_mapper_copy_default() \
	iomd_client_copy_default_mapper(IOMD_THIS_CLIENT)

#endif /* _IOMD_MAPPER_H */
