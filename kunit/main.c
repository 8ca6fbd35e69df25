// SPDX-License-Identifier: GPL-2.0-only
/*
 * The KUnit suites of iomd, as one module.
 */
#include <linux/module.h>

#include <iomd/namespace.h>

#include "kunit_compat.h"

MODULE_DESCRIPTION("KUnit suites of iomd");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(IOMD_NS);
MODULE_IMPORT_NS(DMA_BUF_NS);
