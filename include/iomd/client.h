/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module that calls.
 *
 * IOKit's constructors name no device: one system mapper serves all. Linux has a
 * mapping per device, so a driver module names its device once, and constructors
 * that are given no mapper find it through the module they are called from. Each
 * module that includes this header has one such record, whatever number of files
 * it is made of, also when it is built into the kernel.
 */
#ifndef _IOMD_CLIENT_H
#define _IOMD_CLIENT_H

#include <linux/compiler.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/types.h>

struct iomd_mapper;
struct module;

/**
 * struct iomd_client - What iomd knows of a module that calls it.
 * @owner: The module; NULL if built in.
 * @name: Its name, for messages.
 */
struct iomd_client {
	struct module *owner;
	const char *name;
	/* private: guarded by the mapper layer's lock */
	struct iomd_mapper *mapper;
	bool ambiguous;
	struct list_head node;
};

#ifdef __KBUILD_MODNAME

#define __IOMD_CLIENT_PASTE(modname)	iomd_client_##modname
#define __IOMD_CLIENT_NAME(modname)	__IOMD_CLIENT_PASTE(modname)
#define __IOMD_CLIENT			__IOMD_CLIENT_NAME(__KBUILD_MODNAME)

/* Weak, so that the files of one module share it. */
extern struct iomd_client __IOMD_CLIENT;
struct iomd_client __weak __IOMD_CLIENT = {
	.owner = THIS_MODULE,
	.name = KBUILD_MODNAME,
};

/**
 * IOMD_THIS_CLIENT - The record of the module being compiled.
 */
#define IOMD_THIS_CLIENT (&__IOMD_CLIENT)

#else
#define IOMD_THIS_CLIENT NULL
#endif

#endif /* _IOMD_CLIENT_H */
