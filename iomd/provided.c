// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptors of memory that a driver provides: it says where the memory is when that is
 * wired, and from then on it is like any other.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/export.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/printk.h>
#include <linux/slab.h>

#include <iomd/desc.h>
#include <iomd/mapper.h>
#include <iomd/namespace.h>

#include "compat.h"
#include "provided.h"
#include "resolve.h"

/* Return: 0, or why a segment cannot be one that begins @left bytes before the end. */
static int check_segment(u64 address, u64 length, u64 left)
{
	u64 end;

	if (!address || !length)
		return -EFAULT;
	if (length > left || check_add_overflow(address, length, &end))
		return -EOVERFLOW;
	return end > iomd_physical_limit() ? -EINVAL : 0;
}

static int add_segments(struct iomd_provided *provided)
{
	struct iomd_general *general = &provided->general;
	u64 offset, length, total = general->base.length;
	int err;

	for (offset = 0; offset < total; offset += length) {
		u64 address;

		length = 0;
		address = provided->ops->get_physical_segment(provided->priv, offset, &length);
		err = check_segment(address, length, total - offset);
		if (err) {
			pr_warn_ratelimited("provider %s says that byte %llu is at %#llx for %llu bytes (%pe)\n",
					    provided->ops->name, offset, address, length,
					    ERR_PTR(err));
			return err;
		}
		err = iomd_resolve_physical(&general->runs, address, length);
		if (err)
			return err;
		iomd_cond_resched();
	}
	return 0;
}

/* Have the provider say where everything is. On error the caller unwires. */
int iomd_provided_wire(struct iomd_general *general, bool write)
{
	struct iomd_provided *provided = general->provided;
	u32 access = write ? IOMD_DIRECTION_IN_OUT : IOMD_DIRECTION_OUT;
	int err = 0;

	if (provided->ops->prepare)
		err = provided->ops->prepare(provided->priv, access);
	/* What is no errno would be taken for a success by some, and an error by others. */
	if (err)
		return err < 0 && err >= -MAX_ERRNO ? err : -EIO;
	provided->access = access;
	return add_segments(provided);
}

/* The device has lost the memory, and nobody looks where it was any more. */
void iomd_provided_unwire(struct iomd_provided *provided)
{
	u32 access = provided->access;

	provided->access = 0;
	if (access && provided->ops->complete)
		provided->ops->complete(provided->priv, access);
}

static void provided_release(struct iomd_desc *desc)
{
	struct iomd_general *general = iomd_to_general(desc);
	struct iomd_provided *provided = container_of(general, struct iomd_provided, general);
	const struct iomd_provider_ops *ops = provided->ops;

	iomd_general_exit(general);
	if (ops->release)
		ops->release(provided->priv);
	kfree(provided);
	module_put(ops->owner);
}

static const struct iomd_desc_ops provided_ops = {
	.name = "provided",
	IOMD_GENERAL_OPS,
	/* Only the provider can say where the memory is, so there is but this one of it. */
	.reference = iomd_general_reference_itself,
	.set_purgeable = iomd_general_set_purgeable,
	.release = provided_release,
};

static int provided_init(struct iomd_provided *provided, struct iomd_client *client, u64 length,
			 u32 options, struct iomd_mapper *mapper)
{
	const struct iomd_range range = { .length = length };
	const struct iomd_general_spec spec = {
		.client = client,
		.ranges = &range,
		.count = 1,
		.task = IOMD_PAGES_TASK,
		.options = (options & ~(IOMD_MEMORY_TYPE_MASK | IOMD_MEMORY_AS_REFERENCE)) |
			   IOMD_MEMORY_TYPE_VIRTUAL,
		.mapper = mapper,
		.extra = &(struct iomd_general_extra) { .provided = provided },
	};

	return iomd_general_init(&provided->general, &provided_ops, &spec);
}

/**
 * iomd_client_desc_with_provider() - Describe memory that the caller finds.
 * @client: The calling module, IOMD_THIS_CLIENT.
 * @ops: The provider, which stays as it is while there are descriptors of it.
 * @priv: What its callbacks are given.
 * @length: Bytes.
 * @options: A direction, and IOMD_MEMORY_*.
 * @mapper: Mapper to be bound to; NULL for the module's default, if it has one.
 *
 * Drivers call iomd_desc_with_provider(). The first prepare asks the provider to prepare,
 * and then where the memory is, once from the first byte to the last; the last complete,
 * or if a DMA command still holds the memory, that, has it complete. In between the
 * descriptor is like any other: nested prepares, copies, segments, commands and
 * descriptors made of it do not come to the provider.
 *
 * The module in @ops->owner stays loaded until @ops->release has returned.
 * IOKit: a subclass of IOMemoryDescriptor.
 *
 * Context: Process context, may sleep.
 * Return: A descriptor that the caller puts, or an error pointer, and @priv is the
 *	   caller's: -EINVAL without @ops or its get_physical_segment; -ENODEV if the owner
 *	   is being unloaded; -EOVERFLOW for a length that no memory has; -EOPNOTSUPP for
 *	   IOMD_MEMORY_MAP_COPY_ON_WRITE; -ENOTUNIQ; -ENOMEM; with IOMD_MEMORY_AUTO_PREPARE
 *	   and IOMD_MEMORY_PERSISTENT also the errors of iomd_desc_prepare().
 *
 * iomd_desc_prepare() gives the errors of @ops->prepare, and with a message that has the
 * provider's name -EFAULT for a segment of no length or at address 0; -EOVERFLOW for one
 * that goes on behind the descriptor's end, or wraps; -EINVAL for an address that the
 * machine cannot have. The provider has then completed what it prepared.
 */
struct iomd_desc *iomd_client_desc_with_provider(struct iomd_client *client,
						 const struct iomd_provider_ops *ops, void *priv,
						 u64 length, u32 options,
						 struct iomd_mapper *mapper)
{
	struct iomd_provided *provided;
	int err;

	if (!ops || !ops->get_physical_segment)
		return ERR_PTR(-EINVAL);
	if (!try_module_get(ops->owner))
		return ERR_PTR(-ENODEV);
	provided = kzalloc(sizeof(*provided), GFP_KERNEL_ACCOUNT);
	if (!provided) {
		module_put(ops->owner);
		return ERR_PTR(-ENOMEM);
	}
	provided->ops = ops;
	provided->priv = priv;
	err = provided_init(provided, client, length, options, mapper);
	if (err) {
		kfree(provided);
		module_put(ops->owner);
		return ERR_PTR(err);
	}
	return &provided->general.base;
}
EXPORT_SYMBOL_NS_GPL(iomd_client_desc_with_provider, IOMD_NS);
