// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappers: the devices that bus addresses are for.
 */
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/export.h>
#include <linux/iommu.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include <iomd/mapper.h>
#include <iomd/namespace.h>

#include "mapping.h"
#include "objects.h"

/**
 * DOC: Mappers
 *
 * On Linux a device reaches memory only through the DMA API, with or without an
 * IOMMU behind it; so bus addresses come from a mapper, and a mapper stands for a
 * device. Where an IOMMU translates, the whole of a mapping can be one range for
 * the device; where none does, addresses are what the platform makes of physical
 * ones, and a device that cannot express them is helped by double buffering.
 *
 * A driver module that drives one device names its mapper once, as its default;
 * calls that name none then use it. The identity mapper gives CPU-physical
 * addresses and is for those who know that nothing stands in between.
 *
 * When a device is unbound from its driver its mapper is revoked: what is still
 * mapped is unmapped, and later requests fail with -ENODEV.
 */

/* Guards which default a client has; taken with no other lock held. */
static DEFINE_MUTEX(default_lock);

/* The mapper through which addresses are the CPU's; lives as long as the module. */
static struct iomd_mapper identity_mapper = {
	.ref = KREF_INIT(1),
	.page_size = PAGE_SIZE,
	.lock = __SPIN_LOCK_UNLOCKED(identity_mapper.lock),
	.mappings = LIST_HEAD_INIT(identity_mapper.mappings),
};

static struct iomd_mapper *mapper_create(struct device *dev)
{
	struct iommu_domain *domain = iommu_get_domain_for_dev(dev);
	struct iomd_mapper *mapper = kzalloc(sizeof(*mapper), GFP_KERNEL);

	if (!mapper)
		return NULL;

	kref_init(&mapper->ref);
	mapper->dev = get_device(dev);
	mapper->translates = domain && (domain->type & __IOMMU_DOMAIN_PAGING);
	mapper->page_size = PAGE_SIZE;
	if (mapper->translates && domain->pgsize_bitmap)
		mapper->page_size = 1ULL << __ffs64(domain->pgsize_bitmap);
	spin_lock_init(&mapper->lock);
	INIT_LIST_HEAD(&mapper->mappings);
	iomd_objects_inc(IOMD_OBJECT_MAPPER);
	return mapper;
}

static void mapper_release(struct kref *ref)
{
	struct iomd_mapper *mapper = container_of(ref, struct iomd_mapper, ref);

	put_device(mapper->dev);
	kfree(mapper);
	iomd_objects_dec(IOMD_OBJECT_MAPPER);
}

/* The device is being unbound: take everything from it that it still reaches. */
static void mapper_revoke(struct iomd_mapper *mapper)
{
	struct iomd_mapping *mapping, *next;
	unsigned long flags;

	spin_lock_irqsave(&mapper->lock, flags);
	mapper->revoked = true;
	list_for_each_entry_safe(mapping, next, &mapper->mappings, node) {
		list_del_init(&mapping->node);
		dma_unmap_sgtable(mapper->dev, &mapping->table, mapping->direction, 0);
	}
	spin_unlock_irqrestore(&mapper->lock, flags);
}

/* What a device keeps for us until it is unbound. */
struct mapper_devres {
	struct iomd_mapper *mapper;
};

static void mapper_devres_release(struct device *dev, void *res)
{
	struct mapper_devres *devres = res;

	mapper_revoke(devres->mapper);
	iomd_mapper_put(devres->mapper);
}

/**
 * iomd_mapper_for_device() - The mapper of a device.
 * @dev: Device that masters the bus. Its driver has set its DMA mask, and should
 *	have set its maximum segment size.
 *
 * There is one for each device; asking again gives the same. It works until the
 * device is unbound from its driver, so it is asked for in probe or later.
 * IOKit: IOMapper::copyMapperForDevice().
 *
 * Context: Process context, may sleep.
 * Return: A mapper that the caller puts; ERR_PTR(-EINVAL) for NULL;
 *	   ERR_PTR(-ENOMEM).
 */
struct iomd_mapper *iomd_mapper_for_device(struct device *dev)
{
	struct mapper_devres *devres, *found;
	struct iomd_mapper *mapper;

	if (!dev)
		return ERR_PTR(-EINVAL);

	found = devres_find(dev, mapper_devres_release, NULL, NULL);
	if (found)
		return iomd_mapper_get(found->mapper);

	devres = devres_alloc(mapper_devres_release, sizeof(*devres), GFP_KERNEL);
	if (!devres)
		return ERR_PTR(-ENOMEM);
	mapper = mapper_create(dev);
	if (!mapper) {
		devres_free(devres);
		return ERR_PTR(-ENOMEM);
	}

	/* If somebody else was faster theirs stays, and the record is freed. */
	devres->mapper = mapper;
	found = devres_get(dev, devres, NULL, NULL);
	if (found->mapper != mapper)
		iomd_mapper_put(mapper);
	return iomd_mapper_get(found->mapper);
}
EXPORT_SYMBOL_NS_GPL(iomd_mapper_for_device, IOMD_NS);

/**
 * iomd_mapper_identity() - The mapper that maps every address to itself.
 *
 * For code that only looks at physical memory, and for drivers of devices that
 * are known to see memory as the CPU does. Behind an IOMMU, or where the platform
 * puts an offset in between, its addresses are wrong for devices.
 *
 * Context: Any.
 * Return: The mapper, never an error; the caller puts it.
 */
struct iomd_mapper *iomd_mapper_identity(void)
{
	return iomd_mapper_get(&identity_mapper);
}
EXPORT_SYMBOL_NS_GPL(iomd_mapper_identity, IOMD_NS);

/**
 * iomd_mapper_get() - Take another reference.
 * @mapper: Mapper.
 *
 * Context: Any.
 * Return: @mapper.
 */
struct iomd_mapper *iomd_mapper_get(struct iomd_mapper *mapper)
{
	kref_get(&mapper->ref);
	return mapper;
}
EXPORT_SYMBOL_NS_GPL(iomd_mapper_get, IOMD_NS);

/**
 * iomd_mapper_put() - Give a reference back.
 * @mapper: Mapper, or NULL or an error pointer, for which nothing happens.
 *
 * Context: Any in which the device's last reference may go.
 */
void iomd_mapper_put(struct iomd_mapper *mapper)
{
	if (!IS_ERR_OR_NULL(mapper))
		kref_put(&mapper->ref, mapper_release);
}
EXPORT_SYMBOL_NS_GPL(iomd_mapper_put, IOMD_NS);

/**
 * iomd_mapper_translates() - Does an IOMMU translate this mapper's addresses?
 * @mapper: Mapper.
 *
 * Where IOKit's documentation says that a mapper is in force, it means one that
 * translates.
 *
 * Context: Any.
 * Return: Whether it does.
 */
bool iomd_mapper_translates(const struct iomd_mapper *mapper)
{
	return mapper->translates;
}
EXPORT_SYMBOL_NS_GPL(iomd_mapper_translates, IOMD_NS);

/**
 * iomd_mapper_get_page_size() - The granule of translation.
 * @mapper: Mapper.
 *
 * IOKit: IOMapper::getPageSize().
 *
 * Context: Any.
 * Return: Bytes, a power of two; the CPU's page size where nothing translates.
 *
 * Implements MAPPER-18.
 */
u64 iomd_mapper_get_page_size(const struct iomd_mapper *mapper)
{
	return mapper->page_size;
}
EXPORT_SYMBOL_NS_GPL(iomd_mapper_get_page_size, IOMD_NS);

/**
 * iomd_mapper_get_device() - The device behind a mapper.
 * @mapper: Mapper.
 *
 * Context: Any.
 * Return: The device, valid while the mapper is held; NULL for the identity
 *	   mapper.
 */
struct device *iomd_mapper_get_device(const struct iomd_mapper *mapper)
{
	return mapper->dev;
}
EXPORT_SYMBOL_NS_GPL(iomd_mapper_get_device, IOMD_NS);

static bool mapper_is_revoked(struct iomd_mapper *mapper)
{
	return READ_ONCE(mapper->revoked);
}

/* The default ends with the device's binding, and so before the module goes. */
struct default_devres {
	struct iomd_client *client;
};

static void default_devres_release(struct device *dev, void *res)
{
	struct default_devres *devres = res;
	struct iomd_client *client = devres->client;
	struct iomd_mapper *mapper;

	mutex_lock(&default_lock);
	mapper = client->mapper;
	client->mapper = NULL;
	client->ambiguous = false;
	mutex_unlock(&default_lock);
	iomd_mapper_put(mapper);
}

static int default_devres_match(struct device *dev, void *res, void *client)
{
	struct default_devres *devres = res;

	return devres->client == client;
}

static int default_devres_add(struct iomd_client *client, struct iomd_mapper *mapper)
{
	struct default_devres *devres;

	if (iomd_mapper_is_identity(mapper))
		return 0;

	devres = devres_alloc(default_devres_release, sizeof(*devres), GFP_KERNEL);
	if (!devres)
		return -ENOMEM;
	devres->client = client;
	devres_add(mapper->dev, devres);
	return 0;
}

/**
 * iomd_client_set_default_mapper() - Name a module's mapper.
 * @client: The module; IOMD_THIS_CLIENT.
 * @mapper: Its mapper.
 *
 * See iomd_mapper_set_default().
 *
 * Context: Process context, may sleep.
 * Return: 0; -EINVAL; -ENODEV; -ENOTUNIQ; -ENOMEM.
 */
int iomd_client_set_default_mapper(struct iomd_client *client, struct iomd_mapper *mapper)
{
	int err = 0;

	if (!client || IS_ERR_OR_NULL(mapper))
		return -EINVAL;
	if (mapper_is_revoked(mapper))
		return -ENODEV;

	mutex_lock(&default_lock);
	if (client->mapper == mapper && !client->ambiguous)
		goto out;
	if (client->mapper) {
		client->ambiguous = true;
		err = -ENOTUNIQ;
		goto out;
	}
	err = default_devres_add(client, mapper);
	if (!err)
		client->mapper = iomd_mapper_get(mapper);
out:
	mutex_unlock(&default_lock);
	return err;
}
EXPORT_SYMBOL_NS_GPL(iomd_client_set_default_mapper, IOMD_NS);

/**
 * iomd_client_clear_default_mapper() - Forget a module's mapper.
 * @client: The module; IOMD_THIS_CLIENT.
 *
 * See iomd_mapper_clear_default().
 *
 * Context: Process context, may sleep.
 */
void iomd_client_clear_default_mapper(struct iomd_client *client)
{
	struct iomd_mapper *mapper;

	mutex_lock(&default_lock);
	mapper = client->mapper;
	client->mapper = NULL;
	client->ambiguous = false;
	mutex_unlock(&default_lock);

	if (mapper && !iomd_mapper_is_identity(mapper))
		devres_destroy(mapper->dev, default_devres_release, default_devres_match, client);
	iomd_mapper_put(mapper);
}
EXPORT_SYMBOL_NS_GPL(iomd_client_clear_default_mapper, IOMD_NS);

/**
 * iomd_client_copy_default_mapper() - A module's mapper.
 * @client: The module, IOMD_THIS_CLIENT; may be NULL.
 *
 * See iomd_mapper_copy_default().
 *
 * Context: Process context, may sleep.
 * Return: A mapper that the caller puts; NULL if none is named;
 *	   ERR_PTR(-ENOTUNIQ) if several are.
 */
struct iomd_mapper *iomd_client_copy_default_mapper(struct iomd_client *client)
{
	struct iomd_mapper *mapper;

	/* The common case of a driver that names its mappers costs nothing. */
	if (!client || !READ_ONCE(client->mapper))
		return NULL;

	mutex_lock(&default_lock);
	if (client->ambiguous)
		mapper = ERR_PTR(-ENOTUNIQ);
	else if (client->mapper)
		mapper = iomd_mapper_get(client->mapper);
	else
		mapper = NULL;
	mutex_unlock(&default_lock);
	return mapper;
}
EXPORT_SYMBOL_NS_GPL(iomd_client_copy_default_mapper, IOMD_NS);
