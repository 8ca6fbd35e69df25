// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device behind an IOMMU.
 */
#include <linux/dma-mapping.h>
#include <linux/pci.h>

#include "behind_iommu.h"

#define EDU_VENDOR	0x1234
#define EDU_DEVICE	0x11e8

static int edu_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	int err = pcim_enable_device(pdev);

	if (!err)
		pci_set_master(pdev);
	return err;
}

static const struct pci_device_id edu_ids[] = {
	{ PCI_DEVICE(EDU_VENDOR, EDU_DEVICE) },
	{}
};

static struct pci_driver edu_driver = {
	.name = "iomd_kunit_edu",
	.id_table = edu_ids,
	.probe = edu_probe,
};

static struct pci_driver own_dma_driver = {
	.name = "iomd_kunit_own_dma",
	.id_table = edu_ids,
	.probe = edu_probe,
	.driver_managed_dma = true,
};

static struct pci_driver *driver;
static struct pci_dev *edu;

static int bind(struct kunit_suite *suite, struct pci_driver *by)
{
	int err = iomd_kunit_suite_init(suite);

	/* The suites run before the module is one that could own a driver. */
	if (!err)
		err = __pci_register_driver(by, NULL, "iomd_kunit");
	if (!err)
		edu = pci_get_device(EDU_VENDOR, EDU_DEVICE, NULL);
	driver = err ? NULL : by;
	return err;
}

int iomd_kunit_iommu_suite_init(struct kunit_suite *suite)
{
	return bind(suite, &edu_driver);
}

int iomd_kunit_own_dma_suite_init(struct kunit_suite *suite)
{
	return bind(suite, &own_dma_driver);
}

void iomd_kunit_iommu_suite_exit(struct kunit_suite *suite)
{
	pci_dev_put(edu);
	edu = NULL;
	if (driver)
		pci_unregister_driver(driver);
	iomd_kunit_suite_exit(suite);
}

struct device *iomd_kunit_device_behind_iommu(struct kunit *test)
{
	KUNIT_ASSERT_NOT_NULL_MSG(test, edu, "this needs QEMU's edu device");
	if (!edu->dev.driver)
		KUNIT_ASSERT_EQ(test, device_attach(&edu->dev), 1);
	dma_set_max_seg_size(&edu->dev, UINT_MAX);
	KUNIT_ASSERT_EQ(test, dma_set_mask_and_coherent(&edu->dev, DMA_BIT_MASK(64)), 0);
	return &edu->dev;
}

struct iomd_mapper *iomd_kunit_translating_mapper(struct kunit *test)
{
	struct device *dev = iomd_kunit_device_behind_iommu(test);
	struct iomd_mapper *mapper = iomd_kunit_mapper(test, iomd_mapper_for_device(dev));

	KUNIT_ASSERT_TRUE_MSG(test, iomd_mapper_translates(mapper),
			      "this needs an IOMMU before QEMU's edu device");
	return mapper;
}
