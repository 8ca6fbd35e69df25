/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device behind an IOMMU: QEMU's edu, which every KUnit lane has.
 */
#ifndef _IOMD_KUNIT_BEHIND_IOMMU_H
#define _IOMD_KUNIT_BEHIND_IOMMU_H

#include "iomd_kunit.h"

/* The device, with a driver until the end of the case, and its mapper. */
struct device *iomd_kunit_device_behind_iommu(struct kunit *test, unsigned int bits);
struct iomd_mapper *iomd_kunit_translating_mapper(struct kunit *test, unsigned int bits);

#endif /* _IOMD_KUNIT_BEHIND_IOMMU_H */
