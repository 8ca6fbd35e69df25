/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * What a program says to /dev/eduN.
 */
#ifndef _IOMD_EDU_H
#define _IOMD_EDU_H

#include <linux/ioctl.h>
#include <linux/types.h>

/*
 * Longest piece that goes through the device at once. Its buffer has 4096 bytes,
 * but QEMU before 8.0 aborts on a transfer that includes the last one.
 */
#define EDU_PIECE_MAX	4095

/**
 * struct edu_side - What it took to move the data in one direction.
 * @runs: Physically contiguous stretches of the memory.
 * @segments: Transfers that the device was told to make.
 * @bounced: Bytes that went through a copy, out of the device's reach otherwise.
 */
struct edu_side {
	__aligned_u64 runs;
	__aligned_u64 segments;
	__aligned_u64 bounced;
};

/**
 * struct edu_request - Memory to move, and how that went.
 * @source: Address of the bytes that go to the device. Not used by EDU_IOC_READ.
 * @destination: Where to store what comes back. Not used by EDU_IOC_WRITE.
 * @length: Bytes, not 0; up to EDU_PIECE_MAX except for EDU_IOC_LOOP.
 * @reserved: Must be 0.
 * @translated: Out: 1 if an IOMMU stands between the device and memory.
 * @pieces: Out: number of times that the device's buffer was used.
 * @out: Out: memory to device.
 * @in: Out: device to memory.
 *
 * Neither address nor length needs any alignment. After an error the answer
 * fields are not written, and part of @destination may be.
 */
struct edu_request {
	__aligned_u64 source;
	__aligned_u64 destination;
	__aligned_u64 length;
	__u32 reserved;
	__u32 translated;
	__aligned_u64 pieces;
	struct edu_side out;
	struct edu_side in;
};

/*
 * WRITE fills the device's buffer from memory, READ fetches it back, and LOOP
 * sends any length there and back, piece by piece.
 *
 * Errors: EFAULT where nothing is mapped, EACCES where the memory does not allow
 * the access, EXFULL for memory of a kind that cannot be pinned, EINVAL for a length
 * that is 0 or too long, EOVERFLOW for memory beyond the end of all addresses,
 * ENOMEM above RLIMIT_MEMLOCK, ENODEV when the device is gone, ETIMEDOUT when it
 * did not answer.
 */
#define EDU_IOC_WRITE	_IOWR('e', 0x80, struct edu_request)
#define EDU_IOC_READ	_IOWR('e', 0x81, struct edu_request)
#define EDU_IOC_LOOP	_IOWR('e', 0x82, struct edu_request)

#endif /* _IOMD_EDU_H */
