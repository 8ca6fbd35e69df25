/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The symbol namespace of iomd, and the version of its interface.
 */
#ifndef _IOMD_NAMESPACE_H
#define _IOMD_NAMESPACE_H

#include <linux/version.h>

/*
 * A namespace is written as a bare token up to Linux 6.12 and as a string from
 * 6.13 on (upstream cdd30ebb1b9f). A driver writes MODULE_IMPORT_NS(IOMD_NS)
 * and is right on both.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
#define IOMD_NS IOMD
#else
#define IOMD_NS "IOMD"
#endif

/**
 * IOMD_API_VERSION - Version of the interface in <iomd/...>.
 *
 * Rises whenever a symbol, an option or a behaviour is added that a driver can
 * depend on; a driver may test for it at compile time.
 */
#define IOMD_API_VERSION 2

#endif /* _IOMD_NAMESPACE_H */
