/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device behind an IOMMU: QEMU's edu, which every KUnit lane has.
 */
#ifndef _IOMD_KUNIT_BEHIND_IOMMU_H
#define _IOMD_KUNIT_BEHIND_IOMMU_H

#include "iomd_kunit.h"

/* Suites that need it use these in place of the usual ones: it takes time to be bound. */
int iomd_kunit_iommu_suite_init(struct kunit_suite *suite);
void iomd_kunit_iommu_suite_exit(struct kunit_suite *suite);

/* The same with a driver that leaves the DMA API alone. */
int iomd_kunit_own_dma_suite_init(struct kunit_suite *suite);

/* The device, which has 64 address bits, and its mapper over the DMA API. */
struct device *iomd_kunit_device_behind_iommu(struct kunit *test);
struct iomd_mapper *iomd_kunit_translating_mapper(struct kunit *test);

#endif /* _IOMD_KUNIT_BEHIND_IOMMU_H */
