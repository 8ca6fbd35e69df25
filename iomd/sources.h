/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Forms of memory that with_options() takes besides ranges.
 */
#ifndef _IOMD_SOURCE_FORMS_H
#define _IOMD_SOURCE_FORMS_H

#include <iomd/sources.h>

struct iomd_desc *iomd_desc_with_page_list(struct iomd_client *client,
					   const struct iomd_page_list *page_list, u32 count,
					   u32 offset, u32 options, struct iomd_mapper *mapper);

#endif /* _IOMD_SOURCE_FORMS_H */
