// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that drivers hand to applications.
 */
#include <linux/mman.h>
#include <linux/uaccess.h>

#include "compose.h"
#include "process.h"

#define OUT		IOMD_DIRECTION_OUT
#define BOTH		IOMD_DIRECTION_OUT_IN
#define ANYWHERE	IOMD_MAP_ANYWHERE

#define NR_TYPES	2
#define LENGTH		(2 * (u64)PAGE_SIZE)

/* A driver that has a buffer for each type, with a pattern that says which. */
struct driver {
	struct iomd_desc *memory[NR_TYPES];
	u32 options;		/* for every type */
	int error;
	u32 asked;
	struct iomd_dk_connect *connect;
};

static int give(struct driver *driver, u64 type, struct iomd_desc **memory)
{
	driver->asked++;
	if (driver->error)
		return driver->error;
	if (type >= NR_TYPES)
		return -ENOENT;
	*memory = iomd_desc_get(driver->memory[type]);
	return 0;
}

static int client_memory(void *priv, u32 type, u32 *options, struct iomd_desc **memory)
{
	struct driver *driver = priv;

	*options = driver->options;
	return give(driver, type, memory);
}

static int copy_client_memory(void *priv, u64 type, u64 *options, struct iomd_desc **memory)
{
	struct driver *driver = priv;

	*options = driver->options;
	return give(driver, type, memory);
}

static const struct iomd_dk_connect_ops kernel_ops = { .client_memory_for_type = client_memory };
static const struct iomd_dk_connect_ops dext_ops = {
	.copy_client_memory_for_type = copy_client_memory,
};

static struct iomd_desc *filled(struct kunit *test, u32 seed)
{
	struct iomd_buffer *buffer = iomd_kunit_buffer(test, iomd_buffer_with_options(BOTH, LENGTH,
										      PAGE_SIZE));

	iomd_kunit_fill(iomd_buffer_get_bytes_no_copy(buffer), LENGTH, seed);
	return iomd_buffer_desc(buffer);
}

static void undo_driver(void *data)
{
	struct driver *driver = data;

	iomd_dk_connect_free(driver->connect);
}

static struct driver *driver_with(struct kunit *test, const struct iomd_dk_connect_ops *ops)
{
	struct driver *driver = iomd_kunit_zalloc(test, sizeof(*driver));
	u32 i;

	for (i = 0; i < NR_TYPES; i++)
		driver->memory[i] = filled(test, i + 1);
	driver->connect = iomd_dk_connect_create(ops, driver);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, driver->connect);
	iomd_kunit_defer(test, undo_driver, driver);
	return driver;
}

/* Map memory into the process that loaded the suites. */
static int map(struct driver *driver, u32 type, u64 *address, u64 *size, u32 options)
{
	return iomd_dk_connect_map_memory(driver->connect, type, iomd_kunit_mm, address, size,
					  options);
}

static int unmap(struct driver *driver, u32 type)
{
	return iomd_dk_connect_unmap_memory(driver->connect, type, iomd_kunit_mm, 0x12345000);
}

/* Map it wherever there is room. Return: where. */
static u64 map_anywhere(struct kunit *test, struct driver *driver, u32 type, u32 options)
{
	u64 address = 0x1000, size = 0;

	KUNIT_ASSERT_EQ(test, map(driver, type, &address, &size, options | ANYWHERE), 0);
	KUNIT_EXPECT_EQ(test, size, LENGTH);
	return address;
}

static bool can_read(u64 address)
{
	IOMD_KUNIT_AS_TASK();
	u8 byte;

	return !copy_from_user(&byte, u64_to_user_ptr(address), 1);
}

static bool can_write(u64 address)
{
	IOMD_KUNIT_AS_TASK();
	u8 byte;

	return !copy_from_user(&byte, u64_to_user_ptr(address), 1) &&
	       !copy_to_user(u64_to_user_ptr(address), &byte, 1);
}

/* DK-65 DK-66 DK-70: all of what the driver has for a type, wherever there is room */
static void maps_types(struct kunit *test)
{
	struct driver *driver = driver_with(test, &kernel_ops);
	u64 one = map_anywhere(test, driver, 0, 0), two = map_anywhere(test, driver, 1, 0);

	KUNIT_EXPECT_NE(test, one, 0x1000ULL);
	KUNIT_EXPECT_NE(test, one, two);
	iomd_kunit_user_expect(test, one, LENGTH, 1);
	iomd_kunit_user_expect(test, two, LENGTH, 2);
}

/* DK-70: or at an address, if the application says so */
static void maps_at_addresses(struct kunit *test)
{
	struct driver *driver = driver_with(test, &kernel_ops);
	u64 free = iomd_kunit_map_anonymous(test, LENGTH), address = free, size = 0;

	KUNIT_EXPECT_EQ(test, map(driver, 0, &address, &size, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, size, 0ULL);
	iomd_kunit_unmap(free, LENGTH);
	KUNIT_ASSERT_EQ(test, map(driver, 0, &address, &size, 0), 0);
	KUNIT_EXPECT_EQ(test, address, free);
	iomd_kunit_user_expect(test, free, LENGTH, 1);
	KUNIT_EXPECT_EQ(test, unmap(driver, 0), 0);
}

/* MAP-34 DK-68: the application says where, and how it is cached; the driver the rest */
static void merges_options(struct kunit *test)
{
	struct driver *driver = driver_with(test, &kernel_ops);
	u64 address, again, size;

	/* Were these the application's, this would not be shared, nor writable. */
	address = map_anywhere(test, driver, 0, 0);
	again = map_anywhere(test, driver, 0, IOMD_MAP_READ_ONLY | IOMD_MAP_UNIQUE |
			     IOMD_MAP_GUARDED_LARGE | IOMD_MAP_OVERWRITE);
	KUNIT_EXPECT_EQ(test, again, address);
	KUNIT_EXPECT_TRUE(test, can_write(address));
	KUNIT_EXPECT_EQ(test, map(driver, 1, &again, &size, ANYWHERE | IOMD_MAP_INHIBIT_CACHE),
			-EINVAL);

	driver->options = IOMD_MAP_READ_ONLY | IOMD_MAP_INHIBIT_CACHE;
	address = map_anywhere(test, driver, 1, 0);
	KUNIT_EXPECT_TRUE(test, can_read(address));
	KUNIT_EXPECT_FALSE(test, can_write(address));
}

/* DK-69: a driver in user space says whether it is read-only, and nothing else */
static void asks_dexts(struct kunit *test)
{
	struct driver *driver = driver_with(test, &dext_ops);
	u64 address;

	driver->options = IOMD_DK_USER_CLIENT_MEMORY_READ_ONLY;
	address = map_anywhere(test, driver, 0, 0);
	KUNIT_EXPECT_TRUE(test, can_read(address));
	KUNIT_EXPECT_FALSE(test, can_write(address));
	driver->options = ~IOMD_DK_USER_CLIENT_MEMORY_READ_ONLY;
	KUNIT_EXPECT_TRUE(test, can_write(map_anywhere(test, driver, 1, 0)));
}

/* DK-74 DK-75 DK-76: mapped twice, it is there once; and goes at once, whatever the address */
static void unmaps_once(struct kunit *test)
{
	struct driver *driver = driver_with(test, &kernel_ops);
	u64 address = map_anywhere(test, driver, 0, 0), other = map_anywhere(test, driver, 1, 0);

	KUNIT_EXPECT_EQ(test, map_anywhere(test, driver, 0, 0), address);
	KUNIT_EXPECT_EQ(test, unmap(driver, 0), 0);
	KUNIT_EXPECT_FALSE(test, can_read(address));
	KUNIT_EXPECT_TRUE(test, can_read(other));
	KUNIT_EXPECT_EQ(test, unmap(driver, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dk_connect_unmap_memory(driver->connect, 1, IOMD_KERNEL_TASK, 0),
			-EINVAL);
	KUNIT_EXPECT_TRUE(test, can_read(other));
	iomd_kunit_user_expect(test, map_anywhere(test, driver, 0, 0), LENGTH, 1);
}

/* DK-66 DK-75: who gives another descriptor for the type does not find it again */
static void depends_on_the_descriptor(struct kunit *test)
{
	struct driver *driver = driver_with(test, &kernel_ops);
	u64 address = map_anywhere(test, driver, 0, 0);

	swap(driver->memory[0], driver->memory[1]);
	KUNIT_EXPECT_EQ(test, unmap(driver, 0), -EINVAL);
	KUNIT_EXPECT_TRUE(test, can_read(address));
	KUNIT_EXPECT_EQ(test, unmap(driver, 1), 0);
	KUNIT_EXPECT_FALSE(test, can_read(address));
}

/* DK-67 DK-71 DK-76: what goes wrong, and what the application hears of it */
static void tells_errors(struct kunit *test)
{
	struct driver *driver = driver_with(test, &kernel_ops);
	static const struct iomd_dk_connect_ops no_ops;
	u64 address = 5, size = 7;

	IOMD_KUNIT_EXPECT_ERR(test, iomd_dk_connect_create(NULL, NULL), -EINVAL);
	IOMD_KUNIT_EXPECT_ERR(test, iomd_dk_connect_create(&no_ops, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dk_connect_map_memory(NULL, 0, iomd_kunit_mm, &address, &size,
							 ANYWHERE), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dk_connect_map_memory(driver->connect, 0, NULL, &address, &size,
							 ANYWHERE), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dk_connect_unmap_memory(NULL, 0, iomd_kunit_mm, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, iomd_dk_connect_unmap_memory(driver->connect, 0, NULL, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, driver->asked, 0U);

	KUNIT_EXPECT_EQ(test, map(driver, NR_TYPES, &address, &size, ANYWHERE), -EINVAL);
	KUNIT_EXPECT_EQ(test, unmap(driver, NR_TYPES), -ENOENT);
	driver->error = -EPERM;
	KUNIT_EXPECT_EQ(test, map(driver, 0, &address, &size, ANYWHERE), -EINVAL);
	KUNIT_EXPECT_EQ(test, unmap(driver, 0), -EPERM);
	driver->error = 0;
	driver->options = IOMD_MAP_GUARDED_SMALL;
	KUNIT_EXPECT_EQ(test, map(driver, 0, &address, &size, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, address, 5ULL);
	KUNIT_EXPECT_EQ(test, size, 7ULL);
}

/* DK-72: memory goes with the connection, and stays for those who have it otherwise */
static void goes_with_the_connection(struct kunit *test)
{
	struct driver *driver = driver_with(test, &kernel_ops);
	struct iomd_map *own;
	u64 one = map_anywhere(test, driver, 0, 0), two = map_anywhere(test, driver, 1, 0);

	own = iomd_desc_create_mapping_in_task(driver->memory[1], iomd_kunit_mm, 0, ANYWHERE, 0, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, own);
	KUNIT_EXPECT_EQ(test, iomd_map_get_address(own), two);
	iomd_dk_connect_free(driver->connect);
	driver->connect = NULL;
	KUNIT_EXPECT_FALSE(test, can_read(one));
	KUNIT_EXPECT_TRUE(test, can_read(two));
	iomd_map_put(own);
	KUNIT_EXPECT_FALSE(test, can_read(two));
}

/* DK-77: when a task dies its map is nowhere, and nothing is left to be unmapped */
static void survives_tasks(struct kunit *test)
{
	char *argv[4] = { "/bin/busybox", "sleep", "1000" };
	struct iomd_kunit_process *process = iomd_kunit_start(test, argv);
	struct driver *driver = driver_with(test, &kernel_ops);
	u64 address = 0, size;
	struct iomd_map *seen;

	KUNIT_ASSERT_EQ(test, iomd_dk_connect_map_memory(driver->connect, 0, process->mm, &address,
							 &size, ANYWHERE), 0);
	seen = iomd_desc_create_mapping_in_task(driver->memory[0], process->mm, 0, ANYWHERE, 0, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, seen);
	KUNIT_EXPECT_EQ(test, iomd_map_get_address(seen), address);
	iomd_kunit_kill(test, process);
	KUNIT_EXPECT_EQ(test, iomd_map_get_address(seen), 0ULL);
	KUNIT_EXPECT_EQ(test, iomd_dk_connect_unmap_memory(driver->connect, 0, process->mm, 0),
			-EINVAL);
	iomd_map_put(seen);
}

/* DK-71: without memory nothing is mapped, and nothing is lost */
static int map_once(struct kunit *test, void *data)
{
	struct driver *driver = data;
	struct iomd_dk_connect *connect = iomd_dk_connect_create(&kernel_ops, driver);
	u64 address = 0, size;
	int err;

	if (IS_ERR(connect))
		return PTR_ERR(connect);
	err = iomd_dk_connect_map_memory(connect, 0, IOMD_KERNEL_TASK, &address, &size, ANYWHERE);
	iomd_dk_connect_free(connect);
	return err;
}

static void survives_failing_allocations(struct kunit *test)
{
	struct driver *driver = driver_with(test, &kernel_ops);

	KUNIT_EXPECT_GE(test, iomd_kunit_sweep(test, map_once, driver, UINT_MAX), 3U);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(maps_types),
	KUNIT_CASE(maps_at_addresses),
	KUNIT_CASE(merges_options),
	KUNIT_CASE(asks_dexts),
	KUNIT_CASE(unmaps_once),
	KUNIT_CASE(depends_on_the_descriptor),
	KUNIT_CASE(tells_errors),
	KUNIT_CASE(goes_with_the_connection),
	KUNIT_CASE(survives_tasks),
	KUNIT_CASE(survives_failing_allocations),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_user_client",
	.suite_init = iomd_kunit_suite_init,
	.suite_exit = iomd_kunit_suite_exit,
	.init = iomd_kunit_init,
	.test_cases = cases,
};

kunit_test_suite(suite);
