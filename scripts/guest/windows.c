// SPDX-License-Identifier: GPL-2.0-only
/*
 * windows NAME: what takes a process that can be interrupted, killed and left behind. Each
 * name is a case of the suite iomd_task_process, which runs this; 0 is success.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../kunit/window_device.h"

#define PAGE		4096L
#define HUGE		(2L << 20)
#define ANYWHERE	0x1u
#define READ_ONLY	0x1000u
#define PREFAULT	0x10000000u
#define GUARDED		0x40000000u

#define EXPECT(condition) \
do { \
	if (!(condition)) { \
		fprintf(stderr, "windows: line %d: %s (errno %d)\n", __LINE__, #condition, errno); \
		exit(1); \
	} \
} while (0)

static int device;

/*
 * Windows.
 */

static int command(unsigned long nr, __u64 address, __u64 offset, __u64 length,
		   __u32 memory)
{
	struct iomd_kunit_window window = {
		.address = address, .offset = offset, .length = length, .memory = memory,
	};

	return ioctl(device, nr, &window);
}

static unsigned char *map(__u32 memory, __u32 options)
{
	struct iomd_kunit_window window = { .memory = memory, .options = options | ANYWHERE };

	EXPECT(!ioctl(device, IOMD_KUNIT_MAP, &window));
	return (unsigned char *)(uintptr_t)window.address;
}

static void redirect(__u32 memory)
{
	EXPECT(!command(IOMD_KUNIT_REDIRECT, 0, 0, 0, memory));
}

static void unmap(void)
{
	EXPECT(!ioctl(device, IOMD_KUNIT_UNMAP));
}

static __u64 mapped_at(void)
{
	struct iomd_kunit_window window;

	EXPECT(!ioctl(device, IOMD_KUNIT_ADDRESS, &window));
	return window.address;
}

/*
 * Touching.
 */

static sigjmp_buf recovery;

static void recover(int nr)
{
	siglongjmp(recovery, nr);
}

/* Read a byte where it is. */
static unsigned char get(const unsigned char *byte)
{
	return __atomic_load_n(byte, __ATOMIC_SEQ_CST);
}

/* Read, or write what is there. Return: the signal that this was answered with, or 0. */
static int touch(unsigned char *byte, int write)
{
	int nr = sigsetjmp(recovery, 1);

	if (nr)
		return nr;
	signal(SIGSEGV, recover);
	signal(SIGBUS, recover);
	if (write)
		__atomic_fetch_or(byte, 0, __ATOMIC_SEQ_CST);
	else
		get(byte);
	return 0;
}

static int wait_for(pid_t child)
{
	int status;

	EXPECT(waitpid(child, &status, 0) == child);
	return status;
}

/* Run in a child. Return: how that ended. */
static int in_child(void (*fn)(void *data), void *data)
{
	pid_t child = fork();

	EXPECT(child >= 0);
	if (!child) {
		fn(data);
		_exit(0);
	}
	return wait_for(child);
}

/*
 * Cases.
 */

static void expect_nothing(void *window)
{
	EXPECT(touch(window, 0) == SIGSEGV);
}

static void do_inherit(void)
{
	unsigned char *window = map(IOMD_KUNIT_FIRST, PREFAULT);

	EXPECT(window[PAGE] == 2);
	EXPECT(in_child(expect_nothing, window) == 0);
	EXPECT(window[PAGE] == 2);
}

static void run_something(void *unused)
{
	map(IOMD_KUNIT_FIRST, PREFAULT);
	execl("/bin/busybox", "true", NULL);
	_exit(1);
}

static void do_exec(void)
{
	EXPECT(in_child(run_something, NULL) == 0);
	EXPECT(mapped_at() == 0);
	unmap();
	EXPECT(map(IOMD_KUNIT_FIRST, 0)[0] == 1);
}

static void do_protect(void)
{
	unsigned char *reader = map(IOMD_KUNIT_FIRST, READ_ONLY), *both;

	EXPECT(touch(reader, 0) == 0 && touch(reader, 1) == SIGSEGV);
	EXPECT(mprotect(reader, PAGE, PROT_READ | PROT_WRITE) && errno == EACCES);
	EXPECT(mprotect(reader, PAGE, PROT_READ | PROT_EXEC) && errno == EACCES);
	EXPECT(touch(reader, 1) == SIGSEGV);
	both = map(IOMD_KUNIT_FIRST, 0);
	EXPECT(touch(both, 1) == 0);
	EXPECT(mprotect(both, PAGE, PROT_READ | PROT_EXEC) && errno == EACCES);
	EXPECT(!mprotect(both, PAGE, PROT_READ) && touch(both, 1) == SIGSEGV);
	EXPECT(!mprotect(both, PAGE, PROT_READ | PROT_WRITE) && touch(both, 1) == 0);
}

static void do_move(void)
{
	unsigned char *window = map(IOMD_KUNIT_FIRST, 0);
	long size = IOMD_KUNIT_DEVICE_SIZE;
	void *place = mmap(NULL, 2 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	EXPECT(window[PAGE] == 2);
	EXPECT(mremap(window, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, place) == MAP_FAILED);
	EXPECT(mremap(window, size, 2 * size, MREMAP_MAYMOVE) == MAP_FAILED);
	EXPECT(window[PAGE] == 2 && window[2 * PAGE] == 3);
	EXPECT(mremap(window, size, size - PAGE, 0) == window);
	EXPECT(touch(window + size - PAGE, 0) == SIGSEGV && window[0] == 1);
}

static void do_unmap(void)
{
	unsigned char *window = map(IOMD_KUNIT_FIRST, 0);

	EXPECT(window[PAGE] == 2);
	EXPECT(!munmap(window + PAGE, PAGE));
	EXPECT(touch(window + PAGE, 0) == SIGSEGV);
	EXPECT(window[0] == 1 && window[2 * PAGE] == 3);
	EXPECT(!munmap(window, IOMD_KUNIT_DEVICE_SIZE));
	EXPECT(mapped_at() == (uintptr_t)window);
	unmap();
	EXPECT(mapped_at() == 0);
}

static void do_guards(void)
{
	unsigned char *window = map(IOMD_KUNIT_FIRST, GUARDED);

	EXPECT(touch(window, 1) == 0 && touch(window + IOMD_KUNIT_DEVICE_SIZE - 1, 1) == 0);
	EXPECT(touch(window - 1, 0) == SIGSEGV);
	EXPECT(touch(window + IOMD_KUNIT_DEVICE_SIZE, 1) == SIGSEGV);
	EXPECT(!mprotect(window - PAGE, PAGE, PROT_READ | PROT_WRITE));
	EXPECT(touch(window - 1, 0) == SIGSEGV);
}

static int interruptions;

static void interrupt(int nr)
{
	if (__atomic_add_fetch(&interruptions, 1, __ATOMIC_SEQ_CST) == 3)
		redirect(IOMD_KUNIT_SECOND);
}

/* The third signal that interrupts the wait lifts it. */
static void do_signal(void)
{
	const struct itimerval often = { { 0, 20000 }, { 0, 20000 } }, never = {};
	unsigned char *window = map(IOMD_KUNIT_FIRST, 0);

	EXPECT(get(window) == 1);
	redirect(IOMD_KUNIT_NOTHING);
	signal(SIGALRM, interrupt);
	EXPECT(!setitimer(ITIMER_REAL, &often, NULL));
	EXPECT(get(window) == 17);
	EXPECT(!setitimer(ITIMER_REAL, &never, NULL));
	EXPECT(__atomic_load_n(&interruptions, __ATOMIC_SEQ_CST) >= 3);
}

/* A child that waits, in what it does itself or in what the kernel does for it. */
static void kill_waiting(int in_kernel)
{
	int ready[2], sink = open("/dev/zero", O_RDONLY);
	pid_t child;
	char byte;

	EXPECT(!pipe(ready));
	child = fork();
	if (!child) {
		unsigned char *window = map(IOMD_KUNIT_FIRST, 0);

		redirect(IOMD_KUNIT_NOTHING);
		EXPECT(write(ready[1], "", 1) == 1);
		if (in_kernel)
			(void)!read(sink, window, 1);
		else
			get(window);
		_exit(0);
	}
	EXPECT(read(ready[0], &byte, 1) == 1);
	usleep(20000);
	EXPECT(waitpid(child, NULL, WNOHANG) == 0);
	EXPECT(!kill(child, SIGKILL));
	EXPECT(WTERMSIG(wait_for(child)) == SIGKILL);
	close(ready[0]);
	close(ready[1]);
	close(sink);
}

static void do_kill(void)
{
	kill_waiting(0);
	kill_waiting(1);
}

/* What the kernel reads of a process that exits is no reason to wait: nothing can end that. */
static void do_leave(void)
{
	pid_t child = fork(), gone = 0;
	int status, i;

	EXPECT(child >= 0);
	if (!child) {
		unsigned char *window = map(IOMD_KUNIT_FIRST, 0);

		redirect(IOMD_KUNIT_NOTHING);
		EXPECT(!syscall(SYS_set_robust_list, window, 3 * sizeof(long)));
		_exit(0);
	}
	for (i = 0; i < 100 && !gone; i++) {
		usleep(5000);
		gone = waitpid(child, &status, WNOHANG);
	}
	redirect(IOMD_KUNIT_FIRST);
	EXPECT(gone == child && status == 0);
}

static void map_and_go(void *unused)
{
	unsigned char *window = map(IOMD_KUNIT_FIRST, 0);

	if (getpid() & 1)
		get(window);
	if (getpid() & 2)
		raise(SIGKILL);
}

/* Children come and go with windows while the parent redirects whatever is there. */
static void do_exit(void)
{
	pid_t child[4];
	int i, round;

	map(IOMD_KUNIT_FIRST, 0);
	for (round = 0; round < 8; round++) {
		for (i = 0; i < 4; i++) {
			child[i] = fork();
			if (!child[i]) {
				map_and_go(NULL);
				_exit(0);
			}
		}
		for (i = 0; i < 50; i++) {
			redirect(IOMD_KUNIT_SECOND);
			redirect(IOMD_KUNIT_FIRST);
		}
		for (i = 0; i < 4; i++)
			wait_for(child[i]);
	}
	EXPECT(map(IOMD_KUNIT_FIRST, 0)[0] == 1);
}

static unsigned char *own_mmap(int file, long offset, long size, int prot, int flags)
{
	return mmap(NULL, size, prot, flags, file, offset);
}

#define READ_WRITE	(PROT_READ | PROT_WRITE)

static void do_mmap(void)
{
	unsigned char *whole = own_mmap(device, 0, IOMD_KUNIT_DEVICE_SIZE, READ_WRITE, MAP_SHARED);
	unsigned char *part = own_mmap(device, 2 * PAGE, PAGE, PROT_READ, MAP_SHARED), *window;
	int reader = open(IOMD_KUNIT_DEVICE, O_RDONLY);

	EXPECT(whole != MAP_FAILED && part != MAP_FAILED);
	EXPECT(whole[PAGE] == 2 && part[0] == 3);
	whole[2 * PAGE] = 99;
	EXPECT(part[0] == 99);
	EXPECT(touch(part, 1) == SIGSEGV);
	EXPECT(!mprotect(part, PAGE, READ_WRITE) && touch(part, 1) == 0);
	EXPECT(in_child(expect_nothing, whole) == 0);
	window = map(IOMD_KUNIT_FIRST, 0);
	EXPECT(window[2 * PAGE] == 99);

	EXPECT(own_mmap(device, 0, PAGE, PROT_READ, MAP_PRIVATE) == MAP_FAILED && errno == EINVAL);
	EXPECT(own_mmap(device, 0, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED) == MAP_FAILED &&
	       errno == EACCES);
	EXPECT(own_mmap(device, 0, IOMD_KUNIT_DEVICE_SIZE + PAGE, PROT_READ, MAP_SHARED) ==
	       MAP_FAILED && errno == EINVAL);
	EXPECT(own_mmap(device, IOMD_KUNIT_DEVICE_SIZE, PAGE, PROT_READ, MAP_SHARED) ==
	       MAP_FAILED && errno == EINVAL);

	/* The file's memory stays as long as the mapping, though it is closed. */
	EXPECT(own_mmap(reader, 0, PAGE, READ_WRITE, MAP_SHARED) == MAP_FAILED && errno == EACCES);
	part = own_mmap(reader, PAGE, PAGE, PROT_READ, MAP_SHARED);
	EXPECT(part != MAP_FAILED);
	close(reader);
	EXPECT(part[0] == 2);
	EXPECT(mprotect(part, PAGE, READ_WRITE) && errno == EACCES);
	EXPECT(!munmap(part, PAGE) && touch(part, 0) == SIGSEGV);
}

static void write_shared(void *byte)
{
	unsigned char *own = map(IOMD_KUNIT_FIRST, 0);

	EXPECT(own[5] == 77);
	own[6] = 78;
}

/* Two processes, one descriptor. */
static void do_share(void)
{
	unsigned char *window = own_mmap(device, 0, PAGE, READ_WRITE, MAP_SHARED);

	EXPECT(window != MAP_FAILED);
	window[5] = 77;
	EXPECT(in_child(write_shared, NULL) == 0);
	EXPECT(window[6] == 78);
	/* The file's map is the child's, which has gone, so that is nowhere. */
	EXPECT(mapped_at() == 0);
}

/* The process's own memory at another address, of which only the kernel knows. */
static void show_again(unsigned char *memory, long size)
{
	unsigned char *window;

	memset(memory, 5, size);
	EXPECT(!command(IOMD_KUNIT_DESCRIBE, (uintptr_t)memory, 0, size, 0));
	window = map(IOMD_KUNIT_OWN, 0);
	EXPECT(window != memory && window[0] == 5 && window[size - 1] == 5);
	window[size / 2] = 6;
	EXPECT(memory[size / 2] == 6);
	memory[size / 2] = 7;
	EXPECT(window[size / 2] == 7);
	/* When the memory is unmapped it is still there to be seen. */
	EXPECT(!munmap(memory, size));
	EXPECT(window[size / 2] == 7);
	unmap();
}

static void do_sources(void)
{
	unsigned char *memory = mmap(NULL, 2 * HUGE, READ_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
				     0);

	EXPECT(memory != MAP_FAILED);
	memory = (unsigned char *)(((uintptr_t)memory + HUGE - 1) & -HUGE);
	madvise(memory, HUGE, MADV_HUGEPAGE);
	show_again(memory, HUGE);

	memory = mmap(NULL, HUGE, READ_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	EXPECT(memory != MAP_FAILED);
	show_again(memory, HUGE);
	memory = mmap(NULL, 3 * PAGE, READ_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	EXPECT(memory != MAP_FAILED);
	show_again(memory, 3 * PAGE);
}

/* Can the kernel take hold of the memory, and not just touch it? */
static int is_usable(void *memory)
{
	int file = open("/proc/self/mem", O_RDONLY);
	char byte;
	int is_read;

	EXPECT(file >= 0);
	is_read = pread(file, &byte, 1, (uintptr_t)memory) == 1;
	close(file);
	return is_read;
}

static void do_io(void)
{
	unsigned char *memory = mmap(NULL, PAGE, READ_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	EXPECT(is_usable(map(IOMD_KUNIT_FIRST, 0)));
	memory[0] = 1;
	EXPECT(!command(IOMD_KUNIT_DESCRIBE, (uintptr_t)memory, 0, PAGE, 0));
	EXPECT(!is_usable(map(IOMD_KUNIT_OWN, 0)));
}

/* A program of 32 bits. */
static void do_small(void)
{
	execl("/bin/windows32", "windows32", NULL);
	EXPECT(0);
}

static const struct {
	const char *name;
	void (*fn)(void);
} cases[] = {
	{ "inherit", do_inherit },
	{ "exec", do_exec },
	{ "protect", do_protect },
	{ "move", do_move },
	{ "unmap", do_unmap },
	{ "guards", do_guards },
	{ "signal", do_signal },
	{ "kill", do_kill },
	{ "leave", do_leave },
	{ "exit", do_exit },
	{ "mmap", do_mmap },
	{ "share", do_share },
	{ "sources", do_sources },
	{ "io", do_io },
	{ "small", do_small },
};

int main(int argc, char **argv)
{
	unsigned int i;

	device = open(IOMD_KUNIT_DEVICE, O_RDWR | O_CLOEXEC);
	EXPECT(device >= 0 && argc == 2);
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		if (!strcmp(cases[i].name, argv[1])) {
			cases[i].fn();
			return 0;
		}
	}
	return 2;
}
