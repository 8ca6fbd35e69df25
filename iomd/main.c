// SPDX-License-Identifier: GPL-2.0-only
/*
 * Module entry and exit.
 */
#include <linux/module.h>
#include <linux/workqueue.h>

#include "core.h"
#include "debugfs.h"
#include "dma.h"
#include "general.h"
#include "mapping.h"
#include "pin.h"
#include "purge.h"
#include "reserve.h"

static int __init iomd_init(void)
{
	int err;

	/*
	 * Not WQ_MEM_RECLAIM: that would promise progress while memory is short, which
	 * nobody can keep here. What is done takes drivers' code (exporters, providers,
	 * actions of event sources) and flushes queues that have no rescuer, in
	 * iomd_shmem_unmap() for one; the kernel warns of that, and rightly.
	 */
	iomd_workqueue = alloc_workqueue("iomd", WQ_UNBOUND, 0);
	if (!iomd_workqueue)
		return -ENOMEM;
	err = iomd_general_cache_init();
	if (err)
		goto err_workqueue;
	err = iomd_dma_cache_init();
	if (err)
		goto err_general;
	err = iomd_mapper_init();
	if (err)
		goto err_dma;
	err = iomd_purge_init();
	if (err)
		goto err_mapper;
	iomd_reserve_init();
	iomd_debugfs_init();
	return 0;

err_mapper:
	iomd_mapper_exit();
err_dma:
	iomd_dma_cache_exit();
err_general:
	iomd_general_cache_exit();
err_workqueue:
	destroy_workqueue(iomd_workqueue);
	return err;
}

/* Users of our symbols are gone by now; what they left to workers may not be. */
static void __exit iomd_exit(void)
{
	iomd_debugfs_exit();
	iomd_purge_exit();
	iomd_mapper_exit();
	destroy_workqueue(iomd_workqueue);
	iomd_dma_cache_exit();
	iomd_general_cache_exit();
	iomd_reserve_exit();
	iomd_pin_exit();
}

module_init(iomd_init);
module_exit(iomd_exit);

MODULE_DESCRIPTION("IOKit memory descriptors, DMA commands and mappers for Linux drivers");
MODULE_AUTHOR("The iomd developers");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1");
