// SPDX-License-Identifier: GPL-2.0-only
/*
 * Module entry and exit.
 */
#include <linux/module.h>

MODULE_DESCRIPTION("IOKit memory descriptors, DMA commands and mappers for Linux drivers");
MODULE_AUTHOR("The iomd developers");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1");
