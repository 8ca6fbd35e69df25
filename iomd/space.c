// SPDX-License-Identifier: GPL-2.0-only
/*
 * An address space of our own: which bus addresses mean what to a device that is behind
 * an IOMMU, and whose driver leaves the DMA API alone.
 */
#include <linux/bitmap.h>
#include <linux/device.h>
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/resource_ext.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "compat.h"
#include "space.h"

/* As much as this is plenty, and costs 128 KiB to keep account of. */
#define MAX_GRANULES	BIT(20)

static u64 granule_mask(const struct iomd_space *space)
{
	return space->granule - 1;
}

static u64 round_out(const struct iomd_space *space, u64 offset, u64 length)
{
	return ((offset & granule_mask(space)) + length + granule_mask(space)) &
	       ~granule_mask(space);
}

/*
 * Addresses. They are reserved at chosen places, too, and given back where nothing can
 * be allocated: that is what an array of bits can do, and those who keep trees cannot.
 */

/*
 * Take addresses from @first up to @last, inclusive; @size is in whole granules, and
 * @alignment a power of two, or 0. Any context. Return: 0 or -ENOMEM.
 */
int iomd_space_alloc(struct iomd_space *space, u64 size, u64 first, u64 last, u64 alignment,
		     u64 *address)
{
	unsigned long nr = size / space->granule, from, to, found, flags;
	u64 skip = alignment > space->granule ? alignment / space->granule - 1 : 0;

	first = max(first, space->start);
	last = min(last, space->start + space->nr * space->granule - 1);
	if (first > last || size > last - first + 1)
		return -ENOMEM;
	from = (first - space->start + granule_mask(space)) / space->granule;
	to = (last - space->start + 1) / space->granule;

	spin_lock_irqsave(&space->lock, flags);
	found = bitmap_find_next_zero_area_off(space->taken, to, from, nr, skip,
					       space->start / space->granule);
	if (found < to)
		bitmap_set(space->taken, found, nr);
	spin_unlock_irqrestore(&space->lock, flags);
	if (found >= to)
		return -ENOMEM;
	*address = space->start + found * space->granule;
	return 0;
}

/* Give addresses back, where nothing is mapped any more. Any context. */
void iomd_space_free(struct iomd_space *space, u64 address, u64 size)
{
	unsigned long flags;

	spin_lock_irqsave(&space->lock, flags);
	bitmap_clear(space->taken, (address - space->start) / space->granule,
		     size / space->granule);
	spin_unlock_irqrestore(&space->lock, flags);
}

/*
 * Opening and closing.
 */

/* Nobody is to be given an address from @first up to @last. Some may lie outside. */
static void close_range(struct iomd_space *space, u64 first, u64 last)
{
	u64 end = space->start + space->nr * space->granule - 1, from;

	first = max(first, space->start);
	last = min(last, end);
	if (first > last)
		return;
	from = (first - space->start) / space->granule;
	bitmap_set(space->taken, from, (last - space->start) / space->granule - from + 1);
}

/* The contrary: what the range holds of whole granules. */
static void open_range(struct iomd_space *space, u64 first, u64 last)
{
	u64 end = space->start + space->nr * space->granule - 1, from, to;

	first = max(first, space->start);
	last = min(last, end);
	if (first > last)
		return;
	from = (first - space->start + granule_mask(space)) / space->granule;
	to = (last - space->start + 1) / space->granule;
	if (from < to)
		bitmap_clear(space->taken, from, to - from);
}

static void close_window(struct iomd_space *space, const struct resource_entry *window)
{
	if (resource_type(window->res) == IORESOURCE_MEM)
		close_range(space, window->res->start - window->offset,
			    window->res->end - window->offset);
}

/*
 * What goes up a PCI bus does not come as far as the IOMMU everywhere: a bridge may hand it
 * to the device that has the address in one of its BARs. And a host bridge may let through
 * some addresses only.
 */
static void reserve_pci(struct iomd_space *space, struct device *dev)
{
	struct pci_host_bridge *bridge;
	struct resource_entry *window;

	if (!dev_is_pci(dev))
		return;
	bridge = pci_find_host_bridge(to_pci_dev(dev)->bus);
	if (!list_empty(&bridge->dma_ranges))
		bitmap_fill(space->taken, space->nr);
	resource_list_for_each_entry(window, &bridge->dma_ranges)
		open_range(space, window->res->start - window->offset,
			   window->res->end - window->offset);
	resource_list_for_each_entry(window, &bridge->windows)
		close_window(space, window);
}

/* Addresses that mean something else, to the IOMMU or to the platform. */
static int reserve_region(struct iomd_space *space, const struct iommu_resv_region *region)
{
	/*
	 * Firmware uses the device too, at addresses it was promised; or its interrupts
	 * have to be mapped, which takes somebody who knows of them.
	 */
	if (region->type == IOMMU_RESV_DIRECT || region->type == IOMMU_RESV_DIRECT_RELAXABLE ||
	    region->type == IOMMU_RESV_SW_MSI)
		return -EOPNOTSUPP;
	close_range(space, region->start, region->start + (region->length - 1));
	return 0;
}

static int reserve_regions(struct iomd_space *space)
{
	struct iommu_resv_region *region, *next;
	LIST_HEAD(regions);
	int err;

	err = iommu_get_group_resv_regions(space->group, &regions);
	list_for_each_entry_safe(region, next, &regions, list) {
		if (!err)
			err = reserve_region(space, region);
		kfree(region);
	}
	return err;
}

/* What the IOMMU and the device have, from their lowest address on; but for zero. */
static int init_addresses(struct iomd_space *space, struct device *dev)
{
	const struct iommu_domain *domain = space->domain;
	u64 mask = min_not_zero(dma_get_mask(dev), dev->bus_dma_limit);
	u64 last = min_t(u64, domain->geometry.aperture_end, mask);
	int err;

	space->granule = 1ULL << __ffs64(domain->pgsize_bitmap);
	space->start = max_t(u64, domain->geometry.aperture_start, space->granule);
	if (space->granule > PAGE_SIZE || last < space->start)
		return -EOPNOTSUPP;
	space->nr = min_t(u64, (last - space->start + 1) / space->granule, MAX_GRANULES);
	spin_lock_init(&space->lock);
	space->taken = kvcalloc(BITS_TO_LONGS(space->nr), sizeof(long), GFP_KERNEL_ACCOUNT);
	if (!space->taken)
		return -ENOMEM;
	reserve_pci(space, dev);
	err = reserve_regions(space);
	if (err)
		kvfree(space->taken);
	return err;
}

static int open_domain(struct iomd_space *space, struct device *dev)
{
	int err;

	space->domain = iomd_paging_domain_alloc(dev);
	if (IS_ERR(space->domain))
		return PTR_ERR(space->domain);
	err = iommu_attach_group(space->domain, space->group);
	if (err)
		goto err_domain;
	err = init_addresses(space, dev);
	if (err)
		goto err_attached;
	return 0;

err_attached:
	iommu_detach_group(space->domain, space->group);
err_domain:
	iommu_domain_free(space->domain);
	return err;
}

/* The group is ours alone only if no driver in it does DMA by way of the DMA API. */
static int open_group(struct iomd_space *space, struct device *dev)
{
	int err;

	space->group = iommu_group_get(dev);
	if (!space->group)
		return -EOPNOTSUPP;
	err = iommu_group_claim_dma_owner(space->group, space);
	if (err)
		goto err_group;
	err = open_domain(space, dev);
	if (err)
		goto err_owner;
	return 0;

err_owner:
	iommu_group_release_dma_owner(space->group);
err_group:
	iommu_group_put(space->group);
	return err;
}

/*
 * Take a device's address space over. Sleeps. Return: the space; ERR_PTR(-EOPNOTSUPP) if
 * the device has none that could be ours; ERR_PTR(-ENOMEM).
 */
struct iomd_space *iomd_space_open(struct device *dev)
{
	struct iomd_space *space;
	int err;

	if (!dev_is_dma_coherent(dev))
		return ERR_PTR(-EOPNOTSUPP);
	space = kzalloc(sizeof(*space), GFP_KERNEL);
	if (!space)
		return ERR_PTR(-ENOMEM);
	err = open_group(space, dev);
	if (err) {
		kfree(space);
		return ERR_PTR(err == -ENOMEM ? err : -EOPNOTSUPP);
	}
	return space;
}

/* Give it back; what is still mapped is mapped no longer. Sleeps. */
void iomd_space_close(struct iomd_space *space)
{
	iommu_detach_group(space->domain, space->group);
	iommu_domain_free(space->domain);
	iommu_group_release_dma_owner(space->group);
	iommu_group_put(space->group);
	kvfree(space->taken);
	kfree(space);
}

/*
 * What is there.
 */

static int protection(enum dma_data_direction direction)
{
	switch (direction) {
	case DMA_TO_DEVICE:
		return IOMMU_READ;
	case DMA_FROM_DEVICE:
		return IOMMU_WRITE;
	default:
		return IOMMU_READ | IOMMU_WRITE;
	}
}

/*
 * Put memory where there is none, all in whole granules: the kernel's, or, as what has no
 * pages, a device's. Return: 0 or an errno.
 */
int iomd_space_insert(struct iomd_space *space, u64 address, u64 phys, u64 size,
		      enum dma_data_direction direction, gfp_t gfp)
{
	int kind = pfn_valid(PHYS_PFN(phys)) ? IOMMU_CACHE : IOMMU_MMIO;

	return iomd_iommu_map(space->domain, address, phys, size, protection(direction) | kind,
			      gfp);
}

/* Take what there is out of it. */
void iomd_space_remove(struct iomd_space *space, u64 address, u64 size)
{
	u64 end = address + size;

	for (; address < end; address += space->granule)
		if (iommu_iova_to_phys(space->domain, address))
			iommu_unmap(space->domain, address, space->granule);
}

static u64 table_size(const struct iomd_space *space, const struct sg_table *table)
{
	struct scatterlist *sg;
	unsigned int i;
	u64 size = 0;

	for_each_sgtable_sg(table, sg, i)
		size += round_out(space, sg->offset, sg->length);
	return size;
}

/*
 * Map the memory of a table, each entry from a granule of its own on, and store where it
 * is. Where memory has no pages @resources says where in memory each entry is; else it is
 * NULL. Return: 0 or an errno, with nothing mapped.
 */
int iomd_space_map_table(struct iomd_space *space, struct sg_table *table, const u64 *resources,
			 enum dma_data_direction direction, gfp_t gfp)
{
	u64 size = table_size(space, table), base, next;
	struct scatterlist *sg;
	unsigned int i;
	int err;

	err = iomd_space_alloc(space, size, 0, U64_MAX, 0, &base);
	if (err)
		return err;

	next = base;
	for_each_sgtable_sg(table, sg, i) {
		u64 skip = sg->offset & granule_mask(space);
		u64 taken = round_out(space, sg->offset, sg->length);
		u64 phys = resources ? resources[i] : sg_phys(sg);

		err = iomd_space_insert(space, next, phys - skip, taken, direction, gfp);
		if (err) {
			iommu_unmap(space->domain, base, next - base);
			iomd_space_free(space, base, size);
			return err;
		}
		sg_dma_address(sg) = next + skip;
		sg_dma_len(sg) = sg->length;
		next += taken;
	}
	table->nents = table->orig_nents;
	return 0;
}

void iomd_space_unmap_table(struct iomd_space *space, struct sg_table *table)
{
	u64 base = sg_dma_address(table->sgl) & ~granule_mask(space);
	u64 size = table_size(space, table);

	iommu_unmap(space->domain, base, size);
	iomd_space_free(space, base, size);
}
