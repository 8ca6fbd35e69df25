// SPDX-License-Identifier: GPL-2.0-only
/*
 * Windows: whether memory can be shown in one, and as what.
 */
#include <linux/capability.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/page-flags.h>
#include <linux/security.h>

#include "cachemode.h"
#include "compat.h"
#include "general.h"
#include "window.h"

/* How far a survey has come. */
struct surveyor {
	const struct iomd_window_spec *spec;
	struct iomd_survey *survey;
	u64 offset;	/* of the next byte, in the memory */
	u64 expected;	/* where that would continue what is before it */
	u32 cache;	/* mode of the memory so far */
};

/*
 * Memory is mapped by the page: pieces that do not continue each other have to meet
 * where pages do.
 */
static int check_boundary(struct surveyor *surveyor, u64 address)
{
	if (surveyor->offset == surveyor->spec->offset) {
		surveyor->survey->physical = address;
		return 0;
	}
	if (address == surveyor->expected)
		return 0;
	surveyor->survey->is_one_run = false;
	return offset_in_page(address) || offset_in_page(surveyor->expected) ? -EBADSLT : 0;
}

/* Is it a page that whoever describes it can have to itself? */
static bool is_shareable(struct page *page)
{
	return !PageReserved(page) && !PageSlab(page) && !PageAnon(page) && !page_has_type(page);
}

/*
 * Does a descriptor of the kernel's memory name what was loaded as a program? What is neither
 * all in modules nor all outside of them begins or ends there, since there is nothing around
 * them that could be described. The kernel itself needs no question: its pages are reserved.
 * Stacks that are not the caller's, of which no descriptor is made, cannot be told from
 * other memory of vmalloc.
 */
static bool has_image(const struct iomd_general *leaf)
{
	u32 i;

	for (i = 0; i < leaf->nr_ranges; i++) {
		const struct iomd_range *range = &leaf->ranges[i];
		const u8 *first = (const u8 *)(unsigned long)range->address;

		if (range->length &&
		    (iomd_is_module_addr(first) ||
		     iomd_is_module_addr(first + (range->length - 1))))
			return true;
	}
	return false;
}

/*
 * What is pinned is the user's own. Other memory goes to tasks page by page, which the
 * kernel has for no other purpose; RAM that is known by its physical address does not.
 */
static int check_ram_for_task(const struct iomd_general *leaf, u64 address, u64 length)
{
	unsigned long pfn, last = PHYS_PFN(address + length - 1);

	if (iomd_general_is_user(leaf))
		return 0;
	if (iomd_general_is_physical(leaf) ||
	    (iomd_general_is_kernel(leaf) && has_image(leaf)))
		return -EPERM;
	for (pfn = PHYS_PFN(address); pfn <= last; pfn++) {
		if (!is_shareable(pfn_to_page(pfn)))
			return -EPERM;
		if (!(pfn % 512))
			cond_resched();
	}
	return 0;
}

/* A driver knows what it lets tasks have; others need the right to any memory there is. */
static int check_device_for_task(const struct iomd_general *leaf)
{
	if (leaf->nature == IOMD_NATURE_DEVICE)
		return 0;
	if (!capable(CAP_SYS_RAWIO))
		return -EPERM;
	return security_locked_down(LOCKDOWN_DEV_MEM);
}

static int survey_device(struct surveyor *surveyor, const struct iomd_general *leaf)
{
	surveyor->survey->has_device = true;
	return iomd_window_is_kernel(surveyor->spec) ? 0 : check_device_for_task(leaf);
}

static int survey_ram(struct surveyor *surveyor, const struct iomd_general *leaf,
		      const struct iomd_extent *extent)
{
	if (surveyor->survey->has_ram && leaf->cache != surveyor->cache)
		return -EOPNOTSUPP;
	surveyor->survey->has_ram = true;
	surveyor->cache = leaf->cache;
	if (iomd_window_is_kernel(surveyor->spec))
		return 0;
	return check_ram_for_task(leaf, extent->address, extent->length);
}

static int survey_piece(struct surveyor *surveyor, const struct iomd_general *leaf,
			const struct iomd_extent *extent)
{
	if (leaf->nature == IOMD_NATURE_GUARD) {
		surveyor->survey->has_guard = true;
		return 0;
	}
	/* What could be pinned has pages, also where it is not the system's RAM. */
	if (iomd_general_is_user(leaf))
		return survey_ram(surveyor, leaf, extent);
	switch (region_intersects(extent->address, extent->length, IORESOURCE_SYSTEM_RAM,
				  IORES_DESC_NONE)) {
	case REGION_INTERSECTS:
		return survey_ram(surveyor, leaf, extent);
	case REGION_DISJOINT:
		return survey_device(surveyor, leaf);
	default:
		return -EOPNOTSUPP;
	}
}

/* Numbers that mean nothing are taken as the default. */
static u32 wanted_cache(u32 options)
{
	u32 mode = options & IOMD_MAP_CACHE_MASK;

	return mode > IOMD_MAP_POSTED_COMBINED_REORDERED ? IOMD_MAP_DEFAULT_CACHE : mode;
}

/*
 * The mode in which to map. Memory that devices have is uncached unless one says
 * otherwise; RAM has the mode that its pages have, and no other.
 */
static int choose_cache(const struct surveyor *surveyor)
{
	struct iomd_survey *survey = surveyor->survey;
	u32 wanted = wanted_cache(surveyor->spec->options);

	if (survey->has_device && survey->has_ram)
		return -EOPNOTSUPP;
	if (survey->has_device) {
		survey->cache = wanted ?: IOMD_MAP_INHIBIT_CACHE;
		return 0;
	}
	survey->cache = surveyor->cache;
	if (!wanted || wanted == surveyor->cache || !survey->has_ram)
		return 0;
	return iomd_cachemode_is_default(wanted) && iomd_cachemode_is_default(surveyor->cache) ?
	       0 : -EOPNOTSUPP;
}

/*
 * Look at all of a window before any of it is mapped. Return: 0; -EBADSLT if pieces meet
 * within a page; -EOPNOTSUPP for a cache mode that the memory cannot have, and for memory
 * and a device's in one window; -EPERM for what a task must not have; -EOVERFLOW if the
 * memory has become shorter than that.
 */
int iomd_window_survey(const struct iomd_window_spec *spec, struct iomd_survey *survey)
{
	struct surveyor surveyor = { .spec = spec, .survey = survey, .offset = spec->offset };
	u64 end = spec->offset + spec->length;
	struct iomd_walk walk = {};
	struct iomd_extent extent;
	int err;

	*survey = (struct iomd_survey) { .is_one_run = true };
	while (surveyor.offset < end) {
		err = iomd_desc_walk(spec->memory, &walk, surveyor.offset, &extent);
		if (err)
			return err;
		extent.length = min(extent.length, end - surveyor.offset);
		err = check_boundary(&surveyor, extent.address) ?:
		      survey_piece(&surveyor, walk.leaf, &extent);
		if (err)
			return err;
		surveyor.offset += extent.length;
		surveyor.expected = extent.address + extent.length;
		cond_resched();
	}
	return choose_cache(&surveyor);
}
