// SPDX-License-Identifier: GPL-2.0-only
/*
 * Has the module measure what it can on memory of this process: of pages that are
 * scattered, of transparent huge pages, of hugetlb. Prints a line for each result:
 *
 *	row NAME BACKING BYTES SEGMENTS TOTAL STAGE...
 *
 * bench-run [PREFIX [BYTES]]: only of what has a name that begins so, and of that length.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "iomd_bench.h"

#define PAGE	4096UL
#define HUGE	(2UL << 20)
#define ARENA	(1UL << 30)

static int device;
static const char *prefix = "";	/* of the names of what is to be run */
static size_t only;			/* this length; 0 for all */

static void die(const char *what)
{
	fprintf(stderr, "bench-run: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* The same sequence every time. */
static uint64_t random_next(void)
{
	static uint64_t state = 88172645463325252ULL;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static void touch(char *memory, size_t page)
{
	*(uint64_t *)(memory + page * PAGE) = page;
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
	1UL << 30,
};

static const char *const cases[] = { "by-hand", "new", "reused" };

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

static void run_backing(const struct backing *backing)
{
	char *memory = backing->make();

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		if (sizes[i] < backing->least || (only && sizes[i] != only))
			continue;
		for (size_t j = 0; j < sizeof(cases) / sizeof(*cases); j++)
			if (!strncmp(cases[j], prefix, strlen(prefix)))
				run(cases[j], backing, memory, sizes[i]);
	}
	munmap(memory, ARENA);
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
	for (size_t i = 0; i < sizeof(backings) / sizeof(*backings); i++)
		run_backing(&backings[i]);
	return 0;
}
