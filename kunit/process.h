/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Processes of their own, for suites about memory that is not the loader's.
 */
#ifndef _IOMD_KUNIT_PROCESS_H
#define _IOMD_KUNIT_PROCESS_H

#include "iomd_kunit.h"

struct iomd_kunit_process {
	struct task_struct *task;
	struct mm_struct *mm;
};

/*
 * Start a program, which is a file and its arguments up to a NULL. It is killed at the
 * end of the case, or before. Its address space can be looked at as long as the case.
 */
struct iomd_kunit_process *iomd_kunit_start(struct kunit *test, char **argv);
void iomd_kunit_kill(struct kunit *test, struct iomd_kunit_process *process);

/*
 * Run a shell script to its end. Where it says "step N", @step is called with N and
 * @data, by the process that said so. A step must not use what ends a case.
 */
void iomd_kunit_run(struct kunit *test, const char *script,
		    void (*step)(void *data, unsigned int nr), void *data);

#endif /* _IOMD_KUNIT_PROCESS_H */
