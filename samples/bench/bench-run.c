// SPDX-License-Identifier: GPL-2.0-only
/*
 * Has the module measure what it can on memory of this process: of pages that are
 * scattered, of transparent huge pages, of hugetlb. Prints a line for each result:
 *
 *	row NAME BACKING BYTES SEGMENTS TOTAL STAGE...
 *
 * bench-run [PREFIX [BYTES]]: only of what has a name that begins so, and of that length.
 * bench-run metadata: what is allocated, in the kernel's trace.
 * bench-run scaling: how much two processors are in each other's way.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include "iomd_bench.h"

#define PAGE	4096UL
#define HUGE	(2UL << 20)
#define ARENA	(512 * HUGE)

static int device;
static const char *prefix = "";	/* of the names of what is to be run */
static size_t only;			/* this length; 0 for all */

static void die(const char *what)
{
	fprintf(stderr, "bench-run: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* The same sequence every time. */
static unsigned long long random_next(void)
{
	static unsigned long long state = 88172645463325252ULL;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static void touch(char *memory, size_t page)
{
	*(unsigned long *)(memory + page * PAGE) = page;
}

static void touch_in_order(char *memory, size_t pages)
{
	for (size_t i = 0; i < pages; i++)
		touch(memory, i);
}

/* The kernel hands out page after page, so this leaves no two neighbours together. */
static void touch_shuffled(char *memory, size_t pages)
{
	unsigned int *order = malloc(pages * sizeof(*order));

	if (!order)
		die("malloc");
	for (size_t i = 0; i < pages; i++)
		order[i] = i;
	for (size_t i = pages - 1; i > 0; i--) {
		size_t j = random_next() % (i + 1);
		unsigned int swap = order[i];

		order[i] = order[j];
		order[j] = swap;
	}
	for (size_t i = 0; i < pages; i++)
		touch(memory, order[i]);
	free(order);
}

static char *map(size_t length, int flags)
{
	char *memory = mmap(NULL, length, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	if (memory == MAP_FAILED)
		die("mmap");
	return memory;
}

static char *make_pages(void)
{
	char *memory = map(ARENA, 0);

	if (madvise(memory, ARENA, MADV_NOHUGEPAGE))
		die("madvise");
	touch_shuffled(memory, ARENA / PAGE);
	return memory;
}

static char *make_thp(void)
{
	char *memory = map(ARENA + HUGE, 0);

	memory = (char *)(((uintptr_t)memory + HUGE - 1) & ~(HUGE - 1));
	if (madvise(memory, ARENA, MADV_HUGEPAGE))
		die("madvise");
	touch_in_order(memory, ARENA / PAGE);
	return memory;
}

static char *make_hugetlb(void)
{
	char *memory = map(ARENA, MAP_HUGETLB);

	touch_in_order(memory, ARENA / PAGE);
	return memory;
}

static const struct backing {
	const char *name;
	char *(*make)(void);
	size_t least;		/* what is shorter is not worth measuring */
} backings[] = {
	{ "4k", make_pages, PAGE },
	{ "thp", make_thp, HUGE },
	{ "hugetlb", make_hugetlb, HUGE },
};

static const size_t sizes[] = {
	4UL << 10, 16UL << 10, 64UL << 10, 1UL << 20, 2UL << 20, 16UL << 20, 128UL << 20,
	512UL << 20, 1UL << 30,
};

/* What is run, on what lengths; with huge pages too, or not. */
static const struct experiment {
	const char *name;
	size_t least, most;
	int huge;
} experiments[] = {
	{ "by-hand", 0, ARENA, 1 },
	{ "new", 0, ARENA, 1 },
	{ "reused", 0, ARENA, 1 },
	{ "pin", 0, ARENA, 1 },
	{ "umem", 0, ARENA, 1 },
	{ "repeat-own", 0, 2UL << 20, 1 },
	{ "repeat-map", 0, 2UL << 20, 1 },
	{ "segments-all", 1UL << 20, 128UL << 20, 0 },
	{ "segments-one", 1UL << 20, 1UL << 20, 0 },
	{ "physical", 512UL << 20, 512UL << 20, 0 },
	{ "physical-random", 512UL << 20, 512UL << 20, 0 },
	{ "memcpy", 0, 1UL << 20, 0 },
	{ "read", 0, 1UL << 20, 0 },
	{ "write", 0, 1UL << 20, 0 },
	{ "vmap", 0, 1UL << 20, 0 },
	{ "map", 0, 1UL << 20, 0 },
	{ "map-lowmem", 0, 1UL << 20, 0 },
	{ "irqs-off-by-hand", 16UL << 20, 16UL << 20, 0 },
	{ "irqs-off", 16UL << 20, 16UL << 20, 0 },
	{ "describe", 16UL << 20, 16UL << 20, 0 },
};

static unsigned int repetitions(size_t bytes)
{
	if (bytes <= 64UL << 10)
		return 31;
	if (bytes <= 2UL << 20)
		return 11;
	return bytes <= 128UL << 20 ? 3 : 1;
}

static void run(const char *name, const struct backing *backing, char *memory, size_t bytes)
{
	struct bench_request request = {
		.address = (uintptr_t)memory,
		.length = bytes,
		.repetitions = repetitions(bytes),
	};

	snprintf(request.name, BENCH_NAME, "%s", name);
	if (ioctl(device, BENCH_IOC_RUN, &request))
		die(name);
	printf("row %s %s %zu %llu %llu", name, backing->name, bytes,
	       (unsigned long long)request.segments, (unsigned long long)request.total);
	for (unsigned int i = 0; i < request.stages; i++)
		printf(" %llu", (unsigned long long)request.stage[i]);
	printf("\n");
	fflush(stdout);
}

/* Those that others are compared with are always run. */
static int is_chosen(const char *name)
{
	return !strncmp(name, prefix, strlen(prefix)) || !strcmp(name, "by-hand") ||
	       !strcmp(name, "memcpy") || !strcmp(name, "vmap");
}

/* Of no use to anybody at this length but the two who are asked where the memory is. */
static int is_meant(const struct experiment *experiment, size_t bytes, int huge)
{
	if (bytes < experiment->least || bytes > experiment->most || (only && bytes != only))
		return 0;
	if (bytes == 512UL << 20 && experiment->least != bytes)
		return 0;
	return (experiment->huge || !huge) && is_chosen(experiment->name);
}

/* What the kernel offers to programs: the clock is read out here, system calls and all. */
static void run_io_uring(const struct backing *backing, char *memory, size_t bytes)
{
	struct iovec vec = { memory, bytes };
	struct io_uring_params params = {};
	unsigned long long before, after, best = ~0ULL;
	int ring = syscall(__NR_io_uring_setup, 1, &params);

	if (ring < 0)
		die("io_uring_setup");
	for (int i = 0; i < 3; i++) {
		before = __rdtsc();
		if (syscall(__NR_io_uring_register, ring, IORING_REGISTER_BUFFERS, &vec, 1) ||
		    syscall(__NR_io_uring_register, ring, IORING_UNREGISTER_BUFFERS, NULL, 0))
			die("io_uring_register");
		after = __rdtsc();
		if (after - before < best)
			best = after - before;
	}
	close(ring);
	printf("row io_uring %s %zu 0 %llu\n", backing->name, bytes, best);
}

static void run_backing(const struct backing *backing)
{
	int huge = backing->least > PAGE;
	char *memory = backing->make();

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		static const struct experiment io_uring = { "io_uring", 0, ARENA, 1 };

		if (sizes[i] < backing->least)
			continue;
		for (size_t j = 0; j < sizeof(experiments) / sizeof(*experiments); j++)
			if (is_meant(&experiments[j], sizes[i], huge))
				run(experiments[j].name, backing, memory, sizes[i]);
		if (is_meant(&io_uring, sizes[i], huge))
			run_io_uring(backing, memory, sizes[i]);
	}
	munmap(memory, ARENA);
}

/*
 * Two processors at once. A worker has memory of its own, in the same address space as the
 * other or in one of its own.
 */
#define WORKER_BYTES	(64UL << 10)
#define WORKER_ROUNDS	40

struct worker {
	const char *name;
	char *memory;
	int cpu;
};

static void *work(void *data)
{
	const struct worker *worker = data;
	struct bench_request request;
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(worker->cpu, &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
	for (int i = 0; i < WORKER_ROUNDS; i++) {
		memset(&request, 0, sizeof(request));
		snprintf(request.name, BENCH_NAME, "%s", worker->name);
		request.address = (uintptr_t)worker->memory;
		request.length = WORKER_BYTES;
		request.repetitions = 101;
		if (ioctl(device, BENCH_IOC_RUN, &request))
			die(worker->name);
	}
	return NULL;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static double time_workers(struct worker *workers, int nr, int processes)
{
	double start = now();
	pthread_t thread;
	pid_t child = 0;

	if (nr > 1 && processes) {
		child = fork();
		if (child < 0)
			die("fork");
		if (!child) {
			work(&workers[1]);
			_exit(0);
		}
	} else if (nr > 1) {
		pthread_create(&thread, NULL, work, &workers[1]);
	}
	work(&workers[0]);
	if (child)
		waitpid(child, NULL, 0);
	else if (nr > 1)
		pthread_join(thread, NULL);
	return now() - start;
}

/* What one takes longer if another does the same beside it, in thousandths. */
static void run_scaling(const char *name, int processes)
{
	struct worker workers[2] = {
		{ name, map(WORKER_BYTES, 0), 0 }, { name, map(WORKER_BYTES, 0), 1 },
	};
	double best = 1e9;

	touch_in_order(workers[0].memory, WORKER_BYTES / PAGE);
	touch_in_order(workers[1].memory, WORKER_BYTES / PAGE);
	for (int i = 0; i < 5; i++) {
		double alone = time_workers(workers, 1, processes);
		double both = time_workers(workers, 2, processes);

		if (both / alone < best)
			best = both / alone;
	}
	printf("row %s-%s scaling %lu 0 %.0f\n", processes ? "two-mm" : "one-mm", name,
	       WORKER_BYTES, best * 1000);
	fflush(stdout);
}

/* Write a line to a file of the kernel's tracing. */
static void trace(const char *file, const char *line)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/tracing/%s", file);
	fd = open(path, O_WRONLY);
	if (fd < 0 || write(fd, line, strlen(line)) < 0)
		die(path);
	close(fd);
}

/* Have what a run allocates traced, behind a line that says which it is. */
static void run_traced(const char *name, char *memory, size_t bytes)
{
	struct bench_request request = {
		.address = (uintptr_t)memory,
		.length = bytes,
		.repetitions = 1,
		.trace = 1,
	};
	char line[64];

	snprintf(request.name, BENCH_NAME, "%s", name);
	snprintf(line, sizeof(line), "bench %s %zu", name, bytes);
	trace("tracing_on", "1");
	trace("trace_marker", line);
	trace("tracing_on", "0");
	if (ioctl(device, BENCH_IOC_RUN, &request))
		die(name);
}

static void run_metadata(void)
{
	static const char *const names[] = { "describe", "new", "by-hand" };
	size_t bytes = 16UL << 20;
	char *memory = map(bytes, 0);

	madvise(memory, bytes, MADV_NOHUGEPAGE);
	touch_shuffled(memory, bytes / PAGE);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		run_traced(names[i], memory, PAGE);
		run_traced(names[i], memory, bytes);
	}
}

int main(int argc, char **argv)
{
	if (argc > 1)
		prefix = argv[1];
	if (argc > 2)
		only = strtoull(argv[2], NULL, 0);
	device = open("/dev/iomd_bench", O_RDWR);
	if (device < 0)
		die("/dev/iomd_bench");
	if (!strcmp(prefix, "scaling")) {
		for (int processes = 0; processes < 2; processes++) {
			run_scaling("by-hand", processes);
			run_scaling("new", processes);
		}
		return 0;
	}
	if (!strcmp(prefix, "metadata")) {
		run_metadata();
		return 0;
	}
	for (size_t i = 0; i < sizeof(backings) / sizeof(*backings); i++)
		run_backing(&backings[i]);
	return 0;
}
