// SPDX-License-Identifier: GPL-2.0-only
/*
 * Maps into tasks, and what tasks do: programs that are interrupted, killed and left
 * behind. What is done is in scripts/guest/windows.c.
 */
#include "process.h"
#include "tasks.h"
#include "window_device.h"

static void no_step(void *data, unsigned int nr)
{
}

static void run(struct kunit *test, const char *script)
{
	iomd_kunit_run(test, script, no_step, NULL);
	iomd_kunit_flush_files();
}

#define RUN(name)	run(test, "/bin/windows " name " >/dev/kmsg 2>&1")

/* MAP-35: children do not inherit windows */
static void children_do_not_inherit(struct kunit *test)
{
	RUN("inherit");
}

/* MAP-35 MAP-51: nor does a program that takes the place of another */
static void programs_do_not_inherit(struct kunit *test)
{
	RUN("exec");
}

/* MAP-32 MAP-33: what is for reading only cannot be made writable, and nothing executable */
static void protection_is_for_good(struct kunit *test)
{
	RUN("protect");
}

/* MAP-2: a window stays in its place, and does not grow */
static void windows_stay_in_place(struct kunit *test)
{
	RUN("move");
}

/* MAP-47 MAP-49: the process unmaps a part, and then the whole */
static void processes_unmap(struct kunit *test)
{
	RUN("unmap");
}

/* MAP-26: touching a guard is a segmentation fault, whatever the process makes of it */
static void guards_are_for_good(struct kunit *test)
{
	RUN("guards");
}

/* MAP-54: signals are handled while the process waits, and one of them ends that */
static void signals_interrupt(struct kunit *test)
{
	RUN("signal");
}

/* MAP-54: who waits can be killed, also when it is in the kernel */
static void waiting_can_be_killed(struct kunit *test)
{
	RUN("kill");
}

/* MAP-54: nor does a process that exits wait for ever */
static void exiting_does_not_wait(struct kunit *test)
{
	RUN("leave");
}

/* MAP-51 MAP-55: processes come and go while their windows are redirected */
static void processes_come_and_go(struct kunit *test)
{
	RUN("exit");
}

/* MAP-33: iomd_desc_mmap(), a driver's own mapping, that outlives the file */
static void drivers_own_mapping(struct kunit *test)
{
	RUN("mmap");
}

/* MAP-1 MAP-72: two processes have windows on one descriptor */
static void two_processes(struct kunit *test)
{
	RUN("share");
}

/* MAP-30: memory in large pages, and in shared ones, is shown once more */
static void large_pages(struct kunit *test)
{
	RUN("sources");
}

/* The kernel takes hold of pages of ours, and not of those that are pinned already. */
static void pages_can_be_pinned(struct kunit *test)
{
	RUN("io");
}

/* MAP-7: a program of 32 bits has its window where it can reach it */
static void small_programs(struct kunit *test)
{
	RUN("small");
}

static int suite_init(struct kunit_suite *suite)
{
	return iomd_kunit_suite_init(suite) ?: iomd_kunit_device_init();
}

static void suite_exit(struct kunit_suite *suite)
{
	iomd_kunit_device_exit();
	iomd_kunit_suite_exit(suite);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(children_do_not_inherit),
	KUNIT_CASE(programs_do_not_inherit),
	KUNIT_CASE(protection_is_for_good),
	KUNIT_CASE(windows_stay_in_place),
	KUNIT_CASE(processes_unmap),
	KUNIT_CASE(guards_are_for_good),
	KUNIT_CASE(signals_interrupt),
	KUNIT_CASE(waiting_can_be_killed),
	KUNIT_CASE(exiting_does_not_wait),
	KUNIT_CASE(processes_come_and_go),
	KUNIT_CASE(drivers_own_mapping),
	KUNIT_CASE(two_processes),
	KUNIT_CASE(large_pages),
	KUNIT_CASE(pages_can_be_pinned),
	KUNIT_CASE(small_programs),
	{}
};

static struct kunit_suite suite = {
	.name = "iomd_task_process",
	.suite_init = suite_init,
	.suite_exit = suite_exit,
	.init = iomd_kunit_init,
	.test_cases = cases,
};

kunit_test_suite(suite);
