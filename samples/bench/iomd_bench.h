/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * What bench-run says to /dev/iomd_bench.
 */
#ifndef _IOMD_BENCH_H
#define _IOMD_BENCH_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define BENCH_STAGES	8
#define BENCH_NAME	24

/**
 * struct bench_request - Run something a number of times on memory of the caller's.
 * @name: In: what to run, as in the tables of the module.
 * @address: In: the memory, which begins with a page.
 * @length: In: its length in bytes. Every page begins with its number, a 64-bit word.
 * @repetitions: In: how often; of what was measured the median counts.
 * @trace: In: trace the runs, for whoever looks at what they allocate.
 * @stages: Out: how many stages it has.
 * @total: Out: clock ticks for all of it.
 * @stage: Out: clock ticks for each stage.
 * @segments: Out: pieces that the device was told of, or what else was done in one run.
 */
struct bench_request {
	char name[BENCH_NAME];
	__aligned_u64 address;
	__aligned_u64 length;
	__u32 repetitions;
	__u32 trace;
	__u32 stages;
	__u32 reserved;
	__aligned_u64 total;
	__aligned_u64 stage[BENCH_STAGES];
	__aligned_u64 segments;
};

#define BENCH_IOC_RUN	_IOWR('B', 0x01, struct bench_request)

#endif /* _IOMD_BENCH_H */
