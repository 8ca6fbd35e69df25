// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mistakes on purpose, one for each thing that the lanes claim to notice. Loaded
 * by scripts/prove-lane beside the suites, which pass all the same.
 */
#include <linux/dma-mapping.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include <iomd/iomd.h>

static int trap_warn(void)
{
	WARN(1, "trap\n");
	return 0;
}

static DEFINE_MUTEX(first);
static DEFINE_MUTEX(second);

/* Never deadlocks here, so nothing but lockdep can tell. */
static int trap_lockdep(void)
{
	mutex_lock(&first);
	mutex_lock(&second);
	mutex_unlock(&second);
	mutex_unlock(&first);

	mutex_lock(&second);
	mutex_lock(&first);
	mutex_unlock(&first);
	mutex_unlock(&second);
	return 0;
}

static int trap_kasan(void)
{
	char *object = kmalloc(13, GFP_KERNEL);

	if (!object)
		return -ENOMEM;
	OPTIMIZER_HIDE_VAR(object);
	object[13] = 1;
	kfree(object);
	return 0;
}

/* A page of the loading process, which takes it along when it exits. */
static int trap_pin(void)
{
	unsigned long address = current->mm->start_stack & PAGE_MASK;
	struct page *page;

	return pin_user_pages_fast(address, 1, FOLL_LONGTERM, &page) == 1 ? 0 : -EFAULT;
}

/* A charge that stays with a process that stays. */
static int trap_vmpin(void)
{
	struct task_struct *init;
	struct mm_struct *mm;

	rcu_read_lock();
	init = pid_task(find_vpid(1), PIDTYPE_PID);
	get_task_struct(init);
	rcu_read_unlock();
	mm = get_task_mm(init);
	put_task_struct(init);
	if (!mm)
		return -ESRCH;
	atomic64_inc(&mm->pinned_vm);
	mmput(mm);
	return 0;
}

/* Lost at once: no variable keeps the pointer. */
static int trap_leak(void)
{
	void *object = kmalloc(300, GFP_KERNEL);

	return object ? 0 : -ENOMEM;
}

/*
 * A buffer that is never put. Its constructor is looked up and not linked to, or
 * the module would hold on to iomd whatever the trap.
 */
static int trap_object(void)
{
	typeof(iomd_client_buffer_with_capacity) *create =
		__symbol_get("iomd_client_buffer_with_capacity");

	if (!create)
		return -ENOENT;
	return PTR_ERR_OR_ZERO(create(IOMD_THIS_CLIENT, PAGE_SIZE, IOMD_DIRECTION_IN, false));
}

/* Somebody who uses iomd stays. */
static int trap_stuck(void)
{
	return __symbol_get("iomd_errno_from_return") ? 0 : -ENOENT;
}

/* Unmap what was never mapped. */
static int trap_dma(void)
{
	struct platform_device *pdev = platform_device_register_simple("trap", -1, NULL, 0);

	if (IS_ERR(pdev))
		return PTR_ERR(pdev);
	dma_unmap_single(&pdev->dev, 0x1000, 16, DMA_TO_DEVICE);
	platform_device_unregister(pdev);
	return 0;
}

static const struct {
	const char *name;
	int (*spring)(void);
} traps[] = {
	{ "warn", trap_warn },
	{ "lockdep", trap_lockdep },
	{ "kasan", trap_kasan },
	{ "pin", trap_pin },
	{ "vmpin", trap_vmpin },
	{ "leak", trap_leak },
	{ "object", trap_object },
	{ "stuck", trap_stuck },
	{ "dma", trap_dma },
};

static char *trap;
module_param(trap, charp, 0);
MODULE_PARM_DESC(trap, "Which mistake to make");

static int __init iomd_trap_init(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(traps); i++)
		if (trap && !strcmp(trap, traps[i].name))
			return traps[i].spring();
	return -EINVAL;
}
module_init(iomd_trap_init);

/* Without an exit function the module stays, and so do its traces. */

MODULE_DESCRIPTION("Mistakes for the lanes of iomd to notice");
MODULE_LICENSE("GPL");
