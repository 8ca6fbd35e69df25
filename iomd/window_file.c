// SPDX-License-Identifier: GPL-2.0-only
/*
 * Windows of tasks as files, of a file system that nobody can mount.
 *
 * Each has an inode of its own, so that page tables that show it can be emptied without
 * touching those of others. What maps it holds the file, and when the last of that has
 * gone, in whatever way, the kernel releases it in a context that has no locks.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/pseudo_fs.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "compat.h"
#include "objects.h"
#include "task_window_private.h"

/* "iomd" */
#define WINDOW_FS_MAGIC	0x696f6d64

/* Not even a task that may execute all it reads may execute these. */
static int window_fs_init_context(struct fs_context *fc)
{
	if (!init_pseudo(fc, WINDOW_FS_MAGIC))
		return -ENOMEM;
	fc->s_iflags |= SB_I_NOEXEC;
	return 0;
}

/* Only there while there are windows, since it holds the module. */
static struct file_system_type window_fs = {
	.name = "iomd",
	.owner = THIS_MODULE,
	.init_fs_context = window_fs_init_context,
	.kill_sb = kill_anon_super,
};

static struct vfsmount *window_mount;
static int window_mount_count;

static void window_free(struct iomd_task_window *window)
{
	if (window->mm)
		mmdrop(window->mm);
	kfree(window);
	iomd_objects_dec(IOMD_OBJECT_WINDOW);
}

/* Nobody has it mapped. */
static int window_release(struct inode *inode, struct file *file)
{
	struct iomd_task_window *window = file->private_data;

	iomd_view_close(&window->view);
	if (window->client)
		fput(window->client);
	window_free(window);
	simple_release_fs(&window_mount, &window_mount_count);
	return 0;
}

/* The task can see to it that this is called again, for what it has of the window. */
static int window_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct iomd_task_window *window = file->private_data;
	u64 span = iomd_task_window_span(window);

	if (vma->vm_pgoff > span || vma_pages(vma) > span - vma->vm_pgoff ||
	    !(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	iomd_window_setup_vma(window, vma);
	return 0;
}

static const struct file_operations window_fops = {
	.owner = THIS_MODULE,
	.mmap = window_mmap,
	.get_unmapped_area = iomd_window_get_unmapped_area,
	.release = window_release,
};

/* The window that a file is, if it is one. */
struct iomd_task_window *iomd_window_of(const struct file *file)
{
	return file && file->f_op == &window_fops ? file->private_data : NULL;
}

/* Make a shared mapping of the task's one of the window. mmap_lock is held. */
void iomd_window_setup_vma(struct iomd_task_window *window, struct vm_area_struct *vma)
{
	iomd_vm_flags_set(vma, VM_MIXEDMAP | VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP);
	iomd_vm_flags_clear(vma, VM_MAYEXEC | (window->is_read_only ? VM_MAYWRITE : 0));
	vma->vm_page_prot = iomd_view_prot(&window->view, vma->vm_page_prot);
	vma->vm_ops = &iomd_window_vm_ops;
}

static struct iomd_task_window *window_alloc(const struct iomd_window_spec *spec,
					     const struct iomd_survey *survey)
{
	struct iomd_task_window *window = kzalloc(sizeof(*window), GFP_KERNEL_ACCOUNT);
	int err;

	if (!window)
		return ERR_PTR(-ENOMEM);
	err = iomd_view_open(&window->view, spec, survey);
	if (err) {
		kfree(window);
		return ERR_PTR(err);
	}
	init_rwsem(&window->lock);
	init_waitqueue_head(&window->wait);
	window->skip = iomd_window_skip(survey);
	window->nr_pages = iomd_window_nr_pages(spec, survey);
	window->nr_guard = iomd_window_guard(spec->options) >> PAGE_SHIFT;
	window->blocked = spec->blocked;
	window->is_read_only = spec->options & IOMD_MAP_READ_ONLY;
	if (spec->task) {
		mmgrab(spec->task);
		window->mm = spec->task;
	}
	iomd_objects_inc(IOMD_OBJECT_WINDOW);
	return window;
}

/* Without FMODE_WRITE the kernel allows no task to write, now or later. */
static struct file *open_file(const struct iomd_task_window *window)
{
	int flags = window->is_read_only ? O_RDONLY : O_RDWR;
	struct inode *inode = alloc_anon_inode(window_mount->mnt_sb);
	struct file *file;

	if (IS_ERR(inode))
		return ERR_CAST(inode);
	__module_get(THIS_MODULE);
	file = alloc_file_pseudo(inode, window_mount, "iomd", flags, &window_fops);
	if (IS_ERR(file)) {
		iput(inode);
		module_put(THIS_MODULE);
	}
	return file;
}

/*
 * A window that is nowhere yet, and has the memory. Sleeps. Return: it, with a reference on
 * its file; or an error pointer, and the caller has the memory still.
 */
struct iomd_task_window *iomd_window_create(const struct iomd_window_spec *spec,
					    const struct iomd_survey *survey)
{
	struct iomd_task_window *window = window_alloc(spec, survey);
	struct file *file;
	int err;

	if (IS_ERR(window))
		return window;
	err = simple_pin_fs(&window_fs, &window_mount, &window_mount_count);
	if (err)
		goto err_window;
	file = open_file(window);
	if (IS_ERR(file)) {
		err = PTR_ERR(file);
		goto err_mount;
	}
	file->private_data = window;
	window->file = file;
	return window;

err_mount:
	simple_release_fs(&window_mount, &window_mount_count);
err_window:
	iomd_view_abandon(&window->view);
	window_free(window);
	return ERR_PTR(err);
}
