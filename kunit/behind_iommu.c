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

static struct pci_dev *edu;

int iomd_kunit_iommu_suite_init(struct kunit_suite *suite)
{
	int err = iomd_kunit_suite_init(suite);

	/* The suites run before the module is one that could own a driver. */
	if (!err)
		err = __pci_register_driver(&edu_driver, NULL, "iomd_kunit");
	if (!err)
		edu = pci_get_device(EDU_VENDOR, EDU_DEVICE, NULL);
	return err;
}

void iomd_kunit_iommu_suite_exit(struct kunit_suite *suite)
{
	pci_dev_put(edu);
	pci_unregister_driver(&edu_driver);
	iomd_kunit_suite_exit(suite);
}

struct iomd_mapper *iomd_kunit_translating_mapper(struct kunit *test)
{
	struct iomd_mapper *mapper;

	KUNIT_ASSERT_NOT_NULL_MSG(test, edu, "this needs QEMU's edu device");
	KUNIT_ASSERT_NOT_NULL(test, edu->dev.driver);
	dma_set_max_seg_size(&edu->dev, UINT_MAX);
	KUNIT_ASSERT_EQ(test, dma_set_mask_and_coherent(&edu->dev, DMA_BIT_MASK(64)), 0);

	mapper = iomd_kunit_mapper(test, iomd_mapper_for_device(&edu->dev));
	KUNIT_ASSERT_TRUE_MSG(test, iomd_mapper_translates(mapper),
			      "this needs an IOMMU before QEMU's edu device");
	return mapper;
}
