/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IOReturn codes and their conversion to and from errno values.
 *
 * The calls of this module return 0 or a negative errno. A driver that was
 * written against IOReturn, or that passes results on to something which
 * expects them, converts with the functions here.
 */
#ifndef _IOMD_RETURNS_H
#define _IOMD_RETURNS_H

#include <linux/types.h>

/**
 * typedef iomd_return_t - A result code as IOKit writes it.
 *
 * 32 bits: system (6), subsystem (12), code (14). 0 is success, everything else
 * is failure. Never hand one to user space as the result of a system call: as a
 * signed number it lies below the range of errno values, and reads as success.
 * Compare codes as 32-bit values only.
 */
typedef u32 iomd_return_t;

#define IOMD_RETURN_SYSTEM(ret)		(((ret) >> 26) & 0x3f)
#define IOMD_RETURN_SUBSYSTEM(ret)	(((ret) >> 14) & 0xfff)
#define IOMD_RETURN_CODE(ret)		((ret) & 0x3fff)

/* The I/O family's codes, and the range kept for vendors within it. */
#define IOMD_RETURN_COMMON(code)	(0xe0000000U + (code))
#define IOMD_RETURN_VENDOR(code)	(0xe3ff8000U + (code))

/* An errno without a code of its own travels as system 0, subsystem 3. */
#define IOMD_RETURN_UNIX(error)		(0x0000c000U + (error))

#define IOMD_RETURN_SUCCESS		0U
#define IOMD_RETURN_ERROR		IOMD_RETURN_COMMON(0x2bc)
#define IOMD_RETURN_NO_MEMORY		IOMD_RETURN_COMMON(0x2bd)
#define IOMD_RETURN_NO_RESOURCES	IOMD_RETURN_COMMON(0x2be)
#define IOMD_RETURN_IPC_ERROR		IOMD_RETURN_COMMON(0x2bf)
#define IOMD_RETURN_NO_DEVICE		IOMD_RETURN_COMMON(0x2c0)
#define IOMD_RETURN_NOT_PRIVILEGED	IOMD_RETURN_COMMON(0x2c1)
#define IOMD_RETURN_BAD_ARGUMENT	IOMD_RETURN_COMMON(0x2c2)
#define IOMD_RETURN_LOCKED_READ		IOMD_RETURN_COMMON(0x2c3)
#define IOMD_RETURN_LOCKED_WRITE	IOMD_RETURN_COMMON(0x2c4)
#define IOMD_RETURN_EXCLUSIVE_ACCESS	IOMD_RETURN_COMMON(0x2c5)
#define IOMD_RETURN_BAD_MESSAGE_ID	IOMD_RETURN_COMMON(0x2c6)
#define IOMD_RETURN_UNSUPPORTED		IOMD_RETURN_COMMON(0x2c7)
#define IOMD_RETURN_VM_ERROR		IOMD_RETURN_COMMON(0x2c8)
#define IOMD_RETURN_INTERNAL_ERROR	IOMD_RETURN_COMMON(0x2c9)
#define IOMD_RETURN_IO_ERROR		IOMD_RETURN_COMMON(0x2ca)
#define IOMD_RETURN_CANNOT_LOCK		IOMD_RETURN_COMMON(0x2cc)
#define IOMD_RETURN_NOT_OPEN		IOMD_RETURN_COMMON(0x2cd)
#define IOMD_RETURN_NOT_READABLE	IOMD_RETURN_COMMON(0x2ce)
#define IOMD_RETURN_NOT_WRITABLE	IOMD_RETURN_COMMON(0x2cf)
#define IOMD_RETURN_NOT_ALIGNED		IOMD_RETURN_COMMON(0x2d0)
#define IOMD_RETURN_BAD_MEDIA		IOMD_RETURN_COMMON(0x2d1)
#define IOMD_RETURN_STILL_OPEN		IOMD_RETURN_COMMON(0x2d2)
#define IOMD_RETURN_RLD_ERROR		IOMD_RETURN_COMMON(0x2d3)
#define IOMD_RETURN_DMA_ERROR		IOMD_RETURN_COMMON(0x2d4)
#define IOMD_RETURN_BUSY		IOMD_RETURN_COMMON(0x2d5)
#define IOMD_RETURN_TIMEOUT		IOMD_RETURN_COMMON(0x2d6)
#define IOMD_RETURN_OFFLINE		IOMD_RETURN_COMMON(0x2d7)
#define IOMD_RETURN_NOT_READY		IOMD_RETURN_COMMON(0x2d8)
#define IOMD_RETURN_NOT_ATTACHED	IOMD_RETURN_COMMON(0x2d9)
#define IOMD_RETURN_NO_CHANNELS		IOMD_RETURN_COMMON(0x2da)
#define IOMD_RETURN_NO_SPACE		IOMD_RETURN_COMMON(0x2db)
#define IOMD_RETURN_PORT_EXISTS		IOMD_RETURN_COMMON(0x2dd)
#define IOMD_RETURN_CANNOT_WIRE		IOMD_RETURN_COMMON(0x2de)
#define IOMD_RETURN_NO_INTERRUPT	IOMD_RETURN_COMMON(0x2df)
#define IOMD_RETURN_NO_FRAMES		IOMD_RETURN_COMMON(0x2e0)
#define IOMD_RETURN_MESSAGE_TOO_LARGE	IOMD_RETURN_COMMON(0x2e1)
#define IOMD_RETURN_NOT_PERMITTED	IOMD_RETURN_COMMON(0x2e2)
#define IOMD_RETURN_NO_POWER		IOMD_RETURN_COMMON(0x2e3)
#define IOMD_RETURN_NO_MEDIA		IOMD_RETURN_COMMON(0x2e4)
#define IOMD_RETURN_UNFORMATTED_MEDIA	IOMD_RETURN_COMMON(0x2e5)
#define IOMD_RETURN_UNSUPPORTED_MODE	IOMD_RETURN_COMMON(0x2e6)
#define IOMD_RETURN_UNDERRUN		IOMD_RETURN_COMMON(0x2e7)
#define IOMD_RETURN_OVERRUN		IOMD_RETURN_COMMON(0x2e8)
#define IOMD_RETURN_DEVICE_ERROR	IOMD_RETURN_COMMON(0x2e9)
#define IOMD_RETURN_NO_COMPLETION	IOMD_RETURN_COMMON(0x2ea)
#define IOMD_RETURN_ABORTED		IOMD_RETURN_COMMON(0x2eb)
#define IOMD_RETURN_NO_BANDWIDTH	IOMD_RETURN_COMMON(0x2ec)
#define IOMD_RETURN_NOT_RESPONDING	IOMD_RETURN_COMMON(0x2ed)
#define IOMD_RETURN_ISO_TOO_OLD		IOMD_RETURN_COMMON(0x2ee)
#define IOMD_RETURN_ISO_TOO_NEW		IOMD_RETURN_COMMON(0x2ef)
#define IOMD_RETURN_NOT_FOUND		IOMD_RETURN_COMMON(0x2f0)
#define IOMD_RETURN_INVALID		IOMD_RETURN_COMMON(0x001)

int iomd_errno_from_return(iomd_return_t ret);
iomd_return_t iomd_return_from_errno(int error);
const char *iomd_string_from_return(iomd_return_t ret);

#endif /* _IOMD_RETURNS_H */
