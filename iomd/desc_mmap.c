// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory for a driver's own .mmap.
 */
#include <linux/export.h>
#include <linux/file.h>
#include <linux/mm.h>

#include <iomd/map.h>
#include <iomd/namespace.h>

#include "general.h"
#include "reference.h"
#include "task_window_private.h"

/* Is any of the memory there for reading only? */
static bool is_read_only(const struct iomd_window_spec *spec)
{
	u64 offset = spec->offset, end = offset + spec->length;
	struct iomd_walk walk = {};
	struct iomd_extent extent;

	while (offset < end && !iomd_desc_walk(spec->memory, &walk, offset, &extent)) {
		if (!walk.leaf->writable && !iomd_general_is_physical(walk.leaf))
			return true;
		offset += extent.length;
	}
	return false;
}

/* Maps of some descriptors do not show the memory itself, or are not for this machine. */
static int check_desc(struct iomd_desc *desc)
{
	u32 flags = desc->ops->all_flags(desc);

	if (flags & IOMD_MEMORY_REMOTE)
		return -ENXIO;
	return flags & IOMD_MEMORY_MAP_COPY_ON_WRITE ? -EOPNOTSUPP : 0;
}

/*
 * What the mapping is to show. Return: 0; -EINVAL for what the memory does not have; or
 * -EACCES for running it.
 */
static int fill_spec(struct iomd_window_spec *spec, struct iomd_desc *desc,
		     const struct vm_area_struct *vma)
{
	u64 size = vma->vm_end - vma->vm_start, left;

	if (!(vma->vm_flags & VM_MAYSHARE) || vma->vm_pgoff > U64_MAX >> PAGE_SHIFT)
		return -EINVAL;
	/* The file may be on a file system that programs can be on. */
	if (vma->vm_flags & VM_EXEC)
		return -EACCES;
	spec->memory = desc;
	spec->offset = (u64)vma->vm_pgoff << PAGE_SHIFT;
	if (spec->offset >= desc->length)
		return -EINVAL;
	left = desc->length - spec->offset;
	/* The last page may be one of which only a part is described. */
	if (size > left && size - left >= PAGE_SIZE)
		return -EINVAL;
	spec->length = min(size, left);
	if (!(vma->vm_flags & VM_MAYWRITE))
		spec->options |= IOMD_MAP_READ_ONLY;
	return 0;
}

/* Have the mapping show the window, which it then holds, and that the driver's file. */
static void show(struct vm_area_struct *vma, struct iomd_task_window *window)
{
	window->client = get_file(vma->vm_file);
	vma_set_file(vma, window->file);
	vma->vm_pgoff = 0;
	iomd_window_setup_vma(window, vma);
}

static int mmap_held(struct iomd_window_spec *spec, struct vm_area_struct *vma)
{
	struct iomd_task_window *window;
	struct iomd_survey survey;
	int err;

	if (is_read_only(spec)) {
		if (vma->vm_flags & VM_WRITE)
			return -EACCES;
		spec->options |= IOMD_MAP_READ_ONLY;
	}
	err = iomd_window_survey(spec, &survey);
	if (err)
		return err;
	if (iomd_window_skip(&survey))
		return -EINVAL;
	window = iomd_window_create(spec, &survey);
	if (IS_ERR(window))
		return PTR_ERR(window);
	iomd_desc_get(spec->memory);
	show(vma, window);
	fput(window->file);
	return 0;
}

/**
 * iomd_desc_mmap() - Have a task see memory where it has called mmap() on a file of yours.
 * @desc: Descriptor, prepared.
 * @vma: What the file's .mmap was given. Its offset is one in @desc, which is to have the
 *	beginning of a page there.
 *
 * The mapping holds the memory where it is and @desc, also when that is completed, and the
 * file, until the task has let go of the last of it. It behaves as those of
 * iomd_desc_create_mapping_in_task() do: pages are entered when they are touched, children
 * do not inherit them, and it is for reading only if the file or the memory is. It is no
 * map, so that nothing finds, unmaps or redirects it; the memory has to be prepared, since
 * a task's cannot be pinned here.
 *
 * Context: The file's .mmap, which is to do nothing else with @vma; sleeps.
 * Return: 0; -EINVAL for MAP_PRIVATE, for a range that is not in @desc, or a first byte that
 *	   does not begin a page; -EAGAIN if @desc is not prepared; -EACCES for writing what
 *	   may only be read, and for running any; -EBADSLT if pieces of the memory meet
 *	   within a page; -EPERM for memory that tasks must not have; -EOPNOTSUPP for what
 *	   only its exporter can find, for memory that is to be copied for maps, and for
 *	   memory and a device's in one; -ENXIO for remote memory; -ENOMEM. On error @vma is
 *	   as it was.
 */
int iomd_desc_mmap(struct iomd_desc *desc, struct vm_area_struct *vma)
{
	struct iomd_window_spec spec = {};
	int err;

	might_sleep();
	err = check_desc(desc) ?: fill_spec(&spec, desc, vma);
	if (err)
		return err;
	if (!iomd_desc_hold(desc))
		return -EAGAIN;
	err = mmap_held(&spec, vma);
	if (err)
		iomd_desc_drop(desc);
	return err;
}
EXPORT_SYMBOL_NS_GPL(iomd_desc_mmap, IOMD_NS);
