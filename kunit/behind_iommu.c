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

static void undo_driver(void *unused)
{
	pci_unregister_driver(&edu_driver);
}

static void undo_get(void *pdev)
{
	pci_dev_put(pdev);
}

struct device *iomd_kunit_device_behind_iommu(struct kunit *test, unsigned int bits)
{
	struct pci_dev *pdev = pci_get_device(EDU_VENDOR, EDU_DEVICE, NULL);

	KUNIT_ASSERT_NOT_NULL_MSG(test, pdev, "this needs QEMU's edu device");
	iomd_kunit_defer(test, undo_get, pdev);
	/* The suites run before the module is one that could own a driver. */
	KUNIT_ASSERT_EQ(test, __pci_register_driver(&edu_driver, NULL, "iomd_kunit"), 0);
	iomd_kunit_defer(test, undo_driver, NULL);
	KUNIT_ASSERT_NOT_NULL(test, pdev->dev.driver);

	dma_set_max_seg_size(&pdev->dev, UINT_MAX);
	KUNIT_ASSERT_EQ(test, dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(bits)), 0);
	return &pdev->dev;
}

struct iomd_mapper *iomd_kunit_translating_mapper(struct kunit *test, unsigned int bits)
{
	struct device *dev = iomd_kunit_device_behind_iommu(test, bits);
	struct iomd_mapper *mapper = iomd_kunit_mapper(test, iomd_mapper_for_device(dev));

	KUNIT_ASSERT_TRUE_MSG(test, iomd_mapper_translates(mapper),
			      "this needs an IOMMU before QEMU's edu device");
	return mapper;
}
