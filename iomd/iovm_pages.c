// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bus pages by number, of the calling module's default mapper: reserve, fill, and give
 * back. Where nothing translates, a page's number is the CPU's, and there is nothing to do.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/printk.h>

#include <iomd/mapper.h>
#include <iomd/namespace.h>
#include <iomd/provider.h>

#define ACCESS	(IOMD_DMA_MAP_READ_ACCESS | IOMD_DMA_MAP_WRITE_ACCESS)

/* The module's default mapper, held, if it translates; else NULL. */
static struct iomd_mapper *translating_mapper(struct iomd_client *client)
{
	struct iomd_mapper *mapper = iomd_client_copy_default_mapper(client);

	if (IS_ERR_OR_NULL(mapper))
		return NULL;
	if (iomd_mapper_translates(mapper))
		return mapper;
	iomd_mapper_put(mapper);
	return NULL;
}

/**
 * iomd_client_mapper_iovm_alloc() - Reserve bus pages.
 * @client: The calling module, IOMD_THIS_CLIENT.
 * @pages: How many.
 *
 * Drivers call iomd_mapper_iovm_alloc(). IOKit: IOMapperIOVMAlloc().
 *
 * Context: Process context, may sleep.
 * Return: Number of the first page. 0 where nothing translates, which is no error; and 0 if
 *	   there is no such space, or the default mapper is not one with a space of its
 *	   own. Implements MAPPER-32, MAPPER-33.
 */
u32 iomd_client_mapper_iovm_alloc(struct iomd_client *client, unsigned int pages)
{
	const struct iomd_dma_map_specification spec = {
		.alignment = PAGE_SIZE,
		.num_address_bits = 32 + PAGE_SHIFT,
	};
	struct iomd_mapper *mapper = translating_mapper(client);
	u64 address = 0, length;

	if (!mapper)
		return 0;
	if (iomd_mapper_iovm_map_memory(mapper, NULL, 0, (u64)pages << PAGE_SHIFT, ACCESS, &spec,
					NULL, NULL, &address, &length))
		address = 0;
	iomd_mapper_put(mapper);
	return address >> PAGE_SHIFT;
}
EXPORT_SYMBOL_NS_GPL(iomd_client_mapper_iovm_alloc, IOMD_NS);

/**
 * iomd_client_mapper_iovm_free() - Give bus pages back.
 * @client: The calling module, IOMD_THIS_CLIENT.
 * @addr: Number of the first page.
 * @pages: How many.
 *
 * Drivers call iomd_mapper_iovm_free(). Where nothing translates, nothing happens.
 * IOKit: IOMapperIOVMFree().
 *
 * Context: Process context, may sleep. Implements MAPPER-34.
 */
void iomd_client_mapper_iovm_free(struct iomd_client *client, u32 addr, unsigned int pages)
{
	struct iomd_mapper *mapper = translating_mapper(client);

	if (!mapper)
		return;
	iomd_mapper_iovm_unmap_memory(mapper, NULL, NULL, (u64)addr << PAGE_SHIFT,
				      (u64)pages << PAGE_SHIFT);
	iomd_mapper_put(mapper);
}
EXPORT_SYMBOL_NS_GPL(iomd_client_mapper_iovm_free, IOMD_NS);

/**
 * iomd_client_mapper_insert_page() - Let a bus page stand for a page of memory.
 * @client: The calling module, IOMD_THIS_CLIENT.
 * @addr: What iomd_mapper_iovm_alloc() returned.
 * @offset: Which of the pages from there on.
 * @page: Number of the page of memory, which the caller keeps where it is.
 *
 * Drivers call iomd_mapper_insert_page(). IOKit: IOMapperInsertPage().
 *
 * Context: Process context, may sleep.
 * Return: Number of the page for the device: @page where nothing translates. 0 if it
 *	   could not be inserted; for @addr 0 with a message. Implements MAPPER-35,
 *	   MAPPER-36.
 */
u32 iomd_client_mapper_insert_page(struct iomd_client *client, u32 addr, unsigned int offset,
				   u32 page)
{
	struct iomd_mapper *mapper = translating_mapper(client);
	int err;

	if (!mapper)
		return page;
	if (!addr) {
		pr_warn_ratelimited("%pS inserted a page where nothing was reserved\n",
				    __builtin_return_address(0));
		err = -EINVAL;
	} else {
		err = iomd_mapper_iovm_insert(mapper, ACCESS, (u64)addr << PAGE_SHIFT,
					      (u64)offset << PAGE_SHIFT, (u64)page << PAGE_SHIFT,
					      PAGE_SIZE);
	}
	iomd_mapper_put(mapper);
	return err ? 0 : addr + offset;
}
EXPORT_SYMBOL_NS_GPL(iomd_client_mapper_insert_page, IOMD_NS);
