// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/iomd_kunit: windows for programs that scripts/guest has for the suites.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <iomd/iomd.h>

#include "window_device.h"

struct state {
	struct mutex lock;	/* guards all of it */
	struct iomd_desc *memory[IOMD_KUNIT_MEMORIES];
	struct iomd_map *map;
};

static struct iomd_desc *make_buffer(unsigned int nr)
{
	struct iomd_buffer *buffer = iomd_buffer_with_options(IOMD_DIRECTION_OUT,
							      IOMD_KUNIT_DEVICE_SIZE, 4096);
	unsigned int i;
	u8 *bytes;

	if (IS_ERR(buffer))
		return ERR_CAST(buffer);
	bytes = iomd_buffer_get_bytes_no_copy(buffer);
	for (i = 0; i < IOMD_KUNIT_DEVICE_SIZE; i++)
		bytes[i] = i / 4096 + 16 * nr + 1;
	return iomd_buffer_desc(buffer);
}

static void free_state(struct state *state)
{
	unsigned int i;

	iomd_map_put(state->map);
	for (i = 0; i < IOMD_KUNIT_MEMORIES; i++)
		if (!IS_ERR_OR_NULL(state->memory[i]))
			iomd_desc_put(state->memory[i]);
	kfree(state);
}

static int device_open(struct inode *inode, struct file *file)
{
	struct state *state = kzalloc(sizeof(*state), GFP_KERNEL);
	unsigned int i;

	if (!state)
		return -ENOMEM;
	mutex_init(&state->lock);
	for (i = IOMD_KUNIT_FIRST; i <= IOMD_KUNIT_SECOND; i++) {
		state->memory[i] = make_buffer(i);
		if (IS_ERR(state->memory[i]) || iomd_desc_prepare(state->memory[i], 0)) {
			free_state(state);
			return -ENOMEM;
		}
	}
	file->private_data = state;
	return 0;
}

static int device_release(struct inode *inode, struct file *file)
{
	free_state(file->private_data);
	return 0;
}

static int do_map(struct state *state, struct iomd_kunit_window *window)
{
	struct iomd_map *map;

	if (window->memory >= IOMD_KUNIT_MEMORIES || !state->memory[window->memory])
		return -EINVAL;
	map = iomd_desc_create_mapping_in_task(state->memory[window->memory], current->mm,
					       window->address,
					       window->options | IOMD_MAP_UNIQUE,
					       window->offset, window->length);
	if (IS_ERR(map))
		return PTR_ERR(map);
	iomd_map_put(state->map);
	state->map = map;
	window->address = iomd_map_get_address(map);
	return 0;
}

static int do_describe(struct state *state, const struct iomd_kunit_window *window)
{
	struct iomd_desc *desc = iomd_desc_with_address_range(window->address, window->length,
							      IOMD_DIRECTION_OUT_IN,
							      current->mm);

	if (IS_ERR(desc))
		return PTR_ERR(desc);
	if (state->memory[IOMD_KUNIT_OWN])
		iomd_desc_put(state->memory[IOMD_KUNIT_OWN]);
	state->memory[IOMD_KUNIT_OWN] = desc;
	return 0;
}

static int do_redirect(struct state *state, const struct iomd_kunit_window *window)
{
	struct iomd_desc *desc = NULL;

	if (window->memory < IOMD_KUNIT_MEMORIES)
		desc = state->memory[window->memory];
	return iomd_map_redirect(state->map, desc, 0, window->offset);
}

static int do_command(struct state *state, unsigned int command, struct iomd_kunit_window *window)
{
	if (command == IOMD_KUNIT_MAP)
		return do_map(state, window);
	if (command == IOMD_KUNIT_DESCRIBE)
		return do_describe(state, window);
	if (!state->map)
		return -EINVAL;
	switch (command) {
	case IOMD_KUNIT_UNMAP:
		return iomd_map_unmap(state->map);
	case IOMD_KUNIT_REDIRECT:
		return do_redirect(state, window);
	case IOMD_KUNIT_ADDRESS:
		window->address = iomd_map_get_address(state->map);
		return 0;
	default:
		return -ENOTTY;
	}
}

static long device_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	struct iomd_kunit_window window = {}, __user *user = (void __user *)argument;
	struct state *state = file->private_data;
	int err;

	if ((_IOC_DIR(command) & _IOC_WRITE) && copy_from_user(&window, user, sizeof(window)))
		return -EFAULT;
	mutex_lock(&state->lock);
	err = do_command(state, command, &window);
	mutex_unlock(&state->lock);
	if (!err && (_IOC_DIR(command) & _IOC_READ) &&
	    copy_to_user(user, &window, sizeof(window)))
		return -EFAULT;
	return err;
}

static int device_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct state *state = file->private_data;

	return iomd_desc_mmap(state->memory[IOMD_KUNIT_FIRST], vma);
}

static const struct file_operations device_fops = {
	.owner = THIS_MODULE,
	.open = device_open,
	.release = device_release,
	.unlocked_ioctl = device_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = device_mmap,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "iomd_kunit",
	.fops = &device_fops,
};

int iomd_kunit_device_init(void)
{
	return misc_register(&device);
}

void iomd_kunit_device_exit(void)
{
	misc_deregister(&device);
}
