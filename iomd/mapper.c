// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappers: the devices that bus addresses are for.
 */
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/export.h>
#include <linux/iommu.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include <iomd/mapper.h>
#include <iomd/namespace.h>

#include "mapping.h"
#include "objects.h"
#include "space.h"

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

/* Guards which default a client has, and the list of those that have one. */
static DEFINE_MUTEX(default_lock);
static LIST_HEAD(clients);

/* The mapper through which addresses are the CPU's; lives as long as the module. */
static struct iomd_mapper identity_mapper = {
	.ref = KREF_INIT(1),
	.page_size = PAGE_SIZE,
	.revoking = __SPIN_LOCK_UNLOCKED(identity_mapper.revoking),
	.lock = __SPIN_LOCK_UNLOCKED(identity_mapper.lock),
	.mappings = HLIST_HEAD_INIT,
	.iovms = LIST_HEAD_INIT(identity_mapper.iovms),
};

/* Make a mapper for a device, over the DMA API. Return: it, or an error pointer. */
static struct iomd_mapper *mapper_create(struct device *dev)
{
	struct iommu_domain *domain = iommu_get_domain_for_dev(dev);
	struct iomd_mapper *mapper = kzalloc(sizeof(*mapper), GFP_KERNEL);

	if (!mapper)
		return ERR_PTR(-ENOMEM);

	kref_init(&mapper->ref);
	mapper->dev = get_device(dev);
	if (domain && (domain->type & __IOMMU_DOMAIN_PAGING))
		mapper->domain = domain;
	mapper->page_size = PAGE_SIZE;
	if (mapper->domain && domain->pgsize_bitmap)
		mapper->page_size = 1ULL << __ffs64(domain->pgsize_bitmap);
	spin_lock_init(&mapper->revoking);
	spin_lock_init(&mapper->lock);
	INIT_HLIST_HEAD(&mapper->mappings);
	INIT_LIST_HEAD(&mapper->iovms);
	iomd_objects_inc(IOMD_OBJECT_MAPPER);
	return mapper;
}

/* The same, over an address space of our own. */
static struct iomd_mapper *mapper_create_own(struct device *dev)
{
	struct iomd_mapper *mapper = mapper_create(dev);
	struct iomd_space *space;

	if (IS_ERR(mapper))
		return mapper;
	space = iomd_space_open(dev);
	if (IS_ERR(space)) {
		iomd_mapper_put(mapper);
		return ERR_CAST(space);
	}
	mapper->space = space;
	mapper->domain = space->domain;
	mapper->page_size = space->granule;
	return mapper;
}

static void mapper_free(struct iomd_mapper *mapper)
{
	put_device(mapper->dev);
	kfree(mapper);
	iomd_objects_dec(IOMD_OBJECT_MAPPER);
}

static void mapper_release_work(struct work_struct *work)
{
	mapper_free(container_of(work, struct iomd_mapper, release_work));
}

/* What a device does when it is let go for good may sleep. */
static void mapper_release(struct kref *ref)
{
	struct iomd_mapper *mapper = container_of(ref, struct iomd_mapper, ref);

	if (in_interrupt()) {
		INIT_WORK(&mapper->release_work, mapper_release_work);
		queue_work(iomd_workqueue, &mapper->release_work);
	} else {
		mapper_free(mapper);
	}
}

/* How many are looked at with interrupts off. */
#define REVOKE_BATCH	256

/*
 * Take a mapping that nobody is at, so that it is ours; and drop those that have nothing
 * mapped. Counts in @dropped. Return: the mapping, or NULL.
 */
static struct iomd_mapping *take_mapping(struct iomd_mapper *mapper, struct iomd_import *import,
					 unsigned int *dropped)
{
	struct iomd_mapping *mapping;
	struct hlist_node *next;

	lockdep_assert_held(&mapper->lock);
	hlist_for_each_entry_safe(mapping, next, &mapper->mappings, node) {
		int users = atomic_cmpxchg(&mapping->users, 0, IOMD_MAPPING_TAKEN);

		if (users && users != IOMD_MAPPING_IDLE)
			continue;
		hlist_del_init(&mapping->node);
		if (!users) {
			swap(*import, mapping->import);
			return mapping;
		}
		if (++*dropped == REVOKE_BATCH)
			break;
	}
	return NULL;
}

/*
 * Take one mapping from the device. Its owner may come to unmake it meanwhile, in whatever
 * context and with whatever locks, and then waits for us: so nothing may interrupt us that
 * could wait for those. Interrupts are off for as long as they would be if the owner had
 * unmade it; where locks sleep, who waits lends us its priority. What is an exporter's takes
 * sleeping; but once it is ours the mapping's owner may go. Return: whether there was one, or
 * others were dropped.
 */
static bool revoke_one(struct iomd_mapper *mapper)
{
	struct iomd_import import = {};
	struct iomd_mapping *mapping;
	unsigned int dropped = 0;
	unsigned long flags;

	spin_lock_irqsave(&mapper->revoking, flags);
	spin_lock(&mapper->lock);
	mapping = take_mapping(mapper, &import, &dropped);
	spin_unlock(&mapper->lock);
	if (mapping && !import.attachment)
		iomd_mapping_unmap_table(mapping);
	/* The owner may free it from here on. Pairs with mapping_claim(). */
	if (mapping)
		atomic_set_release(&mapping->users, IOMD_MAPPING_GONE);
	spin_unlock_irqrestore(&mapper->revoking, flags);

	if (import.attachment)
		iomd_import_end(&import);
	return mapping || dropped;
}

static bool has_mappings(struct iomd_mapper *mapper)
{
	bool has;

	spin_lock_irq(&mapper->lock);
	has = !hlist_empty(&mapper->mappings);
	spin_unlock_irq(&mapper->lock);
	return has;
}

/*
 * The device is being unbound: take everything from it that it still reaches. Owners that
 * are at their mappings are let be; only an exporter can make one take long. They do not
 * wake us, which would cost something with every mapping there ever is.
 */
static void mapper_revoke(struct iomd_mapper *mapper)
{
	spin_lock_irq(&mapper->lock);
	WRITE_ONCE(mapper->revoked, true);
	spin_unlock_irq(&mapper->lock);
	smp_mb(); /* Who does not see that is seen. Pairs with the one in mapping_open(). */
	while (has_mappings(mapper)) {
		if (revoke_one(mapper))
			cond_resched();
		else
			schedule_timeout_uninterruptible(1);
	}
	/* Those who use the domain, or the space, without a mapping. */
	synchronize_rcu();
	if (mapper->space)
		iomd_space_close(mapper->space);
}

/* Forget a client's default. Return: the mapper, for the caller to put. */
static struct iomd_mapper *forget_default(struct iomd_client *client)
{
	struct iomd_mapper *mapper = client->mapper;

	lockdep_assert_held(&default_lock);
	if (mapper)
		list_del(&client->node);
	client->mapper = NULL;
	client->ambiguous = false;
	return mapper;
}

/* Forget all defaults that are @mapper, or of a module; NULL stands for any. */
static void forget_defaults(struct iomd_mapper *mapper, struct module *owner)
{
	struct iomd_client *client, *next;

	mutex_lock(&default_lock);
	list_for_each_entry_safe(client, next, &clients, node)
		if ((!mapper || client->mapper == mapper) && (!owner || client->owner == owner))
			iomd_mapper_put(forget_default(client));
	mutex_unlock(&default_lock);
}

/* What a device keeps for us until it is unbound. */
struct mapper_devres {
	struct iomd_mapper *mapper;
};

static void mapper_devres_release(struct device *dev, void *res)
{
	struct mapper_devres *devres = res;

	forget_defaults(devres->mapper, NULL);
	mapper_revoke(devres->mapper);
	iomd_mapper_put(devres->mapper);
	module_put(THIS_MODULE);
}

/* There are two kinds of mapper that a device may have, and two records. */
static void own_devres_release(struct device *dev, void *res)
{
	mapper_devres_release(dev, res);
}

/* One at a time, so that a device has one mapper. */
static DEFINE_MUTEX(create_lock);

static struct iomd_mapper *create_mapper(struct device *dev, dr_release_t kind,
					 struct iomd_mapper *(*create)(struct device *dev))
{
	struct mapper_devres *devres;
	struct iomd_mapper *mapper;

	devres = __devres_alloc_node(kind, sizeof(*devres), GFP_KERNEL, NUMA_NO_NODE,
				     "iomd_mapper");
	if (!devres)
		return ERR_PTR(-ENOMEM);
	mapper = create(dev);
	if (IS_ERR(mapper)) {
		devres_free(devres);
		return mapper;
	}

	/*
	 * The device calls us back when it is unbound, which may be long after the
	 * caller has gone.
	 */
	__module_get(THIS_MODULE);
	devres->mapper = mapper;
	devres_add(dev, devres);
	return iomd_mapper_get(mapper);
}

/*
 * The mapper in a device's record of a kind; if there is none, one that @create makes. One
 * that has a mapper of the @other kind cannot have this: ERR_PTR(-EBUSY).
 */
static struct iomd_mapper *find_or_create(struct device *dev, dr_release_t kind,
					  dr_release_t other,
					  struct iomd_mapper *(*create)(struct device *dev))
{
	struct mapper_devres *found;
	struct iomd_mapper *mapper;

	if (!dev || !dev->dma_mask)
		return ERR_PTR(-EINVAL);
	if (!dev->driver)
		return ERR_PTR(-ENODEV);

	mutex_lock(&create_lock);
	found = devres_find(dev, kind, NULL, NULL);
	if (found)
		mapper = iomd_mapper_get(found->mapper);
	else if (devres_find(dev, other, NULL, NULL))
		mapper = ERR_PTR(-EBUSY);
	else
		mapper = create_mapper(dev, kind, create);
	mutex_unlock(&create_lock);
	return mapper;
}

/**
 * iomd_mapper_for_device() - The mapper of a device.
 * @dev: Device that masters the bus. Its driver has set its DMA mask, and should
 *	have set its maximum segment size and segment boundary; none of these changes once
 *	something was mapped.
 *
 * There is one for each device; asking again gives the same. It works until the
 * device is unbound from its driver, so it is asked for in probe or later. Until then
 * this module stays loaded.
 * IOKit: IOMapper::copyMapperForDevice().
 *
 * Context: Process context, may sleep.
 * Return: A mapper that the caller puts; ERR_PTR(-EINVAL) for NULL and for a device
 *	   that does no DMA; ERR_PTR(-ENODEV) for one that has no driver;
 *	   ERR_PTR(-EBUSY) for one that has a mapper with a space of its own;
 *	   ERR_PTR(-ENOMEM).
 *
 * Implements MAPPER-10, MAPPER-16.
 */
struct iomd_mapper *iomd_mapper_for_device(struct device *dev)
{
	return find_or_create(dev, mapper_devres_release, own_devres_release, mapper_create);
}
EXPORT_SYMBOL_NS_GPL(iomd_mapper_for_device, IOMD_NS);

/*
 * A mapper for whoever sees to it that nothing is mapped any more when the device is
 * unbound, and of whom the device is not to know. Return: it; or ERR_PTR(-EINVAL) for a
 * device that does no DMA; or ERR_PTR(-ENOMEM).
 */
struct iomd_mapper *iomd_mapper_unmanaged(struct device *dev)
{
	return dev && dev->dma_mask ? mapper_create(dev) : ERR_PTR(-EINVAL);
}

/**
 * iomd_mapper_with_own_space() - A mapper that decides itself what addresses mean.
 * @dev: Device behind an IOMMU. Its driver leaves the DMA API alone: it says so with
 *	driver_managed_dma, and so do the drivers of whatever is in the same group.
 *
 * Bus space can then be reserved before there is memory for it, at addresses that the
 * caller chooses, and be filled page by page: iomd_mapper_iovm_map_memory() without
 * memory, iomd_mapper_iovm_insert(). For all else it is like any other mapper. There is
 * one for each device; asking again gives the same.
 *
 * Context: Process context, may sleep.
 * Return: As iomd_mapper_for_device(); ERR_PTR(-EBUSY) if the device has a mapper over the
 *	   DMA API; ERR_PTR(-EOPNOTSUPP) if the device is behind no
 *	   IOMMU, is not coherent, if somebody does DMA for it by way of the DMA API, or
 *	   if firmware uses it too.
 */
struct iomd_mapper *iomd_mapper_with_own_space(struct device *dev)
{
	return find_or_create(dev, own_devres_release, mapper_devres_release, mapper_create_own);
}
EXPORT_SYMBOL_NS_GPL(iomd_mapper_with_own_space, IOMD_NS);

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
	return mapper->domain;
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

/*
 * The highest physical address that a device reaches where nothing translates; U64_MAX if
 * that is not known, or if the platform puts an offset in between.
 */
u64 iomd_mapper_reach(const struct iomd_mapper *mapper)
{
	struct device *dev = mapper->dev;

	if (!dev || mapper->domain || dev->dma_range_map)
		return U64_MAX;
	return min_not_zero(dma_get_mask(dev), dev->bus_dma_limit);
}

static bool mapper_is_revoked(struct iomd_mapper *mapper)
{
	return READ_ONCE(mapper->revoked);
}

/* A client goes with its module, which may have left a default behind. */
static int module_event(struct notifier_block *block, unsigned long event, void *module)
{
	if (event == MODULE_STATE_GOING)
		forget_defaults(NULL, module);
	return NOTIFY_OK;
}

static struct notifier_block module_notifier = {
	.notifier_call = module_event,
};

int __init iomd_mapper_init(void)
{
	return register_module_notifier(&module_notifier);
}

void iomd_mapper_exit(void)
{
	unregister_module_notifier(&module_notifier);
}

/**
 * iomd_client_set_default_mapper() - Name a module's mapper.
 * @client: The module; IOMD_THIS_CLIENT.
 * @mapper: Its mapper.
 *
 * See iomd_mapper_set_default().
 *
 * Context: Process context, may sleep.
 * Return: 0; -EINVAL; -ENODEV; -ENOTUNIQ.
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
	client->mapper = iomd_mapper_get(mapper);
	list_add(&client->node, &clients);
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
	mapper = forget_default(client);
	mutex_unlock(&default_lock);
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
