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

/* Its mapper. The device has 64 address bits. */
struct iomd_mapper *iomd_kunit_translating_mapper(struct kunit *test);

#endif /* _IOMD_KUNIT_BEHIND_IOMMU_H */
