// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is to be seen in a window of a task.
 */
#include "cachemode.h"
#include "reference.h"
#include "task_window_private.h"
#include "window_memtype.h"

/*
 * A view of what @spec says, which has its memory then. Sleeps. Return: 0; -EOPNOTSUPP for
 * a cache mode that a device's memory cannot have in tasks; -EBUSY if somebody has mapped
 * that in another; -ENOMEM.
 */
int iomd_view_open(struct iomd_view *view, const struct iomd_window_spec *spec,
		   const struct iomd_survey *survey)
{
	*view = (struct iomd_view) {
		.memory = spec->memory,
		.offset = spec->offset,
		.length = spec->length,
		.has_device = survey->has_device,
		.cache = survey->cache,
	};
	if (!survey->has_device)
		return 0;
	if (!iomd_memtype_is_possible(survey->cache))
		return -EOPNOTSUPP;
	return iomd_memtype_reserve(spec->memory, spec->offset, spec->length, survey->cache);
}

/* Undo iomd_view_open(), but leave the memory to the caller. */
void iomd_view_abandon(struct iomd_view *view)
{
	if (view->has_device)
		iomd_memtype_free(view->memory, view->offset, view->length, view->cache);
	view->memory = NULL;
}

/* No page table has any of it. Let go of the memory, if there is any. Sleeps. */
void iomd_view_close(struct iomd_view *view)
{
	struct iomd_desc *memory = view->memory;

	if (!memory)
		return;
	iomd_view_abandon(view);
	iomd_reference_put(memory);
}

/* How it is mapped, with a protection otherwise like @prot. */
pgprot_t iomd_view_prot(const struct iomd_view *view, pgprot_t prot)
{
	return view->has_device ? iomd_memtype_prot(prot, view->cache) :
				  iomd_cachemode_prot(prot, view->cache);
}
