// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that a driver hands to applications: maps, by type, of a connection.
 */
#include <linux/export.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include <iomd/desc.h>
#include <iomd/driverkit.h>
#include <iomd/map.h>
#include <iomd/namespace.h>

/**
 * struct iomd_dk_connect - A connection of an application to a driver.
 * @ops: The driver.
 * @priv: For that.
 * @lock: Held while the driver is asked, and memory is mapped or unmapped.
 * @maps: What is mapped, of struct mapped.
 */
struct iomd_dk_connect {
	const struct iomd_dk_connect_ops *ops;
	void *priv;
	struct mutex lock;	/* see above */
	struct list_head maps;
};

/**
 * struct mapped - Memory that the application has.
 * @node: In the connection.
 * @memory: What the driver gave, held.
 * @task: Where it is mapped; not to be followed.
 * @map: How, with a reference.
 */
struct mapped {
	struct list_head node;
	struct iomd_desc *memory;
	const struct mm_struct *task;
	struct iomd_map *map;
};

/**
 * iomd_dk_connect_create() - A connection that has mapped nothing yet.
 * @ops: How to ask the driver; stays until the connection is freed.
 * @priv: For @ops.
 *
 * IOKit: the maps of an IOUserClient.
 *
 * Context: Process context, may sleep.
 * Return: A connection that the caller frees; ERR_PTR(-EINVAL) without callbacks;
 *	   ERR_PTR(-ENOMEM).
 */
struct iomd_dk_connect *iomd_dk_connect_create(const struct iomd_dk_connect_ops *ops, void *priv)
{
	struct iomd_dk_connect *connect;

	if (!ops || (!ops->client_memory_for_type && !ops->copy_client_memory_for_type))
		return ERR_PTR(-EINVAL);
	connect = kzalloc(sizeof(*connect), GFP_KERNEL_ACCOUNT);
	if (!connect)
		return ERR_PTR(-ENOMEM);
	connect->ops = ops;
	connect->priv = priv;
	mutex_init(&connect->lock);
	INIT_LIST_HEAD(&connect->maps);
	return connect;
}
EXPORT_SYMBOL_NS_GPL(iomd_dk_connect_create, IOMD_NS);

static void forget(struct mapped *mapped)
{
	list_del(&mapped->node);
	iomd_map_put(mapped->map);
	iomd_desc_put(mapped->memory);
	kfree(mapped);
}

/**
 * iomd_dk_connect_free() - The last handle to a connection has gone.
 * @connect: Connection, or NULL or an error pointer, for which nothing happens.
 *
 * What it has mapped goes with it, in whatever task.
 *
 * Context: Process context, may sleep; takes the mmap_lock of tasks.
 *
 * Implements DK-72, DK-73.
 */
void iomd_dk_connect_free(struct iomd_dk_connect *connect)
{
	struct mapped *mapped, *next;

	if (IS_ERR_OR_NULL(connect))
		return;
	list_for_each_entry_safe(mapped, next, &connect->maps, node)
		forget(mapped);
	mutex_destroy(&connect->lock);
	kfree(connect);
}
EXPORT_SYMBOL_NS_GPL(iomd_dk_connect_free, IOMD_NS);

/* A driver in user space has but one thing to say. */
static int ask_dext(struct iomd_dk_connect *connect, u32 type, u32 *options,
		    struct iomd_desc **memory)
{
	u64 own = 0;
	int err = connect->ops->copy_client_memory_for_type(connect->priv, type, &own, memory);

	*options = own & IOMD_DK_USER_CLIENT_MEMORY_READ_ONLY ? IOMD_MAP_READ_ONLY : 0;
	return err;
}

/* Memory of a type, with a reference, and how it is to be mapped. */
static int ask(struct iomd_dk_connect *connect, u32 type, u32 *options, struct iomd_desc **memory)
{
	int err;

	lockdep_assert_held(&connect->lock);
	*memory = NULL;
	*options = 0;
	if (connect->ops->client_memory_for_type)
		err = connect->ops->client_memory_for_type(connect->priv, type, options, memory);
	else
		err = ask_dext(connect, type, options, memory);
	if (err)
		return err;
	return IS_ERR_OR_NULL(*memory) ? -EINVAL : 0;
}

/* What a task no longer has, since it is gone or was made to let go. */
static void forget_dead(struct iomd_dk_connect *connect)
{
	struct mapped *mapped, *next;

	list_for_each_entry_safe(mapped, next, &connect->maps, node)
		if (!iomd_map_get_address(mapped->map))
			forget(mapped);
}

static bool has(const struct iomd_dk_connect *connect, const struct iomd_map *map)
{
	const struct mapped *mapped;

	list_for_each_entry(mapped, &connect->maps, node)
		if (mapped->map == map)
			return true;
	return false;
}

/* Keep @map, with its reference, once. On error it is given back. */
static int keep(struct iomd_dk_connect *connect, struct iomd_desc *memory,
		const struct mm_struct *task, struct iomd_map *map)
{
	struct mapped *mapped;

	if (has(connect, map)) {
		iomd_map_put(map);
		return 0;
	}
	mapped = kmalloc(sizeof(*mapped), GFP_KERNEL_ACCOUNT);
	if (!mapped) {
		iomd_map_put(map);
		return -ENOMEM;
	}
	mapped->memory = iomd_desc_get(memory);
	mapped->task = task;
	mapped->map = map;
	list_add_tail(&mapped->node, &connect->maps);
	return 0;
}

static int map_memory(struct iomd_dk_connect *connect, struct iomd_desc *memory,
		      struct mm_struct *into, u32 options, u64 *address, u64 *size)
{
	struct iomd_map *map;
	u64 at, length;
	int err;

	map = iomd_desc_create_mapping_in_task(memory, into, *address, options, 0, 0);
	if (IS_ERR(map))
		return PTR_ERR(map);
	at = iomd_map_get_address(map);
	length = iomd_map_get_length(map);
	err = keep(connect, memory, into, map);
	if (err)
		return err;
	*address = at;
	*size = length;
	return 0;
}

/**
 * iomd_dk_connect_map_memory() - An application asks for memory.
 * @connect: Connection.
 * @type: Which memory; the driver knows what that means.
 * @into: Where: the application's task.
 * @at_address: In: where, unless IOMD_MAP_ANYWHERE is set. Out: where it is.
 * @of_size: Receives the bytes.
 * @options: IOMD_MAP_*, of which IOMD_MAP_USER_OPTIONS_MASK counts.
 *
 * All of what the driver gives for @type is mapped. The application says whether it is to be
 * at an address, and how it is cached; everything else, the driver. The connection
 * keeps the map until it is unmapped or the connection freed. To map memory that is
 * mapped gives the same address, and it is unmapped by one call.
 * IOKit: IOConnectMapMemory64().
 *
 * Context: Process context, may sleep and fault; takes the mmap_lock of the task. Waits for
 *	    others who map or unmap with the same connection; the driver is asked meanwhile.
 * Return: 0; -EINVAL for everything else: then nothing has changed.
 *
 * Implements DK-65..74, DK-78, MAP-34.
 */
int iomd_dk_connect_map_memory(struct iomd_dk_connect *connect, u32 type, struct mm_struct *into,
			       u64 *at_address, u64 *of_size, u32 options)
{
	struct iomd_desc *memory;
	u32 how;
	int err;

	if (IS_ERR_OR_NULL(connect) || !into || !at_address || !of_size)
		return -EINVAL;
	mutex_lock(&connect->lock);
	forget_dead(connect);
	err = ask(connect, type, &how, &memory);
	if (!err) {
		how = (how & ~IOMD_MAP_USER_OPTIONS_MASK) | (options & IOMD_MAP_USER_OPTIONS_MASK);
		err = map_memory(connect, memory, into, how, at_address, of_size);
		iomd_desc_put(memory);
	}
	mutex_unlock(&connect->lock);
	return err ? -EINVAL : 0;
}
EXPORT_SYMBOL_NS_GPL(iomd_dk_connect_map_memory, IOMD_NS);

/* Return: 0, or -EINVAL if it is not mapped there. */
static int unmap_memory(struct iomd_dk_connect *connect, const struct iomd_desc *memory,
			const struct mm_struct *from)
{
	struct mapped *mapped;

	list_for_each_entry(mapped, &connect->maps, node)
		if (mapped->memory == memory && mapped->task == from) {
			forget(mapped);
			return 0;
		}
	return -EINVAL;
}

/**
 * iomd_dk_connect_unmap_memory() - An application gives memory back.
 * @connect: Connection.
 * @type: Which memory: the driver has to give the same descriptor for it as when it was
 *	mapped.
 * @from: The task where it is mapped.
 * @at_address: Ignored.
 *
 * IOKit: IOConnectUnmapMemory64().
 *
 * Context: As iomd_dk_connect_map_memory().
 * Return: 0; the driver's own error; -EINVAL for NULL, and if the memory is not mapped there.
 *	   Implements DK-66, DK-67, DK-75, DK-76, DK-77.
 */
int iomd_dk_connect_unmap_memory(struct iomd_dk_connect *connect, u32 type,
				 struct mm_struct *from, u64 at_address)
{
	struct iomd_desc *memory;
	u32 how;
	int err;

	if (IS_ERR_OR_NULL(connect) || !from)
		return -EINVAL;
	mutex_lock(&connect->lock);
	forget_dead(connect);
	err = ask(connect, type, &how, &memory);
	if (!err) {
		err = unmap_memory(connect, memory, from);
		iomd_desc_put(memory);
	}
	mutex_unlock(&connect->lock);
	return err;
}
EXPORT_SYMBOL_NS_GPL(iomd_dk_connect_unmap_memory, IOMD_NS);
