// SPDX-License-Identifier: GPL-2.0-only
/*
 * Driver for QEMU's educational PCI device, as an example of a driver that moves
 * a process's memory with iomd.
 *
 * The device copies between bus addresses and a 4 KiB buffer of its own, one
 * contiguous stretch at a time, and can address 256 MiB. The memory it is asked
 * to move starts and ends anywhere, is as long as the caller likes, lies wherever
 * the kernel put it, and is or is not behind an IOMMU. What bridges the two:
 *
 *   edu_init_dma()	a mapper for the device and a DMA command that knows its limits
 *   edu_describe()	a descriptor of the caller's memory, pinned while in use
 *   edu_move_piece()	prepare, segments for the device, complete
 */
#include <linux/completion.h>
#include <linux/dma-mapping.h>
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/kref.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <iomd/iomd.h>

#include "iomd_edu.h"

/* Registers. Those of the DMA engine take 32-bit accesses as well as 64-bit ones. */
#define EDU_ID			0x00	/* 0xRRrr00ed */
#define EDU_LIVENESS		0x04	/* reads back inverted */
#define EDU_IRQ_STATUS		0x24
#define   EDU_IRQ_DMA		0x100
#define EDU_IRQ_ACK		0x64
#define EDU_DMA_SOURCE		0x80
#define EDU_DMA_DESTINATION	0x88
#define EDU_DMA_COUNT		0x90
#define EDU_DMA_COMMAND		0x98
#define   EDU_DMA_START		0x1	/* reads as 1 until the transfer has ended */
#define   EDU_DMA_TO_MEMORY	0x2
#define   EDU_DMA_RAISE_IRQ	0x4

#define EDU_BUFFER		0x40000	/* the buffer, as DMA source or destination */
/* As QEMU makes it; "-device edu,dma_mask=" gives it more. Its driver writes 32. */
#define EDU_ADDRESS_BITS	28	/* beyond them it silently uses another address */
#define EDU_ADDRESS_BITS_MAX	32

/* A transfer takes 100 ms of the guest's time; the rest is for a busy host. */
#define EDU_TIMEOUT_SECONDS	30

static unsigned int address_bits = EDU_ADDRESS_BITS;
module_param(address_bits, uint, 0444);
MODULE_PARM_DESC(address_bits, "Width of the devices' addresses, 28 to 32; 28 if not given");

/* One device. After unbinding only @ref, @lock and @gone are still in use. */
struct edu {
	struct kref ref;		/* one for the binding, one for each open file */
	struct pci_dev *pdev;
	void __iomem *regs;
	struct miscdevice misc;
	char name[16];
	int index;			/* the number in the name */
	struct completion done;		/* by the interrupt that ends a transfer */
	struct mutex lock;		/* one request at a time: the buffer, @dma */
	bool gone;			/* unbound or given up; set without @lock */
	struct iomd_mapper *mapper;	/* where bus addresses come from */
	struct iomd_dma *dma;		/* makes them fit the device */
};

static DEFINE_IDA(edu_indices);

static u32 edu_read(struct edu *edu, u32 reg)
{
	return readl(edu->regs + reg);
}

static void edu_write(struct edu *edu, u32 reg, u32 value)
{
	writel(value, edu->regs + reg);
}

static void edu_release(struct kref *ref)
{
	kfree(container_of(ref, struct edu, ref));
}

static void edu_put(void *edu)
{
	kref_put(&((struct edu *)edu)->ref, edu_release);
}

/* The line may be shared, so ask the device whether it was the one. */
static irqreturn_t edu_interrupt(int irq, void *data)
{
	struct edu *edu = data;
	u32 status = edu_read(edu, EDU_IRQ_STATUS);

	if (!status)
		return IRQ_NONE;

	edu_write(edu, EDU_IRQ_ACK, status);
	if (status & EDU_IRQ_DMA)
		complete(&edu->done);
	return IRQ_HANDLED;
}

/*
 * The device does not answer, and nobody knows what it is still up to. It must
 * not reach memory that is about to be given back, so take the bus from it. The
 * read returns after everything that it had sent before.
 */
static int edu_give_up(struct edu *edu)
{
	WRITE_ONCE(edu->gone, true);
	pci_clear_master(edu->pdev);
	dev_err(&edu->pdev->dev, "no interrupt after %d s, DMA command register is %#x\n",
		EDU_TIMEOUT_SECONDS, edu_read(edu, EDU_DMA_COMMAND));
	return -ETIMEDOUT;
}

/*
 * Have the device move one segment, and wait until it has. The wait is short and
 * not to be interrupted: nobody may take the memory away under the device.
 */
static int edu_run(struct edu *edu, u32 direction, const struct iomd_segment64 *segment,
		   u32 offset)
{
	bool out = direction == IOMD_DIRECTION_OUT;
	u32 buffer = EDU_BUFFER + offset;
	u32 memory = segment->iovm_addr;	/* no longer than address_bits */

	reinit_completion(&edu->done);
	edu_write(edu, EDU_DMA_SOURCE, out ? memory : buffer);
	edu_write(edu, EDU_DMA_DESTINATION, out ? buffer : memory);
	edu_write(edu, EDU_DMA_COUNT, segment->length);
	edu_write(edu, EDU_DMA_COMMAND,
		  EDU_DMA_START | EDU_DMA_RAISE_IRQ | (out ? 0 : EDU_DMA_TO_MEMORY));

	if (!wait_for_completion_timeout(&edu->done, EDU_TIMEOUT_SECONDS * HZ))
		return edu_give_up(edu);
	return 0;
}

/*
 * Move one piece of a descriptor through the device's buffer, in the descriptor's
 * direction. The command pins nothing: it maps, or copies where the device cannot
 * reach, and says which bus addresses to use.
 */
static int edu_move_piece(struct edu *edu, struct iomd_desc *desc, u64 offset, u64 length,
			  struct edu_side *side)
{
	u32 direction = iomd_desc_get_direction(desc);
	struct iomd_segment64 segment;
	u64 done = 0;
	int ret, error;

	ret = iomd_dma_set_memory_descriptor(edu->dma, desc, false);
	if (ret)
		return ret;

	ret = iomd_dma_prepare(edu->dma, offset, length, true, true);
	while (!ret && done < length) {
		u32 start = done, count = 1;

		ret = iomd_dma_gen64_iovm_segments(edu->dma, &done, &segment, &count);
		if (!ret)
			ret = edu_run(edu, direction, &segment, start);
		if (!ret)
			side->segments++;
	}
	side->bounced += iomd_dma_get_bounced(edu->dma);

	/* A prepare that failed counts, too. Copy nothing back after an error. */
	error = iomd_dma_complete(edu->dma, true, !ret);
	return ret ?: error;
}

/* Send all of @source to the device and all of @destination back; either may be NULL. */
static int edu_move(struct edu *edu, struct iomd_desc *source, struct iomd_desc *destination,
		    struct edu_request *request)
{
	u64 offset, piece;
	int ret;

	for (offset = 0; offset < request->length; offset += piece) {
		piece = min_t(u64, request->length - offset, EDU_PIECE_MAX);
		if (READ_ONCE(edu->gone))
			return -ENODEV;
		if (fatal_signal_pending(current))
			return -EINTR;

		if (source) {
			ret = edu_move_piece(edu, source, offset, piece, &request->out);
			if (ret)
				return ret;
		}
		if (destination) {
			ret = edu_move_piece(edu, destination, offset, piece, &request->in);
			if (ret)
				return ret;
		}
		request->pieces++;
	}
	return 0;
}

/* One request at a time has the device; the command lets go of its memory. */
static int edu_move_alone(struct edu *edu, struct iomd_desc *source,
			  struct iomd_desc *destination, struct edu_request *request)
{
	int ret;

	ret = mutex_lock_killable(&edu->lock);
	if (ret)
		return ret;

	if (edu->gone) {
		ret = -ENODEV;
	} else {
		ret = edu_move(edu, source, destination, request);
		iomd_dma_clear_memory_descriptor(edu->dma, true);
		request->translated = iomd_mapper_translates(edu->mapper);
	}
	mutex_unlock(&edu->lock);
	return ret;
}

/* For the curious only: a driver has no use for CPU-physical addresses. */
static u64 edu_count_runs(struct iomd_desc *desc)
{
	u64 offset = 0, runs = 0, length;

	while (offset < iomd_desc_get_length(desc) &&
	       iomd_desc_get_physical_segment(desc, offset, &length, IOMD_MEMORY_MAPPER_NONE)) {
		offset += length;
		runs++;
	}
	return runs;
}

/* Describe memory of the calling process and keep it in place until edu_forget(). */
static struct iomd_desc *edu_describe(u64 address, u64 length, u32 direction,
				      struct edu_side *side)
{
	struct iomd_desc *desc;
	int ret;

	desc = iomd_desc_with_address_range(address, length, direction, iomd_current_task());
	if (IS_ERR(desc))
		return desc;

	ret = iomd_desc_prepare(desc, IOMD_DIRECTION_NONE);
	if (ret) {
		iomd_desc_put(desc);
		return ERR_PTR(ret);
	}
	side->runs = edu_count_runs(desc);
	return desc;
}

static void edu_forget(struct iomd_desc *desc)
{
	if (!desc)
		return;
	iomd_desc_complete(desc, IOMD_DIRECTION_NONE);
	iomd_desc_put(desc);
}

/* Describe what the request names, move it, and let go of it. */
static int edu_serve(struct edu *edu, bool out, bool in, struct edu_request *request)
{
	struct iomd_desc *source = NULL, *destination = NULL;
	int ret = 0;

	if (out)
		source = edu_describe(request->source, request->length, IOMD_DIRECTION_OUT,
				      &request->out);
	if (IS_ERR(source))
		return PTR_ERR(source);

	if (in)
		destination = edu_describe(request->destination, request->length,
					   IOMD_DIRECTION_IN, &request->in);
	if (IS_ERR(destination)) {
		ret = PTR_ERR(destination);
		goto err_source;
	}

	ret = edu_move_alone(edu, source, destination, request);

	edu_forget(destination);
err_source:
	edu_forget(source);
	return ret;
}

static long edu_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	struct edu *edu = container_of(file->private_data, struct edu, misc);
	bool out = command == EDU_IOC_WRITE || command == EDU_IOC_LOOP;
	bool in = command == EDU_IOC_READ || command == EDU_IOC_LOOP;
	void __user *user = (void __user *)argument;
	struct edu_request request;
	int ret;

	if (!out && !in)
		return -ENOTTY;
	if (copy_from_user(&request, user, sizeof(request)))
		return -EFAULT;
	if (request.reserved || !request.length ||
	    (command != EDU_IOC_LOOP && request.length > EDU_PIECE_MAX))
		return -EINVAL;

	request.pieces = 0;
	memset(&request.out, 0, sizeof(request.out));
	memset(&request.in, 0, sizeof(request.in));
	ret = edu_serve(edu, out, in, &request);
	if (!ret && copy_to_user(user, &request, sizeof(request)))
		ret = -EFAULT;
	return ret;
}

static int edu_open(struct inode *inode, struct file *file)
{
	struct edu *edu = container_of(file->private_data, struct edu, misc);

	kref_get(&edu->ref);
	return 0;
}

static int edu_close(struct inode *inode, struct file *file)
{
	edu_put(container_of(file->private_data, struct edu, misc));
	return 0;
}

static const struct file_operations edu_fops = {
	.owner = THIS_MODULE,
	.open = edu_open,
	.release = edu_close,
	.unlocked_ioctl = edu_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

/* Is it the device, does it work, and has whoever used it before left it alone? */
static int edu_init_registers(struct edu *edu)
{
	edu->regs = devm_ioremap_resource(&edu->pdev->dev, &edu->pdev->resource[0]);
	if (IS_ERR(edu->regs))
		return PTR_ERR(edu->regs);

	if ((edu_read(edu, EDU_ID) & 0xffff) != 0xed)
		return -ENODEV;
	edu_write(edu, EDU_LIVENESS, 0x12345678);
	if (edu_read(edu, EDU_LIVENESS) != ~0x12345678U)
		return -EIO;
	if (edu_read(edu, EDU_DMA_COMMAND) & EDU_DMA_START)
		return -EBUSY;
	return 0;
}

static int edu_init_interrupt(struct edu *edu)
{
	int ret;

	edu_write(edu, EDU_IRQ_ACK, edu_read(edu, EDU_IRQ_STATUS));
	ret = pci_alloc_irq_vectors(edu->pdev, 1, 1, PCI_IRQ_ALL_TYPES);
	if (ret < 0)
		return ret;
	return devm_request_irq(&edu->pdev->dev, pci_irq_vector(edu->pdev, 0), edu_interrupt,
				IRQF_SHARED, KBUILD_MODNAME, edu);
}

static void edu_put_mapper(void *mapper)
{
	iomd_mapper_put(mapper);
}

static void edu_put_dma(void *dma)
{
	iomd_dma_put(dma);
}

/*
 * The mask tells the DMA API what the device can address, the command tells iomd.
 * With several devices in one driver, the mapper is named where it is needed.
 */
static int edu_init_dma(struct edu *edu)
{
	struct device *dev = &edu->pdev->dev;
	int ret;

	if (address_bits < EDU_ADDRESS_BITS || address_bits > EDU_ADDRESS_BITS_MAX)
		return -EINVAL;
	ret = dma_set_mask_and_coherent(dev, DMA_BIT_MASK(address_bits));
	if (ret)
		return ret;
	dma_set_max_seg_size(dev, EDU_PIECE_MAX);
	pci_set_master(edu->pdev);

	edu->mapper = iomd_mapper_for_device(dev);
	if (IS_ERR(edu->mapper))
		return PTR_ERR(edu->mapper);
	ret = devm_add_action_or_reset(dev, edu_put_mapper, edu->mapper);
	if (ret)
		return ret;

	edu->dma = iomd_dma_with_specification(iomd_dma_output_host64, address_bits,
					       EDU_PIECE_MAX, IOMD_DMA_MAP_OPTION_MAPPED,
					       0, 1, edu->mapper, NULL);
	if (IS_ERR(edu->dma))
		return PTR_ERR(edu->dma);
	return devm_add_action_or_reset(dev, edu_put_dma, edu->dma);
}

static int edu_init_file(struct edu *edu)
{
	int ret;

	edu->index = ida_alloc(&edu_indices, GFP_KERNEL);
	if (edu->index < 0)
		return edu->index;

	snprintf(edu->name, sizeof(edu->name), "edu%d", edu->index);
	edu->misc.minor = MISC_DYNAMIC_MINOR;
	edu->misc.name = edu->name;
	edu->misc.fops = &edu_fops;
	edu->misc.parent = &edu->pdev->dev;
	ret = misc_register(&edu->misc);
	if (ret)
		ida_free(&edu_indices, edu->index);
	return ret;
}

static struct edu *edu_alloc(struct pci_dev *pdev)
{
	struct edu *edu;
	int ret;

	edu = kzalloc(sizeof(*edu), GFP_KERNEL);
	if (!edu)
		return ERR_PTR(-ENOMEM);

	kref_init(&edu->ref);
	edu->pdev = pdev;
	init_completion(&edu->done);
	mutex_init(&edu->lock);

	ret = devm_add_action_or_reset(&pdev->dev, edu_put, edu);
	return ret ? ERR_PTR(ret) : edu;
}

static int edu_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct edu *edu;
	int ret;

	edu = edu_alloc(pdev);
	if (IS_ERR(edu))
		return PTR_ERR(edu);
	pci_set_drvdata(pdev, edu);

	ret = pcim_enable_device(pdev);
	if (ret)
		return ret;
	ret = edu_init_registers(edu);
	if (ret)
		return ret;
	ret = edu_init_interrupt(edu);
	if (ret)
		return ret;
	ret = edu_init_dma(edu);
	if (ret)
		return ret;
	return edu_init_file(edu);
}

/*
 * Files may stay open. A request in progress ends with its current piece, later
 * ones find the device gone; what probe() set up is undone after this, in reverse.
 */
static void edu_remove(struct pci_dev *pdev)
{
	struct edu *edu = pci_get_drvdata(pdev);

	misc_deregister(&edu->misc);
	ida_free(&edu_indices, edu->index);

	WRITE_ONCE(edu->gone, true);
	mutex_lock(&edu->lock);
	mutex_unlock(&edu->lock);
}

static const struct pci_device_id edu_ids[] = {
	{ PCI_DEVICE(0x1234, 0x11e8) },
	{}
};
MODULE_DEVICE_TABLE(pci, edu_ids);

static struct pci_driver edu_driver = {
	.name = KBUILD_MODNAME,
	.id_table = edu_ids,
	.probe = edu_probe,
	.remove = edu_remove,
};
module_pci_driver(edu_driver);

MODULE_DESCRIPTION("QEMU's educational device, an example of a driver that uses iomd");
MODULE_AUTHOR("The iomd developers");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(IOMD_NS);
