// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/iomd/objects: how many objects of each sort are alive.
 */
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "debugfs.h"
#include "objects.h"

DEFINE_PER_CPU(long, iomd_objects[IOMD_OBJECTS]);

static const char * const object_names[IOMD_OBJECTS] = {
	[IOMD_OBJECT_CURSOR] = "cursors",
	[IOMD_OBJECT_DESC] = "descriptors",
	[IOMD_OBJECT_DMA] = "dma_commands",
	[IOMD_OBJECT_MAPPER] = "mappers",
	[IOMD_OBJECT_MAPPING] = "dma_mappings",
	[IOMD_OBJECT_PREPARED] = "prepared",
	[IOMD_OBJECT_DMAC] = "dma_controllers",
	[IOMD_OBJECT_DMAES] = "dma_event_sources",
	[IOMD_OBJECT_WORK_LOOP] = "work_loops",
	[IOMD_OBJECT_MAP] = "maps",
	[IOMD_OBJECT_VMAP] = "vmaps",
	[IOMD_OBJECT_WINDOW] = "windows",
};

static struct dentry *debugfs_root;

/* Exact only while nobody makes or puts objects. */
long iomd_objects_live(enum iomd_object object)
{
	long sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += per_cpu(iomd_objects[object], cpu);
	return sum;
}

static int objects_show(struct seq_file *seq, void *unused)
{
	int i;

	for (i = 0; i < IOMD_OBJECTS; i++)
		seq_printf(seq, "%s %ld\n", object_names[i], iomd_objects_live(i));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(objects);

void iomd_debugfs_init(void)
{
	debugfs_root = debugfs_create_dir("iomd", NULL);
	debugfs_create_file("objects", 0444, debugfs_root, NULL, &objects_fops);
}

void iomd_debugfs_exit(void)
{
	debugfs_remove_recursive(debugfs_root);
}
