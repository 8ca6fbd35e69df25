// SPDX-License-Identifier: GPL-2.0-only
/*
 * IOReturn codes: one table, read in both directions.
 */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kernel.h>

#include <iomd/namespace.h>
#include <iomd/returns.h>

/*
 * A canonical row serves both directions. A row that is not canonical shares
 * its errno with the row the errno belongs to, and is only read outwards: this
 * module itself returns none of those codes, so nothing is lost for its callers.
 */
struct return_row {
	iomd_return_t ret;
	u16 error;
	bool canonical;
	const char *text;
};

#define CANONICAL(name, error, text) { IOMD_RETURN_##name, error, true, text }
#define OUTBOUND(name, error, text)  { IOMD_RETURN_##name, error, false, text }

static const struct return_row return_rows[] = {
	CANONICAL(SUCCESS, 0, "completed"),
	CANONICAL(ERROR, EBADE, "failed, and no better code says why"),
	CANONICAL(NO_MEMORY, ENOMEM, "an allocation failed"),
	CANONICAL(NO_RESOURCES, ENOBUFS, "a resource other than memory ran out"),
	CANONICAL(IPC_ERROR, EPROTO, "message passing to the peer failed"),
	CANONICAL(NO_DEVICE, ENODEV, "the device does not exist"),
	CANONICAL(NOT_PRIVILEGED, EACCES, "the caller lacks the privilege"),
	CANONICAL(BAD_ARGUMENT, EINVAL, "a parameter is invalid"),
	OUTBOUND(LOCKED_READ, EBUSY, "someone holds the read lock"),
	OUTBOUND(LOCKED_WRITE, EBUSY, "someone holds the write lock"),
	OUTBOUND(EXCLUSIVE_ACCESS, EBUSY, "already opened exclusively"),
	CANONICAL(BAD_MESSAGE_ID, EBADMSG, "the reply does not match the request"),
	CANONICAL(UNSUPPORTED, EOPNOTSUPP, "the operation is not implemented"),
	CANONICAL(VM_ERROR, EFAULT, "a virtual memory operation failed"),
	CANONICAL(INTERNAL_ERROR, ENOTRECOVERABLE, "the internal state is inconsistent"),
	CANONICAL(IO_ERROR, EIO, "the transfer failed"),
	CANONICAL(CANNOT_LOCK, ENOLCK, "the lock could not be taken"),
	CANONICAL(NOT_OPEN, EBADFD, "the device or connection is not open"),
	CANONICAL(NOT_READABLE, EBADRQC, "reading is not possible here"),
	CANONICAL(NOT_WRITABLE, EROFS, "writing is not possible here"),
	CANONICAL(NOT_ALIGNED, EBADSLT, "an address or a length is misaligned"),
	CANONICAL(BAD_MEDIA, EMEDIUMTYPE, "the medium is defective"),
	OUTBOUND(STILL_OPEN, EBUSY, "clients still have it open"),
	CANONICAL(RLD_ERROR, ENOEXEC, "the loader failed"),
	OUTBOUND(DMA_ERROR, EIO, "the DMA transfer failed"),
	CANONICAL(BUSY, EBUSY, "in use, try later"),
	CANONICAL(TIMEOUT, ETIMEDOUT, "it took too long"),
	CANONICAL(OFFLINE, ESHUTDOWN, "the device was taken off line"),
	CANONICAL(NOT_READY, EAGAIN, "not in a state to do this yet"),
	CANONICAL(NOT_ATTACHED, ENXIO, "the device, channel or memory cannot be reached"),
	OUTBOUND(NO_CHANNELS, EBUSY, "all DMA channels are in use"),
	CANONICAL(NO_SPACE, ENOSPC, "no room for the data"),
	CANONICAL(PORT_EXISTS, EEXIST, "the port is already there"),
	CANONICAL(CANNOT_WIRE, EXFULL, "the pages could not be pinned"),
	OUTBOUND(NO_INTERRUPT, ENXIO, "no interrupt is assigned"),
	CANONICAL(NO_FRAMES, ENODATA, "the DMA queue is empty"),
	CANONICAL(MESSAGE_TOO_LARGE, EMSGSIZE, "the message exceeds the limit"),
	CANONICAL(NOT_PERMITTED, EPERM, "policy forbids it"),
	CANONICAL(NO_POWER, EHOSTDOWN, "the device has no power"),
	CANONICAL(NO_MEDIA, ENOMEDIUM, "no medium is inserted"),
	OUTBOUND(UNFORMATTED_MEDIA, EMEDIUMTYPE, "the medium has no format"),
	OUTBOUND(UNSUPPORTED_MODE, EOPNOTSUPP, "the mode is not available"),
	CANONICAL(UNDERRUN, ENOSR, "fewer bytes than required"),
	CANONICAL(OVERRUN, EOVERFLOW, "more data than room, or the list is exhausted"),
	CANONICAL(DEVICE_ERROR, EREMOTEIO, "the device malfunctions"),
	OUTBOUND(NO_COMPLETION, EINVAL, "a completion callback must be given"),
	CANONICAL(ABORTED, ECANCELED, "cancelled before completion"),
	OUTBOUND(NO_BANDWIDTH, ENOSPC, "the bus bandwidth is exhausted"),
	CANONICAL(NOT_RESPONDING, ETIME, "the device does not answer"),
	CANONICAL(ISO_TOO_OLD, ESTALE, "the isochronous slot is already past"),
	CANONICAL(ISO_TOO_NEW, EFBIG, "the isochronous slot is too far ahead"),
	CANONICAL(NOT_FOUND, ENOENT, "the item does not exist"),
	OUTBOUND(INVALID, EIO, "a sentinel, never returned"),
};

/* Errnos without a code of their own that say the same as some code. */
static const struct {
	u16 error;
	iomd_return_t ret;
} return_aliases[] = {
	{ EINTR, IOMD_RETURN_ABORTED },
	{ ERESTARTSYS, IOMD_RETURN_ABORTED },
	{ ERESTARTNOINTR, IOMD_RETURN_ABORTED },
	{ ERESTARTNOHAND, IOMD_RETURN_ABORTED },
	{ ENOSYS, IOMD_RETURN_UNSUPPORTED },
	{ ENOTTY, IOMD_RETURN_UNSUPPORTED },
	{ ENOTSUPP, IOMD_RETURN_UNSUPPORTED },
	{ ENOIOCTLCMD, IOMD_RETURN_UNSUPPORTED },
	{ EDOM, IOMD_RETURN_BAD_ARGUMENT },
	{ ERANGE, IOMD_RETURN_BAD_ARGUMENT },
	{ EBADF, IOMD_RETURN_BAD_ARGUMENT },
	{ ENAMETOOLONG, IOMD_RETURN_BAD_ARGUMENT },
	{ E2BIG, IOMD_RETURN_MESSAGE_TOO_LARGE },
	{ ENFILE, IOMD_RETURN_NO_RESOURCES },
	{ EMFILE, IOMD_RETURN_NO_RESOURCES },
	{ EDQUOT, IOMD_RETURN_NO_RESOURCES },
	{ EUSERS, IOMD_RETURN_NO_RESOURCES },
	{ EALREADY, IOMD_RETURN_BUSY },
	{ EINPROGRESS, IOMD_RETURN_BUSY },
	{ ETXTBSY, IOMD_RETURN_BUSY },
	{ EDEADLK, IOMD_RETURN_CANNOT_LOCK },
	{ ESRCH, IOMD_RETURN_NOT_FOUND },
	{ ENOTCONN, IOMD_RETURN_NOT_ATTACHED },
	{ ECONNRESET, IOMD_RETURN_NOT_ATTACHED },
	{ EPIPE, IOMD_RETURN_NOT_ATTACHED },
	{ EHWPOISON, IOMD_RETURN_VM_ERROR },
	{ EKEYREJECTED, IOMD_RETURN_NOT_PRIVILEGED },
	{ EKEYEXPIRED, IOMD_RETURN_NOT_PRIVILEGED },
	{ EPROBE_DEFER, IOMD_RETURN_NOT_READY },
};

/* The decodable form of an errno, and the errno it stands for; 0 if it is none. */
static int errno_in_return(iomd_return_t ret)
{
	u32 error = ret - IOMD_RETURN_UNIX(0);

	return error <= MAX_ERRNO ? error : 0;
}

/**
 * iomd_errno_from_return() - The errno for an IOReturn code.
 * @ret: Any code; also one that is not in the table.
 *
 * Codes outside the table give -EIO, except those that carry an errno, which
 * give it back. IOKit: IOService::errnoFromReturn(), with other errnos: this
 * table can be inverted.
 *
 * Context: Any.
 * Return: 0 for success, else a negative errno. Implements RET-8.
 */
int iomd_errno_from_return(iomd_return_t ret)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(return_rows); i++)
		if (return_rows[i].ret == ret)
			return -return_rows[i].error;

	return -(errno_in_return(ret) ?: EIO);
}
EXPORT_SYMBOL_NS_GPL(iomd_errno_from_return, IOMD_NS);

/**
 * iomd_return_from_errno() - The IOReturn code for an errno.
 * @error: 0 or a negative errno, as calls of this module return it.
 *
 * Every code that this module returns comes back as it was. An errno that
 * belongs to no code and says nothing that a code says travels undamaged as
 * IOMD_RETURN_UNIX().
 *
 * Context: Any.
 * Return: The code. A value outside the range of errnos gives
 *	   IOMD_RETURN_ERROR. Implements RET-9, RET-10.
 */
iomd_return_t iomd_return_from_errno(int error)
{
	size_t i;

	if (error > 0 || error < -MAX_ERRNO)
		return IOMD_RETURN_ERROR;
	error = -error;

	for (i = 0; i < ARRAY_SIZE(return_rows); i++)
		if (return_rows[i].canonical && return_rows[i].error == error)
			return return_rows[i].ret;
	for (i = 0; i < ARRAY_SIZE(return_aliases); i++)
		if (return_aliases[i].error == error)
			return return_aliases[i].ret;

	return IOMD_RETURN_UNIX(error);
}
EXPORT_SYMBOL_NS_GPL(iomd_return_from_errno, IOMD_NS);

/**
 * iomd_string_from_return() - What an IOReturn code means, in words.
 * @ret: Any code.
 *
 * IOKit: IOService::stringFromReturn(), without its shared buffer: the result is
 * a constant string, so the call may be made from several places at once.
 *
 * Context: Any.
 * Return: A constant string, never NULL; "undefined" for a code that is not in
 *	   the table. Implements RET-18.
 */
const char *iomd_string_from_return(iomd_return_t ret)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(return_rows); i++)
		if (return_rows[i].ret == ret)
			return return_rows[i].text;

	return errno_in_return(ret) ? "an errno of the system" : "undefined";
}
EXPORT_SYMBOL_NS_GPL(iomd_string_from_return, IOMD_NS);
