// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes of their own, for suites about memory that is not the loader's.
 */
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/kmod.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/uaccess.h>

#include "process.h"

static int note_task(struct subprocess_info *info, struct cred *cred)
{
	struct iomd_kunit_process *process = info->data;

	process->task = get_task_struct(current);
	return 0;
}

static void undo_process(void *data)
{
	struct iomd_kunit_process *process = data;

	send_sig(SIGKILL, process->task, 1);
	if (process->mm)
		mmdrop(process->mm);
	put_task_struct(process->task);
}

struct iomd_kunit_process *iomd_kunit_start(struct kunit *test, char **argv)
{
	char *envp[1] = { NULL };
	struct iomd_kunit_process *process = iomd_kunit_zalloc(test, sizeof(*process));
	struct subprocess_info *info;

	info = call_usermodehelper_setup(argv[0], argv, envp, GFP_KERNEL, note_task, NULL,
					 process);
	KUNIT_ASSERT_NOT_NULL(test, info);
	KUNIT_ASSERT_EQ(test, call_usermodehelper_exec(info, UMH_WAIT_EXEC), 0);
	iomd_kunit_defer(test, undo_process, process);
	process->mm = get_task_mm(process->task);
	KUNIT_ASSERT_NOT_NULL(test, process->mm);
	mmgrab(process->mm);
	mmput(process->mm);
	return process;
}

/* Waits until its memory is gone. */
void iomd_kunit_kill(struct kunit *test, struct iomd_kunit_process *process)
{
	send_sig(SIGKILL, process->task, 1);
	KUNIT_ASSERT_TRUE(test, iomd_kunit_wait_for(!atomic_read(&process->mm->mm_users)));
}

/*
 * Scripts.
 */

struct steps {
	void (*step)(void *data, unsigned int nr);
	void *data;
};

static ssize_t steps_write(struct file *file, const char __user *buffer, size_t count,
			   loff_t *position)
{
	struct steps *steps = file->private_data;
	unsigned int nr;
	int err = kstrtouint_from_user(buffer, count, 10, &nr);

	if (err)
		return err;
	steps->step(steps->data, nr);
	return count;
}

static const struct file_operations steps_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = steps_write,
};

#define STEPS	"iomd_kunit_steps"

void iomd_kunit_run(struct kunit *test, const char *script,
		    void (*step)(void *data, unsigned int nr), void *data)
{
	struct steps steps = { step, data };
	char *envp[1] = { NULL };
	char *argv[5] = { "/bin/busybox", "sh", "-c" };
	struct dentry *file;

	argv[3] = kasprintf(GFP_KERNEL, "set -e; step() { echo $1 >/sys/kernel/debug/%s; }; %s",
			    STEPS, script);
	KUNIT_ASSERT_NOT_NULL(test, argv[3]);
	file = debugfs_create_file(STEPS, 0200, NULL, &steps, &steps_fops);
	KUNIT_EXPECT_EQ(test, call_usermodehelper(argv[0], argv, envp, UMH_WAIT_PROC), 0);
	debugfs_remove(file);
	kfree(argv[3]);
}
