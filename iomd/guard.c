// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guard descriptors: memory to be put around other memory where it is mapped.
 *
 * What is mapped of it cannot be touched. Devices and copies go by physical address and
 * find zeroes, in pages that are only there while it is prepared.
 */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include <iomd/desc.h>
#include <iomd/guard.h>
#include <iomd/namespace.h>

#include "general.h"
#include "shmem.h"

static void guard_release(struct iomd_desc *desc)
{
	struct iomd_general *general = iomd_to_general(desc);
	struct file *file = general->file;

	iomd_general_exit(general);
	fput(file);
	kfree(general);
}

static const struct iomd_desc_ops guard_ops = {
	.name = "guard",
	IOMD_GENERAL_OPS,
	.reference = iomd_general_reference,
	.set_purgeable = iomd_general_set_purgeable,
	.release = guard_release,
};

static int guard_init(struct iomd_general *general, u64 size)
{
	const struct iomd_range range = { .length = PAGE_ALIGN(size) };
	struct file *file = iomd_shmem_create(size);
	int err;

	if (IS_ERR(file))
		return PTR_ERR(file);
	err = iomd_general_init(general, &guard_ops, &(struct iomd_general_spec) {
		.ranges = &range,
		.count = 1,
		.task = IOMD_KERNEL_TASK,
		.options = IOMD_MEMORY_TYPE_VIRTUAL | IOMD_DIRECTION_IN_OUT,
		.extra = &(struct iomd_general_extra) { .file = file },
	});
	if (err)
		fput(file);
	else
		general->nature = IOMD_NATURE_GUARD;
	return err;
}

/**
 * iomd_guard_with_size() - Filler that nobody may touch.
 * @size: Bytes; rounded up to whole pages.
 *
 * Meant as the first and the last part of a multi descriptor.
 * IOKit: IOGuardPageMemoryDescriptor::withSize().
 *
 * Context: Process context, may sleep.
 * Return: A descriptor that the caller puts, not prepared; or an error pointer: -EINVAL
 *	   for a size of zero or one that overflows; -ENOMEM. Implements GRD-1, GRD-5,
 *	   GRD-7, GRD-8.
 */
struct iomd_desc *iomd_guard_with_size(u64 size)
{
	struct iomd_general *general;
	int err;

	if (!size || size + PAGE_SIZE - 1 < size)
		return ERR_PTR(-EINVAL);
	general = kzalloc(sizeof(*general), GFP_KERNEL_ACCOUNT);
	if (!general)
		return ERR_PTR(-ENOMEM);
	err = guard_init(general, size);
	if (err) {
		kfree(general);
		return ERR_PTR(err);
	}
	return &general->base;
}
EXPORT_SYMBOL_NS_GPL(iomd_guard_with_size, IOMD_NS);
