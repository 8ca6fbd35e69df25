// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernel and physical addresses to runs.
 *
 * Nothing is pinned here: kernel memory does not move, and that it is not freed
 * while it is described is up to whoever describes it.
 */
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/sched/task_stack.h>
#include <linux/vmalloc.h>

#include "compat.h"
#include "resolve.h"
#include "runs.h"

/* Mapped page by page: vmalloc, vmap, and the memory of modules. */
static bool is_page_mapped(u64 address)
{
	void *p = (void *)(unsigned long)address;

	return is_vmalloc_addr(p) || iomd_is_module_addr(p);
}

/*
 * In the direct map, which is contiguous wherever it has memory: it is enough to
 * look at both ends, and once in every section in between.
 */
static bool is_direct_mapped(u64 address, u64 length)
{
	u64 step = 1ULL << iomd_section_shift();
	u64 last = address + length - 1;

	for (;;) {
		if (!virt_addr_valid((void *)(unsigned long)address))
			return false;
		if (address == last)
			return true;
		address = last - address > step ? address + step : last;
	}
}

/* Append what lies in one page of a page-mapped area. */
static int resolve_mapped_page(struct iomd_runs *runs, u64 address, u64 length)
{
	void *p = (void *)(unsigned long)address;

	if (!iomd_maps_memory(p))
		return -EFAULT;
	return iomd_runs_add(runs, page_to_phys(vmalloc_to_page(p)) + offset_in_page(address),
			     length);
}

static int resolve_mapped(struct iomd_runs *runs, u64 address, u64 length)
{
	while (length) {
		u64 chunk = min_t(u64, PAGE_SIZE - offset_in_page(address), length);
		int err;

		if (!is_page_mapped(address))
			return -EFAULT;
		err = resolve_mapped_page(runs, address, chunk);
		if (err)
			return err;
		address += chunk;
		length -= chunk;
	}
	return 0;
}

static bool is_on_own_stack(u64 address, u64 length)
{
	u64 stack = (unsigned long)task_stack_page(current);

	return address < stack + THREAD_SIZE && address + length > stack;
}

/*
 * Append [@address, @address + @length) of the kernel's address space, not
 * merged with what is in @runs already. @length is not zero and the range does
 * not wrap.
 *
 * Return: 0; -EFAULT for addresses that are no memory of the kernel's (user
 * addresses, device mappings, holes); -EXFULL for the caller's own stack, which
 * is gone before a device is done with it; -ENOMEM.
 */
int iomd_resolve_kernel(struct iomd_runs *runs, u64 address, u64 length)
{
	int err;

	iomd_runs_break(runs);
	if (is_on_own_stack(address, length))
		return -EXFULL;
	if (is_page_mapped(address))
		err = resolve_mapped(runs, address, length);
	else if (is_direct_mapped(address, length))
		err = iomd_runs_add(runs, virt_to_phys((void *)(unsigned long)address), length);
	else
		err = -EFAULT;
	iomd_runs_break(runs);
	return err;
}

/*
 * Append a physical range, which is not empty; ranges that continue each other become
 * one run. The list remembers if not all of it is memory of the kernel's.
 */
int iomd_resolve_physical(struct iomd_runs *runs, u64 address, u64 length)
{
	if (region_intersects(address, length, IORESOURCE_SYSTEM_RAM, IORES_DESC_NONE) !=
	    REGION_INTERSECTS)
		runs->has_device = true;
	return iomd_runs_add(runs, address, length);
}
