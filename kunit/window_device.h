/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /dev/iomd_kunit: windows for programs that scripts/guest has for the suites.
 */
#ifndef _IOMD_KUNIT_WINDOW_DEVICE_H
#define _IOMD_KUNIT_WINDOW_DEVICE_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define IOMD_KUNIT_DEVICE	"/dev/iomd_kunit"

/* Each buffer of an open file; byte n of number i is n / 4096 + 16 * i + 1 to begin with. */
#define IOMD_KUNIT_DEVICE_SIZE	(16 * 4096)

/* What can be shown: one of two buffers, or what the program has described. */
enum iomd_kunit_memory {
	IOMD_KUNIT_FIRST,
	IOMD_KUNIT_SECOND,
	IOMD_KUNIT_OWN,
	IOMD_KUNIT_MEMORIES,
	IOMD_KUNIT_NOTHING = IOMD_KUNIT_MEMORIES,
};

struct iomd_kunit_window {
	__u64 address;
	__u64 offset;
	__u64 length;
	__u32 options;
	__u32 memory;
};

/* A file has one map, unique, and of who asked for it. */
#define IOMD_KUNIT_MAP		_IOWR('I', 1, struct iomd_kunit_window)
#define IOMD_KUNIT_UNMAP	_IO('I', 2)
#define IOMD_KUNIT_REDIRECT	_IOW('I', 3, struct iomd_kunit_window)	/* @memory, @offset */
#define IOMD_KUNIT_DESCRIBE	_IOW('I', 4, struct iomd_kunit_window)	/* @address, @length */
#define IOMD_KUNIT_ADDRESS	_IOR('I', 5, struct iomd_kunit_window)

#ifdef __KERNEL__
int iomd_kunit_device_init(void);
void iomd_kunit_device_exit(void);
#endif

#endif /* _IOMD_KUNIT_WINDOW_DEVICE_H */
