// SPDX-License-Identifier: GPL-2.0-only
/*
 * A window in a program of 32 bits, and without a library, so that it takes none of those
 * to build: 0 is success.
 */
#include "../../kunit/window_device.h"

#define NR_EXIT		1
#define NR_OPEN		5
#define NR_IOCTL	54
#define O_RDWR		2

#define ANYWHERE	0x1

static int call(int nr, const void *first, const void *second, const void *third)
{
	int result;

	__asm__ volatile("int $0x80"
			 : "=a" (result)
			 : "a" (nr), "b" (first), "c" (second), "d" (third)
			 : "memory");
	return result;
}

static int run(void)
{
	static struct iomd_kunit_window window = { .options = ANYWHERE };
	int device = call(NR_OPEN, IOMD_KUNIT_DEVICE, (void *)O_RDWR, 0);
	unsigned char *bytes;

	if (device < 0)
		return 1;
	if (call(NR_IOCTL, (void *)device, (void *)IOMD_KUNIT_MAP, &window))
		return 2;
	if (window.address + IOMD_KUNIT_DEVICE_SIZE > 0xffffffffULL)
		return 3;
	bytes = (unsigned char *)(unsigned long)window.address;
	if (bytes[0] != 1 || bytes[15 * 4096] != 16)
		return 4;
	return __sync_add_and_fetch(&bytes[1], 1) == 2 ? 0 : 5;
}

void _start(void)
{
	call(NR_EXIT, (void *)run(), 0, 0);
	__builtin_unreachable();
}
