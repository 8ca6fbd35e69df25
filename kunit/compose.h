/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What suites about descriptors that are made of others share.
 */
#ifndef _IOMD_KUNIT_COMPOSE_H
#define _IOMD_KUNIT_COMPOSE_H

#include "iomd_kunit.h"

/* Memory that nobody has prepared: the kernel's, or that of the process. */
struct iomd_desc *iomd_kunit_of_kernel(struct kunit *test, void *memory, u64 length, u32 options);
struct iomd_desc *iomd_kunit_of_process(struct kunit *test, u64 address, u64 length, u32 options);

/* Composites, to be put at the end of the case. */
struct iomd_desc *iomd_kunit_multi(struct kunit *test, struct iomd_desc *const *children,
				   u32 count, u32 direction);
struct iomd_desc *iomd_kunit_sub(struct kunit *test, struct iomd_desc *parent, u64 offset,
				 u64 length, u32 direction);
struct iomd_desc *iomd_kunit_interleaved(struct kunit *test, u64 capacity, u32 direction);

/* Memory that can be paged out and that no task has mapped. */
struct iomd_buffer *iomd_kunit_pageable(struct kunit *test, u64 capacity, u32 options);

static inline bool iomd_kunit_is_prepared(struct iomd_desc *desc)
{
	return iomd_desc_get_preparation_id(desc) != IOMD_PREPARATION_ID_UNPREPARED;
}

static inline bool iomd_kunit_is_read_only(struct iomd_desc *desc)
{
	return iomd_desc_get_flags(desc) & IOMD_MEMORY_PREPARED_READ_ONLY;
}

/* Expect all of a prepared descriptor to read as @bytes; and to be in just these places. */
void iomd_kunit_expect_contents(struct kunit *test, struct iomd_desc *desc, const void *bytes,
				u64 length);
void iomd_kunit_expect_segments(struct kunit *test, struct iomd_desc *desc,
				const struct iomd_range *segments, u32 nr);
void iomd_kunit_expect_walk(struct kunit *test, struct iomd_desc *desc,
			    const struct iomd_range *segments, u32 nr);

/* Tells when a descriptor is gone, that keeps it as its context. */
struct iomd_kunit_witness {
	struct iomd_context context;
	bool is_gone;
};

void iomd_kunit_watch(struct iomd_kunit_witness *witness, struct iomd_desc *desc);

#endif /* _IOMD_KUNIT_COMPOSE_H */
